"""The control interface: fair values in, the state of the desk out, the desk's stop; HTTP and WebSocket on loopback.

It runs in the engine's loop and is handed what it may do: `submit` a fact, read `view`. Every request carries
`Authorization: Bearer TOKEN`.

| request | does |
| --- | --- |
| `GET /v1/status` | the desk's state as JSON |
| `POST /v1/fair-values` | takes one fair value or a list of them |
| `GET /v1/fair-values/stream` | WebSocket: each text frame is a fair value; answered by `{"epochs": {event: state}}` |
| `POST /v1/halt` | sets the kill level: `{"level": 0..4, "who": NAME, "why": REASON}` |
"""

import hmac
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
from aiohttp import WSMsgType, web

from domain.messages import FairValueReceived
from domain.operators import KillLevel, KillLevelSet

BODY_BYTES_MAX = 256 * 1024

Submit = Callable[[FairValueReceived | KillLevelSet], None]


Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


class FairValueBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A fair value as it is pushed; see `domain.messages.FairValueReceived` for what the fields mean."""

    market: str
    model: str
    version: str
    sequence: int
    probabilities: tuple[float, ...]
    variance_logit: float
    ttl_ms: int
    state: str = ""


class HaltBody(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who sets which kill level, and why."""

    level: int
    who: str
    why: str


_fair_values = msgspec.json.Decoder(FairValueBody | list[FairValueBody])
_fair_value = msgspec.json.Decoder(FairValueBody)
_halt = msgspec.json.Decoder(HaltBody)


class Control:
    """The server's handlers; `application` is what an aiohttp runner serves."""

    def __init__(
        self,
        *,
        token: str,
        submit: Submit,
        view: Callable[[], dict[str, Any]],
        epochs: Callable[[], dict[str, str]],
    ) -> None:
        self._token = token
        self._submit = submit
        self._view = view
        self._epochs = epochs
        self._streams: set[web.WebSocketResponse] = set()
        self.application = web.Application(middlewares=[self._run_authorised], client_max_size=BODY_BYTES_MAX)
        self.application.add_routes(
            [
                web.get("/v1/status", self._send_status),
                web.post("/v1/fair-values", self._run_fair_values),
                web.get("/v1/fair-values/stream", self._run_stream),
                web.post("/v1/halt", self._run_halt),
            ]
        )
        self.application.on_shutdown.append(self._run_close)

    @web.middleware
    async def _run_authorised(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {self._token}".encode()):
            return _refused(401, "the token is missing or wrong: send `Authorization: Bearer TOKEN`")
        return await handler(request)

    async def _send_status(self, _: web.Request) -> web.Response:
        return web.Response(body=msgspec.json.encode(self._view()), content_type="application/json")

    async def _run_fair_values(self, request: web.Request) -> web.Response:
        try:
            body = _fair_values.decode(await request.read())
        except msgspec.MsgspecError as error:
            return _refused(400, str(error))
        bodies = body if isinstance(body, list) else [body]
        for one in bodies:
            self._submit(_fact(one))
        return web.Response(body=msgspec.json.encode({"taken": len(bodies)}), content_type="application/json")

    async def _run_stream(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=10.0, max_msg_size=BODY_BYTES_MAX)
        self._streams.add(socket)
        try:
            await socket.prepare(request)
            await self._send_epochs(socket)
            async for message in socket:
                if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                    continue
                try:
                    value = _fair_value.decode(message.data)
                except msgspec.MsgspecError as error:
                    await socket.send_bytes(msgspec.json.encode({"error": str(error)}))
                    continue
                self._submit(_fact(value))
                await self._send_epochs(socket)
        except ConnectionResetError:
            pass  # the other end went away while it was answered; that is its right
        finally:
            self._streams.discard(socket)
        return socket

    async def _send_epochs(self, socket: web.WebSocketResponse) -> None:
        await socket.send_bytes(msgspec.json.encode({"epochs": self._epochs()}))

    async def _run_halt(self, request: web.Request) -> web.Response:
        try:
            body = _halt.decode(await request.read())
            level = KillLevel(body.level)
        except (msgspec.MsgspecError, ValueError) as error:
            return _refused(400, f"{error}; send level 0 to 4, who and why")
        if not body.who.strip() or not body.why.strip():
            return _refused(400, "who and why must be named")
        self._submit(KillLevelSet(level, body.who, body.why))
        return web.Response(body=msgspec.json.encode({"level": int(level)}), content_type="application/json")

    async def _run_close(self, _: web.Application) -> None:
        for socket in set(self._streams):
            await socket.close()


def _fact(body: FairValueBody) -> FairValueReceived:
    return msgspec.convert(msgspec.structs.asdict(body), FairValueReceived)


def _refused(status: int, text: str) -> web.Response:
    return web.Response(status=status, body=msgspec.json.encode({"error": text}), content_type="application/json")
