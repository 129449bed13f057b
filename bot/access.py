"""Who speaks: a message and the roster -> a member with rights here, or a refusal that says what to do."""

from typing import assert_never

from bot.matrix.interface import Message as Incoming
from bot.matrix.interface import Trust
from commands.base import Command, Effect, People, Refusal, RoomView
from commands.document import Code, Doc, Message, _, doc, joined
from storage.base import Transaction
from storage.members import Member, Members, Role
from storage.pins import Pins
from storage.rooms import Rooms


async def room_of(message: Incoming, tx: Transaction, name: str | None) -> RoomView:
    """Return the room in which something was said. A room bound to anything is never a direct chat."""
    bindings = await Rooms(tx).of_room(message.room_id)
    return RoomView(id=message.room_id, direct=message.direct and not bindings, bindings=bindings, name=name)


async def who_to_ask(tx: Transaction) -> Message:
    """Say which coordinators can put somebody on the roster."""
    coordinators = (await Members(tx).coordinators())[:3]
    if not coordinators:
        return _("Ask a coordinator of the network to add you.")
    named = joined(Code(person.user_id) for person in coordinators)
    return _("Ask a coordinator to add you: {coordinators}.", coordinators=named)


async def stranger_refusal(message: Incoming, tx: Transaction, network: str) -> Doc:
    """What a stranger is told. Coordinators are named, not notified: a stranger must not make them all look."""
    text = _(
        "{user} is not on the roster of the {network}, so I cannot take commands from you.",
        user=message.sender,
        network=network,
    )
    return doc(text, await who_to_ask(tx)).openly()


def check_role(member: Member, command: Command, prefix: str) -> None:
    """Raises Refusal when the command is for a higher role."""
    if member.role >= command.role:
        return
    name = Code(f"{prefix}{command.name}")
    match command.role:
        case Role.COORDINATOR:
            words = _("{command} is for coordinators. Ask one of them to do it.", command=name)
        case Role.OFFICIAL:
            words = _(
                "{command} is for officials, and you are on the roster as a member. A coordinator can change that.",
                command=name,
            )
        case Role.MEMBER:
            raise AssertionError("every member has the lowest role")
        case _:
            assert_never(command.role)
    raise Refusal(doc(words).openly())


async def check_identity(message: Incoming, tx: Transaction, prefix: str) -> None:
    """Nothing at all is done for whose master key changed, until a coordinator confirms it. Raises Refusal."""
    pin = await Pins(tx).get(message.sender)
    if message.trust is not Trust.CHANGED and (pin is None or not pin.frozen):
        return
    others = [one.user_id for one in await Members(tx).coordinators() if one.user_id != message.sender][:3]
    what = _(
        "I did nothing: your security keys changed since I first saw you, so it may be somebody else who writes in "
        "your name."
    )
    confirm = Code(f"{prefix}member confirm {message.sender}")
    if others:
        named = joined(Code(person) for person in others)
        how = _(
            "Ask another coordinator to call you and to confirm you with {confirm}: {coordinators}.",
            confirm=confirm,
            coordinators=named,
        )
    else:
        how = _(
            "No other coordinator is there to confirm you with {confirm}. The operator can name one in the "
            "configuration.",
            confirm=confirm,
        )
    raise Refusal(doc(what, how).openly())


async def check_readers(room: RoomView, people: People, tx: Transaction, prefix: str) -> None:
    """Raises Refusal where nobody said what the room stands for, and somebody reads there who may not."""
    if room.direct or room.bindings:
        return
    readers = await people.readers(room.id)
    if readers and not await Rooms(tx).strangers(room.id, readers):
        return
    raise Refusal(
        doc(
            _("This room stands for nothing in the network, and people who are not on the roster read here."),
            _(
                "Write to me in our direct chat; or a coordinator says what the room stands for: {bind}.",
                bind=Code(f"{prefix}room bind country=GH"),
            ),
        ).openly()
    )


def check_device(message: Incoming, effect: Effect) -> None:
    """What changes anything must come from a device that its owner has signed. Raises Refusal that says how to."""
    if effect is Effect.READS or message.trust is Trust.SIGNED:
        return
    raise Refusal(
        doc(
            _("I did not do this: the device you wrote from is not verified by you, so anybody could have written it."),
            _(
                "In Element open Settings, Sessions (or Encryption), choose this session and verify it with another "
                "device of yours or with your recovery key. Then send the command again."
            ),
        ).openly()
    )
