"""The table as people read it: cost, ratio with its spread, target, and whether it is met."""

from bench.measure import Line, Row


def printed(row: Row) -> str:
    """One row of the table with all its cases."""
    head = f"{row.name}: cost of {row.unit}, us; middle of the rounds (lowest to highest)"
    if row.missing:
        return f"{row.name}: missing, {row.missing}"
    wide = max(len(line.name) for line in row.lines)
    body = [_line(line, wide) for line in row.lines]
    return "\n".join([head, *body, *(f"    {note}" for note in row.notes)])


def _line(line: Line, wide: int) -> str:
    cost = f"{line.us.median:10.2f}"
    ratio = f"{line.ratio.median:8.2f} ({line.ratio.low:.2f} to {line.ratio.high:.2f})"
    mark = "  " if line.peer else "> "
    return f"  {mark}{line.name:<{wide}} {cost} {ratio:<34}{_target(line)}".rstrip()


def _target(line: Line) -> str:
    if line.target is None:
        return ""
    unit = " us" if line.target_of == "us" else ""
    verdict = "met" if line.met else "MISSED"
    return f"target {'>=' if line.at_least else '<='} {line.target:g}{unit}: {verdict}"


def summed(rows: list[Row]) -> str:
    """The last line: how many targets are met."""
    judged = [line for row in rows for line in row.lines if line.met is not None]
    missing = [row.name for row in rows if row.missing]
    told = f"{sum(bool(line.met) for line in judged)} of {len(judged)} targets met"
    return told + (f"; missing rows: {', '.join(missing)}" if missing else "")
