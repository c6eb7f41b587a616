"""Whether a take reduces where orders in doubt may have been matched at better prices than their own: by brute force.

An order that nobody is known to have taken may have met any price of the ladder up to its own, and a lay at starting
price is matched for what its liability pays for. One that came to rest is matched at its own price.
"""

import random
from collections import Counter
from typing import Any

import pytest

from domain.ids import OrderRef
from domain.markets import Instrument, MarketStatus
from domain.messages import MarketChanged
from domain.odds import PriceKind, ladder
from domain.orders import Order, Side, TimeInForce
from tests.engine.test_reducing import FEES, MARKETS, Desk, drawn, gone, harmed, matched, reach, take
from tests.risk.builders import FREE, market

TRIALS = 60


class Improved(Desk):
    """A desk whose orders in doubt may have been matched at any better price of the ladder, some at starting price."""

    def bet(self, on: Instrument, side: Side, price: int, size: int, **more: Any) -> OrderRef:
        """Every third that nobody answered waited for a starting price."""
        waits = more == {"lost": True} and on.terms.kind is PriceKind.ODDS and self.state.placed % 3 == 0
        return super().bet(on, side, price, size, **more | ({"tif": TimeInForce.STARTING_PRICE} if waits else {}))

    def ends(self, order: Order) -> list[Order]:
        """Gone, matched at its own price or at what it may be changed to, or at better ones to the last."""
        terms = self.state.instruments[order.instrument].terms
        found = [gone(order)]
        for price, size_micros in reach(order):
            found.append(matched(order, terms.kind, price, size_micros))
            if order.acked and order.tif is TimeInForce.REST:
                continue
            prices = ladder(terms.kind, terms.bands).prices
            rising = (terms.kind is PriceKind.ODDS) is (order.side is Side.BACK)
            better = [one for one in prices if (one > price if rising else one < price)]
            for one in {better[0], better[len(better) // 2], better[-1]} if better else ():
                stake = size_micros
                if order.tif is TimeInForce.STARTING_PRICE and order.side is Side.LAY:
                    stake = size_micros * (price - 100) // (one - 100)
                found.append(matched(order, terms.kind, one, stake))
        return found


@pytest.mark.parametrize("name", MARKETS)
def test_what_reduces_raises_the_worst_loss_at_no_better_price_of_an_order_in_doubt(name: str) -> None:
    counts: Counter[str] = Counter()
    for seed in range(TRIALS):
        rng = random.Random(f"better/{name}/{seed}")
        fees = dict(rng.sample([*FEES.items()], rng.randint(1, 3)))
        desk, child = drawn(rng, MARKETS[name], fees, of=Improved)
        cases = desk.cases(child)
        said, harm = desk.reduces(child), harmed(cases)
        assert not (said and harm), f"seed {seed}: {harm}"
        counts["yes"] += said
        counts["timid"] += not said and all(after < loss for loss, after in cases)
    assert counts["yes"] > TRIALS // 8, counts
    assert counts["timid"] < TRIALS // 5, counts


def test_a_back_that_was_matched_at_better_odds_may_have_hedged_all_there_was_to_hedge() -> None:
    """10 on home at 2.00, and 4 on away at 2.00 of which nobody answered: at 3.00 they even it out already."""
    desk = Improved(market(outcomes=2), {"a": FREE})
    home, away = desk.on
    desk.bet(home, Side.BACK, 200, 10, matched=True)
    desk.bet(away, Side.BACK, 200, 4)
    assert not desk.reduces(take(home, Side.LAY, 200, 2))


@pytest.mark.parametrize("running", [False, True])
def test_a_back_that_rests_is_matched_at_its_own_odds_and_one_that_is_held_back_does_not_rest_yet(
    running: bool,
) -> None:
    desk = Improved(market(outcomes=2), {"a": FREE})
    home, away = desk.on
    desk.bet(home, Side.BACK, 200, 10, matched=True)
    ref = desk.bet(away, Side.BACK, 200, 4, lost=False)
    desk.prices.gates.shut((away.listing.venue, away.listing.venue_market), ref)
    open_ = MarketChanged(home.listing.venue, home.listing.venue_market, MarketStatus.OPEN, running, bet_delay_ms=5_000)
    desk.prices.market_changed(open_, None)
    assert desk.reduces(take(home, Side.LAY, 200, 2)) is not running
    assert not desk.reduces(take(home, Side.LAY, 200, 12))


def test_a_lay_in_doubt_at_lower_odds_costs_less_and_brings_as_much() -> None:
    desk = Improved(market(outcomes=2), {"a": FREE})
    home = desk.on[0]
    desk.bet(home, Side.BACK, 200, 10, matched=True)
    desk.bet(home, Side.LAY, 200, 4)
    assert desk.reduces(take(home, Side.LAY, 200, 2))


@pytest.mark.parametrize("accepted", [False, True])
def test_a_lay_at_starting_price_is_matched_for_what_its_liability_pays_for(accepted: bool) -> None:
    desk = Improved(market(outcomes=2), {"a": FREE})
    home = desk.on[0]
    desk.bet(home, Side.BACK, 200, 10, matched=True)
    ref = desk.bet(home, Side.LAY, 200, 2, lost=not accepted, tif=TimeInForce.STARTING_PRICE)
    desk.prices.gates.shut((home.listing.venue, home.listing.venue_market), ref)
    assert not desk.reduces(take(home, Side.LAY, 200, 2))
