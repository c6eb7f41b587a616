"""What is built for live trading looks at the clock, whatever its strategies say they look at."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.ids import MarketId
from domain.money import MICROS
from engine.replay import rebuild
from engine.state import State
from engine.telemetry import Telemetry
from engine.wiring import _rollups, build_core
from risk.verdicts import RefusalReason
from tests.builders import capabilities
from tests.engine.runs import ONE, STARTED, STORY, TWO, Live
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


def test_what_a_model_priced_before_a_death_counts_as_the_models_from_the_first_order_on(tmp_path: Path) -> None:
    """Once it counted in the very market that was asked for, and its bets in all other markets were nobody's."""
    live = Live(tmp_path / "run")
    live.record(*STORY[:9])
    live.journal.close()
    state, _ = rebuild(tmp_path / "run")
    limits = replace(loaded(tmp_path).limits, cap_model_micros={"goals": 500 * MICROS})
    rollups = _rollups(limits, state, {}, ())
    assert rollups is not None
    (standing,) = rollups.standing()
    assert (standing.reason, standing.name) == (RefusalReason.CAP_MODEL, "goals")
    assert standing.loss == state.exposure.market_loss_micros(MarketId("match")) > 0
