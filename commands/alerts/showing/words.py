"""The words for what an alert is made of: states, markings, reasons, facts and their doubts."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from typing import assert_never
from zoneinfo import ZoneInfo

from commands.alerts.facts import Slot
from commands.base import Refusal
from commands.document import (
    Code,
    CountryName,
    Doc,
    Inline,
    Joined,
    Message,
    Moment,
    Paragraph,
    Strong,
    Text,
    _,
    _n,
    doc,
    joined,
)
from commands.understanding import Doubt, DoubtKind, DoubtSource, FactKind, with_confidence
from storage.alerts import (
    Addressee,
    Alert,
    AlertState,
    AlertType,
    CostBearer,
    Fact,
    Finding,
    Ground,
    Information,
    Outcome,
    Outline,
    Reason,
    Source,
    Step,
    Tlp,
    Urgency,
)
from storage.ids import CountryCode

SHOWN_AT_MOST = 300
"""Characters of one line of a card: an edited message has one page, so a card must fit on one."""


@cache
def state_words(state: AlertState) -> Message:
    words = {
        AlertState.DRAFT: _("draft, not sent"),
        AlertState.SUBMITTED: _("submitted for verification"),
        AlertState.RETURNED: _("returned to its author"),
        AlertState.VERIFIED: _("verified"),
        AlertState.CIRCULATED: _("circulated"),
        AlertState.UNDER_CONTROL: _("under control"),
        AlertState.CLEARED: _("cleared"),
        AlertState.CONFIRMED: _("confirmed as illegal"),
        AlertState.NOT_LOCATED: _("not located"),
        AlertState.EXPORT_STATE_INFORMED: _("State of export informed"),
        AlertState.TAKE_BACK_AGREED: _("take-back agreed"),
        AlertState.LOCAL_TREATMENT: _("treated in the country of detection"),
        AlertState.DISPUTED: _("disputed between the States"),
        AlertState.IN_RETURN: _("in return to the State of export"),
        AlertState.RECEIVED: _("received in the State of export"),
        AlertState.CLOSED: _("closed"),
        AlertState.REOPENED: _("reopened"),
        AlertState.WITHDRAWN: _("withdrawn"),
        AlertState.MERGED: _("merged into another alert"),
    }
    return words[state]


@cache
def outcome_words(outcome: Outcome) -> Message:
    words = {
        Outcome.RETURNED: _("returned to the country of origin"),
        Outcome.TREATED: _("treated in the country of detection"),
        Outcome.CLEARED: _("cleared, nothing illegal found"),
        Outcome.NOT_LOCATED: _("not located"),
        Outcome.PROSECUTED: _("prosecuted"),
        Outcome.OTHER: _("other"),
    }
    return words[outcome]


@cache
def type_words(type_: AlertType) -> Message:
    words = {
        AlertType.NEWS: _("news, unconfirmed"),
        AlertType.INFORMATION: _("information"),
        AlertType.ALERT: _("alert"),
        AlertType.WARNING: _("warning, please control such shipments"),
    }
    return words[type_]


@cache
def ground_words(ground: Ground) -> Message:
    """Name a ground of illegality with its letter in Basel Convention, Article 9(1)."""
    words = {
        Ground.NO_NOTIFICATION: _("Basel 9(1)(a), no notification to all States concerned"),
        Ground.NO_CONSENT: _("Basel 9(1)(b), without the consent of a State concerned"),
        Ground.FALSE_CONSENT: _("Basel 9(1)(c), consent by falsification, misrepresentation or fraud"),
        Ground.NOT_AS_DOCUMENTED: _("Basel 9(1)(d), not as the documents say"),
        Ground.DELIBERATE_DISPOSAL: _("Basel 9(1)(e), deliberate disposal in breach of the Convention"),
    }
    return words[ground]


@cache
def finding_words(finding: Finding) -> Message:
    words = {
        Finding.CONFIRMED: _("confirmed as illegal"),
        Finding.CLEARED: _("cleared, nothing illegal found"),
        Finding.NOT_LOCATED: _("not located"),
    }
    return words[finding]


@cache
def cost_words(cost: CostBearer) -> Message:
    words = {
        CostBearer.EXPORTER: _("the exporter"),
        CostBearer.GENERATOR: _("the generator of the waste"),
        CostBearer.IMPORTER: _("the importer"),
        CostBearer.DISPOSER: _("the disposer"),
        CostBearer.CARRIER: _("the carrier"),
        CostBearer.STATE_OF_EXPORT: _("the State of export"),
        CostBearer.STATE_OF_IMPORT: _("the State of import"),
        CostBearer.SHARED: _("several parties"),
    }
    return words[cost]


def days_words(days: int) -> Message:
    """Say how many days are left, or overdue when negative."""
    if days < 0:
        return _n("{count} day OVERDUE", "{count} days OVERDUE", -days)
    if days == 0:
        return _("OVERDUE since today")
    return _n("{count} day left", "{count} days left", days)


@cache
def urgency_words(urgency: Urgency) -> Message:
    words = {
        Urgency.ROUTINE: _("routine"),
        Urgency.URGENT: _("urgent"),
        Urgency.IMMEDIATE: _("immediate"),
    }
    return words[urgency]


@cache
def source_words(source: Source) -> Message:
    """Say what the letter of a source means."""
    words = {
        Source.RELIABLE: _("A, reliable in every instance so far"),
        Source.MOSTLY_RELIABLE: _("B, mostly reliable"),
        Source.MOSTLY_UNRELIABLE: _("C, mostly unreliable"),
        Source.NOT_ASSESSED: _("X, its reliability cannot be assessed"),
    }
    return words[source]


@cache
def information_words(information: Information) -> Message:
    """Say what the figure of an information means."""
    words = {
        Information.CERTAIN: _("1, known to be true without reservation"),
        Information.KNOWN_TO_SOURCE: _("2, known to the source itself, not to the official who passes it on"),
        Information.CORROBORATED: _("3, not known to the source itself, but supported by what is on record"),
        Information.NOT_CORROBORATED: _("4, not known to the source itself, and supported by nothing else"),
    }
    return words[information]


def evaluation_words(source: Source | None, information: Information | None) -> Message:
    """Say how far source and information can be relied on."""
    said = _("not said") if source is None else source_words(source)
    known = _("not said") if information is None else information_words(information)
    if source is None and information is None:
        return _("not evaluated yet")
    return _("source {source}; information {information}", source=said, information=known)


@cache
def marking_words(tlp: Tlp) -> Message:
    """Say who may hear of it."""
    words = {
        Tlp.RED: _("TLP:RED, only for the persons named"),
        Tlp.AMBER_STRICT: _("TLP:AMBER+STRICT, only for the authorities of the countries concerned"),
        Tlp.AMBER: _("TLP:AMBER, for the countries concerned and the coordinators"),
        Tlp.GREEN: _("TLP:GREEN, for the members of the network"),
        Tlp.CLEAR: _("TLP:CLEAR, may be told to anybody"),
    }
    return words[tlp]


def reason_words(reasons: Iterable[Reason]) -> Joined:
    return joined(_reason(reason) for reason in reasons)


@cache
def _reason(reason: Reason) -> Message:
    words = {
        Reason.SEEN: _("seen there"),
        Reason.ORIGIN: _("origin"),
        Reason.TRANSIT: _("transit"),
        Reason.DESTINATION: _("destination"),
        Reason.ADDED: _("added by the author"),
    }
    return words[reason]


@cache
def slot_words(slot: Slot) -> Message:
    words = {
        Slot.PORT: _("Port where it was seen"),
        Slot.SEEN: _("Seen on"),
        Slot.CONTAINER: _("Container"),
        Slot.VESSEL: _("Vessel"),
        Slot.BILL: _("Bill of lading"),
        Slot.NOTIFICATION: _("Notification"),
        Slot.COMPANY: _("Company"),
        Slot.ORIGIN: _("Origin"),
        Slot.TRANSIT: _("Transit"),
        Slot.DESTINATION: _("Destination"),
        Slot.WASTE: _("Waste"),
        Slot.DECLARED: _("Declared as"),
        Slot.QUANTITY: _("Quantity"),
        Slot.CONTACT: _("Contact"),
        Slot.MENTIONED: _("Also named"),
    }
    return words[slot]


def doubt_of(fact: Fact) -> Doubt | None:
    """Return why a fact should be looked at again."""
    if fact.doubt is None:
        return None
    source = DoubtSource(fact.doubt_source) if fact.doubt_source is not None else None
    return Doubt(DoubtKind(fact.doubt), tuple(fact.alternatives), source)


def fact_words(facts: Sequence[Fact]) -> Inline:
    """Show the facts of one line, each with its doubt."""
    shown: list[Inline] = []
    length = 0
    for fact in facts:
        length += len(fact.shown)
        if shown and length > SHOWN_AT_MOST:
            break
        shown.append(with_confidence(_value(fact), fact.shown, doubt_of(fact)))
    more = len(facts) - len(shown)
    if more > 0:
        shown.append(_n("{count} more", "{count} more", more))
    return joined(shown)


def _value(fact: Fact) -> Inline:
    if fact.kind == FactKind.PORT.value:
        country = CountryName(CountryCode(fact.value[:2]))
        return _("{port}, {country} ({locode})", port=Text(fact.shown), country=country, locode=Code(fact.value))
    if fact.kind == FactKind.DATE.value and ":" in fact.shown:
        return _("{moment} local time", moment=Text(fact.shown))
    return CountryName(CountryCode(fact.value)) if fact.kind == FactKind.COUNTRY.value else Text(fact.shown)


def country_state(alert: Alert, entry: Addressee, zone: ZoneInfo, *, reached: bool) -> Message:
    """Say how a country stands to an alert that was circulated."""
    standing = _standing(alert, entry, zone, reached=reached)
    control = _control(entry, zone)
    return standing if control is None else _("{standing}; {control}", standing=standing, control=control)


def _control(entry: Addressee, zone: ZoneInfo) -> Inline | None:
    """Say what a country does about the shipment itself."""
    parts: list[Inline] = []
    if entry.held_at is not None:
        parts.append(_("holds it since {when}", when=Moment(entry.held_at, zone)))
    if entry.inspected_at is not None:
        parts.append(_("inspects it since {when}", when=Moment(entry.inspected_at, zone)))
    if entry.finding is not None:
        parts.append(_("found: {finding}", finding=finding_words(entry.finding)))
    return joined(parts) if parts else None


def _standing(alert: Alert, entry: Addressee, zone: ZoneInfo, *, reached: bool) -> Message:
    country = CountryName(CountryCode(entry.country))
    why = reason_words(Reason(reason) for reason in entry.reasons)
    if entry.country == alert.author_country:
        return _("{country} ({why}): raised it", country=country, why=why)
    if entry.acknowledged_at is not None:
        return _(
            "{country} ({why}): acknowledged by {authority}, {when}",
            country=country, why=why, authority=Text(entry.acknowledged_authority or ""),
            when=Moment(entry.acknowledged_at, zone),
        )  # fmt: skip
    if alert.has_ended:
        return _("{country} ({why}): had not acknowledged", country=country, why=why)
    if entry.reminded is not None and entry.reminded_at is not None:
        return _reminded(entry, country, why, Moment(entry.reminded_at, zone))
    if not reached:
        return _("{country} ({why}): not told, nobody there may hear of it through me", country=country, why=why)
    if entry.acknowledge_by is None:
        return _("{country} ({why}): not acknowledged yet", country=country, why=why)
    by = Moment(entry.acknowledge_by, zone)
    return _("{country} ({why}): to acknowledge by {by}", country=country, why=why, by=by)


def _reminded(entry: Addressee, country: CountryName, why: Joined, when: Moment) -> Message:
    match entry.reminded:
        case Step.ROOM:
            return _("{country} ({why}): not acknowledged, reminded {when}", country=country, why=why, when=when)
        case Step.ON_DUTY:
            return _(
                "{country} ({why}): not acknowledged, its contacts on duty were called {when}",
                country=country, why=why, when=when,
            )  # fmt: skip
        case Step.COORDINATORS | None:
            return _("{country} ({why}): not acknowledged, called for help {when}", country=country, why=why, when=when)
        case _:
            assert_never(entry.reminded)


def who(authority: str, country: CountryCode | None) -> Inline:
    """Name an authority with its country."""
    if country is None:
        return Text(authority)
    return _("{authority} ({country})", authority=Text(authority), country=CountryName(country))


EXERCISE = _("EXERCISE EXERCISE EXERCISE: nothing of this is real.")


def marked(alert: Alert, words: Doc) -> Doc:
    """Say at the head of everything about an exercise that it is one."""
    if not alert.is_exercise:
        return words
    return replace(words, blocks=(Paragraph(Strong(EXERCISE)), *words.blocks))


def option(alert: Alert | Outline, command: str) -> Inline:
    """Show what may be typed about one of several alerts; an exercise is told apart."""
    return _("{command} (EXERCISE)", command=Code(command)) if alert.is_exercise else Code(command)


def refusal(alert: Alert, words: Message) -> Refusal:
    """Refuse something about an alert."""
    return Refusal(marked(alert, doc(words)))
