"""What the bot says, as a tree: translated late, escaped by construction, rendered to text and HTML from one source.

A sentence is a whole: `_("{member} withdrew alert {alert}.", member=..., alert=...)`. The parts stand in named places,
so that another language may order them as it needs, and they may be nodes (a mention, a date) and not only text.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Self
from zoneinfo import ZoneInfo

from storage.ids import CountryCode, UserId


@dataclass(frozen=True, slots=True)
class Text:
    """Text as it stands: a name, a number, what somebody wrote. Never translated, always escaped."""

    text: str


@dataclass(frozen=True, slots=True)
class Message:
    """A translatable sentence or word with named places."""

    msgid: str
    places: tuple[tuple[str, "Inline"], ...] = ()
    plural: str | None = None
    count: int = 0


@dataclass(frozen=True, slots=True)
class Strong:
    inside: "Inline"


@dataclass(frozen=True, slots=True)
class Emphasis:
    inside: "Inline"


@dataclass(frozen=True, slots=True)
class Code:
    """Something to type or an identifier, set in a fixed-width face."""

    text: str


@dataclass(frozen=True, slots=True)
class Mention:
    """A person who is meant: named, and notified by their client."""

    user_id: UserId
    name: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time, shown in a zone with the zone's name, and in UTC beside it when `with_utc`."""

    at: datetime
    zone: ZoneInfo | None = None
    with_utc: bool = True


@dataclass(frozen=True, slots=True)
class CountryName:
    """A country by its name in the reader's language."""

    code: CountryCode


@dataclass(frozen=True, slots=True)
class Joined:
    """Several nodes in a row, as a list of the reader's language joins them ("a, b and c"; one of them: "or")."""

    items: tuple["Inline", ...]
    one_of: bool = False


Inline = Text | Message | Strong | Emphasis | Code | Mention | Moment | CountryName | Joined
Words = Inline | str | int


def inline(value: Words) -> Inline:
    """Return the node for a value; plain strings and numbers are text as it stands."""
    return Text(str(value)) if isinstance(value, str | int) else value


def _(msgid: str, /, **places: Words) -> Message:
    """Mark a sentence for translation and fill its places."""
    return Message(msgid, tuple((name, inline(value)) for name, value in places.items()))


def _n(singular: str, plural: str, count: int, /, **places: Words) -> Message:
    """Mark a sentence that depends on a number; `{count}` is filled in."""
    filled = {"count": count, **places}
    return Message(singular, tuple((name, inline(value)) for name, value in filled.items()), plural, count)


def joined(items: Iterable[Words]) -> Joined:
    return Joined(tuple(inline(item) for item in items))


def either(items: Iterable[Words]) -> Joined:
    """Join what one is to be chosen of."""
    return Joined(tuple(inline(item) for item in items), one_of=True)


@dataclass(frozen=True, slots=True)
class Paragraph:
    inside: Inline


@dataclass(frozen=True, slots=True)
class Heading:
    inside: Inline


@dataclass(frozen=True, slots=True)
class Bullets:
    items: tuple[Inline, ...]


@dataclass(frozen=True, slots=True)
class Fields:
    """Names with their values, one per line: the body of a card."""

    rows: tuple[tuple[Inline, Inline], ...]


@dataclass(frozen=True, slots=True)
class Table:
    """At most six columns: more cannot be read on a telephone."""

    header: tuple[Inline, ...]
    rows: tuple[tuple[Inline, ...], ...]

    def __post_init__(self) -> None:
        if len(self.header) > 6:
            raise ValueError("a table has at most six columns")


@dataclass(frozen=True, slots=True)
class Quote:
    """What somebody wrote, shown as theirs."""

    text: str


Block = Paragraph | Heading | Bullets | Fields | Table | Quote


@dataclass(frozen=True, slots=True)
class Doc:
    """One message of the bot."""

    blocks: tuple[Block, ...]
    notice: bool = False
    """An m.notice, for what needs no attention."""
    mentions: tuple[UserId, ...] = field(default=())
    """Persons who are notified beside those that the text mentions."""
    for_anybody: bool = False
    """Says nothing above TLP:CLEAR, so that whoever is in the room may read it."""
    names: tuple[str, ...] = ()
    """What it names beside its own subject, such as "alert:17": it is emptied when one of them may not be shown."""

    def naming(self, subjects: Iterable[object]) -> Self:
        """Return the same words, known to name these subjects."""
        return replace(self, names=tuple(dict.fromkeys([*self.names, *map(str, subjects)])))

    def cut(self, most: int) -> Self:
        """Return the same words with no value in its sentences longer than so many characters."""
        blocks = (Paragraph(_cut(one.inside, most)) if isinstance(one, Paragraph) else one for one in self.blocks)
        return replace(self, blocks=tuple(blocks))

    def quietly(self) -> Self:
        return replace(self, notice=True)

    def openly(self) -> Self:
        """Return the same words, said to be fit for anybody who may be in the room."""
        return replace(self, for_anybody=True)

    def __add__(self, other: "Doc") -> "Doc":
        return Doc(
            self.blocks + other.blocks,
            self.notice and other.notice,
            self.mentions + other.mentions,
            self.for_anybody and other.for_anybody,
            self.names + other.names,
        )


def doc(*parts: Words | Block, notice: bool = False) -> Doc:
    """Make a message; each sentence or text that is not a block already becomes a paragraph."""
    return Doc(tuple(_block(part) for part in parts), notice=notice)


def bullets(items: Iterable[Words]) -> Bullets:
    return Bullets(tuple(inline(item) for item in items))


def fields(rows: Iterable[tuple[Words, Words]]) -> Fields:
    return Fields(tuple((inline(name), inline(value)) for name, value in rows))


def table(header: Sequence[Words], rows: Iterable[Sequence[Words]]) -> Table:
    return Table(
        tuple(inline(cell) for cell in header),
        tuple(tuple(inline(cell) for cell in row) for row in rows),
    )


def _block(part: Words | Block) -> Block:
    if isinstance(part, Paragraph | Heading | Bullets | Fields | Table | Quote):
        return part
    return Paragraph(inline(part))


def _cut(node: Inline, most: int) -> Inline:
    """Return the same words with no value in them longer than so many characters."""
    match node:
        case Text(text) | Code(text):
            return node if len(text) <= most else replace(node, text=f"{text[:most]}…")
        case Message():
            return replace(node, places=tuple((name, _cut(value, most)) for name, value in node.places))
        case Strong(inside) | Emphasis(inside):
            return replace(node, inside=_cut(inside, most))
        case Joined(items, one_of):
            return Joined(tuple(_cut(item, most) for item in items), one_of)
        case _:
            return node
