"""Of any alerts in any room those are counted that may be seen."""

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.context import BotContext
from commands.base import RoomView
from commands.figures.period import days_before
from commands.figures.reading import Progress, read_on
from commands.shipment import Kind
from commands.visibility import may_see
from storage.alerts import Alert, Alerts, Outlines, Reason, Tlp, Urgency
from storage.ids import CountryCode, RoomId
from storage.members import Members
from storage.rooms import Rooms
from tests.fakes import START, Network
from tests.figures.counting import ACCRA, BE, GH, NL
from tests.test_risk import fact


@asynccontextmanager
async def speaking(net: Network, name: str, room: str | None = None) -> AsyncGenerator[BotContext]:
    """The context of a member in a room, or in their direct chat."""
    async with net.transaction() as tx:
        member = await Members(tx).get(net.person(name))
        view = RoomView(RoomId("!direct:test"), direct=True)
        if room is not None:
            view = RoomView(net.room(room), direct=False, bindings=await Rooms(tx).of_room(net.room(room)))
        yield BotContext(net.machinery.house, tx, net.now, view, speaker=member)


ALERTS = st.lists(
    st.tuples(
        st.sampled_from(list(Tlp)),
        st.sampled_from(["ghana", "netherlands", "coordinator"]),
        st.sets(st.sampled_from([GH, NL, BE, CountryCode("DE"), CountryCode("FR")]), min_size=1),
        st.booleans(),
        st.booleans(),
    ),
    max_size=6,
)
WHO = ["ghana", "ghana2", "netherlands", "belgium", "coordinator"]
WHERE = [None, "ghana", "netherlands", "belgium", "germany", "network", "coordination"]


@given(ALERTS, st.sampled_from(WHO), st.sampled_from(WHERE))
@settings(deadline=None, max_examples=25)
async def test_of_any_alerts_those_are_counted_that_may_be_seen(
    alerts: list[tuple[Tlp, str, set[CountryCode], bool, bool]], who: str, where: str | None
) -> None:
    async with Network.open() as net:
        async with net.transaction() as tx:
            for number, (tlp, author, countries, names, is_sent) in enumerate(alerts, start=1):
                by = await Members(tx).get(net.person(author))
                assert by is not None
                made = Alert.draft(f"{number} t", by=by, at=START, tlp=tlp, urgency=Urgency.ROUTINE)
                made.address({country: [Reason.SEEN] for country in sorted(countries)}, START)
                made.replace_facts([], [fact(Kind.QUANTITY, f"{number} t")], START)
                if names:
                    made.name(net.person("belgium"), by=by, at=START)
                await Alerts(tx).add(made)
                if is_sent:
                    made.circulate(by=by, at=START)
                    made.note_told(countries, START)
        async with speaking(net, who, where) as context:
            stored = await Outlines(context.tx).newest(limit=10)
            seen = [one for one in stored if one.was_circulated and may_see(one, context.member, context.room)]
            progress = Progress.begin(days_before(START, 1, ACCRA), None, START)
            while not progress.is_done:
                progress = await read_on(progress, context.member, context.room, context.tx)
                progress = Progress.load(progress.dump())
            figures = progress.figures
            assert figures is not None
            assert figures.raised == len(seen)
            assert figures.all_amounts.tonnes == sum(one.sequence for one in seen)
            assert figures.asked == sum(one.author_country != country for one in seen for country in one.countries)
