"""How the venue spells things: dollars, contracts, times and ids, as text.

Source: Kalshi docs, "Fixed-Point Migration"; recorded answers of its demo exchange.
"""

from datetime import UTC, datetime
from hashlib import blake2b

from domain.money import parse_micros

MS = 1_000_000
SECOND = 1_000_000_000
"""Nanoseconds."""

LOT_MICROS = 10_000
NATIVE_MICROS = 100
"""One ten-thousandth of a dollar, the unit of prices."""


def price(native: int) -> str:
    """A price in ten-thousandths as dollars with four places."""
    return f"{native // 10_000}.{native % 10_000:04d}"


def dollars(micros: int) -> str:
    """Money of an account, with six places."""
    return f"{'-' if micros < 0 else ''}{abs(micros) // 1_000_000}.{abs(micros) % 1_000_000:06d}"


def short_dollars(micros: int) -> str:
    """Money with four places where they suffice."""
    text = dollars(micros)
    return text.removesuffix("00")


def cents(micros: int) -> int:
    """Whole cents, cut off towards zero."""
    return micros // 10_000 if micros >= 0 else -(-micros // 10_000)


def count(micros: int) -> str:
    """Contracts with two places."""
    lots = abs(micros) // LOT_MICROS
    return f"{'-' if micros < 0 else ''}{lots // 100}.{lots % 100:02d}"


def rfc3339(unix_ns: int) -> str:
    """A time to the microsecond, without the zeros at its end."""
    seconds, part = divmod(unix_ns // 1_000, 1_000_000)
    whole = datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%S")
    return f"{whole}.{part:06d}".rstrip("0").rstrip(".") + "Z"


def unique_id(seed: int, kind: str, number: int | str) -> str:
    """Looks like a random UUID and follows from its arguments."""
    text = blake2b(f"{seed}/{kind}/{number}".encode(), digest_size=16).hexdigest()
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def read_price(text: str) -> int | None:
    """Ten-thousandths of a dollar, None for what is not a price on any grid."""
    try:
        native, finer = divmod(parse_micros(text), NATIVE_MICROS)
    except ValueError:
        return None
    return None if finer else native


def read_count(text: str) -> int | None:
    """Contracts in millionths, None for what is not a number of hundredths above zero."""
    try:
        micros = parse_micros(text)
    except ValueError:
        return None
    return micros if micros > 0 and not micros % LOT_MICROS else None
