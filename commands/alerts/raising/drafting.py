"""Raising an alert: what the text says becomes a draft, which its author corrects until it is sent, and after."""

import re
from collections.abc import Sequence
from datetime import date
from typing import Annotated

from commands.alerts.circulating.drafts import post_draft
from commands.alerts.clocks import periods
from commands.alerts.declaration import capability
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
from commands.alerts.finding import check_length
from commands.alerts.typed import SHORT
from commands.arguments import BadValue, Choice, Option, Rest, read_country
from commands.base import Args, Context, Refusal, Role
from commands.document import Code, Doc, _
from storage.alerts import Alert, Alerts, AlertType, Fact, Information, NotPossible, Source, Tlp, Urgency
from storage.ids import CountryCode, UserId, parse_user_id
from storage.members import Members

Values = tuple[str, ...] | None

LONGEST_NAME = 100
"""Characters that are looked at to find out which country is meant."""

_STRICT = re.compile(r"(?:^|\s{2,})\+?strict\b", re.IGNORECASE)
"""What is left in a free text of `tlp=amber strict`: the option took one word."""


class Draft(Args):
    text: Annotated[str, Rest(ask=_("What have you seen? Write it as you would say it."))]
    tlp: Annotated[Tlp, Choice(Tlp), SHORT, Option()] = Tlp.AMBER
    urgency: Annotated[Urgency, Choice(Urgency), SHORT, Option()] = Urgency.ROUTINE
    type_: Annotated[AlertType, Choice(AlertType), SHORT, Option()] = AlertType.ALERT
    source: Annotated[Source | None, Choice(Source), SHORT, Option()] = None
    info: Annotated[Information | None, Choice(Information), SHORT, Option()] = None
    exercise: Annotated[bool, Option()] = False
    origin: Annotated[str | None, Option()] = None
    transit: Annotated[str | None, Option()] = None
    destination: Annotated[str | None, Option()] = None
    tell: Annotated[Values, Entries.reader("GH,NL"), Option()] = None
    person: Annotated[Values, Entries.reader("@name:server"), Option()] = None


@capability.command(
    "alert",
    role=Role.OFFICIAL,
    summary=_("Raise an alert: I show you a draft of what I understood"),
    examples=[
        "alert 20 ft CSQU3054383 at Tema, waste batteries declared as plastic scrap, from Antwerp via Tangier",
        "alert MV Example arrives in Tema tomorrow with 18 t of e-waste urgency=urgent tlp=green",
        "alert CSQU3054383 in Tema, a container that nobody has seen exercise=yes",
    ],
    begins=_("an alert"),
)
async def draft(args: Draft, context: Context) -> Doc | None:
    """Read what an official wrote and show the draft of an alert."""
    check_length(args.text, _("Your text"))
    tlp = args.tlp
    if tlp is Tlp.AMBER and _STRICT.search(args.text):
        tlp = Tlp.AMBER_STRICT
    alert = Alert.draft(
        args.text,
        by=context.member,
        at=context.now,
        tlp=tlp,
        urgency=args.urgency,
        type_=args.type_,
        exercise=args.exercise,
    )
    today = today_of(context)
    alert.replace_facts([], read_text(args.text, today=today, at=context.now), context.now)
    options = {Slot.ORIGIN: args.origin, Slot.TRANSIT: args.transit, Slot.DESTINATION: args.destination}
    for slot, value in options.items():
        if value is not None:
            state(alert, slot, Entries((value,)), context, today)
    alert.evaluate(args.source, args.info, by=context.member, at=context.now)
    await name_persons(alert, Entries.of(args.person), context)
    address(alert, Entries.of(args.tell), context)
    await Alerts(context.tx).add(alert)
    await periods.start_draft(alert, context)
    return await post_draft(alert, context)


def state(alert: Alert, slot: Slot, entries: Entries, context: Context, today: date) -> Sequence[Slot]:
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


def address(alert: Alert, tell: Entries | None, context: Context) -> Sequence[CountryCode]:
    """Work out anew which countries are concerned; return those that are new."""
    added = list(added_countries(alert))
    if tell is not None:
        countries = [] if tell.clears else [country_named(value) for value in tell.values]
        if tell.sign == "-" or tell.clears:
            if not alert.is_draft:
                raise Refusal(
                    _("A country that was told cannot be left out again. Withdraw the alert if it was wrong.")
                )
            added = [] if tell.clears else [country for country in added if country not in countries]
        else:
            added = list(dict.fromkeys([*added, *countries]))
    return alert.address(concerned(alert.current_facts, added), context.now)


def country_named(text: str) -> CountryCode:
    try:
        return read_country(text[:LONGEST_NAME])
    except BadValue as error:
        raise Refusal(error.words) from error


async def name_persons(alert: Alert, persons: Entries | None, context: Context) -> None:
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


def today_of(context: Context) -> date:
    return context.now.astimezone(context.zone).date()
