"""What news says to the subscribers of each channel.

`seq` counts the numbered messages of a subscription over all of its markets, answers to commands included; messages
about the customer carry none, but for those about his order groups.
Source: Kalshi AsyncAPI 2.0.0; behaviour as recorded on the demo exchange.
"""

from collections.abc import Collection

import msgspec

from domain.ids import VenueMarketId
from venues.kalshi.fake import messages
from venues.kalshi.fake.books import Books, News
from venues.kalshi.fake.messages import Message
from venues.kalshi.fake.records import Fill

BOOK, TICKER, TRADE, LIFECYCLE = "orderbook_delta", "ticker", "trade", "market_lifecycle_v2"
FILL, ORDERS, POSITIONS, GROUPS = "fill", "user_orders", "market_positions", "order_group_updates"

Markets = dict[VenueMarketId, None]


class Subscription(msgspec.Struct):
    """One channel of one connection. `markets` is None for all of them."""

    sid: int
    channel: str
    markets: Markets | None
    in_yes: bool = False
    terse: bool = False
    seq: int = 0

    def wants(self, market: VenueMarketId) -> bool:
        return self.markets is None or market in self.markets

    def numbered(self, kind: str, message: Message) -> Message:
        """A message with the next number of this subscription."""
        self.seq += 1
        return {"type": kind, "sid": self.sid, "seq": self.seq, "msg": message}

    def ok(self) -> Message:
        """A command was carried out; its number is to be filled in."""
        self.seq += 1
        said: Message = {"id": 0, "sid": self.sid, "seq": self.seq, "type": "ok"}
        return said if self.terse else said | {"msg": {"market_tickers": list(self.markets or {})}}

    def plain(self, kind: str, message: Message) -> Message:
        return {"type": kind, "sid": self.sid, "msg": message}


class Private(msgspec.Struct, frozen=True):
    """A message about the customer, with the order that it is about."""

    channel: str
    order_id: str
    message: Message


def public(books: Books, subscriptions: Collection[Subscription], news: News) -> list[Message]:
    """What everybody may know."""
    said: list[Message] = []
    for one in subscriptions:
        if one.channel == BOOK:
            deltas = [change for change in news.deltas if one.wants(change.market)]
            told = [messages.delta(books, change, news.at_ns, in_yes=one.in_yes) for change in deltas]
            said += [one.numbered("orderbook_delta", message) for message in told]
        elif one.channel == TRADE:
            said += [one.plain(TRADE, messages.trade(books, each)) for each in news.trades if one.wants(each.market)]
        elif one.channel == TICKER:
            markets = [market for market in news.markets if one.wants(market)]
            said += [one.plain(TICKER, messages.ticker(books, market, news.at_ns)) for market in markets]
        elif one.channel == LIFECYCLE:
            said += [one.plain(LIFECYCLE, event) for event in news.lifecycle]
        elif one.channel == GROUPS:
            said += [one.numbered(GROUPS, event) for event in news.groups]
    return said


def private(books: Books, subscriptions: Collection[Subscription], news: News) -> list[Private]:
    """What only the customer may know."""
    said: list[Private] = []
    by_channel = {one.channel: one for one in subscriptions}
    for heard in news.private:
        own = heard.order if isinstance(heard, Fill) else heard
        one = by_channel.get(FILL if isinstance(heard, Fill) else ORDERS)
        if one is None or not one.wants(own.order.market):
            continue
        if isinstance(heard, Fill):
            message = one.plain("fill", messages.fill(books, heard))
        else:
            message = one.plain("user_order", messages.user_order(books, heard))
        said.append(Private(one.channel, own.id, message))
    positions = by_channel.get(POSITIONS)
    return said + (_positions(books, positions, news) if positions else [])


def _positions(books: Books, one: Subscription, news: News) -> list[Private]:
    moved = dict.fromkeys(heard.order.order.market for heard in news.private if isinstance(heard, Fill))
    return [
        Private(POSITIONS, market, one.plain("market_position", messages.market_position(books, market, held)))
        for market in moved
        if one.wants(market) and (held := books.records.holdings.get(market)) is not None
    ]
