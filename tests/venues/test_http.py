"""HTTP lines under trouble: what was heard is never guessed, nothing is sent twice, cancels go first."""

import gc
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.venues.hands import HandNetwork, HandWire, http_answer
from venues.base import Endpoint
from venues.errors import Failure
from venues.http import QUEUE_MAX, HttpClient, HttpFailed, HttpReply, HttpRequest, Lane, encode_request

MS = 1_000_000
S = 1_000 * MS
HOST = Endpoint("api.example", 443, True)


class Pool:
    """A client on a hand-held network, and what it was told and told back."""

    def __init__(self, connections: int = 2, **options) -> None:
        self.network = HandNetwork()
        self.heard: list[tuple[str, HttpReply | HttpFailed]] = []
        self.health: list[tuple[bool, str]] = []
        self.client = HttpClient(
            self.network,
            HOST,
            connections=connections,
            chance=lambda: 0.5,
            on_health=lambda up, reason: self.health.append((up, reason)),
            **options,
        )

    def opened(self, now: int = 0) -> list[HandWire]:
        self.client.open(now)
        wires = []
        while self.network.asked:
            wires.append(self.network.accept(now))
        return wires

    def ask(self, name: str, now: int = 0, *, wait: int = S, lane: Lane = Lane.URGENT, write_by: int = 0) -> None:
        request = HttpRequest("POST", f"/{name}", (("A", "b"),), name.encode(), now + wait, write_by, lane)
        self.client.request(request, lambda reply: self.heard.append((name, reply)), now)

    def said(self) -> list[str]:
        """What was heard, in short: `name status`, `name late status` or `name failure`."""
        found = [
            f"{name} {'late ' if reply.late else ''}{reply.status}"
            if isinstance(reply, HttpReply)
            else f"{name} {reply.failure.value}"
            for name, reply in self.heard
        ]
        self.heard.clear()
        return found


def paths(wire: HandWire) -> list[str]:
    """Paths of the requests written on a wire since the last look."""
    return [path.decode() for path in re.findall(rb"POST (/\w+) HTTP", wire.taken())]


def test_a_request_is_written_whole_and_answered() -> None:
    pool = Pool()
    first, _ = pool.opened()
    pool.ask("a", 5)
    assert first.taken() == b"POST /a HTTP/1.1\r\nHost: api.example\r\nContent-Length: 1\r\nA: b\r\n\r\na"
    first.peer.received(http_answer(b"yes", headers="X-Y: Z\r\n"), 9)
    ((_, reply),) = pool.heard
    assert isinstance(reply, HttpReply)
    assert (reply.status, reply.body, reply.headers["x-y"], reply.sent_ns, reply.received_ns) == (
        200,
        b"yes",
        "Z",
        5,
        9,
    )


def test_a_port_that_is_not_the_usual_one_is_named() -> None:
    request = HttpRequest("GET", "/", (), b"", 1)
    assert b"Host: h:81\r\n" in encode_request(request, "h:81")


@pytest.mark.parametrize("bad", ["x\r\nEvil: 1", "x\n", "\r"])
def test_a_line_break_in_a_header_or_path_is_our_error(bad: str) -> None:
    with pytest.raises(ValueError, match="line break"):
        encode_request(HttpRequest("GET", "/", (("A", bad),), b"", 1), "h")
    with pytest.raises(ValueError, match="line break"):
        encode_request(HttpRequest("GET", f"/{bad}", (), b"", 1), "h")


def test_each_line_carries_one_request_at_a_time_and_the_next_waits() -> None:
    pool = Pool(connections=2)
    one, two = pool.opened()
    for name in "abc":
        pool.ask(name)
    assert (paths(one), paths(two)) == (["/a"], ["/b"])
    two.peer.received(http_answer(b""), 1)
    assert (paths(one), paths(two)) == ([], ["/c"])
    assert pool.said() == ["b 200"]


def test_cancels_overtake_placements_and_always_have_a_line_of_their_own() -> None:
    pool = Pool(connections=3)
    wires = pool.opened()
    assert pool.client.free() == 2
    for name in "pqr":
        pool.ask(name, lane=Lane.ORDINARY)
    assert [paths(wire) for wire in wires] == [["/p"], ["/q"], []]
    assert pool.client.free() == 0
    pool.ask("cancel")
    assert paths(wires[2]) == ["/cancel"]
    pool.ask("another")
    wires[0].peer.received(http_answer(b""), 1)
    assert paths(wires[0]) == ["/another"]


def test_a_placement_that_cannot_be_written_now_is_not_sent() -> None:
    pool = Pool(connections=2)
    wires = pool.opened()
    pool.ask("p", lane=Lane.ORDINARY, now=7, write_by=7)
    pool.ask("q", lane=Lane.ORDINARY, now=7, write_by=7)
    assert pool.said() == ["q not_sent"]
    assert [paths(wire) for wire in wires] == [["/p"], []]


def test_a_request_that_waits_too_long_for_a_line_was_not_sent() -> None:
    pool = Pool()
    pool.ask("a", wait=S)
    assert pool.client.next_deadline() == S
    pool.client.on_time(S)
    assert pool.said() == ["a not_sent"]
    wires = pool.opened(S)
    assert [paths(wire) for wire in wires] == [[], []]


