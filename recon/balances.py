"""A venue's figure for our money compared with the ledger's."""

import msgspec

from domain.breaks import BalanceCompared, Comparison
from domain.fees import CENT
from domain.ids import Currency, VenueName
from domain.messages import BalanceReported
from domain.terms import Capabilities
from recon.breaks import SEVERITIES, Break, BreakKind

MS = 1_000_000
"""Nanoseconds in a millisecond."""


class Proof(msgspec.Struct, frozen=True):
    """The last comparison of a wallet, and as of when it last agreed, Unix milliseconds, None for never."""

    last: BalanceCompared
    agreed_ms: int | None

    @property
    def stands(self) -> bool:
        """Whether the last word is that both agree."""
        return self.last.how is Comparison.AGREED


class Wallets:
    """Since when each wallet was not held against its venue's own figure; changed by journalled facts alone."""

    def __init__(self) -> None:
        self.proofs: dict[tuple[VenueName, Currency], Proof] = {}

    def apply(self, fact: BalanceCompared) -> None:
        """Take one comparison over."""
        before = self.proofs.get((fact.venue, fact.currency))
        agreed_ms = fact.as_of_ms if fact.how is Comparison.AGREED else before.agreed_ms if before else None
        self.proofs[fact.venue, fact.currency] = Proof(fact, agreed_ms)


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
