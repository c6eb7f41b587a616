"""Cents that people add up by eye come to the sum that stands below them, down and across."""

from hypothesis import given
from hypothesis import strategies as st

from desk.reports.tabling import CENT, cents, cents_grid, rounded

AMOUNTS = st.integers(-(10**12), 10**12)


@given(st.lists(AMOUNTS, max_size=30))
def test_cents_add_up_to_the_rounded_sum_and_none_is_more_than_a_cent_off(amounts: list[int]) -> None:
    told = cents(amounts)
    assert all(one % CENT == 0 for one in told)
    assert sum(told) == rounded(sum(amounts))
    assert all(abs(one - amount) <= CENT for one, amount in zip(told, amounts, strict=True))


@given(st.integers(1, 6).flatmap(lambda wide: st.lists(st.lists(AMOUNTS, min_size=wide, max_size=wide), max_size=8)))
def test_a_table_of_cents_adds_up_both_ways(rows: list[list[int]]) -> None:
    told = cents_grid(rows)
    columns = [sum(column) for column in zip(*rows, strict=True)]
    assert [sum(column) for column in zip(*told, strict=True)] == cents(columns)
    assert [sum(row) for row in told] == cents([sum(row) for row in rows])
    assert all(
        abs(one - exact) <= 2 * CENT
        for row, of in zip(told, rows, strict=True)
        for one, exact in zip(row, of, strict=True)
    )


def test_half_a_cent_goes_away_from_nought() -> None:
    assert [rounded(micros) for micros in (4_999, 5_000, -5_000, -4_999)] == [0, CENT, -CENT, 0]
