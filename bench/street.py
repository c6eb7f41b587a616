"""A whole street under the hand: real adapter, core, gate and journal; the venue's far end answers from here."""

import re
from pathlib import Path
from typing import Any

import msgspec

from bench.quoters import NoSettings, Quoter, Taker
from bench.scratch import new_folder
from domain.clock import HandClock
from domain.ids import Currency, EventId, MarketId, SelectionId, StrategyName, VenueMarketId, VenueName
from domain.markets import Event, Listing, Mapping, Market
from domain.messages import FairValueReceived
from engine.config import Loaded, load
from engine.state import State
from engine.street import Relay, Street
from engine.wiring import build, started
from storage.journal import Journal
from tests.venues.hands import HandNetwork, HandWire, http_answer
from venues.base import Endpoint
from venues.betfair import rules
from venues.betfair.market_codec import MarketChange
from venues.betfair.market_feed import MarketFeed
from venues.betfair.protocol import Betfair
from venues.betfair.rules import CommissionPlan
from venues.betfair.settings import Settings
from venues.secret import Secret

VENUE = VenueName("betfair")
NAME = StrategyName("bench")
RUNNERS = (11, 22, 33)
SECOND = 1_000_000_000
BEGIN_NS = 1_000 * SECOND
WALL_NS = 1_790_000_000 * SECOND
CONFIG = """
rates_dated = "2026-11-20"
[run]
tick_ms = 100
digest_every = {digest_every}
[rates]
GBP = "1.25"
[limits]
cap_order = "1000000 USD"
cap_market = "100000000 USD"
cap_event = "100000000 USD"
cap_total = "100000000 USD"
cap_day = "100000000 USD"
collar_fair = "0.9"
collar_book = "0.9"
orders_per_second = 1000
open_orders_max = 100000
[recon]
every_s = 3600
[deciding.consensus]
enabled = false
[deciding.requoting]
hysteresis_ticks = 1
amend = {amend}
[venues.betfair]
[[strategies]]
name = "bench"
uses = "bench.quoters:{strategy}"
"""
_CALL = re.compile(rb"\r\n\r\n")
_fast = msgspec.json.Decoder()


class NoJournal(Journal):
    """A journal that is off: numbers records and writes nothing."""

    def __init__(self) -> None:
        self.seq, self.head = 0, b""

    def append(self, body: Any, *, wall_ns: int, monotonic_ns: int) -> int:
        self.seq += 1
        return self.seq

    def commit(self) -> None:
        pass

    def close(self) -> None:
        pass


