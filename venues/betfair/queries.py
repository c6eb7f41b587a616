"""Questions that take several calls, each written as one conversation: it asks, is answered, and ends in facts.

A conversation that is not answered to its end says nothing at all: half a list proves no absence.
"""

from collections.abc import Callable, Generator
from typing import Any, TypeVar

import msgspec

from domain.amending import AmendAccepted, generation
from domain.ids import (
    Currency,
    InstrumentId,
    OrderRef,
    VenueMarketId,
    VenueName,
    VenueOrderId,
    stranger_id,
    stranger_ref,
)
from domain.markets import MarketStatus
from domain.messages import Fact, MarketSettled, OrderAbsent, OrderReported, VenueReported
from domain.orders import Evidence
from domain.venue_notes import PositionBasis, PositionsReported
from venues.betfair.amounts import money_micros, unix_ms
from venues.betfair.api import Answered
from venues.betfair.bets import Bets
from venues.betfair.dead_heats import dead_heat_parts
from venues.betfair.lines import has_lines, line_results
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
    bet_instrument,
    book_answer,
    book_changed,
    cleared_answer,
    cleared_reported,
    contradicts,
    current_answer,
    current_reported,
    encode_book,
    encode_cleared,
    encode_current,
    funds_answer,
    is_half,
    venue_order,
)
from venues.betfair.rpc import Answerer
from venues.errors import PeerBroke

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
    is as old as the first question. `as_of_ms`: our own time of it, since lists carry none. Where bets replaced others
    under one ref all of them are read, for the place in their order says which is which. Of a bet that shows in half,
    since it came to be only behind the first read, nothing is told yet; one that replaced another may be for less than
    anybody knows.
    """
    strangers = [ref for ref in refs if stranger_id(ref)]
    strange = (yield from _strangers_talk(strangers, as_of_ms)) if strangers else []
    refs = [ref for ref in refs if not stranger_id(ref)]
    return [*strange, *((yield from _own_talk(refs, bets, as_of_ms)) if refs else [])]


def _strangers_talk(refs: list[OrderRef], as_of_ms: int) -> Talk:
    """Bets that somebody else placed on the account, which are known by their ids alone."""
    by_id = {stranger_id(ref): ref for ref in refs}
    rows, asked_ns = yield from _current(bet_ids=[*by_id])
    found = {bet_id: _Found() for bet_id in by_id}
    for row in rows:
        if (of := found.get(row.bet_id)) is not None:
            of.current[row.bet_id] = row
    gone = [bet_id for bet_id, of in found.items() if not of.current]
    for status in CLEARED_STATUSES if gone else ():
        for cleared in (yield from _cleared(status, bet_ids=gone)):
            if (of := found.get(cleared.bet_id)) is not None:
                of.cleared.setdefault(cleared.bet_id, {}).setdefault(status, []).append(cleared)
    shown = [bet_id for bet_id, of in found.items() if of.current or of.cleared]
    facts = [fact for bet_id in shown for fact in found[bet_id].reported(bet_id, by_id[bet_id], as_of_ms)]
    return [*facts, *(OrderAbsent(by_id[bet_id], asked_ns) for bet_id in gone if bet_id not in shown)]


def _own_talk(refs: list[OrderRef], bets: Bets, as_of_ms: int) -> Talk:
    """What became of orders that bear a ref of ours."""
    for ref in refs:
        bets.expect(ref)
    roots = list(dict.fromkeys(generation(ref)[0] for ref in refs))
    rows, asked_ns = yield from _current(refs=roots)
    found = {root: _Found() for root in roots}
    for row in rows:
        if (of := found.get(OrderRef(row.customer_order_ref))) is not None:
            of.add(row.bet_id, row.market_id, row.placed_date)
            of.current[row.bet_id] = row
    seekers = [root for root in roots if not _is_whole(root, found[root], bets)]
    for status in CLEARED_STATUSES if seekers else ():
        for cleared in (yield from _cleared(status, refs=seekers)):
            if (of := found.get(OrderRef(cleared.customer_order_ref))) is not None:
                of.add(cleared.bet_id, cleared.market_id, cleared.placed_date)
                of.cleared.setdefault(cleared.bet_id, {}).setdefault(status, []).append(cleared)
    facts: list[Fact] = []
    told: set[OrderRef] = set()
    for root, of in found.items():
        bets.line_up(root, market_id=of.market_id, bet_ids=sorted(of.dated, key=of.moment))
        for bet_id in of.dated:
            if (one := bets.bind(root, market_id=of.market_id, bet_id=bet_id)) is not None:
                told.add(one)
                if bet_id in of.current and (smaller := _taken_over(of.current[bet_id], one, bets)) is not None:
                    facts.append(smaller)
                if bet_id in of.current or one != root or not is_half(of.cleared[bet_id], bets.bet(one).size_micros):
                    facts += of.reported(bet_id, one, as_of_ms)
    return [*facts, *(OrderAbsent(ref, asked_ns) for ref in refs if ref not in told)]


class _Found:
    """The bets that bear one ref, or one id: when each was placed, and its rows in the lists."""

    def __init__(self) -> None:
        self.market_id = ""
        self.dated: dict[str, str] = {}
        self.current: dict[str, CurrentOrder] = {}
        self.cleared: dict[str, dict[str, list[ClearedOrder]]] = {}

    def add(self, bet_id: str, market_id: str, placed_date: str) -> None:
        self.market_id = market_id
        self.dated.setdefault(bet_id, placed_date)

    def moment(self, bet_id: str) -> tuple[str, int, str]:
        """What bets are in order by. Dates are to the second; that ids grow within one is seen, not documented."""
        return self.dated[bet_id], len(bet_id), bet_id

    def reported(self, bet_id: str, ref: OrderRef, as_of_ms: int) -> list[Fact]:
        """What became of one bet; nothing where its figures make no sense, which is no other bet's trouble."""
        try:
            if bet_id in self.current:
                return [current_reported(self.current[bet_id], ref, as_of_ms=as_of_ms)]
            return [cleared_reported(ref, self.cleared[bet_id], as_of_ms=as_of_ms)]
        except PeerBroke:
            return []


