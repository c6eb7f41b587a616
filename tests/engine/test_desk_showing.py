"""Who sees a running engine may leave it: the demo then ends in order."""

import asyncio
import os
import sys
from pathlib import Path

import pytest

from engine.children import Children
from engine.desk_showing import run_showing
from tests.engine.streets import Hand


def test_lines_that_nobody_reads_any_more_end_the_demo_in_order(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    ends: list[str] = []
    with os.fdopen(writing, "w") as gone:
        monkeypatch.setattr(sys, "stdout", gone)
        asyncio.run(run_showing(Hand(tmp_path).street, Children(tmp_path), lambda: ends.append("asked for")))
    assert ends == ["asked for"]
