"""Wishes of our own strategies that meet: served by each other, and only the rest goes to venues."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import MarketId, OrderRef, StrategyName
from domain.inside import CrossedInside
from domain.intents import CancelIntent, Intent, QuoteIntent, TakeIntent
from domain.money import MICROS
from domain.odds import PriceKind
from domain.orders import Side
from oms.inside import InsideBook, Place, cross_inside
from tests.builders import instrument

HERE = instrument()
PLACES = {HERE.id: Place(HERE, 125_000_000)}
MATCH = MarketId("match")


def take(name: str, side: Side, limit: int, claims: int, *, outcome: int = 0) -> TakeIntent:
    """A limit in thousandths."""
    return TakeIntent(StrategyName(name), MATCH, outcome, side, limit * 10**6, claims * MICROS, "")


def quote(name: str, side: Side, price: int, size: int) -> QuoteIntent:
    return QuoteIntent(StrategyName(name), HERE.id, side, price, size * MICROS, "")


def test_a_buyer_and_a_seller_meet_in_the_middle_of_their_prices() -> None:
    left, crossed = cross_inside([take("a", Side.BACK, 520, 30), take("b", Side.LAY, 500, 50)], PLACES)
    assert crossed == [CrossedInside(MATCH, 0, StrategyName("a"), StrategyName("b"), 30 * MICROS, 510_000_000)]
    assert left == [take("b", Side.LAY, 500, 20)]


def test_wishes_that_do_not_meet_are_left_alone() -> None:
    for others in (
        take("b", Side.LAY, 530, 50),
        take("b", Side.BACK, 500, 50),
        take("b", Side.LAY, 500, 50, outcome=1),
        take("a", Side.LAY, 500, 50),
        CancelIntent(StrategyName("b"), OrderRef("r1"), ""),
    ):
        wishes: list[Intent] = [take("a", Side.BACK, 520, 30), others]
        assert cross_inside(wishes, PLACES) == (wishes, [])


def test_of_two_outcomes_whoever_backs_one_is_served_by_whoever_backs_the_other() -> None:
    """A claim on one and a claim on the other bring one; they would pay 1.04 for that, and the middle is 0.50."""
    both = [take("a", Side.BACK, 520, 30), take("b", Side.BACK, 520, 50, outcome=1)]
    left, crossed = cross_inside(both, PLACES, mirrored=True)
    assert crossed == [CrossedInside(MATCH, 0, StrategyName("a"), StrategyName("b"), 30 * MICROS, 500_000_000)]
    assert left == [take("b", Side.BACK, 520, 20, outcome=1)]
    laid: list[Intent] = [take("a", Side.LAY, 480, 30, outcome=1), quote("b", Side.LAY, 200, 20)]
    (note,) = cross_inside(laid, PLACES, mirrored=True)[1]
    assert (note.outcome, note.buyer, note.seller, note.price_e9) == (1, "b", "a", 490_000_000)


@pytest.mark.parametrize(
    ("other", "mirrored"),
    [
        (take("b", Side.BACK, 470, 50, outcome=1), True),
        (take("b", Side.LAY, 470, 50, outcome=1), True),
        (take("b", Side.BACK, 520, 50), True),
        (take("b", Side.BACK, 520, 50, outcome=1), False),
    ],
)
def test_backs_that_are_not_each_others_reverse_are_left_alone(other: TakeIntent, *, mirrored: bool) -> None:
    wishes: list[Intent] = [take("a", Side.BACK, 520, 30), other]
    assert cross_inside(wishes, PLACES, mirrored=mirrored) == (wishes, [])


def test_a_take_meets_a_quote_that_is_not_at_its_venue_yet() -> None:
    left, (note,) = cross_inside([quote("maker", Side.LAY, 200, 20), take("a", Side.BACK, 520, 30)], PLACES)
    assert (note.buyer, note.seller, note.claims_micros) == ("a", "maker", 30 * MICROS)
    assert left == [quote("maker", Side.LAY, 200, 8)]  # 20 pounds at 2.00 are 50 claims in base
    assert note.price_e9 == 510_000_000


def test_a_quote_that_is_taken_whole_is_not_placed() -> None:
    left, _ = cross_inside([take("a", Side.BACK, 520, 80), quote("maker", Side.LAY, 200, 20)], PLACES)
    assert left == [take("a", Side.BACK, 520, 30)]


def test_a_quote_of_a_line_is_no_price_of_a_claim() -> None:
    line = msgspec.structs.replace(HERE, terms=msgspec.structs.replace(HERE.terms, kind=PriceKind.LINE))
    wishes: list[Intent] = [take("a", Side.BACK, 520, 30), quote("maker", Side.LAY, 200, 20)]
    assert cross_inside(wishes, {HERE.id: Place(line, 125_000_000)}) == (wishes, [])


def test_two_quotes_that_meet_are_two_opinions() -> None:
    wishes: list[Intent] = [quote("a", Side.LAY, 190, 5), quote("b", Side.BACK, 180, 5)]
    assert cross_inside(wishes, PLACES) == (wishes, [])


@given(
    st.lists(
        st.tuples(st.sampled_from("abc"), st.sampled_from(list(Side)), st.integers(450, 550), st.integers(1, 90)),
        max_size=6,
    )
)
def test_nobody_gets_worse_than_wanted_nor_more_and_the_desk_is_where_it_was(
    wants: list[tuple[str, Side, int, int]],
) -> None:
    wishes = [take(*want) for want in wants]
    left, crossed = cross_inside(wishes, PLACES)
    book = InsideBook()
    for note in crossed:
        assert note.claims_micros > 0
        assert note.buyer != note.seller
        book.apply(note)
    assert sum(claims for claims, _ in book.held.values()) == 0
    assert sum(paid for _, paid in book.held.values()) == 0
    for side, name in ((Side.BACK, "buyer"), (Side.LAY, "seller")):
        served = sum(note.claims_micros for note in crossed)
        wanted = sum(wish.claims_micros for wish in wishes if wish.side is side)
        rest = sum(wish.claims_micros for wish in left if isinstance(wish, TakeIntent) and wish.side is side)
        assert wanted - rest == served, name
    meeting = [
        (one, other)
        for one in left
        for other in left
        if isinstance(one, TakeIntent) and isinstance(other, TakeIntent)
        if one.side is Side.BACK and other.side is Side.LAY and one.strategy != other.strategy
    ]
    assert all(one.limit_e9 < other.limit_e9 for one, other in meeting)


def test_what_strategies_owe_each_other_is_told() -> None:
    book = InsideBook()
    book.apply(CrossedInside(MATCH, 0, StrategyName("a"), StrategyName("b"), 30 * MICROS, 510_000_000))
    assert book.snapshot() == [("a", MATCH, 0, 30 * MICROS, 15_300_000), ("b", MATCH, 0, -30 * MICROS, -15_300_000)]
