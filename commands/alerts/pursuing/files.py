"""The files of an alert: listed, and sent on to those who may see it without being uploaded again."""

import re
from collections.abc import Sequence
from typing import Annotated, Any

from commands.alerts.audience import Listener, listeners
from commands.alerts.circulating.circulation import answer
from commands.alerts.declaration import KIND, LINE, capability, subject_of
from commands.alerts.finding import find, not_possible
from commands.alerts.rights import is_concerned
from commands.alerts.showing.cards import zone_of
from commands.alerts.showing.file_words import size_words, type_of_file
from commands.alerts.showing.words import marked, refusal, who
from commands.arguments import About, BadValue, Countries, Form, Option, Ref, Word
from commands.base import Args, Context, Post, Refusal, Role
from commands.document import (
    Code,
    CountryName,
    Doc,
    Inline,
    Message,
    Moment,
    Strong,
    Text,
    _,
    _n,
    bullets,
    doc,
    joined,
)
from storage.alerts import (
    Alert,
    AlertAttachment,
    AlertAttachments,
    AlertCard,
    Alerts,
    AlertState,
    NotPossible,
    What,
    Why,
)
from storage.ids import CountryCode
from storage.rooms import BindingKind

_WHICH = _("Which alert? Answer with its number.")
_NAME = re.compile(r"[Ff]-?(\d{1,4})")
_NOT_SHOWN = frozenset({AlertState.WITHDRAWN})
_NOT_FORWARDED = frozenset({AlertState.WITHDRAWN, AlertState.MERGED})


class Files(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]


@capability.command(
    "alert files",
    role=Role.MEMBER,
    reads=True,
    summary=_("List the photos and documents that belong to an alert"),
    examples=["alert files", "alert files A-2026-0001"],
)
async def files(args: Files, context: Context) -> None:
    """List the files of an alert with their hashes; what was taken back keeps its entry."""
    alert = await find(args.about, context)
    if alert.state in _NOT_SHOWN:
        raise not_possible(NotPossible(Why.ENDED), alert, context)
    found = await AlertAttachments(context.tx).of(alert)
    await answer(alert, _listing(alert, found, context), context)


def _listing(alert: Alert, found: Sequence[AlertAttachment], context: Context) -> Doc:
    if not found:
        words = _("No file belongs to alert {number} yet. Send one in its thread, or as a reply to its card.",
                  number=alert.number)  # fmt: skip
        return doc(words)
    heading = _n(
        "{count} file belongs to alert {number}:", "{count} files belong to alert {number}:", len(found),
        number=alert.number,
    )  # fmt: skip
    listed = doc(heading, bullets(_entry(one, context) for one in found))
    is_over = alert.state in _NOT_FORWARDED or alert.purged_at is not None
    if alert.is_draft or is_over or not any(one.is_kept for one in found):
        return listed
    forward = Code(f"{context.prefix}alert forward {alert.number} {next(one for one in found if one.is_kept).label}")
    return listed + doc(_("An official sends one to the other rooms with {forward}.", forward=forward))


def _entry(one: AlertAttachment, context: Context) -> Message:
    zone = context.zone if context.room.direct else zone_of(context.room.bindings)
    places: dict[str, Inline] = {
        "file": Strong(Text(one.label)),
        "type": type_of_file(one.file.content_type),
        "size": size_words(one.file.size_bytes),
        "by": who(one.sent_authority, one.sent_country),
        "when": Moment(one.sent_at, zone),
        "hash": Code(one.file.sha256 or ""),
    }
    if one.taken_back_at is not None:
        taken = Moment(one.taken_back_at, zone)
        return _("{file}: TAKEN BACK on {taken}. It was {type}, {size}, from {by}, {when}, SHA-256 {hash}",
                 taken=taken, **places)  # fmt: skip
    if not one.name:
        return _("{file}: {type}, {size}, from {by}, {when}, SHA-256 {hash}", **places)
    return _("{file}: “{name}”, {type}, {size}, from {by}, {when}, SHA-256 {hash}", name=Text(one.name), **places)


