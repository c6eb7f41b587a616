"""One pass over a recording: decoded once, played on every lane, measured between messages.

A folder with the frames of several venues is one street: one heart, a venue on paper for each, moments by their time.
"""

from collections.abc import Iterator, Sequence
from heapq import merge
from pathlib import Path

import msgspec

from domain.book import Book
from domain.ids import InstrumentId, VenueMarketId, VenueName, exchange_of
from domain.markets import MarketStatus
from domain.messages import BooksChanged, InstrumentsListed
from domain.odds import Ladder
from engine.backtest.lane import MS, Lane
from engine.backtest.watch import SAMPLE_MS_MIN, Watch
from engine.config import Loaded, RunSettings
from engine.recordings import RecordingError, recorded_venues
from engine.wiring import strategies
from venues.registry import TAPES
from venues.sim.backtest_tape import Moment, Tape
from venues.sim.queue import Bound

NEVER = 10**15


class Played(msgspec.Struct):
    """A recording after it was played. `crossed` counts messages after which the recorded book of an open market was
    crossed: that means that messages are missing. `beside`: the other venues of its street.
    """

    tape: Tape
    beside: tuple[Tape, ...]
    messages: int
    first_ms: int
    last_ms: int
    crossed: int
    watches: list[Watch]

    @property
    def tapes(self) -> tuple[Tape, ...]:
        """One for each venue."""
        return self.tape, *self.beside


def open_tapes(path: Path, loaded: Loaded) -> tuple[Tape, ...]:
    """Read a recording whole, one tape for each venue in it. RecordingError names the file, the fault and the fix."""
    if not path.exists():
        raise RecordingError(f"{path}: there is no such file; name recordings")
    tapes = tuple(_opened(path, venue, loaded) for venue in recorded_venues(path))
    places = [one.venue_market for tape in tapes for one in {one.venue_market: one for one in tape.listings}.values()]
    if len(set(places)) < len(places):
        raise RecordingError(f"{path}: two of its venues call a market by one name; play them one by one")
    return tapes


def open_tape(path: Path, loaded: Loaded) -> Tape:
    """The tape of a recording of one venue."""
    [tape] = open_tapes(path, loaded)
    return tape


def _opened(path: Path, venue: str, loaded: Loaded) -> Tape:
    opener = TAPES.get(exchange_of(VenueName(venue)))
    if opener is None:
        raise RecordingError(
            f"{path}: a recording of {venue} is not simulated; those of {', '.join(sorted(TAPES))} are"
        )
    settings = loaded.config.venues.get(venue, {})  # type: ignore[call-overload]
    try:
        return opener(path, {**settings, "venue": venue})
    except (ValueError, OSError) as error:
        raise RecordingError(str(error)) from error


def play(tape: Tape, loaded: Loaded, bounds: Sequence[Bound], *, seed: int, beside: tuple[Tape, ...] = ()) -> Played:
    """Play a recording under several queue assumptions at once, `beside` it those of other venues at the same time."""
    pass_ = _Pass((tape, *beside), _unhurried(loaded), bounds, seed=seed)
    if not beside:
        for moment in tape.moments():
            pass_.play(moment)
        return pass_.end()
    for _, place, moment in merge(*(_placed(one, n) for n, one in enumerate((tape, *beside))), key=lambda one: one[:2]):
        pass_.play(moment, place)
    return pass_.end()


def _placed(tape: Tape, place: int) -> Iterator[tuple[int, int, Moment]]:
    """Its moments with their time and its place in the street."""
    for moment in tape.moments():
        yield moment.at_ms, place, moment


class _Pass:
    """What all lanes share: the recorded books, and the count of what was read."""

    def __init__(self, tapes: tuple[Tape, ...], loaded: Loaded, bounds: Sequence[Bound], *, seed: int) -> None:
        self._tapes = tapes
        self._loaded = loaded
        self._bounds = bounds
        self._seed = seed
        self._books: dict[InstrumentId, Book] = {}
        self._open: set[VenueMarketId] = set()
        self._market_of: dict[InstrumentId, VenueMarketId] = {}
        self._crossed: set[InstrumentId] = set()
        self._watches: list[Watch] = []
        self._messages = self._crossed_messages = self._first_ms = self._last_ms = 0

    def play(self, moment: Moment, place: int = 0) -> None:
        """One message of the venue at this place."""
        at_ms = moment.at_ms
        now_ns = at_ms * MS
        if not self._messages:
            self._first_ms = at_ms
            if any(tape.listings for tape in self._tapes):
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
            watch.lane.play(moment, now_ns, place)
            watch.after(at_ms)

    def end(self) -> Played:
        """Everything that rests is cancelled, and what was measured is given back."""
        for watch in self._watches:
            watch.lane.wind_down(self._last_ms * MS)
            watch.end(self._last_ms)
        tape, *beside = self._tapes
        return Played(
            tape, tuple(beside), self._messages, self._first_ms, self._last_ms, self._crossed_messages, self._watches
        )

    def _watch(self, bound: Bound, now_ns: int) -> Watch:
        desk = strategies(self._loaded.config.strategies)
        lane = Lane(self._loaded, self._tapes, desk, self._books, bound=bound, seed=self._seed, begin_ns=now_ns)
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
                    ladder = Ladder(instrument.terms.kind, instrument.terms.bands)
                    if (known := books.get(instrument.id)) is None or known.ladder != ladder:
                        books[instrument.id] = Book(ladder)
                        crossed.discard(instrument.id)
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
