"""Days: each end of one holds books against all venues, asks the week's statements again, and pages what is old."""

from pathlib import Path

import pytest

from domain.breaks import DayTurned, ReconCompleted, RoundCause, StatementRepeated
from domain.ids import VenueMarketId
from domain.markets import MarketStatus
from domain.messages import MarketSettled, QuerySettlement, QueryVenue, VenueReported
from domain.stops import AlertRaised
from engine.recon_again import AGAIN_NS, TRIES
from engine.replay import rebuild
from recon.calendar import AGAIN_DAYS, Calendar
from tests.builders import facts
from tests.engine.runs import ONE, TWO, settlement
from tests.engine.streets import Hand, quote, status

DAY_MS = 24 * 3_600_000


@pytest.fixture
def hand(tmp_path: Path) -> Hand:
    """A desk on the first day that it sees, with a market that was settled on it."""
    hand = Hand(tmp_path).opened()
    placed = hand.quoting(quote())
    hand.tell(*facts("fill f1 10 at 5", placed.ref), status(MarketStatus.CLOSED), settlement(10))
    hand.later(100)
    hand.one.told.clear()
    hand.two.told.clear()
    return hand


def statements_asked(hand: Hand) -> int:
    """How many old statements were asked for since the last look."""
    asked = [command for command in hand.one.told if isinstance(command, QuerySettlement)]
    hand.one.told.clear()
    return len(asked)


def test_the_first_day_that_a_run_sees_ends_none(hand: Hand) -> None:
    (turned,) = [body for body in hand.records() if isinstance(body, DayTurned)]
    assert turned.day == 1_700_000_000 // 86_400
    assert hand.one.told == []


def test_the_end_of_a_day_begins_a_round_with_every_venue_and_says_so(hand: Hand) -> None:
    hand.later(DAY_MS)
    assert QueryVenue(ONE) in hand.one.told
    assert QueryVenue(TWO) in hand.two.told
    hand.tell(VenueReported(ONE, hand.clock.monotonic_ns(), ()))
    causes = [body.cause for body in hand.records() if isinstance(body, ReconCompleted)]
    assert causes[-1] is RoundCause.DAY_END


def test_a_statement_is_asked_for_on_each_day_of_its_week_and_on_no_other(hand: Hand) -> None:
    asked = []
    for _ in range(AGAIN_DAYS + 2):
        hand.later(DAY_MS)
        asked.append(statements_asked(hand))
        hand.tell(settlement(10))
    assert asked == [1] * AGAIN_DAYS + [0, 0]
    days = [body.day for body in hand.records() if isinstance(body, StatementRepeated)]
    assert len(days) == AGAIN_DAYS == len(set(days))


def test_a_statement_of_which_a_venue_knows_nothing_any_more_is_given_up(hand: Hand) -> None:
    hand.later(DAY_MS)
    for _ in range(2 * TRIES):
        hand.later(AGAIN_NS // 1_000_000)
    assert statements_asked(hand) == TRIES


def test_a_correction_is_booked_compared_and_begins_a_week_of_its_own(hand: Hand) -> None:
    hand.later(5 * DAY_MS)
    hand.tell(settlement(9, statement="s2"))
    assert [kind for _, _, kind in hand.state.breaks.standing] == ["RESULT"]
    hand.later(4 * DAY_MS)
    assert statements_asked(hand) >= 1
    hand.tell(settlement(10, statement="s3"))
    assert hand.state.breaks.standing == {}


def test_a_break_that_is_older_than_a_day_is_paged_at_each_end_of_one(hand: Hand) -> None:
    hand.tell(settlement(9, statement="s2"))
    for _ in range(3):
        hand.later(DAY_MS)
    paged = [body for body in hand.records() if isinstance(body, AlertRaised) and body.about == "old_break"]
    assert [body.detail.partition(",")[0] for body in paged] == [f"RESULT stands for {n} days" for n in (1, 2, 3)]


def test_a_process_that_takes_the_run_over_days_later_asks_what_is_due(hand: Hand, tmp_path: Path) -> None:
    hand.journal.close()
    state, _ = rebuild(hand.folder)
    later = Hand(tmp_path / "later", state=state)
    later.clock.advance_to(later.clock.monotonic_ns() + 3 * DAY_MS * 1_000_000)
    later.street.core._days._ahead_ns += 3 * DAY_MS * 1_000_000
    later.opened()
    later.later(200)
    assert any(isinstance(command, QuerySettlement) for command in later.one.told)


def test_a_calendar_forgets_what_is_older_than_a_week() -> None:
    calendar = Calendar()
    calendar.apply(DayTurned(10))
    calendar.apply(MarketSettled(ONE, VenueMarketId("m"), "s1", 0, 0, {}))
    calendar.apply(DayTurned(10 + AGAIN_DAYS))
    assert calendar.due() == [(ONE, "m")]
    calendar.apply(DayTurned(11 + AGAIN_DAYS))
    assert calendar.statements == {}
