"""The help, and the usage lines that it and the parser's refusals are made from."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

import pytest

from bot.capabilities import discover
from bot.matrix.interface import Trust
from commands.arguments import (
    About,
    Choice,
    Countries,
    Country,
    Duration,
    Option,
    Person,
    Ref,
    Rest,
    When,
    Word,
    take_time,
)
from commands.base import Args, Command, Context, Effect, Role
from commands.document import Doc, _
from commands.usage import usage
from storage.ids import CountryCode, UserId
from tests.fakes import Network


class Colour(StrEnum):
    RED = "red"
    DARK_BLUE = "dark-blue"


class NoArguments(Args):
    pass


class Everything(Args):
    text: Annotated[str, Rest(ask=_("What?"))]
    number: Annotated[Ref, About("alert", ask=_("Which?"))]
    person: Annotated[UserId, Person(), Word(ask=_("Who?"))]
    when: Annotated[datetime | None, When(), Word(ask=_("When?"), take=take_time)] = None
    colour: Annotated[Colour, Choice(Colour), Option(ask=_("Which colour?"))]
    country: Annotated[CountryCode | None, Country()] = None
    to_all: Annotated[tuple[CountryCode, ...], Countries(), Option()] = ()
    hours: Annotated[int, Option()] = 1
    loud: bool = False
    within: Annotated[str | None, Duration()] = None
    from_: str


class OptionalText(Args):
    words: Annotated[str, Rest(ask=_("What?"))] = ""
    name: Annotated[str, Word(ask=_("Which?"))] = ""
    pick: Annotated[Colour | None, Choice(Colour), Word(ask=_("Which?"))] = None


async def _nothing(args: Args, context: Context) -> Doc | None:
    del args, context
    return None


def command(words: str, model: type[Args], own_usage: str | None = None) -> Command:
    return Command(tuple(words.split()), model, Role.MEMBER, Effect.READS, _("Do it"), (), _nothing, own_usage)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (command("me", NoArguments), "!me"),
        (
            command("do all", Everything),
            (
                "!do all [number] @name:server [when] colour=red|dark-blue from=... [country=GH] [to-all=GH,NL] "
                "[hours=1] [loud=yes|no] [within=2h] <text>"
            ),
        ),
        (command("find", OptionalText), "!find [name] [red|dark-blue] [words]"),
        (command("find", OptionalText, "find <anything>"), "!find <anything>"),
    ],
)
def test_usage_shows_what_is_needed_and_what_may_be_left_out(given: Command, expected: str) -> None:
    assert usage(given, "!") == expected


def test_every_command_has_a_usage_line_and_an_example() -> None:
    for declared in discover().commands:
        assert usage(declared, "!").startswith(f"!{declared.name}")
        assert declared.examples, declared.name


async def test_help_shows_what_the_role_allows_in_the_order_of_the_alphabet(net: Network) -> None:
    reply = await net.say("!help", as_="germany", room="germany")
    lines = [line for line in reply.text.splitlines() if line.startswith("- ")]
    assert "Your role is member." in reply
    assert lines == sorted(lines, key=lambda line: line.removeprefix("- !").split()[0].strip(":"))
    assert any(line.startswith("- !me: Show your own record") for line in lines)
    assert "!member" not in reply
    assert "!room" not in reply


async def test_help_of_a_coordinator_shows_more(net: Network) -> None:
    reply = await net.say("help", as_="coordinator")
    assert "!member add" in reply
    assert "; also !room allow, !room create, !room disallow, !room list, !room move, !room show, and !room" in reply
    assert "no ! is needed" in reply


async def test_the_help_of_a_word_begins_with_what_it_is_for(net: Network) -> None:
    lines = (await net.say("!help", room="ghana")).text.splitlines()
    assert "- !remind me: Let yourself be reminded; also !remind cancel and !remind list" in lines
    assert any(line.startswith("- !contact: Look somebody up") for line in lines)
    of_coordinator = (await net.say("!help", as_="coordinator", room="coordination")).text
    assert "- !member add: Put a person on the roster; also !member confirm" in of_coordinator


async def test_help_is_short_enough_for_a_telephone(net: Network) -> None:
    reply = await net.say("help", as_="coordinator")
    (alert,) = (line for line in reply.text.splitlines() if line.startswith("- !alert: "))
    assert alert.endswith(" more: !help alert")
    assert len(alert) < 120


async def test_of_many_commands_the_help_says_what_they_are_for_and_how_to_see_more(net: Network) -> None:
    reply = await net.say("!help alert", room="ghana")
    assert "- !alert ack: Say that your country deals with an alert" in reply
    assert "[" not in reply
    assert max(map(len, reply.text.splitlines())) < 120
    assert "How one of them is typed, with examples: !help alert accept" in reply
    assert "!alert accept [number]" in await net.say("!help alert accept", room="ghana")


async def test_a_greeting_is_not_taken_for_a_slip(net: Network) -> None:
    reply = await net.say("hello, whom do I call in Rotterdam?")
    assert reply.text == ("I know no command hello. I am a program and understand commands only: !help shows them.")


async def test_help_needs_no_signed_device(net: Network) -> None:
    assert "!me" in await net.say("!help", as_="ghana", room="ghana", trust=Trust.UNSIGNED)


async def test_help_of_a_word_lists_its_commands(net: Network) -> None:
    reply = await net.say("!help member", as_="coordinator", room="coordination")
    lines = [line for line in reply.text.splitlines() if line.startswith("- ")]
    assert len(lines) == 6
    assert "- !member show @name:server: Show the record of a person" in lines
    assert [line.split()[2] for line in lines] == ["add", "confirm", "list", "remove", "set", "show"]


@pytest.mark.parametrize("text", ["!help room create", "!HELP Room Create", "!help !room create"])
async def test_help_of_a_command_shows_usage_and_examples(net: Network, text: str) -> None:
    reply = await net.say(text, as_="coordinator", room="coordination")
    assert "Let me make a room" in reply
    assert "!room create [network|coordination] [country=GH,NL] [region=Africa] [name=...]" in reply
    assert "- !room create country=GH" in reply


async def test_help_of_what_is_for_others_says_for_whom(net: Network) -> None:
    for text in ("!help member", "!help member add"):
        reply = await net.say(text, as_="ghana", room="ghana")
        assert "is for coordinators." in reply
        assert "kind=" not in reply


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("!help membr", "Did you mean !help member?"),
        ("!help member ad", "Did you mean !help member add?"),
        ("!help quxquxqux", "I know no command quxquxqux. !help shows all of them."),
    ],
)
async def test_help_of_an_unknown_word(net: Network, text: str, words: str) -> None:
    assert words in await net.say(text, as_="coordinator", room="coordination")


async def test_help_is_not_for_strangers(net: Network) -> None:
    assert "!me" not in await net.say("help", as_="stranger")
