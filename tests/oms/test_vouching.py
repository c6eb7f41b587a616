"""A person's word about an order: what it settles, what cannot be true of it, and what it gives way to."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from domain.messages import OrderReported
from domain.money import MICROS, format_micros
from domain.odds import PriceKind
from domain.orders import Evidence, Order, Side, TimeInForce
from domain.vouching import OrderVouched
from oms.order_states import agrees, apply, asks, is_open, settle, state_of
from oms.vouching import misfit, price_misfit, priced, says_nothing_new
from tests.builders import bet, facts
from tests.oms.matrix import STATES, after, sizes, standing
from tests.oms.test_amending import Desk


def word(text: str) -> OrderVouched:
    (fact,) = facts(text)
    assert isinstance(fact, OrderVouched)
    return fact


def stated(text: str) -> OrderReported:
    """A cleared statement's row of the order."""
    (fact,) = facts(text)
    assert isinstance(fact, OrderReported)
    return replace(fact, evidence=Evidence.STATEMENT)


def picture(order: Order) -> str:
    flags = [name for name in ("unknown", "missing", "rejected", "suspect", "disputed") if getattr(order, name)]
    return " ".join([state_of(order), sizes(order), *flags])


# ---- what it settles ----

SETTLES = {
    "timeout; vouched gone": "CANCELLED 0/10/0/0 missing",
    "timeout; vouched 10": "FILLED 10/0/0/0",
    "timeout; vouched 4 cancelled 6": "CLOSED_PARTIAL 4/6/0/0",
    "timeout; vouched 4 cancelled 1 lapsed 2 voided 3": "CLOSED_PARTIAL 4/1/2/3",
    "timeout; vouched 0 lapsed 10": "LAPSED 0/0/10/0",
    "timeout; vouched 0 voided 10": "VOIDED 0/0/0/10",
    "timeout; vouched 0 remaining 10": "OPEN 0/0/0/0",
    "timeout; vouched 4 remaining 6": "PARTIALLY_FILLED 4/0/0/0",
    "reject; vouched 10": "FILLED 10/0/0/0",
    "fill f1 4; vouched gone": "CLOSED_PARTIAL 4/6/0/0",
    "accept; reject; vouched gone": "CANCELLED 0/10/0/0",
    "accept; reject; vouched 0 remaining 10": "OPEN 0/0/0/0",
    "report 6 at 50; report 4 at 60; vouched 6 cancelled 4": "CLOSED_PARTIAL 6/4/0/0",
    "report 6 at 50; report 4 at 60; vouched 4 voided 2 cancelled 4": "CLOSED_PARTIAL 4/4/0/2",
    "fill f1 11; vouched kept": "FILLED 11/0/0/0",
    "fill f1 11; vouched voided": "FILLED 10/0/0/1",
    "fill f1 10; voided v0 matched 10; fill f2 3; vouched voided": "VOIDED 0/0/0/13",
    "accept; amend a1 12 @ 2.10; vouched 12": "FILLED 12/0/0/0",
    "accept; amend a1 12 @ 2.10; vouched 4 cancelled 6": "CLOSED_PARTIAL 4/6/0/0",
    "timeout; vouched 4 cancelled 6; vouched 0 cancelled 10": "CANCELLED 0/10/0/0",
    "timeout; vouched gone; vouched 4 cancelled 6": "CLOSED_PARTIAL 4/6/0/0",
}


@pytest.mark.parametrize(("story", "end"), SETTLES.items())
def test_a_word_ends_every_doubt_and_says_of_every_part_what_became_of_it(story: str, end: str) -> None:
    order = after(story)
    assert picture(order) == end
    assert order.amend is None
    assert apply(order, word(story.rpartition("; ")[2])) == order, "said twice"


def test_a_word_asks_nothing_of_the_venue() -> None:
    before = after("accept; reject")
    said = word("vouched gone")
    assert not asks(before, apply(before, said), said)


