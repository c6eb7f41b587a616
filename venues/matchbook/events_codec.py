"""Events, markets, runners and prices: the paths that ask for them, and their answers as typed values."""

from decimal import Decimal
from functools import lru_cache
from urllib.parse import urlencode

import msgspec

from domain.ids import Currency, SelectionId
from domain.markets import MarketStatus
from venues.errors import PeerBroke
from venues.matchbook.answers import UNREADABLE, answerer

EVENTS_PATH = "/edge/rest/events"

STATUSES = {
    "open": MarketStatus.OPEN,
    "suspended": MarketStatus.SUSPENDED,
    "closed": MarketStatus.CLOSED,
    "graded": MarketStatus.CLOSED,
    "paid": MarketStatus.CLOSED,
}
"""What closed the market does not say who won: results are read from the statement of our bets."""


class Price(msgspec.Struct, rename="kebab"):
    """One level. `side` is the taker's: what can be backed, or laid; the amount is the backer's stake on both."""

    side: str
    decimal_odds: Decimal
    available_amount: Decimal


class Runner(msgspec.Struct, rename="kebab"):
    """One runner; its prices stay as they came until they are news."""

    id: int
    name: str = ""
    withdrawn: bool = False
    prices: msgspec.Raw = msgspec.Raw(b"[]")


class Market(msgspec.Struct, rename="kebab"):
    """One market; its runners stay as they came until we know that it is ours."""

    id: int
    status: str
    event_id: int = 0
    name: str = ""
    market_type: str = ""
    in_running_flag: bool = False
    handicap: Decimal | None = None
    runners: msgspec.Raw = msgspec.Raw(b"[]")


class Event(msgspec.Struct, rename="kebab"):
    """One event with its markets. Its own in-running flag may disagree with a market's, which is the one that holds."""

    id: int
    markets: list[Market] = []


class EventsPage(msgspec.Struct, rename="kebab"):
    """One page of events; `total` counts all of them."""

    events: list[Event]
    total: int
    per_page: int = 0

    @property
    def rows(self) -> list[Event]:
        return self.events


events_answer = answerer(EventsPage)
market_answer = answerer(Market)
_runners = msgspec.json.Decoder(list[Runner], strict=False)
_prices = msgspec.json.Decoder(list[Price], strict=False)


def decode_runners(market: Market) -> list[Runner]:
    """The runners of a market of ours; else PeerBroke."""
    try:
        return _runners.decode(market.runners)
    except UNREADABLE as error:
        raise PeerBroke(f"market {market.id}: {error}") from None


def decode_prices(runner: Runner) -> list[Price]:
    """The levels of a runner whose book changed; else PeerBroke."""
    try:
        return _prices.decode(runner.prices)
    except UNREADABLE as error:
        raise PeerBroke(f"runner {runner.id}: {error}") from None


def market_status(word: str) -> MarketStatus:
    """Ours for theirs; a word that we do not know closes the market to orders, not to information."""
    return STATUSES.get(word, MarketStatus.SUSPENDED)


def venue_id(text: str, *, of: str) -> int:
    """A listing's market or selection as the venue's number; ValueError names what is wrong with it."""
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{of} {text!r} must be the venue's number, such as 553823925780009")
    return int(text)


def selection_id(runner: int) -> SelectionId:
    """The spelling of a runner."""
    return SelectionId(str(runner))


# --- paths ---


def prices_query(currency: Currency, depth: int) -> dict[str, object]:
    """Everything that the account's own preferences would otherwise decide, and every level however small.

    Source: Matchbook API docs, "Localisation"; API reference, price filters.
    """
    return {
        "include-prices": "true",
        "price-depth": depth,
        "price-mode": "expanded",
        "odds-type": "DECIMAL",
        "exchange-type": "back-lay",
        "currency": currency,
        "minimum-liquidity": 0,
    }


def books_path(events: list[int], currency: Currency, depth: int) -> str:
    """Markets, runners and prices of these events in one request. Without ids it would be all of the venue's."""
    assert events, "a poll names its events"
    query = {"ids": ",".join(map(str, events)), "per-page": len(events)}
    return path(EVENTS_PATH, query | prices_query(currency, depth))


def market_path(event: int, market: int, currency: Currency, depth: int) -> str:
    """One market with its runners and prices."""
    return path(f"{EVENTS_PATH}/{event}/markets/{market}", prices_query(currency, depth))


def catalogue_path(offset: int, *, per_page: int, after_s: int, before_s: int, sport_ids: tuple[int, ...]) -> str:
    """One page of the events that start in a window (Unix seconds), of these sports or of all."""
    query: dict[str, object] = {"offset": offset, "per-page": per_page, "after": after_s, "before": before_s}
    if sport_ids:
        query["sport-ids"] = ",".join(map(str, sport_ids))
    return path(EVENTS_PATH, query)


def path(base: str, query: dict[str, object]) -> str:
    """A path with its query; lists are joined by commas, which stay as they are."""
    return f"{base}?{_encoded(tuple(query.items()))}"


@lru_cache(maxsize=256)
def _encoded(query: tuple[tuple[str, object], ...]) -> str:
    """A query as it stands in a path; a poller asks the same again and again."""
    return urlencode(query, safe=",:")
