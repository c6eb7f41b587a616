"""Which questions of one event are one market, and which of its outcomes each selection is.

A match with a draw has three outcomes wherever it is listed. Where each outcome is a contract of its own, its YES is
that outcome backed and its NO that outcome laid, winning with both others: `Listing` names the outcome, the adapter
turns NO into a lay. A contract on a side never becomes a bet on the other side.
"""

from collections.abc import Sequence

import msgspec

from domain.ids import VenueName
from domain.markets import Listing, Market
from venues.catalogue.fixtures import Fixture, Verdict, runner_name
from venues.catalogue.listed import ListedQuestion, ListedSelection, Role
from venues.catalogue.names import Grade, fold, grade, parse_name
from venues.catalogue.settlement import (
    Period,
    Settlement,
    quarrel,
    read_settlement,
    structural,
    void_alone,
)

SIDES = ("home", "away")
OUTCOMES: dict[str, tuple[str, ...]] = {
    "match_odds": ("home", "draw", "away"),
    "moneyline": SIDES,
    "draw_no_bet": SIDES,
    "to_qualify": SIDES,
    "over_under": ("over", "under"),
    "both_to_score": ("yes", "no"),
    "asian_handicap": SIDES,
}
"""Kinds of questions that we know, with their outcomes in our order."""

SPELLED = {"both_teams_to_score": "both_to_score", "money_line": "moneyline"}

FIELDS = frozenset({"win"})
"""Kinds whose outcomes are those who run, of whom one wins."""

PLAYS_ON = frozenset({"baseball", "basketball", "american_football", "ice_hockey"})
"""Sports that play until there is a winner where no draw is on offer."""

SAID = {
    Period.REGULATION: "regulation time with stoppage time, without overtime",
    Period.OVERTIME: "including overtime",
    Period.UNSTATED: "the whole event",
    Period.CONTRADICTORY: "",
}
"""What a market of ours says of its settlement."""


class Asked(msgspec.Struct, frozen=True):
    """One venue's question with what was read of it. `turned`: it names the sides the other way round than we do."""

    venue: VenueName
    fixture: Fixture
    question: ListedQuestion
    turned: bool
    settlement: Settlement
    doubt: str


class Answer(msgspec.Struct, frozen=True):
    """What one venue's question comes to in a market of ours."""

    asked: Asked
    market: Market
    verdict: Verdict
    why: str
    listings: tuple[Listing, ...]


def market_kind(question: ListedQuestion, *, turned: bool = False) -> str:
    """Our word for a question with its line, such as `over_under_25`; empty for what we do not trade.

    A handicap is that of our home side: `asian_handicap_-0.25`; a venue that names the sides the other way round tells
    it of the other. A kind that we do not know is passed on: there may be a market of ours that somebody wrote.
    """
    if question.kind == "asian_handicap" and question.line:
        goals = float(question.line)
        return f"asian_handicap_{(-goals if turned else goals) + 0.0:g}" if (4 * goals).is_integer() else ""
    if question.kind != "over_under":
        return "" if question.line else plain_kind(question.kind)
    whole, _, part = question.line.partition(".")
    return f"over_under_{whole}{part}" if whole.isdecimal() and part == "5" else ""


def plain_kind(kind: str) -> str:
    """One spelling of a kind that goes by several."""
    return SPELLED.get(kind.lower(), kind.lower())


def is_known(kind: str) -> bool:
    """Whether markets of a kind are made for it when venues list them."""
    return base_kind(kind) in OUTCOMES or kind in FIELDS


def base_kind(kind: str) -> str:
    """A kind of ours without its line."""
    return next((one for one in ("over_under", "asian_handicap") if kind.startswith(f"{one}_")), kind)


def read_question(venue: VenueName, where: Fixture, question: ListedQuestion, *, turned: bool) -> Asked:
    """A question with its settlement; where its selections' texts differ in what counts, that is a doubt."""
    found = {read_settlement(one.rules) for one in question.selections}
    doubt = "" if len(found) == 1 else "its selections settle by different rules"
    settled = min(found, key=repr)
    usual = usual_period(where.event.sport, question.kind, settled.period)
    if question.kind == "match_odds" and usual is not Period.REGULATION:
        doubt = doubt or f"there is a draw to bet on, and the rules say {usual}"
    return Asked(venue, where, question, turned, msgspec.structs.replace(settled, period=usual), doubt)


