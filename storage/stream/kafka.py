"""Kafka: one topic for all runs, partitioned by sporting event, through an idempotent producer.

Such a producer stores a partition's events in order and once as long as it lives. Over restarts the position is kept in
a file beside the journal: a record's number, and how far each partition reached when everything up to it had been
acknowledged. A partition that reaches less far has forgotten, and the run is sent again from its first record.
"""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import msgspec
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.errors import KafkaError

from storage.failures import BrokerFailed
from storage.segments import write_durably
from storage.stream.envelope import Event, to_bytes

ANSWER_MS = 10_000

_FAILURES = (KafkaError, OSError, TimeoutError)


class Cursor(msgspec.Struct, frozen=True):
    """Up to which record everything was acknowledged, and the offset behind the last event of each partition then."""

    topic: str
    seq: int
    reached: dict[int, int]


class Kafka:
    """One cluster and one topic."""

    def __init__(self, servers: str, topic: str, folder: Path) -> None:
        """`folder` is the run's."""
        self.name = f"kafka://{servers}/{topic}"
        self._servers = servers
        self._topic = topic
        self._path = folder / f"stream-{topic}.json"
        self._reached: dict[int, int] = {}
        self._producer: AIOKafkaProducer | None = None

    async def run_open(self, run: str) -> None:
        """Connect. Raises BrokerFailed."""
        producer = AIOKafkaProducer(
            bootstrap_servers=self._servers,
            enable_idempotence=True,
            request_timeout_ms=ANSWER_MS,
            client_id=f"crossbook-{run}",
        )
        try:
            await producer.start()
        except _FAILURES as error:
            await producer.stop()
            raise BrokerFailed(f"{self.name}: {type(error).__name__} {error}") from error
        self._producer = producer

    async def fetch_position(self) -> int:
        """The file's, if every partition still reaches as far; else the beginning. Raises BrokerFailed."""
        self._reached = {}
        cursor = self._cursor()
        if cursor is None or cursor.topic != self._topic:
            return 0
        ends = await self._fetch_ends(list(cursor.reached))
        if any(ends.get(partition, 0) < offset for partition, offset in cursor.reached.items()):
            return 0
        self._reached = dict(cursor.reached)
        return cursor.seq

    async def send(self, events: Sequence[Event]) -> None:
        """Hand over, wait for every acknowledgement, then move the file. Raises BrokerFailed, OSError."""
        if self._producer is None:
            raise BrokerFailed(f"{self.name}: not connected")
        try:
            waiting = [
                await self._producer.send(
                    self._topic,
                    to_bytes(event),
                    key=f"{event.run}/{event.key}".encode(),
                    headers=[("id", event.id.encode())],
                )
                for event in events
            ]
            for stored in await asyncio.gather(*waiting):
                self._reached[stored.partition] = max(self._reached.get(stored.partition, 0), stored.offset + 1)
        except _FAILURES as error:
            raise BrokerFailed(f"{self.name}: {type(error).__name__} {error}") from error
        write_durably(self._path, msgspec.json.encode(Cursor(self._topic, events[-1].seq, self._reached)))

    async def run_close(self) -> None:
        """Let go of the connection."""
        if self._producer is not None:
            producer, self._producer = self._producer, None
            await producer.stop()

    async def _fetch_ends(self, partitions: list[int]) -> dict[int, int]:
        consumer = AIOKafkaConsumer(bootstrap_servers=self._servers, request_timeout_ms=ANSWER_MS)
        try:
            await consumer.start()
            known = await consumer.end_offsets([TopicPartition(self._topic, number) for number in partitions])
            return {place.partition: offset for place, offset in known.items()}
        except _FAILURES as error:
            raise BrokerFailed(f"{self.name}: {type(error).__name__} {error}") from error
        finally:
            await consumer.stop()

    def _cursor(self) -> Cursor | None:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=Cursor) if self._path.exists() else None
        except msgspec.MsgspecError:
            return None  # a file that nobody can read is one that is not there: everything is sent again
