"""Vectors of limits, drift, self-match, requotes and choices that nobody wrote down, by the rules read once more."""

from fractions import Fraction
from itertools import product
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.vectors.table import KINDS
from tests.vectors.test_router_vectors import CHANCES, decimals, judge

AMOUNTS = st.sampled_from(["0", "0.01", "2", "50", "99.99", "100"])


@given(decimals(-12_000, 12_000, 2), AMOUNTS, AMOUNTS, AMOUNTS, st.integers(0, 3), st.booleans(), st.integers(-1, 1))
def test_drift_is_waited_out_looked_into_or_stopped_by_its_size(
    theirs: str, tolerance: str, inflight: str, hard: str, at: int, up: bool, beyond: int
) -> None:
    edges = (Fraction(0), Fraction(tolerance), Fraction(tolerance) + Fraction(inflight), Fraction(hard))
    size = max(Fraction(0), edges[at] + Fraction(beyond, 1_000_000))
    for age in (0, 2_000, 2_001):
        ours = Fraction(theirs) + (size if up else -size)
        said = "OK" if size <= edges[1] else "WAIT" if size <= edges[2] and age <= 2_000 else ""
        inputs = {"internal": str(ours), "venue": theirs, "inflight": inflight, "tolerance": tolerance}
        inputs |= {"age_ms": str(age), "grace_ms": "2000", "hard_limit": hard}
        action = said or ("RECONCILE" if size <= edges[3] else "HALT")
        judge("drift", inputs, {"drift": str(ours - Fraction(theirs)), "action": action})


@given(st.sampled_from(["buy", "sell"]), decimals(-12_000, 12_000, 2), AMOUNTS, AMOUNTS, AMOUNTS, AMOUNTS)
def test_a_position_may_grow_to_its_limit_and_always_shrink(
    side: str, position: str, buys: str, sells: str, qty: str, limit: str
) -> None:
    sign, opened = (1, Fraction(buys)) if side == "buy" else (-1, Fraction(sells))
    reached = sign * Fraction(position) + opened  # on the side of the order
    inputs = {"position": position, "open_buys": buys, "open_sells": sells, "side": side, "qty": qty, "limit": limit}
    expected = {
        "worst_position": str(sign * (reached + Fraction(qty))),
        "max_qty": str(max(0, Fraction(limit) - reached)),
    }
    judge("position_limit", inputs, expected | {"allowed": reached + Fraction(qty) <= Fraction(limit)})


ORDERS = st.fixed_dictionaries(
    {
        "side": st.sampled_from(["yes", "no"]),
        "action": st.sampled_from(["buy", "sell"]),
        "price": st.sampled_from(["0.01", "0.45", "0.4999", "0.5", "0.50", "0.5001", "0.55", "0.99"]),
    }
)


def payouts(order: dict[str, Any]) -> tuple[Fraction, Fraction]:
    """What an order of one contract comes to if YES, and if NO."""
    sign = 1 if order["action"] == "buy" else -1
    price = Fraction(order["price"])
    holds = (1, 0) if order["side"] == "yes" else (0, 1)
    return sign * (holds[0] - price), sign * (holds[1] - price)


@given(st.lists(ORDERS, max_size=6), ORDERS)
def test_two_orders_match_where_both_together_hold_nothing_and_pay_the_venue_no_less(
    resting: list[dict[str, Any]], new: dict[str, Any]
) -> None:
    named = [{"id": f"o{n}"} | order for n, order in enumerate(resting)]
    against = []
    for order in named:
        if_yes, if_no = (mine + other for mine, other in zip(payouts(new), payouts(order), strict=True))
        if if_yes == if_no <= 0:  # what the two give up, the matching engine has
            against.append(order["id"])
    judge("self_match", {"resting": named, "new": new}, {"would_self_match": bool(against), "against": against})


