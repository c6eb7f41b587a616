"""One street by hand: what is decided, judged, written and sent, and in which order."""

from pathlib import Path

import pytest

from domain.breaks import BalanceCompared, Comparison
from domain.ids import Currency, OrderRef, StrategyName, VenueName
from domain.markets import MarketStatus
from domain.messages import (
    BalanceReported,
    CancelOrder,
    CancelRefused,
    Channel,
    ChannelChanged,
    Command,
    DecisionTaken,
    PlaceOrder,
    QueryOrder,
    QuerySettlement,
    QueryVenue,
    RejectReason,
    RiskRefused,
    RunEnded,
    RunResumed,
    RunStarted,
    VenueReported,
)
from domain.operators import (
    EVERY_STRATEGY,
    EVERY_VENUE,
    CancelsOrdered,
    KillLevel,
    KillLevelSet,
    PauseSet,
    RoundOrdered,
)
from domain.orders import Side
from domain.stops import RefusedOrder
from domain.terms import BalanceBasis
from engine.cancels import CANCEL_AGAIN_NS
from engine.recon_end import is_quiet
from engine.replay import rebuild
from engine.street import is_finished
from strategy.base import NOTHING, Wanted
from tests.builders import facts
from tests.engine.runs import ODDS, ONE, STARTED, TWO
from tests.engine.streets import Hand, quote, shown, status


@pytest.fixture
def hand(tmp_path: Path) -> Hand:
    return Hand(tmp_path).opened()


def test_what_is_wanted_is_written_with_its_reason_and_then_sent(hand: Hand) -> None:
    hand.wishes.wanted = Wanted(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=2))
    (sent,) = hand.places()
    assert (sent.instrument, sent.side, sent.price, sent.size_micros) == (ODDS.id, Side.BACK, 204, 10_000_000)
    *_, decision, placed = hand.records()
    assert isinstance(decision, DecisionTaken)
    assert placed == sent
    assert (decision.id, decision.because) == (sent.decision, "test")
    assert decision.probability_e9 == 500_000_000


def test_a_record_stands_on_disk_before_its_bytes_leave(hand: Hand) -> None:
    seen: list[bool] = []
    hand.one.on_send = lambda command: seen.append(command in hand.records())
    hand.wishes.wanted = Wanted(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=2))
    assert seen == [True]


def test_nothing_is_placed_twice_while_the_answer_is_missing(hand: Hand) -> None:
    hand.wishes.wanted = Wanted(quotes=(quote(),))
    for sequence in range(2, 6):
        hand.tell(hand.valued(0.5, sequence=sequence))
    assert len(hand.places()) == 1


def test_what_is_no_longer_wanted_is_cancelled_once(hand: Hand) -> None:
    placed = hand.quoting(quote())
    hand.wishes.wanted = NOTHING
    hand.tell(hand.valued(0.5, sequence=3), hand.valued(0.5, sequence=4))
    (cancel,) = [command for command in hand.one.told if isinstance(command, CancelOrder)]
    assert cancel.ref == placed.ref
    assert cancel in hand.records()


def test_a_refusal_is_counted_each_time_and_written_when_its_reason_is_new(hand: Hand) -> None:
    hand.wishes.wanted = Wanted(quotes=(quote(size="60"),))  # 75 USD, more than one order may cost
    hand.tell(hand.valued(0.5, sequence=2), hand.valued(0.5, sequence=3))
    hand.clock.advance_to(hand.clock.monotonic_ns() + 300_000_000)
    hand.tell(hand.valued(0.5, sequence=4))
    assert hand.places() == []
    assert dict(hand.street.telemetry.refusals) == {"cap_order": 2}
    assert [body.reason for body in hand.records() if isinstance(body, RiskRefused)] == ["cap_order"]


def test_every_order_that_could_meet_one_of_ours_is_written_with_what_it_was(hand: Hand) -> None:
    hand.wishes.wanted = Wanted(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=2))
    (ours,) = hand.places()
    for n in range(2):
        hand.wishes.wanted = Wanted(quotes=(quote(), quote(side=Side.LAY)))
        hand.tell(hand.valued(0.5, sequence=3 + 2 * n), hand.valued(0.5, sequence=4 + 2 * n))
        hand.clock.advance_to(hand.clock.monotonic_ns() + 300_000_000)
    refused = [body for body in hand.records() if isinstance(body, RiskRefused)]
    assert [body.reason for body in refused] == ["self_match", "self_match"]
    assert hand.street.telemetry.refusals["self_match"] == 2, "each that is counted is written"
    assert {body.order for body in refused} == {RefusedOrder(Side.LAY, ours.price, ours.size_micros, (ours.ref,))}


