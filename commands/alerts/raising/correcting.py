"""Correcting an alert: its facts, countries, persons, urgency and marking, before it is sent and after."""

from collections.abc import Mapping, Sequence
from typing import Annotated

from commands.alerts.audience import listeners, reasons_of, unreached
from commands.alerts.circulating.circulation import answer
from commands.alerts.circulating.directly import tell_of_unreached
from commands.alerts.circulating.drafts import refresh_draft
from commands.alerts.circulating.retracting import retract_elsewhere
from commands.alerts.circulating.told import note_told_before
from commands.alerts.clocks import escalation
from commands.alerts.declaration import KIND, capability
from commands.alerts.events import AlertChanged
from commands.alerts.facts import Entries, Slot, added_countries, by_slot
from commands.alerts.finding import check_author, find_draft, possible_or_refused
from commands.alerts.raising.drafting import Values, address, country_named, name_persons, state, today_of
from commands.alerts.showing.terms import MARKING_WORDS, SLOT_WORDS, TYPE_WORDS, URGENCY_WORDS
from commands.alerts.showing.words import evaluation_words, fact_words, reason_words, refusal
from commands.alerts.typed import SHORT
from commands.arguments import About, Choice, Option, Ref
from commands.base import Args, Context, Role
from commands.document import Code, CountryName, Doc, Inline, Message, _, _n, bullets, doc, joined
from commands.happenings import FactsChanged
from storage.alerts import Alert, AlertType, HistoryLine, Information, Source, Tlp, Urgency
from storage.ids import CountryCode


class Corrections(Args):
    """What may be stated of an alert."""

    container: Annotated[Values, Entries.reader("CSQU3054383"), Option(aliases=("containers",))] = None
    vessel: Annotated[Values, Entries.reader("IMO9811000"), Option(aliases=("ship", "imo"))] = None
    port: Annotated[Values, Entries.reader("Tema"), Option()] = None
    origin: Annotated[Values, Entries.reader("BE"), Option(aliases=("from",))] = None
    transit: Annotated[Values, Entries.reader("MA"), Option(aliases=("via",))] = None
    destination: Annotated[Values, Entries.reader("GH"), Option(aliases=("to",))] = None
    waste: Annotated[Values, Entries.reader("A1181"), Option()] = None
    declared: Annotated[str | None, Option()] = None
    bill: Annotated[Values, Entries.reader("HLCUHAM2611XYZ9"), Option(aliases=("bl",))] = None
    notification: Annotated[Values, Entries.reader("NL0012345678"), Option()] = None
    company: Annotated[Values, Entries.reader("Metals Ltd"), Option()] = None
    quantity: Annotated[str | None, Option()] = None
    seen: Annotated[str | None, Option()] = None
    contact: Annotated[str | None, Option()] = None
    tell: Annotated[Values, Entries.reader("GH,NL"), Option()] = None


class Correction(Corrections):
    about: Annotated[Ref | None, About(KIND, ask=_("Which alert?"))] = None
    tlp: Annotated[Tlp | None, Choice(Tlp), SHORT, Option()] = None
    urgency: Annotated[Urgency | None, Choice(Urgency), SHORT, Option()] = None
    type_: Annotated[AlertType | None, Choice(AlertType), SHORT, Option()] = None
    source: Annotated[Source | None, Choice(Source), SHORT, Option()] = None
    info: Annotated[Information | None, Choice(Information), SHORT, Option()] = None
    person: Annotated[Values, Entries.reader("@name:server"), Option()] = None


@capability.command(
    "alert set",
    role=Role.OFFICIAL,
    summary=_("Correct or add something to your alert"),
    examples=["alert set container=CSQU3054383 origin=BE", "alert set A-2026-0001 tell=NL,BE tlp=amber strict"],
)
async def correct(args: Correction, context: Context) -> None:
    """Correct or add facts, countries, persons, urgency or marking; what was sent is corrected in every room."""
    alert = await find_draft(args.about, context, "alert set")
    check_author(alert, context)
    with possible_or_refused(alert, context):
        changed = await _correct(alert, args, context)
        if not changed:
            raise refusal(alert, _nothing_given(context.prefix))
        lines = [await _marked(alert, args.tlp, context), _evaluated(alert, args, context)]
        await corrected(alert, changed, context, *filter(None, lines))
    await answer(alert, _answer(alert, changed), context)


