"""What a recording of Betfair keeps: the market stream, line by line as it came."""

from collections.abc import Mapping

import msgspec
from msgspec.structs import replace

from venues.base import Endpoint
from venues.betfair.lenient import UNREADABLE
from venues.betfair.settings import Settings
from venues.transport_taps import Cutter, LineCutter


class _Op(msgspec.Struct):
    """What kind of message a line is."""

    op: str = ""


_ops = msgspec.json.Decoder(_Op)


class BetfairKept:
    """Market messages only: those of our bets, greetings and answers are not for others."""

    def __init__(self, settings: Settings) -> None:
        self.settings = replace(settings, with_trades=True)
        self.taps: Mapping[str, tuple[Endpoint, type[Cutter]]] = {"stream": (settings.stream, LineCutter)}

    def wants(self, key: str, about: str, text: bytes) -> bool:
        """Whether a line tells of markets."""
        try:
            return _ops.decode(text).op == "mcm"
        except UNREADABLE:
            return False
