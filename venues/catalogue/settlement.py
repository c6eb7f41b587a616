"""How a listing is settled, read out of the venue's own words: what decides, and what becomes of what was not played.

Two listings that can be won by different outcomes of one game are different questions, however alike their names: a
match over ninety minutes and one with extra time. Two that differ only in when they give the money back can share a
market, as long as the worst case counts that one venue may give back what another settles (`Market.void_alone`).
Source: MECHANICS, settlement as part of a market's identity; texts of recorded listings.
"""

import enum
import re
from collections.abc import Iterable

import msgspec

from domain.ids import VenueName
from venues.catalogue.names import fold


class Period(enum.StrEnum):
    """Which part of a game decides."""

    REGULATION = "regulation"
    OVERTIME = "overtime"
    UNSTATED = "unstated"
    CONTRADICTORY = "contradictory"


class Tie(enum.StrEnum):
    """What a level result, or a dead heat, does to who backed one of the level sides."""

    SHARED = "shared"
    VOID = "void"
    LOST = "lost"
    UNSTATED = "unstated"


class Unplayed(enum.StrEnum):
    """What becomes of a bet on what was abandoned, put off or not begun; or on a player who gave up."""

    VOID = "void"
    SETTLED = "settled"
    UNSTATED = "unstated"


class Settlement(msgspec.Struct, frozen=True):
    """The settlement rules of one listing. `horizon_h`: after so many hours what was put off counts as unplayed."""

    period: Period = Period.UNSTATED
    tie: Tie = Tie.UNSTATED
    unplayed: Unplayed = Unplayed.UNSTATED
    retired: Unplayed = Unplayed.UNSTATED
    horizon_h: int = 0


_EXTRA = r"(?:over ?time|extra ?time|extra innings|penalties|penalty shoot ?outs?|shoot ?outs?)"
_NOT_EXTRA = re.compile(
    rf"(?:exclud\w*|not includ\w*|without|before|not count\w*|no)\s(?:any |of |the )*{_EXTRA}|"
    rf"{_EXTRA}(?: \w+){{0,5}} (?:is|are|does|do|will|shall) not|"
    rf"{_EXTRA}(?: \w+){{0,3}} (?:excluded|disregarded)"
)
_EXTRA_COUNTS = re.compile(
    rf"(?:includ\w*|incl|counting|and|or|with|after)\s(?:any |the |potential |all )*{_EXTRA}|"
    rf"{_EXTRA}(?: \w+){{0,5}} (?:counts?|included|includes|apply|applies)|\bot included\b|\bincl ot\b"
)
_REGULATION = re.compile(
    r"\b(?:90|ninety) min\w*|regular time|regulation|full time|normal time|stoppage time|injury time"
)
_FAIR = re.compile(
    r"fair (?:market )?(?:price|value)|last (?:traded|fair) price|resolves? to no\b|settled? (?:on|as) the score"
)
_VOID = re.compile(r"\bvoid\w*|refund\w*|given back|no action|stakes? returned|bets? (?:are|is|will be) cancelled")
_UNPLAYED = re.compile(
    r"abandon\w*|postpon\w*|not (?:take place|played|completed|occur|start\w*|begin)|"
    r"cancel\w*|suspended|delay\w*|put off"
)
_RETIRED = re.compile(r"retire\w*|walkover|forfeit\w*|disqualif\w*|withdraw\w*|injury")
_BALL = re.compile(r"after a ball (?:has been|is|was) played|once (?:the match|play) has (?:started|begun)")
_HORIZON = re.compile(r"within (\w+) (hours?|days?|weeks?)")
_COUNTS = {"one": 1, "two": 2, "three": 3, "seven": 7, "ten": 10, "twelve": 12, "fourteen": 14}
_HOURS = {"hour": 1, "day": 24, "week": 168}


def read_settlement(text: str) -> Settlement:
    """What a text of rules says; what it does not say is unstated, and a text may say both of two things."""
    folded = re.sub(r"<[^>]*>", " ", text)
    sentences = [fold(one) for one in re.split(r"[.!?;](?:\s|$)|<br\s*/?>|\n", folded) if one.strip()]
    return Settlement(
        _period(sentences), _tie(sentences), _fate(sentences, _UNPLAYED), _retired(sentences), _horizon(sentences)
    )


