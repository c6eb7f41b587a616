"""Whether a take reduces, against brute force: all in doubt matched, whole or half, gone, or open, in every set.

Matched at the terms that stand or at those that were asked for, with commission, fees by the bet and by the fill,
several winners, and selections that are voided alone.
"""

import itertools
import random
from collections import Counter

import pytest
from msgspec.structs import replace

from domain.amending import AmendOrder
from domain.claims import claims_and_cost_micros
from domain.fees import FeeTerms, NetWinFee, ProfitOrLesserFee, QuadraticFee
from domain.ids import Currency, OrderRef, VenueName
from domain.intents import Child
from domain.markets import Event, Instrument, Market
from domain.messages import (
    InstrumentsListed,
    OrderAccepted,
    OrderFilled,
    OrderRejected,
    OrderUnanswered,
    PlaceOrder,
    RejectReason,
)
from domain.money import FX_SCALE, MICROS
from domain.odds import PriceKind
from domain.orders import Evidence, Fill, Order, Side, TimeInForce
from engine.prices import Prices
from engine.reducing import reduces
from engine.state import State
from risk.exposure import Exposure
from tests.builders import capabilities
from tests.engine.runs import STARTED
from tests.risk.builders import FREE, STRATEGY, instrument, market

FEES: dict[str, FeeTerms] = {
    "a": NetWinFee(rate_ppm=50_000),
    "b": NetWinFee(rate_ppm=20_000, step_micros=1),
    "c": QuadraticFee(taker_ppm=70_000),
    "d": ProfitOrLesserFee(rate_ppm=10_000),
}
PRICES = (150, 200, 310, 800)
SLACK_MICROS = 100
"""So much is rounding, and no commission."""
LONGEST = 100_000
CENTS = (1_200, 3_300, 5_000, 8_800)
OTHER = {Side.BACK: Side.LAY, Side.LAY: Side.BACK}


