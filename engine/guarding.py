"""What watches the desk itself: feeds breakers, proves venues empty, keeps the losses that the gate asks for.

It is told every record that was applied, and the time. What it finds becomes a record like any other: a breaker that
opened or closed, a strategy put to rest, a venue proven empty, an alert. Nothing here runs in a replay.
"""

from collections.abc import Sequence

import msgspec

from domain.amending import AmendOrder
from domain.ids import InstrumentId, MarketId, OrderRef, VenueMarketId, VenueName
from domain.markets import Instrument, Listing, Market
from domain.messages import (
    InstrumentsListed,
    Journalled,
    MarketSettled,
    OrderAccepted,
    OrderRejected,
    PlaceOrder,
)
from domain.odds import claim_ratio
from domain.operators import KillLevel, KillLevelSet
from domain.orders import BACK, OTHER_SIDE, Order, Side, TimeInForce
from domain.stops import BreakerCause, BreakerReset, BreakerTripped
from engine.complements import Complements
from engine.emptiness import Emptiness
from engine.losses import Losses
from engine.marking import Marks
from engine.near_limits import NearLimits
from engine.prices import Prices, find_late, why_not_in_open_market
from engine.questions import Questions
from engine.rule_changes import RuleChanges
from engine.scribe import Scribe
from engine.state import State
from oms.blotter import Change
from oms.order_states import is_open
from risk.breakers import ORDINARY, is_ours
from risk.conduct import Conduct, ConductRules
from risk.limits import Limits
from risk.opposites import Contract, contract
from risk.watch import BreakerRules, Watch

