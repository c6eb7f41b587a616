"""Reports and money: nesting, results, commission by market, and balances that equal the exchange's own."""

import pytest

from domain.money import parse_micros
from tests.venues.matchbook.fake_money import pay, settle_on
from tests.venues.matchbook.fake_world import (
    AWAY,
    DRAW,
    EVENT,
    HOME,
    HORSE,
    MARE,
    MARKET,
    OVER,
    RACE,
    TOTAL,
    UNDER,
    WIN,
    Customer,
    World,
)
from venues.matchbook.fake.settled import shares
from venues.sim.lifecycle import remove_selection
from venues.sim.settling import unsettle

SETTLED = "reports/v2/bets/settled"
MONEY = ("profit-and-loss", "commission", "net-profit-and-loss")


def micros(value) -> int:
    return parse_micros(f"{value:.6f}")


def taken(world: World, customer: Customer, text: str, *, runner: int = HOME, market: int = MARKET) -> int:
    """A bet that is matched at once; the offer's id."""
    side, size, _, odds = text.split()
    world.crowd(f"{'LAY' if side == 'BACK' else 'BACK'} {size} @ {odds}", runner=runner, market=market)
    return customer.place(text, runner=runner)["id"]


@pytest.mark.parametrize(
    ("bets", "winners", "gross", "commission", "results"),
    [
        ([("BACK 10 @ 2.2", HOME)], [HOME], 12, 0.24, ["WIN"]),
        ([("BACK 10 @ 2.2", HOME)], [AWAY], -10, 0, ["LOSE"]),
        ([("LAY 10 @ 2.2", HOME)], [HOME], -12, 0, ["LOSE"]),
        ([("LAY 10 @ 2.2", HOME)], [DRAW], 10, 0.2, ["WIN"]),
        ([("BACK 10 @ 2.2", HOME), ("LAY 10 @ 2", HOME)], [HOME], 2, 0.04, ["WIN", "LOSE"]),
        ([("BACK 10 @ 2", HOME), ("BACK 10 @ 4", AWAY)], [HOME], 0, 0, ["WIN", "LOSE"]),
        ([("BACK 3.33 @ 1.07", HOME), ("LAY 0.5 @ 11", AWAY)], [HOME], 0.7331, 0.01, ["WIN", "WIN"]),
        ([("BACK 10 @ 3", HOME)], [HOME, DRAW], 5, 0.1, ["WIN"]),
        ([("BACK 10 @ 2", HOME)], [HOME, DRAW], 0, 0, ["PUSH"]),
    ],
)
def test_a_settled_market_says_what_each_bet_brought_and_commission_falls_on_the_sum(
    bets, winners, gross, commission, results
):
    world = World()
    customer = Customer(world)
    offers = [taken(world, customer, text, runner=runner) for text, runner in bets]
    settle_on(world, *winners)
    report = customer.get(SETTLED)
    (market,) = report["markets"]
    rows = [row for selection in market["selections"] for row in selection["bets"]]
    assert {row["offer-id"]: row["result"] for row in rows} == dict(zip(offers, results, strict=True))
    for level in (report, market):
        assert [micros(level[name]) for name in MONEY] == [
            micros(gross),
            micros(commission),
            micros(gross) - micros(commission),
        ]
    for name in MONEY:
        assert sum(micros(row[name]) for row in rows) == micros(market[name])
        assert sum(micros(selection[name]) for selection in market["selections"]) == micros(market[name])
    assert world.account.wallet_micros == 1_000_000_000 + micros(market["net-profit-and-loss"])


def test_bets_are_nested_by_market_runner_and_side():
    world = World()
    customer = Customer(world)
    taken(world, customer, "BACK 10 @ 2.2")
    taken(world, customer, "BACK 30 @ 2.6")
    taken(world, customer, "LAY 10 @ 2")
    taken(world, customer, "BACK 10 @ 3", runner=AWAY)
    taken(world, customer, "BACK 10 @ 3", runner=OVER, market=TOTAL)
    settle_on(world, UNDER, market=TOTAL)
    world.pass_ms(1_000)
    settle_on(world, HOME)
    first, second = customer.get(SETTLED)["markets"]
    assert (first["id"], second["id"], second["event-id"]) == (TOTAL, MARKET, EVENT)
    heads = [(one["runner-id"], one["side"], one["odds"], one["stake"]) for one in second["selections"]]
    assert heads == [(HOME, "back", 2.5, 40), (HOME, "lay", 2, 10), (AWAY, "back", 3, 10)]
    assert [len(one["bets"]) for one in second["selections"]] == [2, 1, 1]


