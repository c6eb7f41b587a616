"""Cancels, replacements and updates: what is left of a bet, and what nobody should ever send."""

import pytest

from tests.venues.betfair.fake.world import AWAY, HOME, MARKET, OTHER, Customer, Reader, World, limit, uos
from venues.sim.lifecycle import suspend, turn_in_play


def resting(customer: Customer) -> list[tuple[str, float]]:
    orders = customer.call("listCurrentOrders", orderProjection="EXECUTABLE")["currentOrders"]
    return [(one["betId"], one["sizeRemaining"]) for one in orders]


def cancel(customer: Customer, *bets: str, market: str | None = MARKET, **more):
    params = {"instructions": [{"betId": one} | more for one in bets]} if bets else {}
    return customer.call("cancelOrders", **(params | ({"marketId": market} if market else {})))


def one_of(report):
    (one,) = report["instructionReports"]
    return one


def test_a_cancel_takes_out_what_rests():
    world = World()
    customer = Customer(world)
    bet = customer.bet("BACK 10 @ 3")["betId"]
    world.crowd("LAY", "3", "4")
    assert cancel(customer, bet) == {
        "status": "SUCCESS",
        "marketId": MARKET,
        "instructionReports": [
            {
                "status": "SUCCESS",
                "instruction": {"betId": bet},
                "sizeCancelled": 6.0,
                "cancelledDate": "2026-01-31T12:30:01.000Z",
            }
        ],
    }
    assert resting(customer) == []


@pytest.mark.parametrize(("reduction", "gone", "left"), [(3.0, 3.0, 7.0), (10, 10.0, 0.0), (99, 10.0, 0.0)])
def test_a_reduction_takes_out_as_much_as_there_is(reduction: float, gone: float, left: float):
    customer = Customer(World())
    bet = customer.bet("BACK 10 @ 3")["betId"]
    assert one_of(cancel(customer, bet, sizeReduction=reduction))["sizeCancelled"] == gone
    assert resting(customer) == ([(bet, left)] if left else [])


@pytest.mark.parametrize(
    ("reduction", "code"), [(0, "INVALID_BET_SIZE"), (-1, "INVALID_BET_SIZE"), (0.001, "INVALID_BET_SIZE")]
)
def test_a_reduction_that_is_no_size_takes_out_nothing(reduction: float, code: str):
    customer = Customer(World())
    bet = customer.bet("BACK 10 @ 3")["betId"]
    assert one_of(cancel(customer, bet, sizeReduction=reduction))["errorCode"] == code
    assert resting(customer) == [(bet, 10.0)]


def test_a_reduction_may_not_leave_a_bet_whose_profit_is_bent():
    customer = Customer(World())
    bet = customer.bet("BACK 10 @ 1.06")["betId"]
    assert one_of(cancel(customer, bet, sizeReduction=9.87))["errorCode"] == "INVALID_PROFIT_RATIO"


def test_a_cancel_that_lost_the_race_says_so_under_either_status():
    seen = set()
    for seed in range(8):
        world = World(seed=seed)
        customer = Customer(world)
        bet = customer.bet("BACK 10 @ 3")["betId"]
        world.crowd("LAY", "3", "10")
        report = cancel(customer, bet)
        assert one_of(report) == {
            "status": "FAILURE",
            "errorCode": "BET_TAKEN_OR_LAPSED",
            "instruction": {"betId": bet},
        }
        seen.add((report["status"], report.get("errorCode")))
    assert seen == {("SUCCESS", None), ("FAILURE", "BET_ACTION_ERROR")}


@pytest.mark.parametrize("bet", ["1", "", "300000000999", "x", "٣", "9" * 40])
def test_a_bet_that_never_was_cannot_be_cancelled(bet: str):
    assert one_of(cancel(Customer(World()), bet))["errorCode"] == "INVALID_BET_ID"


def test_a_bet_of_another_market_cannot_be_cancelled_here():
    customer = Customer(World())
    bet = customer.bet("BACK 10 @ 3")["betId"]
    assert one_of(cancel(customer, bet, market=OTHER))["errorCode"] == "INVALID_BET_ID"
    assert customer.fault("cancelOrders", instructions=[{"betId": bet}])[2] == "INVALID_INPUT_DATA"
    assert len(resting(customer)) == 1


