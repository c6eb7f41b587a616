"""The stream's clocks: where a subscriber stood when its connection ended, and whether it may go on from there.

The venue's own clocks mean nothing to a client, which keeps the last two it saw and sends them back.
"""

import struct
from base64 import b64decode, b64encode
from binascii import Error
from hashlib import blake2b

import msgspec

_PLACE = struct.Struct(">QQ")


class Place(msgspec.Struct, frozen=True):
    """The last batch that a subscriber was told of, and when, in Unix milliseconds."""

    stamp: int
    told_ms: int


def initial_clock(criteria: bytes, seed: int) -> str:
    """Names the subscription: other criteria are another subscription."""
    return b64encode(blake2b(criteria, digest_size=15, key=str(seed).encode()).digest()).decode()


def clock(place: Place) -> str:
    """Names a place in a subscription."""
    return b64encode(_PLACE.pack(place.stamp, place.told_ms)).decode()


def read_clock(text: str) -> Place | None:
    """The place that a clock names, None for what is not one of ours."""
    try:
        raw = b64decode(text, validate=True)
    except (Error, ValueError):
        return None
    return Place(*_PLACE.unpack(raw)) if len(raw) == _PLACE.size else None
