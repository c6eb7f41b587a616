"""Market data over FIX: whole books, changes of levels, matches, and the turns of a market's life.

Source: Kalshi docs, FIX "Market Data".
"""

from venues.kalshi.fake.books import Books, News
from venues.kalshi.fake.forms import count, price
from venues.kalshi.fake.markets import MarketState
from venues.kalshi.fix import tags
from venues.kalshi.fix.codec import Field, Group, Message, entries, grouped

SYMBOLS = Group(tags.NO_RELATED_SYM, tags.SYMBOL, frozenset({tags.SYMBOL}))
LEVELS = Group(
    tags.NO_MD_ENTRIES, tags.MD_ENTRY_TYPE, frozenset({tags.MD_ENTRY_TYPE, tags.MD_ENTRY_PX, tags.MD_ENTRY_SIZE})
)
UPDATES = Group(
    tags.NO_MD_ENTRIES,
    tags.MD_UPDATE_ACTION,
    frozenset({tags.MD_UPDATE_ACTION, tags.SYMBOL, tags.MD_ENTRY_TYPE, tags.MD_ENTRY_PX, tags.MD_ENTRY_SIZE}),
)
TYPES = {"yes": "0", "no": "1"}
TRADED = "2"
SNAPSHOT, UPDATED, STOP = "0", "1", "2"
TOO_MANY, UNSUPPORTED = "2", "4"
STATUSES = {"activated": "3", "deactivated": "2", "determined": "100", "settled": "101"}

Said = list[tuple[str, list[Field]]]


class Watch:
    """What one session follows."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._books_of: dict[str, None] = {}
        self._statuses_of: dict[str, None] = {}

    def asked(self, asked: Message) -> Said:
        """Follow books, or no longer."""
        kind = asked.text(tags.SUBSCRIPTION_TYPE)
        named = [one.text(tags.SYMBOL) for one in entries(asked, SYMBOLS)]
        if kind == STOP:
            self._books_of = {one: None for one in self._books_of if named and one not in named}
            return []
        if kind not in (SNAPSHOT, UPDATED) or not named:
            return [(tags.MD_REJECT, [(tags.MD_REJ_REASON, UNSUPPORTED)])]
        if len(self._books_of.keys() | named) > self._books.options.subscription_markets_max:
            return [(tags.MD_REJECT, [(tags.MD_REJ_REASON, TOO_MANY), (tags.TEXT, "too many symbols")])]
        if kind == UPDATED:
            self._books_of |= dict.fromkeys(named)
        by_name = {str(market): state for market, state in self._books.markets.items()}
        return [(tags.MD_SNAPSHOT, _image(name, by_name.get(name))) for name in named]

    def asked_status(self, asked: Message) -> Said:
        """Follow a market's turns, or no longer."""
        name = asked.text(tags.SYMBOL)
        if asked.text(tags.SUBSCRIPTION_TYPE) == STOP:
            self._statuses_of.pop(name, None)
        else:
            self._statuses_of[name] = None
        return []

    def news(self, news: News) -> Said:
        """What of one batch this session wants."""
        rows: list[dict[int, str]] = []
        levels = {(one.market, one.side, one.price): one for one in news.deltas if one.market in self._books_of}
        for (market, side, native), change in levels.items():
            size = self._books.markets[market].size(side, native)
            action = "2" if not size else "0" if size == change.change_micros else "1"
            rows.append(_row(action, market, TYPES[side], native, size))
        rows += [
            _row("0", trade.market, TRADED, trade.price, trade.size_micros)
            for trade in news.trades
            if trade.market in self._books_of
        ]
        said: Said = [(tags.MD_UPDATE, grouped(UPDATES, rows))] if rows else []
        for event in news.lifecycle:
            name, status = event["market_ticker"], STATUSES.get(event["event_type"])
            if name in self._statuses_of and status is not None:
                said.append((tags.STATUS, [(tags.SYMBOL, name), (tags.SECURITY_STATUS, status)]))
        return said


def _image(name: str, state: MarketState | None) -> list[Field]:
    """A whole book; of a market that there is not an empty one."""
    rows = [
        {tags.MD_ENTRY_TYPE: code, tags.MD_ENTRY_PX: price(native), tags.MD_ENTRY_SIZE: count(size)}
        for side, code in TYPES.items()
        for native, size in (state.sides[side].items() if state else ())
    ]
    return [(tags.SYMBOL, name), *grouped(LEVELS, rows)]


def _row(action: str, market: str, kind: str, native: int, size_micros: int) -> dict[int, str]:
    return {
        tags.MD_UPDATE_ACTION: action,
        tags.SYMBOL: market,
        tags.MD_ENTRY_TYPE: kind,
        tags.MD_ENTRY_PX: price(native),
        tags.MD_ENTRY_SIZE: count(size_micros),
    }
