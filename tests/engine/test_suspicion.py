"""What a doubt about an order leads to: the venue is asked, its market waits, the fact is kept, and proof ends it."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.breaks import BreakFound, BreakHealed
from domain.ids import MarketId, OrderRef, StrategyName, VenueName, VenueOrderId
from domain.intents import QuoteIntent, TakeIntent
from domain.markets import MarketStatus
from domain.messages import (
    BooksChanged,
    BooksDoubted,
    CancelOrder,
    Channel,
    ChannelChanged,
    InstrumentsListed,
    OrderFilled,
    OrderReported,
    PlaceOrder,
    QueryOrder,
    RunEnded,
    RunResumed,
    VenueOrder,
    VenueReported,
)
from domain.money import MICROS
from domain.operators import KillLevel, KillLevelSet
from domain.orders import Side, TimeInForce
from domain.stops import AlertRaised
from engine.replay import rebuild
from engine.suspicion import KEPT_PER_ORDER
from recon.breaks import BreakKind
from strategy.base import NOTHING, Wanted
from strategy.flattening import FLATTEN
from tests.builders import facts, instrument
from tests.engine.runs import ODDS, ONE, settlement
from tests.engine.streets import SECOND, Hand, quote, shown, status

KEY = ONE, ODDS.listing.venue_market


@pytest.fixture
def hand(tmp_path: Path) -> Hand:
    return Hand(tmp_path).opened()


def queries(hand: Hand) -> list[OrderRef]:
    return [command.ref for command in hand.one.told if isinstance(command, QueryOrder)]


def cancels(hand: Hand) -> list[OrderRef]:
    return [command.ref for command in hand.one.told if isinstance(command, CancelOrder)]


def why_not(hand: Hand) -> str:
    """What forbids added risk on venue one, by the view of the last look."""
    return hand.street.core.prices.why_not_tradable(ODDS, hand.clock.monotonic_ns())


def lines(hand: Hand, *, up: bool) -> None:
    hand.tell(*(ChannelChanged(ONE, channel, up=up) for channel in Channel))


def listed(hand: Hand, placed: PlaceOrder, report: str) -> VenueReported:
    """A round's answer that lists one order."""
    (said,) = facts(report, placed.ref)
    assert isinstance(said, OrderReported)
    order = VenueOrder(placed.ref, VenueOrderId("v1"), ODDS.id, placed.side, placed.price, placed.size_micros, said)
    return VenueReported(ONE, hand.clock.monotonic_ns(), (order,))


# ---- contradictions ----


def test_a_contradiction_is_asked_about_shuts_its_market_and_is_shown_until_the_venue_s_figures_settle_it(
    hand: Hand,
) -> None:
    placed = hand.quoting(quote())
    hand.tell(*facts("reject", placed.ref))
    hand.later(100)
    assert queries(hand) == [placed.ref]
    assert why_not(hand) == "order_unproven"
    assert [kind for _, _, kind in hand.state.breaks.standing] == [BreakKind.STATUS]
    hand.tell(*facts("report 0 at 9", placed.ref))
    assert why_not(hand) == ""
    assert not hand.state.breaks.standing
    assert [type(body) for body in hand.records()[-2:]] == [OrderReported, BreakHealed]


def test_while_a_market_is_shut_cancels_pass_and_added_risk_does_not(hand: Hand) -> None:
    placed = hand.quoting(quote())
    hand.tell(*facts("reject", placed.ref))
    hand.wishes.wanted = NOTHING
    hand.tell(hand.valued(0.5, sequence=3))
    assert cancels(hand) == [placed.ref]
    hand.wishes.wanted = Wanted(quotes=(quote(), quote(196, side=Side.LAY)))
    (cancel,) = [command for command in hand.one.told if isinstance(command, CancelOrder)]
    hand.tell(*facts(f"cancelled {cancel.request} 10", placed.ref), hand.valued(0.5, sequence=4))
    assert len(hand.places()) == 1


