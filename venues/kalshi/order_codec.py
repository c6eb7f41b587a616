"""Orders and fills as the venue writes them, the same on the stream and in lists, and what they say as facts."""

import msgspec

from domain.claims import claims_and_cost_micros
from domain.ids import InstrumentId, OrderRef, VenueOrderId
from domain.messages import OrderFilled, OrderReported, VenueOrder
from domain.odds import PriceKind
from domain.orders import Evidence, Fill, Side
from venues.errors import PeerBroke
from venues.kalshi.amounts import Amount, Whole, micros, native, unix_ms
from venues.kalshi.frames import FrameDecoder


class OrderRow(msgspec.Struct):
    """One order, cumulative. `yes_price_dollars` is its limit, whatever it was matched at."""

    order_id: str
    ticker: str
    status: str
    client_order_id: str | None = None
    book_side: str | None = None
    outcome_side: str | None = None
    action: str | None = None
    side: str | None = None
    yes_price_dollars: Amount = "0"
    initial_count_fp: Amount = "0"
    fill_count_fp: Amount = "0"
    remaining_count_fp: Amount = "0"
    taker_fill_cost_dollars: Amount | None = None
    maker_fill_cost_dollars: Amount | None = None
    taker_fees_dollars: Amount | None = None
    maker_fees_dollars: Amount | None = None
    order_group_id: str | None = None


class FillRow(msgspec.Struct):
    """One match of one order of ours. Only the stream names our own id of the order."""

    order_id: str
    count_fp: Amount
    yes_price_dollars: Amount
    trade_id: str = ""
    fill_id: str = ""
    client_order_id: str | None = None
    ticker: str = ""
    market_ticker: str = ""
    fee_cost: Amount = "0"
    is_taker: bool = True
    ts_ms: Whole = 0
    created_time: str = ""


class UserOrder(msgspec.Struct, tag_field="type", tag="user_order"):
    """An order of the account changed, or was made."""

    sid: int
    msg: OrderRow
    seq: int | None = None
    id: int = 0


class UserFill(msgspec.Struct, tag_field="type", tag="fill"):
    """An order of the account was matched."""

    sid: int
    msg: FillRow
    seq: int | None = None
    id: int = 0


class GroupDetail(msgspec.Struct):
    """What happened to an order group."""

    event_type: str
    order_group_id: str
    contracts_limit_fp: Amount | None = None


class GroupUpdate(msgspec.Struct, tag_field="type", tag="order_group_updates"):
    """An order group of the account changed, or was made."""

    sid: int
    msg: GroupDetail
    seq: int | None = None
    id: int = 0


class PositionDetail(msgspec.Struct):
    """Net contracts in one market: YES above zero, NO below; of the first subaccount where none is named."""

    market_ticker: str
    position_fp: Amount
    subaccount: int = 0


class UserPosition(msgspec.Struct, tag_field="type", tag="market_position"):
    """A position of the account changed."""

    sid: int
    msg: PositionDetail
    seq: int | None = None
    id: int = 0


OrderData = UserOrder | UserFill | UserPosition | GroupUpdate

order_frames: FrameDecoder[OrderData] = FrameDecoder(UserOrder, UserFill, UserPosition, GroupUpdate)

RESTING = "resting"


def side_of(row: OrderRow) -> Side:
    """BACK for a bid on YES. Older rows say it in other words: selling NO is a bid too. PeerBroke if none is there."""
    if row.book_side in ("bid", "ask"):
        return Side.BACK if row.book_side == "bid" else Side.LAY
    if row.outcome_side in ("yes", "no"):
        return Side.BACK if row.outcome_side == "yes" else Side.LAY
    if row.action in ("buy", "sell") and row.side in ("yes", "no"):
        return Side.BACK if (row.action == "buy") is (row.side == "yes") else Side.LAY
    raise PeerBroke(f"order {row.order_id} without a side")


