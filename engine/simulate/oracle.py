"""The judge of a simulation: it reads the exchanges' own books and the journal on disk, and holds the program to both.

An order that carries no ref was put there by somebody else; of those and of conduct judges `engine.simulate.bystander`.

| law | says | looked at |
| --- | --- | --- |
| I1 | an intent makes at most one order, and never matches more than was intended | when an exchange takes an order |
| I2 | the intent is on disk before the order reaches an exchange | when an exchange takes an order |
| I4 | what may still be matched at an exchange is counted by us | after every event |
| I5 | what is matched never falls, voids apart, and ends as the exchange has it | after every event, at the end |
| I6 | the worst loss at the exchanges' books is never above the cap by an act of ours | when our orders change there |
| I11 | the ledger sums to zero in every currency | after every event |
| I12 | position and money equal the exchange's to the smallest unit | at the end |
| I15 | what was journalled is there after the process died | after a kill, at the end |
| I16 | replay gives the same bytes | after a kill, at the end |
| E1 | the exposure kept order by order is what all orders come to from scratch | every five seconds, at the end |
| I20 | once trouble stops, everything is up, proven and explained in time | at the end |
| P1 | every plan is over: done, even, or uneven by no more than may be carried; none got too much | at the end |
"""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec

from domain.amending import changed_ref
from domain.ids import OrderRef, VenueName
from domain.plans import PlanKind, PlanState
from domain.terms import BalanceBasis
from engine.planning import PLANS
from engine.replay import rebuild
from engine.simulate.afresh import miscounted
from engine.simulate.intents import Intents, generations
from engine.state import State
from oms.plans import at_limits, is_even, loss_if_carried
from venues.sim.exchange import Exchange
from venues.sim.images import open_orders, position_lock_micros
from venues.sim.notices import Listener, Notice, OrderMatched, OrderPlaced
from venues.sim.queues import SimOrder
from venues.sim.street import StreetRecord
from venues.sim.world import DESK

AFRESH_NS = 5_000_000_000
"""So often the exposure is held against one from scratch."""

LEGS_APART = 10
"""A leg that leads may have this part of what was planned more than the others: a fee's kink leaves it over."""

VIOLATIONS_MAX = 20
"""Of each law: so many say enough, and one law's noise must not hide another."""


class Violation(msgspec.Struct, frozen=True):
    """A law that was broken, when in the run, and how."""

    law: str
    at_ms: int
    detail: str


