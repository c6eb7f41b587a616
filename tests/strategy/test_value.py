"""The value taker: only with the whole edge, only once at a time, within the caps, and waiting when that pays."""

from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.chances import Chance
from domain.fees import NetWinFee
from domain.ids import MarketId, StrategyName
from domain.intents import Lack, TakeIntent, Withheld
from domain.money import MICROS
from domain.orders import Side
from domain.plans import RungKind
from domain.portfolio import MarketView
from strategy.base import Strategy
from strategy.sizing import kelly_claim
from strategy.stakes import Held
from strategy.value import MARKETS_REMEMBERED, ValueSettings, ValueTaker
from tests.builders import bet
from tests.strategy.views import SECOND, fair_value, listing, market_view

BACK, LAY = Side.BACK, Side.LAY
SURE: dict[str, Any] = {"sd_multiple": 0.0, "min_edge": 0.01}
"""Fair values taken at their word."""


def taker(**settings: Any) -> ValueTaker:
    return ValueTaker(StrategyName("s"), ValueSettings(**SURE | settings))


def cheap_home(**more: Any) -> MarketView:
    """Home is fair at 2.22 and can be backed at 2.50 free of charge."""
    return market_view((listing("two/home", "2.50:100 | 2.60:100"), listing("one/draw", "3.6:50 | 3.9:50")), **more)


def only_take(view: MarketView, **settings: Any) -> TakeIntent:
    wanted = taker(**settings).decide(view)
    assert wanted.quotes == ()
    (take,) = wanted.takes
    return take


# --- which prices ---


def test_a_cheap_claim_is_bought_up_to_the_limit_that_keeps_the_edge() -> None:
    take = only_take(cheap_home())
    assert (take.outcome, take.side) == (0, BACK)
    assert 439_999_999 <= take.limit_e9 <= 440_000_000


def test_a_dear_claim_is_sold_down_to_the_limit_that_keeps_the_edge() -> None:
    take = only_take(market_view((listing("two/home", "1.90:100 | 2.00:100"),)))
    assert (take.outcome, take.side) == (0, LAY)
    assert 460_000_000 <= take.limit_e9 <= 460_000_001


@given(odds=st.integers(min_value=200, max_value=260))
def test_without_the_edge_nothing_is_taken_and_with_it_something_is(odds) -> None:
    odds -= odds % 2
    view = market_view((listing("one/home", f"{odds / 100:.2f}:100 |"),))
    net = 1 / (1 + 0.97 * (odds / 100 - 1))
    assert bool(taker(kelly_fraction=1.0, stake_min="0.01").decide(view).takes) is (0.45 - net >= 0.01)


def test_zero_edge_is_not_an_edge() -> None:
    view = market_view((listing("three/home", "45:100 | 44:100"),))
    assert not taker(min_edge=1e-9).decide(view).takes


def test_a_doubtful_value_asks_for_more() -> None:
    doubtful = fair_value(0.45, 0.27, 0.28, variance_logit=0.09)
    assert taker(sd_multiple=0.0).decide(cheap_home(fair=doubtful)).takes
    assert not taker(sd_multiple=1.0).decide(cheap_home(fair=doubtful)).takes


def test_a_bet_delay_in_running_costs_edge() -> None:
    def held_back(delay_ms: int) -> MarketView:
        return market_view((listing("two/home", "2.50:100 |", in_play=True, bet_delay_ms=delay_ms),))

    risky = {"jump_rate_per_s": 0.05, "jump_size": 0.3, "not_suspended_prob": 1.0}
    prompt, delayed = only_take(held_back(0), **risky), taker(**risky).decide(held_back(8_000))
    assert prompt.limit_e9 < 450_000_000
    assert not delayed.takes
    slow = only_take(held_back(100), **risky)
    assert slow.limit_e9 == prompt.limit_e9
    assert prompt.delay_costs == ()
    assert slow.delay_costs == ((100, 1_496_257),)  # 0.3 times the chance of a jump within a tenth of a second


def test_one_venue_s_bet_delay_costs_nothing_at_another() -> None:
    risky = {"jump_rate_per_s": 0.05, "jump_size": 0.3, "not_suspended_prob": 1.0}
    slow = listing("two/home", "2.50:100 |", in_play=True, bet_delay_ms=8_000)
    found = only_take(market_view((slow, listing("one/home", "2.50:100 |", in_play=True))), **risky)
    assert found.delay_costs == ((8_000, 98_903_987),)
    assert found.limit_e9 < 450_000_000


