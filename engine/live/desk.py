"""The desk that the control interface shows and steers: every section of the views, and what operators may ask."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from desk.flatten_views import FlattenPlan
from desk.views import EVERY_MARKET, LadderOf, LadderRow, MarketsOf, OutcomeRow, Row
from domain.breaks import ReconCompleted
from domain.clock import Clock
from domain.ids import StrategyName, VenueName
from domain.markets import EventTurned
from domain.messages import Fact, FairValueReceived, Journalled
from domain.operators import OperatorFact
from engine.live.flatten import Flatten
from engine.live.grid import Grid
from engine.live.health import Health
from engine.live.ladder import Ladders
from engine.live.moments import Moments
from engine.live.orders import OrderRows
from engine.live.overview import Overview
from engine.live.plans import PlanRows
from engine.live.profit import Profit
from engine.live.queue import Queue
from engine.live.storyteller import fetch_story
from engine.live.tape import Tape
from engine.live.words import value_objection, word_objection
from engine.loop import heard
from engine.status import view
from engine.street import Street


class LiveDesk:
    """Built beside a street that runs; nothing here is worked out before somebody asks for it.

    What is kept while nobody asks: the tape, and a point of the chart at the end of each round.
    """

    def __init__(
        self, street: Street, clock: Clock, *, run: Path, strategies: Sequence[StrategyName], cap_day_micros: int = 0
    ) -> None:
        state, prices, telemetry = street.core.state, street.core.prices, street.telemetry
        self._street = street
        self._state = state
        self._run = run
        self._strategies = tuple(strategies)
        self.vouched_by_two, self.waits_for_second = state.vouching.needs_two, state.vouching.waits
        self._moments = moments = Moments(clock)
        self._grid = Grid(state, prices, moments)

        def tokens(venue: VenueName, now_ns: int) -> int:
            return street.venues[venue].tokens(now_ns)

        queue = Queue(state, prices)
        self._ladders = Ladders(state, prices, queue, moments)
        self._orders = OrderRows(state, prices, telemetry.lately, moments, queue)
        self._profit = Profit(state, prices, moments, telemetry.attribution, self._strategies)
        self._tape = Tape(state, moments)
        self._plans = PlanRows(state, moments)
        self._flatten = Flatten(state, prices, tokens, moments)
        self._health = Health(
            state,
            prices,
            telemetry,
            moments,
            orders=self._orders,
            venues=street.venues,
            errors_left=street.core.guard.errors_left,
            strategies=self._strategies,
        )
        self._overview = Overview(street, moments, self._grid, self._profit, self._tape, cap_day_micros=cap_day_micros)
        self._sections: dict[str, Callable[[], Sequence[Row]]] = {
            "header": lambda: (self._overview.header(),),
            "venues": lambda: tuple(self._health.venues(clock.monotonic_ns())),
            "markets": lambda: self.markets(EVERY_MARKET),
            "orders": lambda: tuple(self._orders.rows(clock.monotonic_ns())),
            "exposure": self._overview.exposure,
            "scopes": self._overview.scopes,
            "pnl": lambda: tuple(self._profit.rows()),
            "history": self._profit.history,
            "strategies": lambda: tuple(self._health.strategies()),
            "plans": lambda: tuple(self._plans.rows()),
            "recon": lambda: tuple(self._health.recon()),
            "breaks": lambda: tuple(self._health.breaks()),
            "alerts": self._tape.rows,
        }
        telemetry.lately.news = self._hear

    # ---- what is shown ----

    def now_ms(self) -> int:
        """The engine's wall clock."""
        return self._moments.now_ms()

    def rows(self, section: str) -> Sequence[Row]:
        """The rows of a section, the ladder's excepted, at this moment."""
        return self._sections[section]()

    def ladder_objection(self, of: LadderOf) -> str:
        """Why there is no such ladder, empty if there is one."""
        return self._ladders.objection(of)

    def ladder(self, of: LadderOf) -> Sequence[LadderRow]:
        """A ladder that has no objection."""
        return tuple(self._ladders.rows(of))

    def markets(self, of: MarketsOf) -> Sequence[OutcomeRow]:
        """A page of markets."""
        return tuple(self._grid.rows(self._overview.page(of).markets, self._moments.clock.monotonic_ns()))

    def markets_found(self, of: MarketsOf) -> int:
        """How many markets there are on all pages."""
        return self._overview.page(of).found

    def status(self) -> dict[str, Any]:
        """The desk in a few figures."""
        return view(self._street)

    def epochs(self) -> dict[str, str]:
        """The epoch of every event, for models."""
        return {event: str(epoch) for event, epoch in self._street.core.prices.epochs.items()}

    def flatten(self) -> FlattenPlan:
        """What would be sent to even positions out."""
        return self._flatten.plan()

    async def fetch_story(self, order: str) -> bytes:
        """The story of an order as JSON. Raises Unexplained."""
        return await fetch_story(order, self._run)

    # ---- what is told ----

    def submit(self, fact: FairValueReceived | EventTurned | OperatorFact) -> None:
        """Take a fact in; what breaks on it ends the run."""
        heard(lambda: self._street.submit(fact))

    def value_objection(self, fact: FairValueReceived | EventTurned) -> str:
        """Why a fair value or a turn cannot be taken, empty if it can."""
        return value_objection(fact, self._state)

    def objection(self, fact: OperatorFact) -> str:
        """Why an operator's word cannot be carried out, empty if it can."""
        return word_objection(fact, self._state, self._strategies)

    # ---- within ----

    def _hear(self, what: Fact | Journalled) -> None:
        self._tape.hear(what)
        if isinstance(what, ReconCompleted):
            self._profit.note()
