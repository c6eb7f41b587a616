"""Whoever watches: a snapshot, then rows that changed, at a beat; the slow are dropped, and nobody costs nothing."""

import asyncio
import socket
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from pathlib import Path

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError

from desk import control_stream
from desk.control_stream import BEAT_S, BEAT_S_MAX, PLAIN, QUEUE_MAX, WATCHERS_MAX, Watcher, keys_of
from desk.views import SECTIONS, Frame, LadderOf, MarketsOf, Row, Watch
from domain.clock import HandClock
from domain.messages import Channel, ChannelChanged
from domain.orders import OrderState
from engine.live.desk import LiveDesk
from engine.loop import spared
from strategy.base import NOTHING
from tests.builders import facts
from tests.desk.desks import TOKEN, Watched, receive, watched
from tests.engine.runs import ONE
from tests.engine.streets import quote, shown
from tests.tidy.house import ROOT

UPGRADE = "Upgrade: websocket|Connection: Upgrade|Sec-WebSocket-Version: 13|Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA=="


@pytest.fixture
async def desk(tmp_path: Path) -> AsyncIterator[Watched]:
    async with watched(tmp_path) as desk:
        yield desk


async def until(came: Callable[[], bool]) -> None:
    """Wait for what happens at the other end, half a minute at most."""
    for _ in range(3_000):
        if came():
            return
        await asyncio.sleep(0.01)
    raise AssertionError("it did not happen")


async def changed(socket: ClientWebSocketResponse, section: str) -> Frame:
    """The next frame with rows of a section, or without some that were there."""
    for _ in range(12):
        frame = await receive(socket)
        if getattr(frame.rows, section) or section in frame.removed:
            return frame
    raise AssertionError(f"nothing new in {section}")


async def test_a_snapshot_comes_first_and_then_only_rows_that_changed(desk: Watched) -> None:
    async with await desk.run_watching() as socket:
        first = await receive(socket)
        assert first.snapshot
        assert [row.id for row in first.rows.venues] == ["one", "two"]
        assert [row.id for row in first.rows.markets] == ["match#0", "match#1", "match#2"]
        assert first.rows.orders == ()
        placed = desk.quoting(quote())
        frame = await changed(socket, "orders")
        assert not frame.snapshot
        assert [(row.id, row.state) for row in frame.rows.orders] == [(placed.ref, OrderState.OPEN)]
        assert [row.id for row in frame.rows.markets] == ["match#0"], "the other outcomes are as they were"
        assert [one.ref for one in frame.rows.markets[0].places[0].quotes] == [placed.ref]


def taken_in(frame: Frame, seen: dict[str, dict[str, Row]]) -> bool:
    """Change what was seen as a frame says; whether it says anything."""
    for name in SECTIONS:
        seen[name] |= {row.id: row for row in getattr(frame.rows, name)}
        for gone in frame.removed.get(name, ()):
            del seen[name][gone]
    return bool(frame.removed) or any(getattr(frame.rows, name) for name in SECTIONS)


async def test_a_snapshot_and_all_that_came_after_it_are_the_desk_as_it_is(desk: Watched) -> None:
    of = LadderOf("match", 0, 20)
    seen: dict[str, dict[str, Row]] = {name: {} for name in SECTIONS}
    placed = desk.quoting(quote())
    async with await desk.run_watching("?market=match") as socket:
        for step in range(5):
            match step:
                case 1:
                    desk.tell(*facts("fill f1 4 at 5", placed.ref), shown("1.97:20 | 2.02:5"))
                case 2:
                    desk.wishes.wanted = NOTHING
                    desk.tell(*facts("report 4 cancelled 6 closed", placed.ref), desk.valued(0.52, sequence=9))
                case 3:
                    desk.tell(*facts("accept v9", "nobodys"), ChannelChanged(ONE, Channel.ORDERS, up=False))
                case 4:
                    desk.later(70_000)
            frame = await receive(socket)
            taken_in(frame, seen)
        while taken_in(await receive(socket), seen):
            pass
    for name in PLAIN:
        assert seen[name] == {row.id: row for row in desk.desk.rows(name)}, name
    assert seen["ladder"] == {row.id: row for row in desk.desk.ladder(of)}
    assert seen["orders"] == {}
    assert len(seen["alerts"]) >= 2


