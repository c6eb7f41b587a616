"""What a venue-side amend does to an order, and how the two halves of a replacement share one reservation.

An order that is being amended counts the dearer of its two terms, outcome by outcome. Where the rest goes on as a
successor, the order counts for both and the successor for nothing, until a word about either half shows that they
have parted: the successor was accepted or refused, or the order's own end or the refusal of its end is known. From
then on each counts for itself, which is the sum while the order's cancel is still to be proven.
"""

from msgspec.structs import replace

from domain.amending import AmendAccepted, AmendOrder, AmendRefused, successor_ref
from domain.messages import CancelAccepted, CancelRefused, VenueOrder
from domain.orders import Amend, Evidence, Order, TimeInForce
from domain.terms import Amends


def change_of(order: Order, request: str, how: Amends, *, price: int, size_micros: int) -> AmendOrder:
    """The command that gives an order another price or whole size, with what it changes; `how` its venue does it."""
    return AmendOrder(
        ref=order.ref,
        request=request,
        price=price,
        size_micros=size_micros,
        successor=successor_ref(order.ref) if how.renames and price != order.price else None,
        instrument=order.instrument,
        side=order.side,
        old_price=order.price,
        old_size_micros=order.size_micros,
        remaining_micros=order.remaining_micros,
        matched_micros=order.matched_micros,
        cancels=how.cancels and price == order.price,
        decision=order.decision,
    )


def hear_amend(order: Order, command: AmendOrder) -> Order:
    """Our own command, one at a time; of what is over nothing is left to change."""
    if not order.exposed_micros or (order.amend is not None and order.amend.request == command.request):
        return order
    assert order.amend is None, f"{order.ref} is being amended already by {order.amend}"
    terms = command.request, command.price, command.size_micros, command.successor
    return replace(order, amend=Amend(*terms, cancels=command.cancels), heir=command.successor or order.heir)


def hear_acceptance(order: Order, fact: AmendAccepted) -> Order:
    """The new terms, once. An acceptance after a refusal is true and contradicts it.

    Of a successor it is the size that it took over, which what was matched meanwhile made smaller.
    """
    if fact.request in order.amended:
        return order
    pending = order.amend
    ours = pending is not None and pending.request == fact.request
    if not ours and order.parent is not None:
        size_micros = min(order.size_micros, fact.size_micros)
        return replace(order, amended=(*order.amended, fact.request), size_micros=size_micros)
    after = replace(
        order,
        amended=(*order.amended, fact.request),
        amend=None if ours else pending,
        suspect=order.suspect or not ours,
    )
    if pending is not None and ours and pending.successor is not None:
        return replace(after, testimony=replace(after.testimony, closed=True))
    return replace(after, price=fact.price, size_micros=fact.size_micros)


def hear_refusal(order: Order, fact: AmendRefused) -> Order:
    """The old terms; a refusal of what was accepted changes nothing and makes the order suspect."""
    if fact.request in order.amended:
        return order if order.suspect else replace(order, suspect=True)
    if order.amend is None or order.amend.request != fact.request:
        return order
    return replace(order, amend=None)


def hear_cancel_answer(order: Order, fact: CancelAccepted | CancelRefused) -> Order:
    """The first half of a replacement was answered under the amend's own name, or a reduction by what it took away."""
    amend = order.amend
    if amend is None or amend.request != fact.request:
        return order
    if amend.successor is None and isinstance(fact, CancelRefused):
        return order
    return replace(order, amend=None)


def was_made(order: Order, request: str) -> bool:
    """Whether a change is known to have been made; what it took away may be all that tells."""
    return request in order.amended or any(name == f"cancel {request}" for name, _ in order.messages)


def outgrown(order: Order) -> Order:
    """More was matched than the old size holds and no more than the new: then the new terms hold."""
    amend = order.amend
    if amend is None or amend.successor is not None or order.remaining_micros >= 0:
        return order
    if order.size_micros - order.remaining_micros > amend.size_micros:
        return order
    terms = {"price": amend.price, "size_micros": amend.size_micros}
    return replace(order, amend=None, amended=(*order.amended, amend.request), **terms)


def successor_of(order: Order, command: AmendOrder, now_ns: int) -> Order:
    """The order under which the rest goes on, counted within its parent."""
    assert command.successor is not None, f"{command.request} changes the order in place"
    gone = order.size_micros - order.remaining_micros
    return Order(
        ref=command.successor,
        instrument=order.instrument,
        strategy=order.strategy,
        side=order.side,
        price=command.price,
        size_micros=command.size_micros - gone,
        tif=order.tif,
        decision=command.decision or order.decision,
        intended_ns=now_ns,
        parent=order.ref,
        within=True,
    )


def parted(parent: Order, successor: Order) -> tuple[Order, Order]:
    """Both orders, each counting for itself once a word about either half allows no other reading."""
    spoken = successor.acked or successor.rejected or successor.missing
    if not successor.within or (parent.amend is not None and not spoken and parent.exposed_micros):
        return parent, successor
    return (
        parent if parent.amend is None else replace(parent, amend=None),
        replace(successor, within=False),
    )


def stands_elsewhere(order: Order, theirs: VenueOrder, *, foreign: bool) -> bool:
    """Whether an order rests on other terms than we know of, though nothing of ours is under way that would change it.

    Somebody changed it at the venue. The whole size of an order of ours is told in too many ways to be held against it.
    """
    if order.amend is not None or order.parent is not None or not order.exposed_micros:
        return False
    if order.tif is not TimeInForce.REST or (theirs.report is not None and theirs.report.closed):
        return False
    return theirs.price != order.price or (foreign and theirs.size_micros != order.size_micros)


def moved_by_others(order: Order, theirs: VenueOrder, *, foreign: bool) -> Order:
    """The order as it stands now. One of ours is suspect: nobody of ours asked for that."""
    if foreign:
        return replace(order, price=theirs.price, size_micros=theirs.size_micros)
    return replace(order, price=theirs.price, suspect=True)


def listed_terms(
    order: Order, theirs: VenueOrder, *, asked_ns: int, visible_ns: int
) -> AmendAccepted | AmendRefused | None:
    """What a venue's list says about a pending amend: the new terms stand there, or still the old ones.

    A list that was asked for before the amend was sent says nothing: the order may have had the new terms once before.
    The old ones are an answer only so long after it that a change would show.
    """
    amend = order.amend
    if amend is None or amend.successor is not None or asked_ns < amend.asked_ns:
        return None
    new = theirs.price == amend.price and (amend.price != order.price or theirs.size_micros == amend.size_micros)
    if new and not amend.cancels:
        return AmendAccepted(order.ref, amend.request, amend.price, amend.size_micros, Evidence.PULL)
    old = theirs.price == order.price and (amend.cancels or theirs.size_micros == order.size_micros)
    if old and asked_ns >= amend.asked_ns + visible_ns:
        return AmendRefused(order.ref, amend.request, "the venue lists the old terms")
    return None
