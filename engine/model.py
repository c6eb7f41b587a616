"""The demo's quant: a model that is good but late, its values in the order and at the times at which it tells them."""

from collections.abc import Callable, Iterator

from domain.ids import EventId
from domain.messages import FairValueReceived
from venues.sim.football import KINDS, Match
from venues.sim.listing import event_id, market_id
from venues.sim.model import ModelOptions, ModelValue, model_values

NAME = "poisson"
VERSION = "1"
TTL_PERIODS = 4
TTL_MS_MIN = 1_500
"""A value is good for a few of the model's periods, but never for less than this on the wall clock."""

USUAL = ModelOptions()

Tell = Callable[[FairValueReceived], None]


class Model:
    """Tells fair values when they are due; what it knows of the venues' epochs is what it was last told."""

    def __init__(
        self,
        seed: int,
        matches: tuple[Match, ...],
        tell: Tell,
        *,
        speed: float,
        start_ns: int,
        now_ns: int,
        options: ModelOptions = USUAL,
    ) -> None:
        self._tell = tell
        self._speed = speed
        self._start_ns = start_ns
        self._ttl_ms = max(TTL_MS_MIN, int(TTL_PERIODS * options.period_ns / speed) // 1_000_000)
        self._events = {market_id(match, kind): event_id(match) for match in matches for kind in KINDS}
        from_ns = max(0, int((now_ns - start_ns) * speed))
        self._values: Iterator[ModelValue] = model_values(seed, matches, options, from_ns=from_ns)
        self._next = next(self._values, None)
        self.epochs: dict[EventId, str] = {}

    def next_deadline(self) -> int | None:
        """Monotonic time of the next value, None when it has said everything."""
        return None if self._next is None else self._start_ns + int(self._next.at_ns / self._speed)

    def on_time(self, now_ns: int) -> None:
        """Tell every value that is due."""
        while self._next is not None and (self.next_deadline() or 0) <= now_ns:
            value, self._next = self._next, next(self._values, None)
            self._tell(
                FairValueReceived(
                    market=value.market,
                    model=NAME,
                    version=VERSION,
                    sequence=value.sequence,
                    probabilities=value.probabilities,
                    variance_logit=value.variance_logit,
                    ttl_ms=self._ttl_ms,
                    state=self.epochs.get(self._events[value.market], "0"),
                )
            )
