"""Every market as the venue shows it: names over the exchange's own state, statuses, levels with mirrored ones."""

from collections.abc import Iterator
from fractions import Fraction

from domain.ids import SelectionId
from domain.markets import MarketStatus
from domain.orders import Side
from venues.matchbook.fake.forms import HUNDREDTH, PLACES
from venues.matchbook.fake.options import EventDetails, MarketDetails
from venues.sim.exchange import Exchange
from venues.sim.images import levels
from venues.sim.placements import other

STATUSES = ("open", "suspended", "closed", "graded")

Level = tuple[int, int]
"""Odds in hundred-thousandths, and the backer's stake in micros."""


class MarketState:
    """One market of an event. `was_open` is so when its last change left it open."""

    def __init__(self, exchange: Exchange, event: EventDetails, details: MarketDetails) -> None:
        self._exchange = exchange
        self.event = event
        self.details = details
        self.id = int(details.id)
        self.sim = exchange.floor.markets[details.id]
        self.was_open = True
        self.runners = {SelectionId(str(runner.id)): runner for runner in details.runners}
        assert self.runners.keys() == self.sim.selections.keys(), f"{details.id} lists other runners than it trades"

    @property
    def binary(self) -> bool:
        """Two runners: each is the other's opposite, and shows the other's prices too."""
        return len(self.runners) == 2

    @property
    def status(self) -> str:
        if self.sim.settled:
            return "graded"
        return {MarketStatus.OPEN: "open", MarketStatus.SUSPENDED: "suspended"}.get(self.sim.status, "closed")

    def shown(self) -> None:
        """A customer sees the market as it stands."""
        self._exchange.showed(self.details.id, suspended=self.status == "suspended")

    def runner_status(self, selection: SelectionId) -> str:
        """A withdrawn runner is paid while its market goes on. Source: recorded racing markets."""
        return "paid" if self.sim.selections[selection].removed else self.status

    @property
    def traded_micros(self) -> int:
        """Backers' stakes that were matched, counted once."""
        return sum(self.traded_on_micros(selection) for selection in self.runners)

    def traded_on_micros(self, selection: SelectionId) -> int:
        return sum(self.sim.selections[selection].traded_micros.values())

    def levels(self, selection: SelectionId, taker: Side, *, mirrored: bool) -> list[Level]:
        """What can be backed or laid, best first.

        Laying one runner of two at odds d with stake s is backing the other at d/(d-1) with s*(d-1). The exchange
        behind matches each runner by itself: a mirrored level shows an offer on the other runner and cannot be hit
        on this one, and none is shown that would cross this runner's own.
        """
        if self.sim.selections[selection].removed:
            return []
        found = {odds * HUNDREDTH: size for odds, size in self._own(selection, resting=other(taker))}
        if mirrored and self.binary:
            for odds, size in self._mirrored(selection, taker):
                found[odds] = found.get(odds, 0) + size
        return sorted(found.items(), reverse=taker is Side.BACK)

    def _mirrored(self, selection: SelectionId, taker: Side) -> Iterator[Level]:
        (opposite,) = self.runners.keys() - {selection}
        facing = self._own(selection, resting=taker)[:1]
        for odds, size in self._own(opposite, resting=taker):
            turned = odds * PLACES // (odds - 100)
            crosses = [
                turned >= own * HUNDREDTH if taker is Side.BACK else turned <= own * HUNDREDTH for own, _ in facing
            ]
            if not any(crosses):
                yield turned, size * (odds - 100) // 100

    def overround(self, taker: Side) -> Fraction | None:
        """A hundred times the sum of what the best odds of each runner imply; None if a runner has none."""
        best = [self.levels(selection, taker, mirrored=True)[:1] for selection in self._running()]
        if not best or not all(best):
            return None
        return sum((Fraction(100 * PLACES, odds) for ((odds, _),) in best), Fraction(0))

    def _running(self) -> Iterator[SelectionId]:
        return (selection for selection in self.runners if not self.sim.selections[selection].removed)

    def _own(self, selection: SelectionId, *, resting: Side) -> list[Level]:
        return levels(self._exchange, self.details.id, selection, resting=resting)


def event_status(markets: list[MarketState]) -> str:
    """An event is as alive as the liveliest of its markets."""
    alive = {market.status for market in markets}
    return next((status for status in STATUSES if status in alive), "closed")
