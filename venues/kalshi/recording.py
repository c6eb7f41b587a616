"""A recording of Kalshi as the demo's world plays it."""

from pathlib import Path

from venues.kalshi.backtesting import open_contracts_tape
from venues.kalshi.demo import exchange_options
from venues.sim.recorded import Recording
from venues.sim.taped import recording_of


def playable_contracts(path: Path) -> Recording:
    """A recording with the mapping beside it. ValueError for what cannot be played, OSError where it cannot be read."""
    return recording_of(open_contracts_tape(path, {}), bands=exchange_options().terms.bands)
