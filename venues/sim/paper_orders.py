"""Orders on paper: what they are at the venue, and the recorded book of one instrument as it looks with them in it."""

from collections.abc import Iterable
from fractions import Fraction

from domain.book import Book
from domain.ids import InstrumentId, OrderRef, VenueOrderId
from domain.messages import Levels, OrderReported, PlaceOrder
from domain.odds import PriceKind
from domain.orders import Evidence, Side
from venues.sim.queue import Bound, QueuePosition

HUNDREDTHS = 100


class PaperOrder:
    """One order of ours. `bets` are its matches as `[odds in hundredths, size]`; a removal rewrites their odds."""

    __slots__ = (
        "arrives_ns",
        "as_of_ms",
        "bets",
        "cancelled",
        "claims",
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

    def __init__(self, order: PlaceOrder, venue_id: VenueOrderId, *, tick: int) -> None:
        self.order = order
        self.venue_id = venue_id
        self.tick = tick
        self.bets: list[tuple[Fraction | int, int]] = []
        self.matched = self.claims = self.cancelled = self.lapsed = self.voided = 0
        self.place: QueuePosition | None = None
        self.resting = False
        self.held_version = 0
        self.arrives_ns = 0
        self.as_of_ms = 0

    @property
    def remaining(self) -> int:
        """What may still be matched; a lay at the starting price may have been matched for more than was asked."""
        return max(0, self.order.size_micros - self.matched - self.cancelled - self.lapsed - self.voided)

    def add(self, odds_hundredths: Fraction | int, size: int) -> None:
        """A match."""
        self.bets.append((odds_hundredths, size))
        self.matched += size
        self.claims += claims_of(odds_hundredths, size)

    def reprice(self) -> None:
        """Work the claims out again after odds were reduced."""
        self.claims = sum(claims_of(odds, size) for odds, size in self.bets)

    def report(self, at_ms: int) -> OrderReported:
        """Its quantities as the venue tells them, each time a moment later than the last."""
        self.as_of_ms = max(at_ms, self.as_of_ms + 1)
        return OrderReported(
            ref=self.order.ref,
            venue_order_id=self.venue_id,
            matched_micros=self.matched,
            claims_micros=self.claims,
            cost_micros=self.matched,
            cancelled_micros=self.cancelled,
            lapsed_micros=self.lapsed,
            voided_micros=self.voided,
            closed=self.remaining == 0,
            evidence=Evidence.PUSH,
            as_of_ms=self.as_of_ms,
        )


def claims_of(odds_hundredths: Fraction | int, size: int) -> int:
    """What a stake at these odds pays, up to the next millionth."""
    return int(-(-size * odds_hundredths // HUNDREDTHS))


class PaperBook:
    """The recorded book of one instrument with our orders in it, and without what we have taken from it.

    `used` holds, by side (True for what can be backed) and tick, the size of the recording that was matched by us: it
    is gone until the recording shows more, or the level goes. The recorded book itself is shared and never changed.
    """

    __slots__ = ("_dirty", "_instrument", "_recorded", "orders", "used")

    def __init__(self, instrument: InstrumentId, recorded: Book) -> None:
        self._instrument = instrument
        self._recorded = recorded
        self.orders: dict[OrderRef, PaperOrder] = {}
        self.used: dict[tuple[bool, int], int] = {}
        self._dirty: set[tuple[bool, int]] = set()

    @property
    def idle(self) -> bool:
        """The book looks as it was recorded."""
        return not (self.orders or self.used or self._dirty)

    def best(self, *, to_back: bool) -> int:
        return self._recorded.best_back if to_back else self._recorded.best_lay

    def free(self, *, to_back: bool, tick: int) -> int:
        """What is left of a recorded level after what we took."""
        sizes = self._recorded.to_back if to_back else self._recorded.to_lay
        return max(0, sizes[tick] - self.used.get((to_back, tick), 0))

    def take(self, *, to_back: bool, tick: int, size: int) -> None:
        """We were matched against so much of a level."""
        key = to_back, tick
        self.used[key] = self.used.get(key, 0) + size
        self._dirty.add(key)

    def join(self, paper: PaperOrder, *, kind: PriceKind, bound: Bound, lot_micros: int) -> None:
        """Rest behind what the recording shows at the price."""
        key = _own_side(paper), paper.tick
        paper.resting = True
        paper.place = QueuePosition(
            kind=kind,
            side=paper.order.side,
            price=paper.order.price,
            size_micros=paper.remaining,
            level_micros=self.free(to_back=key[0], tick=key[1]),
            bound=bound,
            lot_micros=lot_micros,
        )
        self.orders[paper.order.ref] = paper
        self._dirty.add(key)

    def leave(self, paper: PaperOrder) -> None:
        """Out of the book."""
        paper.resting = False
        del self.orders[paper.order.ref]
        self._dirty.add((_own_side(paper), paper.tick))

    def touched(self, paper: PaperOrder) -> None:
        """An order of ours is smaller than it was."""
        self._dirty.add((_own_side(paper), paper.tick))

    def recorded_changed(self, levels: Levels) -> None:
        """The recording shows other sizes (its book has them already): move up in queues, forget what was used up."""
        used = self.used
        if levels.image:
            for paper in self.orders.values():
                self._moved(paper)
            for key in [*used]:
                self._clamp(key)
            return
        for to_back, rows in ((True, levels.to_back), (False, levels.to_lay)):
            for tick, _ in rows:
                if (to_back, tick) in used:
                    self._clamp((to_back, tick))
        for paper in self.orders.values():
            to_back = _own_side(paper)
            tick = paper.tick
            for changed, _ in levels.to_back if to_back else levels.to_lay:
                if changed == tick:
                    self._moved(paper)
                    break

    def shown(self, levels: Levels) -> Levels:
        """The change as everybody sees it: our orders added, what we used up left out."""
        ours = _sizes_by_level(self.orders.values())
        if not ours and not self.used:
            return levels
        backs, lays = (self._rows(rows, ours, to_back=side) for side, rows in _sides(levels))
        if levels.image:
            extra = [key for key in ours if not any(tick == key[1] for tick, _ in _row(levels, to_back=key[0]))]
            for to_back, tick in extra:
                (backs if to_back else lays).append((tick, self._size(to_back, tick, ours)))
            self._dirty.clear()
        return Levels(levels.instrument, backs, lays, image=levels.image)

    def news(self) -> Levels | None:
        """The levels that changed because of us alone, None if none did."""
        if not self._dirty:
            return None
        ours = _sizes_by_level(self.orders.values())
        rows: tuple[list[tuple[int, int]], list[tuple[int, int]]] = ([], [])
        for to_back, tick in self._dirty:
            rows[not to_back].append((tick, self._size(to_back, tick, ours)))
        self._dirty.clear()
        return Levels(self._instrument, *rows)

    # --- leaves ---

    def _moved(self, paper: PaperOrder) -> None:
        assert paper.place is not None, "what rests has a place in the queue"
        paper.place.displayed(self.free(to_back=_own_side(paper), tick=paper.tick))

    def _clamp(self, key: tuple[bool, int]) -> None:
        to_back, tick = key
        left = min(self.used[key], (self._recorded.to_back if to_back else self._recorded.to_lay)[tick])
        if left:
            self.used[key] = left
        else:
            del self.used[key]

    def _rows(
        self, rows: list[tuple[int, int]], ours: dict[tuple[bool, int], int], *, to_back: bool
    ) -> list[tuple[int, int]]:
        return [
            (tick, size)
            if (to_back, tick) not in ours and (to_back, tick) not in self.used
            else (tick, self._size(to_back, tick, ours))
            for tick, size in rows
        ]

    def _size(self, to_back: bool, tick: int, ours: dict[tuple[bool, int], int]) -> int:
        return self.free(to_back=to_back, tick=tick) + ours.get((to_back, tick), 0)


def _own_side(paper: PaperOrder) -> bool:
    """Where an order of ours stands: a lay is what others can back."""
    return paper.order.side is Side.LAY


def _sides(levels: Levels) -> tuple[tuple[bool, list[tuple[int, int]]], tuple[bool, list[tuple[int, int]]]]:
    return (True, levels.to_back), (False, levels.to_lay)


def _row(levels: Levels, *, to_back: bool) -> list[tuple[int, int]]:
    return levels.to_back if to_back else levels.to_lay


def _sizes_by_level(papers: Iterable[PaperOrder]) -> dict[tuple[bool, int], int]:
    """What rests of ours, by side and tick."""
    found: dict[tuple[bool, int], int] = {}
    for paper in papers:
        key = _own_side(paper), paper.tick
        found[key] = found.get(key, 0) + paper.remaining
    return found
