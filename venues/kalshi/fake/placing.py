"""New orders: what is wrong with one, one alone, several at once.

Source: Kalshi OpenAPI 3.28 and 3.31, "Create Order (V2)"; refusals recorded on the demo exchange. Where a code has
never been seen over REST, the FIX text stands for it.
"""

import re
from typing import Any, Literal

import msgspec

from domain.ids import SelectionId, VenueMarketId
from domain.messages import RejectReason
from domain.orders import Side
from venues.kalshi.fake.books import Books
from venues.kalshi.fake.forms import SECOND, count, dollars, price, read_count, read_price
from venues.kalshi.fake.questions import Body, Question, parse
from venues.kalshi.fake.records import OwnOrder
from venues.kalshi.fake.refusals import Refused, refused
from venues.sim.faults import Dice
from venues.sim.notices import Cause
from venues.sim.placements import Life, Placement, Refusal, SelfMatch
from venues.sim.queues import SimOrder

YES = SelectionId("yes")
SIDES = {"bid": Side.BACK, "ask": Side.LAY}
LIVES = {
    "good_till_canceled": Life.REST,
    "immediate_or_cancel": Life.IMMEDIATE,
    "fill_or_kill": Life.FILL_OR_KILL,
}
ECHO_NS = 60 * SECOND
SELF_MATCHES = {"taker_at_cross": SelfMatch.CANCEL_TAKER, "maker": SelfMatch.CANCEL_MAKER}
REFUSALS = {
    RejectReason.INSUFFICIENT_FUNDS: (400, "insufficient_balance", ""),
    RejectReason.INVALID_PRICE: (400, "invalid_price", ""),
    RejectReason.INVALID_SIZE: (400, "invalid_order_size", ""),
    RejectReason.POST_ONLY: (400, "invalid_order", "post only cross"),
    RejectReason.MARKET_CLOSED: (409, "MARKET_INACTIVE", ""),
    RejectReason.MARKET_SUSPENDED: (409, "trading_is_paused", ""),
    RejectReason.NOT_RESTING: (404, "not_found", ""),
}
_CLIENT_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")


class CreateOrderV2Request(msgspec.Struct, frozen=True):
    """One order as it is sent. Prices and counts are text."""

    ticker: str
    side: Literal["bid", "ask"]
    count: str
    price: str
    time_in_force: Literal["good_till_canceled", "immediate_or_cancel", "fill_or_kill"]
    self_trade_prevention_type: Literal["taker_at_cross", "maker"]
    client_order_id: str = ""
    expiration_time: int | None = None
    post_only: bool = False
    reduce_only: bool = False
    cancel_order_on_pause: bool = False
    order_group_id: str = ""
    subaccount: int = 0
    exchange_index: int = -1


class BatchCreateOrdersV2Request(msgspec.Struct, frozen=True):
    orders: list[msgspec.Raw]


