"""Matches that a stream loses without a gap are all found; `python -m tests.simulation.silent_loss` has more seeds."""

from pathlib import Path

from tests.simulation.silent_loss import run


def test_every_match_that_no_stream_told_is_found(tmp_path: Path) -> None:
    count = run(tmp_path, seed=1, chance=0.5)
    assert count.lost >= 3
    assert (count.never, count.breaks + count.otherwise) == (0, count.lost)
    assert count.breaks >= 1
