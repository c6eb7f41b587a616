"""Numbers in a row, gaps, and the ladder by which a channel is mended: images, subscribe anew, connect anew."""

from typing import Any

import pytest

from domain.messages import BooksChanged, BooksDoubted, BooksProven, Channel, ChannelChanged, InstrumentsListed
from domain.odds import ladder
from tests.venues.kalshi.desk import (
    DECI,
    T1,
    T2,
    YES1,
    YES2,
    Desk,
    delta,
    lifecycle,
    listing,
    market,
    match,
    order,
    snapshot,
)
from venues.kalshi.rules import TICKERS_PER_COMMAND


@pytest.fixture
def desk() -> Desk:
    desk = Desk().up()
    desk.taken()
    return desk


def commands(desk: Desk) -> list[tuple[str, Any]]:
    """What the market stream asked for since the last time: `get_snapshot [tickers]`, `subscribe channel`."""
    found: list[tuple[str, Any]] = []
    for one in desk.markets.heard():
        params = one.get("params", {})
        if one["cmd"] == "update_subscription":
            found.append((params["action"], params["market_tickers"]))
        elif one["cmd"] == "subscribe":
            found.append(("subscribe", params["channels"]))
        else:
            found.append((one["cmd"], params.get("sids")))
    return found


def is_book(fact: Any, instrument: str, *, image: bool) -> bool:
    return isinstance(fact, BooksChanged) and (fact.books[0].instrument, fact.books[0].image) == (instrument, image)


def test_subscriptions_name_the_scale_of_no_prices_and_the_markets() -> None:
    desk = Desk()
    desk.venue.start(desk.now)
    desk.hot.append(desk.network.accept(desk.now, "rest"))
    desk.serve()
    socket = desk.accept_socket()
    private = [one["params"] for one in desk.subscribe(socket)]
    assert private == [{"channels": ["fill"]}, {"channels": ["user_orders"]}, {"channels": ["market_positions"]}]
    desk.wait(0)
    public = [one["params"] for one in desk.subscribe(desk.accept_socket())]
    assert public == [
        {"channels": ["market_lifecycle_v2"]},
        {"channels": ["orderbook_delta"], "use_yes_price": True, "skip_ticker_ack": True, "market_tickers": [T1, T2]},
    ]


def test_the_market_stream_waits_for_the_markets_to_be_described() -> None:
    desk = Desk()
    desk.venue.start(desk.now)
    desk.wait(1_000)
    assert [endpoint.host for endpoint, _ in desk.network.asked].count("ws") == 1


def test_the_line_is_up_when_all_channels_have_their_numbers() -> None:
    desk = Desk()
    desk.venue.start(desk.now)
    socket = desk.accept_socket()
    first, second, third = socket.heard()
    desk.taken()
    socket.say({"id": first["id"], "type": "subscribed", "msg": {"channel": "fill", "sid": 1}})
    socket.say({"id": second["id"], "type": "subscribed", "msg": {"channel": "user_orders", "sid": 2}})
    assert desk.taken() == []
    socket.say({"id": third["id"], "type": "subscribed", "msg": {"channel": "market_positions", "sid": 3}})
    assert desk.taken(ChannelChanged) == [ChannelChanged(desk.settings.venue, Channel.ORDERS, True)]


def test_an_unbroken_row_counts_answers_too(desk: Desk) -> None:
    desk.markets.say(
        {"id": 9, "sid": 2, "seq": 3, "type": "ok", "msg": {"market_tickers": [T1, T2]}},
        delta(2, 4, "0.4700", "1.00", "yes"),
        {"type": "some_new_kind", "sid": 2, "seq": 5, "msg": {}},
        delta(2, 6, "0.4700", "1.00", "yes"),
    )
    assert [type(fact) for fact in desk.taken() if not isinstance(fact, BooksProven)] == [BooksChanged, BooksChanged]


def test_rows_are_counted_channel_by_channel(desk: Desk) -> None:
    desk.markets.say(
        lifecycle(1, "created", "X") | {"seq": 70},
        delta(2, 3, "0.4700", "1.00", "yes"),
        lifecycle(1, "created", "Y") | {"seq": 71},
    )
    assert not desk.taken(BooksDoubted)


