"""What users of other systems asked for of risk, each demand held to by a test named after it."""

import random
from decimal import Decimal
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.breaks import BreakFound
from domain.fees import QuadraticFee
from domain.ids import Currency, EventId, MarketId, OrderRef, SelectionId, VenueMarketId, VenueOrderId
from domain.markets import Result
from domain.messages import (
    BooksChanged,
    BooksDoubted,
    CancelOrder,
    Channel,
    ChannelChanged,
    InstrumentsListed,
    Levels,
    MarketSettled,
    OrderFilled,
    OrderReported,
    PlaceOrder,
    RiskRefused,
    VenueOrder,
    VenueReported,
)
from domain.money import MICROS
from domain.odds import Ladder
from domain.orders import Evidence, Side
from domain.settlement import asian_handicap
from domain.stops import BreakerCause, BreakerReset, BreakerTripped
from domain.terms import BalanceBasis, Terms
from engine.state import State
from risk.compliance import Compliance, ComplianceRules
from risk.exposure import Exposure
from risk.gate import Gate
from risk.verdicts import Approved, RefusalReason
from strategy.base import Wanted
from tests.builders import book, facts, fill, place
from tests.builders import instrument as listed
from tests.demands.trials import Trial
from tests.engine.runs import CONTRACTS, ODDS, ONE, OPENING, STARTED, TWO
from tests.engine.streets import Hand, quote, shown
from tests.risk.builders import PAR, child, instrument, market, order
from tests.risk.test_gate import LIMITS, context
from tests.risk.test_gate import book as open_book
from venues.sim.faults import Danger

GAME = EventId("game")
UNIT = 1_000_000
SECOND_NS = 1_000_000_000


@pytest.fixture
def hand(tmp_path: Path) -> Hand:
    return Hand(tmp_path).opened()


def said(hand: Hand, kind: type[Any]) -> list[Any]:
    return [body for body in hand.records() if isinstance(body, kind)]


# ---- 12: which side is which ----


@given(st.sampled_from(["BACK", "LAY"]), st.integers(1, 500), st.integers(2, 98), st.integers(0, 1))
def test_demand_12_yes_and_no_or_back_and_lay_are_opposites(side: str, size: int, cents: int, outcome: int) -> None:
    """Demand 12: an order and its opposite on the other of two outcomes come to the same results, matched or open."""
    two = market(outcomes=2)
    yes, no = instrument("a", outcome), instrument("b", 1 - outcome)
    contracts = (
        msgspec.structs.replace(yes, terms=_contracts("a", outcome)),
        msgspec.structs.replace(no, terms=_contracts("b", 1 - outcome)),
    )
    other = "LAY" if side == "BACK" else "BACK"
    one_way, other_way = Exposure([two]), Exposure([two])
    for matched in ("0", str(size)):
        one_way.update(None, order(f"{side} {size} @ {cents / 100}c", contracts[0], matched=matched), contracts[0], PAR)
        mirrored = order(f"{other} {size} @ {(100 - cents) / 100:.2f}c", contracts[1], matched=matched)
        other_way.update(None, mirrored, contracts[1], PAR)
        assert one_way.worst_by_outcome_micros(two.id) == other_way.worst_by_outcome_micros(two.id)
        assert one_way.pnl_micros(two.id) == other_way.pnl_micros(two.id)


def _contracts(venue: str, outcome: int) -> Terms:
    return instrument(venue, outcome, QuadraticFee(taker_ppm=0)).terms


THREE = tuple(listed(f"one/match/{name}", outcome=k) for k, name in enumerate(("home", "away", "draw")))


def _books(*texts: str) -> BooksChanged:
    """Whole books of venue one's three outcomes."""
    levels = []
    for on, text in zip(THREE, texts, strict=True):
        seen = book(text, Ladder(on.terms.kind, on.terms.bands))
        levels.append(
            Levels(on.id, seen.levels(to_back=True, depth=9), seen.levels(to_back=False, depth=9), image=True)
        )
    return BooksChanged(ONE, 0, levels)


def test_demand_12_books_that_are_upside_down_are_found_on_each_connect(hand: Hand) -> None:
    """Demand 12: prices of all outcomes add up to one, or nothing is sent in the market until they do."""
    upright = "1.98:50 | 2.02:50", "3.90:50 | 4.10:50", "3.90:50 | 4.10:50"
    inverted = "1.98:50 | 2.02:50", "1.32:50 | 1.34:50", "1.32:50 | 1.34:50"
    hand.tell(InstrumentsListed(ONE, THREE), _books(*upright))
    hand.later(1_100)
    assert said(hand, BreakerTripped) == []
    hand.tell(_books(*inverted))
    hand.later(1_100)
    assert said(hand, BreakerTripped) == [], "once judged, until the lines come up again"
    for up in (False, True):
        hand.tell(ChannelChanged(ONE, Channel.MARKET_DATA, up=up))
    hand.later(100)
    hand.tell(VenueReported(ONE, hand.clock.monotonic_ns(), ()))
    hand.later(1_100)
    (tripped,) = said(hand, BreakerTripped)
    assert (tripped.venue, tripped.cause) == (ONE, BreakerCause.COMPLEMENTS)
    hand.wishes.wanted = Wanted(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=2))
    assert said(hand, PlaceOrder) == []
    hand.tell(_books(*upright))
    hand.later(1_100)
    assert [one.cause for one in said(hand, BreakerReset)] == [BreakerCause.COMPLEMENTS]


