"""How verifications get from syncs to answers: in order, in spite of faults, and never by holding anything up."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from vodozemac import Sas

from bot.matrix.interface import LoggedOut, Rejected, RoomUnsafe, Throttled, Trust, Unavailable, WhyUnsafe
from bot.matrix.signing import PublicIdentity
from bot.matrix.verification import Desk, ToSend, known_keys
from storage import schema
from storage.base import Database
from storage.ids import DeviceId, RoomId, UserId
from storage.verifications import VerificationRow, Verifications
from tests.fakes import IN_MEMORY

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)
BOT, GHANA, ROOM = UserId("@sesn:example.org"), UserId("@ghana:example.org"), RoomId("!room")
OFFER: dict[str, Any] = {
    "from_device": "GHANA",
    "method": "m.sas.v1",
    "key_agreement_protocols": ["curve25519-hkdf-sha256"],
    "hashes": ["sha256"],
    "message_authentication_codes": ["hkdf-hmac-sha256.v2"],
    "short_authentication_string": ["decimal", "emoji"],
}


class Office:
    """A desk whose clock is moved by hand and whose homeserver does as it is told."""

    def __init__(
        self, before: Iterable[VerificationRow] = (), knows: Callable[[UserId], bool] = lambda _user: True
    ) -> None:
        self.now = NOW
        self.sent: list[ToSend] = []
        self.tried: list[str] = []
        self.pauses: list[float] = []
        self.faults: list[Exception] = []
        self._ticks: asyncio.Queue[None] = asyncio.Queue()
        self._changed = asyncio.Condition()
        self.desk = Desk(
            BOT,
            DeviceId("BOT"),
            {"ed25519:BOT": "key"},
            keys_of=lambda _user, _device: {},
            post=self._post,
            now=lambda: self.now,
            sleep=self._sleep,
            random=lambda: 1.0,
            before=before,
            knows=knows,
        )

    async def _post(self, message: ToSend, transaction_id: str) -> None:
        self.tried.append(transaction_id)
        if self.faults:
            raise self.faults.pop(0)
        async with self._changed:
            self.sent.append(message)
            self._changed.notify_all()

    async def _sleep(self, seconds: float) -> None:
        if seconds != 5.0:
            self.pauses.append(seconds)
            return
        await self._ticks.get()

    def tick(self) -> None:
        self._ticks.put_nowait(None)

    async def has_sent(self, *kinds: str) -> None:
        async with asyncio.timeout(5), self._changed:
            await self._changed.wait_for(lambda: len(self.sent) >= len(kinds))
        assert [message.type.removeprefix("m.key.verification.") for message in self.sent] == list(kinds)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        running = asyncio.create_task(self.desk.run())
        try:
            yield
        finally:
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)

    def direct(self, kind: str, transaction: str = "one", **content: Any) -> None:
        event = {
            "type": f"m.key.verification.{kind}",
            "sender": GHANA,
            "content": {"transaction_id": transaction, **content},
        }
        self.desk.take_to_device({"to_device": {"events": [event]}})

    def request(self, transaction: str = "one", device: str = "GHANA") -> None:
        stamp = int(self.now.timestamp() * 1000)
        self.direct("request", transaction, from_device=device, methods=["m.sas.v1"], timestamp=stamp)


@pytest.fixture
def office() -> Office:
    return Office()


async def test_a_verification_device_to_device_is_answered_in_order_and_its_code_told(office: Office) -> None:
    async with office.open():
        office.request()
        office.direct("start", **OFFER)
        assert office.desk.take_codes() == []
        office.direct("key", key=Sas().public_key.to_base64())
        await office.has_sent("ready", "accept", "key", "mac")
    (code,) = office.desk.take_codes()
    assert (code.user, code.device_id, len(code.emoji)) == (GHANA, "GHANA", 7)
    assert office.desk.take_codes() == []
    assert len(set(office.tried)) == 4


async def test_a_fault_of_the_homeserver_delays_but_does_not_disorder(office: Office) -> None:
    office.faults = [Unavailable("gone"), Throttled(timedelta(seconds=7)), Unavailable("gone")]
    async with office.open():
        office.request()
        office.direct("start", **OFFER)
        await office.has_sent("ready", "accept")
    assert office.pauses == [1.0, 7.0, 4.0]
    assert len(set(office.tried[:4])) == 1, "the same transaction at each try"
    assert office.tried[4] not in office.tried[:4]


@pytest.mark.parametrize("error", [Rejected(403, "M_FORBIDDEN"), RoomUnsafe(WhyUnsafe.NOT_JOINED), ZeroDivisionError()])
async def test_what_cannot_be_sent_does_not_keep_the_others(office: Office, error: Exception) -> None:
    office.faults = [error]
    async with office.open():
        office.request()
        office.direct("start", **OFFER)
        await office.has_sent("accept")


async def test_a_flood_is_answered_up_to_a_bound(office: Office) -> None:
    for number in range(1_100):
        office.request(f"{number}", device=f"D{number}")
    async with office.open():
        await until(lambda: len(office.sent) >= 1_000)
        office.direct("cancel", "0", code="m.user")
        office.request("after the flood", device="LATER")
        await until(lambda: len(office.sent) >= 1_001)
    assert office.sent[-1].content["transaction_id"] == "after the flood"


async def test_nothing_is_tried_after_a_logout(office: Office) -> None:
    office.faults = [LoggedOut("gone")]
    async with office.open():
        office.request()
        office.direct("start", **OFFER)
        await until(lambda: office.tried)
        office.tick()
        await until(office._ticks.empty)
    assert len(office.tried) == 1
    assert office.sent == []


async def test_what_takes_too_long_is_ended_by_the_clock(office: Office) -> None:
    async with office.open():
        office.request()
        await office.has_sent("ready")
        office.now += timedelta(seconds=30)
        office.tick()
        await office.has_sent("ready", "start")
        office.now += timedelta(minutes=10)
        office.tick()
        await office.has_sent("ready", "start", "cancel")
    assert office.sent[-1].content["code"] == "m.timeout"


def in_room(kind: str = "m.room.message", **content: Any) -> dict[str, Any]:
    if kind == "m.room.message":
        content = {"msgtype": "m.key.verification.request", "to": BOT, "from_device": "GHANA"} | content
        content.setdefault("methods", ["m.sas.v1"])
    return {"type": kind, "sender": GHANA, "event_id": "$request", "content": content}


@pytest.mark.parametrize(("trust", "clear"), [(Trust.CLEAR, True), (Trust.UNSIGNED, True), (Trust.SIGNED, False)])
async def test_a_room_event_is_answered_so_that_it_can_be_read(office: Office, trust: Trust, clear: bool) -> None:
    event = in_room()
    seen: dict[str, Any] = {}
    if trust is not Trust.CLEAR:
        seen = {"payload": event, "device_id": DeviceId("GHANA")}
        event = {**event, "type": "m.room.encrypted", "content": {"ciphertext": "..."}}
    async with office.open():
        for _ in range(2):  # a batch may be read again
            assert office.desk.take_event(event, ROOM, NOW, alone=True, trust=trust, **seen)
        await office.has_sent("ready")
    (ready,) = office.sent
    assert (ready.room_id, ready.clear) == (ROOM, clear)
    assert ready.content["m.relates_to"] == {"rel_type": "m.reference", "event_id": "$request"}


async def test_a_relation_may_stand_outside_of_what_is_encrypted(office: Office) -> None:
    relation = {"rel_type": "m.reference", "event_id": "$request"}
    outside = {
        "type": "m.room.encrypted",
        "sender": GHANA,
        "event_id": "$start",
        "content": {"ciphertext": "...", "m.relates_to": relation},
    }
    async with office.open():
        assert office.desk.take_event(in_room(), ROOM, NOW, alone=False)
        payload = {"type": "m.key.verification.start", "content": OFFER}
        assert office.desk.take_event(
            outside, ROOM, NOW, alone=False, payload=payload, device_id=DeviceId("GHANA"), trust=Trust.SIGNED
        )
        await office.has_sent("ready", "accept")


@pytest.mark.parametrize(
    "event",
    [
        in_room(msgtype="m.text", body="good morning"),
        {**in_room(), "type": "m.reaction"},
        {**in_room(), "type": "m.key.verification.request"},
        {**in_room(), "content": "nothing"},
        {**in_room(), "type": None},
    ],
)
def test_what_is_not_about_a_verification_is_left_to_others(office: Office, event: dict[str, Any]) -> None:
    assert not office.desk.take_event(event, ROOM, NOW, alone=True)


@pytest.mark.parametrize(
    "sync",
    [
        {},
        {"to_device": None},
        {"to_device": {"events": {}}},
        {"to_device": {"events": [None, 7, {}, {"type": 7}, {"type": "m.key.verification.key", "content": None}]}},
        {"to_device": {"events": [{"type": "m.room_key", "sender": GHANA, "content": {"transaction_id": "one"}}]}},
    ],
)
async def test_nothing_of_it_is_answered(office: Office, sync: dict[str, Any]) -> None:
    office.desk.take_to_device(sync)
    async with office.open():
        office.request()
        await office.has_sent("ready")


def test_only_keys_that_are_signed_are_known() -> None:
    phone, other = DeviceId("PHONE"), DeviceId("OTHER")
    identity = PublicIdentity(GHANA, "master", "self-signing", {"PHONE": "key"})
    assert known_keys(identity, phone) == {"ed25519:master": "master", "ed25519:PHONE": "key"}
    assert known_keys(identity, other) == {"ed25519:master": "master"}
    assert known_keys(PublicIdentity(GHANA), phone) == known_keys(None, phone) == {}


async def until(condition: Callable[[], Any]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110  lets the other tasks go on
            await asyncio.sleep(0)


# Over a restart


@pytest.fixture
async def database() -> AsyncIterator[Database]:
    database = Database.open(IN_MEMORY)
    await schema.upgrade(database)
    yield database
    await database.close()


async def written(office: Office, database: Database) -> Sequence[VerificationRow]:
    """Write as a sync does, and return what a start would find."""
    async with database.transaction() as tx:
        await office.desk.keep(tx)
    office.desk.kept()
    async with database.transaction() as tx:
        return await Verifications(tx).all()


async def test_what_was_under_way_at_a_restart_is_cancelled_with_a_reason(database: Database) -> None:
    before = Office()
    content = {"msgtype": "m.key.verification.request", "to": BOT, "from_device": "GHANA", "methods": ["m.sas.v1"]}
    event = {"type": "m.room.message", "sender": GHANA, "event_id": "$request", "content": content}
    before.desk.take_event(event, ROOM, NOW, alone=False, payload=event, device_id=None, trust=Trust.SIGNED)
    before.request("direct", device="OTHER")
    before.direct("start", "direct", **{**OFFER, "from_device": "OTHER"})
    rows = await written(before, database)
    assert {(row.room_id, row.transaction, row.clear) for row in rows} == {
        (ROOM, "$request", False),
        ("", "direct", False),
    }

    office = Office(rows)
    assert await written(office, database), "until they were told"
    async with office.open():
        await office.has_sent("cancel", "cancel")
    assert {message.room_id for message in office.sent} == {ROOM, None}
    for message in office.sent:
        assert message.user == GHANA
        assert message.content["code"] == "m.unknown_transaction"
        assert "begin again" in message.content["reason"]
    assert {message.device_id for message in office.sent} == {"GHANA", "OTHER"}
    assert await written(office, database) == []
    office.direct("key", "direct", key="late")
    assert office.desk.running == 0
    assert len(office.sent) == 2, "and stragglers are not answered"


async def test_what_ended_before_the_restart_is_not_cancelled(office: Office, database: Database) -> None:
    office.request()
    assert await written(office, database) == [], "the other side can still start"
    office.direct("start", **OFFER)
    assert len(await written(office, database)) == 1
    office.direct("cancel", code="m.user", reason="no")
    assert await written(office, database) == []


async def test_what_the_other_side_has_given_up_by_now_is_only_forgotten(database: Database) -> None:
    row = VerificationRow(GHANA, RoomId(""), "old", DeviceId("GHANA"), False, NOW)
    async with database.transaction() as tx:
        await Verifications(tx).keep([row])
    office = Office([row])
    assert await written(office, database) == []
    async with office.open():
        office.request("new")
        await office.has_sent("ready")


async def test_a_flood_of_strangers_keeps_no_answer_from_those_who_are_known() -> None:
    office = Office(knows=lambda user: user == GHANA)
    for number in range(2_000):
        stamp = int(NOW.timestamp() * 1000)
        content = {"transaction_id": "t", "from_device": "D", "methods": ["m.sas.v1"], "timestamp": stamp}
        event = {"type": "m.key.verification.request", "sender": f"@u{number}:example.org", "content": content}
        office.desk.take_to_device({"to_device": {"events": [event]}})
    office.request()
    async with office.open():
        await until(lambda: office.sent)
    assert office.sent[0].user == GHANA
    assert office.sent[0].type == "m.key.verification.ready"
