"""What we hold: claims and their cost by instrument, by venue market, and by our outcome over all venues."""

from collections.abc import Iterable, Mapping

import msgspec
from msgspec.structs import replace

from domain.claims import liability
from domain.ids import Currency, InstrumentId, MarketId, SelectionId, VenueMarketId, VenueName
from domain.markets import Instrument, Result
from domain.orders import Order, Side
from domain.settlement import in_pieces, settled_micros
from oms.blotter import Change


class Position(msgspec.Struct, frozen=True):
    """Matched size on one selection, micros of one currency: backs hold claims, lays gave them.

    `bets` counts the orders that were matched. Results are gross of fees.
    """

    back_claims_micros: int = 0
    back_cost_micros: int = 0
    lay_claims_micros: int = 0
    lay_cost_micros: int = 0
    fee_micros: int = 0
    bets: int = 0

    @property
    def claims_micros(self) -> int:
        """Claims held, negative if more were given."""
        return self.back_claims_micros - self.lay_claims_micros

    @property
    def cost_micros(self) -> int:
        """Paid for the claims held less received for those given."""
        return self.back_cost_micros - self.lay_cost_micros

    @property
    def if_win_micros(self) -> int:
        return self.claims_micros - self.cost_micros

    @property
    def if_lose_micros(self) -> int:
        return -self.cost_micros

    @property
    def pairs_micros(self) -> int:
        """Claims both held and given: they pay each other whatever happens."""
        return min(self.back_claims_micros, self.lay_claims_micros)

    def plus(self, other: "Position") -> "Position":
        """Both together; they must be in one currency."""
        return Position(*(getattr(self, name) + getattr(other, name) for name in self.__struct_fields__))


FLAT = Position()


class Positions:
    """Fold of the blotter's changes. Reads `instruments`, which others fill."""

    def __init__(self, instruments: Mapping[InstrumentId, Instrument]) -> None:
        self.by_instrument: dict[InstrumentId, Position] = {}
        self._instruments = instruments
        self._in_market: dict[MarketId, dict[InstrumentId, Instrument]] = {}
        self._in_venue_market: dict[tuple[VenueName, VenueMarketId], dict[InstrumentId, Instrument]] = {}
        self._settled: set[tuple[VenueName, VenueMarketId]] = set()

    def apply(self, change: Change) -> None:
        """Take over what a change did to the matched part of an order."""
        before, after = change.before, change.after
        if before is not None and _matched(before) == _matched(after):
            return
        held = self.by_instrument.get(after.instrument)
        if held is None:
            if not (after.matched_micros or after.fee_micros):  # a fee stays where all that was matched is void
                return
            held = self._begin(after.instrument)
        self.by_instrument[after.instrument] = _with(_with(held, before, -1), after, 1)

    def settle(self, venue: VenueName, venue_market: VenueMarketId) -> None:
        """Nothing in the venue market is at risk any more; what was held stays known for corrections."""
        self._settled.add((venue, venue_market))

    def position(self, instrument: InstrumentId) -> Position:
        """What we hold of one instrument, settled or not."""
        return self.by_instrument.get(instrument, FLAT)

    def in_market(self, market: MarketId) -> list[tuple[Instrument, Position]]:
        """What we hold, unsettled, in a market of ours, venue by venue."""
        return [
            (instrument, self.by_instrument[key])
            for key, instrument in self._in_market.get(market, {}).items()
            if (instrument.listing.venue, instrument.listing.venue_market) not in self._settled
        ]

    def by_outcome(self, market: MarketId) -> dict[tuple[int, Currency], Position]:
        """What we hold, unsettled, on each outcome over all venues; two currencies do not add up."""
        found: dict[tuple[int, Currency], Position] = {}
        for instrument, held in self.in_market(market):
            key = instrument.listing.outcome, instrument.terms.currency
            found[key] = found.get(key, FLAT).plus(held)
        return found

    def at_venue(self, venue: VenueName, venue_market: VenueMarketId) -> list[tuple[Instrument, Position]]:
        """What we hold in a venue market, settled or not."""
        within = self._in_venue_market.get((venue, venue_market), {})
        return [(instrument, self.by_instrument[key]) for key, instrument in within.items()]

    def in_venue_market(self, venue: VenueName, venue_market: VenueMarketId) -> dict[SelectionId, Position]:
        """The same by selection."""
        return {instrument.listing.selection: held for instrument, held in self.at_venue(venue, venue_market)}

    def expected_profit_micros(
        self,
        venue: VenueName,
        venue_market: VenueMarketId,
        results: Mapping[SelectionId, Result],
        parts: Iterable[tuple[SelectionId, int, int, int]] = (),
    ) -> int | None:
        """Gross profit of a venue market from our own fills; stakes come back from a void.

        None if the results say nothing of a selection that we hold. `parts` as in `MarketSettled`.
        """
        pieces = in_pieces(parts)
        total = 0
        for selection, held in self.in_venue_market(venue, venue_market).items():
            if not held.bets:
                continue
            result, part = results.get(selection), pieces.get(selection)
            if result is None and part is None:
                return None
            total += settled_micros(held.claims_micros, held.cost_micros, result, part)
        return total

    def _begin(self, key: InstrumentId) -> Position:
        instrument = self._instruments[key]
        listing = instrument.listing
        self._in_market.setdefault(listing.market, {})[key] = instrument
        self._in_venue_market.setdefault((listing.venue, listing.venue_market), {})[key] = instrument
        return FLAT


def locked_micros(order: Order) -> int:
    """What the matched part of an order can lose before fees: its cost, for a lay its liability."""
    return liability(order.side, claims=order.claims_micros, cost=order.cost_micros)


def _matched(order: Order) -> tuple[int, int, int, int]:
    return order.matched_micros, order.claims_micros, order.cost_micros, order.fee_micros


def _with(held: Position, order: Order | None, sign: int) -> Position:
    """The position with an order's matched part added or taken out."""
    if order is None:
        return held
    claims, cost = sign * order.claims_micros, sign * order.cost_micros
    fee = held.fee_micros + sign * order.fee_micros
    bets = held.bets + sign * (order.matched_micros > 0)
    if order.side is Side.BACK:
        return replace(
            held,
            back_claims_micros=held.back_claims_micros + claims,
            back_cost_micros=held.back_cost_micros + cost,
            fee_micros=fee,
            bets=bets,
        )
    return replace(
        held,
        lay_claims_micros=held.lay_claims_micros + claims,
        lay_cost_micros=held.lay_cost_micros + cost,
        fee_micros=fee,
        bets=bets,
    )
