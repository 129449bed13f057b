"""Requests to a country about an alert, their answers, and what countries owe."""

import re
from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Any

from commands.alerts.audience import listeners, unreached
from commands.alerts.circulating.circulation import unless_heard
from commands.alerts.clocks import periods
from commands.alerts.declaration import KIND, capability
from commands.alerts.events import AlertChanged
from commands.alerts.finding import check_length, find, possible_or_refused
from commands.alerts.rights import is_concerned
from commands.alerts.showing.words import marked, option, refusal
from commands.alerts.typed import SHORT
from commands.arguments import About, BadValue, Country, Duration, Form, Option, Ref, Rest, Word
from commands.base import Args, Context, Refusal, Role, Subject
from commands.document import (
    Code,
    CountryName,
    Doc,
    Moment,
    Strong,
    Text,
    _,
    doc,
    either,
)
from commands.visibility import may_see
from storage.alerts import (
    Alert,
    AlertRequest,
    AlertRequests,
    Alerts,
    OpenRequest,
    Outline,
    Outlines,
    RequestStep,
)
from storage.ids import CountryCode

_WHICH = _("Which alert? Answer with its number.")
_NAME = re.compile(r"[Rr]-?(\d{1,6})")
_SHORTEST, _LONGEST = timedelta(hours=1), timedelta(days=366)
_MOST_OPEN = 30
_LOOKED_AT = 200
_OPTIONS = 5
"""Requests between which somebody is asked to choose."""


def _request_number() -> Form:
    def read(value: Any) -> Any:
        found = _NAME.fullmatch(str(value).strip())
        if isinstance(value, int):
            return value
        if found is None:
            raise BadValue(_("{text} is no request. Write its number, such as {example}.", text=str(value)[:40],
                             example=Code("R1")))  # fmt: skip
        return int(found[1])

    return Form(read, form="R1")


class Ask(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]
    country: Annotated[CountryCode, Country(), SHORT, Word(ask=_("Which country do you ask? For example NL."))]
    due: Annotated[timedelta, Duration(), SHORT, Option()] = timedelta(days=3)
    text: Annotated[str, Rest(ask=_("What do you want to know?"))]


@capability.command(
    "request",
    role=Role.OFFICIAL,
    summary=_("Ask a country something about an alert; it must answer"),
    examples=["request A-2026-0001 NL Who is the consignee in Rotterdam? due=3d"],
)
async def request(args: Ask, context: Context) -> Doc | None:
    """Direct a request to a country concerned: it is reminded before the time is over, then, and then taken further."""
    alert = await find(args.about, context)
    member = context.member
    if not is_concerned(alert, member):
        words = _("Requests on alert {number} come from the countries concerned and the coordinators.",
                  number=alert.number)  # fmt: skip
        raise refusal(alert, words)
    check_length(args.text, _("Your request"), alert)
    await _check(args, alert, context)
    with possible_or_refused(alert, context):
        asked = AlertRequest.ask(alert, args.country, args.text, due=context.now + args.due, by=member, at=context.now)
    await AlertRequests(context.tx).add(asked)
    await periods.start_request(asked, RequestStep.COMING, context)
    await context.emit(AlertChanged(alert, asked.asked(alert, by=member, at=context.now)))
    country = CountryName(args.country)
    words = _(
        "{country} is asked ({request}) on alert {number}, to answer by {due}.",
        country=country, request=Strong(Text(asked.name)), number=alert.number, due=Moment(asked.due_at, context.zone),
    )  # fmt: skip
    if args.country in unreached(alert, await listeners(context.tx, alert)):
        lost = _("{country} has no room that may hear of this: it will NOT be told.", country=country)
        return marked(alert, doc(words, Strong(lost)))
    return await unless_heard(alert, context, words)


async def _check(args: Ask, alert: Alert, context: Context) -> None:
    if not _SHORTEST <= args.due <= _LONGEST:
        raise refusal(alert, _("A request is answered within an hour at least and a year at most: {example}.",
                               example=Code("due=3d")))  # fmt: skip
    if args.country == context.member.country:
        raise refusal(alert, _("That is your own country. Ask another one concerned."))
    if alert.is_open and alert.addressee(args.country) is None:
        words = _(
            "Alert {number} is not addressed to {country}, so it cannot be asked. Who raised it can add it: {set}",
            number=alert.number, country=CountryName(args.country),
            set=Code(f"{context.prefix}alert set {alert.number} tell=+{args.country}"),
        )  # fmt: skip
        raise refusal(alert, words)
    waiting = await AlertRequests(context.tx).of(alert, is_open=True)
    if len(waiting) >= _MOST_OPEN:
        words = _("Alert {number} has {count} requests that wait for answers, and that is the most I keep.",
                  number=alert.number, count=len(waiting))  # fmt: skip
        raise refusal(alert, words)


class Reply(Args):
    about: Annotated[Ref | None, About(KIND, ask=_WHICH)] = None
    request: Annotated[int | None, _request_number(), Word(ask=_("Which request? For example R1."))] = None
    text: Annotated[str, Rest(ask=_("What is the answer?"))]


