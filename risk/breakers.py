"""What is stopped: the desk by its kill level, strategies that rest, venues that misbehave; changed by facts only.

Who may go back is the whole point of a breaker:

    stop               trips on                                        goes back on
    kill level         a person or the desk itself raising it          a named person lowering it, with a reason
    pause              a person resting a strategy, or all         a person, with or without a reason
    reject streak      n unusual refusals of a venue in a row          a reconciliation round without a break
    venue or market    what `risk.watch` finds too often               by itself, when it has been quiet for long enough
    enabling           at the beginning; whenever the desk stops       two different people enabling it
                       itself; when the configuration changes

Refusals that belong to the game (a goal suspends the market, a post-only price was crossed), and our own before
anything was sent, neither count nor break the streak. All stops are part of the money state and survive a restart. A
venue whose lines are down or whose books are stale is no breaker's business: it is unproven again from one fact to the
next.
"""

import msgspec

from domain.breaks import ReconCompleted
from domain.ids import StrategyName, VenueMarketId, VenueName
from domain.messages import OrderAccepted, OrderRejected, RejectReason
from domain.operators import EVERY_STRATEGY, KillLevel, KillLevelSet, PauseSet, TradingEnabled
from domain.orders import Evidence
from domain.people import person
from domain.stops import WHOLE_VENUE, BreakerCause, BreakerReset, BreakerTripped

DESK = "desk"
WATCHDOG = "watchdog"
NOBODY = frozenset({"", DESK, WATCHDOG})
"""Who sets a kill level when no person did: they may raise one and never lower it."""

ORDINARY = frozenset(
    {
        RejectReason.MARKET_SUSPENDED,
        RejectReason.MARKET_CLOSED,
        RejectReason.MARKET_VERSION,
        RejectReason.POST_ONLY,
        RejectReason.SELECTION_REMOVED,
        RejectReason.NOT_RESTING,
        RejectReason.NOT_SENT,
    }
)
"""Refusals that say nothing against the venue or against us."""


def is_ours(refusal: OrderRejected) -> bool:
    """Whether our own side said no before anything was sent: that says nothing of the venue, nor of how fast it is."""
    return refusal.evidence is Evidence.INFERRED


class BreakerState(msgspec.Struct, frozen=True):
    """What the digest covers: the kill level, who rests, the streaks, what is open, and who enabled trading."""

    level: KillLevel
    paused: tuple[StrategyName, ...]
    streaks: tuple[tuple[VenueName, int], ...]
    tripped: tuple[VenueName, ...]
    opened: tuple[tuple[VenueName, VenueMarketId, BreakerCause], ...]
    enabled_by: tuple[str, ...]


def objection(level: KillLevel, wanted: KillLevelSet) -> str:
    """Why a change of the kill level must not be made, empty if it may: lowering needs a person and a reason."""
    if wanted.level >= level:
        return ""
    if person(wanted.who) in NOBODY:
        return f"only a named person may lower the kill level, not {wanted.who!r}"
    return "" if wanted.why.strip() else "lowering the kill level needs a reason"


BreakerFact = (
    KillLevelSet
    | PauseSet
    | ReconCompleted
    | OrderAccepted
    | OrderRejected
    | BreakerTripped
    | BreakerReset
    | TradingEnabled
)

PEOPLE_MIN = 2
"""So many different people enable trading with real money."""


