"""The tape of a run: what its venues say of markets, kept beside its journal with the taps and in the form of `record`.

It begins with the run's own connections, so it is whole from its first moment on; it ends when it is as large as it may
be, or when its disk has no room, and the run goes on without it.
"""

import shutil
import sys
from pathlib import Path
from typing import Any

from domain.clock import Clock
from domain.ids import VenueName, exchange_of
from domain.markets import Mapping
from engine.record import FREE_BYTES_MIN, MAPPING, MEGABYTE, SECOND_NS
from engine.stage import write_whole
from venues.base import Network
from venues.frames_file import ANSWER, CLOSED, MESSAGE, OPENED, Frame, FramesWriter, segments
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
        self._reels: list[_Reel] = []
        self._folder.mkdir(exist_ok=True)
        write_whole(self._folder / MAPPING, mapping_toml(mapping).encode())

    def tap(self, venue: VenueName, settings: Any, network: Network) -> tuple[Any, Network]:  # noqa: ANN401 the venue's
        """What a venue's adapter is to be run with so that all is heard, and the network that listens."""
        kept = KEPT[exchange_of(venue)](settings)
        reel = _Reel(self._folder, venue, self._clock, bytes_max=self._bytes_max)
        self._reels.append(reel)
        return kept.settings, TappedNetwork(network, kept, reel)

    def close(self) -> None:
        """End it in order."""
        for reel in self._reels:
            reel.end("")


class _Reel:
    """One venue's frames; the listener of its taps."""

    def __init__(self, folder: Path, venue: VenueName, clock: Clock, *, bytes_max: int) -> None:
        before = sum(one.stat().st_size for one in segments(folder, venue))
        self._venue = venue
        self._left = bytes_max - before
        self._ahead_ns = clock.wall_ns() - clock.monotonic_ns()
        self._due_ns = 0
        self._writer: FramesWriter | None = None
        if self._left > 0:
            self._writer = FramesWriter(folder, venue, unix_ns=clock.wall_ns, segment_bytes=self._left)

    def opened(self, link: int, key: str, now_ns: int) -> None:
        self._write(now_ns, link, OPENED, key, b"")

    def said(self, link: int, about: str, text: bytes, now_ns: int) -> None:
        self._write(now_ns, link, ANSWER if about else MESSAGE, about, text)

    def closed(self, link: int, reason: str, now_ns: int) -> None:
        self._write(now_ns, link, CLOSED, reason, b"")

    def end(self, why: str) -> None:
        """Nothing more is kept; why is told, if there is a reason."""
        writer, self._writer = self._writer, None
        if writer is not None:
            if why:
                print(f"crossbook: the tape of {self._venue} ends here: {why}", file=sys.stderr)
            try:
                writer.close()
            except OSError as error:
                print(f"crossbook: the tape of {self._venue}: {error.strerror}", file=sys.stderr)

    def _write(self, now_ns: int, link: int, kind: str, about: str, text: bytes) -> None:
        writer = self._writer
        if writer is None:
            return
        at_us = (now_ns + self._ahead_ns) // 1_000
        try:
            writer.write(Frame(at_us, link, kind, about, text.decode("utf-8", "backslashreplace")))
            if now_ns < self._due_ns:
                return
            self._due_ns = now_ns + SECOND_NS
            writer.flush()
            free = shutil.disk_usage(writer.folder).free
        except OSError as error:
            self.end(str(error.strerror))
            return
        if writer.is_full:
            self.end(f"it holds {self._left // MEGABYTE} MB")
        elif free < FREE_BYTES_MIN:
            self.end(f"less than {FREE_BYTES_MIN // MEGABYTE} MB are free on its disk")
