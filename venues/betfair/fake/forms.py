"""How this venue writes instants, amounts, prices and identifiers."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from domain.money import MICROS
from domain.odds import Ladder

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MS = 1_000_000
SECOND = 1_000 * MS
"""Nanoseconds in a millisecond and in a second."""

FIRST_BET = 300_000_000_000
"""Bet ids are this plus the exchange's own number of an order."""

VERSION_BASE = 6_000_000_000
"""The published version of a market's first definition; each later one adds 1."""

LARGEST = Decimal(10**12)
"""Numbers from here on are no sizes and no prices."""

Number = int | float


def iso(ms: int) -> str:
    """An instant as the venue writes it, from Unix milliseconds."""
    return (EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_iso(text: str) -> int:
    """Unix milliseconds of an instant; ValueError if it is none."""
    instant = datetime.fromisoformat(text)
    return ((instant if instant.tzinfo else instant.replace(tzinfo=UTC)) - EPOCH) // timedelta(milliseconds=1)


def whole_second(ms: int) -> int:
    """Placed and matched dates are kept to the second."""
    return ms - ms % 1_000


def amount(micros: int) -> float:
    """Money or size in units."""
    return micros / MICROS


def short(value: float) -> Number:
    """The streams write whole numbers without a point."""
    return int(value) if value.is_integer() else value


def short_amount(micros: int) -> Number:
    """Money or size in units, as the streams write it."""
    return short(micros / MICROS)


def short_odds(hundredths: int) -> Number:
    """A price as the streams write it."""
    return short(hundredths / 100)


def truncated(micros: int) -> Number:
    """Traded volume is cut, not rounded, after two places."""
    return short(micros // 10_000 / 100)


def native_odds(ladder: Ladder, price: Decimal) -> int | None:
    """Hundredths of a price on the ladder, None if it is not on it."""
    if not price.is_finite() or not 0 < price < LARGEST:
        return None
    hundredths = price * 100
    native = int(hundredths)
    return native if native == hundredths and ladder.tick(native) is not None else None


def size_micros(size: Decimal) -> int | None:
    """Micros of a size above zero with at most two places, None for anything else."""
    if not size.is_finite() or not 0 < size < LARGEST:
        return None
    cents = size * 100
    return int(cents) * 10_000 if cents == int(cents) else None


def bet_id(number: int) -> str:
    """The venue's spelling of the exchange's order number."""
    return str(FIRST_BET + number)


def order_number(bet: str) -> int:
    """The exchange's number of a bet id; 0, which no order has, for what is no bet id."""
    return int(bet) - FIRST_BET if bet.isascii() and bet.isdigit() and len(bet) < 20 else 0
