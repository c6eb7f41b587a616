"""What hostile bytes are thrown at: each codec with everything that its adapter makes of an answer; how it may say no.

A codec says no by PeerBroke, which ends one session; a reader of files by ValueError or OSError, which is one line.
Anything else that comes out of it would stop the program, and is a finding.
"""

import tempfile
from collections.abc import Callable
from itertools import cycle
from pathlib import Path
from typing import Any

from msgspec import Struct
from msgspec.msgpack import encode

from domain.ids import Currency, OrderRef, VenueName
from domain.orders import Evidence
from engine.recordings import RecordingError, open_recording
from tests.fuzz import lines, seeds
from tests.venues.betfair import desk as betfair_desk
from tests.venues.kalshi import desk as kalshi_desk
from tests.venues.matchbook import desk as matchbook_desk
from venues.base import Wire
from venues.betfair import bet_facts, betting_codec, query_codec
from venues.betfair.account_codec import app_keys_answer, details_answer
from venues.betfair.backtesting import open_tape
from venues.betfair.market_codec import MarketMessage, decode_market_line
from venues.betfair.market_feed import MarketFeed
from venues.betfair.order_codec import OrderMessage, bet_reported, bets_of, decode_order_line
from venues.betfair.rpc import Fault, decode_answer
from venues.betfair.rules import CommissionPlan
from venues.betfair.session import read_login
from venues.betfair.thread import IMAGE, LineBuffer, Thread
from venues.errors import PeerBroke
from venues.frames_file import read_frames
from venues.http import HttpReply
from venues.http_line import Answer, Line
from venues.kalshi import order_codec, rest_codec, rules
from venues.kalshi.books import Books
from venues.kalshi.budgets import Budgets
from venues.kalshi.fix.codec import Framer, Message
from venues.kalshi.fix.report_facts import facts_of
from venues.kalshi.fix.reports import decode_report
from venues.kalshi.fix.tallies import Tallies
from venues.kalshi.market_codec import Delta, Lifecycle, Snapshot, market_frames
from venues.kalshi.markets import Markets, yes_book
from venues.kalshi.order_codec import UserFill, UserOrder, order_frames
from venues.kalshi.order_facts import cancel_fact as kalshi_cancel_fact
from venues.kalshi.order_facts import create_facts
from venues.kalshi.orders import Orders
from venues.kalshi.queries import settled
from venues.kalshi.talks import Account
from venues.matchbook import account_codec, answers, events_codec, offers_codec
from venues.matchbook.market_feed import MarketFeed as MatchbookFeed
from venues.matchbook.offer_facts import placed_facts, reported
from venues.ws import WebSocket

GBP = Currency("GBP")
WALL_MS = 1_790_000_000_000
KALSHI_LISTINGS = (kalshi_desk.listing(kalshi_desk.T1), kalshi_desk.listing(kalshi_desk.T2, 1))
MATCHBOOK_LISTINGS = (matchbook_desk.listing(matchbook_desk.HOME, 0), matchbook_desk.listing(matchbook_desk.AWAY, 1))
MATCHBOOK_FEE = matchbook_desk.settings().commission.fee("NET_WIN")
assert MATCHBOOK_FEE is not None
MEMORY = Path("/dev/shm")
"""Where files are written that nobody needs on a disk."""


class Target(Struct, frozen=True):
    """`run` takes any bytes; `said_no` is what it may raise; `seeds` are good inputs to begin with."""

    run: Callable[[bytes], None]
    said_no: tuple[type[Exception], ...]
    seeds: Callable[[], list[bytes]]


def journalled(facts: Any) -> None:
    """What an adapter tells is written down, so it has to fit."""
    encode(facts)


def chosen(data: bytes, choices: list[Any]) -> tuple[Any, bytes]:
    """The first byte says which of them is meant."""
    return choices[data[0] % len(choices) if data else 0], data[1:]


# --- betfair ---


