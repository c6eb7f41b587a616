"""What people tell a running desk: stop so far, rest, take orders out, compare now. Each fact says who and why."""

import enum

from domain.breaks import BreakWord
from domain.ids import OrderRef, StrategyName, VenueName
from domain.message import Message
from domain.treasury import TransferWord
from domain.vouching import OrderVouched

EVERY_STRATEGY = StrategyName("")
EVERY_VENUE = VenueName("")
EVERY_ORDER = OrderRef("")


class KillLevel(enum.IntEnum):
    """Four levels of stopping; a higher one includes the lower."""

    NONE = 0
    NO_NEW_RISK = 1
    REDUCE_ONLY = 2
    CANCEL_ALL = 3
    FLATTEN = 4


class KillLevelSet(Message, frozen=True):
    """The desk's stop: latched until a named person resets it with a reason."""

    level: KillLevel
    who: str
    why: str


class PauseSet(Message, frozen=True):
    """A strategy rests or goes on. While it rests it wants nothing, so that its quotes come out.

    `EVERY_STRATEGY` rests or goes on with all of them, those that rest on their own too.
    """

    strategy: StrategyName
    paused: bool
    who: str
    why: str


class CancelsOrdered(Message, frozen=True):
    """Every order comes out of one venue's books, or of all (`EVERY_VENUE`); what strategies want next is theirs.

    With a `ref` it is that one order, wherever it stands among them.
    """

    venue: VenueName
    who: str
    why: str
    ref: OrderRef = EVERY_ORDER


class RoundOrdered(Message, frozen=True):
    """A reconciliation round begins now with one venue or with all (`EVERY_VENUE`); unreachable ones, once they are.

    With `statements` the statements of the week before are asked for once more, as at the end of a day.
    """

    venue: VenueName
    who: str
    why: str
    statements: bool = False


class TradingEnabled(Message, frozen=True):
    """One person's word that real money may be traded under this configuration; two different people must give it."""

    config_hash: str
    who: str
    why: str


OperatorFact = (
    KillLevelSet | PauseSet | CancelsOrdered | RoundOrdered | TradingEnabled | BreakWord | TransferWord | OrderVouched
)
