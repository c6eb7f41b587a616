"""One small function per rule: None, or the reason why an order must not be sent.

The order of the rules is the order of `RULES`: first what stops everything, then the market, the order itself,
what it could hit, and last the money. An order that does not raise its event's worst loss passes every cap, because
refusing it would keep us where we are no better off. One that lowers it when it is matched in full passes every other
ceiling of our own too, see `risk.refusals`.
"""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from domain.book import Book
from domain.claims import claims_and_cost_micros
from domain.ids import OrderRef
from domain.intents import Child
from domain.markets import Instrument, MarketStatus
from domain.net_price import PROBABILITY_SCALE
from domain.odds import claim_ratio
from domain.operators import KillLevel
from domain.orders import BACK, LAY, OTHER_SIDE, Order, Side, TimeInForce
from risk.collateral import spare_micros
from risk.exposure import Exposure, Position, Trial, contract_position, worst_loss_without
from risk.limits import Limits
from risk.rollups import Scope
from risk.verdicts import RefusalReason, Refused

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS


class Context(msgspec.Struct):
    """What is known at this moment about an instrument, its venue and the desk: all that a rule may look at.

    `proven_ns` is the last proof that the book is fresh: its own, or its whole feed's. `fair_e9` is the fair
    probability of the outcome in 1e-9, None if there is none that may be used. `resting` are our own orders on the
    instrument, of every strategy. `available_micros` is what the venue lets us spend, in its currency, everything
    open already taken off; `tokens` how many more orders its message budget takes. `sent_ns` are the times of our
    latest placements at any venue, the newest last, `market_sent_ns` those in the market. `day_loss_micros` is what
    the last 24 hours have realised, `minute_loss_micros` what the last minute has cost at fair values, losses positive;
    `turnover_micros` what the last 24 hours have matched, in base. `forbidden` is what compliance says of the
    instrument, `enabled` whether trading is, `opposite` an order of ours that traded the other way a moment ago (None
    too where that is no matter), `intent_orders` how many orders the intent has made before, `order_unproven` whether
    something about an order of ours in the venue's market is not.
    After every approval the figures that the placement changes must be taken anew.
    """

    instrument: Instrument
    book: Book
    status: MarketStatus
    in_play: bool
    selection_removed: bool
    market_version: int
    session_proven: bool
    breaker_open: bool
    kill: KillLevel
    proven_ns: int
    stale_after_ns: int
    rate_e8: int
    fair_e9: int | None
    resting: Sequence[Order]
    available_micros: int
    tokens: int
    open_orders: int
    sent_ns: Sequence[int]
    day_loss_micros: int
    now_ns: int
    market_sent_ns: Sequence[int] = ()
    intent_orders: int = 0
    turnover_micros: int = 0
    minute_loss_micros: int = 0
    market_breaker: str = ""
    order_unproven: bool = False
    forbidden: RefusalReason | None = None
    enabled: bool = True
    opposite: OrderRef | None = None


class Case(msgspec.Struct):
    """An order before the gate: what it is, what is known, what may be, and what it would do.

    `scopes` are the caps by name that it falls under, with what each would have lost; `instead` is the order at rest
    whose terms these shall be, if it is no new one.
    """

    child: Child
    context: Context
    limits: Limits
    trial: Trial
    exposure: Exposure
    scopes: Iterable[Scope] = ()
    instead: Order | None = None

    def raises(self) -> bool:
        """Whether the order raises the event's worst loss.

        One that lowers it when it is matched does not, though it may leave a coin in doubt that was not there before:
        where several outcomes win, a coin of commission is counted for each venue where something of ours stands.
        """
        return not (self.trial.reducing or self.reduces())

    def reduces(self) -> bool:
        """Whether the order, matched in full, would lower the event's worst loss; then no part of it raises it.

        One that takes other terms over, against what could be lost if it were not there at all.
        """
        on, rate_e8, exposure = self.context.instrument, self.context.rate_e8, self.exposure
        filled = exposure.worst_loss_filled(self.child, on, rate_e8, instead=self.instead)
        if self.instead is None:
            return filled < self.trial.before_micros
        return filled < worst_loss_without(exposure, self.instead, on, rate_e8)


Rule = Callable[[Case], Refused | None]


def _refused(case: Case, reason: RefusalReason, detail: str) -> Refused:
    return Refused(case.child, reason, detail)


# --- what stops everything ---


def kill_level(case: Case) -> Refused | None:
    """L1: no order that raises the worst loss. L2 and L4: only one that lowers it. L3: none, cancels pass by."""
    level = case.context.kill
    if level is KillLevel.NONE:
        return None
    if level is KillLevel.CANCEL_ALL:
        return _refused(case, RefusalReason.KILL_CANCEL_ALL, f"kill level {level}")
    if level is not KillLevel.NO_NEW_RISK and not case.reduces():
        return _refused(case, RefusalReason.KILL_REDUCE_ONLY, f"kill level {level}")
    if case.raises():
        return _refused(case, RefusalReason.KILL_NO_NEW_RISK, f"kill level {level}")
    return None


