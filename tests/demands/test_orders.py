"""What users of other systems asked for of orders, each demand held to by a test named after it."""

import tracemalloc
from collections import Counter
from collections.abc import Iterator
from itertools import permutations
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.breaks import ReconCompleted, RoundCause
from domain.ids import InstrumentId, OrderRef, VenueName, VenueOrderId
from domain.markets import MarketStatus
from domain.messages import (
    CancelOrder,
    Channel,
    ChannelChanged,
    Fact,
    OrderAbsent,
    OrderFilled,
    OrderMissing,
    OrderRejected,
    OrderReported,
    OrderUnanswered,
    PlaceOrder,
    QueryOrder,
    RejectReason,
    RiskRefused,
    VenueOrder,
    VenueReported,
)
from domain.money import MICROS
from domain.operators import EVERY_VENUE, CancelsOrdered
from domain.orders import Evidence, OrderState, Side
from domain.stops import AlertRaised
from engine.cancels import CANCELS_MAX
from engine.order_shelf import DiskStore
from engine.recon_door import recon_run
from engine.replay import steps
from engine.state import State
from oms.blotter import Blotter
from oms.order_states import apply, is_open, state_of
from risk.verdicts import RefusalReason
from strategy.base import NOTHING, Wanted
from tests.builders import bet, capabilities, facts, fill, instrument, place
from tests.demands.trials import VENUES, Trial
from tests.engine.runs import CONTRACTS, ODDS, ONE, OPENING, TWO, settlement
from tests.engine.streets import CONFIG, Hand, quote, shown, status
from tests.oms.books import Books, filled
from venues.betfair import outcome_table as betfair
from venues.kalshi import outcome_table as kalshi
from venues.outcome_table import Fate
from venues.sim.faults import Danger
from venues.throttle import Throttle, TokenBucket

BUSY: dict[str, Any] = {"speed": 20.0, "pace": 0.3, "model_ms": 2_000, "tick_ms": 200, "look_again_ms": 1_000}
"""A trial in which an order is placed every second or so."""
HOME = InstrumentId("one/match/home")
MS = 1_000_000


@pytest.fixture
def trial(tmp_path: Path) -> Trial:
    return Trial(tmp_path, **BUSY).run(8)


@pytest.fixture
def hand(tmp_path: Path) -> Hand:
    return Hand(tmp_path).opened()


def doubled(trial: Trial) -> list[str]:
    """Refs under which an exchange has more than one order."""
    return [ref for ref, orders in trial.theirs().items() if len(orders) > 1]


def counted_too_little(trial: Trial) -> list[str]:
    """Orders that may be matched at an exchange for more than we count."""
    ours = trial.orders()
    return [
        ref
        for ref, (order, *_) in trial.theirs().items()
        if order.remaining_micros > (ours[OrderRef(ref)].exposed_micros if ref in ours else 0)
    ]


# ---- 1 to 4: what is not known is not an end ----


def test_demand_1_a_timeout_is_no_failure_although_the_venue_took_the_order(trial: Trial) -> None:
    """Demand 1: a lost reply leaves the order UNKNOWN, counted in full, asked about by its ref, and there once."""
    trial.strike(Danger.REPLY_LOST)
    for _ in range(40):
        trial.run(0.2)
        assert counted_too_little(trial) == []
        assert all(
            order.exposed_micros == order.remaining_micros for order in trial.state.blotter.orders.unknown.values()
        )
    unknown = {record.body.ref for record in trial.records() if isinstance(record.body, OrderUnanswered)}
    assert unknown, "nothing was lost, so nothing is shown"
    trial.calm().recovered_within(60)
    assert not trial.state.blotter.orders.unknown
    assert doubled(trial) == []
    landed = unknown & {OrderRef(ref) for ref in trial.theirs()}
    assert landed, "the venue took some of them"
    ours = trial.orders()
    assert all(ours[ref].acked and not ours[ref].rejected for ref in landed)
    trial.finish()


