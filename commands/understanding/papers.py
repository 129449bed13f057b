"""What papers say: UN numbers, bills of lading, notification numbers, what the goods are declared as."""

import re

from commands.understanding.facts import Doubt, DoubtKind, DoubtSource, FactKind
from commands.understanding.identifiers import CONTAINER_SHAPE
from commands.understanding.page import Language, Page, vocabulary
from commands.understanding.place_names import is_place
from storage.reference.countries import is_country
from storage.reference.text import fold

_NUMBER_SIGN = r"(?:[ \t]{0,2}(?:no|nr|n°|nº|no°|num|numero|number|nos|#))?[ \t.:#°º\-]{0,4}"

_UN = re.compile(rf"(?<![\w.])(un|onu|unno)(?P<sign>{_NUMBER_SIGN})([0-9]{{4}})(?![\w]|[.,/\-][0-9])")
_HIGHEST_UN = 3600  # the list of dangerous goods ends some way below
_NOT_A_SUBSTANCE = re.compile(
    r"[ \t]{1,2}(?:agenda|conference|resolution|report|summit|climate|goals|sdgs?|members?)\b"
)


def find_un_numbers(page: Page) -> None:
    """Record UN numbers of dangerous goods: "UN 2794", "ONU 1993"."""
    for match in _UN.finditer(page.low):
        word, sign, digits = match[1], match["sign"], match[3]
        # "un 2794" is an article before a number in French and Spanish.
        article = word == "un" and not page.plain[match.start() : match.end(1)].isupper()
        if article and sign.strip() == "" and sign and page.language is not Language.ENGLISH:
            continue
        if _NOT_A_SUBSTANCE.match(page.low, match.end()) or not page.free(*match.span()):
            continue
        page.found(FactKind.UN_NUMBER, f"UN{digits}", f"UN {digits}", *match.span(), un_doubt(digits))


def un_doubt(digits: str) -> Doubt | None:
    """Return the doubt about four digits of a UN number: no table is shipped, only its range is known."""
    known = 4 <= int(digits) <= _HIGHEST_UN
    return None if known else Doubt(DoubtKind.UNKNOWN_CODE, (), DoubtSource.NOT_IN_TABLE)


_BILL = re.compile(
    r"(?<![\w/])(?:[hm]?b/ls?|[hm]?bls?|b\.l\.|bol|bills? of lading|(?:sea )?waybill|connaissements?"
    r"|conocimientos? de embarque|conocimientos?|lettres? de voiture)" + _NUMBER_SIGN + r"(?=[a-z0-9])"
)
_GROUP = re.compile(r"[A-Za-z0-9]{1,20}")
_CARRIERS = "maeu|mscu|medu|hlcu|cmdu|cosu|oolu|oney|zimu|eglv|ymlu|hdmu|whlc|sudu|anln|aclu|pcsl"
_BARE_BILL = re.compile(rf"(?<![\w])(?:{_CARRIERS})(?:[a-z]{{1,3}}[0-9]{{6,9}}[a-z0-9]{{0,3}}|[0-9]{{8,10}})(?![\w])")
_LONGEST_BILL, _MOST_GROUPS = 20, 5
_FEWEST_DIGITS = 4


def find_bills_of_lading(page: Page) -> None:
    """Record the numbers of bills of lading that are called so, and those that carriers' codes begin."""
    for match in _BILL.finditer(page.low):
        end, number = _bill_after(page, match.end())
        if number and page.free(match.start(), end):
            page.found(FactKind.BILL_OF_LADING, number, number, match.start(), end)
    for match in _BARE_BILL.finditer(page.low):
        number = match.group().upper()
        if page.free(*match.span()) and not CONTAINER_SHAPE.fullmatch(number):
            doubt = Doubt(DoubtKind.GUESSED, (), DoubtSource.NOT_INTRODUCED)
            page.found(FactKind.BILL_OF_LADING, number, number, *match.span(), doubt)


