"""Changes to resting orders: cancel one, several or all; amend; decrease.

Source: Kalshi OpenAPI 3.28 and 3.31, "Cancel Order (V2)", "Amend Order (V2)", "Decrease Order (V2)", "Cancel All".
"""

from typing import Any, Literal

import msgspec

from domain.orders import Side
from venues.kalshi.fake.books import Books
from venues.kalshi.fake.forms import count, read_count, read_price
from venues.kalshi.fake.placing import ECHO_NS, SIDES, Placing, averages, open_for_trading, refusal
from venues.kalshi.fake.questions import Body, Question, order_id, parse
from venues.kalshi.fake.records import OwnOrder
from venues.kalshi.fake.refusals import Refused, not_found, refused
from venues.sim.placements import Refusal


class CancelledItem(msgspec.Struct, frozen=True):
    order_id: str
    subaccount: int = 0
    exchange_index: int = -1
    market_ticker: str = ""


class BatchCancelOrdersV2Request(msgspec.Struct, frozen=True):
    orders: list[CancelledItem]


class AmendOrderV2Request(msgspec.Struct, frozen=True):
    """The whole order as it shall be; `count` is what was filled already and what shall rest."""

    ticker: str
    side: Literal["bid", "ask"]
    price: str
    count: str
    client_order_id: str = ""
    updated_client_order_id: str = ""
    expiration_time: int | None = None
    exchange_index: int = -1


class DecreaseOrderV2Request(msgspec.Struct, frozen=True):
    """By how much, or to what remains: one of the two."""

    reduce_by: str | None = None
    reduce_to: str | None = None
    exchange_index: int = -1
    market_ticker: str = ""


