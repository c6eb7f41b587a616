"""The pushed feed by hand: logins, rows and their numbers, gaps, pings, silence, and what a slow poll disproves."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from domain.fees import NetWinFee
from domain.markets import MarketStatus
from domain.messages import BooksChanged, BooksDoubted, Fact, InstrumentsListed, Levels, MarketChanged
from domain.odds import CLASSIC
from tests.venues.hands import HandNetwork
from tests.venues.kalshi.desk import FarSocket
from tests.venues.matchbook.desk import (
    AWAY,
    EVENT,
    HOME,
    MARKET,
    MS,
    OTHER_MARKET,
    S,
    event,
    listing,
    market,
    page,
    price,
    reply_of,
    runner,
    settings,
)
from venues.base import Endpoint
from venues.matchbook.events_codec import events_answer
from venues.matchbook.market_feed import MarketFeed
from venues.matchbook.pushed_books import PushedBooks
from venues.matchbook.settings import Settings
from venues.matchbook.stream import Stream
from venues.matchbook.stream_codec import PRICES, Frame
from venues.secret import Secret

GATEWAY = Endpoint("gateway", 443, True)


def pushed_settings(**changes: Any) -> Settings:
    return settings(feed="websocket", stream=GATEWAY, **changes)


class Ears:
    """Hears the account; keeps what it heard."""

    def __init__(self) -> None:
        self.heard_types: list[str] = []
        self.why: list[str] = []

    def whole(self, frame: Frame, now_ns: int) -> None:
        self.heard_types.append(frame.type)

    def heard(self, frame: Frame, now_ns: int) -> None:
        self.heard_types.append(frame.type)

    def proven(self, now_ns: int) -> None: ...

    def broken(self, reason: str, now_ns: int) -> None:
        self.why.append(reason)


class Far:
    """The adapter's stream and books against a gateway that the test plays."""

    def __init__(self) -> None:
        self.now = S
        self.told: list[Fact] = []
        self.lost: list[int] = []
        self.token = Secret("101_ab")
        self.account = Ears()
        self.network = HandNetwork()
        listings = [listing(HOME, 0), listing(AWAY, 1), listing(HOME + 10, 0, OTHER_MARKET)]
        self.feed = MarketFeed(pushed_settings(), listings)
        self.feed.set_fee(NetWinFee(rate_ppm=20_000))
        self.books = PushedBooks(
            self.feed,
            tell=lambda facts, now_ns: self.told.extend(facts),
            came=lambda: None,
            lost=self.lost.append,
            disproved=lambda reason, now_ns: self.stream.mend(PRICES, reason, now_ns),
        )
        self.stream = Stream(
            pushed_settings(),
            self.network,
            chance=lambda: 0.0,
            token=lambda: self.token,
            markets=lambda: list(self.feed.followed.markets),
            prices=self.books,
            account=self.account,
        )
        self.stream.begin(self.now)
        self.socket = self.dialled()

    def dialled(self) -> FarSocket:
        self.stream.on_time(self.now)
        return FarSocket(self.network.accept(self.now), lambda: self.now).upgrade()

    def say(self, **message: Any) -> None:
        self.socket.say({"type": message.pop("kind"), **message})

    def open(self, *markets: dict[str, Any]) -> "Far":
        """Let it in and give both rows their first message."""
        said = self.socket.heard()
        self.say(kind="ack", req=said[0]["req"])
        prices, account = self.socket.heard()
        self.say(kind="ack", req=prices["req"], sub="p")
        self.say(kind="ack", req=account["req"], sub="a")
        self.say(kind="offer-update", sub="a", seq=1, offers=[])
        self.master(1, *(markets or (both(price("back", 2.3)),)))
        return self

    def master(self, seq: int, *markets: dict[str, Any], sub: str = "p") -> None:
        self.say(kind="master", sub=sub, seq=seq, events=[event(*markets)])

    def update(self, seq: int, *runners: dict[str, Any], **more: Any) -> None:
        self.say(kind="price-update", sub="p", seq=seq, market={"id": MARKET, "runners": list(runners)} | more)

    def wait(self, ms: float, *, answering: bool = False) -> None:
        """Do what is due, step by step; `answering` pings and beating on both rows as a live gateway does."""
        end = self.now + int(ms * MS)
        while (due := self.stream.next_deadline()) is not None and due <= end:
            self.now = max(due, self.now)
            self.stream.on_time(self.now)
            self.books.on_time(self.now)
            for said in self.socket.heard() if answering else ():
                if said["type"] == "ping":
                    self.say(kind="ack", req=said["req"])
        self.now = end
        self.books.on_time(end)

    def poll(self, *markets: dict[str, Any], asked_ns: int | None = None) -> None:
        """A slow poll's answer about our event, asked for just before unless it is told otherwise."""
        seen = events_answer(reply_of(page(event(*markets)))).events
        self.books.check(seen, self.now if asked_ns is None else asked_ns, self.now)

    def taken(self, *kinds: type) -> list[Any]:
        told, self.told = self.told, []
        return [fact for fact in told if isinstance(fact, kinds)]


