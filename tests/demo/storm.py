"""Demos in bad weather, with everything on that makes plans: each must end with nothing in doubt and every story right.

    python -m tests.demo.storm --seeds 1-3 --for 60
    python -m tests.demo.storm --seeds 1-8 --for 60 --faults gale --kill

The program runs as its user starts it, with arbitrage, hedging and re-sending beside the demo's own strategies, among
crowds that hear of things one later than the other (`--rumours`). In a storm hardly ever two exchanges can be reached
at once, so that bets go to one at a time and what is held is hedged as it comes; in a gale orders and answers are as
much in danger, and the network is not: there pairs of venues are made. With `--kill` the engine dies in the middle of a
pair and is taken up again, and a while later the exchanges do.

Of each run it is held that it ended in order, that no cap was passed and no order is unknown; of every plan that the
exchanges' own books put it where it says it ended, within its limits (`judged_plans`); of every order that `explain`
tells of it what those books say (`judged_stories`). A wallet may end as an open break, told by the exit code, where the
weather kept a statement from us and the wallet is apart by that statement to the coin. Counts are printed; whatever is
wrong names its seed.
"""

import argparse
import os
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

from domain.plans import PlanKind, PlanState
from engine.explain import in_words
from engine.recon_door import BREAKS_OPEN
from engine.replay import rebuild, steps
from engine.simulate.oracle import plans_gone_wrong
from engine.state import State
from engine.story import tell
from recon.breaks import BreakKind
from tests.demo.judged_plans import Judged, books_of, count, judge_plans
from tests.demo.judged_stories import wrong_stories
from tests.demo.running import ROOT, Running, only, running, told

STORM, GALE = "storm", "gale"
RUMOURS = "3"
NAKED_MAX = 12
ASKED_AT_THE_DOOR = 3
"""So many stories of a run are asked for as a person asks, in a process of their own."""

PLANNERS = f"""
[[strategies]]
name = "arbitrage"
uses = "strategy.arbitrage:Arbitrage"
settings = {{ min_edge = 0.0005, profit_min = "0.001", claims_max = "20", naked_max = "{NAKED_MAX}", carry_max = "12" }}

[[strategies]]
name = "hedger"
uses = "strategy.hedging:Hedger"
settings = {{ band = "30", keep = "10" }}

[faults.gale]
delay_ms = [200, 3000]
frozen_ms = [2000, 6000]

[faults.gale.rates]
reply_lost = 30000
reply_delayed = 80000
reply_cut = 15000
done_but_5xx = 20000
html_instead = 10000
throttled = 20000
message_doubled = 30000
messages_swapped = 60000
late_fill = 20000
suspended_midway = 5000
bytes_sliced = 300000
connection_cut = 100
feed_cut = 100
feed_frozen = 50
dial_refused = 20000
"""
"""Orders and answers are in danger as in a storm, sessions as on a light day; fills are told late as on a heavy one."""

TAKER = 'uses = "strategy.value:ValueTaker"'
AGAIN = f"{TAKER}\nsettings = {{ again_ms = 400 }}"

PAIR_BYTES = 64
PAIR = re.compile(rb"PlanMade.{0,40}?arbitrage", re.DOTALL)
"""How the bytes of a pair's first record begin; those of its first order stand right behind it."""


def configured(folder: Path) -> Path:
    """The demo's desk with everything on that makes plans."""
    text = (ROOT / "config.toml").read_text(encoding="utf-8")
    assert TAKER in text, "config.toml has no taker to be told to send again"
    path = folder / "storm.toml"
    path.write_text(text.replace(TAKER, AGAIN) + PLANNERS, encoding="utf-8")
    return path


# ---- running one ----


