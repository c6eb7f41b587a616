"""Five hundred orders that rest, and a stop: how long until the last cancel is written, within each venue's budget.

The simulated exchanges count requests as the venues do and refuse what is too much; an order that was refused its
cancel for that would still rest here.
"""

from typing import Any

import pytest

from domain.ids import OrderRef
from domain.messages import CancelOrder
from domain.orders import Side
from engine.watchdog import Deputy
from tests.venues.betfair import test_with_fake as betfair
from tests.venues.betfair.desk import BETFAIR
from tests.venues.kalshi.test_switches import opened, several
from tests.venues.kalshi.test_with_fake import place as contract
from tests.venues.matchbook.rig import Rig
from venues.kalshi import rules

SECOND = 1_000_000_000
MANY = 500
REFS = [OrderRef(f"abc-{n}") for n in range(MANY)]
CANCELS = [CancelOrder(ref, f"{ref}-c") for ref in REFS]


def test_betfair_has_all_cancels_within_a_second() -> None:
    both = betfair.Together()
    both.run(1_000)
    for ref in REFS:
        both.venue.send(betfair.bet(ref, side=Side.LAY, price=105, size_micros=2_000_000), both.now)
        both.run(20)
    both.run(2_000)
    bets = both.world.fake.books.bets.bets.values()
    assert sum(bet.order.resting for bet in bets) == MANY
    both.venue.send_several(CANCELS, both.now, emptying=True)
    both.run(1_000)
    assert not any(bet.order.resting for bet in bets)


def test_matchbook_has_all_cancels_within_a_second() -> None:
    rig = Rig()
    rig.run(3_000)
    for ref in REFS:
        rig.place("BACK 1 @ 2.6", ref=ref)
        rig.run(25)
    rig.run(2_000)
    offers = rig.world.fake.books.offers.offers.values()
    assert sum(offer.live for offer in offers) == MANY
    rig.venue.send_several(CANCELS, rig.now, emptying=True)
    rig.run(1_000)
    assert not any(offer.live for offer in offers)


@pytest.mark.parametrize(
    ("how", "ms"),
    [
        ({"group_contracts": 100_000}, 1_000),
        ({"owns_account": True, "is_direct_member": True}, 1_000),
        ({}, 1_000 * MANY * rules.CANCEL_COST // rules.BASIC_WRITE[0]),
    ],
    ids=["in a group", "an account of ours", "one by one, as fast as its tier allows"],
)
def test_kalshi_has_all_cancels_within_a_second_or_as_fast_as_its_tier_allows(how: dict[str, Any], ms: int) -> None:
    both = opened(**how)
    for n, ref in enumerate(REFS):
        both.send(contract(ref, price=100 + 100 * (n % 40), size_micros=1_000_000), 101)
    both.run(2_000)
    assert len(both.world.books.records.resting()) == MANY
    several(both, CANCELS, emptying=True, ms=ms)
    assert both.world.books.records.resting() == []


def test_a_deputy_of_another_process_proves_betfair_empty_within_seconds_and_leaves_a_strangers_bet() -> None:
    both = betfair.Together()
    both.run(1_000)
    for ref in (*REFS, OrderRef("xyz-1")):
        both.venue.send(betfair.bet(ref, side=Side.LAY, price=105, size_micros=2_000_000), both.now)
        both.run(20)
    both.begin_again()
    deputy = Deputy("abc", {BETFAIR: both.venue}, began_ns=both.now)
    began = both.now
    while not deputy.done and both.now - began < 10 * SECOND:
        for fact in both.run(50):
            deputy.hear(fact, both.now)
        deputy.on_time(both.now)
    assert deputy.done
    assert deputy.venues[BETFAIR].cancels == MANY, "each was named once"
    resting = [bet.order.client_ref for bet in both.world.fake.books.bets.bets.values() if bet.order.resting]
    assert resting == ["xyz-1"]
    assert both.now - began <= 4 * SECOND
