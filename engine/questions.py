"""What must be asked of the venues and when: doubtful orders, reconciliation rounds, settlements.

Each venue has a budget of questions a second, and whoever has most to lose asks first. A round speaks of every order,
so it goes before all else; a statement that is due gets one place of each turn, so that doubts cannot starve it; the
rest of the budget belongs to doubtful orders, ordered by suspicion: money at risk x doubt x how long the question is
overdue. What finds no place keeps its due time and so rises; past `OVERDUE_NS_MAX` it goes before all that is younger.
"""

import enum
from collections.abc import Callable, Mapping

import msgspec

from domain.breaks import RoundCause
from domain.ids import OrderRef, VenueMarketId, VenueName, VenueOrderId
from domain.looks import OrderLooks
from domain.messages import Command, QueryOrder, QuerySettlement, QueryVenue
from engine.recon_again import OldStatements
from engine.recon_asking import LineQuestions
from venues.throttle import TokenBucket

SECOND_NS = 1_000_000_000
ASK_AGAIN_NS_MAX = 4_000_000_000
"""A question is repeated at growing distance, at most this far apart."""

ROUND_AGAIN_NS = 10_000_000_000
"""A round that brought no answer is begun again after this, at the latest with the next."""

OVERDUE_NS_MAX = 10_000_000_000
"""However little is at risk: a question that waited so long past its time is asked next."""

BURST_S = 2
"""Seconds of a venue's budget that may be spent at once."""


class Doubt(enum.IntEnum):
    """How likely what we believe of an order is wrong, in parts per thousand. Judged: only the order matters."""

    CANCEL_REFUSED = 200
    """It may be filled or gone; it is counted in full, so the doubt costs room, not money."""
    UNANSWERED = 500
    """A placement or a cancel may have landed."""
    DIFFERS = 700
    """A round's list does not agree with us."""
    CONTRADICTED = 900
    """The venue said two things that cannot both be true."""


class Asked(msgspec.Struct):
    """One open question: when it is due, how long to wait after asking it, and how much doubt is behind it."""

    due_ns: int
    wait_ns: int
    doubt: Doubt = Doubt.UNANSWERED

    def again(self, now_ns: int, *, wait_max_ns: int = ASK_AGAIN_NS_MAX) -> None:
        """It was asked now: wait, and longer the next time."""
        self.due_ns = now_ns + self.wait_ns
        self.wait_ns = min(2 * self.wait_ns, wait_max_ns)

    def suspicion(self, stake_micros: int, now_ns: int) -> tuple[int, int]:
        """What decides who is asked first: time for those that waited too long, money and doubt for all others."""
        overdue_ns = max(0, now_ns - self.due_ns)
        late_ns = max(0, overdue_ns - OVERDUE_NS_MAX)
        return late_ns, (stake_micros + 1) * self.doubt * (self.wait_ns + overdue_ns) // self.wait_ns


class Stake(msgspec.Struct, frozen=True):
    """Where an order stands, and the most that it can cost, matched and open, base-currency millionths.

    `venue_order_id`: what the venue calls it, empty while that is not known.
    """

    venue: VenueName
    money_micros: int
    venue_market: VenueMarketId
    venue_order_id: VenueOrderId


