"""Names of sides and people as two venues write them: what they are made of, and how alike two of them are.

A name is folded (letters without marks, words without those that say nothing), and what tells one side of a club from
another is taken out of it: women, youth, reserves, the second game of a day. Two names are then laid word on word.
`Grade` says what that comes to; nothing here decides what is done about it.
"""

import enum
import re
import unicodedata
from functools import cache, lru_cache
from itertools import combinations

import msgspec
from rapidfuzz.fuzz import ratio

from venues.catalogue.spellings import (
    CLUBS,
    EMPTY,
    ENDINGS,
    LANDS,
    LEAGUE_TEAMS,
    LETTERS,
    NATIONS,
    ONLY_LAST,
    SIDE_OF,
    TELLING,
    WORDS,
)

PAIRS = frozenset({"tennis", "badminton", "padel", "table_tennis"})
"""Sports in which a stroke between names makes a pair of people."""

TYPO_MIN = 87.0
"""Likeness of two words of which one is misspelled, in percent of letters that stay. Austria and Austrla: 86."""

_INITIALS = re.compile(r"\b(?:\w\.\s?){2,}")
BRACKETS = re.compile(r"[(\[]([^)\]]*)[)\]]")
_AGE = re.compile(r"\b(?:u|under|sub|jo)\s?-?\s?(\d\d)s?\b")
_GAME = re.compile(r"\b(?:game|gm|g)\s?([12])\b")
_YEARS = re.compile(r"(?:18|20)\d\d|19(?!48)\d\d|0[4-9]|9[0-9]")
"""Years in names of clubs. 1948 tells FC U Craiova and CSKA from the clubs of the same towns that lost the name."""


class Grade(enum.IntEnum):
    """How alike two names are."""

    OTHER = 0
    """Two different sides."""
    MAYBE = 1
    """One leaves a word away that may matter: Milan, Inter Milan."""
    NEAR = 2
    """One is short for the other, or misspelled: Norwich, Norwich City; T Paul, Tommy Paul."""
    SAME = 3
    """The same but for marks, and words that say nothing; or known to be one side."""


class Name(msgspec.Struct, frozen=True):
    """A name taken apart. `known` is the side that it is known to be; `side` what tells it from its club's others."""

    words: tuple[str, ...]
    aside: frozenset[str] = frozenset()
    side: frozenset[str] = frozenset()
    known: str = ""


def fold(text: str) -> str:
    """Small letters without marks; `F.C.` is one word, a hyphen parts two, brackets stay."""
    plain = unicodedata.normalize("NFKD", text.casefold().translate(LETTERS))
    plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
    plain = _INITIALS.sub(lambda found: found[0].replace(".", "").replace(" ", "") + " ", plain)
    return " ".join(re.sub(r"[^\w()\[\]/@]", " ", plain.replace(".", " ")).split())


@lru_cache(maxsize=65_536)
def parse_name(text: str, sport: str, *, league: str = "") -> Name:
    """A side's name as its venue writes it. `league`: the competition it plays in, if its teams are known."""
    folded = fold(text)
    known = _known(sport, league=league).get(_key(folded))
    if known is not None:
        return Name(tuple(known.split()), known=known)
    side: set[str] = set()
    aside: list[str] = []
    for inner in BRACKETS.findall(folded):
        found = sides_of(inner)
        side |= found
        aside += [] if found else inner.split()
    bare = BRACKETS.sub(" ", folded)
    side |= {f"u{age}" for age in _AGE.findall(bare)} | {f"game {number}" for number in _GAME.findall(bare)}
    if "/" in bare and sport in PAIRS:
        side.add("doubles")
    words = _GAME.sub(" ", _AGE.sub(" ", bare)).replace("/", " ").replace("@", " ").split()
    words, marked = _without_sides(words)
    known = _known(sport, league=league).get(_key(" ".join(words)), "")
    words = known.split() if known else _spelled(words)
    return Name(tuple(words), frozenset(aside), frozenset(side | marked), known)


def sides_of(folded: str) -> set[str]:
    """What a text, such as a competition's name, says of the side of a club that plays; empty for men's first teams."""
    ages = {f"u{age}" for age in _AGE.findall(folded)}
    return (
        ages
        | {SIDE_OF[word] for word in folded.split() if word in SIDE_OF and word not in ONLY_LAST}
        | ({SIDE_OF[folded]} if folded in ONLY_LAST else set())
    )


@lru_cache(maxsize=262_144)
def grade(a: Name, b: Name) -> Grade:
    """How alike two names are, sides of their clubs apart; the same either way round."""
    if a.known and b.known:
        if a.known != b.known:
            return Grade.OTHER
        return Grade.SAME if (a.aside | b.aside) <= LANDS.keys() or (a.aside and b.aside) else Grade.MAYBE
    if a.aside and b.aside and not any(_alike(x, y) for x in a.aside for y in b.aside):
        return Grade.OTHER
    if a.words == b.words or "".join(a.words) == "".join(b.words):
        if a.aside == b.aside or (a.aside and b.aside):
            return Grade.SAME
        return Grade.NEAR if (a.aside | b.aside) <= LANDS.keys() else Grade.MAYBE
    short, long = sorted((a, b), key=lambda name: (len(name.words), len("".join(name.words)), name.words))
    return _laid(short, long)


