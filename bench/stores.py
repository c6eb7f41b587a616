"""The book, the journal and the way back from it: one change, one record, one event at a time."""

import os
import random
import tempfile
from functools import partial
from pathlib import Path

from bench.decisions import requotes
from bench.measure import Case, Goal, Row, cpu_us, lines, take_turns
from bench.peers import Peers
from bench.quoters import Quoter
from bench.street import BenchStreet
from domain.book import Book
from domain.ids import InstrumentId
from domain.messages import Levels, Record
from domain.odds import PriceKind, ladder
from engine.replay import rebuild
from storage.encoding import encode
from storage.journal import Journal, read
from venues.betfair import rules

BOOK_TARGET_US = 0.25
JOURNAL_TARGET = 3.5
EVENTS_PER_SECOND = 100_000
CHANGES = 20_000


def changes(seed: int = 1) -> list[tuple[int, int]]:
    """Ticks and sizes of one side: levels near the best come, change and go."""
    chance = random.Random(seed)
    middle, found = 150, []
    for _ in range(CHANGES):
        middle = min(250, max(60, middle + chance.choice((-1, 0, 0, 1))))
        found.append((middle - chance.randrange(6), chance.choice((0, 12_500_000, 40_000_000))))
    return found


def book_row(peers: Peers, rounds: int) -> Row:
    """Apply one change and know the best price."""
    told = changes()
    cases: dict[str, Case] = {
        "a list indexed by tick, no book around it": partial(bare_list, told),
        "crossbook": partial(book, told),
    }
    notes = []
    for peer in ("sortedcontainers", "nautilus_trader"):
        why = peers.missing(peer)
        if why:
            notes.append(f"{peer}: missing, {why}")
        else:
            cases[peers.named(peer)] = partial(peers.ask, "book", peer=peer, changes=told)
    goals = {"crossbook": Goal(BOOK_TARGET_US, "us")}
    return Row("book", "a change", lines(take_turns(cases, rounds), goals, ours=["crossbook"]), tuple(notes))


def book(told: list[tuple[int, int]]) -> float:
    """Our book, one change a call."""
    levels = [Levels(InstrumentId("a/b/c"), [change], []) for change in told]
    one = Book(ladder(PriceKind.ODDS, rules.LADDERS["CLASSIC"]))
    apply = one.apply
    began = cpu_us()
    for level in levels:
        apply(level, 0)
        _ = one.best_back
    return (cpu_us() - began) / len(told)


def bare_list(told: list[tuple[int, int]]) -> float:
    """The same without a book: what the idea costs by itself."""
    sizes, best = [0] * 350, -1
    began = cpu_us()
    for tick, size in told:
        sizes[tick] = size
        if size:
            best = max(best, tick)
        elif tick == best:
            while best >= 0 and not sizes[best]:
                best -= 1
    return (cpu_us() - began) / len(told)


def recorded(moves: int) -> Path:
    """The journal of a run that moved one quote so often."""
    street = BenchStreet(Quoter())
    requotes(street, moves)
    street.journal.close()
    return street.folder / "run"


def journal_row(rounds: int, run: Path) -> Row:
    """Append, chained, against a write of the same bytes."""
    records = [record for record, _ in read(run)]
    cases = {"os.write of the same bytes": partial(plain, records), "crossbook": partial(appended, records)}
    notes = (f"{len(records):,} records of {sum(map(len, map(encode, records))) // len(records)} bytes on average",)
    goals = {"crossbook": Goal(JOURNAL_TARGET)}
    return Row("journal", "a record", lines(take_turns(cases, rounds), goals, ours=["crossbook"]), notes)


def plain(records: list[Record]) -> float:
    """Write bytes that stand ready, with as much again of length and chain as a record of the journal has."""
    data = [encode(record) + bytes(20) for record in records]
    with tempfile.TemporaryDirectory() as folder:
        fd = os.open(Path(folder) / "plain", os.O_WRONLY | os.O_CREAT)
        began = cpu_us()
        for one in data:
            os.write(fd, one)
        spent = cpu_us() - began
        os.close(fd)
    return spent / len(records)


def appended(records: list[Record]) -> float:
    """Encode, chain, write and mark."""
    bodies = [(record.body, record.wall_ns, record.monotonic_ns) for record in records]
    with tempfile.TemporaryDirectory() as folder:
        journal = Journal(Path(folder))
        began = cpu_us()
        for body, wall_ns, monotonic_ns in bodies:
            journal.append(body, wall_ns=wall_ns, monotonic_ns=monotonic_ns)
        spent = cpu_us() - began
        journal.close()
    return spent / len(records)


def rebuild_row(rounds: int, run: Path) -> Row:
    """State again from the journal, chain checked, digests met."""
    events = sum(1 for _ in read(run))

    def walked() -> float:
        began = cpu_us()
        for _ in read(run):
            pass
        return (cpu_us() - began) / events

    def rebuilt() -> float:
        began = cpu_us()
        rebuild(run)
        return (cpu_us() - began) / events

    costs = take_turns({"decode and check the chain alone": walked, "crossbook": rebuilt}, rounds)
    found = lines(costs, {"crossbook": Goal(1_000_000 / EVENTS_PER_SECOND, "us")}, ours=["crossbook"])
    notes = (f"{events:,} events, {1_000_000 / found[1].us.median:,.0f} a second; asked: {EVENTS_PER_SECOND:,}",)
    return Row("rebuild", "an event", found, notes)
