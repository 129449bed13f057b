"""Whose keys are whose, against a homeserver that is played: what a real one shows only when it is hostile."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime
from typing import Any

import pytest

from bot.matrix.crypto import Crypto
from bot.matrix.interface import IdentityChanged, Incoming
from bot.matrix.signing import CrossSigningIdentity
from storage.base import Database
from storage.ids import UserId
from storage.pins import Pins
from tests.played import BENIN, GHANA, Homeserver, Person, opened

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)


@pytest.fixture
async def database(migrated_sqlite: str) -> AsyncIterator[Database]:
    database = Database.open(migrated_sqlite)
    yield database
    await database.close()


def pinned(crypto: Crypto, user: UserId) -> bool:
    identity = crypto.people.identity(user)
    assert identity is not None
    return crypto.people.is_pinned(identity)


async def again(crypto: Crypto, user: UserId) -> None:
    """Let the homeserver tell of a change, and ask for the user's keys."""
    crypto.people.note_device_lists({"device_lists": {"changed": [user]}}, frozenset())
    await crypto.people.query([user])


async def confirm(database: Database, user: UserId) -> None:
    async with database.transaction() as tx:
        assert await Pins(tx).confirm(user, BENIN, NOW)


async def test_what_was_just_seen_stays_pinned_when_a_coordinator_confirms_somebody_else(database: Database) -> None:
    ghana, benin = Person(GHANA), Person(BENIN)
    async with opened(database, Homeserver(ghana, benin)) as crypto:
        await crypto.people.query([BENIN])
        await crypto.chest.commit()
        benin.identity = CrossSigningIdentity.create(BENIN)
        crypto.people.note_device_lists({"device_lists": {"changed": [BENIN]}}, frozenset())
        await crypto.people.query([BENIN])
        await crypto.chest.commit()
        assert not pinned(crypto, BENIN)
        await crypto.people.query([GHANA])  # seen, and not yet written down
        await confirm(database, BENIN)
        await crypto.people.current()
        assert pinned(crypto, BENIN)
        assert pinned(crypto, GHANA)
        await crypto.chest.commit()
    async with opened(database, Homeserver(ghana, benin)) as crypto:
        assert pinned(crypto, GHANA)
        assert pinned(crypto, BENIN)
        assert crypto.people.take_noticed() == []


async def test_a_change_is_told_at_each_start_until_it_is_confirmed(database: Database) -> None:
    ghana = Person(GHANA)
    server = Homeserver(ghana)
    async with opened(database, server) as crypto:
        await crypto.people.query([GHANA])
        assert crypto.people.take_noticed() == []
        await crypto.chest.commit()
    ghana.identity = CrossSigningIdentity.create(GHANA)
    new = ghana.identity.public("master")
    async with opened(database, server) as crypto:
        assert pinned(crypto, GHANA), "nothing was shown yet"
        crypto.people.note_device_lists({"device_lists": {"changed": [GHANA]}}, frozenset())
        await crypto.people.query([GHANA])
        told = crypto.people.take_noticed()
        assert [(one.user, one.master_key) for one in told if isinstance(one, IdentityChanged)] == [(GHANA, new)]
        await again(crypto, GHANA)
        assert crypto.people.take_noticed() == [], "it is the same change"
        await crypto.chest.commit()
    async with opened(database, server) as crypto:
        assert crypto.people.take_noticed() == told
        assert not pinned(crypto, GHANA)
        await confirm(database, GHANA)
        await crypto.people.current()
        assert pinned(crypto, GHANA)
    async with opened(database, server) as crypto:
        assert crypto.people.take_noticed() == []


async def test_each_change_back_and_forth_is_a_change_of_its_own(database: Database) -> None:
    ghana = Person(GHANA)
    first, second = ghana.identity, CrossSigningIdentity.create(GHANA)
    noticed: list[Incoming] = []
    async with opened(database, Homeserver(ghana)) as crypto:
        await crypto.people.query([GHANA])
        for ghana.identity in (second, first, second):
            await again(crypto, GHANA)
            noticed += crypto.people.take_noticed()
            await crypto.chest.commit()
        assert not pinned(crypto, GHANA)
    assert len(noticed) == len(set(noticed)) == 2
    async with opened(database, Homeserver(ghana)) as crypto:
        assert crypto.people.take_noticed() == noticed[1:], "after a restart it is the last one, by the same name"


