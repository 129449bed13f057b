"""What may be done about an alert, by whom, and what is possible now: asked by each command and shown by `next`."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from commands.alerts.showing.words import refusal
from commands.base import Context, Role
from commands.document import Code, CountryName, Inline, Message, _, either
from commands.visibility import is_author, is_second_pair
from storage.alerts import FOUND_ILLEGAL, MOVES, Addressee, Alert, AlertState, Reason
from storage.ids import CountryCode
from storage.members import Member


class Act(StrEnum):
    """What may be done, by the word of its command."""

    SUBMIT = "submit"
    SEND = "send"
    VERIFY = "verify"
    RETURN = "return"
    ACK = "ack"
    HOLD = "hold"
    INSPECT = "inspect"
    CONFIRM = "confirm"
    CLEAR = "clear"
    NOT_LOCATED = "not-located"
    INFORM = "inform-export-state"
    EXTEND = "extend"
    TAKE_BACK = "take-back"
    SHIPPED = "shipped"
    RECEIVED = "received"
    TREAT = "treat"
    DISPUTE = "dispute"
    CLOSE = "close"
    REOPEN = "reopen"
    MERGE = "merge"
    WITHDRAW = "withdraw"


_S = AlertState
_CONTROLLABLE = frozenset({_S.CIRCULATED, _S.UNDER_CONTROL, _S.NOT_LOCATED, _S.REOPENED})
_BY_ADDRESSED = frozenset({Act.ACK, Act.HOLD, Act.INSPECT, Act.CONFIRM, Act.CLEAR, Act.NOT_LOCATED})
_BY_AUTHOR = frozenset({Act.SUBMIT, Act.SEND, Act.WITHDRAW})
_BY_SECOND_PAIR = frozenset({Act.VERIFY, Act.RETURN})
_LEADS_TO = {
    Act.SUBMIT: _S.SUBMITTED,
    Act.RETURN: _S.RETURNED,
    Act.INFORM: _S.EXPORT_STATE_INFORMED,
    Act.TAKE_BACK: _S.TAKE_BACK_AGREED,
    Act.SHIPPED: _S.IN_RETURN,
    Act.RECEIVED: _S.RECEIVED,
    Act.TREAT: _S.LOCAL_TREATMENT,
    Act.DISPUTE: _S.DISPUTED,
    Act.CLOSE: _S.CLOSED,
    Act.REOPEN: _S.REOPENED,
    Act.MERGE: _S.MERGED,
    Act.WITHDRAW: _S.WITHDRAWN,
}


@dataclass(frozen=True, slots=True)
class Doers:
    """Who may do something."""

    countries: frozenset[CountryCode] = frozenset()
    """Their officials."""
    coordinators: bool = False
    author: bool = False
    colleagues: bool = False
    """Somebody of the author's country who is not the author; where there is none, a coordinator."""

    def __bool__(self) -> bool:
        return bool(self.countries) or self.coordinators or self.author or self.colleagues


def concerned(alert: Alert) -> frozenset[CountryCode]:
    """Return the countries concerned and the author's own."""
    own = frozenset() if alert.author_country is None else frozenset({alert.author_country})
    return alert.countries | own


def is_concerned(alert: Alert, member: Member) -> bool:
    """Whether a member has a say in an alert: author, named, of a country concerned, or a coordinator."""
    if is_author(alert, member) or member.role >= Role.COORDINATOR or member.user_id in alert.named:
        return True
    return member.country is not None and member.country in concerned(alert)


def speaks_for_author(alert: Alert, member: Member) -> bool:
    """Whether a member is an official of the authority that raised an alert, as the roster has it now."""
    same = (member.authority, member.country) == (alert.author_authority, alert.author_country)
    return member.role >= Role.OFFICIAL and same


def export_states(alert: Alert) -> frozenset[CountryCode]:
    return frozenset(entry.country for entry in alert.addressees if Reason.ORIGIN.value in entry.reasons)


def doers(act: Act, alert: Alert) -> Doers:
    """Return who may ever do this about an alert, whatever its state."""
    if act in _BY_AUTHOR:
        return Doers(author=True)
    if act in _BY_SECOND_PAIR:
        return Doers(colleagues=True)
    if act in _BY_ADDRESSED:
        return Doers(countries=alert.countries)
    if act is Act.RECEIVED:
        return Doers(export_states(alert) or concerned(alert), coordinators=True)
    if act in {Act.INFORM, Act.TREAT}:
        return Doers(concerned(alert) - export_states(alert) or concerned(alert), coordinators=True)
    if act is Act.MERGE:
        return Doers(author=True, coordinators=True)
    return Doers(concerned(alert), coordinators=True)


