"""Amounts and prices between Betfair's JSON numbers and our integers."""

from datetime import datetime
from fractions import Fraction
from functools import lru_cache
from math import isfinite

import msgspec

from domain.ids import OrderRef, VenueOrderId
from domain.messages import OrderReported
from domain.money import MICROS, half_up_to
from domain.orders import Evidence
from venues.errors import PeerBroke

AMOUNT_MAX = 1e12
"""No venue means more, and what is beyond does not fit a journalled integer."""
CLAIMS_MAX = 2**62


def money_micros(amount: float) -> int:
    """Millionths of an amount with two decimal places, whatever noise a binary float added to it."""
    if not -AMOUNT_MAX < amount < AMOUNT_MAX:
        raise PeerBroke(f"an amount of {amount}")
    return round(amount * 100) * 10_000


def hundredths(odds: float) -> int:
    """Odds as hundredths, the nearest."""
    if not 0 <= odds < AMOUNT_MAX:
        raise PeerBroke(f"odds of {odds}")
    return round(odds * 100)


@lru_cache(maxsize=4096)
def claims_micros(odds: float, stake_micros: int) -> int:
    """What a stake matched at these average odds pays if it wins, stake included; the nearest millionth.

    Averages carry float noise (2.9209199999999997): half up of the product hides it. Source: recorded order stream.
    """
    claims = half_up_to(Fraction(str(odds)) * stake_micros / MICROS) if isfinite(odds) else CLAIMS_MAX
    if not -CLAIMS_MAX < claims < CLAIMS_MAX:
        raise PeerBroke(f"average odds of {odds} on {stake_micros} millionths")
    return claims


def unix_ms(text: str) -> int:
    """Unix milliseconds of a time such as 2026-01-01T10:00:00.000Z; 0 if it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return 0
    return round(moment.timestamp() * 1000) if moment.tzinfo is not None else 0


def json_odds(hundredths: int) -> str:
    """Odds as the venue reads them: 2.02."""
    return f"{hundredths // 100}.{hundredths % 100:02d}"


def json_size(micros: int) -> str:
    """A size as the venue reads it, two decimal places; our own mistake if it has more."""
    assert micros % 10_000 == 0, f"{micros} is finer than a hundredth"
    return f"{micros // MICROS}.{micros % MICROS // 10_000:02d}"


class Figures(msgspec.Struct, frozen=True):
    """A bet's cumulative sizes as the venue writes them, its own odds, and the average odds of what was matched."""

    odds: float
    average: float | None
    matched: float
    cancelled: float
    lapsed: float
    voided: float


def reported(
    ref: OrderRef,
    bet_id: str,
    figures: Figures,
    *,
    closed: bool,
    evidence: Evidence,
    as_of_ms: int,
) -> OrderReported:
    """A bet's figures as a fact. A match told without its average is taken at the bet's own odds: the venue
    never matches at worse ones.
    """
    matched_micros = money_micros(figures.matched)
    return OrderReported(
        ref=ref,
        venue_order_id=VenueOrderId(bet_id),
        matched_micros=matched_micros,
        claims_micros=claims_micros(figures.average or figures.odds, matched_micros),
        cost_micros=matched_micros,
        cancelled_micros=money_micros(figures.cancelled),
        lapsed_micros=money_micros(figures.lapsed),
        voided_micros=money_micros(figures.voided),
        closed=closed,
        evidence=evidence,
        as_of_ms=as_of_ms,
    )
