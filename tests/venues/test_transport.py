"""Real sockets on the loopback: bytes both ways, trust, bounds, and every failure told as an end."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from domain.clock import HandClock
from venues.base import Endpoint, Wire
from venues.errors import Failure
from venues.http import HttpClient, HttpFailed, HttpReply, HttpRequest
from venues.sim.certificates import Certificates, make_certificates, server_tls
from venues.transport import WRITE_BYTES_MAX, ColdHttp, SocketNetwork, Spawn

S = 1_000_000_000
Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class Heard:
    """A peer that remembers; `until` waits for a word to be among what it heard."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.data = b""
        self.wire: Wire | None = None
        self._news = asyncio.Event()

    def connected(self, wire: Wire, now_ns: int) -> None:
        self.wire = wire
        self._say("connected")

    def received(self, data: bytes, now_ns: int) -> None:
        self.data += data
        self._say("received")

    def closed(self, reason: str, now_ns: int) -> None:
        self._say(f"closed: {reason}")

    def _say(self, word: str) -> None:
        self.words.append(word)
        self._news.set()

    async def run_until(self, word: str) -> None:
        while not any(word in heard for heard in self.words):
            self._news.clear()
            await asyncio.wait_for(self._news.wait(), 5)


@asynccontextmanager
async def served(serve: Serve, tls: ssl.SSLContext | None = None) -> AsyncIterator[int]:
    async def run(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            await serve(reader, writer)
        except (ConnectionError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    server = await asyncio.start_server(run, "127.0.0.1", 0, ssl=tls)
    async with server:
        yield server.sockets[0].getsockname()[1]


@pytest.fixture
def spawn() -> Spawn:
    tasks = set()

    def start(coroutine):
        task = asyncio.get_running_loop().create_task(coroutine)
        tasks.add(task)
        task.add_done_callback(tasks.discard)

    return start


@pytest.fixture(scope="module")
def certificates(tmp_path_factory) -> Certificates:
    folder: Path = tmp_path_factory.mktemp("tls")
    return make_certificates(folder, now=datetime.now(UTC), hosts=("127.0.0.1",))


def network(spawn: Spawn, after: Callable[[], None] = lambda: None) -> SocketNetwork:
    return SocketNetwork(spawn, HandClock(monotonic_ns=7), after=after)


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.write(await reader.readexactly(2))


async def test_bytes_go_both_ways_and_the_end_is_told(spawn: Spawn) -> None:
    peer, calls = Heard(), []
    async with served(echo) as port:
        network(spawn, lambda: calls.append(1)).dial(Endpoint("127.0.0.1", port, False), peer)
        await peer.run_until("connected")
        assert peer.wire is not None
        peer.wire.write(b"hi")
        await peer.run_until("closed: closed by the peer")
    assert peer.data == b"hi"
    assert len(calls) == len(peer.words) == 3
    peer.wire.write(b"into the void")


async def test_our_own_close_is_not_told(spawn: Spawn) -> None:
    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()

    peer = Heard()
    async with served(listen) as port:
        network(spawn).dial(Endpoint("127.0.0.1", port, False), peer)
        await peer.run_until("connected")
        assert peer.wire is not None
        peer.wire.close()
        await asyncio.sleep(0.05)
    assert peer.words == ["connected"]


async def test_a_refused_connection_is_told_as_an_end(spawn: Spawn) -> None:
    async with served(echo) as port:
        pass
    peer = Heard()
    network(spawn).dial(Endpoint("127.0.0.1", port, False), peer)
    await peer.run_until("closed: ")


@pytest.mark.parametrize("host", ["no-such-host.invalid", "x" * 70])
async def test_a_name_that_is_none_is_told_as_an_end(spawn: Spawn, host: str) -> None:
    peer = Heard()
    network(spawn).dial(Endpoint(host, 1, False), peer)
    await peer.run_until("closed: ")


async def test_tls_with_a_known_authority_shows_our_certificate(spawn: Spawn, certificates: Certificates) -> None:
    async def who(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        shown = writer.get_extra_info("peercert")
        writer.write(shown["subject"][0][0][1].encode())

    c = certificates
    endpoint = Endpoint("127.0.0.1", 0, True, c.authority, c.client_cert, c.client_key)
    peer = Heard()
    async with served(who, server_tls(c)) as port:
        network(spawn).dial(Endpoint(**(as_dict(endpoint) | {"port": port})), peer)
        await peer.run_until("closed")
    assert peer.data == b"demo client"


def as_dict(endpoint: Endpoint) -> dict:
    return {name: getattr(endpoint, name) for name in endpoint.__struct_fields__}


@pytest.mark.parametrize(
    ("host", "trusts", "word"),
    [("127.0.0.1", False, "CERTIFICATE_VERIFY_FAILED"), ("localhost", True, "CERTIFICATE_VERIFY_FAILED")],
)
async def test_a_stranger_is_not_talked_to(
    spawn: Spawn, certificates: Certificates, host: str, trusts: bool, word: str
) -> None:
    peer = Heard()
    async with served(echo, server_tls(certificates)) as port:
        roots = certificates.authority if trusts else ""
        network(spawn).dial(Endpoint(host, port, True, roots), peer)
        await peer.run_until("closed")
    assert word in peer.words[0]
    assert "connected" not in peer.words


async def test_a_plain_server_gets_no_plain_bytes_from_a_tls_line(spawn: Spawn) -> None:
    got = []

    async def keep(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        got.append(await reader.read(1))
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n")

    peer = Heard()
    async with served(keep) as port:
        network(spawn).dial(Endpoint("127.0.0.1", port, True), peer)
        await peer.run_until("closed")
    assert got == [b"\x16"], "a TLS greeting"
    assert "connected" not in peer.words


async def test_a_peer_that_does_not_read_is_cut_off(spawn: Spawn) -> None:
    async def stuck(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(1)

    peer = Heard()
    async with served(stuck) as port:
        network(spawn).dial(Endpoint("127.0.0.1", port, False), peer)
        await peer.run_until("connected")
        assert peer.wire is not None
        for _ in range(40):
            peer.wire.write(b"x" * (WRITE_BYTES_MAX // 8))
        await peer.run_until("bytes wait to be read")


async def http_server(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while True:
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ")[1].split(b"\r\n")[0])
        body = await reader.readexactly(length)
        path = head.split()[1]
        if path == b"/redirect":
            writer.write(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")
        elif path == b"/hang":
            await asyncio.sleep(1)
        elif path == b"/drop":
            return
        else:
            writer.write(b"HTTP/1.1 200 OK\r\nX-Kind: t\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


def asked(path: str, answer_ms: int = 5_000) -> HttpRequest:
    return HttpRequest("POST", path, (("X-Application", "key"),), b"body", 7 + answer_ms * 1_000_000)


async def heard_from(client, request: HttpRequest) -> HttpReply | HttpFailed:
    answer: asyncio.Future[HttpReply | HttpFailed] = asyncio.get_running_loop().create_future()
    client.request(request, answer.set_result, 7)
    return await asyncio.wait_for(answer, 5)


async def test_both_clients_give_the_same_answer(spawn: Spawn) -> None:
    async with served(http_server) as port:
        endpoint = Endpoint("127.0.0.1", port, False)
        hot = HttpClient(network(spawn), endpoint, connections=1, chance=lambda: 0.5)
        cold = ColdHttp(endpoint, spawn, HandClock(monotonic_ns=7), after=lambda: None)
        for client in (hot, cold):
            reply = await heard_from(client, asked("/a"))
            assert isinstance(reply, HttpReply)
            assert (reply.status, reply.body, reply.headers["x-kind"], reply.late) == (200, b"body", "t", False)
        hot.close()
        cold.close()
        await asyncio.sleep(0)


@pytest.mark.parametrize(
    ("path", "answer_ms", "bound", "failure"),
    [
        ("/drop", 5_000, 99, Failure.MAYBE_SENT),
        ("/hang", 50, 99, Failure.MAYBE_SENT),
        ("/long", 5_000, 3, Failure.MAYBE_SENT),
    ],
)
async def test_a_cold_failure_says_who_may_have_heard(
    spawn: Spawn, path: str, answer_ms: int, bound: int, failure: Failure
) -> None:
    async with served(http_server) as port:
        endpoint = Endpoint("127.0.0.1", port, False)
        client = ColdHttp(endpoint, spawn, HandClock(monotonic_ns=7), after=lambda: None, body_bytes_max=bound)
        reply = await heard_from(client, asked(path, answer_ms))
        client.close()
        await asyncio.sleep(0)
    assert isinstance(reply, HttpFailed)
    assert (reply.failure, reply.failed_ns) == (failure, 7)
    assert reply.reason


async def test_a_cold_request_to_nobody_was_not_sent(spawn: Spawn) -> None:
    async with served(http_server) as port:
        pass
    client = ColdHttp(Endpoint("127.0.0.1", port, False), spawn, HandClock(), after=lambda: None)
    reply = await heard_from(client, asked("/a"))
    client.close()
    await asyncio.sleep(0)
    assert isinstance(reply, HttpFailed)
    assert reply.failure is Failure.NOT_SENT


async def test_a_redirect_is_an_answer_and_not_followed(spawn: Spawn) -> None:
    async with served(http_server) as port:
        client = ColdHttp(Endpoint("127.0.0.1", port, False), spawn, HandClock(), after=lambda: None)
        reply = await heard_from(client, asked("/redirect"))
        client.close()
        await asyncio.sleep(0)
    assert isinstance(reply, HttpReply)
    assert reply.status == 302
