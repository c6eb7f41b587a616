"""Lines of statements that left memory: found by every name, counted as before, and told again they are no news."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from msgspec.structs import replace

from domain.account_lines import AccountLine, LineKind
from domain.ids import Currency, VenueMarketId, VenueName, VenueOrderId
from domain.treasury import AccountLinesReported
from engine.order_shelf import DiskLines
from oms.account_lines import AccountLines, summed
from oms.line_store import LineStore, MemoryLines, StoredLine
from storage.shelf import BATCH

ONE, TWO = VenueName("one"), VenueName("two")
MATCH = VenueMarketId("m0")
FEW = 3
MANY = 2 * BATCH + 50


@pytest.fixture(params=["memory", "disk"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[LineStore]:
    if request.param == "memory":
        yield MemoryLines()
        return
    disk = DiskLines(tmp_path)
    yield disk
    disk.close()


@pytest.fixture
def few(store: LineStore) -> AccountLines:
    """Lines of which few are kept at hand."""
    return opened(AccountLines(store=store, lines_max=FEW))


def line(n: int, micros: int = 1_000) -> AccountLine:
    """Two lines an order, ten a market."""
    return AccountLine(
        f"l{n}", LineKind.SETTLEMENT, micros, n + 1, None, VenueMarketId(f"m{n // 10}"), VenueOrderId(f"v{n // 2}")
    )


def told(*lines: AccountLine, venue: VenueName = ONE, opening: bool = False) -> AccountLinesReported:
    return AccountLinesReported(venue, Currency("GBP"), 1, 1, lines, opening)


def opened(lines: AccountLines) -> AccountLines:
    lines.apply(told(AccountLine("b", LineKind.DEPOSIT, 5), opening=True))
    return lines


def live_through(lines: AccountLines, count: int = MANY) -> None:
    for n in range(count):
        lines.apply(told(line(n, n)))


def test_memory_holds_a_bounded_number_and_every_line_is_still_found(few: AccountLines) -> None:
    live_through(few)
    at_hand = few.venues[ONE]
    assert len(at_hand.lines) == FEW
    assert sum(map(len, at_hand.by_market.values())) == sum(map(len, at_hand.by_order.values())) == FEW
    assert sorted(one.id for one in few.of(ONE)) == sorted(f"l{n}" for n in range(MANY))
    for n in (0, 1, BATCH, MANY - 1):
        assert few.find(ONE, f"l{n}") == line(n, n)
    assert few.find(TWO, "l0") is None


def test_a_market_and_an_order_have_their_lines_wherever_those_are(few: AccountLines) -> None:
    live_through(few)
    assert [one.id for one in few.in_market(ONE, MATCH)] == [f"l{n}" for n in range(10)]
    assert [one.id for one in few.of_order(ONE, VenueOrderId("v1"))] == ["l2", "l3"]
    half_gone = VenueMarketId(f"m{(MANY - 1) // 10}")
    assert summed(few.in_market(ONE, half_gone)).profit_micros == sum(range(MANY // 10 * 10 - 10, MANY))


def test_a_digest_says_the_same_whatever_is_at_hand(few: AccountLines) -> None:
    whole = opened(AccountLines())
    for lines in (few, whole):
        live_through(lines)
        lines.apply(told(line(4, 77), line(MANY - 1, 78)))
    assert few.snapshot() == whole.snapshot()
    assert {one.id: one for one in few.of(ONE)} == {one.id: one for one in whole.of(ONE)}


def test_what_left_memory_is_no_news_unless_it_says_something_else(few: AccountLines) -> None:
    live_through(few)
    changed = line(4, 77)
    assert few.news(told(line(3, 3), changed, line(MANY))) == (changed, line(MANY))


def test_a_correction_of_a_line_that_left_memory_takes_its_place(few: AccountLines) -> None:
    live_through(few)
    few.apply(told(line(4, 77)))
    came = [one for one in few.in_market(ONE, MATCH) if one.id == "l4"]
    assert came == [line(4, 77)], "and it stands there once, out of memory again too"
    live_through(few, 20)
    assert [one.micros for one in few.in_market(ONE, MATCH)].count(77) == 0
    assert few.find(ONE, "l4") == line(4, 4)


def test_money_moved_by_hand_is_told_in_order_however_long_ago(few: AccountLines) -> None:
    deposit = AccountLine("d", LineKind.DEPOSIT, 9, 1)
    few.apply(told(deposit))
    live_through(few)
    few.apply(told(AccountLine("e", LineKind.WITHDRAWAL, -9, MANY)))
    assert [one.id for one in few.moved_by_hand(ONE)] == ["d", "e"]
    few.apply(told(replace(deposit, kind=LineKind.OTHER)))
    assert [one.id for one in few.moved_by_hand(ONE)] == ["e"]


def test_a_run_that_is_taken_up_moves_to_a_store_of_its_own(store: LineStore) -> None:
    lines = opened(AccountLines(lines_max=FEW))
    live_through(lines, 10)
    lines.move_to(store)
    assert [one.id for one in lines.in_market(ONE, MATCH)] == [f"l{n}" for n in range(10)]
    assert sorted(one.line.id for one in store.every()) == [f"l{n}" for n in range(10 - FEW)]
    assert store.find(ONE, "l0") == line(0, 0)
    store.put(StoredLine(ONE, line(0, 5)))
    assert next(one.micros for one in store.in_market(ONE, MATCH)) == 5
