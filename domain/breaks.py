"""What is said of disagreements with a venue: found, looked at, given to somebody, and ended, each with its cause."""

import enum

from domain.ids import Currency, VenueMarketId, VenueName
from domain.message import Message


class RoundCause(enum.StrEnum):
    """Why a reconciliation round was begun."""

    START = "start"
    """The first that proves a venue in the life of a process."""
    RECONNECT = "reconnect"
    """A line came up again."""
    CONTINUOUS = "continuous"
    """Its time had come."""
    DRIFT = "drift"
    """The round before found positions apart."""
    ORDERED = "ordered"
    """A person wanted one."""
    EMPTINESS = "emptiness"
    """All orders were taken out; is the venue empty?"""
    DAY_END = "day_end"
    """A day is over."""
    RUN_END = "run_end"
    """The run is about to end: the last word of the venue."""


class Comparison(enum.StrEnum):
    """What came of holding a venue's figure for a wallet against our books."""

    AGREED = "agreed"
    """Both have the same, to the cent."""
    APART = "apart"
    """They have not: a break stands."""
    OVERTAKEN = "overtaken"
    """Our own figure moved while the venue was being asked; the two speak of different moments."""
    AWAITING = "awaiting"
    """They have not, and a statement that is still to come may be what is missing."""
    SILENT = "silent"
    """The venue was asked before the end of a run, and no answer came in time."""


class BreakFound(Message, frozen=True):
    """Ours and theirs disagree. `key` names the subject; `money_micros` is what is at stake, base currency.

    `venue_market` is the market that it lies in, empty where it lies in none. `apart_micros`, where the difference is
    an amount, is what the venue's figure has beyond ours, in `currency`. `foreign`: an order that carries no ref of
    ours. `found_ms` is Unix milliseconds of our clock, 0 where nobody looked at it.
    """

    venue: VenueName
    key: str
    kind: str
    severity: str
    money_micros: int
    detail: str
    venue_market: VenueMarketId = VenueMarketId("")
    apart_micros: int = 0
    currency: Currency = Currency("")
    owner: str = ""
    foreign: bool = False
    found_ms: int = 0


class BreakRestated(Message, frozen=True):
    """A break that stands has other figures now; whoever signed the old ones signed nothing."""

    venue: VenueName
    key: str
    kind: str
    money_micros: int
    detail: str
    apart_micros: int = 0


class BreakExplained(Message, frozen=True):
    """Both sides agree again, by the named proof, but the break is of a class that a person has to look at first."""

    venue: VenueName
    key: str
    kind: str
    proof: str


class BreakHealed(Message, frozen=True):
    """A break is gone, by the named proof."""

    venue: VenueName
    key: str
    kind: str
    proof: str


class BreakAssigned(Message, frozen=True):
    """A break is somebody's from now on."""

    venue: VenueName
    key: str
    kind: str
    owner: str
    who: str
    why: str


class BreakResolved(Message, frozen=True):
    """A named person's word that an explained break is done with."""

    venue: VenueName
    key: str
    kind: str
    who: str
    why: str


class WriteOffSigned(Message, frozen=True):
    """One of two people's words that a difference shall be left as it is; both sign the same figure.

    `money_micros` is that of the break, base currency.
    """

    venue: VenueName
    key: str
    kind: str
    money_micros: int
    who: str
    why: str


class ReconCompleted(Message, frozen=True):
    """A round against one venue ended; `breaks` are still open after it."""

    venue: VenueName
    breaks: int
    cause: RoundCause = RoundCause.CONTINUOUS


class BalanceCompared(Message, frozen=True):
    """A venue's figure for a wallet was held against our books, or could not be: `how`.

    `apart_micros` is what the venue's has beyond ours, in `currency`. `as_of_ms` is when the venue was asked, Unix
    milliseconds of our clock; what it did after that nobody here knows.
    """

    venue: VenueName
    currency: Currency
    how: Comparison
    as_of_ms: int
    apart_micros: int = 0


class DayTurned(Message, frozen=True):
    """A day began by our clock, the first that a process sees too: days since 1970, UTC.

    Books are held against all venues, and the statements of the week that is over are asked for once more.
    """

    day: int


class StatementRepeated(Message, frozen=True):
    """Asked once more, the venue gave the statement that is booked: `day` as in `DayTurned`."""

    venue: VenueName
    venue_market: VenueMarketId
    statement: str
    day: int


BreakWord = BreakAssigned | BreakResolved | WriteOffSigned
"""What people say of breaks."""

BreakFact = BreakFound | BreakRestated | BreakExplained | BreakHealed | BreakWord
"""What changes the queue of breaks."""

DayFact = DayTurned | StatementRepeated

QueueFact = BreakFact | DayTurned
"""What the money state remembers of reconciliation, rounds apart."""
