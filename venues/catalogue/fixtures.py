"""Whether two listed events are one: sport, which sides of clubs, names, competition, start; and why not.

The verdict on a pair looks at the two alone. Whether it is the only pair that they could make is asked by `pairing`.
"""

import enum
import re

import msgspec

from venues.catalogue.competitions import Agreement, Competition, agreement, parse_competition
from venues.catalogue.listed import ListedEvent
from venues.catalogue.names import Grade, Name, fold, grade, parse_name

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
TOLERANCE_MS = 20 * MINUTE_MS
"""Two venues' starts of one game lie this close, where each tells the minute."""

PEOPLE = frozenset({"tennis", "mma", "boxing", "darts", "snooker", "badminton", "table_tennis", "padel"})
"""Sports of people who meet each other once a day at most and whose starts are guesses."""

PEOPLE_TOLERANCE_MS = 14 * HOUR_MS
FIELD_MIN, FIELD_PCT = 3, 80
"""A field of so many tells an event by itself, if so many in a hundred run in both."""

REACH_MS = 30 * HOUR_MS
"""Events further apart are nothing to each other; within it a pair of alike names is told, with the reason."""


class Verdict(enum.StrEnum):
    """What becomes of a pair."""

    CONFIDENT = "confident"
    AMBIGUOUS = "ambiguous"
    REFUSED = "refused"


class Fixture(msgspec.Struct, frozen=True):
    """A listed event with its names taken apart. `side` is what the competition and both names say of the sides.

    `field` are the names of those who run in an event without sides.
    """

    event: ListedEvent
    names: tuple[Name, ...]
    competition: Competition
    side: frozenset[str]
    field: frozenset[str] = frozenset()


class Looked(msgspec.Struct, frozen=True):
    """What a look at two events came to. `turned`: the second names the sides the other way round.

    `fits`: the starts are as close as they should be; `moved`: nothing else tells against the pair. `agreed`: what the
    competitions' own names say.
    """

    verdict: Verdict
    why: str
    turned: bool = False
    grades: tuple[Grade, ...] = ()
    fits: bool = True
    moved: bool = False
    agreed: Agreement = Agreement.AGREE


def fixture(event: ListedEvent) -> Fixture:
    """Take an event's names apart."""
    competition = parse_competition(event.competition, event.country, event.sport)
    names = tuple(parse_name(text, event.sport, league=competition.known) for text in _named(event))
    side = competition.side.union(*(name.side for name in names)) if event.participants else frozenset[str]()
    return Fixture(event, names, competition, side, frozenset() if event.participants else _field(event))


def _named(event: ListedEvent) -> tuple[str, ...]:
    return event.participants or (event.name,)


def _field(event: ListedEvent) -> frozenset[str]:
    """Names of runners without the numbers that they carry."""
    return frozenset(runner_name(one.name) for question in event.questions for one in question.selections)


def runner_name(text: str) -> str:
    """Who runs, without the number that some venues put before the name."""
    return re.sub(r"^\d+ (?=.)", "", fold(text))


def look(a: Fixture, b: Fixture, *, linked: bool = False) -> Looked | None:
    """Compare two events of different venues; None where their names or their days have nothing to do with each other.

    What tells against the pair is looked for before what is missing, the gravest first. `linked`: it is known otherwise
    than by their names that the competitions are one.
    """
    apart_ms = abs(a.event.starts_ms - b.event.starts_ms)
    slack_ms = a.event.starts_within_ms + b.event.starts_within_ms
    if apart_ms > REACH_MS + slack_ms or len(a.names) != len(b.names):
        return None
    turned, grades, clear = _grades(a, b)
    if Grade.OTHER in grades:
        return None
    fits = apart_ms <= slack_ms + _tolerance_ms(a)

    agreed = agreement(a.competition, b.competition)
    if linked and agreed is Agreement.UNKNOWN:
        agreed = Agreement.AGREE

    def said(verdict: Verdict, why: str) -> Looked:
        return Looked(verdict, why, turned, grades, fits, agreed=agreed)

    if a.event.sport and b.event.sport and a.event.sport != b.event.sport:
        return said(Verdict.REFUSED, f"{a.event.sport} is not {b.event.sport}")
    if a.side != b.side:
        return said(Verdict.REFUSED, f"{_sides(a)} against {_sides(b)}")
    if agreed is Agreement.CONFLICT:
        return said(Verdict.REFUSED, f"{a.event.competition!r} is not {b.event.competition!r}")
    if not fits:
        apart = said(Verdict.REFUSED, f"the starts are {apart_ms // MINUTE_MS} minutes apart")
        return msgspec.structs.replace(apart, moved=True)
    if not clear:
        return said(Verdict.AMBIGUOUS, "either side could be the other")
    if slack_ms > TOLERANCE_MS and a.event.sport not in PEOPLE:
        return said(Verdict.AMBIGUOUS, "a start is told by the day only, and sides may meet twice in a day")
    return said(*_weighed(a, b, agreed, grades))


