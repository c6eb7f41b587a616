"""The money state: orders, exposure, positions, ledger and stops behind one `apply`; replay uses nothing else."""

from collections.abc import Callable
from typing import Any, TypeVar, get_args

from domain.amending import AmendOrder
from domain.breaks import BalanceCompared, BreakFact, DayTurned, ReconCompleted
from domain.ids import EventId, InstrumentId, MarketId, OrderRef, StrategyName, VenueMarketId, VenueName
from domain.inside import CrossedInside
from domain.markets import Event, Instrument, Market
from domain.messages import (
    BalanceReported,
    CancelOrder,
    DecisionTaken,
    InstrumentsListed,
    Journalled,
    MarketSettled,
    OrderAccepted,
    OrderFact,
    OrderRejected,
    PlaceOrder,
    RunResumed,
    RunStarted,
    VenueReported,
)
from domain.money import FX_SCALE
from domain.operators import CancelsOrdered, KillLevelSet, PauseSet, TradingEnabled
from domain.orders import Evidence, Order
from domain.plans import PlanNote
from domain.stops import BreakerReset, BreakerTripped
from domain.treasury import TreasuryFact
from domain.vouching import OrderVouched
from engine import inside_bets
from engine.counted import Counted
from engine.holding import Holding
from engine.order_hashes import OrderHashes
from engine.ordered_out import OrderedOut
from oms.blotter import Blotter, Change, Stray
from oms.ledger import Ledger
from oms.positions import Positions
from oms.resting import Resting
from oms.second_words import SecondWords
from oms.settling import Settlement
from recon.balances import Wallets
from recon.calendar import Calendar
from recon.queue import OpenBreaks
from risk.breakers import PEOPLE_MIN, BreakerFact, Breakers
from risk.exposure import Exposure, alike
from risk.opposites import Traded
from risk.windows import Paces, Rolling
from storage.encoding import digest

AboutOrders = PlaceOrder | CancelOrder | AmendOrder | OrderFact | VenueReported | MarketSettled | RunResumed

Noted = PlanNote | TreasuryFact | CrossedInside
"""Our notes about plans, money and what strategies trade with each other."""

DAY_NS = 24 * 3_600 * 1_000_000_000
REAL_MONEY = "live"
"""The mode in which people must enable trading."""

NOBODY = VenueName("")

K = TypeVar("K", OrderRef, VenueName)


