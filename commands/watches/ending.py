"""How a watch ends: its owner is asked before whether it is to go on."""

from datetime import datetime
from zoneinfo import ZoneInfo

from commands.base import Context, Post, Priority, Subject
from commands.document import Code, Doc, Moment, _, doc
from commands.watches.declaration import WatchSettings, capability
from commands.watches.telling import entitled
from commands.watches.terms import terms_words
from storage.members import Member
from storage.outbox import OutboxRow, RowState
from storage.timers import Timer
from storage.watches import Watch, Watches, WatchState

_TIMER = "watch"
_ASK, _END = "ask", "end"
_DELIVERY = "watch.asked"
GO_ON = "watch.go on"
"""The question whether a watch is to go on."""


def _subject(watch: Watch) -> Subject:
    return Subject("watch", watch.id)


async def set_clock(watch: Watch, context: Context) -> None:
    """Set the one clock of a watch: first for the question, then for its end; none for one that has ended."""
    if not watch.is_active:
        await context.timers().cancel_all(str(_subject(watch)))
        return
    await _schedule(watch, _ASK, _asked_at(watch, context), context)


def _asked_at(watch: Watch, context: Context) -> datetime:
    left = watch.expires_at - context.now
    return watch.expires_at - min(context.settings(WatchSettings).ask_before, left / 2)


async def _schedule(watch: Watch, step: str, due: datetime, context: Context) -> None:
    await context.timers().schedule(_TIMER, str(_subject(watch)), due, {"watch": watch.id, "step": step})


@capability.timer(_TIMER)
async def fire(timer: Timer, context: Context) -> None:
    """Ask whether it is to go on, or let it end. Whoever may be told nothing is told nothing of this either."""
    watch = await Watches(context.tx).get(int(timer.payload["watch"]))
    if watch is None or not watch.is_active:
        return
    owner = await entitled(watch, context)
    if watch.ended_at is not None:  # together with its owner's membership
        return
    if timer.payload["step"] == _ASK:
        await _schedule(watch, _END, watch.expires_at, context)
        if owner is not None:
            await _say(_question(watch, owner, context), watch, owner, context, report=_DELIVERY)
        return
    watch.end(WatchState.EXPIRED, context.now)
    await Watches(context.tx).index(watch)
    if owner is not None:
        await _say(_end_words(watch, context), watch, owner, context)


def _question(watch: Watch, owner: Member, context: Context) -> Doc:
    return doc(
        _(
            "Your watch {number} ({terms}) ends on {end}. Shall it go on? Answer {yes} or {no}; without an answer it "
            "ends by itself.",
            number=watch.number, terms=terms_words(watch.terms), end=Moment(watch.expires_at, ZoneInfo(owner.zone)),
            yes=Code("yes"), no=Code("no"),
        ),
        _("For another time than before: {renew}", renew=Code(f"{context.prefix}watch renew {watch.number} for=30d")),
    )  # fmt: skip


def _end_words(watch: Watch, context: Context) -> Doc:
    return doc(
        _(
            "Your watch {number} ({terms}) has ended. Let it begin again: {renew}",
            number=watch.number, terms=terms_words(watch.terms),
            renew=Code(f"{context.prefix}watch renew {watch.number}"),
        )
    )  # fmt: skip


@capability.delivery(_DELIVERY)
async def asked(row: OutboxRow, context: Context) -> None:
    """Wait for the answer where the question came to stand, until the watch ends."""
    watch = await Watches(context.tx).get(Subject.parse(row.subject).id) if row.subject is not None else None
    if watch is not None and watch.is_active and row.state is RowState.SENT:
        data = {"number": watch.number, "ends": watch.expires_at.isoformat()}
        await context.await_answer(row, GO_ON, data, until=watch.expires_at)


async def _say(words: Doc, watch: Watch, owner: Member, context: Context, *, report: str | None = None) -> None:
    await context.post(
        Post(
            person=owner.user_id,
            doc=words,
            priority=Priority.REMINDER,
            subject=_subject(watch),
            part="reminder",
            report=report,
            origin=owner.user_id,
            language=owner.language,
        )
    )
