"""What was said about one order, merged without regard to order or repetition, and weighed into quantities.

Facts about one order reach us over several roads: the answer to a command, the venue's stream, polls, statements.
They arrive late, twice, and in any order, and most of them describe the same few events. So nothing is added to a
quantity when a fact arrives. It joins the testimony, and the whole testimony is weighed again.

Testimony merges in three ways, and each of them forgets order and repetition:

- single messages (fills, cancels, lapses, voids) are a set, told apart by the venue's id or by our request;
- cumulative cancelled and lapsed sizes keep the largest value ever reported;
- a cumulative report of matched size is superseded only by a stronger one. More voided is stronger, for a void is
  the one thing that takes matched size away; then more matched; then a later time of statement.

Weighing, in the order in which a quantity may claim part of the size:

1. Matched. A report vouches for everything up to its time, fills later than it add to it. So early fills and the
   report are two views of one quantity and the larger holds; what the report knows beyond the fills stays
   `unattributed` until their own messages come. A fill or a report without a time is taken as early: it may then be
   counted too late, at the next report, but never twice. Matched size is never clipped: past the size it overfills.
2. Voided, out of the matched size or out of the open rest.
3. Lapsed, then cancelled, each out of the room that is left. A fill that overtakes a cancel therefore takes its
   size back from `cancelled` first and from `lapsed` next, whichever of the messages came first.
4. Once the venue said that nothing remains, or is known never to have had the order, the rest is cancelled too.
"""

import msgspec
from msgspec.structs import replace

from domain.ids import VenueOrderId
from domain.messages import CancelAccepted, OrderAccepted, OrderFilled, OrderLapsed, OrderReported, OrderVoided
from domain.orders import Fill, Order, Testimony

FILLS_MAX = 1_000
"""Fills of one order that are told apart by id. Past it only cumulative reports count, and the order is suspect."""

MESSAGES_MAX = 200
"""Cancels, lapses and voids of one order that are told apart by id; past it as with fills."""


# ---- merging --------------------------------------------------------------------------------------------


def hear_acceptance(order: Order, fact: OrderAccepted) -> Order:
    return _name(order, fact.venue_order_id)


def hear_fill(order: Order, fact: OrderFilled) -> Order:
    return _add_fill(order, fact.fill)


def hear_report(order: Order, fact: OrderReported) -> Order:
    order = _name(order, fact.venue_order_id)
    for fill in fact.fills:
        order = _add_fill(order, fill)
    said = order.testimony
    said = replace(
        _stronger(said, fact),
        reported_cancelled_micros=max(said.reported_cancelled_micros, fact.cancelled_micros),
        reported_lapsed_micros=max(said.reported_lapsed_micros, fact.lapsed_micros),
        closed=said.closed or fact.closed,
    )
    return order if said == order.testimony else replace(order, testimony=said)


def hear_cancel(order: Order, fact: CancelAccepted) -> Order:
    return _once(order, f"cancel {fact.request}", "cancels_micros", fact.size_micros)


def hear_lapse(order: Order, fact: OrderLapsed) -> Order:
    return _once(order, f"lapse {fact.message_id}", "lapses_micros", fact.size_micros)


def hear_void(order: Order, fact: OrderVoided) -> Order:
    return _once(order, f"void {fact.message_id}", f"voids_{fact.part}_micros", fact.size_micros)


def _name(order: Order, venue_order_id: VenueOrderId | None) -> Order:
    """The venue names an order once; a second name is a contradiction."""
    if venue_order_id is None or venue_order_id == order.venue_order_id:
        return order
    if order.venue_order_id is not None:
        return order if order.suspect else replace(order, suspect=True)
    return replace(order, venue_order_id=venue_order_id)


def _add_fill(order: Order, fill: Fill) -> Order:
    if fill.id in order.fill_ids:
        return order
    if len(order.fill_ids) >= FILLS_MAX:
        return order if order.suspect else replace(order, suspect=True)
    fills = order.testimony.fills
    if fills and _moment(fill) < _moment(fills[-1]):
        fills = tuple(sorted((*fills, fill), key=_moment))
    else:
        fills = (*fills, fill)
    return replace(order, testimony=replace(order.testimony, fills=fills), fill_ids=order.fill_ids | {fill.id})


def _moment(fill: Fill) -> tuple[int, str]:
    return fill.venue_ms, fill.id


def _once(order: Order, message_id: str, tally: str, size_micros: int) -> Order:
    """Add a size to one of the sums, unless this message was counted before."""
    if message_id in order.message_ids:
        return order
    if len(order.message_ids) >= MESSAGES_MAX:
        return order if order.suspect else replace(order, suspect=True)
    total = getattr(order.testimony, tally) + size_micros
    said = replace(order.testimony, **{tally: total})
    return replace(order, testimony=said, message_ids=order.message_ids | {message_id})


