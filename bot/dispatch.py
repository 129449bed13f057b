"""The pipeline: inbox row -> handler -> outbox rows, in one transaction and one try/except."""

import asyncio
import secrets
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Any

import structlog

from bot import access, journal
from bot.context import BotContext, House, nowhere
from bot.journal import Entry, Malformed
from bot.matrix.interface import (
    IdentityChanged,
    Incoming,
    Invite,
    MembershipChange,
    Message,
    Redaction,
    ShortCode,
    Tombstone,
    Trust,
    Unreadable,
)
from bot.parser import Call, Missing, parse
from bot.receiving import Receiver
from bot.steps import Observer, Step, nobody
from commands.arguments import Reading
from commands.base import Answer, Effect, Post, Refusal, RoomView, Subject
from commands.document import Code, Doc, Moment, Quote, _, doc
from commands.happenings import (
    JOINED,
    UNREADABLE_TIMER,
    CodeShown,
    FileTakenBack,
    KeysChanged,
    NotReadable,
    RoomClosed,
    unreadable_subject,
)
from storage.audit import Audit
from storage.base import Database, Transaction
from storage.files import IncomingFiles
from storage.ids import EventId, RoomId, UserId, server_of
from storage.inbox import Inbox
from storage.members import Members, Role
from storage.outbox import Outbox, Priority, RowKind
from storage.questions import Question, Questions
from storage.rooms import Rooms
from storage.timers import Timers
from storage.told import NOT_ENCRYPTED, STRANGER, Told

log = structlog.get_logger()

COMPLETE = "complete"
"""Kind of the question for a missing argument."""
NO_KEY = "no key"
"""Why an event is unreadable that may be read later."""
LATE = "late"
"""Kind of the question whether a command that arrived late is still meant."""
_YES = {"yes", "y", "oui", "sí", "si", "ja", "ok"}
"""Not "send": that confirms an announcement, and must not set off a command that came late meanwhile."""
_NO = {"no", "n", "non", "nein", "nee", "cancel"}


class _Undone(Exception):
    """Undoes a handler's transaction; its cause says why."""


