"""Answering members who verify the bot: short codes by m.sas.v1, in rooms and device to device.

The bot gains no trust by a verification. What counts is that the member's client can tell the real bot: so the bot
sends the MAC of its device key and master key as soon as keys are exchanged, and the member compares the code with the
one that the bot shows to its coordinators.

Source: Matrix specification v1.18, client-server API, "Key verification framework" and "Short Authentication String
(SAS) verification".
"""

from bot.matrix.verification.answering import Verifications, commitment, macs
from bot.matrix.verification.desk import Desk, Post, known_keys
from bot.matrix.verification.emoji import EMOJI
from bot.matrix.verification.messages import EVERY_DEVICE, PREFIX, REQUEST_MSGTYPE, Received, ToSend

__all__ = [
    "EMOJI",
    "EVERY_DEVICE",
    "PREFIX",
    "REQUEST_MSGTYPE",
    "Desk",
    "Post",
    "Received",
    "ToSend",
    "Verifications",
    "commitment",
    "known_keys",
    "macs",
]
