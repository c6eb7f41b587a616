"""How long the watchdog lets an engine be away."""

import pytest

from engine.watchdog_process import Absence, Life

SECOND_NS = 1_000_000_000
ANSWERS, SILENT, GONE = Life.ANSWERS, Life.SILENT, Life.GONE


@pytest.mark.parametrize(
    ("found", "acts_at"),
    [
        ([SILENT] * 12, 5),
        ([GONE] * 12, 10),
        ([SILENT, GONE] * 6, 6),
        ([GONE, GONE, GONE, GONE, GONE, GONE, SILENT, GONE], 6),
        ([SILENT, SILENT, SILENT, SILENT, ANSWERS] * 3, None),
    ],
)
def test_an_engine_that_is_silent_and_gone_in_turns_is_away_all_the_while(found: list[Life], acts_at) -> None:
    absence = Absence()
    acted = [
        n for n, life in enumerate(found) if absence.is_over_long(life, looked_ns=n * SECOND_NS, now_ns=n * SECOND_NS)
    ]
    assert (acted[0] if acted else None) == acts_at
