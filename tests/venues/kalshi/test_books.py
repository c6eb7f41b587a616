"""Book messages as levels: sides, scale, images, changes, and what cannot be read."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.book import Book
from domain.ids import VenueName
from domain.odds import PriceKind, ladder
from tests.venues.kalshi.desk import T1, YES1, delta, snapshot
from venues.errors import PeerBroke
from venues.kalshi.books import Books
from venues.kalshi.market_codec import Delta, Snapshot, market_frames

CENTS = ((100, 9_900, 100),)
LADDER = ladder(PriceKind.CONTRACT, CENTS)


def books() -> Books:
    followed = Books(VenueName("kalshi"))
    assert followed.follow(T1, YES1, CENTS) == "add_markets"
    return followed


def read(message: dict) -> Snapshot | Delta:
    found = market_frames.decode(json.dumps(message).encode())
    assert isinstance(found, Snapshot | Delta)
    return found


def test_yes_bids_are_laid_against_and_no_levels_are_yes_asks() -> None:
    changed = books().take(read(snapshot(1, 1, yes=[("0.4700", "3.00")], no=[("0.5200", "1.00")])))
    assert changed is not None
    (levels,) = changed.books
    assert levels.image
    assert [(LADDER.price(tick), size) for tick, size in levels.to_lay] == [(4_700, 3_000_000)]
    assert [(LADDER.price(tick), size) for tick, size in levels.to_back] == [(5_200, 1_000_000)]


def test_a_side_that_is_absent_is_empty() -> None:
    changed = books().take(read(snapshot(1, 1, yes=[], no=[])))
    assert changed is not None
    assert (changed.books[0].to_back, changed.books[0].to_lay) == ([], [])


def test_changes_are_added_and_a_level_that_falls_to_nothing_is_empty() -> None:
    followed, book = books(), Book(LADDER)
    for message in (
        snapshot(1, 1, yes=[("0.4700", "3.00"), ("0.4600", "1.00")], no=[("0.5200", "1.00")]),
        delta(1, 2, "0.4700", "-3.00", "yes"),
        delta(1, 3, "0.5200", "0.50", "no"),
        delta(1, 4, "0.5100", "2.25", "no"),
    ):
        changed = followed.take(read(message))
        assert changed is not None
        book.apply(changed.books[0], 0)
    assert [(LADDER.price(tick), size) for tick, size in book.levels(to_back=False, depth=9)] == [(4_600, 1_000_000)]
    asks = [(LADDER.price(tick), size) for tick, size in book.levels(to_back=True, depth=9)]
    assert asks == [(5_100, 2_250_000), (5_200, 1_500_000)]


def test_a_change_carries_the_venues_time() -> None:
    followed = books()
    followed.take(read(snapshot(1, 1)))
    changed = followed.take(read(delta(1, 2, "0.4700", "1.00", "yes")))
    assert changed is not None
    assert changed.published_ms == 1_781_159_387_354


def test_a_change_before_the_image_is_dropped() -> None:
    assert books().take(read(delta(1, 1, "0.4700", "1.00", "yes"))) is None


def test_prices_off_the_grid_are_left_out_and_counted() -> None:
    followed = books()
    changed = followed.take(read(snapshot(1, 1, yes=[("0.4750", "3.00"), ("0.4600", "1.00")], no=[])))
    assert changed is not None
    assert len(changed.books[0].to_lay) == 1
    assert followed.take(read(delta(1, 2, "0.4750", "1.00", "yes"))) is None
    assert followed.rows_dropped == 2


@pytest.mark.parametrize("price", ["0.47", "0.470000", 0.47])
def test_a_price_is_known_however_it_is_written(price) -> None:
    changed = books().take(read(snapshot(1, 1, yes=[(price, "3.00")], no=[])))
    assert changed is not None
    assert changed.books[0].to_lay == [(46, 3_000_000)]


@pytest.mark.parametrize(
    "message",
    [
        snapshot(1, 1, yes=[("0.4700", "-3.00")]),
        snapshot(1, 1, yes=[("0.4700", "three")]),
        snapshot(1, 1, yes=[("here", "3.00")]),
        delta(1, 1, "0.4700", "much", "yes"),
        delta(1, 1, "0.4700", "1.00", "maybe"),
    ],
)
def test_what_cannot_be_read_breaks_the_peer(message) -> None:
    followed = books()
    followed.take(read(snapshot(1, 1)))
    with pytest.raises(PeerBroke):
        followed.take(read(message))


def test_markets_that_are_not_followed_say_nothing() -> None:
    followed = books()
    assert followed.take(read(snapshot(1, 1, "OTHER"))) is None
    followed.drop(T1)
    assert followed.take(read(snapshot(1, 2))) is None
    assert followed.tickers() == followed.missing() == []


@given(
    st.lists(
        st.tuples(st.sampled_from(["yes", "no"]), st.integers(1, 99), st.integers(-500, 500)), min_size=1, max_size=40
    )
)
def test_the_book_is_the_sum_of_its_changes(changes) -> None:
    followed, book = books(), Book(LADDER)
    held: dict[tuple[str, int], int] = {}
    first = followed.take(read(snapshot(1, 1, yes=[], no=[])))
    assert first is not None
    book.apply(first.books[0], 0)
    for side, cents, lots in changes:
        sign = "-" if lots < 0 else ""
        text = f"{sign}{abs(lots) // 100}.{abs(lots) % 100:02d}"
        changed = followed.take(read(delta(1, 2, f"0.{cents:02d}00", text, side)))
        assert changed is not None
        book.apply(changed.books[0], 0)
        held[side, cents] = max(0, held.get((side, cents), 0) + lots * 10_000)
    for side, sizes in (("yes", book.to_lay), ("no", book.to_back)):
        assert [sizes[tick] for tick in range(99)] == [held.get((side, tick + 1), 0) for tick in range(99)]
