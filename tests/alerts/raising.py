"""Raising alerts, as tests about them do again and again."""

from storage.alerts import AlertNumber, Alerts, AlertState
from storage.ids import EventId
from tests.fakes import Network, Reply

SUSPICION = "20 drums in CSQU3054383 at Tema, from Antwerp to Rotterdam, 18 t of A1180"


async def raised(net: Network, text: str = SUSPICION, **options: str) -> Reply:
    """Let Ghana draft an alert in its room."""
    words = " ".join(f"{key}={value}" for key, value in options.items())
    return await net.say(f"!alert {text} {words}".strip(), as_="ghana", room="ghana")


async def sent(net: Network, text: str = SUSPICION, **options: str) -> Reply:
    """Let Ghana draft an alert and send it."""
    await raised(net, text, **options)
    return await net.say("!alert send", as_="ghana", room="ghana")


def card_in(net: Network, room: str) -> EventId:
    return next(heard.event_id for heard in net.heard(room) if heard.replaces is None and "Raised by" in heard.body)


async def state_of(net: Network, sequence: int = 1) -> AlertState:
    async with net.transaction() as tx:
        alert = await Alerts(tx).by_number(AlertNumber("A", 2026, sequence))
        assert alert is not None
        return alert.state
