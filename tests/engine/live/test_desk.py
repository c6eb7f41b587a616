"""Orders, health, alerts, profit and a flattening, over a street under the hand."""

from pathlib import Path
from typing import Any

import pytest

from desk.views import ALERTS_MAX, POINTS_MAX, AlertRow, Header, OrderRow, PnlRow, age_ms, order_key
from domain.breaks import BalanceCompared, BreakFound, BreakHealed, Comparison, ReconCompleted
from domain.calendar import MaintenancePlanned
from domain.ids import Currency, EventId, StrategyName
from domain.markets import MarketStatus
from domain.messages import Channel, ChannelChanged, VenueReported
from domain.operators import EVERY_STRATEGY, CancelsOrdered, KillLevel, KillLevelSet, PauseSet
from domain.orders import OrderState, Side
from domain.stops import WHOLE_VENUE, BreakerCause, BreakerReset, BreakerTripped, EmptinessProven
from domain.venue_notes import AttestationTold, FuseState, FuseTold, QueueTold
from engine.live.desk import LiveDesk
from engine.live.moments import Moments
from engine.live.profit import EVENTS_MAX, Profit
from engine.live.tape import Tape
from oms.attribution import Attribution, Made
from strategy.base import NOTHING, Wanted
from tests.builders import facts, place
from tests.engine.runs import ODDS, ONE, TWO, settlement
from tests.engine.streets import Hand, quote, shown, status
from venues.base import Charged

UNIT = 1_000_000


