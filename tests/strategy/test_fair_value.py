"""Fair values: every reason of the gate, books without ourselves, opinions pooled, venues heard or left out."""

from fractions import Fraction
from math import log, sqrt
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.book import Book
from domain.ids import EventId, InstrumentId, MarketId
from domain.markets import Market
from domain.messages import FairValueReceived, Levels
from domain.odds import CLASSIC, Ladder, contract_ladder
from strategy.devig import devig
from strategy.fair_value import (
    ClaimPrices,
    ConsensusRules,
    FairValueReason,
    GateRules,
    LeftOutReason,
    Opinion,
    VenuePrices,
    consensus,
    fv_gate,
    logit_pool,
    microprice,
    microprice_of_book,
)

probs = st.floats(min_value=0.001, max_value=0.999)


def logit(p: float) -> float:
    return log(p / (1 - p))


# --- the gate ---

MATCH_ODDS = Market(MarketId("m"), EventId("e"), "match_odds", ("home", "draw", "away"))
FAIR = FairValueReceived(MarketId("m"), "goals", "v7", 12, (0.5, 0.3, 0.2), 0.01, 5000, "epoch 3")
RULES = GateRules(sigma_b=0.02, k=1.5, approved=frozenset({"v7"}))
TIMES: dict[str, Any] = {"received_ms": 1000, "now_ms": 5000}


def gate(fair=FAIR, rules=RULES, **terms):
    return fv_gate(fair, rules, **TIMES | {"state": "epoch 3", "market": MATCH_ODDS, "last_sequence": 12} | terms)


def changed(**fields):
    return msgspec.structs.replace(FAIR, **fields)


@pytest.mark.parametrize(
    ("fair", "terms", "reasons"),
    [
        (FAIR, {}, []),
        (FAIR, {"now_ms": 6000}, []),
        (FAIR, {"now_ms": 6001}, ["expired"]),
        (FAIR, {"now_ms": 1000}, []),
        (FAIR, {"now_ms": 999}, ["from_the_future"]),
        (FAIR, {"state": "epoch 4"}, ["state_differs"]),
        (changed(state=""), {}, ["state_differs"]),
        (changed(probabilities=(0.5, 0.5)), {}, ["outcome_missing"]),
        (changed(probabilities=(0.5, 0.5)), {"market": None}, []),
        (changed(probabilities=(0.5, 0.3, 0.2000009)), {}, []),
        (changed(probabilities=(0.5, 0.3, 0.2000011)), {}, ["sum_not_winners"]),
        (changed(probabilities=(0.5, 0.3, 0.3)), {"market": None}, []),
        (changed(probabilities=(1 - 3e-6, 2e-6, 1e-6)), {}, []),
        (changed(probabilities=(0.5, 0.5, 0.0000009)), {}, ["out_of_bounds"]),
        (changed(probabilities=(0.999999,)), {"market": None}, []),
        (changed(probabilities=(0.9999991,)), {"market": None}, ["out_of_bounds"]),
        (changed(probabilities=(float("nan"),)), {"market": None}, ["out_of_bounds"]),
        (changed(variance_logit=-0.01), {}, ["variance_negative"]),
        (changed(variance_logit=float("nan")), {}, ["variance_negative"]),
        (FAIR, {"last_sequence": 13}, ["sequence_went_back"]),
        (FAIR, {"last_sequence": None}, []),
        (changed(version="v8"), {}, ["version_not_approved"]),
        (changed(version="v8"), {"rules": GateRules(0.02, 1.5)}, []),
        (
            changed(version="v8", sequence=3),
            {"now_ms": 9000},
            ["expired", "sequence_went_back", "version_not_approved"],
        ),
    ],
)
def test_each_doubt_about_a_fair_value_has_its_own_reason(fair, terms, reasons) -> None:
    verdict = gate(fair, **terms)
    assert verdict.reasons == tuple(map(FairValueReason, reasons))
    assert verdict.accepted is (not reasons)


def test_a_market_with_two_winners_sums_to_two() -> None:
    places = msgspec.structs.replace(MATCH_ODDS, winners=2)
    assert gate(changed(probabilities=(0.9, 0.6, 0.5)), market=places).accepted
    assert gate(market=places).reasons == (FairValueReason.SUM_NOT_WINNERS,)


