"""Which command a text begins with, and what was meant where it begins with none."""

import re
from collections.abc import Sequence

from bot.parser.fields import fields_of
from bot.parser.positions import FULL_NUMBER, NUMBER
from bot.parser.writing import shorten
from commands.arguments import About, Rest, Word, did_you_mean
from commands.base import NO, YES, Command, Refusal, Subject
from commands.document import Code, Message, _, either, joined
from storage.reference.spelling import slips

_SENTENCE = 5
"""Words from which on what begins with no command is a sentence; with a number among them, as of a container, three."""
_MANY = 8
"""Subcommands from which on a word alone is more probably meant for one of them than for a text."""


def completed(text: str, commands: Sequence[Command], subject: Subject | None) -> str:
    """In the thread of an alert `hold` is `alert hold`: what the thread is about need not be said again."""
    words = text.split(maxsplit=1)
    if subject is None or not words:
        return text
    first = _plain(words[0])
    is_own = any(command.words[0] == first for command in commands)
    is_part = any(command.words == (subject.kind, first) for command in commands)
    return f"{subject.kind} {text}" if is_part and not is_own else text


def _plain(word: str) -> str:
    """Return a word without its capitals and the marks behind it: "Help!" is "help"."""
    return word.casefold().rstrip(",.;:!?") or word.casefold()


def find_command(text: str, commands: Sequence[Command], prefix: str) -> tuple[Command, str]:
    """Return the command whose words the text begins with (the longest wins) and what follows them.

    Raises:
        Refusal: no command begins like this; the nearest is named.
    """
    words = [shorten(word) for word in re.findall(r"\S+", text)[:4]]
    if not words:
        raise Refusal(_("Type {help} to see what I can do.", help=Code(f"{prefix}help")))
    plain = [_plain(word) for word in words]
    family = [command for command in commands if command.words[0] == plain[0]]
    best = max(
        (command for command in family if list(command.words) == plain[: len(command.words)]),
        key=lambda command: len(command.words),
        default=None,
    )
    if best is None:
        raise Refusal(_unknown(plain, family, commands, prefix, is_sentence=_is_sentence(text)))
    tail = re.match(rf"\s*(?:\S+\s*){{{len(best.words)}}}", text)
    rest = text[tail.end() :] if tail else ""
    _guard_another_command(best, rest, commands, prefix)
    _guard_misspelt_subcommand(best, rest, family, prefix)
    return best, rest.strip()


def _is_sentence(text: str) -> bool:
    words = text.split()
    return len(words) >= (3 if any(letter.isdigit() for letter in text) else _SENTENCE)


def _unknown(
    words: list[str], family: Sequence[Command], commands: Sequence[Command], prefix: str, *, is_sentence: bool
) -> Message:
    help_code = Code(f"{prefix}help")
    if len(words) == 1 and FULL_NUMBER.fullmatch(words[0]):
        number = words[0].upper()
        families = {command.words[0] for command in commands if command.words[1:] == ("next",)}
        about = [Code(f"{prefix}{family} {word} {number}") for family in sorted(families) for word in ("show", "next")]
        if about:
            return _(
                "What about {number}? For example {known}. I did nothing.", number=Code(number), known=joined(about)
            )
    ending = [command for command in commands if len(command.words) > 1 and command.words[1] == words[0]]
    if not family and ending:  # "stats" for "alert stats"
        options = either(Code(f"{prefix}{command.name}") for command in ending)
        return _("I know no command {word}. Did you mean {options}?", word=Code(words[0]), options=options)
    if words[0] in YES | NO and len(words) == 1:
        return _("I am waiting for no answer of yours. {help} shows what you can do.", help=help_code)
    if not family:
        near = did_you_mean(words[0], sorted({command.words[0] for command in commands}))
        # "hello" deserves better than to be taken for a slip, and so does the first word of a sentence.
        if near is None or near == "help" or not _is_slip_of(words[0], near):
            if (
                is_sentence
                and near != "help"
                and (begun := [command for command in commands if command.begins is not None])
            ):
                return _(
                    "I know no command {word}. If this is to be {what}, begin with {begin}. {help} shows all commands.",
                    word=Code(words[0]),
                    what=either(command.begins for command in begun if command.begins is not None),
                    begin=either(Code(f"{prefix}{command.name}") for command in begun),
                    help=help_code,
                )
            return _(
                "I know no command {word}. I am a program and understand commands only: {help} shows them.",
                word=Code(words[0]),
                help=help_code,
            )
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
    options = either(Code(f"{prefix}{command.name}") for command in [*family, *ending])
    return _("Did you mean {options}?", options=options)


