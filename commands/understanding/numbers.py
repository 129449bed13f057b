"""Numbers written as words, in English, French and Spanish, up to 9,999."""

from functools import cache

from storage.reference.text import fold

_EN = [
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
]
_EN_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_FR = [
    "zero",
    "un",
    "deux",
    "trois",
    "quatre",
    "cinq",
    "six",
    "sept",
    "huit",
    "neuf",
    "dix",
    "onze",
    "douze",
    "treize",
    "quatorze",
    "quinze",
    "seize",
    "dix-sept",
    "dix-huit",
    "dix-neuf",
]
_FR_TENS = ["vingt", "trente", "quarante", "cinquante", "soixante"]
_ES = [
    "cero",
    "uno",
    "dos",
    "tres",
    "cuatro",
    "cinco",
    "seis",
    "siete",
    "ocho",
    "nueve",
    "diez",
    "once",
    "doce",
    "trece",
    "catorce",
    "quince",
    "dieciseis",
    "diecisiete",
    "dieciocho",
    "diecinueve",
    "veinte",
    "veintiuno",
    "veintidos",
    "veintitres",
    "veinticuatro",
    "veinticinco",
    "veintiseis",
    "veintisiete",
    "veintiocho",
    "veintinueve",
]
_ES_TENS = ["treinta", "cuarenta", "cincuenta", "sesenta", "setenta", "ochenta", "noventa"]
_ES_HUNDREDS = [
    "ciento",
    "doscientos",
    "trescientos",
    "cuatrocientos",
    "quinientos",
    "seiscientos",
    "setecientos",
    "ochocientos",
    "novecientos",
]
_ABOUT = {
    "half a dozen": 6, "a dozen": 12, "two dozen": 24, "a hundred": 100, "a thousand": 1000, "a couple of": 2,
    "une dizaine de": 10, "une dizaine d": 10, "une douzaine de": 12, "une quinzaine de": 15, "une vingtaine de": 20,
    "une trentaine de": 30, "une quarantaine de": 40, "une cinquantaine de": 50, "une soixantaine de": 60,
    "une centaine de": 100, "un millier de": 1000,
    "media docena de": 6, "una decena de": 10, "una docena de": 12, "una quincena de": 15, "una veintena de": 20,
    "una treintena de": 30, "un centenar de": 100, "un millar de": 1000, "un par de": 2,
}  # fmt: skip


def _english() -> dict[str, int]:
    found = {word: number for number, word in enumerate(_EN)}
    for ten, word in enumerate(_EN_TENS, 2):
        found[word] = ten * 10
        found |= {f"{word}-{_EN[one]}": ten * 10 + one for one in range(1, 10)}
    return found


def _french() -> dict[str, int]:
    found = {word: number for number, word in enumerate(_FR)}
    for ten, word in enumerate(_FR_TENS, 2):
        found[word] = ten * 10
        found[f"{word}-et-un"] = ten * 10 + 1
        found |= {f"{word}-{_FR[one]}": ten * 10 + one for one in range(2, 10)}
    found["soixante-et-onze"] = 71
    found |= {f"soixante-{_FR[one]}": 60 + one for one in range(10, 20)}
    found["quatre-vingts"] = 80
    found |= {f"quatre-vingt-{_FR[one]}": 80 + one for one in range(1, 20)}
    found |= {"septante": 70, "octante": 80, "huitante": 80, "nonante": 90}
    return found


def _spanish() -> dict[str, int]:
    found = {word: number for number, word in enumerate(_ES)}
    for ten, word in enumerate(_ES_TENS, 3):
        found[word] = ten * 10
        found |= {f"{word}-y-{_ES[one]}": ten * 10 + one for one in range(1, 10)}
    return found | {"veintiun": 21, "veintiuna": 21}


def _with_hundreds(
    small: dict[str, int], hundreds: dict[str, int], thousands: tuple[str, ...], joins: tuple[str, ...]
) -> dict[str, int]:
    found = dict(small)
    for word, hundred in hundreds.items():
        found[word] = hundred
        for join in joins:
            found |= {f"{word}{join}{name}": hundred + number for name, number in small.items() if 0 < number < 100}
    for word in thousands:
        found[word] = 1000
        found |= {f"{name}-{word}": number * 1000 for name, number in small.items() if 2 <= number <= 9}
    return found


@cache
def number_words() -> dict[str, int]:
    """Return the numbers by their folded words, hyphens as blanks; those of one, which are articles too, left out."""
    english = {f"{_EN[one]}-hundred": one * 100 for one in range(1, 10)}
    french = {"cent": 100} | {f"{_FR[one]}-cents": one * 100 for one in range(2, 10)}
    french |= {f"{_FR[one]}-cent": one * 100 for one in range(2, 10)}
    spanish = {word: number * 100 for number, word in enumerate(_ES_HUNDREDS, 1)} | {"cien": 100}
    spanish |= {f"{word[:-2]}as": number for word, number in spanish.items() if word.endswith("os")}
    found: dict[str, int] = {}
    for part in (
        _with_hundreds(_spanish(), spanish, ("mil",), ("-",)),
        _with_hundreds(_french(), french, ("mille",), ("-",)),
        _with_hundreds(_english(), english, ("thousand",), ("-", "-and-")),
    ):
        found |= {fold(word.replace("-", " ")): number for word, number in part.items()}
    return {word: number for word, number in found.items() if number > 1}


@cache
def approximate_words() -> dict[str, int]:
    """Return the numbers of "a dozen", "une vingtaine de", "un centenar de"."""
    return _ABOUT