def venue_session(case: Case) -> Refused | None:
    """The venue's lines are proven."""
    if not case.context.session_proven:
        return _refused(case, RefusalReason.SESSION_UNPROVEN, "a line to the venue is down or not proven yet")
    return None


def unproven_orders(case: Case) -> Refused | None:
    """Nothing is open about an order of ours in the venue's market: what it may have done counts, but is not known."""
    if case.context.order_unproven:
        return _refused(case, RefusalReason.ORDER_UNPROVEN, "an order of ours in the market is in doubt")
    return None


def breakers(case: Case) -> Refused | None:
    """No breaker of the venue or of its market is open."""
    if case.context.breaker_open:
        return _refused(case, RefusalReason.VENUE_BREAKER, "the venue's breaker is open")
    if case.context.market_breaker:
        return _refused(case, RefusalReason.MARKET_BREAKER, case.context.market_breaker)
    return None


# --- what may be traded at all ---


def enabling(case: Case) -> Refused | None:
    """Real money is traded only after two people have enabled it for the configuration in force."""
    if not case.context.enabled:
        return _refused(case, RefusalReason.NOT_ENABLED, "two people have to enable trading")
    return None


def compliance(case: Case) -> Refused | None:
    """Nothing stands against the market, its participants, or its venue where we are."""
    forbidden = case.context.forbidden
    return None if forbidden is None else _refused(case, forbidden, case.context.instrument.id)


# --- the market ---


def market_state(case: Case) -> Refused | None:
    """The venue takes orders on this selection, and in running only if the limits let us."""
    if case.context.status is not MarketStatus.OPEN:
        return _refused(case, RefusalReason.MARKET_NOT_OPEN, case.context.status)
    if case.context.selection_removed:
        return _refused(case, RefusalReason.SELECTION_REMOVED, "the venue took the selection out of its market")
    if case.context.in_play and not case.limits.in_play:
        return _refused(case, RefusalReason.IN_PLAY, "the limits allow no orders in running")
    return None


def book_state(case: Case) -> Refused | None:
    """The book is whole, fresh and not crossed."""
    book, context = case.context.book, case.context
    if not book.clean:
        return _refused(case, RefusalReason.BOOK_DOUBTED, "no image since the last doubt")
    age = context.now_ns - context.proven_ns
    if age > context.stale_after_ns:
        return _refused(case, RefusalReason.BOOK_STALE, f"{age} ns old, at most {context.stale_after_ns}")
    if book.crossed:
        return _refused(case, RefusalReason.BOOK_CROSSED, f"ticks {book.best_back} and {book.best_lay}")
    return None


# --- the order itself ---


def legal_terms(case: Case) -> Refused | None:
    """Price on the ladder, size in whole lots and not too small, a starting price where one is waited for."""
    child, terms = case.child, case.context.instrument.terms
    if child.tif is TimeInForce.STARTING_PRICE and not terms.starting_price:
        return _refused(case, RefusalReason.NO_STARTING_PRICE, "the venue takes no order of ours for it")
    if case.context.book.ladder.tick(child.price) is None:
        return _refused(case, RefusalReason.PRICE_OFF_LADDER, f"price {child.price}")
    if child.size_micros % terms.lot_micros:
        return _refused(case, RefusalReason.SIZE_OFF_LOT, f"size {child.size_micros}, lot {terms.lot_micros}")
    if child.size_micros < max(1, terms.size_min_micros):
        claims, _ = claims_and_cost_micros(terms.kind, child.price, child.size_micros)
        if child.size_micros <= 0 or not 0 < terms.payout_min_micros <= claims:
            detail = f"size {child.size_micros}, at least {terms.size_min_micros}"
            return _refused(case, RefusalReason.SIZE_BELOW_MINIMUM, detail)
    return None


