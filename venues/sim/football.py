"""Football as the world plays it: matches, goals at random from rates, and what is likely at any moment.

Everything here follows from the seed alone, so any process can work it out again. World time is in nanoseconds
from the start of the world; a match that began earlier has a kick-off below zero.
"""

import re
from math import exp

import msgspec

from venues.sim.chance import Stream, gap

SECOND = 1_000_000_000
MINUTE = 60 * SECOND
HALF_PLAYED = 46 * MINUTE
BREAK_OVER = HALF_PLAYED + 15 * MINUTE
MINUTES_PLAYED = 93

HOME_GOALS, AWAY_GOALS = 1.55, 1.2
"""What an even match yields in all of its minutes. Source: long-run means of European leagues."""
DISALLOWED_SHARE = 0.08
ALARMS_PER_GOAL = 1.0
"""Attacks that look like a goal and come to nothing, for each one that succeeds."""

_TOWNS = (
    "Ashbourne Kestrel Millbrook Thornbury Harwick Eastmere Calder Wexcombe Northgate Stanford Brackley Redhill "
    "Oakworth Fenwick Larkfield Penrose Marston Holloway Brightsea Coldstream Ravenna Amberley Dunmore Whitcliff"
).split()
_ENDINGS = "Town Rovers Athletic United City Albion Wanderers County".split()


KINDS: dict[str, tuple[str, ...]] = {"match_odds": ("home", "draw", "away"), "over_under_25": ("over", "under")}
"""Questions asked of a football match, with their outcomes in order."""


class Goal(msgspec.Struct, frozen=True):
    """A goal, or an attack that looked like one.

    Those who watch closely see it coming at `seen_ns`. A goal that does not stand is taken back at `undone_ns`;
    of a false alarm nothing ever happens at `at_ns`.
    """

    seen_ns: int
    at_ns: int
    home: bool
    scored: bool = True
    undone_ns: int = 0


class Match(msgspec.Struct, frozen=True):
    """One match with everything that will happen in it. Rates are goals for each minute played.

    An event that is no football match has a name in `home` only, and questions of its own.
    """

    number: int
    home: str
    away: str
    kickoff_ns: int
    whistle_ns: int
    home_rate: float
    away_rate: float
    goals: tuple[Goal, ...]
    alarms: tuple[Goal, ...]
    questions: tuple[tuple[str, tuple[str, ...]], ...] = tuple(KINDS.items())

    @property
    def title(self) -> str:
        """The event's name as people read it."""
        return f"{self.home} v {self.away}" if self.away else self.home

    @property
    def slug(self) -> str:
        """The event's name as part of a key."""
        return "-".join(re.findall(r"[a-z0-9]+", f"{self.home} {self.away}".lower()))

    def outcomes(self, kind: str) -> tuple[str, ...]:
        """Names of the outcomes of one of its questions, in order."""
        return dict(self.questions)[kind]

    def score(self, at_ns: int, *, lag_ns: int = 0) -> tuple[int, int]:
        """Goals as somebody knows them who learns of everything `lag_ns` late."""
        known = [goal for goal in self.goals if goal.at_ns + lag_ns <= at_ns]
        standing = [goal for goal in known if not goal.undone_ns or goal.undone_ns + lag_ns > at_ns]
        home = sum(goal.home for goal in standing)
        return home, len(standing) - home

    def minutes_left(self, at_ns: int) -> float:
        """Minutes of play still to come, the referee's extra time expected as usual."""
        elapsed = at_ns - self.kickoff_ns
        if elapsed <= 0:
            return float(MINUTES_PLAYED)
        if at_ns >= self.whistle_ns:
            return 0.0
        played = min(elapsed, HALF_PLAYED) if elapsed < BREAK_OVER else elapsed - BREAK_OVER + HALF_PLAYED
        return max(0.3, MINUTES_PLAYED - played / MINUTE)


def matches(seed: int, *, count: int) -> tuple[Match, ...]:
    """The matches of a world: three are in their last quarter of an hour, the others follow one another."""
    return tuple(_match(seed, number) for number in range(count))


def _match(seed: int, number: int) -> Match:
    stream = Stream(seed, f"match/{number}")
    u = stream.draws(0)
    home, away = _names(seed, number)
    kickoff = _kickoff_ns(number)
    extra = 1 + 2 * u[0] if number else 1 + u[0]
    whistle = kickoff + BREAK_OVER + 45 * MINUTE + int(extra * MINUTE)
    strength = exp(0.7 * (u[1] - 0.5))
    home_rate = HOME_GOALS * strength / MINUTES_PLAYED
    away_rate = AWAY_GOALS / strength / MINUTES_PLAYED
    bare = Match(number, home, away, kickoff, whistle, home_rate, away_rate, (), ())
    goals = sorted((*_goals(seed, bare, home=True), *_goals(seed, bare, home=False)), key=lambda goal: goal.at_ns)
    alarms = sorted((*_alarms(seed, bare, home=True), *_alarms(seed, bare, home=False)), key=lambda goal: goal.at_ns)
    return msgspec.structs.replace(bare, goals=tuple(goals), alarms=tuple(alarms))


