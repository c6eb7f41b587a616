"""The account's transactions: what each settled market paid, its commission, and whatever else moved money.

A transaction names its market in words alone, so the settled bets of the same days say whose words they are.
Source: Matchbook API docs, "Get transactions", "Get settled bets".
"""

from decimal import Decimal

import msgspec

from domain.account_lines import AccountLine, LineKind
from domain.ids import VenueMarketId
from domain.messages import Fact
from domain.treasury import AccountLinesReported
from venues.matchbook.account_codec import REPORTS_PATH, SETTLED_BETS
from venues.matchbook.amounts import check, iso_text, micros, unix_ms
from venues.matchbook.answers import answerer
from venues.matchbook.budgets import Group
from venues.matchbook.events_codec import path
from venues.matchbook.queries import Asker, answered
from venues.matchbook.talking import Steps, Unusable

TRANSACTIONS_PATH = "/edge/rest/reports/v1/transactions"
PAGES_MAX, TRIES_MAX = 100, 3

KINDS = {
    "payout": LineKind.SETTLEMENT,
    "commission": LineKind.COMMISSION,
    "transfer": LineKind.TRANSFER,
    "cancel": LineKind.CORRECTION,
}
"""What the venue's labels mean; `manual` and `bonus` are its staff's, and neither a bet's nor ours."""

OF_MARKETS = (LineKind.SETTLEMENT, LineKind.COMMISSION, LineKind.CORRECTION)


class Transaction(msgspec.Struct, rename="kebab"):
    """One movement; one of `credit` and `debit` is nothing."""

    id: int
    time: str = ""
    transaction_type: str = ""
    detail: str = ""
    credit: Decimal = Decimal(0)
    debit: Decimal = Decimal(0)
    balance: Decimal | None = None

    def __post_init__(self) -> None:
        check(self.credit, self.debit, self.balance)


class Transactions(msgspec.Struct, rename="kebab"):
    """One page, the latest first."""

    transactions: list[Transaction]
    total: int
    per_page: int = 0


class NamedMarket(msgspec.Struct, rename="kebab"):
    """A settled market and its names."""

    id: int
    name: str = ""
    event_name: str = ""


class NamedMarkets(msgspec.Struct, rename="kebab"):
    """One page of the settled report, read for names alone."""

    markets: list[NamedMarket]
    total: int
    per_page: int = 0


transactions_answer = answerer(Transactions)
names_answer = answerer(NamedMarkets)


def statement_talk(asker: Asker, since_ms: int) -> Steps[list[Fact]]:
    """All transactions since a moment, each with the one settled market whose names it bears."""
    rows, asked_ns = yield from _transactions(asker, since_ms)
    wanted = {row.detail for row in rows if _kind(row) in OF_MARKETS}
    markets = (yield from _markets(asker, since_ms, wanted)) if wanted else {}
    lines = tuple(_line(row, markets) for row in reversed(rows))
    return [AccountLinesReported(asker.settings.venue, asker.settings.currency, since_ms, asked_ns, lines)]


def _line(row: Transaction, markets: dict[str, int]) -> AccountLine:
    market = markets.get(row.detail) if _kind(row) in OF_MARKETS else None
    return AccountLine(
        id=str(row.id),
        kind=_kind(row),
        micros=micros(row.credit) - micros(row.debit),
        venue_ms=unix_ms(row.time),
        balance_micros=None if row.balance is None else micros(row.balance),
        venue_market=VenueMarketId("" if market is None else str(market)),
        detail=f"{row.transaction_type}: {row.detail}",
    )


def _kind(row: Transaction) -> LineKind:
    return KINDS.get(row.transaction_type.lower(), LineKind.OTHER)


def _transactions(asker: Asker, since_ms: int) -> Steps[tuple[list[Transaction], int]]:
    """Every row since a moment, the latest first, and when the first page was asked for."""
    for _ in range(TRIES_MAX):
        found: dict[int, Transaction] = {}
        offset = asked_ns = 0
        total: int | None = None
        for _ in range(PAGES_MAX):
            said = yield from answered(
                asker.question(_path(asker, offset, since_ms), Group.REPORTS, transactions_answer)
            )
            page = said.result
            asked_ns = asked_ns or said.sent_ns
            if total is not None and page.total != total:
                break
            total = page.total
            found |= {row.id: row for row in page.transactions}
            offset += page.per_page or len(page.transactions)
            if offset >= total or not page.transactions:
                break
        if len(found) == total:
            return list(found.values()), asked_ns
    raise Unusable("transactions: pages shifted while they were read")


def _markets(asker: Asker, since_ms: int, wanted: set[str]) -> Steps[dict[str, int]]:
    """The settled markets that these words mean; words that fit none, or more than one, mean nothing."""
    named: dict[int, NamedMarket] = {}
    offset = 0
    for _ in range(PAGES_MAX):
        target = _path(asker, offset, since_ms, name=f"{REPORTS_PATH}/{SETTLED_BETS}")
        page = (yield from answered(asker.question(target, Group.REPORTS, names_answer))).result
        named |= {one.id: one for one in page.markets}
        offset += page.per_page or len(page.markets)
        if offset >= page.total or not page.markets:
            break
    found: dict[str, int] = {}
    for words in wanted:
        fits = [one.id for one in named.values() if one.name and one.event_name and _names(words, one)]
        if len(fits) == 1:
            found[words] = fits[0]
    return found


def _names(words: str, market: NamedMarket) -> bool:
    """Whether words bear the names of an event and of its market."""
    return market.event_name in words and words.replace(market.event_name, "", 1).strip(" ,-/|:") == market.name


def _path(asker: Asker, offset: int, since_ms: int, *, name: str = TRANSACTIONS_PATH) -> str:
    return path(name, {"offset": offset, "per-page": asker.settings.rows_per_page, "after": iso_text(since_ms)})