def test_demand_12_an_order_that_its_venue_has_the_other_way_round_stops_its_market(hand: Hand) -> None:
    """Demand 12: each connect's round holds the side of what was matched against ours: it comes out."""
    placed = hand.quoting(quote())
    hand.tell(*facts("fill f1 4 at 5", placed.ref))
    for up in (False, True):
        hand.tell(ChannelChanged(ONE, Channel.ORDERS, up=up))
    hand.later(3_000)
    (report,) = facts("report 4 at 5", placed.ref)
    assert isinstance(report, OrderReported)

    def listed_as(side: Side) -> VenueReported:
        told = VenueOrder(placed.ref, VenueOrderId("v1"), ODDS.id, side, placed.price, placed.size_micros, report)
        return VenueReported(ONE, hand.clock.monotonic_ns(), (told,))

    hand.tell(listed_as(Side.LAY))
    assert [(one.kind, one.detail) for one in said(hand, BreakFound)] == [("STATUS", "ours back, theirs lay")]
    assert [one.ref for one in hand.one.told if isinstance(one, CancelOrder)] == [placed.ref]
    prices = hand.street.core.prices
    assert prices.why_book_not_tradable(ODDS, hand.clock.monotonic_ns()) == "order_unproven"
    hand.later(3_000)
    hand.tell(listed_as(Side.BACK))
    assert not hand.state.breaks.standing


# ---- 13: two contracts look the same and are not ----


def test_demand_13_a_rule_text_that_changed_suspends_the_pair() -> None:
    """Demand 13: what was approved as equal is equal by a hash of the rules text; another text trades nothing."""
    approved = msgspec.structs.replace(ODDS, listing=msgspec.structs.replace(ODDS.listing, rules_hash="90min"))
    markets = {one.id: one for one in STARTED.markets}
    compliance = Compliance(ComplianceRules(), markets, {one.id: one for one in STARTED.events})

    def now(rules_hash: str) -> RefusalReason | None:
        terms = msgspec.structs.replace(approved.terms, rules_hash=rules_hash)
        return compliance.forbidden(msgspec.structs.replace(approved, terms=terms))

    assert now("90min") is None
    assert now("with extra time") is RefusalReason.RULES_CHANGED
    assert now("90min") is None


def test_demand_13_a_changed_text_is_refused_on_the_street(hand: Hand) -> None:
    """Demand 13: the venue lists the instrument again by another text: from then on no order goes out on it."""
    reviewed = msgspec.structs.replace(ODDS, listing=msgspec.structs.replace(ODDS.listing, rules_hash="90min"))
    hand.tell(InstrumentsListed(ONE, (reviewed,)))
    changed = msgspec.structs.replace(reviewed, terms=msgspec.structs.replace(ODDS.terms, rules_hash="extra time"))
    hand.tell(InstrumentsListed(ONE, (changed,)))
    hand.wishes.wanted = Wanted(quotes=(quote(),))
    hand.tell(hand.valued(0.5, sequence=3))
    assert said(hand, PlaceOrder) == []
    assert [one.reason for one in said(hand, RiskRefused)] == [RefusalReason.RULES_CHANGED]
    again = msgspec.structs.replace(reviewed, terms=msgspec.structs.replace(ODDS.terms, rules_hash="90min"))
    hand.tell(InstrumentsListed(ONE, (again,)), hand.valued(0.5, sequence=4))
    hand.later(300)
    hand.tell(hand.valued(0.5, sequence=5))
    assert len(said(hand, PlaceOrder)) == 1


# ---- 14: settlement that is neither won nor lost ----


def _settled(*statements: MarketSettled) -> State:
    """Ten backed at 2.00 in full, and what the venue said of the market."""
    state = State(STARTED)
    story = (*OPENING, place("BACK 10 @ 2.00", ref="t-1"), *facts("accept v1; fill f1 10 at 100", ref="t-1"))
    for n, body in enumerate((*story, *statements)):
        state.apply(body, n * 1_000_000)
    return state


