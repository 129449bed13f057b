"""Alerts as officials use them: drafted, corrected, sent, acknowledged, noted, closed, withdrawn, looked up."""

from datetime import timedelta

import pytest

from bot.matrix.interface import Rejected, Trust
from storage.alerts import AlertNumber, Alerts, AlertState, Outlines
from storage.ids import EventId
from storage.rooms import BindingKind, Rooms
from tests.fakes import Network, Reply

SUSPICION = "20 drums in CSQU3054383 at Tema, from Antwerp to Rotterdam, 18 t of A1180"


async def raised(net: Network, text: str = SUSPICION, **options: str) -> Reply:
    """Let Ghana draft an alert in its room."""
    words = " ".join(f"{key}={value}" for key, value in options.items())
    return await net.say(f"!alert {text} {words}".strip(), as_="ghana", room="ghana")


async def sent(net: Network, text: str = SUSPICION, **options: str) -> Reply:
    """Let Ghana draft an alert and send it."""
    await raised(net, text, **options)
    return await net.say("!alert send", as_="ghana", room="ghana")


def card_in(net: Network, room: str) -> EventId:
    return next(heard.event_id for heard in net.heard(room) if heard.replaces is None and "Raised by" in heard.body)


async def state_of(net: Network, sequence: int = 1) -> AlertState:
    async with net.transaction() as tx:
        alert = await Alerts(tx).by_number(AlertNumber("A", 2026, sequence))
        assert alert is not None
        return alert.state


# Drafts


async def test_each_fact_says_how_far_it_can_be_relied_on_and_why_not_further(net: Network) -> None:
    text = "alert CSQU3054384 on MV Stella at Tema, from Antverp via Cartagena, at 14:30 on 03/04/2026, A1180"
    draft = (await net.say(text, as_="ghana")).text
    for line in (
        "CSQU3054384 (check: the check digit is wrong; with the right one it is CSQU3054383)",
        "Antwerpen, Belgium (BEANR) (check: I read a misspelt word as Antwerpen)",
        "Cartagena, Colombia (COCTG) (only a guess: several places are called so: COCTG and ESCAR)",
        "2026-04-03 14:30 (only a guess: it can be read as 2026-04-03 and 2026-03-04)",
        "A1180 (check: this code is no longer in force; it was replaced by A1181)",
    ):
        assert line in draft
    assert "Stella\n" in draft  # what is sure stands alone


async def test_a_draft_says_what_was_understood_what_is_missing_and_who_will_be_told(net: Network) -> None:
    draft = await raised(net)
    for expected in (
        "Draft of alert A-2026-0001, TLP:AMBER",
        "Container: CSQU3054383",
        "Port where it was seen: Tema, Ghana (GHTEM)",
        "Origin: Antwerpen, Belgium (BEANR)",
        "Destination: Rotterdam, Netherlands (NLRTM)",
        "A1180 (check: this code is no longer in force; it was replaced by A1181)",
        "18 t",
        "vessel=",
        "Sending it tells 5 people",
        "- Ghana (Ghana: seen there)",
        "- Netherlands (Netherlands: destination)",
        "- Belgium (Belgium: origin)",
        "- Coordination (coordination of the network)",
        "!alert send",
    ):
        assert expected in draft.text
    assert net.heard("netherlands") == []


async def test_a_wrong_check_digit_is_kept_and_flagged(net: Network) -> None:
    draft = await raised(net, "CSQU3054384 at Tema")
    assert "CSQU3054384 (check: the check digit is wrong; with the right one it is CSQU3054383)" in draft.text


async def test_numbers_follow_each_other(net: Network) -> None:
    assert "A-2026-0001" in await raised(net)
    assert "A-2026-0002" in await raised(net)


async def test_nothing_understood_is_still_a_draft(net: Network) -> None:
    draft = await raised(net, "something smells behind the warehouse")
    assert "I recognised no container" in draft.text
    assert "A-2026-0001" in draft.text


