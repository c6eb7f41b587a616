"""The venue's numbers, and settings that could not work."""

from fractions import Fraction
from typing import Any

import pytest

from domain.fees import NetWinFee, VolumeFee
from domain.ids import Currency
from domain.odds import CLASSIC, Ladder
from tests.venues.matchbook.desk import settings
from venues.matchbook import rules


def test_terms_are_the_350_odds_in_hundredths_of_the_currency() -> None:
    terms = rules.terms(currency=Currency("EUR"), fee=NetWinFee(rate_ppm=20_000))
    assert Ladder(terms.kind, terms.bands) == CLASSIC
    assert (terms.lot_micros, terms.size_min_micros, terms.payout_min_micros) == (10_000, 100_000, 0)


def test_the_account_says_which_commission_holds_and_the_plan_how_much_it_is() -> None:
    plan = rules.CommissionPlan(net_win_ppm=20_000)
    assert plan.fee("NET_WIN") == NetWinFee(rate_ppm=20_000)
    assert plan.fee("VOLUME") == VolumeFee(taker_ppm=15_000, maker_ppm=7_500)
    assert plan.fee("") is None


def test_of_two_rates_on_an_offer_the_dearer_is_reckoned_with() -> None:
    assert rules.offer_fee("NET_WIN", maker_ppm=10_000, taker_ppm=20_000) == NetWinFee(rate_ppm=20_000)
    assert rules.offer_fee("VOLUME", maker_ppm=1, taker_ppm=2) == VolumeFee(taker_ppm=2, maker_ppm=1)
    assert rules.offer_fee("NEW", maker_ppm=1, taker_ppm=2) is None


@pytest.mark.parametrize(("line", "traded"), [(None, True), ("0", True), ("2.5", True), ("-1", True), ("0.25", False)])
def test_only_lines_that_win_lose_or_push_are_traded(line: str | None, traded: bool) -> None:
    assert rules.is_traded(None if line is None else Fraction(line)) is traded


@pytest.mark.parametrize(
    ("changes", "named"),
    [
        ({"currency": "BTC"}, "currency"),
        ({"cancel_reserve": 10}, "cancel_reserve"),
        ({"connections": 1}, "connections"),
        ({"events_per_poll": 0}, "events_per_poll"),
        ({"rows_per_page": 501}, "rows_per_page"),
        ({"heartbeat_s": 5}, "heartbeat_s"),
        ({"session_s": 30_000}, "session_s"),
    ],
)
def test_settings_that_cannot_work_are_refused_by_name(changes: dict[str, Any], named: str) -> None:
    with pytest.raises(ValueError, match=named):
        settings(**changes)


def test_our_budgets_keep_below_what_is_known_of_the_venues() -> None:
    ours = settings().per_minute
    assert (ours.events < 700, ours.writes < 3_000, ours.account < 300, ours.reports < 40) == (True, True, True, True)


def test_no_secret_shows_in_settings() -> None:
    assert 'pa"ss' not in repr(settings())
