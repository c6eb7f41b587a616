"""placeOrders: what is refused and how, all or nothing, the minute of de-duplication, and the in-play delay."""

import pytest

from tests.venues.betfair.fake.world import AWAY, HOME, MARKET, Customer, Reader, World, limit
from venues.betfair.fake.forms import VERSION_BASE
from venues.sim.lifecycle import close, remove_selection, reopen, suspend, turn_in_play


def codes(report) -> list[str]:
    """The request's code, then its instructions'."""
    return [report.get("errorCode", ""), *(one.get("errorCode", "") for one in report["instructionReports"])]


def test_an_unmatched_bet_rests():
    assert Customer(World()).place(limit("LAY 10 @ 2.58", ref="O-1"), customerRef="r-1") == {
        "customerRef": "r-1",
        "status": "SUCCESS",
        "marketId": MARKET,
        "instructionReports": [
            {
                "status": "SUCCESS",
                "instruction": {
                    "selectionId": HOME,
                    "handicap": 0.0,
                    "limitOrder": {"size": 10.0, "price": 2.58, "persistenceType": "LAPSE"},
                    "customerOrderRef": "O-1",
                    "orderType": "LIMIT",
                    "side": "LAY",
                },
                "betId": "300000000001",
                "placedDate": "2026-01-31T12:30:01.000Z",
                "averagePriceMatched": 0.0,
                "sizeMatched": 0.0,
                "orderStatus": "EXECUTABLE",
            }
        ],
    }


def test_a_bet_is_matched_at_the_better_prices_that_rest():
    world = World()
    for price, size in (("2.1", "4"), ("2.06", "4"), ("2.04", "40")):
        world.crowd("LAY", price, size)
    report = Customer(world).bet("BACK 10 @ 2.04")
    assert (report["sizeMatched"], report["orderStatus"]) == (10.0, "EXECUTION_COMPLETE")
    assert report["averagePriceMatched"] == pytest.approx((4 * 2.1 + 4 * 2.06 + 2 * 2.04) / 10)


@pytest.mark.parametrize(
    ("instruction", "said"),
    [
        (limit("BACK 2 @ 3.03"), "BET_ACTION_ERROR INVALID_ODDS"),
        (limit("BACK 2 @ 1001"), "BET_ACTION_ERROR INVALID_ODDS"),
        (limit("BACK 2 @ 2.001"), "BET_ACTION_ERROR INVALID_ODDS"),
        (limit("BACK 0.99 @ 3"), "BET_ACTION_ERROR INVALID_BET_SIZE"),
        (limit("BACK 2.001 @ 3"), "BET_ACTION_ERROR INVALID_BET_SIZE"),
        (limit("BACK 2 @ 3", runner=1), "BET_ACTION_ERROR INVALID_RUNNER"),
        (limit("BACK 2 @ 3") | {"handicap": 0.5}, "BET_ACTION_ERROR INVALID_RUNNER"),
        (limit("BACK 2 @ 3", ref="x" * 33), "BET_ACTION_ERROR INVALID_CUSTOMER_ORDER_REF"),
        (limit("BACK 2 @ 3", ref="a b"), "BET_ACTION_ERROR INVALID_CUSTOMER_ORDER_REF"),
        (limit("BACK 2 @ 3", persistence="MARKET_ON_CLOSE"), "BET_ACTION_ERROR INVALID_PERSISTENCE_TYPE"),
        (limit("BACK 2 @ 3", minFillSize=1), "BET_ACTION_ERROR UNEXPECTED_MIN_FILL_SIZE"),
        (limit("BACK 2 @ 3", timeInForce="FILL_OR_KILL", minFillSize=3), "BET_ACTION_ERROR INVALID_MIN_FILL_SIZE"),
        (limit("BACK 2 @ 3", timeInForce="FILL_OR_KILL", minFillSize=0.5), "BET_ACTION_ERROR INVALID_MIN_FILL_SIZE"),
        (limit("BACK 2 @ 3") | {"orderType": "MARKET_ON_CLOSE"}, "BET_ACTION_ERROR MARKET_NOT_OPEN_FOR_BSP_BETTING"),
        (limit("LAY 1500 @ 3"), "INSUFFICIENT_FUNDS ERROR_IN_ORDER"),
        (limit("BACK 1000.01 @ 3"), "INSUFFICIENT_FUNDS ERROR_IN_ORDER"),
    ],
)
def test_a_refused_bet_leaves_no_trace(instruction, said: str):
    customer = Customer(World())
    report = customer.place(instruction)
    assert (report["status"], codes(report)) == ("FAILURE", said.split())
    assert "betId" not in report["instructionReports"][0]
    assert customer.call("listCurrentOrders")["currentOrders"] == []


