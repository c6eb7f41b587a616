"""Everything that the simulated Kalshi says has the shape that the venue's own documents give it."""

import json
from fractions import Fraction
from pathlib import Path

import pytest

from tests.venues.kalshi.shapes import Answers, Stream
from tests.venues.kalshi.venue import EVENT, HOME, ORDERS, TICKERS, TIE, YES, Client, Mirror, Socket, Venue
from venues.kalshi.fake.forms import unique_id
from venues.sim.lifecycle import close, reopen, suspend
from venues.sim.settling import settle

NOWHERE = unique_id(9, "order", 9)
SAMPLES = "samples/fortuna_demo_2026-06-11"


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    found = shared / "venues" / "kalshi"
    if not found.is_dir():
        pytest.skip("needs the venue's documents in venues/kalshi of CROSSBOOK_SHARED")
    return found


def lived() -> tuple[Client, Socket]:
    """A venue on which everything happened once, and who heard of it."""
    venue = Venue()
    client = Client(venue)
    socket = Socket(client)
    socket.subscribe("orderbook_delta", market_tickers=[HOME, TIE], use_yes_price=True)
    socket.subscribe("trade", "fill", "user_orders", "market_positions", "market_lifecycle_v2")
    socket.subscribe("ticker", send_initial_snapshot=True, market_tickers=[HOME])
    socket.subscribe("fill")
    socket.command("update_subscription", sids=[1], action="add_markets", market_tickers=[TICKERS[2]])
    socket.command("update_subscription", sids=[1], action="get_snapshot", market_tickers=[HOME])
    socket.command("update_subscription", sids=[1], action="add_markets", market_tickers=["NONE"])
    socket.command("list_subscriptions")
    _trade(venue, client)
    _read(client)
    _end(venue)
    _read(client)
    socket.command("unsubscribe", sids=[1])
    socket.said()
    return client, socket


def _trade(venue: Venue, client: Client) -> None:
    venue.crowd("ann ask 3 @ 50")
    order = client.place("bid 5 @ 0.50", expiration_time=1_790_000_900)["order_id"]
    client.place("ask 2 @ 0.70", TIE)
    venue.crowd("ann bid 1 @ 70", TIE)
    one = f"{ORDERS}/{order}"
    client.ask("POST", f"{one}/amend", {"ticker": HOME, "side": "bid", "price": "0.51", "count": "6"})
    client.ask("POST", f"{one}/decrease", {"reduce_by": "0.5"})
    client.ask("DELETE", one)
    client.ask("DELETE", f"{ORDERS}/{NOWHERE}")
    batch = [client.order("bid 1 @ 0.30"), client.order("bid 1 @ 0.305")]
    made = client.ask("POST", f"{ORDERS}/batched", {"orders": batch})[1]["orders"]
    gone = [{"order_id": made[0]["order_id"], "market_ticker": HOME}, {"order_id": NOWHERE}]
    client.ask("DELETE", f"{ORDERS}/batched", {"orders": gone})
    client.ask("POST", ORDERS, client.order("bid 1 @ 0.50") | {"count": 1})
    client.place("bid 1 @ 0.20")
    client.ask("DELETE", ORDERS)


def _read(client: Client) -> None:
    portfolio = "balance orders orders?limit=1 fills positions settlements orders/queue_positions orders?limit=9999"
    markets = f"markets markets?limit=1 markets/{HOME} markets/{HOME}/orderbook?depth=5 markets/trades"
    rest = (
        "series series/KXSOCC series/fee_changes events events?with_nested_markets=true&with_milestones=true "
        f"events/{EVENT} "
        f"events/{EVENT}?with_nested_markets=true events/fee_changes markets/orderbooks?tickers={HOME}&tickers={TIE} "
        "exchange/status exchange/schedule exchange/user_data_timestamp account/limits account/endpoint_costs api_keys "
        "markets/NONE portfolio/orders/nothing nothing"
    )
    for path in (*(f"portfolio/{one}" for one in portfolio.split()), *markets.split(), *rest.split()):
        client.ask("GET", f"/{path}")
    for order in client.get("/portfolio/orders")["orders"]:
        client.get(f"/portfolio/orders/{order['order_id']}")


