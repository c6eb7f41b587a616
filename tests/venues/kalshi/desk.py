"""The adapter on a hand-wound clock and hand-held wires: a test plays the venue message by message."""

import json
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from itertools import pairwise
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from websockets.frames import Frame, Opcode
from websockets.http11 import Request
from websockets.server import ServerProtocol

from domain.clock import HandClock
from domain.ids import InstrumentId, MarketId, OrderRef, SelectionId, StrategyName, VenueMarketId, VenueName
from domain.markets import Listing
from domain.messages import CancelOrder, Fact, PlaceOrder
from domain.orders import Side, TimeInForce
from tests.venues.hands import HandNetwork, HandWire, http_answer
from venues.base import Endpoint
from venues.kalshi.protocol import Kalshi
from venues.kalshi.settings import Settings
from venues.kalshi.signing import Signer
from venues.secret import Secret

MS = 1_000_000
WALL_NS = 1_781_159_000_000 * MS
KALSHI = VenueName("kalshi")
T1, T2 = "KXGAME-26JUN11AB-A", "KXGAME-26JUN11AB-B"
EVENT, SERIES = "KXGAME-26JUN11AB", "KXGAME"
YES1, YES2 = InstrumentId(f"kalshi/{T1}/yes"), InstrumentId(f"kalshi/{T2}/yes")
R1 = OrderRef("abcdef123456-1")
UNSET = object()

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
SIGNER = Signer(Secret("key-id"), Secret(PEM))


def listing(ticker: str, outcome: int = 0, selection: str = "yes") -> Listing:
    return Listing(KALSHI, VenueMarketId(ticker), SelectionId(selection), MarketId("m"), outcome)


def settings(**changes: Any) -> Settings:
    base: dict[str, Any] = {
        "rest": Endpoint("rest", 443, True),
        "stream": Endpoint("ws", 443, True),
        "key_id": Secret("key-id"),
    }
    return Settings(**(base | {"connections": 3, "queue_every_s": 0, "expires_s": 0} | changes))


# --- what the venue says ---

CENTS = [{"start": "0.0000", "end": "1.0000", "step": "0.0100"}]
DECI = [{"start": "0.0000", "end": "1.0000", "step": "0.0010"}]


def market(ticker: str = T1, **changes: Any) -> dict[str, Any]:
    base = {
        "ticker": ticker,
        "event_ticker": EVENT,
        "market_type": "binary",
        "status": "active",
        "result": "",
        "open_time": "2026-06-11T05:00:00Z",
        "close_time": "2026-06-25T16:00:00Z",
        "price_ranges": CENTS,
        "exchange_index": 3,
    }
    return base | changes


def event(**changes: Any) -> dict[str, Any]:
    return {"event_ticker": EVENT, "series_ticker": SERIES} | changes


def series(**changes: Any) -> dict[str, Any]:
    base = {"ticker": SERIES, "fee_type": "quadratic_with_maker_fees", "fee_multiplier": 1}
    return {"series": base | changes}


def order(ref: str | None = R1, **changes: Any) -> dict[str, Any]:
    base = {
        "order_id": "v1",
        "client_order_id": ref,
        "ticker": T1,
        "status": "resting",
        "book_side": "bid",
        "outcome_side": "yes",
        "yes_price_dollars": "0.4700",
        "no_price_dollars": "0.5300",
        "initial_count_fp": "10.00",
        "fill_count_fp": "0.00",
        "remaining_count_fp": "10.00",
        "taker_fill_cost_dollars": "0.000000",
        "maker_fill_cost_dollars": "0.000000",
        "taker_fees_dollars": "0.000000",
        "maker_fees_dollars": "0.000000",
    }
    return base | changes


