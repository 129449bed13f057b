"""Announcements of the coordinators: text and audience are shown, confirmed, sent, and reported on room by room."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated, assert_never

from commands.announcements.audience import Reached, Wanted, of_countries, of_regions, reach, read_to
from commands.announcements.words import (
    TARGETS_SHOWN,
    URGENT_FIRST,
    announcement_words,
    full,
    how_to_answer,
    line,
    question,
    report,
    subject_of,
    wanted_of,
)
from commands.arguments import About, BadValue, Choice, Countries, Option, Ref, Rest
from commands.base import Answer, Args, Capability, Context, Event, Post, Priority, Refusal, Role, Subject
from commands.document import Code, Doc, Message, Text, _, bullets, doc, either
from commands.network import Regions
from storage.alerts import Tlp
from storage.announcements import (
    AlreadyDecided,
    Announcement,
    Announcements,
    AnnouncementState,
    AudienceKind,
    Fate,
    Progress,
    Sent,
    Settled,
)
from storage.ids import CountryCode, UserId
from storage.members import Members
from storage.outbox import Outbox, OutboxRow, RowState

capability = Capability("announcements", _("Announcements to the network"))

LONGEST_TEXT = 8000
LISTED = 10
_CONFIRM = "announce.confirm"
_DELIVERY = "announcement"


@dataclass(frozen=True, slots=True)
class AnnouncementSent(Event):
    change: Sent


class Announce(Args):
    to: Annotated[str | None, Option()] = None
    country: Annotated[tuple[CountryCode, ...] | None, Countries(), Option(aliases=("countries",))] = None
    region: Annotated[tuple[str, ...] | None, Regions(), Option(aliases=("regions",))] = None
    role: Annotated[Role | None, Choice(Role), Option()] = None
    tlp: Annotated[Tlp | None, Choice(Tlp), Option()] = None
    text: Annotated[str, Rest(ask=_("What do you want to announce?"))]


class Nothing(Args):
    pass


class Which(Args):
    announcement: Annotated[
        Ref, About("announcement", ask=_("Which announcement? Write its number, such as {example}.", example=Code("3")))
    ]


@capability.command(
    "announce",
    role=Role.COORDINATOR,
    summary=_("Announce something to the network, to countries, regions or everybody with a role"),
    examples=[
        "announce to=all The annual meeting is in Tema in May",
        "announce country=GH,NL The new form is in use from Monday",
        "announce region=Africa The workshop is in Accra",
        "announce role=official Please check your contact data",
        "announce to=all tlp=clear The network's brochure is out",
    ],
)
async def announce(args: Announce, context: Context) -> Doc:
    """Show the text and who will get it, and ask whether to send it."""
    wanted = _wanted(args, context)
    tlp = _marking(args.tlp, wanted)
    if len(args.text) > LONGEST_TEXT:
        raise Refusal(
            _(
                "The text has {length} characters, and an announcement at most {limit}. Shorten it.",
                length=len(args.text),
                limit=LONGEST_TEXT,
            )
        )
    reached = await reach(wanted, context)
    announcement = await Announcements(context.tx).draft(
        context.member.user_id,
        wanted.kind,
        wanted.value,
        args.text,
        tlp=tlp,
        targets=reached.targets,
        persons=len(reached.persons),
        now=context.now,
    )
    return await _ask(announcement, question(announcement, reached, context.member), context)


def _marking(tlp: Tlp | None, wanted: Wanted) -> Tlp:
    """Return the marking: what is said to some countries stays there, what is said to all is the network's."""
    if tlp is None:
        return Tlp.AMBER if wanted.kind is AudienceKind.COUNTRY else Tlp.GREEN
    if tlp in {Tlp.RED, Tlp.AMBER_STRICT}:
        allowed = either(Code(f"tlp={one.value.lower()}") for one in (Tlp.AMBER, Tlp.GREEN, Tlp.CLEAR))
        raise Refusal(_("An announcement goes to whole rooms, so TLP:{tlp} cannot be kept. It can be {allowed}.",
                        tlp=tlp.value, allowed=allowed))  # fmt: skip
    return tlp


