"""Vectors of routing, legs and exposure that nobody wrote down, against a plain second reckoning in fractions."""

from fractions import Fraction
from itertools import product
from math import ceil, floor
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.vectors.compare import differences
from tests.vectors.table import KINDS

Inputs = dict[str, Any]
ODDS = st.sampled_from(["1.01", "1.5", "1.9", "1.98", "2", "2.02", "3.05", "12", "1000"])
SIDES = st.sampled_from(["BACK", "LAY"])


def decimals(low: int, high: int, places: int) -> st.SearchStrategy[str]:
    """Texts of decimals between two counts of the last place."""
    return st.integers(low, high).map(
        lambda n: f"{'-' * (n < 0)}{abs(n) // 10**places}.{abs(n) % 10**places:0{places}d}"
    )


def judge(kind: str, inputs: Inputs, expected: Inputs) -> None:
    assert list(differences(expected, KINDS[kind](inputs), "exact")) == [], inputs


def floored(amount: Fraction, lot: Fraction) -> Fraction:
    return floor(amount / lot) * lot


# --- the router: level by level, the cheapest first ---


@st.composite
def venues(draw: st.DrawFn) -> list[Inputs]:
    """One to four venues around evens, some of one priority, some empty, some of a lot larger than a level."""
    found = []
    for n, at_odds in enumerate(draw(st.lists(st.booleans(), min_size=1, max_size=4))):
        prices = draw(st.lists(st.sampled_from(range(194, 208, 2) if at_odds else range(48, 53)), max_size=4))
        best_first = sorted(set(prices), reverse=at_odds)
        sizes = st.sampled_from(["0", "0.5", "12.34", "50", "100", "300"])
        venue: Inputs = {
            "id": f"v{n}",
            "type": "odds" if at_odds else "contract",
            "fx": draw(st.sampled_from(["1", "1.25", "1.10", "0.8512"])),
            "lot": draw(st.sampled_from(["0.01", "0.1", "1"])),
            "priority": draw(st.integers(1, 2)),
            "levels": [[str(Fraction(price, 100)), draw(sizes)] for price in best_first],
        }
        rates = ["0", "0", "0.05"] if at_odds else ["0", "0", "0.07"]
        found.append(venue | {"commission" if at_odds else "rate": draw(st.sampled_from(rates))})
    return found


def walked(inputs: Inputs) -> Inputs:
    """Every level of every venue in one list by net price, priority and level, lots from each until all is had."""
    levels = []
    for venue in inputs["venues"]:
        for depth, (price, size) in enumerate((Fraction(p), Fraction(s)) for p, s in venue["levels"]):
            claims = 1 + (1 - Fraction(venue["commission"])) * (price - 1) if venue["type"] == "odds" else Fraction(1)
            fee = Fraction(venue.get("rate", 0)) * price * (1 - price)
            net = 1 / claims if venue["type"] == "odds" else price + fee
            levels.append((net, venue["priority"], depth, venue, price, size, claims * Fraction(venue["fx"]), fee))
    left, cost, shares = Fraction(inputs["target_net_payout"]), Fraction(0), []
    for net, _, _, venue, price, size, claims, fee in sorted(levels, key=lambda level: level[:3]):
        taken = floored(min(size, left / claims), Fraction(venue["lot"]))
        if net > Fraction(inputs["limit_net_price"]) or not taken:
            continue
        paid = Fraction(ceil(fee * taken * 100), 100)
        left -= taken * claims
        cost += Fraction(venue["fx"]) * (taken * (1 if venue["type"] == "odds" else price) + paid)
        amounts = {"price": price, "size": taken, "fee": paid, "net_payout": taken * claims}
        shares.append({"venue": venue["id"]} | {name: str(amount) for name, amount in amounts.items()})
    had = Fraction(inputs["target_net_payout"]) - left
    return {"allocations": shares, "net_payout": str(had), "cost": str(cost), "unfilled": str(left)}


LIMITS = st.sampled_from(["0.49", "0.5", "0.5", "0.52", "0.5075", "0.6"])


@settings(max_examples=300)
@given(venues(), st.sampled_from(["0", "0.01", "100", "247.5", "1000", "1234.56"]), LIMITS)
def test_a_wish_goes_to_the_cheapest_levels_lot_by_lot(places: list[Inputs], target: str, limit: str) -> None:
    inputs = {"target_net_payout": target, "limit_net_price": limit, "venues": places}
    judge("sor_buy", inputs, walked(inputs))


# --- two legs ---


