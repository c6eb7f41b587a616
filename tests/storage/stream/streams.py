"""Events of a run, sent by the door's own code, and what a consumer makes of deliveries."""

import asyncio
from collections.abc import Iterable
from pathlib import Path

from engine.projected import Projected
from engine.streaming import Streaming
from storage.journal import read
from storage.stream.broker import Broker, Once
from storage.stream.envelope import Event


async def run_sending(run: Path, broker: Broker, *, batch: int = 30) -> Projected:
    """What the door does without `--follow`."""
    return await Streaming(run, broker, follow=False, batch_max=batch).run()


async def run_following(run: Path, broker: Broker, until: asyncio.Event) -> Projected:
    """What it does with it, until told to stop."""
    streaming = Streaming(run, broker, follow=True, batch_max=30)

    async def run_watch() -> None:
        await until.wait()
        streaming.end()

    watch = asyncio.ensure_future(run_watch())
    try:
        return await streaming.run()
    finally:
        watch.cancel()


def effects(delivered: Iterable[Event]) -> list[int]:
    """The records that a consumer acts on. Raises Missed."""
    once = Once()
    return [event.seq for event in delivered if once.takes(event)]


def numbers(run: Path) -> list[int]:
    """All records of a journal."""
    return [record.seq for record, _ in read(run)]


def is_ordered_by_key(delivered: Iterable[Event]) -> bool:
    """Whether no event came, the first time, behind a later one of its key."""
    seen: dict[str, int] = {}
    had: set[int] = set()
    for event in delivered:
        if event.seq not in had and event.seq < seen.get(event.key, 0):
            return False
        had.add(event.seq)
        seen[event.key] = max(event.seq, seen.get(event.key, 0))
    return True
