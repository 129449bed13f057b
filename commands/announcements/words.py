"""How an announcement reads: to its audience, to its author before it is sent, and in the report."""

from collections.abc import Iterable, Sequence
from typing import assert_never
from zoneinfo import ZoneInfo

from commands.announcements.audience import Reached, Wanted, audience_words
from commands.base import Subject
from commands.document import (
    Code,
    CountryName,
    Doc,
    Heading,
    Message,
    Moment,
    Quote,
    Text,
    _,
    _n,
    bullets,
    doc,
    fields,
    joined,
    table,
)
from commands.network import failure_words, ids
from storage.alerts import Tlp
from storage.announcements import Announcement, AnnouncementTarget, Fate, Progress
from storage.members import Member

TARGETS_SHOWN = 40
"""The report is edited, and an edit has one page; `announce show` has them all."""
URGENT_FIRST = (Fate.NOT_DELIVERED, Fate.WAITING, Fate.DELIVERED)
NAMES_SHOWN = 20


def subject_of(announcement: Announcement) -> Subject:
    return Subject("announcement", announcement.id)


def wanted_of(announcement: Announcement) -> Wanted:
    return Wanted(announcement.audience, announcement.value)


def announcement_words(announcement: Announcement, author: Member) -> Doc:
    """Return what the audience reads: who speaks, and the text with its lines."""
    heading = Heading(
        _("Announcement by {name}, {authority}, TLP:{tlp}", name=author.name, authority=author.authority,
          tlp=announcement.tlp.value)
    )  # fmt: skip
    words = doc(heading, *(Text(line.rstrip()) for line in announcement.text.splitlines() if line.strip()))
    return words.openly() if announcement.tlp is Tlp.CLEAR else words


def question(announcement: Announcement, reached: Reached, author: Member) -> Doc:
    """Return the text and the audience, and what to answer."""
    shown = doc(
        _("This is the announcement by {name}, {authority}:", name=author.name, authority=author.authority),
        Quote(announcement.text),
        _(
            "It is TLP:{tlp} and goes to {audience}:",
            tlp=announcement.tlp.value,
            audience=audience_words(wanted_of(announcement), author.language),
        ),
        bullets(_target_line(target) for target in reached.targets),
        _n(
            "Altogether {count} person reads it.",
            "Altogether {count} different people read it.",
            len(reached.persons),
        ),
    )
    if reached.without_room:
        countries = joined(CountryName(code) for code in reached.without_room)
        shown += doc(_("No room is bound to {countries}.", countries=countries))
    if reached.unreached:
        shown += doc(_not_reached(reached.unreached))
    if reached.strangers:
        shown += doc(_("Not on the roster, but in these rooms: {people}.", people=ids(reached.strangers)))
    return shown + how_to_answer()


def _not_reached(members: Sequence[Member]) -> Message:
    named = joined(member.name for member in members[:NAMES_SHOWN])
    if len(members) > NAMES_SHOWN:
        return _n(
            "{count} member is in none of these rooms and will not get it, among them {names}.",
            "{count} members are in none of these rooms and will not get it, among them {names}.",
            len(members),
            names=named,
        )
    return _("In none of these rooms, and therefore left out: {names}.", names=named)


def how_to_answer() -> Doc:
    return doc(_("Answer {send} or {cancel}.", send=Code("send"), cancel=Code("cancel")))


def _target_line(target: AnnouncementTarget) -> Message:
    if target.room_id is None:
        return _("{person}, in the direct chat", person=target.name)
    if target.people == 0:
        return _("{room}: nobody but me, or I am not in it", room=target.name)
    return _n("{room}: {count} person", "{room}: {count} people", target.people, room=target.name)


def fate_words(fate: Fate) -> Message:
    match fate:
        case Fate.WAITING:
            return _("on its way")
        case Fate.DELIVERED:
            return _("delivered")
        case Fate.NOT_DELIVERED:
            return _("not delivered")
        case _:
            assert_never(fate)


def tally(announcement: Announcement) -> Message:
    return _tally(len(announcement.with_fate(Fate.DELIVERED)), len(announcement.targets))


def _tally(delivered: int, total: int) -> Message:
    return _("{delivered} of {total} delivered", delivered=delivered, total=total)


def report(number: int, progress: Progress, first: Iterable[AnnouncementTarget], prefix: str) -> Doc:
    """Return what became of it in each room; shown at once and edited as it arrives.

    `first`: the first TARGETS_SHOWN of its targets, in the order of URGENT_FIRST.
    """
    reached = _tally(progress.delivered, progress.messages)
    shown = doc(_("Announcement {number}: {tally}.", number=number, tally=reached))
    shown += doc(bullets(_fate_of(target) for target in first))
    if progress.messages > TARGETS_SHOWN:
        command = Code(f"{prefix}announce show {number}")
        shown += doc(_("{command} shows all of them.", command=command))
    return shown


def _fate_of(target: AnnouncementTarget) -> Message:
    match target.fate:
        case Fate.WAITING:
            return _("⏳ {name}: on its way", name=target.name)
        case Fate.DELIVERED:
            return _("✓ {name}: delivered", name=target.name)
        case Fate.NOT_DELIVERED if target.failure is None:
            return _("✗ {name}: NOT delivered", name=target.name)
        case Fate.NOT_DELIVERED:
            return _("✗ {name}: NOT delivered, {reason}", name=target.name, reason=failure_words(target.failure))
        case _:
            assert_never(target.fate)


def line(announcement: Announcement, author: str, zone: ZoneInfo) -> Message:
    """Return the announcement in one line of a list."""
    return _(
        "{number}. {moment}, {author} to {audience}: {tally}",
        number=announcement.id,
        moment=Moment(announcement.decided_at or announcement.drafted_at, zone),
        author=author,
        audience=audience_words(wanted_of(announcement)),
        tally=tally(announcement),
    )


def full(announcement: Announcement, author: str, zone: ZoneInfo) -> Doc:
    """Return the text and what became of it in each room, or with each person."""
    return doc(
        Heading(_("Announcement {number}: {tally}", number=announcement.id, tally=tally(announcement))),
        fields(
            [
                (_("From"), author),
                (_("To"), audience_words(wanted_of(announcement))),
                (_("Handling"), Text(f"TLP:{announcement.tlp.value}")),
                (_("Sent"), Moment(announcement.decided_at or announcement.drafted_at, zone)),
                (_("People"), announcement.persons),
            ]
        ),
        Quote(announcement.text),
        table(
            (_("Room or person"), _("People"), _("State")),
            [(target.name, target.people, _state(target, zone)) for target in announcement.targets],
        ),
    )


def _state(target: AnnouncementTarget, zone: ZoneInfo) -> Message:
    if target.settled_at is None:
        return fate_words(target.fate)
    if target.failure is not None:
        return _("{state}: {reason}", state=fate_words(target.fate), reason=failure_words(target.failure))
    return _("{state}, {moment}", state=fate_words(target.fate), moment=Moment(target.settled_at, zone))
