"""The money state is the same whoever looked at it meanwhile: orders are counted when somebody asks."""

from collections.abc import Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.chances import UNTRIED, Chance
from domain.fees import NetWinFee, QuadraticFee
from domain.ids import OrderRef
from domain.markets import Instrument, Result
from domain.messages import InstrumentsListed, Journalled, MarketSettled, OrderRejected, RejectReason
from domain.orders import Evidence, TimeInForce
from engine.state import State
from tests.builders import facts, instrument, place
from tests.engine.runs import CONTRACTS, ODDS, ONE, OPENING, STARTED, TWO

AWAY = instrument("one/match/away", outcome=1)
DEARER = instrument("one/match/home", fee=NetWinFee(rate_ppm=70_000))
DEARER_CONTRACTS = instrument("two/m2/yes", fee=QuadraticFee(taker_ppm=90_000), currency="USD", outcome=0)

LIVES = (
    "accept; cancel c1; cancelled c1 10",
    "accept; fill f1 4 at 100; cancel c1; cancelled c1 6",
    "timeout; missing",
    "reject; accept; fill f1 3 at 50",
    "fill f1 4 at 100; fill f2 6 at 120; voided m1 matched 4",
    "accept; report 4 cancelled 6 closed at 100",
    "accept; amend a1 12 @ 2.10; amended a1 12 @ 2.10; lapsed l1 5",
)
"""What becomes of an order for 10 after it was placed."""


def told(number: int, on: Instrument, text: str, life: str) -> list[Journalled]:
    return [place(text, on=on.id, ref=f"r{number}"), *facts(life, f"r{number}")]


def days(chance: st.DataObject) -> list[Journalled]:
    """Some orders' lives at two venues, one word after another in any order, and now and then other terms."""
    texts = {ODDS.id: "2.00", AWAY.id: "3.00", CONTRACTS.id: "0.40c"}
    lives = [
        told(number, on, f"{side} 10 @ {texts[on.id]}", life)
        for number, (on, side, life) in enumerate(
            chance.draw(
                st.lists(
                    st.tuples(
                        st.sampled_from((ODDS, AWAY, CONTRACTS)),
                        st.sampled_from(("BACK", "LAY")),
                        st.sampled_from(LIVES),
                    ),
                    min_size=1,
                    max_size=5,
                )
            )
        )
    ]
    lives += [
        [InstrumentsListed(ONE, (DEARER,)), InstrumentsListed(ONE, (ODDS,))],
        [InstrumentsListed(TWO, (DEARER_CONTRACTS,))],
    ]
    found: list[Journalled] = []
    while left := [life for life in lives if life]:
        found.append(chance.draw(st.sampled_from(left)).pop(0))
    return found


def look(state: State) -> list[object]:
    """Everything that anybody asks of what the desk can lose."""
    exposure = state.exposure
    return [
        (exposure.worst_by_outcome_micros(market), exposure.pnl_micros(market), exposure.market_loss_micros(market))
        for market in state.markets
    ] + [exposure.total_loss_micros, exposure.open_cost_micros]


def opened(also: Sequence[Journalled] = ()) -> State:
    state = State(STARTED)
    for body in (*OPENING, InstrumentsListed(ONE, (AWAY,)), *also):
        state.apply(body, 0)
    return state


@given(st.data())
def test_it_makes_no_difference_when_somebody_asks_what_can_be_lost(chance: st.DataObject) -> None:
    often, once = opened(), opened()
    for body in days(chance):
        for state in (often, once):
            state.apply(body, 1)
        look(often)
    assert look(once) == look(often)
    assert once.digest() == often.digest()


@pytest.mark.parametrize("result", [Result.VOID, Result.LOST])
def test_a_match_told_behind_the_statement_counts_the_same_though_nobody_asked_while_its_order_stood(
    result: Result,
) -> None:
    statement = MarketSettled(ONE, ODDS.listing.venue_market, "s1", 0, 0, {ODDS.listing.selection: result})
    often, once = opened(), opened()
    for body in (place("BACK 10 @ 2.00"), *facts("reject"), statement, *facts("fill f1 4 at 5")):
        for state in (often, once):
            state.apply(body, 1)
        look(often)
    assert look(once) == look(often)
    assert once.digest() == often.digest()


def test_an_order_that_is_gone_leaves_nothing_behind_though_its_terms_changed() -> None:
    state = opened([place("BACK 10 @ 0.40c", on=CONTRACTS.id)])
    state.apply(InstrumentsListed(TWO, (DEARER_CONTRACTS,)), 1)
    for body in facts("accept; cancel c1; cancelled c1 10"):
        state.apply(body, 2)
    assert look(state) == look(opened())
    assert state.ledger.balances == opened().ledger.balances


def test_an_order_counts_from_the_moment_it_is_placed() -> None:
    state = opened([place("BACK 10 @ 2.00", on=ODDS.id)])
    assert state.exposure.total_loss_micros == 12_500_000


def test_the_gate_that_holds_the_exposure_sees_every_order_that_was_counted() -> None:
    state = opened()
    held = state.exposure
    state.apply(place("BACK 10 @ 2.00", on=ODDS.id), 1)
    assert held.total_loss_micros == 0
    state.counted.up_to_date()
    assert held.total_loss_micros == 12_500_000


def test_an_order_that_never_left_says_nothing_of_its_venue() -> None:
    state = State(STARTED)
    for body in OPENING:
        state.apply(body, 0)
    command = place("BACK 10 @ 2.00", on=ODDS.id, ref="r1")
    state.apply(replace(command, tif=TimeInForce.IMMEDIATE), 0)
    state.apply(OrderRejected(command.ref, RejectReason.NOT_SENT, "the line is down", Evidence.INFERRED), 1_000_000)
    assert state.holding.chances.of(ONE) == UNTRIED
    again = replace(command, ref=OrderRef("r2"), tif=TimeInForce.IMMEDIATE)
    state.apply(again, 2_000_000)
    state.apply(OrderRejected(again.ref, RejectReason.OTHER, "no", Evidence.PULL), 12_000_000)
    assert state.holding.chances.of(ONE) == Chance(fill_ppm=875_000, answer_us=10_000, orders=1)
