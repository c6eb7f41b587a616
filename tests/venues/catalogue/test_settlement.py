"""What texts of rules say, and what follows: one market, another market, or a market that a venue may void alone."""

import msgspec
import pytest

from domain.ids import VenueName
from domain.markets import Event, Mapping, Market
from tests.venues.catalogue.test_hard_cases import EPL, T, event
from venues.catalogue.matching import Matched, Standing, match
from venues.catalogue.reviews import ReviewBook
from venues.catalogue.settlement import Period, Settlement, Tie, Unplayed, quarrel, read_settlement, void_alone

FOOTBALL = (
    "<b>Market Information</b><br>Predict the result of this match. All bets apply to Full Time according to the match "
    "officials, plus any stoppage time. Extra-time/penalty shoot-outs are not included.<br> If this match is postponed "
    "or abandoned and not played within 72 hours all bets will be void."
)
CONTRACT = (
    "If Arsenal wins the Arsenal vs Chelsea professional soccer game after 90 minutes plus stoppage time "
    "(does not include "
    "extra time or penalties), then the market resolves to Yes.\nIf the game is cancelled or not played, the market "
    "resolves to a fair price. If this game is postponed, the market stays open until it was played within two weeks."
)
TENNIS = (
    "If Juan Estevez wins the Cigarran vs Estevez professional tennis match in the 2026 ATP Challenger San Miguel de "
    "Tucuman Round Of 16 after a ball has been played, then the market resolves to Yes.\nIf the match "
    "does not occur due to "
    "a player injury, walkover, forfeiture, or any other cancellation, the market will resolve to a fair price."
)
TENNIS_ODDS = (
    "If a player retires or is disqualified in any match, the player progressing is the winner. If fewer "
    "than one set has "
    "been completed when a player retires, all bets will be void."
)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", Settlement()),
        ("ninety minutes and stoppage time", Settlement(Period.REGULATION)),
        ("regulation time with stoppage time, without overtime", Settlement(Period.REGULATION)),
        ("including overtime", Settlement(Period.OVERTIME)),
        (FOOTBALL, Settlement(Period.REGULATION, unplayed=Unplayed.VOID, horizon_h=72)),
        (CONTRACT, Settlement(Period.REGULATION, unplayed=Unplayed.SETTLED, horizon_h=336)),
        (TENNIS, Settlement(unplayed=Unplayed.SETTLED, retired=Unplayed.SETTLED)),
        (TENNIS_ODDS, Settlement(retired=Unplayed.VOID)),
        ("Overtime counts.", Settlement(Period.OVERTIME)),
        ("This market includes overtime and shootouts.", Settlement(Period.OVERTIME)),
        ("Settled on 60 minutes of regulation. Overtime does not count.", Settlement(Period.REGULATION)),
        ("Excluding extra time.", Settlement(Period.REGULATION)),
        ("90 minutes only. Extra time is included.", Settlement(Period.CONTRADICTORY)),
        ("If the game ends in a tie, all bets are void.", Settlement(tie=Tie.VOID)),
        ("Dead heat rules apply.", Settlement(tie=Tie.SHARED)),
        ("If the game ends in a tie, the market resolves to No.", Settlement(tie=Tie.LOST)),
    ],
)
def test_a_text_says_what_a_reader_would_say(text: str, said: Settlement) -> None:
    assert read_settlement(text) == said


@pytest.mark.parametrize(
    ("a", "b", "why"),
    [
        (Settlement(Period.REGULATION), Settlement(Period.OVERTIME), "regulation here, overtime there"),
        (Settlement(Period.REGULATION), Settlement(), ""),
        (Settlement(Period.REGULATION), Settlement(Period.CONTRADICTORY), "both one thing and the other"),
        (Settlement(tie=Tie.VOID), Settlement(tie=Tie.SHARED), "a level result is void here, shared there"),
        (Settlement(unplayed=Unplayed.VOID), Settlement(unplayed=Unplayed.SETTLED), ""),
    ],
)
def test_what_other_outcomes_win_is_another_market(a: Settlement, b: Settlement, why: str) -> None:
    assert why in quarrel(a, b)
    assert bool(quarrel(a, b)) is bool(why)


@pytest.mark.parametrize(
    ("rules", "alone"),
    [
        ({"a": Settlement(unplayed=Unplayed.VOID), "b": Settlement(unplayed=Unplayed.VOID)}, ()),
        ({"a": Settlement(unplayed=Unplayed.VOID), "b": Settlement(unplayed=Unplayed.SETTLED)}, ("a",)),
        ({"a": Settlement(), "b": Settlement(unplayed=Unplayed.SETTLED)}, ("a",)),
        ({"a": Settlement(retired=Unplayed.VOID), "b": Settlement(retired=Unplayed.SETTLED)}, ("a",)),
        ({"a": Settlement(horizon_h=72), "b": Settlement(horizon_h=336)}, ("a",)),
        ({"a": Settlement(), "b": Settlement()}, ()),
    ],
)
def test_who_may_give_back_what_others_settle_is_named(rules: dict[str, Settlement], alone: tuple[str, ...]) -> None:
    assert void_alone((VenueName(venue), one) for venue, one in rules.items()) == alone


