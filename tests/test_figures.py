"""Figures: only what may be seen is counted, exercises never, and the numbers are right."""

import io
from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from bot.context import BotContext
from bot.rendering import render
from commands.arguments import BadValue, Reading
from commands.base import RoomView
from commands.figures import drawing as charts
from commands.figures.counting import Amount, Measured, count
from commands.figures.drawing import NothingToShow, chart
from commands.figures.period import Period, TimeSpan, days_before
from commands.figures.reading import Progress, read_on
from commands.figures.words import figures_words, lasting
from commands.shipment import Kind
from commands.visibility import may_see
from storage.alerts import (
    Alert,
    AlertNumber,
    Alerts,
    AlertState,
    Finding,
    Ground,
    Outcome,
    Outlines,
    Reason,
    Tlp,
    Urgency,
)
from storage.figures import Asked, Counted, CountedAlert, Part
from storage.ids import CountryCode, RoomId, UserId
from storage.members import Members
from storage.rooms import Rooms
from storage.timers import Timers
from tests.alerts.raising import raised, sent
from tests.fakes import START, Network
from tests.test_risk import fact

GH, NL, BE = CountryCode("GH"), CountryCode("NL"), CountryCode("BE")
ACCRA = ZoneInfo("Africa/Accra")


def part(country: CountryCode, acknowledged: float | None = None, *, reminded: bool = False, **other: object) -> Part:
    """A country's part; `acknowledged` in minutes after circulation."""
    values: dict[str, object] = {"held_at": None, "inspected_at": None, "finding": None, "found_at": None} | other
    return Part(
        country, START, START + timedelta(minutes=30),
        None if acknowledged is None else START + timedelta(minutes=acknowledged), reminded,
        **values,  # type: ignore[arg-type]  # the fields of a part, by name
    )  # fmt: skip


def alert(number: int, *parts: Part, at: datetime = START, **other: object) -> CountedAlert:
    values: dict[str, object] = {
        "state": AlertState.CIRCULATED, "ended_at": None, "outcome": None, "ground": None, "informed_at": None,
    } | other  # fmt: skip
    return CountedAlert(number, Tlp.AMBER, UserId("@ghana:test"), GH, circulated_at=at, parts=list(parts), **values)  # type: ignore[arg-type]  # the fields by name


def test_alerts_are_counted_by_what_came_of_them() -> None:
    found = timedelta(hours=5)
    confirmed = part(NL, 10, inspected_at=START + timedelta(hours=1), finding=Finding.CONFIRMED, found_at=START + found)
    alerts = [
        alert(1, part(GH, 0), confirmed, state=AlertState.CONFIRMED, ground=Ground.NO_CONSENT, quantities=["18 t"]),
        alert(2, part(NL, 20), state=AlertState.CLOSED, outcome=Outcome.RETURNED, ended_at=START + timedelta(days=3),
              quantities=["2000 kg", "500 kg", "40 pcs"]),
        alert(3, part(NL, 90, reminded=True), part(BE), quantities=["30 pcs"]),
        alert(4, part(NL, 5), state=AlertState.CLOSED, outcome=Outcome.CLEARED, ended_at=START + timedelta(days=5)),
        alert(5, part(NL, 5), state=AlertState.NOT_LOCATED),
        alert(6, part(NL, 5), state=AlertState.WITHDRAWN, quantities=["99 t"]),
        alert(7, state=AlertState.MERGED),
    ]  # fmt: skip
    alerts[2].requests.append(Asked(BE, START - timedelta(days=1)))
    alerts[2].requests.append(Asked(NL, START + timedelta(days=9)))
    alerts[4].parts[0] = part(NL, 5, finding=Finding.NOT_LOCATED, found_at=START + timedelta(hours=7))
    figures = count(alerts, START + timedelta(hours=1))
    assert (figures.raised, figures.withdrawn, figures.merged, figures.open) == (5, 1, 1, 3)
    assert (figures.asked, figures.acknowledged, figures.in_time) == (6, 5, 4)
    assert (figures.confirmed, figures.cleared, figures.not_located) == (2, 1, 1)
    assert figures.grounds == {Ground.NO_CONSENT: 1}
    assert figures.outcomes == {Outcome.RETURNED: 1, Outcome.CLEARED: 1}
    assert figures.all_amounts == Amount(Decimal(20), Decimal(30))
    assert figures.confirmed_amounts == Amount(Decimal(20), Decimal(0))
    assert figures.medians == {
        Measured.ACKNOWLEDGED: timedelta(minutes=10),
        Measured.CONTROLLED: timedelta(hours=1),
        Measured.FOUND: timedelta(hours=6),
        Measured.CLOSED: timedelta(days=4),
    }
    assert (figures.owed_answers, figures.overdue_answers) == (2, 1)
    assert (figures.owed_acknowledgements, figures.overdue_acknowledgements) == (1, 1)


