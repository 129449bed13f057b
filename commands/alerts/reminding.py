"""What is said about a country that does not acknowledge: to itself, to the others, to the coordinators."""

from collections.abc import Sequence
from typing import assert_never

from commands.alerts.audience import Listener, coordinators_may_see, room_may_see
from commands.alerts.circulation import say_in_threads, tell_coordinators, tell_everyone, tell_person
from commands.alerts.escalation import on_duty
from commands.alerts.second_pair import second_pair
from commands.base import Context, Priority
from commands.document import Code, CountryName, Doc, Inline, Mention, Text, _, doc, joined
from storage.alerts import Alert, Alerts, HistoryLine, Step
from storage.ids import CountryCode
from storage.members import Member, Members
from storage.rooms import Rooms


async def remind(alert: Alert, line: HistoryLine, context: Context) -> None:
    """Remind the country in its rooms; everybody else reads quietly that it was reminded."""
    assert line.country is not None
    country, step = line.country, Step(line.details["step"])
    name = CountryName(country)
    others = doc(_quiet_words(alert, name, step), notice=True)
    called = await on_duty(alert, country, context) if step is Step.ON_DUTY else []
    own = _own_words(alert, country, step, called, context.prefix)

    def said(one: Listener) -> Doc:
        return own if country in one.countries else others

    await tell_everyone(alert, said, context, priority=Priority.REMINDER)
    if step is Step.ON_DUTY:
        await call_those_elsewhere(alert, country, own, called, context)
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
            people = joined(person_words(member, shown) for member, shown in called)
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


def person_words(member: Member | None, shown: str) -> Inline:
    return Mention(member.user_id, member.name) if member is not None else Text(shown)


async def call_those_elsewhere(
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


async def verifiers(alert: Alert, step: int, context: Context) -> Sequence[Member]:
    """Return who is called to verify: first the second pair of eyes, then the coordinators where they may see it."""
    if step == 1 or not coordinators_may_see(alert):
        return await second_pair(alert, context)
    return [one for one in await Members(context.tx).coordinators() if one.user_id != alert.author]


async def call_for_verification(alert: Alert, line: HistoryLine, context: Context) -> None:
    """Ask the second pair of eyes to look at what waits for it or was sent unverified; then the coordinators."""
    step = int(line.details["step"])
    people = await verifiers(alert, step, context)
    if alert.is_draft:
        await _call_before(alert, people, context)
        return
    words = doc(
        _("{people}: alert {number} was sent before a second pair of eyes had looked at it, and nobody has since. "
          "If it is right, type {verify}.",
          people=joined(Mention(one.user_id, one.name) for one in people), number=alert.number,
          verify=Code(f"{context.prefix}alert verify {alert.number}"))
    )  # fmt: skip
    if step > 1 and coordinators_may_see(alert):
        await tell_coordinators(alert, words, context, priority=Priority.REMINDER)
        return
    country = alert.author_country
    rooms = await Rooms(context.tx).of_country(country) if country is not None else ()
    own = [room for room in rooms if room_may_see(alert, await Rooms(context.tx).of_room(room))]
    if not await say_in_threads(alert, own, words, context, priority=Priority.REMINDER):
        for one in people:
            await tell_person(alert, one.user_id, words, context, priority=Priority.REMINDER)


async def _call_before(alert: Alert, people: Sequence[Member], context: Context) -> None:
    """Remind those who may verify a submitted alert, and tell its author that it still waits."""
    verify = Code(f"{context.prefix}alert verify {alert.number}")
    back = Code(f"{context.prefix}alert return {alert.number} <reason>")
    words = doc(
        _("Alert {number} still waits for a second pair of eyes, and is sent to nobody before. {verify} or {back}.",
          number=alert.number, verify=verify, back=back)
    )  # fmt: skip
    for one in people:
        await tell_person(alert, one.user_id, words, context, priority=Priority.REMINDER)
    urgent = Code(f"{context.prefix}alert set {alert.number} urgency=urgent")
    send = Code(f"{context.prefix}alert send {alert.number}")
    waits = doc(
        _("Nobody has looked at alert {number} yet, and it is sent to nobody. If it is urgent: {urgent}, then {send}.",
          number=alert.number, urgent=urgent, send=send)
    )  # fmt: skip
    await tell_person(alert, alert.author, waits, context, priority=Priority.REMINDER)
