"""The portfolio's lists at the simulated Kalshi: pages, read lag, positions, cash, and money that ends as it should."""

from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.money import MICROS, parse_micros
from tests.venues.kalshi.venue import (
    DIRECT,
    EPOCH_MS,
    EVENT,
    HOME,
    IN_CENTS,
    ORDERS,
    TICKERS,
    TIE,
    YES,
    Client,
    Venue,
)
from venues.sim.lifecycle import close
from venues.sim.settling import settle, unsettle


def client_of(**options) -> Client:
    return Client(Venue(**options))


def pay_out(venue: Venue, market, worth: Fraction) -> None:
    close(venue.exchange, market, venue.now_ns)
    settle(venue.exchange, market, {YES: worth}, venue.now_ns)
    venue.publish()


# --- pages ---


@pytest.mark.parametrize("path", ["orders", "fills"])
def test_pages_hold_everything_once_and_the_last_one_says_so(path):
    client = client_of()
    client.venue.crowd("ann ask 50 @ 50")
    for _ in range(5):
        client.place("bid 1 @ 0.50")
    rows, cursor, pages = [], "", 0
    while True:
        body = client.get(f"/portfolio/{path}?limit=2&cursor={cursor}")
        rows += body[path]
        pages, cursor = pages + 1, body["cursor"]
        if not cursor:
            break
    assert pages == 3
    assert len({row["order_id"] for row in rows}) == 5
    assert rows == client.get(f"/portfolio/{path}")[path]


def test_orders_placed_between_two_pages_do_not_show_any_twice():
    client = client_of()
    ids = [client.place("bid 1 @ 0.40")["order_id"] for _ in range(4)]
    first = client.get("/portfolio/orders?limit=2")
    client.place("bid 1 @ 0.40")
    second = client.get(f"/portfolio/orders?limit=2&cursor={first['cursor']}")
    assert [one["order_id"] for one in (*first["orders"], *second["orders"])] == ids[::-1]


def test_a_cursor_without_meaning_is_ignored_and_a_limit_too_high_is_not():
    client = client_of()
    assert client.get("/markets?cursor=garbage") == client.get("/markets")
    text = "Key: 'GetMarketsParams.Limit' Error:Field validation for 'Limit' failed on the 'lte' tag"
    expected = {"msg": f"Parameter validation failed for GetMarkets: {text}"}
    assert client.ask("GET", "/markets?limit=1001") == (400, expected)


def test_orders_are_chosen_by_status_market_event_and_time():
    client = client_of()
    first = client.place("bid 1 @ 0.40")["order_id"]
    client.venue.pass_ms(2_000)
    second = client.place("bid 1 @ 0.40", TIE)["order_id"]
    client.ask("DELETE", f"{ORDERS}/{first}")
    from_s = EPOCH_MS // 1_000 + 2

    def ids(query: str) -> list[str]:
        return [one["order_id"] for one in client.get(f"/portfolio/orders?{query}")["orders"]]

    assert ids("status=resting") == [second]
    assert ids("status=canceled") == [first]
    assert ids(f"ticker={HOME}") == [first]
    assert ids(f"event_ticker={EVENT}") == [second, first]
    assert ids("event_ticker=KXNONE") == []
    assert ids(f"min_ts={from_s}") == [second]
    assert ids(f"max_ts={from_s}") == [first]
    assert client.ask("GET", "/portfolio/orders?status=open")[0] == 400


# --- lag ---


def test_reads_show_what_was_a_while_ago():
    client = client_of(visible_after_ms=400)
    client.venue.crowd("ann ask 5 @ 50")
    order_id = client.place("bid 2 @ 0.50")["order_id"]
    assert client.ask("GET", f"/portfolio/orders/{order_id}")[0] == 404
    assert client.get("/portfolio/orders")["orders"] == client.get("/portfolio/fills")["fills"] == []
    assert client.get("/portfolio/positions")["market_positions"] == []
    assert client.get("/portfolio/balance")["balance_dollars"] == "1000.0000"
    client.venue.pass_ms(400)
    assert client.get(f"/portfolio/orders/{order_id}")["order"]["status"] == "executed"
    assert len(client.get("/portfolio/fills")["fills"]) == 1
    assert client.get("/portfolio/positions")["market_positions"][0]["position_fp"] == "2.00"
    assert client.get("/portfolio/balance")["balance_dollars"] == "998.9650"


