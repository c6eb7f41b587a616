"""What watches the desk itself: feeds breakers, proves venues empty, keeps the paces and losses that the gate asks for.

It is told every record that was applied, and the time. What it finds becomes a record like any other: a breaker that
opened or closed, a strategy put to rest, a venue proven empty, an alert. Nothing here runs in a replay.
"""

from collections import Counter, defaultdict, deque
from collections.abc import Sequence

from domain.claims import results
from domain.ids import InstrumentId, MarketId, StrategyName, VenueName
from domain.markets import Result
from domain.messages import (
    Journalled,
    MarketSettled,
    OrderAccepted,
    OrderRejected,
    PlaceOrder,
    VenueReported,
)
from domain.money import FX_SCALE
from domain.net_price import PROBABILITY_SCALE
from domain.operators import KillLevel, KillLevelSet, PauseSet
from domain.orders import Order
from domain.stops import AlertRaised, BreakerCause, BreakerReset, BreakerTripped, EmptinessProven
from engine.prices import Prices, why_not_in_open_market
from engine.questions import Questions
from engine.scribe import Scribe
from oms.blotter import Change
from oms.order_states import is_open
from risk.breakers import DESK, ORDINARY
from risk.conduct import Conduct, ConductRules
from risk.limits import Limits
from risk.watch import BreakerRules, Watch
from risk.windows import Drop

SECOND_NS = 1_000_000_000
MINUTE_NS = 60 * SECOND_NS
BOOKS_NS = 1_000_000_000
"""Books in which an order of ours works are looked at once in so long."""

MARKS_NS = 5 * SECOND_NS
"""What is open is marked at fair values once in so long."""

PROOF_NS = 2 * SECOND_NS
"""While all orders are out, a venue is asked for its list once in so long until it has shown itself empty."""

WARNED_PCT = (75, 90)
"""A limit that is used so far is worth a warning, once each time that it comes there."""

BAD_BOOKS = {"book_stale": BreakerCause.STALE, "book_crossed": BreakerCause.CROSSED}


