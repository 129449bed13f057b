"""What waits in the outbox while rights change: asked about again when it is sent, dropped or held, never claimed."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from bot.matrix.interface import MatrixError, Unavailable
from storage.alerts import Alerts
from storage.audit import Audit
from storage.ids import CountryCode
from storage.members import AuthorityKind, Members, Role
from storage.outbox import Failure, OutboxRow, RowState
from tests.alerts.matching import HIDDEN, dutch, told
from tests.alerts.raising import sent
from tests.fakes import Network
from tests.test_changed_keys import shows

TO_ROTTERDAM = "CSQU3054383 at Tema to Rotterdam"


async def cut_off(net: Network, name: str, error: MatrixError | None = None) -> None:
    """Let nothing come to a person's direct chat any more."""
    net.gateway.rooms[await net.direct(name)].failure = error or Unavailable("down")


async def connect(net: Network, name: str) -> None:
    """Let what waits for a person go out, as far as it may."""
    net.gateway.rooms[await net.direct(name)].failure = None
    await net.forward(timedelta(minutes=20))


async def move(net: Network, name: str, country: str) -> None:
    said = await net.say(f"!member set @{name}:test country={country}", as_="coordinator", room="coordination")
    assert "Changed, and in force from now on." in said, said.text


async def waiting(net: Network, name: str) -> list[OutboxRow]:
    """Return what was written for a person and not sent, oldest first."""
    async with net.transaction() as tx:
        query = select(OutboxRow).where(OutboxRow.user_id == net.person(name)).order_by(OutboxRow.id)
        found = (await tx.session.scalars(query)).all()
    return [row for row in found if row.state is not RowState.SENT]


async def heard_of(net: Network, name: str, number: str = "A-2026-0001") -> list[str]:
    return [one.body for one in await net.heard_by(name) if number in one.body]


async def test_what_a_watch_told_is_not_sent_to_who_belongs_to_another_country_by_then(net: Network) -> None:
    await net.say("!watch container=CSQU3054383", as_="netherlands")
    await cut_off(net, "netherlands")
    await sent(net, TO_ROTTERDAM)
    assert len(await waiting(net, "netherlands")) == 1
    await move(net, "netherlands", "DE")
    await connect(net, "netherlands")
    assert await heard_of(net, "netherlands") == []
    (row,) = await waiting(net, "netherlands")
    assert (row.state, row.failure, row.content) == (RowState.DROPPED, Failure.NOT_SHOWN, {})
    async with net.transaction() as tx:
        (line,) = [one for one in await Audit(tx).lines("alert:1") if one.outcome == "withheld"]
    assert (line.actor, line.action, line.details) == ("bot", "send", {"row": row.id, "person": "@netherlands:test"})


async def test_what_was_not_told_is_told_once_it_may_be_again(net: Network) -> None:
    await net.say("!watch container=CSQU3054383", as_="netherlands")
    await cut_off(net, "netherlands")
    await sent(net, TO_ROTTERDAM)
    await move(net, "netherlands", "DE")
    await connect(net, "netherlands")
    await move(net, "netherlands", "NL")
    await net.say("!alert set 1 vessel=Ever Given", as_="ghana")
    assert len([one for one in await heard_of(net, "netherlands") if "Your watch" in one]) == 1


async def test_what_waits_is_sent_to_who_may_still_read_it(net: Network) -> None:
    await net.say("!watch container=CSQU3054383", as_="netherlands")
    await cut_off(net, "netherlands")
    await sent(net, TO_ROTTERDAM)
    await move(net, "germany", "BE")  # somebody else's right changed
    await net.say("!alert note 1 The seal is broken", as_="ghana")
    await connect(net, "netherlands")
    assert len(await heard_of(net, "netherlands")) == 1


async def test_a_coordinator_who_is_none_any_more_does_not_get_what_was_for_one(net: Network) -> None:
    await net.say("!member set @germany:test role=coordinator", as_="coordinator", room="coordination")
    await net.say("!watch container=CSQU3054383", as_="germany")
    await cut_off(net, "germany")
    await sent(net, TO_ROTTERDAM)
    await net.say("!member set @germany:test role=member", as_="coordinator", room="coordination")
    await connect(net, "germany")
    assert await heard_of(net, "germany") == []


async def test_an_answer_that_waits_is_dropped_with_the_right_to_it(net: Network) -> None:
    await sent(net, TO_ROTTERDAM)
    for text in ("!alert show 1", "!alert list", "!alert next 1", "!alert close 1 outcome=other"):  # the last refused
        await cut_off(net, "netherlands")
        await net.say(text, as_="netherlands")
        assert await waiting(net, "netherlands")
    await move(net, "netherlands", "DE")
    await connect(net, "netherlands")
    assert await heard_of(net, "netherlands") == []


async def test_what_waits_in_a_room_is_dropped_when_the_room_stands_for_something_else(net: Network) -> None:
    net.fail_room("netherlands", Unavailable("down"))
    await sent(net, TO_ROTTERDAM)
    await net.say("!room unbind", as_="coordinator", room="netherlands")
    await net.say("!room bind country=DE", as_="coordinator", room="netherlands")
    net.fail_room("netherlands", None)
    await net.forward(timedelta(minutes=20))
    assert not [one for one in net.heard("netherlands") if "CSQU3054383" in one.body]
    async with net.transaction() as tx:
        alert = await Alerts(tx).get(1)
        assert alert is not None
        assert net.room("netherlands") not in {card.room_id for card in await Alerts(tx).cards(alert)}


