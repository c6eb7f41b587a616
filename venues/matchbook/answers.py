"""Bodies of the venue's answers: unpacked within bounds, decoded into typed values, its errors as words."""

import zlib
from collections.abc import Callable
from typing import TypeVar

import msgspec

from venues.errors import PeerBroke
from venues.http import HttpReply

T = TypeVar("T")

Answerer = Callable[[HttpReply], T]
"""Reads the answer to one kind of question; PeerBroke for what does not fit."""

USER_AGENT = "crossbook/0.1"
BODY_BYTES_MAX = 33_554_432
DETAIL_MAX = 200
SECOND_NS = 1_000_000_000
RETRY_AFTER_S_MAX = 86_400
AGE_DIGITS_MAX = 9

UNREADABLE = (msgspec.MsgspecError, UnicodeDecodeError, RecursionError)
"""What a decoder raises for bytes that are not of its form."""


class Trouble(msgspec.Struct):
    """One error of the venue. `codes` are often absent."""

    messages: list[str] = []
    codes: list[str] = []
    field: str = ""

    @property
    def text(self) -> str:
        """Everything it says, in one line."""
        return " ".join(word for word in (*self.codes, self.field, *self.messages) if word)


class ErrorBody(msgspec.Struct):
    """A body that is all error, or (where `offers` is there) the answer to a request that failed in part."""

    errors: list[Trouble] | None = None
    offers: msgspec.Raw = msgspec.Raw()

    @property
    def has_offers(self) -> bool:
        """It lists offers, whatever became of them."""
        return bytes(self.offers) not in (b"", b"null")


def answerer(form: type[T]) -> Answerer[T]:
    """A reader of one form. Ids and numbers may come as text or as numbers."""
    decoder = msgspec.json.Decoder(form, strict=False)

    def read(reply: HttpReply) -> T:
        try:
            return decoder.decode(unpacked(reply))
        except UNREADABLE as error:
            raise PeerBroke(f"status {reply.status}, not an answer: {error}") from None

    return read


error_answer = answerer(ErrorBody)


def unpacked(reply: HttpReply) -> bytes:
    """The body as text; PeerBroke for one that is packed badly, or is out of proportion."""
    if reply.headers.get("content-encoding", "") != "gzip":
        return reply.body
    unpacker = zlib.decompressobj(wbits=31)
    try:
        body = unpacker.decompress(reply.body, BODY_BYTES_MAX)
    except zlib.error as error:
        raise PeerBroke(f"status {reply.status}, not gzip: {error}") from None
    if not unpacker.eof:
        raise PeerBroke(f"status {reply.status}, a packed body that is cut off or of more than {BODY_BYTES_MAX} bytes")
    return body


def errors_text(errors: list[Trouble]) -> str:
    """What the venue says was wrong, short enough for a record."""
    return "; ".join(error.text for error in errors)[:DETAIL_MAX]


def plain(reply: HttpReply) -> str:
    """What the venue says was wrong, else the bare status."""
    try:
        said = errors_text(error_answer(reply).errors or [])
    except PeerBroke:
        said = ""
    return said or f"status {reply.status}"


def retry_after_ns(reply: HttpReply) -> int:
    """How long the venue asks to be left alone, 0 if it does not say."""
    text = reply.headers.get("retry-after", "")
    return min(int(text), RETRY_AFTER_S_MAX) * SECOND_NS if text.isascii() and text.isdigit() else 0


def age_s(reply: HttpReply) -> int:
    """For how many whole seconds an answer has lain in a cache, 0 if it does not say. Source: RFC 9111, section 5.1."""
    text = reply.headers.get("age", "")
    return int(text[:AGE_DIGITS_MAX]) if text.isascii() and text.isdigit() else 0