def test_demand_1_an_order_without_an_answer_is_asked_about_by_its_own_id_and_placed_once(hand: Hand) -> None:
    """Demand 1: the same id is asked about again and again, the whole of it counts, and nothing is sent twice."""
    hand.wishes.wanted = Wanted(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=2))
    (placed,) = hand.places()
    hand.tell(*facts("timeout", placed.ref))
    for _ in range(20):
        hand.later(500)
        hand.tell(shown("1.98:50 | 2.04:50"))
    asked = [one.ref for one in hand.one.told if isinstance(one, QueryOrder)]
    assert len(asked) > 1
    assert {*asked} == {placed.ref}
    assert hand.places() == [placed]
    assert hand.state.blotter.orders.unknown[placed.ref].exposed_micros == 10_000_000


def test_demand_2_an_outage_of_every_host_turns_no_order_into_failed_or_lost(tmp_path: Path) -> None:
    """Demand 2: ten minutes without any host change no order and place none; all is right one cycle later."""
    trial = Trial(tmp_path, pace=0.3, model_ms=5_000).run(20).black_out(610).run(10)
    before = {ref: (state_of(order), order.exposed_micros) for ref, order in trial.orders().items() if is_open(order)}
    assert before
    placed = trial.state.placed
    trial.run(599)
    assert trial.state.placed == placed, "none is written down only to find no line"
    after = trial.orders()
    assert {ref: (state_of(after[ref]), after[ref].exposed_micros) for ref in before} == before
    assert {ref for ref in after if is_open(after[ref])} == {*before}, "no new risk while nobody can be asked"
    trial.calm()
    sessions, waited_s = trial.street.core.prices.sessions.values(), 0
    while not all(all(one.up.values()) for one in sessions):  # few dials a minute are allowed, each at a time by lot
        waited_s += 1
        assert waited_s <= 60
        trial.run(1)
    trial.recovered_within(trial.simulation.options.recon_s)
    assert counted_too_little(trial) == doubled(trial) == []
    trial.finish()
    assert [*ends_without_evidence(trial.folder)] == [], "nor in the first seconds of the outage"


@pytest.mark.parametrize("channel", Channel)
def test_demand_2_new_risk_waits_for_every_line_and_for_the_list_behind_it(hand: Hand, channel: Channel) -> None:
    """Demand 2: fresh prices do not open a venue whose line is down, nor the line alone one that has shown no list."""
    hand.wishes.wanted = Wanted(quotes=(quote(),))
    old = VenueReported(ONE, hand.clock.monotonic_ns(), ())
    for sequence, up in ((2, False), (3, True)):
        hand.tell(ChannelChanged(ONE, channel, up=up), shown("1.98:50 | 2.04:50"), hand.valued(0.5, sequence=sequence))
        hand.later(100)
        assert hand.places() == []
    assert {one.reason for one in hand.records() if isinstance(one, RiskRefused)} == {RefusalReason.SESSION_UNPROVEN}
    for sequence, shows, placed in ((4, old, 0), (6, VenueReported(ONE, hand.clock.monotonic_ns(), ()), 1)):
        hand.tell(shows, hand.valued(0.5, sequence=sequence))
        hand.later(300)
        hand.tell(hand.valued(0.5, sequence=sequence + 1))
        assert len(hand.places()) == placed


@pytest.mark.parametrize("danger", [Danger.REPLY_LOST, Danger.DONE_BUT_5XX, Danger.THROTTLED, Danger.CONNECTION_CUT])
def test_demand_3_a_retry_with_a_new_client_id_makes_duplicates(trial: Trial, danger: Danger) -> None:
    """Demand 3: one intent has one id for life, whatever becomes of its answers; no venue has an id twice."""
    trial.strike(danger, chance=0.5 if danger is not Danger.CONNECTION_CUT else 0.02).run(8)
    assert trial.fired
    trial.calm().recovered_within(90)
    refs = Counter(record.body.ref for record in trial.records() if isinstance(record.body, PlaceOrder))
    assert max(refs.values()) == 1
    assert {*trial.theirs()} <= {*refs}, "the venues have no id that was not written down first"
    assert doubled(trial) == []


