"""The account's movements of money out of four lists: matches, settlements, deposits, withdrawals.

There is no statement with balances: a line is what a row of these lists did to the cash. A pair of YES and NO is paid
out when its second half is bought; that is told here with the settlement, so that a market's lines add up to its
profit.
Source: Kalshi OpenAPI 3.28, "Get Fills", "Get Settlements", "Get Deposits", "Get Withdrawals".
"""

from collections.abc import Iterator

import msgspec

from domain.account_lines import AccountLine, LineKind
from domain.ids import VenueMarketId, VenueOrderId
from domain.messages import Fact
from domain.treasury import AccountLinesReported
from venues.errors import PeerBroke
from venues.kalshi import rest_codec as codec
from venues.kalshi import rest_targets as targets
from venues.kalshi.amounts import Whole, micros, unix_us
from venues.kalshi.order_codec import FillRow, fill_of
from venues.kalshi.talks import Account, Steps, freshness, pages

CENT = 10_000
"""Micros of a cent."""

APPLIED = "applied"
"""Only then is a deposit in the balance, or a withdrawal out of it."""


class MoneyRow(msgspec.Struct):
    """A deposit or a withdrawal, in cents."""

    id: str
    status: str
    amount_cents: Whole
    fee_cents: Whole
    created_ts: Whole
    finalized_ts: Whole | None = None
    type: str = ""


class MatchRow(FillRow, kw_only=True):
    """A match with the side that was bought. Source: Kalshi OpenAPI, Fill; older rows say it in other words."""

    book_side: str | None = None
    outcome_side: str | None = None

    @property
    def buys_yes(self) -> bool:
        """Whether it paid for YES contracts; PeerBroke where it does not say."""
        said = self.book_side or {"yes": "bid", "no": "ask"}.get(self.outcome_side or "", "")
        if said not in ("bid", "ask"):
            raise PeerBroke(f"fill {self.fill_id} without a side")
        return said == "bid"


class MatchesPage(msgspec.Struct):
    """A page of matches; the last has no cursor."""

    fills: list[MatchRow] | None
    cursor: str | None = None


class DepositsPage(msgspec.Struct):
    """A page of deposits; the last has no cursor."""

    deposits: list[MoneyRow] | None
    cursor: str | None = None


class WithdrawalsPage(msgspec.Struct):
    """A page of withdrawals; the last has no cursor."""

    withdrawals: list[MoneyRow] | None
    cursor: str | None = None


matches_answer = codec.answerer(MatchesPage)
deposits_answer = codec.answerer(DepositsPage)
withdrawals_answer = codec.answerer(WithdrawalsPage)


def statement_talk(account: Account, since_ms: int) -> Steps[list[Fact]]:
    """All movements since a moment, as old as the lists are at most."""
    settings = account.settings
    _, true_ns = yield from freshness(account)
    since_s, subaccount = since_ms // 1_000, settings.subaccount
    fills = yield from pages(
        lambda cursor: targets.fills_target(subaccount=subaccount, min_ts=since_s, cursor=cursor),
        matches_answer,
        lambda page: page.fills,
    )
    settlements = yield from pages(
        lambda cursor: targets.settlements_target(subaccount=subaccount, min_ts=since_s, cursor=cursor),
        codec.settlements_answer,
        lambda page: page.settlements,
    )
    came = yield from pages(
        lambda cursor: targets.moved_target("deposits", cursor=cursor), deposits_answer, lambda page: page.deposits
    )
    went = yield from pages(
        lambda cursor: targets.moved_target("withdrawals", cursor=cursor),
        withdrawals_answer,
        lambda page: page.withdrawals,
    )
    lines = [line for fill in fills for line in _matched(fill)]
    lines += [_settled(row) for row in settlements]
    lines += [line for row in came for line in _moved(row, LineKind.DEPOSIT, since_s)]
    lines += [line for row in went for line in _moved(row, LineKind.WITHDRAWAL, since_s)]
    found = {line.id: line for line in sorted(lines, key=lambda line: (line.venue_ms, line.id))}
    return [AccountLinesReported(settings.venue, settings.currency, since_ms, true_ns, tuple(found.values()))]


def _matched(row: MatchRow) -> Iterator[AccountLine]:
    """What a match cost on its own side, and its fee."""
    fill = fill_of(row)
    cost = fill.cost_micros if row.buys_yes else fill.claims_micros - fill.cost_micros
    for kind, taken in ((LineKind.TRADE, cost), (LineKind.FEE, fill.fee_micros)):
        if taken:
            yield AccountLine(
                id=f"{kind}/{fill.id}",
                kind=kind,
                micros=-taken,
                venue_ms=fill.venue_ms,
                venue_market=VenueMarketId(row.ticker),
                venue_order_id=VenueOrderId(row.order_id),
                detail="YES" if row.buys_yes else "NO",
            )


def _settled(row: codec.SettlementRow) -> AccountLine:
    """What contracts were paid at the end, and the dollar of each pair before it; a correction is the row told anew."""
    pairs = min(micros(row.yes_count_fp), micros(row.no_count_fp))
    return AccountLine(
        id=f"settlement/{row.ticker}",
        kind=LineKind.SETTLEMENT,
        micros=row.revenue * CENT + pairs,
        venue_ms=unix_us(row.settled_time) // 1_000,
        venue_market=VenueMarketId(row.ticker),
        detail=f"result {row.market_result}",
    )


def _moved(row: MoneyRow, kind: LineKind, since_s: int) -> Iterator[AccountLine]:
    """Money that came or went since then. What of its fee the amount holds is not said: they are two lines."""
    at_s = row.finalized_ts or row.created_ts
    if row.status != APPLIED or at_s < since_s:
        return
    sign = 1 if kind is LineKind.DEPOSIT else -1
    yield AccountLine(f"{kind}/{row.id}", kind, sign * row.amount_cents * CENT, venue_ms=at_s * 1_000, detail=row.type)
    if row.fee_cents:
        fee = -row.fee_cents * CENT
        yield AccountLine(f"{kind}/{row.id}/fee", LineKind.OTHER, fee, venue_ms=at_s * 1_000, detail=f"{kind} fee")