def test_an_older_value_of_a_model_changes_nothing(hand: Hand) -> None:
    hand.tell(hand.valued(0.6, sequence=9))
    looks = len(hand.wishes.views)
    hand.tell(hand.valued(0.5, sequence=8))
    assert len(hand.wishes.views) == looks
    hand.tell(hand.valued(0.5, sequence=10))
    assert hand.wishes.views[-1].fair is not None
    assert hand.wishes.views[-1].fair.sequence == 10


def test_a_lost_line_makes_a_venue_unproven_until_a_round_that_was_asked_later(hand: Hand) -> None:
    asked_before = hand.clock.monotonic_ns()
    hand.later(10)
    hand.tell(ChannelChanged(ONE, Channel.ORDERS, up=False))
    assert hand.wishes.views[-1].listings[0].why_not == "session_down"
    hand.tell(ChannelChanged(ONE, Channel.ORDERS, up=True))
    assert any(isinstance(command, QueryVenue) for command in hand.one.told)
    assert hand.wishes.views[-1].listings[0].why_not == "session_unproven"
    hand.tell(VenueReported(ONE, asked_before, ()))
    assert hand.wishes.views[-1].listings[0].why_not == "session_unproven"
    hand.tell(VenueReported(ONE, hand.clock.monotonic_ns(), ()))
    assert hand.wishes.views[-1].listings[0].why_not == ""


@pytest.mark.parametrize(("level", "left"), [(KillLevel.NO_NEW_RISK, 1), (KillLevel.CANCEL_ALL, 0)])
def test_each_stop_does_what_it_says(hand: Hand, level: KillLevel, left: int) -> None:
    hand.quoting(quote())
    hand.tell(KillLevelSet(level, "ann", "drill"))
    cancels = [command for command in hand.one.told if isinstance(command, CancelOrder)]
    assert len(cancels) == 1 - left
    hand.wishes.wanted = Wanted(quotes=(quote(), quote(196, "30", side=Side.LAY)))
    hand.wishes.views.clear()
    hand.tell(hand.valued(0.5, sequence=7))
    assert len(hand.places()) == 1, "nothing new"
    asked = level is KillLevel.NO_NEW_RISK
    assert bool(hand.wishes.views) is asked, "where nothing may be sent nobody is asked"
    assert bool(hand.street.telemetry.refusals) is asked


def test_a_stop_is_taken_back_only_by_a_person_with_a_reason(hand: Hand) -> None:
    hand.tell(KillLevelSet(KillLevel.CANCEL_ALL, "ann", "drill"), KillLevelSet(KillLevel.NONE, "", "over"))
    assert hand.state.breakers.level is KillLevel.CANCEL_ALL
    hand.tell(KillLevelSet(KillLevel.NONE, "ann", "over"))
    assert hand.state.breakers.level is KillLevel.NONE
    assert sum(isinstance(body, KillLevelSet) for body in hand.records()) == 2


def test_who_rests_takes_its_quotes_out_and_wants_nothing_until_it_goes_on(hand: Hand) -> None:
    placed = hand.quoting(quote())
    hand.tell(PauseSet(StrategyName("s"), paused=True, who="ann", why="odd quotes"))
    (cancel,) = [command for command in hand.one.told if isinstance(command, CancelOrder)]
    hand.tell(*facts(f"cancelled {cancel.request} 10", placed.ref), hand.valued(0.5, sequence=7))
    assert len(hand.places()) == 1
    hand.tell(PauseSet(EVERY_STRATEGY, paused=False, who="ann", why="mended"))
    assert len(hand.places()) == 2
    said = [body for body in hand.records() if isinstance(body, PauseSet)]
    assert [(one.paused, one.who, one.why) for one in said] == [(True, "ann", "odd quotes"), (False, "ann", "mended")]


def test_orders_are_taken_out_at_one_venue_or_at_all(hand: Hand) -> None:
    placed = hand.quoting(quote())
    hand.tell(CancelsOrdered(TWO, "ann", "drill"))
    assert not any(isinstance(command, CancelOrder) for command in hand.one.told)
    hand.tell(CancelsOrdered(EVERY_VENUE, "ann", "drill"))
    assert [command.ref for command in hand.one.told if isinstance(command, CancelOrder)] == [placed.ref]
    assert sum(isinstance(body, CancelsOrdered) for body in hand.records()) == 2


