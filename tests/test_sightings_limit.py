"""How many sightings a member may report in a day: never more, however many are reported at once."""

from datetime import timedelta

from storage.sightings import Sightings
from tests.fakes import Network

TEN = (
    "CSQU3054383 MSKU1234565 TGHU1234567 HLXU1234560 MSCU1234566 CMAU1234564 OOLU1234560 APZU1234565 TCLU1234568 "
    "GESU1234561"
)


async def kept(net: Network) -> int:
    async with net.transaction() as tx:
        return await Sightings(tx).count_since(net.person("ghana"), net.now - timedelta(days=1))


async def test_two_hundred_a_day_and_not_one_more(net: Network) -> None:
    for _hour in range(19):
        assert "Noted" in await net.say(f"!seen {TEN} at NLRTM")
    for _one in range(4):
        await net.say("!seen CSQU3054383 at NLRTM")
    assert await kept(net) == 194
    refused = await net.say(f"!seen {TEN} at NLRTM")
    assert "You reported 194 sightings within a day, and 200 is the most I take: report 6 more at most." in refused
    assert await kept(net) == 194
    assert "Noted" in await net.say(f"!seen {' '.join(TEN.split()[:6])} at NLRTM")
    assert "that is the most I take." in await net.say("!seen CSQU3054383 at NLRTM")
    assert await kept(net) == 200
    await net.forward(timedelta(days=1, minutes=1))
    assert "Noted" in await net.say("!seen CSQU3054383 at NLRTM")
