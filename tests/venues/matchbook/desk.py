"""The adapter on a hand-wound clock and hand-held wires: a test plays the venue request by request."""

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from domain.clock import HandClock
from domain.ids import InstrumentId, MarketId, OrderRef, SelectionId, StrategyName, VenueMarketId, VenueName
from domain.markets import Listing
from domain.messages import CancelOrder, Fact, PlaceOrder
from domain.orders import Side, TimeInForce
from tests.venues.hands import HandNetwork, HandWire, http_answer
from venues.base import Endpoint
from venues.http import HttpReply
from venues.matchbook.protocol import Matchbook
from venues.matchbook.settings import Settings
from venues.secret import Secret

MS = 1_000_000
S = 1_000 * MS
WALL_NS = 1_790_000_000_000 * MS
EVENT, MARKET, HOME, AWAY = 500, 33980210404300060, 33980210404300061, 33980210404300062
OTHER_MARKET = 33980210404300070
NOW_TEXT = "2026-09-21T14:13:20.000Z"
LOGIN = "/bpapi/rest/security/session"
EVENTS = "/edge/rest/events"
OFFERS = "/edge/rest/v2/offers"
HEARTBEAT = "/edge/rest/v1/heartbeat"
ACCOUNT = "/edge/rest/account"
BALANCE = "/edge/rest/account/balance"
POSITIONS = "/edge/rest/account/positions"
REPORTS = "/edge/rest/reports/v2"
SETTLED, CURRENT, CURRENT_OFFERS = f"{REPORTS}/bets/settled", f"{REPORTS}/bets/current", f"{REPORTS}/offers/current"


def listing(runner: int, outcome: int, market: int = MARKET) -> Listing:
    place = VenueName("matchbook"), VenueMarketId(str(market)), SelectionId(str(runner))
    return Listing(*place, MarketId("m"), outcome)


def instrument(runner: int = HOME, market: int = MARKET) -> InstrumentId:
    return InstrumentId(f"matchbook/{market}/{runner}")


def settings(**changes: Any) -> Settings:
    base: dict[str, Any] = {"api": Endpoint("api", 443, True), "username": Secret("user")}
    base["password"] = Secret('pa"ss')
    return Settings(**(base | {"connections": 3, "read_connections": 3, "heartbeat_s": 0} | changes))


def price(side: str, odds: float, amount: float = 20) -> dict[str, Any]:
    row = {"available-amount": amount, "currency": "EUR", "odds-type": "DECIMAL", "odds": odds, "decimal-odds": odds}
    return row | {"side": side, "exchange-type": "back-lay"}


def runner(number: int, *prices: dict[str, Any], **changes: Any) -> dict[str, Any]:
    base = {"withdrawn": False, "event-id": EVENT, "market-id": MARKET, "id": number, "name": "A", "status": "open"}
    return base | {"volume": 0, "prices": list(prices)} | changes


def market(*runners: dict[str, Any], **changes: Any) -> dict[str, Any]:
    base = {"event-id": EVENT, "id": MARKET, "name": "Match Odds", "market-type": "one_x_two", "type": "multirunner"}
    base |= {"status": "open", "in-running-flag": False, "runners": list(runners) or [runner(HOME), runner(AWAY)]}
    return base | changes


def event(*markets: dict[str, Any], number: int = EVENT) -> dict[str, Any]:
    return {"id": number, "name": "A vs B", "status": "open", "in-running-flag": False, "markets": list(markets)}


def page(*events: dict[str, Any]) -> dict[str, Any]:
    return {"offset": 0, "per-page": 20, "total": len(events), "events": list(events)}


def offer(ref: str = "t-1", **changes: Any) -> dict[str, Any]:
    base = {"id": 9001, "event-id": EVENT, "market-id": MARKET, "runner-id": HOME, "temp-id": ref, "side": "back"}
    base |= {"odds": 2.5, "odds-type": "DECIMAL", "decimal-odds": 2.5, "stake": 10, "remaining": 10, "status": "open"}
    return base | {"created-at": NOW_TEXT, "commission-type": "NET_WIN", "currency": "EUR", "in-play": False} | changes