def both(*prices: dict[str, Any], **changes: Any) -> dict[str, Any]:
    return market(runner(HOME, *prices), runner(AWAY), **changes)


def images(far: Far) -> list[Levels]:
    return [levels for fact in far.taken(BooksChanged) for levels in fact.books if levels.image]


def tick(odds: int) -> int:
    return CLASSIC.tick_by_price[odds]


def test_it_logs_in_first_then_asks_for_every_market_with_levels_however_small() -> None:
    far = Far()
    (login,) = far.socket.heard()
    assert login == {"type": "login", "req": 1, "session-token": "101_ab"}
    far.say(kind="ack", req=1)
    prices, account = far.socket.heard()
    assert prices["market-ids"] == [str(MARKET), str(OTHER_MARKET)]
    assert (prices["minimum-liquidity"], prices["price-depth"], prices["odds-type"]) == (0, 6, "DECIMAL")
    assert account == {"type": "subscribe", "req": 3, "channel": "account"}


def test_a_new_session_is_told_on_the_line_that_stands() -> None:
    far = Far().open()
    far.socket.heard()
    far.stream.begin(far.now)
    assert far.socket.heard() == []
    far.token = Secret("101_cd")
    far.stream.begin(far.now)
    (login,) = far.socket.heard()
    assert login["session-token"] == "101_cd"
    far.say(kind="ack", req=login["req"])
    assert far.socket.heard() == [], "its rows go on"
    assert far.books.covers(MARKET)


def test_a_master_lists_markets_and_books_and_an_update_replaces_one_runners_prices() -> None:
    far = Far().open()
    assert [type(fact) for fact in far.told] == [InstrumentsListed, BooksChanged, MarketChanged]
    assert [levels.to_back for levels in images(far)] == [[(tick(230), 20_000_000)], []]
    far.update(2, {"id": HOME, "prices": [price("lay", 2.4, 5), price("back", 2.2, 7)]})
    (levels,) = images(far)
    assert (levels.to_back, levels.to_lay) == ([(tick(220), 7_000_000)], [(tick(240), 5_000_000)])
    far.update(3, {"id": HOME, "prices": []}, **{"status": "suspended", "in-running-flag": True})
    facts = far.taken(BooksChanged, MarketChanged)
    assert [type(fact) for fact in facts] == [MarketChanged, BooksChanged], "a closed market is told before its books"
    assert (facts[0].status, facts[0].in_play) == (MarketStatus.SUSPENDED, True)


def test_what_an_update_leaves_out_is_as_it_was() -> None:
    far = Far().open()
    far.taken()
    far.update(2, {"id": AWAY, "withdrawn": True})
    (changed,) = far.taken(MarketChanged)
    assert changed.removed == (str(AWAY),)
    far.update(3, {"id": HOME, "prices": []})
    assert not far.taken(MarketChanged), "the withdrawn runner is not forgotten"


