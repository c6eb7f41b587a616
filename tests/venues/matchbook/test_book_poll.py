"""Polling books: batches within the budget, overtaken and late answers, outages, and markets that go missing."""

from typing import Any

import pytest

from domain.ids import VenueName
from domain.messages import BooksChanged, BooksDoubted, Channel, ChannelChanged, MarketChanged
from tests.venues.matchbook.desk import (
    AWAY,
    EVENT,
    EVENTS,
    HOME,
    MARKET,
    OFFERS,
    Desk,
    S,
    errors,
    event,
    instrument,
    listed,
    listing,
    market,
    page,
    price,
    runner,
    settings,
)
from venues.matchbook.book_poll import period_ms, stale_after_ms
from venues.matchbook.settings import PerMinute

ONE = f"{EVENTS}/{EVENT}/markets/{MARKET}"


def quoted(odds: float = 2.3):
    return event(market(runner(HOME, price("back", odds)), runner(AWAY)))


@pytest.mark.parametrize(
    ("events", "batches", "expected"), [(600, 1, 1_000), (600, 10, 1_112), (60, 1, 1_112), (60, 5, 5_556)]
)
def test_polls_are_as_frequent_as_the_budget_allows(events: int, batches: int, expected: int) -> None:
    config = settings(poll_ms=1_000, per_minute=PerMinute(events=events))
    assert period_ms(config, batches) == expected
    assert batches * 60_000 / expected <= events


def test_a_book_is_stale_after_a_few_polls_at_the_slowest() -> None:
    assert stale_after_ms(settings(poll_ms=1_000, silent_polls=4), [listing(n, 0, n) for n in range(20)]) == 4_000
    assert Desk(poll_ms=500, silent_polls=4).venue.capabilities.stale_after_ms == 2_000


def test_many_events_are_asked_for_in_batches_spread_over_the_period() -> None:
    markets = [listing(1_000 + n, 0, 2_000 + n) for n in range(45)]
    desk = Desk(*markets, events_per_poll=20, poll_ms=1_000)
    desk.started()
    desk.answer(OFFERS, listed())
    rows = [event(market(runner(1_000 + n), id=2_000 + n), number=3_000 + n) for n in range(45)]
    desk.answer(EVENTS, page(*rows))
    seen = []
    desk.wait(0)
    for _ in range(30):
        desk.wait(50)
        seen += [(desk.now, one.query["ids"].split(",")) for one in desk.read() if one.path == EVENTS]
        desk.open.clear()
    assert [len(ids) for _, ids in seen] == [20, 20, 5]
    assert sorted(one for _, ids in seen for one in ids) == sorted(str(3_000 + n) for n in range(45))
    assert len({at for at, _ in seen}) == 3


def test_the_next_poll_waits_for_the_last() -> None:
    desk = Desk(poll_ms=500, poll_answer_ms=2_000).trading()
    desk.wait(500)
    asked = desk.asked(EVENTS)
    desk.wait(1_400)
    assert not desk.is_asked(EVENTS)
    desk.reply(asked, page(quoted()))
    desk.wait(0)
    assert desk.is_asked(EVENTS)


def test_an_answer_after_its_deadline_is_thrown_away() -> None:
    desk = Desk(poll_answer_ms=2_000).trading()
    desk.wait(1_000)
    late = desk.asked(EVENTS)
    desk.wait(2_500)
    assert desk.is_asked(EVENTS)
    desk.taken()
    desk.reply(late, page(quoted(9)))
    assert desk.told_of(BooksChanged) == []


def test_one_failed_poll_is_no_outage_and_two_are() -> None:
    desk = Desk().trading()
    desk.wait(1_000)
    desk.answer(EVENTS, b"<html>", 502)
    assert desk.told_of(ChannelChanged) == []
    desk.wait(1_000)
    desk.answer(EVENTS, b"<html>", 200)
    (down,) = desk.told_of(ChannelChanged)
    assert (down.channel, down.up) == (Channel.MARKET_DATA, False)
    up, books = desk.poll(quoted())
    assert up == ChannelChanged(VenueName("matchbook"), Channel.MARKET_DATA, True)
    assert all(levels.image for levels in books.books)


