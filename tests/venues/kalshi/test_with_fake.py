"""Adapter and simulated exchange face to face: every byte between them, time by hand, trouble by seed."""

from collections import deque
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from domain.book import Book
from domain.ids import InstrumentId, OrderRef, StrategyName, VenueMarketId
from domain.markets import MarketStatus, Result
from domain.messages import (
    BalanceReported,
    BooksChanged,
    BooksDoubted,
    BooksProven,
    CancelAccepted,
    CancelOrder,
    CancelRefused,
    Channel,
    ChannelChanged,
    InstrumentsListed,
    MarketChanged,
    MarketSettled,
    OrderAbsent,
    OrderAccepted,
    OrderFilled,
    OrderRejected,
    OrderReported,
    PlaceOrder,
    QueryOrder,
    QuerySettlement,
    QueryVenue,
    RejectReason,
    VenueReported,
)
from domain.odds import PriceKind, ladder
from domain.orders import Order, Side, TimeInForce
from oms import order_states
from tests.venues.kalshi.desk import KALSHI, listing
from tests.venues.kalshi.venue import AWAY, EPOCH_MS, HOME, KEY, KEY_ID, MS, TICKERS, TIE, YES, Venue, book_of
from venues.base import Endpoint, Peer, Server
from venues.kalshi.protocol import Kalshi
from venues.kalshi.settings import Settings
from venues.kalshi.signing import Signer
from venues.secret import Secret
from venues.sim import lifecycle
from venues.sim.faults import PROFILES, Dice
from venues.sim.settling import settle

BOOK = InstrumentId(f"kalshi/{HOME}/yes")
CENTS = ladder(PriceKind.CONTRACT, ((100, 9_900, 100),))
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
R1 = OrderRef("abc-1")


class End:
    """One side of an in-memory connection; bytes wait in the network's queue until they are delivered."""

    def __init__(self, network: "Pipes", to: Peer) -> None:
        self.network = network
        self.to = to
        self.other: End
        self.is_open = True

    def write(self, data: bytes) -> None:
        if self.is_open:
            self.network.post(lambda now: self.to.received(data, now) if self.other.is_open else None)

    def close(self) -> None:
        self.is_open = False
        self.network.post(self.other.cut)

    def cut(self, now: int) -> None:
        if self.is_open:
            self.is_open = False
            self.network.post(lambda at: self.other.to.closed("closed", at))

    def backlog_bytes(self) -> int:
        return 0


class Pipes:
    """A network whose dials end at the simulated exchange's ports."""

    def __init__(self, world: Venue, kind: type[End] = End) -> None:
        self.world = world
        self.kind = kind
        self.ends: list[End] = []
        self._mail: deque[Callable[[int], None]] = deque()

    def post(self, delivery: Callable[[int], None]) -> None:
        self._mail.append(delivery)

    def dial(self, endpoint: Endpoint, peer: Peer) -> None:
        fake = self.world.fake
        servers: dict[str, Server] = {"rest": fake.rest, "ws": fake.ws, "fix": fake.fix}
        server = servers[endpoint.host]
        far = server.accept()
        ours, theirs = self.kind(self, far), self.kind(self, peer)
        ours.other, theirs.other = theirs, ours
        self.ends.append(ours)
        self.post(lambda now: far.connected(theirs, now))
        self.post(lambda now: peer.connected(ours, now))

    def deliver_first(self) -> None:
        """One delivery, and what it leads to still under way."""
        self._mail.popleft()(self.world.now_ns)

    def deliver(self) -> None:
        while self._mail:
            self._mail.popleft()(self.world.now_ns)

    def cut(self) -> None:
        """Every connection breaks."""
        for end in self.ends:
            if end.is_open:
                end.is_open = end.other.is_open = False
                end.other.to.closed("cut", self.world.now_ns)
                end.to.closed("cut", self.world.now_ns)
        self.ends.clear()
        self.deliver()