def _statement(
    profit: str,
    result: Result | None = Result.WON,
    *,
    parts: tuple[int, int, int] | None = None,
    name: str = "s1",
    commission: int = 0,
) -> MarketSettled:
    """What venue one paid; of a bet that neither won nor lost as a whole, shares won and lost out of how many."""
    home = SelectionId("home")
    return MarketSettled(
        ONE,
        VenueMarketId("match"),
        name,
        int(Decimal(profit) * MICROS),
        commission,
        {} if result is None else {home: result},
        parts=() if parts is None else ((home, *parts),),
    )


def _half_of_a_line(line: str, goal_diff: int) -> tuple[int, int, int]:
    """An Asian line's shares won and lost, of four."""
    found = asian_handicap(line=Fraction(line), goal_diff=Fraction(goal_diff))
    return int(found.won * 4), int(found.lost * 4), 4


@pytest.mark.parametrize(
    ("statement", "profit"),
    [
        (_statement("10"), "10"),
        (_statement("10", commission=200_000), "9.8"),
        (_statement("-10", Result.LOST), "-10"),
        (_statement("0", Result.VOID), "0"),
        (_statement("0", None, parts=(1, 1, 2)), "0"),  # two tied for one place: half of 10 at 2.00 wins, half loses
        (_statement("-3.333334", None, parts=(1, 2, 3)), "-3.333334"),  # three tied: 20 / 3 comes back of 10
        (_statement("-5", None, parts=(0, 1, 2)), "-5"),  # half lost, half given back
        (_statement("5", None, parts=_half_of_a_line("0.25", 0)), "5"),  # a draw: the half on +0.5 wins, 0 gives back
        (_statement("-5", None, parts=_half_of_a_line("-0.25", 0)), "-5"),
        (_statement("0", None, parts=_half_of_a_line("-1", 1)), "0"),
    ],
)
def test_demand_14_every_value_that_a_market_settles_at_is_booked_and_explained(
    statement: MarketSettled, profit: str
) -> None:
    """Demand 14: won, lost, void, a dead heat, a line's half: cash is what the venue paid and our bets come to."""
    state = _settled(statement)
    assert state.ledger.imbalance() == 0
    assert state.ledger.equity_micros(ONE, Currency("GBP"), BalanceBasis.WALLET) == int(
        (500 + Decimal(profit)) * MICROS
    )
    assert state.exposure.worst_loss_micros(EventId("cup")) == 0
    assert state.positions.in_market(MarketId("match")) == []
    assert state.settled[-1].explained
    assert state.ledger.totals("suspense") in ({}, {Currency("GBP"): 0})


def test_demand_14_contracts_that_settle_at_a_value_between_are_booked_and_explained() -> None:
    """Demand 14: a contract that resolves at 0.5 pays half of its dollar: 40 at 40 cents cost 16 and bring 20."""
    state = State(STARTED)
    yes = CONTRACTS.listing
    statement = MarketSettled(TWO, yes.venue_market, "s1", 4 * UNIT, 0, {}, parts=((yes.selection, 1, 1, 2),))
    bought = place("BACK 40 @ 0.40c", on=CONTRACTS.id, ref="t-1")
    matched = OrderFilled(OrderRef("t-1"), fill("f1", "40", price="0.40c"), Evidence.PUSH)
    for n, body in enumerate((*OPENING, bought, *facts("accept v1", ref="t-1"), matched, statement)):
        state.apply(body, n * 1_000_000)
    assert state.settled[-1].explained
    assert state.ledger.imbalance() == 0
    fees = state.positions.position(CONTRACTS.id).fee_micros
    assert state.ledger.equity_micros(TWO, Currency("USD"), BalanceBasis.CASH) == (800 + 4) * UNIT - fees


@pytest.mark.parametrize("wrong", [_statement("1", Result.WON), _statement("0", None, parts=(1, 0, 2))])
def test_demand_14_a_value_that_our_bets_do_not_come_to_is_booked_and_shown(wrong: MarketSettled) -> None:
    """Demand 14: the venue's word moves the cash, and the difference has a name until somebody explains it."""
    state = _settled(wrong)
    assert state.ledger.imbalance() == 0
    assert not state.settled[-1].explained
    assert state.settled[-1].difference_micros == wrong.profit_micros - (10 * UNIT if wrong.results else 5 * UNIT)


def test_demand_14_a_settlement_that_is_taken_back_is_reversed_and_booked_anew() -> None:
    """Demand 14: the same statement twice is one; another one for the same market takes the place of the first."""
    once = _settled(_statement("10"))
    twice = _settled(_statement("10"), _statement("10"))
    assert twice.ledger.balances == once.ledger.balances
    again = _settled(_statement("10"), _statement("-10", Result.LOST, name="s2"))
    assert again.ledger.balances == _settled(_statement("-10", Result.LOST)).ledger.balances
    assert again.settled[-1].corrects == "s1"


