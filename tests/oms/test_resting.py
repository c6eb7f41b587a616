"""Orders of ours in one book are found whichever of our accounts placed them, and are never traded with."""

import pytest
from msgspec.structs import replace

from domain.ids import InstrumentId, MarketId, StrategyName, VenueName, exchange_of
from domain.intents import Child
from domain.markets import Instrument
from domain.messages import InstrumentsListed
from domain.orders import Side, TimeInForce
from domain.terms import Capabilities
from engine.state import State
from risk.gate import Gate
from risk.verdicts import Approved, RefusalReason
from tests.builders import capabilities, instrument, place
from tests.engine.runs import STARTED
from tests.risk.test_gate import LIMITS, context
from tests.risk.test_gate import book as open_book

ONE, SECOND = VenueName("one"), VenueName("one.second")
HOME, AWAY = instrument("one/match/home"), instrument("one/match/away", outcome=1)
MINE, OTHER = instrument("one.second/match/home"), instrument("one.second/match/away", outcome=1)
ELSEWHERE = instrument("two/match/home")


def accounts() -> tuple[Capabilities, ...]:
    return capabilities("one"), capabilities("one.second"), capabilities("two")


@pytest.fixture
def state() -> State:
    """Two accounts at one exchange and one at another, all of which list the same; a lay rests on the first."""
    state = State(replace(STARTED, capabilities=accounts()))
    for venue, listed in ((ONE, (HOME, AWAY)), (SECOND, (MINE, OTHER)), (VenueName("two"), (ELSEWHERE,))):
        state.apply(InstrumentsListed(venue, listed), 0)
    state.apply(place("LAY 10 @ 2.00", on=HOME.id, ref="r1"), 1)
    return state


def child(on: Instrument, price: int, side: Side = Side.BACK) -> Child:
    return Child(StrategyName("s"), on.id, side, price, 5_000_000, TimeInForce.REST, 9)


@pytest.mark.parametrize(("on", "found"), [(HOME, 1), (MINE, 1), (AWAY, 0), (OTHER, 0), (ELSEWHERE, 0)])
def test_an_order_rests_in_its_book_for_every_account_there(state: State, on: Instrument, found: int) -> None:
    assert len(state.resting.on(on.id)) == found


@pytest.mark.parametrize(
    ("price", "reason"), [(200, RefusalReason.SELF_MATCH), (198, RefusalReason.SELF_MATCH), (202, None)]
)
def test_the_gate_lets_no_account_trade_with_another(state: State, price: int, reason: RefusalReason | None) -> None:
    seen = context(instrument=MINE, book=open_book(on=MINE), resting=tuple(state.resting.on(MINE.id)))
    verdict = Gate(LIMITS, state.exposure).judge(child(MINE, price), seen)
    if reason is None:
        assert isinstance(verdict, Approved)
    else:
        assert not isinstance(verdict, Approved)
        assert verdict.reason is reason


def test_what_one_account_shows_on_the_other_outcome_is_met_by_the_second(state: State) -> None:
    """Of two outcomes a lay of one at 2.00 shows as a back of the other at 2.00."""
    assert state.resting.met_across(child(OTHER, 200, Side.LAY)) == ("r1",)
    assert state.resting.met_across(child(AWAY, 200, Side.LAY)) == ("r1",)
    assert state.resting.met_across(child(OTHER, 190, Side.LAY)) == ()


def test_outcomes_make_a_price_for_another_only_together(state: State) -> None:
    """Of three outcomes the lay of one alone says nothing of a second, for the third may win too."""
    draw = instrument("one/match/draw", outcome=2)
    state.apply(InstrumentsListed(ONE, (draw,)), 2)
    assert state.resting.met_across(child(draw, 200, Side.LAY)) == ()
    state.apply(place("LAY 10 @ 4.00", on=AWAY.id, ref="r2"), 3)
    assert state.resting.met_across(child(draw, 400, Side.LAY)) == ("r1", "r2")


def test_other_lines_of_a_venues_market_make_no_price_for_one(state: State) -> None:
    """A market of lines holds several of ours: nothing of ours rests on this one, and something does on its line."""
    line = instrument("one/match/home@1")
    state.apply(InstrumentsListed(ONE, (replace(line, listing=replace(line.listing, market=MarketId("line"))),)), 2)
    assert state.resting.met_across(child(AWAY, 200, Side.LAY)) == ("r1",)
    assert state.resting.met_across(child(line, 200, Side.LAY)) == ()


def test_a_listing_that_comes_later_is_known(state: State) -> None:
    third = instrument("one.third/match/home")
    state.apply(InstrumentsListed(VenueName("one.third"), (third,)), 2)
    assert [order.ref for order in state.resting.on(third.id)] == ["r1"]


@pytest.mark.parametrize(("venue", "exchange"), [("one", "one"), ("one.second", "one"), ("one.a.b", "one")])
def test_an_account_names_its_exchange_before_the_dot(venue: str, exchange: str) -> None:
    assert exchange_of(VenueName(venue)) == exchange


def test_ids_of_accounts_are_apart() -> None:
    assert HOME.id != MINE.id
    assert InstrumentId("one.second/match/home") == MINE.id
