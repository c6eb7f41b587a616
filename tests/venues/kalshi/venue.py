"""A small simulated Kalshi and its customer: markets of one match, a crowd of two, signed requests, a WebSocket."""

import json
from base64 import b64encode
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from websockets.client import ClientProtocol
from websockets.frames import Frame, Opcode
from websockets.http11 import Response
from websockets.uri import parse_uri

from domain.fees import QuadraticFee
from domain.ids import Currency, SelectionId, VenueMarketId, VenueName
from domain.money import MICROS
from domain.odds import PriceKind
from domain.orders import Side
from domain.terms import Terms
from tests.venues.sim.wires import HandWire, answers, question
from venues.kalshi.fake.options import FakeOptions, MarketDetails, Tier
from venues.kalshi.fake.server import KalshiFake
from venues.sim.accounts import Collateral
from venues.sim.exchange import Exchange, ExchangeOptions
from venues.sim.faults import PROFILES, Faults, Profile
from venues.sim.markets import MarketSpec
from venues.sim.placements import Life, Placement
from venues.sim.queues import SimOrder

MS = 1_000_000
SECOND = 1_000 * MS
EPOCH_MS = 1_790_000_000_000
EVENT = "KXSOCC-26NOV20ASHKES"
HOME, TIE, AWAY = (VenueMarketId(f"{EVENT}-{code}") for code in ("ASH", "TIE", "KES"))
TICKERS = (HOME, TIE, AWAY)
YES = SelectionId("yes")
KEY_ID = "a952bcbe-ec3b-4b5b-b8f9-11dae589608c"
KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
PUBLIC_PEM = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
ROOT = "/trade-api/v2"
ORDERS = f"{ROOT}/portfolio/events/orders"
WS_PATH = "/trade-api/ws/v2"
RICH = Tier(read_rate=10_000, read_capacity=100_000, write_rate=10_000, write_capacity=100_000)
DIRECT, IN_CENTS = 100, 10_000


def details(ticker: VenueMarketId, outcome: str) -> MarketDetails:
    return MarketDetails(
        ticker=ticker,
        event_ticker=EVENT,
        series_ticker="KXSOCC",
        series_title="Soccer match",
        event_title="Ashbourne vs Kestrel",
        outcome=outcome,
        opens_ms=EPOCH_MS - 86_400_000,
        starts_ms=EPOCH_MS + 600_000,
        closes_ms=EPOCH_MS + 14 * 86_400_000,
    )


LISTED = tuple(details(*one) for one in zip(TICKERS, ("Ashbourne", "Tie", "Kestrel"), strict=True))


