"""The order stream's messages as typed values, and each bet in them as a fact."""

from typing import Literal

import msgspec

from domain.ids import OrderRef
from domain.messages import OrderReported
from domain.orders import Evidence
from venues.betfair.amounts import Figures, reported
from venues.betfair.lenient import UNREADABLE, decode_leniently
from venues.betfair.market_codec import AnyMessage, ConnectionMessage, Count, StatusMessage
from venues.errors import PeerBroke


class StreamBet(msgspec.Struct):
    """One `uo`: a bet, always whole. Amounts are in the account's currency; `rfo` is the ref that we gave it.

    `sm sr sl sc sv`: size matched, remaining, lapsed, cancelled, voided; `avp` the average matched odds.
    """

    id: str
    side: Literal["B", "L"]
    p: float | None = None
    s: float = 0.0
    status: str = "E"
    ot: str = "L"
    avp: float | None = None
    sm: float = 0.0
    sr: float = 0.0
    sl: float = 0.0
    sc: float = 0.0
    sv: float = 0.0
    rfo: str = ""
    rfs: str = ""
    lsrc: str = ""
    bsp: float = 0.0

    @property
    def is_closed(self) -> bool:
        """Nothing remains to be matched; a bet at starting price has no size before it is reconciled."""
        if self.ot == "L":
            return self.status == "EC" or self.sr == 0
        return self.status == "EC" and (self.sm + self.sl + self.sc + self.sv > 0 or self.lsrc != "")


class OrderRunnerChange(msgspec.Struct):
    """Changed bets of one runner."""

    id: int
    hc: float | None = None
    uo: list[StreamBet] | None = None


class OrderMarketChange(msgspec.Struct, rename="camel"):
    """Changed bets of one market."""

    id: str
    orc: list[OrderRunnerChange] | None = None
    closed: bool = False
    full_image: bool = False


class OrderMessage(msgspec.Struct, tag_field="op", tag="ocm"):
    """`op: ocm`; the frame's fields mean what they mean on the market stream."""

    id: int | None = None
    ct: str | None = None
    clk: str | None = None
    pt: Count = 0
    changes: list[OrderMarketChange] | None = msgspec.field(default=None, name="oc")
    status: int | None = None
    segment_type: str | None = msgspec.field(default=None, name="segmentType")
    initial_clk: str | None = msgspec.field(default=None, name="initialClk")
    heartbeat_ms: Count | None = msgspec.field(default=None, name="heartbeatMs")
    conflate_ms: Count | None = msgspec.field(default=None, name="conflateMs")


OrderLine = OrderMessage | StatusMessage | ConnectionMessage

_strict: msgspec.json.Decoder[OrderLine] = msgspec.json.Decoder(OrderLine)
_any = msgspec.json.Decoder(AnyMessage)


def decode_order_line(line: bytes) -> OrderLine | None:
    """One line of the order stream; None for a kind of message that is not ours to read. Else PeerBroke."""
    try:
        return _strict.decode(line)
    except UNREADABLE:
        return _decode_odd(line)


def _decode_odd(line: bytes) -> OrderLine | None:
    try:
        if _any.decode(line).op not in ("ocm", "status", "connection"):
            return None
        return decode_leniently(line, _strict)
    except UNREADABLE as error:
        raise PeerBroke(f"order stream: {error}, in {line[:80]!r}") from error


def bets_of(changes: list[OrderMarketChange]) -> list[tuple[str, OrderRunnerChange, StreamBet]]:
    """Every bet of a message with its market and runner."""
    return [(change.id, orc, bet) for change in changes for orc in change.orc or () for bet in orc.uo or ()]


def bet_reported(bet: StreamBet, ref: OrderRef, published_ms: int) -> OrderReported:
    """A bet of ours as a fact; the ref that it carries is that of the first one if it replaced another.

    What a non-runner's reduction or a void changes later arrives the same way, on a bet long complete.
    Source: Betfair developer docs, "Exchange Stream API", order changes.
    """
    figures = Figures(bet.p or 0.0, bet.avp, matched=bet.sm, cancelled=bet.sc, lapsed=bet.sl, voided=bet.sv)
    return reported(
        ref,
        bet.id,
        figures,
        closed=bet.is_closed,
        evidence=Evidence.PUSH,
        as_of_ms=published_ms,
    )
