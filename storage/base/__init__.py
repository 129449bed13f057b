"""The database: one engine, one writer, explicit transactions.

`database.py` takes turns on SQLite (`inline.py`) or a server (`server.py`, imported where one is used).
`transaction.py` is what repositories are made from, `tables.py` what tables are declared with, `statements.py` what is
put together once, `memory.py` what need not be read twice.
"""

from storage.base.database import Database
from storage.base.errors import FAULTS, InUse, StorageError
from storage.base.tables import Base, IntEnumType, UtcDateTime
from storage.base.transaction import Transaction

__all__ = ["FAULTS", "Base", "Database", "InUse", "IntEnumType", "StorageError", "Transaction", "UtcDateTime"]
