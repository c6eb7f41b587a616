"""The suite: what every adapter must do against its exchange, one numbered case for each, and who cannot do which.

A case opens a bench and looks from both sides. A venue where it cannot exist is listed with the reason that its
documents give; nobody is excused without one.
"""

from collections.abc import Callable
from functools import partial
from typing import Any

import msgspec

from domain.ids import InstrumentId, OrderRef, VenueMarketId, stranger_ref
from domain.markets import MarketStatus, Result
from domain.messages import (
    CancelAccepted,
    CancelRefused,
    Channel,
    ChannelChanged,
    OrderAbsent,
    OrderFilled,
    OrderRejected,
    OrderUnanswered,
    RejectReason,
    VenueReported,
)
from domain.orders import OrderState, Side, TimeInForce
from domain.venue_notes import PositionBasis, PositionsReported
from tests.venues.conformance.bench import MS, Bench
from venues.sim import lifecycle
from venues.sim.faults import PROFILES, Danger, Profile, Strike
from venues.sim.world import DESK

Open = Callable[..., Bench]
"""Opens a bench for the adapter whose turn it is; takes a profile."""

NO_DELAY = "it has no in-play delay"
UNHELD = {
    "betfair": "its list of bets holds every bet until its market is settled: what is held is compared bet by bet",
    "lmsr": "its answers know orders and money alone",
}
"""Who is not asked what is held."""

HEALED_MS = 10_000
"""A link that heals is reconciled within this. Source: RELIABILITY, numbers under load and failure."""


class Case(msgspec.Struct, frozen=True):
    """One case: its number, what it says, what looks, and at which seats it cannot exist, with the reason."""

    number: int
    title: str
    look: Callable[[Open], None]
    absent: dict[str, str]


CASES: list[Case] = []


def case(title: str, **absent: str) -> Callable[[Callable[[Open], None]], Callable[[Open], None]]:
    """Number a case and keep it. `absent` names venues in lower case; both ways of one venue go by its one name."""

    def keep(look: Callable[[Open], None]) -> Callable[[Open], None]:
        CASES.append(Case(len(CASES) + 1, title, look, absent))
        return look

    return keep


def planned(danger: Danger, doing: str = "", **more: Any) -> Profile:
    """One planned strike, and short spans."""
    return Profile(
        danger, planned=(Strike(danger, doing=doing, **more),), delay_ms=(800, 1_500), frozen_ms=(3_000, 4_000)
    )


def facts(bench: Bench, *kinds: type) -> list[Any]:
    return [fact for fact in bench.desk.told if isinstance(fact, kinds)]


def agree(bench: Bench, *, within_ms: int = HEALED_MS) -> None:
    """Both sides say the same of every order and every book, within a time."""
    bench.run_until(lambda: not bench.doubts(), within_ms=within_ms)


# --- lines and books ---


@case("all lines come up, and every market is listed with its terms")
def _comes_up(opened: Open) -> None:
    bench = opened()
    assert all(bench.desk.up.values())
    assert {bench.instrument(k) for k in range(5)} == bench.desk.instruments.keys()
    for one in bench.desk.instruments.values():
        assert (one.terms.kind, one.terms.currency) == (bench.terms.kind, bench.terms.currency)
    assert {fact.status for fact in bench.desk.markets.values()} == {MarketStatus.OPEN}


@case("books follow the exchange level by level")
def _books(opened: Open) -> None:
    bench = opened()
    for size, chance in ((50, 0.4), (30, 0.5), (20, 0.4)):
        bench.crowd(Side.LAY, size, chance)
    bench.crowd(Side.BACK, 25, 0.25)
    agree(bench)
    assert bench.book() == [
        [(bench.price(0.4), 70_000_000), (bench.price(0.5), 30_000_000)],
        [(bench.price(0.25), 25_000_000)],
    ]
    bench.crowd(Side.BACK, 70, 0.4)
    agree(bench)
    assert bench.book()[0] == [(bench.price(0.5), 30_000_000)]


