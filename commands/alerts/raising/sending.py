"""Sending a draft, and the report on what was delivered: each room, edited as its delivery becomes known."""

from collections.abc import Sequence
from typing import Annotated
from zoneinfo import ZoneInfo

from commands.alerts.audience import listeners, unreached
from commands.alerts.circulating.circulation import DELIVERY, names_of, zone_of_author
from commands.alerts.circulating.retracting import may_stay
from commands.alerts.circulating.told import take_back_told
from commands.alerts.declaration import KIND, REPORT, AlertSettings, capability, subject_of
from commands.alerts.events import AlertChanged
from commands.alerts.finding import check_author, find_draft, possible_or_refused
from commands.alerts.raising.submitting import ask_for_verification
from commands.alerts.second_pair import second_pair
from commands.alerts.showing.cards import unreached_words
from commands.alerts.showing.words import marked, refusal
from commands.arguments import About, Ref
from commands.base import Args, Context, Post, Role, Subject
from commands.document import Code, Doc, Message, Moment, Strong, Text, _, bullets, doc
from commands.network import failure_words
from storage.alerts import Alert, Alerts, AlertState, Tlp, Urgency
from storage.ids import UserId
from storage.outbox import Failure, Outbox, OutboxRow, RowState


class Send(Args):
    about: Annotated[Ref | None, About(KIND, ask=_("Which alert?"))] = None


@capability.command(
    "alert send",
    role=Role.OFFICIAL,
    summary=_("Send your draft to the countries concerned"),
    examples=["alert send", "alert send A-2026-0001"],
)
async def send(args: Send, context: Context) -> Doc | None:
    """Circulate a draft; the answer names each room and is edited as each delivery becomes known."""
    alert = await find_draft(args.about, context, "alert send")
    check_author(alert, context)
    if alert.is_draft and await _verification_comes_first(alert, context):
        return await ask_for_verification(alert, context)
    if alert.is_draft and not await listeners(context.tx, alert):
        raise refusal(alert, _nobody(alert, context.prefix))
    await circulate(alert, context)
    return None


async def _verification_comes_first(alert: Alert, context: Context) -> bool:
    """Whether a second pair of eyes has to look first: only of what is routine, and only where there is one."""
    if not context.settings(AlertSettings).verify_first or alert.urgency is not Urgency.ROUTINE:
        return False
    if alert.verified_at is not None or not await second_pair(alert, context):
        return False
    if alert.state is AlertState.SUBMITTED:
        words = _(
            "Alert {number} waits for a second pair of eyes. If it is urgent: {urgent}, then send it.",
            number=alert.number, urgent=Code(f"{context.prefix}alert set {alert.number} urgency=urgent"),
        )  # fmt: skip
        raise refusal(alert, words)
    return True


def _nobody(alert: Alert, prefix: str) -> Message:
    if alert.tlp is Tlp.RED:
        person = Code(f"{prefix}alert set {alert.number} person=@name:server")
        return _("Under TLP:RED only persons you name are told. Name one first: {person}", person=person)
    tell = Code(f"{prefix}alert set {alert.number} tell=GH,NL")
    return _("Nobody would be told of alert {number}: no country concerned has a room that may hear of it. "
             "Add one first: {tell}", number=alert.number, tell=tell)  # fmt: skip


async def circulate(alert: Alert, context: Context, *, report_to: UserId | None = None) -> None:
    """Send an alert and say how its delivery goes: where the command came from, or to a person directly."""
    with possible_or_refused(alert, context):
        line = alert.circulate(by=context.member, at=context.now)
    await context.emit(AlertChanged(alert, line))
    here = report_to is None
    await context.post(
        Post(
            doc=marked(alert, await _report(alert, context)),
            room=context.room.id if here else None,
            person=report_to,
            thread_root=context.thread_root if here else None,
            reply_to=context.source if here and not context.thread_root else None,
            subject=subject_of(alert),
            part=REPORT,
            origin=report_to or context.member.user_id,
        )
    )


@capability.deliveries(DELIVERY)
async def delivered(rows: Sequence[OutboxRow], context: Context) -> None:
    """Bring the reports up to date when cards were delivered or given up."""
    for subject in dict.fromkeys(row.subject for row in rows):
        assert subject is not None
        alert = await Alerts(context.tx).get(Subject.parse(subject).id)
        assert alert is not None
        await take_back_told(alert, [row for row in rows if row.subject == subject], context)
        await _bring_up_to_date(alert, context)


async def _bring_up_to_date(alert: Alert, context: Context) -> None:
    for report in await Outbox(context.tx).about(str(subject_of(alert)), REPORT):
        if await may_stay(alert, report, context):
            await context.post(
                Post(
                    doc=marked(alert, await _report(alert, context)),
                    room=report.room_id,
                    person=report.user_id if report.room_id is None else None,
                    subject=subject_of(alert),
                    part=REPORT,
                    replaces=report.id,
                    origin=alert.author,
                )
            )


async def _report(alert: Alert, context: Context) -> Doc:
    zone = await zone_of_author(alert, context)
    found = await listeners(context.tx, alert)
    names = await names_of(found, context)
    lines: list[Message] = []
    delivered_to = 0
    cards = await Alerts(context.tx).cards(alert)
    rows = await Outbox(context.tx).several([existing.row_id for existing in cards])
    for existing in cards:
        row = rows[existing.row_id]
        key = existing.room_id or existing.user_id or ""
        lines.append(_delivery_words(row, Text(names.get(key, key)), zone))
        delivered_to += row.state is RowState.SENT
    shown = {(existing.room_id, existing.user_id) for existing in cards}
    coming = [one for one in found if (one.room, one.person) not in shown] if alert.is_open else []
    for one in coming:  # its card follows by a clock
        key = one.room or one.person or ""
        lines.append(_("⏳ {name}: on its way", name=Text(names.get(key, key))))
    heading = _(
        "Alert {number} is sent: delivered to {done} of {all}.", number=alert.number, done=delivered_to, all=len(lines)
    )
    missed = [Strong(unreached_words(alert, country)) for country in unreached(alert, found)]
    return doc(Strong(heading), bullets(lines), *missed)


def _delivery_words(row: OutboxRow, name: Text, zone: ZoneInfo) -> Message:
    if row.state is RowState.SENT and row.sent_at is not None:
        return _("✓ {name}: delivered, {when}", name=name, when=Moment(row.sent_at, zone))
    if row.state in {RowState.GIVEN_UP, RowState.DROPPED}:
        return _("✗ {name}: NOT delivered, {reason}", name=name, reason=failure_words(row.failure or Failure.REFUSED))
    if row.held_since is not None and row.user_id is not None:
        return _("⏳ {name}: waits until a coordinator confirms the changed security keys", name=name)
    if row.held_since is not None:
        return _("⏳ {name}: waits, because somebody who is on no roster is in the room", name=name)
    return _("⏳ {name}: on its way", name=name)
