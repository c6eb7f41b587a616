"""What a venue gives back because bets offset each other: what they cost one by one, but cannot lose together.

Where the balance is cash, only claims both held and given pay each other, and at once. Where it is a wallet, the venue
holds the worst result of each market over all bets on it, however many they are: a back of 10 at 3 with a lay of 10 at
3 cost 30 and tie up nothing. Of a venue market with several of ours, as one of lines is, each is counted alone.
Source: MECHANICS §7 and §9.1; Betfair help on exposure, Matchbook on open offers.
"""

from collections.abc import Iterable, Mapping

from domain.claims import liability
from domain.ids import InstrumentId, MarketId, VenueMarketId, VenueName
from domain.markets import Instrument, Market
from domain.orders import Side
from domain.terms import BalanceBasis, Capabilities
from oms.positions import Position, Positions


class Netting:
    """Remembers what was given back last, so that a change is told once."""

    def __init__(
        self,
        markets: Mapping[MarketId, Market],
        capabilities: Mapping[VenueName, Capabilities],
        positions: Positions,
    ) -> None:
        self._markets = markets
        self._capabilities = capabilities
        self._positions = positions
        self._netted: dict[InstrumentId | tuple[VenueName, VenueMarketId], int] = {}

    def moved_micros(self, instrument: Instrument) -> int:
        """How much less is given back than the last time, behind a match on an instrument; below zero if more is."""
        venue, venue_market = instrument.listing.venue, instrument.listing.venue_market
        key: InstrumentId | tuple[VenueName, VenueMarketId]
        if self._capabilities[venue].balance_basis is BalanceBasis.CASH:
            key, netted = instrument.id, -self._positions.position(instrument.id).pairs_micros
        else:
            key, netted = (venue, venue_market), self._netted_micros(venue, venue_market)
        moved = netted - self._netted.get(key, 0)
        self._netted[key] = netted
        return moved

    def _netted_micros(self, venue: VenueName, venue_market: VenueMarketId) -> int:
        """What a venue that nets a market holds for our bets on it, less what each of them cost."""
        by_market: dict[MarketId, list[tuple[int, Position]]] = {}
        for instrument, held in self._positions.at_venue(venue, venue_market):
            by_market.setdefault(instrument.listing.market, []).append((instrument.listing.outcome, held))
        netted = 0
        for market, bets in by_market.items():
            netted += max(0, -_worst_micros(self._markets[market], bets)) - sum(_cost_micros(held) for _, held in bets)
        return netted


def _worst_micros(market: Market, bets: Iterable[tuple[int, Position]]) -> int:
    """The worst gross result over all sets of winners: all bets lost, and the least that so many winners add."""
    lost, rises = 0, [0] * len(market.outcomes)
    for outcome, held in bets:
        lost += held.if_lose_micros
        rises[outcome] += held.if_win_micros - held.if_lose_micros
    return lost + sum(sorted(rises)[: market.winners])


def _cost_micros(held: Position) -> int:
    """What the bets can lose one by one."""
    backs = liability(Side.BACK, claims=held.back_claims_micros, cost=held.back_cost_micros)
    return backs + liability(Side.LAY, claims=held.lay_claims_micros, cost=held.lay_cost_micros)
