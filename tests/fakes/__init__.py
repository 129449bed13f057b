"""A network in memory: the whole pipeline on SQLite, with Matrix itself played by a few dictionaries.

Tests speak as users: `reply = await net.say("!alert ack 7", as_="ghana", room="ghana")`.
"""

from tests.fakes.gateway import BOT, FakeGateway, FakeMedia, FakeRoom
from tests.fakes.heard import Heard, Reply
from tests.fakes.network import COUNTRY_ROOMS, IN_MEMORY, PEOPLE, START, Network

__all__ = [
    "BOT",
    "COUNTRY_ROOMS",
    "IN_MEMORY",
    "PEOPLE",
    "START",
    "FakeGateway",
    "FakeMedia",
    "FakeRoom",
    "Heard",
    "Network",
    "Reply",
]
