"""The pen that writes into the queue of breaks: what comparisons found, what was proven otherwise, what people said."""

from collections.abc import Iterable

from msgspec.structs import replace

from domain.breaks import BreakExplained, BreakFound, BreakHealed, BreakWord, WriteOffSigned
from domain.ids import VenueName
from domain.money import FxRates, day_ns
from engine.prices import Prices
from engine.recon_stops import Stops
from engine.recon_suspense import Aside
from engine.scribe import Scribe
from recon.breaks import OWNERS, Break, BreakKind, Judged
from recon.repair import needs_person

MS = 1_000_000


class Notes:
    """Dates what is found and shows anew what is stopped. `ahead_ns`: of the wall clock before the monotonic one.

    `hard_micros`: positions that are farther apart than this stop their venue.
    """

    def __init__(self, scribe: Scribe, prices: Prices, *, ahead_ns: int, hard_micros: int) -> None:
        self._scribe = scribe
        self._breaks = scribe.state.breaks
        self._ahead_ns = ahead_ns
        started = scribe.state.started
        self._rates = FxRates(started.base, started.rates_e8, day_ns(started.rates_dated), "configuration")
        self.stops = Stops(self._breaks, prices, hard_micros)
        self.aside = Aside(scribe)

    @property
    def now_ms(self) -> int:
        """Unix milliseconds of our clock."""
        return self.ms_of(self._scribe.now_ns)

    def ms_of(self, at_ns: int) -> int:
        """Unix milliseconds of a moment of the monotonic clock."""
        return (at_ns + self._ahead_ns) // MS

    def compared(self, found: Iterable[Break], venue: VenueName, judged: Judged) -> None:
        """A comparison found these and no others of those that it could speak of."""
        news = self._breaks.news(found, self._rates, venue=venue, judged=judged, now_ms=self.now_ms)
        for one in news:
            self._scribe.record(one)
        if news:
            self.stops.show()

    def find(self, found: BreakFound) -> None:
        """Record a break that was seen without a comparison, unless it stands."""
        if (found.venue, found.key, found.kind) not in self._breaks.standing:
            owner = OWNERS[BreakKind(found.kind)]
            self._scribe.record(replace(found, owner=owner, found_ms=self.now_ms))
            self.stops.show()

    def find_and_end(self, found: BreakFound, proof: str) -> None:
        """Record a break on which both sides agree as soon as it was seen; one that stands already is left alone."""
        key = found.venue, found.key, found.kind
        if key in self._breaks.standing:
            return
        self.find(found)
        end = BreakExplained if needs_person(found) else BreakHealed
        self._scribe.record(end(*key, proof))
        self.stops.show()

    def heal(self, healed: BreakHealed) -> None:
        """Record the end of a break that was proven without a comparison, if it stands."""
        if (healed.venue, healed.key, healed.kind) in self._breaks.standing:
            self._scribe.record(healed)
            self.stops.show()

    def said(self, word: BreakWord) -> None:
        """A person's word about a break, unless something speaks against it."""
        key = word.venue, word.key, word.kind
        standing = self._breaks.standing.get(key)
        if standing is None or self._breaks.objection(word):
            return
        self._scribe.record(word)
        if isinstance(word, WriteOffSigned) and key not in self._breaks.standing:
            self.aside.write_off(standing.fact, standing.signed[0].who, word)
        self.stops.show()
