"""Messages about markets: books, lifecycle and fees, as typed values; only the fields that become facts."""

import msgspec

from domain.markets import MarketStatus, Result
from domain.odds import Band
from venues.errors import PeerBroke
from venues.kalshi.amounts import Amount, Whole, native
from venues.kalshi.frames import FrameDecoder

Row = tuple[Amount, Amount]
"""Price and contracts of one level."""


class SnapshotDetail(msgspec.Struct, gc=False):
    """Both sides of a book; a side without orders is absent. Prices of both are those of YES."""

    market_ticker: str
    yes_dollars_fp: list[Row] | None = None
    no_dollars_fp: list[Row] | None = None


class Snapshot(msgspec.Struct, tag_field="type", tag="orderbook_snapshot", gc=False):
    """All levels of one market."""

    sid: int
    msg: SnapshotDetail
    seq: int | None = None
    id: int = 0


class DeltaDetail(msgspec.Struct, gc=False):
    """What is added to one level, taken from it if negative."""

    market_ticker: str
    price_dollars: Amount
    delta_fp: Amount
    side: str
    ts_ms: Whole = 0


class Delta(msgspec.Struct, tag_field="type", tag="orderbook_delta", gc=False):
    """One change of one level."""

    sid: int
    msg: DeltaDetail
    seq: int | None = None
    id: int = 0


class PriceRange(msgspec.Struct):
    """A stretch of legal prices, both ends included."""

    start: Amount
    end: Amount
    step: Amount


class LifecycleDetail(msgspec.Struct):
    """What happened to a market; times in Unix seconds."""

    event_type: str
    market_ticker: str
    close_ts: Whole | None = None
    result: str | None = None
    price_ranges: list[PriceRange] | None = None


class Lifecycle(msgspec.Struct, tag_field="type", tag="market_lifecycle_v2"):
    """News of any market of the exchange but combos."""

    sid: int
    msg: LifecycleDetail
    seq: int | None = None
    id: int = 0


class FeeUpdateDetail(msgspec.Struct):
    """The event whose fees changed. What they are now is read with all terms, since null means those of the series."""

    event_ticker: str


class FeeUpdate(msgspec.Struct, tag_field="type", tag="event_fee_update"):
    """An event's fees changed."""

    sid: int
    msg: FeeUpdateDetail
    seq: int | None = None
    id: int = 0


MarketData = Snapshot | Delta | Lifecycle | FeeUpdate

market_frames: FrameDecoder[MarketData] = FrameDecoder(Snapshot, Delta, Lifecycle, FeeUpdate)


# --- words of the venue, and ours ---

STATUSES = {
    "initialized": MarketStatus.INACTIVE,
    "active": MarketStatus.OPEN,
    "inactive": MarketStatus.SUSPENDED,
    "closed": MarketStatus.INACTIVE,
    "determined": MarketStatus.CLOSED,
    "disputed": MarketStatus.CLOSED,
    "amended": MarketStatus.CLOSED,
    "finalized": MarketStatus.CLOSED,
}
"""A closed market may open again while it is not determined. Source: Kalshi docs, "Market Lifecycle"."""

EVENT_WORDS = {
    "activated": "active",
    "deactivated": "inactive",
    "determined": "determined",
    "settled": "finalized",
}
"""The status that a lifecycle event leads to."""

WITH_RESULT = frozenset({"determined", "amended", "finalized"})

RESULTS = {"yes": Result.WON, "no": Result.LOST}
"""What the result says of YES. A scalar result pays a part of a dollar to each side and has no word of ours."""


def market_status(word: str) -> MarketStatus:
    """Ours for theirs; a word that we do not know closes the market to orders, not to information."""
    return STATUSES.get(word, MarketStatus.SUSPENDED)


def bands(ranges: list[PriceRange]) -> tuple[Band, ...] | None:
    """Price ranges in native integers; None if one of them is finer than that, or is none at all."""
    found: list[Band] = []
    for one in ranges:
        try:
            first, last, step = native(one.start), native(one.end), native(one.step)
        except PeerBroke:
            return None
        if first is None or last is None or step is None:
            return None
        found.append((first, last, step))
    return tuple(found) or None