@pytest.mark.parametrize(
    ("text", "taken"), [("BACK 0.5 @ 20", True), ("BACK 0.5 @ 19.5", False), ("LAY 0.01 @ 1000", True)]
)
def test_a_small_stake_is_good_enough_at_a_large_payout(text: str, taken: bool):
    assert (Customer(World()).bet(text)["status"] == "SUCCESS") is taken


def test_a_stake_whose_profit_is_bent_by_rounding_is_refused():
    world = World(size_min="0.01")
    report = Customer(world).place(limit("BACK 0.13 @ 1.06"))
    assert codes(report) == ["INVALID_PROFIT_RATIO", "ERROR_IN_ORDER"]


@pytest.mark.parametrize(
    ("target", "stake"), [({"betTargetType": "PAYOUT"}, 10.0), ({"betTargetType": "BACKERS_PROFIT"}, 15.0)]
)
def test_a_bet_may_be_aimed_at_a_payout_or_a_profit(target: dict[str, str], stake: float):
    customer = Customer(World())
    instruction = limit("BACK 2 @ 3")
    instruction["limitOrder"] = {"price": 3.0, "betTargetSize": 30.0, "persistenceType": "LAPSE"} | target
    customer.place(instruction)
    (bet,) = customer.call("listCurrentOrders")["currentOrders"]
    assert bet["priceSize"] == {"price": 3.0, "size": stake}


def test_one_wrong_instruction_fails_the_request():
    customer = Customer(World())
    report = customer.place(limit("BACK 2 @ 3"), limit("BACK 2 @ 3.03"), limit("LAY 2 @ 2"))
    assert codes(report) == ["BET_ACTION_ERROR", "ERROR_IN_ORDER", "INVALID_ODDS", "ERROR_IN_ORDER"]
    assert customer.call("listCurrentOrders")["currentOrders"] == []


def test_funds_are_asked_for_the_whole_request():
    customer = Customer(World(deposit="100"))
    report = customer.place(limit("BACK 60 @ 3"), limit("BACK 60 @ 4"))
    assert codes(report) == ["INSUFFICIENT_FUNDS", "ERROR_IN_ORDER", "ERROR_IN_ORDER"]
    assert customer.place(limit("BACK 60 @ 3"), limit("BACK 40 @ 4"))["status"] == "SUCCESS"
    assert customer.call("getAccountFunds")["availableToBetBalance"] == 0.0


@pytest.mark.parametrize(
    ("pair", "meets"),
    [
        (("BACK 2 @ 3", "LAY 2 @ 3"), True),
        (("LAY 2 @ 3.05", "BACK 2 @ 3"), True),
        (("BACK 2 @ 3.05", "LAY 2 @ 3"), False),
    ],
)
def test_a_back_and_a_lay_that_would_meet_are_refused(pair: tuple[str, str], meets: bool):
    customer = Customer(World())
    report = customer.place(*(limit(text) for text in pair))
    assert codes(report) == (["BET_ACTION_ERROR"] + ["INVALID_BACK_LAY_COMBINATION"] * 2 if meets else [""] * 3)
    assert customer.place(limit(pair[0]), limit(pair[1], runner=AWAY))["status"] == "SUCCESS"


def test_a_reference_is_taken_once_a_minute_whatever_became_of_it():
    world = World()
    customer = Customer(world)
    customer.place(limit("BACK 2 @ 3.03"), customerRef="once")
    assert codes(customer.place(limit("BACK 2 @ 3"), customerRef="once")) == ["DUPLICATE_TRANSACTION", "ERROR_IN_ORDER"]
    world.pass_ms(59_999)
    assert customer.place(limit("BACK 2 @ 3"), customerRef="once")["status"] == "FAILURE"
    world.pass_ms(1)
    assert customer.place(limit("BACK 2 @ 3"), customerRef="once")["status"] == "SUCCESS"
    assert customer.place(limit("BACK 2 @ 3"))["status"] == customer.place(limit("BACK 2 @ 3"))["status"] == "SUCCESS"


def test_an_order_reference_is_stored_and_may_repeat():
    customer = Customer(World())
    customer.place(limit("BACK 2 @ 3", ref="same"), limit("BACK 2 @ 3.05", ref="same"), customerStrategyRef="maker")
    found = customer.call("listCurrentOrders", customerOrderRefs=["same"])["currentOrders"]
    assert [(bet["customerOrderRef"], bet["customerStrategyRef"]) for bet in found] == [("same", "maker")] * 2


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"instructions": []}, "INVALID_INPUT_DATA"),
        ({"instructions": [limit("BACK 2 @ 3")] * 201}, "INVALID_INPUT_DATA"),
        ({"instructions": [limit("BACK 2 @ 3")], "customerRef": "x" * 33}, "INVALID_INPUT_DATA"),
        ({"instructions": [limit("BACK 2 @ 3")], "customerRef": "a/b"}, "INVALID_INPUT_DATA"),
    ],
)
def test_a_request_that_is_wrong_as_a_whole_is_an_exception(params, code: str):
    assert Customer(World()).fault("placeOrders", marketId=MARKET, **params)[2] == code