def _taken_over(order: CurrentOrder, ref: OrderRef, bets: Bets) -> AmendAccepted | None:
    return bets.bet(ref).taken_over(ref, order.price_size.size, Evidence.PULL)


def _is_whole(root: OrderRef, found: _Found, bets: Bets) -> bool:
    """Whether the unsettled bets that bear a ref are all that there can be."""
    only, *others = bets.generations(root)
    return not others and any(bets.bet(only).bet_id in ("", bet_id) for bet_id in found.current)


def venue_talk(account: Account, bets: Bets, as_of_ms: int) -> Talk:
    """Every bet on unsettled markets with its figures, others than ours while they are open, what all of them come to,
    and the wallet.

    A bet that bears a ref of ours and is none that we know of goes by that ref without figures: whoever knows what
    was replaced before us tells whose it is by its id.
    """
    current, asked_ns = yield from _current()
    funds: Answered[AccountFunds] = yield Ask(FUNDS, b"{}", funds_answer)
    balance = balance_reported(funds.result, account.venue, account.currency, asked_ns=funds.sent_ns)
    held = _held(account, current, asked_ns)  # what is told once is told behind all that may break the round
    orders = []
    facts: list[Fact] = []
    for order in current:
        name = OrderRef(order.customer_order_ref)
        by_us = name and order.customer_strategy_ref in ("", account.strategy_ref)
        ref = bets.bind(name, market_id=order.market_id, bet_id=order.bet_id) if by_us else None
        if ref is not None:
            smaller = _taken_over(order, ref, bets)
            facts += [] if smaller is None else [smaller]
            report = current_reported(order, ref, as_of_ms=as_of_ms)
            orders.append(venue_order(order, ref, account.venue, report))
        elif order.status != "EXECUTION_COMPLETE":
            stranger = stranger_ref(account.venue, VenueOrderId(order.bet_id))
            figures = None if by_us else current_reported(order, stranger, as_of_ms=as_of_ms)
            orders.append(venue_order(order, name if by_us else None, account.venue, figures))
    return [*facts, VenueReported(account.venue, asked_ns, tuple(orders)), held, balance]


def _held(account: Account, current: list[CurrentOrder], asked_ns: int) -> PositionsReported:
    """What all bets of the account come to, whoever placed them: the venue has no better word for a position."""
    held: dict[InstrumentId, int] = {}
    for order in current:
        claims = current_reported(order, OrderRef(""), as_of_ms=0).claims_micros
        name = bet_instrument(account.venue, order)
        held[name] = held.get(name, 0) + (claims if order.side == "BACK" else -claims)
    return PositionsReported(account.venue, asked_ns, PositionBasis.CLAIMS, held)


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
    resettlement is another. Results and figures come in several answers: where a bet ended otherwise than the book
    has it, the market was judged anew between them, and they say nothing.
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
    results, parts = book_changed(account.venue, book).results, dead_heat_parts(book, settled)
    if has_lines(book):
        results, parts = line_results(settled)
    elif not parts and any(contradicts(row, results) for row in settled):
        return []
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
            results=results,
            annulled=_restated(settled, voided, as_of_ms),
            parts=parts,
            settled_ms=unix_ms(dated),
        )
    ]


def _restated(settled: list[ClearedOrder], voided: list[ClearedOrder], as_of_ms: int) -> tuple[OrderReported, ...]:
    """The bets of which something is void, or whose odds a non-runner reduced, with what is left of them."""
    found = {row.bet_id: row for row in (*voided, *(row for row in settled if row.price_reduced))}
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
    *, refs: list[OrderRef] | None = None, market_id: str | None = None, bet_ids: list[str] | None = None
) -> Steps[tuple[list[CurrentOrder], int]]:
    rows, asked_ns = yield from _pages(
        CURRENT, lambda first: encode_current(first, refs=refs, market_id=market_id, bet_ids=bet_ids), current_answer
    )
    return rows, asked_ns


def _cleared(
    status: str,
    *,
    refs: list[OrderRef] | None = None,
    market_id: str | None = None,
    strategy_ref: str | None = None,
    group_by: str | None = None,
    bet_ids: list[str] | None = None,
) -> Steps[list[ClearedOrder]]:
    def encode(first: int) -> bytes:
        return encode_cleared(
            status,
            first,
            refs=refs,
            market_id=market_id,
            strategy_ref=strategy_ref,
            group_by=group_by,
            bet_ids=bet_ids,
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
