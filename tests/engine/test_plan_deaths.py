"""Every kind of plan and a death after every single record of it: the next process finishes what this one began.

The judge is what the venues hold. A pair or set is even there, a bet has what was wanted of it or what its orders
brought, and nothing was sent a second time because somebody had died in between.
"""

from collections.abc import Callable, Sequence
from pathlib import Path

import msgspec
import pytest

from domain.ids import MarketId, OrderRef
from domain.intents import SetLeg
from domain.messages import PlaceOrder, Record
from domain.money import MICROS
from domain.orders import Side
from domain.plans import PlanKind, PlanMade, PlanState
from engine.planning import ORDERS_MAX
from tests.engine.answering import ALL, AWAY, DRAW, LOST, NEVER, REJECTED, Answered, Truth, risen, shown
from tests.engine.answering import NOTHING as NONE
from tests.engine.runs import CONTRACTS, ODDS
from tests.engine.test_planning import (
    TEXT,
    claims_by_outcome,
    ends,
    hedge,
    held_and_hedging,
    pair,
    set_street,
    street,
    take,
    want,
    whole_set,
)

DUST = 30_000
"""Base claims that lots and roundings leave."""
PATIENCE_MS = 15_000
"""Longer than any ladder here."""
STEP_MS = 250

# --- how each is begun ---


def pair_of_venues(folder: Path, *fates: str) -> Answered:
    hand = street(folder, *fates)
    want(hand, pair())
    return hand


def backs_of_all(folder: Path, *fates: str) -> Answered:
    hand = set_street(folder, *fates)
    want(hand, whole_set())
    return hand


def lays_of_all(folder: Path, *fates: str) -> Answered:
    """Three lays, which together pay two claims whatever happens: what they bring is more than one."""
    hand = street(folder, *fates, odds="1.85:50 | 1.90:60", contracts="60:50 | 59:50")
    hand.list_all(away="3.40:60 | 3.50:60", draw="30:60 | 29:60")
    limits = (ODDS, 510_000_000), (AWAY, 270_000_000), (DRAW, 255_000_000)
    legs = tuple(SetLeg(one.id, one.listing.outcome, limit) for one, limit in limits)
    want(hand, whole_set(side=Side.LAY, legs=legs, naked_max_micros=80 * MICROS))
    return hand


def hedge_of_a_bet(folder: Path, *fates: str) -> Answered:
    hand = street(folder, *fates, odds="1.85:50 | 1.95:60")
    want(hand, takes=(hedge(),))
    return hand


def closing_over_two_venues(folder: Path, *fates: str) -> Answered:
    """Forty claims were bought before, and twenty of them are given away again where both venues pay for some."""
    hand = street(folder, odds="2.00:50 | 2.04:9", contracts="53:50 | 52:50")
    want(hand, takes=(take(40),))
    hand.books = shown(ODDS, "1.85:50 | 1.90:6"), shown(CONTRACTS, "54:50 | 53:30")
    hand.tell(*hand.books)
    left = list(fates)
    hand.truth.script = lambda _: left.pop(0) if len(left) > 1 else left[0]
    want(hand, takes=(hedge(),))
    return hand


def bet_over_two_venues(folder: Path, *fates: str, again_ms: int = 0) -> Answered:
    hand = street(folder, *fates, odds="2.00:8 | 2.04:9", contracts="48:20 | 47:50")
    want(hand, takes=(take(40, again_ms=again_ms),))
    return hand


def bet_that_is_sent_again(folder: Path, *fates: str) -> Answered:
    """Its time is longer than a doubt about an order lasts; what it lacks behind that it goes without."""
    return bet_over_two_venues(folder, *fates, again_ms=10_000)


# --- what must hold at the venues ---


def is_even(truth: Truth) -> None:
    """Nothing happens on which the desk has more or less than on the others, and nothing was had twice."""
    had = claims_by_outcome(truth)
    bets = had if truth.claims(AWAY) or truth.claims(DRAW) else (had[0], 0)
    assert max(bets) - min(bets) < DUST, had
    for instrument in (ODDS, CONTRACTS, AWAY, DRAW):
        assert abs(truth.claims(instrument)) < 40.1 * MICROS, instrument.id


