"""Persons who are named in an alert: kept apart, counted everywhere, read only where that is allowed."""

from typing import Annotated

from commands.alerts.circulating.circulation import unless_heard
from commands.alerts.circulating.retracting import retract_part
from commands.alerts.declaration import KIND, capability, subject_of
from commands.alerts.events import AlertChanged
from commands.alerts.finding import find, possible_or_refused
from commands.alerts.rights import is_concerned
from commands.alerts.showing.words import marked, refusal
from commands.arguments import About, Option, Ref, Rest, Word
from commands.base import Args, Context, Role
from commands.document import Code, Doc, Message, Text, _, _n, bullets, doc
from commands.visibility import NAMES, answer_about, may_read_names
from storage.alerts import Alert, Individual, Individuals

_WHICH = _("Which alert? Answer with its number.")
_LONGEST_NAME, _LONGEST_ROLE = 200, 80
_MOST = 50


class NamePerson(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]
    role: Annotated[str | None, Option()] = None
    name: Annotated[str, Rest(ask=_("What is the person's name?"))]


@capability.command(
    "alert person",
    role=Role.OFFICIAL,
    summary=_("Name a person in an alert, such as the driver: cards only count them"),
    examples=["alert person A-2026-0001 role=driver John Example"],
)
async def name_person(args: NamePerson, context: Context) -> Doc | None:
    """Keep a name apart from everything else that is known; who may read it asks for it."""
    alert = await find(args.about, context)
    if not is_concerned(alert, context.member):
        words = _("Persons are named by the countries concerned and the coordinators, alert {number}.",
                  number=alert.number)  # fmt: skip
        raise refusal(alert, words)
    name, role = " ".join(args.name.split()), " ".join((args.role or "").split()) or None
    if len(name) > _LONGEST_NAME or len(role or "") > _LONGEST_ROLE:
        words = _("A name has at most {name} characters, and a role {role}. The rest belongs into a note.",
                  name=_LONGEST_NAME, role=_LONGEST_ROLE)  # fmt: skip
        raise refusal(alert, words)
    if alert.individuals >= _MOST:
        raise refusal(alert, _("Alert {number} names {most} persons, and takes no more.", number=alert.number,
                               most=_MOST))  # fmt: skip
    with possible_or_refused(alert, context):
        individual, line = alert.name_individual(name, role, by=context.member, at=context.now)
    await Individuals(context.tx).add(individual)
    await context.emit(AlertChanged(alert, line))
    said: list[Message] = [_("It is kept with alert {number}: {count}.", number=alert.number, count=_named(alert))]
    if not may_read_names(alert, context.member, context.room):
        said.append(_("The name itself may not be read here, and you wrote it here: delete your message. "
                      "Next time write it to me directly."))  # fmt: skip
        return marked(alert, doc(*said))
    return await unless_heard(alert, context, *said)


def _named(alert: Alert) -> Message:
    return _n("{count} person named", "{count} persons named", alert.individuals)


class ShowPersons(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]


@capability.command(
    "alert persons",
    role=Role.OFFICIAL,
    reads=True,
    summary=_("Read the names of the persons named in an alert; that you did stands in the audit"),
    examples=["alert persons A-2026-0001"],
)
async def show_persons(args: ShowPersons, context: Context) -> Doc | None:
    """Show the names where the handling allows it."""
    alert = await find(args.about, context)
    if not may_read_names(alert, context.member, context.room):
        raise refusal(alert, _where(alert, context))
    if not alert.individuals:
        return marked(alert, doc(_("Alert {number} holds no name of a person.", number=alert.number)))
    entries = await Individuals(context.tx).of(alert)
    context.audit("names shown", subject_of(alert), persons=[one.id for one in entries])
    words = doc(
        _("Persons named in alert {number}, TLP:{tlp}. That you read this is on record.", number=alert.number,
          tlp=alert.tlp.value),
        bullets(_entry(one) for one in entries),
        _("Remove a wrong one: {unname}", unname=Code(f"{context.prefix}alert unname {alert.number} {entries[0].id}")),
    )  # fmt: skip
    await answer_about(alert, marked(alert, words), context, part=NAMES)
    return None


def _where(alert: Alert, context: Context) -> Message:
    ask = Code(f"{context.prefix}alert persons {alert.number}")
    return _(
        "Names of persons in alert {number} are for officials of the countries concerned, in their direct chat with me "
        "or in a room of their country alone. Ask there: {ask}",
        number=alert.number, ask=ask,
    )  # fmt: skip


def _entry(one: Individual) -> Message:
    if one.role is None:
        return _("{id}: {name} (named by {by})", id=one.id, name=Text(one.name), by=Text(one.added_authority))
    return _(
        "{id}: {name}, {role} (named by {by})",
        id=one.id, name=Text(one.name), role=Text(one.role), by=Text(one.added_authority),
    )  # fmt: skip


class Unname(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]
    entry: Annotated[int, Word(ask=_("Which entry? Answer with the number that stands before the name."))]


@capability.command(
    "alert unname",
    role=Role.OFFICIAL,
    summary=_("Remove the name of a person from an alert"),
    examples=["alert unname A-2026-0001 3"],
)
async def unname(args: Unname, context: Context) -> Doc | None:
    """Delete a name for good; what was posted with names of this alert is taken back."""
    alert = await find(args.about, context)
    entries = {one.id: one for one in await Individuals(context.tx).of(alert)}
    entry = entries.get(args.entry)
    if not may_read_names(alert, context.member, context.room) or entry is None:
        words = _("I know no entry {id} here. Look with {show}.", id=args.entry,
                  show=Code(f"{context.prefix}alert persons {alert.number}"))  # fmt: skip
        raise refusal(alert, words)
    if context.member.country not in {entry.added_country, alert.author_country}:
        words = _("A name is removed by who wrote it down, {by}, or by {authority}.", by=Text(entry.added_authority),
                  authority=Text(alert.author_authority))  # fmt: skip
        raise refusal(alert, words)
    await retract_part(alert, NAMES, context)
    line = alert.unname_individual(by=context.member, at=context.now)
    await Individuals(context.tx).remove(entry)
    await context.emit(AlertChanged(alert, line))
    return await unless_heard(
        alert, context, _("The name is deleted. Alert {number}: {count}.", number=alert.number, count=_named(alert))
    )