# ---- 16: exposure that forgets siblings, and limits that keep the way back closed ----


@settings(max_examples=10)
@given(st.integers(0, 2**32))
def test_demand_16_a_thousand_intents_at_once_never_exceed_a_cap(seed: int) -> None:
    """Demand 16: each is judged with every one before it reserved, pending and batch siblings included."""
    chance = random.Random(seed)
    cap = 500 * UNIT
    exposure = Exposure([market()])
    limits = msgspec.structs.replace(LIMITS, cap_event_micros=cap, cap_order_micros=100 * UNIT, open_orders_max=10_000)
    gate = Gate(limits, exposure)
    places = [(on, open_book(on=on)) for on in (instrument(venue, k) for venue in "abc" for k in range(3))]
    approved = 0
    for _ in range(1_000):
        on, seen = chance.choice(places)
        text = f"{chance.choice(('BACK', 'LAY'))} {chance.randint(1, 60)} @ 2.00"
        verdict = gate.judge(child(text, on), context(instrument=on, book=seen))
        if isinstance(verdict, Approved):
            approved += 1
            exposure.update(None, order(text, on), on, PAR)
        assert exposure.worst_loss_micros(GAME) <= cap
    assert approved
    assert exposure.worst_loss_micros(GAME) > cap - 100 * UNIT, "the cap is not so timid that capital sleeps"


def test_demand_16_siblings_of_one_step_are_judged_with_each_other_reserved(hand: Hand) -> None:
    """Demand 16: three quotes wanted at once, of which the event's cap has room for two."""
    hand.wishes.wanted = Wanted(
        quotes=(quote(204, "40"), quote(206, "40"), quote(208, "40"))  # 50 USD each, and 100 may be lost
    )
    hand.tell(hand.valued(0.5, sequence=2))
    worst = hand.state.exposure.worst_loss_micros(EventId("cup"))
    assert worst <= 100 * UNIT
    assert len(hand.places()) == worst // (50 * UNIT)


def test_demand_16_a_reducing_order_always_passes() -> None:
    """Demand 16: whatever ceiling of ours is reached, the order that leads back under it goes out."""
    exposure = Exposure([market()])
    on = instrument("a", 0)
    exposure.update(None, order("BACK 100 @ 2.00", on, matched="100"), on, PAR)
    tight = {name: 1 for name in LIMITS.__struct_fields__ if name.startswith("cap_") and getattr(LIMITS, name)}
    limits = msgspec.structs.replace(LIMITS, **tight, open_orders_max=1, orders_per_second=1)
    crowded = context(instrument=on, book=open_book(on=on), open_orders=50, sent_ns=(10 * SECOND_NS,) * 9)
    gate = Gate(limits, exposure)
    assert isinstance(gate.judge(child("LAY 50 @ 2.00", on), crowded), Approved)
    assert not isinstance(gate.judge(child("BACK 50 @ 2.00", on), crowded), Approved)


# ---- 20, 21: lines that look alive, books that look right ----


def test_demand_20_a_dead_line_that_looks_connected_is_found_and_replaced(tmp_path: Path) -> None:
    """Demand 20: many lines die one after another, new ones too, while dials are few a minute: all come anew.

    `test_dead_lines` holds each line of each venue to two rounds.
    """
    trial = Trial(tmp_path, speed=20.0, pace=0.3, model_ms=2_000, tick_ms=200, look_again_ms=1_000).run(10)
    trial.strike(Danger.HALF_OPEN, chance=0.05).run(20)
    assert trial.fired, "no line died, so nothing is shown"
    trial.calm().recovered_within(80)
    downs = [one for one in trial.simulation.process.street.core.prices.sessions.values() if not one.proven]
    assert downs == []
    trial.finish()


def test_demand_21_no_quote_comes_from_a_dirty_book(hand: Hand) -> None:
    """Demand 21: a gap makes the book doubtful: what rests is pulled, patches prove nothing, an image ends it."""
    placed = hand.quoting(quote())
    hand.tell(BooksDoubted(ONE, (ODDS.id,), "a message was missed"))
    (pulled,) = [one for one in hand.one.told if isinstance(one, CancelOrder)]
    assert pulled.ref == placed.ref
    hand.tell(*facts(f"cancelled {pulled.request} 10", placed.ref), hand.valued(0.5, sequence=3))
    assert len(hand.places()) == 1
    patch = Levels(ODDS.id, [(hand.street.core.prices.books[ODDS.id].ladder.tick_by_price[198], 5 * UNIT)], [])
    hand.tell(BooksChanged(ONE, 0, [patch]))
    assert not hand.street.core.prices.books[ODDS.id].clean
    hand.later(300)
    hand.tell(shown("1.98:50 | 2.04:50"), hand.valued(0.5, sequence=4))
    assert len(hand.places()) == 2
