"""Two lines of one order: each way to differ has its kind, its severity and its place."""

from fractions import Fraction
from typing import Any

import pytest

from recon.lines import OrderLine, compare_lines


def line(text: str, **more: Any) -> OrderLine:
    """`10 @ 2.5 OPEN`: matched size, average price, state."""
    matched, _, price, state = text.split()
    return OrderLine(int(matched), Fraction(price), more.pop("fee", 0), state, **more)


def told(ours: OrderLine | None, theirs: OrderLine | None) -> list[tuple[str, str]]:
    sides = [{} if side is None else {"r1": side} for side in (ours, theirs)]
    found = compare_lines(*sides, price_tolerance=Fraction("0.01"), fee_tolerance_micros=2)
    return [(d.kind.value, d.severity.value) for _, d in found]


@pytest.mark.parametrize(
    ("ours", "theirs", "expected"),
    [
        (line("5 @ 2 OPEN"), line("5 @ 2 OPEN"), []),
        (line("5 @ 2 OPEN"), line("5 @ 2.01 OPEN", fee=2), []),
        (line("5 @ 2 OPEN"), line("7 @ 3 OPEN"), [("MISSING_FILL", "HIGH")]),
        (line("7 @ 2 OPEN"), line("5 @ 2 OPEN"), [("EXTRA_FILL", "CRITICAL")]),
        (line("5 @ 2 OPEN"), line("5 @ 2.02 OPEN"), [("PRICE", "MEDIUM")]),
        (line("0 @ 0 OPEN"), line("0 @ 9 OPEN"), []),
        (line("5 @ 2 OPEN"), line("5 @ 2 OPEN", fee=3), [("FEE", "LOW")]),
        (line("5 @ 2 SETTLED", result="WON"), line("5 @ 2 SETTLED", result="LOST"), [("RESULT", "HIGH")]),
        (line("5 @ 2 OPEN"), line("5 @ 2 CANCELLED"), [("STATUS", "MEDIUM")]),
        (line("0 @ 0 OPEN"), None, [("MISSING_AT_VENUE", "HIGH")]),
        (line("0 @ 0 UNKNOWN"), None, [("MISSING_AT_VENUE", "HIGH")]),
        (line("1 @ 2 CANCELLED"), None, [("MISSING_AT_VENUE", "HIGH")]),
        (line("0 @ 0 REJECTED"), None, [("MISSING_AT_VENUE", "LOW")]),
        (None, line("0 @ 0 OPEN"), [("UNKNOWN_AT_VENUE", "CRITICAL")]),
    ],
)
def test_each_way_to_differ_is_named(ours: OrderLine, theirs: OrderLine, expected: list[tuple[str, str]]) -> None:
    assert told(ours, theirs) == expected


def test_one_order_tells_quantity_then_fee_then_result_then_state() -> None:
    everything = told(line("5 @ 2 OPEN"), line("7 @ 3 SETTLED", fee=9, result="WON"))
    assert [kind for kind, _ in everything] == ["MISSING_FILL", "FEE", "RESULT", "STATUS"]


def test_references_come_sorted_whichever_side_has_them() -> None:
    ours = {"r3": line("0 @ 0 OPEN"), "r1": line("0 @ 0 OPEN")}
    found = compare_lines(ours, {"r2": line("0 @ 0 OPEN")}, price_tolerance=Fraction(0), fee_tolerance_micros=0)
    assert [ref for ref, _ in found] == ["r1", "r2", "r3"]
