"""The complete record of an alert as a file: for machines, for spreadsheets, and as a paper for other authorities."""

import asyncio
from enum import StrEnum
from typing import Annotated
from zoneinfo import ZoneInfo

from commands.arguments import About, Choice, Option, Ref
from commands.base import Args, Capability, Context, Post, Refusal, Role, RoomView, Subject
from commands.document import Doc, Strong, _, doc
from commands.files import MadeFile
from commands.record.entries import Record
from commands.record.gathering import gather
from commands.record.paper import paper
from commands.record.pdf import as_pdf
from commands.record.tables import as_csv, as_json
from commands.visibility import ALERT, NAMES, find, may_read_names
from storage.alerts import Alert
from storage.audit import Audit
from storage.ids import RoomId

__all__ = ["ExportFormat", "capability", "exported", "made_of"]

capability = Capability("record", _("The record of an alert as a file"))


class ExportFormat(StrEnum):
    JSON = "json"
    CSV = "csv"
    PDF = "pdf"


_TYPES = {
    ExportFormat.JSON: "application/json",
    ExportFormat.CSV: "text/csv",
    ExportFormat.PDF: "application/pdf",
}


class Export(Args):
    about: Annotated[Ref, About(ALERT, ask=_("Which alert? Answer with its number."))]
    format: Annotated[ExportFormat, Choice(ExportFormat), Option()] = ExportFormat.PDF
    persons: Annotated[bool, Option()] = False


@capability.command(
    "alert export",
    role=Role.OFFICIAL,
    summary=_("Get the complete record of an alert as a file, in your direct chat"),
    examples=[
        "alert export A-2026-0001",
        "alert export A-2026-0001 format=json",
        "alert export A-2026-0001 persons=yes",
    ],
)
async def export(args: Export, context: Context) -> Doc | None:
    """Put the record into the direct chat of the member who asks; that it was given out stands in the audit."""
    alert = await find(args.about, context)
    if args.persons:
        _check_names(alert, context)
    made = await exported(alert, args.format, context, with_names=args.persons)
    member = context.member.user_id
    subject = Subject(ALERT, alert.id)
    part = NAMES if args.persons else "shown"
    await context.post(Post(person=member, file=made, subject=subject, part=part, origin=member))
    if context.room.direct:
        return None
    return doc(_("The record of alert {number} comes into your direct chat with me.", number=alert.number), notice=True)


def _check_names(alert: Alert, context: Context) -> None:
    """Raises Refusal unless the names may be read in the direct chat, into which the file goes; puts it on record."""
    if not may_read_names(alert, context.member, RoomView(RoomId(""), direct=True)):
        raise Refusal(_("Names of persons in alert {number} are for officials of the countries concerned.",
                        number=alert.number))  # fmt: skip
    Audit(context.tx).record(
        context.now,
        context.member.user_id,
        "names exported",
        "ok",
        subject=str(Subject(ALERT, alert.id)),
        room_id=context.room.id,
        details={"persons": alert.individuals},
    )


async def exported(alert: Alert, form: ExportFormat, context: Context, *, with_names: bool = False) -> MadeFile:
    """Make the record of an alert that the member who speaks may see; it is for that member's direct chat alone.

    Times are to the second with their zone. Names of persons are in it where the member may read them: of the own
    country, and for coordinators all but those of RED and AMBER+STRICT alerts.
    """
    record = await gather(alert, context, with_names=with_names)
    return await asyncio.to_thread(made_of, record, form, context.zone)


def made_of(record: Record, form: ExportFormat, zone: ZoneInfo) -> MadeFile:
    """Make the file of a record that was gathered. A PDF takes up to a second: for a thread, best after the commit."""
    match form:
        case ExportFormat.JSON:
            data = as_json(record)
        case ExportFormat.CSV:
            data = as_csv(record)
        case ExportFormat.PDF:
            data = as_pdf(paper(record, zone), record.exported_at)
    stamp = f"{record.exported_at:%Y%m%dT%H%M%SZ}"
    name = f"{'EXERCISE-' if record.exercise else ''}{record.number}-{stamp}.{form.value}"
    return MadeFile(name, _TYPES[form], data, _caption(record))


def _caption(record: Record) -> Doc:
    words = _("The record of alert {number}, TLP:{tlp}.", number=record.number, tlp=record.tlp)
    if record.names is not None:
        words = _("The record of alert {number}, TLP:{tlp}, WITH NAMES of persons.", number=record.number,
                  tlp=record.tlp)  # fmt: skip
    if record.exercise:
        words = _("EXERCISE. The record of alert {number}, TLP:{tlp}.", number=record.number, tlp=record.tlp)
    return doc(
        Strong(words),
        _("The marking holds for the file too. What changes from now on is not in it: ask for it again."),
        notice=True,
    )
