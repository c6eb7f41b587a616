"""Competitions as two venues call them: the country, the league's own words, and which sides of clubs play in it."""

import enum
import re
from functools import cache, lru_cache

import msgspec
from rapidfuzz.fuzz import token_sort_ratio

from venues.catalogue.names import BRACKETS, fold, sides_of
from venues.catalogue.spellings import LANDS, PLAYED_BY, SIDE_OF, US_COMPETITIONS, WOMENS_LETTERS

ALIKE_MIN = 92.0
"""Likeness in percent of two leagues' own words, their order apart."""

_NOISE = re.compile(
    r"\b(?:(?:19|20)\d\d(?:\s?/?\s?\d\d)?|matches|fixtures|games?|regular season|play ?offs?|round (?:of )?\d+|"
    r"matchday \d+|barclays|ea sports|santander|sky bet|betway|enilive|tim|uber eats|mcdonalds|cazoo|professional|"
    r"pro football|mens?|"
    r"football|soccer|tennis|baseball|basketball|hockey)\b"
)

CODES = {
    "ES": "spain", "IT": "italy", "DE": "germany", "FR": "france", "NL": "netherlands", "PT": "portugal",
    "BE": "belgium", "CH": "switzerland", "AT": "austria", "TR": "turkey", "GR": "greece", "DK": "denmark",
    "SE": "sweden", "NO": "norway", "FI": "finland", "PL": "poland", "US": "usa", "MX": "mexico", "BR": "brazil",
    "AR": "argentina", "CL": "chile", "UY": "uruguay", "PY": "paraguay", "CO": "colombia", "PE": "peru",
    "EC": "ecuador", "JP": "japan", "CN": "china", "KR": "korea", "AU": "australia", "SA": "saudi", "RU": "russia",
    "RO": "romania", "IE": "ireland",
}  # fmt: skip
"""Country codes of ISO 3166; GB is left out, since it has four leagues."""

_LEAGUES = (
    "england premier league=epl,premier league|england championship=efl championship,"
    "championship|england league one=efl league one,league one,"
    "england league 1|england league two=efl league two,league two,"
    "england league 2|england national league=national league,vanarama national league|england fa cup=fa cup,"
    "emirates fa cup|england efl cup=efl cup,carabao cup,league cup,"
    "england league cup|scotland premiership=spfl premiership,spl,scotland premier league|spain la liga=la liga,"
    "laliga,spain primera division,spain laliga,primera division spain|spain segunda division=la liga 2,laliga 2,"
    "spain la liga 2,segunda division,"
    "laliga hypermotion|italy serie a=serie a|italy serie b=serie b|germany bundesliga=bundesliga,bundesliga 1,"
    "1 bundesliga,germany bundesliga 1|germany bundesliga 2=2 bundesliga,bundesliga 2,"
    "germany 2 bundesliga|france ligue 1=ligue 1|france ligue 2=ligue 2|netherlands eredivisie=eredivisie|"
    "portugal primeira liga=primeira liga,"
    "liga portugal|belgium pro league=belgium jupiler pro league,jupiler pro league,"
    "belgium first division a|brazil serie a=brazil campeonato serie a,campeonato brasileiro serie a,brasileirao,"
    "brazil a|brazil serie b=brazil campeonato serie b|argentina primera division=argentina liga profesional,"
    "liga profesional,argentina superliga|mexico liga mx=liga mx,mexico primera division|usa mls=mls,"
    "major league,major league soccer,usa major league|japan j league=j1 league,j league,japan j1 league,"
    "japan j league 1|turkey super lig=super lig,turkey super league|uefa champions league=champions league,"
    "ucl|uefa europa league=europa league,uel|uefa conference league=conference league,europa conference league,"
    "uecl,uefa europa conference league|copa libertadores=conmebol libertadores,"
    "conmebol copa libertadores|england womens super=womens super league,wsl,fa wsl,fa womens super league,"
    "womens super,england fa womens super league|nba=national basketball association,"
    "usa nba|nfl=national league american,usa nfl|mlb=major league,usa mlb|nhl=usa nhl,"
    "national league|ncaa=ncaaf,ncaab,ncaa division i,college"
)
"""Leagues that go by several names: between bars one league, then its names. Own words first with the country."""


