"""What everybody is told of a recorded book with us in it, against the book worked out anew."""

from hypothesis import example, given
from hypothesis import strategies as st

from domain.book import Book
from domain.ids import InstrumentId, OrderRef, StrategyName, VenueOrderId
from domain.messages import Levels, PlaceOrder
from domain.odds import Ladder, PriceKind
from domain.orders import Side, TimeInForce
from venues.sim.paper_orders import PaperBook, PaperOrder
from venues.sim.queue import Bound

ON = InstrumentId("a/b/c")
TICKS = 3
LADDER = Ladder(PriceKind.ODDS, ((101, 100 + TICKS, 1),))
ROWS = st.lists(st.tuples(st.integers(0, TICKS - 1), st.integers(0, 4)), max_size=4)
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("recorded"), ROWS, ROWS, st.booleans()),
        st.tuples(st.just("join"), st.sampled_from(Side), st.integers(0, TICKS - 1), st.integers(1, 5)),
        st.tuples(st.just("leave"), st.integers(0, 9)),
        st.tuples(st.just("take"), st.booleans(), st.integers(0, TICKS - 1)),
    ),
    max_size=25,
)


def paper(side: Side, tick: int, size: int, number: int) -> PaperOrder:
    order = PlaceOrder(
        ref=OrderRef(f"o{number}"),
        instrument=ON,
        strategy=StrategyName("s"),
        side=side,
        price=LADDER.prices[tick],
        size_micros=size,
        tif=TimeInForce.REST,
        decision=1,
    )
    return PaperOrder(order, VenueOrderId(str(number)), kind=PriceKind.ODDS, tick=tick)


def anew(recorded: Book, book: PaperBook, *, to_back: bool) -> list[int]:
    """Sizes by tick: what is recorded, less what we took of it, and what rests of ours."""
    mine = Side.LAY if to_back else Side.BACK
    resting = [one for one in book.orders.values() if one.order.side is mine]
    return [
        max(0, size - book.used.get((to_back, tick), 0)) + sum(one.remaining for one in resting if one.tick == tick)
        for tick, size in enumerate(recorded.to_back if to_back else recorded.to_lay)
    ]


@example(steps=[("join", Side.BACK, 1, 5), ("recorded", [], [(1, 2)], False)])
@example(steps=[("recorded", [(2, 4)], [], True), ("take", True, 2), ("recorded", [(2, 3)], [], False)])
@given(steps=STEPS)
def test_what_is_told_of_a_book_with_us_in_it_is_that_book(steps: list[tuple[object, ...]]) -> None:
    recorded, seen = Book(LADDER), Book(LADDER)
    book = PaperBook(ON, recorded)
    for number, step in enumerate(steps):
        match step:
            case ("recorded", list(backs), list(lays), bool(image)):
                levels = Levels(ON, backs, lays, image=image)
                recorded.apply(levels, number)
                concerned = book.recorded_changed(levels)
                seen.apply(book.shown(levels) if concerned or book.dirty else levels, number)
            case ("join", Side() as side, int(tick), int(size)):
                order = paper(side, tick, size, number)
                book.join(order, kind=PriceKind.ODDS, bound=Bound.CENTRAL, lot_micros=1)
            case ("leave", int(nth)) if book.orders:
                book.leave([*book.orders.values()][nth % len(book.orders)])
            case ("take", bool(to_back), int(tick)) if book.free(to_back=to_back, tick=tick):
                book.take(to_back=to_back, tick=tick, size=1)
        if (news := book.news()) is not None:
            seen.apply(news, number)
        assert seen.to_back == anew(recorded, book, to_back=True)
        assert seen.to_lay == anew(recorded, book, to_back=False)