@case("a quiet venue stays up and its books stay proven")
def _quiet(opened: Open) -> None:
    bench = opened()
    bench.crowd(Side.LAY, 50, 0.4)
    began = len(bench.desk.told)
    bench.run(60_000)
    assert not [fact for fact in bench.desk.told[began:] if isinstance(fact, ChannelChanged)]
    assert bench.doubts() == ""


# --- orders ---


@case("an order is accepted and rests, visible to everybody")
def _accept(opened: Open) -> None:
    bench = opened()
    bench.place("r-1", Side.BACK, 10, 0.25, ms=1_500)
    assert bench.state("r-1") is OrderState.OPEN
    assert bench.order("r-1").venue_order_id
    agree(bench)
    assert bench.book()[1] == [(bench.price(0.25), 10_000_000)]


@case("a lay is accepted and rests on the other side")
def _lay(opened: Open) -> None:
    bench = opened()
    bench.place("r-1", Side.LAY, 10, 0.4, ms=1_500)
    agree(bench)
    assert bench.book()[0] == [(bench.price(0.4), 10_000_000)]


@case("a full match at the price of who rested first, costs exact to a millionth")
def _full(opened: Open) -> None:
    bench = opened()
    bench.crowd(Side.LAY, 50, 0.25)
    bench.place("r-1", Side.BACK, 10, 0.4, ms=2_000)
    assert bench.state("r-1") is OrderState.FILLED
    agree(bench)


@case("a partial match leaves the rest in the book")
def _partial(opened: Open) -> None:
    bench = opened()
    bench.place("r-1", Side.BACK, 10, 0.25, ms=1_500)
    bench.crowd(Side.LAY, 4, 0.25)
    bench.run(2_000)
    assert bench.state("r-1") is OrderState.PARTIALLY_FILLED
    assert bench.order("r-1").matched_micros == 4_000_000
    agree(bench)


@case("several matches of one order are told apart or summed, and never counted twice")
def _matches(opened: Open) -> None:
    bench = opened()
    for size, chance in ((3, 0.25), (4, 0.4)):
        bench.crowd(Side.LAY, size, chance)
    bench.place("r-1", Side.BACK, 10, 0.5, ms=2_000)
    bench.crowd(Side.LAY, 3, 0.5)
    bench.run(2_000)
    assert bench.state("r-1") is OrderState.FILLED
    agree(bench)


@case("an immediate order takes what is there, and its rest is gone")
def _immediate(opened: Open) -> None:
    bench = opened()
    bench.crowd(Side.LAY, 4, 0.4)
    bench.place("r-1", Side.BACK, 10, 0.4, tif=TimeInForce.IMMEDIATE, ms=3_000)
    order = bench.order("r-1")
    assert (order.matched_micros, order.cancelled_micros + order.lapsed_micros) == (4_000_000, 6_000_000)
    agree(bench)


@case("an immediate order that meets nobody leaves nothing behind")
def _nobody(opened: Open) -> None:
    bench = opened()
    bench.place("r-1", Side.BACK, 10, 0.25, tif=TimeInForce.IMMEDIATE, ms=3_000)
    assert bench.state("r-1") in (OrderState.CANCELLED, OrderState.LAPSED)
    agree(bench)


@case("an order without the money for it is refused with that reason")
def _poor(opened: Open) -> None:
    bench = opened()
    bench.place("r-1", Side.BACK, 90_000, 0.4, ms=1_500)
    refused_for(bench, RejectReason.INSUFFICIENT_FUNDS)


@case("a price off the ladder is refused, by the venue or before it")
def _off_ladder(opened: Open) -> None:
    bench = opened()
    bench.desk.place(OrderRef("r-1"), Side.BACK, 10_000_000, bench.price(0.25) + 1, outcome=0, tif=TimeInForce.REST)
    bench.run(1_500)
    refused_for(bench, RejectReason.INVALID_PRICE)