def _laid(short: Name, long: Name) -> Grade:
    """Word on word, each once, the surest first; then what is left over on either side is judged."""
    left, right = list(short.words), list(long.words)
    worst, sure = 3, 0
    pairs = sorted(
        ((_alike(x, y), -i, -j) for i, x in enumerate(left) for j, y in enumerate(right) if _alike(x, y)), reverse=True
    )
    used_left: set[int] = set()
    used_right: set[int] = set()
    for likeness, i, j in pairs:
        if -i in used_left or -j in used_right:
            continue
        used_left.add(-i)
        used_right.add(-j)
        worst = min(worst, likeness)
        sure += likeness >= 2 and len(left[-i]) >= 3
    missing = [word for i, word in enumerate(left) if i not in used_left]
    extra = [word for j, word in enumerate(right) if j not in used_right]
    for word in list(missing):
        run = _initials_run(word, extra)
        if run:
            missing.remove(word)
            extra = [one for one in extra if one not in run]
            worst = min(worst, 2)
            sure += len(word) >= 3
    return _judged(missing, extra, worst, sure, known_aside=short.aside | long.aside)


def _judged(missing: list[str], extra: list[str], worst: int, sure: int, *, known_aside: frozenset[str]) -> Grade:
    over = [word for word in missing + extra if not any(word.startswith(one) for one in known_aside if len(one) > 1)]
    if not sure or (missing and extra):
        return Grade.OTHER
    if not over:
        return Grade.SAME if worst == 3 and not missing and not extra else Grade.NEAR
    if any(word in TELLING or word.isdigit() for word in over):
        return Grade.OTHER
    if worst >= 2 and all(word in ENDINGS for word in over):
        return Grade.NEAR
    return Grade.MAYBE


@lru_cache(maxsize=262_144)
def _alike(x: str, y: str) -> int:
    """3 for the same word, 2 for an abbreviation or a slip of the pen, 1 for an initial, 0 for another word."""
    if x == y:
        return 3
    if x[0] != y[0] or x.isdigit() or y.isdigit():
        return 0
    short, long = sorted((x, y), key=len)
    if len(short) == 1:
        return 1
    if len(short) >= 3 and long.startswith(short) and short not in TELLING:
        return 2
    if len(short) >= 5 and ratio(x, y) >= TYPO_MIN:
        return 2
    return 2 if len(short) >= 5 and short[-1] == long[-1] and _is_within(short, long) else 0


def _is_within(short: str, long: str) -> bool:
    """Whether the letters of one word stand in the other in their order."""
    letters = iter(long)
    return all(letter in letters for letter in short)


def _initials_run(word: str, extra: list[str]) -> list[str]:
    """The words in a row whose first letters make this one, if there are: SG of Saint Germain, JM of Juan Martin."""
    if not 2 <= len(word) <= 4:
        return []
    for first, last in combinations(range(len(extra) + 1), 2):
        if "".join(one[0] for one in extra[first:last]) == word:
            return extra[first:last]
    return []


def _without_sides(words: list[str]) -> tuple[list[str], set[str]]:
    """Words that name a side of the club taken out; lone letters only from the end, and never the whole name."""
    found: set[str] = set()
    while len(words) > 1 and words[-1] in SIDE_OF:
        found.add(SIDE_OF[words[-1]])
        words = words[:-1]
    kept = []
    for word in words:
        if word in SIDE_OF and word not in ONLY_LAST and len(words) > 1:
            found.add(SIDE_OF[word])
        else:
            kept.append(word)
    return kept or words, found


def _spelled(words: list[str]) -> list[str]:
    """Words in their one spelling, without those that say nothing as long as others are left."""
    words = [*words[:-1], "state"] if len(words) > 1 and words[-1] == "st" else words
    spelled = [one for word in words for one in WORDS.get(word, word).split()]
    if len(spelled) > 1 and spelled[0] == "1":
        spelled = spelled[1:]  # German clubs that were their towns' first
    kept = [word for word in spelled if word not in EMPTY and not _YEARS.fullmatch(word)]
    return kept or spelled or words or [""]


def _key(folded: str) -> str:
    """A whole name as the tables of names are looked up by."""
    words = [word for word in re.sub(r"[()\[\]]", " ", folded).split() if word not in ("fc", "afc", "cf", "the")]
    return " ".join(words) or folded


@cache
def _known(sport: str, *, league: str) -> dict[str, str]:
    """Names of a sport by their key, each to its side. National sides are known in every sport but the leagues."""
    found: dict[str, str] = {}
    for group in [] if league in LEAGUE_TEAMS else (NATIONS + ("|" + CLUBS if sport == "football" else "")).split("|"):
        names = group.split(",")
        found |= dict.fromkeys((_key(fold(name)) for name in names), fold(names[0]))
    teams = [group.split(",") for group in LEAGUE_TEAMS.get(league, "").split(";") if group]
    for names in teams:
        found |= dict.fromkeys((_key(fold(name)) for name in names), fold(names[0]))
    for names in teams:
        words = fold(names[0]).split()
        for cut in range(1, len(words)):
            place, nick = " ".join(words[:cut]), " ".join(words[cut:])
            for short in (place, nick):
                whose = {fold(other[0]) for other in teams if f" {short} " in f" {fold(other[0])} "}
                if len(whose) == 1:
                    found.setdefault(short, fold(names[0]))
    return found