@given(
    st.integers(1, 1_000).map(str),
    decimals(1, 99, 2),
    st.sampled_from(["0", "0.035", "0.07"]),
    ODDS,
    st.sampled_from(["0", "0.02", "0.065"]),
    st.sampled_from(["1", "1.25", "0.8512"]),
    st.sampled_from(["0.01", "0.1", "1"]),
)
def test_the_second_leg_pays_what_the_first_one_does(
    count: str, yes_price: str, rate: str, lay_odds: str, commission: str, fx: str, stake_lot: str
) -> None:
    n, price, odds, kept = Fraction(count), Fraction(yes_price), Fraction(lay_odds), 1 - Fraction(commission)
    fee = Fraction(ceil(Fraction(rate) * n * price * (1 - price) * 100), 100)
    cost = n * price + fee
    stake = floored(n / (odds - 1 + kept) / Fraction(fx), Fraction(stake_lot))
    if_yes, if_no = n - cost - stake * (odds - 1) * Fraction(fx), stake * kept * Fraction(fx) - cost
    found = {"fee": fee, "cost": cost, "lay_stake": stake, "liability": stake * (odds - 1), "pnl_if_yes": if_yes}
    found |= {"pnl_if_no": if_no, "worst": min(if_yes, if_no)}
    found |= {"net_price_sum": cost / n + (odds - 1) / (odds - 1 + kept)}
    inputs = {"contracts": count, "yes_price": yes_price, "rate": rate, "lay_odds": lay_odds}
    inputs |= {"commission": commission, "fx": fx, "stake_lot": stake_lot}
    judge("arb_two_leg", inputs, {name: str(amount) for name, amount in found.items()})


CHANCES = st.sampled_from(["0", "0.3", "0.6", "0.95", "1"])


@given(decimals(0, 50, 3), CHANCES, CHANCES, decimals(0, 50, 3), decimals(0, 50, 3))
def test_the_leg_leads_that_is_worth_more_in_front(edge: str, a: str, b: str, of_a: str, of_b: str) -> None:
    worth = {}
    for lead, first, second, lost in (("a", a, b, of_a), ("b", b, a, of_b)):
        hedged, naked = Fraction(first) * Fraction(second), Fraction(first) * (1 - Fraction(second))
        worth[lead] = hedged * Fraction(edge) - naked * Fraction(lost)
    inputs = {"edge": edge, "fill_a": a, "fill_b": b, "unwind_a": of_a, "unwind_b": of_b}
    expected = {f"ev_lead_{lead}": str(amount) for lead, amount in worth.items()}
    judge("leg_order", inputs, expected | {"lead": "A" if worth["a"] >= worth["b"] else "B"})


# --- exposure: every part of every open order matched or not ---


def bets(outcomes: int) -> st.SearchStrategy[list[Inputs]]:
    """Up to four bets on any outcome, whole counts and texts mixed."""
    one = {"side": SIDES, "outcome": st.integers(0, outcomes - 1), "odds": ODDS, "stake": decimals(1, 20_000, 2)}
    return st.lists(st.fixed_dictionaries(one), max_size=4)


def results(bet: Inputs, outcomes: int) -> list[Fraction]:
    stake, odds, sign = Fraction(bet["stake"]), Fraction(bet["odds"]), 1 if bet["side"] == "BACK" else -1
    return [sign * (stake * (odds - 1) if k == bet["outcome"] else -stake) for k in range(outcomes)]


@given(st.integers(2, 5).flatmap(lambda n: st.tuples(st.just(n), bets(n), bets(n))))
def test_the_worst_case_is_the_minimum_over_every_part_of_every_fill(case: tuple[int, Any, Any]) -> None:
    outcomes, matched, still_open = case
    held = [results(bet, outcomes) for bet in matched]
    hopes = [results(bet, outcomes) for bet in still_open]
    pnl = [sum((one[k] for one in held), Fraction(0)) for k in range(outcomes)]
    worst = [
        min(
            pnl[k] + sum((part * one[k] for part, one in zip(parts, hopes, strict=True)), Fraction(0))
            for parts in product((Fraction(0), Fraction(1, 3), Fraction(1)), repeat=len(hopes))
        )
        for k in range(outcomes)
    ]
    expected: Inputs = {"pnl": [*map(str, pnl)], "worst_by_outcome": [*map(str, worst)], "worst": str(min(worst))}
    expected["liability"] = str(max(Fraction(0), -min(worst)))
    judge("worst_case", {"outcomes": outcomes, "matched": matched, "open": still_open}, expected)


@given(st.lists(st.tuples(decimals(0, 5_000, 2), decimals(1, 99, 2)), min_size=1, max_size=5))
def test_of_nos_of_which_one_at_most_loses_the_dearest_loss_stays_locked(held: list[tuple[str, str]]) -> None:
    counts = [Fraction(count) for count, _ in held]
    cost = sum((count * Fraction(price) for count, (_, price) in zip(counts, held, strict=True)), Fraction(0))
    guaranteed = min(sum(counts, Fraction(0)) - lost for lost in [*counts, Fraction(0)])
    inputs = {"counts": [count for count, _ in held], "no_prices": [price for _, price in held]}
    expected = {"cost": str(cost), "guaranteed": str(guaranteed), "locked": str(cost - guaranteed)}
    judge("kalshi_no_set_collateral", inputs, expected)
