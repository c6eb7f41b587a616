"""Fill-or-kill at the exchange: least fills, and limits that bound the mean price."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.money import MICROS
from domain.orders import Side
from tests.venues.sim.builders import HOME, YES, bet, contract_exchange, odds_exchange
from venues.sim.placements import Life

PRICES = (240, 244, 250, 256, 260, 264)


def kill(exchange, text: str, selection=HOME, **more):
    return bet(exchange, text, selection, life=Life.FILL_OR_KILL, **more)


def rested(*texts: str):
    exchange = odds_exchange()
    for text in texts:
        bet(exchange, text)
    return exchange


@pytest.mark.parametrize(
    ("text", "more", "matched"),
    [
        ("desk back 10 @ 250", {}, 0),
        ("desk back 10 @ 250", {"fill_min_micros": 4 * MICROS}, 4),
        ("desk back 10 @ 250", {"fill_min_micros": 5 * MICROS}, 0),
        ("desk back 4 @ 250", {}, 4),
        ("desk back 10 @ 250", {"by_average": True}, 0),
        ("desk back 10 @ 250", {"by_average": True, "fill_min_micros": MICROS}, 6),
        ("desk back 6 @ 250", {"by_average": True}, 6),
        ("desk back 6.01 @ 250", {"by_average": True}, 0),
        ("desk back 10 @ 256", {"by_average": True, "fill_min_micros": MICROS}, 3.33),
    ],
)
def test_what_a_fill_or_kill_takes(text, more, matched):
    exchange = rested("ann lay 2 @ 260", "ann lay 2 @ 250", "ann lay 9 @ 240")
    order = kill(exchange, text, **more)
    assert order.matched_micros == matched * MICROS
    assert order.lapsed_micros == order.size_micros - order.matched_micros
    assert not order.resting


def test_a_contract_is_dear_when_its_price_is_high():
    exchange = contract_exchange()
    for text in ("ann lay 2 @ 4000", "ann lay 2 @ 6000"):
        bet(exchange, text, YES)
    order = kill(exchange, "desk back 4 @ 5000", YES, by_average=True)
    assert (order.matched_micros, order.cost_micros) == (4 * MICROS, 2 * MICROS)


@given(
    sizes=st.lists(st.integers(100, 2_000), min_size=1, max_size=6),
    side=st.sampled_from(["back", "lay"]),
    wanted=st.integers(100, 6_000),
    limit=st.sampled_from(PRICES),
)
def test_the_mean_never_breaks_the_limit_and_one_lot_more_would(sizes: list[int], side: str, wanted: int, limit: int):
    other = "lay" if side == "back" else "back"
    exchange = odds_exchange()
    for name in ("ann", "bob"):
        exchange.floor.accounts[name].crowd = True
    for price, cents in zip(PRICES, sizes, strict=False):
        bet(exchange, f"ann {other} {cents / 100:.2f} @ {price}")
    order = kill(exchange, f"desk {side} {wanted / 100:.2f} @ {limit}", by_average=True, fill_min_micros=1)
    taken, left = order.matched_micros, wanted * 10_000 - order.matched_micros
    assert taken % 10_000 == 0
    sign = 1 if side == "back" else -1
    saved = sign * (100 * order.claims_micros - limit * taken)
    assert saved >= 0
    best = exchange.floor.markets[order.market].selections[order.selection].books[Side(other)].best()
    if left and best is not None:
        assert saved + sign * (best - limit) * 10_000 < 0, "another lot would have been good enough"
