"""The market maker: legal prices and sizes, never through the book or itself, leaning away from what it holds."""

from fractions import Fraction
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.claims import claims_and_cost_micros, liability
from domain.fees import NetWinFee, QuadraticFee
from domain.ids import EventId, MarketId, StrategyName
from domain.intents import Lack, QuoteIntent
from domain.markets import Market
from domain.money import FX_SCALE, MICROS
from domain.net_price import net_limit_tick, net_price
from domain.odds import FINEST, PriceKind, claim_ratio, ladder
from domain.orders import Side
from domain.portfolio import InstrumentView, MarketView, Match
from strategy.base import Strategy, Wanted
from strategy.centres import QuotingSettings, centres, gaps
from strategy.devig import shifted_odds
from strategy.places import Place
from strategy.quoting import MarketMaker
from strategy.requote import withheld
from tests.builders import bet, instrument
from tests.strategy.views import FEES, OUTCOMES, everywhere, fair_value, listing, market_view

MODELS = ["tilt", "logit_as", "prob_as", "glft", "glft_finite"]
BACK, LAY = Side.BACK, Side.LAY


def maker(**settings: Any) -> MarketMaker:
    return MarketMaker(StrategyName("s"), QuotingSettings(**settings))


def quotes_in(view: MarketView, **settings: Any) -> dict[tuple[str, Side], QuoteIntent]:
    """What is quoted, by `venue/outcome` and side."""
    wanted = maker(**settings).decide(view)
    return {(quote.instrument.replace("/match", ""), quote.side): quote for quote in wanted.quotes}


def claim(quote: QuoteIntent, view: MarketView, *, keep: bool = False) -> Fraction:
    """What a claim costs or brings at a quote's price, as a maker, fee included."""
    terms = seen(quote, view).instrument.terms
    part, whole = claim_ratio(terms.kind, quote.keep_price if keep else quote.price)
    return net_price(terms.fee, quote.side, Fraction(part, whole), maker=True)


def seen(quote: QuoteIntent, view: MarketView) -> InstrumentView:
    return next(listing for listing in view.listings if listing.instrument.id == quote.instrument)


def claims_of(quote: QuoteIntent, view: MarketView) -> int:
    """Claims that a quote is for."""
    return claims_and_cost_micros(seen(quote, view).instrument.terms.kind, quote.price, quote.size_micros)[0]


def risk_micros(quote: QuoteIntent, view: MarketView) -> float:
    """What a quote can lose before fees, in base millionths."""
    of = seen(quote, view)
    claims, cost = claims_and_cost_micros(of.instrument.terms.kind, quote.price, quote.size_micros)
    return liability(quote.side, claims=claims, cost=cost) * of.rate_e8 / FX_SCALE


@st.composite
def views(draw: Any) -> MarketView:
    """Three outcomes on three venues with any fair value, any results, and books with or without a price."""
    weights = [draw(st.integers(min_value=1, max_value=60)) for _ in OUTCOMES]
    probs = [weight / sum(weights) for weight in weights]
    odds_books = st.sampled_from(["|", "1.80:50 | 1.90:40", "| 3.00:20", "5.00:10 |"])
    contract_books = st.sampled_from(["|", "48:50 | 46:40", "| 30:20", "20:10 |"])
    listings = tuple(
        listing(f"{venue}/{outcome}", draw(contract_books if isinstance(fee, QuadraticFee) else odds_books))
        for outcome in OUTCOMES
        for venue, fee in FEES.items()
    )
    return market_view(
        listings,
        fair=fair_value(*probs[:2], 1 - sum(probs[:2])),
        pnl=draw(st.tuples(*[st.integers(min_value=-150, max_value=150)] * 3)),
        budget_micros=draw(st.integers(min_value=0, max_value=400)) * MICROS,
    )


# --- laws of every quote ---


