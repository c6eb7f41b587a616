"""Books over a session of market data: the same books as on the stream, and in doubt when the session is gone."""

import random
from typing import Any

import pytest

from domain.book import Book
from domain.messages import BooksChanged, BooksProven, Channel, ChannelChanged
from tests.venues.kalshi.fix.test_with_fake import cut_fix, line, together
from tests.venues.kalshi.test_with_fake import BOOK, CENTS, Together, of
from tests.venues.kalshi.venue import HOME, TICKERS, book_of
from venues.kalshi.fake.fix import FixConnection
from venues.kalshi.fix.codec import Message
from venues.sim import lifecycle
from venues.sim.faults import Danger, Profile, Strike


def with_books(*args: Any, **more: Any) -> Together:
    return together(*args, fix={"books": line(2)}, words={"books": "fix"}, **more)


def shown(told: list[Any], book: Book | None = None) -> Book:
    """The book of one market as the facts make it."""
    book = book or Book(CENTS)
    for changed in of(told, BooksChanged):
        for levels in changed.books:
            if levels.instrument == BOOK:
                book.apply(levels, 0)
    return book


def sides(book: Book) -> dict[str, dict[int, int]]:
    """Levels by native price, in hundredths of contracts, as the exchange's own books are shown."""
    return {
        side: {CENTS.price(tick): size // 10_000 for tick, size in book.levels(to_back=to_back, depth=99)}
        for side, to_back in (("yes", False), ("no", True))
    }


def test_books_come_whole_and_then_by_their_changes() -> None:
    both = with_books(is_started=False)
    both.world.crowd("ann bid 10 @ 40")
    both.world.crowd("bob ask 5 @ 60")
    book = shown(both.run(2_000))
    assert sides(book) == book_of(both.world, HOME) == {"yes": {4_000: 1_000}, "no": {6_000: 500}}
    chance = random.Random(5)
    for _ in range(60):
        who, side = chance.choice((("ann", "bid"), ("bob", "ask")))
        both.world.crowd(f"{who} {side} {chance.randint(1, 9)} @ {chance.randint(30, 70)}")
        book = shown(both.run(50), book)
        assert sides(book) == book_of(both.world, HOME)


def test_every_market_is_followed() -> None:
    both = with_books()
    for ticker in TICKERS:
        both.world.crowd("ann bid 10 @ 40", ticker)
    changed = {levels.instrument for fact in of(both.run(100), BooksChanged) for levels in fact.books}
    assert changed == {f"kalshi/{ticker}/yes" for ticker in TICKERS}


def test_the_market_data_stands_while_stream_and_session_do() -> None:
    both = with_books(is_started=False)
    ups = [fact.up for fact in of(both.run(2_000), ChannelChanged) if fact.channel is Channel.MARKET_DATA]
    assert ups[-1] is True
    cut_fix(both)
    downs = [fact.up for fact in of(both.run(5_000), ChannelChanged) if fact.channel is Channel.MARKET_DATA]
    assert downs == [False, True]


def test_books_are_whole_again_after_a_lost_connection() -> None:
    both = with_books()
    both.world.crowd("ann bid 10 @ 40")
    both.run(100)
    cut_fix(both)
    both.world.crowd("ann bid 7 @ 41")
    assert sides(shown(both.run(5_000))) == book_of(both.world, HOME)


def test_a_quiet_session_proves_its_books_as_often_as_the_stream_would() -> None:
    both = with_books()
    both.facts.clear()
    end = both.world.now_ns
    both.venue._emit = both.facts.append
    proofs = 0
    for _ in range(20):
        both.world.now_ns = end = end + 500_000_000
        for side in (both.venue, both.world.fake):
            due = side.next_deadline()
            if due is not None and due <= end:
                side.on_time(end)
        both.pipes.deliver()
        proofs += sum(isinstance(fact, BooksProven) for fact in both.facts)
        both.facts.clear()
    assert proofs >= 5


FREEZE = Profile(
    Danger.FEED_FROZEN, planned=(Strike(Danger.FEED_FROZEN, doing="books", skip=1),), frozen_ms=(15_000, 15_000)
)


def test_a_session_that_lives_while_its_books_stand_still_is_given_up_before_they_are_stale() -> None:
    both = with_books(FREEZE)
    both.world.crowd("ann bid 10 @ 40")
    both.run(2_000)
    both.world.crowd("ann bid 7 @ 41")
    told = both.run(both.venue.capabilities.stale_after_ms)
    down = next(fact for fact in of(told, ChannelChanged) if fact.channel is Channel.MARKET_DATA)
    assert not down.up
    assert "no image came" in down.reason
    told += both.run(10_000)
    assert [fact.up for fact in of(told, ChannelChanged) if fact.channel is Channel.MARKET_DATA] == [False, True]
    assert sides(shown(told)) == book_of(both.world, HOME) == {"yes": {4_000: 1_000, 4_100: 700}, "no": {}}


def test_books_that_the_venue_will_not_send_are_told_with_its_reason_and_asked_for_again() -> None:
    both = with_books(is_started=False, subscription_markets_max=1)
    told = [fact for fact in of(both.run(30_000), ChannelChanged) if fact.channel is Channel.MARKET_DATA]
    downs = [fact.reason for fact in told if not fact.up]
    assert any("books refused: too many symbols" in reason for reason in downs)
    dials = [end for end in both.pipes.ends if isinstance(end.to, FixConnection)]
    assert len(dials) > 2


def test_the_stream_beside_it_proves_no_book() -> None:
    both = with_books()
    cut_fix(both)
    both.pipes.dial = lambda endpoint, peer: None  # type: ignore[method-assign]
    both.facts.clear()
    both.world.crowd("ann bid 10 @ 40")
    at_once = [fact for fact in both.facts if isinstance(fact, BooksProven)]
    assert at_once == []


def test_bytes_that_never_become_a_message_prove_no_book() -> None:
    both = with_books()
    link = both.venue._fix._books.link  # type: ignore[union-attr]
    both.facts.clear()
    for at in range(8):
        link.came(b"8=FIXT.1.1\x019=200000\x01" if not at else b"35=0\x01" * 9, both.world.now_ns + at * 2_000_000_000)
    assert of(both.facts, BooksProven) == []


@pytest.mark.parametrize("act", [lifecycle.suspend, lifecycle.close])
def test_the_life_of_a_market_is_still_told_by_the_stream(act: Any) -> None:
    both = with_books()
    both.at_exchange(act)
    assert [fact for fact in both.run(500) if type(fact).__name__ == "MarketChanged"]


def test_a_deleted_level_is_gone_whatever_size_is_told() -> None:
    both = with_books()
    line = both.venue._fix._books
    assert line is not None
    entries = ((268, "1"), (279, "2"), (55, str(HOME)), (269, "0"), (270, "0.4000"), (271, "10.00"))
    both.facts.clear()
    line.heard(Message("X", entries), 9, both.world.now_ns)
    (changed,) = of(both.facts, BooksChanged)
    assert changed.books[0].to_lay == [(CENTS.tick(4_000), 0)]


def test_a_level_that_is_gone_is_gone() -> None:
    both = with_books()
    resting = both.world.crowd("ann bid 10 @ 40")
    book = shown(both.run(100))
    both.world.exchange.cancel(resting.number, account="ann", now_ns=both.world.now_ns)
    both.world.publish()
    assert sides(shown(both.run(100), book))["yes"] == {}