async def test_frames_are_numbered_without_a_gap_and_come_though_nothing_happens(desk: Watched) -> None:
    async with await desk.run_watching() as socket:
        seen = [(await receive(socket)).seq]
        desk.quoting(quote())
        seen += [(await receive(socket)).seq for _ in range(3)]
        assert seen == list(range(seen[0], seen[0] + 4))
        silent = await receive(socket)
        assert (silent.rows.orders, silent.removed) == ((), {})


async def test_a_row_that_is_gone_is_named(desk: Watched) -> None:
    placed = desk.quoting(quote())
    async with await desk.run_watching("?sections=orders") as socket:
        assert [row.id for row in (await receive(socket)).rows.orders] == [placed.ref]
        desk.wishes.wanted = NOTHING
        desk.tell(*facts("report 0 cancelled 10 closed", placed.ref))
        assert [row.state for row in (await changed(socket, "orders")).rows.orders] == [OrderState.CANCELLED]
        desk.later(5_000)
        assert (await changed(socket, "orders")).removed == {"orders": (placed.ref,)}


async def test_only_what_was_asked_for_is_told(desk: Watched) -> None:
    async with await desk.run_watching("?sections=venues,header") as socket:
        rows = (await receive(socket)).rows
        assert {name for name in SECTIONS if getattr(rows, name)} == {"venues", "header"}


async def test_a_watcher_may_turn_to_something_else(desk: Watched) -> None:
    async with await desk.run_watching("?sections=venues") as socket:
        await receive(socket)
        of = LadderOf("match", 0, depth=4)
        await socket.send_json({"sections": ["ladder"], "ladder": {"market": "match", "depth": 4}})
        frame = await changed(socket, "ladder")
        assert frame.snapshot
        assert frame.ladder_of == of
        assert [cell.venue for cell in frame.rows.ladder[0].cells] == ["one", "two"]
        assert not frame.rows.venues
        desk.quoting(quote())
        rows = (await changed(socket, "ladder")).rows.ladder
        assert [(row.odds, row.cells[0].quotes[0].price) for row in rows if row.cells[0].quotes] == [("2.04", "2.04")]


async def test_a_watcher_may_turn_to_other_markets_and_is_told_how_many_there_are(desk: Watched) -> None:
    of = MarketsOf("reds", first=1, count=7)
    async with await desk.run_watching("?sections=markets&words=reds") as socket:
        frame = await receive(socket)
        assert (frame.markets_of, frame.markets_found) == (MarketsOf("reds"), 1)
        assert [row.id for row in frame.rows.markets] == ["match#0", "match#1", "match#2"]
        await socket.send_json({"sections": ["markets"], "markets": {"words": "reds", "first": 1, "count": 7}})
        while (frame := await receive(socket)).markets_of != of:
            pass
        assert (frame.snapshot, frame.rows.markets, frame.markets_found) == (True, (), 1)
        await socket.send_json({"sections": ["markets"]})
        while (frame := await receive(socket)).markets_of is not None:
            pass
        desk.quoting(quote())
        assert (await changed(socket, "markets")).rows.markets