def may(act: Act, alert: Alert, member: Member) -> bool:
    """Whether this member may ever do this. Who may see the alert at all is decided in `commands.visibility`."""
    allowed = doers(act, alert)
    if allowed.author and is_author(alert, member):
        return True
    if allowed.coordinators and member.role >= Role.COORDINATOR:
        return True
    if allowed.colleagues:
        return is_second_pair(alert, member)
    return member.role >= Role.OFFICIAL and member.country is not None and member.country in allowed.countries


def check(act: Act, alert: Alert, context: Context) -> None:
    """Raises Refusal, saying who may, unless the member who speaks may do this."""
    if may(act, alert, context.member):
        return
    command = Code(f"{context.prefix}alert {act}")
    note = Code(f"{context.prefix}alert note {alert.number} ...")
    if act in _BY_SECOND_PAIR and context.member.user_id == alert.author:
        words = _(
            "You raised alert {number} yourself. A second pair of eyes verifies it: {who}.",
            number=alert.number, who=doer_words(doers(act, alert), alert),
        )  # fmt: skip
        raise refusal(alert, words)
    words = _(
        "Alert {number}: {command} is for {who}. Tell them with {note}.",
        number=alert.number, command=command, who=doer_words(doers(act, alert), alert), note=note,
    )  # fmt: skip
    raise refusal(alert, words)


def country_of(alert: Alert, context: Context) -> CountryCode:
    """Return the country for which the member speaks. Raises Refusal for a member without one."""
    if context.member.country is None:
        words = _("You belong to no country on the roster, so there is none that you could do this for.")
        raise refusal(alert, words)
    return context.member.country


def possible(act: Act, alert: Alert) -> Doers:
    """Return who may do this now; nobody when the state does not allow it."""
    if act is Act.ACK:
        return _countries(entry for entry in alert.addressees if alert.awaits(entry.country))
    if act in {Act.HOLD, Act.INSPECT}:
        return _controlling(act, alert)
    if act in {Act.CONFIRM, Act.CLEAR, Act.NOT_LOCATED}:
        allowed = alert.state is _S.UNDER_CONTROL or alert.state in FOUND_ILLEGAL
        return _countries(
            entry for entry in alert.addressees if allowed and entry.has_control and entry.finding is None
        )
    if act is Act.SEND:
        return doers(act, alert) if _S.CIRCULATED in MOVES[alert.state] else Doers()
    if act is Act.VERIFY:
        return doers(act, alert) if alert.state is _S.SUBMITTED or alert.awaits_verification else Doers()
    if act is Act.EXTEND:
        return doers(act, alert) if alert.take_back_runs else Doers()
    return doers(act, alert) if _LEADS_TO[act] in MOVES[alert.state] else Doers()


def _controlling(act: Act, alert: Alert) -> Doers:
    if alert.state not in _CONTROLLABLE:
        return Doers()
    done = {
        entry.country
        for entry in alert.addressees
        if entry.finding is None and (entry.held_at if act is Act.HOLD else entry.inspected_at) is not None
    }
    return Doers(countries=alert.countries - done)


def _countries(entries: Iterable[Addressee]) -> Doers:
    return Doers(countries=frozenset(entry.country for entry in entries))


def doer_words(some: Doers, alert: Alert) -> Inline:
    """Name those of whom one may do something."""
    words: list[Inline] = []
    if some.author:
        words.append(_("who raised it"))
    if some.colleagues:
        country = alert.author_country
        if country is not None:
            words.append(_("another official of {country}", country=CountryName(country)))
        words.append(_("a coordinator"))
    words += [CountryName(country) for country in sorted(some.countries)]
    if some.coordinators:
        words.append(_("the coordinators"))
    if not words:
        return _("nobody")
    return either(words)


def act_words(act: Act) -> Message:
    """Say what a command does, as `next` lists it."""
    words = {
        Act.SUBMIT: _("ask for verification first"),
        Act.SEND: _("send it"),
        Act.VERIFY: _("verify it as a second pair of eyes"),
        Act.RETURN: _("return it to its author, with a reason"),
        Act.ACK: _("say that the country deals with it"),
        Act.HOLD: _("hold the shipment"),
        Act.INSPECT: _("inspect it or look for it"),
        Act.CONFIRM: _("confirm that it is illegal, with the ground"),
        Act.CLEAR: _("clear it"),
        Act.NOT_LOCATED: _("say that it was not found"),
        Act.INFORM: _("record that the State of export was informed; the 30 days begin"),
        Act.EXTEND: _("record another period that the States agreed on"),
        Act.TAKE_BACK: _("record that the take-back is agreed"),
        Act.SHIPPED: _("record that it is on its way back"),
        Act.RECEIVED: _("record that it is back"),
        Act.TREAT: _("record that it is treated where it is"),
        Act.DISPUTE: _("record that the States disagree"),
        Act.CLOSE: _("close it with its outcome"),
        Act.REOPEN: _("reopen it"),
        Act.MERGE: _("merge it into another alert about the same shipment"),
        Act.WITHDRAW: _("withdraw it"),
    }
    return words[act]