def is_laid(truth: Truth) -> None:
    assert -20.1 * MICROS <= claims_by_outcome(truth)[0] <= -19.9 * MICROS


def is_half_of_what_it_was(truth: Truth) -> None:
    assert 19.9 * MICROS <= claims_by_outcome(truth)[0] <= 20.1 * MICROS


def is_all_that_was_wanted(truth: Truth) -> None:
    assert 39.9 * MICROS <= claims_by_outcome(truth)[0] <= 40.1 * MICROS


def is_one_order_a_venue(truth: Truth) -> None:
    """A bet whose rest is not sent again has an order at each venue or none, however much of it was matched."""
    sent = [command.instrument for command, _ in truth.matched.values()]
    assert len(sent) == len(set(sent)), sent


class Kind(msgspec.Struct, frozen=True):
    """How a plan is begun over orders that fare as told, what it is, and what must hold at the venues at its end."""

    begin: Callable[..., Answered]
    made: PlanKind
    legs: int
    holds: Callable[[Truth], None]


KINDS = {
    "pair": Kind(pair_of_venues, PlanKind.ARBITRAGE, 2, is_even),
    "backs": Kind(backs_of_all, PlanKind.ARBITRAGE, 3, is_even),
    "lays": Kind(lays_of_all, PlanKind.ARBITRAGE, 3, is_even),
    "hedge": Kind(hedge_of_a_bet, PlanKind.HEDGE, 1, is_laid),
    "closing": Kind(closing_over_two_venues, PlanKind.HEDGE, 1, is_half_of_what_it_was),
    "split": Kind(bet_over_two_venues, PlanKind.SPLIT, 1, is_one_order_a_venue),
    "again": Kind(bet_that_is_sent_again, PlanKind.SPLIT, 1, is_all_that_was_wanted),
}
FATES = [(ALL,), ("50", ALL), (ALL, REJECTED, "50", ALL), (LOST, ALL)]
"""How orders fare until somebody dies; those of the next process are matched."""


# --- death ---


def sent(records: Sequence[Record]) -> list[PlaceOrder]:
    """Every order that was written down."""
    return [record.body for record in records if isinstance(record.body, PlaceOrder)]


def plan_of(records: Sequence[Record]) -> tuple[int, PlanMade]:
    """Which record begins the plan."""
    return next((n, record.body) for n, record in enumerate(records, 1) if isinstance(record.body, PlanMade))


def fate_after(records: Sequence[Record], *, arrived: bool) -> set[OrderRef]:
    """Refs whose placement is the last thing known of them, which need not have arrived."""
    heard = {
        record.body.ref for record in records if not isinstance(record.body, PlaceOrder) and hasattr(record.body, "ref")
    }
    return set() if arrived else {order.ref for order in sent(records)} - heard


def next_life(folder: Path, last: Answered, end: int, *, arrived: bool) -> Answered:
    """A process over the first `end` records of the last one and what the venues have of the orders among them."""
    known = last.written()[:end]
    there = {order.ref for order in sent(known)} - fate_after(known, arrived=arrived)
    truth = Truth()
    truth.matched = {ref: held for ref, held in last.truth.matched.items() if ref in there}
    return risen(folder, known, truth, books=last.books, text=TEXT)


