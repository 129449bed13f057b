"""The record is asked for: made when it is sent, audited, emptied where it may no longer be."""

import pytest
from sqlalchemy import select

from bot.matrix.interface import Trust
from storage.audit import Audit
from storage.files import OutgoingFile
from tests.alerts.raising import sent
from tests.fakes import Network
from tests.record.reading import SUSPICION


async def test_the_file_is_made_when_it_is_sent(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    async def nothing() -> None:
        pass

    await sent(net, SUSPICION)
    with monkeypatch.context() as patched:
        patched.setattr(net.machinery.sender, "drain", nothing)
        await net.say("!alert export 1 format=csv", as_="belgium", room="belgium")
    async with net.transaction() as tx:
        [file] = await tx.session.scalars(select(OutgoingFile))
    assert (file.maker, file.name.endswith(".csv")) == ("record", True)
    assert net.gateway.uploads == []
    await net.settle()
    [(_name, data)] = net.gateway.uploads
    assert data.startswith(b"\xef\xbb\xbf")
    assert b"CSQU3054384" in data
    async with net.transaction() as tx:
        assert (await tx.session.scalars(select(OutgoingFile))).all() == []


async def test_what_cannot_be_made_is_given_up_loudly(net: Network) -> None:
    def broken(_material: bytes) -> bytes:
        raise ValueError("no paper")

    await sent(net, SUSPICION)
    net.machinery.house.registry.makers["record"] = broken
    await net.say("!alert export 1", as_="belgium", room="belgium")
    assert net.gateway.uploads == []
    assert any("I could not deliver a message" in one.body for one in net.heard("coordination"))


async def test_the_record_comes_into_the_direct_chat_and_is_audited(net: Network) -> None:
    await sent(net, SUSPICION)
    for text in ("!alert export 1", "!alert export 1 format=CSV", "!alert export 1 format=json"):
        reply = await net.say(text, as_="belgium", room="belgium")
        assert reply.text == "The record of alert A-2026-0001 comes into your direct chat with me."
    names, files = zip(*net.gateway.uploads, strict=True)
    assert [name.rpartition(".")[2] for name in names] == ["pdf", "csv", "json"]
    assert files[0].startswith(b"%PDF")
    assert b"CSQU3054384" in files[1]
    assert len([one for one in await net.heard_by("belgium") if "The record of alert" in one.body]) == 3
    assert not any("The record of alert A-2026-0001, TLP" in one.body for one in net.heard("belgium"))
    async with net.transaction() as tx:
        lines = [line for line in await Audit(tx).lines("alert:1") if line.action == "alert export"]
    assert [line.actor for line in lines] == [net.person("belgium")] * 3


async def test_it_is_answered_in_the_direct_chat_itself_and_in_a_thread_without_a_number(net: Network) -> None:
    await sent(net, SUSPICION)
    assert "The record of alert" in await net.say("!alert export 1 format=json", as_="belgium")
    card = next(heard.event_id for heard in net.heard("belgium") if "Raised by" in heard.body)
    await net.say("!alert export format=json", as_="belgium", room="belgium", thread=card)
    assert len(net.gateway.uploads) == 2


async def test_who_may_not_see_it_gets_the_answer_of_what_is_not_there(net: Network) -> None:
    await sent(net, SUSPICION, tlp="amber-strict")
    hidden = await net.say("!alert export 1", as_="coordinator")
    missing = await net.say("!alert export 99", as_="coordinator")
    assert hidden.text.replace(" 1 ", " 99 ") == missing.text
    assert "for officials" in await net.say("!alert export 1", as_="germany")
    assert "I know no alert" in await net.say("!alert export 1", as_="belgium", room="network")
    unsigned = await net.say("!alert export 1", as_="belgium", trust=Trust.UNSIGNED)
    assert "not verified" in unsigned
    assert "is not one of" in await net.say("!alert export 1 format=docx", as_="belgium")
    assert net.gateway.uploads == []


async def test_what_was_given_out_is_emptied_where_the_marking_no_longer_allows_it(net: Network) -> None:
    await sent(net, SUSPICION)
    reply = await net.say("!alert export 1 format=json", as_="coordinator")
    await net.say("!alert set 1 tlp=amber-strict", as_="ghana", room="ghana")
    assert reply.messages[0].file is not None
    assert reply.messages[0].event_id not in {one.event_id for one in await net.heard_by("coordinator")}
    async with net.transaction() as tx:
        assert (await tx.session.scalars(select(OutgoingFile))).all() == []