def price_collar(case: Case) -> Refused | None:
    """The price is near the fair value on either side, and not far through the book on the side that hurts."""
    context, limits = case.context, case.limits
    part, whole = claim_ratio(context.instrument.terms.kind, case.child.price)
    touch = _touch(context.book, case.child.side)
    if touch < 0 and context.fair_e9 is None:
        return _refused(case, RefusalReason.COLLAR_UNREFERENCED, "neither a fair value nor a price in the book")
    if context.fair_e9 is not None:
        away = abs(part * PROBABILITY_SCALE - context.fair_e9 * whole)
        if away > limits.collar_fair_e9 * whole:
            detail = f"claim at {part}/{whole}, fair {context.fair_e9}e-9, collar {limits.collar_fair_e9}e-9"
            return _refused(case, RefusalReason.COLLAR_FAIR_VALUE, detail)
    if touch >= 0:
        best_part, best_whole = claim_ratio(context.instrument.terms.kind, context.book.ladder.prices[touch])
        through = part * best_whole - best_part * whole
        if case.child.side is LAY:
            through = -through
        if through * PROBABILITY_SCALE > limits.collar_book_e9 * whole * best_whole:
            detail = f"claim at {part}/{whole}, book {best_part}/{best_whole}, collar {limits.collar_book_e9}e-9"
            return _refused(case, RefusalReason.COLLAR_BOOK, detail)
    return None


def _touch(book: Book, side: Side) -> int:
    """The tick that the order would meet first; on an empty side the best of the other; -1 in an empty book."""
    meets, other = (book.best_back, book.best_lay) if side is BACK else (book.best_lay, book.best_back)
    return meets if meets >= 0 else other


def order_size(case: Case) -> Refused | None:
    """Not more claims than one order may be for: a slip of a digit, or of a unit, is large."""
    limit = case.limits.size_claims_micros
    if limit is None:
        return None
    child = case.child
    claims, _ = claims_and_cost_micros(case.context.instrument.terms.kind, child.price, child.size_micros)
    if claims > limit:
        return _refused(case, RefusalReason.SIZE_ABOVE_MAXIMUM, f"{claims} claims, at most {limit}")
    return None


# --- what it could hit, and how often we speak ---


def crosses(side: Side, price: tuple[int, int], other_side: Side, other_price: tuple[int, int]) -> bool:
    """Whether two orders on one claim would match each other. Prices are ratios, see `domain.odds.claim_ratio`.

    A back that pays at least what a lay asks meets it, the same price included.
    """
    if side is other_side:
        return False
    ours, theirs = price[0] * other_price[1], other_price[0] * price[1]
    return ours >= theirs if side is BACK else ours <= theirs


def self_match(case: Case) -> Refused | None:
    """The order does not trade with one of our own at the venue, whatever state that one is in.

    Source: Commodity Exchange Act 4c(a), wash sales.
    """
    if not case.context.resting:
        return None
    child, kind = case.child, case.context.instrument.terms.kind
    price = claim_ratio(kind, child.price)
    for order in case.context.resting:
        if not order.exposed_micros:
            continue
        prices = (order.price,) if order.amend is None else (order.price, order.amend.price)
        for one in prices:
            if crosses(child.side, price, order.side, claim_ratio(kind, one)):
                return Refused(child, RefusalReason.SELF_MATCH, f"would match our {order.ref}", (order.ref,))
    return None


def opposite_trade(case: Case) -> Refused | None:
    """The order would not trade straight back what we traded a moment ago; how that is read says `risk.opposites`."""
    met = case.context.opposite
    if met is None or not _meets_book(case):
        return None
    return Refused(case.child, RefusalReason.OPPOSITE_TRADE, f"would undo our {met} at once", (met,))


def _meets_book(case: Case) -> bool:
    """Whether the order would be matched at once: it may not wait, or what waits in the book meets it."""
    child, book = case.child, case.context.book
    if child.tif is TimeInForce.IMMEDIATE:
        return True
    touch = book.best_back if child.side is BACK else book.best_lay
    if touch < 0 or child.tif is TimeInForce.STARTING_PRICE:
        return False
    kind, other = case.context.instrument.terms.kind, OTHER_SIDE[child.side]
    return crosses(child.side, claim_ratio(kind, child.price), other, claim_ratio(kind, book.ladder.prices[touch]))


def venue_budget(case: Case) -> Refused | None:
    """A token is left in the venue's message budget for placements."""
    if case.context.tokens <= 0:
        return _refused(case, RefusalReason.VENUE_BUDGET, "the venue's message budget is spent")
    return None


def pace(case: Case) -> Refused | None:
    """Not too many open orders, nor too many of one intent, within a second, or within a minute in one market."""
    context, limits = case.context, case.limits
    if case.instead is None and context.open_orders >= limits.open_orders_max:
        return _refused(case, RefusalReason.OPEN_ORDERS, f"{context.open_orders} open")
    if limits.orders_per_intent is not None and context.intent_orders >= limits.orders_per_intent:
        return _refused(case, RefusalReason.INTENT_ORDERS, f"{context.intent_orders} orders of one intent")
    if _are_within(context.sent_ns, limits.orders_per_second, SECOND_NS, context.now_ns):
        return _refused(case, RefusalReason.ORDER_RATE, f"{limits.orders_per_second} orders in the last second")
    per_minute = limits.market_orders_per_minute
    if per_minute is not None and _are_within(context.market_sent_ns, per_minute, MINUTE_NS, context.now_ns):
        return _refused(case, RefusalReason.MARKET_RATE, f"{per_minute} orders in the market in the last minute")
    return None


