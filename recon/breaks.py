"""Breaks: the ways in which our books and a venue's can disagree, how much each matters, and which still stand."""

import enum
from collections.abc import Callable, Iterable

import msgspec

from domain.ids import Currency, VenueName
from domain.messages import BreakFound, BreakHealed, ReconCompleted
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


class Break(msgspec.Struct, frozen=True):
    """One disagreement. `key` names the subject: a ref, a venue's order id, a market, a currency.

    `money_micros` is at stake, in the venue's currency. `foreign`: the order carries no ref of ours.
    """

    venue: VenueName
    key: str
    kind: BreakKind
    severity: Severity
    money_micros: int
    currency: Currency
    detail: str
    foreign: bool = False

    def fact(self, rates: FxRates) -> BreakFound:
        """The fact to journal, with the money in base currency, rounded up."""
        money = convert(Money(self.money_micros, self.currency), rates.base, rates, ceil_to)
        return BreakFound(self.venue, self.key, self.kind, self.severity, money.micros, self.detail)


BreakKey = tuple[VenueName, str, str]
"""Venue, subject and kind: what makes two sightings the same break."""


BreakNews = BreakFound | BreakHealed

Judged = Callable[[str, str], bool]
"""Whether a comparison can speak of a subject and kind: only then does its silence heal a break."""


def only(kind: BreakKind, subject: str = "") -> Judged:
    """Judges one kind of break, of one subject or of all."""
    return lambda key, found: found == kind and subject in ("", key)


class Standing(msgspec.Struct, frozen=True):
    """A break that was found and not yet healed, and how many rounds ended with it."""

    fact: BreakFound
    rounds: int = 0


class OpenBreaks:
    """The breaks that stand, changed only by journalled facts."""

    def __init__(self) -> None:
        self.standing: dict[BreakKey, Standing] = {}

    def apply(self, fact: BreakFound | BreakHealed | ReconCompleted) -> None:
        """Take one record over; a round that ends makes the venue's breaks one round older."""
        if isinstance(fact, ReconCompleted):
            for key, standing in self.standing.items():
                if key[0] == fact.venue:
                    self.standing[key] = Standing(standing.fact, standing.rounds + 1)
        elif isinstance(fact, BreakFound):
            key = fact.venue, fact.key, fact.kind
            before = self.standing.get(key)
            self.standing[key] = Standing(fact, before.rounds if before else 0)
        else:
            self.standing.pop((fact.venue, fact.key, fact.kind), None)

    def count(self, venue: VenueName) -> int:
        """How many stand with one venue."""
        return sum(key[0] == venue for key in self.standing)

    def rounds(self, found: Break) -> int:
        """How many rounds ended while this break stood."""
        standing = self.standing.get((found.venue, found.key, found.kind))
        return standing.rounds if standing else 0

    def news(self, found: Iterable[Break], rates: FxRates, *, venue: VenueName, judged: Judged) -> list[BreakNews]:
        """What a comparison changed: breaks seen for the first time, and standing ones it judged and did not see."""
        seen = {(b.venue, b.key, str(b.kind)): b for b in found}
        facts: list[BreakNews] = [b.fact(rates) for key, b in seen.items() if key not in self.standing]
        for key in self.standing:
            place, subject, kind = key
            if place == venue and key not in seen and judged(subject, kind):
                facts.append(BreakHealed(venue, subject, kind, "a later comparison agrees"))
        return facts
