"""What every line to Kalshi needs, and where its WebSocket is found.

The venue pings every ten seconds; that is too seldom to trade on. Source: Kalshi docs, "Connection Keep-Alive".
"""

from collections.abc import Callable

import msgspec

from venues.base import Network
from venues.kalshi import rules
from venues.kalshi.settings import Settings
from venues.kalshi.signing import Signer
from venues.redial import Chance
from venues.ws_line import Place


class Access(msgspec.Struct, frozen=True):
    """What every line to the venue needs; `wall_ns` reads the Unix clock."""

    settings: Settings
    network: Network
    signer: Signer
    chance: Chance
    wall_ns: Callable[[], int]

    def wall_ms(self) -> int:
        """Unix milliseconds now."""
        return self.wall_ns() // 1_000_000

    def stream(self) -> Place:
        """The WebSocket: every upgrade is signed at its own time."""
        settings = self.settings
        return Place(
            endpoint=settings.stream,
            path=settings.stream_path,
            sign=lambda: self.signer.headers("GET", settings.stream_path, self.wall_ms()),
            heartbeat_ns=settings.heartbeat_ms * 1_000_000,
            dials_per_minute=settings.dials_per_minute,
            bytes_max=rules.MESSAGE_BYTES_MAX,
        )
