"""The maker's quotes through the ladder port: they follow the curve, and the real adapter trades along it."""

from decimal import Decimal
from functools import partial

from domain.orders import OrderState, Side, TimeInForce
from tests.venues.conformance.bench import Bench, Seat
from tests.venues.conformance.cases import agree
from venues.lmsr.demo import LmsrDemo
from venues.lmsr.fake.maker import MAKER
from venues.lmsr.fake.server import LmsrFake
from venues.sim import lifecycle

QUOTED = Seat("LMSR", partial(LmsrDemo, liquidity=1_000))


def fake_of(bench: Bench) -> LmsrFake:
    (fake,) = bench.ports.servers.values()
    assert isinstance(fake, LmsrFake)
    return fake


def curve_price(bench: Bench, outcome: int = 0) -> Decimal:
    maker = fake_of(bench).maker
    assert maker is not None
    return maker.curve(bench.market()).prices()[outcome]


def test_every_outcome_is_quoted_on_both_sides_around_the_curve() -> None:
    bench = Bench(QUOTED)
    assert bench.doubts() == ""
    for outcome in range(3):
        to_back, to_lay = bench.book(outcome)
        assert to_lay[0][0] < curve_price(bench, outcome) * 10_000 < to_back[0][0]
        assert to_back[0][0] - to_lay[0][0] <= 200


def test_a_taker_moves_the_price_along_the_curve_and_the_other_outcomes_with_it() -> None:
    bench = Bench(QUOTED)
    before = [curve_price(bench, outcome) for outcome in range(3)]
    for n in range(5):
        bench.place(f"r-{n}", Side.BACK, 50, 0.95, tif=TimeInForce.IMMEDIATE, ms=1_000)
    agree(bench)
    after = [curve_price(bench, outcome) for outcome in range(3)]
    assert all(bench.state(f"r-{n}") is OrderState.FILLED for n in range(5))
    paid = [bench.order(f"r-{n}").cost_micros for n in range(5)]
    assert paid == sorted(paid)
    assert len(set(paid)) > 1
    assert after[0] > before[0]
    assert after[1] < before[1]
    assert after[2] < before[2]


def test_what_was_bought_can_be_sold_back_at_a_little_less() -> None:
    bench = Bench(QUOTED)
    before = curve_price(bench)
    bench.place("in", Side.BACK, 80, 0.95, tif=TimeInForce.IMMEDIATE, ms=1_000)
    bench.place("out", Side.LAY, 80, 0.05, tif=TimeInForce.IMMEDIATE, ms=1_000)
    agree(bench)
    assert curve_price(bench) == before
    assert 0 < bench.order("in").cost_micros - bench.order("out").cost_micros < 80 * 30_000


def test_the_maker_loses_no_more_than_its_curve_allows() -> None:
    bench = Bench(QUOTED)
    start = bench.exchange.floor.accounts[MAKER].wallet_micros
    first = curve_price(bench)
    for n in range(20):
        bench.place(f"r-{n}", Side.BACK, 100, 0.99, tif=TimeInForce.IMMEDIATE, ms=600)
    bench.pay(won=0)
    bench.run(2_000)
    lost = start - bench.exchange.floor.accounts[MAKER].wallet_micros
    assert 0 < lost <= 1_000_000_000 * -first.ln()


def test_a_suspended_market_is_not_quoted_and_is_again_when_it_reopens() -> None:
    bench = Bench(QUOTED)
    bench.at_exchange(lifecycle.suspend, lapse=True)
    bench.run(2_000)
    assert all(order.account != MAKER for order in bench.exchange.floor.markets[bench.market()].resting())
    bench.at_exchange(lifecycle.reopen)
    bench.run(2_000)
    agree(bench)
    assert bench.book()[0]
