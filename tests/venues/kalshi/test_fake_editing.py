"""Changes to resting orders at the simulated Kalshi: cancels and what they miss, amends, decreases."""

import pytest

from domain.ids import VenueMarketId
from tests.venues.kalshi.venue import EPOCH_MS, HOME, ORDERS, TIE, Client, Socket, Venue
from venues.kalshi.fake.forms import unique_id

NOT_FOUND = (404, {"error": {"code": "not_found", "message": "not found"}})
NOWHERE = unique_id(9, "order", 9)


def client_of(**options) -> Client:
    return Client(Venue(**options))


def code(answer) -> tuple[int, str]:
    return answer[0], answer[1]["error"]["code"]


def amended(client: Client, order_id: str, text: str, market: str = HOME, **more):
    side, size, _, price = text.split()
    body = {"ticker": market, "side": side, "count": size, "price": price} | more
    return client.ask("POST", f"{ORDERS}/{order_id}/amend", body)


def order_of(client: Client, order_id: str):
    return client.get(f"/portfolio/orders/{order_id}")["order"]


# --- cancel ---


def test_a_cancel_says_how_much_it_took_out_as_recorded():
    client = client_of()
    client.venue.crowd("ann ask 1 @ 40")
    order_id = client.place("bid 3 @ 0.40")["order_id"]
    answer = client.ask("DELETE", f"{ORDERS}/{order_id}?market_ticker={HOME}")
    assert answer == (200, {"order_id": order_id, "reduced_by": "2.00", "ts_ms": EPOCH_MS + 1_000})
    order = order_of(client, order_id)
    shown = [order[name] for name in ("status", "initial_count_fp", "fill_count_fp", "remaining_count_fp")]
    assert shown == ["canceled", "3.00", "1.00", "0.00"]


def test_what_does_not_rest_is_not_found_whatever_became_of_it():
    client = client_of()
    client.venue.crowd("ann ask 1 @ 40")
    executed, cancelled = client.place("bid 1 @ 0.40"), client.place("bid 1 @ 0.30")
    client.ask("DELETE", f"{ORDERS}/{cancelled['order_id']}")
    for order_id in (executed["order_id"], cancelled["order_id"], NOWHERE):
        assert client.ask("DELETE", f"{ORDERS}/{order_id}") == NOT_FOUND
    assert order_of(client, executed["order_id"])["status"] == "executed"


def test_a_malformed_id_is_refused_before_it_is_looked_up():
    assert code(client_of().ask("DELETE", f"{ORDERS}/nothing")) == (400, "invalid_parameters")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", False),
        (f"?market_ticker={HOME}", True),
        ("?exchange_index=3", True),
        ("?exchange_index=0", False),
        (f"?exchange_index=0&market_ticker={HOME}", False),
        (f"?market_ticker={TIE}", False),
        (f"?market_ticker={HOME}&subaccount=1", False),
    ],
)
def test_a_cancel_that_addresses_another_shard_misses_a_live_order(query, found):
    client = client_of(shard=3)
    order_id = client.place("bid 1 @ 0.40", exchange_index=3)["order_id"]
    assert (client.ask("DELETE", f"{ORDERS}/{order_id}{query}")[0] == 200) is found
    assert order_of(client, order_id)["status"] == ("canceled" if found else "resting")


def test_everything_can_be_cancelled_at_once():
    client = client_of()
    client.place("bid 1 @ 0.40")
    client.place("ask 1 @ 0.60", TIE)
    assert client.ask("DELETE", ORDERS) == (204, None)
    assert client.get("/portfolio/orders?status=resting")["orders"] == []
    assert client.ask("DELETE", ORDERS) == (204, None)


# --- amend ---


def test_an_amend_keeps_the_id_and_counts_what_was_filled():
    client = client_of()
    client.venue.crowd("ann ask 1 @ 40")
    order_id = client.place("bid 3 @ 0.40")["order_id"]
    status, body = amended(client, order_id, "bid 5 @ 0.41")
    assert status == 200
    assert (body["order_id"], body["remaining_count"], body["fill_count"]) == (order_id, "4.00", "1.00")
    order = order_of(client, order_id)
    assert (order["yes_price_dollars"], order["remaining_count_fp"], order["initial_count_fp"]) == (
        "0.4100",
        "4.00",
        "5.00",
    )


def test_an_amend_may_fill():
    client = client_of()
    client.venue.crowd("ann ask 2 @ 45")
    order_id = client.place("bid 3 @ 0.40")["order_id"]
    body = amended(client, order_id, "bid 3 @ 0.45")[1]
    assert (body["fill_count"], body["remaining_count"]) == ("2.00", "1.00")
    assert body["average_fill_price"] == "0.4500"


def test_only_less_at_the_same_price_keeps_the_place_in_the_queue():
    client = client_of()
    first = client.place("bid 3 @ 0.40")["order_id"]
    client.venue.crowd("ann bid 5 @ 40")

    def ahead() -> str:
        (position,) = client.get(f"/portfolio/orders/queue_positions?market_tickers={HOME}")["queue_positions"]
        return position["queue_position_fp"]

    amended(client, first, "bid 2 @ 0.40")
    assert ahead() == "0.00"
    amended(client, first, "bid 4 @ 0.40")
    assert ahead() == "5.00"


