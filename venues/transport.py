"""The only sockets of the venues' client side: TCP and TLS connections under their peers, and a cold HTTP client."""

import asyncio
import ssl
from collections.abc import Callable, Coroutine
from functools import lru_cache
from typing import Any, cast

import aiohttp

from domain.clock import Clock
from venues.base import Endpoint, Peer
from venues.errors import Failure, PeerBroke
from venues.http import HttpFailed, HttpReply, HttpRequest, OnReply

Spawn = Callable[[Coroutine[Any, Any, None]], object]
"""Starts a coroutine in the engine's one group of tasks."""

DIAL_S = 10.0
WRITE_BYTES_MAX = 4_194_304


@lru_cache(maxsize=32)
def tls_context(roots: str, cert: str, key: str) -> ssl.SSLContext:
    """A verifying TLS client; `roots` replaces the system's authorities, `cert` and `key` are shown if asked for."""
    context = ssl.create_default_context(cafile=roots or None)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if cert:
        context.load_cert_chain(cert, key or None)
    return context


def endpoint_tls(endpoint: Endpoint) -> ssl.SSLContext | None:
    """The endpoint's TLS, None for a plain connection. There is no way from the one to the other."""
    return tls_context(endpoint.tls_roots, endpoint.client_cert, endpoint.client_key) if endpoint.tls else None


class SocketNetwork:
    """The `Network` port over real sockets. `after` is called after every call of a peer: deadlines may have moved."""

    def __init__(self, spawn: Spawn, clock: Clock, *, after: Callable[[], None]) -> None:
        self._spawn = spawn
        self._clock = clock
        self._after = after

    def dial(self, endpoint: Endpoint, peer: Peer) -> None:
        """Open a connection; a failure of any kind is told as its end."""
        self._spawn(self._run_dial(endpoint, peer))

    async def _run_dial(self, endpoint: Endpoint, peer: Peer) -> None:
        loop = asyncio.get_running_loop()
        try:
            tls = endpoint_tls(endpoint)
            async with asyncio.timeout(DIAL_S):
                await loop.create_connection(
                    lambda: _Socket(peer, self._clock, self._after), endpoint.host, endpoint.port, ssl=tls
                )
        except TimeoutError:
            self._failed(peer, f"no connection within {DIAL_S:.0f} s")
        except (OSError, UnicodeError) as error:  # refused, no such name, no trust in the certificate, no such key
            self._failed(peer, str(error) or type(error).__name__)

    def _failed(self, peer: Peer, reason: str) -> None:
        peer.closed(reason, self._clock.monotonic_ns())
        self._after()


class _Socket(asyncio.Protocol):
    """Both ends of one connection: the wire that the peer writes to, the protocol that the loop calls.

    What the other side does not read is kept up to a bound; past it the connection is cut, which the peer hears.
    """

    def __init__(self, peer: Peer, clock: Clock, after: Callable[[], None]) -> None:
        self._peer = peer
        self._clock = clock
        self._after = after
        self._transport: asyncio.Transport | None = None
        self._why = "closed by the peer"

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)  # not every loop's TLS transport is derived from it
        self._peer.connected(self, self._clock.monotonic_ns())
        self._after()

    def data_received(self, data: bytes) -> None:
        if self._transport is not None:
            self._peer.received(data, self._clock.monotonic_ns())
            self._after()

    def connection_lost(self, exc: Exception | None) -> None:
        if self._transport is not None:
            self._transport = None
            self._peer.closed(str(exc) if exc else self._why, self._clock.monotonic_ns())
            self._after()

    def write(self, data: bytes) -> None:
        transport = self._transport
        if transport is None:
            return
        if transport.get_write_buffer_size() + len(data) > WRITE_BYTES_MAX:
            self._why = f"more than {WRITE_BYTES_MAX} bytes wait to be read by the peer"
            transport.abort()
            return
        transport.write(data)

    def close(self) -> None:
        transport, self._transport = self._transport, None
        if transport is not None:
            transport.close()


class ColdHttp:
    """The `Http` port for calls where a millisecond does not matter, on a library that has seen every server.

    Redirects are not followed, so that no credential travels to a host that the configuration does not name. An
    answer after its deadline is not waited for.
    """

    def __init__(
        self,
        endpoint: Endpoint,
        spawn: Spawn,
        clock: Clock,
        *,
        after: Callable[[], None],
        body_bytes_max: int = 16_777_216,
    ) -> None:
        self._endpoint = endpoint
        self._spawn = spawn
        self._clock = clock
        self._after = after
        self._body_bytes_max = body_bytes_max
        self._session: aiohttp.ClientSession | None = None

    def request(self, request: HttpRequest, on_reply: OnReply, now_ns: int) -> None:
        """Send the request; `write_by_ns` and lanes mean nothing here."""
        self._spawn(self._run_request(request, on_reply))

    def next_deadline(self) -> int | None:
        """None: every request carries its own timeout."""
        return None

    def on_time(self, now_ns: int) -> None:
        """Nothing is ever due."""

    def close(self) -> None:
        """Hang up; requests under way fail."""
        session, self._session = self._session, None
        if session is not None:
            self._spawn(session.close())

    async def _run_request(self, request: HttpRequest, on_reply: OnReply) -> None:
        sent_ns = self._clock.monotonic_ns()
        heard: HttpReply | HttpFailed
        try:
            async with asyncio.timeout(max(0, request.answer_by_ns - sent_ns) / 1e9):
                status, headers, body = await self._fetch_answer(request)
            heard = HttpReply(status, headers, body, sent_ns, self._clock.monotonic_ns())
        except aiohttp.ClientConnectorError as error:
            heard = HttpFailed(Failure.NOT_SENT, str(error), self._clock.monotonic_ns())
        except (aiohttp.ClientError, OSError, PeerBroke) as error:  # a timeout is an OSError
            reason = str(error) or "no answer in time"
            heard = HttpFailed(Failure.MAYBE_SENT, reason, self._clock.monotonic_ns())
        on_reply(heard)
        self._after()

    async def _fetch_answer(self, request: HttpRequest) -> tuple[int, dict[str, str], bytes]:
        if self._session is None:
            tls = endpoint_tls(self._endpoint)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(ssl=tls if tls is not None else True),
                auto_decompress=False,
                skip_auto_headers=("User-Agent", "Accept-Encoding", "Content-Type"),
            )
        scheme = "https" if self._endpoint.tls else "http"
        url = f"{scheme}://{self._endpoint.host}:{self._endpoint.port}{request.path}"
        async with self._session.request(
            request.method, url, data=request.body, headers=dict(request.headers), allow_redirects=False
        ) as answer:
            body = bytearray()
            async for chunk in answer.content.iter_any():
                body += chunk
                if len(body) > self._body_bytes_max:
                    raise PeerBroke(f"answer of more than {self._body_bytes_max} bytes")
            return answer.status, {name.lower(): value for name, value in answer.headers.items()}, bytes(body)
