"""Ladders: which prices are legal, how they count in ticks, and which way a limit is rounded."""

from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.odds import (
    CLASSIC,
    FINEST,
    NATIVE_SCALE,
    Ladder,
    LimitMode,
    PriceKind,
    claim_ratio,
    contract_ladder,
    ladder,
    limit_tick,
    line_ladder,
    odds_ladder,
)
from domain.orders import Side

CENTS = contract_ladder([(0, 10_000, 100)])
TAPERED = contract_ladder([(0, 1_000, 10), (1_000, 9_000, 100), (9_000, 10_000, 10)])
LINES = line_ladder(lowest=-400, highest=400, interval=25)
LADDERS = st.sampled_from([CLASSIC, FINEST, CENTS, TAPERED, LINES])
PRICED = st.sampled_from([CLASSIC, FINEST, CENTS, TAPERED])


# --- which prices are legal ---


@pytest.mark.parametrize(
    ("hundredths", "tick"),
    [
        (101, 0),
        (200, 99),
        (202, 100),
        (300, 149),
        (400, 169),
        (600, 189),
        (1_000, 209),
        (2_000, 229),
        (3_000, 239),
        (5_000, 249),
        (10_000, 259),
        (100_000, 349),
        (100, None),
        (201, None),
        (303, None),
        (187_81, None),
        (100_001, None),
    ],
)
def test_the_classic_odds_have_their_known_ticks(hundredths, tick):
    assert CLASSIC.tick(hundredths) == tick
    if tick is not None:
        assert CLASSIC.price(tick) == hundredths


def test_ladders_have_their_known_lengths():
    assert [len(ladder) for ladder in (CLASSIC, FINEST, CENTS, TAPERED, LINES)] == [350, 99_900, 99, 279, 33]


@pytest.mark.parametrize("ladder", [CENTS, TAPERED])
def test_nothing_and_certainty_are_not_contract_prices(ladder):
    assert ladder.tick(0) is ladder.tick(10_000) is None
    assert 0 < ladder.prices[0] < ladder.prices[-1] < 10_000


def test_a_boundary_of_two_bands_is_one_tick():
    assert [TAPERED.price(tick) for tick in range(97, 102)] == [980, 990, 1_000, 1_100, 1_200]


def test_lines_may_be_below_zero_and_are_even_bets():
    assert LINES.value(0) == -4
    assert LINES.tick(0) == 16
    assert LINES.claim_price(3) == Fraction(1, 2)


@given(LADDERS, st.data())
def test_ticks_and_prices_are_each_others_inverse(ladder, data):
    tick = data.draw(st.integers(0, len(ladder) - 1))
    price = ladder.price(tick)
    assert ladder.tick(price) == ladder.tick_by_price[price] == tick
    assert ladder.value(tick) * NATIVE_SCALE[ladder.kind] == price
    assert ladder.floor_tick(ladder.value(tick)) == ladder.ceil_tick(ladder.value(tick)) == tick


@given(LADDERS, st.fractions(min_value=-5, max_value=1_100, max_denominator=10**7))
def test_floor_and_ceiling_ticks_stand_around_a_value(ladder, value):
    low, high = ladder.floor_tick(value), ladder.ceil_tick(value)
    assert low is None or ladder.value(low) <= value
    assert high is None or ladder.value(high) >= value
    below, above = -1 if low is None else low, len(ladder) if high is None else high
    assert above - below in {0, 1}


@pytest.mark.parametrize("tick", [-1, 350])
def test_a_tick_outside_the_ladder_is_an_error(tick):
    with pytest.raises(IndexError):
        CLASSIC.price(tick)


@pytest.mark.parametrize(
    ("kind", "price", "claim"),
    [
        (PriceKind.ODDS, 250, Fraction(2, 5)),
        (PriceKind.ODDS, 300, Fraction(1, 3)),
        (PriceKind.CONTRACT, 5_200, Fraction("0.52")),
        (PriceKind.LINE, 1_050, Fraction(1, 2)),
    ],
)
def test_a_price_says_what_one_claim_costs(kind, price, claim):
    assert Fraction(*claim_ratio(kind, price)) == claim


@given(PRICED, st.data())
def test_the_price_of_a_claim_lies_between_nothing_and_certainty(ladder, data):
    assert 0 < ladder.claim_price(data.draw(st.integers(0, len(ladder) - 1))) < 1


# --- building and keeping ---


@pytest.mark.parametrize(
    ("build", "said"),
    [
        (lambda: odds_ladder([]), "at least one band"),
        (lambda: odds_ladder([(100, 200, 1)]), "must lie in 101 to 100000"),
        (lambda: odds_ladder([(101, 100_001, 1)]), "must lie in 101 to 100000"),
        (lambda: contract_ladder([(-100, 9_900, 100)]), "must lie in 0 to 10000"),
        (lambda: contract_ladder([(0, 10_100, 100)]), "must lie in 0 to 10000"),
        (lambda: contract_ladder([(0, 10_001, 1)]), "must lie in 0 to 10000"),
        (lambda: odds_ladder([(101, 200, 2)]), "not a whole number of steps"),
        (lambda: odds_ladder([(101, 200, 0)]), "not a whole number of steps"),
        (lambda: odds_ladder([(200, 101, 1)]), "not a whole number of steps"),
        (lambda: odds_ladder([(101, 200, 1), (199, 299, 2)]), "bands must ascend"),
        (lambda: line_ladder(lowest=10, highest=20, interval=3), "not a whole number of steps"),
    ],
)
def test_bands_that_make_no_sense_are_refused(build, said):
    with pytest.raises(ValueError, match=said):
        build()


