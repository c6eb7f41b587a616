"""Simple desks that trade in the demo world: a quoter around an opinion, and one who bets by the toss of a coin."""

from collections.abc import Callable, Iterable
from functools import partial

from domain.ids import VenueName
from domain.markets import MarketStatus
from domain.orders import Side
from tests.venues.sim.builders import NANOS
from venues.sim.chance import Stream
from venues.sim.football import Match, belief
from venues.sim.images import open_orders
from venues.sim.listing import Book, books
from venues.sim.notices import Notice, OrderMatched
from venues.sim.opinions import native_size_micros, price_of, worth
from venues.sim.placements import Life, Placement
from venues.sim.queues import SimOrder
from venues.sim.world import DESK, VenueOptions, World

Opinion = Callable[[Match, str, int], tuple[float, ...]]


def truth(match: Match, kind: str, at_ns: int) -> tuple[float, ...]:
    """What is really likely at a moment, goals known at once."""
    return belief(match, at_ns).probabilities(kind)


def late_truth(lag_ns: int) -> Opinion:
    return lambda match, kind, at_ns: belief(match, at_ns, lag_ns=lag_ns).probabilities(kind)


def quote_world(
    world: World, venues: tuple[VenueOptions, ...], opinion: Opinion, *, width: float, moments_ns: Iterable[int]
) -> None:
    """At each moment of world time: cancel what rests, quote both sides of every live book around an opinion."""
    for at_ns in moments_ns:
        now_ns = world.clock_ns(at_ns)
        world.on_time(now_ns)
        for venue in venues:
            exchange = world.exchanges[venue.venue]
            for order in list(open_orders(exchange, DESK)):
                exchange.cancel(order.number, account=DESK, now_ns=now_ns)
            for match in world.matches:
                if match.kickoff_ns - 300 * NANOS < at_ns < match.whistle_ns - 60 * NANOS:
                    _quote(world, venue, match, opinion, width=width, at_ns=at_ns)
            exchange.publish(now_ns)


def _quote(world: World, venue: VenueOptions, match: Match, opinion: Opinion, *, width: float, at_ns: int) -> None:
    exchange = world.exchanges[venue.venue]
    for book in books(match, world.options.kinds, venue.naming):
        p = opinion(match, book.kind, at_ns)[book.outcome]
        if not 0.05 < p < 0.95 or exchange.floor.markets[book.market].status is not MarketStatus.OPEN:
            continue
        for side, limit in ((Side.BACK, p - width), (Side.LAY, p + width)):
            price = price_of(exchange.floor.ladder, limit, side)
            if price is not None:
                size = native_size_micros(venue.terms, worth(venue.terms.kind, price), 40.0)
                exchange.place(
                    Placement(DESK, book.market, book.selection, side, price, size, post_only=True),
                    world.clock_ns(at_ns),
                )


def gamble_in_world(world: World, venues: tuple[VenueOptions, ...], *, minutes: float) -> None:
    """Take the best price of a random side of a random live book, every ten seconds of world time."""
    chance = Stream(world.options.seed, "gambler")
    for n, at_ns in enumerate(range(0, int(minutes * 60) * NANOS, 10 * NANOS)):
        now_ns = world.clock_ns(at_ns)
        world.on_time(now_ns)
        u = chance.draws(n)
        venue = venues[int(u[0] * len(venues))]
        exchange = world.exchanges[venue.venue]
        live = [m for m in world.matches if m.kickoff_ns - 300 * NANOS < at_ns < m.whistle_ns - 60 * NANOS]
        if not live:
            continue
        listed = books(live[int(u[1] * len(live))], world.options.kinds, venue.naming)
        book = listed[int(u[2] * len(listed))]
        side, resting = (Side.BACK, Side.LAY) if u[3] < 0.5 else (Side.LAY, Side.BACK)
        best = exchange.floor.markets[book.market].selections[book.selection].books[resting].best()
        if best is not None:
            size = native_size_micros(venue.terms, worth(venue.terms.kind, best), 40.0)
            exchange.place(Placement(DESK, book.market, book.selection, side, best, size, life=Life.IMMEDIATE), now_ns)
        exchange.publish(now_ns)


class Fills:
    """Every match of the desk from now on: where, what and when."""

    def __init__(self, world: World) -> None:
        self.heard: list[tuple[VenueName, OrderMatched, int]] = []
        for name, exchange in world.exchanges.items():
            exchange.listen(partial(self._listen, name))

    def _listen(self, name: VenueName, batch: list[Notice], now_ns: int) -> None:
        self.heard += [(name, notice, now_ns) for notice in batch if isinstance(notice, OrderMatched)]


def markout(world: World, venue: VenueOptions, fill: OrderMatched, now_ns: int, *, after_s: int) -> float:
    """What a fill was worth so long after it, for each claim, at true probabilities."""
    order = world.exchanges[venue.venue].floor.orders[fill.order]
    at_ns = world.world_ns(now_ns) + after_s * NANOS
    match, book = place_of(world, venue, order)
    gain = truth(match, book.kind, at_ns)[book.outcome] - worth(venue.terms.kind, fill.price)
    return gain if order.side is Side.BACK else -gain


def place_of(world: World, venue: VenueOptions, order: SimOrder) -> tuple[Match, Book]:
    """The match and the book that an order was for."""
    return next(
        (match, book)
        for match in world.matches
        for book in books(match, world.options.kinds, venue.naming)
        if (book.market, book.selection) == (order.market, order.selection)
    )
