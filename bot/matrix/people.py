"""Whose keys are whose: devices and cross-signing identities of others, and the master keys they are pinned to."""

import asyncio
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import structlog
from nio.crypto import OlmDevice

from bot.matrix.answers import people_of
from bot.matrix.http import Http, path_of
from bot.matrix.interface import IdentityChanged, Incoming, Unread, WhyUnread
from bot.matrix.machine import Machine
from bot.matrix.outbound import Name, RoomSession
from bot.matrix.signing import Json, PublicIdentity, read_identity
from bot.matrix.store import Chest
from storage import pins
from storage.base import Database
from storage.ids import DeviceId, UserId
from storage.keys import DeviceRow, UserRow

log = structlog.get_logger()

UNTOLD_FOR = 5.0
"""Seconds for which the devices of somebody of whose changes no server tells are taken for what they were."""

_QUERIES = 3
"""How often those are asked for who change again and again while they are asked for."""

_ASK_AGAIN = 60.0
"""Seconds before a server that did not answer for its users is asked again."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of one user's devices at one moment. `identity` None: they could not be asked for."""

    user: UserId
    identity: PublicIdentity | None
    pinned: bool
    devices: tuple[OlmDevice, ...]

    @property
    def entitled(self) -> dict[Name, OlmDevice]:
        """The devices that may read: signed by their owner, whose master key is the pinned one."""
        return {(self.user, device.id): device for device in self.devices if self.pinned and self.signed(device)}

    def signed(self, device: OlmDevice) -> bool:
        return self.identity is not None and self.identity.vouches_for(device.id, device.ed25519)

    def unread(self, session: RoomSession) -> Iterable[Unread]:
        """Return which of the devices do not have the session's key, or that none has it, and why."""
        if self.identity is None:
            yield Unread(self.user, None, WhyUnread.UNREACHABLE)
        elif not self.devices:
            yield Unread(self.user, None, WhyUnread.NO_DEVICE)
        elif self.identity.master is None:
            yield Unread(self.user, None, WhyUnread.NO_IDENTITY)
        elif not self.pinned:
            yield Unread(self.user, None, WhyUnread.CHANGED)
        else:
            for device in self.devices:
                if not self.signed(device):
                    yield Unread(self.user, DeviceId(device.id), WhyUnread.UNSIGNED)
                elif (self.user, device.id) not in session.shared_with:
                    yield Unread(self.user, DeviceId(device.id), WhyUnread.UNREACHABLE)


