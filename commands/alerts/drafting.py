"""Raising an alert: what the text says becomes a draft, which its author corrects until it is sent, and after."""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Annotated

from commands.alerts import escalation
from commands.alerts.audience import listeners, unreached
from commands.alerts.circulation import answer, post_draft, refresh_draft, tell_of_unreached
from commands.alerts.declaration import KIND, LONGEST_TEXT, capability
from commands.alerts.events import AlertChanged
from commands.alerts.facts import (
    Entries,
    Slot,
    added_countries,
    by_slot,
    concerned,
    read_option,
    read_text,
    slot_of,
)
from commands.alerts.finding import check_author, find_draft, not_possible
from commands.alerts.words import fact_words, marking_words, slot_words, urgency_words
from commands.arguments import About, BadValue, Choice, Option, Ref, Rest, read_country
from commands.base import Args, Context, Refusal, Role
from commands.document import Code, CountryName, Doc, Inline, Message, _, _n, bullets, doc, joined
from storage.alerts import Alert, Alerts, Fact, NotPossible, Tlp, Urgency
from storage.ids import CountryCode, UserId, parse_user_id
from storage.members import Members

_Entries = tuple[str, ...] | None

_STRICT = re.compile(r"(?:^|\s{2,})\+?strict\b", re.IGNORECASE)
"""What is left in a free text of `tlp=amber strict`: the option took one word."""


class Draft(Args):
    text: Annotated[str, Rest(ask=_("What have you seen? Write it as you would say it."))]
    tlp: Annotated[Tlp, Choice(Tlp), Option()] = Tlp.AMBER
    urgency: Annotated[Urgency, Choice(Urgency), Option()] = Urgency.ROUTINE
    origin: Annotated[str | None, Option()] = None
    transit: Annotated[str | None, Option()] = None
    destination: Annotated[str | None, Option()] = None
    tell: Annotated[_Entries, Entries.reader("GH,NL"), Option()] = None
    person: Annotated[_Entries, Entries.reader("@name:server"), Option()] = None


@capability.command(
    "alert",
    role=Role.OFFICIAL,
    summary=_("Raise an alert: I show you a draft of what I understood"),
    examples=[
        "alert 20 ft CSQU3054383 at Tema, waste batteries declared as plastic scrap, from Antwerp via Tangier",
        "alert MV Example arrives in Tema tomorrow with 18 t of e-waste urgency=urgent tlp=green",
    ],
)
async def draft(args: Draft, context: Context) -> Doc | None:
    """Read what an official wrote and show the draft of an alert."""
    if len(args.text) > LONGEST_TEXT:
        raise Refusal(too_long(args.text, _("Your text")))
    tlp = args.tlp
    if tlp is Tlp.AMBER and _STRICT.search(args.text):
        tlp = Tlp.AMBER_STRICT
    alert = Alert.draft(args.text, by=context.member, at=context.now, tlp=tlp, urgency=args.urgency)
    today = _today(context)
    alert.replace_facts([], read_text(args.text, today=today, at=context.now), context.now)
    options = {Slot.ORIGIN: args.origin, Slot.TRANSIT: args.transit, Slot.DESTINATION: args.destination}
    for slot, value in options.items():
        if value is not None:
            _state(alert, slot, Entries((value,)), context, today)
    await _name(alert, Entries.of(args.person), context)
    _address(alert, Entries.of(args.tell), context)
    await Alerts(context.tx).add(alert)
    return await post_draft(alert, context)


