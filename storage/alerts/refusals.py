"""Why an alert refuses what is asked of it."""

from enum import StrEnum


class Why(StrEnum):
    NOT_ALLOWED_NOW = "the state does not allow it"
    ALREADY_SENT = "already circulated"
    NOT_SENT = "not circulated yet"
    SENT_BACK = "sent back to its author, who has not taken it up"
    ENDED = "closed, withdrawn or merged"
    NOT_ADDRESSED = "the country is not addressed"
    ALREADY_ACKNOWLEDGED = "the country acknowledged before"
    RAISED_BY_THE_COUNTRY = "the country raised it itself"
    ONLY_STRICTER = "after circulation the marking may only become stricter"
    OWN_ALERT = "the author is no second pair of eyes"
    ALREADY_VERIFIED = "verified before"
    SAID_BEFORE = "the country said so before"
    NOT_IN_CONTROL = "the country neither holds nor inspects it"
    IN_FUTURE = "a time that has not come"
    NOT_LATER = "no later than the present deadline"
    CONTRADICTS_FINDING = "the outcome contradicts what was found"
    SAME = "as it is already"


class NotPossible(Exception):
    """The alert as it stands cannot do this."""

    def __init__(self, why: Why) -> None:
        super().__init__(why.value)
        self.why = why