class Venue:
    """The fake over an exchange with a desk of 1,000 dollars, and the time, which only `pass_ms` moves."""

    def __init__(
        self,
        faults: Profile = PROFILES["none"],
        *,
        seed: int = 1,
        precision: int = DIRECT,
        flushes_on_reopen: bool = True,
        **options: Any,
    ) -> None:
        fee = QuadraticFee(taker_ppm=70_000, maker_ppm=17_500, precision_micros=precision)
        bands = ((100, 9_900, 100),)
        terms = Terms(PriceKind.CONTRACT, bands, Currency("USD"), lot_micros=10_000, size_min_micros=10_000, fee=fee)
        self.exchange = Exchange(
            ExchangeOptions(VenueName("kalshi"), terms, Collateral.FULL, flushes_on_reopen=flushes_on_reopen)
        )
        for ticker in TICKERS:
            self.exchange.list_market(MarketSpec(ticker, (YES,), winners=(0, 1)))
        self.exchange.open_account("desk", deposit_micros=1_000 * MICROS)
        for name in ("ann", "bob"):
            self.exchange.open_account(name, deposit_micros=0, crowd=True)
        settings: dict[str, Any] = {
            "account": "desk",
            "epoch_ns": EPOCH_MS * MS,
            "key_id": KEY_ID,
            "public_key": PUBLIC_PEM,
            "markets": LISTED,
            "tier": RICH,
            "settlement_timer_s": 5,
            "reply_lag_ms": (0, 0),
            "private_lag_ms": (0, 0),
            "seed": seed,
        }
        self.faults = Faults(faults, seed)
        self.fake = KalshiFake(self.exchange, FakeOptions(**settings | options), self.faults)
        self.now_ns = SECOND

    @property
    def books(self):
        return self.fake.books

    def pass_ms(self, ms: float) -> None:
        """Let time go by, each deadline at its own moment."""
        until_ns = self.now_ns + int(ms * MS)
        while (due := self.fake.next_deadline()) is not None and due <= until_ns:
            self.now_ns = max(self.now_ns, due)
            self.fake.on_time(self.now_ns)
        self.now_ns = until_ns

    def crowd(self, text: str, market: VenueMarketId = HOME, life: Life = Life.REST) -> SimOrder:
        """`"ann bid 10 @ 42"`: somebody else's order, the price in cents; everybody hears of it."""
        account, side, size, _, cents = text.split()
        placed = self.exchange.place(
            Placement(
                account,
                market,
                YES,
                Side.BACK if side == "bid" else Side.LAY,
                round(float(cents) * 100),
                round(float(size) * MICROS),
                life=life,
            ),
            self.now_ns,
        )
        assert isinstance(placed, SimOrder), placed
        self.publish()
        return placed

    def publish(self) -> None:
        self.exchange.publish(self.now_ns)

    def wallet_micros(self) -> int:
        return self.exchange.floor.accounts["desk"].wallet_micros


