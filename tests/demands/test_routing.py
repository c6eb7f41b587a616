"""What users of other systems asked for of routes, plans and quotes, each demand held to by a test named after it."""

from fractions import Fraction
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.fees import NetWinFee
from domain.messages import BooksDoubted, CancelOrder, Fact, OrderFilled, PlaceOrder
from domain.money import MICROS
from domain.net_price import net_price
from domain.odds import CLASSIC, claim_ratio
from domain.operators import CancelsOrdered
from domain.orders import Evidence, Side
from domain.plans import PlanState
from domain.venue_acts import OrderVoided
from oms.pairing import Paired, pair_up
from oms.routes import route_take
from strategy.base import Wanted
from tests.builders import facts
from tests.engine.answering import ALL, LOST, Answered, fill_of
from tests.engine.runs import CONTRACTS, ODDS, ONE, TWO
from tests.engine.streets import Hand, quote, shown
from tests.engine.test_planning import ends, pair, placed, street, want
from tests.oms.places import FREE
from tests.oms.test_pairing import intent, lay, yes
from tests.oms.test_routes import desk, listed, take

EVEN = 30_000
"""Claims that no whole lot evens out, in millionths."""


def followed(hand: Answered) -> int:
    """Claims given at the odds' venue, in base millionths."""
    return -hand.truth.claims(ODDS) * 125 // 100


def leading(folder: Path, *fates: str) -> tuple[Answered, PlaceOrder]:
    """A pair whose first leg is out and unanswered."""
    hand = street(folder, LOST, *(fates or (ALL,)))
    want(hand, pair())
    return hand, next(body for body in hand.records() if isinstance(body, PlaceOrder))


@pytest.mark.parametrize("step", range(5))
def test_demand_5_a_fill_during_cancel_is_hedged_and_leaves_no_naked_leg(tmp_path: Path, step: int) -> None:
    """Demand 5: the hedge follows the fill wherever it falls: before the cancel, while it is on its way, behind it."""
    hand, lead = leading(tmp_path)
    fill = OrderFilled(lead.ref, replace(fill_of(lead, 20 * MICROS), id="late"), Evidence.PUSH)
    hand.tell(*_said(lead, "accept v1"))
    cancel = CancelsOrdered(TWO, "ann", "test", lead.ref)
    gone = _said(lead, f"cancelled c1 {(lead.size_micros - 20 * MICROS) / MICROS}")
    story: list[Fact] = [cancel, *_said(lead, "refused c1"), *_said(lead, "unanswered c1"), *gone]
    hand.tell(*story[:step], fill, *story[step:])
    assert abs(followed(hand) - 20 * MICROS) < EVEN
    hand.pass_time(300)
    assert [end.state for end in ends(hand)] == [PlanState.HEDGED]
    assert any(isinstance(body, CancelOrder) for body in hand.records())


def _said(order: PlaceOrder, text: str) -> list[Fact]:
    return [fact for fact in facts(text, order.ref) if not isinstance(fact, CancelOrder)]


def test_demand_5_a_late_fill_after_the_cancel_was_proven_is_hedged_too(tmp_path: Path) -> None:
    """Demand 5: the plan was over, FLAT; a fill that the venue tells afterwards takes it up again."""
    hand, lead = leading(tmp_path)
    hand.tell(*_said(lead, f"accept v-{lead.ref}; cancelled c1 {lead.size_micros / MICROS}"))
    assert [end.state for end in ends(hand)] == [PlanState.FLAT]
    hand.truth.matched[lead.ref] = lead, 20 * MICROS  # what the venue says when it is asked about it
    hand.tell(OrderFilled(lead.ref, fill_of(lead, 20 * MICROS), Evidence.PUSH))
    hand.pass_time(300)
    assert abs(followed(hand) - 20 * MICROS) < EVEN
    assert [end.state for end in ends(hand)] == [PlanState.FLAT, PlanState.HEDGED]


# --- 12: YES/NO or back/lay inversion ---


@settings(max_examples=60)
@given(
    st.sampled_from(CLASSIC.prices[40:200]),
    st.integers(5, 200),
    st.sampled_from([FREE, NetWinFee(rate_ppm=50_000)]),
    st.sampled_from(list(Side)),
)
def test_demand_12_yes_and_no_or_back_and_lay_are_never_inverted(
    price: int, stake: int, fee: NetWinFee, side: Side
) -> None:
    """Demand 12: a back only ever takes what is offered to back, a lay what is asked for; the complement mirrors it."""
    level = f"{price / 100:.2f}:{stake}"
    back_only, lay_only = listed("a", level, fee), listed("a", "", fee, to_lay=level)
    limit = 10**9 if side is Side.BACK else 0
    routed = [route_take(take(10, side=side, limit_e9=limit), desk(view)).children for view in (back_only, lay_only)]
    assert [bool(children) for children in routed] == [side is Side.BACK, side is Side.LAY]
    for child in (*routed[0], *routed[1]):
        assert (child.side, child.price) == (side, price)
    chance = Fraction(*claim_ratio(ODDS.terms.kind, price))
    paid, brought = (net_price(fee, one, chance) for one in (Side.BACK, Side.LAY))
    mirrored = 1 - net_price(fee, Side.LAY, 1 - chance)
    assert paid == mirrored  # backing a claim is laying its complement, fees included
    assert brought <= chance <= paid