@case("a size below the lot is refused, by the venue or before it")
def _off_lot(opened: Open) -> None:
    bench = opened()
    bench.place("r-1", Side.BACK, 10.005, 0.25, ms=1_500)
    refused_for(bench, RejectReason.INVALID_SIZE)


@case("an order on what is not listed is never sent")
def _unlisted(opened: Open) -> None:
    bench = opened()
    bench.listed = tuple(msgspec.structs.replace(one, market=VenueMarketId("9.9")) for one in bench.listed)
    bench.place("r-1", Side.BACK, 10, 0.25, ms=1_500)
    refused_for(bench, RejectReason.NOT_SENT)


def refused_for(bench: Bench, reason: RejectReason) -> None:
    """The one order was refused for this, and the exchange never had it."""
    (refused,) = facts(bench, OrderRejected)
    assert refused.reason is reason, refused
    assert bench.state("r-1") is OrderState.REJECTED
    assert bench.theirs() == {}


# --- cancels ---


@case("a cancel takes the whole rest out")
def _cancel(opened: Open) -> None:
    bench = opened()
    bench.place("r-1", Side.BACK, 10, 0.25, ms=1_500)
    bench.cancel("r-1", ms=1_500)
    assert bench.state("r-1") is OrderState.CANCELLED
    assert facts(bench, CancelAccepted)[0].size_micros == 10_000_000
    agree(bench)


@case("a cancel of a partly matched order takes out what is left of it")
def _cancel_rest(opened: Open) -> None:
    bench = opened()
    bench.place("r-1", Side.BACK, 10, 0.25, ms=1_500)
    bench.crowd(Side.LAY, 4, 0.25)
    bench.cancel("r-1", ms=2_000)
    order = bench.order("r-1")
    assert (order.matched_micros, order.cancelled_micros) == (4_000_000, 6_000_000)
    agree(bench)


@case("a cancel right behind its order, before any answer, is carried out")
def _cancel_at_once(opened: Open) -> None:
    bench = opened()
    bench.place("r-1", Side.BACK, 10, 0.25)
    bench.cancel("r-1", ms=3_000)
    assert bench.state("r-1") is OrderState.CANCELLED
    agree(bench)


@case("a cancel that lost the race is refused, and the match is known")
def _lost_race(opened: Open) -> None:
    bench = opened()
    bench.place("r-1", Side.BACK, 10, 0.25, ms=1_500)
    bench.crowd(Side.LAY, 10, 0.25)
    bench.cancel("r-1", ms=3_000)
    assert not facts(bench, CancelAccepted)
    assert bench.state("r-1") is OrderState.FILLED
    agree(bench)


@case("a second cancel of an order that is gone does no harm")
def _cancel_twice(opened: Open) -> None:
    bench = opened()
    bench.place("r-1", Side.BACK, 10, 0.25, ms=1_500)
    bench.cancel("r-1")
    bench.cancel("r-1", ms=3_000)
    assert bench.order("r-1").cancelled_micros == 10_000_000
    assert len(facts(bench, CancelAccepted, CancelRefused)) >= 2
    agree(bench)


@case("a match told after the cancel of its order is booked")
def _late_fill(opened: Open) -> None:
    ends = set()
    for seed in range(1, 7):  # a part is taken, or all of it
        bench = opened(planned(Danger.LATE_FILL, "cancel"), seed=seed)
        bench.place("r-1", Side.BACK, 10, 0.25, ms=1_500)
        bench.cancel("r-1")
        agree(bench)
        assert bench.faults.fired[Danger.LATE_FILL] == 1
        order = bench.order("r-1")
        ends.add((order.matched_micros, order.cancelled_micros))
    assert ends == {(5_000_000, 5_000_000), (10_000_000, 0)}


# --- doubt ---


