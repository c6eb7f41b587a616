"""Asian lines: what our own settled bets were paid tells how all lines ended, whatever the market calls its runners."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import SelectionId
from domain.markets import Result
from domain.money import MICROS, half_up_to
from domain.orders import Side
from domain.settlement import PENNY, asian_handicap, in_pieces, settled_micros
from venues.betfair.lines import line_results
from venues.betfair.market_codec import selection_id
from venues.betfair.query_codec import ClearedOrder

HOME = SelectionId("47972@-0.25")


def cleared(profit: float, *, side: str = "BACK", stake: float = 10.0, odds: float = 1.95, **more: Any) -> ClearedOrder:
    """A settled bet on the home side of the line of a quarter."""
    named: dict[str, Any] = {"selection_id": 47972, "handicap": -0.25, "bet_outcome": "LOST"} | more
    return ClearedOrder(side=side, size_settled=stake, price_matched=odds, profit=profit, **named)


@pytest.mark.parametrize(
    ("line", "profit", "result", "parts"),
    [
        (-0.25, 9.5, Result.WON, ()),
        (0.25, 4.75, Result.WON, (1, 0, 2)),
        (-1.0, 0.0, Result.VOID, ()),
        (-0.25, -5.0, Result.LOST, (0, 1, 2)),
        (0.25, -10.0, Result.LOST, ()),
    ],
)
def test_what_a_bet_was_paid_says_how_its_line_ended(line: float, profit: float, result: Result, parts: Any) -> None:
    for row in (cleared(profit, handicap=line), cleared(-profit, side="LAY", handicap=line)):
        name = SelectionId(f"47972@{line:g}")
        assert line_results([row]) == ({name: result}, ((name, *parts),) if parts else ())


def test_each_line_of_a_market_has_its_own_end() -> None:
    """A draw takes half of a quarter given, pays half a goal had, and gives back what was level."""
    results, parts = line_results([cleared(-5.0), cleared(9.5, handicap=0.5), cleared(0.0, handicap=0.0)])
    assert results == {
        HOME: Result.LOST,
        SelectionId("47972@0.5"): Result.WON,
        SelectionId("47972"): Result.VOID,
    }
    assert parts == ((HOME, 0, 1, 2),)


@pytest.mark.parametrize(
    "rows",
    [
        [cleared(3.0)],
        [cleared(4.75)],
        [cleared(9.5), cleared(-10.0)],
        [cleared(-10.0), cleared(0.0, handicap=0.0)],
        [cleared(9.5), cleared(9.5, selection_id=47973, handicap=0.25)],
        [cleared(-5.0, handicap=-0.3)],
        [cleared(9.5), cleared(-10.0, selection_id=47973), cleared(9.5, selection_id=58805)],
    ],
    ids=["no end", "no half win of it", "one line", "two lines", "both sides", "no line", "three sides"],
)
def test_bets_that_no_score_explains_together_are_left_to_people(rows: list[ClearedOrder]) -> None:
    assert line_results(rows) == ({}, ())


def test_one_score_ends_the_bets_on_both_sides() -> None:
    """A draw: half of a bet on the side that gave the quarter is lost, of one on the other half is won."""
    away = SelectionId("47973@0.25")
    results, parts = line_results([cleared(-5.0), cleared(4.75, selection_id=47973, handicap=0.25)])
    assert (results, parts) == ({HOME: Result.LOST, away: Result.WON}, ((HOME, 0, 1, 2), (away, 1, 0, 2)))


@given(
    st.lists(
        st.tuples(
            st.sampled_from(["BACK", "LAY"]),
            st.integers(100, 50_000),
            st.integers(101, 5_000),
            st.integers(-10, 10),
            st.sampled_from([47972, 47973]),
        ),
        min_size=1,
        max_size=4,
    ),
    st.integers(-6, 6),
)
def test_whatever_was_paid_is_explained_by_the_score_that_was_found(
    bets: list[tuple[str, int, int, int, int]], diff: int
) -> None:
    """By our own arithmetic from its ends, each bet comes to what the venue paid, but for the penny."""
    rows, ours = [], []
    for side, pence, odds, quarters, runner in bets:
        line = Fraction(quarters, 4)
        end = asian_handicap(line=line, goal_diff=Fraction(diff if runner == 47972 else -diff))
        stake = Fraction(pence, 100)
        backed = end.profit(if_win=stake * (Fraction(odds, 100) - 1), if_lose=-stake)
        paid = half_up_to(backed if side == "BACK" else -backed, PENNY)
        more = {"handicap": quarters / 4, "selection_id": runner}
        rows.append(cleared(paid / MICROS, side=side, stake=pence / 100, odds=odds / 100, **more))
        ours.append((selection_id(runner, quarters / 4), Side[side], int(stake * odds * 10_000), pence * 10_000, paid))
    results, parts = line_results(rows)
    for name, way, claims, cost, paid in ours:
        sign = 1 if way is Side.BACK else -1
        found = settled_micros(sign * claims, sign * cost, results[name], in_pieces(parts).get(name))
        assert abs(found - paid) <= PENNY * (1 + cost // MICROS)
