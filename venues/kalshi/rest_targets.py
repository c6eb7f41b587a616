"""What we ask over REST: targets below the interface's root, and the body of an order."""

import re
from collections.abc import Sequence
from urllib.parse import quote, urlencode

import msgspec

from domain.amending import AmendOrder
from domain.messages import PlaceOrder
from domain.orders import Side, TimeInForce
from venues.kalshi.amounts import count_text, price_text
from venues.kalshi.rules import ROWS_PER_PAGE

CREATE = "/portfolio/events/orders"
CANCEL_PATTERN = "/portfolio/events/orders/:order_id"
BATCH = "/portfolio/events/orders/batched"
GROUPS = "/portfolio/order_groups"
"""Paths below the interface's root, as the table of costs spells them."""

MOVED_PER_PAGE = 500

_REF = re.compile(r"[A-Za-z0-9_-]{1,64}", re.ASCII)


def is_ref(text: str) -> bool:
    """Whether the venue takes this as a client order id.

    Source: Kalshi docs, FIX order entry (length); the characters of a UUID are known to be taken.
    """
    return _REF.fullmatch(text) is not None


class Place(msgspec.Struct, frozen=True):
    """Where an instrument's orders go; `shard` None where the venue did not say."""

    ticker: str
    shard: int | None


def encode_create(order: PlaceOrder, place: Place, *, subaccount: int, group: str = "", expires_s: int = 0) -> bytes:
    """The body of a limit order. A resting one is cancelled by the venue when trading pauses, and at `expires_s`, Unix
    seconds, if that is not 0; one of a `group` with it.

    Our own resting order on the other side stops this one, and stands. Naming the shard saves the venue a look-up, and
    it bills that shard's own budget.
    Source: Kalshi OpenAPI, CreateOrderV2Request; docs, "Exchange Sharding".
    """
    body: dict[str, object] = {
        "ticker": place.ticker,
        "client_order_id": order.ref,
        "side": "bid" if order.side is Side.BACK else "ask",
        "count": count_text(order.size_micros),
        "price": price_text(order.price),
        "time_in_force": "good_till_canceled" if order.tif is TimeInForce.REST else "immediate_or_cancel",
        "self_trade_prevention_type": "taker_at_cross",
        "subaccount": subaccount,
    }
    if order.tif is TimeInForce.REST:
        body["cancel_order_on_pause"] = True
        if expires_s:
            body["expiration_time"] = expires_s
    if group:
        body["order_group_id"] = group
    if place.shard is not None:
        body["exchange_index"] = place.shard
    return msgspec.json.encode(body)


def query(**fields: object) -> str:
    """A query string of the fields that are there, commas kept."""
    return "?" + urlencode({name: value for name, value in fields.items() if value is not None}, safe=",")


def cancel_target(order_id: str, place: Place, *, subaccount: int) -> str:
    """Path and query of a cancel. Without market or shard it would miss every shard but the first.

    Source: Kalshi OpenAPI 3.31.0, CancelOrderV2.
    """
    assert order_id, "a cancel names its order: the bare path cancels all of them"
    named = query(subaccount=subaccount, exchange_index=place.shard, market_ticker=place.ticker or None)
    return f"{CREATE}/{quote(order_id, safe='')}{named}"


def amend_target(order_id: str, *, subaccount: int) -> str:
    assert order_id, "an amend names its order"
    return f"{CREATE}/{quote(order_id, safe='')}/amend{query(subaccount=subaccount)}"


def decrease_target(order_id: str, *, subaccount: int) -> str:
    assert order_id, "a decrease names its order"
    return f"{CREATE}/{quote(order_id, safe='')}/decrease{query(subaccount=subaccount)}"


def encode_amend(amend: AmendOrder, place: Place, *, expires_s: int = 0) -> bytes:
    """The body of an amend: `count` is what was filled already and what shall rest."""
    count_micros = amend.matched_micros + amend.new_remaining_micros
    return encode_terms(amend.side, amend.price, count_micros, place, expires_s=expires_s)


def encode_terms(side: Side, price: int, count_micros: int, place: Place, *, expires_s: int) -> bytes:
    """The body of an amend to these terms; with those that an order has it gets another expiry, and keeps its place.

    Source: Kalshi OpenAPI 3.31.0, AmendOrderV2Request.
    """
    body: dict[str, object] = {
        "ticker": place.ticker,
        "side": "bid" if side is Side.BACK else "ask",
        "price": price_text(price),
        "count": count_text(count_micros),
    }
    if expires_s:
        body["expiration_time"] = expires_s
    if place.shard is not None:
        body["exchange_index"] = place.shard
    return msgspec.json.encode(body)


def encode_decrease(by_micros: int, place: Place) -> bytes:
    """The body of a decrease. Source: Kalshi OpenAPI 3.31.0, DecreaseOrderV2Request."""
    body: dict[str, object] = {"reduce_by": count_text(by_micros), "market_ticker": place.ticker}
    if place.shard is not None:
        body["exchange_index"] = place.shard
    return msgspec.json.encode(body)


def encode_creates(bodies: Sequence[bytes]) -> bytes:
    """The body of a batch of orders."""
    return msgspec.json.encode({"orders": [msgspec.Raw(body) for body in bodies]})


