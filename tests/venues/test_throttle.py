"""Token buckets are exact, placements leave the reserve alone, cancels wait in order and in bounds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from venues.throttle import Throttle, TokenBucket

S = 1_000_000_000


def bucket(refill: int = 10, capacity: int = 10, start: int | None = None) -> TokenBucket:
    return TokenBucket(refill=refill, period_ns=S, capacity=capacity, start=start)


def throttle(capacity: int = 10, reserve: int = 4, queue_max: int = 3) -> Throttle[str]:
    return Throttle(bucket(capacity=capacity), reserve=reserve, queue_max=queue_max)


def test_tokens_come_evenly_and_stop_at_the_capacity() -> None:
    one = bucket(refill=2, capacity=5, start=0)
    assert [one.tokens(at) for at in (0, S // 2 - 1, S // 2, S, 10 * S)] == [0, 0, 1, 2, 5]


def test_a_refused_cost_takes_nothing() -> None:
    one = bucket(capacity=5)
    assert not one.take(6, 0)
    assert one.tokens(0) == 5
    assert one.take(5, 0)
    assert not one.take(1, 0)


def test_time_that_goes_back_gives_nothing_twice() -> None:
    one = bucket(start=0)
    assert one.tokens(S // 2) == 5
    assert one.take(5, S // 2)
    assert one.tokens(0) == 0
    assert one.tokens(S // 2) == 0


@given(refill=st.integers(1, 5_000), steps=st.lists(st.integers(0, 3_600 * S), max_size=20))
def test_no_rounding_is_lost_however_the_time_is_cut(refill: int, steps: list[int]) -> None:
    cut = TokenBucket(refill=refill, period_ns=3_600 * S, capacity=10**9, start=0)
    now = 0
    for step in steps:
        now += step
        cut.tokens(now)
    whole = TokenBucket(refill=refill, period_ns=3_600 * S, capacity=10**9, start=0)
    assert cut.tokens(now) == whole.tokens(now) == now * refill // (3_600 * S)


@given(cost=st.integers(1, 10), at=st.integers(0, 3 * S))
def test_the_due_time_is_the_first_at_which_it_may_be_taken(cost: int, at: int) -> None:
    one = bucket(refill=7, start=0)
    one.tokens(at)
    due = one.due_ns(cost)
    if due > at:
        assert one.tokens(due - 1) < cost
    assert one.take(cost, due)


@pytest.mark.parametrize("wrong", [{"refill": 0}, {"capacity": 0}])
def test_a_bucket_that_never_fills_is_refused(wrong: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="above 0"):
        bucket(**wrong)


def test_placements_leave_the_reserve_to_cancels() -> None:
    one = throttle(capacity=10, reserve=4)
    assert one.free(0) == 6
    assert [one.take(1, 0) for _ in range(7)] == [True] * 6 + [False]
    assert [one.may_go("cancel", 1, 0) for _ in range(5)] == [True] * 4 + [False]


def test_cancels_wait_in_order_and_nothing_overtakes_them() -> None:
    one = throttle(capacity=1, reserve=0)
    assert one.may_go("a", 1, 0)
    assert [one.may_go(name, 1, 0) for name in "bcd"] == [False] * 3
    assert one.free(S) == 0
    assert not one.take(1, S)
    assert one.next_deadline() == S // 10
    assert one.released(S // 10 - 1) == []
    assert one.released(S // 10) == ["b"]
    assert one.released(S) == ["c"]
    assert one.released(2 * S) == ["d"]
    assert one.next_deadline() is None


def test_a_full_queue_says_so() -> None:
    one = throttle(capacity=1, reserve=0, queue_max=2)
    assert [one.may_go(name, 1, 0) for name in "abcd"] == [True, False, False, None]
