"""What one seed is run with, and the configuration as a simulated hour runs it."""

import msgspec
from msgspec.structs import replace

from engine.config import Loaded
from venues.sim.football import KINDS

MS = 1_000_000
"""Nanoseconds in a millisecond."""
HOUR_NS = 3_600_000_000_000


ALL = tuple(KINDS)
ALL_EVERY = 20
"""One seed of so many asks all questions of its matches, the others the first."""


class SeedOptions(msgspec.Struct, frozen=True):
    """What one seed was run with; printed with every violation.

    The world and the engine's own clocks go slower than in a demo, so that an hour holds as much as the laws need
    and no more: `speed` is world seconds in a second, `pace` how lively the crowd is, `patience` how much more seldom
    than in a demo the adapters poll and ask for signs of life.
    """

    seed: int
    hours: float
    faults: str
    speed: float = 1.0
    pace: float = 0.04
    matches: int = 3
    kinds: tuple[str, ...] = ALL
    tick_ms: int = 800
    look_again_ms: int = 4_000
    recon_s: int = 60
    model_ms: int = 20_000
    patience: int = 8

    @property
    def trouble_ns(self) -> int:
        """How long faults are on."""
        return int(self.hours * HOUR_NS)

    @property
    def model_period_ns(self) -> int:
        """How often the model speaks, in world time."""
        return int(self.model_ms * MS * self.speed)


def options_of(seed: int, *, hours: float, faults: str) -> SeedOptions:
    """What a campaign runs a seed with."""
    kinds = ALL if seed % ALL_EVERY == 0 else ALL[:1]
    return SeedOptions(seed, hours, faults, kinds=kinds)


def paced(loaded: Loaded, options: SeedOptions) -> Loaded:
    """The configuration with the engine's own clocks set by the options; nothing else differs."""
    config = loaded.config
    run, recon = replace(config.run, tick_ms=options.tick_ms), replace(config.recon, every_s=options.recon_s)
    deciding = replace(config.deciding, look_again_ms=options.look_again_ms)
    return replace(loaded, config=replace(config, run=run, recon=recon, deciding=deciding))
