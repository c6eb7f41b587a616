"""The venue's own account statement on ours: each line, and each market's lines beside what our books posted."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from desk.reports.agreement_page import agreement_page, verdict
from desk.reports.eod_page import judged
from desk.reports.statement_page import statement_page
from domain.account_lines import AccountLine, LineKind
from domain.ids import Currency, VenueMarketId
from domain.messages import RunEnded
from domain.money import MICROS
from domain.treasury import AccountLinesReported
from engine.reports.agreement import agreement
from engine.reports.day import end_of_day
from engine.reports.rows import of_journal
from engine.reports.statements import statements
from tests.engine.reports.days import TOLD, Day, bought, day_number, settled
from tests.engine.runs import ONE, OPENING, STARTED, decision


def line(name: str, kind: LineKind, micros: int, market: str = "match") -> AccountLine:
    return AccountLine(name, kind, micros, venue_market=VenueMarketId(market))


def made(folder: Path, *lines: AccountLine, settle: bool = True):
    """The statement of venue one: a bet that won 4.00, 0.10 commission, and these lines of the venue's."""
    tells = tuple(replace(one, tells_lines=one.venue == ONE) for one in STARTED.capabilities)
    day = Day(folder).said(replace(STARTED, digest_every=50, capabilities=tells), *OPENING[1:], decision())
    day.said(*bought("t-1", "BACK 5 @ 2.00", "4", at="2.00"))
    if settle:
        day.said(settled(4 * MICROS))
    day.said(AccountLinesReported(ONE, Currency("GBP"), 0, 0, lines), RunEnded("asked to"))
    rows = of_journal(day.closed())
    [statement] = statements(rows, day_number(), TOLD, venue="one")
    return statement


def test_lines_that_say_what_we_posted_agree(tmp_path: Path) -> None:
    statement = made(
        tmp_path,
        line("a", LineKind.SETTLEMENT, 9 * MICROS),
        line("b", LineKind.CORRECTION, -5 * MICROS),
        line("c", LineKind.COMMISSION, -100_000),
    )
    [one] = statement.compared
    assert (one.venue_market, one.market, one.lines, one.apart_micros) == ("match", "match", 3, 0)
    assert (one.theirs_micros, one.theirs_fees_micros) == (4 * MICROS, -100_000)
    assert [row.line for row in statement.venue_lines] == ["a", "b", "c"]
    page = statement_page(statement)
    assert "All 1 judged agree to the millionth." in page


@pytest.mark.parametrize(
    ("lines", "apart"),
    [
        ([line("a", LineKind.SETTLEMENT, 4 * MICROS)], 100_000),
        ([line("a", LineKind.SETTLEMENT, 4 * MICROS), line("c", LineKind.COMMISSION, -100_001)], -1),
    ],
)
def test_what_they_say_otherwise_is_told_in_red(tmp_path: Path, lines: list[AccountLine], apart: int) -> None:
    statement = made(tmp_path, *lines)
    [one] = statement.compared
    assert one.apart_micros == apart
    assert statement.balance.lines_apart_micros == abs(apart)
    assert "1 of 1 differ." in statement_page(statement)


def test_a_market_that_is_not_settled_is_not_judged_and_money_that_came_stands_apart(tmp_path: Path) -> None:
    statement = made(
        tmp_path, line("a", LineKind.TRADE, -MICROS), line("d", LineKind.DEPOSIT, 7 * MICROS, market=""), settle=False
    )
    match, moved = statement.compared
    assert (match.theirs_micros, match.apart_micros) == (-MICROS, None)
    assert (moved.venue_market, moved.lines, moved.theirs_micros, moved.apart_micros) == ("", 1, 7 * MICROS, 7 * MICROS)
    page = statement_page(statement)
    assert "<td>not yet</td>" in page
    assert "deposits, withdrawals and transfers" in page


def test_a_statement_of_which_no_line_was_heard_yet_is_not_judged(tmp_path: Path) -> None:
    [one] = (statement := made(tmp_path)).compared
    assert (one.lines, one.ours_micros, one.apart_micros) == (0, 4 * MICROS, None)
    assert statement.balance.lines_apart_micros == 0


def test_lines_that_say_otherwise_make_the_wallet_red_though_no_break_stands(tmp_path: Path) -> None:
    made(tmp_path, line("a", LineKind.SETTLEMENT, 4 * MICROS))
    rows = of_journal(tmp_path)
    told = agreement(rows, day_number(), TOLD)
    assert not told.breaks
    assert "0.10 apart" in agreement_page(told)
    pack = end_of_day(rows, day_number(), TOLD)
    assert [one.good for one in judged(pack) if one.name == "Balances"] == [False]
    proven = replace(told, balances=tuple(replace(one, agreed_ns=1, doubt="") for one in told.balances))
    assert verdict(proven) == "No break stands, but the venue's own lines say otherwise than our books: one."


def test_a_venue_that_tells_no_lines_says_so(tmp_path: Path) -> None:
    statement = replace(made(tmp_path), tells_lines=False)
    assert "This venue answers with no lines" in statement_page(statement)
