"""Vectors of money that nobody wrote down, against a second reckoning in fractions that shares no code with ours."""

from fractions import Fraction
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.vectors.table import KINDS

Books = dict[str, Fraction]

AMOUNTS = st.integers(0, 10**10).map(lambda micros: f"{micros // 10**6}.{micros % 10**6:06d}")
PLACES = [("BF", "GBP"), ("MB", "EUR"), ("K", "USD")]
ODDS = st.integers(101, 100_000).map(lambda hundredths: f"{hundredths // 100}.{hundredths % 100:02d}")
STAKES = st.integers(1, 10**7).map(lambda pence: f"{pence // 100}.{pence % 100:02d}")
RATES = st.integers(0, 10_000).map(lambda parts: f"0.{parts:04d}" if parts < 10_000 else "1")


# --- the ledger: T-accounts by hand ---


@st.composite
def events(draw: st.DrawFn) -> list[dict[str, str]]:
    """Any entries of the table of MECHANICS 9.1 in any order: nothing ties one to another."""
    found = []
    for kind in draw(st.lists(st.sampled_from(sorted(TABLE)), max_size=12)):
        venue, ccy = draw(st.sampled_from(PLACES))
        event = {"t": kind, "amount": draw(AMOUNTS)}
        if kind == "fx":
            to_venue, to = draw(st.sampled_from([place for place in PLACES if place[1] != ccy]))
            event |= {"venue": venue, "from": ccy, "to_venue": to_venue, "to": to, "to_amount": draw(AMOUNTS)}
        else:
            event |= {"venue": venue, "ccy": ccy}
        if kind == "settle":
            event |= {"proceeds": draw(AMOUNTS), "commission": draw(AMOUNTS)}
        if kind == "fill" and draw(st.booleans()):
            event["fee"] = draw(AMOUNTS)
        found.append(event)
    return found


TABLE: dict[str, tuple[str, ...]] = {
    "deposit": ("cash +amount", "bank -amount"),
    "reserve": ("reserved +amount", "cash -amount"),
    "release": ("cash +amount", "reserved -amount"),
    "fill": ("position +amount", "fees +fee", "reserved -amount", "reserved -fee"),
    "settle": (
        *("cash +proceeds", "cash -commission", "fees +commission"),
        *("position -amount", "pnl -proceeds", "pnl +amount"),
    ),
    "void": ("cash +amount", "position -amount"),
    "unexplained": ("cash +amount", "suspense -amount"),
    "fx": ("fx_clearing +amount", "cash -amount", "cash +to_amount to", "fx_clearing -to_amount to"),
}
"""Debits and credits as MECHANICS 9.1 writes them."""


def by_hand(said: list[dict[str, str]]) -> Books:
    found: Books = {}
    for event in said:
        for line in TABLE[event["t"]]:
            name, amount, *there = line.split()
            venue = event["to_venue"] if there else event["venue"]
            ccy = event["to"] if there else event.get("ccy") or event["from"]
            account = name if name in ("bank", "fx_clearing") else f"{name}:{venue}"
            micros = Fraction(event.get(amount[1:], "0")) * (1 if amount[0] == "+" else -1)
            found[f"{account}|{ccy}"] = found.get(f"{account}|{ccy}", Fraction(0)) + micros
    return {key: total for key, total in found.items() if total}


@given(events())
def test_balances_are_those_of_t_accounts(said: list[dict[str, str]]) -> None:
    assert KINDS["ledger"]({"events": said})["balances"] == by_hand(said)


# --- settlement: by what each part of a stake is paid ---


def won(side: str, odds: str, stake: str) -> tuple[Fraction, Fraction]:
    """What a bet brings if its claim holds and if it does not."""
    gain = Fraction(stake) * (Fraction(odds) - 1)
    return (gain, -Fraction(stake)) if side == "BACK" else (-gain, Fraction(stake))


@given(st.sampled_from(["BACK", "LAY"]), ODDS, STAKES, st.integers(1, 9), st.integers(1, 9))
def test_a_dead_heat_is_paid_by_slices_of_the_stake(side: str, odds: str, stake: str, tied: int, places: int) -> None:
    slices = [won(side, odds, str(Fraction(stake) / tied))[0 if n < places else 1] for n in range(tied)]
    inputs = {"side": side, "odds": odds, "stake": stake, "tied": tied, "places": places}
    assert KINDS["dead_heat"](inputs)["profit"] == sum(slices)


