"""Rows as a table on the terminal: amounts in units, lists of them side by side."""

from collections.abc import Mapping, Sequence

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table

from domain.money import format_micros

Row = Mapping[str, object]
"""A line of a table. Names that end in `_micros` hold millionths, one or a sequence of them."""


def print_table(title: str, rows: Sequence[Row], console: Console | None = None) -> None:
    """Print rows of equal columns, no figure cut short; `console` is standard output unless another is given."""
    console = console or Console()
    if not rows:
        console.print(f"{title}: none")
        return
    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD, pad_edge=False, collapse_padding=True)
    for name in rows[0]:
        heading = name.removesuffix("_micros").replace("_", " ")
        table.add_column(heading, justify="right" if name.endswith("_micros") else "left", overflow="fold")
    for row in rows:
        table.add_row(*(_cell(name, value) for name, value in row.items()))
    console.print(table)


def _cell(name: str, value: object) -> str:
    if isinstance(value, tuple | list):
        return " / ".join(_cell(name, one) for one in value)
    if isinstance(value, bool):
        return "yes" if value else ""
    return format_micros(value) if name.endswith("_micros") and isinstance(value, int) else str(value)
