"""Who sees a running engine may leave it: the demo then ends in order."""

import asyncio
import os
from contextlib import redirect_stdout
from pathlib import Path

from engine.children import Children
from engine.desk_showing import fitted, run_showing
from tests.engine.streets import Hand


def test_lines_that_nobody_reads_any_more_end_the_demo_in_order(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ends: list[str] = []
    with os.fdopen(writing, "w") as gone, redirect_stdout(gone):
        asyncio.run(run_showing(Hand(tmp_path).street, Children(tmp_path), lambda: ends.append("asked for")))
    assert ends == ["asked for"]


def test_a_figure_that_a_narrow_terminal_cuts_is_seen_to_be_cut() -> None:
    assert fitted("worst loss 12.5 of 400", 22) == "worst loss 12.5 of 400"
    assert fitted("worst loss 12.5 of 400", 21) == "worst loss 12.5 of 4…"
    assert fitted("worst", 0) == "…"
