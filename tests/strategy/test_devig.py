"""Margin removal: laws that every method keeps, and a second road to each method's own answer."""

from fractions import Fraction
from itertools import pairwise
from math import log, sqrt

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from strategy.devig import METHODS, MarginError, devig

EXACT = ("multiplicative", "additive")
FOUND = ("power", "odds_ratio", "shin")


def odds_of(text: str) -> list[Fraction]:
    return [Fraction(value) for value in text.split("/")]


books = st.lists(
    st.builds(Fraction, st.integers(min_value=101, max_value=100_000), st.just(100)), min_size=2, max_size=30
)


def devigged_or_skip(odds, method):
    try:
        return devig(odds, method=method)
    except MarginError:
        assume(False)
        raise


@pytest.mark.parametrize("method", METHODS)
@given(odds=books)
def test_probabilities_sum_to_one_and_keep_the_order_of_the_prices(method, odds) -> None:
    fair = devigged_or_skip(odds, method)
    assert abs(float(sum(fair.probs)) - 1) < 1e-12
    assert all(0 < p < 1 for p in fair.probs)
    ranked = sorted(range(len(odds)), key=lambda k: odds[k])
    assert all(fair.probs[a] >= fair.probs[b] - 1e-15 for a, b in pairwise(ranked))


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("text", ["2/2", "4/4/2", "3/6/2", "1.25/10/10"])
def test_fair_odds_come_back_unchanged(method, text) -> None:
    odds = odds_of(text)
    assert devig(odds, method=method).probs == pytest.approx([float(1 / o) for o in odds], abs=1e-15)


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize(("odds", "outcomes"), [("1.01", 2), ("1.9", 2), ("2.7", 3), ("15", 20)])
def test_equal_odds_mean_equal_chances(method, odds, outcomes) -> None:
    fair = devig(odds_of(odds) * outcomes, method=method)
    assert fair.probs == pytest.approx([1 / outcomes] * outcomes, abs=1e-14)


@pytest.mark.parametrize("method", EXACT)
@given(odds=books)
def test_the_two_methods_of_plain_arithmetic_stay_exact(method, odds) -> None:
    fair = devigged_or_skip(odds, method)
    assert sum(fair.probs) == 1
    assert all(isinstance(p, Fraction) for p in fair.probs)
    assert fair.param is None


@pytest.mark.parametrize("method", METHODS)
def test_floats_give_what_fractions_give(method) -> None:
    odds = odds_of("1.62/4.1/6.4")
    assert devig([float(o) for o in odds], method=method).probs == pytest.approx(
        [float(p) for p in devig(odds, method=method).probs], abs=1e-15
    )


@given(odds=books)
def test_power_raises_every_price_to_the_same_exponent(odds) -> None:
    fair = devig(odds, method="power")
    assert [log(p) / log(1 / o) for p, o in zip(fair.probs, odds, strict=True)] == pytest.approx(
        [fair.param] * len(odds), rel=1e-9
    )


@given(odds=books)
def test_odds_ratio_shifts_every_logit_by_the_same_step(odds) -> None:
    fair = devig(odds, method="odds_ratio")
    ratios = [float((1 - p) / p / (o - 1)) for p, o in zip(fair.probs, odds, strict=True)]
    assert ratios == pytest.approx([fair.param] * len(odds), rel=1e-9)


@given(
    weights=st.lists(st.floats(min_value=1, max_value=60), min_size=3, max_size=20),
    total=st.floats(min_value=1.001, max_value=1.499),
)
def test_shin_agrees_with_the_fixed_point_of_jullien_and_salanie(weights, total) -> None:
    prices = [total * weight / sum(weights) for weight in weights]
    assume(max(prices) < 0.98)
    odds, total = [1 / price for price in prices], sum(prices)
    z = 0.0
    for _ in range(20_000):
        root = sum(sqrt(z * z + 4 * (1 - z) * price * price / total) for price in prices)
        following = (root - 2) / (len(prices) - 2)
        if abs(following - z) < 1e-16:
            break
        z = following
    assert devig(odds, method="shin").param == pytest.approx(z, abs=1e-8)


