"""The blotter: orders are born, changed and ended here, by facts only."""

from collections.abc import Callable, Mapping
from typing import get_args

import msgspec
from msgspec.structs import replace

from domain.amending import AmendOrder
from domain.ids import InstrumentId, OrderRef, StrategyName, VenueMarketId, VenueName, stranger_ref
from domain.markets import Instrument
from domain.messages import (
    CancelOrder,
    MarketSettled,
    OrderAbsent,
    OrderAccepted,
    OrderFact,
    OrderMissing,
    OrderReported,
    PlaceOrder,
    RunResumed,
    VenueOrder,
    VenueReported,
)
from domain.orders import Evidence, Order, TimeInForce
from domain.terms import Capabilities
from oms import amending, order_states
from oms.addressing import addressed, bearer_of
from oms.order_index import ARCHIVE_MAX, OrderIndex
from oms.order_store import OrderStore
from oms.testimony import weigh

ORPHANS = StrategyName("orphans")
"""Owner of orders that the venue has and we never placed: counted in exposure, and no strategy touches them."""

MS = 1_000_000
"""Nanoseconds in a millisecond."""


class Change(msgspec.Struct, frozen=True):
    """One order before and after a fact; `before` is None for a new order."""

    before: Order | None
    after: Order


class Stray(msgspec.Struct, frozen=True):
    """A fact about an order that the blotter does not know. It is evidence of an orphan, never to be dropped."""

    fact: OrderFact


