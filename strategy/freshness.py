"""Whether the fair value in a view may be priced from at this moment."""

from domain.messages import FairValueReceived
from domain.portfolio import MarketView
from strategy.fair_value import FairValueVerdict, GateRules, fv_gate

MILLISECOND_NS = 1_000_000


def judged(fair: FairValueReceived, view: MarketView, rules: GateRules) -> FairValueVerdict:
    """The gate's verdict on the view's fair value, complete for its market; parts of a millisecond count as age.

    A model that names no state cannot show that it has seen the latest goal, so in running it is never believed;
    before the start its age alone decides.
    """
    in_play = any(listing.in_play for listing in view.listings)
    return fv_gate(
        fair,
        rules,
        received_ms=view.fair_ns // MILLISECOND_NS,
        now_ms=-(-view.now_ns // MILLISECOND_NS),
        state=view.state if fair.state or in_play else "",
        market=view.market,
    )
