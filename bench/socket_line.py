"""The near end of a socket case, in a process of its own: `bare` answers every frame, `street` decides on it."""

import asyncio
import json
import sys
from collections import deque
from typing import cast

import uvloop

from bench.decisions import ORDER
from bench.quoters import Taker
from bench.street import BenchStreet
from tests.venues.hands import HandWire

ANSWER = b"HTTP/1.1 "
BODY = json.dumps(ORDER).encode()
REQUEST = (
    b"POST /exchange/betting/json-rpc/v1 HTTP/1.1\r\nHost: betting\r\nX-Application: key\r\nX-Authentication: T\r\n"
    b"Content-Type: application/json\r\nContent-Length: " + str(len(BODY)).encode() + b"\r\n\r\n" + BODY
)


class Orders(asyncio.Protocol):
    """The line for orders; `bare` reads no answer from it."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast(asyncio.Transport, transport)


class Feed(asyncio.Protocol):
    """The line of frames; with it the process ends."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    def connection_lost(self, exc: Exception | None) -> None:
        self.ended.set()


class Bare(Feed):
    """Answers every read of the feed with one order."""

    def __init__(self, orders: asyncio.Transport) -> None:
        super().__init__()
        self._orders = orders

    def data_received(self, data: bytes) -> None:
        self._orders.write(REQUEST)


class StreetOrders(Orders):
    """Answers go back to the street's connections in the order in which these asked."""

    def __init__(self, street: BenchStreet) -> None:
        self._street = street
        self._asking: deque[HandWire] = deque()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        for wire in self._street.hot:
            wire.write = self._writer(wire)  # type: ignore[method-assign]  # the wire becomes a real one

    def data_received(self, data: bytes) -> None:
        for answer in data.split(ANSWER)[1:]:
            self._asking.popleft().peer.received(ANSWER + answer, self._street.now)

    def _writer(self, wire: HandWire):
        def write(data: bytes) -> None:
            self._asking.append(wire)
            self.transport.write(data)

        return write


class StreetFeed(Feed):
    """Frames go into the street as they come."""

    def __init__(self, street: BenchStreet) -> None:
        super().__init__()
        self._street = street

    def data_received(self, data: bytes) -> None:
        self._street.later(1000)
        self._street.hear(data)


async def run(case: str, feed_port: int, order_port: int) -> None:
    """Dial both ports and serve until the feed ends."""
    loop = asyncio.get_running_loop()
    street = BenchStreet(Taker()) if case == "street" else None
    _, orders = await loop.create_connection(
        lambda: Orders() if street is None else StreetOrders(street), "127.0.0.1", order_port
    )
    _, feed = await loop.create_connection(
        lambda: Bare(orders.transport) if street is None else StreetFeed(street), "127.0.0.1", feed_port
    )
    await feed.ended.wait()


if __name__ == "__main__":
    uvloop.run(run(sys.argv[1], int(sys.argv[2]), int(sys.argv[3])))
