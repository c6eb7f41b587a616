"""The built-in fair value: the venues' books without our own orders, and silence where nobody can be heard."""

import re
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.markets import Market
from domain.messages import FairValueReceived
from domain.orders import Order
from domain.portfolio import InstrumentView
from strategy.consensus import MODEL, ConsensusSettings, consensus_value
from strategy.fair_value import GateRules
from strategy.freshness import judged
from tests.builders import bet
from tests.strategy.views import OUTCOMES, SECOND, listing, market_view

SETTINGS = ConsensusSettings()
ODDS = {"home": "2.60:100 | 2.64:100", "draw": "3.65:100 | 3.75:100", "away": "2.90:100 | 2.96:100"}
CONTRACTS = {"home": "40:100 | 37:100", "draw": "28:100 | 26:100", "away": "36:100 | 33:100"}


def books(venue: str, texts: dict[str, str], **more: Any) -> list[InstrumentView]:
    return [listing(f"{venue}/{outcome}", texts[outcome], **more) for outcome in texts]


def valued(
    listings: list[InstrumentView], *ours: Order, settings: ConsensusSettings = SETTINGS, now_ns: int = SECOND
) -> FairValueReceived | None:
    return consensus_value(market_view().market, listings, ours, settings, state="7", now_ns=now_ns)


def heard(*args: Any, **more: Any) -> FairValueReceived:
    value = valued(*args, **more)
    assert value is not None
    return value


def test_it_passes_the_gate_it_is_made_for() -> None:
    value = heard(books("one", ODDS) + books("three", CONTRACTS))
    assert (value.model, value.state, value.sequence, value.ttl_ms) == (MODEL, "7", SECOND, 2_000)
    view = market_view(fair=value, fair_ns=SECOND, now_ns=SECOND, state="7")
    assert judged(value, view, GateRules(sigma_b=0.01, k=1.0)).accepted


def test_two_venues_that_err_alone_are_surer_than_one_and_agree_between_them() -> None:
    alone = ConsensusSettings(correlation=0.0)
    one, three = heard(books("one", ODDS)), heard(books("three", CONTRACTS))
    both = heard(books("one", ODDS) + books("three", CONTRACTS), settings=alone)
    assert both.variance_logit < min(one.variance_logit, three.variance_logit)
    for low, between, high in zip(*(value.probabilities for value in (one, both, three)), strict=True):
        assert min(low, high) - 0.001 <= between <= max(low, high) + 0.001


def test_our_own_quotes_do_not_move_our_own_value() -> None:
    better = ODDS | {"home": "2.60:100 | 2.62:30 2.64:100"}
    ours = bet("BACK 30.00 @ 2.62", on="one/match/home")
    assert heard(books("one", better), ours).probabilities == heard(books("one", ODDS)).probabilities
    assert heard(books("one", better)).probabilities != heard(books("one", ODDS)).probabilities
    alone = ODDS | {"home": "| 2.64:100"}
    assert (
        valued(books("one", alone | {"home": "2.60:30 | 2.64:100"}), bet("LAY 30.00 @ 2.60", on="one/match/home"))
        is None
    )


@given(size=st.integers(min_value=1, max_value=500))
def test_however_much_we_rest_the_value_is_that_of_the_others(size) -> None:
    text = ODDS | {"draw": f"3.65:{100 + size} | 3.75:100"}
    ours = bet(f"LAY {size}.00 @ 3.65", on="one/match/draw")
    assert heard(books("one", text), ours).probabilities == pytest.approx(heard(books("one", ODDS)).probabilities)


def test_an_own_order_on_a_book_that_is_not_listed_is_nobodys_business() -> None:
    assert heard(books("one", ODDS), bet("BACK 30.00 @ 2.62", on="gone/match/home")) == heard(books("one", ODDS))


@pytest.mark.parametrize(
    "listings",
    [
        [],
        books("one", {"home": ODDS["home"], "draw": ODDS["draw"]}),
        books("one", ODDS | {"home": "2.60:100 |"}),
        books("one", ODDS | {"home": "2.70:100 | 2.64:100"}),
        books("one", ODDS, tradable=False),
        [*books("one", {"home": ODDS["home"], "draw": ODDS["draw"]}), listing("one/home", ODDS["home"])],
    ],
    ids=["no venue", "an outcome missing", "one-sided", "crossed", "not tradable", "one outcome twice"],
)
def test_where_no_venue_can_be_heard_there_is_no_value(listings) -> None:
    assert valued(listings) is None


def test_a_venue_that_cannot_be_heard_does_not_silence_the_other() -> None:
    assert heard(books("one", ODDS) + books("three", CONTRACTS, tradable=False)) == heard(books("one", ODDS))


PLACED = {"home": "1.30:100 | 1.32:100", "draw": "1.75:100 | 1.80:100", "away": "1.42:100 | 1.45:100"}
"""Two of three are placed."""


