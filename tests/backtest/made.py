"""Recordings made by hand: a few lines of the stream in a file, and a backtest over them."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from engine.backtest.campaign import load_config
from engine.backtest.playing import Played, open_tape, play
from engine.backtest.results import file_played
from engine.backtest.rows import FilePlayed, LaneResult
from engine.config import Loaded
from tests.backtest.scripted import Line
from venues.sim.queue import Bound

BEGIN_MS = 1_700_000_000_000
BOUNDS = (Bound.PESSIMISTIC, Bound.CENTRAL, Bound.OPTIMISTIC)
SCRIPT = '{ name = "script", uses = "tests.backtest.scripted:Scripted", settings = { lines = LINES } }'
CONFIG = f"""
rates_dated = "2026-11-20"
rates = {{}}
strategies = [{SCRIPT}]
[run]
base = "GBP"
[limits]
cap_order = "1000 GBP"
cap_market = "1000 GBP"
cap_event = "1000 GBP"
cap_total = "1000 GBP"
cap_day = "1000 GBP"
collar_fair = "1"
collar_book = "1"
orders_per_second = 50
open_orders_max = 50
[deciding]
requoting = {{ hysteresis_ticks = 1, size_tolerance = 0.01 }}
consensus = {{ enabled = false }}
[backtest]
place_ms = 100.0
cancel_ms = 100.0
latency_sigma = 0.0
[venues.betfair]
"""


def definition(
    status: str = "OPEN",
    *,
    version: int = 1,
    runners: dict[int, dict[str, object]] | None = None,
    **others: object,
) -> dict[str, object]:
    """A market definition; `runners` adds to what every runner says."""
    told = runners or {}
    return {
        "status": status,
        "version": version,
        "bettingType": "ODDS",
        "marketType": "WIN",
        "marketBaseRate": 5.0,
        "numberOfWinners": 1,
        "eventId": "1",
        "marketTime": "2023-11-14T22:20:00.000Z",
        "bspMarket": True,
        "runners": [{"id": n, "status": "ACTIVE", "adjustmentFactor": 33.3, **told.get(n, {})} for n in (11, 12, 13)],
        **others,
    }


def closed(winners: Iterable[int] = (11,), removed: Iterable[int] = (), **others: object) -> dict[str, object]:
    """The definition that settles a market."""
    words = {n: "WINNER" if n in winners else "REMOVED" if n in removed else "LOSER" for n in (11, 12, 13)}
    return definition("CLOSED", version=99, runners={n: {"status": word} for n, word in words.items()}, **others)


def at(
    ms: int, *, market: str = "1.1", said: dict[str, object] | None = None, img: bool = False, **rows: dict[str, Any]
) -> bytes:
    """One message `ms` after the beginning; rows as `r11={"atb": [[3.0, 50]]}`."""
    change: dict[str, object] = {"id": market}
    if said is not None:
        change["marketDefinition"] = said
    if img:
        change["img"] = True
    if rows:
        change["rc"] = [{"id": int(name[1:]), **what} for name, what in rows.items()]
    return json.dumps({"op": "mcm", "clk": "1", "pt": BEGIN_MS + ms, "mc": [change]}).encode()


BOOK: dict[str, Any] = {
    "r11": {"atb": [[3.0, 50], [2.9, 80]], "atl": [[3.1, 40], [3.2, 60]]},
    "r12": {"atb": [[4.0, 30]], "atl": [[4.2, 30]]},
    "r13": {"atb": [[2.0, 30]], "atl": [[2.04, 30]]},
}


def opening(*, said: dict[str, object] | None = None, market: str = "1.1", **rows: dict[str, Any]) -> bytes:
    """The first message: an open market with an image of its books."""
    return at(0, market=market, said=said or definition(), img=True, **{**BOOK, **rows})


def configured(tmp_path: Path, lines: Iterable[Line], beside: Iterable[Line] = ()) -> Path:
    """A configuration whose only strategy follows these lines; with `beside`, a second one follows those."""
    scripts = [SCRIPT.replace("LINES", told(lines))]
    if second := [*beside]:
        scripts.append(SCRIPT.replace('"script"', '"beside"').replace("LINES", told(second)))
    path = tmp_path / "config.toml"
    path.write_text(CONFIG.replace(SCRIPT, ", ".join(scripts)))
    return path


def told(lines: Iterable[Line]) -> str:
    """Lines as a setting."""
    written = ", ".join(
        f'{{ selection = "{one.selection}", text = "{one.text}", from_ms = {one.from_ms}, '
        f"until_ms = {one.until_ms}, at_start = {str(one.at_start).lower()} }}"
        for one in lines
    )
    return f"[{written}]"


def recorded(tmp_path: Path, *messages: bytes) -> Path:
    """A plain file of these messages."""
    path = tmp_path / "1.1"
    path.write_bytes(b"\n".join(messages) + b"\n")
    return path


def backtested(tmp_path: Path, lines: Iterable[Line], *messages: bytes, beside: Iterable[Line] = ()) -> Played:
    """All three guesses over these messages."""
    loaded: Loaded = load_config(configured(tmp_path, lines, beside))
    return play(open_tape(recorded(tmp_path, *messages), loaded), loaded, BOUNDS, seed=1)


def results(tmp_path: Path, lines: Iterable[Line], *messages: bytes) -> dict[str, LaneResult]:
    """What each guess gave."""
    played: FilePlayed = file_played(tmp_path / "1.1", backtested(tmp_path, lines, *messages), out="out")
    return {lane.assumption: lane for lane in played.lanes}


def money(lane: LaneResult) -> tuple[int, int]:
    """Gross and commission over all markets, millionths."""
    return sum(row.gross_micros for row in lane.markets), sum(row.commission_micros for row in lane.markets)
