"""The parts of the Matrix side that need no homeserver: errors, reading, rooms, signatures, the store, pauses."""

import json
import stat
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bot.matrix.backoff import Backoff
from bot.matrix.errors import (
    AuthenticationNeeded,
    DamagedStore,
    ForeignStore,
    StoreInUse,
    TokenRejected,
    WrongSecret,
    failure,
)
from bot.matrix.interface import (
    LoggedOut,
    MatrixError,
    Rejected,
    Throttled,
    Unavailable,
    WhyUnsafe,
)
from bot.matrix.reading import Said, said
from bot.matrix.rooms import CREATOR_POWER, Rooms, RoomView
from bot.matrix.signing import CrossSigningIdentity, canonical, device_is_signed, read_identity, unpadded
from bot.matrix.store import Cost, KeyStore, Secrets
from storage.ids import RoomId, UserId

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
BOT = UserId("@sesn:localhost")
GHANA = UserId("@ghana:localhost")
ROOM = RoomId("!opaque")
CHEAP = Cost(log2_n=4)


# --- answers of the homeserver become exceptions


@pytest.mark.parametrize(
    ("headers", "body", "pause"),
    [
        ({"Retry-After": "7"}, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 99}, timedelta(seconds=7)),
        ({"Retry-After": "Mon, 01 Jun 2026 12:00:30 GMT"}, None, timedelta(seconds=30)),
        ({"Retry-After": "Mon, 01 Jun 2026 11:00:00 GMT"}, None, timedelta(0)),
        ({"Retry-After": "soon"}, {"retry_after_ms": 1500}, timedelta(milliseconds=1500)),
        ({}, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 250}, timedelta(milliseconds=250)),
        ({}, {"retry_after_ms": True}, None),
        ({}, None, None),
    ],
)
def test_429_says_how_long_to_wait(headers: Mapping[str, str], body: object, pause: timedelta | None) -> None:
    error = failure(429, headers, body, NOW)
    assert isinstance(error, Throttled)
    assert error.retry_after == pause


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, {"errcode": "M_UNKNOWN_TOKEN", "error": "a JSON 500 that must not log us out"}, Unavailable),
        (502, None, Unavailable),
        (504, "<html>", Unavailable),
        (408, None, Unavailable),
        (302, None, Unavailable),
        (401, {"errcode": "M_UNKNOWN_TOKEN"}, LoggedOut),
        (401, {"errcode": "M_MISSING_TOKEN"}, LoggedOut),
        (401, {"errcode": "M_UNAUTHORIZED"}, Rejected),
        (403, {"errcode": "M_FORBIDDEN", "error": "no"}, Rejected),
        (404, None, Rejected),
        (400, {"errcode": "M_LIMIT_EXCEEDED"}, Throttled),
    ],
)
def test_each_status_has_its_exception(status: int, body: object, kind: type[MatrixError]) -> None:
    assert type(failure(status, {}, body, NOW)).__mro__[:2] in {
        (kind, kind.__mro__[1]),
        (TokenRejected, kind),
    }


def test_a_rejected_token_says_whether_the_device_lives_on() -> None:
    soft = failure(401, {}, {"errcode": "M_UNKNOWN_TOKEN", "soft_logout": True}, NOW)
    hard = failure(401, {}, {"errcode": "M_UNKNOWN_TOKEN"}, NOW)
    assert isinstance(soft, TokenRejected)
    assert isinstance(hard, TokenRejected)
    assert (soft.soft, hard.soft) == (True, False)


def test_a_request_for_proof_brings_its_session() -> None:
    error = failure(401, {}, {"flows": [{"stages": ["m.login.password"]}], "session": "s1"}, NOW)
    assert isinstance(error, AuthenticationNeeded)
    assert (error.session, error.flows) == ("s1", [["m.login.password"]])


# --- pauses


async def test_pauses_grow_to_a_minute_and_honour_the_server() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    backoff = Backoff(sleep, lambda: 1.0)
    for _ in range(8):
        await backoff.pause(Unavailable("down"))
    assert slept == [1, 2, 4, 8, 16, 32, 60, 60]
    await backoff.pause(Throttled(timedelta(seconds=90)))
    assert slept[-1] == 90
    backoff.reset()
    await Backoff(sleep, lambda: 0.0).pause(Unavailable("down"))
    await backoff.pause(Unavailable("down"))
    assert slept[-2:] == [1, 1]


# --- what a message says


def read(body: str, outer: Mapping[str, Any] | None = None, **content: Any) -> Said | None:
    whole = {"msgtype": "m.text", "body": body, **content}
    return said(whole, whole if outer is None else outer, BOT, ["SESN Bot"])


def words(body: str, **content: Any) -> tuple[str, bool]:
    heard = read(body, **content)
    assert heard is not None
    return heard.body, heard.mentioned


