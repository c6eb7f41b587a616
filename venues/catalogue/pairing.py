"""Which events of several venues are one: pairs that are sure and the only ones they can be, joined to groups.

A pair that looks sure is still doubted if one of its events could as well be another event of the other venue, if a
short name in it fits two sides that the other venue lists, or if three venues do not agree with each other. What is
doubted waits for a person.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from domain.ids import VenueName
from venues.catalogue.competitions import Agreement, Competition, agreement
from venues.catalogue.fixtures import REACH_MS, Fixture, Looked, Verdict, look
from venues.catalogue.names import Grade, Name, grade

OURS = VenueName("")
"""Events that we know already stand in a pair like those of a venue."""


class EventPair(msgspec.Struct, frozen=True):
    """Two events of different venues and what a look at both, and at everything around them, came to."""

    a: Fixture
    b: Fixture
    looked: Looked


class Group(msgspec.Struct, frozen=True):
    """Events that are one, at most one of each venue, ours first; two at least."""

    fixtures: tuple[Fixture, ...]


class Paired(msgspec.Struct, frozen=True):
    """What several venues' events come to: groups that are sure, and every pair that was looked at."""

    groups: tuple[Group, ...]
    pairs: tuple[EventPair, ...]


Key = tuple[VenueName, str]
_Place = tuple[VenueName, str, Competition]

LINKED_MIN = 4
"""So many games of the same sides at the same times make two competitions one."""


def pair_events(fixtures: Iterable[Fixture]) -> Paired:
    """Pair the events of any number of venues; the same whatever order they come in."""
    known = sorted(fixtures, key=lambda one: (one.event.starts_ms, one.event.venue, one.event.id))
    looks = {_keys(a, b): EventPair(a, b, looked) for a, b in _near(known) if (looked := look(a, b)) is not None}
    for keys, pair in _linked(looks.values()):
        looked = look(pair.a, pair.b, linked=True)
        assert looked is not None, "it was looked at before"
        looks[keys] = EventPair(pair.a, pair.b, looked)
    rivals: dict[tuple[Key, VenueName], list[EventPair]] = defaultdict(list)
    for pair in looks.values():
        if pair.looked.fits and pair.looked.verdict is not Verdict.REFUSED:
            rivals[_key(pair.a), pair.b.event.venue].append(pair)
            rivals[_key(pair.b), pair.a.event.venue].append(pair)
    roster = _Roster(known)
    pairs = {keys: _doubted(pair, rivals, roster) for keys, pair in looks.items()}
    groups, doubted = _grouped(pairs)
    return Paired(tuple(groups), tuple(doubted.get(keys, pair) for keys, pair in pairs.items()))


def _near(known: Sequence[Fixture]) -> Iterator[tuple[Fixture, Fixture]]:
    """Pairs of two venues within reach of each other in time, of which letters do not say that they are strangers."""
    letters = [[_letters(name) for name in one.names] for one in known]
    widest = max((one.event.starts_within_ms for one in known), default=0)
    for i, a in enumerate(known):
        for j in range(i + 1, len(known)):
            b = known[j]
            if b.event.starts_ms - a.event.starts_ms > REACH_MS + 2 * widest:
                break
            if a.event.venue == b.event.venue or len(a.names) != len(b.names):
                continue
            if a.field or b.field or _may_share(letters[i], letters[j]):
                yield (a, b) if _key(a) < _key(b) else (b, a)


def _linked(looks: Iterable[EventPair]) -> list[tuple[tuple[Key, Key], EventPair]]:
    """Pairs whose competitions prove to be one by the games in them, though their names do not say so.

    Several games of the same sides at the same minutes do not come about by chance.
    """
    open_ = [
        pair
        for pair in looks
        if pair.looked.agreed is Agreement.UNKNOWN
        and pair.looked.verdict is Verdict.AMBIGUOUS
        and pair.a.event.competition
        and pair.b.event.competition
    ]
    games: Counter[tuple[_Place, _Place]] = Counter()
    for pair in open_:
        slack_ms = pair.a.event.starts_within_ms + pair.b.event.starts_within_ms
        if min(pair.looked.grades) >= Grade.NEAR and not slack_ms:
            games[_places(pair)] += 1
    best: Counter[_Place] = Counter()
    for places, count in games.items():
        for place in places:
            best[place] = max(best[place], count)
    sure = {places for places, count in games.items() if count >= LINKED_MIN and all(count == best[p] for p in places)}
    return [(_keys(pair.a, pair.b), pair) for pair in open_ if _places(pair) in sure]


def _places(pair: EventPair) -> tuple["_Place", "_Place"]:
    """Where the two are played, as each venue calls it."""
    a, b = ((one.event.venue, one.event.sport, one.competition) for one in (pair.a, pair.b))
    return a, b


def _letters(name: Name) -> int:
    """The first letters of a name's words, a bit for each."""
    found = 0
    for word in name.words:
        if word:
            found |= 1 << (ord(word[0]) % 61)
    return found


