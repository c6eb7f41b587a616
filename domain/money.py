"""Money in whole millionths of a currency unit: exact, typed, and rounded only by name."""

import re
from collections.abc import Callable
from datetime import date, timedelta
from fractions import Fraction
from math import ceil, floor

import msgspec

from domain.ids import Currency

MICROS = 1_000_000
"""Millionths in one unit; sizes, stakes and claims are counted in them too."""

FX_SCALE = 100_000_000
"""A rate of exchange is an integer of 1e-8."""

DAY_NS = 24 * 3_600 * 1_000_000_000
EPOCH = date(1970, 1, 1)

_DECIMAL = re.compile(r"([+-]?)([0-9]+)(?:\.([0-9]+))?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)

Rounding = Callable[[Fraction | int], int]
"""From units to micros in a named direction: `floor_to`, `ceil_to`, `half_up_to`."""


# --- named roundings: the only way from a fraction of a unit to whole millionths ---


def floor_to(amount: Fraction | int, step_micros: int = 1) -> int:
    """Micros of the largest multiple of the step that is not above `amount` units."""
    return floor(_steps(amount, step_micros)) * step_micros


def ceil_to(amount: Fraction | int, step_micros: int = 1) -> int:
    """Micros of the smallest multiple of the step that is not below `amount` units."""
    return ceil(_steps(amount, step_micros)) * step_micros


def half_up_to(amount: Fraction | int, step_micros: int = 1) -> int:
    """Micros of the nearest multiple of the step; a tie goes away from zero."""
    steps = _steps(amount, step_micros)
    nearest = floor(abs(steps) + Fraction(1, 2))
    return (nearest if steps >= 0 else -nearest) * step_micros


def _steps(amount: Fraction | int, step_micros: int) -> Fraction:
    if not isinstance(amount, (Fraction, int)):
        raise TypeError(
            f"amount must be a Fraction or an int, not {type(amount).__name__} {amount!r}: "
            "parse the decimal text instead"
        )
    if step_micros <= 0:
        raise ValueError(f"step_micros must be above zero, not {step_micros}")
    return Fraction(amount) * MICROS / step_micros


# --- text ---


def parse_micros(text: str) -> int:
    """Micros of a decimal text such as "-12.5"; finer than a millionth is a ValueError.

    Zeros past the sixth place are harmless and pass. Exponents, blanks and digit
    separators do not: nobody who means money writes them.
    """
    match = _DECIMAL.fullmatch(text)
    if match is None:
        raise ValueError(f"{text!r} is not a decimal amount such as 12.50")
    sign, whole, places = match[1], match[2], match[3] or ""
    if places[6:].strip("0"):
        raise ValueError(f"{text!r} is finer than a millionth")
    micros = int(whole) * MICROS + int(places[:6].ljust(6, "0"))
    return -micros if sign == "-" else micros


def format_micros(micros: int) -> str:
    """Decimal text of micros: two places at least, six at most, nothing lost."""
    whole, parts = divmod(abs(micros), MICROS)
    places = f"{parts:06d}".rstrip("0").ljust(2, "0")
    return f"{'-' if micros < 0 else ''}{whole}.{places}"


# --- the value ---


class Money(msgspec.Struct, frozen=True):
    """An amount of one currency. Two currencies never add, compare or subtract.

    Raises TypeError for micros that are not an int (a float above all) and ValueError
    for a currency that is not three capital letters.
    """

    micros: int
    currency: Currency

    def __post_init__(self) -> None:
        if type(self.micros) is not int:
            raise TypeError(
                f"Money.micros must be an int of millionths, not "
                f"{type(self.micros).__name__} {self.micros!r}: use floor_to, ceil_to or half_up_to"
            )
        if _CURRENCY.fullmatch(self.currency) is None:
            raise ValueError(f"Money.currency must be like GBP, not {self.currency!r}")

    def __add__(self, other: "Money") -> "Money":
        return Money(self.micros + self._same(other), self.currency)

    def __sub__(self, other: "Money") -> "Money":
        return Money(self.micros - self._same(other), self.currency)

    def __neg__(self) -> "Money":
        return Money(-self.micros, self.currency)

    def __lt__(self, other: "Money") -> bool:
        return self.micros < self._same(other)

    def __le__(self, other: "Money") -> bool:
        return self.micros <= self._same(other)

    def __gt__(self, other: "Money") -> bool:
        return self.micros > self._same(other)

    def __ge__(self, other: "Money") -> bool:
        return self.micros >= self._same(other)

    def __str__(self) -> str:
        return f"{format_micros(self.micros)} {self.currency}"

    def _same(self, other: "Money") -> int:
        if not isinstance(other, Money):
            raise TypeError(f"Money meets Money only, not {type(other).__name__} {other!r}")
        if other.currency != self.currency:
            raise ValueError(f"{self} and {other} are of two currencies: convert one first")
        return other.micros


# --- exchange between currencies ---


class FxRates(msgspec.Struct, frozen=True):
    """One dated set of rates: what a unit of each currency is worth in `base`, in 1e-8.

    A set is used whole, so that figures converted together agree with each other. `as_of_ns` is Unix nanoseconds, 0
    where nobody says how old the rates are.
    Raises ValueError for a rate that is not above zero or a base whose own rate is not one.
    """

    base: Currency
    rates_e8: dict[Currency, int]
    as_of_ns: int
    source: str

    def __post_init__(self) -> None:
        if self.rates_e8.get(self.base, FX_SCALE) != FX_SCALE:
            raise ValueError(f"FxRates.rates_e8[{self.base}] must be {FX_SCALE}: it is the base")
        for currency, rate in self.rates_e8.items():
            if type(rate) is not int or rate <= 0:
                raise ValueError(f"FxRates.rates_e8[{currency}] must be an int above 0, not {rate!r}")

    @property
    def dated(self) -> str:
        """The day of the rates in UTC, such as 2026-11-20; empty where nobody says."""
        return str(EPOCH + timedelta(days=self.as_of_ns // DAY_NS)) if self.as_of_ns else ""

    def rate(self, source: Currency, target: Currency) -> Fraction:
        """Units of `target` for one unit of `source`, exactly; KeyError if one is unknown."""
        return Fraction(self._worth(source), self._worth(target))

    def _worth(self, currency: Currency) -> int:
        if currency == self.base:
            return FX_SCALE
        if currency not in self.rates_e8:
            known = ", ".join(sorted({self.base, *self.rates_e8}))
            raise KeyError(f"no rate for {currency} in the set of {self.source}: it has {known}")
        return self.rates_e8[currency]


def day_ns(day: str) -> int:
    """Unix nanoseconds at which a day such as "2026-11-20" begins in UTC, 0 for no day; else a ValueError."""
    return (date.fromisoformat(day) - EPOCH).days * DAY_NS if day else 0


def parse_rate_e8(text: str) -> int:
    """A rate of exchange as an integer of 1e-8; finer text is a ValueError."""
    match = _DECIMAL.fullmatch(text)
    if match is None or match[1] == "-":
        raise ValueError(f"{text!r} is not a rate of exchange such as 1.25")
    rate = Fraction(text) * FX_SCALE
    if rate.denominator != 1:
        raise ValueError(f"{text!r} is finer than 1e-8")
    return rate.numerator


def convert(money: Money, target: Currency, rates: FxRates, rounding: Rounding) -> Money:
    """The same worth in another currency, rounded to a millionth the way the caller names."""
    exact = Fraction(money.micros, MICROS) * rates.rate(money.currency, target)
    return Money(rounding(exact), target)
