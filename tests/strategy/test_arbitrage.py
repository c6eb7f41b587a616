"""Two prices of one claim that leave something after both fees, and everything that is none."""

from typing import Any

import msgspec
import pytest

from domain.ids import EventId, MarketId, StrategyName, VenueName
from domain.intents import Lack, PairIntent, SetIntent, Withheld
from domain.markets import Market
from domain.orders import Side
from domain.plans import RungKind
from domain.portfolio import InstrumentView
from strategy.arbitrage import Arbitrage, ArbitrageSettings
from strategy.base import Wanted
from tests.builders import bet, instrument
from tests.strategy.views import FEES, OUTCOMES, SECOND, listing, market_view

CHEAP = listing("three/home", "48:50 | 47:50")
DEAR = listing("two/home", "1.85:50 | 1.90:60")


def wanted(*listings: InstrumentView, settings: dict[str, Any] | None = None, **more: Any) -> Wanted:
    return Arbitrage(StrategyName("arb"), ArbitrageSettings(**settings or {})).decide(market_view(listings, **more))


def pair(*listings: InstrumentView, **more: Any) -> PairIntent | None:
    for found in wanted(*listings, **more).pairs:
        assert isinstance(found, PairIntent)
        return found
    return None


def of_all(*listings: InstrumentView, **more: Any) -> SetIntent | None:
    for found in wanted(*listings, **more).pairs:
        assert isinstance(found, SetIntent)
        return found
    return None


ALL_CHEAP = (
    listing("three/home", "43:50 | 42:50"),  # 0.4472
    listing("two/draw", "4.00:60 | 4.20:60"),  # 0.2538
    listing("two/away", "3.90:60 | 4.00:60"),  # 0.2603
    listing("one/away", "3.60:60 | 4.10:60"),
)
ALL_DEAR = (
    listing("three/home", "49:50 | 48:50"),
    listing("two/draw", "3.30:60 | 3.40:60"),
    listing("two/away", "3.20:60 | 3.30:60"),
)


def test_a_cheap_back_and_a_dear_lay_on_two_venues_are_a_pair() -> None:
    found = pair(CHEAP, DEAR)
    assert found is not None
    assert (found.back, found.lay, found.outcome) == ("three/match/home", "two/match/home", 0)
    assert found.because == "three/match/home 0.4975 and two/match/home 0.5213 leave 0.0238 a claim"


def test_two_accounts_in_one_book_are_no_two_venues() -> None:
    """A back on one and a lay on the other would move our money between them, through whoever is ahead for a moment."""
    second = instrument("three.second/match/home", fee=FEES["three"], currency=CHEAP.instrument.terms.currency)
    late = msgspec.structs.replace(listing("three/home", "56:50 | 55:50"), instrument=second)
    assert pair(CHEAP, late) is None


def test_each_leg_may_give_up_half_of_what_is_left_beyond_the_least_edge() -> None:
    found = pair(CHEAP, DEAR, settings={"min_edge": 0.0038})
    assert found is not None
    assert found.lay_limit_e9 - found.back_limit_e9 == pytest.approx(3_800_000, abs=2)
    assert found.back_limit_e9 - 497_472_000 == pytest.approx(521_276_595 - found.lay_limit_e9, abs=2)


def test_the_ladder_and_its_times_are_said_beforehand() -> None:
    found = pair(CHEAP, DEAR, settings={"follow_ms": 1, "retry_ms": 2, "accept_ms": 3, "accept_loss": 0.01})
    assert found is not None
    assert [(rung.kind, rung.for_ms, rung.loss_e9) for rung in found.ladder] == [
        (RungKind.FOLLOW, 1, 0),
        (RungKind.RETRY, 2, 0),
        (RungKind.ACCEPT, 3, 10_000_000),
    ]


@pytest.mark.parametrize(
    "books",
    [
        (CHEAP,),
        (CHEAP, listing("two/home", "1.85:50 | 2.00:60")),  # the fees eat it
        (CHEAP, listing("two/draw", "1.85:50 | 1.90:60")),  # another outcome
        (CHEAP, listing("two/home", "1.85:50 | 1.90:60", tradable=False)),
        (CHEAP, listing("two/home", "1.85:50 | 1.90:60", tokens=0)),
        (CHEAP, listing("two/home", "1.85:50 |")),
        (listing("two/home", "2.10:50 | 1.90:60"),),  # one venue's own book
    ],
)
def test_nothing_else_is_a_pair(books: tuple[InstrumentView, ...]) -> None:
    assert pair(*books) is None


def test_the_pair_that_leaves_most_is_taken() -> None:
    found = pair(CHEAP, DEAR, listing("three/away", "20:9 | 19:9"), listing("two/away", "2.0:9 | 2.10:9"))
    assert found is not None
    assert found.outcome == 2


def test_no_pair_where_one_venue_may_void_what_the_other_settles() -> None:
    market = Market(MarketId("match"), EventId("event"), "match_odds", OUTCOMES, void_alone=(VenueName("two"),))
    assert wanted(CHEAP, DEAR, market=market).because_not == "the venues do not settle this outcome alike"


def test_one_pair_at_a_time() -> None:
    ours = (bet("BACK 9 @ 0.48c", on="three/match/home"),)
    assert pair(CHEAP, DEAR, working=ours) is None
    strategy = Arbitrage(StrategyName("arb"), ArbitrageSettings(cooldown_ms=500))
    seen = [
        bool(strategy.decide(market_view((CHEAP, DEAR), now_ns=11 * SECOND + ms * 1_000_000)).pairs)
        for ms in (0, 499, 500)
    ]
    assert seen == [True, False, True]


