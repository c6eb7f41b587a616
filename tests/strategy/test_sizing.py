"""Sizes against the conditions that define them: no stake near a Kelly stake grows a bankroll faster."""

from fractions import Fraction
from math import log

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from domain.orders import Side
from strategy.sizing import ev_net, kelly_binary, kelly_claim, kelly_exclusive, kelly_existing, stake_caps

SIDES = (Side.BACK, Side.LAY)
probs = st.fractions(min_value=Fraction(1, 100), max_value=Fraction(99, 100), max_denominator=1000)
odds = st.builds(Fraction, st.integers(min_value=101, max_value=5000), st.just(100))
commissions = st.sampled_from([Fraction(0), Fraction(2, 100), Fraction(5, 100)])
amounts = st.integers(min_value=1, max_value=10**6).map(Fraction)


def f(text: str) -> Fraction:
    return Fraction(text)


# --- value ---


@pytest.mark.parametrize("side", SIDES)
@given(p=probs, o=odds, c=commissions, stake=amounts)
def test_value_is_the_average_of_the_two_settlements(side, p, o, c, stake) -> None:
    if_win, if_lose = (stake * (o - 1), -stake) if side is Side.BACK else (-stake * (o - 1), stake)
    after = [gross - max(0, gross) * c for gross in (if_win, if_lose)]
    bet = ev_net(side=side, p=p, odds=o, commission=c, stake=stake)
    assert bet.ev == p * after[0] + (1 - p) * after[1]
    assert bet.ev_per_risk == bet.ev / -min(if_win, if_lose)


@given(p=probs, o=odds, stake=amounts)
def test_without_commission_a_lay_is_worth_what_the_back_loses(p, o, stake) -> None:
    terms = {"p": p, "odds": o, "commission": Fraction(0), "stake": stake}
    assert ev_net(side=Side.BACK, **terms).ev == -ev_net(side=Side.LAY, **terms).ev


def test_value_per_risk_needs_no_stake() -> None:
    bet = ev_net(side=Side.LAY, p=f("0.5"), odds=f("1.9"), commission=f("0.05"), stake=Fraction(0))
    assert (bet.ev, bet.ev_per_risk) == (0, Fraction(1, 36))


@pytest.mark.parametrize(
    ("p", "o", "c", "said"),
    [("1.1", "2", "0", r"p must be a probability"), ("0.5", "1", "0", "odds must be"), ("0.5", "2", "1", "commission")],
)
def test_a_bet_that_cannot_be_is_refused_with_the_reason(p, o, c, said) -> None:
    with pytest.raises(ValueError, match=said):
        ev_net(side=Side.BACK, p=f(p), odds=f(o), commission=f(c), stake=Fraction(1))


# --- Kelly for one bet ---


def growth_slope(*, side: Side, p: Fraction, net_odds: Fraction, share: Fraction) -> Fraction:
    """Derivative of the expected logarithm of a bankroll of 1 by the share of it that is put at risk."""
    win = p if side is Side.BACK else 1 - p
    return win * net_odds / (1 + net_odds * share) - (1 - win) / (1 - share)


@pytest.mark.parametrize("side", SIDES)
@given(p=probs, o=odds, c=commissions)
def test_full_kelly_is_where_growth_stops_rising(side, p, o, c) -> None:
    net_odds = (1 - c) * (o - 1) if side is Side.BACK else (1 - c) / (o - 1)
    full = kelly_binary(side=side, p=p, odds=o, commission=c, fraction=Fraction(1), bankroll=Fraction(1)).full_kelly
    slope = growth_slope(side=side, p=p, net_odds=net_odds, share=Fraction(full))
    assert slope == 0 if full > 0 else slope <= 0


@pytest.mark.parametrize("side", SIDES)
@given(p=probs, o=odds, c=commissions)
def test_a_bet_has_a_kelly_stake_exactly_when_it_has_value(side, p, o, c) -> None:
    stake = kelly_binary(side=side, p=p, odds=o, commission=c, fraction=Fraction(1), bankroll=Fraction(1))
    assert (stake.risk_amount > 0) is (ev_net(side=side, p=p, odds=o, commission=c, stake=Fraction(1)).ev > 0)


@pytest.mark.parametrize("side", SIDES)
@given(p=probs, price=probs)
def test_buying_a_claim_is_backing_at_one_over_its_price(side, p, price) -> None:
    as_claim = kelly_claim(side=side, p=p, net_price=price, fraction=Fraction(1), bankroll=Fraction(1))
    chance = p if side is Side.BACK else 1 - p
    terms = {"odds": 1 / price, "commission": Fraction(0), "fraction": Fraction(1), "bankroll": Fraction(1)}
    assert as_claim == kelly_binary(side=Side.BACK, p=chance, **terms)