class Agreement(enum.Enum):
    """What two competitions' names say of whether they are one."""

    AGREE = "agree"
    UNKNOWN = "unknown"
    CONFLICT = "conflict"


class Competition(msgspec.Struct, frozen=True):
    """A competition taken apart. `known` is the league that it is known to be."""

    words: str = ""
    land: str = ""
    side: frozenset[str] = frozenset()
    known: str = ""


_DIGITS = {"one": "1", "two": "2", "three": "3", "four": "4", "i": "1"}


@cache
def _table(sport: str) -> dict[str, str]:
    us = US_COMPETITIONS.get(sport)
    found: dict[str, str] = {}
    for group in _LEAGUES.split("|"):
        own, _, others = group.partition("=")
        if (own in US_COMPETITIONS.values() and own != us) or (us and own not in (us, "ncaa")):
            continue
        names = (" ".join(_DIGITS.get(word, word) for word in name.split()) for name in (own, *others.split(",")))
        found |= dict.fromkeys((name for name in names if name), own)
    return found


@lru_cache(maxsize=16_384)
def parse_competition(text: str, country: str, sport: str) -> Competition:
    """A competition as its venue calls it; `country` is a code or a name that the venue tells beside it."""
    folded = re.sub(r"[()\[\]/@]", " ", fold(text))
    words = [_DIGITS.get(word, word) for word in _NOISE.sub(" ", folded).split()]
    lands = [LANDS[word] for word in words if word in LANDS]
    own = [word for word in words if word not in LANDS]
    land = lands[0] if lands else CODES.get(country.upper(), LANDS.get(fold(country), ""))
    spelled = " ".join(own)
    known = _known_league(spelled, land, sport)
    if not known:
        spelled = " ".join(word for word in own if word not in SIDE_OF and not re.fullmatch(r"u\d\d", word))
        known = _known_league(spelled, land, sport)
    side = sides_of(folded) | _lettered(fold(text)) | {PLAYED_BY[word] for word in words if word in PLAYED_BY}
    if not land and known and known.split()[0] in LANDS:
        land = known.split()[0]
    return Competition(spelled, land, frozenset(side), known)


def _lettered(folded: str) -> set[str]:
    """The side that a letter tells: in brackets, or one for women at the end, unless it counts groups."""
    inside = BRACKETS.findall(folded)
    *before, last = BRACKETS.sub(" ", folded).split() or [""]
    women = any(one in WOMENS_LETTERS for one in inside) or (
        last in WOMENS_LETTERS and bool(before) and before[-1] not in ("group", "pool")
    )
    return {side for one in inside for side in sides_of(one)} | ({"women"} if women else set())


def _known_league(spelled: str, land: str, sport: str) -> str:
    """The league that goes by these words; one of another country than is told does not."""
    table = _table(sport)
    known = table.get(f"{land} {spelled}".strip(), "") or table.get(spelled, "")
    return known if not known or not land or known.split()[0] == land or known.split()[0] not in LANDS else ""


def agreement(a: Competition, b: Competition) -> Agreement:
    """Whether two competitions are one. What one of them does not say proves nothing either way."""
    if a.known and b.known:
        return Agreement.AGREE if a.known == b.known else Agreement.CONFLICT
    if a.land and b.land and a.land != b.land:
        return Agreement.CONFLICT
    if not a.words or not b.words or a.land != b.land:
        return Agreement.UNKNOWN
    numbers = _numbers(a.words), _numbers(b.words)
    if all(numbers) and numbers[0] != numbers[1]:
        return Agreement.CONFLICT
    if a.words == b.words or (numbers[0] == numbers[1] and token_sort_ratio(a.words, b.words) >= ALIKE_MIN):
        return Agreement.AGREE
    return Agreement.UNKNOWN


def _numbers(words: str) -> set[str]:
    """What counts divisions: digits and lone letters."""
    return {word for word in words.split() if word.isdigit() or len(word) == 1}