class Blotter:
    """Applies facts to orders. Reads `instruments` and `capabilities`, which others fill."""

    def __init__(
        self,
        instruments: Mapping[InstrumentId, Instrument],
        capabilities: Mapping[VenueName, Capabilities],
        *,
        store: OrderStore | None = None,
        archive_max: int = ARCHIVE_MAX,
    ) -> None:
        self.orders = OrderIndex(instruments, store=store, archive_max=archive_max)
        self._instruments = instruments
        self._capabilities = capabilities
        self._absences: dict[OrderRef, tuple[int, int]] = {}
        self._settled: set[tuple[VenueName, VenueMarketId]] = set()  # and no bet was begun there since

    def apply(
        self,
        body: PlaceOrder | CancelOrder | AmendOrder | OrderFact | VenueReported | MarketSettled | RunResumed,
        now_ns: int,
    ) -> list[Change] | Stray:
        """Take one record over. `now_ns` is the record's own monotonic time, so that replay does the same."""
        return TAKES[type(body)](self, body, now_ns)

    def missing(self, ref: OrderRef) -> OrderMissing | None:
        """The fact to journal and apply once enough late queries missed an order; None while they are too few."""
        order = _sought(self.orders, ref)
        if order is None:
            return None
        queries, _ = self._absences.get(ref, (0, 0))
        needed = self._capabilities[self.orders.listing(order).venue].absences_min
        return OrderMissing(ref, queries) if queries >= max(1, needed) else None

    def _place(self, command: PlaceOrder, now_ns: int) -> list[Change]:
        assert self.orders.at_hand(command.ref) is None, f"a ref is used once: {command.ref}"
        order = Order(
            ref=command.ref,
            instrument=command.instrument,
            strategy=command.strategy,
            side=command.side,
            price=command.price,
            size_micros=command.size_micros,
            tif=command.tif,
            decision=command.decision,
            intended_ns=now_ns,
        )
        self._settled.discard(_where(self.orders, order))
        return self._change(None, order, now_ns)

    def news_in(self, fact: VenueReported) -> VenueReported:
        """The part of a round's answer that says something new: most of it repeats what we know, round after round."""
        return replace(
            fact, orders=tuple(theirs for theirs in fact.orders if not _repeats(self.orders, fact.venue, theirs))
        )

    def _report(self, fact: VenueReported, now_ns: int) -> list[Change]:
        """A round's answer: news of orders we know, and orders we never placed, which become ours to count."""
        changes: list[Change] = []
        for theirs in fact.orders:
            before = bearer_of(self.orders, fact.venue, theirs)
            if before is None:
                if theirs.instrument is not None and theirs.instrument in self._instruments:
                    changes += self._adopt(theirs, theirs.instrument, now_ns)
            else:
                report = theirs.report or OrderAccepted(before.ref, theirs.venue_order_id, Evidence.PULL)
                venue = self._capabilities[fact.venue]
                visible_ns = (venue.lands_within_ms + venue.visible_after_ms) * MS
                if fact.asked_ns >= self.orders.changed_ns[before.ref] + visible_ns:
                    changes += _stand_as_listed(self, before, theirs, now_ns)
                    before = self.orders.get(before.ref) or before
                changes += self._hear(before, _about(report, before.ref), now_ns)
                amended = amending.listed_terms(before, theirs, asked_ns=fact.asked_ns, visible_ns=visible_ns)
                if amended is not None and (now := self.orders.get(before.ref)) is not None:
                    changes += self._hear(now, amended, now_ns)
        return changes

    def _adopt(self, theirs: VenueOrder, instrument: InstrumentId, now_ns: int) -> list[Change]:
        venue = self._instruments[instrument].listing.venue
        order = Order(
            ref=theirs.ref or stranger_ref(venue, theirs.venue_order_id),
            instrument=instrument,
            strategy=ORPHANS,
            side=theirs.side,
            price=theirs.price,
            size_micros=theirs.size_micros,
            tif=TimeInForce.REST,
            decision=0,
            intended_ns=now_ns,
            venue_order_id=theirs.venue_order_id,
            acked=True,
        )
        if theirs.report is not None:
            order = order_states.apply(order, _about(theirs.report, order.ref))
        self._settled.discard(_where(self.orders, order))
        return self._change(None, order, now_ns)

    def annul(self, fact: MarketSettled, now_ns: int) -> list[Change]:
        """What a statement annulled of orders that we know; nobody else may have told us of it."""
        changes: list[Change] = []
        for told in fact.annulled:
            report = addressed(self.orders, told)
            before = self.orders.get(report.ref)
            if before is None and report.venue_order_id is not None:
                before = self.orders.get_by_venue_id(fact.venue, report.venue_order_id)
            if before is not None:
                changes += self._hear(before, _about(report, before.ref), now_ns)
        return changes

    def _settle(self, fact: MarketSettled, now_ns: int) -> list[Change]:
        """All orders of the venue market are settled; nothing is at stake in them any more."""
        changes: list[Change] = []
        self._settled.add((fact.venue, fact.venue_market))
        waiting = [*self.orders.at_stake_in(fact.venue, fact.venue_market)]
        for before in waiting:
            found = self._change(before, order_states.settle(before), now_ns)
            changes += found
            waiting += [change.after for change in found if change.after.ref != before.ref]  # heirs that begin to count
        return changes

    def _resume(self, _: RunResumed, now_ns: int) -> list[Change]:
        """Another process took over: what was not answered may have landed, and was sent at the latest now.

        Open orders count as intended now, for the old process's clock may not be ours, and so do those that were never
        answered before their market was settled. Nobody waits for the answers to its cancels any more, and some of them
        may never have been sent: they may be said again.
        """
        changes: list[Change] = []
        waiting = [o for o in self.orders.at_stake.values() if order_states.is_open(o)]
        waiting += [o for o in self.orders.archive.values() if o.settled and order_states.is_unheard(o)]
        for before in waiting:
            self._absences.pop(before.ref, None)
            unknown = before.unknown or not (before.acked or before.missing or before.settled)
            after = replace(before, intended_ns=now_ns, unknown=unknown, cancel_pending=False)
            if after.amend is not None:  # whatever was sent of a replacement, each half counts for itself from now on
                in_place = after.amend.successor is None
                after = replace(after, amend=replace(after.amend, asked_ns=now_ns) if in_place else None)
            found = self._change(before, after, now_ns)
            changes += found
            waiting += [change.after for change in found if change.after.ref != before.ref]
        return changes

    def counts(self, fact: OrderAbsent) -> bool:
        """Whether an absence is evidence: of an order in doubt, asked late enough after the send, once a question."""
        order = _sought(self.orders, fact.ref)
        if order is None:
            return False
        queries, last_asked_ns = self._absences.get(order.ref, (0, 0))
        capabilities = self._capabilities[self.orders.listing(order).venue]
        shown_ns = order.intended_ns + (capabilities.lands_within_ms + capabilities.visible_after_ms) * MS
        return fact.asked_ns >= shown_ns and (queries == 0 or fact.asked_ns > last_asked_ns)

    def _hear(self, before: Order, fact: OrderFact | CancelOrder, now_ns: int) -> list[Change]:
        after = order_states.apply(before, fact)
        if self._absences and after is not before and order_states.EFFECTS[type(fact)].proves:
            self._absences.pop(after.ref, None)
        return self._change(before, after, now_ns)

    def _change(self, before: Order | None, after: Order, now_ns: int) -> list[Change]:
        if after is before:
            return []
        if self._settled and self._was_settled(after):
            after = order_states.settle(after)
        if self._absences and not after.within and not order_states.is_open(after):
            self._absences.pop(after.ref, None)
        self.orders.keep(after, now_ns)
        changes = [Change(before, after)]
        if after.within or (before is not None and before.amend is not None):
            changes += self._part(before, after, now_ns)
        return changes

    def _was_settled(self, order: Order) -> bool:
        """Whether an order is at stake that seemed to be over, or was not known, when its market was settled."""
        at_stake = not order.settled and (order.matched_micros or order_states.is_open(order))
        return bool(at_stake) and _where(self.orders, order) in self._settled

    def _part(self, before: Order | None, after: Order, now_ns: int) -> list[Change]:
        """The two halves of a replacement count for themselves once a word about one of them says so."""
        pending = None if before is None else before.amend
        name = after.parent if after.within else None if pending is None else pending.successor
        other = None if name is None else self.orders.get(name)
        if other is None:
            return []
        parent, successor = (other, after) if after.within else (after, other)
        now_parent, now_successor = amending.parted(parent, successor)
        found = [(parent, now_parent), (successor, now_successor)]
        for was, now in found:
            if now is not was:
                self.orders.keep(now, now_ns)
        return [Change(was, now) for was, now in found if now is not was]


