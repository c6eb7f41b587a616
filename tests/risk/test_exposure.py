"""Worst loss against the slow judge: every subset of fills, every set of winners, every selection voided alone."""

import itertools
from fractions import Fraction
from math import ceil, floor

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.claims import claims_and_cost_micros
from domain.fees import (
    FeeTerms,
    NetWinFee,
    ProfitOrLesserFee,
    QuadraticFee,
    VolumeFee,
    fee_reserve_micros,
    net_result_micros,
)
from domain.ids import EventId, MarketId, VenueMarketId, VenueName
from domain.markets import Instrument, Market, Result
from domain.money import FX_SCALE
from domain.orders import Order, Side
from risk.collateral import tied_micros
from risk.exposure import FILLS_MAX, Exposure, Position
from tests.risk.builders import FREE, PAR, child, instrument, market, order, taking

GAME = EventId("game")
MATCH = MarketId("match")
UNIT = 1_000_000
Bet = tuple[Order, Instrument, int]


def exposure_of(bets: list[Bet], *markets: Market) -> Exposure:
    exposure = Exposure(markets or [market()])
    for bet, on, rate in bets:
        exposure.update(None, bet, on, rate)
    return exposure


# --- the slow judge ---


WON, LOST, VOIDED = range(3)


def bet_results(side: Side, claims: int, cost: int, fee: int) -> tuple[int, int, int]:
    sign = 1 if side is Side.BACK else -1
    return sign * (claims - cost) - fee, -sign * cost - fee, -fee


def matched_and_open(bet: Bet) -> tuple[tuple[int, int, int], tuple[int, int, int]]:
    placed, on, _ = bet
    terms, rest = on.terms, placed.exposed_micros
    claims, cost = claims_and_cost_micros(terms.kind, placed.price, rest)
    fills = min(FILLS_MAX, ceil(Fraction(rest, terms.lot_micros)))
    fee = fee_reserve_micros(terms.fee, claims_micros=claims, cost_micros=cost, fills_max=fills) if rest else 0
    return (
        bet_results(placed.side, placed.claims_micros, placed.cost_micros, placed.fee_micros),
        bet_results(placed.side, claims, cost, fee),
    )


def net_in_base(fee: object, gross: int, rate_e8: int) -> int:
    taken = ceil(gross * Fraction(fee.rate_ppm, UNIT)) if isinstance(fee, NetWinFee) and gross > 0 else 0
    return floor(Fraction((gross - taken) * rate_e8, FX_SCALE))


def judged_loss(bets: list[Bet], asked: Market) -> int:
    """The plain definition: every set of winners, with every set of what may be voided, with every set of fills.

    Commission in coins of a millionth, as the venues of these tests charge it; fees of fills stay paid.
    """
    results = [matched_and_open(bet) for bet in bets]
    sites = {(on.listing.venue, on.listing.venue_market): (on.terms.fee, rate) for _, on, rate in bets}
    may_void = {on.id for _, on, _ in bets if on.listing.venue in asked.void_alone}
    worst = 0
    for winners in itertools.combinations(range(len(asked.outcomes)), asked.winners):
        for voided in subsets(sorted(may_void)):
            for filled in itertools.product((False, True), repeat=len(bets)):
                gross = dict.fromkeys(sites, 0)
                for (_, on, _), (matched, open_), fills in zip(bets, results, filled, strict=True):
                    ended = VOIDED if on.id in voided else WON if on.listing.outcome in winners else LOST
                    gross[on.listing.venue, on.listing.venue_market] += matched[ended] + fills * open_[ended]
                net = sum(net_in_base(*_fee_and(sites[site], amount)) for site, amount in gross.items())
                worst = min(worst, net)
    return -worst


def _fee_and(site: tuple[object, int], gross: int) -> tuple[object, int, int]:
    return site[0], gross, site[1]


def subsets(names: list) -> list[tuple]:
    return [chosen for size in range(len(names) + 1) for chosen in itertools.combinations(names, size)]


VENUES: tuple[tuple[str, FeeTerms, int], ...] = (
    ("a", NetWinFee(rate_ppm=50_000, step_micros=1), 125_000_000),
    ("b", NetWinFee(rate_ppm=20_000, step_micros=1), 110_000_001),
    ("c", QuadraticFee(taker_ppm=70_000), PAR),
)


