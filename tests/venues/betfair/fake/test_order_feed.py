"""The order stream: what images and changes hold of our bets, and its race with the answers to requests."""

import logging

import pytest
from betfairlightweight import StreamListener, resources

from domain.ids import SelectionId
from domain.orders import Side
from tests.venues.betfair.fake.world import AWAY, HOME, MARKET, OTHER, Customer, Reader, World, limit, uos
from venues.sim.lifecycle import close, remove_selection, reopen, suspend
from venues.sim.placements import Placement
from venues.sim.settling import settle, void_matches

logging.getLogger("betfairlightweight").setLevel(logging.CRITICAL)


def watching(**order_filter) -> tuple[World, Customer, Reader]:
    world = World()
    customer = Customer(world)
    reader = Reader(world, customer)
    reader.watch_orders(orderFilter=order_filter or None)
    return world, customer, reader


def test_an_account_without_bets_has_an_image_without_markets():
    world = World()
    _, image = Reader(world, Customer(world)).watch_orders()
    assert (image["ct"], "oc" in image) == ("SUB_IMAGE", False)


def test_a_bet_is_told_whole_at_each_change():
    world, customer, reader = watching()
    customer.place(limit("BACK 10 @ 3", ref="O-1"), customerStrategyRef="maker")
    (placed,) = uos(reader.messages())
    assert placed == {
        "id": "300000000001",
        "p": 3,
        "s": 10,
        "side": "B",
        "status": "E",
        "pt": "L",
        "ot": "L",
        "pd": 1_769_862_601_000,
        "sm": 0,
        "sr": 10,
        "sl": 0,
        "sc": 0,
        "sv": 0,
        "rac": "",
        "rc": "REG_LGA",
        "rfo": "O-1",
        "rfs": "maker",
    }
    world.pass_ms(1_500)
    world.crowd("LAY", "3", "1.12")
    (message,) = reader.messages()
    (runner,) = message["oc"][0]["orc"]
    (partly,) = runner["uo"]
    assert partly == placed | {"sm": 1.12, "sr": 8.879999999999999, "md": 1_769_862_602_000, "avp": 3}
    assert runner["mb"] == [[3, 1.12]]
    customer.call("cancelOrders", marketId=MARKET)
    (gone,) = uos(reader.messages())
    assert (gone["status"], gone["sr"], gone["sc"], gone["cd"]) == ("EC", 0, 8.88, 1_769_862_602_500)


def test_several_matches_of_one_moment_are_one_change():
    world, customer, reader = watching()
    for price in ("3.1", "3.05", "3"):
        world.crowd("LAY", price, "2")
    customer.bet("BACK 6 @ 3")
    (message,) = reader.messages()
    (runner,) = message["oc"][0]["orc"]
    assert runner["mb"] == [[3.1, 2], [3.05, 2], [3, 2]]
    assert runner["uo"][0]["avp"] == pytest.approx(3.05)


def test_images_hold_executable_orders_and_matched_sizes_only():
    world, customer, _ = watching()
    customer.place(limit("BACK 10 @ 3", ref="matched"))
    world.crowd("LAY", "3", "10")
    customer.place(limit("BACK 10 @ 4", ref="cancelled"))
    customer.call("cancelOrders", marketId=MARKET)
    customer.place(limit("LAY 10 @ 2", ref="resting", runner=AWAY))
    _, image = Reader(world, customer).watch_orders()
    (market,) = image["oc"]
    assert market["fullImage"] is True
    home, away = market["orc"]
    assert home == {"fullImage": True, "id": HOME, "mb": [[3, 10]]}
    assert (away["fullImage"], away["id"], away["uo"][0]["rfo"], "mb" in away) == (True, AWAY, "resting", False)


def test_who_goes_on_with_clocks_hears_of_the_bets_that_ended_meanwhile():
    world = World()
    customer = Customer(world)
    reader = Reader(world, customer)
    customer.bet("BACK 10 @ 3")
    _, image = reader.watch_orders()
    reader.peer.closed("gone", world.now)
    world.crowd("LAY", "3", "10")
    found = {name: image[name] for name in ("initialClk", "clk")}
    _, patch = Reader(world, customer).watch_orders(**found)
    (order,) = uos([patch])
    assert (patch["ct"], order["status"], order["sm"]) == ("RESUB_DELTA", "EC", 10)
    _, fresh = Reader(world, customer).watch_orders()
    assert uos([fresh]) == []


def test_matched_sizes_may_be_shown_by_strategy():
    _, customer, reader = watching(partitionMatchedByStrategyRef=True, includeOverallPosition=False)
    for ref in ("maker", "taker", ""):
        customer.place(limit("BACK 2 @ 3"), limit("LAY 2 @ 2"), customerStrategyRef=ref)
    reader.messages()
    world = customer.world
    world.crowd("LAY", "3", "5")
    (message,) = reader.messages()
    (runner,) = message["oc"][0]["orc"]
    assert runner["smc"] == {"maker": {"mb": [[3, 2]]}, "taker": {"mb": [[3, 2]]}, "": {"mb": [[3, 1]]}}
    assert "mb" not in runner


