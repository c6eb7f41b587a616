"""Counting what happens: it watches facts, records and order changes, and decides nothing."""

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence

from domain.amending import AmendOrder
from domain.breaks import BreakHealed, ReconCompleted
from domain.ids import EventId, InstrumentId, OrderRef, VenueMarketId, VenueName
from domain.markets import MarketStatus
from domain.messages import (
    BooksChanged,
    CancelRefused,
    Channel,
    ChannelChanged,
    DecisionTaken,
    Fact,
    Journalled,
    MarketChanged,
    MarketSettled,
    OrderRejected,
    PlaceOrder,
    RejectReason,
)
from domain.money import MICROS
from domain.orders import Order, TimeInForce
from engine.lately import Lately
from engine.state import State
from oms.attribution import Attribution
from oms.blotter import Change

LATENCIES_KEPT = 100_000
"""Enough for exact percentiles of a long run at a fixed cost in memory."""

MAKERS_KEPT = 10_000
"""Of so many matched orders, the latest, word may still come whether they rested; of older ones it stands."""


class VenueCounts:
    """What a summary says of one venue. `fills` are orders that were matched, in whole or in part."""

    def __init__(self) -> None:
        self.book_updates = 0
        self.orders = 0
        self.accepted = 0
        self.rejected = 0
        self.fills = 0
        self.maker_fills = 0
        self.cancelled = 0
        self.suspensions = 0
        self.settled_markets = 0
        self.unknown_seen = 0
        self.reconnects = 0
        self.throttled = 0


