"""Adapters that are only listened to: opened over real sockets, shown the time, closed again; no street, no order."""

import asyncio
from collections.abc import Callable, Mapping

from domain.clock import Clock
from domain.ids import VenueName
from engine.loop import Shell
from venues.base import Network, Venue
from venues.transport import SocketNetwork

BEAT_S = 0.01
GOODBYE_S = 0.2
"""How long the other sides may take to say goodbye once we hang up."""


class Hearing:
    """Holds adapters on one loop until enough was heard, the time is over, or somebody asks for the end."""

    def __init__(self, clock: Clock) -> None:
        self.shell = Shell(clock)
        self.network: Network = SocketNetwork(self.shell.spawn, clock, after=self.shell.after_bytes)
        self._clock = clock

    async def run(
        self, opened: Callable[[], Mapping[VenueName, Venue]], heard: Callable[[int], bool], seconds: float | None
    ) -> None:
        """Start what `opened` gives; `heard` is asked at every beat, with the time, whether it was enough."""

        async def run_venues() -> None:
            venues = opened()
            began_ns = self._clock.monotonic_ns()
            for venue in venues.values():
                venue.start(began_ns)
            beating = self.shell.spawn(self._run_beat(venues, heard))
            await self.shell.run_for(seconds)
            beating.cancel()
            for venue in venues.values():
                venue.stop(self._clock.monotonic_ns())
            await asyncio.sleep(GOODBYE_S)

        await self.shell.run_group(run_venues)
        if self.shell.failure is not None:
            raise self.shell.failure

    async def _run_beat(self, venues: Mapping[VenueName, Venue], heard: Callable[[int], bool]) -> None:
        while True:
            now_ns = self._clock.monotonic_ns()
            for venue in venues.values():
                due_ns = venue.next_deadline()
                if due_ns is not None and due_ns <= now_ns:
                    venue.on_time(now_ns)
            if heard(now_ns):
                self.shell.end()
            await asyncio.sleep(BEAT_S)