async def test_what_a_stricter_marking_forbids_is_not_sent_whenever_it_was_written(net: Network) -> None:
    await net.say("!watch container=CSQU3054383", as_="germany")
    await cut_off(net, "germany")
    await sent(net, f"{TO_ROTTERDAM} tlp=green")
    await net.say("!alert set 1 tlp=amber", as_="ghana")
    await connect(net, "germany")
    assert await heard_of(net, "germany") == []


async def test_a_message_written_before_a_restart_is_asked_about_too(net: Network) -> None:
    await net.say("!watch container=CSQU3054383", as_="netherlands")
    await cut_off(net, "netherlands")
    await sent(net, TO_ROTTERDAM)
    async with net.transaction() as tx:
        member = await Members(tx).get(net.person("netherlands"))
        assert member is not None
        member.change(coordinators=1, country=CountryCode("DE"), role=Role.MEMBER)
    net.database._ages = type(net.database._ages)()  # as after a start: nothing is known of what changed when
    await connect(net, "netherlands")
    assert await heard_of(net, "netherlands") == []


async def test_whose_keys_changed_gets_what_waited_once_they_are_confirmed(net: Network) -> None:
    await shows(net, "netherlands", "first")
    await net.say("!watch container=CSQU3054383", as_="netherlands")
    await shows(net, "netherlands", "second")
    await sent(net, TO_ROTTERDAM)
    await net.forward(timedelta(days=2))
    assert await heard_of(net, "netherlands") == []
    assert len(await waiting(net, "netherlands")) == 1
    await net.say("!member confirm @netherlands:test", as_="coordinator", room="coordination")
    assert len(await heard_of(net, "netherlands")) == 1
    assert "has confirmed your new security keys" in (await net.heard_by("netherlands"))[-1].body


async def test_what_waits_for_keys_for_a_month_is_given_up_and_not_counted_as_told(net: Network) -> None:
    await shows(net, "netherlands", "first")
    await net.say("!watch container=CSQU3054383 for=90d", as_="netherlands")
    await shows(net, "netherlands", "second")
    await sent(net, TO_ROTTERDAM)
    await net.forward(timedelta(days=31))
    (row,) = [one for one in await waiting(net, "netherlands") if one.part == "watch"]
    assert (row.state, row.failure) == (RowState.GIVEN_UP, Failure.CHANGED_KEYS)
    assert "security keys changed, and no coordinator confirmed them" in net.heard("coordination")[-1].body
    await net.say("!member confirm @netherlands:test", as_="coordinator", room="coordination")
    await net.say("!alert set 1 vessel=Ever Given", as_="ghana")
    assert len([one for one in await heard_of(net, "netherlands") if "Your watch" in one]) == 1


async def test_an_owner_with_changed_keys_hears_of_a_match_when_they_are_confirmed(net: Network) -> None:
    await sent(net, TO_ROTTERDAM)
    await shows(net, "ghana", "first")
    await shows(net, "ghana", "second")
    await dutch(net, "CSQU3054383 at Rotterdam from Tema")
    assert await told(net, "ghana") == []
    assert len(await told(net, "netherlands")) == 1
    await net.say("!member confirm @ghana:test", as_="coordinator", room="coordination")
    assert len(await told(net, "ghana")) == 1


@pytest.mark.parametrize("text", ["CSQU3054383 at Rotterdam from Tema", "CSQU3054383 at Rotterdam"])
async def test_a_match_that_did_not_reach_an_owner_who_left_is_told_to_who_took_over(net: Network, text: str) -> None:
    await sent(net, "CSQU3054383 at Tema")
    await cut_off(net, "ghana")
    await dutch(net, text)
    async with net.transaction() as tx:
        heir = await Members(tx).get(net.person("ghana2"))
        assert heir is not None
        heir.change(coordinators=1, authority="EPA Ghana", kind=AuthorityKind.ENVIRONMENT)
    await net.say("!member remove @ghana:test", as_="coordinator", room="coordination")
    await connect(net, "ghana")
    (words,) = await told(net, "ghana2")
    assert ("A-2026-0002" in words) is ("Tema" in text)
    assert (HIDDEN in words) is ("Tema" not in text)


async def test_the_author_reads_why_a_card_waits(net: Network) -> None:
    await shows(net, "netherlands", "first")
    await shows(net, "netherlands", "second")
    await net.say(f"!alert {TO_ROTTERDAM} tlp=red person=@netherlands:test")
    await net.say("!alert send")
    report = next(one.event_id for one in await net.heard_by("ghana") if "delivered to" in one.body)

    async def now() -> str:
        return [one.body for one in await net.heard_by("ghana") if report in {one.event_id, one.replaces}][-1]

    assert "⏳ Jan Voorbeeld: waits until a coordinator confirms the changed security keys" in await now()
    await net.say("!member confirm @netherlands:test", as_="coordinator", room="coordination")
    assert "✓ Jan Voorbeeld: delivered" in await now()


async def test_a_reminder_for_whoever_has_changed_keys_comes_once(net: Network) -> None:
    await shows(net, "netherlands", "first")
    await net.say("!remind me in 2h call Tema", as_="netherlands")
    before = len(await net.heard_by("netherlands"))
    await shows(net, "netherlands", "second")
    await net.forward(timedelta(hours=3))
    assert len(await net.heard_by("netherlands")) == before
    await net.say("!member confirm @netherlands:test", as_="coordinator", room="coordination")
    heard = (await net.heard_by("netherlands"))[before:]
    assert len([one for one in heard if "call Tema" in one.body]) == 1
