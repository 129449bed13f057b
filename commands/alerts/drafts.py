"""The draft before its author and before the second pair of eyes, kept up to date wherever it was shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from commands.alerts.audience import Plan, may_see, plan
from commands.alerts.cards import Reader, draft_card, sent_draft, withdrawn_card
from commands.alerts.circulation import DRAFT, empty_message, may_stay, names_of, subject_of
from commands.alerts.duplicates import Same, same_words
from commands.alerts.words import marked
from commands.base import Context, Post, Priority, RoomView
from commands.document import Doc, _, doc
from storage.alerts import Alert, AlertAttachments, Alerts
from storage.ids import RoomId, UserId
from storage.members import Member, Members
from storage.outbox import Outbox, OutboxRow
from storage.rooms import Rooms

DIRECT = RoomView(RoomId(""), direct=True)


async def post_draft(alert: Alert, context: Context) -> Doc | None:
    """Show the author the draft where the command came from, or in the direct chat where the room may not see it."""
    here = may_see(alert, context.member, context.room)
    words = await _draft_words(alert, alert.author, context.room if here else DIRECT, context)
    await context.post(
        Post(
            doc=words,
            room=context.room.id if here else None,
            person=None if here else context.member.user_id,
            thread_root=context.thread_root if here else None,
            reply_to=context.source if here and not context.thread_root else None,
            subject=subject_of(alert),
            part=DRAFT,
            origin=alert.author,
        )
    )
    if here:
        return None
    return marked(
        alert, doc(_("This room may not see the draft, so I put it into your direct chat with me. Go on there."))
    )


async def show_to_second_pair(alert: Alert, members: Sequence[Member], context: Context) -> None:
    """Show a submitted alert to those who may verify it, each in the direct chat."""
    outline = await outline_of(alert, context)
    for member in members:
        await context.post(
            Post(
                doc=marked(alert, await draft_in_full(alert, member, DIRECT, context, outline)),
                person=member.user_id,
                subject=subject_of(alert),
                part=DRAFT,
                origin=alert.author,
                priority=Priority.ALERT,
            )
        )


async def refresh_draft(alert: Alert, context: Context) -> None:
    """Bring the draft cards up to date: still a draft, sent, or withdrawn."""
    shown = False
    for row in await Outbox(context.tx).about(str(subject_of(alert)), DRAFT):
        if not await may_stay(alert, row, context):
            await empty_message(alert, row, context)
            continue
        reader = row.user_id or row.origin_user or alert.author
        shown = shown or reader == alert.author
        await context.post(
            Post(
                doc=await _draft_words(alert, reader, await _room_of(row, context), context),
                room=row.room_id,
                person=row.user_id if row.room_id is None else None,
                subject=subject_of(alert),
                part=DRAFT,
                replaces=row.id,
                origin=alert.author,
            )
        )
    if not shown and alert.is_draft:
        await context.post(
            Post(
                doc=await _draft_words(alert, alert.author, DIRECT, context),
                person=alert.author,
                subject=subject_of(alert),
                part=DRAFT,
                origin=alert.author,
            )
        )


async def _room_of(row: OutboxRow, context: Context) -> RoomView:
    bindings = await Rooms(context.tx).of_room(row.room_id) if row.room_id is not None else ()
    # Where nothing is bound only direct chats were ever answered in.
    return RoomView(row.room_id, direct=False, bindings=bindings) if row.room_id and bindings else DIRECT


async def _draft_words(alert: Alert, person: UserId, room: RoomView, context: Context) -> Doc:
    member = await Members(context.tx).get(person)
    reader = Reader(ZoneInfo(member.zone if member is not None else "UTC"), context.prefix)
    if alert.is_draft:
        words = await draft_in_full(alert, member, room, context)
    elif alert.was_circulated:
        words = sent_draft(alert, reader)
    else:
        words = withdrawn_card(alert, reader, await Alerts(context.tx).ending(alert))
    return marked(alert, words)


@dataclass(frozen=True, slots=True)
class Outline:
    """What a draft says to every reader: who would be told, what their rooms are called, how many files it has."""

    coming: Plan
    names: dict[str, str]
    files: int


async def outline_of(alert: Alert, context: Context) -> Outline:
    """Find out what is the same for every reader of a draft."""
    coming = await plan(alert, context)
    names = await names_of(coming.listeners, context)
    return Outline(coming, names, await AlertAttachments(context.tx).count(alert))


async def draft_in_full(
    alert: Alert, reader: Member | None, room: RoomView, context: Context, outline: Outline | None = None
) -> Doc:
    """Show what would be sent and to whom, and which alerts name the same that this reader may see in this room."""
    outline = outline or await outline_of(alert, context)
    same = await same_words(alert, reader, room, context) if reader is not None else Same()
    for_author = reader is None or reader.user_id == alert.author
    words = draft_card(
        alert,
        outline.coming,
        outline.names,
        context.prefix,
        for_author=for_author,
        same=same.words,
        files=outline.files,
    )
    return words.naming(map(subject_of, same.named))
