"""When the interpreter looks for garbage among its objects."""

import gc

_WHILE_LOADING = 1_000_000
_AFTERWARDS = (10_000, 20, 20)
"""A command makes and drops some thousand objects: to look through them several times in its course is too often."""


def while_loading() -> None:
    """Hardly ever: what is loaded stays, and to look through it every few hundred objects takes a tenth of a start."""
    gc.set_threshold(_WHILE_LOADING)


def once_loaded() -> None:
    """Leave out what is here now, nearly all of which stays: to look through it even once takes a tenth of a start."""
    gc.freeze()
    gc.set_threshold(*_AFTERWARDS)