class Correction(Args):
    about: Annotated[Ref | None, About(KIND, ask=_("Which alert?"))] = None
    container: Annotated[_Entries, Entries.reader("CSQU3054383"), Option(aliases=("containers",))] = None
    vessel: Annotated[_Entries, Entries.reader("IMO9811000"), Option(aliases=("ship", "imo"))] = None
    port: Annotated[_Entries, Entries.reader("Tema"), Option()] = None
    origin: Annotated[_Entries, Entries.reader("BE"), Option(aliases=("from",))] = None
    transit: Annotated[_Entries, Entries.reader("MA"), Option(aliases=("via",))] = None
    destination: Annotated[_Entries, Entries.reader("GH"), Option(aliases=("to",))] = None
    waste: Annotated[_Entries, Entries.reader("A1181"), Option()] = None
    declared: Annotated[str | None, Option()] = None
    quantity: Annotated[str | None, Option()] = None
    seen: Annotated[str | None, Option()] = None
    contact: Annotated[str | None, Option()] = None
    tlp: Annotated[Tlp | None, Choice(Tlp), Option()] = None
    urgency: Annotated[Urgency | None, Choice(Urgency), Option()] = None
    tell: Annotated[_Entries, Entries.reader("GH,NL"), Option()] = None
    person: Annotated[_Entries, Entries.reader("@name:server"), Option()] = None


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
    try:
        changed = await _correct(alert, args, context)
        if not changed:
            raise Refusal(_nothing_given(context.prefix))
        await _marked(alert, args.tlp, context)
        await _corrected(alert, changed, context)
    except NotPossible as error:
        raise not_possible(error, alert, context) from error
    await answer(alert, _answer(alert, changed), context)


class _Changes:
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


async def _correct(alert: Alert, args: Correction, context: Context) -> _Changes:
    changes = _Changes()
    today = _today(context)
    for slot, entries in _given(args).items():
        touched = _state(alert, slot, entries, context, today)
        now = by_slot(alert.current_facts)
        for one in touched:
            value = fact_words(now[one]) if one in now else _("nothing")
            name = slot_words(one)
            changes.add(one.value, name, _("{name}: {value}", name=name, value=value))
    if args.urgency is not None and args.urgency is not alert.urgency:
        alert.urgency = args.urgency
        words = urgency_words(args.urgency)
        changes.add("urgency", _("Urgency"), _("{name}: {value}", name=_("Urgency"), value=words))
    persons = Entries.of(args.person)
    if persons is not None:
        await _name(alert, persons, context)
        line = _n("{count} person is named", "{count} persons are named", len(alert.persons))
        changes.add("person", _("Persons named"), line)
    tell = Entries.of(args.tell)
    new = _address(alert, tell, context)
    if tell is not None:
        told = joined(CountryName(country) for country in added_countries(alert))
        changes.add("tell", _("Countries to tell"), _("Countries you added: {countries}", countries=told))
    if new and not alert.is_draft:
        changes.lines.append(_("Now also concerned: {countries}", countries=joined(CountryName(one) for one in new)))
        alert.note_own_country(context.now)
        await escalation.start(alert, new, context)
    if args.urgency is not None and not alert.is_draft:
        await escalation.hurry(alert, context)
    if args.tlp is not None:
        changes.lines.append(marking_words(args.tlp))
    return changes


def _given(args: Correction) -> Mapping[Slot, Entries]:
    lists = {
        Slot.CONTAINER: args.container, Slot.VESSEL: args.vessel, Slot.PORT: args.port, Slot.ORIGIN: args.origin,
        Slot.TRANSIT: args.transit, Slot.DESTINATION: args.destination, Slot.WASTE: args.waste,
    }  # fmt: skip
    texts = {
        Slot.DECLARED: args.declared, Slot.QUANTITY: args.quantity, Slot.SEEN: args.seen, Slot.CONTACT: args.contact,
    }  # fmt: skip
    found = {slot: entries for slot, value in lists.items() if (entries := Entries.of(value)) is not None}
    found |= {slot: Entries.of_one(value) for slot, value in texts.items() if value is not None}
    return found


def _state(alert: Alert, slot: Slot, entries: Entries, context: Context, today: date) -> Sequence[Slot]:
    """Put what was typed in the place of what stands there, beside it (+) or take it away (-); return what changed."""
    current = by_slot(alert.current_facts)
    if entries.clears:
        if slot not in current:
            return ()
        alert.replace_facts(current[slot], [], context.now)
        return (slot,)
    facts = read_option(slot, entries, today=today, at=context.now)
    slots = tuple(dict.fromkeys(slot_of(fact) for fact in facts))
    for one in slots:
        old = current.get(one, ())
        new = [fact for fact in facts if slot_of(fact) is one]
        same = _same(old, new)
        if entries.sign == "-":
            alert.replace_facts(same, [], context.now)
        elif entries.sign == "+":
            alert.replace_facts(same, new, context.now)
        else:
            alert.replace_facts(old, new, context.now)
    return slots