def match(name: str = "t1", ref: str | None = R1, **changes: Any) -> dict[str, Any]:
    base = {
        "trade_id": name,
        "order_id": "v1",
        "market_ticker": T1,
        "is_taker": False,
        "book_side": "bid",
        "yes_price_dollars": "0.4700",
        "count_fp": "4.00",
        "fee_cost": "0.0175",
        "ts_ms": 1_781_159_000_500,
    }
    return base | ({} if ref is None else {"client_order_id": ref}) | changes


def created(**changes: Any) -> dict[str, Any]:
    base = {"order_id": "v1", "client_order_id": R1, "fill_count": "0.00", "remaining_count": "10.00"}
    return base | {"ts_ms": 1_781_159_000_100} | changes


def snapshot(
    sid: int, seq: int, ticker: str = T1, *, yes: Any = (("0.4700", "3.00"),), no: Any = (("0.5200", "2.00"),)
) -> dict[str, Any]:
    sides = {"yes_dollars_fp": [list(row) for row in yes], "no_dollars_fp": [list(row) for row in no]}
    said = {"market_ticker": ticker, "market_id": "id"} | {side: rows for side, rows in sides.items() if rows}
    return {"type": "orderbook_snapshot", "sid": sid, "seq": seq, "msg": said}


def delta(sid: int, seq: int, price: str, change: str, side: str, ticker: str = T1) -> dict[str, Any]:
    said = {"market_ticker": ticker, "market_id": "id", "price_dollars": price, "delta_fp": change, "side": side}
    return {"type": "orderbook_delta", "sid": sid, "seq": seq, "msg": said | {"ts_ms": 1_781_159_387_354}}


def lifecycle(sid: int, event_type: str, ticker: str = T1, **said: Any) -> dict[str, Any]:
    return {
        "type": "market_lifecycle_v2",
        "sid": sid,
        "msg": {"event_type": event_type, "market_ticker": ticker} | said,
    }


def fault(code: str, **more: Any) -> dict[str, Any]:
    return {"error": {"code": code, "message": code.replace("_", " ")} | more}


# --- what the engine says ---


def place(ref: str = R1, **changes: Any) -> PlaceOrder:
    base: dict[str, Any] = {
        "ref": OrderRef(ref),
        "instrument": YES1,
        "strategy": StrategyName("s"),
        "side": Side.BACK,
        "price": 4_700,
        "size_micros": 10_000_000,
        "tif": TimeInForce.REST,
        "decision": 1,
    }
    return PlaceOrder(**(base | changes))


def cancel(ref: str = R1, request: str = "c1") -> CancelOrder:
    return CancelOrder(OrderRef(ref), request)


class FarSocket:
    """The venue's end of one WebSocket connection, played by an independent implementation of the protocol.

    `seq` is the last number of the books' row, for those who let `live` answer probes.
    """

    def __init__(self, wire: HandWire, now: Callable[[], int]) -> None:
        self.seq = 2
        self.wire = wire
        self.pongs = 0
        self.pings = 0
        self.texts: list[dict[str, Any]] = []
        self.request: Request
        self._now = now
        self._protocol = ServerProtocol()
        self._take()

    def upgrade(self) -> "FarSocket":
        self._protocol.send_response(self._protocol.accept(self.request))
        self.flush()
        return self

    def refuse(self, status: int) -> None:
        self._protocol.send_response(self._protocol.reject(status, "no"))
        self.flush()

    def say(self, *messages: Any) -> None:
        for one in messages:
            self._protocol.send_text(one if isinstance(one, bytes) else json.dumps(one).encode())
        self.flush()

    def say_in_parts(self, text: bytes, *cuts: int) -> None:
        ends = [*cuts, len(text)]
        self._protocol.send_text(text[: ends[0]], fin=False)
        for first, last in pairwise(ends):
            self._protocol.send_continuation(text[first:last], fin=last == len(text))
        self.flush()

    def ping(self) -> None:
        self._protocol.send_ping(b"heartbeat")
        self.flush()

    def end(self, code: int = 1001) -> None:
        self._protocol.send_close(code, "bye")
        self.flush()

    def heard(self) -> list[dict[str, Any]]:
        """The commands since the last time; pings are answered by this."""
        self._take()
        texts, self.texts = self.texts, []
        self.flush()
        return texts

    def flush(self, slice_bytes: int = 0) -> None:
        data = b"".join(self._protocol.data_to_send())
        if not data:
            return
        size = slice_bytes or len(data)
        for first in range(0, len(data), size):
            self.wire.peer.received(data[first : first + size], self._now())
        self._take()

    def _take(self) -> None:
        data = self.wire.taken()
        if data:
            self._protocol.receive_data(data)
        for one in self._protocol.events_received():
            if isinstance(one, Request):
                self.request = one
            elif isinstance(one, Frame) and one.opcode is Opcode.TEXT:
                self.texts.append(json.loads(bytes(one.data)))
            elif isinstance(one, Frame) and one.opcode is Opcode.PONG:
                self.pongs += 1
            elif isinstance(one, Frame) and one.opcode is Opcode.PING:
                self.pings += 1


