"""Our orders by our ref: their ids at the venue, where they are, and whether anything of them still rests there."""

import re
from collections.abc import Iterator

from domain.amending import AmendOrder, changed_ref
from domain.ids import OrderRef, VenueOrderId, stranger_id
from domain.messages import OrderAccepted, OrderRejected, OrderReported
from domain.orders import Evidence, Fill, Side
from venues.kalshi.order_codec import OrderRow, order_reported
from venues.kalshi.rest_targets import Place

REMEMBERED_MAX = 50_000

_OURS = re.compile(r"[A-Za-z0-9]{1,16}-[0-9]{1,15}", re.ASCII)
"""A run's tag and a number, as refs are made; other programs and the venue's own site write UUIDs."""


class Kept:
    """One order of ours as this adapter needs it.

    `is_asking`: its placement has not been answered yet. `is_ending`: what goes of it goes by our own will, because it
    was immediate or because we cancelled. `sent_ms`: Unix time of the placement, 0 if another process placed it.
    `worst_price`: of an order that we amended, the price of all it had that was the worst for us; else 0. `is_lowered`:
    an amend made its size smaller. `group`: the order group that it is in. `terms`: side, price and whole count, None
    where they are not certain; `expires_ms`: the Unix time at which it ends by itself, 0 for never; `renews_until_ms`:
    until when a change of that may still land, 0 if none is on its way. `is_named`: the engine was told `order_id`.
    """

    __slots__ = (
        *("place", "order_id", "sent_ms", "is_asking", "is_ending", "is_closed", "worst_price", "is_lowered"),
        *("group", "terms", "expires_ms", "renews_until_ms", "is_named"),
    )

    def __init__(self) -> None:
        self.place: Place | None = None
        self.order_id = ""
        self.sent_ms = 0
        self.is_asking = False
        self.is_ending = True
        self.is_closed = False
        self.worst_price = 0
        self.is_lowered = self.is_named = False
        self.group = ""
        self.terms: tuple[Side, int, int] | None = None
        self.expires_ms = self.renews_until_ms = 0

    def amends(self, amend: AmendOrder) -> None:
        """The order may have other terms from now on."""
        worst = max if amend.side is Side.BACK else min
        self.worst_price = worst(self.worst_price or amend.old_price, amend.old_price, amend.price)
        self.is_lowered = self.is_lowered or amend.size_micros < amend.old_size_micros
        self.terms = None


class Orders:
    """Bounded memory of orders; of those that are closed the oldest are forgotten first.

    `matches_read_ms`: Unix time up to which the account's list of matches has been read. `late_ms`: how long after it
    was sent an order may still land, and `began_ms` when this process began to send: others sent before that.
    """

    def __init__(self, *, remembered_max: int = REMEMBERED_MAX) -> None:
        self.matches_read_ms = 0
        self.late_ms = self.began_ms = 0
        self._remembered_max = remembered_max
        self._by_ref: dict[OrderRef, Kept] = {}
        self._ref_by_id: dict[str, OrderRef] = {}
        self._open: dict[OrderRef, None] = {}

    def kept(self, ref: OrderRef) -> Kept:
        """The order of a ref, made if this process has not heard of it."""
        kept = self._by_ref.get(ref)
        if kept is None:
            if len(self._by_ref) >= self._remembered_max:
                self._forget_oldest()
            kept = self._by_ref[ref] = Kept()
            kept.order_id = stranger_id(ref)  # who placed it is no matter: its id is known
        return kept

    def may_land(self, ref: OrderRef, wall_ms: int) -> bool:
        """Whether an order that no list shows may only be on its way."""
        return wall_ms < (self.kept(ref).sent_ms or self.began_ms) + self.late_ms

    def ours(self, client_order_id: str | None) -> OrderRef | None:
        """Our ref, if an order of the account carries one."""
        if not client_order_id:
            return None
        ref = changed_ref(client_order_id)  # over FIX an order takes the name of its last change
        return ref if ref in self._by_ref or _OURS.fullmatch(ref) else None

    def bind(self, client_order_id: str | None, order_id: str) -> OrderRef | None:
        """Tie an order of the account to its ref; None if it is not ours.

        A message may name the order by the venue's id alone. The first id that a ref was seen with is the order's.
        """
        ref = self.ours(client_order_id) or self._ref_by_id.get(order_id)
        if ref is None:
            return None
        kept = self.kept(ref)
        if not kept.order_id and order_id:
            kept.order_id = order_id
            self._ref_by_id[order_id] = ref
            if not kept.is_closed:
                self._open[ref] = None
        return ref if kept.order_id == order_id else None

    def told(self, ref: OrderRef, ticker: str, order_id: str) -> None:
        """What the engine knows of an order that it asks about: this process may not have placed it."""
        kept = self.kept(ref)
        kept.place = kept.place or (Place(ticker, None) if ticker else None)
        if order_id and order_id not in self._ref_by_id:
            self.bind(ref, order_id)
            kept.is_named = kept.is_named or kept.order_id == order_id

    def reported(self, row: OrderRow, ref: OrderRef, evidence: Evidence, fills: tuple[Fill, ...] = ()) -> OrderReported:
        """The venue's figures of an order of ours."""
        kept = self.kept(ref)
        kept.place = kept.place or Place(row.ticker, None)
        kept.group = row.order_group_id or kept.group
        return order_reported(
            row,
            ref,
            evidence,
            by_us=kept.is_ending,
            fills=fills,
            worst_price=kept.worst_price,
            is_lowered=kept.is_lowered,
        )

    def open_ids(self) -> dict[str, OrderRef]:
        """Refs of all that may rest, by the venue's id."""
        return {self.kept(ref).order_id: ref for ref in self._open}

    def named(self, ref: OrderRef, evidence: Evidence) -> Iterator[OrderAccepted]:
        """What has to be told before a match that may be all that is ever heard of its order: the venue's id of it."""
        kept = self.kept(ref)
        if not kept.is_named:
            kept.is_named = True
            yield OrderAccepted(ref, VenueOrderId(kept.order_id), evidence)

    def note(self, fact: OrderReported | OrderRejected) -> None:
        """Remember whether anything of an order still rests, in the moment in which the engine is told: before that
        it would be refused cancels of what it has to take for open. The last word counts, should it bring one back.
        """
        kept = self.kept(fact.ref)
        kept.is_closed = isinstance(fact, OrderRejected) or fact.closed
        kept.is_named = kept.is_named or isinstance(fact, OrderReported)
        if kept.is_closed or not kept.order_id:
            self._open.pop(fact.ref, None)
        else:
            self._open[fact.ref] = None

    def _forget_oldest(self) -> None:
        closed = [ref for ref, kept in self._by_ref.items() if kept.is_closed]
        for ref in closed[: self._remembered_max // 10]:
            self._open.pop(ref, None)
            self._ref_by_id.pop(self._by_ref.pop(ref).order_id, None)
