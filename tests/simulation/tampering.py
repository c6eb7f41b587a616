"""The whole program over virtual time against exchanges whose books, or whose words about them, are tampered with.

The fakes speak their venues' bytes as always; what is wrong is wrong behind them, as it would be at an exchange: a
match that no stream tells, a match that is gone again, an order that nobody of ours placed, money that went elsewhere.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from domain.breaks import BreakFact, ReconCompleted
from domain.ids import VenueName
from domain.messages import Journalled
from domain.orders import Side
from recon.queue import Standing
from tests.demands.trials import VENUES, Trial
from venues.betfair.fake.bets import BetBook
from venues.sim.accounts import Account
from venues.sim.exchange import Exchange
from venues.sim.markets import SimMarket
from venues.sim.notices import Cause, MarketSettled, Notice, OrderAmended
from venues.sim.placements import Placement, new_order, other
from venues.sim.queues import SimOrder
from venues.sim.world import DESK

STREAMING, POLLED = VENUES[:2], VENUES[2]
"""Venues that push what happens to orders, and the one that is asked."""
ROUND_S = 14
"""A round of ten seconds, the second in which orders are too fresh to judge, and what the round asks."""
OLD_S = 18
"""So old is an order of which every venue's list may be believed."""
SOMEBODY = "somebody"