def _end(venue: Venue) -> None:
    suspend(venue.exchange, TIE, venue.now_ns)
    venue.publish()
    reopen(venue.exchange, TIE, venue.now_ns)
    for market, worth in ((HOME, Fraction(1)), (TIE, Fraction(1, 3))):
        close(venue.exchange, market, venue.now_ns)
        venue.publish()
        settle(venue.exchange, market, {YES: worth}, venue.now_ns)
        venue.publish()
    venue.pass_ms(6_000)


def test_every_answer_is_as_the_document_says(folder: Path):
    client, _ = lived()
    answers = Answers(folder)
    assert [one for seen in client.seen for one in answers.wrong(*seen)] == []
    assert len({(method, path) for method, path, _, _ in client.seen}) > 40


def test_every_message_is_as_the_document_says(folder: Path):
    _, socket = lived()
    stream = Stream(folder)
    assert [one for message in socket.seen for one in stream.wrong(message)] == []
    kinds = {message["type"] for message in socket.seen}
    control = {"subscribed", "unsubscribed", "ok", "error"}
    market = {"orderbook_snapshot", "orderbook_delta", "trade", "ticker", "market_lifecycle_v2"}
    assert kinds == control | market | {"fill", "user_order", "market_position"}


RECORDED = {
    "fills__after_taker.json": ("/portfolio/fills", "fills", {"exchange_index"}),
    "orders__get_after_create.json": (
        "/portfolio/orders",
        "orders",
        {"cancel_order_on_pause", "exchange_index"},
    ),
    "portfolio__positions.json": ("/portfolio/positions", "market_positions", {"exchange_index"}),
    "trades__public_recorded.json": ("/markets/trades", "trades", set()),
}
"""Recorded bodies, and what the document has added to them since."""


@pytest.mark.parametrize("name", RECORDED)
def test_rows_have_the_fields_that_were_recorded(folder: Path, name: str):
    path, rows, younger = RECORDED[name]
    venue = Venue()
    client = Client(venue)
    venue.crowd("ann ask 3 @ 50")
    client.place("bid 5 @ 0.50")
    recorded = json.loads((folder / SAMPLES / name).read_text())
    theirs = recorded[rows][0] if rows in recorded else recorded["order"]
    ours = client.get(path)[rows][0]
    assert set(ours) - younger == set(theirs) - {"resting_orders_count"}
    assert {key: type(ours[key]) for key in theirs if key in ours} == {
        key: type(theirs[key]) for key in theirs if key in ours
    }


@pytest.mark.parametrize(
    ("name", "path"),
    [("orderbook__base", f"/markets/{HOME}/orderbook"), ("series__fee_changes", "/series/fee_changes")],
)
def test_the_same_book_and_no_news_of_fees_are_answered_as_was_recorded(folder: Path, name: str, path: str):
    venue = Venue()
    venue.crowd("ann bid 3 @ 47")
    venue.crowd("ann ask 3 @ 52")
    assert Client(venue).get(path) == json.loads((folder / SAMPLES / f"{name}.json").read_text())


@pytest.mark.parametrize("way", ["noleg", "yes"])
def test_recorded_frames_rebuild_in_the_mirror_that_our_own_are_held_against(folder: Path, way: str):
    text = (folder / SAMPLES / f"ws__orderbook_trade_{way}.jsonl").read_text()
    mirror = Mirror(in_yes=way == "yes")
    frames = [json.loads(line) for line in text.splitlines() if line.strip()]
    mirror.hear([frame for frame in frames if frame["type"].startswith("orderbook")])
    assert mirror.gaps == 0
    ((_, book),) = mirror.books.items()
    assert book == (
        {"yes": {4_700: 300}, "no": {5_200: 200}} if way == "yes" else {"yes": {4_700: 300}, "no": {5_200: 100}}
    )