class Oracle:
    """Listens to the exchanges and looks at the program after every event."""

    def __init__(
        self, exchanges: Mapping[VenueName, Exchange], record: StreetRecord, journal: Path, *, cap_micros: int
    ) -> None:
        self.violations: list[Violation] = []
        self._exchanges = exchanges
        self._record = record
        self._cap_micros = cap_micros
        self._intents = Intents(journal)
        self._placed: dict[str, dict[tuple[VenueName, int], None]] = {}
        self._matched: dict[OrderRef, int] = {}
        self._loss_micros = 0
        self._broken: Counter[str] = Counter()
        self._stale = True
        self._records = 0
        self._now_ns = 0
        self._afresh_ns = 0
        for venue, exchange in exchanges.items():
            exchange.listen(self._listener(venue))

    def look(self, state: State, now_ns: int) -> None:
        """After an event: what we count against what the exchanges hold."""
        self._now_ns = now_ns
        if not self._stale and state.records == self._records:
            return
        self._stale = False
        self._records = state.records
        self._check_counted(state)
        self._check_monotone(state)
        if state.ledger.imbalance():
            self._break("I11", f"the ledger is out of balance by {state.ledger.imbalance()}")
        if now_ns >= self._afresh_ns:
            self._afresh_ns = now_ns + AFRESH_NS
            for what in miscounted(state):
                self._break("E1", what)

    def look_after_kill(self, state: State, *, records: int, digest: str | None) -> None:
        """A process died after so many records and its successor read the journal: all are there, nothing differs.

        `digest` is that of the state which died; None where it died inside an event, ahead of its journal.
        """
        if state.records != records:
            self._break("I15", f"{records} records were written, {state.records} are in the journal")
        elif digest is not None and state.digest() != digest:
            self._break("I16", "the state read from the journal is not the one that was live")

    def complain(self, law: str, what: str) -> None:
        """What the run itself sees: a journal that cannot be read back, or doubt long after trouble stopped."""
        self._break(law, what)

    def look_at_end(self, state: State, journal: Path) -> None:
        """After trouble has stopped and everything was proven."""
        for what in miscounted(state):
            self._break("E1", what)
        for venue, exchange in self._exchanges.items():
            self._check_orders(state, venue, exchange)
            self._check_money(state, venue, exchange)
        for what in plans_gone_wrong(state):
            self._break("P1", what)
        again, verified = rebuild(journal)
        if verified.records != state.records:
            self._break("I15", f"the journal holds {verified.records} records of {state.records}")
        if again.digest() != state.digest():
            self._break("I16", "replay ends in another state")

    def _listener(self, venue: VenueName) -> Listener:
        def hear(batch: list[Notice], now_ns: int) -> None:
            self._now_ns = max(self._now_ns, now_ns)
            for notice in batch:
                if isinstance(notice, OrderPlaced | OrderMatched) and notice.account == DESK:
                    self._stale = True
                    order = self._exchanges[venue].floor.orders[notice.order]
                    if not order.client_ref:
                        continue
                    if isinstance(notice, OrderPlaced):
                        self._check_intent(venue, order)
                    self._check_size(order)
            self._check_cap()

        return hear

    def _check_intent(self, venue: VenueName, order: SimOrder) -> None:
        known = self._placed.setdefault(order.client_ref, {})
        known[venue, order.number] = None
        if len(known) > 1 and len(known) > self._intents.orders_of(order.client_ref):
            self._break("I1", f"{order.client_ref} is orders {[number for _, number in known]}")
        if self._intents.find(order.client_ref) is None:
            self._break("I2", f"{order.client_ref} reached {venue} and is not in the journal")

    def _check_size(self, order: SimOrder) -> None:
        if not self._intents.allows(order.client_ref, order.matched_micros):
            self._break("I1", f"{order.client_ref} matched {order.matched_micros}, more than was meant")

    def _check_cap(self) -> None:
        """The worst loss may pass the cap when the world moves, never when we place: placing is what is listened to."""
        loss = self._record.worst_loss_max_micros
        if loss > self._cap_micros and loss > self._loss_micros:
            self._break("I6", f"worst loss {loss} at the exchanges, cap {self._cap_micros}")
        self._loss_micros = max(self._loss_micros, loss)

    def _check_counted(self, state: State) -> None:
        for venue, order in self._live():
            if not order.client_ref:
                continue
            counted = sum(ours.exposed_micros for ours in generations(state, order.client_ref))
            if order.remaining_micros > counted:
                self._break(
                    "I4", f"{order.client_ref} may match {order.remaining_micros} at {venue}, we count {counted}"
                )

    def _check_monotone(self, state: State) -> None:
        for ref, order in state.blotter.orders.at_stake.items():
            known = self._matched.get(ref, 0)
            if order.matched_micros < known and not order.voided_micros:
                self._break("I5", f"{ref} had matched {known}, now {order.matched_micros}")
            self._matched[ref] = order.matched_micros

    def _check_orders(self, state: State, venue: VenueName, exchange: Exchange) -> None:
        theirs: defaultdict[str, Counter[str]] = defaultdict(Counter)
        for order in exchange.floor.orders.values():
            if order.account == DESK and order.client_ref:
                theirs[changed_ref(order.client_ref)] += Counter(matched=order.matched_micros, cost=order.cost_micros)
        for name, said in theirs.items():
            ours: Counter[str] = Counter()
            for one in (known := generations(state, name)):
                ours += Counter(matched=one.matched_micros, cost=one.cost_micros)
            if not known:
                self._break("I5", f"{name} is at {venue} and unknown to us")
            elif ours != said:
                self._break("I5", f"{name} at {venue}: {dict(said)}, we say {dict(ours)}")

    def _check_money(self, state: State, venue: VenueName, exchange: Exchange) -> None:
        terms = next(one for one in state.started.capabilities if one.venue == venue)
        ours = state.ledger.equity_micros(venue, terms.currency, terms.balance_basis)
        wallet = exchange.floor.accounts[DESK].wallet_micros
        theirs = wallet if terms.balance_basis is BalanceBasis.WALLET else wallet - position_lock_micros(exchange, DESK)
        if ours != theirs:
            self._break("I12", f"{venue} holds {theirs} for us, our books say {ours}")

    def _live(self) -> Iterator[tuple[VenueName, SimOrder]]:
        for venue, exchange in self._exchanges.items():
            for order in open_orders(exchange, DESK):
                yield venue, order

    def _break(self, law: str, detail: str) -> None:
        self._broken[law] += 1
        if self._broken[law] <= VIOLATIONS_MAX:
            self.violations.append(Violation(law, self._now_ns // 1_000_000, detail))


def plans_gone_wrong(state: State) -> Iterator[str]:
    """Plans that are not over, that got more than they wanted, or that carry more than they may.

    What a bet alone got beyond its wish counts at its orders' own prices: better ones may bring more.

    A hedge that was overtaken (`PlanState.SHORT`) left what it lacked to its strategy, which no plan
    may have laid to rest.
    """
    plans = state.plans
    yield from (f"plan {number} is still under way" for number in plans.live)
    for number, plan in plans.over.items():
        if plan.settled:
            continue
        made, uneven = plan.made, plans.uneven(plan)
        wanted = made.legs[0].claims_micros
        alone = len(made.legs) == 1
        more = at_limits(plan, plans, 0) - wanted if alone else -uneven - wanted // LEGS_APART
        if more > made.residue_micros:
            yield f"plan {number} has {more} claims more than it wanted"
        pause = state.breakers.pause_of(made.strategy)
        rests = pause is not None and pause.who == PLANS
        left = plan.ended is PlanState.SHORT and made.kind is PlanKind.HEDGE and not rests
        if not left and not is_even(plan, plans) and loss_if_carried(plan, plans) > made.carry_max_micros:
            yield f"plan {number} is uneven by {uneven} claims and may carry {made.carry_max_micros}"
