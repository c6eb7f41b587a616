"""What became of orders, what rests, what was matched, held and settled: each question written as one conversation.

A conversation that is not answered to its end says nothing at all: half a list proves no absence. What the venue lists
may be a second or so old; it says how old, and nothing here is taken to be truer than that.
Source: Kalshi docs, "Get User Data Timestamp"; recorded: an order still listed as resting 360 ms after its cancel.
"""

from collections.abc import Sequence

from domain.ids import OrderRef, SelectionId, VenueMarketId, VenueOrderId, stranger_ref
from domain.messages import BalanceReported, Fact, MarketSettled, OrderAbsent, VenueOrder, VenueReported
from domain.orders import Evidence, Fill, Side
from domain.terms import BalanceBasis
from domain.venue_notes import PositionBasis, PositionsReported
from venues.kalshi import rest_codec as codec
from venues.kalshi import rest_targets as targets
from venues.kalshi.amounts import micros, unix_us
from venues.kalshi.api import Answered
from venues.kalshi.market_codec import RESULTS
from venues.kalshi.markets import yes_book
from venues.kalshi.order_codec import (
    RESTING,
    FillRow,
    OrderRow,
    fill_of,
    order_filled,
    order_reported,
    side_of,
    venue_order,
)
from venues.kalshi.rules import YES
from venues.kalshi.talks import Account, Ask, Pause, Steps, freshness, one, pages

Talk = Steps[list[Fact]]

MS = 1_000_000
FRESH_TRIES = 10
FRESH_WAIT_NS = 500 * MS
DOLLAR_CENTS = 100
OVERLAP_S = 60
"""Lists are filtered from this long before the moment of interest: the venue's clock is not ours."""


def order_talk(account: Account, ref: OrderRef) -> Talk:
    """What became of an order that the venue has given an id for, with its matches.

    It is never called absent: a list that misses it is only late.
    """
    order_id = account.orders.kept(ref).order_id
    answered = yield Ask(targets.order_target(order_id), codec.order_answer, may_be_missing=True)
    if not isinstance(answered, Answered) or answered.result.order.order_id != order_id:
        return (yield from search_talk(account, [ref]))
    row = answered.result.order
    fills = yield from _fills_of(account, row)
    return [account.orders.reported(row, ref, Evidence.PULL, fills)]


