"""The public side: which series, events, markets, books and trades are listed for whom asks.

Source: Kalshi OpenAPI 3.28, events and markets.
"""

from domain.ids import VenueMarketId
from venues.kalshi.fake import listings
from venues.kalshi.fake.books import Books
from venues.kalshi.fake.forms import SECOND
from venues.kalshi.fake.markets import MarketState
from venues.kalshi.fake.options import MarketDetails
from venues.kalshi.fake.questions import Body, Question, page
from venues.kalshi.fake.refusals import invalid_query, not_found, refused

EVENTS_MAX = 200
ORDERBOOKS_MAX = 100
WORDS = {
    "unopened": ("initialized",),
    "open": ("active",),
    "paused": ("inactive",),
    "closed": ("closed", "determined", "disputed", "amended"),
    "settled": ("finalized",),
}
"""What a list is filtered by, and the statuses that it means."""


class Catalogue:
    """Answers what anybody may ask."""

    def __init__(self, books: Books) -> None:
        self._books = books

    # --- series and events ---

    def series_list(self, question: Question) -> Body:
        wanted, tags = question.text("category"), set(question.words("tags"))
        details = self._series_details().values() if wanted in ("", "Sports") else ()
        return {"series": [listings.series(self._books, one) for one in details if not tags or one.tag in tags]}

    def series(self, question: Question) -> Body:
        details = self._series_details().get(question.names["series_ticker"])
        if details is None:
            raise not_found()
        return {"series": listings.series(self._books, details)}

    def fee_changes(self, question: Question) -> Body:
        if "event" in question.operation.lower():
            return {"event_fee_changes": [], "cursor": ""}
        return {"series_fee_change_arr": []}

    def events(self, question: Question) -> Body:
        series, tickers = question.text("series_ticker"), set(question.words("tickers"))
        rows = [
            (-n, ticker)
            for n, (ticker, states) in enumerate(self._events().items())
            if series in ("", states[0].details.series_ticker)
            and (not tickers or ticker in tickers)
            and any(self._takes(question, state) for state in states)
        ]
        shown, cursor = page(question, rows, most=EVENTS_MAX, default=EVENTS_MAX)
        nested = question.text("with_nested_markets") == "true"
        answer: Body = {
            "events": [listings.event(self._books, self._events()[ticker], nested=nested) for ticker in shown],
            "cursor": cursor,
        }
        if question.text("with_milestones") == "true":
            answer["milestones"] = _milestones(self._books, self._events(), set(shown))
        return answer

    def event(self, question: Question) -> Body:
        ticker = question.names["event_ticker"]
        states = self._events().get(ticker)
        if states is None:
            raise not_found()
        nested = question.text("with_nested_markets") == "true"
        markets = [] if nested else [listings.market(self._books, state) for state in states]
        return {"event": listings.event(self._books, self._events()[ticker], nested=nested), "markets": markets}

    # --- markets ---

    def markets(self, question: Question) -> Body:
        if question.text("status") not in ("", *WORDS):
            raise invalid_query(question.operation, "Status", "oneof")
        tickers, event, series = (
            set(question.words("tickers")),
            question.text("event_ticker"),
            question.text("series_ticker"),
        )
        rows = [
            (-n, state)
            for n, state in enumerate(self._books.markets.values())
            if (not tickers or state.details.ticker in tickers)
            and event in ("", state.details.event_ticker)
            and series in ("", state.details.series_ticker)
            and self._takes(question, state)
        ]
        shown, cursor = page(question, rows)
        return {"markets": [listings.market(self._books, state) for state in shown], "cursor": cursor}

    def market(self, question: Question) -> Body:
        return {"market": listings.market(self._books, self._state(question.names["ticker"]))}

    def orderbook(self, question: Question) -> Body:
        depth = question.number("depth", 0)
        if not 0 <= depth <= 100:
            raise invalid_query(question.operation, "Depth", "lte" if depth > 0 else "gte")
        return {"orderbook_fp": listings.rest_book(self._state(question.names["ticker"]), depth)}

    def orderbooks(self, question: Question) -> Body:
        tickers = question.query.get("tickers", [])
        if not 0 < len(tickers) <= ORDERBOOKS_MAX:
            raise invalid_query(question.operation, "Tickers", "max" if tickers else "required")
        found = [self._state(ticker) for ticker in tickers]
        return {
            "orderbooks": [{"ticker": one.details.ticker, "orderbook_fp": listings.rest_book(one, 0)} for one in found]
        }

    def trades(self, question: Question) -> Body:
        ticker, (from_s, to_s) = question.text("ticker"), question.window()
        states = [self._state(ticker)] if ticker else self._books.markets.values()
        found = (
            (trade.number, trade)
            for state in states
            for trade in state.trades
            if from_s <= self._books.unix_ns(trade.at_ns) // SECOND <= to_s
        )
        shown, cursor = page(question, sorted(found, reverse=True, key=lambda row: row[0]))
        return {"trades": [listings.trade(self._books, trade) for trade in shown], "cursor": cursor}

    # --- what there is ---

    def _state(self, ticker: str) -> MarketState:
        state = self._books.markets.get(VenueMarketId(ticker))
        if state is None:
            raise refused(404, "market_not_found")
        return state

    def _takes(self, question: Question, state: MarketState) -> bool:
        word = question.text("status")
        return not word or state.status in WORDS[word]

    def _series_details(self) -> dict[str, MarketDetails]:
        return {state.details.series_ticker: state.details for state in self._books.markets.values()}

    def _events(self) -> dict[str, list[MarketState]]:
        found: dict[str, list[MarketState]] = {}
        for state in self._books.markets.values():
            found.setdefault(state.details.event_ticker, []).append(state)
        return found


def _milestones(books: Books, events: dict[str, list[MarketState]], shown: set[str]) -> list[Body]:
    """The games that these events are about."""
    games: dict[tuple[str, int], list[str]] = {}
    for ticker, states in events.items():
        games.setdefault((states[0].details.event_title, states[0].details.starts_ms), []).append(ticker)
    return [
        listings.milestone(books, title, starts_ms, tickers)
        for (title, starts_ms), tickers in games.items()
        if shown & set(tickers)
    ]
