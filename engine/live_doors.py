"""The verbs that look at real venues without trading: `doctor`, and `record`."""

import argparse
from collections.abc import Callable
from pathlib import Path
from typing import Any

from engine.config import Loaded
from engine.doctor import WAIT_S, run_doctor
from engine.record import run_record

ROTATE_MB = 64.0

Load = Callable[[Path], Loaded]


def add_verbs(verbs: "argparse._SubParsersAction[Any]", config: Path, load: Load) -> None:
    """Both verbs; `config` is the file where none is named."""
    look = verbs.add_parser("doctor", help="whether this desk could trade now, and what to do where it could not")
    look.add_argument("--config", type=Path, default=config)
    look.add_argument("--venue", action="append", default=[], metavar="V", help="only this one; may be given again")
    look.add_argument("--mapping", type=Path, metavar="FILE", help="look at its markets through the real adapters too")
    look.add_argument("--wait", type=float, default=WAIT_S, metavar="S", help="how long the adapters may take")
    look.add_argument("--json", action="store_true")
    look.set_defaults(door=lambda chosen: run_doctor(chosen, load(chosen.config)))
    keep = verbs.add_parser("record", help="keep what a venue says of our markets, replayable")
    keep.add_argument("--config", type=Path, default=config)
    keep.add_argument("--venue", required=True, metavar="V")
    keep.add_argument("--mapping", type=Path, required=True, metavar="FILE", help="the markets to follow")
    keep.add_argument("--out", type=Path, required=True, metavar="DIR", help="where the segments go")
    keep.add_argument("--for", dest="seconds", type=float, metavar="S", help="wall seconds; without it until stopped")
    keep.add_argument(
        "--rotate-mb", type=float, default=ROTATE_MB, metavar="N", help="begin a new segment behind so much"
    )
    keep.add_argument("--keep", type=int, default=0, metavar="N", help="throw away all but the last N segments")
    keep.set_defaults(door=lambda chosen: run_record(chosen, load(chosen.config)))
