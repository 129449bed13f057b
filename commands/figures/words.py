"""Figures as sentences."""

from collections.abc import Mapping
from datetime import timedelta
from decimal import Decimal

from commands.document import Code, CountryName, Doc, Inline, Message, Text, Words, _, _n, doc, fields, joined
from commands.figures.counting import Amount, Figures, Measured
from commands.figures.period import TimeSpan
from storage.alerts import Ground, Outcome
from storage.ids import CountryCode


def heading(span: TimeSpan, country: CountryCode | None) -> Message:
    """Say what the figures are of."""
    days = {"first": Text(span.first.isoformat()), "last": Text(span.last.isoformat())}
    if country is None:
        return _("Alerts sent from {first} to {last}, as far as you may see them here", **days)
    return _(
        "Alerts of or for {country} sent from {first} to {last}, as far as you may see them here",
        country=CountryName(country), **days,
    )  # fmt: skip


def figures_words(figures: Figures) -> Doc:
    """Put figures into words, one line for each."""
    rows: list[tuple[Words, Words]] = [(_("Raised"), _raised(figures))]
    if figures.asked:
        rows.append((_("Acknowledged"), _acknowledged(figures)))
    rows.append((_("Found"), _found(figures)))
    looked_into = figures.confirmed + figures.cleared
    if looked_into:
        share = round(100 * figures.confirmed / looked_into)
        rows.append((_("Infringements"), _n("{share} % of {count} that was confirmed or cleared",
                                            "{share} % of {count} that were confirmed or cleared",
                                            looked_into, share=share)))  # fmt: skip
    rows.append((_("Outcomes"), _outcomes(figures.outcomes)))
    if figures.sources:
        rows.append((_("By source, A to X (of them confirmed)"), _sources(figures)))
    rows.append((_("Quantity"), _amount(figures.all_amounts)))
    if figures.confirmed:
        rows.append((_("Of the confirmed ones"), _amount(figures.confirmed_amounts)))
    for step, taken in figures.medians.items():
        rows.append((_median_name(step), lasting(taken)))
    rows.append((_("Feedback owed"), _owed(figures)))
    return doc(fields(rows))


def _raised(figures: Figures) -> Inline:
    shown: list[Inline] = [
        _n("{count} alert ({open} still open)", "{count} alerts ({open} still open)", figures.raised, open=figures.open)
    ]
    if figures.withdrawn:
        shown.append(_n("{count} more withdrawn", "{count} more withdrawn", figures.withdrawn))
    if figures.merged:
        shown.append(_n("{count} more merged into others", "{count} more merged into others", figures.merged))
    return joined(shown)


def _acknowledged(figures: Figures) -> Message:
    return _n(
        "{done} of {count} country asked, {in_time} before it was reminded",
        "{done} of {count} countries asked, {in_time} before they were reminded",
        figures.asked,
        done=figures.acknowledged,
        in_time=figures.in_time,
    )


def _found(figures: Figures) -> Inline:
    shown: list[Inline] = [_confirmed(figures), _n("{count} cleared", "{count} cleared", figures.cleared)]
    shown.append(_n("{count} not located", "{count} not located", figures.not_located))
    return joined(shown)


def _confirmed(figures: Figures) -> Message:
    if not figures.grounds:
        return _n("{count} confirmed as illegal", "{count} confirmed as illegal", figures.confirmed)
    grounds = joined(
        _("{ground}: {times}", ground=Code(ground.value), times=figures.grounds[ground])
        for ground in Ground
        if ground in figures.grounds
    )
    return _n(
        "{count} confirmed as illegal (by ground of Article 9(1): {grounds})",
        "{count} confirmed as illegal (by ground of Article 9(1): {grounds})",
        figures.confirmed,
        grounds=grounds,
    )


def _sources(figures: Figures) -> Inline:
    return joined(
        _("{source}: {times} ({confirmed})", source=Code(source.value), times=times, confirmed=confirmed)
        for source, (times, confirmed) in figures.sources.items()
    )


def _outcomes(outcomes: Mapping[Outcome, int]) -> Inline:
    if not outcomes:
        return _("none yet")
    return joined(
        _("{outcome}: {times}", outcome=outcome_name(outcome), times=outcomes[outcome])
        for outcome in Outcome
        if outcome in outcomes
    )


def outcome_name(outcome: Outcome) -> Message:
    names = {
        Outcome.RETURNED: _("returned"),
        Outcome.TREATED: _("treated in the country of detection"),
        Outcome.CLEARED: _("cleared"),
        Outcome.NOT_LOCATED: _("not located"),
        Outcome.PROSECUTED: _("prosecuted"),
        Outcome.OTHER: _("other"),
    }
    return names[outcome]


def _amount(amount: Amount) -> Inline:
    tonnes = _("{tonnes} t", tonnes=_number(amount.tonnes))
    if not amount.pieces:
        return tonnes
    return joined([tonnes, _("{pieces} pieces that were not weighed", pieces=_number(amount.pieces))])


def _number(value: Decimal) -> str:
    return f"{value.quantize(Decimal('0.1')):f}".removesuffix(".0") if value < 10**9 else f"{value:f}"


def _median_name(step: Measured) -> Message:
    names = {
        Measured.ACKNOWLEDGED: _("Median time to the acknowledgement of a country"),
        Measured.CONTROLLED: _("Median time to the control"),
        Measured.FOUND: _("Median time to the finding"),
        Measured.INFORMED: _("Median time to informing the State of export"),
        Measured.CLOSED: _("Median time to the end"),
    }
    return names[step]


def lasting(length: timedelta) -> Message:
    """Say how long something took, to two units at most."""
    minutes = round(length.total_seconds() / 60)
    if minutes < 1:
        return _("less than a minute")
    hours, rest = divmod(minutes, 60)
    if hours == 0:
        return _n("{count} minute", "{count} minutes", minutes)
    if hours < 48:
        return _("{hours} h {minutes} min", hours=hours, minutes=rest)
    return _n("{count} day", "{count} days", round(hours / 24))


def _owed(figures: Figures) -> Inline:
    if not figures.owed_answers and not figures.owed_acknowledgements:
        return _("nothing")
    shown: list[Inline] = []
    if figures.owed_acknowledgements:
        shown.append(
            _n("{count} acknowledgement ({overdue} overdue)", "{count} acknowledgements ({overdue} overdue)",
               figures.owed_acknowledgements, overdue=figures.overdue_acknowledgements)
        )  # fmt: skip
    if figures.owed_answers:
        shown.append(
            _n("{count} answer to a request ({overdue} overdue)", "{count} answers to requests ({overdue} overdue)",
               figures.owed_answers, overdue=figures.overdue_answers)
        )  # fmt: skip
    return joined(shown)
