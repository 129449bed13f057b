"""`!alert next`: beside the steps of the alert's life what there is to its files, sightings and matches."""

from tests.alerts.matching import dutch
from tests.alerts.raising import card_in, sent
from tests.fakes import Network


async def following(net: Network, number: int = 1, *, as_: str = "ghana", room: str | None = None) -> str:
    return (await net.say(f"!alert next {number}", as_=as_, room=room)).text.partition("Besides:")[2]


async def test_it_says_how_files_and_sightings_are_added(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    words = await following(net)
    assert "photos and documents: send them in its thread, or in reply to its card" in words
    assert "seen somewhere? Report it: !seen CSQU3054383 at NLRTM" in words
    assert "names the same" not in words
    assert "Noted" in await net.say("!seen CSQU3054383 at NLRTM", as_="ghana")


async def test_a_ship_is_seen_too_and_a_mere_place_is_not(net: Network) -> None:
    await sent(net, "drums on MV Ever Given at Tema to Rotterdam")
    assert "!seen MV Ever Given at NLRTM" in await following(net)
    await sent(net, "drums at Tema to Rotterdam")
    assert "seen" not in await following(net, 2)


async def test_it_counts_what_there_is(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    await dutch(net, "CSQU3054383 at Rotterdam from Tema")
    file = net.uploaded(b"%PDF-1.7\n% a bill of lading\n", name="bill.pdf", mimetype="application/pdf")
    await net.say("", as_="netherlands", room="netherlands", thread=card_in(net, "netherlands"), file=file)
    await net.say("!seen CSQU3054383 at NLRTM", as_="netherlands")
    words = await following(net)
    assert "1 file: list it with !alert files A-2026-0001, send it on with !alert forward A-2026-0001" in words
    assert "1 sighting: !sightings A-2026-0001; report another: !seen CSQU3054383 at NLRTM" in words
    assert "1 other alert names the same: !alert links A-2026-0001" in words


async def test_what_may_not_be_seen_is_not_counted(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema")
    await dutch(net, "CSQU3054383 at Rotterdam")
    await net.say("!seen CSQU3054383 at NLRTM tlp=amber-strict", as_="netherlands")
    words = await following(net)
    assert "seen somewhere?" in words
    assert "names the same" not in words
    assert "names the same" not in await following(net, room="ghana")


async def test_what_is_over_offers_nothing_that_is_refused(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    await net.say("!alert close 1 outcome=other nothing there", as_="ghana")
    assert await following(net) == ""
    await sent(net, "CSQU3054383 at Tema to Rotterdam")
    await net.say("!alert withdraw 2 wrong number", as_="ghana")
    assert await following(net, 2) == ""
