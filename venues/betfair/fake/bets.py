"""Our customer's bets as the venue sees them, kept up to date by the exchange's notices."""

import msgspec

from domain.ids import SelectionId, VenueMarketId
from domain.orders import Side
from venues.betfair.fake.forms import bet_id
from venues.betfair.fake.stamps import Stamped
from venues.sim.floor import Floor
from venues.sim.notices import (
    Cause,
    Notice,
    OrderCancelled,
    OrderLapsed,
    OrderMatched,
    OrderPlaced,
    OrderRepriced,
    OrderVoided,
)
from venues.sim.queues import SimOrder


class Bet(msgspec.Struct):
    """One bet: the exchange's order, what its owner called it, and when what happened to it, in Unix milliseconds.

    `due_ns` is when its in-play delay ends. `killed_micros` is the part of the order's lapsed size that
    fill-or-kill took out: this venue calls it cancelled. `stamp` numbers the batch that changed the bet last.
    `order_type` and `liability_micros` are what a bet at starting price was placed with.
    """

    order: SimOrder
    placed_ms: int
    order_ref: str = ""
    strategy_ref: str = ""
    due_ns: int = 0
    matched_ms: int = 0
    cancelled_ms: int = 0
    lapsed_ms: int = 0
    voided_ms: int = 0
    killed_micros: int = 0
    lapse_reason: str = ""
    stamp: int = 0
    order_type: str = "LIMIT"
    liability_micros: int = 0

    @property
    def id(self) -> str:
        return bet_id(self.order.number)

    @property
    def persistence(self) -> str:
        return "PERSIST" if self.order.persist else "LAPSE"

    @property
    def complete(self) -> bool:
        """Nothing of it can be matched any more."""
        return self.order.remaining_micros == 0

    @property
    def waits(self) -> bool:
        """It waits for the starting price: it has no size yet, and the venue calls it complete."""
        return self.order_type != "LIMIT" and not self.complete

    @property
    def cancelled_micros(self) -> int:
        return self.order.cancelled_micros + self.killed_micros

    @property
    def lapsed_micros(self) -> int:
        return self.order.lapsed_micros - self.killed_micros

    @property
    def average_odds(self) -> float:
        """Mean odds of the matched part, 0 without one; computed in floats, noise included, as the venue does."""
        order = self.order
        return order.claims_micros / order.matched_micros if order.matched_micros else 0.0


LadderKey = tuple[SelectionId, Side, str | None]
"""Whose matches a ladder counts: those of one strategy reference, or all of them (None)."""


class MarketBets(msgspec.Struct):
    """Our bets in one market, the last changed one last, and what was matched by price, both ways."""

    bets: dict[int, Bet] = {}
    matched: dict[LadderKey, Stamped[int]] = {}
    prices: dict[tuple[int, int], tuple[int, int]] = {}
    """(match, order) -> price and size as they stand."""

    def changed(self, since: int) -> list[Bet]:
        """Bets that changed in later batches than this one, in order of their change."""
        found = []
        for bet in reversed(self.bets.values()):
            if bet.stamp <= since:
                break
            found.append(bet)
        return found[::-1]


class BetBook:
    """Every bet of one customer, by market and by number."""

    def __init__(self, floor: Floor, account: str) -> None:
        self._floor = floor
        self._account = account
        self.markets: dict[VenueMarketId, MarketBets] = {}
        self.bets: dict[int, Bet] = {}
        self._held: dict[int, Bet] = {}

    def book(self, bet: Bet) -> None:
        """A bet that came with references of its owner's; one placed past this door has none."""
        self.bets[bet.order.number] = bet
        self.markets.setdefault(bet.order.market, MarketBets()).bets[bet.order.number] = bet

    def of(self, market: VenueMarketId) -> list[Bet]:
        """Every bet in one market, in order of placement."""
        book = self.markets.get(market)
        return [] if book is None else sorted(book.bets.values(), key=lambda bet: bet.order.number)

    def stamp(self, bet: Bet, stamp: int) -> None:
        """A bet changed: it is the last one of its market now."""
        bet.stamp = stamp
        book = self.markets[bet.order.market].bets
        book[bet.order.number] = book.pop(bet.order.number)

    def heard(self, notice: Notice, *, stamp: int, now_ms: int) -> VenueMarketId | None:
        """Take over one notice; the market in which a bet of ours changed, None if it was not about one."""
        if not isinstance(
            notice, OrderPlaced | OrderMatched | OrderCancelled | OrderLapsed | OrderVoided | OrderRepriced
        ):
            return None
        if notice.account != self._account:
            return None
        if notice.order not in self.bets:
            self.book(Bet(self._floor.orders[notice.order], now_ms))
        bet = self.bets[notice.order]
        self.stamp(bet, stamp)
        if isinstance(notice, OrderPlaced):
            bet.due_ns = notice.held_until_ns
            if bet.due_ns:
                self._held[notice.order] = bet
        elif isinstance(notice, OrderMatched):
            bet.matched_ms = now_ms
            self._move(bet, notice.match, notice.price, notice.size_micros, stamp)
        elif isinstance(notice, OrderCancelled):
            bet.cancelled_ms = now_ms
        elif isinstance(notice, OrderLapsed):
            _lapse(bet, notice, now_ms)
        elif isinstance(notice, OrderVoided):
            bet.voided_ms = now_ms
            self._move(bet, notice.match, 0, 0, stamp)
        elif isinstance(notice, OrderRepriced):
            _, size = self.markets[bet.order.market].prices[notice.match, notice.order]
            self._move(bet, notice.match, notice.price, size, stamp)
        return bet.order.market

    def released(self, stamp: int) -> list[VenueMarketId]:
        """Markets in which the delay of a bet is over: it shows from now on, whatever became of it."""
        free = [number for number, bet in self._held.items() if not bet.order.held_until_ns]
        markets: list[VenueMarketId] = []
        for number in free:
            bet = self._held.pop(number)
            self.stamp(bet, stamp)
            markets.append(bet.order.market)
        return markets

    def _move(self, bet: Bet, match: int, price: int, size: int, stamp: int) -> None:
        """One match stands at another price or size than before; its ladders follow."""
        book, order = self.markets[bet.order.market], bet.order
        before_price, before_size = book.prices.get((match, order.number), (0, 0))
        book.prices[match, order.number] = (price, size)
        for strategy in (None, bet.strategy_ref):
            ladder = book.matched.setdefault((order.selection, order.side, strategy), Stamped(0))
            if before_size:
                ladder.put(before_price, ladder.get(before_price) - before_size, stamp)
            if size:
                ladder.put(price, ladder.get(price) + size, stamp)


def _lapse(bet: Bet, notice: OrderLapsed, now_ms: int) -> None:
    if notice.cause is Cause.NOT_MATCHED_AT_ONCE:
        bet.killed_micros += notice.size_micros
        bet.cancelled_ms = now_ms
        return
    bet.lapsed_ms = now_ms
    if bet.order.changed_ns < bet.due_ns:
        bet.lapse_reason = "MKT_SUSPENDED"
    elif notice.cause is Cause.MARKET_VERSION:
        bet.lapse_reason = "MKT_VERSION"
