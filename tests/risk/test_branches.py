"""Branches of settlement that are no plain win: Asian lines, dead heats, places and legs voided alone, by hand.

The judge here knows no vector: it settles every bet by every final score, or by every set of winners, with plain
fractions, takes each venue's commission off what its market won in sum, and adds up. What is open is matched wherever
that hurts. So the figure that the desk trades on is compared with what would be paid.
"""

from collections import defaultdict
from fractions import Fraction
from itertools import combinations

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.fees import NetWinFee
from domain.ids import MarketId, SelectionId, VenueName, instrument_id
from domain.markets import Instrument
from domain.orders import Order, Side
from domain.settlement import Parts, asian_handicap, dead_heat
from risk.exposure import Exposure
from risk.scenarios import joint_loss_micros
from tests.risk.builders import PAR, instrument, market, order

MICROS = 1_000_000
FEES = {"a": NetWinFee(rate_ppm=50_000, step_micros=1), "b": NetWinFee(rate_ppm=20_000, step_micros=1)}
RATES = {"a": 125_000_000, "b": PAR}
Bet = tuple[Order, Instrument]
Settled = dict[int, Parts]
"""How each outcome ended: the parts of a bet on it that won and that lost; what is missing of one is given back."""

ROUNDING_MICROS = 20
"""Every venue's commission and every conversion is rounded against us to a millionth."""


def paid(bets: list[Bet], settled: Settled) -> Fraction:
    """What all bets come to in base after commission, open ones matched where that hurts."""
    gross: defaultdict[str, Fraction] = defaultdict(Fraction)
    for placed, on in bets:
        parts = settled[on.listing.outcome]
        odds = Fraction(placed.price, 100)
        sign = 1 if placed.side is Side.BACK else -1

        def result(stake: int, *, odds: Fraction = odds, sign: int = sign, parts: Parts = parts) -> Fraction:
            return sign * stake * (parts.won * (odds - 1) - parts.lost)

        gross[on.listing.venue] += result(placed.matched_micros) + min(Fraction(0), result(placed.exposed_micros))
    return sum(
        (
            (total * (1 - Fraction(FEES[venue].rate_ppm, MICROS)) if total > 0 else total) * Fraction(RATES[venue], PAR)
            for venue, total in gross.items()
        ),
        Fraction(0),
    )


def counted(bets: list[Bet], **more: object) -> int:
    asked = market(**more)  # type: ignore[arg-type]
    exposure = Exposure([asked])
    for placed, on in bets:
        exposure.update(None, placed, on, RATES[on.listing.venue])
    return exposure.worst_loss_micros(asked.event)