def test_a_mention_at_the_start_is_taken_off() -> None:
    assert words("SESN Bot: alert ack 7") == ("alert ack 7", True)
    assert words("sesn bot, help") == ("help", True)
    assert words("@SESN Bot: help") == ("help", True)
    assert words(f"{BOT}: help") == ("help", True)
    assert words("SESN Bot help", **{"m.mentions": {"user_ids": [BOT]}}) == ("help", True)
    pill = f'<a href="https://matrix.to/#/{BOT}">The Bot</a> help'
    assert words("The Bot help", format="org.matrix.custom.html", formatted_body=pill) == ("help", True)


def test_words_that_only_look_like_a_mention_stay() -> None:
    assert words("SESN Bot help") == ("SESN Bot help", False)
    assert words("SESN Bottles: found") == ("SESN Bottles: found", False)
    assert words("ask SESN Bot: now") == ("ask SESN Bot: now", False)
    other = '<a href="https://matrix.to/#/@evil:localhost">SESN Bot</a> help'
    assert words("SESN Bot help", format="org.matrix.custom.html", formatted_body=other) == ("SESN Bot help", False)
    assert words("see above", **{"m.mentions": {"user_ids": [BOT]}}) == ("see above", True)


def test_quoted_text_never_speaks() -> None:
    assert words("> <@ghana:localhost> !alert send 7\n> more\n\nno, not yet") == ("no, not yet", False)
    assert words("> <@ghana:localhost> !alert send 7") == ("", False)
    assert words("> 20 tonnes of batteries") == ("> 20 tonnes of batteries", False)


def test_edits_and_notices_are_no_messages() -> None:
    edit: dict[str, Any] = {"m.relates_to": {"rel_type": "m.replace", "event_id": "$1"}}
    assert read("* !help", **edit) is None
    assert read("* !help", outer=edit) is None
    assert read("!help", msgtype="m.notice") is None
    assert read("photo.jpg", msgtype="m.image") is None
    assert said({"msgtype": "m.text"}, {}, BOT, []) is None


def test_threads_and_replies_are_told_apart() -> None:
    thread = {"rel_type": "m.thread", "event_id": "$root", "is_falling_back": True, "m.in_reply_to": {"event_id": "$x"}}
    falling, real = (
        read("yes", **{"m.relates_to": thread}),
        read("y", **{"m.relates_to": {**thread, "is_falling_back": False}}),
    )
    plain = read("yes", **{"m.relates_to": {"m.in_reply_to": {"event_id": "$card"}}})
    assert falling is not None
    assert real is not None
    assert plain is not None
    assert (falling.thread_root, falling.reply_to) == ("$root", None)
    assert (real.thread_root, real.reply_to) == ("$root", "$x")
    assert (plain.thread_root, plain.reply_to) == (None, "$card")


@pytest.mark.parametrize("relates", ["x", 7, ["$1"], {"m.in_reply_to": "$1"}, {"rel_type": "m.thread", "event_id": 5}])
def test_malformed_relations_are_no_relations(relates: object) -> None:
    odd: dict[str, Any] = {"m.relates_to": relates, "m.mentions": relates}
    heard = read("help", **odd)
    assert heard == Said("help", mentioned=False, thread_root=None, reply_to=None)


# --- rooms


def state(kind: str, content: Mapping[str, Any], key: str = "", sender: str = BOT) -> dict[str, Any]:
    return {"type": kind, "state_key": key, "content": content, "sender": sender}


def room(*more: Mapping[str, Any], version: str = "11") -> RoomView:
    base = [
        state("m.room.create", {"room_version": version}),
        state("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"}),
        state("m.room.member", {"membership": "join"}, BOT),
        state("m.room.member", {"membership": "invite"}, GHANA),
    ]
    return Rooms().replace(ROOM, [*base, *more])


def test_a_room_is_safe_only_when_joined_encrypted_open_and_private() -> None:
    assert room().why_unsafe(BOT) is None
    assert room().why_unsafe(GHANA) is WhyUnsafe.NOT_JOINED
    assert room(state("m.room.tombstone", {})).why_unsafe(BOT) is WhyUnsafe.TOMBSTONED
    public = state("m.room.history_visibility", {"history_visibility": "world_readable"})
    assert room(public).why_unsafe(BOT) is WhyUnsafe.WORLD_READABLE
    plain = Rooms().replace(ROOM, [state("m.room.member", {"membership": "join"}, BOT)])
    assert plain.why_unsafe(BOT) is WhyUnsafe.NOT_ENCRYPTED
    assert plain.why_unsafe(BOT, clear=True) is None