def _is_slip_of(word: str, meant: str) -> bool:
    """Whether a word is another with a slip or two, or one begins like the other; what is merely alike is not."""
    short, long = sorted((word, meant), key=len)
    begins = len(short) > 2 and long.startswith(short)
    return begins or slips(word, meant) <= (1 if len(word) <= 4 else 2)


def _guard_another_command(best: Command, rest: str, commands: Sequence[Command], prefix: str) -> None:
    """`!alert request 1 NL ...` means `!request 1 NL ...`: a command about a number, and no text of an alert."""
    words = rest.split(maxsplit=2)
    kinds = {type(entry.kind) for entry in fields_of(best.args)}
    if len(words) < 2 or Rest not in kinds or About in kinds or not NUMBER.fullmatch(words[1]):
        return
    for command in commands:
        of_other = {type(entry.kind) for entry in fields_of(command.args)}
        if command.words == (words[0].casefold(),) and {About, Word} <= of_other:
            raise Refusal(
                _("That is a command of its own: {meant}. I did nothing.",
                  meant=Code(f"{prefix}{command.name} {words[1]} ..."))
            )  # fmt: skip


def _guard_number_first(best: Command, words: Sequence[str], subwords: Sequence[str], prefix: str) -> None:
    """`!alert 1 note` means `!alert note 1`, and `!alert 1` no text of an alert: say what to type."""
    number = words[0].rstrip(":,")
    if not subwords or not NUMBER.fullmatch(number):
        return
    if len(words) == 1:
        known = joined(Code(f"{prefix}{best.name} {word} {number}") for word in ("show", "next") if word in subwords)
        raise Refusal(_("What about {number}? For example {known}. I did nothing.", number=Code(number), known=known))
    second = words[1].casefold()
    if second in subwords:
        typed, meant = Code(f"{prefix}{best.name} {number} {second}"), Code(f"{prefix}{best.name} {second} {number}")
        raise Refusal(
            _("The number comes after the word: {meant}, not {typed}. I did nothing.", meant=meant, typed=typed)
        )


def _guard_misspelt_subcommand(best: Command, rest: str, family: Sequence[Command], prefix: str) -> None:
    """`!alert snd 7` is a slip, not the text of an alert: a short text that begins like a subcommand is asked about."""
    words = rest.split()
    depth = len(best.words)
    subwords = [command.words[depth] for command in family if len(command.words) > depth]
    kinds = {type(entry.kind) for entry in fields_of(best.args)}
    if words and Rest in kinds and About not in kinds:
        _guard_number_first(best, words, subwords, prefix)
    if not words or len(words) > 3 or not subwords or Rest not in kinds:
        return
    first = words[0].casefold()
    near = did_you_mean(first, subwords)
    if near is not None and _is_slip_of(first, near) and first not in subwords and first.isalpha():
        typed, meant = Code(f"{prefix}{best.name} {words[0]}"), Code(f"{prefix}{best.name} {near}")
        raise Refusal(
            _(
                "Did you mean {meant}? I know no {typed}; if it was text, write a few more words.",
                meant=meant,
                typed=typed,
            )
        )
    is_alone = len(words) == 1 or (len(words) == 2 and NUMBER.fullmatch(words[1]))
    if is_alone and len(subwords) > _MANY and first not in subwords and first.isalpha():
        typed, what = Code(f"{prefix}{best.name} {shorten(words[0])}"), Code(f"{prefix}help {best.name}")
        raise Refusal(
            _("I know no {typed}: {help} shows what there is. If it was text, write a few more words.",
              typed=typed, help=what)
        )  # fmt: skip