def _weighed(a: Fixture, b: Fixture, agreed: Agreement, grades: tuple[Grade, ...]) -> tuple[Verdict, str]:
    """What two events come to of which nothing says that they are two."""
    lowest, highest = min(grades), max(grades)
    if not a.event.participants:
        if lowest is Grade.SAME:
            return Verdict.CONFIDENT, "those who run, and the start"
        return Verdict.AMBIGUOUS, "not the same run in both"
    if not a.event.sport or not b.event.sport:
        ours = not a.event.venue or not b.event.venue  # what the desk wrote down by itself
        if ours and lowest is Grade.SAME:
            return Verdict.CONFIDENT, "the same sides and start"
        return Verdict.AMBIGUOUS, "a sport is not told"
    if a.event.sport in PEOPLE and lowest < Grade.SAME and _namesakes(a):
        return Verdict.AMBIGUOUS, "both go by one name, and a part of it is left away"
    if a.event.sport in PEOPLE and lowest >= Grade.NEAR:
        return Verdict.CONFIDENT, "both people, and the day"
    if agreed is not Agreement.AGREE:
        told = a.event.competition and b.event.competition
        why = f"{a.event.competition!r} may be {b.event.competition!r}" if told else "a competition is not told"
        return Verdict.AMBIGUOUS, why
    if lowest >= Grade.NEAR or highest is Grade.SAME:
        return Verdict.CONFIDENT, "sides, competition and start"
    return Verdict.AMBIGUOUS, "both names are short for several"


def _namesakes(one: Fixture) -> bool:
    """Two people who share a word of their names: X Wang against Y Wang may be many a pair."""
    if len(one.names) != 2:
        return False
    shared = set(one.names[0].words) & set(one.names[1].words)
    return any(len(word) > 1 for word in shared)


def _grades(a: Fixture, b: Fixture) -> tuple[bool, tuple[Grade, ...], bool]:
    """Names side by side, the way round that is more alike; whether that is the only way round.

    Events without sides are alike as far as the same run in them.
    """
    if len(a.names) != 2:
        return False, (_shared(a, b),), True
    straight = tuple(grade(x, y) for x, y in zip(a.names, b.names, strict=True))
    turned = tuple(grade(x, y) for x, y in zip(a.names, reversed(b.names), strict=True))
    weights = [(min(one), sum(one)) for one in (straight, turned)]
    by = weights[1] > weights[0]
    return by, turned if by else straight, min(turned) is Grade.OTHER or weights[0] != weights[1]


def _shared(a: Fixture, b: Fixture) -> Grade:
    """How many run in both: nearly all of the smaller field, or the same name where a field is not told."""
    smaller = min(len(a.field), len(b.field))
    if smaller < FIELD_MIN:
        return grade(a.names[0], b.names[0])
    shared = len(a.field & b.field)
    if shared * 100 >= FIELD_PCT * max(len(a.field), len(b.field)):
        return Grade.SAME
    return Grade.MAYBE if shared * 2 >= smaller else Grade.OTHER


def _tolerance_ms(a: Fixture) -> int:
    return PEOPLE_TOLERANCE_MS if a.event.sport in PEOPLE else TOLERANCE_MS


def _sides(one: Fixture) -> str:
    return " ".join(sorted(one.side)) or "first men's teams"
