"""The quant's model in the demo: close to the truth, but late and noisy. It needs the seed and nothing else."""

from collections.abc import Iterator

import msgspec

from domain.ids import MarketId
from venues.sim.chance import Drift, Stream, normal
from venues.sim.football import KINDS, MINUTE, SECOND, Match, belief
from venues.sim.listing import market_id


class ModelOptions(msgspec.Struct, frozen=True):
    """How good the model is.

    `goal_lag_ns`: how late it learns of a goal. The errors are standard deviations in the logarithm of each side's
    goal rate: `slow_error` wanders over minutes, `quick_error` is new each time. It speaks every `period_ns` while a
    match is on, ten times as rarely in the hour before. All in world time.
    """

    period_ns: int = 2 * SECOND
    goal_lag_ns: int = 6 * SECOND
    slow_error: float = 0.03
    quick_error: float = 0.01


class ModelValue(msgspec.Struct, frozen=True):
    """Probabilities of one market as the model says them at `at_ns` of world time. `state` is the score it knows."""

    at_ns: int
    market: MarketId
    sequence: int
    probabilities: tuple[float, ...]
    variance_logit: float
    state: str


def model_values(
    seed: int,
    matches: tuple[Match, ...],
    options: ModelOptions,
    *,
    kinds: tuple[str, ...] = tuple(KINDS),
    from_ns: int = 0,
) -> Iterator[ModelValue]:
    """Everything the model will ever say about these matches from one moment of world time on, in order of time."""
    drifts = {match.number: _drifts(seed, match) for match in matches}
    last_ns = max((match.whistle_ns for match in matches), default=0)
    for sequence in range(-(-from_ns // options.period_ns), last_ns // options.period_ns + 1):
        at_ns = sequence * options.period_ns
        for match in matches:
            if not _speaks(match, at_ns, sequence):
                continue
            home, away = (drift.at(at_ns) for drift in drifts[match.number])
            u = Stream(seed, f"model/{match.number}").draws(sequence)
            believed = belief(
                match,
                at_ns,
                lag_ns=options.goal_lag_ns,
                home_error=options.slow_error * home + options.quick_error * normal(u[0], u[1]),
                away_error=options.slow_error * away + options.quick_error * normal(u[2], u[3]),
            )
            for kind in kinds:
                yield ModelValue(
                    at_ns=at_ns,
                    market=market_id(match, kind),
                    sequence=sequence,
                    probabilities=believed.probabilities(kind),
                    variance_logit=options.slow_error**2 + options.quick_error**2,
                    state=f"{believed.score[0]}-{believed.score[1]}",
                )


def _drifts(seed: int, match: Match) -> tuple[Drift, Drift]:
    return (
        Drift(Stream(seed, f"model/{match.number}/home"), period_ns=4 * MINUTE),
        Drift(Stream(seed, f"model/{match.number}/away"), period_ns=4 * MINUTE),
    )


def _speaks(match: Match, at_ns: int, sequence: int) -> bool:
    if match.kickoff_ns <= at_ns < match.whistle_ns:
        return True
    return match.kickoff_ns - 60 * MINUTE <= at_ns < match.kickoff_ns and sequence % 10 == 0
