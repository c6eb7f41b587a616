"""A trader who closes while others doubt: in every market where something keeps added risk out he wants to be even.

Whether a take reduces is a question that a quiet desk is hardly ever asked: a doubt about an order lasts seconds, and
in them nobody may be holding anything. He holds whatever the others left, and asks it at every look.
"""

from typing import ClassVar

import msgspec

from domain.ids import StrategyName
from domain.intents import TakeIntent
from domain.portfolio import MarketView
from strategy.base import NOTHING, Wanted
from strategy.flattening import ANY_MODEL, DUST_MICROS, evening_out, near_fair_e9
from strategy.freshness import judged

SLACK_E9 = 50_000_000
"""So far from the fair value he takes, in 1e-9."""


class Closing(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Nothing to set."""


class Closer:
    """Wants takes that bring a market's results together wherever one of its places is open to them alone."""

    Settings: ClassVar[type[msgspec.Struct]] = Closing

    def __init__(self, name: StrategyName, settings: Closing) -> None:
        self.name = name

    def decide(self, view: MarketView) -> Wanted:
        """Half of what would even the market out; nothing while all its places take added risk, or none an order."""
        fair = view.fair
        if view.working or view.market.winners != 1 or not any(listing.reducible for listing in view.listings):
            return NOTHING
        if fair is None or not judged(fair, view, ANY_MODEL).accepted:
            return Wanted(because_not="no fair value says what closing is worth")
        return Wanted(
            takes=tuple(
                TakeIntent(
                    strategy=self.name,
                    market=view.market.id,
                    outcome=outcome,
                    side=side,
                    limit_e9=near_fair_e9(fair.probabilities[outcome], side, SLACK_E9),
                    claims_micros=claims // 2,
                    because="close what is in doubt",
                )
                for outcome, side, claims in evening_out(view.pnl_micros, DUST_MICROS)
            )
        )
