"""When a maker steps back from a market: on the edge of what went wrong, and for a time after it.

The engine pulls quotes by itself from books that are stale, crossed, suspended or not proven, and from every venue of
an event when one of them is suspended or changes its version, because the fair value was made for what went before.
Here are the two that only a maker can see: matches that come too fast on one side, and a book that has gone so far from
the fair value that one of both is wrong. Each trigger is an edge: it holds for a time after it was last true, and
pulling twice is pulling once. That orders are gone is proven by the venue's word and not by having asked.
"""

from collections.abc import Iterable

import msgspec

from domain.book import Book
from domain.ids import InstrumentId
from domain.orders import BACK, LAY, OTHER_SIDE, Side
from domain.portfolio import Match
from strategy.places import Place

SECOND_NS = 1_000_000_000

Slot = tuple[int, Side]
"""One side of one outcome, at whatever venue."""


class ProtectionRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """When quotes are pulled; 0 switches a trigger off.

    `fills_max` matches on one side of one outcome within `fills_within_s` pull that side on every venue; a back of one
    of two outcomes and a lay of the other are one side. A book whose best price lies more than `away_ticks` beyond the
    fair value pulls what we quote there. Both hold for `rest_s`, counted from the last time.
    """

    fills_max: int = 4
    fills_within_s: float = 3.0
    away_ticks: int = 30
    rest_s: float = 2.0

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if not 0 <= getattr(self, name) < float("inf"):
                raise ValueError(f"{name} must be 0 or more, not {getattr(self, name)}")


def overrun(
    matches: Iterable[Match], rules: ProtectionRules, now_ns: int, *, mirrored: bool = False
) -> frozenset[Slot]:
    """The sides on which matches came too fast a moment ago; `matches` are ours, the oldest first.

    `mirrored`: one of two outcomes wins.
    """
    if not rules.fills_max:
        return NOWHERE
    within_ns, rest_ns = int(rules.fills_within_s * SECOND_NS), int(rules.rest_s * SECOND_NS)
    times: dict[Slot, list[int]] = {}
    for match in matches:
        if match.at_ns >= now_ns - within_ns - rest_ns:
            slot = match.outcome, match.side
            times.setdefault(_mirror(slot) if mirrored and match.outcome else slot, []).append(match.at_ns)
    first = rules.fills_max - 1
    pulled = frozenset(
        slot
        for slot, at_ns in times.items()
        if any(last - at_ns[n] <= within_ns and now_ns < last + rest_ns for n, last in enumerate(at_ns[first:]))
    )
    return pulled.union(map(_mirror, pulled)) if mirrored else pulled


def _mirror(slot: Slot) -> Slot:
    """The same bet on the other of two outcomes."""
    outcome, side = slot
    return 1 - outcome, OTHER_SIDE[side]


NOWHERE: frozenset[Slot] = frozenset()


class Distances:
    """Remembers which books went away from the fair value, and when."""

    def __init__(self, rules: ProtectionRules) -> None:
        self._ticks = rules.away_ticks
        self._rest_ns = int(rules.rest_s * SECOND_NS)
        self._fair: dict[InstrumentId, tuple[Place, float, int | None, int | None]] = {}
        self._away_until_ns: dict[InstrumentId, int] = {}

    def is_away(self, place: Place, book: Book, p: float, now_ns: int) -> bool:
        """Whether the book has, or had a moment ago, a best price too far beyond the fair value `p`."""
        if not self._ticks:
            return False
        name = place.instrument.id
        known = self._fair.get(name)
        if known is None or known[0] is not place or known[1] != p:
            fair = place.limit_tick(BACK, p), place.limit_tick(LAY, p)
            known = self._fair[name] = place, p, *fair
        if self._beyond(book, known[2], known[3]) > self._ticks:
            self._away_until_ns[name] = now_ns + self._rest_ns
            return True
        until_ns = self._away_until_ns.get(name)
        if until_ns is None or now_ns < until_ns:
            return until_ns is not None
        del self._away_until_ns[name]
        return False

    def _beyond(self, book: Book, back_tick: int | None, lay_tick: int | None) -> int:
        """Ticks by which the book would let us trade at a better price than the fair one."""
        up = 1 if book.best_back_is_high else -1
        beyond = 0
        if book.best_back >= 0 and back_tick is not None:
            beyond = up * (book.best_back - back_tick)
        if book.best_lay >= 0 and lay_tick is not None:
            beyond = max(beyond, up * (lay_tick - book.best_lay))
        return beyond
