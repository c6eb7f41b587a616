"""The life of a simulated market: suspension, in-play, removal, voids, settlement, dead heats, re-settlement."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.markets import MarketStatus, Result
from domain.messages import RejectReason
from domain.money import MICROS, half_up_to
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
from venues.sim.exchange import Exchange
from venues.sim.images import position_lock_micros
from venues.sim.lifecycle import close, remove_selection, reopen, suspend, turn_in_play
from venues.sim.notices import OrderRepriced, OrderVoided
from venues.sim.settling import Payouts, settle, unsettle, void_matches

WON, LOST = Fraction(1), Fraction(0)
HOME_WINS: Payouts = {HOME: WON, DRAW: LOST, AWAY: LOST}


def wallet(exchange: Exchange, account: str = "desk") -> float:
    return exchange.floor.accounts[account].wallet_micros / MICROS


def paid_out(exchange: Exchange, payouts: Payouts) -> None:
    close(exchange, MARKET, 1)
    settle(exchange, MARKET, payouts, 2)


def traded(exchange: Exchange, text: str, selection=HOME) -> None:
    """The desk's order, taken by ann."""
    _, side, size, _, price = text.split()
    bet(exchange, f"ann {'lay' if side == 'back' else 'back'} {size} @ {price}", selection)
    bet(exchange, text, selection)


def test_a_suspension_refuses_lapses_and_raises_the_version():
    exchange = odds_exchange()
    stays = bet(exchange, "ann lay 10 @ 250", persist=True)
    goes = bet(exchange, "desk lay 10 @ 248")
    suspend(exchange, MARKET, 1)
    assert refused(exchange, "desk back 10 @ 250") is RejectReason.MARKET_SUSPENDED
    assert (stays.remaining_micros, goes.lapsed_micros) == (10 * MICROS, 10 * MICROS)
    assert exchange.floor.markets[MARKET].version == 2
    assert exchange.cancel(stays.number, account="ann", now_ns=2) == 10 * MICROS


def test_a_suspension_can_leave_the_book_standing():
    exchange = odds_exchange()
    bet(exchange, "ann lay 10 @ 250")
    suspend(exchange, MARKET, 1, lapse=False)
    reopen(exchange, MARKET, 2)
    assert book(exchange) == "250:10 |"


def test_some_exchanges_reopen_with_an_empty_book():
    exchange = odds_exchange(flushes_on_reopen=True)
    bet(exchange, "ann lay 10 @ 250", persist=True)
    suspend(exchange, MARKET, 1)
    reopen(exchange, MARKET, 2)
    assert book(exchange) == "|"
    bet(exchange, "ann lay 10 @ 250")


def test_the_turn_in_play_lapses_what_was_not_sent_to_persist():
    exchange = odds_exchange()
    bet(exchange, "ann lay 10 @ 250", persist=True)
    bet(exchange, "desk lay 10 @ 248")
    turn_in_play(exchange, MARKET, 1)
    assert book(exchange) == "250:10 |"


def test_a_closed_market_takes_nothing_and_holds_nothing():
    exchange = odds_exchange()
    bet(exchange, "ann lay 10 @ 250", persist=True)
    close(exchange, MARKET, 1)
    assert book(exchange) == "|"
    assert refused(exchange, "desk back 10 @ 250") is RejectReason.MARKET_CLOSED


@pytest.mark.parametrize(
    ("bets", "payouts", "profit", "commission"),
    [
        (["desk back 10 @ 300"], HOME_WINS, 20, 1),
        (["desk back 10 @ 300"], {HOME: LOST, DRAW: WON, AWAY: LOST}, -10, 0),
        (["desk lay 10 @ 300"], HOME_WINS, -20, 0),
        (["desk lay 10 @ 300"], {HOME: LOST, DRAW: WON, AWAY: LOST}, 10, 0.5),
        (["desk back 10 @ 300", "desk lay 10 @ 280"], HOME_WINS, 2, 0.1),
        (["desk back 10 @ 300"], {HOME: None, DRAW: WON, AWAY: LOST}, 0, 0),
        (["desk back 10 @ 300"], {HOME: Fraction(1, 2), DRAW: Fraction(1, 2), AWAY: LOST}, 5, 0.25),
    ],
)
def test_settlement_pays_the_net_win_less_commission(bets, payouts, profit, commission):
    exchange = odds_exchange()
    for text in bets:
        traded(exchange, text)
    paid_out(exchange, payouts)
    statement = exchange.floor.markets[MARKET].statements["desk"]
    assert statement.profit_micros == profit * MICROS
    assert statement.commission_micros == commission * MICROS
    assert wallet(exchange) == 1_000 + profit - commission
    assert (
        exchange.floor.accounts["desk"].available_micros
        == statement.profit_micros - (statement.commission_micros) + 1_000 * MICROS
    )


