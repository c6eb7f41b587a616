"""Plans at work: begun as a whole or not at all, and taken one step further at every look until they are over.

Nothing but the epoch that a bet was wanted in is remembered here: each step follows from what the journal says of a
plan (`oms.plans`), from the books and from the time. So an engine that finds a plan after a crash takes the very next
step that the old one would have.
"""

from collections.abc import Callable
from typing import Protocol

import msgspec

from domain.ids import VenueName
from domain.intents import Child, PairIntent, SetIntent, TakeIntent
from domain.markets import Instrument
from domain.messages import Command, Journalled
from domain.money import MICROS
from domain.operators import PauseSet
from domain.orders import Side, TimeInForce
from domain.plans import (
    Leg,
    PlanClimbed,
    PlanEnded,
    PlanKind,
    PlanMade,
    PlanOrdered,
    PlanState,
    Rung,
    RungKind,
)
from domain.portfolio import InstrumentView, MarketView
from domain.stops import AlertRaised
from engine.refusing import Refusals
from engine.state import State
from oms.pairing import LegPlace, Paired, pair_up, smallest_claims
from oms.plans import Plan, Plans, is_even, lacking, loss_if_carried, next_limit_e9
from oms.routes import Desk, Routed, candidate_at, route_take, unwind_e9
from oms.sets import set_up
from oms.shortfall import opened
from risk.drift import Drift, DriftAction, DriftRules, judge_drift
from risk.verdicts import Approved, Refused

Record = Callable[[Journalled], object]
Send = Callable[[Command], object]
Notes = tuple[PlanMade | PlanOrdered, ...]

MS = 1_000_000

ORDERS_MAX = 20
"""So many decisions are taken for one plan: a parent order without such a number became millions (Knight, 2012)."""

SENT_MAX = 2
"""No leg is ever sent for more than so many times what it was planned for, whatever seems to be missing."""

AGAIN_NS = 100 * MS
"""So long a plan waits before it asks for the same a second time."""

ONCE = (Rung(RungKind.FOLLOW, 0),)
"""The ladder of a bet whose rest is not sent again."""

APART = frozenset({DriftAction.RECONCILE, DriftAction.HALT})
NO_VENUE = VenueName("")

PLANS = "plans"
"""Who rests a strategy whose plan broke."""


class Floor(Protocol):
    """Where the orders of a plan are judged and placed, and what is not placed is counted."""

    refusals: Refusals

    def desk(self, view: MarketView) -> Desk: ...

    def judge(
        self, child: Child, instrument: Instrument, view: MarketView, plan: Plan | None
    ) -> Approved | Refused: ...

    def place(
        self,
        intent: TakeIntent,
        routed: Routed,
        view: MarketView,
        record: Record,
        send: Send,
        *,
        notes: Notes,
        plan: Plan | None,
        edge_micros: int | None,
    ) -> None: ...


