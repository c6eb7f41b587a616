"""What would even positions out, as it is told before anybody orders it; units are those of `desk.views`."""

import msgspec

from domain.orders import Side


class FlattenOrder(msgspec.Struct, frozen=True):
    """An order that would take part of a position out; it would be matched at once or die.

    `claims_micros` pay one unit of the base currency each. `cost_micros` is what they would cost us against the fair
    value after fees, base currency; None where there is no fair value. `net_micros` is what one claim would bring.
    """

    market: str
    event_name: str
    outcome: int
    outcome_name: str
    venue: str
    instrument: str
    side: Side
    price: str
    size_micros: int
    currency: str
    claims_micros: int
    net_micros: int
    fair_micros: int
    cost_micros: int | None


class FlattenLeft(msgspec.Struct, frozen=True):
    """What no order could take out, and the reason code of each place, or that their sizes do not suffice."""

    market: str
    event_name: str
    outcome: int
    outcome_name: str
    claims_micros: int
    why: tuple[str, ...]


class FlattenPlan(msgspec.Struct, frozen=True):
    """What would be sent to even every matched position out, at the prices of this moment. Nothing was sent."""

    base: str
    wall_ms: int
    orders: tuple[FlattenOrder, ...]
    left: tuple[FlattenLeft, ...]
    cost_micros: int