class State:
    """What the journal can rebuild. `apply` takes one record's body and returns how orders changed."""

    def __init__(self, started: RunStarted) -> None:
        self.started = started
        self.limits = started.limits
        self.fair_models: dict[MarketId, str] = {}
        capabilities = {one.venue: one for one in started.capabilities}
        self.events: dict[EventId, Event] = {event.id: event for event in started.events}
        self.markets: dict[MarketId, Market] = {market.id: market for market in started.markets}
        self.instruments: dict[InstrumentId, Instrument] = {}
        self.rules_first: dict[InstrumentId, str] = {}  # the words by which each was told first to settle
        self.blotter = Blotter(self.instruments, capabilities)
        exposure = Exposure(started.markets)
        self.counted = Counted(exposure, self.instruments, self.rate_e8)
        self.positions = Positions(self.instruments)
        self.ledger = Ledger(self.instruments, capabilities, self.positions, self.markets)
        hash_to_enable = started.config_hash if started.mode == REAL_MONEY else ""
        self.breakers = Breakers(started.rejects_in_a_row, config_hash=hash_to_enable)
        self.turnover = Rolling(DAY_NS)
        self.traded = Traded()
        self.paces = Paces()
        self.lost = Rolling(DAY_NS)
        self.lost_micros = 0
        self.ahead_ns = started.ahead_ns  # of the wall clock before the monotonic one of the process that runs
        self.breaks = OpenBreaks()
        self.wallets = Wallets()
        self.calendar = Calendar()
        self.holding = Holding(self.instruments, self.rate_e8, exposure, self.ledger)
        self.plans = self.holding.plans
        self.settled: list[Settlement] = []
        self.ordered_out = OrderedOut(self.blotter.orders, capabilities)
        self.resting = Resting(self.blotter.orders, self.instruments)
        self.vouching = SecondWords(PEOPLE_MIN if started.mode == REAL_MONEY else 1)
        self.records = 0
        self.placed = 0
        self._hashes = OrderHashes(self.blotter.orders)
        self._of_market: dict[MarketId, tuple[Instrument, ...]] = {}
        self._of_venue_market: dict[tuple[VenueName, VenueMarketId], list[InstrumentId]] = {}

    def apply(self, body: Journalled, now_ns: int) -> list[Change]:
        """Take one record's body in; `now_ns` is the record's monotonic time."""
        self.records += 1
        take = TAKES.get(type(body))
        return [] if take is None else take(self, body, now_ns)  # many records are only notes

    @property
    def exposure(self) -> Exposure:
        """What the desk can lose, with every order counted as it stands."""
        return self.counted.up_to_date() if self.counted.waiting else self.counted.exposure

    def venue_of(self, instrument: InstrumentId) -> VenueName:
        """The venue that lists an instrument."""
        return self.instruments[instrument].listing.venue

    def venue_of_order(self, ref: OrderRef) -> VenueName:
        """The venue where an order stands."""
        order = self.blotter.orders.get(ref)
        assert order is not None, f"no order {ref}"
        return self.venue_of(order.instrument)

    def event_of(self, instrument: InstrumentId) -> EventId:
        """The event that an instrument is about."""
        return self.markets[self.instruments[instrument].listing.market].event

    def rate_e8(self, instrument: Instrument) -> int:
        """Base-currency units of one unit of an instrument's currency, in 1e-8."""
        return self.started.rates_e8[instrument.terms.currency]

    def listed_for(self, market: MarketId) -> tuple[Instrument, ...]:
        """Every venue's instruments of one of our markets, those of one outcome together."""
        return self._of_market.get(market, ())

    def listed_in(self, venue: VenueName, venue_market: VenueMarketId) -> list[InstrumentId]:
        """The instruments of one venue market."""
        return self._of_venue_market.get((venue, venue_market), [])

    def working(self, strategy: StrategyName, market: MarketId) -> tuple[Order, ...]:
        """A strategy's orders in one market that may still be matched."""
        ours, listed = self.blotter.orders.open_of(strategy), self.listed_for(market)
        if len(ours) > len(listed):
            return tuple(order for order in self.open_in(market) if order.strategy == strategy)
        known = self.instruments
        return tuple([order for order in ours if known[order.instrument].listing.market == market])

    def open_in(self, market: MarketId) -> list[Order]:
        """Every order in one market that may still be matched."""
        orders = self.blotter.orders
        return [order for instrument in self.listed_for(market) for order in orders.open_on(instrument.id)]

    def day_loss_micros(self) -> int:
        """What settled markets have cost so far, base-currency millionths; a gain is negative."""
        profit = 0
        for account in ("pnl", "fees", "fee_rounding"):
            for currency, micros in self.ledger.totals(account).items():
                profit -= micros * self.started.rates_e8[currency] // 100_000_000
        return -profit

    def digest(self) -> str:
        """Hex digest of orders, reservations, positions, ledger, stops and refs."""
        snapshot: dict[str, Any] = {
            "orders": self._hashes.total(),
            "exposure": [
                (market, self.exposure.worst_by_outcome_micros(market), self.exposure.pnl_micros(market))
                for market in self.markets
            ],
            "positions": self.positions.by_instrument,
            "ledger": sorted(
                (account, currency, micros) for (account, currency), micros in self.ledger.balances.items()
            ),
            "treasury": self.ledger.snapshot(),
            "breakers": self.breakers.snapshot(),
            "breaks": self.breaks.snapshot(),
            "calendar": self.calendar.snapshot(),
            "plans": self.plans.snapshot(),
            "inside": self.holding.inside.snapshot(),
            "placed": self.placed,
        }
        if self.vouching.waiting:  # a run without any keeps the digest it had
            snapshot["vouching"] = [*self.vouching.waiting.values()]
        return digest(snapshot)

    def follow(self, changes: list[Change] | Stray, now_ns: int) -> list[Change]:
        """Let everything follow that hangs on orders; nothing does on one that nobody placed."""
        if not isinstance(changes, list):
            return []
        for change in changes:
            before, after = change.before, change.after
            instrument = self.instruments[after.instrument]
            if not alike(before, after):
                self.counted.note(change)
                if before is not None and after.cost_micros > before.cost_micros:
                    matched = after.cost_micros - before.cost_micros
                    self.turnover.add(matched * self.rate_e8(instrument) // FX_SCALE, now_ns)
                    listing = instrument.listing
                    self.traded.note(after.ref, after.side, listing, self.markets[listing.market], now_ns)
                self.positions.apply(change)
                settled = self.ledger.apply(change, self.records, now_ns)
                if settled is not None:  # a match that we heard of after its market was settled
                    self.settled.append(settled)
                if settled is not None or (
                    before is not None and after.settled and after.fee_micros != before.fee_micros
                ):
                    _count_lost(self, now_ns)
            self._hashes.note(change)
            self.holding.heard(change, instrument, self.records, now_ns)
        return changes

    def list_instrument(self, instrument: Instrument) -> None:
        """Know an instrument, or its terms of today."""
        known, listing = self.instruments.get(instrument.id), instrument.listing
        if known is None:
            self._of_venue_market.setdefault((listing.venue, listing.venue_market), []).append(instrument.id)
        elif known.terms != instrument.terms:
            at_stake = self.blotter.orders.at_stake_in(listing.venue, listing.venue_market)
            plans = (*self.plans.live.values(), *self.plans.over.values())
            held_back = [order for plan in plans for order in plan.held]
            self.counted.relist(known, instrument, [*at_stake, *held_back])
        self.instruments[instrument.id] = instrument
        if instrument.terms.rules_hash:
            self.rules_first.setdefault(instrument.id, instrument.terms.rules_hash)
        others = [one for one in self._of_market.get(listing.market, ()) if one.id != instrument.id]
        self._of_market[listing.market] = tuple(
            sorted([*others, instrument], key=lambda one: (one.listing.outcome, one.id))
        )


# ---- what each kind of record does ----


def _decided(state: State, body: DecisionTaken, _: int) -> list[Change]:
    state.fair_models[body.market] = body.fair_model
    state.holding.chances.decided(body)
    return []


def _told(state: State, body: AboutOrders, now_ns: int) -> list[Change]:
    return state.follow(state.blotter.apply(body, now_ns), now_ns)


def _placed(state: State, body: PlaceOrder, now_ns: int) -> list[Change]:
    state.placed += 1
    state.holding.chances.placed(body.ref, body.bet_delay_ms)
    return _sent(state, body, now_ns)


def _sent(state: State, body: PlaceOrder | AmendOrder, now_ns: int) -> list[Change]:
    changes = _told(state, body, now_ns)
    if changes:
        state.paces.add(state.instruments[changes[0].after.instrument].listing.market, now_ns)
    return changes


def _answered(state: State, body: OrderAccepted | OrderRejected, now_ns: int) -> list[Change]:
    if type(body) is OrderRejected and body.evidence is Evidence.INFERRED:
        state.holding.chances.unsent(body.ref)
    changes = _told(state, body, now_ns)
    if changes:  # an answer that says nothing new is not in the journal
        state.breakers.apply(body, state.venue_of(changes[0].after.instrument))
    return changes


def _vouched(state: State, body: OrderVouched, now_ns: int) -> list[Change]:
    return _told(state, body, now_ns) if state.vouching.counts(body) else []


def _resumed(state: State, body: RunResumed, now_ns: int) -> list[Change]:
    state.breakers.configured(body.config_hash)
    state.limits = body.limits or state.limits
    state.plans.resume(now_ns)
    later_ns, state.ahead_ns = state.ahead_ns - body.ahead_ns, body.ahead_ns
    for window in (state.turnover, state.lost, state.traded, state.paces):
        window.moved(later_ns, now_ns)
    _reread(state.ledger.moved_ns, later_ns, now_ns)
    _reread(state.blotter.orders.changed_ns, later_ns, now_ns)
    state.ordered_out.resume()
    return _told(state, body, now_ns)


def _reread(times_ns: dict[K, int], later_ns: int, now_ns: int) -> None:
    """Times by the last process's clock, as this one's tells them."""
    for key, at_ns in times_ns.items():
        times_ns[key] = min(at_ns + later_ns, now_ns)


def _settled(state: State, fact: MarketSettled, now_ns: int) -> list[Change]:
    if state.ledger.has_booked(fact):
        return []
    state.ledger.settling.unsettle(fact, state.records, now_ns)
    annulled = state.follow(state.blotter.annul(fact, now_ns), now_ns)
    settlement = state.ledger.settle(fact, state.records, now_ns)
    state.calendar.apply(fact)
    if settlement is None:  # the venue made it before the one that stands
        return annulled
    state.settled.append(settlement)
    state.exposure.settle(fact.venue, fact.venue_market, fact.results)
    for market in dict.fromkeys(
        state.instruments[one].listing.market for one in state.listed_in(fact.venue, fact.venue_market)
    ):
        inside_bets.settle(state.exposure, market)
        state.traded.forget(fact.venue, state.markets[market])
    state.paces.forget(now_ns)
    state.positions.settle(fact.venue, fact.venue_market)
    _count_lost(state, now_ns)
    return annulled + _told(state, fact, now_ns)


def _count_lost(state: State, now_ns: int) -> None:
    """A market was settled, or settled anew: what that cost more is lost now."""
    lost = state.day_loss_micros()
    state.lost.add(lost - state.lost_micros, now_ns)
    state.lost_micros = lost


def _listed(state: State, body: InstrumentsListed, _: int) -> list[Change]:
    for instrument in body.instruments:
        state.list_instrument(instrument)
    return []


def _stopped(state: State, body: BreakerFact, _: int) -> list[Change]:
    state.breakers.apply(body, NOBODY)
    return []


def _ordered_out(state: State, body: CancelsOrdered, _: int) -> list[Change]:
    state.ordered_out.apply(body)
    return []


def _compared(state: State, body: ReconCompleted, _: int) -> list[Change]:
    state.breakers.apply(body, body.venue)
    state.breaks.apply(body)
    return []


def _balanced(state: State, body: BalanceReported, _: int) -> list[Change]:
    state.ledger.open(body, state.records)
    return []


def _held(state: State, body: BalanceCompared, _: int) -> list[Change]:
    state.wallets.apply(body)
    return []


def _queued(state: State, body: BreakFact, _: int) -> list[Change]:
    state.breaks.apply(body)
    return []


def _turned(state: State, body: DayTurned, _: int) -> list[Change]:
    state.calendar.apply(body)
    return []


def _noted(state: State, body: Noted, now_ns: int) -> list[Change]:
    state.holding.note(body, state.records, now_ns)
    return []


TAKES: dict[type, Callable[..., list[Change]]] = {
    DecisionTaken: _decided,
    PlaceOrder: _placed,
    AmendOrder: _sent,
    **dict.fromkeys((CancelOrder, VenueReported, *get_args(OrderFact)), _told),
    **dict.fromkeys((OrderAccepted, OrderRejected), _answered),
    OrderVouched: _vouched,
    MarketSettled: _settled,
    RunResumed: _resumed,
    InstrumentsListed: _listed,
    **dict.fromkeys((KillLevelSet, PauseSet, BreakerTripped, BreakerReset, TradingEnabled), _stopped),
    CancelsOrdered: _ordered_out,
    ReconCompleted: _compared,
    BalanceReported: _balanced,
    BalanceCompared: _held,
    **dict.fromkeys(get_args(BreakFact), _queued),
    DayTurned: _turned,
    **dict.fromkeys(get_args(Noted), _noted),
}
"""Every kind of record that changes the money state; the others are notes for people, and pass."""
