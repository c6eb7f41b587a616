"""The engine's end of the line, small: sends frames as they are handed over, keeps what it is told."""

import asyncio
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

STORY: dict[str, Any] = {"words": ["r3 of run x: back 8.00 at 2.02", "fair value 0.49 by football, 420 ms old"]}


class EngineEnd:
    """Serves `/v1/view/stream` and the commands. `heard` has every command: path and body."""

    def __init__(self) -> None:
        self.frame = sample.snapshot()
        self.heard: list[tuple[str, dict[str, Any]]] = []
        self.watched: list[Watch] = []
        self.refusal = ""
        self.token = TOKEN
        self._seq = 1
        self._sockets: set[web.WebSocketResponse] = set()
        self.server = self._new_server()

    def _new_server(self, port: int = 0) -> TestServer:
        application = web.Application()
        application.add_routes(
            [
                web.get("/v1/view/stream", self._run_stream),
                web.get("/v1/explain/{order}", self._send_story),
                web.get("/v1/flatten", self._send_plan),
                web.post("/v1/{command}", self._run_command),
            ]
        )
        return TestServer(application, port=port or None)

    def door(self) -> Door:
        return Door(str(self.server.make_url("")).rstrip("/"), self.token)

    def sample(self, **changed: Any) -> Frame:
        """The first frame, some sections of it changed."""
        return sample.snapshot(**changed)

    async def send(self, **sections: Any) -> None:
        """Tell every watcher what changed."""
        removed = sections.pop("removed", {})
        skip = sections.pop("skip", 0)
        self._seq += 1 + skip
        frame = Frame(self._seq, sample.NOW_MS + 100, rows=Rows(**sections), removed=removed)
        for socket in self._sockets:
            await socket.send_bytes(msgspec.json.encode(frame))

    async def run_stop(self) -> None:
        """Go away as an engine does that ends."""
        for socket in [*self._sockets]:
            await socket.close()
        await self.server.close()

    async def run_again(self) -> None:
        """Come back where we were."""
        port = self.server.port
        self.server = self._new_server(port or 0)
        await self.server.start_server()

    async def _run_stream(self, request: web.Request) -> web.WebSocketResponse:
        if request.headers.get("Authorization") != f"Bearer {TOKEN}":
            raise web.HTTPUnauthorized
        socket = web.WebSocketResponse()
        await socket.prepare(request)
        self._sockets.add(socket)
        await self._send_snapshot(socket)
        async for message in socket:
            if message.type is WSMsgType.BINARY:
                watch = msgspec.json.decode(message.data, type=Watch)
                self.watched.append(watch)
                await self._send_snapshot(socket, watch)
        self._sockets.discard(socket)
        return socket

    async def _send_snapshot(self, socket: web.WebSocketResponse, watch: Watch | None = None) -> None:
        ladder = watch.ladder if watch else None
        frame = msgspec.structs.replace(self.frame, seq=self._seq)
        if watch is not None and watch.markets != EVERY_MARKET:
            frame = msgspec.structs.replace(frame, markets_of=watch.markets, markets_found=130)
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


@asynccontextmanager
async def engine_end() -> AsyncIterator[EngineEnd]:
    """An engine's end that listens."""
    end = EngineEnd()
    await end.server.start_server()
    try:
        yield end
    finally:
        await asyncio.wait_for(end.run_stop(), 5)