def test_what_is_not_matched_is_sent_again_if_that_is_wanted() -> None:
    assert only_take(cheap_home()).ladder == ()
    (rung,) = only_take(cheap_home(), again_ms=400).ladder
    assert (rung.kind, rung.for_ms) == (RungKind.FOLLOW, 400)


def test_in_running_only_those_who_want_to_take() -> None:
    view = market_view((listing("two/home", "2.50:100 |", in_play=True),))
    assert taker(in_play=True).decide(view).takes
    assert not taker(in_play=False).decide(view).takes


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"fair": None}, "no fair value"),
        ({"now_ns": 13 * SECOND}, "expired"),
        ({"state": "2"}, "state_differs"),
        ({"working": (bet("BACK 5.00 @ 2.50", on="two/match/home"),)}, "too small, or an own order is still open"),
        ({"budget_micros": 0}, "too small, or an own order is still open"),
    ],
)
def test_nothing_is_taken_and_the_reason_is_told(change, why) -> None:
    wanted = taker().decide(cheap_home(**change))
    assert (wanted.takes, wanted.quotes, wanted.because_not) == ((), (), why)


def test_the_better_of_two_prices_is_acted_on() -> None:
    view = market_view((listing("two/home", "2.40:100 |"), listing("two/draw", "4.5:100 |")))
    assert only_take(view).outcome == 1


def test_what_counts_is_worth_for_our_stake_not_for_all_that_is_on_offer() -> None:
    view = market_view((listing("two/home", "2.38:9000 |"), listing("two/draw", "4.5:30 |")))
    assert only_take(view, kelly_fraction=1.0).outcome == 1


# --- once at a time ---


def test_after_a_take_the_market_rests_and_others_do_not() -> None:
    strategy, view = taker(cooldown_s=2.0), cheap_home()
    other = msgspec.structs.replace(view.market, id=MarketId("other"))
    assert strategy.decide(view).takes
    assert strategy.decide(view).because_not == "a take was just made"
    assert strategy.decide(cheap_home(market=other)).takes
    long_lived = fair_value(0.45, 0.27, 0.28, ttl_ms=60_000)
    assert not strategy.decide(cheap_home(fair=long_lived, now_ns=13 * SECOND - 1)).takes
    assert strategy.decide(cheap_home(fair=long_lived, now_ns=13 * SECOND)).takes


def test_the_memory_of_takes_is_bounded_and_forgets_the_oldest() -> None:
    strategy, view = taker(), cheap_home()
    for number in range(MARKETS_REMEMBERED + 1):
        market = msgspec.structs.replace(view.market, id=MarketId(f"m{number}"))
        assert strategy.decide(cheap_home(market=market)).takes
    forgotten, kept = (msgspec.structs.replace(view.market, id=MarketId(name)) for name in ("m0", "m1"))
    assert not strategy.decide(cheap_home(market=kept)).takes
    assert strategy.decide(cheap_home(market=forgotten)).takes


def test_a_market_taken_again_is_the_newest_in_memory() -> None:
    strategy = taker(cooldown_s=2.0)
    long_lived = fair_value(0.45, 0.27, 0.28, ttl_ms=60_000)

    def takes(number: int, *, at_s: int) -> bool:
        market = msgspec.structs.replace(market_view().market, id=MarketId(f"m{number}"))
        return bool(strategy.decide(cheap_home(market=market, fair=long_lived, now_ns=at_s * SECOND)).takes)

    assert all(takes(number, at_s=11) for number in range(MARKETS_REMEMBERED))
    assert takes(0, at_s=14)
    assert takes(MARKETS_REMEMBERED, at_s=14)
    assert not takes(0, at_s=14)


# --- how much ---


def test_the_size_is_a_share_of_kelly_on_the_net_price() -> None:
    net = 1 / (1 + 0.98 * 1.5)
    kelly = kelly_claim(side=BACK, p=0.45, net_price=net, fraction=0.1, bankroll=1000.0)
    take = only_take(cheap_home(), sizing="kelly_binary", kelly_fraction=0.1)
    assert take.claims_micros * net == pytest.approx(kelly.risk_amount * MICROS, abs=10_000)


def test_a_flat_book_is_sized_alike_with_and_without_what_is_held() -> None:
    assert only_take(cheap_home(), sizing="kelly_existing").claims_micros == pytest.approx(
        only_take(cheap_home(), sizing="kelly_binary").claims_micros, abs=30_000
    )


