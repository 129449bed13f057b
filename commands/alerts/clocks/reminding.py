"""What is said about a country that does not acknowledge: to itself, to the others, to the coordinators."""

from typing import assert_never

from commands.alerts.audience import Listener, coordinators_may_see, room_may_see
from commands.alerts.circulating.circulation import tell_everyone
from commands.alerts.circulating.directly import say_in_threads, tell_author, tell_coordinators
from commands.alerts.clocks.calling import call, verifiers
from commands.alerts.clocks.escalation import on_duty
from commands.alerts.showing.summons import person_words, to_acknowledge, to_verify
from commands.base import Context, Priority
from commands.document import Code, CountryName, Doc, Inline, Mention, _, doc, joined
from storage.alerts import Alert, HistoryLine, Step
from storage.members import Members
from storage.rooms import Rooms


async def remind(alert: Alert, line: HistoryLine, context: Context) -> None:
    """Remind the country in its rooms; everybody else reads quietly that it was reminded."""
    assert line.country is not None
    country, step = line.country, Step(line.details["step"])
    name = CountryName(country)
    is_told = (entry := alert.addressee(country)) is not None and entry.told_at is not None
    others = doc(_quiet_words(alert, name, step, is_told=is_told), notice=True)
    called = await on_duty(alert, country, context) if step is Step.ON_DUTY else []
    people = [person_words(member, shown) for member, shown in called]
    own = to_acknowledge(alert, country, step, people, context.prefix)

    def said(one: Listener) -> Doc:
        return own if country in one.countries else others

    await tell_everyone(alert, said, context, priority=Priority.REMINDER)
    if step is Step.ON_DUTY:
        await call(alert, line, context, called)
    if step is Step.COORDINATORS:
        await _take_further(alert, name, context, is_told=is_told)


def _quiet_words(alert: Alert, name: CountryName, step: Step, *, is_told: bool) -> Inline:
    if step is Step.COORDINATORS and not is_told:
        return _("{country} could not be told of alert {number}; help was called.", country=name, number=alert.number)
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


async def _take_further(alert: Alert, name: CountryName, context: Context, *, is_told: bool) -> None:
    """Call the coordinators; where they may not hear of it, the author is told that nobody else can be."""
    if coordinators_may_see(alert):
        people = await Members(context.tx).coordinators()
        mentions = joined(Mention(member.user_id, member.name) for member in people)
        words = doc(
            _("{people}: {country} does not acknowledge alert {number}, though it was reminded twice.",
              people=mentions, country=name, number=alert.number)
            if is_told
            else _("{people}: {country} could still not be told of alert {number}: I reach nobody there. Please call "
                   "somebody.", people=mentions, country=name, number=alert.number)
        )  # fmt: skip
        await tell_coordinators(alert, words, context, priority=Priority.REMINDER)
        return
    words = doc(
        _("{country} does not acknowledge your alert {number}. Its marking TLP:{tlp} does not let me take it to the "
          "coordinators; please call somebody there yourself.",
          country=name, number=alert.number, tlp=alert.tlp.value)
        if is_told
        else _("{country} could not be told of your alert {number}: I reach nobody there. Its marking TLP:{tlp} does "
               "not let me take it to the coordinators; please call somebody there yourself.",
               country=name, number=alert.number, tlp=alert.tlp.value)
    )  # fmt: skip
    await tell_author(alert, words, context, priority=Priority.REMINDER)


async def call_for_verification(alert: Alert, line: HistoryLine, context: Context) -> None:
    """Ask the second pair of eyes to look at what waits for it or was sent unverified; then the coordinators."""
    step = int(line.details["step"])
    people = await verifiers(alert, step, context)
    if alert.is_draft:
        await _call_before(alert, line, context)
        return
    words = to_verify(alert, [Mention(one.user_id, one.name) for one in people], context.prefix)
    if step > 1 and coordinators_may_see(alert):
        await tell_coordinators(alert, words, context, priority=Priority.REMINDER)
        return
    country = alert.author_country
    rooms = await Rooms(context.tx).of_country(country) if country is not None else ()
    own = [room for room in rooms if room_may_see(alert, await Rooms(context.tx).of_room(room))]
    if not await say_in_threads(alert, own, words, context, priority=Priority.REMINDER):
        await call(alert, line, context)


async def _call_before(alert: Alert, line: HistoryLine, context: Context) -> None:
    """Remind those who may verify a submitted alert, and tell its author that it still waits."""
    await call(alert, line, context)
    urgent = Code(f"{context.prefix}alert set {alert.number} urgency=urgent")
    send = Code(f"{context.prefix}alert send {alert.number}")
    waits = doc(
        _("Nobody has looked at alert {number} yet, and it is sent to nobody. If it is urgent: {urgent}, then {send}.",
          number=alert.number, urgent=urgent, send=send)
    )  # fmt: skip
    await tell_author(alert, waits, context, priority=Priority.REMINDER)
