"""Socket to socket over loopback: a feed frame is sent, an order request is received, and the time between.

Each case is a process of its own that dials two ports here: a feed, and a place for orders. This end is blocking
sockets, the same for all, so that its own cost is in every case and in the one that is 1.00.
"""

import base64
import hashlib
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench.measure import Goal, Line, Row, lines, now_us, quantile
from bench.peers import FOLDER, Peers
from bench.quoters import Taker
from bench.street import RUNNERS, BenchStreet

P50, P99 = 4.0, 6.0
BARE, OURS = "bare uvloop protocol", "crossbook"
HERE = Path(__file__).resolve().parent
PATIENCE_S = 8.0
DISTURBED = 20
REST_US = 400.0
"""Between an answer and the next frame, so that the answer is taken in first; the same for every case."""

OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"

Answer = Callable[[bytes], bytes]
"""From the body of an order request to the bytes that answer it."""


class Far:
    """The exchange's end of one case: sends a frame, waits for the order, answers it."""

    def __init__(self, command: list[str], answer: Answer, *, websocket: bool = False) -> None:
        self._feeds, self._orders = (socket.create_server(("127.0.0.1", 0)) for _ in range(2))
        ports = [str(server.getsockname()[1]) for server in (self._feeds, self._orders)]
        self._answer = answer
        self._websocket = websocket
        self._child = subprocess.Popen([*command, *ports], cwd=HERE.parent)
        self._feed = _accepted(self._feeds)
        self._order: socket.socket | None = None
        if websocket:
            _shake_hands(self._feed)
            self._order = self._feed

    def once(self, frame: bytes) -> float:
        """Microseconds from the frame's first byte written to the order's last byte read."""
        data = _framed(frame) if self._websocket else frame
        began = now_us()
        self._feed.sendall(data)
        if self._order is None:
            self._order = _accepted(self._orders)
        body = _websocket_message(self._order) if self._websocket else _http_body(self._order)
        spent = now_us() - began
        if not self._websocket:
            self._order.sendall(self._answer(body))
        _wait(REST_US)
        return spent

    def close(self) -> None:
        """Hang up; a case's process ends with its feed."""
        for one in (self._feed, self._order, self._feeds, self._orders):
            if one is not None:
                one.close()
        try:
            self._child.wait(timeout=PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._child.kill()
            self._child.wait()


def socket_row(peers: Peers, rounds: int, count: int) -> Row:
    """p50 against p50, p99 against p99 of the bare line."""
    street, notes = BenchStreet(Taker(), journal=False), list[str]()
    ours = [sys.executable, "-m", "bench.socket_line"]
    theirs = [str(FOLDER / "bin" / "python"), str(HERE / "socket_peers.py")]
    fars = {
        BARE: Far([*ours, "bare"], lambda _: OK),
        OURS: Far([*ours, "street"], street.reply),
    }
    for package, case in (("picows", "picows"), ("aiohttp", "aiohttp"), ("betfairlightweight", "requests")):
        if why := peers.missing(package):
            notes.append(f"{case}: missing, {why}")
            continue
        name = "requests in threads, as flumine sends" if case == "requests" else f"{peers.named(package)}, no decision"
        fars[name] = Far([*theirs, case], lambda _: OK, websocket=case == "picows")
    try:
        costs = _rounds(fars, street, rounds, count)
    finally:
        for far in fars.values():
            far.close()
    found: list[Line] = []
    for said, target in (("p50", P50), ("p99", P99)):
        chosen = {name: values for name, values in costs.items() if name.endswith(said)}
        judged = said == "p50" or not _is_disturbed(costs)
        found += lines(chosen, {f"{OURS}, {said}": Goal(target)} if judged else {}, ours=[f"{OURS}, {said}"])
        if not judged:
            notes.append(f"p99 not judged: the bare line's own is over {DISTURBED} times its p50, so others run here")
    notes.append("crossbook takes at every frame: gate, router, journal `process`; the others decide nothing")
    return Row("socket", "a frame answered by an order request", tuple(found), tuple(notes))


def _is_disturbed(costs: dict[str, list[float]]) -> bool:
    return median(costs[f"{BARE}, p99"]) > DISTURBED * median(costs[f"{BARE}, p50"])


def _rounds(fars: dict[str, Far], street: BenchStreet, rounds: int, count: int) -> dict[str, list[float]]:
    costs: dict[str, list[float]] = {}
    number = 0
    for turn in range(rounds + 1):
        for name, far in fars.items():
            spent = []
            for _ in range(count if turn else 50):
                number += 1
                spent.append(far.once(street.frame({"id": RUNNERS[1], "atb": [[2.30, 10.0 + number % 7]]})))
            for share, said in ((0.5, "p50"), (0.99, "p99")):
                if turn:  # the first turn warms up
                    costs.setdefault(f"{name}, {said}", []).append(quantile(spent, share))
    return costs


# --- leaves: bytes on blocking sockets ---


def _wait(us: float) -> None:
    """Without sleeping: waking up would be part of the next measurement."""
    until = now_us() + us
    while now_us() < until:
        pass


def _accepted(server: socket.socket) -> socket.socket:
    server.settimeout(PATIENCE_S)
    line, _ = server.accept()
    line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    line.settimeout(PATIENCE_S)
    return line


def _read(line: socket.socket) -> bytes:
    data = line.recv(65_536)
    if not data:
        raise RuntimeError("a case's process hung up")
    return data


def _http_body(line: socket.socket) -> bytes:
    data = _read(line)
    while b"\r\n\r\n" not in data:
        data += _read(line)
    head, _, body = data.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += _read(line)
    return body


def _shake_hands(line: socket.socket) -> None:
    data = b""
    while not data.endswith(b"\r\n\r\n"):
        data += _read(line)
    key = data.lower().split(b"sec-websocket-key:")[1].split(b"\r\n")[0].strip()
    at = data.lower().index(key)
    accept = base64.b64encode(hashlib.sha1(data[at : at + len(key)] + _GUID).digest())
    line.sendall(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        b"Sec-WebSocket-Accept: " + accept + b"\r\n\r\n"
    )


def _framed(data: bytes) -> bytes:
    head = bytes([0x81, len(data)]) if len(data) < 126 else b"\x81\x7e" + len(data).to_bytes(2, "big")
    return head + data


def _websocket_message(line: socket.socket) -> bytes:
    """One masked frame of less than 64 KiB, as a client sends it."""
    data = _read(line)
    while len(data) < 8 or len(data) < 8 + int.from_bytes(data[2:4], "big"):
        data += _read(line)
    assert data[1] == 0x80 | 126, "the peers answer with more than 125 bytes"
    return data[8:]
