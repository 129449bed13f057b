"""The complete record of an alert as a file: for machines, for spreadsheets, and as a paper for other authorities."""

from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import TypeAdapter

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
    record = await gather(alert, context, with_names=args.persons)
    made = made_later(record, args.format, context.zone)
    if alert.merged_into is not None and record.merged_into is not None:
        made = replace(made, caption=made.caption.naming([Subject(ALERT, alert.merged_into)]))
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
    context.audit("names exported", Subject(ALERT, alert.id), persons=alert.individuals)


@dataclass(frozen=True, slots=True)
class _Material:
    """What the file of a record is made of."""

    record: Record
    form: ExportFormat
    zone: str


_MAKER = "record"


def made_later(record: Record, form: ExportFormat, zone: ZoneInfo) -> MadeFile:
    """Return the file of a record that was gathered, to be made when it is sent: to set a PDF takes up to a second."""
    material = _adapter().dump_json(_Material(record, form, zone.key))
    return MadeFile(_name(record, form), _TYPES[form], material, _caption(record), maker=_MAKER)


@capability.makes(_MAKER)
def make(material: bytes) -> bytes:
    """Make the file of a record from what was written down for it."""
    known = _adapter().validate_json(material)
    return _data_of(known.record, known.form, ZoneInfo(known.zone))


@cache
def _adapter() -> TypeAdapter[_Material]:
    return TypeAdapter(_Material)


def made_of(record: Record, form: ExportFormat, zone: ZoneInfo) -> MadeFile:
    """Make the file of a record that was gathered; it is for the direct chat alone of who asked for it.

    Times are to the second with their zone. A PDF takes up to a second: for a thread, outside a transaction.
    """
    return MadeFile(_name(record, form), _TYPES[form], _data_of(record, form, zone), _caption(record))


def _data_of(record: Record, form: ExportFormat, zone: ZoneInfo) -> bytes:
    match form:
        case ExportFormat.JSON:
            return as_json(record)
        case ExportFormat.CSV:
            return as_csv(record)
        case ExportFormat.PDF:
            return as_pdf(paper(record, zone), record.exported_at)


def _name(record: Record, form: ExportFormat) -> str:
    stamp = f"{record.exported_at:%Y%m%dT%H%M%SZ}"
    return f"{'EXERCISE-' if record.exercise else ''}{record.number}-{stamp}.{form.value}"


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
