"""The shared vectors as others would write them: the same numbers in other words must come to the same answers."""

import copy
import re
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import pytest

from tests.vectors.__main__ import main
from tests.vectors.compare import called, is_number, number, rate_e8, scaled, whole, word
from tests.vectors.runner import Vector, failures, load
from tests.vectors.table import KINDS

VECTORS = load(Path(__file__).with_name("mechanics.json"))
SOUND = (
    '{"format": "mechanics-vectors/1", "vectors": '
    '[{"id": "A1", "kind": %s, "inputs": %s, "expected": {}, "tolerance": %s}]}'
)


def rewritten(value: Any, write: Callable[[str | int], Any]) -> Any:
    """The value with every number in it written anew."""
    if isinstance(value, dict):
        return {key: rewritten(one, write) for key, one in value.items()}
    if isinstance(value, list):
        return [rewritten(one, write) for one in value]
    return write(value) if is_number(value) else value


def _whole_ones_as_counts(value: str | int) -> str | int:
    exact = number(value)
    return exact.numerator if exact.denominator == 1 else value


def _ratio(value: str | int) -> str:
    exact = number(value)
    return f"{exact.numerator}/{exact.denominator}"


def _with_zeros(value: str | int) -> str:
    text = str(value)
    return text if "/" in text else f"{text}0000000" if "." in text else f"{text}.0000000"


WRITINGS: dict[str, Callable[[str | int], Any]] = {
    "counts": _whole_ones_as_counts,
    "texts": str,
    "ratios": _ratio,
    "zeros": _with_zeros,
    "exponents": lambda value: str(value) if "/" in str(value) else f"{value}e0",
    "signs": lambda value: str(value) if str(value).startswith("-") else f"+{value}",
}


@pytest.mark.parametrize("writing", WRITINGS)
def test_a_number_means_the_same_however_it_is_written(writing: str) -> None:
    write = WRITINGS[writing]
    wrong = {}
    for vector in VECTORS:
        inputs, expected = rewritten(vector.inputs, write), rewritten(vector.expected, write)
        if found := failures(Vector(vector.id, vector.kind, inputs, expected, vector.tolerance), KINDS[vector.kind]):
            wrong[vector.id] = found
    assert wrong == {}


def test_inputs_in_another_order_and_among_others_mean_the_same() -> None:
    for vector in VECTORS:
        inputs = {"note": "x", **dict(reversed(vector.inputs.items())), "more": None}
        assert failures(Vector("X", vector.kind, inputs, vector.expected, vector.tolerance), KINDS[vector.kind]) == []


def test_a_number_finer_than_its_unit_is_refused_and_never_cut() -> None:
    for text, read in (("1.5", whole), ("1.000000001", rate_e8)):
        with pytest.raises(ValueError, match="finer than"):
            read(text)
    with pytest.raises(ValueError, match="finer than 1/100"):
        scaled("2.005", 100)


def test_words_mean_the_same_in_capitals_and_none_is_taken_for_another() -> None:
    assert word("buy", "BUY", "SELL") == "BUY"
    against = {"resting": [{"id": "o1", "side": "YES", "action": "SELL", "price": "0.5"}]}
    new = {"side": "yes", "action": "Buy", "price": "0.5"}
    assert KINDS["self_match"](against | {"new": new})["against"] == ["o1"]
    for wrong in ("bid", "", "yess"):
        said = failures(
            Vector("X", "self_match", against | {"new": new | {"side": wrong}}, {}, "exact"), KINDS["self_match"]
        )
        assert said == [f"ValueError: {wrong!r} is none of yes, no; last read: new.side"]


def test_a_function_is_told_the_numbers_of_its_own_names_only() -> None:
    assert called(lambda odds, side: (odds, side), {"odds": "3/2", "note": "x"}, side="BACK") == (number("1.5"), "BACK")


