"""Who is well: venues and their lines, strategies, reconciliation and its breaks."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence

from desk.views import BreakRow, ReconRow, StrategyRow, VenueRow
from domain.ids import StrategyName, VenueName
from domain.messages import Channel
from domain.stops import WHOLE_VENUE
from engine.lately import Lately
from engine.live.moments import Moments
from engine.live.orders import OrderRows
from engine.prices import Prices
from engine.state import State
from engine.telemetry import Telemetry, percentile
from recon.queue import named
from venues.base import Charged, Metered, Venue
from venues.switches import HasSwitch, Switch

US = 1_000
LOOK_NS = 1_000_000_000


WORDS_TOLD = 3
"""So many of the reasons for wanting nothing are told of a strategy, those of the most markets."""


class Health:
    """Makes rows of what is well and what is not."""

    def __init__(
        self,
        state: State,
        prices: Prices,
        telemetry: Telemetry,
        moments: Moments,
        *,
        orders: OrderRows,
        venues: Mapping[VenueName, Venue],
        errors_left: Callable[[VenueName], int],
        strategies: tuple[StrategyName, ...],
    ) -> None:
        self._state = state
        self._prices = prices
        self._telemetry = telemetry
        self._lately: Lately = telemetry.lately
        self._moments = moments
        self._orders = orders
        self._venues = venues
        self._errors_left = errors_left
        self._strategies = strategies
        self._polled: dict[VenueName, tuple[int, int]] = {}

    def venues(self, now_ns: int) -> Iterator[VenueRow]:
        """A row for each venue."""
        orders, state = self._state.blotter.orders, self._state
        for one in state.started.capabilities:
            session, counts = self._prices.sessions[one.venue], self._telemetry.venues[one.venue]
            answers = sorted(self._lately.answers_ns[one.venue])
            venue = self._venues[one.venue]
            charged = venue.charged if isinstance(venue, Metered) else Charged()
            switch = venue.switch(now_ns) if isinstance(venue, HasSwitch) else Switch()
            yield VenueRow(
                id=one.venue,
                currency=one.currency,
                market_data_up=session.up[Channel.MARKET_DATA],
                orders_up=session.up[Channel.ORDERS],
                requests_up=session.up[Channel.REQUESTS],
                proven=session.proven,
                stopped=session.stopped,
                tripped=state.breakers.tripped(one.venue),
                breakers=self._breakers(one.venue),
                why_not=self._prices.why_venue_not_tradable(one.venue),
                polled=one.polled,
                books_ms=self._moments.at_ms(self._proven_ns(one.venue, now_ns)),
                book_updates=counts.book_updates,
                reconnects=counts.reconnects,
                throttled=counts.throttled,
                tokens=venue.tokens(now_ns),
                orders_open=len(orders.open_at(one.venue)),
                orders_in_flight=sum(not order.acked or order.cancel_pending for order in orders.open_at(one.venue)),
                orders_unknown=sum(state.venue_of(order.instrument) == one.venue for order in orders.unknown.values()),
                orders=counts.orders,
                accepted=counts.accepted,
                rejected=counts.rejected,
                fills=counts.fills,
                cancelled=counts.cancelled,
                balance_micros=state.ledger.equity_micros(one.venue, one.currency, one.balance_basis),
                answer_p50_us=percentile(answers, 50) // US,
                answer_p99_us=percentile(answers, 99) // US,
                dead_man_s=switch.timeout_s,
                dead_man_ms=self._moments.at_ms(switch.until_ns or 0),
                dead_man=f"off: {switch.off}" if switch.off else "line" if switch.by_line else "",
                errors_left=self._errors_left(one.venue),
                maintenance_ms=self._maintenance(session.maintained),
                fuse=session.fuse.state.value if session.fuse else "",
                attested_ms=session.attested.until_ms if session.attested else 0,
                requests_charged=charged.requests,
                charge_micros=charged.cost_micros,
                charge_currency=charged.currency,
            )

    def strategies(self) -> Iterator[StrategyRow]:
        """A row for each strategy of the configuration."""
        for name in self._strategies:
            pause = self._state.breakers.pause_of(name)
            working = self._state.blotter.orders.open_of(name)
            yield StrategyRow(
                id=name,
                paused=pause is not None,
                paused_by=pause.who if pause else "",
                paused_why=pause.why if pause else "",
                because_not=_most_said(self._lately.because_not[name]),
                orders_open=len(working),
                orders=self._lately.placed[name],
                matched=self._lately.matched[name],
                risk_micros=sum(map(self._orders.risk_micros, working)),
            )

    def recon(self) -> Iterator[ReconRow]:
        """A row for each venue."""
        for one in self._state.started.capabilities:
            standing = [known.fact for key, known in self._state.breaks.standing.items() if key[0] == one.venue]
            proof = self._state.wallets.proofs.get((one.venue, one.currency))
            yield ReconRow(
                id=one.venue,
                rounds=self._lately.rounds[one.venue],
                round_ms=self._moments.at_ms(self._lately.round_ns.get(one.venue, 0)),
                breaks_open=len(standing),
                breaks_healed=self._lately.healed[one.venue],
                money_micros=sum(fact.money_micros for fact in standing),
                wallet=proof.last.how.value if proof else "",
                agreed_ms=(proof.agreed_ms or 0) if proof else 0,
            )

    def breaks(self) -> Iterator[BreakRow]:
        """A row for each break that stands."""
        for known in self._state.breaks.standing.values():
            fact = known.fact
            yield BreakRow(
                id=named(fact.venue, fact.kind, fact.key),
                venue=fact.venue,
                subject=fact.key,
                kind=fact.kind,
                severity=fact.severity,
                money_micros=fact.money_micros,
                found_ms=fact.found_ms,
                rounds=known.rounds,
                detail=fact.detail,
                owner=fact.owner,
                explained=known.explained,
                signed_by=known.signed_by,
            )

    def _maintenance(self, windows: Sequence[tuple[int, int]]) -> tuple[int, int]:
        """The window that is on or comes next."""
        now_ms = self._moments.now_ms()
        return next((window for window in windows if window[1] > now_ms), (0, 0))

    def _breakers(self, venue: VenueName) -> tuple[str, ...]:
        """What is stopped by itself at a venue, by cause."""
        markets: dict[str, int] = {}
        for at, venue_market, cause in self._state.breakers.open:
            if at == venue:
                name = cause.replace("_", " ")
                markets[name] = markets.get(name, 0) + (venue_market != WHOLE_VENUE)
        return tuple(f"{name} in {count}" if count else name for name, count in sorted(markets.items()))

    def _proven_ns(self, venue: VenueName, now_ns: int) -> int:
        """The last word of a venue's feed, or of its polls; all books of a polled venue are looked at once a second."""
        if feed_ns := self._prices.sessions[venue].feed_ns:
            return feed_ns
        looked_ns, proven_ns = self._polled.get(venue, (0, 0))
        if now_ns - looked_ns >= LOOK_NS:
            books = self._prices.books
            proven_ns = max((books[one].proven_ns for one in self._prices.instruments_of(venue)), default=0)
            self._polled[venue] = now_ns, proven_ns
        return proven_ns


def _most_said(counts: Counter[str]) -> str:
    """Why a strategy wants nothing, and in how many markets, the most first."""
    said = [f"{why} in {count}" for why, count in counts.most_common() if why and count > 0]
    return ", ".join(said[:WORDS_TOLD])
