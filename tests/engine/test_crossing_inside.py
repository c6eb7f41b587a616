"""Two strategies of one desk that want the opposite: what they can do for each other no venue hears of."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.ids import MarketId, StrategyName
from domain.inside import CrossedInside
from domain.intents import TakeIntent
from domain.messages import PlaceOrder
from domain.money import MICROS
from domain.operators import KillLevel, KillLevelSet, PauseSet
from domain.orders import Side
from engine.limit_uses import LimitUses
from engine.replay import Applied, rebuild, steps
from engine.scope_losses import ScopeLosses
from engine.state import State
from risk.exposure import follow_venue
from risk.limits import Limits, figures_of
from storage.journal import START, read_on
from strategy.base import Wanted
from tests.engine.answering import LOST
from tests.engine.runs import ONE, STARTED, TWO, settlement
from tests.engine.streets import CONFIG, Hand, Wishes, loaded, quote
from tests.engine.test_planning import pair, street, want

MATCH = MarketId("match")


def take(name: str, side: Side, limit_e9: int, claims: int) -> TakeIntent:
    return TakeIntent(StrategyName(name), MATCH, 0, side, limit_e9, claims * MICROS, "test")


CAPPED = (
    CONFIG.replace("[deciding", 'cap_strategy = { s = "60 USD", t = "60 USD" }\n[deciding', 1)
    + """
