"""Trouble at the simulated Kalshi: answers that are lost or lie, feeds that stutter, freeze and break."""

import pytest

from domain.ids import VenueMarketId
from tests.venues.kalshi.venue import HOME, MS, ORDERS, TICKERS, Client, Mirror, Socket, Venue, book_of
from tests.venues.sim.wires import answers, question
from venues.sim.faults import MILLION, PROFILES, Danger, Profile

BOOK = "orderbook_delta"
CALM = PROFILES["none"]


def troubled(*dangers: Danger, **more) -> Profile:
    return Profile("trouble", dict.fromkeys(dangers, MILLION), **more)


def struck(*dangers: Danger, private_lag_ms=(0, 0), **more) -> tuple[Venue, Client, Socket]:
    """Everything is calm until the customer has subscribed."""
    venue = Venue(private_lag_ms=private_lag_ms)
    client = Client(venue)
    socket = Socket(client)
    socket.subscribe(BOOK, "fill", "user_orders", market_tickers=list(TICKERS), use_yes_price=True)
    venue.faults.profile = troubled(*dangers, **more)
    return venue, client, socket


def sent_blindly(client: Client) -> bytes:
    """An order whose answer may be anything; the bytes that came back."""
    body = client.order("bid 1 @ 0.40")
    raw = question(ORDERS, str(body).replace("'", '"').encode(), **client.signed("POST", ORDERS))
    client.peer.received(raw, client.venue.now_ns)
    return client.wire.taken()


# --- answers ---


def test_an_answer_may_be_lost_after_the_order_was_taken():
    venue, client, socket = struck(Danger.REPLY_LOST)
    assert sent_blindly(client) == b""
    assert client.wire.is_closed
    assert len(venue.exchange.floor.orders) == 1
    assert [one["msg"]["status"] for one in socket.said() if one["type"] == "user_order"] == ["resting"]
    venue.faults.profile = CALM
    client.dial()
    assert client.refused("bid 1 @ 0.40", client_order_id="ref-1")[0] == 409


def test_an_answer_may_be_cut():
    venue, client, _ = struck(Danger.REPLY_CUT)
    assert sent_blindly(client)
    assert client.wire.is_closed
    assert len(venue.exchange.floor.orders) == 1


@pytest.mark.parametrize(("danger", "status"), [(Danger.DONE_BUT_5XX, 503), (Danger.HTML_INSTEAD, 502)])
def test_a_failure_may_be_answered_to_what_was_done(danger, status):
    venue, client, _ = struck(danger)
    ((told, _, body),) = answers(sent_blindly(client))
    assert told == status
    assert (b"exchange_unavailable" in body) is (danger is Danger.DONE_BUT_5XX)
    assert len(venue.exchange.floor.orders) == 1


def test_a_request_may_be_throttled_unread():
    venue, client, _ = struck(Danger.THROTTLED)
    assert client.refused("bid 1 @ 0.40") == (429, {"error": "too many requests"})
    assert not venue.exchange.floor.orders


def test_an_answer_may_come_late():
    venue, client, _ = struck(Danger.REPLY_DELAYED, delay_ms=(200, 200))
    assert sent_blindly(client) == b""
    assert len(venue.exchange.floor.orders) == 1
    venue.pass_ms(199)
    assert client.wire.taken() == b""
    venue.pass_ms(1)
    assert answers(client.wire.taken())[0][0] == 201


# --- the feed ---


def test_a_lost_message_leaves_a_gap_and_a_new_image_heals_it():
    venue, _, socket = struck(Danger.MESSAGE_LOST)
    mirror = Mirror()
    mirror.hear(socket.seen)
    venue.crowd("ann bid 1 @ 40")
    assert socket.said() == []
    venue.faults.profile = CALM
    venue.crowd("ann bid 1 @ 41")
    mirror.hear(socket.said())
    assert mirror.gaps == 1
    assert mirror.books[HOME] != book_of(venue, HOME)
    mirror.hear(socket.command("update_subscription", sids=[1], action="get_snapshot", market_tickers=list(TICKERS)))
    assert mirror.gaps == 1
    assert mirror.books == {ticker: book_of(venue, VenueMarketId(ticker)) for ticker in TICKERS}


def test_of_messages_without_a_number_those_about_us_are_lost_and_nothing_shows_it():
    venue, client, socket = struck(Danger.MESSAGE_LOST)
    socket.subscribe("trade")
    client.place("bid 1 @ 0.40")
    venue.crowd("ann ask 1 @ 40")
    assert [one["type"] for one in socket.said()] == ["trade"]
    venue.faults.profile = CALM
    client.place("bid 1 @ 0.41")
    assert [one["type"] for one in socket.said()] == ["orderbook_delta", "user_order"]


def test_a_private_message_may_be_doubled():
    _, client, socket = struck(Danger.MESSAGE_DOUBLED)
    client.place("bid 1 @ 0.40")
    first, second = (one for one in socket.said() if one["type"] == "user_order")
    assert first == second


def test_messages_about_two_orders_may_change_places():
    venue, client, socket = struck(Danger.MESSAGES_SWAPPED)
    ids = [client.place("bid 1 @ 0.40")["order_id"] for _ in range(2)]
    socket.said()
    venue.crowd("ann ask 2 @ 40")
    told = [one["msg"]["order_id"] for one in socket.said() if one["type"] == "fill"]
    assert told == ids[::-1]


def test_a_frozen_feed_only_pings_and_then_tells_everything_in_order():
    venue, client, socket = struck(Danger.FEED_FROZEN, frozen_ms=(15_000, 15_000))
    mirror = Mirror()
    mirror.hear(socket.seen)
    venue.crowd("ann bid 1 @ 40")
    venue.faults.profile = CALM
    client.place("bid 1 @ 0.41")
    venue.pass_ms(14_999)
    assert socket.said() == []
    assert socket.pings == [b"heartbeat"]
    venue.pass_ms(1)
    said = socket.said()
    mirror.hear(said)
    assert [one["type"] for one in said] == [BOOK, BOOK, "user_order"]
    assert mirror.gaps == 0
    assert mirror.books[HOME] == book_of(venue, HOME)


def test_the_feed_may_break_inside_a_message():
    venue, client, socket = struck(Danger.FEED_CUT)
    venue.crowd("ann bid 1 @ 40")
    assert socket.wire.is_closed
    assert socket.said() == []
    venue.faults.profile = CALM
    venue.crowd("ann bid 1 @ 41")
    again = Socket(client)
    mirror = Mirror()
    mirror.hear(again.subscribe(BOOK, market_tickers=[HOME], use_yes_price=True))
    assert mirror.books[HOME] == book_of(venue, HOME)


def test_the_feed_may_break_while_private_messages_wait():
    venue, client, socket = struck(private_lag_ms=(5, 5))
    venue.crowd("ann ask 1 @ 40")
    client.place("bid 1 @ 0.40")
    venue.faults.profile = troubled(Danger.FEED_CUT)
    venue.pass_ms(5)
    assert socket.wire.is_closed
    assert [one["type"] for one in socket.said()] == [BOOK, BOOK]
    assert venue.fake.ws.next_deadline() is None


def test_every_deadline_passes():
    venue, client, _ = struck(Danger.REPLY_DELAYED, Danger.FEED_FROZEN, delay_ms=(50, 90), frozen_ms=(20, 30))
    for cents in range(40, 45):
        sent_blindly(client)
        venue.crowd(f"ann bid 1 @ {cents}")
    venue.pass_ms(1_000)
    due = venue.fake.next_deadline()
    assert due is not None
    assert due > venue.now_ns - MS
