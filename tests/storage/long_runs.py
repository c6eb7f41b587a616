"""A run of many orders, written as the engine writes it, with settlements, a re-settlement, breaks and a resumption."""

from collections.abc import Iterator
from pathlib import Path

from msgspec.structs import replace

from domain.breaks import (
    BreakAssigned,
    BreakExplained,
    BreakFound,
    BreakHealed,
    BreakResolved,
    BreakRestated,
    ReconCompleted,
    RoundCause,
    WriteOffSigned,
)
from domain.ids import Currency, VenueMarketId
from domain.messages import Journalled, OrderReported, RiskRefused, RunEnded, RunResumed
from domain.operators import KillLevel, KillLevelSet
from domain.treasury import (
    BANK,
    DifferenceSuspended,
    Leg,
    PaymentsProven,
    SuspenseWrittenOff,
    TransferDecided,
    TransferRequested,
    TransferSeen,
)
from tests.builders import facts, place
from tests.engine.runs import CONTRACTS, ONE, OPENING, Live, decision, settlement

MATCH = VenueMarketId("match")


def bodies(orders: int) -> Iterator[Journalled]:
    """Orders that are filled, cancelled, rejected and left unknown in turn, and what else a day brings."""
    yield from OPENING
    for n in range(orders):
        ref = f"t-{n}"
        yield replace(decision(), id=n + 1)
        yield replace(place("BACK 5 @ 2.00", ref=ref), decision=n + 1)
        if n % 5 == 0:
            yield RiskRefused(decision().strategy, CONTRACTS.id, "cap_order", n + 1)
        yield from facts(_LIVES[n % len(_LIVES)].format(n=n), ref=ref)
        if n % 7 == 3:
            yield BreakFound(ONE, ref, "STATUS", "MEDIUM", 5_000_000, "theirs is \0 gone")
        if n % 14 == 3:
            yield BreakHealed(ONE, ref, "STATUS", "a later comparison agrees")
    yield from queue_of_breaks()
    yield KillLevelSet(KillLevel.REDUCE_ONLY, "ann", "lunch")
    yield settlement(4)
    yield from money()
    yield RunResumed("trial", "c0ffee")
    (annulled,) = facts("report 3 voided 2 closed", ref="t-1")
    assert isinstance(annulled, OrderReported)
    yield replace(settlement(5, statement="s2"), annulled=(annulled,), settled_ms=2)
    yield replace(settlement(9, statement="s0"), settled_ms=1)  # older, and late
    yield PaymentsProven(ONE, ((MATCH, "s2"),), "balance 7.00 GBP")
    yield RunEnded("asked to")


def money() -> Iterator[Journalled]:
    """What is heard behind a statement, what balances show, and what two people do about it."""
    yield from facts("fill f-late 1 at 900", ref="t-0")
    yield PaymentsProven(ONE, ((MATCH, "s1"),), "balance 5.00 GBP")
    pounds = Currency("GBP")
    for name, approved in (("t1", True), ("t2", False)):
        yield TransferRequested(name, ONE, BANK, pounds, 5, pounds, 5, "ann", "profit \0")
        yield TransferDecided(name, approved=approved, who="bob", why="as agreed")
    yield TransferSeen("t1", Leg.SENT, "balance 4.99 GBP")
    yield DifferenceSuspended(ONE, pounds, 9, "nothing explained it")
    yield SuspenseWrittenOff("one/GBP", 9, "ann", "bob", "a bonus")
    yield DifferenceSuspended(ONE, pounds, 3, "nothing explained it")


def queue_of_breaks() -> Iterator[Journalled]:
    """One break that is written off at its second figure, one that is resolved, one that is only given to somebody."""
    yield BreakFound(
        ONE, "GBP", "BALANCE", "HIGH", 5, "ours 1, theirs 5", owner="back office", currency=Currency("GBP")
    )
    yield WriteOffSigned(ONE, "GBP", "BALANCE", 5, "ann", "a coin")
    yield BreakRestated(ONE, "GBP", "BALANCE", 7, "ours 1, theirs 7", 6)
    yield WriteOffSigned(ONE, "GBP", "BALANCE", 7, "ann", "a coin")
    yield WriteOffSigned(ONE, "GBP", "BALANCE", 7, "bob", "agreed \0")
    yield BreakFound(ONE, "v-77", "UNKNOWN_AT_VENUE", "CRITICAL", 9, "ours none, theirs RESTING", foreign=True)
    yield BreakExplained(ONE, "v-77", "UNKNOWN_AT_VENUE", "a later comparison agrees")
    yield BreakResolved(ONE, "v-77", "UNKNOWN_AT_VENUE", "cy", "my own bet")
    yield BreakFound(ONE, "m-9", "RESULT", "HIGH", 3, "ours 1, theirs 4", owner="back office")
    yield BreakAssigned(ONE, "m-9", "RESULT", "dee", "ann", "she asked the venue")
    yield ReconCompleted(ONE, 1, RoundCause.DAY_END)


_LIVES = (
    "accept v{n}; fill f{n} 4 at 100; cancel c{n}; cancelled c{n} 1",
    "accept v{n}; fill f{n}a 2 at 100; fill f{n}b 3 at 200",
    "reject",
    "timeout; report 3 at 300; report 5 at 400",
    "accept v{n}; report 2 at 100; fill f{n} 2 at 100; lapsed l{n} 3",
)


def written(folder: Path, orders: int = 60) -> Path:
    """The finished run."""
    live = Live(folder, digest_every=50)
    live.record(*bodies(orders))
    live.journal.close()
    return folder
