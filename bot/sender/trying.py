"""One try of a row: what it asks of the homeserver, and what the homeserver says to it."""

import asyncio
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import timedelta
from typing import Any, assert_never

import structlog

from bot.context import House
from bot.matrix.interface import (
    FileRefused,
    Gateway,
    LoggedOut,
    MatrixError,
    NewRoom,
    Rejected,
    RoomUnsafe,
    SealedFile,
    SeenFile,
    Strangers,
    Throttled,
    Unavailable,
    WhyUnsafe,
)
from bot.outgoing import FILE, FORWARD
from bot.sender.outcome import NO_RELATION, TRIES_AT_A_FAULT, Head, Outcome, Relation, SenderSettings
from bot.sender.pauses import Limit, Pauses
from commands.happenings import RoomClosed
from storage.base import Database
from storage.files import FileFault, FileState, IncomingFiles, OutgoingFiles
from storage.ids import EventId, RoomId, UserId
from storage.outbox import Failure, Outbox, OutboxRow, RowKind

log = structlog.get_logger()


class PutOff(Exception):
    """What homeservers count apart from messages has to wait."""

    def __init__(self, rest: timedelta) -> None:
        super().__init__(rest)
        self.rest = rest


class Trying:
    def __init__(
        self, database: Database, gateway: Gateway, house: House, settings: SenderSettings, pauses: Pauses
    ) -> None:
        self._database = database
        self._gateway = gateway
        self._house = house
        self._settings = settings
        self._pauses = pauses

    async def once(self, head: Head) -> Outcome:
        """Do what the row says, once, and say what became of it."""
        row = head.row
        if row.kind is RowKind.MESSAGE and head.relation is None:
            return Outcome(dropped=True)
        try:
            outcome = await self._tried(head, head.relation or NO_RELATION)
        except Throttled as error:
            asked = error.retry_after
            log.warning("sender.throttled", seconds=asked.total_seconds() if asked is not None else None)
            return Outcome(refused=True, retry_in=self._pauses.refused(head.urgency, asked))
        except PutOff as error:
            log.warning("sender.put_off", row=row.id, kind=row.kind, seconds=error.rest.total_seconds())
            return Outcome(refused=True, retry_in=error.rest)
        if _was_taken(row, outcome):
            self._pauses.worked(head.urgency)
        return outcome

    async def _tried(self, head: Head, relation: Relation) -> Outcome:  # noqa: C901, PLR0911 - one for each answer
        row = head.row
        try:
            return await self._do(row, relation, head.audience.readers)
        except (Throttled, PutOff):
            raise
        except (Unavailable, LoggedOut) as error:
            if self._house.now() - row.created_at > self._settings.give_up_after:
                return Outcome(failure=Failure.UNREACHABLE)
            pause = self._pauses.backoff(row.attempts, head.urgency)
            log.warning("sender.unavailable", row=row.id, error=type(error).__name__, retry_in=pause.total_seconds())
            return Outcome(retry_in=pause)
        except Strangers as error:
            return Outcome(strangers=error.users)
        except RoomUnsafe as error:
            return Outcome(failure=_why_unsafe(error.why), closed=await self._closing(row, error.why))
        except Rejected as error:
            log.warning("sender.rejected", row=row.id, status=error.status, errcode=error.errcode)
            return Outcome(failure=Failure.FORBIDDEN if error.errcode == "M_FORBIDDEN" else Failure.REFUSED)
        except FileRefused as refused:
            log.warning("sender.file_refused", row=row.id, fault=refused.fault)
            # Taken back while it was on its way: whoever sends it on says so.
            taken_back = refused.fault is FileFault.NOT_THERE
            return Outcome(dropped=True) if taken_back else Outcome(failure=Failure.REFUSED)
        except MatrixError:
            log.exception("sender.failed", row=row.id)
            return Outcome(failure=Failure.REFUSED)
        except Exception:  # a fault of ours: what comes behind it in the room must not wait for its mending
            log.exception("sender.bug", row=row.id)
            if row.attempts + 1 >= TRIES_AT_A_FAULT:
                return Outcome(failure=Failure.REFUSED)
            return Outcome(retry_in=self._pauses.backoff(row.attempts))

    @contextmanager
    def _counted(self, limit: Limit) -> Iterator[None]:
        """Ask for what is counted apart, unless that is known to be in vain. Raises PutOff."""
        rest = self._pauses.rest_of(limit)
        if rest is not None:
            raise PutOff(rest)
        try:
            yield
        except Throttled as error:
            raise PutOff(self._pauses.put_off(limit, error.retry_after)) from error
        self._pauses.done(limit)

    async def _closing(self, row: OutboxRow, why: WhyUnsafe) -> RoomClosed | None:
        """Return what a closed room's tombstone says: whoever did not hear of the closing hears of it now."""
        if why is not WhyUnsafe.TOMBSTONED or row.room_id is None:
            return None
        try:
            facts = await self._gateway.room(row.room_id)
        except MatrixError:
            return None
        return RoomClosed(row.room_id, facts.successor) if facts.tombstoned else None

    async def _do(self, row: OutboxRow, relation: Relation, readers: frozenset[UserId] | None) -> Outcome:
        gateway = self._gateway
        match row.kind:
            case RowKind.MESSAGE:
                return await self._send_message(row, relation, readers)
            case RowKind.CREATE_ROOM:
                with self._counted(Limit.ROOMS):
                    return Outcome(room_id=await gateway.create_room(_new_room(row)))
            case RowKind.INVITE:
                assert row.room_id is not None
                try:
                    with self._counted(Limit.INVITATIONS):
                        await gateway.invite(row.room_id, UserId(str(row.content["user"])))
                except Rejected as error:
                    # Already in the room: a retry after a lost answer, or the person was quicker.
                    if error.errcode != "M_FORBIDDEN" or row.attempts == 0:
                        raise
                return Outcome(room_id=row.room_id)
            case RowKind.JOIN:
                assert row.room_id is not None
                with self._counted(Limit.JOINS):
                    await gateway.join(row.room_id, via=row.content.get("via", ()))
                return Outcome(room_id=row.room_id)
            case RowKind.LEAVE:
                assert row.room_id is not None
                await gateway.leave(row.room_id)
                return Outcome(room_id=row.room_id)
            case RowKind.REDACT:
                return await self._redact(row)

    async def _send_message(self, row: OutboxRow, relation: Relation, readers: frozenset[UserId] | None) -> Outcome:
        room_id = await self._room_for(row)
        if row.device_id != self._gateway.device_id:
            found = await self._gateway.find_sent(room_id, row.transaction_id)
            if found is not None:
                return Outcome(event_id=found, room_id=room_id)
        content = dict(row.content)
        if content.pop(FILE, False):
            content = await self._with_file(row, content)
        if (forward := content.pop(FORWARD, None)) is not None:
            content = await self._forwarded(forward, content)
        # What stands in another room can be neither edited nor answered from here: the message stands for itself.
        if relation.content and relation.room_id == room_id:
            is_edit = relation.content.get("rel_type") == "m.replace"
            content = as_edit(content, relation.content) if is_edit else {**content, "m.relates_to": relation.content}
        sent = await self._gateway.send(room_id, content, row.transaction_id, readers=readers, clear=row.clear)
        return Outcome(
            event_id=sent.event_id,
            room_id=room_id,
            unread=sent.unread,
        )

    async def _redact(self, row: OutboxRow) -> Outcome:
        """Take a message and its edits away; where the room lets nobody redact, an edit takes its place."""
        assert row.replaces_row is not None
        async with self._database.transaction() as tx:
            versions = await Outbox(tx).versions(row.replaces_row)
        room_id: RoomId | None = None
        for version in versions:
            event_id, room = await self._event_of(version)
            if event_id is None or room is None:
                continue
            room_id = room_id or room
            try:
                await self._gateway.redact(room, event_id, f"{row.transaction_id}-{version.id}")
            except Rejected as error:
                if error.errcode != "M_FORBIDDEN":
                    raise
                if version is versions[0]:
                    edit = as_edit(row.content, {"rel_type": "m.replace", "event_id": event_id})
                    sent = await self._gateway.send(room, edit, row.transaction_id)
                    return Outcome(event_id=sent.event_id, room_id=room)
        return Outcome(room_id=room_id, dropped=room_id is None)

    async def _event_of(self, version: OutboxRow) -> tuple[EventId | None, RoomId | None]:
        """Return the event of what is to be taken away; what was never marked sent may have arrived all the same."""
        if version.event_id is not None or version.emptied_at is None:
            return version.event_id, version.sent_room
        room = version.room_id
        if room is None and version.user_id is not None:
            room = await self._gateway.direct_room(version.user_id)
        if room is None:
            return None, None
        try:
            return await self._gateway.find_sent(room, version.transaction_id), room
        except (Rejected, RoomUnsafe):  # the bot is not there: nothing of it came there either
            return None, None

    async def _with_file(self, row: OutboxRow, content: Mapping[str, Any]) -> dict[str, Any]:
        """Return the content of a row's file, which is uploaded once and before its message."""
        async with self._database.transaction() as tx:
            file = await OutgoingFiles(tx).of_row(row.id)
        assert file is not None
        if file.content is not None:
            return dict(file.content)
        assert file.data is not None
        pixels = (file.width, file.height) if file.width and file.height else None
        data = await self._made(file.maker, file.data)
        with self._counted(Limit.FILES):
            uploaded = await self._gateway.upload(data, file.name, file.content_type, str(content["body"]), pixels)
        async with self._database.transaction() as tx:
            await OutgoingFiles(tx).uploaded(row.id, uploaded)
        return uploaded

    async def _made(self, maker: str | None, material: bytes) -> bytes:
        """Return what is uploaded. Raises FileRefused where it cannot be made."""
        if maker is None:
            return material
        try:
            return await asyncio.to_thread(self._house.registry.makers[maker], material)
        except Exception as error:  # a bug in one capability must not stop the room
            log.exception("sender.file_not_made", maker=maker)
            raise FileRefused(FileFault.MALFORMED) from error

    async def _forwarded(self, forward: Mapping[str, Any], content: Mapping[str, Any]) -> dict[str, Any]:
        """Return the content of a file that came with a message; nothing is uploaded. It may be gone meanwhile."""
        async with self._database.transaction() as tx:
            file = await IncomingFiles(tx).get(int(forward["file"]))
        if file is None or file.state is not FileState.SEEN or file.sealed is None or file.sha256 is None:
            raise FileRefused(FileFault.NOT_THERE)
        pixels = (file.width, file.height) if file.width and file.height else None
        seen = SeenFile(file.sha256, file.size_bytes or 0, file.content_type or "", pixels)
        sealed = SealedFile(file.sealed, file.event_id)
        return await self._gateway.forwarded(sealed, str(forward["name"]), seen, str(content["body"]))

    async def _room_for(self, row: OutboxRow) -> RoomId:
        """Return the room of a row; what is meant for one person leaves a chat into which somebody else has come."""
        if row.room_id is None or row.user_id is None:
            return row.room_id or await self._direct_room(row)
        try:
            facts = await self._gateway.room(row.room_id)
        except RoomUnsafe:
            return await self._direct_room(row)
        is_between_two = facts.joined | facts.invited == {self._gateway.user_id, row.user_id}
        return row.room_id if is_between_two else await self._direct_room(row)

    async def _direct_room(self, row: OutboxRow) -> RoomId:
        assert row.user_id is not None
        known = await self._gateway.direct_room(row.user_id)
        if known is not None:
            return known
        request = NewRoom(
            request=f"direct-{row.transaction_id}", name=None, invite=(row.user_id,), direct=True, admins=()
        )
        with self._counted(Limit.ROOMS):
            return await self._gateway.create_room(request)