def _stronger(said: Testimony, fact: OrderReported) -> Testimony:
    """The stronger report's figures; of equals the later, which keeps a fee that it does not repeat."""
    old = (said.reported_voided_micros, said.reported_matched_micros)
    new = (fact.voided_micros, fact.matched_micros)
    if new < old:
        return said
    fee = fact.fee_micros
    if new == old and said.reported_fee_micros is not None:
        fee = said.reported_fee_micros if fee is None else max(fee, said.reported_fee_micros)
        said = replace(said, reported_fee_micros=fee)
    old_at = (said.reported_ms, said.reported_claims_micros, said.reported_cost_micros)
    if new == old and (fact.as_of_ms, fact.claims_micros, fact.cost_micros) <= old_at:
        return replace(said, reported_fee_micros=fee)
    return replace(
        said,
        reported_ms=fact.as_of_ms,
        reported_matched_micros=fact.matched_micros,
        reported_claims_micros=fact.claims_micros,
        reported_cost_micros=fact.cost_micros,
        reported_fee_micros=fee,
        reported_voided_micros=fact.voided_micros,
    )


# ---- weighing -------------------------------------------------------------------------------------------


class Matched(msgspec.Struct, frozen=True):
    """A matched size with its claims, cost and fee, micros."""

    size: int = 0
    claims: int = 0
    cost: int = 0
    fee: int = 0

    def plus(self, other: "Matched") -> "Matched":
        return Matched(self.size + other.size, self.claims + other.claims, self.cost + other.cost, self.fee + other.fee)

    def without(self, voided: int) -> "Matched":
        """What a void leaves where nobody says: claims and cost in proportion, rounded down; no fee is given back."""
        if voided <= 0 or self.size <= 0:
            return self
        left = max(0, self.size - voided)
        return Matched(left, self.claims * left // self.size, self.cost * left // self.size, self.fee)


def weigh(order: Order) -> Order:
    """The order with the quantities that its testimony adds up to (see the head of this file)."""
    said = order.testimony
    matched, unattributed = _weigh_matched(said)
    voided = max(said.reported_voided_micros, said.voids_matched_micros)
    room = order.size_micros - matched.size - voided
    voided_open = _within(said.voids_matched_micros + said.voids_open_micros - voided, room)
    room -= voided_open
    lapsed = _within(max(said.lapses_micros, said.reported_lapsed_micros), room)
    room -= lapsed
    cancels = room if said.closed or order.missing else max(said.cancels_micros, said.reported_cancelled_micros)
    cancelled = _within(cancels, room)
    weighed = replace(
        order,
        matched_micros=matched.size,
        claims_micros=matched.claims,
        cost_micros=matched.cost,
        fee_micros=matched.fee,
        unattributed_micros=unattributed,
        voided_micros=voided + voided_open,
        lapsed_micros=lapsed,
        cancelled_micros=cancelled,
    )
    assert weighed.remaining_micros == room - cancelled, f"{order.ref}: sizes do not add up to the order"
    assert matched.size >= 0, f"{order.ref}: matched size is negative"
    return weighed


def _within(size: int, room: int) -> int:
    return max(0, min(size, room))


def _weigh_matched(said: Testimony) -> tuple[Matched, int]:
    """Matched size net of voids, and how much of it no fill explains."""
    cut = len(said.fills)
    if said.reported_ms:
        while cut and said.fills[cut - 1].venue_ms > said.reported_ms:
            cut -= 1
    early, late = _sum(said.fills[:cut]), _sum(said.fills[cut:])
    known = said.reported_matched_micros
    vouched = early.without(min(said.reported_voided_micros, early.size - known))
    fee = vouched.fee if said.reported_fee_micros is None or known < vouched.size else said.reported_fee_micros
    unattributed = max(0, known - vouched.size)
    if unattributed or (known == vouched.size and vouched.size < early.size):
        vouched = Matched(known, said.reported_claims_micros, said.reported_cost_micros, fee)
    elif fee != vouched.fee:
        vouched = replace(vouched, fee=fee)
    voids = said.voids_matched_micros + said.voids_open_micros
    unreported = min(said.voids_matched_micros, voids - said.reported_voided_micros)
    return vouched.plus(late).without(unreported), unattributed


def _sum(fills: tuple[Fill, ...]) -> Matched:
    size = claims = cost = fee = 0
    for fill in fills:
        size += fill.size_micros
        claims += fill.claims_micros
        cost += fill.cost_micros
        fee += fill.fee_micros
    return Matched(size, claims, cost, fee)
