"""What a backtest leaves in its folder: tables, `summary.json`, and the tear sheet."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from desk.reports.results import EdgeResult, Grid, HourResult, Markout, Points, QueueResult, TearSheet
from desk.reports.tear_sheet import write_tear_sheet
from engine.backtest.grid import Axis, chosen
from engine.backtest.results import EDGE_LABELS
from engine.backtest.rows import (
    EquityRow,
    FilePlayed,
    FillRow,
    HourRow,
    LaneResult,
    MarketRow,
    MarkoutRow,
    OrderRow,
    hours_of,
)
from engine.config import Loaded
from storage.columns import write_columns

CENTRAL = "central"
HIGHEST = frozenset({"cap", "worst_loss_max", "reserved_max", "imbalance", "seed", "p50", "p99", "max"})
"""Figures of a summary of which the highest counts where files are added up."""

CAVEATS = (
    "Fills are a guess between bounds: how much of what left a queue stood ahead of us is not in any recording.",
    "Our orders move nobody: others in the recording did not see them, and the starting price is the recorded one.",
    "Latency is drawn from a stated distribution, not measured; recordings without receive times run on publish times.",
    "In place markets the reduction for a removed runner follows no published formula.",
)


class Report(msgspec.Struct, frozen=True):
    """Everything that is written; `cells_net` holds the grid's net profits, the last axis moving fastest."""

    loaded: Loaded
    config: Path
    out: Path
    seed: int
    axes: tuple[Axis, ...]
    cells_net: tuple[int | None, ...]
    files: tuple[FilePlayed, ...]


def write_report(report: Report, summary: Path | None) -> None:
    """Write all of it; `summary` is a second place for the summary."""
    _write_tables(report)
    told = msgspec.json.format(msgspec.json.encode(_summary(report)), indent=1)
    for path in (report.out / "summary.json", summary):
        if path is not None:
            path.write_bytes(told + b"\n")
    write_tear_sheet(tear_sheet(report), report.out / "tear_sheet.html")


def tear_sheet(report: Report) -> TearSheet:
    """What the page is drawn from."""
    names = [one.file.name for one in report.files]
    options = report.loaded.config.backtest
    told = {
        "files": ", ".join(names) if len(names) <= 3 else f"{len(names)} files",
        "strategies": ", ".join(one.name for one in report.loaded.config.strategies) or "none",
        "place latency": f"median {options.place_ms:g} ms, log-normal, sigma {options.latency_sigma:g}",
        "cancel latency": f"median {options.cancel_ms:g} ms, log-normal, sigma {options.latency_sigma:g}",
        "bank": options.bank,
        "seed": str(report.seed),
    }
    return TearSheet(
        title=f"Backtest of {names[0]}" if len(names) == 1 else f"Backtest of {len(names)} recordings",
        currency=report.loaded.config.run.base,
        cap_micros=report.loaded.limits.cap_event_micros,
        results=tuple(_queue_result(name, lanes) for name, lanes in _by_assumption(report).items()),
        files=tuple(one.file for one in report.files),
        options=tuple(told.items()),
        configuration_hash=report.loaded.hash,
        grids=_grids(report),
        caveats=CAVEATS,
    )


def _by_assumption(report: Report) -> dict[str, list[LaneResult]]:
    found: dict[str, list[LaneResult]] = {}
    for one in report.files:
        for lane in one.lanes:
            found.setdefault(lane.assumption, []).append(lane)
    return found


def _queue_result(assumption: str, lanes: Sequence[LaneResult]) -> QueueResult:
    markets = [row for lane in lanes for row in lane.results]
    net, taken = sum(row.net_micros for row in markets), sum(row.commission_micros for row in markets)
    equity = _joined([lane.equity for lane in lanes])
    return QueueResult(
        assumption=assumption,
        equity=equity,
        inventory=_joined([lane.inventory for lane in lanes]),
        gross_micros=net + taken,
        commission_micros=taken,
        net_micros=net,
        drawdown_micros=_drawdown(equity),
        worst_loss_micros=max((lane.worst_loss_micros for lane in lanes), default=0),
        placed_micros=sum(lane.placed_micros for lane in lanes),
        matched_micros=sum(row.matched_micros for row in markets),
        orders=sum(len(lane.orders) for lane in lanes),
        orders_filled=sum(lane.orders_filled for lane in lanes),
        fills=sum(len(lane.fills) for lane in lanes),
        refused=sum(lane.refused for lane in lanes),
        markets=tuple(markets),
        hours=_hours(lane.equity for lane in lanes),
        markouts=_markouts(lane.markouts for lane in lanes),
        edges=added_edges(lane.edges for lane in lanes),
    )


def _joined(series: Sequence[Points]) -> Points:
    """Several series as one: each moves the sum by its own steps, in order of time."""
    steps: list[tuple[int, int]] = []
    for points in series:
        before = 0
        for at_ms, micros in points:
            steps.append((at_ms, micros - before))
            before = micros
    steps.sort(key=lambda step: step[0])
    total, joined = 0, []
    for at_ms, step in steps:
        total += step
        joined.append((at_ms, total))
    return tuple(joined)