def _may_share(a: Sequence[int], b: Sequence[int]) -> bool:
    return all(x & y for x, y in zip(a, b, strict=True)) or all(x & y for x, y in zip(a, reversed(b), strict=True))


def _key(one: Fixture) -> Key:
    return one.event.venue, one.event.id


def _keys(a: Fixture, b: Fixture) -> tuple[Key, Key]:
    return _key(a), _key(b)


# --- doubts ---


class _Roster:
    """Every name that a venue uses in a sport, with the fixtures in which it does."""

    def __init__(self, known: Iterable[Fixture]) -> None:
        self._names: dict[tuple[VenueName, str], dict[tuple[Name, int], Fixture]] = defaultdict(dict)
        for one in known:
            if not one.field:
                for number, name in enumerate(one.names):
                    self._names[one.event.venue, one.event.sport].setdefault((name, number), one)

    def of(self, like: Fixture) -> Iterator[Name]:
        """Names that the event's venue uses for sides that could meet those of the event."""
        seen: set[Name] = set()
        for (name, _), where in self._names[like.event.venue, like.event.sport].items():
            apart = where.side != like.side or agreement(where.competition, like.competition) is Agreement.CONFLICT
            if name not in seen and not apart:
                seen.add(name)
                yield name


def _doubted(pair: EventPair, rivals: dict[tuple[Key, VenueName], list[EventPair]], roster: _Roster) -> EventPair:
    """A pair that looked sure, with what there is to doubt in its surroundings."""
    if pair.looked.verdict is not Verdict.CONFIDENT:
        return pair
    others = rivals[_key(pair.a), pair.b.event.venue] + rivals[_key(pair.b), pair.a.event.venue]
    if any(not _outshone(other.looked, pair.looked) for other in others if other is not pair):
        return _with(pair, "one of both may as well be another event")
    names = pair.b.names[::-1] if pair.looked.turned else pair.b.names
    for x, y, found in zip(pair.a.names, names, pair.looked.grades, strict=True):
        if found is not Grade.SAME and (_fits_others(x, y, pair, roster) or _fits_others(y, x, _flipped(pair), roster)):
            return _with(pair, f"{' '.join(x.words)!r} and {' '.join(y.words)!r}: one fits another side too")
    return pair


def _outshone(other: Looked, sure: Looked) -> bool:
    """Whether a rival is so much weaker that it does not count."""
    weaker = other.verdict is Verdict.AMBIGUOUS and sum(other.grades) < sum(sure.grades)
    return weaker and min(sure.grades) >= Grade.NEAR


def _fits_others(x: Name, y: Name, pair: EventPair, roster: _Roster) -> bool:
    """Whether x fits another side too that the second venue lists, or that one lists y's side by a better name."""
    likeness = grade(x, y)
    return any(grade(x, z) > Grade.OTHER and grade(y, z) is Grade.OTHER for z in roster.of(pair.b)) or any(
        grade(z, y) > likeness and grade(z, x) is not Grade.SAME for z in roster.of(pair.a) if z != x
    )


def _flipped(pair: EventPair) -> EventPair:
    return EventPair(pair.b, pair.a, pair.looked)


def _with(pair: EventPair, why: str) -> EventPair:
    return msgspec.structs.replace(
        pair, looked=msgspec.structs.replace(pair.looked, verdict=Verdict.AMBIGUOUS, why=why)
    )


# --- groups ---


def _grouped(pairs: dict[tuple[Key, Key], EventPair]) -> tuple[list[Group], dict[tuple[Key, Key], EventPair]]:
    """Groups that sure pairs make, and the pairs of those that do not hold together, doubted."""
    leader: dict[Key, Key] = {}
    fixtures: dict[Key, Fixture] = {}

    def lead(key: Key) -> Key:
        while leader.setdefault(key, key) != key:
            key = leader[key]
        return key

    sure = {keys: pair for keys, pair in pairs.items() if pair.looked.verdict is Verdict.CONFIDENT}
    for (one, other), pair in sure.items():
        fixtures[one], fixtures[other] = pair.a, pair.b
        low, high = sorted((lead(one), lead(other)))
        leader[high] = low
    members: dict[Key, list[Key]] = defaultdict(list)
    for key in sorted(fixtures):
        members[lead(key)].append(key)
    groups: list[Group] = []
    doubted: dict[tuple[Key, Key], EventPair] = {}
    for keys in members.values():
        if _holds(keys, pairs):
            groups.append(Group(tuple(fixtures[key] for key in keys)))
        else:
            inside = {both: pair for both, pair in sure.items() if both[0] in keys}
            doubted |= {both: _with(pair, "the venues do not agree with each other") for both, pair in inside.items()}
    return groups, doubted


def _holds(keys: Sequence[Key], pairs: dict[tuple[Key, Key], EventPair]) -> bool:
    """One event of each venue, and no two that are told apart."""
    venues = [venue for venue, _ in keys]
    if len(set(venues)) < len(venues):
        return False
    both = [(one, other) for i, one in enumerate(keys) for other in keys[i + 1 :]]
    return all(key in pairs and pairs[key].looked.verdict is not Verdict.REFUSED for key in both)
