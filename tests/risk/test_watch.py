"""Breakers trip on what happens too often, once, and close by themselves when it has been quiet."""

import pytest

from domain.ids import VenueMarketId, VenueName
from domain.orders import Side
from domain.stops import WHOLE_VENUE, BreakerCause, BreakerReset, BreakerTripped
from risk.watch import BreakerRules, Watch

A, B = VenueName("a"), VenueName("b")
MATCH, CUP = VenueMarketId("match"), VenueMarketId("cup")
SECOND = 1_000_000_000
RULES = BreakerRules(
    bad_books_per_minute=3, one_side_fills=3, one_side_s=10, answers=4, slow_ms=100, skew_ms=500, quiet_s=30
)


def opened(watch: Watch, at_s: float) -> list[tuple[str, str, str]]:
    news = watch.news(int(at_s * SECOND))
    return [(one.venue, one.venue_market, one.cause) for one in news if isinstance(one, BreakerTripped)]


def closed(watch: Watch, at_s: float) -> list[str]:
    return [one.cause for one in watch.news(int(at_s * SECOND)) if isinstance(one, BreakerReset)]


@pytest.mark.parametrize("cause", [BreakerCause.STALE, BreakerCause.CROSSED])
def test_a_book_that_is_bad_again_and_again_opens_its_markets_breaker(cause: BreakerCause) -> None:
    watch = Watch(RULES)
    for at_s in (0, 20, 81, 100):
        watch.book_bad(A, MATCH, cause, at_s * SECOND)
        watch.book_bad(A, CUP, cause, at_s * 61 * SECOND)
    assert opened(watch, 100) == []
    watch.book_bad(A, MATCH, cause, 120 * SECOND)
    assert opened(watch, 120) == [(A, MATCH, cause)]


def test_troubles_of_two_kinds_or_markets_are_counted_apart() -> None:
    watch = Watch(RULES)
    for market in (MATCH, CUP):
        for cause in (BreakerCause.STALE, BreakerCause.CROSSED):
            watch.book_bad(A, market, cause, SECOND)
            watch.book_bad(B, market, cause, SECOND)
            watch.book_bad(B, market, cause, SECOND)
    assert opened(watch, 1) == []


def test_a_breaker_trips_once_and_closes_when_it_was_quiet_since_the_last_time() -> None:
    watch = Watch(RULES)
    for at_s in (0, 1, 2, 3, 20):
        watch.book_bad(A, MATCH, BreakerCause.STALE, at_s * SECOND)
    assert opened(watch, 20) == [(A, MATCH, "stale")]
    assert closed(watch, 49.9) == []
    assert closed(watch, 50) == ["stale"]
    assert closed(watch, 90) == []
    for at_s in (91, 92):
        watch.book_bad(A, MATCH, BreakerCause.STALE, at_s * SECOND)
    assert opened(watch, 92) == []
    watch.book_bad(A, MATCH, BreakerCause.STALE, 93 * SECOND)
    assert opened(watch, 93) == [(A, MATCH, "stale")]


def test_fills_on_one_side_alone_open_the_markets_breaker() -> None:
    watch = Watch(RULES)
    for at_s in (0, 4, 10):
        watch.filled(A, MATCH, Side.BACK, at_s * SECOND)
    assert opened(watch, 10) == [(A, MATCH, "one_side")]


def test_fills_that_come_too_fast_open_the_markets_breaker_on_whichever_sides() -> None:
    """Five within a minute, in turns: no side is alone, and no trading is meant to be so fast."""
    sides, minute = (Side.BACK, Side.LAY), 60 * SECOND
    watch = Watch(BreakerRules(fills_per_minute=5, quiet_s=30))
    for n in range(4):
        watch.filled(A, MATCH, sides[n % 2], n * minute)
        watch.filled(A, CUP, sides[n % 2], n * minute)
    assert opened(watch, 180) == [], "four in three minutes"
    for n in range(4):
        watch.filled(A, MATCH, sides[n % 2], 3 * minute + n)
    assert opened(watch, 181) == [(A, MATCH, "fills")]
    assert closed(watch, 209) == []
    assert closed(watch, 212) == ["fills"]
    for n in range(4):
        watch.filled(A, MATCH, sides[n % 2], 220 * SECOND + n)
    assert opened(watch, 221) == [], "the count began anew"
    watch.forget(A, MATCH)
    watch.filled(A, MATCH, Side.BACK, 222 * SECOND)
    assert opened(watch, 223) == [], "nothing is kept of a market that is settled"