def test_an_order_that_was_on_its_way_when_all_was_stopped_is_taken_out_once_it_is_there(hand: Hand) -> None:
    hand.wishes.wanted = Wanted(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=2))
    (placed,) = hand.places()
    hand.tell(KillLevelSet(KillLevel.CANCEL_ALL, "ann", "drill"))
    hand.tell(*facts("accept v1", placed.ref))
    hand.later(200)
    assert [command.ref for command in hand.one.told if isinstance(command, CancelOrder)] == [placed.ref]


def test_an_order_on_its_way_is_left_alone_when_all_were_ordered_out_elsewhere(hand: Hand) -> None:
    hand.wishes.wanted = Wanted(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=2))
    (placed,) = hand.places()
    hand.tell(CancelsOrdered(TWO, "ann", "drill"))
    hand.tell(*facts("accept v1", placed.ref))
    hand.later(200)
    assert cancelled(hand) == []


def test_an_order_on_its_way_when_all_were_ordered_out_is_taken_out_once_it_is_there_and_no_later_one(
    hand: Hand,
) -> None:
    hand.wishes.wanted = Wanted(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=2))
    (first,) = hand.places()
    hand.tell(CancelsOrdered(EVERY_VENUE, "ann", "drill"))
    assert cancelled(hand) == []
    hand.tell(*facts("accept v1", first.ref))
    hand.later(200)
    (cancel,) = [command for command in hand.one.told if isinstance(command, CancelOrder)]
    assert cancel.ref == first.ref
    hand.tell(*facts(f"cancelled {cancel.request} 10", first.ref), hand.valued(0.5, sequence=3))
    second = hand.places()[-1]
    assert second.ref != first.ref
    hand.tell(*facts("accept v2", second.ref))
    waited(hand, 2_000)
    assert cancelled(hand) == [first.ref]
    hand.street.note(RunEnded("drilled"))
    hand.journal.close()
    assert rebuild(hand.folder)[1].digest == hand.state.digest()


def test_an_order_ordered_out_whose_cancel_was_refused_is_cancelled_again_until_it_is_over(hand: Hand) -> None:
    placed = hand.quoting(quote())
    hand.tell(CancelsOrdered(EVERY_VENUE, "ann", "drill"))
    for again in range(1, 4):
        cancel = [command for command in hand.one.told if isinstance(command, CancelOrder)][-1]
        hand.tell(CancelRefused(placed.ref, cancel.request, RejectReason.OTHER, "not now"))
        hand.tell(CancelsOrdered(EVERY_VENUE, "ann", "drill"))
        assert cancelled(hand) == [placed.ref] * again, "not as fast as it is refused"
        waited(hand, 500 * 2 ** (again - 1) + 100)
        assert cancelled(hand) == [placed.ref] * (again + 1)
    cancel = [command for command in hand.one.told if isinstance(command, CancelOrder)][-1]
    hand.wishes.wanted = NOTHING
    hand.tell(*facts(f"cancelled {cancel.request} 10", placed.ref))
    waited(hand, 9_000)
    assert cancelled(hand) == [placed.ref] * 4


def test_one_order_is_taken_out_by_its_ref_and_no_other(hand: Hand) -> None:
    first = hand.quoting(quote(204), quote(196, side=Side.LAY))
    second = hand.places()[1]
    hand.tell(*facts("accept v2", second.ref))
    hand.tell(CancelsOrdered(EVERY_VENUE, "ann", "drill", second.ref))
    assert cancelled(hand) == [second.ref]
    (cancel,) = [command for command in hand.one.told if isinstance(command, CancelOrder)]
    hand.tell(*facts(f"cancelled {cancel.request} 10", second.ref))
    waited(hand, 1_000)
    assert first.ref not in cancelled(hand)
    assert hand.state.ordered_out.standing() == []


