"""The adapter on a hand-wound clock and hand-held wires: a test plays the venue line by line."""

import json
from typing import Any

from domain.clock import HandClock
from domain.ids import (
    InstrumentId,
    MarketId,
    OrderRef,
    SelectionId,
    StrategyName,
    VenueMarketId,
    VenueName,
    VenueOrderId,
)
from domain.markets import Listing
from domain.messages import CancelOrder, PlaceOrder
from domain.orders import Side, TimeInForce
from tests.venues.hands import HandNetwork, HandWire, http_answer
from venues.base import Endpoint
from venues.betfair.protocol import Betfair
from venues.betfair.settings import Settings
from venues.secret import Secret

MS = 1_000_000
BETFAIR = VenueName("betfair")
MARKET = VenueMarketId("1.100")
A, B = (InstrumentId(f"betfair/{MARKET}/{runner}") for runner in (11, 22))
R1, B1 = OrderRef("r1"), VenueOrderId("b1")
WALL_NS = 1_700_000_000_000 * MS


def listing(runner: str, outcome: int, market: str = MARKET) -> Listing:
    return Listing(BETFAIR, VenueMarketId(market), SelectionId(runner), MarketId("m"), outcome)


def settings(**changes: Any) -> Settings:
    hosts = {name: Endpoint(name, 443, True) for name in ("login", "identity", "betting", "stream")}
    secrets = {"app_key": Secret("key"), "username": Secret("us er"), "password": Secret("pa&ss")}
    return Settings(**(hosts | secrets | {"connections": 3, "cross_check_ms": 0} | changes))


def runners(*words: str) -> list[dict[str, Any]]:
    return [{"id": 11 * (n + 1), "sortPriority": n + 1, "status": word} for n, word in enumerate(words)]


def definition(status: str = "OPEN", **changes: Any) -> dict[str, Any]:
    base = {
        "status": status,
        "inPlay": False,
        "betDelay": 0,
        "version": 7,
        "bettingType": "ODDS",
        "marketType": "MATCH_ODDS",
        "marketBaseRate": 5,
        "discountAllowed": True,
        "runners": runners("ACTIVE", "ACTIVE"),
        "priceLadderDefinition": {"type": "CLASSIC"},
    }
    return base | changes


def catalogue(market: str = MARKET, **description: Any) -> dict[str, Any]:
    said = {"bettingType": "ODDS", "marketType": "MATCH_ODDS", "marketBaseRate": 5.0, "discountAllowed": True}
    return {
        "marketId": market,
        "marketName": "Match Odds",
        "description": said | {"priceLadderDescription": {"type": "CLASSIC"}} | description,
        "runners": [{"selectionId": 11, "runnerName": "A", "handicap": 0.0}, {"selectionId": 22, "handicap": 0.0}],
    }


def mcm(request: int, *changes: dict[str, Any], **fields: Any) -> dict[str, Any]:
    return {"op": "mcm", "id": request, "pt": 1_700_000_000_123, "mc": list(changes)} | fields


def bet(ref: str, **changes: Any) -> dict[str, Any]:
    zero = {"sm": 0, "sr": 0, "sl": 0, "sc": 0, "sv": 0}
    base = {"id": "b1", "p": 2.5, "s": 10, "side": "B", "status": "E", "pt": "L", "ot": "L", "rfo": ref}
    return base | zero | {"sr": 10, "rfs": "crossbook"} | changes


def ocm(request: int, *bets: dict[str, Any], **fields: Any) -> dict[str, Any]:
    changes = [{"id": MARKET, "orc": [{"id": 11, "uo": list(bets)}]}] if bets else []
    return {"op": "ocm", "id": request, "pt": 1_700_000_000_456, "oc": changes} | fields


def place(ref: str = "r1", **changes: Any) -> PlaceOrder:
    base: dict[str, Any] = {
        "ref": OrderRef(ref),
        "instrument": A,
        "strategy": StrategyName("s"),
        "side": Side.BACK,
        "price": 250,
        "size_micros": 10_000_000,
        "tif": TimeInForce.REST,
        "decision": 1,
    }
    return PlaceOrder(**(base | changes))


def cancel(ref: str = "r1", request: str = "c1") -> CancelOrder:
    return CancelOrder(OrderRef(ref), request)


def place_report(status: str = "SUCCESS", **changes: Any) -> dict[str, Any]:
    base = {"betId": "b1", "sizeMatched": 0.0, "averagePriceMatched": 0.0, "orderStatus": "EXECUTABLE"}
    instruction = {"customerOrderRef": changes.pop("ref", "r1"), "selectionId": 11, "side": "BACK"}
    return {"status": status, "instruction": instruction} | (base if status == "SUCCESS" else {}) | changes


def report(*instructions: dict[str, Any], status: str = "SUCCESS", **changes: Any) -> dict[str, Any]:
    return {"marketId": MARKET, "status": status, "instructionReports": list(instructions)} | changes