[[strategies]]
name = 's'
uses = 'a:B'
[[strategies]]
name = 't'
uses = 'a:B'
"""
)


def insist(hand: Hand, other: Wishes, looks: int) -> list[int]:
    """Both want 50 claims of each other at every look; what changed hands."""
    hand.wishes.wanted = Wanted(takes=(take("s", Side.BACK, 520_000_000, 50),))
    other.wanted = Wanted(takes=(take("t", Side.LAY, 500_000_000, 50),))
    for n in range(looks):
        hand.tell(hand.valued(0.5, sequence=2 + n))
    return [body.claims_micros // MICROS for body in hand.records() if isinstance(body, CrossedInside)]


def desk(folder: Path, ours: Wanted, others: Wanted) -> Hand:
    """A desk of two strategies, each asking once."""
    other = Wishes("t")
    hand = Hand(folder, beside=[other]).opened()
    for wishes, wanted in ((hand.wishes, ours), (other, others)):
        wishes.once, wishes.wanted = True, wanted
    hand.tell(hand.valued(0.5, sequence=2))
    return hand


def placed(hand: Hand) -> list[tuple[str, int]]:
    return [(one.strategy, round(one.size_micros / MICROS)) for one in hand.records() if isinstance(one, PlaceOrder)]


def test_only_what_is_left_of_opposite_takes_becomes_an_order(tmp_path: Path) -> None:
    ours = Wanted(takes=(take("s", Side.BACK, 520_000_000, 50),))
    others = Wanted(takes=(take("t", Side.LAY, 500_000_000, 30),))
    hand = desk(tmp_path, ours, others)
    (crossed,) = (body for body in hand.records() if isinstance(body, CrossedInside))
    assert (crossed.buyer, crossed.seller, crossed.claims_micros) == ("s", "t", 30 * MICROS)
    assert placed(hand) == [("s", 8)]  # 20 claims in base at 1.98 are 8.08 pounds
    assert hand.state.holding.inside.held[StrategyName("t"), MATCH, 0] == (-30 * MICROS, -15_300_000)


def test_a_take_meets_the_quote_that_another_was_about_to_rest(tmp_path: Path) -> None:
    ours = Wanted(quotes=(quote(200, "10", Side.LAY),))
    hand = desk(tmp_path, ours, Wanted(takes=(take("t", Side.BACK, 520_000_000, 25),)))
    assert len([body for body in hand.records() if isinstance(body, CrossedInside)]) == 1
    assert placed(hand) == []


def test_of_two_outcomes_a_back_of_each_is_served_by_the_other(tmp_path: Path) -> None:
    started = replace(STARTED, markets=(replace(STARTED.markets[0], outcomes=("Reds", "Blues")),))
    other = Wishes("t")
    hand = Hand(tmp_path, state=State(started), beside=[other])
    hand.street.note(started)
    hand.opened()
    hand.wishes.wanted = Wanted(takes=(take("s", Side.BACK, 520_000_000, 50),))
    other.wanted = Wanted(takes=(replace(take("t", Side.BACK, 520_000_000, 50), outcome=1),))
    hand.wishes.once = other.once = True
    hand.tell(hand.valued(0.5, sequence=2))
    (crossed,) = (body for body in hand.records() if isinstance(body, CrossedInside))
    assert (crossed.buyer, crossed.seller, crossed.price_e9) == ("s", "t", 500_000_000)
    assert placed(hand) == []


def test_replay_knows_what_strategies_owe_each_other(tmp_path: Path) -> None:
    ours = Wanted(takes=(take("s", Side.BACK, 520_000_000, 50),))
    hand = desk(tmp_path, ours, Wanted(takes=(take("t", Side.LAY, 500_000_000, 30),)))
    hand.journal.close()
    state, _ = rebuild(hand.folder)
    assert state.holding.inside.held == hand.state.holding.inside.held
    assert state.digest() == hand.state.digest()


def test_what_one_strategy_has_of_another_counts_towards_its_cap(tmp_path: Path) -> None:
    """50 claims cost 25.50: the third fifty could lose 76.50 of 60, in this process and in the next."""
    other = Wishes("t")
    hand = Hand(tmp_path / "one", CAPPED, beside=[other]).opened()
    assert insist(hand, other, 5) == [50, 50]
    hand.journal.close()
    state, _ = rebuild(hand.folder)
    heir = Hand(tmp_path / "two", CAPPED, state=state, beside=[other])
    assert {name: own.total_loss_micros for name, own in state.exposure.strategies.items()} == {
        "s": 51 * MICROS,
        "t": 49 * MICROS,
    }
    assert insist(heir.opened(), other, 3) == []


def shown(hand: Hand, folder: Path) -> tuple[dict[str, int], dict[str, int], dict[str, int]]:
    """What strategies may lose: as the gate counts, as the door shows it of the journal, the most of the day's rows."""
    gate = {str(name): own.total_loss_micros for name, own in hand.state.exposure.strategies.items()}
    uses, most = LimitUses(None), {}
    state = None
    for step in steps(folder):
        uses.take(step, step.changes)
        state = step.state
    assert state is not None
    rows = ScopeLosses(state).rows(hand.clock.monotonic_ns())
    for row in uses.rows():
        if row["reason"] == "cap_strategy":
            most[str(row["subject"])] = int(row["used_micros"])
    return gate, {one.name: one.worst_loss_micros for one in rows if one.scope == "strategy"}, most


def test_whoever_looks_at_a_strategys_loss_sees_what_the_gate_counts_inside(tmp_path: Path) -> None:
    started = replace(STARTED, limits=figures_of(loaded(tmp_path, CAPPED).limits))
    other = Wishes("t")
    hand = Hand(tmp_path, CAPPED, state=State(started), beside=[other])
    hand.street.note(started)
    insist(hand.opened(), other, 5)
    both = {"s": 51 * MICROS, "t": 49 * MICROS}
    assert shown(hand, hand.folder) == (both, both, both)
    live = ScopeLosses(hand.state)
    hand.state.exposure.strategies.clear()  # as of a strategy without a cap, which the gate does not follow
    assert {one.name: one.worst_loss_micros for one in live.rows(0) if one.scope == "strategy"} == both
    hand.tell(settlement(0))
    assert {one.worst_loss_micros for one in live.rows(0) if one.scope == "strategy"} == {0}
    assert shown(hand, hand.folder)[1:] == ({}, both)


