"""What a venue says that we hold against our matches: when it is judged, what a difference does, and what ends it."""

from pathlib import Path

import pytest

from domain.breaks import BreakFound, BreakHealed, ReconCompleted, RoundCause
from domain.ids import InstrumentId, VenueOrderId
from domain.markets import MarketStatus
from domain.messages import QueryOrder, QuerySettlement, QueryVenue, VenueOrder, VenueReported
from domain.money import MICROS
from domain.orders import Side
from domain.venue_notes import PositionBasis, PositionsReported
from strategy.base import NOTHING
from tests.builders import facts
from tests.engine.runs import ODDS, ONE, TWO, settlement
from tests.engine.streets import Hand, quote, status

HELD = 20 * MICROS
"""Claims of ten staked at 2.00."""
OTHER = InstrumentId("one/match/away")


@pytest.fixture
def hand(tmp_path: Path) -> Hand:
    """Ten are matched and nothing rests."""
    hand = Hand(tmp_path).opened()
    placed = hand.quoting(quote())
    hand.wishes.wanted = NOTHING
    hand.tell(*facts("fill f1 10 at 5", placed.ref))
    return hand


def tell(hand: Hand, claims: int = 0, *, basis: PositionBasis = PositionBasis.CLAIMS, whole: bool = True) -> None:
    """A round, and behind it what the venue says of the one position."""
    now_ns = hand.clock.monotonic_ns()
    if whole:
        hand.tell(VenueReported(ONE, now_ns, ()))
    hand.tell(PositionsReported(ONE, now_ns, basis, {ODDS.id: claims} if claims else {}, whole=whole))


def told_over_a_minute(hand: Hand, claims: int = 0, *, basis: PositionBasis = PositionBasis.CLAIMS) -> None:
    """The same answer every ten seconds; whatever is asked of orders is answered, and is nothing new."""
    for _ in range(7):
        tell(hand, claims, basis=basis)
        answered(hand)


def answered(hand: Hand) -> None:
    """Ten seconds, in which each question about an order is answered with what we know."""
    hand.later(10_000)
    for asked in [one for one in hand.one.told if isinstance(one, QueryOrder)]:
        hand.tell(*facts("report 10 closed", asked.ref))
    hand.one.told.clear()


def found(hand: Hand) -> list[BreakFound]:
    return [one for one in hand.records() if isinstance(one, BreakFound)]


def standing(hand: Hand) -> list[str]:
    return [key for _, key, _ in hand.state.breaks.standing]


def tradable(hand: Hand) -> str:
    return hand.street.core.prices.why_not_tradable(ODDS, hand.clock.monotonic_ns())


def test_a_position_that_agrees_is_no_news(hand: Hand) -> None:
    told_over_a_minute(hand, HELD)
    assert found(hand) == []


def test_one_that_stays_apart_is_a_break_of_its_market_and_of_no_venue(hand: Hand) -> None:
    told_over_a_minute(hand, HELD + 3 * MICROS)
    (one,) = found(hand)
    assert (one.kind, one.severity, one.venue_market, one.apart_micros) == ("MISSING_FILL", "HIGH", "match", 3 * MICROS)
    assert one.money_micros == 3_750_000, "three claims, in base currency"
    assert "quarantined" in tradable(hand)
    assert not hand.street.core.prices.sessions[ONE].stopped


def test_it_never_stops_the_venue_however_long_it_stands(hand: Hand) -> None:
    for _ in range(5):
        told_over_a_minute(hand)
    (one,) = found(hand)
    assert (one.kind, one.severity) == ("EXTRA_FILL", "CRITICAL")
    assert not hand.street.core.prices.sessions[ONE].stopped


def test_one_that_is_further_apart_than_any_grace_stops_its_venue_until_both_agree(hand: Hand) -> None:
    told_over_a_minute(hand, HELD + 1_001 * MICROS)
    assert hand.street.core.prices.sessions[ONE].stopped
    assert not hand.street.core.prices.sessions[TWO].stopped
    tell(hand, HELD)
    assert standing(hand) == []
    assert not hand.street.core.prices.sessions[ONE].stopped


def test_it_is_found_while_matches_go_on_that_both_sides_have(tmp_path: Path) -> None:
    """Three claims are missing here; every half minute two more are matched, and both sides have those."""
    hand = Hand(tmp_path).opened()
    placed = hand.quoting(quote(size="30"))
    resting = VenueOrder(placed.ref, VenueOrderId("v1"), ODDS.id, Side.BACK, 204, 30 * MICROS, None)
    for matched in range(1, 6):
        hand.tell(*facts(f"fill g{matched} 1 at 9", placed.ref))
        for _ in range(3):
            hand.later(10_000)
            for asked in [one for one in hand.one.told if isinstance(one, QueryOrder)]:
                hand.tell(*facts(f"report {matched}", asked.ref))
            hand.one.told.clear()
        now_ns = hand.clock.monotonic_ns()
        hand.tell(VenueReported(ONE, now_ns, (resting,)))
        hand.tell(PositionsReported(ONE, now_ns, PositionBasis.CLAIMS, {ODDS.id: (2 * matched + 3) * MICROS}))
    assert [one.apart_micros for one in found(hand)] == [3 * MICROS]


