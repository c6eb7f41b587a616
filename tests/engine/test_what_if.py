"""What if: each take is routed again over the books it saw; nothing changed changes nothing, a key what it names."""

import json
from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.messages import RunEnded
from domain.orders import Side
from engine.replay import NotFound
from engine.what_if import NO_TAPE, what_if, what_if_run
from tests.engine.runs import CONTRACTS, ODDS, OPENING, decision, written
from tests.storage.long_runs import written as written_long


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """One take: 5 at odds of 2.00 at venue one, 27.62 contracts at 0.50 at venue two."""
    return written(tmp_path / "run")


def test_with_nothing_changed_every_take_goes_where_it_went(tmp_path: Path) -> None:
    run = written_long(tmp_path / "run", orders=20)
    for changes in ([], ["edge=0"], ["priority.one=100", "priority.two=100"]):
        answer = what_if(run, changes)
        assert (answer.takes, answer.changed) == (20, ())
        assert answer.then == answer.now


def test_without_a_venue_the_rest_gets_its_share_where_its_limit_allows(run: Path) -> None:
    answer = what_if(run, ["without=one"])
    [changed] = answer.changed
    assert changed.then == {ODDS.id: ((200, 5_000_000),), CONTRACTS.id: ((5_000, 27_620_000),)}
    assert changed.now == {CONTRACTS.id: ((5_000, 30_000_000),)}
    assert set(answer.now) == {"two"}


def test_a_fee_that_is_too_high_takes_a_venue_out(run: Path) -> None:
    [changed] = what_if(run, ["fee.two.taker_ppm=200000"]).changed
    assert set(changed.now) == {ODDS.id}


def test_a_better_price_can_be_asked_for(run: Path) -> None:
    [changed] = what_if(run, ["edge=0.01"]).changed
    assert set(changed.now) == {ODDS.id}
    assert what_if(run, ["edge=0.5"]).now == {}


def test_the_edge_of_a_lay_is_on_the_other_side(tmp_path: Path) -> None:
    lay = replace(decision(), side=Side.LAY, limit_e9=400_000_000)
    run = written(tmp_path / "run", *OPENING, lay, RunEnded("asked to"))
    before = what_if(run, [])
    assert before.now
    assert what_if(run, ["edge=0.55"]).now == {}


def test_less_money_is_less_of_an_order(run: Path) -> None:
    [changed] = what_if(run, ["available.one=2"]).changed
    [(price, size)] = changed.now[ODDS.id]
    assert (price, size <= 2_000_000) == (200, True)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ("speed=3", "write without=VENUE, fee"),
        ("without=three", "has no venue 'three', it has one, two"),
        ("fee.two.rate_ppm=1", "has no rate_ppm; its fee has taker_ppm"),
        ("available.one=much", "--what-if available.one=much"),
        ("fee.two.taker_ppm=1.5", "write without=VENUE"),
    ],
)
def test_a_key_that_means_nothing_is_told(run: Path, change: str, told: str) -> None:
    with pytest.raises(NotFound, match=told):
        what_if(run, [change])


def test_the_door_says_what_it_cannot_ask(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert what_if_run(run, ["without=one"], as_json=False) == 0
    told = capsys.readouterr().out
    assert NO_TAPE in told
    assert "1 takes routed again, 1 of them otherwise; 0 quotes left alone" in told
    assert what_if_run(run, ["without=one"], as_json=True) == 0
    assert json.loads(capsys.readouterr().out)["takes"] == 1
    assert what_if_run(run, ["nonsense"], as_json=True) == 2
