"""Between the sync loop and the state machine: takes in what arrives, sends what is to be said, watches the clock."""

import asyncio
import random as system_random
import uuid
from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import UTC, datetime
from typing import Any

import structlog

from bot.matrix.answers import is_id
from bot.matrix.backoff import Backoff
from bot.matrix.interface import LoggedOut, MatrixError, ShortCode, Throttled, Trust, Unavailable
from bot.matrix.machine import OpenedToDevice
from bot.matrix.signing import PublicIdentity
from bot.matrix.verification.answering import Verifications
from bot.matrix.verification.messages import PREFIX, REQUEST_MSGTYPE, Received, ToSend
from storage.base import Transaction
from storage.ids import DeviceId, EventId, RoomId, UserId
from storage.verifications import VerificationRow
from storage.verifications import Verifications as Running

log = structlog.get_logger()

_MOST_WAITING = 1_000  # answers; beyond, a flood is not answered
_MOST_TO_STRANGERS = 500  # of them
_TICK = 5.0  # seconds between two looks at what takes too long

Post = Callable[[ToSend, str], Awaitable[None]]
"""Sends a message under a transaction id. Raises MatrixError."""


def utc_now() -> datetime:
    return datetime.now(UTC)


def known_keys(identity: PublicIdentity | None, device: DeviceId) -> dict[str, str]:
    """Return by key id what is known of a device and of its owner's master key, as far as it is signed."""
    if identity is None or identity.master is None:
        return {}
    keys = {f"ed25519:{identity.master}": identity.master}
    if device in identity.signed:
        keys[f"ed25519:{device}"] = identity.signed[device]
    return keys


