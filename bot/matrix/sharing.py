"""Room keys for those who may read: devices that their owners signed, under the master keys they are pinned to.

All rooms that are to be written to are shared together: one query, one claim, and messages to devices packed across
rooms. What one request cannot hold goes into the next; a device gets one message in each, because a request has room
for no more.
"""

import asyncio
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from nio.crypto import OlmDevice

from bot.matrix.http import Http, path_of
from bot.matrix.interface import LoggedOut, MatrixError, Rejected, Unread
from bot.matrix.machine import Machine
from bot.matrix.outbound import Name, RoomSession
from bot.matrix.people import UNTOLD_FOR, People, Standing
from bot.matrix.rooms import MEGOLM, RoomView
from bot.matrix.signing import Json
from bot.matrix.store import Chest
from storage.ids import DeviceId, RoomId, UserId

log = structlog.get_logger()

_PER_REQUEST = 250  # devices of one /sendToDevice: an Olm message has about 1.5 kB
_PREPARED = 4
"""Requests whose messages are made, and written down as made, together: some megabytes."""
CLAIM_AGAIN = 300.0
"""Seconds before a device without one-time keys is asked for again."""

_TOO_LARGE = 413
UNVERIFIED, NO_OLM = "m.unverified", "m.no_olm"
_REASONS = {
    UNVERIFIED: "This device was not verified by its owner.",
    NO_OLM: "No secure channel to this device could be made.",
}


@dataclass(frozen=True, slots=True)
class _Settled:
    """For which state of things a room's key was brought to everyone entitled."""

    session: str
    view: int
    people: int
    until: float
    unread: frozenset[Unread]


@dataclass(frozen=True, slots=True)
class _Item:
    """One message to one device."""

    room_id: RoomId
    session: RoomSession
    name: Name
    withheld: str | None = None


