"""Recorded streams: files of any packing and line ending, read line by line, told as facts with their times."""

import bz2
import enum
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Protocol

import msgspec

from domain.ids import MarketId, VenueMarketId, VenueName
from domain.markets import Listing
from domain.messages import Fact
from venues.betfair.lenient import UNREADABLE
from venues.betfair.market_codec import (
    ConnectionMessage,
    MarketDefinition,
    MarketMessage,
    StatusMessage,
    selection_id,
)
from venues.betfair.market_feed import MarketFeed
from venues.betfair.thread import IMAGE, Thread
from venues.frames_file import MESSAGE, read_frames, venues_of

CHUNK_BYTES = 262_144
LINE_BYTES_MAX = 33_554_432
TICKS_1970 = 621_355_968_000_000_000
"""`rt` counts 100 ns from the year 1. Source: measured on the recordings that carry it; .NET DateTime.Ticks."""


class Damaged(ValueError):
    """A file that cannot be read to its end; the text names the file and the place."""


class Recorded(MarketMessage, tag="mcm"):
    """A market message with what recorders add: when it was received, in ticks or in Unix milliseconds."""

    rt: int | None = None
    arrival_ms: int | None = msgspec.field(default=None, name="ArrivalTime")

    @property
    def time_ms(self) -> int:
        """When it was received if that was recorded, else when it was published."""
        if self.rt is not None:
            return (self.rt - TICKS_1970) // 10_000
        return self.pt if self.arrival_ms is None else self.arrival_ms


_decoder: msgspec.json.Decoder[Recorded | StatusMessage | ConnectionMessage] = msgspec.json.Decoder(
    Recorded | StatusMessage | ConnectionMessage, strict=False
)


class Depth(enum.Enum):
    """What a recording says of prices."""

    FULL = "every price of the ladders"
    BEST = "the best levels only, which do not make a book"
    NONE = "last traded prices only: a BASIC file, good for market states and not for books"


class Recording:
    """One file of stream messages, one or many markets in it.

    A line that is not whole JSON is left out; `lines_skipped` holds its number and what was wrong.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.lines_skipped: list[tuple[int, str]] = []

    def messages(self) -> Iterator[tuple[bytes, Recorded]]:
        """Every market message with its line. Damaged when the file ends early or its packing is broken."""
        self.lines_skipped = []
        for number, line in enumerate(read_lines(self.path), 1):
            try:
                message = _decoder.decode(line)
            except UNREADABLE as error:
                self.lines_skipped.append((number, f"{error}: {line[:60]!r}"))
                continue
            if isinstance(message, Recorded):
                yield line, message

    def lines(self) -> Iterator[tuple[int, bytes]]:
        """Every market message as it was recorded, with its time in Unix milliseconds."""
        for line, message in self.messages():
            yield message.time_ms, line

    def facts(self, feed: MarketFeed) -> Iterator[tuple[int, Fact]]:
        """Every message as facts of the markets that the feed was made for, with their times."""
        thread = Thread()
        for _, message in self.messages():
            whole = thread.take(message)
            if whole is not None and whole.changes:
                for fact in feed.facts(whole.changes, whole.pt, image=whole.ct == IMAGE):
                    yield message.time_ms, fact


class Survey(msgspec.Struct, frozen=True):
    """What a recording holds: messages, times, how deep its prices go, and each market as first and last defined."""

    messages: int
    definitions: int
    first_ms: int
    last_ms: int
    depth: Depth
    opening: dict[str, MarketDefinition]
    closing: dict[str, MarketDefinition]

    def listings(self, venue: VenueName) -> list[Listing]:
        """Every runner of every market, each market being one of ours under the venue's name of it."""
        return [
            Listing(venue, VenueMarketId(market), selection_id(runner.id, runner.hc), MarketId(market), outcome)
            for market, definition in self.opening.items()
            for outcome, runner in enumerate(definition.runners)
        ]


def survey(recording: Recording) -> Survey:
    """Read a recording once and say what is in it. ValueError if it holds no market at all."""
    opening: dict[str, MarketDefinition] = {}
    closing: dict[str, MarketDefinition] = {}
    messages = definitions = first_ms = last_ms = 0
    depth = Depth.NONE
    for line, message in recording.messages():
        messages += 1
        first_ms, last_ms = first_ms or message.time_ms, message.time_ms
        if depth is not Depth.FULL:
            depth = _depth(line, depth)
        defined = [(change.id, change.market_definition) for change in message.changes or ()]
        definitions += sum(definition is not None for _, definition in defined)
        for market, definition in defined:
            if definition is not None:
                opening.setdefault(market, definition)
                closing[market] = definition
    if not opening:
        raise ValueError(f"{recording.path}: no market definition in {messages} messages; is it a stream recording?")
    return Survey(messages, definitions, first_ms, last_ms, depth, opening, closing)


def _depth(line: bytes, known: Depth) -> Depth:
    if b'"atb"' in line or b'"atl"' in line:
        return Depth.FULL
    return Depth.BEST if b'"batb"' in line or b'"batl"' in line else known


# --- bytes ---


class _Unpacker(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, /) -> bytes: ...


def _unpacker(head: bytes) -> _Unpacker | None:
    if head.startswith(b"BZh"):
        return bz2.BZ2Decompressor()
    if head.startswith(b"\x1f\x8b"):
        return zlib.decompressobj(wbits=31)
    return None


BOM = b"\xef\xbb\xbf"
"""What some editors put before the first line; JSON knows no such thing."""


def read_lines(path: Path, venue: str = "*") -> Iterator[bytes]:
    """Lines that are not blank, ended by LF, CRLF or a bare CR; no JSON text holds either byte itself.

    Of a recording of ours each market message, with the time at which it was received, as other recorders note it; of
    one with several venues those of one only.
    """
    lines = _received_lines(path, venue) if venues_of(path) else _plain_lines(path)
    for line in lines:
        if line := line.removeprefix(BOM):
            yield line
        break
    yield from lines


def _received_lines(path: Path, venue: str) -> Iterator[bytes]:
    for frame in read_frames(path, venue=venue):
        if frame.kind == MESSAGE and frame.text.startswith("{"):
            yield f'{{"ArrivalTime":{frame.at_ms},{frame.text[1:]}'.encode()


def _plain_lines(path: Path) -> Iterator[bytes]:
    rest = b""
    for chunk in _unpacked(path):
        *lines, rest = (rest + chunk).replace(b"\r", b"\n").split(b"\n")
        if len(rest) > LINE_BYTES_MAX:
            raise Damaged(f"{path}: a line of more than {LINE_BYTES_MAX} bytes; is it a stream recording?")
        yield from filter(None, lines)
    if rest:
        yield rest


def _unpacked(path: Path) -> Iterator[bytes]:
    """The file's content in pieces; packed members may follow one another."""
    with path.open("rb") as file:
        data = file.read(CHUNK_BYTES)
        unpacker = _unpacker(data)
        while unpacker is None and data:
            yield data
            data = file.read(CHUNK_BYTES)
        while unpacker is not None and data:
            try:
                yield unpacker.decompress(data)
            except (OSError, zlib.error) as error:
                raise Damaged(f"{path}: packed data is broken before byte {file.tell()}: {error}") from error
            data = unpacker.unused_data or file.read(CHUNK_BYTES)
            if data and unpacker.eof:
                unpacker = _unpacker(data)
                if unpacker is None:
                    raise Damaged(f"{path}: something else follows the packed data before byte {file.tell()}")
        if unpacker is not None and not unpacker.eof:
            raise Damaged(f"{path}: ends at byte {file.tell()} inside its packed data; fetch it again")
