"""Asian lines: what our own settled bets were paid tells how each line ended, whatever the market calls its runners."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import SelectionId
from domain.markets import Result
from domain.money import MICROS, half_up_to
from domain.orders import Side
from domain.settlement import LINE_ENDS, PENNY, Parts, in_pieces, settled_micros
from venues.betfair.lines import line_results
from venues.betfair.query_codec import ClearedOrder

HOME = SelectionId("47972@-0.25")
NOTHING = Parts(Fraction(0), Fraction(0))


def cleared(profit: float, *, side: str = "BACK", stake: float = 10.0, odds: float = 1.95, **more: Any) -> ClearedOrder:
    """A settled bet on the home side of the line of a quarter."""
    named: dict[str, Any] = {"selection_id": 47972, "handicap": -0.25, "bet_outcome": "LOST"} | more
    return ClearedOrder(side=side, size_settled=stake, price_matched=odds, profit=profit, **named)


@pytest.mark.parametrize(
    ("profit", "result", "parts"),
    [
        (9.5, Result.WON, ()),
        (4.75, Result.WON, ((HOME, 1, 0, 2),)),
        (0.0, Result.VOID, ()),
        (-5.0, Result.LOST, ((HOME, 0, 1, 2),)),
        (-10.0, Result.LOST, ()),
    ],
)
def test_what_a_bet_was_paid_says_how_its_line_ended(profit: float, result: Result, parts: Any) -> None:
    assert line_results([cleared(profit)]) == ({HOME: result}, parts)
    assert line_results([cleared(-profit, side="LAY")]) == ({HOME: result}, parts)


def test_each_line_of_a_market_has_its_own_end() -> None:
    results, parts = line_results([cleared(-5.0), cleared(9.5, handicap=0.5), cleared(0.0, handicap=0.0)])
    assert results == {
        HOME: Result.LOST,
        SelectionId("47972@0.5"): Result.WON,
        SelectionId("47972"): Result.VOID,
    }
    assert parts == ((HOME, 0, 1, 2),)


def test_bets_that_no_end_explains_are_left_to_people() -> None:
    assert line_results([cleared(3.0)]) == ({}, ())
    assert line_results([cleared(9.5), cleared(-10.0)]) == ({}, ()), "two bets on one side of one line cannot differ"


@given(
    st.lists(
        st.tuples(st.sampled_from(["BACK", "LAY"]), st.integers(100, 50_000), st.integers(101, 5_000)),
        min_size=1,
        max_size=4,
    ),
    st.sampled_from(LINE_ENDS),
)
def test_whatever_was_paid_is_explained_by_the_end_that_was_found(bets: list[tuple[str, int, int]], end: Parts) -> None:
    """By our own arithmetic from that end, each bet comes to what the venue paid, but for the penny."""
    rows, ours = [], []
    for side, pence, odds in bets:
        stake = Fraction(pence, 100)
        backed = end.profit(if_win=stake * (Fraction(odds, 100) - 1), if_lose=-stake)
        paid = half_up_to(backed if side == "BACK" else -backed, PENNY)
        rows.append(cleared(paid / MICROS, side=side, stake=pence / 100, odds=odds / 100))
        ours.append((Side[side], int(stake * odds * 10_000), pence * 10_000, paid))
    results, parts = line_results(rows)
    for side, claims, cost, paid in ours:
        sign = 1 if side is Side.BACK else -1
        found = settled_micros(sign * claims, sign * cost, results[HOME], in_pieces(parts).get(HOME))
        assert abs(found - paid) <= PENNY * (1 + cost // MICROS)
