"""Submitting offers: what is taken, what fails and how a batch says so; delays and flushes in play."""

import json

import pytest

from tests.venues.matchbook.fake_world import AWAY, HOME, HORSE, TOTAL, WIN, Customer, World, messages, offer
from tests.venues.sim.wires import question
from venues.sim.lifecycle import close, remove_selection, reopen, suspend, turn_in_play

# --- what is good, and what is wrong ---


@pytest.mark.parametrize(
    ("text", "odds"),
    [
        ("BACK 10 @ 2.02", 2.02),
        ("BACK 10 @ 2.03", 2.04),
        ("LAY 10 @ 2.03", 2.02),
        ("BACK 10 @ 1.75187", 1.76),
        ("LAY 10 @ 1.75187", 1.75),
        ("BACK 10 @ 6.05", 6.2),
        ("LAY 10 @ 6.15", 6),
        ("BACK 0.1 @ 1000", 1000),
        ("LAY 10 @ 1.01", 1.01),
    ],
)
def test_odds_between_two_rungs_move_in_the_customers_favour(text: str, odds: float):
    placed = Customer(World()).place(text)
    assert (placed["odds"], placed["decimal-odds"], placed["status"]) == (odds, odds, "open")


@pytest.mark.parametrize(
    ("sent", "field", "said"),
    [
        (offer("BACK -2 @ 3"), "stake", "-2 is not a valid stake. Stake must be at least EUR0.1."),
        (offer("LAY 0.09 @ 3"), "stake", "0.09 is not a valid stake. Stake must be at least EUR0.1."),
        (offer("BACK 1.001 @ 3"), "stake", "1.001 is not a valid stake. Stake must be at least EUR0.1."),
        (offer("BACK 0 @ 3"), "stake", "0 is not a valid stake. Stake must be at least EUR0.1."),
        (offer("BACK 2 @ 1"), "odds", "1 is not a valid odds value."),
        (offer("LAY 2 @ 1001"), "odds", "1001 is not a valid odds value."),
        (offer("WIN 2 @ 3"), "side", "win is not a valid side."),
        (offer("BACK 2 @ 3", runner=7), "runner-id", "7 is not a valid runner."),
        (offer("BACK 2 @ 3", runner="x"), "runner-id", "x is not a valid runner."),
        (offer("BACK 1000.01 @ 3"), "stake", "Insufficient funds."),
        (offer("LAY 600 @ 3"), "stake", "Insufficient funds."),
        ({"runner-id": HOME, "side": "back", "odds": "NaN", "stake": 2}, "odds", "NaN is not a valid odds value."),
        ({"runner-id": HOME, "side": "back", "odds": 3, "stake": "1e30"}, "stake", None),
    ],
)
def test_an_offer_that_fails_has_no_id_and_leaves_no_trace(sent, field: str, said: str | None):
    world = World()
    status, (failed,) = Customer(world).post(sent)
    assert (status, failed["status"], "id" in failed) == (400, "failed", False)
    assert failed["errors"][0]["field"] == field
    assert said in (None, messages(failed)[0])
    assert Customer(world).listed() == []
    assert world.account.available_micros == 1_000_000_000


@pytest.mark.parametrize(
    ("texts", "status", "statuses"),
    [
        (["BACK 2 @ 3", "LAY 2 @ 2"], 200, ["open", "open"]),
        (["BACK 2 @ 3", "LAY -2 @ 2"], 400, ["open", "failed"]),
        (["BACK -2 @ 3", "LAY 2 @ 2", "BACK 3 @ 5"], 400, ["failed", "open", "open"]),
        (["BACK -2 @ 3", "LAY -2 @ 2"], 400, ["failed", "failed"]),
        (["BACK 600 @ 3", "BACK 600 @ 4", "BACK 400 @ 5"], 400, ["open", "failed", "open"]),
        (["BACK 5 @ 2", "LAY 2 @ -1"], 400, ["matched", "failed"]),
    ],
)
def test_a_batch_that_fails_in_part_is_a_400_with_the_rest_placed(texts, status: int, statuses: list[str]):
    world = World()
    world.crowd("LAY 5 @ 2.04")
    customer = Customer(world)
    answered, offers = customer.post(*(offer(text, temp=n) for n, text in enumerate(texts)))
    by_temp = sorted(offers, key=lambda one: int(one["temp-id"]))
    assert (answered, [one["status"] for one in by_temp]) == (status, statuses)
    assert [one["side"] for one in by_temp] == [text.split()[0].lower() for text in texts]
    assert len(customer.listed()) == sum(one != "failed" for one in statuses)


@pytest.mark.parametrize(
    "batch",
    [
        {},
        {"offers": []},
        {"offers": [offer("BACK 2 @ 3")], "exchange-type": "binary"},
        {"offers": [offer("BACK 2 @ 3")], "odds-type": "FRAC"},
        {"offers": [{"runner-id": HOME}]},
    ],
)
def test_a_batch_that_is_wrong_as_a_whole_has_errors_and_no_offers(batch):
    status, body = Customer(World()).ask("POST", "/edge/rest/v2/offers", batch)
    assert (status, set(body)) == (400, {"errors"})


