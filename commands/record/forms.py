"""What is known of an alert in the fields of an Ecomessage, and in the blocks of the notification document."""

import textwrap
from collections.abc import Callable, Sequence
from zoneinfo import ZoneInfo

from commands.record.entries import FactVersion, Record
from commands.record.wording import NOT_KNOWN, Row, authority, doubted, joined, moment
from commands.shipment import Kind, Place
from storage.reference import codes
from storage.reference.countries import country_name

_GROUNDS = {
    "a": "without notification to all States concerned",
    "b": "without the consent of a State concerned",
    "c": "with consent obtained through falsification, misrepresentation or fraud",
    "d": "that does not conform in a material way with the documents",
    "e": "that results in deliberate disposal in contravention of the Convention",
}
"""Basel Convention, Article 9(1)."""

_PACKAGES = frozenset({"containers", "TEU", "pallets", "drums", "bales", "bags", "boxes"})


class Forms:
    """Fills in the forms that authorities outside of the network know."""

    def __init__(self, record: Record, zone: ZoneInfo) -> None:
        self._record = record
        self._zone = zone
        self._facts = [fact for fact in record.facts if fact.replaced_at is None]

    def ecomessage(self) -> Sequence[Row]:
        """Return the fields of INTERPOL's Ecomessage."""
        record = self._record
        open_requests = [f"{country_name(one.country)}: {one.text}" for one in record.requests if one.state == "open"]
        documents = [f"notification {number}" for number in self._shown(Kind.NOTIFICATION)]
        documents += [f"bill of lading {number}" for number in self._shown(Kind.BILL_OF_LADING)]
        in_charge = [authority(record.author.authority, record.author.country)]
        in_charge += [authority(part.control_authority, part.country) for part in record.countries]
        return [
            Row("Subject", self._subject()),
            Row("Legal provisions", self._ground()),
            Row("Place and method of discovery", self._discovery()),
            Row("Date and time", self._dates()),
            Row("Contents", self._contents()),
            Row("Persons", self._persons()),
            Row("Companies", joined(self._shown(Kind.COMPANY))),
            Row("Means of transport and route", self._transport()),
            Row("Countries of origin, transit, destination", self._countries()),
            Row("Documents used", joined(documents)),
            Row("Agency in charge", joined(list(dict.fromkeys(filter(None, in_charge))))),
            Row("Modus operandi", self._modus()),
            Row("Additional information", record.text or NOT_KNOWN),
            Row("Information requested", joined(open_requests, none="none at present")),
        ]

    def _persons(self) -> str:
        if self._record.names is None:
            count = self._record.individuals
            known = f"{count} named. " if count else ""
            return f"{known}Names of persons are not part of this paper; ask the agency in charge."
        names = [f"{one.name} ({', '.join(filter(None, (one.role, one.named_by)))})" for one in self._record.names]
        return joined(names, none="none named")

    def notification(self) -> Sequence[Row]:
        """Return the blocks of the notification document of the Basel Convention."""
        vii = [number for number in self._shown(Kind.NOTIFICATION) if number.upper().startswith("GLW")]
        numbers = [number for number in self._shown(Kind.NOTIFICATION) if number not in vii]
        packed = [fact.shown for fact in self._of(Kind.QUANTITY) if fact.value.partition(" ")[2] in _PACKAGES]
        amounts = [fact.shown for fact in self._of(Kind.QUANTITY) if fact.value.partition(" ")[2] not in _PACKAGES]
        companies = joined([f"{name} (part in the shipment not stated)" for name in self._shown(Kind.COMPANY)])
        numbers += [f"{number} (Annex VII)" for number in vii]
        return [
            Row("1. Exporter - notifier", companies),
            Row("2. Importer - consignee", "see 1" if companies != NOT_KNOWN else NOT_KNOWN),
            Row("3. Notification number", joined(numbers)),
            Row("4. Total intended number of shipments", NOT_KNOWN),
            Row("5. Total intended quantity", joined(amounts)),
            Row("6. Intended period of time", NOT_KNOWN),
            Row("7. Packaging, special handling", joined(packed)),
            Row("8. Intended carriers, means of transport", self._transport()),
            Row("9. Waste generator - producer", NOT_KNOWN),
            Row("10. Disposal or recovery facility", NOT_KNOWN),
            Row("11. Disposal or recovery operation", NOT_KNOWN),
            Row("12. Designation and composition", joined(self._shown(Kind.DECLARED, Kind.WASTE))),
            Row("13. Physical characteristics", NOT_KNOWN),
            Row("14. Waste identification", self._identification()),
            Row("15. Countries, points of exit and entry", self._countries()),
        ]

    def movement(self) -> Sequence[Row]:
        """Return what the movement document has beyond the notification document."""
        return [
            Row("Container identification numbers", joined([doubted(fact) for fact in self._of(Kind.CONTAINER)])),
            Row("Bill of lading", joined(self._shown(Kind.BILL_OF_LADING))),
            Row("Actual date", joined(self._shown(Kind.DATE))),
        ]

    def _of(self, *kinds: Kind) -> Sequence[FactVersion]:
        return [fact for fact in self._facts if fact.kind in kinds]

    def _shown(self, *kinds: Kind) -> list[str]:
        return list(dict.fromkeys(fact.shown for fact in self._of(*kinds)))

    def _places(self, role: Place) -> list[str]:
        found = [fact for fact in self._of(Kind.PORT, Kind.COUNTRY) if fact.role == role]
        if role is Place.SEEN:
            found += [fact for fact in self._of(Kind.PORT) if fact.role is None]
        return list(dict.fromkeys(map(_place, found)))

    def _subject(self) -> str:
        what = self._shown(Kind.CONTAINER)[:3] or self._shown(Kind.VESSEL)[:1]
        waste = self._shown(Kind.BASEL, Kind.EWC, Kind.HS, Kind.WASTE)[:3]
        return ", ".join(["Suspected illegal traffic in waste", *waste, *what, *self._places(Place.SEEN)[:1]])

    def _ground(self) -> str:
        ground = self._record.ground
        if ground is None:
            return "Basel Convention, Article 9; no ground confirmed yet"
        return f"Basel Convention, Article 9(1)({ground}): movement {_GROUNDS[ground]}"

    def _discovery(self) -> str:
        methods = [
            f"{'inspected' if part.inspected_at else 'held'} by {authority(part.control_authority, part.country)}"
            for part in self._record.countries
            if part.inspected_at or part.held_at
        ]
        return joined([*self._places(Place.SEEN), *methods])

    def _dates(self) -> str:
        seen = [f"seen {shown}" for shown in self._shown(Kind.DATE)]
        return "; ".join([*seen, f"reported {moment(self._record.drafted_at, self._zone)}"])

    def _contents(self) -> str:
        declared = [f"declared as {shown}" for shown in self._shown(Kind.DECLARED)]
        codes_ = self._identification()
        found = [*self._shown(Kind.WASTE), *([codes_] if codes_ != NOT_KNOWN else []), *declared]
        return joined([*found, *self._shown(Kind.QUANTITY)])

    def _transport(self) -> str:
        named = self._shown(Kind.VESSEL)
        vessels = [f"by sea, vessel {', '.join(named)}"] if named else []
        containers = [f"container {shown}" for shown in self._shown(Kind.CONTAINER)]
        ways = [f"by way of {place}" for place in self._places(Place.TRANSIT)]
        return joined([*vessels, *containers, *ways])

    def _countries(self) -> str:
        lines = [
            f"{name}: {joined(self._places(role))}"
            for name, role in (("origin", Place.ORIGIN), ("transit", Place.TRANSIT), ("destination", Place.DESTINATION))
        ]
        return "\n".join(lines)

    def _identification(self) -> str:
        day = self._record.drafted_at.date()
        named: list[tuple[str, Kind, Callable[[str], str]]] = [
            ("Basel", Kind.BASEL, lambda value: found.description if (found := codes.basel(value, on=day)) else ""),
            (
                "EU list of waste",
                Kind.EWC,
                lambda value: found.description if (found := codes.ewc(value, on=day)) else "",
            ),
            ("Customs code (HS)", Kind.HS, lambda value: found.description if (found := codes.hs(value)) else ""),
            ("UN number", Kind.UN_NUMBER, lambda _value: ""),
        ]
        lines = []
        for name, kind, describe in named:
            for fact in self._of(kind):
                description = textwrap.shorten(describe(fact.value), 200, placeholder=" ...")
                lines.append(f"{name} {doubted(fact)}" + (f": {description}" if description else ""))
        return "\n".join(lines) or NOT_KNOWN

    def _modus(self) -> str:
        declared, waste = self._shown(Kind.DECLARED), self._shown(Kind.WASTE, Kind.BASEL, Kind.EWC)
        if declared and waste:
            return f"{joined(waste)} declared as {joined(declared)}"
        return NOT_KNOWN


def _place(fact: FactVersion) -> str:
    country = country_name(fact.value[:2])
    return f"{fact.shown}, {country} ({fact.value})" if fact.kind == Kind.PORT else country
