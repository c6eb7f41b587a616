"""How this venue writes instants, amounts, odds and ids."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from fractions import Fraction

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MS = 1_000_000
SECOND = 1_000 * MS
"""Nanoseconds in a millisecond and in a second."""

PLACES = 100_000
HUNDREDTH = PLACES // 100
"""Amounts and odds have at most five decimal places. Source: recorded answers."""

FIRST_OFFER = 33_980_000_000_000_015
FIRST_BET = 33_980_000_000_000_215
FIRST_EDIT = 33_980_000_000_000_115
ID_STEP = 10_000
"""Ids of offers, matched bets and edits are these plus so many times the exchange's own number; above 2^53."""

Number = int | float


def iso(ms: int) -> str:
    """An instant as the venue writes it, from Unix milliseconds."""
    return (EPOCH + timedelta(milliseconds=ms)).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_iso(text: str) -> int:
    """Unix milliseconds of an instant; ValueError if it is none."""
    instant = datetime.fromisoformat(text)
    return ((instant if instant.tzinfo else instant.replace(tzinfo=UTC)) - EPOCH) // timedelta(milliseconds=1)


def http_date(ms: int) -> str:
    """An instant as it stands in a `Date` header."""
    return format_datetime(EPOCH + timedelta(seconds=ms // 1_000), usegmt=True)


def places(parts: int) -> Number:
    """A quantity from hundred-thousandths; a whole one has no point."""
    return parts // PLACES if parts % PLACES == 0 else parts / PLACES


def number(value: Fraction) -> Number:
    """A quantity with five places, cut off towards zero."""
    return places(int(value * PLACES))


def amount(micros: int) -> Number:
    """Money or stake in units, with five places, cut off towards zero."""
    return places(micros // 10 if micros >= 0 else -(-micros // 10))


def odds(hundredths: int) -> Number:
    """Decimal odds from the exchange's own spelling."""
    return places(hundredths * HUNDREDTH)


def offer_id(number: int) -> int:
    """The venue's spelling of the exchange's order number."""
    return FIRST_OFFER + ID_STEP * number


def order_number(offer: int) -> int:
    """The exchange's number of an offer id; 0, which no order has, for what is no offer id."""
    number, rest = divmod(offer - FIRST_OFFER, ID_STEP)
    return number if rest == 0 and number > 0 else 0


def bet_id(match: int, *, maker: bool) -> int:
    """The id of one side of one match; the two sides of a match between our own offers differ."""
    return FIRST_BET + ID_STEP * match + int(maker)


def edit_id(number: int) -> int:
    return FIRST_EDIT + ID_STEP * number