def test_encryption_is_never_switched_off() -> None:
    rooms = Rooms()
    view = rooms.replace(ROOM, [state("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2"})])
    view.apply(state("m.room.encryption", {}))
    assert view.encrypted
    assert rooms.newly_encrypted() == {ROOM}
    assert rooms.replace(ROOM, []).encrypted
    rooms.forget(ROOM)
    assert rooms.view(ROOM).encrypted
    assert Rooms([ROOM]).view(ROOM).encrypted


def test_creators_rule_from_version_12_on() -> None:
    levels = state("m.room.power_levels", {"users": {GHANA: 100, "@x:localhost": "50"}})
    assert room(levels, version="11").powers() == {GHANA: 100}
    assert room(levels, version="12").powers() == {GHANA: 100, BOT: CREATOR_POWER}
    both = state("m.room.create", {"room_version": "12", "additional_creators": [GHANA]})
    assert room(both).powers() == {GHANA: CREATOR_POWER, BOT: CREATOR_POWER}
    assert room(version="10").powers() == {BOT: 100}


def test_keys_go_to_the_invited_only_where_history_does() -> None:
    assert room().receivers == {BOT, GHANA}
    assert room(state("m.room.history_visibility", {"history_visibility": "joined"})).receivers == {BOT}


def test_a_room_may_ask_for_faster_rotation_but_not_for_slower() -> None:
    def asked(**wish: Any) -> tuple[timedelta, int]:
        return room(state("m.room.encryption", {"algorithm": "m.megolm.v1.aes-sha2", **wish})).rotation

    week = timedelta(days=7)
    assert asked() == (week, 100)
    assert asked(rotation_period_ms=60_000, rotation_period_msgs=5) == (timedelta(minutes=1), 5)
    assert asked(rotation_period_ms=10**30, rotation_period_msgs=10**6) == (week, 100)
    assert asked(rotation_period_ms="x", rotation_period_msgs=-1) == (week, 100)


@pytest.mark.parametrize("content", [None, [], "x", {"membership": 7}, {"users": []}, {"history_visibility": {}}])
def test_malformed_state_is_no_state(content: Any) -> None:
    view = room()
    for kind in ("m.room.name", "m.room.power_levels", "m.room.history_visibility", "m.room.create"):
        view.apply(state(kind, content))
    view.apply(state("m.room.member", content, GHANA))
    assert view.facts().joined == {BOT}
    assert view.facts().invited == frozenset()


# --- cross-signing


def random(size: int) -> bytes:
    random.calls = getattr(random, "calls", 0) + 1  # type: ignore[attr-defined]  # a counter makes each seed another
    return bytes([random.calls % 256]) * size  # type: ignore[attr-defined]  # as above


def answer_of(user: str = GHANA) -> tuple[dict[str, Any], CrossSigningIdentity]:
    """An answer to /keys/query for one user with a signed device A and an unsigned device B."""
    identity = CrossSigningIdentity.create(user, random)
    devices: dict[str, Any] = {}
    for name in ("A", "B"):
        key = CrossSigningIdentity.create(user, random)
        public = key.public("master")
        keys = {f"ed25519:{name}": public, f"curve25519:{name}": unpadded(random(32))}
        unsigned: dict[str, Any] = {"user_id": user, "device_id": name, "algorithms": [], "keys": keys}
        own = key.signed(unsigned, "master")["signatures"][user][f"ed25519:{public}"]
        devices[name] = {**unsigned, "signatures": {user: {f"ed25519:{name}": own}}}
    devices["A"] = identity.signed(devices["A"], "self_signing")
    answer: dict[str, Any] = {
        "device_keys": {user: devices},
        "master_keys": {user: identity.key_json("master")},
        "self_signing_keys": {user: identity.key_json("self_signing")},
    }
    return answer, identity


def test_a_device_counts_as_signed_only_by_the_whole_chain() -> None:
    answer, identity = answer_of()
    assert device_is_signed(answer, GHANA, "A")
    assert not device_is_signed(answer, GHANA, "B")
    assert not device_is_signed(answer, BOT, "A")
    shown = read_identity(answer, GHANA)
    assert (shown.master, shown.self_signing) == (identity.public("master"), identity.public("self_signing"))


