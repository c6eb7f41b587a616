"""What was said about one order, merged without regard to order or repetition, and weighed into quantities.

Facts about one order reach us over several roads: the answer to a command, the venue's stream, polls, statements.
They arrive late, twice, and in any order, and most of them describe the same few events. So nothing is added to a
quantity when a fact arrives. It joins the testimony, and the whole testimony is weighed again.

Testimony merges in three ways, and each of them forgets order and repetition:

- single messages (fills, cancels, lapses, voids) are a set, told apart by the venue's id or by our request, a void
  of a matched part from one of an open part too; of two that bear one id the larger size holds, then the stronger
  evidence, and the order is suspect where they differ;
- cumulative cancelled and lapsed sizes keep the largest value ever reported;
- a cumulative report of matched size is superseded only by a stronger one. More voided is stronger, for a void is
  the one thing that takes matched size away; then more matched; then a later time. A weaker one takes nothing away, but
  if the venue made it later, or fills older than the strongest are more than it says, then the order is disputed until
  a later report agrees;
- of statements the latest is kept beside that: the venue may correct what it stated.

Weighing, in the order in which a quantity may claim part of the size:

1. Matched. A report vouches for everything up to its time, fills later than it add to it. So early fills and the
   report are two views of one quantity and the larger holds; what the report knows beyond the fills stays
   `unattributed` until their own messages come. Of what both know in full a statement says what it is worth, for the
   odds of a match may be cut after it was told. The latest statement takes back what was annulled before it, unless
   it loses sight of something or the venue said otherwise still later. A fill or a report without a time is taken as
   early: it may then be counted too late, at the next report, but never twice. Matched size is never clipped: past the
   size it overfills, and the order is disputed until the venue voids what is too much.
2. Voided, out of the matched size or out of the open rest.
3. Lapsed, then cancelled, each out of the room that is left. A fill that overtakes a cancel therefore takes its
   size back from `cancelled` first and from `lapsed` next, whichever of the messages came first.
4. Once the venue said that nothing remains, or is known never to have had the order, the rest is cancelled too.
"""

import msgspec
from msgspec.structs import astuple, replace

from domain.ids import VenueOrderId
from domain.messages import CancelAccepted, OrderAccepted, OrderFilled, OrderReported
from domain.orders import Evidence, Fill, Order, Side, Stated, Testimony, TimeInForce
from domain.venue_acts import OrderLapsed, OrderVoided

FILLS_MAX = 1_000
"""Fills of one order that are told apart by id. Past it only cumulative reports count, and the order is suspect."""

MESSAGES_MAX = 200
"""Cancels, lapses and voids of one order that are told apart by id; past it as with fills."""


# ---- merging --------------------------------------------------------------------------------------------


def hear_acceptance(order: Order, fact: OrderAccepted) -> Order:
    return _name(order, fact.venue_order_id)


def hear_fill(order: Order, fact: OrderFilled) -> Order:
    return _add_fill(order, _by(fact.fill, fact.evidence))


def hear_report(order: Order, fact: OrderReported) -> Order:
    order = _name(order, fact.venue_order_id)
    for fill in fact.fills:
        order = _add_fill(order, _by(fill, fact.evidence))
    said = order.testimony
    said = replace(
        _stronger(said, fact),
        reported_cancelled_micros=max(said.reported_cancelled_micros, fact.cancelled_micros),
        reported_lapsed_micros=max(said.reported_lapsed_micros, fact.lapsed_micros),
        closed=said.closed or fact.closed,
        stated=_latest(said.stated, fact),
    )
    return order if said == order.testimony else replace(order, testimony=said)


def hear_cancel(order: Order, fact: CancelAccepted) -> Order:
    return _once(order, f"cancel {fact.request}", "cancels_micros", fact.size_micros)


def hear_lapse(order: Order, fact: OrderLapsed) -> Order:
    return _once(order, f"lapse {fact.message_id}", "lapses_micros", fact.size_micros)


def hear_void(order: Order, fact: OrderVoided) -> Order:
    return _once(order, f"void {fact.part} {fact.message_id}", f"voids_{fact.part}_micros", fact.size_micros)


def _name(order: Order, venue_order_id: VenueOrderId | None) -> Order:
    """The venue names an order once; a second name is a contradiction, and the first holds.

    It may be that of another order, which a round's list then brings as a stranger's and has counted.
    """
    if venue_order_id is None or venue_order_id == order.venue_order_id:
        return order
    if order.venue_order_id is not None:
        return order if order.suspect else replace(order, suspect=True)
    return replace(order, venue_order_id=venue_order_id)


