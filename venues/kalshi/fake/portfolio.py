"""The customer's own lists: orders, fills, positions; all as they were a while ago.

Source: Kalshi OpenAPI 3.28, portfolio; answers recorded on the demo exchange.
"""

from collections.abc import Iterator

from domain.ids import VenueMarketId
from domain.orders import Side
from venues.kalshi.fake.books import Books
from venues.kalshi.fake.forms import SECOND, count, dollars, price, rfc3339
from venues.kalshi.fake.holdings import Holding
from venues.kalshi.fake.questions import Body, Question, order_id, page
from venues.kalshi.fake.records import Fill, OrderImage, OwnOrder
from venues.kalshi.fake.refusals import invalid_query, not_found

EVENTS_MAX = 10


class Portfolio:
    """Answers what only the customer may ask."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._records = books.records

    # --- orders ---

    def orders(self, question: Question) -> Body:
        rows = ((own.order.number, self._order(own, image)) for own, image in self._orders_asked(question))
        shown, cursor = page(question, rows)
        return {"orders": shown, "cursor": cursor}

    def order(self, question: Question) -> Body:
        own = self._records.by_id.get(order_id(question))
        image = own.images.at(self._records.as_of_ns(question.now_ns)) if own else None
        if own is None or image is None:
            raise not_found()
        return {"order": self._order(own, image)}

    def queue_positions(self, question: Question) -> Body:
        tickers, event = set(question.words("market_tickers")), question.text("event_ticker")
        return {
            "queue_positions": [
                {"order_id": own.id, "market_ticker": own.order.market, "queue_position_fp": count(self._ahead(own))}
                for own in self._records.resting()
                if question.number("subaccount", 0) == 0
                and (not tickers or own.order.market in tickers)
                and event in ("", self._books.markets[own.order.market].details.event_ticker)
            ]
        }

    def queue_position(self, question: Question) -> Body:
        own = self._records.by_id.get(order_id(question))
        if own is None or not own.order.resting:
            raise not_found()
        return {"queue_position_fp": count(self._ahead(own))}

    def _ahead(self, own: OwnOrder) -> int:
        """Contracts before an order at its price."""
        order = own.order
        queue = self._books.markets[order.market].sim.selections[order.selection].books[order.side].queues[order.price]
        before = 0
        for other in queue.orders.values():
            if other.number == order.number:
                break
            before += other.remaining_micros
        return before

    def _orders_asked(self, question: Question) -> Iterator[tuple[OwnOrder, OrderImage]]:
        status, ticker, events = question.text("status"), question.text("ticker"), question.words("event_ticker")
        if status not in ("", "resting", "canceled", "executed"):
            raise invalid_query(question.operation, "Status", "oneof")
        if len(events) > EVENTS_MAX:
            raise invalid_query(question.operation, "EventTicker", "max")
        from_s, to_s = question.window()
        if not addressed(self._books, question):
            return
        for own, image in self._records.orders_seen(question.now_ns, resting=status == "resting"):
            details = self._books.markets[own.order.market].details
            placed_s = self._books.unix_ns(own.order.placed_ns) // SECOND
            if placed_s < from_s:
                return
            if (
                status in ("", image.status)
                and ticker in ("", details.ticker)
                and (not events or details.event_ticker in events)
                and placed_s <= to_s
            ):
                yield own, image

    def _order(self, own: OwnOrder, image: OrderImage) -> Body:
        books = self._books
        body = {
            "order_id": own.id,
            "user_id": books.user_id,
            "client_order_id": image.client_id,
            "ticker": own.order.market,
            "type": "limit",
            "status": image.status,
            "yes_price_dollars": price(image.price),
            "no_price_dollars": price(10_000 - image.price),
            "initial_count_fp": count(image.initial_micros),
            "fill_count_fp": count(image.filled_micros),
            "remaining_count_fp": count(image.remaining_micros),
            "taker_fill_cost_dollars": dollars(image.taker_cost_micros),
            "maker_fill_cost_dollars": dollars(image.maker_cost_micros),
            "taker_fees_dollars": dollars(image.taker_fees_micros),
            "maker_fees_dollars": dollars(image.maker_fees_micros),
            "created_time": rfc3339(books.unix_ns(own.order.placed_ns)),
            "last_update_time": rfc3339(books.unix_ns(image.updated_ns)),
            "self_trade_prevention_type": own.self_trade,
            "cancel_order_on_pause": own.cancels_on_pause,
            "subaccount_number": 0,
            "exchange_index": books.options.shard,
        }
        expires = {"expiration_time": rfc3339(image.expires_s * SECOND)} if image.expires_s else {}
        grouped = {"order_group_id": own.group_id} if own.group_id else {}
        return body | direction(own.order.side) | expires | grouped

    # --- fills and positions ---

    def fills(self, question: Question) -> Body:
        ticker, order, (from_s, to_s) = question.text("ticker"), question.text("order_id"), question.window()
        rows = (
            (fill.number, self._fill(fill))
            for fill in self._records.fills_seen(question.now_ns)
            if ticker in ("", fill.order.order.market)
            and order in ("", fill.order.id)
            and from_s <= self._books.unix_ns(fill.at_ns) // SECOND <= to_s
            and addressed(self._books, question)
        )
        shown, cursor = page(question, rows)
        return {"fills": shown, "cursor": cursor}

    def _fill(self, fill: Fill) -> Body:
        at_ns, market = self._books.unix_ns(fill.at_ns), fill.order.order.market
        return {
            "fill_id": fill.id,
            "trade_id": fill.id,
            "order_id": fill.order.id,
            "ticker": market,
            "market_ticker": market,
            "count_fp": count(fill.size_micros),
            "yes_price_dollars": price(fill.price),
            "no_price_dollars": price(10_000 - fill.price),
            "is_taker": not fill.maker,
            "fee_cost": dollars(fill.fee_micros),
            "created_time": rfc3339(at_ns),
            "ts": at_ns // SECOND,
            "subaccount_number": 0,
            "exchange_index": self._books.options.shard,
        } | direction(fill.order.order.side)

    def positions(self, question: Question) -> Body:
        ticker, event = question.text("ticker"), question.text("event_ticker")
        held = self._records.holdings_seen(question.now_ns) if addressed(self._books, question) else {}
        rows = []
        for n, (market, holding) in enumerate(held.items()):
            details = self._books.markets[market].details
            wanted = ticker in ("", details.ticker) and event in ("", details.event_ticker)
            if wanted and (holding.net_micros or question.text("count_filter") != "position"):
                rows.append((-n, (details.event_ticker, self._position(market, holding), holding)))
        shown, cursor = page(question, rows)
        events: dict[str, list[Holding]] = {}
        for event_ticker, _, holding in shown:
            events.setdefault(event_ticker, []).append(holding)
        return {
            "market_positions": [position for _, position, _ in shown],
            "event_positions": [_event_position(name, held_in) for name, held_in in events.items()],
            "cursor": cursor,
        }

    def _position(self, market: VenueMarketId, holding: Holding) -> Body:
        return {
            "ticker": market,
            "exchange_index": self._books.options.shard,
            "total_traded_dollars": dollars(holding.traded_micros),
            "position_fp": count(holding.net_micros),
            "market_exposure_dollars": dollars(holding.cost_micros),
            "realized_pnl_dollars": dollars(holding.realized_micros),
            "fees_paid_dollars": dollars(holding.fees_micros),
            "last_updated_ts": rfc3339(self._books.unix_ns(holding.updated_ns)),
        }


def addressed(books: Books, question: Question) -> bool:
    """Whether a read means the shard and the subaccount on which everything is."""
    shard = question.number("exchange_index", books.options.shard)
    return shard in (-1, books.options.shard) and question.number("subaccount", 0) == 0


def direction(side: Side) -> dict[str, str]:
    """Which way an order or a fill goes, in the words of today and of before."""
    if side is Side.BACK:
        return {"outcome_side": "yes", "book_side": "bid", "action": "buy", "side": "yes"}
    return {"outcome_side": "no", "book_side": "ask", "action": "sell", "side": "yes"}


def _event_position(event_ticker: str, held: list[Holding]) -> Body:
    return {
        "event_ticker": event_ticker,
        "total_cost_dollars": dollars(sum(one.traded_micros for one in held)),
        "total_cost_shares_fp": count(sum(one.volume_micros for one in held)),
        "event_exposure_dollars": dollars(sum(one.cost_micros for one in held)),
        "realized_pnl_dollars": dollars(sum(one.realized_micros for one in held)),
        "fees_paid_dollars": dollars(sum(one.fees_micros for one in held)),
    }