def test_while_a_market_is_shut_an_order_that_reduces_passes(hand: Hand) -> None:
    placed = hand.quoting(quote())
    hand.wishes.wanted = NOTHING
    hand.tell(*facts("fill f1 10 at 5", placed.ref))
    hand.wishes.wanted = Wanted(quotes=(quote(size="2"),))
    hand.tell(hand.valued(0.5, sequence=6))
    doubted = hand.places()[-1]
    hand.wishes.wanted = NOTHING
    hand.tell(*facts("accept v2; reject", doubted.ref))
    assert why_not(hand) == "order_unproven"
    hand.wishes.wanted = Wanted(quotes=(quote(200, size="5", side=Side.LAY),))
    hand.tell(hand.valued(0.5, sequence=7))
    assert [(one.side, one.size_micros) for one in hand.places()[2:]] == [(Side.LAY, 5_000_000)]
    assert not hand.street.core.prices.quarantined
    hand.wishes.wanted = Wanted(quotes=(quote(196, size="9"),))
    hand.tell(hand.valued(0.5, sequence=8))
    assert len(hand.places()) == 3


def test_every_word_of_a_contradiction_is_written_down_and_a_flood_of_them_is_bounded(hand: Hand) -> None:
    placed = hand.quoting(quote())
    hand.tell(*facts("reject", placed.ref), *facts("accept other", placed.ref), *facts("accept third", placed.ref))
    names = [
        body.venue_order_id
        for body in hand.records()
        if getattr(body, "ref", "") == placed.ref and hasattr(body, "venue_order_id")
    ]
    assert names == ["v1", "other", "third"]
    for n in range(3 * KEPT_PER_ORDER):
        hand.tell(*facts(f"accept v{n + 10}", placed.ref))
    kept = [body for body in hand.records() if getattr(body, "venue_order_id", None)]
    assert len(kept) <= KEPT_PER_ORDER + 3
    (told,) = [body for body in hand.records() if isinstance(body, AlertRaised)]
    assert (told.about, told.subject) == ("facts_not_kept", placed.ref)


def test_a_second_fill_under_one_id_is_a_contradiction_and_not_a_repetition(hand: Hand) -> None:
    placed = hand.quoting(quote())
    hand.tell(*facts("fill f1 4; fill f1 4; fill f1 3; fill f1 3", placed.ref))
    fills = [body.fill.size_micros for body in hand.records() if isinstance(body, OrderFilled)]
    assert fills == [4_000_000, 3_000_000]
    order = hand.state.blotter.orders.get(placed.ref)
    assert order is not None
    assert (order.matched_micros, order.suspect) == (4_000_000, True)


def test_figures_that_leave_out_known_matches_are_a_break_that_later_figures_heal(hand: Hand) -> None:
    placed = hand.quoting(quote())
    hand.tell(*facts("report 6 at 50; report 4 at 60", placed.ref))
    (found,) = [body for body in hand.records() if isinstance(body, BreakFound)]
    assert (found.kind, found.key, found.severity) == (BreakKind.EXTRA_FILL, placed.ref, "CRITICAL")
    assert why_not(hand) == "order_unproven"
    hand.tell(*facts("report 4 at 65", placed.ref))
    assert why_not(hand) == "order_unproven", "the venue still says less than it said"
    hand.later(100)
    assert queries(hand) == [placed.ref]
    hand.tell(*facts("report 6 at 70", placed.ref))
    assert why_not(hand) == ""
    assert not hand.state.breaks.standing


def test_a_contradiction_about_an_order_that_is_over_is_asked_about_too(hand: Hand) -> None:
    placed = hand.quoting(quote())
    hand.tell(*facts("cancelled c9 10; reject", placed.ref))
    hand.later(100)
    assert queries(hand) == [placed.ref]
    hand.tell(*facts("absent 999", placed.ref))
    assert (why_not(hand), dict(hand.street.core.questions.orders)) == ("", {})


# ---- more than was ordered, later than the end ----


