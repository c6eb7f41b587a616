"""Streams that lose one match in a hundred without a gap: how many were lost, how each was found, and what is left.

    python -m tests.simulation.silent_loss --seeds 1-200 --chance 0.01

A match is lost when no stream ever says it; the venue's lists have it. It is found by a round's break, or by another
word about the same order, such as the answer to its cancel. The end holds our books against the exchanges'.
"""

import argparse
import sys
from collections import Counter
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import Any

import msgspec

from domain.breaks import BreakFound
from domain.ids import OrderRef
from tests.demands.trials import VENUES
from tests.simulation.tampering import POLLED, Tampered
from venues.betfair.fake.bets import BetBook
from venues.kalshi.fake.records import Fill, OwnOrder
from venues.sim.queues import SimOrder

BUSY: dict[str, Any] = {
    "matches": 2,
    "speed": 40.0,
    "pace": 1.0,
    "model_ms": 2_000,
    "tick_ms": 200,
    "look_again_ms": 1_000,
}
STRETCH_S = 60
"""Most of what a match at that speed has to trade."""


class Count(msgspec.Struct):
    """What came of it. `breaks`: matches whose order a round, or the road by which they came, showed as a break."""

    matches: int = 0
    lost: int = 0
    breaks: int = 0
    otherwise: int = 0
    never: int = 0


def loss_draws(seed: int) -> Random:
    """One draw a match, whatever else happens: below the chance it is lost."""
    return Random(f"{seed}/silent loss")


class Lossy(Tampered):
    """Every streaming venue loses matches with this chance, each by itself."""

    def __init__(self, folder: Path, *, chance: float, seed: int = 1, **options: Any) -> None:
        super().__init__(folder, seed=seed, **BUSY | options)
        self.lost: dict[OrderRef, SimOrder] = {}
        self.count = Count()
        self._random = loss_draws(seed)
        self._chance = chance
        for venue in VENUES:
            for books in self._books(venue) if venue != POLLED else ():
                bets = getattr(books, "bets", None)
                lose = self._bets_lost(books, bets) if isinstance(bets, BetBook) else self._matches_lost
                books.tell.insert(0, lose)

    def look(self) -> Count:
        """Count what has become of the losses so far."""
        broken = {one.body.key for one in self.records() if isinstance(one.body, BreakFound)}
        ours, fates = self.orders(), Counter[str]()
        for ref, theirs in self.lost.items():
            known = ours[ref].matched_micros == theirs.matched_micros
            fates["never" if not known else "breaks" if ref in broken else "otherwise"] += 1
        self.count.breaks, self.count.otherwise, self.count.never = (fates[n] for n in ("breaks", "otherwise", "never"))
        return self.count

    def _strikes(self, order: SimOrder) -> bool:
        self.count.matches += 1
        if self._random.random() >= self._chance:
            return False
        if OrderRef(order.client_ref) not in self.lost:
            self.count.lost += 1
        self.lost[OrderRef(order.client_ref)] = order
        return True

    def _matches_lost(self, news: Any) -> None:
        """Of a batch the match is gone, and what the order's own message would have said of it."""
        gone = {one.order.id for one in news.private if isinstance(one, Fill) and self._strikes(one.order.order)}
        news.private = [one for one in news.private if (one if isinstance(one, OwnOrder) else one.order).id not in gone]

    def _bets_lost(self, books: Any, bets: BetBook) -> Any:
        matched: dict[int, int] = {}

        def lose(_: Any, __: Any, ___: int) -> None:
            for number, bet in bets.bets.items():
                more = bet.order.matched_micros > matched.get(number, 0)
                matched[number] = bet.order.matched_micros
                if more and bet.stamp == books.stamp and self._strikes(bet.order):
                    bet.stamp = 0
                    market = bets.markets[bet.order.market]
                    market.bets = {number: bet, **market.bets}

        return lose


def run(folder: Path, *, seed: int, chance: float) -> Count:
    """Trade for a stretch, let the rounds pass that an orderly end waits for, hold both sides' books to each other."""
    trial = Lossy(folder, chance=chance, seed=seed)
    trial.run(STRETCH_S)
    trial.finish()
    return trial.look()


def main() -> int:
    """Print the counts of each seed and of all; 1 if a loss was never found."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", default="1-20", metavar="A-B")
    parser.add_argument("--chance", type=float, default=0.01)
    chosen = parser.parse_args()
    first, _, last = chosen.seeds.partition("-")
    total = Counter[str]()
    for seed in range(int(first), int(last or first) + 1):
        with TemporaryDirectory() as folder:
            count = msgspec.structs.asdict(run(Path(folder), seed=seed, chance=chosen.chance))
        print(f"seed {seed}: {msgspec.json.encode(count).decode()}", flush=True)
        total.update(count)
    print(msgspec.json.encode(total).decode())
    return 1 if total["never"] else 0


if __name__ == "__main__":
    sys.exit(main())
