"""Drafts: what was understood, what is missing, who will be told; and corrections, before and after sending."""

import pytest

from bot.matrix.interface import Trust
from storage.alerts import Outlines
from storage.rooms import BindingKind
from tests.alerts.raising import SUSPICION, card_in, raised, sent
from tests.fakes import Network

# Drafts


async def test_each_fact_says_how_far_it_can_be_relied_on_and_why_not_further(net: Network) -> None:
    text = "alert CSQU3054384 on MV Stella at Tema, from Antverp via Cartagena, at 14:30 on 03/04/2026, A1180"
    draft = (await net.say(text, as_="ghana")).text
    for line in (
        "CSQU3054384 (check: the check digit is wrong; with the right one it is CSQU3054383)",
        "Antwerpen, Belgium (BEANR) (check: I read a misspelt word as Antwerpen)",
        "Cartagena, Colombia (COCTG) (only a guess: several places are called so: COCTG and ESCAR)",
        "2026-04-03 14:30 local time (only a guess: it can be read as 2026-04-03 and 2026-03-04)",
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
        "- Ghana (seen there)",
        "- Netherlands (destination)",
        "- Belgium (origin)",
        "- Coordination (coordination of the network)",
        "!alert send",
    ):
        assert expected in draft.text
    assert net.heard("netherlands") == []


@pytest.mark.parametrize(
    ("room", "country", "expected"),
    [
        ("Niger", "NE", "- Niger (destination)"),
        ("Customs of Niger, Niamey", "NE", "- Customs of Niger, Niamey (destination)"),
        ("Nigeria Customs", "NE", "- Nigeria Customs (Niger: destination)"),
        ("Equatorial Guinea", "GN", "- Equatorial Guinea (Guinea: destination)"),
        ("Equatorial Guinea and Guinea", "GN", "- Equatorial Guinea and Guinea (destination)"),
        ("Somalia", "ML", "- Somalia (Mali: destination)"),
        ("Papua New Guinea", "PG", "- Papua New Guinea (destination)"),
        ("Côte d’Ivoire", "CI", "- Côte d’Ivoire (destination)"),
    ],
)
async def test_a_room_needs_no_country_beside_its_name_that_names_it(
    net: Network, room: str, country: str, expected: str
) -> None:
    await net.add_room("other", {"germany"}, [(BindingKind.COUNTRY, country)])
    net.gateway.rooms[net.room("other")].name = room
    draft = await raised(net, f"CSQU3054383 at Tema, destination={country}")
    assert expected in draft.text.splitlines()


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
    assert "Netherlands (added by the author" in latest


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


@pytest.mark.parametrize(
    ("typed", "shown"),
    [
        ('"yesterday 14:00"', "2026-11-22 14:00 local time"),
        ("2026-11-21 9:05", "2026-11-21 09:05 local time"),
        ("2026-11-21T18:30", "2026-11-21 18:30 local time"),
        ("2026-11-21", "2026-11-21"),
    ],
)
async def test_when_it_was_seen_may_have_a_time_of_day(net: Network, typed: str, shown: str) -> None:
    await raised(net)
    assert f"Seen on: {shown}\n" in f"{await net.say(f'!alert set 1 seen={typed}', as_='ghana', room='ghana')}\n"
