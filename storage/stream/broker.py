"""What a broker must do for the event stream, whichever it is; and what consumers do about deliveries that come twice.

A broker is a cache of the journal. It is asked where it stands whenever it was opened or had failed, and everything
behind that is sent (again): what it forgot is refilled.
"""

from collections.abc import Sequence
from typing import Protocol

from storage.stream.envelope import Event


class Broker(Protocol):
    """One destination. Everything raises BrokerFailed; after that it must be opened again."""

    name: str

    async def run_open(self, run: str) -> None:
        """Connect, and make what the run's events are kept in."""

    async def fetch_position(self) -> int:
        """The record's number up to which the broker has all of the run's events; what follows is sent next."""

    async def send(self, events: Sequence[Event]) -> None:
        """Hand events over in order; they have been acknowledged when this returns."""

    async def run_close(self) -> None:
        """Let go of the connection."""


class Missed(Exception):
    """An event of a key came before the one that precedes it: the consumer must read again from further back."""


class Once:
    """A consumer's memory: the last event of each run and key."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], int] = {}

    def takes(self, event: Event) -> bool:
        """Whether the event is new; one that came before is not. Raises Missed."""
        key = event.run, event.key
        last = self._last.get(key, 0)
        if event.seq <= last:
            return False
        if event.previous_seq > last:
            raise Missed(f"{event.id}: event {event.previous_seq} of {event.key} should have come before it")
        self._last[key] = event.seq
        return True
