"""The control interface as its clients meet it: over a socket, with a token, and with whatever they send."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import ClientSession, WSMsgType, WSServerHandshakeError
from aiohttp.test_utils import TestServer

from desk.control import BODY_BYTES_MAX, Control
from domain.messages import FairValueReceived
from domain.operators import KillLevel, KillLevelSet

TOKEN = "open sesame"
VALUE: dict[str, Any] = {
    "market": "match",
    "model": "m",
    "version": "1",
    "sequence": 3,
    "probabilities": [0.5, 0.25, 0.25],
    "variance_logit": 0.001,
    "ttl_ms": 1500,
    "state": "2",
}
FACT = FairValueReceived("match", "m", "1", 3, (0.5, 0.25, 0.25), 0.001, 1500, "2")  # type: ignore[arg-type]


class Desk:
    """A client, and what the engine was handed."""

    def __init__(self) -> None:
        self.heard: list[FairValueReceived | KillLevelSet] = []
        self.control = Control(
            token=TOKEN, submit=self.heard.append, view=lambda: {"orders_open": 3}, epochs=lambda: {"cup": "2"}
        )
        self.server = TestServer(self.control.application)
        self.client = ClientSession(headers={"Authorization": f"Bearer {TOKEN}"})

    async def send(self, path: str, body: Any) -> tuple[int, Any]:
        async with self.client.post(self.server.make_url(path), json=body) as answer:
            return answer.status, await answer.json()


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    await desk.server.start_server()
    yield desk
    await desk.client.close()
    await desk.server.close()


@pytest.mark.parametrize(
    "given", [None, "", TOKEN, "Bearer ", "Bearer open", f"Bearer {TOKEN}x", "Bearer öpen", "Bearer \udcff"]
)
@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/v1/status"), ("POST", "/v1/halt"), ("POST", "/v1/fair-values"), ("GET", "/v1/fair-values/stream")],
)
async def test_without_the_token_nothing_is_told_and_nothing_is_done(
    desk: Desk, given: str | None, method: str, path: str
) -> None:
    headers = {} if given is None else {"Authorization": given}
    url = desk.server.make_url(path)
    async with ClientSession() as stranger, stranger.request(method, url, headers=headers, json=VALUE) as answer:
        assert answer.status == 401
        assert TOKEN not in await answer.text()
    assert desk.heard == []


async def test_the_state_is_told_as_the_engine_sees_it(desk: Desk) -> None:
    async with desk.client.get(desk.server.make_url("/v1/status")) as answer:
        assert (answer.status, await answer.json()) == (200, {"orders_open": 3})


async def test_one_value_or_many_are_taken(desk: Desk) -> None:
    assert await desk.send("/v1/fair-values", VALUE) == (200, {"taken": 1})
    assert await desk.send("/v1/fair-values", [VALUE, VALUE]) == (200, {"taken": 2})
    assert desk.heard == [FACT] * 3


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"sequence": "x"}, "$.sequence"),
        ({"probabilities": "half"}, "$.probabilities"),
        ({"extra": 1}, "extra"),
        ({"market": None}, "$.market"),
    ],
)
async def test_a_value_with_a_fault_is_refused_by_its_field(desk: Desk, change: dict, said: str) -> None:
    status, answer = await desk.send("/v1/fair-values", VALUE | change)
    assert status == 400
    assert said in answer["error"]
    status, _ = await desk.send("/v1/fair-values", [VALUE, VALUE | change])
    assert status == 400
    assert desk.heard == [], "a list is taken whole or not at all"


async def test_bytes_that_are_no_json_or_too_many_are_refused(desk: Desk) -> None:
    for body, status in ((b"{", 400), (b"", 400), (b"NaN", 400), (b"[" * (BODY_BYTES_MAX + 1), 413)):
        async with desk.client.post(desk.server.make_url("/v1/fair-values"), data=body) as answer:
            assert answer.status == status
    assert desk.heard == []


async def test_a_stream_takes_values_and_tells_epochs(desk: Desk) -> None:
    async with desk.client.ws_connect(desk.server.make_url("/v1/fair-values/stream")) as socket:
        assert (await socket.receive()).data == b'{"epochs":{"cup":"2"}}'
        await socket.send_json(VALUE)
        assert b"cup" in (await socket.receive()).data
        await socket.send_str("{")
        assert b"error" in (await socket.receive()).data
        await socket.send_json(VALUE)
        assert b"cup" in (await socket.receive()).data
    assert desk.heard == [FACT, FACT]


async def test_a_stream_without_the_token_is_never_opened(desk: Desk) -> None:
    async with ClientSession() as stranger:
        with pytest.raises(WSServerHandshakeError, match="401"):
            await stranger.ws_connect(desk.server.make_url("/v1/fair-values/stream"))


async def test_open_streams_end_with_the_server(desk: Desk) -> None:
    socket = await desk.client.ws_connect(desk.server.make_url("/v1/fair-values/stream"))
    await socket.receive()
    await desk.server.close()
    assert (await socket.receive()).type in (WSMsgType.CLOSE, WSMsgType.CLOSED)


@pytest.mark.parametrize("level", list(KillLevel))
async def test_a_stop_carries_its_name_and_reason(desk: Desk, level: KillLevel) -> None:
    body = {"level": int(level), "who": "ann", "why": "drill"}
    assert await desk.send("/v1/halt", body) == (200, {"level": int(level)})
    assert desk.heard == [KillLevelSet(level, "ann", "drill")]


@pytest.mark.parametrize(
    "body",
    [
        {"level": 5, "who": "ann", "why": "x"},
        {"level": -1, "who": "ann", "why": "x"},
        {"level": "3", "who": "ann", "why": "x"},
        {"level": 3, "who": " ", "why": "x"},
        {"level": 3, "who": "ann", "why": ""},
        {"level": 3, "who": "ann"},
        [],
    ],
)
async def test_a_stop_without_level_name_or_reason_is_refused(desk: Desk, body: Any) -> None:
    status, answer = await desk.send("/v1/halt", body)
    assert status == 400
    assert answer["error"]
    assert desk.heard == []
