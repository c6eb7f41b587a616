"""Numbers as the page prints them."""

import pytest

from desk.reports.figures import NOTHING, counted, lasting, money, percent, shortened, tick_text


@pytest.mark.parametrize(
    ("micros", "told"),
    [(0, "0.00"), (1_234_567_890, "+1,234.57"), (-5_629_629, "−5.63"), (-4_999, "0.00"), (5_000, "+0.01")],
)
def test_money_is_rounded_half_away_from_zero_with_sign_and_thousands(micros: int, told: str) -> None:
    assert money(micros, signed=True) == told


def test_a_share_of_nothing_is_a_dash() -> None:
    assert percent(0, 0) == NOTHING
    assert percent(-1, 3, signed=True, places=2) == "−33.33\N{NARROW NO-BREAK SPACE}%"
    assert percent(-1, 100_000, signed=True) == "0.0\N{NARROW NO-BREAK SPACE}%"


@pytest.mark.parametrize(
    ("milliseconds", "told"),
    [(900, "0 s"), (61_000, "1 min 1 s"), (3_600_000, "1 h"), (7_260_000, "2 h 1 min"), (5 * 86_400_000, "5 d")],
)
def test_a_stretch_of_time_is_told_in_two_units(milliseconds: int, told: str) -> None:
    assert lasting(milliseconds) == told


def test_ticks_share_the_places_that_their_step_needs() -> None:
    assert [tick_text(value, 2.5) for value in (-2.5, 0.0, 10.0)] == ["−2.5", "0.0", "10.0"]
    assert tick_text(-2_000.0, 1_000.0) == "−2,000"
    assert tick_text(-1e-12, 0.1) == "0.0"


def test_names_and_counts() -> None:
    assert (counted(1, "fill"), counted(2_345, "fill")) == ("1 fill", "2,345 fills")
    assert shortened("Netherlands v Papua", 12) == "Netherlands…"
