"""Two alerts that name the same, and what their owners are told of it."""

from storage.ids import EventId
from tests.alerts.raising import sent
from tests.fakes import Heard, Network, Reply

HIDDEN = "stands elsewhere too, where I may not show it to you"


async def told(net: Network, name: str) -> list[str]:
    """What a person was told of matches, in the direct chat, as it stands after its edits."""
    heard = await net.heard_by(name)
    first = [one for one in heard if one.replaces is None and _is_of_matches(one)]
    return [[now.body for now in heard if one.event_id in {now.event_id, now.replaces}][-1] for one in first]


def _is_of_matches(one: Heard) -> bool:
    return any(words in one.body for words in ("names the same as:", HIDDEN, "raised an alert that names the same"))


async def dutch(net: Network, text: str, **options: str) -> Reply:
    """Let the Netherlands draft an alert and send it."""
    words = " ".join(f"{key}={value}" for key, value in options.items())
    draft = await net.say(f"!alert {text} {words}".strip(), as_="netherlands", room="netherlands")
    await net.say("!alert send", as_="netherlands", room="netherlands")
    return draft


async def both_see(net: Network, first: str, second: str) -> None:
    """Ghana sends an alert that the Netherlands may see, and the Netherlands one that Ghana may see."""
    await sent(net, f"{first} at Tema to Rotterdam")
    await dutch(net, f"{second} at Rotterdam from Tema")


def card_of(net: Network, room: str, number: str) -> str:
    return net.latest(room, event_of_card(net, room, number))


def event_of_card(net: Network, room: str, number: str) -> EventId:
    heard = net.heard(room)
    return next(one.event_id for one in heard if f"Alert {number}, TLP" in one.body and one.replaces is None)


def below(net: Network, room: str, number: str) -> str:
    """What the thread of a card says of matches."""
    card = event_of_card(net, room, number)
    return "".join(one.body for one in net.heard(room) if one.thread_root == card and "names the same as" in one.body)