def test_an_event_that_is_not_open_closes_its_markets_until_it_is() -> None:
    far = Far().open()
    far.taken()
    far.say(kind="event-update", sub="p", seq=2, event={"id": EVENT, "status": "suspended", "in-running-flag": True})
    (stopped,) = far.taken(MarketChanged)
    assert (stopped.status, stopped.in_play) == (MarketStatus.SUSPENDED, False), "whether in play its market says"
    far.update(3, {"id": HOME, "prices": []})
    assert not far.taken(MarketChanged)
    far.say(kind="event-update", sub="p", seq=4, event={"id": EVENT, "status": "open"})
    assert [fact.status for fact in far.taken(MarketChanged)] == [MarketStatus.OPEN]


def test_a_number_that_was_heard_is_passed_over() -> None:
    far = Far().open()
    far.update(2, {"id": HOME, "prices": [price("back", 2.2)]})
    far.taken()
    far.update(2, {"id": HOME, "prices": []})
    assert not far.told
    assert far.books.covers(MARKET)


def test_a_gap_takes_the_books_back_and_begins_the_row_anew() -> None:
    far = Far().open()
    far.socket.heard()
    far.taken()
    far.update(3, {"id": HOME, "prices": []})
    (doubt,) = far.taken(BooksDoubted, BooksChanged)
    assert "message 3 came where 2 was due" in doubt.reason
    assert far.lost
    assert not far.books.covers(MARKET)
    gone, anew = far.socket.heard()
    assert (gone["type"], gone["sub"], anew["type"]) == ("unsubscribe", "p", "subscribe")
    far.update(4, {"id": HOME, "prices": []})
    assert not far.told, "the old row is nobody's"
    far.say(kind="ack", req=anew["req"], sub="q")
    far.master(1, both(price("back", 2.4)), sub="q")
    assert len(images(far)) == 2
    assert far.account.why == [], "the other row goes on"


def test_a_second_gap_soon_after_ends_the_line() -> None:
    far = Far().open()
    far.update(3)
    anew = far.socket.heard()[-1]
    far.say(kind="ack", req=anew["req"], sub="q")
    far.master(1, both(), sub="q")
    far.say(kind="price-update", sub="q", seq=9, market={"id": MARKET})
    assert far.socket.wire.is_closed
    assert len(far.account.why) == 1
    far.wait(1_000)
    assert len(far.network.asked) == 1


def test_news_before_the_first_picture_and_of_strange_types_are_passed_over() -> None:
    far = Far()
    far.say(kind="ack", req=far.socket.heard()[0]["req"])
    prices, _ = far.socket.heard()
    far.say(kind="ack", req=prices["req"], sub="p")
    far.say(kind="weather", sub="", rain=True)
    far.master(1, both())
    far.say(kind="gossip", sub="p", seq=2, about="nothing")
    far.update(3, {"id": 77, "prices": []}, id=12345)
    assert far.books.covers(MARKET)


def test_a_row_that_does_not_begin_with_the_whole_picture_ends_the_line() -> None:
    far = Far()
    far.say(kind="ack", req=far.socket.heard()[0]["req"])
    far.say(kind="ack", req=far.socket.heard()[0]["req"], sub="p")
    far.update(1)
    assert far.socket.wire.is_closed


