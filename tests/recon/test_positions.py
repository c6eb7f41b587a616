"""Positions: apart is not yet a break; that takes answers that repeat, and time in which all there was must show."""

from itertools import permutations

import pytest

from domain.ids import Currency, InstrumentId, VenueMarketId, VenueName
from recon.breaks import BreakKind, Severity
from recon.positions import Held, Sightings, Verdict, is_position_key, position_break
from recon.repair import Stop, repair

S = 1_000_000_000
CLAIM = 1_000_000
YES, NO = InstrumentId("one/m/yes"), InstrumentId("one/m/no")
MARKET = VenueMarketId("m")
VISIBLE_NS = 20 * S


def held(ours: int, theirs: int) -> Held:
    """Claims on one selection."""
    return Held({YES: ours * CLAIM}, {YES: theirs * CLAIM}, slack_micros=10_000)


def seen(*answers: tuple[int, Held], late_s: int = 0, still_s: int = 0) -> list[Verdict]:
    """What each answer means that was asked for at a second, and came so much later.

    The last thing that became of an order of ours came `still_s` before the question.
    """
    sightings = Sightings()
    return [
        sightings.see(
            MARKET,
            one,
            asked_ns=at * S,
            now_ns=(at + late_s) * S,
            visible_ns=VISIBLE_NS,
            moved_ns=(at - still_s) * S,
        )
        for at, one in answers
    ]


@pytest.mark.parametrize(
    ("theirs", "apart"), [(10.0, False), (10.01, False), (9.99, False), (10.02, True), (0.0, True)]
)
def test_what_roundings_may_explain_is_no_difference(theirs: float, apart: bool) -> None:
    one = Held({YES: 10 * CLAIM}, {YES: round(theirs * CLAIM)}, slack_micros=10_000)
    assert bool(one.apart()) is apart


@pytest.mark.parametrize(("theirs", "apart"), [(100, False), (98, False), (97, True), (101, True)])
def test_a_profit_may_be_told_with_or_without_what_it_is_charged(theirs: int, apart: bool) -> None:
    one = Held({YES: 100 * CLAIM}, {YES: theirs * CLAIM}, slack_micros=0, charged_micros={YES: 2 * CLAIM})
    assert bool(one.apart()) is apart


def test_what_one_side_does_not_name_is_nothing_there() -> None:
    assert Held({YES: CLAIM}, {NO: CLAIM}, slack_micros=0).apart() == {YES: -CLAIM, NO: CLAIM}


def test_a_difference_is_broken_once_it_was_told_three_times_over_the_time_in_which_all_must_show() -> None:
    apart = held(10, 14)
    told = seen((0, apart), (10, apart), (20, apart), (30, apart))
    assert told == [Verdict.APART, Verdict.ASK, Verdict.BROKEN, Verdict.BROKEN]


def test_answers_in_quick_succession_prove_nothing() -> None:
    assert Verdict.BROKEN not in seen(*((n, held(10, 14)) for n in range(20)))


@pytest.mark.parametrize("moved", [held(11, 14), held(10, 13)])
def test_another_difference_begins_the_wait_anew(moved: Held) -> None:
    told = seen((0, held(10, 14)), (10, held(10, 14)), (20, moved), (30, moved), (40, held(10, 14)))
    assert Verdict.BROKEN not in told


def test_a_difference_that_stays_while_both_sides_move_is_broken_too() -> None:
    """One match of four is missing all the while; each match since then had to be visible when it was asked for."""
    moving = [(10 * n, held(10 + n, 14 + n)) for n in range(5)]
    assert seen(*moving, still_s=20)[1:4] == [Verdict.ASK, Verdict.BROKEN, Verdict.BROKEN]
    assert set(seen(*moving, still_s=19)) == {Verdict.APART}, "the last match may be what lags behind"


def test_answers_that_came_too_soon_after_a_match_are_not_counted_and_forget_nothing() -> None:
    sightings = Sightings()
    told = [
        sightings.see(MARKET, held(10 + at, 14 + at), asked_ns=at * S, now_ns=at * S, visible_ns=20 * S, moved_ns=moved)
        for at, moved in ((30, 0), (60, 59 * S), (90, 70 * S), (120, 119 * S), (150, 130 * S))
    ]
    assert told == [Verdict.APART, Verdict.APART, Verdict.ASK, Verdict.APART, Verdict.BROKEN]


def test_one_answer_that_agrees_begins_it_anew_too() -> None:
    told = seen((0, held(10, 14)), (10, held(10, 14)), (20, held(10, 10)), (30, held(10, 14)), (40, held(10, 14)))
    assert told[2] is Verdict.AGREED
    assert Verdict.BROKEN not in told


def test_an_answer_that_was_asked_for_before_the_last_one_came_says_nothing_more() -> None:
    assert set(seen(*((10 * n, held(10, 14)) for n in range(6)), late_s=60)) == {Verdict.APART}


def test_markets_are_judged_each_by_itself_in_whatever_order_they_are_told() -> None:
    names = [VenueMarketId(name) for name in "abc"]
    apart = {"a": held(1, 2), "b": held(2, 2), "c": held(0, 5)}
    ends = set()
    for order in permutations(names):
        sightings = Sightings()
        last: dict[VenueMarketId, Verdict] = {}
        for at in (0, 15, 30):
            for name in order:
                last[name] = sightings.see(
                    name, apart[name], asked_ns=at * S, now_ns=at * S, visible_ns=VISIBLE_NS, moved_ns=0
                )
        ends.add(tuple(last[name] for name in names))
    assert ends == {(Verdict.BROKEN, Verdict.AGREED, Verdict.BROKEN)}


@pytest.mark.parametrize(
    ("ours", "theirs", "kind", "severity"),
    [
        (10, 14, BreakKind.MISSING_FILL, Severity.HIGH),
        (0, -4, BreakKind.MISSING_FILL, Severity.HIGH),
        (14, 10, BreakKind.EXTRA_FILL, Severity.CRITICAL),
        (-4, 0, BreakKind.EXTRA_FILL, Severity.CRITICAL),
        (4, -4, BreakKind.EXTRA_FILL, Severity.CRITICAL),
    ],
)
def test_whoever_has_more_says_whose_match_is_missing(
    ours: int, theirs: int, kind: BreakKind, severity: Severity
) -> None:
    found = position_break(VenueName("one"), MARKET, held(ours, theirs), Currency("USD"))
    assert (found.kind, found.severity, found.venue_market) == (kind, severity, MARKET)
    assert (found.money_micros, found.apart_micros) == (abs(theirs - ours) * CLAIM, (theirs - ours) * CLAIM)
    assert is_position_key(found.key)


def test_the_words_of_a_break_do_not_change_while_the_difference_is_the_same() -> None:
    before, after = (position_break(VenueName("one"), MARKET, held(n, n + 4), Currency("USD")) for n in (10, 30))
    assert before.detail == after.detail == "beyond our matches the venue has +4.00 of one/m/yes"


@pytest.mark.parametrize("kind", [BreakKind.MISSING_FILL, BreakKind.EXTRA_FILL])
@pytest.mark.parametrize("rounds", [0, 1, 5, 500])
def test_it_shuts_its_market_and_never_a_venue(kind: BreakKind, rounds: int) -> None:
    assert repair(kind, rounds=rounds, position=True).stop is Stop.MARKET
