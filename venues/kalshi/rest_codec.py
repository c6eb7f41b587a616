"""REST answers as typed values: only the fields that become facts."""

from typing import TypeVar

import msgspec

from venues.errors import PeerBroke
from venues.kalshi.amounts import Amount, Whole
from venues.kalshi.market_codec import PriceRange
from venues.kalshi.order_codec import FillRow, OrderRow

T = TypeVar("T")

Answerer = msgspec.json.Decoder[T]


def answerer(answer: type[T]) -> Answerer[T]:
    """Decoder of one kind of answer; numbers may come as text."""
    return msgspec.json.Decoder(answer, strict=False)


class Created(msgspec.Struct):
    """An order was taken in. Averages are there if something was matched; `remaining_count` is what rests now."""

    order_id: str
    fill_count: Amount
    remaining_count: Amount
    client_order_id: str | None = None
    average_fill_price: Amount | None = None


class Cancelled(msgspec.Struct):
    """An order was taken out: `reduced_by` contracts of it."""

    order_id: str
    reduced_by: Amount


class Amended(msgspec.Struct):
    """An order has other terms; the counts are those after it."""

    order_id: str
    fill_count: Amount | None = None
    remaining_count: Amount | None = None


class Decreased(msgspec.Struct):
    """An order was made smaller: `remaining_count` is what rests now."""

    order_id: str
    remaining_count: Amount


class OrdersPage(msgspec.Struct):
    """A page of orders; the last has no cursor."""

    orders: list[OrderRow] | None
    cursor: str | None = None


class OrderBox(msgspec.Struct):
    """One order."""

    order: OrderRow


class FillsPage(msgspec.Struct):
    """A page of matches; the last has no cursor."""

    fills: list[FillRow] | None
    cursor: str | None = None


class SettlementRow(msgspec.Struct):
    """A market's statement. Counts and costs are of all that was ever bought on either side; `revenue` is in cents.

    `value` is what a YES was worth, in cents, where the result is a scalar one.
    """

    ticker: str
    market_result: str
    settled_time: str
    revenue: Whole
    value: Whole | None = None
    yes_count_fp: Amount = "0"
    no_count_fp: Amount = "0"
    yes_total_cost_dollars: Amount = "0"
    no_total_cost_dollars: Amount = "0"


class SettlementsPage(msgspec.Struct):
    """A page of statements; the last has no cursor."""

    settlements: list[SettlementRow] | None
    cursor: str | None = None


class PositionRow(msgspec.Struct):
    """Net contracts in a market that is not settled: YES above zero, NO below."""

    ticker: str
    position_fp: Amount


class PositionsPage(msgspec.Struct):
    """A page of positions; the last has no cursor."""

    market_positions: list[PositionRow] | None
    cursor: str | None = None


class ShardBalance(msgspec.Struct):
    """Cash that pays for the markets of one shard only."""

    exchange_index: int
    balance: Amount


class Balance(msgspec.Struct):
    """Cash; its whole cents stand beside it and are not read. The breakdown adds up to it."""

    balance_dollars: Amount
    balance_breakdown: list[ShardBalance] = []


class AsOf(msgspec.Struct):
    """How fresh orders, fills and the balance are when read now."""

    as_of_time: str


class MarketRow(msgspec.Struct):
    """A market's state and terms."""

    ticker: str
    status: str
    event_ticker: str = ""
    market_type: str = "binary"
    yes_sub_title: str = ""
    rules_primary: str = ""
    rules_secondary: str = ""
    result: str = ""
    open_time: str = ""
    close_time: str = ""
    price_ranges: list[PriceRange] = []
    exchange_index: int | None = None


class MarketBox(msgspec.Struct):
    """One market."""

    market: MarketRow


class MarketsPage(msgspec.Struct):
    """Markets that were asked for by name."""

    markets: list[MarketRow] | None


class EventRow(msgspec.Struct):
    """An event: where its fees come from, unless it has its own."""

    event_ticker: str
    series_ticker: str = ""
    fee_type_override: str | None = None
    fee_multiplier_override: float | None = None


