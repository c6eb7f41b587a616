"""Recorded frames on disk: packed segments, one after another, that outlive whoever wrote them at any moment.

A recording is a folder, or one segment of it. A segment is gzip; its first line says what it is, each further line is
one frame: Unix microseconds at which it was received, the number of its connection, its kind, what it is about, and
the venue's text as it came. Segments end where they are cut off: what was whole before that is read.
"""

import zlib
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec

VERSION = 1
MARK = b'{"frames":'
SUFFIX = ".frames.gz"
LINE_BYTES_MAX = 67_108_864
CHUNK_BYTES = 262_144
LEVEL = 6

OPENED, CLOSED, MESSAGE, ANSWER = "opened", "closed", "message", "answer"
"""Kinds: a connection came (about: its key in the configuration) or went (about: why), a message of a stream came, or
the answer to a request (about: method and path, and the status behind it)."""


class Head(msgspec.Struct, frozen=True):
    """What a segment is: the form of its lines, the venue, its number in the row, and when it was begun."""

    frames: int
    venue: str
    segment: int
    begun_ns: int


class Frame(msgspec.Struct, frozen=True, array_like=True):
    """One line of a segment."""

    at_us: int
    link: int
    kind: str
    about: str
    text: str

    @property
    def at_ms(self) -> int:
        """When it was received, in Unix milliseconds."""
        return self.at_us // 1_000


class NotFrames(ValueError):
    """What was named is no recording of ours; the text names it and says why."""


_head = msgspec.json.Decoder(Head)
_frame = msgspec.json.Decoder(Frame)
_encoder = msgspec.json.Encoder()


class FramesWriter:
    """Writes one venue's frames into a folder; `keep` 0 keeps all segments.

    A segment that `is_full` goes on until `rotate`, which whoever writes calls at a moment from which the next one can
    be read by itself. What was written stands on the disk after each `flush`. OSError where the disk will not have it.
    """

    def __init__(
        self, folder: Path, venue: str, *, unix_ns: Callable[[], int], segment_bytes: int, keep: int = 0
    ) -> None:
        self.frames = self.bytes_in = self.bytes_out = self.segments = 0
        self.folder = folder
        self._venue = venue
        self._unix_ns = unix_ns
        self._segment_bytes = segment_bytes
        self._keep = keep
        folder.mkdir(parents=True, exist_ok=True)
        self._number = max((number_of(path) for path in segments(folder, venue)), default=0)
        self._begin()

    def write(self, frame: Frame) -> None:
        """Add one frame."""
        self._put(_encoder.encode(frame))
        self.frames += 1
        self.bytes_in += len(frame.text)

    @property
    def is_full(self) -> bool:
        """This segment holds what one may hold."""
        return self._written >= self._segment_bytes

    def rotate(self) -> None:
        """End this segment and begin the next."""
        self._end()
        self._begin()

    def flush(self) -> None:
        """Have everything written so far reach the disk's own keeping."""
        self._out(self._packer.flush(zlib.Z_SYNC_FLUSH))
        self._file.flush()

    def close(self) -> None:
        """End the last segment in order."""
        self._end()

    # --- leaves ---

    def _begin(self) -> None:
        self._number += 1
        self.segments += 1
        self._written = 0
        self._packer = zlib.compressobj(LEVEL, wbits=31)
        self._file = (self.folder / f"{self._venue}-{self._number:05d}{SUFFIX}").open("xb")
        self._put(_encoder.encode(Head(VERSION, self._venue, self._number, self._unix_ns())))
        if self._keep:
            for path in segments(self.folder, self._venue)[: -self._keep]:
                path.unlink()

    def _end(self) -> None:
        self._out(self._packer.flush(zlib.Z_FINISH))
        self._file.close()

    def _put(self, line: bytes) -> None:
        self._out(self._packer.compress(line + b"\n"))

    def _out(self, data: bytes) -> None:
        if data:
            self._file.write(data)
            self._written += len(data)
            self.bytes_out += len(data)


def segments(folder: Path, venue: str = "*") -> list[Path]:
    """The segments of a folder in their order."""
    return sorted(folder.glob(f"{venue}-*{SUFFIX}"), key=number_of)


def number_of(path: Path) -> int:
    """The number of a segment in its row, 0 for a file that is none."""
    text = path.name.removesuffix(SUFFIX).rpartition("-")[2]
    return int(text) if text.isascii() and text.isdecimal() else 0


def venues_of(path: Path) -> list[str]:
    """Whose frames a folder or a segment holds, by name; none if it is neither."""
    found = segments(path) if path.is_dir() else [path]
    heads = [_head_of(one) for one in found if one.is_file()]
    return sorted({head.venue for head in heads if head is not None})


def read_frames(path: Path, skipped: list[tuple[int, str]] | None = None, venue: str = "*") -> Iterator[Frame]:
    """Every whole frame of a folder's segments, or of one, in order; lines that are none are noted in `skipped`.

    Of a folder with several venues those of one only. NotFrames where there is no segment, or one of a form that we do
    not know.
    """
    found = segments(path, venue) if path.is_dir() else [path]
    if not found:
        raise NotFrames(f"{path}: no segment of a recording in this folder; they are named VENUE-00001{SUFFIX}")
    number = 0
    for one in found:
        head = _head_of(one)
        if head is None or head.frames != VERSION:
            raise NotFrames(f"{one}: no segment of a recording, or of another version than {VERSION}")
        for line in _lines(one, skipped):
            number += 1
            try:
                yield _frame.decode(line)
            except (msgspec.MsgspecError, UnicodeDecodeError) as error:
                if not line.startswith(MARK) and skipped is not None:
                    skipped.append((number, f"{one.name}: {error}"))


def _head_of(path: Path) -> Head | None:
    """The first line of a segment, None if it is none."""
    with path.open("rb") as file:
        data = file.read(4_096)
    try:
        line = zlib.decompressobj(wbits=31).decompress(data, 4_096).partition(b"\n")[0]
        return _head.decode(line)
    except (zlib.error, msgspec.MsgspecError, UnicodeDecodeError):
        return None


def _lines(path: Path, skipped: list[tuple[int, str]] | None) -> Iterator[bytes]:
    """Whole lines, as far as the packing can be read."""
    unpacker, rest = zlib.decompressobj(wbits=31), b""
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            try:
                *lines, rest = (rest + unpacker.decompress(chunk)).split(b"\n")
            except zlib.error as error:
                if skipped is not None:
                    skipped.append((0, f"{path.name}: broken before byte {file.tell()}: {error}"))
                return
            yield from filter(None, lines)
            if len(rest) > LINE_BYTES_MAX:
                raise NotFrames(f"{path}: a line of more than {LINE_BYTES_MAX} bytes")
