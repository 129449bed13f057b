"""A homeserver that limits what is sent: it gets the time that it asks for, and what is urgent waits for no bulk."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import pytest

from bot import outgoing
from bot.matrix.interface import NewRoom, Rejected, Sent, Throttled
from commands.base import Post
from commands.document import doc
from storage.ids import RoomId, UserId
from storage.outbox import Failure, Lanes, Priority, RowKind, RowState
from tests.fakes import Network
from tests.sending.helping import COUNTRIES, Gate, bodies, post, row_of, running, until


class Limiter:
    """A homeserver that refuses a message when `refuses` says so, and a record of what it was asked for, and when."""

    def __init__(
        self, net: Network, monkeypatch: pytest.MonkeyPatch, refuses: Callable[[str], Throttled | None]
    ) -> None:
        self.asked: list[tuple[float, str]] = []
        self._began = net.now
        self._net = net
        self._send = net.gateway.send
        self._refuses = refuses
        monkeypatch.setattr(net.gateway, "send", self.send)

    async def send(self, room: RoomId, content: Mapping[str, Any], transaction: str, **how: Any) -> Sent:
        self.asked.append(((self._net.now - self._began).total_seconds(), content["body"]))
        refusal = self._refuses(content["body"])
        if refusal is not None:
            raise refusal
        return await self._send(room, content, transaction, **how)


async def second_by_second(net: Network, seconds: int) -> None:
    for _second in range(seconds):
        net.now += timedelta(seconds=1)
        await net.settle()


@pytest.fixture
def net_without_chance(net: Network) -> Network:
    net.machinery.sender._pauses._jitter = lambda: 0.5
    return net


async def test_bulk_that_is_refused_without_a_word_waits_ever_longer_and_an_alert_does_not(
    net_without_chance: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = net_without_chance
    limiter = Limiter(net, monkeypatch, lambda body: Throttled(None) if body == "announced" else None)
    await post(net, "announced", "ghana", priority=Priority.ANNOUNCEMENT)
    await net.settle()
    await second_by_second(net, 40)
    assert [at for at, _ in limiter.asked] == [0, 1, 3, 8, 16, 32]
    limiter.asked.clear()
    await post(net, "alerted", "germany", priority=Priority.ALERT)
    await post(net, "announced elsewhere", "belgium", priority=Priority.ANNOUNCEMENT)
    await net.settle()
    assert bodies(net, "germany") == ["alerted"]
    assert limiter.asked == [(40, "alerted")], "an announcement was tried before its time"


async def test_an_alert_refused_without_a_word_is_tried_a_second_later_whatever_bulk_waits(
    net_without_chance: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = net_without_chance
    open_from = net.now + timedelta(seconds=31, milliseconds=500)
    limiter = Limiter(net, monkeypatch, lambda _: Throttled(None) if net.now < open_from else None)
    await post(net, "announced", "ghana", priority=Priority.ANNOUNCEMENT)
    await net.settle()
    await second_by_second(net, 31)
    await post(net, "alerted", "germany", priority=Priority.ALERT)
    await net.settle()
    await second_by_second(net, 1)
    assert (32, "alerted") in limiter.asked
    assert bodies(net, "germany") == ["alerted"]
    per_second = [at for at, _ in limiter.asked if at < 32]
    assert len(per_second) == len(set(per_second)), "more than one request a second"


async def test_what_stands_before_an_alert_in_its_room_is_as_urgent_as_it(
    net_without_chance: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = net_without_chance
    open_from = net.now + timedelta(seconds=17, milliseconds=500)
    Limiter(net, monkeypatch, lambda _: Throttled(None) if net.now < open_from else None)
    await post(net, "announced", "ghana", priority=Priority.ANNOUNCEMENT)
    await net.settle()
    await second_by_second(net, 17)
    await post(net, "alerted", "ghana", priority=Priority.ALERT)
    await second_by_second(net, 2)
    assert bodies(net, "ghana") == ["announced", "alerted"]


async def test_after_a_success_the_pauses_are_short_again(
    net_without_chance: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = net_without_chance
    open_from = net.now + timedelta(seconds=20)
    limiter = Limiter(net, monkeypatch, lambda body: Throttled(None) if net.now < open_from or body == "late" else None)
    await post(net, "first")
    await net.settle()
    await second_by_second(net, 40)
    assert bodies(net) == ["first"]
    limiter.asked.clear()
    await post(net, "late")
    await net.settle()
    await second_by_second(net, 4)
    assert [at for at, _ in limiter.asked] == [40, 41, 43]


async def test_a_room_that_takes_nothing_does_not_say_that_the_homeserver_takes_messages_again(
    net_without_chance: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = net_without_chance
    limiter = Limiter(net, monkeypatch, lambda body: Throttled(None) if body == "announced" else None)
    net.fail_room("belgium", Rejected(403, "M_FORBIDDEN"))
    for room, text in (("ghana", "announced"), ("belgium", "lost")):
        await post(net, text, room, priority=Priority.ANNOUNCEMENT)
    await net.settle()
    await second_by_second(net, 20)
    assert (7, "lost") in limiter.asked, "after three refusals of one room another one is tried"
    assert [at for at, body in limiter.asked if body == "announced"] == [0, 1, 3, 8, 16]


async def test_the_time_that_the_homeserver_asks_for_is_given_by_all(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    refusals = [Throttled(timedelta(seconds=20))]
    limiter = Limiter(net, monkeypatch, lambda _: refusals.pop() if refusals else None)
    await post(net, "announced", "ghana", priority=Priority.ANNOUNCEMENT)
    await net.settle()
    await post(net, "alerted", "germany", priority=Priority.ALERT)
    await net.settle()
    await second_by_second(net, 19)
    assert [body for _, body in limiter.asked] == ["announced"]
    await second_by_second(net, 1)
    assert limiter.asked[1:] == [(20, "alerted"), (20, "announced")]


async def test_after_a_refusal_rooms_are_tried_one_by_one_the_most_urgent_first_until_it_goes_well(
    on_disk: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = on_disk
    for number in range(12):
        await net.add_room(f"r{number}", {"ghana"})
        await post(net, "announced", f"r{number}", priority=Priority.ANNOUNCEMENT)
    sender = net.machinery.sender
    refusals = [Throttled(timedelta(minutes=1))]
    with monkeypatch.context() as limited:
        Limiter(net, limited, lambda _: refusals.pop() if refusals else None)
        await sender._work(net.room("r0"))
    await post(net, "alerted", "germany", priority=Priority.ALERT)
    net.now += timedelta(minutes=1)
    gate = Gate(net, monkeypatch)
    async with running(net):
        await gate.until(lambda: len(gate.waiting) == 1)
        assert gate.began == [net.room("germany")], "bulk took what the homeserver let through"
        gate.waiting[net.room("germany")].set()
        await gate.until(lambda: len(gate.waiting) == 2)
        for room in list(gate.waiting):
            gate.waiting[room].set()
        await gate.until(lambda: len(gate.waiting) == 8)
        gate.open = True
        for waiting in list(gate.waiting.values()):
            waiting.set()
        await until(lambda: all(bodies(net, f"r{number}") == ["announced"] for number in range(12)))
    assert len(gate.began) == 13


async def test_rooms_refused_together_are_one_refusal(on_disk: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    on_disk.machinery.sender._pauses._jitter = lambda: 0.5
    refused = [Throttled(None)] * 8
    for number in range(8):
        await on_disk.add_room(f"r{number}", {"ghana"})
        await post(on_disk, "announced", f"r{number}", priority=Priority.ANNOUNCEMENT)
    sender = on_disk.machinery.sender
    with monkeypatch.context() as limited:
        Limiter(on_disk, limited, lambda _: refused.pop() if refused else None)
        async with on_disk.transaction() as tx:
            heads = [await sender._head(on_disk.room(f"r{number}"), tx) for number in range(8)]
        for head in heads:
            assert head is not None
            await sender._send(head)
    assert not refused
    on_disk.now += timedelta(seconds=1)
    await on_disk.settle()
    assert all(bodies(on_disk, f"r{number}") == ["announced"] for number in range(8))


async def test_a_room_that_is_refused_alone_does_not_stop_the_others_for_good(
    net_without_chance: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    net = net_without_chance
    Limiter(net, monkeypatch, lambda body: Throttled(timedelta(seconds=2)) if body == "refused" else None)
    await post(net, "refused", "ghana", priority=Priority.ALERT)
    for room in COUNTRIES[1:]:
        await post(net, "hello", room, priority=Priority.ANNOUNCEMENT)
    await net.settle()
    await second_by_second(net, 60)
    assert all(bodies(net, room) == ["hello"] for room in COUNTRIES[1:])


async def test_rooms_with_much_to_say_give_way_to_an_alert(on_disk: Network, monkeypatch: pytest.MonkeyPatch) -> None:
    gate = Gate(on_disk, monkeypatch)
    for number in range(8):
        await on_disk.add_room(f"r{number}", {"ghana"})
        for page in range(5):
            await post(on_disk, f"page {page}", f"r{number}", priority=Priority.ANNOUNCEMENT)
    async with running(on_disk):
        await gate.until(lambda: len(gate.waiting) == 8)
        await post(on_disk, "alerted", "germany", priority=Priority.ALERT)
        gate.waiting[gate.began[0]].set()
        await gate.until(lambda: len(gate.began) == 9)
        assert gate.began[-1] == on_disk.room("germany")
        gate.open = True
        for waiting in list(gate.waiting.values()):
            waiting.set()
        pages = [f"page {page}" for page in range(5)]
        await until(lambda: all(bodies(on_disk, f"r{number}") == pages for number in range(8)))


async def test_being_refused_is_no_try_and_no_reason_to_give_up() -> None:
    async with Network.open(sending={"give_up_after": "1h"}) as net:
        net.fail_room("ghana", Throttled(timedelta(minutes=5)))
        row_id = await post(net, "hello")
        for _ in range(24):
            await net.settle()
            net.now += timedelta(minutes=5)
        row = await row_of(net, row_id)
        assert (row.state, row.attempts) == (RowState.PENDING, 0)
        net.fail_room("ghana", None)
        await net.settle()
        assert bodies(net) == ["hello"]


async def test_a_homeserver_that_asks_for_no_time_at_all_is_not_asked_in_a_tight_loop(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    limiter = Limiter(net, monkeypatch, lambda _: Throttled(timedelta(0)))
    await post(net, "hello")
    await net.settle()
    await second_by_second(net, 10)
    assert 5 < len(limiter.asked) <= 11


async def test_an_invitation_that_has_to_wait_holds_up_nothing_else(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[tuple[datetime, UserId]] = []

    async def invite(room: RoomId, user: UserId) -> None:
        asked.append((net.now, user))
        if len(asked) == 1:
            raise Throttled(timedelta(seconds=300))

    monkeypatch.setattr(net.gateway, "invite", invite)
    began, rows = net.now, []
    for name in ("ghana", "ghana2"):
        wanted: dict[str, Any] = {"kind": RowKind.INVITE, "content": {"user": net.person(name)}}
        rows.append(await post(net, "", **wanted))
    await post(net, "alerted", priority=Priority.ALERT)
    await post(net, "elsewhere", "germany", priority=Priority.ALERT)
    await net.settle()
    assert bodies(net) == ["alerted"]
    assert bodies(net, "germany") == ["elsewhere"]
    for _minute in range(6):
        net.now += timedelta(minutes=1)
        await net.settle()
    at = began + timedelta(seconds=300)
    assert asked == [(began, net.person("ghana")), (at, net.person("ghana")), (at, net.person("ghana2"))]
    assert [(await row_of(net, row)).state for row in rows] == [RowState.SENT, RowState.SENT]


@pytest.mark.parametrize(
    "order", ["!member remove {person}", "!member set {person} country=DE", "!room unbind room={room}"]
)
async def test_who_has_lost_the_right_to_a_room_while_an_invitation_waited_is_not_invited(
    net: Network, monkeypatch: pytest.MonkeyPatch, order: str
) -> None:
    asked: list[UserId] = []

    async def invite(room: RoomId, user: UserId) -> None:
        if room == net.room("ghana"):
            asked.append(user)
        raise Throttled(timedelta(seconds=300))

    monkeypatch.setattr(net.gateway, "invite", invite)
    row_id = await post(net, "", kind=RowKind.INVITE, content={"user": net.person("ghana2")})
    await net.settle()
    said = order.format(person=net.person("ghana2"), room=net.room("ghana"))
    await net.say(said, as_="coordinator", room="coordination")
    await net.say("!yes", as_="coordinator", room="coordination")
    net.now += timedelta(minutes=6)
    await net.settle()
    assert asked == [net.person("ghana2")], "the one time before"
    assert (await row_of(net, row_id)).state is RowState.DROPPED


async def test_who_was_refused_an_invitation_for_good_is_not_taken_to_be_in_the_room(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refusal for a while is no try: what follows it cannot mean that the try before had gone well."""
    answers: list[Exception] = [Rejected(403, "M_FORBIDDEN"), Throttled(None)]

    async def invite(room: RoomId, user: UserId) -> None:
        raise answers.pop()

    monkeypatch.setattr(net.gateway, "invite", invite)
    wanted: dict[str, Any] = {"kind": RowKind.INVITE, "content": {"user": net.person("ghana2")}}
    row_id = await post(net, "", **wanted)
    await net.settle()
    net.now += timedelta(seconds=5)
    await net.settle()
    row = await row_of(net, row_id)
    assert (row.state, row.failure) == (RowState.GIVEN_UP, Failure.FORBIDDEN)


async def test_a_direct_chat_that_may_not_be_made_yet_holds_up_no_room(
    net: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[datetime] = []
    create = net.gateway.create_room

    async def limited(room: NewRoom) -> RoomId:
        asked.append(net.now)
        if len(asked) == 1:
            raise Throttled(timedelta(seconds=60))
        return await create(room)

    monkeypatch.setattr(net.gateway, "create_room", limited)
    for name in ("ghana", "germany"):
        async with net.transaction() as tx:
            words = Post(doc=doc("to you"), person=net.person(name), priority=Priority.ALERT)
            await outgoing.write(tx, words, device=net.gateway.device, now=net.now)
    await net.settle()
    await post(net, "hello", "belgium", priority=Priority.ANNOUNCEMENT)
    await net.settle()
    assert bodies(net, "belgium") == ["hello"]
    assert len(asked) == 1, "the second was asked for although the first was refused"
    net.now += timedelta(seconds=60)
    await net.settle()
    assert [heard.body for name in ("ghana", "germany") for heard in await net.heard_by(name)] == ["to you"] * 2
    async with net.transaction() as tx:
        assert await Lanes(tx).count_waiting() == 0
