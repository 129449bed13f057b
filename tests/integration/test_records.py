"""The record of an alert and the chart, as files that a member's own client opens."""

import io
import json
from typing import Any

import aiohttp
from nio.crypto.attachments import decrypt_attachment
from PIL import Image

from bot.demo.hearing import Heard, Mark
from bot.demo.member import MemberClient
from tests.integration.test_bot import Scene, scene

__all__ = ["scene"]  # the fixture


async def opened(member: MemberClient, heard: Heard) -> bytes:
    """Fetch the file of a message as a member's client does, and decrypt it by the other implementation."""
    file: dict[str, Any] = heard.content["file"]
    address = f"{member.client.homeserver}/_matrix/client/v1/media/download/{file['url'].removeprefix('mxc://')}"
    headers = {"Authorization": f"Bearer {member.client.access_token}"}
    async with aiohttp.ClientSession() as session, session.get(address, headers=headers) as answer:
        assert answer.status == 200
        stored = await answer.read()
    data = decrypt_attachment(stored, file["key"]["k"], file["hashes"]["sha256"], file["iv"])
    assert isinstance(data, bytes)
    assert data != stored
    return data


async def file_heard(member: MemberClient, bot: str, since: Mark, name: str) -> Heard:
    """Wait for a file of the bot with this in its name, in whichever room; invitations are followed."""

    def found() -> list[Heard]:
        return [
            one
            for one in member.timeline(None, since)
            if one.sender == bot and name in str(one.content.get("filename"))
        ]

    await member.hearing.until(lambda: bool(found()) or bool(member.invites), 60, lambda: f"no file {name}")
    await member.accept_invites()
    await member.hearing.until(lambda: bool(found()), 60, lambda: f"no file {name}")
    return found()[0]


async def test_a_member_opens_the_record_and_the_chart(scene: Scene) -> None:
    coordinator, bot = scene.coordinator, scene.bot.user_id
    await scene.answered("!alert 18 t in CSQU3054383 at Tema, from Antwerp", "Draft of alert A-")
    await scene.answered("!alert send", "is sent")
    mark = coordinator.mark()
    await scene.answered("!alert export 1 format=json", "direct chat")
    record = await file_heard(coordinator, bot, mark, ".json")
    assert record.encrypted
    assert record.sender_signed
    assert record.room_id != scene.room
    facts = json.loads(await opened(coordinator, record))["facts"]
    assert "CSQU3054383" in {fact["value"] for fact in facts}
    await scene.answered("!alert export 1", "direct chat")
    paper = await file_heard(coordinator, bot, mark, ".pdf")
    assert paper.room_id == record.room_id
    assert (await opened(coordinator, paper)).startswith(b"%PDF")
    await scene.answered("!alert stats chart=yes", "Raised: 1 alert")
    chart = await file_heard(coordinator, bot, mark, ".png")
    assert (chart.room_id, chart.msgtype) == (scene.room, "m.image")
    assert "1 raised, 0 confirmed" in chart.body
    with Image.open(io.BytesIO(await opened(coordinator, chart))) as picture:
        assert picture.format == "PNG"