def test_a_body_that_is_no_json_is_refused():
    customer = Customer(World())
    customer.peer.received(question("/edge/rest/v2/offers", b"{", session_token=customer.token), customer.world.now)
    assert customer.heard()[0][0] == 400


def test_numbers_and_ids_may_be_sent_as_text_and_what_is_unknown_is_dropped():
    customer = Customer(World())
    sent = {"runner-id": str(HOME), "side": "back", "odds": "3.0", "stake": "2.50", "customer-ref": "mine"}
    _, (placed,) = customer.post(sent)
    assert (placed["runner-id"], placed["odds"], placed["stake"]) == (HOME, 3, 2.5)
    assert "temp-id" not in placed


def test_what_was_sent_twice_is_placed_twice():
    customer = Customer(World())
    first, second = (customer.place("BACK 2 @ 3", temp="same") for _ in range(2))
    assert first["id"] != second["id"]
    assert [one["temp-id"] for one in customer.listed()] == ["same", "same"]


def test_answers_come_in_another_order_sometimes_and_a_seed_repeats_it():
    def order(seed: int) -> list[str]:
        _, offers = Customer(World(seed=seed)).post(*(offer("BACK 2 @ 3", temp=n) for n in range(6)))
        return [one["temp-id"] for one in offers]

    assert sorted(order(1)) == list("012345")
    assert order(1) == order(1)
    assert len({tuple(order(seed)) for seed in range(5)}) == 5


@pytest.mark.parametrize("ppm", [0, 1_000_000])
def test_ids_are_above_what_a_float_holds_and_sometimes_text(ppm: int):
    placed = Customer(World(text_ids_ppm=ppm)).place("BACK 2 @ 3", temp="t")
    for name in ("id", "event-id", "market-id", "runner-id"):
        assert int(placed[name]) > 2**53
        assert isinstance(placed[name], str) is (ppm > 0)


def test_a_stake_is_the_backers_on_either_side():
    customer = Customer(World())
    back, lay = customer.place("BACK 10 @ 1.5"), customer.place("LAY 10 @ 1.4")
    assert (back["potential-profit"], "potential-liability" in back) == (5, False)
    assert (lay["potential-liability"], "potential-profit" in lay) == (4, False)


@pytest.mark.parametrize(
    ("odds_type", "sent", "decimal"),
    [("US", -200, 1.5), ("US", 150, 2.5), ("HK", 0.5, 1.5), ("MALAY", -0.5, 3), ("INDO", -2, 1.5), ("%", 40, 2.5)],
)
def test_odds_may_be_sent_in_other_spellings(odds_type: str, sent: float, decimal: float):
    body = offer("BACK 2 @ 1") | {"odds": sent}
    status, (placed,) = Customer(World()).post(body, **{"odds-type": odds_type})
    assert (status, placed["decimal-odds"], placed["odds-type"]) == (200, decimal, odds_type)
    assert placed["odds"] == pytest.approx(sent)


# --- matching ---


def test_an_offer_that_crosses_is_matched_at_the_resting_odds_and_the_rest_stays_open():
    world = World()
    world.crowd("LAY 4 @ 2.1")
    world.crowd("LAY 3 @ 2.06")
    placed = Customer(world).place("BACK 10 @ 2.04")
    assert (placed["status"], placed["stake"], placed["remaining"]) == ("open", 10, 3)
    assert [(bet["odds"], bet["stake"]) for bet in placed["matched-bets"]] == [(2.1, 4), (2.06, 3)]
    assert len({bet["id"] for bet in placed["matched-bets"]}) == 2


def test_two_own_offers_that_meet_have_bets_with_ids_of_their_own():
    customer = Customer(World())
    customer.place("LAY 5 @ 2")
    customer.place("BACK 5 @ 2")
    bets = [bet["id"] for one in customer.listed() for bet in one["matched-bets"]]
    assert len(set(bets)) == 2


# --- the market ---


@pytest.mark.parametrize(
    ("deeds", "said"),
    [([suspend], "The market is suspended."), ([suspend, reopen], ""), ([close], "The market is closed.")],
)
def test_a_market_that_takes_no_offers_says_so(deeds, said: str):
    world = World()
    for deed in deeds:
        world.at_exchange(deed)
    status, (one,) = Customer(world).post(offer("BACK 2 @ 3"))
    assert (status, messages(one) if said else one["status"]) == ((400, [said]) if said else (200, "open"))


