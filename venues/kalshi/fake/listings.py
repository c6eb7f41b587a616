"""Series, events, markets, books and trades as the venue writes them.

Source: Kalshi OpenAPI 3.28; markets as recorded on the demo exchange.
"""

from collections.abc import Iterator
from typing import Any

from domain.fees import QuadraticFee
from venues.kalshi.fake.books import Books
from venues.kalshi.fake.forms import MS, count, price, rfc3339, unique_id
from venues.kalshi.fake.markets import MarketState, Trade
from venues.kalshi.fake.options import MarketDetails
from venues.kalshi.fake.questions import Body

HOUR_MS = 3_600_000
FEE_TYPES = {0: "quadratic", 17_500: "quadratic_with_maker_fees", 35_000: "quadratic_with_combo_maker_fees"}


def series(books: Books, details: MarketDetails) -> Body:
    fee = books.exchange.options.terms.fee
    assert isinstance(fee, QuadraticFee), "this venue's fees are quadratic"
    multiplier = fee.multiplier_ppm / 1_000_000
    return {
        "ticker": details.series_ticker,
        "frequency": "custom",
        "title": details.series_title,
        "category": "Sports",
        "tags": [details.tag],
        "settlement_sources": [],
        "contract_url": "",
        "contract_terms_url": "",
        "fee_type": FEE_TYPES[fee.maker_ppm],
        "fee_multiplier": int(multiplier) if multiplier.is_integer() else multiplier,
        "additional_prohibitions": [],
        "exchange_index": books.options.shard,
    }


def event(books: Books, states: list[MarketState], *, nested: bool) -> Body:
    details = states[0].details
    event = {
        "event_ticker": details.event_ticker,
        "series_ticker": details.series_ticker,
        "title": details.event_title,
        "sub_title": details.event_title,
        "collateral_return_type": "",
        "mutually_exclusive": True,
        "category": "Sports",
        "available_on_brokers": False,
        "settlement_sources": [],
        "exchange_index": books.options.shard,
    }
    if details.competition:
        event["product_metadata"] = {"competition": details.competition, "competition_scope": details.scope}
    return event | ({"markets": [market(books, state) for state in states]} if nested else {})


def milestone(books: Books, title: str, starts_ms: int, tickers: list[str]) -> Body:
    """A game with every event that is about it."""
    starts = rfc3339(starts_ms * MS)
    return {
        "id": unique_id(books.options.seed, "milestone", f"{title} {starts_ms}"),
        "category": "Sports",
        "type": "soccer_tournament_multi_leg",
        "title": title,
        "notification_message": "",
        "start_date": starts,
        "end_date": rfc3339((starts_ms + 3 * HOUR_MS) * MS),
        "related_event_tickers": tickers,
        "primary_event_tickers": tickers,
        "details": {},
        "last_updated_ts": starts,
    }


def market(books: Books, state: MarketState) -> Body:
    return _identity(state.details) | _times(books, state) | _rules(books, state) | _figures(state)


def _rules(books: Books, state: MarketState) -> Body:
    options = books.options
    ranges = [
        {"start": price(start), "end": price(end), "step": price(step)} for start, end, step in options.price_ranges
    ]
    rules = {
        "status": state.status,
        "result": state.result,
        "can_close_early": True,
        "settlement_timer_seconds": options.settlement_timer_s,
        "price_level_structure": options.price_structure,
        "price_ranges": ranges,
        "exchange_index": options.shard,
    }
    return rules | ({"settlement_value_dollars": price(state.value)} if state.result else {})


def _times(books: Books, state: MarketState) -> Body:
    details = state.details
    ends_ms = details.starts_ms + 3 * HOUR_MS
    times_ms = {
        "created_time": details.opens_ms - HOUR_MS,
        "updated_time": details.opens_ms,
        "open_time": details.opens_ms,
        "close_time": books.wall_ms(state.closed_ns) if state.closed_ns else details.closes_ms,
        "expected_expiration_time": ends_ms,
        "expiration_time": details.closes_ms,
        "latest_expiration_time": details.closes_ms,
        "occurrence_datetime": ends_ms,
    }
    times = {name: rfc3339(at_ms * MS) for name, at_ms in times_ms.items()}
    return times | ({"settlement_ts": rfc3339(books.unix_ns(state.final_ns))} if state.final_ns else {})


def _identity(details: MarketDetails) -> Body:
    strike = {} if details.line is None else {"floor_strike": details.line}
    return strike | {
        "ticker": details.ticker,
        "event_ticker": details.event_ticker,
        "market_type": "binary",
        "title": f"{details.event_title}: {details.outcome}?",
        "yes_sub_title": details.outcome,
        "no_sub_title": details.outcome,
        "strike_type": "structured",
        "custom_strike": {"soccer_outcome": details.outcome},
        "rules_primary": details.rules[0].format(details.outcome),
        "rules_secondary": details.rules[1],
        "early_close_condition": "This market will close and expire after the result is known.",
        "expiration_value": "",
        "notional_value_dollars": "1.0000",
    }


def _figures(state: MarketState) -> Body:
    bid, ask = state.best_bid, state.best_ask
    return {
        "yes_bid_dollars": price(bid),
        "yes_ask_dollars": price(ask),
        "no_bid_dollars": price(10_000 - ask),
        "no_ask_dollars": price(10_000 - bid),
        "yes_bid_size_fp": count(state.size("yes", bid)),
        "yes_ask_size_fp": count(state.size("no", ask)),
        "last_price_dollars": price(state.trades[-1].price if state.trades else 0),
        "previous_yes_bid_dollars": "0.0000",
        "previous_yes_ask_dollars": "0.0000",
        "previous_price_dollars": "0.0000",
        "liquidity_dollars": "0.0000",
        "volume_fp": count(state.volume_micros),
        "volume_24h_fp": count(state.volume_micros),
        "open_interest_fp": count(state.open_interest_micros()),
    }


def trade_figures(one: Trade) -> dict[str, Any]:
    """What lists and the stream say alike of a trade."""
    side, book_side = ("yes", "bid") if one.taker.value == "back" else ("no", "ask")
    return {
        "count_fp": count(one.size_micros),
        "yes_price_dollars": price(one.price),
        "no_price_dollars": price(10_000 - one.price),
        "taker_side": side,
        "taker_outcome_side": side,
        "taker_book_side": book_side,
        "is_block_trade": False,
    }


def levels(state: MarketState, side: str, *, in_yes: bool) -> Iterator[tuple[int, int]]:
    """Bids of one side with ascending prices; those for NO in NO prices, or in YES prices."""
    flips = side == "no" and not in_yes
    yield from sorted((10_000 - at if flips else at, size) for at, size in state.sides[side].items())


def rest_book(state: MarketState, depth: int) -> Body:
    """Both sides in their own prices, the best last; with a depth only so many of the best."""
    return {
        f"{side}_dollars": [[price(at), count(size)] for at, size in levels(state, side, in_yes=False)][-depth:]
        for side in ("yes", "no")
    }


def trade(books: Books, one: Trade) -> Body:
    return {
        "trade_id": unique_id(books.options.seed, "trade", one.number),
        "ticker": one.market,
        "created_time": rfc3339(books.unix_ns(one.at_ns)),
    } | trade_figures(one)