@pytest.mark.parametrize("model", MODELS)
@given(view=views())
def test_a_quote_is_on_the_ladder_and_the_lot_and_waits_in_the_book(model, view) -> None:
    for quote in maker(model=model).decide(view).quotes:
        of = seen(quote, view)
        terms = of.instrument.terms
        tick = of.book.ladder.tick(quote.price)
        assert tick is not None
        assert of.book.ladder.tick(quote.keep_price) is not None
        assert quote.size_micros >= terms.size_min_micros
        assert quote.size_micros % terms.lot_micros == 0
        met = of.book.best_back if quote.side is BACK else of.book.best_lay
        if met >= 0:
            price, there = (Fraction(*claim_ratio(terms.kind, of.book.ladder.prices[t])) for t in (tick, met))
            assert price < there if quote.side is BACK else price > there


@pytest.mark.parametrize("model", MODELS)
@given(view=views())
def test_every_bid_is_below_the_fair_value_and_every_ask_above_it_after_fees(model, view) -> None:
    least = Fraction("0.001")
    for quote in maker(model=model, place_edge=0.003, cancel_edge=0.001).decide(view).quotes:
        fair = Fraction(view.fair.probabilities[seen(quote, view).instrument.listing.outcome])
        sign = 1 if quote.side is BACK else -1
        for keep in (False, True):
            assert sign * (fair - claim(quote, view, keep=keep)) >= least - Fraction(1, 10**9)
        assert sign * (claim(quote, view, keep=True) - claim(quote, view)) >= 0


@given(view=views())
def test_all_new_quotes_that_open_risk_together_stay_within_the_budget(view) -> None:
    held = gaps(view.fair.probabilities, [result / MICROS for result in view.pnl_micros])
    opening = [
        quote
        for quote in maker().decide(view).quotes
        if held[seen(quote, view).instrument.listing.outcome] * (1 if quote.side is BACK else -1) >= 0
    ]
    assert sum(risk_micros(quote, view) for quote in opening) <= view.budget_micros + len(opening)


@given(view=views())
def test_no_quote_can_lose_more_than_the_stake(view) -> None:
    assert all(risk_micros(quote, view) <= 10 * MICROS + 1 for quote in maker(stake="10").decide(view).quotes)


def test_the_published_example_of_a_quote_with_one_point_of_edge_after_fees() -> None:
    """At 0.50 with 2 % commission: back 2.08, lay 1.94; as a maker of contracts 0.48 and 0.52."""
    view = market_view((listing("two/home"), listing("three/home")), fair=fair_value(0.5, 0.25, 0.25))
    found = quotes_in(view, half_spread=1e-6, place_edge=0.01, sd_multiple=0.0)
    prices = {name: quote.price for name, quote in found.items()}
    assert prices == {
        ("two/home", BACK): 208,
        ("two/home", LAY): 194,
        ("three/home", BACK): 4_800,
        ("three/home", LAY): 5_200,
    }


# --- inventory ---


@pytest.mark.parametrize("model", MODELS)
def test_what_is_held_moves_both_quotes_down_and_what_is_owed_moves_them_up(model) -> None:
    def sides(pnl: tuple[int, int, int]) -> list[Fraction]:
        view = market_view(everywhere("three"), pnl=pnl)
        found = quotes_in(view, model=model, half_spread=0.04, kappa_per_logit=5, sigma_logit=0.06)
        return [claim(found["three/home", side], view) for side in (BACK, LAY)]

    flat, long, short = sides((0, 0, 0)), sides((40, -20, -20)), sides((-40, 20, 20))
    assert long[0] < flat[0] < short[0]
    assert long[1] < flat[1] < short[1]


def test_a_fill_on_one_venue_moves_the_quotes_on_all() -> None:
    flat, long = (quotes_in(market_view(everywhere(), pnl=pnl)) for pnl in ((0, 0, 0), (60, -30, -30)))
    for venue in ("one", "two"):
        assert long[f"{venue}/home", BACK].price > flat[f"{venue}/home", BACK].price
    assert long["three/home", BACK].price < flat["three/home", BACK].price


@pytest.mark.parametrize("model", MODELS)
def test_at_the_inventory_bound_only_the_way_back_is_quoted(model) -> None:
    found = quotes_in(market_view(everywhere("one"), pnl=(80, -40, -40)), model=model, inventory_max="100")
    assert ("one/home", BACK) not in found
    assert ("one/home", LAY) in found


