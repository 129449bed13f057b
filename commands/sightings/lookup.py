"""Listing where a container or ship was seen, as far as it may be shown here."""

from collections.abc import Sequence
from typing import Annotated

from commands.arguments import About, Ref, Rest
from commands.base import Args, Context, Refusal, Role, Subject
from commands.document import Code, Doc, Strong, Text, _, doc
from commands.matching import outlines_with
from commands.sighted import LOOKED_AT, listed, sightings_of
from commands.sightings.declaration import ALERTS_AT_MOST, capability
from commands.sightings.reading import read_thing, reading_of
from commands.visibility import ALERT, answer_about, find, may_see_sighting
from storage.alerts import Alert, Outline
from storage.sightings import Sighting, Sightings


class Look(Args):
    about: Annotated[Ref | None, About(ALERT, ask=_("Which alert? Answer with its number."))] = None
    text: Annotated[str, Rest(ask=_("Which container or ship?"))] = ""


@capability.command(
    "sightings",
    role=Role.MEMBER,
    reads=True,
    summary=_("List where a container or ship was seen"),
    examples=["sightings CSQU3054383", "sightings MV Ever Given", "sightings A-2026-0001"],
)
async def look(args: Look, context: Context) -> Doc | None:
    """List the sightings that may be shown here: by themselves, or with an alert that may be shown here."""
    text = " ".join(args.text.split())[:120]
    if not text and args.about is None:
        raise Refusal(
            _("Which container or ship? Write it like {container} or {ship}.",
              container=Code(f"{context.prefix}sightings CSQU3054383"),
              ship=Code(f"{context.prefix}sightings MV Ever Given"))
        )  # fmt: skip
    if not text:
        assert args.about is not None
        alert = await find(args.about, context)
        found = await sightings_of(alert, context.tx)
        shown = [one for one in found if _may_show(one, [alert], context)]
        await answer_about(alert, _listing(shown, context, exercise=alert.is_exercise), context)
        return None
    return await _about_thing(text, context)


async def _about_thing(text: str, context: Context) -> Doc:
    thing = read_thing(text, reading_of(context))
    if thing is None:
        raise Refusal(_("I cannot read {text} as a container number or a ship.", text=Text(f"“{text[:60]}”")))
    words = doc()
    for exercise in (False, True):
        alerts = await outlines_with(thing.keys, exercise=exercise, tx=context.tx, limit=ALERTS_AT_MOST)
        found = await Sightings(context.tx).about(thing.keys, exercise=exercise, limit=LOOKED_AT)
        shown = [one for one in found if _may_show(one, alerts, context)]
        if shown:
            words += _listing(shown, context, exercise=exercise)
    if words.blocks:
        return words
    return doc(_("I know no sighting of {thing} that I may show here.", thing=Text(thing.shown)))


def _may_show(sighting: Sighting, alerts: Sequence[Alert | Outline], context: Context) -> bool:
    """Decide whether a sighting may stand in the answer; where it may for an alert, the answer goes with that alert."""
    if may_see_sighting(sighting, None, context.member, context.room):
        return True
    beside = [alert for alert in alerts if may_see_sighting(sighting, alert, context.member, context.room)]
    context.names(*(Subject(ALERT, alert.id) for alert in beside[:1]))
    return bool(beside)


def _listing(shown: Sequence[Sighting], context: Context, *, exercise: bool) -> Doc:
    if not shown:
        return doc(_("I know no sighting of it that I may show here."))
    words = listed(shown, context.zone, context.now)
    return doc(Strong(_("EXERCISE."))) + words if exercise else words
