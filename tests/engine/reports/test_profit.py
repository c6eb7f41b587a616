"""Where a profit came from: the parts add up to the books to the millionth, whatever happened and however it is cut."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desk.reports.books import COMPONENTS, EndOfDay
from desk.reports.eod_page import unattributed
from domain.ids import Currency, MarketId
from domain.markets import Result
from domain.marks import FairsTaken, FairTaken
from domain.messages import Journalled, RunEnded
from domain.money import FX_SCALE, MICROS
from domain.treasury import (
    DifferenceSuspended,
    Leg,
    SuspenseWrittenOff,
    TransferDecided,
    TransferRequested,
    TransferSeen,
)
from engine.reports.day import end_of_day
from engine.reports.profit import DESK, balances_until, profit_until
from engine.reports.rows import of_journal, of_tables
from tests.builders import facts
from tests.engine.reports.days import NOON_NS, TODAY, TOLD, Day, bought, day_number, marked, settled, usual
from tests.engine.runs import ONE, OPENING, TWO, decision

LATER = 2**62


def pack_of(run: Path, day: str = TODAY) -> EndOfDay:
    return end_of_day(of_journal(run), day_number(day), TOLD)


def earned(run: Path) -> dict[tuple[str, str], int]:
    """What the ledger says that each wallet earned."""
    found: dict[tuple[str, str], int] = {}
    for (kind, venue, currency), micros in balances_until(of_journal(run), LATER).items():
        if kind in ("pnl", "fees", "fee_rounding", "suspense", "adjust"):
            found[venue, currency] = found.get((venue, currency), 0) - micros
    return found


def told(pack: EndOfDay) -> dict[tuple[str, str], int]:
    """What the parts say that each wallet earned."""
    found: dict[tuple[str, str], int] = {}
    for share in pack.attribution:
        assert sum(getattr(share, f"{name}_micros") for name in COMPONENTS) == share.total_micros
        key = share.venue, share.currency
        found[key] = found.get(key, 0) + share.total_micros - share.open_micros
    return found


# ---- one day, part by part ----


def test_each_part_of_a_winning_bet_is_what_it_should_be(tmp_path: Path) -> None:
    pack = pack_of(usual(tmp_path / "run"))
    [share] = [one for one in pack.attribution if one.venue == "one"]
    # 8 claims for 4.00 at a middle of 0.49 and a fair value of 0.55; then 0.47, unknown, 0.48; then they paid 8.00
    assert share.spread_micros == -80_000
    assert share.edge_micros == 480_000
    assert (share.adverse_1s_micros, share.adverse_10s_micros, share.adverse_60s_micros) == (-160_000, 0, 80_000)
    assert share.commission_micros == -100_000
    assert share.total_micros == 3_900_000
    assert share.outcome_micros == 4_000_000 - (-80_000 + 480_000 - 160_000 + 80_000)
    assert (share.matches, share.unmarked, share.unmarked_10s) == (1, 0, 1)


def test_what_is_not_settled_is_worth_the_last_fair_value(tmp_path: Path) -> None:
    pack = pack_of(usual(tmp_path / "run"))
    [share] = [one for one in pack.attribution if one.venue == "two"]
    assert share.open_micros == 15 * MICROS - 30 * 550_000  # sold at 0.50, worth 0.55
    assert share.fees_micros == -530_000
    assert (share.unmarked, share.unmarked_60s) == (1, 1)
    assert pack.matches[1].middle_e9 is None


def test_what_is_open_when_the_run_ends_is_worth_what_the_end_says(tmp_path: Path) -> None:
    day = Day(tmp_path / "run").said(*OPENING, decision())
    day.said(*bought("t-1", "BACK 5 @ 2.00", "4", at="2.00"))
    day.said(FairsTaken((FairTaken(MarketId("match"), "goals", (600_000_000, 300_000_000, 100_000_000)),)))
    [share] = pack_of(day.said(RunEnded("asked to")).closed()).attribution
    assert share.open_micros == 8 * 600_000 - 4 * MICROS
    assert share.edge_micros == 8 * 550_000 - 4 * MICROS


def test_in_base_everything_adds_up_both_ways(tmp_path: Path) -> None:
    pack = pack_of(usual(tmp_path / "run"))
    rates = pack.about.rates_e8
    for venue, currency in {(one.venue, one.currency) for one in pack.attribution}:
        whole = sum(one.total_micros for one in pack.attribution if one.venue == venue) * rates[currency] // FX_SCALE
        assert sum(one.total_micros for one in pack.attribution_base if one.venue == venue) == whole


# ---- whatever happens ----

BETS = st.lists(
    st.tuples(
        st.sampled_from(["BACK", "LAY"]),
        st.integers(100, 2_000),  # size in hundredths
        st.sampled_from(["one", "two"]),
        st.integers(0, 40),  # fee in hundredths
        st.lists(st.one_of(st.none(), st.integers(1, 999_999_999)), min_size=4, max_size=4),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    bets=BETS,
    result=st.sampled_from([*Result]),
    stated=st.integers(-3_000_000, 3_000_000),
    again=st.one_of(st.none(), st.sampled_from([*Result])),
    late=st.booleans(),
)
def test_parts_add_up_to_the_ledger_whatever_happened(
    tmp_path_factory: pytest.TempPathFactory, bets, result, stated, again, late
) -> None:
    day = Day(tmp_path_factory.mktemp("days") / "run").said(*OPENING, decision())
    for number, (side, size, venue, fee, middles) in enumerate(bets):
        ref, amount = f"t-{number}", f"{size / 100:.2f}"
        price, on = ("2.00", "one/match/home") if venue == "one" else ("0.50c", "two/m2/yes")
        told_of = bought(ref, f"{side} {amount} @ {price}", amount, at=price, on=on, fee=f"{fee / 100:.2f}")
        day.said(*told_of)
        day.said(marked(day.live.state.records, ref, *middles))
    if bets[0][2] == "one":
        day.said(*facts("voided w1 matched 1", ref="t-0"))
    day.said(settled(stated, result=result))
    if again is not None:
        day.said(settled(-stated, result=again, statement="s2"))
    if late:
        day.said(*bought("late", "BACK 3 @ 2.00", "3", at="2.00"))
    run = day.said(RunEnded("asked to")).closed()
    pack = pack_of(run)
    ledger = {key: micros for key, micros in earned(run).items() if micros}
    assert {key: micros for key, micros in told(pack).items() if micros} == ledger
    made = {(one.venue, one.currency): one.made_micros for one in pack.balances if one.made_micros}
    assert made == ledger
    net: dict[tuple[str, str], int] = {}
    for row in pack.daily:
        net[row.venue, row.currency] = net.get((row.venue, row.currency), 0) + row.net_micros
    total: dict[tuple[str, str], int] = {}
    for share in pack.attribution:
        total[share.venue, share.currency] = total.get((share.venue, share.currency), 0) + share.total_micros
    assert net == total


def test_two_days_are_the_days_together(tmp_path: Path) -> None:
    day = Day(tmp_path / "run").said(*OPENING, decision())
    day.said(*bought("t-1", "BACK 5 @ 2.00", "4", at="2.00"))
    day.said(*bought("t-2", "LAY 30 @ 0.50c", "30", at="0.50c", on="two/m2/yes", fee="0.53"))
    day.said(settled(4 * MICROS), after_s=13 * 3_600)
    day.said(settled(-15 * MICROS, venue="two"))
    run = day.said(RunEnded("asked to")).closed()
    rows = of_journal(run)
    assert len(rows.days()) == 2
    days = [end_of_day(rows, number, TOLD) for number in rows.days()]
    whole = profit_until(rows, LATER).since(None)
    for key, figures in whole.items():
        for name in (*COMPONENTS, "open_micros"):
            parts = [
                getattr(share, name if name == "open_micros" else f"{name}_micros")
                for pack in days
                for share in pack.attribution
                if (share.venue, share.strategy, share.event) == key[:3]
            ]
            assert sum(parts) == figures[name]
    first, second = ({one.venue: one for one in pack.balances} for pack in days)
    assert {venue: one.closed_micros for venue, one in first.items()} == {
        venue: one.opened_micros for venue, one in second.items()
    }
    assert days[0].daily[0].closing_claims_micros == days[1].daily[0].opening_claims_micros


def test_a_market_that_nothing_of_ours_was_matched_in_is_the_desks(tmp_path: Path) -> None:
    day = Day(tmp_path / "run").said(*OPENING, settled(0, commission=70_000))
    [share] = pack_of(day.said(RunEnded("asked to")).closed()).attribution
    assert (share.strategy, share.commission_micros, share.total_micros) == (DESK, -70_000, -70_000)


# ---- money that no bet moves ----


def moved(*, into: int) -> list[Journalled]:
    """100 GBP leave venue one, and so much arrives at venue two, in USD."""
    what = ("x1", ONE, TWO, Currency("GBP"), 100 * MICROS, Currency("USD"), into * MICROS, "ann", "needed there")
    seen = [TransferSeen("x1", leg, "balance") for leg in (Leg.SENT, Leg.ARRIVED)]
    return [TransferRequested(*what), TransferDecided("x1", approved=True, who="bob", why="agreed"), *seen]


def test_money_that_changes_currency_gains_or_loses_against_the_rate_once_it_is_there(tmp_path: Path) -> None:
    *asked, arrived = moved(into=120)  # worth 125 at 1.25
    day = Day(tmp_path / "run").said(*OPENING, *asked)
    under_way = pack_of(day.closed())
    assert [share.fx_micros for share in under_way.attribution] == []
    day = Day.behind(tmp_path / "run").said(arrived, RunEnded("asked to"))
    pack = pack_of(day.closed())
    assert sum(share.fx_micros for share in pack.attribution_base) == -5 * MICROS
    assert sum(share.total_micros for share in pack.attribution_base) == -5 * MICROS
    assert unattributed(pack) == []
    assert [(one.moved_micros, one.made_micros) for one in pack.balances] == [(400 * MICROS, 0), (920 * MICROS, 0)]


def test_a_difference_that_people_left_as_it_is_stays_what_nobody_could_explain(tmp_path: Path) -> None:
    day = Day(tmp_path / "run").said(*OPENING, DifferenceSuspended(ONE, Currency("GBP"), -2 * MICROS, "nobody knows"))
    assert pack_of(day.closed()).balances[0].suspense_micros == -2 * MICROS
    day = Day.behind(tmp_path / "run")
    [item] = day.live.state.ledger.suspense.items
    pack = pack_of(day.said(SuspenseWrittenOff(item, -2 * MICROS, "ann", "bob", "too old")).closed())
    [share] = pack.attribution
    assert (share.strategy, share.suspense_micros, share.total_micros) == (DESK, -2 * MICROS, -2 * MICROS)
    assert pack.balances[0].suspense_micros == 0
    assert unattributed(pack) == []


# ---- out of tables and out of the journal ----


def test_tables_and_journal_give_the_same_day(tmp_path: Path) -> None:
    run = usual(tmp_path / "run")
    rows = of_tables(run, "")
    assert end_of_day(rows, day_number(), TOLD) == pack_of(run)
    assert rows.last_ns > NOON_NS


def test_what_came_later_changes_nothing_of_what_was_read_before(tmp_path: Path) -> None:
    whole = of_journal(usual(tmp_path / "run"))
    seq = next(row["seq"] for row in whole.table("settlements"))
    early = end_of_day(of_journal(tmp_path / "run", records=seq - 1), day_number(), TOLD)
    assert early.settlements == ()
    assert early.about.records == seq - 1
    assert sum(one.open_micros for one in early.attribution if one.venue == "one") == 8 * 550_000 - 4 * MICROS


def test_a_corrected_result_is_one_step_of_the_day_and_no_dip(tmp_path: Path) -> None:
    day = Day(tmp_path / "run").said(*OPENING, *bought("t-1", "BACK 5 @ 2.00", "5", at="2.00"))
    day.said(settled(5 * MICROS, commission=0), settled(4 * MICROS, commission=0, statement="s2"))
    rows = of_journal(day.closed())
    points = [one.made_base_micros for one in end_of_day(rows, day_number(), TOLD).curve]
    assert points == [0, 6_250_000, 5_000_000]


def test_what_was_taken_back_says_who_told_it(tmp_path: Path) -> None:
    day = Day(tmp_path / "run").said(*OPENING, *bought("t-0", "BACK 5 @ 2.00", "5", at="2.00"))
    day.said(*facts("voided w1 matched 1", ref="t-0"))
    matches = end_of_day(of_journal(day.closed()), day_number(), TOLD).matches
    assert [one.told_by for one in matches] == ["OrderFilled", "OrderVoided"]
