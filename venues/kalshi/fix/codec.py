"""FIX tag=value messages: frames found in a stream of bytes, fields in a frame, groups in fields; and back to bytes.

A frame is `8=...|9=LENGTH|35=...|10=SUM|` with SOH for `|`. LENGTH counts the bytes from `35` to the SOH before `10`,
SUM is the sum of every byte before `10=` modulo 256, in three digits. A frame whose length or sum is wrong is garbled:
by the protocol it never happened, and the next `8=FIX` is looked for. A frame that is whole and holds a field that
nobody can read is a message that can be rejected, for its number is known.
Source: FIX Trading Community, "FIX tagvalue encoding" and "FIX session layer"; Kalshi docs, FIX "Session Management".
"""

from collections.abc import Iterable, Mapping

import msgspec

from venues.errors import PeerBroke
from venues.kalshi.fix import tags

SOH = b"\x01"
BEGIN_STRING = "FIXT.1.1"
START = b"8=FIX"

BODY_BYTES_MAX = 262_144
"""Longest body that is read; a snapshot of a market with every price of the finest grid taken is well below it."""
HEAD_BYTES_MAX = 32
TRAILER_BYTES = 7
LENGTHS = {tags.RAW_DATA_LENGTH: tags.RAW_DATA, tags.SIGNATURE_LENGTH: tags.SIGNATURE}
"""Fields of data, which may hold any byte, by the field before them that says how long they are."""

Field = tuple[int, str]
"""Tag and value; bytes above 127 stand for themselves (Latin-1), so nothing is lost either way."""


class FieldFault(PeerBroke):
    """A field of a message that is otherwise in order: which one, and what is wrong with it by the codes of 373."""

    def __init__(self, tag: int, reason: int, detail: str) -> None:
        super().__init__(detail)
        self.tag = tag
        self.reason = reason


class Message(msgspec.Struct, frozen=True):
    """One message: its version, its type, and all its fields in order but for 8, 9, 35 and 10."""

    type: str
    fields: tuple[Field, ...]
    begin: str = BEGIN_STRING

    def get(self, tag: int) -> str | None:
        """The first field of this tag."""
        return next((value for found, value in self.fields if found == tag), None)

    def text(self, tag: int) -> str:
        """The field of this tag; FieldFault if there is none."""
        value = self.get(tag)
        if value is None:
            raise FieldFault(tag, tags.REQUIRED_TAG_MISSING, f"{self.type}: field {tag} is missing")
        return value

    def number(self, tag: int) -> int:
        """The field of this tag as a whole number; FieldFault if it is none."""
        return whole(self.text(tag), tag)

    def is_set(self, tag: int) -> bool:
        """Whether a flag is there and says yes."""
        return self.get(tag) == "Y"


class Unreadable(msgspec.Struct, frozen=True):
    """A whole frame with a field that cannot be read: which, why (by the codes of field 373), and what could be read.

    `seq` is None where not even the message's number could be found.
    """

    type: str
    seq: int | None
    tag: int
    reason: int
    detail: str


class Garbled(msgspec.Struct, frozen=True):
    """Bytes that are no frame, and were dropped."""

    reason: str
    size: int


Frame = Message | Unreadable | Garbled


def whole(text: str, tag: int) -> int:
    """A number of at most 18 digits and no sign; FieldFault if the text is none."""
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise FieldFault(tag, tags.INCORRECT_FORMAT, f"field {tag} is {text!r}, not a number")
    return int(text)


