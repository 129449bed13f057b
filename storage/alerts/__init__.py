"""Alerts: the entity with its states, its record, the requests and proposals about it, and their repositories."""

from storage.alerts.attachments import AlertAttachment, AlertAttachments, AttachmentCopy, AttachmentState
from storage.alerts.cards import AlertCard
from storage.alerts.ending import OUTCOMES
from storage.alerts.entity import Alert
from storage.alerts.gists import Gist, Gists
from storage.alerts.individuals import CONTACT, Individuals
from storage.alerts.kinds import (
    AlertType,
    CostBearer,
    FactSource,
    Finding,
    Ground,
    Information,
    Outcome,
    Reason,
    Source,
    Tlp,
    Urgency,
)
from storage.alerts.likeness import MARKED_KINDS, TELLING_KINDS, Mark, mark_of, marks_of
from storage.alerts.marks import AlertMark, AlertMarks
from storage.alerts.matches import AlertMatch, AlertMatches, HiddenMatch
from storage.alerts.numbers import EXERCISE, REAL, AlertNumber
from storage.alerts.outlines import DECIDING, Outline, Outlines, OwingPart
from storage.alerts.parts import Addressee, Fact, Individual, NamedPerson, Wording
from storage.alerts.proposals import AlertProposal, AlertProposals, ProposalState
from storage.alerts.record import HistoryLine, HistoryText, Step, What
from storage.alerts.refusals import NotPossible, Why
from storage.alerts.repository import Alerts
from storage.alerts.requests import AlertRequest, AlertRequests, OpenRequest, RequestState, RequestStep
from storage.alerts.states import ENDED, FOUND_ILLEGAL, IN_PREPARATION, MOVES, OPEN, TAKE_BACK_RUNS, AlertState
from storage.alerts.take_back import WITHIN, days_left

__all__ = [
    "CONTACT", "DECIDING", "ENDED", "EXERCISE", "FOUND_ILLEGAL", "IN_PREPARATION", "MARKED_KINDS", "MOVES", "OPEN",
    "OUTCOMES", "REAL", "TAKE_BACK_RUNS", "TELLING_KINDS", "WITHIN", "Addressee", "Alert", "AlertAttachment",
    "AlertAttachments", "AlertCard", "AlertMark", "AlertMarks", "AlertMatch", "AlertMatches", "AlertNumber",
    "AlertProposal", "AlertProposals", "AlertRequest", "AlertRequests", "AlertState", "AlertType", "Alerts",
    "AttachmentCopy", "AttachmentState", "CostBearer", "Fact", "FactSource", "Finding", "Gist", "Gists", "Ground",
    "HiddenMatch", "HistoryLine", "HistoryText", "Individual", "Individuals", "Information", "Mark", "NamedPerson",
    "NotPossible", "OpenRequest", "Outcome", "Outline", "Outlines", "OwingPart", "ProposalState", "Reason",
    "RequestState", "RequestStep", "Source", "Step", "Tlp", "Urgency", "What", "Why", "Wording", "days_left", "mark_of",
    "marks_of",
]  # fmt: skip
