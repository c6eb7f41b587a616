"""The closed lists: facts (what happened, past tense), commands (what shall be sent, imperative), and the record.

Every fact enters the engine through one inbox. Facts and commands that concern money are journalled, each as the body
of a `Record`; market data goes to the tape. Times inside a message are the venue's own, for people to read; ages and
deadlines are measured from the time at which we received it, which the record carries.
"""

import enum

import msgspec

from domain.amending import AmendFact, AmendOrder
from domain.breaks import BalanceCompared, BreakFact, DayFact, ReconCompleted
from domain.candidates import Candidate
from domain.ids import (
    Currency,
    InstrumentId,
    MarketId,
    OrderRef,
    SelectionId,
    StrategyName,
    VenueMarketId,
    VenueName,
    VenueOrderId,
)
from domain.inside import CrossedInside
from domain.looks import OrderLooks
from domain.markets import Event, EventTurned, Instrument, Market, MarketStatus, Result
from domain.marks import FairsTaken, FillsMarked
from domain.message import Message
from domain.operators import OperatorFact
from domain.orders import Evidence, Fill, Side, TimeInForce
from domain.plans import PlanNote
from domain.stops import LimitFigure, RefusedOrder, StopFact
from domain.terms import BalanceBasis, Capabilities
from domain.treasury import QueryAccountLines, TreasuryFact
from domain.venue_acts import OrderLapsed, OrderVoided
from domain.venue_notes import VenueNote
from domain.vouching import OrderVouched


class Channel(enum.StrEnum):
    """One of the lines to a venue whose health is known on its own."""

    MARKET_DATA = "market_data"
    ORDERS = "orders"
    REQUESTS = "requests"


class Levels(msgspec.Struct, frozen=True):
    """Changes of one book: `(tick, size_micros)` per side; an image replaces the book.

    `to_back` is money we can back against, `to_lay` to lay against. Sizes are absolute, 0 removes; `relative` ones add.
    """

    instrument: InstrumentId
    to_back: list[tuple[int, int]]
    to_lay: list[tuple[int, int]]
    image: bool = False
    relative: bool = False


class BooksChanged(Message, frozen=True):
    """One message of a venue's feed, applied whole. `published_ms` is the venue's time, 0 if it has none."""

    venue: VenueName
    published_ms: int
    books: list[Levels]


class BooksProven(Message, frozen=True):
    """The feed is alive and has nothing new: every clean book of the venue is as fresh as this moment."""

    venue: VenueName


class BooksDoubted(Message, frozen=True):
    """These books (all of the venue when empty) may be wrong until a new image comes."""

    venue: VenueName
    instruments: tuple[InstrumentId, ...]
    reason: str


class MarketChanged(Message, frozen=True):
    """A venue market's state. `version` rises with each material change; `results` are final when CLOSED."""

    venue: VenueName
    venue_market: VenueMarketId
    status: MarketStatus
    in_play: bool
    bet_delay_ms: int = 0
    version: int = 0
    removed: tuple[SelectionId, ...] = ()
    results: dict[SelectionId, Result] = msgspec.field(default_factory=dict)


class ChannelChanged(Message, frozen=True):
    """A line to a venue came up or went down. A feed that cannot go on with a patch doubts its books itself."""

    venue: VenueName
    channel: Channel
    up: bool
    reason: str = ""


class FairValueReceived(Message, frozen=True):
    """A model's probabilities for one market, one per outcome in the market's order.

    `variance_logit` is the model's own uncertainty; `state` is the event epoch that the model saw (empty:
    it does not say); `sequence` rises with each value of one model and market.
    """

    market: MarketId
    model: str
    version: str
    sequence: int
    probabilities: tuple[float, ...]
    variance_logit: float
    ttl_ms: int
    state: str = ""


class TimePassed(Message, frozen=True):
    """The engine's own tick: staleness, deadlines and schedules are looked at."""


class RunStarted(Message, frozen=True):
    """First record of a run. `cap_micros` is base currency, `digest_every` records, `rates_dated` as 2026-11-20.

    `ahead_ns`: what the wall clock (Unix) was ahead of the monotonic one, which another process may not go on with.
    """

    run: str
    mode: str
    seed: int
    base: Currency
    config_hash: str
    rates_e8: dict[Currency, int]
    cap_micros: int
    events: tuple[Event, ...]
    markets: tuple[Market, ...]
    capabilities: tuple[Capabilities, ...]
    rejects_in_a_row: int = 5
    digest_every: int = 1_000
    rates_dated: str = ""
    limits: tuple[LimitFigure, ...] = ()
    ahead_ns: int = 0


