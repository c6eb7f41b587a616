"""What of a take goes nowhere although it is offered within the limit, and why."""

from typing import Any

import msgspec
import pytest

from domain.candidates import Candidate
from domain.fees import NetWinFee
from domain.ids import InstrumentId, MarketId, StrategyName
from domain.intents import TakeIntent
from domain.money import MICROS
from domain.odds import PriceKind
from domain.orders import Side
from oms.allotment import BELOW_MINIMUM
from oms.routes import share_out
from oms.shortfall import NO_MONEY, Shortfall, shortfall

FREE = NetWinFee(rate_ppm=0)


def place(name: str, *levels: tuple[int, int], **more: Any) -> Candidate:
    """A place at odds without commission and in base, unless told otherwise; levels as hundredths and units."""
    seen: dict[str, Any] = {
        "kind": PriceKind.ODDS,
        "fee": FREE,
        "lot_micros": 10_000,
        "size_min_micros": 0,
        "payout_min_micros": 0,
        "available_micros": 1_000 * MICROS,
        "priority": 1,
        "rate_e8": 100_000_000,
        "win_micros": 0,
        "lose_micros": 0,
        "net_price": (0, 0),
        "allotted": (),
    }
    shown = tuple((price, size * MICROS) for price, size in levels)
    return Candidate(instrument=InstrumentId(name), levels=shown, **seen | more)


def missed(claims: float, *places: Candidate, limit: float = 0.51, side: Side = Side.BACK) -> list[tuple[str, Any]]:
    """What of a take over the places goes nowhere: instrument and price, size in units, and why."""
    take = TakeIntent(StrategyName("s"), MarketId("m"), 0, side, round(limit * 10**9), round(claims * MICROS), "test")
    routed = share_out(places, side=side, limit_e9=take.limit_e9, claims_micros=take.claims_micros)
    found = shortfall(take, routed)
    assert all(isinstance(one, Shortfall) for one in found)
    return [(one.instrument, (one.price, one.size_micros / MICROS, one.why)) for one in found]


def test_what_a_closed_place_would_have_given_of_what_is_left_is_missed_there() -> None:
    best, other = place("a", (210, 10), refused="venue_budget"), place("b", (200, 10))
    assert missed(50, best, other) == [("a", (210, 10, "venue_budget"))]
    assert missed(30.5, best, other) == [("a", (210, 5, "venue_budget"))]


def test_what_goes_elsewhere_within_the_limit_is_not_missed() -> None:
    best, other = place("a", (210, 10), refused="venue_budget"), place("b", (200, 10))
    assert missed(20, best, other) == []


@pytest.mark.parametrize(("price", "side"), [(190, Side.BACK), (210, Side.LAY)])
def test_what_is_offered_beyond_the_limit_is_not_missed(price: int, side: Side) -> None:
    limit = 0.51 if side is Side.BACK else 0.49
    assert missed(20, place("a", (price, 10), refused="book_stale"), limit=limit, side=side) == []


def test_what_nobody_offers_is_not_missed() -> None:
    assert missed(500, place("a", (200, 10)), place("b")) == []


def test_what_the_money_at_a_venue_does_not_reach_for_is_missed_for_lack_of_it() -> None:
    assert missed(30, place("a", (200, 20), available_micros=5 * MICROS)) == [("a", (200, 10, NO_MONEY))]
    assert missed(30, place("a", (200, 20), available_micros=15 * MICROS)) == []
    assert missed(30, place("a", (200, 12), available_micros=5 * MICROS)) == [("a", (200, 7, NO_MONEY))]


def test_a_lay_that_the_money_does_not_reach_for_is_missed_too() -> None:
    poor = place("a", (200, 20), available_micros=5 * MICROS)
    assert missed(30, poor, limit=0.49, side=Side.LAY) == [("a", (200, 10, NO_MONEY))]


def test_a_share_that_the_venue_takes_no_order_of_is_missed_as_too_small() -> None:
    assert missed(3, place("a", (200, 20), size_min_micros=2 * MICROS)) == [("a", (200, 1.5, BELOW_MINIMUM))]


def test_a_rest_too_small_for_an_order_of_its_own_is_not_missed_at_a_closed_place() -> None:
    closed = place("a", (200, 20), refused="venue_budget", size_min_micros=2 * MICROS)
    assert missed(22, place("b", (200, 10)), closed) == []
    assert missed(24, place("b", (200, 10)), closed) == [("a", (200, 2, "venue_budget"))]


def test_a_rest_of_less_than_a_lot_is_not_missed() -> None:
    assert missed(20.9, place("a", (200, 20), lot_micros=MICROS, available_micros=11 * MICROS)) == []


def test_what_is_behind_the_kink_of_commission_and_too_dear_there_is_no_lack_of_money() -> None:
    """Our loss if the outcome wins takes the commission off the first 10; then a claim costs more than the limit."""
    taxed = NetWinFee(rate_ppm=100_000)
    kinked = place(
        "a", (200, 50), fee=taxed, win_micros=-10 * MICROS, lose_micros=10 * MICROS, available_micros=90 * MICROS
    )
    assert missed(100, kinked, limit=0.505) == []


def test_prices_of_lines_are_no_offers() -> None:
    line = place("a", (200, 20), refused="line_market")
    assert missed(20, msgspec.structs.replace(line, kind=PriceKind.LINE)) == []


def test_what_an_order_over_levels_leaves_as_it_may_be_matched_for_more_is_not_missed_anywhere() -> None:
    closed = place("b", (210, 10), refused="venue_budget")
    assert missed(45, place("a", (200, 10), (250, 90)), closed, limit=0.3, side=Side.LAY) == []


def test_a_level_that_was_used_in_two_goes_is_not_missed_for_what_the_first_took() -> None:
    """Up to the kink it is better than the other place, and behind it worse: it stands twice among what was given."""
    kinked = {"win_micros": -3 * MICROS, "fee": NetWinFee(rate_ppm=50_000), "available_micros": 5 * MICROS}
    places = place("a", (200, 10), **kinked), place("b", (198, 2))
    (given, _) = share_out(places, side=Side.BACK, limit_e9=520_000_000, claims_micros=60 * MICROS)
    assert given.allotted == ((200, 3 * MICROS), (200, 5 * MICROS))
    assert missed(60, *places, limit=0.52) == [("a", (200, 2, NO_MONEY))]
