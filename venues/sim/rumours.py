"""Rumours: news that is no goal, is believed for a while, and reaches some exchange's crowd later than the others'.

Somebody limps, a line-up leaks, rain comes; after some minutes it has turned out to be nothing much. Each exchange's
crowd hears of the beginning and of the end for itself: mostly at once, now and then later than the others, as where few
watch. Until then the exchange's prices stand apart from the others', and whoever looks at all of them may take both.

A rumour says nothing of how the match ends, so those who know the true rates may bet against it. Everything follows
from the seed: what is heard from (seed, match, number), when from (seed, match, exchange, number). World time.
"""

import msgspec

from domain.ids import VenueName
from venues.sim.chance import Stream, gap
from venues.sim.football import MINUTE, SECOND, Match

EVERY_NS = 4 * MINUTE
"""How long it usually is, in the mean, from one rumour of a match to its next, from an hour before the match on."""
LASTS_NS = (1 * MINUTE, 4 * MINUTE)
MOVES = (0.05, 0.15)
"""By how much the logarithm of one side's goal rate rises and the other's falls."""

LATE_SHARE = 0.3
"""So many of the news reach an exchange late; late and in time the delay is anything within its bounds."""
IN_TIME_NS = (0, 3 * SECOND)
LATE_NS = (20 * SECOND, 90 * SECOND)


class Rumour(msgspec.Struct, frozen=True):
    """What one exchange's crowd believes from one moment to another: so much more of the home side, less of the other.

    `home_log` is added to the logarithm of the home side's goal rate, and taken from the away side's.
    """

    from_ns: int
    until_ns: int
    home_log: float


def rumours(seed: int, match: Match, venue: VenueName, *, often: float) -> tuple[Rumour, ...]:
    """Every rumour of a match as it is heard at one exchange, in the order in which they arise.

    There are `often` times as many as usual, none at 0.
    """
    if not often:
        return ()
    told, heard = Stream(seed, f"rumours/{match.number}"), Stream(seed, f"rumours/{match.number}/{venue}")
    found: list[Rumour] = []
    at_ns = match.kickoff_ns - 60 * MINUTE
    while True:
        u, v = told.draws(len(found)), heard.draws(len(found))
        at_ns += int(gap(u[0], EVERY_NS / often))
        if at_ns >= match.whistle_ns:
            return tuple(found)
        lasts_ns = _between(LASTS_NS, u[1])
        moves = MOVES[0] + (MOVES[1] - MOVES[0]) * u[2]
        from_ns, until_ns = at_ns + _delay_ns(v[0], v[1]), at_ns + lasts_ns + _delay_ns(v[2], v[3])
        found.append(Rumour(from_ns, max(from_ns, until_ns), moves if u[3] < 0.5 else -moves))


def _delay_ns(u: float, v: float) -> int:
    return _between(LATE_NS, v) if u < LATE_SHARE else _between(IN_TIME_NS, v)


def _between(bounds_ns: tuple[int, int], u: float) -> int:
    lowest, highest = bounds_ns
    return lowest + int(u * (highest - lowest))
