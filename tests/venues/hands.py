"""A network held in the hand: every dial waits until the test answers it, every written byte is kept."""

from dataclasses import dataclass, field

from venues.base import Endpoint, Peer


@dataclass(eq=False)
class HandWire:
    """The far end of one open connection, as the test sees it."""

    endpoint: Endpoint
    peer: Peer
    written: bytearray = field(default_factory=bytearray)
    is_closed: bool = False

    def write(self, data: bytes) -> None:
        if not self.is_closed:
            self.written += data

    def close(self) -> None:
        self.is_closed = True

    def taken(self) -> bytes:
        """What was written since the last time."""
        data = bytes(self.written)
        self.written.clear()
        return data


class HandNetwork:
    """Dials wait in `asked`; `accept` opens the oldest one to a host, `refuse` turns it down."""

    def __init__(self) -> None:
        self.asked: list[tuple[Endpoint, Peer]] = []
        self.wires: list[HandWire] = []

    def dial(self, endpoint: Endpoint, peer: Peer) -> None:
        self.asked.append((endpoint, peer))

    def accept(self, now_ns: int, host: str = "") -> HandWire:
        endpoint, peer = self._next(host)
        wire = HandWire(endpoint, peer)
        self.wires.append(wire)
        peer.connected(wire, now_ns)
        return wire

    def refuse(self, now_ns: int, host: str = "", reason: str = "refused") -> None:
        _, peer = self._next(host)
        peer.closed(reason, now_ns)

    def _next(self, host: str) -> tuple[Endpoint, Peer]:
        index = next(n for n, (endpoint, _) in enumerate(self.asked) if host in ("", endpoint.host))
        return self.asked.pop(index)


def http_answer(body: bytes, *, status: int = 200, headers: str = "") -> bytes:
    """The bytes of one HTTP answer."""
    return f"HTTP/1.1 {status} Said\r\nContent-Length: {len(body)}\r\n{headers}\r\n".encode() + body