def test_orders_may_be_narrowed_to_a_strategy_and_the_position_is_not():
    _, customer, reader = watching(customerStrategyRefs=["maker"])
    customer.place(limit("BACK 2 @ 3"), customerStrategyRef="taker")
    customer.world.crowd("LAY", "3", "2")
    messages = reader.messages()
    assert uos(messages) == []
    assert messages[-1]["oc"][0]["orc"] == [{"id": HOME, "mb": [[3, 2]]}]


def test_a_suspension_lapses_what_was_not_meant_to_stay():
    world, customer, reader = watching()
    customer.place(limit("BACK 2 @ 3"), limit("BACK 2 @ 4", persistence="PERSIST"))
    reader.messages()
    world.at_exchange(suspend)
    (lapsed,) = uos(reader.messages())
    assert (lapsed["p"], lapsed["status"], lapsed["sl"], lapsed["sr"], lapsed["ld"]) == (
        3,
        "EC",
        2,
        0,
        1_769_862_601_000,
    )
    assert "lsrc" not in lapsed


def test_an_older_version_is_named_as_the_reason():
    world, customer, reader = watching()
    seen = world.fake.books.markets[MARKET].version
    world.at_exchange(suspend)
    world.at_exchange(reopen)
    customer.place(limit("BACK 2 @ 3"), marketVersion={"version": seen})
    (lapsed,) = uos(reader.messages())
    assert (lapsed["lsrc"], lapsed["sl"], lapsed["sm"]) == ("MKT_VERSION", 2, 0)


def test_a_killed_bet_counts_as_cancelled():
    _, customer, reader = watching()
    (report,) = customer.place(limit("BACK 2 @ 3", timeInForce="FILL_OR_KILL"))["instructionReports"]
    assert (report["status"], report["sizeMatched"], report["orderStatus"]) == ("SUCCESS", 0.0, "EXPIRED")
    (killed,) = uos(reader.messages())
    assert (killed["status"], killed["sc"], killed["sl"], "cd" in killed) == ("EC", 2, 0, True)


def test_a_removal_takes_complete_bets_down_in_price_and_voids_the_runners_own():
    world, customer, reader = watching()
    for runner in (HOME, AWAY):
        customer.place(limit("BACK 2 @ 12", runner=runner))
        world.crowd("LAY", "12", "2", runner=runner)
    reader.messages()
    remove_selection(world.exchange, MARKET, SelectionId(str(AWAY)), world.now, factor_ppm=210_800)
    world.exchange.publish(world.now)
    (message,) = reader.messages()
    by_runner = {one["id"]: one for one in message["oc"][0]["orc"]}
    home, away = by_runner[HOME], by_runner[AWAY]
    (reduced,), (void,) = home["uo"], away["uo"]
    assert (reduced["status"], reduced["avp"], reduced["sm"], home["mb"]) == ("EC", 9.47, 2, [[12, 0], [9.47, 2]])
    assert (void["status"], void["sm"], void["sv"], "avp" in void, away["mb"]) == ("EC", 0, 2, False, [[12, 0]])


def test_a_void_after_a_goal_that_did_not_stand_reverses_a_match():
    world, customer, reader = watching()
    customer.bet("BACK 2 @ 3")
    world.crowd("LAY", "3", "2")
    reader.messages()
    void_matches(world.exchange, MARKET, world.now, chosen=lambda match: True)
    world.exchange.publish(world.now)
    (order,) = uos(reader.messages())
    assert (order["sm"], order["sv"], order["sr"], order["status"]) == (0, 2, 0, "EC")


def test_a_market_that_is_over_says_so_once():
    world, customer, reader = watching()
    customer.bet("BACK 2 @ 3")
    reader.messages()
    world.at_exchange(close)
    (lapsed,) = uos(reader.messages())
    assert lapsed["sl"] == 2
    settle(world.exchange, MARKET, dict.fromkeys(world.fake.books.markets[MARKET].runners), world.now)
    world.exchange.publish(world.now)
    (message,) = reader.messages()
    assert message["oc"] == [{"id": MARKET, "closed": True}]
    _, image = Reader(world, customer).watch_orders()
    assert "oc" not in image


def test_a_bet_placed_by_hand_shows_without_a_reference():
    world, customer, reader = watching()
    world.exchange.place(Placement("desk", MARKET, SelectionId(str(HOME)), Side.BACK, 300, 2_000_000), world.now)
    world.exchange.publish(world.now)
    (order,) = uos(reader.messages())
    assert (order["rfo"], order["s"]) == ("", 2)
    assert len(customer.call("listCurrentOrders")["currentOrders"]) == 1


def test_bets_in_two_markets_are_two_messages():
    _, customer, reader = watching()
    for market in (MARKET, OTHER):
        customer.call("placeOrders", marketId=market, instructions=[limit("BACK 2 @ 3")])
    assert [message["oc"][0]["id"] for message in reader.messages()] == [MARKET, OTHER]


# --- the race ---


