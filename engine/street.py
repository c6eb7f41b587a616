"""The one-way street: one inbox, one consumer, journal before wire; the same for sockets and for virtual time."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence

from domain.amending import AmendOrder
from domain.clock import Clock
from domain.ids import MarketId, VenueName
from domain.messages import (
    CancelOrder,
    Command,
    Fact,
    Journalled,
    PlaceOrder,
    QueryOrder,
    QuerySettlement,
    QueryVenue,
    TimePassed,
)
from domain.operators import KillLevel
from domain.treasury import QueryAccountLines
from engine.core import Core
from engine.recon_end import is_quiet
from engine.scribe import Outcome
from engine.state import State
from engine.telemetry import Telemetry
from storage.journal import Journal
from venues.base import Endpoint, Network, Peer, TakesSeveral, Venue, Wire

ORDERS = (PlaceOrder, AmendOrder)
"""Commands by which a price becomes an order at a venue."""


class Street:
    """Carries facts through `Core.step`, the journal and out to the venues in the callback that brought them.

    A fact that arrives while one is carried waits in the inbox; nothing else changes state. Strategies look at what
    was touched once the callback's facts are in, so that one read of many messages is one decision, on the newest
    book: the further we fall behind, the more a read holds, and the less is decided on what is past. The shell
    that owns the real or virtual time calls `on_time` at the latest when `next_deadline` has come.
    """

    def __init__(self, core: Core, journal: Journal, clock: Clock, telemetry: Telemetry, *, tick_ns: int) -> None:
        self.core = core
        self.telemetry = telemetry
        self.venues: Mapping[VenueName, Venue] = {}
        self.woke_ns = 0
        self._by_timer = False
        self.on_record: Callable[[Journalled], None] | None = None
        self._journal = journal
        self._clock = clock
        self._inbox: deque[Fact] = deque()
        self._carrying = False
        self._holding = False
        self._touched: dict[MarketId, None] = {}
        self._tick_ns = tick_ns
        self._next_tick_ns = clock.monotonic_ns()

    def emit(self, fact: Fact) -> None:
        """Put a fact into the inbox and, unless one is being carried already, carry all that wait."""
        self._inbox.append(fact)
        self._run()

    def hear(self, receive: Callable[[bytes, int], None], data: bytes, now_ns: int) -> None:
        """Let a peer read bytes that came in at `now_ns`, and decide once on all that they say."""
        self.woke_ns = now_ns
        self._holding = True
        try:
            receive(data, now_ns)
        finally:
            self._holding = False
        self._run()

    def submit(self, fact: Fact) -> None:
        """Take in what came over the control interface just now."""
        self.woke_ns = self._clock.monotonic_ns()
        self.emit(fact)

    def start(self) -> None:
        """Open every venue."""
        for venue in self.venues.values():
            venue.start(self._clock.monotonic_ns())

    def stop(self) -> None:
        """Close every venue; nothing is heard after it."""
        for venue in self.venues.values():
            venue.stop(self._clock.monotonic_ns())

    def next_deadline(self) -> int:
        """When `on_time` wants to be called at the latest, monotonic."""
        deadlines = [self._next_tick_ns]
        deadlines += [at for venue in self.venues.values() if (at := venue.next_deadline()) is not None]
        return min(deadlines)

    def on_time(self, now_ns: int) -> None:
        """Let venues and the engine see the time."""
        for venue in self.venues.values():
            at = venue.next_deadline()
            if at is not None and at <= now_ns:
                venue.on_time(now_ns)
        if now_ns >= self._next_tick_ns:
            self._next_tick_ns = now_ns + self._tick_ns
            self.woke_ns = now_ns
            self._by_timer = True
            self.emit(TimePassed())
            self._by_timer = False

    def note(self, body: Journalled) -> None:
        """Record what is no fact of the venues: the run's beginning, a resumption, its end."""
        now_ns = self._clock.monotonic_ns()
        self._carry_out(self.core.note(body, now_ns), now_ns)

    def wind_down(self) -> None:
        """Stop deciding and cancel everything; called again by the engine's tick until nothing is left."""
        now_ns = self._clock.monotonic_ns()
        self._carry_out(self.core.wind_down(now_ns), now_ns)

    def _run(self) -> None:
        """Carry what waits, then look at what was touched, until both are done; from inside itself it does nothing."""
        if self._carrying:
            return
        self._carrying = True
        try:
            while self._inbox or (self._touched and not self._holding):
                if self._inbox:
                    self._carry(self._inbox.popleft())
                else:
                    self._look()
        finally:
            self._carrying = False

    def _carry(self, fact: Fact) -> None:
        now_ns = self._clock.monotonic_ns()
        outcome = self.core.step(fact, now_ns)
        self.telemetry.saw(fact)
        for market in outcome.touched:
            self._touched[market] = None
        self._carry_out(outcome, now_ns)

    def _look(self) -> None:
        now_ns = self._clock.monotonic_ns()
        touched, self._touched = self._touched, {}
        self._carry_out(self.core.look(touched, now_ns, trigger_ns=self.woke_ns), now_ns)

    def _carry_out(self, outcome: Outcome, now_ns: int) -> None:
        """Journal first, at the time at which it was applied, so that replay does the same; then the wire.

        Whoever only counts hears of it behind the wire.
        """
        if outcome.records:
            wall_ns = self._clock.wall_ns()
            for body in outcome.records:
                self._journal.append(body, wall_ns=wall_ns, monotonic_ns=now_ns)
                if self.on_record is not None:
                    self.on_record(body)
            self._journal.commit()
        if outcome.commands:
            for name, commands in runs_of_one_kind(outcome.commands, self.core.state):
                self._send(name, commands, now_ns)
        for body in outcome.records:
            self.telemetry.wrote(body)

    def _send(self, name: VenueName, commands: list[Command], now_ns: int) -> None:
        """Write commands of one kind, together where their venue takes several."""
        venue = self.venues[name]
        if len(commands) > 1 and isinstance(venue, TakesSeveral):
            emptying = self.core.state.breakers.level >= KillLevel.CANCEL_ALL
            venue.send_several(commands, now_ns, emptying=emptying)
        else:
            for command in commands:
                venue.send(command, now_ns)
        if type(commands[0]) in ORDERS and not self._by_timer:  # a timer's order has no way from wire to wire
            for _ in commands:
                self.telemetry.sent(self._clock.monotonic_ns() - self.woke_ns)