def test_some_cancels_of_a_request_may_fail():
    customer = Customer(World())
    bet = customer.bet("BACK 10 @ 3")["betId"]
    report = cancel(customer, bet, "300000000999")
    assert (report["status"], report["errorCode"]) == ("PROCESSED_WITH_ERRORS", "PROCESSED_WITH_ERRORS")
    assert [one["status"] for one in report["instructionReports"]] == ["SUCCESS", "FAILURE"]


def test_without_instructions_everything_in_sight_is_cancelled():
    customer = Customer(World())
    here = [customer.bet(f"BACK 10 @ {price}")["betId"] for price in ("3", "4")]
    customer.call("placeOrders", marketId=OTHER, instructions=[limit("BACK 10 @ 3")] * 2)
    report = customer.call("cancelOrders", marketId=MARKET, instructions=[])
    assert [one["instruction"]["betId"] for one in report["instructionReports"]] == here
    assert len(resting(customer)) == 2
    assert customer.call("cancelOrders") == {"status": "SUCCESS"}
    assert resting(customer) == []


def test_other_customers_bets_are_not_ours_to_cancel():
    world = World()
    order = world.crowd("BACK", "3", "10")
    customer = Customer(world)
    assert one_of(cancel(customer, str(300_000_000_000 + order.number)))["errorCode"] == "INVALID_BET_ID"
    customer.call("cancelOrders")
    assert order.resting


def test_cancels_are_not_delayed_in_play():
    world = World()
    customer = Customer(world)
    customer.place(limit("BACK 10 @ 3", persistence="PERSIST"))
    world.at_exchange(turn_in_play)
    assert one_of(cancel(customer, "300000000001"))["sizeCancelled"] == 10.0


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"marketId": "1.1", "instructions": [{"betId": "1"}]}, "INVALID_MARKET_ID"),
        ({"marketId": MARKET, "instructions": [{"betId": "1"}] * 2}, "DUPLICATE_BETIDS"),
    ],
)
def test_a_cancel_request_wrong_as_a_whole_has_no_reports(params, code: str):
    report = Customer(World()).call("cancelOrders", **params)
    assert (report["status"], report["errorCode"], "instructionReports" in report) == ("FAILURE", code, False)


def test_requests_share_their_references():
    customer = Customer(World())
    bet = customer.place(limit("BACK 10 @ 3"), customerRef="r")["instructionReports"][0]["betId"]
    report = customer.call("cancelOrders", marketId=MARKET, instructions=[{"betId": bet}], customerRef="r")
    assert report["errorCode"] == "DUPLICATE_TRANSACTION"
    assert len(resting(customer)) == 1


@pytest.mark.parametrize("method", ["cancelOrders", "replaceOrders", "updateOrders"])
def test_sixty_instructions_are_the_most(method: str):
    instructions = [{"betId": str(n), "newPrice": 3, "newPersistenceType": "LAPSE"} for n in range(61)]
    assert Customer(World()).fault(method, marketId=MARKET, instructions=instructions)[2] == "INVALID_INPUT_DATA"


# --- replace ---


def replace(customer: Customer, bet: str, price: float, **more):
    return customer.call("replaceOrders", marketId=MARKET, instructions=[{"betId": bet, "newPrice": price}], **more)


def test_a_replacement_is_a_new_bet_for_the_rest_under_the_old_reference():
    world = World()
    customer = Customer(world)
    reader = Reader(world, customer)
    bet = customer.place(limit("BACK 10 @ 3", ref="mine", persistence="PERSIST"))["instructionReports"][0]["betId"]
    world.crowd("LAY", "3", "4")
    reader.watch_orders()
    report = one_of(replace(customer, bet, 2.5))
    assert report["cancelInstructionReport"]["sizeCancelled"] == 6.0
    placed = report["placeInstructionReport"]
    assert placed["betId"] != bet
    assert placed["instruction"] == {
        "selectionId": HOME,
        "limitOrder": {"size": 6.0, "price": 2.5, "persistenceType": "PERSIST"},
        "orderType": "LIMIT",
        "side": "BACK",
    }
    seen = {one["id"]: (one["status"], one["rfo"], one["sr"]) for one in uos(reader.messages())}
    assert seen == {bet: ("EC", "mine", 0), placed["betId"]: ("E", "mine", 6)}