def _names(seed: int, number: int) -> tuple[str, str]:
    """Two towns that no other match of the world uses, as long as there are towns."""
    order = sorted(range(len(_TOWNS)), key=lambda k: Stream(seed, "towns").draws(k)[0])
    pair = [order[(2 * number + k) % len(order)] for k in (0, 1)]
    endings = [_ENDINGS[int(Stream(seed, "endings").draws(town)[0] * len(_ENDINGS))] for town in pair]
    league = f" {2 * number // len(order) + 1}" if 2 * number >= len(order) else ""
    return f"{_TOWNS[pair[0]]} {endings[0]}{league}", f"{_TOWNS[pair[1]]} {endings[1]}{league}"


def _kickoff_ns(number: int) -> int:
    minutes = (-95, -72, -20, 4, -97, -96)
    if number < len(minutes):
        return minutes[number] * MINUTE
    return (34 + 30 * (number - len(minutes))) * MINUTE


def _play_to_world_ns(match: Match, minutes: float) -> int:
    played = int(minutes * MINUTE)
    return match.kickoff_ns + (played if played < HALF_PLAYED else played + BREAK_OVER - HALF_PLAYED)


def _goals(seed: int, match: Match, *, home: bool) -> list[Goal]:
    """Goals of one side: exponential gaps in minutes of play until the whistle."""
    stream = Stream(seed, f"goals/{match.number}/{'home' if home else 'away'}")
    rate = match.home_rate if home else match.away_rate
    found: list[Goal] = []
    minutes, n = 0.0, 0
    while True:
        u = stream.draws(n)
        minutes, n = minutes + gap(u[0], 1 / rate), n + 1
        at = _play_to_world_ns(match, minutes)
        if at >= match.whistle_ns - MINUTE // 2:
            return found
        undone = at + int((40 + 40 * u[1]) * SECOND) if u[2] < DISALLOWED_SHARE else 0
        seen = at - int((3.0 + 4.5 * u[3]) * SECOND)
        if undone < match.whistle_ns:
            found.append(Goal(seen, at, home, undone_ns=undone))


def _alarms(seed: int, match: Match, *, home: bool) -> list[Goal]:
    """Attacks that come to nothing, as often as goals by `ALARMS_PER_GOAL`."""
    stream = Stream(seed, f"alarms/{match.number}/{'home' if home else 'away'}")
    rate = ALARMS_PER_GOAL * (match.home_rate if home else match.away_rate)
    found: list[Goal] = []
    minutes, n = 0.0, 0
    while True:
        u = stream.draws(n)
        minutes, n = minutes + gap(u[0], 1 / rate), n + 1
        at = _play_to_world_ns(match, minutes)
        if at >= match.whistle_ns - MINUTE // 2:
            return found
        found.append(Goal(at - int((3.0 + 4.5 * u[1]) * SECOND), at, home, scored=False))


# --- what is likely ---


def _poisson(mean: float) -> list[float]:
    terms = [exp(-mean)]
    for k in range(1, 13):
        terms.append(terms[-1] * mean / k)
    return terms


def result_probabilities(home_mean: float, away_mean: float, lead: int) -> tuple[float, float, float]:
    """Home win, draw and away win, if each side scores a Poisson number of further goals from this lead."""
    home, away = _poisson(home_mean), _poisson(away_mean)
    below = [0.0]
    for chance in away:
        below.append(below[-1] + chance)
    win = draw = 0.0
    for scored, chance in enumerate(home):
        level = scored + lead
        if level < 0:
            continue
        win += chance * below[min(level, len(away))]
        draw += chance * away[level] if level < len(away) else 0.0
    return win, draw, max(0.0, 1.0 - win - draw)


def over_probability(mean: float, goals: int, line: int) -> float:
    """More than `line` goals in the end, when `goals` have been scored and a Poisson number follows."""
    needed = line + 1 - goals
    return 1.0 if needed <= 0 else max(0.0, 1.0 - sum(_poisson(mean)[:needed]))


class Belief(msgspec.Struct, frozen=True):
    """What somebody holds to be true of a match: the score, and the goals still to come on either side."""

    score: tuple[int, int]
    home_mean: float
    away_mean: float

    def after_goal(self, *, home: bool) -> "Belief":
        """The same belief once one more goal stands."""
        scored = (self.score[0] + home, self.score[1] + (not home))
        return Belief(scored, self.home_mean, self.away_mean)

    def probabilities(self, kind: str) -> tuple[float, ...]:
        """The chance of each outcome of a question."""
        if kind == "match_odds":
            return result_probabilities(self.home_mean, self.away_mean, self.score[0] - self.score[1])
        over = over_probability(self.home_mean + self.away_mean, sum(self.score), 2)
        return over, 1.0 - over


def belief(match: Match, at_ns: int, *, lag_ns: int = 0, home_error: float = 0.0, away_error: float = 0.0) -> Belief:
    """What somebody believes who learns of goals late and errs in the logarithm of each side's rate."""
    left = match.minutes_left(at_ns)
    home = match.home_rate * left * exp(home_error)
    return Belief(match.score(at_ns, lag_ns=lag_ns), home, match.away_rate * left * exp(away_error))


def outcome(match: Match, kind: str) -> int:
    """Which outcome of a question came true."""
    home, away = match.score(match.whistle_ns)
    if kind == "match_odds":
        return 0 if home > away else 1 if home == away else 2
    return 0 if home + away > 2 else 1
