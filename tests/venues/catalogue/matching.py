"""How well venues' listings are matched: precision and recall on made listings, seed by seed.

    python -m tests.venues.catalogue.matching --seeds 1-40

A wrong pair is two selections in one outcome of one market that are not the same bet. Exit 1 if there is any.
"""

import argparse
import sys
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

from domain.markets import Listing, Mapping
from tests.venues.catalogue.made_listings import Made, made_listings
from venues.catalogue.matching import Matched, Standing, match
from venues.catalogue.reviews import ReviewBook

EMPTY = ReviewBook(Mapping((), (), ()))


@dataclass
class Measured:
    """Counts over one or several seeds; pairs are of selections at two venues."""

    games: int = 0
    true_pairs: int = 0
    found: int = 0
    right: int = 0
    waiting: int = 0
    wrong: list[str] = field(default_factory=list)
    missed: list[str] = field(default_factory=list)

    @property
    def recall(self) -> float:
        return self.right / self.true_pairs if self.true_pairs else 1.0

    @property
    def precision(self) -> float:
        return self.right / self.found if self.found else 1.0

    def add(self, other: "Measured") -> None:
        for name in ("games", "true_pairs", "found", "right", "waiting"):
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.wrong += other.wrong
        self.missed += other.missed

    def line(self, name: str) -> str:
        return (
            f"{name:>10}  {self.games:>6} games  {self.true_pairs:>7} true pairs  {self.found:>7} found  "
            f"{len(self.wrong):>3} wrong  precision {self.precision:.4f}  recall {self.recall:.4f}  "
            f"{self.waiting} more wait for a person"
        )


def measured(seed: int, *, rounds: int = 2, share: float = 0.8) -> Measured:
    """Match one seed's listings against an empty book and hold what came out against the truth."""
    made = made_listings(seed, rounds=rounds, share=share)
    return judged(made, match(EMPTY, made.events))


def judged(made: Made, found: Matched) -> Measured:
    """What was matched against what is true."""
    told = Measured(games=made.fixtures)
    truth = made.truth
    by_truth = defaultdict(list)
    for key, what in truth.items():
        by_truth[what].append(key)
    true_pairs = {pair for keys in by_truth.values() for pair in _across(keys)}
    told.true_pairs = len(true_pairs)
    sure = _together(one for pair in found.pairs if pair.standing is Standing.CONFIDENT for one in pair.listings)
    asked = _together(
        one
        for pair in found.pairs
        if pair.standing in (Standing.CONFIDENT, Standing.AMBIGUOUS)
        for one in pair.listings
    )
    names = {(event.venue, q.selections[0].venue_market): event for event in made.events for q in event.questions}
    for pair in sure:
        told.found += 1
        if truth[pair[0]] == truth[pair[1]]:
            told.right += 1
        else:
            told.wrong.append(" | ".join(f"{truth[key]} {_where(names, key)}" for key in pair))
    told.waiting = len((asked - sure) & true_pairs)
    told.missed = [" | ".join(f"{truth[key]} {_where(names, key)}" for key in pair) for pair in true_pairs - asked]
    return told


def _where(names, key) -> str:
    event = names.get((key[0], key[1]))
    return f"{event.name} [{event.competition}]" if event is not None else str(key)


def _across(keys):
    """Pairs of different venues, each once."""
    ordered = sorted(keys)
    return {(a, b) for i, a in enumerate(ordered) for b in ordered[i + 1 :] if a[0] != b[0]}


def _together(listings: Iterable[Listing]):
    """Pairs of selections that stand in one outcome of one market."""
    at = defaultdict(set)
    for one in listings:
        at[one.market, one.outcome].add((one.venue, one.venue_market, one.selection))
    return {pair for keys in at.values() for pair in _across(keys)}


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.venues.catalogue.matching", description=__doc__)
    parser.add_argument("--seeds", default="1-40", metavar="A-B")
    parser.add_argument("--rounds", type=int, default=2, help="rounds of every league; two are more than 300 games")
    parser.add_argument(
        "--show", action="store_true", help="print what was wrong, and what was neither found nor asked"
    )
    parser.add_argument("--share", type=float, default=0.8, help="what part of the games each venue lists")
    chosen = parser.parse_args(arguments)
    first, _, last = chosen.seeds.partition("-")
    total = Measured()
    for seed in range(int(first), int(last or first) + 1):
        one = measured(seed, rounds=chosen.rounds, share=chosen.share)
        total.add(one)
        print(one.line(f"seed {seed}"))
        if chosen.show:
            for text in one.wrong:
                print("     wrong:", text)
            for text in one.missed:
                print("    missed:", text)
    print(total.line("all"))
    return 1 if total.wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
