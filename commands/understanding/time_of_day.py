"""Times of day as people write them beside a date: "at 14:30", "14h20", "0830 hrs", "8 pm"."""

import re

_CLOCK = (
    r"(?:(?P<hour>[01]?[0-9]|2[0-3])(?:[:.]|[ ]?h[ ]?)(?P<minute>[0-5][0-9])(?:[ ]?(?P<half>[ap])\.?m\b\.?)?"
    r"|(?P<hour2>[01]?[0-9]|2[0-3])[ ]?(?:h(?:rs|ours|eures|oras)?|(?P<half2>[ap])\.?m\b\.?)(?![\w])"
    r"|(?P<hour3>[01][0-9]|2[0-3])(?P<minute3>[0-5][0-9])[ ]?(?:h(?:rs|ours)?|lt|utc|gmt|z)(?![\w]))"
)
_AT = r"(?:at|around|about|round|approx\.?|by|@|a|as|vers|vers les|a las|a la|hacia las|sobre las)"
TIME_AFTER = re.compile(rf"[ ,;(]{{1,3}}(?:{_AT}[ ])?(?:the[ ])?{_CLOCK}(?![\w]|[.,:/\-][0-9])")
TIME_BEFORE = re.compile(
    rf"(?<![\w.,:/\-])(?:{_AT}[ ])?{_CLOCK}(?:[ ]?(?:hrs|lt|utc|gmt))?[ ,]{{1,2}}(?:on |the |le |el |du |del )?$"
)
TIME_ALONE = re.compile(rf"(?<!\w)(?:at|around|round|vers|a las|sobre las|hacia las)[ ]{_CLOCK}(?![\w]|[.,:/\-][0-9])")
# "19/11/2026 0720 from Izmir": four digits beside a date written in digits.
_BARE_TIME = re.compile(
    r"[ ,]{1,2}([01][0-9]|2[0-3])([0-5][0-9])"
    r"(?=[ ]?(?:[;,.)\n]|$|(?:from|at|in|to|on|by|via|off|de|a|au|en|desde|por|par)\b))"
)
_WITHOUT_YEAR = len("1/1/26")  # a shorter date has none


def time_of(match: re.Match[str]) -> str:
    """Return hour and minute of a match of one of these expressions, "08:30"."""
    if "hour" not in match.re.groupindex:
        return f"{match[1]}:{match[2]}"
    hour = int(match["hour"] or match["hour2"] or match["hour3"])
    minute = int(match["minute"] or match["minute3"] or 0)
    half = match["half"] or match["half2"]
    if half and hour <= 12:
        hour = hour % 12 + 12 * (half == "p")
    return f"{hour:02}:{minute:02}"


def bare_time(low: str, start: int, end: int) -> re.Match[str] | None:
    """Return four digits that are a time of day beside a date in digits; "24/11 2026" has none."""
    match = _BARE_TIME.match(low, end) if "/" in low[start:end] else None
    year = match is not None and end - start < _WITHOUT_YEAR and match[1] in {"19", "20"}
    return None if year else match
