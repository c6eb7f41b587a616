"""A desk as the control interface meets it: a whole street under the hand, over two venues that write down."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import ClientSession, ClientWebSocketResponse
from aiohttp.test_utils import TestServer
from msgspec.structs import replace

from desk.control import Control
from desk.control_callers import Callers
from desk.views import Frame
from domain.ids import StrategyName
from domain.messages import Journalled
from domain.operators import CancelsOrdered, KillLevelSet, PauseSet, RoundOrdered
from engine.doors import main
from engine.live.desk import LiveDesk
from engine.stage import write_token
from engine.state import State
from risk.breakers import NOBODY
from tests.engine.runs import STARTED
from tests.engine.streets import Hand

TOKEN = "open sesame"
OPERATORS = KillLevelSet | PauseSet | CancelsOrdered | RoundOrdered


class Watched(Hand):
    """The street with its control interface, and a client that knows the token."""

    def __init__(self, folder: Path, operators: dict[str, str] | None = None, *, mode: str = "") -> None:
        super().__init__(folder, state=State(replace(STARTED, mode=mode)) if mode else None)
        self.opened()
        self.desk = LiveDesk(self.street, self.clock, run=self.folder, strategies=[StrategyName("s")])
        self.control = Control(callers=Callers(TOKEN, operators or {}, NOBODY), desk=self.desk)
        self.server = TestServer(self.control.application)
        self.client = ClientSession(headers={"Authorization": f"Bearer {TOKEN}"})

    async def run_start(self) -> None:
        await self.server.start_server()

    async def run_close(self) -> None:
        await self.client.close()
        await self.server.close()
        self.journal.close()

    def url(self, path: str) -> Any:
        return self.server.make_url(path)

    async def fetch(self, path: str) -> tuple[int, Any]:
        async with self.client.get(self.url(path)) as answer:
            return answer.status, await answer.json()

    async def send(self, path: str, body: Any) -> tuple[int, Any]:
        async with self.client.post(self.url(path), json=body) as answer:
            return answer.status, await answer.json()

    async def run_watching(self, query: str = "") -> ClientWebSocketResponse:
        return await self.client.ws_connect(self.url(f"/v1/view/stream{query}"))

    def said(self) -> list[Journalled]:
        """Operators' words in the journal."""
        return [body for body in self.records() if isinstance(body, OPERATORS)]


@asynccontextmanager
async def watched(folder: Path, operators: dict[str, str] | None = None, *, mode: str = "") -> AsyncIterator[Watched]:
    """A desk that listens, and whose run tells where and by which token."""
    desk = Watched(folder, operators, mode=mode)
    await desk.run_start()
    write_token(desk.folder, TOKEN)
    (desk.folder / "control.url").write_text(f"{desk.url('/')}".rstrip("/") + "\n")
    try:
        yield desk
    finally:
        await desk.run_close()


async def typed(desk: Watched, *words: str) -> int:
    """The exit code of a command, typed while the desk runs."""
    return await asyncio.to_thread(main, [*words, "--run", str(desk.folder)])


async def receive(socket: ClientWebSocketResponse) -> Frame:
    """The next frame."""
    return msgspec.json.decode((await socket.receive(timeout=5)).data, type=Frame)