async def test_a_member_who_is_no_official_raises_nothing(net: Network) -> None:
    assert "for officials" in await net.say("!alert drums at Hamburg, smelling", as_="germany", room="germany")


async def test_an_unsigned_device_raises_nothing(net: Network) -> None:
    assert "not verified" in await net.say("!alert drums at Tema port", room="ghana", trust=Trust.UNSIGNED)


async def test_a_draft_of_a_room_that_may_not_see_it_goes_to_the_direct_chat(net: Network) -> None:
    answer = await net.say(f"!alert {SUSPICION}", as_="ghana", room="network")
    assert "CSQU3054383" not in answer.text
    assert "direct chat" in answer.text
    assert "CSQU3054383" in (await net.heard_by("ghana"))[0].body


async def test_unknown_options_are_text(net: Network) -> None:
    draft = await raised(net, "at Tema the seal=broken and the driver's papers say lot=7")
    assert "seal=broken and the driver's papers say lot=7" in draft.text


async def test_a_typing_slip_is_no_alert(net: Network) -> None:
    assert "Did you mean !alert send" in await net.say("!alert snd", as_="ghana", room="ghana")


async def test_text_that_is_too_long_is_refused_with_what_to_do(net: Network) -> None:
    answer = await net.say("!alert " + "drums at Tema " * 4300, as_="ghana", room="ghana")
    assert "10000" in answer.text.replace(",", "")
    assert "notes" in answer.text
    async with net.transaction() as tx:
        assert await Outlines(tx).newest(limit=1) == []


async def test_the_longest_text_passes_through_everything(net: Network) -> None:
    await sent(net, ("<b>ü</b> @room " * 700)[:9_990])
    shown = await net.say("!alert show 1", as_="ghana", room="ghana")
    assert "<b>" not in "".join(heard.html for heard in shown.messages)
    assert "@room" not in shown.text
    assert "ü" in shown.text


async def test_hostile_text_is_shown_as_text(net: Network) -> None:
    draft = await raised(net, "<script>x</script> \u202etxet @room at Tema")
    [message] = draft.messages
    assert "<script>" not in message.html
    assert "\u202e" not in message.body
    assert "@room" not in message.body


@pytest.mark.parametrize("typed", ["amber strict", "AMBER+STRICT", "amber-strict", '"amber strict"'])
async def test_amber_strict_however_it_is_typed(net: Network, typed: str) -> None:
    draft = await net.say(f"!alert drums at Tema tlp={typed}", as_="ghana", room="ghana")
    assert "TLP:AMBER+STRICT" in draft.text


# Corrections


async def test_a_correction_edits_the_draft(net: Network) -> None:
    draft = await raised(net, "drums at Tema")
    card = draft.messages[0].event_id
    answer = await net.say("!alert set container=CSQU3054383, MSKU1234565 tell=NL vessel=Probo Koala", room="ghana")
    assert "CSQU3054383" in answer.text
    latest = net.latest("ghana", card)
    assert "CSQU3054383" in latest
    assert "MSKU1234565" in latest
    assert "Netherlands: added by the author" in latest


async def test_plus_adds_minus_takes_away_none_clears(net: Network) -> None:
    card = (await raised(net, "CSQU3054383 at Tema")).messages[0].event_id
    await net.say("!alert set container=+MSKU1234565", room="ghana")
    assert "Container: CSQU3054383 and MSKU1234565" in net.latest("ghana", card)
    await net.say("!alert set container=-CSQU3054383", room="ghana")
    assert "Container: MSKU1234565" in net.latest("ghana", card)
    await net.say("!alert set container=none", room="ghana")
    assert "Container:" not in net.latest("ghana", card)


async def test_every_key_can_be_set(net: Network) -> None:
    card = (await raised(net, "something odd")).messages[0].event_id
    await net.say(
        "!alert set container=CSQU3054383 vessel=IMO9074729 port=Tema origin=Belgium transit=MA destination=GH "
        "waste=A1181 declared=second-hand goods, mixed quantity=18 t seen=2026-11-22 contact=Gate 4 urgency=urgent",
        room="ghana",
    )
    latest = net.latest("ghana", card)
    for expected in ("CSQU3054383", "IMO 9074729", "Tema", "Belgium", "Morocco", "A1181", "second-hand goods, mixed",
                     "18 t", "2026-11-22", "Gate 4", "Urgency: urgent"):  # fmt: skip
        assert expected in latest
    assert "Not given" not in latest


