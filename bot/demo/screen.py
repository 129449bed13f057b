"""The demo in the terminal: progress, the tour's steps, and the conversation as it happens.

Plain text with a little colour where there is a terminal; none with NO_COLOR set, or when the output goes elsewhere.
"""

import os
import re
import shutil
import textwrap
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import click

MOST_LINES = 30
"""Lines of one message that are shown: a whole card, as its last lines say who has to act and what to type."""
MOST_EDITED_LINES = 4
"""Lines of an edit that are shown: those that are new."""
SAME_CARD = 0.6
"""Two messages of which this part of the lines is the same are taken for the same card in two rooms."""
TOGETHER = timedelta(seconds=10)
"""Two rooms are told the same within this time: an answer that somebody asks for later is shown in full."""
WIDEST = 100
_ERASE_LINE = "\r\x1b[K"
_MOMENT = re.compile(r"\w{3} \d{1,2} \w{3} \d{4}, \d\d:\d\d(?: UTC| \([^()]*\))?")


@dataclass(frozen=True, slots=True)
class Entry:
    """One message of the conversation, as somebody in the room read it."""

    who: str
    room: str
    text: str
    at: datetime
    by_bot: bool = False
    edited: bool = False
    """The text is the new one of a message that was shown before."""
    step: int = 0
    """The step of the tour in which it was said; 0 outside."""
    threaded: bool = False


@dataclass
class Screen:
    """Writes to the terminal. A quiet one, for tests, keeps the conversation all the same."""

    quiet: bool = False
    entries: list[Entry] = field(default_factory=list)
    prompt: str = ""
    """What stands in the last line while somebody may type; printed again below whatever arrives."""
    _shown: list[Entry] = field(default_factory=list)
    """The messages that were shown in full."""

    @contextmanager
    def progress(self, what: str) -> Iterator[None]:
        """Say what is begun and, when it is done, how long it took."""
        begun = time.monotonic()
        self._print(click.style("==> ", fg="blue", bold=True) + what + " … ", newline=False)
        try:
            yield
        except BaseException:
            self._print(click.style("failed", fg="red"))
            raise
        self._print(click.style(f"{time.monotonic() - begun:.1f} s", dim=True))

    def say(self, text: str = "", **style: Any) -> None:
        """Print lines of the demo's own, wrapped to the width of the terminal."""
        for line in text.splitlines() or [""]:
            indent = " " * (len(line) - len(line.lstrip()))
            for part in _wrap(line, self.width, indent):
                self._print(click.style(part, **style) if style else part)

    def title(self, number: int, of: int, text: str) -> None:
        """Print the title of a step."""
        self._print()
        self._print(click.style(f"── {number}/{of} ", fg="blue", bold=True) + click.style(text, bold=True))

    def tick(self, text: str) -> None:
        """Print something that was asserted and held."""
        self._marked("✓", "green", text)

    def cross(self, text: str) -> None:
        """Print something that was asserted and did not hold."""
        self._marked("✗", "red", text)

    def note(self, text: str) -> None:
        """Print what a person should know of the demo itself."""
        self._marked("i", "yellow", text)

    def ask(self, prompt: str) -> None:
        """Show a prompt; what arrives while somebody types is printed above it."""
        self.prompt = click.style(prompt, fg="blue", bold=True)
        self._print(self.prompt, newline=False, keep_prompt=False)

    def show(self, entries: Sequence[Entry]) -> None:
        """Print and keep messages. The same words in several rooms are printed once, with the names of the rooms."""
        groups: dict[tuple[str, bool, bool, tuple[str, ...]], list[tuple[Entry, list[str]]]] = {}
        for entry in entries:
            lines = [line.rstrip() for line in entry.text.splitlines() if line.strip()]
            if entry.edited:
                lines = self._new_lines(entry, lines)
            self.entries.append(entry)
            if lines:
                key = (entry.who, entry.edited, entry.threaded, tuple(map(_timeless, lines)))
                groups.setdefault(key, []).append((entry, lines))
        for group in groups.values():
            entry, lines = group[0]
            self._show(entry, lines, [other.room for other, _lines in group])

    def _show(self, entry: Entry, lines: list[str], rooms: Sequence[str]) -> None:
        if not entry.edited:
            same = self._same_as(entry, lines)
            if same is None:
                self._shown.append(entry)
            else:
                there = _timeless_lines(same)
                other = [line for line in lines[1:] if _timeless(line) not in there]
                but = ", but here:" if other else ""
                lines = [lines[0], f"… the same as in {same.room}{but}", *other]
        where = f"{', '.join(rooms[:-1])} and {rooms[-1]}" if len(rooms) > 1 else rooms[0]
        marks = [where, *(["in the thread"] if entry.threaded else []), *(["edited"] if entry.edited else [])]
        name = click.style(entry.who, fg="green" if entry.by_bot else "cyan", bold=True)
        self._print(f"   {name} {click.style('· ' + ', '.join(marks), dim=True)}")
        most = MOST_EDITED_LINES if entry.edited else MOST_LINES
        for line in lines[:most]:
            for part in _wrap(line, self.width - 6, "  "):
                self._print("     " + (click.style(part, dim=True) if entry.edited else part))
        if len(lines) > most:
            self._print("     " + click.style(f"… (and {len(lines) - most} more)", dim=True))

    @property
    def width(self) -> int:
        return max(40, min(shutil.get_terminal_size((WIDEST, 24)).columns, WIDEST))

    def _new_lines(self, entry: Entry, lines: Sequence[str]) -> list[str]:
        """Return what an edit brings that was not said in this room before."""
        said = {
            line.rstrip()
            for known in self.entries
            if (known.room, known.who) == (entry.room, entry.who)
            for line in known.text.splitlines()
        }
        return [line for line in lines if line not in said]

    def _same_as(self, entry: Entry, lines: Sequence[str]) -> Entry | None:
        """Return what was shown in another room in this step and is about the same, when long enough to matter."""
        if len(lines) < 5:
            return None
        for known in self._shown:
            if known.step != entry.step or known.room == entry.room or entry.at - known.at > TOGETHER:
                continue
            others = _timeless_lines(known)
            if sum(_timeless(line) in others for line in lines) >= SAME_CARD * len(lines):
                return known
        return None

    def _marked(self, mark: str, colour: str, text: str) -> None:
        first, *rest = _wrap(text, self.width - 5)
        self._print(f"   {click.style(mark, fg=colour, bold=True)} {first}")
        for line in rest:
            self._print(f"     {line}")

    def _print(self, text: str = "", *, newline: bool = True, keep_prompt: bool = True) -> None:
        if self.quiet:
            return
        colour = False if os.environ.get("NO_COLOR") else None
        if self.prompt and keep_prompt:
            click.echo(_ERASE_LINE, nl=False, color=True)
        click.echo(text, nl=newline, color=colour)
        if self.prompt and keep_prompt:
            click.echo(self.prompt, nl=False, color=colour)


def _timeless(line: str) -> str:
    """Return a line without its moments, which each room reads in its own zone."""
    return _MOMENT.sub("…", line)


def _timeless_lines(entry: Entry) -> set[str]:
    return {_timeless(line.rstrip()) for line in entry.text.splitlines()}


def _wrap(line: str, width: int, indent: str = "") -> list[str]:
    """Break a line at its spaces; addresses and paths stay whole, so that they can be copied."""
    parts = textwrap.wrap(
        line, width, subsequent_indent=indent, break_on_hyphens=False, break_long_words=False, drop_whitespace=True
    )
    return parts or [""]