def test_a_line_that_opens_after_the_deadline_does_not_send_what_was_overdue() -> None:
    pool = Pool()
    pool.ask("a", wait=S)
    wire = pool.network.accept(2 * S)
    assert paths(wire) == []
    assert pool.said() == ["a not_sent"]


def test_a_full_queue_refuses_at_once() -> None:
    pool = Pool()
    for n in range(QUEUE_MAX + 1):
        pool.ask(str(n))
    assert pool.said() == [f"{QUEUE_MAX} not_sent"]


def test_no_answer_in_time_may_have_landed_and_a_late_answer_is_still_told() -> None:
    pool = Pool(connections=1)
    (wire,) = pool.opened()
    pool.ask("a", wait=S)
    pool.client.on_time(S)
    assert pool.said() == ["a maybe_sent"]
    assert len(pool.network.asked) == 1, "the line that waits for the late answer is replaced"
    wire.peer.received(http_answer(b"", status=201), 3 * S)
    assert pool.said() == ["a late 201"]


def test_a_line_whose_late_answer_came_serves_again_if_it_is_missing() -> None:
    pool = Pool(connections=1)
    (wire,) = pool.opened()
    pool.ask("a", wait=S)
    pool.client.on_time(S)
    pool.network.refuse(S)
    wire.peer.received(http_answer(b""), S + 1)
    pool.ask("b", S + 2)
    assert paths(wire)[-1] == "/b"


def test_a_late_answer_is_waited_for_a_minute_only() -> None:
    pool = Pool(connections=1)
    (wire,) = pool.opened()
    pool.ask("a", wait=S)
    pool.client.on_time(S)
    pool.network.accept(S)
    assert pool.client.next_deadline() == 61 * S
    pool.client.on_time(61 * S)
    assert wire.is_closed
    wire.peer.received(http_answer(b""), 62 * S)
    assert pool.said() == ["a maybe_sent"]


def test_lines_that_wait_for_late_answers_are_bounded() -> None:
    pool = Pool(connections=1)
    wires = pool.opened()
    for n in range(3):
        pool.ask(str(n), n * S, wait=S)
        pool.client.on_time((n + 1) * S)
        wires.append(pool.network.accept((n + 1) * S))
    assert [wire.is_closed for wire in wires] == [True, True, False, False]


def test_a_post_on_a_line_that_the_server_had_closed_is_not_sent_again() -> None:
    pool = Pool(connections=1)
    (wire,) = pool.opened()
    pool.ask("a", 10 * S)
    wire.peer.closed("closed by the peer", 10 * S)
    assert pool.said() == ["a maybe_sent"]
    fresh = pool.network.accept(10 * S)
    assert paths(fresh) == []


def test_what_waited_goes_out_on_the_next_line() -> None:
    pool = Pool(connections=1)
    (wire,) = pool.opened()
    pool.ask("a", 10 * S)
    pool.ask("b", 10 * S)
    wire.peer.closed("reset", 10 * S)
    assert paths(pool.network.accept(10 * S)) == ["/b"]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (b"<html>hello", "a maybe_sent"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: x\r\n\r\n", "a maybe_sent"),
        (b"HTTP/1.1 200 OK\r\n" + b"X: " + b"y" * 70_000, "a maybe_sent"),
        (http_answer(b"z" * 101), "a maybe_sent"),
        (
            b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n65\r\n" + b"z" * 101 + b"\r\n0\r\n\r\n",
            "a maybe_sent",
        ),
        (b"HTTP/1.1 101 Switching\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n", "a maybe_sent"),
        (http_answer(b"", headers="Connection: close\r\n"), "a 200"),
        (http_answer(b"one") + http_answer(b"two"), "a 200"),
        (http_answer(b"") + b"junk", "a 200"),
    ],
)
def test_a_line_that_cannot_be_trusted_any_more_is_given_up(answer: bytes, said: str) -> None:
    pool = Pool(connections=1, body_bytes_max=100)
    (wire,) = pool.opened()
    pool.ask("a", 10 * S)
    wire.peer.received(answer, 10 * S)
    assert pool.said() == [said]
    assert wire.is_closed
    assert len(pool.network.asked) == 1


def test_bytes_that_nobody_asked_for_end_the_line() -> None:
    pool = Pool(connections=1)
    (wire,) = pool.opened()
    wire.peer.received(http_answer(b"", status=408), 10 * S)
    assert wire.is_closed
    assert pool.said() == []


def test_an_interim_answer_is_not_the_answer() -> None:
    pool = Pool(connections=1)
    (wire,) = pool.opened()
    pool.ask("a")
    wire.peer.received(b"HTTP/1.1 100 Continue\r\n\r\n", 1)
    assert pool.said() == []
    wire.peer.received(http_answer(b"ok", status=202), 2)
    assert pool.said() == ["a 202"]


