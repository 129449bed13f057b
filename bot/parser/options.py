"""`key=value`, wherever it stands in the text."""

import re
from collections.abc import Mapping, Sequence

from bot.parser.fields import Field, keys, plain_key
from bot.parser.writing import ALSO_APOSTROPHES, KEY, QUOTES, Written, closing, shorten
from commands.arguments import About, Option, Reading, Rest, Word, did_you_mean, take_time
from commands.base import Command, Refusal
from commands.document import Code, Text, _, joined
from commands.usage import key_of, usage
from commands.when import duration_at_start
from storage.reference.spelling import slips

_UNQUOTED_LIST = re.compile(r"[^\s,;]+(?:\s*[,;]\s*[^\s,;]+)*")
_UNQUOTED_WORD = re.compile(r"\S+")
_LONG_USAGE = 200
"""Characters of a usage line from which on only the names of its options are shown to who wrote another one."""


def take_options(rest: str, fields: Sequence[Field], command: Command, prefix: str, reading: Reading) -> Written:
    """Take the options of a command out of what follows its words.

    Raises:
        Refusal: an option is unknown, given twice, or its quotation is never closed.
    """
    has_text = any(isinstance(entry.kind, Rest) for entry in fields)
    known = {plain_key(key): entry for entry in fields if not isinstance(entry.kind, Rest) for key in keys(entry)}
    taken = Written("")
    kept: list[str] = []
    position = 0
    while True:
        found = KEY.search(rest, position)
        if found is None:
            kept.append(rest[position:])
            break
        kept.append(rest[position : found.start()])
        entry = known.get(plain_key(found["key"]))
        if entry is not None and entry.name in taken.options:
            raise Refusal(_("{option} is given twice. Which one do you mean?", option=Code(f"{found['key']}=")))
        if entry is None:
            is_leading = not "".join(kept).strip()
            _refuse_misspelt_option(found["key"], known, command, prefix, has_text=has_text, leading=is_leading)
            kept.append(rest[found.start() : found.end()])
            position = found.end()
            continue
        value, position = _take_value(rest, found.end(), entry, reading, has_text=has_text)
        taken.options[entry.name] = value
    taken.plain = "".join(kept).strip()
    return taken


def check_nothing_is_left(text: str, fields: Sequence[Field], command: Command, prefix: str) -> None:
    """Refuse what belongs to nothing; `quantity 20 t` and `tlp: red` are options without their equals sign."""
    left = text.strip()
    if not left:
        return
    first, _space, value = left.partition(" ")
    key = plain_key(first.rstrip(":"))
    for entry in fields:
        if not isinstance(entry.kind, Rest | About | Word) and key in map(plain_key, keys(entry)):
            option = first.rstrip(":").casefold()
            example = Code(f"{option}={value.strip() or '...'}"[:60])
            raise Refusal(_("{option} takes an equals sign: {example}", option=Code(option), example=example))
    words = _(
        "I do not know what to do with {text}. Write it like this: {usage}",
        text=Text(f"“{shorten(left)}”"), usage=Code(usage(command, prefix)),
    )  # fmt: skip
    raise Refusal(words)


def _refuse_misspelt_option(
    key: str, options: Mapping[str, Field], command: Command, prefix: str, *, has_text: bool, leading: bool
) -> None:
    """Refuse what is no option of the command, unless it is part of a free text.

    Inside a text only a slip of one letter is taken for one: `tpl=red` left in the text would leave the marking as it
    was, without a word.
    """
    option, how, plain = Code(f"{key}="), Code(usage(command, prefix)), plain_key(key)
    known = sorted(options)
    if not has_text:
        near = did_you_mean(plain, known) if known else None
        is_long = len(how.text) > _LONG_USAGE
        if near is not None and is_long:
            raise Refusal(_("I know no option {option}. Did you mean {near}?", option=option, near=Code(f"{near}=")))
        if is_long:
            names = dict.fromkeys(key_of(one.name) for one in options.values() if isinstance(one.kind, Option))
            raise Refusal(
                _("I know no option {option} here. {command} takes {options}.", option=option,
                  command=Code(f"{prefix}{command.name}"), options=joined(Code(f"{name}=") for name in names))
            )  # fmt: skip
        if near is None:
            raise Refusal(_("I know no option {option} here. Write it like this: {usage}", option=option, usage=how))
        words = _(
            "I know no option {option}. Did you mean {near}? {usage}", option=option, near=Code(f"{near}="), usage=how
        )
        raise Refusal(words)
    near = did_you_mean(plain, known) if leading and known else None
    near = near or next((one for one in known if len(plain) > 2 and slips(plain, one) <= 1), None)
    if near is not None:
        raise Refusal(
            _(
                "I know no option {option}. Did you mean {near}? If it is part of your text, write {quoted}.",
                option=option,
                near=Code(f"{near}="),
                quoted=Code(f"“{key}=…”"),
            )
        )


def _take_value(rest: str, start: int, entry: Field, reading: Reading, *, has_text: bool) -> tuple[str, int]:
    """Return the value that begins at `start` and where the text goes on."""
    if start < len(rest) and rest[start] in QUOTES:
        end = closing(rest, start)
        if end is not None:
            return rest[start + 1 : end].strip(), end + 1
        if rest[start] not in ALSO_APOSTROPHES:
            raise Refusal(_("The quotation mark after {option} is never closed.", option=Code(f"{entry.name}=")))
    if not has_text:
        following = KEY.search(rest, start)
        end = following.start() if following else len(rest)
        if entry.is_duration and (length := duration_at_start(rest[start:end])) is not None:
            return length, start + len(rest[start:end]) - len(rest[start:end].lstrip()) + len(length)
        return rest[start:end].strip(), end
    if entry.is_time and (time := take_time(rest[start:], reading)):
        return time[0], start + len(time[0])
    found = (_UNQUOTED_LIST if entry.is_list else _UNQUOTED_WORD).match(rest, start)
    return (found.group(), found.end()) if found else ("", start)