def _numbers() -> Form:
    def read(value: Any) -> Any:
        if not isinstance(value, str):
            return value
        parts = re.split(r"[\s,;]+", value.strip()[:500])
        if [part.casefold() for part in parts] == ["all"]:
            return ()
        found = [re.fullmatch(r"[Ff]?-?(\d{1,4})", part) for part in parts if part]
        if not found or not all(found):
            words = _("{text} is no file. Write its number, such as {example}, or {all}.", text=value[:40],
                      example=Code("F1"), all=Code("all"))  # fmt: skip
            raise BadValue(words)
        return tuple(int(one[1]) for one in found if one is not None)

    return Form(read, form="F1|all")


class Forward(Args):
    about: Annotated[Ref, About(KIND, ask=_WHICH)]
    files: Annotated[tuple[int, ...], _numbers(), Word(ask=_("Which files? For example F1, or all."))] = ()
    to: Annotated[tuple[CountryCode, ...], Countries(), Option()] = ()


@capability.command(
    "alert forward",
    role=Role.OFFICIAL,
    summary=_("Send files of an alert to the other rooms that may see it, or to those of some countries"),
    examples=["alert forward A-2026-0001 F1", "alert forward A-2026-0001 all to=NL,BE"],
)
async def forward(args: Forward, context: Context) -> Doc:
    """Send files on as they lie on the homeserver, to those who hear of the alert as it is marked now; to each once."""
    about, numbers = _meant(args, context)
    alert = await find(about, context)
    _check(alert, context)
    chosen = await _chosen(alert, numbers, context)
    targets = await _targets(alert, args.to, context)
    cards = {(card.room_id, card.user_id): card for card in await Alerts(context.tx).cards(alert)}
    reached: list[Listener] = []
    for one in targets:
        card = cards.get((one.room, one.person))
        if card is not None and await _send(alert, chosen, one, card, context):
            reached.append(one)
    named = joined(Text(file.label) for file in chosen)
    if not reached:
        words = _("Nothing to send: everybody who hears of alert {number} there has {files} already.",
                  number=alert.number, files=named)  # fmt: skip
        return marked(alert, doc(words))
    countries = sorted({country for one in reached for country in one.countries})
    alert.record(What.FORWARDED, context.member, context.now,
                 details={"files": [file.number for file in chosen], "to": countries})  # fmt: skip
    words = _("{files} of alert {number}: on the way to {places}.", files=named, number=alert.number,
              places=_places(reached))  # fmt: skip
    return marked(alert, doc(words))


def _meant(args: Forward, context: Context) -> tuple[Ref, tuple[int, ...]]:
    """Tell the number of a file from that of an alert: "forward F1", and in a thread also "forward 1"."""
    number = args.about.number
    here = context.subject if context.subject is not None and context.subject.kind == KIND else None
    if number is None:
        return args.about, args.files
    name = _NAME.fullmatch(number)
    if name is None and here is not None and not args.files and number.isdecimal() and len(number) < 4:
        return Ref(id=here.id), (int(number),)
    if name is None:
        return args.about, args.files
    if here is None:
        example = Code(f"{context.prefix}alert forward A-{context.now.year}-0001 {number}")
        raise Refusal(_("Of which alert? Write its number first: {example}", example=example))
    return Ref(id=here.id), (int(name[1]), *args.files)


def _check(alert: Alert, context: Context) -> None:
    if not is_concerned(alert, context.member):
        words = _("Files of alert {number} are sent on by the countries concerned and the coordinators.",
                  number=alert.number)  # fmt: skip
        raise refusal(alert, words)
    if alert.is_draft:
        raise not_possible(NotPossible(Why.NOT_SENT), alert, context)
    if alert.purged_at is not None:
        words = _(
            "What may name persons in alert {number} was deleted when its time was over, and with it what opens its "
            "files.",
            number=alert.number,
        )
        raise refusal(alert, words)
    if alert.state in _NOT_FORWARDED:
        raise not_possible(NotPossible(Why.ENDED), alert, context)


