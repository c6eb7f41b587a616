"""Those who look: views at once or as a stream, ladders, stories of orders, and the preview of a flattening."""

import asyncio

import msgspec
from aiohttp import ClientConnectionError, WSMsgType, web

from desk.control_answers import Handler, answered, checked, ladder_in, markets_in, watch_in
from desk.control_bodies import Complaint, Refused, decoded
from desk.control_desk import Desk, Unexplained
from desk.control_stream import WATCHERS_MAX, Board, Hub, Watcher, keys_of, written
from desk.views import LadderOf, Watch

WATCH_BYTES_MAX = 16 * 1024
HEARTBEAT_S = 10.0
A_WATCH = 'sections, a list of names, and ladder, such as {"market": "m", "outcome": 0}'

_watch = msgspec.json.Decoder(Watch)


class Watching:
    """Handlers that change nothing. `streams` are the open sockets, which the server closes at its end."""

    def __init__(self, desk: Desk, board: Board, hub: Hub, streams: set[web.WebSocketResponse]) -> None:
        self._desk = desk
        self._board = board
        self._hub = hub
        self._streams = streams
        self._telling = asyncio.Lock()
        self.handlers: dict[str, Handler] = {
            "send_view": self._send_view,
            "send_section": self._send_section,
            "send_ladder": self._send_ladder,
            "send_story": self._send_story,
            "send_flatten": self._send_flatten,
            "run_view_stream": self._run_view_stream,
        }

    async def _send_view(self, request: web.Request) -> web.Response:
        watch = watch_in(request.query)
        self._check(watch.ladder)
        keys = keys_of(watch)
        rows = {key: msgspec.Raw(msgspec.json.encode(self._board.rows(key))) for key in keys}
        body = written(0, self._desk.now_ms(), keys, rows, {}, found=self._desk.markets_found, snapshot=True)
        return web.Response(body=body, content_type="application/json")

    async def _send_section(self, request: web.Request) -> web.Response:
        section = request.path.rpartition("/")[2]
        (key,) = keys_of(checked(Watch((section,), markets=markets_in(request.query))))
        return answered(self._board.rows(key))

    async def _send_ladder(self, request: web.Request) -> web.Response:
        of = ladder_in(request.query)
        self._check(of)
        return answered(self._board.rows(of))

    async def _send_flatten(self, _: web.Request) -> web.Response:
        return answered(self._desk.flatten())

    async def _send_story(self, request: web.Request) -> web.Response:
        """One story at a time: whoever asks for many waits, and nobody else does."""
        try:
            async with self._telling:
                story = await self._desk.fetch_story(request.match_info["order"])
        except Unexplained as error:
            raise Refused(404, str(error)) from error
        return web.Response(body=story, content_type="application/json")

    async def _run_view_stream(self, request: web.Request) -> web.WebSocketResponse:
        watch = watch_in(request.query)
        self._check(watch.ladder)
        if len(self._hub.watchers) >= WATCHERS_MAX:
            raise Refused(503, f"{WATCHERS_MAX} watch already; close one of them first")
        socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=WATCH_BYTES_MAX, compress=False)
        await socket.prepare(request)
        transport = request.transport
        if transport is None:
            return socket
        watcher = self._hub.join(watch, transport.abort)
        self._streams.add(socket)
        try:
            await asyncio.gather(self._run_out(watcher, socket), self._run_in(watcher, socket))
        finally:
            self._hub.leave(watcher)
            self._streams.discard(socket)
        return socket

    async def _run_out(self, watcher: Watcher, socket: web.WebSocketResponse) -> None:
        """Send what waits, as fast as the other end reads it."""
        try:
            while not watcher.ended:
                while watcher.waiting:
                    await socket.send_frame(watcher.waiting.popleft(), WSMsgType.TEXT)
                watcher.wake.clear()
                if not watcher.ended:
                    await watcher.wake.wait()
        except (ConnectionError, ClientConnectionError):
            watcher.end()  # the other end went away, or read too slowly
        if not socket.closed:
            await socket.close()

    async def _run_in(self, watcher: Watcher, socket: web.WebSocketResponse) -> None:
        """Hear what it wants to be told from now on, until it goes."""
        async for message in socket:
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                continue
            try:
                watch = checked(decoded(message.data, _watch, fix=A_WATCH))
                self._check(watch.ladder)
            except Refused as error:
                watcher.push(msgspec.json.encode(Complaint(str(error))))
            else:
                self._hub.turn(watcher, watch)
        watcher.end()

    def _check(self, of: LadderOf | None) -> None:
        """Raises Refused when there is no such ladder."""
        if of is not None and (objection := self._desk.ladder_objection(of)):
            raise Refused(404, objection)
