"""What a venue's best price is worth: the exact net price, the edge on either side, nothing where nothing is had."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.fees import NetWinFee, ProfitOrLesserFee, QuadraticFee, VolumeFee
from domain.net_price import NetQuote, net_price, rank
from domain.orders import Side
from domain.portfolio import InstrumentView
from strategy.comparator import Comparison, compare, comparisons
from tests.strategy.views import listing, market_view

BACK, LAY = Side.BACK, Side.LAY
FEE_TERMS = [NetWinFee(0), NetWinFee(50_000), VolumeFee(11_000), ProfitOrLesserFee(10_000)]


def compared(place: InstrumentView, side: Side, p: float) -> Comparison:
    found = compare(place, side, p)
    assert found is not None
    return found


def test_the_published_example_of_three_venues() -> None:
    """A contract at 0.52 costs 0.537472 in all, odds of 1.93 at 2 % cost 0.523177, odds of 1.95 at 4 % 0.523013."""
    places = {
        "three/home": listing("three/home", "52:10 |"),
        "one/home": listing("one/home", "1.93:10 |", fee=NetWinFee(20_000)),
        "two/home": listing("two/home", "1.95:10 |", fee=NetWinFee(40_000)),
    }
    nets = {name: compared(place, BACK, 0.55).net_price for name, place in places.items()}
    assert nets == pytest.approx({"three/home": 0.537472, "one/home": 0.523177, "two/home": 0.523013}, abs=1e-6)


@pytest.mark.parametrize("fee", FEE_TERMS)
@pytest.mark.parametrize("side", Side)
@given(p=st.floats(min_value=0.05, max_value=0.95))
def test_edge_and_value_agree_with_the_exact_net_price(fee, side, p) -> None:
    bet = compared(listing("one/home", "2.50:40 | 2.60:30", fee=fee), side, p)
    exact = float(net_price(fee, side, Fraction(100, 250 if side is BACK else 260)))
    edge = p - exact if side is BACK else exact - p
    own_cost = exact if side is BACK else 1 - exact
    assert bet.net_price == pytest.approx(exact)
    assert bet.edge == pytest.approx(edge)
    assert bet.risk == pytest.approx((40 if side is BACK else 30 * 1.6) * 1.25)
    assert bet.ev_per_risk == pytest.approx(edge / own_cost)
    assert bet.ev == pytest.approx(bet.risk * edge / own_cost)


def test_contracts_on_offer_risk_their_price_in_the_base_currency() -> None:
    place = listing("three/home", "42:100 | 40:50", fee=QuadraticFee(70_000))
    assert compared(place, BACK, 0.5).risk == pytest.approx(42)
    assert compared(place, LAY, 0.5).risk == pytest.approx(30)


@pytest.mark.parametrize(
    ("place", "side"),
    [
        (listing("one/home", "| 2.60:30"), BACK),
        (listing("one/home", "2.50:40 |"), LAY),
        (listing("one/home", "2.50:40 | 2.60:30", tradable=False), BACK),
        (listing("three/home", "99:10 |", fee=QuadraticFee(7_000_000)), BACK),
        (listing("three/home", "| 1:10", fee=QuadraticFee(7_000_000)), LAY),
    ],
    ids=["no offer", "no bid", "not tradable", "the fee is more than it wins", "the fee is more than it brings"],
)
def test_nothing_is_compared_where_nothing_can_be_had(place, side) -> None:
    assert compare(place, side, 0.4) is None


def test_the_most_valuable_comes_first_and_every_tradable_side_is_there() -> None:
    view = market_view(
        (
            listing("one/home", "2.20:10 | 2.30:10"),
            listing("two/home", "2.50:10 | 2.60:10"),
            listing("three/draw", "25:100 | 24:100"),
            listing("one/away", "3.5:10 | 3.6:10", tradable=False),
        )
    )
    found = comparisons(view, (0.45, 0.27, 0.28))
    assert len(found) == 6
    assert (found[0].listing.instrument.listing.venue, found[0].side) == ("two", BACK)
    assert [bet.ev for bet in found] == sorted((bet.ev for bet in found), reverse=True)


@pytest.mark.parametrize("side", Side)
def test_for_one_size_the_order_is_that_of_net_prices(side) -> None:
    texts = {"one": "2.20:100 | 2.30:100", "two": "2.24:100 | 2.26:100", "three": "44:225 | 43:225"}
    view = market_view(tuple(listing(f"{venue}/home", text) for venue, text in texts.items()))
    by_edge = sorted(
        (bet for bet in comparisons(view, (0.45, 0.27, 0.28)) if bet.side is side), key=lambda bet: -bet.edge
    )
    exact = rank((NetQuote(bet.listing.instrument.id, Fraction(bet.net_price)) for bet in by_edge), side)
    assert [bet.listing.instrument.id for bet in by_edge] == [quote.id for quote in exact]
