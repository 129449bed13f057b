"""Values by position, and the free text that follows them."""

import re
from collections.abc import Sequence
from typing import Any

from bot.parser.fields import Field, keys, plain_key
from bot.parser.values import accepts
from bot.parser.writing import Written
from commands.arguments import About, Option, Reading, Ref, Rest, Word
from commands.base import Subject
from commands.usage import form_of
from storage.reference.text import DASHES

_DASH = f"[-{DASHES}]"  # what is pasted may hold another hyphen, or a dash
FULL_NUMBER = re.compile(
    rf"#\d{{1,9}}|[A-Za-z]{_DASH}\d{{4}}{_DASH}\d{{1,9}}|[AaXx]{_DASH}?20\d\d(?:\d{{4}}|{_DASH}\d{{1,9}})"
)
_SHORT_NUMBER = re.compile(rf"\d{{1,6}}|\d{{4}}{_DASH}\d{{1,6}}|[A-Za-z]{_DASH}?\d{{1,3}}")

NUMBER = re.compile(f"#?(?:{FULL_NUMBER.pattern}|{_SHORT_NUMBER.pattern})")
"""What is written for the number of an alert: `7`, `#7`, `A-2026-0007`, and in a hurry `A20260007`."""


def take_positions(
    taken: Written, fields: Sequence[Field], values: dict[str, Any], reading: Reading, subject: Subject | None
) -> None:
    """Move what stands in the text by position into `values`, and what remains too where the command takes a text."""
    rest = next((entry for entry in fields if isinstance(entry.kind, Rest)), None)
    words = [entry for entry in fields if isinstance(entry.kind, Word)]
    for entry in fields:
        if entry.name in values:
            continue
        if isinstance(entry.kind, About):
            _take_number(taken, entry, values, subject, rest)
        elif isinstance(entry.kind, Word):
            _take_word(
                taken, entry, values, reading, is_last=rest is None and entry is words[-1], has_text=rest is not None
            )
    if rest is None:
        return
    _take_bare_choice(taken, fields, values, reading)
    if rest.name not in values and taken.plain.strip():
        values[rest.name], taken.plain = taken.plain.strip(), ""


def _take_bare_choice(taken: Written, fields: Sequence[Field], values: dict[str, Any], reading: Reading) -> None:
    """Take `d` and `ground d` for `ground=d`: a text that is but the one word that has to be chosen is no text."""
    words = taken.plain.split()
    for entry in fields:
        is_choice = isinstance(entry.kind, Option) and entry.info.is_required() and "|" in form_of(entry.info)
        if not is_choice or entry.name in values:
            continue
        named = len(words) == 2 and plain_key(words[0].rstrip(":")) in map(plain_key, keys(entry))
        if (named or len(words) == 1) and accepts(entry, words[-1], reading):
            values[entry.name], taken.plain = words[-1], ""
        return


def _take_number(
    taken: Written, entry: Field, values: dict[str, Any], subject: Subject | None, rest: Field | None
) -> None:
    assert isinstance(entry.kind, About)
    here = subject if subject is not None and subject.kind == entry.kind.kind else None
    found = taken.next_word()
    if found is not None:
        word, left = found[0].rstrip(",;:."), found[1]  # "A-2026-0007: seal broken"
        # In the thread of an alert, "40 drums found" is text: only the full form is a number there, or one that stands
        # alone where no text is needed. Whoever types "hold 2" means alert 2, and not this one.
        is_alone = rest is not None and not rest.info.is_required() and not left.strip()
        is_number = FULL_NUMBER.fullmatch(word) or (
            _SHORT_NUMBER.fullmatch(word) and (here is None or rest is None or is_alone)
        )
        if is_number:
            values[entry.name], taken.plain = Ref(number=word.lstrip("#")), left
            return
    if here is not None:
        values[entry.name] = Ref(id=here.id)


def _take_word(
    taken: Written, entry: Field, values: dict[str, Any], reading: Reading, *, is_last: bool, has_text: bool
) -> None:
    assert isinstance(entry.kind, Word)
    if entry.kind.take is not None:
        found = entry.kind.take(taken.plain, reading)
    elif is_last and taken.plain.strip():
        single = taken.next_word()
        found = single if single is not None and not single[1] else (taken.plain.strip(), "")
    else:
        found = taken.next_word()
    if found is None:
        return
    if not entry.info.is_required() and has_text and not accepts(entry, found[0], reading):
        return
    values[entry.name], taken.plain = found