def test_what_a_plan_holds_back_is_seen_as_the_gate_counts_it(tmp_path: Path) -> None:
    hand = street(tmp_path, LOST)
    want(hand, pair())
    assert any(order.size_micros for plan in hand.state.plans.live.values() for order in plan.held)
    rows = {one.name: one.worst_loss_micros for one in ScopeLosses(hand.state).rows(0) if one.scope == "venue"}
    for venue in (ONE, TWO):
        follow_venue(hand.state.exposure, venue)
    assert rows == {name: tally.loss for name, tally in hand.state.exposure.venue_tallies.items()}
    assert min(rows.values()) > 0
    assert most_by_venue(hand, loaded(tmp_path, CAPPED).limits) == rows


def most_by_venue(hand: Hand, limits: Limits) -> dict[str, int]:
    """The most of the day's rows, of a run that had a cap on each venue too."""
    uses, state = LimitUses(None), State(hand.state.started)
    state.limits = figures_of(replace(limits, cap_venue_micros={"*": 10**9}))
    for record, place in read_on(hand.folder, START):
        uses.take(Applied(record, place, state, []), state.apply(record.body, record.monotonic_ns))
    found = {row["subject"]: row["used_micros"] for row in uses.rows() if row["reason"] == "cap_venue"}
    return {str(name): int(most) for name, most in found.items()}


def test_what_was_bought_of_another_and_sold_back_leaves_the_difference_alone(tmp_path: Path) -> None:
    other = Wishes("t")
    hand = Hand(tmp_path, CAPPED, beside=[other]).opened()
    insist(hand, other, 1)
    hand.wishes.wanted = Wanted(takes=(take("s", Side.LAY, 480_000_000, 50),))
    other.wanted = Wanted(takes=(take("t", Side.BACK, 490_000_000, 50),))
    hand.tell(hand.valued(0.5, sequence=9))
    losses = {name: own.total_loss_micros for name, own in hand.state.exposure.strategies.items()}
    assert losses == {"s": 1_250_000, "t": 0}  # bought at 0.51, sold at 0.485


@pytest.mark.parametrize("level", [KillLevel.NO_NEW_RISK, KillLevel.REDUCE_ONLY])
def test_nothing_changes_hands_while_the_desk_is_stopped(tmp_path: Path, level: KillLevel) -> None:
    other = Wishes("t")
    hand = Hand(tmp_path, beside=[other]).opened()
    hand.tell(KillLevelSet(level, "ann", "drill"))
    assert insist(hand, other, 3) == []


def test_each_strategy_sees_its_share_beside_what_the_desk_holds(tmp_path: Path) -> None:
    other = Wishes("t")
    hand = Hand(tmp_path, beside=[other]).opened()
    insist(hand, other, 1)
    hand.tell(hand.valued(0.5, sequence=9))
    ours, theirs = hand.wishes.views[-1].pnl_micros, other.views[-1].pnl_micros
    assert ours == (24_500_000, -25_500_000, -25_500_000)
    assert [a + b for a, b in zip(ours, theirs, strict=True)] == [0, 0, 0]


def test_a_market_that_is_paid_leaves_nothing_at_stake_between_strategies(tmp_path: Path) -> None:
    other = Wishes("t")
    hand = Hand(tmp_path, CAPPED, beside=[other]).opened()
    insist(hand, other, 2)
    hand.tell(settlement(0))
    assert {own.total_loss_micros for own in hand.state.exposure.strategies.values()} == {0}


def test_a_strategy_that_loses_to_another_is_put_to_rest(tmp_path: Path) -> None:
    other = Wishes("t")
    limited = CAPPED.replace("[deciding", 'strategy_loss_minute = "10 USD"\n[deciding', 1)
    hand = Hand(tmp_path, limited, beside=[other]).opened()
    insist(hand, other, 1)
    hand.wishes.wanted = other.wanted = Wanted()
    hand.later(6_000)
    hand.tell(hand.valued(0.2, sequence=9))
    hand.later(6_000)
    assert [(body.strategy, body.paused) for body in hand.records() if isinstance(body, PauseSet)] == [("s", True)]
