"""How the simulated venue writes amounts, instants and ids, and the six spellings of odds."""

from fractions import Fraction

import pytest

from tests.venues.matchbook.fake_world import sample
from venues.matchbook.fake.forms import amount, bet_id, edit_id, iso, offer_id, order_number, parse_iso
from venues.matchbook.fake.odds_types import ODDS_TYPES, decimal_of, shown


@pytest.mark.parametrize(
    ("micros", "written"),
    [
        (0, "0"),
        (2_000_000, "2"),
        (38_814_160, "38.81416"),
        (38_814_169, "38.81416"),
        (-5_000_000, "-5"),
        (-1_000_019, "-1.00001"),
        (10, "1e-05"),
        (9, "0"),
    ],
)
def test_amounts_have_five_places_cut_off_towards_zero(micros: int, written: str):
    assert repr(amount(micros)) == written


@pytest.mark.parametrize("odds", ["1.01", "1.5", "1.99", "2", "2.02", "3", "11", "1000"])
def test_each_spelling_of_odds_is_read_back_as_it_was_written(odds: str):
    decimal = Fraction(odds)
    for odds_type in ODDS_TYPES:
        assert decimal_of(shown(decimal, odds_type), odds_type) == decimal


@pytest.mark.parametrize(
    ("odds_type", "odds", "written"),
    [
        ("US", "3.5", 250),
        ("US", "1.5", -200),
        ("US", "2", 100),
        ("HK", "1.5", "0.5"),
        ("MALAY", "1.5", "0.5"),
        ("MALAY", "3", "-0.5"),
        ("INDO", "1.5", -2),
        ("INDO", "3", 2),
        ("%", "4", 25),
        ("DECIMAL", "4", 4),
    ],
)
def test_odds_are_spelled_as_their_type_says(odds_type: str, odds: str, written: str | int):
    assert shown(Fraction(odds), odds_type) == Fraction(written)


@pytest.mark.parametrize("odds_type", ["US", "MALAY", "INDO", "%"])
def test_nothing_says_nothing(odds_type: str):
    assert decimal_of(Fraction(0), odds_type) is None


def test_a_recorded_offer_at_american_odds_is_spelled_the_same():
    recorded = sample("java_sdk/offer_get.json")
    decimal = decimal_of(Fraction(recorded["odds"]), "US")
    assert decimal is not None
    assert float(decimal) == pytest.approx(recorded["decimal-odds"], abs=1e-5)


def test_ids_of_a_kind_never_meet_and_are_read_back():
    numbers = range(1, 200)
    ids = [offer_id(n) for n in numbers] + [edit_id(n) for n in numbers]
    ids += [bet_id(n, maker=maker) for n in numbers for maker in (False, True)]
    assert len(set(ids)) == len(ids)
    assert min(ids) > 2**53
    assert [order_number(offer_id(n)) for n in numbers] == list(numbers)
    assert [order_number(n) for n in (0, offer_id(0), offer_id(3) + 1)] == [0, 0, 0]


def test_instants_are_written_with_milliseconds_and_read_with_any_offset():
    assert iso(1_487_274_572_771) == "2017-02-16T19:49:32.771Z"
    for text in ("2017-02-16T19:49:32.771Z", "2017-02-16T20:49:32.771+01:00", "2017-02-16T19:49:32.771"):
        assert parse_iso(text) == 1_487_274_572_771
