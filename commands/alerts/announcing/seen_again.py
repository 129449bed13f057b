"""What everybody who hears of an alert is told when its container or ship is seen."""

from zoneinfo import ZoneInfo

from commands.alerts.audience import Listener, listeners, may_show_author
from commands.alerts.circulating.circulation import tell_everyone
from commands.alerts.declaration import capability
from commands.alerts.showing.beside import hears_of, reporter_for
from commands.alerts.showing.cards import zone_of
from commands.alerts.showing.composing import name_of_author
from commands.base import Context, Priority
from commands.document import Doc, Mention, _, doc
from commands.happenings import AlertSighted
from commands.sighted import told
from storage.alerts import Alert, Tlp
from storage.members import Members
from storage.sightings import Sighting


@capability.announces(AlertSighted)
async def announce(event: AlertSighted, context: Context) -> None:
    """Bring the cards up to date; of news also say it in each thread, and call who raised the alert."""
    alert, sighting = event.alert, event.sighting
    lines: dict[tuple[str | None, str | None], Doc] = {}
    for one in await listeners(context.tx, alert) if event.is_news else ():
        if await hears_of(sighting, alert, one, context):
            lines[one.room, one.person] = await _line(alert, sighting, one, context)
    await tell_everyone(
        alert,
        lambda one: lines.get((one.room, one.person)),
        context,
        priority=Priority.ALERT if event.is_news else Priority.ANSWER,
        openly=sighting.tlp is Tlp.CLEAR,
    )


async def _line(alert: Alert, sighting: Sighting, one: Listener, context: Context) -> Doc:
    zone = zone_of(one.bindings)
    if one.person is not None and (member := await Members(context.tx).get(one.person)) is not None:
        zone = ZoneInfo(member.zone)
    name = None if sighting.tlp is Tlp.CLEAR else await reporter_for(sighting, one, context)
    words = told(sighting, alert.number, zone, name)
    if sighting.author == alert.author or not _reads_there(alert, one):
        return words
    # The author's name stands only where it may stand; under CLEAR anybody may read along.
    if sighting.tlp is Tlp.CLEAR and one.person != alert.author:
        return words
    author = Mention(alert.author, await name_of_author(alert, context) or alert.author)
    return words + doc(_("{author}: you raised this alert.", author=author))


def _reads_there(alert: Alert, one: Listener) -> bool:
    """Whether who raised the alert reads there, by that name: nobody is called in a room where they are not."""
    is_own = alert.author_country is None or alert.author_country in one.countries
    return one.person == alert.author or (is_own and may_show_author(alert, one.bindings))
