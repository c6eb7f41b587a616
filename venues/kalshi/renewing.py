"""The dead man's switch by short expiry: what rests ends by itself, and is kept alive while we live.

An order goes out with an expiry some seconds ahead. In good time before it an amend to the very terms that it has gives
it a new one, and its place in the queue stays. That amend is the same as often as it is made, so one whose answer is
lost may be made again. It is made only of an order whose terms are certain: not while another change of it is on its
way or was not answered, and while it is on its way itself no other change is made, since the two could change places.
An order that is not renewed lapses, and is quoted anew as after any lapse.
Source: Kalshi OpenAPI 3.31.0, AmendOrderV2Request, `expiration_time`.
"""

from collections.abc import Callable, Mapping
from typing import Any

from domain.ids import OrderRef
from venues.errors import Failure, PeerBroke
from venues.http import HttpFailed
from venues.kalshi.amounts import micros
from venues.kalshi.api import Answered, Api, Faulted
from venues.kalshi.budgets import Budgets
from venues.kalshi.orders import Kept, Orders
from venues.kalshi.outcomes import Verdict, place_verdict
from venues.kalshi.rest_codec import Amended
from venues.kalshi.rest_targets import amend_target, encode_terms
from venues.kalshi.rules import LANDS_WITHIN_MS
from venues.kalshi.settings import EXPIRES_S
from venues.switches import Switch, SwitchKind


def cancels_by_line(table: Mapping[str, Any]) -> bool:
    """Whether a table has orders go over a session that takes them out when its connection is gone."""
    fix = table.get("fix", {})
    return table.get("order_entry") == "fix" and bool(fix.get("cancel_on_disconnect", True))


SWITCH = SwitchKind(
    key="expires_s", takes="what this desk rests", for_account=False, by_line=cancels_by_line, usual_s=EXPIRES_S
)

LOOKS = 8
"""So many times in the life of an order it is looked at; in the second half of it it is renewed."""


class Renewing:
    """`expires_s` is the life of an order, 0 for ever; `by_line`: its line takes it along; `ask` queries one order."""

    def __init__(
        self,
        api: Api,
        budgets: Budgets,
        orders: Orders,
        *,
        expires_s: int,
        by_line: bool,
        subaccount: int,
        wall_ms: Callable[[], int],
        ask: Callable[[OrderRef, int], None],
    ) -> None:
        self._api = api
        self._budgets = budgets
        self._orders = orders
        self._life_ms = expires_s * 1_000
        self._by_line = by_line
        self._subaccount = subaccount
        self._wall_ms = wall_ms
        self._ask = ask
        self._watched: dict[OrderRef, None] = {}
        self._asked: set[OrderRef] = set()
        self._due_ns: int | None = None

    def ends_s(self) -> int:
        """The expiry of an order that is sent now, Unix seconds; 0 for none."""
        return -(-(self._wall_ms() + self._life_ms) // 1_000) if self._life_ms else 0

    def is_on_its_way(self, kept: Kept) -> bool:
        """Whether a renewal of an order may still land; another change of it could change places with that."""
        return kept.renews_until_ms > self._wall_ms()

    def watch(self, ref: OrderRef, now_ns: int) -> None:
        """An order rests with an expiry, or is on its way with one."""
        self._watched[ref] = None
        self._due_ns = self._due_ns or now_ns + self._life_ms * 1_000_000 // LOOKS

    def switch(self, now_ns: int) -> Switch:
        """How it stands: the first of what rests that would end, and is not to end anyway."""
        if not self._life_ms:
            return Switch(by_line=self._by_line, off="" if self._by_line else SWITCH.off)
        wall_ms = self._wall_ms()
        ends_ms = [
            kept.expires_ms for kept in map(self._orders.kept, self._watched) if not (kept.is_closed or kept.is_ending)
        ]
        until_ns = now_ns + (min(ends_ms) - wall_ms) * 1_000_000 if ends_ms else None
        return Switch(self._life_ms // 1_000, until_ns, self._by_line)

    def next_deadline(self) -> int | None:
        """When the orders are looked at next."""
        return self._due_ns

    def on_time(self, now_ns: int) -> None:
        """Renew what is in the second half of its life, as far as the budget goes."""
        wall_ms = self._wall_ms()
        for ref in [*self._watched]:
            kept = self._orders.kept(ref)
            never_came = not kept.order_id and kept.expires_ms <= wall_ms
            if kept.is_closed or not kept.expires_ms or never_came:
                del self._watched[ref]
            elif ref not in self._asked and self._is_due(kept, wall_ms):
                if not self._budgets.write.take(self._budgets.create_cost, now_ns):
                    break
                self._renew(ref, kept, now_ns)
        self._due_ns = now_ns + self._life_ms * 1_000_000 // LOOKS if self._watched else None

    # --- leaves ---

    def _is_due(self, kept: Kept, wall_ms: int) -> bool:
        if kept.is_ending or not kept.order_id or kept.terms is None or kept.place is None:
            return False
        return wall_ms < kept.expires_ms <= wall_ms + self._life_ms // 2

    def _renew(self, ref: OrderRef, kept: Kept, now_ns: int) -> None:
        terms, place, order_id, ends_s = kept.terms, kept.place, kept.order_id, self.ends_s()
        assert terms is not None, "only what is certain is renewed"
        assert place is not None, "an order that we placed has its place"
        side, price, count_micros = terms
        before_ms = kept.renews_until_ms  # one of before, of which no answer came, may still be on its way
        kept.renews_until_ms = self._wall_ms() + LANDS_WITHIN_MS
        self._asked.add(ref)

        def hear(answer: Answered[Amended] | Faulted | HttpFailed) -> None:
            self._asked.discard(ref)
            if isinstance(answer, Answered) and answer.result.order_id == order_id:
                kept.expires_ms, kept.renews_until_ms = ends_s * 1_000, before_ms
                if _tells_matches(answer.result):
                    self._ask(ref, answer.received_ns)
            elif isinstance(answer, Faulted) and place_verdict(answer.status, answer.code) is Verdict.REFUSED:
                kept.renews_until_ms = before_ms
                self._ask(ref, answer.received_ns)
            elif isinstance(answer, HttpFailed) and answer.failure is Failure.NOT_SENT:
                kept.renews_until_ms = before_ms

        body = encode_terms(side, price, count_micros, place, expires_s=ends_s)
        self._api.amend(amend_target(order_id, subaccount=self._subaccount), body, hear, now_ns)


def _tells_matches(amended: Amended) -> bool:
    """Whether the answer counts matches; some of them may not be known."""
    try:
        return micros(amended.fill_count or "0") > 0
    except PeerBroke:
        return True