class Desk:
    """A state to which orders are told, and what it would be from scratch."""

    def __init__(self, asked: Market, fees: dict[str, FeeTerms]) -> None:
        self.asked = asked
        self.state = State(
            replace(
                STARTED,
                events=(Event(asked.event, "Reds v Blues", 0),),
                markets=(asked,),
                rates_e8={Currency("USD"): FX_SCALE},
                capabilities=tuple(capabilities(venue, currency="USD") for venue in fees),
            )
        )
        self.prices = Prices({venue: capabilities(venue, currency="USD") for venue in map(VenueName, fees)})
        for session in self.prices.sessions.values():
            session.proven = True
        self.on = [
            instrument(venue, outcome, fee, own=isinstance(fee, QuadraticFee))
            for venue, fee in fees.items()
            for outcome in range(len(asked.outcomes))
        ]
        for one in self.on:
            self.state.apply(InstrumentsListed(one.listing.venue, (one,)), 0)

    def reduces(self, child: Child) -> bool:
        return reduces(self.state, self.prices, child)

    def bet(
        self,
        on: Instrument,
        side: Side,
        price: int,
        size: int,
        *,
        matched: bool = False,
        lost: bool = True,
        tif: TimeInForce = TimeInForce.REST,
    ) -> OrderRef:
        """An order matched, or one to which nobody answered, or one that rests for certain."""
        ref = OrderRef(f"o{self.state.placed}")
        size_micros = size * MICROS
        self.state.apply(PlaceOrder(ref, on.id, STRATEGY, side, price, size_micros, tif, 1), 1)
        if matched:
            claims, cost = claims_and_cost_micros(on.terms.kind, price, size_micros)
            self.state.apply(OrderFilled(ref, Fill("f", size_micros, claims, cost), Evidence.PUSH), 2)
        elif lost:
            self.state.apply(OrderUnanswered(ref, ""), 2)
        else:
            self.state.apply(OrderAccepted(ref, None, Evidence.PUSH), 2)
        return ref

    def ends(self, order: Order) -> list[Order]:
        """What may have become of it: nothing, half of it, all, at the terms it has or is to have; or it is open.

        A back of which nobody knows that it rests may have met the longest odds of all (`test_reducing_better.py`).
        """
        kind = self.state.instruments[order.instrument].terms.kind
        found = [order, gone(order)]
        met = kind is PriceKind.ODDS and order.side is Side.BACK and not order.acked
        for price, open_micros in reach(order):
            matches = (price, open_micros // 2), (price, open_micros), (LONGEST, open_micros)
            found += [matched(order, kind, odds, size_micros) for odds, size_micros in matches[: 2 + met]]
        return found

    def cases(self, child: Child) -> list[tuple[int, int]]:
        """The worst loss without and with the child matched, in every case, from scratch."""
        orders = [*self.state.blotter.orders.at_stake.values()]
        doubted = [self.ends(one) for one in orders if one.unknown]
        held = [one for one in orders if not one.exposed_micros]
        resting = [one for one in orders if one.exposed_micros and not one.unknown]
        taken = self.child_matched(child)
        found = []
        rests = (resting, [gone(one) for one in resting])
        for ends, certain in itertools.product(itertools.product(*doubted), rests):
            exposure = Exposure((self.asked,))
            for one in (*ends, *certain, *held):
                self.count(exposure, one)
            before = exposure.worst_loss_micros(self.asked.event)
            self.count(exposure, taken)
            found.append((before, exposure.worst_loss_micros(self.asked.event)))
        return found

    def loss(self) -> int:
        """The worst loss as the state keeps it."""
        return self.state.exposure.worst_loss_micros(self.asked.event)

    def afresh(self) -> int:
        """The same from scratch."""
        exposure = Exposure((self.asked,))
        for one in self.state.blotter.orders.at_stake.values():
            self.count(exposure, one)
        return exposure.worst_loss_micros(self.asked.event)

    def child_matched(self, child: Child) -> Order:
        terms = self.state.instruments[child.instrument].terms
        claims, cost = claims_and_cost_micros(terms.kind, child.price, child.size_micros)
        return Order(
            ref=OrderRef("child"),
            instrument=child.instrument,
            strategy=STRATEGY,
            side=child.side,
            price=child.price,
            size_micros=child.size_micros,
            tif=TimeInForce.IMMEDIATE,
            decision=1,
            intended_ns=0,
            matched_micros=child.size_micros,
            claims_micros=claims,
            cost_micros=cost,
            unattributed_micros=child.size_micros,
        )

    def count(self, exposure: Exposure, order: Order) -> None:
        exposure.update(None, order, self.state.instruments[order.instrument], FX_SCALE)


def gone(order: Order) -> Order:
    return replace(order, lapsed_micros=order.remaining_micros, amend=None)


def reach(order: Order) -> list[tuple[int, int]]:
    """Prices at which all that is open may be matched, with its size: as it stands, and as it was asked to stand."""
    found = [(order.price, order.remaining_micros)]
    return found if order.amend is None else [*found, (order.amend.price, order.amended_micros)]


def matched(order: Order, kind: PriceKind, price: int, size_micros: int) -> Order:
    """An order of which so much more was matched, at this price, and of which nothing is open."""
    claims, cost = claims_and_cost_micros(kind, price, size_micros)
    return replace(
        order,
        size_micros=size_micros + order.matched_micros,
        matched_micros=order.matched_micros + size_micros,
        claims_micros=order.claims_micros + claims,
        cost_micros=order.cost_micros + cost,
        unattributed_micros=size_micros,
        amend=None,
    )


def harmed(cases: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """Those cases in which the child lowers no worst loss."""
    return [(before, after) for before, after in cases if after >= before and after > 0]


def take(on: Instrument, side: Side, price: int, size: int) -> Child:
    return Child(STRATEGY, on.id, side, price, size * MICROS, TimeInForce.IMMEDIATE, decision=1)


def drawn(
    rng: random.Random, asked: Market, fees: dict[str, FeeTerms], *, amends: bool = True, of: type[Desk] = Desk
) -> tuple[Desk, Child]:
    """Something held on one selection, whatever open beside it, and a take against what is held."""
    desk = of(asked, fees)

    def price(on: Instrument) -> int:
        return rng.choice(CENTS if isinstance(on.terms.fee, QuadraticFee) else PRICES)

    kept, held = rng.choice(desk.on), rng.choice([Side.BACK, Side.LAY])
    desk.bet(kept, held, price(kept), rng.randint(10, 60), matched=True)
    for _ in range(rng.randint(0, 2)):
        on = rng.choice(desk.on)
        desk.bet(on, rng.choice([Side.BACK, Side.LAY]), price(on), rng.randint(2, 20), matched=True)
    for _ in range(rng.randint(1, 3)):
        on = rng.choice(desk.on)
        lost = rng.random() < 0.7
        ref = desk.bet(on, rng.choice([Side.BACK, Side.LAY]), price(on), rng.choice((2, 5, 11, 30)), lost=lost)
        if amends and rng.random() < 0.2:
            desk.state.apply(AmendOrder(ref, "a1", price(on), rng.choice((2, 11, 30)) * MICROS), 3)
    same = [one for one in desk.on if one.listing.outcome == kept.listing.outcome]
    on = rng.choice(same if rng.random() < 0.8 else desk.on)
    side = OTHER[held] if rng.random() < 0.8 else held
    return desk, take(on, side, price(on), rng.choice((2, 5, 12, 30)))


MARKETS = {
    "two outcomes": market(outcomes=2),
    "three outcomes": market(outcomes=3),
    "two winners of four": market(outcomes=4, winners=2),
    "voided alone": market(outcomes=3, void_alone=(VenueName("a"), VenueName("c"))),
}
TRIALS = 200


@pytest.mark.parametrize("name", MARKETS)
def test_what_reduces_raises_the_worst_loss_in_no_case_and_lowers_it_wherever_there_is_one(name: str) -> None:
    counts: Counter[str] = Counter()
    for seed in range(TRIALS):
        rng = random.Random(f"{name}/{seed}")
        fees = dict(rng.sample([*FEES.items()], rng.randint(1, 3)))
        desk, child = drawn(rng, MARKETS[name], fees)
        cases = desk.cases(child)
        said, harm = desk.reduces(child), harmed(cases)
        assert not (said and harm), f"seed {seed}: {harm}"
        assert desk.loss() == desk.afresh(), f"seed {seed}: to ask changed something"
        counts["yes"] += said
        counts["no"] += bool(harm)
        counts["timid"] += not said and all(after < loss for loss, after in cases)
    assert min(counts["yes"], counts["no"]) > TRIALS // 4, counts
    room = 10 if MARKETS[name].winners == 1 else 3  # commission on the longest odds is more than all else
    assert counts["timid"] < TRIALS // room, counts


def test_the_largest_take_that_reduces_beside_high_commission_still_raises_the_loss_in_no_case() -> None:
    taxed: dict[str, FeeTerms] = {venue: NetWinFee(rate_ppm=200_000, step_micros=1) for venue in "ab"}
    edges = 0
    for seed in range(TRIALS):
        rng = random.Random(seed)
        desk = Desk(market(outcomes=3), taxed)
        for count in range(6):
            on, side, price = rng.choice(desk.on), rng.choice([Side.BACK, Side.LAY]), rng.choice(PRICES)
            desk.bet(on, side, price, rng.randint(5, 60), matched=count < 4)
        on, side, price = rng.choice(desk.on), rng.choice([Side.BACK, Side.LAY]), rng.choice(PRICES)
        fits, too_large = 0, 600_000  # in lots of a hundred millionths
        while too_large - fits > 1:
            lots = (fits + too_large) // 2
            if desk.reduces(replace(take(on, side, price, 0), size_micros=100 * lots)):
                fits = lots
            else:
                too_large = lots
        if fits:
            edges += 1
            assert not harmed(desk.cases(replace(take(on, side, price, 0), size_micros=100 * fits))), f"seed {seed}"
    assert edges > TRIALS // 20


@pytest.mark.parametrize("outcomes", [2, 3, 5])
def test_without_commission_whatever_lowers_the_loss_in_every_case_reduces(outcomes: int) -> None:
    counts: Counter[bool] = Counter()
    for seed in range(TRIALS):
        desk, child = drawn(random.Random(seed), market(outcomes=outcomes), {"a": FREE, "e": FREE}, amends=False)
        lowers = all(after < before - SLACK_MICROS for before, after in desk.cases(child))
        counts[lowers] += 1
        if lowers:
            assert desk.reduces(child), f"seed {seed}"
    assert min(counts.values()) > TRIALS // 10, counts


@pytest.mark.parametrize(("lost", "goes"), [((), True), ((5,), True), ((5, 5), False), ((2, 2), True)])
def test_orders_of_which_each_alone_leaves_something_to_reduce_may_leave_nothing_together(
    lost: tuple[int, ...], goes: bool
) -> None:
    desk = Desk(market(outcomes=2), {"a": FREE})
    home = desk.on[0]
    desk.bet(home, Side.BACK, 200, 10, matched=True)
    for size in lost:
        desk.bet(home, Side.LAY, 200, size)
    assert desk.reduces(take(home, Side.LAY, 200, 8)) is goes


def test_among_too_many_sets_of_winners_nothing_reduces() -> None:
    desk = Desk(market(outcomes=14, winners=3), {"a": FREE})
    home, *others = desk.on
    desk.bet(home, Side.BACK, 800, 10, matched=True)
    assert desk.reduces(take(home, Side.LAY, 800, 5))
    for on in others:
        desk.bet(on, Side.BACK, 800, 2)
    assert not desk.reduces(take(home, Side.LAY, 800, 5))


@pytest.mark.parametrize("doubts", ["what was said cannot be", "a round left it open", "the line was lost"])
def test_of_an_order_in_doubt_it_counts_that_it_may_have_been_matched(doubts: str) -> None:
    desk = Desk(market(outcomes=2), {"a": FREE, "b": FREE})
    here, there = desk.on[0], desk.on[2]
    desk.bet(here, Side.BACK, 200, 10, matched=True)
    ref = desk.bet(there, Side.LAY, 200, 8, lost=False)
    assert desk.reduces(take(here, Side.LAY, 200, 8)), "it rests, and whoever hears of its match asks for less"
    if doubts == "what was said cannot be":
        desk.state.apply(OrderRejected(ref, RejectReason.OTHER, "", Evidence.PUSH), 3)
    elif doubts == "a round left it open":
        desk.prices.gates.shut((there.listing.venue, there.listing.venue_market), ref)
    else:
        desk.prices.sessions[there.listing.venue].proven = False
    assert not desk.reduces(take(here, Side.LAY, 200, 8))
    assert desk.reduces(take(here, Side.LAY, 200, 1))