def _are_within(sent_ns: Sequence[int], count: int, span_ns: int, now_ns: int) -> bool:
    """Whether the last `count` of these times, the newest last, lie within the span."""
    return len(sent_ns) >= count and now_ns - sent_ns[-count] < span_ns


def flow(case: Case) -> Refused | None:
    """Not too much matched within 24 hours with everything open matched too, and not too much lost within a minute."""
    context, limits = case.context, case.limits
    if limits.turnover_day_micros is not None:
        turnover = context.turnover_micros + case.exposure.open_cost_micros + case.trial.more_cost_micros
        if turnover > limits.turnover_day_micros:
            return _refused(
                case, RefusalReason.TURNOVER, f"{turnover} in 24 hours, at most {limits.turnover_day_micros}"
            )
    if limits.loss_minute_micros is not None and context.minute_loss_micros > limits.loss_minute_micros:
        detail = f"{context.minute_loss_micros} lost in a minute, at most {limits.loss_minute_micros}"
        return _refused(case, RefusalReason.LOSS_MINUTE, detail)
    return None


# --- the money ---


def balance(case: Case) -> Refused | None:
    """The venue has the money that its market would need more."""
    need, available = case.trial.need_micros, case.context.available_micros
    if need > available and need > available + spare_micros(case.exposure, case.context.instrument):
        return _refused(case, RefusalReason.BALANCE, f"needs {need}, available {available}")
    return None


class PositionRoom(msgspec.Struct, frozen=True):
    """The position if everything open on the order's side were matched too, and the size that may still be added."""

    worst: int
    allowed: bool
    size_max: int


def position_room(side: Side, *, position: Position, size: int, limit: int) -> PositionRoom:
    """Judge a size against a limit on claims held or given, open orders of the same side counted as matched."""
    if side is BACK:
        reached = position.held_micros + position.open_back_micros
        return PositionRoom(reached + size, reached + size <= limit, max(0, limit - reached))
    reached = position.held_micros - position.open_lay_micros
    return PositionRoom(reached - size, reached - size >= -limit, max(0, limit + reached))


def position_limit(case: Case) -> Refused | None:
    """Claims on one contract, over all our accounts at its exchange, stay within the limit, if there is one."""
    limit = case.limits.position_claims_micros
    if limit is None:
        return None
    position = contract_position(case.exposure, case.context.instrument.listing)
    room = position_room(case.child.side, position=position, size=case.trial.more_claims_micros, limit=limit)
    if not room.allowed:
        return _refused(case, RefusalReason.POSITION_LIMIT, f"would reach {room.worst}, limit {limit}")
    return None


def caps(case: Case) -> Refused | None:
    """No cap on worst loss is passed: of the order, the market, the event, the desk, the day, nor of any by name."""
    trial, limits = case.trial, case.limits
    if not case.raises():
        return None
    day = max(0, case.context.day_loss_micros) + trial.total_micros
    if trial.order_micros > limits.cap_order_micros:
        return _capped(case, RefusalReason.CAP_ORDER, trial.order_micros, limits.cap_order_micros)
    if trial.market_micros > limits.cap_market_micros:
        return _capped(case, RefusalReason.CAP_MARKET, trial.market_micros, limits.cap_market_micros)
    if trial.event_micros > limits.cap_event_micros:
        return _capped(case, RefusalReason.CAP_EVENT, trial.event_micros, limits.cap_event_micros)
    if trial.total_micros > limits.cap_total_micros:
        return _capped(case, RefusalReason.CAP_TOTAL, trial.total_micros, limits.cap_total_micros)
    if day > limits.cap_day_micros:
        return _capped(case, RefusalReason.CAP_DAY, day, limits.cap_day_micros)
    for scope in case.scopes:
        if scope.loss > scope.cap:
            return _refused(case, scope.reason, f"worst loss of {scope.name} {scope.loss}, cap {scope.cap}")
    return None


def _capped(case: Case, reason: RefusalReason, loss: int, cap: int) -> Refused:
    return _refused(case, reason, f"worst loss {loss}, cap {cap}")


RULES: tuple[Rule, ...] = (
    kill_level,
    enabling,
    compliance,
    venue_session,
    unproven_orders,
    breakers,
    market_state,
    book_state,
    legal_terms,
    order_size,
    price_collar,
    self_match,
    opposite_trade,
    pace,
    venue_budget,
    flow,
    position_limit,
    balance,
    caps,
)
"""Every rule, in the order in which they are asked."""
