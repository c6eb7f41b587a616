"""The account's token buckets: what each request costs, and whether there is enough left.

Source: Kalshi docs, "Rate Limits"; `endpoint_costs` as recorded.
"""

from typing import Any

from venues.kalshi.fake.forms import SECOND
from venues.kalshi.fake.options import Tier

DEFAULT_COST = 10
ROOT = "/trade-api/v2"
COSTS = {
    ("DELETE", "/portfolio/events/orders"): 2,
    ("DELETE", "/portfolio/events/orders/:order_id"): 2,
    ("DELETE", "/portfolio/events/orders/batched"): 2,
    ("GET", "/portfolio/orders/:order_id"): 2,
}
"""Tokens by method and path where they are not the default; batches cost this for each item."""


class Bucket:
    """Tokens that come back evenly, counted in billionths so that nothing is rounded."""

    def __init__(self, rate: int, capacity: int) -> None:
        self.rate, self.capacity = rate, capacity
        self._level = capacity * SECOND
        self._as_of_ns = 0

    def take(self, tokens: int, now_ns: int) -> bool:
        """Take all of these tokens, or none if there are not so many."""
        gained = max(0, now_ns - self._as_of_ns) * self.rate
        self._level = min(self.capacity * SECOND, self._level + gained)
        self._as_of_ns = max(self._as_of_ns, now_ns)
        if self._level < tokens * SECOND:
            return False
        self._level -= tokens * SECOND
        return True

    def told(self) -> dict[str, int]:
        return {"refill_rate": self.rate, "bucket_capacity": self.capacity}


class Limits:
    """Reads and writes of one account."""

    def __init__(self, tier: Tier) -> None:
        self._name = tier.name
        self.read = Bucket(tier.read_rate, tier.read_capacity)
        self.write = Bucket(tier.write_rate, tier.write_capacity)

    def allows(self, method: str, pattern: str, items: int, now_ns: int) -> bool:
        """Whether a request may pass; if so its tokens are gone."""
        bucket = self.read if method == "GET" else self.write
        return bucket.take(COSTS.get((method, pattern), DEFAULT_COST) * items, now_ns)

    def account_limits(self) -> dict[str, Any]:
        return {"usage_tier": self._name, "read": self.read.told(), "write": self.write.told(), "grants": []}


def endpoint_costs() -> dict[str, Any]:
    """What the venue publishes of its costs."""
    costs = [{"method": method, "path": ROOT + path, "cost": cost} for (method, path), cost in COSTS.items()]
    return {"default_cost": DEFAULT_COST, "endpoint_costs": costs}