def test_a_replacement_of_what_is_gone_places_nothing():
    world = World()
    customer = Customer(world)
    bet = customer.bet("BACK 10 @ 3")["betId"]
    world.crowd("LAY", "3", "10")
    report = one_of(replace(customer, bet, 2.5))
    assert (report["status"], report["errorCode"]) == ("FAILURE", "BET_TAKEN_OR_LAPSED")
    assert "placeInstructionReport" not in report
    assert resting(customer) == []


def test_a_replacement_that_cannot_be_paid_is_cancelled_and_not_placed():
    customer = Customer(World(deposit="100"))
    bet = customer.bet("LAY 50 @ 3")["betId"]
    report = one_of(replace(customer, bet, 4))
    assert (report["status"], report["errorCode"]) == ("FAILURE", "CANCELLED_NOT_PLACED")
    assert report["cancelInstructionReport"]["status"] == "SUCCESS"
    assert resting(customer) == []


@pytest.mark.parametrize("price", [3.03, 0, 1001])
def test_a_replacement_at_no_price_leaves_the_bet(price: float):
    customer = Customer(World())
    bet = customer.bet("BACK 10 @ 3")["betId"]
    report = replace(customer, bet, price)
    assert (report["status"], one_of(report)["errorCode"]) == ("FAILURE", "INVALID_ODDS")
    assert resting(customer) == [(bet, 10.0)]


def test_a_replacement_waits_for_the_delay_after_its_cancel():
    world = World()
    customer = Customer(world)
    customer.place(limit("BACK 10 @ 3", persistence="PERSIST"))
    world.at_exchange(turn_in_play)
    params = {"marketId": MARKET, "instructions": [{"betId": "300000000001", "newPrice": 2.5}]}
    customer.send("replaceOrders", **params)
    other = Customer(world)
    assert (customer.replies(), resting(other)) == ([], [])
    world.pass_ms(5_000)
    (reply,) = customer.replies()
    assert reply["result"]["status"] == "SUCCESS"
    assert resting(other) == [("300000000002", 10.0)]


def test_nothing_is_replaced_while_suspended():
    world = World()
    customer = Customer(world)
    customer.place(limit("BACK 10 @ 3", persistence="PERSIST"))
    world.at_exchange(suspend)
    assert replace(customer, "300000000001", 2.5)["errorCode"] == "MARKET_SUSPENDED"
    assert resting(customer) == [("300000000001", 10.0)]


# --- update ---


def update(customer: Customer, bet: str, kind: str):
    instructions = [{"betId": bet, "newPersistenceType": kind}]
    return one_of(customer.call("updateOrders", marketId=MARKET, instructions=instructions))


def test_an_update_keeps_a_bet_over_the_turn_in_play():
    world = World()
    customer = Customer(world)
    reader = Reader(world, customer)
    kept, lapsed = (customer.bet("BACK 10 @ 3")["betId"] for _ in range(2))
    reader.watch_orders()
    assert update(customer, kept, "PERSIST")["status"] == "SUCCESS"
    assert [(one["id"], one["pt"]) for one in uos(reader.messages())] == [(kept, "P")]
    world.at_exchange(turn_in_play)
    assert resting(customer) == [(kept, 10.0)]
    assert [(one["id"], one["sl"], "lsrc" in one) for one in uos(reader.messages())] == [(lapsed, 10, False)]


@pytest.mark.parametrize(
    ("kind", "code"), [("LAPSE", "NO_ACTION_REQUIRED"), ("MARKET_ON_CLOSE", "INVALID_PERSISTENCE_TYPE")]
)
def test_an_update_to_nothing_new_fails(kind: str, code: str):
    customer = Customer(World())
    bet = customer.bet("BACK 10 @ 3")["betId"]
    assert update(customer, bet, kind)["errorCode"] == code


def test_a_request_may_touch_several_runners():
    customer = Customer(World())
    report = customer.place(limit("BACK 10 @ 3"), limit("LAY 10 @ 2", runner=AWAY))
    bets = [one["betId"] for one in report["instructionReports"]]
    assert [one["status"] for one in cancel(customer, *bets)["instructionReports"]] == ["SUCCESS"] * 2
