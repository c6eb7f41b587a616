"""One pass over a recording: decoded once, played on every lane, measured between messages."""

from collections.abc import Sequence
from pathlib import Path

import msgspec

from domain.book import Book
from domain.ids import InstrumentId, VenueMarketId
from domain.markets import MarketStatus
from domain.messages import BooksChanged, InstrumentsListed
from domain.odds import Ladder
from engine.backtest.lane import MS, Lane
from engine.backtest.watch import SAMPLE_MS_MIN, Watch
from engine.config import Loaded, RunSettings
from engine.recordings import RecordingError, recorded_venue
from engine.wiring import strategies
from venues.registry import TAPES
from venues.sim.backtest_tape import Moment, Tape
from venues.sim.queue import Bound

NEVER = 10**15


class Played(msgspec.Struct):
    """A recording after it was played. `crossed` counts messages after which the recorded book of an open market was
    crossed: that means that messages are missing.
    """

    tape: Tape
    messages: int
    first_ms: int
    last_ms: int
    crossed: int
    watches: list[Watch]


def open_tape(path: Path, loaded: Loaded) -> Tape:
    """Read a recording whole. RecordingError names the file, what is wrong with it and what to do."""
    if not path.exists():
        raise RecordingError(f"{path}: there is no such file; name recordings")
    venue = recorded_venue(path)
    opener = TAPES.get(venue)
    if opener is None:
        raise RecordingError(
            f"{path}: a recording of {venue} is not simulated; those of {', '.join(sorted(TAPES))} are"
        )
    settings = loaded.config.venues.get(venue, {})  # type: ignore[call-overload]
    try:
        return opener(path, settings)
    except (ValueError, OSError) as error:
        raise RecordingError(str(error)) from error


def play(tape: Tape, loaded: Loaded, bounds: Sequence[Bound], *, seed: int) -> Played:
    """Play a recording under several queue assumptions at once."""
    pass_ = _Pass(tape, _unhurried(loaded), bounds, seed=seed)
    for moment in tape.moments():
        pass_.play(moment)
    return pass_.end()


class _Pass:
    """What all lanes share: the recorded books, and the count of what was read."""

    def __init__(self, tape: Tape, loaded: Loaded, bounds: Sequence[Bound], *, seed: int) -> None:
        self._tape = tape
        self._loaded = loaded
        self._bounds = bounds
        self._seed = seed
        self._books: dict[InstrumentId, Book] = {}
        self._open: set[VenueMarketId] = set()
        self._market_of: dict[InstrumentId, VenueMarketId] = {}
        self._crossed: set[InstrumentId] = set()
        self._watches: list[Watch] = []
        self._messages = self._crossed_messages = self._first_ms = self._last_ms = 0

    def play(self, moment: Moment) -> None:
        """One message."""
        at_ms = moment.at_ms
        now_ns = at_ms * MS
        if not self._messages:
            self._first_ms = at_ms
            if self._tape.listings:
                self._watches = [self._watch(bound, now_ns) for bound in self._bounds]
        self._messages += 1
        self._last_ms = at_ms
        for watch in self._watches:
            if watch.due_ms < at_ms:
                watch.before(at_ms)
            watch.lane.advance(now_ns)
        if not moment.facts and not moment.prints and not moment.turns:
            return
        self._apply(moment, now_ns)
        for watch in self._watches:
            watch.lane.play(moment, now_ns)
            watch.after(at_ms)

    def end(self) -> Played:
        """Everything that rests is cancelled, and what was measured is given back."""
        for watch in self._watches:
            watch.lane.wind_down(self._last_ms * MS)
            watch.end(self._last_ms)
        return Played(self._tape, self._messages, self._first_ms, self._last_ms, self._crossed_messages, self._watches)

    def _watch(self, bound: Bound, now_ns: int) -> Watch:
        desk = strategies(self._loaded.config.strategies)
        lane = Lane(self._loaded, self._tape, desk, self._books, bound=bound, seed=self._seed, begin_ns=now_ns)
        return Watch(lane, self._books, every_ms=SAMPLE_MS_MIN)

    def _apply(self, moment: Moment, now_ns: int) -> None:
        """The recorded books, kept once for all lanes; a message is applied whole before anybody looks."""
        books, crossed = self._books, self._crossed
        for fact in moment.facts:
            if type(fact) is BooksChanged:
                for levels in fact.books:
                    book = books[levels.instrument]
                    book.apply(levels, now_ns)
                    if book.crossed:
                        crossed.add(levels.instrument)
                    elif crossed:
                        crossed.discard(levels.instrument)
            elif type(fact) is InstrumentsListed:
                for instrument in fact.instruments:
                    self._market_of[instrument.id] = instrument.listing.venue_market
                    books.setdefault(instrument.id, Book(Ladder(instrument.terms.kind, instrument.terms.bands)))
        for turn in moment.turns:
            (self._open.add if turn.status is MarketStatus.OPEN else self._open.discard)(turn.market)
        if crossed and any(self._market_of[instrument] in self._open for instrument in crossed):
            self._crossed_messages += 1


def _unhurried(loaded: Loaded) -> Loaded:
    """The configuration without what only a live run needs: rounds against the venue, and digests."""
    config = loaded.config
    run: RunSettings = msgspec.structs.replace(config.run, digest_every=NEVER)
    recon = msgspec.structs.replace(config.recon, every_s=NEVER)
    return msgspec.structs.replace(loaded, config=msgspec.structs.replace(config, run=run, recon=recon))
