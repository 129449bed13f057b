"""Proposals: who is concerned proposes a correction, and the owner of the alert accepts or declines it."""

import re
from collections.abc import Mapping
from typing import Annotated, Any

from commands.alerts.circulating.circulation import unless_heard
from commands.alerts.declaration import KIND, capability
from commands.alerts.events import AlertChanged
from commands.alerts.facts import Entries, Slot, read_option
from commands.alerts.finding import check_length, find, possible_or_refused
from commands.alerts.raising.correcting import Changes, Corrections, corrected, given, set_facts, tell_also
from commands.alerts.raising.drafting import country_named, today_of
from commands.alerts.rights import is_concerned
from commands.alerts.showing.words import refusal
from commands.arguments import About, BadValue, Form, Option, Ref, Rest, Word
from commands.base import Args, Context, Role
from commands.document import Code, Doc, Text, _, either
from commands.visibility import is_author
from storage.alerts import Alert, AlertProposal, AlertProposals
from storage.members import Member

_WHICH = _("Which alert? Answer with its number.")
_NAME = re.compile(r"[Pp]-?(\d{1,6})")
_MOST_OPEN = 20


def _proposal_number() -> Form:
    def read(value: Any) -> Any:
        if isinstance(value, int):
            return value
        found = _NAME.fullmatch(str(value).strip())
        if found is None:
            raise BadValue(_("{text} is no proposal. Write its number, such as {example}.", text=str(value)[:40],
                             example=Code("P1")))  # fmt: skip
        return int(found[1])

    return Form(read, form="P1")


class Propose(Corrections):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]
    why: Annotated[str, Option()] = ""


@capability.command(
    "alert propose",
    role=Role.MEMBER,
    summary=_("Propose a correction of an alert that somebody else raised"),
    examples=["alert propose A-2026-0001 vessel=IMO9811000 why=seen at berth 4"],
)
async def propose(args: Propose, context: Context) -> Doc | None:
    """Propose a correction; nothing changes before the owner accepts it."""
    alert = await find(args.about, context)
    member = context.member
    if is_author(alert, member):
        words = _("You raised alert {number} yourself. Correct it with {set}.", number=alert.number,
                  set=Code(f"{context.prefix}alert set {alert.number} ..."))  # fmt: skip
        raise refusal(alert, words)
    if not is_concerned(alert, member):
        words = _("Proposals on alert {number} come from the countries concerned and the coordinators.",
                  number=alert.number)  # fmt: skip
        raise refusal(alert, words)
    check_length(args.why, _("Your text"), alert)
    with possible_or_refused(alert, context):
        alert.must_be_open()
    changes = _checked(args, alert, context)
    proposals = AlertProposals(context.tx)
    if len(await proposals.of(alert, is_open=True)) >= _MOST_OPEN:
        words = _("Alert {number} has {count} proposals that wait for a decision, and that is the most I keep.",
                  number=alert.number, count=_MOST_OPEN)  # fmt: skip
        raise refusal(alert, words)
    proposal = AlertProposal.make(alert, changes, args.why, by=member, at=context.now)
    await proposals.add(proposal)
    await context.emit(AlertChanged(alert, proposal.made(alert, by=member, at=context.now)))
    words = _(
        "Your proposal {proposal} on alert {number} waits for who raised it.",
        proposal=Text(proposal.name), number=alert.number,
    )  # fmt: skip
    return await unless_heard(alert, context, words)


def _checked(args: Propose, alert: Alert, context: Context) -> Mapping[str, list[str]]:
    """Return what is proposed as it was typed, after it was read once. Raises Refusal for what cannot be."""
    changes: dict[str, list[str]] = {}
    for slot, entries in given(args).items():
        if not entries.clears:
            read_option(slot, entries, today=today_of(context), at=context.now)
        changes[slot.value] = _written(entries)
    tell = Entries.of(args.tell)
    if tell is not None:
        if tell.sign == "-" or tell.clears:
            raise refusal(alert, _("A country that was told cannot be left out again."))
        for value in tell.values:
            country_named(value)
        changes["tell"] = _written(tell)
    if not changes:
        words = _("Say what to correct, for example {container}.",
                  container=Code(f"{context.prefix}alert propose {alert.number} container=CSQU3054383"))  # fmt: skip
        raise refusal(alert, words)
    return changes