def test_amending_to_what_was_filled_is_a_cancel_and_to_less_a_refusal():
    client = client_of()
    client.venue.crowd("ann ask 2 @ 40")
    order_id = client.place("bid 3 @ 0.40")["order_id"]
    assert code(amended(client, order_id, "bid 1 @ 0.40")) == (400, "invalid_order_size")
    assert amended(client, order_id, "bid 2 @ 0.40")[1]["remaining_count"] == "0.00"
    assert order_of(client, order_id)["status"] == "canceled"


MISMATCHES = [
    ("ask 1 @ 0.40", HOME, {}, (400, "order_side_mismatch")),
    ("bid 1 @ 0.40", TIE, {}, (400, "order_ticker_mismatch")),
    ("bid 1 @ 0.40", HOME, {"client_order_id": "other"}, (400, "order_id_and_client_order_id_mismatch")),
    ("bid 1 @ 0.405", HOME, {}, (400, "invalid_price")),
    ("bid 99999 @ 0.40", HOME, {}, (400, "insufficient_balance")),
    ("bid 1 @ 0.60", HOME, {}, (400, "invalid_order")),
    ("bid 1 @ 0.40", HOME, {"updated_client_order_id": "spent"}, (409, "order_already_exists")),
]


@pytest.mark.parametrize(("text", "market", "more", "expected"), MISMATCHES)
def test_an_amend_that_is_refused_leaves_the_order_as_it_was(text, market, more, expected):
    client = client_of()
    order_id = client.place("bid 2 @ 0.40", client_order_id="mine")["order_id"]
    client.place("ask 1 @ 0.60", client_order_id="spent")
    before = order_of(client, order_id)
    assert code(amended(client, order_id, text, market, **more)) == expected
    assert order_of(client, order_id) == before


def test_an_amend_may_rename_and_both_names_stay_spent():
    client = client_of()
    order_id = client.place("bid 2 @ 0.40", client_order_id="old")["order_id"]
    body = amended(client, order_id, "bid 2 @ 0.41", client_order_id="old", updated_client_order_id="new")[1]
    assert body["client_order_id"] == "new"
    for name in ("old", "new"):
        assert code(client.refused("bid 1 @ 0.40", client_order_id=name)) == (409, "order_already_exists")


def test_an_amend_may_set_and_remove_an_expiry():
    client = client_of()
    order_id = client.place("bid 2 @ 0.40")["order_id"]
    amended(client, order_id, "bid 2 @ 0.40", expiration_time=EPOCH_MS // 1_000 + 5)
    assert "expiration_time" in order_of(client, order_id)
    amended(client, order_id, "bid 2 @ 0.40", expiration_time=0)
    client.venue.pass_ms(10_000)
    assert order_of(client, order_id)["status"] == "resting"


# --- decrease ---


@pytest.mark.parametrize(
    ("body", "left"),
    [({"reduce_by": "1.00"}, "2.00"), ({"reduce_to": "1"}, "1.00"), ({"reduce_to": "0"}, "0.00")],
)
def test_a_decrease_names_what_goes_or_what_stays(body, left):
    client = client_of()
    order_id = client.place("bid 3 @ 0.40")["order_id"]
    answer = client.ask("POST", f"{ORDERS}/{order_id}/decrease", body | {"market_ticker": HOME})
    assert answer[0] == 200
    assert answer[1]["remaining_count"] == left
    assert order_of(client, order_id)["remaining_count_fp"] == left


@pytest.mark.parametrize(
    ("body", "why"),
    [
        ({}, "invalid_parameters"),
        ({"reduce_by": "1", "reduce_to": "1"}, "invalid_parameters"),
        ({"reduce_to": "3"}, "invalid_order_size"),
        ({"reduce_by": "-1"}, "invalid_order_size"),
    ],
)
def test_a_decrease_that_decreases_nothing_is_refused(body, why):
    client = client_of()
    order_id = client.place("bid 3 @ 0.40")["order_id"]
    assert code(client.ask("POST", f"{ORDERS}/{order_id}/decrease", body)) == (400, why)
    assert order_of(client, order_id)["remaining_count_fp"] == "3.00"


def test_an_order_that_was_decreased_and_then_filled_is_executed():
    client = client_of()
    socket = Socket(client)
    socket.subscribe("user_orders")
    order_id = client.place("bid 3 @ 0.40")["order_id"]
    client.ask("POST", f"{ORDERS}/{order_id}/decrease", {"reduce_by": "1"})
    client.venue.crowd("ann ask 2 @ 40", VenueMarketId(HOME))
    told = [(one["msg"]["status"], one["msg"]["remaining_count_fp"]) for one in socket.said()]
    assert told == [("resting", "3.00"), ("resting", "2.00"), ("executed", "0.00")]