def test_what_was_ordered_out_is_cancelled_by_whoever_takes_the_run_up_again(hand: Hand, tmp_path: Path) -> None:
    hand.wishes.wanted = Wanted(quotes=(quote(204), quote(196, side=Side.LAY)))
    hand.tell(hand.valued(0.5, sequence=2))
    first, second = hand.places()
    hand.tell(CancelsOrdered(ONE, "ann", "drill"))
    hand.tell(*facts("accept v1", first.ref))
    assert cancelled(hand) == [], "the engine died before the tick that would have cancelled it"
    hand.journal.close()
    again = Hand(tmp_path / "again", state=rebuild(hand.folder)[0])
    again.street.note(RunResumed("trial", "c0ffee"))
    assert again.state.ordered_out.standing() == [first.ref, second.ref]
    again.tell(*(ChannelChanged(ONE, channel, up=True) for channel in Channel), *facts("accept v2", second.ref))
    again.later(200)
    assert set(cancelled(again)) == {first.ref, second.ref}


@pytest.mark.parametrize(("venue", "asked"), [(EVERY_VENUE, {"one", "two"}), (TWO, {"two"})])
def test_a_round_begins_when_a_person_asks_for_it(hand: Hand, venue: VenueName, asked: set[str]) -> None:
    hand.tell(RoundOrdered(venue, "ann", "odd balance"))
    rounds = [command for book in (hand.one, hand.two) for command in book.told if isinstance(command, QueryVenue)]
    assert {command.venue for command in rounds} == asked
    assert len(rounds) == len(asked)
    assert RoundOrdered(venue, "ann", "odd balance") in hand.records()


def test_a_round_with_a_venue_that_is_out_of_reach_begins_once_it_is_back(hand: Hand) -> None:
    hand.tell(ChannelChanged(TWO, Channel.REQUESTS, up=False))
    hand.tell(RoundOrdered(TWO, "ann", "odd balance"))
    assert not any(isinstance(command, QueryVenue) for command in hand.two.told)
    hand.tell(ChannelChanged(TWO, Channel.REQUESTS, up=True))
    assert QueryVenue(TWO) in hand.two.told


def waited(hand: Hand, ms: int) -> None:
    """Time passes while books stay fresh, so that no strategy of its own takes anything out."""
    for _ in range(0, ms, 100):
        hand.tell(shown("1.98:50 | 2.04:50"))
        hand.later(100)


def cancelled(hand: Hand) -> list[OrderRef]:
    """What the first venue was told to cancel, each as often as it was told."""
    return [command.ref for command in hand.one.told if isinstance(command, CancelOrder)]


def test_stops_and_pauses_stand_again_after_a_replay(hand: Hand) -> None:
    hand.quoting(quote())
    hand.tell(
        KillLevelSet(KillLevel.NO_NEW_RISK, "ann", "drill"),
        PauseSet(StrategyName("s"), paused=True, who="ann", why="odd quotes"),
        CancelsOrdered(EVERY_VENUE, "ann", "drill"),
    )
    hand.street.note(RunEnded("drilled"))
    hand.journal.close()
    state, verified = rebuild(hand.folder)
    assert verified.digest == hand.state.digest()
    assert state.breakers.snapshot() == hand.state.breakers.snapshot()
    assert state.breakers.level_set == KillLevelSet(KillLevel.NO_NEW_RISK, "ann", "drill")


def test_winding_down_cancels_everything_and_decides_nothing_more(hand: Hand) -> None:
    placed = hand.quoting(quote())
    hand.street.wind_down()
    assert not is_quiet(hand.street.core.state)
    hand.tell(hand.valued(0.5, sequence=7))
    assert len(hand.places()) == 1
    (cancel,) = [command for command in hand.one.told if isinstance(command, CancelOrder)]
    hand.tell(*facts(f"cancelled {cancel.request} 10", placed.ref))
    assert is_quiet(hand.street.core.state)


def test_an_order_that_comes_late_is_cancelled_while_winding_down(hand: Hand) -> None:
    hand.wishes.wanted = Wanted(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=2))
    (placed,) = hand.places()
    hand.street.wind_down()
    hand.tell(*facts("accept v1", placed.ref))
    hand.later(200)
    assert [command.ref for command in hand.one.told if isinstance(command, CancelOrder)] == [placed.ref]


def test_a_missing_answer_is_asked_about_at_growing_distance(hand: Hand) -> None:
    hand.wishes.wanted = Wanted(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=2))
    (placed,) = hand.places()
    hand.tell(*facts("timeout", placed.ref))
    asked = []
    for _ in range(60):
        hand.later(100)
        asked.append(sum(isinstance(command, QueryOrder) for command in hand.one.told))
    assert hand.state.blotter.orders.unknown
    assert asked[0] == 1
    assert asked[-1] == 4  # at once, and 0.5, 1.5 and 3.5 seconds later
    hand.tell(*facts("report 0", placed.ref))
    assert not hand.state.blotter.orders.unknown