@st.composite
def bets_on(draw: st.DrawFn, outcomes: int, venues: int, most: int) -> list[Bet]:
    bets = []
    for _ in range(draw(st.integers(1, most))):
        name, fee, rate = draw(st.sampled_from(VENUES[:venues]))
        contracts = isinstance(fee, QuadraticFee)
        on = instrument(name, draw(st.integers(0, outcomes - 1)), fee, own=contracts)
        side = draw(st.sampled_from(["BACK", "LAY"]))
        size = draw(st.integers(1, 300))
        matched = draw(st.sampled_from([0, 0, size, size // 2]))
        price = (
            f"0.{draw(st.integers(1, 99)):02}c" if contracts else draw(st.sampled_from(["1.01", "1.9", "3.5", "40"]))
        )
        bets.append((order(f"{side} {size} @ {price}", on, matched=str(matched)), on, rate))
    return bets


@settings(max_examples=300)
@given(st.data())
def test_the_worst_loss_of_one_winner_is_the_minimum_over_fills_and_outcomes(data: st.DataObject) -> None:
    outcomes = data.draw(st.integers(2, 3))
    asked = market(outcomes=outcomes)
    bets = data.draw(bets_on(outcomes, 3, 6))
    assert exposure_of(bets, asked).worst_loss_micros(GAME) == judged_loss(bets, asked)


VOIDING = ((VenueName("a"),), (VenueName("c"),), (VenueName("a"), VenueName("c")))


@settings(max_examples=200)
@given(st.data())
def test_a_selection_voided_alone_is_one_more_branch(data: st.DataObject) -> None:
    asked = market(void_alone=data.draw(st.sampled_from(VOIDING)))
    bets = data.draw(bets_on(3, 3, 4))
    assert exposure_of(bets, asked).worst_loss_micros(GAME) == judged_loss(bets, asked)


@settings(max_examples=150)
@given(st.data())
def test_several_winners_at_one_venue_are_exact(data: st.DataObject) -> None:
    outcomes = data.draw(st.integers(3, 4))
    asked = market(outcomes=outcomes, winners=data.draw(st.integers(2, outcomes - 1)))
    bets = data.draw(bets_on(outcomes, 1, 5))
    assert exposure_of(bets, asked).worst_loss_micros(GAME) == judged_loss(bets, asked)


@settings(max_examples=150)
@given(st.data())
def test_several_winners_at_several_venues_are_exact_to_the_last_coin_of_each(data: st.DataObject) -> None:
    alone = data.draw(st.sampled_from(((), *VOIDING)))
    asked = market(outcomes=4, winners=data.draw(st.integers(2, 3)), void_alone=alone)
    bets = data.draw(bets_on(4, 3, 4 if alone else 5))
    found = exposure_of(bets, asked).worst_loss_micros(GAME)
    truth = judged_loss(bets, asked)
    assert truth <= found <= truth + 2 * len(VENUES) + len(bets)
    apart = [judged_loss([bet for bet in bets if bet[1].listing.venue == name], asked) for name, _, _ in VENUES]
    assert found <= sum(apart) + 2 * len(VENUES) + len(bets)


@settings(max_examples=150)
@given(st.data())
def test_what_is_kept_up_is_what_would_be_counted_afresh(data: st.DataObject) -> None:
    asked = market(void_alone=data.draw(st.sampled_from(((), *VOIDING))))
    before = data.draw(bets_on(3, 3, 6))
    kept = exposure_of(before, asked)
    after = []
    for bet, on, rate in before:
        filled = data.draw(st.sampled_from([0, bet.size_micros]))
        claims, cost = claims_and_cost_micros(on.terms.kind, bet.price, filled)
        became = msgspec.structs.replace(
            bet,
            matched_micros=filled,
            claims_micros=claims,
            cost_micros=cost,
            fee_micros=data.draw(st.sampled_from([0, 3_000])),
            cancelled_micros=0 if filled else data.draw(st.sampled_from([0, bet.size_micros // 2])),
            cancel_pending=data.draw(st.booleans()),
            rejected=not filled and data.draw(st.booleans()),
        )
        kept.update(bet, became, on, rate)
        after.append((became, on, rate))
    fresh = exposure_of(after, asked)
    assert kept.worst_by_outcome_micros(MATCH) == fresh.worst_by_outcome_micros(MATCH)
    assert kept.worst_loss_micros(GAME) == fresh.worst_loss_micros(GAME) == kept.total_loss_micros
    for bet, on, rate in after:
        kept.update(bet, None, on, rate)
    assert kept.worst_by_outcome_micros(MATCH) == (0, 0, 0)


def test_to_ask_about_a_venue_where_nothing_is_bet_costs_none_of_its_coins() -> None:
    asked = market(outcomes=4, winners=2)
    here, beside, there = (instrument(name, 0, taking("5")) for name in "abc")
    exposure = Exposure([asked])
    resting = order("BACK 10 @ 3.5", here, matched="10")
    exposure.update(None, resting, here, PAR)
    exposure.update(None, order("LAY 10 @ 3.5", beside, matched="10"), beside, PAR)
    before = exposure.worst_loss_micros(GAME)
    exposure.trial(child("BACK 5 @ 2", there), there, PAR)
    exposure.update(resting, resting, here, PAR)
    assert exposure.worst_loss_micros(GAME) == before


@settings(max_examples=150)
@given(st.data())
def test_a_trial_says_what_the_placement_will_do_and_changes_nothing(data: st.DataObject) -> None:
    winners = data.draw(st.integers(1, 2))
    asked = market(winners=winners, void_alone=data.draw(st.sampled_from(((), *VOIDING))))
    exposure = exposure_of(data.draw(bets_on(3, 3, 5)), asked)
    name, fee, rate = data.draw(st.sampled_from(VENUES))
    contracts = isinstance(fee, QuadraticFee)
    on = instrument(name, data.draw(st.integers(0, 2)), fee, own=contracts)
    text = f"{data.draw(st.sampled_from(['BACK', 'LAY']))} 70 @ {'0.35c' if contracts else '3.5'}"
    before = exposure.worst_loss_micros(GAME), exposure.worst_by_outcome_micros(MATCH)
    trial = exposure.trial(child(text, on), on, rate)
    assert (exposure.worst_loss_micros(GAME), exposure.worst_by_outcome_micros(MATCH)) == before
    assert trial.before_micros == before[0]
    exposure.update(None, order(text, on), on, rate)
    assert trial.event_micros == exposure.worst_loss_micros(GAME)
    assert trial.total_micros == exposure.total_loss_micros
    assert trial.market_micros == exposure.market_loss_micros(MATCH)


# --- pictures ---


def on_site(name: str, *texts: str, fee=FREE, outcome: int = 0, **more) -> list[Bet]:
    on = instrument(name, outcome, fee)
    return [(order(text, on, **more), on, PAR) for text in texts]


def test_open_orders_count_only_where_they_hurt() -> None:
    bets = [
        *on_site("a", "BACK 100 @ 2.5", matched="100"),
        *on_site("a", "LAY 50 @ 4", outcome=1, matched="50"),
        *on_site("a", "BACK 20 @ 6", outcome=2),
        *on_site("a", "LAY 30 @ 2.4"),
    ]
    exposure = exposure_of(bets)
    assert exposure.pnl_micros(MATCH) == (200 * UNIT, -250 * UNIT, -50 * UNIT)
    assert exposure.worst_by_outcome_micros(MATCH) == (138 * UNIT, -270 * UNIT, -50 * UNIT)
    assert exposure.worst_loss_micros(GAME) == 270 * UNIT


def test_the_result_of_what_is_matched_follows_every_match_its_end_and_its_market() -> None:
    [(quote, on, rate)] = on_site("a", "BACK 100 @ 2.5")
    matched, annulled = (
        order("BACK 100 @ 2.5", on, matched="100"),
        order("BACK 100 @ 2.5", on, voided_micros=100 * UNIT),
    )
    exposure = exposure_of([(quote, on, rate)])
    assert exposure.pnl_micros(MATCH) == (0, 0, 0)
    exposure.update(quote, matched, on, rate)
    assert exposure.pnl_micros(MATCH) == (150 * UNIT, -100 * UNIT, -100 * UNIT)
    exposure.update(None, quote, on, 2 * rate)
    assert exposure.pnl_micros(MATCH) == (300 * UNIT, -200 * UNIT, -200 * UNIT)
    exposure.update(matched, annulled, on, 2 * rate)
    assert exposure.pnl_micros(MATCH) == (0, 0, 0)
    exposure.update(annulled, matched, on, rate)
    assert exposure.pnl_micros(MATCH)[0] == 150 * UNIT
    exposure.settle(on.listing.venue, on.listing.venue_market, {on.listing.selection: Result.VOID})
    assert exposure.pnl_micros(MATCH) == (0, 0, 0)


def test_a_hedge_at_another_venue_can_lose_the_commission() -> None:
    back = on_site("a", "BACK 100 @ 2", fee=taking("5"), matched="100")
    lay = on_site("b", "LAY 100 @ 2", fee=taking("2"), matched="100")
    assert exposure_of(back + lay).worst_loss_micros(GAME) == 5 * UNIT


@pytest.mark.parametrize(
    ("state", "counts"),
    [
        ({}, True),
        ({"unknown": True}, True),
        ({"acked": True, "cancel_pending": True}, True),
        ({"suspect": True}, True),
        ({"cancelled_micros": 4 * UNIT}, True),
        ({"cancelled_micros": 10 * UNIT}, False),
        ({"lapsed_micros": 10 * UNIT}, False),
        ({"rejected": True}, False),
    ],
)
def test_an_order_counts_until_its_end_is_proven(state: dict, counts: bool) -> None:
    exposure = exposure_of(on_site("a", "BACK 10 @ 3", **state))
    left = 10 * UNIT - state.get("cancelled_micros", 0)
    assert exposure.worst_loss_micros(GAME) == (left if counts else 0)


def test_base_is_rounded_against_us() -> None:
    on = instrument("a", 0)
    exposure = exposure_of([(order("BACK 0.000001 @ 2", on), on, 100_000_001)])
    assert exposure.worst_loss_micros(GAME) == 2


def test_a_market_that_cannot_lose_is_no_credit_for_another() -> None:
    sure, other = market("sure", 2), market("other", 2)
    won = [
        (order("BACK 10 @ 3", on, matched="10"), on, PAR)
        for on in (instrument("a", 0, market="sure"), instrument("a", 1, market="sure"))
    ]
    on = instrument("a", 0, market="other")
    exposure = exposure_of([*won, (order("BACK 7 @ 2", on), on, PAR)], sure, other)
    assert exposure.pnl_micros(MarketId("sure")) == (10 * UNIT, 10 * UNIT)
    assert exposure.worst_loss_micros(GAME) == exposure.total_loss_micros == 7 * UNIT


def test_no_commission_is_booked_above_what_is_counted() -> None:
    fee = taking("5")
    for cents in range(1, 400):
        stake = f"{cents / 100:.2f}"
        won = exposure_of(on_site("a", f"BACK {stake} @ 2", fee=fee, matched=stake)).pnl_micros(MATCH)[0]
        assert won <= net_result_micros(fee, cents * 10_000) <= won + fee.step_micros


def test_several_winners_pay_commission_at_each_venue() -> None:
    """Any two of three winners: 100 won at one venue for sure, 100 lost at the other."""
    fee = taking("5")
    won = [bet for k in range(3) for bet in on_site("a", "BACK 100 @ 2", fee=fee, outcome=k, matched="100")]
    lost = [bet for k in range(3) for bet in on_site("b", "LAY 100 @ 2", fee=fee, outcome=k, matched="100")]
    assert exposure_of(won + lost, market(winners=2)).worst_loss_micros(GAME) == 5 * UNIT


def test_several_winners_need_money_for_their_worst_set() -> None:
    on = instrument("a", 0)
    bets = on_site("a", "LAY 10 @ 3", outcome=1, matched="10") + on_site("a", "LAY 10 @ 2", outcome=2, matched="10")
    trial = exposure_of(bets, market(winners=2)).trial(child("LAY 20 @ 4", on), on, PAR)
    assert trial.need_micros == 40 * UNIT


def test_a_new_rate_values_the_venues_bets_anew() -> None:
    (first, on, _), (second, _, _) = on_site("a", "BACK 10 @ 2", "BACK 10 @ 2")
    exposure = exposure_of([(first, on, PAR)])
    exposure.update(None, second, on, 2 * PAR)
    assert exposure.worst_loss_micros(GAME) == 40 * UNIT


@pytest.mark.parametrize(
    ("fee", "side", "loss"),
    [
        (QuadraticFee(taker_ppm=70_000), "BACK 10 @ 0.50c", 5_000_000 + 180_000 + 10_000 + 1_000),
        (QuadraticFee(taker_ppm=70_000), "LAY 10 @ 0.20c", 8_000_000 + 120_000 + 10_000 + 1_000),
        (VolumeFee(taker_ppm=10_000), "BACK 10 @ 3", 10_000_000 + 100_000 + 100),
        (ProfitOrLesserFee(rate_ppm=10_000), "BACK 10 @ 3", 10_000_000 + 100_000),
        (ProfitOrLesserFee(rate_ppm=10_000), "LAY 10 @ 3", 20_000_000 + 100_000),
    ],
)
def test_fees_that_a_fill_will_bring_are_reserved(fee, side: str, loss: int) -> None:
    on = instrument("a", 0, fee)
    exposure = exposure_of([(order(side, on), on, PAR)])
    assert exposure.worst_loss_micros(GAME) == loss


def test_fees_of_fills_known_only_in_sum_are_reserved() -> None:
    on = instrument("a", 0, QuadraticFee(taker_ppm=70_000))
    known = order("BACK 10 @ 0.50c", on, matched="10", fee_micros=175_000)
    only_sum = order("BACK 10 @ 0.50c", on, matched="10", unattributed_micros=10 * UNIT)
    assert exposure_of([(known, on, PAR)]).worst_loss_micros(GAME) == 5_175_000
    assert exposure_of([(only_sum, on, PAR)]).worst_loss_micros(GAME) > 5_175_000


def settled(exposure: Exposure, venue: str, *results: Result) -> None:
    selections = {instrument(venue, k).listing.selection: result for k, result in enumerate(results)}
    exposure.settle(VenueName(venue), VenueMarketId("match"), selections)


def test_a_hedge_stays_a_hedge_until_both_venues_have_settled() -> None:
    exposure = exposure_of(on_site("a", "BACK 100 @ 2", matched="100") + on_site("b", "LAY 100 @ 2", matched="100"))
    settled(exposure, "a", Result.WON, Result.LOST, Result.LOST)
    assert exposure.worst_loss_micros(GAME) == 0
    settled(exposure, "b", Result.WON, Result.LOST, Result.LOST)
    assert exposure.worst_by_outcome_micros(MATCH) == (0, 0, 0)
    assert exposure.total_loss_micros == 0


def test_a_leg_that_one_venue_voids_leaves_the_other_naked() -> None:
    exposure = exposure_of(on_site("a", "BACK 100 @ 2", matched="100") + on_site("b", "LAY 100 @ 2", matched="100"))
    settled(exposure, "b", Result.VOID, Result.LOST, Result.LOST)
    assert exposure.worst_loss_micros(GAME) == 100 * UNIT
    unused = instrument("c", 0)
    exposure.trial(child("BACK 1 @ 2", unused), unused, PAR)
    settled(exposure, "a", Result.LOST, Result.WON, Result.LOST)
    assert exposure.worst_loss_micros(GAME) == 0


@pytest.mark.parametrize(("here", "there"), [("BACK", "LAY"), ("LAY", "BACK")])
def test_a_venue_that_may_void_alone_may_keep_what_would_pay_the_other(here: str, there: str) -> None:
    """A player retires: one venue gives the stakes back, the other settles him as beaten and his opponent as winner."""
    bets = on_site("a", f"{here} 100 @ 2", matched="100") + on_site("b", f"{there} 100 @ 2", matched="100")
    assert exposure_of(bets).worst_loss_micros(GAME) == 0
    assert exposure_of(bets, market(outcomes=2, void_alone=(VenueName("a"),))).worst_loss_micros(GAME) == 100 * UNIT


def test_a_venue_holds_no_money_for_a_void_of_its_own() -> None:
    asked = market(outcomes=2, void_alone=(VenueName("a"),))
    exposure = exposure_of(on_site("a", "BACK 100 @ 2", matched="100"), asked)
    other = instrument("a", 1)
    trial = exposure.trial(child("BACK 100 @ 2", other), other, PAR)
    assert trial.need_micros == 0
    assert trial.event_micros == 100 * UNIT
    exposure.update(None, order("BACK 100 @ 2", other, matched="100"), other, PAR)
    assert tied_micros(exposure, other.listing) == 0


def test_what_a_venue_has_settled_it_cannot_void_any_more() -> None:
    asked = market(void_alone=(VenueName("b"),))
    bets = on_site("a", "BACK 100 @ 2", matched="100") + on_site("b", "LAY 100 @ 2", matched="100")
    exposure = exposure_of(bets, asked)
    assert exposure.worst_loss_micros(GAME) == 100 * UNIT
    settled(exposure, "b", Result.LOST, Result.WON, Result.LOST)
    assert exposure.worst_loss_micros(GAME) == 0


def test_a_settlement_of_another_market_changes_nothing() -> None:
    exposure = exposure_of(on_site("a", "BACK 10 @ 2", matched="10"))
    settled(exposure, "b", Result.LOST, Result.WON, Result.LOST)
    exposure.settle(VenueName("a"), VenueMarketId("other"), {})
    assert exposure.total_loss_micros == 10 * UNIT


def test_two_markets_of_ours_in_one_venue_market_are_kept_apart() -> None:
    first, second = instrument("a", 0, market="match"), instrument("a", 0, market="side")
    same = msgspec.structs.replace(second.listing, venue_market=first.listing.venue_market)
    second = msgspec.structs.replace(second, listing=same)
    bets = [(order("BACK 10 @ 2", first), first, PAR), (order("BACK 5 @ 2", second), second, PAR)]
    exposure = exposure_of(bets, market(), market("side", 2))
    assert exposure.market_loss_micros(MATCH) == 10 * UNIT
    assert exposure.market_loss_micros(MarketId("side")) == 5 * UNIT


def test_gross_results_of_a_venue_market_are_seen_from_the_next_bets_worse_side() -> None:
    exposure = exposure_of(
        on_site("a", "BACK 10 @ 3", matched="10")
        + on_site("a", "BACK 5 @ 5", outcome=1, matched="5")
        + on_site("a", "LAY 100 @ 2", outcome=2)
        + on_site("b", "LAY 99 @ 2", matched="99")
    )
    listing = instrument("a", 0).listing
    assert exposure.venue_pnl(listing, Side.BACK) == (15 * UNIT, -15 * UNIT)
    assert exposure.venue_pnl(listing, Side.LAY) == (15 * UNIT, 10 * UNIT)
    assert exposure.venue_pnl(instrument("a", 1).listing, Side.LAY) == (10 * UNIT, 15 * UNIT)
    assert exposure.venue_pnl(instrument("nowhere", 0).listing, Side.LAY) == (0, 0)


def test_a_position_tells_matched_from_open() -> None:
    on = instrument("a", 0)
    exposure = exposure_of(on_site("a", "BACK 10 @ 3", "LAY 20 @ 2", matched="4"))
    assert exposure.position(on.id) == Position(4 * 3 * UNIT - 4 * 2 * UNIT, 6 * 3 * UNIT, 16 * 2 * UNIT)
    assert exposure.position(instrument("a", 1).id) == Position(0, 0, 0)


def test_a_venue_needs_money_only_for_what_its_own_market_can_lose_more() -> None:
    on, other = instrument("a", 0), instrument("b", 0)
    exposure = exposure_of(on_site("a", "BACK 10 @ 3", matched="10"))
    assert exposure.trial(child("LAY 10 @ 3", on), on, PAR).need_micros == 0
    assert exposure.trial(child("LAY 30 @ 3", on), on, PAR).need_micros == 30 * UNIT
    elsewhere = exposure.trial(child("LAY 10 @ 3", other), other, PAR)
    assert elsewhere.reducing
    assert elsewhere.need_micros == 20 * UNIT


def test_a_venue_needs_no_money_for_what_its_market_has_won_already() -> None:
    """Back 100 at 3, lay 150 at 2: 50 are won whatever happens, and may be lost again. A contract has to be paid."""
    on = instrument("a", 0)
    exposure = exposure_of(on_site("a", "BACK 100 @ 3", matched="100") + on_site("a", "LAY 150 @ 2", matched="150"))
    assert exposure.trial(child("BACK 50 @ 2", on), on, PAR).need_micros == 0
    assert exposure.trial(child("BACK 70 @ 2", on), on, PAR).need_micros == 20 * UNIT
    paid = QuadraticFee(taker_ppm=0)
    bought, sold = (on_site("a", text, fee=paid, matched="100") for text in ("BACK 100 @ 0.40c", "LAY 100 @ 0.60c"))
    contract = bought[0][1]
    trial = exposure_of(bought + sold).trial(child("BACK 20 @ 0.50c", contract), contract, PAR)
    assert trial.need_micros >= 10 * UNIT


def test_an_order_that_only_gives_profit_back_does_not_raise_the_worst_loss() -> None:
    on = instrument("a", 0)
    exposure = exposure_of(on_site("a", "BACK 10 @ 3", matched="10"))
    assert exposure.trial(child("LAY 10 @ 3", on), on, PAR).reducing
    assert exposure.worst_loss_filled(child("LAY 5 @ 3", on), on, PAR) == 5 * UNIT
    assert exposure.worst_loss_filled(child("LAY 20 @ 3", on), on, PAR) == 20 * UNIT
    assert not exposure.trial(child("LAY 30 @ 3", on), on, PAR).reducing
    assert not exposure.trial(child("BACK 1 @ 3", on), on, PAR).reducing
