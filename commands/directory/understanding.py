"""What somebody looks for, read from a few words in any order: country, port, kind of authority, language, a name."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field

from commands.directory.vocabulary import (
    ANY_HOUR,
    DUTY,
    FILLERS,
    PHONES,
    PORT_WORDS,
    SHORT_WORDS,
    SPEAKING,
    SPOKEN,
    kind_words,
    known_ports,
    language_names,
)
from storage.ids import CountryCode
from storage.members import AuthorityKind
from storage.reference.countries import find_country, guess_countries
from storage.reference.ports import Port, common_words, find_port
from storage.reference.spelling import most_like
from storage.reference.text import words

_LONGEST = 5


@dataclass
class Understood:
    """What was understood. `names` is what may be part of a name, a role or the name of an authority."""

    countries: list[CountryCode] = field(default_factory=list)
    ports: list[Port] = field(default_factory=list)
    kinds: list[AuthorityKind] = field(default_factory=list)
    languages: list[str] = field(default_factory=list)
    on_duty: bool = False
    now: bool = False
    """Somebody who is reached at any hour is wanted first."""
    names: list[str] = field(default_factory=list)
    hints: list[str] = field(default_factory=list)
    """Words that were understood as a place or a kind and may stand in a name as well."""
    place_words: list[str] = field(default_factory=list)
    """Those of the hints that were understood as a place."""
    port_meant: bool = False
    """The word "port" alone: port authorities first, nobody left out."""
    unknown: list[str] = field(default_factory=list)

    def merge(self, other: "Understood") -> None:
        """Take over what was understood of a part."""
        for mine, more in (
            (self.countries, other.countries),
            (self.ports, other.ports),
            (self.kinds, other.kinds),
            (self.languages, other.languages),
            (self.hints, other.hints),
            (self.place_words, other.place_words),
        ):
            for entry in more:
                _add(mine, entry)
        self.on_duty = self.on_duty or other.on_duty
        self.now = self.now or other.now
        self.port_meant = self.port_meant or other.port_meant

    @property
    def places(self) -> frozenset[CountryCode]:
        """The countries, those of the ports among them."""
        return frozenset([*self.countries, *(port.country for port in self.ports)])

    @property
    def is_empty(self) -> bool:
        return not (
            self.countries
            or self.ports
            or self.kinds
            or self.languages
            or self.on_duty
            or self.now
            or self.names
            or self.port_meant
        )


def understand(text: str, known_terms: Collection[str] = ()) -> Understood:
    """Read what is spelt right; everything else is left in `names`.

    `known_terms` are those words of the text that stand in some contact: such a word is no hamlet far away.
    """
    tokens = list(words(text))
    shouted = text.isupper()
    written = {word for part in text.split() for word in words(part) if part.isupper()} if not shouted else set()
    result = Understood()
    rest = _take_languages(tokens, result)
    for group in rest:
        _read_group(group, result, known_terms, written)
    _settle_demonyms(result)
    if result.port_meant and (result.kinds or not (result.ports or result.countries or result.names)):
        # "Tema port police" asks for the police; "port" alone asks for port authorities.
        if not result.kinds:
            result.kinds.append(AuthorityKind.PORT)
        result.port_meant = False
    if result.is_empty:
        # "officer": too common to count beside anything else, yet all that there is.
        result.names = [token for token in tokens if token in known_terms and len(token) > 1]
    return result


def _take_languages(tokens: list[str], result: Understood) -> list[list[str]]:
    """Take out the languages that are marked as such and return the stretches of words between them."""
    names = language_names()
    groups: list[list[str]] = [[]]
    position = 0
    while position < len(tokens):
        word = tokens[position]
        following = tokens[position + 1] if position + 1 < len(tokens) else ""
        if word in PHONES:
            _add(result.languages, PHONES[word])
            groups.append([])
        elif word in names and following in SPEAKING:
            _add(result.languages, names[word])
            groups.append([])
            position += 1
        elif word in SPOKEN and following in names:
            _add(result.languages, names[following])
            groups.append([])
            position += 1
        else:
            groups[-1].append(word)
        position += 1
    return groups


def _read_group(
    tokens: Sequence[str], result: Understood, known_terms: Collection[str], written: Collection[str]
) -> None:
    position = 0
    while position < len(tokens):
        for length in range(min(_LONGEST, len(tokens) - position), 0, -1):
            phrase = tokens[position : position + length]
            if _read_phrase(phrase, result, known_terms, written):
                position += length
                break
        else:
            if tokens[position] not in FILLERS and len(tokens[position]) > 1:
                _add(result.names, tokens[position])
            position += 1


def _read_phrase(
    phrase: Sequence[str], result: Understood, known_terms: Collection[str], written: Collection[str]
) -> bool:
    text = " ".join(phrase)
    if kinds := kind_words().get(text):
        for kind in sorted(kinds):
            _add(result.kinds, kind)
    elif text in DUTY:
        result.on_duty = True
        result.hints.extend(phrase)
        return True
    elif text in ANY_HOUR:
        result.now = True
        return True
    elif text in PORT_WORDS:
        result.port_meant = True
        return True
    elif (land := _country(phrase, written)) is not None:
        _add(result.countries, land)
    elif (port := _port(phrase, known_terms)) is not None:
        _add(result.ports, port)
        # "Tema port" is the port of Tema and no wish for a port authority, yet that comes first.
        result.port_meant = result.port_meant or bool(PORT_WORDS.intersection(phrase))
    elif text in language_names() and len(text) > 3 and text not in known_terms:
        _add(result.languages, language_names()[text])
        return True
    else:
        return False
    telling = [word for word in phrase if word not in FILLERS and word not in PORT_WORDS]
    result.hints.extend(telling)
    if not kinds:
        result.place_words.extend(telling)
    return True


def _country(phrase: Sequence[str], written: Collection[str]) -> CountryCode | None:
    text = " ".join(phrase)
    if len(phrase) > 1 and (phrase[0] in FILLERS or phrase[-1] in FILLERS):
        return None
    if len(text) <= 2 and text in SHORT_WORDS and text not in written:
        return None
    if len(text) == 1 or (text in FILLERS and text not in written):
        return None
    return find_country(text)


def _port(phrase: Sequence[str], known_terms: Collection[str]) -> Port | None:
    text = " ".join(phrase)
    if len(text) < 3 or text in FILLERS or (len(phrase) > 1 and (phrase[0] in FILLERS or phrase[-1] in FILLERS)):
        return None
    if len(phrase) > 1 and any(word in kind_words() for word in phrase):
        return None
    port = find_port(text)
    if port is not None and not port.known and (text in known_terms or text in common_words()):
        return None
    return port


def _settle_demonyms(result: Understood) -> None:
    """ "french customs benin": where another country is named, an adjective that is a language means the language."""
    if len(result.places) > 1:
        as_language(result)


def as_language(understood: Understood) -> bool:
    """ "spanish": when a country has nobody, its adjective may have meant the language. True when something changed."""
    names = language_names()
    changed = False
    for word in understood.hints:
        land = find_country(word) if word in names else None
        if land in understood.countries:
            understood.countries.remove(land)
            _add(understood.languages, names[word])
            changed = True
    return changed


@dataclass(frozen=True, slots=True)
class Guess:
    """What a misspelt word may be."""

    score: float
    kinds: frozenset[AuthorityKind] = frozenset()
    country: CountryCode | None = None
    port: Port | None = None
    language: str | None = None


def guess(word: str, land: CountryCode | None = None) -> Guess | None:
    """Return the likeliest meaning of a misspelt word that is no name; None when nothing is near."""
    if len(word) < 4 or word.isdecimal():
        return None
    return max(_guesses(word, land), key=lambda one: one.score, default=None)


def _guesses(word: str, land: CountryCode | None) -> Iterator[Guess]:
    for kind, score in most_like(word, kind_words().keys(), 78):
        yield Guess(score, kinds=kind_words()[kind])
    for country in guess_countries(word, 1):
        if country.score >= 78:
            yield Guess(country.score, country=country.code)
    spellings = (
        known_ports() if land is None else [name for name, port in known_ports().items() if port.country == land]
    )
    for port, score in most_like(word, list(spellings), 80):
        yield Guess(score, port=known_ports()[port])
    for language, score in most_like(word, language_names().keys(), 85):
        yield Guess(score - 1, language=language_names()[language])


def apply(found: Guess, result: Understood) -> None:
    """Take a guess for what was meant."""
    for kind in sorted(found.kinds):
        _add(result.kinds, kind)
    if found.country is not None:
        _add(result.countries, found.country)
    if found.port is not None:
        _add(result.ports, found.port)
    if found.language is not None:
        _add(result.languages, found.language)


def _add(entries: list, entry: object) -> None:  # type: ignore[type-arg]  # any list of the result
    if entry not in entries:
        entries.append(entry)
