"""What happened to an alert, one sentence for each line of its history."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from commands.alerts.facts import Slot
from commands.alerts.showing.file_words import size_words, type_of_file
from commands.alerts.showing.terms import COST_WORDS, FINDING_WORDS, GROUND_WORDS, OUTCOME_WORDS, SLOT_WORDS, TYPE_WORDS
from commands.alerts.showing.words import days_words, evaluation_words, who
from commands.document import Code, CountryName, Inline, Message, Moment, Text, _, joined
from storage.alerts import (
    AlertType,
    CostBearer,
    Finding,
    Ground,
    HistoryLine,
    Information,
    Outcome,
    RequestStep,
    Source,
    Step,
    What,
)
from storage.ids import CountryCode


def sentence(line: HistoryLine, number: str, zone: ZoneInfo, *, into: str | None = None) -> Message:
    """Say what a line of the history records, without the text that was written with it.

    `into` is the number of the alert that this one was merged into, where it may be told.
    """
    by = who(line.authority or "", line.actor_country)
    simple = _simple(line.what, by, number)
    if simple is not None:
        return simple
    if line.what is What.EVALUATED:
        return _evaluated(line.details, by, number)
    return _detailed(line, by, number, zone, into)


@lru_cache(maxsize=200)  # each room is told the same
def _simple(what: What, by: Inline, number: str) -> Message | None:
    """Return the sentence of what needs to know nothing else."""
    words = {
        What.DRAFTED: _("{by} drafted alert {number}.", by=by, number=number),
        What.SUBMITTED: _("{by} submitted alert {number} for verification.", by=by, number=number),
        What.SENT_BACK: _("{by} returned alert {number} to its author.", by=by, number=number),
        What.TAKEN_UP: _("{by} took up alert {number} again.", by=by, number=number),
        What.VERIFIED: _("{by} verified alert {number}.", by=by, number=number),
        What.CORRECTED: _("{by} corrected alert {number}.", by=by, number=number),
        What.PERSON_NAMED: _("{by} named a person in alert {number}.", by=by, number=number),
        What.PERSON_REMOVED: _("{by} removed a person from alert {number}.", by=by, number=number),
        What.PURGED: _(
            "The names of persons in alert {number}, and the texts that may hold some, were deleted.", number=number
        ),
        What.CIRCULATED: _("{by} sent alert {number}.", by=by, number=number),
        What.ACKNOWLEDGED: _("{by} has acknowledged alert {number}.", by=by, number=number),
        What.NOTED: _("{by} notes on alert {number}:", by=by, number=number),
        What.HELD: _("{by} holds the shipment of alert {number}.", by=by, number=number),
        What.INSPECTED: _("{by} inspects the shipment of alert {number}.", by=by, number=number),
        What.TAKE_BACK_AGREED: _("{by}: the take-back is agreed, alert {number}.", by=by, number=number),
        What.SHIPPED: _("{by}: the shipment of alert {number} is on its way back.", by=by, number=number),
        What.RECEIVED: _("{by}: the shipment of alert {number} is back in the State of export.", by=by, number=number),
        What.TREATED: _("{by}: the shipment of alert {number} is treated where it is.", by=by, number=number),
        What.DISPUTED: _("{by}: the States disagree about alert {number}.", by=by, number=number),
        What.REOPENED: _("{by} reopened alert {number}.", by=by, number=number),
        What.HANDED_OVER: _("{by}: another official looks after alert {number} from now on.", by=by, number=number),
        What.WITHDRAWN: _("{by} withdrew alert {number}. Do not act on it.", by=by, number=number),
    }
    return words.get(what)


def _detailed(line: HistoryLine, by: Inline, number: str, zone: ZoneInfo, into: str | None) -> Message:
    details = line.details
    match line.what:
        case What.MARKED:
            return _(
                "{by} changed the marking of alert {number} from TLP:{before} to TLP:{tlp}.",
                by=by, number=number, before=str(details["from"]), tlp=str(details["to"]),
            )  # fmt: skip
        case What.CLASSIFIED:
            type_ = TYPE_WORDS[AlertType(details["to"])]
            return _("{by} made alert {number} this: {type}.", by=by, number=number, type=type_)
        case What.VERIFICATION_DUE:
            return _("Alert {number} has not been verified in time.", number=number)
        case What.FOUND:
            return _found(details, by, number)
        case What.CLOSED:
            return _closed(details, by, number)
        case What.MERGED:
            other = Text(into) if into is not None else _("another alert")
            return _("{by} merged alert {number} into {other}. Go on there.", by=by, number=number, other=other)
        case What.INFORMED | What.EXTENDED | What.TAKE_BACK_DUE:
            return _take_back(line, by, number, zone)
        case _:
            is_file = line.what in {What.ATTACHED, What.FORWARDED, What.TAKEN_BACK}
            return _file(line, by, number) if is_file else _asked(line, by, number, zone)


def _evaluated(details: Mapping[str, Any], by: Inline, number: str) -> Message:
    source, information = details["to"]
    said = evaluation_words(
        Source(source) if source is not None else None, Information(information) if information is not None else None
    )
    return _("{by} evaluated alert {number}: {evaluation}.", by=by, number=number, evaluation=said)


def _take_back(line: HistoryLine, by: Inline, number: str, zone: ZoneInfo) -> Message:
    details = line.details
    if line.what is What.INFORMED:
        return _(
            "{by} informed the State of export on {when}: alert {number} is to be taken back by {deadline}.",
            by=by, number=number, when=_moment(details["informed_at"], zone), deadline=_moment(details["by"], zone),
        )  # fmt: skip
    if line.what is What.EXTENDED:
        return _(
            "{by} agreed with {country}: the take-back of alert {number} is to be done by {deadline}.",
            by=by, country=CountryName(CountryCode(details["with"])), number=number,
            deadline=_moment(details["to"], zone),
        )  # fmt: skip
    return _("Take-back of alert {number}: {days}.", number=number, days=days_words(int(details["days"])))


def _file(line: HistoryLine, by: Inline, number: str) -> Message:
    details = line.details
    file = Text(f"F{details.get('file')}")
    if line.what is What.ATTACHED:
        digits = str(details["sha256"])[:16]
        return _(
            "{by} added the file {file} to alert {number}: {type}, {size}, SHA-256 {hash}.",
            by=by, file=file, number=number, type=type_of_file(details["type"]), size=size_words(details["bytes"]),
            hash=Code(" ".join(digits[at : at + 4] for at in range(0, 16, 4))),
        )  # fmt: skip
    if line.what is What.FORWARDED:
        files = joined(Text(f"F{one}") for one in details["files"])
        return _("{by} sent on {files} of alert {number}.", by=by, files=files, number=number)
    if line.actor is None:
        return _("The file {file} of alert {number} was removed where it was sent.", file=file, number=number)
    return _("{by} took back the file {file} of alert {number}.", by=by, file=file, number=number)


def _asked(line: HistoryLine, by: Inline, number: str, zone: ZoneInfo) -> Message:
    """Return the sentence of a reminder, or of what belongs to a request or a proposal."""
    details = line.details
    country = CountryName(line.country or CountryCode(""))
    request = Text(f"R{details.get('request')}")
    proposal = Text(f"P{details.get('proposal')}")
    match line.what:
        case What.REMINDED:
            return _reminded(Step(details["step"]), country, number)
        case What.REQUESTED:
            return _(
                "{by} asks {country} about alert {number} ({request}), to be answered by {due}:",
                by=by, country=country, number=number, request=request, due=_moment(details["due"], zone),
            )  # fmt: skip
        case What.REQUEST_REMINDED:
            return _request_reminded(RequestStep(details["step"]), country, number, request)
        case What.ANSWERED:
            return _("{by} answers {request} on alert {number}:", by=by, request=request, number=number)
        case What.REQUEST_CLOSED:
            return _("{by} needs no answer to {request} on alert {number} any more.", by=by, request=request,
                     number=number)  # fmt: skip
        case What.PROPOSED:
            return _(
                "{by} proposes a correction of alert {number} ({proposal}): {changes}",
                by=by, number=number, proposal=proposal, changes=changes_words(details["changes"]),
            )  # fmt: skip
        case What.ACCEPTED:
            return _("{by} accepted the proposal {proposal} on alert {number}.", by=by, proposal=proposal,
                     number=number)  # fmt: skip
        case What.DECLINED:
            return _("{by} declined the proposal {proposal} on alert {number}.", by=by, proposal=proposal,
                     number=number)  # fmt: skip
        case _:
            raise AssertionError(line.what)


def _reminded(step: Step, country: CountryName, number: str) -> Message:
    words = {
        Step.ROOM: _("{country} has not acknowledged alert {number} and was reminded.", country=country, number=number),
        Step.ON_DUTY: _(
            "{country} has not acknowledged alert {number}; its contacts on duty were called.",
            country=country, number=number,
        ),
        Step.COORDINATORS: _(
            "{country} has not acknowledged alert {number}; help was called.", country=country, number=number
        ),
    }  # fmt: skip
    return words[step]


def _request_reminded(step: RequestStep, country: CountryName, number: str, request: Text) -> Message:
    places: dict[str, Inline | str] = {"country": country, "number": number, "request": request}
    words = {
        RequestStep.COMING: _("{country} was reminded to answer {request} on alert {number}.", **places),
        RequestStep.DUE: _("{country} has not answered {request} on alert {number} in time.", **places),
        RequestStep.COORDINATORS: _(
            "{country} still has not answered {request} on alert {number}; help was called.", **places
        ),
    }
    return words[step]


def _found(details: Mapping[str, Any], by: Inline, number: str) -> Message:
    finding = FINDING_WORDS[Finding(details["finding"])]
    if "ground" not in details:
        return _("{by} on alert {number}: {finding}.", by=by, number=number, finding=finding)
    ground = GROUND_WORDS[Ground(details["ground"])]
    return _("{by} on alert {number}: {finding}, {ground}.", by=by, number=number, finding=finding, ground=ground)


def _closed(details: Mapping[str, Any], by: Inline, number: str) -> Message:
    outcome = OUTCOME_WORDS[Outcome(details["outcome"])]
    more: list[Inline] = []
    if "cost" in details:
        more.append(_("cost borne by {cost}", cost=COST_WORDS[CostBearer(details["cost"])]))
    if "sanction" in details:
        more.append(_("sanction: {sanction}", sanction=Text(str(details["sanction"]))))
    if not more:
        return _("{by} closed alert {number}. Outcome: {outcome}.", by=by, number=number, outcome=outcome)
    return _(
        "{by} closed alert {number}. Outcome: {outcome}; {more}.",
        by=by, number=number, outcome=outcome, more=joined(more),
    )  # fmt: skip


def changes_words(changes: Mapping[str, Sequence[str]]) -> Inline:
    """Show what a proposal would set, as it was typed."""
    return joined(
        _("{name}: {value}", name=_name(key), value=Text(", ".join(values) or "none"))
        for key, values in changes.items()
    )


def _name(key: str) -> Message:
    return _("Countries to tell") if key == "tell" else SLOT_WORDS[Slot(key)]


def _moment(text: str, zone: ZoneInfo) -> Moment:
    return Moment(datetime.fromisoformat(text), zone)
