"""What somebody looks for, read from a few words in any order: country, port, kind of authority, language, a name."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from babel import Locale
from rapidfuzz import fuzz, process

from storage.ids import CountryCode
from storage.members import AuthorityKind
from storage.reference.countries import find_country, guess_countries
from storage.reference.ports import Port, common_words, find_port, names_in_text
from storage.reference.text import words

_K = AuthorityKind


def _set(text: str) -> frozenset[str]:
    return frozenset(text.split())


_KIND_WORDS: Mapping[frozenset[AuthorityKind], str] = {
    frozenset({_K.ENVIRONMENT}): (
        "environment, environmental, epa, environmental protection, environnement, environnemental, medio ambiente,"
        " medioambiente, ambiente, ambiental, umwelt, umweltamt, milieu, leefmilieu, meio ambiente, ecology"
    ),
    frozenset({_K.CUSTOMS}): (
        "customs, custom, douane, douanes, douanier, aduana, aduanas, aduanero, zoll, zollamt, dogana, alfandega,"
        " duane, border force"
    ),
    frozenset({_K.POLICE}): (
        "police, port police, policia, polizei, politie, gendarmerie, gendarmes, guardia civil, police portuaire,"
        " policia portuaria, cops"
    ),
    frozenset({_K.PORT}): (
        "port authority, port authorities, ports authority, harbour authority, harbor authority, harbour master, harbor"
        " master, harbourmaster, autorite portuaire, autoridad portuaria, capitainerie, hafenbehorde, havenbedrijf,"
        " havenmeester, port state control"
    ),
    frozenset({_K.MARITIME}): (
        "maritime, maritime authority, coast guard, coastguard, garde cotes, garde cote, affaires maritimes,"
        " guardacostas, guarda costas, guardia costera, maritima, maritimo, autoridad maritima, navy, prefectura naval"
    ),
    frozenset({_K.REGULATORY}): "regulatory, regulator, regulateur, regulador, reguladora, regulation",
    frozenset({_K.REGULATORY, _K.ENVIRONMENT}): "competent authority, autorite competente, autoridad competente",
    frozenset({_K.INTERNATIONAL}): (
        "international, international organisation, international organization, interpol, europol, unep, wco, omd, oma,"
        " basel convention, basel secretariat, organisation internationale, organizacion internacional"
    ),
}
_PORT_WORDS = _set("port ports seaport seaports harbour harbor puerto puertos hafen haven porto portuaire")
_FILLERS = _set(
    "the of in at on for from to and or with who whom is are me my please contact contacts person people someone"
    " anyone somebody number phone telephone email mail call office officer official authority authorities agency"
    " service department administration de la le les du des d l el los las un une a et y e en au aux dans chez pour"
    " para con por qui quien van der den die das und im bei"
)
_DUTY = (
    "on duty",
    "duty",
    "duty officer",
    "on call",
    "oncall",
    "de garde",
    "astreinte",
    "de guardia",
    "de turno",
)
_SPEAKING = _set("speaking speaker speakers speaks speak parlant parlants habla hablante sprachig sprechend")
_SPOKEN = _set("speaks speak speaking parle parlant parlent habla hablan in auf spricht")
_ANY_HOUR = _set(
    "24 7 24h 24x7 night tonight nuit noche nacht weekend now urgent emergency urgence urgencia maintenant ahora"
)
_PHONES = {"francophone": "fr", "anglophone": "en", "lusophone": "pt", "hispanophone": "es", "arabophone": "ar"}
_SHORT_WORDS_OF_TEXT = _set("am an as at be by de do el en et go he if in is it la le me my no of on or so to un we y")
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


@cache
def _kinds() -> dict[str, frozenset[AuthorityKind]]:
    return {word.strip(): kinds for kinds, text in _KIND_WORDS.items() for word in text.split(",")}


@cache
def language_names() -> dict[str, str]:
    """Return the ISO 639-1 codes of languages by their folded names in English, French and Spanish, and their own."""
    found: dict[str, str] = {}
    codes = [str(code) for code in Locale("en").languages if len(str(code)) == 2]
    for language in ("en", "fr", "es"):
        names = Locale(language).languages
        for code in codes:
            found.setdefault(" ".join(words(str(names.get(code, "")))), code)
    for code in ("de", "nl", "pt", "it", "th", "ar", "pl", "sv"):
        found.setdefault(" ".join(words(str(Locale(code).languages[code]))), code)
    found.pop("", None)
    return found


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
    return result


def _take_languages(tokens: list[str], result: Understood) -> list[list[str]]:
    """Take out the languages that are marked as such and return the stretches of words between them."""
    names = language_names()
    groups: list[list[str]] = [[]]
    position = 0
    while position < len(tokens):
        word = tokens[position]
        following = tokens[position + 1] if position + 1 < len(tokens) else ""
        if word in _PHONES:
            _add(result.languages, _PHONES[word])
            groups.append([])
        elif word in names and following in _SPEAKING:
            _add(result.languages, names[word])
            groups.append([])
            position += 1
        elif word in _SPOKEN and following in names:
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
            if tokens[position] not in _FILLERS and len(tokens[position]) > 1:
                _add(result.names, tokens[position])
            position += 1


def _read_phrase(
    phrase: Sequence[str], result: Understood, known_terms: Collection[str], written: Collection[str]
) -> bool:
    text = " ".join(phrase)
    if kinds := _kinds().get(text):
        for kind in sorted(kinds):
            _add(result.kinds, kind)
    elif text in _DUTY:
        result.on_duty = True
        return True
    elif text in _ANY_HOUR:
        result.now = True
        return True
    elif text in _PORT_WORDS:
        result.port_meant = True
        return True
    elif (land := _country(phrase, written)) is not None:
        _add(result.countries, land)
    elif (port := _port(phrase, known_terms)) is not None:
        _add(result.ports, port)
        # "Tema port" is the port of Tema and no wish for a port authority, yet that comes first.
        result.port_meant = result.port_meant or bool(_PORT_WORDS.intersection(phrase))
    elif text in language_names() and len(text) > 3 and text not in known_terms:
        _add(result.languages, language_names()[text])
        return True
    else:
        return False
    result.hints.extend(word for word in phrase if word not in _FILLERS and word not in _PORT_WORDS)
    return True


def _country(phrase: Sequence[str], written: Collection[str]) -> CountryCode | None:
    text = " ".join(phrase)
    if len(phrase) > 1 and (phrase[0] in _FILLERS or phrase[-1] in _FILLERS):
        return None
    if len(text) <= 2 and text in _SHORT_WORDS_OF_TEXT and text not in written:
        return None
    if len(text) == 1 or (text in _FILLERS and text not in written):
        return None
    return find_country(text)


def _port(phrase: Sequence[str], known_terms: Collection[str]) -> Port | None:
    text = " ".join(phrase)
    if len(text) < 3 or text in _FILLERS or (len(phrase) > 1 and (phrase[0] in _FILLERS or phrase[-1] in _FILLERS)):
        return None
    if len(phrase) > 1 and any(word in _kinds() for word in phrase):
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


@cache
def _known_ports() -> dict[str, Port]:
    """The ports that ships call at most, by their spellings: nobody misspells a hamlet."""
    return {name: some[0] for name, some in names_in_text().items() if some[0].known}


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
    kind = process.extractOne(word, _kinds().keys(), scorer=fuzz.ratio, score_cutoff=78)
    if kind is not None:
        yield Guess(kind[1], kinds=_kinds()[kind[0]])
    for country in guess_countries(word, 1):
        if country.score >= 78:
            yield Guess(country.score, country=country.code)
    spellings = (
        _known_ports() if land is None else [name for name, port in _known_ports().items() if port.country == land]
    )
    port = process.extractOne(word, list(spellings), scorer=fuzz.ratio, score_cutoff=80)
    if port is not None:
        yield Guess(port[1], port=_known_ports()[port[0]])
    language = process.extractOne(word, language_names().keys(), scorer=fuzz.ratio, score_cutoff=85)
    if language is not None:
        yield Guess(language[1] - 1, language=language_names()[language[0]])


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
