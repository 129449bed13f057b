"""What is said to the bot: who speaks, and whether it is a command, an answer to a question, or a file."""

from datetime import timedelta
from typing import Any

import structlog

from bot import access
from bot.context import BotContext, House, nowhere
from bot.matrix.interface import (
    Message,
    Trust,
)
from bot.parser import Call, Missing, fields_of, parse
from bot.receiving import Receiver
from commands.arguments import About, Reading, Ref
from commands.base import NO, YES, Answer, Effect, Post, Refusal, RoomView, Subject, answer_word
from commands.document import Code, Doc, Moment, Quote, _, doc
from commands.visibility import ALERT, find
from storage.audit import Audit
from storage.base import Transaction
from storage.ids import EventId, UserId
from storage.members import Members
from storage.outbox import Outbox, OutboxRow, Priority
from storage.questions import Question, Questions
from storage.told import NOT_ENCRYPTED, STRANGER, Told

log = structlog.get_logger()

COMPLETE = "complete"
"""Kind of the question for a missing argument."""
LATE = "late"
"""Kind of the question whether a command that arrived late is still meant."""


class Hearing:
    """Handles messages: each is answered where it was said."""

    def __init__(self, house: House, *, too_old: timedelta) -> None:
        self._house = house
        self._too_old = too_old
        self._files = Receiver(house, self._command, self.say)

    async def hear(self, message: Message, tx: Transaction) -> str:
        """Handle one message and return what became of it. Raises Refusal, whose words are for its sender."""
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

    async def _what_is_said(
        self, message: Message, room: RoomView, subject: Subject | None, tx: Transaction
    ) -> tuple[Question | None, str | None]:
        """Return the question that a message answers, and the command that it is; beside a file no question."""
        if message.file is not None:
            return None, self._files.command_beside(message, direct=room.direct and subject is None)
        question = await self._question(message, tx, direct=room.direct)
        return question, self._command_text(message, direct=room.direct, is_answer=question is not None)

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
        await self.say(message, tx, await access.stranger_refusal(message, tx, self._house.network_name))
        return "refused: a stranger"

    def _command_text(self, message: Message, *, direct: bool, is_answer: bool) -> str | None:
        """Return the command without its prefix, or None when the message is not one."""
        body = message.body.strip()
        prefix = self._house.prefix
        if body.startswith(prefix):
            said = body[len(prefix) :]
            # Telephones put a space behind it; what is no command then is a remark, not a slip.
            if said[:1].isalpha() or self._names_a_command(said):
                return said.strip()
        if is_answer or not body:
            return None
        if message.mentioned or direct:
            return body.removeprefix(prefix)
        return None

    def _names_a_command(self, said: str) -> bool:
        first = said.casefold().split(maxsplit=1)[:1]
        return any([*command.words[:1]] == first for command in self._house.registry.commands)

    async def _question(self, message: Message, tx: Transaction, *, direct: bool) -> Question | None:
        asked = await Questions(tx).open_for(message.room_id, message.sender, now=self._house.now())
        if answer_word(message.body) not in YES | NO:
            asked = [question for question in asked if question.kind not in self._house.registry.yes_or_no]
        meant = {message.thread_root, message.reply_to} - {None}
        for question in asked:
            if question.thread_root in meant:
                return question
        for question in asked if direct else ():
            if message.thread_root in {None, question.thread_root}:
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
            await self.say(message, context.tx, answer, context=context)
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
        await self.say(message, context.tx, question, context=context)

    async def _answer(self, message: Message, question: Question, context: BotContext, *, is_late: bool) -> str:
        if is_late:
            raise Refusal(_("Your answer reached me late, so I did nothing. If you still mean it, answer again."))
        data = dict(question.data)
        await Questions(context.tx).close(question)
        if data.get("subject"):
            context.subject = Subject.parse(str(data["subject"]))
        text = message.body.strip()
        if question.kind == COMPLETE:
            if text.casefold() in NO and len(text) > 1:
                await self.say(message, context.tx, doc(_("Good, I leave it."), notice=True), context=context)
                return "cancelled"
            return await self._complete(message, text, data, context)
        if question.kind == LATE:
            return await self._answer_late(message, text, data, context)
        access.check_device(message, Effect.CHANGES)
        await access.check_readers(context.room, context.people, context.tx, context.prefix)
        answer = await self._house.registry.answers[question.kind](Answer(text, data), context)
        if answer is not None:
            await self.say(message, context.tx, answer, context=context)
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
        except Refusal as refusal:
            first = text.partition(" ")[0].casefold()
            if not any(command.words[0] == first for command in self._house.registry.commands):
                again = _("Answer again, or {no} to drop it.", no=Code("no"))  # the question stays open
                raise Refusal(refusal.words + doc(again).openly()) from refusal
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
        await self._note_what_is_named(text, context)
        data = {"text": text, "subject": _written(context.subject)}
        row = await self.say(message, context.tx, await context.ask(words, LATE, data), context=context)
        asked = await Questions(context.tx).open_for(message.room_id, message.sender, now=context.now)
        asked[0].data = {**data, "row": row.id}
        return "asked whether it is still meant"

    async def _note_what_is_named(self, text: str, context: BotContext) -> None:
        """Note which alert a command that is only quoted is about, so that the quotation can be taken back with it."""
        if context.subject is not None:
            context.names(context.subject)
        reading = Reading(context.now, context.zone, context.member.language)
        try:
            call = parse(text, self._house.registry.commands, reading, prefix=self._house.prefix)
            if isinstance(call, Call):
                for field in fields_of(call.command.args):
                    ref = getattr(call.args, field.name)
                    if isinstance(field.kind, About) and field.kind.kind == ALERT and isinstance(ref, Ref):
                        await find(ref, context)
        except Refusal:
            return  # it names nothing that may be shown here

    async def _answer_late(self, message: Message, text: str, data: dict[str, object], context: BotContext) -> str:
        word = answer_word(text)
        if word in YES:
            done = await self._command(message, str(data["text"]), {}, context)
            quoted = await Outbox(context.tx).get(int(str(data["row"]))) if "row" in data else None
            if quoted is not None:  # what was raised by it, or is about it, may not stand here for ever
                Outbox(context.tx).name(quoted, {*context.subjects_touched, *context.named})
            return done
        if word in NO:
            await self.say(message, context.tx, doc(_("Good, I leave it."), notice=True), context=context)
            return "cancelled"
        again = doc(_("Please answer {yes} or {no}.", yes=Code("yes"), no=Code("no")))
        await self.say(message, context.tx, await context.ask(again, LATE, data), context=context)
        return "asked again"

    async def say(
        self, message: Message, tx: Transaction, words: Doc, *, context: BotContext | None = None
    ) -> OutboxRow:
        """Answer where the message came from, in its thread, else as a reply to it; return what was written."""
        now = self._house.now()
        context = context or BotContext(self._house, tx, now, nowhere(message.room_id))
        room = await access.room_of(message, tx, None) if words.names else context.room
        thread: EventId | None = message.thread_root or context.answer_thread
        return await context.post(
            Post(
                doc=words,
                room=message.room_id,
                # What names an alert is for the one who asked, whoever comes into their chat until it is sent.
                person=UserId(message.sender) if room.direct and words.names else None,
                thread_root=thread,
                reply_to=None if thread else message.event_id,
                priority=Priority.ANSWER,
                origin=UserId(message.sender),
                aside=True,
            )
        )


def _written(subject: Subject | None) -> str | None:
    return None if subject is None else str(subject)
