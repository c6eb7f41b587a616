"""From intents to concrete orders, and every place that was looked at."""

from fractions import Fraction
from typing import Any

import msgspec
import pytest

from domain.book import Book
from domain.candidates import Candidate
from domain.chances import Chance
from domain.fees import FeeTerms, NetWinFee, QuadraticFee
from domain.ids import Currency, EventId, InstrumentId, MarketId, SelectionId, StrategyName, VenueMarketId, VenueName
from domain.intents import Child, QuoteIntent, TakeIntent
from domain.markets import Instrument, Listing, Market
from domain.messages import Levels
from domain.money import FX_SCALE, MICROS
from domain.odds import CLASSIC, PriceKind, ladder, line_ladder
from domain.orders import Amend, Order, Side, TimeInForce
from domain.portfolio import InstrumentView, MarketView
from domain.terms import Terms
from oms.routes import DEPTH, LINE_MARKET, VENUE_BUDGET, Desk, Routed, route_quote, route_take, unwind_e9
from oms.waiting import Jumps
from tests.builders import bet
from tests.oms.places import FREE, levels

UNIT = MICROS
MATCH = Market(MarketId("match"), EventId("game"), "kind", ("home", "away"))
FINE = ((1, 9_999, 1),)
LINES = line_ladder(lowest=50, highest=550, interval=100).bands
TAXED = NetWinFee(rate_ppm=20_000)


def listed(
    venue: str,
    text: str,
    fee: FeeTerms = TAXED,
    *,
    to_lay: str = "",
    outcome: int = 0,
    kind: PriceKind | None = None,
    **more: Any,
) -> InstrumentView:
    """A listing with `text` to back."""
    kind = kind or (PriceKind.CONTRACT if "c:" in text + to_lay else PriceKind.ODDS)
    bands = {PriceKind.ODDS: CLASSIC.bands, PriceKind.CONTRACT: FINE, PriceKind.LINE: LINES}[kind]
    terms = Terms(kind, bands, Currency("USD"), lot_micros=10_000, size_min_micros=UNIT, fee=fee)
    listing = Listing(VenueName(venue), VenueMarketId("m"), SelectionId(str(outcome)), MATCH.id, outcome)
    on = Instrument(InstrumentId(f"{venue}/m/{outcome}"), listing, terms)
    book = Book(ladder(kind, bands))

    def side(text: str) -> list[tuple[int, int]]:
        return [(book.ladder.tick_by_price[price], size) for price, size in levels(text)]

    book.apply(Levels(on.id, side(text), side(to_lay), image=True), 0)
    state = {"tradable": True, "why_not": "", "in_play": False, "bet_delay_ms": 0, "tokens": 5, "rate_e8": FX_SCALE}
    return InstrumentView(on, book, **{**state, **more})


def desk(*listings: InstrumentView, **more: Any) -> Desk:
    view = MarketView(MATCH, StrategyName("s"), None, 0, "", listings, (0, 0), (), 10**12, 0)
    plain = {"venue_pnl": lambda listing, side: (0, 0), "available_micros": lambda instrument, side: 10**12}
    return Desk(view, decision=9, **{**plain, **more})


def take(claims: int, *, side: Side = Side.BACK, limit_e9: int = 520_000_000) -> TakeIntent:
    return TakeIntent(StrategyName("s"), MATCH.id, 0, side, limit_e9, claims * UNIT, "cheap")


def test_a_take_becomes_one_order_a_venue_at_the_worst_price_used_there() -> None:
    routed = route_take(
        take(1_000),
        desk(
            listed("a", "2.00:100 1.99:200", rate_e8=125_000_000),
            listed("b", "2.02:50 2.00:100", rate_e8=110_000_000),
            listed("k", "0.50c:300 0.51c:500", QuadraticFee(taker_ppm=70_000)),
            priorities={VenueName("a"): 1, VenueName("b"): 2, VenueName("k"): 3},
        ),
    )
    assert [(child.instrument, child.price, child.size_micros) for child in routed.children] == [
        ("a/m/0", 199, 272_450_000),
        ("b/m/0", 200, 150_000_000),
    ]
    assert {(child.tif, child.decision, child.side) for child in routed.children} == {
        (TimeInForce.IMMEDIATE, 9, Side.BACK)
    }
    assert [candidate.allotted for candidate in routed.candidates] == [
        ((200, 100_000_000), (199, 172_450_000)),
        ((202, 50_000_000), (200, 100_000_000)),
        (),
    ]


