"""The quant's process of a demo: runs the model and pushes its values over the control interface."""

import asyncio
import sys
from pathlib import Path

import aiohttp
import msgspec

from domain.clock import Clock
from domain.ids import EventId
from domain.messages import FairValueReceived
from engine.clock import SystemClock
from engine.model import Model
from engine.stage import read_order, read_stage, read_token
from venues.sim.football import matches
from venues.sim.world import WorldOptions

DIAL_AGAIN_S = 1.0


class Epochs(msgspec.Struct, frozen=True):
    """What the engine answers to a value: the epoch of every event, or what was wrong."""

    epochs: dict[EventId, str] = {}
    error: str = ""


async def run_model(run: Path, clock: Clock) -> None:
    """Push every value when it is due; dial again while the engine is away, for as long as the order allows."""
    order, stage = read_order(run), read_stage(run)
    assert stage is not None, "the exchanges stand before the model starts"
    waiting: list[FairValueReceived] = []
    options = WorldOptions(seed=order.seed, speed=order.speed)
    model = Model(
        order.seed,
        matches(order.seed, count=options.matches),
        waiting.append,
        speed=order.speed,
        start_ns=stage.start_ns,
        now_ns=clock.monotonic_ns(),
    )
    away_s = 0.0
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {read_token(run)}"}) as session:
        while away_s < order.alone_s and model.next_deadline() is not None:
            url = (run / "control.url").read_text().strip()
            try:
                async with session.ws_connect(f"{url}/v1/fair-values/stream") as socket:
                    away_s = 0.0
                    await _run_pushing(socket, model, waiting, clock)
            except (aiohttp.ClientError, OSError):
                away_s += DIAL_AGAIN_S
            await asyncio.sleep(DIAL_AGAIN_S)


async def _run_pushing(
    socket: aiohttp.ClientWebSocketResponse, model: Model, waiting: list[FairValueReceived], clock: Clock
) -> None:
    """Tell values until the connection ends; each answer brings the epochs that the next values name."""
    greeting = await socket.receive()
    model.epochs = _epochs(greeting, model.epochs)
    while not socket.closed:
        due_ns = model.next_deadline()
        if due_ns is None:
            await socket.close()
            return
        await asyncio.sleep(max(0, due_ns - clock.monotonic_ns()) / 1e9)
        model.on_time(clock.monotonic_ns())
        latest = {value.market: value for value in waiting}  # what piled up while nobody listened is no news
        waiting.clear()
        for value in latest.values():
            await socket.send_bytes(msgspec.json.encode(_body(value)))
        for _ in latest:
            answer = await socket.receive()
            if answer.type in (aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR):
                return
            model.epochs = _epochs(answer, model.epochs)


def _body(value: FairValueReceived) -> dict[str, object]:
    body: dict[str, object] = msgspec.to_builtins(value)
    del body["type"]
    return body


def _epochs(answer: aiohttp.WSMessage, before: dict[EventId, str]) -> dict[EventId, str]:
    if answer.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
        return before
    return msgspec.json.decode(answer.data, type=Epochs).epochs or before


if __name__ == "__main__":
    asyncio.run(run_model(Path(sys.argv[1]), SystemClock()))