def encode_cancels(orders: Sequence[tuple[str, Place]], *, subaccount: int) -> bytes:
    """The body of a batch of cancels; each names its market, without which it would miss every shard but the first.

    Source: Kalshi OpenAPI 3.31.0, BatchCancelOrdersV2.
    """
    entries: list[dict[str, object]] = []
    for order_id, place in orders:
        entry: dict[str, object] = {"order_id": order_id, "subaccount": subaccount}
        if place.ticker:
            entry["market_ticker"] = place.ticker
        if place.shard is not None:
            entry["exchange_index"] = place.shard
        entries.append(entry)
    return msgspec.json.encode({"orders": entries})


def cancel_all_target(*, subaccount: int) -> str:
    """Everything that rests on the subaccount, on every shard; without the subaccount it would be on all of them."""
    return CREATE + query(subaccount=subaccount)


def encode_group(contracts: int, *, subaccount: int, shard: int) -> bytes:
    """The body that makes a group. Source: Kalshi OpenAPI, CreateOrderGroupRequest."""
    return msgspec.json.encode({"contracts_limit": contracts, "subaccount": subaccount, "exchange_index": shard})


def encode_limit(contracts: int) -> bytes:
    """The body that gives a group another limit."""
    return msgspec.json.encode({"contracts_limit": contracts})


def group_target(group: str, act: str = "", *, subaccount: int, shard: int | None = None) -> str:
    """A group, or an `act` on it: reset, trigger, limit. Acts name the shard, without which they mean the first."""
    assert group, "an act names its group"
    path = f"{GROUPS}/{quote(group, safe='')}" + (f"/{act}" if act else "")
    return path + query(subaccount=subaccount, exchange_index=shard)


def queue_target(order_id: str) -> str:
    """What stands before one order."""
    return f"/portfolio/orders/{quote(order_id, safe='')}/queue_position"


def queues_target(tickers: Sequence[str], *, subaccount: int) -> str:
    """What stands before each order of ours in these markets."""
    return "/portfolio/orders/queue_positions" + query(market_tickers=",".join(tickers), subaccount=subaccount)


def order_target(order_id: str) -> str:
    return f"/portfolio/orders/{quote(order_id, safe='')}"


def orders_target(*, subaccount: int, ticker: str = "", status: str = "", min_ts: int = 0, cursor: str = "") -> str:
    """One page of orders, those that are over included unless a status is named; `min_ts` in Unix seconds."""
    return "/portfolio/orders" + query(
        ticker=ticker or None,
        status=status or None,
        min_ts=min_ts or None,
        limit=ROWS_PER_PAGE,
        cursor=cursor or None,
        subaccount=subaccount,
    )


def fills_target(*, subaccount: int, ticker: str = "", order_id: str = "", min_ts: int = 0, cursor: str = "") -> str:
    """One page of matches of the account; `min_ts` in Unix seconds."""
    return "/portfolio/fills" + query(
        ticker=ticker or None,
        order_id=order_id or None,
        min_ts=min_ts or None,
        limit=ROWS_PER_PAGE,
        cursor=cursor or None,
        subaccount=subaccount,
    )


def positions_target(*, subaccount: int, cursor: str = "") -> str:
    """One page of the positions in markets that are not settled, on all shards; without the subaccount it would be the
    first one's. Source: Kalshi OpenAPI, GetPositions: 1,000 a page.
    """
    return "/portfolio/positions" + query(
        count_filter="position", limit=ROWS_PER_PAGE, cursor=cursor or None, subaccount=subaccount
    )


def settlements_target(ticker: str = "", *, subaccount: int, min_ts: int = 0, cursor: str = "") -> str:
    """One page of the statements of a market, or of all that were settled since `min_ts` in Unix seconds."""
    return "/portfolio/settlements" + query(
        ticker=ticker or None,
        min_ts=min_ts or None,
        limit=ROWS_PER_PAGE,
        cursor=cursor or None,
        subaccount=subaccount,
    )


def moved_target(kind: str, *, cursor: str = "") -> str:
    """One page of `deposits` or `withdrawals`. Source: Kalshi OpenAPI, WithdrawalLimitQuery: 500 a page."""
    return f"/portfolio/{kind}" + query(limit=MOVED_PER_PAGE, cursor=cursor or None)


def balance_target(*, subaccount: int) -> str:
    """Cash on all shards."""
    return "/portfolio/balance" + query(subaccount=subaccount)


def market_target(ticker: str) -> str:
    return f"/markets/{quote(ticker, safe='')}"


def markets_target(tickers: Sequence[str]) -> str:
    """These markets, in whatever state they are."""
    return "/markets" + query(tickers=",".join(tickers), limit=ROWS_PER_PAGE)


def events_target(tickers: Sequence[str]) -> str:
    """These events, for their series and their own fees."""
    return "/events" + query(tickers=",".join(tickers), limit=len(tickers))


def series_target(ticker: str) -> str:
    return f"/series/{quote(ticker, safe='')}"


LIMITS_TARGET = "/account/limits"
COSTS_TARGET = "/account/endpoint_costs"
STATUS_TARGET = "/exchange/status"
SCHEDULE_TARGET = "/exchange/schedule"
AS_OF_TARGET = "/exchange/user_data_timestamp"
KEYS_TARGET = "/api_keys"
