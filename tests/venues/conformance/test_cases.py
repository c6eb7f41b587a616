"""Every case of the suite at every seat: it passes, or cannot exist there for a reason; and the page that says so."""

import pytest

from tests.venues.conformance.bench import Seat
from tests.venues.conformance.cases import CASES, Case
from tests.venues.conformance.run import PAGE, look, outcomes, parted, parts, reason_of
from tests.venues.conformance.seats import SEATS


@pytest.mark.parametrize("seat", SEATS, ids=lambda seat: seat.name)
@pytest.mark.parametrize("one", CASES, ids=lambda one: f"{one.number} {one.title}")
def test_the_case_holds(one: Case, seat: Seat) -> None:
    if reason_of(one, seat):
        pytest.skip(f"cannot exist there: {reason_of(one, seat)}")
    look(one, seat)


def test_the_page_says_what_the_suite_says() -> None:
    """Write it anew with `python -m tests.venues.conformance.run`.

    That each one passes is a test of its own, here and in `test_troubles`: the page claims nothing else, so none is run
    a second time.
    """
    page = parted(PAGE.read_text(encoding="utf-8"))
    claimed = parts(lambda title, seat: "")
    assert page.keys() == claimed.keys()
    for name, lines in page.items():
        assert lines == claimed[name](), name


def test_every_venue_says_which_answers_leave_an_order_in_doubt() -> None:
    for venue in ("betfair", "kalshi", "lmsr", "matchbook"):
        fates = {line.split(" | ")[3] for line in outcomes(venue)[2:]}
        assert fates >= {"accepted", "refused", "may be sent"}
