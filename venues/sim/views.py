"""What makers and bettors go by: somebody's opinion of every book on a match, as of a moment of world time."""

from collections.abc import Sequence
from typing import Protocol

from venues.sim.chance import Drift, Stream
from venues.sim.football import MINUTE, SECOND, belief
from venues.sim.ground import Ground
from venues.sim.rumours import Rumour

CAREFUL_NS = 40 * SECOND
"""How long after news a maker quotes twice as wide."""

PUBLIC_ERROR, OWN_ERROR = 0.06, 0.02
"""Standard deviations in the logarithm of a side's goal rate: what everybody gets wrong alike, and each by himself."""


_SIDES = ("home", "away")


class View(Protocol):
    """An opinion that can be asked at any moment, later and later ones."""

    def chances(self, at_ns: int) -> Sequence[float | None]:
        """The chance that each book of the ground pays, None where nobody could say."""

    def careful(self, at_ns: int) -> bool:
        """Something has just happened."""

    def next_news_ns(self, at_ns: int) -> int | None:
        """When the view will change at once, if that is known."""


class FootballView:
    """The true probability as somebody sees it who is late, wrong with the public, and a little wrong by himself.

    `rumours` are those that his exchange's crowd hears; he hears of them as late as of everything.
    """

    def __init__(self, ground: Ground, name: str, lag_ns: int, *, rumours: Sequence[Rumour] = ()) -> None:
        self._ground = ground
        self._lag_ns = lag_ns
        self._rumours = rumours
        public = f"public/{ground.match.number}"
        self._public = [Drift(Stream(ground.seed, f"{public}/{side}"), period_ns=6 * MINUTE) for side in _SIDES]
        self._own = [Drift(Stream(ground.seed, f"{name}/{side}"), period_ns=2 * MINUTE) for side in _SIDES]
        self._kinds = dict.fromkeys(book.kind for book in ground.books)
        times = (at for goal in ground.match.goals for at in (goal.at_ns, goal.undone_ns) if at)
        self._news_ns = sorted(at + lag_ns for at in times)

    def chances(self, at_ns: int) -> Sequence[float | None]:
        home, away = (
            PUBLIC_ERROR * public.at(at_ns) + OWN_ERROR * own.at(at_ns)
            for public, own in zip(self._public, self._own, strict=True)
        )
        heard = self._heard(at_ns - self._lag_ns)
        view = belief(self._ground.match, at_ns, lag_ns=self._lag_ns, home_error=home + heard, away_error=away - heard)
        answers = {kind: view.probabilities(kind) for kind in self._kinds}
        return [answers[book.kind][book.outcome] for book in self._ground.books]

    def careful(self, at_ns: int) -> bool:
        return any(news <= at_ns < news + CAREFUL_NS for news in self._news_ns)

    def next_news_ns(self, at_ns: int) -> int | None:
        return next((news for news in self._news_ns if news > at_ns), None)

    def _heard(self, at_ns: int) -> float:
        """What all rumours of a moment make of the home side, in the logarithm of its rate."""
        return sum(rumour.home_log for rumour in self._rumours if rumour.from_ns <= at_ns < rumour.until_ns)