def test_an_order_that_nobody_placed_is_a_break(hand: Hand) -> None:
    hand.tell(*facts("accept v9", "nobodys"), *facts("accept v9", "nobodys"))
    assert len(hand.state.breaks.standing) == 1


def test_a_closed_market_is_asked_for_its_statement_while_money_of_ours_is_in_it(hand: Hand) -> None:
    hand.tell(status(MarketStatus.CLOSED))
    hand.later(100)
    assert not any(isinstance(command, QuerySettlement) for command in hand.one.told)
    hand.tell(status(MarketStatus.OPEN))
    placed = hand.quoting(quote())
    hand.tell(*facts("fill f1 10 at 5", placed.ref), status(MarketStatus.CLOSED))
    hand.later(100)
    assert [c for c in hand.one.told if isinstance(c, QuerySettlement)] == [
        QuerySettlement(ONE, ODDS.listing.venue_market)
    ]


def test_a_suspended_market_gets_nothing_until_it_opens(hand: Hand) -> None:
    hand.wishes.wanted = Wanted(quotes=(quote(),))
    hand.tell(status(MarketStatus.SUSPENDED), hand.valued(0.5, sequence=2))
    assert hand.places() == []
    hand.clock.advance_to(hand.clock.monotonic_ns() + 300_000_000)
    hand.tell(status(MarketStatus.OPEN))
    assert len(hand.places()) == 1


def test_what_comes_in_while_something_is_carried_waits_its_turn(hand: Hand) -> None:
    order: list[str] = []

    def answer_at_once(command: Command) -> None:
        if isinstance(command, PlaceOrder):
            hand.tell(*facts("accept v1", command.ref))
            order.append("told")

    hand.one.on_send = answer_at_once
    hand.street.on_record = lambda body: order.append(type(body).__name__)
    hand.wishes.wanted = Wanted(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=2))
    assert order == ["DecisionTaken", "PlaceOrder", "told", "OrderAccepted"]


def test_whoever_only_counts_hears_of_an_order_behind_the_wire(hand: Hand) -> None:
    counts = hand.street.telemetry
    before, sent = counts.decisions, list[int]()
    hand.one.on_send = lambda _: sent.append(counts.decisions)
    hand.wishes.wanted = Wanted(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=2))
    assert (sent, counts.decisions) == ([before], before + 1)


def test_only_what_bytes_brought_about_is_measured_from_wire_to_wire(hand: Hand) -> None:
    hand.street.submit(hand.valued(0.5, sequence=2))
    hand.wishes.wanted = Wanted(quotes=(quote(),))
    hand.quoting(quote())
    assert len(hand.street.telemetry.latencies_ns) == 1
    hand.wishes.wanted = Wanted(quotes=(quote(), quote(196, side=Side.LAY)))
    hand.tell(shown("1.90:50 | 2.04:50"))
    hand.places()
    before = len(hand.street.telemetry.latencies_ns)
    hand.wishes.wanted = Wanted(quotes=(quote(),))
    hand.later(200)
    assert len(hand.street.telemetry.latencies_ns) == before


def test_a_venue_without_budget_gets_no_new_orders(hand: Hand) -> None:
    hand.one.budget = 0
    hand.wishes.wanted = Wanted(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=2))
    assert hand.places() == []


def test_the_run_begins_with_its_own_record_and_lists_what_is_new_only(hand: Hand) -> None:
    records = hand.records()
    assert isinstance(records[0], RunStarted)
    hand.street.emit(records[1])  # type: ignore[arg-type]
    assert hand.records() == records


def test_venues_are_opened_and_closed_with_the_street(hand: Hand) -> None:
    hand.street.start()
    assert hand.one.open
    assert hand.two.open
    hand.street.stop()
    assert not hand.one.open


def test_a_strategy_sees_its_own_orders_and_the_room_that_is_left(hand: Hand) -> None:
    placed = hand.quoting(quote())
    view = hand.wishes.views[-1]
    assert [order.ref for order in view.working] == [OrderRef(placed.ref)]
    assert view.budget_micros == 100_000_000 - 12_500_000


