"""The money state: orders, exposure, positions, ledger and stops behind one `apply`; replay uses nothing else."""

from typing import Any

from domain.amending import AmendOrder
from domain.breaks import DayTurned, QueueFact, ReconCompleted
from domain.ids import EventId, InstrumentId, MarketId, OrderRef, StrategyName, VenueMarketId, VenueName
from domain.markets import Event, Instrument, Market
from domain.messages import (
    BalanceReported,
    CancelAccepted,
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
from domain.orders import Order
from domain.stops import BreakerReset, BreakerTripped
from engine.holding import Holding
from engine.order_hashes import OrderHashes
from engine.ordered_out import OrderedOut
from oms.blotter import Blotter, Change, Stray
from oms.ledger import Ledger
from oms.positions import Positions
from oms.resting import Resting
from oms.settling import Settlement
from recon.calendar import Calendar
from recon.queue import OpenBreaks
from risk.breakers import Breakers
from risk.exposure import Exposure, alike
from risk.windows import Rolling
from storage.encoding import digest

AboutOrders = PlaceOrder | OrderAccepted | CancelOrder | CancelAccepted | OrderFact | AmendOrder | VenueReported
"""What the blotter takes, the commonest first: nearly all that there is but decisions."""

ANSWERS = (OrderAccepted, OrderRejected)

DAY_NS = 24 * 3_600 * 1_000_000_000
REAL_MONEY = "live"
"""The mode in which people must enable trading."""

NOBODY = VenueName("")


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
        self.blotter = Blotter(self.instruments, capabilities)
        self.exposure = Exposure(started.markets)
        self.positions = Positions(self.instruments)
        self.ledger = Ledger(self.instruments, capabilities, self.positions)
        hash_to_enable = started.config_hash if started.mode == REAL_MONEY else ""
        self.breakers = Breakers(started.rejects_in_a_row, config_hash=hash_to_enable)
        self.turnover = Rolling(DAY_NS)
        self.lost = Rolling(DAY_NS)
        self._lost_micros = 0
        self.breaks = OpenBreaks()
        self.calendar = Calendar()
        self.holding = Holding(self.instruments, self.rate_e8, self.exposure, self.ledger)
        self.plans = self.holding.plans
        self.settled: list[Settlement] = []
        self.ordered_out = OrderedOut(self.blotter.orders)
        self.resting = Resting(self.blotter.orders, self.instruments)
        self.records = 0
        self.placed = 0
        self._hashes = OrderHashes(self.blotter.orders)
        self._of_market: dict[MarketId, tuple[Instrument, ...]] = {}
        self._of_venue_market: dict[tuple[VenueName, VenueMarketId], list[InstrumentId]] = {}

    def apply(self, body: Journalled, now_ns: int) -> list[Change]:
        """Take one record's body in; `now_ns` is the record's monotonic time."""
        self.records += 1
        if isinstance(body, DecisionTaken):
            self.fair_models[body.market] = body.fair_model
            return []  # only a note
        if isinstance(body, AboutOrders):
            changes = self._take(self.blotter.apply(body, now_ns), now_ns)
            if isinstance(body, PlaceOrder):
                self.placed += 1
                self.holding.chances.placed(body.ref, body.bet_delay_ms)
            elif changes and isinstance(body, ANSWERS):  # one that says nothing new is not in the journal
                self.breakers.apply(body, self.venue_of(changes[0].after.instrument))
            return changes
        match body:
            case RunResumed():
                self.breakers.configured(body.config_hash)
                self.limits = body.limits or self.limits
                self.plans.resume(now_ns)
                return self._take(self.blotter.apply(body, now_ns), now_ns)
            case InstrumentsListed():
                for instrument in body.instruments:
                    self._list(instrument)
            case KillLevelSet() | PauseSet() | BreakerTripped() | BreakerReset() | TradingEnabled():
                self.breakers.apply(body, NOBODY)
            case CancelsOrdered():
                self.ordered_out.apply(body)
            case ReconCompleted():
                self.breakers.apply(body, body.venue)
                self.breaks.apply(body)
            case BalanceReported():
                self.ledger.open(body, self.records)
            case MarketSettled():
                return self._settle(body, now_ns)
            case _ if isinstance(body, QueueFact):
                _queue(self, body)
            case _:
                self.holding.note(body, self.records, now_ns)
        return []

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
        return tuple(order for order in ours if known[order.instrument].listing.market == market)

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
        return digest(snapshot)

    def _take(self, changes: list[Change] | Stray, now_ns: int) -> list[Change]:
        """Let everything follow that hangs on orders; nothing does on one that nobody placed."""
        if isinstance(changes, Stray):
            return []
        for change in changes:
            instrument = self.instruments[change.after.instrument]
            if not alike(change.before, change.after):
                rate_e8 = self.rate_e8(instrument)
                self.exposure.update(change.before, change.after, instrument, rate_e8)
                if change.before is not None and change.after.cost_micros > change.before.cost_micros:
                    matched = change.after.cost_micros - change.before.cost_micros
                    self.turnover.add(matched * rate_e8 // FX_SCALE, now_ns)
                self.positions.apply(change)
                settled = self.ledger.apply(change, self.records, now_ns)
                if settled is not None:  # a match that we heard of after its market was settled
                    self.settled.append(settled)
            self._hashes.note(change)
            self.holding.heard(change, instrument, self.records, now_ns)
        return changes

    def _settle(self, fact: MarketSettled, now_ns: int) -> list[Change]:
        if self.ledger.has_booked(fact):
            return []
        self.ledger.settling.unsettle(fact, self.records, now_ns)
        annulled = self._take(self.blotter.annul(fact, now_ns), now_ns)
        settlement = self.ledger.settle(fact, self.records, now_ns)
        self.calendar.apply(fact)
        if settlement is None:  # the venue made it before the one that stands
            return annulled
        self.settled.append(settlement)
        self.exposure.settle(fact.venue, fact.venue_market, fact.results)
        self.positions.settle(fact.venue, fact.venue_market)
        lost = self.day_loss_micros()
        self.lost.add(lost - self._lost_micros, now_ns)
        self._lost_micros = lost
        return annulled + self._take(self.blotter.apply(fact, now_ns), now_ns)

    def _list(self, instrument: Instrument) -> None:
        known = instrument.id in self.instruments
        self.instruments[instrument.id] = instrument
        listing = instrument.listing
        if not known:
            self._of_venue_market.setdefault((listing.venue, listing.venue_market), []).append(instrument.id)
        others = [one for one in self._of_market.get(listing.market, ()) if one.id != instrument.id]
        self._of_market[listing.market] = tuple(
            sorted([*others, instrument], key=lambda one: (one.listing.outcome, one.id))
        )


def _queue(state: State, body: QueueFact) -> None:
    """What people and comparisons say of breaks, and the day by which both are dated."""
    if isinstance(body, DayTurned):
        state.calendar.apply(body)
    else:
        state.breaks.apply(body)
