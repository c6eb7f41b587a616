"""Numbers of the venue: minimum stakes, the clock hour's transactions, and settings that it would refuse."""

from fractions import Fraction
from typing import Any

import pytest

from domain.fees import NetWinFee
from domain.ids import Currency
from domain.odds import CLASSIC, FINEST
from tests.venues.betfair.desk import settings
from venues.betfair.rules import HOUR_NS, MINIMUM_STAKES, TransactionCount, terms

FEE = NetWinFee(rate_ppm=50_000)
NOON_NS = 1_700_000_000_000_000_000 // HOUR_NS * HOUR_NS


@pytest.mark.parametrize(
    ("currency", "size", "payout"), [("GBP", 1, 10), ("EUR", 1, 20), ("HUF", 400, 4_000), ("NZD", 2, 10)]
)
def test_minimum_stakes_follow_the_currency(currency: str, size: int, payout: int) -> None:
    said = terms(ladder="CLASSIC", currency=Currency(currency), fee=FEE)
    assert said is not None
    assert (said.size_min_micros, said.payout_min_micros) == (size * 10**6, payout * 10**6)
    assert len(MINIMUM_STAKES) == 19


@pytest.mark.parametrize(("ladder", "bands"), [("CLASSIC", CLASSIC.bands), ("FINEST", FINEST.bands)])
def test_ladders_are_the_venues(ladder: str, bands: tuple) -> None:
    said = terms(ladder=ladder, currency=Currency("GBP"), fee=FEE)
    assert said is not None
    assert said.bands == bands
    assert terms(ladder="LINE_RANGE", currency=Currency("GBP"), fee=FEE) is None


def test_transactions_are_counted_by_clock_hour() -> None:
    count = TransactionCount(per_hour_max=3)
    for wall_ns in (NOON_NS, NOON_NS + HOUR_NS - 1):
        count.count(wall_ns)
    assert count.left(NOON_NS + HOUR_NS - 1) == 1
    assert count.left(NOON_NS + HOUR_NS) == 3
    for _ in range(5):
        count.count(NOON_NS)
    assert count.left(NOON_NS) == 0


def test_a_days_charge_forgets_older_hours() -> None:
    count = TransactionCount(per_hour_max=10_000)
    for hour, transactions in enumerate([6_000, 7_000]):
        for _ in range(transactions):
            count.count(NOON_NS + hour * HOUR_NS)
    paid = {"commission_paid": Fraction(2), "market_losses": Fraction(0)}
    assert count.charge(**paid).charge == Fraction(1_000 + 2_000) * Fraction(2, 1_000) - 1
    count.count(NOON_NS + 24 * HOUR_NS)
    assert count.charge(**paid).charge == Fraction(2_000) * Fraction(2, 1_000) - 1


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"heartbeat_ms": 499}, "heartbeat_ms"),
        ({"heartbeat_ms": 5_001}, "heartbeat_ms"),
        ({"strategy_ref": ""}, "strategy_ref"),
        ({"strategy_ref": "sixteen letters!"}, "strategy_ref"),
        ({"currency": Currency("JPY")}, "currency"),
        ({"instructions_per_s": 501}, "instructions_per_s"),
        ({"cancel_reserve": 500}, "cancel_reserve"),
        ({"connections": 1}, "connections"),
    ],
)
def test_settings_that_the_venue_would_refuse_are_refused_at_once(changes: dict[str, Any], field: str) -> None:
    with pytest.raises(ValueError, match=field):
        settings(**changes)


def test_settings_do_not_show_their_secrets() -> None:
    shown = repr(settings())
    assert "pa&ss" not in shown
    assert "us er" not in shown
