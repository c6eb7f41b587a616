"""Order groups at the simulated Kalshi: what triggers them, what that does, and who hears of it."""

import pytest

from tests.venues.kalshi.venue import HOME, ORDERS, Client, Socket, Venue

GROUPS = "/portfolio/order_groups"


def client_of(**options) -> Client:
    return Client(Venue(**options))


def made(client: Client, limit: int = 5, **more) -> str:
    status, body = client.ask("POST", f"{GROUPS}/create", {"contracts_limit": limit} | more)
    assert status == 201, body
    return body["order_group_id"]


def status_of(client: Client, order_id: str) -> str:
    return client.get(f"/portfolio/orders/{order_id}")["order"]["status"]


def word(answer) -> tuple[int, str]:
    return answer[0], answer[1]["error"]["code"]


def test_a_match_of_the_limit_within_fifteen_seconds_cancels_what_rests_and_refuses_what_comes():
    client = client_of()
    group = made(client)
    swept, other = (
        client.place("bid 5 @ 0.40", order_group_id=group),
        client.place("bid 1 @ 0.30", order_group_id=group),
    )
    outside = client.place("bid 1 @ 0.30")
    client.venue.crowd("ann ask 5 @ 40")
    client.venue.pass_ms(1)
    assert [status_of(client, one["order_id"]) for one in (swept, other, outside)] == [
        "executed",
        "canceled",
        "resting",
    ]
    assert word(client.refused("bid 1 @ 0.30", order_group_id=group)) == (400, "exceeded_order_group_risk_limit")
    client.ask("PUT", f"{GROUPS}/{group}/reset")
    client.place("bid 1 @ 0.30", order_group_id=group)


def test_matches_that_lie_further_apart_do_not_add_up():
    client = client_of()
    group = made(client)
    kept = client.place("bid 20 @ 0.40", order_group_id=group)
    for _ in range(3):
        client.venue.crowd("ann ask 4 @ 40")
        client.venue.pass_ms(15_001)
    assert status_of(client, kept["order_id"]) == "resting"


@pytest.mark.parametrize("act", ["trigger", "limit", "delete"])
def test_a_group_can_be_emptied_by_hand_by_a_lower_limit_and_by_its_end(act):
    client = client_of()
    group = made(client, 10)
    resting = client.place("bid 20 @ 0.40", order_group_id=group)
    client.venue.crowd("ann ask 4 @ 40")
    if act == "delete":
        answer = client.ask("DELETE", f"{GROUPS}/{group}")
    else:
        answer = client.ask("PUT", f"{GROUPS}/{group}/{act}", {"contracts_limit": 4} if act == "limit" else None)
    assert answer == (200, {})
    client.venue.pass_ms(1)
    assert status_of(client, resting["order_id"]) == "canceled"


def test_a_write_that_names_no_shard_misses_a_group_on_another_one():
    client = client_of(shard=3)
    group = made(client, exchange_index=3)
    assert word(client.ask("PUT", f"{GROUPS}/{group}/trigger")) == (404, "order_group_not_found")
    assert client.ask("PUT", f"{GROUPS}/{group}/trigger?exchange_index=3&subaccount=0") == (200, {})


def test_the_stream_tells_of_groups_in_a_numbered_row():
    client = client_of()
    socket = Socket(client)
    socket.subscribe("order_group_updates")
    group = made(client, 4)
    client.ask("PUT", f"{GROUPS}/{group}/limit", {"contracts_limit": 6})
    client.ask("PUT", f"{GROUPS}/{group}/trigger")
    client.ask("PUT", f"{GROUPS}/{group}/reset")
    client.ask("DELETE", f"{GROUPS}/{group}")
    said = [one for one in socket.said() if one["type"] == "order_group_updates"]
    assert [one["seq"] for one in said] == [1, 2, 3, 4, 5]
    assert [one["msg"]["event_type"] for one in said] == ["created", "limit_updated", "triggered", "reset", "deleted"]
    assert [one["msg"].get("contracts_limit_fp") for one in said[:3]] == ["4.00", "6.00", None]


def test_groups_are_listed_with_their_orders():
    client = client_of()
    group = made(client)
    order_id = client.place("bid 1 @ 0.40", order_group_id=group)["order_id"]
    assert [one["id"] for one in client.get(GROUPS)["order_groups"]] == [group]
    assert client.get(f"{GROUPS}/{group}")["orders"] == [order_id]
    assert client.get(f"/portfolio/orders/{order_id}")["order"]["order_group_id"] == group


@pytest.mark.parametrize("limit", [{}, {"contracts_limit": 0}, {"contracts_limit": 2, "contracts_limit_fp": "3.00"}])
def test_a_limit_that_says_nothing_or_two_things_is_refused(limit):
    assert client_of().ask("POST", f"{GROUPS}/create", limit)[0] == 400


def test_a_cancel_of_everything_may_take_orders_of_the_next_minute_with_it():
    client = client_of()
    client.place("bid 1 @ 0.40")
    assert client.ask("DELETE", ORDERS)[0] == 204
    early = [client.place("bid 1 @ 0.30")["order_id"] for _ in range(12)]
    client.venue.pass_ms(60_000)
    client.dial()  # the line was idle for too long
    late = [client.place("bid 1 @ 0.30")["order_id"] for _ in range(12)]
    client.venue.pass_ms(2_000)
    assert {status_of(client, one) for one in early} == {"canceled", "resting"}
    assert {status_of(client, one) for one in late} == {"resting"}


def test_only_direct_members_cancel_everything_at_once():
    client = client_of(is_direct_member=False)
    assert word(client.ask("DELETE", ORDERS)) == (403, "permission_denied")


def test_one_order_can_be_asked_for_its_place_in_the_queue():
    client = client_of()
    client.venue.crowd("ann bid 7 @ 40")
    order_id = client.place("bid 2 @ 0.40")["order_id"]
    assert client.get(f"/portfolio/orders/{order_id}/queue_position") == {"queue_position_fp": "7.00"}
    listed = client.get(f"/portfolio/orders/queue_positions?market_tickers={HOME}&subaccount=0")["queue_positions"]
    assert [(one["order_id"], one["queue_position_fp"]) for one in listed] == [(order_id, "7.00")]
