"""Prices as people read them, each venue's in its own notation, and what a price says of the chance."""

from functools import lru_cache

from domain.fees import FeeTerms
from domain.money import MICROS
from domain.net_price import net_price_ratio
from domain.odds import NATIVE_SCALE, PriceKind, claim_ratio
from domain.orders import Side

E9 = 1_000_000_000


@lru_cache(maxsize=65_536)
def price_text(kind: PriceKind, price: int) -> str:
    """A native price: odds as `2.04`, `10.5` or `110`, contracts as `52¢` or `52.5¢`, lines as `2.5`."""
    match kind:
        case PriceKind.ODDS:
            whole, parts = divmod(price, 100)
            if parts % 10 or whole < 10:
                return f"{whole}.{parts:02d}"
            return f"{whole}.{parts // 10}" if parts or whole < 100 else str(whole)
        case PriceKind.CONTRACT:
            cents, parts = divmod(price, 100)
            return f"{cents}.{f'{parts:02d}'.rstrip('0')}¢" if parts else f"{cents}¢"
        case PriceKind.LINE:
            sign, (whole, parts) = "-" if price < 0 else "", divmod(abs(price), 100)
            return f"{sign}{whole}.{f'{parts:02d}'.rstrip('0')}" if parts else f"{sign}{whole}"


def price_micros(kind: PriceKind, price: int) -> int:
    """A native price in millionths of odds, currency or line."""
    return price * MICROS // NATIVE_SCALE[kind]


@lru_cache(maxsize=65_536)
def claim_e9(kind: PriceKind, price: int) -> int:
    """What one claim costs at a native price before fees, in 1e-9."""
    part, whole = claim_ratio(kind, price)
    return part * E9 // whole


def native_price(kind: PriceKind, e9: int) -> int:
    """The native price, on a ladder or not, at which one claim costs `e9`; lines know no such price."""
    return 100 * E9 // e9 if kind is PriceKind.ODDS else e9 * 10_000 // E9


@lru_cache(maxsize=65_536)
def net_micros(fee: FeeTerms, side: Side, kind: PriceKind, price: int) -> int | None:
    """What one claim costs (BACK) or brings (LAY) a taker after fees, as a probability in millionths.

    None on lines, whose prices say nothing of a chance, and where the fee eats the whole payout.
    """
    if kind is PriceKind.LINE:
        return None
    part, whole = net_price_ratio(fee, side, claim_ratio(kind, price))
    return part * MICROS // whole if 0 < part < whole else None
