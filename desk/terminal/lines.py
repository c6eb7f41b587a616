"""Lines of coloured text in columns: what every panel is made of."""

from collections.abc import Sequence
from typing import NamedTuple

from rich.cells import cell_len, set_cell_size
from rich.segment import Segment
from rich.style import Style
from textual.strip import Strip

Span = tuple[str, Style]
Cell = tuple[Span, ...]
"""Pieces of text side by side, each in its own style."""


class Column(NamedTuple):
    """A column: its heading, its least width, and how it lies. `grow` shares out the width that is left over.

    `from_width`: a panel narrower than this leaves the column out.
    """

    key: str
    title: str
    width: int
    right: bool = False
    grow: int = 0
    from_width: int = 0
    gap: int = 1


class Line(NamedTuple):
    """One line of a panel. `id` names what can be chosen; a line without one is passed over by the cursor."""

    id: str
    cell: Cell


class Laid(NamedTuple):
    """A column where it stands: its width on this terminal."""

    column: Column
    width: int


def cell(text: str, style: Style) -> Cell:
    """A cell of one piece."""
    return ((text, style),)


def length(pieces: Cell) -> int:
    """Width of a cell on the terminal."""
    return sum(cell_len(text) for text, _ in pieces)


def lay_out(columns: Sequence[Column], width: int) -> tuple[Laid, ...]:
    """The columns that a width has room for, and what each of them gets."""
    kept = [column for column in columns if width >= column.from_width]
    left = width - sum(column.width + column.gap for column in kept) + (kept[-1].gap if kept else 0)
    shares = sum(column.grow for column in kept)
    laid = []
    for column in kept:
        more = max(0, left) * column.grow // shares if column.grow else 0
        left -= more
        shares -= column.grow
        laid.append(Laid(column, column.width + more))
    return tuple(laid)


def fit(pieces: Cell, width: int, *, right: bool = False, fill: Style | None = None) -> Cell:
    """A cell made exactly so wide: padded on its free side, or cut with an ellipsis."""
    had = length(pieces)
    if had == width:
        return pieces
    if had < width:
        style = fill if fill is not None else (pieces[0 if right else -1][1] if pieces else Style.null())
        pad = (" " * (width - had), style)
        return (pad, *pieces) if right else (*pieces, pad)
    kept: list[Span] = []
    left = width - 1
    for text, style in pieces:
        if cell_len(text) > left:
            kept.append((set_cell_size(text, left) + "…", style))
            break
        kept.append((text, style))
        left -= cell_len(text)
    return tuple(kept) if width > 0 else ()


def row(laid: Sequence[Laid], cells: dict[str, Cell], between: Style) -> Cell:
    """Cells by column key side by side; a column without a cell stays blank."""
    pieces: list[Span] = []
    for number, (column, width) in enumerate(laid):
        pieces.extend(fit(cells.get(column.key, ()), width, right=column.right, fill=between))
        if number < len(laid) - 1 and column.gap:
            pieces.append((" " * column.gap, between))
    return tuple(pieces)


def titles(laid: Sequence[Laid], style: Style) -> Cell:
    """The headings above columns."""
    return row(laid, {column.key: cell(column.title, style) for column, _ in laid}, style)


def strip(pieces: Cell, width: int, base: Style, over: Style | None = None) -> Strip:
    """A line as the terminal draws it, exactly so wide; `over` is the cursor's style, below each piece's own."""
    under = base if over is None else base + over
    segments = [Segment(text, under + style if over is None else _lit(base, style, over)) for text, style in pieces]
    return Strip(segments).adjust_cell_length(width, under)


def _lit(base: Style, style: Style, over: Style) -> Style:
    """A piece under the cursor. Where the cursor turns colours round it takes them off; what is turned itself stays."""
    own = style.bgcolor is not None and style.bgcolor != base.bgcolor
    if over.reverse:
        return base + style if own or style.reverse else base + Style(bold=style.bold) + over
    return base + over + style if own else base + style + over