def betfair_stream(data: bytes) -> None:
    """Lines of both streams, whole and in segments, as facts."""
    listings = [betfair_desk.listing("11", 0), betfair_desk.listing("22", 1)]
    feed = MarketFeed(VenueName("betfair"), listings, GBP, CommissionPlan())
    markets, orders = Thread(), Thread()
    for line in LineBuffer(line_bytes_max=100_000).feed(data + b"\n"):
        message: Any = decode_market_line(line)
        if isinstance(message, MarketMessage):
            whole: Any = markets.take(message)
            if whole is not None:
                journalled(feed.facts(whole.changes or [], whole.pt, image=whole.ct == IMAGE))
        message = decode_order_line(line)
        if isinstance(message, OrderMessage):
            whole = orders.take(message)
            for _, _, bet in bets_of((whole and whole.changes) or []):
                journalled(bet_reported(bet, OrderRef("r1"), message.pt))


def betfair_rest(data: bytes) -> None:
    """Answers to every call, as facts."""
    place, cancel = betfair_desk.place(), betfair_desk.cancel()
    readers: list[tuple[Any, Callable[[Any], Any]]] = [
        (betting_codec.place_answer, lambda found: bet_facts.place_facts(place, found)),
        (betting_codec.cancel_answer, lambda found: bet_facts.cancel_fact(cancel, "b1", found)),
        (betting_codec.replace_answer, repr),
        (query_codec.catalogue_answer, lambda found: repr([query_codec.catalogue_description(one) for one in found])),
        (query_codec.book_answer, lambda found: [query_codec.book_changed(VenueName("betfair"), one) for one in found]),
        (query_codec.current_answer, _current),
        (
            query_codec.cleared_answer,
            lambda found: (
                found.rows and query_codec.cleared_reported(OrderRef("r1"), {"SETTLED": found.rows}, as_of_ms=1)
            ),
        ),
        (
            query_codec.funds_answer,
            lambda found: query_codec.balance_reported(found, VenueName("betfair"), GBP, asked_ns=1),
        ),
        (details_answer, repr),
        (app_keys_answer, repr),
    ]
    (decoder, use), body = chosen(data, [*readers, (None, None)])
    if decoder is None:
        read_login(body)
        return
    found = decode_answer(body, decoder)
    if isinstance(found, Fault):
        assert isinstance(found.word, str)
    else:
        journalled(use(found))


def _current(found: Any) -> None:
    for row in found.rows:
        report = query_codec.current_reported(row, OrderRef("r1"), as_of_ms=1)
        journalled(query_codec.venue_order(row, OrderRef("r1"), VenueName("betfair"), report))


# --- kalshi ---


def kalshi_rest(data: bytes) -> None:
    """Answers to every request, and refusals of any shape, as facts."""
    place, cancel = kalshi_desk.place(), kalshi_desk.cancel()
    budgets = Budgets(cancel_reserve_pct=25)
    markets = Markets(kalshi_desk.KALSHI, Currency("USD"), KALSHI_LISTINGS, journalled)
    fee = rules.fee("quadratic", 1, is_direct_member=False)

    def _learn(rows: Any) -> None:
        for row in rows:
            markets.learn(row, fee, WALL_MS)

    readers: list[tuple[Any, Callable[[Any], Any]]] = [
        (rest_codec.created_answer, lambda found: create_facts(place, found)),
        (rest_codec.cancelled_answer, lambda found: kalshi_cancel_fact(cancel, "o1", found)),
        (rest_codec.order_answer, lambda found: _kalshi_orders([found.order])),
        (rest_codec.orders_answer, lambda found: _kalshi_orders(found.orders or ())),
        (rest_codec.fills_answer, lambda found: [order_codec.fill_of(one) for one in found.fills or ()]),
        (rest_codec.market_answer, lambda found: _learn([found.market])),
        (rest_codec.markets_answer, lambda found: _learn(found.markets or ())),
        (rest_codec.limits_answer, lambda found: budgets.learn_limits(found, 1)),
        (rest_codec.costs_answer, lambda found: budgets.learn_costs(found, "/trade-api/v2")),
        (rest_codec.status_answer, lambda found: markets.pause(found, WALL_MS)),
        (rest_codec.settlements_answer, _kalshi_statements),
        (rest_codec.balance_answer, repr),
        (rest_codec.series_answer, repr),
        (rest_codec.events_answer, repr),
    ]
    (decoder, use), body = chosen(data, readers)
    rest_codec.error_said(body)
    journalled(use(rest_codec.decode_answer(body, decoder)))
    markets.turn(WALL_MS)


