"""Records as bytes: one msgspec message each, and the canonical bytes that a digest is taken of."""

import hashlib
from collections.abc import Callable

import msgspec

from domain.messages import Record

VERSION = 2
"""Raised when an old reader could misread a new record, or a new reader an old one; in the head of each segment."""

DIGEST_SIZE = 16
"""Bytes of the BLAKE2b that chains records: checksum and chain at once."""

_decoder = msgspec.msgpack.Decoder(Record)
_canonical = msgspec.msgpack.Encoder(order="deterministic")
_unfed = hashlib.blake2b(digest_size=DIGEST_SIZE)

encode: Callable[[Record], bytes] = msgspec.msgpack.Encoder().encode
"""The bytes of a record as they stand in the journal."""


def decode(data: bytes) -> Record:
    """The record of some bytes; raises `msgspec.ValidationError` or `DecodeError` on anything else."""
    try:
        return _decoder.decode(data)
    except UnicodeDecodeError as error:  # msgspec lets this one through
        raise msgspec.DecodeError(str(error)) from error


def chained(head: bytes, data: bytes) -> bytes:
    """The chain's next head: a hash over the head before and this record."""
    link = _unfed.copy()  # a quarter cheaper than to make one
    link.update(head + data)
    return link.digest()


def digest(state: object) -> str:
    """Hex digest of plain state (structs, dicts, sets, ints); equal states give equal digests in any process."""
    hashed = _unfed.copy()
    hashed.update(_canonical.encode(state))
    return hashed.hexdigest()
