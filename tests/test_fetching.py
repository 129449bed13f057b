"""Files that members send, between the message and the report: sealed, fetched outside transactions, resumed."""

import asyncio
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest

from bot.fetching import Fetcher
from bot.matrix.interface import FileRefused, SealedFile, Throttled
from bot.matrix.media import EncryptedFile, Seals
from storage.files import FileFault, FileState, IncomingFiles
from storage.ids import EventId
from tests.alerts.files import JPEG, PDF, content, kept, sends
from tests.alerts.raising import card_in, sent
from tests.fakes import FakeMedia, Network

EVENT = EventId("$carried")


def file(**changes: Any) -> EncryptedFile:
    told = FakeMedia().put(PDF).content()
    return EncryptedFile.of({**told, **changes})


def test_what_opens_a_file_is_read_only_under_the_same_secret_and_for_the_same_message() -> None:
    seals, opens = Seals(b"s" * 32), file()
    sealed = seals.close(opens, EVENT)
    assert seals.open(SealedFile(sealed, EVENT)) == opens
    assert sealed != seals.close(opens, EVENT), "a nonce is never used twice"
    for other, text, event in (
        (Seals(b"t" * 32), sealed, EVENT),
        (seals, sealed, EventId("$another")),
        (seals, sealed[:-8] + "AAAAAAA=", EVENT),
        (seals, "no base64", EVENT),
        (seals, "", EVENT),
    ):
        with pytest.raises(FileRefused) as refused:
            other.open(SealedFile(text, event))
        assert refused.value.fault is FileFault.MALFORMED
    assert "k" * 8 not in repr(SealedFile(sealed, EVENT))


class Crash(BaseException):
    """The process ends here."""


@pytest.mark.parametrize("place", ["before the bytes came", "before it was written down"])
async def test_a_crash_while_a_file_is_fetched_loses_and_doubles_nothing(
    net: Network, place: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sent(net)

    async def crash(*_arguments: Any, **_options: Any) -> Any:
        raise Crash

    with monkeypatch.context() as patch:
        if place == "before the bytes came":
            patch.setattr(net.gateway.media, "_fetch", crash)
        else:
            patch.setattr(net.machinery.fetcher, "_settle", crash)
        with pytest.raises(Crash):
            await sends(net)
    assert await kept(net) == []
    house = net.machinery.house
    net.machinery.fetcher = Fetcher(net.database, net.gateway, house, give_up_after=timedelta(hours=24))
    await net.settle()
    assert await kept(net) == ["F1 kept"]
    assert len([one for one in net.heard("belgium") if "added the file F1" in one.body]) == 1
    assert not await net.machinery.fetcher.fetch_next()


async def test_a_homeserver_that_asks_for_a_pause_gets_it(net: Network) -> None:
    await sent(net)
    net.gateway.media.failure = Throttled(timedelta(seconds=40))
    await sends(net)
    net.gateway.media.failure = None
    await net.forward(timedelta(seconds=39))
    assert len(net.gateway.media.fetched) == 1
    await net.forward(timedelta(seconds=2))
    assert await kept(net) == ["F1 kept"]


async def test_a_hash_that_is_wrong_once_is_tried_again(net: Network) -> None:
    await sent(net)
    said = content(net)
    whole = net.gateway.media.stored[said["file"]["url"]]
    net.gateway.media.stored[said["file"]["url"]] = whole[:5]
    await net.say("", room="ghana", thread=card_in(net, "ghana"), file=said)
    net.gateway.media.stored[said["file"]["url"]] = whole
    await net.forward(timedelta(minutes=1))
    assert await kept(net) == ["F1 kept"]


async def test_a_fault_of_ours_stops_one_file_alone(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    await sent(net)

    async def bug(*_arguments: Any, **_options: Any) -> Any:
        raise KeyError

    with monkeypatch.context() as patch:
        patch.setattr(net.gateway, "look_into", bug)
        assert "I did not take the file" in await sends(net)
    await sends(net, JPEG, mimetype="image/jpeg")
    assert await kept(net) == ["F1 kept"]


async def test_while_one_file_comes_slowly_another_is_looked_into_and_the_database_is_free(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    await sent(net)
    slow, quick = content(net), content(net, JPEG, mimetype="image/jpeg")
    may_end, fetch = asyncio.Event(), net.gateway.media._fetch

    async def slowly(opens: EncryptedFile, limit: int, deadline: timedelta) -> bytearray:
        if opens.url == slow["file"]["url"]:
            await may_end.wait()
        return await fetch(opens, limit, deadline)

    monkeypatch.setattr(net.gateway.media, "_fetch", slowly)
    for said in (slow, quick):
        await _take_in(net, said)
    fetching = asyncio.create_task(net.machinery.fetcher.run())
    try:
        await _until_kept(net, ["F1 kept"])
        may_end.set()
        await _until_kept(net, ["F1 kept", "F2 kept"])
    finally:
        async with net.database.idle():
            fetching.cancel()
        await asyncio.gather(fetching, return_exceptions=True)
    async with net.transaction() as tx:
        first = await IncomingFiles(tx).get(1)
        assert first is not None
        assert first.state is FileState.SEEN


async def _until_kept(net: Network, files: list[str]) -> None:
    async with asyncio.timeout(20):
        while await kept(net) != files:  # noqa: ASYNC110 - what is fetched is seen in the database alone
            await asyncio.sleep(0.005)


async def _take_in(net: Network, said: Mapping[str, Any]) -> None:
    """Have a file's message handled, and nothing fetched yet."""
    event_id = net.gateway.event_id()
    fetch_next = net.machinery.fetcher.fetch_next

    async def none() -> bool:
        return False

    net.machinery.fetcher.fetch_next = none  # type: ignore[method-assign]  # put back below
    try:
        await net.say("", room="ghana", thread=card_in(net, "ghana"), file=said, event_id=event_id)
    finally:
        net.machinery.fetcher.fetch_next = fetch_next  # type: ignore[method-assign]  # see above
