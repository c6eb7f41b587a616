"""Sections of what fills were worth: edge promised and realised, markouts, and the parameters that were tried."""

from html import escape

from desk.reports.charts import Bar, columns
from desk.reports.curves import by_hour
from desk.reports.figures import NOTHING, counted, money, percent
from desk.reports.frame import key, section, style
from desk.reports.results import Markout, TearSheet
from domain.money import MICROS, format_micros


def hours_and_markouts(sheet: TearSheet) -> str:
    """Two halves: when the money came, and what the price did after us."""
    return section(
        "When it came, and what followed",
        "A markout below zero means that those who matched us knew more than we did; it is measured on the middle "
        "price. Small figures: fills that could be measured, of all.",
        f"{key(sheet)}<div class=pair>{by_hour(sheet)}{markouts(sheet)}</div>",
    )


def markouts(sheet: TearSheet) -> str:
    """How prices moved after our fills: the first place where adverse selection shows."""
    horizons = sorted({one.horizon_s for result in sheet.results for one in result.markouts})
    if not horizons:
        return "<div><h3>Markouts</h3><p>No fill was followed by a price.</p></div>"
    groups, rows = [], []
    for horizon in horizons:
        known = [next((m for m in r.markouts if m.horizon_s == horizon), None) for r in sheet.results]
        bars = [
            Bar(_rate(one), style(sheet, n), f"{sheet.results[n].assumption}: {_markout(one)}")
            for n, one in enumerate(known)
            if one is not None
        ]
        groups.append((f"{horizon} s", bars))
        rows.append(
            f"<tr><th>{horizon} s</th>"
            + "".join(f"<td>{NOTHING if one is None else _markout(one)}</td>" for one in known)
            + "</tr>"
        )
    heads = "".join(f"<th>{escape(result.assumption)}</th>" for result in sheet.results)
    picture = columns(groups, label="markouts", unit=" %", height=200.0)
    return (
        "<div><h3>Markouts: price moved our way after a fill, % of stake</h3>"
        f"{picture}<table><thead><tr><th>after</th>{heads}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def _rate(one: Markout) -> float:
    return 100 * one.gained_micros / one.matched_micros if one.matched_micros else 0.0


def _markout(one: Markout) -> str:
    rate = percent(one.gained_micros, one.matched_micros, signed=True, places=2)
    return f"{rate} <small>{one.fills:,} of {one.fills + one.unmeasured:,}</small>"


def edges(sheet: TearSheet) -> str:
    """What orders were promised when they were decided against what they brought."""
    parts = []
    every = [e for r in sheet.results for e in r.edges]
    beside = [sum_of / MICROS for e in every for sum_of in (e.promised_micros, e.realised_micros)]
    for number, result in enumerate(sheet.results):
        if not result.edges:
            continue
        groups = [
            (
                one.label,
                [
                    Bar(one.promised_micros / MICROS, "plain", f"promised {format_micros(one.promised_micros)}"),
                    Bar(
                        one.realised_micros / MICROS,
                        style(sheet, number),
                        f"realised {format_micros(one.realised_micros)}",
                    ),
                ],
            )
            for one in result.edges
        ]
        promised, realised = sum(e.promised_micros for e in result.edges), sum(e.realised_micros for e in result.edges)
        parts.append(
            f"<div><h3>{escape(result.assumption)}</h3>"
            f"{columns(groups, label=f'edge, {result.assumption}', width=375.0, height=220.0, beside=beside)}"
            f"<p class=under>promised {money(promised, signed=True)}, realised {money(realised, signed=True)} "
            f"{sheet.currency}</p></div>"
        )
    if not parts:
        return section("Edge promised, edge realised", "No fill was promised an edge.", "")
    return section(
        "Edge promised, edge realised",
        f"Sums in {sheet.currency} after fees. Promised: the edge at the moment of decision, for what was matched. "
        "Realised: what those fills brought. A grey bar far above its neighbour tells of a fair value, or of a queue, "
        "that flatters.",
        f'<div class="key"><span><i class="plain"></i>promised</span><span><i class="mid"></i>realised</span></div>'
        f'<div class="pair" style="grid-template-columns:repeat({len(parts)},1fr)">{"".join(parts)}</div>',
    )


def grids(sheet: TearSheet) -> str:
    """Heat maps of the parameters that were tried."""
    if not sheet.grids:
        return ""
    tables = []
    for grid in sheet.grids:
        known = [abs(cell) for row in grid.cells_micros for cell in row if cell is not None]
        most = max(known, default=0) or 1
        heads = "".join(f"<th>{escape(value)}</th>" for value in grid.across_values)
        rows = "".join(
            f"<tr><th>{escape(name)}</th>"
            + "".join(_heat(cell, most, chosen=grid.chosen == (y, x)) for x, cell in enumerate(row))
            + "</tr>"
            for y, (name, row) in enumerate(zip(grid.down_values or ("",), grid.cells_micros, strict=True))
        )
        axes = f"across: {grid.across}" + (f" · down: {grid.down}" if grid.down else "")
        tables.append(
            f"<table class=heat><caption>{escape(axes)}</caption><thead><tr><th></th>{heads}</tr></thead>"
            f"<tbody>{rows}</tbody></table>"
        )
    tried = sum(len(row) for grid in sheet.grids for row in grid.cells_micros)
    return section(
        "Parameters",
        f"Net profit in {sheet.currency}, central assumption; the framed cell is the run of this page. "
        f"The best of {counted(tried, 'run')} is the best by luck too: look for a plain, not for a peak.",
        f"<div class=scroll>{''.join(tables)}</div>",
    )


def _heat(cell: int | None, most: int, *, chosen: bool) -> str:
    mark = ' class="chosen"' if chosen else ""
    if cell is None:
        return f"<td{mark}>failed</td>"
    colour = "var(--wash)" if cell >= 0 else "var(--stain)"
    depth = 0.06 + 0.6 * abs(cell) / most
    return f'<td{mark} style="background:rgba({colour},{depth:.2f})">{money(cell, signed=True)}</td>'
