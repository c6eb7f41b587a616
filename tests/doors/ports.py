"""Servers without sockets on real ports of this machine, served by a thread of their own until a block ends."""

import asyncio
import ssl
import threading
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from engine.clock import SystemClock
from venues.base import Server
from venues.sim.diary import Timed
from venues.sim.listen import Listener

HOST = "127.0.0.1"


class Open:
    """The ports by the keys of their servers; `do` has something done in the thread that serves them."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.ports: dict[Hashable, int] = {}
        self._loop = loop

    def do(self, deed: Callable[[int], Any]) -> Any:
        """Do it there, at the time of that moment; what came of it."""
        done: Future[Any] = Future()

        def act() -> None:
            try:
                done.set_result(deed(SystemClock().monotonic_ns()))
            except Exception as error:  # noqa: BLE001  (whoever asked gets it)
                done.set_exception(error)

        self._loop.call_soon_threadsafe(act)
        return done.result(20)


@contextmanager
def opened(servers: Mapping[Any, Server], tls: ssl.SSLContext | None, *, timed: Sequence[Timed] = ()) -> Iterator[Open]:
    """Every server on a port; `timed` are looked at before them."""
    loop = asyncio.new_event_loop()
    found, ready, over = Open(loop), threading.Event(), asyncio.Event()

    async def run_all() -> None:
        listener = Listener(SystemClock())
        for one in timed:
            listener.keep_time(one)
        for key, server in servers.items():
            found.ports[key] = await listener.run_port(server, host=HOST, port=0, tls=tls)
        ready.set()
        await over.wait()
        listener.close()
        await asyncio.sleep(0.05)  # what was closed says so to the loop

    thread = threading.Thread(target=lambda: loop.run_until_complete(run_all()))
    thread.start()
    assert ready.wait(20), "the ports did not open"
    try:
        yield found
    finally:
        loop.call_soon_threadsafe(over.set)
        thread.join()
        loop.close()
