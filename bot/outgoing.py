"""Post -> outbox rows: rendered in the reader's language, one row for each page."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from bot.rendering import Page, Renderer
from commands.base import Post
from commands.document import Doc
from commands.files import MadeFile
from storage.base import Transaction
from storage.files import OutgoingFile, OutgoingFiles
from storage.ids import DeviceId, UserId
from storage.members import Members
from storage.outbox import Lanes, Outbox, OutboxRow, RowKind, beside

FILE = "org.sesn.file"
"""Key inside a row's content that says that a file goes with it; it is not sent."""
FORWARD = "org.sesn.forward"
"""Key inside a row's content that names the file that came and goes on with it; it is not sent."""
NETWORK_LANGUAGE = "en"
"""What is said in rooms of several languages."""


async def write(tx: Transaction, post: Post, *, device: DeviceId, now: Any, language: str | None = None) -> OutboxRow:
    """Write what a post says or does to the outbox and return its first row."""
    return (await write_all(tx, [post], device=device, now=now, language=language))[0]


async def write_all(
    tx: Transaction, posts: Sequence[Post], *, device: DeviceId, now: Any, language: str | None = None
) -> Sequence[OutboxRow]:
    """Write what posts say or do to the outbox, in their order, and return the first row of each.

    Pages after the first follow it in the same lane and thread. An edit has one page: an edited message cannot grow
    into several, so what does not fit is cut there and said to be cut by the caller's document. What is taken away is
    emptied at once.
    """
    outbox = Outbox(tx)
    writing = _Writing(tx, device, now, language)
    await writing.take_away([post.replaces for post in posts if post.kind is RowKind.REDACT])
    edited = [post.replaces for post in posts if post.kind is not RowKind.REDACT and post.replaces is not None]
    await outbox.prepare_edits(edited)
    written = [await writing.rows_of(post) for post in posts]
    await writing.go_past_what_is_held()
    await outbox.add_all([row for rows in written for row in rows])
    for post, rows in zip(posts, written, strict=True):
        if post.kind is RowKind.MESSAGE:
            for row in rows:
                outbox.name(row, _words(post).names)
        if post.file is not None:
            OutgoingFiles(tx).add(_file(rows[0].id, post.file))
    return [rows[0] for rows in written]