def test_more_matched_than_was_ordered_is_a_break_that_shuts_its_market_until_the_venue_voids_it(hand: Hand) -> None:
    placed = hand.quoting(quote())
    hand.tell(*facts("fill f1 10 at 50; fill f2 3 at 60", placed.ref))
    (found,) = [body for body in hand.records() if isinstance(body, BreakFound)]
    assert (found.kind, found.key, found.severity) == (BreakKind.EXTRA_FILL, placed.ref, "CRITICAL")
    hand.later(100)
    assert (queries(hand), why_not(hand)) == ([placed.ref], "order_unproven")
    hand.tell(*facts("report 13 closed at 70", placed.ref))
    assert why_not(hand) == "order_unproven", "the venue's own figures say it too: somebody has to look"
    assert list(hand.state.breaks.standing) == [(ONE, placed.ref, BreakKind.EXTRA_FILL)], "after a restart too"
    hand.tell(*facts("voided v1 matched 3; report 10 voided 3 closed at 80", placed.ref))
    assert (why_not(hand), hand.state.breaks.standing) == ("", {})


@pytest.mark.parametrize("end", ["cancelled c9 10", "lapsed l1 10", "report 0 cancelled 10 closed at 50", "reject"])
def test_a_match_behind_the_end_of_an_order_is_booked_told_and_asked_about_while_its_market_waits(
    hand: Hand, end: str
) -> None:
    hand.wishes.once, hand.wishes.wanted = True, Wanted(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=2))
    (placed,) = hand.places()
    hand.tell(*facts(f"{end}; fill f1 4 at 60; fill f1 4 at 60", placed.ref))
    order = hand.state.blotter.orders.get(placed.ref)
    assert order is not None
    assert order.matched_micros == 4 * MICROS
    told = [body for body in hand.records() if isinstance(body, AlertRaised)]
    assert [(one.about, one.subject, one.venue) for one in told] == [("late_match", placed.ref, ONE)]
    hand.later(100)
    assert (queries(hand), why_not(hand)) == ([placed.ref], "order_unproven")
    hand.tell(*facts("report 4 cancelled 6 closed at 70", placed.ref))
    assert (why_not(hand), dict(hand.street.core.questions.orders)) == ("", {})
    assert len([body for body in hand.records() if isinstance(body, AlertRaised)]) == 1


def test_a_match_that_the_venue_s_own_figures_tell_behind_an_end_is_told_and_shuts_nothing(hand: Hand) -> None:
    placed = hand.quoting(quote())
    hand.tell(*facts("cancelled c9 10; report 4 cancelled 6 closed at 70", placed.ref))
    (told,) = [body for body in hand.records() if isinstance(body, AlertRaised)]
    assert (told.about, why_not(hand)) == ("late_match", "")


def test_a_fill_that_explains_what_a_report_said_is_no_late_match(hand: Hand) -> None:
    placed = hand.quoting(quote())
    hand.tell(*facts("report 4 cancelled 6 closed at 70; fill f1 4 at 60", placed.ref))
    assert not [body for body in hand.records() if isinstance(body, AlertRaised)]


# ---- strays ----


def test_a_word_about_an_order_that_nobody_placed_is_written_down_whole_and_once(hand: Hand) -> None:
    hand.tell(*facts("fill f9 4", "nobodys"), *facts("fill f9 4", "nobodys"), *facts("fill f8 2", "nobodys"))
    kept = [body.fill.id for body in hand.records() if isinstance(body, OrderFilled)]
    assert kept == ["f9", "f8"]
    assert [key for _, key, _ in hand.state.breaks.standing] == ["nobodys"]
    hand.street.note(RunEnded("over"))
    hand.journal.close()
    assert rebuild(hand.folder)[1].digest == hand.state.digest()


def test_an_order_that_a_list_names_later_is_counted_and_no_longer_a_break(hand: Hand) -> None:
    hand.tell(*facts("fill f9 4", "nobodys"))
    order = VenueOrder(OrderRef("nobodys"), VenueOrderId("v9"), ODDS.id, Side.BACK, 204, 10_000_000, None)
    hand.tell(VenueReported(ONE, hand.clock.monotonic_ns(), (order,)))
    assert (VenueName(""), "nobodys", "UNKNOWN_AT_VENUE") not in hand.state.breaks.standing
    assert OrderRef("nobodys") in hand.state.blotter.orders.at_stake


# ---- statements ----


