"""What is built for live trading looks at the clock, whatever its strategies say they look at."""

from pathlib import Path

import pytest

from engine.state import State
from engine.telemetry import Telemetry
from engine.wiring import build_core
from tests.builders import capabilities
from tests.engine.runs import ONE, STARTED, TWO
from tests.engine.streets import Notebook, Wishes, loaded


class BestOnly(Wishes):
    """A strategy that looks at best prices only."""

    looks_at_best_only = True


@pytest.mark.parametrize("desk", [[BestOnly()], [BestOnly(), Wishes()], []], ids=["all", "one of two", "nobody"])
def test_a_live_core_is_called_by_the_clock_even_where_all_look_at_best_prices_only(
    tmp_path: Path, desk: list[Wishes]
) -> None:
    state = State(STARTED)
    venues = {ONE: Notebook(capabilities("one")), TWO: Notebook(STARTED.capabilities[1])}
    core = build_core(loaded(tmp_path), state, venues, desk, Telemetry(state.venue_of))
    assert core.prices.best_only is False
