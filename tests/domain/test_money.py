"""Money: exact, of one currency, rounded only by name."""

from datetime import date
from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import Currency
from domain.money import (
    FX_SCALE,
    MICROS,
    FxRates,
    Money,
    ceil_to,
    convert,
    day_ns,
    floor_to,
    format_micros,
    half_up_to,
    parse_micros,
    parse_rate_e8,
)

GBP, EUR, USD = Currency("GBP"), Currency("EUR"), Currency("USD")
AMOUNTS = st.fractions(min_value=-(10**9), max_value=10**9, max_denominator=10**9)
STEPS = st.sampled_from([1, 7, 100, 10_000, 500_000, MICROS])


# --- roundings ---


@given(AMOUNTS, STEPS)
def test_floor_and_ceiling_stand_around_the_amount_one_step_apart(amount, step):
    low, high = floor_to(amount, step), ceil_to(amount, step)
    assert low % step == high % step == 0
    assert low <= amount * MICROS <= high
    assert high - low in {0, step}


@given(AMOUNTS, STEPS)
def test_half_up_takes_the_nearest_step_and_mirrors_below_zero(amount, step):
    near = half_up_to(amount, step)
    assert near % step == 0
    assert abs(near - amount * MICROS) <= Fraction(step, 2)
    assert half_up_to(-amount, step) == -near


@pytest.mark.parametrize(
    ("amount", "step", "low", "near", "high"),
    [
        ("10.237", 10_000, 10_230_000, 10_240_000, 10_240_000),
        ("0.005", 10_000, 0, 10_000, 10_000),
        ("-0.005", 10_000, -10_000, -10_000, 0),
        ("0.0049999", 10_000, 0, 0, 10_000),
        ("1/3", 1, 333_333, 333_333, 333_334),
        ("-1/3", 1, -333_334, -333_333, -333_333),
        ("7", 2 * MICROS, 6_000_000, 8_000_000, 8_000_000),
        ("12.34", 10_000, 12_340_000, 12_340_000, 12_340_000),
    ],
)
def test_each_rounding_goes_the_way_of_its_name(amount, step, low, near, high):
    exact = Fraction(amount)
    assert (floor_to(exact, step), half_up_to(exact, step), ceil_to(exact, step)) == (low, near, high)


def test_without_a_step_amounts_are_rounded_to_a_millionth():
    exact = Fraction("0.0000014")
    assert (floor_to(exact), half_up_to(exact), ceil_to(exact)) == (1, 1, 2)


@pytest.mark.parametrize("rounding", [floor_to, ceil_to, half_up_to])
def test_a_rounding_refuses_a_float(rounding):
    with pytest.raises(TypeError, match=r"not float 0\.1: parse the decimal text"):
        rounding(0.1)


@pytest.mark.parametrize("step", [0, -1])
def test_a_step_is_above_zero(step):
    with pytest.raises(ValueError, match="step_micros must be above zero"):
        floor_to(Fraction(1), step)


@pytest.mark.parametrize(
    ("text", "micros"),
    [
        ("0", 0),
        ("5.0000", 5_000_000),
        ("-12.5", -12_500_000),
        ("+0.000001", 1),
        ("0.00000100", 1),
        ("38.81416", 38_814_160),
        ("007", 7_000_000),
        ("9200000000000", 9_200_000_000_000 * MICROS),
    ],
)
def test_decimal_text_becomes_micros(text, micros):
    assert parse_micros(text) == micros


@pytest.mark.parametrize("text", ["0.0000001", "1.2345678"])
def test_text_finer_than_a_millionth_is_an_error_not_a_rounding(text):
    with pytest.raises(ValueError, match="finer than a millionth"):
        parse_micros(text)


@pytest.mark.parametrize("text", ["", "-", ".5", "5.", "1e3", "1_000", " 1", "1\n", "1,5", "١", "NaN", "inf", "--1"])
def test_loose_text_is_no_amount(text):
    with pytest.raises(ValueError, match="is not a decimal amount"):
        parse_micros(text)


@given(st.integers(-(10**18), 10**18))
def test_what_is_printed_reads_back_the_same(micros):
    assert parse_micros(format_micros(micros)) == micros


@pytest.mark.parametrize(
    ("micros", "text"),
    [(0, "0.00"), (1, "0.000001"), (-1_500_000, "-1.50"), (-10, "-0.00001"), (12_345_600, "12.3456")],
)
def test_amounts_print_with_two_places_at_least(micros, text):
    assert format_micros(micros) == text


# --- the value ---


@given(st.integers(-(10**15), 10**15), st.integers(-(10**15), 10**15))
def test_money_adds_subtracts_and_compares_like_its_micros(a, b):
    left, right = Money(a, GBP), Money(b, GBP)
    assert (left + right).micros == a + b
    assert left - right == -(right - left) == Money(a - b, GBP)
    assert (left < right, left <= right, left > right, left >= right) == (a < b, a <= b, a > b, a >= b)


