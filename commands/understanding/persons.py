"""Persons' names, so that they are taken for nothing else: many are names of ports and countries too."""

from commands.understanding.page import Page, vocabulary
from storage.reference import ports

_TITLES = vocabulary(
    """mr mrs ms miss mister sir madam dr prof professor captain capt officer inspector insp sergeant sgt lieutenant
    colonel ambassador commissioner detective superintendent constable
    mme mlle monsieur madame mademoiselle maitre inspecteur inspectrice capitaine commandant lieutenante commissaire
    docteur ambassadeur
    sr sra srta senor senora senorita don dona doctor doctora inspectora capitan comandante sargento teniente
    comisario comisaria embajador embajadora licenciado licenciada ingeniero ingeniera"""
)
# These only with a capital of the name just after: "agent Dominique", "mi colega Jean".
_RELATIONS = vocabulary(
    """colleague agent driver friend named called
    collegue chauffeur conducteur conductrice ami appelle nomme prenomme agente colega conductor conductora chofer
    llama llamado llamada amigo"""
)
_NAMES_SELF = {"llamo": {"me"}, "appelle": {"m"}, "is": {"name"}}
# Who speaks: "its Anna Bergen from Aarhus" is no journey.
_SPEAKS = vocabulary("its im am habla soy ici suis")
_THIS_IS = {"is": {"this", "here"}, "est": {"c"}, "s": {"it"}}
_GIVEN = vocabulary(
    """abdul abdou ahmed aisha akua alain alberto alejandro alexander alexandre ali alice amadou ama amina ana andre
    andrea angel anna anne antoine antonio awa ben bernard bruno carlos carmen carolina catherine cecilia chad
    charles charlotte chantal christine christophe claire claude daniel david diego dominic dominique edith
    eduardo efua elena elizabeth emma emmanuel enrique eric esther eva fatima fatou felipe felix fernando
    florence francis francisco franck francois frank gabriel george georges georgia gerard gloria grace
    guillermo hannah hans hassan helen helene henri henry hugo ibrahim ines isabel isabelle ivan jack jacques
    jaime james jan jane javier jean jennifer jerome joan john jordan jorge jose joseph juan juana julia julie
    julien karen karim kevin klaus kofi koffi kwame kwesi laura laurent leon lorenzo louis louise lucia lucie
    luis luisa madeleine manuel marc marcel marco margaret maria mariam marie marina mario mark martin mary
    mateo maurice mercedes michael michel miguel mohamed mohammed moussa musa nadia nana natalia nathalie
    nicolas nicole olivier omar oscar osei oumar pablo paris patricia patrick paul paula paulo pedro peter
    philip philippe pierre pilar rafael ramon raul rebecca rene ricardo richard robert roberto rosa roberta
    salvador samuel sandra santiago sara sarah sergio simon sofia sophie stephane stephen susan sydney sylvie
    teresa theo thomas tom valeria vera vicente victor victoria vincent william yao yves"""
)
# What makes a given name a place after all: "Santiago port", "Victoria customs".
_OF_PLACES = vocabulary(
    """port ports harbour harbor terminal customs police airport office authority bay island islands city state douane
    aduana puerto river region province falls"""
)
_MOST_WORDS = 4


def names_a_person(text: str) -> bool:
    """Whether a text seems to name a person, such as "Mr Jan Example" or "driver Kofi"."""
    page = Page(text)
    return any(_name_at(page, index)[1] for index in range(len(page.tokens)))


def claim_persons(page: Page) -> None:
    """Keep what is a person's name from being read: nothing is recorded of it."""
    index = 0
    tokens = page.tokens
    while index < len(tokens):
        first, person = _name_at(page, index)
        if not person:
            index += 1
            continue
        last = _last_word(page, first)
        if last >= first and page.free(tokens[index].start, tokens[last].end):
            page.claim(tokens[first].start, tokens[last].end)
            if _speaks(page, index):
                page.speakers.add(last)
            index = _claim_others(page, last) + 1
        else:
            index += 1


def _speaks(page: Page, index: int) -> bool:
    """Say whether who is named at a token speaks: "this is Anna Bergen"."""
    before = [token.text for token in page.tokens[max(0, index - 2) : index]]
    if not before:
        return False
    return before[-1] in _SPEAKS or (len(before) > 1 and before[0] in _THIS_IS.get(before[-1], ()))


def _name_at(page: Page, index: int) -> tuple[int, bool]:
    """Return the index of the first word of a name that a token begins or introduces."""
    tokens = page.tokens
    token = tokens[index]
    following = index + 1 < len(tokens) and _capital(page, index + 1) and _close(page, index)
    title = token.text in _TITLES or (
        token.text == "m" and page.plain[token.start] == "M" and page.low[token.end : token.end + 1] == "."
    )
    if title and following:
        # "SR PBM" is Paramaribo.
        return index + 1, not ports.is_locode((token.text + tokens[index + 1].text).upper())
    if token.text in _NAMES_SELF and following and not page.shouting:
        # "me llamo Rosario Vigo", "my name is Tema Boateng"
        before = tokens[index - 1].text if index else ""
        return index + 1, before in _NAMES_SELF[token.text] and page.low[token.end : tokens[index + 1].start] == " "
    if token.text in _RELATIONS and not page.shouting:
        # "called: Tema", "agent in Callao": not by itself.
        return index + 1, following and page.low[token.end : tokens[index + 1].start] == " " and (
            tokens[index + 1].text in _GIVEN
        )
    if token.text in _GIVEN and _capital(page, index) and not page.shouting and following:
        gap = page.low[token.end : tokens[index + 1].start]
        introduced = index > 0 and tokens[index - 1].text in {"port", "puerto", "san", "santa", "saint", "mv"}
        return index, gap in {" ", "-", ". "} and tokens[index + 1].text not in _OF_PLACES and not introduced
    return index, False


def _capital(page: Page, index: int) -> bool:
    return page.plain[page.tokens[index].start].isupper()


def _close(page: Page, index: int) -> bool:
    gap = page.low[page.tokens[index].end : page.tokens[index + 1].start]
    return len(gap) <= 2 and not gap.strip(" .-'")


def _last_word(page: Page, first: int) -> int:
    tokens = page.tokens
    last = first
    most = 2 if page.shouting else _MOST_WORDS
    while last + 1 < len(tokens) and last - first + 1 < most and _capital(page, last + 1):
        gap = page.low[tokens[last].end : tokens[last + 1].start]
        initial = len(tokens[last].text) == 1 and gap == ". "
        if gap not in {" ", "-", "'"} and not initial:
            break
        last += 1
    return last


def _claim_others(page: Page, last: int) -> int:
    """Claim who is named beside a person: "Ambassador Austin and Sydney"; return the last token of it."""
    tokens = page.tokens
    if last + 2 >= len(tokens) or tokens[last + 1].text not in {"and", "et", "y", "or", "ou", "o"} or page.shouting:
        return last
    other = last + 2
    following = tokens[other + 1].text if other + 1 < len(tokens) else ""
    beside = page.low[tokens[last].end : tokens[other].start].strip(" ") == tokens[last + 1].text
    if beside and tokens[other].text in _GIVEN and _capital(page, other) and following not in _OF_PLACES:
        end = _last_word(page, other)
        page.claim(tokens[other].start, tokens[end].end)
        return end
    return last