def _kalshi_statements(found: Any) -> None:
    account = Account(kalshi_desk.settings(), Orders(), lambda: 1)
    journalled([settled(account, row) for row in found.settlements or ()])


def _kalshi_orders(rows: Any) -> None:
    for row in rows:
        _kalshi_order(row)


def _kalshi_order(row: Any) -> None:
    order_codec.side_of(row)
    journalled(order_codec.order_reported(row, OrderRef("r1"), Evidence.PULL, by_us=True))


class _Ears:
    """Hears a WebSocket; notes nothing."""

    def socket_opened(self, now_ns: int) -> None: ...

    def socket_said(self, text: bytes, now_ns: int) -> None: ...

    def socket_alive(self, now_ns: int) -> None: ...

    def socket_lost(self, reason: str, now_ns: int) -> None: ...


class _Nowhere:
    """A wire that leads nowhere."""

    def write(self, data: bytes) -> None: ...

    def close(self) -> None: ...


def kalshi_socket(data: bytes) -> None:
    """Bytes of the socket, and messages of both streams as facts."""
    wire: Wire = _Nowhere()
    endpoint = kalshi_desk.settings().stream
    socket = WebSocket(_Ears(), endpoint, "/ws", lambda: (), bytes_max=100_000)
    socket.connected(wire, 1)
    socket.received(data, 2)
    socket.received(b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + data, 3)
    books = Books(kalshi_desk.KALSHI)
    markets = Markets(kalshi_desk.KALSHI, Currency("USD"), KALSHI_LISTINGS, journalled)
    books.follow(kalshi_desk.T1, yes_book(kalshi_desk.KALSHI, kalshi_desk.T1), rules.PRICE_STRUCTURES["linear_cent"])
    for text in data.split(b"\n"):
        message: Any = market_frames.decode(text)
        if isinstance(message, Snapshot | Delta):
            journalled(books.take(message))
        elif isinstance(message, Lifecycle):
            markets.hear(message.msg, WALL_MS)
            markets.turn(WALL_MS)
        message = order_frames.decode(text)
        if isinstance(message, UserOrder):
            _kalshi_order(message.msg)
        elif isinstance(message, UserFill):
            journalled(order_codec.order_filled(message.msg, OrderRef("r1"), Evidence.PUSH))


def kalshi_fix(data: bytes) -> None:
    """Bytes of a session, and its execution reports as facts."""
    framer, tallies = Framer(body_bytes_max=100_000), Tallies()
    for piece in (data[:7], data[7:], b"8=FIXT.1.1\x01"):
        for frame in framer.feed(piece):
            if isinstance(frame, Message):
                try:
                    report = decode_report(frame)
                    journalled(facts_of(report, OrderRef("r1"), tallies, evidence=Evidence.PUSH, by_us=False))
                except PeerBroke:
                    continue  # told of one message; the session goes on to the next


# --- matchbook ---


