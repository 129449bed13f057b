"""The life of an alert as a table of moves, and the words its records are made of."""

from enum import StrEnum


class AlertState(StrEnum):
    """Where an alert stands, from the first suspicion to the last outcome."""

    DRAFT = "draft"
    SUBMITTED = "submitted"
    RETURNED = "returned"
    VERIFIED = "verified"
    CIRCULATED = "circulated"
    UNDER_CONTROL = "under control"
    CLEARED = "cleared"
    CONFIRMED = "confirmed"
    NOT_LOCATED = "not located"
    EXPORT_STATE_INFORMED = "export state informed"
    TAKE_BACK_AGREED = "take-back agreed"
    LOCAL_TREATMENT = "local treatment"
    DISPUTED = "disputed"
    IN_RETURN = "in return"
    RECEIVED = "received"
    CLOSED = "closed"
    REOPENED = "reopened"
    WITHDRAWN = "withdrawn"
    MERGED = "merged"


_S = AlertState
_ENDS = frozenset({_S.WITHDRAWN, _S.MERGED})

MOVES: dict[AlertState, frozenset[AlertState]] = {
    # A second pair of eyes comes before circulation; where it may be waived it follows later, hence the direct moves.
    _S.DRAFT: _ENDS | {_S.SUBMITTED, _S.CIRCULATED},
    _S.SUBMITTED: _ENDS | {_S.VERIFIED, _S.RETURNED, _S.CIRCULATED},
    _S.RETURNED: _ENDS | {_S.DRAFT},
    _S.VERIFIED: _ENDS | {_S.CIRCULATED},
    _S.CIRCULATED: _ENDS | {_S.UNDER_CONTROL, _S.CLOSED},
    _S.UNDER_CONTROL: _ENDS | {_S.CLEARED, _S.CONFIRMED, _S.NOT_LOCATED, _S.CLOSED},
    _S.CLEARED: _ENDS | {_S.CLOSED},
    _S.NOT_LOCATED: _ENDS | {_S.UNDER_CONTROL, _S.CLOSED},
    _S.CONFIRMED: _ENDS | {_S.EXPORT_STATE_INFORMED, _S.CLOSED},
    # Basel Convention, Article 9: taken back, treated where it is, or the States disagree.
    _S.EXPORT_STATE_INFORMED: _ENDS | {_S.TAKE_BACK_AGREED, _S.LOCAL_TREATMENT, _S.DISPUTED, _S.CLOSED},
    _S.DISPUTED: _ENDS | {_S.TAKE_BACK_AGREED, _S.LOCAL_TREATMENT, _S.CLOSED},
    _S.TAKE_BACK_AGREED: _ENDS | {_S.IN_RETURN, _S.CLOSED},
    _S.LOCAL_TREATMENT: _ENDS | {_S.CLOSED},
    _S.IN_RETURN: _ENDS | {_S.RECEIVED, _S.CLOSED},
    _S.RECEIVED: _ENDS | {_S.CLOSED},
    _S.CLOSED: frozenset({_S.REOPENED}),
    _S.REOPENED: _ENDS | {_S.UNDER_CONTROL, _S.CLOSED},
    _S.WITHDRAWN: frozenset(),
    _S.MERGED: frozenset(),
}
"""The moves that are allowed; every other one is refused."""

IN_PREPARATION = frozenset({_S.DRAFT, _S.SUBMITTED, _S.RETURNED, _S.VERIFIED})
"""Nobody but the author's side knows of it yet."""

ENDED = frozenset({_S.CLOSED, _S.WITHDRAWN, _S.MERGED})

OPEN = frozenset(AlertState) - IN_PREPARATION - ENDED
"""Circulated and not ended: clocks run, notes are taken."""


class Tlp(StrEnum):
    """Who may hear of an alert: Traffic Light Protocol 2.0, FIRST."""

    RED = "RED"
    AMBER_STRICT = "AMBER+STRICT"
    AMBER = "AMBER"
    GREEN = "GREEN"
    CLEAR = "CLEAR"

    def is_stricter_than(self, other: "Tlp") -> bool:
        return _STRICTEST_FIRST.index(self) < _STRICTEST_FIRST.index(other)


_STRICTEST_FIRST = tuple(Tlp)


class Urgency(StrEnum):
    ROUTINE = "routine"
    URGENT = "urgent"
    IMMEDIATE = "immediate"


class Reason(StrEnum):
    """Why a country is concerned."""

    SEEN = "seen"
    ORIGIN = "origin"
    TRANSIT = "transit"
    DESTINATION = "destination"
    ADDED = "added"


class FactSource(StrEnum):
    TEXT = "text"
    SET = "set"


class Outcome(StrEnum):
    """How an alert ended."""

    RETURNED = "returned"
    TREATED = "treated"
    CLEARED = "cleared"
    NOT_LOCATED = "not-located"
    PROSECUTED = "prosecuted"
    OTHER = "other"


class What(StrEnum):
    """What a line of an alert's history records."""

    DRAFTED = "drafted"
    CORRECTED = "corrected"
    MARKED = "marked"  # the handling marking was changed
    CIRCULATED = "circulated"
    ACKNOWLEDGED = "acknowledged"
    NOTED = "noted"
    REMINDED = "reminded"
    CLOSED = "closed"
    WITHDRAWN = "withdrawn"


class Step(StrEnum):
    """The steps for a country that does not acknowledge, in their order."""

    ROOM = "room"
    ON_DUTY = "on duty"
    COORDINATORS = "coordinators"

    @property
    def following(self) -> "Step | None":
        steps = tuple(Step)
        place = steps.index(self) + 1
        return steps[place] if place < len(steps) else None


class Why(StrEnum):
    """Why an alert refuses what is asked of it."""

    NOT_ALLOWED_NOW = "the state does not allow it"
    ALREADY_SENT = "already circulated"
    NOT_SENT = "not circulated yet"
    ENDED = "closed, withdrawn or merged"
    NOT_ADDRESSED = "the country is not addressed"
    ALREADY_ACKNOWLEDGED = "the country acknowledged before"
    RAISED_BY_THE_COUNTRY = "the country raised it itself"
    ONLY_STRICTER = "after circulation the marking may only become stricter"


class NotPossible(Exception):
    """The alert as it stands cannot do this."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why