def test_no_statement_is_waited_for_once_it_shows_that_nothing_was_matched_in_a_closed_market(hand: Hand) -> None:
    placed = hand.quoting(quote())
    hand.tell(status(MarketStatus.CLOSED))
    assert hand.street.core.questions.awaiting_settlement == 1
    hand.tell(*facts("lapsed l1 10", placed.ref))
    assert hand.street.core.questions.awaiting_settlement == 0


# ---- never answered before its market was settled ----


def settled_unanswered(hand: Hand) -> PlaceOrder:
    """The answer to an order is lost, and its market's statement comes before anybody knows what became of it."""
    hand.wishes.once, hand.wishes.wanted = True, Wanted(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=2))
    (placed,) = hand.places()
    hand.tell(*facts("timeout", placed.ref), settlement(0))
    return placed


def test_an_order_that_its_market_s_statement_leaves_in_doubt_is_asked_about_until_its_matches_are_known(
    hand: Hand,
) -> None:
    placed = settled_unanswered(hand)
    hand.later(100)
    hand.later(60_000)
    assert len(queries(hand)) >= 2
    hand.tell(*facts("report 4 closed at 9", placed.ref))
    order = hand.state.blotter.orders.get(placed.ref)
    assert order is not None
    assert (order.matched_micros, order.settled, dict(hand.street.core.questions.orders)) == (4 * MICROS, True, {})


def test_an_answer_that_goes_missing_behind_a_statement_is_asked_for_too(hand: Hand) -> None:
    hand.wishes.once, hand.wishes.wanted = True, Wanted(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=2))
    (placed,) = hand.places()
    hand.tell(settlement(0), *facts("timeout", placed.ref))
    hand.later(100)
    assert queries(hand) == [placed.ref]


def taken_over(hand: Hand, folder: Path) -> Hand:
    """Another process over the journal so far, with the first venue's lines up; its clock begins anew."""
    hand.journal.close()
    again = Hand(folder, state=rebuild(hand.folder)[0])
    again.street.note(RunResumed("trial", "c0ffee"))
    lines(again, up=True)
    return again


def test_whoever_takes_a_run_over_asks_about_an_order_that_a_statement_left_in_doubt(tmp_path: Path) -> None:
    hand = Hand(tmp_path / "first")
    hand.clock.advance_to(3_600 * SECOND)
    placed = settled_unanswered(hand.opened())
    again = taken_over(hand, tmp_path / "again")
    again.later(100)
    assert queries(again) == [placed.ref]
    late_ms = again.clock.monotonic_ns() // 1_000_000 + 10_000
    again.tell(*facts(f"absent {late_ms}; absent {late_ms + 1}", placed.ref))
    order = again.state.blotter.orders.get(placed.ref)
    assert order is not None
    assert (order.missing, order.unknown, dict(again.street.core.questions.orders)) == (True, False, {})


def test_a_statement_that_comes_before_the_first_round_of_another_process_leaves_its_order_to_be_asked_about(
    hand: Hand, tmp_path: Path
) -> None:
    hand.wishes.once, hand.wishes.wanted = True, Wanted(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=2))
    (placed,) = hand.places()
    again = taken_over(hand, tmp_path / "again")
    again.tell(settlement(0), VenueReported(ONE, again.clock.monotonic_ns(), ()))
    again.later(100)
    assert queries(again) == [placed.ref]


def test_an_order_that_late_questions_miss_behind_its_market_s_statement_never_came(hand: Hand) -> None:
    placed = settled_unanswered(hand)
    hand.tell(*facts("absent 1", placed.ref))
    assert hand.street.core.questions.orders, "it was asked for before it could be shown"
    hand.tell(*facts("absent 99999; absent 100000", placed.ref))
    order = hand.state.blotter.orders.get(placed.ref)
    assert order is not None
    assert (order.missing, order.settled, dict(hand.street.core.questions.orders)) == (True, True, {})
    assert rebuild(hand.folder)[0].digest() == hand.state.digest()


# ---- the gate after a lost line ----


