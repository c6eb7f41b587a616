"""One order as one side states it, and how two such lines may differ.

A result that only one side has is a difference of the result: one of us counts money that the other does not know of,
and which of them is late nobody can tell from two lines. That the states differ too, where they do, is told beside it.
"""

from collections.abc import Iterator, Mapping
from fractions import Fraction

import msgspec

from domain.orders import OrderState
from recon.breaks import SEVERITIES, BreakKind, Severity

RESTING, OVER = "RESTING", "OVER"
"""States as far as a list of open orders tells them."""

AT_STAKE = {
    RESTING,
    OrderState.OPEN,
    OrderState.PARTIALLY_FILLED,
    OrderState.PENDING_NEW,
    OrderState.PENDING_CANCEL,
    OrderState.UNKNOWN,
}
"""States in which an order may still be matched."""


class OrderLine(msgspec.Struct, frozen=True):
    """What one side knows of an order. `price` is the average of what is matched, in a measure that both use.

    `turn`: back or lay, empty where it is not told.
    """

    matched_micros: int
    price: Fraction
    fee_micros: int
    state: str
    result: str = ""
    turn: str = ""


class Difference(msgspec.Struct, frozen=True):
    """One way in which two lines differ. `gap` is how much theirs is beyond ours, where the difference is a number."""

    kind: BreakKind
    severity: Severity
    detail: str
    gap: Fraction = Fraction(0)


def compare_lines(
    ours: Mapping[str, OrderLine],
    theirs: Mapping[str, OrderLine],
    *,
    price_tolerance: Fraction,
    fee_tolerance_micros: int,
) -> list[tuple[str, Difference]]:
    """Every difference between two sets of lines, by reference, in the order of `BreakKind` within one."""
    return [
        (ref, difference)
        for ref in sorted(ours.keys() | theirs.keys())
        for difference in differences(
            ours.get(ref),
            theirs.get(ref),
            price_tolerance=price_tolerance,
            fee_tolerance_micros=fee_tolerance_micros,
        )
    ]


def differences(
    ours: OrderLine | None, theirs: OrderLine | None, *, price_tolerance: Fraction, fee_tolerance_micros: int
) -> Iterator[Difference]:
    """How two lines of one order differ; prices are compared only where the matched sizes agree."""
    if ours is None or theirs is None:
        if ours is not None:
            idle = ours.matched_micros == 0 and ours.state not in AT_STAKE
            severity = Severity.LOW if idle else SEVERITIES[BreakKind.MISSING_AT_VENUE]
            yield Difference(BreakKind.MISSING_AT_VENUE, severity, f"ours {ours.state}, theirs none")
        elif theirs is not None:
            yield _difference(BreakKind.UNKNOWN_AT_VENUE, "none", theirs.state)
        return
    if ours.matched_micros != theirs.matched_micros:
        missed = ours.matched_micros < theirs.matched_micros
        kind = BreakKind.MISSING_FILL if missed else BreakKind.EXTRA_FILL
        yield _gap(kind, ours.matched_micros, theirs.matched_micros)
    elif ours.matched_micros > 0 and abs(ours.price - theirs.price) > price_tolerance:
        yield _gap(BreakKind.PRICE, ours.price, theirs.price)
    if abs(ours.fee_micros - theirs.fee_micros) > fee_tolerance_micros:
        yield _gap(BreakKind.FEE, ours.fee_micros, theirs.fee_micros)
    if ours.result != theirs.result:
        yield _difference(BreakKind.RESULT, ours.result, theirs.result)
    if ours.turn and theirs.turn and ours.turn != theirs.turn:  # each of its matches is worth the opposite
        yield _difference(BreakKind.STATUS, ours.turn, theirs.turn)
    elif ours.state != theirs.state:
        yield _difference(BreakKind.STATUS, ours.state, theirs.state)


def _gap(kind: BreakKind, ours: int | Fraction, theirs: int | Fraction) -> Difference:
    return Difference(kind, SEVERITIES[kind], f"ours {ours}, theirs {theirs}", Fraction(theirs - ours))


def _difference(kind: BreakKind, ours: object, theirs: object) -> Difference:
    return Difference(kind, SEVERITIES[kind], f"ours {ours}, theirs {theirs}")