def matchbook(data: bytes) -> None:
    """Answers to every request, packed or not, as facts."""
    place = matchbook_desk.place()
    feed = MatchbookFeed(matchbook_desk.settings(), MATCHBOOK_LISTINGS)
    assert MATCHBOOK_FEE is not None
    feed.set_fee(MATCHBOOK_FEE)

    def _one(found: Any) -> None:
        journalled(reported(found, OrderRef("r1")))
        feed.learn(found)

    readers: list[tuple[Any, Callable[[Any], Any]]] = [
        (events_codec.events_answer, lambda found: feed.facts(found.events, 1)),
        (events_codec.market_answer, lambda found: feed.facts([events_codec.Event(found.event_id, [found])], 2)),
        (offers_codec.offer_answer, _one),
        (offers_codec.offers_answer, lambda found: [placed_facts(place, one) for one in found.offers]),
        (offers_codec.offers_page, lambda found: [reported(one, OrderRef("r1")) for one in found.offers]),
        (offers_codec.edit_answer, lambda found: _edited(found.about("1"))),
        (offers_codec.heartbeat_answer, repr),
        (account_codec.account_answer, repr),
        (
            account_codec.balance_answer,
            lambda found: account_codec.balance_reported(found, VenueName("matchbook"), GBP, asked_ns=1),
        ),
        (account_codec.report_answer, _report),
    ]
    (decoder, use), body = chosen(data, readers)
    reply = HttpReply(200, {"content-encoding": "gzip"} if body.startswith(b"\x1f\x8b") else {}, body, 1, 2)
    answers.plain(reply)
    journalled(use(decoder(reply)))


def _edited(found: Any) -> Any:
    repr(found)
    return found and reported(found, OrderRef("r1"))


def _report(found: Any) -> None:
    for _, market in map(account_codec.reported_market, found.markets):
        if market is not None:
            bets = account_codec.bets_by_offer(market)
            journalled([account_codec.settled_reported(OrderRef("r1"), one, bets[one]) for one in bets])
            account_codec.results(market.selections)


# --- what all share ---


class _Owner:
    """Owns a line and asks again as soon as there was an answer."""

    def line_opened(self, line: Line, now_ns: int) -> None:
        line.write(b"GET / HTTP/1.1\r\n\r\n")

    def line_answered(self, line: Line, answer: Answer, now_ns: int) -> None:
        assert isinstance(answer.body, bytes)
        if line.is_open:
            line.write(b"GET / HTTP/1.1\r\n\r\n")

    def line_lost(self, line: Line, reason: str, now_ns: int) -> None:
        assert reason


def http_line(data: bytes) -> None:
    """An answer in any slices."""
    line = Line(_Owner(), body_bytes_max=10_000)
    line.connected(_Nowhere(), 1)
    at, steps = 0, cycle(data[:3] or b"\x07")
    while at < len(data):
        step = 1 + next(steps)
        line.received(data[at : at + step], 2)
        at += step
    line.closed("over", 3)


def recording(data: bytes) -> None:
    """A file as a backtest, a demo and the reader of our own recordings take it."""
    with tempfile.NamedTemporaryFile(dir=MEMORY if MEMORY.is_dir() else None) as file:
        file.write(data)
        file.flush()
        path = Path(file.name)
        for read in (_play, _drive, _frames):
            try:
                read(path)
            except (ValueError, OSError, RecordingError):
                continue


def _play(path: Path) -> None:
    tape = open_tape(path, {})
    for moment in tape.moments():
        assert moment.prints is not None


def _drive(path: Path) -> None:
    played = open_recording(path)
    for frame in played.recording.frames():
        assert frame.at_ms is not None


def _frames(path: Path) -> None:
    for frame in read_frames(path, []):
        assert isinstance(frame.text, str)


TARGETS: dict[str, Target] = {
    "betfair-stream": Target(betfair_stream, (PeerBroke,), seeds.betfair_stream),
    "betfair-rest": Target(betfair_rest, (PeerBroke,), seeds.betfair_rest),
    "kalshi-rest": Target(kalshi_rest, (PeerBroke,), seeds.kalshi_rest),
    "kalshi-socket": Target(kalshi_socket, (PeerBroke,), seeds.kalshi_socket),
    "kalshi-fix": Target(kalshi_fix, (), seeds.kalshi_fix),
    "kalshi-fix-session": Target(lines.fix_session, (), lines.fix_session_seeds),
    "matchbook": Target(matchbook, (PeerBroke,), seeds.matchbook),
    "lmsr": Target(lines.lmsr, (), lines.lmsr_seeds),
    "catalogue": Target(lines.catalogue, (PeerBroke,), lines.catalogue_seeds),
    "http-line": Target(http_line, (), seeds.http_line),
    "recording": Target(recording, (), seeds.recording),
}
"""By the name on the command line."""