def _drawdown(equity: Points) -> int:
    """The deepest fall from the highest point before it."""
    highest = deepest = 0
    for _, micros in equity:
        highest = max(highest, micros)
        deepest = max(deepest, highest - micros)
    return deepest


def _hours(series: Iterable[Points]) -> tuple[HourResult, ...]:
    sums: defaultdict[int, int] = defaultdict(int)
    for points in series:
        for one in hours_of(points):
            sums[one.hour] += one.net_micros
    return tuple(HourResult(hour, sums[hour]) for hour in sorted(sums))


def _markouts(told: Iterable[Sequence[Markout]]) -> tuple[Markout, ...]:
    return tuple(
        Markout(
            horizon_s=int(horizon),
            fills=row["fills"],
            matched_micros=row["matched_micros"],
            gained_micros=row["gained_micros"],
            unmeasured=row["unmeasured"],
        )
        for horizon, row in _added(told, lambda one: str(one.horizon_s)).items()
    )


def added_edges(told: Iterable[Sequence[EdgeResult]]) -> tuple[EdgeResult, ...]:
    """Groups of all files in one order, whichever file had which of them first."""
    added = _added(told, lambda one: one.label)
    return tuple(
        EdgeResult(
            label=label,
            fills=row["fills"],
            matched_micros=row["matched_micros"],
            promised_micros=row["promised_micros"],
            realised_micros=row["realised_micros"],
        )
        for label, row in sorted(added.items(), key=lambda item: EDGE_LABELS.index(item[0]))
    )


def _added(told: Iterable[Sequence[Any]], key: Callable[[Any], str]) -> dict[str, dict[str, int]]:
    """Structs of one kind added up field by field, by a key."""
    sums: dict[str, dict[str, int]] = {}
    for group in told:
        for one in group:
            row = sums.setdefault(key(one), {})
            for name, value in msgspec.structs.asdict(one).items():
                if isinstance(value, int):
                    row[name] = row.get(name, 0) + value
    return sums


def _grids(report: Report) -> tuple[Grid, ...]:
    if not report.axes:
        return ()
    across = report.axes[-1]
    down = report.axes[0] if len(report.axes) > 1 else None
    width = len(across.values)
    rows = [report.cells_net[n : n + width] for n in range(0, len(report.cells_net), width)]
    return (
        Grid(
            across=across.place,
            across_values=across.texts,
            down="" if down is None else down.place,
            down_values=("",) if down is None else down.texts,
            cells_micros=tuple(tuple(row) for row in rows),
            chosen=chosen(report.loaded.config, report.axes),
        ),
    )


def _summary(report: Report) -> dict[str, Any]:
    """The keys of every run's summary for the central assumption, and for each of them under `assumptions`."""
    lanes = _by_assumption(report)
    summed = {name: _merged([lane.summary for lane in of]) for name, of in lanes.items()}
    first = summed.get(CENTRAL, {"run": str(report.out), "mode": "backtest", "seed": report.seed})
    return {
        **first,
        "files": [
            {**msgspec.to_builtins(one.file), "lines_left_out": len(one.skipped), "crossed": one.crossed}
            for one in report.files
        ],
        "assumptions": summed,
        "grid": {
            "axes": [{"place": axis.place, "values": axis.texts} for axis in report.axes],
            "net": list(report.cells_net),
        },
    }


def _merged(told: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Several summaries as one: counts and money add up, of limits and extremes the highest stands, texts stay."""
    merged: dict[str, Any] = {}
    for one in told:
        for name, value in one.items():
            known = merged.get(name)
            if known is None:
                merged[name] = value
            elif isinstance(value, dict):
                merged[name] = _merged([known, value])
            elif isinstance(value, int | float):
                merged[name] = max(known, value) if name in HIGHEST else known + value
    return merged


def _write_tables(report: Report) -> None:
    lanes = [(one.file.name, lane) for one in report.files for lane in one.lanes]
    markets = [row for one in report.files for row in one.unplayed]
    markets += [row for _, lane in lanes for row in lane.markets]
    write_columns(report.out, "fills", FillRow, [row for _, lane in lanes for row in lane.fills])
    write_columns(report.out, "orders", OrderRow, [row for _, lane in lanes for row in lane.orders])
    write_columns(report.out, "markets", MarketRow, markets)
    equity = [
        EquityRow(lane.assumption, file, at_ms, micros, at_risk)
        for file, lane in lanes
        for (at_ms, micros), (_, at_risk) in zip(lane.equity, lane.inventory, strict=True)
    ]
    write_columns(report.out, "equity", EquityRow, equity)
    markouts = [
        MarkoutRow(assumption=lane.assumption, file=file, **msgspec.structs.asdict(one))
        for file, lane in lanes
        for one in lane.markouts
    ]
    write_columns(report.out, "markouts", MarkoutRow, markouts)
    hours = [
        HourRow(lane.assumption, file, one.hour, one.net_micros)
        for file, lane in lanes
        for one in hours_of(lane.equity)
    ]
    write_columns(report.out, "hours", HourRow, hours)