def test_a_broken_link_breaks_the_chain() -> None:
    other = CrossSigningIdentity.create(GHANA, random)

    def without(change: Any) -> bool:
        answer, _ = answer_of()
        change(answer)
        return device_is_signed(json.loads(json.dumps(answer)), GHANA, "A")

    assert without(dict)
    assert not without(lambda answer: answer["master_keys"].clear())
    assert not without(lambda answer: answer["self_signing_keys"].clear())
    assert not without(lambda answer: answer["self_signing_keys"].update({GHANA: other.key_json("self_signing")}))
    assert not without(lambda answer: answer["master_keys"].update({GHANA: other.key_json("master")}))
    assert not without(lambda answer: answer["self_signing_keys"][GHANA].pop("signatures"))
    assert not without(lambda answer: answer["self_signing_keys"][GHANA].update(usage=["user_signing"]))
    assert not without(lambda answer: answer["device_keys"][GHANA]["A"]["keys"].update({"curve25519:A": "x"}))
    assert not without(lambda answer: answer["device_keys"][GHANA]["A"].update(user_id=BOT))
    assert not without(lambda answer: answer["device_keys"][GHANA].update(A=answer["device_keys"][GHANA]["B"]))
    assert not without(lambda answer: answer["device_keys"][GHANA]["A"].update(signatures={GHANA: 7}))
    assert not without(lambda answer: answer.update(device_keys=[], master_keys=3))


def test_the_seeds_restore_the_identity() -> None:
    identity = CrossSigningIdentity.create(BOT, random)
    again = CrossSigningIdentity(BOT, identity.seeds)
    assert again.key_json("user_signing") == identity.key_json("user_signing")
    assert again.fingerprint.replace(" ", "") == identity.public("master")
    with pytest.raises(ValueError, match="32 bytes"):
        CrossSigningIdentity(BOT, {**identity.seeds, "master": unpadded(b"short")})


def test_canonical_json_is_sorted_and_without_signatures() -> None:
    value = {"b": "ä", "a": {"d": 1, "c": None}, "signatures": {"x": 1}, "unsigned": {}}
    assert canonical(value) == '{"a":{"c":null,"d":1},"b":"ä"}'.encode()


# --- the key store

KEPT = Secrets(BOT, "DEVICE", token="t0ken", seeds={"master": "s33d"})


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    with KeyStore.open(tmp_path / "store", BOT, "secret", cost=CHEAP) as store:
        assert store.secrets is None
        store.keep(KEPT)
    return tmp_path / "store"


def test_the_store_opens_again_with_its_secret(folder: Path) -> None:
    with KeyStore.open(folder, BOT, "secret") as store:
        assert store.secrets == KEPT
        assert store.change(token="new") == replace(KEPT, token="new")
        first = store.pickle_key
    with KeyStore.open(folder, BOT, "secret") as store:
        assert store.secrets is not None
        assert (store.secrets.token, store.pickle_key) == ("new", first)
    text = (folder / "secrets.json").read_text()
    assert "t0ken" not in text
    assert "s33d" not in text
    assert "s33d" not in repr(KEPT)


def test_only_the_owner_may_read_the_store(folder: Path) -> None:
    with KeyStore.open(folder, BOT, "secret") as store:
        store.olm_store("DEVICE").database.close()
        assert stat.S_IMODE(folder.stat().st_mode) == 0o700
        assert {stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()} == {0o600}
        assert store.database_of("../x/y").parent == folder


@pytest.mark.parametrize(
    ("user", "secret", "error"),
    [
        (BOT, "wrong", WrongSecret),
        (BOT, "", WrongSecret),
        (GHANA, "secret", ForeignStore),
        (GHANA, "wrong", ForeignStore),
    ],
)
def test_a_store_refuses_others_and_stays_as_it_was(
    folder: Path, user: UserId, secret: str, error: type[Exception]
) -> None:
    before = (folder / "secrets.json").read_bytes()
    with pytest.raises(error), KeyStore.open(folder, user, secret):
        pass
    assert (folder / "secrets.json").read_bytes() == before
    assert sorted(file.name for file in folder.iterdir()) == ["lock", "secrets.json"]


@pytest.mark.parametrize("text", ["", "{}", "[]", "nonsense", '{"header": {"format": 99}, "nonce": "", "box": ""}'])
def test_a_damaged_store_is_said_to_be_damaged(folder: Path, text: str) -> None:
    (folder / "secrets.json").write_text(text)
    with pytest.raises(DamagedStore), KeyStore.open(folder, BOT, "secret"):
        pass


def test_a_tampered_header_does_not_open(folder: Path) -> None:
    written = json.loads((folder / "secrets.json").read_text())
    written["header"]["user_id"] = GHANA
    (folder / "secrets.json").write_text(json.dumps(written))
    with pytest.raises(WrongSecret), KeyStore.open(folder, GHANA, "secret"):
        pass


def test_keys_without_their_secrets_are_not_started_over(folder: Path) -> None:
    with KeyStore.open(folder, BOT, "secret") as store:
        store.olm_store("DEVICE").database.close()
    (folder / "secrets.json").unlink()
    with pytest.raises(DamagedStore), KeyStore.open(folder, BOT, "secret"):
        pass


def test_one_process_at_a_time(folder: Path) -> None:
    with KeyStore.open(folder, BOT, "secret"), pytest.raises(StoreInUse), KeyStore.open(folder, BOT, "secret"):
        pass
