"""The risk of an alert, line by line: what counts, what does not, what is not known; and the weights."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from commands.risk import words
from commands.risk.lines import TABLE, Line
from commands.risk.profile import EarlierCase, Input, Result, profile
from commands.risk.words import Said, said
from commands.shipment import Kind, Place, Shipment
from storage import audit
from storage.alerts import AlertNumber, Alerts, Fact, FactSource, Finding, Ground
from storage.audit import Audit
from storage.ids import CountryCode
from storage.members import Members
from tests.alerts.raising import raised, sent
from tests.fakes import START, Network, Reply

TODAY = date(2026, 11, 23)


def fact(kind: Kind, value: str, role: Place | None = None, shown: str | None = None) -> Fact:
    return Fact(
        kind=kind.value, value=value, shown=shown or value, role=role.value if role else None, doubt=None,
        doubt_source=None, alternatives=[], source=FactSource.SET, stated_at=START, replaced_at=None,
    )  # fmt: skip


def lane(origin: str, destination: str) -> list[Fact]:
    return [fact(Kind.COUNTRY, origin, Place.ORIGIN), fact(Kind.COUNTRY, destination, Place.DESTINATION)]


def result(line: Line, *facts: Fact, text: str = "", today: date = TODAY, **cases: Any) -> Result:
    given = Input(Shipment(facts, text), today, cases.get("earlier", []), cases.get("similar", []))
    return next(scored.result for scored in profile(given, {}) if scored.line is line)


YES, NO, UNKNOWN = True, False, None


@pytest.mark.parametrize(
    ("line", "facts", "text", "expected"),
    [
        (Line.CODES, [fact(Kind.BASEL, "B1110")], "", YES),
        (Line.CODES, [fact(Kind.BASEL, "A1181")], "", NO),
        (Line.CODES, [fact(Kind.BASEL, "A1160"), fact(Kind.HS, "391510")], "", YES),
        (Line.CODES, [fact(Kind.BASEL, "Y48"), fact(Kind.HS, "391510")], "", NO),
        (Line.CODES, [], "", UNKNOWN),
        (Line.CONSENT, [fact(Kind.BASEL, "A1181")], "", YES),
        (Line.CONSENT, [fact(Kind.BASEL, "B1110")], "", YES),  # ended: what took its place needs consent
        (Line.CONSENT, [fact(Kind.EWC, "160601")], "", YES),
        (Line.CONSENT, [fact(Kind.BASEL, "A1181"), fact(Kind.NOTIFICATION, "BE0001234567")], "", NO),
        (Line.CONSENT, [fact(Kind.BASEL, "A1181")], "under notification BE0001234567", NO),
        (Line.CONSENT, [fact(Kind.BASEL, "A1181")], "under GLW.BE0001234567, seal BE00012345678", YES),
        (Line.CONSENT, [fact(Kind.BASEL, "B3020")], "", NO),
        (Line.CONSENT, [fact(Kind.WASTE, "SCRAP")], "", UNKNOWN),
        (Line.ANNEX_VII, [fact(Kind.BASEL, "B3020"), *lane("BE", "IN")], "", YES),
        (Line.ANNEX_VII, [fact(Kind.BASEL, "B3020"), fact(Kind.NOTIFICATION, "GLW.BE0001234567")], "", NO),
        (Line.ANNEX_VII, [fact(Kind.BASEL, "B3020"), *lane("BE", "IN")], "annex VII glw.be0001234567", NO),
        (Line.ANNEX_VII, [fact(Kind.BASEL, "B3020"), *lane("GH", "IN")], "", NO),
        (Line.ANNEX_VII, lane("BE", "IN"), "Annex VII missing", YES),
        (Line.ANNEX_VII, lane("BE", "IN"), "", UNKNOWN),
        (Line.UNTESTED, [], "used televisions, no functionality test", YES),
        (Line.UNTESTED, [], "used televisions, tested, test report seen", NO),
        (Line.UNTESTED, [], "téléviseurs d'occasion, sans emballage", YES),
        (Line.UNTESTED, [], "used televisions", UNKNOWN),
        (Line.UNTESTED, [fact(Kind.BASEL, "A1181")], "used goods", UNKNOWN),
        (Line.UNTESTED, [fact(Kind.BASEL, "B3020")], "paper", NO),
        (Line.BATTERIES, [fact(Kind.DECLARED, "PLASTIC SCRAP")], "lead-acid batteries behind bales", YES),
        (Line.BATTERIES, [fact(Kind.BASEL, "A1160"), fact(Kind.DECLARED, "CHATARRA")], "", YES),
        (Line.BATTERIES, [fact(Kind.BASEL, "A1160"), fact(Kind.DECLARED, "WASTE BATTERIES")], "", NO),
        (Line.BATTERIES, [fact(Kind.BASEL, "A1160")], "", UNKNOWN),
        (Line.BATTERIES, [fact(Kind.BASEL, "B3020"), fact(Kind.DECLARED, "PAPER")], "", NO),
        (Line.CRT, [fact(Kind.DECLARED, "metal scrap")], "200 cathode ray tubes", YES),
        (Line.CRT, [fact(Kind.DECLARED, "monitors")], "200 cathode ray tubes", NO),
        (Line.CRT, [fact(Kind.BASEL, "A1181"), fact(Kind.DECLARED, "metal scrap")], "", UNKNOWN),
        (Line.CRT, [fact(Kind.BASEL, "B3020")], "", NO),
        (Line.BAN, [fact(Kind.BASEL, "A1181"), *lane("BE", "GH")], "", YES),
        (Line.BAN, [fact(Kind.BASEL, "B3020"), *lane("BE", "GH")], "", NO),
        (Line.BAN, lane("BE", "GH"), "", UNKNOWN),
        (Line.BAN, [fact(Kind.BASEL, "A1181"), *lane("BE", "NL")], "", NO),
        (Line.BAN, [fact(Kind.BASEL, "A1181")], "", UNKNOWN),
        (Line.FACILITY, [], "the facility has no permit", YES),
        (Line.FACILITY, [], "the facility", UNKNOWN),
        (Line.CONCEALED, [], "a double layer of tyres", YES),
        (Line.STREAM, [fact(Kind.BASEL, "Y48")], "", YES),
        (Line.STREAM, [fact(Kind.HS, "854911", shown="8549.11")], "", YES),
        (Line.STREAM, [], "des pneus et de la ferraille", YES),
        (Line.STREAM, [fact(Kind.BASEL, "A2050")], "", NO),
        (Line.STREAM, [], "drums", UNKNOWN),
        (Line.WEIGHT, [fact(Kind.CONTAINER, "CSQU3054383"), fact(Kind.QUANTITY, "60000 kg")], "", YES),
        (Line.WEIGHT, [fact(Kind.CONTAINER, "CSQU3054383"), fact(Kind.QUANTITY, "18 t")], "", NO),
        (Line.WEIGHT, [fact(Kind.QUANTITY, "3 containers"), fact(Kind.QUANTITY, "60 t")], "", NO),
        (Line.WEIGHT, [fact(Kind.QUANTITY, "60 t")], "", UNKNOWN),
        (Line.VAGUE, [fact(Kind.DECLARED, "used household goods")], "", YES),
        (Line.VAGUE, [fact(Kind.DECLARED, "effets personnels")], "", YES),
        (Line.VAGUE, [fact(Kind.DECLARED, "copper cable granulate")], "", NO),
        (Line.VAGUE, [], "", UNKNOWN),
        (Line.TRANSHIPMENT, [fact(Kind.PORT, "MAPTM", Place.TRANSIT)], "", YES),
        (Line.TRANSHIPMENT, lane("BE", "GH"), "", NO),
        (Line.TRANSHIPMENT, [], "", UNKNOWN),
        (Line.CONSIGNEE, [], "cambio de consignatario ayer", YES),
        (Line.FREE_ZONE, [], "goes to the free zone of Colón", YES),
        (Line.RESIDENCE, [], "the broker has a residential address", YES),
        (Line.ODOUR, [], "it smells and is leaking", YES),
        (Line.ODOUR, [], "no leaks, sans odeur", NO),
        (Line.ODOUR, [], "no leaks at first, now it is leaking", YES),
        (Line.ODOUR, [], "20 drums", UNKNOWN),
        (Line.CHECK_DIGIT, [fact(Kind.CONTAINER, "CSQU3054384")], "", YES),
        (Line.CHECK_DIGIT, [fact(Kind.CONTAINER, "CSQU3054383")], "", NO),
        (Line.CHECK_DIGIT, [fact(Kind.CONTAINER, "CSQU305")], "", YES),
        (Line.CHECK_DIGIT, [], "", UNKNOWN),
        (Line.NEWCOMER, [], "première expédition de cette société", YES),
        (Line.SIMILAR, [fact(Kind.BASEL, "A1181"), *lane("BE", "GH")], "", NO),
        (Line.SIMILAR, [fact(Kind.BASEL, "A1181")], "", UNKNOWN),
        (Line.EARLIER_CASE, [fact(Kind.CONTAINER, "CSQU3054383")], "", NO),
        (Line.EARLIER_CASE, [], "", UNKNOWN),
    ],
)
def test_each_line(line: Line, facts: list[Fact], text: str, expected: bool | None) -> None:
    assert result(line, *facts, text=text).applies is expected


def test_earlier_cases_count() -> None:
    assert result(Line.EARLIER_CASE, earlier=[EarlierCase("A-2026-0001", ["CSQU3054383"])]).applies
    assert result(Line.SIMILAR, similar=[EarlierCase("A-2026-0001", ())]).applies


def test_codes_are_judged_on_the_day() -> None:
    assert result(Line.CODES, fact(Kind.BASEL, "B1110"), today=date(2024, 12, 31)).applies is False


def test_the_table_holds_what_the_field_gives_it() -> None:
    assert set(TABLE) == set(Line)
    points = [entry.points for entry in TABLE.values()]
    assert (points.count(2), points.count(1)) == (11, 10)


def test_a_weight_of_nothing_counts_nothing() -> None:
    given = Input(Shipment([], "it is leaking"), TODAY, [], [])
    assert sum(line.points for line in profile(given, {})) == 1
    assert sum(line.points for line in profile(given, {Line.ODOUR.value: 4})) == 4
    assert sum(line.points for line in profile(given, {Line.ODOUR.value: 0})) == 0


def test_words_are_found_in_any_case_and_accent_and_as_whole_words() -> None:
    assert said(words.ODOUR, Shipment([], "ODEUR forte").words())[0] is Said.YES
    assert said(words.ODOUR, Shipment([], "leakproof").words())[0] is Said.NOTHING


# In the chat


async def risk(net: Network, as_: str = "ghana", room: str | None = "ghana", number: int = 1) -> Reply:
    return await net.say(f"!alert risk {number}", as_=as_, room=room)


async def confirm(net: Network, sequence: int = 1, by: str = "ghana") -> None:
    """Let a country find that an alert was right."""
    async with net.transaction() as tx:
        alert = await Alerts(tx).by_number(AlertNumber("A", 2026, sequence))
        member = await Members(tx).get(net.person(by))
        assert alert is not None
        assert member is not None
        assert member.country is not None
        alert.inspect(member.country, "", by=member, at=net.now)
        alert.find(member.country, Finding.CONFIRMED, "", ground=Ground.NO_NOTIFICATION, by=member, at=net.now)


async def test_points_are_printed_line_by_line_with_weight_reason_and_source(net: Network) -> None:
    await raised(net, "CSQU3054384 at Tema, leaking, from Antwerp to Rotterdam, 18 t of A1180")
    answer = await risk(net)
    for expected in (
        "Risk of alert A-2026-0001: 7 points, high",
        "- 2 of 2: waste code that is no longer in force, or contradicts the customs code (no longer in force: A1180).",
        "A1180). Source: Basel Convention, Annexes VIII and IX as in force",
        "- 2 of 2: consent is needed, and no notification number is known",
        "- 1 of 1: stream with many violations: plastic, e-waste, metal, vehicles, paper (A1180)",
        "- 1 of 1: odour or leak (the text says “leaking”)",
        "- 1 of 1: container number with a wrong check digit (CSQU3054384)",
        "- ? of 1: vague description",
        "These do not apply, 0 points:",
        "0 of 2: lane under an export ban",
        "Advice, and no finding",
    ):
        assert expected in answer.text, expected


async def test_the_points_follow_the_facts(net: Network) -> None:
    await raised(net, "CSQU3054384 at Tema")
    assert "1 of 1: container number" in await risk(net)
    await net.say("!alert set container=CSQU3054383", as_="ghana", room="ghana")
    assert "0 of 1: container number" in await risk(net)


async def test_an_alert_that_may_not_be_seen_is_answered_as_one_that_is_not_there(net: Network) -> None:
    await raised(net)
    hidden = await risk(net, as_="netherlands", room="netherlands")
    missing = await risk(net, as_="netherlands", room="netherlands", number=99)
    assert hidden.text.replace(" 1 ", " 99 ") == missing.text
    assert "for officials" in await risk(net, as_="germany", room="germany")


async def test_an_earlier_confirmed_case_counts(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema from Antwerp to Rotterdam, A1181")
    await raised(net, "CSQU 305438-4 again, from Antwerp to Rotterdam")
    assert "0 of 2: container, vessel or company" in await risk(net, number=2)
    await confirm(net)
    answer = await risk(net, number=2)
    assert "2 of 2: container, vessel or company of an earlier confirmed case (CSQU3054384 in A-2026-0001)" in answer
    assert "container, vessel or company of an earlier confirmed case (none that I may show here)" in await risk(net)


async def test_the_same_waste_on_the_same_lane_counts(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema from Antwerp to Rotterdam, A1181")
    await confirm(net)
    await raised(net, "drums of A1181 at Tema from Zeebrugge to Amsterdam")
    await raised(net, "drums of A1181 at Tema from Zeebrugge to Hamburg")
    assert "on the same lane as an earlier illegal shipment (as in A-2026-0001)" in await risk(net, number=2)
    assert "on the same lane as an earlier illegal shipment (none that I may show here)" in await risk(net, number=3)


async def test_a_case_that_may_not_be_seen_here_gives_no_hint(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema from Antwerp, A1181", tlp="amber-strict")
    await confirm(net)
    await net.say("!alert CSQU3054383 at Rotterdam tlp=amber", as_="netherlands", room="netherlands")
    answer = await risk(net, as_="netherlands", room="netherlands", number=2)
    assert "0 of 2: container, vessel or company of an earlier confirmed case (none that I may show here)" in answer
    assert "A-2026-0001" not in answer


async def test_a_withdrawn_case_counts_no_more(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema from Antwerp, A1181")
    await confirm(net)
    await net.say("!alert withdraw 1 misread", as_="ghana", room="ghana")
    await raised(net, "CSQU3054383 at Tema")
    assert "0 of 2: container, vessel or company" in await risk(net, number=2)


async def test_nothing_is_told_of_a_withdrawn_alert(net: Network) -> None:
    await sent(net, "CSQU3054384 at Tema to Rotterdam, leaking")
    await net.say("!alert withdraw 1 misread", as_="ghana", room="ghana")
    answer = await risk(net, as_="netherlands", room="netherlands")
    assert "was withdrawn" in answer
    assert "CSQU3054384" not in answer


async def test_the_answer_is_emptied_when_its_room_may_no_longer_see_it(net: Network) -> None:
    await sent(net, "CSQU3054384 at Tema to Rotterdam, leaking")
    answer = await risk(net, as_="coordinator", room="coordination")
    await net.say("!alert set 1 tlp=amber-strict", as_="ghana", room="ghana")
    assert net.is_redacted("coordination", answer.messages[0].event_id)


# Weights


async def test_a_coordinator_sees_and_changes_the_weights_and_each_change_is_on_record(net: Network) -> None:
    shown = await net.say("!risk weights", as_="coordinator", room="coordination")
    assert "- check-digit: 1, container number with a wrong check digit" in shown.text
    assert "changes" not in shown.text
    changed = await net.say("!risk weights check-digit 3", as_="coordinator")
    assert "check-digit weighs 3 from now on, before it was 1" in changed.text
    assert "Co Ordinator" in net.heard("coordination")[-1].body
    shown = await net.say("!risk weights", as_="coordinator", room="coordination")
    assert "- check-digit: 3 (by default 1)" in shown.text
    assert "check-digit to 3, by Co Ordinator" in shown.text
    await raised(net, "CSQU3054384 at Tema")
    assert "3 of 3: container number" in await risk(net)
    async with net.transaction() as tx:
        (line,) = await Audit(tx).lines("risk:check-digit")
        assert (line.actor, line.details) == (net.person("coordinator"), {"from": 1, "to": 3})
    assert (await audit.verify(net.database)).wrong is None


async def test_weights_are_the_coordinators(net: Network) -> None:
    assert "coordinator" in await net.say("!risk weights codes 0", as_="ghana", room="ghana")
    await raised(net, "A1180 at Tema")
    assert "2 of 2: waste code" in await risk(net)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("!risk weights check-digit", "Say how many points"),
        ("!risk weights check-digit 10", "from 0 (does not count) to 9"),
        ("!risk weights check-digit -1", "points"),
        ("!risk weights check-digit two", "points"),
        ("!risk weights chek-digit 2", "Did you mean check-digit"),
        ("!risk weights check-digit 1", "weighs 1 already"),
        ("!risk weights nonsense", "is not one of"),
    ],
)
async def test_what_cannot_be_a_weight_is_refused(net: Network, text: str, expected: str) -> None:
    assert expected in await net.say(text, as_="coordinator", room="coordination")
    async with net.transaction() as tx:
        assert await Audit(tx).lines("risk:check-digit") == []


async def test_on_each_database(net_on_each: Network) -> None:
    await sent(net_on_each, "CSQU3054383 at Tema from Antwerp to Rotterdam, A1181")
    await confirm(net_on_each)
    await net_on_each.say("!risk weights similar 4", as_="coordinator")
    await net_on_each.say("!risk weights similar 5", as_="coordinator")
    await raised(net_on_each, "CSQU3054383 with A1181 at Tema from Antwerp to Rotterdam")
    answer = await risk(net_on_each, number=2)
    assert "5 of 5: same waste on the same lane" in answer
    assert "2 of 2: container, vessel or company" in answer


async def test_a_long_hostile_alert_is_weighed(net: Network) -> None:
    await raised(net, ("<b>leak</b> CSQU3054384 no " * 350)[:9_900])
    answer = await risk(net)
    assert "odour or leak" in answer.text
    assert "<b>" not in "".join(heard.html for heard in answer.messages)


def test_the_kinds_are_those_that_alerts_keep() -> None:
    from commands.alerts.facts import FreeKind
    from commands.understanding import FactKind, PlaceRole

    kept = {kind.value for kind in FactKind} | {kind.value for kind in FreeKind}
    assert kept <= {kind.value for kind in Kind}
    assert {role.value for role in PlaceRole} == {place.value for place in Place}


def test_a_shipment_adds_up() -> None:
    shipment = Shipment(
        [fact(Kind.QUANTITY, "2 t"), fact(Kind.QUANTITY, "18000 kg"), fact(Kind.QUANTITY, "300 pcs")], ""
    )
    assert (shipment.tonnes(), shipment.pieces()) == (Decimal(18), Decimal(300))
    assert shipment.containers() == 0
    assert Shipment([fact(Kind.PORT, "GHTEM")], "").countries(Place.SEEN) == [CountryCode("GH")]