class Planning:
    """Makes plans of intents, and advances those of one market."""

    def __init__(self, state: State, floor: Floor) -> None:
        self._state = state
        self._floor = floor
        self._told: set[int] = set()
        self._made_at: dict[int, str] = {}

    # --- beginning ---

    def notes_for(self, intent: TakeIntent, routed: Routed, desk: Desk) -> Notes:
        """What is written down before the orders of a take that is a plan: over several venues, or with a ladder."""
        if len(routed.children) < 2 and not intent.ladder:
            return ()
        decision = desk.decision
        for number in self._made_at.keys() - self._state.plans.live.keys():
            del self._made_at[number]
        self._made_at[decision] = desk.view.state
        leg = Leg(intent.outcome, intent.side, intent.limit_e9, intent.claims_micros)
        made = PlanMade(
            id=decision,
            kind=PlanKind.HEDGE if len(intent.ladder) > 1 else PlanKind.SPLIT,
            strategy=intent.strategy,
            market=intent.market,
            legs=(leg,),
            ladder=intent.ladder or ONCE,
            residue_micros=min(
                (smallest_claims(one, intent.side) for one in routed.candidates if one.levels), default=1
            ),
            carry_max_micros=intent.carry_max_micros or intent.claims_micros,
            orders_max=ORDERS_MAX,
            because=intent.because,
            delay_costs=intent.delay_costs,
            closes=len(intent.ladder) > 1 and _closes(leg, desk.view),
        )
        return made, PlanOrdered(decision, 0, decision)

    def is_hedging(self, intent: TakeIntent) -> bool:
        """Whether a hedge of the strategy is under way on the same outcome, so that the same would be closed twice."""
        return len(intent.ladder) > 1 and any(
            plan.made.kind is PlanKind.HEDGE
            and (plan.made.strategy, plan.made.legs[0].outcome) == (intent.strategy, intent.outcome)
            for plan in self._state.plans.live_in(intent.market)
        )

    def pair(self, intent: PairIntent | SetIntent, view: MarketView, record: Record, send: Send) -> None:
        """Begin an arbitrage: all legs judged, and what they will need held back, before the first is sent."""
        if any(plan.made.strategy == intent.strategy for plan in self._state.plans.live_in(view.market.id)):
            return
        desk = self._floor.desk(view)
        views = {listing.instrument.id: listing for listing in view.listings}
        if isinstance(intent, SetIntent):
            wanted = [(leg.instrument, intent.side) for leg in intent.legs]
        else:
            wanted = [(intent.back, Side.BACK), (intent.lay, Side.LAY)]
        places = [_leg_place(views[instrument], side, desk) for instrument, side in wanted]
        paired = _paired(intent, places)
        if isinstance(paired, str):
            self._count_refused(intent, places, desk.decision, view, record)
        else:
            self._begin(intent, paired, desk.decision, view, record, send)

    def _count_refused(
        self, intent: PairIntent | SetIntent, places: list[LegPlace], decision: int, view: MarketView, record: Record
    ) -> None:
        """Count an arbitrage that is not made as one leg's place is closed, or has not the money.

        If it is not that, less is to be had than its strategy asked for.
        """
        for number, place in enumerate(places):
            places[number] = msgspec.structs.replace(place, candidate=opened(place.candidate))
            if isinstance(paired := _paired(intent, places), str):
                continue
            instrument = place.instrument.id
            leg = next(leg for leg in paired.legs if leg.instrument == instrument)
            (shares,) = (one.allotted for one in paired.candidates if one.instrument == instrument)
            child = Child(
                strategy=intent.strategy,
                instrument=instrument,
                side=leg.side,
                price=shares[-1][0],
                size_micros=sum(size for _, size in shares),
                tif=TimeInForce.IMMEDIATE,
                decision=decision,
            )
            why = place.candidate.refused
            self._floor.refusals.left_out(child, why, view, record, edge_micros=_worst_micros(paired))
            return

    def _begin(
        self,
        intent: PairIntent | SetIntent,
        paired: Paired,
        decision: int,
        view: MarketView,
        record: Record,
        send: Send,
    ) -> None:
        lead, *followers = paired.legs
        made = PlanMade(
            id=decision,
            kind=PlanKind.ARBITRAGE,
            strategy=intent.strategy,
            market=intent.market,
            legs=paired.legs,
            ladder=intent.ladder,
            residue_micros=paired.residue_micros,
            carry_max_micros=intent.carry_max_micros,
            orders_max=ORDERS_MAX,
            because=intent.because,
            reserved=paired.reserved,
            pays=paired.pays,
            candidates=paired.candidates,
        )
        first = Child(
            strategy=intent.strategy,
            instrument=lead.instrument,
            side=lead.side,
            price=paired.lead_price,
            size_micros=paired.lead_size_micros,
            tif=TimeInForce.IMMEDIATE,
            decision=decision,
        )
        plan = Plan(made, view.now_ns)
        edge_micros = _worst_micros(paired)
        held = self._state.plans.held_if(plan, first)
        for number, (leg, kept) in enumerate(zip(followers, paired.reserved, strict=True)):
            then = msgspec.structs.replace(
                first, instrument=kept.instrument, side=leg.side, price=kept.price, size_micros=kept.size_micros
            )
            if self._floor.refusals.stands(then, view.now_ns):
                return
            with self._state.holding.as_if((), held[:number] + held[number + 1 :]):
                verdict = self._floor.judge(then, self._state.instruments[then.instrument], view, None)
            if isinstance(verdict, Refused):
                self._floor.refusals.note(verdict, view, record, edge_micros=edge_micros)
                return
        routed, take = Routed((first,), paired.candidates[:1]), _take(plan, lead, intent.because)
        notes = made, PlanOrdered(decision, 0, decision)
        self._floor.place(take, routed, view, record, send, notes=notes, plan=plan, edge_micros=edge_micros)

    # --- going on ---

    def close(self, record: Record) -> None:
        """The desk stops: what can be matched no more is over as it stands."""
        for plan in [*self._state.plans.live.values()]:
            if not plan.working:
                self._end(plan, "the desk stops", record, overtaken=True)

    def advance(self, plan: Plan, view: MarketView, record: Record, send: Send) -> None:
        """One step of a plan: over, a rung further, or orders of what its legs lack."""
        made = plan.made
        if is_even(plan, self._state.plans) or plan.settled:
            if not plan.working:
                self._end(plan, "settled" if plan.settled else "nothing is left to do", record)
            return
        if self._has_turned(plan, view):
            if not plan.working:
                self._end(plan, "the event turned", record, overtaken=True)
            return
        closed = self._closed(plan, view)
        if closed and lacking(plan, self._state.plans)[0] - closed <= made.residue_micros:
            if not plan.working:
                self._end(plan, "others closed what it was to close", record, overtaken=True)
            return
        self._tell_drift(plan, view.now_ns, record)
        while view.now_ns - plan.rung_ns >= made.ladder[plan.rung].for_ms * MS and plan.rung + 1 < len(made.ladder):
            record(PlanClimbed(made.id, plan.rung + 1))
        spent = view.now_ns - plan.rung_ns >= made.ladder[plan.rung].for_ms * MS
        if spent or plan.sent >= made.orders_max:
            if not plan.working:
                because = "time is up" if spent else "enough orders were sent"
                self._end(plan, because, record, overtaken=_may_leave(plan, self._state.plans, closed))
            return
        for number, lack in enumerate(lacking(plan, self._state.plans)):
            if lack > made.residue_micros:
                self._send_again(plan, number, lack, view, record, send, closed=closed)

    def _has_turned(self, plan: Plan, view: MarketView) -> bool:
        """Whether a bet alone was wanted for what the event was before it turned; legs go on, or they stay naked.

        Epochs are a process's own: one that takes a plan over counts from its first look.
        """
        return len(plan.made.legs) == 1 and self._made_at.setdefault(plan.made.id, view.state) != view.state

    def _closed(self, plan: Plan, view: MarketView) -> int:
        """Claims that a hedge lacks and others have closed since: sent for, they would open as much the other way."""
        if not plan.made.closes:
            return 0
        return max(0, lacking(plan, self._state.plans)[0] - _apart(plan.made.legs[0], view))

    def _tell_drift(self, plan: Plan, now_ns: int, record: Record) -> None:
        """Say once of a plan that what we have is not what was intended, and that nothing on its way explains it.

        Until the time of its first rung is up the rest may still come; then its ladder is the answer, and a plan that
        breaks rests its strategy. That a venue has something else of ours than we think is another drift, see
        `engine.reconciling`.
        """
        made = plan.made
        if made.kind is PlanKind.SPLIT or made.id in self._told or not _is_late(plan, now_ns):
            return
        if intended_drift(plan, self._state.plans, now_ns).action in APART:
            self._told.add(made.id)
            self._alert(plan, f"missing after {made.ladder[0].for_ms} ms", record)

    def _alert(self, plan: Plan, detail: str, record: Record) -> None:
        instrument = next((order.instrument for leg in plan.orders for order in leg.values()), None)
        venue = NO_VENUE if instrument is None else self._state.venue_of(instrument)
        uneven = self._state.plans.uneven(plan)
        record(AlertRaised("plan_uneven", f"plan {plan.made.id}", venue, f"{uneven} claims: {detail}"))

    def _send_again(
        self, plan: Plan, number: int, lack: int, view: MarketView, record: Record, send: Send, *, closed: int
    ) -> None:
        """An order of what a leg lacks, less what is on its way already, as far as any leg goes."""
        plans, made = self._state.plans, plan.made
        coming = plans.may_become(plan, number)
        room = SENT_MAX * made.legs[number].claims_micros - plans.matched(plan, number).claims - coming
        missing = min(lack - closed - coming, room)
        if missing <= made.residue_micros or _asked_lately(plan, number, lack, view.now_ns):
            return
        leg = msgspec.structs.replace(
            made.legs[number], limit_e9=next_limit_e9(plan, plans, number), claims_micros=missing
        )
        rung = made.ladder[plan.rung].kind
        intent = _take(plan, leg, f"plan {made.id}, {rung}: {made.because}")
        desk = self._floor.desk(view)
        routed = route_take(intent, desk)
        if routed.children:
            notes = (PlanOrdered(made.id, number, desk.decision),)
            edge_micros = 0 if made.kind is PlanKind.ARBITRAGE else None  # all of it is in the leg that led
            self._floor.place(intent, routed, view, record, send, notes=notes, plan=plan, edge_micros=edge_micros)

    def _end(self, plan: Plan, because: str, record: Record, *, overtaken: bool = False) -> None:
        """Write down how it ended, and tell people of what is left.

        A hedge that was overtaken before it was done is not broken: were its strategy to rest, nobody would close
        what is left, nor after the next start.
        """
        uneven = self._state.plans.uneven(plan)
        state = _end_state(plan, self._state.plans)
        if state is PlanState.BROKEN and overtaken and plan.made.kind is PlanKind.HEDGE:
            state = PlanState.SHORT
        record(PlanEnded(plan.made.id, state, uneven, because))
        self._told.discard(plan.made.id)
        if plan.made.kind is not PlanKind.SPLIT and state in (PlanState.CARRIED, PlanState.SHORT, PlanState.BROKEN):
            self._alert(plan, f"{state}, {because}", record)
        if state is PlanState.BROKEN:
            record(PauseSet(plan.made.strategy, True, PLANS, f"plan {plan.made.id} broke: {because}"))


