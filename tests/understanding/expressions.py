"""Regular expressions tried step by step, to count the work that a text makes them do."""

import importlib
import re
from collections.abc import Iterator
from functools import cache
from typing import Any

MOST_REPEATED = 80
"""The greatest number of times that anything may be repeated."""

_parser = importlib.import_module("re._parser")


@cache
def _parse(pattern: re.Pattern[str]) -> Any:
    return _parser.parse(pattern.pattern, pattern.flags & ~re.UNICODE)


def is_unbounded(pattern: re.Pattern[str]) -> bool:
    """Say whether something is repeated without a bound, other than one kind of character at the very end."""
    return _is_unbounded(_parse(pattern), last=True)


def _is_unbounded(parsed: Any, *, last: bool) -> bool:
    for place, (operator, argument) in enumerate(parsed):
        at_end = last and place == len(parsed) - 1
        match str(operator):
            case "MAX_REPEAT" | "MIN_REPEAT":
                _, most, inner = argument
                one_character = len(inner) == 1 and str(inner[0][0]) == "IN"
                parts, too_often = [inner], most > MOST_REPEATED and not (at_end and one_character)
            case "BRANCH":
                parts, too_often = argument[1], False
            case "SUBPATTERN":
                parts, too_often = [argument[-1]], False
            case "ASSERT" | "ASSERT_NOT":
                parts, too_often = [argument[1]], False
            case _:
                continue
        if too_often or any(_is_unbounded(part, last=False) for part in parts):
            return True
    return False


@cache
def _category(name: str, character: str) -> bool:
    letter = {"WORD": r"\w", "SPACE": r"\s", "DIGIT": r"\d"}[name.rpartition("_")[2]]
    return bool(re.match(letter, character)) != ("NOT" in name)


def _is_one(operator: str, value: Any, character: str) -> bool:
    if operator == "LITERAL":
        return ord(character) == int(value)
    if operator == "RANGE":
        return bool(value[0] <= ord(character) <= value[1])
    assert operator == "CATEGORY", operator
    return _category(str(value), character)


def _fits(operator: str, argument: Any, character: str) -> bool:
    if operator == "ANY":
        return character != "\n"
    if operator == "LITERAL":
        return ord(character) == int(argument)
    negated = str(argument[0][0]) == "NEGATE"
    return negated != any(_is_one(str(kind), value, character) for kind, value in argument[negated:])


class Steps:
    """Tries an expression as the library does, going back where it fails, and counts the characters it looks at."""

    def __init__(self, pattern: re.Pattern[str], text: str) -> None:
        self.text = text
        self.count = 0
        self._parts = tuple(_parse(pattern))
        self._known: dict[tuple[int, str], bool] = {}
        self._groups: dict[int, str] = {}

    def anywhere(self) -> int:
        """Try it from each place of the text; return the steps."""
        for start in range(len(self.text) + 1):
            self.match(start)
        return self.count

    def match(self, start: int) -> int | None:
        """Try it from one place; return where it ends, None where it does not fit."""
        return next(self._sequence(self._parts, 0, start), None)

    def _sequence(self, parts: Any, first: int, at: int) -> Iterator[int]:
        # Single characters, of which most expressions are made, need no way back.
        while first < len(parts) and str(parts[first][0]) in {"LITERAL", "IN", "ANY"}:
            self.count += 1
            if at >= len(self.text) or not self._is_there(parts[first], at):
                return
            first, at = first + 1, at + 1
        if first >= len(parts):
            yield at
            return
        for end in self._part(parts[first], at):
            yield from self._sequence(parts, first + 1, end)

    def _is_there(self, part: Any, at: int) -> bool:
        known = (id(part), self.text[at])
        if known not in self._known:
            self._known[known] = _fits(str(part[0]), part[1], self.text[at])
        return self._known[known]

    def _part(self, part: Any, at: int) -> Iterator[int]:
        operator, argument = part
        match str(operator):
            case "MAX_REPEAT":
                least, most, inner = argument
                yield from self._repeated(least, most, tuple(inner), at)
            case "BRANCH":
                for branch in argument[1]:
                    yield from self._sequence(tuple(branch), 0, at)
            case "SUBPATTERN":
                for end in self._sequence(tuple(argument[-1]), 0, at):
                    self._groups[argument[0]] = self.text[at:end]
                    yield end
            case "GROUPREF":
                self.count += 1
                if self.text.startswith(self._groups[argument], at):
                    yield at + len(self._groups[argument])
            case "AT":
                yield from self._edge(str(argument), at)
            case name:
                assert name in {"ASSERT", "ASSERT_NOT"}, name
                direction, inner = argument
                start = at - inner.getwidth()[1] if direction < 0 else at
                held = start >= 0 and next(self._sequence(tuple(inner), 0, start), None) is not None
                if held == (name == "ASSERT"):
                    yield at

    def _repeated(self, least: int, most: int, inner: Any, at: int) -> Iterator[int]:
        if most > 0:
            for end in self._sequence(inner, 0, at):
                if end > at:
                    yield from self._repeated(max(least - 1, 0), most - 1, inner, end)
        if least == 0:
            yield at

    def _edge(self, name: str, at: int) -> Iterator[int]:
        edge = r"\b" if "BOUNDARY" in name else r"\Z"
        if re.compile(edge).match(self.text, at):
            yield at
