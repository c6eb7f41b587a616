"""A recorded book brought to life at an exchange: what was displayed rests there, and our orders queue in it.

Every recorded level is one resting order of the crowd, sized as it was displayed less what we have taken from it;
what is added later is new. Resting orders of ours are matched when the recording says that their turn has come
(`venues.sim.queue`), or when size is displayed that would have met them.
"""

from domain.ids import SelectionId, VenueMarketId
from domain.markets import MarketStatus
from domain.odds import PriceKind
from domain.orders import Side
from venues.sim.exchange import Exchange
from venues.sim.notices import Cause, Traded
from venues.sim.opinions import worth
from venues.sim.placements import Placement, new_order, other
from venues.sim.queue import Bound, QueuePosition
from venues.sim.queues import SimOrder
from venues.sim.recorded import Frame, Print

TAPE = "tape"

Key = tuple[VenueMarketId, SelectionId, Side, int]


class Tape:
    """Plays the levels and prints of a recording on the exchange that was recorded."""

    def __init__(self, exchange: Exchange, account: str, *, double_counted: bool, bound: Bound) -> None:
        exchange.open_account(TAPE, deposit_micros=0, crowd=True)
        self._exchange = exchange
        self._account = account
        self._print_share = 2 if double_counted else 1
        self._bound = bound
        self._recorded: dict[tuple[VenueMarketId, SelectionId, Side], dict[int, int]] = {}
        self._shown: dict[Key, SimOrder] = {}
        self._places: dict[int, QueuePosition] = {}

    def play_prints(self, frame: Frame, now_ns: int) -> None:
        """Trades of the recording: told to everybody, and ours where it was our turn."""
        if not frame.prints:
            return
        self._join(frame.market)
        for recorded in frame.prints:
            size = recorded.size_micros // self._print_share
            if size > 0 and recorded.selection in self._exchange.floor.markets[frame.market].selections:
                self._tell(frame.market, recorded, size)
                self._share_out(frame.market, recorded, size, now_ns)

    def play_levels(self, frame: Frame, now_ns: int) -> None:
        """The book as it is displayed from now on."""
        if not frame.levels and not frame.images:
            return
        self._join(frame.market)
        known = self._exchange.floor.markets[frame.market].selections
        named = {
            (frame.market, level.selection, level.side, level.price): level.size_micros
            for level in frame.levels
            if level.selection in known
        }
        for selection in frame.images:
            for side in Side:
                for price in self._displayed(frame.market, selection, side):
                    named.setdefault((frame.market, selection, side, price), 0)
        for key, size in named.items():
            self._display(key, size, now_ns)

    def mid(self, market: VenueMarketId, selection: SelectionId) -> float | None:
        """The chance half way between the best recorded prices, None while one side is empty."""
        kind = self._exchange.options.terms.kind
        to_back, to_lay = (self._displayed(market, selection, side) for side in (Side.LAY, Side.BACK))
        if not to_back or not to_lay:
            return None
        odds = kind is PriceKind.ODDS
        best_back, best_lay = (max(to_back), min(to_lay)) if odds else (min(to_back), max(to_lay))
        return (worth(kind, best_back) + worth(kind, best_lay)) / 2

    def _displayed(self, market: VenueMarketId, selection: SelectionId, side: Side) -> dict[int, int]:
        """Recorded sizes by price."""
        return self._recorded.setdefault((market, selection, side), {})

    def _join(self, market: VenueMarketId) -> None:
        """Give every order of ours that has come to rest since the last frame its place in the queue."""
        live: set[int] = set()
        for order in self._own(market):
            live.add(order.number)
            place = self._places.get(order.number)
            if place is not None and place.price == order.price and place.remaining_micros >= order.remaining_micros:
                place.shrunk(place.remaining_micros - order.remaining_micros)
                continue
            shown = self._shown.get((market, order.selection, order.side, order.price))
            self._places[order.number] = QueuePosition(
                kind=self._exchange.options.terms.kind,
                side=order.side,
                price=order.price,
                size_micros=order.remaining_micros,
                level_micros=shown.remaining_micros if shown is not None and shown.resting else 0,
                bound=self._bound,
                lot_micros=self._exchange.options.terms.lot_micros,
            )
        for number in [n for n in self._places if n not in live and not self._exchange.floor.orders[n].resting]:
            del self._places[number]

    def _own(self, market: VenueMarketId, selection: SelectionId | None = None) -> list[SimOrder]:
        """Our resting orders in a market, oldest first."""
        held = self._exchange.floor.markets[market].open_orders.get(self._account, {})
        return [o for o in held.values() if o.resting and (selection is None or o.selection == selection)]

    def _tell(self, market: VenueMarketId, recorded: Print, size: int) -> None:
        floor = self._exchange.floor
        sold = floor.markets[market].selections[recorded.selection]
        sold.traded_micros[recorded.price] = sold.traded_micros.get(recorded.price, 0) + size
        sold.last_price = recorded.price
        floor.matches += 1
        best = sold.books[Side.LAY].best()
        taker = Side.BACK if best is not None and best == recorded.price else Side.LAY
        floor.notices.append(Traded(market, recorded.selection, floor.matches, recorded.price, size, taker))

    def _share_out(self, market: VenueMarketId, recorded: Print, size: int, now_ns: int) -> None:
        """One print fills our orders in turn; what one took, the next cannot have."""
        if self._exchange.floor.markets[market].status is not MarketStatus.OPEN:
            return
        for order in self._own(market, recorded.selection):
            filled = self._places[order.number].traded(recorded.price, size)
            if filled:
                self._meet(order, filled, now_ns)
                size -= filled

    def _display(self, key: Key, size: int, now_ns: int) -> None:
        """Show a level as recorded, less what we have taken from it and what it would have taken from us."""
        market, selection, side, price = key
        displayed = self._displayed(market, selection, side)
        was = displayed.pop(price, 0)
        if size:
            displayed[price] = size
        shown = self._shown.get(key)
        left = shown.remaining_micros if shown is not None and shown.resting else 0
        for order in self._own(market, selection):
            if order.side is side and order.price == price:
                self._places[order.number].displayed(size)
        target = max(0, size - (was - left))
        if target > left:
            target = left + self._after_meeting_us(key, target - left, now_ns)
        self._show(key, target, now_ns)

    def _after_meeting_us(self, key: Key, fresh: int, now_ns: int) -> int:
        """What is left of new size after our orders that it meets, best price first."""
        market, selection, side, price = key
        kind = self._exchange.options.terms.kind
        state = self._exchange.floor.markets[market]
        opposite = state.selections[selection].books[other(side)]
        if state.status is not MarketStatus.OPEN or not opposite.reaches(price):
            return fresh
        lot = self._exchange.options.terms.lot_micros
        prices = opposite.prices()
        met = [order for order in self._own(market, selection) if order.side is not side and _meets(kind, order, price)]
        for order in sorted(met, key=lambda order: prices.index(order.price)):
            size = min(fresh, order.remaining_micros) // lot * lot
            if size:
                self._meet(order, size, now_ns)
                self._places[order.number].shrunk(size)
                fresh -= size
        return fresh

    def _meet(self, order: SimOrder, size: int, now_ns: int) -> None:
        """Somebody of the recording takes so much of our order, at our price."""
        taker = self._crowd_order((order.market, order.selection, other(order.side), order.price), size, now_ns)
        self._exchange.floor.match(taker, order, now_ns)

    def _show(self, key: Key, target: int, now_ns: int) -> None:
        floor = self._exchange.floor
        shown = self._shown.get(key)
        if shown is None or not shown.resting:
            if target:
                self._shown[key] = self._crowd_order(key, target, now_ns)
                floor.rest(self._shown[key])
        elif not target:
            floor.drop(shown, shown.remaining_micros, Cause.REQUESTED, now_ns)
            del self._shown[key]
        elif target != shown.remaining_micros:
            floor.edit(shown, price=shown.price, remaining_micros=target, in_place=True)

    def _crowd_order(self, key: Key, size: int, now_ns: int) -> SimOrder:
        """An order of the recording that nobody checks: it was accepted once already."""
        placement = Placement(TAPE, *key, size, persist=True)
        order = new_order(placement, number=self._exchange.floor.placed + 1, now_ns=now_ns)
        self._exchange.floor.admit(order)
        return order


def _meets(kind: PriceKind, order: SimOrder, price: int) -> bool:
    """Whether an order of ours would have been matched by somebody who asks for this price on the other side."""
    wants_high = (kind is PriceKind.ODDS) is (order.side is Side.BACK)
    return price >= order.price if wants_high else price <= order.price