@pytest.mark.parametrize("seq", [5, 2, 1])
def test_a_gap_or_a_repetition_doubts_all_books_and_asks_for_images(desk: Desk, seq: int) -> None:
    desk.markets.say(delta(2, seq, "0.4700", "1.00", "yes"))
    (doubted,) = desk.taken(BooksDoubted, BooksChanged)
    assert isinstance(doubted, BooksDoubted)
    assert doubted.instruments == ()
    assert commands(desk) == [("get_snapshot", [T1, T2])]
    desk.markets.say(delta(2, seq + 1, "0.4700", "1.00", "yes"))
    assert desk.taken(BooksChanged) == [], "no change before the image"
    desk.markets.say(
        snapshot(2, seq + 2), delta(2, seq + 3, "0.4700", "1.00", "yes"), delta(2, seq + 4, "0.4700", "1.00", "yes", T2)
    )
    first, second = desk.taken(BooksChanged)
    assert is_book(first, YES1, image=True)
    assert is_book(second, YES1, image=False)


def test_books_that_are_whole_again_in_time_are_let_be(desk: Desk) -> None:
    desk.markets.say(delta(2, 9, "0.4700", "1.00", "yes"), snapshot(2, 10), snapshot(2, 11, T2))
    commands(desk)
    desk.markets.seq = 11
    assert {one["cmd"] for one in desk.live(12_000)} == {"list_subscriptions"}
    desk.markets.say(delta(2, 99, "0.4700", "1.00", "yes"))
    assert commands(desk) == [("get_snapshot", [T1, T2])], "the ladder begins anew"


def test_the_ladder_is_images_then_subscribe_anew_then_connect_anew(desk: Desk) -> None:
    desk.markets.say(delta(2, 9, "0.4700", "1.00", "yes"))
    assert commands(desk) == [("get_snapshot", [T1, T2])]
    desk.markets.say(snapshot(2, 19), snapshot(2, 20))
    assert commands(desk) == [("unsubscribe", [2]), ("subscribe", ["orderbook_delta"])]
    assert desk.taken(BooksChanged) == [], "the old number says nothing any more"
    desk.markets.say(
        {"id": 0, "sid": 2, "seq": 21, "type": "unsubscribed"},
        {"id": 7, "type": "subscribed", "msg": {"channel": "orderbook_delta", "sid": 3}},
        snapshot(3, 1),
        snapshot(3, 2, T2),
    )
    assert len(desk.taken(BooksChanged)) == 2
    desk.markets.say(delta(3, 9, "0.4700", "1.00", "yes"))
    assert desk.markets.wire.is_closed
    assert [fact.up for fact in desk.taken(ChannelChanged)] == [False]


def test_images_that_do_not_come_lead_up_the_ladder(desk: Desk) -> None:
    desk.markets.say(delta(2, 9, "0.4700", "1.00", "yes"))
    for expected in ([("get_snapshot", [T1, T2])], [("unsubscribe", [2]), ("subscribe", ["orderbook_delta"])]):
        assert [one for one in commands(desk) if one[0] != "list_subscriptions"] == expected
        for _ in range(20):
            desk.wait(510)
            desk.markets.ping()
    assert desk.markets.wire.is_closed


def test_one_book_that_never_comes_does_not_take_the_others_down(desk: Desk) -> None:
    desk.markets.say(delta(2, 9, "0.4700", "1.00", "yes"), snapshot(2, 10))
    assert commands(desk) == [("get_snapshot", [T1, T2])]
    desk.taken()
    desk.markets.seq = 10
    asked = [one["params"]["market_tickers"] for one in desk.live(140_000, answered=[T1]) if "params" in one]
    assert asked == [[T2]] * 3
    assert not desk.taken(BooksDoubted)