def test_the_way_back_is_quoted_without_a_budget_and_nothing_else_is() -> None:
    found = quotes_in(market_view(everywhere("one"), pnl=(30, -15, -15), budget_micros=0))
    assert set(found) == {("one/home", LAY), ("one/draw", BACK), ("one/away", BACK)}


def test_a_budget_that_holds_not_even_a_minimum_each_quotes_nothing() -> None:
    assert quotes_in(market_view(everywhere("one"), budget_micros=6_000)) == {}


# --- when there is nothing to quote ---


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"fair": None}, "no fair value"),
        ({"now_ns": 12_000_000_001}, "expired"),
        ({"fair_ns": 12_000_000_000}, "from_the_future"),
        ({"state": "2"}, "state_differs"),
        ({"fair": fair_value(0.45, 0.55)}, "outcome_missing"),
        ({"fair": fair_value(0.45, 0.27, 0.29)}, "sum_not_winners"),
        ({"fair": fair_value(0.45, 0.27, 0.28, version="2")}, "version_not_approved"),
    ],
)
def test_a_value_that_may_not_be_priced_from_pulls_every_quote(change, why) -> None:
    wanted = maker(versions_approved=("1",)).decide(market_view(everywhere(), **change))
    assert wanted == Wanted(because_not=why)


def test_a_value_at_the_very_end_of_its_life_still_counts() -> None:
    assert maker().decide(market_view(everywhere(), now_ns=12_000_000_000)).quotes


@pytest.mark.parametrize(("in_play", "quoted"), [(False, True), (True, False)])
def test_a_model_that_names_no_state_is_believed_before_the_start_only(in_play, quoted) -> None:
    view = market_view(everywhere(in_play=in_play), fair=fair_value(0.45, 0.27, 0.28, state=""))
    assert bool(maker().decide(view).quotes) is quoted


def placed(**more: Any) -> MarketView:
    """The market when two of the three outcomes win."""
    market = msgspec.structs.replace(market_view().market, winners=2)
    return market_view(everywhere(), market=market, fair=fair_value(0.8, 0.65, 0.55), **more)


@pytest.mark.parametrize("model", MODELS)
def test_where_two_win_every_claim_is_quoted_around_its_own_chance(model) -> None:
    view = placed()
    quoted = quotes_in(view, model=model)
    assert view.fair is not None
    for (name, side), quote in quoted.items():
        fair = view.fair.probabilities[OUTCOMES.index(name.split("/")[1])]
        price = claim(quote, view)
        assert fair - 0.1 < price < fair if side is BACK else fair < price < fair + 0.1, name
    assert {name.split("/")[1] for name, _ in quoted} == set(OUTCOMES)


def test_where_two_win_quotes_lean_away_from_what_is_held() -> None:
    """Much is held of home: it is offered cheaper and wanted less, the others dearer."""
    flat, held = quotes_in(placed(), gamma=0.01), quotes_in(placed(pnl=(40, -10, -10)), gamma=0.01)
    prices = {name: (claim(flat[name], placed()), claim(held[name], placed())) for name in flat.keys() & held.keys()}
    moved = {name for name, (before, after) in prices.items() if before != after}
    assert {name.split("/")[1] for name, _ in moved} == set(OUTCOMES)
    for (name, _), (before, after) in prices.items():
        assert after <= before if name.endswith("home") else after >= before


@given(
    st.lists(st.integers(min_value=5, max_value=95), min_size=3, max_size=12),
    st.integers(min_value=2, max_value=11),
    st.data(),
)
def test_where_several_win_the_centres_still_sum_to_their_number(shares, winners, data) -> None:
    winners = min(winners, len(shares) - 1)
    probs = [float(p) for p in shifted_odds([100 / share - 1 for share in shares], winners).probs]
    pnl = data.draw(st.lists(st.integers(-500, 500), min_size=len(shares), max_size=len(shares)))
    found = centres(QuotingSettings(), probs=probs, pnl=pnl, held=gaps(probs, pnl, winners=winners), winners=winners)
    assert sum(centre.reservation for centre in found) == pytest.approx(winners, abs=1e-9)
    level = centres(QuotingSettings(), probs=probs, pnl=[7.0] * len(probs), held=[0.0] * len(probs), winners=winners)
    assert [centre.reservation for centre in level] == pytest.approx(probs, abs=1e-9)
    most = max(range(len(pnl)), key=lambda k: pnl[k])
    assert found[most].reservation <= probs[most] + 1e-9