@given(ODDS, STAKES, st.integers(-20, 20), st.integers(-6, 6))
def test_a_quarter_line_is_two_bets_on_the_lines_beside_it(odds: str, stake: str, quarters: int, goals: int) -> None:
    profit = Fraction(0)
    for line in (quarters - quarters % 2, quarters + quarters % 2):
        after = Fraction(line, 4) + goals
        half = won("BACK", odds, str(Fraction(stake) / 2))
        profit += half[0] if after > 0 else half[1] if after < 0 else 0
    found = KINDS["asian_handicap"]({"odds": odds, "stake": stake, "line": f"{quarters}/4", "goal_diff": str(goals)})
    assert found["profit"] == profit


@given(ODDS, st.lists(st.integers(250, 9_900), max_size=4))
def test_each_removal_cuts_the_whole_price_and_is_booked_to_the_penny(odds: str, factors: list[int]) -> None:
    exact = booked = Fraction(odds)
    for factor in factors:
        left = Fraction(10_000 - factor, 10_000)
        exact *= left
        pennies = booked * left * 100
        booked = Fraction(int(pennies) + (1 if pennies - int(pennies) >= Fraction(1, 2) else 0), 100)
    found = KINDS["reduction_factor"]({"odds": odds, "factors_pct": [f"{f // 100}.{f % 100:02d}" for f in factors]})
    assert (found["odds"], found["odds_2dp"]) == (exact, booked)


@given(
    st.lists(
        st.fixed_dictionaries(
            {
                "side": st.sampled_from(["BACK", "LAY"]),
                "outcome": st.sampled_from("ABC"),
                "odds": ODDS,
                "stake": STAKES,
            }
        ),
        max_size=6,
    ),
    RATES,
    RATES,
)
def test_commission_is_on_the_net_win_of_the_market_once(bets: list[dict[str, Any]], mbr: str, discount: str) -> None:
    gross = sum((won(b["side"], b["odds"], b["stake"])[0 if b["outcome"] == "A" else 1] for b in bets), Fraction(0))
    taken = max(gross, Fraction(0)) * Fraction(mbr) * (1 - Fraction(discount)) * 100
    pennies = int(taken) + (1 if taken - int(taken) >= Fraction(1, 2) else 0)
    found = KINDS["betfair_commission"]({"mbr": mbr, "discount": discount, "winner": "A", "bets": bets})
    assert (found["gross"], found["commission"]) == (gross, Fraction(pennies, 100))
    assert found["net"] == gross - Fraction(pennies, 100)


@given(
    st.sampled_from(["net_win", "volume_lesser", "win_profit_else_lesser"]),
    RATES,
    st.sampled_from(["BACK", "LAY"]),
    ODDS,
    STAKES,
    st.booleans(),
)
def test_the_three_models_of_a_bets_commission(
    model: str, rate: str, side: str, odds: str, stake: str, good: bool
) -> None:
    outcomes = won(side, odds, stake)
    gross = max(outcomes) if good else min(outcomes)
    lesser = min(abs(outcomes[0]), abs(outcomes[1]))
    base = {
        "net_win": max(gross, Fraction(0)),
        "volume_lesser": lesser,
        "win_profit_else_lesser": gross if good else lesser,
    }[model]
    inputs = {"model": model, "rate": rate, "side": side, "odds": odds, "stake": stake, "won": good}
    found = KINDS["matchbook_commission"](inputs)
    assert (found["gross"], found["commission"]) == (gross, base * Fraction(rate))
    assert found["net"] == gross - base * Fraction(rate)


def test_what_a_posting_does_wrong_is_seen() -> None:
    said = [{"t": "fill", "venue": "K", "ccy": "USD", "amount": "5", "fee": "0.18"}]
    with pytest.raises(AssertionError):
        assert KINDS["ledger"]({"events": said})["balances"] == by_hand([said[0] | {"fee": "0.17"}])