def test_demand_3_a_duplicate_answer_resolves_to_the_first_order() -> None:
    """Demand 3: the venue's word that it has the id already proves the one order, however often it is said."""
    for said, name, matched in (
        ("timeout; accept; accept", None, 0),
        ("timeout; accept; accept v1; accept v1; fill f1 4", "v1", 4_000_000),
    ):
        ends = set()
        for arrival in permutations(facts(said)):
            order = bet("BACK 10 @ 2.00")
            for fact in arrival:
                order = apply(order, fact)
            ends.add(order)
        (end,) = ends
        assert (end.venue_order_id, end.matched_micros, end.unknown, end.suspect) == (name, matched, False, False)
    duplicates = [one for venue in (betfair, kalshi) for one in venue.outcome_table() if one.code in DUPLICATES]
    assert {one.code for one in duplicates} == DUPLICATES
    assert {one.fate for one in duplicates if one.endpoint in PLACING} == {Fate.ACCEPTED}


PLACING = {"placeOrders", "POST orders", "POST orders batched", "FIX D"}
DUPLICATES = {"DUPLICATE_TRANSACTION", "order_already_exists", "58=ORDER_ALREADY_EXISTS"}
"""Words by which a venue says that it has the id."""


def ends_without_evidence(run: Path) -> Iterator[str]:
    """A lint over a journal: every order that ended by a record that is no evidence of an end.

    An absence is evidence once everything that was sent must have landed and be visible.
    """
    absences: Counter[OrderRef] = Counter()
    needed: dict[VenueName, int] = {}
    shown_ns: dict[VenueName, int] = {}
    for step in steps(run):
        body = step.record.body
        if not needed:
            terms = step.state.started.capabilities
            needed = {one.venue: one.absences_min for one in terms}
            shown_ns = {one.venue: (one.lands_within_ms + one.visible_after_ms) * MS for one in terms}
        if isinstance(body, OrderAbsent) and (order := step.state.blotter.orders.get(body.ref)) is not None:
            absences[body.ref] += body.asked_ns >= order.intended_ns + shown_ns[step.state.venue_of(order.instrument)]
        for change in step.changes:
            before, after = change.before, change.after
            if before is None or not is_open(before) or is_open(after):
                continue
            evidence = getattr(body, "evidence", Evidence.STATEMENT)
            if isinstance(body, OrderMissing):
                venue = step.state.venue_of(after.instrument)
                proven = body.queries <= absences[body.ref] and body.queries >= needed[venue]
            elif isinstance(body, OrderRejected) and body.reason is RejectReason.NOT_SENT:
                proven = True
            else:
                proven = evidence >= Evidence.PUSH
            if not proven:
                yield f"record {step.record.seq}, {type(body).__name__}, ended {after.ref} without evidence"


def test_demand_4_no_timer_makes_a_cancel_or_a_rejection(tmp_path: Path) -> None:
    """Demand 4: no order ends without a record of evidence; a lint over the journal proves it."""
    kinds: Counter[str] = Counter()
    for seed in range(1, 9):  # until a line broke under an order that had not arrived yet
        trial = Trial(tmp_path / str(seed), **BUSY, seed=seed).run(8)
        trial.strike(Danger.REPLY_LOST, Danger.REPLY_CUT, Danger.HTML_INSTEAD, Danger.DIAL_REFUSED, chance=0.3).run(15)
        trial.strike(Danger.CONNECTION_CUT, Danger.BYTES_SLICED, chance=0.2).run(15)
        trial.calm().recovered_within(90)
        trial.finish()
        kinds += Counter(type(record.body).__name__ for record in trial.records())
        assert [*ends_without_evidence(trial.folder)] == []
        if kinds["OrderMissing"]:
            break
    assert kinds["OrderUnanswered"] > 5
    assert kinds["OrderMissing"], "some never arrived"


def test_demand_4_the_lint_finds_an_end_that_was_made_up(tmp_path: Path) -> None:
    """Demand 4: the lint itself, shown an order that was declared missing without a question."""
    hand = Hand(tmp_path).opened()
    hand.wishes.wanted = Wanted(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=2))
    (placed,) = hand.places()
    hand.tell(*facts("timeout; missing", placed.ref))
    hand.journal.close()
    (found,) = ends_without_evidence(hand.folder)
    assert "OrderMissing" in found


# ---- 6 to 11: what was matched, and nothing else ----