@pytest.mark.parametrize("code", [10, 17, 25])
def test_a_subscription_that_the_venue_ends_is_asked_for_anew(desk: Desk, code: int) -> None:
    desk.markets.say({"type": "error", "sid": 2, "msg": {"code": code, "msg": "over"}})
    assert commands(desk) == [("unsubscribe", [2]), ("subscribe", ["orderbook_delta"])]
    assert desk.taken(BooksDoubted)


def test_an_error_that_names_no_channel_is_about_all_of_them(desk: Desk) -> None:
    desk.markets.say({"type": "error", "msg": {"code": 25, "msg": "overflow"}})
    asked = commands(desk)
    assert ("subscribe", ["market_lifecycle_v2"]) in asked
    assert ("subscribe", ["orderbook_delta"]) in asked


def test_a_private_channel_that_breaks_is_a_line_that_went_down_and_came_back(desk: Desk) -> None:
    desk.orders.say({"type": "error", "sid": 1, "msg": {"code": 17, "msg": "internal"}})
    assert [fact.up for fact in desk.taken(ChannelChanged)] == [False]
    (command,) = [one for one in desk.orders.heard() if one["cmd"] == "subscribe"]
    desk.orders.say({"id": command["id"], "type": "subscribed", "msg": {"channel": "fill", "sid": 3}})
    assert [fact.up for fact in desk.taken(ChannelChanged)] == [True]
    desk.orders.say({"type": "fill", "sid": 1, "msg": match()})
    assert desk.taken(*[]) == [], "the old number says nothing any more"


def test_a_market_that_the_venue_does_not_know_is_left_out(desk: Desk) -> None:
    desk.markets.say(delta(2, 9, "0.4700", "1.00", "yes"))
    (asked,) = [one for one in desk.markets.heard() if one["cmd"] == "update_subscription"]
    desk.markets.say({"id": asked["id"], "type": "error", "msg": {"code": 16, "msg": "no", "market_ticker": T2}})
    (again,) = [one for one in desk.markets.heard() if one["cmd"] == "subscribe"]
    assert again["params"]["market_tickers"] == [T1]


def listing_asked(desk: Desk) -> int:
    """The number of the command that asked for the list of subscriptions."""
    (asked,) = [one for one in desk.live(10_500) if one["cmd"] == "list_subscriptions"]
    return asked["id"]


def test_a_subscription_that_was_dropped_in_silence_is_noticed(desk: Desk) -> None:
    said = [{"channel": "market_lifecycle_v2", "sid": 1}]
    desk.markets.say({"id": listing_asked(desk), "type": "ok", "msg": said})
    assert commands(desk) == [("unsubscribe", [2]), ("subscribe", ["orderbook_delta"])]


def test_a_list_of_subscriptions_that_cannot_be_told_breaks_nothing(desk: Desk) -> None:
    desk.markets.say({"id": listing_asked(desk), "type": "error", "msg": {"code": 5, "msg": "unknown command"}})
    assert commands(desk) == []


def test_one_book_after_another_is_probed_and_an_image_does_no_harm(desk: Desk) -> None:
    desk.taken()
    desk.live(5_000)
    images = [fact.books[0] for fact in desk.taken(BooksChanged)]
    assert [one.instrument for one in images] == [YES2, YES1, YES2, YES1]
    assert all(one.image for one in images)
    assert not desk.taken(BooksDoubted, ChannelChanged)


def test_a_feed_that_is_alive_and_stands_still_is_doubted(desk: Desk) -> None:
    desk.live(2_500, answered=())
    assert desk.taken(BooksDoubted) == []
    asked = desk.live(500, answered=())
    (doubted,) = desk.taken(BooksDoubted)
    assert doubted.reason == "orderbook_delta: stands still"
    assert [one["params"]["market_tickers"] for one in asked] == [[T1, T2]]


def test_any_message_of_the_channel_shows_that_it_moves(desk: Desk) -> None:
    desk.live(1_500, answered=())
    desk.markets.say(delta(2, 3, "0.4700", "1.00", "yes"))
    desk.live(2_000, answered=())
    assert desk.taken(BooksDoubted) == []