def intended_drift(plan: Plan, plans: Plans, now_ns: int) -> Drift:
    """What a plan intended against what it has, in net claims: whether orders on their way still explain the rest.

    A loss that may not be carried is a stop.
    """
    made = plan.made
    lacks = lacking(plan, plans)
    worst = max(range(len(lacks)), key=lacks.__getitem__)
    rules = DriftRules(
        tolerance_micros=made.residue_micros,
        hard_micros=lacks[worst] if loss_if_carried(plan, plans) <= made.carry_max_micros else made.residue_micros,
        grace_ms=made.ladder[0].for_ms,
    )
    wanted = plans.matched(plan, worst).claims + lacks[worst]
    return judge_drift(
        rules,
        ours_micros=wanted,
        theirs_micros=wanted - lacks[worst],
        inflight_micros=plans.may_become(plan, worst),
        age_ms=_naked_ms(plan, now_ns),
    )


def _naked_ms(plan: Plan, now_ns: int) -> int:
    """For how long a plan has been uneven: its time on this rung and on those before."""
    return (now_ns - plan.rung_ns) // MS + sum(rung.for_ms for rung in plan.made.ladder[: plan.rung])


def _is_late(plan: Plan, now_ns: int) -> bool:
    return _naked_ms(plan, now_ns) > plan.made.ladder[0].for_ms