@case("an order whose answer was lost is unknown, found, and there once")
def _reply_lost(opened: Open) -> None:
    bench = opened(planned(Danger.REPLY_LOST, "place"))
    bench.place("r-1", Side.BACK, 10, 0.25)
    agree(bench)
    assert facts(bench, OrderUnanswered)
    assert list(bench.theirs()) == ["r-1"]


@case("an order that never arrived is found missing, and only after enough late questions")
def _never_arrived(opened: Open) -> None:
    bench = opened()
    bench.place("r-1", Side.BACK, 10, 0.25)
    bench.take_down(2_000)
    bench.run_until(lambda: not bench.order("r-1").unknown and all(bench.desk.up.values()), within_ms=90_000)
    agree(bench)
    assert bench.theirs() == {}


@case("a question about an order that the venue never had is answered by absence")
def _absence(opened: Open) -> None:
    bench = opened()
    bench.desk.pretend(OrderRef("r-9"))
    bench.run(35_000)  # past the time in which it could still arrive
    bench.desk.ask(OrderRef("r-9"))
    bench.run(5_000)
    assert [fact.ref for fact in facts(bench, OrderAbsent)][-1:] == ["r-9"]


@case(
    "a message that comes twice counts once",
    matchbook_polled="it pushes no messages: each poll repeats everything anyway",
)
def _doubled(opened: Open) -> None:
    bench = opened(Profile("doubled", {Danger.MESSAGE_DOUBLED: 1_000_000}))
    bench.place("r-1", Side.BACK, 10, 0.25, ms=1_500)
    for _ in range(3):
        bench.crowd(Side.LAY, 2, 0.25)
        bench.run(500)
    bench.cancel("r-1", ms=2_000)
    agree(bench)


@case(
    "a gap is noticed, the books are doubted, and made good",
    betfair="its stream numbers nothing: it is one TCP line, and after a break the clock of the last message goes on",
    matchbook_polled="it pushes no messages: each answer is a whole picture",
)
def _gap(opened: Open) -> None:
    bench = opened(planned(Danger.MESSAGE_LOST, "books", skip=2))
    for size in (5, 6, 7, 8):
        bench.crowd(Side.LAY, size, 0.4)
        bench.run(300)
    agree(bench)
    assert bench.faults.fired[Danger.MESSAGE_LOST] == 1


@case("lines that break come back, and both sides agree again")
def _breaks(opened: Open) -> None:
    bench = opened()
    bench.place("r-1", Side.BACK, 10, 0.25, ms=1_500)
    bench.take_down(3_000)
    bench.crowd(Side.LAY, 4, 0.4)
    bench.run(3_000)
    agree(bench)
    downs = {fact.channel for fact in facts(bench, ChannelChanged) if not fact.up}
    assert Channel.MARKET_DATA in downs or bench.venue.capabilities.polled


@case("a long outage costs at most six dials a minute on each line, and then all is well")
def _dials(opened: Open) -> None:
    bench = opened()
    bench.take_down(180_000)
    began = bench.now
    bench.run(180_000)
    for port, lines in bench.lines_of_ports().items():
        at = [when for dialled, when in bench.dials if dialled == port and when > began]
        busiest = max((sum(first <= when < first + 60_000 * MS for when in at) for first in at), default=0)
        assert busiest <= 6 * lines, f"{port}: {busiest} dials in a minute over {lines} lines"
    agree(bench, within_ms=30_000)


@case("stopped, it closes every connection and says nothing more")
def _stops(opened: Open) -> None:
    bench = opened()
    bench.venue.stop(bench.now)
    told = len(bench.desk.told)
    bench.crowd(Side.LAY, 4, 0.4)
    bench.run(10_000)
    assert len(bench.desk.told) == told
    assert bench.network.connections == 0


# --- the venue's own rules ---


