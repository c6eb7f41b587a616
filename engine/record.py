"""`record`: what a venue says of our markets, kept as it came with the time at which it came, until somebody ends it.

The real adapter listens, disarmed and without an order; a tap hands on what it hears. It is packed and written at once,
so memory holds one message at most, and forced out every second, so a kill costs a second at most.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from domain.clock import Clock
from domain.ids import InstrumentId, VenueMarketId, VenueName, instrument_id
from domain.markets import Listing
from domain.messages import BooksChanged, ChannelChanged, Fact
from engine.accounts import account_settings, open_account
from engine.clock import SystemClock
from engine.config import ConfigError, Loaded
from engine.doctor import read_mapping
from engine.hearing import Hearing
from engine.loop import run
from engine.reel import MEGABYTE, SECOND_NS, Reel
from engine.stage import write_whole
from venues.base import Network, Venue
from venues.frames_file import ANSWER, CLOSED, MESSAGE, OPENED, FramesWriter
from venues.registry import CHECKUPS, KEPT
from venues.sim.listing import mapping_toml
from venues.transport_taps import TappedNetwork

GOOD, FAILED = 0, 1
FLUSH_NS = SECOND_NS
TELL_NS = 10_000_000_000
MAPPING = "mapping.toml"
NAMED = 5
"""So many markets without a book are named."""


def run_record(chosen: argparse.Namespace, loaded: Loaded) -> int:
    """Record one venue; 1 where the disk ended it."""
    venue = VenueName(chosen.venue)
    if venue not in loaded.config.venues:
        raise ConfigError(f"--venue {venue}: the configuration has no [venues.{venue}]")
    mapping = read_mapping(chosen.mapping)
    own = tuple(one for one in mapping.listings if one.venue == venue)
    if not own:
        raise ConfigError(f"{chosen.mapping}: no market of {venue} is mapped; there is nothing to record")
    clock = SystemClock()
    out: Path = chosen.out
    try:
        out.mkdir(parents=True, exist_ok=True)
        write_whole(out / MAPPING, mapping_toml(mapping).encode())
    except OSError as error:
        raise ConfigError(f"--out {out}: {error.strerror}; name a folder that can be made") from error
    settings = CHECKUPS[venue](account_settings(loaded, venue), clock.wall_ns).disarmed()
    recorder = Recorder(
        FramesWriter(
            out, venue, unix_ns=clock.wall_ns, segment_bytes=int(chosen.rotate_mb * MEGABYTE), keep=chosen.keep
        ),
        clock,
        own,
    )
    kept, seconds = KEPT[venue](settings), chosen.seconds

    async def run_recording() -> int:
        """One segment after another, each with an adapter of its own: so each begins with images of everything."""
        until_ns = None if seconds is None else clock.monotonic_ns() + int(seconds * SECOND_NS)
        while True:
            hearing = Hearing(clock)
            network = TappedNetwork(hearing.network, kept, recorder.reel)

            def opened(network: Network = network) -> Mapping[VenueName, Venue]:
                return {venue: open_account(venue, kept.settings, own, network, recorder.hear, clock)}

            left_s = None if until_ns is None else (until_ns - clock.monotonic_ns()) / SECOND_NS
            await hearing.run(opened, recorder.is_over, left_s)
            if not recorder.goes_on():
                return recorder.end()

    return run(run_recording())


class Recorder:
    """Tells how recording goes; `reel` hears the taps and writes, `listings` are those whose books are expected."""

    def __init__(self, writer: FramesWriter, clock: Clock, listings: Sequence[Listing] = ()) -> None:
        self.reel = Reel(writer, clock)
        self._markets = {_instrument(one): one.venue_market for one in listings}
        self._heard: set[VenueMarketId] = set()
        self._due_ns = clock.monotonic_ns()
        self._tell_ns = self._due_ns + TELL_NS
        self._lines: dict[str, ChannelChanged] = {}

    # --- from the adapter and the loop ---

    def hear(self, fact: Fact) -> None:
        """What the adapter makes of it is nobody's business here, but for its lines and for which books it has."""
        if isinstance(fact, BooksChanged):
            self._heard.update(self._markets[one.instrument] for one in fact.books if one.instrument in self._markets)
        if isinstance(fact, ChannelChanged):
            known = self._lines.get(fact.channel)
            if known is None or known.up is not fact.up:
                state = "up" if fact.up else f"down: {fact.reason}"
                print(f"crossbook: {fact.venue} {fact.channel.value} {state}", file=sys.stderr)
            self._lines[fact.channel] = fact

    def is_over(self, now_ns: int) -> bool:
        """Whether this segment is full or nothing more can be kept; flushes and tells on the way."""
        reel = self.reel
        if now_ns >= self._due_ns and not reel.trouble:
            self._due_ns = now_ns + FLUSH_NS
            reel.flush()
        if now_ns >= self._tell_ns:
            self._tell_ns = now_ns + TELL_NS
            print(f"crossbook: {self._told()}", file=sys.stderr)
        return bool(reel.trouble) or reel.writer.is_full

    def goes_on(self) -> bool:
        """Begin the next segment if it was for a full one that listening ended; else it is over."""
        reel = self.reel
        if reel.trouble or not reel.writer.is_full:
            return False
        try:
            reel.writer.rotate()
        except OSError as error:
            reel.trouble = str(error.strerror)
        return not reel.trouble

    def end(self) -> int:
        """Close the last segment and say what there is."""
        self.reel.close()
        print(self._told())
        self._tell_silent()
        if self.reel.trouble:
            print(f"crossbook: the recording ended early: {self.reel.trouble}", file=sys.stderr)
        return FAILED if self.reel.trouble else GOOD

    # --- leaves ---

    def _tell_silent(self) -> None:
        """How many of the mapped markets told a book; it goes to standard error where one did not."""
        mapped = {*self._markets.values()}
        if not mapped:
            return
        silent = sorted(mapped - self._heard)
        told = f"{len(mapped) - len(silent)} of {len(mapped)} mapped markets told a book"
        if silent:
            names = ", ".join(silent[:NAMED]) + (", ..." if len(silent) > NAMED else "")
            print(f"crossbook: {told}; not {names}", file=sys.stderr)
        else:
            print(told)

    def _told(self) -> str:
        one, kept = self.reel.writer, self.reel.counts
        return (
            f"{kept[MESSAGE]} messages and {kept[ANSWER]} answers over {kept[OPENED]} connections, {kept[CLOSED]} of "
            f"them lost; {one.bytes_in / MEGABYTE:.1f} MB in {one.bytes_out / MEGABYTE:.1f} MB, {one.segments} segments"
        )


def _instrument(listing: Listing) -> InstrumentId:
    return instrument_id(listing.venue, venue_market=listing.venue_market, selection=listing.selection)
