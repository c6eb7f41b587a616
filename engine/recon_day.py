"""The end of a day: books held against every venue, the week's statements asked for once more, old breaks paged."""

from domain.breaks import DayTurned, RoundCause
from domain.ids import VenueName
from domain.operators import EVERY_VENUE
from domain.stops import AlertRaised
from engine.prices import Prices
from engine.questions import Questions
from engine.recon_lines import LineRounds
from engine.scribe import Scribe

DAY_NS = 24 * 3_600 * 1_000_000_000
DAY_MS = DAY_NS // 1_000_000
PAGED_MS = DAY_MS
"""A break that is older is paged at each end of a day. Source: MECHANICS 9.2, suspense."""


class Days:
    """Sees days turn, UTC. `ahead_ns` is what the wall clock is ahead of the monotonic one."""

    def __init__(
        self, scribe: Scribe, prices: Prices, questions: Questions, lines: LineRounds, *, ahead_ns: int
    ) -> None:
        self._scribe = scribe
        self._state = scribe.state
        self._prices = prices
        self._questions = questions
        self._lines = lines
        self._ahead_ns = ahead_ns

    def on_time(self, now_ns: int) -> None:
        """Begin a day if one has begun. The first that a run sees ends none."""
        day = (now_ns + self._ahead_ns) // DAY_NS
        before = self._state.calendar.day
        if day <= before:
            return
        self._scribe.record(DayTurned(day))
        if before == 0:
            return
        for venue in self._prices.sessions:
            self._questions.reconcile(venue, now_ns, RoundCause.DAY_END)
            self._lines.ask(venue, week=True)
        for venue, venue_market in self._state.calendar.due():
            self._questions.old_statements.ask(venue, venue_market, now_ns)
        self._page(now_ns)

    def ask_statements(self, venue: VenueName, now_ns: int) -> None:
        """Ask for the week's statements now, of one venue or of all (`EVERY_VENUE`), and for the account's lines."""
        for one in self._prices.sessions:
            if venue in (EVERY_VENUE, one):
                self._lines.ask(one, week=True)
        for place, venue_market in sorted(self._state.calendar.statements):
            if venue in (EVERY_VENUE, place):
                self._questions.old_statements.ask(place, venue_market, now_ns)

    def _page(self, now_ns: int) -> None:
        now_ms = (now_ns + self._ahead_ns) // 1_000_000
        for (venue, key, kind), standing in self._state.breaks.standing.items():
            fact = standing.fact
            if fact.found_ms and now_ms - fact.found_ms >= PAGED_MS:
                days = (now_ms - fact.found_ms) // DAY_MS
                detail = f"{kind} stands for {days} days, {fact.owner} has it: {fact.detail}"
                self._scribe.record(AlertRaised("old_break", key, venue, detail))