async def _chosen(alert: Alert, numbers: Sequence[int], context: Context) -> Sequence[AlertAttachment]:
    """Return the files that are meant, all without numbers. Raises Refusal."""
    found = {one.number: one for one in await AlertAttachments(context.tx).of(alert)}
    if not numbers:
        numbers = [one.number for one in found.values() if one.is_kept and one.number is not None]
    if not numbers:
        raise refusal(alert, _("No file that could be sent on belongs to alert {number}.", number=alert.number))
    chosen = []
    for number in dict.fromkeys(numbers):
        one = found.get(number)
        if one is None:
            words = _("Alert {number} has no file {file}. Look with {files}.", number=alert.number, file=f"F{number}",
                      files=Code(f"{context.prefix}alert files {alert.number}"))  # fmt: skip
            raise refusal(alert, words)
        if not one.is_kept:
            words = _("{file} of alert {number} was taken back, so I do not send it on.", number=alert.number,
                      file=Text(one.label))  # fmt: skip
            raise refusal(alert, words)
        chosen.append(one)
    return chosen


async def _targets(alert: Alert, to: Sequence[CountryCode], context: Context) -> Sequence[Listener]:
    """Return those who hear of the alert as it is marked now, of some countries or all. Raises Refusal."""
    entitled = await listeners(context.tx, alert)
    for country in to:
        if not any(country in one.countries for one in entitled):
            words = _("{country} has nobody who may see alert {number} under TLP:{tlp}, so I send nothing there.",
                      country=CountryName(country), number=alert.number, tlp=alert.tlp.value)  # fmt: skip
            raise refusal(alert, words)
    return [one for one in entitled if not to or not one.countries.isdisjoint(to)]


async def _send(
    alert: Alert, chosen: Sequence[AlertAttachment], one: Listener, card: AlertCard, context: Context
) -> bool:
    """Send to one room or person what it does not have; say whether that was anything."""
    is_sent = False
    attachments = AlertAttachments(context.tx)
    for file in chosen:
        if _has(file, one) or any(
            (copy.room_id, copy.user_id) == (one.room, one.person) for copy in await attachments.copies(file)
        ):
            continue
        row = await context.post(
            Post(
                doc=marked(alert, doc(_caption(alert, file))),
                forward=file.file,
                file_name=file.name,
                room=one.room,
                person=one.person,
                thread_row=card.row_id,
                subject=subject_of(alert),
                part=LINE,
                origin=context.member.user_id,
            )
        )
        attachments.add_copy(file, row.id, room=one.room, person=one.person, by=context.member.user_id, at=context.now)
        is_sent = True
    return is_sent


def _has(file: AlertAttachment, one: Listener) -> bool:
    """Whether a file was sent to the alert in this very room or by this very person."""
    return (one.room is not None and one.room == file.room_id) or one.person == file.sent_by


def _caption(alert: Alert, file: AlertAttachment) -> Message:
    return _(
        "{file} of alert {number}, TLP:{tlp}: {type}, {size}, from {by}, SHA-256 {hash}",
        file=Text(file.label), number=alert.number, tlp=alert.tlp.value, type=type_of_file(file.file.content_type),
        size=size_words(file.file.size_bytes), by=who(file.sent_authority, file.sent_country),
        hash=Code(file.short_hash),
    )  # fmt: skip


def _places(reached: Sequence[Listener]) -> Inline:
    """Name countries and kinds of rooms; who the persons are is not said."""
    named: list[Inline] = [
        CountryName(country) for country in sorted({c for one in reached if one.room for c in one.countries})
    ]
    for kind, words in (
        (BindingKind.COORDINATION, _("the coordinators")),
        (BindingKind.NETWORK, _("the whole network")),
        (BindingKind.REGION, _("a region")),
    ):
        if any(one.is_bound_to(kind) for one in reached):
            named.append(words)
    persons = sum(one.person is not None for one in reached)
    if persons:
        named.append(_n("{count} person", "{count} persons", persons))
    return joined(named)