def test_in_a_dead_heat_half_of_the_bet_wins_at_full_odds():
    exchange = odds_exchange()
    traded(exchange, "desk back 10 @ 500")
    paid_out(exchange, {HOME: Fraction(1, 2), DRAW: Fraction(1, 2), AWAY: LOST})
    assert exchange.floor.markets[MARKET].statements["desk"].profit_micros == (20 - 5) * MICROS


def test_contracts_pay_one_and_charge_at_the_fill_only():
    exchange = contract_exchange()
    traded(exchange, "desk back 10 @ 5500", YES)
    # 0.07 x 10 x 0.55 x 0.45 = 0.17325, and a balance of whole cents pays 0.18
    assert wallet(exchange) == 999.82
    paid_out(exchange, {YES: WON})
    assert wallet(exchange) == 1_004.32
    assert exchange.floor.markets[MARKET].statements["desk"].commission_micros == 0


def test_a_scalar_result_shares_the_contract():
    exchange = contract_exchange()
    traded(exchange, "desk lay 10 @ 5500", YES)
    paid_out(exchange, {YES: Fraction(3, 10)})
    assert exchange.floor.markets[MARKET].statements["desk"].profit_micros == 2_500_000


def test_results_are_named_for_the_wire():
    exchange = odds_exchange()
    traded(exchange, "desk back 10 @ 300")
    paid_out(exchange, {HOME: WON, DRAW: LOST, AWAY: None})
    assert exchange.floor.markets[MARKET].statements["desk"].results == {
        HOME: Result.WON,
        DRAW: Result.LOST,
        AWAY: Result.VOID,
    }


def test_a_void_gives_the_money_and_the_fee_back():
    exchange = contract_exchange()
    traded(exchange, "desk back 10 @ 5500", YES)
    order = exchange.floor.orders[2]
    void_matches(exchange, MARKET, 1, chosen=lambda match: match.matched_ns >= 0)
    assert (order.matched_micros, order.voided_micros, order.fee_micros) == (0, 10 * MICROS, 0)
    assert wallet(exchange) == 1_000
    assert exchange.floor.accounts["desk"].available_micros == 1_000 * MICROS
    void_matches(exchange, MARKET, 2, chosen=lambda match: True)
    assert order.voided_micros == 10 * MICROS


def test_a_late_part_can_be_void_alone():
    exchange = odds_exchange()
    bet(exchange, "ann lay 10 @ 300", now_ns=1)
    order = bet(exchange, "desk back 4 @ 300", now_ns=1)
    late = bet(exchange, "desk back 6 @ 300", now_ns=9)
    exchange.publish(9)
    heard: list = []
    exchange.listen(lambda batch, _: heard.extend(batch))
    void_matches(exchange, MARKET, 10, chosen=lambda match: match.matched_ns > 5)
    exchange.publish(10)
    assert (order.matched_micros, late.matched_micros) == (4 * MICROS, 0)
    assert OrderVoided("desk", late.number, 2, 6 * MICROS) in heard


def test_a_removal_voids_its_bets_reduces_the_others_and_empties_the_book():
    exchange = odds_exchange()
    traded(exchange, "desk back 10 @ 800", HOME)
    traded(exchange, "desk back 5 @ 400", AWAY)
    bet(exchange, "desk lay 10 @ 202", DRAW, persist=True)
    exchange.publish(0)
    heard: list = []
    exchange.listen(lambda batch, _: heard.extend(batch))
    remove_selection(exchange, MARKET, AWAY, 1, factor_ppm=250_000)
    exchange.publish(1)
    kept, voided = exchange.floor.orders[2], exchange.floor.orders[4]
    assert (kept.claims_micros, voided.voided_micros) == (60 * MICROS, 5 * MICROS)
    assert OrderRepriced("desk", kept.number, 1, 600) in heard
    assert exchange.floor.accounts["desk"].available_micros == 990 * MICROS
    assert book(exchange, DRAW) == "|"
    assert refused(exchange, "desk back 10 @ 250", AWAY) is RejectReason.SELECTION_REMOVED


