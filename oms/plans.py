"""Plans as the journal tells them: which orders belong to which leg, how uneven the legs are, what is held back.

Quantities are the truth and the state is derived, as with orders. Of every leg it is known how many net claims in the
base currency are matched and how many still may be. What a leg lacks is what the heaviest one has more (or what a bet
over several venues still wants); orders are sent against that alone, less what is on its way, so that a fill, a late
fill, a void or a correction of any leg leads to the same next step. Nothing else is remembered, and so a plan goes on
after a crash where it stood: the journal holds all that its next step depends on.

While the leading leg may still be matched, what the others will need is reserved like orders of ours: their liability
is gone from what the venues let us spend, and their loss counts in the exposure.

Prices of legs are held against each other as costs: a claim that is backed costs its price, one that is laid costs what
is missing of a whole one. A claim of every leg together pays a whole number whatever happens, 1 for a back against a
lay or for a back of each outcome, one less than there are outcomes for a lay of each: below that their costs leave
something.

A net claim is what a bet gains on one result and loses on the other, after the commission that it would pay alone.
"""

from collections.abc import Callable, Iterator, Mapping

import msgspec

from domain.claims import claims_and_cost_micros
from domain.fees import FeeTerms, NetWinFee
from domain.ids import InstrumentId, MarketId, OrderRef
from domain.intents import Child
from domain.markets import Instrument
from domain.money import FX_SCALE, MICROS
from domain.net_price import PROBABILITY_SCALE
from domain.orders import Order, Side, TimeInForce
from domain.plans import PlanClimbed, PlanEnded, PlanKind, PlanMade, PlanNote, PlanOrdered, PlanState, RungKind
from oms.blotter import Change
from oms.order_states import is_open

ENDED_KEPT = 1_000
"""Of so many plans that are over the orders are still listened to: a void or a late fill takes them up again."""

MS = 1_000_000


class Matched(msgspec.Struct, frozen=True):
    """What of a leg is matched, in base micros: net claims, and what a back paid or a lay brought, fees included."""

    claims: int
    cash: int

    @property
    def price_e9(self) -> int:
        """Average net price of a net claim, rounded against nobody: to the nearest below."""
        return self.cash * PROBABILITY_SCALE // self.claims if self.claims else 0


class Plan:
    """One plan: what was made, its orders by leg as they stand, and the rung that it has climbed to."""

    __slots__ = ("made", "orders", "rung", "rung_ns", "ended", "ended_uneven", "held", "sent", "sent_ns", "sent_lack")

    def __init__(self, made: PlanMade, now_ns: int) -> None:
        self.made = made
        self.orders: tuple[dict[OrderRef, Order], ...] = tuple({} for _ in made.legs)
        self.rung = 0
        self.rung_ns = now_ns
        self.ended: PlanState | None = None
        self.ended_uneven = 0
        self.held: tuple[Order, ...] = ()
        self.sent = 0
        self.sent_ns = [0] * len(made.legs)
        self.sent_lack = [0] * len(made.legs)

    def refs(self) -> Iterator[OrderRef]:
        """Every order of the plan."""
        return (ref for leg in self.orders for ref in leg)

    @property
    def working(self) -> bool:
        """Whether any of its orders may still be matched."""
        return any(self.may_match(leg) for leg in range(len(self.orders)))

    @property
    def doubted(self) -> bool:
        """Whether nobody knows of some order of it what became of it."""
        return any(order.unknown for leg in self.orders for order in leg.values())

    @property
    def settled(self) -> bool:
        """Whether a venue has settled one of its orders: nothing is to be evened out any more."""
        return any(order.settled for leg in self.orders for order in leg.values())

    def may_match(self, leg: int) -> bool:
        """Whether an order of the leg may still be matched, or nobody knows."""
        return any(is_open(order) or order.unknown for order in self.orders[leg].values())