async def test_values_that_cannot_be_are_refused(net: Network) -> None:
    await raised(net)
    assert "container=CSQU3054383" in await net.say("!alert set container=hello", room="ghana")
    assert "know no country" in await net.say("!alert set tell=Atlantis", room="ghana")
    assert "Matrix id" in await net.say("!alert set person=Jan", room="ghana")
    assert "not on the roster" in await net.say("!alert set person=@nobody:test", room="ghana")
    assert "Say what to set" in await net.say("!alert set", room="ghana")


async def test_only_the_author_corrects_and_sends(net: Network) -> None:
    await sent(net)
    for command in ("!alert set 1 origin=FR", "!alert send 1", "!alert withdraw 1 no"):
        assert "Only who raised" in await net.say(command, as_="ghana2", room="ghana")


async def test_anothers_draft_is_unknown(net: Network) -> None:
    await raised(net)
    unknown = await net.say("!alert show A-2026-0999", as_="ghana2", room="ghana")
    invisible = await net.say("!alert show A-2026-0001", as_="ghana2", room="ghana")
    assert invisible.text == unknown.text.replace("0999", "0001")


async def test_a_correction_after_sending_reaches_every_card_and_thread(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    card = card_in(net, "netherlands")
    net.clear_heard()
    await net.say("!alert set 1 vessel=Probo Koala origin=BE", room="ghana")
    edit, line = net.heard("netherlands")
    assert edit.replaces == card
    assert "Vessel: Probo Koala" in edit.body
    assert "Vessel" in line.body
    assert "Origin" in line.body
    assert line.thread_root == card
    assert "Container: CSQU3054383" in net.heard("belgium")[0].body


# Sending


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


# Following up


async def test_one_country_acknowledges_for_itself_alone(net: Network) -> None:
    await sent(net)
    card = card_in(net, "netherlands")
    await net.say("!alert ack", as_="netherlands", room="netherlands", thread=card)
    latest = net.latest("netherlands", card)
    assert "Netherlands (destination): acknowledged by ILT" in latest
    assert "waiting for Belgium" in latest
    lines = [one for one in net.heard("belgium") if one.thread_root is not None]
    assert "ILT (Netherlands) has acknowledged alert A-2026-0001." in lines[-1].body
    assert "Belgium (origin): to acknowledge by" in net.latest("belgium", card_in(net, "belgium"))


async def test_acknowledging_without_a_number_means_the_only_one_that_waits(net: Network) -> None:
    await sent(net)
    assert "Netherlands has acknowledged" in await net.say("!alert ack", as_="netherlands", room="netherlands")
    assert "No alert waits" in await net.say("!alert ack", as_="netherlands", room="netherlands")


async def test_acknowledging_twice_is_told_politely(net: Network) -> None:
    await sent(net)
    await net.say("!alert ack 1", as_="belgium", room="belgium")
    assert "has acknowledged alert A-2026-0001 already" in await net.say("!alert ack 1", as_="belgium", room="belgium")
    assert "raised alert A-2026-0001 itself" in await net.say("!alert ack 1", as_="ghana2", room="ghana")


async def test_a_country_that_is_not_addressed_cannot_acknowledge(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam", tlp="green")
    assert "not addressed to your country" in await net.say("!alert ack 1", as_="belgium", room="network")
    assert "no country" in await net.say("!alert ack 1", as_="coordinator", room="coordination")


async def test_notes_stand_in_every_thread(net: Network) -> None:
    await sent(net)
    card = card_in(net, "belgium")
    await net.say("!alert note 40 drums found, leaking", as_="belgium", room="belgium", thread=card)
    for room in ("ghana", "netherlands", "belgium", "coordination"):
        notes = [one for one in net.heard(room) if one.thread_root is not None and "40 drums found" in one.body]
        assert len(notes) == 1
        assert "Federal Police (Belgium)" in notes[0].body
        assert "Eva" not in notes[0].body


async def test_notes_from_elsewhere_are_refused(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam", tlp="green")
    assert "come from the countries concerned" in await net.say("!alert note 1 hello", as_="belgium", room="network")
    assert "10000" in (await net.say(f"!alert note 1 {'x' * 10_001}", as_="ghana", room="ghana")).text.replace(",", "")


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ('"yesterday 14:00"', "2026-11-22 14:00"),
        ("2026-11-21 9:05", "2026-11-21 09:05"),
        ("2026-11-21T18:30", "2026-11-21 18:30"),
        ("2026-11-21", "2026-11-21"),
    ],
)
async def test_when_it_was_seen_may_have_a_time_of_day(net: Network, typed: str, shown: str) -> None:
    await raised(net)
    assert f"Seen on: {shown}\n" in f"{await net.say(f'!alert set 1 seen={typed}', as_='ghana', room='ghana')}\n"


async def test_a_withdrawn_alert_is_listed_by_its_number_alone(net: Network) -> None:
    await sent(net)
    await net.say("!alert withdraw 1 misread", as_="ghana", room="ghana")
    listed = await net.say("!alert list", as_="ghana", room="ghana")
    assert "A-2026-0001, withdrawn, TLP:AMBER (" in listed


async def test_a_draft_takes_no_notes_and_no_end(net: Network) -> None:
    await raised(net)
    for command in ("!alert note 1 hello", "!alert close 1 outcome=other", "!alert ack 1"):
        assert "is a draft" in await net.say(command, as_="ghana", room="ghana")


async def test_closing_with_an_outcome_stops_the_clocks(net: Network) -> None:
    await sent(net)
    closed = await net.say("!alert close 1 outcome=returned Shipped back to Antwerp", as_="ghana2", room="ghana")
    assert "Outcome: returned to the country of origin" in closed.text
    latest = net.latest("belgium", card_in(net, "belgium"))
    assert "State: closed, outcome: returned to the country of origin" in latest
    assert "Shipped back to Antwerp" in latest
    net.clear_heard()
    await net.forward(timedelta(hours=5))
    assert net.heard("belgium") == net.heard("coordination") == []
    assert "is ended" in await net.say("!alert note 1 more", as_="ghana", room="ghana")
    assert "is ended" in await net.say("!alert set 1 origin=FR", as_="ghana", room="ghana")


async def test_a_country_concerned_closes_it_for_all(net: Network) -> None:
    """The country where the container is found knows what came of it."""
    await sent(net)
    closed = await net.say("!alert close 1 outcome=cleared Empty, swept clean", as_="belgium", room="belgium")
    assert "Outcome: cleared" in closed.text
    told = [one.body for one in net.heard("ghana") if one.thread_root == card_in(net, "ghana")]
    assert told[-1].startswith("Federal Police (Belgium) closed alert A-2026-0001. Outcome: cleared")


async def test_countries_not_concerned_do_not_close(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam", tlp="green")
    refused = await net.say("!alert close 1 outcome=cleared", as_="belgium", room="network")
    assert "!alert close is for Ghana, Netherlands, and the coordinators" in refused
    assert "closed" in await net.say("!alert close 1 outcome=not-located", as_="coordinator", room="coordination")


async def test_closing_asks_for_the_outcome(net: Network) -> None:
    await sent(net)
    asked = await net.say("!alert close 1", as_="ghana", room="ghana")
    assert "What came of it?" in asked.text
    answer = await net.say("treated", as_="ghana", room="ghana", thread=asked.event_id)
    assert "treated in the country of detection" in answer.text
    assert await state_of(net) is AlertState.CLOSED


async def test_a_withdrawn_alert_leaves_a_tombstone(net: Network) -> None:
    await sent(net)
    await net.say("!alert withdraw 1 The number was misread", as_="ghana", room="ghana")
    latest = net.latest("netherlands", card_in(net, "netherlands"))
    assert "WITHDRAWN" in latest
    assert "The number was misread" in latest
    assert "CSQU3054383" not in latest
    net.clear_heard()
    await net.forward(timedelta(hours=5))
    assert net.heard("netherlands") == []
    assert "WITHDRAWN" in await net.say("!alert show 1", as_="netherlands", room="netherlands")


async def test_a_draft_is_dropped_without_anybody_hearing(net: Network) -> None:
    draft = await raised(net)
    assert "Nobody was told" in await net.say("!alert withdraw 1 wrong box", as_="ghana", room="ghana")
    assert "WITHDRAWN" in net.latest("ghana", draft.messages[0].event_id)
    assert "is ended" in await net.say("!alert send 1", as_="ghana", room="ghana")
    assert net.heard("coordination") == []


# Looking up


async def test_an_alert_is_shown_with_its_history(net: Network) -> None:
    await sent(net)
    await net.say("!alert note 1 seal broken", as_="belgium", room="belgium")
    shown = await net.say("!alert show A-2026-0001", as_="netherlands", room="netherlands")
    assert "sent by EPA Ghana (Ghana)" in shown.text
    assert "note by Federal Police (Belgium): “seal broken”" in shown.text
    assert SUSPICION in shown.text


@pytest.mark.parametrize("number", ["A-2026-0001", "a-2026-1", "#1", "1", "2026-1"])
async def test_numbers_are_read_in_every_form(net: Network, number: str) -> None:
    await raised(net)
    assert "Draft of alert A-2026-0001" in await net.say(f"!alert show {number}", as_="ghana", room="ghana")


async def test_the_list_is_filtered(net: Network) -> None:
    await sent(net)
    await sent(net, "drums A1010 from Hamburg to Tema")
    await net.say("!alert close 1 outcome=cleared", as_="ghana", room="ghana")
    everything = await net.say("!alert list", as_="ghana", room="ghana")
    assert "A-2026-0001" in everything.text
    assert "A-2026-0002" in everything.text
    for command, expected in (
        ("!alert list open", "0002"),
        ("!alert list country=NL", "0001"),
        ("!alert list waste=A1010", "0002"),
        ("!alert list mine country=DE", "0002"),
    ):
        answer = await net.say(command, as_="ghana", room="ghana")
        assert f"A-2026-{expected}" in answer.text
        assert answer.text.count("A-2026-") == 1
    assert "no such alert" in await net.say("!alert list mine", as_="ghana2", room="ghana")


async def test_the_list_shows_twenty_and_counts_the_rest(net: Network) -> None:
    for _number in range(23):
        await raised(net, "drums at Tema")
    answer = await net.say("!alert list", as_="ghana", room="ghana")
    assert answer.text.count("A-2026-") == 20
    assert "And 3 older ones" in answer.text


async def test_a_member_who_goes_leaves_open_alerts_behind(net: Network) -> None:
    await sent(net)
    answer = await net.say(f"!member remove {net.person('ghana')}", as_="coordinator", room="coordination")
    assert "A-2026-0001" in answer.text


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


async def test_the_whole_life_on_each_database(net_on_each: Network) -> None:
    net = net_on_each
    await sent(net)
    await net.say("!alert ack 1", as_="netherlands", room="netherlands")
    await net.say("!alert set 1 container=+MSKU1234565", as_="ghana", room="ghana")
    await net.forward(timedelta(minutes=31))
    await net.say("!alert close 1 outcome=returned back to Antwerp", as_="ghana", room="ghana")
    latest = net.latest("belgium", card_in(net, "belgium"))
    for expected in ("MSKU1234565", "State: closed", "Belgium (origin): had not acknowledged", "acknowledged by ILT"):
        assert expected in latest
    for command in ("!alert list waste=a1180", "!alert list country=BE"):
        assert "A-2026-0001" in await net.say(command, as_="ghana", room="ghana")


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
