"""The door `values`: every market of a match from one source, and one line where the source is none."""

import json

import pytest

from engine.doors import main


def said(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[tuple[str, str], dict[str, float]]:
    assert main(["values", *arguments, "--json"]) == 0
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    return {(row.pop("market"), row.pop("outcome")): row for row in rows}


def test_goals_expected_price_every_market(capsys) -> None:
    rows = said(capsys, "--goals", "1.5,1.1")
    assert rows["match_odds", "home"] == {"chance": 0.464244, "fair_odds": 2.154}
    assert rows["over_under_25", "over"]["chance"] == 0.48157
    assert rows["both_to_score", "yes"]["chance"] == 0.518272
    assert {kind for kind, _ in rows} == {
        "match_odds", "double_chance", "draw_no_bet", "to_advance", "over_under_25", "both_to_score",
    }  # fmt: skip


def test_in_running_the_score_and_the_time_left_count(capsys) -> None:
    rows = said(capsys, "--goals", "1.5,1.1", "--score", "1-0", "--left", "0", "--lines", "0.5,1.5")
    assert rows["match_odds", "home"] == {"chance": 1.0, "fair_odds": 1.0}
    assert rows["match_odds", "away"] == {"chance": 0.0, "fair_odds": ""}
    assert (rows["over_under_05", "over"]["chance"], rows["over_under_15", "over"]["chance"]) == (1.0, 0.0)


def test_chances_of_the_result_price_what_depends_on_it(capsys) -> None:
    rows = said(capsys, "--result", "0.45,0.27,0.28", "--through", "0.55")
    assert rows["to_advance", "home"]["chance"] == 0.5985
    assert ("both_to_score", "yes") not in rows


def test_odds_on_the_result_say_what_the_others_may_cost(capsys) -> None:
    rows = said(capsys, "--odds", "2.0,4.0,4.0")
    assert rows["draw_no_bet", "home"] == {"odds": 1.5}
    assert rows["double_chance", "away or draw"] == {"odds": 2.0}


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--goals", "1.5"], "takes 2 numbers"),
        (["--goals", "1.5,many"], "numbers with commas"),
        (["--goals", "1.5,99"], "in [0, 50]"),
        (["--goals", "1,1", "--score", "2:1"], "a score such as 2-1"),
        (["--result", "0.5,0.5,0.5"], "sum to 1"),
        (["--odds", "2,0.5,3"], "above 1"),
        ([], "required"),
    ],
)
def test_what_is_no_match_is_one_line(capsys, arguments, why) -> None:
    assert main(["values", *arguments]) == 2
    error = capsys.readouterr().err
    assert why in error
    assert error.count("\n") == 1
