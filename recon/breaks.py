"""Breaks: the ways in which our books and a venue's can disagree, how much each matters, and whose each is."""

import enum
from collections.abc import Callable

import msgspec

from domain.breaks import BreakFound
from domain.ids import Currency, VenueMarketId, VenueName
from domain.money import FxRates, Money, ceil_to, convert


class BreakKind(enum.StrEnum):
    """What disagrees; in the order in which the disagreements of one subject are told."""

    MISSING_AT_VENUE = "MISSING_AT_VENUE"
    """We count an order, they have none."""
    UNKNOWN_AT_VENUE = "UNKNOWN_AT_VENUE"
    """They have an order, we have none."""
    MISSING_FILL = "MISSING_FILL"
    """They matched more than we know."""
    EXTRA_FILL = "EXTRA_FILL"
    """We booked more than they matched."""
    PRICE = "PRICE"
    """The average price of what is matched."""
    FEE = "FEE"
    """The fee of an order."""
    RESULT = "RESULT"
    """What a market paid, or how it ended."""
    STATUS = "STATUS"
    """Whether an order still rests."""
    BALANCE = "BALANCE"
    """The venue's figure for our money."""


class Severity(enum.StrEnum):
    """How much it matters; CRITICAL means that we do not know what we own."""

    LOW = "LOW"
    MEDIUM = "MEDIUM"
    HIGH = "HIGH"
    CRITICAL = "CRITICAL"


SEVERITIES = {
    BreakKind.MISSING_AT_VENUE: Severity.HIGH,  # LOW if the order was over and had matched nothing
    BreakKind.UNKNOWN_AT_VENUE: Severity.CRITICAL,
    BreakKind.MISSING_FILL: Severity.HIGH,
    BreakKind.EXTRA_FILL: Severity.CRITICAL,
    BreakKind.PRICE: Severity.MEDIUM,
    BreakKind.FEE: Severity.LOW,
    BreakKind.RESULT: Severity.HIGH,
    BreakKind.STATUS: Severity.MEDIUM,
    BreakKind.BALANCE: Severity.HIGH,
}


OWNERS = {
    **dict.fromkeys(BreakKind, "trading"),
    BreakKind.UNKNOWN_AT_VENUE: "risk",
    BreakKind.EXTRA_FILL: "risk",
    BreakKind.FEE: "back office",
    BreakKind.RESULT: "back office",
    BreakKind.BALANCE: "back office",
}
"""Whose a break is until somebody gives it to a person."""


class Break(msgspec.Struct, frozen=True):
    """One disagreement. `key` names the subject: a ref, a venue's order id, a market, a currency.

    `money_micros` is at stake, in the venue's currency. `foreign`: the order carries no ref of ours. `venue_market` is
    where the subject stands, empty where it stands in no market. `apart_micros`: what their amount has beyond ours,
    where the difference is one. `resting`: they say that the order may still be matched.
    """

    venue: VenueName
    key: str
    kind: BreakKind
    severity: Severity
    money_micros: int
    currency: Currency
    detail: str
    foreign: bool = False
    venue_market: VenueMarketId = VenueMarketId("")
    apart_micros: int = 0
    resting: bool = False

    @property
    def id(self) -> "BreakKey":
        """What makes two sightings the same break."""
        return self.venue, self.key, str(self.kind)

    def fact(self, rates: FxRates, now_ms: int = 0) -> BreakFound:
        """The fact to journal, with the money in base currency, rounded up."""
        return BreakFound(
            self.venue,
            self.key,
            self.kind,
            self.severity,
            self.base_micros(rates),
            self.detail,
            venue_market=self.venue_market,
            apart_micros=self.apart_micros,
            currency=self.currency,
            owner=OWNERS[self.kind],
            foreign=self.foreign,
            found_ms=now_ms,
        )

    def base_micros(self, rates: FxRates) -> int:
        """The money at stake in base currency, rounded up."""
        return convert(Money(self.money_micros, self.currency), rates.base, rates, ceil_to).micros


BreakKey = tuple[VenueName, str, str]
"""Venue, subject and kind: what makes two sightings the same break."""

Judged = Callable[[str, str], bool]
"""Whether a comparison can speak of a subject and kind: only then does its silence heal a break."""


def only(kind: BreakKind, subject: str = "") -> Judged:
    """Judges one kind of break, of one subject or of all."""
    return lambda key, found: found == kind and subject in ("", key)