class RunResumed(Message, frozen=True):
    """A later process took over the run: everything in flight before this record may have happened.

    `ahead_ns` as in `RunStarted`, of its own clocks.
    """

    run: str
    config_hash: str
    limits: tuple[LimitFigure, ...] = ()
    ahead_ns: int = 0


class InstrumentsListed(Message, frozen=True):
    """A venue's catalogue answered: the instruments that may be traded there, with their terms."""

    venue: VenueName
    instruments: tuple[Instrument, ...]


class OrderAccepted(Message, frozen=True):
    """The venue has the order. Says nothing about matches."""

    ref: OrderRef
    venue_order_id: VenueOrderId | None
    evidence: Evidence


class RejectReason(enum.StrEnum):
    """Why a venue, or our own adapter before sending, refused an order or a cancel."""

    MARKET_SUSPENDED = "market_suspended"
    MARKET_CLOSED = "market_closed"
    MARKET_VERSION = "market_version"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    INVALID_PRICE = "invalid_price"
    INVALID_SIZE = "invalid_size"
    RATE_LIMIT = "rate_limit"
    DUPLICATE = "duplicate"
    SELF_MATCH = "self_match"
    POST_ONLY = "post_only"
    SELECTION_REMOVED = "selection_removed"
    NOT_AUTHORISED = "not_authorised"
    NOT_RESTING = "not_resting"
    NOT_SENT = "not_sent"
    OTHER = "other"


class OrderRejected(Message, frozen=True):
    """The venue's own word that it does not have the order (or ours, that it was never sent: NOT_SENT)."""

    ref: OrderRef
    reason: RejectReason
    detail: str
    evidence: Evidence


class OrderUnanswered(Message, frozen=True):
    """The placement may have landed: its answer is missing, broken or says so. The order is UNKNOWN."""

    ref: OrderRef
    detail: str
    evidence: Evidence = Evidence.INFERRED


class OrderFilled(Message, frozen=True):
    """One match, named by the venue; a second message with the same fill id changes nothing."""

    ref: OrderRef
    fill: Fill
    evidence: Evidence


class OrderReported(Message, frozen=True):
    """Cumulative quantities of one order as the venue states them, native millionths.

    `claims_micros` and `cost_micros` belong to `matched_micros`. `closed` says that nothing remains at the venue;
    `as_of_ms` is the venue's time of the statement, 0 if it gives none.
    """

    ref: OrderRef
    venue_order_id: VenueOrderId | None
    matched_micros: int
    claims_micros: int
    cost_micros: int
    cancelled_micros: int
    lapsed_micros: int
    voided_micros: int
    closed: bool
    evidence: Evidence
    fee_micros: int | None = None
    fills: tuple[Fill, ...] = ()
    as_of_ms: int = 0


class OrderAbsent(Message, frozen=True):
    """A complete answer to a query, true for a moment later than the send, that does not hold the order."""

    ref: OrderRef
    asked_ns: int
    evidence: Evidence = Evidence.PULL


class OrderMissing(Message, frozen=True):
    """Enough late queries missed it: the order never reached the venue, all of it counts as cancelled."""

    ref: OrderRef
    queries: int
    evidence: Evidence = Evidence.INFERRED


class CancelAccepted(Message, frozen=True):
    """The venue took `size_micros` out of the book; `request` makes a repeated message harmless."""

    ref: OrderRef
    request: str
    size_micros: int
    evidence: Evidence


class CancelRefused(Message, frozen=True):
    """A question, not an answer: the order may be filled, gone, or elsewhere. It is queried next.

    `evidence` is INFERRED where our own adapter refused, without asking the venue.
    """

    ref: OrderRef
    request: str
    reason: RejectReason
    detail: str
    evidence: Evidence = Evidence.PULL


class CancelUnanswered(Message, frozen=True):
    """The cancel may have landed."""

    ref: OrderRef
    request: str
    detail: str
    evidence: Evidence = Evidence.INFERRED


class VenueOrder(msgspec.Struct, frozen=True):
    """One order in a venue's own list. `ref` is None where the venue does not show a ref of ours."""

    ref: OrderRef | None
    venue_order_id: VenueOrderId
    instrument: InstrumentId | None
    side: Side
    price: int
    size_micros: int
    report: OrderReported | None


class VenueReported(Message, frozen=True):
    """A reconciliation round's answer: every open order the venue has, as of a moment after `asked_ns`."""

    venue: VenueName
    asked_ns: int
    orders: tuple[VenueOrder, ...]


class BalanceReported(Message, frozen=True):
    """A venue's own money figure. `asked_ns`: when we asked; what moved since then is not in it for sure.

    `shards` are the parts of it, by number, where the venue keeps several, each of which pays for its own markets only.
    """

    venue: VenueName
    currency: Currency
    balance_micros: int
    basis: BalanceBasis
    asked_ns: int
    shards: tuple[tuple[int, int], ...] = ()


