"""Judge a longer stretch by the venues' own documents, and print what was met: `python -m tests.venues.official`."""

import argparse
import os
import sys
from itertools import product
from pathlib import Path

from tests.tidy.house import ROOT
from tests.venues.official.crossing import cross
from tests.venues.official.judges import Judge

SETTLED_MINUTES = 3.0
"""By then every match of a hurried world is over."""


def main() -> int:
    """Seeds one after another, without FIX and with, usual and hurried; 1 where anything is held against a message."""
    parser = argparse.ArgumentParser(prog="python -m tests.venues.official")
    parser.add_argument("--seeds", type=int, default=2)
    parser.add_argument("--minutes", type=float, default=10.0, help="simulated, a seed")
    parser.add_argument("--faults", default="light")
    chosen = parser.parse_args()
    shared = Path(os.environ.get("CROSSBOOK_SHARED", ROOT.parent / "shared"))
    if not shared.is_dir():
        print("the venues' documents are absent: set CROSSBOOK_SHARED to their folder", file=sys.stderr)
        return 2
    judge, orders = Judge(shared), 0
    for seed in range(1, chosen.seeds + 1):
        for fix, moving in product((False, True), repeat=2):
            minutes = min(chosen.minutes, SETTLED_MINUTES) if moving else chosen.minutes
            orders += cross(judge, seed, minutes=minutes, faults=chosen.faults, fix=fix, moving=moving)
    for kind, count in sorted(judge.counts.items()):
        print(f"{count:8} {kind}")
    for said, count in sorted(judge.wrong.items()):
        print(f"WRONG {count:5} {said}")
    print(f"{sum(judge.counts.values())} messages, {orders} orders, {len(judge.wrong)} kinds of fault")
    return 1 if judge.wrong else 0


if __name__ == "__main__":
    sys.exit(main())
