"""Our account as the exchanges' own books have it, over all of them: worst loss, orders, fills, money, statements.

It hears what the exchanges publish and asks nobody else; what it says becomes `exchanges.json` of a run, against
which the run's own summary is judged. Money is in millionths, times are milliseconds since the record began.
"""

from functools import partial
from typing import Any

import msgspec

from domain.ids import Currency, EventId, VenueMarketId, VenueName
from domain.markets import Listing, Mapping, MarketStatus
from domain.money import FX_SCALE, FxRates
from venues.sim.exchange import Exchange
from venues.sim.images import open_orders, position_lock_micros
from venues.sim.loss import Losses
from venues.sim.notices import (
    MarketNotice,
    MarketSettled,
    MarketTurned,
    MarketUnsettled,
    Notice,
    OrderCancelled,
    OrderLapsed,
    OrderMatched,
    OrderNotice,
    OrderPlaced,
    OrderVoided,
)

HISTORY_MAX = 200_000
"""Changes of the worst loss that are kept; later ones still count for the highest."""


class Fill(msgspec.Struct):
    """One match of ours as the exchange has it; `voided` once it was annulled."""

    at_ms: int
    match: int
    order: int
    maker: bool
    price: int
    size_micros: int
    claims_micros: int
    cost_micros: int
    fee_micros: int
    voided: bool = False


class Tally(msgspec.Struct):
    """What happened to our orders at one exchange, in the words of a run's summary.

    `fills` counts orders that were matched, `maker_fills` those that rested when they first were, `matches` every
    single match: of several at once not every venue tells one by one. `cancelled` and `lapsed` count orders of which
    something left for a reason that the venue calls so. `suspensions` happened in mapped markets.
    """

    accepted: int = 0
    matches: int = 0
    fills: int = 0
    maker_fills: int = 0
    cancelled: int = 0
    lapsed: int = 0
    voided: int = 0
    suspensions: int = 0

    def told(self, *, suspensions: int, maker: bool) -> dict[str, Any]:
        """The figures that the venue's customer can know, and under `untold` what it tells nobody.

        A poll that comes too late does not show a suspension; not every venue says whose order had rested.
        """
        figures: dict[str, Any] = msgspec.to_builtins(self)
        untold = {"suspensions": max(0, self.suspensions - suspensions)}
        if not maker:
            untold["maker_fills"] = figures.pop("maker_fills")
        return figures | {"suspensions": suspensions, "untold": untold}


class Venue:
    """What is remembered of one exchange."""

    def __init__(self, exchange: Exchange, account: str, listings: list[Listing], rate_e8: int) -> None:
        self.exchange = exchange
        self.deposit_micros = exchange.floor.accounts[account].wallet_micros
        self.listings = {(listing.venue_market, listing.selection): listing for listing in listings}
        self.markets: dict[VenueMarketId, list[Listing]] = {}
        for listing in listings:
            self.markets.setdefault(listing.venue_market, []).append(listing)
        self.rate_e8 = rate_e8
        self.tally = Tally()
        self.orders: list[int] = []
        self.fills: dict[tuple[int, int], Fill] = {}
        self._matched: set[int] = set()
        self._cancelled: set[int] = set()
        self._lapsed: set[int] = set()
        self._suspended: dict[VenueMarketId, bool] = {}

    def count(self, notice: OrderNotice, at_ms: int) -> None:
        """Remember what happened to an order of ours."""
        if isinstance(notice, OrderPlaced):
            self.tally.accepted += 1
            self.orders.append(notice.order)
        elif isinstance(notice, OrderMatched):
            self.tally.matches += 1
            if notice.order not in self._matched:
                self._matched.add(notice.order)
                self.tally.fills += 1
                self.tally.maker_fills += notice.maker
            self.fills[notice.order, notice.match] = _fill(notice, at_ms)
        elif isinstance(notice, OrderVoided):
            self.tally.voided += 1
            self.fills[notice.order, notice.match].voided = True
        elif isinstance(notice, OrderCancelled | OrderLapsed):
            self._gone(notice)

    def told(self) -> dict[str, Any]:
        """The tally as a customer can know it."""
        shown = self.exchange.suspensions_shown
        return self.tally.told(
            suspensions=sum(shown[market] for market in self.markets), maker=self.exchange.options.tells_maker
        )

    def _gone(self, notice: OrderCancelled | OrderLapsed) -> None:
        """Something left unmatched; an order counts once."""
        if notice.cause in self.exchange.options.cancellations:
            self._cancelled.add(notice.order)
            self.tally.cancelled = len(self._cancelled)
        else:
            self._lapsed.add(notice.order)
            self.tally.lapsed = len(self._lapsed)

    def turned(self, market: VenueMarketId) -> None:
        """Count a suspension once, when it begins."""
        suspended = self.exchange.floor.markets[market].status is MarketStatus.SUSPENDED
        self.tally.suspensions += suspended and not self._suspended.get(market, False)
        self._suspended[market] = suspended


