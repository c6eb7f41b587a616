"""Quotes of one inventory over several venues: nobody can ever sell to us dearer than another buys from us."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.ids import InstrumentId, StrategyName
from domain.intents import Child, QuoteIntent
from domain.net_price import net_price_ratio
from domain.odds import CLASSIC, claim_ratio
from domain.orders import Amend, Order, Side, TimeInForce
from domain.portfolio import InstrumentView
from strategy.uncrossed import Standing, crossed_by
from tests.builders import bet, instrument
from tests.strategy.views import listing

VIEWS = {view.instrument.id: view for view in (listing("one/home"), listing("two/home"), listing("three/home"))}
PLACES = sorted(VIEWS)


def quote(on: str, side: Side, price: int) -> QuoteIntent:
    return QuoteIntent(StrategyName("s"), InstrumentId(on), side, price, 10_000_000, "")


def uncrossed(
    wanted: list[QuoteIntent],
    working: list[Order],
    views: dict[InstrumentId, InstrumentView],
    *,
    mirrored: bool = False,
) -> list[QuoteIntent]:
    """Those of the quotes that are let in, asked in their order."""
    standing = Standing(working, views, mirrored=mirrored)
    return [one for one in wanted if standing.lets_in(one)]


def net(view: InstrumentView, side: Side, price: int) -> Fraction:
    terms = view.instrument.terms
    return Fraction(*net_price_ratio(terms.fee, side, claim_ratio(terms.kind, price), maker=True))


@st.composite
def quotes(draw: st.DrawFn) -> QuoteIntent:
    on, side = draw(st.sampled_from(PLACES)), draw(st.sampled_from(list(Side)))
    prices = range(3_000, 7_100, 100) if on.startswith("three") else CLASSIC.prices[40:140]
    return quote(on, side, draw(st.sampled_from(prices)))


def as_order(wanted: QuoteIntent, ref: int) -> Order:
    contract = wanted.instrument.startswith("three")
    text = f"{wanted.price / 10_000}c" if contract else f"{wanted.price / 100:.2f}"
    return bet(f"{wanted.side.name} 10 @ {text}", on=wanted.instrument, ref=str(ref), acked=True)


@settings(max_examples=150)
@given(st.lists(quotes(), max_size=5), st.lists(quotes(), max_size=8))
def test_no_bid_is_above_an_ask_net_of_fees_unless_it_stood_before(
    old: list[QuoteIntent], new: list[QuoteIntent]
) -> None:
    placed = uncrossed(new, [as_order(one, n) for n, one in enumerate(old)], VIEWS)
    for one in placed:
        ours = net(VIEWS[one.instrument], one.side, one.price)
        for other in (*placed, *old):
            if other.side is not one.side:
                theirs = net(VIEWS[other.instrument], other.side, other.price)
                assert ours <= theirs if one.side is Side.BACK else ours >= theirs


def test_quotes_that_cross_nothing_all_stand_in_their_order() -> None:
    wanted = [quote(PLACES[0], Side.BACK, 230), quote(PLACES[1], Side.BACK, 240), quote(PLACES[2], Side.LAY, 220)]
    assert uncrossed(wanted, [], VIEWS) == wanted


AWAY = InstrumentView(
    **{name: getattr(VIEWS[InstrumentId("two/match/home")], name) for name in InstrumentView.__struct_fields__}
    | {"instrument": instrument("two/match/away", outcome=1)}
)
TWO_OUTCOMES = {**VIEWS, AWAY.instrument.id: AWAY}


@pytest.mark.parametrize(("dear", "side", "kept"), [(190, Side.BACK, 1), (290, Side.BACK, 2), (290, Side.LAY, 1)])
def test_of_two_outcomes_a_bid_on_one_is_an_ask_on_the_other(dear: int, side: Side, kept: int) -> None:
    """1/1.60 and 1/1.90 are more than the one that a claim pays; 1/1.60 and 1/2.90 are less."""
    wanted = [quote("one/match/home", side, 160), quote("two/match/away", side, dear)]
    assert len(uncrossed(wanted, [], TWO_OUTCOMES, mirrored=True)) == kept
    assert len(uncrossed(wanted, [], TWO_OUTCOMES)) == 2


def test_what_another_strategy_has_at_rest_elsewhere_is_not_traded_through() -> None:
    resting = bet("LAY 10 @ 2.20", on="two/match/home", ref="theirs", acked=True)
    ours = Child(StrategyName("s"), InstrumentId("one/match/home"), Side.BACK, 180, 10, TimeInForce.REST, 1)
    assert crossed_by(ours, [resting], VIEWS, mirrored=False) == "theirs"
    cheap = Child(StrategyName("s"), InstrumentId("one/match/home"), Side.BACK, 240, 10, TimeInForce.REST, 1)
    assert crossed_by(cheap, [resting], VIEWS, mirrored=False) is None
    moving = replace(resting, price=170, amend=Amend("r", 220, 10_000_000))
    assert crossed_by(ours, [moving], VIEWS, mirrored=False) == "theirs"


def test_only_quotes_of_the_same_outcome_and_only_what_rests_counts() -> None:
    views = {**VIEWS, (draw := listing("two/draw")).instrument.id: draw}
    ask = quote("two/match/home", Side.LAY, 220)
    dear = bet("BACK 10 @ 1.80", on="two/match/draw", acked=True)
    assert uncrossed([ask], [dear], views) == [ask]
    taking = Order(
        **{name: getattr(dear, name) for name in dear.__struct_fields__}
        | {"instrument": InstrumentId("one/match/home"), "tif": TimeInForce.IMMEDIATE}
    )
    assert uncrossed([ask], [taking], views) == [ask]
