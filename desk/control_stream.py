"""Whoever watches: at a steady beat the rows that changed, worked out and written once for all who want the same.

    join ── snapshot ──> beat: build sections, a slice of the loop each ── compare ── write ──> every watcher's queue
                          ^                                                                           |
                          '------------- again, while there is somebody -------------'          its socket

Nothing is done while nobody watches. A watcher whose queue is full is cut off: it may dial again and begin anew.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Iterable, Sequence

import msgspec

from desk.control_desk import Desk
from desk.views import EVERY_MARKET, SECTIONS, LadderOf, MarketsOf, Row, Watch

BEAT_S = 0.25
"""How often watchers are told."""

BEAT_S_MAX = 1.0
REST_PER_WORK = 40
"""A beat that took long is followed by a rest so many times as long, up to the longest beat: a desk of many markets is
told of less often, and takes no more of the loop."""

SILENCE_BEATS = 4
"""After so many beats without a change a watcher is told that the desk is there still."""

QUEUE_MAX = 16
"""Frames that may wait for one watcher, beside what its socket holds."""

WATCHERS_MAX = 32

LADDER, MARKETS = "ladder", "markets"
PLAIN = tuple(name for name in SECTIONS if name != LADDER)

Key = str | LadderOf | MarketsOf
"""A section by its name, a ladder by what it is of, markets by which they are unless they are the first of all."""

Spared = Callable[[Callable[[], None], Callable[[], None]], Callable[[], None]]
"""Makes work of which a failure is told and harms nobody else; the second callable is run behind a failure."""


def unspared(work: Callable[[], None], _: Callable[[], None]) -> Callable[[], None]:
    """For whoever wants to hear of a failure where it happened."""
    return work


_encode = msgspec.json.Encoder().encode


def keys_of(watch: Watch) -> tuple[Key, ...]:
    """What a watcher wants to be told of, in the order of the sections."""
    names = [name for name in SECTIONS if not watch.sections or name in watch.sections]
    found: list[Key] = [
        watch.markets if name == MARKETS and watch.markets != EVERY_MARKET else name for name in names if name != LADDER
    ]
    return (*found, watch.ladder) if watch.ladder is not None and LADDER in names else tuple(found)


class Watcher:
    """One who watches: what it wants, what waits for it, and how it is cut off."""

    def __init__(self, watch: Watch, cut: Callable[[], None]) -> None:
        self.keys = keys_of(watch)
        self.waiting: deque[bytes] = deque()
        self.wake = asyncio.Event()
        self.ended = False
        self._cut = cut

    def push(self, frame: bytes) -> None:
        """Have a frame sent, or give the watcher up when too many wait."""
        if self.ended:
            return
        if len(self.waiting) >= QUEUE_MAX:
            self.end()
            self._cut()
            return
        self.waiting.append(frame)
        self.wake.set()

    def end(self) -> None:
        """Nothing more is sent."""
        self.ended = True
        self.waiting.clear()
        self.wake.set()


class Board:
    """Rows by section, built at most once a beat for those who ask now and then."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._built: dict[Key, tuple[int, tuple[Row, ...]]] = {}

    def build(self, key: Key) -> tuple[Row, ...]:
        """The rows at this moment."""
        rows: tuple[Row, ...]
        match key:
            case LadderOf():
                rows = tuple(self._desk.ladder(key))
            case MarketsOf():
                rows = tuple(self._desk.markets(key))
            case _:
                rows = tuple(self._desk.rows(key))
        self._built[key] = self._desk.now_ms(), rows
        if len(self._built) > 2 * WATCHERS_MAX + len(PLAIN):
            self._built = {known: built for known, built in self._built.items() if isinstance(known, str)}
        return rows

    def rows(self, key: Key) -> tuple[Row, ...]:
        """The rows of this moment, or of a moment ago."""
        at_ms, rows = self._built.get(key, (None, ()))
        if at_ms is not None and 0 <= self._desk.now_ms() - at_ms < BEAT_S * 1000:
            return rows
        return self.build(key)