def test_what_is_matched_by_a_word_costs_what_the_person_says_until_the_venue_s_own_matches_cover_it() -> None:
    said = priced(replace(word("vouched 4 cancelled 6"), price_micros=2_020_000), PriceKind.ODDS)
    order = apply(after("timeout"), said)
    assert (order.claims_micros, order.cost_micros, order.unattributed_micros) == (8_080_000, 4_000_000, 4_000_000)
    order = after("fill f1 3", order)
    assert (order.claims_micros, order.unattributed_micros, order.suspect) == (8_080_000, 1_000_000, False)
    order = after("fill f2 1", order)
    assert (order.claims_micros, order.unattributed_micros, order.suspect) == (8_000_000, 0, False)


@pytest.mark.parametrize(
    ("kind", "price", "claims", "cost"),
    [
        (PriceKind.ODDS, 2_020_000, 8_080_000, 4_000_000),
        (PriceKind.ODDS, 2_333_333, 9_333_332, 4_000_000),
        (PriceKind.CONTRACT, 550_000, 4_000_000, 2_200_000),
        (PriceKind.LINE, 0, 8_000_000, 4_000_000),
    ],
)
def test_a_price_is_in_the_units_of_the_order(kind: PriceKind, price: int, claims: int, cost: int) -> None:
    said = priced(replace(word("vouched 4 cancelled 6"), price_micros=price, claims_micros=0, cost_micros=0), kind)
    assert (said.claims_micros, said.cost_micros) == (claims, cost)
    assert not price_misfit(said, kind)


# ---- what cannot be true ----

MISFITS = {
    "accept; vouched 4 cancelled 5": "matched = 4.00, cancelled = 5.00: 9.00 in all, but the order is for 10.00; say",
    "accept; vouched 0": "nothing: 0.00 in all, but the order is for 10.00",
    "fill f1 5; vouched 4 cancelled 6": "matched = 4.00: 5.00 is known to be matched; of that only what was annulled",
    "fill f1 5; voided v1 matched 2; vouched 5 cancelled 5": "voided = 0.00: 2.00 is known to be voided",
    "cancelled c1 6; vouched 4 remaining 6": "remaining = 6.00: by the venue's word no more than 4.00 rests",
    "fill f1 11; vouched gone": "finding = 'gone': 1.00 more was matched than ordered; tell whether that is kept or",
    "fill f1 11; vouched 10": "finding = 'figures': 1.00 more was matched than ordered",
    "accept; vouched kept": "finding = 'kept': no more was matched than was ordered",
    "accept; vouched voided": "finding = 'voided': no more was matched than was ordered",
    "reject; vouched gone": "finding = 'gone': the venue rejected it",
    "accept; amend a1 12 @ 2.10; vouched 11": "the order is for 10.00 or 12.00",
    "accept; vouched 14 cancelled -4": "cancelled = -4.00: must be 0 or more",
}


@pytest.mark.parametrize(("story", "complaint"), MISFITS.items())
def test_what_cannot_be_true_of_an_order_is_refused_by_name_and_changes_nothing(story: str, complaint: str) -> None:
    *before, said = story.split("; ")
    order, fact = after("; ".join(before)), _parsed(said)
    assert complaint in misfit(order, fact)
    assert apply(order, fact) is order


def _parsed(said: str) -> OrderVouched:
    """`vouched 14 cancelled -4` too, which no exchange could say."""
    if "-4" not in said:
        return word(said)
    return replace(word("vouched 14"), cancelled_micros=-4 * MICROS)


def test_a_new_match_needs_a_price_and_a_known_one_does_not() -> None:
    said = replace(word("vouched 4 cancelled 6"), price_micros=0, claims_micros=0, cost_micros=0)
    assert misfit(after("timeout"), said).startswith("price = 0.00: more was matched than we knew")
    assert not misfit(after("fill f1 4"), said)
    order = apply(after("fill f1 4; reject"), said)
    assert (order.claims_micros, order.cost_micros) == (8_000_000, 4_000_000)


def test_a_settled_market_has_its_statement() -> None:
    order = settle(after("timeout"))
    assert "its market is settled" in misfit(order, word("vouched gone"))
    assert apply(order, word("vouched gone")) is order


