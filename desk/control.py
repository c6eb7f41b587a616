"""The control interface: views and fair values, the desk's stops and pauses; HTTP and WebSocket on loopback.

It runs in the engine's loop and knows of the engine what `desk.control_desk.Desk` offers. Every request carries
`Authorization: Bearer TOKEN`; in whose name it may speak stands in `desk.control_callers`. The table of requests is
`desk.control_routes`, told as OpenAPI by `/v1/openapi.json`; what the rows mean stands in `desk.views`, and how
watchers are served in `desk.control_stream`.

What was wrong with a request is answered as `{"error": LINE}`, which names the field, the value and the fix.
"""

import msgspec
from aiohttp import WSMsgType, web

from desk.control_answers import Handler, answered, refused
from desk.control_bodies import Complaint, Epochs, EventTurnedBody, FairValueBody, Refused, Taken, Turned, decoded
from desk.control_breaks import BreakWords
from desk.control_callers import Callers
from desk.control_description import description
from desk.control_desk import Desk
from desk.control_operating import Operating
from desk.control_routes import ROUTES
from desk.control_stream import Board, Hub, Spared, unspared
from desk.control_transfers import TransferWords
from desk.control_vouching import OrderWords
from desk.control_watching import Watching
from domain.ids import EventId
from domain.markets import EventTurned
from domain.messages import FairValueReceived

BODY_BYTES_MAX = 256 * 1024

_fair_values = msgspec.json.Decoder(FairValueBody | list[FairValueBody])
_fair_value = msgspec.json.Decoder(FairValueBody)
_turned = msgspec.json.Decoder(EventTurnedBody)
_description = msgspec.json.encode(description(ROUTES))

A_VALUE = "market, model, version, sequence, probabilities, variance_logit, ttl_ms and, if known, state"


DESCRIBED = "GET /v1/openapi.json describes every request"


class Control:
    """The server's handlers; `application` is what an aiohttp runner serves."""

    def __init__(self, *, callers: Callers, desk: Desk, spared: Spared = unspared) -> None:
        board = Board(desk)
        self.hub = Hub(desk, board, spared)
        self._callers = callers
        self._desk = desk
        self._streams: set[web.WebSocketResponse] = set()
        self.application = web.Application(middlewares=[self._run_authorised], client_max_size=BODY_BYTES_MAX)
        handlers: dict[str, Handler] = {
            **Watching(desk, board, self.hub, self._streams).handlers,
            **Operating(desk).handlers,
            **BreakWords(desk).handlers,
            **TransferWords(desk).handlers,
            **OrderWords(desk).handlers,
            "send_description": self._send_description,
            "send_status": self._send_status,
            "run_fair_values": self._run_fair_values,
            "run_event_turned": self._run_event_turned,
            "run_fair_value_stream": self._run_fair_value_stream,
        }
        self.application.add_routes([web.route(one.method, one.path, handlers[one.name]) for one in ROUTES])
        self.application.on_shutdown.append(self._run_close)

    @web.middleware
    async def _run_authorised(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        try:
            await self._callers.run_check(request)
            return await handler(request)
        except Refused as error:
            return refused(error.status, str(error))
        except web.HTTPClientError as error:  # the server's own words for a path, a verb or a size that none here has
            said = (error.text or error.reason).removeprefix(f"{error.status}: ").rstrip(".")
            return refused(error.status, f"{request.method} {request.path}: {said}; {DESCRIBED}")

    async def _send_description(self, _: web.Request) -> web.Response:
        return web.Response(body=_description, content_type="application/json")

    async def _send_status(self, _: web.Request) -> web.Response:
        return answered(self._desk.status())

    async def _run_fair_values(self, request: web.Request) -> web.Response:
        body = decoded(await request.read(), _fair_values, fix=A_VALUE)
        facts = [self._value(one) for one in (body if isinstance(body, list) else [body])]
        for fact in facts:
            self._desk.submit(fact)
        return answered(Taken(len(facts)))

    async def _run_event_turned(self, request: web.Request) -> web.Response:
        body = decoded(await request.read(), _turned, fix="event, source and id, the source's own of the turn")
        for field, value in (("source", body.source), ("id", body.id)):
            if not value.strip():
                raise Refused(400, f"$.{field} = {value!r}: must not be empty; say which feed told what")
        fact = EventTurned(EventId(body.event), body.source, body.id)
        if objection := self._desk.value_objection(fact):
            raise Refused(400, objection)
        before = self._desk.epochs().get(body.event, "0")
        self._desk.submit(fact)
        epoch = self._desk.epochs()[body.event]
        return answered(Turned(body.event, epoch, epoch != before))

    def _value(self, body: FairValueBody) -> FairValueReceived:
        """The fact that a body tells. Raises Refused when the desk cannot use it."""
        fact = body.fact()
        if objection := self._desk.value_objection(fact):
            raise Refused(400, objection)
        return fact

    async def _run_fair_value_stream(self, request: web.Request) -> web.WebSocketResponse:
        socket = web.WebSocketResponse(heartbeat=10.0, max_msg_size=BODY_BYTES_MAX)
        self._streams.add(socket)
        try:
            await socket.prepare(request)
            await self._send_epochs(socket)
            async for message in socket:
                if message.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                    await self._run_streamed(message.data, socket)
        except ConnectionResetError:
            pass  # the other end went away while it was answered; that is its right
        finally:
            self._streams.discard(socket)
        return socket

    async def _run_streamed(self, data: bytes | str, socket: web.WebSocketResponse) -> None:
        try:
            fact = self._value(decoded(data, _fair_value, fix=A_VALUE))
        except Refused as error:
            await socket.send_bytes(msgspec.json.encode(Complaint(str(error))))
            return
        self._desk.submit(fact)
        await self._send_epochs(socket)

    async def _send_epochs(self, socket: web.WebSocketResponse) -> None:
        await socket.send_bytes(msgspec.json.encode(Epochs(self._desk.epochs())))

    async def _run_close(self, _: web.Application) -> None:
        self.hub.close()
        for socket in set(self._streams):
            await socket.close()
