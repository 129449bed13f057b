"""Why a finding should be looked at again, and how far it can be relied on, in words."""

from typing import assert_never

from commands.document import Code, Inline, Message, _, joined
from commands.understanding.facts import Confidence, Doubt, DoubtKind, DoubtSource


def with_confidence(value: Inline, shown: str, doubt: Doubt | None) -> Inline:
    """Show a value with how far it can be relied on and why not further; what is sure stands alone."""
    if doubt is None:
        return value
    match doubt.confidence:
        case Confidence.MIDDLE:
            return _("{value} (check: {doubt})", value=value, doubt=doubt_words(shown, doubt))
        case Confidence.LOW:
            return _("{value} (only a guess: {doubt})", value=value, doubt=doubt_words(shown, doubt))
        case never:
            assert_never(never)


def doubt_words(shown: str, doubt: Doubt) -> Message:
    """Say where a doubt comes from."""
    return _by_kind(doubt) if doubt.source is None else _by_source(shown, doubt, doubt.source)


def _by_kind(doubt: Doubt) -> Message:
    """Say what is known of a doubt that was noted without its source."""
    others = joined(Code(other) for other in doubt.alternatives)
    match doubt.kind:
        case DoubtKind.CHECK_DIGIT:
            if not doubt.alternatives:
                return _("the check digit is wrong")
            return _("the check digit is wrong; with the right one it is {others}", others=others)
        case DoubtKind.EXPIRED_CODE:
            if not doubt.alternatives:
                return _("this code is no longer in force")
            return _("this code is no longer in force; it was replaced by {others}", others=others)
        case DoubtKind.UNKNOWN_CODE:
            return _("this code is in none of my tables")
        case DoubtKind.AMBIGUOUS:
            return _("it may be one of {others}", others=others)
        case DoubtKind.GUESSED:
            return _("I guessed this")
        case kind:
            assert_never(kind)


def _by_source(shown: str, doubt: Doubt, source: DoubtSource) -> Message:
    others = joined(Code(other) for other in doubt.alternatives)
    one = Code(shown)
    match source:
        case DoubtSource.CHECK_DIGIT | DoubtSource.ENDED | DoubtSource.NOT_IN_TABLE:
            return _by_kind(doubt)
        case DoubtSource.MISSPELT:
            return _("I read a misspelt word as {one}", one=one)
        case DoubtSource.SAME_NAME:
            return _("several places are called so: {others}", others=others)
        case DoubtSource.CHOSEN_BY_ROUTE:
            return _("of {others} I chose the one that lies on the way", others=others)
        case DoubtSource.DAY_OR_MONTH | DoubtSource.MARK:
            return _("it can be read as {others}", others=others)
        case other:
            return _PLAIN[other]


_PLAIN = {
    DoubtSource.LETTER_FOR_DIGIT: _(
        "I took letters for digits, or digits for letters, so that the check digit is right"
    ),
    DoubtSource.MAY_BE_NEW: _("my tables lack this code, which may be a new one"),
    DoubtSource.LITTLE_KNOWN: _("it is a small place that is seldom meant"),
    DoubtSource.ADJECTIVE: _("it is only said of somebody or something from there"),
    DoubtSource.ABOUT: _("the text gives the number only roughly"),
    DoubtSource.NO_YEAR: _("the text names no year"),
    DoubtSource.WEEKDAY: _("the text names only a day of the week"),
    DoubtSource.ONLY_TIME: _("the text names only a time of day, so I took today"),
    DoubtSource.LIKE_A_DATE: _("it may as well be a date"),
    DoubtSource.NOT_INTRODUCED: _("nothing in the text says what it is"),
}