async def _ask(announcement: Announcement, words: Doc, context: Context) -> Doc:
    return await context.ask(words, _CONFIRM, {"announcement": announcement.id})


def _wanted(args: Announce, context: Context) -> Wanted:
    given: list[Wanted] = []
    if args.to is not None:
        try:
            given.append(read_to(args.to))
        except BadValue as error:
            raise Refusal(doc(error.words, _how_to_address(context))) from error
    if args.country is not None:
        given.append(of_countries(args.country))
    if args.region is not None:
        given.append(of_regions(args.region))
    if args.role is not None:
        given.append(Wanted(AudienceKind.ROLE, args.role.name.casefold()))
    if not given:
        raise Refusal(doc(_("To whom?"), _how_to_address(context)))
    if len(given) > 1:
        raise Refusal(doc(_("An announcement has one address, and you gave several."), _how_to_address(context)))
    return given[0]


def _how_to_address(context: Context) -> Message:
    forms = ("to=all", "country=GH,NL", "region=Africa", "role=official")
    return _(
        "Write one of {forms} and then the text, for example {example}.",
        forms=either(Code(form) for form in forms),
        example=Code(f"{context.prefix}announce to=all The meeting is in May"),
    )


@capability.answer(_CONFIRM)
async def decide(answer: Answer, context: Context) -> Doc | None:
    """Send, cancel, or ask again."""
    announcement = await Announcements(context.tx).get(int(answer.data["announcement"]))
    assert announcement is not None, "announcements are kept"
    if context.member.role < Role.COORDINATOR:
        return doc(_("You are no longer a coordinator, so nothing was sent."))
    word = answer.text.casefold().strip(" \t\n.!?\"'“”‘’`")
    try:
        if word == "send":
            return await _send(announcement, context)
        if word == "cancel":
            announcement.cancel(context.now)
            return doc(_("Nothing was sent."))
    except AlreadyDecided as error:
        return doc(_decided(error.state))
    return await _ask(announcement, doc(_("I did not send anything yet.")) + how_to_answer(), context)


def _decided(state: AnnouncementState) -> Message:
    match state:
        case AnnouncementState.SENT:
            return _("This announcement was sent before.")
        case AnnouncementState.CANCELLED:
            return _("This announcement was cancelled before.")
        case AnnouncementState.DRAFT:
            raise AssertionError("a draft can be decided on")
        case _:
            assert_never(state)


async def _send(announcement: Announcement, context: Context) -> Doc | None:
    """Send to what was shown; when the audience is another one by now, show that and ask again."""
    reached = await _reach_again(announcement, context)
    if reached.addresses != announcement.addresses:
        await Announcements(context.tx).retarget(announcement, reached.targets, persons=len(reached.persons))
        changed = doc(_("Meanwhile the audience is another one. I did not send anything yet."))
        return await _ask(announcement, changed + question(announcement, reached, context.member), context)
    number, first = len(announcement.targets), announcement.targets[:TARGETS_SHOWN]
    await context.post(
        Post(
            room=context.room.id,
            thread_root=context.thread_root,
            doc=report(announcement.id, Progress(number, number), first, context.prefix),
            subject=subject_of(announcement),
            part="report",
            origin=context.member.user_id,
        )
    )
    await context.emit(AnnouncementSent(announcement.send(context.now)))
    return None


async def _reach_again(announcement: Announcement, context: Context) -> Reached:
    return await reach(wanted_of(announcement), context)


