"""The exchanges' ports of a demo: TLS in front of the world's process, which keeps the books.

What is killed when this process is killed: every connection, with whatever was under way in either direction. What
lives on in the world's process: books, orders, money, sessions' state, the match itself. The engine starts the
ports again, at the same numbers, and customers find the exchange as it has become in the meantime.
"""

import asyncio
import sys
from functools import partial
from pathlib import Path

import uvloop

from engine.children import run_until_asked_or_alone
from engine.stage import Stage, read_order, read_stage, read_world, write_stage
from venues.sim.certificates import Certificates, server_tls

HOST = "127.0.0.1"
CHUNK_BYTES = 65_536


class Ports:
    """Passes bytes between customers and the world's plain ports."""

    def __init__(self) -> None:
        self.clients = 0

    async def run_client(self, inner: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection from its first byte to its last; without a world behind it, it is over at once."""
        self.clients += 1
        try:
            inner_reader, inner_writer = await asyncio.open_connection(HOST, inner)
            await asyncio.gather(_run_copy(reader, inner_writer), _run_copy(inner_reader, writer))
        except OSError:
            writer.close()
        finally:
            self.clients -= 1


async def _run_copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Bytes of one direction; who reads slowly is waited for, so that the world sees its backlog."""
    try:
        while data := await reader.read(CHUNK_BYTES):
            writer.write(data)
            await writer.drain()
    except OSError:
        return  # either end is gone; closing tells the other
    finally:
        writer.close()


async def run_ports(run: Path) -> None:
    """Open a port for each of the world's, say so, and serve until asked to end or left alone."""
    order, before, world = read_order(run), read_stage(run), read_world(run)
    assert world is not None, "the world stands before its ports open"
    tls = server_tls(Certificates(world.authority, *_files(Path(world.authority).parent)))
    ports, opened, numbers = Ports(), [], world.ports
    for venue, roles in world.ports.items():
        for role, inner in roles.items():
            wanted = before.ports[venue][role] if before is not None else 0
            server = await asyncio.start_server(partial(ports.run_client, inner), HOST, wanted, ssl=tls)
            opened.append(server)
            numbers = numbers | {venue: numbers[venue] | {role: server.sockets[0].getsockname()[1]}}
    write_stage(run, Stage(numbers, world.authority, world.start_ns, world.epoch_ns))
    await run_until_asked_or_alone(lambda: ports.clients, order.alone_s)
    for server in opened:
        server.close()


def _files(folder: Path) -> tuple[str, str, str, str]:
    return (
        str(folder / "server.pem"),
        str(folder / "server.key"),
        str(folder / "client.pem"),
        str(folder / "client.key"),
    )


if __name__ == "__main__":
    uvloop.run(run_ports(Path(sys.argv[1])))
