"""The venue's terms as values: contracts that pay one unit, in cents, free of fees.

This exchange is our own: the worked example of a venue, and of a market that an automated maker quotes. It exists
nowhere but in the simulator.
"""

from domain.fees import NetWinFee
from domain.ids import Currency, VenueName
from domain.odds import PriceKind
from domain.terms import BalanceBasis, Capabilities, Terms

BANDS = ((100, 9_900, 100),)
LOT_MICROS = 10_000
CURRENCY = Currency("USD")
VISIBLE_AFTER_MS = 500
ABSENCES_MIN = 2
BEAT_MS = 1_000
"""How often the venue says something whatever happens."""
SILENT_BEATS = 3


def terms() -> Terms:
    """Of every instrument."""
    return Terms(
        kind=PriceKind.CONTRACT,
        bands=BANDS,
        currency=CURRENCY,
        lot_micros=LOT_MICROS,
        size_min_micros=LOT_MICROS,
        fee=NetWinFee(rate_ppm=0),
    )


def capabilities(venue: VenueName, *, patience: int) -> Capabilities:
    """What the venue can do; a beat is waited for so many times as long as it takes."""
    return Capabilities(
        venue=venue,
        currency=CURRENCY,
        balance_basis=BalanceBasis.WALLET,
        visible_after_ms=VISIBLE_AFTER_MS,
        absences_min=ABSENCES_MIN,
        polled=False,
        immediate=True,
        stale_after_ms=SILENT_BEATS * BEAT_MS * patience,
    )