async def test_a_second_key_that_shows_before_the_first_is_written_is_not_what_is_pinned(database: Database) -> None:
    ghana = Person(GHANA)
    first = ghana.identity
    async with opened(database, Homeserver(ghana)) as crypto:
        await crypto.people.query([GHANA])
        ghana.identity = CrossSigningIdentity.create(GHANA)
        await again(crypto, GHANA)
        assert not pinned(crypto, GHANA)
        await crypto.chest.commit()
    async with database.transaction() as tx:
        pin = await Pins(tx).get(GHANA)
    assert pin is not None
    assert pin.master_key == first.public("master")
    assert pin.shown_key == ghana.identity.public("master")
    async with opened(database, Homeserver(ghana)) as crypto:
        assert not pinned(crypto, GHANA), "as it was before the restart"


async def test_what_was_confirmed_holds_though_the_key_was_seen_once_more_meanwhile(database: Database) -> None:
    ghana, benin = Person(GHANA), Person(BENIN)
    async with opened(database, Homeserver(ghana, benin)) as crypto:
        first, second = ghana.identity, CrossSigningIdentity.create(GHANA)
        await crypto.people.query([GHANA])
        ghana.identity = second
        await again(crypto, GHANA)
        await crypto.chest.commit()
        for ghana.identity in (first, second):  # and this is not written down when the coordinator confirms
            await again(crypto, GHANA)
        await confirm(database, GHANA)
        await crypto.people.current()
        assert pinned(crypto, GHANA)
        await crypto.chest.commit()
    async with opened(database, Homeserver(ghana, benin)) as crypto:
        assert pinned(crypto, GHANA)
        assert crypto.people.take_noticed() == []


async def test_a_device_that_shows_other_keys_under_its_name_is_not_believed(database: Database) -> None:
    ghana = Person(GHANA)
    before = ghana.add("TABLET").identity_keys
    async with opened(database, Homeserver(ghana)) as crypto:
        await crypto.people.query([GHANA])
        ghana.add("TABLET")
        crypto.people.note_device_lists({"device_lists": {"changed": [GHANA]}}, frozenset())
        await crypto.people.query([GHANA])
        identity = crypto.people.identity(GHANA)
        device = crypto.machine.device_store[GHANA]["TABLET"]
        assert (device.ed25519, device.curve25519) == (before["ed25519"], before["curve25519"])
        assert identity is not None
        assert not identity.vouches_for("TABLET", device.ed25519)


async def test_a_homeserver_that_could_not_ask_itself_changes_nothing_and_is_asked_again(
    database: Database,
) -> None:
    ghana = Person(GHANA)
    ghana.add("PHONE")
    server = Homeserver(ghana)
    async with opened(database, server) as crypto:
        now = 0.0
        crypto.people._clock = lambda: now
        await crypto.people.query([GHANA])
        server.failures = {"localhost"}
        crypto.people.note_device_lists({"device_lists": {"changed": [GHANA]}}, frozenset())
        await crypto.people.refresh()
        assert crypto.people.identity(GHANA) is None, "nobody knows whether it is still so"
        assert not crypto.machine.device_store[GHANA]["PHONE"].deleted
        await crypto.chest.commit()
        asked = len(server.asked)
        await crypto.people.refresh()
        assert len(server.asked) == asked
        server.failures, now = set(), 61.0
        await crypto.people.refresh()
        assert pinned(crypto, GHANA)
        await crypto.chest.commit()
    async with opened(database, server) as crypto:
        assert pinned(crypto, GHANA)


@pytest.mark.parametrize("receivers", [frozenset({GHANA}), frozenset[UserId]()])
async def test_a_change_that_is_told_while_the_keys_are_asked_for_is_asked_for_again(
    database: Database, receivers: frozenset[UserId]
) -> None:
    """Also of somebody who gets no keys yet: a message that came with an unknown device is a reason to ask."""
    ghana = Person(GHANA)
    server = Homeserver(ghana)
    async with opened(database, server) as crypto:
        answer = server.request

        async def meanwhile(*args: Any, **more: Any) -> Any:
            told = await answer(*args, **more)
            ghana.add("PHONE")
            crypto.people.note_device_lists({"device_lists": {"changed": [GHANA]}}, receivers)
            return told

        server.request = meanwhile  # type: ignore[method-assign]  # one answer is overtaken
        await crypto.people.query([GHANA])
        server.request = answer  # type: ignore[method-assign]  # and the next is not
        await crypto.chest.commit()
    async with opened(database, server) as crypto:
        await crypto.people.refresh()
        identity = crypto.people.identity(GHANA)
        assert identity is not None
        assert identity.signed.keys() == {"PHONE"}
