"""Order groups: a limit on what may be matched in fifteen seconds, and what happens to the orders beyond it.

When the limit is hit every resting order of the group is cancelled and new ones are refused until the group is reset.
It is hit at equality: the documents say both "hit" and "exceed". Source: Kalshi OpenAPI 3.28, order groups; changelog.
"""

from collections import deque
from collections.abc import Callable
from typing import Any

from domain.money import MICROS
from venues.kalshi.fake.forms import MS, SECOND, count, unique_id
from venues.kalshi.fake.records import OwnOrder
from venues.sim.agenda import Agenda
from venues.sim.exchange import Exchange
from venues.sim.notices import Cause

WINDOW_NS = 15 * SECOND

Tell = Callable[[dict[str, Any], int], None]
"""Hears what happened to a group, and when."""


class Group:
    """One group; `matched` holds when how much of it was matched, `orders` all that were ever placed in it."""

    def __init__(self, group_id: str, limit_micros: int) -> None:
        self.id = group_id
        self.limit_micros = limit_micros
        self.is_triggered = False
        self.orders: list[OwnOrder] = []
        self.matched: deque[tuple[int, int]] = deque()

    def matched_micros(self, now_ns: int) -> int:
        """What was matched in the last fifteen seconds."""
        while self.matched and self.matched[0][0] <= now_ns - WINDOW_NS:
            self.matched.popleft()
        return sum(size for _, size in self.matched)


class Groups:
    """All groups of the customer; all of them live on the shard of the markets."""

    def __init__(self, exchange: Exchange, agenda: Agenda, *, seed: int, epoch_ns: int, tell: Tell) -> None:
        self.by_id: dict[str, Group] = {}
        self._exchange = exchange
        self._agenda = agenda
        self._seed = seed
        self._epoch_ns = epoch_ns
        self._tell = tell
        self._made = 0

    def create(self, limit_micros: int, now_ns: int) -> Group:
        self._made += 1
        group = Group(unique_id(self._seed, "group", self._made), limit_micros)
        self.by_id[group.id] = group
        self._say("created", group, now_ns, limit=True)
        return group

    def filled(self, own: OwnOrder, size_micros: int, now_ns: int) -> None:
        """An order was matched; its group may have had enough."""
        group = self.by_id.get(own.group_id)
        if group is not None and not group.is_triggered:
            group.matched.append((now_ns, size_micros))
            self._judge(group, now_ns)

    def limit(self, group: Group, limit_micros: int, now_ns: int) -> None:
        """Another limit; below what was matched lately it triggers at once."""
        group.limit_micros = limit_micros
        self._say("limit_updated", group, now_ns, limit=True)
        if not group.is_triggered:
            self._judge(group, now_ns)

    def trigger(self, group: Group, now_ns: int) -> None:
        """Cancel what rests, and refuse what comes."""
        group.is_triggered = True
        self._say("triggered", group, now_ns)
        self._agenda.at(now_ns, lambda at_ns: self._empty(group, at_ns))

    def reset(self, group: Group, now_ns: int) -> None:
        """Orders may come again, and nothing counts as matched."""
        group.is_triggered = False
        group.matched.clear()
        self._say("reset", group, now_ns)

    def delete(self, group: Group, now_ns: int) -> None:
        """The group is gone with what rests in it."""
        del self.by_id[group.id]
        self._say("deleted", group, now_ns)
        self._agenda.at(now_ns, lambda at_ns: self._empty(group, at_ns))

    # --- leaves ---

    def _judge(self, group: Group, now_ns: int) -> None:
        if group.matched_micros(now_ns) >= group.limit_micros:
            self.trigger(group, now_ns)

    def _empty(self, group: Group, now_ns: int) -> None:
        for own in group.orders:
            if own.order.resting:
                self._exchange.cancel(own.order.number, account=own.order.account, now_ns=now_ns, cause=Cause.DEAD_MAN)
        self._exchange.publish(now_ns)

    def _say(self, event: str, group: Group, now_ns: int, *, limit: bool = False) -> None:
        said: dict[str, Any] = {"event_type": event, "order_group_id": group.id}
        if limit:
            said["contracts_limit_fp"] = count(group.limit_micros)
        self._tell(said | {"ts_ms": (self._epoch_ns + now_ns) // MS}, now_ns)


def whole_contracts(contracts: int) -> int:
    """A limit in whole contracts as the groups keep it."""
    return contracts * MICROS
