"""All that the venue knows of its markets and of its customer, and what each batch of the exchange means to both."""

from collections.abc import Callable
from typing import Any

import msgspec

from domain.ids import VenueMarketId
from domain.orders import Side
from venues.kalshi.fake.forms import MS, SECOND, price, unique_id
from venues.kalshi.fake.groups import Groups
from venues.kalshi.fake.markets import DETERMINED, Delta, MarketState, Trade, settled_value
from venues.kalshi.fake.options import FakeOptions, MarketDetails
from venues.kalshi.fake.records import Fill, OwnOrder, Records
from venues.sim.agenda import Agenda
from venues.sim.exchange import Exchange
from venues.sim.notices import (
    LevelChanged,
    MarketSettled,
    MarketTurned,
    MarketUnsettled,
    Notice,
    OrderAmended,
    OrderCancelled,
    OrderPlaced,
    Traded,
)

Key = tuple[VenueMarketId, Side, int]


class News(msgspec.Struct):
    """What one batch came to, for the streams. `orders` holds each changed order once."""

    at_ns: int
    deltas: list[Delta] = []
    trades: list[Trade] = []
    lifecycle: list[dict[str, Any]] = []
    private: list[OwnOrder | Fill] = []
    groups: list[dict[str, Any]] = []

    @property
    def markets(self) -> dict[VenueMarketId, None]:
        """Markets whose figures may have changed, each once."""
        return dict.fromkeys([*(one.market for one in self.deltas), *(one.market for one in self.trades)])


class Books:
    """The state of the venue, and whoever wants to hear of its changes."""

    def __init__(self, exchange: Exchange, options: FakeOptions, agenda: Agenda) -> None:
        self.exchange = exchange
        self.options = options
        self.agenda = agenda
        self.user_id = unique_id(options.seed, "user", options.account)
        self.records = Records(exchange, options)
        self.markets: dict[VenueMarketId, MarketState] = {}
        self.exchange_active = True
        self.trading_active = True
        self.heard_ns = 0
        self.tell: list[Callable[[News], None]] = []
        self.groups = Groups(exchange, agenda, seed=options.seed, epoch_ns=options.epoch_ns, tell=self._group_changed)
        for details in options.markets:
            self.list_market(details)
        exchange.listen(self._listen)

    def unix_ns(self, now_ns: int) -> int:
        return self.options.epoch_ns + now_ns

    def wall_ms(self, now_ns: int) -> int:
        """Unix milliseconds of a monotonic time."""
        return self.unix_ns(now_ns) // MS

    def market_id(self, market: VenueMarketId) -> str:
        return unique_id(self.options.seed, "market", market)

    def list_market(self, details: MarketDetails) -> None:
        """Show a market that the exchange trades, from now on."""
        self.markets[details.ticker] = MarketState(self.exchange, details)

    # --- what the exchange tells ---

    def _listen(self, notices: list[Notice], now_ns: int) -> None:
        self.heard_ns = now_ns
        news = News(now_ns)
        changed: dict[str, OwnOrder] = {}
        turned: dict[VenueMarketId, None] = {}
        causes = self._causes(notices)
        for notice in notices:
            if isinstance(notice, LevelChanged | Traded):
                self._tick(notice, news, causes, now_ns)
            elif isinstance(notice, MarketTurned | MarketSettled | MarketUnsettled):
                turned[notice.market] = None
            elif (heard := self.records.hear(notice, now_ns)) is not None:
                own = heard.order if isinstance(heard, Fill) else heard
                changed[own.id] = own
                if isinstance(heard, Fill):
                    news.private.append(heard)
                    self.groups.filled(own, heard.size_micros, now_ns)
        for market in turned:
            self._turn(market, news)
        news.private += changed.values()
        if changed or turned:
            self.records.remember(list(changed.values()), now_ns)
        for heard_of in self.tell:
            heard_of(news)

    def _group_changed(self, said: dict[str, Any], now_ns: int) -> None:
        for heard_of in self.tell:
            heard_of(News(now_ns, groups=[said]))

    def _causes(self, notices: list[Notice]) -> dict[Key, str]:
        """Levels that the customer moved of his own will, with the order by which he did."""
        causes: dict[Key, str] = {}
        for notice in notices:
            if (
                isinstance(notice, OrderPlaced | OrderCancelled | OrderAmended)
                and notice.account == self.options.account
            ):
                order = self.exchange.floor.orders[notice.order]
                causes[order.market, order.side, order.price] = order.client_ref
        return causes

    def _tick(self, notice: LevelChanged | Traded, news: News, causes: dict[Key, str], now_ns: int) -> None:
        state = self.markets.get(notice.market)
        if state is None:
            return
        if isinstance(notice, Traded):
            news.trades.append(state.trade(notice, now_ns))
            return
        delta = state.move(notice, causes.get((notice.market, notice.side, notice.price), ""))
        if delta is not None:
            news.deltas.append(delta)

    # --- the life of a market ---

    def _turn(self, market: VenueMarketId, news: News) -> None:
        state = self.markets.get(market)
        if state is None:
            return
        before, now = state.turn()
        if before == now:
            return
        at_s = self.unix_ns(news.at_ns) // SECOND
        if now == "inactive":
            news.lifecycle.append({"event_type": "deactivated", "market_ticker": market, "is_deactivated": True})
            self.agenda.at(news.at_ns, lambda at_ns: self._cancel_on_pause(market, at_ns))
        elif now == "active":
            news.lifecycle.append({"event_type": "activated", "market_ticker": market, "is_deactivated": False})
        elif now == "disputed":
            self.records.unpaid.pop(market, None)
        elif not state.closed_ns:
            state.closed_ns = news.at_ns
            news.lifecycle.append({"event_type": "close_date_updated", "market_ticker": market, "close_ts": at_s})
        if now in DETERMINED:
            state.determined_ns = news.at_ns
            state.value = settled_value(self.exchange, state.sim)
            self.records.determine(market, state.value)
            event = {"event_type": "determined", "market_ticker": market, "result": state.result}
            news.lifecycle.append(event | {"determination_ts": at_s, "settlement_value": price(state.value)})
            due_ns, known_ns = news.at_ns + self.options.settlement_timer_s * SECOND, news.at_ns
            self.agenda.at(due_ns, lambda at_ns: self._finalize(market, known_ns, at_ns))

    def _finalize(self, market: VenueMarketId, known_ns: int, now_ns: int) -> None:
        """The settlement timer of a market is over: it pays, unless the result was disputed since it was known."""
        state = self.markets[market]
        if state.status == "disputed" or state.determined_ns != known_ns:
            return
        result = state.result
        state.status, state.final_ns = "finalized", now_ns
        self.records.pay(market, result=result, value=state.value, now_ns=now_ns)
        self.records.remember([], now_ns)
        settled_ts = self.unix_ns(now_ns) // SECOND
        event = {"event_type": "settled", "market_ticker": market, "settled_ts": settled_ts}
        for heard_of in self.tell:
            heard_of(News(now_ns, lifecycle=[event]))

    def _cancel_on_pause(self, market: VenueMarketId, now_ns: int) -> None:
        for order in list(self.markets[market].sim.open_orders.get(self.options.account, {}).values()):
            own = self.records.by_id[unique_id(self.options.seed, "order", order.number)]
            if own.cancels_on_pause:
                self.exchange.cancel(order.number, account=order.account, now_ns=now_ns)
        self.exchange.publish(now_ns)
