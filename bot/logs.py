"""Logs: for people on a terminal, JSON otherwise; never a secret, a message text or personal data.

The text of an exception may hold any of these (a validation error quotes its input, a database error its parameters),
so only its type and the places it passed are written.
"""

import logging
import re
import sys
import traceback
from collections.abc import MutableMapping
from types import TracebackType
from typing import Any, Literal

import structlog

_LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def configure(level: str, form: Literal["auto", "human", "json"]) -> None:
    """Set up structlog, and keep the libraries' own loggers to what carries no content."""
    human = form == "human" or (form == "auto" and sys.stderr.isatty())
    renderer: Any = structlog.dev.ConsoleRenderer() if human else structlog.processors.JSONRenderer()
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            places_only,
            no_persons,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(PlacesOnly("%(name)s: %(levelname)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    sys.excepthook = _last_words
    # nio logs whole events; what matters of them is counted and logged by bot.matrix.
    logging.getLogger("nio").setLevel(logging.CRITICAL + 1)


def places_only(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by its types and the functions it passed, the innermost last."""
    info = entry.pop("exc_info", None)
    error = info if isinstance(info, BaseException) else sys.exc_info()[1] if info else None
    if error is not None:
        entry["error"], entry["at"] = _places(error)
    return entry


_PERSON = re.compile(r"@[!-9;-~]*:")


def no_persons(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Leave of a person's Matrix id the homeserver alone: that is what an operator can act on."""
    for key, value in entry.items():
        if isinstance(value, str):
            entry[key] = _PERSON.sub("@…:", value)
    return entry


class PlacesOnly(logging.Formatter):
    """For the libraries' loggers: of an exception only its types and places, of a message nothing at all."""

    def format(self, record: logging.LogRecord) -> str:
        line = self.formatMessage(record)
        error = record.exc_info[1] if record.exc_info else None
        if error is None:
            return line
        chain, frames = _places(error)
        return f"{line} {chain} at {frames}"


def _last_words(_kind: type[BaseException], error: BaseException, _traceback: TracebackType | None) -> None:
    """What ends the program is written like every other exception."""
    structlog.get_logger().critical("program.ended", exc_info=error)


def _places(error: BaseException | None) -> tuple[str, str]:
    """Return the types of an exception and of its causes, and the functions that the innermost passed."""
    chain: list[str] = []
    frames: list[str] = []
    while error is not None:
        chain.append(type(error).__qualname__)
        frames = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)][-8:] or frames
        error = error.__cause__ or error.__context__
    return " < ".join(chain), " > ".join(frames)
