"""The shell around the street: what breaks inside it ends the run, whoever brought the fact."""

import asyncio
import gc
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import WSMsgType

from engine.clock import SystemClock
from engine.loop import Shell, is_late_shutdown
from tests.desk.desks import Watched
from tests.engine.streets import Notebook

VALUE = {
    "market": "match",
    "model": "m",
    "version": "1",
    "sequence": 2,
    "probabilities": [0.5, 0.25, 0.25],
    "variance_logit": 0.0004,
    "ttl_ms": 60_000,
}


class Fallible(Notebook):
    """An adapter with a mistake of ours."""

    def tokens(self, now_ns: int) -> int:
        raise ZeroDivisionError("no budget over no time")


async def posted(desk: Watched) -> None:
    async with desk.client.post(desk.url("/v1/fair-values"), json=VALUE) as answer:
        assert answer.status == 500


async def streamed(desk: Watched) -> None:
    async with desk.client.ws_connect(desk.url("/v1/fair-values/stream")) as socket:
        await socket.receive(timeout=5)
        await socket.send_json(VALUE)
        assert (await socket.receive(timeout=5)).type in (WSMsgType.CLOSE, WSMsgType.CLOSED)


async def ordered(desk: Watched) -> None:
    body = {"who": "ann", "why": "drill", "level": 1}
    async with desk.client.post(desk.url("/v1/halt"), json=body) as answer:
        assert answer.status == 500


@pytest.mark.parametrize("tell", [posted, streamed, ordered])
async def test_what_breaks_on_what_came_over_the_control_interface_ends_the_run(
    tmp_path: Path, tell: Callable[[Watched], Awaitable[None]]
) -> None:
    desk = Watched(tmp_path)
    shell = Shell(SystemClock())
    ended: list[bool] = []

    async def run_body() -> None:
        await desk.run_start()
        try:
            desk.one.__class__ = Fallible
            await tell(desk)
            async with asyncio.timeout(5):
                await shell.run_for(None)
            ended.append(True)
        finally:
            await desk.run_close()

    await shell.run_group(run_body)
    assert ended == [True]
    assert isinstance(shell.failure, ZeroDivisionError)


async def test_what_was_loaded_before_trading_is_never_looked_through_for_garbage_again() -> None:
    shell = Shell(SystemClock())
    loaded = [[number] for number in range(10_000)]

    async def run_body() -> None:
        await shell.run_for(0)

    await shell.run_group(run_body)
    swept = {id(one) for one in gc.get_objects()}
    assert not any(id(one) in swept for one in loaded)


def raised_in(files: list[str], error: Exception) -> Exception:
    """The error as it comes up through callbacks of these files, the outermost first."""
    inner = "raise error"
    scope: dict[str, object] = {"error": error}
    for number, file in enumerate(reversed(files)):
        exec(compile(f"def f{number}():\n    {inner}", file, "exec"), scope)
        inner = f"f{number}()"
    with pytest.raises(type(error)) as raised:
        eval(inner, scope)
    return error.with_traceback(raised.traceback[-len(files)]._rawentry)


GONE = "unable to perform operation on <TCPTransport closed=True>; the handler is closed"


@pytest.mark.parametrize(
    ("files", "error", "late"),
    [
        (["uvloop/cbhandles.pyx", "uvloop/sslproto.pyx", "uvloop/handles/handle.pyx"], RuntimeError(GONE), True),
        (["uvloop/cbhandles.pyx", "uvloop/handles/handle.pyx"], RuntimeError(GONE), False),
        (["uvloop/sslproto.pyx", "venues/transport.py", "uvloop/handles/handle.pyx"], RuntimeError(GONE), False),
        (["uvloop/sslproto.pyx"], RuntimeError("another state"), False),
        (["uvloop/sslproto.pyx"], ValueError(GONE), False),
    ],
)
def test_only_the_loops_own_late_goodbye_over_tls_is_no_mistake_of_ours(
    files: list[str], error: Exception, late: bool
) -> None:
    assert is_late_shutdown(raised_in(files, error)) is late