class Question:
    """One HTTP request that waits for its answer on `wire`."""

    def __init__(self, wire: HandWire) -> None:
        head, _, body = wire.taken().partition(b"\r\n\r\n")
        first, *lines = head.decode().split("\r\n")
        self.wire = wire
        self.method, self.path, _ = first.split()
        self.headers = dict(line.split(": ", 1) for line in lines)
        self.target, _, self.query = self.path.removeprefix("/trade-api/v2").partition("?")
        self.raw = body
        self.body: Any = json.loads(body) if body else None


class Desk:
    """One adapter with two markets of one event; `told` is all that it said since it was last taken.

    `known` are the answers that `serve` gives to reads by themselves.
    """

    def __init__(self, listings: Sequence[Listing] = (listing(T1), listing(T2, 1)), **changes: Any) -> None:
        self.clock = HandClock(monotonic_ns=1_000 * MS, wall_ns=WALL_NS)
        self.network = HandNetwork()
        self.told: list[Any] = []
        self.settings = settings(**changes)
        self.venue = Kalshi(
            self.settings,
            listings,
            self.network,
            self.told.append,
            wall_ns=self.clock.wall_ns,
            chance=lambda: 0.5,
            signer=SIGNER,
        )
        self.hot: list[HandWire] = []
        self.orders: FarSocket
        self.markets: FarSocket
        self.asked: list[str] = []
        self.known: dict[str, Any] = {
            "/markets": {"markets": [market(T1), market(T2)]},
            "/events": {"events": [event()]},
            f"/series/{SERIES}": series(),
            "/account/limits": {
                "usage_tier": "basic",
                "read": {"refill_rate": 200, "bucket_capacity": 200},
                "write": {"refill_rate": 100, "bucket_capacity": 100},
                "grants": [],
            },
            "/account/endpoint_costs": {
                "default_cost": 10,
                "endpoint_costs": [
                    {"method": "DELETE", "path": "/trade-api/v2/portfolio/events/orders/:order_id", "cost": 2}
                ],
            },
            "/exchange/status": {"exchange_active": True, "trading_active": True},
            "/api_keys": {"api_keys": [{"api_key_id": "key-id", "name": "desk", "scopes": ["read", "write"]}]},
            "/exchange/schedule": {"schedule": {"standard_hours": [], "maintenance_windows": []}},
            "/exchange/user_data_timestamp": self.fresh,
            "/portfolio/orders": {"orders": [], "cursor": ""},
            "/portfolio/fills": {"fills": [], "cursor": ""},
            "/portfolio/settlements": {"settlements": [], "cursor": ""},
            "/portfolio/balance": {"balance": 9_801, "balance_dollars": "98.0186", "updated_ts": 1},
        }

    def fresh(self) -> dict[str, Any]:
        """User data as of this very moment."""
        return {"as_of_time": self.stamp(self.clock.wall_ns() // 1_000)}

    @staticmethod
    def stamp(us: int) -> str:
        return datetime.fromtimestamp(us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%S") + f".{us % 1_000_000:06d}Z"

    @property
    def now(self) -> int:
        return self.clock.monotonic_ns()

    def taken(self, *kinds: type[Fact]) -> list[Any]:
        """What was told, of these kinds if any are named."""
        facts = list(self.told)
        self.told.clear()
        return [fact for fact in facts if not kinds or isinstance(fact, kinds)]

    def wait(self, ms: float) -> None:
        """Let time pass, calling the adapter at each of its deadlines."""
        until = self.now + int(ms * MS)
        while (due := self.venue.next_deadline()) is not None and due <= until:
            self.clock.advance_to(max(due, self.now))
            self.venue.on_time(self.now)
            after = self.venue.next_deadline()
            assert after is None or after > self.now, "a deadline in the past that on_time does not clear"
        self.clock.advance_to(until)

    def send(self, command: Any) -> None:
        self.venue.send(command, self.now)

    def live(self, ms: float, *, answered: Sequence[str] = (T1, T2)) -> list[dict[str, Any]]:
        """Let time pass over streams that answer pings, and probes of the books `answered`.

        Returns all else that the market stream was asked.
        """
        asked = []
        for _ in range(round(ms / 500)):
            self.wait(500)
            self.orders.heard()
            for one in self.markets.heard():
                params = one.get("params", {})
                tickers = params.get("market_tickers", [])
                if params.get("action") == "get_snapshot" and len(tickers) == 1 and tickers[0] in answered:
                    self.markets.seq += 1
                    self.markets.say(snapshot(2, self.markets.seq, tickers[0]))
                else:
                    asked.append(one)
        return asked

    # --- requests ---

    def questions(self) -> list[Question]:
        """The requests that were written and wait for an answer."""
        return [Question(wire) for wire in self.hot if wire.written]

    def question(self) -> Question:
        (one,) = self.questions()
        return one

    def reply(self, question: Question, body: Any, *, status: int = 200) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        question.wire.peer.received(http_answer(data, status=status), self.now)

    def serve(self) -> None:
        """Answer reads out of what is known until none waits; a callable is asked each time."""
        for _ in range(100):
            questions = self.questions()
            if not questions:
                return
            for one in questions:
                assert one.method == "GET", f"{one.method} {one.path} is not a read"
                self.asked.append(one.path.removeprefix("/trade-api/v2"))
                body = self.known.get(one.target, UNSET)
                if body is UNSET:
                    self.reply(one, fault("not_found"), status=404)
                else:
                    self.reply(one, body() if callable(body) else body)
        raise AssertionError("questions without end")

    # --- streams ---

    def accept_socket(self) -> FarSocket:
        return FarSocket(self.network.accept(self.now, "ws"), lambda: self.now).upgrade()

    def subscribe(self, socket: FarSocket) -> list[dict[str, Any]]:
        """Answer the subscriptions that a stream has asked for, numbered in their order."""
        commands = [one for one in socket.heard() if one["cmd"] == "subscribe"]
        for sid, one in enumerate(commands, 1):
            (channel,) = one["params"]["channels"]
            socket.say({"id": one["id"], "type": "subscribed", "msg": {"channel": channel, "sid": sid}})
        return commands

    def up(self) -> "Desk":
        """Everything up: requests served, both streams subscribed, both books whole (sid 2, seq 1 and 2)."""
        self.venue.start(self.now)
        for _ in range(self.settings.connections):
            self.hot.append(self.network.accept(self.now, "rest"))
        self.serve()
        self.orders = self.accept_socket()
        self.subscribe(self.orders)
        self.wait(0)
        self.markets = self.accept_socket()
        self.subscribe(self.markets)
        self.markets.say(snapshot(2, 1, T1), snapshot(2, 2, T2))
        return self
