"""What sections share: their heading, and which colour is which queue assumption."""

from html import escape

from desk.reports.figures import MINUS
from desk.reports.results import TearSheet

STYLES = ("low", "mid", "high")
"""CSS classes of the queue assumptions, in their order; a single one is drawn in the middle colour."""


def style(sheet: TearSheet, number: int) -> str:
    """The colour of a result."""
    return STYLES[number] if len(sheet.results) == len(STYLES) else STYLES[(number + 1) % len(STYLES)]


def section(title: str, said: str, body: str, *, long: bool = False) -> str:
    """A heading, a sentence on what is seen and in which unit, and the thing itself."""
    return f"<section{' class=long' if long else ''}><h2>{escape(title)}</h2><p>{escape(said)}</p>{body}</section>"


def key(sheet: TearSheet) -> str:
    """Which colour is which assumption."""
    names = (
        f'<span><i class="{style(sheet, n)}"></i>{escape(r.assumption)}</span>' for n, r in enumerate(sheet.results)
    )
    return f'<div class="key">{"".join(names)}</div>'


def minus(text: str) -> str:
    return ' class="loss"' if text.startswith(MINUS) else ""


def loss(micros: int) -> str:
    return ' class="loss"' if micros < 0 else ""