def test_a_book_that_may_not_be_traded_on_is_left_out() -> None:
    listings = (listing("one/home", tradable=False), listing("two/home"))
    assert {name for name, _ in quotes_in(market_view(listings))} == {"two/home"}


def test_what_is_wanted_is_said_whether_the_budget_of_messages_takes_it_or_not() -> None:
    ample, spent = (market_view((listing("one/home", tokens=tokens), listing("two/home"))) for tokens in (9, 0))
    assert maker().decide(spent) == maker().decide(ample)


def test_in_running_only_those_who_want_to_quote() -> None:
    view = market_view(everywhere(in_play=True))
    assert quotes_in(view, in_play=True)
    assert not quotes_in(view, in_play=False)


def test_in_running_a_quote_pays_for_the_jumps_it_suffers() -> None:
    jumps = {"jump_rate_per_s": 0.005, "jump_size": 0.3, "stale_hit_prob": 1.0}
    before, running = (
        quotes_in(market_view(everywhere("three", in_play=in_play)), **jumps) for in_play in (False, True)
    )
    assert running["three/home", BACK].price < before["three/home", BACK].price
    assert ("three/home", LAY) not in running or running["three/home", LAY].price > before["three/home", LAY].price


def test_a_quote_that_would_meet_the_book_is_left_out_not_taken() -> None:
    fair_odds = listing("one/home", "2.60:50 | 2.64:20")  # home is fair at 2.22: its bid would meet the offer of 2.60
    assert ("one/home", BACK) not in quotes_in(market_view((fair_odds,)))
    assert ("one/home", LAY) in quotes_in(market_view((fair_odds,)))


# --- sizes and what rests already ---


def test_a_stake_is_a_loss_whatever_the_side_the_price_and_the_currency() -> None:
    view = market_view(everywhere())
    for quote in maker(stake="10").decide(view).quotes:
        unit = seen(quote, view).instrument.terms.lot_micros * 1.25 * 10
        assert 10 * MICROS - unit < risk_micros(quote, view) <= 10 * MICROS + 1


def test_a_quote_below_the_venues_minimum_is_left_out_unless_its_payout_counts() -> None:
    small = listing("one/away", "|")
    for payout, quoted in ((0, False), (20 * MICROS, True), (31 * MICROS, False)):
        terms = msgspec.structs.replace(small.instrument.terms, size_min_micros=50 * MICROS, payout_min_micros=payout)
        of = msgspec.structs.replace(small, instrument=msgspec.structs.replace(small.instrument, terms=terms))
        assert (("one/away", BACK) in quotes_in(market_view((of,)))) is quoted


def test_a_resting_quote_is_not_asked_to_shrink() -> None:
    order = bet("BACK 7.00 @ 2.40", on="one/match/home", acked=True)
    view = market_view((listing("one/home"),), working=(order,), budget_micros=MICROS)
    assert quotes_in(view)["one/home", BACK].size_micros == 7 * MICROS


def test_what_the_events_budget_leaves_no_room_for_is_withheld_at_the_size_it_should_have() -> None:
    ample, spent = (market_view(everywhere("one"), budget_micros=budget) for budget in (10_000 * MICROS, 6_000))
    wanted = maker().decide(spent)
    assert wanted.quotes == ()
    assert wanted.withheld == tuple(withheld(quote, Lack.CAP_EVENT) for quote in maker().decide(ample).quotes)


def test_a_stake_that_the_venue_would_never_take_is_not_withheld_for_the_budget() -> None:
    view = market_view(everywhere("one"), budget_micros=6_000)
    assert maker(stake="0.01").decide(view) == Wanted()


