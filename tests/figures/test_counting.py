"""What is counted, and how: of alerts, of one country, of nothing."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from bot.rendering import render
from commands.figures.counting import Amount, Measured, count
from commands.figures.words import figures_words
from storage.alerts import AlertState, Finding, Ground, Outcome
from storage.figures import Asked
from tests.fakes import START
from tests.figures.counting import BE, GH, NL, alert, part


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