@pytest.mark.parametrize(
    "sides",
    [
        [(0, Side.BACK), (5, Side.BACK), (10.1, Side.BACK)],
        [(0, Side.BACK), (1, Side.BACK), (2, Side.LAY), (3, Side.BACK), (4, Side.BACK), (5, Side.LAY)],
    ],
)
def test_fills_that_are_slow_or_on_both_sides_open_nothing(sides: list[tuple[float, Side]]) -> None:
    watch = Watch(RULES)
    for at_s, side in sides:
        watch.filled(A, MATCH, side, int(at_s * SECOND))
    assert opened(watch, 11) == []


def test_matches_of_several_outcomes_are_counted_by_outcome() -> None:
    """Backs of all three are no lean; backs of one are, whatever is laid of the others in between."""
    watch = Watch(RULES)
    for n in range(6):
        watch.filled(A, MATCH, Side.BACK, n * SECOND, outcome=n % 3)
    assert opened(watch, 6) == []
    watch.filled(A, MATCH, Side.LAY, 7 * SECOND, outcome=1)
    watch.filled(B, MATCH, Side.BACK, 7 * SECOND, outcome=0)
    watch.filled(A, CUP, Side.BACK, 7 * SECOND, outcome=0)
    assert opened(watch, 7) == []
    watch.filled(A, MATCH, Side.BACK, 8 * SECOND, outcome=0)
    assert opened(watch, 8) == [(A, MATCH, "one_side")]


def test_no_fewer_than_none_may_still_be_refused() -> None:
    watch = Watch(RULES)
    for left in (2, 1, 0, 0):
        assert watch.refusals_left(A) == left
        watch.answered(A, 0, SECOND, refused=True)
    assert watch.refusals_left(A) == 2, "the next breaker begins anew"


def test_a_share_of_refusals_opens_the_venues_breaker() -> None:
    watch = Watch(RULES)
    for refused in (True, False, False, True):
        watch.answered(A, 0, SECOND, refused=refused)
        watch.answered(B, 0, SECOND, refused=False)
    assert opened(watch, 1) == [(A, WHOLE_VENUE, "rejects")]


def test_too_few_answers_say_nothing() -> None:
    watch = Watch(RULES)
    for _ in range(3):
        watch.answered(A, SECOND, SECOND, refused=True)
    assert opened(watch, 1) == []


def test_slow_answers_open_the_venues_breaker() -> None:
    watch = Watch(RULES)
    for took_ms in (100, 100, 101, 100):
        watch.answered(A, took_ms * 1_000_000, SECOND, refused=False)
    assert opened(watch, 1) == []
    watch.answered(A, 101 * 1_000_000, SECOND, refused=False)
    assert opened(watch, 1) == [(A, WHOLE_VENUE, "latency")]


def test_a_clock_that_is_ahead_opens_at_once_and_closes_when_it_is_right_again() -> None:
    """Nothing is heard before it is said."""
    watch = Watch(RULES)
    watch.stamped(A, 500, SECOND)
    assert opened(watch, 1) == []
    watch.stamped(A, 501, SECOND)
    assert opened(watch, 1) == [(A, WHOLE_VENUE, "clock_skew")]
    watch.stamped(A, -500, 2 * SECOND)
    assert closed(watch, 2) == ["clock_skew"]


def stamps(watch: Watch, ahead_ms: int, since_s: int, until_s: int) -> tuple[list[str], list[str]]:
    """A stamp a second that reads so; what opened and closed."""
    told = [], []  # type: tuple[list[str], list[str]]
    for at_s in range(since_s, until_s):
        watch.stamped(A, ahead_ms, at_s * SECOND)
        for one in watch.news(at_s * SECOND):
            told[isinstance(one, BreakerReset)].append(one.cause)
    return told


def test_a_clock_that_is_behind_opens_once_no_stamp_came_sooner_for_a_minute() -> None:
    watch = Watch(RULES)
    assert stamps(watch, -501, 0, 60) == ([], [])
    assert stamps(watch, -501, 60, 70) == (["clock_skew"], [])
    assert stamps(watch, -500, 70, 71) == ([], ["clock_skew"])
    watch = Watch(RULES)
    assert stamps(watch, -500, 0, 600) == ([], [])


