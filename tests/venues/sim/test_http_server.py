"""The server's side of HTTP: order of answers, bounds, garbage, and connections that end badly."""

import gzip
import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.venues.sim.wires import HandWire, answers, question
from venues.sim.http_server import (
    BODY_BYTES_MAX,
    GZIP_BYTES_MIN,
    HEAD_BYTES_MAX,
    WAITING_MAX,
    Deferred,
    HttpConnection,
    HttpServer,
    Request,
    Response,
)


class Echo:
    """Answers with what it was asked; `/later` is answered when the test says so."""

    def __init__(self) -> None:
        self.asked: list[Request] = []
        self.owed: list[Deferred] = []

    def __call__(self, request: Request, now_ns: int) -> Response | Deferred:
        self.asked.append(request)
        if request.path == "/later":
            self.owed.append(Deferred())
            return self.owed[-1]
        return Response(200, f"{request.method} {request.path} {request.query} ".encode() + request.body)


def opened(answer=None, upgrade=None) -> tuple[HttpConnection, HandWire, Echo]:
    echo = answer or Echo()
    connection, wire = HttpConnection(echo, upgrade), HandWire()
    connection.connected(wire, 0)
    return connection, wire, echo


def bodies(wire: HandWire) -> list[bytes]:
    return [body for _, _, body in answers(wire.taken())]


def statuses(wire: HandWire) -> list[int]:
    return [status for status, _, _ in answers(wire.taken())]


@given(cuts=st.lists(st.integers(0, 400), max_size=30))
def test_bytes_cut_anywhere_are_the_same_requests(cuts: list[int]):
    stream = question("/a?x=1", b"one") + question("/b", b"two") + question("/c", method="GET")
    connection, wire, _ = opened()
    edges = sorted({0, len(stream), *(cut for cut in cuts if cut < len(stream))})
    for start, end in itertools.pairwise(edges):
        connection.received(stream[start:end], 0)
    assert bodies(wire) == [b"POST /a x=1 one", b"POST /b  two", b"GET /c  "]


def test_answers_keep_the_order_of_the_questions():
    connection, wire, echo = opened()
    connection.received(question("/a") + question("/later") + question("/b") + question("/later"), 0)
    assert bodies(wire) == [b"POST /a  "]
    echo.owed[1].resolve(Response(200, b"second"), 1)
    assert bodies(wire) == []
    echo.owed[0].resolve(Response(200, b"first"), 2)
    assert bodies(wire) == [b"first", b"POST /b  ", b"second"]


def test_a_deferred_answer_is_given_once():
    promised = Deferred()
    promised.resolve(Response(200), 0)
    with pytest.raises(AssertionError):
        promised.resolve(Response(200), 0)


def test_an_answer_after_the_client_left_goes_nowhere():
    connection, wire, echo = opened()
    connection.received(question("/later"), 0)
    connection.closed("reset", 1)
    echo.owed[0].resolve(Response(200), 2)
    assert wire.taken() == b""


def test_the_connection_ends_when_the_client_asks():
    connection, wire, echo = opened()
    connection.received(question("/a", Connection="close") + question("/b"), 0)
    ((status, headers, _),) = answers(wire.taken())
    assert (status, headers["connection"], wire.is_closed) == (200, "close", True)
    assert [one.path for one in echo.asked] == ["/a"]


@pytest.mark.parametrize(
    "garbage",
    [
        b"\x16\x03\x01\x02\x00\x01\x00",
        b"hello\r\n\r\n",
        b"POST /a HTTP/1.1\r\nContent-Length: many\r\n\r\n",
        b"POST /a HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n",
        b"GET /a HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n",
    ],
)
def test_what_is_not_our_http_is_answered_400_and_closed(garbage: bytes):
    connection, wire, _ = opened()
    connection.received(question("/a") + garbage, 0)
    assert (statuses(wire), wire.is_closed) == ([200, 400], True)
    connection.received(question("/b"), 1)
    assert wire.taken() == b""


@given(st.binary(max_size=300))
def test_any_bytes_leave_the_server_standing(data: bytes):
    connection, wire, _ = opened()
    connection.received(data, 0)
    assert all(status in {200, 400} for status in statuses(wire))


