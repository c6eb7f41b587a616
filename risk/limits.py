"""The limits in force: frozen, read whole from the configuration, refused when they make no sense."""

import msgspec


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """What the desk may risk at most.

    Caps are base-currency millionths of worst loss: `order` for one order on its own, `market`, `event` and
    `total` for everything matched and open, `day` for what the day has lost so far plus what may still be
    lost. Collars are probabilities in 1e-9: how far a price may lie from the fair value on either side, and
    how far through the book on the side that hurts. `position_claims_micros` bounds the claims held or given
    on one instrument with all open orders of one side filled, None for no such limit. ValueError, naming the
    field, for a limit that is not a whole number above zero.
    """

    cap_order_micros: int
    cap_market_micros: int
    cap_event_micros: int
    cap_total_micros: int
    cap_day_micros: int
    collar_fair_e9: int
    collar_book_e9: int
    orders_per_second: int
    open_orders_max: int
    position_claims_micros: int | None = None
    in_play: bool = True

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if name == "in_play" or (name == "position_claims_micros" and value is None):
                continue
            if type(value) is not int or value <= 0:
                raise ValueError(f"{name} must be a whole number above zero, not {value!r}")
