"""A venue's own account statement, line by line: each movement of our money as the venue booked it."""

import enum

import msgspec

from domain.ids import VenueMarketId, VenueOrderId


class LineKind(enum.StrEnum):
    """What a line is about."""

    TRADE = "trade"
    """What a match cost when it was made, bare of fees."""
    FEE = "fee"
    """What a match cost in fees when it was made."""
    SETTLEMENT = "settlement"
    """What a bet, or a market of ours, paid or took when it was settled; gross of commission."""
    COMMISSION = "commission"
    DEPOSIT = "deposit"
    WITHDRAWAL = "withdrawal"
    TRANSFER = "transfer"
    """Money came or went, and the venue does not say from where or to where."""
    CORRECTION = "correction"
    """A result is taken back, or stands in the place of one that was."""
    OTHER = "other"
    """Whatever else: a bonus, a word of the venue's staff."""


MOVED_BY_HAND = (LineKind.DEPOSIT, LineKind.WITHDRAWAL, LineKind.TRANSFER)
"""Lines about money that went between wallets or came from outside."""

PAID_BY_RESULT = (LineKind.TRADE, LineKind.SETTLEMENT, LineKind.CORRECTION)
"""Lines that of a settled market add up to its gross profit."""


class AccountLine(msgspec.Struct, frozen=True):
    """One line. `micros` is what it added to our money, exact; `balance_micros` what there was then, None if untold.

    `id` names it among the venue's lines: told again it is the same line, with other figures it stands in the place of
    what it said before. `venue_market` is empty, and `venue_order_id` None, where the line names none.
    """

    id: str
    kind: LineKind
    micros: int
    venue_ms: int = 0
    balance_micros: int | None = None
    venue_market: VenueMarketId = VenueMarketId("")
    venue_order_id: VenueOrderId | None = None
    detail: str = ""