@pytest.mark.parametrize(("text", "against"), [("2.50:100 |", 1), ("| 2.00:100", -1)])
def test_what_is_held_already_is_not_bought_again_and_what_is_owed_is_bought_the_more(text, against) -> None:
    place = (listing("two/home", text),)
    large = {"kelly_fraction": 0.1, "stake_max": "500"}
    flat = only_take(market_view(place), **large).claims_micros
    owed = only_take(market_view(place, pnl=(-20 * against, 10 * against, 10 * against)), **large).claims_micros
    assert owed > flat
    assert not taker(**large).decide(market_view(place, pnl=(200 * against, -90 * against, -90 * against))).takes


@pytest.mark.parametrize(
    ("settings", "change", "risk"),
    [
        ({"kelly_fraction": 1.0}, {}, 20),
        ({"kelly_fraction": 1.0, "stake_max": "7.50"}, {}, 7.5),
        ({"kelly_fraction": 1.0}, {"budget_micros": 5 * MICROS}, 5),
        (
            {"kelly_fraction": 1.0, "stake_max": "200"},
            {"listings": (listing("two/home", "2.50:10 |"),), "budget_micros": 900 * MICROS},
            11,
        ),
    ],
)
def test_the_tightest_cap_decides(settings, change, risk) -> None:
    take = only_take(msgspec.structs.replace(cheap_home(), **change), **settings)
    assert take.claims_micros / (1 + 0.98 * 1.5) == pytest.approx(risk * MICROS, rel=1e-6)


@given(
    edge=st.floats(min_value=0.02, max_value=0.2),
    budget=st.integers(min_value=0, max_value=60),
    sizing=st.sampled_from(["kelly_existing", "kelly_binary", "kelly_exclusive"]),
)
def test_takes_together_stay_within_the_budget_and_each_within_the_stake(edge, budget, sizing) -> None:
    probs = (0.40, 0.30, 0.30)
    view = market_view(
        (listing("two/home", "3.00:400 |"), listing("two/draw", "4.0:400 |"), listing("two/away", "3.9:400 |")),
        fair=fair_value(*probs),
        budget_micros=budget * MICROS,
    )
    wanted = taker(sizing=sizing, kelly_fraction=1.0, min_edge=edge).decide(view)
    odds = (1 + 0.98 * 2, 1 + 0.98 * 3, 1 + 0.98 * 2.9)
    risks = [take.claims_micros / odds[take.outcome] for take in wanted.takes]
    assert sum(risks) <= budget * MICROS
    assert all(risk <= 20 * MICROS for risk in risks)


def test_several_outcomes_are_backed_together_when_they_are_sized_together() -> None:
    view = market_view(
        (listing("two/home", "2.60:100 |"), listing("two/draw", "4.5:100 |"), listing("two/away", "3.00:100 |"))
    )
    wanted = taker(sizing="kelly_exclusive").decide(view)
    assert {take.outcome for take in wanted.takes} == {0, 1}
    assert all(take.side is BACK for take in wanted.takes)


