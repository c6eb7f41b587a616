"""listClearedOrders: what bets became once their market was settled, and what never became a bet.

Profit is gross of commission, which exists for whole markets only. Source: Betfair developer docs,
"listClearedOrders".
"""

from collections.abc import Iterator
from typing import Any, Literal

import msgspec

from domain.markets import Result
from venues.betfair.fake.bets import Bet
from venues.betfair.fake.books import Books
from venues.betfair.fake.forms import amount, iso, whole_second
from venues.betfair.fake.listings import PAGE, TimeRange, paged
from venues.betfair.fake.markets import MarketState, number_of_winners
from venues.betfair.fake.options import runner_of
from venues.betfair.fake.rpc import ApiFault, parse
from venues.sim.markets import Statement, StatementLine

Row = dict[str, Any]


class RunnerId(msgspec.Struct, frozen=True, rename="camel"):
    market_id: str
    selection_id: int
    handicap: float = 0.0


class ListClearedOrders(msgspec.Struct, frozen=True, rename="camel"):
    bet_status: Literal["SETTLED", "VOIDED", "LAPSED", "CANCELLED"]
    event_type_ids: list[str] | None = None
    event_ids: list[str] | None = None
    market_ids: list[str] | None = None
    runner_ids: list[RunnerId] | None = None
    bet_ids: list[str] | None = None
    customer_order_refs: list[str] | None = None
    customer_strategy_refs: list[str] | None = None
    side: Literal["BACK", "LAY"] | None = None
    settled_date_range: TimeRange | None = None
    group_by: Literal["EVENT_TYPE", "EVENT", "MARKET", "RUNNER", "SIDE", "BET"] | None = None
    include_item_description: bool = False
    from_record: int = 0
    record_count: int = 0

    def takes(self, bet: Bet, state: MarketState, cleared_ms: int) -> bool:
        runner = RunnerId(bet.order.market, *runner_of(bet.order.selection))
        wanted = (
            (self.event_type_ids, state.details.event_type_id),
            (self.event_ids, state.details.event_id),
            (self.market_ids, bet.order.market),
            (self.runner_ids, runner),
            (self.bet_ids, bet.id),
            (self.customer_order_refs, bet.order_ref),
            (self.customer_strategy_refs, bet.strategy_ref),
        )
        dated = self.settled_date_range is None or self.settled_date_range.holds(cleared_ms)
        return (
            dated and self.side in (None, bet.order.side.name) and all(not many or one in many for many, one in wanted)
        )


KEYS = {
    "EVENT_TYPE": ("eventTypeId",),
    "EVENT": ("eventTypeId", "eventId"),
    "MARKET": ("eventTypeId", "eventId", "marketId"),
    "RUNNER": ("eventTypeId", "eventId", "marketId", "selectionId", "handicap"),
    "SIDE": ("eventTypeId", "eventId", "marketId", "selectionId", "handicap", "side"),
}
"""What rows of a group have in common."""

WITH_COMMISSION = ("EVENT_TYPE", "EVENT", "MARKET")


def list_cleared_orders(books: Books, raw: bytes) -> Row:
    """Bets, or groups of them, in the order in which they were placed."""
    request = parse(raw, ListClearedOrders)
    if len(request.bet_ids or ()) > PAGE:
        raise ApiFault("INVALID_INPUT_DATA", "betIds")
    rows = list(_rows(books, request))
    if request.group_by not in (None, "BET"):
        rows = _grouped(books, rows, str(request.group_by))
    page, more = paged(rows, start=request.from_record, count=request.record_count)
    return {"clearedOrders": page, "moreAvailable": more}


