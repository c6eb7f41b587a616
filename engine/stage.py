"""A demo's run folder: what the engine asks of the exchanges' processes, and what they answer when they stand."""

from pathlib import Path
from typing import TypeVar

import msgspec

from domain.ids import Currency, VenueName
from venues.sim.faults import Profile

T = TypeVar("T")

HOST = "127.0.0.1"
"""Where the exchanges are found: on this machine and on no other."""


class StageOrder(msgspec.Struct, frozen=True):
    """What the exchanges are to open, in `stage.json`. `recording` is a path, empty for the made world.

    `rumours` is how often the crowds of the made world hear some (`WorldOptions`). `alone_s`: how long a child goes on
    after its last client vanished.
    """

    venues: tuple[VenueName, ...]
    seed: int
    speed: float
    faults: Profile
    base: Currency
    rates_e8: dict[Currency, int]
    rates_dated: str = ""
    recording: str = ""
    recording_from: str = ""
    rumours: float = 0.0
    alone_s: float = 30.0


class Stage(msgspec.Struct, frozen=True):
    """What stands, in `exchange_ports.json`: ports by venue and role, the authority to trust, the world's beginning."""

    ports: dict[VenueName, dict[str, int]]
    authority: str
    start_ns: int
    epoch_ns: int


def write_order(run: Path, order: StageOrder) -> None:
    """Leave the order for the exchanges."""
    write_whole(run / "stage.json", msgspec.json.encode(order))


def read_order(run: Path) -> StageOrder:
    """The order as the engine left it."""
    return msgspec.json.decode((run / "stage.json").read_bytes(), type=StageOrder)


def write_stage(run: Path, stage: Stage) -> None:
    """Say that everything stands."""
    write_whole(run / "exchange_ports.json", msgspec.json.encode(stage))


def read_stage(run: Path) -> Stage | None:
    """What stands, None as long as nothing does."""
    return _read(run / "exchange_ports.json", Stage)


def write_token(run: Path, token: str) -> None:
    """Keep what the control interface asks for where only we may read it."""
    path = run / "control.token"
    path.touch(mode=0o600)
    path.write_text(token)


def read_token(run: Path) -> str:
    """The control interface's token, empty if this run has none yet."""
    path = run / "control.token"
    return path.read_text() if path.exists() else ""


def write_whole(path: Path, data: bytes) -> None:
    """A file that appears whole or not at all."""
    draft = path.with_name(path.name + ".draft")
    draft.write_bytes(data)
    draft.replace(path)


def _read(path: Path, kind: type[T]) -> T | None:
    return msgspec.json.decode(path.read_bytes(), type=kind) if path.exists() else None
