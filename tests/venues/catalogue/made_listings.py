"""Made listings of three venues: fixtures drawn by a seed, each listed by some venues in their habits, and the truth.

Habits that are drawn: accents kept or lost, abbreviations, endings left away, women, youth and reserve sides beside
the first team at the same hour, the sides the other way round, two games of the same sides on one day, clubs of one
name in several leagues, starts told by the day only, competitions left out, rules with and without overtime.
Nothing here knows how listings are matched.
"""

import random
import unicodedata
from dataclasses import dataclass, field

from domain.ids import SelectionId, VenueMarketId, VenueName
from tests.venues.catalogue.sides import LEAGUES, WOMENS_LEAGUE, League
from venues.catalogue.listed import ListedEvent, ListedQuestion, ListedSelection, Role, rules_hash

FIRST, SECOND, THIRD = VENUES = tuple(VenueName(name) for name in ("odds", "contracts", "polled"))
"""A stream of odds with short names, an exchange of contracts, and an exchange that is polled, with full names."""

MINUTE, HOUR, DAY = 60_000, 3_600_000, 86_400_000
BEGIN_MS = 1_790_000_000_000 - 1_790_000_000_000 % DAY
MARKS = {
    "women": (" (W)", " W", " Women"),
    "u21": (" U21", " U21", " Under 21"),
    "reserves": (" (Res)", " II", " Reserves"),
}

Truth = tuple[int, str, str, str]
"""What a selection really is: the number of the fixture, the kind of question, what part of the game decides, whose."""


@dataclass
class Fixture:
    """One game as it is: who plays, when, and which side of the clubs."""

    number: int
    league: League
    home: tuple[str, ...]
    away: tuple[str, ...]
    starts_ms: int
    side: str = ""
    game: int = 0


@dataclass
class Made:
    """What the venues list, and what each of their selections really is."""

    events: list[ListedEvent] = field(default_factory=list)
    truth: dict[tuple[VenueName, VenueMarketId, SelectionId], Truth] = field(default_factory=dict)
    fixtures: int = 0


def made_listings(seed: int, *, rounds: int = 2, share: float = 0.8) -> Made:
    """Listings of a few days; more than three hundred games with two rounds. Each venue lists this share of them."""
    chance = random.Random(seed)
    made = Made()
    for fixture in _fixtures(chance, rounds):
        made.fixtures += 1
        for number in range(3):
            if chance.random() < share:
                made.events.append(_listed(fixture, number, chance, made))
    chance.shuffle(made.events)
    return made


def _fixtures(chance: random.Random, rounds: int):
    """Games drawn from every league, with what makes trouble beside them."""
    number = 0
    for round_number in range(rounds):
        for league in LEAGUES:
            rows = list(league.rows)
            chance.shuffle(rows)
            day = BEGIN_MS + DAY * (3 * round_number + chance.randrange(2))
            slots = [
                day + HOUR * chance.choice((12, 15, 17, 19)) + MINUTE * chance.choice((0, 0, 30)) for _ in range(3)
            ]
            for home, away in zip(rows[::2], rows[1::2], strict=False):
                number += 1
                fixture = Fixture(number, league, home, away, chance.choice(slots))
                yield fixture
                for other in _beside(fixture, chance):
                    number += 1
                    other.number = number
                    yield other


def _beside(fixture: Fixture, chance: random.Random):
    """Other games of the same names: another side of the clubs, often at the same hour, or the second of a day."""
    league, home, away = fixture.league, fixture.home, fixture.away
    if league.sport == "football" and "International" not in league.names[0]:
        for side in MARKS:
            if chance.random() < 0.12:
                starts = fixture.starts_ms + chance.choice((0, 0, HOUR, -2 * HOUR))
                yield Fixture(0, league, home, away, starts, side)
    if league.extra == "doubles" and chance.random() < 0.35:
        fixture.game = 1
        yield Fixture(0, league, home, away, fixture.starts_ms + HOUR * chance.choice((4, 5, 6)), game=2)


# --- one venue's view ---


def _listed(fixture: Fixture, number: int, chance: random.Random, made: Made) -> ListedEvent:
    venue, league = VENUES[number], fixture.league
    names = tuple(_name(row, fixture, number, chance) for row in (fixture.home, fixture.away))
    turned = league.sport in ("baseball", "basketball", "ice_hockey", "american_football") or chance.random() < 0.04
    shown = names[::-1] if turned else names
    by_day = number == 1 and chance.random() < 0.1
    jitter = 0 if chance.random() < 0.8 else MINUTE * chance.choice((-5, -1, 1, 5))
    starts = fixture.starts_ms + jitter
    if league.extra == "people":
        starts += HOUR * chance.choice((0, 0, 0, 1, -2, 3))
    if by_day:
        starts = fixture.starts_ms - fixture.starts_ms % DAY + 17 * HOUR
    return ListedEvent(
        venue,
        f"{'xyz'[number]}{fixture.number}",
        (" v ", " vs ", " vs ")[number].join(shown),
        league.sport,
        starts,
        participants=shown,
        competition=_competition(fixture, number, chance),
        country=league.country if number != 1 and chance.random() < 0.8 else "",
        starts_within_ms=12 * HOUR if by_day else 0,
        questions=_questions(fixture, names, number, chance, made),
    )