def test_of_one_country_only_its_own_part_is_counted() -> None:
    alerts = [alert(1, part(NL, 10), part(BE))]
    alerts[0].requests.append(Asked(BE, START))
    dutch = count(alerts, START, country=NL)
    assert (dutch.asked, dutch.acknowledged, dutch.owed_answers, dutch.owed_acknowledgements) == (1, 1, 0, 0)
    belgian = count(alerts, START, country=BE)
    assert (belgian.asked, belgian.acknowledged, belgian.owed_answers, belgian.owed_acknowledgements) == (1, 0, 1, 1)


def test_what_has_ended_owes_nothing() -> None:
    ended = alert(1, part(NL), state=AlertState.CLOSED, outcome=Outcome.OTHER, ended_at=START)
    ended.requests.append(Asked(NL, START))
    figures = count([ended], START + timedelta(days=9))
    assert (figures.owed_answers, figures.owed_acknowledgements) == (0, 0)


def test_months_without_alerts_are_there() -> None:
    figures = count(
        [alert(1, at=datetime(2025, 11, 30, tzinfo=UTC)), alert(2, at=datetime(2026, 1, 1, tzinfo=UTC))], START
    )
    assert figures.by_month == {(2025, 11): (1, 0), (2025, 12): (0, 0), (2026, 1): (1, 0)}


def test_nothing_is_counted_of_nothing() -> None:
    figures = count([], START)
    assert figures.raised == 0
    assert "none yet" in render(figures_words(figures), "en")[0].body


# Periods


def span(text: str) -> TimeSpan:
    adapter_field = Period()
    info = type("Info", (), {"context": Reading(START, ACCRA)})
    found = adapter_field.func(text, info)  # type: ignore[call-arg, arg-type]  # as pydantic calls it
    assert isinstance(found, TimeSpan)
    return found


@pytest.mark.parametrize(
    ("text", "first", "last"),
    [
        ("2026", date(2026, 1, 1), date(2026, 12, 31)),
        ("2026-Q4", date(2026, 10, 1), date(2026, 12, 31)),
        ("2026 q1", date(2026, 1, 1), date(2026, 3, 31)),
        ("2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        ("2026-12", date(2026, 12, 1), date(2026, 12, 31)),
        ("1d", date(2026, 11, 23), date(2026, 11, 23)),
        ("2w", date(2026, 11, 10), date(2026, 11, 23)),
        ("2026-06-01..2026-06-30", date(2026, 6, 1), date(2026, 6, 30)),
        ("2026-06-01 to 2026-06-01", date(2026, 6, 1), date(2026, 6, 1)),
    ],
)
def test_periods_are_read(text: str, first: date, last: date) -> None:
    found = span(text)
    assert (found.first, found.last) == (first, last)


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2026-13", "2026-q5", "0d", "9999y", "2026-06-30..2026-06-01", "1999"]
)
def test_what_is_no_period_is_refused(text: str) -> None:
    with pytest.raises(BadValue):
        span(text)


def test_days_are_those_of_who_asks() -> None:
    found = days_before(datetime(2026, 11, 23, 23, 30, tzinfo=UTC), 1, ZoneInfo("Europe/Amsterdam"))
    assert found.first == date(2026, 11, 24)


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=20), "less than a minute"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=59), "59 minutes"),
        (timedelta(minutes=61), "1 h 1 min"),
        (timedelta(hours=60), "2 days"),
    ],
)
def test_lengths_of_time_are_told(length: timedelta, words: str) -> None:
    from commands.document import doc

    assert render(doc(lasting(length)), "en")[0].body == words


# In the chat


async def stats(net: Network, options: str = "", as_: str = "ghana", room: str | None = "ghana") -> str:
    return (await net.say(f"!alert stats {options}".strip(), as_=as_, room=room)).text