def test_a_thousand_instructions_a_second_are_the_most():
    world = World(deposit="100000")
    customer = Customer(world)
    for _ in range(5):
        customer.place(*[limit("BACK 2 @ 3")] * 200)
    assert customer.fault("placeOrders", marketId=MARKET, instructions=[limit("BACK 2 @ 3")])[2] == "TOO_MANY_REQUESTS"
    world.pass_ms(1_000)
    assert customer.bet("BACK 2 @ 3")["status"] == "SUCCESS"


@pytest.mark.parametrize(
    ("deeds", "said"),
    [
        ([suspend], "MARKET_SUSPENDED"),
        ([close], "MARKET_SUSPENDED"),
        ([suspend, reopen], ""),
    ],
)
def test_a_market_that_takes_no_bets_says_so(deeds, said: str):
    world = World()
    for deed in deeds:
        world.at_exchange(deed)
    assert codes(Customer(world).place(limit("BACK 2 @ 3"))) == [said, "ERROR_IN_ORDER" if said else ""]


def test_unknown_markets_and_removed_runners_are_refused():
    world = World()
    customer = Customer(world)
    report = customer.call("placeOrders", marketId="1.1", instructions=[limit("BACK 2 @ 3")])
    assert codes(report) == ["INVALID_MARKET_ID", "ERROR_IN_ORDER"]
    runner = next(iter(world.fake.books.markets[MARKET].runners))
    remove_selection(world.exchange, MARKET, runner, world.now, factor_ppm=100_000)
    assert codes(customer.place(limit("BACK 2 @ 3"))) == ["BET_ACTION_ERROR", "RUNNER_REMOVED"]


# --- fill or kill ---


def kill(text: str, **more):
    return limit(text, timeInForce="FILL_OR_KILL", **more)


@pytest.mark.parametrize(
    ("text", "more", "matched", "mean", "status"),
    [
        ("BACK 10 @ 5.4", {}, 10, 5.4, "EXECUTION_COMPLETE"),
        ("BACK 10 @ 5.5", {}, 0, 0, "EXPIRED"),
        ("BACK 10 @ 5.5", {"minFillSize": 2}, 2, 5.5, "EXECUTION_COMPLETE"),
        ("BACK 10 @ 5.5", {"minFillSize": 3}, 0, 0, "EXPIRED"),
        ("BACK 20 @ 5.4", {"minFillSize": 1}, 10, 5.4, "EXECUTION_COMPLETE"),
        ("BACK 20 @ 5.3", {}, 0, 0, "EXPIRED"),
    ],
)
def test_the_price_of_a_fill_or_kill_bounds_the_mean_of_the_whole_fill(text, more, matched, mean, status):
    world = World()
    for price, size in (("5.5", "2"), ("5.4", "6"), ("5.3", "9")):
        world.crowd("LAY", price, size)
    customer = Customer(world)
    (report,) = customer.place(kill(text, **more))["instructionReports"]
    assert (report["sizeMatched"], report["status"], report["orderStatus"]) == (matched, "SUCCESS", status)
    assert report["averagePriceMatched"] == pytest.approx(mean)
    (bet,) = customer.call("listCurrentOrders")["currentOrders"]
    assert (bet["sizeCancelled"], bet["sizeLapsed"], bet["sizeRemaining"]) == (float(text.split()[1]) - matched, 0, 0)


def test_a_fill_or_kill_is_judged_when_its_delay_is_over():
    world, customer = in_play()
    world.crowd("LAY", "3", "4")
    world.pass_ms(1_000)
    customer.send("placeOrders", marketId=MARKET, instructions=[kill("BACK 10 @ 3", minFillSize=2)])
    world.pass_ms(5_000)
    (reply,) = customer.replies()
    (report,) = reply["result"]["instructionReports"]
    assert (report["sizeMatched"], report["orderStatus"]) == (4.0, "EXECUTION_COMPLETE")


# --- market version ---


