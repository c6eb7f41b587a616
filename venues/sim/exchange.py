"""One price-time matching exchange behind every simulated venue: orders in; matches, notices and money out.

How to use it (times are monotonic nanoseconds, sizes and money millionths, prices native integers):

    exchange = Exchange(ExchangeOptions(venue=..., terms=..., collateral=...))
    exchange.open_account("desk", deposit_micros=1_000_000_000)
    exchange.list_market(MarketSpec(id=..., selections=(...)))
    exchange.listen(listener)                                # listener(list[Notice], now_ns)

    placed = exchange.place(Placement(...), now_ns)          # SimOrder | Refusal
    gone = exchange.cancel(number, account=..., now_ns=...)  # size taken out | Refusal
    edited = exchange.amend(number, account=..., price=..., remaining_micros=..., now_ns=...)  # SimOrder | Refusal
    exchange.on_time(now_ns)                                 # releases placements whose in-play delay is over
    exchange.publish(now_ns)                                 # hands what happened to the listeners, as one batch

Nothing reaches a listener before `publish`: a fake answers its own customer first and then publishes. State is read
from `exchange.floor` (`accounts`, `markets`, `orders` by number) and with the functions of `venues.sim.images`
(levels, open orders, balances); markets are run with those of `venues.sim.lifecycle` (suspend, reopen, turn
in-play, remove a selection, close) and `venues.sim.settling` (void, settle, unsettle).

An order stands behind all earlier ones at its price and matches at the resting orders' prices. In play, where the
exchange has a delay, a placement waits and is looked at anew when the delay is over; a suspension meanwhile lapses
it, and nobody can cancel it while it waits. A refused placement leaves no trace; an accepted one that dies at once
(immediate, fill-or-kill, older market version) is an order whose rest has lapsed.
"""

import enum
import heapq
from collections import Counter
from typing import Protocol

import msgspec

from domain.ids import VenueMarketId, VenueName
from domain.messages import RejectReason
from domain.odds import PriceKind
from domain.terms import Terms
from venues.sim.accounts import Account, Collateral
from venues.sim.floor import Floor
from venues.sim.markets import MarketSpec, SimMarket
from venues.sim.notices import WISHED, Cause, Listener, MarketTurned, OrderAmended, OrderPlaced
from venues.sim.placements import (
    NO_FUNDS,
    NOT_RESTING,
    Life,
    Placement,
    Refusal,
    as_placed_anew,
    crosses,
    match,
    new_order,
    refusal,
    stillborn,
)
from venues.sim.queues import SimOrder


class DelayScope(enum.StrEnum):
    """Which in-play placements wait."""

    EVERY = "every"
    CROSSING = "crossing"
    """Only those that would match at once."""


class ExchangeOptions(msgspec.Struct, frozen=True):
    """How one exchange differs from the others.

    `delay_ms` is the in-play delay as the venue publishes it, `delay_ns` how long placements really wait (shorter
    in compressed time). `flushes_on_reopen`: whatever rests when trading resumes is taken out. `bet_step_micros`:
    the coin to which each order's result is rounded at settlement. `cancellations`: for what the venue says that an
    order was cancelled; otherwise it lapsed. `tells_maker`: whether it says of a match whose order had rested.
    `final_after_ns`: so long may the result of contracts still be amended, 0 for never; bets may always be.
    """

    venue: VenueName
    terms: Terms
    collateral: Collateral
    delay_ms: int = 0
    delay_ns: int = 0
    delay_scope: DelayScope = DelayScope.EVERY
    flushes_on_reopen: bool = False
    bet_step_micros: int = 1
    cancellations: frozenset[Cause] = WISHED
    tells_maker: bool = False
    final_after_ns: int = 0


class Trouble(Protocol):
    """Who may meddle with what customers ask for; `venues.sim.mishaps` does."""

    def next_deadline(self) -> int | None: ...

    def on_time(self, now_ns: int) -> None: ...

    def stop(self, now_ns: int) -> None: ...

    def before_placing(self, account: str, market: VenueMarketId, now_ns: int) -> None: ...

    def before_cancel(self, order: SimOrder, now_ns: int) -> None: ...

    def late_until_ns(self, number: int | None = None) -> int: ...

    def late_match(self, number: int) -> int: ...


