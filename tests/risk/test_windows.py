"""What moves along with time agrees with the plain definition."""

from hypothesis import given
from hypothesis import strategies as st

from risk.windows import Drop, Lowest, Rolling, Times

STEPS = st.lists(st.tuples(st.integers(0, 40), st.integers(-100, 100)), max_size=60)


@given(STEPS)
def test_a_rolling_sum_holds_the_span_and_at_most_one_part_more(steps: list[tuple[int, int]]) -> None:
    rolling, now, told = Rolling(240, parts=24), 0, []
    for wait, amount in steps:
        now += wait
        rolling.add(amount, now)
        told.append((now, amount))
        part = now // 10
        assert rolling.total(now) == sum(amount for at, amount in told if at // 10 >= part - 24)
    assert rolling.total(now + 250) == 0


@given(STEPS)
def test_a_drop_is_the_loss_against_the_highest_within_the_span(steps: list[tuple[int, int]]) -> None:
    drop, now, told = Drop(100), 0, []
    for wait, figure in steps:
        now += wait
        told.append((now, figure))
        assert drop.look(figure, now) == max(one for at, one in told if at >= now - 100) - figure


def test_times_count_within_their_span() -> None:
    times = Times(3, 10)
    assert [times.add(at) for at in (0, 5, 11, 15, 16)] == [False, False, False, True, True]
    times.clear()
    assert not times.add(17)


@given(STEPS)
def test_the_lowest_is_that_of_the_span(steps: list[tuple[int, int]]) -> None:
    lowest, now, told = Lowest(100), 0, []
    for wait, figure in steps:
        now += wait
        told.append((now, figure))
        assert lowest.add(figure, now) == min(one for at, one in told if at >= now - 100)
        assert lowest.followed_ns(now) == now - told[0][0]
    lowest.add(5, now + 101)
    assert lowest.followed_ns(now + 101) == 0
