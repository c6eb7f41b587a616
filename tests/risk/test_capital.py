"""Money tied up, per venue and in base."""

from fractions import Fraction

from domain.ids import VenueName
from risk.capital import CapitalUse, VenueCapital, capital_use
from tests.risk.builders import PAR

UNIT = 1_000_000


def venue(name: str, rate_e8: int, equity: int, locked: int, reserved: int) -> VenueCapital:
    return VenueCapital(VenueName(name), rate_e8, equity * UNIT, locked * UNIT, reserved * UNIT)


def test_use_is_added_up_in_base_and_the_tightest_venue_named() -> None:
    a, b = venue("a", 125_000_000, 8_000, 2_000, 400), venue("b", PAR, 10_000, 6_200, 300)
    use = capital_use([a, b])
    assert use == CapitalUse(tied=Fraction(9_500), equity=Fraction(20_000), tightest=VenueName("b"))
    assert use.utilisation == Fraction(19, 40)
    assert (a.utilisation, b.utilisation) == (Fraction(3, 10), Fraction(13, 20))


def test_a_venue_without_money_is_used_up_by_anything() -> None:
    assert venue("a", PAR, 0, 0, 0).utilisation == 0
    assert venue("a", PAR, 0, 0, 1).utilisation == 1
    assert capital_use([venue("a", PAR, 5, 4, 0), venue("b", PAR, -1, 0, 1)]).tightest == "b"


def test_no_venues_use_nothing() -> None:
    assert capital_use([]) == CapitalUse(Fraction(0), Fraction(0), None)
    assert capital_use([]).utilisation == 0