@pytest.mark.parametrize(
    ("stream", "status"),
    [
        (b"GET /a HTTP/1.1\r\nX: " + b"x" * (HEAD_BYTES_MAX + 1), 431),
        (b"GET /" + b"a" * (HEAD_BYTES_MAX + 1), 431),
        (b"GET /a HTTP/1.1\r\n" + b"X: y\r\n" * (HEAD_BYTES_MAX // 5), 431),
        (b"POST /a HTTP/1.1\r\nContent-Length: 9999999999\r\n\r\n" + b"x" * (BODY_BYTES_MAX + 99_999), 413),
    ],
)
def test_what_a_client_may_make_us_hold_is_bounded(stream: bytes, status: int):
    connection, wire, echo = opened()
    connection.received(stream, 0)
    assert (statuses(wire), wire.is_closed, echo.asked) == ([status], True, [])


def test_too_many_waiting_questions_end_the_connection():
    connection, wire, echo = opened()
    connection.received(question("/later") * (WAITING_MAX + 1), 0)
    echo.owed[0].resolve(Response(200), 1)
    assert statuses(wire) == [200]
    for owed in echo.owed[1:]:
        owed.resolve(Response(200), 2)
    assert (statuses(wire)[-1], wire.is_closed) == (503, True)


@pytest.mark.parametrize("kept", [0, 1, 40])
def test_a_cut_answer_leaves_only_its_first_bytes(kept: int):
    connection, wire, _ = opened(lambda *_: Response(200, b"whole", cut_after=kept))
    connection.received(question("/a"), 0)
    assert (len(wire.taken()), wire.is_closed) == (kept, True)


def test_a_long_body_is_compressed_for_those_who_can_read_it():
    connection, wire, _ = opened(lambda *_: Response(200, b"x" * GZIP_BYTES_MIN))
    connection.received(question("/a", Accept_Encoding="gzip, deflate") + question("/a"), 0)
    (_, squeezed, short), (_, plain, long) = answers(wire.taken())
    assert squeezed["content-encoding"] == "gzip"
    assert gzip.decompress(short) == long
    assert "content-encoding" not in plain


def test_silent_connections_are_hung_up_and_busy_ones_kept():
    echo = Echo()
    server = HttpServer(echo, idle_ns=100)
    wires = [HandWire() for _ in range(3)]
    silent, busy, owed = connections = [server.accept() for _ in wires]
    for connection, wire in zip(connections, wires, strict=True):
        connection.connected(wire, 0)
    busy.received(question("/a"), 60)
    owed.received(question("/later"), 0)
    assert server.next_deadline() == 100
    server.on_time(99)
    assert [wire.is_closed for wire in wires] == [False, False, False]
    server.on_time(100)
    assert [wire.is_closed for wire in wires] == [True, False, False]
    assert server.next_deadline() == 160
    echo.owed[0].resolve(Response(200), 150)
    server.on_time(160)
    assert [wire.is_closed for wire in wires] == [True, True, False]
    assert not silent.open
    assert server.next_deadline() == 250


class Heir:
    """Takes a connection over and keeps what it hears."""

    def __init__(self) -> None:
        self.heard = b""
        self.ended = ""

    def connected(self, wire, now_ns):
        self.wire = wire

    def received(self, data, now_ns):
        self.heard += data

    def closed(self, reason, now_ns):
        self.ended = reason


@pytest.mark.parametrize("cut", [1, 30, 500])
def test_an_upgraded_connection_is_handed_over_with_all_its_bytes(cut: int):
    heir = Heir()
    connection, wire, _ = opened(upgrade=lambda request: heir if request.path == "/socket" else None)
    stream = question("/socket", method="GET", Connection="Upgrade", Upgrade="websocket") + b"\x81\x00frame"
    connection.received(stream[:cut], 0)
    connection.received(stream[cut:], 0)
    connection.received(b"more", 0)
    connection.closed("gone", 1)
    assert (heir.heard, heir.wire, heir.ended) == (stream + b"more", wire, "gone")
    assert wire.taken() == b""


def test_an_upgrade_nobody_takes_is_refused():
    connection, wire, _ = opened(upgrade=lambda _: None)
    connection.received(question("/socket", method="GET", Connection="Upgrade", Upgrade="websocket"), 0)
    assert (statuses(wire), wire.is_closed) == ([400], True)