def encode(kind: str, fields: Iterable[Field], *, begin: str = BEGIN_STRING) -> bytes:
    """A frame. ValueError for a value that is empty or would end its field early, unless its length was told before."""
    parts = [f"35={kind}".encode("ascii")]
    data_tag, data_bytes = 0, 0
    for tag, value in fields:
        raw = value.encode("latin-1")
        if tag == data_tag and len(raw) != data_bytes:
            raise ValueError(f"field {tag} has {len(raw)} bytes where {data_bytes} were told")
        if tag <= 0 or not raw or (SOH in raw and tag != data_tag):
            raise ValueError(f"field {tag} cannot hold {value!r}")
        parts.append(b"%d=%b" % (tag, raw))
        data_tag = LENGTHS.get(tag, 0)
        data_bytes = int(value) if data_tag else 0
    body = SOH.join(parts) + SOH
    head = b"8=%b\x019=%d\x01" % (begin.encode("ascii"), len(body))
    return b"%b%b10=%03d\x01" % (head, body, (sum(head) + sum(body)) % 256)


class Framer:
    """Bytes in, in any slices; frames out, each once. Holds no more than one message of the greatest length."""

    def __init__(self, *, body_bytes_max: int = BODY_BYTES_MAX) -> None:
        self._body_bytes_max = body_bytes_max
        self._bytes = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """The frames that are complete now."""
        held = self._bytes
        held += data
        found: list[Frame] = []
        at = 0
        while at < len(held):
            frame, used = self._next(held, at)
            if not used:
                break
            at += used
            if frame is not None:
                found.append(frame)
        del held[:at]
        return found

    def _next(self, held: bytearray, at: int) -> tuple[Frame | None, int]:
        """One frame, and how many bytes it took; none as long as more must come."""
        start = held.find(START, at)
        if start != at:
            return _junk(held, at, start)
        length, body_at, fault = self._head(held, at)
        if fault:
            return _skip(held, at, fault)
        if length is None:
            return None, 0
        end = body_at + length + TRAILER_BYTES
        if len(held) < end:
            return None, 0
        frame = bytes(held[at:end])
        fault = _sum_fault(frame)
        if fault:
            return _skip(held, at, fault)
        return _message(frame, body_at - at), end - at

    def _head(self, held: bytearray, at: int) -> tuple[int | None, int, str]:
        """The body's length and where it begins; None as long as that is not known; or what is wrong."""
        first = held.find(SOH, at, at + HEAD_BYTES_MAX)
        second = held.find(SOH, first + 1, at + HEAD_BYTES_MAX) if first >= 0 else -1
        if second < 0:
            is_over = len(held) - at >= HEAD_BYTES_MAX
            return None, 0, "a head without its length" if is_over else ""
        said = bytes(held[first + 1 : second])
        digits = said[2:]
        if not said.startswith(b"9=") or not digits.isdigit() or len(digits) > 7:
            return None, 0, "a body length that is no number"
        length = int(digits)
        if not 5 <= length <= self._body_bytes_max:
            return None, 0, f"a body of {length} bytes"
        return length, second + 1, ""


class Group(msgspec.Struct, frozen=True):
    """A repeating group: the field that counts it, the field that each entry begins with, and those it may hold."""

    count: int
    first: int
    members: frozenset[int]
    nested: tuple["Group", ...] = ()

    def all_members(self) -> frozenset[int]:
        """Its own members and those of the groups in it."""
        inner = (one.all_members() | {one.count} for one in self.nested)
        return self.members.union(*inner)


def entries(message: Message, group: Group) -> list[Message]:
    """The entries of a group, each as a message of its own; FieldFault if their number is not the one told."""
    found: list[list[Field]] = []
    told: int | None = None
    members = group.all_members()
    for tag, value in message.fields:
        if told is None:
            told = whole(value, tag) if tag == group.count else None
        elif tag == group.first:
            found.append([(tag, value)])
        elif tag in members and found:
            found[-1].append((tag, value))
        else:
            break
    if len(found) != (told or 0):
        detail = f"{message.type}: {len(found)} entries where field {group.count} tells {told}"
        raise FieldFault(group.count, tags.INCORRECT_GROUP_COUNT, detail)
    return [Message(message.type, tuple(fields)) for fields in found]


def grouped(group: Group, rows: Iterable[Mapping[int, str]]) -> list[Field]:
    """The fields of a group, its count first and each entry beginning with the group's first field."""
    fields: list[Field] = []
    count = 0
    for row in rows:
        count += 1
        fields.append((group.first, row[group.first]))
        fields += [(tag, value) for tag, value in row.items() if tag != group.first]
    return [(group.count, str(count)), *fields]


