"""Quotes come out on an edge and stay out for a while: matches too fast on one side, a book too far from fair."""

from typing import Any

import pytest

from domain.ids import StrategyName
from domain.orders import Side
from domain.portfolio import InstrumentView, Match
from strategy.places import Place
from strategy.protection import Distances, ProtectionRules, overrun
from tests.strategy.views import SECOND, listing

RULES = ProtectionRules(fills_max=3, fills_within_s=2.0, away_ticks=5, rest_s=1.0)
BACK, LAY = Side.BACK, Side.LAY


def matches(*at_s: float, side: Side = BACK, outcome: int = 0) -> list[Match]:
    return [Match(int(at * SECOND), StrategyName("s"), outcome, side) for at in at_s]


@pytest.mark.parametrize(
    ("at_s", "now_s", "pulled"),
    [
        ((1.0, 2.0), 2.1, False),
        ((1.0, 2.0, 3.0), 3.0, True),
        ((1.0, 2.0, 3.0), 3.9, True),
        ((1.0, 2.0, 3.0), 4.0, False),
        ((1.0, 2.0, 3.1), 3.2, False),
        ((0.0, 1.0, 2.1, 2.2), 3.1, True),
        ((1.0, 2.0, 3.0, 3.5), 4.4, True),
    ],
)
def test_matches_too_fast_pull_their_side_for_a_time_from_the_last(
    at_s: tuple[float, ...], now_s: float, *, pulled: bool
) -> None:
    assert overrun(matches(*at_s), RULES, int(now_s * SECOND)) == ({(0, BACK)} if pulled else frozenset())


def test_matches_of_other_sides_and_outcomes_are_counted_apart() -> None:
    mixed = [*matches(1, 2), *matches(2.1, side=LAY), *matches(2.2, outcome=1)]
    assert overrun(mixed, RULES, 3 * SECOND) == frozenset()
    assert overrun([*mixed, *matches(2.5, side=LAY), *matches(2.6, side=LAY)], RULES, 3 * SECOND) == {(0, LAY)}


def test_of_two_outcomes_backs_of_one_and_lays_of_the_other_are_one_side() -> None:
    """Whoever knew better hit both in turn, and was met twice as often as the rule allows."""
    hit = [*matches(1, 2), *matches(2.5, side=LAY, outcome=1)]
    assert overrun(hit, RULES, 3 * SECOND, mirrored=True) == {(0, BACK), (1, LAY)}
    assert overrun(hit, RULES, 3 * SECOND) == frozenset(), "of three they are not"
    both_sides = [*matches(1, 2), *matches(2.5, outcome=1)]
    assert overrun(both_sides, RULES, 3 * SECOND, mirrored=True) == frozenset()


def away(view: InstrumentView, p: float, *, at_s: float = 1.0, of: Distances | None = None) -> bool:
    place = Place(view.instrument, view.book.ladder)
    return (of or Distances(RULES)).is_away(place, view.book, p, int(at_s * SECOND))


@pytest.mark.parametrize(
    ("view", "p", "far"),
    [
        (listing("two/home", "2.00:9 | 2.04:9"), 0.49, False),
        (listing("two/home", "2.20:9 | 2.24:9"), 0.49, True),  # they sell far below fair
        (listing("two/home", "1.80:9 | 1.85:9"), 0.49, True),  # they buy far above fair
        (listing("three/home", "48:9 | 47:9"), 0.49, False),
        (listing("three/home", "40:9 | 39:9"), 0.49, True),
        (listing("three/home", "60:9 | 58:9"), 0.49, True),
        (listing("three/home", "60:9 | 30:9"), 0.49, False),  # a wide book says nothing
        (listing("three/home", "|"), 0.49, False),
    ],
)
def test_a_book_far_beyond_the_fair_value_is_left(view: InstrumentView, p: float, *, far: bool) -> None:
    assert away(view, p) is far


def test_a_book_that_came_back_is_left_for_a_time_after_its_last_moment_away() -> None:
    memory = Distances(RULES)
    far, near = listing("three/home", "40:9 | 39:9"), listing("three/home", "48:9 | 47:9")
    seen = [
        away(view, 0.49, at_s=at, of=memory)
        for view, at in ((far, 1), (near, 1.5), (far, 2), (near, 2.9), (near, 3), (near, 3.1))
    ]
    assert seen == [True, True, True, True, False, False]


def test_a_new_fair_value_is_measured_against() -> None:
    memory, book = Distances(RULES), listing("three/home", "40:9 | 39:9")
    place = Place(book.instrument, book.book.ladder)
    assert [memory.is_away(place, book.book, p, at * SECOND) for p, at in ((0.49, 1), (0.41, 3))] == [True, False]


def test_a_trigger_of_nought_is_off() -> None:
    off = ProtectionRules(fills_max=0, away_ticks=0)
    assert overrun(matches(1, 1, 1, 1, 1), off, SECOND) == frozenset()
    book = listing("three/home", "10:9 | 9:9")
    assert not Distances(off).is_away(Place(book.instrument, book.book.ladder), book.book, 0.49, SECOND)


@pytest.mark.parametrize("wrong", [{"fills_max": -1}, {"rest_s": float("inf")}])
def test_rules_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        ProtectionRules(**wrong)