class Together:
    """The adapter on the exchange of one match with three markets."""

    def __init__(
        self,
        *args: Any,
        signer: Signer | None = None,
        settings: dict[str, Any] | None = None,
        ends: type[End] = End,
        **options: Any,
    ) -> None:
        self.world = Venue(*args, **options)
        self.pipes = Pipes(self.world, ends)
        self.facts: list[Any] = []
        self._open = lambda: self._opened(signer or Signer(Secret(KEY_ID), Secret(PEM)), settings or {})
        self.venue = self._open()

    @property
    def now(self) -> int:
        return self.world.now_ns

    def begin_again(self) -> None:
        """Another process takes over; it knows nothing of what this one sent."""
        self.venue.stop(self.world.now_ns)
        self.venue = self._open()

    def _opened(self, signer: Signer, settings: dict[str, Any]) -> Kalshi:
        base: dict[str, Any] = {name: Endpoint(host, 443, False) for name, host in (("rest", "rest"), ("stream", "ws"))}
        venue = Kalshi(
            Settings(**base | {"key_id": Secret(KEY_ID), "status_every_s": 13} | settings),
            [listing(ticker, n) for n, ticker in enumerate(TICKERS)],
            self.pipes,
            self.facts.append,
            wall_ns=lambda: EPOCH_MS * MS + self.world.now_ns,
            chance=lambda: 0.5,
            signer=signer,
        )
        venue.start(self.world.now_ns)
        return venue

    def run(self, ms: float) -> list[Any]:
        """Let both sides live for a while; what was told meanwhile, balances and proofs of life left out."""
        end = self.world.now_ns + int(ms * MS)
        self.pipes.deliver()
        while True:
            dues = [due for due in (self.venue.next_deadline(), self.world.fake.next_deadline()) if due is not None]
            due = min(dues, default=end)
            if due > end:
                break
            self.world.now_ns = max(self.world.now_ns, due)
            self.world.fake.on_time(self.world.now_ns)
            self.venue.on_time(self.world.now_ns)
            self.pipes.deliver()
        self.world.now_ns = end
        told = [fact for fact in self.facts if not isinstance(fact, BooksProven)]
        self.facts.clear()
        return told

    def send(self, command: Any, ms: float = 100) -> list[Any]:
        self.venue.send(command, self.world.now_ns)
        return self.run(ms)

    def at_exchange(self, act: Callable[..., Any], *args: Any, market: VenueMarketId = HOME) -> None:
        act(self.world.exchange, market, *args, self.world.now_ns)
        self.world.publish()

    def settle(self, market: VenueMarketId, payout: int | Fraction) -> None:
        self.at_exchange(lifecycle.close, market=market)
        self.at_exchange(settle, {YES: Fraction(payout)}, market=market)