@given(p=probs, price=probs, fraction=probs, bankroll=amounts)
def test_the_amount_is_the_fraction_of_full_kelly_of_the_bankroll(p, price, fraction, bankroll) -> None:
    stake = kelly_claim(side=Side.BACK, p=p, net_price=price, fraction=fraction, bankroll=bankroll)
    assert stake.risk_amount == stake.full_kelly * fraction * bankroll
    assert 0 <= stake.full_kelly < 1


@pytest.mark.parametrize("price", ["0", "1", "1.01"])
def test_a_price_that_is_none_is_refused(price) -> None:
    with pytest.raises(ValueError, match="net_price must lie between 0 and 1"):
        kelly_claim(side=Side.BACK, p=f("0.5"), net_price=f(price), fraction=Fraction(1), bankroll=Fraction(1))


# --- Kelly for exclusive outcomes ---

parts = st.lists(st.integers(min_value=1, max_value=100), min_size=2, max_size=6)
books = parts.flatmap(
    lambda p: st.tuples(st.just([Fraction(x, sum(p)) for x in p]), st.lists(odds, min_size=len(p), max_size=len(p)))
)


@given(book=books)
def test_no_outcome_backed_or_left_out_could_raise_growth(book) -> None:
    """The conditions of Karush, Kuhn and Tucker, in fractions: they single out the best stakes."""
    chances, prices = book
    assume(sum(1 / o for o in prices) > 1)
    best = kelly_exclusive(probs=chances, odds=prices)
    finals = [best.reserve + x * o for x, o in zip(best.fractions, prices, strict=True)]
    assert best.reserve + sum(best.fractions) == 1
    marginal = sum(p / final for p, final in zip(chances, finals, strict=True))
    for k, (p, o, final) in enumerate(zip(chances, prices, finals, strict=True)):
        assert (p * o / final == marginal) if k in best.bet_on else (p * o / final <= marginal)
        assert (best.fractions[k] > 0) is (k in best.bet_on)


@given(book=books, lift=st.integers(min_value=1, max_value=50))
def test_an_arbitrage_keeps_nothing_back(book, lift) -> None:
    chances, prices = book
    total = sum(1 / o for o in prices)
    lifted = [o * total + Fraction(lift, 100) for o in prices]
    best = kelly_exclusive(probs=chances, odds=lifted)
    assert (best.reserve, best.fractions) == (0, tuple(chances))


@given(p=probs, o=odds)
def test_one_outcome_alone_is_plain_kelly(p, o) -> None:
    plain = kelly_binary(
        side=Side.BACK, p=p, odds=o, commission=Fraction(0), fraction=Fraction(1), bankroll=Fraction(1)
    )
    assert kelly_exclusive(probs=[p], odds=[o]).fractions == (plain.full_kelly,)


def test_an_outcome_without_value_may_be_backed_as_cover() -> None:
    chances, prices = [f("0.6"), f("0.4")], [f("2"), f("2.4")]
    best = kelly_exclusive(probs=chances, odds=prices)
    assert best.bet_on == (0, 1)
    assert chances[1] * prices[1] < 1


def test_no_value_anywhere_keeps_everything() -> None:
    best = kelly_exclusive(probs=[f("0.5"), f("0.5")], odds=[f("1.9"), f("2")])
    assert (best.fractions, best.reserve, best.bet_on) == ((0, 0), 1, ())
    assert not isinstance(best.reserve, float)


def test_floats_of_a_fair_book_stake_nothing_worth_naming() -> None:
    best = kelly_exclusive(probs=[0.2, 0.5, 0.3 + 1e-12], odds=[5.0, 2.0, 10 / 3])
    assert max(best.fractions) < 1e-9


@pytest.mark.parametrize(
    ("chances", "prices", "said"),
    [
        (["0.5"], ["2", "3"], "one entry per outcome"),
        (["0.7", "0.4"], ["2", "3"], "sum to at most 1"),
        (["-0.1", "0.4"], ["2", "3"], "must be 0 or more"),
        (["0.5", "0.4"], ["2", "1"], "odds must be decimal odds above 1"),
    ],
)
def test_exclusive_outcomes_that_cannot_be_are_refused(chances, prices, said) -> None:
    with pytest.raises(ValueError, match=said):
        kelly_exclusive(probs=list(map(f, chances)), odds=list(map(f, prices)))


# --- Kelly on a position ---

