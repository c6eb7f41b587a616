"""Framing and continuity of a stream: lines out of bytes, whole messages out of segments, clocks to resume by."""

from typing import Any, Protocol, TypeVar

from msgspec.structs import replace

from venues.errors import PeerBroke

LINE_BYTES_MAX = 33_554_432
BLANK = (b"", b"\r", b"\n", b"\r\n")


class LineBuffer:
    """Cuts a byte stream into lines; a line may come in any number of pieces."""

    def __init__(self, *, line_bytes_max: int = LINE_BYTES_MAX) -> None:
        self._line_bytes_max = line_bytes_max
        self._pieces: list[bytes] = []
        self._bytes = 0

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that these bytes complete, blank ones left out. PeerBroke past the longest line allowed."""
        if not self._pieces and data.find(b"\n") == len(data) - 1:
            return [data] if data not in BLANK else []  # one whole line at a time is how a quiet stream arrives
        lines = data.split(b"\n")
        rest = lines.pop()
        if lines and self._pieces:
            lines[0] = b"".join(self._pieces) + lines[0]
            self._pieces, self._bytes = [], 0
        if rest:
            self._pieces.append(rest)
            self._bytes += len(rest)
            if self._bytes > self._line_bytes_max:
                raise PeerBroke(f"a line of more than {self._line_bytes_max} bytes")
        return [line for line in lines if line not in BLANK]


IMAGE = "SUB_IMAGE"
"""The `ct` of a message that is all there is; nothing told before still holds."""


class ChangeMessage(Protocol):
    """What market and order messages have in common; only their `changes` differ.

    `ct` is an image, the patch after a gap, a heartbeat, or None for an ordinary change; `pt` the publish time.
    """

    @property
    def id(self) -> int | None: ...
    @property
    def ct(self) -> str | None: ...
    @property
    def clk(self) -> str | None: ...
    @property
    def pt(self) -> int: ...
    @property
    def changes(self) -> list[Any] | None: ...
    @property
    def status(self) -> int | None: ...
    @property
    def segment_type(self) -> str | None: ...
    @property
    def initial_clk(self) -> str | None: ...
    @property
    def heartbeat_ms(self) -> int | None: ...
    @property
    def conflate_ms(self) -> int | None: ...


M = TypeVar("M", bound=ChangeMessage)


class Thread:
    """Where we are in a subscription.

    The clocks move only when a message is whole: what was cut off half way will be sent again.
    Source: Betfair developer docs, "Exchange Stream API", re-connection and segmentation.
    """

    def __init__(self) -> None:
        self._clocks: dict[str, str] = {}
        self._news: dict[str, str] = {}
        self._segments: list[Any] = []
        self._kind: str | None = None

    @property
    def clocks(self) -> dict[str, str]:
        """`initialClk` and `clk` for the next subscription; empty unless both are known."""
        return dict(self._clocks) if len(self._clocks) == 2 else {}

    def forget(self) -> None:
        """Start from nothing: the next subscription gets an image."""
        self._clocks = {}
        self.cut()

    def cut(self) -> None:
        """The connection is gone: segments of an unfinished message are of no use."""
        self._news, self._segments, self._kind = {}, [], None

    def take(self, message: M) -> M | None:
        """The message if it is whole, its last segment with what all of them said, or None while more is to come."""
        if message.segment_type is not None:
            return self._glue(message)
        if message.clk is not None:
            self._clocks["clk"] = message.clk
        if message.initial_clk is not None:
            self._clocks["initialClk"] = message.initial_clk
        return message

    def _glue(self, message: M) -> M | None:
        if message.clk is not None:
            self._news["clk"] = message.clk
        if message.initial_clk is not None:
            self._news["initialClk"] = message.initial_clk
        if message.segment_type == "SEG_START":
            self._segments = []
            self._kind = message.ct
        self._segments += message.changes or []
        if message.segment_type != "SEG_END":
            return None
        whole = replace(message, ct=self._kind, changes=self._segments)  # type: ignore[type-var]  # (a struct)
        self._clocks.update(self._news)
        self.cut()
        return whole