def test_an_instrument_whose_terms_change_is_computed_anew() -> None:
    one, strategy = listing("one/home"), maker()
    cheap = strategy.decide(market_view((one,))).quotes[0].price
    terms = msgspec.structs.replace(one.instrument.terms, fee=NetWinFee(rate_ppm=100_000))
    dear = msgspec.structs.replace(one, instrument=msgspec.structs.replace(one.instrument, terms=terms))
    assert strategy.decide(market_view((dear,))).quotes[0].price > cheap


# --- settings ---


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"place_edge": 0.001, "cancel_edge": 0.001}, "place_edge must be above cancel_edge"),
        ({"half_spread": 0}, "half_spread is a probability"),
        ({"gamma": -1}, "gamma must be 0 or more"),
        ({"kappa_per_logit": 0}, "kappa_per_logit must be above 0"),
        ({"stale_hit_prob": 2}, "stale_hit_prob"),
        ({"stake": "0"}, 'written as "10"'),
        ({"stake": "ten"}, "ten"),
        ({"stake": "10", "inventory_max": "5"}, "inventory_max must hold at least one stake"),
        ({"model": "guess"}, "guess"),
        ({"spread": 1}, "spread"),
    ],
)
def test_settings_that_make_no_sense_are_refused_by_name(settings, said) -> None:
    with pytest.raises(msgspec.ValidationError, match=said):
        msgspec.convert(settings, MarketMaker.Settings)


def test_a_market_maker_is_a_strategy() -> None:
    strategy: Strategy = maker()
    assert strategy.decide(market_view(everywhere())).quotes


@pytest.mark.parametrize("model", MODELS)
def test_without_inventory_every_model_centres_on_the_fair_value(model) -> None:
    settings = QuotingSettings(model=model)
    for centre in centres(settings, probs=(0.5, 0.5), pnl=(0.0, 0.0), held=(0.0, 0.0)):
        assert centre.reservation == pytest.approx(0.5)
        assert 0 < centre.half < 0.1


def test_avellaneda_and_stoikov_in_probability_agree_with_themselves_in_logit_near_the_middle() -> None:
    logit, prob = (
        centres(QuotingSettings(model=model), probs=(0.5, 0.5), pnl=(5.0, -5.0), held=(10.0, -10.0))[0]
        for model in ("logit_as", "prob_as")
    )
    assert prob.reservation == pytest.approx(logit.reservation, abs=1e-5)
    assert prob.half == pytest.approx(logit.half, rel=1e-2)
    assert prob.reservation < 0.5


def test_the_gap_is_the_result_if_it_wins_less_what_the_others_bring() -> None:
    assert gaps((0.5, 0.25, 0.25), (10.0, -4.0, -8.0)) == pytest.approx([16.0, -8.0, -13.333333])


# --- places ---


@pytest.mark.parametrize("fee", [NetWinFee(50_000), QuadraticFee(70_000, 17_500), QuadraticFee(70_000, 0)])
@given(limit_e9=st.integers(min_value=1_000_000, max_value=999_000_000))
def test_a_limit_becomes_the_same_tick_as_by_the_exact_road(fee, limit_e9) -> None:
    of = instrument(fee=fee)
    terms = of.terms
    place = Place(of, ladder(terms.kind, terms.bands))
    for side in Side:
        exact = net_limit_tick(place.ladder, fee, side, limit_e9 + (side is LAY), maker=True)
        assert place.limit_tick(side, (limit_e9 + 0.5) / 1e9) == exact


@pytest.mark.parametrize("side", Side)
def test_not_even_a_part_of_a_billionth_is_given_away(side) -> None:
    place = Place(instrument(fee=QuadraticFee(70_000)), ladder(PriceKind.CONTRACT, ((100, 9_900, 100),)))
    worse = -0.5e-9 if side is BACK else 0.5e-9
    assert place.limit_tick(side, 0.30) == 29
    assert place.limit_tick(side, 0.30 + worse) == (28 if side is BACK else 30)


def test_a_ladder_too_long_for_tables_keeps_the_limit_too() -> None:
    place = Place(instrument(fee=NetWinFee(0)), FINEST)
    assert place.price(place.limit_tick(BACK, 0.4) or 0) == 250
    assert place.price(place.limit_tick(LAY, 0.4) or 0) == 250
    assert place.limit_tick(BACK, 0.0001) is None


