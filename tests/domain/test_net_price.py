"""Net prices: what a claim costs on our account and with our position, and the way back to a tick."""

from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.claims import bet_at_odds
from domain.fees import FeeTerms, NetWinFee, ProfitOrLesserFee, QuadraticFee, VolumeFee
from domain.money import MICROS
from domain.net_price import (
    PROBABILITY_SCALE,
    TABLE_TICKS_MAX,
    NetQuote,
    break_even,
    ev_change,
    net_limit_tick,
    net_price,
    net_price_ratio,
    rank,
)
from domain.odds import CLASSIC, FINEST, Ladder, LimitMode, PriceKind, claim_ratio, contract_ladder, line_ladder
from domain.orders import Side

CENTS = contract_ladder([(0, 10_000, 100)])
RATES = st.integers(0, 100_000)
FEES: st.SearchStrategy[FeeTerms] = st.one_of(
    st.builds(QuadraticFee, RATES, RATES),
    st.builds(NetWinFee, RATES, discount_ppm=st.sampled_from([0, 400_000])),
    st.builds(VolumeFee, RATES, RATES),
    st.builds(ProfitOrLesserFee, RATES),
)
CLAIM_PRICES = st.fractions(min_value="0.0005", max_value="0.9995", max_denominator=10_000)
SIDES = st.sampled_from(Side)


# --- flat ---


@given(CLAIM_PRICES, RATES)
def test_net_prices_are_the_formulas_of_their_families(price, rate):
    r, odds = Fraction(rate, MICROS), 1 / price
    lesser = min(Fraction(1), odds - 1)
    expected: dict[FeeTerms, tuple[Fraction, Fraction]] = {
        QuadraticFee(rate): (price + r * price * (1 - price), price - r * price * (1 - price)),
        NetWinFee(rate): (1 / (1 + (1 - r) * (odds - 1)), (1 - r) / ((1 - r) + (odds - 1))),
        VolumeFee(rate): ((1 + r * lesser) / odds, (1 - r * lesser) / odds),
    }
    for fee, (buy, sell) in expected.items():
        assert net_price(fee, Side.BACK, price) == buy
        assert net_price(fee, Side.LAY, price) == sell


@given(CLAIM_PRICES, RATES, st.integers(0, MICROS), SIDES)
def test_a_flat_net_price_is_where_the_bet_breaks_even(price, rate, discount, side):
    fee = NetWinFee(rate, discount_ppm=discount)
    flat = break_even(fee, side, claims=Fraction(1), cost=price, if_win=Fraction(0), if_lose=Fraction(0))
    assert net_price(fee, side, price) == flat.p_star


def test_profit_or_lesser_breaks_even_where_win_and_loss_after_fees_balance():
    odds, r = Fraction("3.76"), Fraction(1, 100)
    win, lose = (odds - 1) * (1 - r), 1 + r
    assert net_price(ProfitOrLesserFee(10_000), Side.BACK, 1 / odds) == lose / (win + lose)
    win, lose = 1 - r, (odds - 1) + r
    assert net_price(ProfitOrLesserFee(10_000), Side.LAY, 1 / odds) == win / (win + lose)


@given(CLAIM_PRICES, CLAIM_PRICES, FEES, SIDES, st.booleans())
def test_fees_cost_both_sides_and_never_reorder_prices(one, other, fee, side, maker):
    net = net_price(fee, side, one, maker=maker)
    assert net >= one if side is Side.BACK else net <= one
    assume(one < other)
    assert net < net_price(fee, side, other, maker=maker)


def test_makers_are_priced_at_their_own_rate():
    fee, half = QuadraticFee(70_000, 17_500), Fraction(1, 2)
    assert net_price(fee, Side.BACK, half) == Fraction("0.5175")
    assert net_price(fee, Side.BACK, half, maker=True) == Fraction("0.504375")
    assert net_price(VolumeFee(15_000, 7_500), Side.LAY, half, maker=True) == Fraction("0.49625")


def test_quotes_are_ranked_cheapest_to_back_and_dearest_to_lay_with_ties_by_name():
    quotes = [NetQuote(name, Fraction(net)) for name, net in (("c", "0.5"), ("a", "0.5"), ("b", "0.4"))]
    assert [quote.id for quote in rank(quotes, Side.BACK)] == ["b", "a", "c"]
    assert [quote.id for quote in rank(quotes, Side.LAY)] == ["a", "c", "b"]


