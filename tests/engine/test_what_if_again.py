"""Strategies asked again over the tape of a run: two results on paper, side by side, worked out by hand."""

import json
from pathlib import Path

import pytest

from domain.ids import EventId, MarketId, SelectionId, VenueName
from domain.markets import Event, Listing, Mapping, Market
from engine.replay import NotFound
from engine.what_if import NO_TAPE, WITH_TAPE, what_if, what_if_run
from engine.what_if_again import Share, ask_again, words
from tests.backtest.made import CONFIG, SCRIPT, told
from tests.backtest.scripted import Line
from tests.engine.runs import written
from tests.venues.kalshi.test_played import OPENING, VENUE, A, delta, message
from venues.frames_file import FramesWriter
from venues.sim.listing import mapping_toml

FIVE = 'strategies.0.settings.lines.0.text="BACK 5 @ 48"'
MAPPED = Mapping(
    (Event(EventId("e"), "A v B", 1),),
    (Market(MarketId("m"), EventId("e"), "winner", ("A", "B")),),
    (Listing(VENUE, A, SelectionId("yes"), MarketId("m"), 0),),
)


@pytest.fixture
def run(tmp_path: Path) -> Path:
    """A run with a tape: 20 are offered at 48 cents, and YES it is; the strategy backs 10."""
    folder = written(tmp_path / "run")
    config = CONFIG.replace("GBP", "USD").replace("[venues.betfair]", "[venues.kalshi]")
    script = SCRIPT.replace("LINES", told([Line("yes", "BACK 10 @ 48", from_ms=1_000)]))
    (folder / "config.toml").write_text(config.replace(SCRIPT, script))
    writer = FramesWriter(folder / "tape", VENUE, unix_ns=lambda: 7, segment_bytes=10**6)
    ticks = [delta(n * 1_000, "0.30", "1", "yes", n + 1) for n in range(1, 6)]
    ending = [
        message(9_000, "market_lifecycle_v2", event_type=word, result="yes") for word in ("determined", "settled")
    ]
    for one in (*OPENING, *ticks, *ending):
        writer.write(one)
    writer.close()
    (folder / "tape" / "mapping.toml").write_text(mapping_toml(MAPPED))
    return folder


def test_both_configurations_are_played_on_paper(run: Path) -> None:
    """10 at 0.48 cost 4.80 and win 5.20; 0.07 x 10 x 0.2496 = 0.17472, to the cent of the balance 0.18.

    5 cost 2.40 and win 2.60; 0.08736, to the cent 0.09.
    """
    answer = ask_again(run, [FIVE])
    assert answer.then == {VENUE: Share(1, 1, 1, 4_800_000, 5_020_000)}
    assert answer.now == {VENUE: Share(1, 1, 1, 2_400_000, 2_510_000)}
    lines = list(words(answer))
    assert "Both are paper" in lines[0]
    assert [line.split() for line in lines[3:5]] == [
        ["kalshi", "as", "it", "was", "1", "1", "1", "4.80", "5.02"],
        ["kalshi", "changed", "1", "1", "1", "2.40", "2.51"],
    ]
    assert lines[-1].split() == ["all", "changed", "1", "1", "1", "2.40", "2.51"]


def test_the_same_configuration_gives_the_same_result(run: Path) -> None:
    answer = ask_again(run, ['strategies.0.settings.lines.0.text="BACK 10 @ 48"'])
    assert answer.then == answer.now


def test_the_door_tells_it_as_words_and_as_json(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert what_if_run(run, [FIVE], as_json=False) == 0
    assert "Both are paper" in capsys.readouterr().out
    assert what_if_run(run, [FIVE], as_json=True) == 0
    said = json.loads(capsys.readouterr().out)
    assert said["now"]["kalshi"]["net_micros"] == 2_510_000


def test_a_run_without_a_tape_says_how_to_keep_one_and_answers_of_decisions_as_before(tmp_path: Path) -> None:
    bare = written(tmp_path / "bare")
    with pytest.raises(NotFound, match="`tape = true` under"):
        ask_again(bare, [FIVE])
    assert what_if(bare, ["without=one"]).said == NO_TAPE


def test_decisions_are_still_routed_again_where_there_is_a_tape(run: Path) -> None:
    answer = what_if(run, ["without=one"])
    assert answer.said == WITH_TAPE
    assert set(answer.now) == {VenueName("two")}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ([FIVE, "without=one"], "ask them apart"),
        (["limits.cap_order=1,2"], "write one value"),
        (["limits.cap_order="], "write a place and its values"),
        (["limits.nonsense=1"], "unknown key `nonsense`"),
        (["nonsense.at.all=1"], "or, where the run kept a tape"),
    ],
)
def test_what_makes_no_sense_is_one_line(
    run: Path, capsys: pytest.CaptureFixture[str], changes: list[str], said: str
) -> None:
    assert what_if_run(run, changes, as_json=False) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1
