"""Attachments: files that were sent to an alert. Kept is their hash, their size, who sent them and how they open.

The bytes stay on the homeserver.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Any, Self

from sqlalchemy import ForeignKey, Index, Text, UniqueConstraint, bindparam, func, select
from sqlalchemy.orm import Mapped, mapped_column, relationship

from storage.alerts.entity import Alert
from storage.alerts.record import HistoryLine, What
from storage.base import Base, Transaction
from storage.files import FileState, IncomingFile
from storage.ids import CountryCode, EventId, RoomId, UserId
from storage.members import Member


class AttachmentState(StrEnum):
    CHECKED = "being checked"
    KEPT = "kept"
    REFUSED = "refused"
    TAKEN_BACK = "taken back"


class AlertAttachment(Base):
    """A file as it was sent to an alert, and what became of it. It gets its number once it was looked into."""

    __tablename__ = "alert_attachments"
    __table_args__ = (
        UniqueConstraint("alert_id", "number"),
        Index("ix_alert_attachments_alert", "alert_id", "state"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"))
    number: Mapped[int | None]
    """Counted within the alert."""
    file_id: Mapped[int] = mapped_column(ForeignKey("incoming_files.id"), unique=True)
    file: Mapped[IncomingFile] = relationship(lazy="joined", innerjoin=True)
    name: Mapped[str]
    """As the sender's device called it, made safe to show."""
    caption: Mapped[str | None] = mapped_column(Text)
    """What was written beside it, until it stands in the line of the history."""
    state: Mapped[AttachmentState]
    sent_by: Mapped[UserId]
    sent_authority: Mapped[str]
    sent_country: Mapped[CountryCode | None]
    sent_at: Mapped[datetime]
    room_id: Mapped[RoomId]
    """Where it was sent."""
    direct: Mapped[bool]
    """Whether that is the sender's direct chat."""
    thread_root: Mapped[EventId | None]
    taken_back_at: Mapped[datetime | None]

    @classmethod
    def of(
        cls,
        alert: Alert,
        file: IncomingFile,
        name: str,
        caption: str | None,
        *,
        by: Member,
        sent_at: datetime,
        room: RoomId,
        direct: bool,
        thread_root: EventId | None,
    ) -> Self:
        return cls(
            alert_id=alert.id, number=None, file=file, name=name, caption=caption, state=AttachmentState.CHECKED,
            sent_by=by.user_id, sent_authority=by.authority, sent_country=by.country, sent_at=sent_at, room_id=room,
            direct=direct, thread_root=thread_root, taken_back_at=None,
        )  # fmt: skip

    @property
    def label(self) -> str:
        """How people write it: "F1"."""
        return f"F{self.number}"

    @property
    def is_kept(self) -> bool:
        return self.state is AttachmentState.KEPT

    @property
    def short_hash(self) -> str:
        """The first sixteen digits of the SHA-256 in groups of four, for people to compare."""
        digits = (self.file.sha256 or "")[:16]
        return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))

    def keep(self, alert: Alert, number: int, *, by: Member, at: datetime) -> HistoryLine:
        """Put it on the record of the alert; the caption goes where the texts of the history are."""
        self.number = number
        self.state = AttachmentState.KEPT
        text, self.caption = self.caption or "", None
        return alert.record(What.ATTACHED, by, at, text=text, details=self._details())

    def refuse(self) -> None:
        self.state = AttachmentState.REFUSED
        self.caption = None

    def take_back(self, alert: Alert, *, by: Member | None, at: datetime) -> HistoryLine:
        self.state = AttachmentState.TAKEN_BACK
        self.taken_back_at = at
        return alert.record(What.TAKEN_BACK, by, at, details={"file": self.number})

    def _details(self) -> dict[str, Any]:
        file = self.file
        return {
            "file": self.number, "sha256": file.sha256, "bytes": file.size_bytes, "type": file.content_type,
        }  # fmt: skip


