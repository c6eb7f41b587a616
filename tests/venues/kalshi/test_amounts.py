"""Texts of the venue and integers of ours, exactly and both ways."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venues.errors import PeerBroke
from venues.kalshi.amounts import count_text, micros, native, price_text, unix_ms, unix_us


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("3.00", 3_000_000),
        ("-3.00", -3_000_000),
        ("0.0175", 17_500),
        ("0.017500", 17_500),
        (3, 3_000_000),
        (0.47, 470_000),
    ],
)
def test_amounts_are_read_exactly_as_text_or_number(text, value: int) -> None:
    assert micros(text) == value


@pytest.mark.parametrize("text", ["", "1e3", "0.0000001", "1,000.00", "1_0.00", "NaN", "9" * 30, 1e30, 1e-9])
def test_what_is_no_amount_breaks_the_peer(text) -> None:
    with pytest.raises(PeerBroke, match="amount"):
        micros(text)


@pytest.mark.parametrize(
    ("text", "price"), [("0.4700", 4_700), ("0.47", 4_700), ("0.470000", 4_700), ("0.0001", 1), ("0.47005", None)]
)
def test_prices_are_ten_thousandths_or_none(text: str, price: int | None) -> None:
    assert native(text) == price


@given(st.integers(1, 9_999))
def test_every_price_survives_the_wire(price: int) -> None:
    assert native(price_text(price)) == price
    assert len(price_text(price)) == 6


@given(st.integers(1, 10**9))
def test_every_lot_survives_the_wire(lots: int) -> None:
    assert micros(count_text(lots * 10_000)) == lots * 10_000


def test_a_size_finer_than_a_lot_is_our_mistake() -> None:
    with pytest.raises(AssertionError):
        count_text(10_001)


@pytest.mark.parametrize(
    ("text", "us"),
    [
        ("1970-01-01T00:00:01Z", 1_000_000),
        ("1970-01-01T00:00:00.42784Z", 427_840),
        ("1970-01-01T01:00:00.000001+01:00", 1),
        ("", 0),
        ("yesterday", 0),
        ("1970-01-01T00:00:01", 0),
    ],
)
def test_times_are_unix_microseconds_or_none(text: str, us: int) -> None:
    assert unix_us(text) == us
    assert unix_ms(text) == us // 1_000