class EventsPage(msgspec.Struct):
    """Events that were asked for by name."""

    events: list[EventRow] | None


class SeriesRow(msgspec.Struct):
    """A series' fees."""

    ticker: str
    fee_type: str = ""
    fee_multiplier: float = 1.0


class SeriesBox(msgspec.Struct):
    """One series."""

    series: SeriesRow


class Bucket(msgspec.Struct):
    """A budget: tokens a second, and how many it can hold."""

    refill_rate: int
    bucket_capacity: int


class Limits(msgspec.Struct):
    """The account's two budgets."""

    read: Bucket
    write: Bucket


class EndpointCost(msgspec.Struct):
    """What a request costs that does not cost the default."""

    method: str
    path: str
    cost: int


class Costs(msgspec.Struct):
    """The venue's table of costs."""

    default_cost: int = 10
    endpoint_costs: list[EndpointCost] = []


class ShardStatus(msgspec.Struct):
    """Whether one shard trades."""

    exchange_index: int
    exchange_active: bool = True
    trading_active: bool = True


class ExchangeStatus(msgspec.Struct):
    """Whether the exchange trades; the figures outside the list are those of shard 0."""

    exchange_active: bool
    trading_active: bool
    exchange_index_statuses: list[ShardStatus] | None = None


class MaintenanceWindow(msgspec.Struct):
    """A time in which the exchange is maintained; it normally pauses trading then."""

    start_datetime: str
    end_datetime: str


class Calendar(msgspec.Struct):
    """What the exchange plans. Its standard hours are not read: each market says itself when it trades."""

    maintenance_windows: list[MaintenanceWindow] | None = None


class Schedule(msgspec.Struct):
    """The answer that holds the calendar."""

    schedule: Calendar


class ErrorDetail(msgspec.Struct):
    """What the venue says of a request that it did not carry out."""

    code: str = ""
    message: str = ""
    details: object = None


class ErrorBody(msgspec.Struct):
    """All four shapes: nested, a bare text, flat, and `msg` alone. Source: recorded answers."""

    error: ErrorDetail | str | None = None
    code: str = ""
    message: str = ""
    details: object = None
    msg: str = ""


class Said(msgspec.Struct, frozen=True):
    """A refusal's word in lower case and what goes with it; no word if the body was none of the venue's."""

    code: str = ""
    detail: str = ""


_errors = msgspec.json.Decoder(ErrorBody)


def error_said(body: bytes) -> Said:
    """What an answer that is not a success says, whatever its shape."""
    try:
        found = _errors.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return Said()
    if isinstance(found.error, str):
        return Said(_word(found.error), found.error)
    one = found.error or ErrorDetail(found.code or found.msg, found.message, found.details)
    return Said(_word(one.code), str(one.details or one.message or one.code))


def _word(text: str) -> str:
    return "_".join(text.lower().split())


def decode_answer(body: bytes, decoder: Answerer[T]) -> T:
    """The answer; PeerBroke for anything else, a page of HTML above all."""
    try:
        return decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise PeerBroke(f"not an answer: {error}, in {body[:60]!r}") from error


created_answer = answerer(Created)
cancelled_answer = answerer(Cancelled)
amended_answer = answerer(Amended)
decreased_answer = answerer(Decreased)
order_answer = answerer(OrderBox)
orders_answer = answerer(OrdersPage)
fills_answer = answerer(FillsPage)
settlements_answer = answerer(SettlementsPage)
positions_answer = answerer(PositionsPage)
balance_answer = answerer(Balance)
as_of_answer = answerer(AsOf)
market_answer = answerer(MarketBox)
markets_answer = answerer(MarketsPage)
events_answer = answerer(EventsPage)
series_answer = answerer(SeriesBox)
limits_answer = answerer(Limits)
costs_answer = answerer(Costs)
status_answer = answerer(ExchangeStatus)
schedule_answer = answerer(Schedule)