def _period(sentences: list[str]) -> Period:
    regulation = overtime = False
    for said in sentences:
        without = bool(_NOT_EXTRA.search(said))
        counts = bool(_EXTRA_COUNTS.search(_NOT_EXTRA.sub(" ", said)))
        regulation |= without or (bool(_REGULATION.search(said)) and not counts)
        overtime |= counts and not without
    if regulation and overtime:
        return Period.CONTRADICTORY
    return Period.REGULATION if regulation else Period.OVERTIME if overtime else Period.UNSTATED


def _tie(sentences: list[str]) -> Tie:
    for said in sentences:
        if re.search(r"dead heat|\bties?\b|\btied\b|\bends? (?:in a draw|level)|\bdraw\b", said):
            if _VOID.search(said) or "push" in said.split():
                return Tie.VOID
            if re.search(r"dead heat (?:rules|applies)|50 50|split|shared|fair|half", said):
                return Tie.SHARED
            if re.search(r"resolves? to no|are losers|\blose\b", said):
                return Tie.LOST
    return Tie.UNSTATED


def _fate(sentences: list[str], about: re.Pattern[str]) -> Unplayed:
    """What becomes of bets in the sentences that are about this; a price in place of the money back is a settlement."""
    fates = {
        Unplayed.SETTLED if _FAIR.search(said) else Unplayed.VOID
        for said in sentences
        if about.search(said) and (_FAIR.search(said) or _VOID.search(said))
    }
    return fates.pop() if len(fates) == 1 else Unplayed.SETTLED if fates else Unplayed.UNSTATED


def _retired(sentences: list[str]) -> Unplayed:
    if any(_BALL.search(said) for said in sentences):
        return Unplayed.SETTLED
    return _fate(sentences, _RETIRED)


def _horizon(sentences: list[str]) -> int:
    found = [match for said in sentences if _UNPLAYED.search(said) for match in _HORIZON.finditer(said)]
    hours = [_count(one[1]) * _HOURS[one[2].removesuffix("s")] for one in found]
    return min((one for one in hours if one), default=0)


def _count(word: str) -> int:
    return int(word) if word.isdecimal() else _COUNTS.get(word, 0)


def structural(period: Period, *, has_draw: bool, overtime_usual: bool) -> Period:
    """What a question's own form says where the text is silent: who can bet on a draw bets on the regular time.

    Without a draw on offer a sport that plays on until there is a winner counts what it plays on.
    """
    if period is not Period.UNSTATED:
        return period
    if has_draw:
        return Period.REGULATION
    return Period.OVERTIME if overtime_usual else Period.UNSTATED


def quarrel(a: Settlement, b: Settlement) -> str:
    """Why two listings are not one question: other outcomes win them. Empty if nothing is known that says so."""
    if Period.CONTRADICTORY in (a.period, b.period):
        return "the rules say of the period both one thing and the other"
    if Period.UNSTATED not in (a.period, b.period) and a.period is not b.period:
        return f"{a.period} here, {b.period} there"
    if Tie.UNSTATED not in (a.tie, b.tie) and a.tie is not b.tie:
        return f"a level result is {a.tie} here, {b.tie} there"
    return ""


def void_alone(rules: Iterable[tuple[VenueName, Settlement]]) -> tuple[VenueName, ...]:
    """The venues that may give the money back where another settles: what the worst case must count.

    A venue that says nothing of what was not played is taken to give the money back, as bookmakers' custom is.
    """
    known = dict(rules)
    settling = {venue for venue, one in known.items() if one.unplayed is Unplayed.SETTLED}
    stands = {venue for venue, one in known.items() if one.retired is Unplayed.SETTLED}
    latest = max((one.horizon_h for one in known.values()), default=0)
    return tuple(
        venue
        for venue, one in known.items()
        if (settling and venue not in settling)
        or (stands and venue not in stands)
        or (one.horizon_h and one.horizon_h < latest)
    )
