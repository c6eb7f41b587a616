"""Markets of one match are not independent: the joint worst case over final scores, beside the sum of the worsts.

A final score settles every market of a match at once. So a loss in one market can be ruled out by the very score
that would bring the loss in another. The gate judges events by the sum of their markets' worsts all the same: each
market may be voided on its own, and then the gain that was to pay for another's loss is gone. The joint figure says
how much of that sum is the fear of voids, which is how timid the event's cap is.
"""

import re
from collections.abc import Mapping, Sequence
from fractions import Fraction
from functools import lru_cache
from itertools import combinations

import msgspec

from domain.ids import MarketId
from domain.markets import Market
from domain.settlement import Parts, asian_handicap

GOALS_MAX = 9
"""Scores are tried up to so many goals of either side: higher ones settle no market differently."""

PAIRS_OF_RESULTS = {frozenset(pair) for pair in combinations(("home", "draw", "away"), 2)}

Weights = Sequence[Fraction]
"""Of each outcome of a market: which part of its result counts under a scenario. All zero where stakes come back."""


class JointExposure(msgspec.Struct, frozen=True):
    """What several markets bring together, by scenario; moments only where scenarios have probabilities."""

    by_scenario: tuple[Fraction, ...]
    sum_of_worsts: Fraction
    expected: Fraction | None
    variance: Fraction | None

    @property
    def worst(self) -> Fraction:
        """The result of the worst scenario."""
        return min(self.by_scenario)


def joint_exposure(
    pnl: Mapping[str, Sequence[Fraction]],
    scenarios: Sequence[Mapping[str, Weights]],
    probabilities: Sequence[Fraction] | None = None,
) -> JointExposure:
    """Add markets up scenario by scenario. `pnl` holds each market's result by outcome; at least one scenario.

    The sum of the worsts takes each market at the worst of its outcomes, whatever the others do.
    """
    results = tuple(
        sum(
            (
                weight * amount
                for name, weights in one.items()
                for weight, amount in zip(weights, pnl[name], strict=True)
            ),
            Fraction(0),
        )
        for one in scenarios
    )
    worsts = sum((min(amounts) for amounts in pnl.values()), Fraction(0))
    if probabilities is None:
        return JointExposure(results, worsts, None, None)
    expected = sum((p * result for p, result in zip(probabilities, results, strict=True)), Fraction(0))
    squares = sum((p * result**2 for p, result in zip(probabilities, results, strict=True)), Fraction(0))
    return JointExposure(results, worsts, expected, squares - expected**2)


def joint_loss_micros(markets: Sequence[Market], ends: Mapping[MarketId, Sequence[int]]) -> int:
    """The most that markets of one event can lose under one final score, base-currency millionths, 0 or more.

    `ends` are the results of each market, see `risk.exposure.ends_micros`. Markets that a final score does not settle
    count with their own worst.
    """
    scored = [market for market in markets if score_weights(market, 0, 0) is not None]
    others = sum(max(0, -min(ends[market.id])) for market in markets if market not in scored)
    if not scored:
        return others
    pnl = {market.id: [Fraction(amount) for amount in ends[market.id]] for market in scored}
    joint = joint_exposure({str(name): amounts for name, amounts in pnl.items()}, _scores(tuple(scored)))
    return others + max(0, -(joint.worst // 1))


@lru_cache(maxsize=256)
def _scores(markets: tuple[Market, ...]) -> list[dict[str, tuple[Fraction, ...]]]:
    """Every way in which a final score settles these markets together, each once."""
    found: dict[tuple[tuple[Fraction, ...], ...], None] = {}
    for home in range(GOALS_MAX + 1):
        for away in range(GOALS_MAX + 1):
            found[tuple(score_weights(market, home, away) or () for market in markets)] = None
    return [dict(zip([str(market.id) for market in markets], weights, strict=True)) for weights in found]


def score_weights(market: Market, home: int, away: int) -> tuple[Fraction, ...] | None:
    """Which part of each end's result a final score pays; None for a market that it does not settle.

    The kind of a market says how: `match_odds`, `draw_no_bet`, `over_under_25`, `both_teams_to_score`, `correct_score`,
    `asian_handicap_-0.25` with the line of the home side, `double_chance` of outcomes such as `home or draw`, whose
    ends are told by the outcome that loses.
    """
    kind, names = market.kind, tuple(name.casefold() for name in market.outcomes)
    if kind == "double_chance" and market.winners == 2:
        pairs = [frozenset(name.split(" or ")) for name in names]
        if {*pairs} != PAIRS_OF_RESULTS:
            return None
        return tuple(Fraction(_result(home, away) not in pair) for pair in pairs)
    if market.winners != 1:
        return None
    if kind == "match_odds" and set(names) == {"home", "draw", "away"}:
        return _one(names, _result(home, away))
    if kind == "draw_no_bet" and set(names) == {"home", "away"}:
        return _sides(names, asian_handicap(line=Fraction(0), goal_diff=Fraction(home - away)))
    if kind == "both_teams_to_score" and set(names) == {"yes", "no"}:
        return _one(names, "yes" if home and away else "no")
    if kind == "correct_score" and "other" in names:
        return _one(names, f"{home}-{away}" if f"{home}-{away}" in names else "other")
    if (line := re.fullmatch(r"over_under_(\d)5", kind)) and set(names) == {"over", "under"}:
        return _one(names, "over" if 2 * (home + away) > 2 * int(line[1]) + 1 else "under")
    if (line := re.fullmatch(r"asian_handicap_(-?\d+(?:\.(?:0|25|5|75)0*)?)", kind)) and set(names) == {"home", "away"}:
        parts = asian_handicap(line=Fraction(line[1]), goal_diff=Fraction(home - away))
        return _sides(names, parts)
    return None


def _result(home: int, away: int) -> str:
    return "home" if home > away else "draw" if home == away else "away"


def _one(names: Sequence[str], winner: str) -> tuple[Fraction, ...]:
    return tuple(Fraction(name == winner) for name in names)


def _sides(names: Sequence[str], home: Parts) -> tuple[Fraction, ...]:
    """The part that the home side won is the part that the away side lost."""
    return tuple(home.won if name == "home" else home.lost for name in names)
