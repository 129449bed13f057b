"""What every capability declares: names that are free, examples that parse, words that can be translated."""

import ast
import importlib
import io
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract

import bot
import commands
from bot.capabilities import Registry, discover
from bot.parser import Call, Missing, fields_of, parse
from commands.arguments import About, Option, Reading, Rest, Word
from commands.base import Capability, Clash, Command, Event
from commands.document import _

REGISTRY = discover()
COMMANDS = {command.name: command for command in REGISTRY.commands}
READING = Reading(datetime(2026, 11, 23, 9, 0, tzinfo=UTC), ZoneInfo("Africa/Accra"))
ROOT = Path(bot.__file__).parent.parent
SOURCES = sorted([*(ROOT / "bot").rglob("*.py"), *(ROOT / "commands").rglob("*.py")])


def _module(path: Path) -> str:
    return ".".join(path.relative_to(ROOT).with_suffix("").parts).removesuffix(".__init__")


@pytest.fixture(params=list(COMMANDS.values()), ids=list(COMMANDS))
def command(request: pytest.FixtureRequest) -> Command:
    declared: Command = request.param
    return declared


def test_the_capabilities_are_there() -> None:
    names = {capability.name for capability in REGISTRY.capabilities}
    assert len(names) == len(REGISTRY.capabilities)
    assert {"alert", "help", "me", "member", "room", "contact", "profile", "exercise", "remind", "announce"} <= {
        command.words[0] for command in REGISTRY.commands
    }


async def _never_run(*_arguments: Any) -> None:
    raise AssertionError("declared, and never run")


UNNAMED = ["duties", "membership", "room_bound", "room_moved", "unsaid"]
"""Declared by what is done alone, under no name."""


@pytest.mark.parametrize("kind", ["command", "timer", "answer", "delivery", "event", *UNNAMED])
def test_what_two_capabilities_declare_alike_clashes(kind: str) -> None:
    first, second = (Capability(name, _("A capability")) for name in ("first", "second"))
    for one in (first, second):
        match kind:
            case "command":
                one.commands.append(COMMANDS["help"])
            case "timer":
                one.timer("same")(_never_run)
            case "answer":
                one.answer("same")(_never_run)
            case "delivery":
                one.delivery("same")(_never_run)
            case _ if kind in UNNAMED:
                getattr(one, kind)(_never_run)
            case _:
                one.announces(Event)(_never_run)
    Registry(capabilities=[first])
    with pytest.raises(Clash, match="twice"):
        Registry(capabilities=[first, second])


def test_what_one_capability_declares_twice_clashes() -> None:
    one = Capability("one", _("A capability"))
    one.timer("same")(_never_run)
    with pytest.raises(Clash, match="twice"):
        one.timer("same")(_never_run)
    one.announces(Event)(_never_run)
    with pytest.raises(Clash, match="twice"):
        one.announces(Event)(_never_run)
    for kind in UNNAMED:
        getattr(one, kind)(_never_run)
        with pytest.raises(Clash, match="_never_run is declared twice"):
            getattr(one, kind)(_never_run)


def test_a_command_that_one_capability_declares_twice_clashes() -> None:
    one = Capability("one", _("A capability"))
    one.commands.extend([COMMANDS["help"], COMMANDS["help"]])
    with pytest.raises(Clash, match="command help is declared twice"):
        Registry(capabilities=[one])


def test_a_command_is_explained(command: Command) -> None:
    assert command.summary.msgid
    assert not command.summary.msgid.endswith(".")
    assert command.examples
    assert command.words == tuple(word.casefold() for word in command.words)


def test_each_example_is_read_as_its_own_command(command: Command) -> None:
    for example in command.examples:
        found = parse(example, REGISTRY.commands, READING, prefix="!")
        assert found.command is command, example
        if isinstance(found, Missing):
            # What a thread would say may be left out of an example, nothing else.
            missing = next(entry for entry in fields_of(command.args) if entry.name == found.field)
            assert isinstance(missing.kind, About), example
        else:
            assert isinstance(found, Call)


def test_every_required_argument_has_a_question(command: Command) -> None:
    for entry in fields_of(command.args):
        if entry.info.is_required():
            assert entry.kind.ask is not None, entry.name


def test_the_arguments_can_be_told_apart(command: Command) -> None:
    entries = fields_of(command.args)
    assert len([entry for entry in entries if isinstance(entry.kind, Rest)]) <= 1
    keys = [key for entry in entries for key in {*_keys(entry.name, entry.kind)}]
    assert len(keys) == len(set(keys))


def _keys(name: str, kind: Option | Word | Rest | About) -> list[str]:
    aliases = kind.aliases if isinstance(kind, Option) else ()
    return [key.replace("_", "").replace("-", "") for key in (name, *aliases)]


def _subclasses(cls: type[Event]) -> Iterator[type[Event]]:
    sub: type[Event]
    for sub in cls.__subclasses__():
        # A dataclass with slots is made twice, and the first one may still be remembered.
        if getattr(sys.modules[sub.__module__], sub.__name__, None) is sub:
            yield sub
        yield from _subclasses(sub)


def test_every_event_is_put_into_words() -> None:
    events = [event for event in _subclasses(Event) if event.__module__.startswith("commands.")]
    assert len(events) > 5
    for event in events:
        assert event in REGISTRY.announcers or list(_subclasses(event)), f"nobody announces {event.__qualname__}"


