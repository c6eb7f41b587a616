"""A football market at the simulated venue, and hands that write on both of its ports."""

import json
from typing import Any

import msgspec

from domain.fees import NetWinFee
from domain.ids import Currency, SelectionId, VenueMarketId, VenueName
from domain.money import parse_micros
from domain.odds import CLASSIC, PriceKind
from domain.orders import Side
from domain.terms import Terms
from tests.venues.sim.wires import HandWire, answers, question
from venues.betfair.fake.options import FakeOptions, MarketDetails, RunnerDetails
from venues.betfair.fake.server import BetfairFake
from venues.sim.accounts import Collateral
from venues.sim.exchange import Exchange, ExchangeOptions
from venues.sim.faults import PROFILES, Faults, Profile
from venues.sim.markets import MarketSpec
from venues.sim.placements import Placement
from venues.sim.queues import SimOrder

MS = 1_000_000
SECOND = 1_000 * MS
MARKET = VenueMarketId("1.234567890")
OTHER = VenueMarketId("1.234567891")
HOME, AWAY, DRAW = 47972, 47973, 58805
EPOCH_NS = 1_769_862_600 * SECOND
"""2026-01-31T12:30:00Z at monotonic zero."""

TERMS = Terms(
    kind=PriceKind.ODDS,
    bands=CLASSIC.bands,
    currency=Currency("GBP"),
    lot_micros=10_000,
    size_min_micros=1_000_000,
    payout_min_micros=10_000_000,
    fee=NetWinFee(rate_ppm=50_000),
)


def details(market: VenueMarketId = MARKET) -> MarketDetails:
    return MarketDetails(
        id=market,
        name="Match Odds",
        event_id="35187438",
        event_name="Harbour v Castle",
        starts_ms=1_769_866_200_000,
        runners=tuple(
            RunnerDetails(one, name) for one, name in ((HOME, "Harbour"), (AWAY, "Castle"), (DRAW, "The Draw"))
        ),
    )


class World:
    """The venue with one customer and a crowd; `now` is the monotonic time that everything is told."""

    def __init__(
        self,
        *,
        profile: Profile = PROFILES["none"],
        seed: int = 1,
        markets: tuple[VenueMarketId, ...] = (MARKET, OTHER),
        delay_ms: int = 5_000,
        deposit: str = "1000",
        size_min: str = "1",
        bsp: bool = False,
        **options: Any,
    ) -> None:
        self.now = SECOND
        self.exchange = Exchange(
            ExchangeOptions(
                venue=VenueName("fake"),
                terms=msgspec.structs.replace(TERMS, size_min_micros=parse_micros(size_min)),
                collateral=Collateral.NET,
                delay_ms=delay_ms,
                delay_ns=delay_ms * MS,
                bet_step_micros=10_000,
            )
        )
        self.exchange.open_account("desk", deposit_micros=parse_micros(deposit))
        self.exchange.open_account("crowd", deposit_micros=0, crowd=True)
        for market in markets:
            self._trade(market)
        self.faults = Faults(profile, seed)
        self.options = FakeOptions(
            account="desk",
            epoch_ns=EPOCH_NS,
            markets=tuple(msgspec.structs.replace(details(market), bsp=bsp) for market in markets),
            seed=seed,
            **({"reply_lag_ms": (0, 0), "order_lag_ms": (0, 0)} | options),
        )
        self.fake = BetfairFake(self.exchange, self.options, self.faults)
        self.exchange.publish(self.now)

    def _trade(self, market: VenueMarketId) -> None:
        self.exchange.list_market(MarketSpec(market, tuple(SelectionId(str(one)) for one in (HOME, AWAY, DRAW))))

    def list_late(self, market: VenueMarketId) -> None:
        """A market that was not there from the start."""
        self._trade(market)
        self.fake.books.list_market(details(market))
        self.exchange.publish(self.now)

    def crowd(
        self,
        side: str,
        price: str,
        size: str,
        *,
        runner: int | str = HOME,
        market: VenueMarketId = MARKET,
        publish: bool = True,
    ) -> SimOrder:
        """Somebody else bets; the feed tells of it."""
        order = self.exchange.place(
            Placement(
                account="crowd",
                market=market,
                selection=SelectionId(str(runner)),
                side=Side[side],
                price=round(float(price) * 100),
                size_micros=parse_micros(size),
                persist=True,
            ),
            self.now,
        )
        assert isinstance(order, SimOrder), order
        if publish:
            self.exchange.publish(self.now)
        return order

    def pass_ms(self, ms: int) -> None:
        """Time goes by; whoever has a deadline in it is woken at it."""
        end = self.now + ms * MS
        while (due := self.fake.next_deadline()) is not None and due <= end:
            self.now = max(self.now, due)
            self.fake.on_time(self.now)
        self.now = end

    def at_exchange(self, deed, *arguments: Any, **more: Any) -> None:
        """Run the market: `deed` is a function of the exchange's life cycle."""
        deed(self.exchange, MARKET, *arguments, self.now, **more)
        self.exchange.publish(self.now)