class StreetRecord:
    """One account at several exchanges. Begin it before the account's first order."""

    def __init__(
        self, exchanges: dict[VenueName, Exchange], mapping: Mapping, *, account: str, rates: FxRates, start_ns: int
    ) -> None:
        self.account = account
        self.base: Currency = rates.base
        self._start_ns = start_ns
        self._losses = Losses(mapping.markets)
        self._now: dict[EventId, int] = {event.id: 0 for event in mapping.events}
        self._highest: dict[EventId, tuple[int, int]] = {event.id: (0, 0) for event in mapping.events}
        self._history: list[tuple[int, EventId, int]] = []
        self._venues: dict[VenueName, Venue] = {}
        for name, exchange in exchanges.items():
            rate_e8 = int(rates.rate(exchange.options.terms.currency, rates.base) * FX_SCALE)
            listings = [listing for listing in mapping.listings if listing.venue == name]
            self._venues[name] = Venue(exchange, account, listings, rate_e8)
            exchange.listen(partial(self._hear, self._venues[name]))

    def worst_loss_micros(self, event: EventId) -> int:
        """What the event can still cost, in base, as the exchanges see it now."""
        return self._now[event]

    @property
    def worst_loss_max_micros(self) -> int:
        """The highest worst loss that any event has had."""
        return max((loss for loss, _ in self._highest.values()), default=0)

    def report(self) -> dict[str, Any]:
        """Everything, as plain values for JSON."""
        return {
            "account": self.account,
            "base": self.base,
            "worst_loss_max": self.worst_loss_max_micros,
            "events": {
                event: {"worst_loss": self._now[event], "worst_loss_max": loss, "at_ms": at_ms}
                for event, (loss, at_ms) in self._highest.items()
            },
            "worst_loss_history": self._history,
            "venues": {name: self._venue_report(venue) for name, venue in self._venues.items()},
        }

    def _hear(self, venue: Venue, batch: list[Notice], now_ns: int) -> None:
        at_ms = (now_ns - self._start_ns) // 1_000_000
        touched: dict[EventId, None] = {}
        for notice in batch:
            if isinstance(notice, OrderNotice):
                listing = self._take_order(venue, notice, at_ms) if notice.account == self.account else None
            else:
                listing = self._take_market(venue, notice)
            if listing is not None:
                touched[self._losses.event_of(listing.market)] = None
        for event in touched:
            self._note_loss(event, at_ms)

    def _take_order(self, venue: Venue, notice: OrderNotice, at_ms: int) -> Listing | None:
        """Take over what an order of ours has become; where it is listed, if the mapping knows."""
        venue.count(notice, at_ms)
        order = venue.exchange.floor.orders[notice.order]
        listing = venue.listings.get((order.market, order.selection))
        if listing is not None:
            self._losses.update(listing, order, venue.exchange.options.terms, rate_e8=venue.rate_e8)
        return listing

    def _take_market(self, venue: Venue, notice: MarketNotice) -> Listing | None:
        """Take over a market's suspension or settlement; where it is listed, if its money changed."""
        listings = venue.markets.get(notice.market)
        if listings is None:
            return None
        if isinstance(notice, MarketTurned):
            venue.turned(notice.market)
        elif isinstance(notice, MarketSettled | MarketUnsettled):
            for listing in listings:
                self._losses.settle(listing, settled=isinstance(notice, MarketSettled))
            return listings[0]
        return None

    def _note_loss(self, event: EventId, at_ms: int) -> None:
        loss = self._losses.event_micros(event)
        if loss == self._now[event]:
            return
        self._now[event] = loss
        if len(self._history) < HISTORY_MAX:
            self._history.append((at_ms, event, loss))
        if loss > self._highest[event][0]:
            self._highest[event] = loss, at_ms

    def _venue_report(self, venue: Venue) -> dict[str, Any]:
        floor = venue.exchange.floor
        wallet = floor.accounts[self.account].wallet_micros
        statements = [m.statements[self.account] for m in floor.markets.values() if self.account in m.statements]
        return {
            "currency": venue.exchange.options.terms.currency,
            "deposit": venue.deposit_micros,
            "wallet": wallet,
            "cash": wallet - position_lock_micros(venue.exchange, self.account),
            "available": floor.accounts[self.account].available_micros,
            **venue.told(),
            "settled_markets": len(statements),
            "open_orders": [order.number for order in open_orders(venue.exchange, self.account)],
            "order_list": [msgspec.to_builtins(floor.orders[number]) for number in venue.orders],
            "fill_list": [msgspec.to_builtins(fill) for fill in venue.fills.values()],
            "statements": [msgspec.to_builtins(statement) for statement in statements],
        }


def _fill(notice: OrderMatched, at_ms: int) -> Fill:
    return Fill(
        at_ms=at_ms,
        match=notice.match,
        order=notice.order,
        maker=notice.maker,
        price=notice.price,
        size_micros=notice.size_micros,
        claims_micros=notice.claims_micros,
        cost_micros=notice.cost_micros,
        fee_micros=notice.fee_micros,
    )