def test_a_market_that_is_missing_from_a_poll_is_doubted_and_read_by_itself() -> None:
    desk = Desk(catalogue_s=60).trading()
    desk.poll(quoted())
    assert desk.poll() == [
        BooksDoubted(VenueName("matchbook"), (instrument(HOME), instrument(AWAY)), "missing from a poll")
    ]
    asked = desk.asked(ONE)
    assert asked.query["include-prices"] == "true"
    desk.reply(asked, market(runner(HOME, price("back", 2.3)), runner(AWAY), status="suspended"))
    changed, books = desk.taken()
    assert isinstance(changed, MarketChanged)
    assert books.books[0].image is True
    assert desk.poll()[0].instruments
    assert not desk.is_asked(ONE)


def test_a_market_that_is_gone_for_good_is_not_called_closed() -> None:
    desk = Desk(catalogue_s=10).trading()
    desk.poll(quoted())
    desk.poll()
    desk.answer(ONE, errors("unknown"), 404)
    for _ in range(8):
        assert desk.poll() == []
    desk.poll()
    desk.poll()
    assert desk.is_asked(ONE)
    assert desk.told_of(MarketChanged) == []


def test_a_market_that_has_closed_is_looked_at_now_and_then() -> None:
    desk = Desk(catalogue_s=60, poll_ms=1_000).trading()
    desk.poll(event(market(runner(HOME), runner(AWAY), status="closed")))
    desk.wait(30_000)
    assert not desk.is_asked(EVENTS)
    desk.wait(31_000)
    desk.answer(EVENTS, page(event(market(runner(HOME), runner(AWAY)))))
    desk.wait(2_000)
    assert desk.is_asked(EVENTS)


def test_markets_are_looked_for_page_by_page_until_all_are_found_and_again_later() -> None:
    desk = Desk(catalogue_s=60, rows_per_page=2, sport_ids=(15,)).started()
    others = [event(market(id=n), number=n) for n in (1, 2)]
    first = desk.answer(EVENTS, page(*others) | {"total": 3})
    assert (first.query["offset"], first.query["sport-ids"]) == ("0", "15")
    assert int(first.query["before"]) - int(first.query["after"]) == (48 + 168) * 3_600
    assert desk.answer(EVENTS, page(event(market(id=3), number=3)) | {"total": 3}).query["offset"] == "2"
    assert not desk.is_asked(EVENTS)
    desk.wait(60_000)
    desk.answer(EVENTS, page(quoted()))
    desk.wait(0)
    assert desk.asked(EVENTS).query["ids"] == str(EVENT)


def test_a_search_without_an_answer_is_made_again_soon_and_then_more_and_more_slowly() -> None:
    """Until it ends nothing is known of any market: an heir stood blind for a minute over one answer that was lost."""
    desk = Desk(catalogue_s=60).started()
    began = desk.now
    asked_s: list[int] = []
    while len(asked_s) < 9:
        desk.answer(EVENTS, b"", 503)
        while not desk.is_asked(EVENTS):
            desk.wait(100)
            desk.open = [one for one in desk.read() if one.path == EVENTS]
        asked_s.append(round((desk.now - began) / S))
    assert asked_s == [1, 3, 7, 15, 31, 63, 123, 183, 243]
    desk.answer(EVENTS, page(quoted()))
    desk.wait(0)
    assert desk.asked(EVENTS).query["ids"] == str(EVENT)


@pytest.mark.parametrize(("said", "status"), [(b"", 503), (b"<html>", 403), (errors("unexpected"), 500)])
def test_a_market_by_itself_that_got_no_answer_is_read_again_soon(said: Any, status: int) -> None:
    desk = Desk(catalogue_s=60).trading()
    desk.poll(quoted())
    desk.poll()
    desk.answer(ONE, said, status)
    desk.poll()
    assert desk.is_asked(ONE)
