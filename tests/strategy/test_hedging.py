"""What is held beyond the band is closed, in one direction, at prices said beforehand; all else is left alone."""

from typing import Any

import pytest

from domain.ids import StrategyName
from domain.intents import TakeIntent
from domain.markets import Market
from domain.money import MICROS
from domain.orders import Side
from domain.plans import RungKind
from strategy.base import Wanted
from strategy.hedging import Hedger, HedgingSettings
from tests.builders import bet
from tests.strategy.views import SECOND, everywhere, market_view


def wanted(*pnl: float, settings: dict[str, Any] | None = None, **more: Any) -> Wanted:
    hedger = Hedger(StrategyName("hedge"), HedgingSettings(**settings or {}))
    return hedger.decide(market_view(more.pop("listings", ()), pnl=pnl, **more))


def take(*pnl: float, **more: Any) -> TakeIntent | None:
    takes = wanted(*pnl, **more).takes
    return takes[0] if takes else None


def test_within_the_band_nothing_is_closed() -> None:
    assert take(30, -30, 0) is None
    assert take(30.000001, -30, 0) is not None


def test_the_reason_is_in_claims_as_people_count_them() -> None:
    found = take(70, -10, -10)
    assert found is not None
    assert found.because == "80.00 claims beyond the others"


def test_what_a_plan_under_way_evens_out_is_not_closed_beside_it() -> None:
    assert take(70, -10, -10, coming_micros=(-30 * MICROS, 10 * MICROS, 10 * MICROS)) is None
    found = take(70, -10, -10, coming_micros=(-10 * MICROS, 0, 0))
    assert found is not None
    assert found.claims_micros == 50 * MICROS


@pytest.mark.parametrize(
    ("pnl", "outcome", "side", "claims"),
    [
        ((70, -10, -10), 0, Side.LAY, 60),  # too long of home
        ((-70, 10, 10), 0, Side.BACK, 60),  # too short of it
        ((70, -10, 60), 1, Side.BACK, 60),  # one back is less than two lays
    ],
)
def test_what_is_furthest_off_is_brought_back_to_what_may_be_kept(
    pnl: tuple[float, ...], outcome: int, side: Side, claims: int
) -> None:
    found = take(*pnl)
    assert found is not None
    assert (found.outcome, found.side, found.claims_micros) == (outcome, side, claims * MICROS)


def test_prices_and_times_are_said_beforehand() -> None:
    found = take(70, -10, -10, settings={"slack": 0.01, "accept_loss": 0.03, "follow_ms": 5, "accept_ms": 6})
    assert found is not None
    assert found.limit_e9 == 440_000_000  # 0.45 is fair
    assert [(rung.kind, rung.for_ms, rung.loss_e9) for rung in found.ladder] == [
        (RungKind.FOLLOW, 5, 0),
        (RungKind.ACCEPT, 6, 30_000_000),
    ]
    assert found.carry_max_micros == 100 * MICROS


@pytest.mark.parametrize(
    "more",
    [
        {"fair": None},
        {"now_ns": 13 * SECOND},
        {"state": "2"},  # the event has turned since
        {"working": (bet("LAY 9 @ 2.00"),)},
        {"market": Market(market_view().market.id, market_view().market.event, "place", ("a", "b", "c"), winners=2)},
        {"settings": {"in_play": False}, "listings": everywhere(in_play=True)},
    ],
)
def test_nothing_is_closed_blindly_or_twice(more: dict[str, Any]) -> None:
    assert take(70, -10, -10, **more) is None


@pytest.mark.parametrize(
    "settings", [{"slack": 0}, {"accept_loss": 1}, {"band": "0"}, {"carry_max": "-1"}, {"follow_ms": 0}, {"keep": "60"}]
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(settings))):
        HedgingSettings(**settings)
