"""Those who take: bettors with opinions of their own, and the few at the ground who see a goal coming.

Times of arrival, opinions and sizes are drawn by (seed, entity, counter) and do not look at the book: whether a bet
is matched depends on what rests there. Times called `at_ns` are world time, `now_ns` is the exchange's clock.
"""

from collections import deque
from collections.abc import Callable, Iterator
from math import exp

from domain.orders import Side
from venues.sim.chance import Stream, gap, normal
from venues.sim.football import SECOND, Goal, belief
from venues.sim.ground import Ground
from venues.sim.listing import Book
from venues.sim.opinions import shifted
from venues.sim.placements import Life, other
from venues.sim.queues import SimOrder
from venues.sim.views import View

TELEVISION_NS = 7 * SECOND
EDGE, CLAIMS = 0.02, 120.0
"""How far a price must be off before insiders take it, and how much of it they take at a time."""

ATTENTION = 0.6
"""How often they are looking at one exchange's prices at the right moment."""

GOAL_AFTER_ALARM = 0.5
"""As many attacks that look like a goal succeed as fail (`football.ALARMS_PER_GOAL`)."""


class Bettors:
    """People who watch on television and bet for the fun of it: as wrong as the public, far apart, mostly backing."""

    def __init__(self, ground: Ground, view_of: Callable[[Ground, str, int], View]) -> None:
        self._ground = ground
        self._account = ground.member("bettors")
        self._stream = Stream(ground.seed, self._account)
        self._view = view_of(ground, self._account, TELEVISION_NS)
        self._resting: deque[tuple[int, SimOrder]] = deque()
        self._turn = 0
        self.due_ns: int | None = int(3 * SECOND * self._stream.draws(-1)[0])

    def act(self, at_ns: int, now_ns: int) -> None:
        """One more bet; those that have rested for long enough are taken back."""
        while self._resting and self._resting[0][0] <= at_ns:
            self._ground.withdraw((self._resting.popleft()[1],), now_ns)
        if at_ns >= self._ground.match.whistle_ns:
            self.due_ns = None
            return
        u = self._stream.draws(self._turn)
        self._bet(u, at_ns, now_ns)
        self._turn += 1
        self.due_ns = at_ns + 1 + int(gap(u[0], self._ground.mean_gap_ns(at_ns, 4 * SECOND)))

    def _bet(self, u: tuple[float, ...], at_ns: int, now_ns: int) -> None:
        n = int(u[1] * len(self._ground.books))
        book, p = self._ground.books[n], self._view.chances(at_ns)[n]
        if p is None or not self._ground.is_open(book):
            return
        side = Side.BACK if u[2] < 0.6 else Side.LAY
        opinion = shifted(p, 0.2 * normal(u[3], u[4]))
        price = self._ground.price(opinion, side)
        if price is None:
            return
        patient = u[5] < 0.3
        placed = self._ground.send(
            self._account,
            book,
            side,
            price=price,
            claims=40.0 * exp(0.8 * normal(u[6], u[7])),
            life=Life.REST if patient else Life.IMMEDIATE,
            now_ns=now_ns,
        )
        if placed is not None and placed.live and patient:
            self._resting.append((at_ns + 60 * SECOND, placed))


class Insiders:
    """People at the ground: they see attacks and goals before others can react, and take every stale quote.

    Where a delay holds their bets back, a suspension mostly comes first; that is what the delay is for.
    """

    def __init__(self, ground: Ground) -> None:
        self._ground = ground
        self._account = ground.member("insiders")
        self._sights = sorted(
            _sights(ground, Stream(ground.seed, self._account)), key=lambda sight: sight[0], reverse=True
        )
        while self._sights and self._sights[-1][0] < 0:
            self._sights.pop()

    @property
    def due_ns(self) -> int | None:
        return self._sights[-1][0] if self._sights else None

    def act(self, at_ns: int, now_ns: int) -> None:
        """Something was seen: take whatever is far enough from what it means."""
        _, goal, certain = self._sights.pop()
        ground = self._ground
        view = belief(ground.match, at_ns)
        later = view if certain else view.after_goal(home=goal.home)
        for kind in dict.fromkeys(book.kind for book in ground.books):
            chances = zip(view.probabilities(kind), later.probabilities(kind), strict=True)
            known = [now * (1.0 - GOAL_AFTER_ALARM) + then * GOAL_AFTER_ALARM for now, then in chances]
            for book in ground.books:
                if book.kind == kind and ground.is_open(book):
                    self._take(book, known[book.outcome], now_ns)

    def _take(self, book: Book, p: float, now_ns: int) -> None:
        for side, limit in ((Side.BACK, p - EDGE), (Side.LAY, p + EDGE)):
            price = self._ground.price(limit, side)
            if price is not None and self._ground.side(book, other(side)).reaches(price):
                self._ground.send(
                    self._account, book, side, price=price, claims=CLAIMS, life=Life.IMMEDIATE, now_ns=now_ns
                )


def _sights(ground: Ground, stream: Stream) -> Iterator[tuple[int, Goal, bool]]:
    """When they see what, and whether it is certain: first the attack, then, if there is one, the goal."""
    for n, goal in enumerate((*ground.match.goals, *ground.match.alarms)):
        u = stream.draws(n)
        if u[2] < ATTENTION:
            yield goal.seen_ns + int((0.2 + 0.6 * u[0]) * SECOND), goal, False
        if goal.scored and u[3] < ATTENTION:
            yield goal.at_ns + int((0.2 + 0.4 * u[1]) * SECOND), goal, True