def test_before_it_is_one_the_orders_there_are_asked_about_and_whether_a_flat_market_was_paid(hand: Hand) -> None:
    (ref,) = hand.state.blotter.orders.at_stake
    for _ in range(3):
        tell(hand)
        hand.later(1_000)
    (name,) = {order.venue_order_id for order in hand.state.blotter.orders.every()}
    assert name, "the venue gave it one"
    assert QueryOrder(ref, ODDS.listing.venue_market, name) in hand.one.told
    assert any(isinstance(one, QuerySettlement) for one in hand.one.told)
    assert found(hand) == []


def test_it_heals_when_both_agree_again_and_the_market_goes_on(hand: Hand) -> None:
    told_over_a_minute(hand, HELD + 3 * MICROS)
    tell(hand, HELD)
    assert any(isinstance(one, BreakHealed) for one in hand.records())
    assert standing(hand) == []
    assert "quarantined" not in tradable(hand)


def test_it_ends_with_its_market_whose_statement_is_compared_instead(hand: Hand) -> None:
    told_over_a_minute(hand, HELD + 3 * MICROS)
    hand.tell(status(MarketStatus.CLOSED), settlement(10 * MICROS))
    assert "position match" not in standing(hand)
    told_over_a_minute(hand)
    assert "position match" not in standing(hand)


def test_a_market_that_is_over_is_not_judged(hand: Hand) -> None:
    hand.tell(status(MarketStatus.CLOSED))
    told_over_a_minute(hand)
    assert found(hand) == []


def test_while_an_order_there_is_in_doubt_nothing_is_judged(hand: Hand) -> None:
    (ref,) = hand.state.blotter.orders.at_stake
    for _ in range(8):
        hand.street.core.questions.doubt(ref, hand.clock.monotonic_ns())
        tell(hand, HELD + 3 * MICROS)
        hand.later(10_000)
    assert found(hand) == []


def test_answers_before_and_after_a_doubt_are_not_in_a_row(hand: Hand) -> None:
    (ref,) = hand.state.blotter.orders.at_stake
    for _ in range(2):
        tell(hand, HELD + 3 * MICROS)
        answered(hand)
    hand.street.core.questions.doubt(ref, hand.clock.monotonic_ns())
    tell(hand, HELD)
    answered(hand)
    tell(hand, HELD + 3 * MICROS)
    assert found(hand) == []


def test_nothing_is_judged_before_a_round_has_proven_the_venue(hand: Hand) -> None:
    hand.street.core.prices.sessions[ONE].proven = False
    for _ in range(8):
        hand.tell(PositionsReported(ONE, hand.clock.monotonic_ns(), PositionBasis.CLAIMS, {}))
        answered(hand)
    assert found(hand) == []


def test_while_somebody_else_s_order_rests_there_nothing_is_judged(hand: Hand) -> None:
    theirs = VenueOrder(None, VenueOrderId("x9"), ODDS.id, Side.BACK, 190, 5 * MICROS, None)
    for _ in range(8):
        now_ns = hand.clock.monotonic_ns()
        hand.tell(VenueReported(ONE, now_ns, (theirs,)))
        hand.tell(PositionsReported(ONE, now_ns, PositionBasis.CLAIMS, {ODDS.id: HELD + 3 * MICROS}))
        answered(hand)
    assert "position match" not in [one.key for one in found(hand)]


def test_the_result_of_a_market_is_compared_under_each_selection_that_the_venue_names(hand: Hand) -> None:
    told_over_a_minute(hand, 10 * MICROS, basis=PositionBasis.RESULT)
    assert found(hand) == []
    told_over_a_minute(hand, 13 * MICROS, basis=PositionBasis.RESULT)
    (one,) = found(hand)
    assert (one.kind, one.apart_micros) == ("MISSING_FILL", 3 * MICROS)


def test_a_selection_that_we_do_not_list_is_nobody_s_business(hand: Hand) -> None:
    for _ in range(7):
        now_ns = hand.clock.monotonic_ns()
        hand.tell(VenueReported(ONE, now_ns, ()))
        hand.tell(PositionsReported(ONE, now_ns, PositionBasis.CLAIMS, {ODDS.id: HELD, OTHER: 9 * MICROS}))
        answered(hand)
    assert found(hand) == []


def rounds(hand: Hand) -> int:
    return sum(isinstance(one, QueryVenue) for one in hand.one.told)


def test_a_pushed_position_that_our_matches_do_not_come_to_begins_a_round_and_nothing_else(hand: Hand) -> None:
    before = rounds(hand)
    tell(hand, HELD + 3 * MICROS, whole=False)
    hand.later(500)
    assert rounds(hand) == before, "the match may be right behind it"
    hand.later(2_000)
    assert rounds(hand) == before + 1
    hand.tell(VenueReported(ONE, hand.clock.monotonic_ns(), ()))
    (*_, last) = [one for one in hand.records() if isinstance(one, ReconCompleted)]
    assert last.cause is RoundCause.DRIFT
    assert found(hand) == []


def test_a_push_that_our_matches_have_caught_up_with_is_forgotten(tmp_path: Path) -> None:
    hand = Hand(tmp_path).opened()
    placed = hand.quoting(quote())
    hand.wishes.wanted = NOTHING
    before = rounds(hand)
    tell(hand, HELD, whole=False)
    hand.tell(*facts("fill f1 10 at 5", placed.ref))
    hand.later(2_500)
    assert rounds(hand) == before