def _by(fill: Fill, evidence: Evidence) -> Fill:
    """The fill as this message vouches for it."""
    return fill if fill.evidence is evidence else replace(fill, evidence=evidence)


def _add_fill(order: Order, fill: Fill) -> Order:
    if fill.id in order.fill_ids:
        return _fill_again(order, fill)
    if len(order.fill_ids) >= FILLS_MAX:
        return order if order.suspect else replace(order, suspect=True)
    fills = order.testimony.fills
    if fills and _moment(fill) < _moment(fills[-1]):
        fills = tuple(sorted((*fills, fill), key=_moment))
    else:
        fills = (*fills, fill)
    return replace(order, testimony=replace(order.testimony, fills=fills), fill_ids=order.fill_ids | {fill.id})


def _fill_again(order: Order, fill: Fill) -> Order:
    """A fill told once more: size only grows, else the stronger evidence corrects price, fee and time."""
    held = next(one for one in order.testimony.fills if one.id == fill.id)
    if held == fill:
        return order
    suspect = order.suspect or _bet(held) != _bet(fill)
    if _weight(fill) < _weight(held):
        return order if suspect is order.suspect else replace(order, suspect=suspect)
    fills = tuple(sorted((fill if one is held else one for one in order.testimony.fills), key=_moment))
    return replace(order, testimony=replace(order.testimony, fills=fills), suspect=suspect)


def _bet(fill: Fill) -> tuple[int, int, int]:
    """What is bet by a fill; fees and times are told late, and in several precisions."""
    return fill.size_micros, fill.claims_micros, fill.cost_micros


def _weight(fill: Fill) -> tuple[int, ...]:
    size, claims, cost = _bet(fill)
    return size, fill.evidence, claims, cost, fill.fee_micros, fill.venue_ms, fill.maker


def _moment(fill: Fill) -> tuple[int, str]:
    return fill.venue_ms, fill.id


def _once(order: Order, message_id: str, tally: str, size_micros: int) -> Order:
    """Add a size to one of the sums; a message that was counted before adds only what it says more."""
    messages = dict(order.messages)
    counted = messages.get(message_id)
    if counted == size_micros:
        return order
    if counted is None and len(messages) >= MESSAGES_MAX:
        return order if order.suspect else replace(order, suspect=True)
    suspect = order.suspect or counted is not None
    if counted is not None and size_micros < counted:
        return order if suspect is order.suspect else replace(order, suspect=suspect)
    total = getattr(order.testimony, tally) + size_micros - (counted or 0)
    said = replace(order.testimony, **{tally: total})
    messages[message_id] = size_micros
    return replace(order, testimony=said, messages=tuple(sorted(messages.items())), suspect=suspect)


def _stronger(said: Testimony, fact: OrderReported) -> Testimony:
    """The stronger report's figures; of equals the later, which keeps a fee that it does not repeat."""
    old = (said.reported_voided_micros, said.reported_matched_micros)
    new = (fact.voided_micros, fact.matched_micros)
    if new < old:
        return _hear_less(said, fact.as_of_ms, new)
    fee, by = fact.fee_micros, fact.evidence
    if new == old:
        by = max(by, said.reported_by)
        if said.reported_fee_micros is not None:
            fee = said.reported_fee_micros if fee is None else max(fee, said.reported_fee_micros)
        old_at = (said.reported_ms, said.reported_claims_micros, said.reported_cost_micros)
        if (fact.as_of_ms, fact.claims_micros, fact.cost_micros) <= old_at:
            return replace(said, reported_fee_micros=fee, reported_by=by)
    else:
        said = _hear_less(said, said.reported_ms, old)
    return replace(
        said,
        reported_ms=fact.as_of_ms,
        reported_by=by,
        reported_matched_micros=fact.matched_micros,
        reported_claims_micros=fact.claims_micros,
        reported_cost_micros=fact.cost_micros,
        reported_fee_micros=fee,
        reported_voided_micros=fact.voided_micros,
    )


def _hear_less(said: Testimony, ms: int, figures: tuple[int, int]) -> Testimony:
    """The latest report that said less: its time, and what it said was voided and matched."""
    if not ms or (ms, *figures) <= (said.contrary_ms, said.contrary_voided_micros, said.contrary_matched_micros):
        return said
    voided, matched = figures
    return replace(said, contrary_ms=ms, contrary_voided_micros=voided, contrary_matched_micros=matched)


