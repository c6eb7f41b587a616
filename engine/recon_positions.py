"""What venues say that we hold, held against our own matches; a position that a venue pushes begins a round at most.

Passed over, until a later answer, is a market that is over or that we know nothing of, one in which an order is in
doubt, and one in which somebody else's order rests of which no matches are told.
"""

from collections.abc import Iterable

import msgspec

from domain.breaks import BreakHealed, RoundCause
from domain.fees import CENT, net_result_micros
from domain.ids import InstrumentId, VenueMarketId, VenueName
from domain.markets import Instrument, MarketStatus
from domain.messages import MarketSettled
from domain.orders import Order
from domain.venue_notes import PositionBasis, PositionsReported
from engine.prices import Prices
from engine.questions import Questions
from engine.recon_money import MoneyRounds
from engine.recon_notes import Notes
from engine.scribe import Scribe
from oms.blotter import ORPHANS
from oms.order_states import is_open
from recon.breaks import Break, BreakKind
from recon.positions import Held, Sightings, Verdict, is_position_key, position_break, position_key
from risk.drift import DriftRules

MS = 1_000_000

POSITION_KINDS = BreakKind.MISSING_FILL, BreakKind.EXTRA_FILL
"""What a break of a position may be."""

PUSHED_AGAIN_NS = 10_000_000_000
"""Pushed positions begin a venue's round at most so often."""


class _Pushed(msgspec.Struct, frozen=True):
    """What a venue said of one position by itself, and when that is looked at."""

    micros: int
    due_ns: int