def bet(number: int, stake: float, odds: float = 2.5, **changes: Any) -> dict[str, Any]:
    base = {"id": number, "offer-id": 9001, "odds": odds, "odds-type": "DECIMAL", "decimal-odds": odds}
    return base | {"stake": stake, "created-at": NOW_TEXT, "status": "open"} | changes


def listed(*offers: dict[str, Any], total: int | None = None) -> dict[str, Any]:
    return {"offers": list(offers), "offset": 0, "per-page": 100, "total": len(offers) if total is None else total}


def errors(*messages: str, codes: tuple[str, ...] = ()) -> dict[str, Any]:
    return {"errors": [{"messages": list(messages)} | ({"codes": list(codes)} if codes else {})]}


def report(*selections: dict[str, Any], number: int = MARKET, **changes: Any) -> dict[str, Any]:
    base = {"id": number, "name": "Match Odds", "profit-and-loss": 0, "commission": 0, "selections": list(selections)}
    return {"offset": 0, "per-page": 100, "total": 1, "markets": [base | changes]}


EMPTY_REPORT: dict[str, Any] = {"offset": 0, "per-page": 100, "total": 0, "markets": []}


def selection(*bets: dict[str, Any], runner_id: int = HOME, side: str = "back", **changes: Any) -> dict[str, Any]:
    return {"runner-id": runner_id, "runner-name": "A", "side": side, "bets": list(bets)} | changes


def settled_bet(pnl: float, result: str, **changes: Any) -> dict[str, Any]:
    base = {"id": 1, "offer-id": 9001, "odds": 2.5, "stake": 10, "result": result, "profit-and-loss": pnl}
    return base | {"submitted-time": NOW_TEXT, "settled-time": NOW_TEXT} | changes


def place(ref: str = "t-1", **changes: Any) -> PlaceOrder:
    base: dict[str, Any] = {
        "ref": OrderRef(ref),
        "instrument": instrument(),
        "strategy": StrategyName("s"),
        "side": Side.BACK,
        "price": 250,
        "size_micros": 10_000_000,
        "tif": TimeInForce.REST,
        "decision": 1,
    }
    return PlaceOrder(**(base | changes))


def cancel(ref: str = "t-1", request: str = "c1") -> CancelOrder:
    return CancelOrder(OrderRef(ref), request)