def test_in_running_only_if_it_is_said() -> None:
    running = listing("three/home", "48:50 | 47:50", in_play=True)
    assert pair(running, DEAR, settings={"in_play": False}) is None
    assert pair(running, DEAR) is not None


def test_a_bet_delay_is_paid_for_by_the_edge() -> None:
    held_back: dict[str, Any] = {"in_play": True, "bet_delay_ms": 5_000}
    dear = listing("two/home", "1.85:50 | 1.90:60", delay_e9=20_000_000, **held_back)
    found = pair(CHEAP, dear, settings={"min_edge": 0.0038})
    assert found is not None
    assert found.because == "three/match/home 0.4975 and two/match/home 0.5013 leave 0.0038 a claim"
    assert found.lay_limit_e9 - found.back_limit_e9 == pytest.approx(3_800_000, abs=10_000)
    assert pair(CHEAP, dear) is None, "less than 0.004 is left"


def test_of_two_places_the_one_that_is_better_with_its_bet_delay_is_a_leg() -> None:
    slow = listing("one/home", "1.85:50 | 1.86:60", in_play=True, bet_delay_ms=5_000, delay_e9=20_000_000)
    at_once = pair(CHEAP, listing("one/home", "1.85:50 | 1.86:60"), DEAR)
    held_back = pair(CHEAP, slow, DEAR)
    assert at_once is not None
    assert held_back is not None
    assert (at_once.lay, held_back.lay) == ("one/match/home", "two/match/home")


def test_a_set_pays_for_its_bet_delays_too() -> None:
    assert of_all(*ALL_CHEAP) is not None
    for delay_e9, made in ((30_000_000, True), (40_000_000, False)):
        slow = listing("two/draw", "4.00:60 | 4.20:60", in_play=True, bet_delay_ms=5_000, delay_e9=delay_e9)
        assert (of_all(ALL_CHEAP[0], slow, *ALL_CHEAP[2:]) is not None) is made


@pytest.mark.parametrize(
    "settings",
    [{"min_edge": 0}, {"accept_loss": 1}, {"claims_max": "0"}, {"naked_max": "-1"}, {"follow_ms": -1}],
)
def test_settings_that_make_no_sense_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(settings))):
        ArbitrageSettings(**settings)


def test_every_outcome_backed_where_it_is_cheapest_is_a_set() -> None:
    found = of_all(*ALL_CHEAP, settings={"min_edge": 0.0036})
    assert found is not None
    assert found.side is Side.BACK
    assert [(leg.instrument, leg.outcome) for leg in found.legs] == [
        ("three/match/home", 0),
        ("two/match/draw", 1),
        ("two/match/away", 2),
    ]
    limits = sum(leg.limit_e9 for leg in found.legs)
    assert limits == pytest.approx(996_400_000, abs=4), "each may give up its part of what is left beyond the least"
    assert found.because.startswith("back of all: three/match/home 0.4472 and two/match/draw 0.2538 and two/match/away")


def test_every_outcome_laid_where_it_is_dearest_is_a_set() -> None:
    found = of_all(*ALL_DEAR)
    assert found is not None
    assert found.side is Side.LAY
    assert sum(leg.limit_e9 for leg in found.legs) == pytest.approx(1_004_000_000, abs=4)


@pytest.mark.parametrize(
    "more",
    [
        {"settings": {"sets": False}},
        {"settings": {"min_edge": 0.2}},
        {"market": Market(MarketId("match"), EventId("event"), "place", OUTCOMES, winners=2)},
        {"market": Market(MarketId("match"), EventId("event"), "1x2", OUTCOMES, void_alone=(VenueName("two"),))},
    ],
)
def test_nothing_else_is_a_set(more: dict[str, Any]) -> None:
    assert of_all(*ALL_CHEAP) is not None
    assert of_all(*ALL_CHEAP, **more) is None


def test_a_set_needs_every_outcome_and_two_venues() -> None:
    assert of_all(*ALL_CHEAP[:2]) is None
    alone = tuple(listing(f"two/{outcome}", "3.40:60 | 3.50:60") for outcome in OUTCOMES)
    assert wanted(*alone).because_not == "one venue's own book is crossed after fees"


def test_what_a_spent_budget_stands_against_is_withheld_with_what_it_would_leave_and_made_once_there_is_room() -> None:
    """40 claims at 0.0238: at contracts and at odds of 1.90 there are more of them."""
    strategy = Arbitrage(StrategyName("arb"), ArbitrageSettings())
    spent = listing("two/home", "1.85:50 | 1.90:60", tokens=0)
    wanted = strategy.decide(market_view((CHEAP, spent)))
    assert wanted == Wanted(
        withheld=(
            Withheld(StrategyName("arb"), spent.instrument.id, Side.LAY, 190, 19_138_755, Lack.VENUE_BUDGET, 952_183),
        )
    )
    assert strategy.decide(market_view((CHEAP, DEAR))).pairs


def test_a_set_that_a_spent_budget_stands_against_is_withheld_at_that_leg() -> None:
    spent = listing("two/away", "3.90:60 | 4.00:60", tokens=0)
    (wish,) = wanted(*ALL_CHEAP[:2], spent).withheld
    assert (wish.instrument, wish.side, wish.price) == ("two/match/away", Side.BACK, 390)


@pytest.mark.parametrize(
    "spent",
    [
        listing("two/home", "1.85:50 | 2.00:60", tokens=0),  # the fees eat it
        listing("two/home", "1.85:50 | 1.90:0.5", tokens=0),  # it would bring less than was asked for
        listing("two/home", "1.85:50 | 1.90:60", tokens=0, tradable=False),
    ],
)
def test_what_would_be_no_pair_with_a_budget_is_not_withheld(spent: InstrumentView) -> None:
    assert wanted(CHEAP, spent).withheld == ()