class Questions:
    """Keeps open questions and hands out those that are due, each at a growing distance from the last.

    `causes` says of venues why their next round begins before its time.
    `stake_of` says what is at risk in an order, `looks_of` how one without a name is known; `per_second` is how many
    questions a venue may be asked.
    """

    def __init__(
        self,
        *,
        recon_every_ns: int,
        again_ns: int,
        settlement_every_ns: int,
        stake_of: Callable[[OrderRef], Stake],
        looks_of: Callable[[OrderRef], OrderLooks],
        per_second: Mapping[VenueName, int],
    ) -> None:
        self._recon_every_ns = recon_every_ns
        self._again_ns = again_ns
        self._settlement_every_ns = settlement_every_ns
        self._stake_of = stake_of
        self._looks_of = looks_of
        self._budgets = {
            venue: TokenBucket(refill=rate, period_ns=SECOND_NS, capacity=BURST_S * rate)
            for venue, rate in per_second.items()
        }
        self.orders: dict[OrderRef, Asked] = {}
        self._settlements: dict[tuple[VenueName, VenueMarketId], Asked] = {}
        self._rounds: dict[VenueName, Asked] = {}
        self.causes: dict[VenueName, RoundCause] = {}
        self.old_statements = OldStatements()
        self.lines = LineQuestions()

    def doubt(self, ref: OrderRef, now_ns: int, why: Doubt = Doubt.UNANSWERED) -> None:
        """Something about an order is open: ask soon, and again until it is answered. The graver doubt counts."""
        asked = self.orders.get(ref)
        if asked is None:
            self.orders[ref] = Asked(now_ns, self._again_ns, why)
        else:
            asked.doubt = max(asked.doubt, why)

    def answered(self, ref: OrderRef) -> None:
        """Nothing is open about an order any more."""
        self.orders.pop(ref, None)

    def reconcile(self, venue: VenueName, now_ns: int, why: RoundCause) -> None:
        """Have the venue's next round begin now."""
        self._rounds[venue] = self._round(now_ns)
        self.causes[venue] = why

    def reconciled(self, venue: VenueName, now_ns: int) -> None:
        """A round of the venue has ended."""
        self._rounds[venue] = self._round(now_ns + self._recon_every_ns)

    def market_closed(self, venue: VenueName, venue_market: VenueMarketId, now_ns: int) -> None:
        """Ask for a market's statement until it comes."""
        self._settlements.setdefault((venue, venue_market), Asked(now_ns, self._settlement_every_ns))

    def market_settled(self, venue: VenueName, venue_market: VenueMarketId) -> None:
        """The statement came."""
        self._settlements.pop((venue, venue_market), None)
        self.old_statements.came(venue, venue_market)

    @property
    def awaiting_settlement(self) -> int:
        """Closed markets whose statement has not come."""
        return len(self._settlements)

    def awaits_settlement(self, venue: VenueName) -> bool:
        """Whether a statement of this venue is still to come."""
        return any(where == venue for where, _ in self._settlements)

    def due(self, now_ns: int, *, reachable: set[VenueName]) -> list[Command]:
        """The questions to ask now, the most pressing first; a venue that cannot be reached is asked once it can."""
        commands: list[Command] = []
        for venue in sorted(reachable):
            asked_round = self._rounds.setdefault(venue, self._round(now_ns))
            if asked_round.due_ns <= now_ns and self._may_ask(venue, now_ns):
                asked_round.again(now_ns, wait_max_ns=self._recon_every_ns)
                commands.append(QueryVenue(venue))
        if self._settlements:
            self._ask_settlements(now_ns, reachable, commands, each_venue_once=True)
        if self.orders:
            self._ask_orders(now_ns, reachable, commands)
        if self._settlements:
            self._ask_settlements(now_ns, reachable, commands, each_venue_once=False)
        if self.lines:
            commands += self.lines.due(now_ns, reachable, self._may_ask)
        if self.old_statements:
            commands += self.old_statements.due(now_ns, reachable, self._may_ask)
        return commands

    def _ask_orders(self, now_ns: int, reachable: set[VenueName], commands: list[Command]) -> None:
        """Doubtful orders by suspicion; those of a venue whose budget is spent wait and gain on the others."""
        waiting: list[tuple[tuple[int, int], OrderRef, Stake]] = []
        for ref, asked in self.orders.items():
            if asked.due_ns <= now_ns and (stake := self._stake_of(ref)).venue in reachable:
                waiting.append((asked.suspicion(stake.money_micros, now_ns), ref, stake))
        waiting.sort(key=lambda one: one[1])
        waiting.sort(key=lambda one: one[0], reverse=True)
        for _, ref, stake in waiting:
            if self._may_ask(stake.venue, now_ns):
                self.orders[ref].again(now_ns)
                looks = None if stake.venue_order_id else self._looks_of(ref)
                commands.append(QueryOrder(ref, stake.venue_market, stake.venue_order_id, looks))

    def _ask_settlements(
        self, now_ns: int, reachable: set[VenueName], commands: list[Command], *, each_venue_once: bool
    ) -> None:
        asked_at: set[VenueName] = set()
        for (venue, venue_market), asked in self._settlements.items():
            if asked.due_ns > now_ns or venue not in reachable or (each_venue_once and venue in asked_at):
                continue
            if self._may_ask(venue, now_ns):
                asked_at.add(venue)
                asked.again(now_ns)
                commands.append(QuerySettlement(venue, venue_market))

    def _may_ask(self, venue: VenueName, now_ns: int) -> bool:
        return self._budgets[venue].take(1, now_ns)

    def _round(self, due_ns: int) -> Asked:
        return Asked(due_ns, min(ROUND_AGAIN_NS, self._recon_every_ns))
