"""Adapter and simulated exchange face to face: every byte between them, time by hand, trouble by seed."""

from collections import deque
from collections.abc import Callable
from fractions import Fraction
from typing import Any

import pytest
from msgspec.structs import replace

from domain.book import Book
from domain.ids import InstrumentId, MarketId, OrderRef, SelectionId, VenueMarketId
from domain.markets import MarketStatus, Result
from domain.messages import (
    BooksChanged,
    BooksDoubted,
    CancelAccepted,
    CancelRefused,
    Channel,
    ChannelChanged,
    InstrumentsListed,
    MarketChanged,
    MarketSettled,
    OrderAbsent,
    OrderAccepted,
    OrderRejected,
    OrderReported,
    QueryOrder,
    QuerySettlement,
    QueryVenue,
    RejectReason,
    VenueReported,
)
from domain.odds import CLASSIC
from domain.orders import Side, TimeInForce
from domain.venue_notes import PositionBasis, PositionsReported
from tests.venues.betfair.desk import BETFAIR, cancel, listing, place
from tests.venues.betfair.fake.lines import LINES_MARKET, list_lines
from tests.venues.betfair.fake.world import AWAY, DRAW, HOME, MARKET, MS, Customer, World
from venues.base import Endpoint, Peer, Server
from venues.betfair.fake.options import selection_of
from venues.betfair.protocol import Betfair
from venues.betfair.settings import Settings
from venues.secret import Secret
from venues.sim import lifecycle
from venues.sim.faults import PROFILES, Dice, Profile
from venues.sim.images import levels as exchange_levels
from venues.sim.settling import Payouts, settle

INSTRUMENT = InstrumentId(f"betfair/{MARKET}/{HOME}")