class People:
    """What the homeserver shows of others' keys. What it shows is proved before it is believed."""

    def __init__(
        self,
        machine: Machine,
        chest: Chest,
        http: Http,
        database: Database,
        pinned: Iterable[pins.Pin],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.version = 0
        """Counts the changes: what was worked out from an earlier version is to be worked out anew."""
        self._machine = machine
        self._chest = chest
        self._http = http
        self._database = database
        self._clock = clock
        self._querying = asyncio.Lock()
        self._identities: dict[UserId, PublicIdentity] = {}
        self._stale: set[UserId] = set()  # to be queried
        self._asking: set[UserId] = set()  # being queried, and not changed since
        self._not_before: dict[UserId, float] = {}
        self._asked_at: dict[UserId, float] = {}
        self._heard_of: dict[UserId, int] = {}
        self._pins: dict[UserId, str] = {}
        self._shown: dict[UserId, pins.Sighting] = {}
        """Of whom another master key than the pinned one is shown, and since when."""
        self._cut_off: set[UserId] = set()  # whose own server did not answer when they were asked for last
        self._pins_changed = False
        self._noticed: list[Incoming] = []
        for row in chest.saved.users:
            if row.stale:
                self._stale.add(row.user_id)
            if not row.stale or row.master_key is not None:
                self._identities[row.user_id] = _identity(row)
        self._take_pins(pinned)
        # Told again at each start: who was told before is not told twice.
        self._noticed += [IdentityChanged(*sighting) for sighting in self._shown.values()]
        chest.describe = self._row
        database.listen(pins.TOPIC, self._note_pins)

    def _take_pins(self, pinned: Iterable[pins.Pin]) -> None:
        self._pins |= {pin.user_id: pin.master_key for pin in pinned}
        self._shown = {
            pin.user_id: pins.Sighting(pin.user_id, pin.shown_key, pin.shown_at)
            for pin in pinned
            if pin.shown_key is not None and pin.shown_at is not None
        }
        # What was seen and is still to be written is not among them: judged anew, as it will be when it is written.
        for sighting in self._chest.pending.pins:
            self._judge(sighting)
        self.version += 1

    def _note_pins(self, _users: frozenset[str]) -> None:
        self._pins_changed = True

    async def current(self) -> None:
        """Read the pins anew when a coordinator has confirmed one."""
        if self._pins_changed:
            self._pins_changed = False
            async with self._database.transaction() as tx:
                self._take_pins(await pins.Pins(tx).all())

    def take_noticed(self) -> list[Incoming]:
        """Return what was seen since the last call and others have to hear of."""
        noticed, self._noticed = self._noticed, []
        return noticed

    def _row(self, user: UserId) -> UserRow:
        identity = self._identities.get(user, PublicIdentity(user))
        devices = {
            name: DeviceRow(
                device.ed25519, device.curve25519, identity.vouches_for(name, device.ed25519), bool(device.deleted)
            )
            for name, device in self._machine.device_store[user].items()
        }
        known = user in self._identities and user not in self._stale
        return UserRow(user, identity.master, identity.self_signing, devices, not known)

    def note_device_lists(self, sync: Mapping[str, Any], receivers: frozenset[UserId]) -> None:
        """Mark users whose devices changed, and those of encrypted rooms that were never asked for."""
        lists = sync.get("device_lists")
        lists = lists if isinstance(lists, dict) else {}
        for user in people_of(lists.get("left")):
            # Their changes are not told any more; should they come back, they are asked for anew.
            if user in self._identities:
                self._mark(user)
                del self._identities[user]
                self._stale.discard(user)
            self._cut_off.discard(user)
            self._asking.discard(user)
        for user in people_of(lists.get("changed")):
            if user in receivers or user in self._identities or user in self._asking:
                self._mark(user)
        for user in receivers.difference(self._identities, self._stale):  # with "-" it takes several times as long
            self._stale.add(user)
            self.version += 1

    def _mark(self, user: UserId) -> None:
        self._stale.add(user)
        self._asking.discard(user)
        self._not_before.pop(user, None)
        self._chest.pending.users.add(user)
        self.version += 1

    def expire(self, users: Iterable[UserId]) -> None:
        """Ask anew for users of whose changes the server does not tell, unless that was done a moment ago."""
        long_ago = self._clock() - UNTOLD_FOR
        self._stale.update(user for user in users if self._asked_at.get(user, long_ago) <= long_ago)

    def doubt(self, user: UserId) -> None:
        """Take what is known of a user's devices for outdated: something was seen that nobody told of."""
        self._mark(user)

    def heard_of(self, user: UserId) -> int:
        """Return a number that is another each time the user's devices were asked for with success."""
        return self._heard_of.get(user, 0)

    def identity(self, user: UserId) -> PublicIdentity | None:
        """Return what is known of a user's cross-signing, None when it was not asked for or may have changed."""
        return None if user in self._stale else self._identities.get(user)

    def standing(self, user: UserId) -> Standing:
        """Return how a user stands now, as far as known.

        Whose own server is down stands as when it was asked last: what it has not told of gets nothing, and what it
        told of is not shut out by an outage (see docs/decisions/0018).
        """
        identity = self.identity(user)
        if identity is None and user in self._cut_off:
            identity = self._identities.get(user)
        pinned = identity is not None and self.is_pinned(identity)
        return Standing(user, identity, pinned, tuple(self._machine.device_store.active_user_devices(user)))

    def is_pinned(self, identity: PublicIdentity) -> bool:
        """Say whether the user's master key is the one first seen, or confirmed since."""
        return identity.master is not None and self._pins.get(UserId(identity.user)) == identity.master

    async def query(self, users: Iterable[UserId]) -> None:
        """Ask for the devices and cross-signing keys of those `users` that are unknown or changed. Raises MatrixError.

        Who changes while the request is under way is asked for once more at once, and after that at the next query.
        """
        users = frozenset(users)
        for _ in range(_QUERIES):
            async with self._querying:
                asked = self._to_ask(users)
                if not asked:
                    return
                self._asking = set(asked)
                try:
                    body: Json = {"device_keys": {user: [] for user in sorted(asked)}}
                    answer = await self._http.request("POST", path_of("keys", "query"), body)
                    self._take_over(asked, answer)
                finally:
                    self._stale |= self._asking
                    self._asking.clear()

    def _to_ask(self, users: Iterable[UserId]) -> set[UserId]:
        now = self._clock()
        return {
            user
            for user in users
            if (user in self._stale or user not in self._identities) and self._not_before.get(user, 0) <= now
        }

    async def refresh(self) -> None:
        """Query everyone marked as changed. Raises MatrixError."""
        if self._stale:
            await self.query(set(self._stale))

    def _take_over(self, asked: set[UserId], answer: Json) -> None:
        failures, devices = answer.get("failures"), answer.get("device_keys")
        unreachable = failures if isinstance(failures, dict) else {}
        devices = devices if isinstance(devices, dict) else {}
        self.version += 1
        for user in asked:
            self._asked_at[user] = self._clock()
            self._chest.pending.users.add(user)
            unchanged = user in self._asking
            if not unchanged and user not in self._stale:
                continue  # has left since: nobody would tell of later changes
            if user not in devices and user.partition(":")[2] in unreachable:
                self._stale.add(user)
                if user.partition(":")[2] != self._machine.user_id.partition(":")[2]:
                    self._cut_off.add(user)
                if unchanged:
                    self._not_before[user] = self._clock() + _ASK_AGAIN
                log.warning("keys.server_unreachable", user=user)
                continue
            if unchanged:
                self._asking.discard(user)
                self._stale.discard(user)
            self._cut_off.discard(user)
            self._heard_of[user] = self.version
            self._not_before.pop(user, None)
            identity = self._identities[user] = read_identity(answer, user)
            self._machine.learn_devices(user, identity.devices)
            if identity.master is not None:
                self._pin(user, identity.master)

    def _pin(self, user: UserId, master: str) -> None:
        before = self._pins.get(user), self._shown.get(user)
        sighting = pins.Sighting(user, master, self._machine.now())
        self._judge(sighting)
        if (self._pins.get(user), self._shown.get(user)) == before:
            return
        self._chest.pending.pins.append(sighting)
        if self._shown.get(user) == sighting:
            self._noticed.append(IdentityChanged(*sighting))

    def _judge(self, sighting: pins.Sighting) -> None:
        """Take in a master key as the database will: the first is pinned, another noted, the pinned one ends that."""
        user = sighting.user_id
        pinned = self._pins.setdefault(user, sighting.master_key)
        if sighting.master_key == pinned:
            self._shown.pop(user, None)
            return
        shown = self._shown.get(user)
        if shown is None or shown.master_key != sighting.master_key:
            self._shown[user] = sighting


def _identity(row: UserRow) -> PublicIdentity:
    signed = {name: keys.ed25519 for name, keys in row.devices.items() if keys.signed and not keys.deleted}
    return PublicIdentity(row.user_id, row.master_key, row.self_signing_key, signed)
