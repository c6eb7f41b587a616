"""A run's journal on its way to a broker, `project RUN --url nats://...`: in order, from where the broker stands."""

import asyncio
import signal
import sys
from contextlib import suppress
from itertools import islice
from pathlib import Path

from engine.keys import key_of
from engine.projected import Projected
from engine.replay import Applied, Fold, NotFound, first_of
from storage.failures import BrokerFailed, NoBroker, ProjectionMoved
from storage.stream.broker import Broker
from storage.stream.envelope import Event, event_of
from storage.stream.jetstream import JetStream
from storage.stream.kafka import Kafka

BATCH_MAX = 500
LOOK_S = 0.1
AGAIN_S = 1.0
ASK_EVERY_S = 5.0
"""How often a broker that has nothing to take is asked whether it still has what it took."""


class Streaming:
    """One run's journal on its way to one broker."""

    def __init__(self, run: Path, broker: Broker, *, follow: bool, batch_max: int = BATCH_MAX) -> None:
        self._run = run
        self._broker = broker
        self._follow = follow
        self._batch_max = batch_max
        self._ended = asyncio.Event()
        self._sent = 0
        self._seq = 0

    def end(self) -> None:
        """Stop behind the batch that is under way."""
        self._ended.set()

    async def run(self) -> Projected:
        """Send what the broker does not have, then what comes. Raises as `Fold.steps`, NotFound, BrokerFailed."""
        name = await self._run_naming()
        while True:
            try:
                await self._broker.run_open(name)
                await self._run_sending(name)
                return Projected(name, self._broker.name, self._sent, self._seq)
            except BrokerFailed as error:
                if not self._follow or self._ended.is_set():
                    raise
                print(f"crossbook: {error}; asking again", file=sys.stderr)
            finally:
                await self._broker.run_close()
            await self._run_waiting(AGAIN_S)

    async def _run_sending(self, name: str) -> None:
        """Until there is no more, the end is asked for, or the broker has forgotten something."""
        stands = await self._broker.fetch_position()
        fold, keys = Fold(self._run), Keys()
        steps, idle_s = fold.steps(), 0.0
        while not self._ended.is_set():
            events = [keys.event(name, step) for step in islice(steps, self._batch_max)]
            batch = [event for event in events if event.seq > stands]
            if batch:
                await self._broker.send(batch)
                self._sent += len(batch)
                stands, idle_s = batch[-1].seq, 0.0
            elif not events:
                if fold.place.seq < stands:
                    raise ProjectionMoved(f"{self._broker.name} has record {stands} of {name}: another journal's")
                self._seq = stands
                if not self._follow:
                    return
                await self._run_waiting(LOOK_S)
                steps, idle_s = fold.steps(), idle_s + LOOK_S
                if idle_s >= ASK_EVERY_S:
                    idle_s = 0.0
                    await self._run_asking(name, stands)

    async def _run_asking(self, name: str, stands: int) -> None:
        """Raises BrokerFailed where the broker lost what it had acknowledged: it is opened again, and refilled."""
        if await self._broker.fetch_position() < stands:
            raise BrokerFailed(f"{self._broker.name} has forgotten events of {name}")

    async def _run_naming(self) -> str:
        while (started := first_of(self._run)) is None:
            if not self._follow or self._ended.is_set():
                raise NotFound(f"{self._run} holds no records: name the folder of a run")
            await self._run_waiting(LOOK_S)
        return started.run

    async def _run_waiting(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._ended.wait()


def stream_run(run: Path, url: str, *, follow: bool) -> Projected:
    """The door `project RUN` with the address of a broker. Raises NoBroker, and as `Streaming`."""
    return asyncio.run(_run_stream(run, broker_at(url, run), follow=follow))


async def _run_stream(run: Path, broker: Broker, *, follow: bool) -> Projected:
    streaming = Streaming(run, broker, follow=follow)
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, streaming.end)
    return await streaming.run()


def broker_at(url: str, run: Path) -> Broker:
    """`nats://HOST:PORT` (or `tls://`), `kafka://HOST:PORT/TOPIC`. Raises NoBroker."""
    kind, _, rest = url.partition("://")
    servers, _, topic = rest.partition("/")
    if kind in ("nats", "tls") and rest:
        return JetStream(url)
    if kind == "kafka" and servers and topic:
        return Kafka(servers, topic, run)
    raise NoBroker("the address of a broker is nats://HOST:PORT or kafka://HOST:PORT/TOPIC")


class Keys:
    """Which sporting event each record is about, and which record of it came before."""

    def __init__(self) -> None:
        self._last: dict[str, int] = {}

    def event(self, run: str, step: Applied) -> Event:
        """The event of a record that was applied."""
        key = key_of(step)
        previous = self._last.get(key, 0)
        self._last[key] = step.record.seq
        return event_of(run, step.record, step.place.head, key=key, previous_seq=previous)
