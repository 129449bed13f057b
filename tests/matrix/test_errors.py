"""Answers of the homeserver become exceptions, and failures become pauses."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import pytest

from bot.matrix.backoff import Backoff
from bot.matrix.errors import (
    AuthenticationNeeded,
    TokenRejected,
    failure,
)
from bot.matrix.interface import (
    LoggedOut,
    MatrixError,
    Rejected,
    Throttled,
    Unavailable,
)

NOW = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "body", "pause"),
    [
        ({"Retry-After": "7"}, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 99}, timedelta(seconds=7)),
        ({"Retry-After": "Mon, 01 Jun 2026 12:00:30 GMT"}, None, timedelta(seconds=30)),
        ({"Retry-After": "Mon, 01 Jun 2026 11:00:00 GMT"}, None, timedelta(0)),
        ({"Retry-After": "soon"}, {"retry_after_ms": 1500}, timedelta(milliseconds=1500)),
        ({}, {"errcode": "M_LIMIT_EXCEEDED", "retry_after_ms": 250}, timedelta(milliseconds=250)),
        ({}, {"retry_after_ms": True}, None),
        ({}, None, None),
    ],
)
def test_429_says_how_long_to_wait(headers: Mapping[str, str], body: object, pause: timedelta | None) -> None:
    error = failure(429, headers, body, NOW)
    assert isinstance(error, Throttled)
    assert error.retry_after == pause


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        (500, {"errcode": "M_UNKNOWN_TOKEN", "error": "a JSON 500 that must not log us out"}, Unavailable),
        (502, None, Unavailable),
        (504, "<html>", Unavailable),
        (408, None, Unavailable),
        (302, None, Unavailable),
        (401, {"errcode": "M_UNKNOWN_TOKEN"}, LoggedOut),
        (401, {"errcode": "M_MISSING_TOKEN"}, LoggedOut),
        (401, {"errcode": "M_UNAUTHORIZED"}, Rejected),
        (403, {"errcode": "M_FORBIDDEN", "error": "no"}, Rejected),
        (404, None, Rejected),
        (400, {"errcode": "M_LIMIT_EXCEEDED"}, Throttled),
    ],
)
def test_each_status_has_its_exception(status: int, body: object, kind: type[MatrixError]) -> None:
    assert type(failure(status, {}, body, NOW)).__mro__[:2] in {
        (kind, kind.__mro__[1]),
        (TokenRejected, kind),
    }


def test_a_rejected_token_says_whether_the_device_lives_on() -> None:
    soft = failure(401, {}, {"errcode": "M_UNKNOWN_TOKEN", "soft_logout": True}, NOW)
    hard = failure(401, {}, {"errcode": "M_UNKNOWN_TOKEN"}, NOW)
    assert isinstance(soft, TokenRejected)
    assert isinstance(hard, TokenRejected)
    assert (soft.soft, hard.soft) == (True, False)


def test_a_request_for_proof_brings_its_session() -> None:
    error = failure(401, {}, {"flows": [{"stages": ["m.login.password"]}], "session": "s1"}, NOW)
    assert isinstance(error, AuthenticationNeeded)
    assert (error.session, error.flows) == ("s1", [["m.login.password"]])


async def test_pauses_grow_to_a_minute_and_honour_the_server() -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    backoff = Backoff(sleep, lambda: 1.0)
    for _ in range(8):
        await backoff.pause(Unavailable("down"))
    assert slept == [1, 2, 4, 8, 16, 32, 60, 60]
    await backoff.pause(Throttled(timedelta(seconds=90)))
    assert slept[-1] == 90
    backoff.reset()
    await Backoff(sleep, lambda: 0.0).pause(Unavailable("down"))
    await backoff.pause(Unavailable("down"))
    assert slept[-2:] == [1, 1]