class Guard:
    """Built beside the heart. `ahead_ns` is what the wall clock is ahead of the monotonic one."""

    def __init__(
        self,
        scribe: Scribe,
        prices: Prices,
        questions: Questions,
        limits: Limits,
        *,
        breakers: BreakerRules,
        conduct: ConductRules,
        ahead_ns: int,
    ) -> None:
        self.minute_loss_micros = 0
        self.proven: dict[VenueName, EmptinessProven] = {}
        self._scribe = scribe
        self._state = scribe.state
        self._prices = prices
        self._questions = questions
        self._limits = limits
        self._watch = Watch(breakers)
        self._conduct = Conduct(conduct)
        self._ahead_ns = ahead_ns
        self._sent_ns: dict[MarketId, deque[int]] = {}
        self._bad: dict[InstrumentId, str] = {}
        self._books_ns = self._marks_ns = 0
        self._realised: Counter[StrategyName] = Counter()
        self._drops: defaultdict[StrategyName, Drop] = defaultdict(lambda: Drop(MINUTE_NS))
        self._desk_drop = Drop(MINUTE_NS)
        self._closed_ns: dict[VenueName, int] = {}
        self._asked_ns: dict[VenueName, int] = {}
        self._warned: dict[str, int] = {}
        for tripped in self._state.breakers.open.values():  # of a process before this one
            self._watch.reopen(tripped, self._scribe.now_ns)
        self._show_open()

    # --- what is told ---

    def took(self, body: Journalled, changes: Sequence[Change], now_ns: int) -> None:
        """A record was applied; what it did to orders."""
        for change in changes:
            self._changed(body, change, now_ns)
        if isinstance(body, KillLevelSet):
            self.proven.clear()

    def market_sent_ns(self, market: MarketId) -> Sequence[int]:
        """When the latest orders in a market were sent, the newest last; as many as its limit needs."""
        return self._sent_ns.get(market, ())

    def reported(self, fact: VenueReported) -> None:
        """A venue's list, taken over already: while every order has to be out, it may be the proof."""
        level = self._state.breakers.level
        if level < KillLevel.CANCEL_ALL or fact.venue in self.proven:
            return
        ours = [order for order in fact.orders if order.ref is not None and not (order.report and order.report.closed)]
        if ours or self._works_at(fact.venue) or fact.asked_ns <= self._closed_ns.get(fact.venue, 0):
            return
        proof = EmptinessProven(fact.venue, int(level), fact.asked_ns)
        self.proven[fact.venue] = proof
        self._scribe.record(proof)

    def on_time(self, now_ns: int) -> list[MarketId]:
        """Look at books, clocks and results; record what tripped. Returns the markets that it concerns."""
        if now_ns - self._books_ns >= BOOKS_NS:
            self._books_ns = now_ns
            self._look_at_books(now_ns)
            self._look_at_clocks(now_ns)
            self._ask_for_proofs(now_ns)
            for alert in self._conduct.alerts():
                self._scribe.record(alert)
        if now_ns - self._marks_ns >= MARKS_NS and self._marks():
            self._marks_ns = now_ns
            self._look_at_losses(now_ns)
        news = self._watch.news(now_ns)
        for one in news:
            self._scribe.record(one)
        if news:
            self._show_open()
        return [market for one in news for market in self._markets_of(one)]

    # --- orders ---

    def _changed(self, body: Journalled, change: Change, now_ns: int) -> None:
        before, after = change.before, change.after
        listing = self._state.instruments[after.instrument].listing
        place = listing.venue, listing.venue_market
        if before is None:
            if isinstance(body, PlaceOrder):
                self._conduct.placed(place, now_ns)
                self._note_sent(listing.market, now_ns)
                self._warn(after, listing.market)
            return
        if isinstance(body, OrderAccepted | OrderRejected) and not before.acked:
            refused = isinstance(body, OrderRejected) and body.reason not in ORDINARY
            self._watch.answered(listing.venue, now_ns - after.intended_ns, now_ns, refused=refused)
        if after.matched_micros > before.matched_micros:
            self._conduct.matched(place, after.instrument, after.side, now_ns)
            if not before.matched_micros:
                self._watch.filled(*place, after.side, now_ns)
        if is_open(before) and not is_open(after):
            self._closed_ns[listing.venue] = now_ns
            if after.cancelled_micros and not after.matched_micros and not after.missing:
                rested_ns = now_ns - after.intended_ns
                self._conduct.cancelled(place, after.instrument, after.side, rested_ns=rested_ns, now_ns=now_ns)
        if after.settled and not before.settled and isinstance(body, MarketSettled):
            self._realised[after.strategy] += self._result(after, body.results.get(listing.selection, Result.VOID))

    def _note_sent(self, market: MarketId, now_ns: int) -> None:
        kept = self._limits.market_orders_per_minute
        if kept is not None:
            sent = self._sent_ns.get(market)
            if sent is None:
                sent = self._sent_ns[market] = deque(maxlen=kept)
            sent.append(now_ns)

    def _warn(self, order: Order, market: MarketId) -> None:
        """Say once that a limit is used up so far, and again only after it was not."""
        exposure, limits = self._state.exposure, self._limits
        event = self._state.markets[market].event
        venue = self._state.venue_of(order.instrument)
        self._warn_of(event, exposure.worst_loss_micros(event), limits.cap_event_micros, venue)
        self._warn_of("total", exposure.total_loss_micros, limits.cap_total_micros, venue)
        if limits.position_claims_micros is not None:
            position = exposure.position(order.instrument)
            longest = max(
                abs(position.held_micros + position.open_back_micros),
                abs(position.held_micros - position.open_lay_micros),
            )
            self._warn_of(order.instrument, longest, limits.position_claims_micros, venue)

    def _warn_of(self, name: str, used: int, limit: int, venue: VenueName) -> None:
        reached = max((pct for pct in WARNED_PCT if used * 100 >= pct * limit), default=0)
        before = self._warned.get(name, 0)
        if reached == before:
            return
        self._warned[name] = reached
        if reached > before:
            self._scribe.record(AlertRaised(f"limit_{reached}", name, venue, f"{used} of {limit}"))

    # --- books and clocks ---

    def _look_at_books(self, now_ns: int) -> None:
        """Books of open markets in which an order of ours works: has one gone bad since the last look?"""
        prices = self._prices
        bad: dict[InstrumentId, str] = {}
        for one in self._state.blotter.orders.open_instruments():
            instrument = self._state.instruments[one]
            listing = instrument.listing
            if (listing.venue, listing.venue_market) not in prices.statuses or one not in prices.books:
                continue
            why = why_not_in_open_market(prices, instrument, now_ns)
            if why in BAD_BOOKS:
                bad[one] = why
                if self._bad.get(one) != why:
                    self._watch.book_bad(listing.venue, listing.venue_market, BAD_BOOKS[why], now_ns)
        self._bad = bad

    def _look_at_clocks(self, now_ns: int) -> None:
        """What each venue stamped last against the time at which we heard it."""
        for venue, session in self._prices.sessions.items():
            if session.published_ms:
                heard_ms = (session.heard_ns + self._ahead_ns) // 1_000_000
                self._watch.skewed(venue, session.published_ms - heard_ms, now_ns)
                session.published_ms = 0

    def _show_open(self) -> None:
        """Whoever looks at prices sees whose breaker is open."""
        self._prices.tripped = frozenset((venue, market) for venue, market, _ in self._state.breakers.open)
        self._prices.turns += 1

    def _markets_of(self, news: BreakerTripped | BreakerReset) -> list[MarketId]:
        """The markets that a breaker's turn concerns."""
        state = self._state
        if news.venue_market:
            return [state.instruments[one].listing.market for one in state.listed_in(news.venue, news.venue_market)]
        return [state.instruments[one].listing.market for one in self._prices.instruments_of(news.venue)]

    # --- results ---

    def _marks(self) -> bool:
        return self._limits.loss_minute_micros is not None or self._limits.strategy_loss_minute_micros is not None

    def _look_at_losses(self, now_ns: int) -> None:
        """Results before commission, what is open marked at fair values: how far each has fallen within a minute."""
        figures: Counter[StrategyName] = Counter(self._realised)
        for order in self._state.blotter.orders.at_stake.values():
            if order.matched_micros:
                figures[order.strategy] += self._worth(order)
        self.minute_loss_micros = self._desk_drop.look(sum(figures.values()), now_ns)
        limit = self._limits.strategy_loss_minute_micros
        if limit is None:
            return
        for strategy, figure in figures.items():
            loss = self._drops[strategy].look(figure, now_ns)
            if loss > limit and self._state.breakers.pause_of(strategy) is None:
                why = f"it lost {loss} within a minute, at most {limit}"
                self._scribe.record(PauseSet(strategy, paused=True, who=DESK, why=why))

    def _worth(self, order: Order) -> int:
        """A bet at the last fair value, base-currency millionths; at cost where there was none."""
        instrument = self._state.instruments[order.instrument]
        listing = instrument.listing
        fair = self._prices.fair.get(listing.market)
        if fair is None:
            return 0
        p_e9 = round(fair.value.probabilities[listing.outcome] * PROBABILITY_SCALE)
        win, lose = results(order.side, claims=order.claims_micros, cost=order.cost_micros)
        native = (win * p_e9 + lose * (PROBABILITY_SCALE - p_e9)) // PROBABILITY_SCALE - order.fee_micros
        return native * self._state.rate_e8(instrument) // FX_SCALE

    def _result(self, order: Order, result: Result) -> int:
        """What a settled bet brought, base-currency millionths."""
        win, lose = results(order.side, claims=order.claims_micros, cost=order.cost_micros)
        gross = 0 if result is Result.VOID else win if result is Result.WON else lose
        rate_e8 = self._state.rate_e8(self._state.instruments[order.instrument])
        return (gross - order.fee_micros) * rate_e8 // FX_SCALE

    # --- proofs ---

    def _ask_for_proofs(self, now_ns: int) -> None:
        """While every order has to be out: ask each venue that has none of ours left to show that it is so."""
        if self._state.breakers.level < KillLevel.CANCEL_ALL:
            return
        for venue in self._prices.reachable_venues():
            waited = now_ns - self._asked_ns.get(venue, -PROOF_NS) >= PROOF_NS
            if waited and venue not in self.proven and not self._works_at(venue):
                self._asked_ns[venue] = now_ns
                self._questions.reconcile(venue, now_ns)

    def _works_at(self, venue: VenueName) -> bool:
        """Whether anything of ours may still be matched at a venue, or an answer is missing."""
        orders = self._state.blotter.orders
        if any(is_open(order) for order in orders.open_at(venue)):
            return True
        return any(self._state.venue_of(order.instrument) == venue for order in orders.unknown.values())