# --- leaves ---


def _junk(held: bytearray, at: int, start: int) -> tuple[Frame | None, int]:
    """What stands before a frame."""
    size = (start if start >= 0 else _perhaps(held, at)) - at
    return (Garbled("bytes before a frame", size), size) if size else (None, 0)


def _skip(held: bytearray, at: int, reason: str) -> tuple[Frame, int]:
    """Drop a frame that is none, as far as the next one may begin."""
    start = held.find(START, at + 1)
    size = (start if start >= 0 else _perhaps(held, at + 1)) - at
    return Garbled(reason, size), size


def _perhaps(held: bytearray, at: int) -> int:
    """Where the bytes from here on end, but for such at their end as may begin a frame."""
    longest = min(len(START) - 1, len(held) - at)
    return len(held) - next((n for n in range(longest, 0, -1) if held.endswith(START[:n])), 0)


def _sum_fault(frame: bytes) -> str:
    trailer = frame[-TRAILER_BYTES:]
    digits = trailer[3:6]
    if not trailer.startswith(b"10=") or not trailer.endswith(SOH) or not digits.isdigit():
        return "the body does not end where its length says"
    if frame[-TRAILER_BYTES - 1 : -TRAILER_BYTES] != SOH:
        return "the body ends inside a field"
    if sum(frame[:-TRAILER_BYTES]) % 256 != int(digits):
        return "a wrong check sum"
    return ""


def _message(frame: bytes, body_at: int) -> Message | Unreadable:
    begin = frame[2 : frame.index(SOH)].decode("latin-1")
    fields: list[Field] = []
    at, end = body_at, len(frame) - TRAILER_BYTES
    data_bytes = 0
    while at < end:
        equals = frame.find(b"=", at, at + 12)
        stop = equals + 1 + data_bytes if data_bytes and equals >= 0 else frame.find(SOH, at, end)
        digits = frame[at:equals] if 0 <= equals < stop else b""
        if not _is_tag(digits):
            return _unreadable(fields, 0, 0, f"no tag in {bytes(frame[at : at + 12])!r}")
        tag = int(digits)
        value = frame[equals + 1 : stop]
        if not value:
            return _unreadable(fields, tag, tags.TAG_WITHOUT_VALUE, f"field {tag} is empty")
        if data_bytes and (stop >= end or frame[stop : stop + 1] != SOH):
            return _unreadable(fields, tag, tags.INCORRECT_FORMAT, f"field {tag} is not as long as was told")
        fields.append((tag, value.decode("latin-1")))
        data_bytes = _told(tag, value, frame[stop + 1 : stop + 8])
        at = stop + 1
    if not fields or fields[0][0] != tags.MSG_TYPE:
        return _unreadable(fields, tags.MSG_TYPE, tags.REQUIRED_TAG_MISSING, "the type is not the first field")
    return Message(fields[0][1], tuple(fields[1:]), begin)


def _is_tag(digits: bytes) -> bool:
    return digits.isdigit() and len(digits) <= 6 and not digits.startswith(b"0")


def _told(tag: int, value: bytes, following: bytes) -> int:
    """How long the next field is, if this one tells it and is followed by that one."""
    data_tag = LENGTHS.get(tag)
    is_told = data_tag is not None and value.isdigit() and len(value) <= 6 and following.startswith(b"%d=" % data_tag)
    return int(value) if is_told else 0


def _unreadable(fields: list[Field], tag: int, reason: int, detail: str) -> Unreadable:
    found = dict(reversed(fields))
    seq = found.get(tags.MSG_SEQ_NUM, "")
    is_number = seq.isascii() and seq.isdecimal() and len(seq) <= 18
    return Unreadable(found.get(tags.MSG_TYPE, ""), int(seq) if is_number else None, tag, reason, detail)
