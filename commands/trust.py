"""Whom one deals with: the bot's own identity, short codes to compare, and who cannot read or be read."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import assert_never
from zoneinfo import ZoneInfo

from commands import often
from commands.base import Args, Capability, Context, Post, Priority, Role
from commands.document import Code, Doc, Inline, Message, Moment, Strong, Text, _, _n, bullets, doc, fields, joined
from commands.happenings import (
    UNREADABLE_TIMER,
    CannotRead,
    CodeShown,
    NotReadable,
    Obstacle,
    Unreached,
    unreadable_subject,
)
from commands.network import alarm, named, room_named
from storage.ids import RoomId, UserId
from storage.members import Member, Members
from storage.rooms import Rooms
from storage.timers import Timer
from storage.told import Told, about, ids_in

capability = Capability("trust", _("The bot's identity, and who can read it"))

KEY_COMES_WITHIN = timedelta(seconds=60)
"""How long a message may wait for its key before its sender is told that it could not be read."""
_TOLD_AGAIN_AFTER = timedelta(hours=1)
_VERIFIES, _CODES_A_DAY = "trust.verifying", 10
_UNREAD, _UNREAD_A_DAY = "trust.unread", 5


class Nothing(Args):
    """No arguments."""


@capability.command(
    "bot identity",
    role=Role.MEMBER,
    summary=_("Show my own identity, for you to compare"),
    reads=True,
    anywhere=True,
    examples=["bot identity"],
)
async def identity(args: Nothing, context: Context) -> Doc:  # noqa: ARG001 - every handler has both
    me = context.identity
    return doc(
        fields(
            [
                (_("Matrix id"), Code(me.user_id)),
                (_("Master key"), Code(me.fingerprint)),
                (_("Device"), Code(me.device_id)),
            ]
        ),
        _(
            "What I say of myself proves nothing. Ask the operator by telephone to read out the master key that "
            "{check} shows: it must be this one. Or verify me from your client; the coordinators see the short code.",
            check=Code("sesn-bot check"),
        ),
    ).openly()


@capability.announces(CodeShown)
async def announce_code(event: CodeShown, context: Context) -> None:
    """Show the coordinators the short code of a verification, to be compared with the member."""
    member = await Members(context.tx).get(event.user)
    if member is None or not await often.is_told(_VERIFIES, event.user, context, at_once=_CODES_A_DAY):
        return
    words = doc(
        Strong(
            _(
                "{name} ({id}) verifies me on the device {device}.",
                name=named(member),
                id=Code(member.user_id),
                device=Code(event.device_id),
            )
        ),
        bullets(Text(f"{symbol} {name}") for symbol, name in event.emoji),
        _("In numbers: {numbers}", numbers=Code(" ".join(map(str, event.decimals)))),
        _(
            "Compare by telephone with {name}: both must see the same, in the same order. If they differ, somebody "
            "stands between us: do not confirm, and tell the operator.",
            name=named(member),
        ),
    )
    await alarm(words, context)


@capability.timer(_VERIFIES)
async def sum_up_codes(timer: Timer, context: Context) -> None:
    """Tell the coordinators how many codes of somebody's they were not shown."""
    count, since = await often.sum_up(timer, context)
    member = await Members(context.tx).get(UserId(timer.subject))
    if count and member is not None:
        words = _n(
            "{name} ({id}) began to verify me {count} time more since {since}, of which I showed you no code. If that "
            "was not {name}, somebody has the account.",
            "{name} ({id}) began to verify me {count} times more since {since}, of which I showed you no code. If that "
            "was not {name}, somebody has the account.",
            count,
            name=named(member),
            id=Code(member.user_id),
            since=Moment(since),
        )
        await alarm(doc(words), context)


@capability.announces(CannotRead)
async def announce_unread(event: CannotRead, context: Context) -> None:
    """Tell the coordinators who cannot read what is said in a room: once of each device, together for one message."""
    if any(one.user == event.person and one.device_id is None for one in event.unreached):
        await Rooms(context.tx).owe_greeting(event.room)  # who comes later cannot read what was said before
    told, new = Told(context.tx), []
    allowed = {guest.user_id for guest in await Rooms(context.tx).guests(event.room)}
    for one in event.unreached:
        concerns_us = one.user in allowed or await Members(context.tx).get(one.user) is not None
        if concerns_us and await told.first("unread", about(event.room, one.user, one.device_id), context.now):
            new.append(one)
    shown = {
        user
        for user in {one.user for one in new}
        if await often.is_told(_UNREAD, about(event.room, user), context, at_once=_UNREAD_A_DAY)
    }
    new = [one for one in new if one.user in shown]
    if not new:
        return
    heading = _("Not everybody can read what I say in {room}:", room=await _where(event, context))
    lines = [await _line(user, list(devices), context) for user, devices in groupby(new, key=lambda one: one.user)]
    await alarm(doc(heading, bullets(lines)).quietly(), context, priority=Priority.ANNOUNCEMENT)