def test_every_candidate_holds_what_it_was_judged_on() -> None:
    here = listed("a", "2.00:100 1.99:200", to_lay="2.04:7")
    (candidate,) = route_take(
        take(10),
        desk(
            here,
            venue_pnl=lambda listing, side: (5, -7 if side is Side.BACK else 7),
            available_micros=lambda on, side: {"a": 77 * UNIT}[on.listing.venue],
            priorities={VenueName("a"): 4},
            chance=lambda venue: Chance(750_000, 900, 3),
        ),
    ).candidates
    assert candidate == Candidate(
        instrument=InstrumentId("a/m/0"),
        kind=PriceKind.ODDS,
        fee=TAXED,
        levels=((200, 100 * UNIT), (199, 200 * UNIT)),
        lot_micros=10_000,
        size_min_micros=UNIT,
        payout_min_micros=0,
        available_micros=77 * UNIT,
        priority=4,
        rate_e8=FX_SCALE,
        win_micros=5,
        lose_micros=-7,
        net_price=(50, 99),
        allotted=((200, 5_050_000),),
        fill_ppm=750_000,
        answer_us=900,
        score=(1_679, 3_300),  # three times of four 50/99, else the limit
    )


def test_a_lay_takes_from_the_other_side_of_the_book() -> None:
    both = listed("a", "2.00:100", to_lay="2.04:50 2.06:50"), listed("b", "2.00:100")
    routed = route_take(take(100, side=Side.LAY, limit_e9=480_000_000), desk(*both))
    ((child),) = routed.children
    assert (child.instrument, child.side, child.price) == ("a/m/0", Side.LAY, 204)
    assert routed.candidates[1].levels == ()
    assert routed.candidates[1].net_price == (0, 0)


def test_only_listings_of_the_outcome_are_looked_at() -> None:
    routed = route_take(take(10), desk(listed("a", "2.00:100"), listed("a", "3.00:100", outcome=1)))
    assert [candidate.instrument for candidate in routed.candidates] == ["a/m/0"]


def test_a_venue_that_may_not_be_traded_is_kept_with_the_reason() -> None:
    lines = listed("l", "", to_lay="", kind=PriceKind.LINE)
    routed = route_take(
        take(10),
        desk(listed("a", "2.10:100", tradable=False, why_not="book_stale"), listed("b", "2.00:100", tokens=0), lines),
    )
    assert routed.children == ()
    assert [candidate.refused for candidate in routed.candidates] == ["book_stale", VENUE_BUDGET, LINE_MARKET]


def test_a_place_that_is_closed_to_added_risk_alone_is_open_to_a_take_that_reduces() -> None:
    doubted = listed("a", "2.10:100", tradable=False, reducible=True, why_not="order_unproven")
    asked: list[Child] = []

    def reduces(child: Child) -> bool:
        asked.append(child)
        return child.size_micros < 10 * UNIT

    places = doubted, listed("b", "2.00:100", tradable=False, why_not="book_stale")
    reducing, adding = (route_take(take(claims), desk(*places, reduces=reduces)) for claims in (20, 21))
    assert [child.instrument for child in reducing.children] == ["a/m/0"]
    assert [candidate.refused for candidate in reducing.candidates] == ["", "book_stale"]
    assert adding.children == ()
    assert [candidate.refused for candidate in adding.candidates] == ["order_unproven", "book_stale"]
    assert asked[0] == reducing.children[0], "it was asked about as it would be sent"
    broke = msgspec.structs.replace(doubted, tokens=0)
    assert route_take(take(20), desk(broke, reduces=reduces)).candidates[0].refused == "order_unproven"


def test_a_share_below_the_minimum_is_refused_by_that_name() -> None:
    routed = route_take(take(10), desk(listed("a", "2.10:0.50"), listed("b", "2.00:100")))
    assert [candidate.refused for candidate in routed.candidates] == ["below_minimum", ""]
    assert [child.instrument for child in routed.children] == ["b/m/0"]


def test_no_more_levels_are_kept_than_are_looked_at() -> None:
    deep = " ".join(f"{3 - n / 50:.2f}:1" for n in range(2 * DEPTH))
    (candidate,) = route_take(take(10), desk(listed("a", deep))).candidates
    assert len(candidate.levels) == DEPTH


