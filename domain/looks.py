"""What an order is known by at a venue that has not told us its name for it."""

import msgspec

from domain.ids import SelectionId, VenueOrderId
from domain.orders import Side


class OrderLooks(msgspec.Struct, frozen=True):
    """How an order looks from outside: a process that did not send it finds it by this alone where no list names it.

    `price` is its limit in the venue's native units, `size_micros` what was asked for. `others` are the names of our
    orders on the same side of the same selection: what bears one of them is not this order.
    """

    selection: SelectionId
    side: Side
    price: int
    size_micros: int
    others: tuple[VenueOrderId, ...] = ()