class Desk:
    """Where members' verifications are attended to. Taking in never waits; sending happens in `run`, in order."""

    def __init__(
        self,
        user: UserId,
        device: DeviceId,
        own_keys: Mapping[str, str],
        *,
        keys_of: Callable[[UserId, DeviceId], Mapping[str, str]],
        post: Post,
        knows: Callable[[UserId], bool] = lambda _user: True,
        now: Callable[[], datetime] = utc_now,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        random: Callable[[], float] = system_random.random,
        before: Iterable[VerificationRow] = (),
    ) -> None:
        """Make the desk of one own device; see `Verifications` for the keys.

        `knows` says who is somebody: a flood of strangers takes nothing from them. `before`: what was under way at the
        last end.
        """
        self._codes: list[ShortCode] = []
        self._answering = Verifications(user, device, own_keys, keys_of=keys_of, show=self._codes.append, knows=knows)
        self._knows = knows
        self._post = post
        self._now = now
        self._sleep = sleep
        self._backoff = Backoff(sleep, random)
        self._outgoing: asyncio.PriorityQueue[tuple[bool, int, ToSend]] = asyncio.PriorityQueue(_MOST_WAITING)
        self._put_so_far = 0
        self._written = self._to_be_written = frozenset(before)
        self._interrupted = self._answering.interrupt(self._written, now())
        self._put(message for _, message in self._interrupted)

    @property
    def running(self) -> int:
        """How many verifications are under way."""
        return self._answering.running

    def take_codes(self) -> list[ShortCode]:
        """Return the short codes since the last call, to be shown to the coordinators."""
        codes, self._codes[:] = self._codes.copy(), []
        return codes

    @property
    def has_news(self) -> bool:
        """Whether something is under way, or ended, that is not written down so."""
        return self._under_way != self._written

    @property
    def _under_way(self) -> frozenset[VerificationRow]:
        return frozenset([*self._answering.under_way, *(row for row, _ in self._interrupted)])

    async def keep(self, tx: Transaction) -> None:
        """Write what is under way; say with `kept` that the transaction was committed."""
        under_way = self._to_be_written = self._under_way
        if under_way != self._written:
            running = Running(tx)
            await running.keep(under_way - self._written)
            await running.drop(self._written - under_way)

    def kept(self) -> None:
        """What `keep` wrote is durable."""
        self._written = self._to_be_written

    def take_opened(self, opened: Iterable[OpenedToDevice]) -> None:
        """Take in the verification messages among those that came encrypted to this device."""
        for one in opened:
            if one.type.startswith(PREFIX):
                self._take(Received(one.sender, one.type.removeprefix(PREFIX), one.content, device_id=one.device_id))

    def take_to_device(self, sync: Mapping[str, Any]) -> None:
        """Take in the verification messages among the to-device messages of a sync answer, once for each answer."""
        part = sync.get("to_device")
        events = part.get("events") if isinstance(part, dict) else None
        for event in events if isinstance(events, list) else ():
            kind, sender, content = (_part(event, name) for name in ("type", "sender", "content"))
            if is_id(kind) and kind.startswith(PREFIX) and is_id(sender) and isinstance(content, dict):
                self._take(Received(UserId(sender), kind.removeprefix(PREFIX), content))

    def take_event(
        self,
        event: Mapping[str, Any],
        room_id: RoomId,
        sent_at: datetime,
        *,
        alone: bool,
        payload: Mapping[str, Any] | None = None,
        device_id: DeviceId | None = None,
        trust: Trust = Trust.CLEAR,
    ) -> bool:
        """Take in a room event of somebody else; say whether it was about a verification. Again is no harm.

        `payload`, `device_id` and `trust`: what was in an encrypted event and who sent it. `alone`: the room holds the
        bot and the sender only.
        """
        inside = event if payload is None else payload
        kind, content = inside.get("type"), inside.get("content")
        if not isinstance(kind, str) or not isinstance(content, dict):
            return False
        if kind == "m.room.message" and content.get("msgtype") == REQUEST_MSGTYPE:
            kind = REQUEST_MSGTYPE
        elif not kind.startswith(PREFIX) or kind == REQUEST_MSGTYPE:
            return False
        relation = event["content"].get("m.relates_to")
        if relation is not None:  # of an encrypted event it may stand outside only
            content = {"m.relates_to": relation, **content}
        self._take(
            Received(
                sender=UserId(str(event.get("sender"))),
                kind=kind.removeprefix(PREFIX),
                content=content,
                sent_at=sent_at,
                device_id=device_id,
                room_id=room_id,
                event_id=EventId(str(event.get("event_id"))),
                clear=trust is not Trust.SIGNED,
                alone=alone,
            )
        )
        return True

    def _take(self, message: Received) -> None:
        self._put(self._answering.receive(message, self._now()))

    def _put(self, answers: Iterable[ToSend]) -> None:
        for answer in answers:
            strange = not self._knows(answer.user)
            if self._outgoing.full() or (strange and self._outgoing.qsize() >= _MOST_TO_STRANGERS):
                log.warning("verification.flood", user=answer.user)
                continue
            self._put_so_far += 1  # of each kind in the order in which they came
            self._outgoing.put_nowait((strange, self._put_so_far, answer))

    async def run(self) -> None:
        """Send answers and end what takes too long, until cancelled."""
        sending = asyncio.create_task(self._send_all())
        try:
            while True:
                await self._sleep(_TICK)
                self._put(self._answering.expire(self._now()))
        finally:
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)

    async def _send_all(self) -> None:
        while True:
            _, _, message = await self._outgoing.get()
            try:
                await self._send(message, uuid.uuid4().hex)
            except LoggedOut:
                return  # the sync loop says so
            except MatrixError as error:
                log.warning("verification.not_sent", user=message.user, type=message.type, error=type(error).__name__)
            except Exception as error:
                # A bug must not leave all later ones without an answer.
                log.exception("verification.not_sent", type=message.type, error=type(error).__name__)
            self._interrupted = [(row, owed) for row, owed in self._interrupted if owed is not message]

    async def _send(self, message: ToSend, transaction_id: str) -> None:
        while True:
            try:
                await self._post(message, transaction_id)
            except (Throttled, Unavailable) as error:
                await self._backoff.pause(error)
            else:
                self._backoff.reset()
                return


def _part(event: Any, name: str) -> Any:
    return event.get(name) if isinstance(event, dict) else None