def told(kind: str, place: str, value: Any) -> list[str]:
    """What is said of the first vector of a kind with one input written anew; None takes a named one out."""
    vector = next(vector for vector in VECTORS if vector.kind == kind)
    inputs = copy.deepcopy(vector.inputs)
    *way, last = [int(step) if step.isdigit() else step for step in re.findall(r"\w+", place)]
    holder: Any = inputs
    for step in way:
        holder = holder[step]
    if value is None:
        del holder[last]
    else:
        holder[last] = value
    return failures(Vector("X", kind, inputs, vector.expected, "exact"), KINDS[kind])


@pytest.mark.parametrize(
    ("kind", "place"),
    [
        ("drift", "tolerance"),
        ("kalshi_fee_cent", "rate"),
        ("net_price_rank", "quotes[0].rate"),
        ("net_price_rank", "quotes[1].side"),
        ("betfair_commission", "bets[0].side"),
        ("sor_buy", "venues[1].levels"),
        ("order_fsm", "events[1].t"),
        ("order_fsm", "events[1].q"),
        ("order_fsm", "events[1].id"),
        ("order_fsm", "events[4].q"),
        ("recon", "internal.r2.matched"),
        ("fill_adjusted_price", "venues[1].fill_prob"),
        ("quote_min_edge", "venue"),
        ("kelly_binary", "odds"),
    ],
)
def test_what_a_vector_lacks_is_named(kind: str, place: str) -> None:
    assert told(kind, place, None) == [f"inputs lack {place}"]


