"""The stream's messages as the venue writes them, without the envelope that a subscription puts around each.

Source: Kalshi AsyncAPI 2.0.0; books as recorded on the demo exchange.
"""

from typing import Any

from domain.ids import VenueMarketId
from domain.orders import Side
from venues.kalshi.fake.books import Books
from venues.kalshi.fake.forms import MS, SECOND, count, dollars, price, rfc3339, unique_id
from venues.kalshi.fake.holdings import Holding
from venues.kalshi.fake.listings import levels, trade_figures
from venues.kalshi.fake.markets import Delta, MarketState, Trade
from venues.kalshi.fake.portfolio import direction
from venues.kalshi.fake.records import Fill, OwnOrder

Message = dict[str, Any]


def snapshot(books: Books, state: MarketState, *, in_yes: bool) -> Message:
    """A whole book; a side without orders is left out."""
    market = state.details.ticker
    message: Message = {"market_ticker": market, "market_id": books.market_id(market)}
    for side in ("yes", "no"):
        if rows := [[price(at), count(size)] for at, size in levels(state, side, in_yes=in_yes)]:
            message[f"{side}_dollars_fp"] = rows
    return message


def delta(books: Books, change: Delta, at_ns: int, *, in_yes: bool) -> Message:
    """One level's gain or loss."""
    at, unix_ns = change.price, books.unix_ns(at_ns)
    message = {
        "market_ticker": change.market,
        "market_id": books.market_id(change.market),
        "price_dollars": price(at if in_yes or change.side == "yes" else 10_000 - at),
        "delta_fp": count(change.change_micros),
        "side": change.side,
        "ts": rfc3339(unix_ns),
        "ts_ms": unix_ns // MS,
    }
    return message | ({"client_order_id": change.client_id} if change.client_id else {})


def trade(books: Books, one: Trade) -> Message:
    unix_ns = books.unix_ns(one.at_ns)
    return {
        "trade_id": unique_id(books.options.seed, "trade", one.number),
        "market_ticker": one.market,
        "ts": unix_ns // SECOND,
        "ts_ms": unix_ns // MS,
    } | trade_figures(one)


def ticker(books: Books, market: VenueMarketId, at_ns: int) -> Message:
    """A market's figures at a glance."""
    state, unix_ns = books.markets[market], books.unix_ns(at_ns)
    bid, ask, held = state.best_bid, state.best_ask, state.open_interest_micros()
    last = state.trades[-1] if state.trades else None
    return {
        "market_ticker": market,
        "market_id": books.market_id(market),
        "price_dollars": price(last.price if last else 0),
        "yes_bid_dollars": price(bid),
        "yes_ask_dollars": price(ask),
        "yes_bid_size_fp": count(state.size("yes", bid)),
        "yes_ask_size_fp": count(state.size("no", ask)),
        "last_trade_size_fp": count(last.size_micros if last else 0),
        "volume_fp": count(state.volume_micros),
        "open_interest_fp": count(held),
        "dollar_volume": state.spent_micros // 1_000_000,
        "dollar_open_interest": held * (last.price if last else 0) // 10_000 // 1_000_000,
        "ts": unix_ns // SECOND,
        "ts_ms": unix_ns // MS,
        "time": rfc3339(unix_ns),
    }


def fill(books: Books, one: Fill) -> Message:
    order, unix_ns = one.order.order, books.unix_ns(one.at_ns)
    return {
        "trade_id": one.id,
        "order_id": one.order.id,
        "client_order_id": one.order.client_id,
        "market_ticker": order.market,
        "exchange_index": books.options.shard,
        "is_taker": not one.maker,
        "purchased_side": "yes" if order.side is Side.BACK else "no",
        "yes_price_dollars": price(one.price),
        "count_fp": count(one.size_micros),
        "fee_cost": dollars(one.fee_micros),
        "post_position_fp": count(one.position_micros),
        "ts": unix_ns // SECOND,
        "ts_ms": unix_ns // MS,
    } | direction(order.side)


def user_order(books: Books, own: OwnOrder) -> Message:
    """An order, whole."""
    image = own.image()
    created_ns, updated_ns = books.unix_ns(own.order.placed_ns), books.unix_ns(image.updated_ns)
    ways = direction(own.order.side)
    message = {
        "order_id": own.id,
        "user_id": books.user_id,
        "ticker": own.order.market,
        "status": image.status,
        "side": ways["side"],
        "is_yes": True,
        "outcome_side": ways["outcome_side"],
        "book_side": ways["book_side"],
        "yes_price_dollars": price(image.price),
        "fill_count_fp": count(image.filled_micros),
        "remaining_count_fp": count(image.remaining_micros),
        "initial_count_fp": count(image.initial_micros),
        "taker_fill_cost_dollars": dollars(image.taker_cost_micros),
        "maker_fill_cost_dollars": dollars(image.maker_cost_micros),
        "taker_fees_dollars": dollars(image.taker_fees_micros),
        "maker_fees_dollars": dollars(image.maker_fees_micros),
        "client_order_id": image.client_id,
        "self_trade_prevention_type": own.self_trade,
        "created_time": rfc3339(created_ns),
        "created_ts_ms": created_ns // MS,
        "last_update_time": rfc3339(updated_ns),
        "last_updated_ts_ms": updated_ns // MS,
        "subaccount_number": 0,
    }
    if own.group_id:
        message["order_group_id"] = own.group_id
    if not image.expires_s:
        return message
    expiry = {"expiration_time": rfc3339(image.expires_s * SECOND), "expiration_ts_ms": image.expires_s * 1_000}
    return message | expiry


def market_position(books: Books, market: VenueMarketId, holding: Holding) -> Message:
    return {
        "user_id": books.user_id,
        "market_ticker": market,
        "position_fp": count(holding.net_micros),
        "position_cost_dollars": dollars(holding.cost_micros),
        "realized_pnl_dollars": dollars(holding.realized_micros),
        "fees_paid_dollars": dollars(holding.fees_micros),
        "position_fee_cost_dollars": dollars(holding.fees_micros),
        "volume_fp": count(holding.volume_micros),
    }
