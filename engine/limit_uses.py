"""How much of each limit is in use, followed record by record; what was most on each day becomes rows.

Matched and open orders count as they count for the gate, from the record on that says they may be out. An order that
reaches a limit and is never followed by another is there all the same.
"""

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from domain.ids import MarketId, OrderRef, StrategyName
from domain.inside import CrossedInside
from domain.markets import Instrument
from domain.messages import DecisionTaken, Journalled, MarketSettled, Record, RunResumed
from domain.money import FX_SCALE
from domain.orders import Order
from engine import inside_bets
from engine.inside_bets import standing
from engine.replay import Applied
from engine.state import State
from oms.blotter import Change
from oms.inside import InsideBook
from risk.exposure import Exposure, alike, contract_position, open_results
from risk.limits import Limits, cap_of, limits_of
from risk.rollups import Rollups
from risk.verdicts import RefusalReason
from storage.projector import Row

DESK = ""
"""The subject of a limit that bounds everything together."""

DAY_NS = 86_400 * 1_000_000_000

Use = tuple[RefusalReason, str]
"""A limit and what it bounds."""


class LimitUses:
    """Fed with every record behind the state that it is built on, None at a run's beginning."""

    def __init__(self, state: State | None) -> None:
        self._day = -1
        self._standing: dict[Use, int] = {}
        self._most: dict[tuple[int, RefusalReason, str], tuple[int, int, int]] = {}
        self._named: _Named | None = None
        self._begun = False
        if state is not None:
            self._begin(state)

    def take(self, step: Applied, changes: Sequence[Change]) -> None:
        """Take one applied record over; what the state holds of it counts from here on."""
        state, record, body = step.state, step.record, step.record.body
        if not self._begun:
            self._begin(state)
        at = record.seq, record.wall_ns
        if record.wall_ns // DAY_NS != self._day:
            self._day = record.wall_ns // DAY_NS
            for use, micros in self._standing.items():
                self._note(use, micros, at, passing=True)
            self._note_day(state, record)
        if self._named is not None:
            if isinstance(body, DecisionTaken):
                self._named.priced(body)
            self._named.take(changes)
            self._named.hold()
            if isinstance(body, CrossedInside):
                self._named.crossed(body)
        if isinstance(body, RunResumed) and body.limits:
            self._begin(state)
        if not changes and not isinstance(body, MarketSettled | CrossedInside):
            return
        if self._named is not None and state.settled and state.settled[-1].statement is body:
            self._named.settle(state.settled[-1].statement)
        before = self._standing.copy() if any(_is_asked(change) for change in changes) else self._standing
        for use, micros in self._uses(state, _touched(state, body, changes)):
            self._note(use, micros, at)
        self._note_day(state, record)
        for change in changes:
            event = RefusalReason.CAP_EVENT, state.event_of(change.after.instrument)
            if _is_asked(change) and self._standing.get(event, 0) > before.get(event, 0):  # others pass the cap
                loss = _alone_micros(change.after, state)
                self._note((RefusalReason.CAP_ORDER, DESK), loss, at, passing=True)

    def rows(self) -> list[Row]:
        """What was most since the last call, a row for each day, limit and subject."""
        most, self._most = self._most, {}
        return [
            {"day": day, "reason": reason.value, "subject": subject, "used_micros": used, "seq": seq, "at_ns": at_ns}
            for (day, reason, subject), (used, seq, at_ns) in most.items()
        ]

    # ---- within ----

    def _begin(self, state: State) -> None:
        self._begun = True
        self._named = _named(state)
        now = self._uses(state, state.instruments.values())
        self._standing = {use: micros for use, micros in now if micros}

    def _uses(self, state: State, touched: Iterable[Instrument]) -> Iterator[tuple[Use, int]]:
        """What stands now of every limit that these instruments fall under."""
        exposure = state.exposure
        markets: dict[MarketId, None] = {}
        for instrument in touched:
            markets[instrument.listing.market] = None
            yield (RefusalReason.POSITION_LIMIT, instrument.id), _claims_micros(instrument, state)
        for market in markets:
            yield (RefusalReason.CAP_MARKET, market), exposure.market_loss_micros(market)
        for event in dict.fromkeys(state.markets[market].event for market in markets):
            yield (RefusalReason.CAP_EVENT, event), exposure.worst_loss_micros(event)
        yield (RefusalReason.CAP_TOTAL, DESK), exposure.total_loss_micros
        if self._named is not None:
            for scope in self._named.rollups.standing():
                yield (scope.reason, scope.name), scope.loss

    def _note_day(self, state: State, record: Record) -> None:
        """What was lost in 24 hours moves with the clock as well, so it is worked out and never carried on."""
        used = max(0, state.lost.total(record.monotonic_ns)) + state.exposure.total_loss_micros
        self._note((RefusalReason.CAP_DAY, DESK), used, (record.seq, record.wall_ns), passing=True)

    def _note(self, use: Use, micros: int, at: tuple[int, int], *, passing: bool = False) -> None:
        if not passing:
            if micros:
                self._standing[use] = micros
            else:
                self._standing.pop(use, None)
        key = self._day, *use
        known = self._most.get(key)
        if micros > (known[0] if known is not None else 0):
            self._most[key] = micros, *at


