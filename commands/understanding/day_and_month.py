"""Days without a year: "ETA 24/11", "llega el 3/12", and not "1/3 of the load"."""

import re
from collections.abc import Iterator
from datetime import date, timedelta

from commands.understanding.page import Page

_PAIR = re.compile(r"(?<![\w.,/\-])([0-9]{1,2})/([0-9]{1,2})(?![\w]|[-/.,][0-9])")
# After these a day stands, whatever follows.
_A_DAY = re.compile(
    r"(?<!\w)(?:et[ads]|at[ad]|dated?|arrival|departure|on|since|until|till|due|expected|scheduled|dia|fecha|desde|depuis"
    r"|hasta|prevue?s?|attendue?s?|arrivee?s?|previst[oa]s?|esperad[oa]s?|llegada|salida"
    r"|lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche|lunes|martes|miercoles|jueves|viernes|sabado|domingo"
    r"|(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?)(?: (?:le|du|el|del|the|for|on|para|pour|vers))?"
    r"[ .:,]{1,2}$"
)
# After these stands whatever is counted: "by 1/2", "le 1/3", "del 1/4".
_PERHAPS = re.compile(r"(?<!\w)(?:by|le|les|du|au|el|del|al|before|after|avant|apres|antes del|from|to|of)[ .:]{1,2}$")
_PLACE_BEFORE = re.compile(
    r"(?<!\w)(?:et[ads]|at[ad]|left|loaded|sailed|arrived|discharged|unloaded|landed|charge a|decharge a|cargado en"
    r"|descargado en|depart|arrivee|salida|llegada) [a-z -]{3,24} $"
)
# What moves, or is there, does so on a day: "arrivé à Tema le 1/3".
_MOVES = re.compile(
    r"(?<!\w)(?:arriv\w{0,6}|sail\w{0,3}|left|leav\w{1,3}|depart\w{0,4}|seen|spotted|held|parti\w{0,3}|quitte\w{0,4}"
    r"|vue?s?|retenue?s?|bloque\w{0,2}|saisi\w{0,2}|lleg\w{1,4}|sal(?:e|en|io|ieron|dra\w?)|zarp\w{1,4}|vist[oa]s?"
    r"|retenid[oa]s?|meeting|reunion)(?!\w)"
)
_CLAUSE = re.compile(r"[.;:!?\n]")
# What is whole after a part of it: "1/3 of", "2/3 full", "3/4 de la carga".
_OF_WHAT = re.compile(
    r"(?: |-)(?:of|d'|des?|du|del|full|empty|filled|loaded|damaged|burnt|way|inch|plein\w{0,2}|vides?|rempli\w{0,2}"
    r"|llen[oa]s?|vaci[oa]s?|cargad[oa]s?|parts?|partes|share|tank|the|more|less|done)(?!\w)|\"|''"
)
_TIME = re.compile(
    r"[ -](?:days?|weeks?|months?|hours?|jours?|semaines?|mois|heures?|dias?|semanas?|meses|horas?)(?!\w)"
)
_COMMON = 10
"""The highest denominator of fractions that people write."""
_MONTHS_LAST = 12
_NEAR = timedelta(days=45)
# "gate 20/11", "voy 14/12": numbers of something.
_NUMBERED = re.compile(
    r"(?<!\w)(?:gates?|berths?|rooms?|rows?|no|nr|nos|n°|nº|pages?|photos?|ref|voy|voyage|lots?|units?|box|seal"
    r"|item|porte|quai|rang|salle|unite|plomb|puerta|muelle|sala|fila|foto|precinto|ratio|size|class|classe|clase)"
    r"[ .:]{0,3}$"
)
_BEFORE = 40  # characters that are looked at


def day_of(year: int, month: int, day: int) -> date | None:
    """Return a day, None when there is no such day."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def nearest(month: int, day: int, today: date) -> date | None:
    """Return the day in the year in which it is nearest to today."""
    years = (today.year, today.year - 1, today.year + 1)
    near = [found for year in years if (found := day_of(year, month, day))]
    return min(near, key=lambda found: abs(found - today), default=None)


def days_and_months(page: Page, today: date) -> Iterator[tuple[date, tuple[int, int]]]:
    """Read days before months, in the year that is nearest, where what stands around says that a day is meant."""
    for match in _PAIR.finditer(page.low):
        day, month = int(match[1]), int(match[2])
        found = nearest(month, day, today)
        if found and _is_a_day(page.low, match, near=day > _MONTHS_LAST and abs(found - today) <= _NEAR):
            yield found, match.span()


def _is_a_day(low: str, match: re.Match[str], *, near: bool) -> bool:
    """Say whether a pair of numbers is a day and a month; `near` is one that is hardly anything else."""
    before = low[max(0, match.start() - _BEFORE) : match.start()]
    if _TIME.match(low, match.end()):
        return False  # "ETA 5/6 days"
    perhaps = bool(_PERHAPS.search(before))
    moves = perhaps and bool(_MOVES.search(_CLAUSE.split(before)[-1]))
    said = moves or bool(_A_DAY.search(before) or _PLACE_BEFORE.search(before))
    if int(match[1]) >= int(match[2]):
        return said or perhaps or (near and not _NUMBERED.search(before))
    common = int(match[2]) <= _COMMON
    if _OF_WHAT.match(low, match.end()) and (common or not said):
        return False
    return said or (perhaps and not common)