def test_a_take_uses_no_more_than_its_share_of_what_is_offered_and_the_next_slice_waits_for_the_book() -> None:
    place = (listing("two/home", "2.50:10 | 2.60:100", fee=NetWinFee(rate_ppm=0)),)
    sizes = {}
    for share in (1.0, 0.25):
        strategy = taker(depth_share=share, stake_min="1", cooldown_s=0.5)
        (take,) = strategy.decide(market_view(place)).takes
        sizes[share] = take.claims_micros
        assert "offered" in take.because
        soon, later = (
            strategy.decide(market_view(place, now_ns=now)) for now in (SECOND * 114 // 10, SECOND * 115 // 10)
        )
        assert not soon.takes
        assert [one.claims_micros for one in later.takes] == [take.claims_micros]
    assert sizes[0.25] == pytest.approx(sizes[1.0] / 4, abs=1)


# --- waiting ---


def test_it_rests_at_the_touch_when_that_is_worth_more_and_cancels_before_it_crosses() -> None:
    place = (listing("two/home", "2.42:100 | 2.60:10"),)
    patient = taker(post_fill_prob=1.0).decide(market_view(place))
    assert not patient.takes
    (quote,) = patient.quotes
    assert (quote.instrument, quote.side, quote.price) == ("two/match/home", BACK, 260)
    resting = bet("BACK 5.00 @ 2.60", on="two/match/home", acked=True)
    hurried = taker(post_fill_prob=0.0).decide(market_view(place, working=(resting,)))
    assert (hurried.takes, hurried.quotes) == ((), ())
    assert taker(post_fill_prob=1.0).decide(market_view(place, working=(resting,))).quotes


def test_an_own_order_at_the_touch_is_no_queue() -> None:
    place = (listing("two/home", "2.42:10 | 2.60:40"),)
    resting = bet("BACK 40.00 @ 2.60", on="two/match/home", acked=True)
    assert not taker(post_fill_prob=1.0).decide(market_view(place)).quotes
    assert taker(post_fill_prob=1.0).decide(market_view(place, working=(resting,))).quotes


def test_it_rests_where_the_queue_and_the_price_together_are_best() -> None:
    view = market_view(
        (
            listing("two/home", "2.50:100 | 2.60:900"),
            listing("one/home", "2.30:100 | 2.60:10"),
            listing("three/home", "42:100 |"),
        )
    )
    (quote,) = taker(post_fill_prob=1.0).decide(view).quotes
    assert quote.instrument == "one/match/home"


def test_a_long_queue_makes_it_cross() -> None:
    view = market_view((listing("two/home", "2.50:10 | 2.60:990"),))
    assert taker(post_fill_prob=1.0, stake_min="1").decide(view).takes


def test_what_orders_that_rested_have_shown_takes_the_place_of_the_first_guess() -> None:
    place = (listing("two/home", "2.42:100 | 2.60:10"),)
    never = Chance(guess_e9=0, shown_e9=100_000_000)
    assert taker(post_fill_prob=1.0, stake_min="1").decide(market_view(place)).quotes
    hurried = taker(post_fill_prob=1.0, stake_min="1").decide(market_view(place, chances={"two": never}))
    assert hurried.takes
    surely = Chance(guess_e9=0, shown_e9=10**9)
    (quote,) = taker(post_fill_prob=0.01, stake_min="1").decide(market_view(place, chances={"two": surely})).quotes
    assert quote.rest_ppm == 1_000_000
    patient = taker(post_fill_prob=0.0, stake_min="1").decide(market_view(place, chances={"two": surely}))
    assert patient.takes, "who does not want to rest does not"


def test_a_late_arrival_in_the_queue_makes_it_cross() -> None:
    slow = {"two": Chance(answer_us=9_900_000)}
    place = listing("two/home", "2.42:100 | 2.60:10")
    assert taker(post_fill_prob=1.0, stake_min="1").decide(market_view((place,), chances=slow)).takes
    held_back = listing("two/home", "2.42:100 | 2.60:10", in_play=True, bet_delay_ms=9_900)
    patient = taker(post_fill_prob=1.0, stake_min="1", jump_rate_per_s=0.0)
    assert patient.decide(market_view((held_back,))).takes


def test_where_no_message_is_left_nothing_new_is_rested() -> None:
    there = listing("two/home", "2.50:100 | 2.60:900"), listing("three/home", "42:100 |")
    spent = listing("one/home", "2.30:100 | 2.60:10", tokens=0)
    assert taker(post_fill_prob=1.0).decide(market_view((*there, spent))) == taker(post_fill_prob=1.0).decide(
        market_view(there)
    )


def test_an_order_that_rests_needs_no_message_to_stay() -> None:
    place = (listing("two/home", "2.42:100 | 2.60:10", tokens=0),)
    resting = bet("BACK 5.00 @ 2.60", on="two/match/home", acked=True)
    (quote,) = taker(post_fill_prob=1.0).decide(market_view(place, working=(resting,))).quotes
    assert quote.price == 260
    assert not taker(post_fill_prob=1.0).decide(market_view(place)).quotes


# --- what there is no room for ---


def test_a_bet_that_no_message_is_left_for_is_withheld_as_it_would_be_made_and_made_once_there_is_one() -> None:
    """A quarter of Kelly on 1,000 is 18.96 USD, at 1.10 for a unit."""
    strategy = taker()
    spent = listing("two/home", "2.50:100 | 2.60:100", tokens=0)
    wanted = strategy.decide(market_view((spent,)))
    size = 17_230_000
    assert wanted.withheld == (Withheld(StrategyName("s"), spent.instrument.id, BACK, 250, size, Lack.VENUE_BUDGET),)
    assert (wanted.takes, wanted.quotes) == ((), ())
    assert strategy.decide(cheap_home()).takes, "what was not made is not rested after"


def test_where_another_place_is_worth_taking_it_is_taken_as_if_there_were_no_other() -> None:
    other = listing("three/home", "42:100 |")
    best = listing("two/home", "2.50:100 |", tokens=0)
    wanted = taker().decide(market_view((best, other)))
    assert wanted == taker().decide(market_view((other,)))
    assert (len(wanted.takes), wanted.withheld) == (1, ())


def test_a_bet_that_the_events_budget_leaves_too_little_for_is_withheld_at_the_size_it_should_have() -> None:
    wanted = taker().decide(cheap_home(budget_micros=MICROS))
    assert [(one.lack, one.size_micros) for one in wanted.withheld] == [(Lack.CAP_EVENT, 17_230_000)]
    assert taker(stake_max="1", stake_min="1").decide(cheap_home(budget_micros=MICROS)).takes


def test_a_bet_that_is_too_small_by_itself_is_not_withheld() -> None:
    small = market_view((listing("two/home", "2.50:1 |"),), budget_micros=0)
    assert taker().decide(small).withheld == ()


def test_what_waits_for_an_own_order_is_not_withheld() -> None:
    ours = (bet("BACK 5.00 @ 2.50", on="two/match/home"),)
    for more in ({"budget_micros": MICROS}, {}):
        assert taker().decide(cheap_home(working=ours, **more)).withheld == ()


# --- settings ---


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"min_edge": 0}, "min_edge must lie above 0"),
        ({"kelly_fraction": 1.5}, "kelly_fraction"),
        ({"post_fill_prob": -0.1}, "post_fill_prob is a chance"),
        ({"cooldown_s": -1}, "cooldown_s must be 0 or more"),
        ({"stake_max": "1", "stake_min": "2"}, "must not be above stake_max"),
        ({"bankroll": "0"}, 'written as "10"'),
        ({"sizing": "all"}, "all"),
        ({"edge": 1}, "edge"),
    ],
)
def test_settings_that_make_no_sense_are_refused_by_name(settings, said) -> None:
    with pytest.raises(msgspec.ValidationError, match=said):
        msgspec.convert(settings, ValueTaker.Settings)


