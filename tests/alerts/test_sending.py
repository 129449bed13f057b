"""Sending an alert: who is told, who is not, and what the author hears of it."""

from bot.matrix.interface import Rejected
from storage.alerts import AlertState
from storage.rooms import BindingKind, Rooms
from tests.alerts.raising import card_in, raised, sent, state_of
from tests.fakes import Network


async def test_sending_tells_each_room_and_reports_each_delivery(net: Network) -> None:
    report = await sent(net)
    latest = net.latest("ghana", next(one.event_id for one in report.messages if "is sent" in one.body))
    assert "delivered to 4 of 4" in latest
    for room in ("Ghana", "Netherlands", "Belgium", "Coordination"):
        assert f"✓ {room}: delivered" in latest
    assert net.heard("network") == net.heard("germany") == []
    assert not net.heard("netherlands")[0].notice


async def test_a_failed_delivery_is_reported_with_its_reason(net: Network) -> None:
    await raised(net)
    net.fail_room("belgium", Rejected(403, "M_FORBIDDEN"))
    report = await net.say("!alert send", as_="ghana", room="ghana")
    latest = net.latest("ghana", next(one.event_id for one in report.messages if "is sent" in one.body))
    assert "✗ Belgium: NOT delivered, I am not allowed to write there" in latest
    assert "delivered to 3 of 4" in latest


async def test_the_draft_says_that_it_was_sent(net: Network) -> None:
    draft = await raised(net)
    await net.say("!alert send", as_="ghana", room="ghana")
    assert "was sent" in net.latest("ghana", draft.messages[0].event_id)


async def test_sending_twice_is_refused(net: Network) -> None:
    await sent(net)
    assert "was sent already" in await net.say("!alert send 1", as_="ghana", room="ghana")
    assert len([one for one in net.heard("netherlands") if one.replaces is None]) == 1


async def test_without_a_draft_there_is_nothing_to_send(net: Network) -> None:
    assert "no draft" in await net.say("!alert send", as_="ghana", room="ghana")


async def test_of_several_drafts_the_author_says_which(net: Network) -> None:
    await raised(net)
    await raised(net)
    answer = await net.say("!alert send", as_="ghana", room="ghana")
    assert "!alert send A-2026-0002" in answer.text
    assert "is sent" in await net.say("!alert send A-2026-0002", as_="ghana", room="ghana")
    assert await state_of(net, 1) is AlertState.DRAFT


async def test_a_reply_to_the_draft_means_that_draft(net: Network) -> None:
    first = await raised(net)
    await raised(net)
    answer = await net.say("!alert send", as_="ghana", room="ghana", reply_to=first.messages[0].event_id)
    assert "A-2026-0001 is sent" in answer.text


async def test_a_country_without_a_room_is_said_loudly(net: Network) -> None:
    draft = await raised(net, "CSQU3054383 at Tema, from Montevideo to Rotterdam")
    assert "Uruguay (origin) is concerned, but has no room that may hear of this: it will NOT be told" in draft.text
    report = await net.say("!alert send", as_="ghana", room="ghana")
    assert "Uruguay (origin) is concerned" in report.text
    assert any("Uruguay" in one.body and "room create" in one.body for one in net.heard("coordination"))


async def test_nobody_to_tell_is_refused_and_a_coordination_room_is_enough(net: Network) -> None:
    await raised(net, "something odd", tlp="amber-strict")
    refusal = await net.say("!alert send", as_="ghana", room="ghana")
    assert "Nobody would be told" in refusal.text
    assert await state_of(net) is AlertState.DRAFT
    await net.say("!alert set tlp=amber", as_="ghana", room="ghana")
    assert "delivered to" in await net.say("!alert send", as_="ghana", room="ghana")


async def test_an_author_whose_country_is_not_concerned_sees_the_answers_directly(net: Network) -> None:
    await sent(net, "CSQU3054383 from Antwerp to Rotterdam")
    await net.say("!alert ack 1", as_="belgium", room="belgium")
    assert any("Federal Police (Belgium) has acknowledged" in one.body for one in await net.heard_by("ghana"))


async def test_a_room_bound_later_gets_the_card_with_the_next_change(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema, from Montevideo")
    await net.add_room("uruguay", set(), [(BindingKind.COUNTRY, "UY")])
    await net.say("!alert note 1 seal broken", as_="ghana", room="ghana")
    assert "CSQU3054383" in net.heard("uruguay")[0].body


async def test_a_room_that_is_unbound_loses_the_card(net: Network) -> None:
    await sent(net)
    card = card_in(net, "belgium")
    async with net.transaction() as tx:
        await Rooms(tx).unbind(net.room("belgium"))
    await net.say("!alert note 1 seal broken", as_="ghana", room="ghana")
    assert net.is_redacted("belgium", card)
    assert "CSQU3054383" not in "".join(one.body for one in net.heard("belgium"))
    assert not any("seal broken" in one.body for one in net.heard("belgium"))


async def test_a_card_full_of_facts_still_stands_on_one_page(net: Network) -> None:
    codes = " ".join(f"A{number}" for number in range(1010, 1090, 10))
    boxes = " ".join(f"MSKU{number:07d}" for number in range(1, 200))
    await sent(net, f"{boxes} {codes} at Tema to Rotterdam and Antwerp {'é' * 3000}")
    await net.say(
        f"!alert set 1 declared={'ü' * 900} contact={'漢' * 900} waste={'字' * 400}", as_="ghana", room="ghana"
    )
    edits = [one for one in net.heard("netherlands") if one.replaces is not None]
    assert "Countries concerned:" in edits[-1].body
    assert "more" in edits[-1].body
    assert len([one for one in net.heard("netherlands") if one.replaces is None and one.thread_root is None]) == 1