@case("an order in a suspended market is refused with that reason")
def _suspended(opened: Open) -> None:
    bench = opened()
    bench.at_exchange(lifecycle.suspend)
    bench.run(2_000)
    assert {fact.status for fact in bench.desk.markets.values()} == {MarketStatus.SUSPENDED}
    bench.place("r-1", Side.BACK, 10, 0.25, ms=1_500)
    refused_for(bench, RejectReason.MARKET_SUSPENDED)


@case("a suspension takes resting orders out as the venue does it, and is known")
def _suspension(opened: Open) -> None:
    bench = opened()
    bench.place("r-1", Side.BACK, 10, 0.25, ms=1_500)
    bench.at_exchange(lifecycle.suspend)
    bench.run(2_000)
    bench.at_exchange(lifecycle.reopen)
    bench.run(2_000)
    agree(bench)
    assert {fact.status for fact in bench.desk.markets.values()} == {MarketStatus.OPEN}


@case("a suspension between an order and its answer leaves nothing in doubt")
def _midway(opened: Open) -> None:
    refused = []
    for seed in (1, 3, 5):  # whichever venue it is, these have it before the order is looked at, and just behind it
        bench = opened(planned(Danger.SUSPENDED_MIDWAY, "place"), seed=seed)
        bench.place("r-1", Side.BACK, 10, 0.25)
        agree(bench)
        assert bench.faults.fired[Danger.SUSPENDED_MIDWAY] == 1
        refused.append(bench.state("r-1") is OrderState.REJECTED)
    assert set(refused) == {True, False}


@case("the turn in play is told, and what it does to orders is known")
def _in_play(opened: Open) -> None:
    bench = opened()
    bench.place("r-1", Side.BACK, 10, 0.25, ms=1_500)
    bench.turn_in_play()
    bench.run(3_000)
    agree(bench)
    told = {fact.in_play for fact in bench.desk.markets.values()}
    assert told == {True} or not bench.exchange.options.delay_ns, "where play changes no terms, nobody need be told"


@case(
    "an order that waits for the in-play delay is counted in full until it is decided", kalshi=NO_DELAY, lmsr=NO_DELAY
)
def _delayed(opened: Open) -> None:
    bench = opened()
    bench.turn_in_play()
    bench.run(3_000)
    bench.crowd(Side.LAY, 4, 0.4)
    bench.place("r-1", Side.BACK, 10, 0.4, ms=2_000)
    assert bench.order("r-1").remaining_micros == 10_000_000
    bench.run(8_000)
    assert bench.order("r-1").matched_micros == 4_000_000
    agree(bench)


@case("a market suspended while an order waits for the delay leaves nothing behind", kalshi=NO_DELAY, lmsr=NO_DELAY)
def _delay_cut(opened: Open) -> None:
    bench = opened()
    bench.turn_in_play()
    bench.run(3_000)
    bench.crowd(Side.LAY, 4, 0.4)
    bench.place("r-1", Side.BACK, 10, 0.4, ms=1_000)
    bench.at_exchange(lifecycle.suspend)
    bench.run(12_000)
    bench.at_exchange(lifecycle.reopen)
    agree(bench)
    assert bench.order("r-1").matched_micros == 0


@case("an order in a closed market is refused")
def _closed(opened: Open) -> None:
    bench = opened()
    bench.at_exchange(lifecycle.close)
    bench.run(3_000)
    bench.place("r-1", Side.BACK, 10, 0.25, ms=1_500)
    (refused,) = facts(bench, OrderRejected)
    assert refused.reason in (RejectReason.MARKET_CLOSED, RejectReason.MARKET_SUSPENDED), refused
    assert bench.theirs() == {}


@case("what rests when a market closes is gone on both sides")
def _closing(opened: Open) -> None:
    bench = opened()
    bench.place("r-1", Side.BACK, 10, 0.25, ms=1_500)
    bench.at_exchange(lifecycle.close)
    agree(bench)
    assert not bench.order("r-1").exposed_micros