# --- with a position ---

TAXED = NetWinFee(50_000)


@pytest.mark.parametrize(
    ("win", "lose", "back", "lay"),
    [
        (-1, -1, "1/3", "1/3"),  # losing either way: no commission anywhere
        (0, 0, "10/29", "19/59"),  # flat
        (1, -1, "10/29", "10/29"),  # long the claim
        (-1, 1, "19/59", "19/59"),  # short the claim
        (1, 1, "1/3", "1/3"),  # winning either way: commission cancels
    ],
)
def test_closing_is_cheaper_than_opening(win, lose, back, lay):
    for side, expected in ((Side.BACK, back), (Side.LAY, lay)):
        ratio = net_price_ratio(TAXED, side, (100, 300), win_micros=win, lose_micros=lose)
        assert Fraction(*ratio) == Fraction(expected)


AMOUNTS = st.integers(-1_000, 1_000).map(Fraction)


@given(AMOUNTS, AMOUNTS, SIDES, st.integers(101, 2_000), RATES)
def test_the_marginal_price_is_the_break_even_of_a_bet_too_small_to_cross_a_kink(win, lose, side, odds, rate):
    bet = bet_at_odds(side, odds=Fraction(odds, 100), stake=Fraction(1, 100))
    fee = NetWinFee(rate)
    even = break_even(fee, side, claims=bet.claims, cost=bet.cost, if_win=win, if_lose=lose)
    ratio = net_price_ratio(fee, side, claim_ratio(PriceKind.ODDS, odds), win_micros=int(win), lose_micros=int(lose))
    assert Fraction(*ratio) == even.p_star


@given(AMOUNTS, AMOUNTS, SIDES, st.integers(101, 2_000), st.integers(1, 500), RATES)
def test_at_the_break_even_probability_the_bet_adds_nothing(win, lose, side, odds, stake, rate):
    bet, fee = bet_at_odds(side, odds=Fraction(odds, 100), stake=Fraction(stake)), NetWinFee(rate)
    even = break_even(fee, side, claims=bet.claims, cost=bet.cost, if_win=win, if_lose=lose)
    worth = ev_change(
        fee, pnl=[win, lose], change=[bet.if_win, bet.if_lose], probabilities=[even.p_star, 1 - even.p_star]
    )
    assert worth.delta == 0
    assert 0 < even.p_star < 1
    assert even.gain > 0 < even.loss


def test_expected_value_takes_commission_outcome_by_outcome():
    p = [Fraction(1, 2), Fraction(3, 10), Fraction(1, 5)]
    worth = ev_change(
        TAXED, pnl=[Fraction(200), Fraction(-250), Fraction(-50)], change=[Fraction(0)] * 3, probabilities=p
    )
    assert (worth.before, worth.delta) == (Fraction(190, 2) - 75 - 10, 0)


def test_an_expected_value_needs_one_entry_an_outcome():
    with pytest.raises(ValueError, match="shorter"):
        ev_change(TAXED, pnl=[Fraction(1)], change=[], probabilities=[Fraction(1)])


# --- back to a tick ---


def naive_limit_tick(
    ladder: Ladder, fee: FeeTerms, side: Side, limit: Fraction, *, maker: bool = False, win: int = 0, lose: int = 0
) -> int | None:
    """The worst tick that keeps the limit, by looking at every one."""
    kept = []
    for tick, price in enumerate(ladder.prices):
        ratio = claim_ratio(ladder.kind, price)
        net = Fraction(*net_price_ratio(fee, side, ratio, maker=maker, win_micros=win, lose_micros=lose))
        if net <= limit if side is Side.BACK else net >= limit:
            kept.append((net if side is Side.BACK else -net, tick))
    return max(kept)[1] if kept else None


