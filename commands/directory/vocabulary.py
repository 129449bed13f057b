"""The words by which people ask for an authority, a language or an hour, folded, in the languages of the network."""

from collections.abc import Mapping
from functools import cache

from babel import Locale

from storage.members import AuthorityKind
from storage.reference.ports import Port, names_in_text
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
PORT_WORDS = _set("port ports seaport seaports harbour harbor puerto puertos hafen haven porto portuaire")
FILLERS = _set(
    "the of in at on for from to and or with who whom is are me my please contact contacts person people someone"
    " anyone somebody number phone telephone email mail call office officer official authority authorities agency"
    " service department administration de la le les du des d l el los las un une a et y e en au aux dans chez pour"
    " para con por qui quien van der den die das und im bei"
)
DUTY = (
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
SPEAKING = _set("speaking speaker speakers speaks speak parlant parlants habla hablante sprachig sprechend")
SPOKEN = _set("speaks speak speaking parle parlant parlent habla hablan in auf spricht")
ANY_HOUR = _set(
    "24 7 24h 24x7 night tonight nuit noche nacht weekend now urgent emergency urgence urgencia maintenant ahora"
)
PHONES = {"francophone": "fr", "anglophone": "en", "lusophone": "pt", "hispanophone": "es", "arabophone": "ar"}
SHORT_WORDS = _set("am an as at be by de do el en et go he if in is it la le me my no of on or so to un we y")


@cache
def kind_words() -> dict[str, frozenset[AuthorityKind]]:
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


@cache
def known_ports() -> dict[str, Port]:
    """The ports that ships call at most, by their spellings: nobody misspells a hamlet."""
    return {name: some[0] for name, some in names_in_text().items() if some[0].known}
