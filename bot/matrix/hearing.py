"""One event of a room: opened, judged and taken apart, or why it could not be read."""

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import structlog

from bot.matrix.answers import Event, is_id
from bot.matrix.changes import redaction, state_change, unreadable
from bot.matrix.crypto import Crypto, Read
from bot.matrix.interface import NO_KEY, CarriedFile, Incoming, MatrixError, Message, Trust
from bot.matrix.machine import NoKey, NoSender, Refused
from bot.matrix.reading import is_redacted, moment, said
from bot.matrix.rooms import Rooms, RoomView
from bot.matrix.verification import Desk
from storage.base import FAULTS
from storage.ids import DeviceId, EventId, RoomId, UserId

log = structlog.get_logger()

_TO_BE_TRIED_AGAIN: tuple[type[Exception], ...] = (MatrixError, *FAULTS)


class Hearing:
    """Reads the events of rooms, each by itself."""

    def __init__(
        self,
        crypto: Crypto,
        rooms: Rooms,
        desk: Desk,
        *,
        own: UserId,
        names: Callable[[RoomView], Iterable[str]],
        carried: Callable[[Mapping[str, Any], EventId], CarriedFile | None],
        keep: Callable[[str, RoomId, Event, int | None], None],
    ) -> None:
        """`keep` is given what may be read later: session id, room, event, and what was heard of its sender."""
        self._crypto = crypto
        self._rooms = rooms
        self._desk = desk
        self._own = own
        self._names = names
        self._carried = carried
        self._keep = keep

    async def read(self, room_id: RoomId, event: Event) -> Incoming | None:
        """Return what an event says, None for what is not for the bot.

        Raises MatrixError, and what a database raises.
        """
        try:
            return await self._read(room_id, event)
        except _TO_BE_TRIED_AGAIN:
            raise
        except Exception as error:
            # One malformed event must not stop all that come after it.
            log.exception("event.malformed", room=room_id, error=type(error).__name__)
            return unreadable(room_id, event, "malformed")

    async def _read(self, room_id: RoomId, event: Event) -> Incoming | None:
        view = self._rooms.view(room_id)
        if "state_key" in event:
            return state_change(view, event)
        if event.get("sender") == self._own:
            return None
        if event.get("type") == "m.room.redaction":  # before version 11 a room's redactions have no content
            return redaction(room_id, event)
        if is_redacted(event):
            return None
        if event.get("type") != "m.room.encrypted" and self._verifies(view, event):
            return None
        if event.get("type") == "m.room.message":
            return self._message(view, event, event["content"], Trust.CLEAR, None)
        return await self._read_encrypted(view, event) if event.get("type") == "m.room.encrypted" else None

    async def _read_encrypted(self, view: RoomView, event: Event) -> Incoming | None:
        room_id = view.room_id
        if not is_id(event["content"].get("session_id")):
            return unreadable(room_id, event, "malformed")
        try:
            read = await self._crypto.read(event, room_id)
        except NoKey as error:
            self._keep(error.session_id, room_id, event, None)
            self._crypto.request_key(event, room_id)
            return unreadable(room_id, event, NO_KEY)
        except NoSender as error:
            self._keep(str(event["content"].get("session_id")), room_id, event, error.heard)
            return unreadable(room_id, event, str(error))
        except Refused as error:
            log.warning("event.refused", room=room_id, sender=event.get("sender"), reason=str(error))
            return unreadable(room_id, event, str(error))
        payload = read.opened.payload
        if "state_key" in payload:
            log.warning("event.encrypted_state", room=room_id, sender=event.get("sender"))
            return unreadable(room_id, event, "encrypted state")
        if self._verifies(view, event, read) or payload["type"] != "m.room.message":
            return None
        return self._message(view, event, payload["content"], read.trust, read.device_id, read.opened.once)

    def _verifies(self, view: RoomView, event: Event, read: Read | None = None) -> bool:
        alone = view.with_membership("join", "invite") == {self._own, event.get("sender")}
        if read is None:
            return self._desk.take_event(event, view.room_id, moment(event), alone=alone)
        return self._desk.take_event(
            event,
            view.room_id,
            moment(event),
            alone=alone,
            payload=read.opened.payload,
            device_id=read.device_id,
            trust=read.trust,
        )

    def _message(
        self,
        view: RoomView,
        event: Event,
        content: Mapping[str, Any],
        trust: Trust,
        device: DeviceId | None,
        once: str | None = None,
    ) -> Message | None:
        words = said(content, event["content"], self._own, self._names(view))
        if words is None:
            return None
        sender = UserId(event["sender"])
        return Message(
            event_id=EventId(event["event_id"]),
            room_id=view.room_id,
            sender=sender,
            sent_at=moment(event),
            body=words.body,
            trust=trust,
            device_id=device,
            room_encrypted=view.encrypted,
            direct=view.with_membership("join", "invite") == {self._own, sender},
            mentioned=words.mentioned,
            thread_root=words.thread_root,
            reply_to=words.reply_to,
            once=once,
            file=self._carried(content, EventId(event["event_id"])),
        )
