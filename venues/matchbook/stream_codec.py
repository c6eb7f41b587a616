"""Frames of the pushed feed: a framing of this project, not of the venue, around the venue's own objects.

No public document of a feed of Matchbook exists. A desk that has a private one puts a gateway in front of it that
speaks this; docs/matchbook_feed.md has every frame, a schema and the rules.
"""

from collections.abc import Sequence

import msgspec

from venues.errors import PeerBroke
from venues.matchbook.answers import UNREADABLE, Trouble
from venues.matchbook.events_codec import Event, Market, Runner
from venues.matchbook.offers_codec import Offer
from venues.secret import Secret

PRICES, ACCOUNT = "prices", "account"
"""Channels."""


class Frame(msgspec.Struct, rename="kebab"):
    """Whatever the server says; what belongs to one type only stays as it came until the type is known.

    `req` is the question that an answer is to, `sub` the subscription and `seq` the number in its row.
    """

    type: str
    req: int = 0
    sub: str = ""
    seq: int = 0
    errors: list[Trouble] = []
    events: msgspec.Raw = msgspec.Raw(b"[]")
    event: msgspec.Raw = msgspec.Raw(b"{}")
    market: msgspec.Raw = msgspec.Raw(b"{}")
    offers: msgspec.Raw = msgspec.Raw(b"[]")


class PushedEvent(msgspec.Struct, rename="kebab"):
    """News of an event. Its in-running flag is not read: a market's own is the one that holds."""

    id: int
    status: str = ""


class PushedMarket(msgspec.Struct, rename="kebab"):
    """News of a market; what it leaves out is as it was."""

    id: int
    status: str = ""
    in_running_flag: bool | None = None
    runners: list["PushedRunner"] = []


class PushedRunner(msgspec.Struct, rename="kebab"):
    """News of a runner: a list of prices replaces the one before."""

    id: int
    withdrawn: bool | None = None
    prices: msgspec.Raw = msgspec.Raw(b"")


_frame = msgspec.json.Decoder(Frame, strict=False)
_events = msgspec.json.Decoder(list[Event], strict=False)
_event = msgspec.json.Decoder(PushedEvent, strict=False)
_market = msgspec.json.Decoder(PushedMarket, strict=False)
_offers = msgspec.json.Decoder(list[Offer], strict=False)


def decode_frame(text: bytes) -> Frame:
    """One frame; PeerBroke for what is none."""
    try:
        return _frame.decode(text)
    except UNREADABLE as error:
        raise PeerBroke(f"not a frame: {error}") from None


def decode_master(frame: Frame) -> list[Event]:
    """The events of a whole picture."""
    try:
        return _events.decode(frame.events)
    except UNREADABLE as error:
        raise PeerBroke(f"a master that is none: {error}") from None


def decode_event(frame: Frame) -> PushedEvent:
    """The event of an event update."""
    try:
        return _event.decode(frame.event)
    except UNREADABLE as error:
        raise PeerBroke(f"an event update that is none: {error}") from None


def decode_market(frame: Frame) -> PushedMarket:
    """The market of a price update."""
    try:
        return _market.decode(frame.market)
    except UNREADABLE as error:
        raise PeerBroke(f"a price update that is none: {error}") from None


def decode_offers(frame: Frame) -> list[Offer]:
    """The offers of an offer update, each whole."""
    try:
        return _offers.decode(frame.offers)
    except UNREADABLE as error:
        raise PeerBroke(f"an offer update that is none: {error}") from None


def replaced(runner: Runner, news: PushedRunner) -> Runner:
    """A runner with its news."""
    return Runner(
        runner.id,
        runner.name,
        runner.withdrawn if news.withdrawn is None else news.withdrawn,
        news.prices if bytes(news.prices) else runner.prices,
    )


def with_news(market: Market, news: PushedMarket) -> Market:
    """A market with its news; its runners are kept apart."""
    running = market.in_running_flag if news.in_running_flag is None else news.in_running_flag
    return msgspec.structs.replace(market, status=news.status or market.status, in_running_flag=running)


# --- what we say ---


def login(req: int, token: Secret) -> bytes:
    """Who we are: the session of the requests."""
    return msgspec.json.encode({"type": "login", "req": req, "session-token": token.reveal()})


def subscribe_prices(req: int, markets: Sequence[int], *, currency: str, depth: int) -> bytes:
    """Books of these markets, each level however small; the same wishes as in a poll."""
    return msgspec.json.encode(
        {
            "type": "subscribe",
            "req": req,
            "channel": PRICES,
            "market-ids": [str(number) for number in markets],
            "price-depth": depth,
            "odds-type": "DECIMAL",
            "exchange-type": "back-lay",
            "currency": currency,
            "minimum-liquidity": 0,
        }
    )


def subscribe_account(req: int) -> bytes:
    """Our own offers."""
    return msgspec.json.encode({"type": "subscribe", "req": req, "channel": ACCOUNT})


def unsubscribe(req: int, sub: str) -> bytes:
    """End a subscription."""
    return msgspec.json.encode({"type": "unsubscribe", "req": req, "sub": sub})


def ping(req: int) -> bytes:
    """Ask for an answer behind everything that was said before."""
    return msgspec.json.encode({"type": "ping", "req": req})
