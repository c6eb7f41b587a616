"""The simulated exchange: priority, price improvement, lives, delay, versions, amendments, funds and notices."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.messages import RejectReason
from domain.money import MICROS
from domain.orders import Side
from tests.venues.sim.builders import (
    AWAY,
    DRAW,
    HOME,
    MARKET,
    YES,
    bet,
    book,
    contract_exchange,
    odds_exchange,
    refused,
    sent,
    wallets,
)
from venues.sim.exchange import DelayScope, Exchange
from venues.sim.images import open_orders, position_lock_micros
from venues.sim.lifecycle import reopen, suspend, turn_in_play
from venues.sim.notices import Cause, LevelChanged, Notice, OrderLapsed, OrderMatched, OrderPlaced, Traded
from venues.sim.placements import Life, Refusal, SelfMatch

SECOND = 1_000_000_000


def heard(exchange: Exchange) -> list[Notice]:
    """Everything published from now on."""
    notices: list[Notice] = []
    exchange.listen(lambda batch, _: notices.extend(batch))
    return notices


def test_the_earlier_of_two_orders_at_a_price_is_matched_first():
    exchange = odds_exchange()
    first, second = bet(exchange, "ann lay 10 @ 250"), bet(exchange, "bob lay 10 @ 250")
    bet(exchange, "desk back 15 @ 250")
    assert (first.matched_micros, second.matched_micros) == (10 * MICROS, 5 * MICROS)
    assert book(exchange) == "250:5 |"


def test_a_better_price_is_matched_before_an_older_order():
    exchange = odds_exchange()
    old, better = bet(exchange, "ann lay 10 @ 250"), bet(exchange, "bob lay 10 @ 260")
    bet(exchange, "desk back 10 @ 240")
    assert (old.matched_micros, better.matched_micros) == (0, 10 * MICROS)


def test_a_taker_gets_the_prices_of_those_who_rest():
    exchange = odds_exchange()
    bet(exchange, "ann lay 10 @ 260")
    bet(exchange, "ann lay 10 @ 250")
    taker = bet(exchange, "desk back 30 @ 240")
    assert taker.claims_micros == (26 + 25) * MICROS
    assert taker.cost_micros == 20 * MICROS
    assert book(exchange) == "| 240:10"


def test_contracts_meet_from_the_other_end():
    exchange = contract_exchange()
    bet(exchange, "ann lay 10 @ 5600", YES)
    bet(exchange, "bob lay 10 @ 5500", YES)
    taker = bet(exchange, "desk back 15 @ 5600", YES)
    assert taker.cost_micros == (10 * 55 + 5 * 56) * MICROS // 100
    assert book(exchange, YES) == "5600:5 |"


@pytest.mark.parametrize(
    ("life", "size", "matched", "lapsed"),
    [
        (Life.REST, 15, 10, 0),
        (Life.IMMEDIATE, 15, 10, 5),
        (Life.FILL_OR_KILL, 15, 0, 15),
        (Life.FILL_OR_KILL, 10, 10, 0),
    ],
)
def test_what_becomes_of_size_that_is_not_matched_at_once(life, size, matched, lapsed):
    exchange = odds_exchange()
    bet(exchange, "ann lay 4 @ 260")
    bet(exchange, "ann lay 6 @ 250")
    order = bet(exchange, f"desk back {size} @ 250", life=life)
    assert (order.matched_micros, order.lapsed_micros) == (matched * MICROS, lapsed * MICROS)
    assert order.resting is (order.remaining_micros > 0)


@pytest.mark.parametrize(
    ("text", "more", "reason"),
    [
        ("desk back 10 @ 251", {"selection": YES}, RejectReason.OTHER),
        ("desk back 10 @ 251", {}, RejectReason.INVALID_PRICE),
        ("desk back 0.5 @ 250", {}, RejectReason.INVALID_SIZE),
        ("desk back 1.005 @ 250", {}, RejectReason.INVALID_SIZE),
        ("desk back 10 @ 240", {"post_only": True}, RejectReason.POST_ONLY),
        ("desk back 1000.01 @ 300", {}, RejectReason.INSUFFICIENT_FUNDS),
        ("desk lay 1000 @ 202", {}, RejectReason.INSUFFICIENT_FUNDS),
    ],
)
def test_a_bad_order_is_refused_and_leaves_no_trace(text, more, reason):
    exchange = odds_exchange()
    bet(exchange, "ann lay 10 @ 250")
    assert refused(exchange, text, **more) is reason
    assert list(open_orders(exchange, "desk")) == []
    assert exchange.floor.accounts["desk"].available_micros == 1_000 * MICROS
    assert len(exchange.floor.orders) == 1


@pytest.mark.parametrize(
    ("mode", "taker_matched", "own_left"),
    [(SelfMatch.ALLOW, 15, 0), (SelfMatch.CANCEL_TAKER, 0, 10), (SelfMatch.CANCEL_MAKER, 5, 0)],
)
def test_an_account_that_meets_itself_gets_what_it_asked_for(mode, taker_matched, own_left):
    exchange = odds_exchange()
    own = bet(exchange, "desk lay 10 @ 250")
    bet(exchange, "ann lay 5 @ 250")
    taker = bet(exchange, "desk back 15 @ 250", self_match=mode)
    assert taker.matched_micros == taker_matched * MICROS
    assert own.remaining_micros == own_left * MICROS


def test_a_cancel_takes_the_rest_and_a_second_one_is_refused():
    exchange = odds_exchange()
    order = bet(exchange, "ann lay 10 @ 250")
    bet(exchange, "desk back 4 @ 250")
    assert exchange.cancel(order.number, account="ann", now_ns=1) == 6 * MICROS
    assert isinstance(exchange.cancel(order.number, account="ann", now_ns=1), Refusal)
    assert (order.matched_micros, order.cancelled_micros, order.resting) == (4 * MICROS, 6 * MICROS, False)
    assert book(exchange) == "|"


def test_nobody_cancels_for_another():
    exchange = odds_exchange()
    order = bet(exchange, "ann lay 10 @ 250")
    assert isinstance(exchange.cancel(order.number, account="desk", now_ns=1), Refusal)
    assert order.resting


def test_a_reduced_order_keeps_its_place():
    exchange = odds_exchange()
    first, second = bet(exchange, "ann lay 10 @ 250"), bet(exchange, "bob lay 10 @ 250")
    exchange.cancel(first.number, account="ann", now_ns=1, size_micros=4 * MICROS)
    bet(exchange, "desk back 8 @ 250")
    assert (first.matched_micros, second.matched_micros) == (6 * MICROS, 2 * MICROS)


@pytest.mark.parametrize(("size", "first_matched"), [(5, 5), (10, 8), (11, 0)])
def test_an_amended_order_keeps_its_place_unless_it_grows(size, first_matched):
    exchange = odds_exchange()
    first, _ = bet(exchange, "ann lay 10 @ 250"), bet(exchange, "bob lay 10 @ 250")
    exchange.amend(first.number, account="ann", price=250, remaining_micros=size * MICROS, now_ns=1)
    bet(exchange, "desk back 8 @ 250")
    assert first.matched_micros == first_matched * MICROS
    assert first.size_micros == size * MICROS


def test_an_order_amended_across_the_book_is_matched():
    exchange = odds_exchange()
    order = bet(exchange, "ann lay 10 @ 250")
    bet(exchange, "desk back 10 @ 260")
    exchange.amend(order.number, account="ann", price=270, remaining_micros=10 * MICROS, now_ns=1)
    assert order.claims_micros == 26 * MICROS


def test_an_amendment_that_cannot_be_paid_changes_nothing():
    exchange = odds_exchange()
    order = bet(exchange, "ann lay 10 @ 250")
    refusal = exchange.amend(order.number, account="ann", price=500, remaining_micros=900 * MICROS, now_ns=1)
    assert isinstance(refusal, Refusal)
    assert refusal.reason is RejectReason.INSUFFICIENT_FUNDS
    assert book(exchange) == "250:10 |"
    assert exchange.floor.accounts["ann"].available_micros == 985 * MICROS


def in_play(scope: DelayScope = DelayScope.EVERY) -> Exchange:
    exchange = odds_exchange(delay_ns=5 * SECOND, delay_scope=scope)
    bet(exchange, "ann lay 10 @ 250", persist=True)
    turn_in_play(exchange, MARKET, 0)
    return exchange


def test_in_play_a_placement_waits_and_meets_the_book_as_it_is_then():
    exchange = in_play()
    order = bet(exchange, "desk back 10 @ 250", now_ns=SECOND)
    assert order.held_until_ns == exchange.next_deadline() == 6 * SECOND
    assert exchange.cancel(1, account="ann", now_ns=2 * SECOND) == 10 * MICROS
    exchange.on_time(6 * SECOND - 1)
    assert book(exchange) == "|"
    exchange.on_time(6 * SECOND)
    assert book(exchange) == "| 250:10"
    assert exchange.next_deadline() is None


def test_a_waiting_order_cannot_be_cancelled_and_counts_against_funds():
    exchange = in_play()
    order = bet(exchange, "desk back 10 @ 250", now_ns=SECOND)
    assert isinstance(exchange.cancel(order.number, account="desk", now_ns=2 * SECOND), Refusal)
    assert exchange.floor.accounts["desk"].available_micros == 990 * MICROS


def test_only_crossing_orders_wait_where_the_exchange_says_so():
    exchange = in_play(DelayScope.CROSSING)
    passive = bet(exchange, "desk back 10 @ 260", now_ns=SECOND)
    crossing = bet(exchange, "desk back 10 @ 250", now_ns=SECOND)
    assert (passive.resting, crossing.resting) == (True, False)
    exchange.amend(passive.number, account="desk", price=250, remaining_micros=10 * MICROS, now_ns=2 * SECOND)
    assert passive.held_until_ns == 7 * SECOND
    exchange.on_time(7 * SECOND)
    assert (crossing.matched_micros, passive.resting) == (10 * MICROS, True)


def test_a_suspension_during_the_delay_lapses_the_order():
    exchange = in_play()
    order = bet(exchange, "desk back 10 @ 250", now_ns=SECOND)
    suspend(exchange, MARKET, 2 * SECOND)
    reopen(exchange, MARKET, 3 * SECOND)
    exchange.on_time(10 * SECOND)
    assert order.lapsed_micros == 10 * MICROS
    assert exchange.floor.accounts["desk"].available_micros == 1_000 * MICROS
    assert book(exchange) == "250:10 |"


def test_an_order_for_an_older_version_lapses():
    exchange = odds_exchange()
    seen = exchange.floor.markets[MARKET].version
    suspend(exchange, MARKET, 0)
    reopen(exchange, MARKET, 0)
    stale = bet(exchange, "desk lay 10 @ 250", version=seen)
    fresh = bet(exchange, "desk lay 10 @ 250", version=exchange.floor.markets[MARKET].version)
    assert stale.lapsed_micros == 10 * MICROS
    assert fresh.resting


def test_notices_tell_the_watched_of_orders_and_everybody_of_books():
    exchange = odds_exchange()
    exchange.open_account("crowd", deposit_micros=0, crowd=True)
    exchange.publish(0)
    notices = heard(exchange)
    maker = bet(exchange, "crowd lay 10 @ 250")
    taker = bet(exchange, "desk back 4 @ 240", life=Life.IMMEDIATE)
    assert notices == []
    exchange.publish(1)
    assert notices == [
        OrderPlaced("desk", taker.number),
        OrderMatched("desk", taker.number, 1, False, 250, 4 * MICROS, 10 * MICROS, 4 * MICROS, 0),
        Traded(MARKET, HOME, 1, 250, 4 * MICROS, Side.BACK),
        LevelChanged(MARKET, HOME, Side.LAY, 250, 6 * MICROS),
    ]
    notices.clear()
    exchange.cancel(maker.number, account="crowd", now_ns=2)
    exchange.publish(2)
    assert notices == [LevelChanged(MARKET, HOME, Side.LAY, 250, 0)]


def test_a_lapse_names_its_cause():
    exchange = odds_exchange()
    order = bet(exchange, "desk lay 10 @ 250")
    exchange.publish(0)
    notices = heard(exchange)
    suspend(exchange, MARKET, 1)
    exchange.publish(1)
    assert OrderLapsed("desk", order.number, 10 * MICROS, Cause.SUSPENDED) in notices


@pytest.mark.parametrize(
    ("orders", "locked"),
    [
        ([("desk back 10 @ 250", HOME)], 10),
        ([("desk lay 10 @ 250", HOME)], 15),
        ([("desk back 10 @ 250", HOME), ("desk lay 10 @ 240", HOME)], 14),
        ([("desk back 10 @ 250", HOME), ("desk back 10 @ 300", DRAW), ("desk back 10 @ 400", AWAY)], 20),
        ([("desk lay 10 @ 250", HOME), ("desk lay 10 @ 300", DRAW), ("desk lay 10 @ 400", AWAY)], 30),
    ],
)
def test_an_exchange_that_nets_locks_the_worst_case_of_the_market(orders, locked):
    exchange = odds_exchange()
    for text, selection in orders:
        bet(exchange, text, selection)
    assert exchange.floor.accounts["desk"].available_micros == (1_000 - locked) * MICROS


def test_matched_back_and_lay_offset_each_other_where_the_exchange_nets():
    exchange = odds_exchange()
    bet(exchange, "ann lay 10 @ 300")
    bet(exchange, "desk back 10 @ 300")
    bet(exchange, "bob back 10 @ 280")
    bet(exchange, "desk lay 10 @ 280")
    assert exchange.floor.accounts["desk"].available_micros == 1_000 * MICROS


def test_full_collateral_counts_every_order_but_not_one_that_closes():
    exchange = contract_exchange()
    desk = exchange.floor.accounts["desk"]
    bet(exchange, "ann lay 100 @ 5000", YES)
    bet(exchange, "desk back 100 @ 5000", YES)
    fee = 1_750_000
    assert desk.wallet_micros == 1_000 * MICROS - fee
    assert position_lock_micros(exchange, "desk") == 50 * MICROS
    bet(exchange, "desk lay 150 @ 6000", YES)
    fees_ahead = 2_520_000  # 0.07 x 150 x 0.6 x 0.4
    assert desk.available_micros == 950 * MICROS - fee - 20 * MICROS - fees_ahead
    bet(exchange, "bob back 100 @ 6000", YES)
    assert position_lock_micros(exchange, "desk") == -10 * MICROS


side_and_price = st.tuples(st.sampled_from(["back", "lay"]), st.sampled_from([240, 242, 246, 248, 250, 254, 260]))
acts = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob", "desk"]), side_and_price, st.integers(1, 30), st.sampled_from(["bet", "cut"])
    ),
    max_size=40,
)


@given(acts)
def test_after_any_orders_books_are_uncrossed_money_is_kept_and_sizes_add_up(moves):
    exchange = odds_exchange()
    money = wallets(exchange)
    for account, (side, price), size, act in moves:
        if act == "bet":
            exchange.place(sent(f"{account} {side} {size} @ {price}"), 0)
        else:
            exchange.cancel(size, account=account, now_ns=0, size_micros=5 * MICROS)
    selection = exchange.floor.markets[MARKET].selections[HOME]
    best_back, best_lay = selection.books[Side.LAY].best(), selection.books[Side.BACK].best()
    assert best_back is None or best_lay is None or best_back < best_lay
    assert wallets(exchange) == money
    for order in exchange.floor.orders.values():
        assert order.remaining_micros >= 0
        assert order.resting is (order.remaining_micros > 0)
    for side in selection.books.values():
        for queue in side.queues.values():
            assert queue.total_micros == sum(order.remaining_micros for order in queue.orders.values())
            assert list(queue.orders) == sorted(queue.orders)
    for account in exchange.floor.accounts.values():
        assert account.available_micros >= 0


@given(acts)
def test_lists_of_prices_agree_with_a_plain_search(moves):
    """The judge is the simplest book: of all resting orders, the best price, then the earliest."""
    exchange = odds_exchange()
    plain: list[list] = []
    for account, (side, price), size, _ in moves:
        order = exchange.place(sent(f"{account} {side} {size} @ {price}"), 0)
        if isinstance(order, Refusal):
            continue
        left, wants_high = size * MICROS, side == "back"
        while left:
            meets = [o for o in plain if o[0] != side and (o[1] >= price if wants_high else o[1] <= price) and o[2]]
            if not meets:
                break
            best = (max if wants_high else min)(o[1] for o in meets)
            maker = next(o for o in meets if o[1] == best)
            traded = min(left, maker[2])
            maker[2] -= traded
            left -= traded
        plain.append([side, price, left, order])
    assert [order.remaining_micros for *_, order in plain] == [left for _, _, left, _ in plain]
