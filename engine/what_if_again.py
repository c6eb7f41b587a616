"""`replay RUN --what-if strategies.0.settings.edge=0.02`: strategies are asked again, over the tape of the run.

The tape is played on paper twice, as a backtest plays it: under the configuration that the run began with, and under
the changed one. The two are compared with each other and not with the run, for what traded there was matched at the
venues and what trades here by the guess of a queue.
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec

from domain.ids import VenueName
from domain.money import format_micros
from engine.backtest.campaign import load_config
from engine.backtest.grid import parse_axis
from engine.backtest.playing import open_tapes, play
from engine.backtest.results import file_played
from engine.config import Config, ConfigError, Instead, Loaded
from engine.recordings import RecordingError
from engine.replay import NotFound, steps
from engine.run_tape import CONFIG, TAPE
from venues.sim.queue import Bound

BOTH_PAPER = (
    "Both are paper: the tape of the run was played twice, under its own configuration and under the changed one, with "
    "the central guess about queues. Values that a model sent and what operators did are on no tape."
)


class Share(msgspec.Struct):
    """What one venue had of it: orders, those of them that matched, matches; amounts in base, net of all fees."""

    orders: int = 0
    filled: int = 0
    fills: int = 0
    matched_micros: int = 0
    net_micros: int = 0


class Asked(msgspec.Struct, frozen=True):
    """The tape on paper under both configurations, by venue."""

    said: str
    changed: tuple[str, ...]
    base: str
    then: dict[VenueName, Share]
    now: dict[VenueName, Share]


def is_place(text: str) -> bool:
    """Whether a `KEY=VALUE` is about a place of the configuration."""
    return text.partition("=")[0].partition(".")[0] in Config.__struct_fields__


def has_tape(run: Path) -> bool:
    """Whether a run kept what it takes to ask strategies again."""
    return (run / TAPE).is_dir() and (run / CONFIG).exists()


def ask_again(run: Path, changes: Sequence[str]) -> Asked:
    """Play the tape of a run twice. NotFound where there is none, and for what cannot be changed."""
    seed = next(iter(steps(run))).state.started.seed
    if not has_tape(run):
        raise NotFound(
            f"--what-if {changes[0]}: the run {run.name} kept no tape to ask strategies again over; let runs keep one "
            "with `tape = true` under [run]"
        )
    try:
        before = load_config(run / CONFIG)
        after = load_config(run / CONFIG, [_instead(text) for text in changes])
        then, now = (_played(run, loaded, seed=seed) for loaded in (before, after))
    except (ConfigError, RecordingError) as error:
        raise NotFound(str(error)) from error
    return Asked(BOTH_PAPER, tuple(changes), before.config.run.base, then, now)


def words(answer: Asked) -> Iterator[str]:
    """The two side by side."""
    yield answer.said
    yield f"changed: {', '.join(answer.changed)}; amounts in {answer.base}"
    head = ("", "", "orders", "filled", "matches", "matched", "net")
    rows: list[tuple[str, ...]] = [head]
    for venue in (*sorted({*answer.then, *answer.now}), VenueName("all")):
        for name, shares in (("as it was", answer.then), ("changed", answer.now)):
            rows.append((venue, name, *_figures(_sum(shares) if venue == "all" else shares.get(venue, Share()))))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    for row in rows:
        left = [cell.ljust(width) for cell, width in zip(row[:2], widths[:2], strict=True)]
        right = [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
        yield "  ".join([*left, *right]).rstrip()


def _figures(share: Share) -> tuple[str, ...]:
    amounts = format_micros(share.matched_micros), format_micros(share.net_micros)
    return str(share.orders), str(share.filled), str(share.fills), *amounts


def _sum(shares: dict[VenueName, Share]) -> Share:
    every = shares.values()
    return Share(*(sum(getattr(one, name) for one in every) for name in Share.__struct_fields__))


def _instead(text: str) -> Instead:
    axis = parse_axis(text, option="--what-if")
    if len(axis.values) != 1:
        raise ConfigError(f"--what-if {text}: write one value, as strategies.0.settings.edge=0.02")
    return axis.place, axis.values[0]


def _played(run: Path, loaded: Loaded, *, seed: int) -> dict[VenueName, Share]:
    """One pass over the tape."""
    tape, *beside = open_tapes(run / TAPE, loaded)
    played = play(tape, loaded, (Bound.CENTRAL,), seed=seed, beside=tuple(beside))
    shares = {one.venue: Share() for one in played.tapes}
    venues = {market.id: one.venue for one in played.tapes for market in one.found}
    for lane in file_played(run / TAPE, played, out=str(run)).lanes:
        for row in lane.markets:
            share = shares[venues[row.market]]  # type: ignore[index]  # a row spells it as text
            share.orders += row.orders
            share.fills += row.fills
            share.matched_micros += row.matched_micros
            share.net_micros += row.net_micros
        for market, _ in {(fill.market, fill.ref) for fill in lane.fills}:
            shares[venues[market]].filled += 1  # type: ignore[index]  # the same
    return shares
