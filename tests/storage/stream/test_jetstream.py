"""The stream to a real JetStream server: every event, in order, whatever the server forgets or refuses."""

import asyncio
import contextlib
import re
from collections.abc import Iterator
from pathlib import Path

import nats
import pytest
from msgspec.structs import replace

from engine.projected import Projected
from storage.failures import BrokerFailed
from storage.stream.jetstream import JetStream, token
from tests.engine.runs import Live
from tests.storage.conftest import absent
from tests.storage.long_runs import bodies, written
from tests.storage.stream.nats_server import (
    Server,
    fetch_stored,
    program,
    run_deleting,
    run_purging,
    run_until,
    running,
)
from tests.storage.stream.streams import effects, is_ordered_by_key, numbers, run_following, run_sending


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    if program() is None:
        absent("nats", "no nats-server is found")
    with running(tmp_path_factory.mktemp("nats")) as server:
        yield server


@pytest.fixture
def broker(server: Server) -> Iterator[JetStream]:
    yield JetStream(server.url)
    asyncio.run(run_deleting(server.url, "trial"))


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return written(tmp_path_factory.mktemp("long") / "run", orders=20)


async def test_every_record_arrives_once_and_in_order(run: Path, server: Server, broker: JetStream) -> None:
    told = await run_sending(run, broker)
    stored = await fetch_stored(server.url, "trial")
    assert [event.seq for event in stored] == numbers(run)
    assert (told.records, told.seq) == (len(stored), len(stored))
    assert {event.key for event in stored} == {"cup", "desk"}
    assert effects(stored) == numbers(run)
    assert is_ordered_by_key(stored)


async def test_a_second_publisher_sends_nothing_again(run: Path, server: Server, broker: JetStream) -> None:
    await run_sending(run, broker)
    assert (await run_sending(run, JetStream(server.url))).records == 0


async def test_a_server_that_forgot_what_it_acknowledged_is_refilled(tmp_path: Path, server: Server) -> None:
    live, whole = Live(tmp_path / "run", digest_every=50), [*bodies(16)]
    live.record(*whole[:60])
    first = await run_sending(tmp_path / "run", JetStream(server.url))
    server.kill()
    server.keep_aside()
    server.start()
    live.record(*whole[60:])
    live.journal.close()
    await run_sending(tmp_path / "run", JetStream(server.url))
    server.kill()
    server.go_back()
    server.start()
    assert len(await fetch_stored(server.url, "trial")) == first.seq
    told = await run_sending(tmp_path / "run", JetStream(server.url))
    assert told.records == told.seq - first.seq
    assert effects(await fetch_stored(server.url, "trial")) == numbers(tmp_path / "run")
    await run_deleting(server.url, "trial")


async def test_a_purged_stream_is_filled_again_as_soon_as_the_server_lets_it(
    run: Path, server: Server, broker: JetStream
) -> None:
    await run_sending(run, broker)
    await run_purging(server.url, "trial")
    async with asyncio.timeout(30):
        while (told := await sent_or_refused(run, broker)) is None:
            await asyncio.sleep(1.2)
            await run_purging(server.url, "trial")
    assert told.records == len(numbers(run))
    assert effects(await fetch_stored(server.url, "trial")) == numbers(run)


async def sent_or_refused(run: Path, broker: JetStream) -> Projected | None:
    """What was sent; None where the server still knew the events' ids and stored nothing of some of them."""
    try:
        return await run_sending(run, broker)
    except BrokerFailed as error:
        if not re.search("dropped as seen already|wrong last sequence", str(error)):  # older and newer servers
            raise
        return None


async def test_a_deleted_stream_is_filled_again_from_the_journal(run: Path, server: Server, broker: JetStream) -> None:
    await run_sending(run, broker)
    await run_deleting(server.url, "trial")
    assert (await run_sending(run, broker)).records == len(numbers(run))
    assert effects(await fetch_stored(server.url, "trial")) == numbers(run)


async def test_a_publisher_that_is_further_back_than_it_thinks_stores_nothing(
    run: Path, server: Server, broker: JetStream
) -> None:
    await run_sending(run, broker)
    before = await fetch_stored(server.url, "trial")
    late = JetStream(server.url)
    await late.run_open("trial")
    await late.fetch_position()
    await broker.run_open("trial")
    await broker.fetch_position()
    more = [replace(before[0], seq=seq, id=f"trial:{seq}") for seq in (9_001, 9_002)]
    with pytest.raises(BrokerFailed, match="dropped as seen already"):
        await broker.send([more[0], more[0]])  # at once: the server knows an id for a second only
    with pytest.raises(BrokerFailed, match="wrong last sequence"):
        await late.send(more[1:])
    await late.run_close()
    await broker.run_close()
    assert await fetch_stored(server.url, "trial") == [*before, more[0]]


async def test_a_killed_server_is_asked_again_and_gets_the_rest(
    tmp_path: Path, broker: JetStream, server: Server
) -> None:
    live, over = Live(tmp_path / "run", digest_every=50), asyncio.Event()
    whole = [*bodies(16)]
    live.record(*whole[:60])
    following = asyncio.ensure_future(run_following(tmp_path / "run", broker, over))

    async def has_all() -> bool:
        with contextlib.suppress(nats.errors.Error, OSError):  # server or stream may not be there yet
            return len(await fetch_stored(server.url, "trial")) == live.state.records
        return False

    await run_until(has_all)
    server.kill()
    live.record(*whole[60:])
    await asyncio.sleep(0.3)
    server.start()
    await run_until(has_all)
    over.set()
    await following
    live.journal.close()
    assert effects(await fetch_stored(server.url, "trial")) == numbers(tmp_path / "run")


async def test_a_run_without_a_server_fails_in_one_line(run: Path) -> None:
    with pytest.raises(BrokerFailed, match=r"nats://127\.0\.0\.1:1:"):
        await run_sending(run, JetStream("nats://me:s3cret@127.0.0.1:1", answer_s=1))


def test_a_name_becomes_one_part_of_a_subject() -> None:
    assert token("20261121-120000-000-seed7") == "20261121-120000-000-seed7"
    assert token("a.b *>") == "a=2eb=20=2a=3e"
    assert token("") == "="
