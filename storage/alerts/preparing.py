"""An alert before others hear of it: its facts and addressees, the second pair of eyes, its circulation."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from storage.alerts.core import AlertCore
from storage.alerts.kinds import AlertType, Information, Reason, Source, Tlp
from storage.alerts.parts import Addressee, Fact, Individual, NamedPerson
from storage.alerts.record import HistoryLine, What
from storage.alerts.refusals import NotPossible, Why
from storage.alerts.states import AlertState
from storage.ids import CountryCode, UserId
from storage.members import Member


class Preparing(AlertCore):
    """What the author and the second pair of eyes do."""

    __abstract__ = True

    def replace_facts(self, old: Iterable[Fact], new: Iterable[Fact], at: datetime) -> None:
        """Put new facts in the place of old ones, which stay on record."""
        self._must_not_have_ended()
        for fact in old:
            fact.replaced_at = at
        self.facts.extend(new)

    def address(self, reasons: Mapping[CountryCode, Sequence[Reason]], at: datetime) -> Sequence[CountryCode]:
        """Set which countries are concerned and why; return those that are new.

        Countries that were told already stay: what was said to them cannot be taken back by a correction.
        """
        self._must_not_have_ended()
        new = [country for country in reasons if self.addressee(country) is None]
        if self.is_draft:
            self.addressees = [entry for entry in self.addressees if entry.country in reasons]
        for place, (country, why) in enumerate(reasons.items()):
            entry = self.addressee(country)
            if entry is None:
                entry = Addressee(
                    country=country, is_open=self.is_open, reasons=[], position=place, added_at=at, told_at=None,
                    acknowledge_by=None, acknowledged_at=None, acknowledged_by=None, acknowledged_authority=None,
                    reminded=None, reminded_at=None, held_at=None, inspected_at=None, control_authority=None,
                    finding=None, found_at=None,
                )  # fmt: skip
                self.addressees.append(entry)
            entry.reasons = [reason.value for reason in why]
            entry.position = place
        return new

    def name(self, person: UserId, *, by: Member, at: datetime) -> bool:
        """Name a person who may hear of it whatever the marking; False when named before."""
        self._must_not_have_ended()
        if person in self.named:
            return False
        self.persons.append(NamedPerson(user_id=person, named_by=by.user_id, named_at=at))
        return True

    def unname(self, person: UserId) -> None:
        """Take the name off a draft again."""
        if not self.is_draft:
            raise NotPossible(Why.ALREADY_SENT)
        self.persons = [entry for entry in self.persons if entry.user_id != person]

    def correct(self, changed: Sequence[str], *, by: Member, at: datetime) -> HistoryLine:
        """Put on record which facts the author corrected or added."""
        self._must_not_have_ended()
        return self.record(What.CORRECTED, by, at, details={"changed": list(changed)})

    def mark(self, tlp: Tlp, *, by: Member, at: datetime) -> HistoryLine | None:
        """Change the handling marking; once circulated it may only become stricter, also after the end."""
        if tlp is self.tlp:
            return None
        if not self.is_draft and not tlp.is_stricter_than(self.tlp):
            raise NotPossible(Why.ONLY_STRICTER)
        before, self.tlp = self.tlp, tlp
        return self.record(What.MARKED, by, at, details={"from": before.value, "to": tlp.value})

    def lower(self, tlp: Tlp, reason: str, *, by: Member, at: datetime) -> HistoryLine:
        """Let more people hear of it; once circulated that is a decision of its author's authority, with its reason."""
        self.must_be_open()
        if not self.tlp.is_stricter_than(tlp):
            raise NotPossible(Why.SAME)
        before, self.tlp = self.tlp, tlp
        return self.record(What.MARKED, by, at, text=reason, details={"from": before.value, "to": tlp.value})

    def classify(self, type_: AlertType, text: str, *, by: Member, at: datetime) -> HistoryLine:
        """Say of what type it is now, such as news that became a warning."""
        self._must_not_have_ended()
        if type_ is self.type:
            raise NotPossible(Why.SAME)
        before, self.type = self.type, type_
        return self.record(What.CLASSIFIED, by, at, text=text, details={"from": before.value, "to": type_.value})

    def evaluate(
        self, source: Source | None, information: Information | None, *, by: Member, at: datetime
    ) -> HistoryLine | None:
        """Say how far source and information can be relied on; what is None stays. None when nothing changes."""
        self._must_not_have_ended()
        new = (source or self.source, information or self.information)
        if new == (self.source, self.information):
            return None
        details = {"from": [self.source, self.information], "to": list(new)}
        self.source, self.information = new
        return self.record(What.EVALUATED, by, at, details=details)

    def name_individual(
        self, name: str, role: str | None, *, by: Member, at: datetime
    ) -> tuple[Individual, HistoryLine]:
        """Name a person in the case; the record says that one was named, and not who."""
        self._must_not_have_ended()
        self.individuals += 1
        individual = Individual(
            alert_id=self.id, name=name, role=role, added_by=by.user_id, added_authority=by.authority,
            added_country=by.country, added_at=at,
        )  # fmt: skip
        return individual, self.record(What.PERSON_NAMED, by, at)

    def unname_individual(self, *, by: Member, at: datetime) -> HistoryLine:
        """Count one less, whatever its state: a wrong name has to go."""
        self.individuals -= 1
        return self.record(What.PERSON_REMOVED, by, at)

    def purge(self, contacts: str, at: datetime) -> HistoryLine:
        """Forget what its author wrote, and the facts of the kind `contacts`; on record is how many names went."""
        line = self.record(What.PURGED, None, at, details={"persons": self.individuals})
        self.wording.text = ""
        self.facts = [fact for fact in self.facts if fact.kind != contacts]
        self.individuals, self.purged_at = 0, at
        return line

    def submit(self, *, by: Member, at: datetime) -> HistoryLine:
        """Ask for a second pair of eyes before it is circulated."""
        self._must_not_have_ended()
        if not self.is_draft:
            raise NotPossible(Why.ALREADY_SENT)
        self._move(AlertState.SUBMITTED)
        return self.record(What.SUBMITTED, by, at)

    def verify(self, text: str, *, by: Member, at: datetime) -> HistoryLine:
        """Record that a second pair of eyes has looked at it: before it is circulated, or afterwards."""
        self._must_not_have_ended()
        if by.user_id == self.author:
            raise NotPossible(Why.OWN_ALERT)
        if self.verified_at is not None:
            raise NotPossible(Why.ALREADY_VERIFIED)
        if self.is_draft:
            self._move(AlertState.VERIFIED)
        self.verified_at = at
        self.verified_by = by.user_id
        self.verified_authority = by.authority
        return self.record(What.VERIFIED, by, at, text=text)

    def send_back(self, reason: str, *, by: Member, at: datetime) -> HistoryLine:
        """Return it to its author instead of verifying it."""
        self._must_not_have_ended()
        if by.user_id == self.author:
            raise NotPossible(Why.OWN_ALERT)
        if not self.is_draft:
            raise NotPossible(Why.ALREADY_SENT)
        self._move(AlertState.RETURNED)
        return self.record(What.SENT_BACK, by, at, text=reason)

    def take_up(self, *, by: Member, at: datetime) -> HistoryLine | None:
        """Make a draft again of what was sent back; None when it was not."""
        if self.state is not AlertState.RETURNED:
            return None
        self._move(AlertState.DRAFT)
        return self.record(What.TAKEN_UP, by, at)

    @property
    def awaits_verification(self) -> bool:
        """Whether it was circulated before a second pair of eyes had looked at it, and none has since."""
        return self.is_open and self.verified_at is None

    def verification_due(self, step: int, *, at: datetime) -> HistoryLine:
        """Record that nobody verified it within the time for it; `step` counts how often that was said."""
        if not (self.awaits_verification or self.state is AlertState.SUBMITTED):
            raise NotPossible(Why.NOT_ALLOWED_NOW)
        return self.record(What.VERIFICATION_DUE, None, at, details={"step": step})

    def circulate(self, *, by: Member, at: datetime) -> HistoryLine:
        """Let the countries concerned know. The author's own country knows already: its clock does not run."""
        if not self.is_draft:
            raise NotPossible(Why.ENDED if self.has_ended else Why.ALREADY_SENT)
        if self.state is AlertState.RETURNED:
            raise NotPossible(Why.SENT_BACK)
        self._move(AlertState.CIRCULATED)
        self.circulated_at = at
        self.note_own_country(at)
        return self.record(What.CIRCULATED, by, at)

    def note_own_country(self, at: datetime) -> None:
        """Count the author's country as having acknowledged, as it raised the alert."""
        entry = self.addressee(self.author_country) if self.author_country is not None else None
        if entry is not None and entry.acknowledged_at is None:
            entry.acknowledged_at = at
            entry.acknowledged_by = self.author
            entry.acknowledged_authority = self.author_authority