def place(ref: str = R1, **changes: Any) -> PlaceOrder:
    base: dict[str, Any] = {
        "ref": OrderRef(ref),
        "instrument": BOOK,
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


def of(told: list[Any], kind: Any) -> list[Any]:
    return [fact for fact in told if isinstance(fact, kind)]


def folded(order: PlaceOrder, told: list[Any]) -> Order:
    """The order as the house's own order machine sees it after all that was told."""
    known = Order(
        ref=order.ref,
        instrument=order.instrument,
        strategy=order.strategy,
        side=order.side,
        price=order.price,
        size_micros=order.size_micros,
        tif=order.tif,
        decision=1,
        intended_ns=0,
    )
    for fact in told:
        if type(fact) in order_states.EFFECTS and fact.ref == order.ref:
            known = order_states.apply(known, fact)
    return known


@pytest.fixture
def both() -> Together:
    both = Together()
    both.run(2_000)
    return both


def test_everything_comes_up() -> None:
    both = Together()
    both.world.crowd("ann ask 30 @ 52")
    told = both.run(2_000)
    assert [one.id for fact in of(told, InstrumentsListed) for one in fact.instruments] == [
        f"kalshi/{ticker}/yes" for ticker in TICKERS
    ]
    ups = {fact.channel for fact in of(told, ChannelChanged) if fact.up}
    assert ups == set(Channel)
    assert {fact.venue_market: fact.status for fact in of(told, MarketChanged)} == dict.fromkeys(
        TICKERS, MarketStatus.OPEN
    )
    book = Book(CENTS)
    for changed in of(told, BooksChanged):
        for levels in changed.books:
            if levels.instrument == BOOK:
                book.apply(levels, 0)
    assert [(CENTS.price(tick), size) for tick, size in book.levels(to_back=True, depth=5)] == [(5_200, 30_000_000)]
    assert both.venue._asking.conversations_failed == 0


def test_the_book_follows_the_crowd(both: Together) -> None:
    both.world.crowd("ann bid 12.34 @ 46")
    told = of(both.run(500), BooksChanged)
    (levels,) = [one for fact in told for one in fact.books if not one.image]  # a probe brings an image now and then
    assert (levels.instrument, levels.to_back, levels.to_lay, levels.relative) == (BOOK, [], [(45, 12_340_000)], True)


def test_a_quiet_stream_stays_alive(both: Together) -> None:
    told = both.run(90_000)
    assert of(told, ChannelChanged) == []
    assert of(told, BooksDoubted) == []
    assert both.venue._asking.conversations_failed == 0


def test_a_resting_order_is_accepted_filled_in_parts_and_cancelled(both: Together) -> None:
    told = both.send(place())
    assert of(told, OrderAccepted)[0].venue_order_id == of(told, OrderReported)[-1].venue_order_id
    both.world.crowd("ann ask 4 @ 47")
    told += both.run(100)
    (filled,) = of(told, OrderFilled)
    assert (filled.fill.size_micros, filled.fill.cost_micros, filled.fill.maker) == (4_000_000, 1_880_000, True)
    told += both.send(cancel())
    assert of(told, CancelAccepted)[0].size_micros == 6_000_000
    order = folded(place(), told)
    assert (order.matched_micros, order.cost_micros, order.cancelled_micros, order.lapsed_micros) == (
        4_000_000,
        1_880_000,
        6_000_000,
        0,
    )
    assert order.fee_micros == 17_500, "0.0175 x 4 x 0.47 x 0.53, rounded up"
    assert not order.suspect
    assert of(both.send(cancel(request="c2")), CancelRefused)[0].reason is RejectReason.NOT_RESTING


def test_an_ask_takes_what_is_there_at_better_prices_and_rests(both: Together) -> None:
    both.world.crowd("ann bid 3 @ 44")
    command = place(side=Side.LAY, price=4_000)
    told = both.send(command)
    order = folded(command, told)
    assert (order.matched_micros, order.cost_micros, order.remaining_micros) == (3_000_000, 1_320_000, 7_000_000)
    assert order.unattributed_micros == 0


def test_an_immediate_order_takes_what_it_can_and_dies(both: Together) -> None:
    both.world.crowd("ann ask 4 @ 46")
    command = place(tif=TimeInForce.IMMEDIATE)
    order = folded(command, both.send(command))
    assert (order.matched_micros, order.cost_micros, order.cancelled_micros) == (4_000_000, 1_840_000, 6_000_000)
    again = place("abc-2", tif=TimeInForce.IMMEDIATE)
    order = folded(again, both.send(again))
    assert (order.matched_micros, order.cancelled_micros, order.lapsed_micros) == (0, 10_000_000, 0)


def test_our_own_resting_order_stops_the_one_that_would_meet_it(both: Together) -> None:
    both.send(place())
    crossing = place("abc-2", side=Side.LAY)
    order = folded(crossing, both.send(crossing))
    assert (order.matched_micros, order.remaining_micros) == (0, 0)
    (round_,) = of(both.send(QueryVenue(KALSHI), 1_000), VenueReported)
    assert [one.ref for one in round_.orders] == [R1]


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"size_micros": 100_000_000_000}, RejectReason.INSUFFICIENT_FUNDS),
        ({"instrument": InstrumentId("kalshi/NONE/yes")}, RejectReason.NOT_SENT),
    ],
)
def test_what_is_refused_is_rejected_with_our_reason(both: Together, changes: dict[str, Any], reason) -> None:
    (rejected,) = of(both.send(place(**changes)), OrderRejected)
    assert rejected.reason is reason


def test_a_pause_lapses_resting_orders_and_refuses_new_ones(both: Together) -> None:
    told = both.send(place())
    both.at_exchange(lifecycle.suspend)
    told += both.run(200)
    assert of(told, MarketChanged)[-1].status is MarketStatus.SUSPENDED
    order = folded(place(), told)
    assert (order.lapsed_micros, order.cancelled_micros) == (10_000_000, 0)
    (rejected,) = of(both.send(place("abc-2")), OrderRejected)
    assert rejected.reason in (RejectReason.MARKET_SUSPENDED, RejectReason.MARKET_CLOSED)
    both.at_exchange(lifecycle.reopen)
    assert of(both.run(40_000), MarketChanged)[-1].status is MarketStatus.OPEN
    assert of(both.send(place("abc-3")), OrderAccepted)


def test_a_round_after_a_cut_tells_what_happened_meanwhile(both: Together) -> None:
    told = both.send(place())
    both.pipes.cut()
    assert {fact.channel for fact in of(both.run(0), ChannelChanged)} >= {Channel.MARKET_DATA, Channel.ORDERS}
    both.world.crowd("ann ask 10 @ 47")
    back = both.run(5_000)
    assert {fact.channel for fact in of(back, ChannelChanged) if fact.up} >= {Channel.MARKET_DATA, Channel.ORDERS}
    round_ = both.send(QueryVenue(KALSHI), 2_000)
    assert of(round_, VenueReported)[0].orders == ()
    order = folded(place(), [*told, *back, *round_])
    assert (order.matched_micros, order.cost_micros, order.fee_micros) == (10_000_000, 4_700_000, 43_600)


