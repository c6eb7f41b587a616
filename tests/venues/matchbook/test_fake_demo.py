"""The venue's part of the demo: its catalogue lists the world, its prices are the world's, a whole match long."""

import json
from typing import Any

import pytest

from domain.orders import Side
from tests.venues.sim.wires import HandWire, answers, question
from venues.matchbook.demo import MatchbookDemo
from venues.sim.demo import Staging
from venues.sim.faults import PROFILES, Faults
from venues.sim.football import KINDS, Match
from venues.sim.images import levels
from venues.sim.markets import MarketSpec
from venues.sim.world import World, WorldOptions, open_exchange

EPOCH_NS = 1_790_000_000_000_000_000
MINUTE_NS = 60_000_000_000


def staging(world: World, demo: MatchbookDemo) -> Staging:
    return Staging(
        exchange=world.exchanges[demo.options.venue],
        matches=world.matches,
        kinds=tuple(KINDS),
        naming=demo.options.naming,
        faults=Faults(PROFILES["none"], 7),
        epoch_ns=EPOCH_NS,
        seed=7,
        speed=30.0,
        start_ms=EPOCH_NS // 1_000_000,
    )


class Reader:
    """Reads the public part of an opened fake."""

    def __init__(self, fake) -> None:
        self.fake, self.wire = fake, HandWire()
        self.peer = fake.accept()
        self.peer.connected(self.wire, 0)

    def get(self, path: str, now_ns: int):
        self.peer.received(question(f"/edge/rest/{path}", method="GET"), now_ns)
        self.fake.on_time(now_ns + 10_000_000)
        ((status, _, body),) = answers(self.wire.taken())
        assert status == 200, body
        return json.loads(body)


def test_the_catalogue_is_the_mapping_and_prices_are_the_exchanges_own_as_a_match_goes_by():
    demo = MatchbookDemo()
    world = World(WorldOptions(seed=7, speed=30.0, pace=0.3), (demo.options,), start_ns=0, start_ms=EPOCH_NS // 10**6)
    opened = staging(world, demo)
    reader = Reader(demo.open_fake(opened).servers["rest"])
    listed = {(one.venue_market, one.selection) for one in world.mapping.listings}
    seen, compared = set(), 0
    shown: list[Any] = []
    for minute in range(4):
        now_ns = minute * MINUTE_NS
        world.on_time(now_ns)
        query = "events?include-prices=true&minimum-liquidity=0&price-depth=50&per-page=50"
        shown = reader.get(query, now_ns)["events"]
        for market in (market for event in shown for market in event["markets"]):
            seen.add(market["status"])
            for runner in market["runners"]:
                key = (str(market["id"]), str(runner["id"]))
                assert key in listed
                for side, resting in (("back", Side.LAY), ("lay", Side.BACK)):
                    rows = [row for row in runner["prices"] if row["side"] == side]
                    behind = levels(opened.exchange, *key, resting=resting)
                    assert [(round(row["odds"] * 100), round(row["available-amount"] * 1e6)) for row in rows] == behind
                    compared += len(rows)
    assert len(listed) == sum(len(market["runners"]) for event in shown for market in event["markets"])
    assert {"open", "graded"} <= seen
    assert compared > 100


def test_all_ids_are_different_and_above_what_a_float_holds():
    demo = MatchbookDemo()
    world = World(WorldOptions(seed=7, speed=30.0), (demo.options,), start_ns=0, start_ms=0)
    ids = [int(one.selection) for one in world.mapping.listings]
    ids += {int(one.venue_market) for one in world.mapping.listings}
    assert len(set(ids)) == len(ids)
    assert min(ids) > 2**53


@pytest.mark.parametrize(
    ("away", "questions", "sport", "runners"),
    [
        ("Castle", tuple(KINDS.items()), 15, ["Harbour", "DRAW (Har/Cas)", "Castle", "OVER 2.5", "UNDER 2.5"]),
        ("", (("win", ("1 Erik", "2 Gull")),), 24_735_152_712_200, ["1 Erik", "2 Gull"]),
        ("", (("match_odds", ("Harbour", "The Draw")),), 15, ["Harbour", "The Draw"]),
    ],
)
def test_an_event_is_named_by_its_kind(away: str, questions, sport: int, runners: list[str]):
    demo = MatchbookDemo()
    match = Match(3, "Harbour", away, 0, 0, 1.0, 1.0, (), (), questions)
    exchange = open_exchange(demo.options, speed=30.0)
    for kind, outcomes in questions:
        names = [demo.options.naming(match, kind, n) for n in range(len(outcomes))]
        exchange.list_market(MarketSpec(names[0][0], tuple(selection for _, selection in names)))
    kinds = tuple(kind for kind, _ in questions)
    opened = Staging(exchange, (match,), kinds, demo.options.naming, Faults(PROFILES["none"], 1), EPOCH_NS, 1, 30.0, 0)
    (event,) = Reader(demo.open_fake(opened).servers["rest"]).get("events", 0)["events"]
    assert (event["sport-id"], event["name"]) == (sport, "Harbour vs Castle" if away else "Harbour")
    assert [runner["name"] for market in event["markets"] for runner in market["runners"]] == runners
    assert [one["participant-name"] for one in event["event-participants"]] == (["Harbour", away] if away else [])
