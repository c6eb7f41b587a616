"""Settlement: the venue's figure stands, and what roundings cannot explain is a break."""

import pytest

from domain.ids import Currency, VenueMarketId, VenueName
from domain.messages import MarketSettled
from recon.breaks import Break, BreakKind, Severity
from recon.settlement import compare_settlement


def compared(expected: int | None, paid: int) -> list[Break]:
    statement = MarketSettled(VenueName("one"), VenueMarketId("m"), "s1", paid, 0, {})
    return compare_settlement(expected, statement, rounding_max_micros=20_000, currency=Currency("GBP"))


@pytest.mark.parametrize("paid", [1_000_000, 1_020_000, 980_000])
def test_what_roundings_explain_is_no_break(paid: int) -> None:
    assert compared(1_000_000, paid) == []


@pytest.mark.parametrize(("paid", "money"), [(1_020_001, 20_001), (-1_000_000, 2_000_000)])
def test_what_they_do_not_explain_is_a_break_of_the_market(paid: int, money: int) -> None:
    (found,) = compared(1_000_000, paid)
    assert (found.key, found.kind, found.severity, found.money_micros) == ("m", BreakKind.RESULT, Severity.HIGH, money)


def test_a_statement_that_passes_over_what_we_hold_is_a_break() -> None:
    (found,) = compared(None, -5)
    assert (found.kind, found.money_micros) == (BreakKind.RESULT, 5)
