"""Where the crowd trades: one match at one exchange, and how an opinion becomes an order there."""

from collections.abc import Iterable

import msgspec

from domain.markets import MarketStatus
from domain.orders import Side
from venues.sim.exchange import Exchange
from venues.sim.football import MINUTE, Match
from venues.sim.listing import Book
from venues.sim.opinions import native_size_micros, price_of, worth
from venues.sim.placements import Life, Placement
from venues.sim.queues import SideBook, SimOrder

LATE_NS, LATE_RHYTHM = 15 * MINUTE, 2.5
"""In the last minutes of a match so many times as many bets are made as before."""


class Ground(msgspec.Struct, frozen=True):
    """One match at one exchange. `pace` is how many times as often as usual the crowd acts.

    `before` is how lively the last hour before the match is against the match itself.
    """

    seed: int
    exchange: Exchange
    match: Match
    books: tuple[Book, ...]
    pace: float
    before: float = 0.25

    def member(self, role: str) -> str:
        """Open the account of one of the crowd; its streams of chance hang on the name."""
        name = f"{role}/{self.exchange.options.venue}/{self.match.number}"
        self.exchange.open_account(name, deposit_micros=0, crowd=True)
        return name

    def is_open(self, book: Book) -> bool:
        return self.exchange.floor.markets[book.market].status is MarketStatus.OPEN

    def side(self, book: Book, resting: Side) -> SideBook:
        """The orders of one side that rest in a book."""
        return self.exchange.floor.markets[book.market].selections[book.selection].books[resting]

    def mean_gap_ns(self, at_ns: int, usual_ns: int) -> int:
        """A usual waiting time: longer the further away the match is, short when it is soon decided."""
        ahead_ns, left_ns = self.match.kickoff_ns - at_ns, self.match.whistle_ns - at_ns
        rhythm = 1.0 if left_ns > LATE_NS else LATE_RHYTHM
        if ahead_ns > 0:
            rhythm = self.before if ahead_ns <= 60 * MINUTE else 0.03
        return int(usual_ns / (self.pace * rhythm))

    def price(self, limit: float, side: Side) -> int | None:
        """Native price of an order that pays no more, or takes no less, than `limit` for a claim."""
        return price_of(self.exchange.floor.ladder, limit, side)

    def send(
        self, account: str, book: Book, side: Side, *, price: int, claims: float, life: Life, now_ns: int
    ) -> SimOrder | None:
        """Place an order of so many claims; None if the exchange refuses it."""
        terms = self.exchange.options.terms
        size = native_size_micros(terms, worth(terms.kind, price), claims)
        placement = Placement(account, book.market, book.selection, side, price, size, life=life)
        placed = self.exchange.place(placement, now_ns)
        return placed if isinstance(placed, SimOrder) else None

    def withdraw(self, orders: Iterable[SimOrder], now_ns: int) -> None:
        """Cancel those that rest."""
        for order in orders:
            if order.resting:
                self.exchange.cancel(order.number, account=order.account, now_ns=now_ns)