def test_doubt_grows_with_age_and_is_told_even_of_a_refused_value() -> None:
    fresh, old = gate(now_ms=1000), gate(now_ms=101_000)
    assert fresh.sd_p == pytest.approx([p * (1 - p) * 0.1 for p in FAIR.probabilities])
    assert old.sd_p == pytest.approx([p * (1 - p) * sqrt(0.01 + 0.0004 * 100) for p in FAIR.probabilities])
    assert old.extra_edge == pytest.approx([1.5 * sd for sd in old.sd_p])
    assert (old.age_ms, old.accepted) == (100_000, False)


# --- one book ---

odds = st.builds(Fraction, st.integers(min_value=101, max_value=5000), st.just(100))
stakes = st.integers(min_value=1, max_value=10**6).map(Fraction)


@given(back=odds, lay=odds, n=stakes, m=stakes)
def test_the_microprice_lies_inside_the_spread_on_the_side_of_the_thinner_size(back, lay, n, m) -> None:
    back, lay = min(back, lay), max(back, lay)
    prices = microprice(back_odds=back, back_stake=n, lay_odds=lay, lay_stake=m)
    assert (prices.ask, prices.bid) == (1 / back, 1 / lay)
    assert prices.bid <= prices.microprice <= prices.ask
    wanted, offered = m * lay, n * back
    if back < lay:
        assert (prices.microprice > prices.mid) is (wanted > offered)
    assert prices.mid - prices.bid == prices.ask - prices.mid


@pytest.mark.parametrize("bad", [{"back_stake": 0}, {"lay_stake": -1}, {"lay_odds": 1}, {"back_odds": 0.9}])
def test_half_a_book_has_no_microprice(bad) -> None:
    with pytest.raises(ValueError, match="a microprice needs odds above 1 and stakes above 0"):
        microprice(**{"back_odds": 2.0, "back_stake": 1.0, "lay_odds": 2.1, "lay_stake": 1.0} | bad)


def level(ladder: Ladder, text: str) -> tuple[int, int]:
    price, size = map(Fraction, text.split(":"))
    tick = ladder.floor_tick(price)
    assert tick is not None
    assert ladder.value(tick) == price
    return tick, int(size * 10**6)


def book(text: str, ladder: Ladder = CLASSIC) -> Book:
    """`1.98:50 2.00:30 | 2.04:20`: what can be backed, then what can be laid, as price:size."""
    to_back, to_lay = ([level(ladder, part) for part in side.split()] for side in text.split("|"))
    found = Book(ladder)
    found.apply(Levels(InstrumentId("i"), to_back, to_lay, image=True), 0)
    return found


def ours(text: str, ladder: Ladder = CLASSIC) -> dict[int, int]:
    return dict(level(ladder, part) for part in text.split())


CENTS = contract_ladder([(0, 10_000, 100)])


@pytest.mark.parametrize(
    ("seen", "laid_by_us", "backed_by_us", "without_us"),
    [
        ("2.00:30 1.98:50 | 2.04:20 2.06:5", "", "", "2.00:30 | 2.04:20"),
        ("2.00:30 1.98:50 | 2.04:20 2.06:5", "2.00:10", "2.04:19", "2.00:20 | 2.04:1"),
        ("2.00:30 1.98:50 | 2.04:20 2.06:5", "2.00:30", "2.04:20", "1.98:50 | 2.06:5"),
        ("2.00:30 1.98:50 1.97:9 | 2.04:20", "2.00:30 1.98:50", "2.10:7", "1.97:9 | 2.04:20"),
        ("2.00:30 1.98:50 | 2.04:20", "2.00:35", "", "1.98:50 | 2.04:20"),
    ],
)
def test_a_book_is_read_as_if_our_orders_were_not_in_it(seen, laid_by_us, backed_by_us, without_us) -> None:
    found = microprice_of_book(book(seen), ours_to_back=ours(laid_by_us), ours_to_lay=ours(backed_by_us))
    assert found == microprice_of_book(book(without_us), ours_to_back={}, ours_to_lay={})
    back, lay = ([Fraction(x) for x in side.split(":")] for side in without_us.split("|"))
    exact = microprice(back_odds=back[0], back_stake=back[1], lay_odds=lay[0], lay_stake=lay[1])
    assert found is not None
    assert found.microprice == pytest.approx(float(exact.microprice), abs=1e-15)


