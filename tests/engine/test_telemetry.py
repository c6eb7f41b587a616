"""What a run counts, at a cost in memory that its length does not raise."""

from domain.ids import InstrumentId, MarketId, StrategyName, VenueName
from domain.orders import Order
from engine.lately import Lately
from engine.telemetry import MAKERS_KEPT, Telemetry
from oms.order_states import apply
from tests.builders import bet, facts

HERE = VenueName("one")


def here(_: InstrumentId) -> VenueName:
    return HERE


def heard(counts: Telemetry, order: Order, text: str) -> Order:
    for fact in facts(text, order.ref):
        before, order = order, apply(order, fact)
        counts.changed(before, order)
    return order


def test_matches_of_makers_are_counted_for_ever_and_only_the_latest_orders_are_remembered() -> None:
    counts = Telemetry(here)
    first = heard(counts, bet("BACK 10 @ 2.00", ref="r0"), "accept v0; fill f0 4")
    for n in range(1, MAKERS_KEPT + 100):
        heard(counts, bet("BACK 10 @ 2.00", ref=f"r{n}"), f"accept v{n}; fill f{n} 4; fill g{n} 1")
    orders = MAKERS_KEPT + 100
    assert (counts.venues[HERE].fills, counts.venues[HERE].maker_fills) == (orders, orders)
    assert len(counts._makers) == MAKERS_KEPT
    heard(counts, first, "fill late 1")
    assert counts.venues[HERE].maker_fills == orders, "what was said of an old one stands"
    assert len(counts._makers) == MAKERS_KEPT


def test_of_what_a_strategy_says_only_the_last_words_of_each_market_are_kept() -> None:
    lately, name = Lately(), StrategyName("s")
    for edge in range(1_000):
        for market in "ab":
            lately.asked(name, MarketId(market), f"an edge of {edge} is too small")
    assert lately.because_not[name] == {"an edge of 999 is too small": 2}
    lately.asked(name, MarketId("a"), "")
    assert lately.because_not[name] == {"an edge of 999 is too small": 1}