def _bill_after(page: Page, position: int) -> tuple[int, str]:
    """Return end and number of the bill of lading that begins there; no number when there is none."""
    number, end = "", position
    for _ in range(_MOST_GROUPS):
        group = _GROUP.match(page.plain, position)
        if group is None:
            break
        text = group.group()
        digits = sum(c.isdigit() for c in text)
        if number and (
            not (digits or text.isupper())
            or len(number) + len(text) > _LONGEST_BILL
            # A whole number is not continued by a word, another number's letters or an amount.
            or (is_bill(number) and (digits < len(text) or len(text) < 3))
        ):
            break
        number, end = number + text.upper(), group.end()
        if page.low[end : end + 1] not in {" ", "-", "/"}:
            break
        position = end + 1
    return (end, number) if is_bill(number) else (position, "")


def is_bill(number: str) -> bool:
    """Say whether capitals and digits are as long, and have as many digits, as numbers of bills of lading."""
    return 6 <= len(number) <= _LONGEST_BILL and sum(c.isdigit() for c in number) >= _FEWEST_DIGITS


_NOTIFICATION = re.compile(
    r"(?<![\w])(?P<annex>glw[. \-]{0,2})?(?P<land>[a-z]{2})[ \-/.]?(?P<digits>(?:[0-9][ /\-.]?){9}[0-9])i?"
    r"(?:[.](?P<movement>[0-9]{6}))?(?![\w]|[.,/\-][0-9])"
)
_SAYS_SO = re.compile(
    r"(?:notif\w{0,12}|movement|mouvement|movimiento|annex\w{0,2}|anexo|vii|tfs|ref\w{0,9}|document\w{0,2}|no|n°|nº)"
    r"[ .:°º#]{0,3}$"
)
_OTHER_NUMBER = re.compile(
    r"(?:vat|tva|btw|iva|nif|cif|iban|tax|tel\w{0,6}|phone|fax|mobile|eori|siret|rut|ruc)\W{0,3}(?:is|no|est|es)?\W{0,3}$"
)


def find_notifications(page: Page) -> None:
    """Record notification numbers, those of movement documents and of Annex VII documents."""
    for match in _NOTIFICATION.finditer(page.low):
        land = match["land"].upper()
        before = page.low[max(0, match.start() - 18) : match.start()]
        if not is_country(land) or _OTHER_NUMBER.search(before) or not page.free(*match.span()):
            continue
        introduced = bool(match["annex"] or match["movement"] or _SAYS_SO.search(before))
        upper = page.plain[match.start("land") : match.end("land")].isupper()
        glued = page.low[match.end("land")].isdigit()
        if not introduced and (not upper or (page.shouting and not glued)):
            continue
        number = _notification_of(match)
        doubt = None if introduced or glued else Doubt(DoubtKind.GUESSED, (), DoubtSource.NOT_INTRODUCED)
        page.found(FactKind.NOTIFICATION, number, number, *match.span(), doubt)


def _notification_of(match: re.Match[str]) -> str:
    digits = re.sub(r"[^0-9]", "", match["digits"])
    movement = f".{match['movement']}" if match["movement"] else ""
    return f"{'GLW.' if match['annex'] else ''}{match['land'].upper()}{digits}{movement}"


def notification(text: str) -> str | None:
    """Return the number that a single value is ("be 0003 012345"); None when it is none."""
    match = _NOTIFICATION.fullmatch(fold(text))
    return _notification_of(match) if match and is_country(match["land"].upper()) else None


