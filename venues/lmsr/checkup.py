"""This venue's check-up and what a recording of it keeps: one line, of which books and markets are for everybody."""

from collections.abc import Callable, Iterator, Mapping

from venues.base import Endpoint
from venues.checkup import Finding, reach
from venues.errors import PeerBroke
from venues.lmsr.codec import Book, Market, decode_heard
from venues.lmsr.settings import Settings
from venues.transport_taps import Cutter, LineCutter


class LmsrCheckup:
    """Whether the line can be reached; the venue has nothing else that could be asked without trading."""

    def __init__(self, settings: Settings, wall_ns: Callable[[], int]) -> None:
        self._settings = settings
        self._wall_ns = wall_ns

    @property
    def places(self) -> Mapping[str, Endpoint]:
        """The one line."""
        return {"line": self._settings.line}

    def disarmed(self) -> Settings:
        """Nothing at this venue cancels by itself."""
        return self._settings

    def findings(self) -> Iterator[Finding]:
        """One."""
        yield reach("line", self._settings.line, self._wall_ns)


class LmsrKept:
    """Books and markets; orders and money are ours alone."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.taps: Mapping[str, tuple[Endpoint, type[Cutter]]] = {"line": (settings.line, LineCutter)}

    def wants(self, key: str, about: str, text: bytes) -> bool:
        """Whether a line is for everybody."""
        try:
            return isinstance(decode_heard(text), Book | Market)
        except PeerBroke:
            return False
