"""What each state, marking, outcome and the like is called."""

from commands.alerts.facts import Slot
from commands.document import _
from storage.alerts import (
    AlertState,
    AlertType,
    CostBearer,
    Finding,
    Ground,
    Information,
    Outcome,
    Reason,
    Source,
    Tlp,
    Urgency,
)

STATE_WORDS = {
    AlertState.DRAFT: _("draft, not sent"),
    AlertState.SUBMITTED: _("submitted for verification"),
    AlertState.RETURNED: _("returned to its author"),
    AlertState.VERIFIED: _("verified"),
    AlertState.CIRCULATED: _("circulated"),
    AlertState.UNDER_CONTROL: _("under control"),
    AlertState.CLEARED: _("cleared"),
    AlertState.CONFIRMED: _("confirmed as illegal"),
    AlertState.NOT_LOCATED: _("not located"),
    AlertState.EXPORT_STATE_INFORMED: _("State of export informed"),
    AlertState.TAKE_BACK_AGREED: _("take-back agreed"),
    AlertState.LOCAL_TREATMENT: _("treated in the country of detection"),
    AlertState.DISPUTED: _("disputed between the States"),
    AlertState.IN_RETURN: _("in return to the State of export"),
    AlertState.RECEIVED: _("received in the State of export"),
    AlertState.CLOSED: _("closed"),
    AlertState.REOPENED: _("reopened"),
    AlertState.WITHDRAWN: _("withdrawn"),
    AlertState.MERGED: _("merged into another alert"),
}

OUTCOME_WORDS = {
    Outcome.RETURNED: _("returned to the country of origin"),
    Outcome.TREATED: _("treated in the country of detection"),
    Outcome.CLEARED: _("cleared, nothing illegal found"),
    Outcome.NOT_LOCATED: _("not located"),
    Outcome.PROSECUTED: _("prosecuted"),
    Outcome.OTHER: _("other"),
}

TYPE_WORDS = {
    AlertType.NEWS: _("news, unconfirmed"),
    AlertType.INFORMATION: _("information"),
    AlertType.ALERT: _("alert"),
    AlertType.WARNING: _("warning, please control such shipments"),
}

GROUND_WORDS = {
    Ground.NO_NOTIFICATION: _("Basel 9(1)(a), no notification to all States concerned"),
    Ground.NO_CONSENT: _("Basel 9(1)(b), without the consent of a State concerned"),
    Ground.FALSE_CONSENT: _("Basel 9(1)(c), consent by falsification, misrepresentation or fraud"),
    Ground.NOT_AS_DOCUMENTED: _("Basel 9(1)(d), not as the documents say"),
    Ground.DELIBERATE_DISPOSAL: _("Basel 9(1)(e), deliberate disposal in breach of the Convention"),
}
"""Each with its letter in the Basel Convention, Article 9(1)."""

FINDING_WORDS = {
    Finding.CONFIRMED: _("confirmed as illegal"),
    Finding.CLEARED: _("cleared, nothing illegal found"),
    Finding.NOT_LOCATED: _("not located"),
}

COST_WORDS = {
    CostBearer.EXPORTER: _("the exporter"),
    CostBearer.GENERATOR: _("the generator of the waste"),
    CostBearer.IMPORTER: _("the importer"),
    CostBearer.DISPOSER: _("the disposer"),
    CostBearer.CARRIER: _("the carrier"),
    CostBearer.STATE_OF_EXPORT: _("the State of export"),
    CostBearer.STATE_OF_IMPORT: _("the State of import"),
    CostBearer.SHARED: _("several parties"),
}

URGENCY_WORDS = {
    Urgency.ROUTINE: _("routine"),
    Urgency.URGENT: _("urgent"),
    Urgency.IMMEDIATE: _("immediate"),
}

SOURCE_WORDS = {
    Source.RELIABLE: _("A, reliable in every instance so far"),
    Source.MOSTLY_RELIABLE: _("B, mostly reliable"),
    Source.MOSTLY_UNRELIABLE: _("C, mostly unreliable"),
    Source.NOT_ASSESSED: _("X, its reliability cannot be assessed"),
}
"""What the letter of a source means."""

INFORMATION_WORDS = {
    Information.CERTAIN: _("1, known to be true without reservation"),
    Information.KNOWN_TO_SOURCE: _("2, known to the source itself, not to the official who passes it on"),
    Information.CORROBORATED: _("3, not known to the source itself, but supported by what is on record"),
    Information.NOT_CORROBORATED: _("4, not known to the source itself, and supported by nothing else"),
}
"""What the figure of an information means."""

MARKING_WORDS = {
    Tlp.RED: _("TLP:RED, only for the persons named"),
    Tlp.AMBER_STRICT: _("TLP:AMBER+STRICT, only for the authorities of the countries concerned"),
    Tlp.AMBER: _("TLP:AMBER, for the countries concerned and the coordinators"),
    Tlp.GREEN: _("TLP:GREEN, for the members of the network"),
    Tlp.CLEAR: _("TLP:CLEAR, may be told to anybody"),
}
"""Who may hear of it."""

REASON_WORDS = {
    Reason.SEEN: _("seen there"),
    Reason.ORIGIN: _("origin"),
    Reason.TRANSIT: _("transit"),
    Reason.DESTINATION: _("destination"),
    Reason.ADDED: _("added by the author"),
}

SLOT_WORDS = {
    Slot.PORT: _("Port where it was seen"),
    Slot.SEEN: _("Seen on"),
    Slot.CONTAINER: _("Container"),
    Slot.VESSEL: _("Vessel"),
    Slot.BILL: _("Bill of lading"),
    Slot.NOTIFICATION: _("Notification"),
    Slot.COMPANY: _("Company"),
    Slot.ORIGIN: _("Origin"),
    Slot.TRANSIT: _("Transit"),
    Slot.DESTINATION: _("Destination"),
    Slot.WASTE: _("Waste"),
    Slot.DECLARED: _("Declared as"),
    Slot.QUANTITY: _("Quantity"),
    Slot.CONTACT: _("Contact"),
    Slot.MENTIONED: _("Also named"),
}
