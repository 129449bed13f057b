"""`sesn-bot audit verify`: whether the chain of the audit is whole, in words for an operator."""

from collections.abc import Callable
from datetime import UTC
from typing import assert_never

from bot.config import Config
from storage import schema
from storage.audit import Break, Head, Wrong, verify
from storage.base import Database, StorageError


async def verify_audit(config: Config, noted: Head | None, say: Callable[[str], object]) -> bool:
    """Follow the chain and say what was found; False when something is wrong. Changes nothing.

    Raises:
        StorageError: there is no database, or it is not at the newest schema.
    """
    if not schema.exists(config.database_url):
        raise StorageError("There is no database yet: the bot makes it at its first start.")
    database = Database.open(config.database_url)
    try:
        await database.ping()
        if await schema.current(database) != schema.revisions()[-1]:
            raise StorageError("The database is not at the newest revision. Run sesn-bot migrate first.")
        verdict = await verify(database, noted)
    finally:
        await database.close()
    if verdict.wrong is not None:
        say(_words(verdict.wrong))
        say(f"{verdict.lines} lines before it are whole." if verdict.lines else "No line before it is whole.")
        return False
    say(f"The audit is whole: {verdict.lines} lines, each following from the one before it.")
    if noted is not None:
        say("It goes on from what you noted.")
    say("Note this outside of this machine; with --noted it shows later that nothing before it was made anew or cut:")
    say(str(verdict.head))
    return True


def _words(wrong: Break) -> str:
    line = f"Line {wrong.line}"
    if wrong.at is not None:
        line += f" ({wrong.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC, {wrong.action})"
    match wrong.what:
        case Wrong.CHANGED:
            return f"{line} is the first that is wrong: it was changed, or it stands where another stood."
        case Wrong.MISSING:
            return f"{line} is the first that is wrong: it was removed."
        case Wrong.CUT:
            return f"{line} is the first that is wrong: from there to the end the lines were removed."
        case Wrong.ADDED:
            return f"{line} is the first that is wrong: it was added by something else than the bot."
        case Wrong.HEAD:
            return f"{line} is the first that is wrong: the head of the chain was removed or changed, or is of another."
        case Wrong.NOTED:
            return f"{line} is the first known to be wrong: it is not the one you noted, so the chain was made anew."
        case _:
            assert_never(wrong.what)
