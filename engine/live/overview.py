"""The desk as a whole: its header, and what each event can still cost."""

from collections.abc import Iterable, Sequence
from heapq import nlargest

from desk.views import EVERY_MARKET, ExposureRow, Header, MarketExposure, MarketsOf, ScopeRow
from domain.ids import EventId
from domain.markets import Market
from domain.money import FX_SCALE
from domain.operators import KillLevel
from engine.live.grid import Grid, Page
from engine.live.moments import Moments
from engine.live.orders import risk_micros
from engine.live.profit import Profit
from engine.live.tape import Tape
from engine.scope_losses import ScopeLosses
from engine.street import Street
from engine.telemetry import percentile
from risk.exposure import open_results

US = 1_000
RATE_OVER_MS = 1_000
CHOSEN_FOR_MS = 1_000
"""Which markets are shown is looked at once in so long."""
PAGES_KEPT_MS = 5_000
EVENTS_MAX = 60
"""Events that can cost most, of which the exposure is told beside those of the first markets."""


class Overview:
    """Makes the header and the exposure, and keeps the choice of markets that are shown."""

    def __init__(
        self, street: Street, moments: Moments, grid: Grid, profit: Profit, tape: Tape, *, cap_day_micros: int
    ) -> None:
        self._street = street
        self._state = street.core.state
        self._moments = moments
        self._grid = grid
        self._profit = profit
        self._tape = tape
        self._cap_day_micros = cap_day_micros
        self._started_ms = moments.now_ms()
        self._pages: dict[MarketsOf, tuple[int, Page]] = {}
        self._worst: dict[EventId, int] = {}
        self._markets_of: dict[EventId, list[Market]] = {}
        for market in street.core.state.markets.values():
            self._markets_of.setdefault(market.event, []).append(market)
        self._counted = (self._started_ms, street.telemetry.facts, 0)
        self._delays = (0, 0)
        self._losses = ScopeLosses(self._state)
        self._scopes: tuple[int, tuple[ScopeRow, ...]] = (0, ())

    def page(self, of: MarketsOf = EVERY_MARKET) -> Page:
        """The markets that are shown to whoever asks for these."""
        now_ms = self._moments.now_ms()
        chosen_ms, page = self._pages.get(of, (0, None))
        if page is None or now_ms - chosen_ms >= CHOSEN_FOR_MS:
            kept = {known: held for known, held in self._pages.items() if now_ms - held[0] < PAGES_KEPT_MS}
            page = self._grid.page(of)
            self._pages = {**kept, of: (now_ms, page)}
        return page

    def _paced(self) -> int:
        """Facts a second over the last whole second or more; then what takes long to look at is looked at too."""
        since_ms, facts, rate = self._counted
        now_ms, now = self._moments.now_ms(), self._street.telemetry.facts
        if now_ms - since_ms >= RATE_OVER_MS:
            rate = (now - facts) * 1_000 // (now_ms - since_ms)
            self._counted = now_ms, now, rate
            exposure = self._state.exposure
            self._worst = {event: loss for event in self._state.events if (loss := exposure.worst_loss_micros(event))}
            latencies = sorted(self._street.telemetry.lately.latencies_ns)
            self._delays = percentile(latencies, 50) // US, percentile(latencies, 99) // US
        return rate

    def header(self) -> Header:
        """The one row."""
        state, telemetry = self._state, self._street.telemetry
        orders, level_set = state.blotter.orders, state.breakers.level_set
        facts_per_s = self._paced()
        return Header(
            id="desk",
            run=state.started.run,
            mode=state.started.mode,
            base=state.started.base,
            started_ms=self._started_ms,
            stopping=self._street.core.stopping,
            kill_level=int(state.breakers.level),
            kill_name=KillLevel(state.breakers.level).name.replace("_", " ").lower(),
            kill_who=level_set.who if level_set else "",
            kill_why=level_set.why if level_set else "",
            kill_ms=self._tape.level_set_ms,
            kill_proven=tuple(sorted(telemetry.lately.emptied)),
            latency_p50_us=self._delays[0],
            latency_p99_us=self._delays[1],
            latency_n=len(telemetry.latencies_ns),
            facts=telemetry.facts,
            facts_per_s=facts_per_s,
            decisions=telemetry.decisions,
            orders_open=orders.open_count,
            orders_unknown=len(orders.unknown),
            unknown_risk_micros=sum(risk_micros(order, state) for order in orders.unknown.values()),
            breaks_open=len(state.breaks.standing),
            worst_loss_micros=max(map(state.exposure.worst_loss_micros, self._exposed()), default=0),
            cap_micros=state.started.cap_micros,
            day_loss_micros=state.day_loss_micros(),
            cap_day_micros=self._cap_day_micros,
            net_micros=self._profit.net_micros(),
            markets_total=len(state.markets),
            refusals=dict(telemetry.refusals),
            refused_ppm=telemetry.refused_ppm(),
        )

    def _exposed(self) -> Iterable[EventId]:
        """Events that can cost most, as they stood a moment ago, and those of the first markets."""
        worst = nlargest(EVENTS_MAX, self._worst, key=self._worst.__getitem__)
        return dict.fromkeys([*worst, *(market.event for market in self.page().markets)])

    def exposure(self) -> Sequence[ExposureRow]:
        """What each of these events can still cost."""
        return tuple(self._event(self._markets_of[event]) for event in self._exposed())

    def scopes(self) -> Sequence[ScopeRow]:
        """What every other scope can still cost, as it stood a moment ago: every market is looked at for it."""
        now_ms, (told_ms, rows) = self._moments.now_ms(), self._scopes
        if rows and now_ms - told_ms < CHOSEN_FOR_MS:
            return rows
        rows = tuple(
            ScopeRow(
                id=f"{one.scope}/{one.name}" if one.name else one.scope,
                scope=one.scope,
                name=one.name,
                worst_loss_micros=one.worst_loss_micros,
                cap_micros=one.cap_micros,
                used_ppm=one.used_ppm,
            )
            for one in self._losses.rows(self._moments.clock.monotonic_ns())
        )
        self._scopes = now_ms, rows
        return rows

    def _event(self, markets: Sequence[Market]) -> ExposureRow:
        state = self._state
        event = state.events[markets[0].event]
        worst, cap = state.exposure.worst_loss_micros(event.id), state.started.cap_micros
        return ExposureRow(
            id=event.id,
            event_name=event.name,
            worst_loss_micros=worst,
            cap_micros=cap,
            used_ppm=worst * 1_000_000 // cap if cap else 0,
            orders_open=sum(len(state.open_in(market.id)) for market in markets),
            markets=tuple(
                MarketExposure(
                    market=market.id,
                    market_name=market.kind,
                    outcomes=market.outcomes,
                    matched_micros=state.exposure.pnl_micros(market.id),
                    worst_micros=state.exposure.worst_by_outcome_micros(market.id),
                    unknown_micros=self._unknown(market),
                    worst_loss_micros=state.exposure.market_loss_micros(market.id),
                )
                for market in markets
            ),
        )

    def _unknown(self, market: Market) -> tuple[int, ...]:
        """The most that UNKNOWN orders can take from each outcome's result, base currency."""
        state, taken = self._state, [0] * len(market.outcomes)
        for order in state.blotter.orders.unknown.values():
            instrument = state.instruments[order.instrument]
            if instrument.listing.market != market.id or not order.exposed_micros:
                continue
            win, lose, *_ = open_results(order.side, order.price, order.exposed_micros, instrument.terms)
            for outcome in range(len(taken)):
                result = win if outcome == instrument.listing.outcome else lose
                taken[outcome] += result * state.rate_e8(instrument) // FX_SCALE
        return tuple(taken)
