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


def test_only_the_position_limit_may_be_absent() -> None:
    assert SOUND.position_claims_micros is None
    with pytest.raises(ValueError, match="cap_day_micros"):
        msgspec.structs.replace(SOUND, cap_day_micros=None)
