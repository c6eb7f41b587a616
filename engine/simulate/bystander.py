"""The judge of conduct: stands by while orders are decided on, and looks once a second at what rests at the exchanges.

| law | says | looked at |
| --- | --- | --- |
| I3 | what rests at an exchange is known to us in time, and what somebody else put there is counted and not touched | each second |
| I7 | every order comes from a market and a book that may be traded on, at a price near the fair value, and none trades with another of ours | when it is written down, when it is matched |
| I8 | no exchange is asked for more than its limits allow | when an exchange refuses to listen |
| I9 | after a stop nothing goes in, or only what adds no risk or what reduces, as its level says, whoever takes the run over, until a named person says why it may | when it is written down |
| I10 | a quote on a book that nobody can see any more is pulled | each second |

It reads the exchanges' own books, the records as they are written, and the lines and books that we decide on.
"""  # noqa: E501  (a table)

from collections.abc import Callable, Mapping
from fractions import Fraction
from functools import partial

import msgspec
from msgspec.structs import replace

from domain.amending import AmendOrder
from domain.ids import InstrumentId, OrderRef, VenueName
from domain.intents import Child
from domain.markets import MarketStatus
from domain.messages import Journalled, PlaceOrder
from domain.net_price import PROBABILITY_SCALE
from domain.odds import claim_ratio
from domain.operators import KillLevel, KillLevelSet
from domain.orders import Order
from engine.prices import Prices
from engine.simulate.intents import standing
from engine.simulate.process import Process
from engine.state import State
from oms.blotter import ORPHANS
from oms.order_states import is_open
from risk.breakers import DESK as ITSELF
from risk.breakers import WATCHDOG
from risk.exposure import worst_loss_without
from venues.sim.exchange import Exchange
from venues.sim.faults import Faults
from venues.sim.images import open_orders
from venues.sim.notices import Cause, Notice, OrderCancelled, OrderMatched
from venues.sim.queues import SimOrder
from venues.sim.world import DESK

MS = 1_000_000
SECOND_NS = 1_000_000_000
ROUNDING = Fraction(1, PROBABILITY_SCALE)
"""A fair value is judged to nine places."""

KNOWN_NS = 40 * SECOND_NS
"""Beyond a round of reconciliation: how long its answer may take, with the time until the venue shows what it has."""

PULLED_NS = 20 * SECOND_NS
"""So long a quote on a blind book may rest while its venue can be spoken to: refused cancels are 8 s apart."""

Complain = Callable[[str, str], None]


class _Line(msgspec.Struct):
    """Since when all lines to a venue have been up, and since when requests get through; 0 while not."""

    whole_ns: int = 0
    reachable_ns: int = 0


