"""What can be asked of bets: current orders now; what was cleared, once it is.

Source: Betfair developer docs, "listCurrentOrders", "listClearedOrders".
"""

from typing import Any, Literal

import msgspec

from domain.ids import VenueMarketId
from domain.markets import MarketStatus
from venues.betfair.fake.bets import Bet
from venues.betfair.fake.books import Books
from venues.betfair.fake.forms import amount, iso, parse_iso, whole_second
from venues.betfair.fake.options import runner_of
from venues.betfair.fake.rpc import ApiFault, Fault, parse

PAGE = 1_000
IDS_MAX = 250
REGULATOR = "MALTA LOTTERIES AND GAMBLING AUTHORITY"


class TimeRange(msgspec.Struct, frozen=True):
    start: str | None = msgspec.field(default=None, name="from")
    end: str | None = msgspec.field(default=None, name="to")

    def holds(self, ms: int) -> bool:
        try:
            after = self.start is None or parse_iso(self.start) <= ms
            return after and (self.end is None or ms <= parse_iso(self.end))
        except ValueError as error:
            raise Fault(-32602, "DSC-0009") from error


OrderBy = Literal["BY_BET", "BY_MARKET", "BY_MATCH_TIME", "BY_PLACE_TIME", "BY_SETTLED_TIME", "BY_VOID_TIME"]


class ListCurrentOrders(msgspec.Struct, frozen=True, rename="camel"):
    bet_ids: list[str] | None = None
    market_ids: list[str] | None = None
    order_projection: Literal["ALL", "EXECUTABLE", "EXECUTION_COMPLETE"] | None = None
    customer_order_refs: list[str] | None = None
    customer_strategy_refs: list[str] | None = None
    placed_date_range: TimeRange | None = None
    date_range: TimeRange | None = None
    order_by: OrderBy | None = None
    sort_dir: Literal["EARLIEST_TO_LATEST", "LATEST_TO_EARLIEST"] | None = None
    from_record: int = 0
    record_count: int = 0

    def takes(self, bet: Bet) -> bool:
        wanted = (
            (self.bet_ids, bet.id),
            (self.market_ids, bet.order.market),
            (self.customer_order_refs, bet.order_ref),
            (self.customer_strategy_refs, bet.strategy_ref),
        )
        complete = {"EXECUTABLE": False, "EXECUTION_COMPLETE": True}.get(self.order_projection or "ALL")
        return all(not many or one in many for many, one in wanted) and complete in (None, bet.complete or bet.waits)


def list_current_orders(books: Books, raw: bytes, now_ns: int) -> dict[str, Any]:
    """Bets that are not settled yet; one placed a moment ago may not show."""
    request = parse(raw, ListCurrentOrders)
    if len(request.bet_ids or ()) + len(request.market_ids or ()) > IDS_MAX:
        raise ApiFault("REQUEST_SIZE_EXCEEDS_LIMIT")
    seen_ms = books.wall_ms(now_ns) - books.options.visible_after_ms
    order_by = request.order_by or "BY_BET"
    dated = request.date_range or request.placed_date_range
    found = [
        bet
        for market in books.bets.markets
        if not _settled(books, market)
        for bet in books.bets.of(market)
        if request.takes(bet) and bet.placed_ms <= seen_ms and not bet.order.held_until_ns
    ]
    times = {bet.id: _time(bet, order_by) for bet in found}
    found = [bet for bet in found if times[bet.id] and (dated is None or dated.holds(times[bet.id]))]
    if order_by == "BY_MARKET":
        found.sort(key=lambda bet: bet.order.market)
    else:
        found.sort(key=lambda bet: bet.order.number if order_by == "BY_BET" else times[bet.id])
    if request.sort_dir == "LATEST_TO_EARLIEST":
        found.reverse()
    page, more = paged(found, start=request.from_record, count=request.record_count)
    return {"currentOrders": [current_order(bet) for bet in page], "moreAvailable": more}


def _settled(books: Books, market: VenueMarketId) -> bool:
    """The bets of a settled market have left the current ones."""
    state = books.markets.get(market)
    return state is not None and state.status is MarketStatus.CLOSED


def _time(bet: Bet, order_by: str) -> int:
    """The time that a listing is ordered by; a bet without one is not in it."""
    if order_by == "BY_MATCH_TIME":
        return bet.matched_ms
    if order_by == "BY_VOID_TIME":
        return bet.voided_ms
    return 0 if order_by == "BY_SETTLED_TIME" else bet.placed_ms


def paged(rows: list[Any], *, start: int, count: int) -> tuple[list[Any], bool]:
    """One page of a listing, and whether there is more behind it."""
    end = start + (min(count, PAGE) if count > 0 else PAGE)
    return rows[max(start, 0) : end], len(rows) > end


def current_order(bet: Bet) -> dict[str, Any]:
    """A bet as listCurrentOrders writes it."""
    order = bet.order
    runner, handicap = runner_of(order.selection)
    summary: dict[str, Any] = {
        "betId": bet.id,
        "marketId": order.market,
        "selectionId": runner,
        "handicap": handicap,
        "priceSize": {
            "price": 0.0 if bet.order_type == "MARKET_ON_CLOSE" else order.price / 100,
            "size": 0.0 if bet.order_type != "LIMIT" else amount(order.size_micros),
        },
        "bspLiability": amount(bet.liability_micros),
        "side": order.side.name,
        "status": "EXECUTION_COMPLETE" if bet.complete or bet.waits else "EXECUTABLE",
        "persistenceType": bet.persistence,
        "orderType": bet.order_type,
        "placedDate": iso(whole_second(bet.placed_ms)),
        "averagePriceMatched": bet.average_odds,
        "sizeMatched": amount(order.matched_micros),
        "sizeRemaining": 0.0 if bet.waits else amount(order.remaining_micros),
        "sizeLapsed": amount(bet.lapsed_micros),
        "sizeCancelled": amount(bet.cancelled_micros),
        "sizeVoided": amount(order.voided_micros),
        "regulatorCode": REGULATOR,
    }
    if bet.matched_ms:
        summary["matchedDate"] = iso(whole_second(bet.matched_ms))
    if bet.order_ref:
        summary["customerOrderRef"] = bet.order_ref
    if bet.strategy_ref:
        summary["customerStrategyRef"] = bet.strategy_ref
    return summary
