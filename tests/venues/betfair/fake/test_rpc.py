"""JSON-RPC as the venue speaks it: error shapes, batches, and answers that wait for each other."""

import json

import pytest

from tests.venues.betfair.fake.world import MARKET, Customer, World, limit
from venues.sim.lifecycle import turn_in_play

PLACE = "SportsAPING/v1.0/placeOrders"
LIST = "SportsAPING/v1.0/listCurrentOrders"


def posted(customer: Customer, body: bytes):
    customer.post(body)
    (reply,) = customer.replies()
    return reply


@pytest.mark.parametrize(
    ("body", "code", "message"),
    [
        (b"", -32700, "DSC-0008"),
        (b"{", -32700, "DSC-0008"),
        (b"[]", -32700, "DSC-0008"),
        (b"17", -32700, "DSC-0008"),
        (b'{"jsonrpc":"2.0","params":{},"id":1}', -32700, "DSC-0008"),
        (b'{"jsonrpc":"2.0","method":"SportsAPING/v1.0/nothing","params":{},"id":1}', -32601, "DSC-0021"),
        (b'{"jsonrpc":"2.0","method":"SportsAPING/v1.0/placeorders","params":{},"id":1}', -32601, "DSC-0021"),
        (b'{"jsonrpc":"2.0","method":"AccountAPING/v1.0/getAccountFunds","params":{},"id":1}', -32601, "DSC-0021"),
        (b'{"jsonrpc":"2.0","method":"SportsAPING/v1.0/placeOrders","params":{},"id":1}', -32602, "DSC-0018"),
        (b'{"jsonrpc":"2.0","method":"SportsAPING/v1.0/placeOrders","params":[],"id":1}', -32602, "DSC-0009"),
        (b'{"method":"SportsAPING/v1.0/listClearedOrders","params":{"betStatus":"GONE"},"id":1}', -32602, "DSC-0009"),
        (b'{"method":"SportsAPING/v1.0/listMarketCatalogue","params":{"filter":{}},"id":1}', -32602, "DSC-0018"),
    ],
)
def test_faults_below_the_api_have_no_data(body: bytes, code: int, message: str):
    assert posted(Customer(World()), body)["error"] == {"code": code, "message": message}


def test_the_apis_own_exception_is_whole():
    customer = Customer(World())
    customer.key = ""
    assert posted(customer, json.dumps({"method": LIST, "params": {}, "id": "mine"}).encode()) == {
        "jsonrpc": "2.0",
        "error": {
            "code": -32099,
            "message": "ANGX-0004",
            "data": {
                "exceptionname": "APINGException",
                "APINGException": {"requestUUID": "simulated", "errorCode": "NO_APP_KEY", "errorDetails": ""},
            },
        },
        "id": "mine",
    }


def test_a_batch_is_answered_in_its_order_each_call_for_itself():
    calls = [
        {"method": LIST, "params": {}, "id": 7},
        {"method": "SportsAPING/v1.0/nothing", "params": {}, "id": 8},
        {"method": PLACE, "params": {"marketId": MARKET, "instructions": [limit("BACK 2 @ 3")]}, "id": 9},
        {"method": LIST, "id": 10},
    ]
    replies = posted(Customer(World()), json.dumps(calls).encode())
    assert [reply["id"] for reply in replies] == [7, 8, 9, 10]
    assert ["error" in reply for reply in replies] == [False, True, False, False]
    assert [len(replies[k]["result"]["currentOrders"]) for k in (0, 3)] == [0, 1]


def test_a_batch_waits_for_the_slowest_of_its_calls():
    world = World()
    world.at_exchange(turn_in_play)
    customer = Customer(world)
    place = {"method": PLACE, "params": {"marketId": MARKET, "instructions": [limit("BACK 2 @ 3")]}, "id": 1}
    customer.post(json.dumps([place, {"method": LIST, "params": {}, "id": 2}]).encode())
    world.pass_ms(4_999)
    assert customer.replies() == []
    world.pass_ms(1)
    ((placed, listed),) = customer.replies()
    assert placed["result"]["status"] == "SUCCESS"
    assert listed["result"]["currentOrders"] == [], "a bet in its delay is in no list"


def test_numbers_may_be_written_as_text():
    customer = Customer(World())
    instruction = limit("BACK 2 @ 3") | {"selectionId": "47972", "handicap": "0"}
    instruction["limitOrder"] = {"size": "2", "price": "3.05", "persistenceType": "LAPSE"}
    assert customer.place(instruction)["status"] == "SUCCESS"


@pytest.mark.parametrize("number", ['"NaN"', '"sNaN"', '"Infinity"', "1e400", "-3", "0", '"1e999999"', "1e-7"])
@pytest.mark.parametrize("field", ["size", "price", "minFillSize", "betTargetSize"])
def test_numbers_that_are_none_place_nothing(number: str, field: str):
    customer = Customer(World())
    order = {"size": "2", "price": "3", "persistenceType": '"LAPSE"', "timeInForce": '"FILL_OR_KILL"'} | {field: number}
    if field == "betTargetSize":
        order = {"price": "3", "betTargetType": '"PAYOUT"', field: number}
    text = ",".join(f'"{name}":{value}' for name, value in order.items())
    instruction = f'{{"orderType":"LIMIT","selectionId":47972,"side":"BACK","limitOrder":{{{text}}}}}'
    reply = posted(
        customer,
        f'{{"method":"{PLACE}","params":{{"marketId":"{MARKET}","instructions":[{instruction}]}},"id":1}}'.encode(),
    )
    assert "error" in reply or reply["result"]["status"] == "FAILURE"
    assert customer.call("listCurrentOrders")["currentOrders"] == []
