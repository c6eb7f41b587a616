"""What the report says of limits is the most that stood behind any record, of whatever the limit bounds."""

from pathlib import Path

from msgspec.structs import replace

from desk.reports.books import Limit
from domain.messages import RiskRefused, RunEnded, RunResumed
from domain.money import MICROS
from domain.stops import AlertRaised
from engine.replay import steps
from engine.reports.day import end_of_day
from engine.reports.limits import limits
from engine.reports.rows import DAY_NS, RunRows, of_journal
from risk.limits import Limits, figures_of
from tests.builders import place
from tests.engine.reports.days import TODAY, TOLD, Day, bought, day_number, settled
from tests.engine.runs import CONTRACTS, ODDS, ONE, OPENING, STARTED, decision
from tests.storage.long_runs import written

LIMITS = Limits(
    cap_order_micros=50 * MICROS,
    cap_market_micros=600 * MICROS,
    cap_event_micros=1_000 * MICROS,
    cap_total_micros=2_000 * MICROS,
    cap_day_micros=3_000 * MICROS,
    collar_fair_e9=1,
    collar_book_e9=1,
    orders_per_second=1,
    open_orders_max=1,
    position_claims_micros=100 * MICROS,
    cap_sport_micros={"*": 700 * MICROS},
    cap_model_micros={"goals": 800 * MICROS},
    cap_venue_micros={"one": 40 * MICROS},
    cap_strategy_micros={"*": 90 * MICROS},
)
LIMITED = (
    replace(STARTED, limits=figures_of(LIMITS), events=(replace(STARTED.events[0], sport="football", league="cup"),)),
    *OPENING[1:],
)


def told(rows: RunRows, day: str = TODAY) -> dict[tuple[str, str], Limit]:
    since_ns = day_number(day) * DAY_NS
    return {(one.limit, one.subject): one for one in limits(rows, since_ns=since_ns, until_ns=since_ns + DAY_NS)}


def test_a_single_take_that_no_decision_follows_is_told_with_its_whole_loss(tmp_path: Path) -> None:
    day = Day(tmp_path / "run").said(*OPENING, decision(), place("BACK 5 @ 2.00", ref="t-1"), RunEnded("asked to"))
    rows = of_journal(day.closed())
    limit = told(rows)["cap_event", "cup"]
    assert (limit.used_micros, limit.headroom_micros, limit.used_ppm) == (6_250_000, 993_750_000, 6_250)
    pack = end_of_day(rows, day_number(), TOLD)
    [row] = pack.daily
    assert (row.max_worst_case_base_micros, row.limit_headroom_min_base_micros) == (6_250_000, 993_750_000)


def test_every_limit_has_a_row_with_its_use_its_noes_and_its_warnings(tmp_path: Path) -> None:
    day = Day(tmp_path / "run").said(*LIMITED, decision())
    day.said(*bought("t-1", "BACK 5 @ 2.00", "4", at="2.00"), place("LAY 30 @ 0.50c", on="two/m2/yes", ref="t-2"))
    day.said(
        RiskRefused(decision().strategy, ODDS.id, "cap_venue", 1),
        RiskRefused(decision().strategy, CONTRACTS.id, "position_limit", 1),
        RiskRefused(decision().strategy, CONTRACTS.id, "cap_model", 1),
        AlertRaised("limit_75", "total", ONE, "1 of 2"),
        AlertRaised("limit_75", CONTRACTS.id, ONE, "1 of 2"),
        AlertRaised("limit_90", "cup", ONE, "1 of 2"),
        RunEnded("asked to"),
    )
    found = told(of_journal(day.closed()))
    event = found["cap_event", "cup"].used_micros
    assert {key: (one.used_micros, one.refused, one.alerts) for key, one in found.items()} == {
        ("cap_order", ""): (found["cap_order", ""].used_micros, 0, 0),
        ("cap_market", "match"): (event, 0, 0),
        ("cap_event", "cup"): (event, 0, 1),
        ("cap_total", ""): (event, 0, 1),
        ("cap_day", ""): (event, 0, 0),
        ("cap_sport", "football"): (event, 0, 0),
        ("cap_model", "goals"): (event, 1, 0),
        ("cap_venue", "one"): (6_250_000, 1, 0),
        ("cap_strategy", "s"): (event, 0, 0),
        ("position_limit", ODDS.id): (10 * MICROS, 0, 0),
        ("position_limit", CONTRACTS.id): (30 * MICROS, 1, 1),
    }
    assert found["cap_order", ""].used_micros > 6_250_000  # the lay of contracts, fees reserved
    assert (found["cap_venue", "one"].limit_micros, found["cap_venue", "one"].source) == (
        40 * MICROS,
        "[limits] cap_venue",
    )
    assert found["position_limit", CONTRACTS.id].unit == "claims"


def test_the_most_is_what_a_walk_over_the_journal_finds(tmp_path: Path) -> None:
    run = written(tmp_path / "run", orders=28)
    most: dict[str, int] = {}
    for step in steps(run):
        for event in step.state.events:
            most[event] = max(most.get(event, 0), step.state.exposure.worst_loss_micros(event))
    rows = of_journal(run)
    [use] = [row for row in rows.table("limit_uses") if row["reason"] == "cap_event"]
    assert {use["subject"]: use["used_micros"]} == most
    assert use["used_micros"] > max(row["worst_before_base_micros"] for row in rows.table("decisions"))


def test_what_stood_when_a_day_began_counts_in_it_until_it_is_settled(tmp_path: Path) -> None:
    day = Day(tmp_path / "run").said(*LIMITED, decision(), *bought("t-1", "BACK 5 @ 2.00", "5", at="2.00"))
    day.said(AlertRaised("limit_75", "total", ONE, "1 of 2"), after_s=86_400)
    day.said(settled(5 * MICROS, commission=0))
    day.said(RunEnded("asked to"), after_s=86_400)
    rows = of_journal(day.closed())
    for name, used in (("2023-11-15", 6_250_000), ("2023-11-16", 6_250_000), ("2023-11-17", 0)):
        found = told(rows, name)
        assert found["cap_event", "cup"].used_micros == used, name
        assert (("position_limit", ODDS.id) in found) == bool(used)


def test_limits_that_another_configuration_brought_are_those_in_force(tmp_path: Path) -> None:
    day = Day(tmp_path / "run").said(*LIMITED, *bought("t-1", "BACK 5 @ 2.00", "5", at="2.00"))
    tighter = figures_of(replace(LIMITS, cap_event_micros=8 * MICROS, cap_venue_micros={"*": 9 * MICROS}))
    day.said(RunResumed("trial", "beef", tighter), RunEnded("asked to"))
    found = told(of_journal(day.closed()))
    assert (found["cap_event", "cup"].limit_micros, found["cap_event", "cup"].version) == (8 * MICROS, "beef")
    assert (found["cap_venue", "one"].used_micros, found["cap_venue", "one"].limit_micros) == (6_250_000, 9 * MICROS)


def test_an_order_that_leads_back_is_not_held_against_the_cap_of_an_order(tmp_path: Path) -> None:
    day = Day(tmp_path / "run").said(*LIMITED, *bought("t-1", "BACK 5 @ 2.00", "5", at="2.00"))
    day.said(place("LAY 4.8 @ 2.10", ref="t-2"), RunEnded("asked to"))  # 5.28 at risk alone, less than before together
    found = told(of_journal(day.closed()))
    assert found["cap_order", ""].used_micros == 6_250_000
    assert found["cap_event", "cup"].used_micros == 6_250_000
