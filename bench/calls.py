"""Where the calls of one requote go, stage by stage: a count that no neighbour on the machine can change.

`python -m bench.calls` prints how many functions each stage calls, in Python and in C, itself and whatever it calls
that is no stage of its own; and what as many calls take that do nothing. A bare decode and encode are two calls. It
does so for a cancel and a new order, and for a venue that moves a quote in one act.
"""

import sys
from collections import Counter
from collections.abc import Callable
from timeit import repeat
from types import FrameType
from typing import Any

from bench.quoters import Quoter
from bench.street import RUNNERS, BenchStreet

STAGES = {
    "_Watched.received": "bytes to facts",
    "Street.emit": "the street and the heart",
    "Street._run": "the street and the heart",
    "Prices.books_changed": "book",
    "Views.listings": "view",
    "Views.view": "view",
    "Quoter.decide": "strategy",
    "requote": "wanted against working",
    "Deciding._act": "deciding around route and gate",
    "route_quote": "route",
    "Deciding.judge": "gate",
    "Scribe.record": "the street and the heart",
    "State.apply": "order, ledger, plans",
    "Counted.up_to_date": "exposure",
    "Telemetry.took": "counting and watching",
    "Lately.took": "counting and watching",
    "Guard.took": "counting and watching",
    "Answers._follow_up": "counting and watching",
    "Suspicions.heard": "counting and watching",
    "Telemetry.saw": "counting and watching",
    "Telemetry.wrote": "counting and watching",
    "Journal.append": "journal",
    "Street._send": "orders to bytes",
}
"""The functions at which a stage begins; it ends with them, or where another begins within."""

REQUOTES = 20
EMPTY = 100_000


class Counting:
    """Calls by stage while something runs."""

    def __init__(self) -> None:
        self.python: Counter[str] = Counter()
        self.native: Counter[str] = Counter()
        self._stack: list[str] = []

    def run(self, act: Callable[..., object], *args: object) -> None:
        """Run one thing and count its calls."""
        self._stack = ["bytes to facts"]
        sys.setprofile(self._heard)
        try:
            act(*args)
        finally:
            sys.setprofile(None)

    def _heard(self, frame: FrameType, event: str, _: Any) -> None:
        stack = self._stack
        if event == "call":
            stack.append(STAGES.get(frame.f_code.co_qualname, stack[-1]))
            self.python[stack[-1]] += 1
        elif event == "return":
            del stack[-1]
        elif event == "c_call":
            self.native[stack[-1]] += 1


def counted(requotes: int = REQUOTES, *, amend: bool = False) -> Counting:
    """The calls of so many requotes: frame in to cancel out, its answer in to the new order out.

    With `amend` frame in to replacement out.
    """
    street, found = BenchStreet(Quoter(), amend=amend), Counting()
    street.answer()
    for number in range(requotes):
        street.later(1000)
        frame = street.frame({"id": RUNNERS[0], "atl": [[2.48, 40.0 if number % 2 == 0 else 0]]})
        found.run(street.market_wire.peer.received, frame, street.now)
        for counts in (False,) if amend else (True, False):  # what answers the last order is another's
            asked = street.question()
            assert asked is not None, f"nothing was sent by move {number}"
            wire, body = asked
            if counts:
                found.run(wire.peer.received, street.reply(body), street.now)
            else:
                wire.peer.received(street.reply(body), street.now)
    return found


def main() -> None:
    """Print the table."""
    apart, at_once = counted(), counted(amend=True)
    print(f"{'calls of a requote':<34}{'Python':>8}{'C':>8}{'   in one act: Python':>24}{'C':>8}")
    for stage in dict.fromkeys(STAGES.values()):
        _print(stage, *(found[stage] for one in (apart, at_once) for found in (one.python, one.native)))
    _print("in all", *(found.total() for one in (apart, at_once) for found in (one.python, one.native)))
    us = min(repeat(lambda: None, number=EMPTY, repeat=5)) / EMPTY * 1_000_000
    calls = apart.python.total() / REQUOTES
    print(f"{calls:.0f} calls of a Python function that does nothing: {calls * us:.0f} us")


def _print(stage: str, python: int, native: int, python_at_once: int, native_at_once: int) -> None:
    apart, at_once = (python / REQUOTES, native / REQUOTES), (python_at_once / REQUOTES, native_at_once / REQUOTES)
    print(f"{stage:<34}{apart[0]:>8.0f}{apart[1]:>8.0f}{at_once[0]:>24.0f}{at_once[1]:>8.0f}")


if __name__ == "__main__":
    main()
