"""Markets of one match together: no score brings two losses that cannot both happen."""

import itertools
from collections import Counter
from fractions import Fraction

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fees import CENT
from domain.ids import VenueMarketId, VenueName
from domain.markets import Market, Result
from domain.money import MICROS
from risk.capital import no_set
from risk.exposure import Exposure, ends_micros
from risk.scenarios import GOALS_MAX, joint_loss_micros, score_weights
from tests.risk.builders import PAR, instrument, market, order, taking


def asked(kind: str, *outcomes: str) -> Market:
    return msgspec.structs.replace(market(kind, len(outcomes)), kind=kind, outcomes=outcomes)


ODDS = asked("match_odds", "home", "draw", "away")
GOALS = asked("over_under_25", "over", "under")
BOTH = asked("both_teams_to_score", "yes", "no")
SCORE = asked("correct_score", "0-0", "1-0", "0-1", "other")
HANDICAP = asked("asian_handicap_-0.25", "home", "away")
DOUBLE = msgspec.structs.replace(asked("double_chance", "home or draw", "Draw or Away", "home or away"), winners=2)
OTHER = asked("first_corner", "home", "away")


@pytest.mark.parametrize(
    ("market", "score", "weights"),
    [
        (ODDS, (2, 1), "1 0 0"),
        (ODDS, (1, 1), "0 1 0"),
        (ODDS, (0, 1), "0 0 1"),
        (GOALS, (2, 0), "0 1"),
        (GOALS, (2, 1), "1 0"),
        (BOTH, (3, 0), "0 1"),
        (BOTH, (1, 1), "1 0"),
        (SCORE, (0, 1), "0 0 1 0"),
        (SCORE, (2, 0), "0 0 0 1"),
        (HANDICAP, (1, 1), "0 1/2"),
        (HANDICAP, (1, 0), "1 0"),
        (HANDICAP, (0, 1), "0 1"),
        (asked("asian_handicap_1", "away", "home"), (0, 1), "0 0"),
        (asked("asian_handicap_0.75", "home", "away"), (0, 1), "0 1/2"),
        (asked("draw_no_bet", "home", "away"), (2, 1), "1 0"),
        (asked("draw_no_bet", "away", "home"), (2, 1), "0 1"),
        (asked("draw_no_bet", "home", "away"), (1, 1), "0 0"),
        (DOUBLE, (2, 1), "0 1 0"),
        (DOUBLE, (1, 1), "0 0 1"),
        (DOUBLE, (0, 1), "1 0 0"),
    ],
)
def test_a_final_score_settles_a_market_by_its_kind(market: Market, score: tuple[int, int], weights: str) -> None:
    assert score_weights(market, *score) == tuple(map(Fraction, weights.split()))


@pytest.mark.parametrize(
    "market",
    [
        OTHER,
        asked("match_odds", "Reds", "Blues", "draw"),
        msgspec.structs.replace(ODDS, winners=2),
        asked("double_chance", "home or draw", "away or draw", "home or away"),
        msgspec.structs.replace(asked("double_chance", "Reds or draw", "Blues or draw", "Reds or Blues"), winners=2),
    ],
)
def test_what_no_score_settles_is_not_guessed(market: Market) -> None:
    assert score_weights(market, 1, 0) is None


def test_losses_that_cannot_both_happen_are_not_added() -> None:
    """Nil all and more than two goals."""
    lost = {SCORE.id: (-300, 20, 20, 20), GOALS.id: (-100, 90)}
    assert joint_loss_micros([SCORE, GOALS], lost) == 210


def test_what_no_score_settles_counts_with_its_own_worst() -> None:
    lost = {SCORE.id: (-300, 20, 20, 20), GOALS.id: (-100, 90), OTHER.id: (-7, 50)}
    assert joint_loss_micros([SCORE, OTHER, GOALS], lost) == 217
    assert joint_loss_micros([OTHER], lost) == 7
    assert joint_loss_micros([], {}) == 0


