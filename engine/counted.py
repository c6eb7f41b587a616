"""Orders on their way into the exposure: counted when somebody asks, each once however often it changed meanwhile.

Live somebody asks after every record, because the next order is judged by what this one may cost. In a replay only
digests do, and an order that came and went between two of them is never counted at all.
"""

from collections.abc import Callable, Iterable, Mapping

from domain.ids import InstrumentId, OrderRef
from domain.markets import Instrument
from domain.orders import Order
from oms.blotter import Change
from risk.exposure import Exposure, alike, relist


class Counted:
    """Keeps an exposure up to date. Reads `instruments`, which others fill.

    `exposure` lacks what is `waiting`.
    """

    def __init__(
        self,
        exposure: Exposure,
        instruments: Mapping[InstrumentId, Instrument],
        rate_e8: Callable[[Instrument], int],
    ) -> None:
        self.exposure = exposure
        self._instruments = instruments
        self._rate_e8 = rate_e8
        self.waiting: dict[OrderRef, Change] = {}

    def note(self, change: Change) -> None:
        """An order holds or may cost something else than before."""
        waiting = self.waiting.pop(change.after.ref, None)
        if waiting is not None:
            change = Change(waiting.before, change.after)
            if alike(change.before, change.after):
                return  # it came and went
        self.waiting[change.after.ref] = change

    def up_to_date(self) -> Exposure:
        """What the desk can lose, with every order counted as it stands."""
        for change in self.waiting.values():
            self._count(change.before, change.after, self._instruments[change.after.instrument])
        self.waiting.clear()
        return self.exposure

    def relist(self, known: Instrument, instrument: Instrument, standing: Iterable[Order]) -> None:
        """An instrument has other terms from now on, by which the orders that stand there count too."""
        self.up_to_date()
        counted = [order for order in standing if order.instrument == instrument.id]
        for order in counted:
            self._count(order, None, known)
        relist(self.exposure, instrument)
        for order in counted:
            self._count(None, order, instrument)

    def _count(self, before: Order | None, after: Order | None, instrument: Instrument) -> None:
        self.exposure.update(before, after, instrument, self._rate_e8(instrument))
