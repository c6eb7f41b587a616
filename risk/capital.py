"""How much of the desk's money is tied up, per venue and in all."""

from collections.abc import Iterable, Sequence
from fractions import Fraction

import msgspec

from domain.ids import VenueName
from domain.money import FX_SCALE, MICROS


class VenueCapital(msgspec.Struct, frozen=True):
    """A venue's money, millionths of its currency: all of it, what matched bets hold, what open orders reserve."""

    venue: VenueName
    rate_e8: int
    equity_micros: int
    locked_micros: int
    reserved_micros: int

    @property
    def utilisation(self) -> Fraction:
        """The part of the equity that is tied up; 0 of nothing is 0, anything of nothing is all of it."""
        tied = self.locked_micros + self.reserved_micros
        return Fraction(tied, self.equity_micros) if self.equity_micros > 0 else Fraction(int(tied > 0))


class CapitalUse(msgspec.Struct, frozen=True):
    """The desk's money in units of the base currency, and the venue that is used up most."""

    tied: Fraction
    equity: Fraction
    tightest: VenueName | None

    @property
    def utilisation(self) -> Fraction:
        """The part of all equity that is tied up."""
        return self.tied / self.equity if self.equity else Fraction(0)


def capital_use(venues: Iterable[VenueCapital]) -> CapitalUse:
    """Add up over venues in base; of equally used venues the first named is the tightest."""
    listed = list(venues)
    tied = sum((_in_base(venue.locked_micros + venue.reserved_micros, venue) for venue in listed), Fraction(0))
    equity = sum((_in_base(venue.equity_micros, venue) for venue in listed), Fraction(0))
    tightest = max(listed, key=lambda venue: venue.utilisation, default=None)
    return CapitalUse(tied, equity, None if tightest is None else tightest.venue)


def _in_base(micros: int, venue: VenueCapital) -> Fraction:
    return Fraction(micros * venue.rate_e8, MICROS * FX_SCALE)


class NoSet(msgspec.Struct, frozen=True):
    """NO contracts across outcomes of which at most one happens: what they cost, and what they return at least."""

    cost: Fraction
    guaranteed: Fraction

    @property
    def locked(self) -> Fraction:
        """What can really be lost; a venue that returns collateral holds no more than this."""
        return self.cost - self.guaranteed


def no_set(counts: Sequence[Fraction], prices: Sequence[Fraction]) -> NoSet:
    """Contracts and their average price, outcome by outcome of one mutually exclusive event.

    Whatever happens, every NO pays but those on the outcome that happens: all but the largest count at the least.
    """
    cost = sum((count * price for count, price in zip(counts, prices, strict=True)), Fraction(0))
    return NoSet(cost, sum(counts, Fraction(0)) - max(counts, default=Fraction(0)))