def test_after_a_lost_line_the_venue_waits_for_a_round_and_then_only_what_the_round_left_open(hand: Hand) -> None:
    placed = hand.quoting(quote())
    lines(hand, up=False)
    assert why_not(hand) == "session_down"
    lines(hand, up=True)
    assert why_not(hand) == "session_unproven"
    hand.later(2_000)
    hand.tell(shown("1.98:50 | 2.04:50"), VenueReported(ONE, hand.clock.monotonic_ns(), ()))
    assert hand.street.core.prices.why_venue_not_tradable(ONE) == "", "the round has proven the venue"
    assert why_not(hand) == "order_unproven", "but the order that it did not list is not explained"
    hand.later(100)
    assert queries(hand) == [placed.ref]
    hand.tell(shown("1.98:50 | 2.04:50"), *facts("report 10 closed", placed.ref))
    assert why_not(hand) == ""


def test_after_a_lost_line_a_round_that_explains_everything_leaves_no_market_shut(hand: Hand) -> None:
    placed = hand.quoting(quote())
    lines(hand, up=False)
    lines(hand, up=True)
    hand.later(2_000)
    hand.tell(shown("1.98:50 | 2.04:50"), listed(hand, placed, "report 0"))
    assert why_not(hand) == ""
    assert not hand.street.core.prices.gates.shut_markets


def test_a_missing_answer_alone_shuts_no_market_for_it_is_counted_in_full(hand: Hand) -> None:
    hand.wishes.wanted = Wanted(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=2))
    (placed,) = hand.places()
    hand.tell(*facts("timeout", placed.ref))
    assert hand.state.blotter.orders.unknown
    assert why_not(hand) == ""
    lines(hand, up=False)
    lines(hand, up=True)
    hand.tell(VenueReported(ONE, hand.clock.monotonic_ns(), ()))
    assert hand.street.core.prices.gates.is_shut(KEY), "after a reconnect it waits for proof"
    hand.tell(*facts("absent 99999; absent 100000", placed.ref))
    assert not hand.state.blotter.orders.unknown
    assert not hand.street.core.prices.gates.is_shut(KEY)


# ---- takes that reduce ----


def hedge(claims: int, side: Side = Side.LAY) -> Wanted:
    """Give, or take, home at any price."""
    limit_e9 = 1 if side is Side.LAY else 999_999_999
    return Wanted(takes=(TakeIntent(StrategyName("s"), MarketId("match"), 0, side, limit_e9, claims * MICROS, "even"),))


def holding_with_a_lost_reply(hand: Hand, doubted: QuoteIntent) -> PlaceOrder:
    """25 base claims of home are held; the reply to another order was lost, and its market waits for proof."""
    placed = hand.quoting(quote())
    hand.wishes.wanted = NOTHING
    hand.tell(*facts("fill f1 10 at 5", placed.ref))
    hand.wishes.wanted = Wanted(quotes=(doubted,))
    hand.tell(hand.valued(0.5, sequence=3))
    hand.wishes.wanted = NOTHING
    lost = hand.places()[-1]
    hand.tell(*facts("timeout", lost.ref))
    lines(hand, up=False)
    lines(hand, up=True)
    hand.tell(VenueReported(ONE, hand.clock.monotonic_ns(), ()))
    assert why_not(hand) == "order_unproven"
    assert lost.ref in hand.state.blotter.orders.unknown
    return lost


def sent_behind(hand: Hand, wanted: Wanted) -> list[tuple[Side, TimeInForce]]:
    """What goes out when this is wanted."""
    before = len(hand.places())
    hand.wishes.wanted, hand.wishes.once = wanted, True
    hand.tell(hand.valued(0.5, sequence=9))
    return [(one.side, one.tif) for one in hand.places()[before:]]


