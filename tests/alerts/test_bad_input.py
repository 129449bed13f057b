"""What is refused, for each command about alerts: and that no refusal changes anything or tells more than it may."""

import pytest

from bot.matrix.interface import Trust
from commands.alerts import capability
from commands.base import Role
from storage.alerts import AlertNumber, Alerts, AlertState
from tests.alerts.raising import sent, state_of
from tests.fakes import Network

COMMANDS = {
    "alert set": "!alert set {n} vessel=IMO9074729",
    "alert submit": "!alert submit {n}",
    "alert send": "!alert send {n}",
    "alert verify": "!alert verify {n}",
    "alert evaluate": "!alert evaluate {n} source=B info=2",
    "alert person": "!alert person {n} role=driver John Example",
    "alert persons": "!alert persons {n}",
    "alert unname": "!alert unname {n} 1",
    "alert return": "!alert return {n} look again",
    "alert ack": "!alert ack {n}",
    "alert note": "!alert note {n} seal broken",
    "alert type": "!alert type {n} warning again",
    "alert hold": "!alert hold {n}",
    "alert inspect": "!alert inspect {n}",
    "alert confirm": "!alert confirm {n} ground=a",
    "alert clear": "!alert clear {n}",
    "alert not-located": "!alert not-located {n}",
    "alert inform-export-state": "!alert inform-export-state {n} when=now proof=letter",
    "alert extend": "!alert extend {n} until=2027-01-31 with=BE",
    "alert take-back": "!alert take-back {n}",
    "alert shipped": "!alert shipped {n}",
    "alert received": "!alert received {n}",
    "alert treat": "!alert treat {n}",
    "alert dispute": "!alert dispute {n} it is no waste",
    "alert close": "!alert close {n} outcome=other",
    "alert withdraw": "!alert withdraw {n} misread",
    "alert merge": "!alert merge {n} into=2",
    "alert downgrade": "!alert downgrade {n} tlp=clear it is public",
    "alert hand-over": "!alert hand-over {n} @ghana2:test",
    "alert reopen": "!alert reopen {n} again",
    "request": "!request {n} NL Who is it?",
    "answer": "!answer {n} R1 somebody",
    "request close": "!request close {n} R1",
    "alert propose": "!alert propose {n} vessel=IMO9074729",
    "alert accept": "!alert accept {n} P1",
    "alert decline": "!alert decline {n} P1 no",
    "alert show": "!alert show {n}",
    "alert next": "!alert next {n}",
    "alert links": "!alert links {n}",
    "alert contact": "!alert contact {n}",
    "alert files": "!alert files {n}",
    "alert forward": "!alert forward {n}",
    "alert follow-up": "!alert follow-up {n} of=2",
}
WITHOUT_NUMBER = {"alert", "alert list", "alert owed"}
OF_MEMBERS = {command.name for command in capability.commands if command.role is Role.MEMBER}
HOSTILE = '<script>alert(1)</script> \u202etxet\u202c @room [here](https://evil.test) <b>bold</b> "'


def test_every_command_is_tried_here() -> None:
    assert {command.name for command in capability.commands} - WITHOUT_NUMBER == set(COMMANDS)


async def _state(net: Network, sequence: int = 1) -> AlertState:
    async with net.transaction() as tx:
        alert = await Alerts(tx).by_number(AlertNumber("A", 2026, sequence))
        assert alert is not None
        return alert.state


