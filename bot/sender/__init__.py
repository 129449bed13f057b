"""The outbox -> Matrix: order kept within a room, rooms in parallel, urgent first, each row sent once.

A row keeps its transaction id through every try, so that the homeserver makes one event of it whatever happened to the
answers. When the bot has a new device since the row was tried, the homeserver knows nothing of that id: the row is
first looked for in the room.
"""

from bot.sender.lanes import Sender
from bot.sender.outcome import SenderSettings
from bot.sender.settling import LOSS_REPORT

__all__ = ["LOSS_REPORT", "Sender", "SenderSettings"]