class Telemetry:
    """Counters of one run."""

    def __init__(self, venue_of: Callable[[InstrumentId], VenueName]) -> None:
        self._venue_of = venue_of
        self.venues: defaultdict[VenueName, VenueCounts] = defaultdict(VenueCounts)
        self.facts = 0
        self.decisions = 0
        self.recon_rounds = 0
        self.breaks_healed = 0
        self.refusals: Counter[str] = Counter()
        self.edge_placed_micros = 0
        self.edge_refused_micros: Counter[str] = Counter()
        self.worst_loss_max_micros = 0
        self.worst_by_world_micros = 0
        self.breaches = 0
        self.exceeded_by_world = 0
        self.open_mark_micros = 0
        self.latencies_ns: list[int] = []
        self.lately = Lately()
        self.attribution = Attribution()
        self._settled = 0
        self._open: dict[tuple[VenueName, str], MarketStatus] = {}
        self._lost: set[VenueName] = set()
        self._makers: dict[OrderRef, bool] = {}
        self._tell_makers: frozenset[VenueName] | None = None
        self._paid_out: dict[tuple[VenueName, VenueMarketId], bool] = {}

    def saw(self, fact: Fact) -> None:
        """A fact went through the engine."""
        self.facts += 1
        if type(fact) is BooksChanged:
            self.venues[fact.venue].book_updates += 1
        elif type(fact) is MarketChanged:
            self.lately.tell(fact)
            self._market_changed(fact)
        elif type(fact) is ChannelChanged:
            self.lately.tell(fact)
            if fact.channel is Channel.MARKET_DATA:
                self._feed_changed(fact)

    def wrote(self, body: Journalled) -> None:
        """A record went into the journal."""
        if type(body) is PlaceOrder or (type(body) is AmendOrder and body.successor is not None):
            self.venues[self._venue_of(body.instrument)].orders += 1
        elif type(body) is DecisionTaken:
            self.decisions += 1
        elif type(body) is ReconCompleted:
            self.recon_rounds += 1
        elif type(body) is BreakHealed:
            self.breaks_healed += 1
        if self.lately.news is not None:
            self.lately.news(body)

    def took(self, body: Journalled, changes: Sequence[Change], state: State, now_ns: int) -> None:
        """A record was applied; the same record gives the same counts, live and when a run is taken up again."""
        if not changes:
            self.lately.took(body, now_ns)
            if type(body) is not MarketSettled:
                return
        if self._tell_makers is None:
            self._tell_makers = frozenset(one.venue for one in state.started.capabilities if one.tells_maker)
        exposure = state.exposure
        for change in changes:
            if change.before is not None:
                self.changed(change.before, change.after)
            self.lately.changed(change, state)
            instrument = state.instruments[change.after.instrument]
            event = state.markets[instrument.listing.market].event
            self.attribution.apply(change, instrument, event)
            self.worst_loss(
                exposure.worst_loss_micros(event),
                cap_micros=state.started.cap_micros,
                by_us=change.before is None,
            )
        if len(state.settled) > self._settled:
            self._share_out(state)
        if type(body) is MarketSettled:
            self._paid_out.setdefault((body.venue, body.venue_market), False)
        if self._paid_out:
            self._count_paid_out(changes, state)
        if changes and (type(body) is OrderRejected or type(body) is CancelRefused):
            throttled = body.reason is RejectReason.RATE_LIMIT
            self.venues[self._venue_of(changes[0].after.instrument)].throttled += throttled

    def _share_out(self, state: State) -> None:
        """Markets were settled, one that was settled before too if a match of it came late."""
        for settlement in state.settled[self._settled :]:
            listed = state.listed_in(settlement.statement.venue, settlement.statement.venue_market)
            self.attribution.settle(settlement, state.event_of(listed[0]) if listed else EventId(""))
        self._settled = len(state.settled)

    def _count_paid_out(self, changes: Sequence[Change], state: State) -> None:
        """A settled market counts once something of ours was matched in it, also if we hear of that later."""
        for change in changes:
            if change.after.matched_micros or change.after.voided_micros:
                listing = state.instruments[change.after.instrument].listing
                if self._paid_out.get((listing.venue, listing.venue_market)) is False:
                    self._paid_out[listing.venue, listing.venue_market] = True
                    self.venues[listing.venue].settled_markets += 1

    def changed(self, before: Order, after: Order) -> None:
        """An order changed."""
        counts = self.venues[self._venue_of(after.instrument)]
        counts.accepted += after.acked and not before.acked
        counts.rejected += after.rejected and not before.rejected
        counts.unknown_seen += after.unknown and not before.unknown
        if after.cancelled_micros or before.cancelled_micros:
            counts.cancelled += _was_cancelled(after) - _was_cancelled(before)
        if after.matched_micros > 0 and before.matched_micros == 0:
            counts.fills += 1
            self._makers[after.ref] = False
            if len(self._makers) > MAKERS_KEPT:
                del self._makers[next(iter(self._makers))]
        if after.ref in self._makers:
            counts.maker_fills -= self._makers[after.ref]
            self._makers[after.ref] = self._rested(before, after)
            counts.maker_fills += self._makers[after.ref]

    def _rested(self, before: Order, after: Order) -> bool:
        """Whether an order waited in a book when it was first matched: what the venue says, else by what came first.

        What matched on arrival, every venue tells with the answer.
        """
        if after.testimony.fills and self._venue_of(after.instrument) in (self._tell_makers or ()):
            return after.testimony.fills[0].maker
        if before.matched_micros:
            return self._makers[after.ref]
        return before.tif is TimeInForce.REST and (before.acked or before.unknown)

    def refused(self, reason: str) -> None:
        """One of our own noes."""
        self.refusals[reason] += 1

    def refused_edge(self, reason: str, micros: int) -> None:
        """What a refused wish should have brought, in base millionths; negative takes back what was told before."""
        self.edge_refused_micros[reason] += micros
        if not self.edge_refused_micros[reason]:
            del self.edge_refused_micros[reason]

    def refused_ppm(self) -> dict[str, int]:
        """The share of the expected profit asked for that was refused, by reason."""
        asked = self.edge_placed_micros + self.edge_refused_micros.total()
        return {reason: edge * MICROS // asked for reason, edge in sorted(self.edge_refused_micros.items())}

    def sent(self, wire_to_wire_ns: int) -> None:
        """An order's bytes went to the socket, this long after the bytes that caused it came in."""
        self.lately.latencies_ns.append(wire_to_wire_ns)
        if len(self.latencies_ns) < LATENCIES_KEPT:
            self.latencies_ns.append(wire_to_wire_ns)

    def worst_loss(self, micros: int, *, cap_micros: int, by_us: bool) -> None:
        """The worst loss of some event after a change, ours (an order was placed) or the world's."""
        self.worst_loss_max_micros = max(self.worst_loss_max_micros, micros)
        if micros <= cap_micros:
            return
        if by_us and micros > self.worst_by_world_micros:
            self.breaches += 1
        elif not by_us and micros > self.worst_by_world_micros:
            self.exceeded_by_world += 1
            self.worst_by_world_micros = micros

    def _market_changed(self, fact: MarketChanged) -> None:
        key = (fact.venue, fact.venue_market)
        before = self._open.get(key)
        self._open[key] = fact.status
        if fact.status is MarketStatus.SUSPENDED and before is not MarketStatus.SUSPENDED:
            self.venues[fact.venue].suspensions += 1

    def _feed_changed(self, fact: ChannelChanged) -> None:
        if not fact.up:
            self._lost.add(fact.venue)
        elif fact.venue in self._lost:
            self._lost.discard(fact.venue)
            self.venues[fact.venue].reconnects += 1


def _was_cancelled(order: Order) -> bool:
    """Something was taken out of a book, not of one that it never reached, nor by the end of a market.

    Whoever hears only of an order's matches that it is over has heard of no cancel.
    """
    said = order.testimony
    ended = said.closed or said.vouched is not None
    by_its_end = ended and not (said.cancels_micros or said.reported_cancelled_micros)
    return order.cancelled_micros > 0 and not order.missing and not by_its_end


def percentile(sorted_values: list[int], per_hundred: int) -> int:
    """The value below which `per_hundred` of 100 lie, nearest rank; 0 of nothing."""
    if not sorted_values:
        return 0
    return sorted_values[min(len(sorted_values) - 1, len(sorted_values) * per_hundred // 100)]
