"""The key store opens to its owner with its secret, and to nobody else."""

import json
import stat
from dataclasses import replace
from pathlib import Path

import pytest

from bot.matrix.errors import (
    DamagedStore,
    ForeignStore,
    StoreInUse,
    WrongSecret,
)
from bot.matrix.store import Cost, KeyStore, Secrets
from storage.ids import UserId

BOT = UserId("@sesn:localhost")
GHANA = UserId("@ghana:localhost")
CHEAP = Cost(log2_n=4)


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
