"""Why a finding should be looked at again, and how far it can be relied on, in words."""

from commands.document import Code, Message, _, joined
from commands.understanding.facts import Confidence, DoubtSource, Finding


def confidence_words(confidence: Confidence) -> Message:
    """Say how far a finding can be relied on."""
    words = {
        Confidence.HIGH: _("sure"),
        Confidence.MIDDLE: _("to be checked"),
        Confidence.LOW: _("only a guess"),
    }
    return words[confidence]


def source_words(found: Finding) -> Message | None:
    """Say where the doubt about a finding comes from; None when there is none."""
    if found.doubt is None or found.doubt.source is None:
        return None
    others = joined(Code(other) for other in found.doubt.alternatives)
    one = Code(found.shown)
    match found.doubt.source:
        case DoubtSource.CHECK_DIGIT:
            return _("the check digit of {one} is wrong; with the right one it is {others}", one=one, others=others)
        case DoubtSource.MISSPELT:
            return _("I read a misspelt word as {one}", one=one)
        case DoubtSource.SAME_NAME:
            return _("several places are called so: {others}", others=others)
        case DoubtSource.CHOSEN_BY_ROUTE:
            return _("of {others} I chose the one that lies on the way", others=others)
        case DoubtSource.DAY_OR_MONTH | DoubtSource.MARK:
            return _("it can be read as {others}", others=others)
        case source:
            return _PLAIN[source]


_PLAIN = {
    DoubtSource.LETTER_FOR_DIGIT: _(
        "I took letters for digits, or digits for letters, so that the check digit is right"
    ),
    DoubtSource.ENDED: _("this code is no longer in force"),
    DoubtSource.NOT_IN_TABLE: _("this code is in none of my tables"),
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
