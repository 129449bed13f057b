"""Counting an alert no more where it may no longer be seen: when its marking becomes stricter, or it is withdrawn.

Messages that name it are taken back at once, by `retract_elsewhere`. Cards only count it, and drafts are written anew:
that follows by a clock, however many others name the same and wherever their cards stand.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from commands.alerts.audience import Listener, may_see, owner_of
from commands.alerts.circulating.circulation import renew_cards
from commands.alerts.circulating.drafts import DIRECT, refresh_draft
from commands.alerts.circulating.matched import named_doc, to_owner
from commands.alerts.declaration import capability
from commands.alerts.matching import Match
from commands.alerts.showing.composing import listener_may_see
from commands.alerts.showing.words import marked
from commands.base import Context, Priority
from storage.alerts import Alert, AlertMatches, Alerts, Tlp, marks_of
from storage.ids import CountryCode, UserId
from storage.outbox import Outbox
from storage.timers import Timer

MENTIONS = "alert.mentions"

_OTHERS, _CARDS, _A_DRAFT = 4, 6, 4
"""Other alerts that are looked at in one transaction, and cards that are brought up to date; a draft counts as four."""


@dataclass(frozen=True, slots=True)
class _AsItWas:
    """What decided before who might see an alert."""

    tlp: Tlp
    author: UserId
    author_country: CountryCode | None
    countries: frozenset[CountryCode]
    named: frozenset[UserId]
    was_circulated: bool = True


async def withdraw_mention(alert: Alert, context: Context, *, before: Tlp | None = None) -> None:
    """Let an alert be counted no more on the cards and in the drafts of others, where it may no longer be seen.

    `before` is the marking that it had; without one it was withdrawn, and goes wherever it was counted.
    """
    payload = {
        "before": before.value if before is not None else None,
        "tlp": (before or alert.tlp).value,
        "countries": sorted(alert.countries),
        "named": sorted(alert.named),
        "other": 0,
        "card": 0,
    }
    subject = f"alert:{alert.id}:mentions:{payload['before'] or 'withdrawn'}"
    await context.timers().schedule(MENTIONS, subject, context.now, payload)


@capability.timer(MENTIONS)
async def go_on(timer: Timer, context: Context) -> None:
    """Bring the next cards and drafts up to date that counted the alert, as it stands now."""
    alert = await Alerts(context.tx).get(int(timer.subject.split(":")[1]))
    if alert is None:
        return
    before, was = timer.payload["before"], _as_it_was(alert, timer.payload)

    async def showed(one: Listener) -> bool:
        could = await listener_may_see(was, one, context)
        return could and (before is None or not await listener_may_see(alert, one, context))

    left, card = _CARDS, int(timer.payload["card"])
    pairs = await AlertMatches(context.tx).known_of(alert, since=int(timer.payload["other"]), limit=_OTHERS + 1)
    others = await Alerts(context.tx).several([pair.alert_id for pair in pairs])
    for place, pair in enumerate(pairs):
        if left <= 0 or place == _OTHERS:
            await _later(timer, pair.alert_id, 0, context)
            return
        of = others[pair.alert_id]
        if of.is_draft:
            await refresh_draft(of, context)
            left -= _A_DRAFT
        else:
            renewed = await renew_cards(of, showed, context, priority=Priority.ALERT, at_most=left, after=card)
            left -= renewed.count
            if renewed.goes_on_after is not None:
                await _later(timer, pair.alert_id, renewed.goes_on_after, context)
                return
        card = 0
        if pair.row_id is not None and before is not None:
            await _say_rest(of, pair.row_id, context)


def _as_it_was(alert: Alert, payload: Mapping[str, Any]) -> _AsItWas:
    countries = frozenset(map(CountryCode, payload["countries"]))
    named = frozenset(map(UserId, payload["named"]))
    return _AsItWas(Tlp(payload["tlp"]), alert.author, alert.author_country, countries, named)


async def _later(timer: Timer, other: int, card: int, context: Context) -> None:
    """Go on with this other alert, after a card of its own; cards by their rows in the outbox."""
    payload = {**timer.payload, "other": other, "card": card}
    await context.timers().schedule(MENTIONS, timer.subject, context.now, payload)


async def _say_rest(of: Alert, row_id: int, context: Context) -> None:
    """Say anew what an owner may still see of a message that was taken back because it named one alert too many."""
    row = await Outbox(context.tx).get(row_id)
    owner = await owner_of(of, context.tx)
    if row is None or row.emptied_at is None or owner is None:
        return
    pairs = await AlertMatches(context.tx).told_in(row_id, of)
    others = await Alerts(context.tx).several([pair.other_id for pair in pairs])
    own = marks_of(of.current_facts)
    left = [
        Match(other, [mark for mark in own if mark in marks_of(other.current_facts)])
        for other in others.values()
        if may_see(other, owner, DIRECT)
    ]
    matches = [match for match in left if match.marks]
    told = {match.other.id for match in matches}
    words = marked(of, named_doc(of, matches, context.prefix))
    again = await context.post(to_owner(owner, of, words)) if told else None
    for pair in pairs:  # without a message it is named anew once it may be shown again
        pair.row_id = again.id if again is not None and pair.other_id in told else None
