"""Logs: for people on a terminal, JSON otherwise; never a secret, a message text or personal data.

The text of an exception may hold any of these (a validation error quotes its input, a database error its parameters),
so only its type and the places it passed are written.
"""

import logging
import sys
import traceback
from collections.abc import MutableMapping
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
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(_LEVELS[level]),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr, format="%(name)s: %(levelname)s")
    # nio logs whole events; what matters of them is counted and logged by bot.matrix.
    logging.getLogger("nio").setLevel(logging.CRITICAL + 1)


def places_only(_logger: Any, _method: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace an exception by its types and the functions it passed, the innermost last."""
    info = entry.pop("exc_info", None)
    error = info if isinstance(info, BaseException) else sys.exc_info()[1] if info else None
    if error is None:
        return entry
    chain: list[str] = []
    frames: list[str] = []
    while error is not None:
        chain.append(type(error).__qualname__)
        frames = [f"{frame.name}:{frame.lineno}" for frame in traceback.extract_tb(error.__traceback__)][-8:] or frames
        error = error.__cause__ or error.__context__
    entry["error"] = " < ".join(chain)
    entry["at"] = " > ".join(frames)
    return entry
