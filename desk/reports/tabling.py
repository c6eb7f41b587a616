"""What the pages of reports share: tables, cents that add up, states in green and red, times."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import NamedTuple

from desk.reports.books import About
from desk.reports.figures import MINUS, NOTHING, counted, moment, money
from domain.money import MICROS

CENT = MICROS // 100
ROWS_MAX = 200
"""More rows than these stand only in the files beside the page."""

MS = 1_000_000


class Column(NamedTuple):
    """A heading, and whether what stands below it is text; figures stand to the right."""

    name: str
    text: bool = False


class Light(NamedTuple):
    """One thing that is right or wrong: its name, whether it is right, and what is to be said of it.

    `unproven`: nothing says that it is wrong, and nothing that it is right.
    """

    name: str
    good: bool
    said: str
    unproven: bool = False

    @property
    def style(self) -> str:
        """The class of its place on the page."""
        return "right" if self.good else "unsure" if self.unproven else "wrong"

    @property
    def word(self) -> str:
        """What stands beside it."""
        return {"right": "in order", "unsure": "not proven", "wrong": "look"}[self.style]


def table(columns: Sequence[Column], rows: Iterable[Sequence[str]], *, sums: Sequence[Sequence[str]] = ()) -> str:
    """Rows of ready cells, the first of each its heading; `sums` stand below in bold."""
    head = "".join(f"<th{' class=text' if one.text else ''}>{escape(one.name)}</th>" for one in columns)
    body = "".join(_line(columns, row, "") for row in rows)
    foot = "".join(_line(columns, row, " class=sum") for row in sums)
    return f"<div class=scroll><table><thead><tr>{head}</tr></thead><tbody>{body}{foot}</tbody></table></div>"


def _line(columns: Sequence[Column], row: Sequence[str], style: str) -> str:
    first, *rest = row
    cells = "".join(_cell(one, column) for one, column in zip(rest, columns[1:], strict=True))
    return f"<tr{style}><th>{first}</th>{cells}</tr>"


def _cell(text: str, column: Column) -> str:
    style = "text" if column.text else "loss" if text.startswith(MINUS) else ""
    return f"<td{f' class={style}' if style else ''}>{text}</td>"


def lights(of: Sequence[Light]) -> str:
    """Green, amber and red, each with its word, so that nobody needs to see the colours."""
    cells = "".join(
        f'<li class="{one.style}"><b>{escape(one.name)}</b><span>{one.word}</span><p>{escape(one.said)}</p></li>'
        for one in of
    )
    return f"<ul class=lights>{cells}</ul>"


def cents(amounts: Sequence[int]) -> list[int]:
    """Amounts in whole cents that add up to the sum rounded to a cent: the running sum is rounded, never the part."""
    run, given, found = 0, 0, []
    for amount in amounts:
        run += amount
        upto = rounded(run)
        found.append(upto - given)
        given = upto
    return found


def cents_grid(rows: Sequence[Sequence[int]]) -> list[list[int]]:
    """Rows of amounts in whole cents: their columns add up as `cents` has the columns' sums, whatever the rows are.

    The sum of everything above and to the left is rounded, never a cell, so a cell may be two cents beside its own.
    """
    above = [0] * (len(rows[0]) + 1) if rows else []
    exact = above[:]
    found = []
    for row in rows:
        run, upto, cells = 0, [0], []
        for number, amount in enumerate(row, 1):
            run += amount
            exact[number] += run
            upto.append(rounded(exact[number]))
            cells.append(upto[number] - upto[number - 1] - above[number] + above[number - 1])
        above = upto
        found.append(cells)
    return found


def rounded(micros: int) -> int:
    """An amount rounded to a cent, half away from zero."""
    whole = (abs(micros) + CENT // 2) // CENT * CENT
    return whole if micros >= 0 else -whole


def signed(micros: int) -> str:
    """`+1.00`, a minus before a loss, a dash for nothing."""
    return money(micros, signed=True) if rounded(micros) else NOTHING


def clock(ns: int | None) -> str:
    """`14:03:20`, UTC."""
    return NOTHING if ns is None else f"{moment(ns // MS):%H:%M:%S}"


def instant(ns: int) -> str:
    """`14:03:20.125`, UTC."""
    return f"{moment(ns // MS):%H:%M:%S}.{ns // MS % 1_000:03d}"


def first_rows(rows: Sequence[object], file: str) -> str:
    """What is said where not all rows fit on the page."""
    if len(rows) <= ROWS_MAX:
        return ""
    return (
        f"<p class=under>The first {ROWS_MAX} of {counted(len(rows), 'row')}; all are in <code>{file}.csv</code>.</p>"
    )


def masthead(about: About, kind: str, title: str, verdict: str) -> str:
    """Of what, whose, when, and the sentence that a hurried reader takes home."""
    under = " · ".join((about.legal_entity, f"run {about.run}", about.mode, f"amounts in {about.base} where not said"))
    return (
        f'<header><div class="eyebrow">{escape(kind)}</div><h1>{escape(title)}</h1>'
        f'<p class="under">{escape(under)}</p><p class="verdict">{escape(verdict)}</p></header>'
    )


def colophon(about: About) -> str:
    """From what this was made, and how anybody can make it again."""
    rates = ", ".join(f"1 {ccy} = {rate / 1e8:g} {about.base}" for ccy, rate in about.rates_e8.items())
    ended = f"The run ended: {about.ended}." if about.ended else "The run had not ended."
    return (
        f"<footer><p>Made from records 1 to {about.records:,} of the run's journal, whose chain stands at "
        f"<code>{about.head}</code>. {escape(ended)} Day in UTC. Rates of {escape(about.rates_dated)}: "
        f"{escape(rates)}. Configuration <code>{escape(about.config_hash)}</code>. Cents are given so that columns add "
        "up; the files beside this page hold millionths. <code>run.py verify</code> on this folder makes every figure "
        "again from the journal, and checks the signature.</p></footer>"
    )
