"""The customer's cash and what settled markets paid, as it was a while ago.

Source: Kalshi OpenAPI 3.28, "Get Balance", "Get Settlements".
"""

from domain.ids import VenueMarketId
from domain.orders import Side
from venues.kalshi.fake.books import Books
from venues.kalshi.fake.forms import SECOND, cents, count, dollars, rfc3339, short_dollars
from venues.kalshi.fake.holdings import Holding
from venues.kalshi.fake.portfolio import addressed
from venues.kalshi.fake.questions import Body, Question, page
from venues.kalshi.fake.records import Settlement


class Money:
    """Answers what the customer asks about money."""

    def __init__(self, books: Books) -> None:
        self._books = books
        self._records = books.records

    def settlements(self, question: Question) -> Body:
        ticker, event, (from_s, to_s) = question.text("ticker"), question.text("event_ticker"), question.window()
        then_ns = self._records.as_of_ns(question.now_ns)
        rows = (
            (one.number, self._settlement(one))
            for one in reversed(self._records.settlements)
            if one.settled_ns <= then_ns
            and ticker in ("", one.market)
            and event in ("", self._books.markets[one.market].details.event_ticker)
            and from_s <= self._books.unix_ns(one.settled_ns) // SECOND <= to_s
        )
        shown, cursor = page(question, rows)
        return {"settlements": shown, "cursor": cursor}

    def _settlement(self, one: Settlement) -> Body:
        """Counts and costs are of everything bought; what was closed was paid for when it was.

        Source: settlement rows of closed positions, as quoted by public clients (revenue 0 with both counts equal).
        """
        bought, spent = one.holding.bought_micros, one.holding.spent_micros
        return {
            "ticker": one.market,
            "event_ticker": self._books.markets[one.market].details.event_ticker,
            "exchange_index": self._books.options.shard,
            "market_result": one.result,
            "yes_count_fp": count(bought[Side.BACK]),
            "yes_total_cost_dollars": dollars(spent[Side.BACK]),
            "no_count_fp": count(bought[Side.LAY]),
            "no_total_cost_dollars": dollars(spent[Side.LAY]),
            "revenue": cents(one.revenue_micros),
            "value": one.value // 100,
            "fee_cost": dollars(one.holding.fees_micros),
            "settled_time": rfc3339(self._books.unix_ns(one.settled_ns)),
        }

    def balance(self, question: Question) -> Body:
        seen_ns = self._records.as_of_ns(question.now_ns)
        cash = self._records.cash_seen(question.now_ns) if addressed(self._books, question) else 0
        worth = sum(self._worth(market, held) for market, held in self._records.holdings_seen(question.now_ns).items())
        return {
            "balance": cents(cash),
            "balance_dollars": short_dollars(cash),
            "balance_breakdown": [{"exchange_index": self._books.options.shard, "balance": short_dollars(cash)}],
            "portfolio_value": cents(worth),
            "updated_ts": self._books.unix_ns(seen_ns) // SECOND,
        }

    def _worth(self, market: VenueMarketId, holding: Holding) -> int:
        """What a position is worth at the last price."""
        trades = self._books.markets[market].trades
        last = trades[-1].price if trades else 0
        return abs(holding.net_micros) * (last if holding.net_micros > 0 else 10_000 - last) // 10_000
