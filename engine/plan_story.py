"""The story of the plan that an order belongs to: its legs, what was promised beforehand, and each step."""

from collections.abc import Iterator

import msgspec

from domain.ids import InstrumentId, OrderRef
from domain.messages import PlaceOrder
from domain.money import format_micros
from domain.orders import Side
from domain.plans import Leg, PlanClimbed, PlanEnded, PlanKind, PlanMade, PlanNote, PlanOrdered, PlanState, RungKind
from engine.replay import Applied
from engine.state import State
from oms.plans import Plan, state_of

US = 1_000


class PlanStep(msgspec.Struct, frozen=True):
    """One record of a plan: a note of ours, a placement, or the change of an order by which its legs moved.

    `matched_micros` are the net claims of each leg after it, `reserved_micros` what is held back for those behind the
    first, native sizes.
    """

    seq: int
    after_us: int
    body: PlanNote | PlaceOrder | None
    ref: OrderRef | None
    matched_micros: tuple[int, ...]
    reserved_micros: tuple[int, ...]


class LegStory(msgspec.Struct, frozen=True):
    """How a leg ended: net claims in base, their average net price in 1e-9, and its orders."""

    leg: Leg
    matched_micros: int
    price_e9: int
    refs: tuple[OrderRef, ...]


class PlanStory(msgspec.Struct, frozen=True):
    """A whole plan as the journal has it."""

    made: PlanMade
    state: PlanState
    uneven_micros: int
    legs: tuple[LegStory, ...]
    steps: tuple[PlanStep, ...]


class PlanListener:
    """Hears every record and keeps what moved one plan."""

    def __init__(self, number: int | None) -> None:
        self._number = number
        self._steps: list[PlanStep] = []
        self._first_ns: int | None = None

    def hear(self, step: Applied) -> None:
        """Take one record in, after it was applied."""
        if self._number is None:
            return
        plans = step.state.plans
        plan = plans.live.get(self._number) or plans.over.get(self._number)
        if plan is None:
            return
        body = step.record.body
        ours = {change.after.ref for change in step.changes} & set(plan.refs())
        note = body if isinstance(body, PlanNote) and body.id == self._number else None
        place = body if isinstance(body, PlaceOrder) and body.ref in ours else None
        matched = tuple(plans.matched(plan, leg).claims for leg in range(len(plan.orders)))
        moved = bool(ours) and (not self._steps or self._steps[-1].matched_micros != matched)
        if note is None and place is None and not moved:
            return
        now_ns = step.record.monotonic_ns + step.state.ahead_ns  # each process has a monotonic clock of its own
        self._first_ns = now_ns if self._first_ns is None else self._first_ns
        self._steps.append(
            PlanStep(
                seq=step.record.seq,
                after_us=(now_ns - self._first_ns) // US,
                body=note or place,
                ref=next(iter(sorted(ours)), None),
                matched_micros=matched,
                reserved_micros=tuple(order.size_micros for order in plan.held),
            )
        )

    def story(self, state: State) -> PlanStory | None:
        """What was heard; None for an order that belongs to no plan."""
        plans = state.plans
        plan = None if self._number is None else plans.live.get(self._number) or plans.over.get(self._number)
        if plan is None:
            return None
        uneven = plans.uneven(plan)
        return PlanStory(
            made=plan.made,
            state=state_of(plan, uneven),
            uneven_micros=uneven,
            legs=tuple(_leg(plan, leg, state) for leg in range(len(plan.orders))),
            steps=tuple(self._steps),
        )


def _leg(plan: Plan, number: int, state: State) -> LegStory:
    matched = state.plans.matched(plan, number)
    return LegStory(plan.made.legs[number], matched.claims, matched.price_e9, tuple(plan.orders[number]))


# ---- in words ----


def plan_in_words(story: PlanStory) -> Iterator[str]:
    """The plan line by line."""
    made = story.made
    yield f"Plan {made.id}, {made.kind} by {made.strategy}, now {story.state}, because {made.because}"
    for number, leg in enumerate(story.legs, 1):
        yield f"  leg {number}: {_wanted(leg.leg)}; {_had(leg)}"
    if made.kind is not PlanKind.SPLIT or len(made.ladder) > 1:
        yield "  if it stays uneven: " + ", then ".join(_rung(r.kind, r.for_ms, r.loss_e9) for r in made.ladder)
    if made.kind is not PlanKind.SPLIT:
        carry = format_micros(made.carry_max_micros)
        yield f"  then carried if it can lose no more than {carry}; up to {format_micros(made.residue_micros)} is even"
    for step in story.steps:
        legs = " / ".join(format_micros(claims) for claims in step.matched_micros)
        kept = " and ".join(map(format_micros, step.reserved_micros)) if any(step.reserved_micros) else ""
        held = f", {kept} held back" if kept else ""
        yield f"  {format_micros(step.after_us * 1_000):>12} ms  {_step(step, made)} -> {legs}{held}"


def _wanted(leg: Leg) -> str:
    verb = "back" if leg.side is Side.BACK else "lay"
    where = f" at {leg.instrument}" if leg.instrument != InstrumentId("") else ""
    return f"{verb} {format_micros(leg.claims_micros)} claims{where} at {_e9(leg.limit_e9)} net or better"


def _had(leg: LegStory) -> str:
    if not leg.matched_micros:
        return f"nothing in {len(leg.refs)} order{'' if len(leg.refs) == 1 else 's'}"
    return f"{format_micros(leg.matched_micros)} at {_e9(leg.price_e9)} in {', '.join(leg.refs)}"


def _rung(kind: RungKind, for_ms: int, loss_e9: int) -> str:
    loss = f" with a loss of {_e9(loss_e9)} a claim" if loss_e9 else ""
    return f"{kind}{loss} for {for_ms} ms"


def _step(step: PlanStep, made: PlanMade) -> str:
    match step.body:
        case PlanMade():
            return "made"
        case PlanOrdered(leg=leg, decision=decision):
            return f"leg {leg + 1} ordered by decision {decision}"
        case PlanClimbed(rung=rung):
            return f"the time of its rung is up, now number {rung + 1}"
        case PlanEnded(state=state, uneven_micros=uneven, because=because):
            return f"over, {state}{_uneven(made, uneven)}: {because}"
        case PlaceOrder(ref=ref, instrument=instrument):
            return f"{ref} sent to {instrument}"
        case None:
            return f"{step.ref} moved it"


def _uneven(made: PlanMade, claims_micros: int) -> str:
    """By how much legs differ, or what a bet alone lacks or has beyond what it wanted."""
    if not claims_micros:
        return ""
    if len(made.legs) > 1:
        return f", its legs {format_micros(abs(claims_micros))} apart"
    return f", {format_micros(abs(claims_micros))} {'missing' if claims_micros > 0 else 'more than wanted'}"


def _e9(amount: int) -> str:
    return format_micros(amount // 1_000)
