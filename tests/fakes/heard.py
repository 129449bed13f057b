"""What the bot said, as those in a room hear it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bot.matrix.media import EncryptedFile
from storage.ids import EventId, RoomId, UserId


@dataclass(frozen=True)
class Heard:
    """One message that the bot sent."""

    event_id: EventId
    room: RoomId
    body: str
    html: str
    thread_root: EventId | None
    reply_to: EventId | None
    replaces: EventId | None
    mentions: tuple[UserId, ...]
    notice: bool
    file: str | None = None
    """The name of the file that it carries."""
    carried: EncryptedFile | None = None


@dataclass(frozen=True)
class Reply:
    """What the bot answered to one message, in the same room."""

    event_id: EventId
    messages: tuple[Heard, ...]

    @property
    def text(self) -> str:
        return "\n".join(message.body for message in self.messages if message.replaces is None)

    def __str__(self) -> str:
        return self.text

    def __contains__(self, part: str) -> bool:
        return part in self.text


def heard_of(room_id: RoomId, event_id: EventId, content: Mapping[str, Any]) -> Heard:
    relation = content.get("m.relates_to", {})
    is_edit = relation.get("rel_type") == "m.replace"
    shown = content["m.new_content"] if is_edit else content
    return Heard(
        event_id=event_id,
        room=room_id,
        body=shown["body"],
        html=shown.get("formatted_body", ""),
        thread_root=EventId(relation["event_id"]) if relation.get("rel_type") == "m.thread" else None,
        reply_to=relation.get("m.in_reply_to", {}).get("event_id"),
        replaces=EventId(relation["event_id"]) if is_edit else None,
        mentions=tuple(content["m.mentions"].get("user_ids", ())),
        notice=content["msgtype"] == "m.notice",
        file=content.get("filename"),
        carried=EncryptedFile.of(content["file"]) if "file" in content else None,
    )