@given(
    st.sampled_from([CLASSIC, CENTS]),
    FEES,
    SIDES,
    st.integers(0, PROBABILITY_SCALE),
    st.booleans(),
    st.integers(-1, 1),
    st.integers(-1, 1),
)
def test_a_net_limit_finds_the_tick_that_a_full_search_finds(ladder, fee, side, limit_e9, maker, win, lose):
    found = net_limit_tick(ladder, fee, side, limit_e9, maker=maker, win_micros=win, lose_micros=lose)
    limit = Fraction(limit_e9, PROBABILITY_SCALE)
    assert found == naive_limit_tick(ladder, fee, side, limit, maker=maker, win=win, lose=lose)


@given(SIDES, st.integers(PROBABILITY_SCALE // 500, PROBABILITY_SCALE))
def test_a_ladder_too_long_for_a_table_gives_the_same_ticks(side, limit_e9):
    assert len(FINEST) > TABLE_TICKS_MAX
    tick = net_limit_tick(FINEST, TAXED, side, limit_e9)
    limit = Fraction(limit_e9, PROBABILITY_SCALE)
    worse = -1 if side is Side.BACK else 1
    if tick is not None:
        kept = net_price(TAXED, side, FINEST.claim_price(tick))
        assert kept <= limit if side is Side.BACK else kept >= limit
        if 0 <= tick + worse < len(FINEST):
            passed = net_price(TAXED, side, FINEST.claim_price(tick + worse))
            assert passed > limit if side is Side.BACK else passed < limit


@given(st.sampled_from([CLASSIC, CENTS]), FEES, SIDES, st.integers(20_000_000, 900_000_000))
def test_aggressive_goes_one_tick_further_unless_the_limit_is_met(ladder, fee, side, limit_e9):
    careful, eager = (net_limit_tick(ladder, fee, side, limit_e9, mode=mode) for mode in LimitMode)
    if careful is None or eager is None:
        return
    met = net_price(fee, side, ladder.claim_price(careful)) == Fraction(limit_e9, PROBABILITY_SCALE)
    further = -1 if (ladder.kind is PriceKind.ODDS) is (side is Side.BACK) else 1
    assert eager == careful if met else eager == careful + further


@pytest.mark.parametrize(
    ("ladder", "fee", "side", "limit", "mode", "price"),
    [
        (CLASSIC, NetWinFee(20_000), Side.BACK, "0.49", "no_worse", "2.08"),
        (CLASSIC, NetWinFee(20_000), Side.LAY, "0.51", "no_worse", "1.94"),
        (CENTS, QuadraticFee(17_500), Side.BACK, "0.49", "no_worse", "0.48"),
        (CENTS, QuadraticFee(17_500), Side.LAY, "0.51", "no_worse", "0.52"),
        (CLASSIC, NetWinFee(0), Side.BACK, "0.5", "aggressive", "2"),  # met exactly
        (CLASSIC, NetWinFee(0), Side.BACK, "0.499999999", "aggressive", "2"),
        (CLASSIC, NetWinFee(0), Side.BACK, "0.333333333", "no_worse", "3.05"),  # a third is a little more
        (CLASSIC, NetWinFee(0), Side.LAY, "0.333333334", "no_worse", "2.98"),
        (CLASSIC, NetWinFee(0), Side.BACK, "0.0001", "no_worse", None),
        (CLASSIC, NetWinFee(0), Side.BACK, "0.0001", "aggressive", "1000"),
        (CLASSIC, NetWinFee(0), Side.LAY, "0.0001", "aggressive", None),
        (CENTS, QuadraticFee(0), Side.LAY, "0.995", "no_worse", None),
        (CENTS, QuadraticFee(0), Side.LAY, "0.995", "aggressive", "0.99"),
        (CENTS, QuadraticFee(0), Side.BACK, "0.5", "aggressive", "0.5"),
    ],
)
def test_net_limits_have_their_known_prices(ladder, fee, side, limit, mode, price):
    limit_e9 = int(Fraction(limit) * PROBABILITY_SCALE)
    tick = net_limit_tick(ladder, fee, side, limit_e9, mode=LimitMode(mode))
    assert (None if tick is None else ladder.value(tick)) == (None if price is None else Fraction(price))


def test_a_line_has_no_net_limit():
    with pytest.raises(ValueError, match="no limit price"):
        net_limit_tick(line_ladder(lowest=0, highest=100, interval=50), TAXED, Side.BACK, PROBABILITY_SCALE // 2)
