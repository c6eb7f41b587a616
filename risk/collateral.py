"""What a venue holds for our bets in one of its markets, and how much of that a new bet there may use."""

from domain.markets import Instrument, Listing
from domain.odds import PriceKind
from domain.orders import BACK, Side
from risk.exposure import Exposure


def tied_micros(exposure: Exposure, listing: Listing) -> int:
    """What a venue holds for all that is matched and open in a listing's market, in its currency; 0 once settled."""
    bets = exposure.bets_at(listing)
    if bets is None or bets.settled:
        return 0
    return max(0, -bets.held_gross())


def held_beside_micros(exposure: Exposure, listing: Listing, side: Side) -> int:
    """What a venue holds for matched bets in a listing's market beyond the worse of the results of `venue_pnl`.

    A lay may lose so much without more money where another outcome is worse; 0 where several win.
    """
    bets = exposure.bets_at(listing)
    if side is BACK or bets is None or bets.market.market.winners > 1:
        return 0
    return min(0, *exposure.venue_pnl(listing, side)) - min(0, *bets.matched())


def spare_micros(exposure: Exposure, instrument: Instrument) -> int:
    """What is set aside for an instrument's market, each open order by itself, beyond what its venue holds for all.

    Orders that rest on both sides of a book cannot both lose. None where contracts are paid for one by one.
    """
    bets = exposure.bets_at(instrument.listing)
    if bets is None or bets.settled or instrument.terms.kind is PriceKind.CONTRACT:
        return 0
    set_aside = max(0, -bets.worst_of(bets.matched())) - sum(cell.open_win + cell.open_lose for cell in bets.cells)
    return set_aside - max(0, -bets.held_gross())
