"""WebSocket messages that are about subscriptions, not markets or orders; and the commands that we send."""

from functools import reduce
from operator import or_
from typing import Any, Generic, TypeVar

import msgspec

from venues.errors import PeerBroke

BOOKS = "orderbook_delta"
LIFECYCLE = "market_lifecycle_v2"
TRADES = "trade"
FILLS = "fill"
ORDERS = "user_orders"
POSITIONS = "market_positions"
GROUPS = "order_group_updates"

TERMINAL = frozenset({10, 17, 25})
"""Errors after which a subscription is dead: channel error, internal error, buffer overflow.

Source: Kalshi AsyncAPI, error codes.
"""
UNKNOWN_MARKET = 16


class SubscribedDetail(msgspec.Struct):
    """Which channel got which number."""

    channel: str
    sid: int


class Subscribed(msgspec.Struct, tag_field="type", tag="subscribed"):
    """One channel of a subscribe command is on its way."""

    msg: SubscribedDetail
    id: int = 0
    sid: int | None = None
    seq: int | None = None


class Unsubscribed(msgspec.Struct, tag_field="type", tag="unsubscribed"):
    """The last message of a subscription."""

    id: int = 0
    sid: int | None = None
    seq: int | None = None


class OkDetail(msgspec.Struct):
    """The tickers of a subscription after a change."""

    market_tickers: list[str] | None = None


class Ok(msgspec.Struct, tag_field="type", tag="ok"):
    """A command was carried out; for `list_subscriptions` the message is the list."""

    id: int = 0
    sid: int | None = None
    seq: int | None = None
    msg: list[SubscribedDetail] | OkDetail | None = None


class ErrorDetail(msgspec.Struct):
    """What went wrong, and with which market if it was one."""

    code: int
    msg: str = ""
    market_ticker: str = ""


class Error(msgspec.Struct, tag_field="type", tag="error"):
    """A command failed, or a subscription did (no id)."""

    msg: ErrorDetail
    id: int = 0
    sid: int | None = None
    seq: int | None = None


class Unread(msgspec.Struct):
    """A message of a kind that we do not read: its number counts all the same."""

    type: str
    sid: int | None = None
    seq: int | None = None


Control = Subscribed | Unsubscribed | Ok | Error

T = TypeVar("T")

_any = msgspec.json.Decoder(Unread, strict=False)


class FrameDecoder(Generic[T]):
    """Reads the messages of one stream: control messages, and data messages of the kinds `data`, together T."""

    def __init__(self, *data: type[msgspec.Struct]) -> None:
        kinds: list[Any] = [Subscribed, Unsubscribed, Ok, Error, *data]
        union = reduce(or_, kinds)
        self._strict: msgspec.json.Decoder[Control | T] = msgspec.json.Decoder(union)
        self._lax: msgspec.json.Decoder[Control | T] = msgspec.json.Decoder(union, strict=False)
        self._known = {str(kind.__struct_config__.tag) for kind in kinds}

    def decode(self, text: bytes) -> Control | T | Unread:
        """One message; PeerBroke for what does not fit. Numbers may come as text."""
        try:
            return self._strict.decode(text)
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return self._decode_odd(text)

    def _decode_odd(self, text: bytes) -> Control | T | Unread:
        try:
            message = _any.decode(text)
            return self._lax.decode(text) if message.type in self._known else message
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
            raise PeerBroke(f"stream: {error}, in {text[:80]!r}") from error


# --- commands ---


def subscribe(number: int, channel: str, tickers: list[str]) -> bytes:
    """Ask for a channel, of some markets or (no tickers) of all that it has.

    The scale of the NO side of a book is always named: its default will change.
    """
    params: dict[str, Any] = {"channels": [channel]}
    if channel == BOOKS:
        assert tickers, "books are asked for by market"
        params |= {"use_yes_price": True, "skip_ticker_ack": True}
    if tickers:
        params["market_tickers"] = tickers
    return _command(number, "subscribe", params)


def update(number: int, sid: int, action: str, tickers: list[str]) -> bytes:
    """`add_markets` or `get_snapshot` on a subscription."""
    assert tickers, "an update names its markets"
    return _command(number, "update_subscription", {"sids": [sid], "action": action, "market_tickers": tickers})


def unsubscribe(number: int, sid: int) -> bytes:
    """End a subscription."""
    return _command(number, "unsubscribe", {"sids": [sid]})


def list_subscriptions(number: int) -> bytes:
    """Ask which subscriptions the venue thinks that we have."""
    return _command(number, "list_subscriptions", None)


def _command(number: int, name: str, params: dict[str, Any] | None) -> bytes:
    return msgspec.json.encode({"id": number, "cmd": name} | ({} if params is None else {"params": params}))
