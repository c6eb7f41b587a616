"""Every real recording through codec and books: counts, uncrossed books, and a library's second opinion."""

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import betfairlightweight
import pytest

from domain.book import Book
from domain.ids import Currency, InstrumentId, SelectionId, VenueName
from domain.markets import MarketStatus, Result
from domain.messages import BooksChanged, Fact, InstrumentsListed, MarketChanged
from domain.odds import FINEST, ladder
from venues.betfair.history import Depth, Recording, survey
from venues.betfair.market_codec import parse_selection
from venues.betfair.market_feed import MarketFeed
from venues.betfair.rules import CommissionPlan

BETFAIR = VenueName("betfair")

# name -> market messages, definitions, markets, depth
FILES: dict[str, tuple[int, int, int, Depth]] = {
    "1.185781277.bz2": (7_600, 13, 1, Depth.FULL),
    "1-206064380.bz2": (18_793, 20, 1, Depth.FULL),
    "1.205822330.bz2": (5_654, 25, 1, Depth.FULL),
    "1-180305278.bz2": (7_685, 6, 1, Depth.FULL),
    "1.200806927.gz": (18_529, 8, 1, Depth.FULL),
    "29788457.gz": (8_272, 70, 4, Depth.FULL),
    "1.201590187.gz": (7_491, 8, 1, Depth.FULL),
    "1.258742455_gowran_rt.gz": (8_211, 9, 1, Depth.FULL),
    "1.226122413_fakenham_session.gz": (2_645 - 3, 5, 1, Depth.BEST),
    "1.235123059_raw_session.gz": (307 - 3, 2, 1, Depth.FULL),
    "1.242971311.bz2": (1_736, 226, 200, Depth.FULL),
    "1.197931750.gz": (166, 3, 1, Depth.FULL),
    "1.197931751.gz": (166, 3, 1, Depth.FULL),
    "1.145405534.bz2": (681, 7, 1, Depth.FULL),
    "1.230478683.bz2": (396, 283, 1, Depth.NONE),
    "BASIC-1.132153978.gz": (480, 13, 1, Depth.NONE),
}
SUBSET = "1.242971311.bz2"
"""Deltas are missing in it, so its books drift and cross."""
LADDERS = [name for name, said in FILES.items() if said[3] is Depth.FULL and name != SUBSET]


@pytest.fixture(scope="module")
def folder(shared: Path) -> Path:
    return shared / "venues" / "betfair" / "recordings"


@cache
def recording(path: Path) -> Recording:
    return Recording(path)


def told(path: Path) -> Iterator[tuple[int, Fact]]:
    """Every fact of a recording, for all of its markets."""
    one = recording(path)
    feed = MarketFeed(BETFAIR, survey(one).listings(BETFAIR), Currency("GBP"), CommissionPlan())
    yield from one.facts(feed)
    assert feed.rows_dropped == 0, "every resting price is on its market's ladder"


class Shelf:
    """Books and states as the facts make them; a book outlives other terms, such as the end of a starting price."""

    def __init__(self) -> None:
        self.books: dict[InstrumentId, Book] = {}
        self.status: dict[str, MarketChanged] = {}

    def apply(self, fact: Fact) -> set[InstrumentId]:
        """Take a fact over; the books that it touched."""
        if isinstance(fact, InstrumentsListed):
            for one in fact.instruments:
                self.books.setdefault(one.id, Book(ladder(one.terms.kind, one.terms.bands)))
        elif isinstance(fact, MarketChanged):
            self.status[fact.venue_market] = fact
        elif isinstance(fact, BooksChanged):
            for levels in fact.books:
                self.books[levels.instrument].apply(levels, 0)
            return {levels.instrument for levels in fact.books}
        return set()

    def is_open(self, instrument: InstrumentId) -> bool:
        known = self.status.get(instrument.split("/")[1])
        return known is not None and known.status is MarketStatus.OPEN


def test_every_recording_is_expected_here(folder: Path) -> None:
    found = {path.name for path in folder.iterdir() if path.suffix in (".bz2", ".gz")}
    assert found == FILES.keys()
    assert len(LADDERS) == 12


@pytest.mark.parametrize("name", FILES)
def test_a_recording_holds_what_its_source_says(folder: Path, name: str) -> None:
    one = recording(folder / name)
    found = survey(one)
    assert (found.messages, found.definitions, len(found.opening), found.depth) == FILES[name]
    assert one.lines_skipped == []
    assert found.first_ms <= found.last_ms


@pytest.mark.parametrize("name", LADDERS)
def test_no_open_book_is_crossed_at_the_end_of_a_message(folder: Path, name: str) -> None:
    shelf, checked = Shelf(), 0
    for _, fact in told(folder / name):
        for instrument in shelf.apply(fact):
            if shelf.is_open(instrument):
                checked += 1
                assert not shelf.books[instrument].crossed, (name, instrument)
    assert checked > 60