def _asked_lately(plan: Plan, number: int, lack: int, now_ns: int) -> bool:
    """The same was asked for a moment ago and nothing came of it: the books need time to be others."""
    return lack == plan.sent_lack[number] and now_ns < plan.sent_ns[number] + AGAIN_NS


def _end_state(plan: Plan, plans: Plans) -> PlanState:
    made = plan.made
    even = is_even(plan, plans)
    if made.kind is PlanKind.SPLIT:
        return PlanState.FILLED if even else PlanState.SHORT
    if even and made.kind is PlanKind.ARBITRAGE and plans.matched(plan, 0).claims <= made.residue_micros:
        return PlanState.FLAT
    if even:
        return PlanState.HEDGED
    return PlanState.CARRIED if loss_if_carried(plan, plans) <= made.carry_max_micros else PlanState.BROKEN


def _apart(leg: Leg, view: MarketView) -> int:
    """By how many claims the market's results differ on the leg's outcome and side: more of it would not close."""
    pnl = view.pnl_micros
    return max(pnl) - pnl[leg.outcome] if leg.side is Side.BACK else pnl[leg.outcome] - min(pnl)


def _may_leave(plan: Plan, plans: Plans, closed: int) -> bool:
    """Whether what a hedge lacks, less what others have closed of it, can lose no more than may be carried."""
    lack = lacking(plan, plans)[0]
    return loss_if_carried(plan, plans) * (lack - closed) <= plan.made.carry_max_micros * lack


def _closes(leg: Leg, view: MarketView) -> bool:
    """Whether a leg closes what is held; where several outcomes win, results say nothing of that."""
    return view.market.winners == 1 and leg.claims_micros <= _apart(leg, view)


def _take(plan: Plan, leg: Leg, because: str) -> TakeIntent:
    made = plan.made
    return TakeIntent(
        strategy=made.strategy,
        market=made.market,
        outcome=leg.outcome,
        side=leg.side,
        limit_e9=leg.limit_e9,
        claims_micros=leg.claims_micros,
        because=because,
        delay_costs=made.delay_costs,
    )


def _paired(intent: PairIntent | SetIntent, places: list[LegPlace]) -> Paired | str:
    """The legs of an arbitrage, whose places stand in the order in which it names them, or why it is not to be made."""
    return set_up(intent, places) if isinstance(intent, SetIntent) else pair_up(intent, *places)


def _worst_micros(paired: Paired) -> int:
    """What an arbitrage brings at worst, in base: the edge that it is."""
    return int(paired.worst * MICROS)


def _leg_place(view: InstrumentView, side: Side, desk: Desk) -> LegPlace:
    chance = desk.chance(view.instrument.listing.venue)
    return LegPlace(
        instrument=view.instrument,
        candidate=candidate_at(view, side, desk),
        fill_ppm=chance.fill_ppm,
        delay_ms=view.bet_delay_ms if view.in_play else 0,
        unwind_e9=unwind_e9(view),
    )