@pytest.mark.parametrize(
    ("doubted", "wanted", "goes"),
    [
        (quote(210, "2"), hedge(25), True),
        (quote(210, "2"), hedge(25, Side.BACK), False),
        (quote(204, "2"), hedge(25), False),  # it would meet the lost one, if that rests
        (quote(196, "4", side=Side.LAY), hedge(12), True),
        (quote(196, "10", side=Side.LAY), hedge(12), False),  # if the lost one was matched, this one would lay anew
    ],
)
def test_a_take_goes_to_a_market_that_waits_for_a_lost_reply_if_it_reduces_whatever_became_of_that(
    hand: Hand, doubted: QuoteIntent, wanted: Wanted, goes: bool
) -> None:
    lost = holding_with_a_lost_reply(hand, doubted)
    event = hand.state.event_of(ODDS.id)
    before = hand.state.exposure.worst_loss_micros(event)
    sent = sent_behind(hand, wanted)
    assert sent == ([(Side.LAY, TimeInForce.IMMEDIATE)] if goes else [])
    for ref in [lost.ref, *(one.ref for one in hand.places()[-1:] if goes)]:
        hand.tell(*facts(f"fill f-{ref} {hand.state.blotter.orders.at_stake[ref].size_micros / MICROS}", ref))
        assert hand.state.exposure.worst_loss_micros(event) <= before, "nor did it when all was matched"


def test_where_nothing_is_held_no_take_reduces_for_the_lost_one_may_never_have_come(hand: Hand) -> None:
    hand.wishes.wanted = Wanted(quotes=(quote(210, "10"),))
    hand.tell(hand.valued(0.5, sequence=3))
    hand.tell(*facts("timeout", hand.places()[-1].ref))
    lines(hand, up=False)
    lines(hand, up=True)
    hand.tell(VenueReported(ONE, hand.clock.monotonic_ns(), ()))
    assert why_not(hand) == "order_unproven"
    assert sent_behind(hand, hedge(12)) == []


def test_asking_whether_a_take_reduces_leaves_every_book_as_it_was(hand: Hand) -> None:
    blues = instrument("one/match/away", outcome=1)
    hand.tell(InstrumentsListed(ONE, (ODDS, blues)))
    held = hand.quoting(quote())
    hand.wishes.wanted = NOTHING
    hand.tell(*facts("fill f1 10 at 5", held.ref))
    hand.wishes.wanted = Wanted(quotes=(quote(210, "2"),))
    hand.tell(hand.valued(0.5, sequence=3))
    rests = hand.places()[-1]
    hand.tell(*facts("accept v2", rests.ref))
    (levels,) = shown("3.9:50 | 4.1:50").books
    hand.wishes.wanted = Wanted(quotes=(quote(210, "2"), replace(quote(500, "2"), instrument=blues.id)))
    hand.tell(BooksChanged(ONE, 0, [replace(levels, instrument=blues.id)]), hand.valued(0.5, sequence=4))
    hand.wishes.wanted = NOTHING
    lost = hand.places()[-1]
    assert lost.instrument == blues.id
    hand.tell(*facts("timeout", lost.ref))
    lines(hand, up=False)
    lines(hand, up=True)
    hand.tell(VenueReported(ONE, hand.clock.monotonic_ns(), ()))
    assert sent_behind(hand, hedge(12)) == [(Side.LAY, TimeInForce.IMMEDIATE)]
    assert rebuild(hand.folder)[0].digest() == hand.state.digest()


def test_flattening_reaches_a_market_that_waits_for_a_lost_reply(hand: Hand) -> None:
    holding_with_a_lost_reply(hand, quote(210, "2"))
    event = hand.state.event_of(ODDS.id)
    before = hand.state.exposure.worst_loss_micros(event)
    places = len(hand.places())
    hand.tell(KillLevelSet(KillLevel.FLATTEN, "ann", "out of here"))
    (flat,) = hand.places()[places:]
    assert (flat.side, flat.strategy) == (Side.LAY, FLATTEN)
    hand.tell(*facts(f"accept v9; fill f9 {flat.size_micros / MICROS}", flat.ref))
    assert hand.state.exposure.worst_loss_micros(event) < before


def test_a_market_that_waits_for_a_lost_reply_and_whose_book_is_doubted_gets_no_order_at_all(hand: Hand) -> None:
    holding_with_a_lost_reply(hand, quote(210, "2"))
    hand.tell(BooksDoubted(ONE, (ODDS.id,), "gap"))
    assert sent_behind(hand, hedge(25)) == []