MS = 1_000_000
SECOND_NS = 1_000_000_000
BOOKS_NS = 1_000_000_000
"""Books in which an order of ours works are looked at once in so long."""

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
        self.losses = Losses(scribe, prices, limits)
        self.emptiness = Emptiness(scribe, prices, questions)
        self.marks = Marks(scribe, prices)
        self._scribe = scribe
        self._state = scribe.state
        self._prices = prices
        self._questions = questions
        self._watch = Watch(breakers)
        self._conduct = Conduct(conduct)
        self._complements = Complements(self._state, prices, self._watch)
        self._rule_changes = RuleChanges(self._state, self._watch)
        self.ahead_ns = ahead_ns
        self._behind: dict[OrderRef, None] = {}
        self._bad: dict[InstrumentId, str] = {}
        self._books_ns = 0
        self._near_limits = NearLimits(scribe, limits)
        for tripped in self._state.breakers.open.values():  # of a process before this one
            self._watch.reopen(tripped, self._scribe.now_ns)
        self._show_open()

    # --- what is told ---

    def took(self, body: Journalled, changes: Sequence[Change], now_ns: int) -> None:
        """A record was applied; what it did to orders."""
        if changes and (type(body) is PlaceOrder or type(body) is AmendOrder):
            self._sent(changes[0].after, now_ns)
        for change in changes:
            self._changed(body, change, now_ns)
        if type(body) is InstrumentsListed:
            self._rule_changes.listed(body, now_ns)
        elif type(body) is MarketSettled:
            if (standing := self._state.ledger.settling.standing(body.venue, body.venue_market)) is not None:
                self.losses.stands(standing)
            self._forget(body)
        elif type(body) is KillLevelSet:
            self.emptiness.begin()
            if body.level is KillLevel.FLATTEN:
                self.losses.begin_flattening()

    def errors_left(self, venue: VenueName) -> int:
        """How many more unusual refusals a venue may answer before it is stopped; none while it is."""
        breakers = self._state.breakers
        if breakers.tripped(venue):
            return 0
        return min(breakers.refusals_left(venue), self._watch.refusals_left(venue))

    def drifted(self, venue: VenueName, market: VenueMarketId, detail: str) -> None:
        """A round compared our positions in a market with the venue's; empty if they agree."""
        bad, now_ns = bool(detail), self._scribe.now_ns
        said = detail or "both sides agree"
        self._watch.judged(venue, market, BreakerCause.DRIFT, now_ns, bad=bad, detail=said)

    def on_time(self, now_ns: int) -> list[MarketId]:
        """Look at books, clocks and results; record what tripped. Returns the markets that it concerns."""
        if now_ns - self._books_ns >= BOOKS_NS:
            self._books_ns = now_ns
            self._look_at_books(now_ns)
            self._look_at_clocks(now_ns)
            self._complements.look(now_ns)
            self.emptiness.ask(now_ns)
            for alert in self._conduct.alerts():
                self._scribe.record(alert)
        stopped = self.losses.look(now_ns)
        self.marks.look(now_ns)
        news = self._watch.news(now_ns)
        for one in news:
            self._scribe.record(one)
        if news:
            self._show_open()
        return (
            [*self._state.markets]
            if stopped
            else [market for one in news for market in _markets_of(one, self._state, self._prices)]
        )

    # --- orders ---

    def _changed(self, body: Journalled, change: Change, now_ns: int) -> None:
        before, after = change.before, change.after
        listing = self._state.instruments[after.instrument].listing
        place = listing.venue, listing.venue_market
        works, worked = after.exposed_micros > 0, before is not None and before.exposed_micros > 0
        if works and not worked:
            self.emptiness.opened(listing.venue)
        if before is None:
            return
        if not before.acked and (type(body) is OrderAccepted or (type(body) is OrderRejected and not is_ours(body))):
            refused = type(body) is OrderRejected and body.reason not in ORDINARY
            status = self._prices.statuses.get(place)
            delay_ns = 0 if status is None else status.bet_delay_ms * MS  # the venue's own, and no fault
            took_ns = now_ns - after.intended_ns - delay_ns
            self._watch.answered(listing.venue, took_ns, now_ns, refused=refused)
        self._look_at_touch(before, after, place, now_ns)
        self.losses.changed(before, after)
        if after.matched_micros > before.matched_micros:
            self._conduct.matched(place, self._contract(listing, after.side), now_ns)
            self.marks.matched(after, now_ns)
            if not before.matched_micros:
                outcome, side = _leaning(self._state.markets[listing.market], listing.outcome, after.side)
                self._watch.filled(*place, side, now_ns, outcome=outcome)
        if worked and not works:
            self.emptiness.closed(listing.venue, now_ns)
            if after.cancelled_micros > after.matched_micros and not after.missing:
                on, rested_ns = self._contract(listing, after.side), now_ns - after.intended_ns
                self._conduct.cancelled(place, on, rested_ns=rested_ns, now_ns=now_ns)
        elif before.price != after.price and _is_farther(before, after, self._state.instruments[after.instrument]):
            on, rested_ns = self._contract(listing, after.side), now_ns - after.intended_ns
            self._conduct.pulled(place, on, rested_ns=rested_ns, now_ns=now_ns)
        if after.settled and (said := self._state.ledger.settling.standing(*place)) is not None:
            self.losses.settled(before, after, said)

    def _look_at_touch(self, before: Order, after: Order, place: tuple[VenueName, VenueMarketId], now_ns: int) -> None:
        """Follow an order that came to rest behind the best price of its side until it is met or gone."""
        if after.acked and not before.acked and after.tif is TimeInForce.REST:
            if is_open(after) and not _is_best(after, self._prices, self._state):
                self._behind[after.ref] = None
        elif after.ref in self._behind:
            met = after.matched_micros > before.matched_micros
            if met or not is_open(after):
                del self._behind[after.ref]
                if met or (after.cancelled_micros and _is_best(after, self._prices, self._state)):
                    self._conduct.at_touch(place, now_ns, met=met)

    def _contract(self, listing: Listing, side: Side) -> Contract:
        """What a bet is on, over all accounts at its exchange."""
        return contract(side, listing, self._state.markets[listing.market])

    def _sent(self, order: Order, now_ns: int) -> None:
        """An order goes out, or other terms of one: either may be matched, so either counts."""
        listing = self._state.instruments[order.instrument].listing
        self._conduct.placed((listing.venue, listing.venue_market), now_ns)
        self._near_limits.look(order, listing)

    def _forget(self, settled: MarketSettled) -> None:
        """Nothing is sent to a market that is settled: keep nothing of it, or memory grows with every match."""
        listed = self._state.listed_in(settled.venue, settled.venue_market)
        self._watch.forget(settled.venue, settled.venue_market)
        contracts = [self._contract(self._state.instruments[one].listing, BACK) for one in listed]
        self._conduct.forget((settled.venue, settled.venue_market), contracts)

    # --- books and clocks ---

    def _look_at_books(self, now_ns: int) -> None:
        """Books of open markets in which an order of ours works: has one gone bad since the last look?"""
        prices = self._prices
        bad: dict[InstrumentId, str] = {}
        went: dict[tuple[VenueName, VenueMarketId, BreakerCause], None] = {}  # a market's books go bad together
        for one in self._state.blotter.orders.open_instruments():
            instrument = self._state.instruments[one]
            listing = instrument.listing
            if (listing.venue, listing.venue_market) not in prices.statuses or one not in prices.books:
                continue
            why = why_not_in_open_market(prices, instrument, now_ns)
            if why in BAD_BOOKS:
                bad[one] = why
                if self._bad.get(one) != why:
                    went[listing.venue, listing.venue_market, BAD_BOOKS[why]] = None
        self._bad = bad
        for venue, venue_market, cause in went:
            self._watch.book_bad(venue, venue_market, cause, now_ns)

    def _look_at_clocks(self, now_ns: int) -> None:
        """What each venue stamped last against the time at which we heard it: a clock that is off, or a late feed."""
        for venue, session in self._prices.sessions.items():
            stale_ns = self._prices.capabilities[venue].stale_after_ms * MS
            if session.published_ms:
                heard_ms = (session.heard_ns + self.ahead_ns) // MS
                late_ns = self._watch.stamped(venue, session.published_ms - heard_ms, now_ns) * MS
                find_late(self._prices, venue, session.heard_ns - late_ns if late_ns > stale_ns else 0)
                session.published_ms = 0
            elif session.late_ns and now_ns - session.heard_ns > stale_ns:  # it is quiet: its proofs say how old it is
                find_late(self._prices, venue, 0)

    def _show_open(self) -> None:
        """Whoever looks at prices sees whose breaker is open."""
        self._prices.tripped = frozenset((venue, market) for venue, market, _ in self._state.breakers.open)
        self._prices.turns += 1