class Customer:
    """Our side of the requests' port."""

    def __init__(self, world: World, *, login: bool = True) -> None:
        self.world = world
        self.key = world.options.app_key
        self.token = ""
        self.dial()
        if login:
            self.token = json.loads(self.certlogin()[2])["sessionToken"]

    def dial(self) -> None:
        self.wire = HandWire()
        self.peer = self.world.fake.rest.accept()
        self.peer.connected(self.wire, self.world.now)

    def ask(self, path: str, body: bytes = b"", **headers: str) -> None:
        """Send one request; the answer is in `heard` when it is there."""
        self.peer.received(question(path, body, **headers), self.world.now)

    def heard(self) -> list[tuple[int, dict[str, str], bytes]]:
        return answers(self.wire.taken())

    def certlogin(self) -> tuple[int, dict[str, str], bytes]:
        """Log in and wait until the answer is there."""
        form = b"username=demo&password=demo-password"
        self.ask("/api/certlogin", form, X_Application=self.key, Content_Type="application/x-www-form-urlencoded")
        if not self.wire.written:
            self.world.pass_ms(self.world.options.reply_lag_ms[1])
        (answer,) = self.heard()
        return answer

    def send(self, method: str, **params: Any) -> None:
        """Call one operation without waiting for its answer."""
        api = {"getAccountFunds": "account", "getAccountDetails": "account", "getAccountStatement": "account"}
        family = api.get(method, "heartbeat" if method == "heartbeat" else "betting")
        name = {"betting": "SportsAPING", "account": "AccountAPING", "heartbeat": "HeartbeatAPING"}[family]
        call = {"jsonrpc": "2.0", "method": f"{name}/v1.0/{method}", "params": params, "id": 1}
        self.post(json.dumps(call).encode(), family)

    def post(self, body: bytes, family: str = "betting") -> None:
        headers = {"X_Application": self.key, "X_Authentication": self.token, "Content_Type": "application/json"}
        self.ask(f"/exchange/{family}/json-rpc/v1", body, **{name: one for name, one in headers.items() if one})

    def replies(self) -> list[Any]:
        """Every JSON answer that came since the last time."""
        return [json.loads(body) for status, _, body in self.heard() if status == 200]

    def call(self, method: str, **params: Any) -> Any:
        """Call one operation and give its result; an error fails the test."""
        self.send(method, **params)
        (reply,) = self.replies()
        assert "error" not in reply, reply
        return reply["result"]

    def fault(self, method: str, **params: Any) -> tuple[int, str, str]:
        """Call one operation that is refused: the error's code, its message, and the API's own code."""
        self.send(method, **params)
        (reply,) = self.replies()
        error = reply["error"]
        data = error.get("data", {})
        return error["code"], error["message"], data.get(data.get("exceptionname"), {}).get("errorCode", "")

    def place(self, *instructions: dict[str, Any], **params: Any) -> Any:
        return self.call("placeOrders", marketId=MARKET, instructions=list(instructions), **params)

    def bet(self, text: str, **params: Any) -> dict[str, Any]:
        """Place one bet written as "BACK 10.00 @ 2.04"; its instruction report."""
        (report,) = self.place(limit(text), **params)["instructionReports"]
        return report


def limit(text: str, *, runner: int = HOME, ref: str | None = None, persistence: str = "LAPSE", **order: Any):
    """A placeOrders instruction from a text like "LAY 10.00 @ 2.04"."""
    side, size, _, price = text.split()
    instruction: dict[str, Any] = {
        "orderType": "LIMIT",
        "selectionId": runner,
        "handicap": 0,
        "side": side,
        "limitOrder": {"size": float(size), "price": float(price), "persistenceType": persistence} | order,
    }
    return instruction | ({"customerOrderRef": ref} if ref else {})


def uos(messages: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every order in these messages of the order stream."""
    return [
        order
        for message in messages
        for market in message.get("oc", [])
        for runner in market.get("orc", [])
        for order in runner.get("uo", [])
    ]


class Reader:
    """Our side of the stream."""

    def __init__(self, world: World, customer: Customer | None = None) -> None:
        self.world = world
        self.wire = HandWire()
        self.peer = world.fake.stream.accept()
        self.peer.connected(self.wire, world.now)
        self.greeting = self.messages()
        if customer is not None:
            self.tell(op="authentication", id=1, appKey=customer.key, session=customer.token)
            (self.status,) = self.messages()

    def tell(self, **message: Any) -> None:
        self.peer.received(json.dumps(message).encode() + b"\r\n", self.world.now)

    def lines(self) -> list[bytes]:
        """Every line since the last time, without its end."""
        data = self.wire.taken()
        assert data.endswith(b"\r\n") or not data, data[-40:]
        return data.split(b"\r\n")[:-1]

    def messages(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.lines()]

    def watch_markets(self, *, id: int = 2, **more: Any) -> list[dict[str, Any]]:  # noqa: A002
        subscription = {"marketFilter": {}, "marketDataFilter": {}, "heartbeatMs": 5000} | more
        self.tell(op="marketSubscription", id=id, **subscription)
        return self.messages()

    def watch_orders(self, *, id: int = 3, **more: Any) -> list[dict[str, Any]]:  # noqa: A002
        self.tell(op="orderSubscription", id=id, **({"heartbeatMs": 5000} | more))
        return self.messages()