def last_word(hand: Hand) -> None:
    """Both venues say what is in their wallets, as our books have it, when they are asked."""
    hand.later(100)
    for venue in (ONE, TWO):
        of = next(one for one in STARTED.capabilities if one.venue == venue)
        ours = hand.state.ledger.equity_micros(venue, of.currency, of.balance_basis)
        hand.tell(BalanceReported(venue, of.currency, ours, of.balance_basis, hand.clock.monotonic_ns()))


def test_a_run_is_finished_when_statements_are_in_and_breaks_are_healed(hand: Hand) -> None:
    placed = hand.quoting(quote())
    hand.street.wind_down()
    hand.tell(*facts("fill f1 10 at 5", placed.ref))
    assert not is_finished(hand.street.core), "no venue has said its last word"
    last_word(hand)
    assert is_finished(hand.street.core)
    hand.tell(status(MarketStatus.CLOSED))
    assert is_quiet(hand.street.core.state)
    assert not is_finished(hand.street.core), "the statement is not there"
    hand.street.core.questions.market_settled(ONE, ODDS.listing.venue_market)
    assert is_finished(hand.street.core)
    hand.tell(*facts("accept v9", "nobodys"))
    assert not is_finished(hand.street.core), "a break is open"


def test_a_wallet_of_which_there_was_no_last_word_is_said_to_be_unknown(hand: Hand) -> None:
    last_word(hand)
    hand.street.wind_down()
    hand.later(100)
    asked = [command for command in hand.one.told if isinstance(command, QueryVenue)]
    assert asked, "it was compared before the end, which is not the last word"
    hand.street.note(RunEnded("stopped in order"))
    told = [one for one in hand.records() if isinstance(one, BalanceCompared)]
    assert [one.how for one in told] == [Comparison.AGREED, Comparison.AGREED, Comparison.SILENT, Comparison.SILENT]
    assert [one.stands for one in hand.state.wallets.proofs.values()] == [False, False]
    assert all(one.agreed_ms for one in hand.state.wallets.proofs.values()), "as of when it did agree is still known"


def test_a_cancel_that_is_refused_at_once_is_not_tried_again_at_once(hand: Hand) -> None:
    placed = hand.quoting(quote())

    def refuse_at_once(command: Command) -> None:
        if isinstance(command, CancelOrder):
            assert len(hand.one.told) < 50, "it asks and is refused, and does nothing else any more"
            hand.tell(*facts(f"refused {command.request}", placed.ref))

    hand.one.on_send = refuse_at_once
    hand.wishes.wanted = NOTHING
    hand.tell(hand.valued(0.5, sequence=3))
    cancels = [command for command in hand.one.told if isinstance(command, CancelOrder)]
    assert len(cancels) == 1
    hand.later(600)
    assert any(isinstance(command, QueryOrder) for command in hand.one.told), "it asks what became of the order"
    assert len([command for command in hand.one.told if isinstance(command, CancelOrder)]) == 2


def test_a_cancel_that_is_refused_at_once_is_not_repeated_as_fast_as_it_is_refused(hand: Hand) -> None:
    placed = hand.quoting(quote())
    hand.wishes.wanted = NOTHING
    hand.tell(hand.valued(0.5, sequence=3))

    def cancels() -> list[CancelOrder]:
        return [command for command in hand.one.told if isinstance(command, CancelOrder)]

    for _ in range(20):
        refused = CancelRefused(placed.ref, cancels()[-1].request, RejectReason.NOT_RESTING, "it is over")
        hand.street.emit(refused)
    assert len(cancels()) == 1
    hand.later(ms=CANCEL_AGAIN_NS // 1_000_000 + 200)
    assert len(cancels()) == 2


def test_a_balance_that_is_ahead_of_a_statement_is_no_break_until_the_statement_is_in(hand: Hand) -> None:
    placed = hand.quoting(quote())
    hand.tell(*facts("fill f1 10 at 5", placed.ref), status(MarketStatus.CLOSED))
    hand.later(60_000)
    ahead = BalanceReported(ONE, Currency("GBP"), 490_000_000, BalanceBasis.WALLET, hand.clock.monotonic_ns())
    hand.tell(ahead)
    assert not hand.state.breaks.standing
    hand.street.core.questions.market_settled(ONE, ODDS.listing.venue_market)
    hand.tell(ahead)
    assert len(hand.state.breaks.standing) == 1