class End:
    """One side of an in-memory connection; bytes wait in the network's queue until they are delivered."""

    def __init__(self, network: "Pipes", to: Peer) -> None:
        self.network = network
        self.to = to
        self.other: End
        self.is_open = True

    def write(self, data: bytes) -> None:
        data = self.network.edit(data)
        if self.is_open and data:
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
    """A network whose dials end at the simulated exchange's two ports. `edit` may read, change or swallow bytes."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.ends: list[End] = []
        self.is_down = False
        self.edit: Callable[[bytes], bytes] = lambda data: data
        self._mail: deque[Callable[[int], None]] = deque()

    def post(self, delivery: Callable[[int], None]) -> None:
        self._mail.append(delivery)

    def dial(self, endpoint: Endpoint, peer: Peer) -> None:
        if self.is_down:
            self.post(lambda now: peer.closed("unreachable", now))
            return
        server: Server = self.world.fake.stream if endpoint.host == "stream" else self.world.fake.rest
        far = server.accept()
        ours, theirs = End(self, far), End(self, peer)
        ours.other, theirs.other = theirs, ours
        self.ends.append(ours)
        self.post(lambda now: far.connected(theirs, now))
        self.post(lambda now: peer.connected(ours, now))

    def deliver(self) -> None:
        while self._mail:
            self._mail.popleft()(self.world.now)

    def cut(self) -> None:
        """Every connection breaks."""
        for end in self.ends:
            if end.is_open:
                end.is_open = end.other.is_open = False
                end.other.to.closed("cut", self.world.now)
                end.to.closed("cut", self.world.now)
        self.ends.clear()
        self.deliver()


class Together:
    """The adapter on the exchange of a small football world."""

    def __init__(
        self,
        profile: Profile = PROFILES["none"],
        seed: int = 1,
        said: dict[str, Any] | None = None,
        mapped: tuple[VenueMarketId, ...] = (MARKET,),
        lines: tuple[float, ...] = (),
        **options: Any,
    ) -> None:
        self.world = World(profile=profile, seed=seed, **options)
        if lines:
            list_lines(self.world)
        self._lines = [
            replace(listing(side, n, LINES_MARKET), market=MarketId(f"line {goals:g}"))
            for goals in lines
            for n, side in enumerate((selection_of(HOME, goals), selection_of(AWAY, -goals)))
        ]
        self.pipes = Pipes(self.world)
        self.facts: list[Any] = []
        self._said = said or {}
        self._mapped = mapped
        self.venue = self._open()

    @property
    def now(self) -> int:
        return self.world.now

    def begin_again(self) -> None:
        """Another process takes over; it knows nothing of what this one sent."""
        self.venue.stop(self.world.now)
        self.venue = self._open()

    def _open(self) -> Betfair:
        hosts: dict[str, Any] = {
            name: Endpoint(name, 443, False) for name in ("login", "identity", "betting", "stream")
        }
        said = self.world.options
        secrets: dict[str, Any] = {
            "app_key": Secret(said.app_key),
            "username": Secret(said.username),
            "password": Secret(said.password),
        }
        runners = [
            listing(str(runner), n, market) for market in self._mapped for n, runner in enumerate((HOME, AWAY, DRAW))
        ]
        venue = Betfair(
            Settings(**(hosts | secrets | self._said)),
            [*runners, *self._lines],
            self.pipes,
            self.facts.append,
            wall_ns=lambda: said.epoch_ns + self.world.now,
            chance=lambda: 0.5,
        )
        venue.start(self.world.now)
        return venue

    def run(self, ms: int) -> list[Any]:
        """Let both sides live for a while; what was told meanwhile, balances and proofs of life left out."""
        end = self.world.now + ms * MS
        self.pipes.deliver()
        while True:
            dues = [due for due in (self.venue.next_deadline(), self.world.fake.next_deadline()) if due is not None]
            due = min(dues, default=end)
            if due > end:
                break
            self.world.now = max(self.world.now, due)
            self.world.fake.on_time(self.world.now)
            self.venue.on_time(self.world.now)
            self.pipes.deliver()
        self.world.now = end
        quiet = ("BooksProven", "BalanceReported")
        told = [fact for fact in self.facts if type(fact).__name__ not in quiet]
        self.facts.clear()
        return told

    def send(self, command: Any, ms: int = 100) -> list[Any]:
        self.venue.send(command, self.world.now)
        return self.run(ms)


def bet(ref: str = "r1", **changes: Any) -> Any:
    return place(ref, **({"instrument": INSTRUMENT} | changes))


@pytest.fixture
def both() -> Together:
    both = Together()
    both.run(1_000)
    return both


def of(told: list[Any], kind: Any) -> list[Any]:
    return [fact for fact in told if isinstance(fact, kind)]


def test_everything_comes_up() -> None:
    both = Together()
    both.world.crowd("LAY", "2.50", "30")
    told = both.run(1_000)
    (listed,) = of(told, InstrumentsListed)
    assert [one.id for one in listed.instruments] == [f"betfair/{MARKET}/{one}" for one in (HOME, AWAY, DRAW)]
    ups = {fact.channel for fact in of(told, ChannelChanged) if fact.up}
    assert ups == set(Channel)
    assert of(told, MarketChanged)[-1].status is MarketStatus.OPEN
    book = Book(CLASSIC)
    for changed in of(told, BooksChanged):
        for levels in changed.books:
            if levels.instrument == INSTRUMENT:
                book.apply(levels, 0)
    assert book.levels(to_back=True, depth=5) == [(CLASSIC.tick(250), 30_000_000)]


def test_the_book_follows_the_crowd(both: Together) -> None:
    both.world.crowd("BACK", "2.60", "12.34")
    (changed,) = of(both.run(500), BooksChanged)
    assert [(x.instrument, x.to_back, x.to_lay) for x in changed.books] == [
        (INSTRUMENT, [], [(CLASSIC.tick(260), 12_340_000)])
    ]


def test_a_quiet_stream_stays_alive(both: Together) -> None:
    assert of(both.run(60_000), ChannelChanged) == []


def test_a_resting_bet_is_accepted_filled_in_parts_and_cancelled(both: Together) -> None:
    told = both.send(bet())
    assert of(told, OrderAccepted)[0].venue_order_id == of(told, OrderReported)[-1].venue_order_id
    both.world.crowd("LAY", "2.50", "4")
    report = of(both.run(100), OrderReported)[-1]
    assert (report.matched_micros, report.claims_micros, report.closed) == (4_000_000, 10_000_000, False)
    told = both.send(cancel())
    assert of(told, CancelAccepted)[0].size_micros == 6_000_000
    report = of(told, OrderReported)[-1]
    assert (report.matched_micros, report.cancelled_micros, report.closed) == (4_000_000, 6_000_000, True)
    assert of(both.send(cancel(request="c2")), CancelRefused)[0].reason is RejectReason.NOT_RESTING


def test_a_lay_takes_what_is_there_and_rests(both: Together) -> None:
    both.world.crowd("BACK", "2.40", "3")
    told = both.send(bet(side=Side.LAY))
    report = of(told, OrderReported)[-1]
    assert (report.matched_micros, report.claims_micros, report.closed) == (3_000_000, 7_200_000, False)


def test_an_immediate_bet_takes_what_it_can_and_dies(both: Together) -> None:
    both.world.crowd("LAY", "2.50", "4")
    told = both.send(bet(tif=TimeInForce.IMMEDIATE))
    report = of(told, OrderReported)[-1]
    assert (report.matched_micros, report.cancelled_micros, report.closed) == (4_000_000, 6_000_000, True)
    told = both.send(bet("r2", tif=TimeInForce.IMMEDIATE))
    report = of(told, OrderReported)[-1]
    assert (report.matched_micros, report.cancelled_micros, report.closed) == (0, 10_000_000, True)


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"price": 251}, RejectReason.INVALID_PRICE),
        ({"size_micros": 500_000, "price": 150}, RejectReason.INVALID_SIZE),
        ({"size_micros": 100_000_000_000}, RejectReason.INSUFFICIENT_FUNDS),
    ],
)
def test_what_the_exchange_refuses_is_rejected_with_our_reason(
    both: Together, changes: dict[str, Any], reason: RejectReason
) -> None:
    (rejected,) = of(both.send(bet(**changes)), OrderRejected)
    assert rejected.reason is reason


def test_suspension_and_turning_in_play_lapse_resting_bets(both: Together) -> None:
    both.send(bet())
    both.world.at_exchange(lifecycle.suspend)
    told = both.run(200)
    assert of(told, MarketChanged)[-1].status is MarketStatus.SUSPENDED
    (rejected,) = of(both.send(bet("r2")), OrderRejected)
    assert rejected.reason is RejectReason.MARKET_SUSPENDED


def test_a_round_after_a_cut_tells_what_happened_meanwhile(both: Together) -> None:
    both.send(bet())
    both.pipes.cut()
    assert {fact.channel for fact in of(both.run(0), ChannelChanged)} >= {Channel.MARKET_DATA, Channel.ORDERS}
    both.world.crowd("LAY", "2.50", "10")
    told = both.run(3_000)
    assert {fact.channel for fact in of(told, ChannelChanged) if fact.up} >= {Channel.MARKET_DATA, Channel.ORDERS}
    (round_,) = of(both.send(QueryVenue(BETFAIR)), VenueReported)
    (order,) = round_.orders
    assert (order.ref, order.report.matched_micros, order.report.closed) == ("r1", 10_000_000, True)


def test_a_round_tells_what_all_bets_of_the_account_come_to_whoever_placed_them(both: Together) -> None:
    both.send(bet())
    both.world.crowd("LAY", "2.50", "10")
    both.world.crowd("LAY", "3.00", "4")
    assert Customer(both.world).bet("BACK 4 @ 3.00")["sizeMatched"] == 4
    told = both.send(QueryVenue(BETFAIR))
    (listed,), (held,) = of(told, VenueReported), of(told, PositionsReported)
    assert [one.ref for one in listed.orders] == ["r1"], "nothing is left to do about what somebody else's bet became"
    assert (held.basis, held.asked_ns, held.whole) == (PositionBasis.CLAIMS, listed.asked_ns, True)
    assert held.held_micros == {INSTRUMENT: listed.orders[0].report.claims_micros + 12_000_000}


def test_a_cut_does_not_lose_a_change_of_the_book(both: Together) -> None:
    book = Book(CLASSIC)

    def follow(told: list[Any]) -> None:
        for changed in of(told, BooksChanged):
            for levels in changed.books:
                if levels.instrument == INSTRUMENT:
                    book.apply(levels, 0)

    both.world.crowd("LAY", "2.50", "30")
    follow(both.run(500))
    for odds in ("2.48", "2.46", "2.44"):
        both.pipes.cut()
        both.world.crowd("LAY", odds, "7")
        follow(both.run(20_000))
    expected = [(CLASSIC.tick(250), 30_000_000), *((CLASSIC.tick(odds), 7_000_000) for odds in (248, 246, 244))]
    assert book.levels(to_back=True, depth=9) == expected


def test_an_order_that_was_never_placed_is_absent(both: Together) -> None:
    (absent,) = of(both.send(QueryOrder(OrderRef("never"))), OrderAbsent)
    assert absent.asked_ns <= both.world.now


def test_a_session_that_expires_is_renewed_and_the_next_bet_goes(both: Together) -> None:
    both.world.fake.sessions.expire()
    (rejected,) = of(both.send(bet()), OrderRejected)
    assert rejected.reason is RejectReason.NOT_AUTHORISED
    both.run(2_000)
    assert of(both.send(bet("r2")), OrderAccepted)


def test_a_market_is_settled_once_and_in_full(both: Together) -> None:
    both.world.crowd("LAY", "2.50", "10")
    both.send(bet())
    assert of(both.send(QuerySettlement(BETFAIR, MARKET)), MarketSettled) == []
    both.world.at_exchange(lifecycle.suspend)
    payouts: Payouts = {SelectionId(str(one)): Fraction(one == HOME) for one in (HOME, AWAY, DRAW)}
    results = {
        SelectionId(str(one)): word for one, word in ((HOME, Result.WON), (AWAY, Result.LOST), (DRAW, Result.LOST))
    }
    both.world.at_exchange(lifecycle.close)
    both.world.at_exchange(settle, payouts)
    told = both.run(1_000)
    assert of(told, MarketChanged)[-1].results == results
    (settled,) = of(both.send(QuerySettlement(BETFAIR, MARKET)), MarketSettled)
    assert (settled.profit_micros, settled.commission_micros, settled.results) == (15_000_000, 750_000, results)
    (again,) = of(both.send(QuerySettlement(BETFAIR, MARKET)), MarketSettled)
    assert again == settled
    report = of(both.send(QueryOrder(OrderRef("r1")), 1_000), OrderReported)[-1]
    assert (report.matched_micros, report.claims_micros, report.closed) == (10_000_000, 25_000_000, True)


def test_bets_of_a_desk_that_fell_silent_are_taken_out() -> None:
    both = Together(said={"dead_man_s": 10})
    both.run(1_000)
    both.send(bet())
    both.run(30_000)
    assert of(both.send(QueryOrder(OrderRef("r1"))), OrderReported)[-1].closed is False
    both.pipes.is_down = True
    both.pipes.cut()
    both.run(15_000)
    both.pipes.is_down = False
    assert Channel.ORDERS in {fact.channel for fact in of(both.run(30_000), ChannelChanged) if fact.up}
    report = of(both.send(QueryOrder(OrderRef("r1"))), OrderReported)[-1]
    assert (report.matched_micros, report.cancelled_micros, report.closed) == (0, 10_000_000, True)


def test_a_market_that_closed_before_we_came_is_told_and_can_be_settled() -> None:
    both = Together()
    both.world.at_exchange(lifecycle.close)
    payouts: Payouts = {SelectionId(str(one)): Fraction(one == DRAW) for one in (HOME, AWAY, DRAW)}
    both.world.at_exchange(settle, payouts)
    (changed,) = of(both.run(2_000), MarketChanged)
    assert changed.status is MarketStatus.CLOSED
    assert changed.results[SelectionId(str(DRAW))] is Result.WON
    (settled,) = of(both.send(QuerySettlement(BETFAIR, MARKET)), MarketSettled)
    assert (settled.profit_micros, settled.results) == (0, changed.results)


@pytest.mark.parametrize(
    ("seed", "lines"), [*((seed, ()) for seed in range(8)), *((seed, (-0.25, 0.0)) for seed in range(3))]
)
def test_after_a_storm_books_and_bets_are_those_of_the_exchange(seed: int, lines: tuple[float, ...]) -> None:
    """Requests lost, doubled, cut and answered in HTML; feeds cut, frozen and swapped; connections broken by hand."""
    both = Together(PROFILES["storm"], seed, lines=lines, delay_ms=0)
    market, on = (LINES_MARKET, selection_of(HOME, lines[0])) if lines else (MARKET, selection_of(HOME, 0))
    named: dict[str, Any] = {"instrument": InstrumentId(f"betfair/{market}/{on}")}
    dice, refs, told = Dice(seed, "storm"), [], both.run(5_000)
    for step in range(120):
        side, odds = ("LAY", "BACK")[dice.below(2)], 240 + 2 * dice.below(11)
        both.world.crowd(side, f"{odds / 100:.2f}", str(1 + dice.below(9)), runner=on, market=market)
        refs.append(f"r{step}")
        tif = (TimeInForce.REST, TimeInForce.IMMEDIATE)[dice.below(2)]
        sides = (Side.BACK, Side.LAY)
        named |= {"side": sides[dice.below(2)], "price": 240 + 2 * dice.below(11), "tif": tif}
        told += both.send(bet(refs[-1], **named), 200)
        told += both.send(cancel(refs[dice.below(len(refs))], f"c{step}"), 1 + dice.below(2_000))
        if dice.below(20) == 0:
            both.pipes.cut()
    both.world.faults.profile = PROFILES["none"]
    told += both.run(60_000)

    assert both.world.faults.fired.total() > 10
    by_ref = {one.client_ref: one for one in both.world.exchange.floor.orders.values() if one.account == "desk"}
    assert len(by_ref) == sum(one.account == "desk" for one in both.world.exchange.floor.orders.values())
    assert len(by_ref) > 20
    for ref in refs:
        (final,) = of(both.send(QueryOrder(OrderRef(ref)), 1_000), OrderReported | OrderAbsent)
        order = by_ref.get(ref)
        if order is None:
            assert isinstance(final, OrderAbsent), ref
            continue
        gone = order.cancelled_micros + order.lapsed_micros
        assert (final.matched_micros, final.claims_micros) == (order.matched_micros, order.claims_micros), ref
        assert (final.cancelled_micros + final.lapsed_micros, final.closed) == (gone, not order.live), ref
    rejected = {fact.ref for fact in of(told, OrderRejected)}
    assert not rejected & by_ref.keys(), "what was called rejected is not at the exchange"

    shelf = {one.id: Book(CLASSIC) for fact in of(told, InstrumentsListed) for one in fact.instruments}
    for fact in told:
        for levels in fact.books if isinstance(fact, BooksChanged) else ():
            shelf[levels.instrument].apply(levels, 0)
        if isinstance(fact, BooksDoubted):
            for book in shelf.values():
                book.doubt()
    assert len(shelf) == 3 + 2 * len(lines)
    for instrument, book in shelf.items():
        listed_in, selection = instrument.split("/")[1:]
        assert book.clean
        for resting, to_back in ((Side.LAY, True), (Side.BACK, False)):
            theirs = exchange_levels(
                both.world.exchange, VenueMarketId(listed_in), SelectionId(selection), resting=resting
            )
            assert [(book.ladder.price(t), size) for t, size in book.levels(to_back=to_back, depth=400)] == theirs
