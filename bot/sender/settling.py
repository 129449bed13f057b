"""What is written down after a try, and who hears of it."""

from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import assert_never

import structlog

from bot.context import BotContext, House, nowhere
from bot.matrix.interface import Gateway, Unread, WhyUnread
from bot.outgoing import FILE
from bot.sender.outcome import TRIES_AT_A_FAULT, Head, Outcome, SenderSettings
from bot.sender.pauses import Pauses
from commands.base import Event, Post
from commands.document import Code, Text, _, doc
from commands.happenings import CannotRead, HeldBack, HistoryShared, Obstacle, Unreached
from commands.network import alarm, failure_words
from storage.audit import Audit
from storage.base import Transaction
from storage.files import OutgoingFiles
from storage.ids import RoomId, UserId
from storage.members import Members
from storage.outbox import Arrival, Failure, Lanes, Outbox, OutboxRow, Priority, RowKind, RowState, invitations
from storage.rooms import Rooms

log = structlog.get_logger()

LOSS_REPORT = "loss"
"""Part of a message that says that another could not be delivered; when it fails itself, nothing more is said."""
_LOOK_AGAIN = timedelta(minutes=5)
"""How often the readers of a room are looked at anew while somebody is there who may not read."""
_KEYS_AWAITED = timedelta(days=30)
"""How long what one person shall read waits for a coordinator to confirm their keys."""
_NEVER_READ = frozenset({Failure.NOT_SHOWN, Failure.NOT_A_MEMBER, Failure.CHANGED_KEYS})
"""Why a message reached nobody although nothing is wrong with the way to them."""


