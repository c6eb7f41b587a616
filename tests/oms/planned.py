"""A plan and its orders by hand: records, fills and voids as the journal would bring them."""

from typing import Any

from msgspec.structs import replace

from domain.fees import NetWinFee, QuadraticFee
from domain.ids import MarketId, StrategyName
from domain.money import FX_SCALE, MICROS
from domain.orders import Order, Side, TimeInForce
from domain.plans import Leg, PlanKind, PlanMade, PlanOrdered, Reserved, Rung, RungKind
from oms.blotter import Change
from oms.order_states import apply, settle
from oms.plans import Plan, Plans
from tests.builders import bet, facts, instrument

ODDS = instrument("one/match/home", fee=NetWinFee(rate_ppm=20_000))
CONTRACTS = instrument("two/m2/yes", fee=QuadraticFee(taker_ppm=0), currency="USD")
LADDER = (
    Rung(RungKind.FOLLOW, 500),
    Rung(RungKind.RETRY, 500),
    Rung(RungKind.ACCEPT, 1_000, loss_e9=20_000_000),
)
MS = 1_000_000


def made(**more: Any) -> PlanMade:
    """Back 100 contracts, then lay as much at odds."""
    return PlanMade(
        **{
            "id": 7,
            "kind": PlanKind.ARBITRAGE,
            "strategy": StrategyName("arb"),
            "market": MarketId("match"),
            "legs": (
                Leg(0, Side.BACK, 505_000_000, 100 * MICROS, CONTRACTS.id),
                Leg(0, Side.LAY, 515_000_000, 100 * MICROS, ODDS.id),
            ),
            "ladder": LADDER,
            "residue_micros": MICROS,
            "carry_max_micros": 30 * MICROS,
            "orders_max": 20,
            "because": "test",
            "reserved": (Reserved(ODDS.id, 200, 50_600_000),),
            **more,
        }
    )


class Told:
    """Plans, and whoever tells them."""

    def __init__(self, plan: PlanMade | None = None) -> None:
        self.plans = Plans({one.id: one for one in (ODDS, CONTRACTS)}, lambda _: FX_SCALE)
        self.held: list[int] = []
        self.now_ns = 0
        self.orders: dict[str, Order] = {}
        self._note(self.plans.apply(plan or made(), 0))

    @property
    def plan(self) -> Plan:
        return self.plans.live.get(7) or self.plans.over[7]

    def note(self, *bodies: Any) -> "Told":
        for body in bodies:
            self._note(self.plans.apply(body, self.now_ns))
        return self

    def order(self, leg: int, text: str, *, ref: str, decision: int = 7) -> "Told":
        """An order of a leg is sent."""
        self.note(PlanOrdered(7, leg, decision))
        on = CONTRACTS if text.endswith("c") else ODDS
        bare = bet(text, on=on.id, ref=ref)
        order = replace(bare, decision=decision, tif=TimeInForce.IMMEDIATE, intended_ns=self.now_ns)
        return self._hear(None, order)

    def said(self, ref: str, text: str) -> "Told":
        """Facts about an order; matches are at its own price."""
        for fact in facts(text, ref):
            before = self.orders[ref]
            after = apply(before, fact)
            if after.matched_micros:
                part, whole = (before.price, 10_000) if before.instrument == CONTRACTS.id else (100, before.price)
                contracts = before.instrument == CONTRACTS.id
                claims = after.matched_micros if contracts else after.matched_micros * whole // part
                cost = claims * part // whole
                after = replace(after, claims_micros=claims, cost_micros=cost)
            self._hear(before, after)
        return self

    def settled(self, ref: str) -> "Told":
        before = self.orders[ref]
        return self._hear(before, settle(before))

    def later(self, ms: int) -> "Told":
        self.now_ns += ms * MS
        return self

    def _hear(self, before: Order | None, after: Order) -> "Told":
        self.orders[after.ref] = after
        self._note(self.plans.heard(Change(before, after), self.now_ns))
        return self

    def _note(self, changes: list[Change]) -> None:
        self.held += [change.after.size_micros for change in changes]