@pytest.mark.parametrize(
    ("kind", "price", "complaint"),
    [
        (PriceKind.ODDS, 990_000, "price = 0.99: odds lie above 1"),
        (PriceKind.ODDS, -MICROS, "price = -1.00: odds lie above 1"),
        (PriceKind.CONTRACT, 55_000_000, "price = 55.00: a contract costs between 0 and 1"),
        (PriceKind.LINE, 2_000_000, "price = 2.00: a line is bet at evens"),
    ],
)
def test_a_price_that_is_none_of_the_order_s_kind_is_refused(kind: PriceKind, price: int, complaint: str) -> None:
    assert complaint in price_misfit(replace(word("vouched 4 cancelled 6"), price_micros=price), kind)


def test_a_word_that_repeats_what_is_beyond_doubt_says_nothing_new() -> None:
    assert says_nothing_new(after("fill f1 4; cancelled c1 6"), word("vouched 4 cancelled 6"))
    assert says_nothing_new(after("fill f1 4"), word("vouched 4 remaining 6"))
    assert not says_nothing_new(after("fill f1 4; reject; cancelled c1 6"), word("vouched 4 cancelled 6"))
    assert not says_nothing_new(after("timeout"), word("vouched gone"))


def test_a_lay_at_starting_price_may_be_matched_for_more_than_its_size() -> None:
    order = replace(bet("LAY 10 @ 3.00"), side=Side.LAY, tif=TimeInForce.STARTING_PRICE)
    order = apply(order, word("vouched 12"))
    assert picture(order) == "FILLED 12/0/0/0"


# ---- what it gives way to ----

GIVES_WAY = {
    "timeout; vouched gone; accept v1": "OPEN 0/0/0/0 suspect",
    "timeout; vouched gone; fill f1 4": "PARTIALLY_FILLED 4/0/0/0 suspect",
    "timeout; vouched gone; reject": "REJECTED 0/10/0/0 missing rejected",
    "timeout; vouched 4 cancelled 6; fill f1 3": "CLOSED_PARTIAL 4/6/0/0",
    "timeout; vouched 4 cancelled 6; fill f1 3; fill f2 2": "PARTIALLY_FILLED 5/0/0/0 suspect",
    "timeout; vouched 4 cancelled 6; report 5 closed": "CLOSED_PARTIAL 5/5/0/0 suspect",
    "timeout; vouched 4 cancelled 6; report 4 closed": "CLOSED_PARTIAL 4/6/0/0",
    "timeout; vouched 4 cancelled 6; report 2 closed": "CLOSED_PARTIAL 4/6/0/0 suspect",
    "timeout; vouched 4 cancelled 6; report 2": "PARTIALLY_FILLED 4/0/0/0 suspect",
    "timeout; vouched 4 cancelled 6; report 4": "PARTIALLY_FILLED 4/0/0/0 suspect",
    "timeout; vouched 4 cancelled 6; reject": "CLOSED_PARTIAL 4/6/0/0 suspect",
    "timeout; vouched 4 cancelled 6; accept v1": "CLOSED_PARTIAL 4/6/0/0",
    "timeout; vouched 4 cancelled 6; fill f1 4; voided v1 matched 3": "CLOSED_PARTIAL 1/6/0/3",
    "timeout; vouched 4 cancelled 6; voided v1 matched 3": "CLOSED_PARTIAL 1/6/0/3",
    "timeout; vouched 4 remaining 6; fill f1 7": "PARTIALLY_FILLED 7/0/0/0",
    "timeout; vouched 4 remaining 6; cancelled c1 6": "CLOSED_PARTIAL 4/6/0/0",
    "timeout; vouched 4 remaining 6; report 2": "PARTIALLY_FILLED 4/0/0/0",
    "timeout; vouched 4 remaining 6; report 4 cancelled 6 closed": "CLOSED_PARTIAL 4/6/0/0",
    "report 0; reject; vouched gone; report 0": "OPEN 0/0/0/0 suspect",
    "fill f1 11; vouched kept; report 11 closed": "FILLED 11/0/0/0",
    "fill f1 11; vouched kept; fill f2 1": "SUSPECT_OVERFILL 12/0/0/0 suspect disputed",
    "fill f1 11; vouched kept; voided v1 matched 1": "FILLED 10/0/0/1",
    "fill f1 11; vouched voided; voided v1 matched 1": "FILLED 10/0/0/1",
    "fill f1 11; vouched voided; report 10 voided 1 closed": "FILLED 10/0/0/1",
}


