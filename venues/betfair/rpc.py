"""JSON-RPC envelopes: requests written, answers told apart into a result, a fault of the venue's, and neither."""

from typing import Generic, TypeVar

import msgspec

from venues.betfair.lenient import UNREADABLE, decode_leniently
from venues.errors import PeerBroke

T = TypeVar("T")


class FaultDetail(msgspec.Struct, rename="camel"):
    """What the application said."""

    error_code: str = ""


class FaultData(msgspec.Struct):
    """Detail of an application fault, under the name of the interface that raised it."""

    betting: FaultDetail | None = msgspec.field(default=None, name="APINGException")
    account: FaultDetail | None = msgspec.field(default=None, name="AccountAPINGException")


class Fault(msgspec.Struct):
    """`error`: a JSON-RPC code, a short message such as DSC-0018, and detail if the application was reached."""

    code: int
    message: str = ""
    data: FaultData | None = None

    @property
    def word(self) -> str:
        """The name under which outcomes are listed: INVALID_SESSION_INFORMATION, DSC-0018."""
        detail = self.data and (self.data.betting or self.data.account)
        return detail.error_code if detail and detail.error_code else self.message or str(self.code)


class Envelope(msgspec.Struct, Generic[T]):
    """An answer: exactly one of the two is there."""

    result: T | None = None
    error: Fault | None = None


Answerer = msgspec.json.Decoder[Envelope[T]]


def answerer(result: type[T]) -> Answerer[T]:
    """Decoder of the answers whose result is of this type."""
    return msgspec.json.Decoder(Envelope[result])  # type: ignore[valid-type]


def encode_call(method: str, params: bytes, call: int) -> bytes:
    """The body of one call; `params` is JSON already."""
    return b'{"jsonrpc":"2.0","method":"%b","params":%b,"id":%d}' % (method.encode(), params, call)


def decode_answer(body: bytes, decoder: Answerer[T]) -> T | Fault:
    """Result or fault. PeerBroke for anything else, a page of HTML above all."""
    try:
        envelope = decoder.decode(body)
    except UNREADABLE:
        envelope = _decode_odd(body, decoder)
    if envelope.error is not None:
        return envelope.error
    if envelope.result is None:
        raise PeerBroke(f"neither result nor error: {body[:60]!r}")
    return envelope.result


def _decode_odd(body: bytes, decoder: Answerer[T]) -> Envelope[T]:
    try:
        return decode_leniently(body, decoder)
    except UNREADABLE as error:
        raise PeerBroke(f"not an answer: {error}, in {body[:60]!r}") from error
