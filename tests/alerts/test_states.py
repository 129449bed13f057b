"""The states of an alert never leave the table of allowed moves, whatever the order of commands."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from storage.alerts import (
    ENDED,
    FOUND_ILLEGAL,
    IN_PREPARATION,
    MOVES,
    OPEN,
    TAKE_BACK_RUNS,
    WITHIN,
    Alert,
    AlertNumber,
    Alerts,
    AlertState,
    AlertType,
    Finding,
    Ground,
    NotPossible,
    Outcome,
    Reason,
    Step,
    Tlp,
    Urgency,
)
from storage.ids import CountryCode, UserId
from storage.members import AuthorityKind, Member, Role
from tests.fakes import START, Network

GH, NL, BE = CountryCode("GH"), CountryCode("NL"), CountryCode("BE")


SELDOM = st.sampled_from([False] * 15 + [True])
COUNTRIES = st.sampled_from([GH, NL, BE])


def member(country: CountryCode, name: str = "") -> Member:
    return Member(
        user_id=UserId(f"@{country.lower()}{name}:test"), name="Example", authority="Authority",
        kind=AuthorityKind.CUSTOMS, country=country,
        role=Role.OFFICIAL, language="en", zone="UTC", added_by=UserId("@c:test"), added_at=START,
    )  # fmt: skip


def test_every_state_is_in_the_table_and_can_be_reached() -> None:
    assert set(MOVES) == set(AlertState)
    reached = {AlertState.DRAFT}
    while new := {to for state in reached for to in MOVES[state]} - reached:
        reached |= new
    assert reached == set(AlertState)


def test_preparation_open_and_ended_are_all_there_is() -> None:
    assert set(AlertState) == IN_PREPARATION | OPEN | ENDED
    assert len(IN_PREPARATION) + len(OPEN) + len(ENDED) == len(AlertState)


def test_every_state_before_closing_can_be_withdrawn() -> None:
    assert all(AlertState.WITHDRAWN in MOVES[state] for state in IN_PREPARATION | OPEN)
    assert not MOVES[AlertState.WITHDRAWN]
    assert MOVES[AlertState.CLOSED] == {AlertState.REOPENED}


class AnyOrder(RuleBasedStateMachine):
    """One alert, and everything that may be asked of it in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.now = START
        self.author = member(GH)
        self.second = member(GH, "second")
        self.alert = Alert.draft("drums", by=self.author, at=START, tlp=Tlp.AMBER, urgency=Urgency.ROUTINE)
        self.alert.id = 1
        self.alert.address({GH: [Reason.SEEN], NL: [Reason.DESTINATION], BE: [Reason.ORIGIN]}, START)
        self.before = self.alert.state
        self.circulated_at = self.alert.circulated_at
        self.acknowledged: set[CountryCode] = set()

    @initialize(steps=st.integers(0, 9), finding=st.sampled_from(Finding))
    def begin_somewhere(self, steps: int, finding: Finding) -> None:
        """Begin part of the way down the longest life, so that every state is met."""
        for step in (
            self.circulate,
            partial(self.hold, country=NL),
            partial(self.inspect, country=BE),
            partial(self.find, country=NL, finding=finding),
            partial(self.inform, days=-1),
            partial(self.step_back, step=Alert.agree_take_back),
            partial(self.step_back, step=Alert.ship),
            partial(self.step_back, step=Alert.receive),
            partial(self.close, outcome=Outcome.OTHER),
        )[:steps]:
            step()
            self.before = self.alert.state

    def _try(self, action: Callable[[], object]) -> None:
        self.now += timedelta(minutes=1)
        before = _standing(self.alert)
        try:
            action()
        except NotPossible:
            assert _standing(self.alert) == before, "a refused move changes nothing"

    @rule()
    def circulate(self) -> None:
        self._try(lambda: self.alert.circulate(by=self.author, at=self.now))

    @rule()
    def submit(self) -> None:
        self._try(lambda: self.alert.submit(by=self.author, at=self.now))

    @rule(author=st.booleans())
    def verify(self, author: bool) -> None:
        was = self.alert.verified_at
        self._try(lambda: self.alert.verify("", by=self.author if author else self.second, at=self.now))
        assert self.alert.verified_by in {None, self.second.user_id}, "the author is no second pair of eyes"
        assert was is None or self.alert.verified_at == was

    @rule()
    def send_back(self) -> None:
        self._try(lambda: self.alert.send_back("wrong", by=self.second, at=self.now))

    @rule()
    def take_up(self) -> None:
        self._try(lambda: self.alert.take_up(by=self.author, at=self.now))

    @rule(type_=st.sampled_from(AlertType))
    def classify(self, type_: AlertType) -> None:
        self._try(lambda: self.alert.classify(type_, "", by=self.author, at=self.now))

    @rule(country=COUNTRIES)
    def acknowledge(self, country: CountryCode) -> None:
        self._try(lambda: self.alert.acknowledge(country, by=member(country), at=self.now))

    @rule(country=COUNTRIES)
    def hold(self, country: CountryCode) -> None:
        self._try(lambda: self.alert.hold(country, "", by=member(country), at=self.now))

    @rule(country=COUNTRIES)
    def inspect(self, country: CountryCode) -> None:
        self._try(lambda: self.alert.inspect(country, "", by=member(country), at=self.now))

    @rule(country=COUNTRIES, finding=st.sampled_from(Finding))
    def find(self, country: CountryCode, finding: Finding) -> None:
        ground = Ground.NO_CONSENT if finding is Finding.CONFIRMED else None
        self._try(lambda: self.alert.find(country, finding, "", ground=ground, by=member(country), at=self.now))

    @rule(days=st.integers(-40, 2))
    def inform(self, days: int) -> None:
        when = self.now + timedelta(days=days)
        self._try(lambda: self.alert.inform_export_state(when, "letter", by=self.author, at=self.now))

    @rule(days=st.integers(-40, 80))
    def extend(self, days: int) -> None:
        was = self.alert.take_back_by
        until = self.now + timedelta(days=days)
        self._try(lambda: self.alert.extend(until, NL, "", by=self.author, at=self.now))
        assert was is None or (self.alert.take_back_by is not None and self.alert.take_back_by >= was)

    @rule(step=st.sampled_from([Alert.agree_take_back, Alert.ship, Alert.receive, Alert.treat, Alert.dispute]))
    def step_back(self, step: Callable[..., object]) -> None:
        self._try(lambda: step(self.alert, "", by=self.author, at=self.now))

    @rule()
    def note(self) -> None:
        self._try(lambda: self.alert.note("seal broken", by=self.author, at=self.now))

    @rule(outcome=st.sampled_from(Outcome))
    def close(self, outcome: Outcome) -> None:
        was = self.alert.state
        self._try(lambda: self.alert.close(outcome, "", by=self.author, at=self.now))
        if was is AlertState.CLEARED and self.alert.state is AlertState.CLOSED:
            assert outcome in {Outcome.CLEARED, Outcome.OTHER}

    @precondition(lambda self: self.alert.was_circulated)
    @rule()
    def reopen(self) -> None:
        self._try(lambda: self.alert.reopen("again", by=self.author, at=self.now))

    @rule(sure=SELDOM)
    def withdraw(self, sure: bool) -> None:
        if sure:
            self._try(lambda: self.alert.withdraw("misread", by=self.author, at=self.now))

    @rule(itself=st.booleans(), sure=SELDOM)
    def merge(self, itself: bool, sure: bool) -> None:
        if not sure:
            return
        other = Alert.draft("drums", by=self.author, at=START, tlp=Tlp.AMBER, urgency=Urgency.ROUTINE)
        other.id = 1 if itself else 2
        self._try(lambda: self.alert.merge(other, "", by=self.author, at=self.now))
        assert self.alert.merged_into in {None, 2}

    @rule(tlp=st.sampled_from(Tlp))
    def mark(self, tlp: Tlp) -> None:
        was_sent, before = self.alert.was_circulated, self.alert.tlp
        self._try(lambda: self.alert.mark(tlp, by=self.author, at=self.now))
        assert not was_sent or self.alert.tlp is before or self.alert.tlp.is_stricter_than(before)

    @rule(country=COUNTRIES, step=st.sampled_from(Step))
    def remind(self, country: CountryCode, step: Step) -> None:
        self._try(lambda: self.alert.remind(country, step, at=self.now))

    @rule(countries=st.frozensets(COUNTRIES))
    def address(self, countries: frozenset[CountryCode]) -> None:
        before = self.alert.countries
        self._try(lambda: self.alert.address({one: [Reason.ADDED] for one in sorted(countries)}, self.now))
        if self.alert.was_circulated:
            assert before <= self.alert.countries, "a country that was told stays"

    @invariant()
    def moves_are_allowed(self) -> None:
        after = self.alert.state
        assert after is self.before or after in MOVES[self.before]
        self.before = after

    @invariant()
    def what_happened_stays(self) -> None:
        assert self.circulated_at is None or self.alert.circulated_at == self.circulated_at
        self.circulated_at = self.alert.circulated_at
        done = {one.country for one in self.alert.addressees if one.acknowledged_at is not None}
        assert self.acknowledged <= done or self.alert.is_draft
        self.acknowledged = done

    @invariant()
    def ends_are_ends(self) -> None:
        assert (self.alert.ended_at is not None) == self.alert.has_ended
        assert (self.alert.outcome is not None) == (self.alert.state is AlertState.CLOSED)
        assert (self.alert.merged_into is not None) == (self.alert.state is AlertState.MERGED)
        assert not any(self.alert.awaits(country) for country in (GH, NL, BE) if not self.alert.is_open)

    @invariant()
    def findings_fit_the_state(self) -> None:
        alert = self.alert
        entries = [entry for entry in alert.addressees if entry.has_control]
        assert all(entry.finding is None or entry.has_control for entry in alert.addressees)
        assert all(entry.acknowledged_at is not None for entry in entries)
        if alert.state is AlertState.UNDER_CONTROL:
            assert any(entry.finding is None for entry in entries)
            assert alert.ground is None
        if alert.state in FOUND_ILLEGAL:
            assert alert.ground is not None
            assert any(entry.finding is Finding.CONFIRMED for entry in entries)
        if alert.state in {AlertState.CLEARED, AlertState.NOT_LOCATED}:
            assert all(entry.finding not in {None, Finding.CONFIRMED} for entry in entries)

    @invariant()
    def the_thirty_days_count_from_the_information(self) -> None:
        alert = self.alert
        assert (alert.informed_at is None) == (alert.take_back_by is None)
        if alert.informed_at is not None and alert.take_back_by is not None:
            assert alert.informed_at <= self.now
            assert alert.take_back_by >= alert.informed_at + WITHIN
        if alert.state in TAKE_BACK_RUNS:
            assert alert.take_back_runs


