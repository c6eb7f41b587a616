"""Trouble with machines: our process killed and another in its place, an exchange out of reach for a while."""

from collections.abc import Callable, Mapping
from functools import partial

from domain.ids import VenueName
from engine.simulate.agenda import Agenda
from engine.simulate.pipes import Address, PipeNetwork
from venues.sim.faults import Danger, Faults

MINUTE_NS = 60_000_000_000


class Trouble:
    """Lets each machine meet its chance of dying once in every minute.

    `kill(now_ns, inside)` ends our process, now or inside its next order.
    """

    def __init__(
        self,
        agenda: Agenda,
        network: PipeNetwork,
        exchanges: Mapping[VenueName, set[Address]],
        kill: Callable[[int, bool], None],
    ) -> None:
        self._agenda = agenda
        self._network = network
        self._faults: Faults = network.faults
        self._exchanges = exchanges
        self._kill = kill
        self._due_ns = agenda.clock.monotonic_ns() + MINUTE_NS

    def next_deadline(self) -> int | None:
        """When the next minute begins."""
        return self._due_ns

    def on_time(self, now_ns: int) -> None:
        """Have each machine meet its chance at some moment of this minute."""
        self._due_ns = now_ns + MINUTE_NS
        self._agenda.at(self._moment(now_ns, "engine"), self._strike_engine)
        for venue in self._exchanges:
            self._agenda.at(self._moment(now_ns, venue), partial(self._strike_exchange, venue))

    def _strike_engine(self, now_ns: int) -> None:
        if self._faults.strikes(Danger.ENGINE_KILLED, "engine"):
            self._kill(now_ns, self._faults.below(2, "engine/inside") == 1)

    def _strike_exchange(self, venue: VenueName, now_ns: int) -> None:
        if self._faults.strikes(Danger.EXCHANGE_DOWN, venue):
            self._network.take_down(self._exchanges[venue], now_ns + self._faults.down_ns(venue), now_ns)

    def _moment(self, now_ns: int, machine: str) -> int:
        return now_ns + self._faults.below(MINUTE_NS, f"{machine}/when")
