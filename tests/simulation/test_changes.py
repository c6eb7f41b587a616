"""Quotes that move in one act of their venue, through trouble: the judge is silent, and it sees what he should see."""

from collections import Counter
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from domain.amending import AmendAccepted, AmendOrder, AmendRefused
from domain.ids import VenueName
from domain.orders import Order
from engine.config import Loaded
from engine.simulate.options import SeedOptions
from engine.simulate.run import Simulation
from oms import amending
from storage.tail import Tail
from tests.simulation.planted import planted
from tests.simulation.test_planted import configured
from venues.registry import DEMOS

USUAL = tuple(VenueName(name) for name in DEMOS if name in ("betfair", "kalshi", "matchbook"))


def moving() -> Loaded:
    """The demo's desk, whose quotes move in one act wherever that is offered."""
    loaded = configured()
    deciding = replace(loaded.config.deciding, requoting=replace(loaded.config.deciding.requoting, amend=True))
    return replace(loaded, config=replace(loaded.config, deciding=deciding))


def ran(seed: int, folder: Path, faults: str, hours: float) -> tuple[Simulation, Counter[str]]:
    """One seed, and how often each word about a change was said."""
    options = SeedOptions(seed, hours, faults, pace=0.1, matches=2, recon_s=20)
    simulation = Simulation(options, moving(), USUAL, folder)
    simulation.run()
    said: Counter[str] = Counter()
    for record in Tail(folder).new_records():
        body = record.body
        if isinstance(body, AmendOrder):
            said["replaced" if body.successor else "changed"] += 1
        elif isinstance(body, AmendAccepted | AmendRefused):
            said[type(body).__name__] += 1
    return simulation, said


def test_changes_through_a_storm_break_no_law(tmp_path: Path) -> None:
    simulation, said = ran(2, tmp_path, "storm", 0.2)
    assert simulation.oracle.violations == []
    assert min(said[word] for word in ("replaced", "changed", "AmendAccepted", "AmendRefused")) > 0, said
    assert simulation.met["reply_lost"] > 0


def takes_heirs_for_small(successor_of: Any) -> Any:
    """Whoever asked for a replacement counts on a tenth of it."""

    def wrong(*order: Any) -> Order:
        heir: Order = successor_of(*order)
        return replace(heir, size_micros=heir.size_micros // 10)

    return wrong


def test_a_replacement_that_is_counted_too_small_is_seen(tmp_path: Path) -> None:
    with planted(amending, "successor_of", takes_heirs_for_small):
        simulation, _ = ran(1, tmp_path, "none", 0.05)
    assert "I4" in {violation.law for violation in simulation.oracle.violations}