def _standing(alert: Alert) -> object:
    entries = [
        (one.country, one.held_at, one.inspected_at, one.finding, one.acknowledged_at) for one in alert.addressees
    ]
    return (alert.state, alert.outcome, alert.ended_at, alert.tlp, alert.type, alert.ground, alert.take_back_by,
            alert.verified_at, alert.merged_into, entries)  # fmt: skip


def test_the_entity_never_leaves_the_table() -> None:
    run_state_machine_as_test(AnyOrder, settings=settings(max_examples=150, stateful_step_count=50, deadline=None))


COMMANDS = (
    "!alert CSQU3054383 at Tema to Rotterdam",
    "!alert send 1",
    "!alert submit 1",
    "!alert verify 1",
    "!alert return 1 wrong",
    "!alert set 1 origin=BE",
    "!alert set 1 tlp=amber strict",
    "!alert set 1 tlp=clear",
    "!alert ack 1",
    "!alert note 1 seal broken",
    "!alert hold 1",
    "!alert inspect 1",
    "!alert confirm 1 ground=a",
    "!alert clear 1",
    "!alert not-located 1",
    "!alert inform-export-state 1 when=now proof=letter",
    "!alert extend 1 until=2027-01-31 with=NL",
    "!alert take-back 1",
    "!alert shipped 1",
    "!alert received 1",
    "!alert treat 1",
    "!alert dispute 1 no waste",
    "!request 1 NL Who is it?",
    "!answer 1 R1 somebody",
    "!alert propose 1 vessel=IMO9074729",
    "!alert accept 1 P1",
    "!alert close 1 outcome=returned",
    "!alert reopen 1 again",
    "!alert withdraw 1 misread",
    "!alert merge 1 into=2",
    "!alert show 1",
    "!alert next 1",
    "!alert owed",
    "!alert list",
)