@st.composite
def bets_on(draw: st.DrawFn, outcomes: int, most: int = 6) -> list[Bet]:
    bets = []
    for _ in range(draw(st.integers(1, most))):
        name = draw(st.sampled_from(sorted(FEES)))
        on = instrument(name, draw(st.integers(0, outcomes - 1)), FEES[name])
        size = draw(st.integers(1, 200))
        side, odds = draw(st.sampled_from(["BACK", "LAY"])), draw(st.sampled_from(["1.50", "1.95", "2.10", "6.00"]))
        matched = draw(st.sampled_from([0, size // 2, size]))
        bets.append((order(f"{side} {size} @ {odds}", on, matched=str(matched)), on))
    return bets


def holds(found: int, worst: Fraction) -> None:
    """The figure is the worst that can be paid, rounded against us."""
    assert 0 <= found + min(Fraction(0), worst) <= ROUNDING_MICROS


@settings(max_examples=60)
@given(bets_on(2), st.integers(-10, 10))
def test_an_asian_line_loses_no_more_than_its_worst_score_whole_half_or_quarter(bets: list[Bet], quarters: int) -> None:
    line = Fraction(quarters, 4)
    worst = min(
        paid(
            bets,
            {
                0: asian_handicap(line=line, goal_diff=Fraction(diff)),
                1: asian_handicap(line=-line, goal_diff=Fraction(-diff)),
            },
        )
        for diff in range(-6, 7)
    )
    holds(counted(bets, outcomes=2), worst)


def on_line(bets: list[Bet], name: str) -> list[Bet]:
    """The same bets on a line of that name; all lines are in one market of each venue."""
    moved = []
    for placed, on in bets:
        listing = replace(on.listing, market=MarketId(name), selection=SelectionId(f"{on.listing.outcome}@{name}"))
        key = instrument_id(listing.venue, venue_market=listing.venue_market, selection=listing.selection)
        moved.append((replace(placed, instrument=key), replace(on, id=key, listing=listing)))
    return moved


@settings(max_examples=60)
@given(bets_on(2, most=4), bets_on(2, most=4), bets_on(3, most=4), st.integers(-6, 6), st.integers(-6, 6))
def test_lines_of_one_venue_market_lose_no_more_together_than_they_are_counted_for(
    first: list[Bet], second: list[Bet], result: list[Bet], a: int, b: int
) -> None:
    """Commission falls on what both lines won in sum. Beside them is bet who wins the match: one score ends all."""
    names = f"asian_handicap_{a / 4:g}", f"asian_handicap_{b / 4:g} "
    asked = [replace(market(name, 2), kind=name.strip(), outcomes=("home", "away")) for name in names] + [
        replace(market("match", 3), kind="match_odds", outcomes=("home", "draw", "away"))
    ]
    exposure = Exposure(asked)
    lines = [on_line(bets, name) for bets, name in zip((first, second), names, strict=True)]
    for placed, on in (*lines[0], *lines[1], *result):
        exposure.update(None, placed, on, RATES[on.listing.venue])
    worst = min(ended(lines, (a, b), diff) + paid(result, who_won(diff)) for diff in range(-9, 10))
    counted = exposure.worst_loss_micros(asked[0].event)
    assert counted + worst >= 0
    joint = joint_loss_micros(asked, {one.id: exposure.worst_by_outcome_micros(one.id) for one in asked})
    assert -worst <= joint + ROUNDING_MICROS
    assert joint <= counted + ROUNDING_MICROS


def ended(lines: list[list[Bet]], quarters: tuple[int, int], diff: int) -> Fraction:
    """What both lines come to together when the home side scored so many more."""
    spread = []
    settled: Settled = {}
    for number, (bets, line) in enumerate(zip(lines, quarters, strict=True)):
        for side, sign in ((0, 1), (1, -1)):
            settled[2 * number + side] = asian_handicap(line=sign * Fraction(line, 4), goal_diff=Fraction(sign * diff))
        for placed, on in bets:
            spread.append((placed, replace(on, listing=replace(on.listing, outcome=2 * number + on.listing.outcome))))
    return paid(spread, settled)


def who_won(diff: int) -> Settled:
    won, lost = Parts(Fraction(1), Fraction(0)), Parts(Fraction(0), Fraction(1))
    winner = 0 if diff > 0 else 1 if diff == 0 else 2
    return {outcome: won if outcome == winner else lost for outcome in range(3)}


@settings(max_examples=40)
@given(bets_on(3))
def test_a_dead_heat_is_no_worse_than_the_worst_single_winner(bets: list[Bet]) -> None:
    """Of two that share the first place each pays half: whatever that comes to, the worst loss has counted it."""
    won, lost = Parts(Fraction(1), Fraction(0)), Parts(Fraction(0), Fraction(1))
    alone = min(paid(bets, {k: won if k == winner else lost for k in range(3)}) for winner in range(3))
    shared = min(
        paid(bets, {k: dead_heat(tied=2, places=1) if k in pair else lost for k in range(3)})
        for pair in combinations(range(3), 2)
    )
    found = counted(bets, outcomes=3)
    holds(found, alone)
    assert found + shared >= 0


@settings(max_examples=40)
@given(bets_on(4, most=5), st.integers(1, 3))
def test_places_lose_no_more_than_their_worst_set_of_winners(bets: list[Bet], winners: int) -> None:
    won, lost = Parts(Fraction(1), Fraction(0)), Parts(Fraction(0), Fraction(1))
    worst = min(
        paid(bets, {k: won if k in placed else lost for k in range(4)}) for placed in combinations(range(4), winners)
    )
    found = counted(bets, outcomes=4, winners=winners)
    assert found + min(Fraction(0), worst) >= 0
    assert found + min(Fraction(0), worst) <= ROUNDING_MICROS + 4 * len(bets)


@settings(max_examples=40)
@given(bets_on(3, most=5))
def test_a_selection_that_one_venue_voids_and_the_other_settles_is_a_branch(bets: list[Bet]) -> None:
    won, lost, void = (Parts(Fraction(a), Fraction(b)) for a, b in ((1, 0), (0, 1), (0, 0)))
    worst = Fraction(0)
    for winner in range(3):
        for voided in (kept for size in range(4) for kept in combinations(range(3), size)):
            by_venue = {
                "a": {k: void if k in voided else won if k == winner else lost for k in range(3)},
                "b": {k: won if k == winner else lost for k in range(3)},
            }
            total = sum(
                (paid([bet for bet in bets if bet[1].listing.venue == venue], by_venue[venue]) for venue in by_venue),
                Fraction(0),
            )
            worst = min(worst, total)
    holds(counted(bets, outcomes=3, void_alone=(VenueName("a"),)), worst)
