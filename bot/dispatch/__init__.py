"""The pipeline: what came in -> handler -> what goes out, in one transaction.

`dispatcher.py` has the turns and their transactions, `hearing.py` what is said to the bot, `noticing.py` the rest.
"""

from bot.dispatch.dispatcher import Dispatcher

__all__ = ["Dispatcher"]