class FarEnd:
    """The venue's answers, by its own names; with `fills` every placement is matched whole, else it rests."""

    def __init__(self, *, fills: bool) -> None:
        self._fills = fills
        self._bets = 0

    def reply(self, body: bytes) -> bytes:
        """The bytes that answer one call."""
        call = _fast.decode(body)
        method = call["method"].rpartition("/")[2]
        result = getattr(self, f"_{method}")(call["params"])
        return http_answer(msgspec.json.encode({"jsonrpc": "2.0", "id": call["id"], "result": result}))

    def _listMarketCatalogue(self, params: dict[str, Any]) -> list[Any]:  # noqa: N802
        return [_catalogue(name) for name in params["filter"]["marketIds"]]

    def _getAccountFunds(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"availableToBetBalance": 50_000_000.0, "exposure": 0.0, "retainedCommission": 0.0}

    def _listCurrentOrders(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"currentOrders": [], "moreAvailable": False}

    def _listClearedOrders(self, _: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        return {"clearedOrders": [], "moreAvailable": False}

    def _placeOrders(self, params: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        [told] = params["instructions"]
        self._bets += 1
        limit = told["limitOrder"]
        matched = {"sizeMatched": limit["size"] if self._fills else 0.0, "averagePriceMatched": limit["price"]}
        return {
            "marketId": params["marketId"],
            "status": "SUCCESS",
            "instructionReports": [
                {
                    "status": "SUCCESS",
                    "betId": str(self._bets),
                    "orderStatus": "EXECUTION_COMPLETE" if self._fills else "EXECUTABLE",
                    "instruction": {"customerOrderRef": told["customerOrderRef"]},
                }
                | matched
            ],
        }

    def _cancelOrders(self, params: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        [told] = params["instructions"]
        report = {"status": "SUCCESS", "sizeCancelled": 2.0, "instruction": {"betId": told["betId"]}}
        return {"marketId": params["marketId"], "status": "SUCCESS", "instructionReports": [report]}

    def _replaceOrders(self, params: dict[str, Any]) -> dict[str, Any]:  # noqa: N802
        [told] = params["instructions"]
        self._bets += 1
        gone = {"status": "SUCCESS", "sizeCancelled": 2.0, "instruction": {"betId": told["betId"]}}
        placed = {"status": "SUCCESS", "betId": str(self._bets), "orderStatus": "EXECUTABLE", "sizeMatched": 0.0}
        report = {"status": "SUCCESS", "cancelInstructionReport": gone, "placeInstructionReport": placed}
        return {"marketId": params["marketId"], "status": "SUCCESS", "instructionReports": [report]}


class BenchStreet:
    """`markets` of three runners, proven and open; of more than a stream may follow, the rest is told as facts.

    With `amend` a quote moves in one act of the venue.
    """

    def __init__(
        self,
        strategy: Quoter | Taker,
        *,
        markets: int = 1,
        journal: bool = True,
        digest_every: int = 1000,
        amend: bool = False,
    ) -> None:
        self.folder = new_folder()
        self.clock = HandClock(monotonic_ns=BEGIN_NS, wall_ns=WALL_NS)
        self.network = HandNetwork()
        self.reply = FarEnd(fills=isinstance(strategy, Taker)).reply
        self.pt = WALL_NS // 1_000_000
        path = self.folder / "bench.toml"
        loaded = configured(path, strategy=type(strategy).__name__, digest_every=digest_every, amend=amend)
        mapping, names = _mapping(markets)
        followed = set(names[: rules.MARKETS_PER_STREAM])
        relay = Relay(self.network)
        self.venue = Betfair(
            _settings(),
            [one for one in mapping.listings if one.venue_market in followed],
            relay,
            relay.emit,
            wall_ns=self.clock.wall_ns,
            chance=lambda: 0.5,
        )
        venues = {VENUE: self.venue}
        record = started(loaded, mapping, venues, self.clock, run="bench", mode="demo", seed=1)
        self.state = State(record)
        self.journal = Journal(self.folder / "run") if journal else NoJournal()
        self.street: Street = build(loaded, self.state, dict(venues), self.journal, self.clock, [strategy])
        relay.street = self.street
        self.street.note(record)
        self.hot: list[HandWire] = []
        self._rest = [one for one in mapping.listings if one.venue_market not in followed]
        self._names = names
        self._open(names)

    @property
    def now(self) -> int:
        return self.clock.monotonic_ns()

    def later(self, ms: int) -> None:
        """Time passes; budgets refill."""
        self.clock.advance_to(self.now + ms * 1_000_000)

    def frame(self, *rows: dict[str, Any], market: int = 0) -> bytes:
        """One message of the market stream that changes one market."""
        self.pt += 50
        change = {"id": self._names[market], "rc": list(rows)}
        told = {"op": "mcm", "id": self._market_id, "clk": f"c{self.pt}", "pt": self.pt, "mc": [change]}
        return msgspec.json.encode(told) + b"\r\n"

    def hear(self, frame: bytes) -> None:
        """Bytes come in on the market stream."""
        self.market_wire.peer.received(frame, self.now)

    def question(self) -> tuple[HandWire, bytes] | None:
        """The oldest unanswered request on a betting connection, and its body."""
        for wire in self.hot:
            if wire.written:
                return wire, _CALL.split(wire.taken(), 1)[1]
        return None

    def answer(self) -> None:
        """Answer all that was asked; what a quoter places rests, what a taker places is matched whole."""
        while (asked := self.question()) is not None:
            wire, body = asked
            wire.peer.received(self.reply(body), self.now)

    # --- opening ---

    def _open(self, names: list[VenueMarketId]) -> None:
        self.street.start()
        for _ in range(_settings().connections):
            self.hot.append(self.network.accept(self.now, "betting"))
        login = self.network.accept(self.now, "login")
        login.peer.received(http_answer(b'{"sessionToken":"T","loginStatus":"SUCCESS"}'), self.now)
        self.answer()
        self.market_wire, asked = self._stream()
        self._market_id = asked["id"]
        followed = asked["marketFilter"]["marketIds"]
        self._say(self.market_wire, asked["id"], "mcm", mc=[_image(name) for name in followed])
        orders, asked = self._stream()
        self._say(orders, asked["id"], "ocm", oc=[])
        self.answer()
        self._tell_the_rest()
        for number in range(len(names)):
            value = FairValueReceived(MarketId(f"m{number}"), "bench", "1", 1, (0.4, 0.3, 0.3), 0.0004, 10**9)
            self.street.emit(value)
        self.answer()

    def _stream(self) -> tuple[HandWire, dict[str, Any]]:
        wire = self.network.accept(self.now, "stream")
        wire.peer.received(b'{"op":"connection","connectionId":"1"}\r\n', self.now)
        login = _fast.decode(wire.taken())
        wire.peer.received(
            msgspec.json.encode({"op": "status", "id": login["id"], "statusCode": "SUCCESS"}) + b"\r\n", self.now
        )
        asked = _fast.decode(wire.taken())
        wire.peer.received(
            msgspec.json.encode({"op": "status", "id": asked["id"], "statusCode": "SUCCESS"}) + b"\r\n", self.now
        )
        return wire, asked

    def _say(self, wire: HandWire, request: int, op: str, **body: Any) -> None:
        told = {
            "op": op,
            "id": request,
            "ct": "SUB_IMAGE",
            "initialClk": "i",
            "clk": "c",
            "pt": self.pt,
            "heartbeatMs": 5000,
        }
        wire.peer.received(msgspec.json.encode(told | body) + b"\r\n", self.now)

    def _tell_the_rest(self) -> None:
        if not self._rest:
            return
        feed = MarketFeed(VENUE, self._rest, Currency("GBP"), CommissionPlan())
        for name in feed.markets.names():
            change = msgspec.convert(_image(name), MarketChange)
            for fact in feed.facts([change], self.pt):
                self.street.emit(fact)


def configured(path: Path, *, strategy: str, digest_every: int = 1000, amend: bool = False) -> Loaded:
    """The bench's configuration: caps and collars wide, so that every order is judged and passes."""
    path.write_text(CONFIG.format(strategy=strategy, digest_every=digest_every, amend=str(amend).lower()))
    return load(path, {VENUE: NoSettings})


def _mapping(markets: int) -> tuple[Mapping, list[VenueMarketId]]:
    names = [VenueMarketId(f"1.{100_000_000 + number}") for number in range(markets)]
    listings = tuple(
        Listing(VENUE, name, SelectionId(str(runner)), MarketId(f"m{number}"), outcome)
        for number, name in enumerate(names)
        for outcome, runner in enumerate(RUNNERS)
    )
    events = tuple(Event(EventId(f"e{number}"), f"event {number}", 0) for number in range(markets))
    known = tuple(
        Market(MarketId(f"m{number}"), EventId(f"e{number}"), "match_odds", ("home", "draw", "away"))
        for number in range(markets)
    )
    return Mapping(events, known, listings), names


def _settings() -> Settings:
    return Settings(
        login=Endpoint("login", 443, True),
        identity=Endpoint("identity", 443, True),
        betting=Endpoint("betting", 443, True),
        stream=Endpoint("stream", 443, True),
        app_key=Secret("key"),
        username=Secret("user"),
        password=Secret("pass"),
        heartbeat_ms=5000,
        instructions_per_s=500,
        transactions_per_hour=10_000_000,
        answer_ms=10_000_000,
        query_ms=10_000_000,
    )


def _definition() -> dict[str, Any]:
    return {
        "status": "OPEN",
        "inPlay": False,
        "betDelay": 0,
        "version": 7,
        "bettingType": "ODDS",
        "marketType": "MATCH_ODDS",
        "marketBaseRate": 5,
        "discountAllowed": True,
        "runners": [{"id": runner, "status": "ACTIVE"} for runner in RUNNERS],
        "priceLadderDefinition": {"type": "CLASSIC"},
    }


def _image(name: str) -> dict[str, Any]:
    runners = [
        {
            "id": runner,
            "atb": [[2.46 - step / 50, 30.0 + step] for step in range(8)],
            "atl": [[2.50 + step / 50, 30.0 + step] for step in range(8)],
        }
        for runner in RUNNERS
    ]
    return {"id": name, "img": True, "marketDefinition": _definition(), "rc": runners}


def _catalogue(name: str) -> dict[str, Any]:
    return {
        "marketId": name,
        "description": {
            "bettingType": "ODDS",
            "marketType": "MATCH_ODDS",
            "marketBaseRate": 5.0,
            "discountAllowed": True,
            "priceLadderDescription": {"type": "CLASSIC"},
        },
        "runners": [{"selectionId": runner, "handicap": 0.0} for runner in RUNNERS],
    }