class _Named:
    """Caps by name, on an exposure of our own: the state's must stay as replay makes it."""

    def __init__(self, state: State, limits: Limits) -> None:
        self._state = state
        self._limits = limits
        self._exposure = Exposure(state.started.markets)
        self._inside = InsideBook()
        self._held: dict[OrderRef, Order] = {}
        self.rollups = Rollups(
            limits,
            self._exposure,
            events=state.events,
            markets=state.markets.values(),
            venues=[one.venue for one in state.started.capabilities],
            strategies=(),
        )
        for market, fair_model in state.fair_models.items():
            self._price(market, fair_model)
        self.take([Change(None, order) for order in state.blotter.orders.every()])
        self.hold()
        self._inside.held.update(state.holding.inside.held)
        for bet, on in standing(self._inside):
            if (own := self._own(bet.strategy)) is not None:
                own.update(None, bet, on, FX_SCALE)
        for settlement in state.settled:
            self.settle(settlement.statement)

    def priced(self, decision: DecisionTaken) -> None:
        """A model's value decided in a market."""
        self._price(decision.market, decision.fair_model)

    def _price(self, market: MarketId, fair_model: str) -> None:
        model, _, _ = fair_model.rpartition(" ")  # its version stands behind it
        if model:
            self.rollups.priced(market, model)

    def take(self, changes: Sequence[Change]) -> None:
        """Orders changed."""
        for before, after in ((change.before, change.after) for change in changes):
            self._own(after.strategy)
            if not alike(before, after):
                instrument = self._state.instruments[after.instrument]
                self._exposure.update(before, after, instrument, self._state.rate_e8(instrument))

    def hold(self) -> None:
        """What plans hold back counts like an order; asked behind every record, for few plans are under way."""
        live = self._state.plans.live
        if not live and not self._held:
            return
        held = {order.ref: order for plan in live.values() for order in plan.held}
        for ref in dict.fromkeys((*self._held, *held)):
            before, after = self._held.get(ref), held.get(ref)
            one = after or before
            if one is not None and before is not after:
                self._own(one.strategy)
                instrument = self._state.instruments[one.instrument]
                self._exposure.update(before, after, instrument, self._state.rate_e8(instrument))
        self._held = held

    def crossed(self, crossing: CrossedInside) -> None:
        """Two strategies traded with each other."""
        self._own(crossing.buyer)
        self._own(crossing.seller)
        inside_bets.count(self._exposure, crossing, self._inside)
        self._inside.apply(crossing)

    def settle(self, said: MarketSettled) -> None:
        """A venue said how its market ended."""
        self._exposure.settle(said.venue, said.venue_market, said.results)
        listed = self._state.listed_in(said.venue, said.venue_market)
        for market in dict.fromkeys(self._state.instruments[one].listing.market for one in listed):
            inside_bets.settle(self._exposure, market)

    def _own(self, strategy: StrategyName) -> Exposure | None:
        """What a strategy with a cap can lose by itself; None of another."""
        own = self._exposure.strategies.get(strategy)
        if own is None and cap_of(self._limits.cap_strategy_micros, strategy) is not None:
            own = self._exposure.strategies[strategy] = Exposure(self._state.started.markets)
        return own


def _named(state: State) -> _Named | None:
    """What caps by name need, None where there are none."""
    if not any(one.subject for one in state.limits):
        return None
    return _Named(state, msgspec.convert(limits_of(state.limits), Limits))


def _claims_micros(instrument: Instrument, state: State) -> int:
    """The claims held or given on a contract with all open orders of one side matched; none once it is settled."""
    listing = instrument.listing
    stake = state.ledger.settling.stakes.get((listing.venue, listing.venue_market))
    if stake is not None and stake.standing is not None:
        return 0
    return contract_position(state.exposure, listing).longest_micros


def _touched(state: State, body: Journalled, changes: Sequence[Change]) -> list[Instrument]:
    """The instruments about which something changed."""
    found = dict.fromkeys(change.after.instrument for change in changes)
    if isinstance(body, MarketSettled):
        found |= dict.fromkeys(state.listed_in(body.venue, body.venue_market))
    return [state.instruments[one] for one in found]


def _is_asked(change: Change) -> bool:
    """Whether an order, or other terms of one, go out with this record."""
    was = None if change.before is None else change.before.amend
    return change.before is None or (change.after.amend is not None and change.after.amend is not was)


def _alone_micros(order: Order, state: State) -> int:
    """What an order could lose if nothing else were there, in base."""
    instrument = state.instruments[order.instrument]
    price, size = order.price, order.size_micros
    if order.amend is not None:
        price, size = order.amend.price, order.amended_micros
    win, lose, *_ = open_results(order.side, price, size, instrument.terms)
    return -(min(win, lose) * state.rate_e8(instrument) // FX_SCALE)
