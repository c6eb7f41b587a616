"""Plans under trouble: pairs of venues and bets that are sent again, through kills, cuts and lost replies."""

from collections import Counter
from pathlib import Path

from domain.plans import PlanEnded, PlanKind, PlanMade
from engine.config import Loaded, load
from engine.simulate.options import SeedOptions
from engine.simulate.run import Simulation
from storage.journal import read
from tests.conftest import ROOT
from tests.demands.trials import VENUES
from venues.registry import CONSTRUCTORS

ARBITRAGE = """
[[strategies]]
name = "arbitrage"
uses = "strategy.arbitrage:Arbitrage"
settings = { min_edge = 0.002, profit_min = "0.01" }
"""
TAKER = 'uses = "strategy.value:ValueTaker"'
AGAIN = f"{TAKER}\nsettings = {{ again_ms = 400 }}"


def planning(folder: Path) -> Loaded:
    """The demo's desk, with everything on that makes plans."""
    text = (ROOT / "config.toml").read_text(encoding="utf-8")
    path = folder / "config.toml"
    path.write_text(text.replace(TAKER, AGAIN) + ARBITRAGE, encoding="utf-8")
    return load(path, {name: settings for name, (_, settings) in CONSTRUCTORS.items()})


def test_every_plan_of_a_stormy_run_is_done_even_or_carried_within_its_limit(tmp_path: Path) -> None:
    kinds: Counter[PlanKind] = Counter()
    for seed in range(5, 13):  # until a pair of venues was worth it: prices are seldom so far apart
        run = tmp_path / f"run-{seed}"
        simulation = Simulation(SeedOptions(seed, 0.2, "storm"), planning(tmp_path), VENUES, run)
        simulation.run()
        assert simulation.oracle.violations == []
        begun, ended = set(), set()
        for record, _ in read(run):
            if isinstance(record.body, PlanMade):
                kinds[record.body.kind] += 1
                begun.add(record.body.id)
            elif isinstance(record.body, PlanEnded):
                ended.add(record.body.id)
        assert begun == ended
        if kinds[PlanKind.ARBITRAGE]:
            break
    assert kinds[PlanKind.ARBITRAGE] > 0
    assert kinds[PlanKind.SPLIT] > 0
