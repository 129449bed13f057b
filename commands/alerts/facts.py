"""What was understood, or typed as key=value, as facts of an alert; and the countries that they concern."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import assert_never

from commands.arguments import Form, split_list
from commands.base import Refusal
from commands.document import Code, Message, Text, _
from commands.understanding import Doubt, FactKind, Finding, PlaceRole, parse_fact, understand
from storage.alerts import Alert, Fact, FactSource, Reason
from storage.ids import CountryCode

MOST_FACTS = 300
"""More are not kept of one text: nobody reads them, and each is a row."""

_LONGEST_VALUE = 300
_TIME_OF_DAY = re.compile(r"(?<=[0-9A-Za-z])[ T,]+(?:at )?(?P<hour>[01]?[0-9]|2[0-3])[:h](?P<minute>[0-5][0-9])$")


class FreeKind(StrEnum):
    """Facts that are text and nothing else, beside those that the text is searched for."""

    WASTE = "waste"
    DECLARED = "declared"
    CONTACT = "contact"


class Slot(StrEnum):
    """The line of the card in which a fact stands; also the key by which it is set."""

    PORT = "port"
    SEEN = "seen"
    CONTAINER = "container"
    VESSEL = "vessel"
    BILL = "bill"
    NOTIFICATION = "notification"
    COMPANY = "company"
    ORIGIN = "origin"
    TRANSIT = "transit"
    DESTINATION = "destination"
    WASTE = "waste"
    DECLARED = "declared"
    QUANTITY = "quantity"
    CONTACT = "contact"
    MENTIONED = "mentioned"


WASTE_KINDS = (
    FactKind.BASEL.value, FactKind.EWC.value, FactKind.HS.value, FactKind.UN_NUMBER.value, FreeKind.WASTE.value,
)  # fmt: skip

_ROLES = {
    PlaceRole.SEEN.value: Slot.PORT,
    PlaceRole.ORIGIN.value: Slot.ORIGIN,
    PlaceRole.TRANSIT.value: Slot.TRANSIT,
    PlaceRole.DESTINATION.value: Slot.DESTINATION,
}
_KINDS = {
    FactKind.CONTAINER.value: Slot.CONTAINER,
    FactKind.VESSEL.value: Slot.VESSEL,
    FactKind.BILL_OF_LADING.value: Slot.BILL,
    FactKind.NOTIFICATION.value: Slot.NOTIFICATION,
    FactKind.COMPANY.value: Slot.COMPANY,
    FactKind.QUANTITY.value: Slot.QUANTITY,
    FactKind.DATE.value: Slot.SEEN,
    FreeKind.DECLARED.value: Slot.DECLARED,
    FreeKind.CONTACT.value: Slot.CONTACT,
    **dict.fromkeys(WASTE_KINDS, Slot.WASTE),
}
_WORTH_ASKING = (
    Slot.CONTAINER, Slot.VESSEL, Slot.PORT, Slot.SEEN, Slot.ORIGIN, Slot.DESTINATION, Slot.WASTE, Slot.QUANTITY,
    Slot.CONTACT,
)  # fmt: skip
EXAMPLES = {
    Slot.CONTAINER: "container=CSQU3054383",
    Slot.VESSEL: "vessel=IMO9811000",
    Slot.BILL: "bill=HLCUHAM2611XYZ9",
    Slot.NOTIFICATION: "notification=NL0012345678",
    Slot.COMPANY: "company=Metals Ltd",
    Slot.QUANTITY: "quantity=18 t",
    Slot.PORT: "port=Tema",
    Slot.SEEN: "seen=2026-11-23",
}
"""How a line of the card is given, for those who wrote it otherwise."""
_REASONS = {
    Slot.PORT: Reason.SEEN,
    Slot.ORIGIN: Reason.ORIGIN,
    Slot.TRANSIT: Reason.TRANSIT,
    Slot.DESTINATION: Reason.DESTINATION,
}


@dataclass(frozen=True, slots=True)
class Entries:
    """The value of an option that takes several: in the place of what is there, in addition to it, or away from it."""

    values: tuple[str, ...]
    sign: str = ""
    """Empty: in the place of what is there; "+": in addition; "-": away."""

    @classmethod
    def of(cls, written: tuple[str, ...] | None) -> "Entries | None":
        """Read what an option of several values holds; a sign stands before the first."""
        if written is None:
            return None
        first = written[0] if written else ""
        sign = first[0] if first[:1] in {"+", "-"} and len(first) > 1 else ""
        return cls(tuple(part for part in (first.removeprefix(sign).strip(), *written[1:]) if part), sign)

    @classmethod
    def of_one(cls, written: str) -> "Entries":
        """Take a value as it is, commas and all."""
        return cls((written,))

    @staticmethod
    def reader(form: str) -> Form:
        """Return the validator that splits `a, b; c`; `form` is what the usage line shows."""
        return Form(lambda value: tuple(split_list(value)), form=form)

    @property
    def clears(self) -> bool:
        """Whether what is there shall go without anything in its place."""
        return not self.sign and (not any(self.values) or [one.casefold() for one in self.values] in (["none"], ["-"]))


def slot_of(fact: Fact) -> Slot:
    """Return the line of the card in which a fact stands."""
    if fact.kind in {FactKind.PORT.value, FactKind.COUNTRY.value}:
        if fact.role is not None:
            return _ROLES[fact.role]
        # A port in an alert is where somebody stands, unless the text says otherwise; a country may be anything.
        return Slot.PORT if fact.kind == FactKind.PORT.value else Slot.MENTIONED
    return _KINDS[fact.kind]


def slot_of_kind(kind: str) -> Slot:
    """Return the line in which facts of a kind stand that is no place."""
    return _KINDS[kind]


def kinds_of(slot: Slot) -> Sequence[str]:
    """Return the kinds of the facts that stand in a line of the card whatever their role."""
    return [kind for kind, of in _KINDS.items() if of is slot]


def by_slot(facts: Iterable[Fact]) -> Mapping[Slot, Sequence[Fact]]:
    """Return facts by the line in which they stand, in the order of the card."""
    found: dict[Slot, list[Fact]] = {slot: [] for slot in Slot}
    for fact in facts:
        found[slot_of(fact)].append(fact)
    return {slot: some for slot, some in found.items() if some}


def missing(alert: Alert) -> Sequence[Slot]:
    """Return what would help and is not known. None of it ever keeps an alert from being sent."""
    known = by_slot(alert.current_facts)
    return [slot for slot in _WORTH_ASKING if slot not in known]


def read_text(text: str, *, today: date, at: datetime) -> Sequence[Fact]:
    """Return the facts that a text states, each once."""
    found: dict[tuple[str, str, str | None], Fact] = {}
    for finding in understand(text, today=today, kinds=frozenset(FactKind)).findings:
        fact = _fact(finding, FactSource.TEXT, at)
        found.setdefault((fact.kind, fact.value, fact.role), fact)
    # However much is listed before it, a place is kept: it says which country must be told.
    places = {FactKind.PORT.value, FactKind.COUNTRY.value}
    room = MOST_FACTS - sum(fact.kind in places for fact in found.values())
    others = {id(fact) for fact in [fact for fact in found.values() if fact.kind not in places][: max(room, 0)]}
    return [fact for fact in found.values() if fact.kind in places or id(fact) in others]


def read_option(slot: Slot, entries: Entries, *, today: date, at: datetime) -> Sequence[Fact]:
    """Return the facts that an option states. Raises Refusal for a value that cannot be."""
    facts: dict[tuple[str, str], Fact] = {}
    for value in entries.values:
        fact = _read_value(slot, " ".join(value.split())[:_LONGEST_VALUE], today, at)
        facts.setdefault((fact.kind, fact.value), fact)
    return list(facts.values())


def _read_value(slot: Slot, text: str, today: date, at: datetime) -> Fact:
    match slot:
        case Slot.BILL:
            return _parsed(slot, (FactKind.BILL_OF_LADING,), None, text, today, at)
        case Slot.CONTAINER | Slot.VESSEL | Slot.QUANTITY | Slot.NOTIFICATION | Slot.COMPANY:
            return _parsed(slot, (FactKind(slot.value),), None, text, today, at)
        case Slot.PORT:
            return _parsed(slot, (FactKind.PORT, FactKind.COUNTRY), PlaceRole.SEEN, text, today, at)
        case Slot.SEEN:
            return _seen(text, today, at)
        case Slot.ORIGIN | Slot.TRANSIT | Slot.DESTINATION:
            return _parsed(slot, (FactKind.COUNTRY, FactKind.PORT), PlaceRole(slot.value), text, today, at)
        case Slot.WASTE:
            kinds = (FactKind.BASEL, FactKind.EWC, FactKind.HS, FactKind.UN_NUMBER)
            finding = _best(kinds, text, today)
            return _fact(finding, FactSource.SET, at) if finding else _free(FreeKind.WASTE, text, at)
        case Slot.DECLARED | Slot.CONTACT:
            return _free(FreeKind(slot.value), text, at)
        case Slot.MENTIONED:
            raise AssertionError("no option has this name")
        case _:
            assert_never(slot)


_CLOCKS_APART = timedelta(days=1)
"""A port may have another day than who writes."""


def _seen(text: str, today: date, at: datetime) -> Fact:
    """Read when or where it was seen. A time of day stays as it was written: it is the local one of the port."""
    clock = _TIME_OF_DAY.search(text)
    rest = " ".join(f"{text[: clock.start()]} {text[clock.end() :]}".split()) if clock else text
    fact = _parsed(Slot.SEEN, (FactKind.DATE, FactKind.PORT, FactKind.COUNTRY), PlaceRole.SEEN, rest or text, today, at)
    if fact.kind == FactKind.DATE.value and fact.value[:10] > (today + _CLOCKS_APART).isoformat():
        raise Refusal(_("{date} has not come yet, so nothing was seen then. Check the year.", date=fact.shown))
    if clock is not None and fact.kind == FactKind.DATE.value:
        fact.shown = f"{fact.shown} {int(clock['hour']):02}:{clock['minute']}"
    return fact


def _parsed(
    slot: Slot, kinds: Sequence[FactKind], role: PlaceRole | None, text: str, today: date, at: datetime
) -> Fact:
    finding = _best(kinds, text, today)
    if finding is None:
        raise Refusal(_unreadable(slot, text))
    fact = _fact(finding, FactSource.SET, at)
    if finding.kind in {FactKind.PORT, FactKind.COUNTRY}:
        fact.role = role.value if role else None
    return fact


def _best(kinds: Sequence[FactKind], text: str, today: date) -> Finding | None:
    """Return the first reading without a doubt, else the first."""
    findings = [finding for kind in kinds if (finding := parse_fact(kind, text, today)) is not None]
    return next((finding for finding in findings if finding.doubt is None), findings[0] if findings else None)


def _fact(finding: Finding, source: FactSource, at: datetime) -> Fact:
    doubt: Doubt | None = finding.doubt
    return Fact(
        kind=finding.kind.value,
        value=finding.value,
        shown=" ".join(finding.shown.split())[:_LONGEST_VALUE],
        role=finding.role.value if finding.role else None,
        doubt=doubt.kind.value if doubt else None,
        doubt_source=doubt.source.value if doubt and doubt.source else None,
        alternatives=list(doubt.alternatives) if doubt else [],
        source=source,
        stated_at=at,
        replaced_at=None,
    )


def _free(kind: FreeKind, text: str, at: datetime) -> Fact:
    return Fact(
        kind=kind.value, value=text.upper(), shown=text, role=None, doubt=None, doubt_source=None,
        alternatives=[], source=FactSource.SET, stated_at=at, replaced_at=None,
    )  # fmt: skip


def _unreadable(slot: Slot, text: str) -> Message:
    return _(
        "I cannot read {text} as {key}. Write it like {example}; what fits nowhere goes into a note.",
        text=Text(f"“{text[:60]}”"),
        key=Code(slot.value),
        example=Code(EXAMPLES.get(slot, f"{slot.value}=BE")),
    )


def concerned(facts: Iterable[Fact], added: Iterable[CountryCode]) -> Mapping[CountryCode, Sequence[Reason]]:
    """Return the countries concerned and why: where it was seen, origin, transit, destination, added by the author."""
    found: dict[CountryCode, list[Reason]] = {}
    slots = by_slot(facts)
    for slot, reason in _REASONS.items():
        for fact in slots.get(slot, ()):
            reasons = found.setdefault(CountryCode(fact.value[:2]), [])
            if reason not in reasons:
                reasons.append(reason)
    for country in added:
        found.setdefault(country, []).append(Reason.ADDED)
    return found


def added_countries(alert: Alert) -> Sequence[CountryCode]:
    """Return the countries that the author added."""
    return [entry.country for entry in alert.addressees if Reason.ADDED.value in entry.reasons]
