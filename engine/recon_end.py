"""The last word of every venue before a run ends: its wallet held against our books once nothing may move any more."""

from domain.breaks import BalanceCompared, Comparison, RoundCause
from domain.ids import VenueName
from engine.prices import Prices
from engine.questions import Questions
from engine.recon_notes import Notes
from engine.scribe import Scribe
from engine.state import State
from oms.order_states import is_open

AGAIN_MS = 2_000
"""A venue whose answer was that its wallet does not agree is asked again after this; it may show late what it did."""


def is_quiet(state: State) -> bool:
    """Nothing of ours may still be matched at a venue, no answer is missing, and no plan is under way."""
    orders = state.blotter.orders
    asked = orders.unknown or state.plans.live
    return not asked and not any(is_open(order) for order in orders.at_stake.values())


class LastRounds:
    """Rounds behind the last order of a run: what was settled or corrected until then is heard before it ends."""

    def __init__(self, scribe: Scribe, prices: Prices, questions: Questions, notes: Notes) -> None:
        self._scribe = scribe
        self._state = scribe.state
        self._prices = prices
        self._questions = questions
        self._notes = notes
        self._asked_ms: dict[VenueName, int] = {}
        self._since_ms = 0

    def begin(self) -> None:
        """The run winds down: what was compared before is not the last word."""
        self._since_ms = self._notes.now_ms
        self._asked_ms.clear()

    def on_time(self, now_ns: int) -> None:
        """Begin each venue's last round, and another behind its answer until its wallet agrees.

        Its statements and lines are asked for where it does not, as behind any round; and so is a round without answer.
        """
        missing = self.missing
        if not missing or not is_quiet(self._state):
            return
        now_ms = self._notes.ms_of(now_ns)
        for venue in self._prices.reachable_venues().intersection(missing):
            if self._may_begin(venue, now_ms):
                self._asked_ms[venue] = now_ms
                self._questions.reconcile(venue, now_ns, RoundCause.RUN_END)

    @property
    def missing(self) -> list[VenueName]:
        """Venues whose wallet has not agreed with our books since the run winds down."""
        return [venue for venue in self._prices.sessions if not self._agrees(venue)]

    def close(self) -> None:
        """The run ends: say of which wallets there was no last word, so that nobody takes an older one for it."""
        for venue in self.missing:
            last = self._last(venue)
            if self._since_ms and (last is None or last.as_of_ms <= self._since_ms):
                currency = self._prices.capabilities[venue].currency
                self._scribe.record(BalanceCompared(venue, currency, Comparison.SILENT, self._notes.now_ms))

    def _may_begin(self, venue: VenueName, now_ms: int) -> bool:
        asked_ms = self._asked_ms.get(venue)
        if asked_ms is None:
            return True
        last = self._last(venue)
        return last is not None and last.as_of_ms >= asked_ms and now_ms - asked_ms >= AGAIN_MS

    def _agrees(self, venue: VenueName) -> bool:
        last = self._last(venue)
        return last is not None and last.how is Comparison.AGREED and last.as_of_ms > self._since_ms

    def _last(self, venue: VenueName) -> BalanceCompared | None:
        proof = self._state.wallets.proofs.get((venue, self._prices.capabilities[venue].currency))
        return None if proof is None else proof.last
