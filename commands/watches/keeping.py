"""Setting, listing, stopping and renewing the watches of one member."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Any, assert_never

from commands.arguments import Duration, Option, Until, Word, said
from commands.base import Answer, Args, Context, Post, Priority, Refusal, Role, Subject
from commands.document import Code, Doc, Message, Moment, Strong, Text, _, _n, bullets, doc
from commands.matching import keys_of, outlines_with
from commands.visibility import ALERT, may_see
from commands.watches.declaration import WatchSettings, capability
from commands.watches.ending import GO_ON, set_clock
from commands.watches.telling import DIRECT, alert_words
from commands.watches.terms import KINDS, Asked, Name, read_terms, read_text, terms_words
from storage.alerts import Alert, Alerts, Outline
from storage.watches import NotActive, Term, Watch, Watches, WatchState

_PORT = "watch.port"
_NAME = "watch.name"
_SHORTEST, _LONGEST = timedelta(hours=1), timedelta(days=366)
_SHOWN_AT_ONCE = 5
_LOOKED_AT = 50


class NewWatch(Args):
    what: Annotated[str | None, Word(ask=_("What shall I watch for?"))] = None
    container: Annotated[str | None, Option()] = None
    vessel: Annotated[str | None, Option(aliases=("ship", "imo"))] = None
    port: Annotated[str | None, Option()] = None
    country: Annotated[str | None, Option()] = None
    waste: Annotated[str | None, Option()] = None
    for_: Annotated[timedelta | None, Duration(), Option()] = None
    until: Annotated[datetime | None, Until(), Option()] = None


@capability.command(
    "watch",
    role=Role.MEMBER,
    summary=_("Be told when something turns up in an alert or is seen"),
    examples=[
        "watch container=CSQU3054383",
        "watch port=NLRTM waste=A1181 for=30d",
        "watch vessel=Ever Given until=2027-03-01",
        "watch CSQU3054383",
    ],
)
async def watch(args: NewWatch, context: Context) -> Doc:
    """Set a watch; several terms together must all hold. What it finds comes into the direct chat."""
    given = {kind: str(value) for kind in KINDS if (value := getattr(args, kind))}
    until = _until(args.for_, args.until, context)
    if args.what is not None:
        read = read_text(args.what, context)
        if isinstance(read, Name):
            data = {"given": given, "until": until.isoformat(), "text": read.text, "port": read.port}
            return await context.ask(doc(read.words()), _NAME, data)
        given = read | given
    return await _set(given, until, context)


@capability.answer(_NAME)
async def answer_name(answer: Answer, context: Context) -> Doc:
    """Set the watch with what a bare name is, or with what is said in its place."""
    said = answer.text.casefold().strip(" .!")
    if said in {"no", "n", "non", "cancel"}:
        return doc(_("Good, I leave it."), notice=True)
    if said in {"ship", "vessel", "navire", "buque", "barco", "yes"}:
        read: dict[str, str] | Name = {"vessel": str(answer.data["text"])}
    elif said in {"port", "puerto"} and answer.data["port"] is not None:
        read = {"port": str(answer.data["text"])}
    else:
        read = read_text(answer.text, context)
    if isinstance(read, Name):
        raise Refusal(_("Answer {ship}, or say what you mean like this: {watch}", ship=Code("ship"),
                        watch=Code(f"{context.prefix}watch port=NLRTM")))  # fmt: skip
    return await _set(read | answer.data["given"], datetime.fromisoformat(answer.data["until"]), context)


@capability.answer(_PORT)
async def answer_port(answer: Answer, context: Context) -> Doc:
    """Set the watch with the port that was asked for."""
    if answer.text.casefold().strip(" .!") in {"no", "n", "non", "cancel"}:
        return doc(_("Good, I leave it."), notice=True)
    given = {**answer.data["given"], "port": answer.text}
    return await _set(given, datetime.fromisoformat(answer.data["until"]), context)


async def _set(given: dict[str, str], until: datetime, context: Context) -> Doc:
    if not any(value.strip() for value in given.values()):
        raise Refusal(
            _(
                "Say what to watch for: {container}, {vessel}, {port}, {country} or {waste}; several together must "
                "all hold.",
                container=Code(f"{context.prefix}watch container=CSQU3054383"), vessel=Code("vessel=IMO9811000"),
                port=Code("port=NLRTM"), country=Code("country=GH"), waste=Code("waste=A1181"),
            )
        )  # fmt: skip
    asked = read_terms(given, context)
    if asked.unsure is not None:
        data = {"given": given, "until": until.isoformat()}
        return await context.ask(doc(asked.unsure.words()), _PORT, data)
    watches = Watches(context.tx)
    await _check_room_for(asked.terms, context)
    kept = await watches.add(context.member.user_id, asked.terms, now=context.now, expires_at=until)
    await set_clock(kept, context)
    return await in_direct_chat(await _kept_words(kept, asked, context), context)


async def _check_room_for(terms: Sequence[Term], context: Context) -> None:
    """Refuse one too many, and one that is there already. Raises Refusal."""
    active = await Watches(context.tx).active(context.member.user_id)
    same = next((one for one in active if _keys(one.terms) == _keys(terms)), None)
    if same is not None:
        raise Refusal(
            _("You watch for that already: watch {number}, until {until}. Let it go on longer: {renew}",
              number=same.number, until=Moment(same.expires_at, context.zone),
              renew=Code(f"{context.prefix}watch renew {same.number}"))
        )  # fmt: skip
    most = context.settings(WatchSettings).most
    if len(active) >= most:
        raise Refusal(
            _("You have {count} watches, and that is the most I keep for one member. Stop one first: {list}",
              count=len(active), list=Code(f"{context.prefix}watch list"))
        )  # fmt: skip


def _keys(terms: Sequence[Term]) -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(sorted(term.keys)) for term in terms)


def _until(length: timedelta | None, until: datetime | None, context: Context) -> datetime:
    """Return when a watch ends. Raises Refusal."""
    if length is not None and until is not None:
        raise Refusal(_("Give either {length} or {until}.", length=Code("for="), until=Code("until=")))
    end = until or context.now + (length if length is not None else context.settings(WatchSettings).lasts)
    if not context.now + _SHORTEST <= end <= context.now + _LONGEST:
        words = doc(
            _("A watch goes on for an hour at least and a year at most: {length} or {until}.",
              length=Code("for=30d"), until=Code("until=2027-03-01"))
        )  # fmt: skip
        if length is not None and timedelta() < length < _SHORTEST:
            words += doc(
                _("The letter m stands for minutes. For three months write {example}.", example=Code("for=90d"))
            )
        raise Refusal(words)
    return end


async def _kept_words(kept: Watch, asked: Asked, context: Context) -> Doc:
    words = doc(
        _(
            "Watch {number}: {terms}, until {until}. I tell you here of each alert and sighting that you may see.",
            number=Strong(Text(str(kept.number))), terms=terms_words(kept.terms),
            until=Moment(kept.expires_at, context.zone),
        ),
        *asked.doubts,
    )  # fmt: skip
    there = await _there_already(kept, context)
    await Watches(context.tx).tell_at_once(kept, [f"alert:{alert.id}" for alert in there], context.now)
    if there:
        words += doc(_("Open already:"), bullets(_open_words(alert) for alert in there))
        words = words.naming(Subject(ALERT, alert.id) for alert in there)
    return words


def _open_words(alert: Alert) -> Message:
    words = alert_words(alert)
    return _("EXERCISE {summary}", summary=words) if alert.is_exercise else words


async def _there_already(kept: Watch, context: Context) -> Sequence[Alert]:
    """Return the newest open alerts that a container or ship is in already, as far as the member may see them."""
    first = kept.terms[0]
    if first.kind not in {"container", "vessel"}:
        return ()
    found: list[Outline] = []
    for exercise in (False, True):
        found += await outlines_with(first.keys, exercise=exercise, tx=context.tx, limit=_LOOKED_AT)
    seen = [one.id for one in found if one.is_open and may_see(one, context.member, DIRECT)]
    if len(kept.terms) == 1:  # what was found has all that is watched for
        seen = seen[:_SHOWN_AT_ONCE]
    alerts = await Alerts(context.tx).several(seen)
    return [alerts[one] for one in seen if kept.matches(keys_of(alerts[one]))][:_SHOWN_AT_ONCE]


async def in_direct_chat(words: Doc, context: Context) -> Doc:
    """Answer in the direct chat: what somebody watches for is their own affair."""
    if context.room.direct:
        return words
    member = context.member
    await context.post(Post(person=member.user_id, doc=words, priority=Priority.ANSWER, origin=member.user_id))
    return doc(_("My answer is in your direct chat with me."), notice=True)


class Nothing(Args):
    pass


@capability.command("watch list", role=Role.MEMBER, reads=True, summary=_("List your watches"), examples=["watch list"])
async def show_list(args: Nothing, context: Context) -> Doc:  # noqa: ARG001 - the signature of a handler
    """List the member's own watches, in the direct chat."""
    active = await Watches(context.tx).active(context.member.user_id)
    if not active:
        return await in_direct_chat(doc(_("You have no watch.")), context)
    lines = [
        _("{number}. {terms}, until {until}", number=one.number, terms=terms_words(one.terms),
          until=Moment(one.expires_at, context.zone))
        for one in active
    ]  # fmt: skip
    heading = _n("{count} watch:", "{count} watches:", len(active))
    return await in_direct_chat(doc(heading, bullets(lines)), context)