def test_demand_7_an_inferred_fill_and_its_message_are_one_posting() -> None:
    """Demand 7: a round that infers a fill and the stream that tells it come to the same books in either order."""
    found = []
    for arrival in permutations(["report 4 at 50", "fill f1 4 at 40", "report 4 at 60", "fill f1 4 at 40"]):
        books = Books(instrument(HOME))
        books.records(place("BACK 10 @ 2.00"), "accept v1", *arrival)
        found.append((books.balances(), books.held(HOME).claims_micros))
    assert all(one == found[0] for one in found)
    assert found[0][1] == 8_000_000
    assert found[0][0]["position"] == 4_000_000


def listed_orders(names: tuple[str, ...]) -> tuple[VenueOrder, ...]:
    """What a venue lists at start: ours by ref, strangers, one that is filled further than we know."""
    orders = []
    for n, name in enumerate(names):
        (report,) = facts(f"report {n % 3} at 9", name)
        assert isinstance(report, OrderReported)
        ref = None if name.startswith("x") else OrderRef(name)
        orders.append(VenueOrder(ref, VenueOrderId(f"v-{name}"), ODDS.id, Side.BACK, 200, 5_000_000, report))
    return tuple(orders)


def test_demand_8_reconciliation_at_the_start_comes_to_one_result_in_any_order() -> None:
    """Demand 8: a start's list in any order gives the same state, working orders and strangers included."""
    digests = set()
    orders = listed_orders(("a", "b", "x1", "c", "x2"))
    for arrival in permutations(orders):
        state = State(OPENING[0])  # type: ignore[arg-type]  # the first record of an opening is RunStarted
        for n, body in enumerate((*OPENING[1:], *(place("BACK 5 @ 2.00", ref=ref) for ref in "abc"))):
            state.apply(body, n)
        state.apply(VenueReported(ONE, 5, arrival), 99)
        digests.add(state.digest())
        assert len(state.blotter.orders.at_stake) == 5, "no working order is dropped"
    assert len(digests) == 1


def test_demand_8_an_old_difference_stops_its_market_and_not_the_desk(hand: Hand) -> None:
    """Demand 8: what a person must look at quarantines one market; the other venue trades on."""
    placed = hand.quoting(quote())
    hand.tell(*facts("fill f1 6 at 5", placed.ref))
    hand.later(3_000)
    (report,) = facts("report 4", placed.ref)
    assert isinstance(report, OrderReported)
    told = VenueOrder(placed.ref, VenueOrderId("v1"), ODDS.id, placed.side, placed.price, placed.size_micros, report)
    hand.tell(VenueReported(ONE, hand.clock.monotonic_ns(), (told,)))
    prices = hand.street.core.prices
    assert prices.why_book_not_tradable(ODDS, hand.clock.monotonic_ns()) == "quarantined"
    assert prices.why_venue_not_tradable(TWO) == ""
    assert not prices.gates.is_shut((TWO, CONTRACTS.listing.venue_market))


def test_demand_9_a_position_is_closed_by_the_venue_s_statement_and_by_nothing_of_ours(hand: Hand) -> None:
    """Demand 9: a market that closed, a cancel, silence: the position stands until the statement comes."""
    placed = hand.quoting(quote())
    hand.tell(*facts("fill f1 10 at 5; timeout; missing; absent 9", placed.ref), status(MarketStatus.CLOSED))
    hand.later(60_000)
    held = hand.state.positions.by_instrument[ODDS.id]
    assert (held.claims_micros, placed.ref in hand.state.blotter.orders.at_stake) == (20_000_000, True)
    hand.tell(settlement(100))
    assert placed.ref not in hand.state.blotter.orders.at_stake


def test_demand_9_the_recon_of_a_day_that_was_settled_finds_nothing_unexplained(tmp_path: Path) -> None:
    """Demand 9: matches to their end under lost replies; venue, orders and ledger agree, the day's recon is green."""
    trial = Trial(tmp_path, **BUSY | {"speed": 90.0})
    trial.strike(Danger.REPLY_LOST, Danger.CONNECTION_CUT, chance=0.02).run(60).calm().run(60)
    assert trial.fired, "nothing was lost, so nothing is shown"
    assert trial.state.settled, "nothing was settled, so nothing is shown"
    trial.finish()
    matched = [order for order in trial.orders().values() if order.matched_micros]
    assert matched
    assert all(order.settled for order in matched), "what the venues settled is closed, and nothing else was there"
    assert all(one.explained for one in trial.state.settled)
    assert not trial.state.breaks.standing
    assert not any(trial.state.ledger.totals("suspense").values())
    assert recon_run(trial.folder, as_json=False) == 0


