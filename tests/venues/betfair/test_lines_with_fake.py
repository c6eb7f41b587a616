"""Adapter and simulated exchange on a market of Asian lines: listed, bet on, settled by halves, or refused."""

from typing import Any

import pytest

from domain.ids import InstrumentId
from domain.markets import MarketStatus, Result
from domain.messages import (
    BooksChanged,
    InstrumentsListed,
    MarketChanged,
    MarketSettled,
    OrderReported,
    QuerySettlement,
    QueryVenue,
    VenueReported,
)
from domain.orders import Side
from tests.venues.betfair.desk import BETFAIR, listing, settings
from tests.venues.betfair.fake.lines import LINES_MARKET, end_lines
from tests.venues.betfair.fake.world import AWAY, HOME
from tests.venues.betfair.test_with_fake import Together, bet, of
from venues.betfair.fake.options import selection_of
from venues.betfair.market_streams import market_feed


@pytest.mark.parametrize(
    ("score", "profits", "commission", "results", "parts"),
    [
        ((1, 0), (9.5, -6.0), 180_000, (Result.WON, Result.WON), ()),
        ((1, 1), (-5.0, 0.0), 0, (Result.LOST, Result.VOID), ((0, 0, 1, 2),)),
        ((0, 1), (-10.0, 5.0), 0, (Result.LOST, Result.LOST), ()),
    ],
)
def test_bets_on_lines_go_out_with_their_handicap_and_are_paid_by_the_score(
    score: tuple[int, int], profits: tuple[float, float], commission: int, results: tuple[Result, Result], parts: Any
) -> None:
    """A quarter given to the away side is backed at 1.95 for 10, no goals at all are laid at 2.20 for 5."""
    both = Together(lines=(-0.25, 0.0))
    told = both.run(1_000)
    sides = [selection_of(HOME, -0.25), selection_of(HOME, 0.0)]
    names = [InstrumentId(f"betfair/{LINES_MARKET}/{side}") for side in sides]
    listed = {one.id for fact in of(told, InstrumentsListed) for one in fact.instruments}
    assert {one for one in listed if LINES_MARKET in one} == {
        f"betfair/{LINES_MARKET}/{side}" for side in (*sides, selection_of(AWAY, 0.25), selection_of(AWAY, 0.0))
    }
    both.world.crowd("LAY", "1.95", "10", runner=sides[0], market=LINES_MARKET)
    both.world.crowd("BACK", "2.20", "5", runner=sides[1], market=LINES_MARKET)
    books = [levels for changed in of(both.run(100), BooksChanged) for levels in changed.books]
    assert [levels.instrument for levels in books] == names
    told = both.send(bet(instrument=names[0], price=195))
    told += both.send(bet("r2", instrument=names[1], side=Side.LAY, price=220, size_micros=5_000_000))
    matched = {fact.ref: fact.matched_micros for fact in of(told, OrderReported)}
    assert matched == {"r1": 10_000_000, "r2": 5_000_000}
    (round_,) = of(both.send(QueryVenue(BETFAIR)), VenueReported)
    assert [order.instrument for order in round_.orders] == names
    end_lines(both.world, *score)
    (closed,) = (fact for fact in of(both.run(1_000), MarketChanged) if fact.status is MarketStatus.CLOSED)
    assert (closed.venue_market, closed.results) == (LINES_MARKET, {})
    (settled,) = of(both.send(QuerySettlement(BETFAIR, LINES_MARKET)), MarketSettled)
    assert (settled.profit_micros, settled.commission_micros) == (sum(profits) * 1_000_000, commission)
    assert settled.results == dict(zip(sides, results, strict=True))
    assert settled.parts == tuple((sides[number], *part) for number, *part in parts)


def test_a_mapping_of_two_runners_that_are_no_line_is_refused() -> None:
    """With a quarter given to either side both may win, or neither."""
    with pytest.raises(ValueError, match=r"market m: 47972@-0\.25, 47973@-0\.25 are not one line"):
        market_feed(
            settings(),
            [listing(f"{runner}@-0.25", n, LINES_MARKET) for n, runner in enumerate((HOME, AWAY))],
        )