@pytest.mark.parametrize(
    ("kind", "place", "value", "wrong"),
    [
        ("drift", "tolerance", "abc", "not a number"),
        ("lay_to_contract", "stake", {}, "not a number"),
        ("back_to_contract", "odds", "1/0", "not a number"),
        ("avg_price", "fills[2][1]", "x", "not a number"),
        ("betfair_commission", "bets[0]", "abc", "TypeError"),
        ("betfair_transaction_charge", "hourly_transactions[3]", True, "not a number"),
        ("kalshi_fee_fills", "fills[0].count", [], "not a number"),
        ("sor_buy", "venues[2].levels[1][1]", "", "not a number"),
        ("sor_buy", "venues[0].type", "shares", "is not a valid PriceKind"),
        ("order_fsm", "events[3].t", "fil", "no such word: 'fil'"),
        ("matchbook_commission", "model", "flat", "no such word: 'flat'"),
        ("limit_to_native", "venue", "betfare", "is none of"),
        ("matchbook_commission", "won", "false", "not true or false"),
        ("requote_decision", "fv_valid", 1, "not true or false"),
        ("queue_sim", "double_counted", "true", "not true or false"),
    ],
)
def test_an_input_that_cannot_be_meant_is_named(kind: str, place: str, value: Any, wrong: str) -> None:
    (said,) = told(kind, place, value)
    assert wrong in said
    assert said.endswith(f"; last read: {place}")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('[{"id": "A1"}]', "format must be mechanics-vectors/1, not None"),
        ('{"format": "mechanics-vectors/1", "vectors": [{"id": "A1", "kind": "drift"}]}', "A1 lacks expected, inputs"),
        ("{", "Expecting"),
        ('{"format": "mechanics-vectors/1"}', "vectors must be a list"),
        ('{"format": "mechanics-vectors/1", "vectors": []}', "vectors must be a list with something in it"),
        ('{"format": "mechanics-vectors/1", "vectors": [1]}', "vector 1 is no object"),
        (SOUND % ("null", "{}", '"exact"'), "vector A1: kind must be a text"),
        (SOUND % ('"drift"', '"x"', '"exact"'), "vector A1: inputs must be an object"),
        (SOUND % ('"drift"', "{}", '"close"'), "vector A1: tolerance must be exact or a number, not 'close'"),
    ],
)
def test_a_file_that_is_none_of_vectors_is_told_in_a_line(
    text: str, said: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")
    assert main([str(path)]) == 2
    assert said in capsys.readouterr().out
    assert main([str(tmp_path / "none.json")]) == 2


def test_a_market_in_a_state_that_we_have_no_word_for_is_not_open() -> None:
    inputs = next(vector.inputs for vector in VECTORS if vector.id == "M079")
    assert KINDS["requote_decision"](inputs | {"market_state": "PAUSED"}) == {"action": "CANCEL"}
    assert KINDS["requote_decision"](inputs | {"target_tick": None}) == {"action": "HOLD"}


def first_of(kind: str) -> dict[str, Any]:
    return next(vector.inputs for vector in VECTORS if vector.kind == kind)


def test_a_limit_that_is_a_ratio_is_met_exactly_and_never_cut() -> None:
    level = {"id": "BF", "type": "odds", "fx": 1, "commission": "0.02", "lot": "0.01", "priority": 1}
    venues = [level | {"levels": [["2.00", "100"]]}]  # 1 + 0.98 x 1 net claims for 1
    bought = KINDS["sor_buy"]({"target_net_payout": "99", "limit_net_price": "50/99", "venues": venues})
    assert [share["size"] for share in bought["allocations"]] == [50]


def test_a_cancel_that_does_not_divide_evenly_is_shared_exactly() -> None:
    inputs = first_of("queue_sim") | {"size": "20", "queue_ahead": "50", "level_size": "150", "double_counted": True}
    events = [
        ("level", "140"),
        ("trade", "0.000001"),
        ("level", "30.3"),
        ("level", "50"),
        ("level", "9"),
        ("trade", "30"),
    ]
    found = KINDS["queue_sim"](inputs | {"events": [{"t": t, "price": "2.10", "size": size} for t, size in events]})
    ahead, level = Fraction(50) * 140 / 150, Fraction(140)
    print_ = Fraction(1, 2_000_000)
    ahead, level = ahead - print_, level - print_
    ahead = ahead * Fraction("30.3") / level * 9 / 50
    assert found["rows"][-2]["queue_ahead"] == ahead
    assert found["matched"] == 15 - ahead


def test_a_bucket_may_never_be_refilled_and_nobody_may_ask_of_it() -> None:
    bucket = {"rate_per_s": "0", "capacity": "5", "start": "3"}
    said = KINDS["token_bucket"](bucket | {"events": [["1", "2"], ["1e9", "2"], ["2e9", "1"]]})
    assert said == {"allowed": [True, False, True], "tokens_left": 0}
    assert KINDS["token_bucket"](bucket | {"events": []}) == {"allowed": [], "tokens_left": 3}
    assert KINDS["token_bucket"](bucket | {"start": "6", "events": []})["tokens_left"] == 5


def test_other_prices_that_leave_nothing_to_pay_make_no_odds() -> None:
    nothing = KINDS["cross_match"]({"other_lay_odds": {"A": "2", "B": "2"}, "payout": "100"})
    assert nothing == dict.fromkeys(("synthetic_odds", "lay_stakes", "net_cost", "tick_floor"))


def test_a_stake_of_five_places_brings_what_it_brings() -> None:
    """Matchbook matches such: at odds of two places they come to seven."""
    stake = Fraction("9.85222")
    averages = KINDS["avg_price"]({"fills": [["1.02", str(stake)], ["100", str(stake)]]})
    assert averages["avg_odds"] == Fraction("50.51")
    assert averages["contracts"] == stake * 2 * Fraction("50.51")
    bets = [{"side": "LAY", "outcome": 1, "odds": "2.07", "stake": str(stake)}]
    lost = -stake * Fraction("1.07")
    worst = KINDS["worst_case"]({"outcomes": 2, "matched": bets, "open": bets})
    assert worst == {
        "pnl": [stake, lost],
        "worst_by_outcome": [stake, 2 * lost],
        "worst": 2 * lost,
        "liability": -2 * lost,
    }
    charged = KINDS["betfair_commission"]({"mbr": "0.05", "discount": 0, "winner": 1, "bets": bets})
    assert charged == {"gross": lost, "commission": 0, "net": lost}
