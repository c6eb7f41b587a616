"""Whose an order at a venue is: by the venue's id where the venue calls several orders by one ref of ours.

A venue that replaces orders may keep calling the rest by the ref under which the first one was sent. The ids tell them
apart. An id that no order bears yet is that of the successor that has none: an order has one successor at most, and
the venue makes it before that one can be replaced in its turn.
"""

from typing import TypeVar

from msgspec.structs import replace

from domain.amending import generation
from domain.ids import VenueName, VenueOrderId
from domain.messages import OrderAccepted, OrderFact, OrderReported, VenueOrder, VenueReported
from domain.orders import Order
from oms.order_index import OrderIndex

F = TypeVar("F", bound=OrderFact)


def addressed(orders: OrderIndex, fact: F) -> F:
    """The fact under the ref of the order that it is about."""
    if not isinstance(fact, OrderReported | OrderAccepted) or fact.venue_order_id is None:
        return fact
    bearer = _other_bearer(orders, orders.get(fact.ref), fact.venue_order_id)
    return fact if bearer is None else replace(fact, ref=bearer.ref)


def addressed_list(orders: OrderIndex, fact: VenueReported) -> VenueReported:
    """The same for a venue's list; what bears a ref of ours and is no order of that name is somebody else's."""
    lines = tuple(_addressed_line(orders, theirs) for theirs in fact.orders)
    return fact if all(new is old for new, old in zip(lines, fact.orders, strict=True)) else replace(fact, orders=lines)


def bearer_of(orders: OrderIndex, venue: VenueName, theirs: VenueOrder) -> Order | None:
    """Our order that a line of a venue's list is about, None if we know none."""
    named = None if theirs.ref is None else orders.get(theirs.ref)
    return named or orders.get_by_venue_id(venue, theirs.venue_order_id)


def _addressed_line(orders: OrderIndex, theirs: VenueOrder) -> VenueOrder:
    named = None if theirs.ref is None else orders.get(theirs.ref)
    if named is None or named.venue_order_id in (None, theirs.venue_order_id):
        return theirs
    bearer = _other_bearer(orders, named, theirs.venue_order_id)
    if bearer is None:
        return replace(theirs, ref=None, report=None)
    report = None if theirs.report is None else replace(theirs.report, ref=bearer.ref)
    return replace(theirs, ref=bearer.ref, report=report)


def _other_bearer(orders: OrderIndex, named: Order | None, venue_order_id: VenueOrderId) -> Order | None:
    """Whose id this is if it is not the named order's; None if it is, or nobody's."""
    if named is None or named.venue_order_id in (None, venue_order_id):
        return None
    known = orders.get_by_venue_id(orders.listing(named).venue, venue_order_id)
    if known is not None:
        return known if generation(known.ref)[0] == generation(named.ref)[0] else None
    while named.heir is not None and (heir := orders.get(named.heir)) is not None:
        if heir.venue_order_id is None:
            return heir
        named = heir
    return None