# --- in a match of listings ---


def found(*rules: str, ours: Market | None = None, kinds: tuple[str, str] = ("match_odds", "match_odds")) -> Matched:
    """Two venues' match odds of one game under these rules, against an empty book or a market of ours."""
    listed = [
        event(venue, "Arsenal v Chelsea", competition, rules=text, kind=kind)
        for venue, competition, text, kind in zip("ab", EPL, rules, kinds, strict=True)
    ]
    events = (Event(ours.event, "Arsenal v Chelsea", T, "Premier League", "football"),) if ours else ()
    return match(ReviewBook(Mapping(events, (ours,) if ours else (), ())), listed)


def test_a_new_market_names_who_may_void_alone() -> None:
    markets = {pair.market for pair in found(FOOTBALL, CONTRACT).pairs}
    (market,) = markets
    assert market is not None
    assert (market.outcomes, market.void_alone) == (("home", "draw", "away"), ("a",))
    assert read_settlement(market.rules).period is Period.REGULATION


def test_a_market_of_ours_that_does_not_name_him_leaves_it_to_a_person() -> None:
    ours = Market("m", "e", "match_odds", ("home", "draw", "away"), rules="ninety minutes")  # type: ignore[arg-type]
    by_venue = {pair.venue: pair for pair in found(FOOTBALL, CONTRACT, ours=ours).pairs}
    assert by_venue[VenueName("a")].standing is Standing.AMBIGUOUS
    assert "void_alone does not name it" in by_venue[VenueName("a")].why
    assert by_venue[VenueName("b")].standing is Standing.CONFIDENT
    named = msgspec.structs.replace(ours, void_alone=(VenueName("a"),))
    assert {pair.standing for pair in found(FOOTBALL, CONTRACT, ours=named).pairs} == {Standing.CONFIDENT}


def test_extra_time_is_not_ninety_minutes() -> None:
    pairs = found("90 minutes plus stoppage time.", "The winner after extra time and penalties.").pairs
    assert Standing.CONFIDENT not in {pair.standing for pair in pairs}


def test_who_goes_through_is_not_who_wins() -> None:
    assert found("", "", kinds=("match_odds", "to_qualify")).pairs == ()


def test_a_contract_against_a_side_is_never_one_on_the_other_side() -> None:
    """Of three contracts the draw's is missing: the others still stand for three outcomes, of which NO lays one."""
    odds = event("a", "Arsenal v Chelsea", EPL[0])
    contracts = event("b", "Arsenal v Chelsea", EPL[1])
    question = contracts.questions[0]
    two = msgspec.structs.replace(question, selections=question.selections[:2])
    listed = [odds, msgspec.structs.replace(contracts, questions=(two,))]
    pairs = match(ReviewBook(Mapping((), (), ())), listed).pairs
    assert {pair.standing for pair in pairs} == {Standing.CONFIDENT}
    (mine,) = (pair for pair in pairs if pair.venue == "b")
    assert mine.market is not None
    assert mine.market.outcomes == ("home", "draw", "away")
    assert [(one.selection, one.outcome) for one in mine.listings] == [("yes", 0), ("yes", 2)]


def test_odds_with_a_runner_missing_are_refused() -> None:
    odds = event("a", "Arsenal v Chelsea", EPL[0])
    question = odds.questions[0]
    short = msgspec.structs.replace(question, selections=question.selections[:2], alone=False)
    listed = [msgspec.structs.replace(odds, questions=(short,)), event("b", "Arsenal v Chelsea", EPL[1])]
    pairs = match(ReviewBook(Mapping((), (), ())), listed).pairs
    assert {pair.venue: pair.why for pair in pairs if pair.standing is Standing.REFUSED} == {
        VenueName("a"): "2 selections for 3 outcomes"
    }


def test_a_win_in_regulation_is_not_a_win_with_overtime() -> None:
    texts = ("Overtime does not count.", "This market includes overtime.")
    listed = [
        event(venue, "Boston Celtics v Miami Heat", "NBA", sport="basketball", rules=text)
        for venue, text in zip("ab", texts, strict=True)
    ]
    pairs = match(ReviewBook(Mapping((), (), ())), listed).pairs
    assert "settles otherwise: regulation here, overtime there" in {pair.why for pair in pairs}
    assert Standing.CONFIDENT not in {pair.standing for pair in pairs}