held = st.integers(min_value=-900, max_value=900).map(Fraction)


@given(p=probs, o=odds, c=commissions, a=held, b=held)
def test_the_stake_on_a_position_is_where_growth_stops_rising(p, o, c, a, b) -> None:
    bankroll = Fraction(1000)
    stake = kelly_existing(bankroll=bankroll, pnl_if_win=a, pnl_if_lose=b, p=p, odds=o, commission=c)
    net_odds = (1 - c) * (o - 1)
    assert p * net_odds / (bankroll + a + net_odds * stake) == (1 - p) / (bankroll + b - stake)


@given(p=probs, o=odds, c=commissions)
def test_without_a_position_it_is_plain_kelly_where_there_is_value(p, o, c) -> None:
    terms = {"p": p, "odds": o, "commission": c, "bankroll": Fraction(1000)}
    stake = kelly_existing(pnl_if_win=Fraction(0), pnl_if_lose=Fraction(0), **terms)
    plain = kelly_binary(side=Side.BACK, fraction=Fraction(1), **terms).risk_amount
    assert max(0, stake) == plain


@given(p=probs, o=odds, more=amounts)
def test_the_more_we_already_win_the_less_we_add(p, o, more) -> None:
    def stake(pnl_if_win: Fraction) -> float:
        terms = {"bankroll": Fraction(10**7), "pnl_if_lose": Fraction(0), "commission": Fraction(0)}
        return float(kelly_existing(pnl_if_win=pnl_if_win, p=p, odds=o, **terms))

    assert stake(more) < stake(Fraction(0))


def test_growth_on_a_position_is_highest_at_the_stake() -> None:
    stake = float(kelly_existing(bankroll=1000.0, pnl_if_win=-100.0, pnl_if_lose=50.0, p=0.55, odds=2.1, commission=0))

    def growth(s: float) -> float:
        return 0.55 * log(900 + 1.1 * s) + 0.45 * log(1050 - s)

    assert growth(stake) > max(growth(stake - 1), growth(stake + 1))


# --- caps ---


@pytest.mark.parametrize(
    ("kelly", "caps", "minimum", "risk", "binding", "placed"),
    [
        ("50", {}, "1", "50", ("kelly",), True),
        ("50", {"event": "50"}, "1", "50", ("kelly",), True),
        ("50", {"event": "49.999"}, "1", "49.99", ("event",), True),
        ("50", {"event": "20", "balance": "20", "day": "21"}, "1", "20", ("balance", "event"), True),
        ("50", {"event": "0.999"}, "1", "0", ("event",), False),
        ("50", {"event": "1"}, "1", "1", ("event",), True),
        ("50", {"event": "-12.34"}, "1", "0", ("event",), False),
        ("0", {"event": "5"}, "0", "0", ("kelly",), False),
        ("0.009", {}, "0", "0", ("kelly",), False),
    ],
)
def test_the_tightest_cap_decides_and_is_named(kelly, caps, minimum, risk, binding, placed) -> None:
    capped = stake_caps(
        kelly_risk=f(kelly), caps={n: f(v) for n, v in caps.items()}, lot=f("0.01"), min_order=f(minimum)
    )
    assert (capped.risk, capped.binding, capped.placed) == (f(risk), binding, placed)


@given(
    kelly=st.integers(min_value=0, max_value=10**9),
    caps=st.dictionaries(st.sampled_from("abcd"), st.integers(min_value=-(10**6), max_value=10**9)),
    lot=st.integers(min_value=1, max_value=10**6),
    minimum=st.integers(min_value=0, max_value=10**6),
)
def test_a_capped_stake_breaks_no_cap_and_is_whole_lots(kelly, caps, lot, minimum) -> None:
    capped = stake_caps(kelly_risk=kelly, caps=caps, lot=lot, min_order=minimum)
    assert isinstance(capped.risk, int)
    assert capped.risk % lot == 0
    assert capped.risk == 0 or all(minimum <= capped.risk <= cap for cap in (kelly, *caps.values()))
    assert capped.placed is (capped.risk > 0)
    in_units = stake_caps(
        kelly_risk=Fraction(kelly, 10**6), caps={n: Fraction(v, 10**6) for n, v in caps.items()},
        lot=Fraction(lot, 10**6), min_order=Fraction(minimum, 10**6),
    )  # fmt: skip
    assert (in_units.risk * 10**6, in_units.binding) == (capped.risk, capped.binding)


def test_a_lot_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="lot must be above 0"):
        stake_caps(kelly_risk=1, caps={}, lot=0, min_order=0)
