"""The whole program against its simulated exchanges, with trouble turned on and off by hand."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from domain.ids import OrderRef, VenueName
from domain.messages import Record
from domain.orders import Order
from engine.config import load
from engine.simulate.options import SeedOptions
from engine.simulate.pipes import Address
from engine.simulate.recovery import unproven
from engine.simulate.run import Simulation
from engine.state import State
from engine.street import Street
from storage.journal import read
from tests.conftest import ROOT
from venues.registry import CONSTRUCTORS, USUAL
from venues.sim.faults import MILLION, PROFILES, Danger, Profile
from venues.sim.queues import SimOrder
from venues.sim.world import DESK

SECOND_NS = 1_000_000_000
VENUES = tuple(VenueName(name) for name in USUAL)


class Trial:
    """One run of the demo's desk over virtual time; the exchanges' own books are the judge."""

    def __init__(self, folder: Path, *, seed: int = 1, recon_s: int = 10, **options: Any) -> None:
        self.folder = folder
        loaded = load(ROOT / "config.toml", {name: settings for name, (_, settings) in CONSTRUCTORS.items()})
        chosen = SeedOptions(seed, 1.0, "none", **{"matches": 2, "recon_s": recon_s, "patience": 2} | options)
        self.simulation = Simulation(chosen, loaded, VENUES, folder)

    # --- what is done ---

    def run(self, seconds: float) -> "Trial":
        """Let time pass."""
        self.simulation._run_on(int(seconds * SECOND_NS))
        return self

    def strike(self, *dangers: Danger, chance: float = 1.0) -> "Trial":
        """From now on these dangers strike with this chance at every opportunity."""
        rates = {danger: int(chance * MILLION) for danger in dangers}
        self.simulation.faults.profile = Profile("chosen", rates, delay_ms=(200, 3_000), down_ms=(1_000, 5_000))
        return self

    def calm(self) -> "Trial":
        """No more trouble, and everybody may be dialled again."""
        self.simulation.faults.profile = PROFILES["none"]
        self.simulation.network.heal()
        return self

    def black_out(self, seconds: float) -> "Trial":
        """No host can be reached for so long."""
        now_ns = self.simulation.clock.monotonic_ns()
        self.simulation.network.take_down(self._hosts(), now_ns + int(seconds * SECOND_NS), now_ns)
        return self

    def cut_lines(self) -> "Trial":
        """Every connection breaks; each may be dialled again at once."""
        return self.black_out(0)

    def recovered_within(self, seconds: int) -> int:
        """Seconds until nothing is in doubt any more; fails if that takes longer."""
        for passed in range(seconds + 1):
            if not unproven(self.street, quiet=False):
                return passed
            self.run(1)
        raise AssertionError(f"after {seconds} s: {unproven(self.street, quiet=False)}")

    def finish(self) -> "Trial":
        """Cancel everything, wait until it is proven, and hold our books against the exchanges'."""
        simulation = self.simulation
        simulation.process.street.wind_down()
        simulation._near.moved = True
        simulation._run_until_proven("after the last cancel", quiet=True)
        self.run(simulation.options.recon_s + 1)
        simulation._run_until_proven("after another round", quiet=True)  # a market may have been settled meanwhile
        simulation.process.end()
        simulation.oracle.look_at_end(self.state, self.folder)
        assert simulation.oracle.violations == []
        return self

    # --- what there is ---

    @property
    def street(self) -> Street:
        return self.simulation.process.street

    @property
    def state(self) -> State:
        return self.simulation.process.state

    @property
    def fired(self) -> int:
        """How often trouble really struck."""
        return sum(self.simulation.faults.fired.values())

    def orders(self) -> dict[OrderRef, Order]:
        """Every order of ours by ref, as we know it."""
        return {order.ref: order for order in self.state.blotter.orders.every()}

    def theirs(self) -> dict[str, list[SimOrder]]:
        """Every order of ours by ref, as the exchanges know it."""
        found: dict[str, list[SimOrder]] = {}
        for exchange in self.simulation.exchanges.world.exchanges.values():
            for order in exchange.floor.orders.values():
                if order.account == DESK:
                    found.setdefault(order.client_ref, []).append(order)
        return found

    def records(self) -> Iterator[Record]:
        """The journal so far."""
        return (record for record, _ in read(self.folder))

    def _hosts(self) -> set[Address]:
        return set(self.simulation.network._servers)