@pytest.mark.parametrize(
    ("reply_lag", "order_lag", "first"), [((20, 20), (5, 5), "stream"), ((5, 5), (20, 20), "reply")]
)
def test_either_the_answer_or_the_stream_may_be_first(reply_lag, order_lag, first: str):
    world = World(reply_lag_ms=reply_lag, order_lag_ms=order_lag)
    customer = Customer(world)
    reader = Reader(world, customer)
    reader.watch_orders()
    customer.send("placeOrders", marketId=MARKET, instructions=[limit("BACK 2 @ 3")])
    assert (reader.messages(), customer.replies()) == ([], [])
    world.pass_ms(5)
    heard = {"stream": bool(reader.messages()), "reply": bool(customer.replies())}
    assert heard == {"stream": first == "stream", "reply": first == "reply"}
    world.pass_ms(15)
    heard = {"stream": bool(reader.messages()), "reply": bool(customer.replies())}
    assert heard == {"stream": first != "stream", "reply": first != "reply"}


def test_a_seed_decides_who_is_first_and_decides_alike_again():
    def story(seed: int) -> list[str]:
        world = World(seed=seed, reply_lag_ms=(0, 20), order_lag_ms=(0, 20))
        customer = Customer(world)
        reader = Reader(world, customer)
        reader.watch_orders()
        found = []
        for _ in range(12):
            customer.send("placeOrders", marketId=MARKET, instructions=[limit("BACK 2 @ 3")])
            for _ in range(21):
                if reader.messages():
                    found.append("stream")
                if customer.replies():
                    found.append("reply")
                world.pass_ms(1)
        return found

    first = story(1)
    assert first == story(1) != story(2)
    assert {tuple(first[k : k + 2]) for k in range(0, 24, 2)} == {("stream", "reply"), ("reply", "stream")}


# --- an independent client reads it ---


def test_an_independent_cache_reads_our_orders():
    world, customer, reader = watching()
    listener = StreamListener(max_latency=None)
    listener.register_stream(3, "orderSubscription")
    customer.place(limit("BACK 10 @ 3", ref="O-1"), limit("LAY 4 @ 2", ref="O-2"))
    world.crowd("LAY", "3", "4")
    customer.call("cancelOrders", marketId=MARKET, instructions=[{"betId": "300000000002"}])
    for line in reader.lines():
        assert listener.on_data(line.decode()) is not False
    (snap,) = listener.snap([MARKET])
    seen = {one.customer_order_ref: (one.status, one.size_matched, one.size_remaining) for one in snap.orders}
    assert seen == {"O-1": ("EXECUTABLE", 4, 6), "O-2": ("EXECUTION_COMPLETE", 0, 0)}


def test_an_independent_client_reads_our_answers():
    world = World()
    customer = Customer(world)
    placed = resources.PlaceOrders(elapsed_time=0, **customer.place(limit("BACK 10 @ 3", ref="O-1")))
    (report,) = placed.place_instruction_reports
    assert (placed.status, report.order_status, report.bet_id) == ("SUCCESS", "EXECUTABLE", "300000000001")
    replacing = {"marketId": MARKET, "instructions": [{"betId": report.bet_id, "newPrice": 4}]}
    replaced = resources.ReplaceOrders(elapsed_time=0, **customer.call("replaceOrders", **replacing))
    (pair,) = replaced.replace_instruction_reports
    assert pair.place_instruction_reports.bet_id == "300000000002"
    current = resources.CurrentOrders(elapsed_time=0, **customer.call("listCurrentOrders"))
    assert [one.price_size.price for one in current.orders] == [3, 4]
    updating = {"marketId": MARKET, "instructions": [{"betId": "300000000002", "newPersistenceType": "PERSIST"}]}
    updated = resources.UpdateOrders(elapsed_time=0, **customer.call("updateOrders", **updating))
    assert updated.update_instruction_reports[0].status == "SUCCESS"
    cancelled = resources.CancelOrders(elapsed_time=0, **customer.call("cancelOrders", marketId=MARKET))
    assert cancelled.cancel_instruction_reports[0].size_cancelled == 10
    funds = resources.AccountFunds(elapsed_time=0, **customer.call("getAccountFunds"))
    assert funds.available_to_bet_balance == 1_000
    everything = {
        "filter": {},
        "maxResults": 1,
        "marketProjection": ["EVENT", "RUNNER_DESCRIPTION", "MARKET_DESCRIPTION"],
    }
    (entry,) = customer.call("listMarketCatalogue", **everything)
    catalogue = resources.MarketCatalogue(elapsed_time=0, **entry)
    assert [one.runner_name for one in catalogue.runners] == ["Harbour", "Castle", "The Draw"]
    world.crowd("LAY", "3", "4")
    (book,) = customer.call("listMarketBook", marketIds=[MARKET], priceProjection={"priceData": ["EX_ALL_OFFERS"]})
    parsed = resources.MarketBook(elapsed_time=0, **book)
    assert parsed.runners[0].ex.available_to_back[0].price == 3
    cleared = customer.call("listClearedOrders", betStatus="CANCELLED")
    assert len(resources.ClearedOrders(elapsed_time=0, **cleared).orders) == 2
