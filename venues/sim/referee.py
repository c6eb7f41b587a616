"""What an exchange does with its markets on a match, and when: in play, suspended, reopened, void, closed, settled."""

import enum
from collections.abc import Callable
from fractions import Fraction

import msgspec

from domain.ids import VenueMarketId
from venues.sim.chance import Stream
from venues.sim.football import SECOND, Match, outcome
from venues.sim.ground import Ground
from venues.sim.lifecycle import close, reopen, suspend, turn_in_play
from venues.sim.settling import Payouts, settle, void_matches


class Act(enum.StrEnum):
    """One decision about all markets on a match."""

    SUSPEND = "suspend"
    TURN_IN_PLAY = "turn_in_play"
    REOPEN = "reopen"
    VOID = "void"
    CLOSE = "close"
    SETTLE = "settle"


class Scheduled(msgspec.Struct, frozen=True):
    """An act at a moment of world time. A void annuls what was matched since `since_ns` of world time."""

    at_ns: int
    act: Act
    since_ns: int = 0


def schedule(seed: int, venue: str, match: Match, *, suspends: bool) -> list[Scheduled]:
    """Everything an exchange will do with a match.

    One that suspends does so a few seconds after each goal, and stays so until the goal stands or was taken back;
    bets struck between a goal that did not stand and the suspension are void. Goals while it is suspended prolong it.
    """
    stream = Stream(seed, f"referee/{venue}/{match.number}")
    u = stream.draws(0)
    acts = _stops(stream, match) if suspends else [Scheduled(match.kickoff_ns, Act.TURN_IN_PLAY)]
    if suspends:
        acts.append(Scheduled(match.whistle_ns + int((1 + 2 * u[1]) * SECOND), Act.SUSPEND))
    closed_ns = match.whistle_ns + 5 * SECOND
    return [*acts, Scheduled(closed_ns, Act.CLOSE), Scheduled(closed_ns + int((8 + 14 * u[2]) * SECOND), Act.SETTLE)]


def _stops(stream: Stream, match: Match) -> list[Scheduled]:
    """Suspensions around the kick-off and at goals, overlapping ones joined to one."""
    reopened_ns = match.kickoff_ns + int((3 + 5 * stream.draws(0)[0]) * SECOND)
    stops = [(match.kickoff_ns - 5 * SECOND, reopened_ns)]
    acts = [Scheduled(match.kickoff_ns, Act.TURN_IN_PLAY)]
    for n, goal in enumerate(match.goals):
        u = stream.draws(1 + n)
        start_ns = goal.at_ns + int((1.5 + 2.5 * u[0]) * SECOND)
        decided_ns = goal.undone_ns or goal.at_ns + int((35 + 30 * u[1]) * SECOND)
        end_ns = decided_ns + int((4 + 4 * u[2]) * SECOND)
        if goal.undone_ns:
            acts.append(Scheduled(goal.undone_ns, Act.VOID, since_ns=goal.at_ns))
        if start_ns <= stops[-1][1]:
            start_ns, earlier_end_ns = stops.pop()
            end_ns = max(earlier_end_ns, end_ns)
        stops.append((start_ns, end_ns))
    for start_ns, end_ns in stops:
        acts.append(Scheduled(start_ns, Act.SUSPEND))
        if end_ns < match.whistle_ns:
            acts.append(Scheduled(end_ns, Act.REOPEN))
    return sorted(acts, key=lambda scheduled: scheduled.at_ns)


class Referee:
    """Carries out an exchange's schedule for one match, on every market of it."""

    def __init__(self, ground: Ground, acts: list[Scheduled], *, world_to_clock: Callable[[int], int]) -> None:
        self._ground = ground
        self._acts = acts[::-1]
        self._clock = world_to_clock

    @property
    def due_ns(self) -> int | None:
        return self._acts[-1].at_ns if self._acts else None

    def act(self, at_ns: int, now_ns: int) -> None:
        """The next decision, for every market on the match."""
        scheduled = self._acts.pop()
        for market, payouts in self._markets().items():
            self._decide(scheduled, market, payouts, now_ns)

    def _decide(self, scheduled: Scheduled, market: VenueMarketId, payouts: Payouts, now_ns: int) -> None:
        exchange = self._ground.exchange
        if scheduled.act is Act.SUSPEND:
            suspend(exchange, market, now_ns)
        elif scheduled.act is Act.TURN_IN_PLAY:
            turn_in_play(exchange, market, now_ns)
        elif scheduled.act is Act.REOPEN:
            reopen(exchange, market, now_ns)
        elif scheduled.act is Act.VOID:
            since_ns = self._clock(scheduled.since_ns)
            void_matches(exchange, market, now_ns, chosen=lambda match: match.matched_ns >= since_ns)
        elif scheduled.act is Act.CLOSE:
            close(exchange, market, now_ns)
        else:
            settle(exchange, market, payouts, now_ns)

    def _markets(self) -> dict[VenueMarketId, Payouts]:
        """Every market on the match, and what its claims will pay."""
        markets: dict[VenueMarketId, Payouts] = {}
        for book in self._ground.books:
            won = outcome(self._ground.match, book.kind) == book.outcome
            markets.setdefault(book.market, {})[book.selection] = Fraction(int(won))
        return markets