def test_a_withdrawn_runner_flushes_and_refuses():
    world = World()
    customer = Customer(world)
    number = customer.place("BACK 2 @ 3", runner=HORSE, keep=True)["id"]
    runner = str(HORSE)
    world.at_exchange(remove_selection, runner, market=WIN, factor_ppm=200_000)
    assert customer.one(number)["status"] == "flushed"
    _, (one,) = customer.post(offer("BACK 2 @ 3", runner=HORSE))
    assert messages(one) == ["The runner was withdrawn."]


# --- in play ---


def in_play() -> tuple[World, Customer]:
    world = World()
    world.at_exchange(turn_in_play)
    return world, Customer(world)


@pytest.mark.parametrize(
    ("text", "others", "held"),
    [
        ("BACK 5 @ 2.04", "LAY 3 @ 2.06", True),
        ("LAY 5 @ 2.2", "BACK 3 @ 2.06", True),
        ("BACK 5 @ 2.08", "LAY 3 @ 2.06", False),
        ("BACK 5 @ 2.04", "LAY 3 @ 2.02", False),
    ],
)
def test_only_an_offer_that_would_match_at_once_is_delayed(text: str, others: str, held: bool):
    world, customer = in_play()
    world.crowd(others)
    world.pass_ms(5_000)
    placed = customer.place(text)
    assert (placed["status"], placed.get("delay"), placed["in-play"]) == (
        ("delayed", 5, True) if held else ("open", None, True)
    )


def held_back() -> tuple[World, Customer, int]:
    world, customer = in_play()
    world.crowd("LAY 3 @ 2.06")
    world.pass_ms(5_000)
    return world, customer, customer.place("BACK 5 @ 2.04")["id"]


def test_when_the_delay_is_over_the_offer_is_matched_or_rests():
    world, customer, number = held_back()
    world.pass_ms(4_999)
    assert (customer.one(number)["status"], customer.one(number)["remaining"]) == ("delayed", 5)
    world.pass_ms(1)
    after = customer.one(number)
    assert (after["status"], after["remaining"], after["delay"]) == ("open", 2, 5)


def test_a_delayed_offer_whose_price_went_away_rests_and_is_news():
    world, customer, number = held_back()
    (order,) = [one for one in world.exchange.floor.orders.values() if one.account == "crowd"]
    world.exchange.cancel(order.number, account="crowd", now_ns=world.now)
    world.exchange.publish(world.now)
    world.pass_ms(6_000)
    assert [(one["id"], one["status"]) for one in customer.listed(interval=2)] == [(number, "open")]


def test_a_suspension_in_the_delay_fails_the_offer():
    world, customer, number = held_back()
    world.at_exchange(suspend)
    failed = customer.one(number)
    assert (failed["status"], failed["remaining"], bool(messages(failed))) == ("failed", 5, True)
    assert world.account.available_micros == 1_000_000_000


def test_a_delayed_offer_cannot_be_cancelled_and_locks_its_money():
    world, customer, number = held_back()
    assert customer.cancel(f"/{number}")[0] == 400
    assert customer.cancel() == (200, customer.cancel()[1])
    assert customer.one(number)["status"] == "delayed"
    assert world.account.available_micros == 995_000_000


@pytest.mark.parametrize(
    ("deeds", "keep", "status"),
    [
        ([turn_in_play], False, "flushed"),
        ([turn_in_play], True, "open"),
        ([suspend], False, "flushed"),
        ([suspend, turn_in_play, reopen], True, "open"),
        ([turn_in_play, suspend], True, "flushed"),
        ([turn_in_play, suspend, reopen], True, "flushed"),
        ([close], True, "flushed"),
    ],
)
def test_what_outlives_a_turn_and_what_is_flushed(deeds, keep: bool, status: str):
    world = World()
    customer = Customer(world)
    number = customer.place("BACK 5 @ 3", keep=keep)["id"]
    elsewhere = customer.place("BACK 5 @ 3", runner=HORSE)["id"]
    for deed in deeds:
        world.at_exchange(deed)
    after = customer.one(number)
    assert (after["status"], after["remaining"], after["keep-in-play"]) == (status, 5, keep)
    assert customer.one(elsewhere)["status"] == "open"


def test_a_flush_keeps_what_was_matched():
    world = World()
    customer = Customer(world)
    number = customer.place("BACK 5 @ 3")["id"]
    world.crowd("LAY 2 @ 3")
    world.at_exchange(turn_in_play)
    after = customer.one(number)
    assert (after["status"], after["stake"], after["remaining"]) == ("flushed", 5, 3)
    assert sum(bet["stake"] for bet in after["matched-bets"]) == 2


def test_an_offer_placed_past_the_port_is_an_offer_too():
    world = World()
    customer = Customer(world)
    placed = customer.place("BACK 5 @ 3", runner=AWAY)
    assert json.dumps(placed).count(str(TOTAL)) == 0
    order = world.exchange.floor.orders[1]
    world.exchange.amend(order.number, account="desk", price=320, remaining_micros=5_000_000, now_ns=world.now)
    world.exchange.publish(world.now)
    assert customer.one(placed["id"])["odds"] == 3.2
