"""Numbers and times as the venue writes them: exact where they fit, refused where no amount can be meant."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venues.errors import PeerBroke
from venues.matchbook.amounts import claims_micros, exact, iso_text, json_odds, json_stake, micros, ppm, unix_ms


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("38.81416", 38_814_160),
        ("0", 0),
        ("-2.00000102", -2_000_001),
        ("5", 5_000_000),
        ("0.0000005", 1),
        ("1E+3", 10**9),
    ],
)
def test_amounts_are_read_to_the_millionth(text: str, expected: int) -> None:
    assert micros(Decimal(text)) == expected


@pytest.mark.parametrize("text", ["NaN", "sNaN", "Infinity", "-Infinity", "1E+13", "1E+999999999", "1E-999999999"])
def test_what_no_amount_can_be_is_refused_and_costs_nothing(text: str) -> None:
    with pytest.raises(PeerBroke, match="an amount of"):
        exact(Decimal(text))


def test_nothing_is_nothing_however_it_is_written() -> None:
    assert exact(Decimal("0E-999999999")) == 0


@given(st.decimals(min_value=-(10**11), max_value=10**11, places=5))
def test_every_amount_of_five_places_is_exact(amount: Decimal) -> None:
    assert Fraction(micros(amount), 1_000_000) == Fraction(amount)


@pytest.mark.parametrize(
    ("odds", "stake", "expected"),
    [("2.6", "4", 10_400_000), ("1.54945", "10", 15_494_500), ("2.01", "19.80198", 39_801_980)],
)
def test_claims_are_stake_times_odds(odds: str, stake: str, expected: int) -> None:
    assert claims_micros(Decimal(odds), Decimal(stake)) == expected


def test_a_rate_is_read_in_millionths() -> None:
    assert ppm(Decimal("0.0168")) == 16_800


@pytest.mark.parametrize(("price", "text"), [(101, "1.01"), (250, "2.50"), (100_000, "1000.00")])
def test_odds_are_written_with_two_places(price: int, text: str) -> None:
    assert json_odds(price) == text


def test_a_stake_finer_than_a_hundredth_is_our_own_mistake() -> None:
    assert json_stake(10_050_000) == "10.05"
    with pytest.raises(AssertionError):
        json_stake(10_055_000)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2017-02-16T19:49:32.771Z", 1_487_274_572_771),
        ("2017-02-16T19:49:32.771999999Z", 1_487_274_572_771),
        ("2017-02-16T19:49Z", 1_487_274_540_000),
        ("2017-02-16T20:49:32+0100", 1_487_274_572_000),
        ("2017-02-16T20:49:32+01:00", 1_487_274_572_000),
        ("2017-02-16T19:49:32", 1_487_274_572_000),
        ("", 0),
        ("tomorrow", 0),
    ],
)
def test_times_are_read_however_they_are_written(text: str, expected: int) -> None:
    assert unix_ms(text) == expected


@given(st.integers(min_value=0, max_value=4 * 10**12))
def test_a_time_that_was_written_is_read_back(ms: int) -> None:
    assert unix_ms(iso_text(ms)) == ms
