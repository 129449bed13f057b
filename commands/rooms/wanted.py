"""What a room shall stand for, as it is typed: `country=GH,NL region=Africa network`."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

from commands.arguments import BadValue, Countries, Form, Option, Word, did_you_mean
from commands.base import Args, Refusal
from commands.document import Code, Message, Text, _, joined
from commands.network import Regions
from storage.ids import CountryCode, RoomId, UserId
from storage.reference.countries import find_country, find_region
from storage.rooms import Binding, BindingKind

_BARE = {kind.value: kind for kind in (BindingKind.NETWORK, BindingKind.COORDINATION)}


@dataclass(frozen=True, slots=True)
class Wanted:
    """One thing that a room shall stand for."""

    kind: BindingKind
    value: str = ""

    def binding(self, room: RoomId, by: UserId, at: datetime) -> Binding:
        return Binding(room_id=room, kind=self.kind, value=self.value, bound_by=by, bound_at=at)

    def is_said_by(self, binding: Binding) -> bool:
        return binding.kind is self.kind and binding.value == self.value


def _read_bare(value: Any) -> tuple[BindingKind, ...]:
    words = str(value).casefold().replace(",", " ").split()
    for word in words:
        if word not in _BARE:
            raise BadValue(_not_bare(str(value), word))
    return tuple(dict.fromkeys(_BARE[word] for word in words))


def _not_bare(text: str, word: str) -> Message:
    """Say what was probably meant by a word that a room cannot stand for."""
    shown = Text(f"“{text}”")
    country, region = find_country(text), find_region(text)
    if country is not None:
        return _("Write a country like this: {option}.", option=Code(f"country={country}"))
    if region is not None:
        return _("Write a region like this: {option}.", option=Code(f"region={region.name}"))
    near = did_you_mean(word, list(_BARE))
    if near is not None:
        return _("A room cannot stand for {text}. Did you mean {near}?", text=shown, near=Code(near))
    options = joined(Code(option) for option in ("country=GH", "region=Africa", "network", "coordination"))
    return _("A room cannot stand for {text}. It can stand for {options}.", text=shown, options=options)


def read_room(value: Any) -> RoomId:
    """Return a room by its id. Raises BadValue that says where the id is found."""
    text = str(value).strip()
    if len(text) < 2 or not text.startswith("!") or not text.isprintable() or any(letter.isspace() for letter in text):
        raise BadValue(
            _(
                "{text} is no room id. It begins with {sign}; in Element it stands in the room's settings, under "
                "Advanced.",
                text=Text(f"“{text[:60]}”"),
                sign=Code("!"),
            )
        )
    return RoomId(text)


def WhichRoom() -> Form:  # noqa: N802 - reads as a kind in annotations
    """A room by its Matrix id."""
    return Form(read_room, form="!abc:example.org")


class Scope(Args):
    """What a room stands for; every part may be left out, but not all."""

    country: Annotated[tuple[CountryCode, ...], Countries(), Option(aliases=("countries",))] = ()
    region: Annotated[tuple[str, ...], Regions(), Option(aliases=("regions",))] = ()
    also: Annotated[
        tuple[BindingKind, ...],
        Form(_read_bare, form="network|coordination"),
        Word(ask=_("What shall the room stand for?")),
    ] = ()

    @property
    def wanted(self) -> Sequence[Wanted]:
        return [
            *(Wanted(BindingKind.COUNTRY, code) for code in self.country),
            *(Wanted(BindingKind.REGION, name) for name in self.region),
            *(Wanted(kind) for kind in self.also),
        ]


def at_least_one(scope: Scope, typed: str) -> Sequence[Wanted]:
    """Return what was asked for. Raises Refusal when it was nothing; `typed` is the command with its prefix."""
    if not scope.wanted:
        options = joined(
            Code(f"{typed} {option}") for option in ("country=GH", "region=Africa", "network", "coordination")
        )
        raise Refusal(_("Say what the room stands for: {options}.", options=options))
    return scope.wanted