@settings(
    max_examples=7, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)
@given(
    st.lists(
        st.tuples(st.sampled_from(COMMANDS), st.sampled_from(["ghana", "ghana2", "netherlands", "coordinator"])),
        min_size=8, max_size=25,
    )
)  # fmt: skip
async def test_no_order_of_commands_leaves_the_table(said: list[tuple[str, str]]) -> None:
    async with Network.open() as net:
        for text, person in [(COMMANDS[0], "ghana"), *said]:
            answer = await net.say(text, as_=person)
            assert "Something went wrong" not in answer.text, text
        async with net.transaction() as tx:
            alert = await Alerts(tx).by_number(AlertNumber("A", 2026, 1))
            assert alert is not None
            states = [line.state for line in await Alerts(tx).history(alert)]
        assert all(after is before or after in MOVES[before] for before, after in pairwise(states))
        assert states[-1] is alert.state


@pytest.mark.parametrize(
    ("text", "expected"),
    [("A-2026-0001", "A-2026-0001"), ("a-2025-17", "A-2025-0017"), ("17", "A-2026-0017"), ("#17", "A-2026-0017"),
     ("2025-3", "A-2025-0003"), ("A-3", "A-2026-0003"), ("x2026-3", "X-2026-0003")],
)  # fmt: skip
def test_numbers_are_read(text: str, expected: str) -> None:
    assert str(AlertNumber.parse(text, year=2026)) == expected


@given(st.text(max_size=30))
def test_no_text_makes_the_reading_of_numbers_raise(text: str) -> None:
    found = AlertNumber.parse(text, year=2026)
    assert found is None or AlertNumber.parse(str(found), year=1999) == found
