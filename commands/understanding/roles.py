"""The words that say what a place is to a shipment, in English, French and Spanish."""

from dataclasses import dataclass
from enum import Enum
from functools import cache

from commands.understanding.facts import PlaceRole
from commands.understanding.page import Language, Page, vocabulary
from storage.reference import countries, ports


class Strength(Enum):
    """How surely a place follows a word."""

    SURE = 3  # "destined for", "from", "port of"
    USUAL = 2  # "in", "à": a place follows more often than not
    WEAK = 1  # "de": belongs to nearly everything


@dataclass(frozen=True, slots=True)
class Lead:
    """What stands before a place."""

    role: PlaceRole | None
    strength: Strength
    port: bool  # "port of" stands there
    start: int  # index of its first token


_ORIGIN, _TRANSIT, _DESTINATION, _SEEN = (
    PlaceRole.ORIGIN,
    PlaceRole.TRANSIT,
    PlaceRole.DESTINATION,
    PlaceRole.SEEN,
)

_SURE = {
    _ORIGIN: """from; ex; origin; country of origin; port of origin; pol; load port; port of loading; loading port;
        country of export; country of dispatch; state of export; exported by; originating in;
        left; departed; sailed from; coming from; came from; exporter; shipper; sender;
        en provenance de; en provenance du; en provenance des; en provenance d; provenance; provenant de;
        provenant du;
        provenant des; provenant d; depuis; au depart de; au depart du; au depart d; depart; parti de; partie de;
        charge a; charges a; charge au; origine; pays d origine; port de chargement; venant de; venant du; venant d;
        part de; part du; part d; partira de; partira du; quitte; quittant; expediteur; exportateur;
        venu de; vient de; vient du; vient d; exporte de; exporte du; exporte d;
        sale de; sale del; salio de; salieron de; zarpo de; zarpa de; viene de; vienen de; exportador; expedidor;
        procede de; proceden de;
        procedente de; procedentes de; procedente del; proveniente de; provenientes de; proveniente del; desde;
        origen;
        pais de origen; puerto de carga; puerto de origen; cargado en; cargados en; embarcado en; salido de""",
    _DESTINATION: """to; into; towards; destined for; destined to; bound for; bound to; headed for; headed to;
        heading for; heading to; en route to; en route for; on its way to; destination; country of destination;
        country of import; state of import; port of destination; pod; port of discharge; discharge port; eta;
        arriving; due; consignee; importer; receiver; discharging at; discharging in; consigned to; onward to;
        intended for; shipped to;
        a destination de; a destination du; a destination des; a destination d; destination finale; destine a;
        destine au; destinee a; destines au; destines a; destines aux; vers; pays de destination;
        port de destination; port de dechargement; en route pour; en route vers; jusqu a; jusqu au; expedie a;
        expedie au; destinataire; importateur;
        hacia; con destino a; con destino al; con destino en; con destino; con rumbo a; rumbo a; destino;
        destino final;
        importador; consignatario; destinatario; llega a; llegara a; llegada a;
        destinado a; destinados a; pais de destino; puerto de destino; puerto de descarga; dirigido a; hasta""",
    _TRANSIT: """via; transhipped; transshipped; calls; calls at; through; transit; transit port;
        transit country; in transit at; in transit in; in transit through;
        in transit via; transiting; transiting through; transhipped at; transhipped in; transshipped at;
        transshipped in; transhipment at; transhipment in; transhipment; transshipment at; transshipment in;
        transshipment; calling at; stopover in; stopover at;
        en transit par; en transit a; en transit au; en transit via; en transit dans; transitant par; transite par;
        transborde a; transborde au; transbordement a; transbordement au;
        passant par; escale a; escale au; port de transit;
        en transito por; en transito en; en transito; transito por; transito; transbordado en; transbordo en;
        transbordo; escala en; haciendo escala en; pasando por""",
    _SEEN: """seen at; seen in; seen; found at; found in; held at; held in; detained at; detained in; discovered at;
        discovered in; arrived; reported at; intercepted at; intercepted in; inspected at; inspected in;
        stopped at; stopped in; arrived at; arrived in; seized at; seized in; located at; located in;
        docked at; docked in; berthed at; moored at;
        spotted at; spotted in; location; place;
        vu a; vu au; vu en; vus a; trouve a; trouve au; trouve en; retenu a; retenu au; bloque a; bloque au;
        saisi a; saisi au; decouvert a; decouvert au; decouvert en; intercepte a; intercepte au; arrive a; arrive au;
        lieu; observe a; observe au;
        visto en; vistos en; vista en; hallado en; encontrado en; detenido en; retenido en; interceptado en;
        inmovilizado en; llegado a; llego a; llegaron a; descubierto en; lugar; ubicacion""",
}
_USUAL = {
    _SEEN: """at; in; near; off; anchored off; alongside; inside; outside; en; dans; pres de; cerca de; frente a;
        au large de; au large d; au large du; en el muelle de; en el muelle sur de; en el muelle norte de""",
    _DESTINATION: "for; pour; para",
    _TRANSIT: "par; por",
}
_TABLE: dict[tuple[str, ...], tuple[PlaceRole, Strength]] = {
    tuple(phrase.split()): (role, strength)
    for strength, table in ((Strength.USUAL, _USUAL), (Strength.SURE, _SURE))
    for role, phrases in table.items()
    for phrase in phrases.split(";")
}
_LONGEST = max(map(len, _TABLE))
_LAST_WORDS = frozenset(phrase[-1] for phrase in _TABLE)

