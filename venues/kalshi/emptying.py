"""Emptying the venue, at the kill levels that take every order out: by the cheapest act that reaches them all.

    orders in groups     blow each group: one request a shard, and what is still on its way is refused as well
    an account of ours   cancel everything at once, if that costs less than the cancels one by one
    else                 the cancels one by one, several in a request

An act is no proof. What it took out is told order by order on the stream; the list of what rests is asked for behind
it; and an order that is not known to be over soon after gets a cancel of its own, as all do where the act failed.
After everything was cancelled at once, nothing may rest for a minute: the venue may take that out as well.
Source: Kalshi OpenAPI 3.31.0, CancelAllOrders; order groups.
"""

from collections.abc import Callable, Sequence

from domain.ids import OrderRef
from domain.messages import CancelOrder
from venues.http import HttpFailed
from venues.kalshi.api import Answered, Api, Faulted
from venues.kalshi.budgets import Budgets
from venues.kalshi.groups import Groups
from venues.kalshi.ordering import Ordering
from venues.kalshi.orders import Orders
from venues.kalshi.rest_targets import cancel_all_target
from venues.kalshi.settings import Settings
from venues.kalshi.side_codec import Done, done_answer

SECOND_NS = 1_000_000_000
PROVEN_NS = 2 * SECOND_NS
"""An order that is not known to be over so long after the act is cancelled by itself. Lists lag by 1.5 s at most."""
ECHO_NS = 60 * SECOND_NS


class Emptying:
    """`look` has the list of what rests read."""

    def __init__(
        self,
        api: Api,
        budgets: Budgets,
        orders: Orders,
        ordering: Ordering,
        groups: Groups,
        settings: Settings,
        *,
        look: Callable[[int], None],
    ) -> None:
        self._api = api
        self._budgets = budgets
        self._orders = orders
        self._ordering = ordering
        self._groups = groups
        self._settings = settings
        self._look = look
        self._waiting: dict[OrderRef, CancelOrder] = {}
        self._acts = 0
        self._due_ns: int | None = None

    def empty(self, cancels: Sequence[CancelOrder], now_ns: int) -> None:
        """Take these out, which are all that rest."""
        reachable: list[CancelOrder] = []
        alone: list[CancelOrder] = []
        found: dict[str, int] = {}
        for cancel in cancels:
            kept = self._orders.kept(cancel.ref)
            is_reachable = bool(kept.order_id) and not kept.is_closed and cancel.ref not in self._waiting
            (reachable if is_reachable and kept.group else alone).append(cancel)
            if is_reachable and kept.group:
                found[kept.group] = (kept.place.shard if kept.place else None) or 0
        shards = self._groups.to_hold(found)
        together = [cancel for cancel in reachable if self._orders.kept(cancel.ref).group in shards]
        alone += [cancel for cancel in reachable if self._orders.kept(cancel.ref).group not in shards]
        if shards:
            self._begin(together, len(shards))
            self._groups.hold(shards, self._ended, now_ns)
        elif self._takes_all(len(alone)):
            self._begin(alone, 1)
            alone = []
            self._cancel_all(now_ns)
        self._ordering.cancel_several(alone, now_ns)

    def next_deadline(self) -> int | None:
        """When what is not known to be over is cancelled by itself."""
        return self._due_ns

    def on_time(self, now_ns: int) -> None:
        """Cancel what an act did not visibly reach."""
        if self._due_ns is not None and self._due_ns <= now_ns:
            self._one_by_one(now_ns)

    # --- leaves ---

    def _takes_all(self, count: int) -> bool:
        ours = self._settings.owns_account and self._settings.is_direct_member
        return ours and self._budgets.cancel_all_cost < self._budgets.batch_cancel_cost * count

    def _begin(self, cancels: Sequence[CancelOrder], acts: int) -> None:
        self._acts += acts
        for cancel in cancels:
            self._waiting[cancel.ref] = cancel
            self._orders.kept(cancel.ref).is_ending = True

    def _cancel_all(self, now_ns: int) -> None:
        def hear(answer: Answered[Done] | Faulted | HttpFailed) -> None:
            at_ns = answer.failed_ns if isinstance(answer, HttpFailed) else answer.received_ns
            self._ordering.echo_until_ns = max(self._ordering.echo_until_ns, at_ns + ECHO_NS)
            self._ended(isinstance(answer, Answered), at_ns)

        self._ordering.echo_until_ns = now_ns + ECHO_NS
        target = cancel_all_target(subaccount=self._settings.subaccount)
        if not self._budgets.write.pass_on(
            lambda at_ns: self._api.write("DELETE", target, b"", done_answer, hear, at_ns),
            self._budgets.cancel_all_cost,
            now_ns,
        ):
            self._ended(False, now_ns)

    def _ended(self, is_done: bool, now_ns: int) -> None:
        """An act was answered, or was not."""
        self._acts -= 1
        if not is_done:
            self._one_by_one(now_ns)
        elif not self._acts and self._waiting:
            self._due_ns = now_ns + PROVEN_NS
            self._look(now_ns)

    def _one_by_one(self, now_ns: int) -> None:
        waiting, self._waiting, self._due_ns = [*self._waiting.values()], {}, None
        left = [cancel for cancel in waiting if not self._orders.kept(cancel.ref).is_closed]
        self._ordering.cancel_several(left, now_ns)
