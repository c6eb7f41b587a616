"""How far positions are apart in a round's list, since when, and what is done about it."""

from collections.abc import Callable, Mapping

import msgspec

from domain.breaks import RoundCause
from domain.ids import InstrumentId, VenueMarketId, VenueName
from domain.money import MICROS, parse_micros
from engine.questions import Questions
from engine.state import State
from recon.orders import Holding
from risk.drift import DriftAction, DriftRules, judge_drift

MS = 1_000_000

CLAIMS_MAX = 10**12


class DriftSettings(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`[drift]`: how far our position and a venue's may be apart on one instrument; claims as decimal text.

    A hundredth of a claim is rounding; a thousand claims are more than single lost messages.
    """

    tolerance_claims: str = "0.01"
    hard_claims: str = "1000"
    grace_ms: int = 2_000

    def __post_init__(self) -> None:
        tolerance, hard = (self._micros(name) for name in ("tolerance_claims", "hard_claims"))
        if tolerance >= hard:
            raise ValueError(f"hard_claims = {self.hard_claims!r} must be above tolerance_claims")
        if self.grace_ms < 0:
            raise ValueError(f"grace_ms = {self.grace_ms} must be 0 or more")

    @property
    def rules(self) -> DriftRules:
        """The same in integers."""
        return DriftRules(
            tolerance_micros=self._micros("tolerance_claims"),
            hard_micros=self._micros("hard_claims"),
            grace_ms=self.grace_ms,
        )

    def _micros(self, name: str) -> int:
        text = getattr(self, name)
        try:
            micros = parse_micros(text)
        except ValueError as error:
            raise ValueError(f"{name} = {text!r}: {error}") from None
        if not 0 <= micros <= CLAIMS_MAX * MICROS:
            raise ValueError(f"{name} = {text!r} must be 0 or more, and at most a million million")
        return micros


DRIFT = DriftSettings().rules

Drifted = Callable[[VenueName, VenueMarketId, str], None]
"""Is told of each market in which both sides hold something how far they are apart, empty if they are not."""


class Drift:
    """Remembers since when each instrument's positions have been apart."""

    def __init__(self, state: State, questions: Questions, drifted: Drifted, rules: DriftRules = DRIFT) -> None:
        self._state = state
        self._questions = questions
        self._drifted = drifted
        self._rules = rules
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
                self._rules,
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
