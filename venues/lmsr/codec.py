"""The venue's language: one JSON object a line, both ways. Prices are in cents of a cent, sizes in millionths.

    we say    hello, place, cancel, ask, image, ping
    it says   welcome, book, market, order, refused, told, beat, no (to a hello)

Everything that it says by itself is numbered in one row, beats too. A book is always the whole of one selection, an
order always all that the venue knows of it: whoever hears one twice is no worse off.
"""

from typing import Annotated, TypeVar

import msgspec

from domain.markets import MarketStatus, Result
from venues.errors import PeerBroke

LINE_BYTES_MAX = 1_048_576

Whole = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
"""What any number is: more than any market holds, and no more than a journalled amount can be."""

Level = tuple[Whole, Whole]


class Hello(msgspec.Struct, frozen=True, tag_field="op", tag="hello"):
    """Who speaks; the first thing on a line."""

    key: str


class Place(msgspec.Struct, frozen=True, tag_field="op", tag="place"):
    """An order under a name of ours; the same name twice is the same order."""

    ref: str
    market: str
    selection: str
    buys: bool
    price: Whole
    size: Whole
    immediate: bool


class Cancel(msgspec.Struct, frozen=True, tag_field="op", tag="cancel"):
    """Take the rest of an order out."""

    ref: str
    request: str


class Ask(msgspec.Struct, frozen=True, tag_field="op", tag="ask"):
    """A question: `what` is order (`about` a ref), orders, money, or statement (`about` a market)."""

    id: Whole
    what: str
    about: str = ""


class Image(msgspec.Struct, frozen=True, tag_field="op", tag="image"):
    """Say one book again, or with no selection everything."""

    market: str = ""
    selection: str = ""


Said = Hello | Place | Cancel | Ask | Image


class OrderState(msgspec.Struct, frozen=True):
    """All that the venue knows of an order. `number` is its own name for it."""

    ref: str
    number: Whole
    market: str
    selection: str
    buys: bool
    price: Whole
    size: Whole
    matched: Whole = 0
    claims: Whole = 0
    cost: Whole = 0
    cancelled: Whole = 0
    lapsed: Whole = 0
    voided: Whole = 0
    fills: list[tuple[Whole, Whole, Whole, Whole]] = []
    """Each match: its number, size, claims and cost."""

    @property
    def remaining(self) -> int:
        return self.size - self.matched - self.cancelled - self.lapsed - self.voided


class Book(msgspec.Struct, frozen=True, tag_field="op", tag="book"):
    """One selection's whole ladder, best first: what can be bought, and what can be sold."""

    seq: Whole
    market: str
    selection: str
    to_buy: list[Level]
    to_sell: list[Level]
    ms: Whole = 0


class Market(msgspec.Struct, frozen=True, tag_field="op", tag="market"):
    """One market's state."""

    seq: Whole
    market: str
    status: MarketStatus
    in_play: bool
    version: Whole
    selections: list[str] = []
    results: dict[str, Result] = {}


class Order(msgspec.Struct, frozen=True, tag_field="op", tag="order"):
    """An order as it is now. `answers` is place or cancel where this is the answer to one, `taken` what it took out."""

    seq: Whole
    order: OrderState
    answers: str = ""
    request: str = ""
    taken: Whole = 0


class Refused(msgspec.Struct, frozen=True, tag_field="op", tag="refused"):
    """A place or a cancel was turned down; `why` is a word of the table in `outcomes`."""

    seq: Whole
    ref: str
    why: str
    request: str = ""


class Told(msgspec.Struct, frozen=True, tag_field="op", tag="told"):
    """The answer to a question, by its id."""

    seq: Whole
    id: Whole
    orders: list[OrderState] = []
    balance: Whole | None = None
    statement: str = ""
    profit: Whole = 0
    results: dict[str, Result] = {}


class Beat(msgspec.Struct, frozen=True, tag_field="op", tag="beat"):
    """The line is alive."""

    seq: Whole


class Welcome(msgspec.Struct, frozen=True, tag_field="op", tag="welcome"):
    """The hello was taken; images of everything follow."""

    seq: Whole


class No(msgspec.Struct, frozen=True, tag_field="op", tag="no"):
    """The hello was not taken, or is worth nothing any more; the line ends."""

    seq: Whole
    why: str


Heard = Book | Market | Order | Refused | Told | Beat | Welcome | No

M = TypeVar("M")

_heard: msgspec.json.Decoder[Heard] = msgspec.json.Decoder(Heard)
_said: msgspec.json.Decoder[Said] = msgspec.json.Decoder(Said)


def encode(message: Said | Heard) -> bytes:
    """One line."""
    return msgspec.json.encode(message) + b"\n"


def decode_heard(line: bytes) -> Heard:
    """What the venue said; PeerBroke for anything else."""
    heard: Heard = _decode(line, _heard)
    return heard


def decode_said(line: bytes) -> Said:
    """What a customer said; PeerBroke for anything else."""
    said: Said = _decode(line, _said)
    return said


def _decode(line: bytes, decoder: "msgspec.json.Decoder[M]") -> M:
    try:
        return decoder.decode(line)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise PeerBroke(f"not a message: {error}, in {line[:60]!r}") from error


class Lines:
    """Bytes into lines, within bounds."""

    def __init__(self) -> None:
        self._rest = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are whole now; PeerBroke for one without an end."""
        self._rest += data
        *lines, rest = bytes(self._rest).split(b"\n")
        self._rest = bytearray(rest)
        if len(self._rest) > LINE_BYTES_MAX:
            raise PeerBroke(f"a line of more than {LINE_BYTES_MAX} bytes")
        return [line for line in lines if line]