@pytest.mark.parametrize(
    "text",
    [
        b"not json",
        b"[]",
        b'{"type":"price-update","sub":"p","seq":2,"market":{"id":"x"}}',
        b'{"type":"master","sub":"p","seq":2,"events":{}}',
        b'{"type":"event-update","sub":"p","seq":2,"event":[]}',
        json.dumps({"type": "error", "req": 9, "errors": [{"messages": ["no"]}]}).encode(),
        json.dumps(
            {
                "type": "price-update",
                "sub": "p",
                "seq": 2,
                "market": {"id": MARKET, "runners": [{"id": HOME, "prices": 1}]},
            }
        ).encode(),
    ],
)
def test_words_that_make_no_sense_end_the_line_and_take_its_books_back(text: bytes) -> None:
    far = Far().open()
    far.taken()
    far.socket.say(text)
    assert far.socket.wire.is_closed
    assert far.taken(BooksDoubted)
    assert not far.books.covers(MARKET)


def test_an_answered_ping_proves_every_book_and_an_unanswered_one_ends_the_line() -> None:
    far = Far().open()
    far.taken()
    far.wait(3_500, answering=True)
    proofs = [levels for fact in far.taken(BooksChanged) for levels in fact.books]
    assert {levels.instrument for levels in proofs} == {f"matchbook/{MARKET}/{HOME}", f"matchbook/{MARKET}/{AWAY}"}
    assert not any(levels.image for levels in proofs)
    assert len(proofs) == 6, "once a second"
    far.say(kind="heartbeat", sub="p", seq=2, time="x")
    far.wait(4_100)
    assert "stands still" in far.account.why[0]


def test_a_row_without_beats_ends_the_line_however_well_pings_are_answered() -> None:
    far = Far().open()
    far.wait(14_000, answering=True)
    assert far.books.covers(MARKET)
    far.wait(2_000, answering=True)
    assert "silent" in far.account.why[0]


def test_a_login_without_an_answer_is_given_up() -> None:
    far = Far()
    far.wait(10_500)
    assert far.socket.wire.is_closed


def test_a_market_that_the_master_lacks_is_not_told_of() -> None:
    far = Far().open()
    assert far.books.covers(MARKET)
    assert not far.books.covers(OTHER_MARKET)
    far.taken()
    far.master(2)
    assert far.taken(BooksDoubted)
    assert not far.books.covers(MARKET)


Judged = Callable[[Far], None]


def later(far: Far) -> None:
    """The feed says the same soon after the poll."""
    far.poll(both(price("back", 2.2)))
    far.wait(500, answering=True)
    far.update(2, {"id": HOME, "prices": [price("back", 2.2)]})


def before(far: Far) -> None:
    """The feed has just said what the poll does not know yet."""
    far.update(2, {"id": HOME, "prices": [price("back", 2.2)]})
    far.poll(both(price("back", 2.3)))


def same(far: Far) -> None:
    far.poll(both(price("back", 2.3)))


def of_others(far: Far) -> None:
    far.poll(market(runner(5, price("back", 9)), id=999))


@pytest.mark.parametrize("poll", [later, before, same, of_others])
def test_a_poll_that_the_feed_may_not_have_caught_up_with_disproves_nothing(poll: Judged) -> None:
    far = Far().open()
    far.wait(2_000, answering=True)
    poll(far)
    far.wait(3_000, answering=True)
    assert far.books.covers(MARKET)
    assert not far.taken(BooksDoubted)


@pytest.mark.parametrize(
    "seen",
    [
        both(price("back", 2.2)),
        both(price("back", 2.3), status="suspended"),
        both(price("back", 2.3), **{"in-running-flag": True}),
        market(runner(HOME, price("back", 2.3)), runner(AWAY, withdrawn=True)),
    ],
)
def test_a_poll_that_says_otherwise_of_a_market_about_which_the_feed_is_silent_is_believed(
    seen: dict[str, Any],
) -> None:
    far = Far().open()
    far.wait(2_000, answering=True)
    far.poll(seen)
    far.wait(900, answering=True)
    assert far.books.covers(MARKET), "not before the feed could have said it"
    far.wait(200, answering=True)
    assert not far.books.covers(MARKET)
    (doubt,) = far.taken(BooksDoubted)
    assert "a poll of market" in doubt.reason
