"""Starting prices: bets that wait for one, and the reconciliation that makes it when a race begins.

A waiting bet locks its liability, shows in no book, and cannot be cancelled. The price comes from all backs and lays
that wait, ours and the crowd's; what it does not suit lapses. Source: Betfair developer docs, "Betfair Starting Price".
"""

from fractions import Fraction

import msgspec

from domain.ids import SelectionId, VenueMarketId
from domain.markets import MarketStatus
from domain.money import MICROS, floor_to, half_up_to
from domain.orders import Side
from domain.settlement import PENNY
from domain.starting_price import Wanted, matched_at_start, starting_price
from venues.betfair.fake.bets import Bet, BetBook
from venues.betfair.fake.markets import MarketState
from venues.sim.exchange import Exchange
from venues.sim.floor import match_at
from venues.sim.notices import Cause, OrderPlaced
from venues.sim.placements import Placement, new_order


class CrowdBet(msgspec.Struct, frozen=True):
    """What somebody else leaves for the starting price; `wanted` as in `domain.starting_price`, in units."""

    market: VenueMarketId
    selection: SelectionId
    side: Side
    wanted: Wanted


class Starts:
    """Who waits for which starting price."""

    def __init__(self, exchange: Exchange, bets: BetBook) -> None:
        self.crowd: list[CrowdBet] = []
        self._exchange = exchange
        self._bets = bets

    def wait(self, bet: Bet) -> Bet:
        """Charge for a bet and remember it; it rests nowhere."""
        floor, order = self._exchange.floor, bet.order
        floor.admit(order)
        floor.settle_funds(order)
        self._bets.book(bet)
        floor.tell(order.account, OrderPlaced(order.account, order.number))
        return bet

    def turned(self, state: MarketState, now_ns: int) -> None:
        """A market has another state: bets on who was removed lapse, and a race that begins is reconciled."""
        if not state.details.bsp or state.reconciled:
            return
        waiting = [bet for bet in self._bets.of(state.details.id) if bet.waits]
        if state.sim.in_play or state.sim.status is MarketStatus.CLOSED:
            state.reconciled = True
            for selection, sold in state.sim.selections.items():
                if not sold.removed:
                    self._reconcile(
                        state, selection, [bet for bet in waiting if bet.order.selection == selection], now_ns
                    )
        for bet in waiting:
            if bet.waits and (state.reconciled or state.sim.selections[bet.order.selection].removed):
                self._exchange.floor.drop(bet.order, bet.order.remaining_micros, Cause.IN_PLAY, now_ns)

    def _reconcile(self, state: MarketState, selection: SelectionId, bets: list[Bet], now_ns: int) -> None:
        crowd = [one for one in self.crowd if (one.market, one.selection) == (state.details.id, selection)]
        sides = [(bet.order.side, _wanted(bet)) for bet in bets] + [(one.side, one.wanted) for one in crowd]
        exact = starting_price(*([wanted for side, wanted in sides if side is one] for one in (Side.BACK, Side.LAY)))
        if exact is None:
            return
        price = half_up_to(exact, PENNY) // PENNY
        state.starting[selection] = price
        for bet in bets:
            stake = matched_at_start(bet.order.side, _wanted(bet), Fraction(price, 100))
            size = floor_to(stake, PENNY)
            if size:
                self._match(bet, price, size, now_ns)

    def _match(self, bet: Bet, price: int, size: int, now_ns: int) -> None:
        """Against the crowd, at the starting price; a lay's size is what its liability pays for there."""
        floor, order = self._exchange.floor, bet.order
        somebody = next(one.name for one in floor.accounts.values() if one.crowd)
        other = Side.LAY if order.side is Side.BACK else Side.BACK
        against = Placement(somebody, order.market, order.selection, other, price, size)
        counter = new_order(against, number=floor.placed + 1, now_ns=now_ns)
        floor.admit(counter)
        order.size_micros = size if order.side is Side.LAY else order.size_micros
        backer, layer = (order, counter) if order.side is Side.BACK else (counter, order)
        match_at(floor, backer, layer, price=price, size_micros=size, now_ns=now_ns)


def _wanted(bet: Bet) -> Wanted:
    limit = None if bet.order_type == "MARKET_ON_CLOSE" else Fraction(bet.order.price, 100)
    return Fraction(bet.liability_micros, MICROS), limit
