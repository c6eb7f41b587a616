"""NATS JetStream: one stream for each run, one subject for each of its sporting events.

Each message names the place in the stream that it must take (`Nats-Expected-Last-Sequence`), so that of two publishers,
or of a batch of which one message failed, nothing is stored out of order or twice; and the stream's last message says
where it stands. Servers of 2.9 acknowledge before they write to disk: what they forget in a crash shows in that
position too. (What they remember of ids after a restart is only the window of duplicates, so ids alone do not do.)
"""

import asyncio
import re
from collections.abc import Sequence
from typing import Any

import nats
from nats.aio.client import Client
from nats.errors import Error
from nats.js import JetStreamContext
from nats.js.api import PubAck
from nats.js.errors import NotFoundError

from storage.failures import BrokerFailed
from storage.stream.envelope import Event, seq_of_id, to_bytes

ANSWER_S = 2
"""How long the server may take for one answer; its client's own patience is five seconds."""

DUPLICATES_S = 1
"""How long the server drops an id that it has seen: no longer than a publisher waits before it sends again, for what
was purged must be storable again. That nothing is stored twice is seen to by what each message must follow."""

ID, FOLLOWS = "Nats-Msg-Id", "Nats-Expected-Last-Sequence"

_FAILURES = (Error, OSError, TimeoutError)


class JetStream:
    """One server, or several of a cluster, by address."""

    def __init__(self, url: str, *, answer_s: int = ANSWER_S) -> None:
        self.name = re.sub(r"//[^/@]*@", "//", url)
        self._url = url
        self._answer_s = answer_s
        self._run = ""
        self._places = 0  # taken in the stream
        self._refused: asyncio.Future[None] | None = None
        self._client: Client | None = None
        self._stream: JetStreamContext | None = None

    async def run_open(self, run: str) -> None:
        """Connect and make the run's stream. Raises BrokerFailed."""
        self._run = run
        try:
            async with asyncio.timeout(2 * self._answer_s):  # the client itself would try for two minutes
                client = await nats.connect(
                    self._url,
                    connect_timeout=self._answer_s,
                    allow_reconnect=False,
                    error_cb=self._run_refusing,
                )
            self._client, self._stream = client, client.jetstream(timeout=self._answer_s)
            await self._stream.add_stream(
                name=stream_name(run), subjects=[f"{subject_of(run)}.>"], duplicate_window=DUPLICATES_S
            )
        except _FAILURES as error:
            raise BrokerFailed(f"{self.name}: {_told(error)}") from error

    async def fetch_position(self) -> int:
        """What the stream's last message says. Raises BrokerFailed."""
        name = stream_name(self._run)
        try:
            info = await self._open().stream_info(name)
            self._places = info.state.last_seq
            if not info.state.messages:
                return 0
            message = await self._open().get_msg(name, info.state.last_seq)
        except NotFoundError:
            return 0
        except _FAILURES as error:
            raise BrokerFailed(f"{self.name}: {_told(error)}") from error
        return seq_of_id((message.headers or {}).get(ID, ":0"))

    async def send(self, events: Sequence[Event]) -> None:
        """Publish, each to follow the one before it, and wait for every acknowledgement. Raises BrokerFailed."""
        stored = [*await self._run_publishing(events)]
        if any(one.duplicate for one in stored):
            raise BrokerFailed(f"{self.name}: dropped as seen already, though its stream does not hold it")
        self._places += len(stored)

    async def _run_publishing(self, events: Sequence[Event]) -> Sequence[PubAck]:
        self._refused = asyncio.get_running_loop().create_future()
        waiting: list[asyncio.Future[PubAck]] = []
        try:
            for place, event in enumerate(events, self._places):
                subject = f"{subject_of(self._run)}.{token(event.key)}"
                headers = {ID: event.id, FOLLOWS: str(place)}
                waiting.append(await self._open().publish_async(subject, to_bytes(event), headers=headers))
            stored = asyncio.gather(*waiting)
            stored.add_done_callback(_seen)
            both: list[asyncio.Future[Any]] = [stored, self._refused]
            async with asyncio.timeout(self._answer_s + len(events) // 100):
                await asyncio.wait(both, return_when=asyncio.FIRST_COMPLETED)
            if self._refused.done():
                stored.cancel()
                await self._refused
            return await stored
        except _FAILURES as error:
            for one in waiting:
                one.cancel()
            raise BrokerFailed(f"{self.name}: {_told(error)}") from error
        finally:
            self._refused.cancel()

    async def _run_refusing(self, error: Exception) -> None:
        """What the client says on the side: a refused message among it, whose own future it leaves open."""
        if self._refused is not None and not self._refused.done():
            self._refused.set_exception(error if isinstance(error, _FAILURES) else BrokerFailed(str(error)))

    async def run_close(self) -> None:
        """Close the connection; a server that is gone makes no difference."""
        if self._client is not None:
            client, self._client, self._stream = self._client, None, None
            await client.close()

    def _open(self) -> JetStreamContext:
        if self._stream is None:
            raise BrokerFailed(f"{self.name}: not connected")
        return self._stream


def stream_name(run: str) -> str:
    """The stream that holds a run."""
    return f"CROSSBOOK_{token(run)}"


def subject_of(run: str) -> str:
    """The beginning of a run's subjects."""
    return f"crossbook.{token(run)}"


def token(text: str) -> str:
    """A text as one part of a subject: what means something there is written as its number."""
    return re.sub(r"[^A-Za-z0-9_-]", lambda found: f"={ord(found[0]):x}", text) or "="


def _seen(stored: "asyncio.Future[Any]") -> None:
    """What became of acknowledgements that nobody waits for any more is nobody's surprise."""
    if not stored.cancelled():
        stored.exception()


def _told(error: BaseException) -> str:
    return f"{type(error).__name__} {error}".strip()
