"""A blotter with positions and ledger behind it, fed with records as the engine would."""

from typing import Any

from domain.ids import Currency, EventId, InstrumentId, MarketId, OrderRef, VenueName
from domain.markets import Instrument, Market
from domain.messages import MarketSettled, OrderFilled
from domain.orders import Evidence, Fill
from domain.terms import BalanceBasis, Capabilities
from domain.treasury import TreasuryFact
from oms.blotter import Blotter, Change, Stray
from oms.ledger import Ledger
from oms.positions import Position, Positions
from oms.settling import Settlement
from tests.builders import REF, capabilities, facts, fill, place

MATCH = Market(MarketId("match"), EventId("game"), "kind", ("home", "draw", "away"))
"""What every instrument of `tests.builders` is listed for."""


def filled(match: Fill, ref: str = REF) -> OrderFilled:
    """The message of one match."""
    return OrderFilled(OrderRef(ref), match, Evidence.PUSH)


class Books:
    """Everything that orders lead to."""

    def __init__(
        self,
        *instruments: Instrument,
        basis: BalanceBasis = BalanceBasis.WALLET,
        markets: tuple[Market, ...] = (MATCH,),
    ) -> None:
        listed = {i.id: i for i in instruments}
        known: dict[VenueName, Capabilities] = {
            i.listing.venue: capabilities(i.listing.venue, basis=basis, currency=i.terms.currency) for i in instruments
        }
        self.blotter = Blotter(listed, known)
        self.positions = Positions(listed)
        self.ledger = Ledger(listed, known, self.positions, {one.id: one for one in markets})
        self.settlements: list[Settlement] = []
        self.seq = 0

    def records(self, *bodies: Any) -> list[Change]:
        """Apply texts about r1, commands and facts, one record each."""
        changes: list[Change] = []
        for body in bodies:
            for one in facts(body) if isinstance(body, str) else [body]:
                changes += self._record(one)
        return changes

    def bet(self, text: str, *, on: str = "one/match/home", ref: str = REF) -> None:
        """Place a bet and match all of it at its own price."""
        size, price = text.split()[1], text.split()[3]
        self.records(place(text, on=on, ref=ref), filled(fill("f", size, price=price), ref))

    def held(self, on: str = "one/match/home") -> Position:
        return self.positions.position(InstrumentId(on))

    def balances(self) -> dict[str, int]:
        """Balances at venue one without the currency."""
        return {account.removesuffix(":one"): micros for (account, _), micros in self.ledger.balances.items()}

    def equity(self, basis: BalanceBasis, venue: str = "one", currency: str = "GBP") -> int:
        return self.ledger.equity_micros(VenueName(venue), Currency(currency), basis)

    def _record(self, body: Any) -> list[Change]:
        self.seq += 1
        if isinstance(body, TreasuryFact):
            self.ledger.told(body, self.seq, self.seq)
            changes: list[Change] = []
        elif isinstance(body, MarketSettled):
            changes = [] if self.ledger.has_booked(body) else self._settle(body)
        else:
            changes = self._take(self.blotter.apply(body, self.seq))
        assert self.ledger.imbalance() == 0
        return changes

    def _settle(self, body: MarketSettled) -> list[Change]:
        self.ledger.settling.unsettle(body, self.seq, self.seq)
        annulled = self._take(self.blotter.annul(body, self.seq))
        settlement = self.ledger.settle(body, self.seq, self.seq)
        if settlement is None:
            return annulled
        self.settlements.append(settlement)
        self.positions.settle(body.venue, body.venue_market)
        return annulled + self._take(self.blotter.apply(body, self.seq))

    def _take(self, changes: list[Change] | Stray) -> list[Change]:
        assert isinstance(changes, list)
        for change in changes:
            self.positions.apply(change)
            settlement = self.ledger.apply(change, self.seq, self.seq)
            if settlement is not None:
                self.settlements.append(settlement)
        return changes
