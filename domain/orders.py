"""Orders and fills: five quantities are the truth, the state is derived from them elsewhere."""

import enum
from typing import Final

import msgspec

from domain.ids import InstrumentId, OrderRef, StrategyName, VenueOrderId


class Side(enum.StrEnum):
    """BACK acquires the claim "this selection wins" (back, buy YES); LAY gives it (lay, sell YES)."""

    BACK = "back"
    LAY = "lay"


BACK: Final = Side.BACK
LAY: Final = Side.LAY
"""By themselves, for they are asked for with every bet: a member looked up in its enum takes as long as four calls."""

OTHER_SIDE = {BACK: LAY, LAY: BACK}


class TimeInForce(enum.StrEnum):
    """How long the unmatched rest lives."""

    REST = "rest"
    """Until it is cancelled, or lapses when the market is suspended or turns in-play."""
    IMMEDIATE = "immediate"
    """It is matched at once or not at all; what is left dies."""
    STARTING_PRICE = "starting_price"
    """It waits for the venue's starting price and is matched at that, if it is the limit or better; else it lapses.

    A back's size is its stake. A lay is matched for what its liability at the limit pays for, which may be more.
    """


class Evidence(enum.IntEnum):
    """How we learned a fact about an order; a higher level may correct a lower one, never the reverse."""

    INFERRED = 0
    PUSH = 1
    PULL = 2
    DROP_COPY = 3
    STATEMENT = 4
    OPERATOR = 5


class OrderState(enum.StrEnum):
    """One word for an order, derived from quantities and flags (`oms.order_states.state_of`)."""

    REJECTED = "REJECTED"
    SETTLED = "SETTLED"
    UNKNOWN = "UNKNOWN"
    PENDING_NEW = "PENDING_NEW"
    SUSPECT_OVERFILL = "SUSPECT_OVERFILL"
    FILLED = "FILLED"
    VOIDED = "VOIDED"
    CLOSED_PARTIAL = "CLOSED_PARTIAL"
    LAPSED = "LAPSED"
    CANCELLED = "CANCELLED"
    PENDING_CANCEL = "PENDING_CANCEL"
    PARTIALLY_FILLED = "PARTIALLY_FILLED"
    OPEN = "OPEN"


class Fill(msgspec.Struct, frozen=True, gc=False):
    """One match at the venue: native size, and what it means in claims and cost (see `Order`).

    In a testimony `evidence` is the strongest word for it so far; in a message the message's own counts.
    """

    id: str
    size_micros: int
    claims_micros: int
    cost_micros: int
    fee_micros: int = 0
    maker: bool = False
    venue_ms: int = 0
    evidence: Evidence = Evidence.PUSH


class Vouched(msgspec.Struct, frozen=True):
    """What a person was told about an order, as it stands among what the venue says itself; sizes as in `Order`.

    `closed`: nothing remains. `over`: more was matched than ordered, and that was dealt with.
    """

    matched_micros: int
    claims_micros: int
    cost_micros: int
    cancelled_micros: int
    lapsed_micros: int
    voided_micros: int
    closed: bool
    over: bool = False


class Stated(msgspec.Struct, frozen=True):
    """What a statement of the venue says of one order, and when it says so; sizes as in `Order`."""

    ms: int
    voided_micros: int
    matched_micros: int
    claims_micros: int
    cost_micros: int


class Testimony(msgspec.Struct, frozen=True, gc=False):
    """Everything said about one order so far, before it is weighed into the quantities of `Order`.

    `fills` are the distinct ones, by venue time and id. `cancels`, `lapses` and the two `voids` are sums over distinct
    messages. The `reported` figures belong to the strongest cumulative report (most voided, then most matched,
    then latest), `reported_by` is the strongest road over which it came; `reported_cancelled` and `reported_lapsed` are
    the largest ever reported. The `contrary` ones belong to the latest report that said less, `stated` is the venue's
    latest statement. `closed`: a report said that nothing remains at the venue. `vouched` is a person's word while
    nothing stronger was said.
    """

    fills: tuple[Fill, ...] = ()
    cancels_micros: int = 0
    lapses_micros: int = 0
    voids_matched_micros: int = 0
    voids_open_micros: int = 0
    reported_ms: int = 0
    reported_by: Evidence = Evidence.INFERRED
    contrary_ms: int = 0
    contrary_voided_micros: int = 0
    contrary_matched_micros: int = 0
    reported_matched_micros: int = 0
    reported_claims_micros: int = 0
    reported_cost_micros: int = 0
    reported_fee_micros: int | None = None
    reported_voided_micros: int = 0
    reported_cancelled_micros: int = 0
    reported_lapsed_micros: int = 0
    closed: bool = False
    stated: Stated | None = None
    vouched: Vouched | None = None


