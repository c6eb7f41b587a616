"""Runs the suite and writes its table of results: `python -m tests.venues.conformance.run`."""

from functools import partial

from tests.venues.conformance.bench import Bench, Seat
from tests.venues.conformance.cases import Case
from tests.venues.conformance.troubles import Trouble


def reason_of(one: Case | Trouble, seat: Seat) -> str:
    """Why a case or a fault cannot exist at a seat, empty if it can."""
    name = seat.name.lower()
    return one.absent.get(name.replace(", ", "_")) or one.absent.get(name.partition(",")[0]) or ""


def result_of(one: Case, seat: Seat) -> None:
    """Run one case at one seat; AssertionError for what does not hold."""
    one.look(partial(Bench, seat))
