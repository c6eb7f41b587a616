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
    with tempfile.TemporaryDirectory() as folder:
        loaded = configured(Path(folder) / "bench.toml", strategy=ThreeQuotes.__name__)
        cases: dict[str, Case] = {
            UNTYPED: partial(over, tapes, untyped),
            OURS: partial(over, tapes, partial(played, loaded)),
        }
        orders = sum(sent(loaded, tape) for tape in tapes)
        notes = [f"crossbook sent {orders:,} orders"]
        if why := peers.missing("flumine"):
            notes.append(f"flumine: missing, {why}")
        else:
            told = [peers.ask("backtest", path=str(tape.path)) for tape in tapes]
            notes.append(f"flumine sent {sum(one['orders'] for one in told):,} orders")
            cases[f"{peers.named('flumine')}"] = partial(over, tapes, partial(flumine, peers))
        notes.append("nautilus_trader: not measured, its reader of these recordings is no part of its package")
        costs = take_turns(cases, rounds, warm=False)
    return Row("backtest", "a message", lines(costs, {OURS: Goal(TARGET)}, ours=[OURS]), tuple(notes))


def played(loaded: Loaded, tape: Tape) -> float:
    """Cost of a message, reading and decoding included."""
    began = cpu_us()
    play(open_tape(tape.path, loaded), loaded, (Bound.CENTRAL,), seed=1)
    return (cpu_us() - began) / len(tape.lines)


def sent(loaded: Loaded, tape: Tape) -> int:
    """How many orders a backtest of the tape sends: with none, nothing would be measured."""
    [watch] = play(open_tape(tape.path, loaded), loaded, (Bound.CENTRAL,), seed=1).watches
    return len(watch.lane.orders)


def flumine(peers: Peers, tape: Tape) -> float:
    """The same strategy in flumine."""
    return float(peers.ask("backtest", path=str(tape.path))["seconds"]) * 1e6 / len(tape.lines)
