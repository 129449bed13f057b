"""The states of an alert never leave the table of allowed moves, whatever the order of commands."""

from datetime import timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule, run_state_machine_as_test

from storage.alerts import (
    ENDED,
    IN_PREPARATION,
    MOVES,
    OPEN,
    Alert,
    AlertNumber,
    Alerts,
    AlertState,
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


def member(country: CountryCode) -> Member:
    return Member(
        user_id=UserId(f"@{country.lower()}:test"), name="Example", authority="Authority", kind=AuthorityKind.CUSTOMS,
        country=country, role=Role.OFFICIAL, language="en", zone="UTC", added_by=UserId("@c:test"), added_at=START,
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
        self.alert = Alert.draft("drums", by=self.author, at=START, tlp=Tlp.AMBER, urgency=Urgency.ROUTINE)
        self.alert.address({GH: [Reason.SEEN], NL: [Reason.DESTINATION]}, START)
        self.before = self.alert.state
        self.circulated_at = self.alert.circulated_at
        self.acknowledged: set[CountryCode] = set()

    def _try(self, action: object) -> None:
        assert callable(action)
        self.now += timedelta(minutes=1)
        try:
            action()
        except NotPossible:
            assert self.alert.state is self.before, "a refused move changes nothing"

    @rule()
    def circulate(self) -> None:
        self._try(lambda: self.alert.circulate(by=self.author, at=self.now))

    @rule(country=st.sampled_from([GH, NL, BE]))
    def acknowledge(self, country: CountryCode) -> None:
        self._try(lambda: self.alert.acknowledge(country, by=member(country), at=self.now))

    @rule()
    def note(self) -> None:
        self._try(lambda: self.alert.note("seal broken", by=self.author, at=self.now))

    @rule(outcome=st.sampled_from(Outcome))
    def close(self, outcome: Outcome) -> None:
        self._try(lambda: self.alert.close(outcome, "", by=self.author, at=self.now))

    @rule()
    def withdraw(self) -> None:
        self._try(lambda: self.alert.withdraw("misread", by=self.author, at=self.now))

    @rule(tlp=st.sampled_from(Tlp))
    def mark(self, tlp: Tlp) -> None:
        was_sent, before = self.alert.was_circulated, self.alert.tlp
        self._try(lambda: self.alert.mark(tlp, by=self.author, at=self.now))
        assert not was_sent or self.alert.tlp is before or self.alert.tlp.is_stricter_than(before)

    @rule(country=st.sampled_from([GH, NL, BE]), step=st.sampled_from(Step))
    def remind(self, country: CountryCode, step: Step) -> None:
        self._try(lambda: self.alert.remind(country, step, at=self.now))

    @rule(countries=st.frozensets(st.sampled_from([GH, NL, BE])))
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
        assert not any(self.alert.awaits(country) for country in (GH, NL, BE) if not self.alert.is_open)


def test_the_entity_never_leaves_the_table() -> None:
    run_state_machine_as_test(AnyOrder, settings=settings(max_examples=60, stateful_step_count=30, deadline=None))


COMMANDS = (
    "!alert CSQU3054383 at Tema to Rotterdam",
    "!alert send 1",
    "!alert set 1 origin=BE",
    "!alert set 1 tlp=amber strict",
    "!alert set 1 tlp=clear",
    "!alert ack 1",
    "!alert note 1 seal broken",
    "!alert close 1 outcome=returned",
    "!alert withdraw 1 misread",
    "!alert show 1",
    "!alert list",
)


@settings(
    max_examples=7, deadline=None, phases=[Phase.explicit, Phase.generate], suppress_health_check=[HealthCheck.too_slow]
)
@given(
    st.lists(
        st.tuples(st.sampled_from(COMMANDS), st.sampled_from(["ghana", "netherlands", "coordinator"])), max_size=12
    )
)
async def test_no_order_of_commands_leaves_the_table(said: list[tuple[str, str]]) -> None:
    async with Network.open() as net:
        before = AlertState.DRAFT
        for text, person in [(COMMANDS[0], "ghana"), *said]:
            answer = await net.say(text, as_=person)
            assert "Something went wrong" not in answer.text
            async with net.transaction() as tx:
                alert = await Alerts(tx).by_number(AlertNumber("A", 2026, 1))
                assert alert is not None
                assert alert.state is before or alert.state in MOVES[before]
                before = alert.state


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