def test_one_line_reads_many_answers_and_leaves_nothing_to_the_collector() -> None:
    def left_behind() -> int:
        pool = Pool(connections=1)
        (wire,) = pool.opened()
        gc.freeze()  # what was there before is not looked at: the rest of the process is large
        for n, headers in enumerate(("X-Y: 1\r\n", "", "X-Y: 3\r\n")):
            pool.ask("a")
            wire.peer.received(http_answer(b"x" * (3 - n), headers=headers), 1)
        replies = [reply for _, reply in pool.heard if isinstance(reply, HttpReply)]
        said = [(reply.body, reply.headers.get("x-y")) for reply in replies]
        assert said == [(b"xxx", "1"), (b"xx", None), (b"x", "3")]
        return gc.collect()

    try:
        assert 0 in (left_behind() for _ in range(5)), (
            "other threads of the process may leave something in some of them"
        )
    finally:
        gc.unfreeze()


@given(cuts=st.lists(st.integers(1, 90), max_size=30))
def test_an_answer_in_pieces_is_the_same_answer(cuts: list[int]) -> None:
    whole = http_answer(b"x" * 50, headers="Connection: keep-alive\r\n") + b""
    pool = Pool(connections=1)
    (wire,) = pool.opened()
    pool.ask("a")
    at = 0
    for cut in [*cuts, len(whole)]:
        if at < len(whole):
            wire.peer.received(whole[at : at + cut], 1)
            at += cut
    ((_, reply),) = pool.heard
    assert isinstance(reply, HttpReply)
    assert reply.body == b"x" * 50
    assert not wire.is_closed


def test_while_dials_fail_one_line_probes_and_the_rest_follow_its_success() -> None:
    pool = Pool(connections=4)
    pool.client.open(0)
    assert len(pool.network.asked) == 4
    for _ in range(4):
        pool.network.refuse(0)
    due = pool.client.next_deadline()
    assert due == S // 2
    pool.client.on_time(due)
    assert len(pool.network.asked) == 1
    pool.network.accept(due)
    pool.ask("a", due)
    pool.network.wires[0].peer.received(http_answer(b""), due)
    pool.client.on_time(due)
    assert len(pool.network.asked) == 3
    assert pool.health == [(False, "refused"), (True, "")]


def test_a_dial_without_an_end_is_given_up_and_its_late_connection_closed() -> None:
    pool = Pool(connections=1)
    pool.client.open(0)
    (_, peer) = pool.network.asked.pop()
    pool.client.on_time(10 * S)
    assert pool.health == [(False, "no connection in time")]
    late = HandWire(HOST, peer)
    peer.connected(late, 11 * S)
    assert late.is_closed


def test_a_server_that_opens_and_hangs_up_is_not_dialled_in_a_circle() -> None:
    pool = Pool(connections=1)
    now, dials = 0, 0
    pool.client.open(now)
    while now < 60 * S:
        while pool.network.asked:
            dials += 1
            pool.network.accept(now).peer.closed("bye", now)
        due = pool.client.next_deadline()
        assert due is not None
        now = max(now, due)
        pool.client.on_time(now)
    assert dials <= 6


def test_an_idle_line_closed_after_minutes_is_replaced_at_once() -> None:
    pool = Pool(connections=1)
    (wire,) = pool.opened()
    wire.peer.closed("idle", 180 * S)
    assert len(pool.network.asked) == 1


def test_a_client_that_keeps_nothing_open_dials_when_asked() -> None:
    pool = Pool(connections=1, keep_open=False)
    pool.client.open(0)
    assert pool.network.asked == []
    assert pool.client.next_deadline() is None
    pool.ask("a")
    assert paths(pool.network.accept(1)) == ["/a"]


def test_nothing_is_heard_after_the_end() -> None:
    pool = Pool(connections=2)
    wires = pool.opened()
    pool.ask("a")
    pool.client.close()
    assert all(wire.is_closed for wire in wires)
    wires[0].peer.received(http_answer(b""), 1)
    wires[0].peer.closed("gone", 1)
    assert pool.said() == []
    assert pool.client.next_deadline() is None


def test_a_reply_may_ask_again_from_inside_its_callback() -> None:
    pool = Pool(connections=1)
    (wire,) = pool.opened()
    request = HttpRequest("POST", "/a", (), b"", S)
    pool.client.request(request, lambda reply: pool.ask("next", 1), 0)
    wire.taken()
    wire.peer.received(http_answer(b""), 1)
    assert paths(wire) == ["/next"]


def test_who_asks_again_from_inside_an_expiry_is_told_of_each_request_once() -> None:
    pool = Pool(1)
    told: list[str] = []

    def ask(name: str, now: int) -> None:
        def hear(reply: HttpReply | HttpFailed) -> None:
            told.append(name)
            if name in "ab":
                ask(name + "2", 2 * S)

        pool.client.request(HttpRequest("GET", f"/{name}", (), b"", now + S), hear, now)

    for name in "abc":
        ask(name, 0)
    pool.client.on_time(2 * S)
    assert sorted(told) == ["a", "b", "c"]


def test_failures_have_names_for_people() -> None:
    assert {failure.value for failure in Failure} == {"not_sent", "maybe_sent"}