def test_an_order_still_reads_as_resting_after_its_cancel_was_acknowledged():
    client = client_of(visible_after_ms=400)
    order_id = client.place("bid 2 @ 0.50")["order_id"]
    client.venue.pass_ms(1_000)
    assert client.ask("DELETE", f"{ORDERS}/{order_id}")[0] == 200
    client.venue.pass_ms(360)
    assert [one["status"] for one in client.get("/portfolio/orders?status=resting")["orders"]] == ["resting"]
    assert client.get("/exchange/user_data_timestamp")["as_of_time"] == "2026-09-21T14:13:21.96Z"
    client.venue.pass_ms(40)
    assert client.get("/portfolio/orders?status=resting")["orders"] == []
    assert client.get("/portfolio/orders")["orders"][0]["status"] == "canceled"


# --- positions and cash ---


def test_a_position_adds_up_closes_and_turns():
    client = client_of()
    client.venue.crowd("ann ask 3 @ 50")
    client.place("bid 3 @ 0.50")
    client.venue.crowd("ann bid 9 @ 60")
    client.place("ask 5 @ 0.60")
    (position,) = client.get("/portfolio/positions")["market_positions"]
    assert position["position_fp"] == "-2.00"
    assert position["market_exposure_dollars"] == "0.800000"
    assert position["realized_pnl_dollars"] == "0.300000"
    assert position["total_traded_dollars"] == "3.500000"


def test_resting_orders_are_not_taken_from_the_balance_and_positions_are():
    client = client_of()
    client.place("bid 100 @ 0.50")
    assert client.get("/portfolio/balance")["balance_dollars"] == "1000.0000"
    client.venue.crowd("ann ask 1 @ 50")
    balance = client.get("/portfolio/balance")
    assert (balance["balance_dollars"], balance["balance"]) == ("999.4956", 99_949)
    assert balance["balance_breakdown"] == [{"exchange_index": 0, "balance": "999.4956"}]
    assert balance["portfolio_value"] == 50


def test_reads_that_address_another_shard_find_nothing():
    client = client_of()
    client.venue.crowd("ann ask 1 @ 50")
    client.place("bid 1 @ 0.50")
    assert client.get("/portfolio/fills?exchange_index=3")["fills"] == []
    assert client.get("/portfolio/positions?exchange_index=3")["market_positions"] == []
    assert client.get("/portfolio/orders?subaccount=2")["orders"] == []
    assert len(client.get("/portfolio/orders?subaccount=0&exchange_index=0")["orders"]) == 1


# --- settlement ---


@pytest.mark.parametrize(
    ("worth", "result", "value", "revenue", "cash"),
    [
        (Fraction(1), "yes", 100, 300, "1001.4475"),
        (Fraction(0), "no", 0, 0, "998.4475"),
        (Fraction(2, 5), "scalar", 40, 120, "999.6475"),
    ],
)
def test_a_market_pays_when_its_timer_is_over(worth, result, value, revenue, cash):
    client = client_of()
    client.venue.crowd("ann ask 3 @ 50")
    client.place("bid 3 @ 0.50")
    pay_out(client.venue, HOME, worth)
    market = client.get(f"/markets/{HOME}")["market"]
    assert (market["status"], market["result"]) == ("determined", result)
    assert client.get("/portfolio/settlements")["settlements"] == []
    assert client.get("/portfolio/balance")["balance_dollars"] == "998.4475"
    assert client.get("/portfolio/positions")["market_positions"][0]["position_fp"] == "3.00"
    client.venue.pass_ms(5_000)
    market = client.get(f"/markets/{HOME}")["market"]
    assert (market["status"], market["settlement_ts"]) == ("finalized", "2026-09-21T14:13:26Z")
    assert parse_micros(market["settlement_value_dollars"]) == value * 10_000
    (settlement,) = client.get("/portfolio/settlements")["settlements"]
    assert (settlement["market_result"], settlement["value"], settlement["revenue"]) == (result, value, revenue)
    assert (settlement["yes_count_fp"], settlement["yes_total_cost_dollars"]) == ("3.00", "1.500000")
    assert (settlement["no_count_fp"], settlement["fee_cost"]) == ("0.00", "0.052500")
    assert client.get("/portfolio/balance")["balance_dollars"] == cash
    assert client.get("/portfolio/positions")["market_positions"] == []


def test_a_disputed_result_pays_nothing_until_it_is_amended():
    client = client_of()
    client.venue.crowd("ann ask 3 @ 50")
    client.place("bid 3 @ 0.50")
    pay_out(client.venue, HOME, Fraction(1))
    unsettle(client.venue.exchange, HOME)
    client.venue.publish()
    client.venue.pass_ms(9_000)
    market = client.get(f"/markets/{HOME}")["market"]
    assert (market["status"], market["result"]) == ("disputed", "")
    assert client.get("/portfolio/settlements")["settlements"] == []
    assert client.get("/portfolio/balance")["balance_dollars"] == "998.4475"
    settle(client.venue.exchange, HOME, {YES: Fraction(0)}, client.venue.now_ns)
    client.venue.publish()
    assert client.get(f"/markets/{HOME}")["market"]["status"] == "amended"
    client.venue.pass_ms(9_000)
    (settlement,) = client.get("/portfolio/settlements")["settlements"]
    assert (settlement["market_result"], settlement["revenue"]) == ("no", 0)
    assert client.get("/portfolio/balance")["balance_dollars"] == "998.4475"


