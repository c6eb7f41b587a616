"""Sections of what the money did: equity and drawdown, inventory, profit by market and by hour."""

from desk.reports.charts import Bar, Line, columns, over_time, spans
from desk.reports.figures import counted, money, shortened
from desk.reports.frame import key, section, style
from desk.reports.results import Points, TearSheet
from domain.money import MICROS, format_micros

MARKETS_MAX = 40
"""More markets than this are drawn as the best and the worst of them; the tables beside the sheet hold all."""


def equity(sheet: TearSheet) -> str:
    """Net profit so far, and how far below its best it stood."""
    lines = [Line(r.assumption, style(sheet, n), r.equity) for n, r in enumerate(sheet.results) if r.equity]
    if not lines:
        return section("Equity", "No market was simulated, so there is no equity to draw.", "")
    below = [Line(line.name, line.style, under_water(line.points)) for line in lines]
    return section(
        "Equity",
        f"Net profit so far in {sheet.currency}, commission taken, open positions marked. Market time, UTC; "
        "stretches in which nothing was recorded are cut at the dotted lines.",
        over_time(lines, label="equity by queue assumption")
        + f"<h3 style='margin-top:22px'>Below the best so far, {sheet.currency}</h3>"
        + over_time(below, label="drawdown by queue assumption", height=170.0, clock_of=lines),
    )


def under_water(points: Points) -> Points:
    """How far each value stands below the highest before it; the start counts as zero."""
    best, found = 0, []
    for at_ms, value in points:
        best = max(best, value)
        found.append((at_ms, value - best))
    return tuple(found)


def inventory(sheet: TearSheet) -> str:
    """Money at risk in matched bets over time."""
    lines = [Line(r.assumption, style(sheet, n), r.inventory) for n, r in enumerate(sheet.results) if r.inventory]
    if not lines:
        return section("Inventory", "No position was held.", "")
    return section(
        "Inventory",
        f"What matched bets could lose at worst, all events together, in {sheet.currency}.",
        over_time(lines, label="inventory by queue assumption", height=220.0),
    )


def by_market(sheet: TearSheet) -> str:
    """Net profit of each market under each assumption, best first."""
    nets: dict[str, list[int | None]] = {}
    events: dict[str, str] = {}
    settled: dict[str, bool] = {}
    for number, result in enumerate(sheet.results):
        for one in result.markets:
            nets.setdefault(one.market, [None] * len(sheet.results))[number] = one.net_micros
            events[one.market] = one.event
            settled[one.market] = settled.get(one.market, True) and one.settled
    traded = [
        market for market in nets if any(r.fills for res in sheet.results for r in res.markets if r.market == market)
    ]
    middle = len(sheet.results) // 2
    traded.sort(key=lambda market: (-(nets[market][middle] or 0), market))
    shown = traded if len(traded) <= MARKETS_MAX else traded[: MARKETS_MAX // 2] + traded[-MARKETS_MAX // 2 :]
    rows = []
    for market in shown:
        name = f"{shortened(events[market], 26)} {market}" + ("" if settled[market] else " *")
        told = [(n, net) for n, net in enumerate(nets[market]) if net is not None]
        bars = [
            Bar(net / MICROS, style(sheet, n), f"{sheet.results[n].assumption}: {format_micros(net)} {sheet.currency}")
            for n, net in told
        ]
        rows.append((name, bars))
    said = [
        f"Net profit of each market that had a fill, in {sheet.currency}; the figure on the right is the central one."
    ]
    if not all(settled[market] for market in shown):
        said.append("* marked at the last price, not settled.")
    if len(shown) < len(traded):
        left = sum(nets[market][middle] or 0 for market in traded if market not in set(shown))
        said.append(
            f"{len(traded) - len(shown)} markets between best and worst are left out: {money(left, signed=True)}."
        )
    quiet = len(nets) - len(traded)
    if quiet:
        said.append(f"{counted(quiet, 'market')} had no fill.")
    if not rows:
        return section("Profit by market", "No market had a fill.", "")
    picture = spans(rows, label="net profit by market")
    return section("Profit by market", " ".join(said), key(sheet) + picture, long=len(rows) > 25)


def by_hour(sheet: TearSheet) -> str:
    """Net profit by hour of the day."""
    told = [{one.hour: one.net_micros for one in result.hours} for result in sheet.results]
    hours = sorted({hour for known in told for hour in known})
    if not hours:
        return "<div><h3>Profit by hour of the day</h3><p>No profit or loss came in.</p></div>"
    groups = [
        (
            f"{hour:02d}",
            [
                Bar(
                    known.get(hour, 0) / MICROS,
                    style(sheet, n),
                    f"{hour:02d}:00 to {hour:02d}:59 UTC, {sheet.results[n].assumption}: "
                    f"{format_micros(known.get(hour, 0))} {sheet.currency}",
                )
                for n, known in enumerate(told)
            ],
        )
        for hour in range(hours[0], hours[-1] + 1)
    ]
    picture = columns(groups, label="net profit by hour of the day")
    return f"<div><h3>Profit by hour of the day (UTC), {sheet.currency}</h3>{picture}</div>"
