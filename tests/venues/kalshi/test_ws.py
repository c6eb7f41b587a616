"""The WebSocket connection: signed upgrade, fragments, slices, pings, and everything that ends it."""

import base64
import json

import pytest
from websockets.frames import Frame, Opcode

from domain.messages import BooksChanged, BooksProven, Channel, ChannelChanged
from tests.venues.kalshi.desk import KEY, T1, WALL_NS, Desk, FarSocket, delta, snapshot


@pytest.fixture
def desk() -> Desk:
    desk = Desk().up()
    desk.taken()
    return desk


def downs(desk: Desk) -> list[tuple[Channel, str]]:
    return [(fact.channel, fact.reason) for fact in desk.taken(ChannelChanged) if not fact.up]


def test_the_upgrade_is_signed_at_the_moment_of_the_connection() -> None:
    desk = Desk()
    desk.venue.start(desk.now)
    desk.wait(1_500)
    socket = FarSocket(desk.network.accept(desk.now, "ws"), lambda: desk.now)
    headers = socket.request.headers
    stamp = headers["KALSHI-ACCESS-TIMESTAMP"]
    assert int(stamp) == WALL_NS // 1_000_000 + 1_500
    assert (socket.request.path, headers["KALSHI-ACCESS-KEY"]) == ("/trade-api/ws/v2", "key-id")
    KEY.public_key().verify(
        base64.b64decode(headers["KALSHI-ACCESS-SIGNATURE"]), f"{stamp}GET/trade-api/ws/v2".encode()
    )


@pytest.mark.parametrize("status", [401, 429, 502])
def test_a_refused_upgrade_is_told_and_dialled_again_on_schedule(status: int) -> None:
    desk = Desk()
    desk.venue.start(desk.now)
    FarSocket(desk.network.accept(desk.now, "ws"), lambda: desk.now).refuse(status)
    (reason,) = [reason for channel, reason in downs(desk) if channel is Channel.ORDERS]
    assert f"HTTP {status}" in reason
    assert not [endpoint for endpoint, _ in desk.network.asked if endpoint.host == "ws"]
    desk.wait(2_000)
    assert [endpoint for endpoint, _ in desk.network.asked if endpoint.host == "ws"]


def test_a_peer_that_speaks_no_http_is_left() -> None:
    desk = Desk()
    desk.venue.start(desk.now)
    wire = desk.network.accept(desk.now, "ws")
    wire.peer.received(b"220 mail.example ESMTP\r\n\r\n", desk.now)
    assert wire.is_closed
    assert any(channel is Channel.ORDERS for channel, _ in downs(desk))


def test_no_answer_to_the_upgrade_is_given_up() -> None:
    desk = Desk()
    desk.venue.start(desk.now)
    wire = desk.network.accept(desk.now, "ws")
    desk.wait(10_001)
    assert wire.is_closed


def test_messages_arrive_whole_however_they_are_cut(desk: Desk) -> None:
    text = json.dumps(delta(2, 3, "0.4700", "1.00", "yes")).encode()
    desk.markets.say_in_parts(text, 0, 5, 5, 40)
    assert len(desk.taken(BooksChanged)) == 1
    desk.markets._protocol.send_text(json.dumps(delta(2, 4, "0.4700", "1.00", "yes")).encode())
    desk.markets._protocol.send_text(json.dumps(delta(2, 5, "0.4700", "1.00", "yes")).encode())
    desk.markets.flush(slice_bytes=1)
    assert len(desk.taken(BooksChanged)) == 2


def test_a_message_well_above_a_mebibyte_is_read(desk: Desk) -> None:
    rows = [("0.4700", "3.00")] * 60_000
    message = snapshot(2, 3, yes=rows)
    assert len(json.dumps(message)) > 1_048_576
    desk.markets.say(message)
    assert len(desk.taken(BooksChanged)) == 1


def test_a_message_past_the_bound_ends_the_connection(desk: Desk) -> None:
    frame = Frame(Opcode.TEXT, b"x" * 16_777_217)
    desk.markets.wire.peer.received(frame.serialize(mask=False)[:20], desk.now)
    assert desk.markets.wire.is_closed
    assert any("too big" in reason or "exceeds" in reason for _, reason in downs(desk))


def test_pings_are_answered_and_prove_the_books(desk: Desk) -> None:
    desk.wait(600)
    desk.taken()
    desk.markets.ping()
    assert desk.markets.pongs == 1
    assert desk.taken() == [BooksProven(desk.settings.venue)]


def test_a_silent_peer_is_pinged_each_heartbeat_and_given_up_after_five(desk: Desk) -> None:
    desk.wait(4_900)
    assert not desk.markets.wire.is_closed
    desk.markets._take()
    assert desk.markets.pings == 4
    desk.wait(200)
    assert desk.markets.wire.is_closed
    assert (Channel.MARKET_DATA, "silent for 5 heartbeats") in downs(desk)


def test_a_peer_that_answers_pings_stays_and_keeps_the_books_fresh(desk: Desk) -> None:
    for _ in range(40):
        desk.wait(500)
        desk.markets.heard()
        desk.orders.heard()
    assert not desk.markets.wire.is_closed
    assert len(desk.taken(BooksProven)) >= 10


@pytest.mark.parametrize(
    "data",
    [
        b"\x81\x05hello",  # not JSON
        b"\x81\x02\xff\xfe",  # not UTF-8
        b"\x83\x00",  # an opcode that does not exist
        b"\x80\x01a",  # a continuation of nothing
        b"\xc1\x01a",  # compressed, which was not agreed
        b"\x81" + bytes([len(b'{"type":"fill"}')]) + b'{"type":"fill"}',  # a fill of nothing
    ],
)
def test_broken_bytes_end_the_connection_and_nothing_else(desk: Desk, data: bytes) -> None:
    desk.orders.wire.peer.received(data, desk.now)
    assert desk.orders.wire.is_closed
    assert [channel for channel, _ in downs(desk)] == [Channel.ORDERS]
    desk.orders.wire.peer.received(b"\x81\x02{}", desk.now)
    assert desk.taken() == []


def test_a_close_by_the_venue_is_told_with_its_reason(desk: Desk) -> None:
    desk.markets.end(1012)
    assert (Channel.MARKET_DATA, "closed by the peer: 1012 bye") in downs(desk)
    assert desk.markets.wire.is_closed


def test_a_cut_line_is_told_once(desk: Desk) -> None:
    desk.orders.wire.peer.closed("reset", desk.now)
    desk.orders.wire.peer.closed("reset", desk.now)
    assert downs(desk) == [(Channel.ORDERS, "reset")]


def test_after_stop_nothing_is_told_and_every_line_is_closed(desk: Desk) -> None:
    desk.venue.stop(desk.now)
    desk.markets.say(delta(2, 3, "0.4700", "1.00", "yes"), snapshot(2, 4, T1))
    assert desk.taken() == []
    assert desk.venue.next_deadline() is None
    assert desk.orders.wire.is_closed
    assert all(wire.is_closed for wire in desk.network.wires)