@pytest.mark.parametrize(("story", "end"), GIVES_WAY.items())
def test_what_the_venue_says_afterwards_agrees_with_a_word_or_contradicts_it(story: str, end: str) -> None:
    order = after(story)
    assert picture(order) == end
    assert apply(order, facts(story.rpartition("; ")[2])[0]) == order, "said twice"


def test_a_contradiction_is_asked_about_though_the_order_was_suspect_before_the_word() -> None:
    before = after("accept; reject; vouched 4 cancelled 6")
    (said,) = facts("fill f1 5")
    assert asks(before, apply(before, said), said)


def test_a_statement_stands_in_the_place_of_a_word_whatever_either_says() -> None:
    order = apply(after("timeout; vouched 4 cancelled 6"), stated("report 2 closed"))
    assert picture(order) == "CLOSED_PARTIAL 2/8/0/0 suspect"
    order = apply(after("timeout; vouched 4 cancelled 6"), stated("report 4 closed"))
    assert picture(order) == "CLOSED_PARTIAL 4/6/0/0"
    assert order.testimony.vouched is None
    assert apply(order, stated("report 4 closed")) == order


def test_a_word_that_a_venue_s_list_agrees_with_is_news_until_the_venue_s_own_figures_hold() -> None:
    order = after("timeout; vouched 4 cancelled 6")
    (said,) = facts("report 4 closed at 9")
    assert isinstance(said, OrderReported)
    assert not agrees(order, said)
    assert agrees(apply(order, said), said)


@given(
    st.sampled_from(list(STATES)),
    st.lists(st.integers(0, 12), min_size=5, max_size=5),
    st.sampled_from(["fill f9 2", "report 3", "report 6 closed", "cancelled c9 3", "voided v9 matched 2", "reject"]),
)
def test_whatever_is_said_nothing_is_lost_and_what_is_open_is_counted(state, parts: list[int], then: str) -> None:
    before = standing(state)
    matched, cancelled, lapsed, voided, remaining = parts
    said = word(f"vouched {matched} cancelled {cancelled} lapsed {lapsed} voided {voided} remaining {remaining}")
    order = apply(before, said)
    assert (order is before) or not misfit(before, said)
    if order is not before:
        assert picture(order) == f"{state_of(order)} {sizes(order)}", "no flag is up"
        assert order.matched_micros + order.voided_micros >= before.matched_micros + before.voided_micros
        assert is_open(order) is bool(remaining)
    later = after(then, order)
    gone = later.matched_micros + later.cancelled_micros + later.lapsed_micros + later.voided_micros
    assert later.size_micros == gone + later.remaining_micros
    assert min(later.cancelled_micros, later.lapsed_micros, later.voided_micros, later.matched_micros) >= 0
    assert later.matched_micros >= order.matched_micros or later.voided_micros > order.voided_micros


# ---- money ----


def test_the_reserve_is_freed_and_comes_back_with_the_rest_that_a_word_denied() -> None:
    desk = Desk("BACK 10 @ 2.00").tell("reject")
    assert desk.loss == 10
    desk.tell("vouched 4 cancelled 6")
    assert desk.loss == 4
    desk.tell("report 4")
    assert desk.loss == 10
    desk.tell("vouched 4 cancelled 6; report 4 closed")
    assert desk.loss == 4


def test_what_a_statement_takes_back_of_a_word_leaves_the_books_in_balance() -> None:
    desk = Desk("LAY 10 @ 3.00").tell("vouched 4 cancelled 6")
    assert desk.balances()["position"] == 4 * MICROS
    desk.tell(stated("report 1 closed"))
    assert desk.loss == 1
    assert format_micros(desk.order().cost_micros) == "1.00"


def test_an_order_whose_rest_went_on_under_another_name_parts_from_it_by_a_word() -> None:
    desk = Desk("BACK 10 @ 2.00").tell("amend a1 10 @ 2.10 as r2", "vouched gone")
    assert desk.loss == 10, "the successor may be there"
    desk.tell("vouched gone", ref="r2")
    assert desk.loss == 0
