"""Offers after their submission: edits, cancels, what lists show and for how long."""

import pytest

from tests.venues.matchbook.fake_world import (
    AWAY,
    EVENT,
    HOME,
    HORSE,
    MARKET,
    OVER,
    RACE,
    TOTAL,
    Customer,
    World,
    messages,
)
from venues.sim.lifecycle import suspend, turn_in_play

HOUR_MS = 3_600_000
OFFERS = "/edge/rest/v2/offers"


def several() -> tuple[World, Customer, dict[str, int]]:
    """Offers on two events, three markets and two sides."""
    customer = Customer(World())
    ids = {
        "home": customer.place("BACK 2 @ 3")["id"],
        "away": customer.place("LAY 2 @ 2", runner=AWAY)["id"],
        "over": customer.place("BACK 2 @ 3", runner=OVER)["id"],
        "horse": customer.place("BACK 2 @ 3", runner=HORSE)["id"],
    }
    return customer.world, customer, ids


FILTERS = [
    ({}, "home away over horse"),
    ({"runner-ids": f"{HOME},{OVER}"}, "home over"),
    ({"market-ids": MARKET}, "home away"),
    ({"market-ids": f"{MARKET},{TOTAL}"}, "home away over"),
    ({"event-ids": RACE}, "horse"),
    ({"event-ids": EVENT, "runner-ids": HORSE}, ""),
]


def text(query) -> str:
    return "?" + "&".join(f"{name}={value}" for name, value in query.items()) if query else ""


# --- cancelling ---


@pytest.mark.parametrize(("query", "gone"), FILTERS)
def test_filters_choose_what_is_cancelled_and_without_one_everything_is(query, gone: str):
    _, customer, ids = several()
    status, body = customer.cancel(text(query))
    assert (status, [one["id"] for one in body["offers"]]) == (200, [ids[name] for name in gone.split()])
    assert {one["status"] for one in body["offers"]} <= {"cancelled"}
    assert [one["id"] for one in customer.listed(status="open")] == [
        number for name, number in ids.items() if name not in gone.split()
    ]


def test_offers_are_cancelled_by_their_ids_and_dead_ones_are_left_out():
    _, customer, ids = several()
    for expected in ([ids["home"], ids["horse"]], []):
        status, body = customer.cancel(f"?offer-ids={ids['home']},{ids['horse']}")
        assert (status, [one["id"] for one in body["offers"]]) == (200, expected)


def test_a_cancelled_offer_keeps_its_remaining_stake_and_a_second_cancel_is_refused():
    _, customer, ids = several()
    status, gone = customer.cancel(f"/{ids['home']}")
    assert (status, gone["status"], gone["remaining"]) == (200, "cancelled", 2)
    assert customer.one(ids["home"])["remaining"] == 2
    status, body = customer.cancel(f"/{ids['home']}")
    assert (status, messages(body)) == (400, ["The offer is no longer open."])


def test_a_cancel_that_lost_the_race_is_refused_and_what_was_matched_stays():
    world, customer, ids = several()
    world.crowd("LAY 2 @ 3")
    assert customer.cancel(f"/{ids['home']}")[0] == 400
    assert customer.one(ids["home"])["status"] == "matched"


def test_a_partly_matched_offer_is_cancelled_as_to_its_rest():
    world, customer, ids = several()
    world.crowd("LAY 1.5 @ 3")
    _, gone = customer.cancel(f"/{ids['home']}")
    assert (gone["remaining"], sum(bet["stake"] for bet in gone["matched-bets"])) == (0.5, 1.5)


@pytest.mark.parametrize("number", [1, 33_980_000_000_000_015, 33_980_000_009_990_015, 33_980_000_000_010_016])
def test_what_is_no_offer_is_not_found(number: int):
    _, customer, _ = several()
    assert customer.cancel(f"/{number}")[0] == 404
    assert customer.ask("GET", f"{OFFERS}/{number}")[0] == 404


# --- editing ---


@pytest.mark.parametrize(
    ("edit", "odds", "stake", "remaining"),
    [
        ({"new-odds": 3.5}, 3.5, 10, 6),
        ({"new-odds": 3.52}, 3.55, 10, 6),
        ({"new-stake": 2}, 3, 6, 2),
        ({"new-stake": "9"}, 3, 13, 9),
        ({"new-odds": 2.9, "new-stake": 1}, 2.9, 5, 1),
        ({"current-odds": 3, "new-odds": 4, "current-stake": 6, "new-stake": 7}, 4, 11, 7),
    ],
)
def test_an_edit_changes_odds_and_what_is_unmatched_on_the_same_offer(edit, odds, stake, remaining):
    world = World()
    customer = Customer(world)
    number = customer.place("BACK 10 @ 3", temp="mine")["id"]
    world.crowd("LAY 4 @ 3")
    status, edited = customer.ask("PUT", f"{OFFERS}/{number}", edit)
    assert (status, edited["id"], edited["status"], edited["temp-id"]) == (200, number, "edited", "mine")
    assert (edited["odds"], edited["stake"], edited["remaining"]) == (odds, stake, remaining)
    assert (edited["offer-edit"]["stake-before"], edited["offer-edit"]["stake-after"]) == (6, remaining)
    assert edited["offer-edit"]["status"] == "applied"


