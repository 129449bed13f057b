"""Cross-signing: one chain, and every way to break it."""

import json
from typing import Any

import pytest

from bot.matrix.signing import CrossSigningIdentity, canonical, read_identity, unpadded
from storage.ids import UserId

BOT = UserId("@sesn:localhost")
GHANA = UserId("@ghana:localhost")


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
    assert "A" in read_identity(answer, GHANA).signed
    assert "B" not in read_identity(answer, GHANA).signed
    assert "A" not in read_identity(answer, BOT).signed
    shown = read_identity(answer, GHANA)
    assert (shown.master, shown.self_signing) == (identity.public("master"), identity.public("self_signing"))


def test_a_broken_link_breaks_the_chain() -> None:
    other = CrossSigningIdentity.create(GHANA, random)

    def without(change: Any) -> bool:
        answer, _ = answer_of()
        change(answer)
        return "A" in read_identity(json.loads(json.dumps(answer)), GHANA).signed

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


def test_a_key_serves_for_nothing_but_what_its_owner_made_it_for() -> None:
    """A homeserver that shows one of a user's keys in the place of another shows a key with a good signature."""
    for role in ("master", "self_signing"):
        for usage in (["user_signing"], ["user_signing", role], [], None):
            answer, identity = answer_of()
            key = {**identity.key_json(role), "usage": usage}
            answer[f"{role}_keys"][GHANA] = identity.signed({**key, "signatures": {}}, "master")
            assert read_identity(answer, GHANA).signed == {}, (role, usage)


def test_keys_and_signatures_are_without_padding() -> None:
    """Other implementations compare them as text."""
    answer, identity = answer_of()
    assert "=" not in json.dumps(answer)
    assert "=" not in json.dumps([identity.seeds, identity.public("master"), identity.fingerprint])


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


@pytest.mark.parametrize("length", [0, 1, 31, 33, 64, 1_000])
def test_a_key_of_another_length_proves_nothing_and_ends_nothing(length: int) -> None:
    """Anybody may upload such a key, and the homeserver shows it to all who share a room."""
    wrong, signature = unpadded(b"k" * length), unpadded(b"s" * 64)
    answer, identity = answer_of()
    answer["device_keys"][GHANA]["B"]["keys"]["ed25519:B"] = wrong
    shown = read_identity(answer, GHANA)
    assert shown.devices.keys() == shown.signed.keys() == {"A"}
    for role in ("master", "self_signing"):
        answer, identity = answer_of()
        key = identity.key_json(role)
        key["keys"] = {f"ed25519:{wrong}": wrong}
        key["signatures"] = {GHANA: {f"ed25519:{wrong}": signature, f"ed25519:{identity.public('master')}": signature}}
        answer[f"{role}_keys"][GHANA] = key
        for device in answer["device_keys"][GHANA].values():
            device["signatures"][GHANA][f"ed25519:{wrong}"] = signature
        assert read_identity(answer, GHANA).signed == {}
