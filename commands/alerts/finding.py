"""Which draft is meant, and why an alert refuses; which alert is meant is `commands.visibility.find`."""

from collections.abc import Iterator
from contextlib import contextmanager

from commands.alerts.declaration import LONGEST_TEXT
from commands.alerts.showing.terms import STATE_WORDS
from commands.alerts.showing.words import option, refusal
from commands.arguments import Ref
from commands.base import Context, Refusal
from commands.document import Code, Inline, Message, Moment, Text, _, either, joined
from commands.visibility import find, is_author, shown_here
from storage.alerts import OUTCOMES, Alert, Alerts, AlertState, NotPossible, Outcome, Why

__all__ = ["check_author", "check_length", "find", "find_draft", "not_possible", "possible_or_refused", "too_long"]

_LOOKED_AT = 20
"""Drafts among which the one that is meant is looked for; with more than one, it is asked which."""


async def find_draft(about: Ref | None, context: Context, command: str) -> Alert:
    """Return the alert that is meant; without a number the only draft that this member has not sent."""
    if about is not None:
        return await find(about, context)
    drafts = await Alerts(context.tx).drafts_of(context.member.user_id, limit=_LOOKED_AT)
    shown = [draft for draft in drafts if shown_here(draft, context)]
    if len(shown) == 1:
        return shown[0]
    if not shown:
        begin = Code(f"{context.prefix}alert ...")
        if context.room.direct:
            raise Refusal(_("You have no draft. Begin one with {alert}.", alert=begin))
        raise Refusal(
            _("You have no draft that I may show here. Begin one with {alert}, or write to me directly.", alert=begin)
        )
    options = either(option(draft, f"{context.prefix}{command} {draft.number}") for draft in shown[:5])
    raise Refusal(_("You have several drafts. Say which you mean: {options}.", options=options))


def check_author(alert: Alert, context: Context) -> None:
    """Raises Refusal unless the member who speaks raised the alert."""
    if is_author(alert, context.member):
        return
    note = Code(f"{context.prefix}alert note {alert.number} ...")
    words = _("Only who raised alert {number} can do this. Tell them with {note}.", number=alert.number, note=note)
    raise refusal(alert, words)


@contextmanager
def possible_or_refused(alert: Alert, context: Context) -> Iterator[None]:
    """Answer what the alert says is not possible with the reason, and with what can be done instead."""
    try:
        yield
    except NotPossible as error:
        raise not_possible(error, alert, context) from error


def not_possible(error: NotPossible, alert: Alert, context: Context) -> Refusal:
    """Put into words why an alert refuses something, and what can be done instead."""
    number, prefix = alert.number, context.prefix
    next_ = Code(f"{prefix}alert next {number}")
    words: dict[Why, Message] = {
        Why.NOT_ALLOWED_NOW: _(
            "Alert {number} stands at “{state}”, where this cannot be done. What can be done: {next}",
            number=number, state=STATE_WORDS[alert.state], next=next_,
        ),
        Why.ALREADY_SENT: _(
            "Alert {number} was sent already. Add what is new with {set} or {note}.",
            number=number, set=Code(f"{prefix}alert set {number} ..."), note=Code(f"{prefix}alert note {number} ..."),
        ),
        Why.NOT_SENT: _(
            "Alert {number} is a draft that nobody has seen. Send it first: {send}",
            number=number, send=Code(f"{prefix}alert send {number}"),
        ),
        Why.SENT_BACK: _(
            "Alert {number} was returned to you. Correct it first: {set}",
            number=number, set=Code(f"{prefix}alert set {number} ..."),
        ),
        Why.ENDED: _ended(alert, prefix),
        Why.NOT_ADDRESSED: _(
            "Alert {number} is not addressed to your country. Who raised it can add it: {set}",
            number=number, set=Code(f"{prefix}alert set {number} tell=+{context.member.country or 'GH'}"),
        ),
        Why.ALREADY_ACKNOWLEDGED: _("Your country has acknowledged alert {number} already.", number=number),
        Why.RAISED_BY_THE_COUNTRY: _(
            "Your country raised alert {number} itself, so it need not acknowledge it.", number=number
        ),
        Why.ONLY_STRICTER: _(
            "Alert {number} was sent under TLP:{tlp}. With this its marking can only become stricter. Your authority "
            "lowers it, with a reason: {downgrade}",
            number=number, tlp=alert.tlp.value, downgrade=Code(f"{prefix}alert downgrade {number} tlp=... <reason>"),
        ),
        Why.OWN_ALERT: _(
            "You raised alert {number} yourself, so somebody else has to verify it.", number=number
        ),
        Why.ALREADY_VERIFIED: _(
            "Alert {number} is verified already, by {authority}.",
            number=number, authority=Text(alert.verified_authority or ""),
        ),
        Why.SAID_BEFORE: _(
            "That is on record for alert {number} already. What can be done now: {next}", number=number, next=next_
        ),
        Why.NOT_IN_CONTROL: _(
            "Your country neither holds nor inspects the shipment of alert {number} yet. "
            "Say first: {hold} or {inspect}",
            number=number, hold=Code(f"{prefix}alert hold {number}"), inspect=Code(f"{prefix}alert inspect {number}"),
        ),
        Why.IN_FUTURE: _("That time has not come yet. Say when it was, for example {example}.",
                         example=Code("when=2026-11-23 14:00")),
        Why.NOT_LATER: _(
            "An extension ends after the present deadline of alert {number} and after today. Now it is {deadline}.",
            number=number, deadline=_deadline(alert, context),
        ),
        Why.CONTRADICTS_FINDING: _(
            "That outcome contradicts what was found: alert {number} stands at “{state}”. Possible are {outcomes}.",
            number=number, state=STATE_WORDS[alert.state], outcomes=_outcomes(alert),
        ),
        Why.SAME: _("Alert {number} is of that type already.", number=number),
    }  # fmt: skip
    return refusal(alert, words[error.why])


def _ended(alert: Alert, prefix: str) -> Message:
    if alert.state is AlertState.CLOSED:
        reopen = Code(f"{prefix}alert reopen {alert.number} <reason>")
        return _("Alert {number} is ended: it was closed. It goes on after {reopen}.", number=alert.number,
                 reopen=reopen)  # fmt: skip
    return _(
        "Alert {number} is ended. The open ones: {list}", number=alert.number, list=Code(f"{prefix}alert list open")
    )


def _deadline(alert: Alert, context: Context) -> Inline:
    return Moment(alert.take_back_by, context.zone) if alert.take_back_by is not None else _("not set")


def _outcomes(alert: Alert) -> Inline:
    possible = OUTCOMES.get(alert.state, frozenset(Outcome))
    return joined(Code(outcome.value) for outcome in Outcome if outcome in possible)


def too_long(text: str, what: Inline) -> Message:
    """Say that a text is longer than what is kept, and what to do."""
    return _(
        "{what} has {length} characters; I keep at most {most}. Nothing of it is lost, it stands in your message: "
        "send the main points first and add the rest as notes in its thread.",
        what=what, length=len(text), most=LONGEST_TEXT,
    )  # fmt: skip


def check_length(text: str, what: Message, alert: Alert | None = None) -> None:
    """Raises Refusal for a text longer than what is kept."""
    if len(text) > LONGEST_TEXT:
        words = too_long(text, what)
        raise Refusal(words) if alert is None else refusal(alert, words)
