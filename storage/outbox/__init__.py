"""The outbox: everything the bot will say or do on Matrix, written in the transaction that decided it.

`tables.py` has its rows, `repository.py` what is written and said, `lanes.py` what waits and goes out.
"""

from storage.outbox.lanes import Arrival, Lanes, Waiting
from storage.outbox.repository import Outbox
from storage.outbox.tables import (
    TOPIC,
    Failure,
    OutboxName,
    OutboxRow,
    Priority,
    RowKind,
    RowState,
    beside,
    invitations,
)

__all__ = [
    "TOPIC", "Arrival", "Failure", "Lanes", "Outbox", "OutboxName", "OutboxRow", "Priority", "RowKind", "RowState",
    "Waiting", "beside", "invitations",
]  # fmt: skip