@pytest.mark.parametrize(
    ("edit", "field", "said"),
    [
        ({"new-stake": -2}, "stake", "Invalid new stake value of -2"),
        ({"new-stake": 0.05}, "stake", "Invalid new stake value of 0.05"),
        ({"new-odds": 0.5}, "odds", "Invalid new odds value of 0.5"),
        ({"current-odds": 3.05, "new-odds": 4}, "odds", "The current odds have changed."),
        ({"current-stake": 9, "new-stake": 4}, "stake", "The current stake has changed."),
        ({"new-stake": 2000}, "stake", "Insufficient funds."),
    ],
)
def test_an_edit_that_is_wrong_or_stale_changes_nothing(edit, field: str, said: str):
    customer = Customer(World())
    placed = customer.place("BACK 10 @ 3")
    other = customer.place("BACK 1 @ 4")
    batch = {"offers": [edit | {"id": placed["id"]}, {"id": str(other["id"]), "new-odds": 5}]}
    status, body = customer.ask("PUT", OFFERS, batch)
    failed, good = body["offers"]
    assert (status, failed["id"], good["odds"]) == (400, str(placed["id"]), 5)
    assert failed["offer-edit"]["errors"] == [{"field": field, "messages": [said]}]
    assert customer.one(placed["id"]) == placed
    status, body = customer.ask("PUT", f"{OFFERS}/{placed['id']}", edit)
    assert (status, body["errors"][0]["field"], messages(body)) == (400, field, [said])


def test_an_edit_while_the_market_is_suspended_fails_and_is_remembered():
    world = World()
    customer = Customer(world)
    number = customer.place("BACK 10 @ 3", keep=True)["id"]
    world.at_exchange(suspend)
    assert customer.ask("PUT", f"{OFFERS}/{number}", {"new-odds": 4})[0] == 400
    (edit,) = customer.one(number) and customer.get(f"v2/offers/{number}/offer-edits")["offer-edits"]
    assert (edit["status"], edit["failure-reason"]) == ("failed", "market_status")
    assert customer.one(number)["status"] == "open"


@pytest.mark.parametrize(
    ("stops", "status", "edit_status"), [(False, "matched", "applied"), (True, "flushed", "failed")]
)
def test_an_edit_in_play_that_would_match_waits_and_may_fail(stops: bool, status: str, edit_status: str):
    world = World()
    customer = Customer(world)
    world.at_exchange(turn_in_play)
    world.crowd("LAY 20 @ 2.5")
    number = customer.place("BACK 10 @ 3", keep=True)["id"]
    _, edited = customer.ask("PUT", f"{OFFERS}/{number}", {"new-odds": 2.5})
    assert (edited["status"], edited["offer-edit"]["status"], edited["offer-edit"]["delay"]) == (
        "delayed",
        "delayed",
        5,
    )
    if stops:
        world.at_exchange(suspend)
    world.pass_ms(5_000)
    after = customer.get(f"v2/offers/{number}", include_edits="true")
    assert (after["status"], after["offer-edits"][0]["status"]) == (status, edit_status)


def test_a_dead_offer_cannot_be_edited():
    customer = Customer(World())
    number = customer.place("BACK 10 @ 3")["id"]
    customer.cancel()
    status, body = customer.ask("PUT", OFFERS, {"offers": [{"id": number, "new-odds": 4}, {"id": 5, "new-odds": 4}]})
    assert status == 400
    assert [messages(one["offer-edit"]) for one in body["offers"]] == [
        ["The offer is no longer open."],
        ["The offer was not found."],
    ]


# --- lists ---


@pytest.mark.parametrize(
    ("query", "shown"), [*FILTERS, ({"side": "lay"}, "away"), ({"sport-ids": 15}, "home away over")]
)
def test_lists_are_filtered(query, shown: str):
    _, customer, ids = several()
    found = customer.ask("GET", OFFERS + text(query))[1]["offers"]
    assert [one["id"] for one in found] == [ids[name] for name in shown.split()]


def test_a_filter_by_the_offers_own_id_is_ignored():
    _, customer, ids = several()
    assert len(customer.listed(offer_ids=ids["home"])) == 4


