"""The help, made from what the commands declare about themselves."""

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import Annotated, assert_never

from commands.arguments import Rest, did_you_mean, said
from commands.base import Args, Capability, Command, Context, Refusal, Role
from commands.document import Bullets, Code, Doc, Inline, Message, Strong, _, bullets, doc, joined
from commands.network import role_name
from commands.usage import usage
from storage.reference.spelling import slips

capability = Capability("help", _("What you can do"))

_NAMED_AT_MOST = 8
"""Commands of one word that the overview names beside the first; of more it gives the number, for telephones."""

_IN_FULL_AT_MOST = 12
"""Commands that are listed with all their options."""

_SLIPS = 2
"""Letters that may be wrong in the name of a command for another one to be meant."""


class About(Args):
    words: Annotated[str, Rest(ask=_("About which command?"))] = ""


@capability.command(
    "help",
    role=Role.MEMBER,
    summary=_("Show what you can do, or how a command is typed"),
    reads=True,
    anywhere=True,
    examples=["help", "help alert", "help alert set"],
)
async def show_help(args: About, context: Context) -> Doc:
    return (await _help(args, context)).openly()


async def _help(args: About, context: Context) -> Doc:
    words = args.words.casefold().removeprefix(context.prefix.casefold()).split()
    allowed = _by_name(command for command in context.commands if command.role <= context.member.role)
    if not words:
        return _overview(allowed, context)
    found = _family(words, allowed)
    if not found:
        raise Refusal(doc(_not_found(words, allowed, context)).openly())
    if len(found) == 1:
        return _details(found[0], context)
    return _commands_of(words, found, context)


def _by_name(commands: Iterable[Command]) -> list[Command]:
    return sorted(commands, key=lambda command: command.words)


def _family(words: Sequence[str], commands: Sequence[Command]) -> Sequence[Command]:
    """Return the commands that begin with the words; of two words or more, the one that they are exactly."""
    family = [command for command in commands if list(command.words[: len(words)]) == list(words)]
    exact = [command for command in family if list(command.words) == list(words)]
    return exact if exact and len(words) > 1 else family


def _overview(commands: Sequence[Command], context: Context) -> Doc:
    groups = [(word, list(group)) for word, group in groupby(commands, key=lambda command: command.words[0])]
    entries = [_entry(group, context) for _word, group in groups]
    where = _("In this chat no {prefix} is needed.", prefix=Code(context.prefix)) if context.room.direct else None
    more = _(
        "{help} followed by a word says more, for example {example}.",
        help=Code(f"{context.prefix}help"),
        example=Code(f"{context.prefix}help {groups[0][0]}"),
    )
    heading = _("Your role is {role}. What you can do:", role=role_name(context.member.role))
    return doc(heading, bullets(entries), more, *([where] if where is not None else []))


def _entry(group: Sequence[Command], context: Context) -> Inline:
    """Return one line for the commands of one word: the first in full, the others by name, or their number."""
    declared = list(context.commands)
    # The command that is the word alone, else what was declared first: to be reminded, not to cancel that.
    first = min(group, key=lambda command: (len(command.words) > 1, declared.index(command)))
    others = [command for command in group if command is not first]
    name = Code(f"{context.prefix}{first.name}")
    if not others:
        return _("{command}: {summary}", command=name, summary=first.summary)
    if len(others) > _NAMED_AT_MOST:
        return _(
            "{command}: {summary}; and {count} more: {help}",
            command=name,
            summary=first.summary,
            count=len(others),
            help=Code(f"{context.prefix}help {first.words[0]}"),
        )
    more = joined(Code(f"{context.prefix}{command.name}") for command in others)
    return _("{command}: {summary}; also {more}", command=name, summary=first.summary, more=more)


def _commands_of(words: Sequence[str], commands: Sequence[Command], context: Context) -> Doc:
    """List commands, each with how it is typed; of many only what they are for, so that a telephone shows them."""
    are_many = len(commands) > _IN_FULL_AT_MOST
    lines = [
        _(
            "{usage}: {summary}",
            usage=Code(f"{context.prefix}{command.name}" if are_many else usage(command, context.prefix)),
            summary=command.summary,
        )
        for command in commands
    ]
    example = next((command for command in commands if len(command.words) > 1), commands[0])
    one = Code(f"{context.prefix}help {example.name}")
    more = (
        _("How one of them is typed, with examples: {help}", help=one)
        if are_many
        else _("Examples of one of them: {help}", help=one)
    )
    heading = _("Commands that begin with {word}:", word=Code(f"{context.prefix}{' '.join(words)}"))
    return doc(heading, bullets(lines), more)


def _details(command: Command, context: Context) -> Doc:
    usage_line = Code(usage(command, context.prefix))
    parts: list[Inline | Bullets] = [Strong(command.summary), _("Type: {usage}", usage=usage_line)]
    if command.examples:
        parts.append(_("For example:"))
        parts.append(bullets(Code(f"{context.prefix}{example}") for example in command.examples))
    return doc(*parts)


def _for_others(command: str, role: Role) -> Message:
    """Say who may do what this member may not."""
    match role:
        case Role.COORDINATOR:
            return _("{command} is for coordinators.", command=Code(command))
        case Role.OFFICIAL:
            return _("{command} is for officials.", command=Code(command))
        case Role.MEMBER:
            return _("{command} is for members.", command=Code(command))
        case _:
            assert_never(role)


def _not_found(words: Sequence[str], allowed: Sequence[Command], context: Context) -> Message:
    typed = " ".join(words)
    others = _family(words, _by_name(context.commands))
    if others:
        return _for_others(f"{context.prefix}{typed}", min(command.role for command in others))
    known = sorted({command.name for command in allowed} | {command.words[0] for command in allowed})
    near = did_you_mean(typed, known)
    if near is None or slips(typed, near) > _SLIPS:  # "alert foo" is as like to "alert hold" as to others: its family
        near = did_you_mean(words[0], known)
    if near is None:
        return _(
            "I know no command {typed}. {help} shows all of them.",
            typed=Code(said(typed)),
            help=Code(f"{context.prefix}help"),
        )
    return _(
        "I know no command {typed}. Did you mean {near}?",
        typed=Code(said(typed)),
        near=Code(f"{context.prefix}help {near}"),
    )
