"""Requests about order groups. Writes mean the first shard and the primary subaccount unless they name others.

Source: Kalshi OpenAPI 3.28, order groups.
"""

import msgspec

from venues.kalshi.fake.books import Books
from venues.kalshi.fake.forms import count, read_count
from venues.kalshi.fake.groups import Group, whole_contracts
from venues.kalshi.fake.portfolio import addressed
from venues.kalshi.fake.questions import Body, Question, parse
from venues.kalshi.fake.refusals import refused

LIMIT_MAX = 1_000_000


class GroupLimit(msgspec.Struct, frozen=True):
    """A limit, in one way or the other; both must say the same."""

    contracts_limit: int | None = None
    contracts_limit_fp: str | None = None
    subaccount: int = 0
    exchange_index: int = 0


class Grouping:
    """Makes, shows and changes groups."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._groups = books.groups

    def create(self, question: Question) -> Body:
        asked = parse(question.body, GroupLimit)
        if asked.subaccount:
            raise refused(403, "permission_denied", "subaccount")
        if asked.exchange_index != self._books.options.shard:
            raise refused(400, "invalid_parameters", "exchange_index")
        group = self._groups.create(_limit(asked), question.now_ns)
        return {"order_group_id": group.id, "subaccount": 0, "exchange_index": self._books.options.shard}

    def listed(self, question: Question) -> Body:
        if not addressed(self._books, question):
            return {"order_groups": []}
        return {"order_groups": [{"id": one.id} | self._shown(one) for one in self._groups.by_id.values()]}

    def one(self, question: Question) -> Body:
        group = self._groups.by_id.get(question.names["order_group_id"])
        if group is None or not addressed(self._books, question):
            raise refused(404, "order_group_not_found")
        return self._shown(group) | {"orders": [own.id for own in group.orders if own.order.live]}

    def limit(self, question: Question) -> Body:
        group = self._meant(question)
        self._groups.limit(group, _limit(parse(question.body, GroupLimit)), question.now_ns)
        return {}

    def reset(self, question: Question) -> Body:
        self._groups.reset(self._meant(question), question.now_ns)
        return {}

    def trigger(self, question: Question) -> Body:
        self._groups.trigger(self._meant(question), question.now_ns)
        return {}

    def delete(self, question: Question) -> Body:
        self._groups.delete(self._meant(question), question.now_ns)
        return {}

    # --- leaves ---

    def _meant(self, question: Question) -> Group:
        group = self._groups.by_id.get(question.names["order_group_id"])
        shard = question.number("exchange_index", 0)
        if group is None or shard != self._books.options.shard or question.number("subaccount", 0):
            raise refused(404, "order_group_not_found")
        return group

    def _shown(self, group: Group) -> Body:
        return {
            "is_auto_cancel_enabled": True,
            "contracts_limit_fp": count(group.limit_micros),
            "exchange_index": self._books.options.shard,
        }


def _limit(asked: GroupLimit) -> int:
    micros = None if asked.contracts_limit_fp is None else read_count(asked.contracts_limit_fp)
    whole = asked.contracts_limit
    if whole is not None and not 1 <= whole <= LIMIT_MAX:
        raise refused(400, "invalid_parameters", "contracts_limit")
    told = {value for value in (micros, None if whole is None else whole_contracts(whole)) if value is not None}
    if len(told) != 1:
        raise refused(400, "invalid_parameters", "contracts_limit")
    return told.pop()
