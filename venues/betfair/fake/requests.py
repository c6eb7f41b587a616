"""What clients of the stream may ask for: the four requests, and what a subscription comes to.

Source: Betfair Exchange Stream API, "Subscription", "Currency support"; bounds from its Swagger schema.
"""

from collections.abc import Callable

import msgspec

from venues.betfair.fake.books import Books
from venues.betfair.fake.feeds import FIELDS, MarketDataFilter, MarketFeed, MarketFilter, OrderFeed, OrderFilter
from venues.betfair.fake.publication import Agreement

HEARTBEAT_MS = (500, 5_000)
CONFLATE_MS_MAX = 120_000


class Authentication(msgspec.Struct, tag_field="op", tag="authentication", rename="camel"):
    id: int = 0
    app_key: str | None = None
    session: str | None = None


class Heartbeat(msgspec.Struct, tag_field="op", tag="heartbeat"):
    id: int = 0


class MarketSubscription(msgspec.Struct, tag_field="op", tag="marketSubscription", rename="camel"):
    id: int = 0
    segmentation_enabled: bool = False
    conflate_ms: int | None = None
    heartbeat_ms: int | None = None
    initial_clk: str | None = None
    clk: str | None = None
    market_filter: MarketFilter = MarketFilter()
    market_data_filter: MarketDataFilter = MarketDataFilter()


class OrderSubscription(msgspec.Struct, tag_field="op", tag="orderSubscription", rename="camel"):
    id: int = 0
    segmentation_enabled: bool = False
    conflate_ms: int | None = None
    heartbeat_ms: int | None = None
    initial_clk: str | None = None
    clk: str | None = None
    order_filter: OrderFilter | None = None


Subscription = MarketSubscription | OrderSubscription
REQUESTS = msgspec.json.Decoder(Authentication | Heartbeat | MarketSubscription | OrderSubscription)


class Named(msgspec.Struct):
    """As much of a broken request as is needed to refuse it under its own id."""

    id: int = 0


def request_id(line: bytes) -> int:
    """The id of a request that may be broken, 0 if it has none."""
    try:
        return msgspec.json.decode(line, type=Named).id
    except msgspec.DecodeError:
        return 0


def feed_of(books: Books, request: Subscription) -> MarketFeed | OrderFeed | str:
    """What is asked for, or the code of why it cannot be had."""
    if isinstance(request, OrderSubscription):
        wanted = request.order_filter or OrderFilter()
        return "INVALID_INPUT" if wanted.account_ids else OrderFeed(books, wanted)
    if not set(request.market_data_filter.fields or ()) <= set(FIELDS):
        return "INVALID_INPUT"
    feed = MarketFeed(books, request.market_filter, request.market_data_filter)
    return "SUBSCRIPTION_LIMIT_EXCEEDED" if len(feed.shown()) > books.options.markets_max else feed


def agreement_on(request: Subscription, *, initial_clk: str, lag: Callable[[], int]) -> Agreement:
    """The rates that will be kept to: those asked for, within bounds."""
    lowest, highest = HEARTBEAT_MS
    return Agreement(
        id=request.id,
        initial_clk=initial_clk,
        conflate_ms=min(max(request.conflate_ms or 0, 0), CONFLATE_MS_MAX),
        heartbeat_ms=min(max(request.heartbeat_ms or highest, lowest), highest),
        segments=request.segmentation_enabled,
        lag=lag,
    )
