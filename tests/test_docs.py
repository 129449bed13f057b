"""The guides against the program: every command is in the guide of its role, every conversation in them is replayed.

A conversation in a guide is a fenced block after a comment that says who speaks where; the bot's answer in it is what
the bot really answers. After a change of the bot's words, write the answers anew: `python -m tests.test_docs`.

    say as=ghana room=ghana [thread=card|asked] [only=last] [trust=unsigned] [late=1h]    message, empty line, answer
    say ... file=bill.pdf                                                                 the message is beside a file
    hear room=belgium | person=belgium                                                    what was said there last
    let as=ghana room=ghana: !contact add ...                                             said, and not shown
    pass 31m                                                                              time goes by
"""

import asyncio
import re
import tomllib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from bot.capabilities import discover
from bot.matrix.interface import Trust
from bot.parser import Call, find_command, parse
from commands.arguments import Reading
from commands.base import Command, Refusal, Subject
from commands.when import parse_duration
from storage.ids import EventId
from storage.members import Role
from tests.fakes import START, Heard, Network, Reply

PDF = b"%PDF-1.7 a bill of lading"
ROOT = Path(__file__).parent.parent
DOCS = ROOT / "docs"
GUIDES = {
    Role.MEMBER: DOCS / "members.md",
    Role.OFFICIAL: DOCS / "officials.md",
    Role.COORDINATOR: DOCS / "coordinators.md",
}
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
FOR_PEOPLE = [page for page in PAGES if page.name != "ARCHITECTURE.md"]
TEXTS = {page: page.read_text(encoding="utf-8") for page in PAGES}
COMMANDS = discover().commands

_FENCE = re.compile(r"^```[^\n]*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_CODE = re.compile(r"`([^`\n]+)`")
_LINK = re.compile(r"!?\[[^\]]*\]\(([^)\s]+)\)")
_ABSOLUTE = re.compile(r"(?<![\w./:@~%>-])/(?:home|root|work|tmp|usr|opt|var|etc|srv|mnt)\b")
_EXCHANGE = re.compile(r"<!-- (say|hear|let|pass) ([^\n]*?) -->\n(?:```text\n((?:(?!```)[^\n]*\n)*)```)?")


def _name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def _inline(page: Path) -> list[str]:
    """Return what stands in code formatting outside fenced blocks."""
    return _CODE.findall(_FENCE.sub("", TEXTS[page]))


def _is_command(text: str) -> bool:
    return text.startswith("!") and text[1:2].isalpha()


@dataclass(frozen=True)
class Exchange:
    """One comment of a guide, with the block that follows it: (start, end) are places in the page."""

    verb: str
    options: dict[str, str]
    words: str
    block: str | None
    start: int
    end: int


def _exchanges(text: str) -> Iterator[Exchange]:
    for found in _EXCHANGE.finditer(text):
        verb, rest, block = found.groups()
        head, _, words = rest.partition(": ")
        if verb == "pass":
            head, words = "", rest
        options = dict(part.split("=", 1) for part in head.split())
        yield Exchange(verb, options, words, None if block is None else block.rstrip("\n"), *found.span(3))


class Replay:
    """Plays the conversations of one guide in one network, from the first to the last."""

    def __init__(self, net: Network) -> None:
        self._net = net
        self._asked: Reply | None = None

    async def block(self, exchange: Exchange) -> str | None:
        """Play an exchange and return the block as it should stand in the guide; None where none belongs."""
        options = exchange.options
        match exchange.verb:
            case "pass":
                await self._net.forward(parse_duration(exchange.words))
                return None
            case "hear":
                heard = await self._heard(options)
                return _tidy([message.body for message in heard if message.replaces is None][-1])
            case "let":
                await self._say(exchange.words, options)
                return None
            case _:
                assert exchange.block is not None, f"a block should follow {options}"
                said = exchange.block.partition("\n\n")[0]
                reply = await self._say(said, options)
                after = (await self._heard(self._place(options)))[:]
                shown = [_after_edits(message, after) for message in reply.messages if message.replaces is None]
                answers = shown[-1:] if options.get("only") == "last" else shown
                return _tidy("\n\n".join([said, *answers]))

    async def _say(self, text: str, options: dict[str, str]) -> Reply:
        late, name = options.get("late"), options.get("file")
        reply = await self._net.say(
            text,
            as_=options["as"],
            room=options.get("room"),
            thread=await self._thread(options),
            trust=Trust(options.get("trust", Trust.SIGNED.value)),
            sent_at=self._net.now - parse_duration(late) if late else None,
            file=self._net.uploaded(PDF, name=name, mimetype="application/pdf") if name else None,
        )
        if options.get("thread") != "asked":
            self._asked = reply
        return reply

    async def _thread(self, options: dict[str, str]) -> EventId | None:
        match options.get("thread"):
            case None:
                return None
            case "card":
                heard = await self._heard(self._place(options))
                cards = [one for one in heard if one.body.startswith("Alert A-") and not one.reply_to]
                return [one.event_id for one in cards if one.replaces is None][-1]
            case _:
                assert self._asked is not None, "nothing was asked yet"
                return self._asked.event_id

    def _place(self, options: dict[str, str]) -> dict[str, str]:
        return {"room": options["room"]} if "room" in options else {"person": options["as"]}

    async def _heard(self, place: dict[str, str]) -> list[Heard]:
        return self._net.heard(place["room"]) if "room" in place else await self._net.heard_by(place["person"])


def _after_edits(message: Heard, heard: Sequence[Heard]) -> str:
    return [one.body for one in heard if message.event_id in {one.event_id, one.replaces}][-1]


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())


async def _replayed(text: str) -> list[tuple[Exchange, str]]:
    """Play a guide and return each block that is in it with what should stand there."""
    async with Network.open() as net:
        replay = Replay(net)
        played = [(exchange, await replay.block(exchange)) for exchange in _exchanges(text)]
    return [(exchange, block) for exchange, block in played if block is not None]


def write_answers() -> None:
    """Write the bot's answers into the guides as they are now."""
    for page in FOR_PEOPLE:
        text = TEXTS[page]
        for exchange, block in reversed(asyncio.run(_replayed(text))):
            text = f"{text[: exchange.start]}{block}\n{text[exchange.end :]}"
        page.write_text(text, encoding="utf-8")


@pytest.mark.parametrize("page", FOR_PEOPLE, ids=_name)
async def test_the_bot_answers_as_the_guides_say(page: Path) -> None:
    for exchange, block in await _replayed(TEXTS[page]):
        assert exchange.block == block, "the bot's words changed: python -m tests.test_docs writes the guides anew"


def test_the_guides_hold_conversations() -> None:
    for guide in GUIDES.values():
        said = [exchange for exchange in _exchanges(TEXTS[guide]) if exchange.verb == "say"]
        assert len(said) >= 3, f"{_name(guide)} shows too little of the bot"


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.name)
def test_every_command_is_in_the_guide_of_its_role(command: Command) -> None:
    guide = GUIDES[command.role]
    typed = re.compile(rf"!{re.escape(command.name)}(?![\w-])")
    mentions = [*_inline(guide), *(line for page, line, _ in _examples() if page == _name(guide))]
    assert any(typed.match(mention) for mention in mentions), f"{_name(guide)} does not mention `!{command.name}`"


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_command_that_is_mentioned_exists(page: Path) -> None:
    for code in filter(_is_command, _inline(page)):
        try:
            find_command(code[1:], COMMANDS, "!")
        except Refusal:
            pytest.fail(f"{_name(page)} mentions `{code}`, which is no command")