def test_demand_12_the_first_fill_shows_the_side(tmp_path: Path) -> None:
    """Demand 12: a matched back makes us richer if it wins, at odds and in contracts; a matched lay if it loses."""
    hand = street(tmp_path)
    want(hand, pair())
    held = [hand.state.positions.position(one.id) for one in (CONTRACTS, ODDS)]
    assert [(one.if_win_micros > 0 > one.if_lose_micros) for one in held] == [True, False]
    assert [(one.if_lose_micros > 0 > one.if_win_micros) for one in held] == [False, True]


# --- 15: fill correction or bust: hedges re-evaluated ---


def test_demand_15_a_bust_fill_has_its_hedge_looked_at_again(tmp_path: Path) -> None:
    """Demand 15: the venue busts the first leg of a pair that was hedged: the second one is evened out."""
    hand = street(tmp_path)
    want(hand, pair())
    lead = next(body for body in hand.records() if isinstance(body, PlaceOrder))
    assert [end.state for end in ends(hand)] == [PlanState.HEDGED]
    hand.tell(OrderVoided(lead.ref, "bust", "matched", lead.size_micros, Evidence.PULL))
    hand.pass_time(3_000)
    assert [side for side, _ in placed(hand)] == ["back", "lay", "back"]
    assert ends(hand)[-1].state in (PlanState.HEDGED, PlanState.FLAT)
    again = [body for body in hand.records() if isinstance(body, PlaceOrder)][-1]
    evened = hand.truth.claims(ODDS) * 125 // 100 + hand.truth.claims(CONTRACTS) - lead.size_micros
    assert abs(evened) < 2 * EVEN
    assert again.side is Side.BACK


# --- 21: ghost levels after a reconnect ---


@pytest.mark.parametrize("wish", ["quote", "take", "pair"])
def test_demand_21_a_gap_makes_a_book_dirty_and_nothing_is_quoted_taken_or_paired_on_it(
    tmp_path: Path, wish: str
) -> None:
    """Demand 21: from a doubt until the next image no order is made from the book; resting quotes come out."""
    hand = street(tmp_path, ALL)
    want(hand)
    hand.tell(BooksDoubted(ONE, (ODDS.id,), "gap"))
    wishes = {
        "quote": Wanted(quotes=(quote(204),)),
        "take": Wanted(takes=(replace(take(5, limit_e9=900_000_000), market=pair().market),)),
        "pair": Wanted(pairs=(pair(),)),
    }
    hand.wishes.once, hand.wishes.wanted = False, wishes[wish]
    hand.tell(hand.valued(0.5, sequence=3))
    on_it = [body for body in hand.records() if isinstance(body, PlaceOrder) and body.instrument == ODDS.id]
    assert on_it == []


def test_demand_21_a_quote_on_a_book_that_became_dirty_is_pulled(tmp_path: Path) -> None:
    """Demand 21: the order that rests there is cancelled in the same step, and placed again behind a new image."""
    hand = Hand(tmp_path).opened()
    first = hand.quoting(quote())
    hand.tell(BooksDoubted(ONE, (ODDS.id,), "gap"))
    assert [command.ref for command in hand.one.told if isinstance(command, CancelOrder)] == [first.ref]
    hand.tell(*_said(first, "cancelled c1 10"))
    assert len(hand.places()) == 1
    hand.later(300)
    hand.tell(shown("1.98:50 | 2.04:50"))
    assert len(hand.places()) == 2


# --- 37, which plans answer; 36 is every death in `tests/engine/test_planning.py` ---


@settings(max_examples=40)
@given(st.integers(150, 190), st.integers(1, 60), st.sampled_from(["100", "37", "61"]))
def test_demand_37_equal_money_is_not_equal_shares(price: int, claims: int, share: str) -> None:
    """Demand 37: legs are matched by what they pay, to whole lots, and the residue is said."""
    found = pair_up(
        intent(claims, profit_min_micros=-(10**9), lay_limit_e9=1), yes(), lay(f"{price / 100:.2f}:{share}")
    )
    if isinstance(found, Paired):
        first, second = found.legs
        assert abs(first.claims_micros - second.claims_micros) <= max(MICROS, found.residue_micros)
