"""What becomes of orders that rest: whether each was matched in time, for the place in the queue that it began at.

Time runs from the venue's acceptance to `HORIZON_MS` behind it. What was matched by then was matched, and what was not
counts against the venue for as long as it stood: an order that we pulled after a tenth of the time says a tenth of
what one does that was left. An order at half a queue says half of what one at the front does, and is expected to get
half; so the estimate moves by an eighth of what was seen beyond what was expected, times the order's part:

    chance += part x (matched - part x chance x (matched + (1 - matched) x stood)) / 8

In this the chance that somebody guessed at first is a factor, whoever guessed: what is left of it is kept beside what
was learnt (`domain.chances.Chance`). Whole numbers, and the times of the journal: replay comes to the same. A verdict
that only time brings falls with the next word about any order.

Nothing is learnt from an order whose answer was lost, for nobody knows since when it stood, and from one that a process
took over, whose clock is another. One whose price is changed ends there as if it had been pulled.
"""

from collections.abc import Iterator

import msgspec

from domain.chances import HORIZON_MS, SURE_PPM, WHOLE_E9, Chance
from domain.ids import OrderRef, VenueName
from domain.messages import DecisionTaken
from domain.orders import Order, TimeInForce
from oms.blotter import Change
from oms.order_states import is_open

WEIGHT = 8
"""One order in so many makes the estimate."""

HORIZON_NS = HORIZON_MS * 1_000_000


class Verdict(msgspec.Struct, frozen=True):
    """Of an order that rested: its part of what came, how much of it was matched, and how much of the time it stood."""

    venue: VenueName
    part_ppm: int
    matched_ppm: int
    stood_ppm: int


class _Standing(msgspec.Struct):
    """An order that was accepted and rests."""

    venue: VenueName
    part_ppm: int
    since_ns: int
    size_micros: int
    matched_micros: int

    def verdict(self, now_ns: int) -> Verdict:
        stood_ns = min(HORIZON_NS, max(0, now_ns - self.since_ns))
        matched_ppm = min(SURE_PPM, self.matched_micros * SURE_PPM // self.size_micros)
        return Verdict(self.venue, self.part_ppm, matched_ppm, stood_ns * SURE_PPM // HORIZON_NS)


class Posts:
    """The orders that rest and were decided on beside a queue, until each has its verdict."""

    def __init__(self) -> None:
        self._decided: tuple[int, int] = 0, 0
        self._sent: dict[OrderRef, int] = {}
        self._standing: dict[OrderRef, _Standing] = {}
        self._overdue_ns = 0  # what stands has not stood its time before then

    def decided(self, body: DecisionTaken) -> None:
        """A decision: where an order of it is to rest, its part of what comes."""
        for candidate in body.candidates:
            if candidate.maker:
                self._decided = body.id, candidate.queue.share_ppm
                return

    def heard(self, change: Change, venue: VenueName, now_ns: int) -> list[Verdict]:
        """Take over what became of an order; returns the verdicts that fell, its own and those that time brought."""
        order = change.after
        verdicts = self._overdue(now_ns) if self._standing and now_ns >= self._overdue_ns else []
        standing = self._standing.get(order.ref)
        if standing is not None:
            assert change.before is not None, "what stands was placed before"
            if _is_taken_over(change.before, order):
                del self._standing[order.ref]
            elif order.price != change.before.price or not is_open(order):
                standing.matched_micros = max(standing.matched_micros, order.matched_micros)
                verdicts.append(self._standing.pop(order.ref).verdict(now_ns))
            else:
                standing.matched_micros = max(standing.matched_micros, order.matched_micros)
        elif change.before is None:
            number, part_ppm = self._decided
            if order.tif is TimeInForce.REST and order.decision == number and part_ppm:
                self._sent[order.ref] = part_ppm
        elif self._sent and order.ref in self._sent:
            verdicts += self._answered(change.before, order, venue, now_ns)
        return verdicts

    def _answered(self, before: Order, order: Order, venue: VenueName, now_ns: int) -> Iterator[Verdict]:
        """An order that was sent: it stands from its acceptance on, if that is how its venue answered."""
        if not (order.acked or order.unknown or not is_open(order) or _is_taken_over(before, order)):
            return
        part_ppm = self._sent.pop(order.ref)
        if not order.acked or order.unknown or before.unknown:
            return
        standing = _Standing(venue, part_ppm, now_ns, order.size_micros, order.matched_micros)
        if is_open(order):
            if not self._standing:
                self._overdue_ns = now_ns + HORIZON_NS  # by the clock of the process that counts now
            self._standing[order.ref] = standing
        else:
            yield standing.verdict(now_ns)

    def _overdue(self, now_ns: int) -> list[Verdict]:
        """What stood its time: the oldest are in front."""
        verdicts = []
        while self._standing:
            ref, oldest = next(iter(self._standing.items()))
            self._overdue_ns = oldest.since_ns + HORIZON_NS
            if now_ns < self._overdue_ns:
                break
            del self._standing[ref]
            verdicts.append(oldest.verdict(now_ns))
        return verdicts


def learnt(known: Chance, seen: Verdict) -> Chance:
    """The estimate of a venue behind one more verdict; see the module."""
    part, matched = seen.part_ppm, seen.matched_ppm
    expected = matched + (SURE_PPM - matched) * seen.stood_ppm // SURE_PPM
    forgotten_e9 = part * part * expected // WHOLE_E9
    guess_e9 = known.guess_e9 - known.guess_e9 * forgotten_e9 // (WEIGHT * WHOLE_E9)
    shown_e9 = known.shown_e9 - known.shown_e9 * forgotten_e9 // (WEIGHT * WHOLE_E9)
    shown_e9 += part * matched // (1_000 * WEIGHT)
    return msgspec.structs.replace(known, guess_e9=guess_e9, shown_e9=shown_e9, rested=known.rested + 1)


def _is_taken_over(before: Order, after: Order) -> bool:
    return after.intended_ns != before.intended_ns
