"""The story of one order, gathered from a run's journal: what was decided, what was said about it, what it moved."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from itertools import islice
from pathlib import Path

import msgspec
from msgspec.structs import replace

from domain.amending import AmendOrder
from domain.breaks import BreakFound, BreakHealed
from domain.ids import OrderRef
from domain.markets import Event, Instrument, Listing, Market
from domain.messages import (
    DecisionTaken,
    Journalled,
    MarketSettled,
    OrderReported,
    PlaceOrder,
    Record,
    RiskRefused,
    VenueReported,
)
from domain.orders import Order, OrderState
from domain.stops import AlertRaised
from engine.plan_story import PlanListener, PlanStory
from engine.replay import Applied, NotFound, steps
from engine.state import State
from oms.blotter import Change
from oms.entries import Entry
from oms.order_states import is_open, state_of
from oms.settling import Settlement

US = 1_000


class Told(msgspec.Struct, frozen=True):
    """One record about the order, the order's state after it, and what it moved between accounts.

    `after_us` counts from the decision, or from the first record about the order if there was none.
    """

    seq: int
    wall_ns: int
    after_us: int
    body: Journalled
    state: OrderState
    matched_micros: int
    remaining_micros: int
    postings: tuple[Entry, ...]


class Latency(msgspec.Struct, frozen=True):
    """Microseconds from the decision on; None for what never came.

    `trigger` is how long before the decision the bytes came in that led to it. `answer` is the venue's first word.
    """

    trigger_us: int | None
    intent_us: int | None
    answer_us: int | None
    fill_us: int | None
    end_us: int | None


class Story(msgspec.Struct, frozen=True):
    """Everything a run's journal has to say about one order. `order` is how it stood at the end of the journal."""

    run: str
    order: Order
    state: OrderState
    instrument: Instrument
    event: Event
    market: Market
    decided_ns: int
    decision: DecisionTaken | None
    beside: tuple[PlaceOrder, ...]
    refused: tuple[RiskRefused, ...]
    told: tuple[Told, ...]
    latency: Latency
    settlements: tuple[Settlement, ...]
    plan: PlanStory | None = None


def tell(run: Path, name: str) -> Story:
    """The story of the order that we or its venue call `name`. Raises NotFound, and as `engine.replay.steps`."""
    found, state = _orders(run, lambda order: name in (order.ref, order.venue_order_id))
    if not found or state is None:
        raise NotFound(f"{run} has no order {name!r}: name our ref of it or the venue's id")
    if len(found) > 1:
        raise NotFound(f"{name!r} means {len(found)} orders: name one by our ref, {' or '.join(found)}")
    return next(_stories(run, found, state))


def tell_every(run: Path) -> Iterator[Story]:
    """The stories of all orders of a run, as they came to be. Raises as `engine.replay.steps`."""
    found, state = _orders(run, lambda _: True)
    return iter(()) if state is None else _stories(run, found, state)


def _orders(run: Path, wanted: Callable[[Order], bool]) -> tuple[dict[OrderRef, Order], State | None]:
    """Those orders that were wanted at any time, and everything else, as they stand at the end."""
    found: dict[OrderRef, Order] = {}
    state: State | None = None
    for step in steps(run):
        state = step.state
        for change in step.changes:
            after = change.after
            if after.ref in found or wanted(after):
                found[after.ref] = after
    return found, state


def _stories(run: Path, orders: Mapping[OrderRef, Order], state: State) -> Iterator[Story]:
    """What the run's journal has to say about each of some orders; `state` is its end."""
    heard: list[tuple[_Listener, PlanListener]] = []
    for ref, order in orders.items():
        of = state.plans.find(ref)
        heard.append((_Listener(order), PlanListener(of.made.id if of is not None else None)))
    for step in steps(run):
        for listener, plan in heard:
            listener.hear(step)
            plan.hear(step)
    return (msgspec.structs.replace(listener.story(state), plan=plan.story(state)) for listener, plan in heard)


