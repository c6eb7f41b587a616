"""A venue's figure for our money compared with the ledger's."""

from domain.fees import CENT
from domain.messages import BalanceReported
from domain.terms import Capabilities
from recon.breaks import SEVERITIES, Break, BreakKind

MS = 1_000_000
"""Nanoseconds in a millisecond."""


def compare_balance(ours_micros: int, theirs: BalanceReported, *, tolerance_micros: int = CENT) -> list[Break]:
    """A break if the two differ by more than the tolerance. `ours_micros` is equity on the report's own basis."""
    beyond = theirs.balance_micros - ours_micros
    if abs(beyond) <= tolerance_micros:
        return []
    return [
        Break(
            venue=theirs.venue,
            key=theirs.currency,
            kind=BreakKind.BALANCE,
            severity=SEVERITIES[BreakKind.BALANCE],
            money_micros=abs(beyond),
            currency=theirs.currency,
            detail=f"ours {ours_micros}, theirs {theirs.balance_micros}",
        )
    ]


def comparable(moved_ns: int | None, theirs: BalanceReported, capabilities: Capabilities) -> bool:
    """Whether the report can speak of our books: nothing moved them since shortly before the question.

    `moved_ns` is when our figure last moved, None for never.
    """
    return moved_ns is None or moved_ns < theirs.asked_ns - capabilities.visible_after_ms * MS