NOT_A_FILL = ("accept v1", "reject", "timeout", "absent 9", "cancel c1", "refused c1", "cancelled c1 4", "lapsed l1 3")


@given(st.lists(st.sampled_from(NOT_A_FILL), max_size=8))
def test_demand_10_a_pending_order_is_no_position(said: list[str]) -> None:
    """Demand 10: only matches post to position accounts; placing, refusing and cancelling never do."""
    books = Books(instrument(HOME))
    books.records(place("BACK 10 @ 2.00"), *said)
    assert books.balances().get("position", 0) == 0
    assert HOME not in books.positions.by_instrument or books.held(HOME).claims_micros == 0
    books.records(filled(fill("f1", "1")))
    assert books.balances()["position"] == 1_000_000


@pytest.mark.parametrize("accepted", ["accept", "accept v1"])
def test_demand_11_an_acceptance_without_an_order_is_suspected_and_asked_about(hand: Hand, accepted: str) -> None:
    """Demand 11: accepted, with an id or without, and in no list after the lag: asked about, and suspect."""
    hand.wishes.wanted = Wanted(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=2))
    (placed,) = hand.places()
    hand.tell(*facts(accepted, placed.ref))
    hand.later(100)
    asked = any(isinstance(one, QueryOrder) and one.ref == placed.ref for one in hand.one.told)
    assert asked is (accepted == "accept"), "one without a name at once"
    assert hand.state.blotter.orders.at_stake[placed.ref].exposed_micros == 10_000_000
    late_ns = placed_ns(hand, placed.ref) + 60_000 * MS
    hand.tell(OrderAbsent(placed.ref, late_ns), OrderAbsent(placed.ref, late_ns + MS))
    order = hand.state.blotter.orders.get(placed.ref)
    assert order is not None
    assert (order.suspect, state_of(order)) == (True, OrderState.CANCELLED)
    assert [key for _, key, kind in hand.state.breaks.standing if kind == "STATUS"] == [placed.ref]


def placed_ns(hand: Hand, ref: OrderRef) -> int:
    order = hand.state.blotter.orders.get(ref)
    assert order is not None
    return order.intended_ns


# ---- 15: corrections ----


def test_demand_15_a_busted_fill_is_reversed_and_the_market_is_looked_at_again(hand: Hand) -> None:
    """Demand 15: a bust reverses cost and claims by a posting of its own, once, and every strategy looks again."""
    placed = hand.quoting(quote())
    hand.tell(*facts("fill f1 6 at 5", placed.ref))
    cost = hand.state.ledger.balance("position", ONE, ODDS.terms.currency)
    looks, entries = len(hand.wishes.views), hand.state.ledger.entries
    (bust,) = facts("voided bust-1 matched 6", placed.ref)
    hand.tell(bust, bust)
    assert (cost, hand.state.ledger.balance("position", ONE, ODDS.terms.currency)) == (6_000_000, 0)
    assert hand.state.ledger.entries > entries
    assert hand.state.ledger.tail[-1].cause == placed.ref, "the reversal names its order"
    assert len(hand.wishes.views) == looks + 1
    assert hand.state.positions.by_instrument[ODDS.id].claims_micros == 0


# ---- 17 to 19: cancels ----


def test_demand_17_nothing_stays_executable_or_cancelling_after_a_reconnect(trial: Trial) -> None:
    """Demand 17: lines are cut again and again while cancels are under way; all is clean in bounded time, no loop."""
    for _ in range(6):
        trial.strike(Danger.REPLY_DELAYED).run(1.5).cut_lines().run(0.5)
    assert trial.calm().recovered_within(60) <= 60
    trial.run(12)
    pending = [order for order in trial.orders().values() if order.cancel_pending]
    assert all(order.exposed_micros for order in pending), "nothing that is over is still being cancelled"
    cancels = Counter(record.body.ref for record in trial.records() if isinstance(record.body, CancelOrder))
    assert max(cancels.values()) <= 12
    rounds = [record.body for record in trial.records() if isinstance(record.body, ReconCompleted)]
    assert {one.venue for one in rounds if one.cause is RoundCause.RECONNECT} == {*VENUES}, "each had to show its list"
    trial.finish()