class Desk:
    """One adapter with a listing of two runners; `facts` is all that it told since they were last taken."""

    def __init__(self, **changes: Any) -> None:
        self.clock = HandClock(monotonic_ns=1_000 * MS, wall_ns=WALL_NS)
        self.network = HandNetwork()
        self.told: list[Any] = []
        self.settings = settings(**changes)
        self.venue = Betfair(
            self.settings,
            [listing("11", 0), listing("22", 1)],
            self.network,
            self.told.append,
            wall_ns=self.clock.wall_ns,
            chance=lambda: 0.5,
        )
        self.hot: list[HandWire] = []
        self.market: HandWire
        self.orders: HandWire

    @property
    def now(self) -> int:
        return self.clock.monotonic_ns()

    def taken(self) -> list[Any]:
        facts = list(self.told)
        self.told.clear()
        return facts

    def wait(self, ms: float) -> None:
        """Let time pass, calling the adapter at each of its deadlines."""
        until = self.now + int(ms * MS)
        while (due := self.venue.next_deadline()) is not None and due <= until:
            self.clock.advance_to(max(due, self.now))
            self.venue.on_time(self.now)
            after = self.venue.next_deadline()
            assert after is None or after > self.now, "a deadline in the past that on_time does not clear"
        self.clock.advance_to(until)

    # --- requests ---

    def log_in(self, token: str = "TOKEN") -> None:
        wire = self.network.accept(self.now, "login")
        self.answer_on(wire, {"sessionToken": token, "loginStatus": "SUCCESS"})

    def answer_on(self, wire: HandWire, body: Any, **how: Any) -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        wire.peer.received(http_answer(data, **how), self.now)

    def asked(self, wire: HandWire) -> tuple[str, dict[str, Any]]:
        """Method and parameters of the one call written on a wire."""
        head, _, body = wire.taken().partition(b"\r\n\r\n")
        assert b"X-Authentication: TOKEN" in head, head
        call = json.loads(body)
        return call["method"].rpartition("/")[2], call["params"]

    def question(self) -> tuple[HandWire, str, dict[str, Any]]:
        """The one betting connection on which a call was written, and the call."""
        (wire,) = [wire for wire in self.hot if wire.written]
        return wire, *self.asked(wire)

    def reply(self, wire: HandWire, result: Any) -> None:
        self.answer_on(wire, {"jsonrpc": "2.0", "id": 1, "result": result})

    def fault(self, wire: HandWire, word: str) -> None:
        detail = {"exceptionname": "APINGException", "APINGException": {"errorCode": word}}
        self.answer_on(wire, {"jsonrpc": "2.0", "id": 1, "error": {"code": -32099, "message": "A", "data": detail}})

    # --- streams ---

    def say(self, wire: HandWire, *messages: dict[str, Any]) -> None:
        wire.peer.received(b"".join(json.dumps(one).encode() + b"\r\n" for one in messages), self.now)

    def heard(self, wire: HandWire) -> list[dict[str, Any]]:
        return [json.loads(line) for line in wire.taken().split(b"\r\n") if line]

    def open_stream(self) -> tuple[HandWire, dict[str, Any]]:
        """Accept one stream, let it authenticate, and give its subscription."""
        wire = self.network.accept(self.now, "stream")
        self.say(wire, {"op": "connection", "connectionId": "1"})
        (login,) = self.heard(wire)
        assert (login["op"], login["appKey"], login["session"]) == ("authentication", "key", "TOKEN")
        self.say(wire, {"op": "status", "id": login["id"], "statusCode": "SUCCESS", "connectionClosed": False})
        (subscription,) = self.heard(wire)
        self.say(wire, {"op": "status", "id": subscription["id"], "statusCode": "SUCCESS"})
        return wire, subscription

    def subscribed(self, *, image: dict[str, Any] | None = None) -> "Desk":
        """Everything up: three betting connections, the catalogue, and an image on both streams."""
        self.venue.start(self.now)
        for _ in range(self.settings.connections):
            self.hot.append(self.network.accept(self.now, "betting"))
        self.log_in()
        wire, method, _ = self.question()
        assert method == "listMarketCatalogue"
        self.reply(wire, [catalogue()])
        change = image or {"id": MARKET, "img": True, "marketDefinition": definition(), "rc": []}
        self.market, subscription = self.open_stream()
        assert subscription["op"] == "marketSubscription"
        self.say(self.market, mcm(subscription["id"], change, ct="SUB_IMAGE", initialClk="i", clk="c", heartbeatMs=500))
        self.orders, subscription = self.open_stream()
        assert subscription["op"] == "orderSubscription"
        self.say(self.orders, ocm(subscription["id"], ct="SUB_IMAGE", initialClk="oi", clk="oc", heartbeatMs=500))
        return self