# What the sources say


@dataclass(frozen=True)
class Found:
    """A call in a source file."""

    path: Path
    call: ast.Call

    def __str__(self) -> str:
        return f"{self.path.relative_to(ROOT)}:{self.call.lineno}"

    def value(self, node: ast.expr) -> object:
        """Return the value of a literal or of a constant of the module, None when only running tells."""
        if isinstance(node, ast.Constant):
            return node.value
        if isinstance(node, ast.Name):
            return getattr(importlib.import_module(_module(self.path)), node.id, None)
        return None


def _calls(*names: str) -> list[Found]:
    found = []
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call):
                name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", None)
                if name in names:
                    found.append(Found(path, node))
    return found


def test_every_delivery_that_is_reported_has_somebody_to_be_told() -> None:
    names = {
        value
        for found in _calls("Post")
        for keyword in found.call.keywords
        if keyword.arg == "report" and isinstance(value := found.value(keyword.value), str)
    }
    assert names
    assert names <= {*REGISTRY.deliveries, *REGISTRY.deliveries_together}
    assert not REGISTRY.deliveries.keys() & REGISTRY.deliveries_together.keys()


def test_every_clock_that_is_set_has_a_handler() -> None:
    kinds = {
        value
        for found in _calls("schedule")
        if found.call.args and isinstance(value := found.value(found.call.args[0]), str)
    }
    assert len(kinds) > 2
    assert kinds <= set(REGISTRY.timers)


def test_every_question_of_a_capability_has_a_handler() -> None:
    kinds = {
        value
        for found in _calls("ask")
        if found.path.is_relative_to(ROOT / "commands")
        and len(found.call.args) > 1
        and isinstance(value := found.value(found.call.args[1]), str)
    }
    assert kinds
    assert kinds <= set(REGISTRY.answers)


SENTENCES = [found for found in _calls("_", "_n") if isinstance(found.call.func, ast.Name)]


def _literals(found: Found) -> list[str]:
    """Return the msgids of a call: one of `_`, two of `_n`."""
    assert isinstance(found.call.func, ast.Name)
    wanted = 1 if found.call.func.id == "_" else 2
    literals = []
    for argument in found.call.args[:wanted]:
        assert isinstance(argument, ast.Constant), f"{found}: only a literal can be extracted for translation"
        assert isinstance(argument.value, str), f"{found}: only a text can be translated"
        literals.append(argument.value)
    assert len(literals) == wanted, found
    return literals


def test_every_sentence_is_a_literal_with_its_places_filled() -> None:
    assert len(SENTENCES) > 300
    for found in SENTENCES:
        names = {keyword.arg for keyword in found.call.keywords}
        assert isinstance(found.call.func, ast.Name)
        given = names | ({"count"} if found.call.func.id == "_n" else set())
        literals = _literals(found)
        used = {place for literal in literals for place in re.findall(r"\{(\w+)\}", literal)}
        if None in names:
            # Filled from a mapping: only running tells with what.
            continue
        assert used <= given, f"{found}: nothing fills {used - given}"
        assert names <= used, f"{found}: {names - used} stands nowhere"
        for literal in literals:
            assert literal.strip() == literal != "", f"{found}: a sentence is whole"
            assert "{" not in re.sub(r"\{\w+\}", "", literal), f"{found}: a place is a plain name"


def test_the_catalogue_of_all_messages_can_be_extracted() -> None:
    catalogue = Catalog()
    for path in SOURCES:
        source = io.BytesIO(path.read_bytes())
        for line, message, comments, context in extract("python", source, keywords={"_": None, "_n": (1, 2)}):
            catalogue.add(message, None, [(str(path), line)], auto_comments=comments, context=context)
    for found in SENTENCES:
        literals = _literals(found)
        entry = catalogue.get(literals[0])
        assert entry is not None, f"{found}: {literals[0]}"
        if len(literals) == 2:
            assert entry.id == tuple(literals), f"{found}: also used without its plural"
    assert len(catalogue) > 300


# Importing


def _all_modules() -> list[str]:
    import storage

    return [
        module.name
        for package in (bot, commands, storage)
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}.")
        if not module.name.endswith("__main__") and not module.name.startswith("storage.migrations")
    ]


IMPORTING = """
import importlib, sys, threading
touched = []
def watch(event, arguments):
    if event in {"sqlite3.connect", "socket.connect", "socket.bind", "subprocess.Popen", "os.mkdir", "os.remove"}:
        touched.append((event, arguments))
    if event == "open" and isinstance(arguments[1], str) and set(arguments[1]) & set("wax+"):
        touched.append((event, arguments))
sys.addaudithook(watch)
for name in sys.argv[1:]:
    importlib.import_module(name)
assert not touched, touched
assert threading.active_count() == 1, threading.enumerate()
"""


def test_importing_a_module_does_nothing(tmp_path: Path) -> None:
    names = _all_modules()
    assert {"bot.cli", "bot.app", "commands.alerts", "storage.base"} <= set(names)
    program = [sys.executable, "-B", "-c", IMPORTING, *names]
    ended = subprocess.run(
        program, cwd=tmp_path, env={"PYTHONPATH": str(ROOT)}, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0, ended.stderr[-2000:]
    assert ended.stdout == ""
    assert list(tmp_path.iterdir()) == []
