"""Whether a row may still go to whom it was written for: much may have changed while it waited."""

from bot.context import BotContext, House, nowhere
from bot.sender.outcome import Outcome
from commands.base import Subject
from storage.alerts import DECIDING
from storage.base import Base, Transaction
from storage.ids import UserId
from storage.members import Member, Members
from storage.outbox import Failure, Outbox, OutboxRow, RowKind
from storage.pins import Pins
from storage.rooms import Binding, Rooms, admits

_DECIDING: tuple[type[Base], ...] = (Member, Binding, *DECIDING)
"""While none of these tables changes, what a handler decided stands."""


class Rights:
    def __init__(self, house: House) -> None:
        self._house = house

    async def obstacle(self, row: OutboxRow, tx: Transaction) -> Outcome | None:
        """Say why a row is not sent: its reader has lost the right to it, or may be somebody else by now."""
        if row.kind is RowKind.INVITE:
            return None if await _is_still_meant(row, tx) else Outcome(dropped=True)
        if row.user_id is not None:
            # Removal from the roster ends every right at once, also to what was already written to a direct chat.
            if await Members(tx).get(row.user_id) is None:
                return Outcome(failure=Failure.NOT_A_MEMBER)
            pin = await Pins(tx).get(row.user_id)
            if pin is not None and pin.frozen and row.kind is RowKind.MESSAGE and not row.for_anybody:
                return Outcome(keys_changed=True)
        return None if await self._may_be_shown(row, tx) else Outcome(withheld=True)

    async def _may_be_shown(self, row: OutboxRow, tx: Transaction) -> bool:
        if row.kind is not RowKind.MESSAGE or not tx.is_older(row.id, *_DECIDING):
            return True
        context = BotContext(self._house, tx, self._house.now(), nowhere(row.room_id))
        for name in await Outbox(tx).named_in(row):
            subject = Subject.parse(name)
            decide = self._house.registry.shown.get(subject.kind)
            if decide is not None and not await decide(subject, row, context):
                return False
        return True


async def _is_still_meant(invitation: OutboxRow, tx: Transaction) -> bool:
    """Whether a room is still for the person who is to be invited."""
    member = await Members(tx).get(UserId(str(invitation.content["user"])))
    assert invitation.room_id is not None
    return member is not None and admits(await Rooms(tx).of_room(invitation.room_id), member)
