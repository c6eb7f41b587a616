"""The tape of a run: what its venues say of markets, kept beside its journal with the taps and in the form of `record`.

It begins with the run's own connections, so it is whole from its first moment on; it ends when it is as large as it may
be, or when its disk has no room, and the run goes on without it.
"""

import sys
from pathlib import Path
from typing import Any

from domain.clock import Clock
from domain.ids import VenueName, exchange_of
from domain.markets import Mapping
from engine.record import MAPPING
from engine.reel import MEGABYTE, SECOND_NS, Reel
from engine.stage import write_whole
from venues.base import Network
from venues.frames_file import FramesWriter, segments
from venues.registry import KEPT
from venues.sim.listing import mapping_toml
from venues.transport_taps import TappedNetwork

TAPE = "tape"
CONFIG = "config.toml"
"""The configuration as it was when the run began, in its folder."""


class RunTape:
    """The tape of all venues of a run. OSError where its folder cannot be made."""

    def __init__(self, run: Path, mapping: Mapping, clock: Clock, *, bytes_max: int) -> None:
        self._folder = run / TAPE
        self._clock = clock
        self._bytes_max = bytes_max
        self._tapes: list[_Tape] = []
        self._folder.mkdir(exist_ok=True)
        write_whole(self._folder / MAPPING, mapping_toml(mapping).encode())

    def tap(self, venue: VenueName, settings: Any, network: Network) -> tuple[Any, Network]:  # noqa: ANN401 the venue's
        """What a venue's adapter is to be run with so that all is heard, and the network that listens."""
        kept = KEPT[exchange_of(venue)](settings)
        left = self._bytes_max - sum(one.stat().st_size for one in segments(self._folder, venue))
        if left <= 0:
            return kept.settings, network
        writer = FramesWriter(self._folder, venue, unix_ns=self._clock.wall_ns, segment_bytes=left)
        tape = _Tape(writer, venue, self._clock, bytes_max=left)
        self._tapes.append(tape)
        return kept.settings, TappedNetwork(network, kept, tape.reel)

    def close(self) -> None:
        """End it in order."""
        for tape in self._tapes:
            tape.end()


class _Tape:
    """One venue's: its reel, until it is over."""

    def __init__(self, writer: FramesWriter, venue: VenueName, clock: Clock, *, bytes_max: int) -> None:
        self.reel = Reel(writer, clock, self._wrote)
        self._venue = venue
        self._bytes_max = bytes_max
        self._due_ns = 0

    def end(self, why: str = "") -> None:
        """Nothing more is kept; why is told, if there is a reason."""
        if self.reel.is_over:
            return
        self.reel.trouble = why
        self.reel.close()
        if why:
            print(f"crossbook: the tape of {self._venue} ends here: {why}", file=sys.stderr)
        elif self.reel.trouble:
            print(f"crossbook: the tape of {self._venue}: {self.reel.trouble}", file=sys.stderr)

    def _wrote(self, now_ns: int) -> None:
        reel, why = self.reel, self.reel.trouble
        if not why and now_ns >= self._due_ns:
            self._due_ns = now_ns + SECOND_NS
            why = reel.flush()
            if not why and reel.writer.is_full:
                why = f"it holds {self._bytes_max // MEGABYTE} MB"
        if why:
            self.end(why)
