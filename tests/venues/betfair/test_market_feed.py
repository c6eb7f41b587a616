"""Market messages as facts: ticks, images, definitions, and what is left out."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.ids import Currency, InstrumentId
from domain.markets import MarketStatus, Result
from domain.messages import BooksChanged, BooksDoubted, InstrumentsListed, Levels, MarketChanged
from domain.odds import CLASSIC, FINEST
from tests.venues.betfair.desk import BETFAIR, MARKET, A, B, definition, listing, runners
from venues.betfair.market_codec import MarketChange, MarketDefinition
from venues.betfair.market_feed import MarketFeed, description
from venues.betfair.rules import CommissionPlan
from venues.errors import PeerBroke

GBP = Currency("GBP")


def feed(*selections: str, plan: CommissionPlan | None = None, **said: Any) -> MarketFeed:
    """A feed of one market that has been defined and told of."""
    listings = [listing(name, n) for n, name in enumerate(selections or ("11", "22"))]
    one = MarketFeed(BETFAIR, listings, GBP, plan or CommissionPlan())
    told(one, {"marketDefinition": definition(**said)})
    return one


def told(one: MarketFeed, *changes: dict[str, Any], image: bool = False) -> list[Any]:
    found = [msgspec.convert({"id": MARKET} | change, MarketChange) for change in changes]
    return one.facts(found, 123, image=image)


def books(facts: list[Any]) -> list[Levels]:
    (changed,) = [fact for fact in facts if isinstance(fact, BooksChanged)]
    return changed.books


def test_a_message_is_one_fact_with_ticks_and_millionths() -> None:
    rows = {"id": 11, "atb": [[2.5, 10.5], [1000, 0.01]], "atl": [[1.01, 0]]}
    facts = told(feed(), {"rc": [rows, {"id": 22, "atl": [[3.05, 8.879999999999999]]}]})
    first = Levels(A, [(124, 10_500_000), (349, 10_000)], [(0, 0)])
    assert facts == [BooksChanged(BETFAIR, 123, [first, Levels(B, [], [(150, 8_880_000)])])]


@given(st.integers(0, len(CLASSIC) - 1), st.integers(0, 10**11))
def test_every_price_and_size_survives_the_way_through_a_float(tick: int, hundredths: int) -> None:
    odds, size = CLASSIC.price(tick) / 100, hundredths / 100
    (levels,) = books(told(feed(), {"rc": [{"id": 11, "atb": [[odds, size]]}]}))
    assert levels.to_back == [(tick, hundredths * 10_000)]


@given(st.integers(0, len(FINEST) - 1), st.floats(-1e-9, 1e-9))
def test_noise_in_the_last_digits_of_a_price_is_harmless(tick: int, noise: float) -> None:
    one = feed(priceLadderDefinition={"type": "FINEST"})
    odds = FINEST.price(tick) / 100 + noise
    (levels,) = books(told(one, {"rc": [{"id": 11, "atl": [[odds, 1]]}]}))
    assert levels.to_lay == [(tick, 1_000_000)]
    assert one.rows_dropped == 0


def test_rows_off_the_ladder_are_left_out_and_counted() -> None:
    one = feed()
    (levels,) = books(told(one, {"rc": [{"id": 11, "atb": [[2.24, 5], [2.27, 4], [2.26, 3]]}]}))
    assert levels.to_back == [(CLASSIC.tick(224), 5_000_000), (CLASSIC.tick(226), 3_000_000)]
    assert one.rows_dropped == 1
    assert told(one, {"rc": [{"id": 11, "atb": [[3.03, 1]], "atl": [[0, 1], [1001, 1]]}]}) == []
    assert one.rows_dropped == 4


@pytest.mark.parametrize("size", [float("nan"), float("inf"), -1.0, 1e300])
def test_a_size_that_is_none_breaks_the_peer(size: float) -> None:
    rc = msgspec.convert({"id": MARKET, "rc": [{"id": 11}]}, MarketChange)
    assert rc.rc is not None
    rc.rc[0].atb = [(2.5, size), (float("nan"), 1.0)]
    with pytest.raises(PeerBroke, match="size"):
        feed().facts([rc], 123)


def test_empty_and_absent_ladders_change_nothing() -> None:
    assert told(feed(), {"rc": [{"id": 11, "atb": [], "atl": []}, {"id": 22}]}, {"rc": []}, {}) == []


def test_runners_and_markets_that_are_not_ours_are_passed_over() -> None:
    row = {"atb": [[2.5, 1]]}
    assert told(feed("11"), {"rc": [{"id": 22} | row, {"id": 11, "hc": 0.5} | row]}) == []
    assert told(feed(), {"id": "1.999", "rc": [{"id": 11} | row], "marketDefinition": definition()}) == []


def test_runners_of_one_id_are_told_apart_by_handicap() -> None:
    both = [{"id": 11, "hc": -0.5, "status": "ACTIVE"}, {"id": 11, "hc": 0.5, "status": "ACTIVE"}]
    one = feed("11@-0.5", "11@0.5", runners=both)
    levels = books(told(one, {"rc": [{"id": 11, "hc": 0.5, "atb": [[2, 1]]}, {"id": 11, "hc": -0.5, "atb": [[3, 1]]}]}))
    assert [(x.instrument, x.to_back) for x in levels] == [
        (f"betfair/{MARKET}/11@0.5", [(99, 1_000_000)]),
        (f"betfair/{MARKET}/11@-0.5", [(149, 1_000_000)]),
    ]


def test_a_runner_split_over_entries_is_one_change() -> None:
    split = [{"id": 11, "atl": [[2.2, 5]]}, {"id": 11, "atb": [[2.1, 4]]}, {"id": 11}, {"id": 22, "atb": [[5, 1]]}]
    first, second = books(told(feed(), {"rc": split}))
    assert (first.instrument, first.to_back, first.to_lay) == (A, [(104, 4_000_000)], [(109, 5_000_000)])
    assert second.instrument == B


def test_an_image_of_a_market_covers_every_runner_of_ours() -> None:
    split = [{"id": 22, "atb": [[2, 1]]}, {"id": 33, "atb": [[2, 1]]}, {"id": 22, "atl": [[3, 1]]}]
    levels = books(told(feed(), {"img": True, "rc": split}))
    assert levels == [
        Levels(A, [], [], image=True),
        Levels(B, [(99, 1_000_000)], [(149, 1_000_000)], image=True),
    ]
    assert books(told(feed(), {"img": True}))[0].image
    assert not books(told(feed(), {"img": False, "rc": [{"id": 11, "atb": [[2, 1]]}]}))[0].image


def test_an_image_of_all_markets_doubts_those_that_it_does_not_hold() -> None:
    one = MarketFeed(BETFAIR, [listing("11", 0), listing("5", 0, "1.200")], GBP, CommissionPlan())
    other = definition(runners=[{"id": 5, "status": "ACTIVE"}])
    told(one, {"marketDefinition": definition()}, {"id": "1.200", "marketDefinition": other})
    facts = told(one, {"rc": [{"id": 11, "atb": [[2, 1]]}]}, image=True)
    assert facts[0] == BooksDoubted(BETFAIR, (InstrumentId("betfair/1.200/5"),), "not in the image")
    assert books(facts) == [Levels(A, [(99, 1_000_000)], [], image=True)]


def test_a_market_that_stands_twice_in_an_image_counts_once_in_its_higher_version() -> None:
    new = {"marketDefinition": definition(version=9), "rc": [{"id": 11, "atb": [[2, 1]]}]}
    old = {"marketDefinition": definition(version=8), "rc": [{"id": 11, "atb": [[3, 1]]}]}
    for pair in ((new, old), (old, new)):
        facts = told(feed(), *pair, image=True)
        assert [fact.version for fact in facts if isinstance(fact, MarketChanged)] == [9]
        assert books(facts)[0].to_back == [(99, 1_000_000)]


# --- definitions ---


def test_a_definition_lists_our_runners_with_the_markets_terms() -> None:
    one = MarketFeed(BETFAIR, [listing("11", 0), listing("99", 1)], GBP, CommissionPlan())
    listed, changed = told(one, {"marketDefinition": definition(marketBaseRate=6.5)})
    assert isinstance(listed, InstrumentsListed)
    (instrument,) = listed.instruments
    terms: Any = instrument.terms
    assert (instrument.id, terms.bands, terms.lot_micros) == (A, CLASSIC.bands, 10_000)
    assert (terms.size_min_micros, terms.payout_min_micros) == (1_000_000, 10_000_000)
    assert (terms.fee.rate_ppm, terms.fee.discount_ppm) == (65_000, 0)
    assert changed == MarketChanged(BETFAIR, MARKET, MarketStatus.OPEN, False, 0, 7)


@pytest.mark.parametrize(
    ("plan", "allowed", "rate", "discount"),
    [
        (CommissionPlan(discount_ppm=400_000), True, 50_000, 400_000),
        (CommissionPlan(discount_ppm=400_000), False, 50_000, 0),
        (CommissionPlan(rate_ppm=20_000), True, 20_000, 0),
    ],
)
def test_commission_follows_the_accounts_plan(plan: CommissionPlan, allowed: bool, rate: int, discount: int) -> None:
    one = MarketFeed(BETFAIR, [listing("11", 0)], GBP, plan)
    (listed, _) = told(one, {"marketDefinition": definition(discountAllowed=allowed)})
    fee = listed.instruments[0].terms.fee
    assert (fee.rate_ppm, fee.discount_ppm) == (rate, discount)


def test_terms_that_change_are_listed_again_and_those_that_stay_are_not() -> None:
    one = feed()
    assert told(one, {"marketDefinition": definition()}) == []
    facts = told(
        one,
        {"marketDefinition": definition(priceLadderDefinition={"type": "FINEST"}), "rc": [{"id": 11, "atb": [[2, 1]]}]},
    )
    assert isinstance(facts[0], InstrumentsListed)
    assert facts[0].instruments[0].terms.bands == FINEST.bands
    assert books(facts)[0].to_back == [(FINEST.tick(200), 1_000_000)]


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"bettingType": "LINE"}, "evens"),
        ({"bettingType": "ASIAN_HANDICAP_SINGLE_LINE"}, "no recorded market"),
        ({"bettingType": "ASIAN_HANDICAP_DOUBLE_LINE", "marketType": "ALT_TOTAL_GOALS"}, "of no handicap"),
        ({"bettingType": "FIXED_ODDS"}, "betting type FIXED_ODDS"),
        ({"marketType": "EACH_WAY"}, "twice its size"),
        ({"priceLadderDefinition": {"type": "LINE_RANGE"}}, "ladder LINE_RANGE"),
    ],
)
def test_markets_whose_bets_mean_something_else_are_not_listed_and_it_is_said_why(
    said: dict[str, Any], why: str
) -> None:
    one = feed(**said)
    assert told(one, {"rc": [{"id": 11, "atb": [[2, 1]]}]}) == []
    (changed,) = told(one, {"marketDefinition": definition("SUSPENDED", **said)})
    assert isinstance(changed, MarketChanged)
    assert why in one.markets.why_not(A)


def test_news_that_close_a_market_come_before_its_books_and_news_that_open_it_after() -> None:
    one = feed()
    rc = [{"id": 11, "atb": [[2, 1]]}]
    closing = told(one, {"marketDefinition": definition("SUSPENDED", version=8), "rc": rc})
    assert [type(fact) for fact in closing] == [MarketChanged, BooksChanged]
    opening = told(one, {"marketDefinition": definition("OPEN", version=9, inPlay=True, betDelay=5), "rc": rc})
    assert [type(fact) for fact in opening] == [BooksChanged, MarketChanged]
    assert opening[1] == MarketChanged(BETFAIR, MARKET, MarketStatus.OPEN, True, 5_000, 9)
    assert one.markets.bet_delay_ms(MARKET) == 5_000


def test_a_hidden_runner_is_not_bet_on_until_it_is_back() -> None:
    one = feed()
    for word, removed in (("HIDDEN", ("22",)), ("ACTIVE", ())):
        (changed,) = told(one, {"marketDefinition": definition(runners=runners("ACTIVE", word), version=8)})
        assert (changed.removed, changed.results) == (removed, {})


def test_a_removed_runner_is_named_and_has_no_result_until_the_market_is_closed() -> None:
    (changed,) = told(feed(), {"marketDefinition": definition(runners=runners("ACTIVE", "REMOVED"), version=8)})
    assert (changed.removed, changed.results) == (("22",), {})


def test_results_are_told_when_the_market_is_closed() -> None:
    words = ("WINNER", "LOSER", "REMOVED", "PLACED", "REMOVED_VACANT", "ACTIVE")
    (changed,) = told(feed(), {"marketDefinition": definition("CLOSED", runners=runners(*words))})
    assert changed.status is MarketStatus.CLOSED
    assert changed.removed == ("33", "55")
    assert changed.results == {
        "11": Result.WON,
        "22": Result.LOST,
        "33": Result.VOID,
        "44": Result.WON,
        "55": Result.VOID,
    }


def test_of_a_line_that_is_over_no_word_is_a_result() -> None:
    """Of a bet on a side of a line half may be won: its runner is called something, and nobody says what."""
    sides = [{"id": 11, "hc": -0.25, "status": "LOSER"}, {"id": 22, "hc": 0.25, "status": "WINNER"}]
    (changed,) = told(feed(), {"marketDefinition": definition("CLOSED", runners=sides)})
    assert (changed.status, changed.results) == (MarketStatus.CLOSED, {})


def test_a_definition_without_news_for_us_is_silent() -> None:
    assert told(feed(), {"marketDefinition": definition(eventName="renamed")}) == []


def test_settlement_zeros_in_traded_volume_are_none_of_our_business() -> None:
    assert told(feed(), {"rc": [{"id": 11, "trd": [[2.5, 0]], "tv": 0, "spn": "NaN", "spf": "Infinity"}]}) == []


def test_another_text_of_rules_is_told_as_other_terms_and_a_definition_tells_none() -> None:
    one = feed()
    said = description(msgspec.convert(definition(), MarketDefinition))
    reviewed = one.describe(MARKET, msgspec.structs.replace(said, rules_hash="reviewed"))
    assert {item.terms.rules_hash for item in reviewed} == {"reviewed"}
    assert one.describe(MARKET, said) == (), "the stream's definition leaves the rules as they were"
    changed = one.describe(MARKET, msgspec.structs.replace(said, rules_hash="other"))
    assert {item.terms.rules_hash for item in changed} == {"other"}