def usual_period(sport: str, kind: str, said: Period) -> Period:
    """Which part of the game decides, by the text and else by the form of the question."""
    if kind == "to_qualify":
        return Period.OVERTIME
    return structural(said, has_draw=kind == "match_odds" or sport == "football", overtime_usual=sport in PLAYS_ON)


def new_outcomes(asked: Asked) -> tuple[str, ...]:
    """The outcomes of a market of ours that is made for a question."""
    known = OUTCOMES.get(asked.question.kind)
    return known or tuple(one.name for one in asked.question.selections)


def answers(market: Market, asked: Sequence[Asked], *, is_ours: bool) -> list[Answer]:
    """What becomes of each venue's question about one market; questions that are asked twice by a venue are doubted.

    A market that is new is told by those who agree with most of the others.
    """
    ours = read_settlement(market.rules) if is_ours else _told_by_most(asked)
    joined = [one for one in asked if not quarrel(ours, one.settlement)]
    alone = void_alone((one.venue, one.settlement) for one in joined)
    if not is_ours:
        market = msgspec.structs.replace(market, rules=SAID[ours.period], void_alone=alone)
    return [_answer(market, one, ours, set(alone) - set(market.void_alone), asked) for one in asked]


def _told_by_most(asked: Sequence[Asked]) -> Settlement:
    return min(
        (one.settlement for one in asked), key=lambda told: sum(bool(quarrel(told, o.settlement)) for o in asked)
    )


def _answer(market: Market, one: Asked, ours: Settlement, untold: set[VenueName], asked: Sequence[Asked]) -> Answer:
    against = quarrel(ours, one.settlement)
    listings, missing = place(market, one)
    if against or missing:
        return Answer(one, market, Verdict.REFUSED, missing or f"settles otherwise: {against}", listings)
    twice = sum(other.venue == one.venue for other in asked) > 1
    doubt = "the venue asks this twice" if twice else one.doubt
    if one.venue in untold:
        doubt = doubt or "it may give back what others settle, and void_alone does not name it"
    return Answer(one, market, Verdict.AMBIGUOUS if doubt else Verdict.CONFIDENT, doubt, listings)


def place(market: Market, one: Asked) -> tuple[tuple[Listing, ...], str]:
    """A listing for each selection, or why they do not fit the market's outcomes."""
    listings: dict[int, Listing] = {}
    for selection in one.question.selections:
        outcome = _outcome(market, one, selection)
        if outcome is None:
            return (), f"{selection.name!r} is none of {', '.join(market.outcomes)}"
        if outcome in listings:
            return (), f"two selections are {market.outcomes[outcome]!r}"
        listings[outcome] = Listing(
            one.venue, selection.venue_market, selection.selection, market.id, outcome, selection.rules_hash
        )
    if not one.question.alone and len(listings) < len(market.outcomes):
        return (), f"{len(listings)} selections for {len(market.outcomes)} outcomes"
    return tuple(listings[outcome] for outcome in sorted(listings)), ""


def _outcome(market: Market, one: Asked, selection: ListedSelection) -> int | None:
    """Which outcome a selection is, None if it cannot be told."""
    if selection.role is not Role.NAMED and selection.role.value in market.outcomes:
        return market.outcomes.index(selection.role.value)
    if base_kind(market.kind) in FIELDS or not {"home", "away"} <= set(market.outcomes):
        names, name = [runner_name(one) for one in market.outcomes], runner_name(selection.name)
        return names.index(name) if names.count(name) == 1 else None
    side = _side(one, selection.name)
    return None if side is None else _index(market, SIDES[side != one.turned])


def _index(market: Market, outcome: str) -> int | None:
    return market.outcomes.index(outcome) if outcome in market.outcomes else None


def _side(one: Asked, text: str) -> int | None:
    """Which of the venue's own two sides a selection names: the same letters, else the only one it can be."""
    sides = one.fixture.event.participants
    same = [number for number, side in enumerate(sides) if fold(side) == fold(text)]
    if len(same) == 1:
        return same[0]
    name = parse_name(text, one.fixture.event.sport)
    likeness = [grade(name, side) for side in one.fixture.names]
    best = max(range(len(likeness)), key=lambda number: likeness[number], default=None)
    if best is None or likeness[best] is Grade.OTHER or likeness.count(likeness[best]) > 1:
        return None
    return best if all(g is Grade.OTHER or g < Grade.NEAR for n, g in enumerate(likeness) if n != best) else None
