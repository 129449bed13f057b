"""Files that members send to an alert: taken where they may be, looked into, put on record; or taken back."""

from collections.abc import Sequence

from commands.alerts.circulating.retracting import empty_messages
from commands.alerts.declaration import KIND, AlertSettings, capability, subject_of
from commands.alerts.events import AlertChanged
from commands.alerts.finding import check_author, check_length, find, possible_or_refused
from commands.alerts.rights import is_concerned
from commands.alerts.showing.file_words import declined_words, fault_words, size_words, type_of_file
from commands.alerts.showing.words import marked, refusal
from commands.arguments import Ref
from commands.base import Context, Post, ReceivedFile, Role, RoomView
from commands.document import Code, Doc, Message, Text, _, doc, joined
from commands.happenings import FileTakenBack
from commands.visibility import SHOWN, may_see
from storage.alerts import Alert, AlertAttachment, AlertAttachments, Alerts, AttachmentState
from storage.files import FileFault, FileState, IncomingFile, IncomingFiles
from storage.members import Member, Members
from storage.outbox import Outbox
from storage.rooms import Rooms

LOOK = "alert file"
MOST = 100
"""Files of one alert."""
_OTHERS = 5
"""Other alerts with the same file that are named; so many times as many are looked at."""


@capability.files(KIND)
async def take(file: ReceivedFile, context: Context) -> Doc | None:
    """Have a file looked into that was sent to an alert; who sent it is answered when it is known what it is."""
    assert context.subject is not None
    alert = await find(Ref(id=context.subject.id), context)
    _check_sender(alert, context)
    settings = context.settings(AlertSettings)
    fault = file.fault
    if fault is None and (file.declared_bytes or 0) > settings.largest_file_bytes:
        fault = FileFault.TOO_LARGE
    if fault is not None or file.sealed is None:
        raise refusal(alert, fault_words(fault or FileFault.MALFORMED, file.name, settings))
    check_length(file.caption or "", _("What you wrote beside the file"), alert)
    files, attachments = IncomingFiles(context.tx), AlertAttachments(context.tx)
    if await files.of_event(file.event_id) is not None:
        return None
    if await attachments.next_number(alert) + await attachments.waiting(alert) > MOST:
        words = _("Alert {number} has {count} files, and that is the most I keep.", number=alert.number, count=MOST)
        raise refusal(alert, words)
    expected = await files.expect(
        file.event_id,
        context.room.id,
        sealed=file.sealed,
        declared_type=file.declared_type,
        sender=context.member.user_id,
        limit_bytes=settings.largest_file_bytes,
        report=LOOK,
        subject=str(subject_of(alert)),
        now=context.now,
    )
    attachment = AlertAttachment.of(
        alert, expected, file.name, file.caption, by=context.member, sent_at=file.sent_at, room=context.room.id,
        direct=context.room.direct, thread_root=context.thread_root,
    )  # fmt: skip
    await attachments.add(attachment)
    return None


def _check_sender(alert: Alert, context: Context) -> None:
    """Raises Refusal unless the member may add to the alert as it stands."""
    if not _may_add(alert, context.member):
        raise refusal(alert, _whose_words(alert))
    if alert.is_draft:
        check_author(alert, context)
        return
    with possible_or_refused(alert, context):
        alert.must_be_open()


def _may_add(alert: Alert, member: Member) -> bool:
    return member.role >= Role.OFFICIAL and is_concerned(alert, member)


def _whose_words(alert: Alert) -> Message:
    return _("Files for alert {number} come from officials of the countries concerned and from coordinators.",
             number=alert.number)  # fmt: skip


@capability.looked_into(LOOK)
async def looked(file: IncomingFile, context: Context) -> None:
    """Put a file on record, or say why it is not taken; the sender may have lost the right to either meanwhile."""
    attachment = await AlertAttachments(context.tx).of_file(file.id)
    assert attachment is not None
    alert = await Alerts(context.tx).get(attachment.alert_id)
    sender = await Members(context.tx).get(attachment.sent_by)
    assert alert is not None
    bindings = await Rooms(context.tx).of_room(attachment.room_id)
    room = RoomView(attachment.room_id, attachment.direct and not bindings, bindings)
    if sender is None or not may_see(alert, sender, room):
        _refuse(attachment, context)
        return
    declined = await _why_not(alert, attachment, context) if _may_add(alert, sender) else _whose_words(alert)
    if declined is not None:
        _refuse(attachment, context)
        await _tell_sender(alert, attachment, doc(declined), context)
        return
    number = await AlertAttachments(context.tx).next_number(alert)
    line = attachment.keep(alert, number, by=sender, at=context.now)
    await context.tx.flush()
    await context.emit(AlertChanged(alert, line))
    others = await _others_with(alert, attachment, sender, room, context)
    kept: list[Message] = [] if await _is_heard(alert, attachment, context) else [_kept_words(alert, attachment)]
    if kept or others:
        also = [_also_words(others)] if others else []
        words = doc(*kept, *also).quietly().naming(map(subject_of, others))
        await _tell_sender(alert, attachment, words, context)


