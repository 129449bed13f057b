"""A member's security keys: frozen when they change, believed again when a coordinator confirms them."""

from dataclasses import dataclass
from datetime import datetime

from commands import often
from commands.base import Context, Event, Post, Refusal, Role
from commands.document import Code, Doc, Message, Moment, Strong, _, _n, doc
from commands.happenings import KeysChanged
from commands.members.events import capability
from commands.members.finding import Which, on_roster
from commands.network import alarm, named, tell_coordination
from storage.ids import UserId
from storage.members import Member, Members
from storage.outbox import Lanes
from storage.pins import Pins
from storage.timers import Timer
from storage.told import Told, about

_TOLD = "keys changed"
_OFTEN = "keys.changing"


@dataclass(frozen=True, slots=True)
class KeysConfirmed(Event):
    member: Member
    by: Member


@capability.announces(KeysChanged)
async def announce_changed(event: KeysChanged, context: Context) -> None:
    """Tell the coordinators, once for each change, whom to call and what to say then; at most a few times a day."""
    member = await Members(context.tx).get(event.user)
    told, change = Told(context.tx), _change(event.user, event.master_key, event.shown_at)
    if member is None or await told.before(_TOLD, change) or not await often.is_told(_OFTEN, event.user, context):
        return
    await told.first(_TOLD, change, context.now)
    await alarm(_changed_words(member, context), context)


def _changed_words(member: Member, context: Context) -> Doc:
    return doc(
        Strong(
            _(
                "The security keys of {name} ({id}), {authority}, have changed.",
                name=named(member),
                id=Code(member.user_id),
                authority=member.authority,
            )
        ),
        _(
            "Either {name} has reset them, or somebody acts in this name. Until a coordinator confirms the new keys, I "
            "do nothing that comes from this account, and what I say cannot be read with it.",
            name=named(member),
        ),
        _how_to_confirm(member.user_id, context),
    )


@capability.timer(_OFTEN)
async def sum_up_changes(timer: Timer, context: Context) -> None:
    """Tell the coordinators how often somebody's keys changed since they were told last, and what holds now."""
    count, since = await often.sum_up(timer, context)
    member = await Members(context.tx).get(UserId(timer.subject))
    if not count or member is None:
        return
    words = doc(
        Strong(
            _n(
                "The security keys of {name} ({id}), {authority}, changed {count} time more since {since}.",
                "The security keys of {name} ({id}), {authority}, changed {count} times more since {since}.",
                count,
                name=named(member),
                id=Code(member.user_id),
                authority=member.authority,
                since=Moment(since),
            )
        )
    )
    pin = await Pins(context.tx).get(member.user_id)
    if pin is None or pin.shown_key is None or pin.shown_at is None:
        await alarm(words + doc(_("Now they are those that I know. While they were others I obeyed nothing.")), context)
        return
    await Told(context.tx).first(_TOLD, _change(member.user_id, pin.shown_key, pin.shown_at), context.now)
    not_known = _("They are not those that I know: I do nothing that comes from this account.")
    await alarm(words + doc(not_known, _how_to_confirm(member.user_id, context)), context)


def _change(user: UserId, master_key: str, shown_at: datetime) -> str:
    return about(user, master_key, shown_at.isoformat())


def _how_to_confirm(person: UserId, context: Context) -> Message:
    return _(
        "Call the person by telephone, at a number that you had before. If the keys were reset by the person, another "
        "coordinator than this one writes: {confirm}",
        confirm=Code(f"{context.prefix}member confirm {person}"),
    )


@capability.command(
    "member confirm",
    role=Role.COORDINATOR,
    summary=_("Believe the new security keys of a person, after you have called them"),
    examples=["member confirm @ama:example.org"],
)
async def confirm(args: Which, context: Context) -> Doc:
    member = await on_roster(args.person, context)
    if member.user_id == context.member.user_id:
        raise Refusal(_("Nobody confirms their own keys. Ask another coordinator to call you and to do it."))
    pins = Pins(context.tx)
    pin = await pins.get(member.user_id)
    if pin is None or pin.shown_key is None or pin.shown_at is None:
        words = _(
            "There is nothing to confirm: the security keys of {name} ({id}) are those that I know.",
            name=named(member),
            id=Code(member.user_id),
        )
        return doc(words)
    change = _change(member.user_id, pin.shown_key, pin.shown_at)
    if not await Told(context.tx).before(_TOLD, change):
        # They changed again: what the coordinator knows of is not what would be believed.
        again = _("The keys of {name} have changed again just now. Call again, and then confirm.", name=named(member))
        if not await often.untold(_OFTEN, member.user_id, context):
            raise Refusal(again)
        await Told(context.tx).first(_TOLD, change, context.now)  # of one so busy nobody is told before the day is over
        return doc(again)
    key = pin.shown_key
    await pins.confirm(member.user_id, context.member.user_id, context.now)
    await Lanes(context.tx).try_held_again(person=member.user_id)
    context.audit("keys confirmed", f"member:{member.user_id}", master_key=key)
    await context.emit(KeysConfirmed(member, context.member))
    return doc(
        _(
            "Confirmed: from now on I believe the new keys of {name} ({id}).",
            name=named(member),
            id=Code(member.user_id),
        )
    )


@capability.announces(KeysConfirmed)
async def announce_confirmed(event: KeysConfirmed, context: Context) -> None:
    words = _(
        "{by} has confirmed the new security keys of {name} ({id}).",
        by=named(event.by),
        name=named(event.member),
        id=Code(event.member.user_id),
    )
    await tell_coordination(doc(words), context, but=context.room.id)
    told = _(
        "{by} has confirmed your new security keys: I take commands from you again, and you can read what I say from "
        "now on.",
        by=named(event.by),
    )
    await context.post(Post(doc=doc(told), person=event.member.user_id, language=event.member.language))
