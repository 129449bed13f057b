"""Where an alert is shown."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base
from storage.ids import RoomId, UserId


class AlertCard(Base):
    """A message that shows an alert: the card of a room or of a person, and whether it still may show it."""

    __tablename__ = "alert_cards"
    __table_args__ = (Index("ix_alert_cards_room", "room_id", "alert_id"),)

    row_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """The message in the outbox."""
    alert_id: Mapped[int] = mapped_column(ForeignKey("alerts.id"), index=True)
    room_id: Mapped[RoomId | None]
    user_id: Mapped[UserId | None]
    told_at: Mapped[datetime]
    retracted_at: Mapped[datetime | None]