def _latest(stated: Stated | None, fact: OrderReported) -> Stated | None:
    """The later of two statements; of one time the one that says more."""
    if fact.evidence < Evidence.STATEMENT:
        return stated
    new = Stated(fact.as_of_ms, fact.voided_micros, fact.matched_micros, fact.claims_micros, fact.cost_micros)
    return new if stated is None or astuple(new) > astuple(stated) else stated


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


NOTHING = Matched()


def corrected(said: Testimony) -> Testimony:
    """The testimony with the strongest report as the latest statement has it, if that may speak for it."""
    stated = said.stated
    if stated is None:
        return said
    ever = said.reported_matched_micros + said.reported_voided_micros
    figures = stated.voided_micros, stated.matched_micros
    if figures == (said.reported_voided_micros, said.reported_matched_micros):
        ms = said.reported_ms
    elif (
        stated.ms > said.reported_ms
        and (stated.ms >= said.contrary_ms or figures == (said.contrary_voided_micros, said.contrary_matched_micros))
        and sum(figures) >= ever
    ):
        ms = max(stated.ms, said.contrary_ms)  # so late the venue said the same
    else:
        return said
    return replace(
        said,
        reported_ms=ms,
        reported_matched_micros=stated.matched_micros,
        reported_claims_micros=stated.claims_micros,
        reported_cost_micros=stated.cost_micros,
        reported_voided_micros=stated.voided_micros,
    )


def weigh(order: Order) -> Order:
    """The order with the quantities that its testimony adds up to (see the head of this file)."""
    said = corrected(order.testimony)
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
        disputed=_is_disputed(said) or (matched.size > order.size_micros and not grows(order)),
    )
    assert weighed.remaining_micros == room - cancelled, f"{order.ref}: sizes do not add up to the order"
    assert matched.size >= 0, f"{order.ref}: matched size is negative"
    return weighed


def grows(order: Order) -> bool:
    """A lay at starting price is matched for what its liability pays for, below its limit more than its size."""
    return order.tif is TimeInForce.STARTING_PRICE and order.side is Side.LAY


def _within(size: int, room: int) -> int:
    return min(size, room) if size > 0 and room > 0 else 0


def _is_disputed(said: Testimony) -> bool:
    """Whether the venue said less after it said more, or its strongest report leaves out fills that are older."""
    if not said.reported_ms:
        return False
    if said.contrary_ms > said.reported_ms:
        return True
    vouched = said.reported_matched_micros + said.reported_voided_micros
    older = 0
    for fill in said.fills:
        if 0 < fill.venue_ms < said.reported_ms:
            older += fill.size_micros
    return older > vouched


def _weigh_matched(said: Testimony) -> tuple[Matched, int]:
    """Matched size net of voids, and how much of it no fill explains."""
    if not (said.fills or said.reported_matched_micros or said.reported_fee_micros or said.voids_matched_micros):
        return NOTHING, 0  # as of most orders
    cut = len(said.fills)
    if said.reported_ms:
        while cut and said.fills[cut - 1].venue_ms > said.reported_ms:
            cut -= 1
    early, late = _sum(said.fills[:cut]), _sum(said.fills[cut:])
    known = said.reported_matched_micros
    vouched = early.without(min(said.reported_voided_micros, early.size - known))
    fee = vouched.fee if said.reported_fee_micros is None or known < vouched.size else said.reported_fee_micros
    unattributed = max(0, known - vouched.size)
    if unattributed or (known == vouched.size and (vouched.size < early.size or _is_stated(said, cut))):
        vouched = Matched(known, said.reported_claims_micros, said.reported_cost_micros, fee)
    elif fee != vouched.fee:
        vouched = replace(vouched, fee=fee)
    voids = said.voids_matched_micros + said.voids_open_micros
    unreported = min(said.voids_matched_micros, voids - said.reported_voided_micros)
    return vouched.plus(late).without(unreported), unattributed


def _is_stated(said: Testimony, early: int) -> bool:
    """Whether the report is a statement's, and none of the early fills was told by one."""
    stated = Evidence.STATEMENT
    return said.reported_by >= stated and all(fill.evidence < stated for fill in said.fills[:early])


def _sum(fills: tuple[Fill, ...]) -> Matched:
    size = claims = cost = fee = 0
    for fill in fills:
        size += fill.size_micros
        claims += fill.claims_micros
        cost += fill.cost_micros
        fee += fill.fee_micros
    return Matched(size, claims, cost, fee)