def run_storm(seed: int, seconds: int, folder: Path, *, faults: str, kill: bool) -> tuple[int, Path]:
    """Run one demo to its end; its exit code and its run's folder."""
    runs, config = folder / f"{faults}-{seed}", configured(folder)
    world = ["--seed", f"{seed}", "--speed", "30", "--faults", faults, "--rumours", RUMOURS, "--config", str(config)]
    with running(runs, "--for", f"{seconds}", *world) as demo:
        only(lambda: [*demo.run.glob("journal-*.seg")][:1])
        ends = time.monotonic() + seconds
        if not kill or not pair_under_way(demo, until=ends - 5):
            return demo.end(patience_s=seconds + 240), demo.run
        demo.process.kill()
        demo.process.wait()
        time.sleep(1)
        left = ["--for", f"{max(5.0, ends - time.monotonic()):.0f}", "--config", str(config)]
        heir = Running(runs, "--resume", str(demo.run), *left)
        if pair_under_way(heir, until=ends - 5):
            os.kill(heir.child("exchanges"), signal.SIGKILL)
        return heir.end(patience_s=seconds + 240), heir.run


def pair_under_way(demo: Running, *, until: float) -> bool:
    """Wait for the next pair of which the first leg is sent; False if none came in time."""
    path = only(lambda: [*demo.run.glob("journal-*.seg")][:1])
    at, heard = path.stat().st_size, b""
    while time.monotonic() < until and demo.process.poll() is None:
        with path.open("rb") as journal:
            journal.seek(at)
            fresh = journal.read()
        at, heard = at + len(fresh), heard[-PAIR_BYTES:] + fresh
        if PAIR.search(heard):
            return True
        time.sleep(0.005)
    return False


# ---- judging one ----


def wrongs(run: Path, code: int, counts: Counter[str]) -> Iterator[str]:
    """What is wrong with a run that has ended with this exit code."""
    yield from _figures_wrong(run, counts)
    state, _ = rebuild(run)
    yield from plans_gone_wrong(state)
    yield from _breaks_wrong(state, run, counts)
    if code != (BREAKS_OPEN if state.breaks.standing else 0):
        yield f"exit code {code}"
    books = books_of(run)
    plans = judge_plans(run, books, naked_max=Fraction(NAKED_MAX))
    count(plans, counts)
    yield from (said for plan in plans for said in plan.wrong)
    refs = []
    for ref, wrong in wrong_stories(run, books, plans):
        refs.append(ref)
        counts["orders: explained"] += 1
        counts["orders: explained wrongly"] += bool(wrong)
        yield from wrong
    yield from _door_wrong(run, [*_planned(plans), *refs][:ASKED_AT_THE_DOOR])


def _figures_wrong(run: Path, counts: Counter[str]) -> Iterator[str]:
    """Where the summary is not clean, or says something else than the exchanges' own report."""
    summary, world = told(run, "summary.json"), told(run, "exchanges.json")
    unknown = sum(venue["unknown"] for venue in summary["venues"].values())
    never = _never_answered(run)
    for name, value in (
        ("breaches", summary["risk"]["breaches"]),
        ("unknown orders", unknown),
        ("imbalance", summary["ledger"]["imbalance"]),
    ):
        if value:
            yield f"{value} {name}"
    if summary["risk"]["worst_loss_max"] > summary["risk"]["cap"]:
        yield f"worst loss {summary['risk']['worst_loss_max']} of {summary['risk']['cap']}"
    for venue, theirs in world["venues"].items():
        ours = summary["venues"][venue]
        counts["statements not heard before the end"] += theirs["settled_markets"] - ours["settled_markets"]
        for name, untold in (("accepted", never[venue]), ("fills", 0)):
            if not 0 <= theirs[name] - ours[name] <= untold:
                yield f"{venue} has {theirs[name]} {name}, the summary says {ours[name]}"
        if ours["settled_markets"] == theirs["settled_markets"]:
            cash = summary["ledger"]["cash"][venue]
            if cash not in (theirs["wallet"], theirs["cash"]):
                yield f"{venue} holds {theirs['wallet']} for us, our books say {cash}"
        if theirs["open_orders"]:
            yield f"{venue} still has {len(theirs['open_orders'])} orders of ours"


