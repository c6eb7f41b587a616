"""The page of the audit trail: what happened to how many orders, who decided what, and where every row is."""

from collections import Counter
from html import escape

from desk.reports.charts import Bar, columns
from desk.reports.figures import counted, money, shortened
from desk.reports.frame import section
from desk.reports.page import page
from desk.reports.tabling import ROWS_MAX, Column, colophon, first_rows, instant, masthead, table
from desk.reports.trails import Audit

KINDS_MAX = 7
"""So many bars have room for their names."""


def audit_page(report: Audit) -> str:
    """The whole page."""
    orders = len({row.client_ref for row in report.trail})
    verdict = (
        f"{counted(len(report.trail), 'event')} of {counted(orders, 'order')}, "
        f"{counted(len(report.refusals), 'refusal')} of our own risk, "
        f"{counted(len(report.decrees), 'word')} of people and breakers."
    )
    body = "\n".join(
        (
            masthead(report.about, "Audit trail", report.about.day, verdict),
            _kinds(report),
            _decrees(report),
            _refusals(report),
            _trail(report),
            colophon(report.about),
        )
    )
    return page(f"Audit trail {report.about.day}", body, wide=True)


def _kinds(report: Audit) -> str:
    kinds = Counter(row.kind for row in report.trail).most_common(KINDS_MAX)
    states = Counter({row.client_ref: row.new_state for row in report.trail}.values()).most_common(KINDS_MAX)
    if not kinds:
        return ""
    pictures = [
        columns([(_words(name), [Bar(count, "mid", f"{name}: {count:,}")]) for name, count in of], label=label)
        for of, label in ((kinds, "events by kind"), (states, "orders by last state"))
    ]
    pair = (
        f"<div class=pair><div><h3>Events by kind</h3>{pictures[0]}</div>"
        f"<div><h3>Orders by their last state</h3>{pictures[1]}</div></div>"
    )
    return section("What happened", "Events of orders, and what state they left each order in.", pair)


def _words(name: str) -> str:
    """`OrderAccepted` and `PARTIALLY_FILLED` as words that break where a line ends."""
    if name.isupper():
        return name.replace("_", " ").lower()
    return "".join(f" {letter.lower()}" if letter.isupper() else letter for letter in name).strip()


def _decrees(report: Audit) -> str:
    heads = [Column("record"), Column("time", text=True), Column("what", text=True), Column("who", text=True)]
    rows = [
        [
            f"{row.seq:,}",
            instant(row.wall_ns),
            escape(_words(row.kind)),
            escape(row.who),
            escape(shortened(row.why, 90)),
        ]
        for row in report.decrees[:ROWS_MAX]
    ]
    said = "Who began, stopped, allowed, paused, reset or signed what, and why."
    body = table([*heads, Column("why", text=True)], rows) + first_rows(report.decrees, "decrees") if rows else ""
    return section("Words of people and breakers", said if rows else "None.", body, long=True)


def _refusals(report: Audit) -> str:
    counts = Counter(row.reason for row in report.refusals).most_common()
    rows = [[f"<code>{escape(name)}</code>", f"{count:,}"] for name, count in counts]
    body = table([Column("reason", text=True), Column("refusals")], rows) if rows else ""
    said = (
        "Orders that our own risk stopped before they were sent, by reason; refusals.csv has them. Every order that "
        "could have met one of ours (self_match) is there; of other noes those that repeat the one before, for the "
        "same strategy and book, are written down once, while the run's summary counts each."
    )
    return section("Refused by ourselves", said if rows else "None.", body)


def _trail(report: Audit) -> str:
    heads = [
        Column("record"),
        Column("time", text=True),
        Column("order", text=True),
        Column("contract", text=True),
        Column("side", text=True),
        Column("size"),
        Column("event", text=True),
        Column("from", text=True),
        Column("to", text=True),
        Column("matched"),
        Column("why", text=True),
    ]
    rows = [
        [
            f"{row.seq:,}",
            instant(row.wall_ns),
            f"<code>{escape(row.client_ref)}</code>",
            f"<code>{escape(shortened(row.instrument, 22))}</code>",
            row.side,
            money(row.size_micros),
            escape(_words(row.kind)),
            escape(_words(row.prior_state)),
            escape(_words(row.new_state)),
            money(row.matched_micros),
            escape(shortened(row.reason, 40)),
        ]
        for row in report.trail[:ROWS_MAX]
    ]
    said = (
        "In the order of the journal. The files hold every row with all columns: account, legal entity, model, "
        "configuration, venue's id, price, evidence, clock offset, and the hash of the record."
    )
    return section("Trail", said, table(heads, rows) + first_rows(report.trail, "trail") if rows else "", long=True)
