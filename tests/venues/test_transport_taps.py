"""Taps cut what a venue says into its messages, however the bytes come, and hand on nothing else."""

import gzip

import pytest
from hypothesis import given
from hypothesis import strategies as st
from websockets.frames import Frame, Opcode

from venues.base import Endpoint
from venues.transport_taps import Cutter, HttpCutter, LineCutter, SocketCutter, TappedNetwork

HELLO = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\n"


def text_frame(text: bytes, *, fin: bool = True, opcode: Opcode = Opcode.TEXT) -> bytes:
    return Frame(opcode, text, fin).serialize(mask=False)


def answer(body: bytes, *, head: bytes = b"") -> bytes:
    return b"HTTP/1.1 200 OK\r\nSet-Cookie: s=1\r\nContent-Length: %d\r\n%b\r\n%b" % (len(body), head, body)


PACKED = gzip.compress(b"three")
CASES: dict[type[Cutter], tuple[list[bytes], bytes, list[tuple[str, bytes]]]] = {
    LineCutter: ([b'{"session":"s"}\r\n'], b'{"a":1}\r\n\r\n{"b":2}\n{"c"', [("", b'{"a":1}'), ("", b'{"b":2}')]),
    SocketCutter: (
        [b"GET /ws HTTP/1.1\r\nKEY: secret\r\n\r\n"],
        HELLO
        + text_frame(b"one")
        + text_frame(b"", opcode=Opcode.PING)
        + text_frame(b"t", fin=False)
        + text_frame(b"wo", opcode=Opcode.CONT)
        + text_frame(b"x" * 70_000),
        [("", b"one"), ("", b"two"), ("", b"x" * 70_000)],
    ),
    HttpCutter: (
        [
            b"GET /a?x=1 HTTP/1.1\r\nX-Authentication: secret\r\n\r\n",
            b"POST /b HTTP/1.1\r\nContent-Length: 6\r\n\r\nsecret",
            b"GET /c HTTP/1.1\r\n\r\n",
        ],
        answer(b"one")
        + b"HTTP/1.1 100 Continue\r\n\r\n"
        + b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: chunked\r\n\r\n3\r\ntwo\r\n0\r\n\r\n"
        + answer(PACKED, head=b"Content-Encoding: gzip\r\n"),
        [("/a?x=1 200", b"one"), ("/b 404", b"two"), ("/c 200", b"three")],
    ),
}


@pytest.mark.parametrize("kind", CASES)
@given(cuts=st.lists(st.integers(1, 60), min_size=1, max_size=30))
def test_messages_are_whole_however_the_bytes_come(kind: type[Cutter], cuts: list[int]) -> None:
    asked, heard, expected = CASES[kind]
    found: list[tuple[str, bytes]] = []
    cutter = kind(lambda about, text: found.append((about, text)))
    for data in asked:
        cutter.asked(data)
    at = 0
    for cut in cuts:
        cutter.heard(heard[at : at + cut])
        at += cut
    cutter.heard(heard[at:])
    assert found == expected


@pytest.mark.parametrize("kind", CASES)
@given(data=st.binary(max_size=300), asked=st.binary(max_size=60))
def test_no_bytes_upset_a_tap(kind: type[Cutter], data: bytes, asked: bytes) -> None:
    cutter = kind(lambda about, text: None)
    cutter.asked(asked)
    cutter.heard(data)
    cutter.asked(asked)
    cutter.heard(HELLO + data)
    cutter.heard(data)


class Ends:
    """A network, the wire of its one connection, its peer, and who listens, all in one: notes what each is told."""

    def __init__(self) -> None:
        self.taps = {"stream": (Endpoint("h", 1, tls=False), LineCutter)}
        self.settings = None
        self.noted: list[object] = []
        self.peers: list = []

    def dial(self, endpoint: Endpoint, peer) -> None:
        self.peers.append(peer)

    def wants(self, key: str, about: str, text: bytes) -> bool:
        return text != b"ours"

    def write(self, data: bytes) -> None:
        self.noted.append(("written", data))

    def close(self) -> None:
        self.noted.append("hung up")

    def connected(self, wire, now_ns: int) -> None:
        wire.write(b"hello\n")
        wire.close()

    def received(self, data: bytes, now_ns: int) -> None:
        self.noted.append(("heard", data))

    def closed(self, *said: object) -> None:
        self.noted.append(("closed", *said))

    def opened(self, link: int, key: str, now_ns: int) -> None:
        self.noted.append(("opened", link, key))

    def said(self, link: int, about: str, text: bytes, now_ns: int) -> None:
        self.noted.append(("said", link, text, now_ns))


def test_who_is_listened_to_does_not_notice() -> None:
    ends, listener = Ends(), Ends()
    network = TappedNetwork(ends, ends, listener)
    network.dial(Endpoint("h", 1, tls=False), ends)
    network.dial(Endpoint("other", 1, tls=False), ends)
    tapped, plain = ends.peers
    assert plain is ends
    tapped.connected(ends, 1)
    tapped.received(b"a\nours\nb", 2)
    tapped.received(b"\n", 3)
    tapped.closed("gone", 4)
    assert ends.noted == [
        ("written", b"hello\n"),
        "hung up",
        ("heard", b"a\nours\nb"),
        ("heard", b"\n"),
        ("closed", "gone", 4),
    ]
    assert listener.noted == [
        ("opened", 1, "stream"),
        ("said", 1, b"a", 2),
        ("said", 1, b"b", 3),
        ("closed", 1, "gone", 4),
    ]
