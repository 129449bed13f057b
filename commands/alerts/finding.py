"""Which draft is meant, and why an alert refuses; which alert is meant is `commands.visibility.find`."""

from commands.arguments import Ref
from commands.base import Context, Refusal
from commands.document import Code, Message, _, joined
from commands.visibility import find, may_see
from storage.alerts import Alert, Alerts, NotPossible, Why

__all__ = ["check_author", "find", "find_draft", "not_possible"]


async def find_draft(about: Ref | None, context: Context, command: str) -> Alert:
    """Return the alert that is meant; without a number the only draft that this member has not sent."""
    if about is not None:
        return await find(about, context)
    drafts = await Alerts(context.tx).drafts_of(context.member.user_id)
    shown = [draft for draft in drafts if may_see(draft, context.member, context.room)]
    if len(shown) == 1:
        return shown[0]
    if not shown:
        words = _("You have no draft that I may show here. Begin one with {alert}, or write to me directly.",
                  alert=Code(f"{context.prefix}alert ..."))  # fmt: skip
        raise Refusal(words)
    options = joined(Code(f"{context.prefix}{command} {draft.number}") for draft in shown[:5])
    raise Refusal(_("You have several drafts. Say which you mean: {options}.", options=options))


def check_author(alert: Alert, context: Context) -> None:
    """Raises Refusal unless the member who speaks raised the alert."""
    if alert.author == context.member.user_id:
        return
    note = Code(f"{context.prefix}alert note {alert.number} ...")
    raise Refusal(
        _("Only who raised alert {number} can do this. Tell them with {note}.", number=alert.number, note=note)
    )


def not_possible(error: NotPossible, alert: Alert, context: Context) -> Refusal:
    """Put into words why an alert refuses something, and what can be done instead."""
    number, prefix = alert.number, context.prefix
    list_ = Code(f"{prefix}alert list open")
    words: dict[Why, Message] = {
        Why.NOT_ALLOWED_NOW: _("Alert {number} stands where this cannot be done.", number=number),
        Why.ALREADY_SENT: _(
            "Alert {number} was sent already. Add what is new with {set} or {note}.",
            number=number, set=Code(f"{prefix}alert set {number} ..."), note=Code(f"{prefix}alert note {number} ..."),
        ),
        Why.NOT_SENT: _(
            "Alert {number} is a draft that nobody has seen. Send it first: {send}",
            number=number, send=Code(f"{prefix}alert send {number}"),
        ),
        Why.ENDED: _("Alert {number} is ended. The open ones: {list}", number=number, list=list_),
        Why.NOT_ADDRESSED: _(
            "Alert {number} is not addressed to your country, so there is nothing to acknowledge.", number=number
        ),
        Why.ALREADY_ACKNOWLEDGED: _("Your country has acknowledged alert {number} already.", number=number),
        Why.RAISED_BY_THE_COUNTRY: _(
            "Your country raised alert {number} itself, so it need not acknowledge it.", number=number
        ),
        Why.ONLY_STRICTER: _(
            "Alert {number} was sent under TLP:{tlp}. From then on its marking can only become stricter.",
            number=number, tlp=alert.tlp.value,
        ),
    }  # fmt: skip
    return Refusal(words[error.why])