def _examples() -> list[tuple[str, str, bool]]:
    """Return (page, what is typed, whether it is part of a conversation that goes on) of every fenced block."""
    found = []
    for page in PAGES:
        text = TEXTS[page]
        replayed = {one.block for one in _exchanges(text)}
        for block in map(str.strip, _FENCE.findall(text)):
            lines = [block.partition("\n\n")[0]] if block in replayed else block.splitlines()
            found += [(_name(page), line, block in replayed) for line in lines if _is_command(line)]
    return found


@pytest.mark.parametrize(("page", "line", "goes_on"), _examples())
def test_every_example_can_be_typed(page: str, line: str, *, goes_on: bool) -> None:
    reading = Reading(START, ZoneInfo("Africa/Accra"))
    if line == "!contct ghana":  # the slip that shows how slips are met; its answer is replayed
        return
    call = parse(line[1:], COMMANDS, reading, prefix="!", subject=Subject(line[1:].partition(" ")[0], 1))
    assert isinstance(call, Call) or goes_on, f"{page}: {line} lacks something"


def test_every_setting_is_described() -> None:
    example = tomllib.loads((ROOT / "config.example.toml").read_text(encoding="utf-8"))
    told = (DOCS / "operators.md").read_text(encoding="utf-8")
    keys = [f"`{section}.{key}`" for section, keys in example.items() for key in keys]
    assert [key for key in keys if key not in told] == []


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.+)$", _FENCE.sub("", TEXTS[page]), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in _LINK.findall(_FENCE.sub("", TEXTS[page])):
        if re.match(r"[a-z]+:", link):
            continue
        path, _, anchor = link.partition("#")
        target = page.parent / path if path else page
        assert target.exists(), f"{_name(page)}: {link}"
        assert not anchor or anchor in _anchors(target), f"{_name(page)}: {link}"


def test_every_make_target_is_mentioned() -> None:
    targets = re.findall(r"^([a-z]+):.*##", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    told = "".join((ROOT / name).read_text(encoding="utf-8") for name in ("README.md", "CONTRIBUTING.md"))
    assert targets
    assert [target for target in targets if f"make {target}" not in told] == []


@pytest.mark.parametrize("page", PAGES, ids=_name)
def test_no_page_knows_one_machine(page: Path) -> None:
    assert _ABSOLUTE.findall(TEXTS[page]) == []


def test_decisions_are_numbered_without_a_gap() -> None:
    numbers = [int(page.name[:4]) for page in sorted((DOCS / "decisions").glob("*.md"))]
    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers


if __name__ == "__main__":
    write_answers()