def _written(entries: Entries) -> list[str]:
    return [f"{entries.sign}{entries.values[0]}", *entries.values[1:]] if entries.values else []


class Decide(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]
    proposal: Annotated[int | None, _proposal_number(), Word(ask=_("Which proposal? For example P1."))] = None


@capability.command(
    "alert accept",
    role=Role.OFFICIAL,
    summary=_("Accept a correction that was proposed for your alert"),
    examples=["alert accept A-2026-0001 P1"],
)
async def accept(args: Decide, context: Context) -> Doc | None:
    """Correct the alert as it was proposed; every card changes."""
    alert, proposal = await _decided(args.about, args.proposal, "accept", context)
    changes = Changes()
    with possible_or_refused(alert, context):
        line = proposal.accept(alert, by=context.member, at=context.now)
        set_facts(alert, _entries(proposal), changes, context)
        tell = Entries.of(tuple(proposal.changes["tell"])) if "tell" in proposal.changes else None
        await tell_also(alert, tell, changes, context)
        await corrected(alert, changes, context, line)
    words = _("Alert {number} is corrected as {proposal} says; every card shows it.", number=alert.number,
              proposal=Text(proposal.name))  # fmt: skip
    return await unless_heard(alert, context, words)


def _entries(proposal: AlertProposal) -> Mapping[Slot, Entries]:
    texts = {Slot.DECLARED, Slot.QUANTITY, Slot.SEEN, Slot.CONTACT}
    found: dict[Slot, Entries] = {}
    for key, values in proposal.changes.items():
        if key != "tell":
            slot = Slot(key)
            read = Entries.of_one(values[0]) if slot in texts and values else Entries.of(tuple(values))
            assert read is not None
            found[slot] = read
    return found


class Decline(Decide):
    text: Annotated[str, Rest(ask=_("Why?"))]


@capability.command(
    "alert decline",
    role=Role.OFFICIAL,
    summary=_("Decline a correction that was proposed for your alert"),
    examples=["alert decline A-2026-0001 P1 The number was read from the box itself"],
)
async def decline(args: Decline, context: Context) -> Doc | None:
    """Leave the alert as it is, and say why."""
    alert, proposal = await _decided(args.about, args.proposal, "decline", context)
    check_length(args.text, _("Your text"), alert)
    with possible_or_refused(alert, context):
        line = proposal.decline(alert, args.text, by=context.member, at=context.now)
    await context.emit(AlertChanged(alert, line))
    words = _("The proposal {proposal} on alert {number} is declined.", proposal=Text(proposal.name),
              number=alert.number)  # fmt: skip
    return await unless_heard(alert, context, words)


async def _decided(about: Ref, number: int | None, command: str, context: Context) -> tuple[Alert, AlertProposal]:
    """Return the proposal that is meant, if this member may decide it. Raises Refusal."""
    alert = await find(about, context)
    if not _owns(alert, context.member):
        words = _("Proposals on alert {number} are decided by who raised it, or an official of the same authority.",
                  number=alert.number)  # fmt: skip
        raise refusal(alert, words)
    proposals = AlertProposals(context.tx)
    if number is not None:
        found = await proposals.numbered(alert, number)
        if found is None:
            words = _("Alert {number} has no proposal {proposal}. Look with {next}.", number=alert.number,
                      proposal=f"P{number}", next=Code(f"{context.prefix}alert next {alert.number}"))  # fmt: skip
            raise refusal(alert, words)
        return alert, found
    waiting = await proposals.of(alert, is_open=True)
    if len(waiting) == 1:
        return alert, waiting[0]
    if not waiting:
        raise refusal(alert, _("No proposal on alert {number} waits for a decision.", number=alert.number))
    options = either(Code(f"{context.prefix}alert {command} {alert.number} {one.name}") for one in waiting[:5])
    words = _("Alert {number} has several proposals. Say which: {options}.", number=alert.number, options=options)
    raise refusal(alert, words)


def _owns(alert: Alert, member: Member) -> bool:
    same = member.authority == alert.author_authority and member.country == alert.author_country
    return is_author(alert, member) or (same and member.role >= Role.OFFICIAL)
