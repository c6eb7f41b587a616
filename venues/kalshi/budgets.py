"""The account's two message budgets, read and write, kept as the venue keeps them: token buckets that refill evenly."""

from collections.abc import Callable

from venues.kalshi import rules
from venues.kalshi.rest_codec import Bucket, Costs, Limits
from venues.kalshi.rest_targets import BATCH, CANCEL_PATTERN, CREATE
from venues.throttle import Throttle, TokenBucket

SECOND_NS = 1_000_000_000

Go = Callable[[int], None]
"""Writes a request that waited for tokens, at the time given."""


class Budget:
    """One bucket of which a share is kept for what must go; its size follows what the venue says."""

    def __init__(self, size: tuple[int, int], *, reserve_pct: int) -> None:
        self._reserve_pct = reserve_pct
        self._size = size
        self._bucket, self._throttle = self._make(size, None, 0)

    def resize(self, said: Bucket, now_ns: int) -> None:
        """Take over the venue's figures, once nothing waits; what was spent stays spent."""
        size = said.refill_rate, said.bucket_capacity
        if size != self._size and min(size) > 0 and self._throttle.next_deadline() is None:
            spent = self._size[1] - self._bucket.tokens(now_ns)
            self._size = size
            self._bucket, self._throttle = self._make(size, max(0, size[1] - spent), now_ns)

    @property
    def capacity(self) -> int:
        """How many tokens it holds at most."""
        return self._size[1]

    def free(self, now_ns: int) -> int:
        """Tokens for what may be refused."""
        return self._throttle.free(now_ns)

    def take(self, cost: int, now_ns: int) -> bool:
        """Whether something that may be refused goes now."""
        return self._throttle.take(cost, now_ns)

    def pass_on(self, go: Go, cost: int, now_ns: int) -> bool:
        """Let something that must go, go now or in its turn; False if too many wait."""
        goes = self._throttle.may_go(go, cost, now_ns)
        if goes:
            go(now_ns)
        return goes is not None

    def overdrawn(self, now_ns: int) -> None:
        """The venue says that nothing is left: our account of it was too high."""
        self._bucket.take(self._bucket.tokens(now_ns), now_ns)

    def next_deadline(self) -> int | None:
        """When the first that waits may go."""
        return self._throttle.next_deadline()

    def on_time(self, now_ns: int) -> None:
        """Let go what waited."""
        for go in self._throttle.released(now_ns):
            go(now_ns)

    def _make(self, size: tuple[int, int], start: int | None, now_ns: int) -> tuple[TokenBucket, Throttle[Go]]:
        refill, capacity = size
        bucket = TokenBucket(refill=refill, period_ns=SECOND_NS, capacity=capacity, start=start, now_ns=now_ns)
        return bucket, Throttle(bucket, reserve=capacity * self._reserve_pct // 100)


class Budgets:
    """Reads and writes. Every write is billed here as if there were one shard, which the venue may do or better.

    Source: Kalshi docs, "Rate Limits".
    """

    def __init__(self, *, cancel_reserve_pct: int) -> None:
        self.read = Budget(rules.BASIC_READ, reserve_pct=0)
        self.write = Budget(rules.BASIC_WRITE, reserve_pct=cancel_reserve_pct)
        self.create_cost = rules.DEFAULT_COST
        self.cancel_cost = rules.CANCEL_COST
        self.read_cost = self.default_cost = rules.DEFAULT_COST
        self.cancel_all_cost = self.batch_cancel_cost = rules.CANCEL_COST
        self.batch_create_cost = rules.DEFAULT_COST

    def learn_limits(self, limits: Limits, now_ns: int) -> None:
        """The account's tier."""
        self.read.resize(limits.read, now_ns)
        self.write.resize(limits.write, now_ns)

    def learn_costs(self, costs: Costs, root: str) -> None:
        """What requests cost; `root` is the interface's own path, which the table spells out."""
        default = max(1, costs.default_cost)
        table = {(one.method, one.path.removeprefix(root)): max(1, one.cost) for one in costs.endpoint_costs}
        self.create_cost = table.get(("POST", CREATE), default)
        self.cancel_cost = table.get(("DELETE", CANCEL_PATTERN), default)
        self.cancel_all_cost = table.get(("DELETE", CREATE), default)
        self.batch_create_cost = table.get(("POST", BATCH), default)
        self.batch_cancel_cost = table.get(("DELETE", BATCH), default)
        self.read_cost = self.default_cost = default

    def batch_max(self, cost: int) -> int:
        """How many entries of this cost go into one batch: a batch that does not fit the budget is refused whole."""
        return max(1, self.write.capacity // 2 // cost)

    def creates(self, now_ns: int) -> int:
        """How many placements the write budget takes now."""
        return self.write.free(now_ns) // self.create_cost