def test_demand_18_a_refused_cancel_is_a_question_and_no_loop(hand: Hand) -> None:
    """Demand 18: each refusal asks once; cancels that are refused for ten minutes are few, and so are the questions."""
    placed = hand.quoting(quote())
    hand.wishes.wanted = NOTHING
    hand.tell(hand.valued(0.5, sequence=3))
    answered = 0
    for n in range(6_000):
        if n == 20:
            assert sum(isinstance(one, CancelOrder) for one in hand.one.told) <= 4, "at growing distance"
        commands = [one for one in hand.one.told if isinstance(one, CancelOrder | QueryOrder)][answered:]
        answered += len(commands)
        for command in commands:
            if isinstance(command, CancelOrder):
                hand.tell(*facts(f"refused {command.request}", placed.ref))
            else:
                hand.tell(*facts("report 0", placed.ref))
        hand.tell(shown("1.98:50 | 2.04:50"))
        hand.later(100)
    sent = Counter(type(one) for one in hand.one.told)
    assert 10 <= sent[CancelOrder] <= 90
    assert sent[QueryOrder] <= sent[CancelOrder] + 1
    assert hand.state.blotter.orders.at_stake[placed.ref].exposed_micros == 10_000_000, "it is counted all the while"


def test_demand_18_cancels_have_an_end_until_the_market_turns_or_a_person_orders_them(hand: Hand) -> None:
    """Demand 18: after so many refusals in one state of the market none is sent, and a person is told once."""
    placed = hand.quoting(quote())
    hand.wishes.wanted = NOTHING
    hand.tell(hand.valued(0.5, sequence=3))

    answered: list[CancelOrder] = []

    def refuse(minutes: int) -> int:
        """Every cancel is refused at once for so long; how many there were."""
        before = len(answered)
        for _ in range(60 * minutes):
            for command in [one for one in hand.one.told if isinstance(one, CancelOrder)][len(answered) :]:
                answered.append(command)
                hand.tell(*facts(f"refused {command.request}", placed.ref), *facts("report 0", placed.ref))
            hand.tell(shown("1.98:50 | 2.04:50"))
            hand.later(1_000)
        return len(answered) - before

    assert refuse(20) == CANCELS_MAX
    assert refuse(5) == 0
    told = [one for one in hand.records() if isinstance(one, AlertRaised) and one.about == "cancels_spent"]
    assert [one.subject for one in told] == [placed.ref]
    hand.tell(status(MarketStatus.SUSPENDED), status())
    assert refuse(1) > 0
    assert refuse(20) < CANCELS_MAX
    hand.tell(CancelsOrdered(EVERY_VENUE, "somebody", "it must go"))
    assert refuse(1) > 0
    assert hand.state.blotter.orders.at_stake[placed.ref].exposed_micros == 10_000_000, "it is counted all the while"


def test_demand_19_while_a_cancel_is_not_proven_both_it_and_its_replacement_count(hand: Hand) -> None:
    """Demand 19: our own cancel and place are two acts; each half has its own evidence, and the sum is reserved."""
    placed = hand.quoting(quote(204))
    event = hand.state.event_of(ODDS.id)
    alone = hand.state.exposure.worst_loss_micros(event)
    hand.wishes.wanted = Wanted(quotes=(quote(210),))
    hand.tell(hand.valued(0.5, sequence=3))
    (cancel,) = [one for one in hand.one.told if isinstance(one, CancelOrder)]
    both = hand.state.exposure.worst_loss_micros(event)
    assert both >= alone
    hand.tell(*facts(f"unanswered {cancel.request}", placed.ref))
    assert hand.state.blotter.orders.at_stake[placed.ref].exposed_micros == 10_000_000
    hand.tell(*facts("report 0 cancelled 10 closed", placed.ref))
    (_, second) = hand.places()
    assert placed.ref not in hand.state.blotter.orders.at_stake
    assert hand.state.exposure.worst_loss_micros(event) == alone
    hand.wishes.wanted = NOTHING
    hand.tell(*facts("reject", second.ref))
    assert hand.state.exposure.worst_loss_micros(event) == 0, "the second half failed alone"