class Settling:
    def __init__(self, gateway: Gateway, house: House, settings: SenderSettings, pauses: Pauses) -> None:
        self._gateway = gateway
        self._house = house
        self._settings = settings
        self._pauses = pauses
        self._unread: dict[RoomId, frozenset[Unread]] = {}
        """Who could not read the last message of each room: said once, and the database need not be asked each time."""
        self._shared: set[RoomId] = set()

    def is_plain(self, row: OutboxRow, outcome: Outcome) -> bool:
        """Whether a row was sent, and nobody has to hear more of it: as nearly all answers."""
        return row.report is None and self.is_simple(row, outcome)

    def is_simple(self, row: OutboxRow, outcome: Outcome) -> bool:
        """Whether a row was sent, and at most whoever asked for it has to hear of that."""
        said_before = self._unread.get(outcome.room_id, frozenset()) if outcome.room_id is not None else frozenset()
        return (
            outcome.event_id is not None
            and row.replaces_row is None
            and FILE not in row.content
            and outcome.unread == said_before
        )

    async def settle_together(self, tried: Sequence[tuple[Head, Outcome]], tx: Transaction) -> None:
        """Write down that messages were sent, all of which are simple, and tell whoever asked for them."""
        now = self._house.now()
        arrived = [Arrival(head.row.id, outcome.room_id, outcome.event_id) for head, outcome in tried]
        await Lanes(tx).sent(arrived, device=self._gateway.device_id, now=now)
        reported = [head.row.id for head, _ in tried if head.row.report is not None]
        if reported:
            await self._report_together((await Outbox(tx).several(reported)).values(), tx)
        for head, outcome in tried:
            if head.audience.shared_history and outcome.room_id is not None:
                await self.note_history(outcome.room_id, tx)

    async def settle(self, row: OutboxRow, outcome: Outcome, tx: Transaction) -> bool:
        """Write what became of the row, and tell whoever wants to know, in one transaction.

        Returns whether the lane goes on at once.
        """
        now = self._house.now()
        if outcome.strangers:
            return await self._hold(row, outcome.strangers, tx)
        if outcome.keys_changed:
            return await self._hold_until_confirmed(row, tx)
        if outcome.withheld:
            return await self._withhold(row, tx)
        if outcome.refused:
            return self._put_off(row, outcome.retry_in)
        row.attempts += 1
        if outcome.retry_in is not None:
            # The device stays as it was: a look for what the one before may have sent can have failed itself.
            row.not_before = now + outcome.retry_in
            return False
        row.device_id = self._gateway.device_id
        row.not_before = None
        if outcome.dropped:
            row.state = RowState.DROPPED
            return True
        if outcome.failure is not None:
            row.state = RowState.GIVEN_UP
            row.failure = outcome.failure
            log.error("sender.given_up", row=row.id, room=row.room_id, reason=outcome.failure)
        else:
            row.state = RowState.SENT
            row.sent_at = now
            row.event_id = outcome.event_id
            row.sent_room = outcome.room_id
            await self._note_move(row, tx)
            await self._note_readers(row, outcome, tx)
        if FILE in row.content:  # what opens the file was for the tries alone
            await OutgoingFiles(tx).forget([row.id])
        await self._report(row, tx)
        if outcome.closed is not None:
            await self._emit(outcome.closed, tx)
        return True

    def _put_off(self, row: OutboxRow, rest: timedelta | None) -> bool:
        """Let a row wait until the homeserver takes more. What is said in a room does not wait for an invitation."""
        row.not_before = self._house.now() + rest if rest is not None else None
        if row.kind is not RowKind.INVITE or row.room_id is None:
            return False
        row.lane = invitations(row.room_id)
        return True

    async def _hold(self, row: OutboxRow, people: frozenset[UserId], tx: Transaction) -> bool:
        """Let what waits in the room wait for a decision about its readers, and say so; give it up in the end."""
        now = self._house.now()
        # Who was met on the way to the homeserver may be known: somebody who came in a moment ago.
        strangers = frozenset[UserId]()
        if row.room_id is not None and row.user_id is None:
            strangers = await Rooms(tx).strangers(row.room_id, people)
        if row.room_id is None or not strangers:
            row.attempts += 1
            if row.attempts < TRIES_AT_A_FAULT:
                return True
            row.not_before = now + self._pauses.backoff(row.attempts)
            return False
        waiting = await Lanes(tx).hold(row.lane, now)
        assert row.held_since is not None
        if now - row.held_since > self._settings.give_up_after:
            return await self.settle(row, Outcome(failure=Failure.STRANGERS), tx)
        row.not_before = now + _LOOK_AGAIN
        log.warning("sender.held", room=row.room_id, waiting=waiting, strangers=len(strangers))
        await self._emit(HeldBack(row.room_id, strangers, waiting), tx)
        return False

    async def _hold_until_confirmed(self, row: OutboxRow, tx: Transaction) -> bool:
        """Let what one person shall read wait until a coordinator confirms the keys; give it up in the end."""
        now, is_first = self._house.now(), row.held_since is None
        await Lanes(tx).hold(row.lane, now)
        assert row.held_since is not None
        if is_first:
            await self._report(row, tx)
        if now - row.held_since > _KEYS_AWAITED:
            return await self.settle(row, Outcome(failure=Failure.CHANGED_KEYS), tx)
        row.not_before = now + _LOOK_AGAIN
        log.warning("sender.keys_changed", row=row.id)
        return False

    async def _withhold(self, row: OutboxRow, tx: Transaction) -> bool:
        """Drop what may no longer be shown to whom it was for: forget what it says, put it on record."""
        now = self._house.now()
        dropped = [row] if row.replaces_row is not None else await Outbox(tx).empty([row.id], now)
        row.content, row.state, row.failure = {}, RowState.DROPPED, Failure.NOT_SHOWN
        row.not_before = None
        await OutgoingFiles(tx).forget([one.id for one in dropped])
        log.warning("sender.withheld", row=row.id)
        details = {"row": row.id, **({"person": row.user_id} if row.user_id is not None else {})}
        Audit(tx).record(now, "bot", "send", "withheld", subject=row.subject, room_id=row.room_id, details=details)
        await self._report(row, tx)
        return True

    async def _note_readers(self, row: OutboxRow, outcome: Outcome, tx: Transaction) -> None:
        """Say who cannot read what was just sent."""
        room = outcome.room_id
        if room is None:
            return
        if outcome.unread != self._unread.get(room, frozenset()):
            if outcome.unread:
                unreached = sorted(
                    (Unreached(one.user, one.device_id, _obstacle(one.why)) for one in outcome.unread),
                    key=lambda one: (one.user, one.device_id or ""),
                )
                await self._emit(CannotRead(room, row.user_id, unreached), tx)
            self._unread[room] = outcome.unread

    async def note_history(self, room_id: RoomId, tx: Transaction) -> None:
        """Say that who comes later may be given what was sent."""
        if room_id not in self._shared:
            self._shared.add(room_id)
            await self._emit(HistoryShared(room_id), tx)

    async def _emit(self, event: Event, tx: Transaction) -> None:
        """Let a capability put into words what was noticed; a bug of its must not undo what was sent."""
        try:
            async with tx.attempt():
                await BotContext(self._house, tx, self._house.now(), nowhere()).emit(event)
        except Exception:
            log.exception("sender.untold", happening=type(event).__name__)

    async def _note_move(self, row: OutboxRow, tx: Transaction) -> None:
        """What follows an edit that had to be sent anew in another room follows it there."""
        target = await Outbox(tx).get(row.replaces_row) if row.replaces_row is not None else None
        if target is not None and target.sent_room != row.sent_room:
            target.event_id, target.sent_room = row.event_id, row.sent_room

    async def _report_together(self, rows: Iterable[OutboxRow], tx: Transaction) -> None:
        """Tell of several at once who wants to hear of them so; of the others one by one."""
        together: dict[str, list[OutboxRow]] = {}
        for row in rows:
            assert row.report is not None
            if row.report in self._house.registry.deliveries_together:
                together.setdefault(row.report, []).append(row)
            else:
                await self._report(row, tx)
        for name, those in together.items():
            if not await self._told(name, those, tx):  # for the sake of one that is at fault the others are told of
                for row in those:
                    await self._report(row, tx)

    async def _told(self, name: str, rows: Sequence[OutboxRow], tx: Transaction) -> bool:
        """Tell a capability of the fate of rows; whether that went well."""
        registry = self._house.registry
        try:
            async with tx.attempt():
                if name in registry.deliveries_together:
                    context = BotContext(self._house, tx, self._house.now(), nowhere())
                    await registry.deliveries_together[name](rows, context)
                else:
                    for row in rows:
                        context = BotContext(self._house, tx, self._house.now(), nowhere(row.sent_room or row.room_id))
                        await registry.deliveries[name](row, context)
        except Exception:  # a capability's bug must not make a message that was sent look unsent
            log.exception("sender.report_failed", rows=[row.id for row in rows], report=name)
            return False
        return True

    async def _report(self, row: OutboxRow, tx: Transaction) -> None:
        context = BotContext(self._house, tx, self._house.now(), nowhere(row.sent_room or row.room_id))
        if row.report is not None:
            await self._told(row.report, [row], tx)
        if row.failure in _NEVER_READ and row.replaces_row is None:
            await self._unsay(row, context)
        if row.state is RowState.GIVEN_UP and row.part != LOSS_REPORT:
            await self._tell_of_loss(row, context)

    async def _unsay(self, row: OutboxRow, context: BotContext) -> None:
        """Let whoever noted that this was told know that it was not."""
        for handler in self._house.registry.unsaid:
            try:
                async with context.tx.attempt():
                    await handler(row, context)
            except Exception:
                log.exception("sender.unsay_failed", row=row.id)

    async def _tell_of_loss(self, row: OutboxRow, context: BotContext) -> None:
        """Nothing is given up silently: the coordinators hear of it, and who asked for it."""
        loss = _(
            "I could not deliver a message to {where}: {reason}. I will not try again.",
            where=await self._name(row),
            reason=failure_words(row.failure or Failure.REFUSED),
        )
        if row.kind is RowKind.REDACT:
            loss = _(
                "I could not take back a message in {where} that may no longer be shown there: {reason}. "
                "Somebody with power in that room should remove it.",
                where=await self._name(row), reason=failure_words(row.failure or Failure.REFUSED),
            )  # fmt: skip
        # What it was about is said only to who asked for it: the number of an alert may be more than others may know.
        await alarm(doc(loss), context, but=row.room_id, part=LOSS_REPORT)
        asked_by = await Members(context.tx).get(row.origin_user) if row.origin_user else None
        if asked_by is not None and asked_by.user_id != row.user_id:
            words = doc(loss, _("It was about {subject}.", subject=Code(row.subject))) if row.subject else doc(loss)
            await context.post(Post(doc=words, person=asked_by.user_id, part=LOSS_REPORT, priority=Priority.ALERT))

    async def _name(self, row: OutboxRow) -> Text:
        if row.room_id is None:
            return Text(row.user_id or "?")
        return Text(await self._house.people.name_of(row.room_id) or row.room_id)


def _obstacle(why: WhyUnread) -> Obstacle:
    match why:
        case WhyUnread.UNSIGNED:
            return Obstacle.UNSIGNED
        case WhyUnread.NO_IDENTITY:
            return Obstacle.NO_IDENTITY
        case WhyUnread.CHANGED:
            return Obstacle.CHANGED
        case WhyUnread.UNREACHABLE:
            return Obstacle.UNREACHABLE
        case WhyUnread.NO_DEVICE:
            return Obstacle.NO_DEVICE
        case _:
            assert_never(why)