class Desk(Hand):
    """The street and its live desk."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.opened()
        self.desk = LiveDesk(self.street, self.clock, run=self.folder, strategies=[StrategyName("s")])

    def alerts(self) -> list[tuple[str, str, str]]:
        rows = [row for row in self.desk.rows("alerts") if isinstance(row, AlertRow)]
        return [(row.severity, row.venue, row.text) for row in rows]

    def orders(self) -> list[OrderRow]:
        return [row for row in self.desk.rows("orders") if isinstance(row, OrderRow)]

    def header(self) -> Header:
        (header,) = self.desk.rows("header")
        assert isinstance(header, Header)
        return header

    def found(self, section: str) -> dict:
        return {row.id: row for row in self.desk.rows(section)}

    def matched(self, size: str = "10") -> None:
        """So much backed at 2.00, and nothing wanted any more."""
        placed = self.quoting(quote(size=size))
        self.wishes.wanted = NOTHING
        self.tell(*facts(f"fill f1 {size} at 5", placed.ref))


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


# ---- orders ----


def test_unknown_orders_stand_first_with_the_money_at_risk(desk: Desk) -> None:
    desk.wishes.wanted = Wanted(quotes=(quote(204, "10"), quote(196, "20", side=Side.LAY)))
    desk.tell(desk.valued(0.5, sequence=2))
    first, second = desk.places()
    desk.tell(*facts("accept v1", first.ref), *facts("timeout", second.ref))
    top, below = desk.orders()
    assert (top.id, top.state, top.price, top.side) == (second.ref, OrderState.UNKNOWN, "1.96", Side.LAY)
    assert (below.id, below.state, below.venue_order_id) == (first.ref, OrderState.OPEN, "v1")
    assert (below.risk_micros, top.risk_micros) == (12_500_000, 24_000_000)  # 10 GBP; 20 GBP at odds of 0.96 to 1
    assert (desk.header().orders_unknown, desk.header().unknown_risk_micros) == (1, 24_000_000)
    assert sorted([below, top], key=order_key) == [top, below]


def test_an_order_that_ended_is_shown_for_a_while_and_longer_if_it_was_matched(desk: Desk) -> None:
    placed = desk.quoting(quote())
    desk.wishes.wanted = NOTHING
    desk.tell(*facts("report 0 cancelled 10 closed", placed.ref))
    assert [row.state for row in desk.orders()] == [OrderState.CANCELLED]
    desk.later(5_000)
    assert desk.orders() == []


def test_a_matched_order_is_shown_for_a_minute(desk: Desk) -> None:
    desk.matched()
    desk.later(5_000)
    (row,) = desk.orders()
    assert (row.state, row.matched_micros, row.risk_micros, row.is_open) == (OrderState.FILLED, 10 * UNIT, 0, False)
    assert age_ms(row.placed_ms, desk.desk.now_ms()) == 5_000
    desk.later(60_000)
    assert desk.orders() == []


def test_the_most_that_stands_before_an_order_only_shrinks(desk: Desk) -> None:
    placed = desk.quoting(quote(204))
    desk.later(2_500)

    def ahead() -> int | None:
        (row,) = desk.orders()
        return row.ahead_micros

    for book, most in (("2.04:60", 50), ("2.04:30", 20), ("2.04:200", 20), ("2.04:10", 0), ("2.06:5", 0)):
        desk.tell(shown(f"1.98:50 | {book}"))
        assert ahead() == most * UNIT, book
    desk.wishes.wanted = NOTHING
    desk.tell(*facts("fill f1 10 at 5", placed.ref))
    assert ahead() is None


def test_what_the_venue_tells_of_a_place_counts_until_the_order_moves(desk: Desk) -> None:
    placed = desk.quoting(quote(204))

    def ahead() -> int | None:
        (row,) = desk.orders()
        return row.ahead_micros

    def told(micros: int) -> None:
        desk.tell(QueueTold(ONE, desk.clock.monotonic_ns(), {placed.ref: micros}))

    told(7 * UNIT)
    assert ahead() == 40 * UNIT, "asked for before a place could be known"
    desk.later(2_500)
    desk.tell(shown("1.98:50 | 2.04:50"))
    assert ahead() == 40 * UNIT
    told(7 * UNIT)
    assert ahead() == 7 * UNIT
    told(9 * UNIT)
    assert ahead() == 7 * UNIT


def test_what_a_venue_charges_for_by_the_piece_is_shown(desk: Desk) -> None:
    row = desk.found("venues")["one"]
    assert (row.requests_charged, row.charge_currency) == (0, "")
    metered: Any = desk.street.venues[ONE]
    metered.charged = Charged(12_000, 1_200_000, "GBP")
    row = desk.found("venues")["one"]
    assert (row.requests_charged, row.charge_micros, row.charge_currency) == (12_000, 1_200_000, "GBP")


def test_a_venue_says_of_itself_what_stops_us_and_somebody_is_told_once(desk: Desk) -> None:
    one = ONE
    desk.tell(FuseTold(one, FuseState.ARMED), AttestationTold(one, 9_000, 8))
    assert (desk.found("venues")["one"].fuse, desk.found("venues")["one"].attested_ms) == ("armed", 9_000)
    for days in (8, 6, 6, 5, -1, -2):
        desk.tell(AttestationTold(one, 9_000, days))
    desk.tell(FuseTold(one, FuseState.BLOWN, "10 in 15 s"), FuseTold(one, FuseState.BLOWN, "10 in 15 s"))
    row = desk.found("venues")["one"]
    assert (row.fuse, row.why_not) == ("blown", "fuse_blown")
    desk.tell(FuseTold(one, FuseState.ARMED))
    assert desk.found("venues")["one"].why_not == "not_attested"
    about = [alert.text.partition(":")[0] for alert in desk.found("alerts").values()]
    assert sorted(about) == ["attestation of one"] * 3 + ["fuse of one"]


def test_an_order_says_by_what_word_it_is_known(desk: Desk) -> None:
    desk.wishes.wanted = Wanted(quotes=(quote(),))
    desk.tell(desk.valued(0.5, sequence=2))
    (placed,) = desk.places()
    said = [desk.orders()[0].evidence]
    for text in ("timeout", "accept v1", "fill f1 4 at 5"):
        desk.tell(*facts(text, placed.ref))
        said.append(desk.orders()[0].evidence)
    assert said == ["sent", "no answer", "answered", "push"]


def test_what_unknown_orders_can_take_stands_by_itself_in_the_exposure(desk: Desk) -> None:
    desk.wishes.wanted = Wanted(quotes=(quote(204, "10"), quote(196, "20", side=Side.LAY)))
    desk.tell(desk.valued(0.5, sequence=2))
    first, second = desk.places()
    desk.tell(*facts("accept v1", first.ref), *facts("timeout", second.ref))
    (market,) = desk.found("exposure")["cup"].markets
    assert market.unknown_micros == (-24_000_000, 0, 0), "20 GBP at odds of 0.96 to 1, lost if Reds win"
    assert market.worst_micros == (-24_000_000, -12_500_000, -12_500_000)


# ---- health ----


def test_a_venues_row_tells_its_lines_and_what_forbids_new_risk(desk: Desk) -> None:
    before = desk.found("venues")["one"]
    assert before.orders_in_flight == 0
    assert (before.market_data_up, before.proven, before.why_not, before.balance_micros) == (True, True, "", 500 * UNIT)
    desk.tell(ChannelChanged(ONE, Channel.ORDERS, up=False, reason="reset by peer"))
    after = desk.found("venues")["one"]
    assert (after.orders_up, after.proven, after.why_not) == (False, False, "session_down")
    assert desk.found("venues")["two"].why_not == ""
    assert ("warning", "one", "orders line is down: reset by peer") in desk.alerts()


def test_an_answers_delay_is_from_the_journalling_to_the_acceptance(desk: Desk) -> None:
    desk.wishes.wanted = Wanted(quotes=(quote(),))
    desk.tell(desk.valued(0.5, sequence=2))
    assert desk.found("venues")["one"].orders_in_flight == 1
    desk.later(40)
    desk.tell(*facts("accept v1", desk.places()[0].ref))
    assert desk.found("venues")["one"].answer_p50_us == 40_000


def test_strategies_tell_who_rests_by_whom_and_what_is_at_risk(desk: Desk) -> None:
    desk.quoting(quote())
    row = desk.found("strategies")["s"]
    assert (row.paused, row.orders_open, row.orders, row.matched, row.risk_micros) == (False, 1, 1, 0, 12_500_000)
    desk.tell(PauseSet(EVERY_STRATEGY, paused=True, who="ann", why="lunch"))
    row = desk.found("strategies")["s"]
    assert (row.paused, row.paused_by, row.paused_why) == (True, "ann", "lunch")
    assert ("warning", "", "every strategy rests, by ann: lunch") in desk.alerts()


def test_a_strategy_that_wants_nothing_tells_why_and_in_how_many_markets_as_it_last_said(desk: Desk) -> None:
    desk.wishes.wanted = Wanted(because_not="no fair value")
    desk.tell(desk.valued(0.5, sequence=2))
    assert desk.found("strategies")["s"].because_not == "no fair value in 1"
    desk.wishes.wanted = Wanted(because_not="expired")
    desk.tell(desk.valued(0.5, sequence=3))
    assert desk.found("strategies")["s"].because_not == "expired in 1"
    desk.wishes.wanted = Wanted(quotes=(quote(),))
    desk.tell(desk.valued(0.5, sequence=4))
    assert desk.found("strategies")["s"].because_not == ""


def test_breaks_tell_their_age_money_and_rounds_until_they_are_healed(desk: Desk) -> None:
    found_ms = desk.desk.now_ms()
    desk.street.note(
        BreakFound(ONE, "v9", "UNKNOWN_AT_VENUE", "CRITICAL", 7 * UNIT, "not ours", owner="risk", found_ms=found_ms)
    )
    desk.later(100)
    desk.street.note(ReconCompleted(ONE, 1))
    (row,) = desk.desk.rows("breaks")
    told = desk.found("breaks")[row.id]
    assert (told.found_ms, told.rounds, told.money_micros, told.severity) == (found_ms, 1, 7 * UNIT, "CRITICAL")
    assert (told.owner, told.explained, told.signed_by) == ("risk", "", ())
    recon = desk.found("recon")["one"]
    assert (recon.breaks_open, recon.money_micros, recon.round_ms) == (1, 7 * UNIT, desk.desk.now_ms())
    desk.street.note(BreakHealed(ONE, "v9", "UNKNOWN_AT_VENUE", "gone"))
    assert desk.desk.rows("breaks") == ()
    assert desk.found("recon")["one"].breaks_healed == 1
    assert [severity for severity, _, text in desk.alerts() if "v9" in text] == ["critical", "info"]


def test_a_wallet_tells_whether_it_was_held_against_the_venues_own_and_since_when_not(desk: Desk) -> None:
    def told() -> tuple[str, int]:
        row = desk.found("recon")["one"]
        return row.wallet, row.agreed_ms

    assert told() == ("", 0)
    for how, at_ms in ((Comparison.AGREED, 5), (Comparison.OVERTAKEN, 9)):
        desk.street.note(BalanceCompared(ONE, Currency("GBP"), how, at_ms, 0))
    assert told() == ("overtaken", 5)


def test_the_header_tells_the_stop_in_force_and_who_set_it(desk: Desk) -> None:
    desk.tell(KillLevelSet(KillLevel.REDUCE_ONLY, "ann", "odd prices"))
    header = desk.header()
    assert (header.kill_level, header.kill_name, header.kill_who, header.kill_why) == (
        2, "reduce only", "ann", "odd prices",
    )  # fmt: skip
    assert header.kill_ms == desk.desk.now_ms()
    assert ("critical", "", "kill level 2, reduce only, by ann: odd prices") in desk.alerts()
    desk.tell(KillLevelSet(KillLevel.NONE, "ann", "mended"))
    assert desk.alerts()[-1][0] == "warning"


def test_a_kill_level_tells_where_it_is_proven_that_nothing_is_left(desk: Desk) -> None:
    desk.street.note(EmptinessProven(TWO, 3, 1))
    desk.tell(KillLevelSet(KillLevel.CANCEL_ALL, "ann", "drill"))
    assert desk.header().kill_proven == (), "what was proven before says nothing"
    desk.street.note(EmptinessProven(ONE, 3, 2))
    assert desk.header().kill_proven == ("one",)
    assert ("info", "one", "proven empty of our orders at kill level 3") in desk.alerts()


def test_what_is_stopped_by_itself_is_told_with_its_cause_until_it_goes_on(desk: Desk) -> None:
    market = ODDS.listing.venue_market
    desk.street.note(BreakerTripped(ONE, market, BreakerCause.STALE, "no book for 9 s"))
    desk.street.note(BreakerTripped(ONE, WHOLE_VENUE, BreakerCause.LATENCY, "answers take 4 s"))
    assert desk.found("venues")["one"].breakers == ("latency", "stale in 1")
    desk.street.note(BreakerReset(ONE, market, BreakerCause.STALE, "desk", "quiet"))
    assert desk.found("venues")["one"].breakers == ("latency",)
    said = [text for _, venue, text in desk.alerts() if venue == "one"]
    assert "no new risk in the venue: latency, answers take 4 s" in said
    assert "Reds v Blues, match_odds, goes on after stale, by desk: quiet" in said


def test_exposure_is_told_by_outcome_matched_and_at_worst(desk: Desk) -> None:
    desk.matched()
    row = desk.found("exposure")["cup"]
    (market,) = row.markets
    assert market.matched_micros == (12_500_000, -12_500_000, -12_500_000)
    assert row.worst_loss_micros == market.worst_loss_micros == 12_500_000
    assert row.used_ppm == 12_500  # of 1000 USD
    assert row.worst_loss_micros == desk.state.exposure.worst_loss_micros(EventId("cup"))


def test_every_scope_is_told_as_orders_come_and_go(desk: Desk) -> None:
    desk.matched()
    scopes = desk.found("scopes")
    assert [scopes[one].worst_loss_micros for one in ("total", "day", "venue/one", "strategy/s")] == [12_500_000] * 4
    assert (scopes["venue/two"].worst_loss_micros, scopes["venue/one"].cap_micros) == (0, 0)
    desk.tell(settlement(10))
    desk.later(1_000)
    scopes = desk.found("scopes")
    assert [scopes[one].worst_loss_micros for one in ("total", "venue/one", "strategy/s")] == [0] * 3


# ---- the tape ----


def test_the_same_said_again_within_a_minute_is_counted(desk: Desk) -> None:
    for _ in range(3):
        desk.tell(CancelsOrdered(TWO, "ann", "drill"))
    (row,) = [row for row in desk.desk.rows("alerts") if isinstance(row, AlertRow) and "ordered out" in row.text]
    assert (row.count, row.venue) == (3, "two")
    desk.later(61_000)
    desk.tell(CancelsOrdered(TWO, "ann", "drill"))
    assert [text for _, _, text in desk.alerts()].count("all orders ordered out by ann: drill") == 2


def test_the_tape_keeps_the_newest_lines(desk: Desk) -> None:
    tape = Tape(desk.state, Moments(desk.clock))
    for n in range(ALERTS_MAX + 5):
        tape.hear(CancelsOrdered(TWO, "ann", f"drill {n}"))
    rows = tape.rows()
    assert (len(rows), rows[0].id, rows[-1].id) == (ALERTS_MAX, "6", str(ALERTS_MAX + 5))


def test_a_market_that_turns_is_a_line_and_one_that_stays_is_none(desk: Desk) -> None:
    turns = (MarketStatus.OPEN, MarketStatus.SUSPENDED, MarketStatus.SUSPENDED, MarketStatus.OPEN)
    desk.tell(*map(status, turns))
    said = [text for _, _, text in desk.alerts() if "Reds v Blues" in text]
    assert said == ["Reds v Blues, match_odds, is suspended", "Reds v Blues, match_odds, is open"]


def test_an_order_without_an_answer_is_a_warning(desk: Desk) -> None:
    desk.wishes.wanted = Wanted(quotes=(quote(),))
    desk.tell(desk.valued(0.5, sequence=2))
    ref = desk.places()[0].ref
    desk.tell(*facts("timeout", ref))
    assert any(severity == "warning" and f"order {ref} is UNKNOWN" in text for severity, _, text in desk.alerts())


# ---- profit ----


def test_profit_is_marked_at_the_fair_value_until_the_market_is_settled(desk: Desk) -> None:
    desk.matched()
    desk.tell(desk.valued(0.6, sequence=9))
    total = desk.found("pnl")["total"]
    assert (total.settled_micros, total.open_micros, total.net_micros) == (0, 2_500_000, 2_500_000)  # 0.2 of 12.50
    assert desk.found("pnl")["venue/one"].open_micros == 2_500_000
    desk.tell(status(MarketStatus.CLOSED), settlement(10))
    total = desk.found("pnl")["total"]
    assert (total.settled_micros, total.open_micros, total.fees_micros) == (12_500_000, 0, 125_000)
    assert total.net_micros == desk.header().net_micros == 12_375_000


def added(rows: dict[str, PnlRow], kind: str) -> list[int]:
    """What the rows of a kind come to: settled, open, gross, fees and net."""
    found = [row for key, row in rows.items() if key.partition("/")[0] == kind]
    assert found
    return [sum(getattr(row, name) for row in found) for name in PnlRow.__struct_fields__[2:]]


def test_profit_by_venue_by_strategy_and_by_event_each_adds_up_to_the_total_to_the_millionth(desk: Desk) -> None:
    for number, (strategy, size, fill) in enumerate(
        (("a", "3.33", "1.11"), ("b", "7.77", "7.77"), ("a", "0.1", "0.07"))
    ):
        desk.street.note(place(f"BACK {size} @ 2.04", ref=f"t-{number}", strategy=strategy))
        desk.tell(*facts(f"accept v{number}; fill f{number} {fill} at 5", f"t-{number}"))
    desk.street.note(place("LAY 9.01 @ 0.37c", on="two/m2/yes", ref="t-9", strategy="b"))
    desk.tell(*facts("accept v9; fill f9 4.03 at 5", "t-9"))
    for p in (0.371, 0.5003, 0.91):
        desk.tell(desk.valued(p, sequence=round(p * 1e6)))
        rows = desk.found("pnl")
        assert {"total", "venue/one", "strategy/a", "strategy/b", "strategy/s", "event/cup"} <= rows.keys()
        assert rows["strategy/a"].net_micros
        for kind in ("venue", "strategy", "event"):
            assert added(rows, kind) == added(rows, "total")
    desk.tell(status(MarketStatus.CLOSED), settlement(9))
    rows = desk.found("pnl")
    assert rows["strategy/a"].settled_micros
    for kind in ("venue", "strategy", "event"):
        assert added(rows, kind) == added(rows, "total")
    assert rows["total"].net_micros == desk.header().net_micros


def test_events_beyond_those_of_most_money_share_a_row(desk: Desk) -> None:
    attribution = Attribution()
    for number in range(EVENTS_MAX + 5):
        attribution.by_event[ONE, EventId(f"e{number}")] = Made(1_000_000 - number, number)
    profit = Profit(desk.state, desk.street.core.prices, Moments(desk.clock), attribution)
    rows = {row.id: row for row in profit.rows()}
    assert sum(key.startswith("event/") for key in rows) == EVENTS_MAX + 1
    assert rows["event/"].name == "other events"
    assert added(rows, "event") == added(rows, "total"), "and what is nobody's is told as that"


def test_a_point_of_the_chart_is_kept_at_the_end_of_a_round(desk: Desk) -> None:
    points = len(desk.desk.rows("history"))
    desk.later(2_000)
    desk.tell(VenueReported(ONE, desk.clock.monotonic_ns(), ()))
    (*_, last) = desk.desk.rows("history")
    assert len(desk.desk.rows("history")) == points + 1
    assert last.id == str(desk.desk.now_ms())


def test_the_chart_is_thinned_and_never_grows_past_its_bound(desk: Desk) -> None:
    profit = Profit(desk.state, desk.street.core.prices, Moments(desk.clock), desk.street.telemetry.attribution)
    for _ in range(5 * POINTS_MAX):
        desk.clock.advance_to(desk.clock.monotonic_ns() + 1_000_000_000)
        profit.note()
    points = profit.history()
    assert POINTS_MAX // 2 <= len(points) <= POINTS_MAX
    assert points[-1].at_ms - points[0].at_ms > 4 * POINTS_MAX * 1_000, "it still shows all of the run"


# ---- flatten ----


def test_a_flattening_lays_what_is_held_where_it_brings_most_and_sends_nothing(desk: Desk) -> None:
    desk.matched()
    desk.tell(shown("1.98:50 | 2.04:50"))
    records, told = len(desk.records()), [*desk.one.told]
    plan = desk.desk.flatten()
    (order,) = plan.orders
    assert (order.outcome_name, order.venue, order.side, order.price) == ("Reds", "one", Side.LAY, "2.04")
    assert abs(order.claims_micros - 25 * UNIT) < 50_000, "12.50 in either case makes 25 claims"
    assert (order.net_micros, order.fair_micros) == (490_196, 500_000)
    assert plan.cost_micros == order.cost_micros == order.claims_micros * 9_804 // UNIT
    assert plan.left == ()
    assert (len(desk.records()), desk.one.told) == (records, told)


def test_a_flattening_over_levels_shows_each_of_them_and_leaves_nothing(desk: Desk) -> None:
    """Its first order has to be smaller, or it could close more than there is; what that leaves is sent behind it."""
    desk.matched()
    desk.tell(shown("1.98:50 | 2.00:6 2.60:50"))
    plan = desk.desk.flatten()
    assert [order.price for order in plan.orders] == ["2.00", "2.60"]
    assert abs(sum(order.claims_micros for order in plan.orders) - 25 * UNIT) < 50_000
    assert plan.left == ()


def test_what_nobody_would_take_is_said_with_the_reason(desk: Desk) -> None:
    desk.matched()
    desk.tell(status(MarketStatus.SUSPENDED))
    plan = desk.desk.flatten()
    assert plan.orders == ()
    (left,) = plan.left
    assert left.claims_micros == 25 * UNIT
    assert left.why[0] == "one/match/home: market_not_open"


def test_nothing_held_is_nothing_to_flatten(desk: Desk) -> None:
    plan = desk.desk.flatten()
    assert (plan.orders, plan.left, plan.cost_micros) == ((), (), 0)


def test_a_venue_says_how_many_errors_are_left_and_when_it_is_maintained(desk: Desk) -> None:
    venue = desk.found("venues")["one"]
    assert venue.maintenance_ms == (0, 0)
    left = venue.errors_left
    assert left > 0
    placed = desk.quoting(quote())
    now_ms = Moments(desk.clock).now_ms()
    past, on, later = ((now_ms + shift, now_ms + shift + 60_000) for shift in (-90_000, -30_000, 90_000))
    desk.tell(*facts("reject", placed.ref), MaintenancePlanned(venue.id, (past, on, later)))
    venue = desk.found("venues")["one"]
    assert venue.errors_left == left - 1
    assert venue.maintenance_ms == on
