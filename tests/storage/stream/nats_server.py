"""A NATS server of our own with JetStream, and what its streams hold."""

import asyncio
import contextlib
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import nats

from storage.stream.envelope import Event, from_bytes
from storage.stream.jetstream import stream_name, subject_of
from tests.storage.postgres import free_port


def program() -> str | None:
    """The server of our environment (`requirements/services.txt`), else that of the path; None if there is none."""
    here = Path(sys.executable).with_name("nats-server")
    return str(here) if here.exists() else shutil.which("nats-server")


class Server:
    """A process on loopback that keeps its streams in a folder over restarts."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self._folder = folder
        self._config = folder / "nats.conf"
        self._config.write_text(f'listen: "127.0.0.1:{self.port}"\njetstream {{ store_dir: "{folder}" }}\n')
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"nats://127.0.0.1:{self.port}"

    def start(self) -> None:
        command = [program() or "nats-server", "-c", str(self._config)]
        self._process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        for _ in range(500):
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), timeout=0.02):
                return
            time.sleep(0.02)
        raise AssertionError("nats-server did not start")

    def kill(self) -> None:
        """As a power cut that spares the disk."""
        if self._process is not None:
            self._process.send_signal(signal.SIGKILL)
            self._process.wait()
            self._process = None

    def keep_aside(self) -> None:
        """Remember the disk as it is; the server must be down."""
        shutil.copytree(self._folder / "jetstream", self._folder / "aside")

    def go_back(self) -> None:
        """The disk as it was then: whatever came later had been acknowledged and is lost."""
        shutil.rmtree(self._folder / "jetstream")
        (self._folder / "aside").rename(self._folder / "jetstream")


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Server]:
    server = Server(folder)
    server.start()
    try:
        yield server
    finally:
        server.kill()


async def fetch_stored(url: str, run: str) -> list[Event]:
    """Everything that a run's stream holds, as a new consumer gets it."""
    client = await nats.connect(url)
    try:
        stream = client.jetstream(timeout=2)
        info = await stream.stream_info(stream_name(run))
        consumer = await stream.pull_subscribe(f"{subject_of(run)}.>")
        found: list[Event] = []
        while len(found) < info.state.messages:
            for message in await consumer.fetch(min(200, info.state.messages - len(found)), timeout=2):
                found.append(from_bytes(message.data))
                await message.ack()
        return found
    finally:
        await client.close()


async def run_deleting(url: str, run: str) -> None:
    """Somebody deletes the stream of a run, and it stays deleted."""
    client = await nats.connect(url)
    await client.jetstream().delete_stream(stream_name(run))
    await client.close()
    await asyncio.sleep(0.5)  # a stream of that name made at once would get its messages back (nats-server 2.15)


async def run_purging(url: str, run: str) -> None:
    """Somebody empties the stream of a run."""
    client = await nats.connect(url)
    await client.jetstream().purge_stream(stream_name(run))
    await client.close()


async def run_until(ready: Callable[[], Awaitable[bool]], seconds: float = 20.0) -> None:
    """Wait until somebody says yes."""
    async with asyncio.timeout(seconds):
        while not await ready():  # noqa: ASYNC110  (the server tells nobody)
            await asyncio.sleep(0.05)