@capability.command(
    "answer",
    role=Role.OFFICIAL,
    summary=_("Answer what your country was asked about an alert"),
    examples=["answer A-2026-0001 R1 The consignee is a shell company", "answer The consignee is a shell company"],
)
async def reply(args: Reply, context: Context) -> Doc | None:
    """Answer a request for the own country; everybody who hears of the alert reads it."""
    alert, asked = await _asked(args, context)
    check_length(args.text, _("Your answer"), alert)
    if asked.country != context.member.country:
        words = _("{request} on alert {number} is directed to {country}, so only its officials answer it.",
                  request=Text(asked.name), number=alert.number, country=CountryName(asked.country))  # fmt: skip
        raise refusal(alert, words)
    with possible_or_refused(alert, context):
        alert.must_be_open()
        line = asked.give_answer(alert, args.text, by=context.member, at=context.now)
    await periods.stop_request(asked, context)
    await context.emit(AlertChanged(alert, line))
    words = _("Your answer to {request} on alert {number} is in every room's thread.", request=Text(asked.name),
              number=alert.number)  # fmt: skip
    return await unless_heard(alert, context, words)


async def _asked(args: Reply, context: Context) -> tuple[Alert, AlertRequest]:
    """Return the request that is meant: by its number, or the only one that waits for this country. Raises Refusal."""
    number = args.request
    about = args.about
    if about is not None and about.number is not None and (short := _NAME.fullmatch(about.number)):
        about, number = None, int(short[1])  # `answer R1 ...` outside a thread
    if about is not None:
        alert = await find(about, context)
        return alert, await _one_of(alert, number, context)
    waiting = [
        (outline, one) for outline, one in await open_here(context.member.country, context)
        if number is None or one.number == number
    ]  # fmt: skip
    context.names(*(Subject(KIND, outline.id) for outline, _one in waiting[:_OPTIONS]))
    if len(waiting) == 1:
        only = await Alerts(context.tx).get(waiting[0][0].id)
        asked = await AlertRequests(context.tx).get(waiting[0][1].id)
        assert only is not None
        assert asked is not None
        return only, asked
    if not waiting:
        words = _("Nothing here waits for an answer of your country. Look with {owed}.",
                  owed=Code(f"{context.prefix}alert owed"))  # fmt: skip
        raise Refusal(words)
    options = either(
        option(outline, f"{context.prefix}answer {outline.number} {one.name} ...")
        for outline, one in waiting[:_OPTIONS]
    )
    raise Refusal(_("Your country was asked several things. Say which you answer: {options}.", options=options))


async def _one_of(alert: Alert, number: int | None, context: Context) -> AlertRequest:
    requests = AlertRequests(context.tx)
    if number is not None:
        found = await requests.numbered(alert, number)
        if found is None:
            words = _("Alert {number} has no request {request}. Look with {next}.", number=alert.number,
                      request=f"R{number}", next=Code(f"{context.prefix}alert next {alert.number}"))  # fmt: skip
            raise refusal(alert, words)
        return found
    waiting = [one for one in await requests.of(alert, is_open=True) if one.country == context.member.country]
    if len(waiting) == 1:
        return waiting[0]
    if not waiting:
        raise refusal(alert, _("Nothing on alert {number} waits for an answer of your country.", number=alert.number))
    options = either(Code(f"{context.prefix}answer {alert.number} {one.name} ...") for one in waiting[:_OPTIONS])
    words = _("Your country was asked several things on alert {number}. Say which you answer: {options}.",
              number=alert.number, options=options)  # fmt: skip
    raise refusal(alert, words)


class CloseRequest(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]
    request: Annotated[int, _request_number(), Word(ask=_("Which request? For example R1."))]
    text: Annotated[str, Rest(ask=_("Why?"))] = ""


@capability.command(
    "request close",
    role=Role.OFFICIAL,
    summary=_("Say that a request of your country needs no answer any more"),
    examples=["request close A-2026-0001 R1 The carrier told us"],
)
async def close_request(args: CloseRequest, context: Context) -> Doc | None:
    """Close a request without an answer: the country that asked, or a coordinator."""
    alert = await find(args.about, context)
    asked = await _one_of(alert, args.request, context)
    member = context.member
    check_length(args.text, _("Your text"), alert)
    own = member.country is not None and member.country == asked.asked_country
    if not (own or member.user_id == asked.asked_by or member.role >= Role.COORDINATOR):
        words = _("{request} on alert {number} is closed by who asked, their country or a coordinator.",
                  request=Text(asked.name), number=alert.number)  # fmt: skip
        raise refusal(alert, words)
    with possible_or_refused(alert, context):
        alert.must_be_open()
        line = asked.close(alert, args.text, by=member, at=context.now)
    await periods.stop_request(asked, context)
    await context.emit(AlertChanged(alert, line))
    words = _("{request} on alert {number} needs no answer any more.", request=Text(asked.name), number=alert.number)
    return await unless_heard(alert, context, words)


async def open_here(country: CountryCode | None, context: Context) -> Sequence[tuple[Outline, OpenRequest]]:
    """Return the requests that wait for a country (or any), with their alerts, as far as they may be shown here.

    Whoever shows one notes that its alert is named.
    """
    requests = await AlertRequests(context.tx).waiting(country, limit=_LOOKED_AT)
    found = await Outlines(context.tx).several({one.alert_id for one in requests})
    alerts = {alert.id: alert for alert in found}
    return [
        (alerts[one.alert_id], one)
        for one in requests
        if one.alert_id in alerts and may_see(alerts[one.alert_id], context.member, context.room)
    ]