@pytest.mark.parametrize(
    ("said", "complaint"),
    [
        ('{"markets": {"count": 0}}', "count = 0: must lie in 1 to 200"),
        ('{"markets": {"first": -1}}', "first = -1: must be 0 or more"),
        ('{"markets": {"words": "' + "x" * 201 + '"}}', "words: 201 characters are too many"),
        ('{"sections": ["venue"]}', "sections: 'venue' is none; known are header"),
        ('{"section": []}', "`section`"),
        ('{"ladder": {"market": "x"}}', "market = 'x': there is no such market"),
        ('{"ladder": {"market": "match", "outcome": 3}}', "outcome = 3: match has outcomes 0 to 2"),
        ('{"ladder": {"market": "match", "depth": 0}}', "depth = 0: must lie in 1 to 100"),
        ("{", "no JSON"),
    ],
)
async def test_a_wish_that_makes_no_sense_is_answered_and_changes_nothing(
    desk: Watched, said: str, complaint: str
) -> None:
    async with await desk.run_watching("?sections=venues") as socket:
        await receive(socket)
        await socket.send_str(said)
        while "error" not in (answer := (await socket.receive_json(timeout=5))):
            pass
        assert complaint in answer["error"]
        (watcher,) = desk.control.hub.watchers
        assert watcher.keys == ("venues",)


@pytest.mark.parametrize(
    ("query", "status"),
    [("?sections=x", 400), ("?market=x", 404), ("?market=match&outcome=-1", 400), ("?market=match&depth=1000", 404)],
)
async def test_a_stream_that_makes_no_sense_is_not_opened(desk: Watched, query: str, status: int) -> None:
    with pytest.raises(WSServerHandshakeError, match=str(status)):
        await desk.run_watching(query)
    assert not desk.control.hub.watchers


async def test_nothing_is_built_while_nobody_watches(desk: Watched) -> None:
    async with await desk.run_watching() as socket:
        await receive(socket)
        await receive(socket)
    await until(lambda: not desk.control.hub.watchers)
    beats = desk.control.hub.beats
    assert beats
    await asyncio.sleep(3 * BEAT_S)
    assert desk.control.hub.beats == beats


class Counting(LiveDesk):
    """The desk, and how often each section was built."""

    built: Counter[str] = Counter()

    def rows(self, section: str) -> Sequence[Row]:
        self.built[section] += 1
        return super().rows(section)


async def test_a_beat_builds_each_section_once_for_however_many_watch(desk: Watched) -> None:
    desk.desk.__class__ = Counting
    sockets = [await desk.run_watching() for _ in range(10)]
    for one in sockets:
        await receive(one)
    Counting.built.clear()
    beats = desk.control.hub.beats
    await until(lambda: desk.control.hub.beats >= beats + 2)
    built = desk.control.hub.beats - beats
    assert all(Counting.built[name] <= built + 1 for name in PLAIN)
    for one in sockets:
        await one.close()


def test_a_full_queue_gives_a_watcher_up() -> None:
    cut: list[bool] = []
    watcher = Watcher(Watch(), lambda: cut.append(True))
    for _ in range(QUEUE_MAX):
        watcher.push(b"frame")
    assert not cut
    watcher.push(b"one too many")
    assert (cut, watcher.ended, len(watcher.waiting)) == ([True], True, 0)
    watcher.push(b"and after")
    assert (cut, len(watcher.waiting)) == ([True], 0)


async def test_who_does_not_read_is_dropped_and_the_others_go_on(desk: Watched) -> None:
    url = desk.url("/")
    deaf = socket.create_connection((url.host, url.port))
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    head = f"GET /v1/view/stream HTTP/1.1|Host: x|Authorization: Bearer {TOKEN}|{UPGRADE}||"
    deaf.sendall(head.replace("|", "\r\n").encode())
    await until(lambda: bool(desk.control.hub.watchers))
    (lost,) = desk.control.hub.watchers
    async with await desk.run_watching() as hears:
        await receive(hears)
        for _ in range(40):
            lost.push(b"x" * 1_000_000)
            await asyncio.sleep(0.01)
        await until(lambda: lost not in desk.control.hub.watchers)
        desk.quoting(quote())
        assert (await changed(hears, "orders")).rows.orders
    assert lost.ended
    deaf.close()


