"""What those are told of whom something is wanted: to acknowledge, to answer, to verify."""

from collections.abc import Sequence
from typing import assert_never
from zoneinfo import ZoneInfo

from commands.alerts.showing.lines import sentence
from commands.document import Code, CountryName, Doc, Inline, Mention, Message, Quote, Strong, Text, _, doc, joined
from storage.alerts import Alert, HistoryLine, RequestStep, Step, What
from storage.ids import CountryCode
from storage.members import Member


def person_words(member: Member | None, shown: str) -> Inline:
    return Mention(member.user_id, member.name) if member is not None else Text(shown)


def directly(alert: Alert, line: HistoryLine, member: Member, prefix: str) -> Doc:
    """Say to one person in the direct chat what a line of the history wants of several."""
    person = person_words(member, member.name)
    if line.what is What.VERIFICATION_DUE:
        return to_verify_before(alert, prefix) if alert.is_draft else to_verify(alert, [person], prefix)
    assert line.country is not None
    if line.what is What.REMINDED:
        return to_acknowledge(alert, line.country, Step(line.details["step"]), [person], prefix)
    if line.what is What.REQUESTED:
        return asked(alert, line, ZoneInfo(member.zone)) + doc(how_to_answer(alert, line, prefix))
    return still_to_answer(alert, line, [person], prefix)


def to_acknowledge(alert: Alert, country: CountryCode, step: Step, people: Sequence[Inline], prefix: str) -> Doc:
    name, number = CountryName(country), alert.number
    ack = Code(f"{prefix}alert ack {number}")
    match step:
        case Step.ROOM:
            return doc(
                _(
                    "Reminder: {country} has not acknowledged alert {number} yet. If you deal with it, type {ack}.",
                    country=name, number=number, ack=ack,
                )
            )  # fmt: skip
        case Step.ON_DUTY:
            return doc(
                _("{people}: {country} has still not acknowledged alert {number}. Please look at it and type {ack}.",
                  people=joined(people), country=name, number=number, ack=ack)
            )  # fmt: skip
        case Step.COORDINATORS:
            return doc(
                _("{country} has still not acknowledged alert {number}, so I call for help. Still possible: {ack}",
                  country=name, number=number, ack=ack)
            )  # fmt: skip
        case _:
            assert_never(step)


def asked(alert: Alert, line: HistoryLine, zone: ZoneInfo) -> Doc:
    """Say what a country is asked."""
    return doc(Strong(sentence(line, alert.number, zone)), Quote(line.text))


def still_to_answer(alert: Alert, line: HistoryLine, people: Sequence[Inline], prefix: str) -> Doc:
    """Remind a country of what it was asked; `people` are those who are called for it."""
    assert line.country is not None
    places: dict[str, Inline | str] = {
        "country": CountryName(line.country),
        "request": Strong(Code(f"R{line.details['request']}")),
        "number": alert.number,
    }
    if RequestStep(line.details["step"]) is RequestStep.COMING:
        words: Message = _("Reminder: {country} is to answer {request} on alert {number} soon.", **places)
    elif people:
        words = _(
            "{people}: {country} has not answered {request} on alert {number}, and the time is over.",
            **places, people=joined(people),
        )  # fmt: skip
    else:
        words = _("{country} has not answered {request} on alert {number}, and the time is over.", **places)
    return doc(words, how_to_answer(alert, line, prefix))


def how_to_answer(alert: Alert, line: HistoryLine, prefix: str) -> Message:
    name = f"R{line.details['request']}"
    return _(
        "Answer in this thread with {answer}, or anywhere with {anywhere}.",
        answer=Code(f"{prefix}answer {name} ..."), anywhere=Code(f"{prefix}answer {alert.number} {name} ..."),
    )  # fmt: skip


def to_verify(alert: Alert, people: Sequence[Inline], prefix: str) -> Doc:
    """Ask for a second look at what was sent without one."""
    return doc(
        _("{people}: alert {number} was sent before a second pair of eyes had looked at it, and nobody has since. "
          "If it is right, type {verify}.",
          people=joined(people), number=alert.number, verify=Code(f"{prefix}alert verify {alert.number}"))
    )  # fmt: skip


def to_verify_before(alert: Alert, prefix: str) -> Doc:
    """Remind of what waits for a second look before it is sent."""
    verify = Code(f"{prefix}alert verify {alert.number}")
    back = Code(f"{prefix}alert return {alert.number} <reason>")
    return doc(
        _("Alert {number} still waits for a second pair of eyes, and is sent to nobody before. {verify} or {back}.",
          number=alert.number, verify=verify, back=back)
    )  # fmt: skip
