"""Our offers by our ref and by the venue's id: where they went, what they look like, what was last heard of them."""

from domain.amending import AmendOrder
from domain.ids import OrderRef, VenueOrderId, stranger_id
from domain.looks import OrderLooks
from domain.messages import Fact, OrderAbsent, OrderRejected, OrderReported, PlaceOrder, VenueReported
from domain.orders import Side, TimeInForce
from venues.matchbook.rules import ABSENCES_MIN

REMEMBERED_MAX = 50_000
SKEW_MS = 5_000
"""How far the venue's clock may be behind ours when it dates an offer."""

Print = tuple[int, Side | None, int]
"""What an offer without our name is told apart by: runner, side and stake in micros. Its odds the venue may move."""


class OwnOffer:
    """One order of ours as this adapter needs it.

    `is_asking`: its placement has not been answered yet. `is_immediate`: what remains of it is to be cancelled as soon
    as it `is_resting`. `held_until_ns`: it is held back in play until then, 0 if it is not. `print`: how it looks, None
    for an order of an earlier process of which the engine did not tell that. `price`: its limit, with its `print`.
    `others`: offers that are not this one, as far as the engine told. `sent_ns` and `sent_ms`: when it was written,
    monotonic and Unix, 0 where an earlier process did. `absences` counts complete answers that did not hold it. `told`:
    the last report of it that was told to the engine.
    `amend`: the edit under way as far as nothing has shown its terms yet, sent at `amend_ns`.
    """

    __slots__ = (
        "ref",
        "market_id",
        "offer_id",
        "print",
        "price",
        "others",
        "sent_ns",
        "sent_ms",
        "is_asking",
        "is_immediate",
        "is_resting",
        "is_closed",
        "held_until_ns",
        "matched_micros",
        "absences",
        "told",
        "amend",
        "amend_ns",
    )

    def __init__(self, ref: OrderRef) -> None:
        self.ref = ref
        self.market_id = ""
        self.offer_id = ""
        self.print: Print | None = None
        self.price = 0
        self.others: tuple[VenueOrderId, ...] = ()
        self.sent_ns = 0
        self.sent_ms = 0
        self.is_asking = False
        self.is_immediate = False
        self.is_resting = False
        self.is_closed = False
        self.held_until_ns = 0
        self.matched_micros = 0
        self.absences = 0
        self.told: OrderReported | None = None
        self.amend: AmendOrder | None = None
        self.amend_ns = 0

    @property
    def is_sought(self) -> bool:
        """Nobody knows what the venue calls it, nor that it is over."""
        return not self.offer_id and not self.is_closed

    def learn_looks(self, looks: OrderLooks, *, market_id: str, runner: int) -> None:
        """It is asked about, and nobody knows its id: this is how it looks, if an earlier process sent it."""
        if not self.offer_id and not self.sent_ns:
            self.market_id, self.others = market_id, looks.others
            self.print, self.price = (runner, looks.side, looks.size_micros), looks.price