@capability.announces(AnnouncementSent)
async def deliver(event: AnnouncementSent, context: Context) -> None:
    """Write one message for each room or person; each reports back when it was sent or given up."""
    announcement = event.change.announcement
    author = await Members(context.tx).get(announcement.author)
    assert author is not None, "its author has just confirmed it"
    words = announcement_words(announcement, author)
    for target in announcement.targets:
        row = await context.post(
            Post(
                room=target.room_id,
                person=target.user_id,
                doc=words,
                priority=Priority.ANNOUNCEMENT,
                subject=subject_of(announcement),
                part="announcement",
                report=_DELIVERY,
                origin=announcement.author,
            )
        )
        target.row_id = row.id


@capability.deliveries(_DELIVERY)
async def note_deliveries(rows: Sequence[OutboxRow], context: Context) -> None:
    """Write down what became of messages and bring the reports up to date."""
    by_subject: dict[str, list[Settled]] = {}
    for row in rows:
        assert row.subject is not None
        if (settled := _settled(row, context)) is not None:
            by_subject.setdefault(row.subject, []).append(settled)
    for subject, those in by_subject.items():
        await Announcements(context.tx).settle(those)
        number = Subject.parse(subject).id
        progress = await Announcements(context.tx).progress(number)
        if progress.is_worth_telling(len(those)) or any(one.fate is Fate.NOT_DELIVERED for one in those):
            await _report(number, progress, context)


def _settled(row: OutboxRow, context: Context) -> Settled | None:
    match row.state:
        case RowState.SENT:
            return Settled(row.id, Fate.DELIVERED, None, row.sent_at or context.now)
        case RowState.GIVEN_UP | RowState.DROPPED:
            return Settled(row.id, Fate.NOT_DELIVERED, row.failure, context.now)
        case RowState.PENDING:
            return None
        case _:
            assert_never(row.state)


async def _report(number: int, progress: Progress, context: Context) -> None:
    first = await Announcements(context.tx).first_targets(number, URGENT_FIRST, limit=TARGETS_SHOWN)
    shown = await Outbox(context.tx).about(str(Subject("announcement", number)), "report")
    for message in shown[-1:]:
        words = report(number, progress, first, context.prefix)
        await context.post(Post(room=message.room_id, doc=words, replaces=message.id))


@capability.command(
    "announce list", role=Role.COORDINATOR, summary=_("List the latest announcements"), reads=True,
    examples=["announce list"],
)  # fmt: skip
async def show_list(args: Nothing, context: Context) -> Doc:  # noqa: ARG001 - the signature of a handler
    """List what was sent, the latest first."""
    sent = await Announcements(context.tx).latest_sent(limit=LISTED)
    if not sent:
        return doc(_("Nothing was announced yet."))
    lines = [line(one, await _name(one.author, context), context.zone) for one in sent]
    return doc(_("Announcements, the latest first:"), bullets(lines))


@capability.command(
    "announce show",
    role=Role.COORDINATOR,
    summary=_("Show an announcement and who got it"),
    reads=True,
    examples=["announce show 3"],
)
async def show(args: Which, context: Context) -> Doc:
    """Show what became of an announcement in each room."""
    announcement = await _find(args.announcement, context)
    if announcement is None or announcement.state is not AnnouncementState.SENT:
        raise Refusal(
            _(
                "I know no announcement {number}. {command} shows the latest.",
                number=Text(args.announcement.number or ""),
                command=Code(f"{context.prefix}announce list"),
            )
        )
    return full(announcement, await _name(announcement.author, context), context.zone)


async def _find(ref: Ref, context: Context) -> Announcement | None:
    if ref.number is None:
        return None if ref.id is None else await Announcements(context.tx).get(ref.id)
    digits = ref.number.strip().lstrip("#")
    known = digits.isascii() and digits.isdecimal() and len(digits) < 10
    return await Announcements(context.tx).get(int(digits)) if known else None


async def _name(user: UserId, context: Context) -> str:
    """Return the name of a person who may have left since."""
    members = Members(context.tx)
    member = await members.get(user) or await members.removed(user)
    return user if member is None else member.name
