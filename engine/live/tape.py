"""The alerts tape: what a person should have noticed, in a line each, the same said again counted and not repeated."""

from collections.abc import Callable
from typing import Any

from desk.views import ALERTS_MAX, AlertRow
from domain.breaks import (
    BreakAssigned,
    BreakExplained,
    BreakFound,
    BreakHealed,
    BreakResolved,
    BreakRestated,
    WriteOffSigned,
)
from domain.ids import VenueMarketId, VenueName
from domain.markets import MarketStatus
from domain.messages import (
    ChannelChanged,
    Fact,
    Journalled,
    MarketChanged,
    MarketSettled,
    OrderMissing,
    OrderRejected,
    OrderUnanswered,
    RiskRefused,
    RunEnded,
    RunResumed,
)
from domain.money import format_micros
from domain.operators import EVERY_ORDER, CancelsOrdered, KillLevel, KillLevelSet, PauseSet, RoundOrdered
from domain.plans import PlanEnded, PlanState
from domain.stops import WHOLE_VENUE, AlertRaised, BreakerReset, BreakerTripped, EmptinessProven
from domain.vouching import OrderVouched
from engine.live.moments import Moments
from engine.state import State
from oms.vouching import in_words
from risk.breakers import ORDINARY

AGAIN_MS = 60_000
INFO, WARNING, CRITICAL = "info", "warning", "critical"

Line = tuple[str, str, VenueName | str]
"""Severity, text, venue."""


