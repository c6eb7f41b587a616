"""The line to a running engine: frames in, commands out, dialled again for as long as somebody watches."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import NamedTuple

import aiohttp
import msgspec

from desk.terminal.picture import LinkState, Picture
from desk.views import EVERY_MARKET, Frame, LadderOf, MarketsOf, Watch
from domain.clock import Clock

DIAL_S = 5.0
AGAIN_S, AGAIN_S_MAX = 0.5, 4.0
"""How long after a failure it is dialled again; twice as long each time, up to the most."""
ANSWER_S = 10.0
FRAME_BYTES_MAX = 16 * 1024 * 1024
LADDER_DEPTH = 30


class Door(NamedTuple):
    """Where the control interface listens, and what it asks for."""

    url: str
    token: str


class Answer(NamedTuple):
    """What the engine said to a request: its status, and its body as JSON."""

    status: int
    body: bytes

    @property
    def good(self) -> bool:
        """Whether it was done."""
        return 200 <= self.status < 300

    @property
    def error(self) -> str:
        """What was wrong, in a line."""
        with contextlib.suppress(msgspec.MsgspecError):
            told = msgspec.json.decode(self.body)
            if isinstance(told, dict) and "error" in told:
                return str(told["error"])
        return "" if self.good else f"{self.status} {self.body[:200].decode(errors='replace')}"


class Gap(Exception):
    """A frame was lost on the way: what we know can no longer be kept up to date."""


class Link:
    """Keeps a picture up to date. `door` is asked before each dialling, because a resumed engine listens elsewhere."""

    def __init__(self, door: Callable[[], Door], picture: Picture, clock: Clock) -> None:
        self._door = door
        self._picture = picture
        self._clock = clock
        self._ladder: LadderOf | None = None
        self._markets = EVERY_MARKET
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._frame = msgspec.json.Decoder(Frame)

    async def run(self) -> None:
        """Dial, listen, dial again, without end."""
        again_s = AGAIN_S
        while True:
            why = await self._run_once()
            again_s = AGAIN_S if self._picture.link.up else min(again_s * 2, AGAIN_S_MAX)
            now_ns = self._clock.monotonic_ns()
            before = self._picture.link
            self._picture.link = LinkState(
                up=False,
                ever_up=before.ever_up,
                down_ns=now_ns if before.up or not before.down_ns else before.down_ns,
                again_ns=now_ns + int(again_s * 1e9),
                why=why,
            )
            await asyncio.sleep(again_s)

    async def _run_once(self) -> str:
        """One connection from its dialling to its end; why it ended."""
        door = self._door()
        try:
            async with (
                aiohttp.ClientSession(headers=_headers(door)) as session,
                session.ws_connect(
                    f"{door.url}/v1/view/stream",
                    max_msg_size=FRAME_BYTES_MAX,
                    heartbeat=10.0,
                    timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                ) as socket,
            ):
                self._socket = socket
                await self._send_watch()
                await self._run_frames(socket)
        except aiohttp.WSServerHandshakeError as error:
            if error.status in (401, 403):
                return "the token was refused"
            return f"the engine answered {error.status} to /v1/view/stream"
        except aiohttp.ClientConnectorError:
            return f"nobody listens at {door.url}"
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            return str(error) or type(error).__name__
        except (Gap, msgspec.MsgspecError) as error:
            return str(error)
        finally:
            self._socket = None
        return "the engine closed the line"

    async def _run_frames(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        """Take frames until the line ends. Raises Gap, MsgspecError."""
        expected: int | None = None
        async for message in socket:
            if message.type not in (aiohttp.WSMsgType.TEXT, aiohttp.WSMsgType.BINARY):
                continue
            frame = self._frame.decode(message.data)
            if expected is not None and frame.seq != expected and not frame.snapshot:
                raise Gap(f"frame {expected} was lost")
            expected = frame.seq + 1
            self._picture.take(frame, self._clock.monotonic_ns())
            self._picture.skew_ms = frame.wall_ms - self._clock.wall_ns() // 1_000_000
            if not self._picture.link.up:
                self._picture.link = LinkState(up=True, ever_up=True)

    async def send_ladder(self, market: str, outcome: int) -> None:
        """Ask for the ladder of one outcome from now on."""
        self._ladder = LadderOf(market, outcome, LADDER_DEPTH)
        await self._send_watch()

    async def send_markets(self, of: MarketsOf, *, after_s: float = 0.0) -> None:
        """Ask for other markets from now on, a moment later where more of it may be typed."""
        await asyncio.sleep(after_s)
        self._markets = of
        await self._send_watch()

    async def _send_watch(self) -> None:
        if self._socket is not None and not self._socket.closed:
            with contextlib.suppress(ConnectionError):
                await self._socket.send_bytes(msgspec.json.encode(Watch(ladder=self._ladder, markets=self._markets)))

    async def send(self, path: str, body: dict[str, object]) -> Answer:
        """Tell the engine to do something."""
        return await self._fetch("POST", path, msgspec.json.encode(body))

    async def fetch(self, path: str) -> Answer:
        """Ask the engine something."""
        return await self._fetch("GET", path, None)

    async def _fetch(self, method: str, path: str, body: bytes | None) -> Answer:
        door = self._door()
        try:
            async with (
                aiohttp.ClientSession(
                    headers=_headers(door), timeout=aiohttp.ClientTimeout(total=ANSWER_S, connect=DIAL_S)
                ) as session,
                session.request(method, f"{door.url}{path}", data=body) as response,
            ):
                return Answer(response.status, await response.read())
        except (aiohttp.ClientError, OSError, TimeoutError) as error:
            told = f"no answer from {door.url}: {str(error) or type(error).__name__}"
            return Answer(0, msgspec.json.encode({"error": told}))


def _headers(door: Door) -> dict[str, str]:
    return {"Authorization": f"Bearer {door.token}", "Content-Type": "application/json"}
