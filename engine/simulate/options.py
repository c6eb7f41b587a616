"""What one seed is run with, and the configuration as a simulated hour runs it."""

import msgspec
from msgspec.structs import replace

from domain.ids import StrategyName
from engine.config import Loaded, StrategySettings
from venues.sim.football import KINDS

MS = 1_000_000
"""Nanoseconds in a millisecond."""
HOUR_NS = 3_600_000_000_000


ALL = tuple(KINDS)
ALL_EVERY = 20
"""One seed of so many asks all questions of its matches, the others the first."""
CLOSING_EVERY = 4
MOVING_EVERY = 5
"""One seed of so many has somebody on its desk who closes what is in doubt, or quotes that move in one act."""

CLOSER = StrategySettings(name=StrategyName("closer"), uses="engine.simulate.closing:Closer")


class SeedOptions(msgspec.Struct, frozen=True):
    """What one seed was run with; printed with every violation.

    The world and the engine's own clocks go slower than in a demo, so that an hour holds as much as the laws need
    and no more: `speed` is world seconds in a second, `pace` how lively the crowd is, `patience` how much more seldom
    than in a demo the adapters poll and ask for signs of life. `closing`: the desk has a `Closer` beside its own
    strategies; `moving`: its quotes move in one act where a venue offers that.
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
    closing: bool = False
    moving: bool = False

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
    closing, moving = seed % CLOSING_EVERY == 1, seed % MOVING_EVERY == 2
    return SeedOptions(seed, hours, faults, kinds=kinds, closing=closing, moving=moving)


def paced(loaded: Loaded, options: SeedOptions) -> Loaded:
    """The configuration with the engine's own clocks and the desk set by the options; nothing else differs."""
    config = loaded.config
    run, recon = replace(config.run, tick_ms=options.tick_ms), replace(config.recon, every_s=options.recon_s)
    requoting = config.deciding.requoting
    requoting = replace(requoting, amend=requoting.amend or options.moving)
    deciding = replace(config.deciding, look_again_ms=options.look_again_ms, requoting=requoting)
    desk = (*config.strategies, CLOSER) if options.closing else config.strategies
    return replace(loaded, config=replace(config, run=run, recon=recon, deciding=deciding, strategies=desk))
