"""A member's security keys: frozen when they change, believed again when a coordinator confirms them."""

from dataclasses import dataclass
from datetime import datetime

from commands.base import Context, Event, Post, Refusal, Role
from commands.document import Code, Doc, Message, Strong, _, doc
from commands.happenings import KeysChanged
from commands.members.events import capability
from commands.members.finding import Which, on_roster
from commands.network import alarm, named, tell_coordination
from storage.ids import UserId
from storage.members import Member, Members
from storage.outbox import Outbox
from storage.pins import Pins
from storage.told import Told, about

_TOLD = "keys changed"


@dataclass(frozen=True, slots=True)
class KeysConfirmed(Event):
    member: Member
    by: Member


@capability.announces(KeysChanged)
async def announce_changed(event: KeysChanged, context: Context) -> None:
    """Tell the coordinators, once for each change, whom to call and what to say then."""
    member = await Members(context.tx).get(event.user)
    change = _change(event.user, event.master_key, event.shown_at)
    if member is None or not await Told(context.tx).first(_TOLD, change, context.now):
        return
    words = doc(
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
    await alarm(words, context)


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
    if not await Told(context.tx).before(_TOLD, _change(member.user_id, pin.shown_key, pin.shown_at)):
        # They changed again a moment ago: what the coordinator knows of is not what would be believed.
        raise Refusal(
            _("The keys of {name} have changed again just now. Call again, and then confirm.", name=named(member))
        )
    key = pin.shown_key
    await pins.confirm(member.user_id, context.member.user_id, context.now)
    await Outbox(context.tx).try_held_again(person=member.user_id)
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