@pytest.mark.parametrize("operation", ["__add__", "__sub__", "__lt__", "__le__", "__gt__", "__ge__"])
def test_two_currencies_never_meet(operation):
    with pytest.raises(ValueError, match=r"1\.00 GBP and 1\.00 EUR are of two currencies"):
        getattr(Money(MICROS, GBP), operation)(Money(MICROS, EUR))


def test_money_does_not_meet_bare_numbers():
    one: Any = 1
    with pytest.raises(TypeError, match="Money meets Money only, not int 1"):
        Money(1, GBP) + one
    assert Money(1, GBP) != one
    assert Money(1, GBP) != Money(1, EUR)


@pytest.mark.parametrize("micros", [1.0, 0.5, "1", Fraction(1), True, None])
def test_money_is_made_of_whole_millionths_only(micros):
    with pytest.raises(TypeError, match=r"Money\.micros must be an int of millionths"):
        Money(micros, GBP)


@pytest.mark.parametrize("currency", ["", "gbp", "POUND", "GB1", "€"])
def test_a_currency_is_three_capital_letters(currency):
    with pytest.raises(ValueError, match=r"Money\.currency must be like GBP"):
        Money(1, Currency(currency))


def test_money_survives_its_written_form_and_a_float_there_is_refused():
    written = msgspec.json.encode(Money(-1, GBP))
    assert msgspec.json.decode(written, type=Money) == Money(-1, GBP)
    with pytest.raises(msgspec.ValidationError):
        msgspec.json.decode(b'{"micros":1.5,"currency":"GBP"}', type=Money)


def test_money_prints_with_its_currency():
    assert str(Money(-1_234_500, USD)) == "-1.2345 USD"


# --- exchange ---

RATES = FxRates(base=USD, rates_e8={GBP: 125_000_000, EUR: 110_000_000}, as_of_ns=1, source="desk")


def test_a_rate_set_answers_exactly_through_its_base():
    assert RATES.rate(GBP, USD) == Fraction(5, 4)
    assert RATES.rate(USD, EUR) == Fraction(10, 11)
    assert RATES.rate(GBP, EUR) == Fraction(25, 22)
    assert RATES.rate(EUR, EUR) == RATES.rate(USD, USD) == 1


def test_a_conversion_is_rounded_the_way_the_caller_names():
    money = Money(100_000_000, USD)
    assert convert(money, GBP, RATES, floor_to) == Money(80_000_000, GBP)
    assert convert(money, EUR, RATES, floor_to) == Money(90_909_090, EUR)
    assert convert(money, EUR, RATES, half_up_to) == Money(90_909_091, EUR)
    assert convert(-money, EUR, RATES, ceil_to) == Money(-90_909_090, EUR)


@given(st.integers(-(10**12), 10**12), st.integers(1, 10**10), st.integers(1, 10**10))
def test_there_and_back_with_opposite_roundings_never_gains(micros, gbp, eur):
    rates = FxRates(base=USD, rates_e8={GBP: gbp, EUR: eur}, as_of_ns=1, source="desk")
    there = convert(Money(micros, GBP), EUR, rates, floor_to)
    assert convert(there, GBP, rates, floor_to) <= Money(micros, GBP)


def test_a_rate_set_is_checked_when_it_is_made():
    with pytest.raises(ValueError, match=r"rates_e8\[USD\] must be 100000000: it is the base"):
        FxRates(base=USD, rates_e8={USD: 1}, as_of_ns=1, source="desk")
    rates: tuple[Any, ...] = (0, -1, 1.25)
    for rate in rates:
        with pytest.raises(ValueError, match=r"rates_e8\[GBP\] must be an int above 0"):
            FxRates(base=USD, rates_e8={GBP: rate}, as_of_ns=1, source="desk")
    assert FxRates(base=USD, rates_e8={USD: FX_SCALE}, as_of_ns=1, source="desk").rate(USD, USD) == 1


def test_an_unknown_currency_is_named_with_those_that_are_known():
    with pytest.raises(KeyError, match="no rate for AUD in the set of desk: it has EUR, GBP, USD"):
        RATES.rate(Currency("AUD"), USD)


def test_a_rate_is_read_to_eight_places():
    assert parse_rate_e8("1.25") == 125_000_000
    assert parse_rate_e8("0.00000001") == 1
    with pytest.raises(ValueError, match="finer than 1e-8"):
        parse_rate_e8("0.000000001")
    for text in ("-1", "", "1e2"):
        with pytest.raises(ValueError, match="is not a rate of exchange"):
            parse_rate_e8(text)


@given(st.dates(date(1970, 1, 2), date(2200, 1, 1)))
def test_a_rate_set_knows_its_day(day):
    as_of_ns = day_ns(str(day))
    for later_ns in (0, 24 * 3_600 * 10**9 - 1):
        assert FxRates(USD, {GBP: 1}, as_of_ns=as_of_ns + later_ns, source="desk").dated == str(day)


def test_rates_of_which_nobody_says_how_old_they_are_have_no_day():
    assert FxRates(USD, {GBP: 1}, as_of_ns=day_ns(""), source="desk").dated == ""
    with pytest.raises(ValueError, match="isoformat"):
        day_ns("20 November")
