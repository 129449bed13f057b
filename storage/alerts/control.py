"""What each country does about an alert: acknowledge it, hold or inspect the shipment, say what was found."""

from collections.abc import Collection
from datetime import datetime

from storage.alerts.core import AlertCore
from storage.alerts.kinds import Finding, Ground
from storage.alerts.parts import Addressee
from storage.alerts.record import HistoryLine, Step, What
from storage.alerts.refusals import NotPossible, Why
from storage.alerts.states import FOUND_ILLEGAL, AlertState
from storage.ids import CountryCode
from storage.members import Member


class Control(AlertCore):
    """The part of each country. One country's part says nothing for another."""

    __abstract__ = True

    def expect(self, country: CountryCode, *, by: datetime) -> bool:
        """Set by when a country is to acknowledge; False when it need not."""
        entry = self.addressee(country)
        if entry is None or not self.awaits(country):
            return False
        entry.acknowledge_by = by
        return True

    def note_told(self, countries: Collection[CountryCode], at: datetime) -> None:
        """Note of these countries, as far as they are concerned, that they were told."""
        for entry in self.addressees:
            if entry.told_at is None and entry.country in countries:
                entry.told_at = at

    def note_not_told(self, countries: Collection[CountryCode]) -> None:
        """Note of these countries that what was to tell them reached nobody; what one acknowledged, it knew."""
        for entry in self.addressees:
            if entry.country in countries and entry.acknowledged_at is None:
                entry.told_at = None

    def acknowledge(self, country: CountryCode, *, by: Member, at: datetime) -> HistoryLine:
        """Record that a country deals with it. Says nothing for any other country."""
        entry = self._part_of(country)
        if entry.acknowledged_at is not None:
            own = country == self.author_country
            raise NotPossible(Why.RAISED_BY_THE_COUNTRY if own else Why.ALREADY_ACKNOWLEDGED)
        _count_as_acknowledged(entry, by, at)
        return self.record(What.ACKNOWLEDGED, by, at, country=country)

    def hold(self, country: CountryCode, text: str, *, by: Member, at: datetime) -> HistoryLine:
        """Record that a country holds the shipment."""
        entry = self._take_control(country, by, at)
        if entry.held_at is not None:
            raise NotPossible(Why.SAID_BEFORE)
        entry.held_at = at
        return self.record(What.HELD, by, at, country=country, text=text)

    def inspect(self, country: CountryCode, text: str, *, by: Member, at: datetime) -> HistoryLine:
        """Record that a country inspects the shipment, or looks for it."""
        entry = self._take_control(country, by, at)
        if entry.inspected_at is not None:
            raise NotPossible(Why.SAID_BEFORE)
        entry.inspected_at = at
        return self.record(What.INSPECTED, by, at, country=country, text=text)

    def _take_control(self, country: CountryCode, by: Member, at: datetime) -> Addressee:
        entry = self._part_of(country)
        if self.state is not AlertState.UNDER_CONTROL:
            self._move(AlertState.UNDER_CONTROL)
        if entry.finding is not None:  # it turned up after all, or a second look is taken
            entry.held_at = entry.inspected_at = entry.finding = entry.found_at = None
        entry.control_authority = by.authority
        _count_as_acknowledged(entry, by, at)
        return entry

    def find(
        self,
        country: CountryCode,
        finding: Finding,
        text: str,
        *,
        ground: Ground | None = None,
        by: Member,
        at: datetime,
    ) -> HistoryLine:
        """Record what a country found that has control. While another one still looks, only "confirmed" decides."""
        entry = self._part_of(country)
        if self.state is not AlertState.UNDER_CONTROL and self.state not in FOUND_ILLEGAL:
            raise NotPossible(Why.NOT_ALLOWED_NOW)
        if not entry.has_control:
            raise NotPossible(Why.NOT_IN_CONTROL)
        if entry.finding is not None:
            raise NotPossible(Why.SAID_BEFORE)
        entry.finding = finding
        entry.found_at = at
        if self.state is AlertState.UNDER_CONTROL:
            self._conclude(ground)
        details = {"finding": finding.value} | ({"ground": ground.value} if ground is not None else {})
        return self.record(What.FOUND, by, at, country=country, text=text, details=details)

    def _conclude(self, ground: Ground | None) -> None:
        findings = [entry.finding for entry in self.addressees if entry.has_control]
        if Finding.CONFIRMED in findings:
            self._move(AlertState.CONFIRMED)
            self.ground = ground
        elif None not in findings:
            self._move(AlertState.CLEARED if Finding.CLEARED in findings else AlertState.NOT_LOCATED)

    def note(self, text: str, *, by: Member, at: datetime) -> HistoryLine:
        self.must_be_open()
        return self.record(What.NOTED, by, at, text=text)

    def remind(self, country: CountryCode, step: Step, *, at: datetime) -> HistoryLine:
        """Record that a country that did not acknowledge was reminded in this way; each way once."""
        entry = self.addressee(country)
        if entry is None or not self.awaits(country):
            raise NotPossible(Why.NOT_ALLOWED_NOW)
        entry.reminded = step
        entry.reminded_at = at
        return self.record(What.REMINDED, None, at, country=country, details={"step": step.value})


def _count_as_acknowledged(entry: Addressee, by: Member, at: datetime) -> None:
    if entry.acknowledged_at is None:
        entry.acknowledged_at = at
        entry.acknowledged_by = by.user_id
        entry.acknowledged_authority = by.authority
