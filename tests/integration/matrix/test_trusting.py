"""Master keys are pinned at first sight: under another nobody is believed or given keys until that is confirmed."""

from datetime import UTC, datetime
from typing import Any

from bot.matrix.interface import IdentityChanged, Trust, Unread, WhyUnread
from bot.matrix.signing import CrossSigningIdentity
from storage.ids import UserId
from storage.pins import Pin, Pins
from tests.integration.conftest import NewMember
from tests.integration.faults.conftest import StartBehind
from tests.integration.faults.kinds import changed
from tests.integration.faults.proxy import FaultProxy
from tests.integration.matrix.devices import takes_on
from tests.integration.matrix.running import Bot, signed_devices, text, together
from tests.integration.matrix.test_withholding import given, sessions, withheld

NOW = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
COORDINATOR = UserId("@coordinator:localhost")


async def pin_of(bot: Bot, user: UserId) -> Pin:
    async with bot.database.transaction() as tx:
        pin = await Pins(tx).get(user)
    assert pin is not None
    return pin


async def confirm(bot: Bot, user: UserId) -> None:
    """Believe the key shown now, as a coordinator does."""
    async with bot.database.transaction() as tx:
        assert await Pins(tx).confirm(user, COORDINATOR, NOW)


def changes(bot: Bot) -> list[IdentityChanged]:
    return bot.all(IdentityChanged)


async def test_another_master_key_is_not_believed_and_gets_no_keys_until_it_is_confirmed(
    behind_on_each: StartBehind, proxy: FaultProxy, member: NewMember
) -> None:
    async with together(behind_on_each, member) as (bot, ghana, room):
        user = UserId(ghana.user_id)
        await bot.gateway.send(room, text("0"), "row-0")
        await ghana.hears(room, "0")
        assert ghana.identity is not None
        assert (await pin_of(bot, user)).master_key == ghana.identity.public("master")
        thief = await member(account=user, signed=False)
        new = CrossSigningIdentity.create(user)
        await takes_on(thief, new)
        await bot.until(lambda: changes(bot))
        (told,) = changes(bot)
        assert (told.user, told.master_key) == (user, new.public("master"))
        await thief.say(room, "believe me")
        assert (await bot.hears(room, "believe me")).trust is Trust.CHANGED
        # The device that was signed before is not under the pinned key any more either.
        await ghana.say(room, "and me")
        assert (await bot.hears(room, "and me")).trust is not Trust.SIGNED
        unread = {Unread(user, None, WhyUnread.CHANGED)}
        assert (await bot.gateway.send(room, text("1"), "row-1")).unread == unread
        assert (await pin_of(bot, user)).shown_key == new.public("master")
        since = bot.token
    async with behind_on_each(since) as bot:
        # Told again, for the journal to take once; and still nothing is believed.
        assert changes(bot) == [told]
        await thief.say(room, "believe me now")
        assert (await bot.hears(room, "believe me now")).trust is Trust.CHANGED
        assert (await bot.gateway.send(room, text("2"), "row-2")).unread == unread
        first, *others = sessions(proxy, room)
        assert len(set(others)) == 1
        assert first not in others
        assert given(proxy) == {ghana.device_id}
        assert {(device, content["code"]) for _, device, content in withheld(proxy)} >= {
            (thief.device_id, "m.unverified"),
        }
        await confirm(bot, user)
        await thief.say(room, "confirmed")
        assert (await bot.hears(room, "confirmed")).trust is Trust.SIGNED
        sent = await bot.gateway.send(room, text("3"), "row-3")
        assert {one.why for one in sent.unread} <= {WhyUnread.UNSIGNED}
        await thief.hears(room, "3")
        assert [one.body for one in thief.timeline(room) if one.sender == bot.gateway.user_id] == ["3"]
        since = bot.token
    async with behind_on_each(since) as bot:
        assert changes(bot) == []
        await thief.say(room, "still confirmed")
        assert (await bot.hears(room, "still confirmed")).trust is Trust.SIGNED


async def test_the_key_of_before_shown_again_ends_it(behind: StartBehind, proxy: FaultProxy, member: NewMember) -> None:
    async with together(behind, member) as (bot, ghana, room):
        user, before = UserId(ghana.user_id), ghana.identity
        assert before is not None
        other = CrossSigningIdentity.create(user)

        def under_another_key(told: Any) -> None:
            for role in ("master", "self_signing"):
                told[f"{role}_keys"][user] = other.key_json(role)
            shown = told["device_keys"][user]
            told["device_keys"][user] = {name: other.signed(keys, "self_signing") for name, keys in shown.items()}

        with proxy.on("POST", "/keys/query", changed(under_another_key), token=bot.gateway._http.token):
            second = await member(account=user, identity=before)
            await bot.until(lambda: changes(bot))
            await bot.until(lambda: second.device_id in signed_devices(bot, user))
            await ghana.say(room, "as shown")
            assert (await bot.hears(room, "as shown")).trust is Trust.CHANGED
            assert (await pin_of(bot, user)).frozen
        third = await member(account=user, identity=before)
        await bot.until(lambda: third.device_id in signed_devices(bot, user))
        await ghana.say(room, "as before")
        assert (await bot.hears(room, "as before")).trust is Trust.SIGNED
        assert (await bot.gateway.send(room, text("for you"), "row-1")).unread == frozenset()
        await third.hears(room, "for you")
        pin = await pin_of(bot, user)
        assert (pin.frozen, pin.master_key) == (False, before.public("master"))
