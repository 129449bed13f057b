"""Files that wait to be sent, and what names them on the homeserver once they are there."""

from typing import Any

from sqlalchemy import ForeignKey, LargeBinary, delete
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, Transaction


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
    content: Mapped[dict[str, Any] | None]
    """The message content with the file's place and key, once it was uploaded: a retry uploads nothing again."""


class OutgoingFiles:
    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._session = tx.session

    def add(self, file: OutgoingFile) -> None:
        self._session.add(file)

    async def of_row(self, row_id: int) -> OutgoingFile | None:
        """Return the file that an outbox row carries."""
        return await self._tx.find(OutgoingFile, row_id)

    async def forget(self, row_id: int) -> None:
        """Drop the bytes of a file, or where it lies and with which key it is read."""
        await self._session.execute(delete(OutgoingFile).where(OutgoingFile.row_id == row_id))

    async def uploaded(self, row_id: int, content: dict[str, Any]) -> None:
        """The homeserver has the file: keep how it is named there, and not what is in it."""
        file = await self.of_row(row_id)
        if file is not None:
            file.content, file.data = content, None