class _Listener:
    """Hears every record of the run and keeps what concerns the order."""

    def __init__(self, order: Order) -> None:
        self._order = order
        self._decision: Record | None = None
        self._beside: list[PlaceOrder] = []
        self._refused: list[RiskRefused] = []
        self._told: list[tuple[Record, Order, tuple[Entry, ...]]] = []
        self._latest: Order | None = None
        self._entries = 0
        self._ahead_ns: int | None = None

    def hear(self, step: Applied) -> None:
        """Take one record in, after it was applied."""
        body = step.record.body
        if isinstance(body, DecisionTaken) and body.id == self._order.decision:
            self._decision = self._on_one_clock(step.record, step.state)
        elif isinstance(body, RiskRefused) and body.decision == self._order.decision:
            self._refused.append(body)
        elif isinstance(body, PlaceOrder) and body.decision == self._order.decision and body.ref != self._order.ref:
            self._beside.append(body)
        self._latest = next((c.after for c in step.changes if c.after.ref == self._order.ref), self._latest)
        if self._latest is not None and self._concerns(step):
            record = self._on_one_clock(trimmed(step.record, self._order), step.state)
            self._told.append((record, self._latest, self._postings(step)))
        self._entries = step.state.ledger.entries

    def story(self, state: State) -> Story:
        """What was heard."""
        order, decision = self._order, self._decision
        instrument = state.instruments[order.instrument]
        listing = instrument.listing
        first = decision or self._told[0][0]
        market = state.markets[listing.market]
        return Story(
            run=state.started.run,
            order=order,
            state=state_of(order),
            instrument=instrument,
            event=state.events[market.event],
            market=market,
            decided_ns=first.wall_ns,
            decision=decision.body if decision and isinstance(decision.body, DecisionTaken) else None,
            beside=tuple(self._beside),
            refused=tuple(self._refused),
            told=tuple(_told(*heard, since_ns=first.monotonic_ns) for heard in self._told),
            latency=self._latency(first),
            settlements=_settlements(state.settled, listing),
        )

    def _on_one_clock(self, record: Record, state: State) -> Record:
        if self._ahead_ns is None:
            self._ahead_ns = state.ahead_ns
        return later_by(record, state.ahead_ns - self._ahead_ns)

    def _concerns(self, step: Applied) -> bool:
        body, order = step.record.body, self._order
        if isinstance(body, BreakFound | BreakHealed):
            venue = step.state.instruments[order.instrument].listing.venue
            return body.venue == venue and body.key in (order.ref, order.venue_order_id)
        if isinstance(body, AlertRaised):
            return body.subject == order.ref
        changes = [change for change in step.changes if change.after.ref == order.ref]
        if isinstance(body, VenueReported):
            return any(map(is_news, changes))
        if isinstance(body, MarketSettled) and self._is_settled_anew(body, step.state):
            return True
        return bool(changes) or getattr(body, "ref", None) == order.ref

    def _is_settled_anew(self, fact: MarketSettled, state: State) -> bool:
        """Whether a later statement of the order's market was booked, which changes no order that is settled."""
        assert self._latest is not None, "nothing was heard of the order yet"
        listing, booked = state.instruments[self._order.instrument].listing, state.settled
        here = (fact.venue, fact.venue_market) == (listing.venue, listing.venue_market)
        return here and state_of(self._latest) is OrderState.SETTLED and bool(booked) and booked[-1].statement is fact

    def _postings(self, step: Applied) -> tuple[Entry, ...]:
        """The entries that this record caused and that are not another order's."""
        ledger = step.state.ledger
        posted = [*islice(reversed(ledger.tail), ledger.entries - self._entries)][::-1]
        others = {change.after.ref for change in step.changes} - {self._order.ref}
        return tuple(entry for entry in posted if entry.cause not in others)

    def _latency(self, first: Record) -> Latency:
        def after_us(wanted: list[Record]) -> int | None:
            return (wanted[0].monotonic_ns - first.monotonic_ns) // US if wanted else None

        decided = first.body if isinstance(first.body, DecisionTaken) else None
        heard = self._told
        return Latency(
            trigger_us=(first.monotonic_ns - decided.trigger_ns) // US if decided and decided.trigger_ns else None,
            intent_us=after_us([record for record, _, _ in heard if intends(record.body, self._order.ref)]),
            answer_us=after_us([record for record, order, _ in heard if order.acked or order.rejected]),
            fill_us=after_us([record for record, order, _ in heard if order.matched_micros]),
            end_us=after_us(since_over((record, is_open(order) or order.within) for record, order, _ in heard)),
        )


def intends(body: Journalled, ref: OrderRef) -> bool:
    """Whether a record is the command that an order came of: its placement, or the change it goes on under."""
    return isinstance(body, PlaceOrder) or (isinstance(body, AmendOrder) and body.successor == ref)


def since_over(stood: Iterable[tuple[Record, bool]]) -> list[Record]:
    """The records since which nothing of an order is open any more; each comes with whether it was open then."""
    over: list[Record] = []
    for record, is_open_then in stood:
        over = [] if is_open_then else [*over, record]
    return over


def later_by(record: Record, ns: int) -> Record:
    """A record on the clock of the process that decided; each process has a monotonic clock of its own."""
    return replace(record, monotonic_ns=record.monotonic_ns + ns) if ns else record


def trimmed(record: Record, order: Order) -> Record:
    """Of a round's answer, and of what a statement annulled, only what it says about this order."""
    body = record.body
    if isinstance(body, MarketSettled):
        annulled = tuple(one for one in body.annulled if _is_about(one, order))
        return replace(record, body=replace(body, annulled=annulled))
    if not isinstance(body, VenueReported):
        return record
    ours = tuple(one for one in body.orders if one.ref == order.ref or one.venue_order_id == order.venue_order_id)
    return msgspec.structs.replace(record, body=msgspec.structs.replace(body, orders=ours))


def _is_about(told: OrderReported, order: Order) -> bool:
    """The venue's id decides: what goes on of an order may be told under the first one's ref."""
    if told.venue_order_id is not None and order.venue_order_id is not None:
        return told.venue_order_id == order.venue_order_id
    return told.ref == order.ref


def is_news(change: Change) -> bool:
    """Whether a round left more than the time of the latest report, which it moves each time that it agrees."""
    before, after = change.before, change.after
    if before is None:
        return True
    said = msgspec.structs.replace(before.testimony, reported_ms=after.testimony.reported_ms)
    return msgspec.structs.replace(before, testimony=said) != after


def _settlements(settled: Iterable[Settlement], listing: Listing) -> tuple[Settlement, ...]:
    """Each statement of a market once, as it was held against our fills at last."""
    last: dict[str, Settlement] = {}
    for one in settled:
        fact = one.statement
        if (fact.venue, fact.venue_market) == (listing.venue, listing.venue_market):
            last[fact.statement] = replace(one, again=False)
    return tuple(last.values())


def _told(record: Record, order: Order, postings: tuple[Entry, ...], *, since_ns: int) -> Told:
    return Told(
        seq=record.seq,
        wall_ns=record.wall_ns,
        after_us=(record.monotonic_ns - since_ns) // US,
        body=record.body,
        state=state_of(order),
        matched_micros=order.matched_micros,
        remaining_micros=order.remaining_micros,
        postings=postings,
    )