def test_nothing_survives_a_connection(desk: Desk) -> None:
    desk.markets.wire.peer.closed("reset", desk.now)
    assert [fact.channel for fact in desk.taken(ChannelChanged)] == [Channel.MARKET_DATA]
    desk.wait(3_000)
    desk.markets = desk.accept_socket()
    desk.subscribe(desk.markets)
    assert [fact.up for fact in desk.taken(ChannelChanged)][-1:] == [True]
    desk.markets.say(delta(2, 1, "0.4700", "1.00", "yes"), snapshot(2, 2), delta(2, 3, "0.4700", "1.00", "yes"))
    first, second = desk.taken(BooksChanged)
    assert is_book(first, YES1, image=True)
    assert is_book(second, YES1, image=False)


def test_dials_keep_to_the_schedule_however_fast_the_venue_hangs_up() -> None:
    desk = Desk()
    desk.venue.start(desk.now)
    dials = 0
    for _ in range(600):
        while any(endpoint.host == "ws" for endpoint, _ in desk.network.asked):
            dials += 1
            desk.subscribe(socket := desk.accept_socket())
            socket.wire.peer.closed("reset", desk.now)
        desk.wait(100)
    assert 3 <= dials <= 7


def test_many_markets_are_asked_for_in_parts() -> None:
    tickers = [f"T-{n}" for n in range(2 * TICKERS_PER_COMMAND + 1)]
    desk = Desk([listing(ticker) for ticker in tickers])
    desk.known["/markets"] = lambda: {"markets": [market(ticker) for ticker in tickers]}
    desk.venue.start(desk.now)
    desk.hot.append(desk.network.accept(desk.now, "rest"))
    desk.serve()
    desk.wait(0)
    desk.accept_socket()
    socket = desk.accept_socket()
    asked = [
        list(one["params"]["market_tickers"]) for one in desk.subscribe(socket) if "market_tickers" in one["params"]
    ]
    asked += [one["params"]["market_tickers"] for one in socket.heard()]
    assert [len(some) for some in asked] == [TICKERS_PER_COMMAND, TICKERS_PER_COMMAND, 1]
    assert sorted(ticker for some in asked for ticker in some) == sorted(tickers)


def test_a_market_that_is_described_later_is_added(desk: Desk) -> None:
    desk.known["/markets"] = {"markets": [market(T1), market(T2)]}
    late = Desk()
    late.known["/markets"] = {"markets": [market(T1)]}
    late.up()
    late.taken()
    late.known["/markets"] = {"markets": [market(T1), market(T2)]}
    late.markets.heard()
    late.markets.say(lifecycle(1, "created", T2))
    late.wait(0)
    late.serve()
    assert [fact.instruments[0].id for fact in late.taken(InstrumentsListed)] == [YES2]
    (asked,) = [one["params"] for one in late.markets.heard()]
    assert (asked["action"], asked["market_tickers"], asked["sids"]) == ("add_markets", [T2], [2])


def test_a_new_price_grid_lists_the_market_anew_and_asks_for_its_image(desk: Desk) -> None:
    desk.markets.say(lifecycle(1, "price_level_structure_updated", price_ranges=DECI))
    (listed,) = desk.taken(InstrumentsListed)
    terms = listed.instruments[0].terms
    assert ladder(terms.kind, terms.bands).prices[:2] == (10, 20)
    assert commands(desk) == [("get_snapshot", [T1])]
    desk.markets.say(delta(2, 3, "0.4710", "1.00", "yes"))
    assert desk.taken(BooksChanged) == []
    desk.markets.say(snapshot(2, 4, yes=[("0.4710", "1.00")], no=[]))
    (changed,) = desk.taken(BooksChanged)
    assert changed.books[0].to_lay == [(470, 1_000_000)]


def test_orders_of_others_and_unknown_kinds_are_passed_over(desk: Desk) -> None:
    desk.orders.say(
        {"type": "user_order", "sid": 2, "msg": order("2b8394e0-515e-4b89-b624-f34067756855", order_id="x")},
        {"type": "user_order", "sid": 2, "msg": order(None, order_id="y")},
        {"type": "some_new_kind", "sid": 3, "msg": {"position_fp": "1.00"}},
    )
    assert desk.taken() == []
