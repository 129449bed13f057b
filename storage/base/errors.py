"""What a database may raise."""

from sqlalchemy.exc import SQLAlchemyError

FAULTS: tuple[type[Exception], ...] = (SQLAlchemyError, OSError)
"""What a database raises that does not answer as it should: tried again, whatever was to be done with it."""


class StorageError(Exception):
    """The database cannot be used; the message is for the operator."""


class InUse(StorageError):
    """Another process works on the database."""