class AttachmentCopy(Base):
    """An attachment that was sent on: a room or a person gets each once."""

    __tablename__ = "alert_attachment_copies"

    row_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The message in the outbox."""
    attachment_id: Mapped[int] = mapped_column(ForeignKey("alert_attachments.id"), index=True)
    room_id: Mapped[RoomId | None]
    user_id: Mapped[UserId | None]
    asked_by: Mapped[UserId]
    asked_at: Mapped[datetime]


_COUNT = select(func.count()).where(
    AlertAttachment.alert_id == bindparam("alert"), AlertAttachment.state == AttachmentState.KEPT
)


class AlertAttachments:
    """The files that were sent to alerts."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def add(self, attachment: AlertAttachment) -> AlertAttachment:
        self._session.add(attachment)
        await self._session.flush()
        return attachment

    async def next_number(self, alert: Alert) -> int:
        highest = select(func.max(AlertAttachment.number)).where(AlertAttachment.alert_id == alert.id)
        return (await self._session.scalar(highest) or 0) + 1

    async def of(self, alert: Alert, *, kept: bool = False) -> Sequence[AlertAttachment]:
        """Return what was taken in the order of the numbers; with `kept`, without what was taken back."""
        states = [AttachmentState.KEPT] if kept else [AttachmentState.KEPT, AttachmentState.TAKEN_BACK]
        query = select(AlertAttachment).where(AlertAttachment.alert_id == alert.id, AlertAttachment.state.in_(states))
        return (await self._session.scalars(query.order_by(AlertAttachment.number))).all()

    async def count(self, alert: Alert) -> int:
        """Count what belongs to an alert and was not taken back."""
        return await self._session.scalar(_COUNT, {"alert": alert.id}) or 0

    async def waiting(self, alert: Alert) -> int:
        """Count what is still being checked."""
        query = select(func.count()).where(
            AlertAttachment.alert_id == alert.id, AlertAttachment.state == AttachmentState.CHECKED
        )
        return await self._session.scalar(query) or 0

    async def of_file(self, file_id: int) -> AlertAttachment | None:
        query = select(AlertAttachment).where(AlertAttachment.file_id == file_id)
        return (await self._session.scalars(query)).first()

    async def same(self, sha256: str, *, limit: int) -> Sequence[AlertAttachment]:
        """Return the latest attachments of any alert that are this very file."""
        query = (
            select(AlertAttachment)
            .join(AlertAttachment.file)
            .where(
                IncomingFile.sha256 == sha256,
                IncomingFile.state == FileState.SEEN,
                AlertAttachment.state == AttachmentState.KEPT,
            )
        )
        return (await self._session.scalars(query.order_by(AlertAttachment.id.desc()).limit(limit))).all()

    async def same_in(self, alert: Alert, sha256: str) -> AlertAttachment | None:
        """Return the attachment of this alert that is this very file."""
        query = (
            select(AlertAttachment)
            .join(AlertAttachment.file)
            .where(
                AlertAttachment.alert_id == alert.id,
                AlertAttachment.state == AttachmentState.KEPT,
                IncomingFile.sha256 == sha256,
            )
        )
        return (await self._session.scalars(query.order_by(AlertAttachment.number).limit(1))).first()

    async def purge(self, alert: Alert) -> None:
        """Forget what may name persons: how the files are called, what stood beside them, and how they open.

        That they were there, of what size and with which hash, stays.
        """
        for one in await self.of(alert):
            one.name, one.caption, one.file.sealed = "", None, None

    async def copies(self, attachment: AlertAttachment) -> Sequence[AttachmentCopy]:
        """Return where an attachment was sent on to."""
        query = select(AttachmentCopy).where(AttachmentCopy.attachment_id == attachment.id)
        return (await self._session.scalars(query.order_by(AttachmentCopy.row_id))).all()

    def add_copy(
        self,
        attachment: AlertAttachment,
        row_id: int,
        *,
        room: RoomId | None,
        person: UserId | None,
        by: UserId,
        at: datetime,
    ) -> None:
        self._session.add(
            AttachmentCopy(
                row_id=row_id, attachment_id=attachment.id, room_id=room, user_id=person, asked_by=by, asked_at=at
            )
        )
