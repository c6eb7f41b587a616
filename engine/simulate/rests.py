"""The operator of a simulated hour: lets the desk rest while it trades more than the hour is meant to hold.

How much a seed trades hangs on its matches: without him one places three hundred orders in an hour and another sixteen
hundred. His pauses are the product's own, journalled and carried through kills, so that they are tried as well.
"""

from collections.abc import Callable, Iterable

from domain.ids import StrategyName
from domain.operators import PauseSet
from engine.simulate.process import Process

SECOND_NS = 1_000_000_000
HOUR_NS = 3_600 * SECOND_NS

WHO = "operator"
WHY = "the hour has its measure of orders"

LOOK_NS = 20 * SECOND_NS
ORDERS_LEAST, ORDERS_FIRST, ORDERS_LATER = 310, 220, 260
"""Orders that every hour is to hold, those that it may begin with, and how many more may come until its end."""
FACTS_LEAST, FACTS_RESTING = 10_500, 2
"""Facts that every hour is to hold, and how many come in a second while the desk rests, at the least."""


class Rests:
    """Looks at the counts now and then, and lets the strategies rest or go on."""

    def __init__(
        self,
        process: Process,
        strategies: Iterable[StrategyName],
        tell: Callable[[PauseSet], None],
        *,
        began_ns: int,
        trouble_ns: int,
    ) -> None:
        self._process = process
        self._strategies = tuple(strategies)
        self._tell = tell
        self._began_ns = began_ns
        self._span_ns = trouble_ns
        self._due_ns: int | None = self._began_ns + LOOK_NS

    def next_deadline(self) -> int | None:
        """When he looks next, None when the time of trading is over."""
        return self._due_ns

    def on_time(self, now_ns: int) -> None:
        """Let them rest if both counts are ahead of the hour, go on if not."""
        self._due_ns = now_ns + LOOK_NS if now_ns + LOOK_NS < self._began_ns + self._span_ns else None
        if not self._process.alive:
            return
        enough = self._enough(now_ns)
        for name in self._strategies:
            pause = self._process.state.breakers.pause_of(name)
            if enough != (pause is not None) and (pause is None or pause.who == WHO):
                self._tell(PauseSet(name, paused=enough, who=WHO, why=WHY))

    def _enough(self, now_ns: int) -> bool:
        """Whether both counts are ahead; a stretch of less than an hour is short enough as it is."""
        hours = max(1.0, self._span_ns / HOUR_NS)
        passed_ns = now_ns - self._began_ns
        left_s = (self._span_ns - passed_ns) / SECOND_NS
        orders = max(ORDERS_LEAST * hours, ORDERS_FIRST * hours + ORDERS_LATER * passed_ns / HOUR_NS)
        return (
            self._process.state.placed > orders and self._process.facts > FACTS_LEAST * hours - FACTS_RESTING * left_s
        )