class Which(Args):
    number: Annotated[str, Word(ask=_("Which watch? Write its number from your list."))]


@capability.command("watch stop", role=Role.MEMBER, summary=_("Stop a watch of yours"), examples=["watch stop 3"])
async def stop(args: Which, context: Context) -> Doc:
    """Stop one of the member's own; those of others do not exist for them."""
    found = await _own(args.number, context)
    try:
        found.end(WatchState.STOPPED, context.now)
    except NotActive as error:
        raise Refusal(_ended(error.state, found, context)) from error
    await Watches(context.tx).index(found)
    await set_clock(found, context)
    return await in_direct_chat(
        doc(_("Watch {number} ({terms}) is stopped.", number=found.number, terms=terms_words(found.terms))), context
    )


class Renew(Args):
    number: Annotated[str, Word(ask=_("Which watch? Write its number from your list."))]
    for_: Annotated[timedelta | None, Duration(), Option()] = None
    until: Annotated[datetime | None, Until(), Option()] = None


@capability.command(
    "watch renew",
    role=Role.MEMBER,
    summary=_("Let a watch of yours go on"),
    examples=["watch renew 3", "watch renew 3 for=30d"],
)
async def renew(args: Renew, context: Context) -> Doc:
    """Let a watch go on, or begin again after it has ended."""
    found = await _own(args.number, context)
    until = _until(args.for_, args.until, context)
    if not found.is_active:
        await _check_room_for(found.terms, context)
    try:
        found.renew(until)
    except NotActive as error:
        raise Refusal(_ended(error.state, found, context)) from error
    await Watches(context.tx).index(found)
    await set_clock(found, context)
    words = _("Watch {number} ({terms}) goes on until {until}.", number=found.number, terms=terms_words(found.terms),
              until=Moment(until, context.zone))  # fmt: skip
    return await in_direct_chat(doc(words), context)


