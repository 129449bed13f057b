"""Every way in which a homeserver, or something in front of it, may answer wrongly."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from bot.matrix.http import Http, path_of
from bot.matrix.interface import LoggedOut, MatrixError, Rejected, Throttled, Unavailable


class Odd:
    """A server whose answer is chosen by the path; `asked` counts the requests."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str | None]] = []

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.asked.append((request.path, request.headers.get("Authorization")))
        match request.path.strip("/"):
            case "fine":
                return web.json_response({"got": await request.json() if request.can_read_body else None})
            case "throttled":
                return web.json_response({"errcode": "M_LIMIT_EXCEEDED"}, status=429, headers={"Retry-After": "2"})
            case "html":
                return web.Response(text="<h1>Bad gateway</h1>", status=502, content_type="text/html")
            case "captive":
                return web.Response(text="<h1>Welcome to the hotel</h1>", content_type="text/html")
            case "json500":
                return web.json_response({"errcode": "M_UNKNOWN_TOKEN", "error": "?"}, status=500)
            case "logged-out":
                return web.json_response({"errcode": "M_UNKNOWN_TOKEN"}, status=401)
            case "moved":
                raise web.HTTPTemporaryRedirect("/fine")
            case "cut":
                assert request.transport is not None
                request.transport.abort()
                return web.Response()
            case "hangs":
                await asyncio.Event().wait()
        return web.json_response({"errcode": "M_NOT_FOUND", "error": "nothing here"}, status=404)


@pytest.fixture
async def odd() -> AsyncIterator[tuple[Odd, Http]]:
    odd, app = Odd(), web.Application()
    app.router.add_route("*", "/{path:.*}", odd.answer)
    async with TestServer(app) as server, Http(str(server.make_url("")), token="t0ken") as http:
        yield odd, http


@pytest.mark.parametrize(
    ("path", "error"),
    [
        ("/throttled", Throttled),
        ("/html", Unavailable),
        ("/captive", Unavailable),
        ("/json500", Unavailable),
        ("/logged-out", LoggedOut),
        ("/moved", Unavailable),
        ("/cut", Unavailable),
        ("/hangs", Unavailable),
        ("/nowhere", Rejected),
    ],
)
async def test_every_failure_is_one_exception_without_retries(
    odd: tuple[Odd, Http], path: str, error: type[MatrixError]
) -> None:
    server, http = odd
    with pytest.raises(error) as raised:
        await http.request("PUT", path, {}, deadline=timedelta(seconds=0.3))
    assert server.asked == [(path, "Bearer t0ken")]
    assert "t0ken" not in str(raised.value)


async def test_the_token_goes_nowhere_else(odd: tuple[Odd, Http]) -> None:
    """With time enough to ask once more, elsewhere."""
    server, http = odd
    with pytest.raises(Unavailable):
        await http.request("PUT", "/moved", {}, deadline=timedelta(seconds=10))
    assert [path for path, _ in server.asked] == ["/moved"]


async def test_an_answer_is_json(odd: tuple[Odd, Http]) -> None:
    _, http = odd
    assert await http.request("POST", "/fine", {"a": 1}) == {"got": {"a": 1}}
    assert await http.request("GET", "/fine") == {"got": None}


def test_ids_stay_one_part_of_the_path() -> None:
    assert path_of("rooms", "!a/b?c#d:e", "send") == "/_matrix/client/v3/rooms/%21a%2Fb%3Fc%23d%3Ae/send"


@pytest.mark.parametrize(("method", "times"), [("GET", 2), ("PUT", 2), ("POST", 1)])
async def test_what_the_http_library_repeats_by_itself_waits_its_turn(method: str, times: int) -> None:
    """It does so when a connection was cut, if the method allows it."""
    odd, app, paused = Odd(), web.Application(), list[tuple[int, float]]()
    app.router.add_route("*", "/{path:.*}", odd.answer)

    async def sleep(seconds: float) -> None:
        paused.append((len(odd.asked), seconds))

    async with TestServer(app) as server, Http(str(server.make_url("")), sleep=sleep) as http:
        with pytest.raises(Unavailable):
            await http.request(method, "/cut", {})
    assert len(odd.asked) == times
    assert [asked for asked, _ in paused] == list(range(1, times))
    assert all(0 < seconds <= 1 for _, seconds in paused)


@pytest.mark.parametrize("failing", ["/html", "/json500", "/cut", "/hangs"])
async def test_a_homeserver_that_keeps_failing_is_asked_once_a_second_whoever_asks(failing: str) -> None:
    odd, app, paused = Odd(), web.Application(), list[tuple[int, float]]()
    app.router.add_route("*", "/{path:.*}", odd.answer)

    async def sleep(seconds: float) -> None:
        paused.append((len(odd.asked), seconds))

    async def ask(http: Http, path: str) -> None:
        with pytest.raises(Unavailable):
            await http.request("POST", path, {}, deadline=timedelta(seconds=0.3))

    async with TestServer(app) as server, Http(str(server.make_url("")), sleep=sleep) as http:
        await http.request("POST", "/fine", {})
        await http.request("POST", "/fine", {})
        assert paused == []
        await ask(http, failing)
        await asyncio.gather(*(ask(http, failing) for _ in range(3)))
        waited = len(paused)
        assert waited >= (2 if failing == "/hangs" else 3), "a hanging one may have used up the second"
        assert all(0 < seconds <= 1 for _, seconds in paused)
        await http.request("POST", "/fine", {})
        after = len(paused)
        await http.request("POST", "/fine", {})
        assert len(paused) == after, "it works again"