def test_books_with_missing_changes_do_cross_so_the_check_can_fail(folder: Path) -> None:
    shelf = Shelf()
    crossed = 0
    for _, fact in told(folder / SUBSET):
        crossed += sum(shelf.books[one].crossed for one in shelf.apply(fact) if shelf.is_open(one))
    assert crossed > 0


def test_a_horse_race_goes_through_its_states_to_its_results(folder: Path) -> None:
    changes = [fact for _, fact in told(folder / "1.185781277.bz2") if isinstance(fact, MarketChanged)]
    said = [f"{fact.status.value}{'*' if fact.in_play else ''}" for fact in changes]
    states = [state for before, state in zip(["", *said], said, strict=False) if state != before]
    assert states == ["open", "suspended", "open*", "suspended*", "closed*"]
    final = changes[-1].results
    assert list(final.values()).count(Result.WON) == 1
    assert list(final.values()).count(Result.VOID) == len(changes[0].removed) == 3
    assert all(not fact.results for fact in changes[:-1])
    assert [fact.version for fact in changes] == sorted(fact.version for fact in changes)
    assert {fact.bet_delay_ms for fact in changes if fact.in_play} == {1_000}


def test_a_runner_is_removed_in_the_middle_of_a_market(folder: Path) -> None:
    changes = [fact for _, fact in told(folder / "1-206064380.bz2") if isinstance(fact, MarketChanged)]
    assert not changes[0].removed
    (removed,) = changes[-1].removed
    first = next(fact for fact in changes if fact.removed)
    assert first.status is MarketStatus.SUSPENDED
    assert changes[-1].results[removed] is Result.VOID


def test_each_side_of_each_line_of_a_handicap_market_has_a_book_of_its_own(folder: Path) -> None:
    """Sixty markets of 66 runners: two sides of 33 lines. By the last image a few lines of each are bet on."""
    lines: dict[str, set[str]] = {}
    shelf = Shelf()
    for _, fact in told(folder / SUBSET):
        if isinstance(fact, InstrumentsListed):
            for one in fact.instruments:
                if one.terms.bands == FINEST.bands:
                    lines.setdefault(one.listing.venue_market, set()).add(one.listing.selection)
        shelf.apply(fact)
    assert (len(lines), {len(one) for one in lines.values()}) == (60, {66})
    for market, selections in lines.items():
        goals = [parse_selection(SelectionId(one)) for one in selections]
        assert {(runner, -line + 0.0) for runner, line in goals} == {
            (next(other for other, _ in goals if other != runner), line) for runner, line in goals
        }, market
    quoted = [one for one, book in shelf.books.items() if "@" in one and book.best_back >= 0]
    assert len(quoted) > 100


def test_receive_times_run_a_little_behind_the_venue(folder: Path) -> None:
    late = [message.time_ms - message.pt for _, message in recording(folder / "1.258742455_gowran_rt.gz").messages()]
    assert sorted(late[1:])[len(late) // 2] in range(5, 12)


@pytest.mark.parametrize("name", ["1.185781277.bz2", "1.200806927.gz"])
def test_a_library_sees_the_same_best_prices_after_each_message(folder: Path, name: str) -> None:
    """betfairlightweight keeps its own caches from the same lines; compared wherever a message touched a book."""
    listener = betfairlightweight.StreamListener(max_latency=None, lightweight=True)
    listener.register_stream(1, "marketSubscription")
    listener.update_clk = False
    feed = MarketFeed(BETFAIR, survey(recording(folder / name)).listings(BETFAIR), Currency("GBP"), CommissionPlan())
    shelf, compared = Shelf(), 0
    for line, message in recording(folder / name).messages():
        listener.stream_unique_id = message.id
        listener.on_data(line.decode())
        touched: set[InstrumentId] = set()
        for fact in feed.facts(message.changes or [], message.pt, image=message.ct == "SUB_IMAGE"):
            touched |= shelf.apply(fact)
        for instrument in touched:
            _, market, runner = instrument.split("/")
            theirs = listener.stream._caches[market].runner_dict[int(runner), 0]
            for ours, ladder_ in (
                (shelf.books[instrument].levels(to_back=True, depth=1), theirs.available_to_back),
                (shelf.books[instrument].levels(to_back=False, depth=1), theirs.available_to_lay),
            ):
                best = [(round(row["price"] * 100), round(row["size"] * 1e6)) for row in ladder_.serialised[:1]]
                book = shelf.books[instrument]
                assert [(book.ladder.price(tick), size) for tick, size in ours] == best
                compared += 1
    assert compared > 10_000