class Editing:
    """Changes what rests."""

    def __init__(self, books: Books, placing: Placing) -> None:
        self._books = books
        self._placing = placing

    # --- cancel ---

    def cancel(self, question: Question) -> Body:
        item = CancelledItem(
            order_id(question),
            question.number("subaccount", 0),
            question.number("exchange_index", -1),
            question.text("market_ticker"),
        )
        return self._cancel(item, question.now_ns)

    def cancel_batch(self, question: Question) -> Body:
        """Each order on its own."""
        return {"orders": [self._entry(item, question.now_ns) for item in _items(question.body)]}

    def items(self, body: bytes) -> int:
        """How many orders a batch names, for its price."""
        try:
            return max(1, len(_items(body)))
        except Refused:
            return 1

    def cancel_all(self, question: Question) -> None:
        """Every resting order of the customer, in every market, and maybe one that comes within the next minute."""
        if not self._books.options.is_direct_member:
            raise refused(403, "permission_denied", "direct members only")
        if question.number("subaccount", 0):
            return
        self._placing.echo_until_ns = question.now_ns + ECHO_NS
        for own in self._books.records.resting():
            self._withdraw(own, question.now_ns)

    def _entry(self, item: CancelledItem, now_ns: int) -> Body:
        try:
            return self._cancel(item, now_ns)
        except Refused as no:
            return {"order_id": item.order_id, "reduced_by": count(0), "error": no.in_batch()}

    def _cancel(self, item: CancelledItem, now_ns: int) -> Body:
        own = self._resting(item.order_id, item.exchange_index, item.market_ticker, item.subaccount)
        return {"order_id": own.id, "reduced_by": count(self._withdraw(own, now_ns)), "ts_ms": self._ts(now_ns)}

    def _withdraw(self, own: OwnOrder, now_ns: int, size_micros: int | None = None) -> int:
        gone = self._books.exchange.cancel(
            own.order.number, account=own.order.account, now_ns=now_ns, size_micros=size_micros
        )
        if isinstance(gone, Refusal):
            raise refusal(gone)
        return gone

    def _resting(self, wanted: str, exchange_index: int, ticker: str, subaccount: int = 0) -> OwnOrder:
        """The order, if the request finds it: without a market or a shard it looks on the first shard only."""
        books = self._books
        if not books.exchange_active:
            raise refused(409, "exchange_is_paused")
        own = books.records.by_id.get(wanted)
        if exchange_index >= 0:
            found = exchange_index == books.options.shard
        else:
            found = ticker in books.markets or (not ticker and books.options.shard == 0)
        if own is None or not found or subaccount or ticker not in ("", own.order.market):
            raise not_found()
        if books.markets[own.order.market].status not in ("active", "inactive"):
            raise refused(409, "MARKET_INACTIVE")
        if not own.order.live:
            raise not_found()
        return own

    # --- amend and decrease ---

    def amend(self, question: Question) -> Body:
        asked = parse(question.body, AmendOrderV2Request)
        known = self._books.records.by_id.get(order_id(question))
        if known is not None and asked.ticker != known.order.market:
            raise refused(400, "order_ticker_mismatch")
        own = self._resting(order_id(question), asked.exchange_index, asked.ticker, question.number("subaccount", 0))
        open_for_trading(self._books, own.order.market)
        self._check_names(asked, own)
        filled_micros = own.order.matched_micros
        size, native = read_count(asked.count), read_price(asked.price)
        if size is None or size < filled_micros:
            raise refused(400, "invalid_order_size")
        if native is None:
            raise refused(400, "invalid_price")
        self._amend(own, native, size - filled_micros, question.now_ns)
        if asked.expiration_time is not None:
            self._placing.expire_at(own, asked.expiration_time)
        if asked.updated_client_order_id:
            self._books.records.rename(own, asked.updated_client_order_id)
        answer = {
            "order_id": own.id,
            "client_order_id": own.client_id,
            "remaining_count": count(own.order.remaining_micros),
            "fill_count": count(own.order.matched_micros),
            "ts_ms": self._ts(question.now_ns),
        }
        return answer | averages(own.order)

    def _amend(self, own: OwnOrder, native: int, remaining_micros: int, now_ns: int) -> None:
        if not remaining_micros:
            self._withdraw(own, now_ns)
            return
        if self._meets_own(own, native):
            raise refused(400, "invalid_order", "self cross")
        amended = self._books.exchange.amend(
            own.order.number,
            account=own.order.account,
            price=native,
            remaining_micros=remaining_micros,
            now_ns=now_ns,
        )
        if isinstance(amended, Refusal):
            raise refusal(amended)

    def _check_names(self, asked: AmendOrderV2Request, own: OwnOrder) -> None:
        if SIDES[asked.side] is not own.order.side:
            raise refused(400, "order_side_mismatch")
        if asked.client_order_id not in ("", own.client_id):
            raise refused(400, "order_id_and_client_order_id_mismatch")
        if asked.updated_client_order_id in self._books.records.spent:
            raise refused(409, "order_already_exists")

    def _meets_own(self, own: OwnOrder, native: int) -> bool:
        """Whether at this price the order would match another one of the customer."""
        order = own.order
        others = self._books.markets[order.market].sim.open_orders.get(order.account, {}).values()
        if order.side is Side.BACK:
            return any(other.side is Side.LAY and other.price <= native for other in others)
        return any(other.side is Side.BACK and other.price >= native for other in others)

    def decrease(self, question: Question) -> Body:
        asked = parse(question.body, DecreaseOrderV2Request)
        subaccount = question.number("subaccount", 0)
        own = self._resting(order_id(question), asked.exchange_index, asked.market_ticker, subaccount)
        if (asked.reduce_by is None) == (asked.reduce_to is None):
            raise refused(400, "invalid_parameters", "exactly one of reduce_by and reduce_to")
        remaining = own.order.remaining_micros
        if asked.reduce_by is not None:
            gone = read_count(asked.reduce_by)
        else:
            left = 0 if _is_zero(asked.reduce_to) else read_count(asked.reduce_to or "")
            gone = None if left is None or left >= remaining else remaining - left
        if gone is None:
            raise refused(400, "invalid_order_size")
        self._withdraw(own, question.now_ns, min(gone, remaining))
        answer: dict[str, Any] = {"order_id": own.id, "client_order_id": own.client_id}
        return answer | {"remaining_count": count(own.order.remaining_micros), "ts_ms": self._ts(question.now_ns)}

    def _ts(self, now_ns: int) -> int:
        return self._books.wall_ms(now_ns)


def _is_zero(text: str | None) -> bool:
    return text is not None and text.strip("0") in ("", ".") and text != ""


def _items(body: bytes) -> list[CancelledItem]:
    return parse(body, BatchCancelOrdersV2Request).orders