class Exchange:
    """The counter at which customers stand; the floor behind it holds the state."""

    def __init__(self, options: ExchangeOptions) -> None:
        assert options.terms.kind is not PriceKind.LINE, "lines have no price to match on"
        self.options = options
        self.floor = Floor(venue=options.venue, terms=options.terms, collateral=options.collateral)
        self.suspensions_shown: Counter[VenueMarketId] = Counter()
        self._shown_suspended: set[VenueMarketId] = set()
        self._listeners: list[Listener] = []
        self._holds: list[tuple[int, int, Placement]] = []
        self.mishaps: Trouble | None = None

    def open_account(self, name: str, *, deposit_micros: int, crowd: bool = False) -> None:
        """A new customer with money. A crowd account is neither checked for funds nor told anything."""
        assert name not in self.floor.accounts, f"account {name} is already open"
        self.floor.accounts[name] = Account(name, deposit_micros, crowd=crowd)

    def list_market(self, spec: MarketSpec) -> None:
        """Open a market for trading, not in play."""
        assert spec.id not in self.floor.markets, f"market {spec.id} is already listed"
        assert self.options.collateral is Collateral.NET or len(spec.selections) == 1, "FULL markets have one selection"
        self.floor.markets[spec.id] = SimMarket(spec, self.options.terms.kind)
        self.floor.notices.append(MarketTurned(spec.id))

    def listen(self, listener: Listener) -> None:
        """Hear every batch from now on."""
        self._listeners.append(listener)

    def showed(self, market: VenueMarketId, *, suspended: bool) -> None:
        """A customer was just shown whether a market is suspended: what nobody was shown, nobody can know of."""
        if not suspended:
            self._shown_suspended.discard(market)
        elif market not in self._shown_suspended:
            self._shown_suspended.add(market)
            self.suspensions_shown[market] += 1

    def publish(self, now_ns: int) -> None:
        """Hand everything that happened since the last call to the listeners, in order of their arrival."""
        batch = self.floor.batch()
        if batch:
            for listener in self._listeners:
                listener(batch, now_ns)

    def approach(self, account: str, market: VenueMarketId, now_ns: int) -> None:
        """A customer's request to place has come in; a venue that judges several orders as one says so once."""
        self.on_time(now_ns)
        if self.mishaps is not None:
            self.mishaps.before_placing(account, market, now_ns)

    def place(self, placement: Placement, now_ns: int) -> SimOrder | Refusal:
        """Take an order, or say why not."""
        self.on_time(now_ns)
        refused = refusal(self.floor, placement)
        if refused is not None:
            return refused
        order = new_order(placement, number=self.floor.placed + 1, now_ns=now_ns)
        self.floor.admit(order)
        if not self.floor.funded(order):
            self.floor.forget(order)
            return NO_FUNDS
        if self._waits(placement):
            self._hold(order, placement, now_ns)
        self.floor.tell(order.account, OrderPlaced(order.account, order.number, order.held_until_ns))
        if not order.held_until_ns:
            self._enter(order, placement, now_ns)
        return order

    def cancel(
        self,
        number: int,
        *,
        account: str,
        now_ns: int,
        size_micros: int | None = None,
        cause: Cause = Cause.REQUESTED,
    ) -> int | Refusal:
        """Take all, or at most `size_micros`, of what rests out of the book; returns the size taken out.

        A reduced order keeps its place in the queue.
        """
        self.on_time(now_ns)
        order = self.floor.orders.get(number)
        if self.mishaps is not None and order is not None and order.account == account and cause is Cause.REQUESTED:
            self.mishaps.before_cancel(order, now_ns)
        if order is None or order.account != account or not order.resting:
            return NOT_RESTING
        gone = order.remaining_micros if size_micros is None else min(size_micros, order.remaining_micros)
        if gone <= 0:
            return Refusal(RejectReason.INVALID_SIZE, "the size to cancel must be above zero")
        self.floor.drop(order, gone, cause, now_ns)
        return gone

    def amend(self, number: int, *, account: str, price: int, remaining_micros: int, now_ns: int) -> SimOrder | Refusal:
        """Change price and unmatched size of a resting order; its total size follows.

        Only a smaller size at the same price keeps the place in the queue; anything else goes to the end, or
        matches, or waits for the in-play delay like a new order.
        """
        self.on_time(now_ns)
        order = self.floor.orders.get(number)
        if order is None or order.account != account or not order.resting:
            return NOT_RESTING
        placement = as_placed_anew(order, price=price, remaining_micros=remaining_micros)
        refused = refusal(self.floor, placement)
        if refused is not None:
            return refused
        keeps_place = price == order.price and remaining_micros <= order.remaining_micros
        if not self.floor.edit(order, price=price, remaining_micros=remaining_micros, in_place=keeps_place):
            return NO_FUNDS
        order.changed_ns = now_ns
        self.floor.tell(account, OrderAmended(account, number))
        if not keeps_place:
            if self._waits(placement):
                self._hold(order, placement, now_ns)
            else:
                self._enter(order, placement, now_ns)
        return order

    def next_deadline(self) -> int | None:
        """When the next waiting placement is due, or something else happens; None if nothing waits."""
        held_ns = self._holds[0][0] if self._holds else None
        due_ns = None if self.mishaps is None else self.mishaps.next_deadline()
        return held_ns if due_ns is None or (held_ns is not None and held_ns < due_ns) else due_ns

    def on_time(self, now_ns: int) -> None:
        """Let every placement whose delay is over into the book, each at its own moment."""
        if self.mishaps is not None:
            self.mishaps.on_time(now_ns)
        while self._holds and self._holds[0][0] <= now_ns:
            due_ns, number, placement = heapq.heappop(self._holds)
            order = self.floor.markets[placement.market].held.pop(number, None)
            if order is not None:
                order.held_until_ns = 0
                self._enter(order, placement, due_ns)

    def _waits(self, placement: Placement) -> bool:
        market = self.floor.markets[placement.market]
        if not market.in_play or not self.options.delay_ns:
            return False
        if self.options.delay_scope is DelayScope.EVERY:
            return True
        return crosses(market.selections[placement.selection], placement.side, placement.price)

    def _hold(self, order: SimOrder, placement: Placement, now_ns: int) -> None:
        order.held_until_ns = now_ns + self.options.delay_ns
        self.floor.markets[order.market].held[order.number] = order
        heapq.heappush(self._holds, (order.held_until_ns, order.number, placement))

    def _enter(self, order: SimOrder, placement: Placement, now_ns: int) -> None:
        """Match what can be matched now; the rest rests or dies."""
        cause = stillborn(self.floor, order, placement) or match(self.floor, order, placement, now_ns)
        if order.remaining_micros == 0:
            return
        if cause is None and placement.life is Life.REST:
            self.floor.rest(order)
        else:
            self.floor.drop(order, order.remaining_micros, cause or Cause.NOT_MATCHED_AT_ONCE, now_ns)
