"""The page of one wallet's statement: what it was worth, what changed that, and what it was worth then."""

from html import escape

from desk.reports.books import Compared, Statement
from desk.reports.charts import Line, over_time
from desk.reports.figures import NOTHING, counted, money, shortened
from desk.reports.frame import section
from desk.reports.page import page
from desk.reports.tabling import (
    MS,
    ROWS_MAX,
    Column,
    clock,
    colophon,
    first_rows,
    instant,
    masthead,
    signed,
    table,
)


def statement_page(report: Statement) -> str:
    """The whole page."""
    balance, unit = report.balance, report.currency
    verdict = (
        f"{money(balance.opened_micros)} {unit} when the day began, {money(balance.moved_micros, signed=True)} moved, "
        f"{money(balance.made_micros, signed=True)} earned: {money(balance.closed_micros)} {unit} at its end."
    )
    title = f"{report.venue}, {unit}, {report.about.day}"
    body = "\n".join(
        (
            masthead(report.about, "Statement of account", title, verdict),
            _summary(report),
            _earned(report),
            _lines(report),
            _compared(report),
            _movements(report),
            colophon(report.about),
        )
    )
    return page(f"Statement {title}", body, wide=True)


def _summary(report: Statement) -> str:
    balance, unit = report.balance, report.currency
    rows = [
        ["Worth when the day began", money(balance.opened_micros)],
        ["Deposits, withdrawals and transfers", signed(balance.moved_micros)],
        *([name, signed(micros)] for name, micros in _by_what(report).items()),
    ]
    told = [
        ["Worth at the end of the day", money(balance.closed_micros)],
        ["of it behind open orders", money(balance.reserved_micros)],
        ["of it behind matched bets", money(balance.locked_micros)],
        ["The venue's own figure of the balance, by our books", money(balance.venue_figure_micros)],
        ["Agreed with the venue as of, UTC", clock(balance.agreed_ns)],
        *([["Not compared since, because", escape(balance.doubt)]] if balance.doubt else []),
    ]
    return section("Account", f"Amounts in {unit}.", table([Column("", text=True), Column(unit)], rows, sums=told))


def _by_what(report: Statement) -> dict[str, int]:
    """What was earned by what earned it; they add up to what the wallet made."""
    found: dict[str, int] = {}
    for line in report.lines:
        if not line.moved:
            profit = line.amount_micros + line.fee_micros
            found["Bets settled, taken back or annulled"] = (
                found.get("Bets settled, taken back or annulled", 0) + profit
            )
            found["Fees and commission"] = found.get("Fees and commission", 0) - line.fee_micros
    return found


def _earned(report: Statement) -> str:
    earned, points = 0, list[tuple[int, int]]()
    for line in report.lines:
        earned += 0 if line.moved else line.amount_micros
        points.append((line.wall_ns // MS, earned))
    if len(points) < 2:
        return ""
    picture = over_time([Line("earned", "mid", tuple(points))], label="earned in the wallet", height=220.0)
    return section("Over the day", f"What was earned since the day began, in {report.currency}, UTC.", picture)


def _lines(report: Statement) -> str:
    columns = [
        Column("time", text=True),
        Column("what", text=True),
        Column("event", text=True),
        Column("market", text=True),
        *map(Column, ("gross", "fees", "amount", "worth then")),
        Column("named by", text=True),
    ]
    rows = [
        [
            instant(line.wall_ns),
            escape(line.what.replace("_", " ")),
            escape(line.event_name) or NOTHING,
            escape(line.market.rpartition("/")[2].replace("_", " ")) or NOTHING,
            signed(line.amount_micros + line.fee_micros),
            signed(-line.fee_micros),
            signed(line.amount_micros),
            money(line.equity_micros),
            f"<code>{escape(shortened(line.cause, 44))}</code>",
        ]
        for line in report.lines[:ROWS_MAX]
    ]
    said = f"Everything that changed what the wallet is worth, in {report.currency}."
    body = table(columns, rows) + first_rows(report.lines, "lines") if rows else ""
    return section("Statement", said if rows else "Nothing changed what the wallet is worth.", body, long=True)


def _compared(report: Statement) -> str:
    """The venue's own lines beside our postings."""
    if not report.tells_lines:
        return section("The venue's own lines", "This venue answers with no lines; the balance alone proves ours.", "")
    if not report.compared:
        return section("The venue's own lines", "None was told today.", "")
    apart = [one for one in report.compared if one.apart_micros]
    known = sum(one.apart_micros is not None for one in report.compared)
    said = (
        f"{counted(len(report.venue_lines), 'line')} of the venue's account statement heard today, by market, beside "
        f"what our books posted for it up to the end of the day, in {report.currency}. "
        + (f"{len(apart):,} of {known:,} differ." if apart else f"All {known:,} judged agree to the millionth.")
    )
    columns = [
        Column("market", text=True),
        Column("the venue's name", text=True),
        *map(Column, ("lines", "gross, theirs", "gross, ours", "fees, theirs", "fees, ours", "apart")),
    ]
    rows = [
        [
            escape(_name(one)),
            f"<code>{escape(shortened(one.venue_market, 34))}</code>",
            f"{one.lines:,}",
            *(signed(micros) for micros in (one.theirs_micros, one.ours_micros)),
            *(signed(micros) for micros in (one.theirs_fees_micros, one.ours_fees_micros)),
            "not yet" if one.apart_micros is None else _apart(one.apart_micros),
        ]
        for one in report.compared[:ROWS_MAX]
    ]
    foot = (
        "<p class=under>Every line is in <code>venue_lines.csv</code>. Not yet: the market is not settled, or no line "
        "of it was heard since.</p>"
    )
    body = table(columns, rows) + first_rows(report.compared, "compared") + foot
    return section("The venue's own lines", said, body, long=True)


def _name(one: Compared) -> str:
    if not one.venue_market:
        return "deposits, withdrawals and transfers"
    return one.market.replace("/", ", ").replace("-", " ").replace("_", " ")


def _apart(micros: int) -> str:
    return f"<b class=loss>{money(micros, signed=True, places=4)}</b>" if micros else "agrees"


def _movements(report: Statement) -> str:
    count = len(report.movements)
    said = (
        f"{count:,} postings to the wallet's accounts, with what each account held then, are in movements.csv; "
        f"{len(report.matches):,} matches in matches.csv."
    )
    return section("Behind it", said, "")