@asynccontextmanager
async def speaking(net: Network, name: str, room: str | None = None) -> AsyncGenerator[BotContext]:
    """The context of a member in a room, or in their direct chat."""
    async with net.transaction() as tx:
        member = await Members(tx).get(net.person(name))
        view = RoomView(RoomId("!direct:test"), direct=True)
        if room is not None:
            view = RoomView(net.room(room), direct=False, bindings=await Rooms(tx).of_room(net.room(room)))
        yield BotContext(net.machinery.house, tx, net.now, view, speaker=member)


async def sent_red(net: Network) -> None:
    """Let Ghana send an alert for one person in Belgium alone."""
    await net.say("!alert 5 t of drums at Tema tlp=red person=@belgium:test", as_="ghana")
    await net.say("!alert send", as_="ghana")
    assert any("drums" in heard.body for heard in await net.heard_by("belgium"))


async def confirm(net: Network, sequence: int = 1) -> None:
    async with net.transaction() as tx:
        found = await Alerts(tx).by_number(AlertNumber("A", 2026, sequence))
        member = await Members(tx).get(net.person("ghana"))
        assert found is not None
        assert member is not None
        found.inspect(GH, "", by=member, at=net.now)
        found.find(GH, Finding.CONFIRMED, "", ground=Ground.NO_CONSENT, by=member, at=net.now)


async def test_the_figures_of_the_latest_days(net: Network) -> None:
    await sent(net, "18 t in CSQU3054383 at Tema from Antwerp to Rotterdam")
    await raised(net, "a draft counts nowhere, 99 t at Tema")
    await net.forward(timedelta(minutes=12))
    await net.say("!alert ack 1", as_="belgium", room="belgium")
    await net.forward(timedelta(hours=3))
    await confirm(net)
    text = await stats(net)
    for expected in (
        "Alerts sent from 2026-10-25 to 2026-11-23, as far as you may see them here",
        "Raised: 1 alert and 1 still open",
        "Acknowledged: 1 of 2 countries asked, 1 before they were reminded",
        "1 confirmed as illegal (by ground of Article 9(1): b: 1), 0 cleared, and 0 not located",
        "Infringements: 100 % of 1 that was confirmed or cleared",
        "Outcomes: none yet",
        "As of Mon 23 Nov 2026, 12:12",
        "Quantity: 18 t",
        "Median time to the acknowledgement of a country: 12 minutes",
        "Median time to the finding: 3 h 12 min",
        "Feedback owed: 1 acknowledgement (1 overdue)",
        "Exercises are not counted",
    ):
        assert expected in text, expected


