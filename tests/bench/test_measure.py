"""Turns, ratios and verdicts of the bench, on costs that are made up."""

import pytest

from bench.measure import Goal, Line, Row, Spread, lines, quantile, spread, take_turns
from bench.table import printed, summed


def test_cases_take_turns_within_a_round_after_one_that_does_not_count() -> None:
    seen: list[str] = []

    def case(name: str, cost: float):
        def run() -> float:
            seen.append(name)
            return cost

        return run

    costs = take_turns({"a": case("a", 1.0), "b": case("b", 2.0)}, 2)
    assert "".join(seen) == "ababab"
    assert costs == {"a": [1.0, 1.0], "b": [2.0, 2.0]}


def test_a_ratio_is_of_the_same_round_and_not_of_two_medians() -> None:
    base, ours = lines({"base": [1.0, 10.0, 2.0], "ours": [3.0, 30.0, 8.0]}, ours=["ours"])
    assert base.ratio == Spread(1.0, 1.0, 1.0)
    assert ours.ratio == Spread(3.0, 3.0, 4.0)
    assert ours.us == Spread(8.0, 3.0, 30.0)


def test_whatever_is_neither_first_nor_ours_is_a_peer() -> None:
    assert [line.peer for line in lines({"base": [1.0], "ours": [2.0], "theirs": [3.0]}, ours=["ours"])] == [
        False,
        False,
        True,
    ]


@pytest.mark.parametrize(
    ("goal", "met"),
    [(Goal(2.0), True), (Goal(1.9), False), (Goal(5.0, "us"), False), (Goal(7.0, "us"), True)],
)
def test_a_target_is_held_against_the_ratio_or_against_the_cost(goal: Goal, met: bool) -> None:
    _, ours = lines({"base": [3.0], "ours": [6.0]}, {"ours": goal}, ours=["ours"])
    assert ours.met is met


def test_a_floor_is_met_from_above() -> None:
    assert Line("a", spread([5.0]), spread([1.0]), target=4.0, target_of="us", at_least=True).met is True


def test_the_table_says_what_is_met_missed_and_missing() -> None:
    row = Row(
        "replay", "a message", lines({"base": [1.0], "ours": [3.0]}, {"ours": Goal(1.8)}, ours=["ours"]), ("why",)
    )
    absent = Row("backtest", "a message", missing="no peer")
    assert "target <= 1.8: MISSED" in printed(row)
    assert "why" in printed(row)
    assert printed(absent) == "backtest: missing, no peer"
    assert summed([row, absent]) == "0 of 1 targets met; missing rows: backtest"


def test_a_quantile_is_a_value_that_was_measured() -> None:
    values = [float(number) for number in range(100)]
    assert (quantile(values, 0.5), quantile(values, 0.99), quantile([1.0], 0.99)) == (50.0, 99.0, 1.0)
