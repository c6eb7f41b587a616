"""Our account at the exchanges' books: worst loss against a slow judge, its highest, and a report that adds up."""

import json
from fractions import Fraction
from itertools import chain, combinations

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.claims import claims_and_cost_micros, results
from domain.fees import FeeTerms, NetWinFee, net_win_commission_micros
from domain.ids import Currency, EventId, MarketId, SelectionId, VenueMarketId, VenueName
from domain.markets import Event, Listing, Mapping, Market
from domain.money import MICROS, FxRates
from domain.odds import CLASSIC, PriceKind
from domain.orders import Side
from domain.terms import Terms
from tests.venues.sim.builders import CENTS, NANOS, QUADRATIC, demo_world, three_venues
from tests.venues.sim.desks import quote_world, truth
from venues.sim.accounts import Collateral
from venues.sim.exchange import Exchange, ExchangeOptions
from venues.sim.images import open_orders
from venues.sim.lifecycle import close, reopen, suspend
from venues.sim.markets import MarketSpec
from venues.sim.notices import WISHED, Cause
from venues.sim.placements import Placement
from venues.sim.settling import Payouts, settle, void_matches
from venues.sim.street import StreetRecord
from venues.sim.world import DESK

ONE, TWO, CONTRACTS = VenueName("one"), VenueName("two"), VenueName("contracts")
EVENT, MARKET = EventId("match"), MarketId("match/result")
NAMES = ("home", "draw", "away")
RATES = FxRates(Currency("USD"), {Currency("GBP"): 125_000_000, Currency("EUR"): 110_000_000}, 0, "test")


class Town:
    """Three exchanges that list one question, and the record of the desk's account at them."""

    def __init__(self, *, void_alone: tuple[VenueName, ...] = (), cancellations: frozenset[Cause] = WISHED) -> None:
        self.exchanges = {
            ONE: _odds(ONE, "GBP", NetWinFee(rate_ppm=50_000), cancellations),
            TWO: _odds(TWO, "EUR", NetWinFee(rate_ppm=20_000)),
            CONTRACTS: _contracts(),
        }
        listings = [
            Listing(venue, VenueMarketId("m"), SelectionId(name), MARKET, k)
            for venue in (ONE, TWO)
            for k, name in enumerate(NAMES)
        ]
        listings += [
            Listing(CONTRACTS, VenueMarketId(name), SelectionId("yes"), MARKET, k) for k, name in enumerate(NAMES)
        ]
        mapping = Mapping(
            (Event(EVENT, "Home v Away", 0),),
            (Market(MARKET, EVENT, "match_odds", NAMES, void_alone=void_alone),),
            tuple(listings),
        )
        self.mapping = mapping
        self.record = StreetRecord(self.exchanges, mapping, account=DESK, rates=RATES, start_ns=0)

    def order(self, venue: VenueName, outcome: int, side: Side, size: int, price: int, *, matched: bool) -> None:
        """An order of the desk, met by the crowd in full or not at all."""
        exchange = self.exchanges[venue]
        market, selection = ("m", NAMES[outcome]) if venue != CONTRACTS else (NAMES[outcome], "yes")
        sides = [("crowd", Side.LAY if side is Side.BACK else Side.BACK)] if matched else []
        for account, wish in [*sides, (DESK, side)]:
            exchange.place(
                Placement(account, VenueMarketId(market), SelectionId(selection), wish, price, size * MICROS), 0
            )
        exchange.publish(NANOS)

    @property
    def loss(self) -> int:
        return self.record.worst_loss_micros(EVENT)


def _odds(name: VenueName, currency: str, fee: FeeTerms, cancellations: frozenset[Cause] = WISHED) -> Exchange:
    terms = Terms(PriceKind.ODDS, CLASSIC.bands, Currency(currency), 10_000, MICROS, fee)
    exchange = Exchange(ExchangeOptions(name, terms, Collateral.NET, cancellations=cancellations))
    exchange.list_market(MarketSpec(VenueMarketId("m"), tuple(SelectionId(n) for n in NAMES)))
    return _staffed(exchange)


def _contracts() -> Exchange:
    terms = Terms(PriceKind.CONTRACT, CENTS, Currency("USD"), 10_000, 10_000, QUADRATIC)
    exchange = Exchange(ExchangeOptions(CONTRACTS, terms, Collateral.FULL, tells_maker=True))
    for name in NAMES:
        exchange.list_market(MarketSpec(VenueMarketId(name), (SelectionId("yes"),), winners=(0, 1)))
    return _staffed(exchange)


def _staffed(exchange: Exchange) -> Exchange:
    exchange.open_account(DESK, deposit_micros=100_000 * MICROS)
    exchange.open_account("crowd", deposit_micros=0, crowd=True)
    return exchange


