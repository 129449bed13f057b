"""Files that wait to be sent, with what names them on the homeserver, and files that came and are to be looked into."""

from collections.abc import Collection
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import ForeignKey, Index, LargeBinary, delete, func, select
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, Transaction
from storage.ids import EventId, RoomId, UserId


class OutgoingFile(Base):
    """The file of one outbox row. Its bytes are dropped as soon as the homeserver has it, encrypted."""

    __tablename__ = "outgoing_files"

    row_id: Mapped[int] = mapped_column(ForeignKey("outbox.id", ondelete="CASCADE"), primary_key=True)
    name: Mapped[str]
    content_type: Mapped[str]
    """A media type, such as "image/png"."""
    width: Mapped[int | None]
    height: Mapped[int | None]
    """Pixels of a picture."""
    data: Mapped[bytes | None] = mapped_column(LargeBinary)
    maker: Mapped[str | None] = mapped_column(default=None)
    """The name of the handler that makes the file of `data`; None where that is the file itself."""
    content: Mapped[dict[str, Any] | None]
    """The message content with the file's place and key, once it was uploaded: a retry uploads nothing again."""


class OutgoingFiles:
    """Files that the bot made, until they are out."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._session = tx.session

    def add(self, file: OutgoingFile) -> None:
        self._session.add(file)

    async def of_row(self, row_id: int) -> OutgoingFile | None:
        """Return the file that an outbox row carries."""
        return await self._tx.find(OutgoingFile, row_id)

    async def forget(self, row_ids: Collection[int]) -> None:
        """Drop the bytes of files, or where they lie and with which keys they are read."""
        await self._session.execute(delete(OutgoingFile).where(OutgoingFile.row_id.in_(row_ids)))

    async def uploaded(self, row_id: int, content: dict[str, Any]) -> None:
        """The homeserver has the file: keep how it is named there, and not what is in it."""
        file = await self.of_row(row_id)
        if file is not None:
            file.content, file.data = content, None


class FileState(StrEnum):
    WAITING = "waiting"  # to be fetched and looked into
    SEEN = "seen"
    REFUSED = "refused"
    TAKEN_BACK = "taken back"  # by who sent it, or by who may remove messages where it stood


class FileFault(StrEnum):
    """Why a file that came is not taken."""

    UNENCRYPTED = "unencrypted"
    MALFORMED = "malformed"  # the message does not say where it is and how it opens
    TOO_LARGE = "too large"
    TOO_MANY_PIXELS = "too many pixels"
    WRONG_HASH = "wrong hash"  # the homeserver gives something else than was sent
    NOT_THERE = "not there"  # the homeserver does not give it
    UNREACHABLE = "unreachable"  # the homeserver did not answer for as long as it was tried
    NOT_AS_DECLARED = "not as declared"  # its content is of another type than the sender said
    PROGRAM = "program"


class IncomingFile(Base):
    """A file that came with a message. Its bytes are never kept: they are fetched, hashed, looked at and forgotten.

    `limit_bytes`, `report` and `subject` are what the capability asked for that wants to know of it.
    """

    __tablename__ = "incoming_files"
    __table_args__ = (Index("ix_incoming_files_waiting", "state", "not_before"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    event_id: Mapped[EventId] = mapped_column(unique=True)
    """The message that carried it."""
    room_id: Mapped[RoomId]
    sealed: Mapped[str | None]
    """Where it lies and how it opens, sealed under the operator's passphrase; None once it is not needed any more."""
    declared_type: Mapped[str | None]
    sender: Mapped[UserId]
    limit_bytes: Mapped[int]
    report: Mapped[str]
    """Whom to tell what was found: the name of a handler."""
    subject: Mapped[str]
    """What it was sent to, such as "alert:17"."""
    state: Mapped[FileState]
    attempts: Mapped[int] = mapped_column(default=0)
    not_before: Mapped[datetime]
    came_at: Mapped[datetime]
    fault: Mapped[FileFault | None]
    sha256: Mapped[str | None] = mapped_column(index=True)
    """Of the file itself, in lower case hexadecimal."""
    size_bytes: Mapped[int | None]
    content_type: Mapped[str | None]
    """A media type, told by the content."""
    width: Mapped[int | None]
    height: Mapped[int | None]
    """Pixels of a picture, where its header says them."""


TOPIC = "files"
"""What `Database.listen` is told when there is a file to be looked into."""


class IncomingFiles:
    """Files that came with messages: what was found out about each, and what opens it as long as it is needed."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._session = tx.session

    async def expect(
        self,
        event_id: EventId,
        room_id: RoomId,
        *,
        sealed: str,
        declared_type: str | None,
        sender: UserId,
        limit_bytes: int,
        report: str,
        subject: str,
        now: datetime,
    ) -> IncomingFile:
        """Have a file looked into; the handler called `report` is told what was found."""
        file = IncomingFile(
            event_id=event_id, room_id=room_id, sealed=sealed, declared_type=declared_type, sender=sender,
            limit_bytes=limit_bytes, report=report, subject=subject, state=FileState.WAITING, attempts=0,
            not_before=now, came_at=now, fault=None, sha256=None, size_bytes=None, content_type=None, width=None,
            height=None,
        )  # fmt: skip
        self._session.add(file)
        await self._session.flush()
        self._tx.changed(TOPIC)
        return file

    async def get(self, file_id: int) -> IncomingFile | None:
        return await self._tx.find(IncomingFile, file_id)

    async def of_event(self, event_id: EventId) -> IncomingFile | None:
        """Return the file that a message carried."""
        return (await self._session.scalars(select(IncomingFile).where(IncomingFile.event_id == event_id))).first()

    async def next_due(self, now: datetime, *, but: Collection[int] = ()) -> IncomingFile | None:
        """Return the file that waits the longest and may be tried now, beside those that are being looked into."""
        query = select(IncomingFile).where(
            IncomingFile.state == FileState.WAITING, IncomingFile.not_before <= now, IncomingFile.id.not_in(but)
        )
        return (await self._session.scalars(query.order_by(IncomingFile.not_before, IncomingFile.id).limit(1))).first()

    async def next_attempt_at(self) -> datetime | None:
        """Return when the next file is to be tried."""
        waiting = IncomingFile.state == FileState.WAITING
        return await self._session.scalar(select(func.min(IncomingFile.not_before)).where(waiting))

    def later(self, file: IncomingFile, now: datetime, pause: timedelta) -> None:
        file.attempts += 1
        file.not_before = now + pause

    def refuse(self, file: IncomingFile, fault: FileFault) -> None:
        """Nobody will fetch it again."""
        file.state, file.fault, file.sealed = FileState.REFUSED, fault, None

    def forget(self, file: IncomingFile) -> None:
        """It is not needed: what opens it is forgotten."""
        file.sealed = None

    def take_back(self, file: IncomingFile) -> None:
        """Its hash stays; what opens it is forgotten."""
        file.state, file.sealed = FileState.TAKEN_BACK, None
