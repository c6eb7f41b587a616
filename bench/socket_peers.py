"""The near end of a socket case in the peers' environment: a library carries the frame in and an order out."""

import asyncio
import contextlib
import json
import sys
from concurrent.futures import ThreadPoolExecutor

import uvloop

BODY = json.dumps({"method": "SportsAPING/v1.0/placeOrders", "params": "x" * 300}).encode()
PATH = "/exchange/betting/json-rpc/v1"


class Reads(asyncio.Protocol):
    """A plain feed: every read is a frame."""

    def __init__(self, order):
        self._order = order

    def data_received(self, data: bytes) -> None:
        self._order()

    def connection_lost(self, exc: Exception | None) -> None:
        asyncio.get_running_loop().stop()


async def run_picows(feed_port: int, order_port: int) -> None:
    from picows import WSListener, WSMsgType, ws_connect

    class Answers(WSListener):
        def on_ws_frame(self, transport, frame):
            transport.send(WSMsgType.TEXT, BODY)

        def on_ws_disconnected(self, transport):
            asyncio.get_running_loop().stop()

    await ws_connect(Answers, f"ws://127.0.0.1:{feed_port}/")
    await asyncio.Event().wait()


async def run_aiohttp(feed_port: int, order_port: int) -> None:
    import aiohttp

    loop = asyncio.get_running_loop()
    async with aiohttp.ClientSession() as session:
        tasks = set()

        async def run_post() -> None:
            async with session.post(f"http://127.0.0.1:{order_port}{PATH}", data=BODY) as answer:
                await answer.read()

        def order() -> None:
            task = loop.create_task(run_post())
            tasks.add(task)
            task.add_done_callback(tasks.discard)

        await loop.create_connection(lambda: Reads(order), "127.0.0.1", feed_port)
        await asyncio.Event().wait()


async def run_requests(feed_port: int, order_port: int) -> None:
    import requests

    loop = asyncio.get_running_loop()
    session = requests.Session()
    pool = ThreadPoolExecutor(max_workers=1)  # one, so that its connection is always the same

    def post() -> None:
        session.post(f"http://127.0.0.1:{order_port}{PATH}", data=BODY).content  # noqa: B018  (the answer is read)

    await loop.create_connection(lambda: Reads(lambda: pool.submit(post)), "127.0.0.1", feed_port)
    await asyncio.Event().wait()


CASES = {"picows": run_picows, "aiohttp": run_aiohttp, "requests": run_requests}

if __name__ == "__main__":
    # a feed that ends stops the loop, which `run` calls an error
    with contextlib.suppress(RuntimeError):
        uvloop.run(CASES[sys.argv[1]](int(sys.argv[2]), int(sys.argv[3])))
