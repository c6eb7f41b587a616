"""Worst loss where several win: the few sets that are looked at hold the worst of all, to the last coin."""

from fractions import Fraction

from hypothesis import given, settings
from hypothesis import strategies as st

from domain.fees import NetWinFee, QuadraticFee
from domain.ids import EventId, MarketId, SelectionId, VenueMarketId
from domain.markets import Market
from domain.money import MICROS
from domain.odds import PriceKind
from domain.orders import Side
from domain.terms import Terms
from tests.builders import instrument
from venues.sim.loss import Column, Share, market_loss_micros
from venues.sim.queues import SimOrder

COIN = 10_000
RATES_E8 = (125_000_000, 110_000_000, 100_000_000)


def terms_of(venue: int) -> Terms:
    fee = (NetWinFee(rate_ppm=50_000), NetWinFee(rate_ppm=20_000), QuadraticFee(taker_ppm=70_000))[venue]
    return instrument(f"v{venue}/m/0", fee=fee).terms


def order(side: Side, price: int, size: int, *, matched: bool, terms: Terms) -> SimOrder:
    micros = size * MICROS
    found = SimOrder(1, "desk", VenueMarketId("m"), SelectionId("s"), side, price, micros, 0)
    if matched:
        found.matched_micros = micros
        at_odds = terms.kind is PriceKind.ODDS
        found.claims_micros = micros * price // 100 if at_odds else micros
        found.cost_micros = micros if at_odds else micros * price // 10_000
    return found


orders = st.lists(
    st.tuples(
        st.integers(0, 2),
        st.integers(0, 5),
        st.sampled_from([Side.BACK, Side.LAY]),
        st.sampled_from([150, 240, 400]),
        st.integers(2, 60),
        st.booleans(),
    ),
    max_size=9,
)


@settings(max_examples=150)
@given(orders, st.integers(2, 4), st.booleans())
def test_the_sets_looked_at_hold_the_worst_of_all(placed, winners, void_alone) -> None:
    market = Market(MarketId("m"), EventId("e"), "place", tuple("abcdef"), winners=winners)
    columns = [Column(terms_of(v), rate_e8=RATES_E8[v], void_alone=void_alone and v == 0) for v in range(3)]
    for venue, outcome, side, odds, size, matched in placed:
        terms = columns[venue].terms
        price = odds if terms.kind is PriceKind.ODDS else 100 * (10_000 // odds)
        share = Share(order(side, price, size, matched=matched, terms=terms), terms)
        columns[venue].outcomes.setdefault(outcome, Share()).move(Share(), share)
    every = market_loss_micros(market, columns)
    some = market_loss_micros(market, columns, sets_max=0)
    assert every - sum(Fraction(COIN * rate, 10**8) for rate in RATES_E8[:2]) <= some <= every


def test_a_market_of_very_many_sets_is_added_up_at_once() -> None:
    """Ten of a hundred and fifty win: 1e15 sets."""
    market = Market(MarketId("m"), EventId("e"), "top_10", tuple(map(str, range(150))), winners=10)
    terms = terms_of(0)
    column = Column(terms, rate_e8=100_000_000, void_alone=False)
    for outcome in range(150):
        column.outcomes[outcome] = Share(order(Side.LAY, 400, 2, matched=True, terms=terms), terms)
    assert market_loss_micros(market, [column]) == 0, "140 stakes of 2 are won, ten times 6 lost"
    for outcome in range(10):
        column.outcomes[outcome] = Share(order(Side.LAY, 400, 30, matched=True, terms=terms), terms)
    assert market_loss_micros(market, [column]) == (10 * 90 - 140 * 2) * MICROS