class Sharing:
    """Brings room keys to devices."""

    def __init__(
        self,
        machine: Machine,
        chest: Chest,
        people: People,
        http: Http,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._machine = machine
        self._chest = chest
        self._people = people
        self._http = http
        self._clock = clock
        self._settled: dict[RoomId, _Settled] = {}
        self._no_claim_before: dict[Name, float] = {}
        self._at_work = asyncio.Lock()

    async def share(self, views: Sequence[RoomView]) -> None:
        """Bring the keys of rooms to every device that may read and does not have them.

        Every /sendToDevice is checked: a failure is raised, what was delivered before it stays noted. Devices that
        cannot be reached at all (no one-time keys, a server that is down) do not hold up the others.

        Raises:
            MatrixError
        """
        await self._people.current()
        if all(self._is_settled(view) for view in views):
            return
        async with self._at_work:
            views = [view for view in views if not self._is_settled(view)]
            if views:
                await self._share(views)

    def moved_on(self, view: RoomView) -> bool:
        """Say whether people or their devices have changed since the room's key was shared last."""
        settled = self._settled.get(view.room_id)
        return settled is None or (settled.view, settled.people) != (view.version, self._people.version)

    def unread(self, view: RoomView) -> frozenset[Unread]:
        """Return who in the room cannot read what is sent with the key that was shared last."""
        settled = self._settled.get(view.room_id)
        return settled.unread if settled is not None else frozenset()

    def _is_settled(self, view: RoomView) -> bool:
        settled = self._settled.get(view.room_id)
        session = self._machine.outbound.get(view.room_id)
        return (
            settled is not None
            and session is not None
            and settled.session == session.id
            and settled.view == view.version
            and settled.people == self._people.version
            and self._clock() < settled.until
            and not session.outlived(self._machine.now(), view.rotation)
        )

    async def _share(self, views: Sequence[RoomView]) -> None:
        receivers = {view.room_id: view.receivers - {UserId(self._machine.user_id)} for view in views}
        # As they are now: whoever comes or goes while the keys are on their way is a change beyond these.
        versions = {view.room_id: view.version for view in views}
        # The server tells of changed devices only for those who share a room: of the invited it does not.
        invited = {view.room_id: receivers[view.room_id] & view.with_membership("invite") for view in views}
        self._people.expire(frozenset().union(*invited.values()))
        await self._people.query(frozenset().union(*receivers.values()))
        # Everything below goes by how they stand now, whatever a sync tells in between: see `moved_on`.
        version = self._people.version
        standings = {user: self._people.standing(user) for user in frozenset().union(*receivers.values())}
        entitled = {
            room_id: {name: device for user in users for name, device in standings[user].entitled.items()}
            for room_id, users in receivers.items()
        }
        sessions: dict[RoomId, RoomSession] = {}
        missing: list[_Item] = []
        for view in views:
            devices, (_, messages) = entitled[view.room_id], view.rotation
            session = self._machine.outbound_for(view.room_id, set(devices), view.rotation)
            sessions[view.room_id] = session
            if session.reserve(messages):
                self._chest.outbound_changed(view.room_id, session)
            missing += [_Item(view.room_id, session, name) for name in devices if name not in session.shared_with]
        devices = {name: device for there in entitled.values() for name, device in there.items()}
        await self._claim({item.name: devices[item.name] for item in missing})
        reachable = [item for item in missing if self._machine.has_session(devices[item.name])]
        batches = list(_packed(reachable))
        for start in range(0, len(batches), _PREPARED):
            await self._send_keys(batches[start : start + _PREPARED], devices)
        if unreached := len(missing) - len(reachable):
            log.warning("room_key.devices_unreached", devices=unreached)
        await self._withhold(sessions, {room: [standings[user] for user in users] for room, users in receivers.items()})
        await self._chest.commit()
        for view in views:
            session = sessions[view.room_id]
            ends = [float("inf")]
            if invited[view.room_id]:
                ends.append(self._clock() + UNTOLD_FOR)
            if not entitled[view.room_id].keys() <= session.shared_with:
                ends.append(self._clock() + CLAIM_AGAIN)
            unread = frozenset(one for user in receivers[view.room_id] for one in standings[user].unread(session))
            self._settled[view.room_id] = _Settled(session.id, versions[view.room_id], version, min(ends), unread)

    async def claim(self, devices: Iterable[OlmDevice]) -> None:
        """Make new sessions with devices whose old ones are broken. Raises MatrixError."""
        await self._ask_for_keys([(device.user_id, device.id) for device in devices])

    async def _claim(self, devices: Mapping[Name, OlmDevice]) -> None:
        await self._ask_for_keys([name for name, device in devices.items() if not self._machine.has_session(device)])

    async def _ask_for_keys(self, names: Sequence[Name]) -> None:
        now = self._clock()
        wanted: dict[str, dict[str, str]] = {}
        for user, device in names:
            if self._no_claim_before.get((user, device), 0) <= now:
                wanted.setdefault(user, {})[device] = "signed_curve25519"
        if not wanted:
            return
        try:
            answer = await self._http.request("POST", path_of("keys", "claim"), {"one_time_keys": wanted})
        except Rejected as error:
            if error.status != _TOO_LARGE or len(names) == 1:
                raise
            for half in (names[: len(names) // 2], names[len(names) // 2 :]):
                await self._ask_for_keys(half)
            return
        given = answer.get("one_time_keys") or {}
        for user, asked in wanted.items():
            for device in asked:
                key = given.get(user, {}).get(device)
                if key and self._machine.learn_one_time_key(UserId(user), device, key):
                    self._no_claim_before.pop((user, device), None)
                else:
                    self._no_claim_before[user, device] = now + CLAIM_AGAIN

    async def _send_keys(self, batches: Iterable[Sequence[_Item]], devices: Mapping[Name, OlmDevice]) -> None:
        keys: dict[RoomId, Json] = {}

        def message(item: _Item) -> Json:
            if item.room_id not in keys:  # to tell a session's key costs a signature
                keys[item.room_id] = {
                    "algorithm": MEGOLM,
                    "room_id": item.room_id,
                    "session_id": item.session.id,
                    "session_key": item.session.session_key,
                }
            return self._machine.olm_message(devices[item.name], "m.room_key", keys[item.room_id])

        ready = [[(item, message(item)) for item in batch] for batch in batches]
        # Ratchets are durable before what they made leaves: a crash must not use a place of them twice.
        await self._chest.commit()
        try:
            for batch in ready:
                await self._deliver(batch)
        except MatrixError:
            await self._chest.commit()  # what was delivered before is not given again after a restart
            raise

    async def _deliver(self, batch: Sequence[tuple[_Item, Json]]) -> None:
        """Send encrypted messages, in halves when they are too many for one request, and note what was delivered."""
        messages: dict[str, Json] = {}
        for item, message in batch:
            messages.setdefault(item.name[0], {})[item.name[1]] = message
        try:
            await self.to_device("m.room.encrypted", messages)
        except Rejected as error:
            if error.status != _TOO_LARGE or len(batch) == 1:
                raise
            for half in (batch[: len(batch) // 2], batch[len(batch) // 2 :]):
                await self._deliver(half)
            return
        self._note(item for item, _ in batch)

    async def _withhold(
        self, sessions: Mapping[RoomId, RoomSession], standings: Mapping[RoomId, Iterable[Standing]]
    ) -> None:
        """Tell each device that gets no key why, once for each key. Who is told nothing by a failure is told later."""
        untold: list[_Item] = []
        for room_id, session in sessions.items():
            for one in standings[room_id]:
                if one.identity is None:
                    continue
                entitled = one.entitled
                for device in one.devices:
                    name = (one.user, device.id)
                    code = NO_OLM if name in entitled else UNVERIFIED
                    if name not in session.shared_with and session.withheld.get(name) != code:
                        untold.append(_Item(room_id, session, name, code))
        try:
            for batch in _packed(untold):
                await self.to_device("m.room_key.withheld", self._withholding(batch))
                self._note(batch)
        except LoggedOut:
            raise
        except MatrixError as error:
            log.warning("room_key.withheld_untold", error=type(error).__name__)

    def _withholding(self, batch: Sequence[_Item]) -> Json:
        messages: dict[str, Json] = {}
        for item in batch:
            assert item.withheld is not None
            content = {
                "algorithm": MEGOLM,
                "sender_key": self._machine.account.identity_keys["curve25519"],
                "code": item.withheld,
                "reason": _REASONS[item.withheld],
            }
            if item.withheld != NO_OLM:  # which is of the device, whatever the room
                content |= {"room_id": item.room_id, "session_id": item.session.id}
            messages.setdefault(item.name[0], {})[item.name[1]] = content
        return messages

    def _note(self, batch: Iterable[_Item]) -> None:
        for item in batch:
            item.session.note(item.name, item.withheld)
            self._chest.shared(item.session, [(UserId(item.name[0]), DeviceId(item.name[1]))], item.withheld)

    async def to_device(self, kind: str, messages: Json) -> None:
        """Send messages to devices. Raises MatrixError."""
        await self._http.request("PUT", path_of("sendToDevice", kind, uuid.uuid4().hex), {"messages": messages})

    def encrypt(self, view: RoomView, payload: Mapping[str, Any]) -> Json:
        """Encrypt for a room whose key was just shared; the place used is to be committed before it goes out."""
        return self._machine.encrypt(view.room_id, self._machine.outbound[view.room_id], view.rotation[1], payload)


def _packed(items: Iterable[_Item]) -> Iterable[Sequence[_Item]]:
    """Put messages into as few requests as hold them, each device at most once in a request."""
    layers: list[list[_Item]] = []
    times: dict[Name, int] = {}
    for item in items:
        layer = times[item.name] = times.get(item.name, -1) + 1
        if layer == len(layers):
            layers.append([])
        layers[layer].append(item)
    for waiting in layers:
        for start in range(0, len(waiting), _PER_REQUEST):
            yield waiting[start : start + _PER_REQUEST]