@pytest.mark.parametrize(
    ("words", "shown"),
    [
        ("open", "part whole"),
        ("matched", "part full"),
        ("unmatched", "part whole edited"),
        ("edited", "edited"),
        ("cancelled", "gone"),
        ("flushed", ""),
        ("cancelled,matched", "part full gone"),
    ],
)
def test_two_words_of_the_status_filter_mean_more_than_a_status(words: str, shown: str):
    world = World()
    customer = Customer(world)
    ids = {name: customer.place("BACK 2 @ 3", temp=name)["id"] for name in ("full", "part", "whole", "edited", "gone")}
    world.crowd("LAY 3 @ 3")
    customer.cancel(f"/{ids['gone']}")
    customer.ask("PUT", f"{OFFERS}/{ids['edited']}", {"new-odds": 4})
    assert {one["temp-id"] for one in customer.listed(status=words)} == set(shown.split())


def test_an_unknown_word_is_refused():
    _, customer, _ = several()
    assert customer.ask("GET", f"{OFFERS}?status=pending")[0] == 400


def test_a_matched_offer_keeps_its_stake_as_remaining_in_lists_only():
    world, customer, ids = several()
    world.crowd("LAY 2 @ 3")
    (listed,) = customer.listed(status="matched")
    assert (listed["remaining"], customer.one(ids["home"])["remaining"]) == (2, 0)


def test_an_interval_asks_for_what_changed_lately():
    world, customer, ids = several()
    world.pass_ms(60_000)
    assert customer.listed(interval=30) == []
    world.crowd("LAY 1 @ 3")
    customer.cancel(f"/{ids['away']}")
    assert {one["id"] for one in customer.listed(interval=1)} == {ids["home"], ids["away"]}
    assert len(customer.listed(interval=60)) == 4
    assert len(customer.listed(interval=59)) == 2


@pytest.mark.parametrize(("offset", "size", "shown"), [(0, 3, 3), (3, 3, 1), (4, 3, 0), (0, 1000, 4)])
def test_a_page_counts_all_rows(offset: int, size: int, shown: int):
    _, customer, _ = several()
    body = customer.get("v2/offers", **{"offset": offset, "per-page": size})
    assert (len(body["offers"]), body["total"], body["per-page"]) == (shown, 4, min(size, 500))


def test_a_dead_offer_leaves_the_list_after_an_hour_and_one_with_a_bet_stays():
    world, customer, ids = several()
    world.crowd("LAY 1 @ 3")
    customer.cancel()
    world.pass_ms(HOUR_MS - 1)
    customer.token = customer.login()[1]["session-token"]
    assert len(customer.listed()) == 4
    world.pass_ms(1)
    assert [one["id"] for one in customer.listed()] == [ids["home"]]
    assert customer.one(ids["away"])["status"] == "cancelled"


def test_a_cancellation_has_its_reason():
    world, customer, ids = several()
    customer.cancel(f"/{ids['home']}")
    customer.ask("POST", "/edge/rest/v1/heartbeat", {"timeout": 10})
    world.pass_ms(10_000)
    mine, silent = (customer.listed(cancellation_reason=reason) for reason in ("user_request", "heartbeat_expiry"))
    assert [one["id"] for one in mine] == [ids["home"]]
    assert {one["id"] for one in silent} == {ids["away"], ids["over"], ids["horse"]}


# --- what was matched ---


def test_matched_bets_are_added_up_by_runner_and_side():
    world = World()
    customer = Customer(world)
    for odds, size in (("3", "2"), ("2.5", "6")):
        world.crowd(f"LAY {size} @ {odds}")
        customer.place(f"BACK {size} @ {odds}")
    world.crowd("BACK 4 @ 2", runner=AWAY)
    customer.place("LAY 4 @ 2", runner=AWAY)
    rows = customer.get("v2/matched-bets/aggregated")["matched-bets"]
    assert [(row["runner-id"], row["side"], row["stake"], row["decimal-odds"]) for row in rows] == [
        (HOME, "back", 8, 2.625),
        (AWAY, "lay", 4, 2),
    ]
    assert (rows[0]["potential-profit"], rows[1]["potential-liability"]) == (13, 4)


def test_positions_say_what_each_runners_win_brings():
    world = World()
    customer = Customer(world)
    world.crowd("LAY 2 @ 3")
    customer.place("BACK 2 @ 3")
    world.crowd("BACK 5 @ 1.5", runner=AWAY)
    customer.place("LAY 5 @ 1.5", runner=AWAY)
    rows = {row["runner-id"]: row for row in customer.get("account/positions")["positions"]}
    worth = [row.get("potential-profit", row.get("potential-loss")) for row in rows.values()]
    assert worth == [4 + 5, -2 + 5, -2 - 2.5]
    assert [name for row in rows.values() for name in row if name.startswith("pot")][-1] == "potential-loss"
    assert len(customer.get("account/positions", runner_ids=HOME)["positions"]) == 1
    assert customer.get("account/positions", market_ids=TOTAL)["positions"] == []
