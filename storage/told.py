"""What was told, so that it is told once: whom a refusal met, which stranger was named, which key was announced."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from urllib.parse import unquote

from sqlalchemy import delete
from sqlalchemy.orm import Mapped, mapped_column

from storage.base import Base, Transaction

NOT_ENCRYPTED = "not encrypted"
"""A room was told that no commands are taken there."""
STRANGER = "stranger"
"""A person was told that they are not on the roster."""


class Telling(Base):
    """One thing that was told. `key` says what it was about: the ids of a room, a person, a device, a key."""

    __tablename__ = "told"

    kind: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(primary_key=True)
    told_at: Mapped[datetime]


class Told:
    """What was said already and is not to be said again."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def first(self, kind: str, key: str, now: datetime, *, again_after: timedelta | None = None) -> bool:
        """Note that this is told now; False when it was told before (with `again_after`: less than that ago)."""
        known = await self._session.get(Telling, (kind, key))
        if known is None:
            self._session.add(Telling(kind=kind, key=key, told_at=now))
            await self._session.flush()
            return True
        if again_after is None or now - known.told_at < again_after:
            return False
        known.told_at = now
        return True

    async def before(self, kind: str, key: str) -> bool:
        """Whether this was told."""
        return await self._session.get(Telling, (kind, key)) is not None

    async def forget(self, kind: str, keys: Iterable[str]) -> None:
        """Let these be told again: what they were about has ended."""
        await self._session.execute(delete(Telling).where(Telling.kind == kind, Telling.key.in_(list(keys))))


def about(*ids: str | None) -> str:
    """Return the key for what is about several ids, whatever characters they hold."""
    # By the rules of Matrix no id holds a blank; some that come from other homeservers do all the same.
    return " ".join((one or "-").replace("%", "%25").replace(" ", "%20") for one in ids)


def ids_in(key: str) -> list[str]:
    """Return the ids that `about` made a key of."""
    return [unquote(one) for one in key.split(" ")]
