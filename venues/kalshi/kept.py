"""What a recording of Kalshi keeps: public messages of the stream, answers about markets, events, series and hours."""

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from venues.base import Endpoint
from venues.kalshi.settings import Settings
from venues.transport_taps import Cutter, HttpCutter, SocketCutter

PUBLIC = ("/markets", "/events", "/series", "/exchange/status", "/exchange/schedule")
PRIVATE = frozenset({"fill", "user_order", "market_position", "order_group_updates"})
ANSWERS = frozenset({"subscribed", "unsubscribed", "ok"})
"""What answers our commands counts in the row of a channel."""
OURS = (b'"fill"', b'"user_orders"', b'"order_group_updates"')


class _Type(msgspec.Struct):
    """What kind of message it is."""

    type: str = ""


_types = msgspec.json.Decoder(_Type)


class KalshiKept:
    """Books and lifecycles as they came on the stream; terms and states as they were answered."""

    def __init__(self, settings: Settings) -> None:
        self.settings = replace(settings, with_trades=True)
        self._root = settings.rest_root
        self.taps: Mapping[str, tuple[Endpoint, type[Cutter]]] = {
            "rest": (settings.rest, HttpCutter),
            "stream": (settings.stream, SocketCutter),
        }

    def wants(self, key: str, about: str, text: bytes) -> bool:
        """Whether it is public."""
        if key == "rest":
            path = about.removeprefix(self._root).partition("?")[0].partition(" ")[0]
            return path.startswith(PUBLIC) and about.endswith(" 200")
        try:
            kind = _types.decode(text).type
            return kind not in PRIVATE and not (kind in ANSWERS and any(word in text for word in OURS))
        except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
            return False
