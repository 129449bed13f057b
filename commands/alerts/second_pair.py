"""Who may look at an alert as a second pair of eyes."""

from collections.abc import Sequence

from commands.alerts.audience import coordinators_may_see
from commands.base import Context
from commands.visibility import may_hear
from storage.alerts import Alert
from storage.members import Member, Members


async def second_pair(alert: Alert, context: Context) -> Sequence[Member]:
    """Return the officials of the author's country beside the author, or the coordinators where there is none.

    Only those who may hear of it under its marking; under RED those are named.
    """
    members = Members(context.tx)
    own: Sequence[Member] = ()
    if alert.author_country is not None:
        own = await members.officials_of(alert.author_country)
    found = [one for one in own if one.user_id != alert.author and may_hear(alert, one)]
    if found or not coordinators_may_see(alert):
        return found
    return [one for one in await members.coordinators() if one.user_id != alert.author]