def test_a_market_that_was_settled_during_a_cut_is_found_closed_after_it(both: Together) -> None:
    both.pipes.cut()
    both.settle(HOME, 1)
    (closed,) = [fact for fact in of(both.run(5_000), MarketChanged) if fact.venue_market == HOME]
    assert (closed.status, closed.results) == (MarketStatus.CLOSED, {YES: Result.WON})


def test_a_round_waits_for_lists_that_lag() -> None:
    both = Together(visible_after_ms=1_200)
    both.run(3_000)
    both.send(place(), 0)
    asked_ns = both.world.now_ns
    told = both.send(QueryVenue(KALSHI), 3_000)
    (round_,) = of(told, VenueReported)
    assert round_.asked_ns >= asked_ns
    assert [one.ref for one in round_.orders] == [R1]


def test_absence_in_a_list_that_lags_is_no_newer_than_the_list() -> None:
    both = Together(visible_after_ms=1_200)
    both.run(3_000)
    asked_ns = both.world.now_ns
    (absent,) = of(both.send(QueryOrder(OrderRef("abc-9")), 1_000), OrderAbsent)
    assert asked_ns - 1_300 * MS <= absent.asked_ns <= asked_ns - 1_100 * MS


def test_an_order_that_was_never_placed_is_absent(both: Together) -> None:
    (absent,) = of(both.send(QueryOrder(OrderRef("abc-9"))), OrderAbsent)
    assert absent.asked_ns <= both.world.now_ns


def test_a_wrong_key_brings_nothing_up() -> None:
    other = Ed25519PrivateKey.from_private_bytes(bytes(range(1, 33)))
    pem = other.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    both = Together(signer=Signer(Secret(KEY_ID), Secret(pem)))
    told = both.run(20_000)
    assert [fact for fact in of(told, ChannelChanged) if fact.up] == []
    assert any("not authorised" in fact.reason for fact in of(told, ChannelChanged))


@pytest.mark.parametrize(("payout", "result"), [(1, Result.WON), (0, Result.LOST)])
def test_a_market_is_settled_once_and_in_full(both: Together, payout: int, result: Result) -> None:
    """10 bought at 47, 4 sold at 55: 6 are left at the end, and four pairs were paid out on the way."""
    before = both.world.wallet_micros()
    both.world.crowd("ann ask 10 @ 47")
    told = both.send(place())
    both.world.crowd("bob bid 4 @ 55")
    sale = place("abc-2", side=Side.LAY, price=5_500, size_micros=4_000_000)
    told += both.send(sale)
    assert of(both.send(QuerySettlement(KALSHI, HOME)), MarketSettled) == []
    both.settle(HOME, payout)
    closing = both.run(20_000)
    assert of(closing, MarketChanged)[-1].results == {YES: result}
    (settled,) = of(both.send(QuerySettlement(KALSHI, HOME), 1_000), MarketSettled)
    expected = (6_000_000 if payout else 0) + 4_000_000 - 4_700_000 - 1_800_000
    assert (settled.profit_micros, settled.commission_micros, settled.results) == (expected, 0, {YES: result})
    assert of(both.send(QuerySettlement(KALSHI, HOME), 1_000), MarketSettled) == [settled]
    fees = folded(place(), told).fee_micros + folded(sale, told).fee_micros
    money = of(both.send(QueryVenue(KALSHI), 1_000), BalanceReported)[-1]
    assert money.balance_micros == both.world.wallet_micros() == before + expected - fees


def test_a_market_settled_at_a_fair_price_says_so_without_a_result(both: Together) -> None:
    both.world.crowd("ann ask 10 @ 47")
    both.send(place())
    both.settle(HOME, Fraction(42, 100))
    assert of(both.run(20_000), MarketChanged)[-1].results == {}
    (settled,) = of(both.send(QuerySettlement(KALSHI, HOME), 1_000), MarketSettled)
    assert (settled.profit_micros, settled.results) == (-500_000, {})


def test_a_market_without_a_match_of_ours_settles_at_nothing(both: Together) -> None:
    both.send(place())
    both.settle(HOME, 1)
    both.run(20_000)
    (settled,) = of(both.send(QuerySettlement(KALSHI, HOME), 1_000), MarketSettled)
    assert (settled.profit_micros, settled.results) == (0, {YES: Result.WON})