def test_no_contracts_get_the_rest():
    client = client_of()
    client.venue.crowd("ann bid 2 @ 70")
    client.place("ask 2 @ 0.70")
    pay_out(client.venue, HOME, Fraction(0))
    client.venue.pass_ms(5_000)
    (settlement,) = client.get("/portfolio/settlements")["settlements"]
    assert (settlement["no_count_fp"], settlement["no_total_cost_dollars"]) == ("2.00", "0.600000")
    assert settlement["revenue"] == 200


bets = st.lists(
    st.tuples(
        st.sampled_from(TICKERS),
        st.sampled_from(["bid", "ask"]),
        st.integers(1, 500),
        st.integers(40, 60),
        st.booleans(),
    ),
    max_size=25,
)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    bets, st.lists(st.sampled_from([Fraction(0), Fraction(1), Fraction(1, 4)]), min_size=3, max_size=3), st.booleans()
)
def test_what_is_told_of_money_is_the_exchanges_own_account(made, ends, direct):
    venue = Venue(precision=DIRECT if direct else IN_CENTS)
    client = Client(venue)
    for market, side, lots, cents, mine in made:
        if mine:
            client.place(f"{side} {lots / 100:.2f} @ 0.{cents}", market)
        else:
            venue.crowd(f"ann {side} {lots / 100} @ {cents}", market)
    cash = 1_000 * MICROS
    for fill in client.get("/portfolio/fills?limit=1000")["fills"]:
        price = fill["yes_price_dollars"] if fill["outcome_side"] == "yes" else fill["no_price_dollars"]
        cash -= parse_micros(price) * parse_micros(fill["count_fp"]) // MICROS + parse_micros(fill["fee_cost"])
    cash += sum(_freed_by_pairs(venue, market) for market in TICKERS)
    assert parse_micros(client.get("/portfolio/balance")["balance_dollars"]) == cash
    fees = sum(parse_micros(one["fees_paid_dollars"]) for one in client.get("/portfolio/positions")["market_positions"])
    for market, worth in zip(TICKERS, ends, strict=True):
        pay_out(venue, market, worth)
    venue.pass_ms(5_000)
    paid = sum(_paid(one) for one in client.get("/portfolio/settlements")["settlements"])
    assert parse_micros(client.get("/portfolio/balance")["balance_dollars"]) == cash + paid == venue.wallet_micros()
    assert fees == sum(order.fee_micros for order in venue.exchange.floor.orders.values() if order.account == "desk")


def _paid(settlement) -> Fraction:
    """Only the net position is paid for."""
    net = parse_micros(settlement["yes_count_fp"]) - parse_micros(settlement["no_count_fp"])
    value = Fraction(settlement["value"], 100)
    return net * value if net > 0 else -net * (1 - value)


def _freed_by_pairs(venue: Venue, market) -> int:
    """A YES and a NO together are a dollar, at once."""
    holding = venue.books.records.holdings.get(market)
    return 0 if holding is None else (holding.volume_micros - abs(holding.net_micros)) // 2


def test_a_closed_position_settles_with_both_sides_in_full_and_pays_nothing():
    client = client_of()
    client.venue.crowd("ann ask 2 @ 50")
    client.place("bid 2 @ 0.50")
    client.venue.crowd("ann bid 2 @ 60")
    client.place("ask 2 @ 0.60")
    pay_out(client.venue, HOME, Fraction(1))
    client.venue.pass_ms(5_000)
    (settlement,) = client.get("/portfolio/settlements")["settlements"]
    assert (settlement["yes_count_fp"], settlement["no_count_fp"], settlement["revenue"]) == ("2.00", "2.00", 0)
    costs = settlement["yes_total_cost_dollars"], settlement["no_total_cost_dollars"]
    assert costs == ("1.000000", "0.800000")


def test_an_account_in_whole_cents_says_fees_that_leave_whole_cents():
    client = client_of(precision=IN_CENTS)
    client.venue.crowd("ann ask 1 @ 50")
    client.place("bid 1 @ 0.50")
    assert client.get("/portfolio/fills")["fills"][0]["fee_cost"] == "0.020000"
    assert client.get("/portfolio/balance")["balance_dollars"] == "999.4800"