def fill_of(row: FillRow) -> Fill:
    """The match with the fee that the venue charged. Stream and lists name it alike."""
    name = row.trade_id or row.fill_id
    size, price = micros(row.count_fp), native(row.yes_price_dollars)
    if not name or size <= 0 or price is None or not 0 < price < 10_000:
        raise PeerBroke(f"fill {name!r} of {row.count_fp} at {row.yes_price_dollars}")
    claims, cost = claims_and_cost_micros(PriceKind.CONTRACT, price, size)
    return Fill(
        id=name,
        size_micros=size,
        claims_micros=claims,
        cost_micros=cost,
        fee_micros=micros(row.fee_cost),
        maker=not row.is_taker,
        venue_ms=row.ts_ms or unix_ms(row.created_time),
    )


def order_filled(row: FillRow, ref: OrderRef, evidence: Evidence) -> OrderFilled:
    """A match as a fact."""
    return OrderFilled(ref, fill_of(row), evidence)


def order_reported(
    row: OrderRow,
    ref: OrderRef,
    evidence: Evidence,
    *,
    by_us: bool,
    fills: tuple[Fill, ...] = (),
    worst_price: int = 0,
    is_lowered: bool = False,
) -> OrderReported:
    """An order's figures as a fact; what is gone of one that we did not end (`by_us`) lapsed by the venue's rules.

    One that we amended has a `worst_price`. Whether its initial count is the amended one is not documented: of one
    that was made smaller so nothing is taken as gone while it rests, and one that somebody made larger, an earlier
    process of ours too, may rest or be matched for more than that.

    No time is given: the matching engine stamps fills and the list stamps orders, and a fill taken for later than the
    report that holds it would count twice.
    """
    initial, matched, remaining = _counts(row)
    is_open = row.status == RESTING
    gone = max(0, initial - matched - (remaining if is_open else 0))
    if worst_price and is_open and is_lowered:
        gone = 0
    fees = [fee for fee in (row.taker_fees_dollars, row.maker_fees_dollars) if fee is not None]
    return OrderReported(
        ref=ref,
        venue_order_id=VenueOrderId(row.order_id),
        matched_micros=matched,
        claims_micros=matched,
        cost_micros=_cost_micros(row, matched, fills, worst_price),
        cancelled_micros=gone if by_us else 0,
        lapsed_micros=0 if by_us else gone,
        voided_micros=0,
        closed=not is_open,
        evidence=evidence,
        fee_micros=sum(micros(fee) for fee in fees) if fees else None,
        fills=fills,
    )


def _counts(row: OrderRow) -> tuple[int, int, int]:
    """What an order was for, what of it was matched and what rests; PeerBroke for less than nothing."""
    counts = micros(row.initial_count_fp), micros(row.fill_count_fp), micros(row.remaining_count_fp)
    if min(counts) < 0:
        raise PeerBroke(f"order {row.order_id}: {row.fill_count_fp} filled of {row.initial_count_fp}")
    return counts


def _cost_micros(row: OrderRow, matched: int, fills: tuple[Fill, ...], worst_price: int) -> int:
    """What the matched contracts cost at their YES prices.

    The venue's own sum is clear for a bid only: whether that of an ask is meant in YES or in NO is not documented. An
    ask told without its fills is taken at its limit, or the worst it had: the venue never matches at a worse price.
    """
    if not matched:
        return 0
    if sum(fill.size_micros for fill in fills) == matched:
        return sum(fill.cost_micros for fill in fills)
    costs = [cost for cost in (row.taker_fill_cost_dollars, row.maker_fill_cost_dollars) if cost is not None]
    if costs and side_of(row) is Side.BACK:
        return sum(micros(cost) for cost in costs)
    _, cost = claims_and_cost_micros(PriceKind.CONTRACT, worst_price or native(row.yes_price_dollars) or 0, matched)
    return cost


def venue_order(
    row: OrderRow, ref: OrderRef | None, instrument: InstrumentId, report: OrderReported | None
) -> VenueOrder:
    """A resting order as the venue's side of a reconciliation; `ref` and `report` None for one that is not ours."""
    price = native(row.yes_price_dollars)
    if price is None:
        raise PeerBroke(f"order {row.order_id} at {row.yes_price_dollars}")
    initial, matched, remaining = _counts(row)
    return VenueOrder(
        ref=ref,
        venue_order_id=VenueOrderId(row.order_id),
        instrument=instrument,
        side=side_of(row),
        price=price,
        size_micros=max(initial, matched + remaining),
        report=report,
    )
