"""What follows from orders beside money: plans and what they hold back, what venues have shown, our latest matches."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from itertools import zip_longest

from domain.ids import InstrumentId, MarketId, VenueName
from domain.inside import CrossedInside
from domain.markets import Instrument
from domain.messages import Journalled
from domain.orders import Order, Side
from domain.plans import PlanNote
from domain.portfolio import Match
from domain.treasury import TreasuryFact
from engine import inside_bets
from oms.blotter import Change
from oms.chances import Chances
from oms.inside import InsideBook
from oms.ledger import Ledger, reserve_micros
from oms.plans import Plans
from risk.collateral import held_beside_micros
from risk.exposure import Exposure

MATCHES_KEPT = 64
"""So many of our latest matches are kept of each market."""


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
        self._freed: Counter[tuple[VenueName, int]] = Counter()

    def note(self, body: Journalled, seq: int, now_ns: int) -> None:
        """Of our own notes those about money, plans and what strategies trade with each other change something."""
        if isinstance(body, TreasuryFact):
            self._ledger.told(body, seq, now_ns)
        elif isinstance(body, CrossedInside):
            inside_bets.count(self._exposure, body, self.inside)
            self.inside.apply(body)
        elif isinstance(body, PlanNote):
            self._hold(self.plans.apply(body, now_ns), seq, now_ns)

    def heard(self, change: Change, instrument: Instrument, seq: int, now_ns: int) -> None:
        """An order changed."""
        before, order, listing = change.before, change.after, instrument.listing
        self.chances.heard(change, listing.venue, now_ns)
        if held := self.plans.heard(change, now_ns):
            self._hold(held, seq, now_ns)
        if order.settled:
            self.matches.pop(listing.market, None)
        elif order.matched_micros > (0 if before is None else before.matched_micros):
            self.matches[listing.market].append(Match(now_ns, order.strategy, listing.outcome, order.side))

    @contextmanager
    def as_if(self, before: tuple[Order, ...], after: tuple[Order | None, ...]) -> Iterator[None]:
        """As if a plan held back something else, for as long as an order of it is judged in its place.

        Both name the same legs in the same order, None for one that is not there; either may be empty, as before a
        plan is made.
        """
        pairs = [*zip_longest(before, after)]
        for was, now in pairs:
            self._replace(was, now)
        try:
            yield
        finally:
            for was, now in pairs:
                self._update(now, was)
            self._freed.clear()

    def spendable_micros(self, instrument: Instrument) -> int:
        """What a venue lets us spend on an instrument, in its currency, everything open and held back taken off.

        Of a venue that keeps money in several shards, what is on the one that pays for the instrument.
        """
        venue, terms = instrument.listing.venue, instrument.terms
        held = self._ledger.wallets.balance("cash", venue, terms.currency, shard=terms.shard)
        return held + self._freed[venue, terms.shard] if self._freed else held

    def spendable_on_micros(self, instrument: Instrument, side: Side) -> int:
        """The same on a bet of a side: where another outcome is worse, the venue holds money for it already."""
        return self.spendable_micros(instrument) + held_beside_micros(self._exposure, instrument.listing, side)

    def _replace(self, before: Order | None, after: Order | None) -> None:
        instrument = self._update(before, after)
        for one, sign in ((before, 1), (after, -1)):
            if one is not None:
                self._freed[instrument.listing.venue, instrument.terms.shard] += sign * reserve_micros(
                    one, instrument.terms
                )

    def _update(self, before: Order | None, after: Order | None) -> Instrument:
        order = before or after
        assert order is not None, "nothing takes the place of nothing"
        assert after is None or after.instrument == order.instrument, "an order takes the place of one on its own book"
        instrument = self._instruments[order.instrument]
        self._exposure.update(before, after, instrument, self._rate_e8(instrument))
        return instrument

    def _hold(self, changes: Iterable[Change], seq: int, now_ns: int) -> None:
        for change in changes:
            self._update(change.before, change.after)
            self._ledger.apply(change, seq, now_ns)


def _latest() -> deque[Match]:
    """A market's matches; with a name, so that a snapshot can keep them."""
    return deque(maxlen=MATCHES_KEPT)
