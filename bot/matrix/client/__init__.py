"""The bot's one way to Matrix: `MatrixGateway` does what `bot.matrix.interface.Gateway` promises.

`gateway.py` opens it and holds its parts. `login.py` and `opening.py` are what a start does with token and keys;
`sending.py` puts messages into rooms, `joined.py` knows the rooms that the bot is in, `making.py` makes new ones.
"""

from bot.matrix.client.gateway import MatrixGateway, reachable

__all__ = ["MatrixGateway", "reachable"]
