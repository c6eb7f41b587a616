"""The binding to real ports: bytes both ways, TLS with our own authority, and one timer for all."""

import asyncio
import ssl
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.venues.sim.wires import answers, question
from venues.sim.certificates import make_certificates, server_tls
from venues.sim.http_server import Deferred, HttpServer, Request, Response
from venues.sim.listen import Listener

MINUTE_NS = 60_000_000_000


class LoopClock:
    """The running loop's own clock."""

    def monotonic_ns(self) -> int:
        return int(asyncio.get_running_loop().time() * 1e9)

    def wall_ns(self) -> int:
        return self.monotonic_ns()


class Bell:
    """A server that answers each request at a deadline of its own."""

    def __init__(self, clock: LoopClock) -> None:
        self.clock = clock
        self.owed: list[tuple[int, Deferred]] = []
        self.http = HttpServer(self._answer, idle_ns=MINUTE_NS)
        self.accept = self.http.accept

    def _answer(self, request: Request, now_ns: int) -> Deferred:
        self.owed.append((now_ns + 20_000_000, Deferred()))
        return self.owed[-1][1]

    def next_deadline(self) -> int | None:
        return min((due for due, _ in self.owed), default=None)

    def on_time(self, now_ns: int) -> None:
        assert now_ns >= self.owed[0][0], "woken too early"
        self.owed.pop(0)[1].resolve(Response(200, b"rung"), now_ns)


async def talk(port: int, tls: ssl.SSLContext | None = None) -> bytes:
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", port, ssl=tls, server_hostname="localhost" if tls else None
    )
    writer.write(question("/a", Connection="close"))
    data = await asyncio.wait_for(reader.read(), 5)
    writer.close()
    return data


async def test_a_deferred_answer_comes_at_its_deadline():
    clock = LoopClock()
    listener = Listener(clock)
    port = await listener.run_port(Bell(clock), host="127.0.0.1", port=0, tls=None)
    ((status, _, body),) = answers(await talk(port))
    assert (status, body) == (200, b"rung")
    listener.close()


class Diary:
    """Something with one deadline, and a port; it writes down in which order they are called."""

    def __init__(self, due_ns: int | None) -> None:
        self.due_ns = due_ns
        self.wrote: list[str] = []

    def next_deadline(self) -> int | None:
        return self.due_ns

    def on_time(self, now_ns: int) -> None:
        self.wrote.append("time")
        self.due_ns = None

    def answer(self, request: Request, now_ns: int) -> Response:
        self.wrote.append("request")
        return Response(200)


@pytest.mark.parametrize(("wait_ns", "order"), [(-1, ["time", "request"]), (MINUTE_NS, ["request"])])
async def test_what_was_due_happens_before_what_is_heard_and_nothing_before_its_time(wait_ns: int, order: list[str]):
    clock = LoopClock()
    listener = Listener(clock)
    diary = Diary(None)
    port = await listener.run_port(HttpServer(diary.answer, idle_ns=MINUTE_NS), host="127.0.0.1", port=0, tls=None)
    listener.keep_time(diary)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    await asyncio.sleep(0.02)
    diary.due_ns = clock.monotonic_ns() + wait_ns  # no timer was set for it
    writer.write(question("/a", Connection="close"))
    await asyncio.wait_for(reader.read(), 5)
    writer.close()
    assert diary.wrote == order
    listener.close()


async def test_closing_ends_ports_and_connections():
    clock = LoopClock()
    listener = Listener(clock)
    port = await listener.run_port(
        HttpServer(lambda *_: Deferred(), idle_ns=MINUTE_NS), host="127.0.0.1", port=0, tls=None
    )
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(question("/a"))
    await asyncio.sleep(0.02)
    listener.close()
    assert await asyncio.wait_for(reader.read(), 5) == b""
    writer.close()
    with pytest.raises(OSError):
        await asyncio.open_connection("127.0.0.1", port)


async def test_tls_is_trusted_through_our_own_authority_only(tmp_path: Path):
    made = make_certificates(tmp_path / "tls", now=datetime.now(UTC), hosts=("localhost", "127.0.0.1"))
    clock = LoopClock()
    listener = Listener(clock)
    port = await listener.run_port(Bell(clock), host="127.0.0.1", port=0, tls=server_tls(made))
    with pytest.raises(ssl.SSLCertVerificationError):
        await talk(port, ssl.create_default_context())
    trusting = ssl.create_default_context(cafile=made.authority)
    trusting.load_cert_chain(made.client_cert, made.client_key)
    assert answers(await talk(port, trusting))[0][2] == b"rung"
    listener.close()


async def test_an_expired_certificate_is_refused(tmp_path: Path):
    made = make_certificates(tmp_path, now=datetime.now(UTC) - timedelta(days=60), hosts=("localhost",))
    clock = LoopClock()
    listener = Listener(clock)
    port = await listener.run_port(Bell(clock), host="127.0.0.1", port=0, tls=server_tls(made))
    with pytest.raises(ssl.SSLCertVerificationError):
        await talk(port, ssl.create_default_context(cafile=made.authority))
    listener.close()


def test_keys_are_for_their_owner_only_and_are_replaced(tmp_path: Path):
    first, second = (
        make_certificates(tmp_path, now=datetime(2026, 1, day, tzinfo=UTC), hosts=("localhost",)) for day in (1, 2)
    )
    assert first == second
    for key in (second.server_key, second.client_key):
        assert stat.S_IMODE(Path(key).stat().st_mode) == 0o600
