"""Demos in a storm, with everything on that makes plans: each must end with nothing in doubt and every story right.

    python -m tests.demo.storm --seeds 1-3 --for 60

The program runs as its user starts it, with arbitrage, hedging and re-sending beside the demo's own strategies. Of each
run it is held that it ended in order, that no cap was passed and no order is unknown, that every plan is over and what
is uneven is carried within its limit, and that `explain` tells of orders what the exchanges' own books say of them:
those of plans first, others by chance. Counts are printed; whatever is wrong names its seed.
"""

import argparse
import json
import random
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from domain.ids import Currency
from domain.messages import PlaceOrder
from domain.plans import PlanEnded, PlanMade
from engine.explain import in_words
from engine.replay import rebuild
from engine.simulate.oracle import plans_gone_wrong
from engine.story import Story, tell
from storage.journal import read
from tests.demo.running import ROOT

STORIES = 24
"""So many orders of a run have their story held against the exchanges' books, at most half of them of plans."""

PLANNERS = """
[[strategies]]
name = "arbitrage"
uses = "strategy.arbitrage:Arbitrage"
settings = { min_edge = 0.0005, profit_min = "0.001" }

[[strategies]]
name = "hedger"
uses = "strategy.hedging:Hedger"
settings = { band = "30", keep = "10" }
"""
TAKER = 'uses = "strategy.value:ValueTaker"'
AGAIN = f"{TAKER}\nsettings = {{ again_ms = 400 }}"


def configured(folder: Path) -> Path:
    """The demo's desk with everything on that makes plans."""
    text = (ROOT / "config.toml").read_text(encoding="utf-8")
    assert TAKER in text, "config.toml has no taker to be told to send again"
    path = folder / "storm.toml"
    path.write_text(text.replace(TAKER, AGAIN) + PLANNERS, encoding="utf-8")
    return path


def wrongs(run: Path, seed: int, counts: Counter[str]) -> Iterator[str]:
    """What is wrong with a run that has ended."""
    summary, world = (json.loads((run / name).read_bytes()) for name in ("summary.json", "exchanges.json"))
    unknown = sum(venue["unknown"] for venue in summary["venues"].values())
    for name, value in (
        ("breaches", summary["risk"]["breaches"]),
        ("unknown orders", unknown),
        ("imbalance", summary["ledger"]["imbalance"]),
        ("open breaks", summary["recon"]["breaks_open"]),
    ):
        if value:
            yield f"{value} {name}"
    if summary["risk"]["worst_loss_max"] > summary["risk"]["cap"]:
        yield f"worst loss {summary['risk']['worst_loss_max']} of {summary['risk']['cap']}"
    for venue, theirs in world["venues"].items():
        ours = summary["venues"][venue]
        counts["statements not heard before the end"] += theirs["settled_markets"] - ours["settled_markets"]
        for name in ("accepted", "fills"):
            if ours[name] != theirs[name]:
                yield f"{venue} has {theirs[name]} {name}, the summary says {ours[name]}"
        if ours["settled_markets"] == theirs["settled_markets"]:
            cash = summary["ledger"]["cash"][venue]
            if cash not in (theirs["wallet"], theirs["cash"]):
                yield f"{venue} holds {theirs['wallet']} for us, our books say {cash}"
        if theirs["open_orders"]:
            yield f"{venue} still has {len(theirs['open_orders'])} orders of ours"
    yield from _plans_wrong(run, counts)
    yield from _stories_wrong(run, world, seed, counts)


def _plans_wrong(run: Path, counts: Counter[str]) -> Iterator[str]:
    """Plans that are not over, or that carry more than they may."""
    state, _ = rebuild(run)
    yield from plans_gone_wrong(state)
    open_plans: set[int] = set()
    for record, _ in read(run):
        if isinstance(record.body, PlanMade):
            open_plans.add(record.body.id)
            counts[f"plans made: {record.body.kind}, {len(record.body.legs)} legs"] += 1
        elif isinstance(record.body, PlanEnded):
            open_plans.discard(record.body.id)
            counts[f"plans ended: {record.body.state}"] += 1
    yield from (f"plan {number} was never ended" for number in sorted(open_plans))