class Changes:
    """What a correction touched: names of the keys for the record, words and doubts for people."""

    def __init__(self) -> None:
        self.keys: list[str] = []
        self.names: list[Message] = []
        self.lines: list[Inline] = []

    def __bool__(self) -> bool:
        return bool(self.keys) or bool(self.lines)

    def add(self, key: str, name: Message, line: Inline) -> None:
        self.keys.append(key)
        self.names.append(name)
        self.lines.append(line)


async def _correct(alert: Alert, args: Correction, context: Context) -> Changes:
    changes = Changes()
    if args.tlp is not None and alert.has_ended and _only_marks(args):
        changes.lines.append(MARKING_WORDS[args.tlp])
        return changes
    alert.take_up(by=context.member, at=context.now)
    set_facts(alert, given(args), changes, context)
    if args.urgency is not None and args.urgency is not alert.urgency:
        alert.urgency = args.urgency
        words = URGENCY_WORDS[args.urgency]
        changes.add("urgency", _("Urgency"), _("{name}: {value}", name=_("Urgency"), value=words))
    if args.type_ is not None and args.type_ is not alert.type:
        _set_type(alert, args.type_, changes, context)
    persons = Entries.of(args.person)
    if persons is not None:
        await name_persons(alert, persons, context)
        line = _n("{count} person is named", "{count} persons are named", len(alert.persons))
        changes.add("person", _("Persons named"), line)
    await tell_also(alert, Entries.of(args.tell), changes, context)
    if args.urgency is not None and not alert.is_draft:
        await escalation.hurry(alert, context)
    if args.source is not None or args.info is not None:
        said = evaluation_words(args.source or alert.source, args.info or alert.information)
        changes.lines.append(_("{name}: {value}", name=_("Reliability"), value=said))
    if args.tlp is not None:
        changes.lines.append(MARKING_WORDS[args.tlp])
    return changes


def _only_marks(args: Correction) -> bool:
    """Whether nothing but the marking is to be changed, which is possible also after the end."""
    return not args.model_dump(exclude={"about", "tlp"}, exclude_none=True)


def _set_type(alert: Alert, type_: AlertType, changes: Changes, context: Context) -> None:
    if not alert.is_draft:
        how = Code(f"{context.prefix}alert type {alert.number} {type_.value} <reason>")
        raise refusal(
            alert, _("Alert {number} was sent already. Say why it changes: {how}", number=alert.number, how=how)
        )
    alert.type = type_
    changes.add("type", _("Type"), _("{name}: {value}", name=_("Type"), value=TYPE_WORDS[type_]))


def set_facts(alert: Alert, wanted: Mapping[Slot, Entries], changes: Changes, context: Context) -> None:
    """Put facts in the place of others, beside them or away, and note what was touched. Raises Refusal, NotPossible."""
    today = today_of(context)
    for slot, entries in wanted.items():
        touched = state(alert, slot, entries, context, today)
        now = by_slot(alert.current_facts)
        for one in touched:
            value = fact_words(now[one]) if one in now else _("nothing")
            name = SLOT_WORDS[one]
            changes.add(one.value, name, _("{name}: {value}", name=name, value=value))


async def tell_also(alert: Alert, tell: Entries | None, changes: Changes, context: Context) -> None:
    """Work out which countries are concerned now; start the clocks of those that are new to an alert that was sent."""
    new = address(alert, tell, context)
    if tell is not None:
        added = added_countries(alert)
        told = joined(CountryName(country) for country in added) if added else _("none")
        changes.add("tell", _("Countries to tell"), _("Countries you added: {countries}", countries=told))
        changes.lines += _told_all_the_same(alert, tell)
    if new and not alert.is_draft:
        changes.lines.append(_("Now also concerned: {countries}", countries=joined(CountryName(one) for one in new)))
        alert.note_own_country(context.now)
        await note_told_before(alert, context)
        await escalation.start(alert, new, context)