def test_demand_19_an_amend_reserves_the_dearer_terms_and_each_half_of_a_replacement_has_its_own_evidence() -> None:
    """Demand 19: a venue-side amend reserves the larger of both; either half of a replacement may fail alone."""
    exchanged = Books(instrument(HOME))
    exchanged.records(place("LAY 10 @ 2.00"), "accept v1; amend a1 10 @ 3.00 as r2")
    assert exchanged.balances()["reserved"] == 20_000_000, "the larger, not the sum"
    exchanged.records("cancelled a1 10", *facts("reject", "r2"))
    assert exchanged.balances().get("reserved", 0) == 0, "the second half failed alone, and nothing is a ghost"
    in_place = Books(instrument(HOME))
    in_place.records(place("LAY 10 @ 3.00"), "accept v1; amend a1 10 @ 2.00; amend_unanswered a1")
    assert in_place.balances()["reserved"] == 20_000_000, "without an answer either may hold"
    in_place.records("amended a1 10 @ 2.00")
    assert in_place.balances()["reserved"] == 10_000_000


# ---- 22 to 24: bounds ----


def test_demand_22_a_budget_at_three_times_its_load_leaves_cancels_quick_and_passes_no_limit() -> None:
    """Demand 22: the budget alone, to the act; `test_soak` holds every adapter to it."""
    per_second, reserve = 20, 5
    throttle: Throttle[int] = Throttle(
        TokenBucket(refill=per_second, period_ns=1_000 * MS, capacity=20), reserve=reserve
    )
    sent: list[int] = []
    waits: list[int] = []
    asked_ns: dict[int, int] = {}
    for n in range(60 * 60):  # a minute, sixty acts a second, one in six a cancel
        now_ns = n * 1_000 * MS // 60
        for item in throttle.released(now_ns):
            waits.append(now_ns - asked_ns[item])
            sent.append(now_ns)
        if n % 6 == 0:
            asked_ns[n] = now_ns
            if throttle.may_go(n, 1, now_ns):
                waits.append(0)
                sent.append(now_ns)
        elif throttle.take(1, now_ns):
            sent.append(now_ns)
    assert max(waits) < 250 * MS
    assert len(waits) == 600, "every cancel went"
    windows = Counter(at_ns // (1_000 * MS) for at_ns in sent)
    assert max(windows.values()) <= per_second + 20
    assert len(sent) <= 60 * per_second + 20
    while throttle.take(1, 61_000 * MS):
        """Placements have all that they may have."""
    assert [throttle.may_go(n, 1, 61_000 * MS) for n in range(reserve)] == [True] * reserve, "kept for cancels"


def test_demand_23_a_full_lane_refuses_an_intent_by_name_and_places_it_once_there_is_room(tmp_path: Path) -> None:
    """Demand 23: an order too many in its second is refused with a reason code, written down, and not forgotten."""
    slow = CONFIG.replace("orders_per_second = 50", "orders_per_second = 1")
    hand = Hand(tmp_path, slow + "\n[[strategies]]\nname = 's'\nuses = 'a:B'\n").opened()
    hand.wishes.wanted = Wanted(quotes=(quote(), quote(196, "30", side=Side.LAY)))
    hand.tell(hand.valued(0.5, sequence=2))
    assert len(hand.places()) == 1
    assert [body.reason for body in hand.records() if isinstance(body, RiskRefused)] == ["order_rate"]
    hand.clock.advance_to(hand.clock.monotonic_ns() + 1_001 * MS)
    hand.tell(shown("1.98:50 | 2.04:50"), hand.valued(0.5, sequence=3))
    assert len(hand.places()) == 2


def test_demand_23_a_flood_of_facts_about_orders_is_taken_whole(hand: Hand) -> None:
    """Demand 23: nine hundred matches in one read are nine hundred matches, and one look."""
    placed = hand.quoting(quote())
    looks = len(hand.wishes.views)
    flood = facts("; ".join(f"fill f{n} 0.01" for n in range(900)), placed.ref)

    def many_in_one_read(_data: bytes, _now_ns: int) -> None:
        for fact in flood:
            hand.street.emit(fact)  # type: ignore[arg-type]  # facts, as the text says

    hand.street.hear(many_in_one_read, b"", hand.clock.monotonic_ns())
    assert hand.state.blotter.orders.at_stake[placed.ref].matched_micros == 9_000_000
    assert len(hand.wishes.views) == looks + 1


def test_demand_23_a_venue_that_takes_nothing_more_is_asked_for_nothing_but_cancels(hand: Hand) -> None:
    """Demand 23: without room at the venue a wish is refused by name, a cancel goes, and the wish comes back."""
    placed = hand.quoting(quote())
    hand.one.budget = 0
    hand.wishes.wanted = Wanted(quotes=(quote(210),))
    hand.tell(hand.valued(0.5, sequence=3))
    (cancel,) = [one for one in hand.one.told if isinstance(one, CancelOrder)]
    hand.tell(*facts(f"cancelled {cancel.request} 10", placed.ref))
    hand.later(300)
    hand.tell(hand.valued(0.5, sequence=4))
    assert hand.places() == [placed]
    assert {body.reason for body in hand.records() if isinstance(body, RiskRefused)} == {"venue_budget"}
    hand.one.budget = 9
    hand.later(500)
    hand.tell(shown("1.98:50 | 2.04:50"), hand.valued(0.5, sequence=5))
    assert [one.price for one in hand.places()] == [204, 210]


def test_demand_23_a_flood_of_prices_comes_to_one_look_at_the_newest_and_leaves_no_match_out(hand: Hand) -> None:
    """Demand 23: the data lane conflates: of a thousand books in one read the last is looked at, with every match."""
    placed = hand.quoting(quote())
    looks, records = len(hand.wishes.views), len(hand.records())
    flood: list[Fact] = []
    for n in range(1_000):
        flood.append(shown(f"1.98:{n + 1} | 2.04:50"))
        if n % 10 == 0:
            flood += [fact for fact in facts(f"fill f{n} 0.01", placed.ref) if isinstance(fact, OrderFilled)]

    def many_in_one_read(_data: bytes, _now_ns: int) -> None:
        for fact in flood:
            hand.street.emit(fact)

    hand.street.hear(many_in_one_read, b"", hand.clock.monotonic_ns())
    (view,) = hand.wishes.views[looks:]
    book = view.listings[0].book
    assert book.levels(to_back=True, depth=1)[0][1] == 1_000 * MICROS, "the newest of them"
    assert hand.state.blotter.orders.at_stake[placed.ref].matched_micros == MICROS, "a hundred matches of a hundredth"
    told = Counter(type(body) for body in hand.records()[records:])
    assert told[OrderFilled] == 100
    assert told.total() < 120, "prices are on the tape and not in the journal"


def test_demand_24_memory_does_not_grow_with_the_orders_of_a_week(tmp_path: Path) -> None:
    """Demand 24: what the blotter holds after many thousand orders is what it held before, within five per cent."""
    store = DiskStore(tmp_path)
    blotter = Blotter({HOME: instrument(HOME)}, {ONE: capabilities()}, store=store, archive_max=200)

    def live_through(first: int, count: int) -> None:
        for n in range(first, first + count):
            ref = f"run-{n}"
            blotter.apply(place("BACK 10 @ 2.00", ref=ref), n)
            for fact in facts(f"accept v{n}; cancelled c{n} 10", ref):
                blotter.apply(fact, n)

    live_through(0, 600)
    tracemalloc.start()
    live_through(600, 600)
    before, _ = tracemalloc.get_traced_memory()
    live_through(1_200, 2_400)
    after, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert after <= before * 1.05
    found = blotter.orders.get_by_venue_id(ONE, VenueOrderId("v3"))
    assert found is not None
    assert found.ref == "run-3", "and the first are still found"
    store.close()