def test_a_bet_keeps_its_ids_from_the_match_to_the_report():
    world = World()
    customer = Customer(world)
    world.crowd("LAY 4 @ 2.2")
    placed = customer.place("BACK 10 @ 2.2")
    world.crowd("LAY 6 @ 2.2")
    bets = {bet["id"]: bet["stake"] for bet in customer.one(placed["id"])["matched-bets"]}
    current = customer.get("reports/v2/bets/current")["markets"][0]["selections"][0]["bets"]
    settle_on(world, HOME)
    settled = customer.get(SETTLED)["markets"][0]["selections"][0]["bets"]
    assert {row["id"]: row["stake"] for row in current} == {row["id"]: row["stake"] for row in settled} == bets
    assert [row["originator"] for row in settled] == [False, True]
    assert {row["offer-id"] for row in settled} == {placed["id"]}


def test_a_voided_selection_brings_nothing_and_says_so():
    world = World()
    customer = Customer(world)
    taken(world, customer, "BACK 10 @ 2.2")
    taken(world, customer, "BACK 10 @ 3", runner=AWAY)
    settle_on(world, HOME, void=(AWAY,))
    rows = [row for one in customer.get(SETTLED)["markets"][0]["selections"] for row in one["bets"]]
    assert [(row["result"], row["profit-and-loss"]) for row in rows] == [("WIN", 12), ("VOID", 0)]
    (cancelled,) = customer.get("bets", status="cancelled")["matched-bets"]
    assert (cancelled["status"], cancelled["stake"]) == ("cancelled", 10)


def test_odds_that_a_withdrawal_reduced_are_the_reports_own():
    world = World()
    customer = Customer(world)
    taken(world, customer, "BACK 10 @ 3", runner=HORSE, market=WIN)
    world.at_exchange(remove_selection, str(MARE), market=WIN, factor_ppm=250_000)
    settle_on(world, HORSE, market=WIN)
    (row,) = customer.get(SETTLED, event_ids=RACE)["markets"][0]["selections"][0]["bets"]
    assert (row["odds"], row["adjusted"], row["profit-and-loss"]) == (2.25, True, 12.5)


def test_a_settlement_that_is_taken_back_leaves_the_report_and_comes_again_with_the_same_ids():
    world = World()
    customer = Customer(world)
    taken(world, customer, "BACK 10 @ 2.2")
    settle_on(world, HOME)
    before = customer.get(SETTLED)["markets"][0]["selections"][0]["bets"][0]
    unsettle(world.exchange, next(iter(world.exchange.floor.markets)))
    world.exchange.publish(world.now)
    assert (customer.get(SETTLED)["total"], len(customer.listed())) == (0, 1)
    pay(world, AWAY)
    after = customer.get(SETTLED)["markets"][0]["selections"][0]["bets"][0]
    assert (after["id"], after["result"], before["result"]) == (before["id"], "LOSE", "WIN")
    rows = customer.get("reports/v1/transactions")["transactions"]
    moved = [(row["transaction-type"], row["credit"] - row["debit"]) for row in reversed(rows)]
    assert moved == [("Payout", 12), ("Commission", -0.24), ("Payout", -12), ("Commission", 0.24), ("Payout", -10)]
    assert micros(rows[0]["balance"]) == world.account.wallet_micros


def test_a_report_may_lag_behind_the_money():
    world = World(report_lag_ms=2_000)
    customer = Customer(world)
    taken(world, customer, "BACK 10 @ 2.2")
    settle_on(world, HOME)
    assert customer.get("account/balance")["balance"] == 1011.76
    world.pass_ms(1_999)
    assert customer.get(SETTLED)["total"] == 0
    world.pass_ms(1)
    assert customer.get(SETTLED)["total"] == 1


