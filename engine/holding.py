"""What follows from orders beside money: plans and what they hold back, what venues have shown, our latest matches."""

from collections import defaultdict, deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager

from domain.ids import Currency, InstrumentId, MarketId, VenueName
from domain.inside import CrossedInside
from domain.markets import Instrument
from domain.messages import Journalled
from domain.orders import Order
from domain.plans import PlanNote
from domain.portfolio import Match
from oms.blotter import Change
from oms.chances import Chances
from oms.inside import InsideBook
from oms.ledger import Ledger, reserve_micros
from oms.plans import Plans
from risk.exposure import Exposure

MATCHES_KEPT = 64
"""So many of our latest matches are kept of each market."""

NOBODY = VenueName("")


class Holding:
    """Fed by every record; what plans hold back counts like an order of ours that nobody can match."""

    def __init__(
        self,
        instruments: Mapping[InstrumentId, Instrument],
        rate_e8: Callable[[Instrument], int],
        exposure: Exposure,
        ledger: Ledger,
    ) -> None:
        self.plans = Plans(instruments, rate_e8)
        self.chances = Chances()
        self.inside = InsideBook()
        self.matches: defaultdict[MarketId, deque[Match]] = defaultdict(_latest)
        self._instruments = instruments
        self._rate_e8 = rate_e8
        self._exposure = exposure
        self._ledger = ledger
        self._freed = NOBODY, 0

    def note(self, body: Journalled, seq: int, now_ns: int) -> None:
        """Of our own notes those about plans and about what strategies trade with each other change something."""
        if isinstance(body, CrossedInside):
            self.inside.apply(body)
        elif isinstance(body, PlanNote):
            self._hold(self.plans.apply(body, now_ns), seq, now_ns)

    def heard(self, change: Change, instrument: Instrument, seq: int, now_ns: int) -> None:
        """An order changed."""
        before, order, listing = change.before, change.after, instrument.listing
        self.chances.heard(change, listing.venue, now_ns)
        self._hold(self.plans.heard(change, now_ns), seq, now_ns)
        if order.matched_micros > (0 if before is None else before.matched_micros):
            self.matches[listing.market].append(Match(now_ns, order.strategy, listing.outcome, order.side))

    @contextmanager
    def as_if(self, before: Order | None, after: Order | None) -> Iterator[None]:
        """As if a plan held back something else, for as long as an order of it is judged in its place."""
        order = before or after
        if order is None:
            yield
            return
        instrument = self._instruments[order.instrument]
        rate_e8, terms = self._rate_e8(instrument), instrument.terms
        freed = sum(sign * reserve_micros(one, terms) for one, sign in ((before, 1), (after, -1)) if one is not None)
        self._exposure.update(before, after, instrument, rate_e8)
        self._freed = instrument.listing.venue, freed
        try:
            yield
        finally:
            self._exposure.update(after, before, instrument, rate_e8)
            self._freed = NOBODY, 0

    def spendable_micros(self, venue: VenueName, currency: Currency) -> int:
        """What a venue lets us spend, everything open and held back already taken off."""
        freed_at, freed = self._freed
        return self._ledger.balance("cash", venue, currency) + (freed if freed_at == venue else 0)

    def _hold(self, change: Change | None, seq: int, now_ns: int) -> None:
        if change is not None:
            instrument = self._instruments[change.after.instrument]
            self._exposure.update(change.before, change.after, instrument, self._rate_e8(instrument))
            self._ledger.apply(change, seq, now_ns)


def _latest() -> deque[Match]:
    """A market's matches; with a name, so that a snapshot can keep them."""
    return deque(maxlen=MATCHES_KEPT)
