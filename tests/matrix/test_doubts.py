"""How often a sender's devices are asked for because of devices that nobody told the bot of."""

from bot.matrix.crypto import Doubts
from storage.ids import UserId

GHANA = UserId("@ghana:localhost")
BENIN = UserId("@benin:localhost")


class Clock:
    """Stands still, and is put on by tests."""

    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


def test_a_device_is_a_reason_to_ask_once_in_a_while() -> None:
    doubts = Doubts(clock := Clock())
    assert doubts.new(GHANA, ["a"])
    assert not doubts.new(GHANA, ["a"])
    assert doubts.new(GHANA, ["a", "b"])
    assert doubts.new(BENIN, ["a"])
    clock.seconds += Doubts.AGAIN
    assert doubts.new(GHANA, ["a"])


def test_made_up_devices_are_not_asked_for_without_end() -> None:
    doubts = Doubts(clock := Clock())
    assert sum(doubts.new(GHANA, [f"device {number}"]) for number in range(100)) == Doubts.MOST
    assert doubts.new(BENIN, [f"device {number}" for number in range(100)])
    clock.seconds += Doubts.AGAIN
    assert doubts.new(GHANA, ["device 99"])
