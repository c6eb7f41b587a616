"""Evening out what is held, at kill level 4: lay what we hold more of, or back what we hold less of."""

from collections.abc import Callable

from domain.ids import MarketId, StrategyName
from domain.intents import TakeIntent
from domain.messages import FairValueReceived
from domain.net_price import PROBABILITY_SCALE
from domain.orders import Side
from domain.portfolio import MarketView
from strategy.base import NOTHING, Wanted
from strategy.fair_value import GateRules
from strategy.freshness import judged

FLATTEN = StrategyName("flatten")
"""Whose orders these are, in every order, decision and report."""

ANY_MODEL = GateRules(sigma_b=0.0, k=0.0)
"""Who closes asks no edge, but what a goal has made void says nothing of what closing costs."""

AGAIN_NS = 1_000_000_000
"""A market is tried again after so long."""

DUST_MICROS = 500_000
"""Less than half a claim of difference is not worth an order."""


class Flattener:
    """Wants takes that bring a market's results together, never worse than a distance from the fair value.

    `slack_e9` is the most that a price may lie from the fair value, `budget_micros` says what flattening may still
    cost against fair values, None for no such bound. Without a usable fair value nothing is wanted: whoever does not
    know what a price is worth must not be in a hurry to take it.
    """

    name = FLATTEN

    def __init__(self, *, slack_e9: int, budget_micros: Callable[[], int | None]) -> None:
        self._slack_e9 = slack_e9
        self._budget_micros = budget_micros
        self._tried_ns: dict[MarketId, int] = {}

    def decide(self, view: MarketView) -> Wanted:
        """What would even this market out now; nothing while an order for it is still on its way."""
        market, fair = view.market, view.fair
        if market.winners != 1 or view.working or fair is None or not judged(fair, view, ANY_MODEL).accepted:
            return NOTHING
        wanted = evening_out(view.left_micros, DUST_MICROS)
        if not wanted or view.now_ns - self._tried_ns.get(market.id, -AGAIN_NS) < AGAIN_NS:
            return NOTHING
        self._tried_ns[market.id] = view.now_ns
        slack_e9 = self._affordable(sum(claims for _, _, claims in wanted))
        if slack_e9 <= 0:
            return Wanted(because_not="flattening has cost what it may")
        return Wanted(takes=tuple(_take(view, fair, leg, slack_e9) for leg in wanted))

    def _affordable(self, claims_micros: int) -> int:
        """How far a price may lie from the fair value, in 1e-9, so that all of it stays within the budget."""
        budget = self._budget_micros()
        if budget is None:
            return self._slack_e9
        return min(self._slack_e9, max(0, budget) * PROBABILITY_SCALE // claims_micros)


def _take(view: MarketView, fair: FairValueReceived, leg: tuple[int, Side, int], slack_e9: int) -> TakeIntent:
    outcome, side, claims = leg
    limit_e9 = near_fair_e9(fair.probabilities[outcome], side, slack_e9)
    return TakeIntent(FLATTEN, view.market.id, outcome, side, limit_e9, claims, "flatten")


def evening_out(pnl_micros: tuple[int, ...], least_micros: int) -> list[tuple[int, Side, int]]:
    """Lays down to the lowest result or backs up to the highest, whichever is fewer claims in all.

    Differences below `least_micros` are left.
    """
    low, high = min(pnl_micros), max(pnl_micros)
    lays = [(k, Side.LAY, one - low) for k, one in enumerate(pnl_micros) if one - low >= least_micros]
    backs = [(k, Side.BACK, high - one) for k, one in enumerate(pnl_micros) if high - one >= least_micros]
    return min(lays, backs, key=lambda legs: sum(claims for _, _, claims in legs))


def near_fair_e9(probability: float, side: Side, slack_e9: int) -> int:
    """The worst net price of a bet that may lie so far from the fair value, in 1e-9."""
    fair_e9 = round(probability * PROBABILITY_SCALE)
    if side is Side.BACK:
        return min(PROBABILITY_SCALE - 1, fair_e9 + slack_e9)
    return max(1, fair_e9 - slack_e9)
