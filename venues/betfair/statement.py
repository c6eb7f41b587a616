"""The account's statement: every movement of money, page by page, as lines that say what each was for."""

from datetime import UTC, datetime

from msgspec import Struct
from msgspec.json import encode

from domain.account_lines import AccountLine, LineKind
from domain.ids import VenueMarketId, VenueOrderId
from domain.messages import Fact
from domain.treasury import AccountLinesReported
from venues.betfair.amounts import money_micros, unix_ms
from venues.betfair.api import Answered
from venues.betfair.queries import Account, Ask, Steps, Talk, Unusable
from venues.betfair.rpc import answerer

STATEMENT = "AccountAPING/v1.0/getAccountStatement"
PAGE, PAGES_MAX, TRIES_MAX = 100, 200, 3
"""Source: Betfair developer docs, "getAccountStatement": a page has 100 records at most."""

ALL, BY_HAND = "ALL", "DEPOSITS_WITHDRAWALS"
RESULTS = {
    "RESULT_WON": LineKind.SETTLEMENT,
    "RESULT_LOST": LineKind.SETTLEMENT,
    "RESULT_ERR": LineKind.CORRECTION,
    "RESULT_FIX": LineKind.CORRECTION,
    "COMMISSION_REVERSAL": LineKind.COMMISSION,
}
"""What a line's result says of it. Source: Betfair API 6 reference, "AccountStatementItem": err and fix correct."""


class LegacyData(Struct, rename="camel"):
    """What an item says in the words of the older interface; `event_id` is the number of the market."""

    event_id: int = 0
    market_name: str = ""
    full_market_name: str = ""
    commission_rate: str | None = None
    transaction_id: int = 0
    win_lose: str = ""


class StatementItem(Struct, rename="camel"):
    """One movement. `ref_id` is the bet, or of a commission the market."""

    item_date: str
    amount: float = 0.0
    balance: float = 0.0
    ref_id: str = ""
    legacy_data: LegacyData | None = None


class StatementReport(Struct, rename="camel"):
    """One page of the statement."""

    account_statement: list[StatementItem]
    more_available: bool = False


statement_answer = answerer(StatementReport)


def encode_statement(first: int, since_ms: int, *, items: str = ALL) -> bytes:
    """Parameters for one page; the venue heeds the date with all items only."""
    since = datetime.fromtimestamp(since_ms / 1_000, UTC).isoformat(timespec="milliseconds")
    dated = {"itemDateRange": {"from": since.replace("+00:00", "Z")}} if items == ALL else {}
    return encode({"fromRecord": first, "recordCount": PAGE, "includeItem": items} | dated)


def statement_talk(account: Account, since_ms: int) -> Talk:
    """All lines since a moment. Money that somebody moved is told from the rest by the venue's own list of it."""
    items, asked_ns = yield from _pages(since_ms, ALL)
    lines = [_line(item) for item in items]
    if any(line.kind is LineKind.OTHER for line in lines):
        moved, _ = yield from _pages(since_ms, BY_HAND)
        by_hand = {_name(item) for item in moved}
        lines = [_line(item, by_hand=_name(item) in by_hand) for item in items]
    facts: list[Fact] = [AccountLinesReported(account.venue, account.currency, since_ms, asked_ns, tuple(lines))]
    return facts


def _line(item: StatementItem, *, by_hand: bool = False) -> AccountLine:
    said = item.legacy_data or LegacyData()
    micros = money_micros(item.amount)
    kind = RESULTS.get(said.win_lose, LineKind.OTHER)
    if kind is LineKind.OTHER and said.commission_rate:
        kind = LineKind.COMMISSION
    if kind is LineKind.OTHER and by_hand:
        kind = LineKind.DEPOSIT if micros > 0 else LineKind.WITHDRAWAL
    of_bet = kind in (LineKind.SETTLEMENT, LineKind.CORRECTION)
    return AccountLine(
        id=_name(item),
        kind=kind,
        micros=micros,
        venue_ms=unix_ms(item.item_date),
        balance_micros=money_micros(item.balance),
        venue_market=VenueMarketId(f"1.{said.event_id}" if said.event_id else ""),
        venue_order_id=VenueOrderId(item.ref_id) if of_bet and item.ref_id else None,
        detail=said.full_market_name or said.market_name,
    )


def _name(item: StatementItem) -> str:
    """What tells a line from all others: the venue numbers none, and a bet that is corrected has several."""
    said = item.legacy_data or LegacyData()
    figures = money_micros(item.amount), money_micros(item.balance)
    return "/".join(map(str, (item.ref_id, item.item_date, said.transaction_id, *figures)))


def _pages(since_ms: int, items: str) -> Steps[tuple[list[StatementItem], int]]:
    """All items, the oldest first, and when the first page was asked for.

    The latest stand first, and new ones push the rest down: so each page begins with the last item of the one before.
    The list of what was moved by hand begins with the account: it is read until it is older than what is asked for.
    """
    for _ in range(TRIES_MAX):
        found: list[StatementItem] = []
        asked_ns = 0
        for _ in range(PAGES_MAX):
            first = max(0, len(found) - 1)
            answered: Answered[StatementReport] = yield Ask(
                STATEMENT, encode_statement(first, since_ms, items=items), statement_answer
            )
            page = answered.result
            asked_ns = asked_ns or answered.sent_ns
            rows = page.account_statement
            if found and (not rows or _name(rows[0]) != _name(found[-1])):
                break
            fresh = rows[1:] if found else rows
            found += fresh
            if not page.more_available or (items == BY_HAND and _is_older(fresh, since_ms)):
                found.reverse()
                return sorted(found, key=lambda one: unix_ms(one.item_date)), asked_ns
            if not fresh:
                break
    raise Unusable(f"{STATEMENT}: pages shifted while they were read")


def _is_older(items: list[StatementItem], since_ms: int) -> bool:
    """Whether a page that goes back in time has come to what nobody asked for."""
    dates = [unix_ms(item.item_date) for item in items]
    return len(dates) > 1 and dates[0] > dates[-1] and dates[-1] < since_ms
