"""Small runs written as the engine writes them: each record applied to a real state, then to a real journal."""

from collections.abc import Sequence
from pathlib import Path
from weakref import finalize

from msgspec.structs import replace

from domain.fees import QuadraticFee
from domain.ids import Currency, EventId, MarketId, SelectionId, StrategyName, VenueMarketId, VenueName
from domain.intents import TakeIntent
from domain.markets import Event, Market, Result
from domain.messages import (
    BalanceReported,
    DecisionTaken,
    DigestTaken,
    InstrumentsListed,
    Journalled,
    MarketSettled,
    RiskRefused,
    RunEnded,
    RunResumed,
    RunStarted,
)
from domain.money import FX_SCALE, MICROS
from domain.orders import Side
from domain.terms import BalanceBasis
from engine.replay import is_digest_due
from engine.state import State
from oms.routes import route_take
from storage.journal import Journal
from tests.builders import capabilities, facts, instrument, place
from tests.oms.test_routes import desk, listed

ONE, TWO = VenueName("one"), VenueName("two")
ODDS = instrument("one/match/home", outcome=0)
CONTRACTS = instrument("two/m2/yes", fee=QuadraticFee(taker_ppm=70_000), currency="USD", outcome=0)

STARTED = RunStarted(
    run="trial",
    mode="demo",
    seed=7,
    base=Currency("USD"),
    config_hash="c0ffee",
    rates_e8={Currency("USD"): FX_SCALE, Currency("GBP"): 125_000_000},
    cap_micros=1_000 * MICROS,
    events=(Event(EventId("cup"), "Reds v Blues", 0),),
    markets=(Market(MarketId("match"), EventId("cup"), "match_odds", ("Reds", "Blues", "draw")),),
    capabilities=(capabilities("one"), capabilities("two", basis=BalanceBasis.CASH, currency="USD")),
)

OPENING: tuple[Journalled, ...] = (
    STARTED,
    InstrumentsListed(ONE, (ODDS,)),
    InstrumentsListed(TWO, (CONTRACTS,)),
    BalanceReported(ONE, Currency("GBP"), 500 * MICROS, BalanceBasis.WALLET, 0),
    BalanceReported(TWO, Currency("USD"), 800 * MICROS, BalanceBasis.CASH, 0),
)


def decision() -> DecisionTaken:
    """Forty claims at no more than 0.52 net, shared out by the router itself over two books."""
    where = desk(
        listed("one", "2.00:5", rate_e8=125_000_000),
        listed("two", "0.50c:30", QuadraticFee(taker_ppm=70_000)),
    )
    intent = TakeIntent(StrategyName("s"), MarketId("match"), 0, Side.BACK, 520_000_000, 40 * MICROS, "cheap")
    candidates = route_take(intent, where).candidates
    return DecisionTaken(
        id=1,
        strategy=StrategyName("s"),
        market=MarketId("match"),
        outcome=0,
        side=Side.BACK,
        probability_e9=550_000_000,
        fair_age_ms=3,
        fair_model="goals 2",
        limit_e9=intent.limit_e9,
        claims_micros=intent.claims_micros,
        candidates=tuple(
            replace(one, instrument=key) for one, key in zip(candidates, (ODDS.id, CONTRACTS.id), strict=True)
        ),
        worst_before_micros=0,
        cap_micros=1_000 * MICROS,
        because="cheap",
    )


def settlement(profit: int, *, statement: str = "s1") -> MarketSettled:
    """The statement of venue one: home won."""
    results = {SelectionId("home"): Result.WON}
    return MarketSettled(ONE, VenueMarketId("match"), statement, profit * MICROS, 100_000, results)


STORY: tuple[Journalled, ...] = (
    *OPENING,
    decision(),
    place("BACK 5 @ 2.00", ref="t-1"),
    place("BACK 27.5 @ 0.50c", on="two/m2/yes", ref="t-2"),
    RiskRefused(StrategyName("s"), CONTRACTS.id, "cap_order", 1),
    *facts("accept v1; fill f1 4 at 100", ref="t-1"),
    *facts("timeout", ref="t-2"),
    *facts("cancel c1; cancelled c1 1", ref="t-1"),
    *facts("reject", ref="t-2"),
    settlement(4),
    RunEnded("asked to"),
)


class Live:
    """A run under way. Record n is known n milliseconds into it."""

    def __init__(self, folder: Path, *, digest_every: int = 4) -> None:
        self.journal = Journal(folder)
        finalize(self, self.journal.let_go)
        self.started = replace(STARTED, digest_every=digest_every)
        self.state = State(self.started)

    def record(self, *bodies: Journalled) -> None:
        """Apply and journal each, with a digest at its times."""
        for body in bodies:
            self.keep(self.started if body is STARTED else body)
            if is_digest_due(self.state, body):
                self.keep(DigestTaken(self.state.records, self.state.digest()))

    def keep(self, body: Journalled) -> None:
        """Apply and journal one, as a process does that dies behind it."""
        now_ns = (self.state.records + 1) * 1_000_000
        self.state.apply(body, now_ns)
        self.journal.append(body, wall_ns=1_700_000_000_000_000_000 + now_ns, monotonic_ns=now_ns)


def written(folder: Path, *bodies: Journalled) -> Path:
    """A finished run of these records, the whole story if there are none."""
    live = Live(folder)
    live.record(*(bodies or STORY))
    live.journal.close()
    return folder


def forged(folder: Path, records: Sequence[Journalled]) -> Path:
    """A journal whose chain is in order and whose records need not be."""
    journal = Journal(folder)
    for n, body in enumerate(records, 1):
        journal.append(body, wall_ns=1_700_000_000_000_000_000 + n * 1_000_000, monotonic_ns=n * 1_000_000)
    journal.close()
    return folder


def resumed_on_another_machine(folder: Path) -> Path:
    """An order that is matched behind a restart, a minute after its decision, under a clock that began anew."""
    journal, day_ns, second_ns = Journal(folder), 86_400 * 1_000_000_000, 1_000_000_000
    wall_ns, state = 1_700_000_000 * second_ns, State(STARTED)
    started = replace(STARTED, ahead_ns=wall_ns - day_ns)
    resumed = RunResumed("trial", "c0ffee", ahead_ns=wall_ns)
    said = [(0, body) for body in (started, *OPENING[1:], decision())]
    said += [(1, place("BACK 5 @ 2.00", ref="t-1")), (2, facts("accept v1", ref="t-1")[0])]
    said += [(60, resumed), (61, facts("fill f1 4 at 100", ref="t-1")[0])]
    for after_s, body in said:
        now_ns = after_s * second_ns + (day_ns if after_s < 60 else 0)
        kept: list[Journalled] = [body]
        for one in kept:
            state.apply(one, now_ns)
            journal.append(one, wall_ns=wall_ns + after_s * second_ns, monotonic_ns=now_ns)
            if is_digest_due(state, one):
                kept.append(DigestTaken(state.records, state.digest()))
    journal.close()
    return folder