def test_a_quote_is_pulled_moved_or_left() -> None:
    edges, tokens, states = ("-0.01", "0.004", "0.02"), ("0", "0.5", "1", "5"), ("OPEN", "SUSPENDED", "CLOSED")
    for off, dead, edge, left, state, valid in product(range(-4, 5), (1, 2, 3), edges, tokens, states, (True, False)):
        moved = "CANCEL_REPLACE" if Fraction(left) >= 1 else "CANCEL"
        far = abs(off) >= dead and Fraction(left) >= 1
        action = moved if Fraction(edge) < Fraction("0.004") else "CANCEL_REPLACE" if far else "HOLD"
        inputs = {"current_tick": 110, "target_tick": 110 + off, "hysteresis_ticks": dead, "edge_at_current": edge}
        inputs |= {"cancel_edge": "0.004", "tokens": left, "market_state": state, "fv_valid": valid}
        judge("requote_decision", inputs, {"action": action if state == "OPEN" and valid else "CANCEL"})


PROBABILITIES = st.sampled_from(["-0.02", "-0.002", "0", "0.004", "0.006", "0.015"])


@given(PROBABILITIES, PROBABILITIES, CHANCES, PROBABILITIES)
def test_to_rest_is_worth_its_fill_and_what_may_be_taken_later(take: str, post: str, chance: str, later: str) -> None:
    rests = Fraction(chance) * Fraction(post) + (1 - Fraction(chance)) * max(Fraction(0), Fraction(later))
    action = "NONE" if max(rests, Fraction(take)) <= 0 else "POST" if rests > Fraction(take) else "TAKE"
    inputs = {"edge_take": take, "edge_post": post, "fill_prob": chance, "edge_take_later": later}
    judge("post_vs_take", inputs, {"ev_post": str(rests), "ev_take": take, "action": action})


@given(
    st.lists(
        st.tuples(st.sampled_from("ABKZ"), decimals(48, 52, 2), CHANCES, decimals(48, 55, 2)),
        min_size=1,
        unique_by=lambda venue: venue[0],
    )
)
def test_the_best_venue_is_the_one_whose_expected_price_is_lowest(offers: list[tuple[str, str, str, str]]) -> None:
    prices = {
        name: Fraction(chance) * Fraction(net) + (1 - Fraction(chance)) * Fraction(other)
        for name, net, chance, other in offers
    }
    names = ("id", "net_price", "fill_prob", "fallback_net_price")
    inputs = {"venues": [dict(zip(names, offer, strict=True)) for offer in offers]}
    best = min(sorted(prices), key=prices.__getitem__)
    judge("fill_adjusted_price", inputs, {"expected": {name: str(prices[name]) for name in prices}, "best": best})


@given(
    st.sampled_from(["0.3", "1.5", "2", "10"]),
    st.sampled_from(["1", "5", "6.5"]),
    st.lists(st.tuples(st.integers(0, 40), st.sampled_from(["0", "0.5", "1", "3", "5"])), min_size=1, max_size=8),
)
def test_a_bucket_holds_what_came_in_since_and_no_more_than_its_size(
    rate: str, capacity: str, asked: list[tuple[int, str]]
) -> None:
    tokens, now, allowed, events = Fraction(capacity), Fraction(0), [], []
    for wait, cost in asked:
        now += Fraction(wait, 20)
        tokens = min(Fraction(capacity), tokens + Fraction(rate) * Fraction(wait, 20))
        allowed.append(tokens >= Fraction(cost))
        tokens -= Fraction(cost) if allowed[-1] else 0
        events.append([str(now), cost])
    inputs = {"rate_per_s": rate, "capacity": capacity, "start": capacity, "events": events}
    judge("token_bucket", inputs, {"allowed": allowed, "tokens_left": str(tokens)})


def test_a_bet_shown_on_the_other_runner_at_no_tick_is_shown_at_none() -> None:
    assert KINDS["two_runner_virtual"]({"side": "BACK", "odds": "1000"}) == {"side": "LAY", "odds": None}
