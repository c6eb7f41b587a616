"""Asking one strategy what it wants: who cannot be asked, or asks for what cannot be meant, rests until a person says.

A strategy may be anybody's. What it raises, or a wish that cannot be meant, is the slip of its author: it is put to
rest by its name, the journal and the dashboard say where it slipped, its orders come out, and the others trade on.
What the desk itself raises is none of this and ends it. The pause is a record like any other, so that a replay has
it too without asking the strategy again.
"""

import re
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

from domain.ids import MarketId, StrategyName, VenueName
from domain.messages import Journalled
from domain.operators import PauseSet
from domain.portfolio import MarketView
from domain.stops import AlertRaised
from engine.state import State
from risk.breakers import DESK
from strategy.base import NOTHING, Strategy, Wanted
from strategy.wishes import wish_objection

NOWHERE = VenueName("")
SAID_MAX = 200
"""So many characters of an exception are told."""

FRAMES_MAX = 8
"""So many of the innermost calls are told."""


class Decides(Protocol):
    """A strategy as it is asked."""

    name: StrategyName

    def decide(self, view: MarketView) -> Wanted: ...


Ask = Callable[[Decides, MarketView], tuple[Wanted, str]]
"""What a strategy wants, and why that cannot be meant, empty if it can."""

Shelter = Callable[[Ask, Decides, MarketView], tuple[Wanted, str] | Exception]
"""Asks, and hands back what was raised meanwhile; see `engine.loop.sheltered`."""


class Consulting:
    """Asks the desk's strategies, one at a time, unless they rest."""

    def __init__(self, state: State, strategies: Sequence[Strategy], shelter: Shelter) -> None:
        self.strategies = strategies
        self._state = state
        self._shelter = shelter
        self._to_clear: dict[MarketId, None] = {}

    def ask(self, strategy: Decides, view: MarketView, record: Callable[[Journalled], object]) -> Wanted:
        """What a strategy wants of a market; nothing while it rests."""
        if self._state.breakers.pause_of(strategy.name) is not None:
            return NOTHING
        answer = self._shelter(_asked, strategy, view)
        if not isinstance(answer, Exception):
            wanted, objection = answer
            if not objection:
                return wanted
            why = f"what it wants of {view.market.id} cannot be meant: {objection}"
        else:
            said = said_by(answer)
            why = f"it raised as it looked at {view.market.id}: {said}"
            record(AlertRaised("strategy_raised", view.strategy, NOWHERE, f"{where(answer)}: {said}"))
        record(PauseSet(view.strategy, True, DESK, why))
        for order in self._state.blotter.orders.open_of(view.strategy):
            self._to_clear[self._state.instruments[order.instrument].listing.market] = None
        return NOTHING

    def to_clear(self) -> list[MarketId]:
        """Markets where orders of somebody who was put to rest came out at no look yet, each told once."""
        markets, self._to_clear = [*self._to_clear], {}
        return markets


def _asked(strategy: Decides, view: MarketView) -> tuple[Wanted, str]:
    wanted = strategy.decide(view)
    return wanted, wish_objection(wanted, view)


def said_by(error: Exception) -> str:
    """An exception in one line that can be shown anywhere, the same each time: without the places of objects."""
    lines = [*traceback.TracebackException.from_exception(error, compact=True).format_exception_only()]
    line = re.sub("0x[0-9a-fA-F]+", "0x..", " ".join(lines[-1][: 4 * SAID_MAX].split()))
    return "".join(one if one.isprintable() else "?" for one in line)[:SAID_MAX]


def where(error: Exception) -> str:
    """The calls from the strategy's own to where it raised: file, line and function of each."""
    frames = traceback.extract_tb(error.__traceback__)[2:]  # the first two are ours
    return " > ".join(f"{Path(one.filename).name}:{one.lineno} in {one.name}" for one in frames[-FRAMES_MAX:])