@case("a budget of messages that is used up refuses orders by our own word, and lets every cancel through")
def _throttle(opened: Open) -> None:
    bench = opened()
    bench.place("r-0", Side.BACK, 1, 0.25, ms=1_500)
    refs = [f"r-{n}" for n in range(1, 1_200)]
    for ref in refs:
        if bench.venue.tokens(bench.now) == 0:
            break
        bench.place(ref, Side.BACK, 1, 0.25)
    last = bench.place("one-more", Side.BACK, 1, 0.25)
    bench.cancel("r-0")
    bench.run(4_000)
    refused = facts(bench, OrderRejected)
    assert [one.ref for one in refused] == [last]
    assert refused[0].reason in (RejectReason.RATE_LIMIT, RejectReason.NOT_SENT), refused
    assert bench.state("r-0") is OrderState.CANCELLED
    agree(bench)


@case("too many requests by the venue's word is no answer about orders that it has")
def _turned_away(opened: Open) -> None:
    bench = opened(planned(Danger.THROTTLED, "place"))
    bench.place("r-1", Side.BACK, 10, 0.25, ms=1_500)
    if facts(bench, OrderRejected):
        refused_for(bench, RejectReason.RATE_LIMIT)
    agree(bench, within_ms=90_000)
    assert bench.theirs() == {}


@case("a session that the venue forgot is renewed, and no order is lost over it")
def _session(opened: Open) -> None:
    bench = opened(planned(Danger.SESSION_EXPIRED))
    bench.crowd(Side.LAY, 4, 0.4)
    bench.run(20_000)
    assert bench.faults.fired[Danger.SESSION_EXPIRED] == 1
    bench.place("r-1", Side.BACK, 4, 0.4, ms=2_000)
    agree(bench)
    assert bench.state("r-1") is OrderState.FILLED


@case("an order of ours that nobody here placed is shown by a round")
def _foreign(opened: Open) -> None:
    bench = opened()
    bench.foreign(Side.BACK, 7, 0.25)
    bench.run(12_000)
    rounds = [one.orders for one in facts(bench, VenueReported) if one.orders]
    assert len(rounds) > 1
    (found,) = rounds[0]
    assert (found.ref, found.side, found.size_micros) == (None, Side.BACK, 7_000_000)
    adopted = (None, stranger_ref(bench.name, found.venue_order_id))  # a desk that has adopted it is told its name
    assert all(one.ref in adopted and one.size_micros == 7_000_000 for one in rounds[-1])


# --- money ---


@case("money at the venue is told as its books have it")
def _money(opened: Open) -> None:
    bench = opened()
    bench.crowd(Side.LAY, 10, 0.4)
    bench.place("r-1", Side.BACK, 10, 0.4, ms=2_000)
    bench.place("r-2", Side.BACK, 5, 0.25, ms=8_000)
    assert bench.money_agrees()


@case("matches carry the fee that the venue took, or it falls at settlement")
def _fees(opened: Open) -> None:
    bench = opened()
    bench.crowd(Side.LAY, 10, 0.4)
    bench.place("r-1", Side.BACK, 10, 0.4, ms=3_000)
    assert bench.order("r-1").fee_micros == bench.theirs()["r-1"].fee_micros
    assert facts(bench, OrderFilled) or bench.order("r-1").matched_micros == 10_000_000


@case("a market is settled once, with result, profit and commission of the venue's own statement")
def _settles(opened: Open) -> None:
    for won in (0, 1):
        bench = opened()
        bench.crowd(Side.LAY, 10, 0.4)
        bench.place("r-1", Side.BACK, 10, 0.4, ms=2_000)
        bench.pay(won)
        bench.run_until(partial(is_settled, bench), within_ms=60_000)
        said, theirs = (
            bench.desk.statements[bench.market()],
            bench.exchange.floor.markets[bench.market()].statements[DESK],
        )
        assert (said.profit_micros, said.commission_micros) == (theirs.profit_micros, theirs.commission_micros)
        assert said.results.get(bench.listed[0].selection) in (Result.WON if won == 0 else Result.LOST, None)
        bench.run(8_000)
        assert bench.money_agrees()


