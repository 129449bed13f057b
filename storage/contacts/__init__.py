"""Contacts: whom to call in which country, who answers there, and how long ago that was checked."""

from storage.contacts.repository import Contacts
from storage.contacts.searching import LONGEST_TERM, LOOKED_THROUGH, RARE, Wanted, words_of
from storage.contacts.tables import (
    Contact,
    ContactChange,
    ContactChangeKind,
    ContactTerm,
    ContactWord,
    email_key,
    phone_end,
)

__all__ = [
    "LONGEST_TERM", "LOOKED_THROUGH", "RARE", "Contact", "ContactChange", "ContactChangeKind", "ContactTerm",
    "ContactWord", "Contacts", "Wanted", "email_key", "phone_end", "words_of",
]  # fmt: skip
