"""Whose profit it was: what was settled and what it cost, by strategy and by event, adding up to the ledger's accounts.

A venue states one profit and one commission for all that we had in its market. The profit is shared out by what each
strategy's own matches come to under the venue's results. The commission is charged on what the market won in sum, so
it is shared out by what each strategy won there; a rounding of the venue's by how many bets each had. Every share is
whole millionths of the venue's currency, and all shares of an amount add up to it.
"""

from collections.abc import Mapping, Sequence
from operator import add, sub

import msgspec

from domain.ids import EventId, InstrumentId, StrategyName, VenueMarketId, VenueName
from domain.markets import Instrument
from domain.messages import MarketSettled
from domain.orders import Side
from domain.settlement import in_pieces, settled_micros
from oms.blotter import Change
from oms.settling import Settlement

NOBODY = StrategyName("nobody")
"""Whose profit it is when a venue settles what none of ours was matched in."""


class Part(msgspec.Struct):
    """What one strategy holds of one instrument, signed: backs hold claims that cost, lays gave them for it."""

    instrument: Instrument
    claims_micros: int = 0
    cost_micros: int = 0
    bets: int = 0

    @property
    def if_win_micros(self) -> int:
        return self.claims_micros - self.cost_micros

    @property
    def if_lose_micros(self) -> int:
        return -self.cost_micros


class Made(msgspec.Struct):
    """What was settled, and what fees and roundings took, venue's currency."""

    settled_micros: int = 0
    fees_micros: int = 0


Parts = Mapping[tuple[StrategyName, InstrumentId], Part]

Booked = list[tuple[StrategyName, int, int]]
"""Strategy, settled and fees of one statement, kept so that a corrected one can take them back."""


class Attribution:
    """Fold of the blotter's changes and of settlements, in the order in which the ledger saw them."""

    def __init__(self) -> None:
        self.by_strategy: dict[tuple[VenueName, StrategyName], Made] = {}
        self.by_event: dict[tuple[VenueName, EventId], Made] = {}
        self._open: dict[tuple[VenueName, VenueMarketId], dict[tuple[StrategyName, InstrumentId], Part]] = {}
        self._booked: dict[tuple[VenueName, VenueMarketId], tuple[EventId, Booked]] = {}

    def apply(self, change: Change, instrument: Instrument, event: EventId) -> None:
        """Take over what a change did to the matched part of an order and to its fees."""
        before, after = change.before, change.after
        charged = after.fee_micros if before is None else after.fee_micros or before.fee_micros
        if not (after.matched_micros or charged) and (before is None or not before.matched_micros):
            return  # most changes: quotes come and go
        matched = after.matched_micros, after.claims_micros, after.cost_micros, after.fee_micros
        was = (0, 0, 0, 0)
        if before is not None:
            was = before.matched_micros, before.claims_micros, before.cost_micros, before.fee_micros
        if matched == was:
            return
        listing, sign = instrument.listing, 1 if after.side is Side.BACK else -1
        parts = self._open.setdefault((listing.venue, listing.venue_market), {})
        part = parts.setdefault((after.strategy, instrument.id), Part(instrument))
        part.claims_micros += sign * (matched[1] - was[1])
        part.cost_micros += sign * (matched[2] - was[2])
        part.bets += (matched[0] > 0) - (was[0] > 0)
        self._book(listing.venue, after.strategy, event, 0, matched[3] - was[3])

    def settle(self, settlement: Settlement, event: EventId) -> None:
        """Share out a statement; one that corrects another takes the shares of that back first."""
        statement = settlement.statement
        key = statement.venue, statement.venue_market
        if key in self._booked:
            at, booked = self._booked.pop(key)
            for strategy, settled, fees in booked:
                self._book(statement.venue, strategy, at, -settled, -fees)
        shares = _shares(self._open.get(key, {}), settlement)
        self._booked[key] = event, shares
        for strategy, settled, fees in shares:
            self._book(statement.venue, strategy, event, settled, fees)

    def parts_of(self, venue: VenueName, venue_market: VenueMarketId) -> Parts:
        """What each strategy holds in a venue market, settled or not."""
        return self._open.get((venue, venue_market), {})

    def _book(self, venue: VenueName, strategy: StrategyName, event: EventId, settled: int, fees: int) -> None:
        for made in (
            self.by_strategy.setdefault((venue, strategy), Made()),
            self.by_event.setdefault((venue, event), Made()),
        ):
            made.settled_micros += settled
            made.fees_micros += fees


def _shares(parts: Parts, settlement: Settlement) -> Booked:
    """Each strategy's part of a statement's profit, and of its commission less what the venue rounded in our favour."""
    statement = settlement.statement
    names = list(dict.fromkeys(strategy for strategy, _ in parts)) or [NOBODY]
    own = [_own_micros(parts, name, statement) for name in names]
    bets = [sum(part.bets for (of, _), part in parts.items() if of == name) for name in names]
    missing = statement.profit_micros - settlement.difference_micros - sum(own)
    settled = list(map(add, own, shared(missing, list(map(abs, own)) if any(own) else bets)))
    won = [max(0, profit) for profit in settled]
    commission = shared(statement.commission_micros, won if any(won) else bets)
    rounding = shared(settlement.difference_micros if settlement.explained else 0, bets)
    return list(zip(names, settled, map(sub, commission, rounding), strict=True))


def _own_micros(parts: Parts, name: StrategyName, statement: MarketSettled) -> int:
    """What a strategy's own matches come to under the venue's results; a result that is missing says nothing."""
    pieces, total = in_pieces(statement.parts), 0
    for (of, _), part in parts.items():
        selection = part.instrument.listing.selection
        result, piece = statement.results.get(selection), pieces.get(selection)
        if of == name and (result is not None or piece is not None):
            total += settled_micros(part.claims_micros, part.cost_micros, result, piece)
    return total


def shared(amount: int, weights: Sequence[int]) -> list[int]:
    """An amount in whole parts by weights of 0 or more, adding up to it; in equal parts where no weight is above 0.

    Each part is within one of its exact share: the running sum is rounded, never the part.
    """
    weights = weights if any(weights) else [1] * len(weights)
    total, run, given, parts = sum(weights), 0, 0, list[int]()
    for weight in weights:
        run += weight
        upto = amount * run // total
        parts.append(upto - given)
        given = upto
    return parts