def _competition(fixture: Fixture, number: int, chance: random.Random) -> str:
    names = fixture.league.names
    if fixture.side == "women":
        marks = chance.choice((("Women",) * 3, ("(W)",) * 3, ("Women", "W", "(W)"), ("(W)", "Women", "(F)")))
        spelled = [f"{name} {mark}" for name, mark in zip(names, marks, strict=True)]
        names = tuple(WOMENS_LEAGUE.get(names[0], spelled))
    elif fixture.side == "u21":
        names = (
            ("Premier League 2 Div 1", "Premier League 2", "England Premier League 2")
            if "English" in names[0]
            else tuple(f"{name} U21" for name in names)
        )
    elif fixture.side == "reserves":
        names = tuple(f"{name} Reserves" for name in names)
    return "" if chance.random() < 0.02 else names[number] + (" 2026/27" if chance.random() < 0.05 else "")


def _name(row: tuple[str, ...], fixture: Fixture, number: int, chance: random.Random) -> str:
    full = row[0]
    name = row[1 + number] or full
    if fixture.league.extra == "people":
        name = _person(full, number, chance)
    elif not row[1 + number]:
        name = name.removesuffix(" FC").removesuffix(" AFC")
        if number == 0 and fixture.league.sport == "football":
            name = name.replace(" United", " Utd")
    if number != 1 or chance.random() < 0.3:
        name = _without_marks(name)
    if fixture.side and not (fixture.side == "women" and number == 1 and chance.random() < 0.5):
        name += MARKS[fixture.side][number]
    if chance.random() < 0.02:
        name = _slip(name, chance)
    if fixture.game and number == 2 and chance.random() < 0.5:
        name = f"{name} (Game {fixture.game})" if chance.random() < 0.5 else name
    return name


def _person(full: str, number: int, chance: random.Random) -> str:
    given, _, family = full.partition(" ")
    if number == 2:
        return f"{given[0]} {family}"
    if number == 1 and chance.random() < 0.1:
        return family
    return full


def _slip(name: str, chance: random.Random) -> str:
    """Two letters of a long word change places, or one is lost."""
    words = name.split(" ")
    at = max(range(len(words)), key=lambda n: len(words[n]))
    word = words[at]
    if len(word) < 7 or not word.isalpha():
        return name
    cut = chance.randrange(2, len(word) - 2)
    words[at] = (
        word[:cut] + word[cut + 1 :]
        if chance.random() < 0.5
        else word[:cut] + word[cut + 1] + word[cut] + word[cut + 2 :]
    )
    return " ".join(words)


def _without_marks(text: str) -> str:
    plain = text.replace("ø", "o").replace("ł", "l").replace("Ł", "L").replace("æ", "ae").replace("Ø", "O")
    return "".join(letter for letter in unicodedata.normalize("NFKD", plain) if not unicodedata.combining(letter))


REGULAR = {
    0: "This market is settled on 90 minutes play plus stoppage time. Extra time is not included. "
    "If the match is not played all bets are void.",
    1: "If {} wins after 90 minutes plus stoppage time, then the market resolves to Yes. "
    "If the game is cancelled, the market resolves to a fair price.",
    2: "",
}
WHOLE = {
    0: "Overtime counts for settlement purposes. If the game is not completed all bets are void.",
    1: "If {} wins the game, including any overtime, then the market resolves to Yes. "
    "If the game is cancelled, the market resolves to a fair price.",
    2: "",
}


def _questions(
    fixture: Fixture, names: tuple[str, ...], number: int, chance: random.Random, made: Made
) -> tuple[ListedQuestion, ...]:
    """Who wins, and in football the total as well; now and then a venue of a sport with overtime leaves it out."""
    has_draw = fixture.league.sport == "football"
    regular = has_draw or (number < 2 and chance.random() < 0.03)
    texts = REGULAR if regular else WHOLE
    period = "regulation" if regular else "whole"
    if fixture.league.extra == "people":
        texts, period = {0: "", 1: "", 2: ""}, "whole"
    draw = (("The Draw", "Tie", f"DRAW ({names[0][:3]}/{names[1][:3]})")[number], Role.DRAW, "draw")
    who = [(names[0], Role.NAMED, "home"), (names[1], Role.NAMED, "away")] + ([draw] if has_draw else [])
    if number == 1:
        chance.shuffle(who)
    kind = "match_odds" if has_draw else "moneyline"
    found = [_question(fixture, number, kind, period, who, "", texts[number], made)]
    if has_draw and chance.random() < 0.7:
        total = [("Over 2.5 Goals", Role.OVER, "over"), ("Under 2.5 Goals", Role.UNDER, "under")]
        total = total[:1] if number == 1 else total
        found.append(_question(fixture, number, "over_under", period, total, "2.5", texts[number], made))
    return tuple(found)


def _question(
    fixture: Fixture,
    number: int,
    kind: str,
    period: str,
    who: list[tuple[str, Role, str]],
    line: str,
    text: str,
    made: Made,
) -> ListedQuestion:
    chosen = []
    for place, (name, role, whose) in enumerate(who):
        market = VenueMarketId(f"{number}.{fixture.number}.{kind}" + (f".{place}" if number == 1 else ""))
        selection = SelectionId("yes" if number == 1 else f"{fixture.number}{place}")
        rules = text.format(name)
        chosen.append(ListedSelection(market, selection, name, role, rules, rules_hash(rules)))
        made.truth[VENUES[number], market, selection] = (fixture.number, kind + line, period, whose)
    return ListedQuestion(kind, kind, tuple(chosen), line, alone=number == 1)
