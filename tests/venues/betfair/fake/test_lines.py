"""A market of Asian lines: runners by id and handicap in every list, and bets that are paid by halves."""

from pathlib import Path
from typing import Any

import pytest

from tests.venues.betfair.fake.lines import LINES_MARKET, end_lines, list_lines
from tests.venues.betfair.fake.shapes import StreamShapes
from tests.venues.betfair.fake.world import AWAY, HOME, Customer, Reader, World, limit
from venues.betfair.fake.options import selection_of


@pytest.fixture
def world() -> World:
    world = World()
    list_lines(world)
    return world


def place(customer: Customer, text: str, runner: int, handicap: float) -> dict[str, Any]:
    instruction = limit(text, runner=runner) | {"handicap": handicap}
    (report,) = customer.call("placeOrders", marketId=LINES_MARKET, instructions=[instruction])["instructionReports"]
    return report


def test_runners_of_one_id_differ_by_their_handicap_wherever_they_are_named(world: World) -> None:
    customer = Customer(world)
    assert place(customer, "BACK 10 @ 2", HOME, -0.25)["status"] == "SUCCESS"
    filtered = {"marketIds": [LINES_MARKET]}
    (listed,) = customer.call(
        "listMarketCatalogue",
        filter=filtered,
        maxResults=10,
        marketProjection=["RUNNER_DESCRIPTION", "MARKET_DESCRIPTION"],
    )
    assert listed["description"]["bettingType"] == "ASIAN_HANDICAP_DOUBLE_LINE"
    keys = [(one["selectionId"], one["handicap"]) for one in listed["runners"]]
    assert keys[:4] == [(HOME, -0.5), (AWAY, 0.5), (HOME, -0.25), (AWAY, 0.25)]
    (book,) = customer.call("listMarketBook", **filtered)
    assert book["numberOfWinners"] == 0
    assert [(one["selectionId"], one["handicap"]) for one in book["runners"]] == keys
    (current,) = customer.call("listCurrentOrders")["currentOrders"]
    assert (current["selectionId"], current["handicap"]) == (HOME, -0.25)


def test_a_handicap_that_the_market_does_not_have_is_no_runner(world: World) -> None:
    report = place(Customer(world), "BACK 10 @ 2", HOME, -1.25)
    assert (report["status"], report["errorCode"]) == ("FAILURE", "INVALID_RUNNER")


def test_the_streams_name_a_handicap_unless_it_is_nothing(world: World, shared: Path) -> None:
    customer = Customer(world)
    reader = Reader(world, customer)
    *_, image = reader.watch_markets(marketFilter={"marketIds": [LINES_MARKET]})
    (change,) = image["mc"]
    assert (change["marketDefinition"]["bettingType"], change["marketDefinition"]["numberOfWinners"]) == (
        "ASIAN_HANDICAP_DOUBLE_LINE",
        0,
    )
    keys = [(one["id"], one.get("hc")) for one in change["marketDefinition"]["runners"]]
    assert keys[2:6] == [(HOME, -0.25), (AWAY, 0.25), (HOME, None), (AWAY, None)]
    reader.watch_orders()
    place(customer, "LAY 10 @ 2", AWAY, 0.25)
    place(customer, "LAY 10 @ 2", AWAY, 0)
    told, shapes = reader.messages(), StreamShapes(shared / "venues" / "betfair")
    assert [wrong for message in (image, *told) for wrong in shapes.wrong(message)] == []
    bets = [runner for message in told for market in message.get("oc", []) for runner in market["orc"]]
    assert [(one["id"], one.get("hc")) for one in bets] == [(AWAY, 0.25), (AWAY, None)]
    rows = [row for message in told for market in message.get("mc", []) for row in market["rc"]]
    assert [(row["id"], row.get("hc")) for row in rows] == [(AWAY, 0.25), (AWAY, None)]


@pytest.mark.parametrize(
    ("score", "profits"),
    [
        ((1, 0), {-0.5: 9.5, -0.25: 9.5, 0.0: 9.5, 0.5: 9.5}),
        ((1, 1), {-0.5: -10.0, -0.25: -5.0, 0.0: 0.0, 0.5: 9.5}),
        ((0, 1), {-0.5: -10.0, -0.25: -10.0, 0.0: -10.0, 0.5: -10.0}),
    ],
)
def test_a_bet_on_a_line_is_paid_in_whole_by_half_or_not_at_all(
    world: World, score: tuple[int, int], profits: dict[float, float]
) -> None:
    customer = Customer(world)
    for line in profits:
        place(customer, "BACK 10 @ 1.95", HOME, line)
        world.crowd("LAY", "1.95", "10", runner=selection_of(HOME, line), market=LINES_MARKET)
    end_lines(world, *score)
    cleared = customer.call("listClearedOrders", betStatus="SETTLED")["clearedOrders"]
    assert {one["handicap"]: one["profit"] for one in cleared} == profits
    (market,) = customer.call("listClearedOrders", betStatus="SETTLED", groupBy="MARKET")["clearedOrders"]
    won = sum(profits.values())
    assert (market["profit"], market["commission"]) == (won, round(max(0.0, won) * 0.05 + 1e-9, 2))
    by_line = {"marketId": LINES_MARKET, "selectionId": HOME, "handicap": -0.25}
    (one,) = customer.call("listClearedOrders", betStatus="SETTLED", runnerIds=[by_line])["clearedOrders"]
    assert one["profit"] == profits[-0.25]
