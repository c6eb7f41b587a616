"""The table to beat as one command: `python -m bench [--quick] [--row NAME] [--json FILE]`.

Only ratios of one run count; `python -m bench.peers` makes the environment of the libraries that are measured beside.
"""

import argparse
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path

import msgspec

from bench import backtests, decisions, recordings, replay, sockets, stores, tables, viewers
from bench.measure import Row
from bench.peers import Peers
from bench.table import printed, summed


class Run:
    """One run of the bench: how much of each row, and what several rows share."""

    def __init__(self, peers: Peers, *, quick: bool) -> None:
        self.peers = peers
        self.quick = quick
        self.rounds = 3 if quick else 7
        self.tapes = cache(lambda: recordings.tapes(few=quick))
        self.journal = cache(lambda: stores.recorded(1_000 if quick else 10_000))

    def replay(self) -> Row:
        tapes, note = self.tapes()
        row = replay.replay_row(tapes, self.peers, self.rounds)
        return msgspec.structs.replace(row, notes=(*row.notes, note)) if note else row

    def backtest(self) -> Row:
        tapes, note = self.tapes()
        row = backtests.backtest_row(tapes, self.peers, 1 if self.quick else 5)
        return msgspec.structs.replace(row, notes=(*row.notes, note)) if note else row

    def growth(self) -> Row:
        return decisions.growth_row(self.rounds)

    def frame(self) -> Row:
        return decisions.frame_row(self.rounds, 300 if self.quick else 2_000)

    def socket(self) -> Row:
        return sockets.socket_row(self.peers, self.rounds, 200 if self.quick else 1_000)

    def markets(self) -> Row:
        return decisions.markets_row(self.rounds, 100 if self.quick else 500)

    def book(self) -> Row:
        return stores.book_row(self.peers, self.rounds)

    def append(self) -> Row:
        return stores.journal_row(self.rounds, self.journal())

    def control(self) -> Row:
        return viewers.control_row(2 if self.quick else self.rounds, 1.0 if self.quick else 3.0)

    def rebuild(self) -> Row:
        return stores.rebuild_row(self.rounds, self.journal())

    def projector(self) -> Row:
        return tables.projector_row(self.rounds, self.journal())


ROWS: dict[str, Callable[[Run], Row]] = {
    "replay": Run.replay,
    "backtest": Run.backtest,
    "growth": Run.growth,
    "frame": Run.frame,
    "socket": Run.socket,
    "markets": Run.markets,
    "book": Run.book,
    "journal": Run.append,
    "rebuild": Run.rebuild,
    "projector": Run.projector,
    "control": Run.control,
}


def main() -> int:
    """Run the rows asked for; the exit code says whether they ran, not whether targets are met."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer rounds and one recording: under 50 s")
    parser.add_argument("--row", choices=ROWS, help="this row only")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write every figure to a file")
    asked = parser.parse_args()
    rows = []
    with Peers() as peers:
        run = Run(peers, quick=asked.quick)
        for name in [asked.row] if asked.row else ROWS:
            rows.append(ROWS[name](run))
            print(printed(rows[-1]), end="\n\n", flush=True)
    print(summed(rows))
    if asked.json is not None:
        asked.json.parent.mkdir(parents=True, exist_ok=True)
        asked.json.write_bytes(msgspec.json.format(msgspec.json.encode({"quick": asked.quick, "rows": rows})))
    return 0


if __name__ == "__main__":
    sys.exit(main())