def test_commission_makes_a_back_here_and_a_lay_there_lose():
    town = Town()
    town.order(ONE, 0, Side.BACK, 88, 200, matched=True)
    town.order(TWO, 0, Side.LAY, 100, 200, matched=True)
    # 88 GBP = 110 USD against 100 EUR = 110 USD: commission of 5 % or of 2 % is all that is left
    assert town.loss == 5_500_000


def test_open_orders_count_where_they_hurt():
    town = Town()
    town.order(TWO, 0, Side.BACK, 100, 250, matched=True)
    town.order(TWO, 1, Side.LAY, 50, 400, matched=True)
    town.order(TWO, 2, Side.BACK, 20, 600, matched=False)
    town.order(TWO, 0, Side.LAY, 40, 260, matched=False)
    # the widely known example: worst case 250 without the open orders, 270 with them
    assert town.loss == 270 * MICROS * 11 // 10


def test_a_cancelled_order_leaves_now_but_not_the_highest():
    town = Town()
    town.order(ONE, 0, Side.BACK, 100, 200, matched=False)
    assert town.loss == 125 * MICROS
    order = next(open_orders(town.exchanges[ONE], DESK))
    town.exchanges[ONE].cancel(order.number, account=DESK, now_ns=2 * NANOS)
    town.exchanges[ONE].publish(2 * NANOS)
    assert town.loss == 0
    report = town.record.report()
    assert report["events"][EVENT] == {"worst_loss": 0, "worst_loss_max": 125 * MICROS, "at_ms": 1_000}
    assert report["worst_loss_history"] == [(1_000, EVENT, 125 * MICROS), (2_000, EVENT, 0)]


def test_fees_of_contracts_are_part_of_the_loss():
    town = Town()
    town.order(CONTRACTS, 0, Side.BACK, 100, 5_000, matched=True)
    assert town.loss == 50 * MICROS + 1_750_000


def test_a_market_is_over_when_every_venue_with_a_bet_has_settled():
    town = Town()
    town.order(ONE, 0, Side.BACK, 10, 200, matched=True)
    town.order(TWO, 1, Side.BACK, 10, 300, matched=True)
    before = town.loss
    payouts: Payouts = {SelectionId(name): Fraction(int(name == "home")) for name in NAMES}
    for venue, left in ((ONE, before), (TWO, 0)):
        exchange = town.exchanges[venue]
        close(exchange, VenueMarketId("m"), 3)
        settle(exchange, VenueMarketId("m"), payouts, 4)
        exchange.publish(4)
        assert town.loss == left


def test_what_was_voided_is_gone():
    town = Town()
    town.order(ONE, 0, Side.BACK, 10, 200, matched=True)
    void_matches(town.exchanges[ONE], VenueMarketId("m"), 3, chosen=lambda match: match.id > 0)
    town.exchanges[ONE].publish(3)
    assert town.loss == 0
    assert town.record.report()["venues"][ONE]["fill_list"][0]["voided"] is True


@pytest.mark.parametrize(("alone", "loss"), [((), 2_250_000), ((ONE,), 49_750_000)])
def test_a_venue_that_may_void_alone_may_not_pay_the_hedge(alone, loss):
    town = Town(void_alone=alone)
    town.order(ONE, 0, Side.LAY, 40, 200, matched=True)  # wins 50 USD less 5 % if home loses
    town.order(CONTRACTS, 0, Side.BACK, 100, 4_800, matched=True)  # loses 48 and a fee of 1.75 then
    assert town.loss == loss


@pytest.mark.parametrize(("alone", "loss"), [((), 3_750_000), ((ONE,), 53_750_000)])
def test_what_a_venue_would_pay_for_a_winner_it_may_void_alone_as_well(alone, loss):
    town = Town(void_alone=alone)
    town.order(ONE, 0, Side.BACK, 40, 210, matched=True)
    town.order(CONTRACTS, 0, Side.LAY, 100, 4_800, matched=True)
    assert town.loss == loss


orders = st.lists(
    st.tuples(
        st.sampled_from([ONE, TWO, CONTRACTS]),
        st.integers(0, 2),
        st.sampled_from([Side.BACK, Side.LAY]),
        st.integers(2, 60),
        st.sampled_from([150, 240, 400]),
        st.booleans(),
    ),
    max_size=7,
)