def _rows(books: Books, request: ListClearedOrders) -> Iterator[Row]:
    for market, state in books.markets.items():
        statement = state.sim.statements.get(books.options.account)
        lines = {line.order: line for line in statement.lines} if statement else {}
        settled_ms = books.wall_ms(statement.settled_ns) if statement else 0
        for bet in books.bets.of(market):
            row = _row(request.bet_status, bet, lines.get(bet.order.number), statement)
            cleared_ms = settled_ms or bet.lapsed_ms or bet.cancelled_ms or bet.voided_ms
            if row is not None and request.takes(bet, state, cleared_ms):
                described = {"itemDescription": _description(state, bet)} if request.include_item_description else {}
                yield _head(state, bet) | row | {"settledDate": iso(whole_second(cleared_ms))} | described


def _row(status: str, bet: Bet, line: StatementLine | None, statement: Statement | None) -> Row | None:
    """What a bet has in one of the four lists, None if it is not in it."""
    if status == "SETTLED" and line is not None and line.settled_micros and statement is not None:
        won = (statement.results[line.selection] is Result.WON) is (line.side.name == "BACK")
        return {
            "betOutcome": "WON" if won else "LOST",
            "priceMatched": bet.average_odds,
            "sizeSettled": amount(line.settled_micros),
            "profit": amount(line.profit_micros),
        }
    if status == "VOIDED" and bet.order.voided_micros:
        return {"priceMatched": bet.average_odds, "sizeSettled": amount(bet.order.voided_micros), "profit": 0.0}
    if status == "LAPSED" and bet.complete and bet.lapsed_micros:
        return {"sizeCancelled": amount(bet.lapsed_micros)}
    if status == "CANCELLED" and bet.complete and bet.cancelled_micros:
        return {"sizeCancelled": amount(bet.cancelled_micros)}
    return None


def _head(state: MarketState, bet: Bet) -> Row:
    """What every row says of its bet."""
    runner, handicap = runner_of(bet.order.selection)
    head: Row = {
        "eventTypeId": state.details.event_type_id,
        "eventId": state.details.event_id,
        "marketId": bet.order.market,
        "selectionId": runner,
        "handicap": handicap,
        "betId": bet.id,
        "placedDate": iso(whole_second(bet.placed_ms)),
        "persistenceType": bet.persistence,
        "orderType": bet.order_type,
        "side": bet.order.side.name,
        "priceRequested": bet.order.price / 100,
        "betCount": 1,
        "priceReduced": False,
    }
    if bet.matched_ms:
        head["lastMatchedDate"] = iso(whole_second(bet.matched_ms))
    if bet.order_ref:
        head["customerOrderRef"] = bet.order_ref
    if bet.strategy_ref:
        head["customerStrategyRef"] = bet.strategy_ref
    return head


def _grouped(books: Books, rows: list[Row], by: str) -> list[Row]:
    """Rows with the same key in one; the commission of their markets where a group holds whole markets."""
    groups: dict[tuple[Any, ...], list[Row]] = {}
    for row in rows:
        groups.setdefault(tuple(row[key] for key in KEYS[by]), []).append(row)
    summed: list[Row] = []
    for key, members in groups.items():
        group: Row = dict(zip(KEYS[by], key, strict=True))
        group |= {"betCount": len(members), "settledDate": max(row["settledDate"] for row in members)}
        for name in ("sizeSettled", "profit", "sizeCancelled"):
            if any(name in row for row in members):
                group[name] = round(sum(row.get(name, 0.0) for row in members), 2)
        if by in WITH_COMMISSION:
            group["commission"] = amount(
                sum(_commission(books, market) for market in {row["marketId"] for row in members})
            )
        summed.append(group)
    return summed


def _commission(books: Books, market: Any) -> int:  # noqa: ANN401 an id out of a row
    statement = books.markets[market].sim.statements.get(books.options.account)
    return statement.commission_micros if statement else 0


def _description(state: MarketState, bet: Bet) -> Row:
    details = state.details
    return {
        "eventTypeDesc": details.event_type_name,
        "eventDesc": details.event_name,
        "marketDesc": details.name,
        "marketType": details.market_type,
        "marketStartTime": iso(details.starts_ms),
        "runnerDesc": state.runners[bet.order.selection].name,
        "numberOfWinners": number_of_winners(state),
    }
