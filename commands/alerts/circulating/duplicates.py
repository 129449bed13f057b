"""What a draft says of other alerts that name the same, and what may be done where one was raised within a day."""

from collections.abc import Sequence
from zoneinfo import ZoneInfo

from commands.alerts.matching import Match, kinds_words, shared_words
from commands.alerts.rights import is_concerned
from commands.base import Context
from commands.document import Block, Code, Inline, Message, Moment, Strong, Text, _, _n, bullets, joined
from commands.visibility import may_follow
from storage.alerts import Alert, Alerts, Outline
from storage.members import Member

_MATCHES = 5


async def same_words(
    alert: Alert, reader: Member, found: Sequence[Match[Outline]], context: Context
) -> Sequence[Block | Message | Strong]:
    """Say of a draft which alerts name the same: those of them that its reader may see there, and of no others.

    Nobody else is told of a draft, and its author hears of no match that may not be shown: whoever writes a draft has
    given nothing yet.
    """
    words: list[Block | Message | Strong] = []
    twin = next((match for match in found if match.is_duplicate(context.now)), None)
    if twin is not None and reader.user_id == alert.author:
        whole = await Alerts(context.tx).get(twin.other.id)
        assert whole is not None
        words += _offer(alert, Match(whole, twin.marks), reader, context)
        found = [match for match in found if match is not twin]
    if found:
        words.append(_("Other alerts that name the same: {alerts}", alerts=_match_words(found)))
    return words


def _offer(alert: Alert, twin: Match[Alert], reader: Member, context: Context) -> list[Block | Message | Strong]:
    other, prefix = twin.other, context.prefix
    assert other.circulated_at is not None
    heading = _(
        "Alert {number} was sent {when} and names the same: {what}.",
        number=Strong(Text(other.number)), when=Moment(other.circulated_at, ZoneInfo(reader.zone)),
        what=shared_words(alert, twin),
    )  # fmt: skip
    choices: list[Message] = []
    if is_concerned(other, reader) and may_follow(alert, other):
        follow = Code(f"{prefix}alert follow-up {alert.number} of={other.number}")
        choices.append(_("The same case, and you add to it: {follow} puts your text into it as a note.", follow=follow))
    merge = Code(f"{prefix}alert merge {alert.number} into={other.number}")
    send = Code(f"{prefix}alert send {alert.number}")
    choices += [
        _("The same case, and nothing to add: {merge} ends this draft in its favour.", merge=merge),
        _("Another case, or no time to find out: {send}. It can be merged afterwards.", send=send),
    ]
    return [Strong(heading), bullets(choices)]


def _match_words(matches: Sequence[Match[Outline]]) -> Inline:
    """Name other alerts with the kinds of what they share: "A-2026-0001 (Container)"."""
    shown: list[Inline] = [
        _("{number} ({what})", number=Text(match.other.number), what=joined(kinds_words(match)))
        for match in matches[:_MATCHES]
    ]
    if len(matches) > _MATCHES:
        shown.append(_n("{count} more", "{count} more", len(matches) - _MATCHES))
    return joined(shown)