def is_settled(bench: Bench) -> bool:
    return bench.market() in bench.desk.statements


@case(
    "a match that the venue annuls is voided on our side, and only that one",
    kalshi="it knows no void: trades stand, and a market without a result is settled at a fair price",
)
def _voids(opened: Open) -> None:
    bench = opened()
    bench.crowd(Side.LAY, 4, 0.4)
    bench.place("r-1", Side.BACK, 10, 0.4, ms=2_000)
    bench.crowd(Side.LAY, 6, 0.4)
    bench.run(2_000)
    bench.void_first_match()
    bench.run(3_000)
    agree(bench)
    order = bench.order("r-1")
    assert (order.matched_micros, order.voided_micros) == (6_000_000, 4_000_000)


@case("a balance that says nothing is there is told as it is, and the next one as it is again")
def _zero(opened: Open) -> None:
    bench = opened(planned(Danger.ZERO_BALANCE, "money", skip=2))
    bench.run(30_000)
    assert bench.faults.fired[Danger.ZERO_BALANCE] == 1
    assert bench.money_agrees()


# --- changes ---


@case("a change of an order leaves its old terms or its new ones, the same on both sides, or is refused by name")
def _amends(opened: Open) -> None:
    bench = opened()
    bench.place("r-1", Side.BACK, 10, 0.25, ms=1_500)
    bench.amend("r-1", 10, 0.2)
    bench.run(3_000)
    agree(bench)
    live = [one for one in bench.theirs().values() if one.remaining_micros]
    assert [one.remaining_micros for one in live] == [10_000_000], "never both, never none"
    resting = [one for ref in bench.desk.sent if (one := bench.desk.order(ref)).exposed_micros]
    assert [(one.price, one.exposed_micros) for one in resting] == [(live[0].price, 10_000_000)]


# --- no order is lost or doubled, whatever happens ---


@case("after a storm no order is lost or doubled, every book is right, and all money agrees")
def _storm(opened: Open) -> None:
    bench = opened(seed=3)
    bench.faults.profile = PROFILES["storm"]
    sides, chances = (Side.BACK, Side.LAY), (0.25, 0.4, 0.5)
    for n in range(40):
        bench.crowd(sides[n % 2], 3, chances[n % 3])
        bench.place(f"r-{n}", sides[n // 2 % 2], 2, chances[n // 3 % 3])
        bench.run(700)
        if n % 3 == 0:
            bench.cancel(f"r-{n // 2}")
    bench.faults.profile = PROFILES["none"]
    agree(bench, within_ms=120_000)
    bench.run(8_000)
    assert bench.faults.fired.total() > 10
    assert bench.money_agrees()


# --- what is held ---


@case(
    "what is held is told as the venue's books have it, and nothing once its market is paid",
    **UNHELD,
)
def _held(opened: Open) -> None:
    bench = opened()
    bench.run(20_000)
    assert held(bench) == {}
    bench.crowd(Side.LAY, 50, 0.4)
    bench.place("r-1", Side.BACK, 10, 0.4, ms=3_000)
    agree(bench)
    order = bench.order("r-1")
    bench.run(30_000)
    told = facts(bench, PositionsReported)[-1]
    result = told.basis is PositionBasis.RESULT
    assert held(bench)[bench.instrument(0)] == order.claims_micros - (order.cost_micros if result else 0) > 0
    assert all(micros == -order.cost_micros for name, micros in held(bench).items() if name != bench.instrument(0))
    bench.pay(0)
    bench.run_until(partial(is_settled, bench), within_ms=60_000)
    bench.run_until(lambda: held(bench) == {}, within_ms=60_000)


def held(bench: Bench) -> dict[InstrumentId, int]:
    """What the venue last said to a question about all that is held."""
    return next(fact.held_micros for fact in reversed(facts(bench, PositionsReported)) if fact.whole)
