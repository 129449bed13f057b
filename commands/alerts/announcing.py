"""What everybody concerned is told when something happens to an alert."""

from collections.abc import Sequence
from typing import assert_never

from commands.alerts.audience import Listener, coordinators_may_see
from commands.alerts.circulation import (
    begin_circulation,
    refresh_draft,
    retract_elsewhere,
    tell_coordinators,
    tell_everyone,
    tell_person,
)
from commands.alerts.declaration import capability
from commands.alerts.escalation import on_duty
from commands.alerts.events import AlertChanged
from commands.alerts.words import outcome_words, who
from commands.base import Context, Priority
from commands.document import Code, CountryName, Doc, Inline, Mention, Quote, Strong, Text, _, doc, joined
from storage.alerts import Alert, Alerts, Outcome, Step, What
from storage.ids import CountryCode
from storage.members import Member, Members
from storage.rooms import Rooms


@capability.announces(AlertChanged)
async def announce(event: AlertChanged, context: Context) -> None:
    """Put what happened into a line for each thread, and bring every card up to date."""
    alert, line = event.alert, event.line
    by = who(line.authority or "", line.actor_country)
    match line.what:
        case What.DRAFTED:
            return
        case What.CIRCULATED:
            await begin_circulation(alert, context)
            return
        case What.REMINDED:
            assert line.country is not None
            await _remind(alert, line.country, Step(line.details["step"]), context)
            return
        case What.CORRECTED:
            said = doc(_("{by} corrected or added: {what}. The card shows it.", by=by, what=joined(event.changed)))
        case What.MARKED:
            said = doc(_("{by} changed the marking to TLP:{tlp}.", by=by, tlp=str(line.details["to"])))
            await retract_elsewhere(alert, context)
        case What.ACKNOWLEDGED:
            assert line.country is not None
            said = doc(_("{by} has acknowledged alert {number}.", by=by, number=alert.number))
        case What.NOTED:
            said = doc(_("{by} notes on alert {number}:", by=by, number=alert.number), Quote(line.text))
        case What.CLOSED:
            outcome = outcome_words(Outcome(line.details["outcome"]))
            said = doc(
                _("{by} closed alert {number}. Outcome: {outcome}.", by=by, number=alert.number, outcome=outcome)
            )
            said = said + doc(Quote(line.text)) if line.text else said
        case What.WITHDRAWN:
            said = doc(
                Strong(_("{by} withdrew alert {number}. Do not act on it.", by=by, number=alert.number)),
                Quote(line.text),
            )
            await refresh_draft(alert, context)
        case _:
            assert_never(line.what)
    await tell_everyone(alert, lambda _one: said, context)


async def _remind(alert: Alert, country: CountryCode, step: Step, context: Context) -> None:
    """Remind the country in its rooms; everybody else reads quietly that it was reminded."""
    name = CountryName(country)
    others = doc(_quiet_words(alert, name, step), notice=True)
    called = await on_duty(alert, country, context) if step is Step.ON_DUTY else []
    own = _own_words(alert, country, step, called, context.prefix)

    def line(one: Listener) -> Doc:
        return own if country in one.countries else others

    await tell_everyone(alert, line, context, priority=Priority.REMINDER)
    if step is Step.ON_DUTY:
        await _call_those_elsewhere(alert, country, own, called, context)
    if step is Step.COORDINATORS:
        await _take_further(alert, name, context)


def _own_words(
    alert: Alert, country: CountryCode, step: Step, called: Sequence[tuple[Member | None, str]], prefix: str
) -> Doc:
    name, number = CountryName(country), alert.number
    ack = Code(f"{prefix}alert ack {number}")
    match step:
        case Step.ROOM:
            return doc(
                _(
                    "Reminder: {country} has not acknowledged alert {number} yet. If you deal with it, type {ack}.",
                    country=name, number=number, ack=ack,
                )
            )  # fmt: skip
        case Step.ON_DUTY:
            people = joined(_person(member, shown) for member, shown in called)
            return doc(
                _("{people}: {country} has still not acknowledged alert {number}. Please look at it and type {ack}.",
                  people=people, country=name, number=number, ack=ack)
            )  # fmt: skip
        case Step.COORDINATORS:
            return doc(
                _("{country} has still not acknowledged alert {number}, so I call for help. Still possible: {ack}",
                  country=name, number=number, ack=ack)
            )  # fmt: skip
        case _:
            assert_never(step)


def _quiet_words(alert: Alert, name: CountryName, step: Step) -> Inline:
    match step:
        case Step.ROOM:
            return _(
                "{country} has not acknowledged alert {number} and was reminded.", country=name, number=alert.number
            )
        case Step.ON_DUTY:
            return _(
                "{country} has not acknowledged alert {number}; its contacts on duty were called.",
                country=name, number=alert.number,
            )  # fmt: skip
        case Step.COORDINATORS:
            return _(
                "{country} has not acknowledged alert {number}; help was called.",
                country=name,
                number=alert.number,
            )
        case _:
            assert_never(step)


def _person(member: Member | None, shown: str) -> Inline:
    return Mention(member.user_id, member.name) if member is not None else Text(shown)


async def _call_those_elsewhere(
    alert: Alert, country: CountryCode, words: Doc, called: Sequence[tuple[Member | None, str]], context: Context
) -> None:
    """Write directly to those who are in none of the country's rooms that were told: a mention does not reach them."""

    own_rooms = set(await Rooms(context.tx).of_country(country))
    cards = await Alerts(context.tx).cards(alert)
    reached = {card.user_id for card in cards if card.user_id is not None}
    for card in cards:
        if card.room_id in own_rooms:
            reached |= await context.people.in_room(card.room_id)
    for member, _shown in called:
        if member is not None and member.user_id not in reached:
            await tell_person(alert, member.user_id, words, context, priority=Priority.REMINDER)


async def _take_further(alert: Alert, name: CountryName, context: Context) -> None:
    """Call the coordinators; where they may not hear of it, the author is told that nobody else can be."""
    if coordinators_may_see(alert):
        people = await Members(context.tx).coordinators()
        mentions = joined(Mention(member.user_id, member.name) for member in people)
        words = doc(
            _("{people}: {country} does not acknowledge alert {number}, though it was reminded twice.",
              people=mentions, country=name, number=alert.number)
        )  # fmt: skip
        await tell_coordinators(alert, words, context, priority=Priority.REMINDER)
        return
    words = doc(
        _("{country} does not acknowledge your alert {number}. Its marking TLP:{tlp} does not let me take it to the "
          "coordinators; please call somebody there yourself.",
          country=name, number=alert.number, tlp=alert.tlp.value)
    )  # fmt: skip
    await tell_person(alert, alert.author, words, context, priority=Priority.REMINDER)