def test_a_quote_is_one_resting_order_beside_what_the_others_show() -> None:
    fee = QuadraticFee(taker_ppm=70_000, maker_ppm=17_500)
    quote = QuoteIntent(StrategyName("s"), InstrumentId("k/m/0"), Side.BACK, 4_800, 30 * UNIT, "edge")
    routed = route_quote(
        quote, desk(listed("k", "0.50c:300", fee), listed("a", "2.00:100"), listed("a", "9:1", outcome=1))
    )
    (child,) = routed.children
    assert (child.tif, child.price, child.size_micros, child.decision) == (TimeInForce.REST, 4_800, 30 * UNIT, 9)
    rests, beside = routed.candidates
    assert rests.maker
    assert rests.allotted == ((4_800, 30 * UNIT),)
    assert rests.net_price == (30273, 62500)  # 0.48 + 0.0175 x 0.48 x 0.52
    assert (beside.instrument, beside.allotted, beside.net_price) == ("a/m/0", (), (50, 99))


def test_a_net_price_fits_into_64_bits() -> None:
    odd = QuadraticFee(taker_ppm=65_537, multiplier_ppm=999_983)
    (candidate,) = route_take(take(10), desk(listed("k", "0.5301c:300", odd))).candidates
    assert max(candidate.net_price) < 2**63
    part, whole = candidate.net_price
    assert abs(part / whole - (0.5301 + 0.065537 * 0.999983 * 0.5301 * 0.4699)) < 1e-15
    assert msgspec.msgpack.decode(msgspec.msgpack.encode(candidate), type=Candidate) == candidate


# --- what is not sure ---


