"""What delay, doubt and waiting leave of an edge: bounds, limits and ties."""

from fractions import Fraction
from math import exp

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.orders import Side
from strategy.uncertainty import Approach, UnsurePrice, bet_delay_ev, fill_adjusted_price, post_vs_take

edges = st.fractions(min_value=Fraction(-1, 10), max_value=Fraction(1, 10), max_denominator=10_000)
shares = st.fractions(min_value=0, max_value=1, max_denominator=1000)

# --- bet delay ---

JUMPY = {"edge": 0.01, "adverse_rate": 0.004, "delay_s": 5.0, "jump": 0.2, "p_not_suspended": 0.5}


def test_a_jump_comes_unless_nothing_comes_for_the_whole_delay() -> None:
    held_back = bet_delay_ev(**JUMPY)
    assert held_back.p_jump == pytest.approx(1 - exp(-0.02), rel=1e-12)
    assert held_back.ev == pytest.approx(0.01 - held_back.p_jump * 0.1, rel=1e-12)


@pytest.mark.parametrize("without", [{"delay_s": 0.0}, {"adverse_rate": 0.0}, {"jump": 0.0}, {"p_not_suspended": 0.0}])
def test_without_delay_or_danger_the_edge_is_whole(without) -> None:
    assert bet_delay_ev(**JUMPY | without).ev == JUMPY["edge"]


@pytest.mark.parametrize("name", ["adverse_rate", "delay_s", "jump", "p_not_suspended"])
def test_more_danger_leaves_less(name) -> None:
    assert bet_delay_ev(**JUMPY | {name: JUMPY[name] * 1.5}).ev < bet_delay_ev(**JUMPY).ev


def test_two_delays_in_a_row_are_one_long_delay() -> None:
    short, long = bet_delay_ev(**JUMPY), bet_delay_ev(**JUMPY | {"delay_s": 10.0})
    assert 1 - long.p_jump == pytest.approx((1 - short.p_jump) ** 2, rel=1e-12)


def test_a_rare_jump_keeps_its_digits() -> None:
    assert bet_delay_ev(**JUMPY | {"adverse_rate": 1e-18, "delay_s": 1.0}).p_jump == 1e-18


@pytest.mark.parametrize("bad", [{"delay_s": -1.0}, {"adverse_rate": -1.0}])
def test_a_delay_that_cannot_be_is_refused(bad) -> None:
    with pytest.raises(ValueError, match="adverse_rate and delay_s must be 0 or more"):
        bet_delay_ev(**JUMPY | bad)


# --- rest or cross ---


@pytest.mark.parametrize(
    ("take", "post", "fill", "later", "ev_post", "action"),
    [
        ("0.004", "0.015", "0.4", "-0.002", "0.006", Approach.POST),
        ("0.006", "0.015", "0.4", "-0.002", "0.006", Approach.TAKE),
        ("0.004", "0.015", "0.4", "0.01", "0.012", Approach.POST),
        ("0.007", "0.015", "0.4", "-0.002", "0.006", Approach.TAKE),
        ("-0.001", "0", "0.9", "0", "0", Approach.NONE),
        ("-0.001", "-0.02", "0.5", "-0.3", "-0.01", Approach.NONE),
        ("0.001", "-0.02", "0.5", "-0.3", "-0.01", Approach.TAKE),
        ("-0.001", "0.01", "0.001", "0", "0.00001", Approach.POST),
    ],
)
def test_resting_and_crossing_are_weighed(take, post, fill, later, ev_post, action) -> None:
    choice = post_vs_take(
        edge_take=Fraction(take), edge_post=Fraction(post), fill_prob=Fraction(fill), edge_take_later=Fraction(later)
    )
    assert (choice.ev_post, choice.ev_take, choice.action) == (Fraction(ev_post), Fraction(take), action)


@given(take=edges, post=edges, fill=shares, later=edges)
def test_an_edge_is_only_sought_where_it_is_positive(take, post, fill, later) -> None:
    choice = post_vs_take(edge_take=take, edge_post=post, fill_prob=fill, edge_take_later=later)
    worth = {Approach.NONE: Fraction(0), Approach.POST: choice.ev_post, Approach.TAKE: choice.ev_take}
    assert worth[choice.action] == max(0, choice.ev_post, choice.ev_take)
    assert (choice.action is Approach.NONE) is (choice.ev_post <= 0 and choice.ev_take <= 0)


# --- venues by expected price ---


def prices(text: str) -> dict[str, UnsurePrice]:
    """`A 0.5 0.7 0.53 | B ...`: venue, net price, chance of the fill, net price otherwise."""
    rows = [row.split() for row in text.split("|")]
    return {venue: UnsurePrice(*map(Fraction, numbers)) for venue, *numbers in rows}


@pytest.mark.parametrize(
    ("text", "to_buy", "to_sell"),
    [
        ("A 0.50 0.7 0.53 | B 0.51 1 0.9", "A", "B"),
        ("A 0.50 0.5 0.53 | B 0.51 1 0.9", "B", "A"),
        ("B 0.50 1 0.6 | A 0.50 1 0.7", "A", "A"),
        ("B 0.50 0 0.6 | A 0.60 1 0.7", "A", "A"),
    ],
)
def test_venues_are_ranked_by_the_price_to_be_expected_and_ties_by_name(text, to_buy, to_sell) -> None:
    assert fill_adjusted_price(prices(text)).best == to_buy
    assert fill_adjusted_price(prices(text), side=Side.LAY).best == to_sell


@given(net=shares, fill=shares, fallback=shares)
def test_the_expected_price_lies_between_the_two_it_may_be(net, fill, fallback) -> None:
    ranked = fill_adjusted_price({"A": UnsurePrice(net, fill, fallback)})
    assert min(net, fallback) <= ranked.expected["A"] <= max(net, fallback)
    assert (ranked.expected["A"] - fallback) == fill * (net - fallback)


def test_no_venue_has_no_best() -> None:
    with pytest.raises(ValueError, match="at least one venue"):
        fill_adjusted_price({})
