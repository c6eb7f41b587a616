"""Questions that take several calls, each written as one conversation: it asks, is answered, and ends in facts.

A conversation that is not answered to its end says nothing at all: half a list proves no absence.
"""

from collections.abc import Callable, Generator
from typing import Any, TypeVar

import msgspec

from domain.ids import Currency, OrderRef, VenueMarketId, VenueName
from domain.markets import MarketStatus
from domain.messages import Fact, MarketSettled, OrderAbsent, OrderReported, VenueReported
from venues.betfair.amounts import money_micros
from venues.betfair.api import Answered
from venues.betfair.bets import Bets
from venues.betfair.market_codec import market_status
from venues.betfair.query_codec import (
    BOOK,
    CLEARED,
    CURRENT,
    FUNDS,
    AccountFunds,
    ClearedOrder,
    CurrentOrder,
    MarketBook,
    balance_reported,
    book_answer,
    book_changed,
    cleared_answer,
    cleared_reported,
    current_answer,
    current_reported,
    encode_book,
    encode_cleared,
    encode_current,
    funds_answer,
    venue_order,
)
from venues.betfair.rpc import Answerer

T = TypeVar("T")

PAGES_MAX = 100
TRIES_MAX = 3
CLEARED_STATUSES = ("SETTLED", "VOIDED", "LAPSED", "CANCELLED")


class Ask(msgspec.Struct, frozen=True):
    """One call that a conversation wants made."""

    method: str
    params: bytes
    decoder: Answerer[Any]


class Unusable(Exception):
    """The answers do not fit together, so nothing may be concluded from them."""


Steps = Generator[Ask, Answered[Any], T]
Talk = Steps[list[Fact]]


class Account(msgspec.Struct, frozen=True):
    """Whose bets are asked about."""

    venue: VenueName
    currency: Currency
    strategy_ref: str


def order_talk(refs: list[OrderRef], bets: Bets, as_of_ms: int) -> Talk:
    """What became of these orders: unsettled ones first, then those that are over.

    A bet moves from the first list to the second, never back; so in that order it cannot slip between them. Absence
    is as old as the first question. `as_of_ms`: our own time of it, since lists carry none.
    """
    facts: list[Fact] = []
    current, asked_ns = yield from _current(refs=refs)
    missing = dict.fromkeys(refs)
    for order in current:
        ref = OrderRef(order.customer_order_ref)
        if ref in missing and bets.bind(ref, market_id=order.market_id, bet_id=order.bet_id):
            facts.append(current_reported(order, ref, as_of_ms=as_of_ms))
            del missing[ref]
    cleared: dict[OrderRef, dict[str, list[ClearedOrder]]] = {}
    for status in CLEARED_STATUSES if missing else ():
        for row in (yield from _cleared(status, refs=list(missing))):
            ref = OrderRef(row.customer_order_ref)
            if ref in missing and bets.bind(ref, market_id=row.market_id, bet_id=row.bet_id):
                cleared.setdefault(ref, {}).setdefault(status, []).append(row)
    for ref in missing:
        if ref in cleared:
            facts.append(cleared_reported(ref, cleared[ref], as_of_ms=as_of_ms))
        else:
            facts.append(OrderAbsent(ref, asked_ns))
    return facts


def venue_talk(account: Account, bets: Bets, as_of_ms: int) -> Talk:
    """Every bet on unsettled markets, ours with their figures and others while they are open, and the wallet."""
    current, asked_ns = yield from _current()
    orders = []
    for order in current:
        ref = OrderRef(order.customer_order_ref)
        by_us = ref and order.customer_strategy_ref in ("", account.strategy_ref)
        if by_us and bets.bind(ref, market_id=order.market_id, bet_id=order.bet_id):
            orders.append(venue_order(order, ref, account.venue, as_of_ms=as_of_ms))
        elif order.status != "EXECUTION_COMPLETE":
            orders.append(venue_order(order, None, account.venue, as_of_ms=as_of_ms))
    funds: Answered[AccountFunds] = yield Ask(FUNDS, b"{}", funds_answer)
    balance = balance_reported(funds.result, account.venue, account.currency, asked_ns=funds.sent_ns)
    return [VenueReported(account.venue, asked_ns, tuple(orders)), balance]


def market_talk(account: Account, venue_market: VenueMarketId) -> Talk:
    """The state of a market that the stream does not show. What is open is left to the stream to tell."""
    book = yield from _book(venue_market)
    if book is None or market_status(book.status) is MarketStatus.OPEN:
        return []
    return [book_changed(account.venue, book)]