_DE = vocabulary("de du des d del")
_A = vocabulary("a au aux al")
_FROM = vocabulary("de du d des depuis from")
_ARTICLES = vocabulary("the le la les l el los las our your")
_PORTS = vocabulary("port ports seaport harbour harbor puerto puertos terminal anchorage rade quai muelle")
_OF = _DE | {"of"}

# "the customs of Ghana", "la douane de Tema": the place belongs to somebody, nothing moves.
_BODIES = vocabulary(
    """autorite autorites douane douanes police ministere agence ville gouvernement republique ambassade capitainerie
    region gendarmerie prefecture bureau capitale inspection inspecteurs collegues consulat
    autoridad autoridades aduana aduanas policia ministerio agencia ciudad gobierno republica embajada capitania
    inspeccion inspectores colegas bandera pabellon pavillon drapeau norte sur nord sud est ouest este oeste
    golfe golfo baie bahia cote costa mer mar loi ley"""
)
# "registered in Panama", "returned to Belgium", "flag of Liberia": no leg of this journey.
_NO_LEG = vocabulary(
    """registered registree enregistre registrado registrada based returned return returning back belonging according
    linked related company firm offices flagged incorporated known similar due pertenece renvoye renvoi retour retourne
    refuse refusee refused refuses rejected by signe signee signed informe accuse envoye saisi rechazado rechazada
    firmado informado enviado
    devuelto devuelta devolucion basee base societe entreprise empresa compared reported report thanks"""
)
_ROLE_NEAR = {
    _ORIGIN: """loaded loading exporter shipper notifier stuffed seller generator expediteur exportateur charge charges
        embarque notifiant exportador expedidor cargado cargados embarcado notificador vendedor origin originated""",
    _DESTINATION: """consignee importer receiver buyer discharge discharged unload unloaded unloading arriving due
        expected
        destinataire importateur dechargement decharge decharger attendu attendus attendue prevu prevue acheteur
        consignatario importador descarga descargado descargar esperado prevista previsto comprador destinatario
        delivery delivered arrives arrive arrivera arriving llegara llega""",
    _TRANSIT: """transhipped transshipped transhipment transshipment transit stopover escale transborde transbordement
        transbordo transbordado transito escala relay""",
}
_NEAR = {word: role for role, words in _ROLE_NEAR.items() for word in words.split()}
_LOOK_BACK = 3


def _joined(page: Page, index: int) -> bool:
    """Say whether a token and the next one are of one phrase: only blanks, apostrophes, hyphens or a colon between."""
    gap = page.low[page.tokens[index].end : page.tokens[index + 1].start]
    return len(gap) <= 4 and not gap.strip(" \t'-:(\"«“=")


def lead_of(page: Page, index: int) -> Lead | None:
    """Return what introduces the place that begins with the token `index`; None when nothing does."""
    return _lead_of(page, _owner(page, index))


def _owner(page: Page, index: int) -> int:
    """Return the first token of the company whose place this is ("Exporter: Metals BV, Moerdijk"), else the token."""
    start = page.tokens[index].start
    for end in range(start - 1, max(-1, start - 4), -1):
        if end in page.names and not page.low[end:start].strip(" ,("):
            return page.token_before(page.names[end]) + 1
    return index