class Breakers:
    """The stops in force. Each fact is wanted once, in the journal's order.

    `config_hash` is that of the configuration which people must enable; empty where nobody's word is needed.
    """

    def __init__(self, rejects_in_a_row: int, *, config_hash: str = "") -> None:
        if rejects_in_a_row <= 0:
            raise ValueError(f"rejects_in_a_row must be above zero, not {rejects_in_a_row}")
        self.open: dict[tuple[VenueName, VenueMarketId, BreakerCause], BreakerTripped] = {}
        self.enabled_by: dict[str, TradingEnabled] = {}
        self._config_hash = config_hash
        self.level = KillLevel.NONE
        self.level_set: KillLevelSet | None = None
        self.paused: dict[StrategyName, PauseSet] = {}
        self._rejects_max = rejects_in_a_row
        self._streaks: dict[VenueName, int] = {}
        self._tripped: set[VenueName] = set()

    def apply(self, fact: BreakerFact, venue: VenueName) -> None:
        """Take a fact over; `venue` is the order's for an answer and looked at for nothing else.

        Whoever takes an operator's word asks `objection` first; that the desk itself lowers its level is our mistake.
        """
        if isinstance(fact, OrderAccepted):  # nearly always
            self._streaks.pop(venue, None)
        elif isinstance(fact, KillLevelSet):
            assert fact.level >= self.level or fact.who.strip() not in NOBODY, objection(self.level, fact)
            if fact.level > self.level and person(fact.who) in NOBODY:
                self.enabled_by.clear()
            self.level = fact.level
            self.level_set = fact
        elif isinstance(fact, PauseSet):
            self._pause(fact)
        elif isinstance(fact, OrderRejected):
            self._count_refusal(venue, fact)
        elif isinstance(fact, BreakerTripped):
            self.open[fact.venue, fact.venue_market, fact.cause] = fact
        elif isinstance(fact, BreakerReset):
            self.open.pop((fact.venue, fact.venue_market, fact.cause), None)
        elif isinstance(fact, TradingEnabled):
            if fact.config_hash == self._config_hash and person(fact.who) not in NOBODY:
                self.enabled_by[person(fact.who)] = fact
        elif fact.breaks == 0:
            self._streaks.pop(fact.venue, None)
            self._tripped.discard(fact.venue)

    def _pause(self, fact: PauseSet) -> None:
        if fact.paused:
            self.paused[fact.strategy] = fact
        elif fact.strategy == EVERY_STRATEGY:
            self.paused.clear()
        else:
            self.paused.pop(fact.strategy, None)

    def _count_refusal(self, venue: VenueName, refusal: OrderRejected) -> None:
        if refusal.reason in ORDINARY or is_ours(refusal):
            return
        self._streaks[venue] = self._streaks.get(venue, 0) + 1
        if self._streaks[venue] >= self._rejects_max:
            self._tripped.add(venue)

    def pause_of(self, strategy: StrategyName) -> PauseSet | None:
        """What a strategy rests by, its own pause or everyone's; None while it may go on."""
        return self.paused.get(strategy) or self.paused.get(EVERY_STRATEGY)

    def configured(self, config_hash: str) -> None:
        """Another configuration is in force: who enabled the last one said nothing of it."""
        if self._config_hash and config_hash != self._config_hash:
            self._config_hash = config_hash
            self.enabled_by.clear()

    def enabling_objection(self, wanted: TradingEnabled) -> str:
        """Why somebody's word to enable trading must not be taken, empty if it may."""
        if not self._config_hash:
            return "nothing here is real money, so that nobody has to enable it"
        if wanted.config_hash != self._config_hash:
            return f"config_hash = {wanted.config_hash!r}: the configuration in force is {self._config_hash}; review it"
        if person(wanted.who) in NOBODY:
            return f"who = {wanted.who!r}: names nobody; two people have to enable it"
        if person(wanted.who) in self.enabled_by:
            return f"who = {wanted.who!r}: has enabled it already; another person has to"
        return ""

    @property
    def enabled(self) -> bool:
        """Whether trading is enabled, or need not be."""
        return not self._config_hash or len(self.enabled_by) >= PEOPLE_MIN

    def tripped(self, venue: VenueName) -> bool:
        """The venue refused too many orders in a row and has not been reconciled since, or a breaker of it is open."""
        return venue in self._tripped or bool(self.open and self.open_in(venue, WHOLE_VENUE))

    def refusals_left(self, venue: VenueName) -> int:
        """How many more unusual refusals in a row the venue may answer before it is tripped."""
        return max(0, self._rejects_max - self._streaks.get(venue, 0))

    def open_in(self, venue: VenueName, market: VenueMarketId) -> str:
        """Why a venue's market has its breaker open, `WHOLE_VENUE` for the venue as a whole; empty if it has not."""
        if not self.open:
            return ""
        return ", ".join(cause for name, where, cause in self.open if (name, where) == (venue, market))

    def snapshot(self) -> BreakerState:
        """What must be equal after a replay."""
        return BreakerState(
            self.level,
            tuple(sorted(self.paused)),
            tuple(sorted(self._streaks.items())),
            tuple(sorted(self._tripped)),
            tuple(sorted(self.open)),
            tuple(sorted(self.enabled_by)),
        )