def judge(hand: Answered, kind: Kind, told: str) -> None:
    """The plan is over, the venues hold what it says, nothing is held back, and no ceiling was passed."""
    records = hand.written()
    _, made = plan_of(records)
    plan = hand.state.plans.over.get(made.id)
    assert plan is not None, told
    assert plan.ended is not PlanState.BROKEN, told
    try:
        kind.holds(hand.truth)
    except AssertionError as error:
        raise AssertionError(told) from error
    refs = set(plan.refs())
    believed = {ref: order.matched_micros for leg in plan.orders for ref, order in leg.items()}
    theirs = {ref: hand.truth.matched[ref][1] if ref in hand.truth.matched else 0 for ref in refs}
    assert believed == theirs, told
    assert len({order.decision for order in sent(records) if order.ref in refs}) <= ORDERS_MAX, told
    for venue in (ODDS, DRAW):
        assert hand.state.ledger.balance("reserved", venue.listing.venue, venue.terms.currency) == 0, told


@pytest.mark.parametrize("arrived", [True, False], ids=["after the wire", "before the wire"])
@pytest.mark.parametrize("fates", FATES, ids=str)
@pytest.mark.parametrize("name", KINDS)
def test_a_plan_survives_a_death_after_any_record(
    tmp_path: Path, name: str, fates: tuple[str, ...], *, arrived: bool
) -> None:
    """Whatever the journal ends with, the next process evens the plan out or carries it within its limit."""
    kind = KINDS[name]
    whole = kind.begin(tmp_path / "whole", *fates)
    whole.pass_time(500)
    records = whole.written()
    first, made = plan_of(records)
    assert (made.kind, len(made.legs)) == (kind.made, kind.legs)
    for end in range(first, len(records) + 1):
        hand = next_life(tmp_path / f"{end}", whole, end, arrived=arrived)
        hand.pass_time(PATIENCE_MS, step_ms=STEP_MS)
        judge(hand, kind, f"died after record {end}, {type(records[end - 1].body).__name__}")
        hand.journal.close()


@pytest.mark.parametrize("name", KINDS)
def test_a_plan_survives_the_death_of_its_heir_after_any_record(tmp_path: Path, name: str) -> None:
    """The second process dies as the first did, with its own first order of the plan under way or before it."""
    kind = KINDS[name]
    whole = kind.begin(tmp_path / "whole", "50", ALL)
    records = whole.written()
    first, _ = plan_of(records)
    begun = next(n for n, record in enumerate(records, 1) if n > first and isinstance(record.body, PlaceOrder))
    heir = next_life(tmp_path / "heir", whole, begun, arrived=True)
    heir.pass_time(500)
    for end in range(begun + 1, len(heir.written()) + 1):
        hand = next_life(tmp_path / f"{end}", heir, end, arrived=end % 2 == 0)
        hand.pass_time(PATIENCE_MS, step_ms=STEP_MS)
        judge(hand, kind, f"died again after record {end}")
        hand.journal.close()


def test_a_death_with_nobody_to_hedge_with_ends_within_the_limit(tmp_path: Path) -> None:
    whole = street(tmp_path / "whole")
    whole.truth.script = lambda order: ALL if order.side is Side.BACK else NEVER
    want(whole, pair())
    records = whole.written()
    truth = Truth(lambda _: NONE)
    truth.matched = whole.truth.matched
    hand = risen(tmp_path / "next", records, truth, books=whole.books, text=TEXT)
    hand.pass_time(9_000)
    assert [end.state for end in ends(hand)] == [PlanState.CARRIED]
    assert hand.state.exposure.worst_loss_micros(hand.state.markets[MarketId("match")].event) <= 30 * MICROS


def test_whoever_takes_a_hedge_over_sends_for_no_more_than_others_have_left_to_close(tmp_path: Path) -> None:
    """It counted what the hedge was to close anew, and opened as much on the other side as others had closed."""
    last = held_and_hedging(tmp_path / "last")
    want(last, takes=(msgspec.structs.replace(hedge(30), ladder=()),))
    hand = risen(tmp_path / "next", last.written(), last.truth, books=last.books, text=TEXT)
    assert hand.state.plans.live
    hand.pass_time(PATIENCE_MS, step_ms=STEP_MS)
    pnl = hand.state.exposure.pnl_micros(MarketId("match"))
    assert abs(pnl[0] - pnl[1]) < MICROS
    assert ends(hand)[0].because == "others closed what it was to close"
