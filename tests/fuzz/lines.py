"""Targets whose bytes are a whole conversation: a line of the LMSR maker, a FIX session with its books, catalogues."""

from collections.abc import Callable
from itertools import cycle
from typing import Any

from domain.ids import MarketId, SelectionId, VenueMarketId, VenueName
from domain.markets import Listing
from domain.messages import Channel, Fact
from tests.fuzz.seeds import for_each_reader, samples, text
from tests.venues.kalshi import desk as kalshi_desk
from tests.venues.kalshi.fix.script import SECOND, THEM, US, Script, wire
from venues.base import Endpoint, Peer
from venues.betfair import catalogue as betfair
from venues.catalogue.talk import ALWAYS, Asking, Talk, hold
from venues.kalshi import catalogue as kalshi
from venues.kalshi import rules
from venues.kalshi.books import Books
from venues.kalshi.fix.book_line import BookLine
from venues.kalshi.fix.clock import sending_time
from venues.kalshi.fix.codec import Message
from venues.kalshi.followers import Health
from venues.kalshi.markets import yes_book
from venues.lmsr.codec import LINE_BYTES_MAX, decode_said
from venues.lmsr.protocol import Lmsr, key_of
from venues.lmsr.settings import Settings
from venues.matchbook import catalogue as matchbook
from venues.secret import Secret


def _nowhere(fact: Fact) -> None: ...


# --- lmsr ---

LMSR_LISTING = Listing(VenueName("lmsr"), VenueMarketId("m"), SelectionId("home"), MarketId("m"), 0)
LMSR_WELCOME = b'{"op":"welcome","seq":1}\n'


class _Dialled:
    """A network and a wire at once: every line that is dialled stands, and what is said on it is a message."""

    def __init__(self) -> None:
        self.peers: list[Peer] = []

    def dial(self, endpoint: Endpoint, peer: Peer) -> None:
        self.peers.append(peer)

    def write(self, data: bytes) -> None:
        for line in data.splitlines():
            decode_said(line)

    def close(self) -> None: ...


def lmsr(data: bytes) -> None:
    """Bytes of a line on which an order was placed and a cancel asked for, and then silence; nothing may be raised."""
    assert len(data) < LINE_BYTES_MAX
    net = _Dialled()
    settings = Settings(line=Endpoint("lmsr", 1, False), key=Secret("key"))
    venue = Lmsr(settings, [LMSR_LISTING], net, _nowhere, chance=lambda: 0.5)
    venue.start(SECOND)
    net.peers[0].connected(net, SECOND)
    net.peers[0].received(LMSR_WELCOME, SECOND)
    venue.send(kalshi_desk.place("r1", instrument=key_of(LMSR_LISTING)), 2 * SECOND)
    venue.send(kalshi_desk.cancel("r1"), 2 * SECOND)
    net.peers[0].received(data, 3 * SECOND)
    net.peers[0].received(b"\n", 3 * SECOND)
    due_ns = venue.next_deadline()
    if due_ns is not None:
        venue.on_time(due_ns)


def lmsr_seeds() -> list[bytes]:
    """The image that follows a welcome, an order's way, answers to questions, and goodbyes."""
    of = {"market": "m", "selection": "home"}
    order = {"ref": "r1", "number": 7, **of, "buys": True, "price": 4_700, "size": 10_000_000}
    order |= {"matched": 4_000_000, "claims": 8_000_000, "cost": 1_880_000, "fills": [[1, 4_000_000, 8_000_000, 5]]}
    book = {"op": "book", **of, "to_buy": [[4_800, 5]], "to_sell": [[4_600, 5]], "ms": 3}
    market = {"op": "market", "market": "m", "status": "open", "in_play": False, "version": 1, "selections": ["home"]}
    image = [market | {"seq": 2}, book | {"seq": 3}, {"op": "beat", "seq": 4}]
    return [
        text(*image, {"op": "order", "seq": 5, "order": order, "answers": "place"}),
        text(*image, {"op": "refused", "seq": 5, "ref": "r1", "why": "price"}),
        text(
            *image,
            {
                "op": "order",
                "seq": 5,
                "order": order | {"cancelled": 6_000_000},
                "answers": "cancel",
                "taken": 6_000_000,
            },
        ),
        text(*image, book | {"seq": 9}, {"op": "told", "seq": 10, "id": 1, "orders": [order], "balance": 5}),
        text(market | {"seq": 2, "status": "closed", "results": {"home": "won"}}, {"op": "no", "seq": 3, "why": "key"}),
    ]


# --- fix ---


class _Books(Script):
    """The owner of a session: what it is handed are messages of market data."""

    def __post_init__(self) -> None:
        super().__post_init__()
        books, name = Books(kalshi_desk.KALSHI), kalshi_desk.KALSHI
        books.follow(kalshi_desk.T1, yes_book(name, kalshi_desk.T1), rules.PRICE_STRUCTURES["linear_cent"])
        health = Health(name, Channel.MARKET_DATA, _nowhere)
        self.books = BookLine(name, books, _nowhere, health, heartbeat_ms=10_000)

    def heard(self, message: Message, seq: int, now_ns: int) -> None:
        super().heard(message, seq, now_ns)
        self.books.heard(message, seq, now_ns)


