"""What was said of an alert is taken back where a stricter marking no longer lets it stand."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from bot.matrix.interface import Rejected, Unavailable
from commands.alerts import capability
from commands.alerts.meant import is_by_number
from storage.audit import Audit
from storage.outbox import OutboxRow, RowState
from tests.alerts.raising import card_in, sent
from tests.fakes import Network

SUSPICION = "CSQU3054383 at Tema to Rotterdam, SECRETWORD"
STRICT = "!alert set 1 tlp=amber-strict"


def said(net: Network, room: str) -> str:
    return "".join(one.body + one.html for one in net.heard(room))


async def rows_about(net: Network, word: str) -> list[OutboxRow]:
    """Return the rows of the outbox that still hold a word."""
    async with net.transaction() as tx:
        return [row for row in await tx.session.scalars(select(OutboxRow)) if word in str(row.content)]


async def test_every_version_of_a_message_is_redacted_not_only_the_first(net: Network) -> None:
    await sent(net, SUSPICION)
    card = card_in(net, "coordination")
    await net.say("!alert set 1 declared=SECRETGOODS", as_="ghana", room="ghana")
    edits = [one.event_id for one in net.heard("coordination") if one.replaces == card]
    assert edits
    await net.say(STRICT, as_="ghana", room="ghana")
    for event in (card, *edits):
        assert net.is_redacted("coordination", event)
    assert "SECRET" not in said(net, "coordination")
    assert "SECRETGOODS" in said(net, "netherlands")


async def test_lists_refusals_and_questions_that_name_it_are_taken_back_too(net: Network) -> None:
    await sent(net, SUSPICION)
    room = "coordination"
    texts = (
        "!alert list",
        "!alert owed",
        "!alert show 1",
        "!alert next 1",
        "!alert risk 1",
        "!alert reopen 1 SECRETWORD",  # refused: it is open
        "!alert set 1 vessel=IMO9811000",  # refused: not its author
    )
    answers = [(await net.say(text, as_="coordinator", room=room)).messages for text in texts]
    card = card_in(net, room)
    answers.append((await net.say("!close outcome=other", as_="coordinator", room=room, thread=card)).messages)
    assert all("0001" in messages[-1].body for messages in answers)
    await net.say(STRICT, as_="ghana", room="ghana")
    for messages in answers:
        for one in messages:
            assert net.is_redacted(room, one.event_id), one.body
    assert "CSQU" not in said(net, room)


async def test_a_list_goes_when_one_of_its_alerts_may_no_longer_stand_there(net: Network) -> None:
    await sent(net, SUSPICION)
    await sent(net, "drums at Tema to Rotterdam")
    listed = (await net.say("!alert list", as_="coordinator")).messages[0].event_id
    await net.say("!alert set 2 tlp=amber-strict", as_="ghana", room="ghana")
    assert listed not in {one.event_id for one in await net.heard_by("coordinator")}


async def test_what_waits_is_not_sent_any_more(net: Network) -> None:
    net.fail_room("coordination", Unavailable())
    await sent(net, SUSPICION)
    await net.say("!alert note 1 SECRETWORD again", as_="ghana", room="ghana")
    await net.say(STRICT, as_="ghana", room="ghana")
    net.fail_room("coordination", None)
    await net.forward(timedelta(hours=1))
    assert net.heard("coordination") == net.redacted("coordination") == []


async def test_what_arrived_without_an_answer_is_found_and_redacted(net: Network) -> None:
    await sent(net, SUSPICION)
    card = card_in(net, "coordination")
    async with net.transaction() as tx:  # as after a crash between the sending and the marking
        row = (await tx.session.scalars(select(OutboxRow).where(OutboxRow.event_id == card))).one()
        row.state, row.event_id, row.sent_room, row.sent_at = RowState.PENDING, None, None, None
        row.not_before = net.now.replace(year=2027)
    await net.say(STRICT, as_="ghana", room="ghana")
    await net.forward(timedelta(hours=1))
    assert net.is_redacted("coordination", card)


async def test_where_nobody_may_redact_an_edit_takes_its_place(net: Network) -> None:
    await sent(net, SUSPICION)
    card = card_in(net, "coordination")
    net.gateway.rooms[net.room("coordination")].lets_redact = False
    await net.say(STRICT, as_="ghana", room="ghana")
    assert "may no longer be shown" in net.latest("coordination", card)
    assert net.redacted("coordination") == []


async def test_what_cannot_be_taken_back_is_said_loudly(net: Network) -> None:
    await sent(net, SUSPICION)
    net.fail_room("coordination", Rejected(400, "M_UNKNOWN"))
    await net.say(STRICT, as_="ghana", room="ghana")
    told = [one.body for one in await net.heard_by("coordinator")]
    assert any("could not take back a message in Coordination that may no longer be shown there" in one for one in told)
    assert "SECRETWORD" not in "".join(told)


async def test_the_outbox_forgets_what_was_taken_back(net: Network) -> None:
    await sent(net, SUSPICION)
    await net.say("!alert set 1 tlp=red person=@netherlands:test", as_="ghana", room="ghana")
    kept = await rows_about(net, "SECRETWORD")
    assert {row.user_id for row in kept} == {net.person("netherlands"), net.person("ghana")}
    for room in ("ghana", "netherlands", "coordination"):
        assert "SECRETWORD" not in said(net, room)
    assert any("SECRETWORD" in one.body for one in await net.heard_by("netherlands"))


async def test_a_second_change_takes_nothing_back_twice(net: Network) -> None:
    await sent(net, SUSPICION)
    await net.say(STRICT, as_="ghana", room="ghana")
    once = net.redacted("coordination")
    heard = net.heard("coordination")
    await net.say("!alert set 1 tlp=red person=@netherlands:test", as_="ghana", room="ghana")
    assert net.redacted("coordination") == once
    assert net.heard("coordination") == heard


async def test_a_draft_that_becomes_stricter_leaves_every_answer_too(net: Network) -> None:
    await net.say(f"!alert {SUSPICION}", as_="ghana", room="ghana")
    for text in ("!alert show 1", "!alert list", "!alert next 1"):
        await net.say(text, as_="ghana", room="ghana")
    await net.say("!alert set 1 tlp=red", as_="ghana")
    assert "SECRETWORD" not in said(net, "ghana")
    assert "CSQU" not in said(net, "ghana")


async def test_what_has_ended_can_still_become_stricter(net: Network) -> None:
    await sent(net, SUSPICION)
    await net.say("!alert close 1 outcome=other", as_="ghana", room="ghana")
    card = card_in(net, "coordination")
    assert "is ended" in await net.say("!alert set 1 tlp=amber-strict vessel=IMO9811000", as_="ghana", room="ghana")
    assert not net.is_redacted("coordination", card)
    await net.say(STRICT, as_="ghana", room="ghana")
    assert net.is_redacted("coordination", card)
    assert "TLP:AMBER+STRICT" in net.latest("netherlands", card_in(net, "netherlands"))
    await net.say("!alert set 1 tlp=red", as_="ghana")
    assert "SECRETWORD" not in said(net, "netherlands")


# Downwards


async def test_after_a_downgrade_the_rooms_that_now_may_hear_are_told_once(net: Network) -> None:
    await sent(net, SUSPICION)
    kept = card_in(net, "netherlands")
    answer = await net.say("!alert downgrade 1 tlp=green The case is public", as_="ghana", room="ghana")
    assert "TLP:GREEN" in answer
    assert "SECRETWORD" in net.latest("network", card_in(net, "network"))
    lines = [one.body for one in net.heard("netherlands") if one.thread_root == kept]
    assert lines == [
        "EPA Ghana (Ghana) changed the marking of alert A-2026-0001 from TLP:AMBER to TLP:GREEN.\n> The case is public"
    ]
    await net.say("!alert note 1 seal broken", as_="ghana", room="ghana")
    assert len([one for one in net.heard("network") if "Raised by" in one.body and one.replaces is None]) == 1
    assert "TLP:GREEN" in net.latest("netherlands", kept)


async def test_what_was_taken_back_comes_anew_after_a_downgrade(net: Network) -> None:
    await sent(net, SUSPICION)
    await net.say(STRICT, as_="ghana", room="ghana")
    assert "SECRETWORD" not in said(net, "coordination")
    await net.say("!alert downgrade 1 tlp=amber wrongly marked", as_="ghana", room="ghana")
    assert "SECRETWORD" in net.latest("coordination", card_in(net, "coordination"))


async def test_only_the_authors_authority_lowers_the_marking_and_it_is_on_record(net: Network) -> None:
    await sent(net, SUSPICION)
    for person in ("ghana2", "netherlands", "coordinator"):  # customs, another country, a coordinator
        answer = await net.say("!alert downgrade 1 tlp=green we all know", as_=person)
        assert "only by EPA Ghana (Ghana), which raised it" in answer, person
    assert "TLP:AMBER," in await net.say("!alert show 1", as_="ghana")
    await net.say("!member set @ghana2:test authority=EPA Ghana", as_="coordinator")
    await net.say("!alert downgrade 1 tlp=green the press has it", as_="ghana2", room="ghana")
    shown = await net.say("!alert show 1", as_="ghana")
    assert "marked TLP:GREEN instead of TLP:AMBER by EPA Ghana (Ghana): “the press has it”" in shown
    assert "TLP:AMBER is not less strict than TLP:GREEN" in await net.say("!alert downgrade 1 tlp=amber x", as_="ghana")


async def test_red_lowered_to_amber_stays_before_the_named_who_may_see_it(net: Network) -> None:
    await net.say(f"!alert {SUSPICION} tlp=red person=@netherlands:test,@germany:test", as_="ghana")
    await net.say("!alert send 1", as_="ghana")
    await net.say("!alert downgrade 1 tlp=amber rooms must look", as_="ghana")
    assert "SECRETWORD" in said(net, "netherlands")
    assert any("SECRETWORD" in one.body for one in await net.heard_by("netherlands"))
    assert not any("SECRETWORD" in one.body for one in await net.heard_by("germany"))


async def test_red_lowered_leaves_the_named_who_may_not_see_it_any_more_no_answer_either(net: Network) -> None:
    await net.say(f"!alert {SUSPICION} tlp=red person=@netherlands:test,@germany:test", as_="ghana")
    await net.say("!alert send 1", as_="ghana")
    for text in ("!alert show 1", "!alert next 1", "!alert list"):
        assert "A-2026-0001" in await net.say(text, as_="germany")
    await net.say("!alert downgrade 1 tlp=amber rooms must look", as_="ghana")
    left = {one.body for one in await net.heard_by("germany") if "A-2026-0001" in one.body}
    assert left == {"What stood here about alert A-2026-0001 may no longer be shown in this room."}


async def test_what_was_for_anybody_is_taken_back_where_outsiders_read_it(net: Network) -> None:
    await sent(net, SUSPICION, tlp="clear")
    net.gateway.rooms[net.room("network")].joined.add(net.person("stranger"))
    for note in range(8):
        await net.say(f"!alert note 1 SECRETWORD {note}", as_="ghana")
    assert "SECRETWORD 7" in said(net, "network")
    await net.say("!alert set 1 tlp=green", as_="ghana")
    await net.say("!alert note 1 SECRETWORD again", as_="ghana")
    assert "SECRET" not in said(net, "network")
    assert "may no longer be shown" in said(net, "network")
    assert "SECRETWORD 7" in said(net, "netherlands")
    net.gateway.rooms[net.room("network")].joined.discard(net.person("stranger"))
    await net.forward(timedelta(minutes=20))
    assert "TLP:GREEN" in net.heard("network")[-2].body
    assert "SECRETWORD again" in net.heard("network")[-1].body


async def test_what_waits_for_outsiders_to_go_holds_up_nothing_that_takes_messages_away(net: Network) -> None:
    await sent(net, SUSPICION)
    await net.say("!alert CSQU3054383 at Tema to Rotterdam", as_="netherlands", room="netherlands")
    await net.say("!alert send", as_="netherlands", room="netherlands")
    for note in range(9):
        await net.say(f"!alert note 1 SECRETWORD {note}", as_="ghana")
    assert "SECRETWORD 8" in said(net, "netherlands")
    net.gateway.rooms[net.room("netherlands")].joined.add(net.person("stranger"))
    await net.say(f"!alert set 1 tlp=red person={net.person('belgium')}", as_="ghana")
    await net.forward(timedelta(minutes=1))
    assert "SECRETWORD" not in said(net, "netherlands")


@pytest.mark.parametrize("room", ["network", "ghana"])
async def test_what_takes_the_right_from_its_own_room_is_answered_directly(net: Network, room: str) -> None:
    await sent(net, SUSPICION, tlp="green")
    corrected = "!alert set 1 tlp=red person=@netherlands:test container=+MSKU1234565 company=SECRETCOMPANY"
    answered = await net.say(corrected, as_="ghana", room=room, thread=card_in(net, room))
    assert "My answer is in your direct chat with me." in answered
    assert not any(word in said(net, room) for word in ("SECRET", "CSQU3054383", "MSKU1234565"))
    assert "CSQU3054383 and MSKU1234565" in (await net.heard_by("ghana"))[-1].body


async def test_a_draft_that_becomes_red_in_a_room_is_answered_directly(net: Network) -> None:
    await net.say(f"!alert {SUSPICION}", as_="ghana", room="ghana")
    await net.say("!alert set tlp=red company=SECRETCOMPANY", as_="ghana", room="ghana")
    assert "A-2026-0001" not in said(net, "ghana")
    assert "SECRET" not in said(net, "ghana")
    assert any("Company: SECRETCOMPANY" in one.body for one in await net.heard_by("ghana"))


# The number is typed


async def test_what_cannot_be_undone_asks_for_the_number_in_a_thread(net: Network) -> None:
    await sent(net, SUSPICION)
    await net.say("!alert hold 1", as_="netherlands", room="netherlands")
    card = card_in(net, "ghana")
    asked = await net.say("!downgrade tlp=clear public", as_="ghana", room="ghana", thread=card)
    assert "Do you mean alert A-2026-0001" in asked
    assert "stays as it is" in await net.say("A-2026-0002", as_="ghana", room="ghana", thread=card)
    assert "TLP:AMBER," in await net.say("!alert show 1", as_="ghana")
    await net.say("!downgrade tlp=clear public", as_="ghana", room="ghana", thread=card)
    await net.say("A-2026-0001", as_="ghana", room="ghana", thread=card)
    assert "TLP:CLEAR" in net.latest("ghana", card)
    async with net.transaction() as tx:
        lines = await Audit(tx).lines("alert:1")
    assert ("alert downgrade", "@ghana:test") in {(line.action, line.actor) for line in lines}


ASKED = {
    "close", "withdraw", "merge", "confirm", "clear", "inform-export-state", "take-back", "received", "treat",
    "downgrade", "hand-over",
}  # fmt: skip


def test_which_commands_ask_for_the_number_is_written_down() -> None:
    commands = {command.words[-1] for command in capability.commands if command.words[0] == "alert"}
    assert {command for command in commands if is_by_number(command)} == ASKED
    written = (Path(__file__).parents[2] / "docs/decisions/0019-the-number-is-typed.md").read_text()
    for command in ASKED:
        assert f"`{command}`" in written


async def test_marking_naming_and_purging_on_each_database(net_on_each: Network) -> None:
    net = net_on_each
    await sent(net, "CSQU3054383 at Tema to Rotterdam, SECRETWORD")
    await net.say("!alert person 1 role=driver SECRETNAME", as_="ghana")
    await net.say("!alert list", as_="coordinator")
    await net.say("!request 1 NL SECRETWORD", as_="ghana")
    await net.say("!alert propose 1 contact=SECRETWORD why=SECRETWORD", as_="netherlands", room="netherlands")
    card = card_in(net, "coordination")
    await net.say("!alert set 1 tlp=amber-strict source=B info=3", as_="ghana")
    assert net.is_redacted("coordination", card)
    await net.say("!alert downgrade 1 tlp=green yes", as_="ghana")
    assert "SECRETWORD" in net.latest("network", card_in(net, "network"))
    await net.say("!alert withdraw 1 SECRETWORD", as_="ghana")
    await net.forward(timedelta(days=800))
    assert not any("SECRET" in one.body for room in net.gateway.rooms.values() for one in room.heard)
