"""Amounts, prices and times between Kalshi's texts and our integers."""

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Annotated

from msgspec import Meta

from domain.money import MICROS, parse_micros
from venues.errors import PeerBroke

Amount = str | int | float
"""How the venue writes an amount: as text. A JSON number is read for its shortest decimal form."""

Whole = Annotated[int, Meta(ge=-(10**14), le=10**14)]
"""Cents, seconds or milliseconds: more nobody means, and would not fit a journalled integer in millionths."""

AMOUNT_MAX = 10**18
PRICE_MICROS = 100
"""A native contract price counts 1e-4 dollars."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_US = timedelta(microseconds=1)


@lru_cache(maxsize=8_192)
def micros(amount: Amount) -> int:
    """Millionths of an amount of dollars or contracts; PeerBroke if it is none."""
    try:
        found = parse_micros(str(amount))
    except ValueError as error:
        raise PeerBroke(f"amount: {error}") from None
    if abs(found) > AMOUNT_MAX:
        raise PeerBroke(f"an amount of {amount}")
    return found


def native(amount: Amount) -> int | None:
    """A price in 1e-4 dollars; None if it lies between two of them."""
    price, rest = divmod(micros(amount), PRICE_MICROS)
    return None if rest else price


def price_text(price: int) -> str:
    """A native price as the venue reads it: 0.4700."""
    return f"{price // 10_000}.{price % 10_000:04d}"


def count_text(size_micros: int) -> str:
    """A number of contracts as the venue reads it, two decimal places; our own mistake if it has more."""
    assert size_micros % 10_000 == 0, f"{size_micros} is finer than a hundredth"
    return f"{size_micros // MICROS}.{size_micros % MICROS // 10_000:02d}"


def unix_us(text: str) -> int:
    """Unix microseconds of a time such as 2026-06-11T06:29:47.42784Z, rounded down; 0 if it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return 0
    return (moment - _EPOCH) // _US if moment.tzinfo is not None else 0


def unix_ms(text: str) -> int:
    """The same in milliseconds."""
    return unix_us(text) // 1_000