def search_talk(account: Account, refs: Sequence[OrderRef]) -> Talk:
    """What became of orders by the lists of their markets, with their matches.

    One that is on none is absent, unless it may still be on its way or the venue has given it an id before.
    """
    _, true_ns = yield from freshness(account)
    rows = yield from _find(account, refs)
    facts: list[Fact] = []
    for ref in refs:
        row = rows.get(ref)
        if row is not None:
            fills = yield from _fills_of(account, row)
            facts.append(account.orders.reported(row, ref, Evidence.PULL, fills))
        elif not account.orders.kept(ref).order_id and not account.orders.may_land(ref, account.wall_ns() // MS):
            facts.append(OrderAbsent(ref, true_ns))
    return facts


def venue_talk(account: Account) -> Talk:
    """Every resting order, the matches since the last time, and the cash; once the lists are as new as the question.

    Matches are told one by one on a stream without numbers, so that here what it lost is found.
    """
    settings = account.settings
    began_ns, true_ns = yield from freshness(account)
    for _ in range(FRESH_TRIES):
        if true_ns >= began_ns:
            break
        yield Pause(FRESH_WAIT_NS)
        _, true_ns = yield from freshness(account)
    asked_ns = min(began_ns, true_ns)
    read_ms = account.wall_ns() // MS
    orders: list[VenueOrder] = []
    for row in (yield from _orders(account, status=RESTING)):
        if row.status == RESTING:
            orders.append((yield from _resting(account, row)))  # noqa: PERF401 - a comprehension cannot yield
    since_s = account.orders.matches_read_ms // 1_000 - OVERLAP_S
    matches = yield from _matches(account, min_ts=max(0, since_s))
    balance: codec.Balance = yield from one(
        Ask(targets.balance_target(subaccount=settings.subaccount), codec.balance_answer)
    )
    cash = BalanceReported(
        settings.venue,
        settings.currency,
        micros(balance.balance_dollars),
        BalanceBasis.CASH,
        asked_ns,
        _shards(balance),
    )
    account.orders.matches_read_ms = read_ms  # behind all that may break the round
    facts: list[Fact] = []
    for match in reversed(matches):
        ref = account.orders.bind(match.client_order_id, match.order_id)
        if ref is not None:
            facts += [*account.orders.named(ref, Evidence.PULL), order_filled(match, ref, Evidence.PULL)]
    return [*facts, VenueReported(settings.venue, asked_ns, tuple(orders)), cash]


def positions_talk(account: Account) -> Talk:
    """The net position in every market that is not settled, of the subaccount and on all shards.

    It is read behind a round's matches, so that what it shows of before them has been told.
    """
    settings = account.settings
    began_ns, true_ns = yield from freshness(account)

    def target(cursor: str) -> str:
        return targets.positions_target(subaccount=settings.subaccount, cursor=cursor)

    rows = yield from pages(target, codec.positions_answer, lambda page: page.market_positions)
    held = {yes_book(settings.venue, row.ticker): micros(row.position_fp) for row in rows}
    return [PositionsReported(settings.venue, min(began_ns, true_ns), PositionBasis.CLAIMS, held)]


def settlement_talk(account: Account, venue_market: VenueMarketId) -> Talk:
    """The statement of a market that has been settled; before that, nothing.

    A market in which nothing of ours was matched gets no statement of the venue's: once it is final and our matches in
    it are none, its result is nothing.
    """
    row = yield from _statement(account, venue_market)
    if row is not None:
        return [settled(account, row)]
    box: codec.MarketBox = yield from one(Ask(targets.market_target(venue_market), codec.market_answer))
    if box.market.status != "finalized" or (yield from _matches(account, ticker=venue_market)):
        return []
    result = box.market.result
    nothing = codec.SettlementRow(ticker=venue_market, market_result=result, settled_time="none", revenue=0)
    return [settled(account, nothing)]


def settled(account: Account, row: codec.SettlementRow) -> MarketSettled:
    """A statement as a fact.

    Counts and costs are those of everything bought on either side. A pair of YES and NO was paid out, a dollar each,
    when its second half was bought; `revenue` is what only the rest was paid at the end. The fees that the statement
    repeats were taken from the matches. A scalar result pays a YES its value, and a NO the rest of the dollar. The
    statement is named by its figures and their date: a correction is another one.
    Source: settlement rows of closed positions, as quoted by public clients (revenue 0 with both counts equal).
    """
    yes, no = micros(row.yes_count_fp), micros(row.no_count_fp)
    cost = micros(row.yes_total_cost_dollars) + micros(row.no_total_cost_dollars)
    profit = row.revenue * 10_000 + min(yes, no) - cost
    return MarketSettled(
        venue=account.settings.venue,
        venue_market=VenueMarketId(row.ticker),
        statement=f"{row.ticker}/{row.settled_time}/{row.market_result}/{profit}",
        profit_micros=profit,
        commission_micros=0,
        results={YES: RESULTS[row.market_result]} if row.market_result in RESULTS else {},
        parts=_parts(row),
        settled_ms=unix_us(row.settled_time) // 1_000,
    )


# --- parts ---


def _parts(row: codec.SettlementRow) -> tuple[tuple[SelectionId, int, int, int], ...]:
    """What a scalar result pays of a YES, as in `MarketSettled`."""
    if row.market_result in RESULTS or row.value is None or not 0 <= row.value <= DOLLAR_CENTS:
        return ()
    return ((YES, row.value, DOLLAR_CENTS - row.value, DOLLAR_CENTS),)


def _shards(balance: codec.Balance) -> tuple[tuple[int, int], ...]:
    """Cash by shard, where it is not all on the first; none where the parts do not add up to the whole."""
    shards = tuple((one.exchange_index, micros(one.balance)) for one in balance.balance_breakdown)
    if not any(shard for shard, _ in shards) or sum(part for _, part in shards) != micros(balance.balance_dollars):
        return ()
    return shards


def _find(account: Account, refs: Sequence[OrderRef]) -> Steps[dict[OrderRef, OrderRow]]:
    """The rows of these orders out of the lists of their markets."""
    rows: dict[OrderRef, OrderRow] = {}
    by_ticker: dict[str, set[OrderRef]] = {}
    for ref in refs:
        kept = account.orders.kept(ref)
        by_ticker.setdefault(kept.place.ticker if kept.place else "", set()).add(ref)
    for ticker, wanted in by_ticker.items():
        since_s = min(account.orders.kept(ref).sent_ms for ref in wanted) // 1_000 - OVERLAP_S
        for row in (yield from _orders(account, ticker=ticker, min_ts=max(0, since_s), until=wanted)):
            ref = account.orders.bind(row.client_order_id, row.order_id) or OrderRef("")
            if ref in wanted:
                rows[ref] = row
    return rows


def _orders(
    account: Account, *, ticker: str = "", status: str = "", min_ts: int = 0, until: set[OrderRef] | None = None
) -> Steps[list[OrderRow]]:
    """Rows of the list of orders, each once; it is read to its end, or until the refs of `until` are found."""
    subaccount = account.settings.subaccount

    def target(cursor: str) -> str:
        return targets.orders_target(subaccount=subaccount, ticker=ticker, status=status, min_ts=min_ts, cursor=cursor)

    def is_enough(rows: list[OrderRow]) -> bool:
        return until is not None and until <= {row.client_order_id for row in rows}

    rows = yield from pages(target, codec.orders_answer, lambda page: page.orders, is_enough=is_enough)
    return list({row.order_id: row for row in rows}.values())


def _matches(account: Account, *, ticker: str = "", order_id: str = "", min_ts: int = 0) -> Steps[list[FillRow]]:
    """Rows of the list of matches, each once."""
    subaccount = account.settings.subaccount

    def target(cursor: str) -> str:
        return targets.fills_target(
            subaccount=subaccount, ticker=ticker, order_id=order_id, min_ts=min_ts, cursor=cursor
        )

    rows = yield from pages(target, codec.fills_answer, lambda page: page.fills)
    return list({fill_of(row).id: row for row in rows}.values())


def _statement(account: Account, ticker: str) -> Steps[codec.SettlementRow | None]:
    """The newest statement of a market."""
    subaccount = account.settings.subaccount

    def target(cursor: str) -> str:
        return targets.settlements_target(ticker, subaccount=subaccount, cursor=cursor)

    rows = yield from pages(target, codec.settlements_answer, lambda page: page.settlements)
    ours = [row for row in rows if row.ticker == ticker]
    return max(ours, key=lambda row: unix_us(row.settled_time), default=None)


def _fills_of(account: Account, row: OrderRow) -> Steps[tuple[Fill, ...]]:
    """The matches of one order, none if it has none."""
    if micros(row.fill_count_fp) == 0:
        return ()
    matches = yield from _matches(account, order_id=row.order_id)
    return tuple(fill_of(match) for match in matches if match.order_id == row.order_id)


def _resting(account: Account, row: OrderRow) -> Steps[VenueOrder]:
    """A resting order as the venue has it; what a partly matched ask cost is told by its matches only."""
    ref = account.orders.bind(row.client_order_id, row.order_id)
    fills: tuple[Fill, ...] = ()
    if side_of(row) is Side.LAY:
        fills = yield from _fills_of(account, row)
    if ref is None:
        stranger = stranger_ref(account.settings.venue, VenueOrderId(row.order_id))
        report = order_reported(row, stranger, Evidence.PULL, by_us=False, fills=fills)
    else:
        report = account.orders.reported(row, ref, Evidence.PULL, fills)
    return venue_order(row, ref, yes_book(account.settings.venue, row.ticker), report)
