"""The engine's end of the line, small: sends frames as they are handed over, keeps what it is told."""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import msgspec
from aiohttp import WSMsgType, web
from aiohttp.test_utils import TestServer

from desk.terminal.link import Door
from desk.views import EVERY_MARKET, Frame, Rows, Watch
from tests.desk.terminal import sample

TOKEN = "sesame"
BEAT_S = 0.5
"""How often watchers are told that we are there still, as they are by an engine."""

STORY: dict[str, Any] = {"words": ["r3 of run x: back 8.00 at 2.02", "fair value 0.49 by football, 420 ms old"]}


class EngineEnd:
    """Serves `/v1/view/stream` and the commands. `heard` has every command: path and body.

    Its clock stands still at the sample's moment, so that ages do not depend on how fast the machine is, unless
    `skew_ms` says by how much it differs from ours.
    """

    def __init__(self) -> None:
        self.frame = sample.snapshot()
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.watched: list[Watch] = []
        self.refusal = ""
        self.token = TOKEN
        self.skew_ms: int | None = None
        self._url = ""
        self._seq = 1
        self._watches: dict[web.WebSocketResponse, Watch | None] = {}
        self._server = self._new_server()

    def _new_server(self) -> TestServer:
        application = web.Application()
        application.add_routes(
            [
                web.get("/v1/view/stream", self._run_stream),
                web.get("/v1/explain/{order}", self._send_story),
                web.get("/v1/flatten", self._send_plan),
                web.post("/v1/{command}", self._run_command),
            ]
        )
        return TestServer(application)

    def door(self) -> Door:
        """Where we listen, or did last."""
        return Door(self._url, self.token)

    def sample(self, **changed: Any) -> Frame:
        """The first frame, some sections of it changed."""
        return sample.snapshot(**changed)

    async def send(self, **sections: Any) -> None:
        """Tell every watcher what changed."""
        removed = sections.pop("removed", {})
        skip = sections.pop("skip", 0)
        self._seq += 1 + skip
        wall_ms = sample.NOW_MS if self.skew_ms is None else time.time_ns() // 1_000_000 + self.skew_ms
        frame = Frame(self._seq, wall_ms, rows=Rows(**sections), removed=removed)
        for socket, watch in [*self._watches.items()]:
            with contextlib.suppress(ConnectionError):
                await socket.send_bytes(msgspec.json.encode(_of_markets(frame, watch)))

    async def run_beats(self) -> None:
        """Tell every watcher again and again that we are there."""
        while True:
            await asyncio.sleep(BEAT_S)
            await self.send()

    async def run_start(self) -> None:
        """Listen."""
        await self._server.start_server()
        self._url = str(self._server.make_url("")).rstrip("/")

    async def run_stop(self) -> None:
        """Go away as an engine does that ends."""
        for socket in [*self._watches]:
            await socket.close()
        await self._server.close()

    async def run_again(self) -> None:
        """Come back, at another port as an engine that is resumed does."""
        self._server = self._new_server()
        await self.run_start()

    async def _run_stream(self, request: web.Request) -> web.WebSocketResponse:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise web.HTTPUnauthorized
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._watches[socket] = None
        await self._send_snapshot(socket)
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                watch = msgspec.json.decode(message.data, type=Watch)
                self.watched.append(watch)
                self._watches[socket] = watch
                await self._send_snapshot(socket, watch)
        del self._watches[socket]
        return socket

    async def _send_snapshot(self, socket: web.WebSocketResponse, watch: Watch | None = None) -> None:
        ladder = watch.ladder if watch else None
        frame = _of_markets(msgspec.structs.replace(self.frame, seq=self._seq), watch)
        if ladder is not None:
            rows = msgspec.structs.replace(frame.rows, ladder=sample.ladder(ladder))
            frame = msgspec.structs.replace(frame, rows=rows, ladder_of=ladder)
        await socket.send_bytes(msgspec.json.encode(frame))

    async def _run_command(self, request: web.Request) -> web.Response:
        self.heard.append((request.path, msgspec.json.decode(await request.read())))
        if self.refusal:
            return web.Response(status=409, body=msgspec.json.encode({"error": self.refusal}))
        return web.Response(body=b"{}")

    async def _send_story(self, request: web.Request) -> web.Response:
        self.heard.append((request.path, {}))
        return web.Response(body=msgspec.json.encode(STORY))

    async def _send_plan(self, _: web.Request) -> web.Response:
        return web.Response(body=msgspec.json.encode(sample.plan()))


def _of_markets(frame: Frame, watch: Watch | None) -> Frame:
    """A frame as it is told to one who watches these markets."""
    if watch is None or watch.markets == EVERY_MARKET:
        return frame
    return msgspec.structs.replace(frame, markets_of=watch.markets, markets_found=130)


@asynccontextmanager
async def engine_end() -> AsyncIterator[EngineEnd]:
    """An engine's end that listens."""
    end = EngineEnd()
    await end.run_start()
    beats = asyncio.ensure_future(end.run_beats())
    try:
        yield end
    finally:
        beats.cancel()
        await asyncio.wait_for(end.run_stop(), 30)