def test_a_feed_that_was_held_up_and_delivers_what_is_old_is_late_and_no_clock_is_blamed() -> None:
    """Ten seconds of silence, then what was said meanwhile, again and again: it opened and closed each time."""
    watch = Watch(RULES)
    assert stamps(watch, -40, 0, 30) == ([], [])
    for again in range(30, 630, 20):
        assert stamps(watch, -10_000, again + 10, again + 15) == ([], [])
        assert watch.stamped(A, -10_000, (again + 15) * SECOND) >= 9_955
        assert stamps(watch, -45, again + 16, again + 20) == ([], [])
        assert watch.stamped(A, -45, (again + 20) * SECOND) <= 5
    assert stamps(watch, -10_000, 650, 900) == ([], []), "minutes of it are no skew yet"
    assert "clock_skew" in stamps(watch, -10_000, 900, 1_000)[0], "nothing came sooner for five"


def test_a_clock_that_goes_wrong_in_the_middle_is_found() -> None:
    watch = Watch(RULES)
    stamps(watch, -40, 0, 100)
    assert stamps(watch, -900, 100, 390) == ([], [])
    assert stamps(watch, -900, 390, 410) == (["clock_skew"], [])


def test_a_stamp_from_the_future_makes_none_of_the_others_late() -> None:
    watch = Watch(RULES)
    watch.stamped(A, -40, 0)
    assert watch.stamped(A, 90_000, SECOND) == 0
    assert watch.stamped(A, -40, 2 * SECOND) == 0


def test_a_clock_is_not_looked_at_without_a_bound() -> None:
    watch = Watch(BreakerRules())
    watch.stamped(A, 10**9, SECOND)
    assert opened(watch, 1) == []


def test_a_breaker_that_was_open_before_a_restart_closes_after_its_quiet_time() -> None:
    watch = Watch(RULES)
    watch.reopen(BreakerTripped(A, MATCH, BreakerCause.CROSSED, "3 times"), 5 * SECOND)
    assert closed(watch, 34.9) == []
    assert closed(watch, 35) == ["crossed"]


@pytest.mark.parametrize("name", ["answers", "quiet_s", "one_side_fills"])
def test_a_rule_that_makes_no_sense_is_refused_by_name(name: str) -> None:
    with pytest.raises(ValueError, match=f"{name} must be at least 1 and at most .*, not 0"):
        BreakerRules(**{name: 0})


def test_the_refusals_that_are_left_run_out_as_the_breaker_opens_and_come_back_with_good_answers() -> None:
    watch = Watch(RULES)
    assert watch.refusals_left(A) == 2
    for refused in (True, False, False):
        watch.answered(A, 0, SECOND, refused=refused)
    assert watch.refusals_left(A) == 1
    for _ in range(4):
        watch.answered(A, 0, SECOND, refused=False)
    assert watch.refusals_left(A) == 2
    watch.answered(A, 0, SECOND, refused=True)
    assert (watch.refusals_left(A), opened(watch, 1)) == (1, [])
    watch.answered(A, 0, SECOND, refused=True)
    assert opened(watch, 1) == [(A, WHOLE_VENUE, "rejects")]


def test_a_settled_market_is_counted_no_more_and_a_breaker_that_is_open_there_still_closes() -> None:
    watch = Watch(RULES)
    for _ in range(3):
        watch.book_bad(A, MATCH, BreakerCause.CROSSED, SECOND)
    assert opened(watch, 1) == [(A, MATCH, "crossed")]
    watch.forget(A, MATCH)
    assert closed(watch, 31) == ["crossed"]
    for _ in range(2):
        watch.book_bad(A, MATCH, BreakerCause.CROSSED, SECOND)
    assert opened(watch, 31) == []


@pytest.mark.parametrize(("name", "most"), [("answers", 10**9), ("one_side_s", 10**9), ("reject_pct", 100)])
def test_rules_that_no_counter_holds_are_refused_at_the_start_and_not_by_the_first_answer(name: str, most: int) -> None:
    watch = Watch(BreakerRules(**{name: most}))
    watch.answered(A, 0, 0, refused=False)
    watch.filled(A, MATCH, Side.BACK, 0)
    with pytest.raises(ValueError, match=f"{name} must be at least 1 and at most {most}, not {10**30}"):
        BreakerRules(**{name: 10**30})