@pytest.mark.parametrize(
    ("seen", "laid_by_us"), [("2.00:30 | ", ""), (" | 2.04:5", ""), ("2.00:30 | 2.04:5", "2.00:30")]
)
def test_a_side_that_is_empty_without_us_gives_no_price(seen, laid_by_us) -> None:
    assert microprice_of_book(book(seen), ours_to_back=ours(laid_by_us), ours_to_lay={}) is None


def test_contracts_are_weighed_as_claims_themselves() -> None:
    found = microprice_of_book(book("0.48:300 | 0.44:100", CENTS), ours_to_back={}, ours_to_lay={})
    assert found is not None
    assert (found.bid, found.ask) == pytest.approx((0.44, 0.48))
    assert found.microprice == pytest.approx((0.44 * 300 + 0.48 * 100) / 400)


# --- pooling ---

opinions = st.builds(
    Opinion,
    st.tuples(probs),
    st.floats(min_value=0.001, max_value=1),
    st.floats(min_value=0, max_value=100),
)


@given(pool=st.lists(opinions, min_size=1, max_size=6))
def test_pooling_claims_is_the_weighted_mean_of_logits(pool) -> None:
    weights = [0.5 ** (o.age_s / 30) / o.var_logit for o in pool]
    mean = sum(w * logit(o.probs[0]) for w, o in zip(weights, pool, strict=True)) / sum(weights)
    pooled = logit_pool(pool, half_life_s=30)
    assert logit(pooled.probs[0]) == pytest.approx(mean, abs=1e-9)
    assert pooled.var_logit == pytest.approx(1 / sum(weights))


@given(pool=st.lists(opinions, min_size=1, max_size=6))
def test_a_claim_and_its_complement_are_pooled_alike(pool) -> None:
    both = [Opinion((o.probs[0], 1 - o.probs[0]), o.var_logit, o.age_s) for o in pool]
    against = [Opinion((1 - o.probs[0],), o.var_logit, o.age_s) for o in pool]
    p = logit_pool(pool, half_life_s=30).probs[0]
    assert logit_pool(both, half_life_s=30).probs == pytest.approx((p, 1 - p), abs=1e-12)
    assert logit_pool(against, half_life_s=30).probs[0] == pytest.approx(1 - p, abs=1e-12)


@given(pool=st.lists(opinions, min_size=1, max_size=6))
def test_the_pool_lies_between_its_opinions(pool) -> None:
    p = logit_pool(pool, half_life_s=30).probs[0]
    assert min(o.probs[0] for o in pool) - 1e-12 <= p <= max(o.probs[0] for o in pool) + 1e-12


def test_several_outcomes_are_pooled_geometrically_and_sum_to_one() -> None:
    pool = [Opinion((0.5, 0.3, 0.2), 0.02, 0), Opinion((0.4, 0.4, 0.2), 0.01, 30)]
    pooled = logit_pool(pool, half_life_s=30)
    roots = [sqrt(a * b) for a, b in zip(pool[0].probs, pool[1].probs, strict=True)]
    assert pooled.probs == pytest.approx([root / sum(roots) for root in roots], abs=1e-12)
    assert sum(pooled.probs) == pytest.approx(1, abs=1e-15)
    assert pooled.var_logit == pytest.approx(1 / 100)


@given(pool=st.lists(opinions, min_size=1, max_size=6))
def test_perfectly_correlated_sources_know_no_more_than_their_mean(pool) -> None:
    alone = logit_pool(pool, half_life_s=30)
    together = logit_pool(pool, half_life_s=30, correlation=1.0)
    assert together.probs == alone.probs
    assert together.var_logit == pytest.approx(alone.var_logit * len(pool))


