"""How sure we are to be matched at a venue, and how long it takes to answer: measured on our own orders, as they end.

Of the first, only orders that are matched at once or not at all tell here: the share of their size that was matched
(what becomes of those that rest is in `oms.posts`). Each moves the estimate by an eighth of its distance, so that about
the last dozen count. A venue that nobody has asked yet is taken to be sure and quick: the first orders find out. Sums
are whole numbers, so replay comes to the same.

What was found out behind a lost answer says nothing of the time that answers take, and what our own side refused
nothing at all. A bet delay is none of a venue's own slowness: it is known before, and charged where it is. So an answer
that came behind it is timed without it; one that came sooner did not wait for it.
"""

import msgspec

from domain.chances import SURE_PPM, UNTRIED, Chance
from domain.ids import OrderRef, VenueName
from domain.messages import DecisionTaken
from domain.orders import Order, TimeInForce
from oms.blotter import Change
from oms.order_states import is_open
from oms.posts import Posts, learnt

WEIGHT = 8
"""One order in so many makes the estimate."""

US_PER_MS = 1_000

NO_ORDER = OrderRef("")


class Chances:
    """The latest estimate of each venue, changed by what becomes of orders."""

    def __init__(self) -> None:
        self.by_venue: dict[VenueName, Chance] = {}
        self._held_back_ms: dict[OrderRef, int] = {}
        self._unsent = NO_ORDER
        self._posts = Posts()

    def of(self, venue: VenueName) -> Chance:
        """The estimate of a venue, the best of all where nothing is known."""
        return self.by_venue.get(venue, UNTRIED)

    def placed(self, ref: OrderRef, bet_delay_ms: int) -> None:
        """An order goes out that its venue holds back for so long."""
        if bet_delay_ms:
            self._held_back_ms[ref] = bet_delay_ms

    def decided(self, body: DecisionTaken) -> None:
        """A decision of ours, whose orders come next."""
        self._posts.decided(body)

    def unsent(self, ref: OrderRef) -> None:
        """What is heard of an order next is a refusal of our own side: its venue was never asked."""
        self._unsent = ref

    def heard(self, change: Change, venue: VenueName, now_ns: int) -> None:
        """Learn from an order's first answer, from what rests, and from the end of what was to be matched at once."""
        for seen in self._posts.heard(change, venue, now_ns):
            self.by_venue[seen.venue] = learnt(self.of(seen.venue), seen)
        before, after = change.before, change.after
        if before is None or before.decision == 0:
            return
        if after.ref == self._unsent and after.rejected:
            self._held_back_ms.pop(after.ref, None)
            return
        if not (_answered(before) or before.unknown) and _answered(after):
            known = self.of(venue)
            answer_us = _moved(known.answer_us, self._took_us(before, now_ns), first=not known.answer_us)
            self.by_venue[venue] = msgspec.structs.replace(known, answer_us=answer_us)
        if self._held_back_ms and not is_open(after):
            self._held_back_ms.pop(after.ref, None)
        if after.tif is TimeInForce.IMMEDIATE and is_open(before) and not is_open(after) and not after.missing:
            share = min(SURE_PPM, after.matched_micros * SURE_PPM // after.size_micros)
            known = self.of(venue)
            fill_ppm = _moved(known.fill_ppm, share, first=False)
            self.by_venue[venue] = msgspec.structs.replace(known, fill_ppm=fill_ppm, orders=known.orders + 1)

    def _took_us(self, order: Order, now_ns: int) -> int:
        """How long the venue itself took for an order that it answered now."""
        took_us = max(0, now_ns - order.intended_ns) // 1_000
        held_us = self._held_back_ms.pop(order.ref, 0) * US_PER_MS
        return took_us - held_us if took_us >= held_us else took_us


def _answered(order: Order) -> bool:
    return order.acked or order.rejected or order.matched_micros > 0


def _moved(known: int, seen: int, *, first: bool) -> int:
    return seen if first else known + (seen - known) // WEIGHT