def _lead_of(page: Page, index: int) -> Lead | None:
    tokens = page.tokens
    at = index  # first token of what was read so far
    port = False
    for _ in range(4):
        if at < 1 or not _joined(page, at - 1):
            break
        word = tokens[at - 1].text
        if word in _ARTICLES:
            at -= 1
        elif word in _PORTS:
            at, port = at - 1, True
        elif word in _OF and at > 1 and tokens[at - 2].text in _PORTS and _joined(page, at - 2):
            # "port of loading: Rotterdam" and "port of Rotterdam" are told apart by the table below.
            at, port = at - 2, True
        else:
            break
    # "port of loading: Rotterdam" is read from the place itself, "in the port of Rotterdam" from before the port.
    near, far = _role_before(page, index), _role_before(page, at) if at < index else None
    found = near if near and near[0] else far or near
    if port and (found is None or found[0] is None):
        return Lead(None, Strength.SURE, port=True, start=at)
    return Lead(found[0], found[1], port, found[2]) if found else None


def _before(page: Page, index: int, most: int) -> list[int]:
    """Return the tokens before `index` that are of one phrase with it, the nearest first; dates are passed over."""
    found: list[int] = []
    at = index
    while at > 0 and len(found) < most and _joined(page, at - 1):
        at -= 1
        if page.timeless(page.tokens[at].start):
            found.append(at)
        elif index - at > 3 * most:
            break
    return found


def _role_before(page: Page, index: int) -> tuple[PlaceRole | None, Strength, int] | None:
    tokens = page.tokens
    before = _before(page, index, _LONGEST)
    if not before:
        return None
    last = tokens[before[0]].text
    if last in _LAST_WORDS:
        for length in range(len(before), 0, -1):
            phrase = tuple(tokens[at].text for at in reversed(before[:length]))
            if known := _TABLE.get(phrase):
                return _refined(page, before[length - 1], known[0], known[1], short=length == 1)
    if last in _A:
        accented = page.written(tokens[before[0]].start, tokens[before[0]].end).lower() == "à"
        if last == "a" and not accented and page.language is Language.ENGLISH:
            return None
        spanish = not accented and (last == "al" or page.language is Language.SPANISH)
        role = _DESTINATION if spanish or _origin_before(page, before[0]) else _SEEN
        return _refined(page, before[0], role, Strength.USUAL, short=True)
    if last in _DE:
        body = tokens[before[1]].text if len(before) > 1 else ""
        if body in _BODIES or body in _PORTS or _after_company(page, before[0]):
            return None, Strength.WEAK, before[0]
        return _refined(page, before[0], _ORIGIN, Strength.WEAK, short=False)
    return None


def _after_company(page: Page, index: int) -> bool:
    start = page.tokens[index].start
    return any(end in page.names for end in range(max(0, start - 2), start + 1))


def _refined(
    page: Page, index: int, role: PlaceRole, strength: Strength, *, short: bool
) -> tuple[PlaceRole | None, Strength, int]:
    """Take account of the words just before the phrase that begins at `index`: "consignee in", "returned to"."""
    for at in _before(page, index, _LOOK_BACK):
        word = page.tokens[at].text
        if word in _NO_LEG and short:
            return None, strength, index
        if short and role in {_SEEN, _DESTINATION} and _has_arrived(page, at):
            return _SEEN, strength, index
        if role is _SEEN and short and word in _NEAR:
            return _NEAR[word], strength, index
    return role, strength, index


def _has_arrived(page: Page, at: int) -> bool:
    """Say whether a token speaks of an arrival that is over: "arrivé ce matin à", "llegó el lunes a"."""
    token = page.tokens[at]
    if token.text in {"llego", "llegaron", "llegado", "arrived"}:
        return True
    return token.text.startswith("arrive") and page.written(token.start, token.end).lower().startswith("arrivé")


def _origin_before(page: Page, index: int) -> bool:
    """Say whether the sentence speaks of an origin before a token: "de Rotterdam à Tema" against "vu à Tema"."""
    for back in range(1, 7):
        at = index - back
        if at < 0 or page.low[page.tokens[at].end : page.tokens[at + 1].start].strip(" '-(),"):
            return False
        follows = page.tokens[at + 1].text
        if page.tokens[at].text in _FROM and (follows in _ARTICLES or follows in _PORTS or follows in _first_words()):
            return at == 0 or page.tokens[at - 1].text not in _BODIES | _PORTS
    return False


@cache
def _first_words() -> frozenset[str]:
    names = [name for name, some in ports.names_in_text().items() if some[0].known]
    return frozenset(name.split()[0] for name in [*names, *countries.names_in_text()])