class OwnOffers:
    """Bounded memory of offers; of those that are closed the oldest are forgotten first."""

    def __init__(self, *, remembered_max: int = REMEMBERED_MAX) -> None:
        self._remembered_max = remembered_max
        self._by_ref: dict[OrderRef, OwnOffer] = {}
        self._by_id: dict[str, OwnOffer] = {}
        self._live: dict[OrderRef, OwnOffer] = {}

    def offer(self, ref: OrderRef) -> OwnOffer:
        """The offer of a ref, made if this process has not heard of it."""
        offer = self._by_ref.get(ref)
        if offer is None:
            if len(self._by_ref) >= self._remembered_max:
                self._forget_oldest()
            offer = self._by_ref[ref] = OwnOffer(ref)
            named = stranger_id(ref)  # who placed it is no matter: its id is known
            if named and named not in self._by_id:
                offer.offer_id = named
                self._by_id[named] = offer
        return offer

    def placed(self, order: PlaceOrder, *, market_id: str, runner: int, sent_ns: int, sent_ms: int) -> OwnOffer:
        """An order that is being sent."""
        offer = self.offer(order.ref)
        offer.market_id = market_id
        offer.print, offer.price = (runner, order.side, order.size_micros), order.price
        offer.sent_ns, offer.sent_ms = sent_ns, sent_ms
        offer.is_asking = True
        offer.is_immediate = order.tif is TimeInForce.IMMEDIATE
        self._live[order.ref] = offer
        return offer

    def by_id(self, offer_id: str) -> OwnOffer | None:
        """Our offer that the venue calls by this id."""
        return self._by_id.get(offer_id)

    def ref_of(self, offer_id: str) -> OrderRef:
        """Our name for an offer; empty for one that this process has not met."""
        known = self._by_id.get(offer_id)
        return OrderRef("") if known is None else known.ref

    def bind(self, ref: OrderRef, *, market_id: str, offer_id: str) -> bool:
        """Tie the ref to this offer unless either is tied to another; whether they are tied now.

        `temp-id` need not be unique at the venue: the first id that a ref was seen with is ours, the other offer is
        left to reconciliation, which shows it as foreign.
        """
        offer = self.offer(ref)
        if offer.offer_id == offer_id:  # that of somebody else bears its id in its name
            offer.market_id = offer.market_id or market_id
        elif not offer.offer_id and offer_id not in self._by_id:
            offer.offer_id, offer.market_id = offer_id, market_id
            self._by_id[offer_id] = offer
            if not offer.is_closed:
                self._live[ref] = offer
        return offer.offer_id == offer_id

    def owner(self, offer_id: str, *, market_id: str, ref: OrderRef, print_: Print, created_ms: int) -> OwnOffer | None:
        """Whose this offer at the venue is, None if not ours.

        Known by its id, else by the ref that it carries. One without a ref is ours if it looks like the one order of
        which we know no id, and is not older.
        """
        known = self._by_id.get(offer_id)
        if known is not None:
            return known
        if not ref:
            alike = [one for one in self.seeking() if self._is_alike(one, print_, created_ms)]
            if len(alike) != 1:
                return None
            ref = alike[0].ref
        return self._by_ref[ref] if self.bind(ref, market_id=market_id, offer_id=offer_id) else None

    def seeking(self) -> list[OwnOffer]:
        """Offers that were sent and whose id is not known."""
        return [offer for offer in self._live.values() if not offer.offer_id]

    def live(self) -> list[OwnOffer]:
        """Offers of which something may still be at the venue."""
        return list(self._live.values())

    def seen(self, offer: OwnOffer, *, is_resting: bool, held_until_ns: int) -> None:
        """The venue shows it: in the book, held back until then, or over; but what was told to be over stays so."""
        if offer.told is not None and offer.told.closed:
            return
        offer.is_resting, offer.held_until_ns = is_resting, held_until_ns
        if is_resting or held_until_ns:
            offer.is_closed = False
            self._live[offer.ref] = offer

    def tell(self, fact: Fact) -> None:
        """The engine is being told this. What it does not know to be over is not over here: it would go on cancelling
        what we refuse to cancel. One that was absent often enough is looked out for no more.
        """
        if isinstance(fact, VenueReported):
            for order in fact.orders:
                if order.report is not None:
                    self.tell(order.report)
        elif isinstance(fact, OrderReported):
            offer = self.offer(fact.ref)
            offer.told, offer.matched_micros = fact, max(offer.matched_micros, fact.matched_micros)
            if fact.closed:
                self._end(offer)
        elif isinstance(fact, OrderRejected):
            self._end(self.offer(fact.ref))
        elif isinstance(fact, OrderAbsent):
            offer = self.offer(fact.ref)
            offer.absences += 1
            if offer.absences >= ABSENCES_MIN:
                self._live.pop(fact.ref, None)

    def in_market(self, market_id: str) -> list[OwnOffer]:
        """Every offer of a market that is remembered."""
        return [offer for offer in self._by_ref.values() if offer.market_id == market_id]

    def _end(self, offer: OwnOffer) -> None:
        offer.is_closed, offer.is_resting, offer.held_until_ns = True, False, 0
        self._live.pop(offer.ref, None)

    @staticmethod
    def _is_alike(offer: OwnOffer, print_: Print, created_ms: int) -> bool:
        return not offer.is_asking and offer.print == print_ and created_ms >= offer.sent_ms - SKEW_MS

    def _forget_oldest(self) -> None:
        closed = [offer for offer in self._by_ref.values() if offer.is_closed]
        for offer in closed[: self._remembered_max // 10]:
            del self._by_ref[offer.ref]
            self._by_id.pop(offer.offer_id, None)
