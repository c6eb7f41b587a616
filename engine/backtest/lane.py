"""One street of a backtest: the engine's heart over venues on paper, under one queue assumption."""

from collections import deque
from collections.abc import Sequence

import msgspec

from domain.book import Book
from domain.ids import InstrumentId, MarketId, OrderRef
from domain.messages import (
    BooksChanged,
    DecisionTaken,
    Fact,
    InstrumentsListed,
    PlaceOrder,
    RunStarted,
    TimePassed,
)
from engine.config import Loaded
from engine.scribe import Outcome
from engine.state import State
from engine.street import addressee
from engine.telemetry import Telemetry
from engine.wiring import build_core
from strategy.base import Strategy
from venues.sim.backtest_tape import Moment, Tape
from venues.sim.paper import PaperVenue
from venues.sim.paper_floor import PaperFill
from venues.sim.queue import Bound

MS = 1_000_000
NEVER_NS = 10**30
QUIET_NS = 5_000 * MS
"""In silence the engine looks at its clock after one tick, and once more after this; then only time goes on."""


class Ordered(msgspec.Struct, frozen=True):
    """An order as it was decided: when, at what fair probability (0 for none), and why."""

    command: PlaceOrder
    at_ms: int
    probability_e9: int
    because: str


class Lane:
    """Carries facts through the heart and commands to the venues on paper; no journal, no socket, no wall clock.

    `venue` and `floor` are those of the first tape, `floors` all of them by name. `fills` are of all in order of time.
    """

    def __init__(
        self,
        loaded: Loaded,
        tapes: Sequence[Tape],
        desk: Sequence[Strategy],
        books: dict[InstrumentId, Book],
        *,
        bound: Bound,
        seed: int,
        begin_ns: int,
    ) -> None:
        self.bound = bound
        self.fills: list[PaperFill] = []
        options = loaded.config.backtest
        self._venues = [
            PaperVenue(tape, options, self._hear, books, bound=bound, seed=seed, fills=self.fills) for tape in tapes
        ]
        self._by_name = {one.capabilities.venue: one for one in self._venues}
        self.venue = self._venues[0]
        self.floor = self.venue.floor
        self.floors = {name: one.floor for name, one in self._by_name.items()}
        self.currencies = {name: one.capabilities.currency for name, one in self._by_name.items()}
        self.state = State(_started(loaded, tapes, self._venues, seed=seed))
        self.telemetry = Telemetry(self.state.venue_of)
        self.core = build_core(loaded, self.state, self._by_name, desk, self.telemetry)
        self.core.prices.best_only = _best_only(loaded, desk)
        self.orders: dict[OrderRef, Ordered] = {}
        self._decided: DecisionTaken | None = None
        self._inbox: deque[Fact] = deque()
        self._touched: dict[MarketId, None] = {}
        self._tick_ns = max(loaded.config.run.tick_ms, loaded.config.deciding.look_again_ms) * MS
        self._played_ns = begin_ns
        self._look_ns: int | None = begin_ns + self._tick_ns
        self.core.note(self.state.started, begin_ns)
        for venue in self._venues:
            venue.start(begin_ns)
        self._carry(begin_ns)

    def advance(self, until_ns: int) -> None:
        """Let everything happen that falls before the next message, each thing at its own moment.

        In silence the engine looks at its clock twice: by then quotes on values that ran out are pulled.
        """
        while True:
            venue = self.venue if len(self._venues) == 1 else self._next_due()
            due_ns = venue.next_deadline()
            at_ns = until_ns if due_ns is None or due_ns > until_ns else due_ns
            if self._look_ns is not None and self._look_ns < at_ns and self._waits():
                at_ns = self._look_ns
            if at_ns >= until_ns:
                return
            if due_ns is not None and due_ns <= at_ns:
                venue.on_time(at_ns)
            else:
                self._inbox.append(TimePassed())
                self._look_ns = self._played_ns + QUIET_NS if at_ns < self._played_ns + QUIET_NS else None
            self._carry(at_ns)

    def play(self, moment: Moment, now_ns: int, place: int = 0) -> None:
        """One message of the recording: our matches, what the market became, the books as they look with us."""
        venue = self._venues[place]
        floor = venue.floor
        self._played_ns = now_ns
        self._look_ns = now_ns + self._tick_ns
        if moment.turns:
            for fact in moment.facts:
                if type(fact) is InstrumentsListed:
                    floor.list_instruments(fact.instruments, now_ns)
        changed = venue.play(moment, now_ns)
        if changed:  # worked out before the recorded books meet our orders, so heard before them too
            self._inbox.append(BooksChanged(venue.capabilities.venue, now_ns // MS, changed))
        for fact in moment.facts:
            if type(fact) is BooksChanged:
                self._inbox.append(floor.shown(fact, now_ns))
            else:
                self._inbox.append(fact)
        if self._inbox:
            self._carry(now_ns)

    def wind_down(self, now_ns: int) -> None:
        """The recording is over: nothing more is decided, and what rests is cancelled."""
        self._keep(self.core.wind_down(now_ns), now_ns)
        self.advance(now_ns + 120_000 * MS)

    def _waits(self) -> bool:
        """Whether the engine has a reason to look at the clock."""
        questions, prices = self.core.questions, self.core.prices
        if questions.awaiting_settlement or questions.orders:
            return True
        return bool(self.state.blotter.orders.open_count) and (not prices.best_only or bool(prices.fair))

    def _next_due(self) -> PaperVenue:
        """The venue that acts first."""
        return min(self._venues, key=lambda one: NEVER_NS if (due := one.next_deadline()) is None else due)

    def _hear(self, fact: Fact) -> None:
        self._inbox.append(fact)

    def _carry(self, now_ns: int) -> None:
        """Every fact that waits through the heart, then one look at what they touched, until neither is left."""
        inbox, core = self._inbox, self.core
        while inbox or self._touched:
            while inbox:
                fact = inbox.popleft()
                outcome = core.step(fact, now_ns)
                self.telemetry.saw(fact)
                for market in outcome.touched:
                    self._touched[market] = None
                if outcome.commands or outcome.records:
                    self._keep(outcome, now_ns)
            if self._touched:
                touched, self._touched = self._touched, {}
                outcome = core.look(touched, now_ns)
                if outcome.commands or outcome.records:
                    self._keep(outcome, now_ns)

    def _keep(self, outcome: Outcome, now_ns: int) -> None:
        """Remember what was decided, and hand the commands over."""
        for body in outcome.records:
            self.telemetry.wrote(body)
            if type(body) is DecisionTaken:
                self._decided = body
            elif type(body) is PlaceOrder:
                decided = self._decided
                p_e9, why = (decided.probability_e9, decided.because) if decided is not None else (0, "")
                self.orders[body.ref] = Ordered(body, now_ns // MS, p_e9, why)
        for command in outcome.commands:
            venue = self.venue if len(self._venues) == 1 else self._by_name[addressee(command, self.state)]
            venue.send(command, now_ns)


def _best_only(loaded: Loaded, desk: Sequence[Strategy]) -> bool:
    """Whether nobody looks deeper than the best prices; live nobody is spared a look, since the clock is one there."""
    consensus = loaded.config.deciding.consensus.enabled
    return not consensus and all(getattr(one, "looks_at_best_only", False) for one in desk)


def _started(loaded: Loaded, tapes: Sequence[Tape], venues: Sequence[PaperVenue], *, seed: int) -> RunStarted:
    return RunStarted(
        run="backtest",
        mode="backtest",
        seed=seed,
        base=loaded.config.run.base,
        config_hash=loaded.hash,
        rates_e8=loaded.rates_e8,
        rates_dated=loaded.config.rates_dated,
        cap_micros=loaded.limits.cap_event_micros,
        digest_every=loaded.config.run.digest_every,
        events=tuple({one.id: one for tape in tapes for one in tape.events}.values()),
        markets=tuple({one.id: one for tape in tapes for one in tape.markets}.values()),
        capabilities=tuple(one.capabilities for one in venues),
    )
