"""Orders of ours on different outcomes that an exchange would match with each other."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import InstrumentId, StrategyName
from domain.intents import Child
from domain.odds import CLASSIC, FINEST, Ladder
from domain.orders import Amend, Order, Side, TimeInForce
from oms.crossing import met_across
from tests.builders import bet


def child(side: Side, price: int) -> Child:
    return Child(StrategyName("s"), InstrumentId("a"), side, price, 1_000_000, TimeInForce.REST, decision=1)


def ours(**bets: str) -> list[Order]:
    return [bet(text, on=name[0], ref=name) for name, text in bets.items()]


B, C = InstrumentId("b"), InstrumentId("c")


@pytest.mark.parametrize(
    ("side", "price", "meets"),
    [(Side.BACK, 216, True), (Side.BACK, 218, False), (Side.BACK, 150, True), (Side.LAY, 150, False)],
)
def test_a_back_of_one_runner_stands_in_the_book_of_the_other(side: Side, price: int, meets: bool) -> None:
    assert bool(met_across(child(side, price), [B], ours(b="BACK 5 @ 1.85"))) is meets


@pytest.mark.parametrize(("prices", "meets"), [(CLASSIC, False), (FINEST, True)])
def test_where_it_stands_there_is_for_the_ladder_of_the_market_to_say(prices: Ladder, meets: bool) -> None:
    """1.93 is worth 2.075 of the other: 2.07 where every hundredth is a price, else 2.06."""
    orders = ours(b="BACK 5 @ 1.93")
    assert bool(met_across(child(Side.BACK, 207), [B], orders, prices.bands)) is meets
    assert met_across(child(Side.BACK, 206), [B], orders, prices.bands) == ("b",)


@pytest.mark.parametrize(("price", "meets"), [(187, True), (186, False), (300, True)])
def test_a_lay_of_one_runner_stands_in_the_book_of_the_other(price: int, meets: bool) -> None:
    assert met_across(child(Side.LAY, price), [B], ours(b="LAY 5 @ 2.16")) == (("b",) if meets else ())


def test_of_three_outcomes_both_others_are_needed() -> None:
    orders = ours(b="BACK 5 @ 3.00", c="BACK 5 @ 4.00")
    assert met_across(child(Side.BACK, 240), [B, C], orders) == ("b", "c")
    assert met_across(child(Side.BACK, 242), [B, C], orders) == ()
    assert met_across(child(Side.BACK, 240), [B, C], orders[:1]) == ()


def test_the_nearest_order_of_an_outcome_counts_and_only_while_it_may_be_matched() -> None:
    orders = ours(b="BACK 5 @ 3.50", b2="BACK 5 @ 3.00", c="BACK 5 @ 4.00")
    assert met_across(child(Side.BACK, 240), [B, C], orders) == ("b2", "c")
    gone = [*orders[:1], bet("BACK 5 @ 3.00", on="b", ref="b2", cancelled_micros=5_000_000), orders[2]]
    assert met_across(child(Side.BACK, 240), [B, C], gone) == ()


@pytest.mark.parametrize(("before", "after"), [(210, 190), (190, 210)])
def test_an_order_under_change_is_met_at_both_of_its_prices(before: int, after: int) -> None:
    """Only the old one was looked at: 1.90 was on its way to the venue, and 2.05 of the other was sent after it."""
    amend = Amend("a1", after, 5_000_000)
    moves = bet(f"BACK 5 @ {before / 100}", on="b", ref="b", amend=amend)
    assert met_across(child(Side.BACK, 205), [B], [moves]) == ("b",)
    assert met_across(child(Side.BACK, 216), [B], [moves]) == ()
    assert met_across(child(Side.BACK, 270), [B, C], [moves, *ours(c="BACK 5 @ 9.00")]) == ("b", "c")


def test_backs_that_reach_a_certainty_alone_meet_any_back_and_no_lay() -> None:
    for side, meets in ((Side.BACK, True), (Side.LAY, False)):
        orders = ours(b=f"{side.name} 5 @ 1.90", c=f"{side.name} 5 @ 1.90")
        assert bool(met_across(child(side, 1_000), [B, C], orders)) is meets


@given(
    st.sampled_from(list(Side)),
    st.lists(st.sampled_from(CLASSIC.prices[50:250]), min_size=3, max_size=4),
)
def test_three_bets_meet_where_their_chances_by_price_reach_one_or_do_not_pass_it(
    side: Side, prices: list[int]
) -> None:
    first, *rest = prices
    names = [InstrumentId(f"{'bcd'[n]}") for n in range(len(rest))]
    orders = [bet(f"{side.name} 5 @ {p / 100:.2f}", on=n, ref=n) for n, p in zip(names, rest, strict=True)]
    book = sum(Fraction(100, price) for price in prices)
    meets = book >= 1 if side is Side.BACK else book <= 1
    assert bool(met_across(child(side, first), names, orders)) is meets
