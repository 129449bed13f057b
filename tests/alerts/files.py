"""Sending files to alerts, as tests about them do again and again."""

import hashlib
from typing import Any

from bot.matrix.interface import Redaction
from storage.alerts import AlertAttachments, AlertNumber, Alerts
from storage.ids import EventId
from tests.alerts.raising import card_in
from tests.fakes import Network, Reply

PDF = b"%PDF-1.7\n% a bill of lading\n"
JPEG = b"\xff\xd8\xff\xe0" + bytes(2_100_000)
HASH = hashlib.sha256(PDF).hexdigest()
SHORT = " ".join(HASH[at : at + 4] for at in range(0, 16, 4))


def content(net: Network, data: bytes = PDF, *, name: str = "bill.pdf", mimetype: str = "application/pdf") -> Any:
    return net.uploaded(data, name=name, mimetype=mimetype)


async def sends(
    net: Network, data: bytes = PDF, *, as_: str = "ghana", room: str = "ghana", text: str = "", **options: Any
) -> Reply:
    """Send a file in the thread of the card in a room."""
    said = content(net, data, **{key: options.pop(key) for key in ("name", "mimetype") if key in options})
    return await net.say(text, as_=as_, room=room, thread=card_in(net, room), file=said, **options)


async def says(net: Network, text: str, *, as_: str = "ghana", room: str = "ghana") -> Reply:
    """Say something in the thread of the card in a room."""
    return await net.say(text, as_=as_, room=room, thread=card_in(net, room))


async def kept(net: Network, sequence: int = 1) -> list[str]:
    async with net.transaction() as tx:
        alert = await Alerts(tx).by_number(AlertNumber("A", 2026, sequence))
        assert alert is not None
        return [f"{one.label} {one.state.value}" for one in await AlertAttachments(tx).of(alert)]


async def takes_back(net: Network, event_id: EventId, *, as_: str = "ghana", room: str = "ghana") -> None:
    await net.receive(Redaction(net.gateway.event_id(), net.room(room), net.person(as_), event_id))
