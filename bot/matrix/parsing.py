"""JSON of whoever wrote it: read as far as it can be kept, so that no value in it keeps the bot from the rest.

Anybody may send a device a message with numbers, depths or characters that a parser or a database does not take. It
comes in one answer with everything else, and that answer comes again until it was read.
"""

import json
import math
import re
from typing import Any

_DEEPEST = 100
"""Levels of nesting that are read: what Matrix defines has less than ten."""
_LONGEST_NUMBER = 30  # digits
_TOKEN = re.compile(r'"(?:[^"\\]|\\.)*"|[\[\]{}]', re.DOTALL)
_MAY_BE_ODD = re.compile(r"\\u(?:0000|[dD][89a-fA-F])")
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")


def parsed(raw: bytes | bytearray) -> Any:
    """Return what JSON says, without what cannot be kept.

    Left out (None) are numbers that are none (NaN, infinite) or endless, and what is nested too deeply; NUL and halves
    of characters become U+FFFD.

    Raises:
        ValueError: it is no JSON.
    """
    text = raw.decode("utf-8", "replace")
    try:
        value = _PLAIN.decode(text)
    except (ValueError, RecursionError):
        try:
            value = _PATIENT.decode(_shallow(text))
        except (ValueError, RecursionError) as error:
            raise ValueError("no JSON") from error
    return _storable(value) if _MAY_BE_ODD.search(text) else value


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _number(digits: str) -> int | None:
    return int(digits) if len(digits) <= _LONGEST_NUMBER else None


def _nothing(_constant: str) -> None:
    """NaN and the like are no JSON."""


_PLAIN = json.JSONDecoder(parse_constant=_nothing, parse_float=_finite)
_PATIENT = json.JSONDecoder(parse_constant=_nothing, parse_float=_finite, parse_int=_number)


def _shallow(text: str) -> str:
    """Put null in the place of what is nested too deeply."""
    kept: list[str] = []
    depth, start = 0, 0
    for token in _TOKEN.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth == _DEEPEST + 1:
                kept.append(text[start : token.start()])
        elif token[0] in "]}":
            if depth == _DEEPEST + 1:
                kept.append("null")
                start = token.end()
            depth -= 1
    return "".join(kept) + text[start:] if depth == 0 else text


def _storable(value: Any) -> Any:
    if isinstance(value, str):
        return _UNSTORABLE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_storable(name): _storable(inside) for name, inside in value.items()}
    return [_storable(inside) for inside in value] if isinstance(value, list) else value
