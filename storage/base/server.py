"""A database server, reached over asyncio. Imported when one is used: it brings much that SQLite does without."""

from typing import Any

from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from storage.base.memory import NotingSession, note_statement


def engine(url: URL) -> AsyncEngine:
    """Make the engine; nothing is connected yet. Raises ModuleNotFoundError for a missing driver."""
    return create_async_engine(url, hide_parameters=True, pool_pre_ping=True)


class ServerSession(AsyncSession):
    """A session on a database server, which notes the same."""

    def __init__(self, engine: AsyncEngine) -> None:
        super().__init__(engine, expire_on_commit=False, sync_session_class=NotingSession)

    async def run(self, statement: Any, values: Any) -> list[Any]:
        """Carry out a statement past the unit of work, and return its rows."""
        result = await (await self.connection()).execute(statement, values)
        return list(result.all()) if result.returns_rows else []

    async def execute(self, statement: Any, params: Any = None, **options: Any) -> Any:
        note_statement(self, statement)
        return await super().execute(statement, params, **options)
