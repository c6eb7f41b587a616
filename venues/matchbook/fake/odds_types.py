"""The six ways in which odds are written, and what each says in decimal odds.

Source: Matchbook API docs, odds types.
"""

from fractions import Fraction

ODDS_TYPES = ("DECIMAL", "US", "HK", "MALAY", "INDO", "%")


def shown(decimal: Fraction, odds_type: str) -> Fraction:
    """Decimal odds in another spelling."""
    won = decimal - 1
    if odds_type == "HK":
        return won
    if odds_type == "US":
        return 100 * won if won >= 1 else -100 / won
    if odds_type == "MALAY":
        return won if won <= 1 else -1 / won
    if odds_type == "INDO":
        return won if won >= 1 else -1 / won
    return 100 / decimal if odds_type == "%" else decimal


def decimal_of(value: Fraction, odds_type: str) -> Fraction | None:
    """Decimal odds of a number in one of the spellings, None where it says nothing."""
    if odds_type == "DECIMAL":
        return value
    if odds_type == "HK":
        return value + 1
    if value == 0:
        return None
    if odds_type == "US":
        return 1 + value / 100 if value > 0 else 1 - 100 / value
    if odds_type == "%":
        return 100 / value
    return 1 + value if value > 0 else 1 - 1 / value