def _told_all_the_same(alert: Alert, tell: Entries) -> Sequence[Message]:
    """Say of each country that is not to be told for its own sake why it is concerned, if it is."""
    if tell.sign != "-":
        return []
    countries = [country_named(value) for value in tell.values]
    return [
        _("{country} is told all the same, as it is concerned: {why}", country=CountryName(country),
          why=reason_words(reasons))
        for country in countries if (reasons := reasons_of(alert, country))
    ]  # fmt: skip


def given(args: Corrections) -> Mapping[Slot, Entries]:
    """Return what was typed, by the line of the card."""
    lists = {
        Slot.CONTAINER: args.container, Slot.VESSEL: args.vessel, Slot.PORT: args.port, Slot.ORIGIN: args.origin,
        Slot.TRANSIT: args.transit, Slot.DESTINATION: args.destination, Slot.WASTE: args.waste,
        Slot.BILL: args.bill, Slot.NOTIFICATION: args.notification, Slot.COMPANY: args.company,
    }  # fmt: skip
    texts = {
        Slot.DECLARED: args.declared, Slot.QUANTITY: args.quantity, Slot.SEEN: args.seen, Slot.CONTACT: args.contact,
    }  # fmt: skip
    found = {slot: entries for slot, value in lists.items() if (entries := Entries.of(value)) is not None}
    found |= {slot: Entries.of_one(value) for slot, value in texts.items() if value is not None}
    return found


async def _marked(alert: Alert, tlp: Tlp | None, context: Context) -> HistoryLine | None:
    if tlp is None:
        return None
    if tlp is Tlp.RED and alert.is_open and not alert.named:
        person = Code(f"{context.prefix}alert set {alert.number} tlp=red person=@name:server")
        raise refusal(
            alert, _("Under TLP:RED only persons you name are told. Name one at the same time: {person}", person=person)
        )
    line = alert.mark(tlp, by=context.member, at=context.now)
    if line is not None and alert.is_draft:
        await retract_elsewhere(alert, context, drafts=False)
    return line


def _evaluated(alert: Alert, args: Correction, context: Context) -> HistoryLine | None:
    if args.source is None and args.info is None:
        return None
    return alert.evaluate(args.source, args.info, by=context.member, at=context.now)


async def corrected(alert: Alert, changes: Changes, context: Context, *earlier: HistoryLine) -> None:
    """Put the correction on record and tell everybody, also of what the same command put there before it."""
    lines = list(earlier)
    if changes.keys:
        lines.append(alert.correct(changes.keys, by=context.member, at=context.now))
        await context.emit(FactsChanged(alert))
    if alert.is_draft:
        await refresh_draft(alert, context)
        return
    if lines:
        missed = unreached(alert, await listeners(context.tx, alert))
        await context.emit(AlertChanged(alert, lines[-1], tuple(changes.names), tuple(lines[:-1])))
        new = [country for country in missed if _is_new(alert, country, context)]
        await tell_of_unreached(alert, new, context)


def _is_new(alert: Alert, country: CountryCode, context: Context) -> bool:
    entry = alert.addressee(country)
    return entry is not None and entry.added_at == context.now


def _answer(alert: Alert, changes: Changes) -> Doc:
    heading = _("Alert {number} is corrected; every card shows it.", number=alert.number)
    if alert.is_draft:
        heading = _("The draft of alert {number} is up to date.", number=alert.number)
    return doc(heading, bullets(changes.lines))


def _nothing_given(prefix: str) -> Message:
    return _(
        "Say what to set, for example {container} or {tell}. A plus adds to what is there: {plus}",
        container=Code(f"{prefix}alert set container=CSQU3054383"),
        tell=Code(f"{prefix}alert set tell=NL"),
        plus=Code(f"{prefix}alert set container=+MSKU1234565"),
    )
