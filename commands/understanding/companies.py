"""Companies, by the legal form that ends their names."""

import re

from commands.understanding.facts import Doubt, DoubtKind, DoubtSource, FactKind
from commands.understanding.page import Page, vocabulary
from commands.understanding.place_names import is_place
from storage.reference.text import key

# Letters with points between them are tokens of one letter each: "S.A.R.L." ends with s, a, r, l.
_FORM = re.compile(
    r"(?<!\w)(?:\(pty\) ltd|pty\.? ltd|pte\.? ltd|co\.?,? ltd|company limited"
    r"|s\.?a\.? de c\.?v|s\. ?a\. ?r\. ?l|s\.a\.s|s\.r\.l"
    r"|s\.p\.a|s\.a\.c|s\.l\.u|s\.a|s\.l|b\.v|n\.v|c\.a|e\.i\.r\.l|d\.o\.o|ltd|limited|ltda|llc|llp|inc|corp|plc|gmbh|ohg"
    r"|sarl|sarlu|suarl|sas|sasu|eurl|sprl|srl|spa|sac|eirl|slu|sl|sa|bv|nv|bvba|ab|oy|aps|sro|doo|gie|lda|fze|fzco|fzc"
    r"|dmcc|jsc|ooo|kft|pvt\.? ltd|sdn\.? bhd)(?![\w])\.?"
)
# Words too, or parts of other names: only in capitals, and after a word with a capital.
_SHORT = vocabulary("sa sl ab nv oy spa sas inc corp limited bv sac doo")
_INSIDE = vocabulary("& and et y e de del du des des van der den von la las los le les da do of the")
_BEFORE = vocabulary(
    """invoice bill letter contract facture lettre contrat factura carta contrato
    shipper consignee exporter importer owner notifier notify party seller buyer company firm sender receiver broker
    carrier forwarder agent supplier customer declarant by from to for at the is and or with via
    expediteur destinataire exportateur importateur societe entreprise transitaire notifiant proprietaire chez par a
    pour est transporteur
    exportador importador empresa consignatario remitente destinatario sociedad compania notificante por a para es con
    transportista container conteneur contenedor vessel ship navire buque"""
)
# "Ets Diallo", "Sarl Casbah Import": in French the form may stand first.
_FORM_FIRST = re.compile(r"(?<!\w)(?:ets|etablissements?|ste|sarl|suarl|eurl|sasu)\.?[ ](?=[^\W_])")
_MOST_WORDS = 6
_SPACE = re.compile(r"[ \t]{1,2}|[ \t]?[&\-'’/+][ \t]?|\. ")


def find_companies(page: Page) -> None:
    """Record companies: "Green Metal Trading Ltd", "Récup'Auto S.A.R.L."."""
    for match in _FORM.finditer(page.low):
        form = match.group().replace(".", "").replace(" ", "")
        written = page.plain[match.start() : match.end()]
        if form in _SHORT and not (written[0].isupper() or not page.free(*match.span())):
            continue
        start = _start_of_name(page, match.start())
        if start is None or not page.free(start, match.end()):
            continue
        shown = page.written(start, match.end()).rstrip(".,")
        value = company_value(shown)
        doubt = Doubt(DoubtKind.GUESSED, (), DoubtSource.NOT_INTRODUCED) if page.shouting else None
        page.names[match.end()] = start
        page.found(FactKind.COMPANY, value, shown, start, match.end(), doubt)

    for match in _FORM_FIRST.finditer(page.low) if not page.shouting else ():
        # "Ste Marie" is a saint.
        if match.group().startswith("ste") and "é" not in page.written(*match.span()).lower():
            continue
        end = _end_of_name(page, match.end())
        if end > match.end() and page.free(match.start(), end):
            shown = page.written(match.start(), end)
            page.names[end] = match.start()
            page.found(FactKind.COMPANY, company_value(shown), shown, match.start(), end)


def _end_of_name(page: Page, start: int) -> int:
    """Return where the name that begins at `start` ends; `start` when no word there looks like one."""
    tokens = page.tokens
    first = page.token_before(start) + 1
    end = start
    named = False
    for index in range(first, min(len(tokens), first + _MOST_WORDS)):
        token = tokens[index]
        if index > first and not _SPACE.fullmatch(page.low, tokens[index - 1].end, token.start):
            break
        capital = page.plain[token.start].isupper()
        if not page.free(token.start, token.end) or not (capital or token.text in _INSIDE):
            break
        if capital and not (is_place(token.text) and (named or index == first)):
            end, named = token.end, True
    return end


def _start_of_name(page: Page, form: int) -> int | None:
    """Return where the name that ends before `form` begins; None when there is none."""
    index = page.token_before(form)
    start, right = None, form
    words = 0
    for _ in range(2 * _MOST_WORDS):
        if index < 0 or words == _MOST_WORDS:
            break
        token = page.tokens[index]
        gap = page.low[token.end : right].rstrip(",(") if right == form else page.low[token.end : right]
        if not _SPACE.fullmatch(gap) and not (right == form and gap in {"", " ", ", "}):
            break
        capital = page.plain[token.start].isupper() or token.text.isdigit()
        if token.text in _BEFORE and (not capital or start is not None):
            break
        if token.text in _INSIDE and not capital:
            right, index = token.start, index - 1
            continue
        if not capital or not page.free(token.start, token.end):
            break
        start, right = token.start, token.start
        words += 1
        index -= 1
    return start


def company_value(name: str) -> str:
    """Return the name of a company in the form that names are compared by: words in capitals, no points."""
    return key(name.replace(".", "")).upper()