def test_a_small_factor_reduces_nothing():
    exchange = odds_exchange()
    traded(exchange, "desk back 10 @ 800", HOME)
    exchange.publish(0)
    heard: list = []
    exchange.listen(lambda batch, _: heard.extend(batch))
    remove_selection(exchange, MARKET, AWAY, 1, factor_ppm=24_000)
    exchange.publish(1)
    assert exchange.floor.orders[2].claims_micros == 80 * MICROS
    assert not any(isinstance(notice, OrderRepriced) for notice in heard)


def test_reductions_compound_with_two_places_after_each():
    exchange = odds_exchange()
    traded(exchange, "desk back 10 @ 320", HOME)
    remove_selection(exchange, MARKET, AWAY, 1, factor_ppm=300_100)
    assert exchange.floor.markets[MARKET].matches[0].price == 224
    remove_selection(exchange, MARKET, DRAW, 2, factor_ppm=100_000)
    assert exchange.floor.markets[MARKET].matches[0].price == 202


def test_a_settlement_taken_back_leaves_no_trace_and_can_come_out_differently():
    exchange = odds_exchange()
    traded(exchange, "desk back 10 @ 300")
    paid_out(exchange, HOME_WINS)
    assert wallet(exchange) == 1_019
    unsettle(exchange, MARKET)
    assert wallet(exchange) == 1_000
    assert exchange.floor.accounts["desk"].available_micros == 990 * MICROS
    settle(exchange, MARKET, {HOME: LOST, DRAW: WON, AWAY: LOST}, 5)
    assert wallet(exchange) == 990
    assert exchange.floor.markets[MARKET].statements["desk"].round == 2


def test_a_settled_market_is_not_settled_twice():
    exchange = odds_exchange()
    paid_out(exchange, HOME_WINS)
    with pytest.raises(AssertionError, match="settled already"):
        settle(exchange, MARKET, HOME_WINS, 3)


def test_bets_can_be_settled_to_the_penny_and_the_house_keeps_the_difference():
    exchange = odds_exchange(bet_step_micros=10_000)
    money = wallets(exchange)
    for _ in range(3):
        traded(exchange, "desk back 1.13 @ 106")
    paid_out(exchange, HOME_WINS)
    lines = exchange.floor.markets[MARKET].statements["desk"].lines
    assert [line.profit_micros for line in lines] == [half_up_to(Fraction("0.0678"), 10_000)] * 3
    assert wallets(exchange) == money


bets = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bob", "desk"]),
        st.sampled_from(["back", "lay"]),
        st.integers(100, 3_000),
        st.sampled_from([240, 246, 250, 260]),
        st.sampled_from([HOME, DRAW, AWAY]),
    ),
    max_size=30,
)
payouts = st.sampled_from(
    [
        HOME_WINS,
        {HOME: None, DRAW: WON, AWAY: LOST},
        {HOME: None, DRAW: None, AWAY: None},
        {HOME: Fraction(1, 2), DRAW: Fraction(1, 2), AWAY: LOST},
    ]
)


@given(bets, payouts, st.booleans())
def test_money_is_kept_through_removal_settlement_and_reversal(orders, result, removal):
    exchange = odds_exchange()
    money = wallets(exchange)
    for account, side, cents, price, selection in orders:
        exchange.place(sent(f"{account} {side} {cents / 100} @ {price}", selection), 0)
    if removal:
        remove_selection(exchange, MARKET, AWAY, 1, factor_ppm=123_400)
    paid_out(exchange, result)
    assert wallets(exchange) == money
    assert position_lock_micros(exchange, "desk") == 0
    profits = [s.profit_micros for s in exchange.floor.markets[MARKET].statements.values()]
    assert sum(profits) == 0
    for order in exchange.floor.orders.values():
        assert order.remaining_micros == 0
    before = [account.wallet_micros for account in exchange.floor.accounts.values()]
    unsettle(exchange, MARKET)
    settle(exchange, MARKET, result, 9)
    assert [account.wallet_micros for account in exchange.floor.accounts.values()] == before
    assert exchange.floor.markets[MARKET].status is MarketStatus.CLOSED