class Amend(msgspec.Struct, frozen=True, gc=False):
    """A change that the venue was asked for and did not answer yet: price, whole size, and who takes the rest over.

    `asked_ns`: when it was sent at the latest, monotonic. `cancels`: what it takes away is told as cancelled, and the
    size stands.
    """

    request: str
    price: int
    size_micros: int
    successor: OrderRef | None = None
    asked_ns: int = 0
    cancels: bool = False


class Order(msgspec.Struct, frozen=True, gc=False):
    """One order as we know it.

    Sizes are native millionths (the backer's stake where prices are odds, contracts where they are contract
    prices) and always satisfy `size == matched + remaining + cancelled + lapsed + voided`; `remaining` is
    what that law leaves, negative after an overfill. `price` is a native integer (odds in hundredths,
    contract price in 1e-4). `claims` and `cost` describe the matched part: a BACK holds `claims` that cost
    `cost`; a LAY gave them for it; both in millionths of the instrument's currency. `unattributed` is matched
    size known from a cumulative report and not yet explained by a fill of its own.

    `acked`: the venue is known to have, or to have had, the order. `unknown`: the answer to the placement is missing.
    `missing`: late queries found nothing, so it counts as never placed. `suspect`: what was said about it contradicts
    itself, ask the venue; `disputed` the same, until the venue's latest figures agree with what they must contain, and
    no more is matched than was ordered.
    `messages` are the cancels, lapses and voids that were counted, with their sizes.
    `amend` is a change under way, `amended` names those that were made. An order with a `parent` goes on with what that
    one left; while it counts `within` its parent it counts for nothing itself. `heir` is who was to go on after it,
    whatever came of that. `cancel_request` names the last cancel that we sent; `cancel_pending` until it is answered.

    A run keeps thousands. They hold no rings: the search for rings, for which everything waits, passes them by
    (`gc=False`), and their testimony.
    """

    ref: OrderRef
    instrument: InstrumentId
    strategy: StrategyName
    side: Side
    price: int
    size_micros: int
    tif: TimeInForce
    decision: int
    intended_ns: int
    venue_order_id: VenueOrderId | None = None
    matched_micros: int = 0
    cancelled_micros: int = 0
    lapsed_micros: int = 0
    voided_micros: int = 0
    claims_micros: int = 0
    cost_micros: int = 0
    fee_micros: int = 0
    unattributed_micros: int = 0
    acked: bool = False
    unknown: bool = False
    cancel_pending: bool = False
    rejected: bool = False
    settled: bool = False
    suspect: bool = False
    disputed: bool = False
    missing: bool = False
    cancel_request: str = ""
    amend: Amend | None = None
    amended: tuple[str, ...] = ()
    parent: OrderRef | None = None
    within: bool = False
    heir: OrderRef | None = None
    testimony: Testimony = Testimony()
    fill_ids: frozenset[str] = frozenset()
    messages: tuple[tuple[str, int], ...] = ()

    @property
    def remaining_micros(self) -> int:
        """Unmatched size that may still be matched; negative if the venue matched more than was ordered."""
        gone = self.matched_micros + self.cancelled_micros + self.lapsed_micros + self.voided_micros
        return self.size_micros - gone

    @property
    def prices(self) -> tuple[int, ...]:
        """Where it may be matched: at its price, and at the one that it is being given."""
        return (self.price,) if self.amend is None else (self.price, self.amend.price)

    @property
    def exposed_micros(self) -> int:
        """Size that must be counted as if it could still be matched, in any state the order may be in."""
        if self.rejected or self.settled or self.within:
            return 0
        gone = self.matched_micros + self.cancelled_micros + self.lapsed_micros + self.voided_micros
        remaining = self.size_micros - gone  # asked for more often than anything else: no property within it
        if self.amend is not None and not self.testimony.closed:  # then `amended_micros` too, and neither below 0
            remaining = max(remaining, self.amend.size_micros - gone)
        if remaining < 0:
            return 0
        return remaining

    @property
    def amended_micros(self) -> int:
        """Size that may still be matched if the change under way is made."""
        if self.amend is None or self.testimony.closed:
            return 0
        gone = self.matched_micros + self.cancelled_micros + self.lapsed_micros + self.voided_micros
        left = self.amend.size_micros - gone
        if left < 0:
            return 0
        return left
