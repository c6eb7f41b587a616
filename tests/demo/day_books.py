"""A demo's end-of-day books held against each exchange's own: equal to the cent, or said not to be known.

`python -m tests.demo.day_books RUN...` judges runs that have ended; `--seeds 1-8` makes them first.
"""

import argparse
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from subprocess import run as run_command

import msgspec

from desk.reports.books import Balance, EndOfDay
from desk.reports.figures import money
from desk.reports.tabling import clock
from domain.fees import CENT
from domain.terms import BalanceBasis
from engine.reports.day import end_of_day
from engine.reports.rows import of_journal
from engine.reports.told import Told
from tests.conftest import ROOT

NOBODY = Told(legal_entity="", owner="", controller="", customer_type="")
FIGURES = {BalanceBasis.CASH: "cash", BalanceBasis.WALLET: "wallet"}


class Judged(msgspec.Struct, frozen=True):
    """One wallet: what the exchange has beyond our books, and what our page says of it."""

    balance: Balance
    apart_micros: int
    broken: bool

    @property
    def silent(self) -> bool:
        """The two differ, and nobody who reads the page would know."""
        return abs(self.apart_micros) >= CENT and not (self.balance.doubt or self.broken)

    @property
    def said(self) -> str:
        """The verdict in words."""
        if self.silent:
            return "SILENTLY DIFFERENT"
        if self.broken:
            return "red: a break stands"
        return f"amber: {self.balance.doubt}" if self.balance.doubt else "green"


def judge(run: Path) -> list[Judged]:
    """Every wallet of a run that has ended."""
    rows = of_journal(run)
    pack = end_of_day(rows, rows.days()[-1], NOBODY)
    theirs = msgspec.json.decode((run / "exchanges.json").read_bytes())["venues"]
    bases: dict[str, str] = {one.venue: FIGURES[one.balance_basis] for one in rows.started.capabilities}
    return [_judged(pack, one, theirs[one.venue][bases[one.venue]]) for one in pack.balances]


def _judged(pack: EndOfDay, ours: Balance, theirs_micros: int) -> Judged:
    broken = any(one.stands and one.venue == ours.venue for one in pack.breaks)
    return Judged(ours, theirs_micros - ours.venue_figure_micros, broken)


def tell(run: Path) -> bool:
    """Print a run's wallets; whether none of them is silently different."""
    judged = judge(run)
    for one in judged:
        as_of = clock(one.balance.agreed_ns)
        print(
            f"{run.name:>32} {one.balance.venue:<10} ours {money(one.balance.venue_figure_micros):>12} "
            f"apart {money(one.apart_micros, places=4):>10} {one.balance.currency}  as of {as_of}  {one.said}",
            flush=True,
        )
    return bool(judged) and not any(one.silent for one in judged)


def made(chosen: argparse.Namespace, runs: Path) -> Iterator[Path]:
    """Run the demo of each seed, and give its folder."""
    first, _, last = chosen.seeds.partition("-")
    for seed in range(int(first), int(last or first) + 1):
        options = ["--for", chosen.seconds, "--seed", str(seed), "--speed", chosen.speed, "--faults", chosen.faults]
        folder = runs / str(seed)
        run_command(
            [sys.executable, "run.py", "demo", "--headless", "--runs", str(folder), *options], cwd=ROOT, check=False
        )
        [run] = folder.iterdir()
        yield run


def main() -> int:
    """Exit code: 0 no wallet is silently different, 1 one is."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", type=Path, nargs="*", metavar="RUN")
    parser.add_argument("--seeds", default="", metavar="A-B")
    parser.add_argument("--for", dest="seconds", default="60", metavar="SECONDS")
    parser.add_argument("--speed", default="200")
    parser.add_argument("--faults", default="corrections")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        runs = made(chosen, Path(scratch)) if chosen.seeds else chosen.run
        good = [tell(run) for run in runs]
    print(f"{sum(good)} of {len(good)} runs have books that nobody could misread")
    return 0 if good and all(good) else 1


if __name__ == "__main__":
    sys.exit(main())