def _refuse(attachment: AlertAttachment, context: Context) -> None:
    attachment.refuse()
    IncomingFiles(context.tx).forget(attachment.file)


async def _why_not(alert: Alert, attachment: AlertAttachment, context: Context) -> Message | None:
    file = attachment.file
    if file.fault is not None:
        return fault_words(file.fault, attachment.name, context.settings(AlertSettings))
    if alert.has_ended:
        return declined_words(attachment.name, _("alert {number} has ended meanwhile", number=alert.number))
    assert file.sha256 is not None
    same = await AlertAttachments(context.tx).same_in(alert, file.sha256)
    if same is None:
        return None
    why = _("it is the same file as {file}, to the last byte (SHA-256 {hash})", file=Text(same.label),
            hash=Code(attachment.short_hash))  # fmt: skip
    return declined_words(attachment.name, why)


async def _others_with(
    alert: Alert, attachment: AlertAttachment, sender: Member, room: RoomView, context: Context
) -> Sequence[Alert]:
    """Return other alerts that the same file belongs to, as far as they may be shown where it was sent."""
    assert attachment.file.sha256 is not None
    same = await AlertAttachments(context.tx).same(attachment.file.sha256, limit=_OTHERS * _OTHERS)
    others = await Alerts(context.tx).several({one.alert_id for one in same} - {alert.id})
    return [one for one in others.values() if may_see(one, sender, room)][:_OTHERS]


def _also_words(others: Sequence[Alert]) -> Message:
    numbers = joined(
        _("{number} (EXERCISE)", number=one.number) if one.is_exercise else Text(one.number) for one in others
    )
    return _("The very same file belongs to other alerts too: {numbers}.", numbers=numbers)


async def _is_heard(alert: Alert, attachment: AlertAttachment, context: Context) -> bool:
    """Whether the line in the thread where it was sent is the answer."""
    if attachment.thread_root is None or alert.is_draft:
        return False
    row = await Outbox(context.tx).by_event(attachment.thread_root)
    return row is not None and row.id in {card.row_id for card in await Alerts(context.tx).cards(alert)}


def _kept_words(alert: Alert, attachment: AlertAttachment) -> Message:
    return _(
        "The file “{name}” belongs to alert {number} now, as {file}: {type}, {size}, SHA-256 {hash}.",
        name=Text(attachment.name), number=alert.number, file=Text(attachment.label),
        type=type_of_file(attachment.file.content_type), size=size_words(attachment.file.size_bytes),
        hash=Code(attachment.short_hash),
    )  # fmt: skip


async def _tell_sender(alert: Alert, attachment: AlertAttachment, words: Doc, context: Context) -> None:
    """Answer where the file was sent; in a direct chat only as long as it is one."""
    await context.post(
        Post(
            doc=marked(alert, words),
            room=attachment.room_id,
            person=attachment.sent_by if attachment.direct else None,
            thread_root=attachment.thread_root,
            reply_to=None if attachment.thread_root else attachment.file.event_id,
            subject=subject_of(alert),
            part=SHOWN,
            origin=attachment.sent_by,
        )
    )


@capability.announces(FileTakenBack)
async def taken_back(event: FileTakenBack, context: Context) -> None:
    """Forget how a file opens that was taken back; its entry with its hash stays, and what was sent on is emptied."""
    attachments = AlertAttachments(context.tx)
    attachment = await attachments.of_file(event.file_id)
    if attachment is None or attachment.file.state is FileState.TAKEN_BACK:
        return
    IncomingFiles(context.tx).take_back(attachment.file)
    if attachment.state is not AttachmentState.KEPT:
        attachment.refuse()
        return
    alert = await Alerts(context.tx).get(attachment.alert_id)
    assert alert is not None
    by_sender = event.by == attachment.sent_by
    line = attachment.take_back(
        alert, by=await Members(context.tx).get(event.by) if by_sender else None, at=context.now
    )
    await context.tx.flush()
    copies = await Outbox(context.tx).several([copy.row_id for copy in await attachments.copies(attachment)])
    await empty_messages(alert, [row for row in copies.values() if row.emptied_at is None], context)
    await context.emit(AlertChanged(alert, line))
