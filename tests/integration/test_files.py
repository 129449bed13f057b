"""A file from one member's own client to another's, through the bot, which uploads nothing."""

import asyncio
import hashlib
import io
from typing import Any

from nio import UploadResponse

from bot.demo.member import MemberClient
from tests.integration.conftest import NewAccount, NewMember
from tests.integration.test_bot import Scene, scene
from tests.integration.test_records import file_heard, opened

__all__ = ["scene"]  # the fixture

PAPER = b"%PDF-1.7\n" + bytes(range(256)) * 40


async def sends(member: MemberClient, room: str, thread: str, data: bytes, name: str) -> None:
    """Upload a file as a member's client does, encrypted by the other implementation, and send it in a thread."""
    answer, keys = await member.client.upload(io.BytesIO(data), encrypt=True, filesize=len(data))
    assert isinstance(answer, UploadResponse)
    assert keys is not None
    content: dict[str, Any] = {
        "msgtype": "m.file",
        "body": name,
        "filename": name,
        "file": {**keys, "url": answer.content_uri},
        "info": {"mimetype": "application/pdf", "size": len(data)},
        "m.relates_to": {"rel_type": "m.thread", "event_id": thread},
    }
    await member.send_raw(room, "m.room.message", content)


async def uploads(admin: MemberClient, user: str) -> int:
    """Ask the homeserver how many files an account has on it."""
    answer = await admin.request("GET", f"/_synapse/admin/v1/users/{user}/media")
    return int(answer["total"])


async def test_a_file_goes_on_to_another_member_without_another_upload(
    scene: Scene, member: NewMember, account: NewAccount
) -> None:
    coordinator, bot = scene.coordinator, scene.bot.user_id
    ghana, admin = await asyncio.gather(member("ghana", strict=True), account("admin", admin=True))
    profile = "name=Ama authority=EPA kind=environment role=official country=GH language=en tz=Africa/Accra"
    await scene.answered(f"!member add {ghana.user_id} {profile}", "Ama")
    tema = await coordinator.create_room("Tema", [bot, ghana.user_id])
    await ghana.enters(tema)
    await scene.bot_in(tema)
    await scene.answered("!room bind country=GH", "Ghana", room=tema)
    await scene.answered("!alert 18 t in CSQU3054383 at Tema", "Draft of alert A-")
    mark = coordinator.mark()
    await scene.answered("!alert send", "is sent")
    card = await ghana.hears(tema, "Raised by", by=bot, within=40)

    await sends(ghana, tema, card.event_id, PAPER, "manifest.pdf")
    digits = hashlib.sha256(PAPER).hexdigest()[:16]
    short = " ".join(digits[at : at + 4] for at in range(0, 16, 4))
    said = await ghana.hears(tema, "added the file F1", by=bot, thread=card.event_id, within=40, strict=True)
    assert short in said.body
    await coordinator.hears(scene.room, "added the file F1", by=bot, since=mark, within=40)

    await scene.bot.kill()  # what opens the file is in the database, sealed
    await scene.bot.start()
    await ghana.say(tema, "!forward F1", thread=card.event_id)
    await ghana.hears(tema, "on the way to the coordinators", by=bot, thread=card.event_id, within=60)
    copy = await file_heard(coordinator, bot, mark, "manifest.pdf")
    assert (copy.room_id, copy.encrypted, copy.sender_signed) == (scene.room, True, True)
    assert short in copy.body
    assert await opened(coordinator, copy) == PAPER
    asks = await member(account=admin)
    assert await uploads(asks, ghana.user_id) == 1
    assert await uploads(asks, bot) == 0
    assert copy.content["file"]["key"]["k"] not in scene.bot.log
