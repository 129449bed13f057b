"""Questions the bot asked and waits for: a missing argument, a confirmation, a command that came late."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, bindparam, delete, select
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, Transaction
from storage.ids import EventId, RoomId, UserId


class Question(Base):
    """One open question to one person in one room. Only that person's answer counts."""

    __tablename__ = "questions"
    __table_args__ = (Index("ix_questions_asked", "room_id", "user_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    room_id: Mapped[RoomId]
    user_id: Mapped[UserId]
    thread_root: Mapped[EventId | None]
    """The thread in which it was asked; an answer in a direct chat may stand outside it."""
    kind: Mapped[str]
    data: Mapped[dict[str, Any]]
    asked_at: Mapped[datetime]
    expires_at: Mapped[datetime]


_ASKED = (
    select(Question)
    .where(Question.room_id == bindparam("room"), Question.user_id == bindparam("user"))
    .order_by(Question.id.desc())
)


class Questions:
    """What the bot asked and nobody answered yet: one question for each person in a thread."""

    def __init__(self, tx: Transaction) -> None:
        self._tx = tx
        self._session = tx.session

    async def ask(self, question: Question) -> Question:
        """Write the question, in place of an earlier one to the same person in the same thread."""
        await self._session.execute(
            delete(Question).where(
                Question.room_id == question.room_id,
                Question.user_id == question.user_id,
                Question.thread_root.is_(question.thread_root)
                if question.thread_root is None
                else Question.thread_root == question.thread_root,
            )
        )
        self._session.add(question)
        await self._session.flush()
        return question

    async def open_for(self, room_id: RoomId, user_id: UserId, *, now: datetime) -> list[Question]:
        """Return what this person is asked in this room and has not answered, the latest first."""

        async def read() -> list[Question]:
            return list(await self._session.scalars(_ASKED, {"room": room_id, "user": user_id}))

        asked = await self._tx.recall((room_id, user_id), (Question,), read)
        return [question for question in asked if question.expires_at > now]

    async def get(self, question_id: int) -> Question | None:
        return await self._session.get(Question, question_id)

    async def close(self, question: Question) -> None:
        await self._session.delete(question)
        await self._session.flush()
