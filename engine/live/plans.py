"""Plans of several orders as a desk sees them: how far each leg is, how uneven they are and for how long."""

from collections.abc import Iterator
from itertools import islice

from desk.views import PlanLeg, PlanRow
from engine.live.moments import MS, Moments
from engine.state import State
from oms.plans import Plan, loss_if_carried, state_of

OVER_MAX = 8
"""Plans that are over and are still shown, the latest."""


class PlanRows:
    """Makes a row for each plan under way, and for the last of those that are over."""

    def __init__(self, state: State, moments: Moments) -> None:
        self._state = state
        self._moments = moments

    def rows(self) -> Iterator[PlanRow]:
        """Those under way first, each kind in the order in which they were made."""
        plans = self._state.plans
        yield from map(self._row, plans.live.values())
        yield from map(self._row, islice(reversed(plans.over.values()), OVER_MAX))

    def _row(self, plan: Plan) -> PlanRow:
        state, plans, made = self._state, self._state.plans, plan.made
        market = state.markets[made.market]
        uneven = plans.uneven(plan)
        naked = plan.ended is None and any(plan.orders) and abs(uneven) > made.residue_micros
        before_ms = sum(rung.for_ms for rung in made.ladder[: plan.rung])
        left_ms = sum(rung.for_ms for rung in made.ladder[plan.rung :])
        return PlanRow(
            id=f"plan {made.id}",
            kind=made.kind.value,
            strategy=made.strategy,
            event_name=state.events[market.event].name,
            market_name=market.kind,
            state=state_of(plan, uneven).value,
            is_over=plan.ended is not None,
            legs=tuple(
                PlanLeg(
                    outcome_name=market.outcomes[leg.outcome],
                    side=leg.side,
                    wanted_micros=leg.claims_micros,
                    matched_micros=plans.matched(plan, number).claims,
                    working_micros=plans.may_become(plan, number),
                )
                for number, leg in enumerate(made.legs)
            ),
            uneven_micros=uneven,
            naked_since_ms=self._moments.at_ms(plan.rung_ns - before_ms * MS) if naked else 0,
            even_by_ms=self._moments.at_ms(plan.rung_ns + left_ms * MS) if naked else 0,
            rung=made.ladder[plan.rung].kind.value,
            loss_if_carried_micros=loss_if_carried(plan, plans) if uneven else 0,
            carry_max_micros=made.carry_max_micros,
            refs=tuple(plan.refs()),
            orders_open=sum(plan.may_match(leg) for leg in range(len(plan.orders))),
        )
