"""The words for what an alert is made of: states, markings, reasons, facts and their doubts."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC
from typing import assert_never
from zoneinfo import ZoneInfo

from commands.alerts.showing.terms import FINDING_WORDS, INFORMATION_WORDS, REASON_WORDS, SOURCE_WORDS
from commands.arguments import zone_of_country
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
    Fact,
    FactSource,
    Information,
    Outline,
    Reason,
    Source,
    Step,
)
from storage.ids import CountryCode

SHOWN_AT_MOST = 300
"""Characters of one line of a card: an edited message has one page, so a card must fit on one."""


def days_words(days: int) -> Message:
    """Say how many days are left, or overdue when negative."""
    if days < 0:
        return _n("{count} day OVERDUE", "{count} days OVERDUE", -days)
    if days == 0:
        return _("OVERDUE since today")
    return _n("{count} day left", "{count} days left", days)


def evaluation_words(source: Source | None, information: Information | None) -> Message:
    """Say how far source and information can be relied on."""
    said = _("not said") if source is None else SOURCE_WORDS[source]
    known = _("not said") if information is None else INFORMATION_WORDS[information]
    if source is None and information is None:
        return _("not evaluated yet")
    return _("source {source}; information {information}", source=said, information=known)


def reason_words(reasons: Iterable[Reason]) -> Joined:
    return joined(REASON_WORDS[reason] for reason in reasons)


def is_to_come(fact: Fact, author_country: CountryCode | None) -> bool:
    """Whether a day in the author's words had not come yet when they were written: "arrives on Friday"."""
    if fact.kind != FactKind.DATE.value or fact.source is not FactSource.TEXT:
        return False
    zone = zone_of_country(author_country) if author_country is not None else UTC
    return fact.value[:10] > fact.stated_at.astimezone(zone).date().isoformat()


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
    doing = joined(parts) if parts else None
    if entry.finding is None:
        return doing
    found = _("found: {finding}", finding=FINDING_WORDS[entry.finding])
    return found if doing is None else _("{doing}; {found}", doing=doing, found=found)


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
    if entry.reminded is not None and entry.reminded_at is not None and (reached or entry.told_at is not None):
        return _reminded(entry, country, why, Moment(entry.reminded_at, zone))
    if not reached and entry.told_at is None:
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