@given(orders)
@settings(max_examples=60)
def test_the_worst_loss_agrees_with_trying_every_outcome_and_every_subset_of_fills(placed):
    town = Town()
    for venue, outcome, side, size, odds, matched in placed:
        price = odds if venue != CONTRACTS else (10_000 // odds) * 100
        town.order(venue, outcome, side, size, price, matched=matched)
    assert town.loss == _slow_loss(town)


def _slow_loss(town: Town) -> int:
    """Every winner, every subset of the open orders filled at their limits, every market netted and converted."""
    pending = [(venue, order) for venue, exchange in town.exchanges.items() for order in open_orders(exchange, DESK)]
    subsets = chain.from_iterable(combinations(pending, n) for n in range(len(pending) + 1))
    worst = min(
        sum((_net(town, venue, winner, filled) for venue in town.exchanges), Fraction(0))
        for filled in list(subsets)
        for winner in range(3)
    )
    return max(0, -(worst.numerator // worst.denominator))


def _net(town: Town, venue: VenueName, winner: int, filled) -> Fraction:
    terms = town.exchanges[venue].options.terms
    grosses: dict[str, int] = {}
    for order in town.exchanges[venue].floor.orders.values():
        if order.account != DESK:
            continue
        claims, cost, fee = order.claims_micros, order.cost_micros, order.fee_micros
        if any(other is order for _, other in filled):
            more_claims, more_cost = claims_and_cost_micros(terms.kind, order.price, order.remaining_micros)
            claims, cost = claims + more_claims, cost + more_cost
            if venue == CONTRACTS:
                raw = Fraction(7, 100) * more_cost * (more_claims - more_cost) / more_claims
                fee += -(-raw // 10_000) * 10_000
        name = order.selection if venue != CONTRACTS else order.market
        won = results(order.side, claims=claims, cost=cost)[0 if NAMES.index(name) == winner else 1]
        grosses[order.market] = grosses.get(order.market, 0) + won - fee
    if isinstance(terms.fee, NetWinFee):
        grosses = {market: gross - net_win_commission_micros(terms.fee, gross) for market, gross in grosses.items()}
    return sum(grosses.values()) * RATES.rate(terms.currency, RATES.base)


def test_what_no_customer_is_shown_or_told_stands_apart():
    town = Town()
    exchange, market = town.exchanges[ONE], VenueMarketId("m")
    for now_ns, shown in ((1, False), (2, True), (3, False)):
        suspend(exchange, market, now_ns)
        exchange.publish(now_ns)
        if shown:
            exchange.showed(market, suspended=True)
            exchange.showed(market, suspended=True)
        reopen(exchange, market, now_ns)
        exchange.publish(now_ns)
        exchange.showed(market, suspended=False)
    town.order(ONE, 0, Side.BACK, 10, 300, matched=True)
    town.order(CONTRACTS, 0, Side.BACK, 10, 3_000, matched=True)
    report = town.record.report()["venues"]
    assert (report[ONE]["suspensions"], report[ONE]["untold"]) == (1, {"suspensions": 2, "maker_fills": 0})
    assert "maker_fills" not in report[ONE], "it does not say who was maker"
    assert (report[ONE]["fills"], report[CONTRACTS]["fills"], report[CONTRACTS]["maker_fills"]) == (1, 1, 0)


@pytest.mark.parametrize(("named", "found"), [(frozenset(), (0, 1)), (frozenset(Cause), (1, 0))])
def test_an_order_that_a_market_s_end_took_out_is_counted_by_what_the_venue_calls_that(named, found):
    town = Town(cancellations=WISHED | named)
    town.order(ONE, 0, Side.BACK, 10, 300, matched=False)
    close(town.exchanges[ONE], VenueMarketId("m"), 1)
    town.exchanges[ONE].publish(1)
    report = town.record.report()["venues"][ONE]
    assert (report["cancelled"], report["lapsed"]) == found


def test_the_report_adds_up_to_the_wallet_and_is_plain_json():
    world = demo_world(7, matches=3)
    venues = three_venues()
    record = StreetRecord(world.exchanges, world.mapping, account=DESK, rates=RATES, start_ns=world.start_ns)
    quote_world(world, venues, truth, width=0.012, moments_ns=range(0, 13 * 60 * NANOS, 15 * NANOS))
    world.on_time(world.clock_ns(40 * 60 * NANOS))
    report = json.loads(msgspec.json.encode(record.report()))
    assert report["worst_loss_max"] == max(loss for _, _, loss in report["worst_loss_history"])
    assert all(event["worst_loss"] == 0 for event in list(report["events"].values())[:1])
    for venue in report["venues"].values():
        fees = sum(fill["fee_micros"] for fill in venue["fill_list"] if not fill["voided"])
        paid = sum(line["profit_micros"] - line["commission_micros"] for line in venue["statements"])
        assert venue["wallet"] == venue["deposit"] - fees + paid
        assert venue["settled_markets"] > 0
        assert venue["accepted"] == len(venue["order_list"]) > 50
        assert venue["matches"] == len(venue["fill_list"])
        assert venue["fills"] == len({fill["order"] for fill in venue["fill_list"]}) > 5
        for order in venue["order_list"]:
            fills = [fill for fill in venue["fill_list"] if fill["order"] == order["number"] and not fill["voided"]]
            assert order["matched_micros"] == sum(fill["size_micros"] for fill in fills)
