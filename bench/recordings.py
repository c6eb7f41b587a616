"""What is replayed: real recordings where they are at hand, else one that is made here, and said to be made."""

import json
import os
import random
from bisect import bisect_left
from pathlib import Path

import msgspec

from bench.scratch import new_folder
from domain.odds import PriceKind, ladder
from venues.betfair import rules
from venues.betfair.history import read_lines

NAMES = ("1.200806927.gz", "1-206064380.bz2", "1-180305278.bz2")
"""A cricket match in play recorded by its owner, a horse race and a cricket match of the venue's own archive."""

MADE_MESSAGES = 12_000
DEPTH = 8

Change = dict[str, list[list[float]]]
"""Rows of both sides as the stream writes them."""


class Tape(msgspec.Struct, frozen=True):
    """A recording unpacked: its name, its lines, and a plain file of them for peers that read files."""

    name: str
    lines: list[bytes]
    path: Path


def tapes(*, few: bool) -> tuple[list[Tape], str]:
    """The recordings of this run, and a note where they are not real ones."""
    shared = Path(os.environ.get("CROSSBOOK_SHARED", Path(__file__).resolve().parents[2] / "shared"))
    folder = shared / "venues" / "betfair" / "recordings"
    packed = [folder / name for name in (NAMES[:1] if few else NAMES)]
    if all(path.is_file() for path in packed):
        return [unpack(path.name, list(read_lines(path))) for path in packed], ""
    note = f"no recordings in {folder}: measured on a made one of {MADE_MESSAGES:,} messages"
    return [unpack("made", made(MADE_MESSAGES))], note


def unpack(name: str, lines: list[bytes]) -> Tape:
    """A tape with its plain file, in a folder that ends with this process."""
    path = new_folder() / name.removesuffix(".gz").removesuffix(".bz2")
    path.write_bytes(b"\n".join(lines) + b"\n")
    return Tape(name, lines, path)


def made(messages: int, seed: int = 1) -> list[bytes]:
    """A market of three runners whose prices wander: an image, then changes of one to three levels a message."""
    chance = random.Random(seed)
    runners = {11: 250, 12: 340, 13: 400}
    definition = {
        "bettingType": "ODDS",
        "bspMarket": False,
        "turnInPlayEnabled": True,
        "persistenceEnabled": True,
        "marketBaseRate": 5.0,
        "eventId": "1",
        "eventTypeId": "1",
        "numberOfWinners": 1,
        "marketType": "MATCH_ODDS",
        "marketTime": "2026-11-20T15:00:00.000Z",
        "suspendTime": "2026-11-20T15:00:00.000Z",
        "openDate": "2026-11-20T15:00:00.000Z",
        "bspReconciled": False,
        "complete": True,
        "inPlay": False,
        "crossMatching": True,
        "runnersVoidable": False,
        "numberOfActiveRunners": 3,
        "betDelay": 0,
        "status": "OPEN",
        "runners": [
            {"status": "ACTIVE", "sortPriority": n + 1, "id": key, "name": f"runner {key}"}
            for n, key in enumerate(runners)
        ],
        "regulators": ["MR_INT"],
        "discountAllowed": True,
        "timezone": "GMT",
        "version": 1,
        "name": "Match Odds",
        "eventName": "made",
    }
    books = {key: _Made(middle) for key, middle in runners.items()}
    image = [{"id": key} | book.whole() for key, book in books.items()]
    found = [_line(0, {"id": "1.1", "img": True, "marketDefinition": definition, "rc": image})]
    for number in range(1, messages):
        key = chance.choice(list(books))
        found.append(_line(number, {"id": "1.1", "rc": [{"id": key} | books[key].moved(chance)]}))
    return found


class _Made:
    """A made book by tick: what is backed stands below the middle, what is laid above it, and the middle wanders."""

    def __init__(self, hundredths: int) -> None:
        self._prices = ladder(PriceKind.ODDS, rules.LADDERS["CLASSIC"]).prices
        self._middle = bisect_left(self._prices, hundredths)

    def whole(self) -> Change:
        """Both sides as they begin."""
        return self._told({self._middle + step: 50.0 for step in range(-DEPTH, DEPTH + 1) if step})

    def moved(self, chance: random.Random) -> Change:
        """The middle goes a tick up or down, or stays; what it met is gone, and a few levels change."""
        before = self._middle
        self._middle = min(250, max(90, before + chance.choice((-1, 0, 0, 1))))
        changed = {self._middle: 0.0}
        if self._middle != before:
            changed[before] = 20.0
        for _ in range(chance.randint(1, 3)):
            tick = self._middle + chance.choice((-1, 1)) * chance.randint(1, DEPTH)
            changed[tick] = chance.choice((0.0, 12.5, 88.0, 240.13))
        return self._told(changed)

    def _told(self, changed: dict[int, float]) -> Change:
        """Rows of both sides: a level stands on one and is taken off the other."""
        rows = {tick: (self._prices[tick] / 100, size) for tick, size in changed.items()}
        return {
            "atb": [[price, size if tick < self._middle else 0] for tick, (price, size) in rows.items()],
            "atl": [[price, size if tick > self._middle else 0] for tick, (price, size) in rows.items()],
        }


def _line(number: int, change: dict[str, object]) -> bytes:
    told = {"op": "mcm", "clk": f"A{number}", "pt": 1_790_000_000_000 + 50 * number, "mc": [change]}
    return json.dumps(told, separators=(",", ":")).encode()
