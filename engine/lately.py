"""What happened lately, for people who look on: orders that moved, delays, rounds, news; all of it bounded."""

from collections import Counter, defaultdict, deque
from collections.abc import Callable

from domain.breaks import BreakHealed, ReconCompleted
from domain.ids import MarketId, OrderRef, StrategyName, VenueName
from domain.messages import Fact, Journalled
from domain.operators import KillLevelSet
from domain.stops import EmptinessProven
from engine.state import State
from oms.blotter import Change
from oms.order_states import is_open

ORDERS_KEPT = 200
LATENCIES_KEPT = 1_000
ANSWERS_KEPT = 500


class Lately:
    """Kept while the engine works, whether or not somebody looks; times are monotonic nanoseconds.

    `because_not`: in how many markets a strategy said last why it wants nothing there, by its words.

    `emptied`: the venues whose own list was seen without an order of ours since the kill level was set.

    `news` is called with every record and with each fact about a line or a market's state.
    """

    def __init__(self) -> None:
        self.moved: deque[OrderRef] = deque(maxlen=ORDERS_KEPT)
        self.latencies_ns: deque[int] = deque(maxlen=LATENCIES_KEPT)
        self.answers_ns: defaultdict[VenueName, deque[int]] = defaultdict(_answers)
        self.placed: Counter[StrategyName] = Counter()
        self.matched: Counter[StrategyName] = Counter()
        self.because_not: defaultdict[StrategyName, Counter[str]] = defaultdict(Counter)
        self._said: dict[tuple[StrategyName, MarketId], str] = {}
        self.rounds: Counter[VenueName] = Counter()
        self.healed: Counter[VenueName] = Counter()
        self.emptied: dict[VenueName, int] = {}
        self.round_ns: dict[VenueName, int] = {}
        self.news: Callable[[Fact | Journalled], None] | None = None

    def asked(self, strategy: StrategyName, market: MarketId, because_not: str) -> None:
        """A strategy was asked what it wants of a market, and said why nothing, if it wants nothing."""
        before = self._said.get((strategy, market), "")
        if because_not != before:
            self._said[strategy, market] = because_not
            counts = self.because_not[strategy]
            if before:
                counts[before] -= 1
                if not counts[before]:
                    del counts[before]  # a strategy may say another figure at every look
            if because_not:
                counts[because_not] += 1

    def changed(self, change: Change, state: State) -> None:
        """An order changed."""
        before, after = change.before, change.after
        self.moved.append(after.ref)
        if self.emptied and is_open(after):
            self.emptied.pop(state.venue_of(after.instrument), None)
        if before is None:
            self.placed[after.strategy] += 1
        elif after.acked and not before.acked:
            now_ns = state.blotter.orders.changed_ns[after.ref]
            self.answers_ns[state.venue_of(after.instrument)].append(now_ns - after.intended_ns)
        if after.matched_micros > 0 and (before is None or before.matched_micros == 0):
            self.matched[after.strategy] += 1

    def took(self, body: Journalled, now_ns: int) -> None:
        """A record was applied that changed no order."""
        if type(body) is KillLevelSet:
            self.emptied.clear()
        elif type(body) is EmptinessProven:
            self.emptied[body.venue] = now_ns
        elif type(body) is ReconCompleted:
            self.rounds[body.venue] += 1
            self.round_ns[body.venue] = now_ns
        elif type(body) is BreakHealed:
            self.healed[body.venue] += 1

    def tell(self, what: Fact | Journalled) -> None:
        """Pass on what may be worth a line on the tape."""
        if self.news is not None:
            self.news(what)


def _answers() -> deque[int]:
    """A venue's answers; with a name, so that a snapshot can keep the counters."""
    return deque(maxlen=ANSWERS_KEPT)
