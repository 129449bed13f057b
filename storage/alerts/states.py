"""The life of an alert as a table of moves."""

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

TAKE_BACK_RUNS = frozenset({_S.EXPORT_STATE_INFORMED, _S.DISPUTED, _S.TAKE_BACK_AGREED, _S.IN_RETURN})
"""The State of export was informed, and the shipment is neither back nor treated: the 30 days count."""

FOUND_ILLEGAL = TAKE_BACK_RUNS | {_S.CONFIRMED, _S.LOCAL_TREATMENT, _S.RECEIVED}