def _breaks_wrong(state: State, run: Path, counts: Counter[str]) -> Iterator[str]:
    """Breaks left open, but for wallets that are apart by the statements that we were not told, to the coin."""
    cash, world = told(run, "summary.json")["ledger"]["cash"], told(run, "exchanges.json")
    heard = {(one.statement.venue, one.statement.venue_market) for one in state.settled}
    for venue, key, kind in state.breaks.standing:
        theirs = world["venues"][venue]
        paid = [one for one in theirs["statements"] if (venue, one["market"]) not in heard]
        apart = sum(one["profit_micros"] - one["commission_micros"] for one in paid)
        if kind != BreakKind.BALANCE or not apart or theirs["wallet"] - cash[venue] != apart:
            yield f"the break {venue}/{kind}/{key} is open"
        else:
            counts["wallets apart by a statement not heard"] += 1


def _never_answered(run: Path) -> Counter[str]:
    """Orders by venue whose answer was lost, and that were gone or settled before anybody asked: they may be there."""
    orders = {change.after.ref: change.after for step in steps(run) for change in step.changes}
    untold = (one for one in orders.values() if not one.acked and (one.settled or one.missing))
    return Counter(one.instrument.split("/")[0] for one in untold)


def _planned(plans: list[Judged]) -> Iterator[str]:
    """An order of each pair that got somewhere."""
    for one in plans:
        if one.plan.made.kind is PlanKind.ARBITRAGE and one.end != PlanState.FLAT:
            yield one.plan.legs[-1][-1] if one.plan.legs[-1] else one.plan.legs[0][-1]


def _door_wrong(run: Path, refs: list[str]) -> Iterator[str]:
    """Stories that `explain ORDER` tells otherwise than they were judged."""
    for ref in refs:
        command = [sys.executable, "run.py", "explain", ref, str(run)]
        said = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
        if (said.returncode, said.stdout) != (0, "\n".join(in_words(tell(run, ref))) + "\n"):
            yield f"`explain {ref}` ends with {said.returncode} and says {said.stdout[:80] or said.stderr[:80]!r}"


# ---- all ----


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(prog="tests.demo.storm", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--seeds", default="1-3", metavar="A-B")
    parser.add_argument("--runs", type=Path, metavar="DIR", help="where the runs are kept; else they are thrown away")
    parser.add_argument("--for", dest="seconds", type=int, default=60, metavar="SECONDS")
    parser.add_argument("--faults", choices=(STORM, GALE), default=STORM)
    parser.add_argument("--kill", action="store_true", help="the engine, then the exchanges, in the middle of a pair")
    asked = parser.parse_args(arguments)
    first, _, last = asked.seeds.partition("-")
    bad = 0
    counts: Counter[str] = Counter()
    with TemporaryDirectory() as scratch:
        folder = asked.runs or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        for seed in range(int(first), int(last or first) + 1):
            code, run = run_storm(seed, asked.seconds, folder, faults=asked.faults, kill=asked.kill)
            of_run: Counter[str] = Counter()
            found = [*wrongs(run, code, of_run)]
            counts.update(of_run)
            bad += len(found)
            for what in found:
                print(f"seed {seed}: {what}", file=sys.stderr)
            made = ", ".join(f"{of_run[kind]} {kind}" for kind in PlanKind)
            print(f"seed {seed}: code {code}, plans: {made}, {len(found)} wrong", flush=True)
    bad += _missing(counts, asked.faults)
    for name, number in sorted(counts.items()):
        print(f"{name}: {number}")
    return 1 if bad else 0


def _missing(counts: Counter[str], faults: str) -> int:
    """How many kinds of plans no run met: then all of them show nothing of these. One run may hardly trade at all."""
    wanted = [kind for kind in PlanKind if faults == GALE or kind is not PlanKind.ARBITRAGE]
    missing = [kind for kind in wanted if not counts[kind]]
    for kind in missing:
        print(f"no plan of the kind {kind} was made: nothing of it is shown", file=sys.stderr)
    return len(missing)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