class PositionRounds:
    """Remembers the differences that may still be nothing, and what was pushed and not yet looked at."""

    def __init__(
        self,
        scribe: Scribe,
        prices: Prices,
        questions: Questions,
        notes: Notes,
        money: MoneyRounds,
        rules: DriftRules,
    ) -> None:
        self._scribe = scribe
        self._state = scribe.state
        self._prices = prices
        self._questions = questions
        self._notes = notes
        self._money = money
        self._rules = rules
        self._sightings: dict[VenueName, Sightings] = {}
        self._pushed: dict[InstrumentId, _Pushed] = {}
        self._begun_ns: dict[VenueName, int] = {}

    def reported(self, fact: PositionsReported) -> None:
        """Hold an answer against our matches; news of single positions is kept until the matches should be here too."""
        if not fact.whole:
            due_ns = self._scribe.now_ns + self._rules.grace_ms * MS
            for name, micros in fact.held_micros.items():
                if name in self._state.instruments:
                    self._pushed[name] = _Pushed(micros, due_ns)
        elif self._prices.sessions[fact.venue].proven:
            self._compare(fact)

    def on_time(self, now_ns: int) -> None:
        """A position that was pushed and that our matches still do not come to begins a round: it reads the matches."""
        for name, pushed in [*self._pushed.items()]:
            if pushed.due_ns > now_ns:
                continue
            del self._pushed[name]
            listing = self._state.instruments[name].listing
            apart = self._state.positions.position(name).claims_micros - pushed.micros
            begun_ns = self._begun_ns.get(listing.venue)
            lately = begun_ns is not None and now_ns - begun_ns < PUSHED_AGAIN_NS
            differs = abs(apart) > self._rules.tolerance_micros and self._is_still(listing.venue, listing.venue_market)
            if differs and not lately:
                self._begun_ns[listing.venue] = now_ns
                self._questions.reconcile(listing.venue, now_ns, RoundCause.DRIFT)

    def settled(self, fact: MarketSettled) -> None:
        """A market was paid: what we had in it is its statement's business from now on."""
        for kind in POSITION_KINDS:
            proof = "the market is settled: its statement is held against our matches"
            self._notes.heal(BreakHealed(fact.venue, position_key(fact.venue_market), kind, proof))

    def _compare(self, fact: PositionsReported) -> None:
        capabilities = self._prices.capabilities[fact.venue]
        visible_ns = (capabilities.lands_within_ms + capabilities.visible_after_ms) * MS
        sightings = self._sightings.setdefault(fact.venue, Sightings())
        doubted, venue = self._doubted(fact.venue), fact.venue
        markets = [one for one in self._markets(fact) if one not in doubted and self._is_still(venue, one)]
        sightings.judged(markets)
        found: list[Break] = []
        judged: set[str] = set()
        for market in markets:
            held = self._held(fact, market)
            verdict = sightings.see(
                market,
                held,
                asked_ns=fact.asked_ns,
                now_ns=self._scribe.now_ns,
                visible_ns=visible_ns,
                moved_ns=self._moved_ns(venue, market),
            )
            if verdict is Verdict.ASK:
                self._ask(fact.venue, market, is_flat=not any(held.theirs.values()))
            elif verdict is Verdict.BROKEN:
                found.append(position_break(fact.venue, market, held, capabilities.currency))
            if verdict in (Verdict.AGREED, Verdict.BROKEN):
                judged.add(position_key(market))
        self._notes.compared(found, fact.venue, lambda key, _: key in judged)

    def _markets(self, fact: PositionsReported) -> list[VenueMarketId]:
        """The venue's markets in which either side has something, or a break of a position stands."""
        positions, instruments = self._state.positions, self._state.instruments
        named = {instruments[name].listing for name in fact.held_micros if name in instruments}
        ours = (instrument.listing for market in self._state.markets for instrument, _ in positions.in_market(market))
        standing = {
            one.fact.venue_market
            for (venue, key, _), one in self._state.breaks.standing.items()
            if venue == fact.venue and is_position_key(key)
        }
        return sorted({one.venue_market for one in (*named, *ours) if one.venue == fact.venue} | standing)

    def _doubted(self, venue: VenueName) -> set[VenueMarketId]:
        """Markets in which an order is asked about."""
        orders = self._state.blotter.orders
        asked = (orders.listing(order) for ref in self._questions.orders if (order := orders.get(ref)) is not None)
        return {one.venue_market for one in asked if one.venue == venue}

    def _moved_ns(self, venue: VenueName, market: VenueMarketId) -> int:
        """When something became of an order of ours there last."""
        orders = self._state.blotter.orders
        return max((orders.changed_ns.get(one.ref, 0) for one in orders.at_stake_in(venue, market)), default=0)

    def _is_still(self, venue: VenueName, market: VenueMarketId) -> bool:
        """The market goes on, and every order of ours there is known for what it is."""
        status = self._prices.statuses.get((venue, market))
        if status is None or status.status is MarketStatus.CLOSED:
            return False
        return not any(map(_in_motion, self._state.blotter.orders.at_stake_in(venue, market)))

    def _held(self, fact: PositionsReported, market: VenueMarketId) -> Held:
        """Both sides of one market, on the basis that the venue has."""
        listed = [self._state.instruments[name] for name in self._state.listed_in(fact.venue, market)]
        told = {one.id: fact.held_micros[one.id] for one in listed if one.id in fact.held_micros}
        if fact.basis is PositionBasis.CLAIMS:
            position = self._state.positions.position
            claims = {one.id: position(one.id).claims_micros for one in listed}
            theirs = {name: told.get(name, 0) for name in claims}
            return Held(claims, theirs, self._rules.tolerance_micros)
        return self._results(fact.venue, market, [one for one in listed if not told or one.id in told], told)

    def _results(
        self, venue: VenueName, market: VenueMarketId, listed: Iterable[Instrument], told: dict[InstrumentId, int]
    ) -> Held:
        """What the market brings under each selection that the venue names; under all where it names none."""
        within = self._state.positions.in_venue_market(venue, market)
        cost = sum(one.cost_micros for one in within.values())
        fees = sum(one.fee_micros for one in within.values())
        ours, charged = {}, {}
        for one in listed:
            held = within.get(one.listing.selection)
            ours[one.id] = (held.claims_micros if held else 0) - cost
            charged[one.id] = ours[one.id] - net_result_micros(one.terms.fee, ours[one.id]) + fees
        bets = sum(one.bets for one in within.values())
        return Held(ours, {name: told.get(name, 0) for name in ours}, CENT * max(1, bets), charged)

    def _ask(self, venue: VenueName, market: VenueMarketId, *, is_flat: bool) -> None:
        """What became of each order there; of a market in which the venue has nothing more, whether it was paid."""
        self._money.locate(venue, market)
        if is_flat:
            self._questions.old_statements.ask(venue, market, self._scribe.now_ns)


def _in_motion(order: Order) -> bool:
    """Whether what is matched of an order may be another figure than ours without anybody being wrong."""
    foreign = order.strategy == ORPHANS and is_open(order)
    waits = is_open(order) and not order.acked
    return foreign or waits or order.unknown or order.suspect or order.disputed or order.amend is not None