async def test_an_alert_that_may_not_be_seen_is_answered_as_one_that_is_not(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema from Antwerp")
    await sent(net, "drums from Tema to Rotterdam")
    net.clear_heard()
    for name, text in COMMANDS.items():
        for person, room in (("netherlands", "netherlands"), ("netherlands", None), ("ghana", "network")):
            unknown = await net.say(text.format(n="A-2026-0099"), as_=person, room=room)
            invisible = await net.say(text.format(n="A-2026-0001"), as_=person, room=room)
            if person == "ghana" and name in {"alert send", "alert submit"}:
                continue  # the room decides, and these find drafts; see the tests of the audience
            assert "I know no alert A-2026-0099 that I may show here" in unknown, name
            assert invisible.text == unknown.text.replace("0099", "0001"), name
    assert net.heard("ghana") == net.heard("belgium") == net.heard("coordination") == []
    assert await state_of(net) is AlertState.CIRCULATED


async def test_members_who_are_no_officials_change_nothing(net: Network) -> None:
    await sent(net, "CSQU3054383 at Tema from Hamburg")
    net.clear_heard()
    for name, text in COMMANDS.items():
        if name not in OF_MEMBERS:
            assert "for officials" in await net.say(text.format(n=1), as_="germany", room="germany"), name
    assert net.heard("ghana") == net.heard("coordination") == []


async def test_from_a_device_that_is_not_verified_nothing_changes(net: Network) -> None:
    await sent(net)
    reading = {command.name for command in capability.commands if command.effect.value == "reads"}
    for name, text in COMMANDS.items():
        if name not in reading:
            answer = await net.say(text.format(n=1), as_="ghana", room="ghana", trust=Trust.UNSIGNED)
            assert "not verified" in answer, name
    assert await state_of(net) is AlertState.CIRCULATED


async def test_on_a_withdrawn_alert_nothing_is_done_any_more(net: Network) -> None:
    await sent(net)
    await sent(net, "drums from Tema to Rotterdam")
    await net.say("!request 1 NL Who is it?", as_="ghana", room="ghana")
    await net.say("!alert propose 1 vessel=IMO9074729", as_="netherlands", room="netherlands")
    await net.say("!alert withdraw 1 misread", as_="ghana", room="ghana")
    net.clear_heard()
    for name, text in COMMANDS.items():
        for person in ("ghana", "ghana2", "netherlands", "belgium"):
            room = person.removesuffix("2")
            answer = await net.say(text.format(n=1), as_=person, room=room)
            assert "went wrong" not in answer, name
            if name not in {"alert show", "alert next"}:
                assert "WITHDRAWN" not in answer, name
    assert await _state(net) is AlertState.WITHDRAWN
    assert not any(one.replaces for room in ("ghana", "netherlands", "belgium") for one in net.heard(room))


async def test_a_draft_is_nobodys_but_its_authors(net: Network) -> None:
    await net.say("!alert CSQU3054383 at Tema to Rotterdam", as_="ghana", room="ghana")
    await net.say("!alert drums at Tema to Rotterdam", as_="ghana", room="ghana")
    allowed = {"alert set", "alert submit", "alert send", "alert withdraw", "alert merge", "alert show", "alert next",
               "alert type", "alert hand-over"}  # fmt: skip
    for name, text in COMMANDS.items():
        for person in ("ghana2", "netherlands", "coordinator"):
            assert "I know no alert 1 that I may show" in await net.say(text.format(n=1), as_=person), name
        if name not in allowed:
            answer = await net.say(text.format(n=1), as_="ghana")
            assert "went wrong" not in answer, name
            assert "1 minute" not in answer
    assert await _state(net) is AlertState.DRAFT
    assert all(net.heard(room) == [] for room in ("netherlands", "belgium", "coordination"))


@pytest.mark.parametrize("kind", ["words", "one word", "lines"])
async def test_a_text_of_60_kb_is_refused_or_cut_never_posted(net: Network, kind: str) -> None:
    """Refused by the command, or by the grammar where it takes no text; and no room reads any of it."""
    flood = {"words": "seal broken " * 5000, "one word": "x" * 60_000, "lines": "a\n" * 30_000}[kind]
    await sent(net)
    await sent(net, "drums from Tema to Rotterdam")
    await net.say("!alert hold 1", as_="netherlands", room="netherlands")
    net.clear_heard()
    for name, text in COMMANDS.items():
        for person in ("ghana", "netherlands"):
            answer = await net.say(f"{text.format(n=1)} {flood}", as_=person, room=person)
            assert "went wrong" not in answer, name
            assert len(answer.text) < 4000, name
    told = [one for room in ("belgium", "coordination") for one in net.heard(room)]
    assert all(len(one.body) < 4000 for one in told)
    assert await _state(net) is AlertState.UNDER_CONTROL


@pytest.mark.parametrize(
    "text",
    [
        "!alert confirm 1 ground={x}",
        "!alert close 1 outcome={x}",
        "!alert close 1 outcome=other cost={x}",
        "!alert close 1 outcome=other sanction={x}",
        "!alert type 1 {x} again",
        "!alert inform-export-state 1 when={x} proof=letter",
        "!alert inform-export-state 1 when=now proof={x}",
        "!alert extend 1 until={x} with=BE",
        "!alert extend 1 until=2027-01-31 with={x}",
        "!alert merge 1 into={x}",
        "!alert propose 1 container={x}",
        "!alert propose 1 tell={x}",
        "!alert accept 1 {x}",
        "!request 1 {x} Who is it?",
        "!request 1 NL Who is it? due={x}",
        "!answer 1 {x}",
        "!alert owed country={x}",
        "!alert next {x}",
        "!alert set 1 tell={x}",
        "!alert set 1 tlp={x}",
    ],
)
async def test_a_value_of_60_kb_is_not_said_back(net: Network, text: str) -> None:
    await sent(net)
    await net.say("!alert propose 1 vessel=IMO9074729", as_="netherlands", room="netherlands")
    for flood in ("x" * 60_000, "é " * 30_000):
        for person in ("ghana", "netherlands"):
            answer = await net.say(text.format(x=flood), as_=person, room=person)
            assert "went wrong" not in answer
            assert answer.text
            assert len(answer.text) < 1500


LIFE = (
    ("ghana", "!alert CSQU3054383 at Tema, from Antwerp to Rotterdam {x}"),
    ("ghana", "!alert submit 1"),
    ("ghana2", "alert return 1 {x}"),
    ("ghana", "!alert set 1 declared={x}"),
    ("ghana", "!alert send 1"),
    ("ghana2", "alert verify 1 {x}"),
    ("belgium", "!alert note 1 {x}"),
    ("ghana", "!alert type 1 warning {x}"),
    ("ghana", "!request 1 NL {x}"),
    ("netherlands", "!answer 1 R1 {x}"),
    ("ghana", "!request 1 BE {x}"),
    ("ghana", "!request close 1 R2 {x}"),
    ("netherlands", "!alert propose 1 declared={x} why={x}"),
    ("ghana", "!alert accept 1 P1"),
    ("netherlands", "!alert propose 1 contact={x}"),
    ("ghana", "!alert decline 1 P2 {x}"),
    ("netherlands", "!alert hold 1 {x}"),
    ("belgium", "!alert inspect 1 {x}"),
    ("belgium", "!alert not-located 1 {x}"),
    ("netherlands", "!alert confirm 1 ground=a {x}"),
    ("ghana", "!alert inform-export-state 1 when=now proof={x}"),
    ("ghana", "!alert extend 1 until=2027-01-31 with=BE proof={x}"),
    ("ghana", "!alert dispute 1 {x}"),
    ("belgium", "!alert take-back 1 {x}"),
    ("ghana", "!alert shipped 1 {x}"),
    ("belgium", "!alert received 1 {x}"),
    ("ghana", "!alert show 1"),
    ("ghana", "!alert next 1"),
    ("ghana", "!alert close 1 outcome=returned {x}"),
    ("ghana", "!alert reopen 1 {x}"),
    ("ghana", "!alert withdraw 1 {x}"),
)


async def test_hostile_text_is_shown_as_text_through_the_whole_life(net: Network) -> None:
    for person, text in LIFE:
        room = None if person == "ghana2" else person
        await net.say(text.format(x=HOSTILE.replace('"', "")), as_=person, room=room)
    assert await _state(net) is AlertState.WITHDRAWN
    said = [one for room in net.gateway.rooms.values() for one in room.heard]
    assert sum("evil.test" in one.body for one in said) > 60
    for one in said:
        for part in ("<script", "<img", "<b>", 'href="https://evil', "\u202e"):
            assert part not in one.html, one.body
        assert "\u202e" not in one.body
        assert "@room" not in one.body


async def test_sanctions_are_shown_as_text_too(net: Network) -> None:
    await sent(net)
    await net.say(f"!alert close 1 outcome=other sanction=“{HOSTILE}”", as_="ghana", room="ghana")
    assert await _state(net) is AlertState.CLOSED
    for one in net.heard("belgium"):
        assert "<script" not in one.html
        assert "\u202e" not in one.body


@pytest.mark.parametrize("typed", ["0", "-1", "A-2026", "99999999999", "A-2026-0001-1", "#", "A~2026~0001", "1e3"])
async def test_numbers_that_are_none(net: Network, typed: str) -> None:
    await sent(net)
    for text in COMMANDS.values():
        answer = await net.say(text.format(n=typed), as_="netherlands", room="netherlands")
        assert "went wrong" not in answer
    assert await state_of(net) is AlertState.CIRCULATED
