"""The whole program and its exchanges in virtual time, with a witness before every port."""

import tempfile
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from domain.ids import VenueName
from engine.backtest.campaign import load_config
from engine.config import Loaded
from engine.simulate.options import options_of
from engine.simulate.process import endpoint
from engine.simulate.run import Simulation
from tests.tidy.house import ROOT
from tests.venues.official.judges import Judge
from tests.venues.official.witness import PROTOCOLS, Witness
from venues.registry import USUAL

OTHERWISE = {
    "venues.kalshi.order_entry": "fix",
    "venues.kalshi.books": "fix",
    "venues.matchbook.feed": "websocket",
}
"""The other way of each venue that has two: FIX sessions for orders and books, a pushed feed beside the polls."""

ARMED = {
    "venues.kalshi.expires_s": "30",
    "venues.kalshi.group_contracts": "40",
    "venues.kalshi.group_reset_s": "20",
}
"""Switches on the venue's own side, which its requests can be armed with and FIX cannot."""

MOVING: dict[str, Any] = {"deciding.requoting.amend": True}
"""Quotes that move in one act of their venue."""

HURRIED: dict[str, Any] = {"speed": 60.0, "pace": 0.1, "recon_s": 10}
"""A world in which a match is played, and settled, in two minutes."""


def configured(*, fix: bool, moving: bool) -> Loaded:
    """The demo's desk; with FIX where there is FIX, and a pushed feed where there is one."""
    changed: dict[str, Any] = {**(OTHERWISE if fix else ARMED), **(MOVING if moving else {})}
    return load_config(ROOT / "config.toml", [*changed.items()])


def cross(judge: Judge, seed: int, *, minutes: float, faults: str, fix: bool, moving: bool) -> int:
    """One stretch of trading judged message by message; how many orders there were.

    `moving`: quotes are changed where they stand, and the world hurries until its markets are settled.
    """
    with tempfile.TemporaryDirectory() as folder:
        options = replace(options_of(seed, hours=minutes / 60, faults=faults), **(HURRIED if moving else {}))
        loaded, venues = configured(fix=fix, moving=moving), tuple(VenueName(name) for name in USUAL)
        simulation = Simulation(options, loaded, venues, Path(folder))
        for (venue, role), server in simulation.exchanges.servers().items():
            at = endpoint(venue, role)
            witness = Witness(server, venue, PROTOCOLS[venue, role], judge.hear)
            simulation.network.listen((at.host, at.port), witness)
            now_ns = simulation.clock.monotonic_ns()
            simulation.network.take_down({(at.host, at.port)}, now_ns, now_ns)  # what was dialled already, again
        simulation.run()
        assert not simulation.oracle.violations, simulation.oracle.violations
        return simulation.process.state.placed
