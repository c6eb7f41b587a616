"""A recording of Matchbook as the demo's world plays it."""

from pathlib import Path

from venues.matchbook.backtesting import open_polled_tape
from venues.matchbook.demo import exchange_options
from venues.sim.recorded import Recording
from venues.sim.taped import recording_of


def playable_polls(path: Path) -> Recording:
    """A recording with the mapping beside it. ValueError for what cannot be played, OSError where it cannot be read."""
    return recording_of(open_polled_tape(path, {}), bands=exchange_options().terms.bands)