@capability.timer(_UNREAD)
async def sum_up_unread(timer: Timer, context: Context) -> None:
    """Tell the coordinators of somebody who had ever more sessions that cannot read."""
    count, since = await often.sum_up(timer, context)
    room, user = ids_in(timer.subject)
    member = await Members(context.tx).get(UserId(user))
    if count:
        words = _n(
            "{name} had more sessions that cannot read in {room}: {count} time since {since}. If they are not that "
            "person's own, somebody has the account.",
            "{name} had more sessions that cannot read in {room}: {count} times since {since}. If they are not that "
            "person's own, somebody has the account.",
            count,
            name=named(member) if member is not None else Code(user),
            room=await room_named(RoomId(room), context),
            since=Moment(since),
        )
        await alarm(doc(words).quietly(), context, priority=Priority.ANNOUNCEMENT)


async def _where(event: CannotRead, context: Context) -> Inline:
    person = await Members(context.tx).get(event.person) if event.person is not None else None
    if person is not None:
        return _("the direct chat with {name}", name=named(person))
    return await room_named(event.room, context)


async def _line(user: UserId, devices: Sequence[Unreached], context: Context) -> Message:
    member = await Members(context.tx).get(user)
    who = _("{name} ({id})", name=named(member), id=Code(user)) if member is not None else Code(user)
    parts = []
    for why, same in groupby(sorted(devices, key=lambda one: one.why), key=lambda one: one.why):
        which = joined(Code(one.device_id) for one in same if one.device_id is not None)
        parts.append(_obstacle_words(why, which, Code(f"{context.prefix}member confirm {user}")))
    return _("{who}: {what}", who=who, what=joined(parts))


def _obstacle_words(why: Obstacle, devices: Inline, confirm: Code) -> Message:
    """Say why somebody cannot read, and what that person should do."""
    match why:
        case Obstacle.UNSIGNED:
            return _(
                "the session {devices} is not verified. Verify it in Settings, Sessions (or Encryption), or log it "
                "out.",
                devices=devices,
            )
        case Obstacle.NO_IDENTITY:
            return _(
                "no cross-signing is set up. Set up secure backup or recovery in Settings, Encryption, and verify the "
                "sessions."
            )
        case Obstacle.CHANGED:
            return _("the security keys changed and are not confirmed. After a call, a coordinator writes {confirm}.",
                     confirm=confirm)  # fmt: skip
        case Obstacle.UNREACHABLE:
            return _(
                "the session {devices} has no keys left. Open it while online; if that does not help, log out and in.",
                devices=devices,
            )
        case Obstacle.NO_DEVICE:
            return _("no session can read encrypted messages. Log in again with a client that can.")
        case _:
            assert_never(why)


@capability.announces(NotReadable)
async def wait_for_key(event: NotReadable, context: Context) -> None:
    """Give the key of a member's message a while to come."""
    if await Members(context.tx).get(event.sender) is None:
        return
    payload = {"room": event.room, "sender": event.sender, "sent": event.sent_at.isoformat()}
    due = context.now + KEY_COMES_WITHIN
    await context.timers().schedule(UNREADABLE_TIMER, unreadable_subject(event.event_id), due, payload)


@capability.timer(UNREADABLE_TIMER)
async def tell_sender(timer: Timer, context: Context) -> None:
    """Tell a member that a message could not be read: in the direct chat, at most once an hour for each room."""
    room, sender = RoomId(timer.payload["room"]), UserId(timer.payload["sender"])
    member = await Members(context.tx).get(sender)
    if member is None:
        return
    if not await Told(context.tx).first("unreadable", about(sender, room), context.now, again_after=_TOLD_AGAIN_AFTER):
        return
    await context.post(Post(doc=await _unreadable_words(timer, member, room, context), person=sender))


async def _unreadable_words(timer: Timer, member: Member, room: RoomId, context: Context) -> Doc:
    sent = Moment(datetime.fromisoformat(timer.payload["sent"]), ZoneInfo(member.zone))
    return doc(
        _(
            "I could not read what you wrote in {room} on {sent}: its key did not reach me. If it was for me, send it "
            "again.",
            room=await room_named(room, context),
            sent=sent,
        ),
        _(
            "See that your device is verified (in Element: Settings, Sessions or Encryption). If it happens again, log "
            "out of that device and in again."
        ),
    )