class Tape:
    """The last lines, kept while nobody looks too."""

    def __init__(self, state: State, moments: Moments) -> None:
        self.level_set_ms = 0
        self._state = state
        self._moments = moments
        self._rows: dict[str, AlertRow] = {}
        self._said: dict[tuple[str, str], str] = {}
        self._lines = 0
        self._level = state.breakers.level
        self._statuses: dict[tuple[VenueName, VenueMarketId], MarketStatus] = {}
        self._sayings: dict[type, Callable[[Any], Line | None]] = {
            ChannelChanged: self._line,
            MarketChanged: self._market,
            KillLevelSet: self._kill_level,
            PauseSet: self._pause,
            CancelsOrdered: self._ordered_out,
            RoundOrdered: lambda b: (INFO, f"a reconciliation round was asked for by {b.who}: {b.why}", b.venue),
            BreakerTripped: lambda b: (WARNING, f"no new risk in {self._at(b)}: {b.cause}, {b.detail}", b.venue),
            BreakerReset: lambda b: (INFO, f"{self._at(b)} goes on after {b.cause}, by {b.who}: {b.why}", b.venue),
            EmptinessProven: lambda b: (INFO, f"proven empty of our orders at kill level {b.level}", b.venue),
            AlertRaised: lambda b: (WARNING, f"{b.about} of {b.subject}: {b.detail}", b.venue),
            PlanEnded: self._plan_ended,
            BreakFound: self._break,
            BreakRestated: lambda b: (WARNING, f"break {b.kind} of {b.key} has other figures: {b.detail}", b.venue),
            BreakExplained: lambda b: (
                INFO,
                f"break {b.kind} of {b.key} agrees again, who resolves it?",
                b.venue,
            ),
            BreakAssigned: lambda b: (INFO, f"break {b.kind} of {b.key} is {b.owner}'s, by {b.who}: {b.why}", b.venue),
            BreakResolved: lambda b: (INFO, f"break {b.kind} of {b.key} resolved by {b.who}: {b.why}", b.venue),
            WriteOffSigned: lambda b: (WARNING, f"{b.who} would write {b.kind} of {b.key} off: {b.why}", b.venue),
            BreakHealed: lambda b: (INFO, f"break {b.kind} of {b.key} healed: {b.proof}", b.venue),
            OrderUnanswered: lambda b: (WARNING, f"order {b.ref} is UNKNOWN: {b.detail or 'no answer came'}", ""),
            OrderMissing: lambda b: (INFO, f"order {b.ref} never arrived", ""),
            OrderVouched: lambda b: _vouched(b, state),
            OrderRejected: self._rejected,
            RiskRefused: lambda b: (INFO, f"our own risk said no to {b.strategy}: {b.reason}", ""),
            MarketSettled: self._settled,
            RunResumed: lambda _: (WARNING, "the run was taken over from an engine that died", ""),
            RunEnded: lambda b: (INFO, f"the run has ended: {b.reason}", ""),
        }

    def hear(self, what: Fact | Journalled) -> None:
        """Take in one fact or record; most say nothing that is worth a line."""
        say = self._sayings.get(type(what))
        line = say(what) if say is not None else None
        if line is not None:
            self._add(*line)

    def rows(self) -> tuple[AlertRow, ...]:
        """The tape, oldest first."""
        return tuple(self._rows.values())

    def _add(self, severity: str, text: str, venue: str) -> None:
        now_ms = self._moments.now_ms()
        before = self._rows.get(self._said.get((venue, text), ""))
        if before is not None and now_ms - before.at_ms <= AGAIN_MS:
            self._rows[before.id] = AlertRow(before.id, now_ms, severity, text, venue, before.count + 1)
            return
        self._lines += 1
        row = AlertRow(str(self._lines), now_ms, severity, text, venue)
        self._rows[row.id] = row
        self._said[venue, text] = row.id
        if len(self._rows) > ALERTS_MAX:
            oldest = self._rows.pop(next(iter(self._rows)))
            if self._said.get((oldest.venue, oldest.text)) == oldest.id:
                del self._said[oldest.venue, oldest.text]

    def _line(self, fact: ChannelChanged) -> Line:
        name = fact.channel.replace("_", " ")
        if fact.up:
            return INFO, f"{name} line is up", fact.venue
        return WARNING, f"{name} line is down{f': {fact.reason}' if fact.reason else ''}", fact.venue

    def _market(self, fact: MarketChanged) -> Line | None:
        key = fact.venue, fact.venue_market
        before = self._statuses.get(key)
        self._statuses[key] = fact.status
        if before is None or fact.status is before:
            return None
        return INFO, f"{self._name_of(*key)} is {fact.status}", fact.venue

    def _name_of(self, venue: VenueName, venue_market: VenueMarketId) -> str:
        listed = self._state.listed_in(venue, venue_market)
        if not listed:
            return f"market {venue_market}"
        market = self._state.markets[self._state.instruments[listed[0]].listing.market]
        return f"{self._state.events[market.event].name}, {market.kind},"

    def _kill_level(self, fact: KillLevelSet) -> Line:
        raised, self._level = fact.level > self._level, fact.level
        self.level_set_ms = self._moments.now_ms()
        word = KillLevel(fact.level).name.replace("_", " ").lower()
        return CRITICAL if raised else WARNING, f"kill level {int(fact.level)}, {word}, by {fact.who}: {fact.why}", ""

    def _pause(self, fact: PauseSet) -> Line:
        name = fact.strategy or "every strategy"
        return WARNING, f"{name} {'rests' if fact.paused else 'goes on'}, by {fact.who}: {fact.why}", ""

    def _plan_ended(self, fact: PlanEnded) -> Line | None:
        severity = {PlanState.BROKEN: CRITICAL, PlanState.CARRIED: WARNING}.get(fact.state)
        if severity is None:
            return None
        return (
            severity,
            f"plan {fact.id} {fact.state.lower()}, {format_micros(fact.uneven_micros)} uneven: {fact.because}",
            "",
        )

    def _at(self, fact: BreakerTripped | BreakerReset) -> str:
        return "the venue" if fact.venue_market == WHOLE_VENUE else self._name_of(fact.venue, fact.venue_market)

    def _ordered_out(self, fact: CancelsOrdered) -> Line:
        if fact.ref == EVERY_ORDER:
            return WARNING, f"all orders ordered out by {fact.who}: {fact.why}", fact.venue
        return INFO, f"order {fact.ref} ordered out by {fact.who}: {fact.why}", self._state.venue_of_order(fact.ref)

    def _break(self, fact: BreakFound) -> Line:
        severity = CRITICAL if fact.severity in ("HIGH", "CRITICAL") else WARNING
        money = f"{format_micros(fact.money_micros)} {self._state.started.base}"
        return severity, f"break {fact.kind} of {fact.key}, {money}: {fact.detail}", fact.venue

    def _rejected(self, fact: OrderRejected) -> Line | None:
        order = self._state.blotter.orders.get(fact.ref)
        if order is None or fact.reason in ORDINARY:
            return None
        venue = self._state.venue_of(order.instrument)
        if self._state.breakers.tripped(venue):
            return CRITICAL, f"stopped: it refused too many orders in a row, the last for {fact.reason}", venue
        return WARNING, f"order refused: {fact.reason}{f', {fact.detail}' if fact.detail else ''}", venue

    def _settled(self, fact: MarketSettled) -> Line:
        profit = f"{format_micros(fact.profit_micros)}, commission {format_micros(fact.commission_micros)}"
        return INFO, f"{self._name_of(fact.venue, fact.venue_market)} settled: profit {profit}", fact.venue


def _vouched(fact: OrderVouched, state: State) -> Line:
    second = "; a different person has to say so too" if state.vouching.waits(fact.ref) else ""
    told = f"order {fact.ref}: {fact.who} was told that {in_words(fact)}{second}: {fact.why}"
    return WARNING, told, state.venue_of_order(fact.ref)
