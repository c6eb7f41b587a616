"""The doctor's look at this machine: configuration, folders, disk, the SQL library, the control interface's place."""

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec

from domain.clock import Clock
from domain.ids import VenueName, exchange_of
from engine.config import Config, ConfigError, Loaded, listening
from engine.wiring import strategies
from storage.database import warning
from venues.checkup import Finding, Verdict
from venues.registry import CONSTRUCTORS, SWITCHES
from venues.switches import SwitchKind

GIGABYTE = 1_000_000_000
FREE_GIGABYTES_MIN = 1
FREE_GIGABYTES_WANTED = 10
"""A day of one busy desk leaves a few gigabytes; below the first a journal may meet its end in the middle of a day."""
SYNC_US_MAX = 20_000
"""A disk slower than this keeps an order waiting longer than a price is good for, where `sync = "power"`."""
SYNCS = 20


def machine_findings(loaded: Loaded, path: Path, clock: Clock) -> Iterator[Finding]:
    """Every line about this side of the wire."""
    yield _configuration(loaded, path)
    runs = Path(loaded.config.run.runs)
    yield from _folder(runs)
    yield from _disk(runs, loaded, clock)
    yield _tables()
    yield _control(loaded)
    yield from switched_off(loaded.config)


def switched_off(config: Config) -> Iterator[Finding]:
    """Protections that this configuration leaves off, a line each, and how each venue's dead man is set."""
    if not config.breakers.skew_ms:
        said = "off: [breakers] skew_ms = 0, so that a venue's clock may differ from ours by anything"
        yield Finding("clock breaker", Verdict.LOOK, said, "set skew_ms, such as 2000")
    for name, table in config.venues.items():
        if (kind := SWITCHES.get(exchange_of(name))) is not None:
            yield _dead_man(name, table, kind)


def _dead_man(name: VenueName, table: Mapping[str, Any], kind: SwitchKind) -> Finding:
    """What a venue takes out when this engine falls silent."""
    about, place = "dead man", f"[venues.{name}] {kind.key}"
    offered = {one.encode_name: one.default for one in msgspec.structs.fields(CONSTRUCTORS[exchange_of(name)][1])}
    seconds = table.get(kind.key, offered[kind.key])
    if seconds is None and not kind.by_line(table):
        seconds = kind.usual_s
    if seconds:
        said = f"armed: {place} = {seconds}, so many seconds of silence and the venue takes out {kind.takes}"
        return Finding(about, Verdict.OK, said)
    if kind.by_line(table):
        return Finding(about, Verdict.OK, f"armed: [venues.{name}] the venue takes out what a session sent as it ends")
    said = f"off: {place} = 0, so that its bets stay if this engine goes silent; it would take out {kind.takes}"
    return Finding(about, Verdict.LOOK, said, kind.off)


def _configuration(loaded: Loaded, path: Path) -> Finding:
    about, said = "configuration", f"{path}, hash {loaded.hash}"
    try:
        desk = strategies(loaded.config.strategies)
    except ConfigError as error:
        return Finding(about, Verdict.BAD, str(error), "mend the place that it names")
    if path.stat().st_mode & stat.S_IWOTH:
        return Finding(about, Verdict.BAD, f"{said}: anybody may change it", f"chmod o-w {path}")
    return Finding(about, Verdict.OK, f"{said}, {len(desk)} strategies")


def _folder(runs: Path) -> Iterator[Finding]:
    about = "runs"
    try:
        runs.mkdir(parents=True, exist_ok=True)
        with tempfile.NamedTemporaryFile(dir=runs):
            pass
    except OSError as error:
        fix = "name a folder of yours as [run] runs"
        yield Finding(about, Verdict.BAD, f"{runs.absolute()}: {error.strerror}", fix)
        return
    if runs.stat().st_mode & stat.S_IWOTH:
        said = f"{runs.absolute()}: anybody may put files there"
        yield Finding(about, Verdict.BAD, said, f"chmod o-w {runs}")
        return
    yield Finding(about, Verdict.OK, f"{runs.absolute()} can be written")


def _disk(runs: Path, loaded: Loaded, clock: Clock) -> Iterator[Finding]:
    if not runs.is_dir():
        return
    free = shutil.disk_usage(runs).free
    said, fix = f"{free / GIGABYTE:.1f} GB free for journals", "make room, or name another disk as [run] runs"
    few = Verdict.BAD if free < FREE_GIGABYTES_MIN * GIGABYTE else Verdict.LOOK
    yield Finding("disk", Verdict.OK if free >= FREE_GIGABYTES_WANTED * GIGABYTE else few, said, fix)
    try:
        sync_us = _sync_us(runs, clock)
    except OSError as error:
        yield Finding("disk", Verdict.BAD, f"nothing can be forced to it: {error.strerror}", fix)
        return
    said, slow = f"a forced write takes {sync_us} microseconds", sync_us > SYNC_US_MAX
    if slow and loaded.config.run.sync == "power":
        fix = 'name a faster disk as [run] runs, or set sync = "process" and bear the risk of a power cut'
        yield Finding("disk", Verdict.LOOK, f"{said}, and every order waits for one", fix)
    else:
        yield Finding("disk", Verdict.OK, said)


def _sync_us(folder: Path, clock: Clock) -> int:
    """The median of some small writes forced to the disk."""
    took: list[int] = []
    with tempfile.TemporaryFile(dir=folder) as file:
        for _ in range(SYNCS):
            began_ns = clock.monotonic_ns()
            os.write(file.fileno(), b"one small record of an order\n")
            os.fdatasync(file.fileno())
            took.append(clock.monotonic_ns() - began_ns)
    return sorted(took)[SYNCS // 2] // 1_000


def _tables() -> Finding:
    said = warning("sqlite:///run")
    if said:
        return Finding("tables", Verdict.LOOK, said, "use an SQLite of 3.51.3 or later, or PostgreSQL by --url")
    return Finding("tables", Verdict.OK, "SQLite keeps write-ahead logs safely")


def _control(loaded: Loaded) -> Finding:
    about = "control"
    try:
        with listening(loaded.config.control) as door:
            host, port = door.getsockname()[:2]
    except ConfigError as error:
        return Finding(about, Verdict.BAD, str(error), "is an engine running there already?")
    return Finding(about, Verdict.OK, f"{host}:{loaded.config.control.port or f'{port}, or any other that is free'}")
