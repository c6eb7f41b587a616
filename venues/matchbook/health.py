"""Whether one line to the venue is up, told when it changes and at the first sign."""

from domain.ids import VenueName
from domain.messages import Channel, ChannelChanged
from venues.base import Emit

FAILURES_MAX = 2
"""Failed polls in a row that are an outage."""


class Health:
    """One channel. A single failed request among good ones is no outage: `failures_max` in a row are."""

    def __init__(self, venue: VenueName, channel: Channel, emit: Emit, *, failures_max: int = 1) -> None:
        self._venue = venue
        self._channel = channel
        self._emit = emit
        self._failures_max = failures_max
        self._failures = 0
        self._latched = False
        self.is_up: bool | None = None

    def went_well(self) -> None:
        """It works."""
        self._failures = 0
        if not self._latched:
            self._tell(up=True, reason="")

    def failed(self, reason: str) -> None:
        """It did not work this time."""
        self._failures += 1
        if self._failures >= self._failures_max:
            self._tell(up=False, reason=reason)

    def went_down(self, reason: str) -> None:
        """It does not work."""
        self._failures = self._failures_max
        self._tell(up=False, reason=reason)

    def stay_down(self, reason: str) -> None:
        """It shall not be used until a person has started the process again."""
        self._latched = True
        self.went_down(reason)

    def _tell(self, *, up: bool, reason: str) -> None:
        if up is not self.is_up:
            self.is_up = up
            self._emit(ChannelChanged(self._venue, self._channel, up, reason))