def _stories_wrong(run: Path, world: dict[str, Any], seed: int, counts: Counter[str]) -> Iterator[str]:
    """Orders of which `explain` says something else than the exchanges' books."""
    state, _ = rebuild(run)
    theirs = {order["client_ref"]: order for venue in world["venues"].values() for order in venue["order_list"]}
    refs = [record.body.ref for record, _ in read(run) if isinstance(record.body, PlaceOrder)]
    planned = [ref for ref in refs if state.plans.find(ref) is not None]
    chance = random.Random(seed)
    chosen = dict.fromkeys(chance.sample(planned, min(len(planned), STORIES // 2)))
    chosen |= dict.fromkeys(chance.sample(refs, min(len(refs), STORIES - len(chosen))))
    for ref in chosen:
        story = tell(run, ref)
        counts["stories told"] += 1
        counts["stories of plans"] += story.plan is not None
        yield from (f"{ref}: {said}" for said in _story_wrong(story, theirs.get(ref)))


def _story_wrong(story: Story, theirs: dict[str, Any] | None) -> Iterator[str]:
    order, text = story.order, "\n".join(in_words(story))
    if theirs is None:
        if order.matched_micros or order.exposed_micros:
            yield f"is {story.state} with {order.matched_micros} matched, and no exchange has it"
    else:
        for name in ("matched_micros", "claims_micros", "cost_micros", "voided_micros", "size_micros", "price"):
            if getattr(order, name) != theirs[name]:
                yield f"{name} is {getattr(order, name)} in its story and {theirs[name]} at the exchange"
    if story.decision is None or not story.told:
        yield "its story has no decision, or nothing that was told"
    if story.told and story.told[-1].state is not story.state:
        yield f"its story ends as {story.told[-1].state}, and it is {story.state}"
    if any(any(_sums(entry.lines).values()) for one in story.told for entry in one.postings):
        yield "its postings do not add up to zero"
    if order.ref not in text or str(order.instrument) not in text:
        yield "its words name neither it nor where it stood"
    if story.plan is not None and not any(order.ref in leg.refs for leg in story.plan.legs):
        yield f"plan {story.plan.made.id} does not know it"


def _sums(lines: Sequence[tuple[str, Currency, int]]) -> Counter[Currency]:
    sums: Counter[Currency] = Counter()
    for _, currency, micros in lines:
        sums[currency] += micros
    return sums


def run_storm(seed: int, seconds: int, folder: Path) -> tuple[int, Path]:
    """Run one demo to its end; its exit code and its run's folder."""
    runs = folder / f"seed-{seed}"
    arguments = ["--headless", "--for", f"{seconds}", "--seed", f"{seed}", "--speed", "30", "--faults", "storm"]
    places = ["--config", str(configured(folder)), "--runs", str(runs)]
    done = subprocess.run([sys.executable, "run.py", "demo", *arguments, *places], cwd=ROOT, check=False)
    return done.returncode, next(path for path in runs.iterdir() if path.is_dir())


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests.demo.storm", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", default="1-3", metavar="A-B")
    parser.add_argument("--runs", type=Path, metavar="DIR", help="where the runs are kept; else they are thrown away")
    parser.add_argument("--for", dest="seconds", type=int, default=60, metavar="SECONDS")
    asked = parser.parse_args(arguments)
    first, _, last = asked.seeds.partition("-")
    bad = 0
    counts: Counter[str] = Counter()
    with TemporaryDirectory() as scratch:
        folder = asked.runs or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for seed in range(int(first), int(last or first) + 1):
            code, run = run_storm(seed, asked.seconds, folder)
            found = [*([f"exit code {code}"] if code else []), *wrongs(run, seed, counts)]
            bad += len(found)
            for what in found:
                print(f"seed {seed}: {what}", file=sys.stderr)
            print(f"seed {seed}: code {code}, {len(found)} wrong", flush=True)
    for name, count in sorted(counts.items()):
        print(f"{name}: {count}")
    if not any(name.startswith("plans made") for name in counts):
        print("no plan was made: nothing of plans is shown", file=sys.stderr)
        bad += 1
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