@given(*(st.tuples(*[st.integers(-1000, 1000)] * n) for n in (3, 2, 2, 4)))
def test_the_joint_loss_is_the_worst_of_all_scores_and_never_above_the_sum(odds, goals, both, score) -> None:
    markets = [ODDS, GOALS, BOTH, SCORE]
    pnl = dict(zip([one.id for one in markets], (odds, goals, both, score), strict=True))
    by_hand = min(
        sum(
            weight * amount
            for one in markets
            for weight, amount in zip(score_weights(one, h, a) or (), pnl[one.id], strict=True)
        )
        for h, a in itertools.product(range(GOALS_MAX + 4), repeat=2)
    )
    joint = joint_loss_micros(markets, pnl)
    assert joint == max(0, -by_hand)
    assert joint <= sum(max(0, -min(amounts)) for amounts in pnl.values())


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["BACK", "LAY"]), st.integers(1, 90), st.integers(0, 2), st.booleans(), st.booleans()
        ),
        max_size=6,
    )
)
def test_two_chances_of_three_lose_under_a_score_what_that_score_costs(bets) -> None:
    """Each result of the match is one end: two outcomes win. The judge pays every bet by hand."""
    exposure, gross = Exposure([DOUBLE]), {name: Counter[str]() for name in ("home", "draw", "away")}
    for side, size, outcome, matched, at_a in bets:
        fee = taking("5") if at_a else taking("2")
        on = instrument("a" if at_a else "b", outcome, fee, market=DOUBLE.id)
        placed = order(f"{side} {size} @ 1.50", on, matched=str(size if matched else 0))
        exposure.update(None, placed, on, PAR)
        for result, paid in gross.items():
            won = result in DOUBLE.outcomes[outcome].casefold()
            one = (size * MICROS // 2 if won else -size * MICROS) * (1 if side == "BACK" else -1)
            paid[on.listing.venue] += one if matched else min(0, one)
    by_result = [
        sum(
            micros + -max(0, micros) * (5 if venue == "a" else 2) // (100 * CENT) * CENT
            for venue, micros in paid.items()
        )
        for paid in gross.values()
    ]
    joint = joint_loss_micros([DOUBLE], {DOUBLE.id: ends_micros(exposure, DOUBLE.id)})
    assert joint == max(0, -min(by_result))
    assert 0 <= exposure.worst_loss_micros(DOUBLE.event) - joint <= 2 * CENT, "which counts the last coin of each"


def test_a_market_that_every_venue_has_paid_can_lose_nothing_under_any_score() -> None:
    for one in (ODDS, DOUBLE):
        exposure, on = Exposure([one]), instrument("a", 0, market=one.id)
        exposure.update(None, order("BACK 10 @ 2.00", on, matched="10"), on, PAR)
        assert joint_loss_micros([one], {one.id: ends_micros(exposure, one.id)}) == 10 * MICROS
        exposure.settle(on.listing.venue, on.listing.venue_market, {on.listing.selection: Result.LOST})
        assert joint_loss_micros([one], {one.id: ends_micros(exposure, one.id)}) == 0


def test_of_more_ways_to_end_than_outcomes_the_worst_alone_counts() -> None:
    """Three of five are placed: a lay of each loses on those three and wins on the others."""
    places = market("places", 5, winners=3)
    exposure = Exposure([places])
    for outcome in range(5):
        on = instrument("a", outcome, market="places")
        exposure.update(None, order("LAY 10 @ 3.00", on, matched="10"), on, PAR)
    assert ends_micros(exposure, places.id) == (-40 * MICROS,)
    assert joint_loss_micros([places], {places.id: ends_micros(exposure, places.id)}) == 40 * MICROS


def test_a_match_that_is_given_up_pays_one_market_and_voids_another_so_an_event_counts_by_the_sum() -> None:
    """Six are safe in the odds, whoever wins, and sixteen are lost if both score: ten in all under the worst score.

    Given up at one all, both have scored and that is paid; the odds are void, and the six are gone. No final score
    says so, hence the event's cap is held against the sum, which knows no market that helps another.
    """
    exposure = Exposure([ODDS, BOTH])
    for outcome in range(3):
        on = instrument("a", outcome, taking("0"), market=ODDS.id)
        exposure.update(None, order("BACK 10 @ 3.60", on, matched="10"), on, PAR)
    on = instrument("a", 0, taking("0"), market=BOTH.id)
    exposure.update(None, order("LAY 16 @ 2.00", on, matched="16"), on, PAR)
    joint = joint_loss_micros([ODDS, BOTH], {one.id: ends_micros(exposure, one.id) for one in (ODDS, BOTH)})
    assert (joint, exposure.worst_loss_micros(ODDS.event)) == (10 * MICROS, 16 * MICROS)
    odds = {instrument("a", n, market=ODDS.id).listing.selection: Result.VOID for n in range(3)}
    exposure.settle(VenueName("a"), VenueMarketId(ODDS.id), odds)
    assert exposure.worst_loss_micros(ODDS.event) == 16 * MICROS


def test_contracts_against_one_outcome_lock_all_that_they_cost() -> None:
    alone = no_set([Fraction(10)], [Fraction(3, 5)])
    assert (alone.cost, alone.locked) == (6, 6)
    assert no_set([], []).locked == 0


def test_a_line_of_quarters_or_of_more_than_nine_is_not_read_as_another() -> None:
    """`over_under_275` is a line of 2.75 goals, or of 27.5 points: a football score settles neither by halves."""
    assert score_weights(asked("over_under_275", "over", "under"), 2, 1) is None
    assert score_weights(asked("over_under_25", "over", "under"), 2, 1) == (1, 0)
    assert score_weights(asked("asian_handicap_0.3", "home", "away"), 2, 1) is None
    assert score_weights(asked("asian_handicap_-1.0", "home", "away"), 2, 1) == (0, 0)
