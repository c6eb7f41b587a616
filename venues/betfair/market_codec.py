"""The market stream's messages as typed values: only the fields that become facts, so that the rest costs nothing."""

from fractions import Fraction
from typing import Annotated

import msgspec

from domain.ids import SelectionId
from domain.markets import MarketStatus, Result
from venues.betfair.lenient import UNREADABLE, decode_leniently
from venues.errors import PeerBroke

Figure = Annotated[float, msgspec.Meta(ge=0, le=1e12)]
"""No venue means more, and what is beyond does not fit a journalled integer."""

Pairs = list[tuple[Figure, Figure]]
"""`[price, size]` rows of a ladder; a size of 0 removes the price."""

Count = Annotated[int, msgspec.Meta(ge=0, le=2**53)]
"""A number of milliseconds, of seconds, or of a version: what a venue's own programs can hold."""

RunnerKey = int | tuple[int, float]
"""A runner inside a market: its id, with the handicap where there is one."""


class RunnerChange(msgspec.Struct, gc=False):
    """Changed rows of one runner; a side that is absent has not changed."""

    id: int
    hc: float | None = None
    atb: Pairs | None = None
    atl: Pairs | None = None


class RunnerDefinition(msgspec.Struct):
    """A runner's standing in its market."""

    id: int
    hc: float | None = None
    status: str = "ACTIVE"
    name: str = ""


class LadderDefinition(msgspec.Struct, frozen=True):
    """Which legal prices the market has."""

    type: str = "CLASSIC"


class MarketDefinition(msgspec.Struct, rename="camel"):
    """All that is not prices; always sent whole."""

    status: str
    in_play: bool = False
    bet_delay: Count = 0
    version: Count = 0
    betting_type: str = "ODDS"
    market_type: str = ""
    market_base_rate: float = 5.0
    discount_allowed: bool = True
    number_of_winners: int = 1
    bsp_market: bool = False
    bsp_reconciled: bool = False
    market_time: str = ""
    event_id: str = ""
    event_name: str = ""
    name: str = ""
    runners: list[RunnerDefinition] = []
    price_ladder_definition: LadderDefinition = LadderDefinition()


class MarketChange(msgspec.Struct, gc=False):
    """What changed in one market; with `img` the runners' rows are all there is."""

    id: str
    rc: list[RunnerChange] | None = None
    img: bool | None = None
    market_definition: MarketDefinition | None = msgspec.field(default=None, name="marketDefinition")


class MarketMessage(msgspec.Struct, tag_field="op", tag="mcm", gc=False):
    """`op: mcm`. `pt` is the publish time in Unix milliseconds; `clk` names the place in the stream."""

    id: int | None = None
    ct: str | None = None
    clk: str | None = None
    pt: Count = 0
    changes: list[MarketChange] | None = msgspec.field(default=None, name="mc")
    status: int | None = None
    segment_type: str | None = msgspec.field(default=None, name="segmentType")
    initial_clk: str | None = msgspec.field(default=None, name="initialClk")
    heartbeat_ms: Count | None = msgspec.field(default=None, name="heartbeatMs")
    conflate_ms: Count | None = msgspec.field(default=None, name="conflateMs")


class StatusMessage(msgspec.Struct, tag_field="op", tag="status", rename="camel"):
    """`op: status`: the answer to a request, or the reason why the connection ends."""

    id: int | None = None
    status_code: str = "SUCCESS"
    error_code: str = ""
    error_message: str = ""
    connection_closed: bool = False


class ConnectionMessage(msgspec.Struct, tag_field="op", tag="connection", rename="camel"):
    """`op: connection`: the first message of a connection; its id is what support asks for."""

    connection_id: str = ""


class AnyMessage(msgspec.Struct):
    """Just enough of a message to tell what kind it is."""

    op: str


MarketLine = MarketMessage | StatusMessage | ConnectionMessage

_strict: msgspec.json.Decoder[MarketLine] = msgspec.json.Decoder(MarketLine)
_any = msgspec.json.Decoder(AnyMessage)


def decode_market_line(line: bytes) -> MarketLine | None:
    """One line of the market stream; None for a kind of message that is not ours to read.

    Numbers may come as text, and nulls for what is absent. Raises PeerBroke for anything else that does not fit.
    """
    try:
        return _strict.decode(line)
    except UNREADABLE:
        return _decode_odd(line)


def _decode_odd(line: bytes) -> MarketLine | None:
    try:
        if _any.decode(line).op not in ("mcm", "status", "connection"):
            return None
        return decode_leniently(line, _strict)
    except UNREADABLE as error:
        raise PeerBroke(f"market stream: {error}, in {line[:80]!r}") from error


# --- words of the venue, and ours ---

STATUSES = {
    "INACTIVE": MarketStatus.INACTIVE,
    "OPEN": MarketStatus.OPEN,
    "SUSPENDED": MarketStatus.SUSPENDED,
    "CLOSED": MarketStatus.CLOSED,
}

RESULTS = {
    "WINNER": Result.WON,
    "PLACED": Result.WON,
    "LOSER": Result.LOST,
    "REMOVED": Result.VOID,
    "REMOVED_VACANT": Result.VOID,
}
"""A runner's status once its market is closed. PLACED occurs in each-way markets only: paid on the place terms."""

REMOVED = frozenset({"REMOVED", "REMOVED_VACANT", "HIDDEN"})
"""Nothing can be bet on these. A hidden one of an ante-post market may come back, and is then named here no more."""


def market_status(word: str) -> MarketStatus:
    """Ours for theirs; a word that we do not know closes the market to orders, not to information."""
    return STATUSES.get(word, MarketStatus.SUSPENDED)


def runner_key(runner: int, handicap: float | None) -> RunnerKey:
    """How a runner is looked up: two runners of one id differ by handicap only."""
    return (runner, handicap) if handicap else runner


def selection_id(runner: int, handicap: float | None) -> SelectionId:
    """The spelling of a runner: `47972`, and `47972@-0.25` in a handicap market."""
    return SelectionId(f"{runner}@{handicap:g}" if handicap else str(runner))


def parse_selection(selection: SelectionId) -> tuple[int, float]:
    """Runner id and handicap of a spelling; ValueError names what is wrong with it."""
    runner, _, handicap = selection.partition("@")
    try:
        return int(runner), float(handicap or 0)
    except ValueError:
        raise ValueError(f"selection {selection!r} must be a runner id such as 47972 or 47972@-0.25") from None


def ppm_of_percent(percent: float) -> int:
    """Millionths of a percentage as the venue writes it: 5 and 5.0 are 50000."""
    return int(Fraction(str(percent)) * 10_000)
