"""Queue positions in recorded books: what is ahead, what fills us, and whose cancels they were."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.odds import PriceKind
from domain.orders import Side
from venues.sim.queue import Bound, QueuePosition


def back_at_210(**more) -> QueuePosition:
    return QueuePosition(
        **{"kind": PriceKind.ODDS, "side": Side.BACK, "price": 210, "size_micros": 20, "level_micros": 100, **more}
    )


@pytest.mark.parametrize(
    ("kind", "side", "through", "before"),
    [
        (PriceKind.ODDS, Side.BACK, 220, 200),
        (PriceKind.ODDS, Side.LAY, 200, 220),
        (PriceKind.CONTRACT, Side.BACK, 200, 220),
        (PriceKind.CONTRACT, Side.LAY, 220, 200),
    ],
)
def test_a_print_through_our_price_fills_us_and_one_before_it_does_nothing(kind, side, through, before):
    place = back_at_210(kind=kind, side=side)
    assert place.traded(before, 1_000) == 0
    assert place.ahead_micros == 100
    assert place.traded(through, 5) == 5
    assert place.ahead_micros == 0


def test_prints_at_our_price_reach_us_last():
    place = back_at_210()
    assert [place.traded(210, size) for size in (60, 50, 100)] == [0, 10, 10]
    assert place.remaining_micros == 0


def test_volume_that_counts_both_sides_is_halved():
    assert back_at_210(double_counted=True).traded(210, 240) == 20
    assert back_at_210(double_counted=True).traded(210, 200) == 0


@pytest.mark.parametrize(("bound", "ahead"), [(Bound.PESSIMISTIC, 50), (Bound.CENTRAL, 30), (Bound.OPTIMISTIC, 10)])
def test_cancels_are_ahead_behind_or_both(bound, ahead):
    place = back_at_210(ahead_micros=50, bound=bound)
    place.displayed(60)
    assert place.ahead_micros == ahead


def test_nobody_is_ahead_who_is_not_there():
    place = back_at_210(bound=Bound.PESSIMISTIC)
    place.displayed(30)
    assert place.ahead_micros == 30
    place.displayed(0)
    assert place.traded(210, 5) == 5


def test_what_is_added_stands_behind_us():
    place = back_at_210()
    place.displayed(500)
    assert place.ahead_micros == 100
    place.displayed(250)
    assert place.ahead_micros == 50


def test_a_level_that_fell_by_its_prints_lost_nobody():
    place = back_at_210(bound=Bound.OPTIMISTIC)
    place.traded(210, 40)
    place.displayed(60)
    assert place.ahead_micros == 60


moves = st.lists(st.tuples(st.sampled_from(["print", "level"]), st.integers(0, 80), st.sampled_from([200, 210, 220])))


@given(moves)
def test_the_bounds_stay_in_order_and_sizes_add_up(events):
    places = {bound: back_at_210(bound=bound) for bound in Bound}
    for event, size, price in events:
        for place in places.values():
            if event == "print":
                place.traded(price, size)
            else:
                place.displayed(size)
            assert place.matched_micros + place.remaining_micros == 20
            assert place.remaining_micros >= 0
        ahead = [places[bound].ahead_micros for bound in (Bound.OPTIMISTIC, Bound.CENTRAL, Bound.PESSIMISTIC)]
        matched = [places[bound].matched_micros for bound in (Bound.OPTIMISTIC, Bound.CENTRAL, Bound.PESSIMISTIC)]
        assert ahead == sorted(ahead)
        assert matched == sorted(matched, reverse=True)
        assert ahead[0] >= 0


def test_of_half_a_print_only_whole_lots_are_ours() -> None:
    place = QueuePosition(
        kind=PriceKind.ODDS,
        side=Side.BACK,
        price=210,
        size_micros=5_000_000,
        level_micros=0,
        double_counted=True,
        lot_micros=10_000,
    )
    assert place.traded(210, 2_370_000) == 1_180_000
    assert place.remaining_micros == 3_820_000