class Bystander:
    """Complains of each law at most once for one order."""

    def __init__(
        self,
        exchanges: Mapping[VenueName, Exchange],
        process: Process,
        faults: Faults,
        complain: Complain,
        *,
        round_ns: int,
        begin_ns: int,
        collar_fair_e9: int,
    ) -> None:
        self._exchanges = exchanges
        self._process = process
        self._faults = faults
        self._complain = complain
        self._known_ns = round_ns + KNOWN_NS
        self._collar = Fraction(collar_fair_e9, PROBABILITY_SCALE)
        self._due_ns = begin_ns
        self._level = KillLevel.NONE
        self._lines = {venue: _Line() for venue in exchanges}
        self._strange_ns: dict[tuple[VenueName, int], int] = {}
        self._blind_ns: dict[OrderRef, int] = {}
        self._told: set[tuple[str, str]] = set()
        self._matches: dict[tuple[VenueName, int], int] = {}
        self._over_budget = 0
        for venue, exchange in exchanges.items():
            exchange.listen(partial(self._heard, venue))

    # --- records ---

    def wrote(self, body: Journalled, now_ns: int) -> None:
        """A record is in the journal, and what it sends has not left yet."""
        if isinstance(body, PlaceOrder | AmendOrder):
            if self._level is not KillLevel.NONE and (how := self._adds(body)):
                self._tell("I9", body.ref, f"{body.ref} was placed at kill level {self._level}: {how}")
            if why := self._why_not(body.instrument, now_ns) or self._away(body, now_ns):
                self._tell("I7", body.ref, f"{body.ref} was placed on {body.instrument}: {why}")
        elif isinstance(body, KillLevelSet):
            if body.level < self._level and (body.who.strip() in ("", ITSELF, WATCHDOG) or not body.why.strip()):
                self._tell("I9", f"{now_ns}", f"the kill level went back to {body.level} by {body.who!r}: {body.why!r}")
            self._level = body.level

    def _adds(self, body: PlaceOrder | AmendOrder) -> str:
        """What an order does that the level in force does not let it do; empty if it may."""
        if self._level is KillLevel.CANCEL_ALL:
            return "it is one"
        state = self._process.state
        order = state.blotter.orders.at_stake[body.ref]
        instrument, event = state.instruments[order.instrument], state.event_of(order.instrument)
        rate_e8, exposure = state.rate_e8(instrument), state.exposure
        was, size_micros = None, body.size_micros
        if isinstance(body, AmendOrder):
            was, size_micros = replace(order, amend=None), order.amended_micros
        child = Child(order.strategy, order.instrument, order.side, body.price, size_micros, order.tif, order.decision)
        after = exposure.worst_loss_micros(event)
        with state.holding.as_if((order,), (was,)):
            before = exposure.worst_loss_micros(event)
            filled = exposure.worst_loss_filled(child, instrument, rate_e8, instead=was)
            without = before if was is None else worst_loss_without(exposure, was, instrument, rate_e8)
        if after > before:
            return f"the event may lose {after}, and {before} before"
        if self._level is not KillLevel.NO_NEW_RISK and filled >= without:
            return f"matched in full it leaves {filled} to lose of {without}"
        return ""

    def _away(self, body: PlaceOrder | AmendOrder, now_ns: int) -> str:
        """Why nobody may ask for a price; empty if it is near the fair value, or none may be used."""
        instrument = self._process.state.instruments[body.instrument]
        listing, prices = instrument.listing, self._prices
        fair = prices.fair.get(listing.market)
        epoch = str(prices.epochs[self._process.state.event_of(body.instrument)])
        if fair is None or now_ns - fair.received_ns > fair.value.ttl_ms * MS or fair.value.state not in ("", epoch):
            return ""
        away = abs(
            Fraction(*claim_ratio(instrument.terms.kind, body.price))
            - Fraction(fair.value.probabilities[listing.outcome])
        )
        return f"its price is {float(away):.4f} away from the fair value" if away > self._collar + ROUNDING else ""

    def _why_not(self, instrument: InstrumentId, now_ns: int) -> str:
        """Why nobody may trade on what is seen of an instrument, by its plain figures; empty if one may."""
        prices, listing = self._prices, self._process.state.instruments[instrument].listing
        session, book = prices.sessions[listing.venue], prices.books[instrument]
        status = prices.statuses.get((listing.venue, listing.venue_market))
        if not (all(session.up.values()) and session.proven):
            return "its venue is not proven"
        if status is None or status.status is not MarketStatus.OPEN or listing.selection in status.removed:
            return "its market takes no bets"
        if not book.clean or book.crossed:
            return "its book is doubted or crossed"
        age_ns = now_ns - prices.proven_ns(self._process.state.instruments[instrument])
        return f"its book is {age_ns} ns old" if age_ns > self._stale_ns(listing.venue) else ""

    # --- exchanges ---

    def _heard(self, venue: VenueName, batch: list[Notice], _: int) -> None:
        orders = self._exchanges[venue].floor.orders
        for notice in batch:
            if isinstance(notice, OrderMatched) and notice.account == DESK and orders[notice.order].client_ref:
                other = self._matches.setdefault((venue, notice.match), notice.order)
                if other != notice.order:
                    self._tell("I7", f"{venue} {notice.match}", f"our orders {other} and {notice.order} at {venue} met")
            elif isinstance(notice, OrderCancelled) and notice.account == DESK and notice.cause is Cause.REQUESTED:
                order = orders[notice.order]
                if not order.client_ref:
                    self._tell(
                        "I3", f"{venue} {order.number}", f"order {order.number} at {venue} is not ours to cancel"
                    )

    def next_deadline(self) -> int:
        """When it looks again."""
        return self._due_ns

    def on_time(self, now_ns: int) -> None:
        """Look at every order of the account at every exchange."""
        self._due_ns = now_ns + SECOND_NS
        over = self._faults.over_budget.total()
        if over > self._over_budget:
            self._over_budget = over
            self._complain("I8", f"asked for more than the limits allow: {dict(self._faults.over_budget)}")
        if not self._process.alive:
            self._lines = {venue: _Line() for venue in self._exchanges}
            self._blind_ns.clear()
            return
        state = self._process.state
        for venue, exchange in self._exchanges.items():
            self._look_at_lines(venue, now_ns)
            for order in open_orders(exchange, DESK):
                ours = _ours(state, venue, order)
                self._judge_known(venue, order, ours, now_ns)
                if ours is not None and order.resting:
                    self._judge_seen(venue, order, ours, now_ns)

    def _look_at_lines(self, venue: VenueName, now_ns: int) -> None:
        session, line = self._prices.sessions[venue], self._lines[venue]
        line.whole_ns = (line.whole_ns or now_ns) if all(session.up.values()) else 0
        line.reachable_ns = (line.reachable_ns or now_ns) if self._prices.reachable(venue) else 0

    def _judge_known(self, venue: VenueName, order: SimOrder, ours: Order | None, now_ns: int) -> None:
        """I3: an order is counted by us at the latest a round after it came, or after all lines came up again."""
        key = venue, order.number
        if ours is not None:
            self._strange_ns.pop(key, None)
            return
        since_ns = max(self._strange_ns.setdefault(key, now_ns), self._lines[venue].whole_ns)
        if self._lines[venue].whole_ns and now_ns - since_ns > self._known_ns:
            self._tell("I3", f"{venue} {order.number}", f"order {order.number} at {venue} is unknown to us")

    def _judge_seen(self, venue: VenueName, order: SimOrder, ours: Order, now_ns: int) -> None:
        """I10: a quote whose book is blind is being cancelled, or its venue cannot be spoken to."""
        waits = ours.cancel_pending or ours.unknown or not ours.acked or not is_open(ours)
        line = self._lines[venue]
        if waits or ours.strategy == ORPHANS or not line.reachable_ns or not self._is_blind(ours.instrument, now_ns):
            self._blind_ns.pop(ours.ref, None)
            return
        since_ns = max(self._blind_ns.setdefault(ours.ref, now_ns), line.reachable_ns)
        if now_ns - since_ns > PULLED_NS:
            self._tell("I10", ours.ref, f"{ours.ref} rests at {venue} on a book that nobody sees")

    def _is_blind(self, instrument: InstrumentId, now_ns: int) -> bool:
        prices, known = self._prices, self._process.state.instruments[instrument]
        stale_ns = self._stale_ns(known.listing.venue)
        return not prices.books[instrument].clean or now_ns - prices.proven_ns(known) > stale_ns

    def _stale_ns(self, venue: VenueName) -> int:
        return self._prices.capabilities[venue].stale_after_ms * 1_000_000

    @property
    def _prices(self) -> Prices:
        return self._process.street.core.prices

    def _tell(self, law: str, about: str, what: str) -> None:
        if (law, about) not in self._told:
            self._told.add((law, about))
            self._complain(law, what)


def _ours(state: State, venue: VenueName, order: SimOrder) -> Order | None:
    """Our order for one at an exchange; one without a ref of ours is known by what it is."""
    if order.client_ref:
        return standing(state, order.client_ref)
    instruments = {
        one
        for one in state.listed_in(venue, order.market)
        if state.instruments[one].listing.selection == order.selection
    }
    for ours in state.blotter.orders.open_of(ORPHANS):
        if ours.instrument in instruments and (ours.side, ours.price) == (order.side, order.price):
            return ours
    return None