def test_the_fee_near_a_price_and_the_width_of_a_tick_there() -> None:
    fee, tick = Place(instrument(fee=QuadraticFee(70_000, 20_000)), ladder(PriceKind.CONTRACT, ((100, 9_900, 100),)))\
        .fee_and_tick(0.5)  # fmt: skip
    assert (fee, tick) == pytest.approx((0.005, 0.01))


def test_a_line_market_is_no_place_to_quote() -> None:
    with pytest.raises(ValueError, match="a line has no price"):
        Place(instrument(), ladder(PriceKind.LINE, ((50, 550, 100),)))


# --- the most that one order may be for ---


def test_a_quote_at_long_odds_stops_at_the_most_claims_that_one_order_may_be_for() -> None:
    most = 25 * MICROS
    view = market_view(everywhere())
    free, bound = quotes_in(view), quotes_in(msgspec.structs.replace(view, claims_max_micros=most))
    assert {slot: quote.price for slot, quote in bound.items()} == {slot: quote.price for slot, quote in free.items()}
    large = [slot for slot, quote in free.items() if claims_of(quote, view) > most]
    assert large, "the limit bites"
    for slot, quote in bound.items():
        assert (quote == free[slot]) is (slot not in large)
        assert claims_of(quote, view) <= most
    assert all(claims_of(bound[slot], view) > 0.9 * most for slot in large), "and takes no more than it has to"


def test_what_rests_moves_to_longer_odds_with_no_more_claims_than_one_order_may_be_for() -> None:
    view = market_view(everywhere())
    resting = bet("BACK 30 @ 1.50", on="one/match/home")
    free = quotes_in(msgspec.structs.replace(view, working=(resting,)))["one/home", BACK]
    most = 45 * MICROS
    assert (free.size_micros, claims_of(free, view) > most) == (30 * MICROS, True)
    moved = quotes_in(msgspec.structs.replace(view, working=(resting,), claims_max_micros=most))["one/home", BACK]
    assert 0.9 * most < claims_of(moved, view) <= most


# --- protection ---


def test_matches_too_fast_on_one_side_pull_that_side_of_the_outcome_on_every_venue() -> None:
    view = market_view(everywhere())
    fast = [Match(view.now_ns - n * 100_000_000, StrategyName("s"), 0, BACK) for n in (3, 2, 1, 0)]
    before, after = quotes_in(view), quotes_in(msgspec.structs.replace(view, matches=fast))
    assert {slot for slot in before if slot not in after} == {(f"{venue}/home", BACK) for venue in FEES}
    later = {"now_ns": view.now_ns + 2_000_000_000, "fair_ns": view.fair_ns + 2_000_000_000}
    rested = msgspec.structs.replace(view, matches=fast, **later)
    assert quotes_in(rested).keys() == before.keys()


def test_of_two_outcomes_matches_of_both_count_together_and_pull_what_bets_the_same() -> None:
    listings = [one for one in everywhere() if one.instrument.listing.outcome < 2]
    market = Market(MarketId("match"), EventId("event"), "winner", OUTCOMES[:2])
    view = market_view(listings, market=market, fair=fair_value(0.5, 0.5), pnl=(0, 0))
    hit = [(0, BACK), (1, LAY), (0, BACK), (1, LAY)]
    fast = [Match(view.now_ns - 1, StrategyName("s"), outcome, side) for outcome, side in hit]
    before, after = quotes_in(view), quotes_in(msgspec.structs.replace(view, matches=fast))
    assert before.keys() - after.keys() == {(f"{v}/{on}", s) for v in FEES for on, s in (("home", BACK), ("draw", LAY))}


def test_a_book_far_from_the_fair_value_is_left_and_no_other() -> None:
    far = listing("one/home", "3.50:20 | 3.60:20")
    near = listing("two/home", "2.20:20 | 2.24:20")
    quoted = {name for name, _ in quotes_in(market_view((far, near)))}
    assert quoted == {"two/home"}
    assert {name for name, _ in quotes_in(market_view((far, near)), away_ticks=0)} == {"one/home", "two/home"}


def test_rules_of_protection_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="rest_s"):
        maker(rest_s=-1.0)
