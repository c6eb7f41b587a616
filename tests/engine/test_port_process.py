"""Bytes through the exchanges' ports: unchanged in both directions, and an end at one side is an end at the other."""

import asyncio
from functools import partial

import pytest

from engine.port_process import HOST, Ports


async def opened(inner: asyncio.Server | None) -> tuple[Ports, asyncio.Server, int]:
    """Ports before an inner server, or before nobody."""
    ports = Ports()
    behind = inner.sockets[0].getsockname()[1] if inner else 1
    server = await asyncio.start_server(partial(ports.run_client, behind), HOST, 0)
    return ports, server, server.sockets[0].getsockname()[1]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(1000):
        writer.write(data)
        await writer.drain()
    writer.close()


@pytest.mark.parametrize("size", [1, 1_000_000])
async def test_what_goes_in_comes_out(size: int) -> None:
    inner = await asyncio.start_server(echo, HOST, 0)
    ports, server, number = await opened(inner)
    reader, writer = await asyncio.open_connection(HOST, number)
    sent = bytes(n % 251 for n in range(size))
    writer.write(sent)
    assert await reader.readexactly(size) == sent
    assert ports.clients == 1
    writer.close()
    async with asyncio.timeout(5):
        while ports.clients:  # noqa: ASYNC110 - the count is what is tested
            await asyncio.sleep(0.01)
    server.close()
    inner.close()


async def test_an_exchange_that_hangs_up_hangs_up_on_its_customer() -> None:
    async def rude(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"bye")
        writer.close()

    inner = await asyncio.start_server(rude, HOST, 0)
    _, server, number = await opened(inner)
    reader, writer = await asyncio.open_connection(HOST, number)
    async with asyncio.timeout(5):
        assert await reader.read() == b"bye"
    writer.close()
    server.close()
    inner.close()


async def test_without_a_world_behind_it_a_connection_is_over_at_once() -> None:
    ports, server, number = await opened(None)
    reader, writer = await asyncio.open_connection(HOST, number)
    async with asyncio.timeout(5):
        assert await reader.read() == b""
        while ports.clients:  # noqa: ASYNC110 - the count is what is tested
            await asyncio.sleep(0.01)
    writer.close()
    server.close()
