"""A feed says that an event turned: what was valued before is void for everybody, and it is so once."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.ids import EventId, MarketId, StrategyName
from domain.markets import EventTurned, Market, MarketStatus
from domain.messages import CancelOrder, FairValueReceived, InstrumentsListed, PlaceOrder
from domain.money import MICROS
from domain.operators import PauseSet
from domain.plans import PlanEnded, PlanKind, PlanMade, PlanState
from domain.stops import AlertRaised
from engine.simulate.oracle import plans_gone_wrong
from engine.state import State
from strategy.base import Wanted
from strategy.consensus import MODEL, ConsensusSettings
from tests.builders import facts, instrument
from tests.engine.answering import ALL, AWAY, Answered, Truth, shown
from tests.engine.answering import NOTHING as NONE
from tests.engine.runs import ODDS, STARTED
from tests.engine.streets import CONFIG, Hand, quote, status
from tests.engine.test_planning import hedge, pair, placed, street, take, want

DRAWN = instrument("one/match/draw", outcome=2)
GOAL = EventTurned(EventId("cup"), "radar", "goal 1")


# --- the venues' own opinion ---


def asked_venues(folder: Path, silent_s: float) -> Answered:
    """A street on which the venues are asked, since no model speaks."""
    said = f"[deciding.consensus]\nenabled = true\nsilent_s = {silent_s}\n"
    text = CONFIG.replace("[deciding.consensus]\nenabled = false\n", said)
    text += "\n[[strategies]]\nname = 's'\nuses = 'a:B'\n"
    hand = Answered(folder, Truth(), odds="2.10:50 | 2.14:60", contracts="48:50 | 47:50", text=text)
    hand.tell(InstrumentsListed(ODDS.listing.venue, (ODDS, AWAY, DRAWN)))
    hand.books += shown(AWAY, "4.00:60 | 4.10:60"), shown(DRAWN, "3.50:60 | 3.60:60")
    hand.pass_time(61_000, step_ms=500)  # what a model said at the opening has expired
    hand.tell(*hand.books)
    return hand


def consensus(hand: Hand) -> FairValueReceived | None:
    """What the strategy was shown last, if it is the venues' opinion of the event as it is now."""
    view = hand.wishes.views[-1]
    return view.fair if view.fair is not None and (view.fair.model, view.fair.state) == (MODEL, view.state) else None


@pytest.mark.parametrize("silent_s", [10, 3, 0])
def test_after_a_turn_the_venues_are_not_asked_for_as_long_as_is_configured(tmp_path: Path, silent_s: int) -> None:
    hand = asked_venues(tmp_path, silent_s)
    assert consensus(hand) is not None
    hand.tell(GOAL)
    for second in range(13):
        assert (consensus(hand) is not None) is (second >= silent_s), f"{second} s after it"
        hand.pass_time(1_000, step_ms=500)
        hand.tell(*hand.books)


def test_a_silence_that_is_none_is_refused() -> None:
    with pytest.raises(ValueError, match="silent_s must be 0 or more, not -1"):
        ConsensusSettings(silent_s=-1)


# --- what rests ---


def test_a_quote_comes_out_with_a_turn_once_and_not_for_one_that_was_told_before(tmp_path: Path) -> None:
    hand = Hand(tmp_path).opened()
    first = hand.quoting(quote())
    hand.tell(GOAL)
    assert [view.state for view in hand.wishes.views[-1:]] == ["1"], "strategies look at once"
    hand.wishes.wanted = Wanted()
    hand.tell(GOAL)
    looked = len(hand.wishes.views)
    hand.tell(GOAL)
    assert len(hand.wishes.views) == looked, "a turn that is told again is none"
    hand.tell(EventTurned(EventId("cup"), "radar", "goal 2"), EventTurned(EventId("cup"), "tv", "goal 2"))
    hand.later(100)
    cancels = [body for body in hand.records() if isinstance(body, CancelOrder)]
    assert [cancel.ref for cancel in cancels] == [first.ref]


def test_a_suspension_is_an_epoch_of_the_event_and_each_of_its_markets_is_looked_at_at_once(tmp_path: Path) -> None:
    """The suspended one alone was: quotes in the others stood for half a second on values that were void."""
    goals = Market(MarketId("goals"), EventId("cup"), "over_under_2.5", ("over", "under"))
    started = replace(STARTED, markets=(*STARTED.markets, goals))
    hand = Hand(tmp_path, state=State(started))
    hand.street.note(started)
    hand.opened().wishes.views.clear()
    hand.tell(status(MarketStatus.SUSPENDED))
    assert [(view.market.id, view.state) for view in hand.wishes.views] == [("match", "1"), ("goals", "1")]
    hand.tell(status(MarketStatus.SUSPENDED))
    assert [view.market.id for view in hand.wishes.views[2:]] == ["match"], "the same again is no epoch"