def test_the_guide_says_how_many_may_watch() -> None:
    assert f"up to {WATCHERS_MAX} may watch" in (ROOT / "docs" / "dashboard.md").read_text()


async def test_there_is_an_end_to_how_many_may_watch(desk: Watched, monkeypatch: pytest.MonkeyPatch) -> None:
    sockets = [await desk.run_watching("?sections=breaks") for _ in range(WATCHERS_MAX)]
    with pytest.raises(WSServerHandshakeError, match="503"):
        await desk.run_watching()
    for one in sockets:
        await one.close()


class Timed(LiveDesk):
    """The desk, how long a section takes to build by the engine's clock, and the loop's time around each beat."""

    takes_ns = 0
    begun: list[float] = []
    ended: list[float] = []

    def rows(self, section: str) -> Sequence[Row]:
        clock, now = self._moments.clock, asyncio.get_running_loop().time()
        assert isinstance(clock, HandClock)
        clock.advance_to(clock.monotonic_ns() + self.takes_ns)
        if section == PLAIN[0]:
            self.begun.append(now)
        elif section == PLAIN[-1] and self.begun:
            self.ended.append(now)
        return super().rows(section)

    @classmethod
    def rests(cls) -> list[float]:
        """Seconds between the beats that were seen whole. A busy machine makes them longer, never shorter."""
        return [begun - ended for ended, begun in zip(cls.ended, cls.begun[1:], strict=False)]


class Slow(Timed):
    """Takes a tenth of a second for all."""

    takes_ns = 10_000_000
    begun: list[float] = []
    ended: list[float] = []


async def test_a_desk_that_takes_long_to_show_is_shown_less_often(desk: Watched) -> None:
    async with await desk.run_watching() as socket:
        await receive(socket)
        desk.desk.__class__ = Timed
        await until(lambda: min(Timed.rests(), default=BEAT_S_MAX) < 2 * BEAT_S)
        desk.desk.__class__ = Slow
        await until(lambda: len(Slow.rests()) == 2)
        assert min(Slow.rests()) > 0.99 * BEAT_S_MAX


class Broken(LiveDesk):
    """A desk with a mistake of ours in one section."""

    def rows(self, section: str) -> Sequence[Row]:
        if section == "pnl" and self.broken:
            raise ZeroDivisionError(section)
        return super().rows(section)

    broken = False


async def test_a_mistake_in_a_view_is_told_and_harms_nothing_else(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    desk = Watched(tmp_path)
    desk.desk.__class__ = Broken
    desk.control.hub.__init__(desk.desk, control_stream.Board(desk.desk), spared)  # type: ignore[misc]
    await desk.run_start()
    heard: list[object] = []
    asyncio.get_running_loop().set_exception_handler(lambda _, context: heard.append(context))
    try:
        async with await desk.run_watching() as socket:
            await receive(socket)
            desk.desk.broken = True  # type: ignore[attr-defined]
            while (await socket.receive(timeout=5)).type not in (WSMsgType.CLOSE, WSMsgType.CLOSED):
                pass
        assert heard == []
        assert "ZeroDivisionError: pnl" in capsys.readouterr().err
        desk.desk.broken = False  # type: ignore[attr-defined]
        async with await desk.run_watching() as socket:
            assert (await receive(socket)).snapshot
            desk.quoting(quote())
            assert (await changed(socket, "orders")).rows.orders
    finally:
        await desk.run_close()


def test_a_ladder_is_wanted_by_name_only() -> None:
    of = LadderOf("match")
    assert keys_of(Watch()) == PLAIN
    assert keys_of(Watch(ladder=of)) == (*PLAIN, of)
    assert keys_of(Watch(sections=("markets",), markets=MarketsOf("x"))) == (MarketsOf("x"),)
    assert keys_of(Watch(sections=("orders",), ladder=of)) == ("orders",)
    assert keys_of(Watch(sections=("ladder", "orders"), ladder=of)) == ("orders", of)
