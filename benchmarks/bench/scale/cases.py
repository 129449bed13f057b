"""What is said to the bot: for every command of the registry, as who says it, where, and about which alert.

A command that stands nowhere here is said as its declaration shows it, about alerts that its speaker may see.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.bench.scale.invented import vessel
from commands.base import Command, Role

GHANA, NETHERLANDS, COORDINATOR = "ghana", "netherlands", "coordinator"


@dataclass(frozen=True, slots=True)
class Case:
    """One thing that is said, in as many ways as there are rows of `about`.

    `{0}` in the text stands for the first value of a row, `{1}` for the second; without `about` it is said as it is.
    """

    text: str
    as_: str = GHANA
    room: str | None = None
    """The name of the room; None for the direct chat."""
    about: str | None = None
    """SQL for the rows; the same on both databases."""
    note: str = ""
    """What tells this case from others of the same command."""
    is_refused: bool = False
    """Whether a refusal is what is to come: the number is unknown, or it must be asked which one is meant."""


def _alerts(where: str) -> str:
    """The numbers of some alerts that match, newest first; none of those with much of everything, five persons."""
    head = "SELECT a.series, a.year, a.sequence FROM alerts a"
    return f"{head} WHERE {where} AND a.individuals <> 5 ORDER BY a.id DESC LIMIT 400"


_CONCERNED = "SELECT 1 FROM alert_addressees d WHERE d.alert_id = a.id"


def _concerns(country: str) -> str:
    return f"EXISTS ({_CONCERNED} AND d.country = '{country}')"


def _own(state: str) -> str:
    return _alerts(f"a.author = '@ghana:test' AND a.state IN ({state})")


_SEEN = _alerts("a.author_country = 'GH' AND a.tlp = 'AMBER' AND a.state = 'circulated'")
_ANY_AGE = (
    "SELECT a.series, a.year, a.sequence FROM alerts a WHERE a.author_country = 'GH' AND a.tlp IN ('AMBER', 'GREEN') "
    "AND a.state = 'closed' AND a.id % 97 = 5 LIMIT 400"
)
_OWN_AMBER = _alerts("a.author = '@ghana:test' AND a.state = 'circulated' AND a.tlp = 'AMBER'")
_UNDER_CONTROL = _alerts(
    "a.author_country = 'GH' AND a.tlp = 'AMBER' AND a.state = 'under control' AND EXISTS (SELECT 1 FROM "
    "alert_addressees d WHERE d.alert_id = a.id AND d.country = 'GH' AND d.held_at IS NOT NULL AND d.finding IS NULL)"
)
_CONFIRMED = _alerts("a.author_country = 'GH' AND a.tlp = 'AMBER' AND a.state = 'confirmed'")
_REQUESTED = (
    "SELECT a.series, a.year, a.sequence FROM alert_requests r JOIN alerts a ON a.id = r.alert_id "
    "WHERE r.state = 'open' AND r.country = 'GH' AND a.tlp IN ('AMBER', 'GREEN') "
    "AND a.state IN ('circulated', 'under control') AND a.individuals <> 5 LIMIT 400"
)
_ASKED = _REQUESTED.replace("r.country = 'GH'", "r.asked_country = 'GH'")
_PROPOSED = (
    "SELECT a.series, a.year, a.sequence FROM alert_proposals p JOIN alerts a ON a.id = p.alert_id WHERE p.state = "
    "'open' AND a.author = '@ghana:test' AND a.tlp = 'AMBER' AND a.state IN ('circulated', 'under control') "
    "AND a.individuals <> 5 LIMIT 400"
)
_SUBMITTED = _alerts("a.author_country = 'GH' AND a.author <> '@ghana:test' AND a.tlp = 'AMBER' "
                     "AND a.state = 'submitted'")  # fmt: skip
_HEAVY = "SELECT a.series, a.year, a.sequence FROM alerts a WHERE a.individuals = 5 ORDER BY a.id DESC LIMIT 400"
"""With 24 countries, 60 lines on record, ten files, ten open requests."""
_WITH_FILES = (
    "SELECT a.series, a.year, a.sequence FROM alert_attachments f JOIN alerts a ON a.id = f.alert_id "
    "WHERE f.number = 1 AND a.author_country = 'GH' AND a.tlp = 'AMBER' AND a.state = 'circulated' "
    "AND a.individuals <> 5 LIMIT 400"
)
_PERSONS = (
    "SELECT a.series, a.year, a.sequence, i.id FROM alert_individuals i JOIN alerts a ON a.id = i.alert_id WHERE "
    "i.added_by = '@ghana:test' AND a.tlp = 'AMBER' AND a.state = 'circulated' AND a.individuals <> 5 "
    "ORDER BY i.id DESC LIMIT 400"
)
_MATCHED = (
    "SELECT a.series, a.year, a.sequence FROM alert_hidden_matches h JOIN alerts a ON a.id = h.alert_id WHERE "
    "a.author = '@ghana:test' AND a.state = 'circulated' AND a.tlp IN ('AMBER', 'GREEN') "
    "AND a.individuals <> 5 LIMIT 400"
)
_CONTACT = "SELECT id FROM contacts WHERE country = 'GH' AND id % 7 = 3 LIMIT 400"
_MEMBER = "SELECT user_id FROM members WHERE user_id LIKE '@m%' LIMIT 400"


def _of(state: str) -> str:
    return _alerts(f"a.author_country = 'GH' AND a.tlp = 'AMBER' AND a.state = '{state}' AND {_concerns('GH')}")


CASES: Mapping[str, Sequence[Case]] = {
    "alert": [
        Case("alert 20 ft CSQU3054383 at Tema, waste batteries declared as plastic scrap, from Antwerp via Tangier"),
        Case("alert MV Example arrives in Tema with 18 t of e-waste urgency=urgent tlp=green", note="other"),
    ],
    "alert hold": [
        Case("alert hold {0} On terminal 3", about=_SEEN),
        Case("alert hold {0} On terminal 3", about=_HEAVY, note="much of all"),
    ],
    "alert inspect": [Case("alert inspect {0} Box opened", about=_SEEN)],
    "alert confirm": [Case("alert confirm {0} ground=d Unsorted e-waste", about=_UNDER_CONTROL)],
    "alert clear": [Case("alert clear {0} Tested and working", about=_UNDER_CONTROL)],
    "alert not-located": [Case("alert not-located {0} Left before we came", about=_UNDER_CONTROL)],
    "alert set": [
        Case("alert set {0} container=CSQU3054383 origin=BE", about=_own("'draft'")),
        Case("alert set {0} origin=BE", about=_HEAVY, note="much of all"),
        Case("alert set {0} declared=plastics", about=_own("'submitted'"), note="submitted"),
        Case("alert set {0} tlp=amber-strict", about=_OWN_AMBER, note="stricter"),
        Case("alert set {0} tlp=amber-strict", about=_HEAVY, note="stricter, much of all"),
    ],
    "alert close": [
        Case("alert close {0} outcome=other Nothing came of it", about=_own("'circulated'")),
        Case("alert close {0} outcome=other Nothing came of it", about=_HEAVY, note="much of all"),
    ],
    "alert withdraw": [
        Case("alert withdraw {0} Misread", about=_own("'circulated', 'draft'")),
        Case("alert withdraw {0} Misread", about=_HEAVY, note="much of all"),
        Case("alert withdraw {0} Misread", about=_own("'submitted'"), note="submitted"),
    ],
    "alert merge": [Case("alert merge {0} into={1} The same container", about=(
        "SELECT a.series, a.year, a.sequence, b.series, b.year, b.sequence FROM alerts a JOIN alerts b "
        "ON b.id > a.id AND b.id < a.id + 50 AND b.author = a.author AND b.state = 'circulated' "
        "AND b.series = a.series AND b.tlp = a.tlp "
        "WHERE a.author = '@ghana:test' AND a.state = 'circulated' AND a.tlp = 'AMBER' AND a.individuals <> 5 "
        "AND b.individuals <> 5 ORDER BY a.id DESC LIMIT 100"
    ))],
    "alert reopen": [Case("alert reopen {0} It is back", about=_own("'closed'"))],
    "alert ack": [
        Case("alert ack {0}", about=(
            "SELECT a.series, a.year, a.sequence FROM alert_addressees d JOIN alerts a ON a.id = d.alert_id "
            "WHERE d.country = 'GH' AND d.acknowledged_at IS NULL AND a.state = 'circulated' "
            "AND a.tlp IN ('AMBER', 'GREEN') LIMIT 400"
        )),
        Case("alert ack", as_=NETHERLANDS, note="which?", is_refused=True),
    ],
    "alert note": [
        Case("alert note {0} Lead-acid batteries, leaking", about=_SEEN),
        Case("alert note {0} Lead-acid batteries, leaking", about=_HEAVY, note="much of all"),
    ],
    "alert type": [Case("alert type {0} information Less than was thought", about=_SEEN)],
    "alert show": [
        Case("alert show {0}", about=_SEEN, note="new"),
        Case("alert show {0}", about=_ANY_AGE, note="old"),
        Case("alert show {0}", about=_SEEN, room="ghana", note="room"),
        Case("alert show A-2019-1", note="unknown", is_refused=True),
        Case("alert show {0}", about=_HEAVY, note="much of all"),
    ],
    "alert list": [
        Case("alert list"),
        Case("alert list", room="germany", as_="germany", note="rare in a room"),
        Case("alert list open", note="open"),
        Case("alert list mine", note="mine"),
        Case("alert list open country=GH", note="open, country"),
        Case("alert list country=NL", note="country"),
        Case("alert list country=TO", note="country of few"),
        Case("alert list mine country=TO", note="mine, country of few"),
        Case("alert list waste=B3011", note="waste of many"),
        Case("alert list waste=191212", note="waste of few"),
        Case("alert list waste=XQZ", note="waste of none"),
        Case("alert list open", room="network", as_="germany", note="open, network room"),
    ],
    "alert next": [
        Case("alert next {0}", about=_SEEN), Case("alert next", note="mine"),
        Case("alert next {0}", about=_HEAVY, note="much of all"),
    ],
    "alert files": [
        Case("alert files {0}", about=_WITH_FILES),
        Case("alert files {0}", about=_HEAVY, note="much of all"),
    ],
    "alert forward": [
        Case("alert forward {0} all", about=_WITH_FILES),
        Case("alert forward {0} all to=NL", about=_HEAVY, note="many files"),
    ],
    "alert person": [Case("alert person {0} role=driver John Example", about=_SEEN)],
    "alert persons": [Case("alert persons {0}", about=_HEAVY)],
    "alert unname": [Case("alert unname {0}-{1}-{2:04d} {3}", about=_PERSONS)],
    "alert follow-up": [
        Case("alert follow-up of={0}", about=_SEEN, note="which?", is_refused=True),
        Case("alert follow-up {0} of={1}", note="join", about=(
            "SELECT a.series, a.year, a.sequence, b.series, b.year, b.sequence FROM alerts a JOIN alerts b "
            "ON b.id < a.id AND b.id > a.id - 50 AND b.author = a.author AND b.state = 'circulated' "
            "AND b.series = a.series AND b.tlp = a.tlp "
            "WHERE a.author = '@ghana:test' AND a.state = 'draft' AND a.tlp = 'AMBER' ORDER BY a.id DESC LIMIT 100"
        )),
    ],
    "alert links": [
        Case("alert links {0}", about=_SEEN),
        Case("alert links {0}", about=_HEAVY, note="of many"),
        Case("alert links {0}", about=_SEEN, room="ghana", note="room"),
    ],
    "alert contact": [Case("alert contact {0}", about=_MATCHED)],
    "alert evaluate": [Case("alert evaluate {0} source=B info=2", about=_SEEN)],
    "alert downgrade": [
        Case("alert downgrade {0} tlp=green It is public now", about=_OWN_AMBER),
        Case("alert downgrade {0} tlp=clear It is public now", about=_OWN_AMBER, note="to every room"),
        Case("alert downgrade {0} tlp=green It is public now", about=_HEAVY, note="much of all"),
    ],
    "request": [
        Case("request {0} GH Who is the consignee? due=3d", as_=NETHERLANDS, about=_alerts(
        f"a.tlp IN ('AMBER', 'GREEN') AND a.state = 'circulated' AND {_concerns('GH')} AND {_concerns('NL')}"
    )),
        Case("request {0} GH Who is the consignee? due=3d", as_=NETHERLANDS, about=_HEAVY, note="much of all"),
    ],
    "answer": [Case("answer {0} R1 A shell company", about=_REQUESTED)],
    "request close": [Case("request close {0} R1 The carrier told us", about=_ASKED)],
    "alert owed": [
        Case("alert owed"),
        Case("alert owed country=GH", note="country of many"),
        Case("alert owed country=TO", note="country of few"),
        Case("alert owed", as_=COORDINATOR, room="coordination", note="coordination"),
        Case("alert owed", as_="germany", room="germany", note="room"),
    ],
    "alert propose": [
        Case("alert propose {0} vessel=IMO9811000 why=seen at berth 4", as_=NETHERLANDS, about=_alerts(
            f"a.author_country = 'GH' AND a.tlp = 'AMBER' AND a.state = 'circulated' AND {_concerns('NL')}"
        )),
        Case("alert propose {0} container=MSKU1234565 why=seen", as_=NETHERLANDS, about=_HEAVY, note="much of all"),
    ],
    "alert accept": [Case("alert accept {0} P1", about=_PROPOSED)],
    "alert decline": [Case("alert decline {0} P1 It was read from the box", about=_PROPOSED)],
    "alert submit": [Case("alert submit {0}", about=_alerts(
        "a.author = '@ghana:test' AND a.state = 'draft' AND a.tlp = 'AMBER'"
    ))],
    "alert hand-over": [Case("alert hand-over {0} @ghana2:test", about=_alerts(
        "a.author = '@ghana:test' AND a.state = 'circulated' AND a.tlp = 'AMBER'"
    ))],
    "alert send": [
        Case("alert send {0}", about=_own("'verified'")),
        Case("alert send", note="which?", is_refused=True),
    ],
    "alert inform-export-state": [
        Case("alert inform-export-state {0} when=2026-11-22 14:00 proof=e-mail, receipt 4711", about=_CONFIRMED)
    ],
    "alert extend": [Case("alert extend {0}-{1}-{2:04d} until=2031-01-31 with={3} proof=letter", about=(
        "SELECT a.series, a.year, a.sequence, d.country FROM alerts a JOIN alert_addressees d ON d.alert_id = a.id "
        "WHERE a.author_country = 'GH' AND a.tlp = 'AMBER' AND a.state = 'export state informed' "
        "AND d.country <> 'GH' AND d.position = 1 ORDER BY a.id DESC LIMIT 400"
    ))],
    "alert take-back": [Case("alert take-back {0} By the exporter", about=_of("export state informed"))],
    "alert shipped": [Case("alert shipped {0} Left Tema", about=_of("take-back agreed"))],
    "alert received": [Case("alert received {0} Seals whole", about=(
        "SELECT a.series, a.year, a.sequence FROM alerts a WHERE a.state = 'in return' AND a.tlp = 'AMBER' AND EXISTS "
        "(SELECT 1 FROM alert_addressees d WHERE d.alert_id = a.id AND d.country = 'NL' "
        "AND CAST(d.reasons AS TEXT) LIKE '%origin%') LIMIT 400"
    ), as_=NETHERLANDS)],
    "alert treat": [Case("alert treat {0} At the licensed plant", about=_of("export state informed"))],
    "alert dispute": [Case("alert dispute {0} It is no waste", about=_of("export state informed"))],
    "alert verify": [Case("alert verify {0}", about=_SUBMITTED)],
    "alert return": [Case("alert return {0} A digit too few", about=_SUBMITTED)],
    "alert stats": [
        Case("alert stats"),
        Case("alert stats", room="ghana", note="room"),
        Case("alert stats period=2026", note="year"),
        Case("alert stats country=GH period=2026", note="year, own country"),
        Case("alert stats country=NL period=2026", note="year, other country"),
        Case("alert stats period=2026", as_=COORDINATOR, room="coordination", note="year, coordination"),
    ],
    "alert export": [
        Case("alert export {0} format=json", about=_SEEN, note="json"),
        Case("alert export {0} format=csv", about=_SEEN, note="csv"),
        Case("alert export {0}", about=_SEEN, note="pdf"),
        Case("alert export {0} format=json", about=_HEAVY, note="json, much of all"),
        Case("alert export {0}", about=_HEAVY, note="pdf, much of all"),
        Case("alert export {0} persons=yes", about=_HEAVY, note="pdf with names"),
    ],
    "alert risk": [
        Case("alert risk {0}", about=_SEEN), Case("alert risk {0}", about=_ANY_AGE, note="old"),
        Case("alert risk {0}", about=_HEAVY, note="much of all"),
    ],
    "risk weights": [Case("risk weights", as_=COORDINATOR), Case("risk weights codes 3", as_=COORDINATOR,
                                                                  note="change")],
    "seen": [
        Case("seen CSQU3054383 at NLRTM", note="of many"),
        Case("seen MSKU1234565 at Tema yesterday 14:00", note="of none"),
        Case(f"seen MV {vessel(0)} at Tema 2h ago, draught 14 m", note="ship of many"),
    ],
    "seen not": [Case("seen not CSQU3054383 at NLRTM, it was another box")],
    "sightings": [
        Case("sightings CSQU3054383", note="of many"),
        Case("sightings CSQU3054383", as_=NETHERLANDS, room="network", note="network room"),
        Case("sightings MSKU1234565", note="of none"),
        Case(f"sightings MV {vessel(0)}", note="ship of many"),
        Case("sightings {0}", about=_SEEN, note="alert"),
    ],
    "watch": [
        Case("watch container=CSQU3054383", as_=NETHERLANDS, note="of many"),
        Case("watch country=GH", as_=NETHERLANDS, note="country of many"),
        Case("watch country=NL waste=B3011", as_=NETHERLANDS, note="waste of many"),
        Case(f"watch vessel={vessel(0)}", as_=NETHERLANDS, note="ship of many"),
        Case("watch port=NLRTM", as_=NETHERLANDS, note="port"),
    ],
    "announce show": [Case("announce show 3", as_=COORDINATOR)],
    "contact confirm": [Case("contact confirm {0}", about=_CONTACT)],
    "contact duty": [Case("contact duty {0} off", about=_CONTACT)],
    "contact add": [
        Case("contact add country=GH kind=customs name=Efua Example phone=030 299 9999 languages=en,fr hours=24/7")
    ],
    "contact set": [Case("contact set {0} hours=24/7", about=_CONTACT)],
    "contact remove": [Case("contact remove {0}", about=_CONTACT)],
    "contact show": [Case("contact show {0}", about=_CONTACT)],
    "contact": [
        Case("contact ghana customs", note="country, kind"),
        Case("contact customs", note="kind"),
        Case("contact officer on duty", note="common words"),
        Case("contact ama", note="common name"),
        Case("contact ama kamori", note="name"),
        Case("contact french speaking customs benin", note="language"),
        Case("contact english", note="common language"),
        Case("contact Tema port police", note="port"),
        Case("contact container control inspector", note="roles"),
        Case("contact xandrika", note="near to nothing"),
        Case("contact c99@office.example", note="e-mail"),
        Case("contact 200000999", note="phone"),
        Case("contact …0999", note="end of a phone number"),
    ],
    "profile set": [Case("profile set GH section=ports Tema and Takoradi take containers.")],
    "exercise new": [Case('exercise new title="Quay" start="2027-03-01 08:00" end="2027-03-05 18:00" '
                          "tz=Africa/Accra countries=GH,NL", as_=COORDINATOR)],
    "exercise show": [Case("exercise show E-2026-195")],
    "exercise join": [Case("exercise join E-2026-195", as_=NETHERLANDS)],
    "exercise cancel": [Case("exercise cancel E-2026-195 A strike", as_=COORDINATOR)],
    "exercise set": [Case("exercise set E-2026-195 tz=Africa/Accra", as_=COORDINATOR)],
    "member add": [Case('member add @ama:test role=official country=GH authority="EPA Ghana" kind=environment '
                        'name="Ama E."', as_=COORDINATOR)],
    "member list": [Case("member list", as_=COORDINATOR), Case("member list country=GH", as_=COORDINATOR,
                                                               note="country")],
    "member show": [Case("member show {0}", as_=COORDINATOR, about=_MEMBER),
                    Case("member show @ghana:test", as_=COORDINATOR, note="author of many")],
    "member set": [Case('member set {0} authority="Customs" kind=customs', as_=COORDINATOR, about=_MEMBER)],
    "member remove": [Case("member remove {0}", as_=COORDINATOR, about=_MEMBER),
                      Case("member remove @ghana:test", as_=COORDINATOR, note="author of many")],
    "member confirm": [Case("member confirm {0}", as_=COORDINATOR, about=_MEMBER)],
    "me": [Case("me"), Case("me tz=Africa/Accra", as_=NETHERLANDS, note="change")],
    "remind cancel": [Case("remind cancel 30")],
    "room bind": [
        Case("room bind country=GH", as_=COORDINATOR, room="empty"),
        Case("room bind network", as_=COORDINATOR, room="empty", note="network"),
    ],
    "room unbind": [Case("room unbind", as_=COORDINATOR, room="ghana")],
    "room allow": [Case("room allow @guest:test", as_=COORDINATOR, room="ghana")],
    "room disallow": [Case("room disallow @known:test", as_=COORDINATOR, room="ghana")],
    "room show": [Case("room show", as_=COORDINATOR, room="ghana")],
    "room move": [Case("room move !gone:test to=!empty:test", as_=COORDINATOR, is_refused=True)],
    "room create": [Case("room create country=TO", as_=COORDINATOR)],
}  # fmt: skip

_IN_AN_EXAMPLE = re.compile(r"A-2026-\d+")


def cases_of(command: Command) -> Iterator[Case]:
    """Yield what is said for a command: what stands above, else the examples of its declaration."""
    if command.name in CASES:
        yield from CASES[command.name]
        return
    speaker = COORDINATOR if command.role is Role.COORDINATOR else GHANA
    for number, example in enumerate(command.examples):
        text, found = _IN_AN_EXAMPLE.subn("{0}", example)
        yield Case(text, as_=speaker, about=_SEEN if found else None, note=f"example {number + 1}" if number else "")


def said(case: Case, row: Sequence[object]) -> str:
    """Put a row of what it is about into the text; three values in a row are the number of an alert."""
    if not row:
        return case.text
    if len(row) % 3 == 0:
        numbers = [f"{row[at]}-{row[at + 1]}-{int(str(row[at + 2])):04d}" for at in range(0, len(row), 3)]
        return case.text.format(*numbers)
    return case.text.format(*row)
