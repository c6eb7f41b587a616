"""Every case of the suite at every seat: it passes, or the venue has said why it cannot exist there."""

import pytest

from tests.venues.conformance.bench import Seat
from tests.venues.conformance.cases import CASES, Case
from tests.venues.conformance.run import reason_of, result_of
from tests.venues.conformance.seats import SEATS


@pytest.mark.parametrize("seat", SEATS, ids=lambda seat: seat.name)
@pytest.mark.parametrize("one", CASES, ids=lambda one: f"{one.number} {one.title}")
def test_the_case_holds(one: Case, seat: Seat) -> None:
    if reason_of(one, seat):
        pytest.skip(f"cannot exist there: {reason_of(one, seat)}")
    result_of(one, seat)
