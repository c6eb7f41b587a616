"""What can be done with an order group, each act as a request within the write budget."""

from collections.abc import Callable

from venues.http import HttpFailed
from venues.kalshi.api import Answered, Api, Faulted
from venues.kalshi.budgets import Budgets
from venues.kalshi.rest_targets import GROUPS, encode_group, encode_limit, group_target
from venues.kalshi.side_codec import Done, Group, GroupMade, done_answer, group_answer, group_made_answer

GONE = 404

OnDone = Callable[[bool, int], None]
"""Told whether the venue says that it was done, and when."""
OnMade = Callable[[str, int], None]
"""Told the id of a group, empty if none is known to be made, and when."""
OnLook = Callable[[Group | None, int], None]
"""Told how a group stands, None if it is gone, and when."""


class GroupActs:
    """Acts on groups of one subaccount that are to have a limit of `contracts`."""

    def __init__(self, api: Api, budgets: Budgets, *, subaccount: int, contracts: int) -> None:
        self._api = api
        self._budgets = budgets
        self._subaccount = subaccount
        self._contracts = contracts

    def make(self, shard: int, on_made: OnMade, now_ns: int) -> None:
        """Make a group on a shard."""

        def hear(answer: Answered[GroupMade] | Faulted | HttpFailed) -> None:
            on_made(answer.result.order_group_id if isinstance(answer, Answered) else "", ended_ns(answer))

        body = encode_group(self._contracts, subaccount=self._subaccount, shard=shard)
        if not self._budgets.write.pass_on(
            lambda at_ns: self._api.write("POST", f"{GROUPS}/create", body, group_made_answer, hear, at_ns),
            self._budgets.default_cost,
            now_ns,
        ):
            on_made("", now_ns)

    def act(self, name: str, group: str, shard: int, on_done: OnDone, now_ns: int) -> None:
        """Reset or trigger a group, or give it our limit again; each may be done twice."""

        def hear(answer: Answered[Done] | Faulted | HttpFailed) -> None:
            on_done(isinstance(answer, Answered), ended_ns(answer))

        target = group_target(group, name, subaccount=self._subaccount, shard=shard)
        body = encode_limit(self._contracts) if name == "limit" else b""
        if not self._budgets.write.pass_on(
            lambda at_ns: self._api.write("PUT", target, body, done_answer, hear, at_ns),
            self._budgets.default_cost,
            now_ns,
        ):
            on_done(False, now_ns)

    def look(self, group: str, on_look: OnLook, now_ns: int) -> None:
        """Ask how a group stands; nothing is told where that is not answered."""

        def hear(answer: Answered[Group] | Faulted | HttpFailed) -> None:
            if isinstance(answer, Answered):
                on_look(answer.result, answer.received_ns)
            elif isinstance(answer, Faulted) and answer.status == GONE:
                on_look(None, answer.received_ns)

        target = group_target(group, subaccount=self._subaccount)
        self._api.read(target, group_answer, hear, now_ns, cost=self._budgets.read_cost)


def ended_ns(answer: Answered[GroupMade] | Answered[Done] | Faulted | HttpFailed) -> int:
    """When a request came to its end."""
    return answer.failed_ns if isinstance(answer, HttpFailed) else answer.received_ns
