"""Kalshi's published numbers, as values: price structures, fees, lots, what its interfaces promise."""

from collections.abc import Iterable
from fractions import Fraction

from domain.fees import CENT, QuadraticFee
from domain.ids import Currency, SelectionId, VenueName
from domain.money import MICROS
from domain.odds import Band, PriceKind, contract_ladder
from domain.terms import Amends, BalanceBasis, Capabilities, Terms
from venues.catalogue.listed import rules_hash

LOT_MICROS = 10_000
"""Contracts are traded in hundredths, in every market. Source: Kalshi docs, "Fixed-Point Migration"."""

YES = SelectionId("yes")
"""What is bought in a market. NO is the same book from the other side."""


def _banded(edge: int, centre: int, *, width: int = 1_000) -> tuple[Band, ...]:
    """A step near 0 and 1, up to `width` from either end, and another between."""
    return (0, width, edge), (width, 10_000 - width, centre), (10_000 - width, 10_000, edge)


PRICE_STRUCTURES: dict[str, tuple[Band, ...]] = {
    "linear_cent": ((0, 10_000, 100),),
    "deci_cent": ((0, 10_000, 10),),
    "tapered_deci_cent": _banded(10, 100),
    "center_whole_edge_half_cent": _banded(50, 100),
    "center_whole_edge_quint_cent": _banded(20, 100),
    "center_half_edge_half_cent": ((0, 10_000, 50),),
    "center_half_edge_quint_cent": _banded(20, 50),
    "center_half_edge_deci_cent": _banded(10, 50),
    "center_quint_edge_quint_cent": ((0, 10_000, 20),),
    "center_quint_edge_deci_cent": _banded(10, 20),
    "center_centi_edge_centi_cent": ((0, 10_000, 1),),
    "center_deci_edge_centi_cent": _banded(1, 10, width=100),
}
"""Price ranges by structure as (start, end, step) in 1e-4 dollars; 0 and 1 themselves are not prices.

For a market its own `price_ranges` rule: a structure can change while the market trades, and new ones are added.
Source: Kalshi docs, "Fixed-Point Migration", table of price level structures.
"""

TAKER_PPM = 70_000
MAKER_PPM: dict[str, int] = {
    "quadratic": 0,
    "quadratic_with_maker_fees": 17_500,
    "quadratic_with_combo_maker_fees": 35_000,
}
"""What makers pay by fee type. `flat` is absent: its amounts are not published, so such markets are not traded.

Source: Kalshi fee schedule; docs, series `fee_type`.
"""

DIRECT_PRECISION = 100
"""Micros to which a direct member's balance is kept; others have whole cents. Source: docs, "Fee Rounding"."""

TICKERS_PER_REQUEST = 50
ROWS_PER_PAGE = 1_000
TICKERS_PER_COMMAND = 200
MESSAGE_BYTES_MAX = 16_777_216
"""Longest message of a stream that is read. The venue's own limit is said to be 64 MiB."""

VISIBLE_AFTER_MS = 5_000
"""Reads lag writes by 0.3 to 1.5 s as measured; an order that landed is listed well within this."""

LANDS_WITHIN_MS = 30_000
"""A request that comes so long after it was signed is refused; one that is 10 s late is taken. Source: recordings."""

ABSENCES_MIN = 2

BASIC_READ = (200, 200)
BASIC_WRITE = (100, 100)
"""Refill per second and capacity of the lowest tier: what is assumed until the account's own limits are read."""

DEFAULT_COST = 10
CANCEL_COST = 2
"""Tokens of a request. Source: Kalshi docs, "Rate Limits"."""


def fee(fee_type: str, multiplier: float, *, is_direct_member: bool) -> QuadraticFee | None:
    """What a series or an event charges; None for a type that we cannot reckon with."""
    maker_ppm = MAKER_PPM.get(fee_type)
    multiplier_ppm = Fraction(str(multiplier)) * MICROS if 0 <= multiplier <= MICROS else Fraction(-1)
    if maker_ppm is None or multiplier_ppm < 0 or multiplier_ppm.denominator != 1:
        return None
    return QuadraticFee(
        taker_ppm=TAKER_PPM,
        maker_ppm=maker_ppm,
        multiplier_ppm=multiplier_ppm.numerator,
        precision_micros=DIRECT_PRECISION if is_direct_member else CENT,
    )


def settled_by(primary: str, secondary: str, subject: str) -> str:
    """The hash of a contract's rules and of what its YES is; empty where no rules are told."""
    return rules_hash(primary, secondary, subject) if primary or secondary else ""


def terms(
    ranges: Iterable[Band], charged: QuadraticFee, currency: Currency, *, shard: int = 0, settled_by: str = ""
) -> Terms | None:
    """Trading terms of a market on a shard; None if its price ranges make no ladder."""
    try:
        bands = contract_ladder(ranges).bands
    except ValueError:
        return None
    return Terms(
        kind=PriceKind.CONTRACT,
        bands=bands,
        currency=currency,
        lot_micros=LOT_MICROS,
        size_min_micros=LOT_MICROS,
        fee=charged,
        rules_hash=settled_by,
        shard=shard,
    )


AMENDS = Amends(cancels=True)
"""An order keeps its id; only a smaller size keeps its place. Source: Kalshi OpenAPI, AmendOrderV2, DecreaseOrderV2."""


SELF_TRADE_PREVENTION = "taker_at_cross"
"""What each order says: our own resting order on the other side stops the new one, and stands.

Source: Kalshi OpenAPI, CreateOrderV2Request; FIX takes it where an order says nothing.
"""


def capabilities(venue: VenueName, currency: Currency, *, heartbeat_ms: int, dead_man_s: int = 0) -> Capabilities:
    """What the venue promises; a feed from which three heartbeats are missing is stale."""
    return Capabilities(
        venue=venue,
        currency=currency,
        balance_basis=BalanceBasis.CASH,
        visible_after_ms=VISIBLE_AFTER_MS,
        lands_within_ms=LANDS_WITHIN_MS,
        absences_min=ABSENCES_MIN,
        polled=False,
        immediate=True,
        stale_after_ms=3 * heartbeat_ms,
        questions_per_second=10,  # of the 200 read tokens a second of the lowest tier, of which a question takes 10
        tells_maker=True,
        amends=AMENDS,
        dead_man_s=dead_man_s,
        tells_lines=True,
        prevents_self_match=SELF_TRADE_PREVENTION,
    )