@pytest.mark.parametrize(
    ("query", "shown"),
    [
        ({"market_ids": MARKET}, 1),
        ({"event_ids": RACE}, 0),
        ({"sport_ids": 15}, 2),
        ({"after": "2026-01-31T12:30:02.000Z"}, 1),
        ({"before": "2026-01-31T12:30:01.500Z"}, 1),
        ({"after": "2026-01-31T12:30:03Z"}, 0),
        ({"per_page": 1, "offset": 1}, 1),
    ],
)
def test_reports_are_filtered_by_ids_and_iso_time(query, shown: int):
    world = World()
    customer = Customer(world)
    taken(world, customer, "BACK 10 @ 2.2")
    taken(world, customer, "BACK 10 @ 3", runner=OVER, market=TOTAL)
    settle_on(world, HOME)
    world.pass_ms(1_000)
    settle_on(world, OVER, market=TOTAL)
    query = {name.replace("_", "-") if name == "per_page" else name: value for name, value in query.items()}
    assert len(customer.get(SETTLED, **query)["markets"]) == shown


def test_epoch_seconds_are_no_time_for_a_report():
    assert Customer(World()).ask("GET", f"/edge/rest/{SETTLED}?after=now")[0] == 400


def test_settled_offers_are_gone_from_every_list_of_offers():
    world = World()
    customer = Customer(world)
    number = taken(world, customer, "BACK 10 @ 2.2")
    settle_on(world, HOME)
    assert customer.listed() == []
    assert customer.ask("GET", f"/edge/rest/v2/offers/{number}")[0] == 404
    assert customer.get("v2/matched-bets/aggregated")["total"] == 0
    assert customer.get("account/positions")["total"] == 0
    assert customer.get("reports/v2/bets/current")["total"] == 0


def test_open_offers_are_reported_with_what_is_left_of_them():
    world = World()
    customer = Customer(world)
    number = customer.place("BACK 10 @ 2.2")["id"]
    world.crowd("LAY 4 @ 2.2")
    customer.place("LAY 5 @ 2", runner=AWAY)
    report = customer.get("reports/v2/offers/current")
    rows = [row for one in report["markets"][0]["selections"] for row in one["offers"]]
    assert [(row["id"] == number, row["stake"], row["liability"]) for row in rows] == [(True, 6, 6), (False, 5, 5)]
    assert rows[1]["potential-profit"] == 5


@pytest.mark.parametrize(("kinds", "shown"), [("payout", 2), ("commission", 1), ("payout,commission", 3), ("bonus", 0)])
def test_money_that_moved_is_listed_with_the_balance_after_it(kinds: str, shown: int):
    world = World()
    customer = Customer(world)
    taken(world, customer, "BACK 10 @ 2.2")
    taken(world, customer, "BACK 10 @ 3", runner=OVER, market=TOTAL)
    settle_on(world, HOME)
    settle_on(world, UNDER, market=TOTAL)
    rows = customer.get("reports/v1/transactions")["transactions"]
    assert micros(rows[0]["balance"]) == world.account.wallet_micros
    assert [row["id"] for row in rows] == [3, 2, 1]
    assert customer.get("reports/v1/transactions", transaction_type=kinds)["total"] == shown


def test_the_balance_is_the_exchanges_own_account():
    world = World()
    customer = Customer(world)
    taken(world, customer, "BACK 10 @ 2.2")
    customer.place("LAY 5 @ 3", runner=AWAY)
    balance = customer.get("account/balance")
    assert micros(balance["balance"]) == world.account.wallet_micros
    assert micros(balance["free-funds"]) == world.account.available_micros
    assert micros(balance["exposure"]) == sum(world.account.locked_micros.values()) > 0
    settle_on(world, DRAW)
    after = customer.get("account")
    assert (micros(after["balance"]), after["exposure"], after["commission-type"]) == (990_000_000, 0, "NET_WIN")
    assert micros(after["free-funds"]) == world.account.wallet_micros


@pytest.mark.parametrize("weights", [{1: 3, 2: 3, 3: 1}, {1: 0, 2: 7}, {1: 1}, {n: n for n in range(9)}])
def test_a_sum_is_spread_without_loss(weights: dict[int, int]):
    for total in (0, 1, 7, 10_000):
        parts = shares(total, weights)
        assert sum(parts.values()) == total
        assert all(parts[key] == 0 for key, weight in weights.items() if not weight)
    assert shares(0, {1: 0}) == {1: 0}