def _was_taken(row: OutboxRow, outcome: Outcome) -> bool:
    """Whether the homeserver took what it counts as a message: a room that is not sent to says nothing about it."""
    if row.kind is RowKind.REDACT:
        return outcome.room_id is not None
    return row.kind is RowKind.MESSAGE and outcome.event_id is not None


def _new_room(row: OutboxRow) -> NewRoom:
    return NewRoom(
        request=row.transaction_id,
        name=row.content.get("name"),
        topic=row.content.get("topic"),
        invite=tuple(UserId(str(user)) for user in row.content.get("invite", ())),
        admins=tuple(UserId(str(user)) for user in row.content.get("admins", ())),
    )


def as_edit(content: dict[str, Any], relation: Mapping[str, Any]) -> dict[str, Any]:
    """Wrap a content as an edit. The fallback is marked with a star; the edit itself notifies nobody anew."""
    new_content = {**content, "m.mentions": {}}
    fallback = {**content, "body": f"* {content['body']}", "m.mentions": {}}
    if "formatted_body" in content:
        fallback["formatted_body"] = f"* {content['formatted_body']}"
    return {**fallback, "m.new_content": new_content, "m.relates_to": dict(relation)}


def _why_unsafe(why: WhyUnsafe) -> Failure:
    match why:
        case WhyUnsafe.NOT_JOINED:
            return Failure.NOT_JOINED
        case WhyUnsafe.NOT_ENCRYPTED:
            return Failure.NOT_ENCRYPTED
        case WhyUnsafe.TOMBSTONED:
            return Failure.TOMBSTONED
        case WhyUnsafe.ENCRYPTION_HIDDEN:
            return Failure.ENCRYPTION_HIDDEN
        case WhyUnsafe.WORLD_READABLE:
            return Failure.WORLD_READABLE
        case _:
            assert_never(why)