class Plans:
    """Every plan of the run; reads `instruments` and `rate_e8`, which others keep."""

    def __init__(self, instruments: Mapping[InstrumentId, Instrument], rate_e8: Callable[[Instrument], int]) -> None:
        self.live: dict[int, Plan] = {}
        self.over: dict[int, Plan] = {}
        self._instruments = instruments
        self._rate_e8 = rate_e8
        self._of_ref: dict[OrderRef, tuple[int, int]] = {}
        self._ordering: tuple[int, int, int] | None = None

    # --- what changes them ---

    def apply(self, body: PlanNote, now_ns: int) -> list[Change]:
        """Take over a record about a plan; returns how what it holds back has changed."""
        if isinstance(body, PlanMade):
            plan = self.live[body.id] = Plan(body, now_ns)
            return self._hold(plan)
        plan = self.live[body.id]
        match body:
            case PlanOrdered():
                self._ordering = body.decision, body.id, body.leg
                plan.sent += 1
                plan.sent_ns[body.leg], plan.sent_lack[body.leg] = now_ns, lacking(plan, self)[body.leg]
            case PlanClimbed():
                plan.rung, plan.rung_ns = body.rung, now_ns
            case PlanEnded():
                plan.ended, plan.ended_uneven = body.state, self.uneven(plan)
                self._shelve(plan)
        return self._hold(plan)

    def heard(self, change: Change, now_ns: int) -> list[Change]:
        """Take over what became of an order, if it is one of a plan's; returns how what is held back has changed."""
        order = change.after
        key = self._of_ref.get(order.ref)
        if key is None and change.before is None and self._ordering is not None:
            decision, number, leg = self._ordering  # orders stand right behind the record that says whose they are
            if order.decision == decision:
                key = self._of_ref[order.ref] = number, leg
        if key is None:
            return []
        number, leg = key
        plan = self.live.get(number) or self.over[number]
        was, was_working = self.uneven(plan), plan.working
        plan.orders[leg][order.ref] = order
        uneven = self.uneven(plan)
        if plan.ended is not None and _is_news(plan, uneven):
            self._take_up(plan, now_ns)
        elif abs(was) <= plan.made.residue_micros < abs(uneven):  # the clock of the ladder starts with the first fill
            plan.rung, plan.rung_ns = 0, now_ns
        elif was_working and not plan.working and max(plan.sent_ns) <= plan.rung_ns:
            plan.rung_ns = now_ns  # nothing could be tried on this rung while nobody knew what became of an order
        elif change.before is not None and change.before.unknown and not plan.doubted:
            plan.rung_ns += now_ns - max(plan.rung_ns, order.intended_ns)  # its part could not be tried meanwhile
        return self._hold(plan)

    def resume(self, now_ns: int) -> None:
        """Another process took over: its clock is another, so what is timed is timed from now."""
        for plan in self.live.values():
            plan.rung_ns = now_ns
            plan.sent_ns = [now_ns] * len(plan.made.legs)

    # --- what stands ---

    def live_in(self, market: MarketId) -> list[Plan]:
        """Plans under way in one of our markets."""
        return [plan for plan in self.live.values() if plan.made.market == market]

    def find(self, ref: OrderRef) -> Plan | None:
        """The plan that an order belongs to."""
        key = self._of_ref.get(ref)
        return None if key is None else self.live.get(key[0]) or self.over.get(key[0])

    def matched(self, plan: Plan, leg: int) -> Matched:
        """What of a leg is matched."""
        claims = cash = 0
        for order in plan.orders[leg].values():
            if order.claims_micros:
                instrument = self._instruments[order.instrument]
                rate_e8 = self._rate_e8(instrument)
                net = net_claims_micros(
                    order.side, instrument.terms.fee, claims=order.claims_micros, cost=order.cost_micros
                )
                claims += net * rate_e8 // FX_SCALE
                cash += _cash_micros(order, instrument.terms.fee) * rate_e8 // FX_SCALE
        return Matched(claims, cash)

    def may_become(self, plan: Plan, leg: int) -> int:
        """Net claims in base that orders of the leg may still be matched for."""
        claims = 0
        for order in plan.orders[leg].values():
            if order.exposed_micros:
                instrument = self._instruments[order.instrument]
                gross, cost = claims_and_cost_micros(instrument.terms.kind, order.price, order.exposed_micros)
                net = net_claims_micros(order.side, instrument.terms.fee, claims=gross, cost=cost)
                claims += net * self._rate_e8(instrument) // FX_SCALE
        return claims

    def uneven(self, plan: Plan) -> int:
        """What is lacked most, net claims in base: negative if it is the leading leg, or if a bet alone got more."""
        lacks = lacking(plan, self)
        most = max(range(len(lacks)), key=lacks.__getitem__)
        return -lacks[0] if most == 0 and len(lacks) > 1 else lacks[most]

    def snapshot(self) -> list[tuple[int, str, int, int, list[OrderRef]]]:
        """Every plan under way in plain values, for the digest."""
        return [
            (number, state_of(plan, self.uneven(plan)).value, plan.rung, plan.sent, [*plan.refs()])
            for number, plan in sorted(self.live.items())
        ]

    # --- what is held back ---

    def held_if(self, plan: Plan, child: Child) -> tuple[Order, ...]:
        """What would be held back if an order of the plan stood in the books."""
        instrument = self._instruments[child.instrument]
        bet = instrument.listing.outcome, child.side
        follows = (n for n, leg in enumerate(plan.made.legs) if n and (leg.outcome, leg.side) == bet)
        number = next(follows, 0)
        gross, cost = claims_and_cost_micros(instrument.terms.kind, child.price, child.size_micros)
        net = net_claims_micros(child.side, instrument.terms.fee, claims=gross, cost=cost)
        return self._held(plan, number, net * self._rate_e8(instrument) // FX_SCALE)

    def _held(self, plan: Plan, leg: int = 0, ordered_micros: int = 0) -> tuple[Order, ...]:
        """What is held back while so many net claims of a leg are on their way beside its orders."""
        return tuple(
            _as_order(plan.made, number, _held_size(self, plan, number, ordered_micros if number == leg else 0))
            for number in range(1, len(plan.made.reserved) + 1)
        )

    def _hold(self, plan: Plan) -> list[Change]:
        """Bring what is held back up to date."""
        before, plan.held = plan.held, self._held(plan)
        if not before:
            return [Change(None, after) for after in plan.held]
        pairs = zip(before, plan.held, strict=True)
        return [Change(was, after) for was, after in pairs if was.size_micros != after.size_micros]

    # --- within ---

    def _take_up(self, plan: Plan, now_ns: int) -> None:
        """A plan that was over is under way again, from the first rung on."""
        del self.over[plan.made.id]
        self.live[plan.made.id] = plan
        plan.ended, plan.rung, plan.rung_ns = None, 0, now_ns

    def _shelve(self, plan: Plan) -> None:
        """Put a plan that is over aside, and forget the oldest of those."""
        del self.live[plan.made.id]
        self.over[plan.made.id] = plan
        if len(self.over) > ENDED_KEPT:
            forgotten = self.over.pop(next(iter(self.over)))
            for ref in forgotten.refs():
                del self._of_ref[ref]


def state_of(plan: Plan, uneven: int) -> PlanState:
    """One word for a plan from its orders and what is uneven."""
    if plan.ended is not None:
        return plan.ended
    if not any(plan.orders):
        return PlanState.PLANNED
    if plan.made.ladder[plan.rung].kind is RungKind.ACCEPT or uneven < 0:
        return PlanState.UNWINDING
    if any(plan.may_match(leg) for leg in range(1, len(plan.orders))):
        return PlanState.LEG2_WORKING
    if plan.may_match(0):
        some = any(order.matched_micros for order in plan.orders[0].values())
        return PlanState.LEG1_PARTIAL if some else PlanState.LEG1_WORKING
    return PlanState.LEG1_DONE


def _is_news(plan: Plan, uneven: int) -> bool:
    """Whether a fill, a void or a correction that came after the end left more uneven than no order is sent for.

    Of a plan that is settled nothing is sent any more, but its end is told anew: it said what nobody knew then. What a
    bet alone was short of when it ended is nobody's to send any more: a hedge's strategy has decided anew since.
    """
    is_short = plan.made.kind is PlanKind.SPLIT or plan.ended is PlanState.SHORT
    return abs(uneven - plan.ended_uneven) > plan.made.residue_micros and not is_short


def lacking(plan: Plan, plans: Plans) -> tuple[int, ...]:
    """Net claims in base that each leg lacks: of what a bet alone wanted, else of what the heaviest leg has.

    Negative for a bet alone that got more than it wanted.
    """
    legs = plan.made.legs
    had = [plans.matched(plan, leg).claims for leg in range(len(legs))]
    most = max(had) if len(legs) > 1 else legs[0].claims_micros
    return tuple(most - one for one in had)


def at_limits(plan: Plan, plans: Plans, leg: int) -> int:
    """The fewest net claims in base that what is matched of a leg counted as when its orders were made.

    Each order at its own price if that makes fewer of them: a back that was matched at better odds brings more claims
    for the same stake, a gift and not too many orders; a lay at better odds brings fewer, and what is missing then is
    rightly sent again. Commission is off the whole, as where either result of ours there was a win already.
    """
    claims = 0
    for order in plan.orders[leg].values():
        instrument = plans._instruments[order.instrument]
        fee = instrument.terms.fee
        asked, _ = claims_and_cost_micros(instrument.terms.kind, order.price, order.matched_micros)
        gross = min(asked, order.claims_micros)
        if isinstance(fee, NetWinFee):
            gross -= gross * fee.rate_ppm * (MICROS - fee.discount_ppm) // MICROS**2
        claims += gross * plans._rate_e8(instrument) // FX_SCALE
    return claims


def is_even(plan: Plan, plans: Plans) -> bool:
    """Whether nothing is left to be done about it; a bet alone that got more than it wanted is not taken back."""
    return max(lacking(plan, plans)) <= plan.made.residue_micros


def loss_if_carried(plan: Plan, plans: Plans) -> int:
    """The most that the uneven claims can still lose if they are kept, base micros.

    What some legs have beyond the lightest one loses what it cost. What a hedge lacks is inventory that it was to
    close, which loses the rest of a whole claim.
    """
    legs = range(len(plan.made.legs))
    if len(legs) == 1:
        at_risk = abs(plans.uneven(plan)) * (PROBABILITY_SCALE - _cost_e9(plan, plans, 0))
        return -(-at_risk // PROBABILITY_SCALE)
    lacks = lacking(plan, plans)
    beyond = sum((max(lacks) - lacks[leg]) * _cost_e9(plan, plans, leg) for leg in legs)
    return -(-beyond // PROBABILITY_SCALE)


def next_limit_e9(plan: Plan, plans: Plans, number: int) -> int:
    """The net price that the next order of a leg may have, by the rung that the plan stands on.

    What a leg of an arbitrage may cost at the end follows from what the others have cost; a bet alone counts from its
    own limit. A leg that others have overtaken, as after a void, is never sent at the price it was planned for.
    """
    made, rung = plan.made, plan.made.ladder[plan.rung]
    leg, back = made.legs[number], made.legs[number].side is Side.BACK
    if len(made.legs) == 1 or (rung.kind is RungKind.FOLLOW and number > 0):
        return leg.limit_e9 + rung.loss_e9 if back else leg.limit_e9 - rung.loss_e9
    others = sum(_cost_e9(plan, plans, other) for other in range(len(made.legs)) if other != number)
    cost_e9 = made.pays * PROBABILITY_SCALE - others + rung.loss_e9
    return cost_e9 if back else PROBABILITY_SCALE - cost_e9


def _cost_e9(plan: Plan, plans: Plans, number: int) -> int:
    """What a net claim of a leg has cost so far in 1e-9, at its limit where nothing of it is matched."""
    leg = plan.made.legs[number]
    price_e9 = plans.matched(plan, number).price_e9 or leg.limit_e9
    return price_e9 if leg.side is Side.BACK else PROBABILITY_SCALE - price_e9


def net_claims_micros(side: Side, fee: FeeTerms, *, claims: int, cost: int) -> int:
    """Net claims of a bet as the first in its venue's market: its gain after commission and its loss, together."""
    if not isinstance(fee, NetWinFee):
        return claims
    gain = claims - cost if side is Side.BACK else cost
    return claims - gain * fee.rate_ppm * (MICROS - fee.discount_ppm) // MICROS**2


def _cash_micros(order: Order, fee: FeeTerms) -> int:
    """What net claims cost a back (its loss), or bring a lay (its gain), fees of fills and commission included."""
    if order.side is Side.BACK:
        return order.cost_micros + order.fee_micros
    gain = order.cost_micros
    if isinstance(fee, NetWinFee):
        gain -= gain * fee.rate_ppm * (MICROS - fee.discount_ppm) // MICROS**2
    return gain - order.fee_micros


def _held_size(plans: Plans, plan: Plan, number: int, ordered_micros: int) -> int:
    """The native size that is held back for a leg: its part of what the leading one has or may still get."""
    reserved, wanted = plan.made.reserved[number - 1], plan.made.legs[number].claims_micros
    if plan.ended is not None or plan.settled:
        left = 0
    elif not plan.orders[0]:
        left = wanted
    else:
        first = plans.matched(plan, 0).claims + plans.may_become(plan, 0)
        left = first - plans.matched(plan, number).claims - plans.may_become(plan, number) - ordered_micros
    return -(-reserved.size_micros * min(max(0, left), wanted) // wanted)


def _as_order(made: PlanMade, number: int, size_micros: int) -> Order:
    """What is held back for a leg, as an order that nobody can match."""
    reserved = made.reserved[number - 1]
    return Order(
        ref=OrderRef(f"plan {made.id} leg {number + 1}"),
        instrument=reserved.instrument,
        strategy=made.strategy,
        side=made.legs[number].side,
        price=reserved.price,
        size_micros=size_micros,
        tif=TimeInForce.IMMEDIATE,
        decision=made.id,
        intended_ns=0,
    )
