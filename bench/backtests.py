"""A backtest with one quote in each of three runners, moved when the price moves; one queue assumption."""

import tempfile
from functools import partial
from pathlib import Path

from bench.measure import Case, Goal, Row, cpu_us, lines, take_turns
from bench.peers import Peers
from bench.quoters import ThreeQuotes
from bench.recordings import Tape
from bench.replay import OURS, UNTYPED, over, untyped
from bench.street import configured
from engine.backtest.playing import open_tape, play
from engine.config import Loaded
from venues.sim.queue import Bound

TARGET = 8.0


def backtest_row(tapes: list[Tape], peers: Peers, rounds: int) -> Row:
    """From the file's bytes to money: real codec, gate, order machine, queue model and ledger; journal off."""
    sent: dict[str, dict[str, int]] = {}
    with tempfile.TemporaryDirectory() as folder:
        loaded = configured(Path(folder) / "bench.toml", strategy=ThreeQuotes.__name__)
        cases: dict[str, Case] = {
            UNTYPED: partial(over, tapes, untyped),
            OURS: partial(over, tapes, partial(played, loaded, sent.setdefault(OURS, {}))),
        }
        notes = ["nautilus_trader: not measured, its reader of these recordings is no part of its package"]
        if why := peers.missing("flumine"):
            notes.append(f"flumine: missing, {why}")
        else:
            name = peers.named("flumine")
            cases[name] = partial(over, tapes, partial(flumine, peers, sent.setdefault(name, {})))
        costs = take_turns(cases, rounds, warm=False)
    notes += [f"{name} sent {sum(orders.values()):,} orders" for name, orders in sent.items()]
    return Row("backtest", "a message", lines(costs, {OURS: Goal(TARGET)}, ours=[OURS]), tuple(notes))


def played(loaded: Loaded, sent: dict[str, int], tape: Tape) -> float:
    """Cost of a message, reading and decoding included; how many orders that was is left in `sent`."""
    began = cpu_us()
    [watch] = play(open_tape(tape.path, loaded), loaded, (Bound.CENTRAL,), seed=1).watches
    spent = cpu_us() - began
    sent[tape.name] = len(watch.lane.orders)
    return spent / len(tape.lines)


def flumine(peers: Peers, sent: dict[str, int], tape: Tape) -> float:
    """The same strategy in flumine."""
    told = peers.ask("backtest", path=str(tape.path))
    sent[tape.name] = told["orders"]
    return float(told["seconds"]) * 1e6 / len(tape.lines)