# --- plans ---


def ends(hand: Answered) -> list[tuple[PlanState, str]]:
    return [(body.state, body.because) for body in hand.records() if isinstance(body, PlanEnded)]


def kinds(hand: Answered) -> list[PlanKind]:
    return [body.kind for body in hand.records() if isinstance(body, PlanMade)]


def test_the_rest_of_a_bet_is_not_sent_again_once_the_event_has_turned(tmp_path: Path) -> None:
    """Once it was, at the price that was good before the goal, for as long as its time lasted."""
    hand = street(tmp_path, NONE, ALL)
    want(hand, takes=(take(30, again_ms=5_000),))
    hand.tell(GOAL)
    hand.pass_time(6_000)
    assert placed(hand) == [("back", 30)]
    assert (kinds(hand), ends(hand)) == ([PlanKind.SPLIT], [(PlanState.SHORT, "the event turned")])


def test_a_hedge_ends_with_a_turn_and_what_it_lacks_is_carried(tmp_path: Path) -> None:
    hand = street(tmp_path, "25", NONE, odds="1.85:50 | 1.95:60")
    want(hand, takes=(hedge(),))
    before = placed(hand)
    hand.tell(GOAL)
    hand.books = shown(ODDS, "1.85:50 | 1.94:60"), hand.books[1]  # good enough for it, had nothing happened
    hand.pass_time(3_000)
    assert placed(hand) == before
    assert (kinds(hand), ends(hand)) == ([PlanKind.HEDGE], [(PlanState.CARRIED, "the event turned")])


def test_a_goal_breaks_no_hedge_for_its_strategy_goes_on_and_closes_what_is_left_at_what_it_is_worth_now(
    tmp_path: Path,
) -> None:
    """It broke, more than may be carried being left, and its strategy rested: nobody closed the inventory any more."""
    hand = street(tmp_path, "2", NONE, odds="1.85:50 | 1.95:60")
    want(hand, takes=(replace(hedge(), carry_max_micros=MICROS),))
    hand.tell(GOAL)
    hand.pass_time(300)
    assert ends(hand) == [(PlanState.SHORT, "the event turned")]
    assert [body.about for body in hand.records() if isinstance(body, AlertRaised)] == ["plan_uneven"]
    assert hand.state.breakers.pause_of(StrategyName("s")) is None
    assert [*plans_gone_wrong(hand.state)] == []


def test_a_hedge_left_to_its_strategy_is_no_wrong_where_a_person_lets_that_rest(tmp_path: Path) -> None:
    hand = street(tmp_path, "2", NONE, odds="1.85:50 | 1.95:60")
    want(hand, takes=(replace(hedge(), carry_max_micros=MICROS),))
    hand.tell(GOAL)
    hand.pass_time(300)
    hand.tell(PauseSet(StrategyName("s"), True, "ann", "lunch"))
    assert [*plans_gone_wrong(hand.state)] == []


def test_a_match_told_behind_a_turn_takes_no_hedge_up_again(tmp_path: Path) -> None:
    """Its strategy looks at what is held by then: the rest would be closed twice, at a price from before the goal."""
    hand = street(tmp_path, "2", NONE, odds="1.85:50 | 1.95:60")
    want(hand, takes=(replace(hedge(), carry_max_micros=MICROS),))
    hand.tell(GOAL)
    hand.pass_time(300)
    before = placed(hand)
    ref = next(body.ref for body in hand.records() if isinstance(body, PlaceOrder))
    hand.tell(*facts("fill f9 3 at 60", ref))
    hand.pass_time(300)
    assert (placed(hand), len(ends(hand))) == (before, 1)


def test_the_second_leg_of_a_pair_is_sent_whatever_happens_on_the_field(tmp_path: Path) -> None:
    hand = street(tmp_path, ALL, NONE, ALL)
    want(hand, pair())
    hand.tell(GOAL)
    hand.pass_time(300)
    assert [side for side, _ in placed(hand)] == ["back", "lay", "lay"]
    assert ends(hand)[0][0] is PlanState.HEDGED
