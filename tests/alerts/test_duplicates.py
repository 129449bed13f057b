"""The same raised twice within a day: offered as a follow-up, never sent twice unasked, and never held up."""

from datetime import timedelta

import pytest

from storage.alerts import AlertState
from tests.alerts.matching import card_of
from tests.alerts.raising import card_in, raised, sent, state_of
from tests.fakes import Network


async def test_a_draft_about_the_same_within_a_day_offers_what_may_be_done(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    await net.forward(timedelta(hours=23))
    text = "CSQU3054383 at Rotterdam, seal broken"
    draft = await net.say(f"!alert {text}", as_="netherlands", room="netherlands")
    for expected in (
        "Alert A-2026-0001 was sent",
        "and names the same: Container CSQU3054383",
        "!alert follow-up A-2026-0002 of=A-2026-0001",
        "!alert merge A-2026-0002 into=A-2026-0001",
        "no time to find out: !alert send A-2026-0002",
    ):
        assert expected in draft
    await net.forward(timedelta(hours=2))
    draft = await net.say(f"!alert {text}", as_="netherlands", room="netherlands")
    assert "follow-up" not in draft
    assert "Other alerts that name the same: A-2026-0001 (Container)" in draft


@pytest.mark.parametrize(
    ("first", "second", "offered"),
    [
        ("MV Ever Given", "MV Ever Given", False),
        ("drums of Metals Ltd", "drums of Metals GmbH", False),
        ("MV Ever Given, drums of Metals Ltd", "MV Ever Given, drums of Metals Ltd", True),
        ("MV Ever Given B/L HLCUHAM2611XYZ9", "B/L HLCUHAM2611XYZ9", True),
    ],
)
async def test_the_same_ship_alone_is_no_duplicate(net: Network, first: str, second: str, *, offered: bool) -> None:
    await sent(net, f"{first} at Tema to Rotterdam")
    draft = await raised(net, f"{second} at Tema to Rotterdam")
    assert ("follow-up" in draft) == offered
    assert "A-2026-0001" in draft


async def test_what_may_not_be_seen_is_not_offered(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    seen = await net.say("!alert CSQU3054383 at Antwerp", as_="belgium", room="belgium")
    assert "A-2026-0001" not in seen
    assert "name the same" not in seen
    alone = await net.say("!alert MSKU1234565 at Antwerp", as_="belgium", room="belgium")
    assert alone.text.replace("MSKU1234565", "CSQU3054383").replace("0003", "0002") == seen.text


async def test_an_urgent_alert_is_sent_all_the_same(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    await raised(net, "CSQU3054383 at Tema to Rotterdam", urgency="urgent")
    answer = await net.say("!alert send", as_="ghana", room="ghana")
    assert "Alert A-2026-0002 is sent" in answer
    assert "A-2026-0002" in card_of(net, "netherlands", "A-2026-0002")


async def test_a_follow_up_puts_the_draft_into_the_other_as_a_note(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    draft = await net.say(
        "!alert CSQU3054383 at Rotterdam on MV Ever Given, seal broken", as_="netherlands", room="netherlands"
    )
    answer = await net.say("!alert follow-up of=1", as_="netherlands", room="netherlands")
    assert "stands as a note on alert A-2026-0001; your draft A-2026-0002 is ended" in answer
    assert "Vessel Ever Given" in answer
    assert "!alert propose A-2026-0001" in answer
    assert any("seal broken" in one.body and one.thread_root == card_in(net, "ghana") for one in net.heard("ghana"))
    assert await state_of(net, 2) is AlertState.MERGED
    assert "!alert send" not in net.latest("netherlands", draft.messages[0].event_id)


async def test_a_follow_up_says_what_stays_with_the_draft(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    draft = await net.say("!alert CSQU3054383 at Rotterdam", as_="netherlands")
    file = net.uploaded(b"%PDF-1.7\n", name="bill.pdf", mimetype="application/pdf")
    await net.say("", as_="netherlands", reply_to=draft.messages[0].event_id, file=file)
    await net.say("!alert person 2 role=driver John Sample", as_="netherlands")
    answer = await net.say("!alert follow-up 2 of=1", as_="netherlands")
    assert "1 file stays with the draft: send it again in the thread of alert A-2026-0001." in answer
    assert "1 name stays with the draft: !alert person A-2026-0001 ..." in answer
    assert "alert forward" not in await net.say("!alert files 2", as_="netherlands")


@pytest.mark.parametrize(
    ("before", "command", "expected"),
    [
        (("!alert CSQU3054383 at Tema tlp=red",), "!alert follow-up 2 of=1", "more people would read it"),
        (("!alert CSQU3054383 at Tema exercise=yes",), "!alert follow-up X-2026-0001 of=1", "never put together"),
        (("!alert CSQU3054383 at Tema", "!alert send 2"), "!alert follow-up 2 of=1", "was sent already"),
        (("!alert CSQU3054383 at Tema",), "!alert follow-up 2 of=2", "is a draft"),
        (("!alert CSQU3054383 at Tema",), "!alert follow-up 2 of=77", "I know no alert 77"),
        (("!alert CSQU3054383 at Tema", "!alert close 1 outcome=other"), "!alert follow-up 2 of=1", "is ended"),
    ],
)  # fmt: skip
async def test_what_cannot_be_a_follow_up_is_refused(
    net: Network, before: tuple[str, ...], command: str, expected: str
) -> None:
    await sent(net, "drums at Tema to Rotterdam")
    for text in before:
        await net.say(text, as_="ghana")
    assert expected in await net.say(command, as_="ghana")


async def test_who_has_no_say_in_an_alert_adds_nothing_to_it(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam", tlp="green")
    draft = await net.say("!alert CSQU3054383 at Antwerp", as_="belgium", room="belgium")
    assert "follow-up" not in draft
    assert "come from the countries concerned" in await net.say("!alert follow-up 2 of=1", as_="belgium")