_DECLARED = re.compile(
    r"(?<!\w)(?:(?:mis|miss?-|wrongly |falsely )?declared (?:as|to be)|(?:described|manifested)"
    r"(?: (?:on|in) (?:the )?[a-z]{2,12})? as|manifest (?:says|reads)"
    r"|declaree?s? (?:comme|sous(?: (?:le nom|la designation|l'appellation) d[eu'])?|en tant que)"
    r"|(?:mal )?declarad[oa]s? (?:como|bajo)|declaran? como|manifestad[oa]s? como|manifest(?=:? ?[\"“])"
    r"|declares? (?:them |it )?as|(?P<bare>declared|declaree?s?|declarad[oa]s?)(?=[ :]))"
    r"[ \t:]{0,3}(?P<quote>[\"«“'‘]?)[ \t]{0,2}"
)
_CLOSING = {'"': '"', "«": "»", "“": "”", "'": "'", "‘": "’"}
_WORD = re.compile(r"[^\s,;:()\[\]\"«»“”!?]{1,40}")
# Where a description without quotation marks ends.
_ENDS = vocabulary(
    """but from to via at on with and then seen found held loaded bound going destined consigned exported shipped into
    yesterday today tomorrow is was are were actually really container in weight hs un ewc code codes under which while
    mais depuis vers via par vu vue chez dans avec sur pour alors destine destination provenance en au aux conteneur sh
    pero desde hacia via visto hallado con para dentro aunque segun destino procedente contenedor sobre que realidad"""
)
_LONGEST_DECLARED = 12  # words
# "declared aluminium scrap", but not "declared by the agent" or "not declared".
_NOT_GOODS = vocabulary(
    """value weight quantity contents content cargo goods load by before after under without correctly falsely
    incorrectly wrongly properly that it them this these the a an not and or for of over out against near having he she
    i we you they origin destination port nothing none anything everything all missing
    pour contre origine ports il elle ils elles nous je rien tout por para contra origen destino puerto nada todo
    valeur poids quantite contenu marchandise cargaison par avant apres sans que le la les un une non pas et ou hier
    valor peso cantidad contenido mercancia carga antes despues sin el los las una no y o ayer"""
)
# "not declared", "destination declared: Tema", "the driver declared ...".
_NOT_DECLARED = re.compile(
    r"(?:not|never|non|pas|no|sin|nunca|jamais|n't|un|port|ports|puerto|destination|destino|origin|origine|origen|consignee"
    r"|shipper|exporter|importer|receiver|sender|value|valeur|valor|weight|poids|peso|driver|agent|captain|master|crew|he|she"
    r"|they|owner|pays|pais|country|destinataire|consignatario|expediteur|chauffeur|conductor)[ -]$"
)
_LONGEST_BARE = 4  # words


def find_declared(page: Page) -> None:
    """Record what the papers call the goods: up to the next mark, code or change of subject."""
    for match in _DECLARED.finditer(page.low):
        start = match.end()
        if match["quote"]:
            closing = page.low.find(_CLOSING[match["quote"]], start, start + 200)
            end = max(start, closing)
            if end > start and page.free(start, end):
                _record_declared(page, start, end)
            continue
        end = _description_end(page, start)
        if not match["bare"] or _is_description(page, match, end):
            _record_declared(page, start, end)


def _is_description(page: Page, match: re.Match[str], end: int) -> bool:
    """Say whether what follows a mere "declared" is what the goods are called."""
    words = page.low[match.end() : end].split()
    before = page.low[max(0, match.start() - 16) : match.start()]
    if not words or words[0][:1].isdigit() or _NOT_DECLARED.search(before) or _names_a_place(words):
        return False
    return ":" in match.group() or (len(words) <= _LONGEST_BARE and words[0] not in _NOT_GOODS)


def _names_a_place(words: list[str]) -> bool:
    few = words[:_LONGEST_BARE]
    return any(is_place(" ".join(few[start:end])) for end in range(1, len(few) + 1) for start in range(end))


def _description_end(page: Page, start: int) -> int:
    position = end = start
    for _ in range(_LONGEST_DECLARED):
        word = _WORD.match(page.low, position)
        if word is None:
            break
        text = word.group().rstrip(".")
        if not text or text in _ENDS or not page.free(word.start(), word.end()):
            break
        end = word.start() + len(text)
        if len(text) < len(word.group()) or page.low[word.end() : word.end() + 1] not in {" ", "\t"}:
            break
        position = word.end() + 1
    return end


def _record_declared(page: Page, start: int, end: int) -> None:
    shown = page.written(start, end).strip(" .'")
    if len(shown) >= 3 and any(c.isalpha() for c in shown):
        page.found(FactKind.DECLARED, fold(shown).upper(), shown, start, end)