@pytest.mark.parametrize(
    ("pool", "half_life", "said"),
    [
        ([], 30, "at least one opinion"),
        ([Opinion((0.5,), 0.1, 0)], 0, "half_life_s must be above 0"),
        ([Opinion((0.5,), 0.0, 0)], 30, "var_logit above 0"),
        ([Opinion((0.5,), 0.1, -1)], 30, "age_s of 0 or more"),
        ([Opinion((1.0,), 0.1, 0)], 30, "each between 0 and 1"),
        ([Opinion((0.5, 0.5), 0.1, 0), Opinion((0.2, 0.3, 0.5), 0.1, 0)], 30, "the same outcomes"),
        ([Opinion((0.5,), 0.1, 1e6)], 30, "too old to weigh anything"),
    ],
)
def test_opinions_that_cannot_be_pooled_are_refused_with_the_reason(pool, half_life, said) -> None:
    with pytest.raises(ValueError, match=said):
        logit_pool(pool, half_life_s=half_life)


# --- consensus ---

PLAIN = ConsensusRules(method="multiplicative")


def quoted(text: str) -> ClaimPrices | None:
    """`0.48-0.52`: bid and ask with equal sizes; `-` an empty side."""
    if text == "-":
        return None
    bid, ask = map(float, text.split("-"))
    return ClaimPrices(bid, ask, (bid + ask) / 2, (bid + ask) / 2)


def venue(name: str, text: str, *, age_s: float = 0.0, var_logit: float = 0.01) -> VenuePrices:
    return VenuePrices(name, tuple(map(quoted, text.split())), age_s, var_logit)


@pytest.mark.parametrize("method", ["multiplicative", "additive", "power", "odds_ratio", "shin"])
def test_one_venue_alone_is_its_book_without_margin(method) -> None:
    heard = consensus([venue("A", "0.48-0.52 0.28-0.30 0.22-0.24")], ConsensusRules(method=method))
    fair = devig([1 / 0.50, 1 / 0.29, 1 / 0.23], method=method)
    assert heard.pooled is not None
    assert heard.pooled.probs == pytest.approx(fair.probs, abs=1e-12)
    assert heard.left_out == {}


def test_a_tighter_and_a_fresher_book_pull_the_consensus_their_way() -> None:
    def p(*venues: VenuePrices) -> float:
        pooled = consensus(venues, PLAIN).pooled
        assert pooled is not None
        return pooled.probs[0]

    a, b = "0.49-0.51 0.49-0.51", "0.59-0.61 0.39-0.41"
    even = p(venue("A", a), venue("B", b))
    assert 0.5 < even < 0.6
    assert p(venue("A", a), venue("B", "0.50-0.70 0.30-0.50")) < even
    assert p(venue("A", a), venue("B", b, age_s=9)) < even
    assert p(venue("A", a), venue("B", b, var_logit=0.02)) < even


def test_half_a_spread_in_logit_is_one_standard_deviation_more() -> None:
    pooled = consensus([venue("A", "0.45-0.55 0.45-0.55", var_logit=0.01)], PLAIN).pooled
    assert pooled is not None
    assert pooled.var_logit == pytest.approx(0.01 + logit(0.55) ** 2)


@pytest.mark.parametrize(
    ("bad", "method", "reason"),
    [
        (venue("B", "0.49-0.51 -"), "power", LeftOutReason.ONE_SIDED),
        (venue("B", "0.51-0.51 0.48-0.50"), "power", LeftOutReason.CROSSED),
        (venue("B", "0.49-0.51 0.49-0.51", age_s=10.1), "power", LeftOutReason.STALE),
        (venue("B", "0.49-0.51 0.49-0.51", age_s=-0.1), "power", LeftOutReason.STALE),
        (venue("B", "0.47-0.49 0.48-0.50"), "shin", LeftOutReason.MARGIN_UNDEFINED),
        (venue("B", "0.98-0.99 0.001-0.003 0.12-0.14"), "additive", LeftOutReason.MARGIN_UNDEFINED),
    ],
)
def test_a_venue_that_cannot_be_heard_is_left_out_by_name(bad, method, reason) -> None:
    rules = ConsensusRules(method=method)
    good = venue("A", "0.49-0.51 0.50-0.52" if len(bad.outcomes) == 2 else "0.49-0.51 0.29-0.31 0.21-0.23")
    heard = consensus([good, bad], rules)
    assert heard.pooled == consensus([good], rules).pooled is not None
    assert heard.left_out == {"B": reason}


def test_nobody_to_hear_is_no_fair_value() -> None:
    assert consensus([venue("A", "- -")], PLAIN).pooled is None
    assert consensus([], PLAIN).pooled is None