@pytest.mark.parametrize("seed", range(4))
def test_after_a_storm_books_and_orders_are_those_of_the_exchange(seed: int) -> None:
    """Requests lost, doubled, cut and answered in HTML; feeds cut, frozen and swapped; connections broken by hand."""
    both = Together(PROFILES["storm"], seed=seed, visible_after_ms=300)
    dice, told = Dice(seed, "storm"), both.run(10_000)
    sent: dict[OrderRef, PlaceOrder] = {}
    for step in range(120):
        account, side = ("ann", "bob")[dice.below(2)], ("bid", "ask")[dice.below(2)]
        both.world.crowd(f"{account} {side} {1 + dice.below(9)} @ {42 + dice.below(11)}", TICKERS[dice.below(3)])
        tif = (TimeInForce.REST, TimeInForce.IMMEDIATE)[dice.below(2)]
        command = place(
            f"abc-{step}",
            instrument=InstrumentId(f"kalshi/{TICKERS[dice.below(3)]}/yes"),
            side=(Side.BACK, Side.LAY)[dice.below(2)],
            price=4_200 + 100 * dice.below(11),
            tif=tif,
        )
        sent[command.ref] = command
        told += both.send(command, 200)
        told += both.send(cancel(f"abc-{dice.below(step + 1)}", f"c{step}"), 1 + dice.below(2_000))
        if dice.below(20) == 0:
            both.pipes.cut()
        if dice.below(10) == 0:
            told += both.send(QueryVenue(KALSHI), 500)
    both.world.faults.profile = PROFILES["none"]
    told += both.run(90_000)

    assert both.world.faults.fired.total() > 10
    theirs = [one for one in both.world.exchange.floor.orders.values() if one.account == "desk"]
    by_ref = {one.client_ref: one for one in theirs}
    assert len(by_ref) == len(theirs) > 20
    for ref, command in sent.items():
        heard = both.send(QueryOrder(ref), 1_500)
        answer = [fact for fact in of(heard, OrderReported | OrderAbsent) if fact.ref == ref]
        order = by_ref.get(ref)
        if order is None:
            assert [type(fact) for fact in answer] == [OrderAbsent], ref
            continue
        told += heard
        ours = folded(command, told)
        gone = order.cancelled_micros + order.lapsed_micros
        assert (ours.matched_micros, ours.claims_micros, ours.unattributed_micros) == (
            order.matched_micros,
            order.claims_micros,
            0,
        ), ref
        assert ours.cost_micros == order.cost_micros, ref
        assert (ours.cancelled_micros + ours.lapsed_micros, ours.remaining_micros) == (gone, order.remaining_micros), (
            ref
        )
    rejected = {fact.ref for fact in of(told, OrderRejected)}
    assert not rejected & by_ref.keys(), "what was called rejected is not at the exchange"
    fees = sum(folded(command, told).fee_micros for command in sent.values())
    spent = sum(one.cost_micros if one.side is Side.BACK else one.claims_micros - one.cost_micros for one in theirs)
    assert fees > 0
    assert spent > 0

    shelf = {InstrumentId(f"kalshi/{ticker}/yes"): Book(CENTS) for ticker in TICKERS}
    for fact in told:
        for levels in fact.books if isinstance(fact, BooksChanged) else ():
            shelf[levels.instrument].apply(levels, 0)
        if isinstance(fact, BooksDoubted):
            for book in shelf.values():
                book.doubt()
    for ticker in (HOME, TIE, AWAY):
        book = shelf[InstrumentId(f"kalshi/{ticker}/yes")]
        assert book.clean
        for side, to_back in (("yes", False), ("no", True)):
            found = {book.ladder.price(t): size // 10_000 for t, size in book.levels(to_back=to_back, depth=99)}
            assert found == book_of(both.world, ticker)[side], (ticker, side)


@pytest.mark.parametrize("code", [10, 17, 25])
def test_books_whose_subscription_the_venue_ends_are_whole_again(code: int) -> None:
    both = Together(ends_with=code)
    both.world.crowd("ann ask 30 @ 52")
    both.run(2_000)
    said = [(one, error) for one in both.world.fake.ws._connections for error in one._switchboard.overflow()]
    assert [error["msg"]["code"] for _, error in said] == [code]
    for stream, error in said:
        stream._say(error, both.now)
    told = both.run(3_000)
    assert of(told, BooksDoubted)
    images = [levels.instrument for changed in of(told, BooksChanged) for levels in changed.books if levels.image]
    assert set(images) == {f"kalshi/{ticker}/yes" for ticker in TICKERS}
