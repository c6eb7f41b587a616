"""Limits that make no sense are refused by name."""

import msgspec
import pytest

from risk.limits import Limits

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
NUMBERS = [name for name in SOUND.__struct_fields__ if name != "in_play"]


@pytest.mark.parametrize("name", NUMBERS)
@pytest.mark.parametrize("wrong", [0, -1, True, "5", 1.5])
def test_a_limit_that_is_not_above_zero_is_refused_by_name(name: str, wrong: object) -> None:
    with pytest.raises(ValueError, match=f"{name} must be a whole number above zero, not "):
        msgspec.structs.replace(SOUND, **{name: wrong})


OPTIONAL = {
    "position_claims_micros",
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