class Client:
    """One customer with one HTTP connection."""

    def __init__(self, venue: Venue, key: Any = KEY) -> None:
        self.venue = venue
        self.key = key
        self.seen: list[tuple[str, str, int, Any]] = []
        self._refs = 0
        self.dial()

    def dial(self) -> None:
        self.peer = self.venue.fake.rest.accept()
        self.wire = HandWire()
        self.peer.connected(self.wire, self.venue.now_ns)

    def signed(self, method: str, path: str, *, skew_ms: int = 0) -> dict[str, str]:
        stamp = str(EPOCH_MS + self.venue.now_ns // MS + skew_ms)
        signature = self.key.sign(f"{stamp}{method}{path.partition('?')[0]}".encode())
        return {
            "KALSHI_ACCESS_KEY": KEY_ID,
            "KALSHI_ACCESS_TIMESTAMP": stamp,
            "KALSHI_ACCESS_SIGNATURE": b64encode(signature).decode(),
        }

    def ask(self, method: str, path: str, body: Any = None, **headers: str) -> tuple[int, Any]:
        """Status and body of one request; headers of its own stand in for the signed ones."""
        path = path if path.startswith("/trade-api") else ROOT + path
        raw = body if isinstance(body, bytes) else b"" if body is None else json.dumps(body).encode()
        self.peer.received(
            question(path, raw, method=method, **(headers or self.signed(method, path))), self.venue.now_ns
        )
        ((status, _, answer),) = answers(self.wire.taken())
        found = json.loads(answer) if answer else None
        self.seen.append((method, path, status, found))
        return status, found

    def get(self, path: str) -> Any:
        status, body = self.ask("GET", path)
        assert status == 200, (status, body)
        return body

    def ref(self) -> str:
        self._refs += 1
        return f"ref-{self._refs}"

    def order(self, text: str, market: str = HOME, **more: Any) -> dict[str, Any]:
        """`"bid 10 @ 0.42"` as a request's body."""
        side, size, _, price = text.split()
        return {
            "ticker": market,
            "side": side,
            "count": size,
            "price": price,
            "time_in_force": "good_till_canceled",
            "self_trade_prevention_type": "taker_at_cross",
            "client_order_id": self.ref(),
        } | more

    def place(self, text: str, market: str = HOME, **more: Any) -> dict[str, Any]:
        """An order that must be accepted; the answer."""
        status, body = self.ask("POST", ORDERS, self.order(text, market, **more))
        assert status == 201, (status, body)
        return body

    def refused(self, text: str, market: str = HOME, **more: Any) -> tuple[int, Any]:
        status, body = self.ask("POST", ORDERS, self.order(text, market, **more))
        assert status >= 400, (status, body)
        return status, body


class Socket:
    """One WebSocket of the customer; `said` gives what came since the last time."""

    def __init__(self, client: Client, **headers: str) -> None:
        self.venue = client.venue
        self.peer = self.venue.fake.ws.accept()
        self.wire = HandWire()
        self.peer.connected(self.wire, self.venue.now_ns)
        self.protocol = ClientProtocol(parse_uri(f"wss://exchange{WS_PATH}"), max_size=None)
        request = self.protocol.connect()
        for name, value in (headers or client.signed("GET", WS_PATH)).items():
            request.headers[name.replace("_", "-")] = value
        self.protocol.send_request(request)
        self.pings: list[bytes] = []
        self.seen: list[dict[str, Any]] = []
        self.status = 0
        self._ids = 0
        self._send()
        self.said()

    def _send(self) -> None:
        for data in self.protocol.data_to_send():
            if data:
                self.peer.received(data, self.venue.now_ns)

    def tell(self, text: str | bytes) -> list[dict[str, Any]]:
        """Send a frame of text as it is."""
        self.protocol.send_text(text.encode() if isinstance(text, str) else text)
        self._send()
        return self.said()

    def command(self, cmd: str, **params: Any) -> list[dict[str, Any]]:
        self._ids += 1
        return self.tell(json.dumps({"id": self._ids, "cmd": cmd, "params": params}))

    def subscribe(self, *channels: str, **params: Any) -> list[dict[str, Any]]:
        return self.command("subscribe", channels=list(channels), **params)

    def said(self) -> list[dict[str, Any]]:
        data = self.wire.taken()
        if data:
            self.protocol.receive_data(data)
        found = []
        for event in self.protocol.events_received():
            if isinstance(event, Response):
                self.status = event.status_code
            elif isinstance(event, Frame) and event.opcode is Opcode.TEXT:
                found.append(json.loads(bytes(event.data)))
            elif isinstance(event, Frame) and event.opcode is Opcode.PING:
                self.pings.append(bytes(event.data))
        self._send()
        self.seen += found
        return found


def book_of(venue: Venue, market: VenueMarketId) -> dict[str, dict[int, int]]:
    """The exchange's own book in native YES prices and contracts of a hundredth."""
    selection = venue.exchange.floor.markets[market].selections[YES]
    return {
        side: {price: book.total(price) // 10_000 for price in book.prices()}
        for side, book in (("yes", selection.books[Side.BACK]), ("no", selection.books[Side.LAY]))
    }


class Mirror:
    """Books rebuilt from the stream: levels by market and side, and what was wrong with the numbering."""

    def __init__(self, *, in_yes: bool = True) -> None:
        self.in_yes = in_yes
        self.books: dict[str, dict[str, dict[int, int]]] = {}
        self.seq = 0
        self.gaps = 0

    def hear(self, said: list[dict[str, Any]], sid: int = 1) -> None:
        for message in said:
            if message.get("sid") != sid:
                continue
            self.gaps += message["seq"] != self.seq + 1
            self.seq = message["seq"]
            body = message.get("msg", {})
            if message["type"] == "orderbook_snapshot":
                self.books[body["market_ticker"]] = {
                    side: {self._price(side, at): _lots(size) for at, size in body.get(f"{side}_dollars_fp", [])}
                    for side in ("yes", "no")
                }
            elif message["type"] == "orderbook_delta":
                levels = self.books[body["market_ticker"]][body["side"]]
                at = self._price(body["side"], body["price_dollars"])
                levels[at] = levels.get(at, 0) + _lots(body["delta_fp"])
                if levels[at] <= 0:
                    del levels[at]

    def _price(self, side: str, text: str) -> int:
        native = int(text.replace(".", ""))
        return native if self.in_yes or side == "yes" else 10_000 - native


def _lots(text: str) -> int:
    return int(text.replace(".", ""))