def addressee(command: Command, state: State) -> VenueName:
    """The venue that a command is for."""
    match command:
        case PlaceOrder(instrument=instrument):
            return state.venue_of(instrument)
        case CancelOrder(ref=ref) | AmendOrder(ref=ref) | QueryOrder(ref=ref):
            return state.venue_of_order(ref)
        case QueryVenue(venue=venue) | QuerySettlement(venue=venue) | QueryAccountLines(venue=venue):
            return venue


def runs_of_one_kind(commands: Sequence[Command], state: State) -> list[tuple[VenueName, list[Command]]]:
    """What one venue is sent of one kind in a row, together; cancels go first, but for those of what goes with them.

    Nothing else overtakes another command to its own venue.
    """
    if len(commands) == 1:  # as of nearly every step
        return [(addressee(commands[0], state), [*commands])]
    placed = {command.ref for command in commands if isinstance(command, ORDERS)}
    ahead = [command for command in commands if isinstance(command, CancelOrder) and command.ref not in placed]
    behind = [command for command in commands if not isinstance(command, CancelOrder) or command.ref in placed]
    runs: list[tuple[VenueName, list[Command]]] = []
    last: dict[VenueName, list[Command]] = {}
    for command in (*ahead, *behind):
        venue = addressee(command, state)
        run = last.get(venue)
        if run is None or type(run[0]) is not type(command):
            run = last[venue] = []
            runs.append((venue, run))
        run.append(command)
    return runs


def is_finished(core: Core) -> bool:
    """Quiet, no closed market of ours waits for its statement, no break for the round that may heal it, and every
    venue's last word of its wallet is that it agrees.
    """
    waits = core.questions.awaiting_settlement or core.state.breaks.standing or core.last_rounds.missing
    return is_quiet(core.state) and not waits


class Relay:
    """Stands for the street while venues are built: passes facts on, and notes when bytes came in."""

    def __init__(self, network: Network) -> None:
        self.street: Street | None = None
        self._network = network

    def emit(self, fact: Fact) -> None:
        """Pass a fact on to the street."""
        assert self.street is not None, "a venue spoke before the street stood"
        self.street.emit(fact)

    def dial(self, endpoint: Endpoint, peer: Peer) -> None:
        """Dial with a peer that marks the moment at which bytes came in, so that wire to wire can be measured."""
        self._network.dial(endpoint, _Watched(peer, self))


class _Watched:
    def __init__(self, peer: Peer, relay: Relay) -> None:
        self._peer = peer
        self._relay = relay

    def connected(self, wire: Wire, now_ns: int) -> None:
        self._peer.connected(wire, now_ns)

    def received(self, data: bytes, now_ns: int) -> None:
        street = self._relay.street
        assert street is not None, "bytes came in before the street stood"
        street.hear(self._peer.received, data, now_ns)

    def closed(self, reason: str, now_ns: int) -> None:
        self._peer.closed(reason, now_ns)
