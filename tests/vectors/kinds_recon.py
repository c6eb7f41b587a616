"""Vector kinds that the code of `recon/` answers: each parses its inputs, calls one function and prints its result."""

from typing import Any

from recon.lines import OrderLine, compare_lines
from tests.vectors.compare import Adapter, micros, number

Inputs = dict[str, Any]
Results = dict[str, Any]


def _lines(side: dict[str, dict[str, str]]) -> dict[str, OrderLine]:
    return {
        ref: OrderLine(
            matched_micros=micros(line["matched"]),
            price=number(line["avg_price"]),
            fee_micros=micros(line["fee"]),
            state=line["status"],
            result=line.get("result", ""),
        )
        for ref, line in side.items()
    }


def _recon(i: Inputs) -> Results:
    found = compare_lines(
        _lines(i["internal"]),
        _lines(i["venue"]),
        price_tolerance=number(i["price_tol"]),
        fee_tolerance_micros=micros(i["fee_tol"]),
    )
    return {"breaks": [[ref, difference.kind.value, difference.severity.value] for ref, difference in found]}


KINDS: dict[str, Adapter] = {"recon": _recon}
