"""What an exchange does to its customers in trouble: late fills, suspensions in mid-order, voids, corrections.

It stands beside one exchange, is asked before an order or a cancel of a watched account is carried out, and hears what
the exchange publishes. Whatever it does, somebody at a real exchange has done: a bet that was matched in the very
moment of its cancel, a market suspended between order and answer, a match annulled, a wrong result put right.
"""

import heapq
from collections.abc import Callable
from fractions import Fraction
from functools import partial

from domain.ids import VenueMarketId
from domain.markets import MarketStatus, Result
from venues.sim.accounts import Account, Collateral
from venues.sim.exchange import Exchange
from venues.sim.faults import Danger, Faults
from venues.sim.lifecycle import reopen, suspend
from venues.sim.markets import SimMarket
from venues.sim.notices import MarketSettled, Notice, OrderMatched
from venues.sim.placements import Placement, new_order, other
from venues.sim.queues import SimOrder
from venues.sim.settling import Payouts, settle, unsettle, void_matches

STRANGER = "stranger"
"""Whoever takes an order in the moment of its cancel."""
HOLDER = "mishap"
"""Who keeps a market suspended."""
ALL_OF_IT = 4
"""One late fill in so many takes the whole order."""

Act = Callable[[int], None]


class Mishaps:
    """One exchange's, with what they have still to do."""

    def __init__(self, exchange: Exchange, faults: Faults) -> None:
        self._exchange = exchange
        self._faults = faults
        self._venue = str(exchange.options.venue)
        self._due: list[tuple[int, int, Act, bool]] = []
        self._stands = False
        self._count = 0
        self._late: dict[int, tuple[int, int]] = {}
        self._late_until_ns = 0
        exchange.mishaps = self
        exchange.listen(self._hear)

    # --- asked by the exchange ---

    def next_deadline(self) -> int | None:
        return self._due[0][0] if self._due else None

    def on_time(self, now_ns: int) -> None:
        """Do what is due."""
        while self._due and self._due[0][0] <= now_ns:
            heapq.heappop(self._due)[2](now_ns)

    def stop(self, now_ns: int) -> None:
        """Begin nothing any more, and end now what was begun: a suspension, a result that was taken back."""
        begun = [act for _, _, act, ends in sorted(self._due, key=lambda one: one[:2]) if ends]
        self._due.clear()
        self._stands = True
        for act in begun:
            act(now_ns)

    def before_placing(self, account: str, market: VenueMarketId, now_ns: int) -> None:
        """An order is about to be looked at: its market may be suspended before that, or behind it."""
        state = self._exchange.floor.markets.get(market)
        if state is None or state.status is not MarketStatus.OPEN or self._exchange.floor.accounts[account].crowd:
            return
        if self._faults.strikes(Danger.SUSPENDED_MIDWAY, self._venue, "place"):
            if self._faults.below(2, f"{self._venue}/midway"):
                self._suspend(market, now_ns)
            else:
                self._at(now_ns + 1, lambda at_ns: self._suspend(market, at_ns))

    def before_cancel(self, order: SimOrder, now_ns: int) -> None:
        """A cancel is about to be carried out: somebody may be quicker."""
        if self._exchange.floor.accounts[order.account].crowd or not order.resting:
            return
        if self._faults.strikes(Danger.LATE_FILL, self._venue, "cancel"):
            whole = self._faults.below(ALL_OF_IT, f"{self._venue}/stranger") == 0
            _take(self._exchange, order, now_ns, whole=whole)
            self._late_until_ns = now_ns + self._faults.delay_ns(f"{self._venue}/late")
            if order.resting:
                self._late[order.number] = self._late_until_ns, self._exchange.floor.matches

    # --- asked by the fakes ---

    def late_until_ns(self, number: int | None = None) -> int:
        """Until when news about one order, or without a number about all, is or was held back; 0 for never."""
        return self._late_until_ns if number is None else self._late.get(number, (0, 0))[0]

    def late_match(self, number: int) -> int:
        """Which match of an order is told late, 0 for none."""
        return self._late.get(number, (0, 0))[1]

    # --- leaves ---

    def _at(self, when_ns: int, act: Act, *, ends: bool = False) -> None:
        """Have something happen later; `ends`: it is the end of something that has begun."""
        self._count += 1
        heapq.heappush(self._due, (when_ns, self._count, act, ends))

    def _suspend(self, market: VenueMarketId, now_ns: int) -> None:
        exchange = self._exchange
        if exchange.floor.markets[market].status is not MarketStatus.OPEN:
            return
        suspend(exchange, market, now_ns, lapse=not exchange.options.flushes_on_reopen, holder=HOLDER)
        until_ns = now_ns + self._faults.frozen_ns(f"{self._venue}/midway")
        self._at(until_ns, lambda at_ns: self._reopen(market, at_ns), ends=True)

    def _reopen(self, market: VenueMarketId, now_ns: int) -> None:
        if self._exchange.floor.markets[market].status is MarketStatus.SUSPENDED:
            reopen(self._exchange, market, now_ns, holder=HOLDER)

    def _hear(self, batch: list[Notice], now_ns: int) -> None:
        if self._stands or not (self._faults.may(Danger.VOIDED) or self._faults.may(Danger.RESETTLED)):
            return
        for notice in batch:
            if isinstance(notice, OrderMatched) and self._exchange.options.collateral is Collateral.NET:
                if self._faults.strikes(Danger.VOIDED, self._venue):
                    self._at(now_ns + self._delay_ns(), _annulling(self._exchange, notice))
            elif isinstance(notice, MarketSettled) and notice.round == 1:
                market = self._exchange.floor.markets[notice.market]
                if _may_correct(self._exchange, market) and self._faults.strikes(Danger.RESETTLED, self._venue):
                    self._at(now_ns + self._correct_after_ns(), partial(self._correct, market))

    def _correct_after_ns(self) -> int:
        options = self._exchange.options
        after_ns = self._delay_ns()
        return after_ns if options.collateral is Collateral.NET else min(after_ns, options.final_after_ns // 2)

    def _correct(self, market: SimMarket, now_ns: int) -> None:
        """The settlement is taken back, and a little later the next selection has won in place of the last."""
        payouts = other_result(market)
        unsettle(self._exchange, market.spec.id)
        anew_ns = now_ns + self._delay_ns()
        self._at(anew_ns, lambda at_ns: settle(self._exchange, market.spec.id, payouts, at_ns), ends=True)

    def _delay_ns(self) -> int:
        return self._faults.delay_ns(f"{self._venue}/afterwards")


def _take(exchange: Exchange, order: SimOrder, now_ns: int, *, whole: bool) -> None:
    """A stranger matches half of what rests of an order, or the whole of it."""
    floor = exchange.floor
    floor.accounts.setdefault(STRANGER, Account(STRANGER, 0, crowd=True))
    lot = floor.terms.lot_micros
    size = order.remaining_micros if whole else order.remaining_micros // 2 // lot * lot or order.remaining_micros
    placement = Placement(STRANGER, order.market, order.selection, other(order.side), order.price, size)
    taker = new_order(placement, number=floor.placed + 1, now_ns=now_ns)
    floor.admit(taker)
    floor.match(taker, order, now_ns)


def _annulling(exchange: Exchange, notice: OrderMatched) -> Act:
    """What annuls one match, unless its market has been paid by then."""
    market = exchange.floor.orders[notice.order].market

    def annul(now_ns: int) -> None:
        if not exchange.floor.markets[market].settled:
            void_matches(exchange, market, now_ns, chosen=lambda match: match.id == notice.match)

    return annul


def _may_correct(exchange: Exchange, market: SimMarket) -> bool:
    """Bets are settled anew when the result was wrong; contracts that were paid stand. Who is watched must care."""
    options, accounts = exchange.options, exchange.floor.accounts
    may = options.collateral is Collateral.NET or options.final_after_ns > 0
    return may and any(not accounts[one].crowd for one in market.statements)


def other_result(market: SimMarket) -> Payouts:
    """The result that was wrong, put right: what won has lost, and the next that had lost has won."""
    payouts: Payouts = {}
    shares = {name: Fraction(int(one.result is Result.WON)) for name, one in market.selections.items()}
    in_it = [name for name, one in market.selections.items() if one.result is not Result.VOID]
    for name, one in market.selections.items():
        payouts[name] = None if one.result is Result.VOID else shares[in_it[in_it.index(name) - 1]]
    if len(in_it) == 1:
        payouts[in_it[0]] = 1 - shares[in_it[0]]
    return payouts