class Dispatcher:
    """Handles inbox rows one after the other, in the order in which they were journalled."""

    def __init__(
        self,
        database: Database,
        house: House,
        *,
        too_old: timedelta,
        look_ahead: Callable[[Transaction], Awaitable[None]] | None = None,
        observer: Observer = nobody,
    ) -> None:
        """`look_ahead` is called at the end of each transaction with what it is about to commit."""
        self._database = database
        self._house = house
        self._too_old = too_old
        self._observer = observer
        self._look_ahead = look_ahead
        self._files = Receiver(house, self._command, self._say)
        self._arrived = asyncio.Event()
        self._waiting: deque[Entry] | None = None
        """What is there to be handled; None when only the database knows."""
        self._read = self._unread = 0

    def notify(self, entries: Sequence[Entry]) -> None:
        """These are new in the inbox."""
        if self._waiting is not None:
            self._waiting.extend(entries)
        self._arrived.set()

    async def run(self) -> None:
        """Handle what is in the inbox, and what comes, until cancelled."""
        pause = 1.0
        self._arrived.set()
        while True:
            await self._arrived.wait()
            self._arrived.clear()
            try:
                while await self.handle_next():
                    pause = 1.0
                    await asyncio.sleep(0)  # who has something to send comes before the next message
            except Exception:  # the database failed: the row is still there, and is tried again
                log.exception("dispatch.stalled", retry_in=pause)
                self._arrived.set()
                await asyncio.sleep(pause)
                pause = min(pause * 2, 60.0)

    async def handle_next(self) -> bool:
        """Handle the oldest event; False when there is none."""
        try:
            entry = await self._oldest()
            if entry is None:
                return False
            await self._handle(entry)
        except Exception:
            self._waiting = None  # only the database knows what became of it
            raise
        if self._waiting:
            self._waiting.popleft()
        return True

    async def _oldest(self) -> Entry | None:
        """Return the oldest event that nobody has handled."""
        if self._waiting is not None:
            return self._waiting[0] if self._waiting else None
        async with self._database.transaction() as tx:
            row = await Inbox(tx).next_unhandled()
            if row is None:
                self._waiting = deque()
            return journal.entry(row) if row is not None else None

    async def _handle(self, entry: Entry) -> None:
        """Handle one event whatever it holds: one that cannot be handled must not stop those behind it."""
        event = entry.event
        self._read += isinstance(event, Message)
        try:
            async with self._database.transaction() as tx:
                try:
                    await self._read_after_all(event, tx)
                    outcome = await self._route(event, tx)
                    await tx.flush()  # what cannot be written is a fault of the handler's
                except Exception as error:
                    raise _Undone from error
                await self._finish(entry, outcome, tx)
                self._observer(Step.HANDLING)
        except _Undone as undone:
            await self._answer_for(undone.__cause__, entry)
        self._observer(Step.HANDLED)

    async def _finish(self, entry: Entry, outcome: str, tx: Transaction) -> None:
        await Inbox(tx).mark_handled(entry.seq, outcome, self._house.now())
        if self._look_ahead is not None:
            await self._look_ahead(tx)

    async def _answer_for(self, error: BaseException | None, entry: Entry) -> None:
        """Say why nothing was done, in a transaction of its own: that of the handler is undone."""
        event = entry.event
        if isinstance(error, Refusal):
            words = error.words
            outcome, answered = "refused", True
        else:
            reference = secrets.token_hex(4)
            log.error("dispatch.bug", reference=reference, inbox=entry.seq, exc_info=error)
            words = _bug(reference)
            outcome, answered = f"failed {reference}", isinstance(event, Message) and event.room_encrypted
        async with self._database.transaction() as tx:
            await self._read_after_all(event, tx)
            if answered and isinstance(event, Message):
                try:
                    async with tx.attempt():
                        await self._say(event, tx, words)
                except Exception:
                    log.exception("dispatch.unanswered", inbox=entry.seq)
            await self._finish(entry, outcome, tx)

    async def _route(self, event: Incoming | Malformed, tx: Transaction) -> str:  # noqa: C901 - one for each
        match event:
            case Malformed(error):
                raise error
            case Message():
                return await self._message(event, tx)
            case Invite():
                return await self._invite(event, tx)
            case MembershipChange(room_id, user, joined):
                await Outbox(tx).try_held_again(room_id)
                context = self._unasked(tx, room_id)
                for handler in self._house.registry.rooms:
                    await handler(room_id, user, joined, context)
                return "membership"
            case Tombstone(room_id, successor):
                log.warning("room.tombstoned", room=room_id)
                await self._unasked(tx, room_id).emit(RoomClosed(room_id, successor))
                return "tombstoned"
            case IdentityChanged(user, master_key, shown_at):
                log.warning("identity.changed", user=user)
                await self._unasked(tx).emit(KeysChanged(user, master_key, shown_at))
                return "identity changed"
            case ShortCode():
                code = CodeShown(event.user, event.device_id, event.emoji, event.decimals)
                await self._unasked(tx).emit(code)
                return "short code"
            case Redaction():
                return await self._redaction(event, tx)
            case Unreadable():
                return await self._unreadable(event, tx)

    def _unasked(self, tx: Transaction, room_id: RoomId | None = None) -> BotContext:
        """Return the context of what nobody ordered."""
        return BotContext(self._house, tx, self._house.now(), nowhere(room_id))

    async def _unreadable(self, event: Unreadable, tx: Transaction) -> str:
        self._unread += 1
        log.warning("event.unreadable", room=event.room_id, reason=event.reason, so_far=self._unread, of=self._read)
        if event.reason == NO_KEY:  # any other reason means that it may be forged: nobody is told anything
            told = NotReadable(event.event_id, event.room_id, event.sender, event.sent_at)
            await self._unasked(tx, event.room_id).emit(told)
        return f"unreadable: {event.reason}"

    async def _read_after_all(self, event: Incoming | Malformed, tx: Transaction) -> None:
        """What could not be read at first was read now: its sender need not be told, and it is not counted."""
        if isinstance(event, Message) and event.late:
            await Timers(tx).cancel(UNREADABLE_TIMER, unreadable_subject(event.event_id))
            await Inbox(tx).read_late(journal.unreadable_key(event.event_id))

    async def _invite(self, invite: Invite, tx: Transaction) -> str:
        inviter = await Members(tx).get(invite.inviter)
        rooms = Rooms(tx)
        known = await rooms.of_room(invite.room_id) or await rooms.succeeds(invite.room_id)
        if not known and (inviter is None or inviter.role < Role.COORDINATOR):
            log.info("invite.ignored", room=invite.room_id)
            return "ignored: invited by no coordinator"
        context = self._unasked(tx, invite.room_id)
        via = {"via": [server_of(invite.inviter)]}
        join = Post(kind=RowKind.JOIN, room=invite.room_id, priority=Priority.ANSWER, report=JOINED, content=via)
        await context.post(join)
        return "joining"

    async def _what_is_said(
        self, message: Message, room: RoomView, subject: Subject | None, tx: Transaction
    ) -> tuple[Question | None, str | None]:
        """Return the question that a message answers, and the command that it is; beside a file no question."""
        if message.file is not None:
            return None, self._files.command_beside(message, direct=room.direct and subject is None)
        question = await self._question(message, tx, direct=room.direct)
        return question, self._command_text(message, direct=room.direct, is_answer=question is not None)

    async def _redaction(self, redaction: Redaction, tx: Transaction) -> str:
        file = await IncomingFiles(tx).of_event(redaction.redacts)
        if file is None or file.room_id != redaction.room_id:
            return "ignored: nothing that is kept"
        await self._unasked(tx).emit(FileTakenBack(file.id, redaction.sender))
        return "file taken back"

    async def _message(self, message: Message, tx: Transaction) -> str:
        if message.room_encrypted and message.trust is Trust.CLEAR:
            log.warning("message.clear_in_encrypted_room", room=message.room_id)
            return "ignored: clear text in an encrypted room"
        room = await access.room_of(message, tx, await self._house.people.name_of(message.room_id))
        subject = await self._subject(message, tx)
        question, text = await self._what_is_said(message, room, subject, tx)
        if text is None and question is None and not self._files.is_for_bot(message, room, subject):
            return "ignored: not for the bot"
        if not message.room_encrypted:
            return await self._refuse_clear(message, tx)
        member = await Members(tx).get(message.sender)
        if member is None:
            return await self._stranger(message, tx)
        await access.check_identity(message, tx, self._house.prefix)
        context = BotContext(
            self._house,
            tx,
            self._house.now(),
            room,
            speaker=member,
            subject=subject,
            thread_root=message.thread_root,
            source=message.event_id,
        )
        try:
            return await self._obey(message, text, question, context)
        except Refusal as refusal:
            raise Refusal(refusal.words.naming(context.named)) from refusal

    async def _obey(self, message: Message, text: str | None, question: Question | None, context: BotContext) -> str:
        is_late = self._house.now() - message.sent_at > self._too_old
        if message.file is not None:
            return await self._files.take(message, text, context, is_late=is_late)
        if text is None:
            assert question is not None
            return await self._answer(message, question, context, is_late=is_late)
        if is_late:
            return await self._ask_whether_still_meant(message, text, context)
        return await self._command(message, text, {}, context)

    async def _stranger(self, message: Message, tx: Transaction) -> str:
        if not await Told(tx).first(STRANGER, message.sender, self._house.now()):
            return "ignored: a stranger who was told"
        # What is written here must outlive the refusal, so that it is said once: answered, not raised.
        await self._say(message, tx, await access.stranger_refusal(message, tx, self._house.network_name))
        return "refused: a stranger"

    def _command_text(self, message: Message, *, direct: bool, is_answer: bool) -> str | None:
        """Return the command without its prefix, or None when the message is not one."""
        body = message.body.strip()
        prefix = self._house.prefix
        if body.startswith(prefix) and body[len(prefix) :][:1].isalpha():
            return body[len(prefix) :]
        if is_answer or not body:
            return None
        if message.mentioned or direct:
            return body.removeprefix(prefix)
        return None

    async def _question(self, message: Message, tx: Transaction, *, direct: bool) -> Question | None:
        asked = await Questions(tx).open_for(message.room_id, message.sender, now=self._house.now())
        for question in asked:
            here = question.thread_root is not None and question.thread_root == message.thread_root
            if here or (direct and message.thread_root in {None, question.thread_root}):
                return question
            if message.reply_to is not None and message.reply_to == question.thread_root:
                return question
        return None

    async def _refuse_clear(self, message: Message, tx: Transaction) -> str:
        if not await Told(tx).first(NOT_ENCRYPTED, message.room_id, self._house.now()):
            return "ignored: not encrypted, and told before"
        words = doc(
            _("I take commands only in encrypted rooms, and this room is not encrypted."),
            _("Turn encryption on in the room's settings, or write to me in a direct chat."),
        ).openly()
        context = BotContext(self._house, tx, self._house.now(), nowhere(message.room_id))
        row = await context.post(Post(doc=words, room=message.room_id))
        row.clear = True
        return "refused: not encrypted"

    async def _subject(self, message: Message, tx: Transaction) -> Subject | None:
        for event_id in (message.thread_root, message.reply_to):
            row = await Outbox(tx).by_event(event_id) if event_id is not None else None
            # What stands in another room is no thread of this one, whatever the message says: that is not encrypted.
            if row is not None and row.subject is not None and row.sent_room == message.room_id:
                return Subject.parse(row.subject)
        return None

    async def _command(self, message: Message, text: str, given: dict[str, str], context: BotContext) -> str:
        reading = Reading(context.now, context.zone, context.member.language)
        registry = self._house.registry
        call = parse(text, registry.commands, reading, prefix=self._house.prefix, subject=context.subject, given=given)
        access.check_role(context.member, call.command, self._house.prefix)
        access.check_device(message, call.command.effect)
        if not call.command.anywhere:
            await access.check_readers(context.room, context.people, context.tx, context.prefix)
        if isinstance(call, Missing) and message.file is not None:  # an answer would come without the file
            words = _("The words beside the file are no whole command: {question}", question=call.question)
            raise Refusal(words)
        if isinstance(call, Missing):
            await self._ask_for(call, text, given, message, context)
            return f"asked {call.field} of {call.command.name}"
        await self._run(call, message, context)
        return f"did {call.command.name}"

    async def _run(self, call: Call, message: Message, context: BotContext) -> None:
        answer = await call.command.handler(call.args, context)
        if answer is not None:
            await self._say(message, context.tx, answer, context=context)
        if call.command.effect is Effect.CHANGES:
            context.has_changed = True
            subjects = list(dict.fromkeys(context.subjects_touched))
            Audit(context.tx).record(
                context.now,
                context.member.user_id,
                call.command.name,
                "ok",
                subject=str(context.subject) if context.subject else (subjects[0] if subjects else None),
                room_id=message.room_id,
            )

    async def _ask_for(
        self, missing: Missing, text: str, given: dict[str, str], message: Message, context: BotContext
    ) -> None:
        data = {"text": text, "given": given, "field": missing.field, "subject": _written(context.subject)}
        question = await context.ask(doc(missing.question), COMPLETE, data)
        await self._say(message, context.tx, question, context=context)

    async def _answer(self, message: Message, question: Question, context: BotContext, *, is_late: bool) -> str:
        if is_late:
            raise Refusal(_("Your answer reached me late, so I did nothing. If you still mean it, answer again."))
        data = dict(question.data)
        await Questions(context.tx).close(question)
        if data.get("subject"):
            context.subject = Subject.parse(str(data["subject"]))
        text = message.body.strip()
        if question.kind == COMPLETE:
            if text.casefold() in _NO and len(text) > 1:
                await self._say(message, context.tx, doc(_("Good, I leave it."), notice=True), context=context)
                return "cancelled"
            return await self._complete(message, text, data, context)
        if question.kind == LATE:
            return await self._answer_late(message, text, data, context)
        access.check_device(message, Effect.CHANGES)
        await access.check_readers(context.room, context.people, context.tx, context.prefix)
        answer = await self._house.registry.answers[question.kind](Answer(text, data), context)
        if answer is not None:
            await self._say(message, context.tx, answer, context=context)
        Audit(context.tx).record(
            context.now,
            context.member.user_id,
            question.kind,
            "answered",
            subject=next(iter(context.subjects_touched), None),
            room_id=message.room_id,
        )
        return f"answered {question.kind}"

    async def _complete(self, message: Message, text: str, data: dict[str, Any], context: BotContext) -> str:
        """Run the command with what was asked for; in a direct chat the answer may be another command instead."""
        given = {**data["given"], data["field"]: text}
        try:
            async with context.tx.attempt():
                return await self._command(message, str(data["text"]), given, context)
        except Refusal:
            first = text.partition(" ")[0].casefold()
            if not any(command.words[0] == first for command in self._house.registry.commands):
                raise
        return await self._command(message, text, {}, context)

    async def _ask_whether_still_meant(self, message: Message, text: str, context: BotContext) -> str:
        words = doc(
            _(
                "I read this only now; you sent it on {sent}. I did nothing yet.",
                sent=Moment(message.sent_at, context.zone),
            ),
            Quote(text),
            _("Do you still mean it? Answer {yes} or {no}.", yes=Code("yes"), no=Code("no")),
        )
        data = {"text": text, "subject": _written(context.subject)}
        await self._say(message, context.tx, await context.ask(words, LATE, data), context=context)
        return "asked whether it is still meant"

    async def _answer_late(self, message: Message, text: str, data: dict[str, object], context: BotContext) -> str:
        word = text.casefold().strip(" .!")
        if word in _YES:
            return await self._command(message, str(data["text"]), {}, context)
        if word in _NO:
            await self._say(message, context.tx, doc(_("Good, I leave it."), notice=True), context=context)
            return "cancelled"
        again = doc(_("Please answer {yes} or {no}.", yes=Code("yes"), no=Code("no")))
        await self._say(message, context.tx, await context.ask(again, LATE, data), context=context)
        return "asked again"

    async def _say(self, message: Message, tx: Transaction, words: Doc, *, context: BotContext | None = None) -> None:
        """Answer where the message came from: in its thread, else as a reply to it."""
        now = self._house.now()
        context = context or BotContext(self._house, tx, now, nowhere(message.room_id))
        thread: EventId | None = message.thread_root or context.answer_thread
        await context.post(
            Post(
                doc=words,
                room=message.room_id,
                thread_root=thread,
                reply_to=None if thread else message.event_id,
                priority=Priority.ANSWER,
                origin=UserId(message.sender),
                aside=True,
            )
        )


def _written(subject: Subject | None) -> str | None:
    return None if subject is None else str(subject)


def _bug(reference: str) -> Doc:
    return doc(
        _("Something went wrong on my side, and I did nothing of it. It is written down as {reference}.",
          reference=Code(reference)),
        _("Try again; if it stays like this, tell a coordinator this reference."),
    ).openly()  # fmt: skip
