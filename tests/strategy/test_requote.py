"""Wanted against working: quotes hold their place, move one side at a time, and never stand twice."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import InstrumentId, StrategyName
from domain.intents import AmendIntent, CancelIntent, Intent, Lack, QuoteIntent, Withheld
from domain.money import MICROS
from domain.orders import Amend, Order, Side, TimeInForce
from domain.terms import Amends
from strategy.requote import RequoteRules, requote, withheld
from tests.builders import bet
from tests.strategy.views import listing, market_view

BACK, LAY = Side.BACK, Side.LAY
RULES = RequoteRules(hysteresis_ticks=2, size_tolerance=0.5, tokens_kept=0)


def quote(text: str = "BACK 10.00 @ 2.30", *, on: str = "one/match/home", keep: int = 0) -> QuoteIntent:
    """`bet` as a wish; `keep` is the worst price at which an order may stay."""
    order = bet(text)
    return QuoteIntent(
        StrategyName("s"), InstrumentId(on), order.side, order.price, order.size_micros, "", keep_price=keep
    )


def resting(text: str = "BACK 10.00 @ 2.30", *, ref: str = "r1", on: str = "one/match/home", **more: Any) -> Order:
    return bet(text, on=on, ref=ref, **{"acked": True} | more)


def intents(quotes: list[QuoteIntent], *working: Order, rules: RequoteRules = RULES, **more: Any) -> list[Intent]:
    listings = (listing("one/home", **more), listing("three/home"))
    return requote(quotes, market_view(listings, working=working), rules)


def placed(found: list[Intent]) -> list[QuoteIntent]:
    return [intent for intent in found if isinstance(intent, QuoteIntent)]


def cancelled(found: list[Intent]) -> list[str]:
    assert all(isinstance(intent, CancelIntent) for intent in found)
    return [intent.ref for intent in found if isinstance(intent, CancelIntent)]


def test_what_is_wanted_and_missing_is_placed() -> None:
    wanted = [quote(), quote("LAY 10.00 @ 2.20"), quote("BACK 10 @ 0.43c", on="three/match/home")]
    assert intents(wanted) == wanted


def test_what_rests_and_is_not_wanted_is_cancelled() -> None:
    assert cancelled(intents([], resting(), resting("LAY 5.00 @ 2.20", ref="r2"))) == ["r1", "r2"]


@pytest.mark.parametrize(
    ("rests", "wanted", "keep", "held"),
    [
        ("BACK 10.00 @ 2.30", "BACK 10.00 @ 2.30", 0, True),
        ("BACK 10.00 @ 2.32", "BACK 10.00 @ 2.30", 0, True),
        ("BACK 10.00 @ 2.34", "BACK 10.00 @ 2.30", 0, False),
        ("BACK 10.00 @ 2.28", "BACK 10.00 @ 2.30", 0, False),
        ("BACK 10.00 @ 2.28", "BACK 10.00 @ 2.30", 228, True),
        ("BACK 10.00 @ 2.26", "BACK 10.00 @ 2.30", 226, False),
        ("LAY 10.00 @ 2.28", "LAY 10.00 @ 2.30", 0, True),
        ("LAY 10.00 @ 2.32", "LAY 10.00 @ 2.30", 0, False),
        ("LAY 10.00 @ 2.32", "LAY 10.00 @ 2.30", 232, True),
        ("LAY 10.00 @ 2.26", "LAY 10.00 @ 2.30", 0, False),
        ("BACK 5.00 @ 2.30", "BACK 10.00 @ 2.30", 0, True),
        ("BACK 4.99 @ 2.30", "BACK 10.00 @ 2.30", 0, False),
        ("BACK 20.00 @ 2.30", "BACK 10.00 @ 2.30", 0, True),
        ("BACK 20.01 @ 2.30", "BACK 10.00 @ 2.30", 0, False),
        ("BACK 10.00 @ 2.30", "BACK 10.00 @ 2.31", 0, False),
    ],
)
def test_a_quote_holds_inside_its_bounds_and_moves_outside(rests, wanted, keep, held) -> None:
    assert cancelled(intents([quote(wanted, keep=keep)], resting(rests))) == ([] if held else ["r1"])


@pytest.mark.parametrize(("price", "held"), [("0.44", True), ("0.45", False), ("0.42", True), ("0.41", False)])
def test_at_contract_prices_a_lower_bid_is_the_better_one(price, held) -> None:
    on = "three/match/home"
    wanted = quote("BACK 10 @ 0.43c", on=on, keep=4_400)
    assert cancelled(intents([wanted], resting(f"BACK 10 @ {price}c", on=on))) == ([] if held else ["r1"])


def test_a_partly_matched_quote_is_judged_by_what_is_left_of_it() -> None:
    assert cancelled(intents([quote()], resting(matched_micros=5 * MICROS))) == []
    assert cancelled(intents([quote()], resting(matched_micros=6 * MICROS))) == ["r1"]


@pytest.mark.parametrize(
    ("left", "tokens", "pulled"),
    [(4, 3, True), (4, 2, False), (4, 0, False), (21, 3, True), (21, 2, True), (21, 0, True)],
)
def test_an_order_of_too_little_keeps_its_place_while_no_token_is_left_and_one_of_too_much_goes(
    left: int, tokens: int, pulled: bool
) -> None:
    """Without a message nothing could take its place; what it still shows is wanted, unless it is more than that."""
    keeping = RequoteRules(size_tolerance=0.5, tokens_kept=2)
    order = resting("BACK 30.00 @ 2.30", matched_micros=(30 - left) * MICROS)
    assert cancelled(intents([quote()], order, rules=keeping, tokens=tokens)) == (["r1"] if pulled else [])
    blind = intents([quote()], order, rules=keeping, tokens=tokens, tradable=False)
    assert cancelled(blind) == ["r1"]


@pytest.mark.parametrize(
    "state",
    [{"cancel_pending": True}, {"acked": False}, {"unknown": True}, {"tif": TimeInForce.IMMEDIATE}],
    ids=lambda state: next(iter(state)),
)
def test_an_order_that_a_cancel_cannot_reach_now_is_waited_for(state) -> None:
    order = msgspec.structs.replace(resting(), **state)
    assert intents([], order) == []
    assert intents([quote("BACK 10.00 @ 2.50")], order) == []
    assert intents([quote("LAY 10.00 @ 2.20")], order) == [quote("LAY 10.00 @ 2.20")]


def test_a_book_that_may_not_be_traded_on_loses_its_quotes() -> None:
    assert cancelled(intents([quote()], resting(), tradable=False)) == ["r1"]


def test_of_two_quotes_on_one_side_only_the_older_stays() -> None:
    assert cancelled(intents([quote()], resting(), resting(ref="r2"))) == ["r2"]
    assert cancelled(intents([quote()], resting("BACK 10.00 @ 2.50"), resting(ref="r2"))) == ["r1"]


def test_an_order_on_an_instrument_that_is_listed_no_more_is_cancelled() -> None:
    assert cancelled(intents([], resting(on="gone/match/home"))) == ["r1"]


def test_no_more_is_placed_at_a_venue_than_its_budget_takes() -> None:
    wanted = [quote(), quote("LAY 10.00 @ 2.20"), quote("BACK 10 @ 0.43c", on="three/match/home")]
    assert placed(intents(wanted, tokens=1)) == [wanted[0], wanted[2]]
    assert placed(intents(wanted, tokens=0)) == [wanted[2]]


def test_what_the_budget_does_not_take_comes_back_beside_the_orders_as_it_was_wanted() -> None:
    wanted = [quote(), quote("LAY 10.00 @ 2.20"), quote("BACK 10 @ 0.43c", on="three/match/home")]
    spent = withheld(wanted[1], Lack.VENUE_BUDGET)
    assert spent == Withheld(
        StrategyName("s"), InstrumentId("one/match/home"), LAY, 220, 10 * MICROS, Lack.VENUE_BUDGET
    )
    assert intents(wanted, tokens=1) == [wanted[0], spent, wanted[2]]


def test_a_quote_that_the_budget_does_not_take_keeps_no_other_away() -> None:
    dear_bid, low_ask = quote("BACK 10.00 @ 1.80"), quote("LAY 10 @ 0.50c", on="three/match/home")
    assert intents([dear_bid, low_ask]) == [dear_bid, withheld(low_ask, Lack.QUOTES_CROSS)]
    assert intents([dear_bid, low_ask], tokens=0) == [withheld(dear_bid, Lack.VENUE_BUDGET), low_ask]


def test_the_last_orders_of_a_budget_are_not_spent_on_quotes() -> None:
    wanted, keeping = [quote(), quote("LAY 10.00 @ 2.20")], RequoteRules(hysteresis_ticks=2, tokens_kept=2)
    assert [len(placed(intents(wanted, rules=keeping, tokens=tokens))) for tokens in (1, 2, 3, 4)] == [0, 0, 1, 2]
    with pytest.raises(ValueError, match="tokens_kept"):
        RequoteRules(tokens_kept=-1)


@pytest.mark.parametrize(("tokens", "moves"), [(2, False), (3, True)])
def test_an_order_that_may_stay_is_not_pulled_for_a_move_that_the_budget_does_not_take(
    tokens: int, moves: bool
) -> None:
    keeping = RequoteRules(hysteresis_ticks=2, tokens_kept=2)
    found = intents([quote("BACK 10.00 @ 2.30")], resting("BACK 10.00 @ 2.40"), rules=keeping, tokens=tokens)
    assert cancelled(found) == (["r1"] if moves else [])


def test_a_quote_waits_while_it_would_cross_one_elsewhere_that_is_not_proven_to_be_gone() -> None:
    dear_bid = resting("BACK 10.00 @ 1.80", cancel_pending=True)
    low_ask = quote("LAY 10 @ 0.50c", on="three/match/home")
    assert intents([low_ask], dear_bid) == [withheld(low_ask, Lack.QUOTES_CROSS)]
    assert intents([low_ask], resting("BACK 10.00 @ 1.80", cancel_pending=True, cancelled_micros=10 * MICROS)) == [
        low_ask
    ]
    assert intents([low_ask], resting("BACK 10.00 @ 2.30", cancel_pending=True)) == [low_ask]


def test_without_a_token_a_quote_stays_while_it_has_edge_and_is_pulled_when_it_has_not() -> None:
    assert cancelled(intents([quote("BACK 10.00 @ 2.30")], resting("BACK 10.00 @ 2.40"), tokens=0)) == []
    assert cancelled(intents([quote("BACK 10.00 @ 2.30")], resting("BACK 10.00 @ 2.20"), tokens=0)) == ["r1"]


@given(
    sides=st.lists(st.sampled_from([BACK, LAY]), max_size=4),
    prices=st.lists(st.integers(min_value=210, max_value=240).map(lambda p: p - p % 2), min_size=4, max_size=4),
    target=st.integers(min_value=210, max_value=240).map(lambda p: p - p % 2),
    pending=st.lists(st.booleans(), min_size=4, max_size=4),
)
def test_a_side_is_never_promised_twice(sides, prices, target, pending) -> None:
    working = [
        resting(f"{side.name} 10.00 @ {price / 100:.2f}", ref=f"r{n}", cancel_pending=waits)
        for n, (side, price, waits) in enumerate(zip(sides, prices, pending, strict=False))
    ]
    wanted = [quote(f"{side.name} 10.00 @ {target / 100:.2f}") for side in (BACK, LAY)]
    found = intents(wanted, *working)
    pulled = {intent.ref for intent in found if isinstance(intent, CancelIntent)}
    for side in (BACK, LAY):
        placed = [intent for intent in found if isinstance(intent, QuoteIntent) and intent.side is side]
        staying = [order for order in working if order.side is side and not order.cancel_pending]
        assert not (placed and side in sides)
        assert len([order for order in staying if order.ref not in pulled]) <= 1


@pytest.mark.parametrize(
    ("settings", "said"), [({"hysteresis_ticks": 0}, "hysteresis_ticks"), ({"size_tolerance": 1.5}, "size_tolerance")]
)
def test_rules_that_make_no_sense_are_refused_by_name(settings, said) -> None:
    with pytest.raises(ValueError, match=said):
        RequoteRules(**settings)


# ---- in one act of the venue ----

AMENDING = RequoteRules(hysteresis_ticks=2, size_tolerance=0.5, tokens_kept=0, amend=True)
IN_PLACE, BY_ANOTHER = Amends(), Amends(renames=True, cancels=True)


@pytest.mark.parametrize(
    ("rests", "wanted", "how", "left"),
    [
        ("BACK 10.00 @ 2.40", "BACK 10.00 @ 2.30", IN_PLACE, 10),
        ("BACK 10.00 @ 2.40", "BACK 8.00 @ 2.30", IN_PLACE, 10),
        ("BACK 10.00 @ 2.40", "BACK 4.00 @ 2.30", IN_PLACE, 4),
        ("BACK 10.00 @ 2.30", "BACK 40.00 @ 2.30", IN_PLACE, 40),
        ("BACK 10.00 @ 2.40", "BACK 8.00 @ 2.30", BY_ANOTHER, 10),
        ("BACK 10.00 @ 2.30", "BACK 4.00 @ 2.30", BY_ANOTHER, 4),
        ("BACK 10.00 @ 2.40", "BACK 4.00 @ 2.30", BY_ANOTHER, None),
        ("BACK 10.00 @ 2.30", "BACK 40.00 @ 2.30", BY_ANOTHER, None),
        ("BACK 10.00 @ 2.40", "BACK 10.00 @ 2.30", None, None),
        ("BACK 10.00 @ 2.40", "BACK 10.00 @ 2.31", IN_PLACE, None),
    ],
)
def test_a_quote_moves_in_one_act_where_its_venue_can_do_that(rests, wanted, how, left) -> None:
    (found,) = intents([quote(wanted)], resting(rests), rules=AMENDING, amends=how)
    if left is None:
        assert isinstance(found, CancelIntent)
    else:
        assert isinstance(found, AmendIntent)
        assert (found.ref, found.quote.price, found.remaining_micros) == ("r1", 230, left * MICROS)


def test_without_a_token_or_across_another_quote_of_ours_an_order_is_cancelled() -> None:
    wanted, order = quote("BACK 10.00 @ 2.30"), resting("BACK 10.00 @ 2.40")
    kept = msgspec.structs.replace(AMENDING, tokens_kept=1)
    larger = quote("BACK 40.00 @ 2.30")
    assert cancelled(intents([larger], order, rules=kept, amends=IN_PLACE, tokens=1)) == []
    assert cancelled(intents([larger], resting("BACK 10.00 @ 2.20"), rules=kept, amends=IN_PLACE, tokens=1)) == ["r1"]
    across = resting("LAY 10.00 @ 2.34", ref="r2")
    assert cancelled(intents([wanted, quote("LAY 10.00 @ 2.34")], order, across, rules=AMENDING, amends=IN_PLACE)) == [
        "r1"
    ]


def test_a_change_spends_a_token_that_a_placement_then_lacks() -> None:
    found = intents(
        [quote("BACK 10.00 @ 2.30"), quote("LAY 10.00 @ 2.20")],
        resting("BACK 10.00 @ 2.40"),
        rules=AMENDING,
        amends=IN_PLACE,
        tokens=1,
    )
    assert [type(one) for one in found] == [AmendIntent, Withheld]


@pytest.mark.parametrize(("rests", "wanted", "goes"), [("1.96", "2.00", False), ("2.04", "2.00", True)])
def test_what_no_token_is_left_to_move_stays_while_it_has_edge(rests: str, wanted: str, goes: bool) -> None:
    """The other quote of the same look took the last one: it makes no difference when that is seen."""
    found = intents(
        [quote("BACK 10.00 @ 2.30"), quote(f"LAY 10.00 @ {wanted}")],
        resting("BACK 10.00 @ 2.40"),
        resting(f"LAY 10.00 @ {rests}", ref="r2"),
        rules=AMENDING,
        amends=IN_PLACE,
        tokens=1,
    )
    assert [(type(one), one.ref) for one in found if isinstance(one, AmendIntent | CancelIntent)] == [
        (AmendIntent, "r1"),
        *([(CancelIntent, "r2")] if goes else []),
    ]


def test_an_order_under_change_is_left_alone_unless_it_is_not_wanted_or_its_book_is_blind() -> None:
    order = resting("BACK 10.00 @ 2.40", amend=Amend("a1", 230, 10 * MICROS))
    assert intents([quote("BACK 10.00 @ 2.20")], order, rules=AMENDING, amends=IN_PLACE) == []
    assert cancelled(intents([], order, rules=AMENDING, amends=IN_PLACE)) == ["r1"]
    blind = intents([quote("BACK 10.00 @ 2.20")], order, rules=AMENDING, amends=IN_PLACE, tradable=False)
    assert cancelled(blind) == ["r1"]


def test_while_one_order_moves_another_on_its_side_is_cancelled() -> None:
    orders = resting("BACK 10.00 @ 2.40"), resting("BACK 10.00 @ 2.42", ref="r2")
    found = intents([quote("BACK 10.00 @ 2.30")], *orders, rules=AMENDING, amends=IN_PLACE)
    assert [type(one) for one in found] == [AmendIntent, CancelIntent]
    assert cancelled(found[1:]) == ["r2"]