def _fact(blotter: Blotter, fact: OrderFact, now_ns: int) -> list[Change] | Stray:
    before = blotter.orders.get(fact.ref)
    return Stray(fact) if before is None else blotter._hear(before, fact, now_ns)


def _absent(blotter: Blotter, fact: OrderAbsent, now_ns: int) -> list[Change] | Stray:
    if blotter.counts(fact):
        queries, _ = blotter._absences.get(fact.ref, (0, 0))
        blotter._absences[fact.ref] = (queries + 1, fact.asked_ns)
    return _fact(blotter, fact, now_ns)


def _cancel(blotter: Blotter, command: CancelOrder, now_ns: int) -> list[Change]:
    return blotter._hear(_placed(blotter, command), command, now_ns)


def _amend(blotter: Blotter, command: AmendOrder, now_ns: int) -> list[Change]:
    before = _placed(blotter, command)
    after = order_states.apply(before, command)
    if after.amend is not None and after is not before:
        after = replace(after, amend=replace(after.amend, asked_ns=now_ns))
    if command.successor is None:
        return blotter._change(before, after, now_ns)
    assert blotter.orders.at_hand(command.successor) is None, f"a ref is used once: {command.successor}"
    successor = amending.successor_of(before, command, now_ns)
    return [*blotter._change(before, after, now_ns), *blotter._change(None, successor, now_ns)]


def _placed(blotter: Blotter, command: CancelOrder | AmendOrder) -> Order:
    order = blotter.orders.get(command.ref)
    assert order is not None, f"a command names an order that was never placed: {command.ref}"
    return order


TAKES: dict[type, Callable[..., list[Change] | Stray]] = {
    **dict.fromkeys(get_args(OrderFact), _fact),
    PlaceOrder: Blotter._place,
    CancelOrder: _cancel,
    AmendOrder: _amend,
    OrderAbsent: _absent,
    VenueReported: Blotter._report,
    MarketSettled: Blotter._settle,
    RunResumed: Blotter._resume,
}
"""What each kind of record does. Looked up: to ask a message whether it is of another class takes 0.1 us."""


def _stand_as_listed(blotter: Blotter, order: Order, theirs: VenueOrder, now_ns: int) -> list[Change]:
    """An order that somebody else gave other terms at the venue counts on those from now on."""
    foreign = order.strategy == ORPHANS
    if not amending.stands_elsewhere(order, theirs, foreign=foreign):
        return []
    return blotter._change(order, weigh(amending.moved_by_others(order, theirs, foreign=foreign)), now_ns)


def _about(fact: OrderReported | OrderAccepted, ref: OrderRef) -> OrderReported | OrderAccepted:
    """The fact under our ref: a venue that does not show refs was recognised by its own id."""
    return fact if fact.ref == ref else replace(fact, ref=ref)


def _where(orders: OrderIndex, order: Order) -> tuple[VenueName, VenueMarketId]:
    listing = orders.listing(order)
    return listing.venue, listing.venue_market


def _repeats(orders: OrderIndex, venue: VenueName, theirs: VenueOrder) -> bool:
    ours = bearer_of(orders, venue, theirs)
    if ours is None or not order_states.agrees(ours, theirs.report):
        return False
    return not amending.stands_elsewhere(ours, theirs, foreign=ours.strategy == ORPHANS)


def _sought(orders: OrderIndex, ref: OrderRef) -> Order | None:
    """An order whose absence would say something: it may still be matched, or nobody knows whether it ever was."""
    order = orders.get(ref)
    if order is None:
        return None
    by_itself = order_states.is_open(order) or (order.settled and order_states.is_unheard(order))
    return order if by_itself or order.within else None