class Hub:
    """Tells every watcher what changed. `beats` counts for whoever wants to know that nothing is done for nobody."""

    def __init__(self, desk: Desk, board: Board, spared: Spared) -> None:
        self.watchers: set[Watcher] = set()
        self.beats = 0
        self._desk = desk
        self._board = board
        self._start = spared(self._begin, self.close)
        self._go_on = spared(self._slice, self.close)
        self._told: dict[Key, dict[str, Row]] = {}
        self._todo: deque[Key] = deque()
        self._built: dict[Key, tuple[Row, ...]] = {}
        self._seq = 0
        self._quiet = 0
        self._worked_ms = 0
        self._timer: asyncio.TimerHandle | asyncio.Handle | None = None

    def join(self, watch: Watch, cut: Callable[[], None]) -> Watcher:
        """Somebody begins to watch; the first beat comes a beat later."""
        watcher = Watcher(watch, cut)
        watcher.push(self._snapshot(watcher))  # first: whoever cannot be told anything is not here
        self.watchers.add(watcher)
        if self._timer is None:
            self._later()
        return watcher

    def turn(self, watcher: Watcher, watch: Watch) -> None:
        """A watcher wants something else from now on."""
        watcher.keys = keys_of(watch)
        self._forget()
        watcher.push(self._snapshot(watcher))

    def leave(self, watcher: Watcher) -> None:
        """A watcher is gone; behind the last one nothing more is done."""
        watcher.end()
        self.watchers.discard(watcher)
        self._forget()
        if not self.watchers and self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def close(self) -> None:
        """Send everybody away."""
        for watcher in [*self.watchers]:
            self.leave(watcher)

    def _later(self) -> None:
        rest_s = min(BEAT_S_MAX, max(BEAT_S, self._worked_ms * REST_PER_WORK / 1000))
        self._worked_ms = 0
        self._timer = asyncio.get_running_loop().call_later(rest_s, self._start)

    def _begin(self) -> None:
        """A beat: each section is built in a callback of its own, so that the street waits for none but one."""
        self._todo = deque(self._wanted())
        self._built = {}
        self._slice()

    def _slice(self) -> None:
        began_ms = self._desk.now_ms()
        while self._todo:
            key = self._todo.popleft()
            if not isinstance(key, LadderOf) or not self._desk.ladder_objection(key):
                self._built[key] = self._board.build(key)
                break
        if not self._todo:
            self._tell()
        self._worked_ms += self._desk.now_ms() - began_ms
        if self._todo:
            self._timer = asyncio.get_running_loop().call_soon(self._go_on)
        else:
            self._later()

    def _tell(self) -> None:
        """Compare with what was told last, and write each frame once."""
        self.beats += 1
        changed: dict[Key, msgspec.Raw] = {}
        removed: dict[Key, tuple[str, ...]] = {}
        for key, rows in self._built.items():
            before = self._told.get(key)
            if before is None:  # nobody wants it any more
                continue
            after = {row.id: row for row in rows}
            news = [row for row in rows if before.get(row.id) != row]
            gone = tuple(before.keys() - after.keys())
            self._told[key] = after
            if news:
                changed[key] = msgspec.Raw(_encode(news))
            if gone:
                removed[key] = gone
        self._quiet = 0 if changed or removed else self._quiet + 1
        if self._quiet % SILENCE_BEATS:
            return
        self._seq += 1
        now_ms, frames = self._desk.now_ms(), dict[tuple[Key, ...], bytes]()
        for watcher in [*self.watchers]:
            frame = frames.get(watcher.keys)
            if frame is None:
                frame = written(self._seq, now_ms, watcher.keys, changed, removed, found=self._desk.markets_found)
                frames[watcher.keys] = frame
            watcher.push(frame)

    def _snapshot(self, watcher: Watcher) -> bytes:
        """All that a watcher wants, as it was told to the others last."""
        for key in watcher.keys:
            if key not in self._told:
                self._told[key] = {row.id: row for row in self._board.rows(key)}
        rows = {key: msgspec.Raw(_encode([*self._told[key].values()])) for key in watcher.keys}
        found = self._desk.markets_found
        return written(self._seq, self._desk.now_ms(), watcher.keys, rows, {}, found=found, snapshot=True)

    def _wanted(self) -> Iterable[Key]:
        return dict.fromkeys(key for watcher in self.watchers for key in watcher.keys)

    def _forget(self) -> None:
        """What nobody wants is not kept up to date, so it must not be told from memory later."""
        wanted = set(self._wanted())
        self._told = {key: rows for key, rows in self._told.items() if key in wanted}


def written(
    seq: int,
    wall_ms: int,
    keys: Sequence[Key],
    rows: dict[Key, msgspec.Raw],
    removed: dict[Key, tuple[str, ...]],
    *,
    found: Callable[[MarketsOf], int],
    snapshot: bool = False,
) -> bytes:
    """A `desk.views.Frame` for whoever wants `keys`, of parts that are written already; `found` counts markets."""
    frame: dict[str, object] = {"seq": seq, "wall_ms": wall_ms}
    if snapshot:
        frame["snapshot"] = True
    if told := {_name(key): rows[key] for key in keys if key in rows}:
        frame["rows"] = told
    if gone := {_name(key): removed[key] for key in keys if key in removed}:
        frame["removed"] = gone
    if ladders := [key for key in keys if isinstance(key, LadderOf)]:
        frame["ladder_of"] = ladders[0]
    if pages := [key for key in keys if isinstance(key, MarketsOf)]:
        frame["markets_of"], frame["markets_found"] = pages[0], found(pages[0])
    return _encode(frame)


def _name(key: Key) -> str:
    return key if isinstance(key, str) else LADDER if isinstance(key, LadderOf) else MARKETS
