"""Amounts, odds and times between Matchbook's JSON and our integers: exact, since numbers are read as decimals."""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Context, Decimal
from fractions import Fraction

from domain.money import MICROS, half_up_to
from venues.errors import PeerBroke

PLACES_MAX = 20
DIGITS_MAX = 12
WORTH_MAX = Decimal(10**11)
_WIDE = Context(prec=DIGITS_MAX + PLACES_MAX + 1)
"""Holds every digit that an amount may have."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MS = timedelta(milliseconds=1)


def exact(amount: Decimal) -> Fraction:
    """The number itself; PeerBroke for one that no amount and no price can be."""
    return Fraction(_sound(amount))


def check(*amounts: Decimal | None) -> None:
    """ValueError, which a decoder takes for a field of a wrong form, if one of these is no amount."""
    try:
        for amount in amounts:
            if amount:
                _sound(amount)
    except PeerBroke as error:
        raise ValueError(str(error)) from None


def check_worth(*bets: tuple[Decimal, Decimal]) -> None:
    """The same for odds and stakes, and for what these come to and pay in all: more does not fit the journal."""
    for odds, stake in bets:
        check(odds, stake)
    if sum(abs(stake) * max(Decimal(1), abs(odds)) for odds, stake in bets) > WORTH_MAX:
        raise ValueError(f"{len(bets)} bets, the first {str(bets[0][1])[:40]} at {str(bets[0][0])[:40]}")


def micros(amount: Decimal | Fraction) -> int:
    """Millionths of an amount; what is finer goes to the nearest, a tie away from zero."""
    if isinstance(amount, Fraction):
        return half_up_to(amount)
    return int(_sound(amount).scaleb(6, _WIDE).to_integral_value(ROUND_HALF_UP))


def claims_micros(odds: Decimal, stake: Decimal) -> int:
    """What a stake matched at these odds pays if it wins, stake included; the nearest millionth."""
    return half_up_to(exact(odds) * exact(stake))


def ppm(rate: Decimal) -> int:
    """Millionths of a rate such as 0.02."""
    return int(exact(rate) * MICROS)


def json_odds(hundredths: int) -> str:
    """Odds as the venue reads them: 2.02."""
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def json_stake(size_micros: int) -> str:
    """A stake as the venue reads it, two decimal places; our own mistake if it has more."""
    assert size_micros % 10_000 == 0, f"{size_micros} is finer than a hundredth"
    return f"{size_micros // MICROS}.{size_micros % MICROS // 10_000:02d}"


def unix_ms(text: str) -> int:
    """Unix milliseconds of a time such as 2017-02-16T19:49:32.771Z, rounded down; 0 if it is none.

    Seconds may be absent, fractions of any length, the offset spelled either way; without one it is UTC.
    """
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return 0
    return (moment.replace(tzinfo=moment.tzinfo or UTC) - _EPOCH) // _MS


def _sound(amount: Decimal) -> Decimal:
    """The amount itself, of a size and fineness that money may have; PeerBroke otherwise."""
    if not amount.is_finite() or (
        amount and (amount.adjusted() >= DIGITS_MAX or int(amount.as_tuple().exponent) < -PLACES_MAX)
    ):
        raise PeerBroke(f"an amount of {str(amount)[:40]}")
    return amount


def iso_text(ms: int) -> str:
    """A time as the reports read it, with milliseconds and Z."""
    return f"{_EPOCH + ms // 1_000 * 1_000 * _MS:%Y-%m-%dT%H:%M:%S}.{ms % 1_000:03d}Z"
