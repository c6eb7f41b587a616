"""A made-up backtest in figures that agree with each other, for the page's tests."""

from math import sin

from desk.reports.results import (
    EdgeResult,
    FileResult,
    Grid,
    HourResult,
    MarketResult,
    Markout,
    QueueResult,
    TearSheet,
)
from domain.ids import Currency

UNIT = 1_000_000
DAY_MS = 86_400_000
STARTS_MS = (1_657_004_400_000, 1_657_004_400_000 + 5 * DAY_MS, 1_667_710_000_000)
EVENTS = ("Netherlands v Papua New Guinea", "Lismore 5 f handicap <win>", "Moe maiden plate")


def queue_result(assumption: str = "central", *, each: int = 4, points: int = 400) -> QueueResult:
    """Results of three markets; `each` is what a market brings, in units, before its own rise and fall."""
    equity, inventory, hours = [], [], dict.fromkeys((7, 8, 13), 0)
    markets, so_far = [], 0
    for number, start in enumerate(STARTS_MS):
        brought = (each - 3 * number) * UNIT + 123_457
        for step in range(points + 1):
            swing = round(3 * UNIT * sin(step / 30 + number) * sin(3.14159 * step / points))
            last = step == points
            value = so_far + brought if last else so_far + brought * step // points + swing
            equity.append((start + step * 9_000, value))
            inventory.append((start + step * 9_000, 0 if last else abs(12 * swing) + 2 * UNIT))
        so_far += brought
        hours[(7, 8, 13)[number]] += brought
        markets.append(
            MarketResult(
                market=f"1.20080692{number}",
                event=EVENTS[number],
                net_micros=brought,
                commission_micros=200_000,
                matched_micros=310 * UNIT,
                orders=90,
                fills=41,
                settled=number != 1,
            )
        )
    return QueueResult(
        assumption=assumption,
        equity=tuple(equity),
        inventory=tuple(inventory),
        gross_micros=so_far + 600_000,
        commission_micros=600_000,
        net_micros=so_far,
        drawdown_micros=5_250_000,
        worst_loss_micros=212_500_000,
        placed_micros=4_210 * UNIT,
        matched_micros=(900 + 20 * each) * UNIT,
        orders=270,
        orders_filled=96 + each,
        fills=123,
        refused=7,
        markets=tuple(markets),
        hours=tuple(HourResult(hour, net) for hour, net in hours.items()),
        markouts=tuple(
            Markout(
                horizon_s=horizon,
                fills=120 - horizon,
                matched_micros=900 * UNIT,
                gained_micros=(each * UNIT) // 2 - horizon * 60_000,
                unmeasured=horizon // 10,
            )
            for horizon in (1, 10, 60)
        ),
        edges=(
            EdgeResult(
                label="under 1 %",
                fills=60,
                matched_micros=400 * UNIT,
                promised_micros=2 * UNIT,
                realised_micros=(each - 2) * UNIT // 2,
            ),
            EdgeResult(
                label="1 to 2 %",
                fills=40,
                matched_micros=300 * UNIT,
                promised_micros=5 * UNIT,
                realised_micros=each * UNIT // 2,
            ),
            EdgeResult(
                label="over 2 %",
                fills=20,
                matched_micros=200 * UNIT,
                promised_micros=6 * UNIT,
                realised_micros=each * UNIT,
            ),
        ),
    )


def tear_sheet(**changed: object) -> TearSheet:
    """A sheet with everything in it; name what shall be different."""
    given: dict[str, object] = {
        "title": "Market maker on <three> recordings",
        "currency": Currency("GBP"),
        "cap_micros": 400 * UNIT,
        "results": (
            queue_result("pessimistic", each=1),
            queue_result("central", each=4),
            queue_result("optimistic", each=7),
        ),
        "files": (
            FileResult(name="1.200806927.gz", messages=18_529, markets=1, first_ms=STARTS_MS[0], last_ms=STARTS_MS[1]),
            FileResult(
                name="BASIC-1.132153978.gz",
                messages=480,
                markets=1,
                first_ms=STARTS_MS[2],
                last_ms=STARTS_MS[2] + 3_600_000,
                note="no prices in this file: not simulated",
            ),
        ),
        "options": (("strategy", "maker"), ("latency", "20 ms, sd 5 ms"), ("seed", "7")),
        "configuration_hash": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
        "grids": (
            Grid(
                across="hysteresis_ticks",
                across_values=("2", "4", "8", "16"),
                down="size_tolerance",
                down_values=("0.1", "0.3", "0.6"),
                cells_micros=(
                    (-3_400_000, 250_000, 1_200_000, 900_000),
                    (-900_000, 3_370_371, 4_000_000, None),
                    (0, 2_100_000, 3_800_000, -6_000_000),
                ),
                chosen=(1, 2),
            ),
        ),
        "caveats": ("Others do not react to our orders.", "Fees are those of today."),
    }
    return TearSheet(**(given | changed))  # type: ignore[arg-type]  # a test changes any field by name
