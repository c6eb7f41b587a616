"""What is said of money that no order moves: transfers between our wallets, payments proven, differences set aside."""

import enum

from domain.account_lines import AccountLine
from domain.ids import Currency, VenueMarketId, VenueName
from domain.message import Message

BANK = VenueName("")
"""Where money is that is at no venue: one end of a deposit or a withdrawal."""


class Leg(enum.StrEnum):
    """One end of a transfer."""

    SENT = "sent"
    ARRIVED = "arrived"


class TransferRequested(Message, frozen=True):
    """Somebody wants money moved between two wallets, or between one and the bank.

    `micros` leave `source`, `into_micros` arrive at `target`: the same where both are in one currency. A shard is part
    of a venue's wallet. Nothing is posted and nothing moves by this.
    """

    transfer: str
    source: VenueName
    target: VenueName
    currency: Currency
    micros: int
    into_currency: Currency
    into_micros: int
    who: str
    why: str
    source_shard: int = 0
    target_shard: int = 0


class TransferDecided(Message, frozen=True):
    """A second person approves a transfer, or refuses it; then it may be made by hand, at the venues."""

    transfer: str
    approved: bool
    who: str
    why: str


class TransferSeen(Message, frozen=True):
    """A venue's own balance shows one end of an approved transfer; `proof` names the figure."""

    transfer: str
    leg: Leg
    proof: str


class PaymentsProven(Message, frozen=True):
    """A venue's own balance, asked for after these statements (of markets) were booked, holds what they paid."""

    venue: VenueName
    statements: tuple[tuple[VenueMarketId, str], ...]
    proof: str


class DifferenceSuspended(Message, frozen=True):
    """A venue's balance holds `micros` beyond our figure (less, below zero) that nothing explains: set aside, and seen.

    The books then agree with the venue's, and the difference ages in suspense until another word takes it back. `line`
    is the line of its statement that tells of it, empty where none does.
    """

    venue: VenueName
    currency: Currency
    micros: int
    why: str
    line: str = ""


class SuspenseWrittenOff(Message, frozen=True):
    """Two different people leave what stands in suspense under `item` as it is: `micros`, as `DifferenceSuspended`."""

    item: str
    micros: int
    who: str
    second: str
    why: str


class AccountLinesReported(Message, frozen=True):
    """All lines of an account since `since_ms` (Unix, by the venue's clock) in the order in which they were booked.

    In the journal only those that are new or say something else stand. `opening`: the first answer of a run; what it
    holds was before our books were opened, and needs no explanation.
    """

    venue: VenueName
    currency: Currency
    since_ms: int
    asked_ns: int
    lines: tuple[AccountLine, ...]
    opening: bool = False


class QueryAccountLines(Message, frozen=True):
    """Ask a venue for the lines of our account since a Unix millisecond, all pages of them."""

    venue: VenueName
    since_ms: int


TransferWord = TransferRequested | TransferDecided
"""What people say of transfers."""

TreasuryFact = (
    TransferWord | TransferSeen | PaymentsProven | DifferenceSuspended | SuspenseWrittenOff | AccountLinesReported
)