@capability.answer(GO_ON, yes_or_no=True)
async def answer_go_on(answer: Answer, context: Context) -> Doc | None:
    """Let a watch go on, or end by itself, as its owner says when asked before its end."""
    number = str(answer.data["number"])
    found = await _own(number, context)
    places: dict[str, Any] = {"number": found.number, "terms": terms_words(found.terms)}
    if not found.is_active:
        raise Refusal(_ended(found.state, found, context))
    end = Moment(found.expires_at, context.zone)
    if found.expires_at != datetime.fromisoformat(answer.data["ends"]):
        return doc(_("Watch {number} ({terms}) goes on until {until} already.", **places, until=end))
    if not answer.is_yes:
        return doc(_("Good: watch {number} ({terms}) ends by itself on {until}.", **places, until=end))
    return await renew(Renew(number=number), context)


async def _own(text: str, context: Context) -> Watch:
    digits = text.strip().lstrip("#").rstrip(".")
    known = digits.isascii() and digits.isdecimal() and len(digits) < 10
    found = await Watches(context.tx).of(context.member.user_id, int(digits)) if known else None
    if found is None:
        raise Refusal(
            _("You have no watch {number}. {list} shows yours.", number=said(text),
              list=Code(f"{context.prefix}watch list"))
        )  # fmt: skip
    return found


def _ended(state: WatchState, found: Watch, context: Context) -> Message:
    match state:
        case WatchState.STOPPED:
            return _("You stopped watch {number} ({terms}) before. Set it anew: {watch}", number=found.number,
                     terms=terms_words(found.terms), watch=Code(f"{context.prefix}watch ..."))  # fmt: skip
        case WatchState.EXPIRED:
            return _("Watch {number} has ended. Let it begin again: {renew}", number=found.number,
                     renew=Code(f"{context.prefix}watch renew {found.number}"))  # fmt: skip
        case WatchState.ACTIVE:
            raise AssertionError("an active watch can be stopped and renewed")
        case _:
            assert_never(state)