async def test_another_period_and_country(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema from Antwerp")
    assert "None." in await stats(net, "period=2025")
    assert "Raised: 1 alert" in await stats(net, "period=2026 country=Belgium")
    assert "None." in await stats(net, "country=NL")
    assert "I cannot read the period" in await stats(net, "period=soon")


async def test_what_may_not_be_seen_leaves_no_trace_in_any_number(net: Network) -> None:
    before = {
        (who, where): await stats(net, as_=who, room=where)
        for who, where in (("netherlands", "netherlands"), ("netherlands", None), ("coordinator", "coordination"))
    }
    await sent(net, "7 t in CSQU3054383 at Tema from Antwerp", tlp="amber-strict")
    await sent_red(net)
    for (who, where), text in before.items():
        assert await stats(net, as_=who, room=where) == text
    assert "Raised: 1 alert" in await stats(net, as_="belgium", room="belgium")
    assert "Raised: 2 alerts" in await stats(net, as_="belgium", room=None)


async def test_a_room_counts_only_what_may_stand_in_it(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema from Antwerp")
    assert "Raised: 1 alert" in await stats(net, as_="ghana", room=None)
    assert "None." in await stats(net, as_="ghana", room="network")


async def test_exercises_are_never_counted(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema from Antwerp")
    async with net.transaction() as tx:
        found = await Alerts(tx).by_number(AlertNumber("A", 2026, 1))
        assert found is not None
        found.series = "X"
    assert "None." in await stats(net)


async def test_members_who_are_no_officials_get_no_figures(net: Network) -> None:
    assert "for officials" in await stats(net, as_="germany", room="germany")


async def test_on_each_database(net_on_each: Network) -> None:
    net = net_on_each
    await sent(net, "18 t in CSQU3054383 at Tema from Antwerp to Rotterdam")
    await sent_red(net)
    await confirm(net)
    text = await stats(net, room=None)
    assert "Raised: 2 alerts" in text
    assert "Raised: 2 alerts" in await stats(net, as_="belgium", room=None)
    assert "Raised: 1 alert" in await stats(net, as_="netherlands", room=None)
    async with net.transaction() as tx:
        both, following = await Counted(tx).circulated(START, START + timedelta(days=1), limit=5)
        assert [one.named for one in both] == [frozenset(), {net.person("belgium")}]
        assert following is None
        (first,), following = await Counted(tx).circulated(START, START + timedelta(days=1), limit=1)
        assert following is not None
        (second,), _ = await Counted(tx).circulated(
            following.at, START + timedelta(days=1), after=following.id, limit=1
        )
        assert [first.id, second.id] == [one.id for one in both]
        assert await Counted(tx).circulated(START + timedelta(days=1), START + timedelta(days=2), limit=5) == ([], None)


async def test_many_alerts_are_counted_bit_by_bit(net: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(5):
        await sent(net, f"{number + 1} t in CSQU3054383 at Tema from Antwerp to Rotterdam")
        await net.forward(timedelta(minutes=7 * number))
        await net.say(f"!alert ack {number + 1}", as_="netherlands", room="netherlands")
    await net.say("!alert withdraw 2 misread", as_="ghana")
    at_once = await stats(net, room="ghana")
    monkeypatch.setattr("commands.figures.reading.AT_ONCE", 2)
    first, last = (await net.say("!alert stats", as_="ghana", room="ghana")).messages
    assert "the figures follow here" in first.body
    assert last.body == at_once
    assert "Raised: 4 alerts" in last.body
    assert last.reply_to == first.reply_to
    async with net.transaction() as tx:
        left = await Timers(tx).pending_of("figures.count")
    assert not left


# The chart


def many(months: int) -> Sequence[CountedAlert]:
    return [
        alert(number, at=datetime(2024 + number // 12, number % 12 + 1, 5, tzinfo=UTC), ground=Ground.NO_CONSENT)
        for number in range(months)
        for _ in range(number % 5 + 1)
    ]


@pytest.mark.parametrize("months", [1, 12, 30])
def test_the_chart_is_a_picture_with_a_text_that_says_the_same(months: int) -> None:
    made = chart(count(many(months), START), days_before(START, 90, ACCRA), NL)
    assert made.content_type == "image/png"
    with Image.open(io.BytesIO(made.data)) as picture:
        assert picture.format == "PNG"
        assert picture.size == made.pixels == (charts.WIDTH, charts.HEIGHT)
        colours = picture.getcolors(maxcolors=100_000)
        assert colours is not None
        assert len(colours) > 4
    assert made.name.startswith("alerts-NL-2026-08-26")
    text = render(made.caption, "en")[0].body
    assert "2024-01: 1 raised, 1 confirmed" in text or months > charts.MOST_BARS
    assert text.count("\n- ") == min(months, charts.MOST_BARS)


def test_bars_are_as_high_as_their_numbers() -> None:
    assert charts._y(0, 4) - charts._y(2, 4) == 2 * (charts._y(0, 4) - charts._y(1, 4))
    assert [charts._round_up(value) for value in (0, 3, 4, 5, 9, 11, 41, 99)] == [4, 4, 4, 5, 10, 20, 50, 100]


def test_there_is_no_chart_of_nothing() -> None:
    with pytest.raises(NothingToShow):
        chart(count([], START), days_before(START, 90, ACCRA), None)


async def test_the_chart_comes_beside_the_words_where_it_was_asked_for(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema from Antwerp", tlp="amber-strict")
    reply = await net.say("!alert stats chart=yes", as_="belgium", room="belgium")
    (upload,) = net.gateway.uploads
    assert upload[0] == "alerts-all-2026-10-25-2026-11-23.png"
    assert upload[1].startswith(b"\x89PNG")
    assert "2026-11: 1 raised, 0 confirmed" in reply.text
    assert "Raised: 1 alert" in reply.text


async def test_there_is_no_chart_of_what_may_not_be_seen(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema from Antwerp", tlp="amber-strict")
    assert "None." in await net.say("!alert stats chart=yes", as_="netherlands", room="netherlands")
    assert net.gateway.uploads == []


# Over random networks


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
