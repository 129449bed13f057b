"""A database server, reached over asyncio. Imported when one is used: it brings much that SQLite does without."""

from typing import Any

from sqlalchemy.engine import URL
from sqlalchemy.ext.asyncio import AsyncEngine, AsyncSession, create_async_engine

from storage.base.memory import NotingSession, note_statement

_STATEMENTS = 1_000
"""Statements that the server keeps prepared for a connection: the bot has some hundreds, and the driver keeps 100."""
_SETTINGS = {
    "jit": "off",  # to compile a plan takes longer than any statement of the bot
}


def engine(url: URL) -> AsyncEngine:
    """Make the engine; nothing is connected yet. Raises ModuleNotFoundError for a missing driver."""
    arguments = {"prepared_statement_cache_size": _STATEMENTS, "server_settings": _SETTINGS}
    return create_async_engine(url, hide_parameters=True, pool_pre_ping=True, connect_args=arguments)


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
