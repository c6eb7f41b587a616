"""What a venue that nets a market holds: cash is what it would let us spend, however many bets led there."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.ids import MarketId, SelectionId, VenueMarketId, VenueName
from domain.markets import Market, Result
from domain.messages import MarketSettled
from domain.orders import Order, Side
from tests.builders import instrument
from tests.oms.books import MATCH, Books
from venues.sim.accounts import Position, worst_result

M = 1_000_000
OUTCOMES = tuple(instrument(f"one/match/{name}", outcome=k) for k, name in enumerate(("home", "draw", "away")))


def books_of(*bets: str, market: Market = MATCH) -> Books:
    """Bets such as "home BACK 10 @ 3.00", each matched in full."""
    books = Books(*OUTCOMES, markets=(market,))
    for n, text in enumerate(bets):
        name, _, bet = text.partition(" ")
        books.bet(bet, on=f"one/match/{name}", ref=f"r{n}")
    return books


@pytest.mark.parametrize(
    ("bets", "netting", "cash"),
    [
        (("home BACK 10 @ 3.00",), 0, -10),
        (("home BACK 10 @ 3.00", "home LAY 10 @ 3.00"), -30, 0),
        (("home BACK 10 @ 3.00", "home LAY 15 @ 2.00"), -25, 0),
        (("home LAY 10 @ 3.00", "draw LAY 10 @ 4.00", "away LAY 10 @ 5.00"), -70, -20),
        (("home BACK 10 @ 3.00", "draw BACK 10 @ 3.00"), 0, -20),
    ],
    ids=["one bet", "back and lay at one price", "a sure win is no cash before it is paid", "a book", "two backs"],
)
def test_a_wallet_holds_the_worst_of_a_market_and_not_each_bet(bets: tuple[str, ...], netting: int, cash: int) -> None:
    """The second is MECHANICS 9.1: cost 30, worst case 0, netting −30."""
    found = books_of(*bets).balances()
    assert (found.get("netting", 0), found.get("cash", 0)) == (netting * M, cash * M)
    assert found["position"] == -(netting + cash) * M


def test_of_several_winners_the_worst_set_is_held() -> None:
    lays = ("home LAY 10 @ 3.00", "draw LAY 10 @ 4.00", "away LAY 10 @ 5.00")
    assert books_of(*lays, market=replace(MATCH, winners=2)).balances()["cash"] == -60 * M


def test_two_lines_in_one_venue_market_do_not_pay_for_each_other() -> None:
    other = replace(MATCH, id=MarketId("line"))
    on = replace(OUTCOMES[1], listing=replace(OUTCOMES[1].listing, market=other.id))
    books = Books(OUTCOMES[0], on, markets=(MATCH, other))
    books.bet("LAY 10 @ 3.00", on=OUTCOMES[0].id, ref="a")
    books.bet("LAY 10 @ 3.00", on=on.id, ref="b")
    assert books.balances()["cash"] == -40 * M


def test_a_void_of_one_bet_ties_up_what_the_other_can_lose() -> None:
    books = books_of("home BACK 10 @ 3.00")
    books.bet("LAY 10 @ 3.00", ref="r1")
    books.records("voided v1 matched 10")
    assert books.balances() == {"cash": -10 * M, "position": 10 * M}


def test_settlement_leaves_nothing_netted() -> None:
    books = books_of("home BACK 10 @ 3.00", "home LAY 15 @ 2.00", "draw LAY 4 @ 5.00")
    results = {SelectionId("home"): Result.LOST, SelectionId("draw"): Result.WON}
    books.records(MarketSettled(VenueName("one"), VenueMarketId("match"), "s", (5 - 16) * M, 0, results))
    assert books.balances() == {"cash": -11 * M, "pnl": 11 * M}


BETS = st.tuples(
    st.sampled_from(("home", "draw", "away")),
    st.sampled_from(Side),
    st.integers(1, 99),
    st.sampled_from(("1.01", "1.50", "2.00", "3.35", "1000")),
)


@given(st.lists(BETS, max_size=8), st.sampled_from((1, 2)))
def test_cash_is_what_the_simulated_exchange_would_let_us_spend(
    bets: list[tuple[str, Side, int, str]], winners: int
) -> None:
    texts = [f"{name} {side.name} {size} @ {price}" for name, side, size, price in bets]
    books = books_of(*texts, market=replace(MATCH, winners=winners))
    theirs = Position(len(OUTCOMES))
    for order in matched(books):
        k = next(k for k, one in enumerate(OUTCOMES) if one.id == order.instrument)
        theirs.add(k, order.side, claims_micros=order.claims_micros, cost_micros=order.cost_micros)
    held = max(0, -worst_result(theirs.win, theirs.lose, range(winners, winners + 1)))
    assert books.balances().get("cash", 0) == -held


def matched(books: Books) -> list[Order]:
    return [order for order in books.blotter.orders.every() if order.matched_micros]