@pytest.mark.parametrize(("behind", "dies"), [(0, False), (-5, False), (1, True), (99, True)])
def test_a_bet_for_an_older_material_version_lapses(behind: int, dies: bool):
    world = World()
    customer = Customer(world)
    world.at_exchange(suspend)
    world.at_exchange(reopen)
    current = world.fake.books.markets[MARKET].version
    report = customer.place(limit("BACK 2 @ 3"), marketVersion={"version": current - 1 - behind})
    (one,) = report["instructionReports"]
    assert one["betId"], "the venue has taken it, and let it lapse"
    if dies:
        assert (report["status"], *codes(report)) == ("FAILURE", "BET_ACTION_ERROR", "BET_TAKEN_OR_LAPSED")
        assert one["orderStatus"] == "EXECUTION_COMPLETE"
    else:
        assert (report["status"], one["orderStatus"]) == ("SUCCESS", "EXECUTABLE")


def test_the_published_version_never_falls_and_rises_with_each_definition():
    world = World()
    state = world.fake.books.markets[MARKET]
    seen = [state.version]
    for deed in (suspend, reopen, suspend, turn_in_play, reopen):
        world.at_exchange(deed)
        seen.append(state.version)
    assert seen == list(range(seen[0], seen[0] + 6))
    assert seen[0] >= VERSION_BASE


def test_a_version_of_too_many_digits_is_none():
    report = Customer(World()).place(limit("BACK 2 @ 3"), marketVersion={"version": 10**12})
    assert report["errorCode"] == "INVALID_MARKET_VERSION"


# --- in play ---


def in_play() -> tuple[World, Customer]:
    world = World()
    world.at_exchange(turn_in_play)
    return world, Customer(world)


def send(customer: Customer, text: str, **params) -> None:
    customer.send("placeOrders", marketId=MARKET, instructions=[limit(text)], **params)


def test_in_play_the_answer_comes_after_the_delay_with_what_was_matched_then():
    world, customer = in_play()
    world.crowd("LAY", "2.06", "4")
    world.pass_ms(1_000)
    send(customer, "BACK 10 @ 2.04")
    world.pass_ms(4_999)
    assert customer.replies() == []
    world.pass_ms(1)
    (reply,) = customer.replies()
    (report,) = reply["result"]["instructionReports"]
    assert (report["sizeMatched"], report["averagePriceMatched"], report["orderStatus"]) == (4.0, 2.06, "EXECUTABLE")


def test_a_suspension_in_the_delay_lapses_the_bet():
    world, customer = in_play()
    reader = Reader(world, customer)
    reader.watch_orders()
    send(customer, "BACK 10 @ 2.04")
    world.pass_ms(2_000)
    world.at_exchange(suspend)
    (reply,) = customer.replies()
    assert codes(reply["result"]) == ["BET_ACTION_ERROR", "BET_TAKEN_OR_LAPSED"]
    (message,) = reader.messages()
    (order,) = message["oc"][0]["orc"][0]["uo"]
    assert (order["status"], order["sl"], order["lsrc"]) == ("EC", 10, "MKT_SUSPENDED")


def test_a_bet_in_its_delay_is_nowhere_to_be_seen_and_shows_when_it_rests():
    world, customer = in_play()
    reader = Reader(world, customer)
    reader.watch_orders()
    send(customer, "BACK 10 @ 2.04")
    assert (reader.messages(), customer.heard()) == ([], [])
    other = Customer(world)
    assert other.call("listCurrentOrders")["currentOrders"] == []
    assert other.call("getAccountFunds")["availableToBetBalance"] == 990.0, "but it is paid for"
    world.pass_ms(5_000)
    orders = [
        one for message in reader.messages() for change in message.get("oc", []) for one in change["orc"][0]["uo"]
    ]
    assert [(one["status"], one["sr"]) for one in orders] == [("E", 10)]
    assert len(other.call("listCurrentOrders")["currentOrders"]) == 1


def test_an_asynchronous_bet_is_pending_at_once_and_has_no_id():
    world, customer = in_play()
    send(customer, "BACK 10 @ 2.04", **{"async": True})
    (reply,) = customer.replies()
    (report,) = reply["result"]["instructionReports"]
    assert (report["orderStatus"], "betId" in report) == ("PENDING", False)
    world.pass_ms(5_000)
    assert len(customer.call("listCurrentOrders")["currentOrders"]) == 1


def test_a_pipelined_answer_waits_behind_the_delayed_one():
    world, customer = in_play()
    send(customer, "BACK 10 @ 2.04")
    customer.send("listCurrentOrders")
    assert customer.replies() == []
    world.pass_ms(5_000)
    placed, listed = customer.replies()
    assert placed["result"]["status"] == "SUCCESS"
    assert listed["result"]["currentOrders"] == [], "it was answered while the bet waited"
