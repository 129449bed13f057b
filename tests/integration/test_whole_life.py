"""The life of an alert before two countries, each with clients of their own, from suspicion to outcome."""

import asyncio

from bot.demo.hearing import Mark
from bot.demo.member import MemberClient
from tests.integration.conftest import NewMember
from tests.integration.test_bot import Scene, scene

__all__ = ["scene"]  # the fixture


async def directly(member: MemberClient, part: str, since: Mark) -> str:
    """Wait until a member reads something in a direct chat, to which the bot may have to invite; return the chat."""

    def heard() -> list[str]:
        return [one.room_id for one in member.timeline(None, since) if part in one.body and one.sender_signed]

    while not heard():
        await member.hearing.until(
            lambda: bool(heard()) or bool(member.invites), 60, lambda: f"{member.user_id} reads nowhere {part!r}"
        )
        await member.accept_invites()
    return heard()[0]


async def with_rooms(scene: Scene, member: NewMember) -> tuple[MemberClient, MemberClient, MemberClient, str, str]:
    """Let two officials of Ghana and one of the Netherlands come, and give each country a room."""
    coordinator, bot = scene.coordinator, scene.bot.user_id
    ghana, kofi, dutch = await asyncio.gather(*(member(name, strict=True) for name in ("ghana", "kofi", "dutch")))
    tema = await coordinator.create_room("Tema", [bot, ghana.user_id, kofi.user_id])
    rotterdam = await coordinator.create_room("Rotterdam", [bot, dutch.user_id])
    for one, name, country, room in (
        (ghana, "Ama", "GH", tema), (kofi, "Kofi", "GH", tema), (dutch, "Jan", "NL", rotterdam),
    ):  # fmt: skip
        await one.enters(room)
        profile = f"role=official country={country} authority={name} kind=environment name={name} language=en"
        await scene.answered(f"!member add {one.user_id} {profile}", name)
    for room, country in ((tema, "GH"), (rotterdam, "NL")):
        await scene.bot_in(room)
        await scene.answered(f"!room bind country={country}", "This room stands for", room=room)
    return ghana, kofi, dutch, tema, rotterdam


async def test_an_alert_lives_from_suspicion_to_outcome_before_two_countries(scene: Scene, member: NewMember) -> None:
    coordinator, bot = scene.coordinator, scene.bot.user_id
    ghana, kofi, dutch, tema, rotterdam = await with_rooms(scene, member)

    # A standing watch, and a second pair of eyes, each in a direct chat
    begun = dutch.mark()
    await dutch.say(rotterdam, "!watch container=CSQU3054383")
    watched = await directly(dutch, "Watch 1: container CSQU3054383", begun)
    assert watched != rotterdam
    asked = kofi.mark()
    await ghana.say(tema, "!alert 18 t in CSQU3054383 at Tema, to Rotterdam")
    await ghana.hears(tema, "Draft of alert", by=bot, within=40)
    await ghana.say(tema, "!alert submit")
    shown = await directly(kofi, "asks you to verify it", asked)
    await kofi.say(shown, "!alert verify 1 I saw the scan")
    card = await ghana.hears(tema, "Raised by", by=bot, within=40)
    there = await dutch.hears(rotterdam, "Raised by", by=bot, within=40)
    await dutch.hears(watched, "Your watch 1", by=bot, within=40)

    async def says(one: MemberClient, text: str) -> None:
        room, root = (rotterdam, there) if one is dutch else (tema, card)
        await one.say(room, text, thread=root.event_id)

    # Asked and answered, proposed and accepted, each in the thread of the own card
    await says(ghana, "!request NL Who is the consignee? due=3d")
    await dutch.hears(rotterdam, "(R1)", by=bot, thread=there.event_id, within=40)
    await says(dutch, "!answer A shell company")
    await ghana.hears(tema, "A shell company", by=bot, thread=card.event_id, within=40)
    await says(dutch, "!propose vessel=IMO9811000")
    await ghana.hears(tema, "proposes a correction", by=bot, thread=card.event_id, within=40)
    await says(ghana, "!accept")
    await dutch.until_edited(there.event_id, "9811000", within=40)

    # Held, confirmed after the number was typed, and the 30 days begin
    await says(dutch, "!hold On terminal 3")
    await says(dutch, "!confirm ground=c")
    await dutch.hears(rotterdam, "Do you mean alert", by=bot, thread=there.event_id, within=40)
    await says(dutch, "1")
    await ghana.hears(tema, "confirmed as illegal", by=bot, thread=card.event_id, within=40)
    await says(ghana, "!inform-export-state 1 when=now proof=letter")
    await dutch.until_edited(there.event_id, "Take-back: by", within=40)

    # What a stricter marking took from a room answers nobody there, and comes anew with one that is less strict
    first = await coordinator.hears(scene.room, "Raised by", by=bot, within=40)
    mark = coordinator.mark()
    await says(ghana, "!set tlp=amber strict")
    await coordinator.hears(scene.room, "may no longer be shown", by=bot, since=mark, within=40)
    await coordinator.say(scene.room, "!next", thread=first.event_id)
    await coordinator.hears(scene.room, "I know no alert here", by=bot, since=mark, within=40)
    await ghana.say(tema, "!alert downgrade 1 tlp=green The case is public")
    again = await coordinator.hears(scene.room, "Raised by", by=bot, since=mark, within=40)

    # The end, and the record in the card of every room
    await dutch.say(rotterdam, "!alert close 1 outcome=prosecuted cost=exporter")
    await ghana.until_edited(card.event_id, "State: closed", within=40)
    await ghana.say(tema, "!alert reopen 1 It is back")
    await dutch.until_edited(there.event_id, "State: reopened", within=40)
    await ghana.say(tema, "!alert withdraw 1 Misread")
    for one, event in ((ghana, card), (dutch, there), (coordinator, again)):
        assert "CSQU3054383" not in (await one.until_edited(event.event_id, "WITHDRAWN", within=40)).body
    assert not any(one.hearing.unreadable for one in (ghana, kofi, dutch, coordinator))