def _same(old: Sequence[Fact], new: Sequence[Fact]) -> list[Fact]:
    values = {(fact.kind, fact.value) for fact in new}
    return [fact for fact in old if (fact.kind, fact.value) in values]


def _address(alert: Alert, tell: Entries | None, context: Context) -> Sequence[CountryCode]:
    """Work out anew which countries are concerned; return those that are new."""
    added = list(added_countries(alert))
    if tell is not None:
        countries = [] if tell.clears else [_country(value) for value in tell.values]
        if tell.sign == "-" or tell.clears:
            if not alert.is_draft:
                raise Refusal(
                    _("A country that was told cannot be left out again. Withdraw the alert if it was wrong.")
                )
            added = [] if tell.clears else [country for country in added if country not in countries]
        else:
            added = list(dict.fromkeys([*added, *countries]))
    return alert.address(concerned(alert.current_facts, added), context.now)


def _country(text: str) -> CountryCode:
    try:
        return read_country(text)
    except BadValue as error:
        raise Refusal(error.words) from error


async def _name(alert: Alert, persons: Entries | None, context: Context) -> None:
    if persons is None:
        return
    for text in persons.values:
        user = await _person(text, context)
        if persons.sign == "-":
            try:
                alert.unname(user)
            except NotPossible as error:
                words = _("A person who was told cannot be left out again. Withdraw the alert if it was wrong.")
                raise Refusal(words) from error
        else:
            alert.name(user, by=context.member, at=context.now)


async def _person(text: str, context: Context) -> UserId:
    try:
        user = parse_user_id(text)
    except ValueError as error:
        example = Code("@ama:example.org")
        raise Refusal(
            _("{text} is not a Matrix id. It looks like {example}.", text=text[:80], example=example)
        ) from error
    if await Members(context.tx).get(user) is None:
        raise Refusal(
            _("{user} is not on the roster, so I may not tell them. A coordinator can add them first.", user=user)
        )
    return user


async def _marked(alert: Alert, tlp: Tlp | None, context: Context) -> None:
    if tlp is None:
        return
    if tlp is Tlp.RED and not alert.is_draft and not alert.named:
        person = Code(f"{context.prefix}alert set {alert.number} tlp=red person=@name:server")
        raise Refusal(
            _("Under TLP:RED only persons you name are told. Name one at the same time: {person}", person=person)
        )
    line = alert.mark(tlp, by=context.member, at=context.now)
    if line is not None and not alert.is_draft:
        await context.emit(AlertChanged(alert, line))


async def _corrected(alert: Alert, changes: _Changes, context: Context) -> None:
    line = alert.correct(changes.keys, by=context.member, at=context.now) if changes.keys else None
    if alert.is_draft:
        await refresh_draft(alert, context)
        return
    if line is not None:
        missed = unreached(alert, await listeners(context.tx, alert))
        await context.emit(AlertChanged(alert, line, tuple(changes.names)))
        new = [country for country in missed if _is_new(alert, country, context)]
        await tell_of_unreached(alert, new, context)


def _is_new(alert: Alert, country: CountryCode, context: Context) -> bool:
    entry = alert.addressee(country)
    return entry is not None and entry.added_at == context.now


def _answer(alert: Alert, changes: _Changes) -> Doc:
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


def too_long(text: str, what: Inline) -> Message:
    """Say that a text is longer than what is kept, and what to do."""
    return _(
        "{what} has {length} characters; I keep at most {most}. Nothing of it is lost, it stands in your message: "
        "send the main points first and add the rest as notes in its thread.",
        what=what, length=len(text), most=LONGEST_TEXT,
    )  # fmt: skip


def _today(context: Context) -> date:
    return context.now.astimezone(context.zone).date()
