"""What a watch may ask for, read into the keys by which alerts and sightings are found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from commands.base import Context, Refusal
from commands.document import Code, Inline, Message, Text, _, either, joined
from commands.matching import country_key, thing_key, waste_key
from commands.understanding import DoubtKind, FactKind, Finding, parse_fact, understand
from storage.ids import CountryCode
from storage.reference import ports
from storage.reference.countries import country_name
from storage.watches import Term

KINDS = ("container", "vessel", "port", "waste", "country")
"""What may be watched for, the most telling first: by its first term a watch is found."""

_EXAMPLES = {
    "container": "container=CSQU3054383",
    "vessel": "vessel=IMO9811000",
    "port": "port=NLRTM",
    "waste": "waste=A1181",
    "country": "country=GH",
}
_WASTE = frozenset({FactKind.BASEL, FactKind.EWC, FactKind.HS})
_LONGEST = 120
_MOST_TO_CHOOSE_FROM = 5
_WORDS_OF_A_NAME = 4


@dataclass(frozen=True, slots=True)
class Unsure:
    """A port of which several may be meant; a person must say which."""

    text: str
    codes: Sequence[str]

    def words(self) -> Message:
        options: Inline = either(Text(f"{ports.port(code).shown} ({code})") for code in self.codes)
        return _(
            "Which port do you mean by {text}: {options}? Answer with its code. I set no watch yet.",
            text=Text(f"“{self.text[:60]}”"), options=options,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Asked:
    """Terms that were read, what is doubtful about them, or the port that must be asked for first."""

    terms: Sequence[Term]
    doubts: Sequence[Message] = ()
    unsure: Unsure | None = None


@dataclass(frozen=True, slots=True)
class Name:
    """A few words that may be the name of a ship, or of a port that is written nearly so."""

    text: str
    port: str | None
    """The code of that port."""

    def words(self) -> Message:
        text = Text(f"“{self.text}”")
        if self.port is None:
            return _(
                "I find no container, ship, port, country or waste code in {text}. If it is the name of a ship, answer "
                "{ship}; else answer with what you mean, such as {example}.",
                text=text, ship=Code("ship"), example=Code("GHTEM"),
            )  # fmt: skip
        port = ports.port(self.port)
        return _(
            "I find no container, ship, port, country or waste code in {text}. If it is the name of a ship, answer "
            "{ship}; if {name} is meant, answer {port}.",
            text=text, ship=Code("ship"), port=Code("port"),
            name=Text(f"{port.shown}, {country_name(port.country)} ({port.locode})"),
        )  # fmt: skip


def read_terms(given: dict[str, str], context: Context) -> Asked:
    """Read what was typed, by the name of its option. Raises Refusal."""
    terms: list[Term] = []
    doubts: list[Message] = []
    for kind in KINDS:
        text = " ".join(given.get(kind, "").split())
        if not text:
            continue
        if len(text) > _LONGEST:
            raise Refusal(_unreadable(kind, text))
        if kind == "waste":
            terms.append(_waste(text))
            continue
        found = _named(kind, text, context.now.astimezone(context.zone).date())
        if isinstance(found, Unsure):
            return Asked((), unsure=found)
        terms.append(_term(kind, found))
        doubts += [doubt for one in found for doubt in _doubts(kind, text, one)]
    return Asked(terms, doubts)


def read_text(text: str, context: Context) -> dict[str, str] | Name:
    """Read a text without options, one thing of each kind at most, or else a bare name. Raises Refusal."""
    today = context.now.astimezone(context.zone).date()
    kinds = frozenset(
        {
            FactKind.CONTAINER,
            FactKind.VESSEL,
            FactKind.PORT,
            FactKind.COUNTRY,
            FactKind.BASEL,
            FactKind.EWC,
            FactKind.HS,
        }
    )
    given: dict[str, str] = {}
    for one in understand(text[:1000], today=today, kinds=kinds, home=context.member.country).findings:
        kind = "waste" if one.kind in _WASTE else one.kind.value
        value = f"{one.kind.value} {one.value}" if one.kind in {FactKind.EWC, FactKind.HS} else one.shown
        if kind in given and given[kind] != value and kind != "vessel":
            raise Refusal(
                _("You name several of a kind: {one} and {other}. Set a watch for each.", one=Code(given[kind]),
                  other=Code(value))
            )  # fmt: skip
        if kind == "vessel" and kind in given:
            value = f"{given[kind]} {value}"
        # A port that may be two is asked about in the words that were typed.
        unsure = one.doubt is not None and one.doubt.kind is DoubtKind.AMBIGUOUS
        given[kind] = text[slice(*one.span)] if unsure else (one.value if kind in {"port", "country"} else value)
    if not given and (code := text.strip()).isalpha() and len(code) == 2 and parse_fact(FactKind.COUNTRY, code, today):
        given["country"] = code  # in a text "in" and "be" are words; alone they are what is watched for
    if not given and (name := read_name(text, context)) is not None:
        return name
    if not given:
        raise Refusal(
            _("I find no container, ship, port, country or waste code in {text}. Say what to watch for, for example "
              "{container} or {waste}.", text=Text(f"“{' '.join(text.split())[:60]}”"),
              container=Code(f"{context.prefix}watch container=CSQU3054383"),
              waste=Code(f"{context.prefix}watch country=GH waste=A1181"))
        )  # fmt: skip
    return given


def read_name(text: str, context: Context) -> Name | None:
    """Return what may be the name of a ship or port: a few words, nothing else. None for anything longer."""
    words = text.split()
    if not 0 < len(words) <= _WORDS_OF_A_NAME or not all(word.strip(".-'").isalnum() for word in words):
        return None
    today = context.now.astimezone(context.zone).date()
    if parse_fact(FactKind.VESSEL, text, today) is None:
        return None
    port = parse_fact(FactKind.PORT, text, today)
    return Name(" ".join(words)[:_LONGEST], port.value if port is not None else None)


def terms_words(terms: Sequence[Term]) -> Inline:
    """Name what a watch asks for: "container CSQU3054383 and port Rotterdam (NLRTM)"."""
    return joined(_term_words(term) for term in terms)


def _term_words(term: Term) -> Message:
    shown = Text(term.shown)
    match term.kind:
        case "container":
            return _("container {shown}", shown=shown)
        case "vessel":
            return _("ship {shown}", shown=shown)
        case "port":
            return _("port {shown}", shown=shown)
        case "waste":
            return _("waste {shown}", shown=shown)
        case _:
            return _("country {shown}", shown=shown)


def _named(kind: str, text: str, today: date) -> Unsure | Sequence[Finding]:
    """Read a container, ship, port or country; of a ship its name and its number, where both are given."""
    if kind == "vessel":
        both = understand(text, today=today, kinds=frozenset({FactKind.VESSEL})).of(FactKind.VESSEL)
        if len(both) == 2 and len({one.value.startswith("IMO") for one in both}) == 2:
            return both
    found = parse_fact(FactKind(kind), text, today)
    if found is None:
        raise Refusal(_unreadable(kind, text))
    if kind == "port" and found.doubt is not None and found.doubt.kind is DoubtKind.AMBIGUOUS:
        codes = list(dict.fromkeys((found.value, *found.doubt.alternatives)))
        return Unsure(text, codes[:_MOST_TO_CHOOSE_FROM])
    return [found]


def _term(kind: str, found: Sequence[Finding]) -> Term:
    one = found[0]
    match kind:
        case "port":
            port = ports.port(one.value)
            return Term(kind, f"{port.shown}, {country_name(port.country)} ({one.value})", [f"port:{one.value}"])
        case "country":
            code = CountryCode(one.value)
            return Term(kind, f"{country_name(code)} ({code})", [country_key(code)])
        case _:
            keys = [key for named in found if (key := thing_key(kind, named.value)) is not None]
            if not keys:
                raise Refusal(_unreadable(kind, one.shown))
            return Term(kind, " ".join(named.shown for named in found), keys)


def _doubts(kind: str, text: str, found: Finding) -> Sequence[Message]:
    doubt = found.doubt
    if doubt is None:
        return ()
    if doubt.kind is DoubtKind.CHECK_DIGIT and doubt.alternatives:
        return [
            _("The check digit of {written} is wrong; with the right one it is {right}. I watch for both.",
              written=Text(found.shown), right=Text(doubt.alternatives[0]))
        ]  # fmt: skip
    if kind not in {"port", "country"}:
        return ()
    return [_("I read {text} as {shown}.", text=Text(f"“{text}”"), shown=Text(f"{found.shown} ({found.value})"))]


def _waste(text: str) -> Term:
    key = waste_key(text)
    if key is None:
        raise Refusal(_unreadable("waste", text))
    return Term("waste", text.upper(), [key])


def _unreadable(kind: str, text: str) -> Message:
    if kind == "waste":
        return _(
            "I cannot read {text} as a waste code. Write a Basel, EWC or HS code or its beginning: {one}, {two} or "
            "{three}.",
            text=Text(f"“{text[:60]}”"), one=Code("waste=A1181"), two=Code("waste=16 06"), three=Code("waste=8549"),
        )  # fmt: skip
    return _(
        "I cannot read {text} as {key}. Write it like {example}.",
        text=Text(f"“{text[:60]}”"), key=Code(kind), example=Code(_EXAMPLES[kind]),
    )  # fmt: skip
