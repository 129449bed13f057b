"""Whether words are the name of a place, for what must not take one for something else."""

from storage.reference import countries, ports
from storage.reference.text import key


def is_place(words: str) -> bool:
    """Say whether words name a country or a well-known port."""
    name = key(words)
    some = ports.names_in_text().get(name)
    return name in countries.names_in_text() or bool(some and some[0].known)
