"""The stream to Kafka: its protocol, spoken with librdkafka's mock cluster, which is no durable broker."""

import asyncio
import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiokafka import AIOKafkaConsumer, TopicPartition

from storage.failures import BrokerFailed
from storage.stream.envelope import Event, from_bytes
from storage.stream.kafka import Kafka
from tests.storage.conftest import absent
from tests.storage.long_runs import written
from tests.storage.stream.streams import effects, is_ordered_by_key, numbers, run_sending

Producer: Any = None
with contextlib.suppress(ImportError):
    from confluent_kafka import Producer


class Cluster:
    """A mock cluster lives in the process of the producer that made it."""

    def __init__(self) -> None:
        self._producer = Producer({"bootstrap.servers": "localhost:0", "test.mock.num.brokers": 1, "log_level": 0})
        self._brokers = self._producer.list_topics(timeout=10).brokers

    @property
    def servers(self) -> str:
        [one] = self._brokers.values()
        return f"{one.host}:{one.port}"


@pytest.fixture(scope="module")
def servers() -> Iterator[str]:
    if Producer is None:
        absent("kafka", "confluent-kafka, whose mock cluster is the peer, is not installed")
    cluster = Cluster()
    yield cluster.servers
    del cluster


@pytest.fixture
def run(tmp_path: Path) -> Path:
    return written(tmp_path / "run", orders=20)


async def fetch_delivered(servers: str, topic: str) -> list[Event]:
    """Everything in a topic, partition by partition."""
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False)
    await consumer.start()
    try:
        places = [TopicPartition(topic, number) for number in range(4)]  # as many as the mock gives a topic
        consumer.assign(places)
        await consumer.seek_to_beginning(*places)
        ends = await consumer.end_offsets(places)
        wanted = sum(ends.values())
        found: list[Event] = []
        async with asyncio.timeout(20):
            while len(found) < wanted:
                for messages in (await consumer.getmany(timeout_ms=300)).values():
                    for message in messages:
                        event = from_bytes(message.value)
                        assert message.key == f"{event.run}/{event.key}".encode()
                        assert dict(message.headers)["id"] == event.id.encode()
                        found.append(event)
        return found
    finally:
        await consumer.stop()


async def test_every_record_arrives_in_order_by_key(run: Path, servers: str) -> None:
    told = await run_sending(run, Kafka(servers, "first", run))
    delivered = await fetch_delivered(servers, "first")
    assert sorted(event.seq for event in delivered) == numbers(run)
    assert is_ordered_by_key(delivered)
    assert sorted(effects(delivered)) == numbers(run)
    assert told.records == len(delivered)


async def test_a_second_publisher_sends_nothing_again(run: Path, servers: str) -> None:
    await run_sending(run, Kafka(servers, "second", run))
    assert (await run_sending(run, Kafka(servers, "second", run))).records == 0


async def test_a_lost_position_sends_everything_again_and_consumers_act_once(run: Path, servers: str) -> None:
    await run_sending(run, Kafka(servers, "third", run))
    (run / "stream-third.json").write_bytes(b"{torn")
    assert (await run_sending(run, Kafka(servers, "third", run))).records == len(numbers(run))
    delivered = await fetch_delivered(servers, "third")
    assert len(delivered) == 2 * len(numbers(run))
    assert sorted(effects(delivered)) == numbers(run)


async def test_a_cluster_that_forgot_is_filled_again(run: Path, servers: str) -> None:
    await run_sending(run, Kafka(servers, "fourth", run))
    other = Cluster()
    assert (await run_sending(run, Kafka(other.servers, "fourth", run))).records == len(numbers(run))
    assert sorted(effects(await fetch_delivered(other.servers, "fourth"))) == numbers(run)


async def test_a_cluster_that_is_away_fails_in_one_line(run: Path) -> None:
    with pytest.raises(BrokerFailed, match=r"kafka://127\.0\.0\.1:1/x: KafkaConnectionError"):
        await run_sending(run, Kafka("127.0.0.1:1", "x", run))
