"""What one step writes and sends: every record goes through here, applied to the state before anything else is done."""

from collections.abc import Callable, Iterable, Sequence

import msgspec

from domain.ids import MarketId
from domain.messages import Command, DigestTaken, Journalled, OrderFact, VenueReported
from engine.state import State
from engine.telemetry import Telemetry
from oms.blotter import Change

Watcher = Callable[[Journalled, Sequence[Change], int], None]
"""Is told what was applied, what it did to orders, and when."""


class Outcome(msgspec.Struct):
    """What a step did, in order: records for the journal, then commands for the wire; and which markets to look at."""

    records: list[Journalled]
    commands: list[Command]
    touched: list[MarketId] = []


class Scribe:
    """Applies and keeps what happens in the step under way, and takes the digest at its times."""

    def __init__(self, state: State, telemetry: Telemetry) -> None:
        self.state = state
        self.now_ns = 0
        self._telemetry = telemetry
        self._digest_every = state.started.digest_every
        self.watcher: Watcher | None = None
        self._outcome = Outcome([], [])

    def begin(self, now_ns: int) -> Outcome:
        """Start a step; what it does is collected in the outcome given back."""
        self.now_ns = now_ns
        self._outcome = Outcome([], [])
        return self._outcome

    def send(self, command: Command) -> None:
        """Have a command written to its venue after this step's records are in the journal."""
        self._outcome.commands.append(command)

    def send_all(self, commands: Iterable[Command]) -> None:
        """The same for several commands."""
        self._outcome.commands.extend(commands)

    def record(self, body: Journalled) -> list[Change]:
        """Apply and keep."""
        changes = self.state.apply(body, self.now_ns)
        self._keep(body, changes)
        return changes

    def record_news(self, body: OrderFact | VenueReported) -> list[Change]:
        """Apply, and keep only what changed something: what says nothing new need not be in the journal either."""
        records = self.state.records
        changes = self.state.apply(body, self.now_ns)
        if changes:
            self._keep(body, changes)
        else:
            self.state.records = records
        return changes

    def take_digest(self) -> None:
        """Write down what the state is now; replay must meet it."""
        self.record(DigestTaken(self.state.records, self.state.digest()))

    def _keep(self, body: Journalled, changes: list[Change]) -> None:
        if changes:
            self.state.counted.up_to_date()  # the next order is judged by what this one may cost
        self._outcome.records.append(body)
        self._telemetry.took(body, changes, self.state, self.now_ns)
        if self.watcher is not None:
            self.watcher(body, changes, self.now_ns)
        if self.state.records % self._digest_every == 0 and type(body) is not DigestTaken:
            self.take_digest()