def _is_best(order: Order, prices: Prices, state: State) -> bool:
    """Whether nothing on an order's side of its book is nearer to a match."""
    book = prices.books.get(order.instrument)
    best = -1 if book is None else book.best_lay if order.side is BACK else book.best_back
    if book is None or best < 0:
        return True
    touch = msgspec.structs.replace(order, price=book.ladder.prices[best])
    return not _is_farther(touch, order, state.instruments[order.instrument])


def _is_farther(before: Order, after: Order, on: Instrument) -> bool:
    """Whether an order moved away from its match: a back that pays less for a claim, a lay that asks more."""
    (part, whole), (was, of) = (claim_ratio(on.terms.kind, one.price) for one in (after, before))
    return part * of < was * whole if after.side is BACK else part * of > was * whole


def _leaning(market: Market, outcome: int, side: Side) -> tuple[int, Side]:
    """Which outcome a bet is about, and its side: of two outcomes a lay of the second is a back of the first."""
    if outcome != 1 or len(market.outcomes) != 2 or market.winners != 1:
        return outcome, side
    return 0, OTHER_SIDE[side]


def _markets_of(news: BreakerTripped | BreakerReset, state: State, prices: Prices) -> list[MarketId]:
    """The markets that a breaker's turn concerns."""
    inside = state.listed_in(news.venue, news.venue_market) if news.venue_market else prices.instruments_of(news.venue)
    return [state.instruments[one].listing.market for one in inside]
