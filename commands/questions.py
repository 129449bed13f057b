"""What happens to a question that nobody answers."""

from commands.base import Capability, Context, Post
from commands.document import _, doc
from storage.questions import Questions
from storage.timers import Timer

capability = Capability("questions", _("Questions of the bot"))


@capability.timer("question.expire")
async def expire(timer: Timer, context: Context) -> None:
    question = await Questions(context.tx).get(int(timer.subject.partition(":")[2]))
    if question is None:
        return
    await Questions(context.tx).close(question)
    if timer.payload.get("quiet"):
        return
    words = doc(_("I stopped waiting for your answer and did nothing. Send the command again when you need it."))
    await context.post(Post(doc=words.quietly(), room=question.room_id, thread_root=question.thread_root))
