"""The lines of the risk profile: what each looks at, what it weighs by default, and from where it is taken."""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple

from commands.document import Message, _


class Line(StrEnum):
    """The indicators, by the keys under which their weights are changed."""

    CODES = "codes"
    CONSENT = "consent"
    ANNEX_VII = "annex-vii"
    UNTESTED = "untested"
    BATTERIES = "batteries"
    CRT = "crt"
    SIMILAR = "similar"
    EARLIER_CASE = "earlier-case"
    BAN = "export-ban"
    FACILITY = "facility"
    CONCEALED = "concealed"
    STREAM = "stream"
    WEIGHT = "weight"
    VAGUE = "vague"
    TRANSHIPMENT = "transhipment"
    CONSIGNEE = "consignee"
    FREE_ZONE = "free-zone"
    RESIDENCE = "residence"
    ODOUR = "odour"
    CHECK_DIGIT = "check-digit"
    NEWCOMER = "newcomer"


MOST_POINTS = 9
"""The most that a line may weigh."""


class Entry(NamedTuple):
    """A row of the table."""

    points: int
    """What it weighs unless a coordinator changed it."""
    name: Message
    source: Message


@dataclass(frozen=True, slots=True)
class _Sources:
    """Where the indicators are taken from."""

    annexes = _("Basel Convention, Annexes VIII and IX as in force")
    consent = _("Basel Convention, Article 6")
    annex_vii = _("EU Waste Shipment Regulation, Annex VII")
    used_goods = _("Basel technical guidelines on e-waste and used equipment")
    exercise = _("the network's inspections of 2010: the most frequent false declarations")
    own_cases = _("earlier confirmed alerts of the network")
    ban = _("Basel Convention, Articles 4(5) and 4A")
    sound = _("Basel Convention, Article 4: environmentally sound management")
    fraud = _("Basel Convention, Article 9(1)(c)")
    streams = _("IMPEL's and the World Customs Organization's published results")
    container = _("ISO 668 and ISO 6346")
    profile = _("public risk indicators for waste shipments (FATF, World Customs Organization)")


_S = _Sources()

TABLE: dict[Line, Entry] = {
    Line.CODES: Entry(2, _("waste code that is no longer in force, or contradicts the customs code"), _S.annexes),
    Line.CONSENT: Entry(2, _("consent is needed, and no notification number is known"), _S.consent),
    Line.ANNEX_VII: Entry(2, _("Annex VII document missing or inconsistent"), _S.annex_vii),
    Line.UNTESTED: Entry(
        2, _("“used” electrical goods without functionality test, invoice, declaration or packaging"), _S.used_goods
    ),
    Line.BATTERIES: Entry(2, _("batteries declared as plastic or mixed metal"), _S.exercise),
    Line.CRT: Entry(2, _("cathode ray tubes declared as metal scrap"), _S.exercise),
    Line.SIMILAR: Entry(2, _("same waste on the same lane as an earlier illegal shipment"), _S.own_cases),
    Line.EARLIER_CASE: Entry(2, _("container, vessel or company of an earlier confirmed case"), _S.own_cases),
    Line.BAN: Entry(2, _("lane under an export ban"), _S.ban),
    Line.FACILITY: Entry(2, _("facility not authorised"), _S.sound),
    Line.CONCEALED: Entry(2, _("mixing, double layers or false labels"), _S.fraud),
    Line.STREAM: Entry(1, _("stream with many violations: plastic, e-waste, metal, vehicles, paper"), _S.streams),
    Line.WEIGHT: Entry(1, _("value or weight that cannot be"), _S.container),
    Line.VAGUE: Entry(1, _("vague description"), _S.profile),
    Line.TRANSHIPMENT: Entry(1, _("transhipment or port hopping"), _S.profile),
    Line.CONSIGNEE: Entry(1, _("late change of consignee"), _S.profile),
    Line.FREE_ZONE: Entry(1, _("free zone"), _S.profile),
    Line.RESIDENCE: Entry(1, _("the broker's address is a residence"), _S.profile),
    Line.ODOUR: Entry(1, _("odour or leak"), _S.profile),
    Line.CHECK_DIGIT: Entry(1, _("container number with a wrong check digit"), _S.container),
    Line.NEWCOMER: Entry(1, _("little experience in the trade"), _S.profile),
}