class MarketSettled(Message, frozen=True):
    """The venue's statement of one of its markets, our bets only; `statement` makes a repetition harmless.

    `profit_micros` is gross of `commission_micros` and of fees already taken from fills. `annulled`: those orders of
    which it annulled something or changed the odds, found by the venue's id where no ref is told. `parts`: of bets on a
    selection that neither won nor lost as a whole, as after a dead heat, how many shares won, how many lost, out of how
    many; the rest was given back. `settled_ms`: the venue's time of it, 0 if it tells none; the later one stands.
    """

    venue: VenueName
    venue_market: VenueMarketId
    statement: str
    profit_micros: int
    commission_micros: int
    results: dict[SelectionId, Result]
    annulled: tuple[OrderReported, ...] = ()
    parts: tuple[tuple[SelectionId, int, int, int], ...] = ()
    settled_ms: int = 0


class PlaceOrder(Message, frozen=True):
    """Send an order. Journalled before its bytes leave; it creates the order and its reservation.

    `config` is the hash of the limits that let it pass, `bet_delay_ms` how long its venue holds such an order back.
    """

    ref: OrderRef
    instrument: InstrumentId
    strategy: StrategyName
    side: Side
    price: int
    size_micros: int
    tif: TimeInForce
    decision: int
    market_version: int = 0
    config: str = ""
    bet_delay_ms: int = 0


class CancelOrder(Message, frozen=True):
    """Take what remains of an order out of the book. `request` names this attempt."""

    ref: OrderRef
    request: str


class QueryOrder(Message, frozen=True):
    """Ask the venue what became of one order.

    An adapter may be younger than the order: it is told where that went, and the venue's name of it, else its looks.
    """

    ref: OrderRef
    venue_market: VenueMarketId = VenueMarketId("")
    venue_order_id: VenueOrderId = VenueOrderId("")
    looks: OrderLooks | None = None


class QueryVenue(Message, frozen=True):
    """Ask the venue for every open order and the balance: a reconciliation round."""

    venue: VenueName


class QuerySettlement(Message, frozen=True):
    """Ask the venue for its statement of one closed market."""

    venue: VenueName
    venue_market: VenueMarketId


class DecisionTaken(Message, frozen=True):
    """Why orders were wanted: what was seen, what was allowed, what was chosen."""

    id: int
    strategy: StrategyName
    market: MarketId
    outcome: int
    side: Side
    probability_e9: int
    fair_age_ms: int
    fair_model: str
    limit_e9: int
    claims_micros: int
    candidates: tuple[Candidate, ...]
    worst_before_micros: int
    cap_micros: int
    because: str
    trigger_ns: int = 0


class RiskRefused(Message, frozen=True):
    """A no of ours, with its reason code; nothing was sent."""

    strategy: StrategyName
    instrument: InstrumentId
    reason: str
    decision: int
    order: RefusedOrder | None = None


class DigestTaken(Message, frozen=True):
    """The digest of the money state after `seq` records; replay must meet it."""

    seq: int
    digest: str


class RunEnded(Message, frozen=True):
    """Last record of an orderly stop."""

    reason: str


TapeFact = (
    BooksChanged
    | BooksProven
    | BooksDoubted
    | MarketChanged
    | ChannelChanged
    | VenueNote
    | FairValueReceived
    | EventTurned
    | TimePassed
)

OrderFact = (
    AmendFact
    | OrderAccepted
    | OrderRejected
    | OrderUnanswered
    | OrderFilled
    | OrderReported
    | OrderAbsent
    | OrderMissing
    | CancelAccepted
    | CancelRefused
    | CancelUnanswered
    | OrderLapsed
    | OrderVoided
    | OrderVouched
)

MoneyFact = (
    OrderFact
    | RunStarted
    | RunResumed
    | InstrumentsListed
    | VenueReported
    | BalanceReported
    | MarketSettled
    | BreakFact
    | DayFact
    | TreasuryFact
    | OperatorFact
    | ReconCompleted
    | BalanceCompared
)

Command = PlaceOrder | CancelOrder | AmendOrder | QueryOrder | QueryVenue | QuerySettlement | QueryAccountLines

Note = DecisionTaken | RiskRefused | PlanNote | CrossedInside | FillsMarked | FairsTaken | DigestTaken | RunEnded

Fact = TapeFact | MoneyFact

Journalled = MoneyFact | PlaceOrder | CancelOrder | AmendOrder | StopFact | Note


class Record(msgspec.Struct, frozen=True, array_like=True):
    """One journal entry: its number, when we knew it (wall clock, and monotonic for ages), and what it says."""

    seq: int
    wall_ns: int
    monotonic_ns: int
    body: Journalled