def given(routed: Routed) -> dict[str, list[int]]:
    return {one.instrument: [size // UNIT for _, size in one.allotted] for one in routed.candidates if one.allotted}


def test_a_venue_that_rarely_matches_comes_behind_one_that_is_dearer_and_sure() -> None:
    books = listed("a", "2.00:30", fee=FREE), listed("b", "1.98:30", fee=FREE)
    sure = route_take(take(50), desk(*books))
    doubted = route_take(take(50), desk(*books, chance=lambda v: Chance(500_000 if v == "a" else 1_000_000)))
    assert given(sure) == {"a/m/0": [25]}
    assert given(doubted) == {"b/m/0": [25]}  # 0.50 or else 0.52 is 0.51 on average, and 1/1.98 is less


def test_a_bet_delay_is_charged_where_it_is_and_counts_against_the_limit() -> None:
    slow: dict[str, Any] = {"in_play": True, "bet_delay_ms": 5_000}
    books = listed("a", "2.00:30", fee=FREE, **slow), listed("b", "1.98:30", fee=FREE)
    costs = msgspec.structs.replace(take(50), delay_costs=((5_000, 10_000_000),))
    assert given(route_take(costs, desk(*books))) == {"b/m/0": [25]}
    tight = msgspec.structs.replace(costs, limit_e9=509_000_000)
    assert given(route_take(tight, desk(books[0]))) == {}
    before_the_start = msgspec.structs.replace(books[0], in_play=False)
    assert given(route_take(tight, desk(before_the_start))) == {"a/m/0": [25]}


def test_where_a_strategy_says_nothing_of_a_bet_delay_the_desks_own_reckoning_is_charged() -> None:
    running: dict[str, Any] = {"in_play": True, "bet_delay_ms": 5_000, "delay_e9": 10_000_000}
    books = listed("a", "2.00:30", fee=FREE, **running), listed("b", "1.98:30", fee=FREE)
    assert given(route_take(take(50), desk(*books))) == {"b/m/0": [25]}
    assert given(route_take(take(50, limit_e9=509_000_000), desk(books[0]))) == {}
    told = msgspec.structs.replace(take(50), delay_costs=((5_000, 0), (8_000, 90_000_000)))
    assert given(route_take(told, desk(*books))) == {"a/m/0": [25]}, "what it says goes first"
    other = msgspec.structs.replace(take(50), delay_costs=((8_000, 0),))
    assert given(route_take(other, desk(*books))) == {"b/m/0": [25]}, "and is none of another delay's"


JUMPY = Jumps(rate_e9=500_000, loss_e9=125_000_000)


def answering(**answer_us: int) -> dict[str, Any]:
    """Venues that answer so fast, in a world that jumps."""
    return {"jumps": JUMPY, "chance": lambda venue: Chance(answer_us=answer_us[venue])}


def test_of_two_venues_that_differ_only_in_their_measured_time_to_answer_the_faster_is_taken() -> None:
    books = listed("a", "2.00:30", fee=FREE), listed("b", "2.00:30", fee=FREE)
    ranks = {"priorities": {VenueName("a"): 1, VenueName("b"): 2}}
    assert given(route_take(take(50), desk(*books, **ranks, **answering(a=80_000, b=80_000)))) == {"a/m/0": [25]}
    assert given(route_take(take(50), desk(*books, **ranks, **answering(a=80_001, b=20_000)))) == {"b/m/0": [25]}
    lays = listed("a", "", to_lay="2.00:30", fee=FREE), listed("b", "", to_lay="2.00:30", fee=FREE)
    lay = take(50, side=Side.LAY, limit_e9=480_000_000)
    assert given(route_take(lay, desk(*lays, **ranks, **answering(a=80_001, b=20_000)))) == {"b/m/0": [25]}


@pytest.mark.parametrize(("answer_us", "taken"), [(3_000_000, "slow/m/0"), (4_000_000, "fast/m/0")])
def test_the_slower_venue_is_taken_while_its_price_is_better_by_more_than_its_time_costs(
    answer_us: int, taken: str
) -> None:
    """A tick of 0.0002: three seconds cost 0.0001874, four 0.0002498."""
    contracts = {"slow": "0.4998c:90", "fast": "0.5000c:90"}
    books = [listed(venue, text, fee=FREE) for venue, text in contracts.items()]
    routed = route_take(take(50), desk(*books, **answering(slow=answer_us, fast=0)))
    assert [*given(routed)] == [taken]
    slow, fast = routed.candidates
    assert (slow.answer_us, slow.answer_e9) == (answer_us, {3_000_000: 187_360, 4_000_000: 249_751}[answer_us])
    assert Fraction(*slow.score) == Fraction(4_998, 10_000) + Fraction(slow.answer_e9, 10**9)
    assert Fraction(*fast.score) == Fraction(1, 2)


def test_time_to_answer_ranks_places_and_closes_none() -> None:
    only = listed("a", "2.00:30", fee=FREE)
    at_the_limit = take(50, limit_e9=500_000_000)
    assert given(route_take(at_the_limit, desk(only, **answering(a=60_000_000)))) == {"a/m/0": [25]}


def test_a_take_stops_before_it_would_meet_an_order_of_ours() -> None:
    ours = {"a/m/0": [bet("LAY 20 @ 1.99", on="a/m/0"), bet("BACK 9 @ 2.10", on="a/m/0", ref="r2")]}
    here = listed("a", "2.00:10 1.99:50 1.98:50", fee=FREE)
    (candidate,) = route_take(take(200), desk(here, resting=lambda one: ours.get(one, ()))).candidates
    assert candidate.own_price == 199
    assert candidate.levels == ((200, 10 * UNIT),)
    assert candidate.allotted == ((200, 10 * UNIT),)


@pytest.mark.parametrize(("before", "after"), [("1.98", 199), ("1.99", 198)])
def test_a_take_stops_before_both_prices_of_an_order_of_ours_that_is_being_changed(before: str, after: int) -> None:
    """It was sent for what stands behind the new one, and refused as a whole."""
    ours = bet(f"LAY 20 @ {before}", on="a/m/0", amend=Amend("a1", after, 20 * UNIT))
    here = listed("a", "2.00:10 1.99:50 1.98:50", fee=FREE)
    (candidate,) = route_take(take(200), desk(here, resting=lambda _: [ours])).candidates
    assert (candidate.own_price, candidate.allotted) == (199, ((200, 10 * UNIT),))


def test_a_lay_and_a_contract_stop_before_our_order_too() -> None:
    lay = listed("a", "1.90:9", to_lay="2.00:10 2.02:50", fee=FREE)
    ours = {"a/m/0": [bet("BACK 20 @ 2.02", on="a/m/0")], "k/m/0": [bet("LAY 20 @ 0.51c", on="k/m/0")]}
    where = desk(lay, listed("k", "0.50c:30 0.51c:300", fee=FREE), resting=lambda one: ours.get(one, ()))
    assert route_take(take(200, side=Side.LAY, limit_e9=1), where).candidates[0].levels == ((200, 10 * UNIT),)
    assert route_take(take(200), where).candidates[1].levels == ((5_000, 30 * UNIT),)


def sent_take(text: str, **more: Any) -> Order:
    return msgspec.structs.replace(bet(text, on="a/m/0"), **{"tif": TimeInForce.IMMEDIATE, **more})


def test_what_a_take_of_ours_is_on_its_way_to_is_not_offered_to_another_one() -> None:
    on_its_way = sent_take("BACK 35 @ 1.99", matched_micros=5 * UNIT)
    here = listed("a", "2.00:10 1.99:50 1.98:50", fee=FREE)
    (candidate,) = route_take(take(200), desk(here, resting=lambda _: [on_its_way])).candidates
    assert candidate.levels == ((199, 30 * UNIT), (198, 50 * UNIT))
    assert candidate.under_way_micros == 30 * UNIT
    (candidate,) = route_take(take(200), desk(here, resting=lambda _: [on_its_way, on_its_way])).candidates
    assert candidate.levels == ((198, 50 * UNIT),), "no deeper than its limit, and no more than there is"
    assert candidate.under_way_micros == 60 * UNIT


@pytest.mark.parametrize(
    ("money", "claims", "shares"),
    [
        (10**12, 260, {"x/m/0": [50, 20], "y/m/0": [40, 20]}),
        (65 * UNIT, 260, {"x/m/0": [50, 15], "x.b/m/0": [5], "y/m/0": [40, 20]}),
        (30 * UNIT, 400, {"x/m/0": [30], "x.b/m/0": [20, 10], "y/m/0": [30]}),
    ],
)
def test_what_two_accounts_see_in_one_book_is_there_once(money: int, claims: int, shares: dict[str, list[int]]) -> None:
    """The second account was sent for what the first one takes, and another venue's offer was left."""
    accounts = (listed(name, "2.00:50 1.98:20", fee=FREE) for name in ("x", "x.b"))
    where = desk(*accounts, listed("y", "1.99:40 1.97:20", fee=FREE), available_micros=lambda _, side: money)
    assert given(route_take(take(claims, limit_e9=510_000_000), where)) == shares


def test_a_lay_on_its_way_uses_up_the_lays_and_leaves_the_backs() -> None:
    on_its_way = sent_take("LAY 12 @ 2.02")
    here = listed("a", "1.90:9", to_lay="2.00:10 2.02:50", fee=FREE)
    lay = route_take(take(200, side=Side.LAY, limit_e9=1), desk(here, resting=lambda _: [on_its_way]))
    assert lay.candidates[0].levels == ((202, 48 * UNIT),)


@pytest.mark.parametrize("other", [{"unknown": True}, {"tif": TimeInForce.REST}, {"cancelled_micros": 35 * UNIT}])
def test_only_takes_that_may_still_come_use_up_what_is_shown(other: dict[str, Any]) -> None:
    """Of one whose answer is missing the book shows already what became of it."""
    order = sent_take("BACK 35 @ 1.99", **other)
    here = listed("a", "2.00:10 1.99:50", fee=FREE)
    (candidate,) = route_take(take(200), desk(here, resting=lambda _: [order])).candidates
    assert (candidate.levels, candidate.under_way_micros) == (((200, 10 * UNIT), (199, 50 * UNIT)), 0)


def test_an_order_of_ours_that_is_over_is_in_nobodys_way() -> None:
    gone = bet("LAY 20 @ 1.99", on="a/m/0", cancelled_micros=20 * UNIT)
    here = listed("a", "1.99:50", fee=FREE)
    assert route_take(take(10), desk(here, resting=lambda _: [gone])).candidates[0].own_price == 0


def test_what_undoing_costs_is_the_distance_of_both_sides_after_fees() -> None:
    assert unwind_e9(listed("a", "2.00:9", to_lay="2.00:9", fee=FREE)) == 0
    assert unwind_e9(listed("k", "0.52c:9", to_lay="0.50c:9", fee=FREE)) == 20_000_000
    assert unwind_e9(listed("a", "2.00:9", to_lay="2.00:9")) == 10_101_011
    assert unwind_e9(listed("a", "2.00:9")) == 1_000_000_000
