"""Everybody's own record."""

from typing import Annotated

from commands.arguments import Language, Option, Zone
from commands.base import Args, Context, Role
from commands.document import Code, Doc, Fields, Inline, _, doc, fields
from commands.members.events import RecordChanged, capability, local_time
from commands.network import Line, country_or_international, kind_name, role_name
from storage.members import Member, Members


class OwnRecord(Args):
    tz: Annotated[str | None, Zone(), Option(aliases=("zone", "timezone"))] = None
    lang: Annotated[str | None, Language(), Option(aliases=("language",))] = None
    name: Line | None = None


@capability.command(
    "me",
    role=Role.MEMBER,
    summary=_("Show your own record, or change your time zone, language or name"),
    examples=["me", "me tz=Africa/Accra", 'me lang=fr name="Ama Example"'],
)
async def me(args: OwnRecord, context: Context) -> Doc:
    members = Members(context.tx)
    member = await members.get(context.member.user_id) or context.member
    change = member.change(
        coordinators=len(await members.coordinators()), name=args.name, language=args.lang, zone=args.tz
    )
    if change.fields:
        await context.emit(RecordChanged(change, member))
    record = doc(record_of(member, context))
    return doc(_("Changed, and used from now on.")) + record if change.fields else record


def record_of(member: Member, context: Context, *extra: tuple[Inline, Inline]) -> Fields:
    """Return the lines of a record, with what else there is to say."""
    return fields(
        [
            (_("Name"), member.name),
            (_("Matrix id"), Code(member.user_id)),
            (_("Role"), role_name(member.role)),
            (_("Authority"), _("{authority} ({kind})", authority=member.authority, kind=kind_name(member.kind))),
            (_("Country"), country_or_international(member)),
            (_("Language"), Code(member.language)),
            (_("Time zone"), Code(member.zone)),
            (_("Local time"), local_time(member, context)),
            *extra,
        ]
    )