def fix_session(data: bytes) -> None:
    """Lines after a logon, each the type and the fields of a message with `|` between, its head, length and sum added;
    a line that begins with `!` comes as it is. Nothing may be raised, and what is said back must be FIX.
    """
    peer = _Books()
    peer.play("connect\n< A 34=1 108=30 98=0")
    for n, line in enumerate(data.split(b"\n")):
        peer.now_ns += SECOND
        if line[:1] == b"!":
            peer.session.received(line[1:].replace(b"|", b"\x01"), peer.now_ns)
            continue
        kind, *fields = line.decode("latin-1").replace("\x01", "|").split("|")
        pairs = [(tag, value) for tag, _, value in (one.partition("=") for one in fields)]
        at = sending_time(peer.wall_ms())
        head = [("49", THEM), ("56", US), ("34", str(n + 2)), ("52", at)]
        peer.session.received(wire(kind, *(one for one in head if one[0] not in dict(pairs)), *pairs), peer.now_ns)
    due_ns = peer.session.next_deadline()
    if due_ns is not None:
        peer.session.on_time(due_ns)


def fix_session_seeds() -> list[bytes]:
    """Books, signs of life, gaps, repetitions, rejects, logons in mid-session and goodbyes."""
    image = f"W|55={kalshi_desk.T1}|268=2|269=0|270=0.47|271=3|269=1|270=0.52|271=1"
    change = f"X|268=2|279=1|269=0|55={kalshi_desk.T1}|270=0.47|271=5|279=2|269=1|55={kalshi_desk.T1}|270=0.52|271=1"
    talks = (
        (image, change, "0", "1|112=x"),
        (image, "Y|262=1|58=no", change),
        ("2|7=1|16=0", "0|34=9", "4|36=5|123=Y|43=Y|122=20260101-00:00:00.000|34=2"),
        ("3|45=1|371=35|373=5|58=x", "j|45=1|372=V|380=0|58=y"),
        ("A|98=0|108=30|141=Y|34=1", image, "5|58=over"),
        ("8|37=o|11=c|17=1;1|150=F|39=1|54=1|55=T|38=5|14=1|151=4|31=0.5|32=1|6=0.5", "4|36=9"),
        ("!8=FIXT.1.1|9=5|35=0|10=000|", "!8=FIXT.1.1|9=999999|", image),
    )
    return ["\n".join(talk).encode() for talk in talks]


# --- catalogues ---

LISTINGS: tuple[Callable[[], Talk], ...] = (
    lambda: betfair.listed_talk(VenueName("betfair"), ALWAYS),
    lambda: kalshi.listed_talk(VenueName("kalshi"), ALWAYS),
    lambda: matchbook.listed_talk(VenueName("matchbook"), ALWAYS),
)


def catalogue(data: bytes) -> None:
    """The first byte says whose listings; the lines after it are the answers, from the first again when they end."""
    pages = cycle(data[1:].split(b"\n"))
    left = iter(range(8))

    def answer(_: Asking) -> bytes:
        return next(pages) if next(left, None) is not None else b""

    for event in hold(LISTINGS[data[0] % len(LISTINGS) if data else 0](), answer):
        assert event.venue in ("betfair", "kalshi", "matchbook")


def catalogue_seeds() -> list[bytes]:
    """Recorded pages, and one made page of each venue."""
    event: dict[str, Any] = {"id": "1", "name": "Home v Away", "openDate": "2026-11-21T15:00:00.000Z"}
    row: dict[str, Any] = {
        "marketId": "1.1",
        "marketName": "Match Odds",
        "marketStartTime": "2026-11-21T15:00:00.000Z",
        "event": event,
    }
    row |= {"eventType": {"id": "1", "name": "Soccer"}, "competition": {"id": "2", "name": "Cup"}}
    runners: list[dict[str, Any]] = [
        {"selectionId": n, "runnerName": name} for n, name in enumerate(("Home", "Away", "The Draw"))
    ]
    row |= {"runners": runners}
    row |= {"description": {"marketType": "MATCH_ODDS", "rules": "After 90 minutes.", "bettingType": "ODDS"}}
    series = {"series": [{"ticker": "KXGAME", "title": "Game", "category": "Sports", "tags": ["Soccer"]}]}
    rules = "If A wins the game originally scheduled for Jun 11, 2026 at 1:10 PM EDT, it is Yes."
    market = {"ticker": kalshi_desk.T1, "yes_sub_title": "A", "rules_primary": rules, "status": "active"}
    game = {"event_ticker": "KXGAME-26JUN11AB", "series_ticker": "KXGAME", "title": "A vs B", "markets": [market]}
    page = {"events": [game], "cursor": "", "milestones": []}
    made = [text({"jsonrpc": "2.0", "id": 1, "result": [row]}), text(series, page, page)]  # open, and not yet
    recorded = ("betfair/samples/rest/*catalogue*", "matchbook/samples/*/*event*", "matchbook/samples/*/*popular*")
    return for_each_reader([*made, *(one.replace(b"\n", b" ") for pattern in recorded for one in samples(pattern))])