class Placing:
    """Takes orders."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._anonymous = 0
        self.echo_until_ns = 0
        self._echoes = Dice(books.options.seed, "echoes of a cancel of all")

    def create(self, question: Question) -> Body:
        return self._create(parse(question.body, CreateOrderV2Request), question.now_ns)

    def batch(self, question: Question) -> Body:
        """Each order on its own; one that is refused does not touch the others."""
        return {"orders": [self._entry(bytes(raw), question.now_ns) for raw in _batched(question.body)]}

    def items(self, body: bytes) -> int:
        """How many orders a batch has, for its price; one that cannot be read counts as one."""
        try:
            return max(1, len(_batched(body)))
        except Refused:
            return 1

    def _entry(self, raw: bytes, now_ns: int) -> Body:
        try:
            return self._create(parse(raw, CreateOrderV2Request), now_ns)
        except Refused as no:
            return {"error": no.in_batch()}

    # --- one order ---

    def _create(self, asked: CreateOrderV2Request, now_ns: int) -> Body:
        books = self._books
        placement = self._placement(asked, now_ns)
        books.exchange.approach(placement.account, placement.market, now_ns)
        placed = books.exchange.place(placement, now_ns)
        if isinstance(placed, Refusal):
            raise refusal(placed)
        own = books.records.enrol(placed)
        own.self_trade = asked.self_trade_prevention_type
        own.cancels_on_pause = asked.cancel_order_on_pause
        self._join(own, asked.order_group_id)
        self.expire_at(own, asked.expiration_time or 0)
        self._echo(own, now_ns)
        answer = {
            "order_id": own.id,
            "client_order_id": own.client_id,
            "fill_count": count(placed.matched_micros),
            "remaining_count": count(placed.remaining_micros),
            "ts_ms": books.wall_ms(now_ns),
        }
        return answer | averages(placed)

    def _placement(self, asked: CreateOrderV2Request, now_ns: int) -> Placement:
        """The order as the exchange behind takes it, once everything that it cannot know has been looked at."""
        client_id = asked.client_order_id or self._anonymous_id()
        if not _CLIENT_ID.fullmatch(client_id):
            raise refused(400, "invalid_parameters", "client_order_id")
        if client_id in self._books.records.spent:
            raise refused(409, "order_already_exists")
        addressed(self._books, asked.ticker, asked.exchange_index, asked.subaccount)
        attested(self._books, now_ns)
        open_for_trading(self._books, VenueMarketId(asked.ticker))
        self._check_words(asked, now_ns)
        size, native = read_count(asked.count), read_price(asked.price)
        if size is None:
            raise refused(400, "invalid_order_size")
        if native is None:
            raise refused(400, "invalid_price")
        side = SIDES[asked.side]
        return Placement(
            self._books.options.account,
            VenueMarketId(asked.ticker),
            YES,
            side,
            native,
            self._capped(asked, side, size) if asked.reduce_only else size,
            life=LIVES[asked.time_in_force],
            post_only=asked.post_only,
            persist=True,
            self_match=SELF_MATCHES[asked.self_trade_prevention_type],
            client_ref=client_id,
        )

    def _check_words(self, asked: CreateOrderV2Request, now_ns: int) -> None:
        rests = asked.time_in_force == "good_till_canceled"
        if asked.expiration_time is not None:
            if not rests:
                raise refused(400, "invalid_parameters", "expiration_time needs good_till_canceled")
            if asked.expiration_time * 1_000 <= self._books.wall_ms(now_ns):
                raise refused(400, "invalid_parameters", "expiration_time must be in the future")
        if asked.post_only and not rests:
            raise refused(400, "invalid_order", "post only needs good_till_canceled")
        if asked.reduce_only and asked.time_in_force != "immediate_or_cancel":
            raise refused(400, "invalid_order", "reduce only needs immediate_or_cancel")
        if asked.order_group_id:
            self._check_group(asked.order_group_id)

    def _check_group(self, group_id: str) -> None:
        group = self._books.groups.by_id.get(group_id)
        if group is None:
            raise refused(404, "order_group_not_found")
        if group.is_triggered:
            raise refused(400, "exceeded_order_group_risk_limit")

    def _join(self, own: OwnOrder, group_id: str) -> None:
        """The order belongs to its group from now on; what it was matched at once waits to be told."""
        own.group_id = group_id
        if group_id:
            self._books.groups.by_id[group_id].orders.append(own)

    def _echo(self, own: OwnOrder, now_ns: int) -> None:
        """A cancel of everything may take orders with it that came within the minute after it.

        Source: Kalshi OpenAPI 3.31, "Cancel All Orders".
        """
        if now_ns < self.echo_until_ns and self._echoes.between(0, 1):
            self._cancel_at(own, now_ns + self._echoes.between(0, SECOND))

    def _cancel_at(self, own: OwnOrder, due_ns: int) -> None:
        def end(at_ns: int) -> None:
            if own.order.resting:
                self._books.exchange.cancel(
                    own.order.number, account=own.order.account, now_ns=at_ns, cause=Cause.DEAD_MAN
                )
                self._books.exchange.publish(at_ns)

        self._books.agenda.at(due_ns, end)

    def _capped(self, asked: CreateOrderV2Request, side: Side, size_micros: int) -> int:
        """No more than what closes the position."""
        holding = self._books.records.holdings.get(VenueMarketId(asked.ticker))
        net = holding.net_micros if holding else 0
        capped = min(size_micros, max(0, -net if side is Side.BACK else net))
        if not capped:
            raise refused(400, "invalid_order", "reduce only")
        return capped

    def expire_at(self, own: OwnOrder, expires_s: int) -> None:
        """Cancel an order at a time of the Unix clock, 0 for never."""
        own.expires_s = expires_s
        if not expires_s:
            return

        def expire(now_ns: int) -> None:
            if own.order.resting and own.expires_s == expires_s:
                books.exchange.cancel(own.order.number, account=own.order.account, now_ns=now_ns, cause=Cause.DEAD_MAN)
                books.exchange.publish(now_ns)

        books = self._books
        books.agenda.at(expires_s * SECOND - books.options.epoch_ns, expire)

    def _anonymous_id(self) -> str:
        """Who sends no id is given one."""
        self._anonymous += 1
        return f"anonymous-{self._anonymous}"


# --- shared with changes to orders ---


def addressed(books: Books, ticker: str, exchange_index: int, subaccount: int = 0) -> None:
    """Refuse what is sent to another shard or subaccount than the market's."""
    if ticker not in books.markets or exchange_index not in (-1, books.options.shard):
        raise refused(404, "market_not_found")
    if subaccount:
        raise refused(403, "permission_denied", "subaccount")


def attested(books: Books, now_ns: int) -> None:
    """Everything here is sport, which keys may not trade once the account's word where it is has run out."""
    until_ms = books.options.attested_until_ms
    if until_ms is not None and books.wall_ms(now_ns) >= until_ms:
        raise refused(403, "permission_denied", "location attestation expired")


def open_for_trading(books: Books, market: VenueMarketId) -> None:
    """Refuse while trading is paused or over, here or everywhere."""
    if not books.exchange_active:
        raise refused(409, "exchange_is_paused")
    if not books.trading_active:
        raise refused(409, "trading_is_paused")
    if books.markets[market].status not in ("active", "inactive"):
        raise refused(409, "MARKET_INACTIVE")
    if books.markets[market].status == "inactive":
        raise refused(409, "trading_is_paused")


def refusal(no: Refusal) -> Refused:
    """The exchange's no in the venue's words."""
    return refused(*REFUSALS.get(no.reason, (400, "invalid_order", no.detail)))


def averages(order: SimOrder) -> dict[str, Any]:
    """What a filled order paid for one contract; nothing while it has no fill."""
    if not order.matched_micros:
        return {}
    fee_micros = -(-order.fee_micros * 1_000_000 // order.matched_micros)
    return {
        "average_fill_price": _average(order.cost_micros, order.matched_micros),
        "average_fee_paid": dollars(fee_micros).removesuffix("00"),
    }


def _average(paid_micros: int, contracts_micros: int) -> str:
    native, finer = divmod(paid_micros * 10_000, contracts_micros)
    if not finer:
        return price(native)
    return dollars((2 * paid_micros * 1_000_000 + contracts_micros) // (2 * contracts_micros))


def _batched(body: bytes) -> list[msgspec.Raw]:
    return parse(body, BatchCreateOrdersV2Request).orders