@pytest.mark.parametrize("known", [CLASSIC, FINEST, CENTS, TAPERED, LINES])
def test_a_ladder_is_written_as_its_bands_and_read_back_with_the_same_tables(known):
    read = msgspec.json.decode(msgspec.json.encode(known), type=Ladder)
    assert read == known
    assert hash(read) == hash(known)
    assert read.prices is known.prices
    assert read.tick_by_price is known.tick_by_price
    assert ladder(known.kind, known.bands) == known


def test_a_band_may_hold_a_single_price():
    assert odds_ladder([(200, 200, 1)]).prices == (200,)
    assert contract_ladder([(0, 100, 100), (100, 300, 50)]).prices == (100, 150, 200, 250, 300)


def test_a_ladder_of_the_same_bands_is_built_once():
    assert ladder(PriceKind.CONTRACT, ((0, 10_000, 100),)) is ladder(PriceKind.CONTRACT, ((0, 10_000, 100),))
    with pytest.raises(ValueError, match="must lie in"):
        ladder(PriceKind.ODDS, ((0, 10_000, 100),))


def test_a_ladder_does_not_change():
    with pytest.raises(AttributeError):
        setattr(CLASSIC, "bands", ())  # noqa: B010  the type checker would not let us try


# --- limits ---


@pytest.mark.parametrize(
    ("ladder", "side", "p_limit", "mode", "price"),
    [
        (CLASSIC, Side.BACK, "0.47", "no_worse", "2.14"),
        (CLASSIC, Side.LAY, "0.47", "no_worse", "2.12"),
        (CLASSIC, Side.BACK, "0.47", "aggressive", "2.12"),
        (CLASSIC, Side.LAY, "0.47", "aggressive", "2.14"),
        (CENTS, Side.BACK, "0.4789", "no_worse", "0.47"),
        (CENTS, Side.LAY, "0.4789", "no_worse", "0.48"),
        (CENTS, Side.BACK, "0.4789", "aggressive", "0.48"),
        (CENTS, Side.LAY, "0.4789", "aggressive", "0.47"),
        (TAPERED, Side.LAY, "0.0312", "no_worse", "0.032"),
        (CLASSIC, Side.BACK, "0.5", "aggressive", "2"),  # on a tick nothing is rounded
        (CLASSIC, Side.BACK, "0.0005", "no_worse", None),  # no odds are long enough
        (CLASSIC, Side.LAY, "0.0005", "no_worse", "1000"),
        (CLASSIC, Side.BACK, "0", "no_worse", None),
        (CLASSIC, Side.LAY, "0", "no_worse", "1000"),
        (CLASSIC, Side.LAY, "-0.01", "aggressive", None),
        (CLASSIC, Side.BACK, "-0.01", "aggressive", "1000"),
        (CLASSIC, Side.BACK, "1", "no_worse", "1.01"),
        (CLASSIC, Side.LAY, "0.995", "no_worse", None),  # no odds are short enough
        (CENTS, Side.BACK, "0.009", "no_worse", None),
        (CENTS, Side.LAY, "0.995", "no_worse", None),
        (CENTS, Side.BACK, "1.2", "no_worse", "0.99"),
    ],
)
def test_a_limit_is_rounded_to_the_tick_of_its_side_and_mode(ladder, side, p_limit, mode, price):
    tick = limit_tick(ladder, side, Fraction(p_limit), LimitMode(mode))
    assert (None if tick is None else ladder.value(tick)) == (None if price is None else Fraction(price))


@given(PRICED, st.sampled_from(Side), st.fractions(min_value=0, max_value=1, max_denominator=10**9))
def test_no_worse_keeps_the_limit_and_gives_nothing_away(ladder, side, p_limit):
    kept = [t for t in (0, len(ladder) - 1) if _keeps(ladder, t, side, p_limit)]
    tick = limit_tick(ladder, side, p_limit)
    if tick is None:
        assert kept == []
        return
    assert _keeps(ladder, tick, side, p_limit)
    worse = tick - 1 if (ladder.kind is PriceKind.ODDS) is (side is Side.BACK) else tick + 1
    assert not (0 <= worse < len(ladder) and _keeps(ladder, worse, side, p_limit))


@given(PRICED, st.sampled_from(Side), st.fractions(min_value="0.002", max_value="0.98", max_denominator=10**9))
def test_aggressive_crosses_the_limit_by_less_than_a_tick(ladder, side, p_limit):
    careful, eager = (limit_tick(ladder, side, p_limit, mode) for mode in LimitMode)
    if careful is None or eager is None:
        return
    assert abs(careful - eager) == (ladder.claim_price(careful) != p_limit)
    assert careful == eager or not _keeps(ladder, eager, side, p_limit)


def _keeps(ladder: Ladder, tick: int, side: Side, p_limit: Fraction) -> bool:
    price = ladder.claim_price(tick)
    return price <= p_limit if side is Side.BACK else price >= p_limit


def test_a_line_has_no_limit_price():
    with pytest.raises(ValueError, match="no limit probability"):
        limit_tick(LINES, Side.BACK, Fraction(1, 2))
