"""Limits that make no sense are refused by name."""

import re

import msgspec
import pytest

from risk.limits import OTHERS, Limits, cap_of

SOUND = Limits(
    cap_order_micros=1,
    cap_market_micros=1,
    cap_event_micros=1,
    cap_total_micros=1,
    cap_day_micros=1,
    collar_fair_e9=1,
    collar_book_e9=1,
    orders_per_second=1,
    open_orders_max=1,
)
CAPS = ("cap_league_micros", "cap_sport_micros", "cap_model_micros", "cap_venue_micros", "cap_strategy_micros")
NUMBERS = [name for name in SOUND.__struct_fields__ if name != "in_play" and name not in CAPS]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("wrong", [0, -1, True, "5", 1.5])
def test_a_limit_that_is_not_above_zero_is_refused_by_name(name: str, wrong: object) -> None:
    with pytest.raises(ValueError, match=f"{name} must be a whole number above zero, not "):
        msgspec.structs.replace(SOUND, **{name: wrong})


OPTIONAL = {
    "position_claims_micros",
    "accountability_claims_micros",
    "size_claims_micros",
    "orders_per_intent",
    "market_orders_per_minute",
    "turnover_day_micros",
    "loss_minute_micros",
    "strategy_loss_minute_micros",
    "flatten_loss_micros",
}


def test_only_these_limits_may_be_absent() -> None:
    for name in NUMBERS:
        if name in OPTIONAL:
            assert getattr(SOUND, name) is None
        else:
            with pytest.raises(ValueError, match=f"{name} must be a whole number above zero, not None"):
                msgspec.structs.replace(SOUND, **{name: None})


@pytest.mark.parametrize("name", CAPS)
@pytest.mark.parametrize("wrong", [0, -1, "5"])
def test_a_cap_by_name_that_is_not_above_zero_is_refused_with_its_name(name: str, wrong: object) -> None:
    with pytest.raises(ValueError, match=re.escape(f"{name}['maker'] must be a whole number above zero")):
        msgspec.structs.replace(SOUND, **{name: {"*": 5, "maker": wrong}})


def test_a_cap_of_a_name_is_its_own_or_that_of_all_others() -> None:
    assert cap_of({"maker": 5, OTHERS: 9}, "maker") == 5
    assert cap_of({"maker": 5, OTHERS: 9}, "taker") == 9
    assert cap_of({"maker": 5}, "taker") is None
    assert not SOUND.has_caps_by_name
    assert msgspec.structs.replace(SOUND, cap_sport_micros={"football": 1}).has_caps_by_name