def settlement_talk(account: Account, venue_market: VenueMarketId, as_of_ms: int) -> Talk:
    """The statement of a closed market, once no bet of ours on it is left unsettled; before that, nothing.

    Profit is the sum of our bets; commission is charged on the account's result of the whole market and is told of
    whole markets only. The statement is named by its figures and their date: the same is the same, and a
    resettlement is another.
    Source: Betfair developer docs, "listClearedOrders".
    """
    book = yield from _book(venue_market)
    if book is None or market_status(book.status) is not MarketStatus.CLOSED:
        return []
    current, _ = yield from _current(market_id=venue_market)
    if any(order.customer_strategy_ref == account.strategy_ref for order in current):
        return []
    settled = yield from _cleared("SETTLED", market_id=venue_market, strategy_ref=account.strategy_ref)
    voided = yield from _cleared("VOIDED", market_id=venue_market, strategy_ref=account.strategy_ref)
    markets = yield from _cleared("SETTLED", market_id=venue_market, group_by="MARKET")
    profit_micros = sum(money_micros(row.profit) for row in settled)
    commission_micros = sum(money_micros(row.commission) for row in markets) if settled else 0
    dated = max((row.settled_date for row in settled), default="")
    return [
        MarketSettled(
            venue=account.venue,
            venue_market=venue_market,
            statement=f"{venue_market}/{dated}/{profit_micros}/{commission_micros}",
            profit_micros=profit_micros,
            commission_micros=commission_micros,
            results=book_changed(account.venue, book).results,
            annulled=_annulled(settled, voided, as_of_ms),
        )
    ]


def _annulled(settled: list[ClearedOrder], voided: list[ClearedOrder], as_of_ms: int) -> tuple[OrderReported, ...]:
    """The bets of which something is void, with what is left of them."""
    found = {row.bet_id: row for row in voided}
    return tuple(
        cleared_reported(
            OrderRef(row.customer_order_ref),
            {
                "SETTLED": [one for one in settled if one.bet_id == bet_id],
                "VOIDED": [one for one in voided if one.bet_id == bet_id],
            },
            as_of_ms=as_of_ms,
        )
        for bet_id, row in found.items()
    )


def _book(venue_market: VenueMarketId) -> Steps[MarketBook | None]:
    """One market alone: asked together, open ones would hide closed ones."""
    books: Answered[list[MarketBook]] = yield Ask(BOOK, encode_book(venue_market), book_answer)
    return next((one for one in books.result if one.market_id == venue_market), None)


# --- pages ---


def _current(
    *, refs: list[OrderRef] | None = None, market_id: str | None = None
) -> Steps[tuple[list[CurrentOrder], int]]:
    rows, asked_ns = yield from _pages(
        CURRENT, lambda first: encode_current(first, refs=refs, market_id=market_id), current_answer
    )
    return rows, asked_ns


def _cleared(
    status: str,
    *,
    refs: list[OrderRef] | None = None,
    market_id: str | None = None,
    strategy_ref: str | None = None,
    group_by: str | None = None,
) -> Steps[list[ClearedOrder]]:
    def encode(first: int) -> bytes:
        return encode_cleared(
            status, first, refs=refs, market_id=market_id, strategy_ref=strategy_ref, group_by=group_by
        )

    rows, _ = yield from _pages(CLEARED, encode, cleared_answer)
    return rows


def _pages(method: str, encode: Callable[[int], bytes], decoder: Answerer[Any]) -> Steps[tuple[list[Any], int]]:
    """All rows of a list, and when the first page was asked for.

    Each page begins with the last row of the one before: if it does not, rows came or went meanwhile and the list
    is read again from the start. Unusable if it never holds still.
    """
    for _ in range(TRIES_MAX):
        rows: list[Any] = []
        asked_ns = 0
        for _ in range(PAGES_MAX):
            answered = yield Ask(method, encode(max(0, len(rows) - 1)), decoder)
            page = answered.result
            asked_ns = asked_ns or answered.sent_ns
            if rows and (not page.rows or page.rows[0].bet_id != rows[-1].bet_id):
                break
            fresh = page.rows[1:] if rows else page.rows
            rows += fresh
            if not page.more_available:
                return rows, asked_ns
            if not fresh:
                break
    raise Unusable(f"{method}: pages shifted while they were read")
