"""How far positions are apart in a round's list, since when, and what is done about it."""

from collections.abc import Callable, Mapping

from domain.breaks import RoundCause
from domain.ids import InstrumentId, VenueMarketId, VenueName
from domain.money import MICROS
from engine.questions import Questions
from engine.state import State
from recon.orders import Holding
from risk.drift import DriftAction, DriftRules, judge_drift

MS = 1_000_000

DRIFT = DriftRules(tolerance_micros=10_000, hard_micros=1_000 * MICROS, grace_ms=2_000)
"""A hundredth of a claim is rounding; a thousand claims on one instrument are more than single lost messages."""

Drifted = Callable[[VenueName, VenueMarketId, str], None]
"""Is told of each market in which both sides hold something how far they are apart, empty if they are not."""


class Drift:
    """Remembers since when each instrument's positions have been apart."""

    def __init__(self, state: State, questions: Questions, drifted: Drifted) -> None:
        self._state = state
        self._questions = questions
        self._drifted = drifted
        self._apart_ns: dict[InstrumentId, int] = {}

    def judge(self, venue: VenueName, held: Mapping[InstrumentId, Holding], now_ns: int) -> bool:
        """The four answers to a difference of positions; whether one is so large that the venue has to stop.

        A smaller one than that, which orders in flight cannot explain any more, freezes its market and asks again at
        once. The age is that of the difference, not of the question.
        """
        stops = False
        places: dict[VenueMarketId, str] = {}
        for name, one in held.items():
            apart = one.ours_micros != one.theirs_micros
            since_ns = self._apart_ns.setdefault(name, now_ns) if apart else self._apart_ns.pop(name, now_ns)
            drift = judge_drift(
                DRIFT,
                ours_micros=one.ours_micros,
                theirs_micros=one.theirs_micros,
                inflight_micros=one.inflight_micros,
                age_ms=(now_ns - since_ns) // MS,
            )
            place = self._state.instruments[name].listing.venue_market
            places.setdefault(place, "")
            if drift.action in (DriftAction.RECONCILE, DriftAction.HALT):
                places[place] = f"{drift.drift_micros} claims of {name} apart"
                self._questions.reconcile(venue, now_ns, RoundCause.DRIFT)
            stops |= drift.action is DriftAction.HALT
        for place, detail in places.items():
            self._drifted(venue, place, detail)
        return stops
