"""A message with a file: the command that may stand beside it, and who takes the file."""

from collections.abc import Awaitable, Callable
from typing import Protocol

from bot import access
from bot.context import BotContext, House
from bot.matrix.interface import Message
from commands.base import Effect, ReceivedFile, Refusal, RoomView, Subject
from commands.document import Doc, _, doc
from storage.base import Transaction


class _Say(Protocol):
    async def __call__(self, message: Message, tx: Transaction, words: Doc, *, context: BotContext) -> object: ...


class Receiver:
    """Hands a file to the capability that takes files of what it was sent to."""

    def __init__(
        self, house: House, command: Callable[[Message, str, dict[str, str], BotContext], Awaitable[str]], say: _Say
    ) -> None:
        self._house = house
        self._command = command
        self._say = say

    def takes(self, subject: Subject | None) -> bool:
        """Whether files that are sent to this belong to it."""
        return subject is not None and subject.kind in self._house.registry.files

    def is_for_bot(self, message: Message, room: RoomView, subject: Subject | None) -> bool:
        """Whether a message carries a file that the bot is to see; what is shown to each other in a room is not."""
        return message.file is not None and (room.direct or self.takes(subject))

    def command_beside(self, message: Message, *, direct: bool) -> str | None:
        """Return the command that stands beside a file, without its prefix; other words are about the file."""
        body, prefix = message.body.strip(), self._house.prefix
        if body.startswith(prefix) and body[len(prefix) :][:1].isalpha():
            return body[len(prefix) :]
        first = body.partition(" ")[0].casefold()
        if message.mentioned or (direct and any(first == one.words[0] for one in self._house.registry.commands)):
            return body or None
        return None

    async def take(self, message: Message, command: str | None, context: BotContext, *, is_late: bool) -> str:
        """Take a file to what the thread or the reply is about, or to what the command beside it did something about.

        A file that is late is taken all the same: it orders nothing.
        """
        if command is None:
            access.check_device(message, Effect.CHANGES)
            await access.check_readers(context.room, context.people, context.tx, context.prefix)
            return await self._hand_over(message, message.body.strip() or None, context)
        if is_late:
            words = _("This reached me late, so I did nothing of it. If you still mean it, send it again.")
            raise Refusal(words)
        try:
            outcome = await self._command(message, command, {}, context)
        except Refusal as refusal:
            without = doc(_("I did not take the file either."))
            raise Refusal(refusal.words + (without.openly() if refusal.words.for_anybody else without)) from refusal
        touched = [Subject.parse(written) for written in context.subjects_touched]
        about = next((one for one in touched if self.takes(one)), None)
        if about is None or not context.has_changed:
            lost = doc(_("I did not take the file: the words beside it change nothing that it could belong to."))
            await self._say(message, context.tx, lost, context=context)
            return f"{outcome}; no place for the file"
        context.subject = about
        try:
            async with context.tx.attempt():
                return f"{outcome}; {await self._hand_over(message, None, context)}"
        except Refusal as refusal:  # the command is done all the same
            await self._say(message, context.tx, refusal.words, context=context)
            return f"{outcome}; file refused"

    async def _hand_over(self, message: Message, caption: str | None, context: BotContext) -> str:
        taker = self._house.registry.files.get(context.subject.kind) if context.subject is not None else None
        if taker is None:
            words = _(
                "I do not know what this file belongs to. Send it in the thread of an alert, or as a reply to its card "
                "or draft."
            )
            raise Refusal(words)
        assert message.file is not None
        file = ReceivedFile(
            event_id=message.event_id,
            name=message.file.name,
            sent_at=message.sent_at,
            caption=caption,
            declared_type=message.file.declared_type,
            declared_bytes=message.file.declared_bytes,
            sealed=message.file.sealed,
            fault=message.file.fault,
        )
        answer = await taker(file, context)
        if answer is not None:
            await self._say(message, context.tx, answer, context=context)
        return "took a file"
