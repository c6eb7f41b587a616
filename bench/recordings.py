"""What is replayed: real recordings where they are at hand, else one that is made here, and said to be made."""

import json
import os
import random
import tempfile
from pathlib import Path

import msgspec

from venues.betfair.history import read_lines

NAMES = ("1.200806927.gz", "1-206064380.bz2", "1-180305278.bz2")
"""A cricket match in play recorded by its owner, a horse race and a cricket match of the venue's own archive."""

MADE_MESSAGES = 12_000


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
    folder = Path(tempfile.mkdtemp(prefix="crossbook-bench-"))
    path = folder / name.removesuffix(".gz").removesuffix(".bz2")
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
    found = [
        _line(
            0,
            {"id": "1.1", "img": True, "marketDefinition": definition, "rc": [_image(*one) for one in runners.items()]},
        )
    ]
    for number in range(1, messages):
        key = chance.choice(list(runners))
        middle = runners[key] = min(560, max(210, runners[key] + chance.choice((-2, 0, 0, 0, 2))))
        change: dict[str, object] = {"id": key}
        for side, sign in (("atb", -1), ("atl", 1)):
            steps = chance.sample(range(1, 9), chance.randint(0, 2))
            rows = [[_legal(middle + sign * 2 * step), chance.choice((0, 0, 12.5, 88.0, 240.13))] for step in steps]
            crossed = [[_legal(middle - sign * 2 * step), 0] for step in range(4)]
            change[side] = crossed + rows
        found.append(_line(number, {"id": "1.1", "rc": [change]}))
    return found


def _image(key: int, middle: int) -> dict[str, object]:
    return {
        "id": key,
        "atb": [[_legal(middle - 2 * step), 50.0 + step] for step in range(1, 9)],
        "atl": [[_legal(middle + 2 * step), 50.0 + step] for step in range(1, 9)],
    }


def _legal(hundredths: int) -> float:
    """A price of the ladder below 6.00: steps of 0.02 to 3, of 0.05 to 4, of 0.1 to 6."""
    step = 2 if hundredths < 300 else 5 if hundredths < 400 else 10
    return hundredths // step * step / 100


def _line(number: int, change: dict[str, object]) -> bytes:
    told = {"op": "mcm", "clk": f"A{number}", "pt": 1_790_000_000_000 + 50 * number, "mc": [change]}
    return json.dumps(told, separators=(",", ":")).encode()