def test_a_value_taker_is_a_strategy() -> None:
    strategy: Strategy = taker()
    assert strategy.decide(cheap_home()).takes


TWO_WIN = msgspec.structs.replace(market_view().market, winners=2)


@pytest.mark.parametrize("sizing", ["kelly_existing", "kelly_binary", "kelly_exclusive"])
def test_where_two_win_a_claim_is_taken_by_its_own_chance(sizing) -> None:
    view = market_view((listing("two/home", "1.40:500 |"),), market=TWO_WIN, fair=fair_value(0.8, 0.65, 0.55))
    take = only_take(view, sizing=sizing)
    assert (take.outcome, take.side) == (0, BACK)
    assert taker().decide(market_view(view.listings, market=TWO_WIN, fair=fair_value(0.7, 0.7, 0.6))).takes == ()


def test_what_is_held_where_two_win_is_the_mean_over_the_sets_with_and_without_the_outcome() -> None:
    """By hand: every set of two equally likely of three; home in it or not."""
    held = Held(probs=(2 / 3,) * 3, pnl=(30.0, -10.0, -10.0), winners=2, none=-20.0)
    # in a set with home and another: -20 + 50 + 10 = 40; in the one without: -20 + 10 + 10 = 0
    assert held.results(0) == pytest.approx((40.0, 0.0))
    # draw with home 40, with away 0: 20 on average; without the draw: home and away, 40
    assert held.results(1) == pytest.approx((20.0, 40.0))
    assert Held(probs=(0.5, 0.25, 0.25), pnl=(10.0, -4.0, -8.0)).results(0) == pytest.approx((10.0, -6.0))


def test_the_limit_is_never_beyond_the_edge_that_was_asked_for() -> None:
    for side, text in ((BACK, "2.50:100 |"), (LAY, "| 2.00:100")):
        take = only_take(market_view((listing("two/home", text),)), min_edge=0.0123)
        limit = Fraction(take.limit_e9, 10**9)
        fair, edge = Fraction(0.45), Fraction("0.0123") - Fraction(1, 10**12)
        assert (limit <= fair - edge) if side is BACK else (limit >= fair + edge)


def test_a_take_asks_for_no_more_claims_than_one_order_may_be_for() -> None:
    free = only_take(cheap_home())
    assert free.claims_micros > 3 * MICROS
    assert only_take(cheap_home(claims_max_micros=3 * MICROS)).claims_micros == 3 * MICROS
    assert only_take(cheap_home(claims_max_micros=free.claims_micros)) == free
