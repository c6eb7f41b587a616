"""Orders on paper: what they are at the venue, and the recorded book of one instrument as it looks with them in it."""

from fractions import Fraction

from domain.book import Book
from domain.claims import claims_and_cost_micros
from domain.fees import FeeTerms, QuadraticFee, fill_fee_micros, round_fill
from domain.ids import InstrumentId, OrderRef, VenueOrderId
from domain.messages import Levels, OrderReported, PlaceOrder
from domain.odds import PriceKind
from domain.orders import Evidence, Side
from venues.sim.queue import Bound, QueuePosition

HUNDREDTHS = 100

Level = tuple[bool, int]
"""A side of a book (True for what can be backed) and a tick."""


class PaperOrder:
    """One order of ours. `bets` are its matches as `[native price, size]`; a removal rewrites their odds.

    `claims` and `cost` belong to what is matched, `fee` is what its fills were charged.
    """

    __slots__ = (
        "_kind",
        "_owed",
        "arrives_ns",
        "as_of_ms",
        "bets",
        "cancelled",
        "claims",
        "cost",
        "fee",
        "held_version",
        "lapsed",
        "matched",
        "order",
        "place",
        "resting",
        "tick",
        "venue_id",
        "voided",
    )

    def __init__(self, order: PlaceOrder, venue_id: VenueOrderId, *, kind: PriceKind, tick: int) -> None:
        self.order = order
        self._kind = kind
        self._owed = 0
        self.venue_id = venue_id
        self.tick = tick
        self.bets: list[tuple[Fraction | int, int]] = []
        self.matched = self.claims = self.cost = self.fee = self.cancelled = self.lapsed = self.voided = 0
        self.place: QueuePosition | None = None
        self.resting = False
        self.held_version = 0
        self.arrives_ns = 0
        self.as_of_ms = 0

    @property
    def remaining(self) -> int:
        """What may still be matched; a lay at the starting price may have been matched for more than was asked."""
        return max(0, self.order.size_micros - self.matched - self.cancelled - self.lapsed - self.voided)

    def add(self, price: Fraction | int, size: int) -> tuple[int, int]:
        """A match; its claims and what they cost."""
        claims, cost = self._worth(price, size)
        self.bets.append((price, size))
        self.matched += size
        self.claims += claims
        self.cost += cost
        return claims, cost

    def charge(self, fee: FeeTerms, *, claims: int, cost: int, maker: bool) -> int:
        """Take the fee of one fill, rounded the way the account's balance is kept; what it was."""
        charged = fill_fee_micros(fee, claims_micros=claims, cost_micros=cost, maker=maker)
        if isinstance(fee, QuadraticFee):
            rounded = round_fill(
                revenue_micros=-cost if self.order.side is Side.BACK else cost - claims,
                trade_fee_micros=charged,
                accumulator_micros=self._owed,
                precision_micros=fee.precision_micros,
            )
            self._owed, charged = rounded.accumulator_micros, rounded.net_fee_micros
        self.fee += charged
        return charged

    def reprice(self) -> None:
        """Work claims and cost out again after odds were reduced, or all was annulled."""
        worth = [self._worth(price, size) for price, size in self.bets]
        self.claims, self.cost = sum(claims for claims, _ in worth), sum(cost for _, cost in worth)

    def report(self, at_ms: int) -> OrderReported:
        """Its quantities as the venue tells them, each time a moment later than the last."""
        self.as_of_ms = max(at_ms, self.as_of_ms + 1)
        return OrderReported(
            ref=self.order.ref,
            venue_order_id=self.venue_id,
            matched_micros=self.matched,
            claims_micros=self.claims,
            cost_micros=self.cost,
            cancelled_micros=self.cancelled,
            lapsed_micros=self.lapsed,
            voided_micros=self.voided,
            closed=self.remaining == 0,
            evidence=Evidence.PUSH,
            fee_micros=self.fee,
            as_of_ms=self.as_of_ms,
        )

    def _worth(self, price: Fraction | int, size: int) -> tuple[int, int]:
        """Claims and their cost; reduced odds may lie between two hundredths, and pay up to the next millionth."""
        if isinstance(price, int):
            return claims_and_cost_micros(self._kind, price, size)
        return int(-(-size * price // HUNDREDTHS)), size


class PaperBook:
    """The recorded book of one instrument with our orders in it, and without what we have taken from it.

    `used` holds, by side (True for what can be backed) and tick, the size of the recording that was matched by us: it
    is gone until the recording shows more, or the level goes. The recorded book itself is shared and never changed.
    """

    __slots__ = ("_instrument", "_ours", "_recorded", "dirty", "high", "orders", "used")

    def __init__(self, instrument: InstrumentId, recorded: Book) -> None:
        self._instrument = instrument
        self._recorded = recorded
        self.high = recorded.best_back_is_high
        self.orders: dict[OrderRef, PaperOrder] = {}
        self.used: dict[Level, int] = {}
        self.dirty: set[Level] = set()
        self._ours: dict[Level, int] | None = None

    @property
    def idle(self) -> bool:
        """The book looks as it was recorded."""
        return not (self.orders or self.used or self.dirty)

    def reached(self, paper: PaperOrder) -> range:
        """The ticks at which what is displayed meets an order, best first; none if nothing does."""
        back = paper.order.side is Side.BACK
        best = self._recorded.best_back if back else self._recorded.best_lay
        if best < 0:
            return range(0)
        return range(best, paper.tick - 1, -1) if back is self.high else range(best, paper.tick + 1)

    def free(self, *, to_back: bool, tick: int) -> int:
        """What is left of a recorded level after what we took."""
        sizes = self._recorded.to_back if to_back else self._recorded.to_lay
        return max(0, sizes[tick] - self.used.get((to_back, tick), 0))

    def take(self, *, to_back: bool, tick: int, size: int) -> None:
        """We were matched against so much of a level."""
        key = to_back, tick
        self.used[key] = self.used.get(key, 0) + size
        self.dirty.add(key)

    def join(self, paper: PaperOrder, *, kind: PriceKind, bound: Bound, lot_micros: int) -> None:
        """Rest behind what the recording shows at the price."""
        to_back = _own_side(paper)
        paper.resting = True
        paper.place = QueuePosition(
            kind=kind,
            side=paper.order.side,
            price=paper.order.price,
            size_micros=paper.remaining,
            level_micros=self.free(to_back=to_back, tick=paper.tick),
            bound=bound,
            lot_micros=lot_micros,
        )
        self.orders[paper.order.ref] = paper
        self.touched(paper)

    def leave(self, paper: PaperOrder) -> None:
        """Out of the book."""
        paper.resting = False
        del self.orders[paper.order.ref]
        self.touched(paper)

    def touched(self, paper: PaperOrder) -> None:
        """An order of ours is not as large as it was."""
        self.dirty.add((_own_side(paper), paper.tick))
        self._ours = None

    def crosses(self) -> bool:
        """Whether size is displayed where it would have met an order of ours."""
        best_back, best_lay, high = self._recorded.best_back, self._recorded.best_lay, self.high
        for paper in self.orders.values():
            back = paper.order.side is Side.BACK
            best = best_back if back else best_lay
            if best >= 0 and (best >= paper.tick if back is high else best <= paper.tick):
                return True
        return False

    def recorded_changed(self, levels: Levels) -> bool:
        """The recording shows other sizes (its book has them already): move up in queues, forget what was used up.

        Whether that concerns a level where we stand, or of which we took something.
        """
        assert not levels.relative, "a tape tells sizes as they stand"
        if levels.image:
            for paper in self.orders.values():
                _moved(paper, self)
            for key in [*self.used]:
                self._clamp(key)
            return True
        ours, used, concerned = self._sizes(), self.used, False
        for to_back, rows in ((True, levels.to_back), (False, levels.to_lay)):
            for tick, _ in rows:
                key = to_back, tick
                if key in used:
                    concerned = True
                    self._clamp(key)
                if key in ours:
                    concerned = True
                    for paper in self.orders.values():
                        if paper.tick == tick and _own_side(paper) is to_back:
                            _moved(paper, self)
        return concerned

    def shown(self, levels: Levels) -> Levels:
        """The change as everybody sees it: our orders added, what we used up left out. The change itself, if neither is
        where it changes something.
        """
        ours = self._sizes()
        concerned = {key for key in _keys(levels) if key in ours or key in self.used} if ours or self.used else None
        if concerned is None or not (concerned or levels.image):
            return levels
        backs, lays = (
            [(tick, self._size(side, tick) if (side, tick) in concerned else size) for tick, size in rows]
            for side, rows in _sides(levels)
        )
        if levels.image:
            extra = [key for key in ours if not any(tick == key[1] for tick, _ in _row(levels, to_back=key[0]))]
            for to_back, tick in extra:
                (backs if to_back else lays).append((tick, self._size(to_back, tick)))
            self.dirty.clear()
        return Levels(levels.instrument, backs, lays, image=levels.image)

    def news(self) -> Levels | None:
        """The levels that changed because of us alone, None if none did."""
        if not self.dirty:
            return None
        rows: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
        for to_back, tick in self.dirty:
            rows[not to_back].append((tick, self._size(to_back, tick)))
        self.dirty.clear()
        return Levels(self._instrument, *rows)

    # --- leaves ---

    def _clamp(self, key: Level) -> None:
        to_back, tick = key
        left = min(self.used[key], (self._recorded.to_back if to_back else self._recorded.to_lay)[tick])
        if left:
            self.used[key] = left
        else:
            del self.used[key]

    def _sizes(self) -> dict[Level, int]:
        """What rests of ours, by side and tick; worked out anew only when an order of ours has changed."""
        found = self._ours
        if found is None:
            found = self._ours = {}
            for paper in self.orders.values():
                key = _own_side(paper), paper.tick
                found[key] = found.get(key, 0) + paper.remaining
        return found

    def _size(self, to_back: bool, tick: int) -> int:
        return self.free(to_back=to_back, tick=tick) + self._sizes().get((to_back, tick), 0)


def _own_side(paper: PaperOrder) -> bool:
    """Where an order of ours stands: a lay is what others can back."""
    return paper.order.side is Side.LAY


def _moved(paper: PaperOrder, book: PaperBook) -> None:
    """The recording shows another size where an order of ours rests."""
    assert paper.place is not None, "what rests has a place in the queue"
    paper.place.displayed(book.free(to_back=_own_side(paper), tick=paper.tick))


def _keys(levels: Levels) -> list[Level]:
    return [(True, tick) for tick, _ in levels.to_back] + [(False, tick) for tick, _ in levels.to_lay]


def _sides(levels: Levels) -> tuple[tuple[bool, list[tuple[int, int]]], tuple[bool, list[tuple[int, int]]]]:
    return (True, levels.to_back), (False, levels.to_lay)


def _row(levels: Levels, *, to_back: bool) -> list[tuple[int, int]]:
    return levels.to_back if to_back else levels.to_lay
