"""Alerts about suspect waste shipments: raised, verified, circulated, controlled, taken back, closed, found again.

Where to look in this package:

- what officials type: `drafting`, `correcting`, `submitting`, `verifying`, `sending`, `joining` before an alert is
  sent; `following`, `controlling`, `taking_back`, `marking`, `individuals`, `ending`, `requests`, `proposals`, `files`,
  `attaching` after; `lookup`, `next_steps`, `owing`, `links` to ask
- who may, and who is told: `rights`, `audience`, `second_pair`; which alert is meant: `finding`, `meant`
- how it is told: `announcing`, `asking`, `seen_again`, `matched` hear what happened; `circulation` brings the cards and
  the lines below them up to date, `drafts` the draft; `retracting` takes back; `arriving`, `waiting` are for what comes
  to be known later
- what it looks like: `cards`, `draft_card`, `composing`, `beside`; the words: `lines`, `words`, `file_words`, `summons`
- clocks: `escalation` and `clocks` set them, `reminding` and `deadlines` are what happens when they fire; `calling`
  calls many persons, a few at a time
- what an alert is made of: `facts`; what it has in common with others: `matching`, `duplicates`
"""

from commands.alerts import (
    announcing,
    arriving,
    attaching,
    calling,
    circulation,
    controlling,
    correcting,
    deadlines,
    drafting,
    ending,
    escalation,
    files,
    following,
    handing_over,
    individuals,
    joining,
    links,
    lookup,
    marking,
    next_steps,
    owing,
    proposals,
    requests,
    seen_again,
    sending,
    submitting,
    taking_back,
    verifying,
    waiting,
)
from commands.alerts.declaration import AlertSettings, capability

__all__ = [
    "AlertSettings", "announcing", "arriving", "attaching", "calling", "capability", "circulation", "controlling",
    "correcting", "deadlines", "drafting", "ending", "escalation", "files", "following", "handing_over",
    "individuals", "joining", "links", "lookup", "marking", "next_steps", "owing", "proposals", "requests",
    "seen_again", "sending", "submitting", "taking_back", "verifying", "waiting",
]  # fmt: skip