def placed(listings: list[InstrumentView], *, method: str = "power", winners: int = 2) -> FairValueReceived | None:
    market: Market = msgspec.structs.replace(market_view().market, winners=winners)
    return consensus_value(market, listings, (), ConsensusSettings(method=method), state="1", now_ns=SECOND)


@pytest.mark.parametrize("method", ["multiplicative", "additive", "power", "odds_ratio"])
def test_where_two_win_the_chances_sum_to_two_and_pass_the_gate(method) -> None:
    value = placed(
        books("one", PLACED) + books("three", {"home": "78:9 | 75:9", "draw": "59:9 | 56:9", "away": "71:9 | 68:9"}),
        method=method,
    )
    assert value is not None
    assert sum(value.probabilities) == pytest.approx(2, abs=1e-9)
    assert value.probabilities == pytest.approx((0.76, 0.56, 0.68), abs=0.02)
    view = market_view(fair=value, fair_ns=SECOND, now_ns=SECOND)
    view.market = msgspec.structs.replace(view.market, winners=2)
    assert judged(value, view, GateRules(sigma_b=0.01, k=1.0)).accepted


def test_shin_has_no_answer_where_two_win() -> None:
    assert placed(books("one", PLACED), method="shin") is None


def test_a_removed_outcome_leaves_the_places_to_the_others() -> None:
    listings = books("one", {"home": "1.01:9 | 1.02:9", "draw": "1.01:9 | 1.02:9"})
    gone = listing("one/away", tradable=False, why_not="selection_removed")
    assert placed([*listings, gone]) is None, "two of two are placed: nothing is left to be decided"
    one_place = placed([*books("one", {"home": "1.90:9 | 1.95:9", "draw": "2.00:9 | 2.06:9"}), gone], winners=1)
    assert one_place is not None
    assert one_place.probabilities[2] == pytest.approx(1e-6)


def test_a_favourite_that_nobody_offers_is_worth_nearly_all_and_halves_what_is_left() -> None:
    sure = placed(books("one", PLACED | {"home": "| 1.02:100"}))
    assert sure is not None
    assert sure.probabilities[0] == pytest.approx(1 - 0.75 * (1 - 1 / 1.02), abs=0.01)
    assert placed(books("one", PLACED | {"home": "| 1.32:100"})) is None, "one-sided, and far from sure"


def test_a_quiet_book_on_a_live_feed_weighs_less_but_is_heard_however_old() -> None:
    listings = books("one", ODDS)
    young, old, ancient = (heard(listings, now_ns=seconds * SECOND) for seconds in (1, 10, 10**6))
    assert young.probabilities == old.probabilities
    assert young.variance_logit < old.variance_logit == ancient.variance_logit


def test_a_fresh_venue_outweighs_a_quiet_one() -> None:
    quiet, fresh = books("one", ODDS), books("three", CONTRACTS)
    for view in fresh:
        view.book.proven_ns = 8 * SECOND
    alone = heard(fresh, now_ns=8 * SECOND).probabilities
    near, far = (
        heard(quiet + fresh, now_ns=8 * SECOND, settings=ConsensusSettings(half_life_s=half_life)).probabilities
        for half_life in (1.0, 1_000.0)
    )
    assert sum(abs(a - b) for a, b in zip(near, alone, strict=True)) < sum(
        abs(a - b) for a, b in zip(far, alone, strict=True)
    )


@pytest.mark.parametrize("method", ["multiplicative", "additive", "power", "odds_ratio"])
def test_every_method_gives_probabilities_of_the_whole_market(method) -> None:
    value = heard(books("one", ODDS), settings=ConsensusSettings(method=method))
    assert len(value.probabilities) == len(OUTCOMES)
    assert sum(value.probabilities) == pytest.approx(1)
    assert value.version == method


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"method": "powr"}, "method = 'powr' takes no margin out: choose one of multiplicative, additive, power"),
        ({"half_life_s": 0.0}, "half_life_s must be above 0"),
        ({"half_life_s": float("nan")}, "half_life_s must be above 0"),
        ({"age_max_s": -1.0}, "age_max_s must be above 0"),
        ({"age_max_s": float("inf")}, "age_max_s must be above 0"),
        ({"half_life_s": 0.001}, "age_max_s = 10.0 must be at most 1000 times half_life_s"),
        ({"var_logit": 0.0}, "var_logit must be above 0"),
        ({"correlation": -1.0}, "correlation is a share"),
        ({"correlation": float("nan")}, "correlation is a share"),
        ({"ttl_ms": 0}, "ttl_ms must be at least 1"),
    ],
)
def test_settings_that_no_consensus_can_be_made_with_are_refused_at_the_start(wrong: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=re.escape(said)):
        ConsensusSettings(**wrong)


def test_the_oldest_book_that_is_heard_still_weighs_something() -> None:
    settings = ConsensusSettings(half_life_s=0.01, age_max_s=10.0)
    assert heard(books("one", ODDS), settings=settings, now_ns=10**6 * SECOND).variance_logit < float("inf")
