"""Rival makers: they quote around the true probability, each with a lag, an error and a width of its own.

When they act, what they believe and how much they offer is drawn by (seed, maker, counter). Only the wish to join
somebody who quotes better looks at the book, and so perhaps at us; it draws from a stream of its own. Times called
`at_ns` are world time, `now_ns` is the exchange's clock.
"""

from collections.abc import Callable

from domain.orders import Side
from venues.sim.chance import Stream, gap
from venues.sim.football import SECOND
from venues.sim.ground import Ground
from venues.sim.opinions import worth
from venues.sim.placements import Life
from venues.sim.queues import SimOrder
from venues.sim.views import View

LEVELS = 3

STEADY = 0.35
"""A maker leaves its quotes alone while its view has moved by less than this part of its width."""

Quote = tuple[Side, int]
"""Side and native price."""


class Maker:
    """One maker on one event at one exchange; `view_of` makes its view from its name and its lag."""

    def __init__(self, ground: Ground, number: int, view_of: Callable[[Ground, str, int], View]) -> None:
        self._ground = ground
        self._account = ground.member(f"maker{number}")
        self._stream = Stream(ground.seed, self._account)
        self._reactions = Stream(ground.seed, f"reaction/{self._account}")
        traits = self._stream.draws(-1)
        self._width = 0.009 + 0.006 * traits[0]
        self._claims = 80.0 + 160.0 * traits[1]
        self._view = view_of(ground, self._account, int((1.0 + 2.5 * traits[2]) * SECOND))
        self._last: list[float | None] = [None] * len(ground.books)
        self._quotes: list[dict[Quote, SimOrder]] = [{} for _ in ground.books]
        self._turn = 0
        self.due_ns: int | None = int(traits[3] * 2 * SECOND)

    def act(self, at_ns: int, now_ns: int) -> None:
        """Look at the event again, and quote anew wherever the view has moved or a quote is gone."""
        ground = self._ground
        self._turn += 1
        if at_ns >= ground.match.whistle_ns:
            self.due_ns = None
            return
        careful = self._view.careful(at_ns)
        joins = self._reactions.draws(self._turn)[0] < 0.25
        for n, p in enumerate(self._view.chances(at_ns)):
            if ground.is_open(ground.books[n]):
                self._look(n, p, careful=careful, joins=joins, now_ns=now_ns)
        rest_ns = gap(self._stream.draws(self._turn)[0], ground.mean_gap_ns(at_ns, 3 * SECOND))
        following = at_ns + 1 + int(rest_ns)
        self.due_ns = min(following, self._view.next_news_ns(at_ns) or following)

    def _look(self, n: int, p: float | None, *, careful: bool, joins: bool, now_ns: int) -> None:
        """Leave one book's quotes as they are, or make them anew."""
        last = self._last[n]
        if p is None:
            self._last[n] = None
            self._quote(n, {}, now_ns)
            return
        width = self._width * (0.3 + 2.8 * p * (1.0 - p)) * (2.0 if careful else 1.0)
        moved = last is None or abs(p - last) > STEADY * width
        if moved or not all(order.live for order in self._quotes[n].values()):
            self._last[n] = p
            self._quote(n, self._wanted(n, p, width, joins=joins), now_ns)

    def _wanted(self, n: int, p: float, width: float, *, joins: bool) -> dict[Quote, float]:
        """A few levels on either side of one book, bigger further out: quotes and their claims."""
        wanted: dict[Quote, float] = {}
        for side in Side:
            outwards = -1.0 if side is Side.BACK else 1.0
            nearest = self._joined(n, side, p, width) if joins else width
            for level in range(LEVELS):
                price = self._ground.price(p + outwards * (nearest + level * width), side)
                if price is not None:
                    wanted.setdefault((side, price), self._claims * (1 + level))
        return wanted

    def _quote(self, n: int, wanted: dict[Quote, float], now_ns: int) -> None:
        """Withdraw what is no longer wanted in one book, offer what is missing."""
        quotes, book = self._quotes[n], self._ground.books[n]
        for quote in [quote for quote, order in quotes.items() if quote not in wanted or not order.live]:
            self._ground.withdraw((quotes[quote],), now_ns)
            if not quotes[quote].live:
                del quotes[quote]
        for (side, price), claims in wanted.items():
            if (side, price) not in quotes:
                placed = self._ground.send(
                    self._account, book, side, price=price, claims=claims, life=Life.REST, now_ns=now_ns
                )
                if placed is not None and placed.live:
                    quotes[side, price] = placed

    def _joined(self, n: int, side: Side, p: float, width: float) -> float:
        """Distance from its own view to somebody who quotes better, if half of the usual width is left."""
        best = self._ground.side(self._ground.books[n], side).best()
        if best is None:
            return width
        outwards = -1.0 if side is Side.BACK else 1.0
        distance = outwards * (worth(self._ground.exchange.options.terms.kind, best) - p)
        return max(0.5 * width, min(width, distance))
