"""What a recording of Matchbook keeps: the answers about events, markets and prices."""

from collections.abc import Mapping

from venues.base import Endpoint
from venues.matchbook.events_codec import EVENTS_PATH
from venues.matchbook.settings import Settings
from venues.transport_taps import Cutter, HttpCutter


class MatchbookKept:
    """Polls of events; the login's answer is personal, and offers are ours alone."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.taps: Mapping[str, tuple[Endpoint, type[Cutter]]] = {"api": (settings.api, HttpCutter)}

    def wants(self, key: str, about: str, text: bytes) -> bool:
        """Whether it answers a question about events."""
        return about.startswith(EVENTS_PATH) and about.endswith(" 200")
