"""Text -> a command and its typed arguments; or what is missing; or a refusal in the writer's words.

The grammar: the command's words, then values by position, `key=value` in any order, and (where a command takes it)
free text. Written for telephones: no dashes needed, spaces around `=`, straight or typographic quotes, any case. An
apostrophe is no quote. What is not an option of the command stays in the free text as it was written.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated, Any, get_args, get_origin
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter, ValidationError
from pydantic.fields import FieldInfo
from rapidfuzz.distance import OSA

from commands.arguments import (
    About,
    BadValue,
    Kind,
    Option,
    Reading,
    Ref,
    Rest,
    Word,
    did_you_mean,
    read_zone,
    take_time,
)
from commands.base import Args, Command, Refusal, Subject
from commands.document import Code, Message, Text, _, joined
from commands.usage import usage

_KEY = re.compile(r"(?:(?<=\s)|^)[-–—]{0,2}(?P<key>[^\W\d][\w-]*)\s*[=＝]\s*")
_QUOTES = {
    '"': '"', "“": '”“"', "”": "”", "„": '“”"', "«": "»", "»": "«", "‟": "”", "＂": "＂", "‘": "’", "‚": "‘’", "‹": "›",
    "›": "‹",
}  # fmt: skip
_ALSO_APOSTROPHES = "‘’"
_FULL_NUMBER = re.compile(r"#\d{1,9}|[A-Za-z]-\d{4}-\d{1,9}")
_SHORT_NUMBER = re.compile(r"\d{1,6}|\d{4}-\d{1,6}|[A-Za-z]-?\d{1,3}")
_UNQUOTED_LIST = re.compile(r"[^\s,;]+(?:\s*[,;]\s*[^\s,;]+)*")
_UNQUOTED_WORD = re.compile(r"\S+")


@dataclass(frozen=True, slots=True)
class Call:
    """A command with everything it needs."""

    command: Command
    args: Args


@dataclass(frozen=True, slots=True)
class Missing:
    """A command that lacks a required argument: what to ask, and for which field."""

    command: Command
    field: str
    question: Message


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    kind: Kind
    info: FieldInfo

    @property
    def key(self) -> str:
        return _plain_key(self.name)

    @property
    def is_list(self) -> bool:
        return _has(self.info.annotation, tuple)

    @property
    def is_time(self) -> bool:
        return _has(self.info.annotation, datetime)


@dataclass
class _Text:
    """What is left of the text after the options were taken out."""

    plain: str
    options: dict[str, str] = field(default_factory=dict)

    def next_word(self) -> tuple[str, str] | None:
        text = self.plain.lstrip()
        if not text:
            return None
        if text[0] in _QUOTES and (end := _closing(text, 0)) is not None:
            return text[1:end], text[end + 1 :].strip()
        word, _space, left = re.match(r"(\S+)(\s*)(.*)", text, re.DOTALL).groups()  # type: ignore[union-attr]  # non-empty
        return word, left


def fields_of(model: type[Args]) -> list[_Field]:
    """Return the fields of an argument model with their kinds, in the order they were declared."""
    fields = []
    for name, info in model.model_fields.items():
        kind = next((entry for entry in info.metadata if isinstance(entry, Option | Word | Rest | About)), Option())
        fields.append(_Field(name, kind, info))
    return fields


def find_command(text: str, commands: Sequence[Command], prefix: str) -> tuple[Command, str]:
    """Return the command whose words the text begins with (the longest wins) and what follows them.

    Raises:
        Refusal: no command begins like this; the nearest is named.
    """
    words = re.findall(r"\S+", text)[:4]
    if not words:
        raise Refusal(_("Type {help} to see what I can do.", help=Code(f"{prefix}help")))
    plain = [word.casefold() for word in words]
    family = [command for command in commands if command.words[0] == plain[0]]
    best = max(
        (command for command in family if list(command.words) == plain[: len(command.words)]),
        key=lambda command: len(command.words),
        default=None,
    )
    if best is None:
        raise Refusal(_unknown(plain, family, commands, prefix))
    tail = re.match(rf"\s*(?:\S+\s*){{{len(best.words)}}}", text)
    rest = text[tail.end() :] if tail else ""
    _guard_misspelt_subcommand(best, rest, family, prefix)
    return best, rest.strip()


def _unknown(words: list[str], family: Sequence[Command], commands: Sequence[Command], prefix: str) -> Message:
    help_code = Code(f"{prefix}help")
    if not family:
        near = did_you_mean(words[0], sorted({command.words[0] for command in commands}))
        if near is None:
            return _("I know no command {word}. {help} shows what you can do.", word=Code(words[0]), help=help_code)
        return _(
            "I know no command {word}. Did you mean {near}? {help} shows what you can do.",
            word=Code(words[0]),
            near=Code(f"{prefix}{near}"),
            help=help_code,
        )
    options = joined(Code(f"{prefix}{command.name}") for command in family)
    if len(words) > 1 and (near := did_you_mean(words[1], [c.words[1] for c in family if len(c.words) > 1])):
        typed, meant = Code(f"{prefix}{words[0]} {words[1]}"), Code(f"{prefix}{words[0]} {near}")
        return _(
            "I know no {typed}. Did you mean {meant}? There are {options}.", typed=typed, meant=meant, options=options
        )
    return _("Say which of these you mean: {options}.", options=options)


def _guard_misspelt_subcommand(best: Command, rest: str, family: Sequence[Command], prefix: str) -> None:
    """`!alert snd 7` is a slip, not the text of an alert: a short text that begins like a subcommand is asked about."""
    words = rest.split()
    depth = len(best.words)
    subwords = [command.words[depth] for command in family if len(command.words) > depth]
    if not words or len(words) > 3 or not subwords or not any(isinstance(f.kind, Rest) for f in fields_of(best.args)):
        return
    first = words[0].casefold()
    near = did_you_mean(first, subwords)
    if near is not None and first not in subwords and first.isalpha():
        typed, meant = Code(f"{prefix}{best.name} {words[0]}"), Code(f"{prefix}{best.name} {near}")
        raise Refusal(
            _(
                "Did you mean {meant}? I know no {typed}; if it was text, write a few more words.",
                meant=meant,
                typed=typed,
            )
        )


def parse(
    text: str,
    commands: Sequence[Command],
    reading: Reading,
    *,
    prefix: str,
    subject: Subject | None = None,
    given: Mapping[str, str] | None = None,
) -> Call | Missing:
    """Read a command without its prefix; `given` holds what was asked for and answered meanwhile.

    Raises:
        Refusal: unknown command or option, a value that cannot be; the words say what can.
    """
    command, rest = find_command(_completed(text, commands, subject), commands, prefix)
    fields = fields_of(command.args)
    taken = _take_options(rest, fields, command, prefix, reading)
    values: dict[str, Any] = dict(taken.options)
    for name, value in (given or {}).items():
        values.setdefault(name, value)
    _take_positions(taken, fields, values, reading, subject)
    if taken.plain.strip():
        words = _(
            "I do not know what to do with {text}. Write it like this: {usage}",
            text=Text(f"“{_shorten(taken.plain)}”"),
            usage=Code(usage(command, prefix)),
        )
        raise Refusal(words)
    for entry in fields:
        if isinstance(values.get(entry.name), str) and isinstance(entry.kind, About):
            values[entry.name] = Ref(number=str(values[entry.name]).lstrip("#"))
        if entry.name not in values and entry.info.is_required():
            _check_what_is_there(command, fields, values, _with_zone(reading, values), prefix)
            question = entry.kind.ask
            assert question is not None, f"{command.name}: {entry.name} has no question"
            return Missing(command, entry.name, question)
    return Call(command, _validate(command, values, _with_zone(reading, values), prefix))


def _completed(text: str, commands: Sequence[Command], subject: Subject | None) -> str:
    """In the thread of an alert `hold` is `alert hold`: what the thread is about need not be said again."""
    words = text.split(maxsplit=1)
    if subject is None or not words:
        return text
    first = words[0].casefold()
    is_own = any(command.words[0] == first for command in commands)
    is_part = any(command.words == (subject.kind, first) for command in commands)
    return f"{subject.kind} {text}" if is_part and not is_own else text


def _take_options(rest: str, fields: Sequence[_Field], command: Command, prefix: str, reading: Reading) -> _Text:
    has_text = any(isinstance(entry.kind, Rest) for entry in fields)
    known = {_plain_key(key): entry for entry in fields if not isinstance(entry.kind, Rest) for key in _keys(entry)}
    taken = _Text("")
    kept: list[str] = []
    position = 0
    while True:
        found = _KEY.search(rest, position)
        if found is None:
            kept.append(rest[position:])
            break
        kept.append(rest[position : found.start()])
        entry = known.get(_plain_key(found["key"]))
        if entry is not None and entry.name in taken.options:
            raise Refusal(_("{option} is given twice. Which one do you mean?", option=Code(f"{found['key']}=")))
        if entry is None:
            is_leading = not "".join(kept).strip()
            _refuse_misspelt_option(found["key"], sorted(known), command, prefix, has_text=has_text, leading=is_leading)
            kept.append(rest[found.start() : found.end()])
            position = found.end()
            continue
        value, position = _take_value(rest, found.end(), entry, reading, has_text=has_text)
        taken.options[entry.name] = value
    taken.plain = "".join(kept).strip()
    return taken


def _refuse_misspelt_option(
    key: str, known: Sequence[str], command: Command, prefix: str, *, has_text: bool, leading: bool
) -> None:
    """Refuse what is no option of the command, unless it is part of a free text.

    Inside a text only a slip of one letter is taken for one: `tpl=red` left in the text would leave the marking as it
    was, without a word.
    """
    option, how, plain = Code(f"{key}="), Code(usage(command, prefix)), _plain_key(key)
    if not has_text:
        near = did_you_mean(plain, list(known)) if known else None
        if near is None:
            raise Refusal(_("I know no option {option} here. Write it like this: {usage}", option=option, usage=how))
        words = _(
            "I know no option {option}. Did you mean {near}? {usage}", option=option, near=Code(f"{near}="), usage=how
        )
        raise Refusal(words)
    near = did_you_mean(plain, list(known)) if leading and known else None
    near = near or next(
        (one for one in known if len(plain) > 2 and OSA.distance(plain, one, score_cutoff=1) <= 1), None
    )
    if near is not None:
        raise Refusal(
            _(
                "I know no option {option}. Did you mean {near}? If it is part of your text, write {quoted}.",
                option=option,
                near=Code(f"{near}="),
                quoted=Code(f"“{key}=…”"),
            )
        )


def _take_value(rest: str, start: int, entry: _Field, reading: Reading, *, has_text: bool) -> tuple[str, int]:
    """Return the value that begins at `start` and where the text goes on."""
    if start < len(rest) and rest[start] in _QUOTES:
        end = _closing(rest, start)
        if end is not None:
            return rest[start + 1 : end].strip(), end + 1
        if rest[start] not in _ALSO_APOSTROPHES:
            raise Refusal(_("The quotation mark after {option} is never closed.", option=Code(f"{entry.name}=")))
    if not has_text:
        following = _KEY.search(rest, start)
        end = following.start() if following else len(rest)
        return rest[start:end].strip(), end
    if entry.is_time and (time := take_time(rest[start:], reading)):
        return time[0], start + len(time[0])
    found = (_UNQUOTED_LIST if entry.is_list else _UNQUOTED_WORD).match(rest, start)
    return (found.group(), found.end()) if found else ("", start)


def _take_positions(
    taken: _Text, fields: Sequence[_Field], values: dict[str, Any], reading: Reading, subject: Subject | None
) -> None:
    rest = next((entry for entry in fields if isinstance(entry.kind, Rest)), None)
    words = [entry for entry in fields if isinstance(entry.kind, Word)]
    for entry in fields:
        if entry.name in values:
            continue
        if isinstance(entry.kind, About):
            _take_number(taken, entry, values, subject, has_text=rest is not None)
        elif isinstance(entry.kind, Word):
            _take_word(
                taken, entry, values, reading, is_last=rest is None and entry is words[-1], has_text=rest is not None
            )
    if rest is not None and rest.name not in values and taken.plain.strip():
        values[rest.name], taken.plain = taken.plain.strip(), ""


def _take_number(
    taken: _Text, entry: _Field, values: dict[str, Any], subject: Subject | None, *, has_text: bool
) -> None:
    assert isinstance(entry.kind, About)
    here = subject if subject is not None and subject.kind == entry.kind.kind else None
    found = taken.next_word()
    if found is not None:
        word, left = found
        # In the thread of an alert, "40 drums found" is text: only the full form is a number there.
        is_number = _FULL_NUMBER.fullmatch(word) or (
            _SHORT_NUMBER.fullmatch(word) and not (here is not None and has_text)
        )
        if is_number:
            values[entry.name], taken.plain = Ref(number=word.lstrip("#")), left
            return
    if here is not None:
        values[entry.name] = Ref(id=here.id)


def _take_word(
    taken: _Text, entry: _Field, values: dict[str, Any], reading: Reading, *, is_last: bool, has_text: bool
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
    if not entry.info.is_required() and has_text and not _accepts(entry, found[0], reading):
        return
    values[entry.name], taken.plain = found


def _accepts(entry: _Field, value: str, reading: Reading) -> bool:
    try:
        _adapter(entry.info).validate_python(value, context=reading)
    except ValidationError:
        return False
    return True


def _adapter(info: FieldInfo) -> TypeAdapter[Any]:
    return TypeAdapter(_annotated(info))


def _annotated(info: FieldInfo) -> Any:
    return Annotated[(info.annotation, *info.metadata)] if info.metadata else info.annotation


def _validate(command: Command, values: dict[str, Any], reading: Reading, prefix: str) -> Args:
    try:
        return command.args.model_validate(values, context=reading)
    except ValidationError as error:
        name = str(error.errors()[0]["loc"][0]) if error.errors()[0]["loc"] else ""
        raise _bad_value(error, command, name, values.get(name, ""), prefix) from error


def _check_what_is_there(
    command: Command, fields: Sequence[_Field], values: dict[str, Any], reading: Reading, prefix: str
) -> None:
    """Refuse a bad value before anything else is asked for."""
    for entry in fields:
        if entry.name in values and not isinstance(values[entry.name], Ref):
            try:
                _adapter(entry.info).validate_python(values[entry.name], context=reading)
            except ValidationError as error:
                raise _bad_value(error, command, entry.name, values[entry.name], prefix) from error


def _bad_value(error: ValidationError, command: Command, name: str, value: Any, prefix: str) -> Refusal:
    cause = error.errors()[0].get("ctx", {}).get("error")
    if isinstance(cause, BadValue):
        return Refusal(cause.words)
    return Refusal(
        _(
            "{value} is not a possible value of {option}. Write it like this: {usage}",
            value=Text(f"“{_shorten(str(value))}”"),
            option=Code(name),
            usage=Code(usage(command, prefix)),
        )
    )


def _with_zone(reading: Reading, values: Mapping[str, Any]) -> Reading:
    """An option named `tz` is the zone in which the other times of the command are read."""
    if "tz" not in values:
        return reading
    try:
        return replace(reading, zone=ZoneInfo(read_zone(str(values["tz"]))))
    except BadValue:
        return reading  # the validation of `tz` itself says what is wrong


def _keys(entry: _Field) -> tuple[str, ...]:
    return (entry.name, *entry.kind.aliases) if isinstance(entry.kind, Option) else (entry.name,)


def _plain_key(key: str) -> str:
    return key.casefold().replace("-", "").replace("_", "")


def _closing(text: str, start: int) -> int | None:
    """Return where the quotation that opens at `start` ends. What is also an apostrophe closes only at a word's end."""
    ends = []
    for closer in _QUOTES[text[start]]:
        end = text.find(closer, start + 1)
        while closer in _ALSO_APOSTROPHES and end != -1 and text[end + 1 : end + 2].isalnum():
            end = text.find(closer, end + 1)
        if closer in _ALSO_APOSTROPHES and _KEY.search(text, start + 1, max(end, 0)):
            continue
        if end != -1:
            ends.append(end)
    return min(ends, default=None)


def _has(annotation: Any, wanted: type) -> bool:
    origin = get_origin(annotation)
    if annotation is wanted or origin is wanted:
        return True
    return any(_has(argument, wanted) for argument in get_args(annotation))


def _shorten(text: str, limit: int = 60) -> str:
    text = " ".join(text.split())
    return text if len(text) <= limit else f"{text[: limit - 1]}…"