def reply_of(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> HttpReply:
    """An answer as the codec reads it."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return HttpReply(status, headers or {}, data, 1, 2)


@dataclass
class Asked:
    """One request as the venue reads it."""

    wire: HandWire
    method: str
    path: str
    query: dict[str, str]
    head: str
    body: Any


class Desk:
    """One adapter with a market of two runners; `open` holds the requests that the test has not answered."""

    def __init__(self, *listings: Listing, **changes: Any) -> None:
        self.clock = HandClock(monotonic_ns=1_000 * S, wall_ns=WALL_NS)
        self.network = HandNetwork()
        self.told: list[Fact] = []
        self.open: list[Asked] = []
        self.settings = settings(**changes)
        self.venue = Matchbook(
            self.settings,
            listings or (listing(HOME, 0), listing(AWAY, 1)),
            self.network,
            self.told.append,
            wall_ns=self.clock.wall_ns,
            chance=lambda: 0.5,
        )

    @property
    def now(self) -> int:
        return self.clock.monotonic_ns()

    def taken(self) -> list[Any]:
        facts = list(self.told)
        self.told.clear()
        return facts

    def told_of(self, *kinds: type) -> list[Any]:
        return [fact for fact in self.taken() if isinstance(fact, kinds)]

    def wait(self, ms: float) -> None:
        """Let time pass, calling the adapter at each of its deadlines; nothing is answered meanwhile."""
        until = self.now + int(ms * MS)
        while (due := self.venue.next_deadline()) is not None and due <= until:
            self.clock.advance_to(max(due, self.now))
            self.venue.on_time(self.now)
            after = self.venue.next_deadline()
            assert after is None or after > self.now, "a deadline in the past that on_time does not clear"
        self.clock.advance_to(until)

    # --- requests ---

    def read(self) -> list[Asked]:
        """Open every connection that is dialled, and read what was written."""
        while self.network.asked:
            self.network.accept(self.now)
        for wire in self.network.wires:
            data = wire.taken()
            if data:
                head, _, body = data.decode().partition("\r\n\r\n")
                method, target, _ = head.partition("\r\n")[0].split(" ")
                parts = urlsplit(target)
                asked = Asked(wire, method, parts.path, dict(parse_qsl(parts.query)), head, body and json.loads(body))
                self.open.append(asked)
        return self.open

    def asked(self, path: str, method: str = "GET") -> Asked:
        """The one open request to a path; it is the test's to answer."""
        found = [one for one in self.read() if (one.path, one.method) == (path, method)]
        assert len(found) == 1, f"{len(found)} of {method} {path} among {[(o.method, o.path) for o in self.open]}"
        self.open.remove(found[0])
        return found[0]

    def is_asked(self, path: str, method: str = "GET") -> bool:
        return any((one.path, one.method) == (path, method) for one in self.read())

    def reply(self, asked: Asked, body: Any, status: int = 200, headers: str = "") -> None:
        data = body if isinstance(body, bytes) else json.dumps(body).encode()
        asked.wire.peer.received(http_answer(data, status=status, headers=headers), self.now)

    def answer(self, path: str, body: Any, status: int = 200, *, method: str = "GET", headers: str = "") -> Asked:
        """Answer the one open request to a path."""
        asked = self.asked(path, method)
        self.reply(asked, body, status, headers)
        return asked

    def hang_up(self, asked: Asked) -> None:
        asked.wire.is_closed = True
        asked.wire.peer.closed("reset", self.now)

    def drop(self) -> None:
        """Leave every open request without an answer."""
        self.read()
        self.open.clear()

    # --- the usual ---

    def log_in(self, token: str = "TOKEN") -> Asked:
        return self.answer(LOGIN, {"session-token": token, "user-id": 1, "account": {"email": "x"}}, method="POST")

    def started(self, **account: Any) -> "Desk":
        self.venue.start(self.now)
        self.log_in()
        self.answer(ACCOUNT, {"id": 1, "commission-type": "NET_WIN", "currency": "EUR"} | account)
        return self

    def trading(self, seen: dict[str, Any] | None = None) -> "Desk":
        """Everything up: account, catalogue, books, and no offers."""
        self.started()
        self.answer(OFFERS, listed())
        self.answer(EVENTS, page(event(seen or market())))
        self.wait(0)
        self.answer(EVENTS, page(event(seen or market())))
        self.taken()
        return self

    def poll(self, *events: dict[str, Any]) -> list[Any]:
        """Wait for the next poll of the books and answer it; what that told."""
        self.wait(self.settings.poll_ms)
        self.taken()
        self.answer(EVENTS, page(*events))
        return self.taken()

    def idle(self, ms: float, *offers: dict[str, Any]) -> None:
        """Let time pass while the venue shows the same offers and answers nothing else."""
        for _ in range(int(ms // 1_000)):
            self.wait(1_000)
            for asked in [one for one in self.read() if (one.path, one.method) == (OFFERS, "GET")]:
                self.open.remove(asked)
                self.reply(asked, listed(*offers))

    def poll_offers(self, *offers: dict[str, Any]) -> list[Any]:
        """Wait for the next poll of offers and answer it; what that told."""
        for _ in range(20):
            if self.is_asked(OFFERS):
                break
            self.wait(500)
        self.taken()
        self.answer(OFFERS, listed(*offers))
        return self.taken()