class Tampered(Trial):
    """One trial, of one match unless it says otherwise, and the hands that reach behind its exchanges."""

    def __init__(self, folder: Path, **options: Any) -> None:
        super().__init__(folder, **{"matches": 1} | options)
        self._seen = 0

    def run(self, seconds: float) -> "Tampered":
        super().run(seconds)
        return self

    # --- what there is ---

    def exchange(self, venue: VenueName) -> Exchange:
        return self.simulation.exchanges.world.exchanges[venue]

    def resting(self, venue: VenueName, side: Side | None = None) -> SimOrder:
        """The largest order of ours that rests at a venue and that both sides have known for a while."""
        ours = self.orders()
        found = [
            order
            for order in self.exchange(venue).floor.orders.values()
            if order.account == DESK
            and order.resting
            and not order.matched_micros
            and side in (None, order.side)
            and order.client_ref in ours
            and ours[order.client_ref].acked  # type: ignore[index]
        ]
        return max(found, key=lambda order: (order.size_micros, -order.number))

    def news(self) -> list[Journalled]:
        """What was journalled since the last call about breaks and rounds."""
        records = [*self.records()]
        since, self._seen = self._seen, len(records)
        return [one.body for one in records[since:] if isinstance(one.body, BreakFact | ReconCompleted)]

    def kinds(self) -> dict[str, list[str]]:
        """What happened to breaks of each kind since the last call, and to none of which it did not."""
        told: dict[str, list[str]] = {}
        for one in self.news():
            if isinstance(one, BreakFact):
                told.setdefault(one.kind, []).append(type(one).__name__.removeprefix("Break"))
        return told

    def standing(self, kind: str) -> list[Standing]:
        return [one for (_, _, name), one in self.state.breaks.standing.items() if name == kind]

    # --- what is done behind an exchange ---

    @contextmanager
    def silence(self, venue: VenueName) -> Iterator[Exchange]:
        """Whatever happens inside is in the venue's books, and no stream of it says so: no gap shows either."""
        exchange, listeners = self.exchange(venue), self._streams(venue)
        exchange.publish(self._now_ns())
        kept = [(tells, [*tells]) for tells in listeners]
        for tells, _ in kept:
            tells[:] = [_mute(tell) for tell in tells]
        yield exchange
        self.publish(venue)
        for tells, before in kept:
            tells[:] = before
        for books in self._books(venue):
            if isinstance(bets := getattr(books, "bets", None), BetBook):
                _forget(bets, books.stamp)

    def publish(self, venue: VenueName) -> None:
        self.exchange(venue).publish(self._now_ns())
        for part in self.simulation._parts:
            part.moved = True

    def take(self, order: SimOrder, size_micros: int) -> None:
        """A stranger matches part of a resting order; published by whoever calls."""
        floor = self.exchange(self._venue_of(order)).floor
        floor.accounts.setdefault(SOMEBODY, Account(SOMEBODY, 0, crowd=True))
        placement = Placement(SOMEBODY, order.market, order.selection, other(order.side), order.price, size_micros)
        taker = new_order(placement, number=floor.placed + 1, now_ns=self._now_ns())
        floor.admit(taker)
        floor.match(taker, order, self._now_ns())

    def half(self, order: SimOrder) -> int:
        """Half of an order in whole lots."""
        lot = self.exchange(self._venue_of(order)).floor.terms.lot_micros
        return max(lot, order.remaining_micros // 2 // lot * lot)

    def restate(self, order: SimOrder) -> None:
        """The venue's books have the order as it is written there now; who asks is told so."""
        floor = self.exchange(self._venue_of(order)).floor
        order.changed_ns = self._now_ns()
        floor.tell(order.account, OrderAmended(order.account, order.number))

    def lose(self, order: SimOrder) -> None:
        """An order is gone."""
        floor = self.exchange(self._venue_of(order)).floor
        floor.drop(order, order.remaining_micros, Cause.SUSPENDED, self._now_ns())

    def revive(self, order: SimOrder, size_micros: int) -> None:
        """What was cancelled rests again."""
        floor = self.exchange(self._venue_of(order)).floor
        order.cancelled_micros -= size_micros
        floor.markets[order.market].open_orders.setdefault(DESK, {})[order.number] = order
        floor.rest(order)
        self.restate(order)

    def charge(self, order: SimOrder, micros: int) -> None:
        """The venue charges so much more for an order than its matches came to."""
        venue = self._venue_of(order)
        (books,) = self._books(venue)
        books.records._by_number[order.number].fees_micros["maker"] += micros
        self.pay_out(venue, micros)

    def pay_out(self, venue: VenueName, micros: int) -> None:
        """Money leaves our wallet at a venue, and nobody of ours asked for it."""
        self.exchange(venue).floor.accounts[DESK].wallet_micros -= micros
        for books in self._books(venue):
            if (records := getattr(books, "records", None)) is not None:
                records.remember([], self._now_ns())
        self.publish(venue)

    def place_for_us(self, like: SimOrder, ref: str) -> SimOrder:
        """Somebody with our account places an order, deep in the book."""
        size = self.half(like)
        placed = self.exchange(self._venue_of(like)).place(
            Placement(DESK, like.market, like.selection, like.side, like.price, size, client_ref=ref), self._now_ns()
        )
        assert isinstance(placed, SimOrder), placed
        return placed

    def misstate(self, venue: VenueName, micros: int) -> list[SimMarket]:
        """From now on statements pay so much more than they should, and the wallet holds it; which ones did."""
        exchange, said = self.exchange(venue), list[SimMarket]()

        def wrong(batch: list[Notice], _: int) -> None:
            for notice in batch:
                if (
                    isinstance(notice, MarketSettled)
                    and DESK in (of := exchange.floor.markets[notice.market]).statements
                ):
                    pay_more(exchange, of, micros)
                    said.append(of)

        exchange._listeners.insert(0, wrong)
        return said

    def correct(self, said: list[SimMarket], micros: int) -> None:
        """Statements that were wrong are put right, and the wallet with them; whoever keeps lines of it books both."""
        for market in said:
            exchange = next(one for one in map(self.exchange, VENUES) if market.spec.id in one.floor.markets)
            pay_more(exchange, market, micros)
            for listener in exchange._listeners[1:]:  # the first is who made them wrong
                listener([MarketSettled(market.spec.id, market.settled_round)], self._now_ns())

    def _streams(self, venue: VenueName) -> list[list[Any]]:
        """The lists of those whom the venue's books tell what happens."""
        return [books.tell for books in self._books(venue) if hasattr(books, "tell")]

    def _books(self, venue: VenueName) -> list[Any]:
        servers = self.simulation.exchanges.ports[venue].servers.values()
        return [
            *{id(found): found for server in servers if (found := getattr(server, "books", None)) is not None}.values()
        ]

    def _venue_of(self, order: SimOrder) -> VenueName:
        return next(venue for venue in VENUES if self.exchange(venue).floor.orders.get(order.number) is order)

    def _now_ns(self) -> int:
        return self.simulation.clock.monotonic_ns()


def pay_more(exchange: Exchange, market: SimMarket, micros: int) -> None:
    """One line of our statement, and with it the whole, pays so much more."""
    said = market.statements[DESK]
    first, *others = said.lines
    lines = (replace(first, profit_micros=first.profit_micros + micros), *others)
    market.statements[DESK] = replace(said, lines=lines, profit_micros=said.profit_micros + micros)
    exchange.floor.accounts[DESK].wallet_micros += micros


def _forget(bets: BetBook, stamp: int) -> None:
    """Of the bets that the last batch changed the stream tells nothing by and by either: they look long told."""
    for number, bet in bets.bets.items():
        if bet.stamp == stamp:
            bet.stamp = 0
            market = bets.markets[bet.order.market]
            market.bets = {number: bet, **market.bets}


def _mute(tell: Callable[..., None]) -> Callable[..., None]:
    """The same listener, which hears nothing of the customer's own orders."""

    def hear(*news: Any) -> None:
        if len(news) == 1:
            news[0].private.clear()
            tell(*news)
        else:
            feed, _, now_ns = news
            tell(feed, [], now_ns)

    return hear
