"""Our own conduct after the wire, as a supervisor would look at it: each finding is for a person to judge.

| finding | looks like | source |
| --- | --- | --- |
| order to trade | very many orders and cancels for each match, in one market within an hour | CEA 4c(a)(5), 180.1 |
| short rest | half of the orders in a market rested for less than a moment before we cancelled them | the same |
| layering | orders on one side matched while several on the other side were cancelled soon after they came | the same |
| before touch | orders that came behind the best price were cancelled, time and again, once they were best | the same |

Quotes must be bona fide: they may be matched, and we would keep the match. Figures of one market begin anew each hour.
Layers and matches are held together by contract: whatever account of ours and whichever of two outcomes they were on
(`risk.opposites`). An order that was met by a crumb, or that moved away from the market instead, was pulled as well.
"""

from collections import deque
from collections.abc import Iterable

import msgspec

from domain.ids import VenueMarketId, VenueName
from domain.stops import AlertRaised
from risk.opposites import Contract, reverse
from risk.windows import COUNT_MAX

SECOND_NS = 1_000_000_000
HOUR_NS = 3_600 * SECOND_NS
RESTS_KEPT = 64
"""Latest rests of a market, enough for a median that one quote does not move."""

PULLED_PER_MET = 10
"""More orders than these cancelled at the best price, for each that was met there, were hardly meant to be met."""

Place = tuple[VenueName, VenueMarketId]


class ConductRules(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[conduct]`: from where on our own conduct is worth a person's look."""

    messages_min: int = 500
    messages_per_match: int = 100
    rest_ms_min: int = 200
    layers: int = 3
    layering_s: int = 10
    touch_pulls: int = 50

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            if not 1 <= getattr(self, name) <= COUNT_MAX:
                raise ValueError(f"{name} must be at least 1 and at most {COUNT_MAX}, not {getattr(self, name)}")


class _Hour:
    """What we did in one market since the hour began, and what was found in it already."""

    def __init__(self, began_ns: int) -> None:
        self.began_ns = began_ns
        self.messages = self.matches = 0
        self.pulled_at_touch = self.met_at_touch = 0
        self.told: set[str] = set()
        self._were_short: deque[bool] = deque()
        self._short = 0

    def rested(self, *, short: bool) -> None:
        """An order left the book."""
        self._were_short.append(short)
        self._short += short
        if len(self._were_short) > RESTS_KEPT:
            self._short -= self._were_short.popleft()

    @property
    def rests_shortly(self) -> bool:
        """Whether more than half of the latest `RESTS_KEPT` orders rested too shortly; not before there are so many."""
        return len(self._were_short) == RESTS_KEPT and self._short > RESTS_KEPT // 2


class Conduct:
    """Counts what we do in each market; findings wait in `alerts`, each once an hour and market."""

    def __init__(self, rules: ConductRules) -> None:
        self._rules = rules
        self._hours: dict[Place, _Hour] = {}
        self._matched_ns: dict[Contract, int] = {}
        self._pulled_ns: dict[Contract, deque[int]] = {}
        self._alerts: list[AlertRaised] = []

    def alerts(self) -> list[AlertRaised]:
        """What was found since the last look."""
        found, self._alerts = self._alerts, []
        return found

    def placed(self, place: Place, now_ns: int) -> None:
        """We sent an order, or other terms of one."""
        hour = self._hour(place, now_ns)
        hour.messages += 1
        self._judge_messages(place, hour)

    def matched(self, place: Place, on: Contract, now_ns: int) -> None:
        """An order of ours was matched."""
        self._hour(place, now_ns).matches += 1
        self._matched_ns[on] = now_ns
        self._judge_layers(place, on, now_ns)

    def cancelled(self, place: Place, on: Contract, *, rested_ns: int, now_ns: int) -> None:
        """We took an order of ours out of the book that nothing had met, or little of it, so long after it came."""
        rules = self._rules
        hour = self._hour(place, now_ns)
        hour.messages += 1
        self._judge_messages(place, hour)
        hour.rested(short=rested_ns < rules.rest_ms_min * 1_000_000)
        if hour.rests_shortly:
            detail = f"half of the last {RESTS_KEPT} cancelled orders rested for less than {rules.rest_ms_min} ms"
            self._tell(place, hour, "short_rest", detail)
        self.pulled(place, on, rested_ns=rested_ns, now_ns=now_ns)

    def pulled(self, place: Place, on: Contract, *, rested_ns: int, now_ns: int) -> None:
        """An order of ours moved away from the market, or left it."""
        rules = self._rules
        if rested_ns <= rules.layering_s * SECOND_NS:
            pulled = self._pulled_ns.setdefault(on, deque(maxlen=rules.layers))
            pulled.append(now_ns)
            self._judge_layers(place, reverse(on), now_ns)

    def at_touch(self, place: Place, now_ns: int, *, met: bool) -> None:
        """An order that came behind the best price had become it, and was met there, or cancelled by us unmet."""
        hour, rules = self._hour(place, now_ns), self._rules
        hour.met_at_touch += met
        hour.pulled_at_touch += not met
        if hour.pulled_at_touch >= rules.touch_pulls and hour.pulled_at_touch > PULLED_PER_MET * hour.met_at_touch:
            detail = f"{hour.pulled_at_touch} orders cancelled as they became the best, {hour.met_at_touch} met there"
            self._tell(place, hour, "before_touch", detail)

    def forget(self, place: Place, contracts: Iterable[Contract]) -> None:
        """The market is settled: what we did in it is judged, and nothing more is done there."""
        self._hours.pop(place, None)
        for one in contracts:
            for side in (one, reverse(one)):
                self._matched_ns.pop(side, None)
                self._pulled_ns.pop(side, None)

    def _judge_messages(self, place: Place, hour: _Hour) -> None:
        rules = self._rules
        if hour.messages >= rules.messages_min and hour.messages > rules.messages_per_match * max(1, hour.matches):
            detail = f"{hour.messages} orders and cancels for {hour.matches} matches within an hour"
            self._tell(place, hour, "order_to_trade", detail)

    def _judge_layers(self, place: Place, matched: Contract, now_ns: int) -> None:
        """A match on one side, and on the other side enough orders pulled that had only just come."""
        rules = self._rules
        span_ns = rules.layering_s * SECOND_NS
        met_ns = self._matched_ns.get(matched)
        if met_ns is None or now_ns - met_ns > span_ns:
            return
        pulled = self._pulled_ns.get(reverse(matched), ())
        if sum(now_ns - at <= span_ns for at in pulled) >= rules.layers:
            detail = f"matched on the {matched[-1]} side while {rules.layers} fresh orders on the other were cancelled"
            self._tell(place, self._hour(place, now_ns), "layering", detail)

    def _hour(self, place: Place, now_ns: int) -> _Hour:
        hour = self._hours.get(place)
        if hour is None or now_ns - hour.began_ns >= HOUR_NS:
            hour = self._hours[place] = _Hour(now_ns)
        return hour

    def _tell(self, place: Place, hour: _Hour, about: str, detail: str) -> None:
        if about not in hour.told:
            hour.told.add(about)
            self._alerts.append(AlertRaised(about, place[1], place[0], detail))
