"""A member's own Matrix client, for the demo and the tests: what a person does in rooms, and waiting for answers."""

import asyncio
import secrets
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from bot.demo.device import Device
from bot.demo.hearing import Heard, Mark, Wanted
from bot.matrix.http import path_of
from bot.matrix.interface import Rejected

_ENCRYPTION = {"type": "m.room.encryption", "state_key": "", "content": {"algorithm": "m.megolm.v1.aes-sha2"}}


class MemberClient(Device):
    """One device of one member, by `async with MemberClient.open(...) as ghana`."""

    @property
    def rooms(self) -> frozenset[str]:
        """The rooms this member is in, as far as it has synced."""
        return frozenset(self.client.rooms)

    @property
    def invites(self) -> frozenset[str]:
        """The rooms this member is invited to and has not joined."""
        return frozenset(self.client.invited_rooms)

    # Hearing

    def mark(self) -> Mark:
        """Return the present place in what was heard, for `hears(..., since=mark)`."""
        return self.hearing.mark()

    def timeline(self, room_id: str | None = None, since: Mark | None = None) -> list[Heard]:
        """Return what was heard, own messages included."""
        return self.hearing.timeline(room_id, since)

    def latest(self, event_id: str) -> Heard:
        """Return the newest version of a message. Raises LookupError when it was never heard."""
        return self.hearing.latest(event_id)

    async def hears(
        self,
        room_id: str | None,
        wanted: Wanted,
        *,
        within: float = 20.0,
        since: Mark | None = None,
        by: str | None = None,
        thread: str | None = None,
        own: bool = False,
        strict: bool = False,
    ) -> Heard:
        """Wait for a message; see `Hearing.hears`."""
        return await self.hearing.hears(
            room_id, wanted, within=within, since=since, by=by, thread=thread, own=own, strict=strict or self.strict
        )

    async def until_edited(self, event_id: str, wanted: str, *, within: float = 20.0) -> Heard:
        """Wait until the newest version of a message holds `wanted`, and return that version.

        Raises:
            AssertionError: it did not within so many seconds; the message says what the message is now.
        """

        def now() -> str:
            try:
                return self.latest(event_id).body
            except LookupError:
                return "(not heard at all)"

        await self.hearing.until(
            lambda: wanted in now(), within, lambda: f"{event_id} does not say {wanted!r}, it says: {now()}"
        )
        return self.latest(event_id)

    # Rooms

    async def accept_invites(self) -> list[str]:
        """Join every room this member is invited to, and return them."""
        joined = sorted(self.client.invited_rooms)
        for room_id in joined:
            await self.join(room_id)
        return joined

    async def join(self, room_id: str) -> None:
        """Join a room and wait until the sync shows it."""
        await self.request("POST", path_of("join", room_id), {})
        await self.enters(room_id)

    async def leave(self, room_id: str) -> None:
        """Leave a room or turn down an invitation."""
        await self.request("POST", path_of("rooms", room_id, "leave"), {})
        self.client.invited_rooms.pop(room_id, None)

    async def invite(self, room_id: str, user_id: str) -> None:
        """Invite somebody."""
        await self.request("POST", path_of("rooms", room_id, "invite"), {"user_id": user_id})

    async def is_invited(self, room_id: str, *, within: float = 20.0) -> None:
        """Wait until an invitation is here. Raises AssertionError when that takes longer than `within` seconds."""
        await self.hearing.until(
            lambda: room_id in self.client.invited_rooms,
            within,
            lambda: f"{self.user_id} is not invited to {room_id} but to {sorted(self.invites)}",
        )

    async def enters(self, room_id: str, *, within: float = 20.0) -> None:
        """Wait until this member is in a room. Raises AssertionError when that takes longer than `within` seconds."""
        await self.hearing.until(
            lambda: room_id in self.client.rooms,
            within,
            lambda: (
                f"{self.user_id} is not in {room_id} but in {sorted(self.rooms)}, invited to {sorted(self.invites)}"
            ),
        )

    async def enters_named(self, name: str, *, within: float = 20.0) -> str:
        """Wait until this member is in a room of this name, and return it. Raises AssertionError when it is not."""

        def found() -> str | None:
            return next((key for key, room in self.client.rooms.items() if room.name == name), None)

        await self.hearing.until(
            lambda: found() is not None,
            within,
            lambda: (
                f"{self.user_id} is in no room {name!r}, only in {[room.name for room in self.client.rooms.values()]}"
            ),
        )
        return str(found())

    async def create_room(
        self,
        name: str | None,
        invite: Sequence[str] = (),
        *,
        encrypted: bool = True,
        direct: bool = False,
        powers: Mapping[str, int] | None = None,
    ) -> str:
        """Make a private room, encrypted from its first event unless said otherwise, and return its id."""
        body: dict[str, Any] = {
            "preset": "private_chat",
            "invite": list(invite),
            "is_direct": direct,
            "initial_state": [_ENCRYPTION] if encrypted else [],
        }
        if name is not None:
            body["name"] = name
        if powers is not None:
            # The creator is not named: since room version 12 it stands above every number.
            body["power_level_content_override"] = {"users": dict(powers)}
        room_id = str((await self.request("POST", path_of("createRoom"), body))["room_id"])
        await self.enters(room_id)
        return room_id

    async def dm(self, user_id: str) -> str:
        """Return the encrypted direct chat with somebody, opened (and marked as direct) if there is none yet."""
        listed = path_of("user", self.user_id, "account_data", "m.direct")
        try:
            direct = await self.request("GET", listed)
        except Rejected as refused:
            if refused.status != 404:
                raise
            direct = {}
        for room_id in direct.get(user_id, []):
            if room_id in self.client.rooms:
                return str(room_id)
        room_id = await self.create_room(None, [user_id], direct=True)
        direct.setdefault(user_id, []).append(room_id)
        await self.request("PUT", listed, direct)
        return room_id

    # Speaking

    async def say(
        self,
        room_id: str,
        text: str,
        *,
        thread: str | None = None,
        reply_to: str | None = None,
        mentions: Iterable[str] = (),
        msgtype: str = "m.text",
        clear: bool = False,
    ) -> str:
        """Send a text, encrypted when the room is (unless `clear`), and return its event id."""
        content = _text(text, mentions, msgtype)
        relation: dict[str, Any] = {}
        if reply_to is not None:
            relation["m.in_reply_to"] = {"event_id": reply_to}
        if thread is not None:
            relation |= {"rel_type": "m.thread", "event_id": thread, "is_falling_back": reply_to is None}
            relation.setdefault("m.in_reply_to", {"event_id": thread})
        if relation:
            content["m.relates_to"] = relation
        return await self.send_raw(room_id, "m.room.message", content, clear=clear)

    async def edit(self, event_id: str, text: str, *, clear: bool = False) -> str:
        """Replace the text of an own message, and return the event id of the edit."""
        original = await self.hears(None, lambda one: one.event_id == event_id, own=True)
        content = _text(f"* {text}", (), "m.text")
        content["m.new_content"] = _text(text, (), "m.text")
        content["m.relates_to"] = {"rel_type": "m.replace", "event_id": event_id}
        return await self.send_raw(original.room_id, "m.room.message", content, clear=clear)

    async def react(self, room_id: str, event_id: str, key: str) -> str:
        """React to a message; as everywhere in Matrix, in clear."""
        relation = {"rel_type": "m.annotation", "event_id": event_id, "key": key}
        return await self.send_raw(room_id, "m.reaction", {"m.relates_to": relation}, clear=True)

    async def redact(self, room_id: str, event_id: str) -> None:
        """Take a message back."""
        await self.request("PUT", path_of("rooms", room_id, "redact", event_id, secrets.token_hex(8)), {})

    async def set_state(self, room_id: str, kind: str, content: Mapping[str, Any], key: str = "") -> None:
        """Set a piece of room state."""
        await self.request("PUT", path_of("rooms", room_id, "state", kind, key), content)

    async def send_raw(
        self,
        room_id: str,
        kind: str,
        content: Mapping[str, Any],
        *,
        clear: bool = False,
        transaction_id: str | None = None,
    ) -> str:
        """Send any event, encrypted when the room is (unless `clear`), and return its event id."""
        await self.enters(room_id)
        payload: Mapping[str, Any] = content
        # One at a time in a room, so that the order of sending is the order of the event ids.
        async with self._sending.setdefault(room_id, asyncio.Lock()):
            if self.client.rooms[room_id].encrypted and not clear:
                kind, payload = await self.encrypt(room_id, kind, content)
            txn = transaction_id or secrets.token_hex(8)
            sent = await self.request("PUT", path_of("rooms", room_id, "send", kind, txn), payload)
        return str(sent["event_id"])


def _text(text: str, mentions: Iterable[str], msgtype: str) -> dict[str, Any]:
    return {"msgtype": msgtype, "body": text, "m.mentions": {"user_ids": sorted(mentions)} if mentions else {}}
