"""The short code that two sides of a verification compare: seven emoji, or three numbers.

Source: Matrix specification v1.18, client-server API, "SAS method: emoji" and "SAS method: decimal".
"""

from collections.abc import Sequence
from dataclasses import dataclass

from storage.ids import DeviceId, UserId

# fmt: off
EMOJI: Sequence[tuple[str, str]] = (
    ("🐶", "Dog"), ("🐱", "Cat"), ("🦁", "Lion"), ("🐎", "Horse"),
    ("🦄", "Unicorn"), ("🐷", "Pig"), ("🐘", "Elephant"), ("🐰", "Rabbit"),
    ("🐼", "Panda"), ("🐓", "Rooster"), ("🐧", "Penguin"), ("🐢", "Turtle"),
    ("🐟", "Fish"), ("🐙", "Octopus"), ("🦋", "Butterfly"), ("🌷", "Flower"),
    ("🌳", "Tree"), ("🌵", "Cactus"), ("🍄", "Mushroom"), ("🌏", "Globe"),
    ("🌙", "Moon"), ("☁️", "Cloud"), ("🔥", "Fire"), ("🍌", "Banana"),
    ("🍎", "Apple"), ("🍓", "Strawberry"), ("🌽", "Corn"), ("🍕", "Pizza"),
    ("🎂", "Cake"), ("❤️", "Heart"), ("😀", "Smiley"), ("🤖", "Robot"),
    ("🎩", "Hat"), ("👓", "Glasses"), ("🔧", "Spanner"), ("🎅", "Santa"),
    ("👍", "Thumbs Up"), ("☂️", "Umbrella"), ("⌛", "Hourglass"), ("⏰", "Clock"),
    ("🎁", "Gift"), ("💡", "Light Bulb"), ("📕", "Book"), ("✏️", "Pencil"),
    ("📎", "Paperclip"), ("✂️", "Scissors"), ("🔒", "Lock"), ("🔑", "Key"),
    ("🔨", "Hammer"), ("☎️", "Telephone"), ("🏁", "Flag"), ("🚂", "Train"),
    ("🚲", "Bicycle"), ("✈️", "Aeroplane"), ("🚀", "Rocket"), ("🏆", "Trophy"),
    ("⚽", "Ball"), ("🎸", "Guitar"), ("🎺", "Trumpet"), ("🔔", "Bell"),
    ("⚓", "Anchor"), ("🎧", "Headphones"), ("📁", "Folder"), ("📌", "Pin"),
)
# fmt: on
"""Sign and English name by number, 0 to 63."""


@dataclass(frozen=True, slots=True)
class ShortCode:
    """What the bot shows in a verification. It is the member's bot that speaks when the member's client shows the same.

    Nothing in it is secret once both sides have it; compare it by another way than the chat, for example by phone.
    """

    user: UserId
    device_id: DeviceId
    emoji: tuple[tuple[str, str], ...]  # seven: sign and English name
    decimals: tuple[int, int, int]  # each 1000 to 9191

    @classmethod
    def made(
        cls, user: UserId, device_id: DeviceId, indices: Sequence[int], decimals: tuple[int, int, int]
    ) -> "ShortCode":
        """Name the emoji by their numbers."""
        return cls(user, device_id, tuple(EMOJI[index] for index in indices), decimals)