@dataclass
class _Writing:
    """Makes the rows of posts that are written together."""

    tx: Transaction
    device: DeviceId
    now: Any
    language: str | None

    def __post_init__(self) -> None:
        self._renderers: dict[str, Renderer] = {}
        self._taken: Mapping[int, OutboxRow] = {}
        self._hurried: list[OutboxRow] = []
        """Rows that go past what waits for a decision about its readers."""

    async def take_away(self, messages: Sequence[int | None]) -> None:
        """Empty messages, before the rows that redact them are made."""
        if not messages:
            return
        versions = await Outbox(self.tx).empty([message for message in messages if message is not None], self.now)
        self._taken = {row.id: row for row in versions}
        await OutgoingFiles(self.tx).forget(list(self._taken))

    async def go_past_what_is_held(self) -> None:
        """Give rows that must not wait a lane of their own where the room's waits until somebody decides."""
        held = await Lanes(self.tx).held_among({row.lane for row in self._hurried})
        for row in self._hurried:
            if row.lane in held:
                row.lane = beside(row.lane)

    async def rows_of(self, post: Post) -> list[OutboxRow]:
        """Return the rows of one post: of a message a row for each page."""
        if post.kind is RowKind.MESSAGE:
            return await self._message(post)
        row = await self._redaction(post) if post.kind is RowKind.REDACT else self._row(post, dict(post.content))
        self._hurried.append(row)
        return [row]

    async def _message(self, post: Post) -> list[OutboxRow]:
        words = _words(post)
        if post.replaces is not None:
            post = await _where_it_stands(self.tx, post, post.replaces)
        pages = self._pages(words, self.language or await _language_of(self.tx, post.person))
        if post.replaces is not None or post.file is not None or post.forward is not None:
            pages = pages[:1]
        rows = [self._row(post, content_of(page)) for page in pages]
        first = rows[0]
        first.content = {**first.content, **_carried(post)}
        for row in rows[1:]:
            row.lane = first.lane
            row.report = None
            row.part = None
        if post.aside and first.for_anybody:
            self._hurried += rows
        return rows

    async def _redaction(self, post: Post) -> OutboxRow:
        """Return the row that redacts a message: it goes the way that the message went, so that it comes after it.

        Its words are for the edit that takes the message's place where the room lets nobody redact.
        """
        emptied = self._taken.get(post.replaces) if post.replaces is not None else None
        words = post.doc
        if emptied is None or words is None:
            raise ValueError("what is taken away is a message, with words for an edit in its place")
        post = replace(post, room=emptied.sent_room or emptied.room_id, person=emptied.user_id)
        content = content_of(self._pages(words, await _language_of(self.tx, emptied.user_id))[0])
        row = self._row(post, content)
        row.lane, row.for_anybody = emptied.lane, True
        return row

    def _pages(self, words: Doc, language: str) -> list[Page]:
        if language not in self._renderers:
            self._renderers[language] = Renderer(language)
        return self._renderers[language].pages(words)

    def _row(self, post: Post, content: dict[str, Any]) -> OutboxRow:
        transaction_id = f"sesn-{secrets.token_hex(16)}"
        lane = post.room or post.person or f"new:{transaction_id}"
        return OutboxRow(
            transaction_id=transaction_id,
            device_id=self.device,
            kind=post.kind,
            lane=lane,
            room_id=post.room,
            user_id=post.person,
            content=content,
            for_anybody=post.harmless or (post.doc is not None and post.doc.for_anybody),
            thread_root=post.thread_root,
            thread_row=post.thread_row,
            replaces_row=post.replaces,
            reply_to=post.reply_to,
            subject=str(post.subject) if post.subject else None,
            part=post.part,
            report=post.report,
            origin_user=post.origin,
            priority=post.priority,
            created_at=self.now,
        )


def _words(post: Post) -> Doc:
    """Return what a message says. Raises ValueError for what is no message."""
    words = post.doc if post.file is None else post.file.caption
    if words is None or (post.room is None and post.person is None):
        raise ValueError("a message needs a document, and a room or a person")
    return words


def _carried(post: Post) -> dict[str, Any]:
    """Return what stands in a row's content for the file that goes with it."""
    if post.forward is not None:
        return {FORWARD: {"file": post.forward.id, "name": post.file_name}}
    return {FILE: True} if post.file is not None else {}


def _file(row_id: int, file: MadeFile) -> OutgoingFile:
    width, height = file.pixels or (None, None)
    return OutgoingFile(
        row_id=row_id,
        name=file.name,
        content_type=file.content_type,
        width=width,
        height=height,
        data=file.data,
        maker=file.maker,
    )


async def _where_it_stands(tx: Transaction, post: Post, edited: int) -> Post:
    """Send an edit to whom its original went; one that says nothing to wherever the original stands."""
    original = await Outbox(tx).get(edited)
    if original is None:
        return post
    if post.harmless and (original.sent_room or original.room_id) is not None:
        return replace(post, room=original.sent_room or original.room_id, person=None)
    return replace(post, room=original.room_id, person=original.user_id)


def content_of(page: Page) -> dict[str, Any]:
    """Return the content of an m.room.message; relations are added when it is sent."""
    return {
        "msgtype": "m.notice" if page.notice else "m.text",
        "body": page.body,
        "format": "org.matrix.custom.html",
        "formatted_body": page.html,
        "m.mentions": {"user_ids": list(page.mentions)} if page.mentions else {},
    }


async def _language_of(tx: Transaction, person: UserId | None) -> str:
    member = await Members(tx).get(person) if person is not None else None
    return member.language if member is not None else NETWORK_LANGUAGE
