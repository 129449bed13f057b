"""What is said about requests and proposals: to whom they are directed, and to everybody else who may hear."""

from commands.alerts.audience import Listener, coordinators_may_see, may_show_author
from commands.alerts.circulating.circulation import tell_everyone
from commands.alerts.circulating.directly import tell_author, tell_coordinators
from commands.alerts.clocks.calling import call
from commands.alerts.clocks.escalation import on_duty
from commands.alerts.showing.cards import zone_of
from commands.alerts.showing.composing import name_of_author
from commands.alerts.showing.lines import sentence
from commands.alerts.showing.summons import asked, how_to_answer, person_words, still_to_answer
from commands.base import Context, Priority
from commands.document import Code, CountryName, Doc, Inline, Mention, Quote, _, doc, joined
from storage.alerts import Alert, HistoryLine, RequestStep, What
from storage.ids import CountryCode
from storage.members import Members


async def announce(alert: Alert, line: HistoryLine, context: Context) -> None:
    """Tell everybody, and those of whom something is wanted what to type."""
    if line.what is What.PROPOSED:
        await _proposed(alert, line, context)
    elif line.what is What.REQUESTED:
        await _requested(alert, line, context)
    else:
        await _request_reminded(alert, line, RequestStep(line.details["step"]), context)


async def _requested(alert: Alert, line: HistoryLine, context: Context) -> None:
    assert line.country is not None
    called = await on_duty(alert, line.country, context)
    people = joined(person_words(member, shown) for member, shown in called)
    how = how_to_answer(alert, line, context.prefix)

    def words(one: Listener) -> Doc:
        told = asked(alert, line, zone_of(one.bindings))
        if line.country not in one.countries:
            return told
        return told + doc(_("{people}: {how}", people=people, how=how) if called else how)

    await tell_everyone(alert, words, context)
    await call(alert, line, context, called)


async def _request_reminded(alert: Alert, line: HistoryLine, step: RequestStep, context: Context) -> None:
    assert line.country is not None
    called = await on_duty(alert, line.country, context) if step is RequestStep.DUE else []
    own = still_to_answer(alert, line, [person_words(member, shown) for member, shown in called], context.prefix)

    def said(one: Listener) -> Doc:
        if line.country in one.countries:
            return own
        return doc(sentence(line, alert.number, zone_of(one.bindings)), notice=True)

    await tell_everyone(alert, said, context, priority=Priority.REMINDER)
    if called:
        await call(alert, line, context, called)
    if step is RequestStep.COORDINATORS:
        await _take_further(alert, line, line.country, context)


def _request(line: HistoryLine) -> Code:
    return Code(f"R{line.details['request']}")


async def _take_further(alert: Alert, line: HistoryLine, country: CountryCode, context: Context) -> None:
    """Call the coordinators, or the author where they may not hear of it."""
    places: dict[str, Inline | str] = {
        "country": CountryName(country),
        "request": _request(line),
        "number": alert.number,
    }
    if coordinators_may_see(alert):
        people = joined(Mention(one.user_id, one.name) for one in await Members(context.tx).coordinators())
        words = doc(_("{people}: {country} does not answer {request} on alert {number}.", people=people, **places))
        await tell_coordinators(alert, words, context, priority=Priority.REMINDER)
        return
    words = doc(
        _("{country} does not answer {request} on your alert {number}. Its marking TLP:{tlp} does not let me take it "
          "to the coordinators; please call somebody there yourself.", **places, tlp=alert.tlp.value)
    )  # fmt: skip
    await tell_author(alert, words, context, priority=Priority.REMINDER)


async def _proposed(alert: Alert, line: HistoryLine, context: Context) -> None:
    name = f"P{line.details['proposal']}"
    how = _(
        "Accept it with {accept}, or decline it with {decline}.",
        accept=Code(f"{context.prefix}alert accept {alert.number} {name}"),
        decline=Code(f"{context.prefix}alert decline {alert.number} {name} <reason>"),
    )
    author = await name_of_author(alert, context)
    mention = Mention(alert.author, author or alert.author)

    def said(one: Listener) -> Doc:
        told = doc(sentence(line, alert.number, zone_of(one.bindings)), *([Quote(line.text)] if line.text else []))
        # The author's name stands only where it may stand.
        if one.person == alert.author:
            return told + doc(how)
        if one.room is not None and may_show_author(alert, one.bindings):
            return told + doc(_("{author}: {how}", author=mention, how=how))
        return told

    await tell_everyone(alert, said, context)