@st.composite
def margin_books(draw) -> list[Fraction]:
    """Two odds in hundredths with a margin: the second lies below the fair answer to the first."""
    first = draw(st.integers(min_value=101, max_value=5_000))
    fair = -(-100 * first // (first - 100))
    return [
        Fraction(first, 100),
        Fraction(draw(st.integers(min_value=101, max_value=max(101, min(5_000, fair - 1)))), 100),
    ]


@given(odds=margin_books())
def test_shin_of_two_outcomes_is_additive(odds) -> None:
    assert sum(1 / o for o in odds) > 1
    fair = devig(odds, method="shin")
    assert fair.probs == pytest.approx([float(p) for p in devig(odds, method="additive").probs], abs=1e-9)
    prices = [1 / o for o in odds]
    total, gap = sum(prices), prices[0] - prices[1]
    z = (total - 1) * (gap**2 - total) / (total * (gap**2 - 1))
    assert fair.param == pytest.approx(float(z), abs=1e-9)


def test_long_shots_lose_more_than_favourites_except_in_the_simple_methods() -> None:
    odds = odds_of("1.3/5/15")
    shares = {m: [float(p * o) for p, o in zip(devig(odds, method=m).probs, odds, strict=True)] for m in METHODS}
    assert shares["multiplicative"] == pytest.approx([shares["multiplicative"][0]] * 3)
    for method in ("additive", "power", "odds_ratio", "shin"):
        assert shares[method][0] > shares[method][1] > shares[method][2]


@pytest.mark.parametrize("method", ["multiplicative", "additive", "power", "odds_ratio"])
def test_a_book_below_one_is_filled_up_again(method) -> None:
    odds = odds_of("2.1/2.2")
    assert all(p > 1 / o for p, o in zip(devig(odds, method=method).probs, odds, strict=True))


@pytest.mark.parametrize(("text", "side_of_one"), [("2.1/2.2", -1), ("1.9/1.9", 1)])
@pytest.mark.parametrize("method", ["power", "odds_ratio"])
def test_the_parameter_says_on_which_side_of_one_the_book_was(method, text, side_of_one) -> None:
    param = devig(odds_of(text), method=method).param
    assert param is not None
    assert (param - 1) * side_of_one > 0


def test_shin_below_a_book_of_one_is_an_error_by_name() -> None:
    with pytest.raises(MarginError, match=r"shin is undefined .* below 1: use power"):
        devig(odds_of("2.1/2.2"), method="shin")


def test_shin_takes_the_noise_of_floats_for_a_book_of_one() -> None:
    assert devig([3.0, 1.5 + 1e-15], method="shin").param == pytest.approx(0, abs=1e-12)


def test_additive_never_clips_a_long_shot_in_silence() -> None:
    with pytest.raises(MarginError, match=r"outcome 2 a probability of -0\.0"):
        devig(odds_of("1.2/4/200"), method="additive")


@pytest.mark.parametrize(
    ("odds", "method", "said"),
    [
        ("2/2", "shinn", "'shinn' is unknown: choose one of multiplicative"),
        ("2", "power", "at least two, not 1"),
        ("1/2", "power", "above 1, not 1"),
        ("0.5/2", "multiplicative", "above 1, not 1/2"),
    ],
)
def test_bad_input_is_refused_with_the_reason(odds, method, said) -> None:
    with pytest.raises(ValueError, match=said):
        devig(odds_of(odds), method=method)


PLACES = "1.3/1.7/2.5/4.1/9.8/21"
"""Three of six are placed, with a margin."""


@pytest.mark.parametrize("method", ["multiplicative", "additive", "power", "odds_ratio"])
@pytest.mark.parametrize("odds", [PLACES, "1.7/2.2/3.2/5.2/12/26"], ids=["over three", "under three"])
def test_probabilities_sum_to_the_number_of_winners(method, odds) -> None:
    fair = devig(odds_of(odds), method=method, winners=2)
    assert float(sum(fair.probs)) == pytest.approx(2, abs=1e-12)
    assert list(fair.probs) == sorted(fair.probs, reverse=True)


@pytest.mark.parametrize("method", ["multiplicative", "additive", "power", "odds_ratio"])
def test_fair_odds_of_places_come_back_unchanged(method) -> None:
    fair = [Fraction(9, 10), Fraction(7, 10), Fraction(1, 4), Fraction(3, 20)]
    found = devig([1 / p for p in fair], method=method, winners=2)
    assert [float(p) for p in found.probs] == pytest.approx([float(p) for p in fair], abs=1e-12)


@pytest.mark.parametrize(
    ("method", "odds", "said"),
    [
        ("shin", PLACES, "one winner, not 3"),
        ("multiplicative", "1.01/4/5/6/7/8", "outcome 0 a probability of 1"),
        ("additive", "1.01/4/5/6/7/8", "outcome 0 a probability of 1"),
    ],
)
def test_what_a_method_cannot_say_of_places_is_an_error_by_name(method, odds, said) -> None:
    with pytest.raises(MarginError, match=said):
        devig(odds_of(odds), method=method, winners=3)


@pytest.mark.parametrize("winners", [0, 3, 4])
def test_none_or_all_cannot_win(winners) -> None:
    with pytest.raises(ValueError, match="at least one and not all"):
        devig(odds_of("2/3/4"), method="power", winners=winners)


@pytest.mark.parametrize("value", [float("nan"), float("inf")])
def test_odds_that_are_no_number_are_refused(value) -> None:
    with pytest.raises(ValueError, match="odds must be decimal odds above 1"):
        devig([value, 2.0], method="power")


@pytest.mark.parametrize("method", FOUND)
def test_extreme_books_still_find_their_root(method) -> None:
    for odds in ([1.0001] * 2, [1.0001, 1000.0], [1.01] + [1000.0] * 29, [1.5, 1.5, 1.5, 900.0]):
        assert sum(devig(odds, method=method).probs) == pytest.approx(1, abs=1e-12)
