"""What is noticed without anybody having said it: invitations, people who come and go, keys that change."""

import structlog

from bot.context import BotContext, House, nowhere
from bot.matrix.interface import (
    NO_KEY,
    IdentityChanged,
    Invite,
    MembershipChange,
    Noticed,
    Redaction,
    ShortCode,
    Tombstone,
    Unreadable,
)
from commands.base import Post
from commands.happenings import (
    JOINED,
    CodeShown,
    FileTakenBack,
    KeysChanged,
    NotReadable,
    RoomClosed,
)
from storage.base import Transaction
from storage.files import IncomingFiles
from storage.ids import RoomId, server_of
from storage.members import Members, Role
from storage.outbox import Lanes, Priority, RowKind
from storage.pins import Pins
from storage.rooms import Rooms

log = structlog.get_logger()


class Noticing:
    """Handles what is no message; mostly it tells the capabilities, which find the words."""

    def __init__(self, house: House) -> None:
        self._house = house
        self.read = 0
        """How many messages there were since the start."""
        self._unread = 0

    async def notice(self, event: Noticed, tx: Transaction) -> str:
        """Handle one event and return what became of it."""
        match event:
            case Invite():
                return await self._invite(event, tx)
            case MembershipChange(room_id, user, joined):
                await Lanes(tx).try_held_again(room_id)
                context = self._unasked(tx, room_id)
                for handler in self._house.registry.rooms:
                    await handler(room_id, user, joined, context)
                return "membership"
            case Tombstone(room_id, successor):
                log.warning("room.tombstoned", room=room_id)
                await self._unasked(tx, room_id).emit(RoomClosed(room_id, successor))
                return "tombstoned"
            case IdentityChanged(user, master_key, shown_at):
                log.warning("identity.changed", user=user)
                await self._unasked(tx).emit(KeysChanged(user, master_key, shown_at))
                return "identity changed"
            case ShortCode():
                code = CodeShown(event.user, event.device_id, event.emoji, event.decimals)
                await self._unasked(tx).emit(code)
                return "short code"
            case Redaction():
                return await self._redaction(event, tx)
            case Unreadable():
                return await self._unreadable(event, tx)

    async def _unreadable(self, event: Unreadable, tx: Transaction) -> str:
        self._unread += 1
        log.warning("event.unreadable", room=event.room_id, reason=event.reason, so_far=self._unread, of=self.read)
        if event.reason == NO_KEY:  # any other reason means that it may be forged: nobody is told anything
            told = NotReadable(event.event_id, event.room_id, event.sender, event.sent_at)
            await self._unasked(tx, event.room_id).emit(told)
        return f"unreadable: {event.reason}"

    async def _invite(self, invite: Invite, tx: Transaction) -> str:
        inviter = await Members(tx).get(invite.inviter)
        pin = await Pins(tx).get(invite.inviter)
        if pin is not None and pin.frozen:  # it may be somebody else who invites in this name
            inviter = None
        rooms = Rooms(tx)
        known = await rooms.of_room(invite.room_id) or await rooms.succeeds(invite.room_id)
        if not known and (inviter is None or inviter.role < Role.COORDINATOR):
            log.info("invite.ignored", room=invite.room_id)
            return "ignored: invited by no coordinator"
        context = self._unasked(tx, invite.room_id)
        via = {"via": [server_of(invite.inviter)]}
        join = Post(kind=RowKind.JOIN, room=invite.room_id, priority=Priority.ANSWER, report=JOINED, content=via)
        await context.post(join)
        return "joining"

    async def _redaction(self, redaction: Redaction, tx: Transaction) -> str:
        file = await IncomingFiles(tx).of_event(redaction.redacts)
        if file is None or file.room_id != redaction.room_id:
            return "ignored: nothing that is kept"
        await self._unasked(tx).emit(FileTakenBack(file.id, redaction.sender))
        return "file taken back"

    def _unasked(self, tx: Transaction, room_id: RoomId | None = None) -> BotContext:
        """Return the context of what nobody ordered."""
        return BotContext(self._house, tx, self._house.now(), nowhere(room_id))
